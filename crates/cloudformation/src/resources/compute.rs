//! Resources that carry a role or an instance profile, and what launches them.

use std::sync::Arc;

use rolecall_facts::{Compute, Configuration, Link, RoleUse, RoleUseKind};
use rolecall_source::{Kind, Text, Value};

use super::properties::role_properties;
use super::{Item, elements};
use crate::eval::attributes::naming_of;
use crate::eval::choice::choose;

/// Types that are stated even without a role: others refer to them, or they launch what others describe.
const ALWAYS: [(&str, &str); 7] = [
    ("AWS::AutoScaling::AutoScalingGroup", "autoscaling:autoScalingGroup"),
    (
        "AWS::AutoScaling::LaunchConfiguration",
        "autoscaling:launchConfiguration",
    ),
    ("AWS::EC2::EC2Fleet", "ec2:fleet"),
    ("AWS::EC2::Instance", "ec2:instance"),
    ("AWS::EC2::LaunchTemplate", "ec2:launch-template"),
    ("AWS::EC2::SpotFleet", "ec2:spot-fleet-request"),
    ("AWS::ECS::TaskDefinition", "ecs:task-definition"),
];

/// Types that name no role but refer to what does.
const REFERRING: [(&str, &str); 3] = [
    ("AWS::Batch::JobQueue", "batch:job-queue"),
    ("AWS::ECS::TaskSet", "ecs:task-set"),
    ("AWS::SageMaker::Endpoint", "sagemaker:endpoint"),
];

/// Objects that name a launch template by `LaunchTemplateId` or `LaunchTemplateName` (in node groups `Id` or `Name`)
/// and `Version`.
const TEMPLATE_LINKS: [(&str, &str); 9] = [
    ("AWS::AutoScaling::AutoScalingGroup", "LaunchTemplate"),
    (
        "AWS::AutoScaling::AutoScalingGroup",
        "MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification",
    ),
    (
        "AWS::AutoScaling::AutoScalingGroup",
        "MixedInstancesPolicy.LaunchTemplate.Overrides[].LaunchTemplateSpecification",
    ),
    ("AWS::Batch::ComputeEnvironment", "ComputeResources.LaunchTemplate"),
    (
        "AWS::EC2::EC2Fleet",
        "LaunchTemplateConfigs[].LaunchTemplateSpecification",
    ),
    ("AWS::EC2::Instance", "LaunchTemplate"),
    (
        "AWS::EC2::SpotFleet",
        "SpotFleetRequestConfigData.LaunchTemplateConfigs[].LaunchTemplateSpecification",
    ),
    ("AWS::EKS::Nodegroup", "LaunchTemplate"),
    (
        "AWS::ImageBuilder::DistributionConfiguration",
        "Distributions[].LaunchTemplateConfigurations[]",
    ),
];

/// Properties that name another resource.
const NAME_LINKS: [(&str, &str, &str); 9] = [
    (
        "AWS::AutoScaling::AutoScalingGroup",
        "LaunchConfigurationName",
        "autoscaling:launchConfiguration",
    ),
    ("AWS::AutoScaling::AutoScalingGroup", "InstanceId", "ec2:instance"),
    (
        "AWS::Batch::JobQueue",
        "ComputeEnvironmentOrder[].ComputeEnvironment",
        "batch:compute-environment",
    ),
    ("AWS::ECS::Service", "TaskDefinition", "ecs:task-definition"),
    ("AWS::ECS::TaskSet", "TaskDefinition", "ecs:task-definition"),
    (
        "AWS::Events::Rule",
        "Targets[].EcsParameters.TaskDefinitionArn",
        "ecs:task-definition",
    ),
    (
        "AWS::SageMaker::Endpoint",
        "EndpointConfigName",
        "sagemaker:endpoint-config",
    ),
    (
        "AWS::SageMaker::EndpointConfig",
        "ProductionVariants[].ModelName",
        "sagemaker:model",
    ),
    (
        "AWS::Scheduler::Schedule",
        "Target.EcsParameters.TaskDefinitionArn",
        "ecs:task-definition",
    ),
];

impl Item<'_, '_> {
    pub(super) fn compute(&self, out: &mut Configuration) {
        let of = &*self.resource.kind;
        let mut uses = self.uses(of);
        uses.extend(self.beanstalk(of));
        let links = self.links(of);
        let always = ALWAYS.iter().find(|(t, _)| *t == of).map(|(_, kind)| *kind);
        let referring = || REFERRING.iter().find(|(t, _)| *t == of).map(|(_, kind)| *kind);
        let kind = always
            .or_else(|| role_properties(of).first().map(|r| r.kind))
            .or_else(referring);
        let Some(kind) = kind.or_else(|| {
            of.starts_with("AWS::ElasticBeanstalk::")
                .then_some("elasticbeanstalk:environment")
        }) else {
            return;
        };
        if always.is_none() && uses.is_empty() && links.is_empty() {
            return;
        }
        let (names, arn) = self.names();
        out.compute.push(Compute {
            origin: self.origin.clone(),
            scope: self.stack.place.scope,
            kind: kind.into(),
            arn,
            names,
            uses,
            links,
            tags: self.tags(),
        });
    }

    /// The roles and profiles that properties name.
    fn uses(&self, of: &str) -> Vec<RoleUse> {
        let mut uses = Vec::new();
        for property in role_properties(of) {
            for value in self.at(property.path) {
                uses.push(RoleUse {
                    kind: property.names,
                    value,
                    property: property.path.replace("[]", "").into(),
                });
            }
        }
        uses
    }

    /// Elastic Beanstalk names its
    /// [profile and service role](https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-general.html)
    /// as options.
    fn beanstalk(&self, of: &str) -> Vec<RoleUse> {
        if !matches!(
            of,
            "AWS::ElasticBeanstalk::Environment" | "AWS::ElasticBeanstalk::ConfigurationTemplate"
        ) {
            return Vec::new();
        }
        let mut uses = Vec::new();
        for (_, setting) in self.elements("OptionSettings") {
            let letters = |name: &str| setting.get(name).and_then(Value::as_str);
            let kind = match (letters("Namespace"), letters("OptionName")) {
                (Some("aws:autoscaling:launchconfiguration"), Some("IamInstanceProfile")) => {
                    RoleUseKind::ProfileNameOrArn
                }
                (Some("aws:elasticbeanstalk:environment"), Some("ServiceRole")) => RoleUseKind::RoleNameOrArn,
                _ => continue,
            };
            if let Some(value) = setting.get("Value") {
                uses.push(RoleUse {
                    kind,
                    value: value.clone(),
                    property: "OptionSettings".into(),
                });
            }
        }
        uses
    }

    fn links(&self, of: &str) -> Vec<Link> {
        let mut links = Vec::new();
        for (_, path) in TEMPLATE_LINKS.iter().filter(|(t, _)| *t == of) {
            for object in self.objects(path) {
                let names = ["LaunchTemplateId", "LaunchTemplateName", "Id", "Name"];
                if let Some(to) = names.iter().find_map(|n| object.get(n)) {
                    links.push(Link {
                        kind: "ec2:launch-template".into(),
                        to: to.clone(),
                        version: object.get("Version").cloned(),
                    });
                }
            }
        }
        for (_, path, kind) in NAME_LINKS.iter().filter(|(t, ..)| *t == of) {
            for to in self.at(path) {
                links.push(Link {
                    kind: Arc::from(*kind),
                    to,
                    version: None,
                });
            }
        }
        links
    }

    /// What others call it, and its ARN.
    fn names(&self) -> (Vec<Text>, Option<Text>) {
        let stack = self.stack;
        let mut names = Vec::new();
        if let Some(text) = stack.attribute(self.id, "", self.resource.span).to_text() {
            names.push(text);
        }
        let naming = naming_of(&self.resource.kind);
        if let Some(naming) = naming {
            names.push(stack.name_text(self.id, self.resource, naming));
        }
        if &*self.resource.kind == "AWS::EC2::LaunchTemplate" {
            names.extend(self.text("LaunchTemplateName"));
        }
        let mut distinct: Vec<Text> = Vec::new();
        for name in names {
            if !distinct.contains(&name) {
                distinct.push(name);
            }
        }
        (distinct, naming.and_then(|n| stack.arn_text(self.id, self.resource, n)))
    }

    /// The values at a path of properties: texts, choices and unknowns.
    fn at(&self, path: &str) -> Vec<Value> {
        let (first, rest) = path.split_once('.').map_or((path, ""), |(f, r)| (f, r));
        let (name, each) = first.strip_suffix("[]").map_or((first, false), |n| (n, true));
        let Some(value) = self.get(name) else {
            return Vec::new();
        };
        let mut steps: Vec<&str> = rest.split('.').filter(|s| !s.is_empty()).collect();
        if each {
            steps.insert(0, "[]");
        }
        walk(&value, &steps)
    }

    /// The objects at a path of properties, alternatives one by one.
    fn objects(&self, path: &str) -> Vec<Value> {
        let found = self.at(path).into_iter();
        found.flat_map(|v| elements(&v)).map(|(_, v)| v).collect()
    }
}

/// The values at `steps` below `value`.
fn walk(value: &Value, steps: &[&str]) -> Vec<Value> {
    let Some((step, rest)) = steps.split_first() else {
        return match &value.kind {
            Kind::Null => Vec::new(),
            _ => vec![value.clone()],
        };
    };
    match &value.kind {
        Kind::Choice(choice) => {
            let null = Value::null(value.span);
            let leaf = |v: &Value| walk(v, steps).into_iter().next().unwrap_or_else(|| null.clone());
            let options = choice.options.iter().map(|(s, v)| (Arc::clone(s), leaf(v))).collect();
            let all = choose(choice.on.clone(), options, value.span);
            if all.is_null() { Vec::new() } else { vec![all] }
        }
        Kind::Unknown(symbol) => vec![Value::unknown(
            symbol.part(&format!(".{}", steps.join("."))),
            value.span,
        )],
        Kind::List(list) => {
            let rest = if *step == "[]" { rest } else { steps };
            list.items.iter().flat_map(|v| walk(v, rest)).collect()
        }
        Kind::Map(map) if *step == "*" => map.iter().flat_map(|(_, v)| walk(v, rest)).collect(),
        Kind::Map(map) => match step.strip_suffix("[]") {
            Some(name) => map.get(name).map_or_else(Vec::new, |v| {
                let mut steps = vec!["[]"];
                steps.extend(rest);
                walk(v, &steps)
            }),
            None => map.get(step).map_or_else(Vec::new, |v| walk(v, rest)),
        },
        _ => Vec::new(),
    }
}
