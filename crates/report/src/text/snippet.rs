//! Places of one file, drawn by miette: the lines around each, what to say underlined.
//!
//! miette is given an excerpt instead of the file. In it every line is short enough for the terminal, holds nothing
//! that a terminal takes as a command, and a span over several lines is its first line.

use std::fmt;

use miette::{
    GraphicalReportHandler, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};
use rolecall_source::{FileId, LineIndex, Sources, Span};

use super::style::wrap;
use crate::place::{harmless, plain};

/// Lines shown before and after a line that is pointed at.
const CONTEXT: u32 = 1;
/// Narrowest source text shown.
const NARROWEST: usize = 30;

/// A place and what to say there.
pub(super) struct Mark {
    pub(super) span: Span,
    pub(super) text: String,
}

/// Draws marks that all lie in `file`: frames in the order of the marks, inside a frame in the order of the lines.
/// `None` when there is no room beside a place for what is to be said there.
pub(super) fn draw(
    handler: &GraphicalReportHandler,
    sources: &Sources,
    file: FileId,
    marks: &[Mark],
    width: usize,
) -> Option<String> {
    let (Ok(bytes), Some(index)) = (sources.bytes(file), sources.line_index(file)) else {
        return Some(String::new());
    };
    let page = Page { bytes, index, width };
    let mut out = String::new();
    for group in page.groups(page.places(sources, marks)) {
        let excerpt = Excerpt::new(&page, plain(sources.path(file)), group);
        if excerpt.labels.iter().any(|l| l.wide) {
            return None;
        }
        let mut drawn = String::new();
        // Writing to a string cannot fail, and the excerpt answers for each of its own labels.
        let _ = handler.render_report(&mut drawn, &excerpt);
        // The first line is for a message, and the excerpt has none.
        out.push_str(drawn.split_once('\n').map_or("", |(_, frames)| frames));
    }
    Some(out)
}

/// A file and how wide its lines may be shown.
struct Page<'a> {
    bytes: &'a [u8],
    index: &'a LineIndex,
    width: usize,
}

impl Page<'_> {
    /// The marks by line; those of one place as one.
    fn places(&self, sources: &Sources, marks: &[Mark]) -> Vec<Placed> {
        let mut places: Vec<Placed> = Vec::new();
        for mark in marks {
            let position = sources.position(mark.span);
            let line = self.index.line_range(self.bytes, position.line);
            let start = (mark.span.start as usize).clamp(line.start, line.end) - line.start;
            let end = (mark.span.end as usize).clamp(line.start, line.end) - line.start;
            let place = Placed {
                line: position.line,
                start,
                end,
                column: position.column as usize - 1,
                text: plain(&mark.text),
            };
            match places
                .iter_mut()
                .find(|p| (p.line, p.start, p.end) == (place.line, start, end))
            {
                Some(same) => same.text = format!("{}\n{}", same.text, place.text),
                None => places.push(place),
            }
        }
        places
    }

    /// Places that can be shown in one frame: all those on a line too long for the terminal are in its window.
    fn groups(&self, places: Vec<Placed>) -> Vec<Vec<Placed>> {
        let mut groups: Vec<Vec<Placed>> = Vec::new();
        for place in places {
            let line = self.line(place.line);
            let line = line.trim_end();
            let fits = |group: &Vec<Placed>| {
                let here: Vec<&Placed> = group.iter().filter(|p| p.line == place.line).chain([&place]).collect();
                let (from, to) = window(line, &here, self.room(place.line));
                here.iter().all(|p| from <= p.start && p.start < to.max(from + 1))
            };
            match groups.last_mut() {
                Some(group) if fits(group) => group.push(place),
                _ => groups.push(vec![place]),
            }
        }
        groups
    }

    fn line(&self, number: u32) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(
            self.bytes
                .get(self.index.line_range(self.bytes, number))
                .unwrap_or_default(),
        )
    }

    /// Columns for the text of a line, beside its number.
    fn room(&self, number: u32) -> usize {
        self.width.saturating_sub(number.to_string().len() + 4).max(NARROWEST)
    }

    fn blank(&self, number: u32) -> bool {
        self.line(number).trim().is_empty()
    }

    /// First and last line of each run of lines that is shown for `places`, which are in the order of the lines.
    fn runs(&self, places: &[Placed]) -> Vec<(u32, u32)> {
        let last = u32::try_from(self.index.lines()).unwrap_or(u32::MAX);
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for place in places {
            let mut from = place.line.saturating_sub(CONTEXT).max(1);
            let mut to = (place.line + CONTEXT).min(last);
            while from < place.line && self.blank(from) {
                from += 1;
            }
            while to > place.line && self.blank(to) {
                to -= 1;
            }
            match runs.last_mut() {
                // miette joins runs with fewer than two lines between them, so they are one here.
                Some(run) if from <= run.1 + 2 => run.1 = run.1.max(to),
                _ => runs.push((from, to)),
            }
        }
        runs
    }
}

/// A run of neighbouring lines.
struct Run {
    /// Offset of its first letter in the excerpt.
    start: usize,
    text: String,
    /// Line number of its first line, from 0.
    line: usize,
    lines: usize,
}

/// A mark in the excerpt's own offsets, and where it is in the file.
struct Label {
    start: usize,
    len: usize,
    text: String,
    /// The text does not fit beside its place.
    wide: bool,
    line: usize,
    column: usize,
}

struct Excerpt {
    path: String,
    runs: Vec<Run>,
    labels: Vec<Label>,
}

impl Excerpt {
    fn new(page: &Page<'_>, path: String, mut places: Vec<Placed>) -> Self {
        places.sort_by_key(|p| (p.line, p.start, p.end));
        let mut excerpt = Self {
            path,
            runs: Vec::new(),
            labels: Vec::new(),
        };
        let room = page.room(places.last().map_or(1, |p| p.line + CONTEXT));
        let mut next = 0;
        for (from, to) in page.runs(&places) {
            let mut run = Run {
                start: next,
                text: String::new(),
                line: from as usize - 1,
                lines: (to - from + 1) as usize,
            };
            for number in from..=to {
                let here: Vec<&Placed> = places.iter().filter(|p| p.line == number).collect();
                let line = Line::new(&page.line(number), &here, room);
                let at = next + run.text.len();
                excerpt.labels.extend(here.iter().map(|p| line.label(p, at, room)));
                run.text.push_str(&line.text);
                run.text.push('\n');
            }
            next = run.start + run.text.len() + 1;
            excerpt.runs.push(run);
        }
        excerpt
    }

    fn run(&self, offset: usize) -> Option<&Run> {
        let after = self.runs.partition_point(|r| r.start <= offset);
        self.runs.get(after.checked_sub(1)?)
    }
}

/// A mark on its line, in bytes of the line.
struct Placed {
    line: u32,
    start: usize,
    end: usize,
    column: usize,
    text: String,
}

/// A line as it is shown: without line end, tabs as two spaces, cut to what holds its marks.
struct Line {
    text: String,
    /// For each letter shown, its byte in the line.
    letters: Vec<(usize, usize)>,
}

impl Line {
    fn new(raw: &str, marks: &[&Placed], room: usize) -> Self {
        let raw = raw.trim_end();
        let (from, to) = window(raw, marks, room);
        let mut line = Self {
            text: String::new(),
            letters: Vec::new(),
        };
        if from > 0 {
            line.push(from, '\u{2026}');
        }
        for (at, c) in raw.char_indices().filter(|(at, _)| (from..to).contains(at)) {
            line.push(at, harmless(c));
            if c == '\t' {
                line.text.push(' ');
            }
        }
        if to < raw.len() {
            line.push(to, '\u{2026}');
        }
        line
    }

    fn push(&mut self, at: usize, c: char) {
        self.letters.push((at, self.text.len()));
        self.text.push(c);
    }

    /// Where the letter at byte `at` of the line is in the text shown.
    fn shown(&self, at: usize) -> usize {
        let after = self.letters.partition_point(|(raw, _)| *raw < at);
        self.letters.get(after).map_or(self.text.len(), |(_, shown)| *shown)
    }

    fn label(&self, place: &Placed, base: usize, room: usize) -> Label {
        let (start, end) = (self.shown(place.start), self.shown(place.end));
        let end = end.max(start);
        // miette hangs the text on the middle of the place.
        let middle = self.text.get(..(start + end) / 2).map_or(0, |t| t.chars().count());
        let width = room.saturating_sub(middle + 4);
        let text: Vec<String> = place
            .text
            .split('\n')
            .flat_map(|t| wrap(t, width.max(NARROWEST)))
            .collect();
        Label {
            start: base + start,
            len: end - start,
            wide: text.iter().any(|t| t.chars().count() > width),
            text: text.join("\n"),
            line: place.line as usize - 1,
            column: place.column,
        }
    }
}

/// The bytes of a line that are shown: all, or as many as show its first mark with a little before it.
fn window(raw: &str, marks: &[&Placed], room: usize) -> (usize, usize) {
    let starts: Vec<usize> = raw.char_indices().map(|(at, _)| at).collect();
    // A tab is two columns.
    let room = room.saturating_sub(raw.matches('\t').count()).max(NARROWEST);
    if starts.len() <= room {
        return (0, raw.len());
    }
    let first = marks.iter().map(|m| m.start).min().unwrap_or(0);
    let mark = starts.partition_point(|at| *at < first);
    let before = if mark < room / 2 {
        0
    } else {
        mark.saturating_sub(room / 4)
    };
    let byte = |i: usize| starts.get(i).copied().unwrap_or(raw.len());
    (byte(before), byte(before + room.saturating_sub(2)))
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}
impl fmt::Display for Excerpt {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}
impl std::error::Error for Excerpt {}

impl miette::Diagnostic for Excerpt {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = |l: &Label| LabeledSpan::new(Some(l.text.clone()).filter(|t| !t.is_empty()), l.start, l.len);
        Some(Box::new(self.labels.iter().map(label)))
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let run = self.run(span.offset()).ok_or(MietteError::OutOfBounds)?;
        if span.offset() + span.len() > run.start + run.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        // Without context miette asks for the place to print above the frame: that of the file.
        let place = self
            .labels
            .iter()
            .find(|l| l.start == span.offset())
            .filter(|_| before == 0);
        let (line, column) = place.map_or((run.line, 0), |l| (l.line, l.column));
        Ok(Box::new(MietteSpanContents::new_named(
            self.path.clone(),
            run.text.as_bytes(),
            SourceSpan::new(run.start.into(), run.text.len()),
            line,
            column,
            run.lines,
        )))
    }
}
