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

/// A key policy decides whether identity policies count, a bucket policy adds to them, and a session limits them.
#[test]
fn can_takes_sessions_and_policies_on_resources() {
    let folder = Folder::new();
    let statement = |effect: &str, principal: &str| {
        format!("{{\"Statement\":[{{\"Effect\":\"{effect}\",{principal}\"Action\":\"*\",\"Resource\":\"*\"}}]}}")
    };
    folder.file("all.json", statement("Allow", ""));
    folder.file("nothing.json", statement("Deny", ""));
    let aws = |name: &str| format!("\"Principal\":{{\"AWS\":\"{name}\"}},");
    folder.file("root.json", statement("Allow", &aws("123456789012")));
    folder.file(
        "role.json",
        statement("Allow", &aws("arn:aws:iam::123456789012:role/somebody")),
    );
    folder.file(
        "other.json",
        statement("Allow", &aws("arn:aws:iam::123456789012:role/other")),
    );
    let key = "arn:aws:kms:eu-west-1:123456789012:key/1";
    let code = |arguments: &[&str]| {
        let told = run(&folder.0, &[&["policy", "can"], arguments].concat());
        (told.code(), told.stdout())
    };
    let on_key = |rest: &[&str]| code(&[&["kms:Decrypt", key], rest].concat()).0;
    assert_eq!(on_key(&["--policy", "all.json"]), 0);
    assert_eq!(on_key(&["--policy", "all.json", "--resource-policy", "other.json"]), 1);
    assert_eq!(on_key(&["--policy", "all.json", "--resource-policy", "root.json"]), 0);
    assert_eq!(on_key(&["--resource-policy", "root.json"]), 1);
    assert_eq!(on_key(&["--resource-policy", "role.json"]), 0);
    assert_eq!(
        on_key(&["--resource-policy", "role.json", "--session", "nothing.json"]),
        1
    );
    let (_, told) = code(&["s3:GetObject", "arn:aws:s3:::b/k", "--resource-policy", "role.json"]);
    assert_eq!(
        told,
        "allowed: s3:GetObject on arn:aws:s3:::b/k\n  role.json:1:15: Allow, statement 1\n"
    );
    let elsewhere = ["--context", "aws:ResourceAccount=999999999999"];
    let bucket = ["s3:GetObject", "arn:aws:s3:::b/k", "--resource-policy", "role.json"];
    assert_eq!(code(&[&bucket[..], &elsewhere].concat()).0, 1);
    assert_eq!(
        code(&[&bucket[..], &elsewhere, &["--policy", "all.json"]].concat()).0,
        0
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

/// The policy of a resource names its caller also where the context states who that is.
#[test]
fn eval_knows_the_caller_that_the_context_states() {
    let folder = Folder::new();
    let ask = |principal: &str, stated: &str, named: &str| {
        let policy = format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":"{named}"}},"Action":"s3:*","Resource":"*"}}}}"#
        );
        let line = format!(
            r#"{{"id":1,"principal":"{principal}","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","account":"123456789012","context":{{"aws:PrincipalArn":"{stated}","aws:PrincipalAccount":"123456789012"}},"resourcePolicy":{policy}}}"#
        );
        let file = folder.file("requests.jsonl", &line);
        run(&folder.0, &["policy", "eval", "--jsonl", file.to_str().unwrap()]).stdout()
    };
    let (user, role) = (
        "arn:aws:iam::123456789012:user/anna",
        "arn:aws:iam::123456789012:role/app",
    );
    assert!(ask(user, user, user).contains("Allowed"));
    assert!(ask(user, user, role).contains("ImplicitlyDenied"));
    let session = "arn:aws:sts::123456789012:assumed-role/app/work";
    assert!(ask(session, role, role).contains("Allowed"));
    assert!(ask(session, role, user).contains("ImplicitlyDenied"));
}
