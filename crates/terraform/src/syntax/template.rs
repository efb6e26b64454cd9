//! Strings, heredocs and bare templates: literals, interpolations, directives and strip markers.

use std::sync::Arc;

use rolecall_source::{Text, TextBuilder};

use super::ast::{Expr, ExprKind, ForPart, IfPart, Part};
use super::cursor::{From, NESTING, Parsed, Parser};

/// What ends a template.
#[derive(Clone, Copy)]
enum End<'s> {
    Quote,
    /// A line that holds this marker and nothing else.
    Marker(&'s str),
    /// The end of the text.
    Text,
}

/// One token of a template.
enum Token {
    Literal(Text),
    Interpolation(Expr),
    If(Expr),
    Else,
    EndIf,
    For(Option<Arc<str>>, Arc<str>, Expr),
    EndFor,
}

/// The tokens so far, and whether the next literal loses its leading space.
#[derive(Default)]
struct Tokens {
    list: Vec<Token>,
    strip_next: bool,
}

impl<'s> Parser<'s> {
    /// A string in double quotes.
    pub(crate) fn quoted(&mut self) -> Parsed<Expr> {
        let start = self.at;
        self.at += 1;
        if let Some(letters) = self.plain_letters() {
            return Ok(Expr::new(ExprKind::Letters(letters.into()), self.since(start)));
        }
        let tokens = self.tokens(End::Quote, false)?;
        self.at += 1;
        let kind = self.template_of(tokens)?;
        Ok(Expr::new(kind, self.since(start)))
    }

    /// The letters up to the closing quote, and steps over it, iff they all stand for themselves.
    fn plain_letters(&mut self) -> Option<&'s str> {
        if !matches!(self.from, From::File(_)) {
            return None;
        }
        let rest = self.src.as_bytes().get(self.at..)?;
        let len = rest
            .iter()
            .position(|b| matches!(b, b'"' | b'\\' | b'$' | b'%' | b'\n'))?;
        if rest.get(len) != Some(&b'"') {
            return None;
        }
        let letters = self.slice(self.at..self.at + len);
        self.at += len + 1;
        Some(letters)
    }

    /// `<<MARKER` or `<<-MARKER`, lines, `MARKER`.
    pub(crate) fn heredoc(&mut self) -> Parsed<Expr> {
        let start = self.at;
        self.at += 2;
        let dedent = self.eat("-");
        let Some(marker) = self.name() else {
            return self.error("expected a marker after `<<`");
        };
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r')) {
            self.at += 1;
        }
        if !self.eat("\n") {
            return self.error(format!("expected a line break after the marker{}", self.found()));
        }
        let mut tokens = self.tokens(End::Marker(marker), dedent)?;
        if dedent {
            remove_indent(&mut tokens);
        }
        let kind = self.template_of(tokens)?;
        Ok(Expr::new(kind, self.since(start)))
    }

    /// The whole text as a template, as in a template file or a string of `.tf.json`.
    pub(crate) fn bare_template(&mut self) -> Parsed<Expr> {
        let start = self.at;
        let tokens = self.tokens(End::Text, false)?;
        let kind = self.template_of(tokens)?;
        Ok(Expr::new(kind, self.since(start)))
    }

    /// The tokens up to `end`. With `by_line`, every line is a literal of its own.
    fn tokens(&mut self, end: End<'_>, by_line: bool) -> Parsed<Vec<Token>> {
        let start = self.at;
        let mut tokens = Tokens::default();
        let mut out = TextBuilder::default();
        let mut run = self.at;
        if self.at_marker(end) {
            return Ok(tokens.list);
        }
        loop {
            self.skip_plain(end);
            match self.peek() {
                None if matches!(end, End::Text) => break,
                None => {
                    self.at = start;
                    return self.error("this text has no end");
                }
                Some(b'"') => break,
                Some(b'\n') if matches!(end, End::Quote) => return self.error("a quoted string must end on its line"),
                Some(b'\n') => {
                    self.at += 1;
                    if by_line {
                        self.flush(&mut out, run);
                        tokens.literal(&mut out);
                        run = self.at;
                    }
                    let line = self.at;
                    if self.at_marker(end) {
                        let after = std::mem::replace(&mut self.at, line);
                        self.flush(&mut out, run);
                        tokens.literal(&mut out);
                        self.at = after;
                        return Ok(tokens.list);
                    }
                }
                Some(b'\\') => {
                    self.flush(&mut out, run);
                    self.escape(&mut out)?;
                    run = self.at;
                }
                Some(sign) if self.byte(1) == Some(sign) && self.byte(2) == Some(b'{') => {
                    self.flush(&mut out, run);
                    out.letters(if sign == b'$' { "${" } else { "%{" }, self.span(self.at..self.at + 3));
                    self.at += 3;
                    run = self.at;
                }
                Some(sign) if self.byte(1) == Some(b'{') => {
                    self.flush(&mut out, run);
                    tokens.literal(&mut out);
                    self.sequence(sign, &mut tokens)?;
                    run = self.at;
                }
                Some(_) => self.at += 1,
            }
        }
        self.flush(&mut out, run);
        tokens.literal(&mut out);
        Ok(tokens.list)
    }

    /// Steps over bytes that mean themselves.
    fn skip_plain(&mut self, end: End<'_>) {
        let rest = self.src.as_bytes().get(self.at..).unwrap_or(&[]);
        let quoted = matches!(end, End::Quote);
        let special = |b: &u8| matches!(b, b'$' | b'%' | b'\n') || quoted && matches!(b, b'"' | b'\\');
        self.at += rest.iter().position(special).unwrap_or(rest.len());
    }

    fn flush(&self, out: &mut TextBuilder, run: usize) {
        if run < self.at {
            self.copy(out, run..self.at);
        }
    }

    /// True iff this line is the end of the heredoc, and steps over the marker.
    fn at_marker(&mut self, end: End<'_>) -> bool {
        let End::Marker(marker) = end else { return false };
        let line = self.rest().split('\n').next().unwrap_or("");
        let found = line.trim() == marker;
        if found {
            self.at += line.trim_end().len();
        }
        found
    }

    fn escape(&mut self, out: &mut TextBuilder) -> Parsed<()> {
        let start = self.at;
        let letter = match self.byte(1) {
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'u') => self.unicode(4)?,
            Some(b'U') => self.unicode(8)?,
            _ => return self.error("this is not an escape: write `\\\\` for a backslash"),
        };
        self.at += 2;
        out.letters(letter.encode_utf8(&mut [0; 4]), self.since(start));
        Ok(())
    }

    /// The letter of `\u` and `digits` digits; leaves the place two bytes before its end.
    fn unicode(&mut self, digits: usize) -> Parsed<char> {
        let hex = self.slice(self.at + 2..self.at + 2 + digits);
        match u32::from_str_radix(hex, 16).ok().filter(|_| hex.len() == digits) {
            Some(code) => {
                self.at += digits;
                Ok(char::from_u32(code).unwrap_or('\u{FFFD}'))
            }
            None => self.error(format!("expected {digits} hexadecimal digits")),
        }
    }

    /// `${ … }` or `%{ … }`.
    fn sequence(&mut self, sign: u8, tokens: &mut Tokens) -> Parsed<()> {
        self.at += 2;
        if self.eat("~") {
            tokens.strip_last();
        }
        let token = self.with_free(true, |p| {
            let token = if sign == b'$' {
                Token::Interpolation(p.expression()?)
            } else {
                p.directive()?
            };
            p.space();
            Ok(token)
        })?;
        tokens.list.push(token);
        tokens.strip_next = self.eat("~");
        self.expect("}")
    }

    fn directive(&mut self) -> Parsed<Token> {
        self.space();
        let here = self.at;
        match self.name() {
            Some("if") => Ok(Token::If(self.expression()?)),
            Some("else") => Ok(Token::Else),
            Some("endif") => Ok(Token::EndIf),
            Some("endfor") => Ok(Token::EndFor),
            Some("for") => {
                self.at = here;
                let (key, value, collection) = self.for_header()?;
                Ok(Token::For(key, value, collection))
            }
            _ => self.error(format!(
                "expected `if`, `else`, `endif`, `for` or `endfor`{}",
                self.found()
            )),
        }
    }

    fn template_of(&self, tokens: Vec<Token>) -> Parsed<ExprKind> {
        let mut parts = match self.parts_of(tokens) {
            Ok(parts) => parts,
            Err(message) => return self.error(message),
        };
        if parts.len() > 1 {
            parts.shrink_to_fit();
            return Ok(ExprKind::Template(parts));
        }
        Ok(match parts.pop() {
            None => ExprKind::Text(Text::plain("")),
            Some(Part::Literal(text)) => ExprKind::Text(text),
            Some(part) => ExprKind::Template(vec![part]),
        })
    }

    fn parts_of(&self, tokens: Vec<Token>) -> Result<Vec<Part>, &'static str> {
        let mut open: Vec<Open> = Vec::new();
        let mut now = Vec::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                Token::Literal(text) => {
                    let next = || tokens.next_if(|t| matches!(t, Token::Literal(_)));
                    push_literals(&mut now, text, next);
                }
                Token::Interpolation(e) => now.push(Part::Interpolation(e)),
                Token::If(condition) => open.push(Open::Then(condition, std::mem::take(&mut now))),
                Token::For(k, v, c) => open.push(Open::For(k, v, c, std::mem::take(&mut now))),
                Token::Else => match open.pop() {
                    Some(Open::Then(c, outer)) => open.push(Open::Otherwise(c, std::mem::take(&mut now), outer)),
                    _ => return Err("this template has `else` without `if`"),
                },
                Token::EndIf | Token::EndFor => {
                    let ends_for = matches!(token, Token::EndFor);
                    let last = open.pop().filter(|o| matches!(o, Open::For(..)) == ends_for);
                    let last = last.ok_or("this template ends a directive that is not open")?;
                    now = last.close(now);
                }
            }
            if open.len() + self.depth > NESTING {
                return Err("this template is nested too deep");
            }
        }
        if open.is_empty() {
            Ok(now)
        } else {
            Err("this template has a directive without an end")
        }
    }
}

/// Adds a literal and those that follow it as one part.
fn push_literals(parts: &mut Vec<Part>, first: Text, mut next: impl FnMut() -> Option<Token>) {
    let mut text = first;
    if let Some(Token::Literal(second)) = next() {
        let mut out = TextBuilder::default();
        out.text(&text);
        out.text(&second);
        while let Some(Token::Literal(more)) = next() {
            out.text(&more);
        }
        text = out.finish();
    }
    if !text.is_empty() {
        parts.push(Part::Literal(text));
    }
}

/// A directive that has begun, with the parts around it.
enum Open {
    Then(Expr, Vec<Part>),
    Otherwise(Expr, Vec<Part>, Vec<Part>),
    For(Option<Arc<str>>, Arc<str>, Expr, Vec<Part>),
}

impl Open {
    /// The parts around the directive, with the directive, whose last parts are `inner`.
    fn close(self, inner: Vec<Part>) -> Vec<Part> {
        let when = |condition, then, otherwise| {
            Part::If(Box::new(IfPart {
                condition,
                then,
                otherwise,
            }))
        };
        let (part, mut outer) = match self {
            Self::Then(condition, outer) => (when(condition, inner, Vec::new()), outer),
            Self::Otherwise(condition, then, outer) => (when(condition, then, inner), outer),
            Self::For(key_name, value_name, collection, outer) => {
                let node = ForPart {
                    key_name,
                    value_name,
                    collection,
                    body: inner,
                };
                (Part::For(Box::new(node)), outer)
            }
        };
        outer.push(part);
        outer
    }
}

impl Tokens {
    fn literal(&mut self, out: &mut TextBuilder) {
        let strip = std::mem::take(&mut self.strip_next);
        if out.is_empty() {
            return;
        }
        let text = std::mem::take(out).finish();
        self.list
            .push(Token::Literal(if strip { trim_start(&text) } else { text }));
    }

    fn strip_last(&mut self) {
        if let Some(Token::Literal(text)) = self.list.last_mut() {
            let (flat, _) = text.flat();
            let line = flat.rfind('\n').map_or(0, |i| i + 1);
            let keep = flat.get(line..).map_or(0, |l| l.trim_end().len());
            *text = text.slice(0..line + keep);
        }
    }
}

/// Without the white space at its start, up to the end of the first line.
fn trim_start(text: &Text) -> Text {
    let (flat, _) = text.flat();
    let first = flat.split_inclusive('\n').next().unwrap_or("");
    text.slice(first.len() - first.trim_start().len()..flat.len())
}

/// Takes the smallest indentation off every line that is not blank.
fn remove_indent(tokens: &mut [Token]) {
    let mut least = usize::MAX;
    let mut lines = Vec::new();
    let mut line_begins = true;
    for (at, token) in tokens.iter().enumerate() {
        let flat = match token {
            Token::Literal(text) => Some(text.flat().0),
            _ => None,
        };
        if std::mem::take(&mut line_begins) {
            match &flat {
                Some(f) if f.trim_start().is_empty() && f.ends_with('\n') => {}
                Some(f) => {
                    least = least.min(f.chars().take_while(|c| c.is_whitespace()).count());
                    lines.push(at);
                }
                None => least = 0,
            }
        }
        line_begins = flat.is_some_and(|f| f.ends_with('\n'));
    }
    for at in lines {
        if let Some(Token::Literal(text)) = tokens.get_mut(at) {
            let (flat, _) = text.flat();
            let cut: usize = flat.chars().take(least).map(char::len_utf8).sum();
            *text = text.slice(cut..flat.len());
        }
    }
}
