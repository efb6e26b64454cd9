//! One block: a finding, its path, and who else it is true of.

use rolecall_checks::finding::{Finding, Fix, Step};
use rolecall_source::Confidence;

use super::snippet::Mark;
use super::style::Style;
use super::{NAMES, Page};
use crate::group::Block;
use crate::{Report, place, words};

/// Most names of those a finding is also true of.
const NAMED: usize = 8;

impl Page<'_> {
    pub(super) fn block(&mut self, block: &Block<'_>, report: &Report<'_>) {
        let finding = block.first;
        let confidence = match finding.confidence {
            Confidence::Certain => String::new(),
            Confidence::Possible => self.paint.with(Style::Dim, " (possible)"),
        };
        let url = report.rules.iter().find(|r| r.id == finding.rule).map(|r| r.url);
        let rule = self.to_page(&self.paint.with(Style::Dim, finding.rule), url);
        let label = Style::Severity(finding.severity);
        let label = self.paint.with(label, words::severity(finding.severity));
        self.line(&format!("{label}{confidence} {rule}"));
        self.paragraph("", 0, &finding.headline, Some(Style::Bold));
        self.others(block);
        self.steps(finding);
        self.facts(block);
        self.line("");
    }

    fn others(&mut self, block: &Block<'_>) {
        if block.others.is_empty() {
            return;
        }
        let named = block.others.iter().take(NAMED);
        let mut names: Vec<String> = named.map(|f| words::other(block, f)).collect();
        if block.others.len() > NAMED {
            names.push("…".to_owned());
        }
        let told = format!("{}: {} (--all shows each)", block.more(), names.join(", "));
        self.paragraph("", 2, &told, None);
    }

    /// The path: a frame per stretch of steps that goes down one file, so that the numbers go down the screen. A path
    /// of several hops says before each what it is.
    fn steps(&mut self, finding: &Finding) {
        let numbered: Vec<(usize, &Step)> = finding.steps.iter().enumerate().collect();
        let next = |a: &(usize, &Step), b: &(usize, &Step)| {
            let down = a.1.span.file == b.1.span.file && a.1.span.start <= b.1.span.start;
            down && words::hop_at(finding, b.0).is_none()
        };
        for stretch in numbered.chunk_by(next) {
            if let Some((number, hop)) = stretch.first().and_then(|s| words::hop_at(finding, s.0)) {
                let nth = words::nth_hop(finding, number).unwrap_or_default();
                if number > 0 {
                    self.line("");
                }
                let lead = self.paint.with(Style::Bold, &format!("  {nth}: "));
                self.paragraph(&lead, 4 + nth.len(), &words::hop(hop), Some(Style::Bold));
            }
            self.stretch(stretch);
        }
    }

    fn stretch(&mut self, stretch: &[(usize, &Step)]) {
        if stretch.iter().any(|(_, step)| step.span.is_nowhere()) {
            for (at, step) in stretch {
                self.paragraph(&format!("  {}. ", at + 1), 5, &step.message, None);
            }
            return;
        }
        let mark = |(at, step): &(usize, &Step)| Mark {
            span: step.span,
            text: format!("{}. {}", at + 1, step.message),
        };
        let marks: Vec<Mark> = stretch.iter().map(mark).collect();
        self.frame(&marks);
    }

    fn facts(&mut self, block: &Block<'_>) {
        let finding = block.first;
        self.line("");
        if let Some(witness) = &finding.witness {
            self.fact("witness", &words::witness(witness), None);
        }
        let gain = words::gain(&finding.gain);
        if !gain.is_empty() {
            self.fact("gain", &gain, None);
        }
        for assumption in &finding.assumptions {
            self.fact("assuming", assumption, Some(Style::Warning));
        }
        for note in &finding.notes {
            self.fact("note", note, None);
        }
        for other in &block.also_by {
            self.fact("also by", &other.technique, None);
        }
        if let Some(fix) = &finding.fix {
            self.fix(fix);
        }
    }

    fn fix(&mut self, fix: &Fix) {
        let at = place::show(self.sources, fix.span).map_or_else(String::new, |at| format!(" (at {at})"));
        self.fact_at("fix", &format!("{}{at}", fix.summary), Some(Style::Good), fix.span);
        for line in fix.snippet.iter().flat_map(|s| s.lines()) {
            let line = self.paint.with(Style::Good, &place::plain(line));
            self.line(&format!("{:NAMES$}  {line}", ""));
        }
    }
}
