//! What plans and states say of a configuration, where the source leaves it open.

use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use rolecall_facts::Origin;
use rolecall_source::{Class, Diagnostic, Kind, Level, Map, Span, Symbol, Text, Value, limits};

use super::collection::index_part;
use super::expand::{Expansion, Key, Repeat, Shape, index_value};
use super::{Cx, Evaluator, ModuleInstance};
use crate::instance::{Instance, Mode};
use crate::plan::{self, Json, PlanKey, Planned};
use crate::resources;
use crate::syntax::ast::{Block, Expr};

/// Longest value that a note on a disagreement shows.
const SHOWN: usize = 60;

impl<'a> Evaluator<'a> {
    /// The instances of the block at `address`: those that are planned, where the source leaves it open.
    pub(crate) fn as_planned(&self, address: &str, mut all: Expansion<()>, expr: &Expr) -> Expansion<()> {
        let certain = |(r, ()): &(Rc<Repeat>, ())| !r.is_open() && r.exists.is_empty();
        if self.overlay.is_empty() || (all.open.is_none() && all.items.iter().all(certain)) {
            return all;
        }
        let (mut keys, decides) = (self.overlay.keys(address), self.overlay.decides());
        if keys.is_empty() && !decides {
            return all;
        }
        keys.truncate(limits::INSTANCES);
        let open = all.items.iter().find(|(r, ())| r.is_open()).map(|(r, ())| Rc::clone(r));
        let mut items = Vec::new();
        for key in keys {
            let key = match (all.shape, key) {
                (Shape::Count, PlanKey::Index(i)) => Key::Index(i),
                (Shape::Each, PlanKey::Name(name)) => Key::Name(Text::new(&name, expr.span)),
                _ => continue,
            };
            let stated = all.items.iter().position(|(r, ())| r.key == key);
            let repeat = match (stated, &open) {
                (Some(at), _) => Repeat::clone(&all.items.swap_remove(at).0),
                (None, Some(open)) => opened(open, key, expr),
                (None, None) => continue,
            };
            let exists = Vec::new();
            items.push((Rc::new(Repeat { exists, ..repeat }), ()));
        }
        if decides {
            all.open = None;
        } else {
            items.append(&mut all.items);
        }
        Expansion {
            items,
            variants: None,
            ..all
        }
    }

    /// The value of a variable of the root module: as the plan says, where it is as given with the spans of that.
    pub(crate) fn planned_variable(
        &self,
        module: &Rc<ModuleInstance<'a>>,
        name: &str,
        given: Option<Value>,
        block: &'a Block,
    ) -> Option<Value> {
        let Some(planned) = self.overlay.variable(name) else {
            return given;
        };
        let stated = given.or_else(|| self.eval(Cx::of(module), block.body.get("default")?).ok());
        if let Some(value) = stated.as_ref().filter(|v| !v.is_null()) {
            if let Some(value) = plan::fit(value, planned) {
                return Some(value);
            }
            if self.world.options.vars.iter().any(|(n, _)| n == name) {
                self.differs(&format!("var.{name}"), block.header, value, planned);
            }
        }
        Some(planned.to_value(block.header))
    }

    /// Fills what an instance leaves open with what is planned of it.
    pub(crate) fn lay_over(&self, instance: &mut Instance) {
        if self.overlay.is_empty() {
            return;
        }
        let address = Arc::clone(&instance.origin.address);
        instance.planned = self.overlay.fields(&address);
        if instance.planned.is_empty() {
            if self.overlay.decides() && instance.mode == Mode::Managed && !instance.origin.open {
                let headline = format!("`{address}` is not in the {}", self.overlay.name());
                self.say(Diagnostic::new(
                    "terraform-plan",
                    Level::Note,
                    headline,
                    instance.origin.span,
                ));
            }
            return;
        }
        let Kind::Map(body) = &instance.body.kind else { return };
        let mut entries = (*body.entries).clone();
        for (name, entry) in &mut entries {
            let Some(name) = name.as_str() else { continue };
            let Some(planned) = instance.planned(name).filter(|p| **p != Json::Null) else {
                continue;
            };
            match plan::fit(&entry.value, planned) {
                Some(value) => entry.value = value,
                None => self.differs(&format!("{address}.{name}"), entry.value.span, &entry.value, planned),
            }
        }
        let map = Map {
            entries: Arc::new(entries),
            open: body.open.clone(),
        };
        instance.body = Value::new(Kind::Map(map), instance.body.span);
    }

    /// Tells that a plan and the source say different things.
    fn differs(&self, address: &str, span: Span, source: &Value, planned: &Json) {
        let name = self.overlay.name();
        let shown = |v: &Value| {
            let text = v
                .to_text()
                .map_or_else(|| rolecall_source::json::write(v).to_string(), |t| t.to_string());
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            match line.char_indices().nth(SHOWN) {
                Some((end, _)) => format!("{}\u{2026}", line.get(..end).unwrap_or_default()),
                None => line,
            }
        };
        let (ours, theirs) = (shown(source), shown(&planned.to_value(span)));
        let headline = format!("`{address}` is something else in the {name}; the source counts");
        let mut note = Diagnostic::new("terraform-plan", Level::Note, headline, span);
        note.notes.push(format!("the source says {ours}"));
        note.notes.push(format!("the {name} says {theirs}"));
        self.say(note);
    }

    /// The instances that are planned in a call whose module is not in the scan.
    pub(crate) fn absent_instances(
        &self,
        module: &Rc<ModuleInstance<'a>>,
        name: &str,
        wanted: &dyn Fn(Mode, &str) -> bool,
    ) -> Vec<Instance> {
        let address = format!("{}module.{name}", module.prefix());
        let Some(call) = module.module.calls.get(name) else {
            return Vec::new();
        };
        if self.overlay.is_empty() || !self.absent.borrow().contains(&*address) {
            return Vec::new();
        }
        let found = self.overlay.below(&address).into_iter();
        found
            .filter(|(_, planned)| wanted(planned.mode, &planned.kind))
            .map(|(address, planned)| self.absent_instance(module, call, address, planned))
            .collect()
    }

    fn absent_instance(
        &self,
        module: &Rc<ModuleInstance<'a>>,
        call: &'a Block,
        address: &str,
        planned: &Planned,
    ) -> Instance {
        let span = call.header;
        let provider = planned.kind.split('_').next().unwrap_or("aws");
        let provider = plan::passed(call, provider).unwrap_or_else(|| provider.to_owned());
        let scope = self.scope(module, &provider);
        let account = self.scopes.borrow().get(scope.0 as usize).cloned();
        let symbol_base: Arc<str> = format!("{}:{address}", self.id).into();
        Instance {
            mode: planned.mode,
            kind: Arc::clone(&planned.kind),
            origin: Origin {
                address: address.into(),
                span,
                calls: module.calls.iter().copied().chain([span]).collect(),
                exists: module.exists.clone(),
                open: module.open,
            },
            scope,
            account: account.unwrap_or_else(super::provider::empty_scope),
            body: self.absent_body(address, &symbol_base, planned, span),
            planned: self.overlay.fields(address),
            symbol_base,
        }
    }

    /// The arguments of an instance whose block is not in the scan, with symbols for those that are not known yet.
    fn absent_body(&self, address: &str, symbol_base: &Arc<str>, planned: &Planned, span: Span) -> Value {
        let symbol = |name: &str| {
            let why = "is known after it was applied";
            Symbol::new(
                format!("{symbol_base}.{name}"),
                format!("{address}.{name}"),
                why,
                Class::Any,
            )
        };
        let (calls, block) = plan::in_module(address);
        let written = self.overlay.written(&calls, &block);
        let unknown = planned.unknown.as_ref().and_then(Json::as_map);
        let mut entries = IndexMap::new();
        let mut put = |name: &Arc<str>, value: Value| {
            let key_span = span;
            entries.insert(Text::new(name, span), rolecall_source::Entry { key_span, value });
        };
        for (name, json) in planned.fields.iter() {
            let open = unknown.and_then(|u| u.get(name));
            put(name, with_unknown(Some(json), open, &symbol(name), span));
        }
        for (name, open) in unknown.into_iter().flat_map(plan::Fields::iter) {
            if planned.fields.get(name).is_none() && written.contains(name) {
                put(name, with_unknown(None, Some(open), &symbol(name), span));
            }
        }
        let entries = Arc::new(entries);
        Value::new(Kind::Map(Map { entries, open: None }), span)
    }

    /// The outputs of a call whose module is not in the scan, as far as a plan tells what they are.
    pub(crate) fn planned_outputs(&self, module: &Rc<ModuleInstance<'a>>, name: &str) -> Vec<(Text, Value)> {
        let Some(call) = module.module.calls.get(name) else {
            return Vec::new();
        };
        let repeated = call.body.get("count").is_some() || call.body.get("for_each").is_some();
        if self.overlay.is_empty() || repeated {
            return Vec::new();
        }
        let address = format!("{}module.{name}", module.prefix());
        let calls = if module.key().is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", module.key())
        };
        let known = |output: Arc<str>| {
            let value = self.planned_output(module, call, &address, &calls, &output, limits::MODULE_DEPTH)?;
            Some((Text::new(&output, call.header), value))
        };
        self.overlay.outputs(&calls).into_iter().filter_map(known).collect()
    }

    /// An output that passes on one attribute after which it is called.
    fn planned_output(
        &self,
        module: &Rc<ModuleInstance<'a>>,
        call: &'a Block,
        address: &str,
        calls: &str,
        output: &str,
        depth: usize,
    ) -> Option<Value> {
        let (target, attribute) = only_reference(self.overlay.output(calls, output)?)?.rsplit_once('.')?;
        let named = output == attribute || output.strip_suffix(attribute).is_some_and(|rest| rest.ends_with('_'));
        let inside = format!("{address}.{target}");
        match plan::words(target).as_slice() {
            ["module", name] if depth > 0 => {
                self.planned_output(module, call, &inside, &format!("{calls}.{name}"), attribute, depth - 1)
            }
            [_, _] | ["data", _, _] if named => {
                let planned = *self.overlay.below(address).get(inside.as_str())?;
                let instance = self.absent_instance(module, call, &inside, planned);
                Some(resources::attribute(&instance, attribute))
            }
            _ => None,
        }
    }
}

/// The reference of which all others are parts: `a.b[0].arn` of that and `a.b[0]`.
fn only_reference(references: &[Box<str>]) -> Option<&str> {
    let longest = references.iter().max_by_key(|r| r.len())?;
    let part = |r: &str| {
        longest
            .strip_prefix(r)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    references.iter().all(|r| part(r)).then_some(longest)
}

/// An instance with a key of which the source knows that there may be such ones.
fn opened(open: &Repeat, key: Key, expr: &Expr) -> Repeat {
    let each = match (&key, &open.each) {
        (Key::Name(name), Some((_, value))) => {
            let key = Value::text(name.clone(), expr.span);
            let value = match value.as_unknown() {
                _ if expr.is_set() => key.clone(),
                Some(symbol) => Value::unknown(symbol.part(&index_part(&key)), expr.span),
                None => value.clone(),
            };
            Some((key, value))
        }
        _ => open.each.clone(),
    };
    let index = match key {
        Key::Index(i) => Some(index_value(i, expr.span)),
        _ => open.index.clone(),
    };
    Repeat {
        key,
        each,
        index,
        exists: Vec::new(),
        given: Vec::new(),
    }
}

/// A planned value with symbols for what is not known yet.
fn with_unknown(json: Option<&Json>, unknown: Option<&Json>, symbol: &Symbol, span: Span) -> Value {
    match (json, unknown) {
        (_, Some(Json::Bool(true))) => Value::unknown(symbol.clone(), span),
        (Some(Json::List(items)), Some(Json::List(open))) => {
            let item = |(i, json): (usize, &Json)| {
                let symbol = symbol.part(&format!("[{i}]"));
                with_unknown(Some(json), open.get(i), &symbol, span)
            };
            Value::list(items.iter().enumerate().map(item).collect(), span)
        }
        (json @ (Some(Json::Map(_)) | None), Some(Json::Map(open))) => {
            let known = json.and_then(Json::as_map);
            let mut entries: Vec<(Text, Value)> = Vec::new();
            for (name, value) in known.into_iter().flat_map(plan::Fields::iter) {
                let symbol = symbol.part(&format!(".{name}"));
                entries.push((
                    Text::new(name, span),
                    with_unknown(Some(value), open.get(name), &symbol, span),
                ));
            }
            for (name, value) in open.iter().filter(|(n, _)| known.is_none_or(|k| k.get(n).is_none())) {
                let symbol = symbol.part(&format!(".{name}"));
                entries.push((Text::new(name, span), with_unknown(None, Some(value), &symbol, span)));
            }
            Value::map(entries, span)
        }
        (Some(json), _) => json.to_value(span),
        (None, Some(_)) => Value::unknown(symbol.clone(), span),
        (None, None) => Value::null(span),
    }
}
