//! Lists, objects, for-expressions, attributes and indexes.

use std::sync::Arc;

use indexmap::IndexMap;
use rolecall_source::{Entry, Kind, List, Map, Number, Span, Symbol, Text, Value, limits};

use super::operator::{Truth, key_order, number_of, truth};
use super::unknown::{choose, depends_on, select};
use super::{Cx, Eval, Evaluator, Failure, Frame, fail, limit, number};
use crate::syntax::ast::{Expr, For, Item};

/// Most conditions that one for-expression is split into alternatives for.
const SPLITS: usize = 2;

/// Keys and values of a collection, and why there may be more.
pub(crate) type Elements = (Vec<(Value, Value)>, Option<Symbol>);

impl<'a> Evaluator<'a> {
    pub(crate) fn list(&self, cx: Cx<'_, 'a>, items: &[Expr], span: Span) -> Eval {
        let items = items
            .iter()
            .map(|e| self.element(cx, e))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Value::list(items, span))
    }

    /// A part of a list or an object. One that has no value is told and not known, and the parts beside it stay; but
    /// `try` and `can` see the failure.
    fn element(&self, cx: Cx<'_, 'a>, expr: &Expr) -> Eval {
        let result = self.eval(cx, expr);
        if self.strict.get() || result.as_ref().is_err_and(|f| f.limit) {
            return result;
        }
        Ok(self.settle(cx, result, expr.span))
    }

    pub(crate) fn object(&self, cx: Cx<'_, 'a>, items: &[Item], span: Span) -> Eval {
        let mut builder = MapBuilder::default();
        for item in items {
            let key = self.eval(cx, &item.key)?;
            let value = self.element(cx, &item.value)?;
            builder.insert(&key, item.key.span, value)?;
        }
        Ok(builder.finish(span))
    }

    pub(crate) fn for_expression(&self, cx: Cx<'_, 'a>, node: &For, span: Span) -> Eval {
        let collection = self.eval(cx, &node.collection)?;
        self.distribute(cx, vec![collection], span, &mut |values| match values {
            [collection] => self.for_over(cx, node, collection, span),
            _ => fail("expected one collection", span),
        })
    }

    fn for_over(&self, cx: Cx<'_, 'a>, node: &For, collection: &Value, span: Span) -> Eval {
        if let Kind::Unknown(symbol) = &collection.kind {
            return Ok(self.depends(cx, span, symbol));
        }
        let (mut items, open) = elements(collection, node.collection.span)?;
        if node.collection.is_set() {
            items = items.into_iter().map(|(_, value)| (value.clone(), value)).collect();
        }
        let open = open.map(|s| self.derived_symbol(cx, span, &depends_on(&s)));
        self.for_assuming(cx, node, &(items, open), &mut Vec::new(), span)
    }

    /// The result of a for-expression when conditions are as `assumed`. A condition on which nothing is assumed yet
    /// splits the result into alternatives, up to [`SPLITS`] of them; beyond it the result is open.
    fn for_assuming(
        &self,
        cx: Cx<'_, 'a>,
        node: &For,
        over: &Elements,
        assumed: &mut Vec<(Symbol, Arc<str>)>,
        span: Span,
    ) -> Eval {
        self.charge(over.0.len(), span)?;
        let mut out = ForResult {
            open: over.1.clone(),
            ..ForResult::default()
        };
        for (turn, (key, value)) in over.0.iter().enumerate() {
            let key_frame = Frame {
                name: node.key_name.as_deref().unwrap_or(""),
                value: key.clone(),
                turn,
                outer: cx.frame,
            };
            let frame = Frame {
                name: &node.value_name,
                value: value.clone(),
                turn: 0,
                outer: Some(&key_frame),
            };
            let cx_turn = cx.within(&frame);
            match self.keeps(cx_turn, node, assumed)? {
                Keep::Yes => self.for_turn(cx_turn, node, &mut out)?,
                Keep::No => {}
                Keep::Depends(on, _) if assumed.len() >= SPLITS => {
                    out.open
                        .get_or_insert_with(|| self.derived_symbol(cx, span, &depends_on(&on)));
                }
                Keep::Depends(on, labels) => {
                    let mut options = Vec::new();
                    for label in labels {
                        assumed.push((on.clone(), Arc::clone(&label)));
                        let value = self.for_assuming(cx, node, over, assumed, span);
                        assumed.pop();
                        options.push((label, value?));
                    }
                    return Ok(choose(&on, options, span));
                }
            }
        }
        out.finish(node, span)
    }

    /// Whether the condition of a for-expression keeps an element.
    fn keeps(&self, cx: Cx<'_, 'a>, node: &For, assumed: &[(Symbol, Arc<str>)]) -> Result<Keep, Failure> {
        let Some(condition) = &node.condition else {
            return Ok(Keep::Yes);
        };
        let span = condition.span;
        let mut value = self.eval(cx, condition)?;
        // Each turn takes one level of alternatives off.
        loop {
            let given = |on: &Symbol| {
                assumed
                    .iter()
                    .find(|(s, _)| s == on)
                    .map(|(_, label)| Arc::clone(label))
            };
            let next = match &value.kind {
                Kind::Choice(c) => match given(&c.on) {
                    Some(label) => select(&value, &c.on, &label),
                    None => {
                        let labels = c.options.iter().map(|(label, _)| Arc::clone(label)).collect();
                        return Ok(Keep::Depends(c.on.clone(), labels));
                    }
                },
                _ => {
                    let on = match truth(&value, span)? {
                        Some(Truth::Known(true)) => return Ok(Keep::Yes),
                        Some(Truth::Known(false)) => return Ok(Keep::No),
                        Some(Truth::Unknown(on)) => on,
                        None => return fail("this is not a condition", span),
                    };
                    match given(&on).as_deref() {
                        Some("true") => return Ok(Keep::Yes),
                        Some(_) => return Ok(Keep::No),
                        None => return Ok(Keep::Depends(on, vec!["true".into(), "false".into()])),
                    }
                }
            };
            if let (Kind::Choice(a), Kind::Choice(b)) = (&value.kind, &next.kind)
                && a.on == b.on
            {
                return fail("this is not a condition", span);
            }
            value = next;
        }
    }

    fn for_turn(&self, cx: Cx<'_, 'a>, node: &For, out: &mut ForResult) -> Result<(), Failure> {
        let key = node.key.as_ref().map(|k| self.eval(cx, k).map(|v| (v, k.span)));
        let key = key.transpose()?;
        let value = self.eval(cx, &node.value)?;
        match key {
            None => out.items.push(value),
            Some((key, span)) if node.group => out.map.push(&key, span, value)?,
            Some((key, span)) => out.map.insert(&key, span, value)?,
        }
        Ok(())
    }

    /// `value.name`
    pub(crate) fn attribute(&self, cx: Cx<'_, 'a>, value: &Value, name: &str, span: Span) -> Eval {
        match &value.kind {
            Kind::Map(m) => self.entry(cx, m, name, span),
            Kind::Unknown(s) => Ok(Value::unknown(s.part(&format!(".{name}")), span)),
            Kind::Choice(_) => self.distribute(cx, vec![value.clone()], span, &mut |v| match v {
                [v] => self.attribute(cx, v, name, span),
                _ => fail("expected one value", span),
            }),
            Kind::Text(t) if t.as_symbol().is_some() => {
                let symbol = t.as_symbol().map(|s| s.part(&format!(".{name}")));
                symbol.map_or_else(|| fail("this is text", span), |s| Ok(Value::unknown(s, span)))
            }
            Kind::Null => fail(format!("this is null and has no attribute `{name}`"), span),
            _ => fail(format!("this value has no attribute `{name}`"), span),
        }
    }

    fn entry(&self, cx: Cx<'_, 'a>, map: &Map, name: &str, span: Span) -> Eval {
        if let Some(value) = map.get(name) {
            return Ok(value.clone());
        }
        if let Some(symbol) = &map.open {
            return Ok(Value::unknown(symbol.part(&format!(".{name}")), span));
        }
        if let Some(symbol) = map.entries.keys().find_map(|k| k.symbols().next()) {
            return Ok(self.depends(cx, span, symbol));
        }
        fail(format!("there is no attribute or key `{name}` here"), span)
    }

    /// `value[key]`
    pub(crate) fn index(&self, cx: Cx<'_, 'a>, value: &Value, key: &Value, span: Span) -> Eval {
        let values = vec![value.clone(), key.clone()];
        self.distribute(cx, values, span, &mut |values| match values {
            [value, key] => self.index_one(cx, value, key, span),
            _ => fail("expected a value and a key", span),
        })
    }

    fn index_one(&self, cx: Cx<'_, 'a>, value: &Value, key: &Value, span: Span) -> Eval {
        match &value.kind {
            Kind::Map(m) => match key.to_text() {
                Some(text) => match (m.entries.get(&text), text.as_str(), text.symbols().next()) {
                    (Some(entry), ..) => Ok(entry.value.clone()),
                    (None, Some(name), _) => self.entry(cx, m, name, span),
                    (None, None, Some(symbol)) => Ok(self.depends(cx, span, symbol)),
                    (None, None, None) => fail("this is not a key", span),
                },
                None => fail("this is not a key", span),
            },
            Kind::List(l) => match number_of(key, span)? {
                Ok(n) => list_item(l, &n, span),
                Err(symbol) => Ok(self.depends(cx, span, &symbol)),
            },
            Kind::Unknown(s) => Ok(Value::unknown(s.part(&index_part(key)), span)),
            Kind::Text(t) if t.as_symbol().is_some() => Ok(self.derived(cx, span, "is not known")),
            Kind::Null => fail("this is null and has no elements", span),
            _ => fail("this value has no elements", span),
        }
    }
}

/// `["key"]` or `[0]`
pub(crate) fn index_part(key: &Value) -> String {
    match &key.kind {
        Kind::Number(n) => format!("[{n}]"),
        _ => match key.to_text() {
            Some(text) => format!("[\"{text}\"]"),
            None => "[?]".into(),
        },
    }
}

fn list_item(list: &List, index: &Number, span: Span) -> Eval {
    if let Some(symbol) = &list.open {
        return Ok(Value::unknown(symbol.part(&format!("[{index}]")), span));
    }
    let item = index
        .to_i64()
        .and_then(|i| usize::try_from(i).ok())
        .and_then(|i| list.items.get(i));
    match item {
        Some(v) => Ok(v.clone()),
        None => fail(
            format!("there is no element {index}: the list has {}", list.items.len()),
            span,
        ),
    }
}

/// The elements of a list (keys are indexes) or map (in order of keys).
pub(crate) fn elements(value: &Value, span: Span) -> Result<Elements, Failure> {
    match &value.kind {
        Kind::List(l) => {
            let item = |(i, v): (usize, &Value)| (number(index_number(i), v.span), v.clone());
            Ok((l.items.iter().enumerate().map(item).collect(), l.open.clone()))
        }
        Kind::Map(m) => {
            let mut entries: Vec<(&Text, &Entry)> = m.entries.iter().collect();
            entries.sort_by(|a, b| key_order(a.0, b.0));
            let item = |(k, e): (&Text, &Entry)| (Value::text(k.clone(), e.key_span), e.value.clone());
            Ok((entries.into_iter().map(item).collect(), m.open.clone()))
        }
        Kind::Unknown(s) => Ok((Vec::new(), Some(s.clone()))),
        Kind::Null => fail("this is null, not a collection", span),
        _ => fail("this is not a collection", span),
    }
}

/// A whole number.
pub(crate) fn index_number(i: usize) -> Number {
    Number::from(i64::try_from(i).unwrap_or(i64::MAX))
}

/// Whether a for-expression keeps an element.
enum Keep {
    Yes,
    No,
    /// On a symbol that is in one of these states.
    Depends(Symbol, Vec<Arc<str>>),
}

#[derive(Default)]
struct ForResult {
    items: Vec<Value>,
    map: MapBuilder,
    open: Option<Symbol>,
}

impl ForResult {
    fn finish(self, node: &For, span: Span) -> Eval {
        if node.key.is_some() {
            return self.map.finish_open(node.group, self.open, span);
        }
        let list = List {
            items: Arc::new(self.items),
            open: self.open,
        };
        Ok(Value::new(Kind::List(list), span))
    }
}

/// A map while it is built. Keys that are not text make it open.
#[derive(Default)]
pub(crate) struct MapBuilder {
    entries: IndexMap<Text, Entry>,
    groups: IndexMap<Text, (Span, Vec<Value>)>,
    open: Option<Symbol>,
}

impl MapBuilder {
    fn key(&mut self, key: &Value, span: Span) -> Result<Option<Text>, Failure> {
        match (&key.kind, key.to_text()) {
            (Kind::Null, _) => fail("this key is null", span),
            (Kind::Choice(c), _) => {
                self.open = Some(c.on.clone());
                Ok(None)
            }
            (_, Some(text)) => Ok(Some(text)),
            _ => fail("this cannot be a key", span),
        }
    }

    pub(crate) fn insert(&mut self, key: &Value, span: Span, value: Value) -> Result<(), Failure> {
        if let Some(text) = self.key(key, span)? {
            let key_span = if key.span.is_nowhere() { span } else { key.span };
            self.entries.insert(text, Entry { key_span, value });
        }
        Ok(())
    }

    fn push(&mut self, key: &Value, span: Span, value: Value) -> Result<(), Failure> {
        if let Some(text) = self.key(key, span)? {
            self.groups
                .entry(text)
                .or_insert_with(|| (key.span, Vec::new()))
                .1
                .push(value);
        }
        Ok(())
    }

    pub(crate) fn finish(self, span: Span) -> Value {
        let map = Map {
            entries: Arc::new(self.entries),
            open: self.open,
        };
        Value::new(Kind::Map(map), span)
    }

    fn finish_open(mut self, group: bool, open: Option<Symbol>, span: Span) -> Eval {
        let open = self.open.take().or(open);
        if group {
            for (key, (key_span, items)) in std::mem::take(&mut self.groups) {
                let list = List {
                    items: Arc::new(items),
                    open: open.clone(),
                };
                let value = Value::new(Kind::List(list), span);
                self.entries.insert(key, Entry { key_span, value });
            }
        }
        if self.entries.len() > limits::ELEMENTS {
            return limit("this map has too many entries", span);
        }
        self.open = open;
        Ok(self.finish(span))
    }
}
