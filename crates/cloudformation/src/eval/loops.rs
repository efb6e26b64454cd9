//! [`Fn::ForEach`](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html):
//! one entry for each element of a collection, before anything else is evaluated.

use std::borrow::Cow;
use std::sync::Arc;

use indexmap::IndexMap;
use rolecall_source::{Class, Diagnostic, Entry, Kind, List, Map, Text, TextBuilder, Value};

use crate::stack::Stack;

/// Deepest nesting of loops.
const DEPTH: usize = 8;

impl Stack<'_> {
    /// The entries of a map with its loops written out. Loops deeper inside stay.
    pub(crate) fn expand_loops(&self, value: &Value) -> Value {
        self.expand(value, 0)
    }

    fn expand(&self, value: &Value, depth: usize) -> Value {
        let Some(map) = value.as_map() else {
            return value.clone();
        };
        let is_loop = |k: &Text| k.as_str().is_some_and(|k| k.starts_with("Fn::ForEach::"));
        if !map.entries.keys().any(is_loop) {
            return value.clone();
        }
        let mut out = Map {
            entries: Arc::new(IndexMap::new()),
            open: map.open.clone(),
        };
        let mut entries = IndexMap::new();
        for (key, entry) in &*map.entries {
            if !is_loop(key) {
                entries.insert(key.clone(), entry.clone());
            } else if depth >= DEPTH || !self.expand_one(entry, depth, &mut entries) {
                self.shared.note(Diagnostic::warning(
                    "cloudformation-loop",
                    format!("what `{key}` adds is not known"),
                    entry.key_span,
                ));
                out.open = Some(self.symbol(
                    &key.to_string(),
                    "loops over a collection that is not known",
                    Class::Any,
                ));
            }
        }
        out.entries = Arc::new(entries);
        Value::new(Kind::Map(out), value.span)
    }

    /// Writes one loop out; false when its collection is not known or too large.
    fn expand_one(&self, entry: &Entry, depth: usize, entries: &mut IndexMap<Text, Entry>) -> bool {
        let Some([identifier, collection, body]) = self.arguments(&entry.value, 3).and_then(|a| a.get(..3)) else {
            return false;
        };
        let Some(identifier) = identifier.as_str() else {
            return false;
        };
        let Some(items) = self.collection(collection) else {
            return false;
        };
        for item in items {
            if !self.shared.budget.instance() {
                return false;
            }
            let written = substitute(body, identifier, &item);
            let written = self.expand(&written, depth + 1);
            let Some(map) = written.as_map() else {
                return false;
            };
            for (key, entry) in &*map.entries {
                entries.insert(key.clone(), entry.clone());
            }
        }
        true
    }

    /// The elements of a collection, iff all are known.
    fn collection(&self, collection: &Value) -> Option<Vec<String>> {
        let value = self.eval(collection);
        let Kind::List(List { items, open: None }) = &value.kind else {
            return None;
        };
        let mut all = Vec::new();
        for item in items.iter() {
            match &item.kind {
                Kind::List(List { items, open: None }) => {
                    for inner in items.iter() {
                        all.push(inner.to_text()?.as_str()?.to_owned());
                    }
                }
                _ => all.push(item.to_text()?.as_str()?.to_owned()),
            }
        }
        Some(all)
    }
}

/// `value` with `${identifier}` and `&{identifier}` in texts and keys, and `{Ref: identifier}`, as `item`.
fn substitute(value: &Value, identifier: &str, item: &str) -> Value {
    match &value.kind {
        Kind::Text(text) => match replaced(text, identifier, item) {
            Cow::Borrowed(_) => value.clone(),
            Cow::Owned(text) => Value::text(text, value.span),
        },
        Kind::List(list) => {
            let items = list.items.iter().map(|v| substitute(v, identifier, item));
            let kind = Kind::List(List {
                items: Arc::new(items.collect()),
                open: list.open.clone(),
            });
            Value::new(kind, value.span)
        }
        Kind::Map(map) => {
            if map.entries.len() == 1 && map.get("Ref").and_then(Value::as_str) == Some(identifier) {
                return Value::string(item, value.span);
            }
            let entry = |(key, e): (&Text, &Entry)| {
                let entry = Entry {
                    key_span: e.key_span,
                    value: substitute(&e.value, identifier, item),
                };
                (replaced(key, identifier, item).into_owned(), entry)
            };
            let kind = Kind::Map(Map {
                entries: Arc::new(map.entries.iter().map(entry).collect()),
                open: map.open.clone(),
            });
            Value::new(kind, value.span)
        }
        _ => value.clone(),
    }
}

fn replaced<'t>(text: &'t Text, identifier: &str, item: &str) -> Cow<'t, Text> {
    let Some(letters) = text.as_str() else {
        return Cow::Borrowed(text);
    };
    let plain = format!("${{{identifier}}}");
    let bare = format!("&{{{identifier}}}");
    if !letters.contains(&plain) && !letters.contains(&bare) {
        return Cow::Borrowed(text);
    }
    let alphanumeric: String = item.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut out = TextBuilder::default();
    let mut at = 0;
    while let Some(rest) = letters.get(at..) {
        let next = [(&plain, item), (&bare, &*alphanumeric)]
            .into_iter()
            .filter_map(|(p, with)| rest.find(p.as_str()).map(|i| (i, p, with)))
            .min_by_key(|(i, _, _)| *i);
        let Some((found, pattern, with)) = next else {
            break;
        };
        let range = at + found..at + found + pattern.len();
        out.text(&text.slice(at..range.start));
        out.letters(with, text.span_of(range.clone()));
        at = range.end;
    }
    out.text(&text.slice(at..letters.len()));
    Cow::Owned(out.finish())
}
