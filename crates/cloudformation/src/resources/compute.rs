//! Resources that carry a role or an instance profile, and what launches them.

use std::sync::{Arc, OnceLock};

use rolecall_facts::{Compute, Configuration, RoleUse, RoleUseKind};
use rolecall_source::{Kind, Text, Value};
use rustc_hash::FxHashMap;

use super::{Item, elements, tag_map};
use crate::eval::attributes::naming_of;
use crate::eval::choice::choose;

/// Types that the table of roles does not hold, since they have no such property of their own.
const MORE: [(&str, &str); 7] = [
    ("AWS::Batch::JobQueue", "batch:job-queue"),
    ("AWS::DataPipeline::Pipeline", "datapipeline:pipeline"),
    ("AWS::EC2::EC2Fleet", "ec2:fleet"),
    ("AWS::ECS::TaskSet", "ecs:task-set"),
    (
        "AWS::ElasticBeanstalk::ConfigurationTemplate",
        "elasticbeanstalk:configurationtemplate",
    ),
    ("AWS::SSM::Document", "ssm:document"),
    ("AWS::SageMaker::Endpoint", "sagemaker:endpoint"),
];

/// Kinds that are facts even without a role: what launches or is launched.
const ALWAYS: [&str; 7] = [
    "autoscaling:autoScalingGroup",
    "autoscaling:launchConfiguration",
    "ec2:fleet",
    "ec2:instance",
    "ec2:launch-template",
    "ec2:spot-fleet-request",
    "ecs:task-definition",
];

/// The row of a type: what it is, and the paths of its roles as they stand in `roles.txt`.
fn row(of: &str) -> Option<(&'static str, &'static str)> {
    static TABLE: OnceLock<FxHashMap<&'static str, (&'static str, &'static str)>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let lines = include_str!("roles.txt").lines();
        let lines = lines.filter(|l| !l.starts_with(['#', '!']));
        let entry = |line: &'static str| {
            let (of, rest) = line.split_once(' ')?;
            Some((of, rest.split_once(' ')?))
        };
        let more = MORE.iter().map(|(of, what)| (*of, (*what, "")));
        lines.filter_map(entry).chain(more).collect()
    });
    table.get(of).copied()
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

impl Item<'_, '_> {
    pub(super) fn compute(&self, out: &mut Configuration) {
        let of = &*self.resource.kind;
        let Some((kind, paths)) = row(of) else {
            return;
        };
        let mut uses = self.uses(paths);
        uses.extend(self.special(of));
        let links = self.links(of);
        if uses.is_empty() && links.is_empty() && !ALWAYS.contains(&kind) {
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
            tags: self.own_tags(kind),
        });
    }

    /// The roles and profiles that properties name.
    fn uses(&self, paths: &str) -> Vec<RoleUse> {
        let pairs = paths.split_ascii_whitespace().filter_map(|pair| pair.rsplit_once(':'));
        pairs
            .flat_map(|(path, letters)| self.uses_at(path, how(letters)))
            .collect()
    }

    fn uses_at(&self, path: &str, kind: RoleUseKind) -> Vec<RoleUse> {
        let property: Arc<str> = path.replace("[]", "").into();
        let one = |value| RoleUse {
            kind,
            value,
            property: Arc::clone(&property),
        };
        self.at(path).into_iter().map(one).collect()
    }

    /// Its tags: templates and fleets have theirs among those of what they launch.
    fn own_tags(&self, kind: &str) -> Option<Value> {
        let path = match kind {
            "ec2:launch-template" | "ec2:fleet" => "TagSpecifications[]",
            "ec2:spot-fleet-request" => "SpotFleetRequestConfigData.TagSpecifications[]",
            _ => return self.tags(),
        };
        let word = kind.strip_prefix("ec2:").unwrap_or(kind);
        let own = |spec: &Value| spec.get("ResourceType").and_then(Value::as_str) == Some(word);
        let found = self.objects(path).into_iter().filter(own);
        found
            .filter_map(|spec| spec.get("Tags").cloned())
            .map(|tags| tag_map(&tags))
            .next()
    }

    /// Roles that stand in no property of their own.
    fn special(&self, of: &str) -> Vec<RoleUse> {
        match of {
            "AWS::ElasticBeanstalk::ConfigurationTemplate" | "AWS::ElasticBeanstalk::Environment" => self.beanstalk(),
            "AWS::DataPipeline::Pipeline" => self.pipeline(),
            "AWS::SSM::Document" => self.uses_at("Content.assumeRole", RoleUseKind::RoleArn),
            _ => Vec::new(),
        }
    }

    /// [Data Pipeline](https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-iam-roles.html): `role` and
    /// `resourceRole` of a pipeline's objects.
    fn pipeline(&self) -> Vec<RoleUse> {
        let mut uses = Vec::new();
        for field in self.objects("PipelineObjects[].Fields[]") {
            let kind = match field.get("Key").and_then(Value::as_str) {
                Some("role") => RoleUseKind::RoleName,
                Some("resourceRole") => RoleUseKind::ProfileName,
                _ => continue,
            };
            if let Some(value) = field.get("StringValue") {
                uses.push(RoleUse {
                    kind,
                    value: value.clone(),
                    property: "PipelineObjects.Fields".into(),
                });
            }
        }
        uses
    }

    /// Elastic Beanstalk names its
    /// [profile and service role](https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-general.html)
    /// as options.
    fn beanstalk(&self) -> Vec<RoleUse> {
        let mut uses = Vec::new();
        for (_, setting) in self.elements("OptionSettings") {
            let letters = |name: &str| setting.get(name).and_then(Value::as_str);
            let option = letters("OptionName");
            let kind = match (letters("Namespace"), option) {
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
                    property: format!("OptionSettings.{}", option.unwrap_or_default()).into(),
                });
            }
        }
        uses
    }

    /// What others call it, and its ARN.
    fn names(&self) -> (Vec<Text>, Option<Text>) {
        let stack = self.stack;
        let mut names = Vec::new();
        if let Some(text) = stack.attribute(self.id, "", self.resource.span).to_text() {
            names.push(text);
        }
        let naming = naming_of(&self.resource.kind);
        if let Some(naming) = naming.filter(|n| !n.is_id()) {
            names.push(stack.name_text(self.id, self.resource, naming));
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
    pub(super) fn at(&self, path: &str) -> Vec<Value> {
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
    pub(super) fn objects(&self, path: &str) -> Vec<Value> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_well_formed() {
        let lines = include_str!("roles.txt").lines().filter(|l| !l.starts_with('#'));
        let mut types = Vec::new();
        for line in lines {
            let mut words = line.split(' ');
            let of = words.next().unwrap();
            if of == "!" {
                assert!(words.count() > 2, "a reason: {line}");
                continue;
            }
            assert!(words.next().unwrap().contains(':'), "{line}");
            let paths: Vec<&str> = words.collect();
            assert!(!paths.is_empty() && paths.is_sorted(), "{line}");
            for path in paths {
                let (_, how) = path.rsplit_once(':').expect(line);
                assert!(["ra", "rn", "r", "pa", "pn", "p"].contains(&how), "{line}");
            }
            types.push(of);
        }
        assert!(types.len() > 350 && types.is_sorted_by(|a, b| a < b));
        for (of, _) in MORE {
            assert!(!types.contains(&of), "{of} stands in both tables");
        }
        for of in super::super::links::types() {
            assert!(row(of).is_some(), "{of}");
        }
    }
}
