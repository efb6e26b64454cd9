//! Each case names the page of the IAM user guide it relies on.

use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_source::{Assumption, Choice, Class, FileId, Kind, Span, Symbol, Text, TextBuilder, Value, json};

use super::*;
use crate::{Assumptions, Caller, Context, Policy, PolicyKind, parse_policy};

const ROLE: &str = "arn:aws:iam::123456789012:role/app";

fn parse(document: &str) -> Policy {
    let mut diagnostics = Vec::new();
    let policy = parse_policy(
        &Value::string(document, Span::NOWHERE),
        PolicyKind::Identity,
        &mut diagnostics,
    );
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    policy
}

fn grant(policy: Policy) -> Grant {
    Grant {
        policy: Arc::new(policy),
        id: 7,
        exists: Assumptions::new(),
    }
}

/// A user with one policy of the given statements (JSON with single quotes).
fn user(statements: &str) -> Authority {
    Authority {
        caller: Caller {
            arn: Some(Text::plain("arn:aws:iam::123456789012:user/anna")),
            account: Some(Text::plain("123456789012")),
            username: Some(Text::plain("anna")),
            ..Caller::default()
        },
        identity: vec![grant(parse(&document(statements)))],
        ..Authority::default()
    }
}

fn document(statements: &str) -> String {
    format!("{{'Version':'2012-10-17','Statement':[{statements}]}}").replace('\'', "\"")
}

fn pass(context: &[(&str, &str)]) -> Request {
    request("iam:PassRole", ROLE, context)
}

fn request(action: &str, resource: &str, context: &[(&str, &str)]) -> Request {
    let mut keys: Context = BTreeMap::new();
    for (key, value) in context {
        keys.entry((*key).to_lowercase()).or_default().push(Text::plain(value));
    }
    Request {
        action: action.to_owned(),
        resource: Text::plain(resource),
        context: keys,
    }
}

/// `PassRole` on everything, under a condition.
fn when(condition: &str) -> String {
    format!("{{'Effect':'Allow','Action':'iam:PassRole','Resource':'*','Condition':{condition}}}")
}

#[track_caller]
fn holds(condition: &str, context: &[(&str, &str)], expected: bool) {
    let answer = evaluate(&user(&when(condition)), &pass(context)).answer;
    assert_eq!(answer, Answer::from_bool(expected), "{condition} {context:?}");
}

/// reference_policies_elements_condition_operators.html
#[test]
fn an_absent_key_passes_negated_operators_only() {
    for operator in [
        "StringNotEquals",
        "StringNotLike",
        "StringNotEqualsIgnoreCase",
        "ArnNotLike",
        "ArnNotEquals",
    ] {
        holds(&format!("{{'{operator}':{{'iam:PassedToService':'x'}}}}"), &[], true);
    }
    for (operator, value) in [
        ("NumericNotEquals", "1"),
        ("DateNotEquals", "2030-01-01T00:00:00Z"),
        ("NotIpAddress", "192.0.2.1"),
    ] {
        holds(&format!("{{'{operator}':{{'aws:SourceIp':'{value}'}}}}"), &[], true);
    }
    for (operator, value) in [
        ("StringEquals", "x"),
        ("StringLike", "x"),
        ("Bool", "true"),
        ("NumericLessThan", "1"),
        ("DateLessThan", "2030-01-01T00:00:00Z"),
        ("IpAddress", "192.0.2.1"),
        ("ArnLike", "arn:aws:iam::111122223333:role/x"),
    ] {
        holds(
            &format!("{{'{operator}':{{'iam:PassedToService':'{value}'}}}}"),
            &[],
            false,
        );
        holds(
            &format!("{{'{operator}IfExists':{{'iam:PassedToService':'{value}'}}}}"),
            &[],
            true,
        );
    }
}

/// reference_policies_elements_condition_operators.html
#[test]
fn operators_compare_by_their_type() {
    let ip = [("aws:SourceIp", "10.9.9.9")];
    holds(
        "{'IpAddress':{'aws:SourceIp':['192.0.2.0/24','10.0.0.0/8']}}",
        &ip,
        true,
    );
    holds(
        "{'NotIpAddress':{'aws:SourceIp':['192.0.2.0/24','10.0.0.0/8']}}",
        &ip,
        false,
    );
    let time = [("aws:CurrentTime", "2024-01-01T00:00:00Z")];
    holds("{'DateLessThan':{'aws:CurrentTime':'1893456000'}}", &time, true);
    holds(
        "{'DateGreaterThanEquals':{'aws:CurrentTime':'2024-01-01'}}",
        &time,
        true,
    );
    let age = [("aws:MultiFactorAuthAge", "10")];
    holds("{'NumericLessThan':{'aws:MultiFactorAuthAge':'9.5'}}", &age, false);
    holds("{'NumericEquals':{'aws:MultiFactorAuthAge':10.0}}", &age, true);
    holds(
        "{'Bool':{'aws:SecureTransport':true}}",
        &[("aws:SecureTransport", "TRUE")],
        true,
    );
    let service = [("iam:PassedToService", "ec2.amazonaws.com")];
    holds(
        "{'StringEquals':{'iam:PassedToService':'EC2.amazonaws.com'}}",
        &service,
        false,
    );
    holds(
        "{'StringEqualsIgnoreCase':{'iam:PassedToService':'EC2.amazonaws.com'}}",
        &service,
        true,
    );
    holds("{'StringEquals':{'iam:PassedToService':'ec2.*'}}", &service, false);
    holds("{'StringLike':{'IAM:passedtoservice':'ec2.*'}}", &service, true);
    let arn = [(
        "iam:AssociatedResourceArn",
        "arn:aws:ec2:us-east-1:123456789012:instance/i-1",
    )];
    holds(
        "{'ArnLike':{'iam:AssociatedResourceArn':'arn:aws:ec2:*:*:instance/*'}}",
        &arn,
        true,
    );
    holds(
        "{'ArnEquals':{'iam:AssociatedResourceArn':'arn:*:instance/*'}}",
        &arn,
        false,
    );
    holds(
        "{'BinaryEquals':{'iam:AssociatedResourceArn':'QmluYXJ5'}}",
        &[("iam:AssociatedResourceArn", "QmluYXJ5")],
        true,
    );
}

/// reference_policies_condition-logic-multiple-context-keys-or-values.html
#[test]
fn values_are_or_keys_and_operators_are_and() {
    let context = [("iam:PassedToService", "b"), ("aws:RequestedRegion", "r")];
    holds("{'StringEquals':{'iam:PassedToService':['a','b']}}", &context, true);
    holds("{'StringNotEquals':{'iam:PassedToService':['a','b']}}", &context, false);
    holds(
        "{'StringEquals':{'iam:PassedToService':'b','aws:RequestedRegion':'x'}}",
        &context,
        false,
    );
    holds(
        "{'StringEquals':{'iam:PassedToService':'b'},'StringLike':{'aws:RequestedRegion':'?'}}",
        &context,
        true,
    );
}

/// reference_policies_condition-single-vs-multi-valued-context-keys.html
#[test]
fn set_qualifiers() {
    let both = [("aws:TagKeys", "team"), ("aws:TagKeys", "x")];
    let all = "{'ForAllValues:StringEquals':{'aws:TagKeys':['team','a']}}";
    holds(all, &[], true);
    holds(all, &both, false);
    holds(all, &both[..1], true);
    let any = "{'ForAnyValue:StringEquals':{'aws:TagKeys':['team','a']}}";
    holds(any, &[], false);
    holds(any, &both, true);
    holds("{'ForAnyValue:StringNotEquals':{'aws:TagKeys':'team'}}", &both, true);
    holds("{'ForAllValues:StringNotEquals':{'aws:TagKeys':'team'}}", &both, false);
    holds("{'Null':{'aws:TagKeys':'true'}}", &[], true);
    holds("{'Null':{'aws:TagKeys':false}}", &both, true);
}

/// reference_policies_variables.html
#[test]
fn policy_variables() {
    let with = |resource: &str| {
        user(&format!(
            "{{'Effect':'Allow','Action':'iam:PassRole','Resource':'{resource}'}}"
        ))
    };
    let answer = |resource: &str, context: &[(&str, &str)]| evaluate(&with(resource), &pass(context)).answer;
    let prefix = "arn:aws:iam::123456789012:role/";
    let tag = "${aws:PrincipalTag/team}";
    assert_eq!(
        answer(&format!("{prefix}{tag}"), &[("aws:PrincipalTag/team", "app")]),
        Answer::Yes
    );
    assert_eq!(answer(&format!("{prefix}{tag}"), &[]), Answer::No);
    assert_eq!(answer(&format!("{prefix}{tag}*"), &[]), Answer::No);
    assert_eq!(
        answer(
            &format!("{prefix}${{aws:PrincipalTag/team, \\'app\\'}}").replace("\\'", "\\u0027"),
            &[]
        ),
        Answer::Yes
    );
    assert_eq!(answer(&format!("{prefix}${{*}}"), &[]), Answer::No);
    assert_eq!(answer(&format!("{prefix}ap?"), &[]), Answer::Yes);
    let old = "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"iam:*\",\"Resource\":\"arn:aws:iam::123456789012:role/${aws:username}\"}}";
    let mut anna = with("*");
    anna.identity = vec![grant(parse(old))];
    let own = request("iam:PassRole", "arn:aws:iam::123456789012:role/anna", &[]);
    assert_eq!(evaluate(&anna, &own).answer, Answer::No);
}

/// reference_policies_elements_action.html, …_notaction.html, …_resource.html, …_notresource.html
#[test]
fn elements_of_a_statement() {
    let one = |statement: &str| evaluate(&user(&format!("{{'Effect':'Allow',{statement}}}")), &pass(&[])).answer;
    for yes in [
        "'Action':'IAM:pAssrole','Resource':'*'",
        "'Action':['s3:*','iam:?ass*'],'Resource':'arn:aws:iam::123456789012:role/*'",
        "'NotAction':'s3:*','Resource':'*'",
        "'Action':'*','NotResource':'arn:aws:iam::123456789012:role/ap'",
        "'Action':'*','Resource':'arn:aws:*:role/app'",
    ] {
        assert_eq!(one(yes), Answer::Yes, "{yes}");
    }
    for no in [
        "'Action':'iam:Pass','Resource':'*'",
        "'NotAction':'iam:*','Resource':'*'",
        "'Action':'*','NotResource':'arn:aws:iam::123456789012:role/a*'",
        "'Action':'*','Resource':'arn:aws:iam::123456789012:role/App'",
        "'Action':'*','Resource':'arn:aws:iam::123456789012:role/ap??'",
    ] {
        assert_eq!(one(no), Answer::No, "{no}");
    }
}

/// reference_policies_evaluation-logic_policy-eval-denyallow.html
#[test]
fn deny_boundary_and_every_level_of_control_policies() {
    let all = "{'Effect':'Allow','Action':'*','Resource':'*'}";
    let s3 = "{'Effect':'Allow','Action':'s3:*','Resource':'*'}";
    let mut a = user(all);
    assert_eq!(evaluate(&a, &pass(&[])).outcome, Outcome::Allowed);
    a.boundary = Some(grant(parse(&document(s3))));
    assert_eq!(evaluate(&a, &pass(&[])).outcome, Outcome::ImplicitlyDenied);
    a.boundary = Some(grant(parse(&document(all))));
    a.controls = vec![vec![grant(parse(&document(all)))], vec![grant(parse(&document(s3)))]];
    assert_eq!(evaluate(&a, &pass(&[])).answer, Answer::No);
    let deny = "{'Effect':'Deny','NotAction':'s3:*','Resource':'*'}";
    a.controls = vec![vec![grant(parse(&document(all))), grant(parse(&document(deny)))]];
    let decision = evaluate(&a, &pass(&[]));
    assert_eq!(decision.outcome, Outcome::ExplicitlyDenied);
    assert_eq!(decision.because.len(), 1);
}

#[test]
fn a_reason_underlines_the_action_and_the_resource() {
    let text =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","iam:*"],"Resource":"*"}]}"#;
    let value = json::read_file(text, FileId(3)).expect("is JSON").value;
    let mut a = user("{'Effect':'Allow','Action':'sqs:*','Resource':'*'}");
    a.identity = vec![grant(parse_policy(&value, PolicyKind::Identity, &mut Vec::new()))];
    let decision = evaluate(&a, &pass(&[]));
    let reason = decision.because.first().expect("it is allowed");
    let cut = |s: Span| text.get(s.start as usize..s.end as usize).expect("inside");
    assert_eq!(cut(reason.action), "iam:*");
    assert_eq!(cut(reason.resource), "*");
    assert!(cut(reason.span).starts_with("{\"Effect\""));
    assert_eq!((reason.grant, reason.statement), (7, 0));
}

fn account() -> Symbol {
    Symbol::new("account:x", "account", "is not known before deployment", Class::Account)
}

/// `a⟨account⟩b` where `@` stands for the account.
fn text(letters: &str) -> Text {
    let mut b = TextBuilder::default();
    for (i, part) in letters.split('@').enumerate() {
        if i > 0 {
            b.symbol(account(), Span::NOWHERE);
        }
        b.letters(part, Span::NOWHERE);
    }
    b.finish()
}

#[test]
fn symbols_match_themselves_and_depend_on_letters() {
    let mut request = pass(&[]);
    request.resource = text("arn:aws:iam::@:role/app-x");
    let answer = |resource: &str, effect: &str| {
        let statement = format!(
            "{{'Version':'2012-10-17','Statement':{{'Effect':'{effect}','Action':'*','Resource':'{resource}'}}}}"
        );
        let document = Value::text(text(&statement.replace('\'', "\"")), Span::NOWHERE);
        let mut a = user("{'Effect':'Allow','Action':'*','Resource':'*'}");
        let policy = grant(parse_policy(&document, PolicyKind::Identity, &mut Vec::new()));
        if effect == "Allow" {
            a.identity = vec![policy];
        } else {
            a.identity.push(policy);
        }
        evaluate(&a, &request).answer
    };
    assert_eq!(answer("arn:aws:iam::@:role/app-*", "Allow"), Answer::Yes);
    assert_eq!(answer("arn:aws:iam::*:role/app-*", "Allow"), Answer::Yes);
    assert_eq!(answer("arn:aws:iam::@:role/b*", "Allow"), Answer::No);
    assert_eq!(answer("arn:aws:iam::1234:role/app-x", "Allow"), Answer::No);
    assert!(matches!(
        answer("arn:aws:iam::123456789012:role/app-x", "Allow"),
        Answer::Depends(_)
    ));
    assert!(matches!(
        answer("arn:aws:iam::123456789012:role/app-x", "Deny"),
        Answer::Depends(_)
    ));
    assert_eq!(answer("arn:aws:iam::@:role/app-*", "Deny"), Answer::No);
}

#[test]
fn alternatives_are_joined_over_all_worlds() {
    let on = Symbol::new("v", "var.x", "has no default", Class::Any);
    let choice = |a: &str, b: &str| {
        let option = |state: &str, v: &str| (state.into(), Value::string(v, Span::NOWHERE));
        let options = vec![option("true", a), option("false", b)];
        let choice = Choice {
            on: on.clone(),
            options,
        };
        Value::new(Kind::Choice(Arc::new(choice)), Span::NOWHERE)
    };
    let answer = |a: &str, b: &str| {
        let entries = [
            ("Effect", Value::string("Allow", Span::NOWHERE)),
            ("Action", choice(a, b)),
            ("Resource", Value::string("*", Span::NOWHERE)),
        ];
        let statement = Value::map(entries.map(|(k, v)| (Text::plain(k), v)), Span::NOWHERE);
        let document = Value::map([(Text::plain("Statement"), statement)], Span::NOWHERE);
        let mut user = user("{'Effect':'Allow','Action':'sqs:*','Resource':'*'}");
        user.identity = vec![grant(parse_policy(&document, PolicyKind::Identity, &mut Vec::new()))];
        evaluate(&user, &pass(&[])).answer
    };
    assert_eq!(answer("iam:*", "iam:Pass*"), Answer::Yes);
    assert_eq!(answer("s3:*", "ec2:*"), Answer::No);
    assert_eq!(
        answer("iam:*", "ec2:*"),
        Answer::under([Assumption::state(&on, "true")].into())
    );
}

#[test]
fn what_is_open_makes_the_answer_depend() {
    let unknown = Symbol::new("v", "var.x", "has no default", Class::Any);
    let mut a = user("{'Effect':'Allow','Action':'*','Resource':'*'}");
    let open = parse_policy(
        &Value::unknown(unknown, Span::NOWHERE),
        PolicyKind::Identity,
        &mut Vec::new(),
    );
    a.identity.push(grant(open));
    let decision = evaluate(&a, &pass(&[]));
    assert_eq!(
        decision.answer,
        Answer::assuming("what `var.x` adds does not change this")
    );
    assert_eq!(decision.because.len(), 1);
    a.identity.push(grant(parse(&document(
        "{'Effect':'Deny','Action':'iam:*','Resource':'*'}",
    ))));
    assert_eq!(evaluate(&a, &pass(&[])).outcome, Outcome::ExplicitlyDenied);
}
