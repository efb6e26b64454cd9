//! Policies on resources.

use rolecall_facts::ResourcePolicy;
use rolecall_source::{Class, Kind, Text, Value};

use super::super::shapes;
use super::super::values::{self, argument};
use super::context::{Lowering, written};
use crate::instance::Instance;

/// Where a resource policy is written: the kind, the argument with the document, the argument that names the resource
/// (by name, id or ARN), and its ARN as a template of `shapes.txt`.
type Row = (&'static str, &'static str, &'static str, &'static str);

static TABLE: &[Row] = &[
    ("aws_acmpca_policy", "policy", "resource_arn", "{resource_arn}"),
    (
        "aws_api_gateway_rest_api_policy",
        "policy",
        "rest_api_id",
        "arn:{partition}:apigateway:{region}::/restapis/{rest_api_id}",
    ),
    (
        "aws_backup_vault_policy",
        "policy",
        "backup_vault_name",
        "@backup:backup-vault:{backup_vault_name}",
    ),
    (
        "aws_cloudwatch_event_bus_policy",
        "policy",
        "event_bus_name",
        "@events:event-bus/{event_bus_name|default}",
    ),
    (
        "aws_cloudwatch_log_destination_policy",
        "access_policy",
        "destination_name",
        "@logs:destination:{destination_name}",
    ),
    (
        "aws_cloudwatch_log_resource_policy",
        "policy_document",
        "resource_arn",
        "@logs:{~any}",
    ),
    (
        "aws_codeartifact_domain_permissions_policy",
        "policy_document",
        "domain",
        "@codeartifact:domain/{domain}",
    ),
    (
        "aws_codeartifact_repository_permissions_policy",
        "policy_document",
        "repository",
        "@codeartifact:repository/{domain}/{repository}",
    ),
    (
        "aws_codebuild_resource_policy",
        "policy",
        "resource_arn",
        "{resource_arn}",
    ),
    (
        "aws_dynamodb_resource_policy",
        "policy",
        "resource_arn",
        "{resource_arn}",
    ),
    ("aws_ecr_registry_policy", "policy", "id", "@ecr:registry"),
    (
        "aws_ecr_repository_policy",
        "policy",
        "repository",
        "@ecr:repository/{repository}",
    ),
    (
        "aws_efs_file_system_policy",
        "policy",
        "file_system_id",
        "@elasticfilesystem:file-system/{file_system_id}",
    ),
    (
        "aws_elasticsearch_domain_policy",
        "access_policies",
        "domain_name",
        "@es:domain/{domain_name}",
    ),
    ("aws_glue_resource_policy", "policy", "id", "@glue:catalog"),
    (
        "aws_kinesis_resource_policy",
        "policy",
        "resource_arn",
        "{resource_arn}",
    ),
    ("aws_kms_key", "policy", "arn", "{arn}"),
    ("aws_kms_key_policy", "policy", "key_id", "@kms:key/{key_id}"),
    (
        "aws_lambda_permission",
        "",
        "function_name",
        "@lambda:function:{function_name}",
    ),
    (
        "aws_opensearch_domain_policy",
        "access_policies",
        "domain_name",
        "@es:domain/{domain_name}",
    ),
    ("aws_s3_access_point", "policy", "arn", "{arn}"),
    ("aws_s3_bucket", "policy", "arn", "{arn}"),
    ("aws_s3_bucket_policy", "policy", "bucket", "@@@s3:{bucket}"),
    (
        "aws_s3control_access_point_policy",
        "policy",
        "access_point_arn",
        "{access_point_arn}",
    ),
    ("aws_secretsmanager_secret", "policy", "arn", "{arn}"),
    (
        "aws_secretsmanager_secret_policy",
        "policy",
        "secret_arn",
        "{secret_arn}",
    ),
    (
        "aws_ses_identity_policy",
        "policy",
        "identity",
        "@ses:identity/{identity}",
    ),
    ("aws_sns_topic", "policy", "arn", "{arn}"),
    ("aws_sns_topic_policy", "policy", "arn", "{arn}"),
    ("aws_sqs_queue", "policy", "arn", "{arn}"),
    ("aws_sqs_queue_policy", "policy", "queue_url", ""),
    ("awscc_kms_key", "key_policy", "arn", "{arn}"),
    ("awscc_s3_bucket_policy", "policy_document", "bucket", "@@@s3:{bucket}"),
];

fn row(kind: &str) -> Option<&'static Row> {
    let found = TABLE.binary_search_by(|row| row.0.cmp(kind)).ok()?;
    TABLE.get(found)
}

/// True iff resources of this kind may hold a resource policy.
pub(super) fn is_listed(kind: &str) -> bool {
    row(kind).is_some()
}

/// Lowers the policy of a resource, if it has one.
pub(super) fn lower(lowering: &mut Lowering<'_>, instance: &Instance) {
    let Some((kind, document, by, template)) = row(&instance.kind) else {
        return;
    };
    let body = match *document {
        "" => permission(instance),
        name if kind.ends_with("_policy") => written(instance, name),
        name => match values::stated(instance, name) {
            Some(body) => body.clone(),
            None => return,
        },
    };
    let resource = resource(instance, by, template);
    lowering.configuration.resource_policies.push(ResourcePolicy {
        origin: instance.origin.clone(),
        scope: instance.scope,
        resource: values::text(instance, "resource", &resource),
        body,
    });
}

/// The resource's ARN: as written where an ARN is written, else from the template.
fn resource(instance: &Instance, by: &str, template: &str) -> Value {
    let named = argument(instance, by).and_then(Value::to_text);
    if let Some(text) = &named
        && text.flat().0.starts_with("arn:")
    {
        return Value::text(text.clone(), text.span());
    }
    if template.is_empty() {
        return named.as_ref().and_then(queue_arn).unwrap_or_else(|| {
            let symbol = values::symbol(instance, "queue", "is named by an unknown URL", Class::Any);
            Value::unknown(symbol, instance.origin.span)
        });
    }
    shapes::fill_template(instance, "resource", template)
}

/// The ARN of the queue at a URL `https://sqs.region.suffix/account/name`.
fn queue_arn(url: &Text) -> Option<Value> {
    let parts = url.split("/")?;
    let [_, _, host, account, name] = parts.as_slice() else {
        return None;
    };
    let host = host.split(".")?;
    let (service, region) = (host.first()?, host.get(1)?);
    if service.as_str() != Some("sqs") {
        return None;
    }
    let partition = match host.last()?.as_str() {
        Some("cn") => "aws-cn",
        _ => "aws",
    };
    let mut arn = rolecall_source::TextBuilder::default();
    arn.letters(&format!("arn:{partition}:sqs:"), url.span());
    for (text, after) in [(region, ":"), (account, ":"), (name, "")] {
        arn.text(text);
        arn.letters(after, url.span());
    }
    let arn = arn.finish();
    Some(Value::text(arn, url.span()))
}

/// The statement that `aws_lambda_permission` adds to a function's policy.
///
/// [AddPermission](https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html)
fn permission(instance: &Instance) -> Value {
    let span = instance.origin.span;
    let letters = |s: &str| Value::string(s, span);
    let key = Text::plain;
    let principal = written(instance, "principal");
    let service = principal.as_str().is_some_and(|p| p.contains(".amazonaws.com"));
    let principal = match (principal.as_str(), service) {
        (Some("*"), _) => principal,
        (_, true) => Value::map([(key("Service"), principal)], span),
        (Some(_), false) => Value::map([(key("AWS"), principal)], span),
        (None, false) => principal,
    };
    let function = resource(instance, "function_name", "@lambda:function:{function_name}");
    let mut statement = vec![
        (key("Effect"), letters("Allow")),
        (key("Principal"), principal),
        (key("Action"), written(instance, "action")),
        (key("Resource"), function),
    ];
    let conditions = conditions(instance);
    if !conditions.is_empty() {
        statement.push((key("Condition"), Value::map(conditions, span)));
    }
    let statements = Value::list(vec![Value::map(statement, span)], span);
    let document = [(key("Version"), letters("2012-10-17")), (key("Statement"), statements)];
    Value::encoded(Value::map(document, span), span)
}

fn conditions(instance: &Instance) -> Vec<(Text, Value)> {
    const ARGUMENTS: [(&str, &str, &str); 4] = [
        ("source_arn", "ArnLike", "aws:SourceArn"),
        ("source_account", "StringEquals", "aws:SourceAccount"),
        ("principal_org_id", "StringEquals", "aws:PrincipalOrgID"),
        ("function_url_auth_type", "StringEquals", "lambda:FunctionUrlAuthType"),
    ];
    let span = instance.origin.span;
    let mut out: Vec<(Text, Value)> = Vec::new();
    for (argument_name, operator, key) in ARGUMENTS {
        let Some(value) = argument(instance, argument_name) else {
            continue;
        };
        let (operator, pair) = (Text::plain(operator), (Text::plain(key), value.clone()));
        match out.iter_mut().find(|(o, _)| *o == operator) {
            Some((
                _,
                Value {
                    kind: Kind::Map(map), ..
                },
            )) => {
                let entry = rolecall_source::Entry {
                    key_span: span,
                    value: pair.1,
                };
                std::sync::Arc::make_mut(&mut map.entries).insert(pair.0, entry);
            }
            _ => out.push((operator, Value::map([pair], span))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.is_sorted_by_key(|row| row.0));
    }

    #[test]
    fn a_queue_is_found_by_its_url() {
        let url = Text::plain("https://sqs.eu-west-1.amazonaws.com/123456789012/jobs");
        let arn = queue_arn(&url).unwrap();
        assert_eq!(arn.as_str(), Some("arn:aws:sqs:eu-west-1:123456789012:jobs"));
        assert!(queue_arn(&Text::plain("https://example.com/x")).is_none());
    }
}
