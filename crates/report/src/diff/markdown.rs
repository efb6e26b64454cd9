//! A comment for a pull request, which is updated in place: its first line is how it is found again.

use rolecall_checks::compare::{Change, Edit, Status};

use super::{DiffReport, place, reasons, summary};
use crate::markdown::{code, fenced, findings, sentence};
use crate::words;

/// The line by which the comment is found again.
pub const MARKER: &str = "<!-- rolecall -->";

/// A comment holds 65,536 letters; the rest is for what follows the findings.
const FINDINGS: usize = 45_000;
/// Letters of the whole comment.
const ALL: usize = 62_000;
/// Findings that are told in a line each.
const LINES: usize = 50;

/// The comment.
#[must_use]
pub fn render(report: &DiffReport<'_>) -> String {
    let mut out = format!("{MARKER}\n## rolecall: {}\n\n", report.tally());
    let open = report.open();
    if !open.findings.is_empty() {
        out.push_str(&findings(&report.of_head(&open), FINDINGS));
        out.push_str(&edits(report));
    }
    for (status, title) in [(Status::Fixed, "Fixed"), (Status::Accepted, "Accepted")] {
        let changes: Vec<&Change> = report.comparison.of(status).collect();
        if !changes.is_empty() {
            out.push_str(&format!("### {title}\n\n"));
            changes.iter().take(LINES).for_each(|c| out.push_str(&short(report, c)));
            if changes.len() > LINES {
                out.push_str(&format!("- and {} more\n", changes.len() - LINES));
            }
            out.push('\n');
        }
    }
    cut(&mut out);
    out.push_str(&sentence(&summary(report)));
    out.push('\n');
    out
}

/// One finding in a line, and below it why.
fn short(report: &DiffReport<'_>, change: &Change) -> String {
    let Some(finding) = report.finding(change) else {
        return String::new();
    };
    let severity = words::severity(finding.severity);
    let mut out = format!("- {severity}: {}\n", sentence(&finding.headline));
    for reason in reasons(change) {
        out.push_str(&format!("  - {}\n", sentence(&reason)));
    }
    out
}

/// The edits that opened something, as differences, folded up.
fn edits(report: &DiffReport<'_>) -> String {
    let mut shown: Vec<&Edit> = Vec::new();
    let open = [Status::New, Status::Worsened];
    for change in open.iter().flat_map(|s| report.comparison.of(*s)) {
        for edit in change.edits.iter().filter(|e| !e.steps.is_empty()) {
            let known = shown.iter().any(|s| s.before == edit.before && s.after == edit.after);
            if !known && shown.len() < LINES {
                shown.push(edit);
            }
        }
    }
    if shown.is_empty() {
        return String::new();
    }
    let mut out = String::from("<details><summary>The edits that did it</summary>\n\n");
    for edit in shown {
        out.push_str(&format!("{}\n\n", sentence(&place(edit))));
        out.push_str(&fenced(&edit.text.join("\n")).replacen("```\n", "```diff\n", 1));
        out.push('\n');
    }
    out.push_str("</details>\n\n");
    out
}

/// Cuts what would not fit into a comment, at a line.
fn cut(out: &mut String) {
    if out.len() <= ALL {
        return;
    }
    let mut end = ALL;
    while !out.is_char_boundary(end) {
        end -= 1;
    }
    let end = out.get(..end).and_then(|t| t.rfind("\n- ")).unwrap_or(0);
    out.truncate(end);
    out.push_str(&format!(
        "\n\nThe rest does not fit here: {} shows it.\n\n",
        code("rolecall diff")
    ));
}
