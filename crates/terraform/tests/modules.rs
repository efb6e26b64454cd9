//! Modules, workspaces and variables as a repository has them, and blocks that state no facts.

use rolecall_facts::{Configuration, Output, PolicyRef};
use rolecall_source::{Kind, MemoryLoader, Sources, Value};
use rolecall_terraform::{Options, analyze};

fn sources(files: &[(&str, &str)]) -> Sources {
    let own = |(path, text): &(&str, &str)| ((*path).to_owned(), text.as_bytes().to_vec());
    let paths = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    Sources::new(paths, Box::new(MemoryLoader(files.iter().map(own).collect())))
}

fn read(files: &[(&str, &str)], options: &Options) -> Output {
    let output = analyze(&sources(files), options);
    assert!(output.diagnostics.is_empty(), "{:?}", output.diagnostics);
    output
}

fn addresses(c: &Configuration) -> Vec<&str> {
    c.principals.iter().map(|p| &*p.origin.address).collect()
}

fn names(output: &Output) -> Vec<String> {
    let all = output.configurations.iter().flat_map(|c| &c.principals);
    all.map(|p| p.name.to_string()).collect()
}

const USER: &str = "resource \"aws_iam_user\" \"u\" {\n  name = \"u\"\n}\n";

#[test]
fn vendored_modules_are_found_at_every_level_and_what_is_absent_is_told_with_the_command() {
    let manifest = r#"{"Modules": [
        {"Key": "", "Source": "", "Dir": "."},
        {"Key": "a", "Source": "registry.terraform.io/example/a/aws", "Version": "1.2.3", "Dir": ".terraform/modules/a"},
        {"Key": "a.inner", "Source": "registry.terraform.io/example/inner/aws", "Version": "2.0.0", "Dir": ".terraform/modules/a.inner/modules/deep"},
        {"Key": "a.sub", "Source": "./modules/sub", "Dir": ".terraform/modules/a/modules/sub"}
    ]}"#;
    let files = [
        (
            "infra/main.tf",
            "module \"a\" {\n  source  = \"example/a/aws\"\n  version = \"~> 1.2\"\n}\n",
        ),
        ("infra/.terraform/modules/modules.json", manifest),
        (
            "infra/.terraform/modules/a/main.tf",
            "module \"inner\" {\n  source = \"example/inner/aws//modules/deep\"\n}\nmodule \"sub\" {\n  source = \"./modules/sub\"\n}\nmodule \"gone\" {\n  source = \"git::https://example.com/gone.git?ref=v1\"\n}\n",
        ),
        ("infra/.terraform/modules/a/modules/sub/main.tf", USER),
        ("infra/.terraform/modules/a.inner/modules/deep/main.tf", USER),
    ];
    let output = read(&files, &Options::default());
    assert_eq!(output.configurations.len(), 1);
    let c = &output.configurations[0];
    assert_eq!(
        addresses(c),
        [
            "module.a.module.inner.aws_iam_user.u",
            "module.a.module.sub.aws_iam_user.u"
        ]
    );
    let [gone] = output.unresolved.as_slice() else {
        panic!("{:?}", output.unresolved)
    };
    assert_eq!(&*gone.address, "module.a.module.gone");
    assert_eq!(&*gone.source, "git::https://example.com/gone.git?ref=v1");
    assert_eq!(gone.help.as_deref(), Some("terraform -chdir=infra get"));
}

#[test]
fn a_module_that_no_caller_enables_is_also_read_on_its_own() {
    let files = [
        (
            "main.tf",
            "module \"m\" {\n  source = \"./m\"\n  count  = 0\n}\nresource \"aws_iam_user\" \"r\" {\n  name = \"r\"\n}\n",
        ),
        ("m/main.tf", USER),
    ];
    let output = read(&files, &Options::default());
    let of: Vec<(&str, Vec<&str>)> = output.configurations.iter().map(|c| (&*c.id, addresses(c))).collect();
    assert_eq!(of, [(".", vec!["aws_iam_user.r"]), ("m", vec!["aws_iam_user.u"])]);
}

#[test]
fn provider_aliases_and_assumed_roles_are_accounts_of_their_own() {
    let files = [
        (
            "main.tf",
            "provider \"aws\" {}\nprovider \"aws\" {\n  alias = \"b\"\n  assume_role {\n    role_arn = \"arn:aws:iam::111122223333:role/x\"\n  }\n}\nmodule \"m\" {\n  source    = \"./m\"\n  providers = { aws = aws.b, aws.other = aws }\n}\n",
        ),
        (
            "m/main.tf",
            "terraform {\n  required_providers {\n    aws = {\n      source                = \"hashicorp/aws\"\n      configuration_aliases = [aws.other]\n    }\n  }\n}\nresource \"aws_iam_user\" \"here\" {\n  name = \"here\"\n}\nresource \"aws_iam_user\" \"there\" {\n  provider = aws.other\n  name     = \"there\"\n}\nmodule \"inner\" {\n  source = \"./inner\"\n}\n",
        ),
        ("m/inner/main.tf", USER),
    ];
    let output = read(&files, &Options::default());
    let c = &output.configurations[0];
    let account = |address: &str| {
        let p = c.principals.iter().find(|p| &*p.origin.address == address).unwrap();
        c.scopes[p.scope.0 as usize].account.to_string()
    };
    assert_eq!(account("module.m.aws_iam_user.here"), "111122223333");
    assert_eq!(account("module.m.module.inner.aws_iam_user.u"), "111122223333");
    assert_eq!(account("module.m.aws_iam_user.there"), "⟨account⟩");
}

#[test]
fn the_workspace_and_the_environment_are_said_by_options() {
    let main = "variable \"a\" {\n  default = \"default\"\n}\nvariable \"b\" {\n  default = \"default\"\n}\nvariable \"c\" {\n  default = \"default\"\n}\nvariable \"d\" {\n  type    = list(string)\n  default = []\n}\nresource \"aws_iam_user\" \"u\" {\n  name = \"${terraform.workspace}-${var.a}-${var.b}-${var.c}-${join(\"+\", var.d)}\"\n}\n";
    let files = [("main.tf", main), ("terraform.tfvars", "b = \"file\"\nc = \"file\"\n")];
    let pair = |n: &str, v: &str| (n.to_owned(), v.to_owned());
    let options = Options {
        workspace: Some("blue".into()),
        environment: vec![
            pair("a", "env"),
            pair("b", "env"),
            pair("c", "env"),
            pair("d", "[\"x\", \"y\"]"),
        ],
        vars: vec![pair("c", "var")],
        ..Options::default()
    };
    assert_eq!(names(&read(&files, &options)), ["blue-env-file-var-x+y"]);
    let plain = read(&files, &Options::default());
    assert_eq!(names(&plain), ["⟨terraform.workspace⟩-default-file-file-"]);
}

/// [Files for OpenTofu](https://opentofu.org/docs/language/files/): `x.tofu` is read instead of `x.tf`.
#[test]
fn files_for_opentofu_replace_those_of_the_same_name() {
    let user = |name: &str| format!("resource \"aws_iam_user\" \"{name}\" {{\n  name = \"{name}\"\n}}\n");
    let json = |name: &str| format!("{{\"resource\": {{\"aws_iam_user\": {{\"{name}\": {{\"name\": \"{name}\"}}}}}}}}");
    let (a, b, c, d, e) = (user("a"), user("b"), user("c"), json("d"), json("e"));
    let files = [
        ("one.tf", &*a),
        ("one.tofu", &b),
        ("two.tf", &c),
        ("three.tf.json", &d),
        ("three.tofu.json", &e),
    ];
    assert_eq!(names(&read(&files, &Options::default())), ["b", "c", "e"]);
}

#[test]
fn blocks_that_state_no_facts_are_let_pass() {
    let main = r#"
terraform {
  required_version = ">= 1.10"
}
import {
  for_each = toset(["a"])
  to       = aws_iam_user.u[each.key]
  id       = each.key
}
moved {
  from = aws_iam_user.old
  to   = aws_iam_user.u["a"]
}
removed {
  from = aws_iam_user.gone
  lifecycle {
    destroy = false
  }
}
check "health" {
  data "aws_iam_role" "seen" {
    name = "seen"
  }
  assert {
    condition     = data.aws_iam_role.seen.arn != ""
    error_message = "gone"
  }
}
ephemeral "aws_secretsmanager_secret_version" "s" {
  secret_id = "s"
}
variable "token" {
  type      = string
  ephemeral = true
  default   = null
  validation {
    condition     = var.token == null || length(var.token) > 3
    error_message = "short"
  }
}
resource "terraform_data" "name" {
  input            = "made"
  triggers_replace = [ephemeral.aws_secretsmanager_secret_version.s.secret_string]
}
resource "aws_iam_user" "u" {
  for_each = toset(["a"])
  name     = "${terraform_data.name.output}-${each.key}"
  lifecycle {
    precondition {
      condition     = true
      error_message = "never"
    }
  }
}
"#;
    assert_eq!(names(&read(&[("main.tf", main)], &Options::default())), ["made-a"]);
}

/// [Functions of the AWS provider](https://registry.terraform.io/providers/hashicorp/aws/latest/docs/functions/arn_build).
#[test]
fn the_functions_of_the_provider_keep_what_is_not_known() {
    let main = r#"
data "aws_caller_identity" "me" {}
resource "aws_iam_role" "r" {
  name               = "r"
  path               = "/team/"
  assume_role_policy = "{\"Statement\": []}"
}
locals {
  parsed = provider::aws::arn_parse(aws_iam_role.r.arn)
  built  = provider::aws::arn_build("aws", "iam", "", local.parsed.account_id, "user/x")
  short  = provider::aws::trim_iam_role_path(aws_iam_role.r.arn)
}
resource "aws_iam_user" "u" {
  name = replace(replace("${local.parsed.resource}_${local.built}_${local.short}", ":", "."), "/", ".")
}
"#;
    let output = read(&[("main.tf", main)], &Options::default());
    let user = names(&output).into_iter().find(|n| n.contains("user")).unwrap();
    assert_eq!(
        user,
        "role.team.r_arn.aws.iam..⟨account⟩.user.x_arn.aws.iam..⟨account⟩.role.r"
    );
}

/// A part of a document that has no value leaves the others known.
#[test]
fn a_part_without_a_value_is_not_known_and_the_rest_is() {
    let text = r#"
variable "none" { default = null }
resource "aws_iam_user_policy" "p" {
  user = "u"
  policy = jsonencode({
    Statement = [
      { Effect = "Allow", Action = "s3:*", Resource = "arn:aws:s3:::${var.none}" },
      { Effect = "Allow", Action = "ec2:*", Resource = try(["a${var.none}"], "*") },
    ]
  })
}
"#;
    let output = analyze(&sources(&[("main.tf", text)]), &Options::default());
    let told: Vec<&str> = output.diagnostics.iter().map(|d| &*d.headline).collect();
    assert_eq!(told, ["this is null and cannot be part of a text"]);
    let PolicyRef::Inline { body, .. } = &output.configurations[0].attachments[0].policy else {
        panic!("inline")
    };
    let Kind::Encoded(document) = &body.kind else {
        panic!("{body:?}")
    };
    let statements = document.value.get("Statement").unwrap().as_list().unwrap();
    let resource = |at: usize| statements.items[at].get("Resource").unwrap();
    assert!(resource(0).as_unknown().is_some());
    assert_eq!(statements.items[0].get("Action").unwrap().as_str(), Some("s3:*"));
    assert_eq!(resource(1).as_str(), Some("*"));
}

/// The data sources of providers that do what functions do.
#[test]
fn template_files_are_rendered_and_local_files_read() {
    let main = r#"
data "template_file" "policy" {
  template = file("${path.module}/policy.json.tpl")
  vars = {
    bucket = "logs"
  }
}
data "template_file" "inline" {
  template = "u-$${name}"
  vars     = { name = "a" }
}
data "local_file" "trust" {
  filename = "${path.module}/trust.json"
}
resource "aws_iam_user_policy" "p" {
  user   = data.template_file.inline.rendered
  policy = data.template_file.policy.rendered
}
resource "aws_iam_role" "r" {
  name               = "r"
  assume_role_policy = data.local_file.trust.content
}
"#;
    let policy = r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${bucket}/*"}}"#;
    let trust = r#"{"Statement": []}"#;
    let files = [("main.tf", main), ("policy.json.tpl", policy), ("trust.json", trust)];
    let c = &read(&files, &Options::default()).configurations[0];
    assert_eq!(c.attachments[0].to.by.to_string(), "u-a");
    let PolicyRef::Inline { body, .. } = &c.attachments[0].policy else {
        panic!("inline")
    };
    let text = body.to_text().unwrap();
    assert_eq!(text.as_str(), Some(&*policy.replace("${bucket}", "logs")));
    let role = c.principals.iter().find(|p| p.origin.address.contains("role")).unwrap();
    assert_eq!(role.trust.as_ref().and_then(Value::as_str), Some(trust));
}

#[test]
fn syntax_errors_are_told_wherever_they_stand() {
    let text = "resource \"aws_route53_zone\" \"z\" {\n  name = = 1\n}\nlocals {\n  a = 1\n}\n";
    let found = rolecall_terraform::syntax_errors(&sources(&[("main.tf", text), ("good.tf", USER)]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(&*found[0].code, "terraform-syntax");
    // Nothing asks for what a zone says.
    assert!(read(&[("main.tf", text)], &Options::default()).diagnostics.is_empty());
}

/// What a resource says counts where it is there: `join("", x[*].y)` under the condition that makes both is `x`'s.
#[test]
fn arguments_are_those_of_the_place_where_the_resource_exists() {
    let module = r#"
variable "enabled" { type = bool }
data "aws_iam_policy_document" "d" {
  count = var.enabled ? 1 : 0
  statement {
    actions   = ["s3:*"]
    resources = ["*"]
  }
}
resource "aws_iam_user_policy" "p" {
  count  = var.enabled ? 1 : 0
  user   = "u"
  policy = join("", data.aws_iam_policy_document.d.*.json)
}
"#;
    let call = "variable \"on\" { type = bool }\nmodule \"m\" {\n  source  = \"./m\"\n  count   = var.on ? 1 : 0\n  enabled = var.on\n}\n";
    for files in [&[("main.tf", module)][..], &[("main.tf", call), ("m/main.tf", module)]] {
        let output = read(files, &Options::default());
        let attachments: Vec<_> = output.configurations.iter().flat_map(|c| &c.attachments).collect();
        for attachment in attachments {
            let PolicyRef::Inline { body, .. } = &attachment.policy else {
                panic!("inline")
            };
            let text = body.to_text().unwrap();
            assert!(text.as_str().is_some_and(|t| t.contains("s3:*")), "{text}");
        }
    }
}
