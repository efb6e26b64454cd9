use rolecall_source::{Diagnostic, FileId, Span, Value, json};

use super::*;
use crate::{Effect, PrincipalType};

fn parse_as(kind: PolicyKind, text: &str) -> (Policy, Vec<Diagnostic>) {
    let text = text.replace('\'', "\"");
    let mut diagnostics = Vec::new();
    let value = json::read_file(&text, FileId(0)).expect("is JSON").value;
    let policy = parse_policy(&value, kind, &mut diagnostics);
    (policy, diagnostics)
}

fn headlines(kind: PolicyKind, text: &str) -> (Policy, Vec<String>) {
    let (policy, diagnostics) = parse_as(kind, text);
    (policy, diagnostics.into_iter().map(|d| d.headline).collect())
}

#[test]
fn one_statement_or_a_list_scalars_or_lists() {
    let one = "{'Effect':'Allow','Action':'s3:*','Resource':['*']}";
    for text in [
        format!("{{'Statement':{one}}}"),
        format!("{{'Statement':[{one}],'Id':'x'}}"),
    ] {
        let (policy, said) = headlines(PolicyKind::Identity, &text);
        assert_eq!(said, Vec::<String>::new());
        assert_eq!(policy.statements.len(), 1);
        assert!(policy.open.is_empty());
    }
}

#[test]
fn a_statement_that_is_not_legal_is_told_and_left_out() {
    let cases = [
        ("'Effect':'allow','Action':'s3:*','Resource':'*'", "invalid effect"),
        ("'Action':'s3:*','Resource':'*'", "no Effect"),
        ("'Effect':'Deny','Resource':'*'", "must contain actions"),
        ("'Effect':'Deny','Action':[],'Resource':'*'", "must contain actions"),
        ("'Effect':'Deny','Action':'s3:*'", "must contain resources"),
        (
            "'Effect':'Deny','Action':'s3:*','NotAction':'s3:*','Resource':'*'",
            "either Action or NotAction",
        ),
        ("'Effect':'Deny','Action':'s3','Resource':'*'", "prefaced by a vendor"),
        (
            "'Effect':'Deny','Action':'s3:*','Resource':'*','Principal':'*'",
            "should not specify a principal",
        ),
        (
            "'Effect':'Deny','Action':'s3:*','Resource':'*','Resources':'*'",
            "not an element of a statement",
        ),
        (
            "'Effect':'Deny','Action':'s3:*','Resource':'*','Condition':{'StringMatches':{'aws:a':'b'}}",
            "invalid condition type: StringMatches",
        ),
        (
            "'Effect':'Deny','Action':'s3:*','Resource':'*','Condition':{'StringLike':{'region':'b'}}",
            "prefaced by a vendor",
        ),
    ];
    for (statement, expected) in cases {
        let good = "{'Effect':'Allow','Action':'ec2:*','Resource':'*'}";
        let text = format!("{{'Statement':[{{{statement}}},{good}]}}");
        let (policy, said) = headlines(PolicyKind::Identity, &text);
        assert!(said.len() == 1 && said[0].contains(expected), "{statement}: {said:?}");
        assert_eq!(policy.statements.len(), 1, "{statement}");
        assert!(!policy.open.is_empty(), "{statement} may have denied something");
    }
}

#[test]
fn an_allow_that_is_lost_leaves_the_policy_complete() {
    let (policy, said) = headlines(
        PolicyKind::Identity,
        "{'Statement':{'Effect':'Allow','Action':'s3','Resource':'*'}}",
    );
    assert_eq!(said.len(), 1);
    assert!(policy.statements.is_empty() && policy.open.is_empty());
}

#[test]
fn diagnostics_point_at_the_part() {
    let (_, diagnostics) = parse_as(
        PolicyKind::Identity,
        "{'Statement':{'Effect':'Allow','Action':['s3:*','s3'],'Resource':'*'}}",
    );
    assert_eq!(diagnostics[0].span(), Span::new(FileId(0), 49, 51));
}

#[test]
fn principals_of_a_trust_policy() {
    let (policy, said) = headlines(
        PolicyKind::Trust,
        "{'Statement':[{'Effect':'Allow','Action':'sts:AssumeRole','Principal':{'Service':['ec2.amazonaws.com'],'AWS':'*'}},
          {'Effect':'Allow','Action':'sts:AssumeRole','Principal':'*'}]}",
    );
    assert_eq!(said, Vec::<String>::new());
    let kinds = |i: usize| -> Vec<PrincipalType> {
        let named = policy.statements[i].principals.as_ref().expect("named");
        named.items.iter().map(|p| p.kind).collect()
    };
    assert_eq!(kinds(0), [PrincipalType::Service, PrincipalType::Everyone]);
    assert_eq!(kinds(1), [PrincipalType::Everyone]);
    let (policy, said) = headlines(
        PolicyKind::Trust,
        "{'Statement':[{'Effect':'Allow','Action':'sts:AssumeRole','Principal':{'Services':'x'}},
          {'Effect':'Allow','Action':'sts:AssumeRole','Principal':'*','Resource':'*'},
          {'Effect':'Allow','Action':'sts:AssumeRole'}]}",
    );
    assert_eq!(said.len(), 3);
    assert!(policy.statements.is_empty());
}

#[test]
fn a_document_may_be_text_with_holes() {
    let on = rolecall_source::Symbol::new("v", "var.more", "has no default", rolecall_source::Class::Any);
    let mut b = rolecall_source::TextBuilder::default();
    let here = |at: u32, len: usize| Span::new(FileId(1), at, at + u32::try_from(len).expect("short"));
    let first = r#"{"Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::1:role/"#;
    b.letters(first, here(0, first.len()));
    b.symbol(on.clone(), here(100, 3));
    b.letters(r#""}, "#, here(103, 4));
    b.symbol(on, here(107, 3));
    b.letters("]}", here(110, 2));
    let mut diagnostics = Vec::new();
    let policy = parse_policy(
        &Value::text(b.finish(), Span::NOWHERE),
        PolicyKind::Identity,
        &mut diagnostics,
    );
    assert_eq!(diagnostics, Vec::new());
    assert_eq!(policy.statements[0].effect, Effect::Deny);
    assert_eq!(
        policy.statements[0].actions.items[0].span(),
        Span::new(FileId(1), 41, 46)
    );
    assert_eq!(policy.open.len(), 1);
}

#[test]
fn what_is_not_json_is_told_and_open() {
    let mut diagnostics = Vec::new();
    let value = Value::string("{\"Statement\": [}", Span::new(FileId(0), 0, 16));
    let policy = parse_policy(&value, PolicyKind::Identity, &mut diagnostics);
    assert!(diagnostics[0].headline.starts_with("this policy is not valid JSON"));
    assert_eq!(diagnostics[0].span(), Span::new(FileId(0), 15, 16));
    assert!(!policy.open.is_empty());
}

/// What is said of a document, and the text that it is said of.
#[track_caller]
fn points(kind: PolicyKind, text: &str, headline: &str, at: &str) {
    let (_, diagnostics) = parse_as(kind, text);
    let text = text.replace('\'', "\"");
    let all: Vec<(String, &str)> = diagnostics
        .iter()
        .map(|d| {
            (
                d.headline.clone(),
                text.get(d.span().start as usize..d.span().end as usize).unwrap(),
            )
        })
        .collect();
    assert_eq!(all.len(), 1, "{text}: {all:?}");
    let at = at.replace('\'', "\"");
    assert!(
        all[0].0.contains(headline) && all[0].1.trim_matches('"') == at.trim_matches('"'),
        "{text}: {all:?}"
    );
}

/// The errors that [Access Analyzer's checks](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
/// name and that the form of a document shows, each at its element.
#[test]
fn each_illegal_form_is_told_where_it_stands() {
    let statement = |parts: &str| format!("{{'Version':'2012-10-17','Statement':{{{parts}}}}}");
    let with = |parts: &str| statement(&format!("'Effect':'Allow','Action':'s3:*','Resource':'*',{parts}"));
    let condition = |block: &str| with(&format!("'Condition':{{{block}}}"));
    let identity = [
        (
            "{'Statement':{'Effect':'Allow','Action':'s3:*','Resource':'*'},'Version':2012}".to_owned(),
            "Version must be a string",
            "2012",
        ),
        (
            "{'Version':'2012-10-18','Statement':[{'Effect':'Allow','Action':'s3:*','Resource':'*'}]}".to_owned(),
            "not a version",
            "2012-10-18",
        ),
        (
            "{'Statement':[],'Version':'2012-10-17'}".to_owned(),
            "no statement",
            "[]",
        ),
        ("{'Statement':'x'}".to_owned(), "a statement must be a JSON object", "x"),
        (
            "{'Statements':[],'Statement':{'Effect':'Allow','Action':'s3:*','Resource':'*'}}".to_owned(),
            "not an element of a policy",
            "Statements",
        ),
        (with("'Sid':7"), "Sid must be a string", "7"),
        (with("'Sid':'a b'"), "letters and digits", "a b"),
        (with("'Principal':'*'"), "should not specify a principal", "Principal"),
        (with("'action':'s3:*'"), "write `Action`", "action"),
        (
            statement("'Effect':'Permit','Action':'s3:*','Resource':'*'"),
            "invalid effect",
            "Permit",
        ),
        (
            statement("'Effect':'Allow','Action':['s3:*',7],'Resource':'*'"),
            "Action must be a string",
            "7",
        ),
        (
            statement("'Effect':'Allow','Action':['s3:*','s3 :Get'],'Resource':'*'"),
            "prefaced by a vendor",
            "s3 :Get",
        ),
        (
            statement("'Effect':'Allow','Action':[],'Resource':'*'"),
            "must contain actions",
            "[]",
        ),
        (
            statement("'Effect':'Allow','Action':'s3:*','Resource':[]"),
            "must contain resources",
            "[]",
        ),
        (
            statement("'Effect':'Allow','Action':'s3:*','Resource':['*','bucket/*']"),
            "in ARN format",
            "bucket/*",
        ),
        (
            statement("'Effect':'Allow','Action':'s3:*','Resource':['arn:aws:s3:::b','arn:aws:s3::b']"),
            "six fields",
            "arn:aws:s3::b",
        ),
        (
            statement("'Effect':'Allow','Action':'s3:*','NotAction':'s3:Get*','Resource':'*'"),
            "either Action or NotAction",
            "NotAction",
        ),
        (
            statement("'Effect':'Allow','Action':'s3:*','NotResource':'a*','Resource':'*'"),
            "either Resource or NotResource",
            "NotResource",
        ),
        (with("'Condition':[]"), "Condition must be a JSON object", "[]"),
        (
            condition("'StringEqual':{'aws:username':'x'}"),
            "invalid condition type",
            "StringEqual",
        ),
        (
            condition("'NullIfExists':{'aws:username':'true'}"),
            "invalid condition type",
            "NullIfExists",
        ),
        (
            condition("'ForAllValues:Null':{'aws:TagKeys':'true'}"),
            "invalid condition type",
            "ForAllValues:Null",
        ),
        (condition("'StringEquals':'x'"), "object of keys and values", "x"),
        (
            condition("'StringEquals':{'username':'x'}"),
            "prefaced by a vendor",
            "username",
        ),
        (condition("'StringEquals':{'aws:username':{}}"), "must be strings", "{}"),
        (
            condition("'StringEquals':{'aws:username':'x','aws:userName':'y'}"),
            "different capitalization",
            "aws:userName",
        ),
        (
            condition("'Bool':{'aws:SecureTransport':['true','false']}"),
            "one value",
            "['true','false']",
        ),
        (
            condition("'Bool':{'aws:SecureTransport':'yes'}"),
            "no truth value",
            "yes",
        ),
        (condition("'Null':{'aws:TagKeys':'1'}"), "no truth value", "1"),
        (
            condition("'NumericLessThan':{'s3:max-keys':['10','ten']}"),
            "no number",
            "ten",
        ),
        (
            condition("'DateLessThan':{'aws:CurrentTime':'tomorrow'}"),
            "no date",
            "tomorrow",
        ),
        (
            condition("'IpAddress':{'aws:SourceIp':['10.0.0.0/8','10.0.0.0/40']}"),
            "no IP address",
            "10.0.0.0/40",
        ),
    ];
    for (text, headline, at) in identity {
        points(PolicyKind::Identity, &text, headline, at);
    }
    let trust = |parts: &str| statement(&format!("'Effect':'Allow','Action':'sts:AssumeRole',{parts}"));
    let named = [
        (
            trust("'Principal':'ec2.amazonaws.com'"),
            "invalid principal in policy",
            "ec2.amazonaws.com",
        ),
        (trust("'Principal':{'Aws':'*'}"), "invalid principal type", "Aws"),
        (
            trust("'Principal':{'AWS':['1','arn:aws:iam::1:role/*']}"),
            "has a wildcard",
            "arn:aws:iam::1:role/*",
        ),
        (trust("'Principal':{'Service':'*'}"), "has a wildcard", "*"),
        (trust("'Principal':{'AWS':7}"), "Principal must be a string", "7"),
        (
            trust("'Principal':'*','NotPrincipal':{'AWS':'1'}"),
            "either Principal or NotPrincipal",
            "NotPrincipal",
        ),
        (
            trust("'Principal':'*','Resource':'*'"),
            "prohibited field Resource",
            "'Resource':'*'",
        ),
        (
            statement("'Effect':'Allow','Action':['sts:*','ec2:*'],'Principal':{'AWS':'1'}"),
            "only specify STS",
            "ec2:*",
        ),
        (
            trust("'Sid':'a'"),
            "missing required field Principal",
            "{'Effect':'Allow','Action':'sts:AssumeRole','Sid':'a'}",
        ),
    ];
    for (text, headline, at) in named {
        points(PolicyKind::Trust, &text, headline, at);
    }
}

/// The policy of a repository of ECR
/// [names no resource](https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html).
#[test]
fn the_policy_of_a_resource_may_name_none() {
    let text = "{'Version':'2012-10-17','Statement':{'Effect':'Deny','Principal':'*','Action':'ecr:BatchGetImage'}}";
    let (policy, said) = headlines(PolicyKind::Resource, text);
    assert_eq!(said, Vec::<String>::new());
    assert!(policy.open.is_empty() && policy.statements[0].resources.is_none());
    let (_, said) = headlines(PolicyKind::Identity, &text.replace("'Principal':'*',", ""));
    assert_eq!(said, ["policy statement must contain resources"]);
}
