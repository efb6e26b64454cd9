//! `rolecall explain --value`: what a value is, and the places it went through.

mod support;

use serde_json::Value;
use support::{Folder, run};

const MAIN: &str = r#"variable "env" {
  type = string
}
module "team" {
  source   = "./team"
  for_each = toset(["eu"])
  policy   = jsonencode({ Statement = [{ Effect = "Allow", Action = local.launch, Resource = "arn:aws:iam::*:role/${var.env}" }] })
}
resource "aws_iam_user_policy" "file" {
  name   = "file"
  user   = "ci"
  policy = templatefile("policy.tftpl", { action = local.launch[0] })
}
resource "aws_iam_user_policy" "document" {
  name   = "document"
  user   = "ci"
  policy = data.aws_iam_policy_document.all.json
}
data "aws_iam_policy_document" "all" {
  source_policy_documents = [local.base]
  statement {
    actions   = local.launch
    resources = ["*"]
  }
}
"#;
const LOCALS: &str =
    "locals {\n  launch = [\"ec2:RunInstances\"]\n  base   = <<-EOT\n    {\"Statement\": []}\n  EOT\n}\n";
const TEAM: &str = "variable \"policy\" {}\nresource \"aws_iam_user_policy\" \"this\" {\n  name   = \"x\"\n  user   = \"ci\"\n  policy = var.policy\n}\noutput \"policy\" {\n  value = aws_iam_user_policy.this.policy\n}\n";

fn example() -> Folder {
    let folder = Folder::new();
    folder.file("main.tf", MAIN);
    folder.file("locals.tf", LOCALS);
    folder.file("team/main.tf", TEAM);
    folder.file("policy.tftpl", "{\"Statement\": [{\"Action\": \"${action}\"}]}\n");
    folder
}

fn explained(folder: &Folder, address: &str) -> String {
    let told = run(&folder.0, &["explain", "--value", address]);
    assert_eq!(told.code(), 0, "{}", told.stderr());
    told.stdout()
}

#[test]
fn an_argument_of_a_module_that_is_encoded_from_a_local() {
    assert_eq!(
        explained(&example(), "module.team[\"eu\"].aws_iam_user_policy.this.policy"),
        r#"module.team["eu"].aws_iam_user_policy.this.policy in configuration .
  = {"Statement":[{"Action":["ec2:RunInstances"],"Effect":"Allow","Resource":"arn:aws:iam::*:role/⟨var.env⟩"}]}
  ⟨var.env⟩ has no default
through
  module.team["eu"].aws_iam_user_policy.this.policy at team/main.tf:5:12
    | policy = var.policy
    module.team["eu"].var.policy at team/main.tf:1:1
      | variable "policy" {}
      argument `policy` of module.team["eu"] at main.tf:7:14
        | policy   = jsonencode({ Statement = [{ Effect = "Allow", Action = local.launch, Resource = "arn:aws:iam::*:role/${var.env}" }] })
        local.launch at locals.tf:2:12
          | launch = ["ec2:RunInstances"]
        var.env at main.tf:1:1
          | variable "env" {
"#
    );
}

#[test]
fn a_template_a_heredoc_and_a_document() {
    let folder = example();
    let file = explained(&folder, "aws_iam_user_policy.file.policy");
    assert!(file.contains("ec2:RunInstances"), "{file}");
    assert!(
        file.contains("    the file policy.tftpl at policy.tftpl:1:1\n"),
        "{file}"
    );
    assert!(file.contains("    local.launch at locals.tf:2:12\n"), "{file}");
    let document = explained(&folder, "aws_iam_user_policy.document.policy");
    assert!(
        document.contains("  data.aws_iam_policy_document.all.json at main.tf:19:1\n"),
        "{document}"
    );
    assert!(document.contains("local.base at locals.tf:3:12\n"), "{document}");
    assert!(document.contains("local.launch at locals.tf:2:12\n"), "{document}");
    let output = explained(&folder, "module.team[\"eu\"].policy");
    assert!(
        output.contains("module.team[\"eu\"].output.policy at team/main.tf:8:11\n"),
        "{output}"
    );
    assert!(
        output.contains("argument `policy` of module.team[\"eu\"] at main.tf:7:14\n"),
        "{output}"
    );
    let base = explained(&folder, "local.base");
    assert!(base.contains("{\"Statement\": []}"), "{base}");
}

#[test]
fn json_has_the_places() {
    let told = run(
        &example().0,
        &[
            "explain",
            "--value",
            "module.team[\"eu\"].var.policy",
            "--format",
            "json",
        ],
    );
    let document: Value = serde_json::from_str(&told.stdout()).unwrap();
    let value = document.pointer("/values/0").unwrap();
    assert_eq!(value.pointer("/known"), Some(&Value::Bool(false)));
    assert_eq!(
        value.pointer("/unknown/0/name").and_then(Value::as_str),
        Some("var.env")
    );
    assert_eq!(
        value.pointer("/through/1/location/path").and_then(Value::as_str),
        Some("main.tf")
    );
    assert_eq!(
        value.pointer("/through/1/location/start/line").and_then(Value::as_u64),
        Some(7)
    );
}

#[test]
fn a_variable_that_is_set_is_known() {
    let folder = example();
    let told = run(&folder.0, &["explain", "--value", "var.env", "--var", "env=prod"]);
    assert!(told.stdout().contains("  = \"prod\"\n"), "{}", told.stdout());
    folder.file("terraform.tfvars", "env = \"file\"\n");
    let told = explained(&folder, "var.env");
    assert!(
        told.contains("  = \"file\"\n") && told.contains("`env` in a variable file at terraform.tfvars:1:7\n"),
        "{told}"
    );
}

#[test]
fn what_is_not_there_is_told() {
    let folder = example();
    for (args, told) in [
        (
            &["--value", "local.missing"][..],
            "rolecall: cannot explain `local.missing`: no configuration has it\n",
        ),
        (&["--value", "1 +"], "rolecall: cannot explain `1 +`: "),
        (
            &[],
            "rolecall: say what to explain: the id of a rule or technique, or --value ADDRESS\n",
        ),
        (
            &["no-such-rule"],
            "rolecall: there is no rule or technique `no-such-rule`; `rolecall rules` lists them\n",
        ),
    ] {
        let ended = run(&folder.0, &[&["explain"], args].concat());
        assert_eq!(ended.code(), 2, "{args:?}");
        assert!(ended.stderr().starts_with(told), "{args:?}: {}", ended.stderr());
    }
}
