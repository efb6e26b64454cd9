//! `rolecall policy`.

mod support;

use support::{Folder, rolecall, run};

const ALLOW: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}}"#;

fn line(id: &str, service: &str) -> String {
    format!(
        r#"{{"id":{id},"principal":"arn:aws:iam::123456789012:user/anna","action":"iam:PassRole","resource":"arn:aws:iam::123456789012:role/app","context":{{"iam:PassedToService":"{service}"}},"identity":[{ALLOW}]}}"#
    )
}

#[test]
fn eval_answers_line_by_line_in_order() {
    let folder = Folder::new();
    let lines = format!(
        "{}\n\n{}\nnot json\n{{\"id\":3}}\n",
        line("\"one\"", "ec2.amazonaws.com"),
        line("2", "lambda.amazonaws.com")
    );
    let file = folder.file("requests.jsonl", &lines);
    let expected = "{\"id\":\"one\",\"result\":\"Allowed\"}\n\
                    {\"id\":2,\"result\":\"ImplicitlyDenied\"}\n";
    let told = run(&folder.0, &["policy", "eval", "--jsonl", file.to_str().unwrap()]);
    assert_eq!(told.code(), 0, "{}", told.stderr());
    assert!(told.stdout().starts_with(expected), "{}", told.stdout());
    let rest: Vec<String> = told.stdout().lines().skip(2).map(str::to_owned).collect();
    assert_eq!(rest.len(), 2);
    assert!(rest[0].starts_with("{\"id\":null,\"result\":\"Error\""), "{}", rest[0]);
    assert!(
        rest[1].starts_with("{\"id\":3,\"result\":\"Error\",\"errors\":[\"`principal` must be"),
        "{}",
        rest[1]
    );
    let piped = rolecall(&folder.0, &["policy", "eval", "--jsonl"])
        .write_stdin(lines)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(piped.stdout).unwrap(), told.stdout());
}

#[test]
fn eval_says_what_was_wrong_with_a_policy() {
    let folder = Folder::new();
    let bad = line("1", "ec2.amazonaws.com").replace("\"Effect\":\"Allow\"", "\"Effect\":\"allow\"");
    let file = folder.file("requests.jsonl", &bad);
    let told = run(&folder.0, &["policy", "eval", "--jsonl", file.to_str().unwrap()]);
    assert!(told.stdout().contains("\"notes\":["), "{}", told.stdout());
    assert!(!told.stdout().contains("\"result\":\"Allowed\""), "{}", told.stdout());
}
