//! [Connectors](https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/managing-permissions-connectors.html):
//! policies that let one resource reach another.

use rolecall_source::{Kind, Span, Text, Value};

use super::Output;
use super::build::{attribute, object, parsed, reference, resource, rewritten_text};
use crate::stack::Resource;

/// What a connector states, one a line: type of the source, type of the destination, what is made, whose role it is for,
/// statements by access category. From aws-sam-translator 1.115.0 (PyPI, Apache-2.0); invocation permissions left out.
const PROFILES: &str = include_str!("../../data/sam_connectors.tsv");

/// Serverless types that a connector may name, as what they become.
const DEPLOYED: [(&str, &str); 5] = [
    ("AWS::Serverless::Api", "AWS::ApiGateway::RestApi"),
    ("AWS::Serverless::Function", "AWS::Lambda::Function"),
    ("AWS::Serverless::HttpApi", "AWS::ApiGatewayV2::Api"),
    ("AWS::Serverless::SimpleTable", "AWS::DynamoDB::Table"),
    ("AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine"),
];

/// One end of a connector.
struct End {
    kind: String,
    arn: Option<Value>,
    name: Option<Value>,
    id: Option<Value>,
    qualifier: Option<Value>,
    queue: Option<Value>,
    role: Option<Value>,
}

/// Replaces the connectors among `resources`, and those in the `Connectors` attribute of others, by their policies.
pub(super) fn connect(out: &mut Output) {
    let mut connectors: Vec<(String, Resource, Value)> = Vec::new();
    for (id, resource) in &out.resources {
        if &*resource.kind == "AWS::Serverless::Connector" {
            let properties = resource.body.get("Properties").cloned();
            connectors.extend(properties.map(|p| (id.to_string(), resource.clone(), p)));
        }
        let embedded = resource.body.get("Connectors").and_then(Value::as_map);
        for (name, connector) in embedded.into_iter().flat_map(|m| m.iter()) {
            let Some(properties) = connector.get("Properties") else {
                continue;
            };
            let source = properties.get("SourceReference");
            let source = super::build::with(
                source.unwrap_or(&object(Vec::new(), resource.span)),
                "Id",
                Value::string(id, resource.span),
            );
            let properties = super::build::with(properties, "Source", source);
            connectors.push((format!("{id}{name}"), resource.clone(), properties));
        }
    }
    for (id, of, properties) in connectors {
        connector(&id, &of, &properties, out);
    }
    out.resources.retain(|_, r| &*r.kind != "AWS::Serverless::Connector");
}

fn connector(id: &str, of: &Resource, properties: &Value, out: &mut Output) {
    let (Some(source), Some(destination)) = (properties.get("Source"), properties.get("Destination")) else {
        return;
    };
    let list = destination.as_list();
    let destinations: Vec<&Value> = list.map_or_else(|| vec![destination], |l| l.items.iter().collect());
    let permissions = properties.get("Permissions").and_then(Value::as_list);
    let permissions: Vec<&str> = permissions
        .into_iter()
        .flat_map(|l| l.items.iter())
        .filter_map(Value::as_str)
        .collect();
    for (index, destination) in destinations.into_iter().enumerate() {
        let suffix = if list.is_some() {
            format!("Destination{index}")
        } else {
            String::new()
        };
        let (Some(from), Some(to)) = (end(source, destination, out), end(destination, source, out)) else {
            continue;
        };
        let Some((made, on_source, categories)) = profile(&from.kind, &to.kind, of.span) else {
            continue;
        };
        let mut statements = Vec::new();
        for (category, list) in categories.as_map().into_iter().flat_map(|m| m.iter()) {
            if category.as_str().is_some_and(|c| permissions.contains(&c)) {
                let list = rewritten_text(list, &|text| filled(text, &from, &to, of.span));
                statements.extend(list.as_list().into_iter().flat_map(|l| l.items.iter().cloned()));
            }
        }
        let document = object(
            vec![
                ("Version", Value::string("2012-10-17", of.span)),
                ("Statement", Value::list(statements, of.span)),
            ],
            of.span,
        );
        let end = if on_source { &from } else { &to };
        put(made, &format!("{id}{{}}{suffix}"), end, document, of, out);
    }
}

fn put(made: &str, name: &str, end: &End, document: Value, of: &Resource, out: &mut Output) {
    let (kind, what, property, on) = match made {
        "AWS_IAM_ROLE_MANAGED_POLICY" => ("AWS::IAM::ManagedPolicy", "Policy", "Roles", &end.role),
        "AWS_SQS_QUEUE_POLICY" => ("AWS::SQS::QueuePolicy", "QueuePolicy", "Queues", &end.queue),
        _ => ("AWS::SNS::TopicPolicy", "TopicPolicy", "Topics", &end.arn),
    };
    let Some(on) = on else {
        return;
    };
    let properties = vec![
        ("PolicyDocument", document),
        (property, Value::list(vec![on.clone()], of.span)),
    ];
    out.put(&name.replace("{}", what), resource(kind, properties, of));
}

/// What is made for a connector between two types, whether for its source, and the statements by category.
fn profile(from: &str, to: &str, at: Span) -> Option<(&'static str, bool, Value)> {
    let fields = PROFILES.lines().find_map(|line| {
        let mut fields = line.splitn(5, '\t');
        (fields.next() == Some(from) && fields.next() == Some(to)).then_some(fields)
    });
    let mut fields = fields?;
    let made = fields.next()?;
    let on_source = fields.next()? == "source";
    Some((made, on_source, parsed(fields.next()?, at)))
}

/// One end of a connector; `other` is the other end.
fn end(written: &Value, other: &Value, out: &Output) -> Option<End> {
    let at = written.span;
    let get = |name: &str| written.get(name).cloned();
    let Some(id) = written.get("Id").and_then(Value::as_str) else {
        let kind = written.get("Type")?.as_str()?;
        let deployed = DEPLOYED.iter().find(|(from, _)| *from == kind).map(|(_, to)| *to);
        return Some(End {
            kind: deployed.unwrap_or(kind).to_owned(),
            arn: get("Arn"),
            name: get("Name"),
            id: get("ResourceId"),
            qualifier: get("Qualifier"),
            queue: get("QueueUrl"),
            role: get("RoleName"),
        });
    };
    let resource = out.resources.get(id)?;
    let kind = &*resource.kind;
    let by_reference = matches!(
        kind,
        "AWS::StepFunctions::StateMachine"
            | "AWS::SNS::Topic"
            | "AWS::AppSync::GraphQLApi"
            | "AWS::AppSync::DataSource"
    );
    let api = matches!(kind, "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api");
    let arn = if by_reference {
        reference(id, at)
    } else {
        attribute(id, "Arn", at)
    };
    let id_value = match kind {
        "AWS::AppSync::GraphQLApi" => Some(attribute(id, "ApiId", at)),
        _ => api.then(|| reference(id, at)),
    };
    Some(End {
        kind: kind.to_owned(),
        arn: Some(arn),
        name: (kind == "AWS::StepFunctions::StateMachine").then(|| attribute(id, "Name", at)),
        id: id_value,
        qualifier: get("Qualifier").or_else(|| api.then(|| Value::string("*", at))),
        queue: (kind == "AWS::SQS::Queue").then(|| reference(id, at)),
        role: role(resource, other).map(|role| reference(&role, at)),
    })
}

/// The logical id of the role of a resource.
fn role(resource: &Resource, other: &Value) -> Option<String> {
    let role = match &*resource.kind {
        "AWS::Lambda::Function" => resource.property("Role"),
        "AWS::StepFunctions::StateMachine" => resource.property("RoleArn"),
        "AWS::AppSync::DataSource" => resource.property("ServiceRoleArn"),
        "AWS::Events::Rule" => {
            let targets = resource.property("Targets")?.as_list()?;
            let is_other = |t: &&Value| {
                let arn = t.get("Arn");
                let id = arn.and_then(logical_id);
                id.is_some() && id.as_deref() == other.get("Id").and_then(Value::as_str)
                    || arn.is_some() && arn == other.get("Arn")
            };
            targets.items.iter().find(is_other)?.get("RoleArn")
        }
        _ => None,
    };
    logical_id(role?)
}

/// What a `Ref` or `Fn::GetAtt` refers to.
fn logical_id(value: &Value) -> Option<String> {
    if let Some(name) = value.get("Ref").and_then(Value::as_str) {
        return Some(name.to_owned());
    }
    let argument = value.get("Fn::GetAtt")?;
    match &argument.kind {
        Kind::List(list) => list.items.first()?.as_str().map(str::to_owned),
        _ => argument.as_str()?.split('.').next().map(str::to_owned),
    }
}

/// A text with `%{Source.Arn}` and its kin as an `Fn::Sub`; the value itself where the text is nothing else.
fn filled(text: &Text, from: &End, to: &End, at: Span) -> Option<Value> {
    let letters = text.as_str()?;
    let Some(open) = letters.find("%{") else {
        return letters
            .contains("${")
            .then(|| object(vec![("Fn::Sub", Value::text(text.clone(), at))], at));
    };
    let close = open + letters.get(open..)?.find('}')?;
    let name = letters.get(open + 2..close)?;
    let (which, field) = name.split_once('.')?;
    let end = if which == "Source" { from } else { to };
    let value = match field {
        "Arn" => &end.arn,
        "Name" => &end.name,
        "ResourceId" => &end.id,
        _ => &end.qualifier,
    };
    let value = value.clone()?;
    let (before, after) = (letters.get(..open)?, letters.get(close + 1..)?);
    if before.is_empty() && after.is_empty() {
        return Some(value);
    }
    let rest = filled(&Text::plain(after), from, to, at).unwrap_or_else(|| Value::string(after, at));
    let variables = object(vec![("V", value), ("R", rest)], at);
    let template = Value::string(&format!("{before}${{V}}${{R}}"), at);
    let arguments = Value::list(vec![template, variables], at);
    Some(object(vec![("Fn::Sub", arguments)], at))
}
