//! Any text as a policy document: it is parsed, its requests are decided, also as the policy of a session and of a
//! resource, and nothing fails.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_iam::{
    Answer, Authority, Caller, Engine, Grant, PolicyKind, Reach, Request, ResourceGrant, evaluate, parse_policy,
    trusts_service,
};
use rolecall_source::{FileId, Span, Text, Value};

const KINDS: [PolicyKind; 4] = [
    PolicyKind::Identity,
    PolicyKind::Trust,
    PolicyKind::Resource,
    PolicyKind::Control,
];
const REQUESTS: [(&str, &str); 3] = [
    ("iam:PassRole", "arn:aws:iam::123456789012:role/app"),
    ("s3:GetObject", "arn:aws:s3:::bucket/key"),
    ("ec2:DescribeInstances", "*"),
];

fuzz_target!(|document: &str| {
    let span = Span::new(FileId(0), 0, u32::try_from(document.len()).unwrap_or(u32::MAX));
    let value = Value::text(Text::new(document, span), span);
    for kind in KINDS {
        let mut diagnostics = Vec::new();
        let policy = parse_policy(&value, kind, &mut diagnostics);
        for statement in &policy.statements {
            assert!(
                statement.span.is_nowhere() || statement.span.end <= span.end,
                "{statement:?}"
            );
        }
        if kind == PolicyKind::Trust {
            let _ = trusts_service(&policy, "ec2.amazonaws.com");
        }
        let grant = Grant {
            policy: policy.into(),
            id: 0,
            exists: Default::default(),
        };
        let authorities = authorities(&grant, kind);
        for (action, resource) in REQUESTS {
            let resource = Text::plain(resource);
            let request = Request {
                action: action.into(),
                resource,
                context: Default::default(),
            };
            for authority in &authorities {
                let _ = evaluate(authority, &request);
            }
        }
        if kind == PolicyKind::Identity && document.len() < 400 {
            compare(&authorities);
        }
    }
});

/// Callers that have the policy: by themselves, by their session, by a resource.
fn authorities(grant: &Grant, kind: PolicyKind) -> Vec<Authority> {
    let caller = Caller {
        arn: Some(Text::plain("arn:aws:iam::123456789012:user/dana")),
        account: Some(Text::plain("123456789012")),
        username: Some(Text::plain("dana")),
        kind: Some("User"),
        tags: None,
    };
    let with = |identity: Vec<Grant>| Authority {
        caller: caller.clone(),
        identity,
        ..Authority::default()
    };
    if matches!(kind, PolicyKind::Identity | PolicyKind::Control) {
        let limited = Authority {
            session: Some(vec![grant.clone()]),
            ..with(vec![grant.clone()])
        };
        return vec![with(vec![grant.clone()]), limited, with(Vec::new())];
    }
    let on = |reach| {
        let resource = ResourceGrant::new(grant.clone(), &Text::plain("arn:aws:s3:::bucket"), reach);
        Authority {
            resources: [resource].into(),
            ..with(Vec::new())
        }
    };
    [Reach::Adds, Reach::Decides, Reach::Foreign].map(on).into()
}

/// Nobody gains over themselves, and who is limited gains nothing over who is not.
fn compare(authorities: &[Authority]) {
    let [free, limited, nobody] = authorities else { return };
    let engine = Engine::new();
    for (target, principal) in [(free, free), (limited, free), (nobody, free)] {
        let gain = engine.gain(target, principal);
        assert!(gain.answer != Answer::Yes, "{gain:?}");
    }
    let gain = engine.gain(free, nobody);
    if let (Answer::Yes, Some(witness)) = (&gain.answer, &gain.witness) {
        assert!(evaluate(free, &witness.request).answer.is_yes(), "{gain:?}");
    }
}
