//! `count` and `for_each`: the instances of a block, each with what must hold for it to exist.

use std::rc::Rc;
use std::sync::Arc;

use rolecall_source::{Assumption, Choice, Class, Kind, List, Map, Span, Symbol, Text, Value, excludes, limits};

use super::collection::{elements, index_number};
use super::operator::number_of;
use super::unknown::{choose, select};
use super::{Cx, Evaluator, Failure, fail, limit, number};
use crate::plan::quoted;
use crate::syntax::ast::Body;

/// Most combinations of alternatives that a `count` or `for_each` is split into.
const CASES: usize = 8;
/// Most instances of resources and modules in one configuration.
const INSTANCES: usize = 100_000;

/// Symbols and the states they are in.
pub(crate) type Path = Vec<(Symbol, Arc<str>)>;

/// Which instance of its block it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Key {
    /// The only one: neither `count` nor `for_each`.
    Single,
    Index(usize),
    Name(Text),
    /// Stands for all that may be there besides the others. The text is its `each.key`, if it has one.
    Open(Option<Text>),
}

/// One instance of a block.
#[derive(Clone, Debug)]
pub(crate) struct Repeat {
    pub(crate) key: Key,
    /// `each.key` and `each.value`
    pub(crate) each: Option<(Value, Value)>,
    /// `count.index`
    pub(crate) index: Option<Value>,
    /// What must hold for it to exist.
    pub(crate) exists: Vec<Assumption>,
    /// The states of symbols in which it exists, as far as those are single ones: where it is, choices are made.
    pub(crate) given: Path,
}

impl Repeat {
    fn single() -> Self {
        Self {
            key: Key::Single,
            each: None,
            index: None,
            exists: Vec::new(),
            given: Path::new(),
        }
    }

    /// True iff it stands for all that may be there.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.key, Key::Open(_))
    }

    /// What follows the block's name in the address.
    pub(crate) fn suffix(&self) -> String {
        match &self.key {
            Key::Single => String::new(),
            Key::Index(i) => format!("[{i}]"),
            Key::Name(t) => format!("[{}]", quoted(&t.to_string())),
            Key::Open(_) => "[*]".into(),
        }
    }
}

/// How the instances of a block are addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Single,
    Count,
    Each,
}

/// The instances of a block.
#[derive(Debug)]
pub(crate) struct Expansion<T> {
    pub(crate) shape: Shape,
    pub(crate) items: Vec<(Rc<Repeat>, T)>,
    /// Why there may be more.
    pub(crate) open: Option<Symbol>,
    /// Which of the items exist in which state of a condition.
    pub(crate) variants: Option<Variants>,
}

/// Which items exist in which state of a condition.
#[derive(Clone, Debug)]
pub(crate) struct Variants {
    pub(crate) on: Symbol,
    pub(crate) options: Vec<(Arc<str>, Vec<usize>)>,
}

impl<T> Expansion<T> {
    fn new(shape: Shape) -> Self {
        Self {
            shape,
            items: Vec::new(),
            open: None,
            variants: None,
        }
    }

    /// The same instances with something else at each.
    fn map<U>(self, mut f: impl FnMut(&Rc<Repeat>, T) -> U) -> Expansion<U> {
        let items = self.items.into_iter();
        Expansion {
            items: items.map(|(r, t)| (Rc::clone(&r), f(&r, t))).collect(),
            shape: self.shape,
            open: self.open,
            variants: self.variants,
        }
    }

    /// All instances as one value, given the value of each.
    pub(crate) fn gather(&self, values: &[Value], as_list: bool, span: Span) -> Value {
        let whole = |only: &dyn Fn(usize) -> bool, open: Option<Symbol>| {
            let chosen = self.items.iter().zip(values).enumerate().filter(|(i, _)| only(*i));
            let items: Vec<(&Key, &Value)> = chosen.map(|(_, ((r, _), v))| (&r.key, v)).collect();
            together(self.shape, as_list, &items, open, span)
        };
        if let Some(variants) = &self.variants {
            let option = |(label, indexes): &(Arc<str>, Vec<usize>)| {
                (Arc::clone(label), whole(&|i| indexes.contains(&i), self.open.clone()))
            };
            return choose(&variants.on, variants.options.iter().map(option).collect(), span);
        }
        let certain = |i: usize| {
            self.items
                .get(i)
                .is_some_and(|(r, _)| !r.is_open() && r.exists.is_empty())
        };
        whole(&certain, self.open.clone())
    }

    /// The instance at a key; `None` when it is not known which.
    pub(crate) fn at(&self, key: &Value, span: Span) -> Result<Option<usize>, Failure> {
        let text = key.to_text();
        let found = self.items.iter().position(|(r, _)| match &r.key {
            Key::Single => false,
            Key::Index(i) => number_of(key, span).is_ok_and(|n| n.is_ok_and(|n| n == index_number(*i))),
            Key::Name(t) => text.as_ref() == Some(t),
            Key::Open(t) => t.is_some() && text == *t,
        });
        if found.is_some() {
            return Ok(found);
        }
        let unknown = text.as_ref().is_none_or(|t| !t.is_known());
        match self.items.as_slice() {
            [(r, _)] if r.is_open() && (unknown || self.shape == Shape::Count) => Ok(Some(0)),
            _ if unknown || self.open.is_some() => Ok(None),
            _ => fail("there is no instance with this key", span),
        }
    }
}

fn together(shape: Shape, as_list: bool, items: &[(&Key, &Value)], open: Option<Symbol>, span: Span) -> Value {
    if shape == Shape::Each && !as_list {
        let key = |k: &Key| match k {
            Key::Name(t) => t.clone(),
            _ => Text::plain(""),
        };
        let map = Value::map(items.iter().map(|(k, v)| (key(k), Value::clone(v))), span);
        return match map.kind {
            Kind::Map(m) => Value::new(Kind::Map(Map { open, ..m }), span),
            _ => map,
        };
    }
    let items = Arc::new(items.iter().map(|(_, v)| Value::clone(v)).collect());
    Value::new(Kind::List(List { items, open }), span)
}

/// The instances in one case of what is not known.
struct Case {
    path: Vec<(Symbol, Arc<str>)>,
    repeats: Vec<Repeat>,
    open: Option<Symbol>,
}

impl<'a> Evaluator<'a> {
    /// The instances of the block at `address`, each with what `make` makes of it.
    pub(crate) fn expand<U>(
        &self,
        cx: Cx<'_, 'a>,
        address: &str,
        body: &Body,
        mut make: impl FnMut(&Rc<Repeat>) -> U,
    ) -> Expansion<U> {
        let (shape, expr) = match (body.get("count"), body.get("for_each")) {
            (Some(e), _) => (Shape::Count, e),
            (None, Some(e)) => (Shape::Each, e),
            (None, None) => {
                let mut single = Expansion::new(Shape::Single);
                single.items.push((Rc::new(Repeat::single()), ()));
                return single.map(|r, ()| make(r));
            }
        };
        let result = self.eval(cx, expr);
        let value = self.settle(cx, result, expr.span);
        let expansion = self.expand_value(shape, &value, expr.span).unwrap_or_else(|failure| {
            self.say_failure(&failure);
            let symbol = self.derived_symbol(cx, expr.span, &failure.message);
            let case = one_open(shape, &symbol, expr.span);
            merge(shape, vec![case], expr.span)
        });
        let expansion = self.as_planned(address, expansion, expr);
        expansion.map(|r, ()| make(r))
    }

    fn expand_value(&self, shape: Shape, value: &Value, span: Span) -> Result<Expansion<()>, Failure> {
        let mut cases = Vec::new();
        collect_cases(value, &mut Vec::new(), &mut cases);
        let cases = if cases.len() > CASES {
            vec![(Vec::new(), blurred(value))]
        } else {
            cases
        };
        let mut expanded = Vec::new();
        for (path, value) in cases {
            let mut case = match shape {
                Shape::Count => count(&value, span)?,
                _ => for_each(&value, span)?,
            };
            case.path = path;
            let total = self.instances.get() + case.repeats.len();
            self.instances.set(total);
            if case.repeats.len() > limits::INSTANCES || total > INSTANCES {
                return limit(format!("this makes more than {} instances", limits::INSTANCES), span);
            }
            expanded.push(case);
        }
        Ok(merge(shape, expanded, span))
    }
}

fn collect_cases(value: &Value, path: &mut Path, out: &mut Vec<(Path, Value)>) {
    let Kind::Choice(c) = &value.kind else {
        out.push((path.clone(), value.clone()));
        return;
    };
    if out.len() > CASES || path.len() > CASES {
        out.push((path.clone(), Value::unknown(c.on.clone(), value.span)));
        return;
    }
    if let Some((_, label)) = path.iter().find(|(on, _)| *on == c.on) {
        let chosen = select(value, &c.on, &Arc::clone(label));
        if !matches!(&chosen.kind, Kind::Choice(again) if again.on == c.on) {
            collect_cases(&chosen, path, out);
        }
        return;
    }
    for (label, option) in &c.options {
        if path.iter().any(|(on, state)| excludes(on, state, &c.on, label)) {
            continue;
        }
        path.push((c.on.clone(), Arc::clone(label)));
        collect_cases(option, path, out);
        path.pop();
    }
}

/// A value with too many alternatives.
fn blurred(value: &Value) -> Value {
    match &value.kind {
        Kind::Choice(c) => Value::unknown(Choice::clone(c).on.part("?"), value.span),
        _ => value.clone(),
    }
}

/// `count.index` of an instance.
pub(crate) fn index_value(index: usize, span: Span) -> Value {
    number(index_number(index), span)
}

fn count(value: &Value, span: Span) -> Result<Case, Failure> {
    let n = match number_of(value, span)? {
        Ok(n) => n,
        Err(symbol) => return Ok(one_open(Shape::Count, &symbol, span)),
    };
    let Some(n) = n.to_i64().and_then(|n| usize::try_from(n).ok()) else {
        return fail("`count` must be a whole number, zero or more", span);
    };
    if n > limits::INSTANCES {
        return limit(format!("this makes more than {} instances", limits::INSTANCES), span);
    }
    let repeat = |i: usize| Repeat {
        key: Key::Index(i),
        index: Some(index_value(i, span)),
        ..Repeat::single()
    };
    Ok(Case {
        path: Vec::new(),
        repeats: (0..n).map(repeat).collect(),
        open: None,
    })
}

fn for_each(value: &Value, span: Span) -> Result<Case, Failure> {
    let is_map = matches!(value.kind, Kind::Map(_));
    let (items, mut open) = elements(value, span)?;
    let mut repeats: Vec<Repeat> = Vec::new();
    for (key, value) in items {
        let key = if is_map { key } else { value.clone() };
        if let Kind::Choice(c) = &key.kind {
            open = open.or_else(|| Some(c.on.part("?")));
            continue;
        }
        let Some(text) = key.to_text() else {
            return fail("the elements of `for_each` must be text", span);
        };
        if repeats.iter().rev().take(1).any(|r| r.key == Key::Name(text.clone())) {
            continue;
        }
        repeats.push(Repeat {
            key: Key::Name(text.clone()),
            each: Some((Value::text(text, key.span), value)),
            ..Repeat::single()
        });
    }
    if let Some(symbol) = &open {
        repeats.extend(one_open(Shape::Each, symbol, span).repeats);
    }
    Ok(Case {
        path: Vec::new(),
        repeats,
        open,
    })
}

fn one_open(shape: Shape, symbol: &Symbol, span: Span) -> Case {
    let part = |step: &str| {
        let why = format!("stands for every key of {}", symbol.name);
        let id = format!("{}[*].{step}", symbol.id);
        Value::unknown(Symbol::new(id, step, why, Class::Any), span)
    };
    let mut repeat = Repeat::single();
    if shape == Shape::Count {
        repeat.key = Key::Open(None);
        repeat.index = Some(part("count.index"));
    } else {
        let key = part("each.key");
        repeat.key = Key::Open(key.to_text());
        repeat.each = Some((key, part("each.value")));
    }
    Case {
        path: Vec::new(),
        repeats: vec![repeat],
        open: Some(symbol.clone()),
    }
}

/// One expansion of all cases: what is in all of them is there for certain.
fn merge(shape: Shape, cases: Vec<Case>, span: Span) -> Expansion<()> {
    let mut out = Expansion::new(shape);
    let mut keys: Vec<Key> = Vec::new();
    let mut seen: rustc_hash::FxHashSet<String> = rustc_hash::FxHashSet::default();
    for repeat in cases.iter().flat_map(|c| &c.repeats) {
        if seen.insert(repeat.suffix()) {
            keys.push(repeat.key.clone());
        }
    }
    let by_key: Vec<rustc_hash::FxHashMap<String, &Repeat>> = cases
        .iter()
        .map(|c| c.repeats.iter().map(|r| (r.suffix(), r)).collect())
        .collect();
    for key in keys {
        let suffix = Repeat {
            key,
            ..Repeat::single()
        }
        .suffix();
        let found: Vec<(&Case, &Repeat)> = cases
            .iter()
            .zip(&by_key)
            .filter_map(|(c, m)| Some((c, *m.get(&suffix)?)))
            .collect();
        out.items
            .extend(one_of(&found, found.len() == cases.len(), span).map(|r| (Rc::new(r), ())));
    }
    out.open = cases.iter().find_map(|c| c.open.clone());
    out.variants = variants(&cases, &out);
    out
}

fn one_of(found: &[(&Case, &Repeat)], certain: bool, span: Span) -> Option<Repeat> {
    let (first_case, first) = found.first()?;
    let mut repeat = Repeat::clone(first);
    if let (Some((key, _)), [(on, _)]) = (&first.each, first_case.path.as_slice()) {
        let option = |(c, r): &(&Case, &Repeat)| Some((Arc::clone(&c.path.first()?.1), r.each.as_ref()?.1.clone()));
        let options: Vec<(Arc<str>, Value)> = found.iter().filter_map(option).collect();
        repeat.each = Some((key.clone(), choose(on, options, span)));
    }
    if !certain {
        repeat.given = common(found);
        repeat.exists = assumptions(found);
    }
    Some(repeat)
}

/// The states that these cases have in common.
fn common(found: &[(&Case, &Repeat)]) -> Path {
    let first = found.first().map_or(&[][..], |(c, _)| &c.path);
    let shared = first
        .iter()
        .filter(|step| found.iter().all(|(c, _)| c.path.contains(step)));
    shared.cloned().collect()
}

/// What must hold for one of these cases to be the real one, as far as they have it in common.
fn assumptions(found: &[(&Case, &Repeat)]) -> Vec<Assumption> {
    let Some((first, _)) = found.first() else {
        return Vec::new();
    };
    let common = common(found);
    let common: Vec<Assumption> = common.iter().map(|(on, label)| Assumption::state(on, label)).collect();
    if !common.is_empty() {
        return common;
    }
    let labels: Vec<&str> = found.iter().filter_map(|(c, _)| Some(&*c.path.first()?.1)).collect();
    let on = first.path.first().map(|(on, _)| on);
    let one_symbol = found.iter().all(|(c, _)| c.path.first().map(|(on, _)| on) == on);
    match on {
        Some(on) if one_symbol => vec![Assumption::any_state(on, &labels)],
        on => {
            let on = on.map_or("?", |on| &on.name);
            vec![Assumption::new(format!("`{on}` is {}", labels.join(" or ")))]
        }
    }
}

fn variants(cases: &[Case], all: &Expansion<()>) -> Option<Variants> {
    let [(on, _)] = cases.first()?.path.as_slice() else {
        return None;
    };
    let mut options = Vec::new();
    for case in cases {
        let [(same, label)] = case.path.as_slice() else {
            return None;
        };
        if same != on {
            return None;
        }
        let has = |key: &Key| case.repeats.iter().any(|r| r.key == *key);
        let indexes = all
            .items
            .iter()
            .enumerate()
            .filter(|(_, (r, ()))| !r.is_open() && has(&r.key));
        options.push((Arc::clone(label), indexes.map(|(i, _)| i).collect()));
    }
    Some(Variants {
        on: on.clone(),
        options,
    })
}
