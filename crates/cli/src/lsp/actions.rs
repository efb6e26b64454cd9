//! Fixes as code actions. Each is analysed before it is offered: it closes its finding, opens none as grave and loses nothing.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rolecall_checks::Finding;
use rolecall_iam::Statement;
use rolecall_source::{FileId, Severity, Span};
use serde_json::{Value, json};

use super::analysis::{Job, Snapshot};
use super::edit::{self, Edit};
use super::text::{Extent, Lines};
use super::{publish, uri};

/// Findings whose fixes are tried at one place.
const TRIED: usize = 4;

/// The code actions for a part of a file.
pub(crate) fn actions(snapshot: &Snapshot, job: &Job, file: FileId, extent: &Extent) -> Vec<Value> {
    let concerns = |f: &&Finding| {
        let spans = f.fix.iter().map(|fix| fix.span).chain([f.primary]);
        let mut here = spans.filter(|s| s.file == file).filter_map(|s| snapshot.extent(s));
        f.suppressed.is_none() && here.any(|e| e.touches(extent))
    };
    let findings = snapshot.analysis.findings.iter().filter(concerns).take(TRIED);
    let mut offered = Vec::new();
    for finding in findings {
        let Some((file, edits)) = changes(snapshot, finding) else {
            continue;
        };
        if closes(snapshot, job, finding, file, &edits) {
            offered.extend(action(snapshot, finding, file, &edits));
        }
    }
    offered
}

fn changes(snapshot: &Snapshot, finding: &Finding) -> Option<(FileId, Vec<Edit>)> {
    let fix = finding.fix.as_ref().filter(|f| !f.span.is_nowhere())?;
    let file = fix.span.file;
    if snapshot.is_foreign(file) {
        return None;
    }
    let text = snapshot.sources.text(file).ok()?;
    let (statement, range) = statement(snapshot, text, fix.span)?;
    let only = !statement.actions.negated && statement.actions.items.len() == 1;
    Some((file, edit::changes(text, range, bytes(fix.span), only, fix)?))
}

/// The smallest statement around a place.
fn statement<'a>(snapshot: &'a Snapshot, text: &str, around: Span) -> Option<(&'a Statement, Range<usize>)> {
    let grants = snapshot.graph.nodes.iter().flat_map(|n| &n.authority.identity);
    let statements = grants.flat_map(|g| &g.policy.statements);
    let placed = statements
        .filter(|s| s.span.file == around.file)
        .map(|s| (s, edit::whole(text, bytes(s.span))));
    let around = bytes(around);
    let holds = |(_, range): &(&Statement, Range<usize>)| range.start <= around.start && around.end <= range.end;
    placed.filter(holds).min_by_key(|(_, range)| range.len())
}

fn bytes(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

fn closes(snapshot: &Snapshot, job: &Job, finding: &Finding, file: FileId, edits: &[Edit]) -> bool {
    let Some(text) = snapshot.sources.text(file).ok().and_then(|t| edit::apply(t, edits)) else {
        return false;
    };
    let mut job = job.clone();
    job.folders
        .retain(|f| f.starts_with(&snapshot.root) || snapshot.root.starts_with(f));
    job.overlay.0.insert(snapshot.path(file), Arc::new(text));
    let outcome = job.run();
    let Some(after) = outcome.snapshots.iter().find(|s| s.root == snapshot.root) else {
        return false;
    };
    let open = |s: &Snapshot| -> BTreeMap<String, Severity> {
        let findings = s.analysis.findings.iter().filter(|f| f.suppressed.is_none());
        findings.map(|f| (f.fingerprint.clone(), f.severity)).collect()
    };
    let (before, now) = (open(snapshot), open(after));
    // A narrower pattern is still one, and less grave.
    let graver = |(id, severity): (&String, &Severity)| !before.contains_key(id) && *severity >= finding.severity;
    let (coverage, then) = (&after.analysis.coverage, &snapshot.analysis.coverage);
    let lost = after.analysis.diagnostics.len() > snapshot.analysis.diagnostics.len()
        || coverage.policies_unknown.len() > then.policies_unknown.len()
        || (coverage.principals, coverage.policies) != (then.principals, then.policies);
    !now.contains_key(&finding.fingerprint) && !now.iter().any(graver) && !lost
}

fn action(snapshot: &Snapshot, finding: &Finding, file: FileId, edits: &[Edit]) -> Option<Value> {
    let text = snapshot.sources.text(file).ok()?;
    let lines = Lines::new(text);
    let edits: Vec<Value> = edits
        .iter()
        .map(|e| json!({"range": lines.extent(text, e.range.clone()), "newText": e.text}))
        .collect();
    let changes = BTreeMap::from([(uri::of_path(&snapshot.path(file)), edits)]);
    Some(json!({
        "title": finding.fix.as_ref()?.summary,
        "kind": "quickfix",
        "isPreferred": true,
        "diagnostics": [publish::finding(snapshot, finding)?],
        "edit": {"changes": changes},
    }))
}
