//! Resources and data sources: their instances and arguments.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use rolecall_facts::Origin;
use rolecall_source::{Class, Diagnostic, Entry, Kind, List, Map, Span, Symbol, Text, Value};

use super::collection::elements;
use super::expand::{Expansion, Key, Repeat};
use super::memo::{Slot, is_bounded};
use super::{Cx, Eval, Evaluator, Failure, Frame, ModuleInstance, fail};
use crate::instance::{Instance, Mode};
use crate::resources::settle;
use crate::syntax::ast::{Block, Body, Expr};

/// Arguments that Terraform itself reads.
const META: [&str; 8] = [
    "count",
    "for_each",
    "provider",
    "depends_on",
    "lifecycle",
    "provisioner",
    "connection",
    "//",
];

/// The instances of one resource block in one module instance.
pub(crate) struct ResourceSet<'a> {
    pub(crate) mode: Mode,
    pub(crate) kind: &'a Arc<str>,
    pub(crate) name: &'a Arc<str>,
    pub(crate) block: &'a Block,
    pub(crate) expansion: Expansion<Lazy>,
}

/// An instance that is evaluated when first asked for.
#[derive(Default)]
pub(crate) struct Lazy {
    done: OnceCell<Rc<Instance>>,
    busy: Cell<bool>,
}

impl<'a> Evaluator<'a> {
    /// The instances of a resource; `None` when it is not declared, or is part of a circle.
    pub(crate) fn resource(
        &self,
        module: &Rc<ModuleInstance<'a>>,
        mode: Mode,
        kind: &str,
        name: &str,
    ) -> Option<Rc<ResourceSet<'a>>> {
        let (kind, by_name) = module.module.resources(mode).get_key_value(kind)?;
        let (name, block) = by_name.get_key_value(name)?;
        let key: (Mode, &'a str, &'a str) = (mode, kind, name);
        match module.resources.ask(key) {
            Slot::Done(set) => return Some(set),
            Slot::Busy => {
                let message = format!("`{kind}.{name}` depends on itself");
                self.say(Diagnostic::warning("terraform-cycle", message, block.header));
                return None;
            }
            Slot::New => {}
        }
        let set = Rc::new(ResourceSet {
            mode,
            kind,
            name,
            block,
            expansion: self.expand(
                Cx::of(module),
                &address_of(module, mode, kind, name),
                &block.body,
                |_| Lazy::default(),
            ),
        });
        module.resources.keep(key, Rc::clone(&set));
        Some(set)
    }

    /// One instance of a resource.
    pub(crate) fn instance(
        &self,
        module: &Rc<ModuleInstance<'a>>,
        set: &ResourceSet<'a>,
        at: usize,
    ) -> Option<Rc<Instance>> {
        let (repeat, lazy) = set.expansion.items.get(at)?;
        if let Some(instance) = lazy.done.get() {
            return Some(Rc::clone(instance));
        }
        let mut instance = self.bare_instance(module, set, repeat);
        if lazy.busy.replace(true) {
            let message = format!("`{}` depends on itself", instance.origin.address);
            self.say(Diagnostic::warning("terraform-cycle", message, set.block.header));
            let symbol = Symbol::new(
                &*instance.symbol_base,
                &*instance.origin.address,
                "depends on itself",
                Class::Any,
            );
            instance.body = open_map(Map::default(), symbol, set.block.header);
            return Some(Rc::new(instance));
        }
        let cx = Cx {
            module,
            repeat: Some(&**repeat).filter(|r| r.key != Key::Single),
            frame: None,
        };
        instance.scope = self.scope_of(module, set.block, set.kind);
        if let Some(scope) = self.scopes.borrow().get(instance.scope.0 as usize) {
            instance.account = scope.clone();
        }
        let body = self.body(cx, &set.block.body, set.block.header, true);
        instance.body = self.settle(cx, body, set.block.header);
        for (on, state) in module.given.iter().chain(&repeat.given) {
            instance.body = settle(&instance.body, on, state);
        }
        if set.mode == Mode::Data {
            self.compute(cx, &mut instance, set.block.header);
        }
        self.lay_over(&mut instance);
        lazy.busy.set(false);
        Some(Rc::clone(lazy.done.get_or_init(|| Rc::new(instance))))
    }

    fn compute(&self, cx: Cx<'_, 'a>, instance: &mut Instance, key_span: Span) {
        let computed = self.computed_by_function(cx, &instance.kind, &instance.body, key_span);
        if let (Some((name, value)), Kind::Map(map)) = (computed, &mut instance.body.kind) {
            let entries = Arc::make_mut(&mut map.entries);
            entries.insert(Text::new(name, key_span), Entry { key_span, value });
        }
    }

    fn bare_instance(&self, module: &Rc<ModuleInstance<'a>>, set: &ResourceSet<'a>, repeat: &Repeat) -> Instance {
        let address = address_of(module, set.mode, set.kind, set.name) + &repeat.suffix();
        Instance {
            mode: set.mode,
            kind: Arc::clone(set.kind),
            symbol_base: format!("{}:{address}", self.id).into(),
            origin: Origin {
                address: address.into(),
                span: set.block.header,
                calls: module.calls.clone(),
                exists: module.exists.iter().chain(&repeat.exists).cloned().collect(),
                open: module.open || repeat.is_open(),
            },
            scope: rolecall_facts::ScopeId(0),
            account: super::provider::empty_scope(),
            body: Value::null(set.block.header),
            planned: Vec::new(),
        }
    }

    /// The arguments and blocks of a body as a map.
    fn body(&self, cx: Cx<'_, 'a>, body: &Body, span: Span, top: bool) -> Eval {
        let mut entries = IndexMap::new();
        for attribute in &body.attributes {
            if top && META.contains(&&*attribute.name) {
                continue;
            }
            let result = self.eval(cx, &attribute.value);
            let mut value = self.settle(cx, result, attribute.value.span);
            if !is_bounded(&value) {
                self.say(Diagnostic::warning(
                    "terraform-limit",
                    "this value is too large",
                    attribute.value.span,
                ));
                value = self.derived(cx, attribute.value.span, "is too large");
            }
            let key_span = attribute.name_span;
            entries.insert(Text::new(&attribute.name, key_span), Entry { key_span, value });
        }
        for (kind, blocks) in by_kind(&body.blocks) {
            if top && META.contains(&kind) {
                continue;
            }
            let key_span = blocks.first().map_or(span, |b| b.header);
            let value = self.blocks(cx, &blocks, key_span)?;
            entries.insert(Text::new(kind, key_span), Entry { key_span, value });
        }
        let map = Map {
            entries: Arc::new(entries),
            open: None,
        };
        Ok(Value::new(Kind::Map(map), span))
    }

    /// The blocks of one kind as a list of maps.
    fn blocks(&self, cx: Cx<'_, 'a>, blocks: &[&Block], span: Span) -> Eval {
        let mut parts = Vec::new();
        for block in blocks {
            let part = self.deeper(block.header, || {
                if &*block.kind == "dynamic" {
                    self.dynamic(cx, block)
                } else {
                    Ok(Value::list(
                        vec![self.body(cx, &block.body, block.header, false)?],
                        block.header,
                    ))
                }
            });
            parts.push(part.or_else(|failure| {
                if failure.limit {
                    return Err(failure);
                }
                self.say_failure(&failure);
                let symbol = self.derived_symbol(cx, block.header, &failure.message);
                Ok(open_list(Vec::new(), Some(symbol), block.header))
            })?);
        }
        if let [_] = parts.as_slice() {
            return parts.pop().map_or_else(|| fail("expected a block", span), Ok);
        }
        self.distribute(cx, parts, span, &mut |parts| {
            let lists = || parts.iter().filter_map(Value::as_list);
            let items = lists().flat_map(|l| l.items.iter().cloned()).collect();
            let unknown = parts.iter().find_map(Value::as_unknown).cloned();
            let open = lists().find_map(|l| l.open.clone()).or(unknown);
            Ok(open_list(items, open, span))
        })
    }

    /// `dynamic "kind" { for_each = …, iterator = …, content { … } }`
    fn dynamic(&self, cx: Cx<'_, 'a>, block: &Block) -> Eval {
        let Some(expr) = block.body.get("for_each") else {
            return fail("this dynamic block has no `for_each`", block.header);
        };
        let kind = block.labels.first().map_or("", |l| &**l);
        let iterator = block
            .body
            .get("iterator")
            .and_then(|e| e.as_path())
            .and_then(|p| p.first().cloned());
        let name = iterator.as_deref().unwrap_or(kind).to_owned();
        let collection = self.eval(cx, expr)?;
        self.distribute(cx, vec![collection], expr.span, &mut |values| match values {
            [collection] => self.dynamic_over(cx, block, &name, collection, expr),
            _ => fail("expected one collection", expr.span),
        })
    }

    fn dynamic_over(&self, cx: Cx<'_, 'a>, block: &Block, name: &str, collection: &Value, expr: &Expr) -> Eval {
        let span = expr.span;
        let (items, open) = elements(collection, span)?;
        let is_set = expr.is_set();
        self.charge(items.len(), span)?;
        let mut out = Vec::new();
        for (turn, (key, value)) in items.into_iter().enumerate() {
            let key = if is_set { value.clone() } else { key };
            let object = [(Text::plain("key"), key), (Text::plain("value"), value)];
            let frame = Frame {
                name,
                value: Value::map(object, span),
                turn,
                outer: cx.frame,
            };
            for content in block.body.blocks("content") {
                out.push(self.body(cx.within(&frame), &content.body, block.header, false)?);
            }
        }
        Ok(open_list(out, open, block.header))
    }

    /// Every instance of every resource of interest, in this module and those it calls.
    pub(crate) fn collect(
        &self,
        module: &Rc<ModuleInstance<'a>>,
        wanted: &dyn Fn(Mode, &str) -> bool,
        out: &mut Vec<Rc<Instance>>,
    ) -> Result<(), Failure> {
        for mode in [Mode::Managed, Mode::Data] {
            for (kind, by_name) in module.module.resources(mode) {
                if !wanted(mode, kind) {
                    continue;
                }
                for name in by_name.keys() {
                    let Some(set) = self.resource(module, mode, kind, name) else {
                        continue;
                    };
                    out.extend((0..set.expansion.items.len()).filter_map(|at| self.instance(module, &set, at)));
                }
            }
        }
        for name in module.module.calls.keys() {
            let Some(children) = self.children(module, name) else {
                out.extend(self.absent_instances(module, name, wanted).into_iter().map(Rc::new));
                continue;
            };
            for (_, child) in &children.items {
                self.deeper(Span::NOWHERE, || self.collect(child, wanted, out))?;
            }
        }
        Ok(())
    }
}

/// The address of a resource without the key of an instance.
fn address_of(module: &ModuleInstance<'_>, mode: Mode, kind: &str, name: &str) -> String {
    let data = if mode == Mode::Data { "data." } else { "" };
    format!("{}{data}{kind}.{name}", module.prefix())
}

/// Blocks grouped by the kind that they are or make, in order of first appearance.
fn by_kind(blocks: &[Block]) -> IndexMap<&str, Vec<&Block>> {
    let mut groups: IndexMap<&str, Vec<&Block>> = IndexMap::new();
    for block in blocks {
        let kind = match block.labels.first() {
            Some(label) if &*block.kind == "dynamic" => &**label,
            _ => &*block.kind,
        };
        groups.entry(kind).or_default().push(block);
    }
    groups
}

fn open_list(items: Vec<Value>, open: Option<Symbol>, span: Span) -> Value {
    let items = Arc::new(items);
    Value::new(Kind::List(List { items, open }), span)
}

fn open_map(map: Map, open: Symbol, span: Span) -> Value {
    let open = Some(open);
    Value::new(Kind::Map(Map { open, ..map }), span)
}
