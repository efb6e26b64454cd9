//! `jsonencode` and `jsondecode`. An encoded document stays a structure, so that what it is made of keeps its spans.

use std::sync::Arc;

use indexmap::IndexMap;
use rolecall_source::{Entry, Kind, List, Map, Text, Value, json};

use super::call::{Call, Outcome};

pub(super) fn jsonencode(c: &Call<'_>) -> Outcome {
    if has_infinity(c.arg(0)) {
        return c.error_at(0, "JSON has no infinity");
    }
    Ok(Value::encoded(sorted(c.arg(0)), c.span))
}

fn has_infinity(value: &Value) -> bool {
    match &value.kind {
        Kind::Number(n) => n.is_infinite(),
        Kind::List(list) => list.items.iter().any(has_infinity),
        Kind::Map(map) => map.iter().any(|(_, v)| has_infinity(v)),
        _ => false,
    }
}

/// The value with the keys of its maps in order, as Terraform writes them.
pub(super) fn sorted(value: &Value) -> Value {
    let kind = match &value.kind {
        Kind::List(list) => Kind::List(List {
            items: Arc::new(list.items.iter().map(sorted).collect()),
            open: list.open.clone(),
        }),
        Kind::Map(map) => {
            let entry = |(k, e): (&Text, &Entry)| {
                let value = sorted(&e.value);
                (k.clone(), Entry { value, ..*e })
            };
            let mut entries: IndexMap<Text, Entry> = map.entries.iter().map(entry).collect();
            entries.sort_keys();
            Kind::Map(Map {
                entries: Arc::new(entries),
                open: map.open.clone(),
            })
        }
        _ => return value.clone(),
    };
    Value::new(kind, value.span)
}

pub(super) fn jsondecode(c: &Call<'_>) -> Outcome {
    if let Kind::Encoded(encoded) = &c.arg(0).kind {
        return Ok(encoded.value.clone());
    }
    let text = c.text(0)?;
    if text.as_symbol().is_some() {
        return Err(c.unknown());
    }
    match json::read_text(&text) {
        Ok(document) => Ok(document.value),
        // Outside of strings a symbol may stand for anything.
        Err(_) if !text.is_known() => Err(c.unknown()),
        Err(error) => c.error_at(0, format!("the text is not JSON: {}", error.message)),
    }
}
