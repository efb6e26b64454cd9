use std::collections::BTreeSet;

use rolecall_graph::Node;
use rolecall_iam::{Answer, Effect, Found, Patterns};
use rolecall_source::{Assumption, Class, Confidence, Severity, Span, Symbol, Text};

use super::Context;
use crate::decide::{Launcher, Proof};
use crate::finding::{Finding, GainSummary, Rule};
use crate::technique::{Technique, techniques};
use crate::{fix, steps, wording};

pub(crate) const RULE: Rule = Rule {
    id: "open-pass-role",
    summary: "A principal can launch compute and pass roles by a pattern that covers roles outside the configuration",
    page: include_str!("../../../../docs/rules/open-pass-role.md"),
    url: "https://github.com/rolecall-rs/rolecall/blob/main/docs/rules/open-pass-role.md",
};

/// The finding of one principal that has none of `launch-over-privileged-role`.
pub(crate) fn check(context: &Context<'_>, principal: &Node) -> Option<Finding> {
    let launcher = Launcher::new(context, principal);
    let technique = techniques().first()?;
    let passes = launcher.passes_any(technique.service);
    let reach = Reach::of(principal, &passes)?;
    let engine = context.engine;
    if engine.is_administrator(&principal.authority) == Answer::Yes
        || engine.escalates(&principal.authority) == Answer::Yes
    {
        return None;
    }
    let launches = |t: &'static Technique| Some((t, launcher.launches(t, &some_profile(principal))?));
    let (technique, launch) = techniques().iter().find_map(launches)?;
    let pass = Proof::default().and(&passes)?;
    let matching = matching(context, principal, &launcher, technique);
    Some(finding(context, principal, technique, &launch, &pass, reach, &matching))
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
fn matching(context: &Context<'_>, principal: &Node, launcher: &Launcher<'_>, technique: &Technique) -> Vec<String> {
    let roles = context.trusting(principal, technique.service).map(|(_, r)| r);
    let passable = roles.filter(|r| r.trust.is_some());
    let passable = passable.filter(|r| launcher.passes(&r.fact.arn, technique.service).answer != Answer::No);
    passable.map(|r| r.fact.name.to_string()).collect()
}

fn finding(
    context: &Context<'_>,
    principal: &Node,
    technique: &'static Technique,
    launch: &Proof,
    pass: &Proof,
    reach: Reach,
    matching: &[String],
) -> Finding {
    let graph = context.graph;
    let which = match reach {
        Reach::Every => "every role of the account",
        Reach::Some => "every role whose name fits a pattern",
    };
    let outside = format!(
        "a role outside this configuration trusts {} and may do more",
        technique.service
    );
    let more: BTreeSet<&Assumption> = launch
        .assumes
        .iter()
        .chain(&pass.assumes)
        .chain(&principal.exists)
        .collect();
    let assumptions = std::iter::once(outside)
        .chain(more.into_iter().map(ToString::to_string))
        .collect();
    let configuration = graph.configurations.get(principal.configuration).map_or("", |c| &c.id);
    let identity = [RULE.id, configuration, &principal.fact.origin.address, technique.id];
    Finding {
        rule: RULE.id,
        technique: technique.id.into(),
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
        primary: steps::primary(context, principal, pass),
        steps: steps::open_path(graph, principal, technique, launch, pass),
        hops: Vec::new(),
        assumptions,
        notes: vec![covered(matching)],
        fix: fix::scope(graph, principal, pass, technique),
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
