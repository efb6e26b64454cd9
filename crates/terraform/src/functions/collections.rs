//! Functions over lists, maps and texts alike.

use std::sync::Arc;

use rolecall_source::{Choice, Kind, Symbol, Value};

use super::call::{Call, Outcome};
use super::lists::maybe_empty;
use crate::convert::{Type, convert, unify};

/// How many elements, entries or letters.
pub(super) fn length(c: &Call<'_>) -> Outcome {
    match &c.arg(0).kind {
        Kind::List(list) if list.open.is_none() => c.of_number(list.items.len()),
        Kind::Map(map) if map.open.is_none() => c.of_number(map.entries.len()),
        Kind::Text(_) | Kind::Encoded(_) => c.of_number(super::strings::count(c, &c.text(0)?)?),
        Kind::List(_) | Kind::Map(_) | Kind::Unknown(_) | Kind::Choice(_) => Err(c.unknown()),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => c.error_at(0, "a string, list or map is required"),
    }
}

/// The only element, or null.
pub(super) fn one(c: &Call<'_>) -> Outcome {
    let list = c.list(0)?;
    match (list.items.as_slice(), &list.open) {
        ([], None) => Ok(Value::null(c.span)),
        // More elements would be an error, so this is the one.
        ([only], _) => Ok(only.clone()),
        ([], Some(_)) => Err(c.unknown()),
        _ => c.error_at(0, "the list has more than one element"),
    }
}

/// The first argument that is neither null nor an empty text.
pub(super) fn coalesce(c: &Call<'_>) -> Outcome {
    if c.args.is_empty() {
        return c.error("at least one argument is required");
    }
    let Some(ty) = unify(c.args) else {
        return c.error("all arguments must have the same type");
    };
    // Only texts can be empty without being null.
    let texts = matches!(ty, Type::String | Type::Any);
    let mut values = Vec::new();
    for (i, arg) in c.args.iter().enumerate() {
        match convert(arg, &ty) {
            Ok(value) => values.push(value),
            Err(message) => return c.error_at(i, message),
        }
    }
    let absent = |v: &Value| v.is_null() || texts && v.as_str() == Some("");
    first_of(c, &values, &absent, &|v| {
        if v.as_unknown().is_some() {
            maybe_null(v)
        } else {
            maybe_empty(v)
        }
    })
}

/// The first list that is not empty.
pub(super) fn coalescelist(c: &Call<'_>) -> Outcome {
    let empty = |v: &Value| v.is_null() || v.as_list().is_some_and(|l| l.items.is_empty() && l.open.is_none());
    for (i, arg) in c.args.iter().enumerate() {
        if !matches!(arg.kind, Kind::List(_) | Kind::Null | Kind::Unknown(_)) {
            return c.error_at(i, "a list is required");
        }
    }
    let unsure = |v: &Value| match &v.kind {
        Kind::List(list) if list.items.is_empty() => list.open.clone(),
        _ => maybe_null(v),
    };
    first_of(c, c.args, &empty, &unsure)
}

/// An unknown of which not even the class is known may be null.
fn maybe_null(value: &Value) -> Option<Symbol> {
    value.as_unknown().filter(|s| s.class.length().0 == 0).cloned()
}

/// Most arguments in a row of which it is not known whether they count.
const UNSURE: usize = 16;

fn first_of(
    c: &Call<'_>,
    values: &[Value],
    absent: &dyn Fn(&Value) -> bool,
    unsure: &dyn Fn(&Value) -> Option<Symbol>,
) -> Outcome {
    let mut before: Vec<(Symbol, &Value)> = Vec::new();
    let mut last = None;
    for value in values.iter().filter(|v| !absent(v)) {
        match unsure(value) {
            Some(symbol) if before.len() < UNSURE => before.push((symbol, value)),
            Some(_) => return Err(c.unknown()),
            None => {
                last = Some(value);
                break;
            }
        }
    }
    // When nothing certain follows, the last one must count: else the call would fail.
    let Some(mut result) = last.or_else(|| before.pop().map(|(_, v)| v)).cloned() else {
        return c.error("every argument is null or empty");
    };
    for (symbol, value) in before.into_iter().rev() {
        if result == *value {
            continue;
        }
        let on = Symbol::new(
            format!("{} is set", symbol.id),
            format!("{} is set", symbol.name),
            Arc::clone(&symbol.why),
            symbol.class,
        );
        let options = vec![("true".into(), value.clone()), ("false".into(), result)];
        result = Value::new(Kind::Choice(Arc::new(Choice { on, options })), c.span);
    }
    Ok(result)
}
