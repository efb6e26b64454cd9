//! Direct questions: who can act as a role, what can a principal act as, and how.

use std::collections::BTreeSet;

use rolecall_facts::Output;
use rolecall_graph::{Graph, Node, NodeId};
use rolecall_iam::Answer;
use rolecall_source::{Confidence, Diagnostic};

use crate::build::{Provers, prove, together, told};
use crate::candidates::severity;
use crate::context::{Context, World};
use crate::finding::{GainSummary, Hop, Party, Step};
use crate::prove::{Goal, reached};
use crate::walk::{self, Edges, Reach};
use crate::{Options, steps, wording};

/// What is asked. A principal is named by its address, its name or its ARN.
#[derive(Clone, Debug)]
pub enum Question {
    /// Every principal that can act as this one.
    WhoCan(String),
    /// Every principal that this one can act as.
    WhatCan(String),
    /// How the first can act as the second.
    Path(String, String),
}

/// One way, whether it gains anything or not.
#[derive(Clone, Debug)]
pub struct Path {
    /// Who starts.
    pub from: Party,
    /// Who is acted as in the end.
    pub to: Party,
    /// How sure it is.
    pub confidence: Confidence,
    /// The hops, each with its part of the steps.
    pub hops: Vec<Hop>,
    /// The steps, in story order.
    pub steps: Vec<Step>,
    /// What is gained; empty when nothing is.
    pub gain: GainSummary,
    /// How grave that is; `None` when nothing is gained.
    pub severity: Option<rolecall_source::Severity>,
    /// What it relies on, as clauses that read well after "assuming".
    pub assumptions: Vec<String>,
}

/// The answer to a [`Question`].
#[derive(Debug, Default)]
pub struct Paths {
    /// The ways: by who starts, then by whom they lead to.
    pub paths: Vec<Path>,
    /// Names of the question that nobody in the scan has, each with names that resemble it.
    pub unknown: Vec<(String, Vec<String>)>,
    /// What was wrong with what was read.
    pub diagnostics: Vec<Diagnostic>,
}

/// Answers a question about what the frontends made of a scan.
#[must_use]
pub fn answer(outputs: Vec<Output>, options: &Options, question: &Question) -> Paths {
    let mut paths = Paths::default();
    let mut configurations = Vec::new();
    for output in outputs {
        paths.diagnostics.extend(output.diagnostics);
        configurations.extend(output.configurations);
    }
    configurations.sort_by(|a, b| (&a.id, a.language).cmp(&(&b.id, b.language)));
    let graph = rolecall_graph::link(configurations, &options.graph(), &mut paths.diagnostics);
    let (from, to) = match question {
        Question::WhoCan(to) => (None, Some(to)),
        Question::WhatCan(from) => (Some(from), None),
        Question::Path(from, to) => (Some(from), Some(to)),
    };
    let mut find = |name: &Option<&String>| name.map(|n| named(&graph, n, &mut paths.unknown));
    let (from, to) = (find(&from), find(&to));
    if paths.unknown.is_empty() {
        let world = World::of(&graph, options);
        let context = world.context(&graph, options);
        paths.paths = ways(&context, from.as_ref(), to.as_ref());
    }
    paths
}

/// The principals of a name; notes a name that nobody has.
fn named(graph: &Graph, name: &str, unknown: &mut Vec<(String, Vec<String>)>) -> BTreeSet<NodeId> {
    let fact = |id: NodeId| graph.node(id).map(|n| &n.fact);
    let is = |id: &NodeId| {
        fact(*id).is_some_and(|f| *f.origin.address == *name || f.name.to_string() == name || f.arn.to_string() == name)
    };
    let found: BTreeSet<NodeId> = graph.node_ids().filter(is).collect();
    if found.is_empty() {
        let wanted = name.to_lowercase();
        let similar = graph.nodes.iter().map(|n| n.fact.origin.address.to_string());
        let similar = similar.filter(|a| a.to_lowercase().contains(&wanted)).take(5).collect();
        unknown.push((name.to_owned(), similar));
    }
    found
}

fn ways<'a>(context: &'a Context<'a>, from: Option<&BTreeSet<NodeId>>, to: Option<&BTreeSet<NodeId>>) -> Vec<Path> {
    let edges = walk::edges(context, walk::Wanted::All);
    let mut paths = Vec::new();
    for (id, start) in context
        .graph
        .node_ids()
        .filter_map(|id| Some((id, context.graph.node(id)?)))
    {
        if walk::acts(start) && from.is_none_or(|f| f.contains(&id)) {
            paths.extend(ways_of(context, &edges, id, start, to));
        }
    }
    paths.sort_by(|a: &Path, b: &Path| {
        let key = |p: &Path| (p.from.address.clone(), p.to.address.clone(), p.hops.len());
        key(a).cmp(&key(b))
    });
    paths
}

fn ways_of<'a>(
    context: &'a Context<'a>,
    edges: &[Edges],
    id: NodeId,
    start: &'a Node,
    to: Option<&BTreeSet<NodeId>>,
) -> Vec<Path> {
    let wanted = |reach: &Reach| {
        let end = reach.last().map(|(from, edge)| edge.goal.node().unwrap_or(*from));
        end.is_some_and(|end| to.is_none_or(|t| t.contains(&end)))
    };
    let reaches = walk::walk(edges, id, false).into_iter().filter(wanted);
    let mut provers = Provers::new(context);
    reaches.filter_map(|reach| path(&mut provers, start, &reach)).collect()
}

fn path<'a>(provers: &mut Provers<'a>, start: &'a Node, reach: &Reach) -> Option<Path> {
    let context = provers.context;
    let hops = prove(provers, reach)?;
    let (actor, last) = hops.last()?;
    let target = reached(context, actor, last.goal)?;
    let mut assumes = together(start, &hops);
    if assumes.are_impossible() {
        return None;
    }
    let gain = context
        .engine
        .gain(&target.given(&assumes), &start.authority.given(&assumes));
    let gains = gain.answer != Answer::No && gain.witness.is_some();
    if let Answer::Depends(more) = gain.answer.clone()
        && gains
    {
        assumes.join(&more);
    }
    // A change that gives nothing leads to nobody new.
    if !gains && !matches!(last.goal, Goal::Principal(_)) {
        return None;
    }
    let story = steps::story(context, start, &hops, gain.witness.as_ref().filter(|_| gains));
    let to = last.goal.node().and_then(|id| context.graph.node(id)).unwrap_or(actor);
    Some(Path {
        from: wording::party(start),
        to: wording::party(to),
        confidence: if assumes.is_empty() {
            Confidence::Certain
        } else {
            Confidence::Possible
        },
        hops: told(context, &hops, &story.ends),
        steps: story.steps,
        gain: if gains {
            wording::gain(&gain)
        } else {
            GainSummary::default()
        },
        severity: gains.then(|| severity(context, gain.rank, &target, last.technique, last.agreed)),
        assumptions: wording::clauses(&assumes.into_iter().collect::<Vec<_>>()),
    })
}
