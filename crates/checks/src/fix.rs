//! The smallest edit that closes a path, decided again on the edited model before it is offered.

use std::sync::Arc;

use hcl::expr::{Object, ObjectKey};
use hcl::{Expression, Identifier};
use rolecall_facts::Language;
use rolecall_graph::{Graph, Node, NodeId};
use rolecall_iam::{
    Answer, Assumptions, Authority, Effect, Grant, Policy, PolicyKind, Reason, Statement, parse_policy,
};
use rolecall_source::{Span, Text, Value};

use crate::context::Context;
use crate::finding::Fix;
use crate::prove::{Edge, Evidence, Goal, Hop, Prover, place};
use crate::wording::{document, who};

const PASS_ROLE: &str = "iam:PassRole";
/// Most roles that a suggested statement names.
const MOST_KEPT: usize = 20;

/// The smallest edit known for a path: on its last hop.
pub(crate) fn of(context: &Context<'_>, hops: &[(&Node, Hop)]) -> Option<Fix> {
    let (actor, hop) = hops.last()?;
    let passed = hop.proof.evidence.iter().rev().find_map(|e| match e {
        Evidence::MayPass { role, to, because } if hop.goal == Goal::Principal(*role) => Some((*role, to, because)),
        _ => None,
    });
    match passed {
        Some((role, to, because)) => pass_role(context, (hop.from, *actor), role, to, because),
        None => action(context, actor, hop),
    }
}

/// Closes a hop that passes no role: takes the action that decides out of the statement that gives it, or denies it.
fn action(context: &Context<'_>, actor: &Node, hop: &Hop) -> Option<Fix> {
    let graph = context.graph;
    let closes = |authority: &Authority| {
        let edited = Prover::of(context, hop.from, actor, authority);
        edited.again(&Edge::from(hop)).is_none()
    };
    for evidence in &hop.proof.evidence {
        let Evidence::May { action, because } = evidence else {
            continue;
        };
        let reason = because.iter().find(|r| r.effect == Effect::Allow)?;
        let by = graph
            .grant(reason.grant)
            .map_or_else(|| "the statement".to_owned(), document);
        if closes(&without(&actor.authority, because, action)) {
            return Some(Fix {
                summary: format!("take {action} out of {by}"),
                span: place(reason),
                snippet: None,
            });
        }
        if closes(&denied(&actor.authority, action, &Text::plain("*"))) {
            return Some(Fix {
                summary: format!("deny {action} to {}, or name what it needs in {by}", who(actor)),
                span: place(reason),
                snippet: Some(snippet(graph, actor, ("Deny", action), &["\"*\"".to_owned()], None)),
            });
        }
    }
    trust(context, actor, hop, closes)
}

/// Closes a way that the role's trust policy alone gives.
fn trust(context: &Context<'_>, actor: &Node, hop: &Hop, closes: impl Fn(&Authority) -> bool) -> Option<Fix> {
    let (role, because) = hop.proof.evidence.iter().find_map(|e| match e {
        Evidence::TrustsPrincipal { role, because } => Some((context.graph.node(*role)?, because)),
        _ => None,
    })?;
    let reason = because.first()?;
    closes(&denied(&actor.authority, "sts:AssumeRole", &role.fact.arn)).then(|| Fix {
        summary: format!("take {} out of the trust policy of {}", who(actor), who(role)),
        span: place(reason),
        snippet: None,
    })
}

/// The authority without an action in the statements that give it by its name.
fn without(authority: &Authority, because: &[Reason], action: &str) -> Authority {
    let mut edited = authority.clone();
    for grant in &mut edited.identity {
        let mine = || because.iter().filter(|r| r.grant == grant.id);
        if mine().next().is_none() {
            continue;
        }
        let mut policy: Policy = (*grant.policy).clone();
        for reason in mine() {
            if let Some(statement) = policy
                .statements
                .get_mut(reason.statement)
                .filter(|s| !s.actions.negated)
            {
                let is = |t: &Text| t.as_str().is_some_and(|t| t.eq_ignore_ascii_case(action));
                statement.actions.items.retain(|a| !is(&a.text));
                statement.actions.forget();
            }
        }
        policy
            .statements
            .retain(|s| s.actions.negated || !s.actions.items.is_empty());
        grant.policy = Arc::new(policy);
    }
    edited
}

/// Closes a launch with `role`: takes PassRole on it out of the statement that gives it, or denies it where the
/// statement gives it by a wildcard action. `None` when neither closes the path.
fn pass_role(
    context: &Context<'_>,
    (id, principal): (NodeId, &Node),
    role: NodeId,
    service: &str,
    because: &[Reason],
) -> Option<Fix> {
    let graph = context.graph;
    let (role_id, role) = (role, graph.node(role)?);
    let reason = because.iter().find(|r| r.effect == Effect::Allow)?;
    let statement = statement(&principal.authority, reason)?;
    let kept = kept(context, (id, principal), role_id, statement, service);
    let narrowed = by_name(statement).then(|| narrow(principal, reason, &kept, service));
    let closes = |authority: &Authority| {
        let edited = Prover::of(context, id, principal, authority);
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
        let snippet = (!arns.is_empty()).then(|| snippet(graph, principal, ("Allow", PASS_ROLE), &arns, Some(service)));
        return Some(Fix {
            summary,
            span: place(reason),
            snippet,
        });
    }
    let denied = denied(&principal.authority, PASS_ROLE, &role.fact.arn);
    let arn = [reference(graph, principal, role)];
    closes(&denied).then(|| Fix {
        summary: format!(
            "deny iam:PassRole on {} to {}, or name the roles it needs in {by}",
            who(role),
            who(principal)
        ),
        span: place(reason),
        snippet: Some(snippet(graph, principal, ("Deny", PASS_ROLE), &arn, None)),
    })
}

/// Scopes an open pattern: names the service; the roles are for the user to choose.
pub(crate) fn scope(graph: &Graph, principal: &Node, reason: &Reason, service: &str) -> Fix {
    let by = graph
        .grant(reason.grant)
        .map_or_else(|| "the statement".to_owned(), document);
    let summary = format!(
        "in {by}, name the roles that {} needs to pass, with iam:PassedToService {service}",
        who(principal)
    );
    Fix {
        summary,
        span: place(reason),
        snippet: None,
    }
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
    action.as_str().is_some_and(|a| a.eq_ignore_ascii_case(PASS_ROLE))
}

/// The roles of the configuration that the statement covers and that gain the principal nothing.
fn kept<'g>(
    context: &'g Context<'g>,
    (id, principal): (NodeId, &'g Node),
    role: NodeId,
    from: &Statement,
    service: &str,
) -> Vec<&'g Node> {
    let covers_many = from.resources.as_ref().is_some_and(|r| {
        r.negated || r.items.len() > 1 || r.items.iter().any(|i| i.text.flat().0.contains(['*', '?']))
    });
    if !covers_many {
        return Vec::new();
    }
    let prover = Prover::new(context, id, principal);
    let trusting = context.trusts.all(service).map(|(id, _)| id);
    let roles = trusting
        .filter(|r| *r != role && *r != id)
        .filter_map(|r| Some((r, context.graph.node(r)?)))
        .filter(|(_, r)| r.trust.is_some() && context.same_account(principal, r).is_some());
    let harmless = roles.filter(|(r, _)| context.ranks.gains_nothing(context, *r, id));
    harmless
        .map(|(_, r)| r)
        .filter(|r| prover.passes(&r.fact.arn, service).answer != Answer::No)
        .take(MOST_KEPT)
        .collect()
}

/// The principal's authority with PassRole taken out of the statement and given on `kept` only.
fn narrow(principal: &Node, reason: &Reason, kept: &[&Node], service: &str) -> Authority {
    let mut authority = principal.authority.clone();
    for grant in authority.identity.iter_mut().filter(|g| g.id == reason.grant) {
        let mut policy: Policy = (*grant.policy).clone();
        if let Some(statement) = policy.statements.get_mut(reason.statement) {
            statement.actions.items.retain(|a| !is_pass_role(&a.text));
            statement.actions.forget();
        }
        policy
            .statements
            .retain(|s| s.actions.negated || !s.actions.items.is_empty());
        grant.policy = Arc::new(policy);
    }
    if !kept.is_empty() {
        let arns = kept.iter().map(|r| r.fact.arn.clone()).collect();
        authority.identity.push(extra("Allow", PASS_ROLE, arns, Some(service)));
    }
    authority
}

fn denied(authority: &Authority, action: &str, resource: &Text) -> Authority {
    let mut authority = authority.clone();
    authority
        .identity
        .push(extra("Deny", action, vec![resource.clone()], None));
    authority
}

/// A policy of one statement.
pub(crate) fn extra(effect: &str, action: &str, arns: Vec<Text>, service: Option<&str>) -> Grant {
    let nowhere = Span::NOWHERE;
    let text = |t: &str| Value::string(t, nowhere);
    let map = |entries: Vec<(&str, Value)>| Value::map(entries.into_iter().map(|(k, v)| (Text::plain(k), v)), nowhere);
    let arns = arns.into_iter().map(|a| Value::text(a, nowhere)).collect();
    let mut entries = vec![
        ("Effect", text(effect)),
        ("Action", text(action)),
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

/// A statement with an effect and an action, as the language of the configuration writes it.
fn snippet(
    graph: &Graph,
    principal: &Node,
    (effect, action): (&str, &str),
    arns: &[String],
    service: Option<&str>,
) -> String {
    match language(graph, principal) {
        Language::Terraform => hcl_statement(effect, action, arns, service),
        Language::CloudFormation => {
            let list: String = arns.iter().map(|a| format!("    - {a}\n")).collect();
            let condition = service.map_or_else(String::new, |s| {
                format!("  Condition:\n    StringEquals:\n      iam:PassedToService: {s}\n")
            });
            let text = format!("- Effect: {effect}\n  Action: {action}\n  Resource:\n{list}{condition}");
            text.trim_end().to_owned()
        }
    }
}

/// An element of `Statement` inside `jsonencode`.
fn hcl_statement(effect: &str, action: &str, arns: &[String], service: Option<&str>) -> String {
    let text = |t: &str| Expression::String(t.to_owned());
    let key = |k: &str| ObjectKey::Identifier(Identifier::sanitized(k));
    let quoted = |k: &str| ObjectKey::Expression(text(k));
    let arn = |a: &String| a.parse::<Expression>().unwrap_or_else(|_| text(a));
    let mut statement = Object::new();
    statement.insert(key("Effect"), text(effect));
    statement.insert(key("Action"), text(action));
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
        let text = hcl_statement("Allow", PASS_ROLE, &arns, Some("ec2.amazonaws.com"));
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
