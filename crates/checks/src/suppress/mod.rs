//! What the user accepts: ignores in the files, pairs accepted by the configuration, a baseline.

mod accept;
mod address;
mod baseline;
mod ignore;

use rolecall_facts::Directive;
use rolecall_source::{Diagnostic, Level, Span};

use crate::finding::Finding;
use crate::options::Options;

pub use accept::Accept;
pub use baseline::{Baseline, Known};

/// Marks the findings that are accepted, and tells of what accepts nothing (any more).
pub(crate) fn apply(
    findings: &mut [Finding],
    directives: &[Directive],
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) {
    ignore::apply(findings, directives, options, diagnostics);
    accept::apply(findings, options, diagnostics);
    if let Some(baseline) = &options.baseline {
        baseline.apply(findings, diagnostics);
    }
}

/// Takes out the findings of rules that are disabled, says how many there were, and gives the others the severity that the
/// user wants for their rule.
pub(crate) fn configure(findings: &mut Vec<Finding>, options: &Options, diagnostics: &mut Vec<Diagnostic>) {
    for rule in &options.disabled {
        let before = findings.len();
        findings.retain(|f| f.rule != rule);
        let left_out = before - findings.len();
        let headline = format!("the rule `{rule}` is disabled; findings left out: {left_out}");
        diagnostics.push(Diagnostic::new("rule-disabled", Level::Note, headline, Span::NOWHERE));
    }
    for technique in &options.disabled_techniques {
        let headline = format!("the technique `{technique}` is disabled: it was not asked for");
        diagnostics.push(Diagnostic::new(
            "technique-disabled",
            Level::Note,
            headline,
            Span::NOWHERE,
        ));
    }
    for finding in findings.iter_mut() {
        if let Some(severity) = options.severities.get(finding.rule) {
            finding.severity = *severity;
        }
    }
}

/// True iff the last day on which something counts is over. Without a date of today nothing expires.
fn is_over(until: Option<&str>, today: Option<&str>) -> bool {
    // Days are written so that their letters sort as they do.
    matches!((until, today), (Some(until), Some(today)) if until < today)
}

/// True iff a rule of this name exists, or it stands for all.
fn is_rule(name: &str) -> bool {
    name == "*" || crate::rules().iter().any(|r| r.id == name)
}
