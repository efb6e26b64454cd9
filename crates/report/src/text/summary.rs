//! What was not understood, and what it comes to.

use rolecall_checks::finding::Coverage;
use rolecall_source::{Diagnostic, Label, Level, Severity, Span};

use super::Page;
use super::snippet::Mark;
use super::style::Style;
use crate::{Report, words};

/// Most notes of a kind that are told without `all`.
const NOTES: usize = 10;

impl Page<'_> {
    /// How many of `n` are told.
    fn limit(&self, n: usize) -> usize {
        if self.options.all { n } else { n.min(NOTES) }
    }

    /// Says how many of `n` are not told.
    fn rest(&mut self, lead: &str, n: usize, noun: &str) {
        let left = n - self.limit(n);
        if left > 0 {
            self.line(&format!(
                "{lead}and {} (--all shows each)",
                words::count_more(left, noun)
            ));
        }
    }

    pub(super) fn diagnostics(&mut self, diagnostics: &[Diagnostic]) {
        for diagnostic in diagnostics.iter().take(self.limit(diagnostics.len())) {
            self.diagnostic(diagnostic);
        }
        let before = self.out.len();
        self.rest("", diagnostics.len(), "note");
        if self.out.len() > before {
            self.line("");
        }
    }

    pub(super) fn diagnostic(&mut self, diagnostic: &Diagnostic) {
        let (word, style) = match diagnostic.level {
            Level::Error => ("error", Style::Severity(Severity::High)),
            Level::Warning | Level::Finding(..) => ("warning", Style::Warning),
            Level::Note => ("note", Style::Dim),
        };
        let label = self.paint.with(style, word);
        let code = self.paint.with(Style::Dim, &diagnostic.code);
        self.line(&format!("{label} {code}"));
        self.paragraph("", 0, &diagnostic.headline, None);
        let places: Vec<_> = diagnostic.labels.iter().filter(|l| !l.span.is_nowhere()).collect();
        for stretch in places.chunk_by(|a, b| a.span.file == b.span.file) {
            let mark = |l: &&Label| Mark {
                span: l.span,
                text: l.text.clone(),
            };
            let marks: Vec<Mark> = stretch.iter().map(mark).collect();
            self.frame(&marks);
        }
        for note in &diagnostic.notes {
            self.fact("note", note, None);
        }
        if let Some(help) = &diagnostic.help {
            self.fact("help", help, None);
        }
        self.line("");
    }

    pub(super) fn summary(&mut self, report: &Report<'_>) {
        self.verdict(report);
        let findings = &report.analysis.findings;
        let accepted = findings.iter().filter(|f| f.suppressed.is_some()).count();
        if accepted > 0 {
            self.line(&format!("{} accepted", words::count(accepted, "finding")));
        }
        if report.hidden > 0 {
            let hidden = words::count(report.hidden, "finding");
            self.line(&format!("{hidden} not shown for their severity or confidence"));
        }
        self.cut(report);
        self.coverage(&report.analysis.coverage);
    }

    /// The fewest edits that close what is grave.
    fn cut(&mut self, report: &Report<'_>) {
        // Of one finding its fix says the same.
        let Some(cut) = report.analysis.cut.as_ref().filter(|c| c.of > 1) else {
            return;
        };
        let line = self.paint.with(Style::Bold, &words::cut(cut));
        self.line(&line);
        let most = self.limit(cut.edits.len());
        for edit in cut.edits.iter().take(most) {
            let at = self.at(edit.span);
            self.gap(&format!("{}{at}", edit.summary), edit.span);
        }
        self.rest("  ", cut.edits.len(), "change");
    }

    fn verdict(&mut self, report: &Report<'_>) {
        let open = || report.analysis.findings.iter().filter(|f| f.suppressed.is_none());
        let n = open().count();
        let line = match n {
            0 if report.failed() => {
                let told = "No findings, but the analysis did not finish";
                self.paint.with(Style::Warning, told)
            }
            0 if report.analysis.coverage.roots.is_empty() => self.paint.with(Style::Warning, "No findings"),
            0 => self.paint.with(Style::Good, "No findings"),
            _ => {
                let n = self.paint.with(Style::Bold, &words::count(n, "finding"));
                format!("{n}: {}", words::tally(open()))
            }
        };
        self.line(&line);
    }

    fn coverage(&mut self, coverage: &Coverage) {
        let took = self
            .options
            .elapsed
            .map_or_else(String::new, |e| format!(" in {:.2} s", e.as_secs_f64()));
        self.paragraph("", 2, &format!("Analysed: {}{took}", words::analysed(coverage)), None);
        let (modules, policies) = (&coverage.modules_unresolved, &coverage.policies_unknown);
        if modules.is_empty() && policies.is_empty() {
            return;
        }
        let line = self.paint.with(Style::Warning, "Not analysed:");
        self.line(&line);
        for module in modules.iter().take(self.limit(modules.len())) {
            let help = module
                .help
                .as_ref()
                .map_or_else(String::new, |h| format!("; try `{h}`"));
            let at = self.at(module.span);
            self.gap(
                &format!("{} from {}{at}{help}", module.address, module.source),
                module.span,
            );
        }
        self.rest("  ", modules.len(), "module");
        for policy in policies.iter().take(self.limit(policies.len())) {
            let at = self.at(policy.span);
            self.gap(
                &format!("policy of {}{at}: {}", policy.address, policy.why),
                policy.span,
            );
        }
        self.rest("  ", policies.len(), "policy");
    }

    fn gap(&mut self, text: &str, span: Span) {
        self.pointing("  ", 4, text, None, span);
    }
}
