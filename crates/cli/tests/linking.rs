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
