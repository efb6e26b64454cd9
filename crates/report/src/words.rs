//! Words that every format shares.

use rolecall_checks::finding::{Finding, GainSummary, StepKind};
use rolecall_source::{Confidence, Severity};

pub(crate) const SEVERITIES: [Severity; 4] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];

pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

pub(crate) fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Possible => "possible",
        Confidence::Certain => "certain",
    }
}

pub(crate) fn step(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Principal => "principal",
        StepKind::Wiring => "wiring",
        StepKind::Launch => "launch",
        StepKind::Pass => "pass",
        StepKind::Trust => "trust",
        StepKind::Profile => "profile",
        StepKind::Role => "role",
        StepKind::Gain => "gain",
        StepKind::Compute => "compute",
        StepKind::Assume => "assume",
    }
}

/// `1 finding`, `2 findings`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    let plural = match noun.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    };
    format!("{n} {}", if n == 1 { noun } else { &plural })
}

/// Numbers of findings by severity, the gravest first: `1 critical, 2 low`. Empty when there is none.
pub(crate) fn tally<'a>(findings: impl Iterator<Item = &'a Finding> + Clone) -> String {
    let parts = SEVERITIES.iter().filter_map(|s| {
        let n = findings.clone().filter(|f| f.severity == *s).count();
        (n > 0).then(|| format!("{n} {}", severity(*s)))
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// What is gained, in one clause; empty when nothing is.
pub(crate) fn gain(gain: &GainSummary) -> String {
    if gain.administrator {
        return "every action on every resource".into();
    }
    const SHOWN: usize = 4;
    let mut parts: Vec<String> = gain
        .by_service
        .iter()
        .take(SHOWN)
        .map(|s| {
            let levels = s.levels.join(", ").to_lowercase();
            format!("{} of {} ({levels})", count(s.actions, "action"), s.service)
        })
        .collect();
    if gain.by_service.len() > SHOWN {
        parts.push(format!("and {} more", count(gain.by_service.len() - SHOWN, "service")));
    }
    parts.join(", ")
}
