//! What small configurations state, from their files to the facts.

use rolecall_facts::{Configuration, PolicyRef};
use rolecall_source::{Kind, MemoryLoader, Sources, Value, json};
use rolecall_terraform::{Options, analyze};

fn sources(text: &str) -> Sources {
    let path = "main.tf".to_owned();
    let files = [(path.clone(), text.as_bytes().to_vec())];
    Sources::new(vec![path], Box::new(MemoryLoader(files.into_iter().collect())))
}

fn configuration(sources: &Sources) -> Configuration {
    let mut output = analyze(sources, &Options::default());
    assert!(output.diagnostics.is_empty(), "{:?}", output.diagnostics);
    assert_eq!(output.configurations.len(), 1);
    output.configurations.remove(0)
}

fn inline(c: &Configuration, whom: &str) -> Option<Value> {
    let body = c.attachments.iter().find_map(|a| match &a.policy {
        PolicyRef::Inline { body, .. } if a.to.by.to_string() == whom => Some(body.clone()),
        _ => None,
    });
    body.map(|body| match &body.kind {
        Kind::Encoded(e) => e.value.clone(),
        _ => body,
    })
}

#[test]
fn a_policy_document_keeps_the_place_of_every_action() {
    let text = r#"
locals { passed = ["iam:PassRole"] }
data "aws_iam_policy_document" "base" {
  statement {
    sid       = "Pass"
    actions   = local.passed
    resources = [aws_iam_role.app.arn]
  }
}
data "aws_iam_policy_document" "all" {
  source_policy_documents = [data.aws_iam_policy_document.base.json]
  statement {
    actions   = ["ec2:RunInstances"]
    resources = ["*"]
  }
}
resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = jsonencode({})
}
resource "aws_iam_user_policy" "deploy" {
  name   = "deploy"
  user   = aws_iam_user.deployer.name
  policy = data.aws_iam_policy_document.all.json
}
resource "aws_iam_user" "deployer" { name = "deployer" }
"#;
    let sources = sources(text);
    let c = configuration(&sources);
    let document = inline(&c, "deployer").unwrap();
    let statements = document.get("Statement").unwrap().as_list().unwrap();
    assert_eq!(statements.items.len(), 2);
    assert!(statements.open.is_none());
    let action = statements.items[0].get("Action").unwrap();
    let at = text.find("iam:PassRole").unwrap();
    assert_eq!(action.as_str(), Some("iam:PassRole"));
    let Kind::Text(letters) = &action.kind else {
        panic!("text")
    };
    assert_eq!(letters.span().start as usize, at);
    let resource = statements.items[0].get("Resource").unwrap().to_text().unwrap();
    let role = c.principals.iter().find(|p| p.name.to_string() == "app").unwrap();
    assert_eq!(resource, role.arn, "the ARN in the policy is the role's");
}

#[test]
fn an_instance_is_wired_to_its_role_through_template_and_profile() {
    let sources = sources(
        r#"
resource "aws_iam_role" "app" {
  name_prefix        = "app-"
  assume_role_policy = "{}"
}
resource "aws_iam_instance_profile" "app" { role = aws_iam_role.app.name }
resource "aws_launch_template" "app" {
  iam_instance_profile { arn = aws_iam_instance_profile.app.arn }
}
resource "aws_autoscaling_group" "app" {
  min_size = 1
  max_size = 1
  launch_template {
    id      = aws_launch_template.app.id
    version = aws_launch_template.app.latest_version
  }
}
"#,
    );
    let c = configuration(&sources);
    let profile = &c.profiles[0];
    assert_eq!(profile.role.as_ref().unwrap().by, c.principals[0].name);
    let of = |kind: &str| c.compute.iter().find(|x| &*x.kind == kind).unwrap();
    let template = of("ec2:launch-template");
    assert_eq!(template.uses[0].value.to_text().unwrap(), profile.arn);
    let group = of("autoscaling:autoScalingGroup");
    assert!(template.names.contains(&group.links[0].to.to_text().unwrap()));
    assert!(group.links[0].version.as_ref().unwrap().as_unknown().is_some());
}

#[test]
fn unknown_sets_leave_what_is_certain() {
    let sources = sources(
        r#"
variable "more" { type = set(string) }
variable "prod" { type = bool }
resource "aws_iam_role" "r" {
  name               = var.prod ? "prod" : "dev"
  assume_role_policy = "{}"
}
resource "aws_iam_role_policy_attachment" "fixed" {
  for_each   = toset(["arn:aws:iam::aws:policy/ReadOnlyAccess"])
  role       = aws_iam_role.r.name
  policy_arn = each.value
}
resource "aws_iam_role_policy_attachment" "more" {
  for_each   = var.more
  role       = "fixed"
  policy_arn = each.value
}
"#,
    );
    let c = configuration(&sources);
    let names: Vec<String> = c.principals.iter().map(|p| p.name.to_string()).collect();
    assert_eq!(names, ["prod", "dev", "fixed"]);
    let declared: Vec<bool> = c.principals.iter().map(|p| p.declared).collect();
    assert_eq!(declared, [true, true, false]);
    let by = |whom: &str| c.attachments.iter().find(|a| a.to.by.to_string() == whom).unwrap();
    assert_eq!(by("prod").origin.exists[0].clause(), "`var.prod` is true");
    assert_eq!(by("dev").origin.exists[0].clause(), "`var.prod` is false");
    assert!(by("fixed").origin.open);
    let PolicyRef::Managed(policy) = &by("fixed").policy else {
        panic!("managed")
    };
    assert!(policy.as_unknown().is_some() || policy.to_text().is_some_and(|t| !t.is_known()));
}

#[test]
fn the_account_is_one_symbol_everywhere() {
    let sources = sources(
        r#"
data "aws_caller_identity" "me" {}
data "aws_partition" "here" {}
resource "aws_iam_role" "r" {
  name = "r"
  assume_role_policy = jsonencode({
    Statement = [{ Principal = { AWS = "arn:${data.aws_partition.here.partition}:iam::${data.aws_caller_identity.me.account_id}:role/r" } }]
  })
}
"#,
    );
    let c = configuration(&sources);
    let role = &c.principals[0];
    let Some(Kind::Encoded(trust)) = role.trust.as_ref().map(|t| &t.kind) else {
        panic!("encoded")
    };
    let shown = json::write(&trust.value);
    assert!(shown.to_string().contains(&role.arn.to_string()));
    assert!(shown.symbols().eq(role.arn.symbols()));
}
