//! Bodies and blocks, with recovery: an error costs the attribute or block it is in.

use std::sync::Arc;

use super::ast::{Attribute, Block, Body, Expr, ExprKind};
use super::cursor::{Parsed, Parser, SyntaxError};

/// Words that begin a block at the start of a line; where one stands, no recovery steps over it.
const TOP_LEVEL: [&str; 9] = [
    "resource",
    "data",
    "module",
    "variable",
    "locals",
    "output",
    "provider",
    "terraform",
    "moved",
];

impl<'s> Parser<'s> {
    /// A whole file. Errors are in `errors`.
    pub(crate) fn file(&mut self) -> Body {
        self.eat("\u{feff}");
        let mut body = Body::default();
        loop {
            self.items(&mut body);
            if self.rest().is_empty() {
                return body;
            }
            // A bracket that closes nothing.
            let error = self.error::<()>(format!("expected a block or an attribute{}", self.found()));
            self.errors.extend(error.err());
            self.at += 1;
        }
    }

    /// Attributes and blocks up to `}` or the end.
    fn items(&mut self, body: &mut Body) {
        loop {
            self.lines();
            if matches!(self.peek(), None | Some(b'}')) {
                return;
            }
            let start = self.at;
            let result = self.item(body);
            self.entry(start);
            if let Err(error) = result {
                self.at = self.at.max(start);
                self.errors.push(error);
                self.recover();
                if self.at == start {
                    self.at += self.rest().chars().next().map_or(1, char::len_utf8);
                }
                if self.depth > 0 && self.at_top_level() {
                    return;
                }
            }
        }
    }

    fn item(&mut self, body: &mut Body) -> Parsed<()> {
        let start = self.at;
        let quoted = self.peek() == Some(b'"');
        let name: Arc<str> = match self.name() {
            Some(name) => self.interned(name),
            None if quoted => self.label()?,
            None => return self.error(format!("expected a block or an attribute{}", self.found())),
        };
        let name_span = self.since(start);
        self.space();
        if self.peek() == Some(b'=') && self.byte(1) != Some(b'=') {
            self.at += 1;
            self.attribute(name, name_span, body)
        } else if quoted {
            self.error("expected `=` after the name")
        } else {
            self.block(name, start, body)
        }
    }

    fn attribute(&mut self, name: Arc<str>, name_span: rolecall_source::Span, body: &mut Body) -> Parsed<()> {
        let start = self.at;
        let value = self.expression().and_then(|value| self.end_of_item().map(|()| value));
        let (value, result) = match value {
            Ok(value) => (value, Ok(())),
            Err(error) => (Expr::new(ExprKind::Invalid, self.since(start)), Err(error)),
        };
        body.attributes.push(Attribute { name, name_span, value });
        result
    }

    /// After an attribute or block: the end of the line, the block or the file.
    fn end_of_item(&mut self) -> Parsed<()> {
        self.space();
        match self.peek() {
            None | Some(b'\n' | b'}') => Ok(()),
            _ => self.error(format!("expected the end of the line{}", self.found())),
        }
    }

    fn block(&mut self, kind: Arc<str>, start: usize, body: &mut Body) -> Parsed<()> {
        let mut labels = Vec::new();
        let mut end = self.at;
        while self.peek() != Some(b'{') {
            labels.push(self.label()?);
            end = self.at;
            self.space();
        }
        let header = self.span(start..self.src.get(start..end).map_or(end, |t| start + t.trim_end().len()));
        self.at += 1;
        let mut inner = Body::default();
        let open = self.at;
        let result = self.nested(|p| {
            p.with_free(false, |p| {
                p.items(&mut inner);
                Ok(())
            })
        });
        inner.attributes.shrink_to_fit();
        inner.blocks.shrink_to_fit();
        labels.shrink_to_fit();
        body.blocks.push(Block {
            kind,
            labels,
            body: inner.into(),
            header,
        });
        result?;
        if !self.eat("}") {
            let at_end = self.rest().is_empty();
            let at = if at_end { open - 1 } else { self.at };
            let message = if at_end {
                "this block has no end"
            } else {
                "the block before this one has no end"
            };
            self.errors.push(SyntaxError {
                message: message.into(),
                at,
            });
            return Ok(());
        }
        self.end_of_item()
    }

    /// The content of a block up to its end; errors are in `errors`.
    pub(crate) fn content(&mut self) -> Body {
        let mut body = Body::default();
        self.depth += 1;
        self.items(&mut body);
        self.depth -= 1;
        body.attributes.shrink_to_fit();
        body.blocks.shrink_to_fit();
        body
    }

    pub(crate) fn label(&mut self) -> Parsed<Arc<str>> {
        if self.peek() == Some(b'"') {
            let expr = self.quoted()?;
            return match expr.as_str() {
                Some(s) => Ok(s.into()),
                None => self.error("a label must be plain text"),
            };
        }
        match self.name() {
            Some(name) => Ok(name.into()),
            None => self.error(format!("expected `=` or `{{`{}", self.found())),
        }
    }

    /// Steps over the rest of a broken item: to the end of the line on which its brackets are closed, or to a line
    /// that begins a top-level block.
    fn recover(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => {
                    if depth == 0 {
                        return;
                    }
                    self.at += 1;
                    if self.at_top_level() {
                        return;
                    }
                }
                b'{' | b'[' | b'(' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' | b')' => {
                    if depth == 0 && byte == b'}' {
                        return;
                    }
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                b'"' => self.skip_quoted(),
                b'<' if self.starts("<<") => self.skip_heredoc(),
                b'#' => self.skip_line(),
                b'/' if matches!(self.byte(1), Some(b'/' | b'*')) => self.space(),
                _ => self.at += 1,
            }
        }
    }

    /// True iff a line begins here with a word that begins a top-level block, and a label or brace.
    fn at_top_level(&mut self) -> bool {
        let here = self.at;
        let line_begins = here == 0 || self.src.as_bytes().get(here - 1) == Some(&b'\n');
        let found = line_begins && self.name().is_some_and(|n| TOP_LEVEL.contains(&n)) && {
            while self.peek() == Some(b' ') {
                self.at += 1;
            }
            matches!(self.peek(), Some(b'"' | b'{'))
        };
        self.at = here;
        found
    }

    fn skip_quoted(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => return,
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }

    fn skip_heredoc(&mut self) {
        let here = self.at;
        self.at += 2;
        self.eat("-");
        let Some(marker) = self.name() else { return };
        let mut at = self.at;
        for line in self.rest().split_inclusive('\n').skip(1) {
            at += line.len();
            if line.trim() == marker {
                self.at = at.saturating_sub(usize::from(line.ends_with('\n')));
                return;
            }
        }
        self.at = here + 2;
    }
}
