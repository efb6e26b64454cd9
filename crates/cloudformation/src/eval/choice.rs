//! Values that depend on a condition nobody knows: a function of choices is a choice of its results.

use std::sync::Arc;

use rolecall_source::{Choice, Kind, List, Symbol, Value};

/// Most combinations of choices that one expression is evaluated for.
pub(crate) const WORLDS: usize = 64;

/// `f` of `args` in every world that the choices among `args` leave: a choice of results, or one when all are equal.
/// With more than `room` worlds the choices are taken as unknown.
pub(crate) fn lift(args: &[Value], room: usize, f: &mut dyn FnMut(&[Value]) -> Value) -> Value {
    let Some((choice, span)) = args.iter().find_map(as_choice) else {
        return f(args);
    };
    if choice.options.len() > room {
        let unknown: Vec<Value> = args.iter().map(give_up).collect();
        return f(&unknown);
    }
    let room = room / choice.options.len().max(1);
    let options = choice
        .options
        .iter()
        .map(|(state, _)| {
            let narrowed: Vec<Value> = args.iter().map(|a| narrow(a, &choice.on, state)).collect();
            (Arc::clone(state), lift(&narrowed, room, f))
        })
        .collect();
    choose(choice.on.clone(), options, span)
}

fn as_choice(value: &Value) -> Option<(Arc<Choice>, rolecall_source::Span)> {
    match &value.kind {
        Kind::Choice(choice) => Some((Arc::clone(choice), value.span)),
        _ => None,
    }
}

fn give_up(value: &Value) -> Value {
    match &value.kind {
        Kind::Choice(choice) => Value::unknown(choice.on.clone(), value.span),
        _ => value.clone(),
    }
}

/// A choice, or its value when all options are equal.
pub(crate) fn choose(on: Symbol, options: Vec<(Arc<str>, Value)>, span: rolecall_source::Span) -> Value {
    match options.split_first() {
        Some(((_, first), rest)) if rest.iter().all(|(_, v)| v == first) => first.clone(),
        _ => Value::new(Kind::Choice(Arc::new(Choice { on, options })), span),
    }
}

/// `value` in the world where `on` is `state`.
pub(crate) fn narrow(value: &Value, on: &Symbol, state: &str) -> Value {
    match &value.kind {
        Kind::Choice(choice) if choice.on == *on => match choice.options.iter().find(|(s, _)| &**s == state) {
            Some((_, v)) => narrow(v, on, state),
            None => value.clone(),
        },
        Kind::Choice(choice) => {
            let option = |(s, v): &(Arc<str>, Value)| (Arc::clone(s), narrow(v, on, state));
            choose(
                choice.on.clone(),
                choice.options.iter().map(option).collect(),
                value.span,
            )
        }
        Kind::List(list) if list.items.iter().any(|v| as_choice(v).is_some()) => {
            let items = list.items.iter().map(|v| narrow(v, on, state));
            let kind = Kind::List(List {
                items: Arc::new(items.filter(|v| !v.is_null()).collect()),
                open: list.open.clone(),
            });
            Value::new(kind, value.span)
        }
        _ => value.clone(),
    }
}

/// The truth value of an unknown condition.
pub(crate) fn flag(on: Symbol, span: rolecall_source::Span) -> Value {
    let options = vec![
        ("true".into(), Value::bool(true, span)),
        ("false".into(), Value::bool(false, span)),
    ];
    Value::new(Kind::Choice(Arc::new(Choice { on, options })), span)
}

/// `then` where `condition` (of truth values) holds, `otherwise` where it does not.
pub(crate) fn branch(condition: &Value, then: &Value, otherwise: &Value) -> Value {
    match &condition.kind {
        Kind::Bool(true) => then.clone(),
        Kind::Choice(choice) => {
            let option = |(state, v): &(Arc<str>, Value)| {
                let (then, otherwise) = (narrow(then, &choice.on, state), narrow(otherwise, &choice.on, state));
                (Arc::clone(state), branch(v, &then, &otherwise))
            };
            let span = then.span.join(otherwise.span);
            choose(choice.on.clone(), choice.options.iter().map(option).collect(), span)
        }
        _ => otherwise.clone(),
    }
}
