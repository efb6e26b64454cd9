//! Operators, with Terraform's conversions.

use std::cmp::Ordering;
use std::sync::Arc;

use rolecall_source::{Kind, Number, Piece, Span, Symbol, Text, Value};

use super::unknown::{choose, depends_on, select};
use super::{Cx, Eval, Evaluator, Failure, fail, number};
use crate::convert;
use crate::syntax::ast::{Chain, Expr, ExprKind, Operator, Part};

/// A truth value, or the symbol it depends on.
pub(crate) enum Truth {
    Known(bool),
    Unknown(Symbol),
}

impl<'a> Evaluator<'a> {
    pub(crate) fn not(&self, cx: Cx<'_, 'a>, operand: &Expr, span: Span) -> Eval {
        let value = self.eval(cx, operand)?;
        self.branch(cx, value, operand.span, &mut |b| Ok(Value::bool(!b, span)))
    }

    pub(crate) fn negate(&self, cx: Cx<'_, 'a>, operand: &Expr, span: Span) -> Eval {
        let value = self.eval(cx, operand)?;
        self.distribute(cx, vec![value], span, &mut |values| {
            let [value] = values else {
                return fail("expected one operand", span);
            };
            match number_of(value, span)? {
                Ok(n) => Ok(number(n.neg(), span)),
                Err(symbol) => Ok(self.depends(cx, span, &symbol)),
            }
        })
    }

    pub(crate) fn chain(&self, cx: Cx<'_, 'a>, chain: &Chain) -> Eval {
        let mut left = self.eval(cx, &chain.first)?;
        for (operator, right) in &chain.rest {
            let whole = chain.first.span.join(right.span);
            left = match operator {
                Operator::And => self.and_or(cx, left, right, false, whole)?,
                Operator::Or => self.and_or(cx, left, right, true, whole)?,
                _ => {
                    let right = self.eval(cx, right)?;
                    self.distribute(cx, vec![left, right], whole, &mut |values| match values {
                        [a, b] => self.operate(cx, *operator, a, b, whole),
                        _ => fail("expected two operands", whole),
                    })?
                }
            };
        }
        Ok(left)
    }

    /// `left && right` (`absorbing` false) or `left || right` (`absorbing` true).
    fn and_or(&self, cx: Cx<'_, 'a>, left: Value, right: &Expr, absorbing: bool, span: Span) -> Eval {
        let mut evaluated = None;
        self.branch(cx, left, span, &mut |left| {
            if left == absorbing {
                return Ok(Value::bool(absorbing, span));
            }
            let value = match &evaluated {
                Some(value) => Value::clone(value),
                None => self.eval(cx, right)?,
            };
            evaluated = Some(value.clone());
            // Keeps an unknown as it is, so that `x && true` is `x`.
            match truth(&value, right.span)? {
                Some(Truth::Known(b)) => Ok(Value::bool(b, span)),
                Some(Truth::Unknown(_)) | None => Ok(value),
            }
        })
    }

    /// What `f` gives for a condition: for its value, or for both when it is not known.
    pub(crate) fn branch(&self, cx: Cx<'_, 'a>, condition: Value, span: Span, f: &mut dyn FnMut(bool) -> Eval) -> Eval {
        match truth(&condition, span)? {
            Some(Truth::Known(b)) => f(b),
            Some(Truth::Unknown(on)) => {
                let mut arm = |b: bool, label: &str| match f(b) {
                    Ok(v) => Ok(select(&v, &on, label)),
                    Err(e) if e.limit => Err(e),
                    Err(e) => Ok(self.failed(cx, span, &on, label, &e)),
                };
                let options = vec![
                    (Arc::from("true"), arm(true, "true")?),
                    (Arc::from("false"), arm(false, "false")?),
                ];
                Ok(choose(&on, options, span))
            }
            None => self.distribute(cx, vec![condition], span, &mut |values| match values {
                [v] => match truth(v, span)? {
                    Some(Truth::Known(b)) => f(b),
                    Some(Truth::Unknown(_)) => self.branch(cx, v.clone(), span, f),
                    None => fail("this condition has too many alternatives", span),
                },
                _ => fail("expected one condition", span),
            }),
        }
    }

    pub(crate) fn conditional(&self, cx: Cx<'_, 'a>, parts: &[Expr; 3], span: Span) -> Eval {
        let [condition, then, otherwise] = parts;
        let value = self.eval(cx, condition)?;
        let mut result = self.branch(cx, value, condition.span, &mut |b| {
            let (taken, other) = if b { (then, otherwise) } else { (otherwise, then) };
            let value = self.eval(cx, taken)?;
            self.as_other(cx, value, other)
        })?;
        if let Kind::Choice(_) = result.kind {
            result.span = span;
        }
        Ok(result)
    }

    /// The value of one branch in the type that both branches have in common. The other branch is looked at only when
    /// it is written out.
    fn as_other(&self, cx: Cx<'_, 'a>, value: Value, other: &Expr) -> Eval {
        let same = matches!(
            (&value.kind, &other.kind),
            (Kind::Unknown(_) | Kind::Null, _) | (_, ExprKind::Null) | (Kind::Text(_), ExprKind::Text(_))
        );
        if same || !is_literal(other) {
            return Ok(value);
        }
        let Ok(other_value) = self.eval(cx, other) else {
            return Ok(value);
        };
        let shapes = shape(&value).zip(shape(&other_value));
        match convert::unify(&[value.clone(), other_value]) {
            Some(ty) => Ok(convert::convert(&value, &ty).unwrap_or(value)),
            None if shapes.is_some_and(|(a, b)| a != b) => {
                fail("the two results of a condition must have one type", other.span)
            }
            None => Ok(value),
        }
    }

    fn operate(&self, cx: Cx<'_, 'a>, operator: Operator, a: &Value, b: &Value, span: Span) -> Eval {
        match operator {
            Operator::Equal | Operator::NotEqual => Ok(match equal(a, b) {
                Some(same) => Value::bool(same == (operator == Operator::Equal), span),
                None => match (test(a, b), operator) {
                    (Some(on), Operator::Equal) => Value::unknown(on, span),
                    (Some(on), _) => opposite(&on, span),
                    (None, Operator::Equal) => self.derived(cx, span, &why(a, b)),
                    (None, _) => self.not_equal(cx, a, b, span),
                },
            }),
            _ => {
                let (a, b) = (number_of(a, span)?, number_of(b, span)?);
                match (a, b) {
                    (Ok(a), Ok(b)) => compute(operator, &a, &b, span),
                    (Err(symbol), _) | (_, Err(symbol)) => Ok(self.depends(cx, span, &symbol)),
                }
            }
        }
    }

    /// `a != b` where that is not known: the opposite of the same symbol as `a == b`.
    fn not_equal(&self, cx: Cx<'_, 'a>, a: &Value, b: &Value, span: Span) -> Value {
        let mut on = self.derived_symbol(cx, span, &why(a, b));
        let swap = |t: &str| t.replacen("!=", "==", 1);
        if on.id.matches("!=").count() == 1 && on.name.contains("!=") {
            on.id = swap(&on.id).into();
            on.name = swap(&on.name).into();
            return opposite(&on, span);
        }
        Value::unknown(on, span)
    }
}

/// What is true iff `on` is false.
fn opposite(on: &Symbol, span: Span) -> Value {
    let options = vec![
        (Arc::from("true"), Value::bool(false, span)),
        (Arc::from("false"), Value::bool(true, span)),
    ];
    choose(on, options, span)
}

/// The truth of `a == b` where one side is a symbol, perhaps between letters, and the other is written out: a condition
/// on that symbol.
fn test(a: &Value, b: &Value) -> Option<Symbol> {
    about(a, b).or_else(|| about(b, a))
}

fn about(symbol: &Value, known: &Value) -> Option<Symbol> {
    among(symbol, &[known])
}

/// The truth of `value`'s being one of `known`, where it is a symbol, perhaps between letters, and they are written
/// out: a condition on that symbol.
pub(crate) fn among(value: &Value, known: &[&Value]) -> Option<Symbol> {
    let text = value.to_text()?;
    let (before, on, after) = match text.pieces() {
        [Piece::Symbol(s)] => ("", s, ""),
        [Piece::Letters(l), Piece::Symbol(s)] => (&**l, s, ""),
        [Piece::Symbol(s), Piece::Letters(r)] => ("", s, &**r),
        [Piece::Letters(l), Piece::Symbol(s), Piece::Letters(r)] => (&**l, s, &**r),
        _ => return None,
    };
    let mut texts = Vec::new();
    for one in known {
        let written = matches!(one.kind, Kind::Text(_) | Kind::Number(_) | Kind::Bool(_));
        let one = one.to_text().filter(|t| written && t.is_known())?;
        let rest = one.as_str()?.strip_prefix(before).and_then(|t| t.strip_suffix(after));
        texts.extend(rest.map(str::to_owned));
    }
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    (!texts.is_empty()).then(|| on.is_among(&texts))
}

/// What kind of value it is, iff that is known: truth value, number, text, list or map.
fn shape(value: &Value) -> Option<u8> {
    match &value.kind {
        Kind::Bool(_) => Some(0),
        Kind::Number(_) => Some(1),
        Kind::Text(_) | Kind::Encoded(_) => Some(2),
        Kind::List(_) => Some(3),
        Kind::Map(_) => Some(4),
        Kind::Null | Kind::Choice(_) | Kind::Unknown(_) => None,
    }
}

/// True iff an expression is written out: it refers to nothing and reads no file.
fn is_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Letters(_) | ExprKind::Text(_) => true,
        ExprKind::List(items) => items.iter().all(is_literal),
        ExprKind::Object(items) => items.iter().all(|i| is_literal(&i.key) && is_literal(&i.value)),
        ExprKind::Parens(inner) | ExprKind::Unary(_, inner) => is_literal(inner),
        ExprKind::Template(parts) => parts.iter().all(|part| match part {
            Part::Literal(_) => true,
            Part::Interpolation(inner) => is_literal(inner),
            Part::If(_) | Part::For(_) => false,
        }),
        ExprKind::Binary(chain) => is_literal(&chain.first) && chain.rest.iter().all(|(_, e)| is_literal(e)),
        ExprKind::Conditional(parts) => parts.iter().all(is_literal),
        ExprKind::Call(call) => !call.name.contains("file") && call.arguments.iter().all(is_literal),
        _ => false,
    }
}

fn why(a: &Value, b: &Value) -> String {
    first_symbol(a)
        .or_else(|| first_symbol(b))
        .map_or_else(|| "is not known".into(), |s| depends_on(&s))
}

/// A symbol that a value depends on.
pub(crate) fn first_symbol(value: &Value) -> Option<Symbol> {
    match &value.kind {
        Kind::Unknown(s) => Some(s.clone()),
        Kind::Choice(c) => Some(c.on.clone()),
        Kind::Text(t) => t.symbols().next().cloned(),
        Kind::List(l) => l.open.clone().or_else(|| l.items.iter().find_map(first_symbol)),
        Kind::Map(m) => m.open.clone().or_else(|| m.iter().find_map(|(_, v)| first_symbol(v))),
        Kind::Encoded(e) => first_symbol(&e.value),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => None,
    }
}

/// The truth of a value; `None` for alternatives.
pub(crate) fn truth(value: &Value, span: Span) -> Result<Option<Truth>, Failure> {
    Ok(Some(match &value.kind {
        Kind::Bool(b) => Truth::Known(*b),
        Kind::Unknown(s) => Truth::Unknown(s.clone()),
        Kind::Choice(_) => return Ok(None),
        Kind::Text(t) => match (t.as_str(), t.as_symbol()) {
            (Some("true"), _) => Truth::Known(true),
            (Some("false"), _) => Truth::Known(false),
            (_, Some(symbol)) => Truth::Unknown(symbol.clone()),
            _ => return fail("this is text, not a condition", span),
        },
        Kind::Null => return fail("this condition is null", span),
        _ => return fail("this is not a condition", span),
    }))
}

/// A number, or the symbol it depends on.
pub(crate) fn number_of(value: &Value, span: Span) -> Result<Result<Number, Symbol>, Failure> {
    match &value.kind {
        Kind::Number(n) => Ok(Ok(n.clone())),
        Kind::Unknown(s) => Ok(Err(s.clone())),
        Kind::Text(t) => match (t.as_str(), t.symbols().next()) {
            (None, Some(symbol)) => Ok(Err(symbol.clone())),
            (Some(s), _) => match Number::parse(s) {
                Some(n) => Ok(Ok(n)),
                None => fail("a number is required here", span),
            },
            (None, None) => fail("a number is required here", span),
        },
        Kind::Null => fail("this operand is null", span),
        _ => fail("a number is required here", span),
    }
}

fn compute(operator: Operator, a: &Number, b: &Number, span: Span) -> Eval {
    let result = match operator {
        Operator::Add => a.add(b),
        Operator::Subtract => a.sub(b),
        Operator::Multiply => a.mul(b),
        Operator::Divide => a.div(b),
        Operator::Remainder => a.rem(b),
        Operator::Less => return Ok(Value::bool(a < b, span)),
        Operator::LessEqual => return Ok(Value::bool(a <= b, span)),
        Operator::Greater => return Ok(Value::bool(a > b, span)),
        Operator::GreaterEqual => return Ok(Value::bool(a >= b, span)),
        Operator::Or | Operator::And | Operator::Equal | Operator::NotEqual => None,
    };
    match result {
        Some(n) => Ok(number(n, span)),
        None => fail("this operation has no result", span),
    }
}

/// `Some` iff the two are equal, or differ, whatever the symbols stand for. Values of different types differ.
pub(crate) fn equal(a: &Value, b: &Value) -> Option<bool> {
    match (&a.kind, &b.kind) {
        (Kind::Unknown(x), Kind::Unknown(y)) if x == y => Some(true),
        (Kind::Unknown(s), Kind::Null) | (Kind::Null, Kind::Unknown(s)) => {
            (s.class != rolecall_source::Class::Any).then_some(false)
        }
        (Kind::Unknown(_), Kind::Text(_) | Kind::Encoded(_) | Kind::Unknown(_))
        | (Kind::Text(_) | Kind::Encoded(_), Kind::Unknown(_))
        | (Kind::Text(_) | Kind::Encoded(_), Kind::Text(_) | Kind::Encoded(_)) => {
            text_equal(&a.to_text()?, &b.to_text()?)
        }
        (Kind::Unknown(_) | Kind::Choice(_), _) | (_, Kind::Unknown(_) | Kind::Choice(_)) => None,
        (Kind::List(x), Kind::List(y)) => {
            let all = all_equal(x.items.iter().zip(y.items.iter()));
            match (x.open.is_none(), y.open.is_none()) {
                (true, true) if x.items.len() != y.items.len() => Some(false),
                (true, true) => all,
                (true, false) if x.items.len() < y.items.len() => Some(false),
                (false, true) if y.items.len() < x.items.len() => Some(false),
                _ => None,
            }
        }
        (Kind::Map(x), Kind::Map(y)) => {
            if x.open.is_some() || y.open.is_some() || x.iter().chain(y.iter()).any(|(k, _)| !k.is_known()) {
                return None;
            }
            if x.entries.len() != y.entries.len() || x.entries.keys().any(|k| !y.entries.contains_key(k)) {
                return Some(false);
            }
            all_equal(
                x.entries
                    .iter()
                    .filter_map(|(k, e)| Some((&e.value, &y.entries.get(k)?.value))),
            )
        }
        _ => Some(a == b),
    }
}

fn all_equal<'v>(pairs: impl Iterator<Item = (&'v Value, &'v Value)>) -> Option<bool> {
    let mut result = Some(true);
    for (a, b) in pairs {
        match equal(a, b) {
            Some(false) => return Some(false),
            Some(true) => {}
            None => result = None,
        }
    }
    result
}

fn text_equal(a: &Text, b: &Text) -> Option<bool> {
    if a == b {
        return Some(true);
    }
    if a.is_known() && b.is_known() {
        return Some(false);
    }
    let (a_min, a_max) = length(a);
    let (b_min, b_max) = length(b);
    let disjoint = a_max.is_some_and(|m| m < b_min) || b_max.is_some_and(|m| m < a_min);
    let differs = disjoint
        || ends_differ(a.pieces().first(), b.pieces().first(), false)
        || ends_differ(a.pieces().last(), b.pieces().last(), true)
        || impossible(a, b)
        || impossible(b, a);
    differs.then_some(false)
}

/// Fewest and most letters.
fn length(text: &Text) -> (usize, Option<usize>) {
    text.pieces().iter().fold((0, Some(0)), |(min, max), piece| {
        let (a, b) = match piece {
            Piece::Letters(l) => (l.chars().count(), Some(l.chars().count())),
            Piece::Symbol(s) => s.class.length(),
        };
        (min + a, max.zip(b).map(|(x, y)| x + y))
    })
}

/// True iff both begin (or end) with letters and those differ.
fn ends_differ(a: Option<&Piece>, b: Option<&Piece>, at_end: bool) -> bool {
    let (Some(Piece::Letters(a)), Some(Piece::Letters(b))) = (a, b) else {
        return false;
    };
    let mut pairs: Box<dyn Iterator<Item = (char, char)>> = if at_end {
        Box::new(a.chars().rev().zip(b.chars().rev()))
    } else {
        Box::new(a.chars().zip(b.chars()))
    };
    pairs.any(|(x, y)| x != y)
}

/// True iff `a` is one symbol whose class has no text like the known text `b`.
fn impossible(a: &Text, b: &Text) -> bool {
    match (a.as_symbol(), b.as_str()) {
        (Some(symbol), Some(known)) => known.chars().any(|c| !symbol.class.may_contain(c)),
        _ => false,
    }
}

/// The order of keys: as Terraform orders them.
pub(crate) fn key_order(a: &Text, b: &Text) -> Ordering {
    a.cmp(b)
}
