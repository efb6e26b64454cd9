//! The lines around a place, with the place marked.

use rolecall_source::{LineIndex, Sources, Span};
use serde::Serialize;

use crate::place;

/// Lines shown before and after the place.
const AROUND: u32 = 3;
/// Most lines of a place.
const MARKED: u32 = 12;
/// Most letters of a line, and of each part of one with a mark.
const LETTERS: usize = 300;

#[derive(Serialize)]
pub(super) struct Excerpt {
    path: String,
    line: u32,
    column: u32,
    /// Number of the first line.
    first: u32,
    /// What stands before the mark, in it and after it.
    lines: Vec<[String; 3]>,
}

impl Excerpt {
    pub(super) fn new(sources: &Sources, span: Span) -> Self {
        let range = sources.positions(span);
        let path = place::plain(sources.path(span.file));
        let (line, column) = (range.start.line, range.start.column);
        let mut lines = Vec::new();
        let first = line.saturating_sub(AROUND).max(1);
        if let (Ok(bytes), Some(index)) = (sources.bytes(span.file), sources.line_index(span.file)) {
            let last = u32::try_from(index.lines()).unwrap_or(u32::MAX);
            let end = range.end.line.min(line + MARKED - 1);
            for number in first..=(end + AROUND).min(last) {
                lines.push(marked(bytes, index, number, span));
            }
            while lines.len() > (end - first + 1) as usize && lines.last().is_some_and(|l| l.concat().trim().is_empty())
            {
                lines.pop();
            }
        }
        Self {
            path,
            line,
            column,
            first,
            lines,
        }
    }
}

/// A line, cut where it is long, in three: the part of it that `span` covers is the middle.
fn marked(bytes: &[u8], index: &LineIndex, number: u32, span: Span) -> [String; 3] {
    let range = index.line_range(bytes, number);
    let cut = |at: u32| (at as usize).clamp(range.start, range.end);
    let (start, end) = (cut(span.start), cut(span.end));
    let part = |from: usize, to: usize| {
        let raw = bytes.get(from..to).unwrap_or_default();
        String::from_utf8_lossy(raw).trim_end_matches(['\r', '\n']).to_owned()
    };
    if start == end {
        return [
            shown(&part(range.start, range.end), false),
            String::new(),
            String::new(),
        ];
    }
    let (before, here, after) = (part(range.start, start), part(start, end), part(end, range.end));
    [shown(&before, true), shown(&here, false), shown(&after, false)]
}

/// Text that commands nothing, its beginning or its end left out where it is long.
fn shown(text: &str, keep_end: bool) -> String {
    let letters = text.chars().count();
    let tab = |c| if c == '\t' { '\t' } else { place::harmless(c) };
    if letters <= LETTERS {
        return text.chars().map(tab).collect();
    }
    if keep_end {
        let kept = text.chars().skip(letters - LETTERS).map(tab);
        std::iter::once('…').chain(kept).collect()
    } else {
        text.chars().take(LETTERS).map(tab).chain(['…']).collect()
    }
}
