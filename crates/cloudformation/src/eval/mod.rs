//! Evaluation of
//! [intrinsic functions](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html).
//!
//! `Null` stands for `AWS::NoValue`: lists and maps leave it out.

pub(crate) mod attributes;
pub(crate) mod choice;
mod conditions;
mod lookup;
mod loops;
mod network;
mod text;

pub(crate) use lookup::collapse;

use std::sync::Arc;

use indexmap::IndexMap;
use rolecall_source::{Diagnostic, Entry, Kind, List, Map, Span, Symbol, Text, Value};

use crate::stack::Stack;
use choice::{WORLDS, lift};

/// The function and argument of an intrinsic: a map with one key, `Ref` or `Fn::…`.
pub(crate) fn intrinsic(map: &Map) -> Option<(&str, &Value)> {
    if map.entries.len() != 1 || map.open.is_some() {
        return None;
    }
    let (key, value) = map.iter().next()?;
    let name = key.as_str()?;
    let function = name == "Ref" || name.starts_with("Fn::");
    (function && !name.starts_with("Fn::ForEach") && name != "Fn::Transform").then_some((name, value))
}

impl Stack<'_> {
    /// The value of an expression.
    pub(crate) fn eval(&self, value: &Value) -> Value {
        if !self.shared.budget.enter() {
            self.shared.note(Diagnostic::warning(
                "cloudformation-limit",
                "this template takes more to evaluate than is allowed: the rest of it is taken as unknown",
                value.span,
            ));
            return self.unknown("limit", "takes more to evaluate than is allowed", value.span);
        }
        let result = match &value.kind {
            Kind::Map(map) => match intrinsic(map) {
                Some((name, argument)) => self.call(name, argument, value.span),
                None => self.eval_map(map, value.span),
            },
            Kind::List(list) => self.eval_list(list, value.span),
            Kind::Text(text) => self.dynamic_references(text, value.span),
            _ => value.clone(),
        };
        self.shared.budget.leave();
        result
    }

    /// The value of a property, `None` when it is absent or `AWS::NoValue`.
    pub(crate) fn eval_some(&self, value: Option<&Value>) -> Option<Value> {
        value.map(|v| self.eval(v)).filter(|v| !v.is_null())
    }

    fn eval_list(&self, list: &List, span: Span) -> Value {
        let items = list.items.iter().map(|v| self.eval(v)).filter(|v| !v.is_null());
        let kind = Kind::List(List {
            items: Arc::new(items.collect()),
            open: list.open.clone(),
        });
        Value::new(kind, span)
    }

    fn eval_map(&self, map: &Map, span: Span) -> Value {
        let special = |k: &Text| {
            k.as_str()
                .is_some_and(|k| k.starts_with("Fn::ForEach::") || k == "Fn::Transform")
        };
        if map.entries.keys().any(special) {
            let expanded = self.expand_loops(&Value::new(Kind::Map(map.clone()), span));
            return match expanded.as_map() {
                Some(map) => self.eval_entries(map, span),
                None => expanded,
            };
        }
        self.eval_entries(map, span)
    }

    fn eval_entries(&self, map: &Map, span: Span) -> Value {
        let mut open = map.open.clone();
        let mut entries = IndexMap::with_capacity(map.entries.len());
        for (key, entry) in &*map.entries {
            if key.as_str() == Some("Fn::Transform") {
                open = self.transform(&entry.value, &mut entries).or(open);
                continue;
            }
            let value = self.eval(&entry.value);
            if !value.is_null() {
                let key_span = entry.key_span;
                entries.insert(key.clone(), Entry { key_span, value });
            }
        }
        let kind = Kind::Map(Map {
            entries: Arc::new(entries),
            open,
        });
        Value::new(kind, span)
    }

    fn call(&self, name: &str, argument: &Value, span: Span) -> Value {
        match name {
            "Ref" => self.reference(argument, span),
            "Fn::GetAtt" => self.get_att(argument, span),
            "Fn::Sub" => self.sub(argument, span),
            "Fn::Join" => self.join(argument, span),
            "Fn::Select" => self.select(argument, span),
            "Fn::Split" => self.split(argument, span),
            "Fn::If" => self.if_(argument, span),
            "Fn::FindInMap" => self.find_in_map(argument, span),
            "Fn::ImportValue" => self.import_value(argument, span),
            "Fn::Base64" => self.base64(argument, span),
            "Fn::Cidr" => self.cidr(argument, span),
            "Fn::GetAZs" => self.unknown("availability zones", "depends on the account", span),
            "Fn::Length" => self.length(argument, span),
            "Fn::ToJsonString" => Value::encoded(self.eval(argument), span),
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => {
                self.condition_value(&Value::map([(Text::plain(name), argument.clone())], span))
            }
            _ => self.unknown(name, "is a function that is not analysed", span),
        }
    }

    /// `Fn::Length`: of a list whose length is known.
    fn length(&self, argument: &Value, span: Span) -> Value {
        let list = self.eval(argument);
        lift(&[list], WORLDS, &mut |args| match args {
            [
                Value {
                    kind: Kind::List(List { items, open: None }),
                    ..
                },
            ] => Value::new(
                Kind::Number(i64::try_from(items.len()).unwrap_or(i64::MAX).into()),
                span,
            ),
            _ => self.unknown("Fn::Length", "is the length of a list that is not known", span),
        })
    }

    /// The elements of an argument list, as written; `None` when it is not a list of at least `least`.
    fn arguments<'v>(&self, argument: &'v Value, least: usize) -> Option<&'v [Value]> {
        let items = argument.as_list()?.items.as_slice();
        (items.len() >= least).then_some(items)
    }

    /// What an intrinsic with arguments of the wrong shape is.
    fn malformed(&self, name: &str, span: Span) -> Value {
        self.shared.note(Diagnostic::warning(
            "cloudformation-intrinsic",
            format!("these are not arguments of `{name}`"),
            span,
        ));
        self.unknown(name, "has arguments that CloudFormation does not accept", span)
    }

    /// A symbol for the result of a function of something unknown.
    fn derived(of: &Symbol, step: &str, span: Span) -> Value {
        Value::unknown(of.part(step), span)
    }
}

/// `text` as if all of it had been written at `span`.
pub(crate) fn respan(text: &Text, span: Span) -> Text {
    let mut out = rolecall_source::TextBuilder::default();
    for piece in text.pieces() {
        match piece {
            rolecall_source::Piece::Letters(letters) => out.letters(letters, span),
            rolecall_source::Piece::Symbol(symbol) => out.symbol(symbol.clone(), span),
        }
    }
    out.finish()
}

#[cfg(test)]
mod tests;
