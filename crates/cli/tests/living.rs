//! `rolecall.toml`, baselines, and what is told of what is accepted.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails here fails the test"
)]

mod support;

use serde_json::Value;
use support::{Folder, Run, run};

const ADMIN: &str = r#"
resource "aws_iam_user" "deployer" {
  name = "deployer"
}
resource "aws_iam_user_policy" "deployer" {
  user   = aws_iam_user.deployer.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = ["ec2:RunInstances", "iam:PassRole"], Resource = "*" },
  ] })
}
resource "aws_iam_role" "admin" {
  name               = "admin"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" },
  ] })
}
resource "aws_iam_role_policy_attachment" "admin" {
  role       = aws_iam_role.admin.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
resource "aws_iam_instance_profile" "admin" {
  name = "admin"
  role = aws_iam_role.admin.name
}
"#;

const ACCEPT: &str = "[[accept]]\nprincipal = \"aws_iam_user.*\"\nrole = \"aws_iam_role.admin\"\nreason = \"sandbox\"\nowner = \"us\"\nuntil = \"2027-01-31\"\n";

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout()).unwrap()
}

/// Open and accepted findings, and the codes of what could not be analysed or is not needed.
fn told(folder: &Folder, args: &[&str]) -> (u64, u64, Vec<String>) {
    let today: &[&str] = if args.contains(&"--today") {
        &[]
    } else {
        &["--today", "2026-06-01"]
    };
    let scan = run(&folder.0, &[&["scan", "--format", "json"], today, args].concat());
    let json = json(&scan);
    let count = |name: &str| json["summary"][name].as_u64().unwrap();
    let errors = json["coverage"]["errors"].as_array().unwrap();
    let codes = errors.iter().map(|e| e["code"].as_str().unwrap().to_owned());
    (count("findings"), count("suppressed"), codes.collect())
}

#[test]
fn pairs_are_accepted_until_a_day() {
    let folder = Folder::new();
    folder.file("main.tf", ADMIN);
    let all = told(&folder, &[]).0;
    assert!(all > 0);
    folder.file("rolecall.toml", ACCEPT);
    assert_eq!(told(&folder, &[]), (0, all, vec![]));
    assert_eq!(told(&folder, &["--no-config"]), (all, 0, vec![]));
    let later = told(&folder, &["--today", "2027-02-01"]);
    assert_eq!(later, (all, 0, vec!["accept-expired".to_owned()]));
    folder.file("rolecall.toml", ACCEPT.replace("aws_iam_user.*", "aws_iam_group.*"));
    assert_eq!(told(&folder, &[]), (all, 0, vec!["accept-unused".to_owned()]));
    let text = run(&folder.0, &["--today", "2026-06-01"]).stdout();
    assert!(
        text.contains("rolecall.toml:1:1"),
        "the place of what is not needed is told: {text}"
    );

    folder.file("rolecall.toml", ACCEPT);
    let shown = run(&folder.0, &["--show-suppressed", "--today", "2026-06-01"]);
    assert_eq!(shown.code(), 0);
    for part in ["accept at rolecall.toml:1:1: sandbox", "owner us", "until 2027-01-31"] {
        assert!(shown.stdout().contains(part), "{part}: {}", shown.stdout());
    }
    let sarif = run(&folder.0, &["--format", "sarif", "--today", "2026-06-01"]).stdout();
    assert!(sarif.contains("\"justification\": \"sandbox\""), "{sarif}");
}

#[test]
fn the_configuration_says_what_is_told_and_what_fails() {
    let folder = Folder::new();
    folder.file("main.tf", ADMIN);
    folder.file("examples/main.tf", ADMIN);
    let all = told(&folder, &[]).0;
    folder.file("rolecall.toml", "exclude = [\"examples/\"]\n");
    assert_eq!(told(&folder, &[]).0 * 2, all);
    folder.file("rolecall.toml", "fail-on = \"never\"\n");
    assert_eq!(run(&folder.0, &[]).code(), 0);
    assert_eq!(run(&folder.0, &["--fail-on", "low"]).code(), 1, "the command line wins");
    folder.file("rolecall.toml", "disable = [\"launch-over-privileged-role\"]\n");
    let launches = |args: &[&str]| {
        run(&folder.0, args)
            .stdout()
            .contains("\"launch-over-privileged-role\"")
    };
    assert!(!launches(&["--format", "json"]) && launches(&["--format", "json", "--no-config"]));
    folder.file("rolecall.toml", "[severity]\nlaunch-over-privileged-role = \"low\"\n");
    assert!(
        !run(&folder.0, &["--format", "json"])
            .stdout()
            .contains("\"severity\": \"critical\"")
    );
    folder.file("other/rolecall.toml", "fail-on = \"never\"\n");
    assert_eq!(run(&folder.0, &["--config", "other/rolecall.toml"]).code(), 0);

    folder.file("rolecall.toml", "account = \"123456789012\"\nacount = 1\n");
    for args in [&["scan"][..], &["config", "check"]] {
        let wrong = run(&folder.0, args);
        assert_eq!(wrong.code(), 2);
        assert!(
            wrong.stderr().contains("rolecall.toml:2:1") && wrong.stderr().contains("acount"),
            "{}",
            wrong.stderr()
        );
    }
}

#[test]
fn a_baseline_hides_what_was_there_and_tells_what_is_gone() {
    let folder = Folder::new();
    folder.file("main.tf", ADMIN);
    let all = told(&folder, &[]).0;
    let write = run(&folder.0, &["baseline", "write", "base.json"]);
    assert_eq!(write.code(), 0, "{}", write.stderr());
    assert_eq!(told(&folder, &["--baseline", "base.json"]), (0, all, vec![]));
    // Lines move, the module is another: it is the same.
    folder.file("main.tf", "module \"all\" {\n  source = \"./all\"\n}\n");
    folder.file("all/main.tf", format!("\n\n# moved\n{ADMIN}"));
    assert_eq!(told(&folder, &["--baseline", "base.json"]), (0, all, vec![]));
    // One more role is new.
    let more = ADMIN
        .replace("\"admin\"", "\"second\"")
        .replace("role.admin", "role.second");
    let more = more
        .get(more.find("resource \"aws_iam_role\"").unwrap()..)
        .unwrap()
        .to_owned();
    folder.file("all/more.tf", more);
    let (open, accepted, _) = told(&folder, &["--baseline", "base.json"]);
    assert!(open > 0 && accepted == all, "{open} {accepted}");
    // Nothing is left.
    folder.file("all/main.tf", "locals {}\n");
    folder.file("all/more.tf", "");
    folder.file("user.tf", "resource \"aws_iam_user\" \"u\" { name = \"u\" }\n");
    let text = run(&folder.0, &["--baseline", "base.json"]).stdout();
    assert!(text.contains("has a finding that is gone"), "{text}");
    folder.file("base.json", "{}");
    assert_eq!(run(&folder.0, &["--baseline", "base.json"]).code(), 2);
}
