use std::collections::BTreeSet;
use std::sync::Arc;

use rolecall_source::{Class, Span, Symbol, TextBuilder, Value};

use super::*;
use crate::{
    Assumptions, Caller, Grant, PolicyKind, parse_policy, trusts_principal, trusts_principal_directly, trusts_service,
};

const RUN: &str = "ec2:RunInstances";

fn account() -> Symbol {
    Symbol::new("account:x", "account", "is not known before deployment", Class::Account)
}

/// A text in which `@` stands for the account.
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

fn policy(statements: &str, kind: PolicyKind) -> crate::Policy {
    let document = format!("{{'Version':'2012-10-17','Statement':[{statements}]}}").replace('\'', "\"");
    let mut diagnostics = Vec::new();
    let policy = parse_policy(&Value::text(text(&document), Span::NOWHERE), kind, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    policy
}

fn user(statements: &str) -> Authority {
    let grant = Grant {
        policy: Arc::new(policy(statements, PolicyKind::Identity)),
        id: 0,
        exists: Assumptions::new(),
    };
    Authority {
        caller: Caller {
            arn: Some(text("arn:aws:iam::@:user/anna")),
            account: Some(text("@")),
            username: Some(Text::plain("anna")),
            ..Caller::default()
        },
        identity: vec![grant],
        ..Authority::default()
    }
}

fn ask(statements: &str, action: &str, resource: &str, fixed: &[(&str, &str)], absent: &[&str]) -> Found {
    let query = Query {
        action: action.to_owned(),
        resource: text(resource),
        fixed: context(fixed),
        absent: absent.iter().map(|k| (*k).to_owned()).collect::<BTreeSet<_>>(),
    };
    find(&user(statements), &query)
}

const INSTANCE: &str = "arn:aws:ec2:*:@:instance/*";

#[test]
fn a_resource_is_found_in_both_patterns() {
    let allow = |resource: &str| format!("{{'Effect':'Allow','Action':'ec2:Run*','Resource':'{resource}'}}");
    let found = ask(&allow("*"), RUN, INSTANCE, &[], &[]);
    assert_eq!(found.answer, Answer::Yes);
    let found = ask(&allow("arn:aws:ec2:eu-west-1:*:instance/i-7*"), RUN, INSTANCE, &[], &[]);
    assert_eq!(found.answer, Answer::Yes);
    let request = found.request.expect("there is one");
    assert!(
        request
            .resource
            .to_string()
            .starts_with("arn:aws:ec2:eu-west-1:\u{27e8}account\u{27e9}:instance/i-7")
    );
    assert_eq!(
        ask(&allow("arn:aws:ec2:*:*:subnet/*"), RUN, INSTANCE, &[], &[]).answer,
        Answer::No
    );
    let found = ask(&allow("arn:aws:ec2:*:123456789012:instance/*"), RUN, INSTANCE, &[], &[]);
    assert!(matches!(found.answer, Answer::Depends(_)), "{found:?}");
}

#[test]
fn deny_leaves_what_it_does_not_cover() {
    let statements = "{'Effect':'Allow','Action':'ec2:*','Resource':'*'},
        {'Effect':'Deny','Action':'ec2:RunInstances','Resource':'arn:aws:ec2:*:*:instance/*',
         'Condition':{'StringNotEquals':{'ec2:InstanceType':['t3.micro','t3.small']}}}";
    let found = ask(statements, RUN, INSTANCE, &[], &[]);
    assert_eq!(found.answer, Answer::Yes);
    let chosen = &found.request.expect("there is one").context["ec2:instancetype"];
    assert_eq!(chosen, &[Text::plain("t3.micro")]);
    assert_eq!(
        ask(statements, RUN, INSTANCE, &[("ec2:instancetype", "m5.large")], &[]).answer,
        Answer::No
    );
    assert_eq!(
        ask(statements, RUN, INSTANCE, &[], &["ec2:instancetype"]).answer,
        Answer::No
    );
}

#[test]
fn circumstances_are_told() {
    let mfa = "{'Effect':'Allow','Action':'ec2:*','Resource':'*'},
        {'Effect':'Deny','NotAction':'iam:*','Resource':'*','Condition':{'BoolIfExists':{'aws:MultiFactorAuthPresent':'false'}}}";
    assert_eq!(
        ask(mfa, RUN, INSTANCE, &[], &[]).answer,
        Answer::assuming("the caller signed in with MFA")
    );
    let ip =
        "{'Effect':'Allow','Action':'ec2:*','Resource':'*','Condition':{'IpAddress':{'aws:SourceIp':'10.0.0.0/8'}}}";
    assert_eq!(
        ask(ip, RUN, INSTANCE, &[], &[]).answer,
        Answer::assuming("the request comes from `10.0.0.1`")
    );
    let open = "{'Effect':'Allow','Action':'ec2:*','Resource':'*','Condition':{'IpAddress':{'aws:SourceIp':'0.0.0.0/0'},'Bool':{'aws:SecureTransport':'true'}}}";
    assert_eq!(ask(open, RUN, INSTANCE, &[], &[]).answer, Answer::Yes);
    let tag =
        "{'Effect':'Allow','Action':'ec2:*','Resource':'*','Condition':{'StringEquals':{'aws:ResourceTag/Team':'a'}}}";
    assert_eq!(
        ask(tag, "ec2:StopInstances", INSTANCE, &[], &[]).answer,
        Answer::assuming("the resource has the tag `Team` with the value `a`")
    );
    assert_eq!(
        ask(
            tag,
            "ec2:StopInstances",
            INSTANCE,
            &[("aws:resourcetag/team", "b")],
            &[]
        )
        .answer,
        Answer::No
    );
}

#[test]
fn several_statements_on_one_key() {
    let statements = "{'Effect':'Allow','Action':'ec2:*','Resource':'*','Condition':{'StringLike':{'aws:RequestTag/Team':'a*'}}},
        {'Effect':'Deny','Action':'ec2:*','Resource':'*','Condition':{'StringEquals':{'aws:RequestTag/Team':['a','ab']}}},
        {'Effect':'Deny','Action':'ec2:*','Resource':'*','Condition':{'StringNotLike':{'aws:RequestTag/Team':'?b*'}}}";
    let found = ask(statements, RUN, INSTANCE, &[], &[]);
    assert_eq!(found.answer, Answer::Yes);
    let never = "{'Effect':'Allow','Action':'ec2:*','Resource':'*','Condition':{'StringLike':{'aws:RequestTag/Team':'a*'}}},
        {'Effect':'Deny','Action':'ec2:*','Resource':'*','Condition':{'StringLike':{'aws:RequestTag/Team':['a','a?*']}}}";
    assert_eq!(ask(never, RUN, INSTANCE, &[], &[]).answer, Answer::No);
    let keys = "{'Effect':'Allow','Action':'ec2:*','Resource':'*','Condition':{'ForAllValues:StringEquals':{'aws:TagKeys':['a','b']},
        'ForAnyValue:StringEquals':{'aws:TagKeys':'a'}}},
        {'Effect':'Deny','Action':'ec2:*','Resource':'*','Condition':{'ForAllValues:StringNotEquals':{'aws:TagKeys':'b'}}}";
    let found = ask(keys, RUN, INSTANCE, &[], &[]);
    assert_eq!(found.answer, Answer::Yes);
    assert_eq!(found.request.expect("there is one").context["aws:tagkeys"].len(), 2);
}

#[test]
fn variables_take_the_values_of_the_caller_and_of_the_request() {
    let own = "{'Effect':'Allow','Action':'iam:*','Resource':'arn:aws:iam::*:user/${aws:username}'}";
    assert_eq!(
        ask(own, "iam:CreateAccessKey", "arn:aws:iam::@:user/anna", &[], &[]).answer,
        Answer::Yes
    );
    assert_eq!(
        ask(own, "iam:CreateAccessKey", "arn:aws:iam::@:user/bert", &[], &[]).answer,
        Answer::No
    );
    let prefix =
        "{'Effect':'Allow','Action':'s3:GetObject','Resource':'arn:aws:s3:::b/${s3:ExistingObjectTag/team}/*'}";
    assert_eq!(
        ask(prefix, "s3:GetObject", "arn:aws:s3:::b/*", &[], &[]).answer,
        Answer::Yes
    );
}

#[test]
fn the_literal_star_is_the_resource_of_actions_without_resources() {
    let some = "{'Effect':'Allow','Action':'ec2:*','Resource':'arn:aws:ec2:*:*:instance/*'}";
    assert_eq!(ask(some, "ec2:DescribeInstances", "*", &[], &[]).answer, Answer::No);
    assert_eq!(ask(some, RUN, "*", &[], &[]).answer, Answer::Yes);
    let all = "{'Effect':'Allow','Action':'ec2:*','Resource':'*'}";
    assert_eq!(ask(all, "ec2:DescribeInstances", "*", &[], &[]).answer, Answer::Yes);
}

#[test]
fn the_boundary_and_every_level_must_allow() {
    let grant = |s: &str| Grant {
        policy: Arc::new(policy(s, PolicyKind::Identity)),
        id: 1,
        exists: Assumptions::new(),
    };
    let mut a = user("{'Effect':'Allow','Action':'ec2:*','Resource':'arn:aws:ec2:eu-*:*:*'}");
    a.boundary = Some(grant(
        "{'Effect':'Allow','Action':'*','Resource':'arn:aws:ec2:*-1:*:*'}",
    ));
    a.controls = vec![vec![
        grant("{'Effect':'Allow','Action':'s3:*','Resource':'*'}"),
        grant("{'Effect':'Allow','Action':'*','Resource':'*:instance/i-9*'}"),
    ]];
    let query = Query {
        action: RUN.to_owned(),
        resource: text(INSTANCE),
        fixed: Context::new(),
        absent: BTreeSet::new(),
    };
    let found = find(&a, &query);
    assert_eq!(found.answer, Answer::Yes);
    let resource = found.request.expect("there is one").resource.to_string();
    assert!(
        resource.contains(":eu-") && resource.contains("-1:") && resource.contains(":instance/i-9"),
        "{resource}"
    );
    a.controls
        .push(vec![grant("{'Effect':'Allow','Action':'iam:*','Resource':'*'}")]);
    assert_eq!(find(&a, &query).answer, Answer::No);
}

#[test]
fn trust_in_a_service() {
    let trust = |principal: &str, rest: &str| {
        let statement = format!("{{'Effect':'Allow','Action':'sts:AssumeRole','Principal':{principal}{rest}}}");
        trusts_service(&policy(&statement, PolicyKind::Trust), "ec2.amazonaws.com").answer
    };
    assert_eq!(
        trust("{'Service':['lambda.amazonaws.com','ec2.amazonaws.com']}", ""),
        Answer::Yes
    );
    assert_eq!(trust("{'Service':'ec2.amazonaws.com.cn'}", ""), Answer::Yes);
    assert_eq!(trust("{'Service':'lambda.amazonaws.com'}", ""), Answer::No);
    assert_eq!(trust("{'AWS':'arn:aws:iam::123456789012:root'}", ""), Answer::No);
    let condition = ",'Condition':{'StringEquals':{'aws:SourceAccount':'123456789012'}}";
    assert_eq!(
        trust("{'Service':'ec2.amazonaws.com'}", condition),
        Answer::assuming("`aws:SourceAccount` is `123456789012`")
    );
    let condition = ",'Condition':{'StringEquals':{'aws:PrincipalArn':'x'}}";
    assert_eq!(trust("{'Service':'ec2.amazonaws.com'}", condition), Answer::No);
}

#[test]
fn trust_in_a_principal() {
    let arn = text("arn:aws:iam::@:role/ci");
    let answers = |principal: &str, rest: &str| {
        let statement = format!("{{'Effect':'Allow','Action':'sts:*','Principal':{principal}{rest}}}");
        let policy = policy(&statement, PolicyKind::Trust);
        let direct = trusts_principal_directly(&policy, &arn, &text("@")).answer;
        (trusts_principal(&policy, &arn, &text("@")).answer, direct)
    };
    assert_eq!(
        answers("{'AWS':'arn:aws:iam::@:role/ci'}", ""),
        (Answer::Yes, Answer::Yes)
    );
    assert_eq!(answers("{'AWS':'arn:aws:iam::@:root'}", ""), (Answer::Yes, Answer::No));
    assert_eq!(answers("{'AWS':'@'}", ""), (Answer::Yes, Answer::No));
    assert_eq!(answers("'*'", ""), (Answer::Yes, Answer::Yes));
    assert_eq!(
        answers("{'AWS':'arn:aws:iam::@:role/cd'}", ""),
        (Answer::No, Answer::No)
    );
    let (account, direct) = answers("{'AWS':'123456789012'}", "");
    assert!(matches!(account, Answer::Depends(_)) && direct == Answer::No);
    let only = ",'Condition':{'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::*:role/c?'}}";
    assert_eq!(answers("{'AWS':'*'}", only).0, Answer::Yes);
    let external = ",'Condition':{'StringEquals':{'sts:ExternalId':'x'}}";
    assert_eq!(
        answers("{'AWS':'*'}", external).0,
        Answer::assuming("the caller knows the external id `x`")
    );
}

/// What stands for the account of an ARN is an account: it does not hold the rest of another ARN.
#[test]
fn an_unknown_account_of_a_trusted_principal_is_an_account() {
    let other = Symbol::new("var.other", "var.other", "has no default", Class::Any);
    let mut b = TextBuilder::default();
    b.letters(
        "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"AWS\":\"arn:aws:iam::",
        Span::NOWHERE,
    );
    b.symbol(other, Span::NOWHERE);
    b.letters(":role/deploy\"}}]}", Span::NOWHERE);
    let trust = parse_policy(
        &Value::text(b.finish(), Span::NOWHERE),
        PolicyKind::Trust,
        &mut Vec::new(),
    );
    let named = |role: &str| {
        let arn = text(&format!("arn:aws:iam::@:role/{role}"));
        trusts_principal_directly(&trust, &arn, &text("@")).answer
    };
    assert_eq!(
        named("deploy"),
        Answer::assuming("\u{27e8}var.other\u{27e9} is \u{27e8}account\u{27e9}")
    );
    assert_eq!(named("read"), Answer::No);
    assert_eq!(named("ci/read:role/deploy"), Answer::No);
}
