//! Policies built to be expensive: each comparison ends within its budget, whatever the answer.

use std::sync::Arc;

use rolecall_iam::{Answer, Assumptions, Authority, Caller, Engine, Grant, PolicyKind, parse_policy};
use rolecall_source::{FileId, Span, Text, Value, json};

fn authority(statements: &[String]) -> Authority {
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    let value = json::read_file(&document, FileId(0)).map_or(Value::null(Span::NOWHERE), |d| d.value);
    let mut diagnostics = Vec::new();
    let policy = parse_policy(&value, PolicyKind::Identity, &mut diagnostics);
    assert_eq!(diagnostics, Vec::new());
    Authority {
        caller: Caller {
            arn: Some(Text::plain("arn:aws:iam::123456789012:role/a")),
            account: Some(Text::plain("123456789012")),
            ..Caller::default()
        },
        identity: vec![Grant {
            policy: Arc::new(policy),
            id: 0,
            exists: Assumptions::new(),
        }],
        ..Authority::default()
    }
}

/// Compares both ways; what is certain has a witness.
fn compare(a: &Authority, b: &Authority) -> (Answer, Answer) {
    let engine = Engine::new();
    let (one, other) = (engine.gain(a, b), engine.gain(b, a));
    for gain in [&one, &other] {
        assert!(gain.answer != Answer::Yes || gain.witness.is_some());
    }
    (one.answer, other.answer)
}

fn letters(n: usize) -> String {
    (0..n).map(|i| if i % 3 == 0 { "*a" } else { "*b" }).collect()
}

#[test]
fn overlapping_wildcards() {
    let allow = |i: usize| {
        let resource = format!(
            "arn:aws:s3:::x{}*{}?{}*",
            letters(i % 17),
            "ab".repeat(i % 5),
            letters(i % 13)
        );
        format!(r#"{{"Effect":"Allow","Action":"s3:Get*","Resource":"{resource}"}}"#)
    };
    let deny = |i: usize| allow(i).replace("Allow", "Deny").replace("s3:Get*", "s3:GetO*");
    let many: Vec<String> = (0..60).map(allow).chain((60..90).map(deny)).collect();
    let others: Vec<String> = (7..70).map(allow).chain((91..120).map(deny)).collect();
    compare(&authority(&many), &authority(&others));
}

#[test]
fn many_statements_with_conditions() {
    let statement = |i: usize, effect: &str| {
        format!(
            r#"{{"Effect":"{effect}","Action":"ec2:*","Resource":"arn:aws:ec2:*:*:*/*{i}*","Condition":{{
                "StringNotLike":{{"aws:RequestTag/k{}":"*{i}*"}},
                "ForAnyValue:StringLike":{{"aws:TagKeys":["*{}*","?{i}*"]}},
                "NumericLessThan":{{"ec2:Iops":"{i}"}}}}}}"#,
            i % 7,
            i % 11
        )
    };
    let one: Vec<String> = (0..24)
        .map(|i| statement(i, if i % 4 == 0 { "Deny" } else { "Allow" }))
        .collect();
    let other: Vec<String> = (12..36)
        .map(|i| statement(i, if i % 4 == 1 { "Deny" } else { "Allow" }))
        .collect();
    compare(&authority(&one), &authority(&other));
}

#[test]
fn one_pattern_of_six_thousand_letters() {
    let long = format!("arn:aws:s3:::{}", letters(2_900));
    let allow = |r: &str| vec![format!(r#"{{"Effect":"Allow","Action":"s3:*","Resource":"{r}"}}"#)];
    let shifted = format!("arn:aws:s3:::*b{}", letters(2_900));
    compare(&authority(&allow(&long)), &authority(&allow(&shifted)));
}
