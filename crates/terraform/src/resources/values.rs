//! Reading arguments: nulls, choices, open lists, blocks.

use std::sync::Arc;

use rolecall_source::{Assumption, Choice, Class, Kind, List, Map, Span, Symbol, Text, Value, excludes};

use crate::instance::Instance;

/// Most alternatives that one value is split into; beyond it the value is one unknown.
pub(super) const ALTERNATIVES: usize = 8;
/// Deepest nesting of choices that is looked into.
const DEPTH: usize = 8;

/// A value under assumptions.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// What must hold for it to be the value.
    pub(super) assumes: Vec<Assumption>,
    /// The value: never a choice.
    pub(super) value: Value,
}

/// The assumption that `choice` takes its alternative `state`.
pub(super) fn assumption(on: &Symbol, state: &str) -> Assumption {
    Assumption::state(on, state)
}

/// The argument `name`, unless it is absent or null.
pub(super) fn argument<'a>(instance: &'a Instance, name: &str) -> Option<&'a Value> {
    instance.body.get(name).filter(|v| !v.is_null())
}

/// The argument `name`, unless it is absent, null or certainly the empty text, which the provider takes for absent.
pub(super) fn stated<'a>(instance: &'a Instance, name: &str) -> Option<&'a Value> {
    argument(instance, name).filter(|v| v.as_str() != Some(""))
}

/// The symbol for the attribute `name` of an instance.
pub(super) fn symbol(instance: &Instance, name: &str, why: &str, class: Class) -> Symbol {
    Symbol::new(
        format!("{}.{name}", instance.symbol_base),
        format!("{}.{name}", instance.origin.address),
        why,
        class,
    )
}

/// `value` as text. What is no text (a list, a choice that is nested too deeply) becomes the symbol of attribute `name`.
pub(super) fn text(instance: &Instance, name: &str, value: &Value) -> Text {
    value.to_text().unwrap_or_else(|| {
        let why = match &value.kind {
            Kind::Choice(c) => format!("depends on {}", c.on.name),
            _ => "is not text".to_owned(),
        };
        Text::symbol(symbol(instance, name, &why, Class::Any), value.span)
    })
}

/// `value` with `f` applied to every alternative of its choices, equal results collapsed.
pub(super) fn map_choice(value: &Value, f: &dyn Fn(&Value) -> Value) -> Value {
    map_choice_within(value, f, DEPTH)
}

fn map_choice_within(value: &Value, f: &dyn Fn(&Value) -> Value, depth: usize) -> Value {
    let Kind::Choice(choice) = &value.kind else {
        return f(value);
    };
    if depth == 0 {
        return Value::unknown(choice.on.clone(), value.span);
    }
    let options: Vec<(Arc<str>, Value)> = choice
        .options
        .iter()
        .map(|(state, v)| (Arc::clone(state), map_choice_within(v, f, depth - 1)))
        .collect();
    choose(&choice.on, options, value.span)
}

/// A choice, or its only alternative if all are equal.
pub(super) fn choose(on: &Symbol, options: Vec<(Arc<str>, Value)>, span: Span) -> Value {
    let mut rest = options.iter();
    if let Some((_, first)) = rest.next()
        && rest.all(|(_, v)| v == first)
    {
        return first.clone();
    }
    let on = on.clone();
    Value::new(Kind::Choice(Arc::new(Choice { on, options })), span)
}

/// The alternatives of a value, each with what it assumes. Too many are one unknown.
pub(super) fn cases(value: &Value) -> Vec<Case> {
    let mut out = Vec::new();
    collect_cases(value, &mut Vec::new(), &mut out);
    match &value.kind {
        Kind::Choice(c) if out.len() > ALTERNATIVES => vec![Case {
            assumes: Vec::new(),
            value: Value::unknown(c.on.part("?"), value.span),
        }],
        _ => out,
    }
}

/// How many alternatives a value has, counted up to a few more than [`ALTERNATIVES`].
pub(super) fn alternatives(value: &Value) -> usize {
    let mut out = Vec::new();
    collect_cases(value, &mut Vec::new(), &mut out);
    out.len().max(1)
}

/// `path` is what was chosen above `value`: choices on the same symbol follow it.
fn collect_cases<'a>(value: &'a Value, path: &mut Vec<(&'a Symbol, &'a str)>, out: &mut Vec<Case>) {
    if out.len() > ALTERNATIVES {
        return;
    }
    let case = |value: Value| Case {
        assumes: path.iter().map(|(on, state)| assumption(on, state)).collect(),
        value,
    };
    let Kind::Choice(c) = &value.kind else {
        out.push(case(value.clone()));
        return;
    };
    if path.len() >= DEPTH {
        out.push(case(Value::unknown(c.on.part("?"), value.span)));
        return;
    }
    let chosen = path.iter().find(|(on, _)| **on == c.on).map(|(_, state)| *state);
    for (state, v) in &c.options {
        match chosen {
            Some(s) if *s == **state => collect_cases(v, path, out),
            Some(_) => {}
            None if path.iter().any(|(on, s)| excludes(on, s, &c.on, state)) => {}
            None => {
                path.push((&c.on, state));
                collect_cases(v, path, out);
                path.pop();
            }
        }
    }
}

/// The elements of a list or set argument, each with what it assumes, and why there may be more. A single value that
/// is no list counts as one element; nulls are left out.
pub(super) fn elements(value: &Value) -> (Vec<Case>, Option<Symbol>) {
    let (mut out, mut open) = (Vec::new(), None);
    for outer in cases(value) {
        match &outer.value.kind {
            Kind::Null => {}
            Kind::Unknown(s) => open = open.or_else(|| Some(s.clone())),
            Kind::List(list) => {
                open = open.or_else(|| list.open.clone());
                for item in list.items.iter() {
                    out.extend(cases(item).into_iter().filter(|c| !c.value.is_null()).map(|c| Case {
                        assumes: outer.assumes.iter().cloned().chain(c.assumes).collect(),
                        value: c.value,
                    }));
                }
            }
            _ => out.push(outer),
        }
    }
    (out, open)
}

/// The blocks of type `name` in `body`, each with what it assumes, and why there may be more.
pub(super) fn blocks(body: &Value, name: &str) -> (Vec<Case>, Option<Symbol>) {
    body.get(name).map_or_else(Default::default, elements)
}

/// The argument `name` of a block, unless it is absent or null.
pub(super) fn field<'a>(block: &'a Value, name: &str) -> Option<&'a Value> {
    block.get(name).filter(|v| !v.is_null())
}

/// The values at a dotted path of blocks and arguments below `body`, each with what it assumes. Where blocks are open
/// or unknown, one unknown stands for the rest.
pub(super) fn at_path(body: &Value, path: &str) -> Vec<Case> {
    let mut now = vec![Case {
        assumes: Vec::new(),
        value: body.clone(),
    }];
    for step in path.split('.') {
        let mut next = Vec::new();
        for case in now {
            let (found, open) = match &case.value.kind {
                Kind::Map(map) => below(map, step),
                Kind::Unknown(s) => (Vec::new(), Some(s.part(&format!(".{step}")))),
                _ => (Vec::new(), None),
            };
            let span = case.value.span;
            let unknown = open.map(|s| Case {
                assumes: Vec::new(),
                value: Value::unknown(s, span),
            });
            next.extend(found.into_iter().chain(unknown).map(|c| Case {
                assumes: case.assumes.iter().cloned().chain(c.assumes).collect(),
                value: c.value,
            }));
        }
        now = next;
    }
    now
}

/// The elements at `step` of a map, and the symbol of one more that may be there.
fn below(map: &Map, step: &str) -> (Vec<Case>, Option<Symbol>) {
    match map.get(step) {
        None => (Vec::new(), map.open.as_ref().map(|s| s.part(&format!(".{step}")))),
        Some(v) => {
            let (items, open) = elements(v);
            (items, open.map(|s| s.part("[*]")))
        }
    }
}

/// `value` with every choice on `on` resolved to its alternative `state`.
pub(crate) fn settle(value: &Value, on: &Symbol, state: &str) -> Value {
    settle_within(value, on, state, rolecall_source::limits::NESTING)
}

fn settle_within(value: &Value, on: &Symbol, state: &str, depth: usize) -> Value {
    if depth == 0 {
        return value.clone();
    }
    let deeper = |v: &Value| settle_within(v, on, state, depth - 1);
    let kind = match &value.kind {
        Kind::Choice(c) if c.on == *on => {
            return c
                .options
                .iter()
                .find(|(s, _)| **s == *state)
                .map_or_else(|| value.clone(), |(_, v)| deeper(v));
        }
        Kind::Choice(c) => {
            let options = c.options.iter().map(|(s, v)| (Arc::clone(s), deeper(v))).collect();
            return choose(&c.on, options, value.span);
        }
        Kind::List(l) => Kind::List(List {
            items: Arc::new(l.items.iter().map(deeper).collect()),
            open: l.open.clone(),
        }),
        Kind::Map(m) => {
            let mut entries = (*m.entries).clone();
            for entry in entries.values_mut() {
                entry.value = deeper(&entry.value);
            }
            Kind::Map(Map {
                entries: Arc::new(entries),
                open: m.open.clone(),
            })
        }
        Kind::Encoded(e) => return Value::encoded(deeper(&e.value), value.span),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Unknown(_) => return value.clone(),
    };
    Value::new(kind, value.span)
}

/// True iff the provider may take this for an absent argument: null, the empty text, or a choice of which one is such.
pub(super) fn may_be_absent(value: &Value) -> bool {
    match &value.kind {
        Kind::Null => true,
        Kind::Text(t) => t.is_empty(),
        Kind::Choice(c) => c.options.iter().any(|(_, v)| may_be_absent(v)),
        _ => false,
    }
}

/// `value` with `computed` in place of alternatives that the provider takes for absent.
pub(super) fn or_else(value: &Value, computed: &Value) -> Value {
    map_choice(value, &|v| if may_be_absent(v) { computed.clone() } else { v.clone() })
}
