//! Accepted findings as text: which, by what, why.

use rolecall_checks::finding::Finding;

use crate::{Report, place, words};

/// A paragraph on each finding that is accepted; empty when none is.
#[must_use]
pub fn render(report: &Report<'_>) -> String {
    let mut out = String::new();
    for finding in report.analysis.findings.iter().filter(|f| f.suppressed.is_some()) {
        if out.is_empty() {
            out.push_str("Accepted\n\n");
        }
        out.push_str(&one(report, finding));
    }
    out
}

fn one(report: &Report<'_>, finding: &Finding) -> String {
    let Some(accepted) = &finding.suppressed else {
        return String::new();
    };
    let severity = words::severity(finding.severity);
    let mut out = format!("  {severity} {}\n", place::plain(&finding.headline));
    let at = place::show(report.sources, accepted.span).map_or_else(String::new, |at| format!(" at {at}"));
    let mut why = format!("{}{at}: {}", accepted.by, accepted.reason);
    for (name, value) in [("owner", &accepted.owner), ("until", &accepted.until)] {
        if let Some(value) = value {
            why.push_str(&format!("; {name} {value}"));
        }
    }
    out.push_str(&format!("    {}\n", place::plain(&why)));
    out
}
