//! The registry: every rule, once.

mod assume_role;
mod launch_over_privileged_role;
mod open_pass_role;
mod pass_role_to_service;
mod self_escalation;
mod take_over_compute;

use rayon::prelude::*;
use rolecall_facts::PrincipalKind;
use rolecall_graph::{Graph, Node, NodeId};
use rolecall_iam::PrincipalType;
use rolecall_source::{Diagnostic, Level, Severity, Span};
use rustc_hash::FxHashMap;

use crate::Options;
use crate::build::{Builder, Provers};
use crate::candidates::Candidate;
use crate::context::{Context, World};
use crate::finding::{Finding, Rule};
use crate::technique::Family;
use crate::walk::{self, Edges};

/// Most findings of one principal; the gravest are kept, and a note says how many more there are.
const MOST_OF_ONE: usize = 100;
/// Most findings of a scan, likewise.
const MOST: usize = 10_000;

/// Every rule.
#[must_use]
pub const fn rules() -> &'static [Rule] {
    &[
        launch_over_privileged_role::RULE,
        open_pass_role::RULE,
        pass_role_to_service::RULE,
        take_over_compute::RULE,
        assume_role::RULE,
        self_escalation::RULE,
    ]
}

/// How much a path of a family is worth at most, whatever is gained.
pub(crate) fn at_most(family: Family, agreed: bool) -> Severity {
    match family {
        Family::AssumeRole => assume_role::at_most(agreed),
        _ => Severity::Critical,
    }
}

/// Applies every rule; notes say what could not be decided.
pub(crate) fn run(graph: &Graph, options: &Options) -> (Vec<Finding>, Vec<Diagnostic>) {
    let world = World::of(graph, options);
    let context = world.context(graph, options);
    let edges = walk::edges(&context, walk::Wanted::Gaining);
    let starters = acting(graph);
    let (mut candidates, mut notes) = gaining(&context, &edges, &starters);
    notes.extend(keep_gravest(&mut candidates, MOST, "the scan", Span::NOWHERE));
    candidates.sort_by_key(|c| c.start);
    let of_one: Vec<&[Candidate]> = candidates.chunk_by(|a, b| a.start == b.start).collect();
    let built: Vec<Vec<Finding>> = of_one
        .par_iter()
        .map(|of_one| {
            let mut provers = Provers::new(&context);
            let one = |candidate| Builder::new(&mut provers, candidate)?.finding();
            of_one.iter().filter_map(one).collect()
        })
        .collect();
    let mut findings: Vec<Finding> = built.concat();
    findings.extend(open(&context, &starters, &candidates));
    findings.extend(crate::strangers::all(&context));
    (findings, notes)
}

/// Everybody who acts.
pub(crate) fn acting(graph: &Graph) -> Vec<(NodeId, &Node)> {
    graph
        .node_ids()
        .filter_map(|id| Some((id, graph.node(id)?)))
        .filter(|(_, n)| walk::acts(n))
        .collect()
}

/// The paths that gain something. Those of principals that are allowed the same are found once.
pub(crate) fn gaining(
    context: &Context<'_>,
    edges: &[Edges],
    starters: &[(NodeId, &Node)],
) -> (Vec<Candidate>, Vec<Diagnostic>) {
    let alike = |(id, node): &(NodeId, &Node)| {
        let mine = edges.get(id.0 as usize)?.alike()?;
        // A role may be among those it gains itself.
        (node.fact.kind != PrincipalKind::Role).then_some((mine, context.content(*id)))
    };
    let mut first: FxHashMap<_, NodeId> = FxHashMap::default();
    for starter in starters {
        if let Some(key) = alike(starter) {
            first.entry(key).or_insert(starter.0);
        }
    }
    let twin = |starter: &(NodeId, &Node)| {
        alike(starter)
            .and_then(|key| first.get(&key))
            .filter(|f| **f != starter.0)
    };
    let found: Vec<(Vec<Candidate>, Vec<Diagnostic>)> = starters
        .par_iter()
        .map(|starter| match twin(starter) {
            Some(_) => Default::default(),
            None => start(context, edges, starter.0, starter.1),
        })
        .collect();
    let index: FxHashMap<NodeId, usize> = starters.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
    let (mut candidates, mut notes) = (Vec::new(), Vec::new());
    for starter in starters {
        let at = twin(starter).unwrap_or(&starter.0);
        let Some((some, more)) = index.get(at).and_then(|at| found.get(*at)) else {
            continue;
        };
        candidates.extend(some.iter().map(|c| c.of(starter.0)));
        if twin(starter).is_none() {
            notes.extend(more.iter().cloned());
        }
    }
    (candidates, notes)
}

/// The paths of one principal that gain something.
fn start(context: &Context<'_>, edges: &[Edges], id: NodeId, node: &Node) -> (Vec<Candidate>, Vec<Diagnostic>) {
    let mut notes = Vec::new();
    let mut candidates: Vec<Candidate> = Vec::new();
    for reach in walk::walk(edges, id, is_stepping_stone(node)) {
        match context.ranks.judge(context, id, node, reach) {
            Ok(Some(candidate)) => candidates.push(candidate),
            Ok(None) => {}
            Err(note) => notes.push(*note),
        }
    }
    self_escalation::keep_one(&mut candidates);
    drop_detours(&mut candidates);
    let whose = crate::wording::who(node);
    notes.extend(keep_gravest(
        &mut candidates,
        MOST_OF_ONE,
        &whose,
        node.fact.origin.span,
    ));
    (candidates, notes)
}

/// Who gains everything in one hop gains nothing more by a chain that relies on as much.
fn drop_detours(candidates: &mut Vec<Candidate>) {
    let direct = candidates
        .iter()
        .filter(|c| c.reach.path.len() == 1 && c.severity == Severity::Critical);
    if let Some(least) = direct.map(|c| c.reach.assumes()).min() {
        candidates.retain(|c| c.reach.path.len() == 1 || c.reach.assumes() < least);
    }
}

/// Sorts by severity and cuts; a note says what was cut.
fn keep_gravest(candidates: &mut Vec<Candidate>, most: usize, whose: &str, at: Span) -> Option<Diagnostic> {
    candidates.sort_by_key(|c| (std::cmp::Reverse(c.severity), c.reach.assumes(), c.reach.path.len()));
    let more = candidates.len().checked_sub(most).filter(|m| *m > 0)?;
    candidates.truncate(most);
    let headline = format!("{whose} has {more} more findings than the {most} gravest, which are shown");
    Some(Diagnostic::new("findings-cut", Level::Note, headline, at))
}

/// Principals that launch nothing that is stated, but may pass roles by a pattern. Who becomes administrator by itself
/// needs no role.
fn open(context: &Context<'_>, starters: &[(NodeId, &Node)], told: &[Candidate]) -> Vec<Finding> {
    let launch = |c: &&Candidate| {
        let only = c.reach.path.first().filter(|_| c.reach.path.len() == 1);
        only.is_some_and(|(_, edge)| edge.technique.rule == Family::LaunchOverPrivilegedRole)
    };
    let escalates = |c: &&Candidate| {
        let itself = c.reach.path.len() == 1 && c.family() == Some(Family::SelfEscalation);
        itself && c.severity == Severity::Critical && c.reach.assumes() == 0
    };
    let enough = |c: &&Candidate| launch(c) || escalates(c);
    let told: std::collections::BTreeSet<NodeId> = told.iter().filter(enough).map(|c| c.start).collect();
    let open: Vec<Option<Finding>> = starters
        .par_iter()
        .filter(|(id, _)| !told.contains(id))
        .map(|(id, node)| open_pass_role::check(context, *id, node))
        .collect();
    open.into_iter().flatten().collect()
}

/// A role that only services start.
pub(crate) fn is_stepping_stone(node: &Node) -> bool {
    let Some(trust) = node.trust.as_ref().filter(|_| node.fact.kind == PrincipalKind::Role) else {
        return false;
    };
    let principals = trust.statements.iter().filter_map(|s| s.principals.as_ref());
    let only = |p: &rolecall_iam::Principals| {
        !p.negated && p.open.is_empty() && p.items.iter().all(|n| n.kind == PrincipalType::Service)
    };
    trust.open.is_empty() && principals.into_iter().all(only)
}
