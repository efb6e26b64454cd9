//! What events, dead letters and destinations add: policies of the function's role, and roles of their own.

use rolecall_source::{Kind, Span, Text, Value};

use super::build::{
    allow, as_if, attribute, conditional, inline, is_no_value, object, parsed, resource, rewritten, trust, with,
};
use super::policies::RolePolicies;
use super::{Output, Serverless};

/// Event sources that a function polls, and the policy that its role is given for them.
const PULLED: [(&str, &str); 4] = [
    ("Kinesis", "service-role/AWSLambdaKinesisExecutionRole"),
    ("DynamoDB", "service-role/AWSLambdaDynamoDBExecutionRole"),
    ("SQS", "service-role/AWSLambdaSQSQueueExecutionRole"),
    ("MSK", "service-role/AWSLambdaMSKExecutionRole"),
];

/// Events of a state machine that start it through a role of their own, and who assumes that.
const STARTING: [(&str, &str); 5] = [
    ("Schedule", "events.amazonaws.com"),
    ("CloudWatchEvent", "events.amazonaws.com"),
    ("EventBridgeRule", "events.amazonaws.com"),
    ("ScheduleV2", "scheduler.amazonaws.com"),
    ("Api", "apigateway.amazonaws.com"),
];

/// Ways to authenticate to Kafka that keep a secret.
const KAFKA_SECRETS: [&str; 5] = [
    "SASL_SCRAM_256_AUTH",
    "SASL_SCRAM_512_AUTH",
    "BASIC_AUTH",
    "CLIENT_CERTIFICATE_TLS_AUTH",
    "OAUTHBEARER_AUTH",
];

const NETWORK: &str = r#"{"Action": ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface",
    "ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"], "Effect": "Allow", "Resource": "*"}"#;
const PARAMETER_GROUPS: &str = r#"{"Action": ["rds:DescribeDBClusterParameters"], "Effect": "Allow",
    "Resource": {"Fn::Sub": "arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:cluster-pg:*"}}"#;
const SUBNET_GROUPS: &str = r#"{"Action": ["rds:DescribeDBSubnetGroups"], "Effect": "Allow",
    "Resource": {"Fn::Sub": "arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:subgrp:*"}}"#;

impl Serverless<'_> {
    /// The events with their names, types and properties.
    fn events(&self) -> Vec<(String, &str, Option<&Value>)> {
        let events = self.get("Events").and_then(Value::as_map);
        events.map_or_else(Vec::new, |m| {
            m.iter()
                .filter_map(|(name, event)| {
                    let kind = event.get("Type").and_then(Value::as_str)?;
                    Some((name.as_str()?.to_owned(), kind, event.get("Properties")))
                })
                .collect()
        })
    }

    /// Managed and inline policies for the sources that the function polls.
    pub(super) fn pulled_events(&self, policies: &mut RolePolicies) {
        for (name, kind, properties) in self.events() {
            if let Some((_, policy)) = PULLED.iter().find(|(k, _)| *k == kind) {
                policies.aws(policy, self.resource.span);
            }
            let Some(properties) = properties else { continue };
            let at = properties.span;
            if kind == "SNS"
                && properties
                    .get("SqsSubscription")
                    .is_some_and(|s| s.as_bool() != Some(false))
            {
                policies.aws("service-role/AWSLambdaSQSQueueExecutionRole", self.resource.span);
            }
            self.failed_records(&name, kind, properties, policies);
            let secret = |types: &[&str]| -> Vec<Value> {
                let list = properties.get("SourceAccessConfigurations").and_then(Value::as_list);
                let items = list.map(|l| l.items.as_slice()).unwrap_or_default();
                let of = |c: &&Value| {
                    c.get("Type")
                        .and_then(Value::as_str)
                        .is_some_and(|t| types.contains(&t))
                };
                items.iter().filter(of).filter_map(|c| c.get("URI").cloned()).collect()
            };
            let action = |a: &str| Value::list(vec![Value::string(a, at)], at);
            let statement = |a: &str, resource: Value| {
                object(
                    vec![
                        ("Action", action(a)),
                        ("Effect", Value::string("Allow", at)),
                        ("Resource", resource),
                    ],
                    at,
                )
            };
            let mut statements: Vec<Value> = Vec::new();
            let policy = match kind {
                "MSK" => {
                    let secrets = secret(&["CLIENT_CERTIFICATE_TLS_AUTH"]);
                    statements.extend(
                        secrets
                            .into_iter()
                            .map(|s| statement("secretsmanager:GetSecretValue", s)),
                    );
                    "MSKExecutionRolePolicy".to_owned()
                }
                "MQ" => {
                    let secrets = secret(&["BASIC_AUTH"]);
                    statements.extend(
                        secrets
                            .into_iter()
                            .map(|s| statement("secretsmanager:GetSecretValue", s)),
                    );
                    statements.extend(
                        properties
                            .get("Broker")
                            .map(|b| statement("mq:DescribeBroker", b.clone())),
                    );
                    statements.extend(decrypt(properties));
                    let dynamic = properties.get("DynamicPolicyName").and_then(Value::as_bool) == Some(true);
                    if dynamic {
                        format!("{}{name}AMQPolicy", self.id)
                    } else {
                        "SamAutoGeneratedAMQPolicy".to_owned()
                    }
                }
                "SelfManagedKafka" => {
                    let secrets = secret(&KAFKA_SECRETS);
                    statements.extend(
                        secrets
                            .into_iter()
                            .map(|s| statement("secretsmanager:GetSecretValue", s)),
                    );
                    let secrets = secret(&["SERVER_ROOT_CA_CERTIFICATE"]);
                    statements.extend(
                        secrets
                            .into_iter()
                            .map(|s| statement("secretsmanager:GetSecretValue", s)),
                    );
                    let network = secret(&["VPC_SUBNET"]).len().min(secret(&["VPC_SECURITY_GROUP"]).len());
                    statements.extend((network > 0).then(|| parsed(NETWORK, at)));
                    statements.extend(decrypt(properties));
                    if !statements.is_empty() {
                        let document = object(vec![("Statement", Value::list(statements, at))], at);
                        let policy = inline("SelfManagedKafkaExecutionRolePolicy", document, at);
                        policies.once(versioned(&policy));
                    }
                    continue;
                }
                "DocumentDB" => {
                    let secrets = secret(&["BASIC_AUTH"]);
                    statements.extend(
                        secrets
                            .into_iter()
                            .map(|s| statement("secretsmanager:GetSecretValue", s)),
                    );
                    statements.push(parsed(PARAMETER_GROUPS, at));
                    statements.push(parsed(SUBNET_GROUPS, at));
                    let cluster = properties.get("Cluster").cloned();
                    statements.extend(cluster.map(|c| statement("rds:DescribeDBClusters", c)));
                    statements.push(parsed(NETWORK, at));
                    statements.extend(decrypt(properties));
                    "SamAutoGeneratedDocumentDBPolicy".to_owned()
                }
                _ => continue,
            };
            if !statements.is_empty() {
                let document = object(vec![("Statement", Value::list(statements, at))], at);
                policies.once(inline(&policy, document, at));
            }
        }
    }

    /// Where an event source sends the records that failed.
    fn failed_records(&self, name: &str, kind: &str, properties: &Value, policies: &mut RolePolicies) {
        if !matches!(kind, "Kinesis" | "DynamoDB" | "MSK" | "SelfManagedKafka") {
            return;
        }
        let failure = properties.get("DestinationConfig").and_then(|c| c.get("OnFailure"));
        let Some(failure) = failure else {
            return;
        };
        let Some(target) = failure.get("Destination") else {
            return;
        };
        let id = format!("{}{name}", self.id);
        let stated = failure.get("Type").and_then(Value::as_str);
        // Without a type the letters of the ARN, or of what it refers to, say which it is.
        if let Some(kind) = stated {
            policies.inline.extend(send(kind, &id, target, failure.span));
        }
    }

    /// `DeadLetterQueue`.
    pub(super) fn dead_letters(&self, policies: &mut RolePolicies) {
        let Some(queue) = self.get("DeadLetterQueue") else {
            return;
        };
        let action = match queue.get("Type").and_then(Value::as_str) {
            Some("SQS") => "sqs:SendMessage",
            Some("SNS") => "sns:Publish",
            _ => return,
        };
        if let Some(target) = queue.get("TargetArn") {
            let at = queue.span;
            let action = Value::string(action, at);
            let policy = allow("DeadLetterQueuePolicy", action, target.clone(), at);
            policies.inline.push(versioned(&policy));
        }
    }

    /// `EventInvokeConfig`: where the results of asynchronous calls go. Queues and topics that are not named are made.
    pub(super) fn destinations(&self, policies: &mut RolePolicies, out: &mut Output) {
        let config = self.get("EventInvokeConfig").and_then(|c| c.get("DestinationConfig"));
        for event in ["OnSuccess", "OnFailure"] {
            let Some(destination) = config.and_then(|c| c.get(event)) else {
                continue;
            };
            let Some(kind) = destination.get("Type").and_then(Value::as_str) else {
                continue;
            };
            let at = destination.span;
            let id = format!("{}EventInvokeConfig{event}", self.id);
            let stated = destination.get("Destination").filter(|d| !d.is_null());
            let conditional_target = stated
                .and_then(as_if)
                .filter(|(_, a, b)| is_no_value(a) || is_no_value(b));
            let target = match (stated, conditional_target) {
                (Some(stated), None) => stated.clone(),
                (_, branches) => {
                    let Some(made) = self.made_destination(kind, &id, out) else {
                        continue;
                    };
                    branches.map_or_else(
                        || made.clone(),
                        |(condition, a, b)| {
                            let pick = |v: &Value| if is_no_value(v) { made.clone() } else { v.clone() };
                            conditional(condition, pick(a), pick(b), at)
                        },
                    )
                }
            };
            policies.inline.extend(send(kind, &id, &target, at));
        }
    }

    fn made_destination(&self, kind: &str, id: &str, out: &mut Output) -> Option<Value> {
        let at = self.resource.span;
        let (suffix, of) = match kind {
            "SQS" => ("Queue", "AWS::SQS::Queue"),
            "SNS" => ("Topic", "AWS::SNS::Topic"),
            _ => return None,
        };
        let id = format!("{id}{suffix}");
        out.put(&id, resource(of, Vec::new(), self.resource));
        Some(match kind {
            "SQS" => attribute(&id, "Arn", at),
            _ => super::build::reference(&id, at),
        })
    }

    /// Schedules invoke a function through a role of their own.
    pub(super) fn function_events(&self, out: &mut Output) {
        let at = self.resource.span;
        for (name, kind, properties) in self.events() {
            if kind != "ScheduleV2" || properties.is_some_and(|p| p.get("RoleArn").is_some()) {
                continue;
            }
            let id = format!("{}{name}", self.id);
            let target = attribute(self.id, "Arn", at);
            let action = Value::string("lambda:InvokeFunction", at);
            let policy = allow(&format!("{id}LambdaPolicy"), action, target, at);
            self.event_role(&id, "scheduler.amazonaws.com", policy, properties, out);
        }
    }

    /// Events start a state machine through a role of their own.
    pub(super) fn state_machine_events(&self, out: &mut Output) {
        let at = self.resource.span;
        for (name, kind, properties) in self.events() {
            let Some((_, service)) = STARTING.iter().find(|(k, _)| *k == kind) else {
                continue;
            };
            if properties.is_some_and(|p| p.get("RoleArn").is_some()) {
                continue;
            }
            let id = format!("{}{name}", self.id);
            let action = Value::string("states:StartExecution", at);
            let alias = self.get("AutoPublishAlias").and_then(Value::as_str);
            let started = alias.map_or_else(|| self.id.to_owned(), |a| format!("{}Alias{a}", self.id));
            let target = super::build::reference(&started, at);
            // The policy goes by the role of the event, or by the event for schedules.
            let named = if kind == "ScheduleV2" {
                id.clone()
            } else {
                format!("{id}Role")
            };
            let policy = allow(&format!("{named}StartExecutionPolicy"), action, target, at);
            self.event_role(&id, service, policy, properties, out);
        }
    }

    fn event_role(&self, id: &str, service: &str, policy: Value, event: Option<&Value>, out: &mut Output) {
        let at = self.resource.span;
        let mut all = vec![policy];
        let dead = event.and_then(|e| e.get("DeadLetterConfig")).and_then(|d| d.get("Arn"));
        if let Some(queue) = dead.filter(|_| service == "scheduler.amazonaws.com") {
            let action = Value::string("sqs:SendMessage", at);
            all.push(allow(&format!("{id}SQSPolicy"), action, queue.clone(), at));
        }
        let mut properties = vec![
            ("AssumeRolePolicyDocument", trust(service, at)),
            ("Policies", Value::list(all, at)),
        ];
        let own = event.and_then(|e| e.get("PermissionsBoundary"));
        let boundary = own.or_else(|| {
            self.get("PermissionsBoundary")
                .filter(|_| service != "scheduler.amazonaws.com")
        });
        properties.extend(boundary.map(|b| ("PermissionsBoundary", b.clone())));
        out.put(
            &format!("{id}Role"),
            resource("AWS::IAM::Role", properties, self.resource),
        );
    }
}

/// An inline policy with the current version.
fn versioned(policy: &Value) -> Value {
    let Some(document) = policy.get("PolicyDocument") else {
        return policy.clone();
    };
    let version = Value::string("2012-10-17", policy.span);
    with(policy, "PolicyDocument", with(document, "Version", version))
}

/// The policy that lets a function send to a destination.
fn send(kind: &str, id: &str, target: &Value, at: Span) -> Option<Value> {
    let action = |a: &str| Value::string(a, at);
    Some(match kind {
        "SQS" => allow(&format!("{id}SQSPolicy"), action("sqs:SendMessage"), target.clone(), at),
        "SNS" => allow(&format!("{id}SNSPolicy"), action("sns:publish"), target.clone(), at),
        "EventBridge" => allow(
            &format!("{id}EventBridgePolicy"),
            action("events:PutEvents"),
            target.clone(),
            at,
        ),
        "Lambda" => allow(
            &format!("{id}LambdaPolicy"),
            action("lambda:InvokeFunction"),
            target.clone(),
            at,
        ),
        "S3Bucket" => {
            let text = r#"{"PolicyName": {"Ref": "N"}, "PolicyDocument": {"Statement": [
                {"Action": "s3:PutObject", "Effect": "Allow", "Resource": {"Fn::Join": ["/", [{"Ref": "T"}, "*"]]}},
                {"Action": "s3:ListBucket", "Effect": "Allow", "Resource": {"Ref": "T"}}]}}"#;
            let name = Value::string(&format!("{id}S3Policy"), at);
            rewritten(&parsed(text, at), at, &|map| match map.get("Ref")?.as_str()? {
                "N" => Some(name.clone()),
                "T" => Some(target.clone()),
                _ => None,
            })
        }
        _ => return None,
    })
}

/// Decryption with the key of a secret.
fn decrypt(properties: &Value) -> Option<Value> {
    let key = properties.get("SecretsManagerKmsKeyId")?;
    let Kind::Text(letters) = &key.kind else {
        return None;
    };
    let at = key.span;
    let arn = Text::plain("arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/").concat(letters);
    let resource = object(vec![("Fn::Sub", Value::text(arn, at))], at);
    Some(object(
        vec![
            ("Action", Value::string("kms:Decrypt", at)),
            ("Effect", Value::string("Allow", at)),
            ("Resource", resource),
        ],
        at,
    ))
}
