//! Calls with alternatives among their arguments: the function is called once for each case.

use std::cell::Cell;
use std::sync::Arc;

use rolecall_source::{Choice, Kind, List, Span, Symbol, Value};

use super::call::{Call, Names, Stop};
use super::{Env, FnError, Function};

/// Where a function cannot live with alternatives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spread {
    /// As an argument.
    Whole,
    /// Also as an element of a list, at any depth of lists.
    Elements,
}

/// Most cases that one call is computed for; further alternatives become symbols.
const CASES: usize = 32;
/// Deepest lists in lists that are searched.
const DEPTH: usize = 16;

pub(super) fn call(function: &Function, args: &[Value], span: Span, env: &Env<'_>) -> Result<Value, FnError> {
    cases(function, args, span, env, &Cell::new(CASES))
}

fn cases(
    function: &Function,
    args: &[Value],
    span: Span,
    env: &Env<'_>,
    budget: &Cell<usize>,
) -> Result<Value, FnError> {
    let depth = if function.spread == Spread::Elements { DEPTH } else { 0 };
    let Some(choice) = args.iter().find_map(|a| find(a, depth)) else {
        return one(function, args, span, env);
    };
    let replaced =
        |label: Option<&str>| -> Vec<Value> { args.iter().map(|a| select(a, &choice, label, depth)).collect() };
    if choice.options.len() > budget.get() {
        return cases(function, &replaced(None), span, env, budget);
    }
    budget.set((budget.get() / choice.options.len().max(1)).max(1));
    let (mut options, mut errors) = (Vec::new(), Vec::new());
    for (label, _) in &choice.options {
        let shared = Cell::new(budget.get());
        match cases(function, &replaced(Some(label)), span, env, &shared) {
            Ok(value) => options.push((Arc::clone(label), value)),
            Err(error) => {
                let why = format!(
                    "cannot be computed when `{}` is {label}: {}",
                    choice.on.name, error.message
                );
                let symbol = failed(function, &choice, label, &why);
                options.push((Arc::clone(label), Value::unknown(symbol, span)));
                errors.push(error);
            }
        }
    }
    if errors.len() == options.len() {
        return errors
            .into_iter()
            .next()
            .map_or_else(|| one(function, args, span, env), Err);
    }
    match options.first() {
        Some((_, first)) if options.iter().all(|(_, o)| o == first) => Ok(first.clone()),
        _ => Ok(Value::new(
            Kind::Choice(Arc::new(Choice {
                on: choice.on.clone(),
                options,
            })),
            span,
        )),
    }
}

fn failed(function: &Function, choice: &Choice, label: &str, why: &str) -> Symbol {
    let part = choice.on.part(&format!("?{label}"));
    Symbol::new(
        format!("{}({})", function.name, part.id),
        format!("{}({})", function.name, choice.on.name),
        why,
        rolecall_source::Class::Any,
    )
}

fn one(function: &Function, args: &[Value], span: Span, env: &Env<'_>) -> Result<Value, FnError> {
    let call = Call {
        name: function.name,
        args,
        span,
        env,
    };
    match (function.body)(&call) {
        Ok(value) => Ok(value),
        Err(Stop::Unknown(symbol)) => Ok(Value::unknown(symbol, span)),
        Err(Stop::Error(error)) => Err(error),
    }
}

/// The first alternative that the function would meet.
fn find(value: &Value, depth: usize) -> Option<Arc<Choice>> {
    match &value.kind {
        Kind::Choice(choice) => Some(Arc::clone(choice)),
        Kind::List(list) if depth > 0 => list.items.iter().find_map(|v| find(v, depth - 1)),
        _ => None,
    }
}

/// The value when `choice.on` is in the state `label`; without a label, alternatives on it become symbols.
fn select(value: &Value, choice: &Choice, label: Option<&str>, depth: usize) -> Value {
    match &value.kind {
        Kind::Choice(c) if c.on == choice.on => match label {
            Some(label) => match c.options.iter().find(|(l, _)| &**l == label) {
                Some((_, option)) => select(option, choice, Some(label), depth),
                None => symbol_for(value),
            },
            None => symbol_for(value),
        },
        Kind::List(list) if depth > 0 && find(value, depth).is_some() => {
            let items = list.items.iter().map(|v| select(v, choice, label, depth - 1)).collect();
            let list = List {
                items: Arc::new(items),
                open: list.open.clone(),
            };
            Value::new(Kind::List(list), value.span)
        }
        _ => value.clone(),
    }
}

fn symbol_for(value: &Value) -> Value {
    let mut names = Names::default();
    names.value(value);
    Value::unknown(names.symbol("choice", ""), value.span)
}
