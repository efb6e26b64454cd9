//! Expressions, after the [HCL native syntax specification](https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md).

use std::sync::Arc;

use rolecall_source::{Number, Span};

use super::ast::{Call, Chain, Expr, ExprKind, For, Item, Operator, Root, Step, Traversal, Unary};
use super::cursor::{Parsed, Parser};

/// Most digits of a number, and the largest power of ten in one.
const DIGITS: usize = 4_096;

impl<'s> Parser<'s> {
    /// An expression.
    pub(crate) fn expression(&mut self) -> Parsed<Expr> {
        self.nested(Self::conditional)
    }

    fn conditional(&mut self) -> Parsed<Expr> {
        self.space();
        let start = self.at;
        let condition = self.operation(0)?;
        self.space();
        if !self.eat("?") {
            return Ok(condition);
        }
        let then = self.expression()?;
        self.space();
        self.expect(":")?;
        let otherwise = self.expression()?;
        let kind = ExprKind::Conditional(Box::new([condition, then, otherwise]));
        Ok(Expr::new(kind, self.since(start)))
    }

    /// Operators that bind at least as tightly as `level`.
    fn operation(&mut self, level: u8) -> Parsed<Expr> {
        self.space();
        let start = self.at;
        let mut left = self.unary()?;
        while let Some(first) = self.operator().filter(|o| o.precedence() >= level) {
            let own = first.precedence();
            let mut rest = Vec::new();
            while let Some(operator) = self.operator().filter(|o| o.precedence() == own) {
                self.step_over(operator);
                rest.push((operator, self.operation(own + 1)?));
            }
            rest.shrink_to_fit();
            let kind = ExprKind::Binary(Box::new(Chain { first: left, rest }));
            left = Expr::new(kind, self.since(start));
        }
        Ok(left)
    }

    /// The operator that is next, without stepping over it.
    fn operator(&mut self) -> Option<Operator> {
        self.space();
        Some(match (self.peek()?, self.byte(1)) {
            (b'|', Some(b'|')) => Operator::Or,
            (b'&', Some(b'&')) => Operator::And,
            (b'=', Some(b'=')) => Operator::Equal,
            (b'!', Some(b'=')) => Operator::NotEqual,
            (b'<', Some(b'=')) => Operator::LessEqual,
            (b'<', _) => Operator::Less,
            (b'>', Some(b'=')) => Operator::GreaterEqual,
            (b'>', _) => Operator::Greater,
            (b'+', _) => Operator::Add,
            (b'-', _) => Operator::Subtract,
            (b'*', _) => Operator::Multiply,
            (b'/', _) => Operator::Divide,
            (b'%', next) if next != Some(b'{') => Operator::Remainder,
            _ => return None,
        })
    }

    fn step_over(&mut self, operator: Operator) {
        let single = matches!(
            operator,
            Operator::Less
                | Operator::Greater
                | Operator::Add
                | Operator::Subtract
                | Operator::Multiply
                | Operator::Divide
                | Operator::Remainder
        );
        self.at += if single { 1 } else { 2 };
    }

    fn unary(&mut self) -> Parsed<Expr> {
        self.space();
        let start = self.at;
        let operator = match self.peek() {
            Some(b'!') => Unary::Not,
            Some(b'-') => Unary::Negate,
            _ => return self.postfix(),
        };
        self.at += 1;
        let operand = self.nested(Self::unary)?;
        Ok(Expr::new(
            ExprKind::Unary(operator, Box::new(operand)),
            self.since(start),
        ))
    }

    fn postfix(&mut self) -> Parsed<Expr> {
        let start = self.at;
        let root = self.term()?;
        let mut steps = Vec::new();
        while let Some(step) = self.step()? {
            steps.push(step);
        }
        if steps.is_empty() {
            return Ok(root);
        }
        let root = match root.kind {
            ExprKind::Traversal(t) if t.steps.is_empty() => t.root,
            kind => Root::Expr(Expr::new(kind, root.span)),
        };
        steps.shrink_to_fit();
        let kind = ExprKind::Traversal(Box::new(Traversal { root, steps }));
        Ok(Expr::new(kind, self.since(start)))
    }

    fn step(&mut self) -> Parsed<Option<Step>> {
        self.space();
        match self.peek() {
            Some(b'.') if self.byte(1) != Some(b'.') => {
                self.at += 1;
                self.space();
                self.after_dot().map(Some)
            }
            Some(b'[') => {
                self.at += 1;
                self.with_free(true, Self::index).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn after_dot(&mut self) -> Parsed<Step> {
        if self.eat("*") {
            return Ok(Step::AttributeSplat);
        }
        let digits = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > digits {
            let number = self.number_between(digits, self.at)?;
            return Ok(Step::Index(number));
        }
        match self.name() {
            Some(name) => Ok(Step::Attribute(self.interned(name))),
            None => self.error(format!("expected a name after `.`{}", self.found())),
        }
    }

    fn index(&mut self) -> Parsed<Step> {
        self.space();
        let here = self.at;
        if self.eat("*") {
            self.space();
            if self.eat("]") {
                return Ok(Step::FullSplat);
            }
            self.at = here;
        }
        let key = self.expression()?;
        self.space();
        self.expect("]")?;
        Ok(Step::Index(key))
    }

    fn term(&mut self) -> Parsed<Expr> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'<') if self.starts("<<") => self.heredoc(),
            Some(b'(') => {
                self.at += 1;
                let inner = self.with_free(true, |p| {
                    let inner = p.expression()?;
                    p.space();
                    p.expect(")").map(|()| inner)
                })?;
                Ok(Expr::new(ExprKind::Parens(Box::new(inner)), self.since(start)))
            }
            Some(b'[') => {
                self.at += 1;
                self.with_free(true, |p| p.tuple(start))
            }
            Some(b'{') => {
                self.at += 1;
                self.object_or_for(start)
            }
            Some(b'0'..=b'9') => self.number(),
            _ => self.name_or_call(),
        }
    }

    fn number(&mut self) -> Parsed<Expr> {
        let start = self.at;
        self.digits();
        if self.peek() == Some(b'.') && self.byte(1).is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.byte(1), Some(b'+' | b'-')));
            if self.byte(1 + sign).is_some_and(|b| b.is_ascii_digit()) {
                self.at += 1 + sign;
                self.digits();
            }
        }
        self.number_between(start, self.at)
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn number_between(&self, start: usize, end: usize) -> Parsed<Expr> {
        let literal = self.slice(start..end);
        let exponent = literal.find(['e', 'E']).and_then(|i| literal.get(i + 1..));
        let fits = exponent.is_none_or(|e| e.parse::<i64>().is_ok_and(|e| e.unsigned_abs() <= DIGITS as u64));
        let span = self.span(start..end);
        match Number::parse(literal).filter(|_| fits && literal.len() <= DIGITS) {
            Some(n) => Ok(Expr::new(ExprKind::Number(n), span)),
            None => self.error("this number is too large to read"),
        }
    }

    fn name_or_call(&mut self) -> Parsed<Expr> {
        let start = self.at;
        let Some(name) = self.name() else {
            return self.error(format!("expected an expression{}", self.found()));
        };
        let word = self.since(start);
        while self.starts("::") {
            self.at += 2;
            if self.name().is_none() {
                return self.error("expected a name after `::`");
            }
        }
        let full = self.slice(start..self.at);
        let after = self.at;
        self.space();
        if self.eat("(") {
            return self.with_free(true, |p| p.call(full, start));
        }
        self.at = after;
        let kind = match name {
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            "null" => ExprKind::Null,
            _ => ExprKind::Traversal(Box::new(Traversal {
                root: Root::Name(self.interned(full)),
                steps: Vec::new(),
            })),
        };
        Ok(Expr::new(kind, word))
    }

    fn call(&mut self, name: &'s str, start: usize) -> Parsed<Expr> {
        let (mut arguments, mut expand) = (Vec::new(), false);
        loop {
            self.space();
            if self.eat(")") {
                break;
            }
            arguments.push(self.expression()?);
            self.space();
            if self.eat("...") {
                expand = true;
                self.space();
                self.eat(",");
                self.space();
                self.expect(")")?;
                break;
            }
            if !self.eat(",") {
                self.expect(")")?;
                break;
            }
        }
        arguments.shrink_to_fit();
        let call = Call {
            name: self.interned(name),
            arguments,
            expand,
        };
        Ok(Expr::new(ExprKind::Call(Box::new(call)), self.since(start)))
    }

    fn tuple(&mut self, start: usize) -> Parsed<Expr> {
        self.space();
        if self.at_for() {
            return self.for_expression(start, false);
        }
        let mut items = Vec::new();
        loop {
            self.space();
            if self.eat("]") {
                break;
            }
            let item = self.at;
            items.push(self.expression()?);
            self.entry(item);
            self.space();
            if !self.eat(",") {
                self.expect("]")?;
                break;
            }
        }
        items.shrink_to_fit();
        Ok(Expr::new(ExprKind::List(items), self.since(start)))
    }

    /// True iff `for` and a name follow: the start of a for-expression.
    fn at_for(&mut self) -> bool {
        let here = self.at;
        let found = self.name() == Some("for") && {
            self.lines();
            self.name().is_some()
        };
        self.at = here;
        found
    }

    fn object_or_for(&mut self, start: usize) -> Parsed<Expr> {
        let here = self.at;
        self.lines();
        if self.at_for() {
            return self.with_free(true, |p| p.for_expression(start, true));
        }
        self.at = here;
        self.with_free(false, |p| p.object(start))
    }

    fn object(&mut self, start: usize) -> Parsed<Expr> {
        let mut items = Vec::new();
        loop {
            self.lines();
            if self.eat("}") {
                break;
            }
            let item = self.at;
            let key = self.object_key()?;
            self.space();
            if !(self.eat("=") || self.eat(":")) {
                return self.error(format!("expected `=` after the key{}", self.found()));
            }
            self.lines();
            items.push(Item {
                key,
                value: self.expression()?,
            });
            self.entry(item);
            self.space();
            if !self.eat(",") && !matches!(self.peek(), Some(b'\n' | b'}')) {
                return self.error(format!("expected a line break, `,` or `}}`{}", self.found()));
            }
        }
        items.shrink_to_fit();
        Ok(Expr::new(ExprKind::Object(items), self.since(start)))
    }

    /// A key: a bare name stands for itself.
    fn object_key(&mut self) -> Parsed<Expr> {
        let key = self.expression()?;
        let name = match &key.kind {
            ExprKind::Traversal(t) if t.steps.is_empty() => match &t.root {
                Root::Name(name) => Some(Arc::clone(name)),
                Root::Expr(_) => None,
            },
            ExprKind::Bool(true) => Some("true".into()),
            ExprKind::Bool(false) => Some("false".into()),
            ExprKind::Null => Some("null".into()),
            _ => None,
        };
        Ok(match name {
            Some(name) => text(&name, key.span),
            None => key,
        })
    }

    fn for_expression(&mut self, start: usize, object: bool) -> Parsed<Expr> {
        let close = if object { "}" } else { "]" };
        let (key_name, value_name, collection) = self.for_header()?;
        self.space();
        self.expect(":")?;
        let mut value = self.expression()?;
        self.space();
        let mut key = None;
        if object {
            self.expect("=>")?;
            key = Some(std::mem::replace(&mut value, self.expression()?));
            self.space();
        }
        let group = object && self.eat("...");
        self.space();
        let condition = if self.at_word("if") {
            Some(self.expression()?)
        } else {
            None
        };
        self.space();
        self.expect(close)?;
        let node = For {
            key_name,
            value_name,
            collection,
            key,
            value,
            condition,
            group,
        };
        Ok(Expr::new(ExprKind::For(Box::new(node)), self.since(start)))
    }

    /// `for k, v in collection`
    pub(crate) fn for_header(&mut self) -> Parsed<(Option<Arc<str>>, Arc<str>, Expr)> {
        self.space();
        if !self.at_word("for") {
            return self.error("expected `for`");
        }
        let mut value = self.loop_name()?;
        let mut key = None;
        self.space();
        if self.eat(",") {
            key = Some(std::mem::replace(&mut value, self.loop_name()?));
        }
        self.space();
        if !self.at_word("in") {
            return self.error(format!("expected `in`{}", self.found()));
        }
        Ok((key, value, self.expression()?))
    }

    fn loop_name(&mut self) -> Parsed<Arc<str>> {
        self.space();
        match self.name() {
            Some(name) => Ok(name.into()),
            None => self.error(format!("expected a name{}", self.found())),
        }
    }

    /// Steps over `word` iff it is the next name.
    pub(crate) fn at_word(&mut self, word: &str) -> bool {
        let here = self.at;
        let found = self.name() == Some(word);
        if !found {
            self.at = here;
        }
        found
    }
}

/// A string that was written as a bare name.
fn text(name: &str, span: Span) -> Expr {
    Expr::new(ExprKind::Letters(name.into()), span)
}
