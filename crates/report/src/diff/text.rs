//! For people, in a terminal.

use rolecall_checks::compare::{Change, Status};
use rolecall_checks::finding::Analysis;

use super::{DiffReport, reasons, summary};
use crate::{place, text, words};

/// The report: what is new and worse in full, what is gone in a line and why.
#[must_use]
pub fn render(report: &DiffReport<'_>, options: &text::Options) -> String {
    let mut out = String::new();
    for (status, title) in [(Status::New, "New"), (Status::Worsened, "Worsened")] {
        let mut open = report.open();
        let wanted: Vec<&Change> = report.comparison.of(status).collect();
        let print = |c: &&Change| report.finding(c).map(|f| f.fingerprint.clone());
        let prints: Vec<String> = wanted.iter().filter_map(print).collect();
        open.findings.retain(|f| prints.contains(&f.fingerprint));
        if open.findings.is_empty() {
            continue;
        }
        out.push_str(&format!("{title}\n\n"));
        let findings = Analysis {
            findings: open.findings,
            ..Analysis::default()
        };
        let quiet = text::Options {
            quiet: true,
            ..options.clone()
        };
        out.push_str(&text::render(&report.of_head(&findings), &quiet));
    }
    for (status, title) in [(Status::Fixed, "Fixed"), (Status::Accepted, "Accepted")] {
        let changes: Vec<&Change> = report.comparison.of(status).collect();
        if changes.is_empty() {
            continue;
        }
        out.push_str(&format!("{title}\n\n"));
        changes.iter().for_each(|c| out.push_str(&short(report, c)));
        out.push('\n');
    }
    if !options.quiet {
        out.push_str(&format!("{}. {}\n", capital(&report.tally()), summary(report)));
    }
    out
}

/// One finding in a line, and below it why.
fn short(report: &DiffReport<'_>, change: &Change) -> String {
    let Some(finding) = report.finding(change) else {
        return String::new();
    };
    let sources = if change.after.is_some() {
        report.head.sources
    } else {
        report.base.sources
    };
    let at = place::show(sources, finding.primary).map_or_else(String::new, |at| format!(" (at {at})"));
    let severity = words::severity(finding.severity);
    let mut out = format!("  {severity} {}{at}\n", place::plain(&finding.headline));
    for reason in reasons(change) {
        out.push_str(&format!("    {}\n", place::plain(&reason)));
    }
    out
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}
