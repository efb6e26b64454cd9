//! Any text as a policy document: it is parsed, its requests are decided, and nothing fails.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_iam::{Authority, Grant, PolicyKind, Request, evaluate, parse_policy, trusts_service};
use rolecall_source::{FileId, Span, Text, Value};

const KINDS: [PolicyKind; 4] = [PolicyKind::Identity, PolicyKind::Trust, PolicyKind::Resource, PolicyKind::Control];
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
            assert!(statement.span.is_nowhere() || statement.span.end <= span.end, "{statement:?}");
        }
        if kind == PolicyKind::Trust {
            let _ = trusts_service(&policy, "ec2.amazonaws.com");
        }
        let grant = Grant { policy: policy.into(), id: 0, exists: Default::default() };
        let authority = Authority { identity: vec![grant], ..Authority::default() };
        for (action, resource) in REQUESTS {
            let resource = Text::plain(resource);
            let _ = evaluate(&authority, &Request { action: action.into(), resource, context: Default::default() });
        }
    }
});
