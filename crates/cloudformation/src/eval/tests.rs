use std::collections::BTreeMap;

use rolecall_source::{Kind, Sources, Value, json};

use crate::stack::{Place, Shared, Stack};
use crate::template;
use crate::world::World;

/// The value of `Out` in a template, printed: JSON, with `name{state: …}` for choices.
fn out(text: &str) -> String {
    out_with(text, &[])
}

fn out_with(text: &str, parameters: &[(&str, &str)]) -> String {
    let text = format!(
        "{text}\nResources: {{R: {{Type: 'AWS::IAM::Role', Properties: {{Path: /p/}}}}, B: {{Type: 'AWS::S3::Bucket'}}}}\n"
    );
    let sources = Sources::in_memory(&[("t.yaml", &text)]);
    let (template, diagnostics) = template::read(&sources, sources.find("t.yaml").unwrap());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let given: BTreeMap<String, Value> = parameters
        .iter()
        .map(|(k, v)| ((*k).to_owned(), Value::string(v, rolecall_source::Span::NOWHERE)))
        .collect();
    let world = World::new(&sources, vec![template.unwrap()], given);
    let shared = Shared::new(&world);
    let stack = Stack::new(&shared, &world.templates[0], Place::root("t.yaml"), &world.given);
    print(&stack.eval(world.templates[0].root.get("Out").unwrap()))
}

fn print(value: &Value) -> String {
    match &value.kind {
        Kind::Choice(choice) => {
            let options: Vec<String> = choice
                .options
                .iter()
                .map(|(s, v)| format!("{s}: {}", print(v)))
                .collect();
            format!("{}{{{}}}", choice.on.name, options.join(", "))
        }
        Kind::List(list) => {
            let items: Vec<String> = list.items.iter().map(print).collect();
            format!("[{}]", items.join(","))
        }
        _ => json::write(value).to_string(),
    }
}

#[test]
fn the_rows_of_the_intrinsic_table() {
    // Sub, with a map, and with a literal.
    assert_eq!(out("Parameters: {E: {Default: dev}}\nOut: !Sub 'a-${E}'"), "\"a-dev\"");
    assert_eq!(out("Out: !Sub ['a-${x}-${y}', {x: 1, y: !Sub 'z'}]"), "\"a-1-z\"");
    assert_eq!(out("Out: !Sub '${!aws:username}/x'"), "\"${aws:username}/x\"");
    // FindInMap, with a default.
    let map = "Mappings: {M: {a: {k: v}}}\n";
    assert_eq!(out(&format!("{map}Out: !FindInMap [M, a, k]")), "\"v\"");
    assert_eq!(
        out(&format!("{map}Out: !FindInMap [M, b, k, {{DefaultValue: d}}]")),
        "\"d\""
    );
    // Select of a Split, with a computed index.
    assert_eq!(out("Out: !Select [1, !Split [',', 'a,b,c']]"), "\"b\"");
    assert_eq!(
        out("Parameters: {I: {Type: Number, Default: 2}}\nOut: !Select [!Ref I, [a, b, c]]"),
        "\"c\""
    );
    // If, and conditions inside And and Or.
    let conditions = "Parameters: {E: {Default: dev}}\nConditions:\n  Dev: !Equals [!Ref E, dev]\n  Prod: !Equals [!Ref E, prod]\n  Both: !And [!Condition Dev, !Not [!Condition Prod]]\n  Any: !Or [!Condition Prod, {Condition: Dev}]\n";
    assert_eq!(
        out(&format!(
            "{conditions}Out: [!If [Dev, 1, 2], !If [Both, 1, 2], !If [Any, 1, 2]]"
        )),
        "[1,1,1]"
    );
    // Join on a CommaDelimitedList, and without NoValue.
    let list = "Parameters: {L: {Type: CommaDelimitedList, Default: 'a, b'}}\n";
    assert_eq!(out(&format!("{list}Out: !Join ['-', !Ref L]")), "\"a-b\"");
    assert_eq!(out("Out: !Join ['-', [a, !Ref 'AWS::NoValue', b]]"), "\"a-b\"");
    // Length and ToJsonString.
    assert_eq!(out(&format!("{list}Out: {{'Fn::Length': !Ref L}}")), "2");
    assert_eq!(out("Out: {'Fn::ToJsonString': {a: [1, x]}}"), r#""{\"a\":[1,\"x\"]}""#);
    // ForEach.
    assert_eq!(
        out("Out: {'Fn::ForEach::X': [x, [a, b.c], {'k&{x}': '${x}'}]}"),
        r#"{"ka":"a","kbc":"b.c"}"#
    );
    assert_eq!(out("Out: {'Fn::Base64': hello}"), "\"aGVsbG8=\"");
    assert_eq!(
        out("Out: {'Fn::Cidr': [10.0.0.0/24, 2, 5]}"),
        "[\"10.0.0.0/27\",\"10.0.0.32/27\"]"
    );
}

#[test]
fn what_nobody_knows_is_a_symbol() {
    assert_eq!(
        out("Out: !Sub 'arn:aws:iam::${AWS::AccountId}:role/x'"),
        "\"arn:aws:iam::⟨account⟩:role/x\""
    );
    assert_eq!(out("Parameters: {P: {Type: String}}\nOut: !Sub 'a${P}'"), "\"a⟨P⟩\"");
    assert_eq!(out("Out: !GetAtt R.Arn"), "\"arn:aws:iam::⟨account⟩:role/p/⟨R.name⟩\"");
    assert_eq!(out("Out: !Sub '${B.Arn}/*'"), "\"arn:aws:s3:::⟨B.name⟩/*\"");
    assert_eq!(out("Out: !ImportValue x"), "⟨import x⟩");
    assert_eq!(out("Out: 'x{{resolve:ssm:/a}}y'"), "\"x⟨resolve:ssm:/a⟩y\"");
    assert_eq!(
        out("Parameters: {L: {Type: CommaDelimitedList}}\nOut: !Join [',', !Ref L]"),
        "\"⟨L.join⟩\""
    );
}

#[test]
fn a_condition_nobody_decides_leaves_both_worlds() {
    let head = "Parameters: {E: {Type: String}, S: {Type: String, AllowedValues: [a, b]}}\nConditions:\n  Prod: !Equals [!Ref E, prod]\n  NotProd: !Not [!Condition Prod]\n";
    let out = |o: &str| out(&format!("{head}Out: {o}"));
    assert_eq!(out("!If [Prod, 1, 2]"), "condition Prod{true: 1, false: 2}");
    assert_eq!(out("!If [NotProd, 1, 2]"), "condition Prod{true: 2, false: 1}");
    assert_eq!(
        out("!If [Prod, !If [NotProd, 1, 2], 3]"),
        "condition Prod{true: 2, false: 3}"
    );
    assert_eq!(out("!Sub 'x-${S}'"), "S{a: \"x-a\", b: \"x-b\"}");
    assert_eq!(
        out("!Join ['', [!Ref S, !If [Prod, p, !Ref 'AWS::NoValue']]]"),
        "S{a: condition Prod{true: \"ap\", false: \"a\"}, b: condition Prod{true: \"bp\", false: \"b\"}}"
    );
    assert_eq!(
        out("[x, !If [Prod, y, !Ref 'AWS::NoValue']]"),
        "[\"x\",condition Prod{true: \"y\", false: null}]"
    );
}

#[test]
fn a_given_parameter_wins() {
    let t = "Parameters: {E: {Type: String, Default: dev}}\nOut: !Ref E";
    assert_eq!(out_with(t, &[("E", "prod")]), "\"prod\"");
}

#[test]
fn circles_end() {
    assert_eq!(
        out("Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}\nOut: !If [A, 1, 2]"),
        "condition A{true: 1, false: 2}"
    );
}

#[test]
fn text_keeps_its_place_through_sub() {
    let text = "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      Path: !Sub '/a/${AWS::Region}/'\n";
    let sources = Sources::in_memory(&[("t.yaml", text)]);
    let (template, _) = template::read(&sources, sources.find("t.yaml").unwrap());
    let world = World::new(&sources, vec![template.unwrap()], BTreeMap::new());
    let shared = Shared::new(&world);
    let stack = Stack::new(&shared, &world.templates[0], Place::root("t.yaml"), &world.given);
    let path = stack.path_text("R", &stack.resources["R"]);
    let at = |range: std::ops::Range<usize>| {
        let span = path.span_of(range);
        text.get(span.start as usize..span.end as usize).unwrap()
    };
    assert_eq!(at(0..3), "/a/");
    assert_eq!(at(3..6), "${AWS::Region}");
}
