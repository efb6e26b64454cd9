//! The whole graph: who and what there is, what the configuration states of them, and who can come to act as whom.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use rolecall_facts::Output;
use rolecall_graph::{Graph, Node, NodeId, RoleTarget};
use rolecall_iam::Assumptions;
use rolecall_source::{Diagnostic, Severity, Span};

use crate::build::Provers;
use crate::context::{Context, World};
use crate::finding::Party;
use crate::prove::{Edge, Goal};
use crate::walk::{self, Edges, Reach};
use crate::{Options, wording};

/// The whole graph.
#[derive(Debug, Default)]
pub struct Map {
    /// Principals, instance profiles and compute, in this order.
    pub nodes: Vec<Place>,
    /// What is between them, by who it starts from.
    pub edges: Vec<Link>,
    /// What was wrong with what was read.
    pub diagnostics: Vec<Diagnostic>,
}

/// Somebody or something.
#[derive(Clone, Debug)]
pub struct Place {
    /// What it is: `user`, `role`, `instance profile`, or the kind of compute as in `lambda:function`.
    pub party: Party,
    /// Its ARN, as far as it is known.
    pub arn: String,
    /// False for what is only named by others.
    pub declared: bool,
}

/// Something between two places.
#[derive(Clone, Debug)]
pub struct Link {
    /// Index into [`Map::nodes`].
    pub from: usize,
    /// Likewise.
    pub to: usize,
    /// What it is.
    pub what: What,
    /// What it relies on, as clauses that read well after "assuming".
    pub assumptions: Vec<String>,
}

/// What is between two places.
#[derive(Clone, Debug)]
pub enum What {
    /// The configuration states it: `is in`, `contains`, `runs with`, `refers to`.
    Stated(&'static str),
    /// It was decided: the one can act as the other, or change what it may do.
    Can {
        /// The technique.
        technique: Arc<str>,
        /// The rule that reports it.
        rule: &'static str,
        /// What it does, after "can".
        does: String,
        /// The compute that is used: index into [`Map::nodes`].
        through: Option<usize>,
        /// True where this adds permissions to whom it leads to, or takes a limit away.
        changes: bool,
        /// How grave what it gains is; `None` when it gains nothing.
        severity: Option<Severity>,
    },
}

/// Links what the frontends made of a scan and decides every edge.
#[must_use]
pub fn map(outputs: Vec<Output>, options: &Options) -> Map {
    let mut map = Map::default();
    let mut configurations = Vec::new();
    for output in outputs {
        map.diagnostics.extend(output.diagnostics);
        configurations.extend(output.configurations);
    }
    configurations.sort_by(|a, b| (&a.id, a.language).cmp(&(&b.id, b.language)));
    let graph = rolecall_graph::link(configurations, &options.graph(), &mut map.diagnostics);
    map.nodes = places(&graph);
    stated(&graph, &mut map.edges);
    let world = World::of(&graph, options);
    map.edges.extend(decided(&world.context(&graph, options)));
    map.edges.sort_by_key(|e| (e.from, matches!(e.what, What::Can { .. })));
    map
}

/// Where the profiles and the compute begin among the places.
fn offsets(graph: &Graph) -> (usize, usize) {
    let profiles = graph.nodes.len();
    (profiles, profiles + graph.profiles.len())
}

fn places(graph: &Graph) -> Vec<Place> {
    let principals = graph.nodes.iter().map(|node| Place {
        party: wording::party(node),
        arn: node.fact.arn.to_string(),
        declared: node.fact.declared,
    });
    let profiles = graph.profiles.iter().map(|profile| {
        let fact = &profile.fact;
        Place {
            party: party("instance profile", &fact.origin, fact.name.to_string()),
            arn: fact.arn.to_string(),
            declared: true,
        }
    });
    let compute = graph.compute.iter().map(|compute| {
        let fact = &compute.fact;
        let name = fact.names.first().map_or_else(String::new, ToString::to_string);
        Place {
            party: party(&fact.kind, &fact.origin, name),
            arn: fact.arn.as_ref().map_or_else(String::new, ToString::to_string),
            declared: true,
        }
    });
    principals.chain(profiles).chain(compute).collect()
}

fn party(kind: &str, origin: &rolecall_facts::Origin, name: String) -> Party {
    Party {
        kind: kind.into(),
        address: origin.address.clone(),
        name,
        span: origin.span,
    }
}

/// What the configuration states.
fn stated(graph: &Graph, out: &mut Vec<Link>) {
    let (profiles, compute) = offsets(graph);
    let mut say = |from: usize, to: usize, word: &'static str, assumes: &Assumptions| {
        out.push(Link {
            from,
            to,
            what: What::Stated(word),
            assumptions: assumes.iter().map(ToString::to_string).collect(),
        });
    };
    let nothing = Assumptions::new();
    for (at, node) in graph.nodes.iter().enumerate() {
        for (group, _) in &node.groups {
            say(at, group.0 as usize, "is in", &nothing);
        }
    }
    for (at, profile) in graph.profiles.iter().enumerate() {
        if let Some(role) = profile.role {
            say(profiles + at, role.0 as usize, "contains", &profile.exists);
        }
    }
    for (at, node) in graph.compute.iter().enumerate() {
        for wiring in &node.runs_with {
            match &wiring.target {
                RoleTarget::Role(role) => say(compute + at, role.0 as usize, "runs with", &wiring.assumes),
                RoleTarget::Profile(to) => say(compute + at, profiles + to, "runs with", &wiring.assumes),
                RoleTarget::Outside(_) => {}
            }
        }
        for linked in &node.links {
            say(compute + at, compute + linked.to, "refers to", &linked.assumes);
        }
    }
}

/// Who can act as whom, each edge proved.
fn decided(context: &Context<'_>) -> Vec<Link> {
    let edges = walk::edges(context, walk::Wanted::All);
    let ids: Vec<NodeId> = context.graph.node_ids().collect();
    let of = |id: &NodeId| {
        let node = context.graph.node(*id).filter(|n| walk::acts(n));
        node.map(|node| of_one(context, &edges, *id, node)).unwrap_or_default()
    };
    let found: Vec<Vec<Link>> = ids.par_iter().map(of).collect();
    found.concat()
}

fn of_one(context: &Context<'_>, edges: &[Edges], id: NodeId, node: &Node) -> Vec<Link> {
    let mut provers = Provers::new(context);
    // Of the ways to one end the first of each rule is told, as in findings.
    let mut best: BTreeMap<(Option<NodeId>, &'static str, bool), Link> = BTreeMap::new();
    for edge in edges.get(id.0 as usize).into_iter().flat_map(|e| e.iter(id)) {
        let Some(link) = one(context, &mut provers, (id, node), edge) else {
            continue;
        };
        let changes = !matches!(edge.goal, Goal::Principal(_));
        best.entry((edge.goal.node(), edge.technique.rule.rule(), changes))
            .or_insert(link);
    }
    best.into_values().collect()
}

fn one<'a>(
    context: &'a Context<'a>,
    provers: &mut Provers<'a>,
    (id, node): (NodeId, &Node),
    edge: &Edge,
) -> Option<Link> {
    let (_, compute) = offsets(context.graph);
    let reach = Reach {
        path: vec![(id, *edge)],
    };
    let proved = crate::build::prove(provers, &reach)?;
    let (_, hop) = proved.first()?;
    let candidate = context.ranks.judge(context, id, node, reach).ok().flatten();
    let changes = !matches!(edge.goal, Goal::Principal(_));
    // A change that gives nothing leads to nobody new.
    if changes && candidate.is_none() {
        return None;
    }
    Some(Link {
        from: id.0 as usize,
        to: edge.goal.node().unwrap_or(id).0 as usize,
        what: What::Can {
            technique: edge.technique.id.shared(),
            rule: edge.technique.rule.rule(),
            does: wording::does(context, hop),
            through: hop.through.map(|at| compute + at),
            changes,
            severity: candidate.map(|c| c.severity),
        },
        assumptions: hop.proof.assumes.iter().map(ToString::to_string).collect(),
    })
}

impl Place {
    /// Where it is stated.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.party.span
    }
}
