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
fn can_names_the_statements_that_decide() {
    let folder = Folder::new();
    folder.file("allow.json", ALLOW);
    folder.file(
        "deny.json",
        "{\"Statement\":[\n  {\"Effect\":\"Deny\",\"Action\":\"iam:*\",\"Resource\":\"*\"}\n]}",
    );
    let role = "arn:aws:iam::123456789012:role/app";
    let ask = ["policy", "can", "iam:PassRole", role, "--policy", "allow.json"];
    let service = ["--context", "IAM:PassedToService=ec2.amazonaws.com"];
    let told = run(&folder.0, &[&ask[..], &service].concat());
    assert_eq!(
        told.stdout(),
        format!("allowed: iam:PassRole on {role}\n  allow.json:1:37: Allow, statement 1\n")
    );
    assert_eq!(told.code(), 0);
    let told = run(&folder.0, &ask);
    assert_eq!(
        told.stdout(),
        format!("denied: nothing allows it: iam:PassRole on {role}\n")
    );
    assert_eq!(told.code(), 1);
    let told = run(&folder.0, &[&ask[..], &service, &["--policy", "deny.json"]].concat());
    assert_eq!(
        told.stdout(),
        format!("denied by a statement: iam:PassRole on {role}\n  deny.json:2:3: Deny, statement 1\n")
    );
    assert_eq!(
        run(&folder.0, &[&ask[..], &["--boundary", "none.json"]].concat()).code(),
        2
    );
    folder.file("broken.json", "{");
    assert_eq!(
        run(&folder.0, &[&ask[..], &["--scp", "broken.json"]].concat()).code(),
        2
    );
}

#[test]
fn diff_fails_when_the_new_policy_allows_more() {
    let folder = Folder::new();
    let policy = |action: &str, resource: &str| {
        format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":{{\"Effect\":\"Allow\",\"Action\":\"{action}\",\"Resource\":\"{resource}\"}}}}"
        )
    };
    folder.file("old.json", policy("sqs:SendMessage", "arn:aws:sqs:*:*:jobs"));
    folder.file("new.json", policy("sqs:SendMessage", "arn:aws:sqs:*:*:jobs*"));
    let wider = run(&folder.0, &["policy", "diff", "old.json", "new.json"]);
    assert_eq!(wider.code(), 1, "{}", wider.stderr());
    let text = wider.stdout();
    assert!(
        text.starts_with("wider: the new policy allows more\n\ngained:\n  sqs: 1 action (Write): sqs:SendMessage\n"),
        "{text}"
    );
    assert!(
        text.contains("for example: sqs:SendMessage on arn:aws:sqs:us-east-1:"),
        "{text}"
    );
    let narrower = run(
        &folder.0,
        &["policy", "diff", "new.json", "old.json", "--format", "json"],
    );
    assert_eq!(narrower.code(), 0);
    let told: serde_json::Value = serde_json::from_str(&narrower.stdout()).unwrap();
    assert_eq!(
        (&told["relation"], &told["gained"]["answer"]),
        (&"narrower".into(), &"no".into())
    );
    assert_eq!(told["lost"]["witness"]["action"], "sqs:SendMessage");
    let equal = run(&folder.0, &["policy", "diff", "old.json", "old.json"]);
    assert_eq!(
        (equal.code(), equal.stdout().as_str()),
        (0, "equal: both allow the same\n")
    );
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
