//! [Collection functions](https://developer.hashicorp.com/terraform/language/functions/concat) over lists.
//!
//! Of an open list the elements that are known are there for certain; how many there are and at which place is not.

use std::sync::Arc;

use rolecall_source::{Choice, Kind, List, Number, Symbol, Value, limits};

use super::call::{Call, Outcome, Stop};
use crate::convert::{Type, convert};
use crate::eval::among;

pub(super) fn concat(c: &Call<'_>) -> Outcome {
    if c.args.is_empty() {
        return c.error("at least one argument is required");
    }
    let (mut items, mut open) = (Vec::new(), None);
    for i in 0..c.args.len() {
        let list = c.list(i)?;
        items.extend(list.items.iter().cloned());
        open = open.or(list.open);
    }
    c.of_list(items, open)
}

/// Lists in lists become one list. An unknown element may be a list itself: there may be more.
pub(super) fn flatten(c: &Call<'_>) -> Outcome {
    let list = c.list(0)?;
    let (mut items, mut open) = (Vec::new(), None);
    flatten_into(c, &list, 0, &mut items, &mut open)?;
    c.of_list(items, open)
}

fn flatten_into(
    c: &Call<'_>,
    list: &List,
    depth: usize,
    items: &mut Vec<Value>,
    open: &mut Option<Symbol>,
) -> Result<(), Stop> {
    if depth > limits::NESTING || items.len() > limits::ELEMENTS {
        return c.error("the lists are nested too deeply or too long");
    }
    if open.is_none() {
        open.clone_from(&list.open);
    }
    for item in list.items.iter() {
        match &item.kind {
            Kind::List(inner) => flatten_into(c, inner, depth + 1, items, open)?,
            Kind::Unknown(symbol) => {
                open.get_or_insert_with(|| symbol.clone());
            }
            _ => items.push(item.clone()),
        }
    }
    Ok(())
}

pub(super) fn distinct(c: &Call<'_>) -> Outcome {
    let list = c.unified_list(0)?;
    let mut items: Vec<Value> = Vec::new();
    let mut seen: rustc_hash::FxHashMap<String, Vec<usize>> = rustc_hash::FxHashMap::default();
    for item in list.items.iter() {
        let mut names = super::call::Names::default();
        names.value(item);
        let places = seen.entry(names.symbol("", "").id.to_string()).or_default();
        if !places.iter().any(|i| items.get(*i) == Some(item)) {
            places.push(items.len());
            items.push(item.clone());
        }
    }
    c.of_list(items, list.open)
}

/// Without null and empty texts. Where an element may be empty, there may be more.
pub(super) fn compact(c: &Call<'_>) -> Outcome {
    let list = c.text_list(0)?;
    let (mut items, mut open) = (Vec::new(), list.open.clone());
    for item in list.items.iter() {
        match maybe_empty(item) {
            Some(symbol) => open = open.or(Some(symbol)),
            None if item.is_null() || item.to_text().is_some_and(|t| t.is_empty()) => {}
            None => items.push(item.clone()),
        }
    }
    c.of_list(items, open)
}

/// The symbol that decides, iff it is not known whether the value is an empty text or null.
pub(super) fn maybe_empty(value: &Value) -> Option<Symbol> {
    match &value.kind {
        Kind::Unknown(s) if s.class.length().0 == 0 => Some(s.clone()),
        Kind::Text(t) => {
            let certain = t.pieces().iter().any(|p| match p {
                rolecall_source::Piece::Letters(_) => true,
                rolecall_source::Piece::Symbol(s) => s.class.length().0 > 0,
            });
            if certain { None } else { t.symbols().next().cloned() }
        }
        _ => None,
    }
}

pub(super) fn reverse(c: &Call<'_>) -> Outcome {
    let list = c.list(0)?;
    c.of_list(list.items.iter().rev().cloned().collect(), list.open)
}

/// In order of code points; texts with symbols stand where their known letters put them.
pub(super) fn sort(c: &Call<'_>) -> Outcome {
    let list = c.text_list(0)?;
    if list.items.iter().any(Value::is_null) {
        return c.error_at(0, "null cannot be sorted");
    }
    let mut items = list.items.to_vec();
    items.sort_by_cached_key(Value::to_text);
    c.of_list(items, list.open)
}

pub(super) fn chunklist(c: &Call<'_>) -> Outcome {
    let (list, size) = (c.unified_list(0)?, c.whole(1)?);
    if list.open.is_some() {
        return Err(c.unknown());
    }
    let Ok(size) = usize::try_from(size) else {
        return c.error_at(1, "the size must not be negative");
    };
    if list.items.is_empty() {
        return c.of_list(Vec::new(), None);
    }
    let size = if size == 0 { list.items.len() } else { size };
    let chunks = list
        .items
        .chunks(size)
        .map(|chunk| Value::list(chunk.to_vec(), c.span))
        .collect();
    c.of_list(chunks, None)
}

pub(super) fn slice(c: &Call<'_>) -> Outcome {
    let items = c.closed_list(0)?;
    let (from, to) = (c.whole(1)?, c.whole(2)?);
    let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
    match range.and_then(|(from, to)| items.get(from..to)) {
        Some(part) => c.of_list(part.to_vec(), None),
        None => c.error_at(1, format!("the list has no elements {from} to {to}")),
    }
}

/// Most alternatives that an unknown index gives.
const ALTERNATIVES: usize = 16;

/// The element at an index, counted round and round.
pub(super) fn element(c: &Call<'_>) -> Outcome {
    let list = c.list(0)?;
    if list.open.is_some() {
        return Err(c.unknown());
    }
    if list.items.is_empty() {
        return c.error_at(0, "an empty list has no elements");
    }
    if let Kind::Unknown(index) = &c.arg(1).kind {
        return any_of(c, index, &list.items);
    }
    let len = i64::try_from(list.items.len()).unwrap_or(i64::MAX);
    let at = usize::try_from(c.whole(1)?.rem_euclid(len)).unwrap_or(0);
    Ok(list.items.get(at).unwrap_or(c.arg(0)).clone())
}

/// One of the elements, which one nobody knows.
fn any_of(c: &Call<'_>, index: &Symbol, items: &Arc<Vec<Value>>) -> Outcome {
    let first = items.first().unwrap_or(c.arg(0));
    if items.iter().all(|v| v == first) {
        return Ok(first.clone());
    }
    if items.len() > ALTERNATIVES {
        return Err(c.unknown());
    }
    let options = items
        .iter()
        .enumerate()
        .map(|(i, v)| (i.to_string().into(), v.clone()))
        .collect();
    let on = Symbol::new(
        format!("element({} mod {})", index.id, items.len()),
        format!("{} mod {}", index.name, items.len()),
        Arc::clone(&index.why),
        index.class,
    );
    Ok(Value::new(Kind::Choice(Arc::new(Choice { on, options })), c.span))
}

/// The place of a value.
pub(super) fn index(c: &Call<'_>) -> Outcome {
    let items = c.closed_list(0)?;
    if items.is_empty() {
        return c.error_at(0, "cannot search an empty list");
    }
    for (i, item) in items.iter().enumerate() {
        match equal(item, c.arg(1)) {
            Some(true) => return c.of_number(i),
            Some(false) => {}
            None => return Err(c.unknown()),
        }
    }
    c.error("the value is not in the list")
}

pub(super) fn contains(c: &Call<'_>) -> Outcome {
    let list = c.list(0)?;
    if c.arg(1).is_null() {
        return c.error_at(1, "the argument must not be null");
    }
    let answers: Vec<Option<bool>> = list.items.iter().map(|v| equal(v, c.arg(1))).collect();
    if answers.contains(&Some(true)) {
        return c.of_bool(true);
    }
    if list.open.is_none() && !answers.contains(&None) {
        return c.of_bool(false);
    }
    let undecided = list.items.iter().zip(&answers).filter(|(_, a)| a.is_none());
    let undecided: Vec<&Value> = undecided.map(|(v, _)| v).collect();
    let on = among(c.arg(1), &undecided).filter(|_| list.open.is_none());
    on.map_or_else(|| Err(c.unknown()), |on| Ok(Value::unknown(on, c.span)))
}

/// Whether two values are equal: `None` when that depends on something unknown. Values of different types differ.
pub(super) fn equal(a: &Value, b: &Value) -> Option<bool> {
    match (&a.kind, &b.kind) {
        (Kind::Unknown(a), Kind::Unknown(b)) if a == b => Some(true),
        (Kind::Unknown(_) | Kind::Choice(_), _) | (_, Kind::Unknown(_) | Kind::Choice(_)) => None,
        (Kind::Text(_) | Kind::Encoded(_), Kind::Text(_) | Kind::Encoded(_)) => equal_texts(a, b),
        (Kind::List(x), Kind::List(y)) => {
            if x.open.is_some() || y.open.is_some() {
                return None;
            }
            if x.items.len() != y.items.len() {
                return Some(false);
            }
            all(x.items.iter().zip(y.items.iter()).map(|(a, b)| equal(a, b)))
        }
        (Kind::Map(x), Kind::Map(y)) => {
            if x.open.is_some() || y.open.is_some() {
                return None;
            }
            if x.entries.len() != y.entries.len() {
                return Some(false);
            }
            all(x
                .iter()
                .map(|(k, v)| y.entries.get(k).map_or(Some(false), |e| equal(v, &e.value))))
        }
        _ => Some(a == b),
    }
}

fn all(mut answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    answers
        .try_fold(Some(true), |so_far, answer| match answer {
            Some(false) => Err(Some(false)),
            None => Ok(None),
            Some(true) => Ok(so_far),
        })
        .unwrap_or_else(|e| e)
}

fn equal_texts(a: &Value, b: &Value) -> Option<bool> {
    let (a, b) = (a.to_text()?, b.to_text()?);
    if a == b {
        return Some(true);
    }
    if a.is_known() && b.is_known() {
        return Some(false);
    }
    let ((a, ha), (b, hb)) = (a.flat(), b.flat());
    let head = |t: &str, holes: &[(usize, Symbol)]| holes.first().map_or(t.len(), |h| h.0);
    let tail = |t: &str, holes: &[(usize, Symbol)]| holes.last().map_or(t.len(), |h| t.len() - h.0 - 3);
    let (heads, tails) = (head(&a, &ha).min(head(&b, &hb)), tail(&a, &ha).min(tail(&b, &hb)));
    let differ = a.as_bytes().get(..heads) != b.as_bytes().get(..heads)
        || a.as_bytes().get(a.len() - tails..) != b.as_bytes().get(b.len() - tails..);
    differ.then_some(false)
}

/// The values at the places where the keys are among those searched for.
pub(super) fn matchkeys(c: &Call<'_>) -> Outcome {
    let (values, keys, wanted) = (c.closed_list(0)?, c.closed_list(1)?, c.list(2)?);
    if values.len() != keys.len() {
        return c.error("the list of keys must be as long as the list of values");
    }
    let (mut items, mut open) = (Vec::new(), None);
    for (value, key) in values.iter().zip(keys.iter()) {
        let key = convert(key, &Type::String).unwrap_or_else(|_| key.clone());
        let same = |w: &Value| equal(&convert(w, &Type::String).unwrap_or_else(|_| w.clone()), &key);
        let answers: Vec<Option<bool>> = wanted.items.iter().map(same).collect();
        if answers.contains(&Some(true)) {
            items.push(value.clone());
        } else if answers.contains(&None) || wanted.open.is_some() {
            open = Some(c.symbol(""));
        }
    }
    c.of_list(items, open)
}

/// Numbers from a start to before an end, at most 1024.
pub(super) fn range(c: &Call<'_>) -> Outcome {
    let numbers: Vec<Number> = (0..c.args.len()).map(|i| c.number(i)).collect::<Result<_, _>>()?;
    let (start, end, step) = match numbers.as_slice() {
        [end] => (Number::zero(), end.clone(), None),
        [start, end] => (start.clone(), end.clone(), None),
        [start, end, step] => (start.clone(), end.clone(), Some(step.clone())),
        _ => return c.error("one to three arguments are required"),
    };
    let step = step.unwrap_or_else(|| Number::from(if end < start { -1i64 } else { 1 }));
    if step.is_zero() {
        return c.error_at(2, "the step must not be zero");
    }
    let down = step.sign().is_lt();
    let wrong_side = if down { end > start } else { end < start };
    if wrong_side {
        return c.error_at(1, "the end lies on the other side of the start");
    }
    let mut items = Vec::new();
    let mut n = start;
    let before_end = |n: &Number| if down { *n > end } else { *n < end };
    while before_end(&n) {
        if items.len() >= 1024 {
            return c.error("more than 1024 values");
        }
        items.push(Value::new(Kind::Number(n.clone()), c.span));
        n = match n.add(&step) {
            Some(next) => next,
            None => return c.error("the range is infinite"),
        };
    }
    c.of_list(items, None)
}

pub(super) fn alltrue(c: &Call<'_>) -> Outcome {
    decide(c, false)
}

pub(super) fn anytrue(c: &Call<'_>) -> Outcome {
    decide(c, true)
}

/// `decisive` as soon as one element is, else the opposite.
fn decide(c: &Call<'_>, decisive: bool) -> Outcome {
    let list = c.list(0)?;
    let mut unknown = list.open.is_some();
    for item in list.items.iter() {
        match convert(item, &Type::Bool).map(|v| v.kind) {
            Ok(Kind::Bool(b)) if b == decisive => return c.of_bool(decisive),
            Ok(Kind::Null) if !decisive => return c.of_bool(false),
            Ok(Kind::Bool(_) | Kind::Null) => {}
            Ok(_) => unknown = true,
            Err(message) => return c.error_at(0, message),
        }
    }
    if unknown {
        Err(c.unknown())
    } else {
        c.of_bool(!decisive)
    }
}
