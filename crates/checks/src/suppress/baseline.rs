//! A baseline: findings that were there before, and are not told again.

use rolecall_source::{Diagnostic, Level, Span};

use crate::compare::{Identity, pair};
use crate::finding::{Finding, Suppression};

/// The findings of an earlier scan.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// How people call it: the file's name.
    pub name: String,
    /// What was found.
    pub known: Vec<Known>,
}

/// One finding of an earlier scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Which finding.
    pub identity: Identity,
    /// What it said.
    pub message: String,
}

impl Baseline {
    /// Marks the findings that are in the baseline, and tells of entries that no longer occur.
    pub(super) fn apply(&self, findings: &mut [Finding], diagnostics: &mut Vec<Diagnostic>) {
        let before: Vec<Identity> = self.known.iter().map(|k| k.identity.clone()).collect();
        let now: Vec<Identity> = findings.iter().map(Identity::of).collect();
        let pairs = pair(&before, &now, &[]);
        for known in &pairs {
            if let Some(finding) = findings.get_mut(known.after).filter(|f| f.suppressed.is_none()) {
                finding.suppressed = Some(Suppression {
                    by: "baseline",
                    reason: format!("in the baseline `{}`", self.name),
                    owner: None,
                    until: None,
                    span: Span::NOWHERE,
                });
            }
        }
        for (at, known) in self.known.iter().enumerate() {
            if !pairs.iter().any(|p| p.before == at) {
                let headline = format!(
                    "the baseline `{}` has a finding that is gone: {}",
                    self.name, known.message
                );
                let help = format!("`rolecall baseline write {}` leaves it out", self.name);
                diagnostics.push(Diagnostic::new("baseline-gone", Level::Note, headline, Span::NOWHERE).help(help));
            }
        }
    }
}
