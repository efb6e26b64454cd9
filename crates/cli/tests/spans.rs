//! What a finding underlines is the very text that allows a step, however far it has come.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails here fails the test"
)]

mod support;

use serde_json::Value;
use support::{Folder, run};

/// A role that may do everything, for EC2 to launch with, and a user without permissions.
const COMMON: &str = r#"
resource "aws_iam_role" "admin" {
  name               = "admin"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_iam_role_policy_attachment" "admin" {
  role       = aws_iam_role.admin.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
resource "aws_iam_instance_profile" "admin" {
  name = "admin"
  role = aws_iam_role.admin.name
}
resource "aws_iam_user" "ci" {
  name = "ci"
}
"#;

/// `path: letters` of the place where the only finding says that the role may be passed.
fn underlined(files: &[(&str, &str)]) -> String {
    let folder = Folder::new();
    folder.file("common.tf", COMMON);
    for (path, text) in files {
        folder.file(path, text);
    }
    let scan = run(&folder.0, &["--format", "json"]);
    assert_eq!(scan.code(), 1, "{}", scan.stderr());
    let report: Value = serde_json::from_str(&scan.stdout()).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let launches = |f: &&Value| f["rule"] == "launch-over-privileged-role";
    let launch: Vec<&Value> = findings.iter().filter(launches).collect();
    assert_eq!(launch.len(), 1, "{}", run(&folder.0, &[]).stdout());
    let at = &launch[0]["location"];
    let number = |v: &Value| usize::try_from(v.as_u64().unwrap()).unwrap();
    let path = at["path"].as_str().unwrap();
    let text = std::fs::read_to_string(folder.0.join(path)).unwrap();
    let (start, end) = (&at["start"], &at["end"]);
    assert_eq!(start["line"], end["line"], "{path}: more than one line");
    let line: Vec<char> = text.lines().nth(number(&start["line"]) - 1).unwrap().chars().collect();
    let letters = &line[number(&start["column"]) - 1..number(&end["column"]) - 1];
    format!("{path}: {}", letters.iter().collect::<String>())
}

/// The policy of the user, as `policy` says.
fn user_policy(policy: &str) -> String {
    format!(
        "resource \"aws_iam_user_policy\" \"ci\" {{\n  name   = \"ci\"\n  user   = \"ci\"\n  policy = {policy}\n}}\n"
    )
}

const STATEMENTS: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": ["ec2:RunInstances", "iam:PassRole"], "Resource": "*" }
  ]
}"#;

#[test]
fn a_heredoc_in_a_local_of_another_file() {
    let locals = format!("locals {{\n  launch = <<EOT\n{STATEMENTS}\nEOT\n}}\n");
    let files = [("main.tf", &*user_policy("local.launch")), ("locals.tf", &locals)];
    assert_eq!(underlined(&files), "locals.tf: iam:PassRole");
}

#[test]
fn an_indented_heredoc_with_a_hole_that_another_local_fills() {
    let locals = "locals {\n  launch = <<-EOT\n    {\"Version\": \"2012-10-17\", \"Statement\": [\n      {\"Effect\": \"Allow\", \"Action\": [\"ec2:RunInstances\", \"iam:${local.pass}\"], \"Resource\": \"*\"}\n    ]}\n  EOT\n}\n";
    let pass = "locals {\n  pass = \"PassRole\"\n}\n";
    let files = [
        ("main.tf", &*user_policy("local.launch")),
        ("locals.tf", locals),
        ("pass.tf", pass),
    ];
    assert_eq!(underlined(&files), "locals.tf: iam:");
}

#[test]
fn jsonencode_inside_the_argument_of_a_module() {
    let call = r#"
module "team" {
  source = "./team"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ec2:RunInstances", Resource = "*" },
      { Effect = "Allow", Action = "iam:PassRole", Resource = aws_iam_role.admin.arn },
    ]
  })
}
"#;
    let team = format!(
        "variable \"policy\" {{\n  type = string\n}}\n{}",
        user_policy("var.policy")
    );
    let files = [("main.tf", call), ("team/main.tf", &team)];
    assert_eq!(underlined(&files), "main.tf: iam:PassRole");
}

#[test]
fn statements_given_to_a_module_that_merges_and_encodes_them() {
    let call = r#"
locals {
  launching = { sid = "Launch", actions = ["ec2:RunInstances", "iam:PassRole"] }
}
module "team" {
  source     = "./team"
  statements = { launch = local.launching }
}
"#;
    let team = format!(
        "variable \"statements\" {{\n  type = map(object({{ sid = string, actions = list(string), effect = optional(string, \"Allow\") }}))\n}}\n{}",
        user_policy(
            "jsonencode({ Version = \"2012-10-17\", Statement = [for s in values(var.statements) : { Sid = s.sid, Effect = s.effect, Action = s.actions, Resource = \"*\" }] })"
        )
    );
    let files = [("main.tf", call), ("team/main.tf", &team)];
    assert_eq!(underlined(&files), "main.tf: iam:PassRole");
}

#[test]
fn the_body_of_a_templatefile() {
    let template = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n%{ for r in resources ~}\n    {\"Effect\": \"Allow\", \"Action\": \"iam:PassRole\", \"Resource\": \"${r}\"},\n%{ endfor ~}\n    {\"Effect\": \"Allow\", \"Action\": \"ec2:RunInstances\", \"Resource\": \"*\"}\n  ]\n}\n";
    let policy = "templatefile(\"${path.module}/policy.tftpl\", { resources = [aws_iam_role.admin.arn] })";
    let files = [("main.tf", &*user_policy(policy)), ("policy.tftpl", template)];
    assert_eq!(underlined(&files), "policy.tftpl: iam:PassRole");
}

#[test]
fn a_value_that_a_templatefile_is_given() {
    let template = "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": ${jsonencode(actions)}, \"Resource\": \"*\"}]}";
    let policy = "templatefile(\"policy.tftpl\", { actions = [\"ec2:RunInstances\", \"iam:PassRole\"] })";
    let files = [("main.tf", &*user_policy(policy)), ("policy.tftpl", template)];
    assert_eq!(underlined(&files), "main.tf: iam:PassRole");
}

#[test]
fn a_file_and_a_file_that_is_decoded_and_encoded_again() {
    let files = [
        ("main.tf", &*user_policy("file(\"launch.json\")")),
        ("launch.json", STATEMENTS),
    ];
    assert_eq!(underlined(&files), "launch.json: iam:PassRole");
    let policy = "jsonencode(merge(jsondecode(file(\"launch.json\")), { Id = \"x\" }))";
    let files = [("main.tf", &*user_policy(policy)), ("launch.json", STATEMENTS)];
    assert_eq!(underlined(&files), "launch.json: iam:PassRole");
}

#[test]
fn source_documents_that_are_merged() {
    let base = r#"
data "aws_iam_policy_document" "base" {
  statement {
    sid       = "Pass"
    actions   = ["iam:PassRole"]
    resources = ["*"]
  }
}
output "json" {
  value = data.aws_iam_policy_document.base.json
}
"#;
    let main = format!(
        "module \"base\" {{\n  source = \"./base\"\n}}\ndata \"aws_iam_policy_document\" \"all\" {{\n  source_policy_documents = [module.base.json]\n  statement {{\n    actions   = [\"ec2:RunInstances\"]\n    resources = [\"*\"]\n  }}\n}}\n{}",
        user_policy("data.aws_iam_policy_document.all.json")
    );
    let files = [("main.tf", &*main), ("base/main.tf", base)];
    assert_eq!(underlined(&files), "base/main.tf: iam:PassRole");
}

#[test]
fn a_source_document_in_a_heredoc_and_one_that_overrides() {
    let main = format!(
        "locals {{\n  base = <<EOT\n{}\nEOT\n}}\ndata \"aws_iam_policy_document\" \"all\" {{\n  source_policy_documents   = [local.base]\n  override_policy_documents = [jsonencode({{ Statement = [{{ Sid = \"Pass\", Effect = \"Allow\", Action = \"iam:PassRole\", Resource = \"*\" }}] }})]\n}}\n{}",
        "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"ec2:RunInstances\", \"Resource\": \"*\"}, {\"Sid\": \"Pass\", \"Effect\": \"Deny\", \"Action\": \"iam:PassRole\", \"Resource\": \"*\"}]}",
        user_policy("data.aws_iam_policy_document.all.json")
    );
    assert_eq!(underlined(&[("main.tf", &main)]), "main.tf: iam:PassRole");
    let source = main
        .replace("\"Deny\"", "\"Allow\"")
        .replace("override_policy_documents", "# ");
    assert_eq!(underlined(&[("main.tf", &source)]), "main.tf: iam:PassRole");
}

#[test]
fn a_string_in_terraforms_json_with_its_escapes() {
    let policy = STATEMENTS.replace('\n', " ").replace('"', "\\\"");
    let json = format!(
        "{{\"resource\": {{\"aws_iam_user_policy\": {{\"ci\": {{\"name\": \"ci\", \"user\": \"ci\", \"policy\": \"{policy}\"}}}}}}}}"
    );
    assert_eq!(underlined(&[("main.tf.json", &json)]), "main.tf.json: iam:PassRole");
}

#[test]
fn a_choice_a_lookup_and_a_list_that_is_put_together() {
    let locals = "variable \"prod\" {\n  default = true\n}\nlocals {\n  by_team = {\n    ci = concat([\"ec2:RunInstances\"], var.prod ? [\"iam:PassRole\"] : [])\n  }\n}\n";
    let policy = "jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = distinct(compact(flatten([lookup(local.by_team, \"ci\", [])]))), Resource = \"*\" }] })";
    let files = [("main.tf", &*user_policy(policy)), ("locals.tf", locals)];
    assert_eq!(underlined(&files), "locals.tf: iam:PassRole");
}

#[test]
fn a_dynamic_statement_and_a_managed_policy_in_a_module() {
    let team = r#"
variable "allow" {
  type = map(list(string))
}
data "aws_iam_policy_document" "this" {
  dynamic "statement" {
    for_each = var.allow
    content {
      actions   = statement.value
      resources = ["*"]
    }
  }
}
resource "aws_iam_policy" "this" {
  name   = "team"
  policy = data.aws_iam_policy_document.this.json
}
resource "aws_iam_user_policy_attachment" "this" {
  user       = "ci"
  policy_arn = aws_iam_policy.this.arn
}
"#;
    let call = "module \"team\" {\n  source = \"./team\"\n  allow  = yamldecode(file(\"allow.yaml\"))\n}\n";
    let allow = "compute:\n  - ec2:RunInstances\nroles:\n  - iam:PassRole\n";
    let files = [("main.tf", call), ("team/main.tf", team), ("allow.yaml", allow)];
    assert_eq!(underlined(&files), "allow.yaml: iam:PassRole");
}
