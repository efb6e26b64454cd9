//! Techniques of `rolecall.toml`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set its scene has failed"
)]

mod support;

use support::{Folder, run};

const TECHNIQUE: &str = r#"
[[technique]]
id = "glue-run-blueprint"
rule = "pass-role-to-service"
does = "run a Glue blueprint"
pass = { to = ["glue.amazonaws.com"] }
needs = [
  { action = "glue:CreateBlueprint", on = ["blueprint"] },
  { action = "glue:StartBlueprintRun", on = ["blueprint"] },
]
assumes = ["the blueprint starts a job of its own"]
"#;

const TERRAFORM: &str = r#"
resource "aws_iam_role" "strong" {
  name = "strong"
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "glue.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "strong" {
  role       = aws_iam_role.strong.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_user_policy" "ada" {
  name = "ada"
  user = aws_iam_user.ada.name
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = ["glue:CreateBlueprint", "glue:StartBlueprintRun", "iam:PassRole"], Resource = "*" }]
  })
}

resource "aws_iam_user" "ada" {
  name = "ada"
}

# Without glue:StartBlueprintRun.
resource "aws_iam_user_policy" "ben" {
  name = "ben"
  user = aws_iam_user.ben.name
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = ["glue:CreateBlueprint", "iam:PassRole"], Resource = "*" }]
  })
}

resource "aws_iam_user" "ben" {
  name = "ben"
}
"#;

const CLOUDFORMATION: &str = r#"
Resources:
  Strong:
    Type: AWS::IAM::Role
    Properties:
      RoleName: strong
      AssumeRolePolicyDocument:
        Statement: [{ Effect: Allow, Action: "sts:AssumeRole", Principal: { Service: glue.amazonaws.com } }]
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"]
  Ada:
    Type: AWS::IAM::User
    Properties:
      UserName: ada
      Policies:
        - PolicyName: ada
          PolicyDocument:
            Statement: [{ Effect: Allow, Action: ["glue:CreateBlueprint", "glue:StartBlueprintRun", "iam:PassRole"], Resource: "*" }]
  Ben:
    Type: AWS::IAM::User
    Properties:
      UserName: ben
      Policies:
        - PolicyName: ben
          PolicyDocument:
            Statement: [{ Effect: Allow, Action: ["glue:CreateBlueprint", "iam:PassRole"], Resource: "*" }]
"#;

fn folder(configuration: (&str, &str), toml: &str) -> Folder {
    let folder = Folder::new();
    folder.file(configuration.0, configuration.1);
    folder.file("rolecall.toml", toml);
    folder
}

/// `principal technique role`, finding by finding.
fn told(folder: &Folder) -> Vec<String> {
    let output = run(&folder.0, &["scan", "--format", "json", "--fail-on", "never", "."]);
    let report: serde_json::Value = serde_json::from_str(&output.stdout()).unwrap();
    let word = |f: &serde_json::Value, a: &str, b: &str| f[a][b].as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|f| {
            let hop = f["hops"][0]["technique"].as_str().unwrap();
            format!("{} {hop} {}", word(f, "principal", "name"), word(f, "role", "name"))
        })
        .collect()
}

#[test]
fn they_are_decided_like_those_of_the_catalogue() {
    for configuration in [("main.tf", TERRAFORM), ("template.yaml", CLOUDFORMATION)] {
        assert_eq!(
            told(&folder(configuration, TECHNIQUE)),
            ["ada glue-run-blueprint strong"],
            "{}",
            configuration.0
        );
        assert!(told(&folder(configuration, "")).is_empty());
        let disabled = format!("disable = [\"glue-run-blueprint\"]\n{TECHNIQUE}");
        assert!(told(&folder(configuration, &disabled)).is_empty());
    }
}

#[test]
fn they_are_listed_and_explained() {
    let folder = folder(("main.tf", TERRAFORM), TECHNIQUE);
    let out = |args: &[&str]| run(&folder.0, args).stdout();
    let list = out(&["rules"]);
    assert!(
        list.contains("Techniques of rolecall.toml\n  glue-run-blueprint"),
        "{list}"
    );
    assert!(!out(&["rules", "--no-config"]).contains("glue-run-blueprint"));
    let page = out(&["explain", "glue-run-blueprint"]);
    for part in [
        "To run a Glue blueprint, a principal needs:",
        "`glue:StartBlueprintRun` on blueprint",
        "the blueprint starts a job of its own",
    ] {
        assert!(page.contains(part), "{page}");
    }
}

#[test]
fn what_is_wrong_with_one_is_told_with_its_place() {
    for (from, to, told) in [
        ("glue:CreateBlueprint", "glue:MakeBlueprint", ":8:14"),
        (
            "glue:CreateBlueprint",
            "glue:MakeBlueprint",
            "AWS publishes no action `glue:MakeBlueprint`",
        ),
        (
            "\"blueprint\"",
            "\"job\"",
            "glue:CreateBlueprint is not decided on `job`",
        ),
        (
            "glue.amazonaws.com",
            "glue.example.com",
            "no service principal `glue.example.com` is known",
        ),
        (
            "glue-run-blueprint",
            "ec2-run-instances",
            "the id `ec2-run-instances` is taken",
        ),
        ("glue-run-blueprint", "Glue", "small letters"),
        (
            "run a Glue",
            "run {compute} a Glue",
            "`{compute}` stands for nothing here",
        ),
        ("assumes", "asumes", "unknown field `asumes`"),
        ("pass-role-to-service", "pass-role", "unknown variant `pass-role`"),
        ("pass = { to = [\"glue.amazonaws.com\"] }", "", "who is acted as"),
    ] {
        let folder = folder(("main.tf", TERRAFORM), &TECHNIQUE.replacen(from, to, 1));
        let output = run(&folder.0, &["config", "check"]);
        assert_ne!(output.code(), 0, "{to}");
        let error = output.stderr();
        assert!(error.contains(told) && error.contains("rolecall.toml"), "{to}: {error}");
    }
    let twice = folder(("main.tf", TERRAFORM), &format!("{TECHNIQUE}{TECHNIQUE}"));
    let error = run(&twice.0, &["scan", "."]).stderr();
    assert!(error.contains("the id `glue-run-blueprint` is taken"), "{error}");
}
