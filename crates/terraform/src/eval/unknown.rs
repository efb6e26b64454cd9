//! Unknown values: symbols for what an expression would be, and alternatives.

use std::fmt::Write as _;
use std::sync::Arc;

use rolecall_source::{Choice, Class, Kind, Span, Symbol, Value, excludes};

use super::{Cx, Eval, Evaluator, Failure};

/// Most alternatives that one value is split into.
const ALTERNATIVES: usize = 8;
/// Longest name of a symbol that is named after an expression.
const NAME: usize = 72;

impl<'a> Evaluator<'a> {
    /// A symbol for what the expression at `span` would be. The same expression in the same scope is the same symbol.
    pub(crate) fn derived_symbol(&self, cx: Cx<'_, 'a>, span: Span, why: &str) -> Symbol {
        let text = self.text_at(span);
        let name = if text.is_empty() {
            "?".to_owned()
        } else {
            shorten(&text)
        };
        let mut id = match (cx.repeat, cx.frame) {
            _ if span.is_nowhere() => {
                self.fresh.set(self.fresh.get() + 1);
                format!("{}?{}#{}", self.id, self.fresh.get(), cx.module.prefix())
            }
            (None, None) if !text.is_empty() => format!("{}:{}={text}", self.id, cx.module.prefix()),
            _ => {
                let path = self.world.sources.path(span.file);
                format!("{}@{path}:{}-{}#{}", self.id, span.start, span.end, cx.module.prefix())
            }
        };
        if let Some(repeat) = cx.repeat {
            let _ = write!(id, "{}", repeat.suffix());
        }
        let mut frame = cx.frame;
        while let Some(f) = frame {
            let _ = write!(id, "/{}", f.turn);
            frame = f.outer;
        }
        Symbol::new(id, name, why, Class::Any)
    }

    /// An unknown for what the expression at `span` would be.
    pub(crate) fn derived(&self, cx: Cx<'_, 'a>, span: Span, why: &str) -> Value {
        Value::unknown(self.derived_symbol(cx, span, why), span)
    }

    /// An unknown that depends on another.
    pub(crate) fn depends(&self, cx: Cx<'_, 'a>, span: Span, on: &Symbol) -> Value {
        self.derived(cx, span, &depends_on(on))
    }

    /// The source text at `span`, white space collapsed.
    fn text_at(&self, span: Span) -> String {
        let text = self.world.sources.text(span.file).unwrap_or("");
        let text = text.get(span.start as usize..span.end as usize).unwrap_or("");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Calls `f` with the values, once for each combination of alternatives among them.
    pub(crate) fn distribute(
        &self,
        cx: Cx<'_, 'a>,
        values: Vec<Value>,
        span: Span,
        f: &mut dyn FnMut(&[Value]) -> Eval,
    ) -> Eval {
        self.distribute_within(cx, values, span, ALTERNATIVES, f)
    }

    fn distribute_within(
        &self,
        cx: Cx<'_, 'a>,
        values: Vec<Value>,
        span: Span,
        budget: usize,
        f: &mut dyn FnMut(&[Value]) -> Eval,
    ) -> Eval {
        let Some(choice) = values.iter().find_map(as_choice) else {
            return f(&values);
        };
        let count = choice.options.len().max(1);
        if count > budget {
            return Ok(self.depends(cx, span, &choice.on));
        }
        let mut options = Vec::new();
        let mut failure = None;
        let mut failed = 0;
        for (label, _) in &choice.options {
            let chosen = values.iter().map(|v| select(v, &choice.on, label)).collect();
            let value = match self.distribute_within(cx, chosen, span, budget / count, f) {
                Ok(value) => value,
                Err(f) if f.limit => return Err(f),
                Err(f) => {
                    failed += 1;
                    let value = self.failed(cx, span, &choice.on, label, &f);
                    failure = Some(f);
                    value
                }
            };
            options.push((Arc::clone(label), value));
        }
        match failure {
            Some(failure) if failed == options.len() => Err(failure),
            _ => Ok(choose(&choice.on, options, span)),
        }
    }

    /// The unknown for an alternative that has no value.
    pub(crate) fn failed(&self, cx: Cx<'_, 'a>, span: Span, on: &Symbol, label: &str, failure: &Failure) -> Value {
        let why = format!("has no value when `{}` is {label}: {}", on.name, failure.message);
        let symbol = self.derived_symbol(cx, span, &why);
        let id = format!("{}?{label}", symbol.id);
        Value::unknown(Symbol::new(id, symbol.name, symbol.why, Class::Any), span)
    }
}

/// Why something that depends on a symbol is not known.
pub(crate) fn depends_on(on: &Symbol) -> String {
    format!("depends on {}", on.name)
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}\u{2026}", text.get(..end).unwrap_or("")),
        None => text.to_owned(),
    }
}

fn as_choice(value: &Value) -> Option<Arc<Choice>> {
    match &value.kind {
        Kind::Choice(c) => Some(Arc::clone(c)),
        _ => None,
    }
}

/// The value when `on` is in state `label`.
pub(crate) fn select(value: &Value, on: &Symbol, label: &str) -> Value {
    let mut value = value;
    while let Kind::Choice(c) = &value.kind {
        let mut options = c.options.iter();
        let chosen = if c.on == *on {
            options.find(|(l, _)| **l == *label)
        } else {
            // What else `on` decides: that `x` is `a` excludes that it is `b`.
            let mut left = options.filter(|(l, _)| !excludes(on, label, &c.on, l));
            left.next().filter(|_| left.next().is_none())
        };
        match chosen {
            Some((_, v)) => value = v,
            None => break,
        }
    }
    match &value.kind {
        Kind::Unknown(s) if s.test.is_some() => match (excludes(on, label, s, "true"), excludes(on, label, s, "false"))
        {
            (true, _) => Value::bool(false, value.span),
            (_, true) => Value::bool(true, value.span),
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

/// Alternatives; one value when they are all equal.
pub(crate) fn choose(on: &Symbol, options: Vec<(Arc<str>, Value)>, span: Span) -> Value {
    let options: Vec<(Arc<str>, Value)> = options
        .into_iter()
        .map(|(label, v)| {
            let v = select(&v, on, &label);
            (label, v)
        })
        .collect();
    match options.first() {
        Some((_, first)) if options.iter().all(|(_, v)| v == first) => first.clone(),
        _ if is_itself(&options) => Value::unknown(on.clone(), span),
        _ => {
            let on = on.clone();
            Value::new(Kind::Choice(Arc::new(Choice { on, options })), span)
        }
    }
}

/// True iff the alternatives are the states of the condition themselves.
fn is_itself(options: &[(Arc<str>, Value)]) -> bool {
    let states = |(label, v): &(Arc<str>, Value)| v.as_bool().is_some_and(|b| **label == *b.to_string());
    !options.is_empty() && options.iter().all(states)
}
