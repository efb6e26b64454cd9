//! From every principal, the shortest way to every principal it can act as.
//!
//! An edge is decided by what the one who acts may do itself. Ways that rely on nothing come before ways that rely on
//! assumptions, then shorter ones before longer ones. What is visited is a principal: whoever acts as it may do the same
//! next, however it came there.

use std::collections::VecDeque;
use std::sync::Arc;

use rayon::prelude::*;
use rolecall_facts::PrincipalKind;
use rolecall_graph::{Node, NodeId};
use rolecall_source::{Text, contradict};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::context::Context;
use crate::prove::{Edge, Goal, Prover};
use crate::technique::{Family, Technique, Way};

/// What one principal may do by itself.
#[derive(Clone, Default)]
pub(crate) struct Edges {
    /// What everybody may do who is allowed the same.
    shared: Arc<Vec<Edge>>,
    own: Vec<Edge>,
}

impl Edges {
    pub(crate) fn iter(&self, of: NodeId) -> impl Iterator<Item = &Edge> {
        let other = move |e: &&Edge| e.goal != Goal::Principal(of);
        self.shared.iter().filter(other).chain(&self.own)
    }

    /// Equal for principals that may do the same by themselves; `None` for one that may do something as itself only.
    pub(crate) fn alike(&self) -> Option<usize> {
        self.own.is_empty().then(|| Arc::as_ptr(&self.shared).addr())
    }

    #[cfg(test)]
    pub(crate) fn by_itself(own: Vec<Edge>) -> Self {
        Self {
            shared: Arc::default(),
            own,
        }
    }
}

/// A way to somebody, hop by hop: who acts, and by which edge.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    pub(crate) path: Vec<(NodeId, Edge)>,
}

impl Reach {
    pub(crate) fn last(&self) -> Option<&(NodeId, Edge)> {
        self.path.last()
    }

    pub(crate) fn assumes(&self) -> usize {
        self.path.iter().map(|(_, e)| e.assumes).sum()
    }
}

/// What makes two principals alike for techniques that do not ask who acts.
type Alike = (u32, usize, Text, Text, u32);

/// Which edges are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    All,
    /// Those that may be part of a path that gains something: who is allowed everything gains nothing in its own account.
    Gaining,
}

/// Every principal's edges, in order of node.
pub(crate) fn edges(context: &Context<'_>, which: Wanted) -> Vec<Edges> {
    let ids: Vec<NodeId> = context.graph.node_ids().collect();
    let alike: Vec<Option<Alike>> = ids
        .par_iter()
        .map(|id| {
            context
                .graph
                .node(*id)
                .filter(|n| acts(n))
                .map(|n| alike(context.content(*id), n))
        })
        .collect();
    let mut first: FxHashMap<&Alike, usize> = FxHashMap::default();
    let mut firsts = Vec::new();
    for (at, key) in alike.iter().enumerate() {
        if let Some(key) = key {
            first.entry(key).or_insert_with(|| {
                firsts.push(at);
                at
            });
        }
    }
    let shared: FxHashMap<usize, Arc<Vec<Edge>>> = firsts
        .par_iter()
        .filter_map(|at| Some((*at, Arc::new(of(context, *ids.get(*at)?, which, is_shared)?))))
        .collect();
    let all = ids.par_iter().zip(&alike).map(|(id, key)| {
        let Some(key) = key else { return Edges::default() };
        let shared = first
            .get(key)
            .and_then(|at| shared.get(at))
            .cloned()
            .unwrap_or_default();
        let own = of(context, *id, which, |t| !is_shared(t)).unwrap_or_default();
        possible(context, *id, Edges { shared, own })
    });
    all.collect()
}

/// Without the ways to those who are never there together with `id`.
fn possible(context: &Context<'_>, id: NodeId, mut edges: Edges) -> Edges {
    let node = |id: NodeId| context.graph.node(id);
    let meets = |edge: &Edge| {
        let exists = edge.goal.node().and_then(node).into_iter().chain(node(id));
        !contradict(exists.flat_map(|n| &n.exists))
    };
    edges.own.retain(meets);
    if !edges.shared.iter().all(meets) {
        edges.shared = Arc::new(edges.shared.iter().copied().filter(meets).collect());
    }
    edges
}

/// True iff a technique asks what the one who acts may do, and not who it is.
fn is_shared(technique: &Technique) -> bool {
    matches!(technique.way(), Way::Pass | Way::TakeOver)
}

fn alike(content: u32, node: &Node) -> Alike {
    (
        content,
        node.configuration,
        node.account.clone(),
        node.partition.clone(),
        node.fact.scope.0,
    )
}

/// The best edge to each goal by each family, in order of technique.
fn of(context: &Context<'_>, id: NodeId, which: Wanted, wanted: impl Fn(&Technique) -> bool) -> Option<Vec<Edge>> {
    let node = context.graph.node(id)?;
    let everything = which == Wanted::Gaining && context.is_administrator(&node.authority);
    let wanted = |t: &Technique| wanted(t) && (!everything || t.way() == Way::Assume);
    let prover = Prover::new(context, id, node).in_brief();
    let mut best: FxHashMap<(Goal, Family), usize> = FxHashMap::default();
    let mut edges: Vec<Edge> = Vec::new();
    for technique in context.techniques.iter().copied().filter(|t| wanted(t)) {
        let known = |goal: Goal| {
            let at = best.get(&(goal, technique.rule));
            at.and_then(|at| edges.get(*at)).is_some_and(|e| e.assumes == 0)
        };
        let hops = prover.by(technique, &known).into_iter();
        for hop in hops.filter(|h| !h.proof.assumes.are_impossible()) {
            let edge = Edge::from(&hop);
            match best.get(&(edge.goal, technique.rule)).and_then(|at| edges.get_mut(*at)) {
                Some(known) if edge.assumes < known.assumes => *known = edge,
                Some(_) => {}
                None => {
                    best.insert((edge.goal, technique.rule), edges.len());
                    edges.push(edge);
                }
            }
        }
    }
    Some(edges)
}

/// Users, roles and permission sets act; a group does not, its members do. A group without a member in the
/// configuration stands for itself.
pub(crate) fn acts(node: &Node) -> bool {
    node.fact.kind != PrincipalKind::Group || node.members == 0
}

/// The ways from `start`: each edge of its own, and beyond them the best way to each further principal. A stepping
/// stone is somebody whom only services start: it is reported for what it can do itself.
pub(crate) fn walk(edges: &[Edges], start: NodeId, is_stepping_stone: bool) -> Vec<Reach> {
    let of = |id: NodeId| edges.get(id.0 as usize).into_iter().flat_map(move |e| e.iter(id));
    let mut reached: Vec<Reach> = of(start)
        .map(|e| Reach {
            path: vec![(start, *e)],
        })
        .collect();
    if is_stepping_stone {
        return reached;
    }
    let mut gained: FxHashSet<NodeId> = reached.iter().filter_map(|r| r.last()?.1.goal.node()).collect();
    gained.insert(start);
    for certain in [true, false] {
        let wanted = |e: &&Edge| !certain || e.assumes == 0;
        let mut came: FxHashMap<NodeId, (NodeId, Edge)> = FxHashMap::default();
        let mut queue = VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            for edge in of(at).filter(wanted) {
                let Goal::Principal(next) = edge.goal else { continue };
                if next == start || came.contains_key(&next) {
                    continue;
                }
                came.insert(next, (at, *edge));
                queue.push_back(next);
                if gained.insert(next) {
                    reached.push(Reach {
                        path: back(&came, start, next),
                    });
                }
            }
        }
    }
    reached
}

/// The path to `end`, from its last hop back.
fn back(came: &FxHashMap<NodeId, (NodeId, Edge)>, start: NodeId, end: NodeId) -> Vec<(NodeId, Edge)> {
    let mut path = Vec::new();
    let mut at = end;
    // INVARIANT: each step leads to somebody that was visited before, so that the start is reached.
    while at != start {
        let Some(step) = came.get(&at) else { break };
        path.push(*step);
        at = step.0;
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests;
