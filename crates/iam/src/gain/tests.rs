use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_source::{Class, Span, Symbol, Text, TextBuilder, Value};

use super::*;
use crate::{Answer, Assumptions, Authority, Caller, Engine, Grant, PolicyKind, Request, evaluate, parse_policy};

/// A text in which `@` stands for the account, and `#` for an ARN that is not known.
fn text(letters: &str) -> Text {
    let account = Symbol::new("account:x", "account", "is not known before deployment", Class::Account);
    let arn = Symbol::new("bucket.arn", "bucket.arn", "is not known", Class::Any);
    let mut b = TextBuilder::default();
    for part in letters.split_inclusive(['@', '#']) {
        b.letters(part.trim_end_matches(['@', '#']), Span::NOWHERE);
        match part.chars().last() {
            Some('@') => b.symbol(account.clone(), Span::NOWHERE),
            Some('#') => b.symbol(arn.clone(), Span::NOWHERE),
            _ => {}
        }
    }
    b.finish()
}

fn grant(statements: &str) -> Grant {
    let document = format!("{{'Version':'2012-10-17','Statement':[{statements}]}}").replace('\'', "\"");
    let mut diagnostics = Vec::new();
    let document = Value::text(text(&document), Span::NOWHERE);
    let policy = parse_policy(&document, PolicyKind::Identity, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    Grant {
        policy: Arc::new(policy),
        id: 0,
        exists: Assumptions::new(),
    }
}

fn named(kind: &str, name: &str, statements: &str) -> Authority {
    Authority {
        caller: Caller {
            arn: Some(text(&format!("arn:aws:iam::@:{kind}/{name}"))),
            account: Some(text("@")),
            username: (kind == "user").then(|| Text::plain(name)),
            ..Caller::default()
        },
        identity: vec![grant(statements)],
        ..Authority::default()
    }
}

fn role(statements: &str) -> Authority {
    named("role", "r", statements)
}

fn user(statements: &str) -> Authority {
    named("user", "anna", statements)
}

fn allow(action: &str, resource: &str) -> String {
    format!("{{'Effect':'Allow','Action':'{action}','Resource':'{resource}'}}")
}

fn deny(action: &str, resource: &str) -> String {
    allow(action, resource).replace("Allow", "Deny")
}

fn when(action: &str, resource: &str, condition: &str) -> String {
    format!("{{'Effect':'Allow','Action':'{action}','Resource':'{resource}','Condition':{condition}}}")
}

#[track_caller]
fn check(target: &Authority, principal: &Authority, expected: Answer) -> Gain {
    let engine = Engine::new();
    let gain = engine.gain(target, principal);
    assert_eq!(gain.answer, expected, "{gain:?}");
    let relation = engine.relation(&engine.prepare(target), &engine.prepare(principal));
    assert_eq!(relation.answer, expected);
    if let Some(witness) = &gain.witness {
        assert!(!evaluate(target, &witness.request).answer.is_no());
        assert!(!evaluate(principal, &witness.request).answer.is_yes());
    }
    gain
}

#[test]
fn actions_and_resources() {
    let gain = check(&role(&allow("s3:*", "*")), &user(&allow("s3:Get*", "*")), Answer::Yes);
    assert_eq!(gain.by_service.len(), 1);
    assert_eq!(gain.rank, Rank::Sensitive);
    check(
        &role(&allow("s3:GetObject", "*")),
        &user(&allow("s3:Get*", "*")),
        Answer::No,
    );
    check(
        &role(&allow("s3:GetObject", "arn:aws:s3:::a/*")),
        &user(&allow("s3:*", "arn:aws:s3:::a*")),
        Answer::No,
    );
    let gain = check(
        &role(&allow("s3:GetObject", "arn:aws:s3:::a*/*")),
        &user(&allow("s3:*", "arn:aws:s3:::a/*")),
        Answer::Yes,
    );
    assert!(
        gain.witness
            .expect("there is one")
            .request
            .resource
            .to_string()
            .starts_with("arn:aws:s3:::a")
    );
}

#[test]
fn an_action_exists_on_its_resource_types_only() {
    check(
        &role(&allow("s3:GetObject", "arn:aws:s3:::b")),
        &user(&allow("sqs:*", "*")),
        Answer::No,
    );
    check(
        &role(&allow("s3:ListBucket", "arn:aws:s3:::b/*")),
        &user(&allow("sqs:*", "*")),
        Answer::No,
    );
    check(
        &role(&allow("ec2:DescribeInstances", "arn:aws:ec2:*:*:instance/*")),
        &user(&allow("sqs:*", "*")),
        Answer::No,
    );
    check(
        &role(&allow("ec2:DescribeInstances", "*")),
        &user(&allow("ec2:*", "arn:aws:*")),
        Answer::Yes,
    );
}

#[test]
fn denials_on_both_sides() {
    let all = allow("*", "*");
    check(&role(&format!("{all},{}", deny("iam:*", "*"))), &user(&all), Answer::No);
    let gain = check(
        &role(&all),
        &user(&format!("{all},{}", deny("iam:PassRole", "arn:aws:iam::*:role/a*"))),
        Answer::Yes,
    );
    assert_eq!(gain.witness.expect("there is one").request.action, "iam:PassRole");
    let both = format!("{all},{}", deny("s3:*", "arn:aws:s3:::a*"));
    let less = format!("{all},{}", deny("s3:*", "arn:aws:s3:::ab*"));
    check(&role(&both), &user(&less), Answer::No);
    check(&role(&less), &user(&both), Answer::Yes);
    let not = "{'Effect':'Allow','NotAction':'iam:*','Resource':'*'}";
    check(&role(not), &user(&format!("{all},{}", deny("iam:*", "*"))), Answer::No);
    check(&role(&all), &user(not), Answer::Yes);
    let not_resource = "{'Effect':'Allow','Action':'s3:*','NotResource':'arn:aws:s3:::a*'}";
    check(
        &role(&allow("s3:GetObject", "arn:aws:s3:::b*/*")),
        &user(not_resource),
        Answer::No,
    );
    check(
        &role(&allow("s3:GetObject", "arn:aws:s3:::*/*")),
        &user(not_resource),
        Answer::Yes,
    );
}

#[test]
fn conditions_are_compared_by_value() {
    let region = |r: &str| {
        when(
            "ec2:*",
            "*",
            &format!("{{'StringLike':{{'aws:RequestedRegion':'{r}'}}}}"),
        )
    };
    check(&role(&region("eu-west-1")), &user(&region("eu-*")), Answer::No);
    let gain = check(&role(&region("eu-*")), &user(&region("eu-west-1")), Answer::Yes);
    assert_eq!(gain.rank, Rank::Other, "gained only through conditions");
    let mfa = when("s3:*", "*", "{'Bool':{'aws:MultiFactorAuthPresent':'true'}}");
    check(&role(&allow("s3:*", "*")), &user(&mfa), Answer::Yes);
    check(&role(&mfa), &user(&allow("s3:*", "*")), Answer::No);
    let age = |op: &str, n: u32| when("s3:*", "*", &format!("{{'{op}':{{'aws:MultiFactorAuthAge':'{n}'}}}}"));
    check(
        &role(&age("NumericLessThan", 10)),
        &user(&age("NumericLessThanEquals", 10)),
        Answer::No,
    );
    check(
        &role(&age("NumericLessThanEquals", 10)),
        &user(&age("NumericLessThan", 10)),
        Answer::Yes,
    );
    let ip = |range: &str| when("s3:*", "*", &format!("{{'IpAddress':{{'aws:SourceIp':'{range}'}}}}"));
    check(&role(&ip("10.1.0.0/16")), &user(&ip("10.0.0.0/8")), Answer::No);
    check(&role(&ip("10.0.0.0/8")), &user(&ip("10.1.0.0/16")), Answer::Yes);
    let date = |op: &str| {
        when(
            "s3:*",
            "*",
            &format!("{{'{op}':{{'aws:CurrentTime':'2030-01-01T00:00:00Z'}}}}"),
        )
    };
    let always = format!("{},{}", date("DateLessThan"), date("DateGreaterThanEquals"));
    check(&role(&date("DateLessThan")), &user(&always), Answer::No);
}

#[test]
fn keys_that_an_action_does_not_have_are_absent() {
    let tagged = when("ec2:*", "*", "{'StringEquals':{'ec2:InstanceType':'t3.micro'}}");
    let gain = check(&role(&tagged), &user(&allow("sqs:*", "*")), Answer::Yes);
    assert!(gain.by_service[0].actions < 100, "{gain:?}");
}

#[test]
fn caller_keys_are_fixed_for_each_side() {
    let own = allow("iam:*", "arn:aws:iam::*:user/${aws:username}");
    check(&named("user", "bert", &own), &user(&own), Answer::Yes);
    check(&named("user", "anna", &own), &user(&own), Answer::No);
    let only = |arn: &str| when("s3:*", "*", &format!("{{'ArnLike':{{'aws:PrincipalArn':'{arn}'}}}}"));
    check(
        &role(&only("arn:aws:iam::*:user/*")),
        &user(&allow("sqs:*", "*")),
        Answer::No,
    );
    check(
        &role(&only("arn:aws:iam::*:role/r")),
        &user(&allow("sqs:*", "*")),
        Answer::Yes,
    );
}

#[test]
fn boundaries_and_control_policies_on_both_sides() {
    let all = allow("*", "*");
    let (mut target, mut principal) = (role(&all), user(&allow("s3:*", "*")));
    target.boundary = Some(grant(&allow("s3:*", "*")));
    check(&target, &principal, Answer::No);
    principal.boundary = Some(grant(&allow("s3:*", "arn:aws:s3:::a*")));
    check(&target, &principal, Answer::Yes);
    target.controls = vec![vec![grant(&allow("*", "arn:aws:s3:::a*"))], vec![grant(&all)]];
    let gain = check(&target, &principal, Answer::No);
    assert!(gain.witness.is_none());
}

#[test]
fn symbols_equal_themselves() {
    let at = |r: &str| allow("s3:*", r);
    check(
        &role(&at("arn:aws:s3:::x-@/*")),
        &user(&at("arn:aws:s3:::x-@*")),
        Answer::No,
    );
    check(
        &role(&at("arn:aws:s3:::x-@/*")),
        &user(&at("arn:aws:s3:::y*")),
        Answer::Yes,
    );
    let engine = Engine::new();
    let gain = engine.gain(
        &role(&at("arn:aws:s3:::x-123456789012/*")),
        &user(&at("arn:aws:s3:::x-@/*")),
    );
    assert!(matches!(gain.answer, Answer::Depends(_)), "{gain:?}");
    assert!(gain.witness.is_some());
}

#[test]
fn administrators() {
    let engine = Engine::new();
    let all = role(&allow("*", "*"));
    assert_eq!(engine.is_administrator(&all), Answer::Yes);
    assert_eq!(engine.is_administrator(&role(&allow("*", "arn:aws:*"))), Answer::No);
    assert_eq!(engine.is_administrator(&role(&allow("iam:*", "*"))), Answer::No);
    assert_eq!(engine.escalates(&role(&allow("iam:*", "*"))), Answer::Yes);
    assert_eq!(
        engine.escalates(&role(&allow("iam:PutRolePolicy", "arn:aws:iam::*:role/other"))),
        Answer::No
    );
    assert_eq!(
        engine.escalates(&role(&allow("iam:PutRolePolicy", "arn:aws:iam::@:role/r"))),
        Answer::Yes
    );
    let mut bounded = role(&allow("iam:PutRolePolicy", "*"));
    bounded.boundary = Some(grant(&allow("*", "*")));
    assert_eq!(engine.escalates(&bounded), Answer::No);
    assert_eq!(
        check(&all, &user(&allow("s3:*", "*")), Answer::Yes).rank,
        Rank::Administrator
    );
    assert_eq!(
        check(&role(&allow("iam:*", "*")), &user(&allow("s3:*", "*")), Answer::Yes).rank,
        Rank::Administrator
    );
    assert_eq!(
        check(&all, &user(&allow("iam:*", "*")), Answer::Yes).rank,
        Rank::Sensitive
    );
    check(&all, &user(&allow("*", "*")), Answer::No);
}

#[test]
fn actions_that_the_catalogue_does_not_have() {
    check(
        &role(&allow("s3:NotYetKnown", "*")),
        &user(&allow("s3:*", "*")),
        Answer::No,
    );
    let gain = check(
        &role(&allow("s3:NotYetKnown", "*")),
        &user(&allow("sqs:*", "*")),
        Answer::Yes,
    );
    assert_eq!(gain.witness.expect("there is one").request.action, "s3:NotYetKnown");
    check(&role(&allow("newservice:*", "*")), &user(&allow("*", "*")), Answer::No);
    check(
        &role(&allow("newservice:*", "*")),
        &user(&allow("s3:*", "*")),
        Answer::Yes,
    );
    check(
        &role(&allow("*", "*")),
        &user(&format!("{},{}", allow("*", "*"), deny("newservice:*", "*"))),
        Answer::Yes,
    );
}

#[test]
fn what_is_open_leaves_no_certainty() {
    let mut principal = user(&allow("s3:*", "*"));
    principal
        .open
        .insert(rolecall_source::Assumption::new("`var.x` adds nothing"));
    let gain = Engine::new().gain(&role(&allow("*", "*")), &principal);
    assert!(matches!(gain.answer, Answer::Depends(_)) && gain.witness.is_some());
}

/// A small generator: the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("fits") % n
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const ACTIONS: [&str; 5] = ["s3:GetObject", "s3:PutObject", "s3:*", "s3:?etObject", "*"];
const RESOURCES: [&str; 9] = [
    "*",
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::a*",
    "arn:aws:s3:::*/a",
    "arn:aws:s3:::?/?",
    "arn:aws:s3:::b/a*",
    "arn:aws:s3:::*b*",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:s3:::a/b",
];
const CONDITIONS: [&str; 12] = [
    "{'StringEquals':{'aws:RequestedRegion':'a'}}",
    "{'StringEquals':{'aws:RequestedRegion':['a','b']}}",
    "{'StringNotEquals':{'aws:RequestedRegion':'a'}}",
    "{'StringLike':{'aws:RequestedRegion':'?'}}",
    "{'StringNotLikeIfExists':{'aws:RequestedRegion':'b*'}}",
    "{'Null':{'aws:RequestedRegion':'true'}}",
    "{'Bool':{'aws:SecureTransport':'true'}}",
    "{'BoolIfExists':{'aws:SecureTransport':'false'}}",
    "{'NumericLessThan':{'aws:MultiFactorAuthAge':'10'}}",
    "{'NumericGreaterThanEquals':{'aws:MultiFactorAuthAge':'10'}}",
    "{'ForAllValues:StringEquals':{'aws:TagKeys':['a','b']}}",
    "{'ForAnyValue:StringLike':{'aws:TagKeys':'a*'}}",
];

fn statement(n: &mut Numbers) -> String {
    let effect = if n.below(4) == 0 { "Deny" } else { "Allow" };
    let action = if n.below(6) == 0 { "NotAction" } else { "Action" };
    let resource = if n.below(5) == 0 { "NotResource" } else { "Resource" };
    let mut out = format!(
        "{{'Effect':'{effect}','{action}':'{}','{resource}':['{}'",
        n.pick(&ACTIONS),
        n.pick(&RESOURCES)
    );
    if n.below(3) == 0 {
        out.push_str(&format!(",'{}'", n.pick(&RESOURCES)));
    }
    out.push(']');
    if n.below(2) == 0 {
        out.push_str(&format!(",'Condition':{}", n.pick(&CONDITIONS)));
    }
    out.push('}');
    out
}

/// An authority, and its statements as they are written.
fn authority(n: &mut Numbers, name: &str) -> (Authority, String) {
    let statements = |n: &mut Numbers| (0..1 + n.below(3)).map(|_| statement(n)).collect::<Vec<_>>().join(",");
    let mut shown = statements(n);
    let mut out = named("user", name, &shown);
    if n.below(5) == 0 {
        let boundary = statements(n);
        shown.push_str(&format!("\n  boundary {boundary}"));
        out.boundary = Some(grant(&boundary));
    }
    if n.below(7) == 0 {
        let control = statements(n);
        shown.push_str(&format!("\n  control {control}"));
        out.controls = vec![vec![grant(&control), grant(&allow("s3:*", "*"))]];
    }
    (out, shown)
}

/// Every request over a few letters.
fn requests() -> Vec<Request> {
    let mut out = Vec::new();
    let one = |v: &str| vec![Text::plain(v)];
    let regions: Vec<Option<Vec<Text>>> = vec![None, Some(one("a")), Some(one("b")), Some(one("c")), Some(one("bb"))];
    let transports: Vec<Option<Vec<Text>>> = vec![None, Some(one("true")), Some(one("false"))];
    let ages: Vec<Option<Vec<Text>>> = vec![None, Some(one("9")), Some(one("10"))];
    let tags: Vec<Option<Vec<Text>>> = vec![
        None,
        Some(one("a")),
        Some(one("b")),
        Some(one("ax")),
        Some(one("c")),
        Some(vec![Text::plain("a"), Text::plain("c")]),
        Some(vec![Text::plain("b"), Text::plain("ax")]),
    ];
    for action in ["s3:GetObject", "s3:PutObject"] {
        for resource in ["a/a", "a/b", "b/a", "b/ab", "c/c", "anna/a", "bert/b", "c/abc", "ab/c"] {
            for (r, t, m, k) in regions.iter().flat_map(|r| {
                transports.iter().flat_map({
                    let (ages, tags) = (&ages, &tags);
                    move |t| ages.iter().flat_map(move |m| tags.iter().map(move |k| (r, t, m, k)))
                })
            }) {
                let mut context = BTreeMap::new();
                let keys = [
                    "aws:requestedregion",
                    "aws:securetransport",
                    "aws:multifactorauthage",
                    "aws:tagkeys",
                ];
                for (key, value) in keys.into_iter().zip([r, t, m, k]) {
                    value
                        .iter()
                        .for_each(|v| drop(context.insert(key.to_owned(), v.clone())));
                }
                out.push(Request {
                    action: action.to_owned(),
                    resource: Text::plain(&format!("arn:aws:s3:::{resource}")),
                    context,
                });
            }
        }
    }
    out
}

/// More of them in optimized builds.
fn rounds() -> usize {
    if cfg!(debug_assertions) { 45 } else { 400 }
}

/// The slow twin: whether any of many requests tells two authorities apart.
#[test]
fn agrees_with_brute_force() {
    let all = requests();
    let mut n = Numbers(7);
    let (mut yes, mut no) = (0, 0);
    let engine = Engine::new();
    for round in 0..rounds() {
        let ((target, a), (principal, b)) = (authority(&mut n, "anna"), authority(&mut n, "bert"));
        let relation = engine.relation(&engine.prepare(&target), &engine.prepare(&principal));
        let gain = engine.gain(&target, &principal);
        assert_eq!(relation.answer, gain.answer, "round {round}");
        match relation.answer {
            Answer::Yes => {
                yes += 1;
                let request = relation.witness.expect("a certain gain has a witness").request;
                assert_eq!(evaluate(&target, &request).answer, Answer::Yes);
                assert_eq!(evaluate(&principal, &request).answer, Answer::No);
            }
            Answer::No => {
                no += 1;
                let differs =
                    |r: &&Request| evaluate(&target, r).answer.is_yes() && evaluate(&principal, r).answer.is_no();
                assert_eq!(all.iter().find(differs), None, "round {round}:\n{a}\n{b}");
            }
            Answer::Depends(why) => panic!("round {round} depends: {why:?}\n{a}\n{b}"),
        }
    }
    assert!(yes > 5 && no > 5, "{yes} {no}");
}

/// A role that may write to a bucket whose ARN is not known may do so for certain, whatever the ARN is.
#[test]
fn what_an_unknown_arn_names_is_a_resource() {
    let writer = role(&allow("s3:PutObject", "#/*"));
    let gain = check(&writer, &user(&allow("ec2:*", "*")), Answer::Yes);
    let resource = gain.witness.expect("there is one").request.resource.to_string();
    assert!(resource.starts_with("\u{27e8}bucket.arn\u{27e9}/"), "{resource}");
    check(&writer, &user(&allow("s3:Put*", "#*")), Answer::No);
    let engine = Engine::new();
    let other = engine.gain(&writer, &user(&allow("s3:PutObject", "arn:aws:s3:::other/*")));
    assert!(matches!(other.answer, Answer::Depends(_)), "{other:?}");
}
