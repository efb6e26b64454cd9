//! What launches refers to what is launched: Auto Scaling groups to launch templates, services to task definitions.

use rolecall_facts::Link;
use rolecall_source::{Kind, Value};

use super::super::values::{self, Case, at_path, field};
use crate::instance::Instance;

pub(super) const LAUNCH_TEMPLATE: &str = "ec2:launch-template";
pub(super) const LAUNCH_CONFIGURATION: &str = "autoscaling:launchConfiguration";
pub(super) const TASK_DEFINITION: &str = "ecs:task-definition";
const LONG: &[&str] = &["launch_template_id", "launch_template_name"];
const SHORT: &[&str] = &["id", "name"];

/// A reference to another resource: where the blocks are that hold it, which arguments name it, what it is. The
/// version, if it has one, is the argument `version` of the same block.
struct Reference {
    path: &'static str,
    fields: &'static [&'static str],
    to: &'static str,
}

const fn reference(path: &'static str, fields: &'static [&'static str], to: &'static str) -> Reference {
    Reference { path, fields, to }
}

/// What resources refer to, by kind.
static REFERENCES: &[(&str, &[Reference])] = &[
    (
        "aws_autoscaling_group",
        &[
            reference("", &["launch_configuration"], LAUNCH_CONFIGURATION),
            reference("launch_template", SHORT, LAUNCH_TEMPLATE),
            reference(
                "mixed_instances_policy.launch_template.launch_template_specification",
                LONG,
                LAUNCH_TEMPLATE,
            ),
            reference(
                "mixed_instances_policy.launch_template.override.launch_template_specification",
                LONG,
                LAUNCH_TEMPLATE,
            ),
        ],
    ),
    (
        "aws_batch_compute_environment",
        &[reference("compute_resources.launch_template", LONG, LAUNCH_TEMPLATE)],
    ),
    (
        "aws_batch_job_queue",
        &[
            reference(
                "compute_environment_order",
                &["compute_environment"],
                "batch:compute-environment",
            ),
            reference("", &["compute_environments"], "batch:compute-environment"),
        ],
    ),
    (
        "aws_cloudwatch_event_target",
        &[reference("ecs_target", &["task_definition_arn"], TASK_DEFINITION)],
    ),
    (
        "aws_ec2_fleet",
        &[reference(
            "launch_template_config.launch_template_specification",
            LONG,
            LAUNCH_TEMPLATE,
        )],
    ),
    (
        "aws_ecs_capacity_provider",
        &[reference(
            "auto_scaling_group_provider",
            &["auto_scaling_group_arn"],
            "autoscaling:autoScalingGroup",
        )],
    ),
    (
        "aws_ecs_service",
        &[
            reference("", &["task_definition"], TASK_DEFINITION),
            reference("", &["cluster"], "ecs:cluster"),
            reference(
                "capacity_provider_strategy",
                &["capacity_provider"],
                "ecs:capacity-provider",
            ),
        ],
    ),
    (
        "aws_ecs_task_set",
        &[reference("", &["task_definition"], TASK_DEFINITION)],
    ),
    (
        "aws_eks_fargate_profile",
        &[reference("", &["cluster_name"], "eks:cluster")],
    ),
    (
        "aws_eks_node_group",
        &[
            reference("launch_template", SHORT, LAUNCH_TEMPLATE),
            reference("", &["cluster_name"], "eks:cluster"),
        ],
    ),
    (
        "aws_gamelift_game_server_group",
        &[reference("launch_template", SHORT, LAUNCH_TEMPLATE)],
    ),
    (
        "aws_imagebuilder_image",
        &[reference(
            "",
            &["infrastructure_configuration_arn"],
            "imagebuilder:infrastructureConfiguration",
        )],
    ),
    (
        "aws_imagebuilder_image_pipeline",
        &[reference(
            "",
            &["infrastructure_configuration_arn"],
            "imagebuilder:infrastructureConfiguration",
        )],
    ),
    ("aws_instance", &[reference("launch_template", SHORT, LAUNCH_TEMPLATE)]),
    (
        "aws_sagemaker_endpoint",
        &[reference("", &["endpoint_config_name"], "sagemaker:endpoint-config")],
    ),
    (
        "aws_sagemaker_endpoint_configuration",
        &[reference("production_variants", &["model_name"], "sagemaker:model")],
    ),
    (
        "aws_scheduler_schedule",
        &[reference(
            "target.ecs_parameters",
            &["task_definition_arn"],
            TASK_DEFINITION,
        )],
    ),
    (
        "aws_spot_fleet_request",
        &[reference(
            "launch_template_config.launch_template_specification",
            SHORT,
            LAUNCH_TEMPLATE,
        )],
    ),
    (
        "aws_spot_instance_request",
        &[reference("launch_template", SHORT, LAUNCH_TEMPLATE)],
    ),
    (
        "awscc_autoscaling_auto_scaling_group",
        &[
            reference("", &["launch_configuration_name"], LAUNCH_CONFIGURATION),
            reference("launch_template", LONG, LAUNCH_TEMPLATE),
            reference(
                "mixed_instances_policy.launch_template.launch_template_specification",
                LONG,
                LAUNCH_TEMPLATE,
            ),
        ],
    ),
    (
        "awscc_ec2_ec2_fleet",
        &[reference(
            "launch_template_configs.launch_template_specification",
            LONG,
            LAUNCH_TEMPLATE,
        )],
    ),
    (
        "awscc_ec2_instance",
        &[reference("launch_template", LONG, LAUNCH_TEMPLATE)],
    ),
    (
        "awscc_ecs_service",
        &[reference("", &["task_definition"], TASK_DEFINITION)],
    ),
];

/// What an instance refers to.
pub(super) fn of(instance: &Instance) -> Vec<Link> {
    let found = REFERENCES.binary_search_by(|(kind, _)| (*kind).cmp(&instance.kind));
    let references = found.ok().and_then(|i| REFERENCES.get(i)).map_or(&[][..], |(_, r)| *r);
    let mut out = Vec::new();
    for reference in references {
        let holders = if reference.path.is_empty() {
            vec![Case {
                assumes: Vec::new(),
                value: instance.body.clone(),
            }]
        } else {
            at_path(&instance.body, reference.path)
        };
        for holder in &holders {
            link(&holder.value, reference, &mut out);
        }
    }
    out
}

fn link(block: &Value, reference: &Reference, out: &mut Vec<Link>) {
    if let Kind::Unknown(s) = &block.kind {
        out.push(Link {
            kind: reference.to.into(),
            to: Value::unknown(s.clone(), block.span),
            version: None,
        });
        return;
    }
    for name in reference.fields {
        let Some(value) = field(block, name).filter(|v| v.as_str() != Some("")) else {
            continue;
        };
        let (items, open) = values::elements(value);
        let rest = open.map(|s| Value::unknown(s, value.span));
        let to = match &value.kind {
            Kind::List(_) => items.into_iter().map(|c| c.value).chain(rest).collect(),
            _ => vec![value.clone()],
        };
        out.extend(to.into_iter().map(|to| Link {
            kind: reference.to.into(),
            to,
            version: field(block, "version").cloned(),
        }));
    }
}

/// The kinds that refer to others.
#[cfg(test)]
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    REFERENCES.iter().map(|(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(REFERENCES.is_sorted_by_key(|(kind, _)| *kind));
    }
}
