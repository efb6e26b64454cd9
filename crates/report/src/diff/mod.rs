//! A comparison of two scans, in every format that tells one.

mod json;
mod markdown;
mod text;

use rolecall_checks::Rule;
use rolecall_checks::compare::{Change, Comparison, Edit, Lines, Status};
use rolecall_checks::finding::{Analysis, Finding};
use rolecall_source::Sources;

use crate::{Report, sarif, words};

pub use json::render as render_json;
pub use markdown::{MARKER, render as render_markdown};
pub use text::render as render_text;

/// One of the two scans.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// How people call it: a revision as they wrote it, `the working tree`.
    pub name: &'a str,
    /// The commit; `None` for the working tree.
    pub commit: Option<&'a str>,
    /// Its outcome.
    pub analysis: &'a Analysis,
    /// Its files.
    pub sources: &'a Sources,
}

/// Everything that is told of a comparison.
pub struct DiffReport<'a> {
    /// What changed. What the user does not want to see is left out of it already.
    pub comparison: &'a Comparison,
    /// What is compared with.
    pub base: Side<'a>,
    /// What is compared.
    pub head: Side<'a>,
    /// The rules that ran.
    pub rules: &'a [Rule],
    /// The version of the program.
    pub version: &'a str,
    /// How many changes were left out because of their severity or confidence.
    pub hidden: usize,
}

/// SARIF of what is new or worse.
#[must_use]
pub fn render_sarif(report: &DiffReport<'_>) -> String {
    let analysis = report.open();
    sarif::render(&report.of_head(&analysis))
}

impl<'a> DiffReport<'a> {
    /// True iff what was compared could be analysed.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.of_head(self.head.analysis).complete()
    }

    fn of_head(&self, analysis: &'a Analysis) -> Report<'a> {
        Report {
            analysis,
            sources: self.head.sources,
            rules: self.rules,
            version: self.version,
            hidden: self.hidden,
        }
    }

    /// The finding that a change is about, as it is now, or was when it is gone.
    fn finding(&self, change: &Change) -> Option<&'a Finding> {
        match (change.after, change.before) {
            (Some(at), _) => self.head.analysis.findings.get(at),
            (None, Some(at)) => self.base.analysis.findings.get(at),
            (None, None) => None,
        }
    }

    /// What is new or worse, each finding with the reason among its notes.
    fn open(&self) -> Analysis {
        let mut analysis = Analysis {
            diagnostics: self.head.analysis.diagnostics.clone(),
            coverage: self.head.analysis.coverage.clone(),
            ..Analysis::default()
        };
        for status in [Status::New, Status::Worsened] {
            for change in self.comparison.of(status) {
                if let Some(finding) = self.finding(change) {
                    let mut finding = finding.clone();
                    finding.notes.extend(reasons(change));
                    analysis.findings.push(finding);
                }
            }
        }
        analysis
    }

    /// `1 new, 2 fixed`; what there is none of is not named.
    fn tally(&self) -> String {
        let parts = STATUSES.iter().filter_map(|status| {
            let n = self.comparison.of(*status).count();
            (n > 0).then(|| format!("{n} {}", word(*status)))
        });
        match parts.collect::<Vec<_>>() {
            parts if parts.is_empty() => "no findings before and now".to_owned(),
            parts => parts.join(", "),
        }
    }
}

const STATUSES: [Status; 5] = [
    Status::New,
    Status::Worsened,
    Status::Fixed,
    Status::Accepted,
    Status::Unchanged,
];

fn word(status: Status) -> &'static str {
    match status {
        Status::New => "new",
        Status::Worsened => "worsened",
        Status::Fixed => "fixed",
        Status::Accepted => "accepted",
        Status::Unchanged => "unchanged",
    }
}

/// Why a finding is new, worse or gone: sentences without a full stop.
fn reasons(change: &Change) -> Vec<String> {
    let verb = match change.status {
        Status::New => "opened",
        Status::Worsened => "made worse",
        Status::Fixed => "closed",
        Status::Accepted | Status::Unchanged => return change.differences.clone(),
    };
    let mut told = change.differences.clone();
    let (sure, perhaps): (Vec<&Edit>, Vec<&Edit>) = change.edits.iter().partition(|e| !e.steps.is_empty());
    told.extend(
        sure.iter()
            .map(|edit| format!("{verb} by {}{}", place(edit), touched(&edit.steps))),
    );
    if !perhaps.is_empty() {
        let places: Vec<String> = perhaps.iter().map(|e| place(e)).collect();
        told.push(format!(
            "no step of the path was edited: it is {verb} by an edit beside it, one of {}",
            places.join("; ")
        ));
    }
    told
}

/// `the edit at `a.tf:3-5``.
fn place(edit: &Edit) -> String {
    match (&edit.before, &edit.after) {
        (None, Some(after)) => format!("the new file, at `{}`", span(after)),
        (Some(before), None) => format!("taking out the file, before at `{}`", span(before)),
        (Some(before), Some(after)) if after.count == 0 => {
            format!("taking out `{}`", span(before))
        }
        (Some(before), Some(after)) if before.count == 0 => match before.path == after.path {
            true => format!("what was added at `{}`", span(after)),
            false => format!("what was added at `{}` (before `{}`)", span(after), before.path),
        },
        (Some(before), Some(after)) => format!("the edit at `{}` (before: `{}`)", span(after), span(before)),
        (None, None) => "an edit".to_owned(),
    }
}

/// `a.tf:3-5`
fn span(lines: &Lines) -> String {
    match lines.count {
        0 | 1 => format!("{}:{}", lines.path, lines.first),
        n => format!("{}:{}-{}", lines.path, lines.first, lines.first + n - 1),
    }
}

fn touched(steps: &[usize]) -> String {
    let numbers: Vec<String> = steps.iter().map(|s| (s + 1).to_string()).collect();
    match numbers.as_slice() {
        [] => String::new(),
        [one] => format!(", which is step {one}"),
        many => format!(", which is in steps {}", many.join(", ")),
    }
}

/// `main (1a2b3c4d5e6f)`
fn called(side: &Side<'_>) -> String {
    match side.commit.and_then(|c| c.get(..12)) {
        Some(commit) => format!("{} ({commit})", side.name),
        None => side.name.to_owned(),
    }
}

fn summary(report: &DiffReport<'_>) -> String {
    let mut out = format!("Compared {} with {}.", called(&report.head), called(&report.base));
    if report.hidden > 0 {
        let hidden = words::count(report.hidden, "change");
        out.push_str(&format!(" {hidden} not shown for their severity or confidence."));
    }
    if !report.complete() {
        out.push_str(" Not all of it could be analysed: `rolecall scan` says what.");
    }
    out
}
