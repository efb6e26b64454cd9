//! Findings as an editor shows them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rolecall_checks::{Finding, rules};
use rolecall_source::{Diagnostic, Level, Severity, Span};
use serde_json::{Value, json};

use super::analysis::Snapshot;
use super::uri;

/// Diagnostics by file: findings at their place with every step as a related place, and what could not be analysed.
pub(crate) fn diagnostics(snapshot: &Snapshot) -> BTreeMap<PathBuf, Vec<Value>> {
    let mut files: BTreeMap<PathBuf, Vec<Value>> = BTreeMap::new();
    let mut add = |span: Span, value: Option<Value>| {
        if let Some(value) = value {
            files.entry(snapshot.path(span.file)).or_default().push(value);
        }
    };
    for one in snapshot.analysis.findings.iter().filter(|f| f.suppressed.is_none()) {
        add(one.primary, finding(snapshot, one));
    }
    for one in &snapshot.analysis.diagnostics {
        add(one.span(), problem(snapshot, one));
    }
    files
}

/// A finding.
pub(crate) fn finding(snapshot: &Snapshot, finding: &Finding) -> Option<Value> {
    let steps = finding.steps.iter().enumerate().filter_map(|(i, step)| {
        let range = snapshot.extent(step.span)?;
        let location = json!({"uri": uri::of_path(&snapshot.path(step.span.file)), "range": range});
        Some(json!({"location": location, "message": format!("{}. {}", i + 1, step.message)}))
    });
    let url = rules().iter().find(|r| r.id == finding.rule).map_or("", |r| r.url);
    Some(json!({
        "range": snapshot.extent(finding.primary)?,
        "severity": match finding.severity {
            Severity::Critical | Severity::High => 1,
            Severity::Medium => 2,
            Severity::Low => 3,
        },
        "code": finding.rule,
        "codeDescription": {"href": url},
        "source": "rolecall",
        "message": message(finding),
        "relatedInformation": steps.collect::<Vec<_>>(),
        "data": {"fingerprint": finding.fingerprint},
    }))
}

fn message(finding: &Finding) -> String {
    let mut lines = vec![finding.headline.clone()];
    if let Some(witness) = &finding.witness {
        lines.push(format!("witness: {} on {}", witness.action, witness.resource));
    }
    lines.extend(finding.assumptions.iter().map(|a| format!("assuming {a}")));
    lines.extend(finding.fix.iter().map(|f| format!("fix: {}", f.summary)));
    lines.join("\n")
}

fn problem(snapshot: &Snapshot, diagnostic: &Diagnostic) -> Option<Value> {
    let severity = match diagnostic.level {
        Level::Error => 2,
        Level::Warning => 3,
        Level::Note | Level::Finding(..) => return None,
    };
    let help = diagnostic.help.iter().map(|h| format!("\n{h}"));
    Some(json!({
        "range": snapshot.extent(diagnostic.span())?,
        "severity": severity,
        "code": &*diagnostic.code,
        "source": "rolecall",
        "message": std::iter::once(diagnostic.headline.clone()).chain(help).collect::<String>(),
    }))
}
