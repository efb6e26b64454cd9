//! What names refer to: `Ref`, `Fn::GetAtt`, `Fn::FindInMap`, `Fn::ImportValue`, `AWS::Include`.

use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use rolecall_facts::Unresolved;
use rolecall_source::{Choice, Class, Entry, Kind, Map, Piece, Span, Symbol, Text, TextBuilder, Value};

use super::attributes::naming_of;
use super::choice::{WORLDS, choose, lift};
use super::respan;
use crate::stack::{Place, Resource, Stack};

/// Most entries of a mapping that are told apart when the key is not known.
const ALTERNATIVES: usize = 8;

impl Stack<'_> {
    /// `Ref`.
    pub(super) fn reference(&self, argument: &Value, span: Span) -> Value {
        match self.eval(argument).as_str() {
            Some(name) => self.named(name, span),
            None => self.malformed("Ref", span),
        }
    }

    /// What `${name}` in an `Fn::Sub` stands for.
    pub(super) fn named_value(&self, name: &str, span: Span) -> Value {
        match name.split_once('.') {
            Some((resource, attribute)) => self.attribute(resource, attribute, span),
            None => self.named(name, span),
        }
    }

    fn named(&self, name: &str, span: Span) -> Value {
        if let Some(value) = self.parameters.get(name) {
            return value.clone();
        }
        if self.resources.contains_key(name) {
            return self.attribute(name, "", span);
        }
        if let Some(value) = self.of_module(name, "", span) {
            return value;
        }
        self.pseudo(name, span)
            .unwrap_or_else(|| self.unknown(name, "is neither a parameter nor a resource of this template", span))
    }

    /// [Pseudo parameters](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html).
    fn pseudo(&self, name: &str, span: Span) -> Option<Value> {
        let text = match name.strip_prefix("AWS::")? {
            "AccountId" => self.place.account.clone(),
            "Region" => self.place.region.clone(),
            "Partition" => self.place.partition.clone(),
            "URLSuffix" => Text::plain(match self.place.partition.as_str() {
                Some("aws-cn") => "amazonaws.com.cn",
                _ => "amazonaws.com",
            }),
            "NoValue" => return Some(Value::null(span)),
            "StackName" => self.place.stack_name.clone(),
            "StackId" => {
                let mut out = self.arn_start("cloudformation");
                out.letters("stack/", Span::NOWHERE);
                out.text(&self.place.stack_name);
                out.letters("/", Span::NOWHERE);
                out.symbol(
                    self.symbol("AWS::StackId", "is generated at deployment", Class::Id),
                    Span::NOWHERE,
                );
                out.finish()
            }
            _ => return Some(self.unknown(name, "is not known before deployment", span)),
        };
        Some(Value::text(respan(&text, span), span))
    }

    fn arn_start(&self, service: &str) -> TextBuilder {
        let mut out = TextBuilder::default();
        out.letters("arn:", Span::NOWHERE);
        out.text(&self.place.partition);
        out.letters(&format!(":{service}:"), Span::NOWHERE);
        out.text(&self.place.region);
        out.letters(":", Span::NOWHERE);
        out.text(&self.place.account);
        out.letters(":", Span::NOWHERE);
        out
    }

    /// `Fn::GetAtt`, as `Name.Attribute` or `[Name, Attribute]`.
    pub(super) fn get_att(&self, argument: &Value, span: Span) -> Value {
        match &argument.kind {
            Kind::Text(text) => match text.as_str().and_then(|t| t.split_once('.')) {
                Some((resource, attribute)) => self.attribute(resource, attribute, span),
                None => self.malformed("Fn::GetAtt", span),
            },
            Kind::List(list) => {
                let parts: Vec<Value> = list.items.iter().map(|v| self.eval(v)).collect();
                let letters: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
                match letters.as_deref() {
                    Some([resource, attribute @ ..]) => self.attribute(resource, &attribute.join("."), span),
                    _ => self.malformed("Fn::GetAtt", span),
                }
            }
            _ => self.malformed("Fn::GetAtt", span),
        }
    }

    /// An attribute of a resource; `""` is what `Ref` returns.
    pub(crate) fn attribute(&self, id: &str, attribute: &str, span: Span) -> Value {
        let key = (id.to_owned(), attribute.to_owned());
        if let Some(known) = self.attributes.borrow().get(&key) {
            return match known {
                Some(value) => placed(value, span),
                None => self.unknown(&format!("{id}.{attribute}"), "refers to itself", span),
            };
        }
        let Some(resource) = self.resources.get(id) else {
            if let Some(value) = self.of_module(id, attribute, span) {
                return value;
            }
            let name = format!("{id}.{attribute}");
            return self.unknown(
                &name,
                "is an attribute of a resource that this template does not have",
                span,
            );
        };
        self.attributes.borrow_mut().insert(key.clone(), None);
        let value = self.find_attribute(id, resource, attribute, span);
        self.attributes.borrow_mut().insert(key, Some(value.clone()));
        placed(&value, span)
    }

    fn find_attribute(&self, id: &str, resource: &Resource, attribute: &str, span: Span) -> Value {
        if let Some(output) = attribute.strip_prefix("Outputs.")
            && let Some(value) = self.nested_output(id, output, span)
        {
            return value;
        }
        if crate::nested::is_module(&resource.kind)
            && let Some(value) = self.module_attribute(id, attribute, span)
        {
            return value;
        }
        let known = naming_of(&resource.kind).and_then(|n| self.returned(id, resource, n, attribute));
        match known {
            Some(text) => Value::text(respan(&text, span), span),
            None => self.generated(id, &resource.kind, attribute, span),
        }
    }

    /// What only AWS knows.
    fn generated(&self, id: &str, kind: &str, attribute: &str, span: Span) -> Value {
        let custom = kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource";
        let why = if custom {
            "is returned by a custom resource"
        } else {
            "is generated at deployment"
        };
        let number = kind == "AWS::EC2::LaunchTemplate" && attribute.ends_with("VersionNumber");
        let class = if number || attribute.is_empty() && kind.starts_with("AWS::EC2::") {
            Class::Id
        } else {
            Class::Any
        };
        let dot = if attribute.is_empty() { "" } else { "." };
        let symbol = Symbol::new(
            format!("{}:{id}{dot}{attribute}", self.place.base),
            format!("{id}{dot}{attribute}"),
            why,
            class,
        );
        Value::unknown(symbol, span)
    }

    /// `Fn::FindInMap`, with a default.
    pub(super) fn find_in_map(&self, argument: &Value, span: Span) -> Value {
        let Some([map, top, second, rest @ ..]) = self.arguments(argument, 3) else {
            return self.malformed("Fn::FindInMap", span);
        };
        let default = rest.iter().find_map(|v| v.get("DefaultValue"));
        let args = [self.eval(map), self.eval(top), self.eval(second)];
        lift(&args, WORLDS, &mut |args| {
            let [map, top, second] = args else {
                return self.malformed("Fn::FindInMap", span);
            };
            let mappings = self.template.section("Mappings");
            let found = map.as_str().and_then(|name| mappings?.get(name)?.as_map());
            let value = found.and_then(|found| {
                self.entry(found, top, &mut |inner| {
                    inner
                        .as_map()
                        .and_then(|m| self.entry(m, second, &mut |v| Some(v.clone())))
                })
            });
            match (value, default) {
                (Some(value), _) => self.eval(&value),
                (None, Some(default)) if top.as_unknown().is_none() => self.eval(default),
                _ => {
                    let letters = |v: &Value| v.to_text().map_or_else(String::new, |t| t.to_string());
                    let name = format!("{}.{}.{}", letters(map), letters(top), letters(second));
                    self.unknown(&name, "is an entry of a mapping that is not known", span)
                }
            }
        })
    }

    /// `then` of the entry at `key`; of every entry, as a choice, when the key is one symbol.
    fn entry(&self, map: &Map, key: &Value, then: &mut dyn FnMut(&Value) -> Option<Value>) -> Option<Value> {
        let text = key.to_text()?;
        if let Some(letters) = text.as_str() {
            return then(map.get(letters)?);
        }
        let symbol = text.as_symbol()?;
        let options: Option<Vec<(Arc<str>, Value)>> = map
            .iter()
            .map(|(k, v)| Some((Arc::from(k.as_str()?), then(v)?)))
            .collect();
        let options = options?;
        let first = options.first()?;
        let same = options.iter().all(|o| o.1 == first.1);
        (same || options.len() <= ALTERNATIVES).then(|| choose(symbol.clone(), options, key.span))
    }

    /// `Fn::ImportValue`: the output of another template of the scan that exports this name.
    pub(super) fn import_value(&self, argument: &Value, span: Span) -> Value {
        let name = self.eval(argument);
        lift(&[name], WORLDS, &mut |args| {
            let Some(name) = args.first().and_then(Value::to_text) else {
                return self.malformed("Fn::ImportValue", span);
            };
            self.exported(&name, span).unwrap_or_else(|| {
                let symbol = Symbol::new(
                    format!("import:{name}"),
                    format!("import {name}"),
                    "is exported by a stack that is not in the scan",
                    Class::Any,
                );
                Value::unknown(symbol, span)
            })
        })
    }

    fn exported(&self, name: &Text, span: Span) -> Option<Value> {
        let world = self.shared.world;
        let mut found = world.exports.iter().filter(|e| e.name == *name);
        let export = found.next()?;
        if found.next().is_some() || !self.shared.budget.enter() {
            return None;
        }
        let template = world.templates.get(export.template)?;
        // Exports and imports are those of one account and region.
        let mut place = Place {
            account: self.place.account.clone(),
            region: self.place.region.clone(),
            partition: self.place.partition.clone(),
            ..world.place(template)
        };
        place.scope = self.place.scope;
        let stack = Stack::new(&self.shared, template, place, &world.given);
        let value = stack.outputs.get(&export.output).and_then(|o| o.get("Value"));
        let value = value.map(|v| placed(&stack.eval(v), span));
        self.shared.budget.leave();
        value
    }

    /// `Fn::Transform`: adds what an included file of the scan holds; the symbol of what is not known.
    pub(super) fn transform(&self, value: &Value, entries: &mut IndexMap<Text, Entry>) -> Option<Symbol> {
        let name = value.get("Name").and_then(Value::as_str).unwrap_or("");
        let location = value.get("Parameters").and_then(|p| p.get("Location"));
        let location = location.map(|l| self.eval(l)).and_then(|l| l.to_text());
        if name == "AWS::Include"
            && let Some(included) = location.as_ref().and_then(|l| self.include(l))
            && let evaluated = self.eval(&included)
            && let Some(map) = evaluated.as_map()
        {
            for (key, entry) in &*map.entries {
                entries.insert(key.clone(), entry.clone());
            }
            return map.open.clone();
        }
        let source = location.map_or_else(|| name.to_owned(), |l| l.to_string());
        self.shared.unresolved.borrow_mut().push(Unresolved {
            address: format!("{}{name}", self.place.prefix).into(),
            source: source.as_str().into(),
            span: value.span,
            help: None,
        });
        let symbol = Symbol::new(
            format!("transform:{}:{}", self.place.base, value.span.start),
            format!("{name} {source}").trim().to_owned(),
            "is added by a transform that is not in the scan",
            Class::Any,
        );
        Some(symbol)
    }

    /// The document at a location, as written.
    fn include(&self, location: &Text) -> Option<Value> {
        let file = crate::nested::find_file(self.shared.world.sources, &self.template.path, location)?.0;
        if file == self.template.file {
            return None;
        }
        let text = self.shared.world.sources.text(file).ok()?;
        Some(crate::load::read(text, file).ok()?.value)
    }

    /// A map with the entries of the file that it
    /// [includes](https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html),
    /// iff the file is in the scan. Included files are not evaluated here.
    pub(crate) fn with_includes(&self, value: &Value) -> Value {
        let transform = value.as_map().and_then(|m| Some((m, m.get("Fn::Transform")?)));
        let Some((map, transform)) = transform else {
            return value.clone();
        };
        let location = transform.get("Parameters").and_then(|p| p.get("Location"));
        let included = location
            .filter(|_| transform.get("Name").and_then(Value::as_str) == Some("AWS::Include"))
            .and_then(|l| self.eval(l).to_text())
            .and_then(|l| self.include(&l));
        let Some(included) = included.as_ref().and_then(Value::as_map) else {
            self.transform(transform, &mut IndexMap::new());
            return value.clone();
        };
        let mut entries = (*included.entries).clone();
        for (key, entry) in map.entries.iter().filter(|(k, _)| k.as_str() != Some("Fn::Transform")) {
            entries.insert(key.clone(), entry.clone());
        }
        let entries = Arc::new(entries);
        let open = map.open.clone();
        Value::new(Kind::Map(Map { entries, open }), value.span)
    }

    /// A resource with what it and its properties include.
    pub(crate) fn with_includes_below(&self, body: &Value) -> Value {
        let body = self.with_includes(body);
        let map = body.as_map().filter(|m| {
            let properties = m.get("Properties").and_then(Value::as_map);
            properties.is_some_and(|p| p.get("Fn::Transform").is_some())
        });
        let Some(map) = map else { return body };
        let mut entries = (*map.entries).clone();
        if let Some(entry) = entries.get_mut(&Text::plain("Properties")) {
            entry.value = self.with_includes(&entry.value);
        }
        let entries = Arc::new(entries);
        let open = map.open.clone();
        Value::new(Kind::Map(Map { entries, open }), body.span)
    }

    /// What a name refers to inside a module: `Module.Resource`, `ModuleResource`, an attribute behind either.
    fn of_module(&self, name: &str, attribute: &str, span: Span) -> Option<Value> {
        let (id, rest) = match name.split_once('.') {
            Some((id, rest)) => (id, rest),
            None => {
                let modules = self.resources.iter().filter(|(_, r)| crate::nested::is_module(&r.kind));
                let mut inside = modules.filter_map(|(id, _)| Some((&**id, name.strip_prefix(&**id)?)));
                inside.find(|(id, rest)| self.child(id).is_some_and(|c| c.resources.contains_key(*rest)))?
            }
        };
        let child = self.child(id)?;
        child
            .resources
            .contains_key(rest)
            .then(|| placed(&child.attribute(rest, attribute, span), span))
    }

    /// An attribute of a module: `Resource.Attribute`, or `Resource` alone.
    fn module_attribute(&self, id: &str, attribute: &str, span: Span) -> Option<Value> {
        let child = self.child(id)?;
        let (resource, attribute) = attribute.split_once('.').unwrap_or((attribute, ""));
        child
            .resources
            .contains_key(resource)
            .then(|| placed(&child.attribute(resource, attribute, span), span))
    }

    /// An output of a nested stack.
    fn nested_output(&self, id: &str, output: &str, span: Span) -> Option<Value> {
        let child: Rc<Stack<'_>> = self.child(id)?;
        let value = child.outputs.get(output)?.get("Value")?;
        Some(placed(&child.eval(value), span))
    }
}

/// The value as referred to from `span`.
fn placed(value: &Value, span: Span) -> Value {
    match &value.kind {
        Kind::Text(text) => Value::text(respan(text, span), span),
        Kind::Choice(choice) => {
            let option = |(state, v): &(Arc<str>, Value)| (Arc::clone(state), placed(v, span));
            let choice = Choice {
                on: choice.on.clone(),
                options: choice.options.iter().map(option).collect(),
            };
            Value::new(Kind::Choice(Arc::new(choice)), span)
        }
        kind => Value::new(kind.clone(), span),
    }
}

/// One text for a value: of a choice of texts what they have in common around a symbol.
pub(crate) fn collapse(value: &Value, symbol: &Symbol) -> Text {
    if let Some(text) = value.to_text() {
        return text;
    }
    let whole = || Text::symbol(symbol.clone(), value.span);
    let Kind::Choice(choice) = &value.kind else {
        return whole();
    };
    let letters: Option<Vec<&str>> = choice.options.iter().map(|(_, v)| v.as_str()).collect();
    let Some((first, rest)) = letters.as_deref().and_then(<[&str]>::split_first) else {
        return whole();
    };
    let common = |f: &dyn Fn(&str, usize) -> bool| {
        let mut len = 0;
        while len < first.len() && rest.iter().all(|r| f(r, len)) {
            len += 1;
        }
        len
    };
    let (bytes, at) = (first.as_bytes(), |s: &str, i: usize| s.as_bytes().get(i).copied());
    let shortest = rest.iter().map(|r| r.len()).min().unwrap_or(0).min(first.len());
    let before =
        common(&|r, i| i + 1 < shortest && at(r, i) == bytes.get(i).copied() && at(r, i).is_some_and(|b| b < 128));
    let after = common(&|r, i| {
        let (mine, theirs) = (first.len().checked_sub(i + 1), r.len().checked_sub(i + 1));
        let (mine, theirs) = (mine.and_then(|m| at(first, m)), theirs.and_then(|t| at(r, t)));
        before + i + 1 < shortest && mine == theirs && mine.is_some_and(|b| b < 128)
    });
    let mut out = TextBuilder::default();
    out.letters(first.get(..before).unwrap_or(""), value.span);
    out.symbol(symbol.clone(), value.span);
    out.letters(first.get(first.len() - after..).unwrap_or(""), value.span);
    out.finish()
}

/// The text of an IAM name: what is not known of it has letters that IAM allows in names.
pub(super) fn names_only(text: &Text) -> Text {
    let mut out = TextBuilder::default();
    let mut at = 0;
    for piece in text.pieces() {
        let len = match piece {
            Piece::Letters(letters) => letters.len(),
            Piece::Symbol(_) => Text::HOLE.len_utf8(),
        };
        match piece {
            Piece::Letters(_) => out.text(&text.slice(at..at + len)),
            Piece::Symbol(symbol) => {
                let alone = text.pieces().len() == 1 && symbol.class == Class::Any;
                let symbol = symbol.clone();
                let symbol = if alone { symbol.with_class(Class::Name) } else { symbol };
                out.symbol(symbol, text.span_of(at..at + len));
            }
        }
        at += len;
    }
    out.finish()
}
