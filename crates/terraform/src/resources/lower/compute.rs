//! Resources that run with a role or an instance profile. Which arguments name it is in `roles.txt`, which says where
//! the list comes from.

use std::sync::OnceLock;

use rolecall_facts::{Compute, RoleUse, RoleUseKind};
use rolecall_source::{Kind, Text, Value, json};
use rustc_hash::FxHashMap;

use super::super::values::{self, Case, argument, at_path, field};
use super::super::{attribute, shapes};
use super::context::{Lowering, text};
use super::links;
use super::principals::tag_map;
use crate::instance::{Instance, Mode};

/// Kinds that the table of roles does not hold, since they have no such argument of their own.
const MORE: [(&str, &str); 11] = [
    ("aws_batch_job_definition", "batch:job-definition"),
    ("aws_batch_job_queue", "batch:job-queue"),
    ("aws_datapipeline_pipeline_definition", "datapipeline:pipeline"),
    ("aws_ec2_fleet", "ec2:fleet"),
    ("aws_ecs_task_set", "ecs:task-set"),
    (
        "aws_elastic_beanstalk_configuration_template",
        "elasticbeanstalk:configurationtemplate",
    ),
    ("aws_elastic_beanstalk_environment", "elasticbeanstalk:environment"),
    ("aws_sagemaker_endpoint", "sagemaker:endpoint"),
    ("awscc_autoscaling_auto_scaling_group", "autoscaling:autoScalingGroup"),
    ("awscc_ec2_ec2_fleet", "ec2:fleet"),
    ("awscc_ecs_task_set", "ecs:task-set"),
];

/// Kinds that are facts even without a role: what launches or is launched.
const ALWAYS: [&str; 8] = [
    "autoscaling:autoScalingGroup",
    links::LAUNCH_CONFIGURATION,
    "ec2:fleet",
    "ec2:instance",
    links::LAUNCH_TEMPLATE,
    "ec2:spot-fleet-request",
    "ec2:spot-instances-request",
    links::TASK_DEFINITION,
];

/// Attributes by which others refer to a resource, as far as its kind has them.
const NAMES: [&str; 9] = [
    "id",
    "name",
    "arn",
    "arn_without_revision",
    "family",
    "function_name",
    "launch_template_id",
    "launch_template_name",
    "spot_instance_id",
];

/// Attributes that hold the ARN of a resource itself, as far as its kind has them.
const ARNS: [&str; 11] = [
    "arn",
    "agent_arn",
    "agent_runtime_arn",
    "association_arn",
    "browser_arn",
    "code_interpreter_arn",
    "gateway_arn",
    "pool_arn",
    "request_arn",
    "rule_arn",
    "template_arn",
];

/// The row of a kind: what it is, and its paths as they stand in the table.
fn row(kind: &str) -> Option<(&'static str, &'static str)> {
    static TABLE: OnceLock<FxHashMap<&'static str, (&'static str, &'static str)>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let lines = include_str!("../roles.txt").lines();
        let lines = lines.filter(|l| !l.starts_with(['#', '!']));
        let entry = |line: &'static str| {
            let (kind, rest) = line.split_once(' ')?;
            Some((kind, rest.split_once(' ')?))
        };
        lines
            .filter_map(entry)
            .chain(MORE.iter().map(|(kind, what)| (*kind, (*what, ""))))
            .collect()
    });
    table.get(kind).copied()
}

/// True iff instances of this kind are compute.
pub(super) fn is_listed(kind: &str) -> bool {
    row(kind).is_some()
}

fn how(letters: &str) -> RoleUseKind {
    match letters {
        "ra" => RoleUseKind::RoleArn,
        "rn" => RoleUseKind::RoleName,
        "pa" => RoleUseKind::ProfileArn,
        "pn" => RoleUseKind::ProfileName,
        "p" => RoleUseKind::ProfileNameOrArn,
        _ => RoleUseKind::RoleNameOrArn,
    }
}

/// Lowers a resource that runs with a role, or launches others that do.
pub(super) fn lower(lowering: &mut Lowering<'_>, instance: &Instance) {
    let Some((what, paths)) = row(&instance.kind) else {
        return;
    };
    let mut uses: Vec<RoleUse> = paths
        .split_ascii_whitespace()
        .filter_map(|pair| pair.split_once(':'))
        .flat_map(|(path, letters)| uses_at(&instance.body, path, how(letters)))
        .collect();
    uses.extend(special(instance));
    let links = links::of(instance);
    if uses.is_empty() && links.is_empty() && !ALWAYS.contains(&what) {
        return;
    }
    lowering.configuration.compute.push(Compute {
        origin: instance.origin.clone(),
        scope: instance.scope,
        kind: what.into(),
        arn: arn(instance),
        names: names(instance),
        uses,
        links,
        tags: tags(instance),
    });
}

/// Its tags: an Auto Scaling group has them in `tag` blocks, older ones in a list called `tags`.
fn tags(instance: &Instance) -> Option<Value> {
    let blocks = || argument(instance, "tag").filter(|_| &*instance.kind == "aws_autoscaling_group");
    argument(instance, "tags").or_else(blocks).map(tag_map)
}

/// The roles at a path: one use for every alternative in it that is not null.
fn uses_at(body: &Value, path: &str, kind: RoleUseKind) -> Vec<RoleUse> {
    let (blocks, name) = path.rsplit_once('.').unwrap_or(("", path));
    let holders = if blocks.is_empty() {
        vec![Case {
            assumes: Vec::new(),
            value: body.clone(),
        }]
    } else {
        at_path(body, blocks)
    };
    let one = |value: Value| RoleUse {
        kind,
        value,
        property: path.into(),
    };
    holders
        .iter()
        .flat_map(|holder| in_block(&holder.value, name))
        .filter(|v| v.as_str() != Some(""))
        .map(one)
        .collect()
}

/// The values of one argument: a list's elements, every value of a map for `*`, a single value as it is, a choice
/// included.
fn in_block(block: &Value, name: &str) -> Vec<Value> {
    let value = match (&block.kind, name) {
        (Kind::Map(map), "*") => return map.iter().map(|(_, v)| v.clone()).collect(),
        (Kind::Map(map), _) => match (field(block, name), &map.open) {
            (Some(v), _) => v.clone(),
            (None, Some(s)) if map.get(name).is_none() => Value::unknown(s.part(&format!(".{name}")), block.span),
            (None, _) => return Vec::new(),
        },
        (Kind::Unknown(s), _) => Value::unknown(s.part(&format!(".{name}")), block.span),
        _ => return Vec::new(),
    };
    match &value.kind {
        Kind::List(list) => {
            let rest = list.open.as_ref().map(|s| Value::unknown(s.part("[*]"), value.span));
            list.items.iter().cloned().chain(rest).collect()
        }
        _ => vec![value],
    }
}

/// Its ARN. An argument `arn` is that of another resource.
fn arn(instance: &Instance) -> Option<Text> {
    let computed: Vec<&str> = shapes::computed(Mode::Managed, &instance.kind).collect();
    let name = ARNS.iter().find(|n| computed.contains(n))?;
    Some(text(instance, name))
}

fn names(instance: &Instance) -> Vec<Text> {
    let mut out: Vec<Text> = Vec::new();
    let computed: Vec<&str> = shapes::computed(Mode::Managed, &instance.kind).collect();
    for name in NAMES {
        let written = name != "arn" && argument(instance, name).is_some();
        if !computed.contains(&name) && !written && name != "id" {
            continue;
        }
        for case in values::cases(&attribute(instance, name)) {
            if let Some(text) = case.value.to_text()
                && !text.is_empty()
                && !out.contains(&text)
            {
                out.push(text);
            }
        }
    }
    out
}

/// Roles that stand in no argument of their own.
fn special(instance: &Instance) -> Vec<RoleUse> {
    match &*instance.kind {
        "aws_elastic_beanstalk_configuration_template" | "aws_elastic_beanstalk_environment" => beanstalk(instance),
        "aws_batch_job_definition" => batch_job(instance),
        "aws_datapipeline_pipeline_definition" => pipeline(instance),
        _ => Vec::new(),
    }
}

/// [Option values](https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-general.html) of Elastic
/// Beanstalk that name a role or profile.
fn beanstalk(instance: &Instance) -> Vec<RoleUse> {
    let named = |case: Case| {
        let option = (
            field(&case.value, "namespace").and_then(Value::as_str)?.to_owned(),
            field(&case.value, "name").and_then(Value::as_str)?.to_owned(),
        );
        let kind = match (option.0.as_str(), option.1.as_str()) {
            ("aws:autoscaling:launchconfiguration", "IamInstanceProfile") => RoleUseKind::ProfileNameOrArn,
            ("aws:elasticbeanstalk:environment", "ServiceRole") => RoleUseKind::RoleNameOrArn,
            _ => return None,
        };
        Some(RoleUse {
            kind,
            value: field(&case.value, "value")?.clone(),
            property: format!("setting.{}", option.1).into(),
        })
    };
    at_path(&instance.body, "setting")
        .into_iter()
        .filter_map(named)
        .collect()
}

/// Roles in the JSON documents of a batch job definition.
fn batch_job(instance: &Instance) -> Vec<RoleUse> {
    const DOCUMENTS: [(&str, &str); 3] = [
        ("container_properties", ""),
        ("ecs_properties", "taskProperties."),
        ("node_properties", "nodeRangeProperties.container."),
    ];
    const ROLES: [&str; 2] = ["jobRoleArn", "executionRoleArn"];
    const TASK_ROLES: [&str; 2] = ["taskRoleArn", "executionRoleArn"];
    let mut out = Vec::new();
    for (name, path) in DOCUMENTS {
        let Some(value) = argument(instance, name) else {
            continue;
        };
        for document in values::cases(value) {
            let roles = if name == "ecs_properties" { TASK_ROLES } else { ROLES };
            let Some(body) = decoded(&document.value) else { continue };
            for role in roles {
                let found = uses_at(&body, &format!("{path}{role}"), RoleUseKind::RoleNameOrArn);
                out.extend(found.into_iter().map(|u| RoleUse {
                    property: format!("{name}.{}", u.property).into(),
                    ..u
                }));
            }
        }
    }
    out
}

/// The document in a text, or the unknown itself.
fn decoded(value: &Value) -> Option<Value> {
    match &value.kind {
        Kind::Encoded(e) => Some(e.value.clone()),
        Kind::Text(t) => json::read_text(t).ok().map(|d| d.value),
        Kind::Map(_) | Kind::Unknown(_) => Some(value.clone()),
        _ => None,
    }
}

/// [Data Pipeline](https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-iam-roles.html): `role` and
/// `resourceRole` of a pipeline's objects.
fn pipeline(instance: &Instance) -> Vec<RoleUse> {
    let named = |case: Case| {
        let key = field(&case.value, "key").and_then(Value::as_str)?;
        let kind = match key {
            "role" => RoleUseKind::RoleName,
            "resourceRole" => RoleUseKind::ProfileName,
            _ => return None,
        };
        Some(RoleUse {
            kind,
            value: field(&case.value, "string_value")?.clone(),
            property: format!("pipeline_object.field.{key}").into(),
        })
    };
    let fields = at_path(&instance.body, "pipeline_object.field");
    fields.into_iter().filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_well_formed() {
        let mut kinds = Vec::new();
        for line in include_str!("../roles.txt").lines().filter(|l| !l.starts_with('#')) {
            let mut words = line.split(' ');
            let kind = words.next().unwrap();
            if kind == "!" {
                assert!(words.count() > 2, "a reason: {line}");
                continue;
            }
            assert!(words.next().unwrap().contains(':'), "{line}");
            let paths: Vec<&str> = words.collect();
            assert!(!paths.is_empty(), "{line}");
            for path in paths {
                let (_, how) = path.split_once(':').expect(line);
                assert!(["ra", "rn", "r", "pa", "pn", "p"].contains(&how), "{line}");
            }
            kinds.push(kind);
        }
        assert!(kinds.len() > 200);
        assert!(kinds.is_sorted_by(|a, b| a < b));
        for (kind, _) in MORE {
            assert!(!kinds.contains(&kind), "{kind} stands in both tables");
        }
        for kind in links::kinds() {
            assert!(is_listed(kind), "{kind}");
        }
    }
}
