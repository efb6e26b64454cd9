//! Workflow commands, which GitHub shows beside the lines of a pull request.
//!
//! [The commands](https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message).
//! GitHub shows ten errors, ten warnings and ten notices of a step, so findings of one statement are one annotation.

use std::fmt::Write;

use rolecall_source::{Severity, Span};

use crate::group::{self, Block};
use crate::{Report, place, words};

/// The report.
#[must_use]
pub fn render(report: &Report<'_>) -> String {
    let mut out = String::new();
    let blocks = group::blocks(&report.analysis.findings, false);
    for block in &blocks {
        annotation(&mut out, block, report);
    }
    let open = || report.analysis.findings.iter().filter(|f| f.suppressed.is_none());
    let _ = match open().count() {
        0 if report.failed() => writeln!(out, "rolecall: no findings, but the analysis did not finish"),
        0 => writeln!(out, "rolecall: no findings"),
        n => writeln!(
            out,
            "rolecall: {} ({})",
            words::count(n, "finding"),
            words::tally(open())
        ),
    };
    let coverage = &report.analysis.coverage;
    let gaps = coverage.modules_unresolved.len() + coverage.policies_unknown.len();
    if gaps > 0 {
        let told = words::count(gaps, "module or policy").replace("module or policies", "modules or policies");
        let _ = writeln!(out, "::warning title=rolecall::{told} could not be analysed in full");
    }
    out
}

fn annotation(out: &mut String, block: &Block<'_>, report: &Report<'_>) {
    let finding = block.first;
    let level = match finding.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "notice",
    };
    let place = words::primary(finding).map_or_else(String::new, |span| where_it_is(report, span));
    let title = format!("{} ({})", finding.rule, words::severity(finding.severity));
    let mut message = words::message(finding);
    if !block.others.is_empty() {
        let _ = write!(message, "\n{}", block.more());
    }
    for (i, step) in finding.steps.iter().enumerate() {
        let at = place::show(report.sources, step.span).map_or_else(String::new, |at| format!(" ({at})"));
        let _ = write!(message, "\n{}. {}{at}", i + 1, place::plain(&step.message));
    }
    let _ = writeln!(out, "::{level} {place}title={}::{}", property(&title), data(&message));
}

/// The properties of a place, each with a comma after it.
fn where_it_is(report: &Report<'_>, span: Span) -> String {
    let range = report.sources.positions(span);
    let file = property(report.sources.path(span.file));
    let lines = format!("file={file},line={},endLine={},", range.start.line, range.end.line);
    // GitHub takes columns for a place on one line only.
    if range.start.line == range.end.line {
        format!("{lines}col={},endColumn={},", range.start.column, range.end.column)
    } else {
        lines
    }
}

/// A message as a command holds it; a line end in it stays a line end.
fn data(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(place::plain).collect();
    lines
        .join("\n")
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property as a command holds it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(data("100% a\nb\r::error::c"), "100%25 a%0Ab?::error::c");
        assert_eq!(property("a,b::c%2C"), "a%2Cb%3A%3Ac%252C");
    }
}
