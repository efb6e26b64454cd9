//! Words that every format shares.

use rolecall_checks::finding::{Coverage, Finding, GainSummary, Hop, Party, StepKind, WitnessRequest};
use rolecall_source::{Confidence, Severity, Span};

use crate::group::Block;

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

/// ``role `admin` ``.
pub(crate) fn party(party: &Party) -> String {
    format!("{} `{}`", party.kind, party.name)
}

/// A hop as a sentence, no full stop. What is done may name the compute and who is gained already.
pub(crate) fn hop(hop: &Hop) -> String {
    let names = |address: &str| hop.does.contains(&format!("`{address}`"));
    let through = match &hop.through {
        Some(through) if !names(&through.address) => format!(", through `{}`,", through.address),
        _ => String::new(),
    };
    let to = if hop.to.address == hop.from.address {
        " and have what that allows".to_owned()
    } else if hop.does.contains(&party(&hop.to)) {
        String::new()
    } else {
        format!(" and act as {}", party(&hop.to))
    };
    format!("{} can {}{through}{to}", party(&hop.from), hop.does)
}

/// What a hop does, for a label in a picture.
pub(crate) fn does(hop: &Hop) -> String {
    hop.does.trim_end_matches(',').replace('`', "")
}

/// The number of a hop, where a path has several.
pub(crate) fn nth_hop(finding: &Finding, i: usize) -> Option<String> {
    let all = finding.hops.len();
    (all > 1).then(|| format!("hop {} of {all}", i + 1))
}

/// The hop that begins with a step, and its number from 0, where a path has several.
pub(crate) fn hop_at(finding: &Finding, step: usize) -> Option<(usize, &Hop)> {
    let mut hops = finding.hops.iter().enumerate();
    hops.find(|(_, h)| finding.hops.len() > 1 && h.steps.start == step)
}

/// `1 more finding`, `2 more policies`.
pub(crate) fn count_more(n: usize, noun: &str) -> String {
    count(n, noun).replacen(' ', " more ", 1)
}

/// A witness in one clause.
pub(crate) fn witness(witness: &WitnessRequest) -> String {
    let context: Vec<String> = witness.context.iter().map(|(k, v)| format!("{k} = {v}")).collect();
    let with = if context.is_empty() { "" } else { " with " };
    format!("{} on {}{with}{}", witness.action, witness.resource, context.join(", "))
}

/// What is different about one of the other findings of a block: its name, and how grave it is where that differs.
pub(crate) fn other(block: &Block<'_>, finding: &Finding) -> String {
    let grave = if finding.severity == block.first.severity {
        ""
    } else {
        severity(finding.severity)
    };
    let sure = match finding.confidence {
        c if c == block.first.confidence => "",
        c => confidence(c),
    };
    let told: Vec<&str> = [grave, sure].into_iter().filter(|t| !t.is_empty()).collect();
    let name = block.name(finding);
    if told.is_empty() {
        format!("`{name}`")
    } else {
        format!("`{name}` ({})", told.join(", "))
    }
}

/// Where a finding is shown: in a file, whatever the finding says.
pub(crate) fn primary(finding: &Finding) -> Option<Span> {
    let steps = finding.steps.iter().map(|s| s.span);
    let all = [finding.primary, finding.principal.span].into_iter().chain(steps);
    all.into_iter().find(|s| !s.is_nowhere())
}

/// One clear sentence first; then what is gained, what it relies on and what to do.
pub(crate) fn message(finding: &Finding) -> String {
    let mut out = format!("{}.", finding.headline);
    if let Some(witness) = &finding.witness {
        let who = match &finding.role {
            Some(role) if role.address != finding.principal.address => {
                format!(": {} may, {} may not", party(role), party(&finding.principal))
            }
            _ => format!(", which {} may not now", party(&finding.principal)),
        };
        out.push_str(&format!(
            " For example {} on {}{who}.",
            witness.action, witness.resource
        ));
    }
    if !finding.assumptions.is_empty() {
        out.push_str(&format!(" Assuming {}.", finding.assumptions.join("; ")));
    }
    for note in &finding.notes {
        out.push_str(&format!(" Note: {note}."));
    }
    if let Some(fix) = &finding.fix {
        out.push_str(&format!(" Fix: {}.", fix.summary));
    }
    out
}

/// `5 files, 2 configurations, 4 principals, 2 roles, 5 policies`.
pub(crate) fn analysed(coverage: &Coverage) -> String {
    let parts = [
        count(coverage.files, "file"),
        count(coverage.roots.len(), "configuration"),
        count(coverage.principals, "principal"),
        count(coverage.roles, "role"),
        count(coverage.policies, "policy"),
    ];
    parts.join(", ")
}

/// `3 changes close 41 of 45 findings of high severity or above`.
pub(crate) fn cut(cut: &rolecall_checks::Cut) -> String {
    let verb = if cut.edits.len() == 1 { "closes" } else { "close" };
    format!(
        "{} {verb} {} of {} of high severity or above",
        count(cut.edits.len(), "change"),
        cut.closes,
        count(cut.of, "finding")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_hop_names_nobody_twice() {
        let sources = sample::sources();
        let analysis = sample::analysis(&sources);
        let chain = analysis.findings.iter().find(|f| f.hops.len() > 1).unwrap();
        let told: Vec<String> = chain.hops.iter().map(hop).collect();
        assert_eq!(
            told,
            [
                "user `dev` can assume role `ci`",
                "role `ci` can run commands on EC2 instance `aws_instance.web` and act as role `web`",
                "role `web` can launch an EC2 instance and act as role `admin`",
            ]
        );
        let mut unnamed = chain.hops[1].clone();
        unnamed.does = "run commands".into();
        assert_eq!(
            hop(&unnamed),
            "role `ci` can run commands, through `aws_instance.web`, and act as role `web`"
        );
    }
}
