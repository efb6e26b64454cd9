use std::fmt;
use std::hash::Hash as _;
use std::ops::Range;
use std::sync::Arc;

use crate::{Span, Symbol};

/// One run of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Piece {
    /// Letters that are known. Never empty inside a [`Text`].
    Letters(Arc<str>),
    /// A part that is not known.
    Symbol(Symbol),
}

/// Where a stretch of a text came from. `at` and `len` count flat bytes (see [`Text::flat`]).
#[derive(Clone, Copy, Debug)]
struct Origin {
    at: u32,
    len: u32,
    span: Span,
}

/// Text with unknown parts: a sequence of known letters and symbols, each with the span it was written at.
///
/// Equality, order and hash look at the pieces only, never at the spans. Adjacent letters are one piece.
///
/// Offsets into a text are *flat*: its letters' bytes, each symbol counting as [`Text::HOLE`] bytes.
#[derive(Clone)]
pub struct Text {
    pieces: Arc<[Piece]>,
    origins: Arc<[Origin]>,
}

impl Text {
    /// The letter that stands for a symbol in [`Text::flat`].
    pub const HOLE: char = '\u{E000}';
    const HOLE_LEN: usize = Self::HOLE.len_utf8();

    /// Known letters, written at `span` (verbatim iff the span is as long as the letters).
    #[must_use]
    pub fn new(letters: &str, span: Span) -> Self {
        if letters.is_empty() {
            return TextBuilder::default().finish();
        }
        let origin = Origin {
            at: 0,
            len: clamp(letters.len()),
            span,
        };
        Self {
            pieces: Arc::new([Piece::Letters(letters.into())]),
            origins: if span.is_nowhere() {
                Arc::default()
            } else {
                Arc::new([origin])
            },
        }
    }

    /// Letters that stand in no file.
    #[must_use]
    pub fn plain(letters: &str) -> Self {
        Self::new(letters, Span::NOWHERE)
    }

    /// A text that is one symbol.
    #[must_use]
    pub fn symbol(symbol: Symbol, span: Span) -> Self {
        let mut b = TextBuilder::default();
        b.symbol(symbol, span);
        b.finish()
    }

    /// The pieces, adjacent letters merged, none empty.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The letters, iff no part is unknown.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &*self.pieces {
            [] => Some(""),
            [Piece::Letters(l)] => Some(l),
            _ => None,
        }
    }

    /// The symbol, iff the text is exactly one.
    #[must_use]
    pub fn as_symbol(&self) -> Option<&Symbol> {
        match &*self.pieces {
            [Piece::Symbol(s)] => Some(s),
            _ => None,
        }
    }

    /// The symbols, in order, with repetitions.
    pub fn symbols(&self) -> impl Iterator<Item = &Symbol> {
        self.pieces.iter().filter_map(|p| match p {
            Piece::Symbol(s) => Some(s),
            Piece::Letters(_) => None,
        })
    }

    /// True iff every letter is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.symbols().next().is_none()
    }

    /// True iff this is certainly the empty text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The letters with each symbol as one [`Text::HOLE`], and the offset and symbol of each hole, in order.
    #[must_use]
    pub fn flat(&self) -> (String, Vec<(usize, Symbol)>) {
        let (mut out, mut holes) = (String::new(), Vec::new());
        for piece in &*self.pieces {
            match piece {
                Piece::Letters(l) => out.push_str(l),
                Piece::Symbol(s) => {
                    holes.push((out.len(), s.clone()));
                    out.push(Self::HOLE);
                }
            }
        }
        (out, holes)
    }

    /// Length in flat bytes.
    #[must_use]
    pub fn flat_len(&self) -> usize {
        self.pieces.iter().map(piece_len).sum()
    }

    /// Where the flat bytes `range` were written: exact where the text was copied letter by letter, else the span of
    /// the whole literal they came from. [`Span::NOWHERE`] where nothing is known.
    #[must_use]
    pub fn span_of(&self, range: Range<usize>) -> Span {
        let mut result = Span::NOWHERE;
        for o in self.origins_from(range.start) {
            let (at, end) = (o.at as usize, o.at as usize + o.len as usize);
            if at > range.end {
                break;
            }
            let touches = if range.is_empty() {
                at <= range.start && range.start <= end
            } else {
                at < range.end && range.start < end
            };
            if !touches || o.span.is_nowhere() {
                continue;
            }
            let part = if o.span.len() == o.len {
                let from = range.start.clamp(at, end) - at;
                let to = range.end.clamp(at, end) - at;
                Span::at(o.span.file, o.span.start as usize + from..o.span.start as usize + to)
            } else {
                o.span
            };
            result = if result.is_nowhere() { part } else { result.join(part) };
        }
        result
    }

    /// The origins that end at flat offset `at` or later.
    fn origins_from(&self, at: usize) -> &[Origin] {
        let from = self.origins.partition_point(|o| (o.at as usize + o.len as usize) < at);
        self.origins.get(from..).unwrap_or(&[])
    }

    /// The text with each letter replaced by what `letters` says and each symbol by what `symbol` says, each
    /// at the span of what it replaces.
    #[must_use]
    pub fn map(&self, mut letters: impl FnMut(char, &mut String), mut symbol: impl FnMut(&Symbol) -> Symbol) -> Self {
        let mut b = TextBuilder::default();
        let (mut at, mut origins) = (0, self.origins.iter().peekable());
        for piece in &*self.pieces {
            let piece_end = at + piece_len(piece);
            let Piece::Letters(l) = piece else {
                if let Piece::Symbol(s) = piece {
                    b.symbol(symbol(s), self.span_of(at..piece_end));
                }
                at = piece_end;
                continue;
            };
            let mut rest = &**l;
            while !rest.is_empty() {
                while origins.next_if(|o| o.at as usize + o.len as usize <= at).is_some() {}
                let next = match origins.peek() {
                    Some(o) if o.at as usize <= at => o.at as usize + o.len as usize,
                    Some(o) => o.at as usize,
                    None => piece_end,
                };
                let run =
                    (next.min(piece_end) - at..=rest.len()).find_map(|n| rest.split_at_checked(n).filter(|_| n > 0));
                let (run, tail) = run.unwrap_or((rest, ""));
                let mut out = String::with_capacity(run.len());
                run.chars().for_each(|c| letters(c, &mut out));
                b.letters(&out, self.span_of(at..at + run.len()));
                (rest, at) = (tail, at + run.len());
            }
        }
        b.finish()
    }

    /// Where the whole text was written.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span_of(0..self.flat_len())
    }

    /// The part at the flat bytes `range`, which must lie on letter boundaries (a bound inside a letter or a hole
    /// moves outwards).
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let mut b = TextBuilder::default();
        let mut at = 0;
        for piece in &*self.pieces {
            let len = piece_len(piece);
            let (from, to) = (range.start.clamp(at, at + len) - at, range.end.clamp(at, at + len) - at);
            if from < to {
                match piece {
                    Piece::Symbol(s) => b.symbol(s.clone(), self.span_of(at..at + len)),
                    Piece::Letters(l) => {
                        let from = (0..=from).rev().find(|i| l.is_char_boundary(*i)).unwrap_or(0);
                        let to = (to..=len).find(|i| l.is_char_boundary(*i)).unwrap_or(len);
                        self.copy_letters(&mut b, l.get(from..to).unwrap_or(""), at + from);
                    }
                }
            }
            at += len;
        }
        b.finish()
    }

    /// Copies letters that stand at flat offset `at`, keeping the span of each stretch.
    fn copy_letters(&self, b: &mut TextBuilder, letters: &str, at: usize) {
        let end = at + letters.len();
        let mut done = at;
        for o in self.origins_from(at) {
            if o.at as usize >= end {
                break;
            }
            let (from, to) = ((o.at as usize).max(done), (o.at as usize + o.len as usize).min(end));
            if from >= to {
                continue;
            }
            if let (Some(gap), Some(part)) = (letters.get(done - at..from - at), letters.get(from - at..to - at)) {
                b.letters(gap, Span::NOWHERE);
                b.letters(part, self.span_of(from..to));
                done = to;
            }
        }
        b.letters(letters.get(done - at..).unwrap_or(""), Span::NOWHERE);
    }

    /// The parts between occurrences of `separator` in the known letters, or `None` when a symbol might hide one
    /// (its class allows every letter of `separator`).
    #[must_use]
    pub fn split(&self, separator: &str) -> Option<Vec<Self>> {
        if separator.is_empty()
            || self
                .symbols()
                .any(|s| separator.chars().any(|c| s.class.may_contain(c)))
        {
            return None;
        }
        let (flat, _) = self.flat();
        let mut parts = Vec::new();
        let mut from = 0;
        for (at, found) in flat.match_indices(separator) {
            parts.push(self.slice(from..at));
            from = at + found.len();
        }
        parts.push(self.slice(from..flat.len()));
        Some(parts)
    }

    /// `self` followed by `other`.
    #[must_use]
    pub fn concat(&self, other: &Self) -> Self {
        let mut b = TextBuilder::default();
        b.text(self);
        b.text(other);
        b.finish()
    }
}

fn piece_len(piece: &Piece) -> usize {
    match piece {
        Piece::Letters(l) => l.len(),
        Piece::Symbol(_) => Text::HOLE_LEN,
    }
}

/// Builds a [`Text`] run by run.
#[derive(Default)]
pub struct TextBuilder {
    pieces: Vec<Piece>,
    open: String,
    origins: Vec<Origin>,
    len: usize,
}

impl TextBuilder {
    /// Appends known letters written at `span`.
    pub fn letters(&mut self, letters: &str, span: Span) {
        if letters.is_empty() {
            return;
        }
        self.open.push_str(letters);
        self.mark(letters.len(), span);
    }

    /// Appends a symbol written at `span`.
    pub fn symbol(&mut self, symbol: Symbol, span: Span) {
        self.close();
        self.pieces.push(Piece::Symbol(symbol));
        self.mark(Text::HOLE_LEN, span);
    }

    /// Appends a text with its spans.
    pub fn text(&mut self, text: &Text) {
        let base = self.len;
        for piece in text.pieces() {
            match piece {
                Piece::Letters(l) => self.open.push_str(l),
                Piece::Symbol(s) => {
                    self.close();
                    self.pieces.push(Piece::Symbol(s.clone()));
                }
            }
        }
        self.origins.extend(text.origins.iter().map(|o| Origin {
            at: clamp(base + o.at as usize),
            ..*o
        }));
        self.len += text.flat_len();
    }

    /// Flat bytes so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True iff nothing was appended.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The text.
    #[must_use]
    pub fn finish(mut self) -> Text {
        self.close();
        Text {
            pieces: self.pieces.into(),
            origins: self.origins.into(),
        }
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.pieces
                .push(Piece::Letters(Arc::from(std::mem::take(&mut self.open))));
        }
    }

    /// Records the origin of the next `len` flat bytes, joining it to the last where both are one verbatim copy.
    fn mark(&mut self, len: usize, span: Span) {
        let (at, len) = (clamp(self.len), clamp(len));
        self.len += len as usize;
        if span.is_nowhere() {
            return;
        }
        if let Some(last) = self.origins.last_mut()
            && last.at + last.len == at
            && last.span.file == span.file
            && last.span.end == span.start
            && last.span.len() == last.len
            && span.len() == len
        {
            last.len += len;
            last.span.end = span.end;
            return;
        }
        self.origins.push(Origin { at, len, span });
    }
}

fn clamp(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.pieces == other.pieces
    }
}
impl Eq for Text {}
impl std::hash::Hash for Text {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for piece in &*self.pieces {
            match piece {
                Piece::Letters(letters) => hash_letters(letters, state),
                Piece::Symbol(symbol) => (1_u8, symbol).hash(state),
            }
        }
    }
}
/// Known letters, to look up a [`Text`] that is exactly these without making one.
#[derive(PartialEq, Eq)]
pub(crate) struct Known<'a>(pub(crate) &'a str);

impl std::hash::Hash for Known<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        if !self.0.is_empty() {
            hash_letters(self.0, state);
        }
    }
}

impl indexmap::Equivalent<Text> for Known<'_> {
    fn equivalent(&self, text: &Text) -> bool {
        text.as_str() == Some(self.0)
    }
}

fn hash_letters<H: std::hash::Hasher>(letters: &str, state: &mut H) {
    0_u8.hash(state);
    letters.hash(state);
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Text {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.pieces.cmp(&other.pieces)
    }
}
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &*self.pieces {
            match piece {
                Piece::Letters(l) => f.write_str(l)?,
                Piece::Symbol(s) => write!(f, "{s}")?,
            }
        }
        Ok(())
    }
}
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Class, FileId};

    fn span(start: u32, end: u32) -> Span {
        Span::new(FileId(0), start, end)
    }

    #[test]
    fn adjacent_letters_merge_and_keep_exact_spans() {
        let mut b = TextBuilder::default();
        b.letters("arn:", span(10, 14));
        b.letters("\n", span(14, 16));
        b.letters("role/x", span(16, 22));
        let text = b.finish();
        assert_eq!(text.as_str(), Some("arn:\nrole/x"));
        assert_eq!(text.span_of(0..3), span(10, 13));
        assert_eq!(text.span_of(4..5), span(14, 16));
        assert_eq!(text.span_of(5..9), span(16, 20));
        assert_eq!(text.span(), span(10, 22));
    }

    #[test]
    fn split_refuses_when_a_symbol_may_hide_the_separator() {
        let account = Symbol::new("a", "account", "is not known before deployment", Class::Account);
        let mut b = TextBuilder::default();
        b.letters("arn:aws:iam::", span(0, 13));
        b.symbol(account, span(13, 23));
        b.letters(":role/x", span(23, 30));
        let text = b.finish();
        let parts = text.split(":").expect("an account id has no colon");
        assert_eq!(parts.len(), 6);
        assert_eq!(parts[4].to_string(), "\u{27e8}account\u{27e9}");
        assert_eq!(parts[5].span(), span(24, 30));
        let any = Symbol::new("x", "var.x", "has no default", Class::Any);
        assert!(Text::symbol(any, span(0, 1)).split(":").is_none());
    }

    #[test]
    fn a_mapped_text_keeps_its_spans() {
        let mut b = TextBuilder::default();
        b.letters("s3:", span(10, 13));
        b.letters("ünd", Span::NOWHERE);
        b.symbol(Symbol::new("a", "account", "", Class::Account), span(20, 30));
        b.letters("Get", span(40, 43));
        let text = b.finish();
        let upper = text.map(|c, out| out.extend(c.to_uppercase()), Symbol::clone);
        assert_eq!(upper.to_string(), "S3:ÜND\u{27e8}account\u{27e9}GET");
        assert_eq!(upper.span_of(0..2), span(10, 12));
        assert!(upper.span_of(4..6).is_nowhere());
        assert_eq!(upper.span_of(upper.flat_len() - 1..upper.flat_len()), span(42, 43));
    }

    #[test]
    fn known_letters_find_their_text() {
        let mut map = indexmap::IndexMap::new();
        map.insert(Text::plain("name"), 1);
        map.insert(Text::plain(""), 2);
        let mut b = TextBuilder::default();
        b.symbol(Symbol::new("x", "name", "", Class::Any), span(0, 1));
        map.insert(b.finish(), 3);
        assert_eq!(map.get(&Known("name")), Some(&1));
        assert_eq!(map.get(&Known("")), Some(&2));
        assert_eq!(map.get(&Known("other")), None);
    }

    #[test]
    fn a_slice_keeps_its_spans() {
        let text = Text::new("hello world", span(5, 16));
        assert_eq!(text.slice(6..11).span(), span(11, 16));
        assert_eq!(text.slice(6..11).as_str(), Some("world"));
    }
}
