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
