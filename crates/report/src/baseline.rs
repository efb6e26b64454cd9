//! The file of a baseline, version 1: the findings that were there when it was written.

use rolecall_checks::compare::{Identity, Named};
use rolecall_checks::{Baseline, Known};
use serde::{Deserialize, Serialize};

use crate::Report;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u8,
    findings: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    fingerprint: String,
    rule: String,
    technique: String,
    principal: Who,
    role: Option<Who>,
    message: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Who {
    kind: String,
    address: String,
    name: String,
}

/// The findings that are open, in order of identity: a baseline that changes little gives a small difference.
#[must_use]
pub fn render(report: &Report<'_>) -> String {
    let open = report.analysis.findings.iter().filter(|f| f.suppressed.is_none());
    let mut findings: Vec<Entry> = open
        .map(|f| {
            let identity = Identity::of(f);
            Entry {
                fingerprint: identity.fingerprint,
                rule: identity.rule,
                technique: identity.technique,
                principal: Who::from(identity.principal),
                role: identity.role.map(Who::from),
                message: f.headline.clone(),
            }
        })
        .collect();
    findings.sort_by(|a, b| {
        let key = |e: &Entry| (e.rule.clone(), e.principal.address.clone(), e.fingerprint.clone());
        key(a).cmp(&key(b))
    });
    let mut text = serde_json::to_string_pretty(&File { version: 1, findings }).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads a baseline.
///
/// # Errors
/// What is wrong with it, as a clause.
pub fn read(name: &str, text: &str) -> Result<Baseline, String> {
    let file: File = serde_json::from_str(text).map_err(|e| format!("is no baseline: {e}"))?;
    if file.version != 1 {
        return Err(format!(
            "is a baseline of version {}, and 1 is known here",
            file.version
        ));
    }
    let known = |e: Entry| Known {
        identity: Identity {
            fingerprint: e.fingerprint,
            rule: e.rule,
            technique: e.technique,
            principal: e.principal.into(),
            role: e.role.map(Named::from),
        },
        message: e.message,
    };
    Ok(Baseline {
        name: name.to_owned(),
        known: file.findings.into_iter().map(known).collect(),
    })
}

impl From<Named> for Who {
    fn from(named: Named) -> Self {
        Self {
            kind: named.kind,
            address: named.address,
            name: named.name,
        }
    }
}

impl From<Who> for Named {
    fn from(who: Who) -> Self {
        Self {
            kind: who.kind,
            address: who.address,
            name: who.name,
        }
    }
}
