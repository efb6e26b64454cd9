//! What `Ref` and `Fn::GetAtt` return for the types whose names and ARNs matter in policies.
//!
//! From the return values in AWS's
//! [resource reference](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-template-resource-type-ref.html).

/// What `Ref` returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ref {
    /// The physical name.
    Name,
    /// The ARN.
    Arn,
    /// An id that AWS generates.
    Id,
    /// A queue's URL.
    QueueUrl,
}

/// How a type names its resources.
pub(crate) struct Naming {
    /// The type.
    pub(crate) kind: &'static str,
    /// The property that names it, `""` when AWS generates an id.
    pub(crate) name: &'static str,
    /// What `Ref` returns.
    pub(crate) reference: Ref,
    /// The ARN: `{P}` partition, `{R}` region, `{A}` account, `{N}` name, `{path}` IAM path, `{?}` letters that AWS
    /// generates.
    pub(crate) arn: &'static str,
}

const fn naming(kind: &'static str, name: &'static str, reference: Ref, arn: &'static str) -> Naming {
    Naming {
        kind,
        name,
        reference,
        arn,
    }
}

/// Sorted by type.
#[rustfmt::skip]
const NAMINGS: [Naming; 48] = [
    naming("AWS::ApiGateway::RestApi", "", Ref::Id, "arn:{P}:apigateway:{R}::/restapis/{N}"),
    naming("AWS::AutoScaling::AutoScalingGroup", "AutoScalingGroupName", Ref::Name, "arn:{P}:autoscaling:{R}:{A}:autoScalingGroup:{?}:autoScalingGroupName/{N}"),
    naming("AWS::AutoScaling::LaunchConfiguration", "LaunchConfigurationName", Ref::Name, "arn:{P}:autoscaling:{R}:{A}:launchConfiguration:{?}:launchConfigurationName/{N}"),
    naming("AWS::Batch::ComputeEnvironment", "ComputeEnvironmentName", Ref::Arn, "arn:{P}:batch:{R}:{A}:compute-environment/{N}"),
    naming("AWS::CodeBuild::Project", "Name", Ref::Name, "arn:{P}:codebuild:{R}:{A}:project/{N}"),
    naming("AWS::CodeCommit::Repository", "RepositoryName", Ref::Id, "arn:{P}:codecommit:{R}:{A}:{N}"),
    naming("AWS::CodePipeline::Pipeline", "Name", Ref::Name, "arn:{P}:codepipeline:{R}:{A}:{N}"),
    naming("AWS::DynamoDB::GlobalTable", "TableName", Ref::Name, "arn:{P}:dynamodb:{R}:{A}:table/{N}"),
    naming("AWS::DynamoDB::Table", "TableName", Ref::Name, "arn:{P}:dynamodb:{R}:{A}:table/{N}"),
    naming("AWS::EC2::Instance", "", Ref::Id, "arn:{P}:ec2:{R}:{A}:instance/{N}"),
    naming("AWS::EC2::LaunchTemplate", "", Ref::Id, "arn:{P}:ec2:{R}:{A}:launch-template/{N}"),
    naming("AWS::EC2::SecurityGroup", "", Ref::Id, "arn:{P}:ec2:{R}:{A}:security-group/{N}"),
    naming("AWS::EC2::Subnet", "", Ref::Id, "arn:{P}:ec2:{R}:{A}:subnet/{N}"),
    naming("AWS::EC2::VPC", "", Ref::Id, "arn:{P}:ec2:{R}:{A}:vpc/{N}"),
    naming("AWS::EC2::Volume", "", Ref::Id, "arn:{P}:ec2:{R}:{A}:volume/{N}"),
    naming("AWS::ECR::Repository", "RepositoryName", Ref::Name, "arn:{P}:ecr:{R}:{A}:repository/{N}"),
    naming("AWS::ECS::Cluster", "ClusterName", Ref::Name, "arn:{P}:ecs:{R}:{A}:cluster/{N}"),
    naming("AWS::ECS::TaskDefinition", "Family", Ref::Arn, "arn:{P}:ecs:{R}:{A}:task-definition/{N}:{?}"),
    naming("AWS::EFS::FileSystem", "", Ref::Id, "arn:{P}:elasticfilesystem:{R}:{A}:file-system/{N}"),
    naming("AWS::EKS::Cluster", "Name", Ref::Name, "arn:{P}:eks:{R}:{A}:cluster/{N}"),
    naming("AWS::Events::EventBus", "Name", Ref::Name, "arn:{P}:events:{R}:{A}:event-bus/{N}"),
    naming("AWS::Events::Rule", "Name", Ref::Name, "arn:{P}:events:{R}:{A}:rule/{N}"),
    naming("AWS::IAM::Group", "GroupName", Ref::Name, "arn:{P}:iam::{A}:group{path}{N}"),
    naming("AWS::IAM::InstanceProfile", "InstanceProfileName", Ref::Name, "arn:{P}:iam::{A}:instance-profile{path}{N}"),
    naming("AWS::IAM::ManagedPolicy", "ManagedPolicyName", Ref::Arn, "arn:{P}:iam::{A}:policy{path}{N}"),
    naming("AWS::IAM::OIDCProvider", "", Ref::Arn, ""),
    naming("AWS::IAM::Role", "RoleName", Ref::Name, "arn:{P}:iam::{A}:role{path}{N}"),
    naming("AWS::IAM::SAMLProvider", "Name", Ref::Arn, "arn:{P}:iam::{A}:saml-provider/{N}"),
    naming("AWS::IAM::User", "UserName", Ref::Name, "arn:{P}:iam::{A}:user{path}{N}"),
    naming("AWS::KMS::Key", "", Ref::Id, "arn:{P}:kms:{R}:{A}:key/{N}"),
    naming("AWS::KMS::ReplicaKey", "", Ref::Id, "arn:{P}:kms:{R}:{A}:key/{N}"),
    naming("AWS::Kinesis::Stream", "Name", Ref::Name, "arn:{P}:kinesis:{R}:{A}:stream/{N}"),
    naming("AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName", Ref::Name, "arn:{P}:firehose:{R}:{A}:deliverystream/{N}"),
    naming("AWS::Lambda::Function", "FunctionName", Ref::Name, "arn:{P}:lambda:{R}:{A}:function:{N}"),
    naming("AWS::Lambda::LayerVersion", "LayerName", Ref::Arn, "arn:{P}:lambda:{R}:{A}:layer:{N}:{?}"),
    naming("AWS::Logs::LogGroup", "LogGroupName", Ref::Name, "arn:{P}:logs:{R}:{A}:log-group:{N}:*"),
    naming("AWS::RDS::DBCluster", "DBClusterIdentifier", Ref::Name, "arn:{P}:rds:{R}:{A}:cluster:{N}"),
    naming("AWS::RDS::DBInstance", "DBInstanceIdentifier", Ref::Name, "arn:{P}:rds:{R}:{A}:db:{N}"),
    naming("AWS::S3::AccessPoint", "Name", Ref::Name, "arn:{P}:s3:{R}:{A}:accesspoint/{N}"),
    naming("AWS::S3::Bucket", "BucketName", Ref::Name, "arn:{P}:s3:::{N}"),
    naming("AWS::SNS::Topic", "TopicName", Ref::Arn, "arn:{P}:sns:{R}:{A}:{N}"),
    naming("AWS::SQS::Queue", "QueueName", Ref::QueueUrl, "arn:{P}:sqs:{R}:{A}:{N}"),
    naming("AWS::SSM::Document", "Name", Ref::Name, "arn:{P}:ssm:{R}:{A}:document/{N}"),
    naming("AWS::SSM::Parameter", "Name", Ref::Name, ""),
    naming("AWS::SSO::PermissionSet", "", Ref::Arn, "arn:{P}:sso:::permissionSet/{?}/{N}"),
    naming("AWS::SageMaker::NotebookInstance", "NotebookInstanceName", Ref::Arn, "arn:{P}:sagemaker:{R}:{A}:notebook-instance/{N}"),
    naming("AWS::SecretsManager::Secret", "Name", Ref::Arn, "arn:{P}:secretsmanager:{R}:{A}:secret:{N}-{?}"),
    naming("AWS::StepFunctions::StateMachine", "StateMachineName", Ref::Arn, "arn:{P}:states:{R}:{A}:stateMachine:{N}"),
];

/// How `kind` names its resources, iff it is known.
pub(crate) fn naming_of(kind: &str) -> Option<&'static Naming> {
    let at = NAMINGS.binary_search_by(|n| n.kind.cmp(kind)).ok()?;
    NAMINGS.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(NAMINGS.is_sorted_by(|a, b| a.kind < b.kind));
        assert!(naming_of("AWS::IAM::Role").is_some());
    }
}
