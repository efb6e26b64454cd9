//! Pairs of policies that are built to be expensive to compare.

use std::sync::Arc;

use rolecall_iam::{Assumptions, Authority, Caller, Grant, PolicyKind, parse_policy};
use rolecall_source::{FileId, Span, Text, Value, json};

/// A name, and two callers to compare both ways.
pub(crate) type Pair = (&'static str, Authority, Authority);

/// All of them.
pub(crate) fn pairs() -> Vec<Pair> {
    vec![
        overlapping_wildcards(),
        conditions(),
        one_long_pattern(),
        counted_letters(),
        many_denials(),
        variables_of_the_request(),
        variables_of_the_caller(),
        lists_of_what_is_not(),
        many_keys_in_one_block(),
        many_levels(),
    ]
}

fn grant(statements: &[String]) -> Grant {
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    let value = json::read_file(&document, FileId(0)).map_or(Value::null(Span::NOWHERE), |d| d.value);
    let mut diagnostics = Vec::new();
    let policy = parse_policy(&value, PolicyKind::Identity, &mut diagnostics);
    assert_eq!(diagnostics, Vec::new());
    Grant {
        policy: Arc::new(policy),
        id: 0,
        exists: Assumptions::new(),
    }
}

fn authority(statements: &[String]) -> Authority {
    Authority {
        caller: Caller {
            arn: Some(Text::plain("arn:aws:iam::123456789012:role/a")),
            account: Some(Text::plain("123456789012")),
            ..Caller::default()
        },
        identity: vec![grant(statements)],
        ..Authority::default()
    }
}

fn allow(action: &str, resource: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#)
}

fn deny(action: &str, resource: &str) -> String {
    allow(action, resource).replace("Allow", "Deny")
}

fn letters(n: usize) -> String {
    (0..n).map(|i| if i % 3 == 0 { "*a" } else { "*b" }).collect()
}

fn overlapping_wildcards() -> Pair {
    let resource = |i: usize| {
        let (some, more) = (letters(i % 17), letters(i % 13));
        format!("arn:aws:s3:::x{some}*{}?{more}*", "ab".repeat(i % 5))
    };
    let side = |allowed: std::ops::Range<usize>, denied: std::ops::Range<usize>| {
        let allowed = allowed.map(|i| allow("s3:Get*", &resource(i)));
        let all: Vec<String> = allowed.chain(denied.map(|i| deny("s3:GetO*", &resource(i)))).collect();
        authority(&all)
    };
    ("overlapping wildcards", side(0..60, 60..90), side(7..70, 91..120))
}

fn conditions() -> Pair {
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
    let side = |range: std::ops::Range<usize>, denied: usize| {
        let effect = |i: usize| if i % 4 == denied { "Deny" } else { "Allow" };
        let all: Vec<String> = range.map(|i| statement(i, effect(i))).collect();
        authority(&all)
    };
    ("statements with conditions", side(0..24, 0), side(12..36, 1))
}

fn one_long_pattern() -> Pair {
    let one = allow("s3:*", &format!("arn:aws:s3:::{}", letters(2_900)));
    let other = allow("s3:*", &format!("arn:aws:s3:::*b{}", letters(2_900)));
    ("a pattern of 6,000 letters", authority(&[one]), authority(&[other]))
}

/// The complement of `*a` and n letters has 2ⁿ states.
fn counted_letters() -> Pair {
    let counted = |letter: &str, n: usize| format!("arn:aws:s3:::*{letter}{}", "?".repeat(n));
    let many = (8..40).map(|n| allow("s3:*", &counted("a", n)));
    let others = (8..40).map(|n| allow("s3:*", &counted("b", n)));
    let both: Vec<String> = many.chain(others).collect();
    let all = authority(&[allow("s3:*", "arn:aws:s3:::*")]);
    ("letters at a distance from the end", all, authority(&both))
}

/// All but one of 300 denials are the same.
fn many_denials() -> Pair {
    let denied = |i: usize| deny("s3:*", &format!("arn:aws:s3:::*x{i:03}?*y{:03}*", i * 7 % 1_000));
    let everything = || std::iter::once(allow("*", "*"));
    let one: Vec<String> = everything().chain((0..300).filter(|i| *i != 150).map(denied)).collect();
    let other: Vec<String> = everything().chain((0..300).map(denied)).collect();
    ("300 denials", authority(&one), authority(&other))
}

fn variables_of_the_request() -> Pair {
    let side = |from: usize| {
        let all: Vec<String> = (from..from + 40)
            .map(|i| {
                allow(
                    "s3:*",
                    &format!("arn:aws:s3:::b{i}*/${{s3:prefix}}*${{aws:RequestTag/k{i}}}?"),
                )
            })
            .collect();
        authority(&all)
    };
    ("variables of the request", side(0), side(1))
}

fn variables_of_the_caller() -> Pair {
    let side = |from: usize| {
        let all: Vec<String> = (from..from + 80)
            .map(|i| {
                let resource = format!("arn:aws:s3:::${{aws:PrincipalTag/k{i}, 'v{i}'}}-*${{aws:PrincipalArn}}*{i}*");
                if i % 3 == 0 {
                    deny("s3:*", &resource)
                } else {
                    allow("s3:*", &resource)
                }
            })
            .collect();
        authority(&all)
    };
    ("variables of the caller", side(0), side(3))
}

fn lists_of_what_is_not() -> Pair {
    let side = |from: usize| {
        let list: Vec<String> = (from..from + 150)
            .map(|i| format!(r#""arn:aws:s3:::*{}*{i}?*""#, letters(i % 5)))
            .collect();
        let list = list.join(",");
        authority(&[format!(
            r#"{{"Effect":"Allow","NotAction":["iam:*","s3:Put*"],"NotResource":[{list}]}}"#
        )])
    };
    ("NotResource lists of 150 patterns", side(0), side(1))
}

fn many_keys_in_one_block() -> Pair {
    let side = |from: usize| {
        let of = |what: &str| {
            let keys: Vec<String> = (from..from + 40)
                .map(|i| format!(r#""aws:RequestTag/k{i}":["*{i}*","?{i}*a","*b{i}"]"#))
                .collect();
            format!(r#""{what}":{{{}}}"#, keys.join(","))
        };
        let block = [
            of("StringLikeIfExists"),
            of("ForAllValues:StringNotLike"),
            of("ForAnyValue:StringLike"),
        ]
        .join(",");
        authority(&[format!(
            r#"{{"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{{{block}}}}}"#
        )])
    };
    ("120 conditions in one block", side(0), side(2))
}

fn many_levels() -> Pair {
    let side = |from: usize| {
        let level = |n: usize| {
            let statement = |i: usize| allow("s3:*", &format!("arn:aws:s3:::*{}*{i}*", n + i));
            let all: Vec<String> = (from..from + 12).map(statement).collect();
            vec![grant(&all)]
        };
        Authority {
            controls: (0..20).map(level).collect(),
            ..authority(&[allow("*", "*")])
        }
    };
    ("20 levels of control policies", side(0), side(1))
}
