//! The fewest edits that close what is grave.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails here fails the test"
)]

mod support;

use serde_json::Value;
use support::{Folder, run};

/// Five people of one group launch with two roles; one of them can also take over a function.
const MAIN: &str = r#"
resource "aws_iam_role" "admin" {
  name = "admin"
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = ["ec2.amazonaws.com", "lambda.amazonaws.com"] } }]
  })
}

resource "aws_iam_role_policy_attachment" "admin" {
  role       = aws_iam_role.admin.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_instance_profile" "admin" {
  name = "admin"
  role = aws_iam_role.admin.name
}

resource "aws_iam_group" "team" {
  name = "team"
}

resource "aws_iam_group_policy" "team" {
  name  = "team"
  group = aws_iam_group.team.name
  policy = jsonencode({
    Statement = [
      { Effect = "Allow", Action = ["ec2:RunInstances"], Resource = "*" },
      { Effect = "Allow", Action = ["iam:PassRole"], Resource = "*" },
    ]
  })
}

resource "aws_iam_user" "team" {
  for_each = toset(["ada", "ben", "cleo", "dan"])
  name     = each.key
}

resource "aws_iam_user_group_membership" "team" {
  for_each = aws_iam_user.team
  user     = each.value.name
  groups   = [aws_iam_group.team.name]
}

resource "aws_lambda_function" "jobs" {
  function_name = "jobs"
  role          = aws_iam_role.admin.arn
}

resource "aws_iam_user" "eve" {
  name = "eve"
}

resource "aws_iam_user_policy" "eve" {
  name = "eve"
  user = aws_iam_user.eve.name
  policy = jsonencode({
    Statement = [
      { Effect = "Allow", Action = ["lambda:UpdateFunctionCode", "lambda:InvokeFunction"], Resource = "*" },
      { Effect = "Allow", Action = ["glue:GetJob"], Resource = "*" },
    ]
  })
}
"#;

fn scan(folder: &Folder, more: &[&str]) -> support::Run {
    let args = [&["scan", "--fail-on", "never", "--today", "2026-01-01", "."], more].concat();
    let run = run(&folder.0, &args);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    run
}

fn cut(folder: &Folder) -> Value {
    let report: Value = serde_json::from_str(&scan(folder, &["--format", "json"]).stdout()).unwrap();
    report["cut"].clone()
}

#[test]
fn one_edit_of_a_shared_policy_closes_what_all_its_members_have() {
    let folder = Folder::new();
    folder.file("main.tf", MAIN);
    let cut = cut(&folder);
    assert_eq!(
        (&cut["closes"], &cut["of"], &cut["fewest"]),
        (&5.into(), &5.into(), &true.into()),
        "{cut:#}"
    );
    let edits: Vec<&str> = cut["edits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["summary"].as_str().unwrap())
        .collect();
    assert_eq!(
        edits,
        [
            "let iam:PassRole in inline policy `team` reach only roles that gain nothing",
            "take lambda:UpdateFunctionCode out of inline policy `eve`",
        ]
    );
    assert_eq!(cut["edits"][0]["location"]["start"]["line"], 29);
    let text = scan(&folder, &[]).stdout();
    assert!(
        text.contains("2 changes close 5 of 5 findings of high severity or above"),
        "{text}"
    );
}

/// What the edits say is done by hand, and the scan finds nothing grave any more.
#[test]
fn the_edits_close_what_they_say() {
    let folder = Folder::new();
    let edited = MAIN
        .replace(
            "[\"iam:PassRole\"], Resource = \"*\"",
            "[\"iam:PassRole\"], Resource = \"arn:aws:iam::*:role/none\"",
        )
        .replace("\"lambda:UpdateFunctionCode\"", "\"lambda:GetFunction\"");
    folder.file("main.tf", edited);
    assert_eq!(cut(&folder), Value::Null);
}

/// A second way to the same role needs a second edit: it is found when the first is made.
#[test]
fn another_way_to_the_same_role_is_closed_too() {
    let folder = Folder::new();
    let both = MAIN.replace("[\"glue:GetJob\"]", "[\"iam:PassRole\", \"lambda:CreateFunction\"]");
    folder.file("main.tf", both);
    let cut = cut(&folder);
    assert_eq!(
        (&cut["closes"], &cut["of"], &cut["fewest"]),
        (&6.into(), &6.into(), &true.into()),
        "{cut:#}"
    );
    assert_eq!(cut["edits"].as_array().unwrap().len(), 3, "{cut:#}");
}

#[test]
fn what_is_accepted_is_not_closed() {
    let folder = Folder::new();
    folder.file("main.tf", MAIN);
    folder.file(
        "rolecall.toml",
        "[[accept]]\nprincipal = \"*\"\nrole = \"*\"\nrule = \"*\"\nreason = \"as it is\"\n",
    );
    assert_eq!(cut(&folder), Value::Null);
}
