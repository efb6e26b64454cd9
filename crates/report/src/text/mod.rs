//! For people, in a terminal.
//!
//! A path goes over several files, and a miette report shows one: so each stretch of a path that stays in one file is
//! a frame that miette draws, and what holds the frames together (headline, witness, fix, summary) is laid out here.

mod finding;
mod snippet;
mod style;
mod summary;
#[cfg(test)]
mod tests;

use std::time::Duration;

use miette::{GraphicalReportHandler, GraphicalTheme, ThemeCharacters, ThemeStyles};
use rolecall_source::{Diagnostic, Sources, Span};

use crate::{Report, group, place};
use snippet::Mark;
use style::{Paint, Style, wrap};

/// How text is laid out.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Columns of the terminal.
    pub width: usize,
    /// Escape sequences for colour.
    pub color: bool,
    /// Escape sequences for links to files and to the pages of rules: the absolute path, with forward slashes, of the
    /// folder that the paths are relative to.
    pub links: Option<String>,
    /// Only the findings: no notes on what was not understood, no summary.
    pub quiet: bool,
    /// Every finding by itself and every note, however many there are.
    pub all: bool,
    /// How long it took, to be told in the summary.
    pub elapsed: Option<Duration>,
}

/// The report.
#[must_use]
pub fn render(report: &Report<'_>, options: &Options) -> String {
    let mut page = Page::new(report.sources, options);
    for block in group::blocks(&report.analysis.findings, options.all) {
        page.block(&block, report);
    }
    if !options.quiet {
        page.diagnostics(&report.analysis.diagnostics);
        page.summary(report);
    }
    page.out
}

/// Messages alone, each with the lines it is about.
#[must_use]
pub fn diagnostics(list: &[Diagnostic], sources: &Sources) -> String {
    let options = Options {
        width: 100,
        ..Options::default()
    };
    let mut page = Page::new(sources, &options);
    list.iter().for_each(|d| page.diagnostic(d));
    page.out
}

struct Page<'a> {
    out: String,
    sources: &'a Sources,
    options: &'a Options,
    width: usize,
    paint: Paint,
    handler: GraphicalReportHandler,
}

/// Columns of the names before the facts below a path.
const NAMES: usize = 12;

/// Widest text; a line that is longer is hard to read.
const WIDEST: usize = 140;

impl<'a> Page<'a> {
    fn new(sources: &'a Sources, options: &'a Options) -> Self {
        let mut characters = ThemeCharacters::unicode();
        characters.error = String::new();
        let mut styles = if options.color {
            ThemeStyles::ansi()
        } else {
            ThemeStyles::none()
        };
        // Steps are told apart by their numbers; a colour for each would mean nothing.
        styles.highlights.truncate(1);
        let width = options.width.clamp(40, WIDEST);
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
            .with_width(width)
            .with_links(false);
        let paint = Paint { on: options.color };
        Self {
            out: String::new(),
            sources,
            options,
            width,
            paint,
            handler,
        }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    /// A paragraph whose first line begins with `lead` and whose others are indented by `indent`.
    fn paragraph(&mut self, lead: &str, indent: usize, text: &str, style: Option<Style>) {
        self.pointing(lead, indent, text, style, Span::NOWHERE);
    }

    /// A paragraph that names a place, as [`Self::at`] does.
    fn pointing(&mut self, lead: &str, indent: usize, text: &str, style: Option<Style>, span: Span) {
        let place = place::show(self.sources, span);
        for (i, line) in wrap(&place::plain(text), self.width.saturating_sub(indent))
            .iter()
            .enumerate()
        {
            let mut line = style.map_or_else(|| line.clone(), |s| self.paint.with(s, line));
            if let Some(place) = &place {
                line = line.replacen(place, &self.to_file(place, span), 1);
            }
            let head = if i == 0 { lead.to_owned() } else { " ".repeat(indent) };
            self.line(&format!("{head}{line}"));
        }
    }

    /// ` (path:line:column)`, or nothing for what stands in no file.
    fn at(&self, span: Span) -> String {
        place::show(self.sources, span).map_or_else(String::new, |at| format!(" ({at})"))
    }

    /// Text that leads to a file.
    fn to_file(&self, text: &str, span: Span) -> String {
        let Some(root) = &self.options.links else {
            return text.to_owned();
        };
        let line = self.sources.position(span).line;
        let path = place::uri(&format!("{root}/{}", self.sources.path(span.file)));
        style::link(text, &format!("file://{path}#L{line}"))
    }

    /// Text that leads to a page.
    fn to_page(&self, text: &str, url: Option<&str>) -> String {
        match url {
            Some(url) if self.options.links.is_some() => style::link(text, url),
            _ => text.to_owned(),
        }
    }

    /// Marks of one file; where the terminal is too narrow for the text beside them, each below its text.
    fn frame(&mut self, marks: &[Mark]) {
        if let Some(drawn) = self.draw(marks) {
            self.out.push_str(&drawn);
            return;
        }
        for place in marks.chunk_by(|a, b| a.span == b.span) {
            for mark in place {
                let (number, text) = numbered(&mark.text);
                self.paragraph(&format!("  {number}"), 2 + number.len(), text, None);
            }
            let Some(mark) = place.first() else { continue };
            let bare = Mark {
                span: mark.span,
                text: String::new(),
            };
            let drawn = self.draw(&[bare]).unwrap_or_default();
            self.out.push_str(&drawn);
        }
    }

    fn draw(&self, marks: &[Mark]) -> Option<String> {
        let file = marks.first()?.span.file;
        let drawn = snippet::draw(&self.handler, self.sources, file, marks, self.width)?;
        let mut out = String::new();
        for line in drawn.lines() {
            let mark = marks.iter().find(|m| line.contains('╭') && self.heads(line, m.span));
            let place = mark.and_then(|m| Some((place::show(self.sources, m.span)?, m.span)));
            match place {
                Some((text, span)) => out.push_str(&line.replacen(&text, &self.to_file(&text, span), 1)),
                None => out.push_str(line.trim_end()),
            }
            out.push('\n');
        }
        Some(out)
    }

    /// True iff a line of a drawing names the place of a span.
    fn heads(&self, line: &str, span: Span) -> bool {
        let end = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_digit());
        place::show(self.sources, span)
            .and_then(|place| line.split_once(&place).map(|(_, rest)| end(rest)))
            .unwrap_or(false)
    }

    fn fact(&mut self, name: &str, text: &str, style: Option<Style>) {
        self.fact_at(name, text, style, Span::NOWHERE);
    }

    /// A fact that names a place.
    fn fact_at(&mut self, name: &str, text: &str, style: Option<Style>, span: Span) {
        let lead = format!("  {}", self.paint.with(Style::Dim, &format!("{name:<10}")));
        self.pointing(&lead, NAMES, text, style, span);
    }
}

/// A text that begins with a number, `3. `, in two.
fn numbered(text: &str) -> (&str, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let point = text
        .get(digits..)
        .is_some_and(|rest| digits > 0 && rest.starts_with(". "));
    if point { text.split_at(digits + 2) } else { ("", text) }
}
