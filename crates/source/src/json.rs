//! JSON whose text may have holes: a heredoc with `${…}` in it is still a document, with symbols where the holes are.
//!
//! [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), strictly, but for a byte order mark at the start. Every value
//! and key keeps the span it was written at.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::{Encoded, Entry, FileId, Kind, List, Map, Number, Span, Symbol, Text, TextBuilder, Value, limits};

/// Why a text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong, as a clause: "expected `,` or `}`".
    pub message: String,
    /// Where.
    pub span: Span,
}

/// A document and the keys that stood twice in one object (the last value is kept).
#[derive(Clone, Debug)]
pub struct Document {
    /// The document.
    pub value: Value,
    /// Spans of keys that stood in their object before.
    pub duplicate_keys: Vec<Span>,
}

/// Reads a file.
///
/// # Errors
/// The first place that is not JSON.
pub fn read_file(text: &str, file: FileId) -> Result<Document, Error> {
    let span = |range: Range<usize>| Span::at(file, range);
    Reader::new(text, &[], &span).document()
}

/// Reads a text, holes and all: a hole inside a string is a symbol in it, a hole elsewhere an unknown value.
///
/// # Errors
/// The first place that is not JSON, whatever the holes stand for.
pub fn read_text(text: &Text) -> Result<Document, Error> {
    let (flat, holes) = text.flat();
    let span = |range: Range<usize>| text.span_of(range);
    Reader::new(&flat, &holes, &span).document()
}

/// Reads a text as UTF-8 JSON iff its first letter that is not white space could begin an object or list.
#[must_use]
pub fn looks_like_json(text: &str) -> bool {
    matches!(
        text.trim_start_matches('\u{feff}').trim_start().as_bytes().first(),
        Some(b'{' | b'[')
    )
}

struct Reader<'a> {
    text: &'a str,
    holes: &'a [(usize, Symbol)],
    span: &'a dyn Fn(Range<usize>) -> Span,
    at: usize,
    depth: usize,
    duplicate_keys: Vec<Span>,
}

type Result2<T> = Result<T, Error>;

impl<'a> Reader<'a> {
    fn new(text: &'a str, holes: &'a [(usize, Symbol)], span: &'a dyn Fn(Range<usize>) -> Span) -> Self {
        let at = if text.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        Self {
            text,
            holes,
            span,
            at,
            depth: 0,
            duplicate_keys: Vec::new(),
        }
    }

    fn document(mut self) -> Result2<Document> {
        let value = self.value()?;
        self.space();
        if self.at < self.text.len() {
            return Err(self.error("expected the end of the document"));
        }
        Ok(Document {
            value,
            duplicate_keys: self.duplicate_keys,
        })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn error(&self, message: &str) -> Error {
        let len = self
            .text
            .get(self.at..)
            .and_then(|t| t.chars().next())
            .map_or(0, char::len_utf8);
        Error {
            message: message.to_owned(),
            span: (self.span)(self.at..self.at + len),
        }
    }

    /// The symbol of the hole at the current place, and steps over it.
    fn hole(&mut self) -> Option<Symbol> {
        let at = self.holes.binary_search_by_key(&self.at, |h| h.0).ok()?;
        self.at += Text::HOLE.len_utf8();
        self.holes.get(at).map(|h| h.1.clone())
    }

    fn value(&mut self) -> Result2<Value> {
        self.space();
        let from = self.at;
        if let Some(symbol) = self.hole() {
            return Ok(Value::unknown(symbol, (self.span)(from..self.at)));
        }
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(|t| Value::text(t, (self.span)(from..self.at))),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Kind::Bool(true)),
            Some(b'f') => self.word("false", Kind::Bool(false)),
            Some(b'n') => self.word("null", Kind::Null),
            Some(_) => Err(self.error("expected a JSON value")),
            None => Err(self.error("expected a JSON value before the end")),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result2<Kind>) -> Result2<Value> {
        if self.depth >= limits::NESTING {
            return Err(self.error(&format!("nested deeper than {} levels", limits::NESTING)));
        }
        let from = self.at;
        self.depth += 1;
        let kind = read(self)?;
        self.depth -= 1;
        Ok(Value::new(kind, (self.span)(from..self.at)))
    }

    fn object(&mut self) -> Result2<Kind> {
        let mut entries = IndexMap::new();
        let mut open = None;
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Kind::Map(Map::default()));
        }
        loop {
            self.space();
            let from = self.at;
            if let Some(symbol) = self.hole() {
                open = Some(symbol);
            } else if self.peek() == Some(b'"') {
                let key = self.string()?;
                let key_span = (self.span)(from..self.at);
                self.space();
                if self.peek() != Some(b':') {
                    return Err(self.error("expected `:`"));
                }
                self.at += 1;
                let value = self.value()?;
                if entries.insert(key, Entry { key_span, value }).is_some() {
                    self.duplicate_keys.push(key_span);
                }
            } else {
                return Err(self.error("expected a key in double quotes"));
            }
            if self.end_of_item(b'}', "expected `,` or `}`")? {
                return Ok(Kind::Map(Map {
                    entries: Arc::new(entries),
                    open,
                }));
            }
        }
    }

    fn array(&mut self) -> Result2<Kind> {
        let mut items = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Kind::List(List::default()));
        }
        loop {
            items.push(self.value()?);
            if self.end_of_item(b']', "expected `,` or `]`")? {
                return Ok(Kind::List(List {
                    items: Arc::new(items),
                    open: None,
                }));
            }
        }
    }

    /// Steps over `,` (false) or `close` (true).
    fn end_of_item(&mut self, close: u8, expected: &str) -> Result2<bool> {
        self.space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            Some(b) if b == close => {
                self.at += 1;
                Ok(true)
            }
            _ => Err(self.error(expected)),
        }
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result2<Value> {
        let from = self.at;
        if !self.text.get(from..).is_some_and(|t| t.starts_with(word)) {
            return Err(self.error("expected a JSON value"));
        }
        self.at += word.len();
        Ok(Value::new(kind, (self.span)(from..self.at)))
    }

    fn number(&mut self) -> Result2<Value> {
        let from = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let literal = self.text.get(from..self.at).unwrap_or("");
        let digits = literal.strip_prefix('-').unwrap_or(literal).as_bytes();
        let leading_zero =
            digits.len() > 1 && digits.first() == Some(&b'0') && digits.get(1).is_some_and(u8::is_ascii_digit);
        let starts_well =
            digits.first().is_some_and(u8::is_ascii_digit) && digits.last().is_some_and(u8::is_ascii_digit);
        match Number::parse(literal).filter(|_| starts_well && !leading_zero) {
            Some(n) => Ok(Value::new(Kind::Number(n), (self.span)(from..self.at))),
            None => {
                self.at = from;
                Err(self.error("this is not a JSON number"))
            }
        }
    }

    fn string(&mut self) -> Result2<Text> {
        let start = self.at;
        self.at += 1;
        let mut out = TextBuilder::default();
        let mut run = self.at;
        loop {
            if self.holes.binary_search_by_key(&self.at, |h| h.0).is_ok() {
                self.flush(&mut out, run);
                let from = self.at;
                if let Some(symbol) = self.hole() {
                    out.symbol(symbol, (self.span)(from..self.at));
                }
                run = self.at;
                continue;
            }
            match self.peek() {
                Some(b'"') => {
                    self.flush(&mut out, run);
                    self.at += 1;
                    return Ok(out.finish());
                }
                Some(b'\\') => {
                    self.flush(&mut out, run);
                    let from = self.at;
                    let letter = self.escape()?;
                    out.letters(letter.encode_utf8(&mut [0; 4]), (self.span)(from..self.at));
                    run = self.at;
                }
                Some(b) if b < 0x20 => return Err(self.error("a control character must be escaped in a JSON string")),
                Some(_) => {
                    self.at += self
                        .text
                        .get(self.at..)
                        .and_then(|t| t.chars().next())
                        .map_or(1, char::len_utf8)
                }
                None => {
                    self.at = start;
                    return Err(self.error("this string has no end"));
                }
            }
        }
    }

    fn flush(&self, out: &mut TextBuilder, run: usize) {
        if run < self.at {
            out.letters(self.text.get(run..self.at).unwrap_or(""), (self.span)(run..self.at));
        }
    }

    fn escape(&mut self) -> Result2<char> {
        let bad = self.error("this is not a JSON escape");
        self.at += 1;
        let letter = self.peek();
        self.at += 1;
        Ok(match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode().ok_or(bad),
            _ => return Err(bad),
        })
    }

    /// The letter of `\uXXXX` or of a surrogate pair; a lone surrogate is U+FFFD.
    fn unicode(&mut self) -> Option<char> {
        let high = self.hex()?;
        if !(0xD800..0xDC00).contains(&high) {
            return Some(char::from_u32(high).unwrap_or('\u{FFFD}'));
        }
        let back = self.at;
        if self.text.get(self.at..).is_some_and(|t| t.starts_with("\\u")) {
            self.at += 2;
            let low = self.hex()?;
            if (0xDC00..0xE000).contains(&low) {
                return char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
            }
            self.at = back;
        }
        Some('\u{FFFD}')
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self
            .text
            .get(self.at..self.at + 4)
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

/// Writes a value as compact JSON, keys in the order they stand. Unknown values become their symbols, and so does
/// what may still be added to an open list or map; of a choice the symbol that decides.
#[must_use]
pub fn write(value: &Value) -> Text {
    let mut out = TextBuilder::default();
    write_value(value, &mut out);
    out.finish()
}

fn write_value(value: &Value, out: &mut TextBuilder) {
    match &value.kind {
        Kind::Null => out.letters("null", value.span),
        Kind::Bool(b) => out.letters(if *b { "true" } else { "false" }, value.span),
        Kind::Number(n) => out.letters(&n.to_string(), value.span),
        Kind::Text(t) => write_text(t, out),
        Kind::List(l) => write_list(l, out),
        Kind::Map(m) => write_map(m, out),
        Kind::Encoded(e) => write_encoded(e, out),
        Kind::Choice(c) => out.symbol(c.on.clone(), value.span),
        Kind::Unknown(s) => out.symbol(s.clone(), value.span),
    }
}

fn write_list(list: &List, out: &mut TextBuilder) {
    out.letters("[", Span::NOWHERE);
    for (i, item) in list.items.iter().enumerate() {
        if i > 0 {
            out.letters(",", Span::NOWHERE);
        }
        write_value(item, out);
    }
    if let Some(symbol) = &list.open {
        out.letters(if list.items.is_empty() { "" } else { "," }, Span::NOWHERE);
        out.symbol(symbol.clone(), Span::NOWHERE);
    }
    out.letters("]", Span::NOWHERE);
}

fn write_map(map: &Map, out: &mut TextBuilder) {
    out.letters("{", Span::NOWHERE);
    for (i, (key, value)) in map.iter().enumerate() {
        if i > 0 {
            out.letters(",", Span::NOWHERE);
        }
        write_text(key, out);
        out.letters(":", Span::NOWHERE);
        write_value(value, out);
    }
    if let Some(symbol) = &map.open {
        out.letters(if map.entries.is_empty() { "" } else { "," }, Span::NOWHERE);
        out.symbol(symbol.clone(), Span::NOWHERE);
    }
    out.letters("}", Span::NOWHERE);
}

fn write_encoded(encoded: &Encoded, out: &mut TextBuilder) {
    write_text(&write(&encoded.value), out);
}

/// Writes text as a JSON string, escaping what JSON must and what Terraform's `jsonencode` does beyond: `<`, `>`, `&`
/// and the line separators of Unicode.
fn write_text(text: &Text, out: &mut TextBuilder) {
    let (flat, holes) = text.flat();
    out.letters("\"", Span::NOWHERE);
    let mut run = 0;
    let flush = |out: &mut TextBuilder, from: usize, to: usize| out.text(&text.slice(from..to));
    for (at, c) in flat.char_indices() {
        let span = || text.span_of(at..at + c.len_utf8());
        if let Ok(i) = holes.binary_search_by_key(&at, |h| h.0) {
            flush(out, run, at);
            if let Some((_, symbol)) = holes.get(i) {
                out.symbol(symbol.clone(), span());
            }
        } else if c < ' ' || matches!(c, '"' | '\\' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}') {
            flush(out, run, at);
            out.letters(&escaped(c), span());
        } else {
            continue;
        }
        run = at + c.len_utf8();
    }
    flush(out, run, flat.len());
    out.letters("\"", Span::NOWHERE);
}

fn escaped(c: char) -> String {
    match c {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        c => format!("\\u{:04x}", u32::from(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Class;

    fn read(text: &str) -> Result2<Document> {
        read_file(text, FileId(0))
    }

    #[test]
    fn values_keep_their_spans() {
        let doc = read("{ \"Action\": [\"s3:*\", \"a\\u0062c\"] }").unwrap();
        let list = doc.value.get("Action").unwrap().as_list().unwrap();
        let Kind::Text(t) = &list.items[0].kind else { panic!() };
        assert_eq!(list.items[0].span, Span::new(FileId(0), 13, 19));
        assert_eq!(t.span(), Span::new(FileId(0), 14, 18));
        assert_eq!(list.items[1].as_str(), Some("abc"));
    }

    #[test]
    fn holes_are_symbols() {
        let mut b = TextBuilder::default();
        b.letters("{\"Resource\": \"arn:", Span::new(FileId(0), 0, 18));
        b.symbol(Symbol::new("x", "var.x", "", Class::Any), Span::new(FileId(0), 18, 26));
        b.letters("\", \"Action\": ", Span::new(FileId(0), 26, 39));
        b.symbol(Symbol::new("y", "var.y", "", Class::Any), Span::new(FileId(0), 39, 47));
        b.letters("}", Span::new(FileId(0), 47, 48));
        let text = b.finish();
        let doc = read_text(&text).unwrap().value;
        assert_eq!(
            doc.get("Resource").unwrap().to_text().unwrap().to_string(),
            "arn:\u{27e8}var.x\u{27e9}"
        );
        assert_eq!(doc.get("Action").unwrap().as_unknown().unwrap().id.as_ref(), "y");
        assert_eq!(read_text(&write(&doc)).unwrap().value, doc);
    }

    #[test]
    fn errors_say_where() {
        for (text, message, at) in [
            ("{\"a\" 1}", "expected `:`", 5),
            ("[1,]", "expected a JSON value", 3),
            ("{\"a\":1,}", "expected a key in double quotes", 7),
            ("\"abc", "this string has no end", 0),
            ("[01]", "this is not a JSON number", 1),
            ("{} x", "expected the end of the document", 3),
            ("", "expected a JSON value before the end", 0),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!((error.message.as_str(), error.span.start), (message, at), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "[".repeat(100_000);
        assert!(read(&deep).unwrap_err().message.starts_with("nested deeper"));
    }

    #[test]
    fn the_last_of_equal_keys_wins_and_is_named() {
        let doc = read("{\"a\":1,\"a\":2}").unwrap();
        assert_eq!(doc.value.get("a").unwrap().to_text().unwrap().as_str(), Some("2"));
        assert_eq!(doc.duplicate_keys, [Span::new(FileId(0), 7, 10)]);
    }
}
