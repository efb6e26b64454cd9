use rolecall_source::{Assumption, Number, Text};

use super::{Comparison, Condition, Operator, Qualifier, address, date};
use crate::Answer;
use crate::pattern::{Pattern, Token, matches};
use crate::template::Template;

/// What a request has for a condition key.
#[derive(Clone, Debug)]
pub(crate) enum KeyValue {
    /// The key is not in the request.
    Absent,
    /// Its values.
    Values(Vec<Text>),
    /// It is not known whether the request has it, or with what value.
    Unknown(Assumption),
}

/// Where a condition finds the keys of a request. Keys are in lower case.
pub(crate) trait Lookup {
    fn key(&self, key: &str) -> KeyValue;

    /// The value of a policy variable: a key with one value.
    fn variable(&self, key: &str) -> Option<Text> {
        match self.key(key) {
            KeyValue::Absent => None,
            KeyValue::Values(values) => match values.as_slice() {
                [one] => Some(one.clone()),
                _ => None,
            },
            KeyValue::Unknown(_) => Some(unknown_variable(key)),
        }
    }
}

fn unknown_variable(key: &str) -> Text {
    let name = format!("${{{key}}}");
    let symbol = rolecall_source::Symbol::new(
        format!("policy variable {key}"),
        name,
        "is a fact about the request",
        rolecall_source::Class::Any,
    );
    Text::symbol(symbol, rolecall_source::Span::NOWHERE)
}

impl Condition {
    /// Does the condition hold for a request?
    pub(crate) fn holds(&self, request: &dyn Lookup) -> Answer {
        let Some(key) = self.key.as_str() else {
            return depends(format!("the condition on `{}` holds", self.key));
        };
        match request.key(key) {
            KeyValue::Unknown(assumption) => Answer::Depends([assumption].into()),
            KeyValue::Absent => self.holds_absent(),
            KeyValue::Values(values) => self.holds_for(&values, request),
        }
    }

    fn holds_absent(&self) -> Answer {
        let op = self.operator;
        if op.comparison == Comparison::Null {
            return self.null(true);
        }
        match op.qualifier {
            _ if op.if_exists => Answer::Yes,
            Some(Qualifier::ForAllValues) => Answer::Yes,
            Some(Qualifier::ForAnyValue) => Answer::No,
            None if op.negated => Answer::Yes,
            None => Answer::No,
        }
    }

    /// The `Null` operator: `true` wants the key absent.
    fn null(&self, absent: bool) -> Answer {
        let mut result = self.more();
        for value in &self.values {
            let wanted = value.text.as_str().map(|t| t.trim().eq_ignore_ascii_case("true"));
            result = result.or(match wanted {
                Some(wanted) if wanted == absent => Answer::Yes,
                Some(_) => Answer::No,
                None => depends(format!("`{}` is {absent}", value.text)),
            });
        }
        result
    }

    fn holds_for(&self, values: &[Text], request: &dyn Lookup) -> Answer {
        let op = self.operator;
        if op.comparison == Comparison::Null {
            return self.null(values.is_empty());
        }
        if values.is_empty() {
            return self.holds_absent();
        }
        match op.qualifier {
            Some(Qualifier::ForAllValues) => all(values.iter().map(|v| self.passes(v, request))),
            Some(Qualifier::ForAnyValue) => any(values.iter().map(|v| self.passes(v, request))),
            None if op.negated => all(values.iter().map(|v| self.passes(v, request))),
            None => any(values.iter().map(|v| self.passes(v, request))),
        }
    }

    /// Does one value of the request pass, negation included?
    pub(crate) fn passes(&self, value: &Text, request: &dyn Lookup) -> Answer {
        let listed = any(self.values.iter().map(|t| compare(self.operator, t, value, request))).or(self.more());
        if self.operator.negated { listed.not() } else { listed }
    }

    /// Depends iff there may be more values than are known.
    fn more(&self) -> Answer {
        if self.open.is_empty() {
            Answer::No
        } else {
            Answer::Depends(self.open.clone())
        }
    }
}

pub(crate) fn any(answers: impl Iterator<Item = Answer>) -> Answer {
    answers.fold(Answer::No, Answer::or)
}

pub(crate) fn all(answers: impl Iterator<Item = Answer>) -> Answer {
    answers.fold(Answer::Yes, Answer::and)
}

fn depends(clause: String) -> Answer {
    Answer::Depends([Assumption::new(clause)].into())
}

/// Compares one value of the request with one value of the policy, negation aside.
fn compare(operator: Operator, template: &Template, value: &Text, request: &dyn Lookup) -> Answer {
    let mut variable = |key: &str| request.variable(key);
    match operator.comparison {
        Comparison::StringLike => match template.wild() {
            Some(pattern) => matches(pattern, value),
            None => template
                .pattern(&mut variable)
                .map_or(Answer::No, |p| matches(&p, value)),
        },
        Comparison::ArnLike => arn_pattern(template, &mut variable).map_or(Answer::No, |p| matches(&p, value)),
        Comparison::StringEquals | Comparison::BinaryEquals => template
            .plain(&mut variable)
            .map_or(Answer::No, |t| equals(&t, value, false)),
        Comparison::StringEqualsIgnoreCase => template
            .plain(&mut variable)
            .map_or(Answer::No, |t| equals(&t, value, true)),
        Comparison::Bool => template.plain(&mut variable).map_or(Answer::No, |t| truth(&t, value)),
        Comparison::IpAddress => ordered(&template.text, value, address::Range::parse, |a, b| a.covers(b)),
        Comparison::Null => Answer::No,
        other => match (other.numeric(), other.date()) {
            (Some(order), _) => ordered(&template.text, value, Number::parse, |a, b| order(b.cmp(&a))),
            (_, Some(order)) => ordered(&template.text, value, date::parse, |a, b| order(b.cmp(&a))),
            (None, None) => Answer::No,
        },
    }
}

/// The pattern of an ARN operator: field by field, and `*` alone for every text.
pub(crate) fn arn_pattern(template: &Template, variable: &mut dyn FnMut(&str) -> Option<Text>) -> Option<Pattern> {
    template.tokens(variable).map(Pattern::arn_like_tokens)
}

/// Is `a` the same text as `b`? Ignores the case of ASCII letters iff `fold`.
fn equals(a: &Text, b: &Text, fold: bool) -> Answer {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => Answer::from_bool(if fold { a.eq_ignore_ascii_case(b) } else { a == b }),
        _ => matches(&Pattern::from_tokens(Token::of(a, false), fold), b),
    }
}

fn truth(wanted: &Text, value: &Text) -> Answer {
    let read = |t: &str| match t.trim() {
        t if t.eq_ignore_ascii_case("true") => Some(true),
        t if t.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    };
    match (wanted.as_str(), value.as_str()) {
        (Some(a), Some(b)) => match (read(a), read(b)) {
            (Some(a), Some(b)) if a == b => Answer::Yes,
            _ => Answer::No,
        },
        _ => equals(wanted, value, true),
    }
}

/// Compares two values that mean something else than their letters. What cannot be read does not pass.
fn ordered<T>(wanted: &Text, value: &Text, read: fn(&str) -> Option<T>, pass: impl Fn(T, T) -> bool) -> Answer {
    match (wanted.as_str(), value.as_str()) {
        (Some(a), Some(b)) => {
            let pair = read(a).and_then(|a| Some((a, read(b)?)));
            Answer::from_bool(pair.is_some_and(|(a, b)| pass(a, b)))
        }
        _ => depends(format!("`{value}` passes the comparison with `{wanted}`")),
    }
}
