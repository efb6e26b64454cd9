use std::collections::BTreeSet;
use std::sync::Arc;

use rolecall_graph::{Node, NodeId};
use rolecall_iam::{Answer, Effect, Found, Patterns};
use rolecall_source::{Assumption, Class, Confidence, Severity, Span, Symbol, Text};

use crate::context::Context;
use crate::finding::{Finding, GainSummary, Rule};
use crate::prove::{Evidence, Proof, Prover};
use crate::technique::{Family, Technique, Way};
use crate::{fix, steps, wording};

const SERVICE: &str = "ec2.amazonaws.com";

pub(crate) const RULE: Rule = Rule {
    id: "open-pass-role",
    summary: "A principal can launch compute and pass roles by a pattern that covers roles outside the configuration",
    page: include_str!("../../../../docs/rules/open-pass-role.md"),
    url: "https://github.com/rolecall-rs/rolecall/blob/main/docs/rules/open-pass-role.md",
};

/// The finding of one principal that has none of `launch-over-privileged-role`.
pub(crate) fn check(context: &Context<'_>, id: NodeId, principal: &Node) -> Option<Finding> {
    let prover = Prover::new(context, id, principal);
    if !prover.may("iam:PassRole") {
        return None;
    }
    let passes = prover.passes_any(SERVICE);
    let reach = Reach::of(principal, &passes)?;
    if context.is_administrator(&principal.authority) || context.escalates(id, principal) {
        return None;
    }
    let family = context.techniques.iter().copied().filter(|t| {
        t.rule == Family::LaunchOverPrivilegedRole && t.way() == Way::Pass && t.pass.as_ref().is_some_and(|p| p.profile)
    });
    let mut launches = family.filter_map(|t| Some((t, prover.remembered(t, Some(&some_profile(principal)))?)));
    let (technique, launch) = launches.next()?;
    let to: Arc<str> = SERVICE.into();
    let pass = Proof::default().and(&passes, |because| Evidence::MayPassAny { to, because })?;
    let matching = matching(context, id, principal, &prover);
    Some(finding(
        context,
        principal,
        technique,
        &launch.then(pass),
        reach,
        &matching,
    ))
}

/// How far a pattern reaches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// Roles whose names begin in some way, or are all but some.
    Some,
    /// Every role.
    Every,
}

impl Reach {
    /// The widest pattern by which roles may be passed; `None` when each names one role.
    fn of(principal: &Node, passes: &Found) -> Option<Self> {
        let grants = &principal.authority.identity;
        let allows = passes.because.iter().filter(|r| r.effect == Effect::Allow);
        let statements = allows.filter_map(|r| {
            grants
                .iter()
                .find(|g| g.id == r.grant)?
                .policy
                .statements
                .get(r.statement)
        });
        statements
            .filter_map(|s| Self::of_patterns(s.resources.as_ref()?))
            .max()
    }

    fn of_patterns(patterns: &Patterns) -> Option<Self> {
        if patterns.negated {
            return Some(Self::Some);
        }
        patterns
            .items
            .iter()
            .filter_map(|item| Self::of_pattern(&item.text))
            .max()
    }

    fn of_pattern(pattern: &Text) -> Option<Self> {
        let (flat, _) = pattern.flat();
        let resource = flat.splitn(6, ':').last().unwrap_or("");
        match resource {
            "*" | "role/*" | "role*" => Some(Self::Every),
            r if r.contains(['*', '?']) => Some(Self::Some),
            // Fewer fields than an ARN has: the wildcard swallows the rest.
            _ if flat.split(':').count() < 6 && flat.contains('*') => Some(Self::Every),
            _ => None,
        }
    }
}

/// An instance profile that nobody stated.
fn some_profile(principal: &Node) -> Text {
    let name = Symbol::new("open-pass-role:profile", "profile", "is not stated here", Class::Name);
    let head = Text::plain("arn:")
        .concat(&principal.partition)
        .concat(&Text::plain(":iam::"))
        .concat(&principal.account);
    head.concat(&Text::plain(":instance-profile/"))
        .concat(&Text::symbol(name, Span::NOWHERE))
}

/// The roles of the configuration that the pattern covers and that trust the service.
fn matching(context: &Context<'_>, id: NodeId, principal: &Node, prover: &Prover<'_>) -> Vec<String> {
    let roles = context.trusts.all(SERVICE).filter(|(role, _)| *role != id);
    let roles = roles.filter_map(|(role, _)| context.graph.node(role));
    let stated = roles.filter(|r| r.trust.is_some() && context.same_account(principal, r).is_some());
    let passable = stated.filter(|r| prover.passes(&r.fact.arn, SERVICE).answer != Answer::No);
    passable.map(|r| r.fact.name.to_string()).collect()
}

fn finding(
    context: &Context<'_>,
    principal: &Node,
    technique: &Technique,
    proof: &Proof,
    reach: Reach,
    matching: &[String],
) -> Finding {
    let graph = context.graph;
    let which = match reach {
        Reach::Every => "every role of the account",
        Reach::Some => "every role whose name fits a pattern",
    };
    let outside = format!("a role outside this configuration trusts {SERVICE} and may do more");
    let more: BTreeSet<&Assumption> = proof.assumes.iter().chain(&principal.exists).collect();
    let assumptions = std::iter::once(outside)
        .chain(more.into_iter().map(ToString::to_string))
        .collect();
    let configuration = graph.configurations.get(principal.configuration).map_or("", |c| &c.id);
    let identity = [RULE.id, configuration, &principal.fact.origin.address, &technique.id];
    Finding {
        rule: RULE.id,
        technique: technique.id.shared(),
        severity: if reach == Reach::Every {
            Severity::Medium
        } else {
            Severity::Low
        },
        confidence: Confidence::Possible,
        headline: format!("{} can {} with {which}", wording::who(principal), technique.does),
        principal: wording::party(principal),
        role: None,
        gain: GainSummary::default(),
        witness: None,
        primary: steps::shown(context, principal, &proof.evidence),
        steps: steps::open(context, principal, &proof.evidence),
        hops: Vec::new(),
        assumptions,
        notes: vec![covered(matching)],
        fix: steps::deciding(&proof.evidence).map(|reason| fix::scope(graph, principal, reason, SERVICE)),
        fingerprint: wording::fingerprint(&identity),
        suppressed: None,
    }
}

/// Which roles of the configuration the pattern covers.
fn covered(matching: &[String]) -> String {
    let shown: Vec<String> = matching.iter().take(5).map(|n| format!("`{n}`")).collect();
    match (shown.as_slice(), matching.len().saturating_sub(5)) {
        ([], _) => {
            "no role stated here that the pattern covers trusts EC2; roles outside this configuration may".to_owned()
        }
        (names, 0) => format!(
            "of the roles stated here it covers {}, none of which gains anything; others may",
            names.join(", ")
        ),
        (names, more) => format!(
            "of the roles stated here it covers {} and {more} more, none of which gains anything; others may",
            names.join(", ")
        ),
    }
}
