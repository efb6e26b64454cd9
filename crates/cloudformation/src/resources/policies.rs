//! Policies on resources.

use rolecall_facts::{Configuration, ResourcePolicy};
use rolecall_source::{Span, Text, TextBuilder};

use super::{Item, texts};

/// How a type says which resource its policy is on.
enum On {
    /// The resource itself.
    Itself,
    /// Properties with bucket names.
    Bucket(&'static str),
    /// A property with queue URLs.
    Queues(&'static str),
    /// A property with ARNs.
    Arns(&'static str),
}

/// Types that state a resource policy, its property, and what it is on.
const POLICIES: [(&str, &str, On); 20] = [
    ("AWS::ApiGateway::RestApi", "Policy", On::Itself),
    ("AWS::Backup::BackupVault", "AccessPolicy", On::Itself),
    ("AWS::DynamoDB::Table", "ResourcePolicy.PolicyDocument", On::Itself),
    ("AWS::ECR::Repository", "RepositoryPolicyText", On::Itself),
    ("AWS::EFS::FileSystem", "FileSystemPolicy", On::Itself),
    ("AWS::Events::EventBus", "Policy", On::Itself),
    ("AWS::KMS::Key", "KeyPolicy", On::Itself),
    ("AWS::KMS::ReplicaKey", "KeyPolicy", On::Itself),
    (
        "AWS::Kinesis::ResourcePolicy",
        "ResourcePolicy",
        On::Arns("ResourceArn"),
    ),
    ("AWS::Lambda::LayerVersion", "Policy", On::Itself),
    ("AWS::OpenSearchService::Domain", "AccessPolicies", On::Itself),
    ("AWS::Elasticsearch::Domain", "AccessPolicies", On::Itself),
    ("AWS::S3::AccessPoint", "Policy", On::Itself),
    ("AWS::S3::BucketPolicy", "PolicyDocument", On::Bucket("Bucket")),
    ("AWS::SNS::TopicInlinePolicy", "PolicyDocument", On::Arns("TopicArn")),
    ("AWS::SNS::TopicPolicy", "PolicyDocument", On::Arns("Topics")),
    ("AWS::SQS::QueueInlinePolicy", "PolicyDocument", On::Queues("Queue")),
    ("AWS::SQS::QueuePolicy", "PolicyDocument", On::Queues("Queues")),
    (
        "AWS::SecretsManager::ResourcePolicy",
        "ResourcePolicy",
        On::Arns("SecretId"),
    ),
    (
        "AWS::S3Tables::TableBucketPolicy",
        "ResourcePolicy",
        On::Arns("TableBucketARN"),
    ),
];

impl Item<'_, '_> {
    pub(super) fn resource_policies(&self, out: &mut Configuration) {
        let Some((_, property, on)) = POLICIES.iter().find(|(t, ..)| *t == &*self.resource.kind) else {
            return;
        };
        let (first, second) = property
            .split_once('.')
            .map_or((*property, None), |(a, b)| (a, Some(b)));
        let body = self.get(first).and_then(|v| match second {
            Some(second) => v.get(second).cloned(),
            None => Some(v),
        });
        let Some(body) = body else {
            return;
        };
        for resource in self.resources_of(on) {
            out.resource_policies.push(ResourcePolicy {
                origin: self.origin.clone(),
                scope: self.stack.place.scope,
                resource,
                body: body.clone(),
            });
        }
    }

    fn resources_of(&self, on: &On) -> Vec<Text> {
        let named = |property: &str| self.get(property).map_or_else(Vec::new, |v| texts(&v));
        match on {
            On::Itself => {
                let known = self.identity().map(|(_, arn)| arn);
                let other = || self.stack.attribute(self.id, "Arn", self.resource.span).to_text();
                known.or_else(other).into_iter().collect()
            }
            On::Bucket(property) => named(property)
                .into_iter()
                .map(|(_, name)| {
                    let mut arn = TextBuilder::default();
                    arn.letters("arn:", Span::NOWHERE);
                    arn.text(&self.stack.place.partition);
                    arn.letters(":s3:::", Span::NOWHERE);
                    arn.text(&name);
                    arn.finish()
                })
                .collect(),
            On::Queues(property) => named(property).iter().map(|(_, url)| self.queue_arn(url)).collect(),
            On::Arns(property) => named(property).into_iter().map(|(_, arn)| arn).collect(),
        }
    }

    /// The ARN of the queue at a URL.
    fn queue_arn(&self, url: &Text) -> Text {
        let Some(name) = url.split("/").and_then(|parts| parts.last().cloned()) else {
            return url.clone();
        };
        let mut arn = TextBuilder::default();
        arn.letters("arn:", Span::NOWHERE);
        arn.text(&self.stack.place.partition);
        arn.letters(":sqs:", Span::NOWHERE);
        arn.text(&self.stack.place.region);
        arn.letters(":", Span::NOWHERE);
        arn.text(&self.stack.place.account);
        arn.letters(":", Span::NOWHERE);
        arn.text(&name);
        arn.finish()
    }
}
