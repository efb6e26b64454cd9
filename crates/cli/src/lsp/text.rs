//! Places in a text as the protocol counts them: lines, and UTF-16 code units within a line.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A place between two letters.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Position {
    /// Line, from 0.
    pub(crate) line: u32,
    /// UTF-16 code units from the line's start.
    pub(crate) character: u32,
}

/// From one place to another.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Extent {
    pub(crate) start: Position,
    pub(crate) end: Position,
}

impl Extent {
    /// True iff the two have a letter or an edge in common.
    pub(crate) fn touches(&self, other: &Self) -> bool {
        self.start <= other.end && other.start <= self.end
    }
}

/// Where the lines of a text begin; `\n`, `\r\n` and a `\r` alone end one.
pub(crate) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(crate) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        starts.extend(text.match_indices('\n').map(|(i, _)| i + 1));
        let alone = |i: &usize| bytes.get(i + 1) != Some(&b'\n');
        starts.extend(text.match_indices('\r').map(|(i, _)| i).filter(alone).map(|i| i + 1));
        starts.sort_unstable();
        Self { starts }
    }

    /// The place of byte `offset`.
    pub(crate) fn position(&self, text: &str, offset: usize) -> Position {
        let offset = floor(text, offset);
        let line = self.starts.partition_point(|s| *s <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let before = text.get(start..offset).unwrap_or("");
        let units: usize = before.chars().filter(|c| *c != MARK).map(char::len_utf16).sum();
        Position {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            character: u32::try_from(units).unwrap_or(u32::MAX),
        }
    }

    pub(crate) fn extent(&self, text: &str, range: Range<usize>) -> Extent {
        Extent {
            start: self.position(text, range.start),
            end: self.position(text, range.end.max(range.start)),
        }
    }

    /// The byte at a place; a place behind the end of its line or text is that end.
    pub(crate) fn offset(&self, text: &str, at: Position) -> usize {
        let Some(start) = self.starts.get(at.line as usize).copied() else {
            return text.len();
        };
        let end = self.starts.get(at.line as usize + 1).copied().unwrap_or(text.len());
        let line = text.get(start..end).unwrap_or("").trim_end_matches(['\r', '\n']);
        let mut left = at.character as usize;
        for (i, c) in line.char_indices().filter(|(_, c)| *c != MARK) {
            if left < c.len_utf16() {
                return start + i;
            }
            left -= c.len_utf16();
        }
        start + line.len()
    }
}

/// A byte order mark: editors do not count it.
const MARK: char = '\u{feff}';

/// The letter's beginning at or before `offset`.
fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Puts `new` where `extent` is.
pub(crate) fn replace(text: &mut String, extent: Extent, new: &str) {
    let lines = Lines::new(text);
    let start = lines.offset(text, extent.start);
    let end = lines.offset(text, extent.end).max(start);
    text.replace_range(start..end, new);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn letters_are_counted_in_utf_16() {
        let text = "a😀é b\r\nc\rd\n";
        let lines = Lines::new(text);
        for (offset, place) in [
            (0, at(0, 0)),
            (1, at(0, 1)),
            (5, at(0, 3)),
            (7, at(0, 4)),
            (11, at(1, 0)),
            (13, at(2, 0)),
            (15, at(3, 0)),
        ] {
            assert_eq!(lines.position(text, offset), place, "{offset}");
            assert_eq!(lines.offset(text, place), offset, "{place:?}");
        }
        assert_eq!(lines.position(text, 3), at(0, 1), "within a letter");
        assert_eq!(lines.offset(text, at(0, 2)), 1, "within a surrogate pair");
        assert_eq!(lines.offset(text, at(0, 99)), 9);
        assert_eq!(lines.offset(text, at(9, 0)), text.len());
        let marked = "\u{feff}ab";
        assert_eq!(Lines::new(marked).position(marked, 4), at(0, 1));
        assert_eq!(Lines::new(marked).offset(marked, at(0, 1)), 4);
    }

    #[test]
    fn edits_are_applied() {
        let mut text = "one\n😀two\n".to_owned();
        let (start, end) = (at(1, 2), at(1, 3));
        replace(&mut text, Extent { start, end }, "T");
        assert_eq!(text, "one\n😀Two\n");
        replace(
            &mut text,
            Extent {
                start: at(0, 3),
                end: at(9, 9),
            },
            "",
        );
        assert_eq!(text, "one");
        replace(
            &mut text,
            Extent {
                start: at(0, 2),
                end: at(0, 1),
            },
            "x",
        );
        assert_eq!(text, "onxe");
    }
}
