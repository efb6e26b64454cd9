use rolecall_source::{Entry, Kind, Map, Text, Value};

use super::{Parser, unchanged_by};
use crate::Assumptions;
use crate::condition::{Comparison, Condition, Operator};
use crate::template::Template;

impl Parser<'_> {
    /// Reads the `Condition` element; `None` when something in it is not legal.
    pub(super) fn conditions(&mut self, map: &Map) -> Option<Vec<Condition>> {
        let Some(value) = map.get("Condition").filter(|v| !v.is_null()) else {
            return Some(Vec::new());
        };
        match &value.kind {
            Kind::Map(block) => self.operators(block),
            Kind::Unknown(symbol) => {
                self.open(symbol);
                None
            }
            _ => {
                self.error("Condition must be a JSON object", value.span);
                None
            }
        }
    }

    fn operators(&mut self, block: &Map) -> Option<Vec<Condition>> {
        let mut conditions = Vec::new();
        if let Some(symbol) = &block.open {
            self.open(symbol);
            return None;
        }
        for (name, entry) in &*block.entries {
            let Some(operator) = name.as_str().and_then(Operator::parse) else {
                self.error(format!("invalid condition type: {name}"), entry.key_span);
                return None;
            };
            let keys = match &entry.value.kind {
                Kind::Map(keys) => keys,
                Kind::Null => continue,
                Kind::Unknown(symbol) => {
                    self.open(symbol);
                    return None;
                }
                _ => {
                    self.error("a condition type holds an object of keys and values", entry.value.span);
                    return None;
                }
            };
            if let Some(symbol) = &keys.open {
                self.open(symbol);
                return None;
            }
            self.twice(keys);
            for (key, entry) in &*keys.entries {
                conditions.push(self.condition(operator, key, entry)?);
            }
        }
        Some(conditions)
    }

    /// Says which keys stand twice in one block, but for their case.
    fn twice(&mut self, keys: &Map) {
        for (at, (key, entry)) in keys.entries.iter().enumerate() {
            let same = |k: &Text| matches!((k.as_str(), key.as_str()), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b));
            if keys.entries.keys().take(at).any(same) {
                let headline = format!("the condition key `{key}` stands twice with different capitalization");
                self.warn(headline, entry.key_span);
            }
        }
    }

    fn condition(&mut self, operator: Operator, key: &Text, entry: &Entry) -> Option<Condition> {
        if key.as_str().is_some_and(|k| !k.contains(':')) {
            self.error(
                format!("conditions must be prefaced by a vendor, for example `aws:`, `ec2:`: `{key}` is not"),
                entry.key_span,
            );
            return None;
        }
        let mut open = Assumptions::new();
        let items = match &entry.value.kind {
            Kind::List(list) => {
                open.extend(list.open.as_ref().map(unchanged_by));
                list.items.as_slice()
            }
            _ => std::slice::from_ref(&entry.value),
        };
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.extend(self.value(operator, item)?);
        }
        if operator.comparison == Comparison::Bool && values.len() > 1 && operator.qualifier.is_none() {
            self.warn("a Bool condition has one value: true or false", entry.value.span);
        }
        Some(Condition {
            operator,
            key: lower(key),
            written: key.clone(),
            values,
            open,
            span: entry.key_span.join(entry.value.span),
        })
    }

    /// One value: `Some(None)` for null.
    fn value(&mut self, operator: Operator, item: &Value) -> Option<Option<Template>> {
        let text = match &item.kind {
            Kind::Null => return Some(None),
            Kind::Text(_) | Kind::Bool(_) | Kind::Number(_) | Kind::Unknown(_) => item.to_text()?,
            _ => {
                self.error("condition values must be strings, numbers or truth values", item.span);
                return None;
            }
        };
        if let Some(wanted) = text.as_str().and_then(|t| operator.comparison.misread(t)) {
            self.warn(
                format!("`{text}` is no {wanted}: the condition compares with nothing"),
                item.span,
            );
        }
        let variables = self.variables && takes_variables(operator.comparison);
        Some(Some(Template::parse(&text, variables)))
    }
}

/// Variables stand in the values of string and ARN operators, and of `Bool`; elsewhere they are text.
const fn takes_variables(comparison: Comparison) -> bool {
    matches!(
        comparison,
        Comparison::StringEquals
            | Comparison::StringEqualsIgnoreCase
            | Comparison::StringLike
            | Comparison::ArnLike
            | Comparison::Bool
    )
}

/// The same text with ASCII letters in lower case.
pub(crate) fn lower(text: &Text) -> Text {
    let mut out = rolecall_source::TextBuilder::default();
    let mut at = 0;
    for piece in text.pieces() {
        match piece {
            rolecall_source::Piece::Letters(l) => {
                out.letters(&l.to_ascii_lowercase(), text.span_of(at..at + l.len()));
                at += l.len();
            }
            rolecall_source::Piece::Symbol(s) => {
                let len = Text::HOLE.len_utf8();
                out.symbol(s.clone(), text.span_of(at..at + len));
                at += len;
            }
        }
    }
    out.finish()
}
