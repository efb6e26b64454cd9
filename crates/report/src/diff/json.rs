//! JSON of a comparison, version 1: `docs/diff-v1.md`, `docs/diff-v1.schema.json`.

use rolecall_checks::compare::{Change, Edit, Lines, Status, Way};
use rolecall_checks::finding::Finding;
use serde::Serialize;

use super::{DiffReport, Side, reasons, word};
use crate::json::{CoverageV1, FindingV1, Tool};
use crate::words;

/// The report, indented, with a line end.
#[must_use]
pub fn render(report: &DiffReport<'_>) -> String {
    let changes = report.comparison.changes.iter();
    let count = |status| report.comparison.of(status).count();
    let document = Document {
        version: 1,
        tool: Tool {
            name: "rolecall",
            version: report.version,
        },
        base: Revision::new(&report.base),
        head: Revision::new(&report.head),
        changes: changes.filter_map(|c| ChangeV1::new(c, report)).collect(),
        coverage: CoverageV1::new(
            &report.head.analysis.coverage,
            &report.head.analysis.diagnostics,
            report.head.sources,
        ),
        summary: Summary {
            new: count(Status::New),
            worsened: count(Status::Worsened),
            fixed: count(Status::Fixed),
            accepted: count(Status::Accepted),
            unchanged: count(Status::Unchanged),
            hidden: report.hidden,
            complete: report.complete(),
        },
    };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    tool: Tool<'a>,
    base: Revision<'a>,
    head: Revision<'a>,
    changes: Vec<ChangeV1<'a>>,
    coverage: CoverageV1<'a>,
    summary: Summary,
}

#[derive(Serialize)]
struct Revision<'a> {
    name: &'a str,
    commit: Option<&'a str>,
}

impl<'a> Revision<'a> {
    fn new(side: &Side<'a>) -> Self {
        Self {
            name: side.name,
            commit: side.commit,
        }
    }
}

#[derive(Serialize)]
struct ChangeV1<'a> {
    status: &'static str,
    finding: FindingV1<'a>,
    before: Option<Before<'a>>,
    recognised_by: Option<&'static str>,
    reasons: Vec<String>,
    edits: Vec<EditV1<'a>>,
}

/// What a finding was in the base.
#[derive(Serialize)]
struct Before<'a> {
    fingerprint: &'a str,
    severity: &'static str,
    confidence: &'static str,
    technique: &'a str,
    principal: &'a str,
    role: Option<&'a str>,
}

#[derive(Serialize)]
struct EditV1<'a> {
    steps: &'a [usize],
    before: Option<LinesV1<'a>>,
    after: Option<LinesV1<'a>>,
    text: &'a [String],
}

#[derive(Serialize)]
struct LinesV1<'a> {
    path: &'a str,
    line: usize,
    lines: usize,
}

#[derive(Serialize)]
struct Summary {
    new: usize,
    worsened: usize,
    fixed: usize,
    accepted: usize,
    unchanged: usize,
    hidden: usize,
    complete: bool,
}

impl<'a> ChangeV1<'a> {
    fn new(change: &'a Change, report: &DiffReport<'a>) -> Option<Self> {
        let sources = match change.after {
            Some(_) => report.head.sources,
            None => report.base.sources,
        };
        let was = change.before.and_then(|at| report.base.analysis.findings.get(at));
        Some(Self {
            status: word(change.status),
            finding: FindingV1::new(report.finding(change)?, sources),
            before: was.map(Before::new),
            recognised_by: change.way.map(way),
            reasons: reasons(change),
            edits: change.edits.iter().map(EditV1::new).collect(),
        })
    }
}

impl<'a> Before<'a> {
    fn new(finding: &'a Finding) -> Self {
        Self {
            fingerprint: &finding.fingerprint,
            severity: words::severity(finding.severity),
            confidence: words::confidence(finding.confidence),
            technique: &finding.technique,
            principal: &finding.principal.address,
            role: finding.role.as_ref().map(|r| &*r.address),
        }
    }
}

impl<'a> EditV1<'a> {
    fn new(edit: &'a Edit) -> Self {
        let lines = |l: &'a Lines| LinesV1 {
            path: &l.path,
            line: l.first,
            lines: l.count,
        };
        Self {
            steps: &edit.steps,
            before: edit.before.as_ref().map(lines),
            after: edit.after.as_ref().map(lines),
            text: &edit.text,
        }
    }
}

fn way(way: Way) -> &'static str {
    match way {
        Way::Fingerprint => "fingerprint",
        Way::Address => "address",
        Way::Name => "name",
        Way::Resource => "resource",
        Way::OtherTechnique => "other-technique",
    }
}
