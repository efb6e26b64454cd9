//! What launches refers to what is launched: Auto Scaling groups to launch templates, services to task definitions.

use rolecall_facts::Link;
use rolecall_source::Value;

use super::Item;

const LAUNCH_TEMPLATE: &str = "ec2:launch-template";
const LAUNCH_CONFIGURATION: &str = "autoscaling:launchConfiguration";
const TASK_DEFINITION: &str = "ecs:task-definition";
const INFRASTRUCTURE: &str = "imagebuilder:infrastructureConfiguration";
const LONG: &[&str] = &["LaunchTemplateId", "LaunchTemplateName"];
const SHORT: &[&str] = &["Id", "Name"];

/// A reference to another resource.
struct Reference {
    /// The path of the objects that hold it, `""` for the properties themselves.
    path: &'static str,
    /// The properties that name it; the version, if it has one, is the property `Version` of the same object.
    fields: &'static [&'static str],
    /// What it is.
    to: &'static str,
}

const fn reference(path: &'static str, fields: &'static [&'static str], to: &'static str) -> Reference {
    Reference { path, fields, to }
}

/// What resources refer to, by type.
#[rustfmt::skip]
static REFERENCES: &[(&str, &[Reference])] = &[
    ("AWS::AutoScaling::AutoScalingGroup", &[
        reference("", &["InstanceId"], "ec2:instance"),
        reference("", &["LaunchConfigurationName"], LAUNCH_CONFIGURATION),
        reference("LaunchTemplate", LONG, LAUNCH_TEMPLATE),
        reference("MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification", LONG, LAUNCH_TEMPLATE),
        reference("MixedInstancesPolicy.LaunchTemplate.Overrides[].LaunchTemplateSpecification", LONG, LAUNCH_TEMPLATE),
    ]),
    ("AWS::Batch::ComputeEnvironment", &[
        reference("ComputeResources.LaunchTemplate", LONG, LAUNCH_TEMPLATE),
        reference("ComputeResources.LaunchTemplate.Overrides[]", LONG, LAUNCH_TEMPLATE),
    ]),
    ("AWS::Batch::JobQueue", &[
        reference("ComputeEnvironmentOrder[]", &["ComputeEnvironment"], "batch:compute-environment"),
    ]),
    ("AWS::EC2::EC2Fleet", &[
        reference("LaunchTemplateConfigs[].LaunchTemplateSpecification", LONG, LAUNCH_TEMPLATE),
    ]),
    ("AWS::EC2::Instance", &[reference("LaunchTemplate", LONG, LAUNCH_TEMPLATE)]),
    ("AWS::EC2::SpotFleet", &[
        reference("SpotFleetRequestConfigData.LaunchTemplateConfigs[].LaunchTemplateSpecification", LONG, LAUNCH_TEMPLATE),
    ]),
    ("AWS::ECS::CapacityProvider", &[
        reference("AutoScalingGroupProvider", &["AutoScalingGroupArn"], "autoscaling:autoScalingGroup"),
    ]),
    ("AWS::ECS::Service", &[
        reference("", &["TaskDefinition"], TASK_DEFINITION),
        reference("", &["Cluster"], "ecs:cluster"),
        reference("CapacityProviderStrategy[]", &["CapacityProvider"], "ecs:capacity-provider"),
    ]),
    ("AWS::ECS::TaskSet", &[reference("", &["TaskDefinition"], TASK_DEFINITION)]),
    ("AWS::EKS::FargateProfile", &[reference("", &["ClusterName"], "eks:cluster")]),
    ("AWS::EKS::Nodegroup", &[
        reference("LaunchTemplate", SHORT, LAUNCH_TEMPLATE),
        reference("", &["ClusterName"], "eks:cluster"),
    ]),
    ("AWS::Events::Rule", &[reference("Targets[].EcsParameters", &["TaskDefinitionArn"], TASK_DEFINITION)]),
    ("AWS::GameLift::GameServerGroup", &[reference("LaunchTemplate", LONG, LAUNCH_TEMPLATE)]),
    ("AWS::ImageBuilder::Image", &[reference("", &["InfrastructureConfigurationArn"], INFRASTRUCTURE)]),
    ("AWS::ImageBuilder::ImagePipeline", &[reference("", &["InfrastructureConfigurationArn"], INFRASTRUCTURE)]),
    ("AWS::Pipes::Pipe", &[reference("TargetParameters.EcsTaskParameters", &["TaskDefinitionArn"], TASK_DEFINITION)]),
    ("AWS::SageMaker::Endpoint", &[reference("", &["EndpointConfigName"], "sagemaker:endpoint-config")]),
    ("AWS::SageMaker::EndpointConfig", &[reference("ProductionVariants[]", &["ModelName"], "sagemaker:model")]),
    ("AWS::Scheduler::Schedule", &[reference("Target.EcsParameters", &["TaskDefinitionArn"], TASK_DEFINITION)]),
];

impl Item<'_, '_> {
    /// What the resource refers to.
    pub(super) fn links(&self, of: &str) -> Vec<Link> {
        let found = REFERENCES.binary_search_by(|(t, _)| (*t).cmp(of));
        let references = found.ok().and_then(|i| REFERENCES.get(i)).map_or(&[][..], |(_, r)| *r);
        let mut out = Vec::new();
        for reference in references {
            if reference.path.is_empty() {
                let targets = reference.fields.iter().flat_map(|f| self.at(f));
                out.extend(targets.map(|to| link(reference, to, None)));
                continue;
            }
            for object in self.objects(reference.path) {
                if let Some(to) = reference.fields.iter().find_map(|n| object.get(n)) {
                    out.push(link(reference, to.clone(), object.get("Version").cloned()));
                } else if object.as_unknown().is_some() {
                    out.push(link(reference, object, None));
                }
            }
        }
        out
    }
}

fn link(reference: &Reference, to: Value, version: Option<Value>) -> Link {
    Link {
        kind: reference.to.into(),
        to,
        version,
    }
}

/// The types that refer to others.
#[cfg(test)]
pub(super) fn types() -> impl Iterator<Item = &'static str> {
    REFERENCES.iter().map(|(of, _)| *of)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_is_sorted() {
        assert!(super::types().is_sorted());
    }
}
