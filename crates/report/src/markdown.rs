//! Markdown for GitHub: a step summary or a comment, with a Mermaid picture of each path.
//!
//! Everything that comes from the repository is shown as it is written and acts as nothing: it stands in code spans,
//! or with every mark of Markdown, HTML and Mermaid escaped.

use std::fmt::Write;

use rolecall_checks::finding::{Finding, WitnessRequest};
use rolecall_source::{Confidence, Sources, Span};

use crate::group::{self, Block, Differ};
use crate::{Report, mermaid, place, words};

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
    page.findings(report, BYTES);
    page.coverage(report);
    page.out
}

/// The findings alone: the table, and each folded up. What would go past `bytes` is left out with a note.
pub(crate) fn findings(report: &Report<'_>, bytes: usize) -> String {
    let mut page = Page {
        out: String::new(),
        sources: report.sources,
    };
    page.findings(report, bytes);
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

    fn findings(&mut self, report: &Report<'_>, bytes: usize) {
        let blocks = group::blocks(&report.analysis.findings, false);
        self.table(&blocks);
        for (i, block) in blocks.iter().enumerate() {
            let from = self.out.len();
            self.block(block);
            if self.out.len() > bytes {
                self.out.truncate(from);
                let left = words::count_more(blocks.len() - i, "finding");
                self.line(&format!("{left}, with those like them, are left out here.\n"));
                break;
            }
        }
    }

    fn table(&mut self, blocks: &[Block<'_>]) {
        if blocks.is_empty() {
            return;
        }
        self.line("| Severity | Who | Role | Gain | Where |");
        self.line("|---|---|---|---|---|");
        for block in blocks.iter().take(ROWS) {
            self.row(block);
        }
        if blocks.len() > ROWS {
            self.line(&format!("\n{} more rows are left out.", blocks.len() - ROWS));
        }
        self.line("");
    }

    fn row(&mut self, block: &Block<'_>) {
        let finding = block.first;
        let more = |differ| match block.others.len() {
            n if n > 0 && block.differ == differ => format!(" and {n} more"),
            _ => String::new(),
        };
        let role = finding
            .role
            .as_ref()
            .map_or_else(|| "–".into(), |r| cell(&code(&r.address)));
        let gain = match words::gain(&finding.gain) {
            gain if gain.is_empty() => "–".into(),
            gain => cell(&escape(&gain)),
        };
        self.line(&format!(
            "| {} | {}{} | {role}{} | {gain} | {} |",
            severity(finding),
            cell(&code(&finding.principal.address)),
            more(Differ::Principals),
            more(Differ::Roles),
            self.at(finding.primary).map_or_else(|| "–".into(), |at| cell(&at)),
        ));
    }

    fn at(&self, span: Span) -> Option<String> {
        place::show(self.sources, span).map(|at| code(&at))
    }

    fn block(&mut self, block: &Block<'_>) {
        let finding = block.first;
        let headline = html(&finding.headline);
        let more = match block.more() {
            more if more.is_empty() => more,
            more => format!(", {more}"),
        };
        self.line(&format!(
            "<details><summary><b>{}</b>: {headline}{more}</summary>\n",
            severity(finding)
        ));
        self.line(&mermaid::picture(finding));
        self.steps(finding);
        self.facts(finding);
        for other in &block.also_by {
            self.line(&format!("**Also by**: {}\n", code(&other.technique)));
        }
        self.others(block);
        self.line(&format!(
            "Rule {}, technique {}\n\n</details>\n",
            code(finding.rule),
            code(&finding.technique)
        ));
    }

    /// The path as a numbered list; of several hops, each under what it is.
    fn steps(&mut self, finding: &Finding) {
        for (i, step) in finding.steps.iter().enumerate() {
            if let Some((number, hop)) = words::hop_at(finding, i) {
                let nth = words::nth_hop(finding, number).unwrap_or_default();
                let gap = if i == 0 { "" } else { "\n" };
                self.line(&format!("{gap}**{nth}**: {}\n", sentence(&words::hop(hop))));
            }
            let at = self.at(step.span).map_or_else(String::new, |at| format!(" ({at})"));
            self.line(&format!("{}. {}{at}", i + 1, sentence(&step.message)));
        }
        self.line("");
    }

    fn facts(&mut self, finding: &Finding) {
        if let Some(witness) = &finding.witness {
            self.line(&format!("**Witness**: {}\n", witnessed(witness)));
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
    }

    /// Who or what else it is true of.
    fn others(&mut self, block: &Block<'_>) {
        if block.others.is_empty() {
            return;
        }
        self.line(&format!(
            "**In the same way**, {}:\n",
            words::count_more(block.others.len(), block.differ.noun())
        ));
        for other in block.others.iter().take(ROWS) {
            self.line(&format!("- {}", sentence(&words::other(block, other))));
        }
        if block.others.len() > ROWS {
            self.line(&format!("- and {} more", block.others.len() - ROWS));
        }
        self.line("");
    }

    fn coverage(&mut self, report: &Report<'_>) {
        let coverage = &report.analysis.coverage;
        self.line(&format!("Analysed: {}.", words::analysed(coverage)));
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
pub(crate) fn code(text: &str) -> String {
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
pub(crate) fn fenced(text: &str) -> String {
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
pub(crate) fn sentence(text: &str) -> String {
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

/// A witness, its parts as code.
fn witnessed(witness: &WitnessRequest) -> String {
    let context = witness.context.iter().map(|(k, v)| code(&format!("{k} = {v}")));
    let context: Vec<String> = context.collect();
    let with = if context.is_empty() { "" } else { " with " };
    let (action, resource) = (code(&witness.action), code(&witness.resource));
    format!("{action} on {resource}{with}{}", context.join(", "))
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
        assert_eq!(fenced("```\nx"), "````\n```\nx\n````\n");
    }
}
