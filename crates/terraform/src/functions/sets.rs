//! [Set functions](https://developer.hashicorp.com/terraform/language/functions/setunion).

use rolecall_source::{Kind, List, Symbol, Value, limits};

use super::call::{Call, Outcome, Stop};
use super::lists::equal;
use crate::convert::{Type, as_set, convert, unify};

/// The arguments as sets whose elements have one type.
fn sets(c: &Call<'_>) -> Result<Vec<List>, Stop> {
    let lists: Vec<List> = (0..c.args.len()).map(|i| c.list(i)).collect::<Result<_, _>>()?;
    let all: Vec<Value> = lists.iter().flat_map(|l| l.items.iter().cloned()).collect();
    let Some(of) = unify(&all) else {
        return c.error("the sets must have elements of one type");
    };
    let set = |(i, list): (usize, List)| {
        let value = Value::new(Kind::List(list.clone()), c.span);
        match convert(&value, &Type::Set(Box::new(of.clone()))) {
            Ok(v) => Ok(v.as_list().cloned().unwrap_or(list)),
            Err(message) => c.error_at(i, message),
        }
    };
    lists.into_iter().enumerate().map(set).collect()
}

fn of_set(c: &Call<'_>, items: Vec<Value>, open: Option<Symbol>) -> Outcome {
    c.of_list(items, open).map(|v| as_set(&v))
}

pub(super) fn setunion(c: &Call<'_>) -> Outcome {
    let (mut items, mut open) = (Vec::new(), None);
    for set in sets(c)? {
        items.extend(set.items.iter().cloned());
        open = open.or(set.open);
    }
    of_set(c, items, open)
}

pub(super) fn setintersection(c: &Call<'_>) -> Outcome {
    let sets = sets(c)?;
    let Some((first, others)) = sets.split_first() else {
        return c.error("at least one set is required");
    };
    let (mut items, mut open) = (Vec::new(), first.open.is_some());
    for item in first.items.iter() {
        let answers: Vec<Option<bool>> = others.iter().map(|set| has(set, item)).collect();
        match answers.as_slice() {
            a if a.contains(&Some(false)) => {}
            a if a.contains(&None) => open = true,
            _ => items.push(item.clone()),
        }
    }
    let open = open.then(|| c.symbol(""));
    of_set(c, items, open)
}

pub(super) fn setsubtract(c: &Call<'_>) -> Outcome {
    let sets = sets(c)?;
    let [from, without] = sets.as_slice() else {
        return c.error("two sets are required");
    };
    let (mut items, mut open) = (Vec::new(), from.open.is_some());
    for item in from.items.iter() {
        match has(without, item) {
            Some(true) => {}
            Some(false) => items.push(item.clone()),
            None => open = true,
        }
    }
    let open = open.then(|| c.symbol(""));
    of_set(c, items, open)
}

/// Whether a set has an element; `None` when that is not known.
fn has(set: &List, item: &Value) -> Option<bool> {
    let mut unknown = set.open.is_some();
    for other in set.items.iter() {
        match equal(other, item) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(false) }
}

/// Every combination of one element of each list.
pub(super) fn setproduct(c: &Call<'_>) -> Outcome {
    if c.args.len() < 2 {
        return c.error("at least two arguments are required");
    }
    let lists: Vec<List> = (0..c.args.len()).map(|i| c.unified_list(i)).collect::<Result<_, _>>()?;
    let total = lists.iter().try_fold(1usize, |n, l| n.checked_mul(l.items.len()));
    let cells = total.and_then(|n| n.checked_mul(lists.len()));
    if cells.is_none_or(|n| n > limits::ELEMENTS) {
        return c.error("the product would be too large");
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for list in &lists {
        let longer = |row: &Vec<Value>, item: &Value| {
            let mut row = row.clone();
            row.push(item.clone());
            row
        };
        rows = rows
            .iter()
            .flat_map(|row| list.items.iter().map(move |item| longer(row, item)))
            .collect();
    }
    let open = lists.iter().find_map(|l| l.open.clone());
    c.of_list(rows.into_iter().map(|row| Value::list(row, c.span)).collect(), open)
}
