//! The [SAM](https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html)
//! transform, as far as roles go: serverless resources become the ones that CloudFormation deploys.

mod build;
mod connectors;
mod events;
mod policies;

use std::sync::Arc;

use indexmap::IndexMap;
use rolecall_source::{Entry, Kind, List, Map, Text, Value};

use crate::stack::Resource;
use build::{as_if, attribute, conditional, is_no_value, object, resource, retyped, trust, with};
use policies::RolePolicies;

/// The resources with the serverless ones replaced by what they stand for.
pub(crate) fn transform(
    resources: IndexMap<Arc<str>, Resource>,
    globals: Option<&Value>,
    resolve: &dyn Fn(&Value) -> Value,
) -> IndexMap<Arc<str>, Resource> {
    let mut out = Output::default();
    for (id, resource) in resources {
        let Some(kind) = resource.kind.strip_prefix("AWS::Serverless::") else {
            out.resources.insert(id, resource);
            continue;
        };
        let section = globals.and_then(|g| g.get(kind));
        let stated = resource.body.get("Properties").cloned();
        let stated = stated.unwrap_or_else(|| object(Vec::new(), resource.span));
        let serverless = Serverless {
            id: &id,
            properties: section.map_or_else(|| stated.clone(), |g| merged(g, &stated)),
            resource: &resource,
            resolve,
        };
        serverless.write(kind, &mut out);
    }
    connectors::connect(&mut out);
    out.finish()
}

#[derive(Default)]
struct Output {
    resources: IndexMap<Arc<str>, Resource>,
    /// A resource that is deployed gradually without a role of its own.
    gradual: Option<Resource>,
}

impl Output {
    fn put(&mut self, id: &str, resource: Resource) {
        self.resources.insert(id.into(), resource);
    }

    /// Adds the role that all gradual deployments share.
    fn finish(mut self) -> IndexMap<Arc<str>, Resource> {
        if let Some(of) = self.gradual.take() {
            let at = of.span;
            let arn = Value::string("arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda", at);
            let properties = vec![
                ("AssumeRolePolicyDocument", trust("codedeploy.amazonaws.com", at)),
                ("ManagedPolicyArns", Value::list(vec![arn], at)),
            ];
            self.put("CodeDeployServiceRole", resource("AWS::IAM::Role", properties, &of));
        }
        self.resources
    }
}

/// A serverless resource with its globals.
struct Serverless<'r> {
    id: &'r str,
    properties: Value,
    resource: &'r Resource,
    /// The value of a reference to a parameter.
    resolve: &'r dyn Fn(&Value) -> Value,
}

/// The types that are another type with (nearly) the same properties.
const RENAMED: [(&str, &str); 4] = [
    ("Api", "AWS::ApiGateway::RestApi"),
    ("HttpApi", "AWS::ApiGatewayV2::Api"),
    ("SimpleTable", "AWS::DynamoDB::Table"),
    ("LayerVersion", "AWS::Lambda::LayerVersion"),
];

impl Serverless<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        self.properties.get(name).filter(|v| !v.is_null())
    }

    fn write(&self, kind: &str, out: &mut Output) {
        match kind {
            "Function" => self.function(out),
            "StateMachine" => self.state_machine(out),
            "CapacityProvider" => self.capacity_provider(out),
            "GraphQLApi" => self.graphql(out),
            _ => {
                let renamed = RENAMED.iter().find(|(k, _)| *k == kind).map(|(_, t)| *t);
                let resource = match renamed {
                    Some(kind) => retyped(self.resource, kind, self.properties.clone()),
                    None => self.resource.clone(),
                };
                out.put(self.id, resource);
            }
        }
    }

    /// [`AWS::Serverless::Function`](https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html).
    fn function(&self, out: &mut Output) {
        let role = format!("{}Role", self.id);
        let at = self.resource.span;
        let mut policies = RolePolicies::default();
        policies.aws(
            if self.get("DurableConfig").is_some() {
                "service-role/AWSLambdaBasicDurableExecutionRolePolicy"
            } else {
                "service-role/AWSLambdaBasicExecutionRole"
            },
            at,
        );
        let traced = self.get("Tracing").map(|t| (self.resolve)(t));
        if traced.is_some_and(|t| t.as_str() != Some("Disabled")) {
            policies.aws("AWSXrayWriteOnlyAccess", at);
        }
        if self.get("VpcConfig").is_some() {
            policies.aws("service-role/AWSLambdaVPCAccessExecutionRole", at);
        }
        self.dead_letters(&mut policies);
        self.destinations(&mut policies, out);
        policies.add(self.get("Policies"), &role);
        self.pulled_events(&mut policies);
        let trust = self.get("AssumeRolePolicyDocument").cloned();
        let trust = trust.unwrap_or_else(|| trust_lambda(at));
        let value = self.role(&role, trust, policies, out);
        let properties = with(&self.properties, "Role", value);
        out.put(self.id, retyped(self.resource, "AWS::Lambda::Function", properties));
        self.function_events(out);
        let preference = self.get("DeploymentPreference");
        let enabled = |p: &Value| p.get("Enabled").and_then(|e| (self.resolve)(e).as_bool()) != Some(false);
        if preference.is_some_and(|p| p.get("Role").is_none() && enabled(p)) {
            out.gradual.get_or_insert_with(|| self.resource.clone());
        }
    }

    /// [`AWS::Serverless::StateMachine`](https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-statemachine.html).
    fn state_machine(&self, out: &mut Output) {
        let role = format!("{}Role", self.id);
        let at = self.resource.span;
        let mut policies = RolePolicies::default();
        policies.add(self.get("Policies"), &role);
        let traced = self
            .get("Tracing")
            .and_then(|t| t.get("Enabled"))
            .and_then(Value::as_bool);
        if traced == Some(true) {
            policies.aws("AWSXrayWriteOnlyAccess", at);
        }
        let value = match self.get("Role") {
            Some(role) => role.clone(),
            None => {
                let trust = trust("states.amazonaws.com", at);
                let made = self.made_role(trust, policies);
                out.put(&role, resource("AWS::IAM::Role", made, self.resource));
                attribute(&role, "Arn", at)
            }
        };
        let mut properties = with(&self.properties, "RoleArn", value);
        if let Some(name) = self.get("Name") {
            properties = with(&properties, "StateMachineName", name.clone());
        }
        let kind = "AWS::StepFunctions::StateMachine";
        out.put(self.id, retyped(self.resource, kind, properties));
        self.state_machine_events(out);
    }

    /// [`AWS::Serverless::CapacityProvider`](https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-capacityprovider.html):
    /// the role that launches its instances.
    fn capacity_provider(&self, out: &mut Output) {
        let at = self.resource.span;
        let role = match self.get("OperatorRole") {
            Some(role) => role.clone(),
            None => {
                let id = format!("{}OperatorRole", self.id);
                let mut policies = RolePolicies::default();
                policies.aws("AWSLambdaManagedEC2ResourceOperator", at);
                let made = self.made_role(trust_lambda(at), policies);
                out.put(&id, resource("AWS::IAM::Role", made, self.resource));
                attribute(&id, "Arn", at)
            }
        };
        let permissions = object(vec![("CapacityProviderOperatorRoleArn", role)], at);
        let properties = with(&self.properties, "PermissionsConfig", permissions);
        out.put(
            self.id,
            retyped(self.resource, "AWS::Lambda::CapacityProvider", properties),
        );
    }

    /// [`AWS::Serverless::GraphQLApi`](https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-graphqlapi.html):
    /// the role that writes its logs.
    fn graphql(&self, out: &mut Output) {
        let at = self.resource.span;
        let logging = self.get("Logging");
        let own = logging.is_some_and(|l| l.as_bool() == Some(false) || l.get("CloudWatchLogsRoleArn").is_some());
        if !own {
            let mut policies = RolePolicies::default();
            policies.aws("service-role/AWSAppSyncPushToCloudWatchLogs", at);
            let made = vec![
                ("AssumeRolePolicyDocument", trust("appsync.amazonaws.com", at)),
                ("ManagedPolicyArns", Value::list(policies.managed, at)),
            ];
            let role = resource("AWS::IAM::Role", made, self.resource);
            out.put(&format!("{}CloudWatchRole", self.id), role);
        }
        out.put(
            self.id,
            retyped(self.resource, "AWS::AppSync::GraphQLApi", self.properties.clone()),
        );
    }

    /// The role of a function: what it states, a role that is made for it, or one of both by a condition.
    fn role(&self, role: &str, trust: Value, policies: RolePolicies, out: &mut Output) -> Value {
        let at = self.resource.span;
        let made = attribute(role, "Arn", at);
        let Some(stated) = self.get("Role").filter(|r| !is_no_value(r)) else {
            let properties = self.made_role(trust, policies);
            out.put(role, resource("AWS::IAM::Role", properties, self.resource));
            return made;
        };
        let Some((condition, then, otherwise)) = as_if(stated) else {
            return stated.clone();
        };
        let (then_made, otherwise_made) = (is_no_value(then), is_no_value(otherwise));
        if !then_made && !otherwise_made {
            return stated.clone();
        }
        let mut role_resource = resource("AWS::IAM::Role", self.made_role(trust, policies), self.resource);
        // Made in both worlds it has no condition of its own.
        if then_made != otherwise_made {
            let named = object(vec![("Condition", condition.clone())], at);
            let negated = object(vec![("Fn::Not", Value::list(vec![named], at))], at);
            let exists = if then_made { condition.clone() } else { negated };
            role_resource.body = with(&role_resource.body, "Condition", exists);
        }
        out.put(role, role_resource);
        let pick = |is_made: bool, v: &Value| if is_made { made.clone() } else { v.clone() };
        conditional(
            condition,
            pick(then_made, then),
            pick(otherwise_made, otherwise),
            stated.span,
        )
    }

    /// The properties of a role made for the resource.
    fn made_role(&self, trust: Value, policies: RolePolicies) -> Vec<(&'static str, Value)> {
        let at = self.resource.span;
        let mut properties = vec![
            ("AssumeRolePolicyDocument", trust),
            ("ManagedPolicyArns", Value::list(policies.managed, at)),
            ("Policies", Value::list(policies.inline, at)),
        ];
        for (from, to) in [
            ("RolePath", "Path"),
            ("PermissionsBoundary", "PermissionsBoundary"),
            ("Tags", "Tags"),
        ] {
            properties.extend(self.get(from).map(|v| (to, v.clone())));
        }
        properties
    }
}

fn trust_lambda(at: rolecall_source::Span) -> Value {
    trust("lambda.amazonaws.com", at)
}

/// [Globals](https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html)
/// under a resource's own: maps merge, lists are joined, everything else is overridden.
fn merged(global: &Value, own: &Value) -> Value {
    match (&global.kind, &own.kind) {
        (Kind::Map(a), Kind::Map(b)) if crate::eval::intrinsic(a).is_none() && crate::eval::intrinsic(b).is_none() => {
            let mut entries: IndexMap<Text, Entry> = (*a.entries).clone();
            for (key, entry) in &*b.entries {
                let value = match a.entries.get(key) {
                    Some(global) => merged(&global.value, &entry.value),
                    None => entry.value.clone(),
                };
                let key_span = entry.key_span;
                entries.insert(key.clone(), Entry { key_span, value });
            }
            let kind = Kind::Map(Map {
                entries: Arc::new(entries),
                open: a.open.clone().or_else(|| b.open.clone()),
            });
            Value::new(kind, own.span)
        }
        (Kind::List(a), Kind::List(b)) => {
            let items = a.items.iter().chain(b.items.iter()).cloned().collect();
            let kind = Kind::List(List {
                items: Arc::new(items),
                open: a.open.clone().or_else(|| b.open.clone()),
            });
            Value::new(kind, own.span)
        }
        _ => own.clone(),
    }
}
