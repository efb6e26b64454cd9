//! The smallest edit that closes a path, decided again on the edited model before it is offered.

use std::sync::Arc;

use hcl::expr::{Object, ObjectKey};
use hcl::{Expression, Identifier};
use rolecall_facts::Language;
use rolecall_graph::{Graph, Node};
use rolecall_iam::{
    Answer, Assumptions, Authority, Effect, Grant, Policy, PolicyKind, Reason, Statement, parse_policy,
};
use rolecall_source::{Span, Text, Value};

use crate::decide::{Launch, Launcher, Proof, place};
use crate::finding::Fix;
use crate::rules::Context;
use crate::technique::Technique;
use crate::wording::{document, who};

/// Closes a launch with `role`: takes PassRole on it out of the statement that gives it, or denies it where the
/// statement gives it by a wildcard action. `None` when neither closes the path.
pub(crate) fn pass_role(context: &Context<'_>, principal: &Node, role: &Node, launch: &Launch) -> Option<Fix> {
    let graph = context.graph;
    let reason = launch.pass.because.iter().find(|r| r.effect == Effect::Allow)?;
    let statement = statement(&principal.authority, reason)?;
    let service = launch.technique.service;
    let kept = kept(context, principal, role, statement, service);
    let narrowed = by_name(statement).then(|| narrow(principal, reason, &kept, service));
    let closes = |authority: &Authority| {
        let edited = Launcher::of(context, principal, authority);
        edited.passes(&role.fact.arn, service).answer == Answer::No
    };
    let by = graph
        .grant(reason.grant)
        .map_or_else(|| "the statement".to_owned(), document);
    if let Some(authority) = &narrowed
        && closes(authority)
    {
        let arns: Vec<String> = kept.iter().map(|r| reference(graph, principal, r)).collect();
        let summary = if arns.is_empty() {
            format!("take iam:PassRole on {} out of {by}", who(role))
        } else {
            format!("let iam:PassRole in {by} reach only the roles that gain nothing")
        };
        let snippet = (!arns.is_empty()).then(|| snippet(graph, principal, "Allow", &arns, Some(service)));
        return Some(Fix {
            summary,
            span: place(reason),
            snippet,
        });
    }
    let denied = deny(principal, &role.fact.arn);
    let arn = [reference(graph, principal, role)];
    closes(&denied).then(|| Fix {
        summary: format!(
            "deny iam:PassRole on {} to {}, or name the roles it needs in {by}",
            who(role),
            who(principal)
        ),
        span: place(reason),
        snippet: Some(snippet(graph, principal, "Deny", &arn, None)),
    })
}

/// Scopes an open pattern: names the service; the roles are for the user to choose.
pub(crate) fn scope(graph: &Graph, principal: &Node, pass: &Proof, technique: &Technique) -> Option<Fix> {
    let reason = pass.because.iter().find(|r| r.effect == Effect::Allow)?;
    let by = graph
        .grant(reason.grant)
        .map_or_else(|| "the statement".to_owned(), document);
    let summary = format!(
        "in {by}, name the roles that {} needs to pass, with iam:PassedToService {}",
        who(principal),
        technique.service
    );
    Some(Fix {
        summary,
        span: place(reason),
        snippet: None,
    })
}

fn statement<'a>(authority: &'a Authority, reason: &Reason) -> Option<&'a Statement> {
    authority
        .identity
        .iter()
        .find(|g| g.id == reason.grant)?
        .policy
        .statements
        .get(reason.statement)
}

/// True iff the statement gives PassRole by its name, so that it can be taken out.
fn by_name(statement: &Statement) -> bool {
    !statement.actions.negated && statement.actions.items.iter().any(|a| is_pass_role(&a.text))
}

fn is_pass_role(action: &Text) -> bool {
    action.as_str().is_some_and(|a| a.eq_ignore_ascii_case("iam:PassRole"))
}

/// The roles of the configuration that the statement covers and that gain the principal nothing.
fn kept<'g>(context: &Context<'g>, principal: &'g Node, role: &Node, from: &Statement, service: &str) -> Vec<&'g Node> {
    let covers_many = from.resources.as_ref().is_some_and(|r| {
        r.negated || r.items.len() > 1 || r.items.iter().any(|i| i.text.flat().0.contains(['*', '?']))
    });
    if !covers_many {
        return Vec::new();
    }
    let launcher = Launcher::new(context, principal);
    let roles = context
        .trusting(principal, service)
        .map(|(_, r)| r)
        .filter(|r| r.trust.is_some() && r.fact.arn != role.fact.arn && r.fact.arn != principal.fact.arn);
    let passed = roles.filter(|r| launcher.passes(&r.fact.arn, service).answer != Answer::No);
    passed
        .filter(|r| context.engine.gain(&r.authority, &principal.authority).answer == Answer::No)
        .collect()
}

/// The principal's authority with PassRole taken out of the statement and given on `kept` only.
fn narrow(principal: &Node, reason: &Reason, kept: &[&Node], service: &str) -> Authority {
    let mut authority = principal.authority.clone();
    for grant in authority.identity.iter_mut().filter(|g| g.id == reason.grant) {
        let mut policy: Policy = (*grant.policy).clone();
        if let Some(statement) = policy.statements.get_mut(reason.statement) {
            statement.actions.items.retain(|a| !is_pass_role(&a.text));
        }
        policy
            .statements
            .retain(|s| s.actions.negated || !s.actions.items.is_empty());
        grant.policy = Arc::new(policy);
    }
    if !kept.is_empty() {
        let arns = kept.iter().map(|r| r.fact.arn.clone()).collect();
        authority.identity.push(extra("Allow", arns, Some(service)));
    }
    authority
}

fn deny(principal: &Node, role: &Text) -> Authority {
    let mut authority = principal.authority.clone();
    authority.identity.push(extra("Deny", vec![role.clone()], None));
    authority
}

/// A policy of one statement about PassRole.
fn extra(effect: &str, arns: Vec<Text>, service: Option<&str>) -> Grant {
    let nowhere = Span::NOWHERE;
    let text = |t: &str| Value::string(t, nowhere);
    let map = |entries: Vec<(&str, Value)>| Value::map(entries.into_iter().map(|(k, v)| (Text::plain(k), v)), nowhere);
    let arns = arns.into_iter().map(|a| Value::text(a, nowhere)).collect();
    let mut entries = vec![
        ("Effect", text(effect)),
        ("Action", text("iam:PassRole")),
        ("Resource", Value::list(arns, nowhere)),
    ];
    if let Some(service) = service {
        let key = map(vec![("iam:PassedToService", text(service))]);
        entries.push(("Condition", map(vec![("StringEquals", key)])));
    }
    let document = map(vec![("Version", text("2012-10-17")), ("Statement", map(entries))]);
    let policy = parse_policy(&document, PolicyKind::Identity, &mut Vec::new());
    Grant {
        policy: Arc::new(policy),
        id: u32::MAX,
        exists: Assumptions::new(),
    }
}

fn language(graph: &Graph, principal: &Node) -> Language {
    graph
        .configurations
        .get(principal.configuration)
        .map_or(Language::Terraform, |c| c.language)
}

/// How the configuration would write a role's ARN: a reference where both stand in one module, else the ARN.
fn reference(graph: &Graph, principal: &Node, role: &Node) -> String {
    let address = &*role.fact.origin.address;
    let same_module = role.fact.origin.calls == principal.fact.origin.calls;
    match language(graph, principal) {
        Language::Terraform if same_module && role.fact.declared => {
            let local = address
                .find("aws_iam_role.")
                .and_then(|at| address.get(at..))
                .unwrap_or(address);
            format!("{local}.arn")
        }
        Language::CloudFormation if same_module && role.fact.declared => {
            format!("!GetAtt {}.Arn", address.rsplit(['#', '/']).next().unwrap_or(address))
        }
        _ => format!("\"{}\"", role.fact.arn),
    }
}

/// A statement about PassRole, as the language of the configuration writes it.
fn snippet(graph: &Graph, principal: &Node, effect: &str, arns: &[String], service: Option<&str>) -> String {
    match language(graph, principal) {
        Language::Terraform => hcl_statement(effect, arns, service),
        Language::CloudFormation => {
            let list: String = arns.iter().map(|a| format!("    - {a}\n")).collect();
            let condition = service.map_or_else(String::new, |s| {
                format!("  Condition:\n    StringEquals:\n      iam:PassedToService: {s}\n")
            });
            let text = format!("- Effect: {effect}\n  Action: iam:PassRole\n  Resource:\n{list}{condition}");
            text.trim_end().to_owned()
        }
    }
}

/// An element of `Statement` inside `jsonencode`.
fn hcl_statement(effect: &str, arns: &[String], service: Option<&str>) -> String {
    let text = |t: &str| Expression::String(t.to_owned());
    let key = |k: &str| ObjectKey::Identifier(Identifier::sanitized(k));
    let quoted = |k: &str| ObjectKey::Expression(text(k));
    let arn = |a: &String| a.parse::<Expression>().unwrap_or_else(|_| text(a));
    let mut statement = Object::new();
    statement.insert(key("Effect"), text(effect));
    statement.insert(key("Action"), text("iam:PassRole"));
    statement.insert(key("Resource"), Expression::Array(arns.iter().map(arn).collect()));
    if let Some(service) = service {
        let equals = Object::from([(quoted("iam:PassedToService"), text(service))]);
        let condition = Object::from([(key("StringEquals"), Expression::Object(equals))]);
        statement.insert(key("Condition"), Expression::Object(condition));
    }
    hcl::format::to_string(&Expression::Object(statement)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_written_as_terraform_writes_it() {
        let arns = [
            "aws_iam_role.app[\"eu\"].arn".to_owned(),
            "\"arn:aws:iam::1:role/x\"".to_owned(),
        ];
        let text = hcl_statement("Allow", &arns, Some("ec2.amazonaws.com"));
        insta::assert_snapshot!(text, @r#"
        {
          Effect = "Allow"
          Action = "iam:PassRole"
          Resource = [
            aws_iam_role.app["eu"].arn,
            "arn:aws:iam::1:role/x"
          ]
          Condition = {
            StringEquals = {
              "iam:PassedToService" = "ec2.amazonaws.com"
            }
          }
        }
        "#);
    }
}
