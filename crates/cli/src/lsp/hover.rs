//! What a statement that passes roles reaches.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::Range;

use rolecall_checks::StepKind;
use rolecall_facts::PrincipalKind;
use rolecall_graph::Node;
use rolecall_iam::{Answer, Effect, Engine, Gain, Query, Rank, find};
use rolecall_source::{FileId, Severity, Span};
use serde_json::{Value, json};

use super::analysis::Snapshot;
use super::edit;
use super::text::Lines;

/// Roles that are told of one principal.
const ROLES: usize = 20;
/// Principals that are told.
const HOLDERS: usize = 10;

/// The statement at byte `offset` that allows PassRole, and all it reaches, as Markdown.
pub(crate) fn hover(snapshot: &Snapshot, file: FileId, offset: usize) -> Option<Value> {
    let text = snapshot.sources.text(file).ok()?;
    let (statement, range) = statement(snapshot, file, text, offset)?;
    let engine = Engine::new();
    let mut told = String::new();
    let mut reached = BTreeSet::new();
    let holders = holders(snapshot, statement);
    for holder in holders.iter().take(HOLDERS) {
        let _ = writeln!(
            told,
            "\n{} {} may pass\n",
            holder.fact.kind.word(),
            code(&holder.fact.name.to_string())
        );
        let roles = roles(snapshot, holder, statement);
        reached.extend(roles.iter().map(|r| r.fact.origin.address.clone()));
        for role in roles.iter().take(ROLES) {
            let gain = engine.gain(&role.authority, &holder.authority);
            let name = code(&role.fact.name.to_string());
            let _ = writeln!(
                told,
                "- role {name}: {}{}",
                gained(&gain),
                finding(snapshot, holder, role)
            );
        }
        if roles.is_empty() {
            told.push_str("- no role that is stated here\n");
        }
        if let Some(more) = roles.len().checked_sub(ROLES + 1) {
            let _ = writeln!(told, "- and {} more", more + 1);
        }
    }
    if let Some(more) = holders.len().checked_sub(HOLDERS + 1) {
        let _ = writeln!(told, "\nand {} more principals have this statement", more + 1);
    }
    let count = match reached.len() {
        1 => "1 role".to_owned(),
        n => format!("{n} roles"),
    };
    let markdown = format!("**`iam:PassRole` reaches {count} stated here**\n{told}");
    Some(json!({"contents": {"kind": "markdown", "value": markdown}, "range": Lines::new(text).extent(text, range)}))
}

/// The smallest statement around a byte that allows PassRole.
fn statement(snapshot: &Snapshot, file: FileId, text: &str, offset: usize) -> Option<(Span, Range<usize>)> {
    let grants = snapshot.graph.nodes.iter().flat_map(|n| &n.authority.identity);
    let statements = grants.flat_map(|g| &g.policy.statements);
    let here = statements.filter(|s| s.span.file == file && s.effect == Effect::Allow && names_pass_role(s));
    let placed = here.map(|s| (s.span, edit::whole(text, s.span.start as usize..s.span.end as usize)));
    let around = placed.filter(|(_, range)| (range.start..=range.end).contains(&offset));
    around.min_by_key(|(_, range)| range.len())
}

fn names_pass_role(statement: &rolecall_iam::Statement) -> bool {
    let names = |text: &str| {
        let text = text.to_ascii_lowercase();
        let literal = text.split(['*', '?']).next().unwrap_or("");
        text == "iam:passrole" || (text.contains(['*', '?']) && "iam:passrole".starts_with(literal))
    };
    statement.actions.items.iter().any(|a| names(&a.text.flat().0)) != statement.actions.negated
}

/// Who has the statement, each once.
fn holders(snapshot: &Snapshot, statement: Span) -> Vec<&Node> {
    let has = |node: &&Node| {
        let mut grants = node.authority.identity.iter();
        grants.any(|g| g.policy.statements.iter().any(|s| s.span == statement))
    };
    let mut by_address = BTreeMap::new();
    for node in snapshot.graph.nodes.iter().filter(has) {
        // A group's members are told, unless it has none here.
        if node.fact.kind != PrincipalKind::Group || node.members == 0 {
            by_address.insert((node.configuration, &node.fact.origin.address), node);
        }
    }
    by_address.into_values().collect()
}

/// The roles that the holder may pass by this very statement.
fn roles<'a>(snapshot: &'a Snapshot, holder: &Node, statement: Span) -> Vec<&'a Node> {
    let here = |role: &&Node| {
        let place = role.configuration == holder.configuration && role.account == holder.account;
        role.fact.kind == PrincipalKind::Role && place && role.fact.origin.address != holder.fact.origin.address
    };
    let passes = |role: &&Node| {
        let query = Query {
            action: "iam:PassRole".to_owned(),
            resource: role.fact.arn.clone(),
            fixed: rolecall_iam::Context::new(),
            absent: BTreeSet::new(),
        };
        let found = find(&holder.authority, &query);
        found.answer != Answer::No && found.because.iter().any(|r| r.span == statement)
    };
    snapshot.graph.nodes.iter().filter(here).filter(passes).collect()
}

fn gained(gain: &Gain) -> String {
    match (&gain.answer, gain.rank) {
        (Answer::No, _) => return "gains nothing".to_owned(),
        (_, Rank::Administrator) => return "gains **every permission**".to_owned(),
        _ => {}
    }
    let services: Vec<String> = gain
        .by_service
        .iter()
        .take(3)
        .map(|s| {
            let example = s
                .examples
                .first()
                .map_or_else(String::new, |e| format!(", such as {}", code(e)));
            format!("{} of {}{example}", s.actions, code(&s.service))
        })
        .collect();
    let more = gain.by_service.len().saturating_sub(3);
    let more = if more == 0 {
        String::new()
    } else {
        format!("; {more} more services")
    };
    format!(
        "gains {}{more}",
        if services.is_empty() {
            "permissions".to_owned()
        } else {
            services.join("; ")
        }
    )
}

/// What was found of this pair.
fn finding(snapshot: &Snapshot, holder: &Node, role: &Node) -> String {
    let mut of_pair = snapshot.analysis.findings.iter().filter(|f| {
        let passes = f.steps.iter().any(|s| s.kind == StepKind::Pass);
        let gained = f.role.as_ref().is_some_and(|r| r.address == role.fact.origin.address);
        passes && gained && f.principal.address == holder.fact.origin.address && f.suppressed.is_none()
    });
    of_pair.next().map_or_else(String::new, |f| {
        format!(" ({}: {})", severity(f.severity), code(&f.technique))
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// Text of the repository in a code span.
fn code(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() || c == '`' { '?' } else { c })
        .collect();
    format!("`{plain}`")
}
