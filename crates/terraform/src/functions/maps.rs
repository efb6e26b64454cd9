//! [Collection functions](https://developer.hashicorp.com/terraform/language/functions/merge) over maps.

use std::sync::Arc;

use indexmap::IndexMap;
use rolecall_source::{Choice, Class, Entry, Kind, Map, Symbol, Text, Value};

use super::call::{Call, Outcome};
use crate::convert::{Type, convert};

/// Most alternatives that an unknown key gives.
const ALTERNATIVES: usize = 16;

/// The entries in order of key.
fn in_order(map: &Map) -> Vec<(&Text, &Entry)> {
    let mut entries: Vec<(&Text, &Entry)> = map.entries.iter().collect();
    entries.sort_by_key(|(k, _)| *k);
    entries
}

pub(super) fn keys(c: &Call<'_>) -> Outcome {
    let map = c.map(0)?;
    let keys = in_order(&map)
        .into_iter()
        .map(|(k, e)| Value::text(k.clone(), e.key_span))
        .collect();
    c.of_list(keys, map.open)
}

pub(super) fn values(c: &Call<'_>) -> Outcome {
    let map = c.map(0)?;
    let values = in_order(&map).into_iter().map(|(_, e)| e.value.clone()).collect();
    c.of_list(values, map.open)
}

/// Of equal keys the last map's value counts. Where a later map is open, it may have any of the earlier keys.
pub(super) fn merge(c: &Call<'_>) -> Outcome {
    let mut entries: IndexMap<Text, Entry> = IndexMap::new();
    let mut open: Option<Symbol> = None;
    for (i, arg) in c.args.iter().enumerate() {
        if arg.is_null() {
            continue;
        }
        let map = c.map(i)?;
        if let Some(symbol) = &map.open {
            for (key, entry) in &mut entries {
                if !map.entries.contains_key(key) {
                    entry.value = overridden(&entry.value, key, symbol);
                }
            }
            open = open.or_else(|| Some(symbol.clone()));
        }
        for (key, entry) in map.entries.iter() {
            entries.insert(key.clone(), entry.clone());
        }
    }
    let entries = Arc::new(entries);
    Ok(Value::new(Kind::Map(Map { entries, open }), c.span))
}

/// A value that a later map may replace.
fn overridden(value: &Value, key: &Text, by: &Symbol) -> Value {
    let other = Value::unknown(by.part(&format!("[\"{key}\"]")), value.span);
    if matches!(value.kind, Kind::Choice(_)) {
        return other;
    }
    let on = Symbol::new(
        format!("{} has {key}", by.id),
        format!("{} has \"{key}\"", by.name),
        Arc::clone(&by.why),
        Class::Any,
    );
    let options = vec![("false".into(), value.clone()), ("true".into(), other)];
    Value::new(Kind::Choice(Arc::new(Choice { on, options })), value.span)
}

/// The value at a key, or the default. An unknown key gives the alternatives.
pub(super) fn lookup(c: &Call<'_>) -> Outcome {
    let map = c.map(0)?;
    let default = || match c.args.get(2) {
        Some(value) => Ok(value.clone()),
        None => c.error("the map has no such key"),
    };
    let key = c.text(1)?;
    if let Some(entry) = map.entries.get(&key) {
        return Ok(entry.value.clone());
    }
    if map.open.is_some() || map.entries.keys().any(|k| !k.is_known()) {
        return Err(c.unknown());
    }
    if key.is_known() {
        return default();
    }
    let mut options: Vec<(Arc<str>, Value)> = Vec::new();
    for (k, entry) in in_order(&map) {
        let possible = super::lists::equal(&Value::text(k.clone(), c.span), &Value::text(key.clone(), c.span));
        if possible != Some(false) {
            options.push((k.to_string().into(), entry.value.clone()));
        }
    }
    if options.len() > ALTERNATIVES {
        return Err(c.unknown());
    }
    if c.args.len() > 2 {
        options.push(("another".into(), default()?));
    }
    match options.first() {
        None => default(),
        Some((_, first)) if options.iter().all(|(_, v)| v == first) => Ok(first.clone()),
        Some(_) => {
            let on = key.as_symbol().cloned().unwrap_or_else(|| c.symbol("[key]"));
            Ok(Value::new(Kind::Choice(Arc::new(Choice { on, options })), c.span))
        }
    }
}

/// A map from a list of keys and a list of values.
pub(super) fn zipmap(c: &Call<'_>) -> Outcome {
    let (keys, values) = (c.text_list(0)?, c.list(1)?);
    if keys.open.is_none() && values.open.is_none() && keys.items.len() != values.items.len() {
        return c.error("the list of keys must be as long as the list of values");
    }
    if keys.open.is_some() || values.open.is_some() {
        let open = Some(c.symbol(""));
        return c.of_map(Vec::new(), open);
    }
    let mut entries = Vec::new();
    for (key, value) in keys.items.iter().zip(values.items.iter()) {
        match key.to_text() {
            Some(key) => entries.push((key, value.clone())),
            None => return c.error_at(0, "a key is null"),
        }
    }
    c.of_map(entries, None)
}

/// A map of lists with keys and elements exchanged, both in order.
pub(super) fn transpose(c: &Call<'_>) -> Outcome {
    let map = c.map(0)?;
    let mut open = map.open.is_some();
    let mut turned: IndexMap<Text, Vec<Value>> = IndexMap::new();
    for (key, entry) in in_order(&map) {
        let Some(list) = entry.value.as_list() else {
            if entry.value.as_unknown().is_some() {
                open = true;
                continue;
            }
            return c.error_at(0, "a map of lists of strings is required");
        };
        open |= list.open.is_some();
        for item in list.items.iter() {
            match convert(item, &Type::String).ok().and_then(|v| v.to_text()) {
                Some(text) => {
                    let names = turned.entry(text).or_default();
                    names.push(Value::text(key.clone(), entry.key_span));
                }
                None => return c.error_at(0, "a map of lists of strings is required"),
            }
        }
    }
    turned.sort_keys();
    let more = open.then(|| c.symbol(""));
    let list = |mut items: Vec<Value>| {
        items.sort_by_cached_key(Value::to_text);
        let mut value = Value::list(items, c.span);
        if let Kind::List(list) = &mut value.kind {
            list.open.clone_from(&more);
        }
        value
    };
    let entries: Vec<(Text, Value)> = turned.into_iter().map(|(k, items)| (k, list(items))).collect();
    c.of_map(entries, more.clone())
}
