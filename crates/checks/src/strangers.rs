//! Roles that anyone can assume: part of `assume-role`, with anyone as the one who starts.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use rolecall_facts::PrincipalKind;
use rolecall_graph::{Node, NodeId};
use rolecall_iam::{
    Answer, Authority, Caller, Context as Keys, Effect, Found, PrincipalType, Rank, trusts_anyone, trusts_provider,
};
use rolecall_source::{Confidence, Severity, Span, Text};

use crate::context::Context;
use crate::finding::{Finding, Fix, Hop, Party};
use crate::technique::Family;
use crate::{steps, wording};

/// What strangers do; who turns it off does not hear of them either.
const TECHNIQUE: &str = "sts-assume-role";
/// The rule that tells them.
const RULE: &str = Family::AssumeRole.rule();
/// An account and names of which nobody's policy speaks.
const ELSEWHERE: &str = "000000000000";
const NOBODY: &str = "somebody-else";
/// An address for documentation, RFC 5737.
const ADDRESS: &str = "198.51.100.7";

/// Providers of identities for everybody, and subjects that anyone can have there.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html>
const SHARED: &[(&str, &[&str])] = &[
    (
        "token.actions.githubusercontent.com",
        &[
            "repo:somebody-else/anything:ref:refs/heads/main",
            "repo:somebody-else/anything:environment:production",
            "repo:somebody-else/anything:pull_request",
        ],
    ),
    (
        "gitlab.com",
        &["project_path:somebody-else/anything:ref_type:branch:ref:main"],
    ),
    (
        "app.terraform.io",
        &[
            "organization:somebody-else:project:anything:workspace:anything:run_phase:apply",
            "organization:somebody-else:project:anything:workspace:anything:run_phase:plan",
        ],
    ),
    (
        "agent.buildkite.com",
        &["organization:somebody-else:pipeline:anything:ref:refs/heads/main:commit:HEAD:step:anything"],
    ),
    ("cognito-identity.amazonaws.com", &["us-east-1:somebody-else"]),
];

/// Claims of a token that whoever asks for it chooses.
const CHOSEN: [&str; 2] = ["aud", "amr"];

/// The findings of every role that anyone can assume and that may do something.
pub(crate) fn all(context: &Context<'_>) -> Vec<Finding> {
    if !context.techniques.iter().any(|t| *t.id == *TECHNIQUE) {
        return Vec::new();
    }
    let ids: Vec<NodeId> = context.graph.node_ids().collect();
    let of = |id: &NodeId| {
        let role = context.graph.node(*id).filter(|n| n.fact.kind == PrincipalKind::Role)?;
        let (who, found) = anyone(role)?;
        finding(context, role, &who, &found)
    };
    ids.par_iter().filter_map(of).collect()
}

/// Who can assume a role without being meant, for certain, and by which statement.
fn anyone(role: &Node) -> Option<(String, Found)> {
    let trust = role.trust.as_deref()?;
    let principals = || trust.statements.iter().filter_map(|s| s.principals.as_ref());
    let named = |wanted: PrincipalType| principals().any(|p| p.negated || p.items.iter().any(|n| n.kind == wanted));
    let certain = |found: Found| (found.answer == Answer::Yes).then_some(found);
    if named(PrincipalType::Everyone) || named(PrincipalType::Aws) {
        let stranger = Text::plain(&format!("arn:aws:iam::{ELSEWHERE}:user/{NOBODY}"));
        let caller = Caller {
            arn: Some(stranger),
            account: Some(Text::plain(ELSEWHERE)),
            ..Caller::default()
        };
        if let Some(found) = certain(trusts_anyone(trust, caller, strange())) {
            return Some(("anyone".to_owned(), found));
        }
    }
    if !named(PrincipalType::Federated) {
        return None;
    }
    SHARED.iter().find_map(|(provider, subjects)| {
        let found = subjects
            .iter()
            .find_map(|s| certain(trusts_provider(trust, provider, claims(role, provider, s))));
        found.map(|found| (format!("anyone with an account at {provider}"), found))
    })
}

/// What a stranger's request is like. What else a policy may ask for is not known, and then nothing is told.
fn strange() -> Keys {
    let keys = [
        ("aws:principalorgid", "o-0000000000"),
        ("aws:principalorgpaths", "o-0000000000/r-0000/ou-0000-00000000/"),
        ("aws:sourceip", ADDRESS),
        ("aws:sourcevpc", "vpc-00000000"),
        ("aws:sourcevpce", "vpce-00000000"),
        ("aws:sourceaccount", ELSEWHERE),
        ("aws:sourceorgid", "o-0000000000"),
        ("aws:principalisawsservice", "false"),
        ("aws:multifactorauthpresent", "true"),
        ("aws:securetransport", "true"),
        ("aws:userid", NOBODY),
        ("sts:externalid", NOBODY),
    ];
    let pairs = keys
        .iter()
        .map(|(key, value)| ((*key).to_owned(), vec![Text::plain(value)]));
    pairs.collect()
}

/// The claims of a stranger's token, as far as the trust policy asks for them.
fn claims(role: &Node, provider: &str, subject: &str) -> Keys {
    let mut keys = strange();
    let statements = role.trust.iter().flat_map(|t| &t.statements);
    for condition in statements.flat_map(|s| &s.conditions) {
        let key = condition.key.to_string().to_ascii_lowercase();
        let Some(claim) = key.strip_prefix(provider).and_then(|rest| rest.strip_prefix(':')) else {
            continue;
        };
        // The audience of Cognito is the identity pool, which is somebody's.
        let chosen = CHOSEN.contains(&claim) && !(claim == "aud" && provider.starts_with("cognito"));
        let value = match (claim, condition.values.first()) {
            (_, Some(wanted)) if chosen => wanted.text.clone(),
            ("sub", _) => Text::plain(subject),
            _ => Text::plain(NOBODY),
        };
        keys.insert(key, vec![value]);
    }
    keys
}

fn finding(context: &Context<'_>, role: &Node, who: &str, found: &Found) -> Option<Finding> {
    let gain = context.engine.gain(&role.authority, &Authority::default());
    let witness = gain.witness.as_ref().filter(|_| gain.answer != Answer::No)?;
    let reason = found.because.iter().find(|r| r.effect == Effect::Allow)?;
    let (steps, primary) = steps::strangers(context, role, who, reason, witness);
    let graph = context.graph;
    let configuration = graph.configurations.get(role.configuration).map_or("", |c| &c.id);
    let technique: Arc<str> = TECHNIQUE.into();
    let assumptions: BTreeSet<String> = match &gain.answer {
        Answer::Depends(more) => more.iter().chain(&role.exists).map(ToString::to_string).collect(),
        _ => role.exists.iter().map(ToString::to_string).collect(),
    };
    let stranger = Party {
        kind: "principal".into(),
        address: who.into(),
        name: who.to_owned(),
        span: Span::NOWHERE,
    };
    let party = wording::party(role);
    let fingerprint = wording::fingerprint(&[RULE, configuration, who, &role.fact.origin.address, &technique]);
    Some(Finding {
        rule: RULE,
        technique: Arc::clone(&technique),
        severity: match gain.rank {
            Rank::Administrator => Severity::Critical,
            Rank::Sensitive => Severity::High,
            Rank::Write => Severity::Medium,
            Rank::Other => Severity::Low,
        },
        confidence: if assumptions.is_empty() {
            Confidence::Certain
        } else {
            Confidence::Possible
        },
        headline: format!(
            "{who} can assume {} and gain {}",
            wording::who(role),
            wording::gained(&gain)
        ),
        principal: stranger.clone(),
        role: Some(party.clone()),
        gain: wording::gain(&gain),
        witness: Some(wording::witness(witness)),
        primary,
        hops: vec![Hop {
            technique,
            does: format!("assume {}", wording::who(role)).into(),
            from: stranger,
            to: party,
            through: None,
            steps: 0..steps.len(),
        }],
        steps,
        assumptions: assumptions.into_iter().collect(),
        notes: Vec::new(),
        fix: Some(Fix {
            summary: format!("name in the trust policy of {} who may assume it", wording::who(role)),
            span: reason.span,
            snippet: None,
        }),
        fingerprint,
        suppressed: None,
    })
}
