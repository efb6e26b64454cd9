//! Expressions with the answers that terraform 1.11 gave, recorded by `cargo xtask diff-expressions --record`.

use rolecall_source::{Text, json};
use rolecall_terraform::evaluate_expression;

const RECORDED: &str = include_str!("../testdata/expressions.jsonl");

/// What we make of an expression: JSON, or why there is none.
fn ours(expression: &str) -> String {
    match evaluate_expression(&format!("jsonencode({expression})")) {
        Ok(value) => value
            .to_text()
            .and_then(|t| t.as_str().map(str::to_owned))
            .unwrap_or_else(|| "unknown".into()),
        Err(_) => "error".into(),
    }
}

#[test]
fn expressions_give_what_terraform_gives() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in RECORDED.lines() {
        let recorded = json::read_text(&Text::plain(line)).expect("the record is JSON").value;
        let get = |key: &str| recorded.get(key).and_then(|v| v.to_text()).map(|t| t.to_string());
        let expression = get("expression").expect("an expression");
        let theirs = get("json").unwrap_or_else(|| if get("error").is_some() { "error" } else { "unknown" }.into());
        let ours = ours(&expression);
        if ours != theirs {
            wrong.push(format!("{expression}\n    terraform: {theirs}\n    rolecall:  {ours}"));
        }
        count += 1;
    }
    assert!(count > 500, "{count} expressions");
    assert!(
        wrong.is_empty(),
        "{} of {count} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn an_expression_that_is_none_says_so() {
    assert!(evaluate_expression("1 +").is_err());
    assert!(evaluate_expression("").is_err());
    assert!(evaluate_expression("[1, 2").is_err());
}
