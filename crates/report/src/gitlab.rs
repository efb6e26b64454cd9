//! GitLab's code quality report.
//!
//! [The format](https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format). A merge request shows
//! what its report has and the one of the target branch has not, by `fingerprint`.

use rolecall_checks::finding::Finding;
use rolecall_source::{Severity, Sources};
use serde::Serialize;

use crate::{Report, place, words};

/// The report, indented, with a line end. What the user has accepted is not in it.
#[must_use]
pub fn render(report: &Report<'_>) -> String {
    let open = report.analysis.findings.iter().filter(|f| f.suppressed.is_none());
    let issues: Vec<Issue<'_>> = open.filter_map(|f| Issue::new(f, report.sources)).collect();
    let mut text = serde_json::to_string_pretty(&issues).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Issue<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    check_name: &'a str,
    description: String,
    categories: [&'static str; 1],
    severity: &'static str,
    fingerprint: &'a str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

impl<'a> Issue<'a> {
    fn new(finding: &'a Finding, sources: &Sources) -> Option<Self> {
        let span = words::primary(finding)?;
        let range = sources.positions(span);
        Some(Self {
            kind: "issue",
            check_name: finding.rule,
            description: place::plain(&words::message(finding)),
            categories: ["Security"],
            severity: match finding.severity {
                Severity::Critical => "blocker",
                Severity::High => "critical",
                Severity::Medium => "major",
                Severity::Low => "minor",
            },
            fingerprint: &finding.fingerprint,
            location: Location {
                path: sources.path(span.file).to_owned(),
                lines: Lines {
                    begin: range.start.line,
                    end: range.end.line,
                },
            },
        })
    }
}
