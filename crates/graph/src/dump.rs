//! The graph as text: what a twin in another language must give as well, so without addresses and places.

use std::fmt::Write as _;

use rolecall_facts::PrincipalKind;
use rolecall_iam::{Assumptions, Condition, Effect, Patterns, Statement};

use crate::model::{ComputeNode, Graph, Node, Pin, RoleTarget};

/// Writes the graph, sorted by name, one fact a line.
#[must_use]
pub fn dump(graph: &Graph) -> String {
    let mut lines: Vec<String> = Vec::new();
    for node in &graph.nodes {
        principal(graph, node, &mut lines);
    }
    for profile in &graph.profiles {
        let role = profile
            .role
            .and_then(|r| graph.node(r))
            .map_or_else(|| "nothing stated here".to_owned(), |r| format!("role {}", r.fact.name));
        lines.push(format!(
            "instance profile {} contains {role}{}",
            profile.fact.name,
            assuming(&profile.exists)
        ));
    }
    for node in &graph.compute {
        compute(graph, node, &mut lines);
    }
    lines.sort();
    lines.dedup();
    let mut out = String::new();
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
    out
}

fn principal(graph: &Graph, node: &Node, lines: &mut Vec<String>) {
    let who = format!("{} {}", node.fact.kind.word(), node.fact.name);
    let stated = if node.fact.declared { "" } else { " (only named)" };
    lines.push(format!("{who} arn {}{stated}{}", node.fact.arn, assuming(&node.exists)));
    for grant in &node.authority.identity {
        for statement in &grant.policy.statements {
            lines.push(format!("{who} {}{}", sentence(statement), assuming(&grant.exists)));
        }
    }
    for statement in node.authority.boundary.iter().flat_map(|b| &b.policy.statements) {
        lines.push(format!("{who} bounded by {}", sentence(statement)));
    }
    if node.fact.kind == PrincipalKind::Role {
        for statement in node.trust.iter().flat_map(|t| &t.statements) {
            lines.push(format!("{who} trusts {}", sentence(statement)));
        }
    }
    for (group, _) in &node.groups {
        if let Some(group) = graph.node(*group) {
            lines.push(format!("{who} member of group {}", group.fact.name));
        }
    }
}

fn compute(graph: &Graph, node: &ComputeNode, lines: &mut Vec<String>) {
    let what = |node: &ComputeNode| format!("{} {}", node.fact.kind, name(node));
    for wiring in &node.runs_with {
        let target = match &wiring.target {
            RoleTarget::Profile(p) => graph
                .profiles
                .get(*p)
                .map_or_else(String::new, |p| format!("instance profile {}", p.fact.name)),
            RoleTarget::Role(r) => graph
                .node(*r)
                .map_or_else(String::new, |r| format!("role {}", r.fact.name)),
            RoleTarget::Outside(text) => format!("outside {text}"),
        };
        let assuming = assuming(&wiring.assumes);
        lines.push(format!("{} runs with {target}{assuming}", what(node)));
    }
    for linked in &node.links {
        let Some(to) = graph.compute.get(linked.to) else {
            continue;
        };
        let (from, to, pin) = (what(node), what(to), pinned(linked.pin.as_ref()));
        lines.push(format!("{from} takes {to}{pin}{}", assuming(&linked.assumes)));
    }
}

/// The name that another language gives as well: letters, if there are any.
fn name(node: &ComputeNode) -> String {
    let names = &node.fact.names;
    let known = names.iter().find(|n| n.is_known()).or(names.first());
    known.map_or_else(|| "?".to_owned(), ToString::to_string)
}

fn pinned(pin: Option<&Pin>) -> String {
    match pin {
        None => String::new(),
        Some(Pin::Latest) => ", its latest version".to_owned(),
        Some(Pin::Default) => ", its default version".to_owned(),
        Some(Pin::Fixed(version)) if version.is_known() => format!(", its version {version}"),
        Some(Pin::Fixed(_)) => ", one version".to_owned(),
        Some(Pin::Unknown) => ", some version".to_owned(),
    }
}

fn assuming(assumes: &Assumptions) -> String {
    if assumes.is_empty() {
        return String::new();
    }
    let clauses: Vec<&str> = assumes.iter().map(|a| a.clause()).collect();
    format!(", assuming {}", clauses.join("; "))
}

/// A statement in one line: lists sorted, since their order means nothing.
fn sentence(statement: &Statement) -> String {
    let effect = if statement.effect == Effect::Allow {
        "allows"
    } else {
        "denies"
    };
    let mut out = format!("{effect} {}", patterns(&statement.actions));
    if let Some(resources) = &statement.resources {
        let _ = write!(out, " on {}", patterns(resources));
    }
    if let Some(principals) = &statement.principals {
        let named = principals
            .items
            .iter()
            .map(|p| format!("{:?} {}", p.kind, p.name))
            .collect();
        let _ = write!(
            out,
            " to {}{}",
            except(principals.negated),
            list(named, !principals.open.is_empty())
        );
    }
    let mut conditions: Vec<String> = statement.conditions.iter().map(condition).collect();
    conditions.sort();
    if !conditions.is_empty() {
        let _ = write!(out, " if {}", conditions.join(" and "));
    }
    let mut when: Vec<String> = statement
        .when
        .iter()
        .map(|a| format!("{} is {}", a.on.name, a.state))
        .collect();
    when.sort();
    if !when.is_empty() {
        let _ = write!(out, " when {}", when.join(" and "));
    }
    out
}

fn condition(condition: &Condition) -> String {
    let values = condition.values.iter().map(|v| v.text.to_string()).collect();
    format!(
        "{:?} {} {}",
        condition.operator,
        condition.key,
        list(values, !condition.open.is_empty())
    )
}

fn patterns(patterns: &Patterns) -> String {
    let items = patterns.items.iter().map(|i| i.text.to_string()).collect();
    format!("{}{}", except(patterns.negated), list(items, !patterns.open.is_empty()))
}

fn except(negated: bool) -> &'static str {
    if negated { "all but " } else { "" }
}

fn list(mut items: Vec<String>, open: bool) -> String {
    items.sort();
    items.dedup();
    if open {
        items.push("\u{2026}".to_owned());
    }
    items.join(", ")
}
