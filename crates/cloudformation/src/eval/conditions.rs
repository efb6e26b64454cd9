//! [Conditions](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html):
//! truth values, or choices of truth values where a parameter decides that nobody gave.

use std::sync::Arc;

use rolecall_source::{Class, Diagnostic, Kind, Piece, Span, Symbol, Test, Text, Value};

use super::choice::{WORLDS, branch, flag, lift};
use super::intrinsic;
use crate::stack::Stack;

impl Stack<'_> {
    /// The truth value of a condition of the template: a truth value or a choice of them.
    pub(crate) fn condition(&self, name: &str, span: Span) -> Value {
        if let Some(known) = self.conditions.borrow().get(name) {
            return known
                .clone()
                .unwrap_or_else(|| self.undecided_condition(name, "refers to itself", span));
        }
        let definition = self.template.section("Conditions").and_then(|s| s.get(name));
        let Some(definition) = definition else {
            self.shared.note(Diagnostic::warning(
                "cloudformation-intrinsic",
                format!("this template has no condition `{name}`"),
                span,
            ));
            return self.undecided_condition(name, "is not defined", span);
        };
        self.conditions.borrow_mut().insert(name.to_owned(), None);
        let value = self.condition_value(definition);
        let value = self.call_it(name, value);
        self.conditions
            .borrow_mut()
            .insert(name.to_owned(), Some(value.clone()));
        value
    }

    fn undecided_condition(&self, name: &str, why: &str, span: Span) -> Value {
        flag(self.condition_symbol(name, why), span)
    }

    fn condition_symbol(&self, name: &str, why: &str) -> Symbol {
        let mut symbol = self.symbol(&format!("condition.{name}"), why, Class::Any);
        symbol.name = format!("condition {name}").into();
        symbol
    }

    /// An equality that nobody can decide, or its negation, goes by the name of the first condition that states it.
    fn call_it(&self, name: &str, value: Value) -> Value {
        let Kind::Choice(choice) = &value.kind else {
            return value;
        };
        let plain = value == flag(choice.on.clone(), value.span);
        let negated = value == negation(&choice.on, value.span);
        if !(plain || negated) || !choice.on.id.contains("/==/") {
            return value;
        }
        let mut symbol = self.condition_symbol(name, &choice.on.why);
        symbol.test = choice.on.test.clone().filter(|_| plain);
        self.equalities
            .borrow_mut()
            .insert(choice.on.clone(), (symbol.clone(), negated));
        flag(symbol, value.span)
    }

    /// The truth value of a condition function.
    pub(super) fn condition_value(&self, value: &Value) -> Value {
        if !self.shared.budget.enter() {
            return flag(
                self.symbol("limit", "takes more to evaluate than is allowed", Class::Any),
                value.span,
            );
        }
        let result = self.condition_function(value);
        self.shared.budget.leave();
        result
    }

    fn condition_function(&self, value: &Value) -> Value {
        if let Some(map) = value.as_map() {
            if let Some(name) = map.get("Condition").and_then(Value::as_str) {
                return self.condition(name, value.span);
            }
            match intrinsic(map) {
                Some(("Fn::Equals", argument)) => return self.equals(argument, value.span),
                Some(("Fn::Not", argument)) => return self.not(argument, value.span),
                Some(("Fn::And", argument)) => return self.all(argument, true, value.span),
                Some(("Fn::Or", argument)) => return self.all(argument, false, value.span),
                _ => {}
            }
        }
        let evaluated = self.eval(value);
        lift(&[evaluated], WORLDS, &mut |args| match args {
            [v] if v.as_bool().is_some() => v.clone(),
            [v] => match v.as_str() {
                Some("true") => Value::bool(true, v.span),
                Some("false") => Value::bool(false, v.span),
                _ => flag(self.symbol("condition", "is not a condition", Class::Any), value.span),
            },
            _ => value.clone(),
        })
    }

    fn not(&self, argument: &Value, span: Span) -> Value {
        let one = match argument.as_list().map(|l| l.items.as_slice()) {
            Some([one]) => one,
            _ => argument,
        };
        let inner = self.condition_value(one);
        branch(&inner, &Value::bool(false, span), &Value::bool(true, span))
    }

    /// `Fn::And` (`every`) and `Fn::Or`.
    fn all(&self, argument: &Value, every: bool, span: Span) -> Value {
        let Some(items) = self.arguments(argument, 1) else {
            return self.malformed(if every { "Fn::And" } else { "Fn::Or" }, span);
        };
        let mut result = Value::bool(every, span);
        for item in items {
            let item = self.condition_value(item);
            result = lift(&[result, item], WORLDS, &mut |args| {
                let truth = |v: &Value| v.as_bool();
                match args {
                    [a, b] => match (truth(a), truth(b)) {
                        (Some(a), Some(b)) => Value::bool(if every { a && b } else { a || b }, span),
                        (Some(a), None) if a != every => Value::bool(a, span),
                        (None, Some(b)) if b != every => Value::bool(b, span),
                        _ => flag(self.symbol("conditions", "has too many alternatives", Class::Any), span),
                    },
                    _ => Value::bool(every, span),
                }
            });
        }
        result
    }

    fn equals(&self, argument: &Value, span: Span) -> Value {
        let Some([a, b]) = self.arguments(argument, 2).and_then(|items| items.get(..2)) else {
            return self.malformed("Fn::Equals", span);
        };
        let (a, b) = (self.eval(a), self.eval(b));
        lift(&[a, b], WORLDS, &mut |args| match args {
            [a, b] => self.equal(a, b, span),
            _ => Value::bool(false, span),
        })
    }

    fn equal(&self, a: &Value, b: &Value, span: Span) -> Value {
        let empty = |v: &Value| v.is_null().then(|| Text::plain(""));
        let texts = (a.to_text().or_else(|| empty(a)), b.to_text().or_else(|| empty(b)));
        let (Some(left), Some(right)) = texts else {
            return if a == b {
                Value::bool(true, span)
            } else {
                self.undecided((&format!("{a:?}"), &format!("{b:?}")), None, span)
            };
        };
        if left == right {
            Value::bool(true, span)
        } else if left.is_known() && right.is_known() || cannot_equal(&left, &right) || cannot_equal(&right, &left) {
            Value::bool(false, span)
        } else {
            let on = left
                .as_symbol()
                .zip(right.as_str())
                .or(right.as_symbol().zip(left.as_str()));
            let test = on.and_then(|(on, known)| on.is_among(&[known]).test);
            self.undecided((&left.to_string(), &right.to_string()), test, span)
        }
    }

    fn undecided(&self, (a, b): (&str, &str), test: Option<Arc<Test>>, span: Span) -> Value {
        let (a, b) = if a <= b { (b, a) } else { (a, b) };
        let mut symbol = self.symbol(
            &format!("==/{a}/{b}"),
            "depends on a value that is not known",
            Class::Any,
        );
        let bare = a.trim_matches(['\u{27e8}', '\u{27e9}']);
        symbol.name = format!("{bare} == '{b}'").into();
        symbol.test = test;
        match self.equalities.borrow().get(&symbol) {
            Some((named, true)) => negation(named, span),
            Some((named, false)) => flag(named.clone(), span),
            None => flag(symbol, span),
        }
    }

    /// `Fn::If`: one of two values, or a choice of them.
    pub(super) fn if_(&self, argument: &Value, span: Span) -> Value {
        let Some([condition, then, otherwise]) = self.arguments(argument, 3).and_then(|items| items.get(..3)) else {
            return self.malformed("Fn::If", span);
        };
        let condition = match condition.as_str() {
            Some(name) => self.condition(name, condition.span),
            None => self.condition_value(condition),
        };
        match condition.as_bool() {
            Some(true) => self.eval(then),
            Some(false) => self.eval(otherwise),
            None => branch(&condition, &self.eval(then), &self.eval(otherwise)),
        }
    }
}

/// The truth value of what is true iff the condition is not.
fn negation(on: &Symbol, span: Span) -> Value {
    branch(
        &flag(on.clone(), span),
        &Value::bool(false, span),
        &Value::bool(true, span),
    )
}

/// True iff `known` is letters and `other` is one symbol that cannot stand for them.
fn cannot_equal(known: &Text, other: &Text) -> bool {
    let (Some(letters), [Piece::Symbol(symbol)]) = (known.as_str(), other.pieces()) else {
        return false;
    };
    let (least, most) = symbol.class.length();
    let count = letters.chars().count();
    count < least || most.is_some_and(|m| count > m) || letters.chars().any(|c| !symbol.class.may_contain(c))
}
