//! What belongs together: compute and what it launches, in both languages and across configurations.

use rolecall_graph::Graph;
use rolecall_source::Sources;

/// The graph of files, both frontends at work.
fn graph(files: &[(&str, &str)]) -> Graph {
    let sources = Sources::in_memory(files);
    let outputs = [
        rolecall_terraform::analyze(&sources, &rolecall_terraform::Options::default()),
        rolecall_cloudformation::analyze(&sources, &rolecall_cloudformation::Options::default()),
    ];
    let configurations = outputs.into_iter().flat_map(|o| o.configurations).collect();
    rolecall_graph::link(configurations, &rolecall_graph::Options::default(), &mut Vec::new())
}

const MODULE: &str = r#"
resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = jsonencode({ Statement = [] })
}
resource "aws_iam_instance_profile" "app" {
  name = "app"
  role = aws_iam_role.app.name
}
resource "aws_launch_template" "web" {
  name = "web"
  iam_instance_profile { arn = aws_iam_instance_profile.app.arn }
}
output "id" { value = aws_launch_template.web.id }
output "latest" { value = aws_launch_template.web.latest_version }
output "role" { value = aws_iam_role.app.arn }
"#;

const ROOT: &str = r#"
module "web" { source = "./web" }
resource "aws_autoscaling_group" "pinned" {
  name = "pinned"
  launch_template {
    id      = module.web.id
    version = module.web.latest
  }
}
resource "aws_autoscaling_group" "live" {
  name = "live"
  mixed_instances_policy {
    launch_template {
      launch_template_specification {
        launch_template_id = module.web.id
        version            = "$Latest"
      }
    }
  }
}
resource "aws_ecs_task_definition" "job" {
  family                = "job"
  task_role_arn         = module.web.role
  container_definitions = "[]"
}
resource "aws_ecs_task_set" "job" {
  task_definition = aws_ecs_task_definition.job.arn
}
"#;

const TEMPLATE: &str = "
Resources:
  App:
    Type: AWS::IAM::Role
    Properties: {RoleName: app, AssumeRolePolicyDocument: {Statement: []}}
  Profile:
    Type: AWS::IAM::InstanceProfile
    Properties: {InstanceProfileName: app, Roles: [!Ref App]}
  Web:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateName: web
      LaunchTemplateData: {IamInstanceProfile: {Arn: !GetAtt Profile.Arn}}
  Pinned:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      AutoScalingGroupName: pinned
      LaunchTemplate: {LaunchTemplateId: !Ref Web, Version: !GetAtt Web.LatestVersionNumber}
  Live:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      AutoScalingGroupName: live
      MixedInstancesPolicy:
        LaunchTemplate:
          LaunchTemplateSpecification: {LaunchTemplateName: web, Version: $Latest}
  Job:
    Type: AWS::ECS::TaskDefinition
    Properties: {Family: job, TaskRoleArn: !GetAtt App.Arn}
  JobSet:
    Type: AWS::ECS::TaskSet
    Properties: {TaskDefinition: !Ref Job}
";

#[test]
fn launches_are_linked_alike_in_both_languages_and_through_modules() {
    let terraform = graph(&[("main.tf", ROOT), ("web/main.tf", MODULE)]);
    let template = graph(&[("app.yaml", TEMPLATE)]);
    let lines = |graph: &Graph| -> Vec<String> {
        let dump = rolecall_graph::dump(graph);
        let shown = dump.lines().filter(|l| !l.contains("task-set"));
        shown.map(str::to_owned).collect()
    };
    assert_eq!(
        lines(&terraform),
        [
            "autoscaling:autoScalingGroup live takes ec2:launch-template web, its latest version",
            "autoscaling:autoScalingGroup pinned takes ec2:launch-template web, one version",
            "ec2:launch-template web runs with instance profile app",
            "ecs:task-definition job runs with role app",
            "instance profile app contains role app",
            "role app arn arn:aws:iam::\u{27e8}account\u{27e9}:role/app",
        ]
    );
    assert_eq!(lines(&terraform), lines(&template));
    for graph in [terraform, template] {
        for kind in ["autoscaling:autoScalingGroup", "ecs:task-set"] {
            let at = graph.compute.iter().position(|c| &*c.fact.kind == kind).unwrap();
            let roles = graph.effective_roles(at);
            assert_eq!(roles.len(), 1, "{kind}");
            assert!(roles[0].assumes.is_empty());
            assert_eq!(roles[0].via.len(), 1);
        }
    }
}

/// What two principals being in one account relies on.
fn same(graph: &Graph, a: &str, b: &str) -> Option<Vec<String>> {
    let node = |name: &str| graph.nodes.iter().find(|n| n.fact.name.as_str() == Some(name));
    let assumes = graph.same_account(node(a)?, node(b)?)?;
    Some(assumes.iter().map(ToString::to_string).collect())
}

const USER: &str = r#"
resource "aws_iam_user" "ada" { name = "ada" }
data "aws_iam_role" "app" { name = "app" }
resource "aws_iam_role_policy_attachment" "app" {
  role       = data.aws_iam_role.app.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
"#;

#[test]
fn terraform_and_cloudformation_side_by_side_are_linked() {
    let graph = graph(&[("iam/main.tf", USER), ("app/template.yaml", TEMPLATE)]);
    assert_eq!(graph.nodes.len(), 2);
    let together = "`app/template.yaml` and `iam` deploy to one account";
    assert_eq!(same(&graph, "ada", "app"), Some(vec![together.to_owned()]));
    let app = graph
        .nodes
        .iter()
        .find(|n| n.fact.name.as_str() == Some("app"))
        .unwrap();
    assert_eq!(app.authority.identity.len(), 1);
    assert_eq!(app.authority.identity[0].exists.len(), 1);
}

#[test]
fn environments_made_alike_are_not_linked() {
    let environment = |name: &str| {
        format!(
            "module \"web\" {{ source = \"../../web\" }}\nresource \"aws_iam_user\" \"u\" {{ name = \"{name}\" }}\n"
        )
    };
    let (dev, prod) = (environment("dev"), environment("prod"));
    let files = [
        ("envs/dev/main.tf", dev.as_str()),
        ("envs/prod/main.tf", &prod),
        ("web/main.tf", MODULE),
        ("iam/main.tf", USER),
    ];
    let graph = graph(&files);
    assert_eq!(same(&graph, "dev", "prod"), None);
    // The role that both declare is nobody's: the data source stays what it is.
    assert_eq!(same(&graph, "ada", "dev"), None);
    assert_eq!(graph.nodes.iter().filter(|n| !n.fact.declared).count(), 1);
}

#[test]
fn an_import_is_of_the_same_account() {
    let exporting = format!("{TEMPLATE}Outputs:\n  Role:\n    Value: !Ref Named\n    Export: {{Name: the-role}}\n")
        .replace("  Profile:\n", "  Named:\n    Type: AWS::IAM::Role\n    Properties: {AssumeRolePolicyDocument: {Statement: []}}\n  Profile:\n");
    let importing = "
Resources:
  Ada:
    Type: AWS::IAM::User
    Properties: {UserName: ada}
  Profile:
    Type: AWS::IAM::InstanceProfile
    Properties: {Roles: [!ImportValue the-role]}
";
    let graph = graph(&[("one.yaml", &exporting), ("two.yaml", importing)]);
    let profile = graph.profiles.iter().find(|p| p.configuration == 1).unwrap();
    assert!(profile.role.is_some());
    assert!(profile.exists.is_empty(), "{:?}", profile.exists);
    assert_eq!(same(&graph, "ada", "app"), Some(vec![]));
}

const ORGANIZATION: &str = r#"
resource "aws_organizations_organization" "org" {}
resource "aws_organizations_organizational_unit" "work" {
  name      = "work"
  parent_id = aws_organizations_organization.org.roots[0].id
}
resource "aws_organizations_organizational_unit" "other" {
  name      = "other"
  parent_id = aws_organizations_organization.org.roots[0].id
}
resource "aws_organizations_account" "dev" {
  name      = "dev"
  email     = "dev@example.com"
  parent_id = aws_organizations_organizational_unit.work.id
}
resource "aws_organizations_policy" "deny" {
  name    = "deny"
  content = jsonencode({ Statement = [{ Effect = "Deny", Action = "s3:*", Resource = "*" }] })
}
resource "aws_organizations_policy_attachment" "deny" {
  for_each  = { a = aws_organizations_organizational_unit.work.id, b = aws_organizations_organizational_unit.other.id,
                c = aws_organizations_organization.org.roots[0].id }
  policy_id = aws_organizations_policy.deny.id
  target_id = each.value
}
provider "aws" {
  alias = "dev"
  assume_role { role_arn = "arn:aws:iam::${aws_organizations_account.dev.id}:role/OrganizationAccountAccessRole" }
}
resource "aws_iam_user" "there" {
  provider = aws.dev
  name     = "there"
}
resource "aws_iam_user" "manager" { name = "manager" }
"#;

#[test]
fn control_policies_are_above_the_accounts_that_the_organization_states_below_them() {
    let graph = graph(&[("main.tf", ORGANIZATION)]);
    let controls = |name: &str| {
        let node = graph.nodes.iter().find(|n| n.fact.name.as_str() == Some(name)).unwrap();
        &node.authority.controls
    };
    // The unit it is in and the root, both for certain; the other unit is not above it.
    assert_eq!(controls("there").len(), 2);
    assert!(controls("there").iter().flatten().all(|g| g.exists.is_empty()));
    // Policies never touch the management account.
    assert!(controls("manager").is_empty());
}
