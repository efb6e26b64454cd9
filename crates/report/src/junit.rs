//! JUnit XML, which nearly every CI system shows as test results.
//!
//! A rule is a suite and a finding is a test that fails; an accepted finding is one that is skipped; a rule that found
//! nothing is one that passes. [The format](https://github.com/testmoapp/junitxml), as far as there is one.

use std::fmt::Write;

use rolecall_checks::finding::{Finding, Rule};
use rolecall_source::Sources;

use crate::{Report, place, words};

/// The report.
#[must_use]
pub fn render(report: &Report<'_>) -> String {
    let findings = &report.analysis.findings;
    let total = Counts::of(findings.iter());
    let idle = report
        .rules
        .iter()
        .filter(|r| !findings.iter().any(|f| f.rule == r.id))
        .count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites name=\"rolecall\" {}>", total.attributes(idle));
    for rule in report.rules {
        suite(&mut out, rule, findings, report.sources);
    }
    out.push_str("</testsuites>\n");
    out
}

/// How many there are of a kind.
struct Counts {
    all: usize,
    skipped: usize,
}

impl Counts {
    fn of<'a>(findings: impl Iterator<Item = &'a Finding>) -> Self {
        let mut counts = Self { all: 0, skipped: 0 };
        for finding in findings {
            counts.all += 1;
            counts.skipped += usize::from(finding.suppressed.is_some());
        }
        counts
    }

    fn attributes(&self, passed: usize) -> String {
        format!(
            "tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"",
            self.all + passed,
            self.all - self.skipped,
            self.skipped
        )
    }
}

fn suite(out: &mut String, rule: &Rule, findings: &[Finding], sources: &Sources) {
    let of_rule = || findings.iter().filter(|f| f.rule == rule.id);
    let counts = Counts::of(of_rule());
    let idle = usize::from(counts.all == 0);
    let _ = writeln!(
        out,
        "  <testsuite name=\"{}\" {}>",
        escape(rule.id),
        counts.attributes(idle)
    );
    if idle > 0 {
        let (name, class) = (escape(rule.summary), escape(rule.id));
        let _ = writeln!(out, "    <testcase name=\"{name}\" classname=\"{class}\"/>");
    }
    for finding in of_rule() {
        case(out, finding, sources);
    }
    out.push_str("  </testsuite>\n");
}

fn case(out: &mut String, finding: &Finding, sources: &Sources) {
    let (name, class) = (escape(&finding.headline), escape(finding.rule));
    let place = words::primary(finding).map_or_else(String::new, |span| {
        let line = sources.position(span).line;
        format!(" file=\"{}\" line=\"{line}\"", escape(sources.path(span.file)))
    });
    let _ = writeln!(out, "    <testcase name=\"{name}\" classname=\"{class}\"{place}>");
    match &finding.suppressed {
        Some(accepted) => {
            let _ = writeln!(out, "      <skipped message=\"{}\"/>", escape(&accepted.reason));
        }
        None => {
            let message = escape(&finding.headline);
            let kind = words::severity(finding.severity);
            let _ = writeln!(out, "      <failure message=\"{message}\" type=\"{kind}\">");
            out.push_str(&escape(&story(finding, sources)));
            out.push_str("</failure>\n");
        }
    }
    out.push_str("    </testcase>\n");
}

/// The path and what follows from it, as lines.
fn story(finding: &Finding, sources: &Sources) -> String {
    let mut lines = Vec::new();
    for (i, step) in finding.steps.iter().enumerate() {
        if let Some((number, hop)) = words::hop_at(finding, i) {
            let nth = words::nth_hop(finding, number).unwrap_or_default();
            lines.push(format!("{nth}: {}", words::hop(hop)));
        }
        let at = place::show(sources, step.span).map_or_else(String::new, |at| format!(" ({at})"));
        lines.push(format!("{}. {}{at}", i + 1, step.message));
    }
    lines.extend(
        finding
            .witness
            .as_ref()
            .map(|w| format!("witness: {}", words::witness(w))),
    );
    lines.extend(finding.assumptions.iter().map(|a| format!("assuming: {a}")));
    lines.extend(finding.notes.iter().map(|n| format!("note: {n}")));
    lines.extend(finding.fix.as_ref().map(|f| format!("fix: {}", f.summary)));
    let lines: Vec<String> = lines.iter().map(|l| place::plain(l)).collect();
    lines.join("\n")
}

/// Text as XML holds it; what XML cannot hold is replaced.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(place::harmless(c)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_the_repository_is_text() {
        assert_eq!(
            escape("a\"<b>&]]>\u{1b}\u{0}\u{ffff}"),
            "a&quot;&lt;b&gt;&amp;]]&gt;??\u{fffd}"
        );
    }
}
