//! The place in the text being parsed: bytes, spaces, comments, names.

use std::ops::Range;
use std::sync::Arc;

use rolecall_facts::Commented;
use rolecall_source::{FileId, Span, Text, TextBuilder};
use rustc_hash::FxHashMap;

/// Deepest nesting of expressions, blocks and templates.
pub(crate) const NESTING: usize = 200;

/// Where the text that is parsed comes from.
#[derive(Clone, Copy)]
pub(crate) enum From<'s> {
    /// A file, byte by byte.
    File(FileId),
    /// A text that knows where it was written, perhaps with symbols; the parser sees it flat.
    Text(&'s Text),
}

/// Why something is not HCL, and where.
#[derive(Clone, Debug)]
pub(crate) struct SyntaxError {
    /// A clause.
    pub(crate) message: String,
    /// Offset in the text.
    pub(crate) at: usize,
}

/// A result of parsing.
pub(crate) type Parsed<T> = Result<T, SyntaxError>;

/// A parser: a text and a place in it.
pub(crate) struct Parser<'s> {
    pub(crate) src: &'s str,
    pub(crate) at: usize,
    pub(crate) from: From<'s>,
    pub(crate) depth: usize,
    /// True inside brackets where line breaks mean nothing.
    pub(crate) free: bool,
    /// Errors that were recovered from.
    pub(crate) errors: Vec<SyntaxError>,
    /// Comments, and what they may speak for, in a file in which one may.
    pub(crate) commented: Option<Commented>,
    names: FxHashMap<&'s str, Arc<str>>,
}

impl<'s> Parser<'s> {
    pub(crate) fn new(src: &'s str, from: From<'s>) -> Self {
        Self {
            src,
            at: 0,
            from,
            depth: 0,
            free: false,
            errors: Vec::new(),
            commented: None,
            names: FxHashMap::default(),
        }
    }

    /// A name; equal names share their letters.
    pub(crate) fn interned(&mut self, name: &'s str) -> Arc<str> {
        Arc::clone(self.names.entry(name).or_insert_with(|| name.into()))
    }

    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        match self.from {
            From::File(file) => Span::at(file, range),
            From::Text(text) => text.span_of(range),
        }
    }

    /// The span from `start` to here.
    pub(crate) fn since(&self, start: usize) -> Span {
        self.span(start..self.at)
    }

    /// Appends the letters of `range` as they stand.
    pub(crate) fn copy(&self, out: &mut TextBuilder, range: Range<usize>) {
        match self.from {
            From::File(file) => out.letters(self.slice(range.clone()), Span::at(file, range)),
            From::Text(text) => out.text(&text.slice(range)),
        }
    }

    pub(crate) fn slice(&self, range: Range<usize>) -> &'s str {
        self.src.get(range).unwrap_or("")
    }

    pub(crate) fn rest(&self) -> &'s str {
        self.src.get(self.at..).unwrap_or("")
    }

    pub(crate) fn byte(&self, ahead: usize) -> Option<u8> {
        self.src.as_bytes().get(self.at + ahead).copied()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.byte(0)
    }

    pub(crate) fn starts(&self, with: &str) -> bool {
        self.src
            .as_bytes()
            .get(self.at..)
            .is_some_and(|b| b.starts_with(with.as_bytes()))
    }

    /// Steps over `text` iff it is next.
    pub(crate) fn eat(&mut self, text: &str) -> bool {
        let found = self.starts(text);
        if found {
            self.at += text.len();
        }
        found
    }

    pub(crate) fn error<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(SyntaxError {
            message: message.into(),
            at: self.at,
        })
    }

    pub(crate) fn expect(&mut self, text: &str) -> Parsed<()> {
        if self.eat(text) {
            Ok(())
        } else {
            self.error(format!("expected `{text}`{}", self.found()))
        }
    }

    /// What stands here, for messages.
    pub(crate) fn found(&self) -> String {
        match self.rest().chars().next() {
            None => ", found the end".into(),
            Some('\n' | '\r') => ", found the end of the line".into(),
            Some(c) => format!(", found `{c}`"),
        }
    }

    /// Steps over spaces and comments, and over line breaks where they mean nothing.
    pub(crate) fn space(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                Some(b'\n') if self.free => self.at += 1,
                Some(b'#') => self.skip_line(),
                Some(b'/') if self.byte(1) == Some(b'/') => self.skip_line(),
                Some(b'/') if self.byte(1) == Some(b'*') => self.block_comment(),
                _ => return,
            }
        }
    }

    /// Steps over spaces, comments and line breaks.
    pub(crate) fn lines(&mut self) {
        let free = std::mem::replace(&mut self.free, true);
        self.space();
        self.free = free;
    }

    pub(crate) fn skip_line(&mut self) {
        let start = self.at;
        let rest = self.src.as_bytes().get(self.at..).unwrap_or(&[]);
        self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        self.comment(start);
    }

    /// Keeps the comment from `start` to here.
    fn comment(&mut self, start: usize) {
        let range = start..self.at;
        if let Some(commented) = &mut self.commented {
            commented.comments.push(range);
        }
    }

    /// Keeps what stands from `start` to here as something that a comment may speak for.
    pub(crate) fn entry(&mut self, start: usize) {
        let range = start..self.at;
        if let Some(commented) = &mut self.commented {
            commented.entries.push(range);
        }
    }

    fn block_comment(&mut self) {
        match self.rest().get(2..).and_then(|t| t.find("*/")) {
            Some(n) => {
                let start = self.at;
                self.at += n + 4;
                self.comment(start);
            }
            None => {
                self.errors.push(SyntaxError {
                    message: "this comment has no end".into(),
                    at: self.at,
                });
                self.at = self.src.len();
            }
        }
    }

    /// The name here, if one begins here.
    pub(crate) fn name(&mut self) -> Option<&'s str> {
        let start = self.at;
        let mut chars = self.rest().char_indices();
        let (_, first) = chars.next()?;
        if !(first.is_alphabetic() || first == '_') {
            return None;
        }
        let len = chars
            .find(|(_, c)| !(c.is_alphanumeric() || *c == '_' || *c == '-' || is_mark(*c)))
            .map_or(self.rest().len(), |(i, _)| i);
        self.at += len;
        Some(self.slice(start..self.at))
    }

    /// Runs `parse` one level deeper.
    pub(crate) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= NESTING {
            return self.error(format!("nested deeper than {NESTING} levels"));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// Runs `parse` with line breaks meaning nothing (or something), then as before.
    pub(crate) fn with_free<T>(&mut self, free: bool, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let before = std::mem::replace(&mut self.free, free);
        let result = parse(self);
        self.free = before;
        result
    }
}

/// True iff `c` is a mark that may continue a name, as in the languages that write with combining marks.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}' | '\u{203f}' | '\u{b7}'
    )
}
