//! Choices whose condition is not known become alternatives of whole statements.

use std::sync::Arc;

use rolecall_source::{Choice, Encoded, Entry, Kind, List, Map, Symbol, Value, excludes};

use crate::Alternative;

/// Most alternatives of one statement.
const LIMIT: usize = 64;

/// The options of a choice that do not contradict `when`, each with what makes it real.
pub(super) fn options<'v>(choice: &'v Choice, when: &[Alternative]) -> Vec<(Vec<Alternative>, &'v Value)> {
    let states: Arc<[Arc<str>]> = choice.options.iter().map(|o| Arc::clone(&o.0)).collect();
    let decided = when.iter().find(|a| a.on == choice.on);
    let mut result = Vec::new();
    for (state, value) in &choice.options {
        match decided {
            None if when.iter().any(|a| excludes(&a.on, &a.state, &choice.on, state)) => {}
            Some(a) if a.state != *state => {}
            Some(_) => result.push((when.to_vec(), value)),
            None => {
                let mut when = when.to_vec();
                when.push(Alternative {
                    on: choice.on.clone(),
                    state: Arc::clone(state),
                    states: Arc::clone(&states),
                });
                result.push((when, value));
            }
        }
    }
    result
}

/// `value` without choices, once for each way to choose; `None` when there are too many ways.
pub(super) fn expand(value: &Value, when: &[Alternative]) -> Option<Vec<(Vec<Alternative>, Value)>> {
    let mut open = vec![(when.to_vec(), value.clone())];
    let mut done = Vec::new();
    while let Some((when, value)) = open.pop() {
        let Some(choice) = first_choice(&value) else {
            done.push((when, value));
            continue;
        };
        for (alternatives, _) in options(&choice, &when).into_iter().rev() {
            let state = alternatives.iter().find(|a| a.on == choice.on)?.state.clone();
            let chosen = choose(&value, &choice.on, &state);
            open.push((alternatives, chosen));
        }
        if open.len() + done.len() > LIMIT {
            return None;
        }
    }
    Some(done)
}

fn first_choice(value: &Value) -> Option<Arc<Choice>> {
    match &value.kind {
        Kind::Choice(choice) => Some(Arc::clone(choice)),
        Kind::List(list) => list.items.iter().find_map(first_choice),
        Kind::Map(map) => map.iter().find_map(|(_, v)| first_choice(v)),
        _ => None,
    }
}

/// `value` where every choice on `on` is what `state` selects: null where a choice does not know the state.
fn choose(value: &Value, on: &Symbol, state: &str) -> Value {
    let chosen = |e: &Entry| Entry {
        key_span: e.key_span,
        value: choose(&e.value, on, state),
    };
    let kind = match &value.kind {
        Kind::Choice(choice) if choice.on == *on => {
            let option = choice.options.iter().find(|o| &*o.0 == state);
            return option.map_or(Value::null(value.span), |o| choose(&o.1, on, state));
        }
        Kind::Choice(choice) => Kind::Choice(Arc::new(Choice {
            on: choice.on.clone(),
            options: choice
                .options
                .iter()
                .map(|o| (Arc::clone(&o.0), choose(&o.1, on, state)))
                .collect(),
        })),
        Kind::List(list) => Kind::List(List {
            items: Arc::new(list.items.iter().map(|v| choose(v, on, state)).collect()),
            open: list.open.clone(),
        }),
        Kind::Map(map) => Kind::Map(Map {
            entries: Arc::new(map.entries.iter().map(|(k, e)| (k.clone(), chosen(e))).collect()),
            open: map.open.clone(),
        }),
        Kind::Encoded(encoded) => Kind::Encoded(Arc::new(Encoded {
            value: choose(&encoded.value, on, state),
        })),
        other => other.clone(),
    };
    Value::new(kind, value.span)
}
