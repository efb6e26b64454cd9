//! The slow twin of containment where sessions and policies on resources decide too.

use std::sync::Arc;

use rolecall_source::{Span, Text, Value};

use crate::{
    Answer, Assumptions, Authority, Caller, Context, Engine, Grant, PolicyKind, Query, Reach, Request, ResourceGrant,
    evaluate, find, parse_policy,
};

const ACCOUNT: &str = "444455556666";
const BUCKET: &str = "arn:aws:s3:::a";
const KEY: &str = "arn:aws:kms:eu-west-1:444455556666:key/k";
const REQUESTS: &[(&str, &[&str])] = &[
    (
        "s3:GetObject",
        &["arn:aws:s3:::a/x", "arn:aws:s3:::a/y", "arn:aws:s3:::b/x"],
    ),
    (
        "s3:PutObject",
        &["arn:aws:s3:::a/x", "arn:aws:s3:::a/y", "arn:aws:s3:::b/x"],
    ),
    ("s3:ListBucket", &["arn:aws:s3:::a", "arn:aws:s3:::b"]),
    ("kms:Decrypt", &[KEY, "arn:aws:kms:eu-west-1:444455556666:key/l"]),
];

/// Its own generator, so that the cases are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }

    fn statement(&mut self, principals: &[&str]) -> String {
        let effect = if self.roll(4) == 0 { "Deny" } else { "Allow" };
        let action = self.pick(&["s3:GetObject", "s3:*", "kms:*", "*", "s3:P*"]);
        let element = if self.roll(6) == 0 { "NotResource" } else { "Resource" };
        let resource = self.pick(&["*", "arn:aws:s3:::a/*", "arn:aws:s3:::a/x", "arn:aws:s3:::*", KEY]);
        let condition = self.pick(&[
            "",
            "",
            ",'Condition':{'Bool':{'aws:SecureTransport':'true'}}",
            ",'Condition':{'ArnNotLike':{'aws:PrincipalArn':'arn:aws:iam::*:role/*'}}",
        ]);
        let principal = if principals.is_empty() {
            ""
        } else {
            self.pick(principals)
        };
        format!("{{'Effect':'{effect}','Action':'{action}','{element}':'{resource}'{condition}{principal}}}")
    }

    fn statements(&mut self, principals: &[&str]) -> String {
        let all: Vec<String> = (0..1 + self.roll(3)).map(|_| self.statement(principals)).collect();
        all.join(",")
    }
}

const PRINCIPALS: &[&str] = &[
    ",'Principal':'*'",
    ",'Principal':{'AWS':'444455556666'}",
    ",'Principal':{'AWS':'arn:aws:iam::444455556666:user/anna'}",
    ",'Principal':{'AWS':'arn:aws:iam::444455556666:role/app'}",
    ",'NotPrincipal':{'AWS':'arn:aws:iam::444455556666:role/app'}",
    ",'Principal':{'Service':'ec2.amazonaws.com'}",
];

fn grant(statements: &str, kind: PolicyKind) -> Grant {
    let document = format!("{{'Version':'2012-10-17','Statement':[{statements}]}}").replace('\'', "\"");
    let mut diagnostics = Vec::new();
    let policy = parse_policy(&Value::string(&document, Span::NOWHERE), kind, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{document}: {diagnostics:?}");
    Grant {
        policy: Arc::new(policy),
        id: 0,
        exists: Assumptions::new(),
    }
}

/// An authority, and its statements as they are written.
fn authority(dice: &mut Dice, end: &str, resources: &Arc<[ResourceGrant]>) -> (Authority, String) {
    let mut shown = dice.statements(&[]);
    let mut out = Authority {
        caller: Caller {
            arn: Some(Text::plain(&format!("arn:aws:iam::{ACCOUNT}:{end}"))),
            account: Some(Text::plain(ACCOUNT)),
            ..Caller::default()
        },
        identity: vec![grant(&shown, PolicyKind::Identity)],
        resources: Arc::clone(resources),
        ..Authority::default()
    };
    if dice.roll(4) == 0 {
        let boundary = dice.statements(&[]);
        out.boundary = Some(grant(&boundary, PolicyKind::Identity));
        shown.push_str(&format!("\n  boundary {boundary}"));
    }
    if dice.roll(4) == 0 {
        let session = dice.statements(&[]);
        out.session = Some(vec![grant(&session, PolicyKind::Identity)]);
        shown.push_str(&format!("\n  session {session}"));
    }
    (out, shown)
}

fn resources(dice: &mut Dice) -> (Arc<[ResourceGrant]>, String) {
    let (bucket, key) = (dice.statements(PRINCIPALS), dice.statements(PRINCIPALS));
    let reach = if dice.roll(4) == 0 { Reach::Foreign } else { Reach::Adds };
    let on = |statements: &str, arn: &str, reach| {
        ResourceGrant::new(grant(statements, PolicyKind::Resource), &Text::plain(arn), reach)
    };
    let all = [on(&bucket, BUCKET, reach), on(&key, KEY, Reach::Decides)];
    (all.into(), format!("bucket ({reach:?}) {bucket}\nkey {key}"))
}

fn requests() -> Vec<Request> {
    let mut out = Vec::new();
    for (action, resources) in REQUESTS {
        for resource in *resources {
            for transport in [None, Some("true"), Some("false")] {
                let value = transport.map(|t| ("aws:securetransport".to_owned(), vec![Text::plain(t)]));
                out.push(Request {
                    action: (*action).to_owned(),
                    resource: Text::plain(resource),
                    context: value.into_iter().collect(),
                });
            }
        }
    }
    out
}

/// Whether a request that is allowed is found, for each action and resource.
fn finds(authority: &Authority, shown: &str) {
    for (action, resources) in REQUESTS {
        for resource in *resources {
            let allowed = |request: &Request| {
                request.action == *action
                    && request.resource == Text::plain(resource)
                    && evaluate(authority, request).answer.is_yes()
            };
            let expected = requests().iter().any(allowed);
            let query = Query {
                action: (*action).to_owned(),
                resource: Text::plain(resource),
                fixed: Context::new(),
                absent: Default::default(),
            };
            assert_eq!(
                !find(authority, &query).answer.is_no(),
                expected,
                "{action} {resource}\n{shown}"
            );
        }
    }
}

#[test]
fn sessions_and_policies_on_resources_agree_with_brute_force() {
    let all = requests();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let (mut yes, mut no) = (0, 0);
    let engine = Engine::new();
    for round in 0..400 {
        let (on, shown) = resources(&mut dice);
        let ends = ["user/anna", "role/app", "role/other"];
        let (first, second) = (ends[dice.roll(3)], ends[dice.roll(3)]);
        let ((target, a), (principal, b)) = (authority(&mut dice, first, &on), authority(&mut dice, second, &on));
        let told = format!("round {round}\n{shown}\n{first} {a}\n{second} {b}");
        if round % 8 == 0 {
            finds(&target, &told);
        }
        let relation = engine.relation(&engine.prepare(&target), &engine.prepare(&principal));
        let differs = |r: &&Request| evaluate(&target, r).answer.is_yes() && evaluate(&principal, r).answer.is_no();
        match relation.answer {
            Answer::Yes => {
                yes += 1;
                let request = relation.witness.expect("a certain gain has a witness").request;
                assert!(differs(&&request), "{told}");
            }
            Answer::No => {
                no += 1;
                assert_eq!(all.iter().find(differs), None, "{told}");
            }
            Answer::Depends(why) => panic!("depends: {why:?}\n{told}"),
        }
    }
    assert!(yes > 50 && no > 50, "{yes} {no}");
}

/// A policy that is not known makes a difference on its resource only.
#[test]
fn an_unknown_policy_on_a_resource_is_about_that_resource() {
    let mut policy = (*grant(
        "{'Effect':'Allow','Action':'s3:GetObject','Resource':'*'}",
        PolicyKind::Identity,
    )
    .policy)
        .clone();
    policy.statements.clear();
    let why = rolecall_source::Assumption::new("what `x` adds does not change this");
    policy.open.insert(why);
    let unknown = Grant {
        policy: Arc::new(policy),
        id: 1,
        exists: Assumptions::new(),
    };
    let on: Arc<[ResourceGrant]> = [ResourceGrant::new(unknown, &Text::plain(BUCKET), Reach::Adds)].into();
    let holder = |end: &str, resource: &str| Authority {
        caller: Caller {
            arn: Some(Text::plain(&format!("arn:aws:iam::{ACCOUNT}:{end}"))),
            account: Some(Text::plain(ACCOUNT)),
            ..Caller::default()
        },
        identity: vec![grant(
            &format!("{{'Effect':'Allow','Action':'s3:GetObject','Resource':'{resource}'}}"),
            PolicyKind::Identity,
        )],
        resources: Arc::clone(&on),
        ..Authority::default()
    };
    let engine = Engine::new();
    let answer = |resource: &str, other: &str| {
        engine
            .gain(&holder("role/app", resource), &holder("user/anna", other))
            .answer
    };
    assert_eq!(answer("*", "arn:aws:s3:::c/*"), Answer::Yes);
    assert!(matches!(
        answer("arn:aws:s3:::a/*", "arn:aws:s3:::c/*"),
        Answer::Depends(_)
    ));
    assert_eq!(answer("arn:aws:s3:::b/*", "arn:aws:s3:::b/*"), Answer::No);
}

/// An ARN that is not known may be anything, but for a write to S3 it is no key: the policies of keys say nothing of it.
#[test]
fn a_policy_of_another_service_is_not_about_an_unknown_arn() {
    let delegates = format!(
        "{{'Effect':'Allow','Action':'kms:*','Resource':'*','Principal':{{'AWS':'arn:aws:iam::{ACCOUNT}:root'}}}}"
    );
    let key = ResourceGrant::new(
        grant(&delegates, PolicyKind::Resource),
        &Text::plain(KEY),
        Reach::Decides,
    );
    let resources: Arc<[ResourceGrant]> = [key].into();
    let bucket = rolecall_source::Symbol::new("b.arn", "b.arn", "is not known", rolecall_source::Class::Any);
    let of_bucket = Text::symbol(bucket, Span::NOWHERE).concat(&Text::plain("/*"));
    let holder = |end: &str, policy: Grant| Authority {
        caller: Caller {
            arn: Some(Text::plain(&format!("arn:aws:iam::{ACCOUNT}:{end}"))),
            account: Some(Text::plain(ACCOUNT)),
            ..Caller::default()
        },
        identity: vec![policy],
        resources: Arc::clone(&resources),
        ..Authority::default()
    };
    let mut writes = (*grant(
        "{'Effect':'Allow','Action':'s3:PutObject','Resource':'arn:aws:s3:::x'}",
        PolicyKind::Identity,
    )
    .policy)
        .clone();
    for statement in &mut writes.statements {
        let items = statement.resources.iter_mut().flat_map(|r| &mut r.items);
        items.for_each(|item| *item = crate::Template::parse(&of_bucket, false));
    }
    let writes = Grant {
        policy: Arc::new(writes),
        id: 0,
        exists: Assumptions::new(),
    };
    let reads = grant(
        "{'Effect':'Allow','Action':'ec2:*','Resource':'*'}",
        PolicyKind::Identity,
    );
    let gain = Engine::new().gain(&holder("role/app", writes), &holder("user/anna", reads));
    assert_eq!(gain.answer, Answer::Yes, "{gain:?}");
}
