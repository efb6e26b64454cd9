//! Pairs of a principal and a role that the user's configuration accepts.

use rolecall_source::{Diagnostic, Span};

use super::address::matches;
use super::{is_over, is_rule};
use crate::finding::{Finding, Suppression};
use crate::options::Options;

/// A pair that is accepted. Patterns are over addresses: `*` is any run of letters, `?` any one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accept {
    /// Who.
    pub principal: String,
    /// With which role; every one, and none, when absent.
    pub role: Option<String>,
    /// The rule; every one when absent.
    pub rule: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day it counts, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// Where the user says so.
    pub span: Span,
}

impl Accept {
    fn speaks_of(&self, finding: &Finding) -> bool {
        let role = match (&self.role, &finding.role) {
            (None, _) => true,
            (Some(pattern), Some(role)) => matches(pattern, &role.address),
            (Some(_), None) => false,
        };
        let rule = self.rule.as_ref().is_none_or(|r| r == "*" || r == finding.rule);
        role && rule && matches(&self.principal, &finding.principal.address)
    }

    fn left_over(&self, over: bool, used: bool) -> Option<Diagnostic> {
        let until = self.until.as_deref().unwrap_or("");
        let (code, headline) = match (over, used) {
            (true, true) => (
                "accept-expired",
                format!("this was accepted until {until}; its findings are open again"),
            ),
            (true, false) => (
                "accept-expired",
                format!("this was accepted until {until}, and no finding needs it"),
            ),
            (false, false) => ("accept-unused", "no finding needs this to be accepted".to_owned()),
            (false, true) => return None,
        };
        let owner = self.owner.iter().map(|o| format!("`{o}` answers for it")).collect();
        let mut diagnostic = Diagnostic::warning(code, headline, self.span);
        diagnostic.notes = owner;
        Some(diagnostic)
    }
}

/// Marks the findings whose pair is accepted.
pub(super) fn apply(findings: &mut [Finding], options: &Options, diagnostics: &mut Vec<Diagnostic>) {
    for accept in &options.accepted {
        if let Some(rule) = accept.rule.as_ref().filter(|r| !is_rule(r)) {
            let headline = format!("there is no rule `{rule}`");
            diagnostics.push(Diagnostic::warning("accept-unknown-rule", headline, accept.span));
        }
        let over = is_over(accept.until.as_deref(), options.today.as_deref());
        let mut used = false;
        for finding in findings.iter_mut().filter(|f| accept.speaks_of(f)) {
            used = true;
            if !over && finding.suppressed.is_none() {
                finding.suppressed = Some(Suppression {
                    by: "accept",
                    reason: accept.reason.clone(),
                    owner: accept.owner.clone(),
                    until: accept.until.clone(),
                    span: accept.span,
                });
            }
        }
        diagnostics.extend(accept.left_over(over, used));
    }
}
