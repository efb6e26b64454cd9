//! Markdown for GitHub: a step summary or a comment, with a Mermaid picture of each path.
//!
//! Everything that comes from the repository is shown as it is written and acts as nothing: it stands in code spans,
//! or with every mark of Markdown, HTML and Mermaid escaped.

use std::fmt::Write;

use rolecall_checks::finding::{Finding, StepKind};
use rolecall_source::{Confidence, Sources, Span};

use crate::{Report, place, words};

/// Rows of the table.
const ROWS: usize = 200;
/// A step summary holds 1 MiB; a finding that would go past this is left out with a note.
const BYTES: usize = 900_000;

/// The report.
#[must_use]
pub fn render(report: &Report<'_>) -> String {
    let mut page = Page {
        out: String::new(),
        sources: report.sources,
    };
    page.head(report);
    let open: Vec<&Finding> = report
        .analysis
        .findings
        .iter()
        .filter(|f| f.suppressed.is_none())
        .collect();
    page.table(&open);
    for (i, finding) in open.iter().enumerate() {
        let from = page.out.len();
        page.finding(finding);
        if page.out.len() > BYTES {
            page.out.truncate(from);
            page.line(&format!(
                "{} more are left out here.\n",
                words::count(open.len() - i, "finding")
            ));
            break;
        }
    }
    page.coverage(report);
    page.out
}

struct Page<'a> {
    out: String,
    sources: &'a Sources,
}

impl Page<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn head(&mut self, report: &Report<'_>) {
        let findings = &report.analysis.findings;
        let open = || findings.iter().filter(|f| f.suppressed.is_none());
        let n = open().count();
        match n {
            0 if report.failed() => self.line("## rolecall: no findings, but the analysis did not finish\n"),
            0 => self.line("## rolecall: no findings\n"),
            _ => self.line(&format!(
                "## rolecall: {} ({})\n",
                words::count(n, "finding"),
                words::tally(open())
            )),
        }
        if findings.len() > n {
            self.line(&format!("{} accepted.\n", words::count(findings.len() - n, "finding")));
        }
        if report.hidden > 0 {
            let hidden = words::count(report.hidden, "finding");
            self.line(&format!("{hidden} not shown for their severity or confidence.\n"));
        }
    }

    fn table(&mut self, open: &[&Finding]) {
        if open.is_empty() {
            return;
        }
        self.line("| Severity | Who | Role | Gain | Where |");
        self.line("|---|---|---|---|---|");
        for finding in open.iter().take(ROWS) {
            let role = finding
                .role
                .as_ref()
                .map_or_else(|| "–".into(), |r| cell(&code(&r.address)));
            let gain = match words::gain(&finding.gain) {
                gain if gain.is_empty() => "–".into(),
                gain => cell(&escape(&gain)),
            };
            self.line(&format!(
                "| {} | {} | {role} | {gain} | {} |",
                severity(finding),
                cell(&code(&finding.principal.address)),
                self.at(finding.primary).map_or_else(|| "–".into(), |at| cell(&at)),
            ));
        }
        if open.len() > ROWS {
            self.line(&format!("\n{} more rows are left out.", open.len() - ROWS));
        }
        self.line("");
    }

    fn at(&self, span: Span) -> Option<String> {
        place::show(self.sources, span).map(|at| code(&at))
    }

    fn finding(&mut self, finding: &Finding) {
        let headline = html(&finding.headline);
        self.line(&format!(
            "<details><summary><b>{}</b>: {headline}</summary>\n",
            severity(finding)
        ));
        self.line(&picture(finding));
        for (i, step) in finding.steps.iter().enumerate() {
            let at = self.at(step.span).map_or_else(String::new, |at| format!(" ({at})"));
            self.line(&format!("{}. {}{at}", i + 1, sentence(&step.message)));
        }
        self.line("");
        if let Some(witness) = &finding.witness {
            let context = witness
                .context
                .iter()
                .map(|(k, v)| code(&format!("{k} = {v}")))
                .collect::<Vec<_>>();
            let with = if context.is_empty() {
                String::new()
            } else {
                format!(" with {}", context.join(", "))
            };
            self.line(&format!(
                "**Witness**: {} on {}{with}\n",
                code(&witness.action),
                code(&witness.resource)
            ));
        }
        let gain = words::gain(&finding.gain);
        if !gain.is_empty() {
            self.line(&format!("**Gain**: {}\n", escape(&gain)));
        }
        for assumption in &finding.assumptions {
            self.line(&format!("**Assuming**: {}\n", sentence(assumption)));
        }
        for note in &finding.notes {
            self.line(&format!("**Note**: {}\n", sentence(note)));
        }
        if let Some(fix) = &finding.fix {
            let at = self.at(fix.span).map_or_else(String::new, |at| format!(" (at {at})"));
            self.line(&format!("**Fix**: {}{at}\n", sentence(&fix.summary)));
            if let Some(snippet) = &fix.snippet {
                self.line(&fenced(snippet));
            }
        }
        self.line(&format!(
            "Rule {}, technique {}\n\n</details>\n",
            code(finding.rule),
            code(&finding.technique)
        ));
    }

    fn coverage(&mut self, report: &Report<'_>) {
        let coverage = &report.analysis.coverage;
        let parts = [
            words::count(coverage.files, "file"),
            words::count(coverage.roots.len(), "configuration"),
            words::count(coverage.principals, "principal"),
            words::count(coverage.roles, "role"),
            words::count(coverage.policies, "policy"),
        ];
        self.line(&format!("Analysed: {}.", parts.join(", ")));
        if report.complete() {
            return;
        }
        self.line("\n<details><summary>Not analysed</summary>\n");
        for module in coverage.modules_unresolved.iter().take(ROWS) {
            let help = module
                .help
                .as_ref()
                .map_or_else(String::new, |h| format!("; try {}", code(h)));
            self.line(&format!(
                "- {} from {}{help}",
                code(&module.address),
                code(&module.source)
            ));
        }
        for policy in coverage.policies_unknown.iter().take(ROWS) {
            self.line(&format!(
                "- the policy of {}: {}",
                code(&policy.address),
                sentence(&policy.why)
            ));
        }
        for diagnostic in report.analysis.diagnostics.iter().take(ROWS) {
            let at = self
                .at(diagnostic.span())
                .map_or_else(String::new, |at| format!("{at}: "));
            self.line(&format!("- {at}{}", sentence(&diagnostic.headline)));
        }
        self.line("\n</details>");
    }
}

fn severity(finding: &Finding) -> String {
    let severity = words::severity(finding.severity);
    match finding.confidence {
        Confidence::Certain => severity.to_owned(),
        Confidence::Possible => format!("{severity} (possible)"),
    }
}

/// A code span, whatever is in it ([CommonMark](https://spec.commonmark.org/0.31.2/#code-spans)).
fn code(text: &str) -> String {
    let text = place::plain(text);
    let mut longest = 0;
    for run in text.split(|c| c != '`') {
        longest = longest.max(run.len());
    }
    let ticks = "`".repeat(longest + 1);
    let pad = if text.is_empty() || text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A block of code, whatever is in it.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let lines: Vec<String> = text.lines().map(place::plain).collect();
    format!("{fence}\n{}\n{fence}\n", lines.join("\n"))
}

/// In a table a bar ends the cell, in code as well.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Text that means only itself.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in place::plain(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A mention would call somebody.
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '$' | ':' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A sentence of ours: what stands in backticks is code, the rest is text.
fn sentence(text: &str) -> String {
    let mut out = String::new();
    for (i, part) in text.split('`').enumerate() {
        match i % 2 {
            0 => out.push_str(&escape(part)),
            _ => out.push_str(&code(part)),
        }
    }
    out
}

/// A sentence of ours inside HTML.
fn html(text: &str) -> String {
    let mut out = String::new();
    for (i, part) in text.split('`').enumerate() {
        let part = place::plain(part)
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('@', "&#64;");
        match i % 2 {
            0 => out.push_str(&part),
            _ => {
                let _ = write!(out, "<code>{part}</code>");
            }
        }
    }
    out
}

/// A Mermaid flowchart of a path: who launches what, what it runs with, what that gains.
fn picture(finding: &Finding) -> String {
    let mut chart = Chart::default();
    let principal = format!("{} {}", finding.principal.kind, finding.principal.name);
    let role = finding.role.as_ref().map(|r| format!("role {}", r.name));
    let mut actor = vec![principal];
    let (mut launch, mut run) = (Vec::new(), Vec::new());
    for (i, step) in finding.steps.iter().enumerate() {
        let told = format!("({}) {}", i + 1, step.message);
        match step.kind {
            // The node of the principal says it already.
            StepKind::Principal if i == 0 => {}
            StepKind::Principal | StepKind::Wiring if launch.is_empty() => actor.push(told),
            StepKind::Launch | StepKind::Pass => launch.push(told),
            StepKind::Gain => chart.gain.push(told),
            _ => run.push(told),
        }
    }
    let who = chart.node(&actor);
    let compute = chart.node(&[format!("compute ({})", finding.technique)]);
    chart.edge(who, compute, &launch);
    if let Some(role) = role {
        let role = chart.node(&[role]);
        chart.edge(compute, role, &run);
        let witness = finding
            .witness
            .as_ref()
            .map(|w| format!("{} on {}", w.action, w.resource));
        if let Some(witness) = witness {
            let gained = chart.node(&[witness]);
            let told = std::mem::take(&mut chart.gain);
            chart.edge(role, gained, &told);
        }
    }
    format!("```mermaid\nflowchart LR\n{}```\n", chart.out)
}

#[derive(Default)]
struct Chart {
    out: String,
    nodes: usize,
    gain: Vec<String>,
}

impl Chart {
    fn node(&mut self, lines: &[String]) -> usize {
        let n = self.nodes;
        self.nodes += 1;
        let _ = writeln!(self.out, "  n{n}[\"{}\"]", label(lines));
        n
    }

    fn edge(&mut self, from: usize, to: usize, lines: &[String]) {
        let _ = match lines {
            [] => writeln!(self.out, "  n{from} --> n{to}"),
            _ => writeln!(self.out, "  n{from} -->|\"{}\"| n{to}", label(lines)),
        };
    }
}

/// Text inside a quoted Mermaid label: every letter that could mean something is written by its number.
fn label(lines: &[String]) -> String {
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        if i > 0 {
            out.push_str("<br/>");
        }
        for c in place::plain(line).chars().filter(|c| *c != '`') {
            match c {
                c if c.is_alphanumeric() || " .,-/_".contains(c) => out.push(c),
                c => {
                    let _ = write!(out, "#{};", u32::from(c));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_only_shown() {
        assert_eq!(code("a`b``"), "``` a`b`` ```");
        assert_eq!(
            sentence("user `x` <img src=x> @team [l](u)"),
            "user `x` &lt;img src=x&gt; &#64;team \\[l\\](u)"
        );
        assert_eq!(html("role `<b>` @x"), "role <code>&lt;b&gt;</code> &#64;x");
        assert_eq!(
            label(&["a\"];click x \u{1b}".into(), "b".into()]),
            "a#34;#93;#59;click x #63;<br/>b"
        );
        assert_eq!(fenced("```\nx"), "````\n```\nx\n````\n");
    }
}
