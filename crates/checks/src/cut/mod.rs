//! The fewest edits that close the grave findings of a scan.
//!
//! Each way to somebody is a set of edits, of which each would close it. The fewest edits of which every known way has
//! one are made on the graph, and everything is decided again: what is still reached has another way, which is added, and
//! so on until nothing is. As the fewest for some of the ways are never more than the fewest for all, what is found in
//! the end is the fewest.

mod edit;
mod hitting;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rolecall_graph::{Graph, Node, NodeId};
use rolecall_source::{Severity, Span};

use crate::build::{Provers, prove};
use crate::candidates::Candidate;
use crate::context::World;
use crate::finding::Finding;
use crate::rules::{acting, gaining};
use crate::{Options, walk};
use edit::{Edit, Edits, apply};

/// Most findings for which edits are looked for.
const MOST_FINDINGS: usize = 400;
/// Most principals, likewise.
const MOST_PRINCIPALS: usize = 500;
/// Most times that everything is decided again.
const MOST_ROUNDS: usize = 8;

/// The fewest edits that close the findings of at least [`Severity::High`] that are open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The edits, by place.
    pub edits: Vec<CutEdit>,
    /// How many findings they close, decided on the edited model.
    pub closes: usize,
    /// How many there are.
    pub of: usize,
    /// True where no fewer edits of this kind close as many.
    pub fewest: bool,
}

/// One edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutEdit {
    /// What to do, a sentence.
    pub summary: String,
    /// Where.
    pub span: Span,
}

/// Who acts as whom in the end, by address.
type Pair = (Arc<str>, Arc<str>);

/// The fewest edits, where they can be looked for: not in very large scans, and not where nothing is open.
pub(crate) fn of(graph: &Graph, options: &Options, findings: &[Finding]) -> Option<Cut> {
    let open = findings
        .iter()
        .filter(|f| f.suppressed.is_none() && f.severity >= Severity::High);
    let wanted: Vec<Pair> = open
        .filter_map(|f| Some((f.principal.address.clone(), f.role.as_ref()?.address.clone())))
        .collect();
    if wanted.is_empty() || wanted.len() > MOST_FINDINGS || graph.nodes.len() > MOST_PRINCIPALS {
        return None;
    }
    Search::new(graph, options, &wanted).run(&wanted)
}

struct Search<'g> {
    graph: &'g Graph,
    options: &'g Options,
    pairs: BTreeSet<Pair>,
    edits: Edits,
    ways: BTreeSet<BTreeSet<Edit>>,
    /// Pairs that no edit is known for.
    given_up: BTreeSet<Pair>,
}

impl<'g> Search<'g> {
    fn new(graph: &'g Graph, options: &'g Options, wanted: &[Pair]) -> Self {
        Self {
            graph,
            options,
            pairs: wanted.iter().cloned().collect(),
            edits: Edits::default(),
            ways: BTreeSet::new(),
            given_up: BTreeSet::new(),
        }
    }

    fn run(mut self, wanted: &[Pair]) -> Option<Cut> {
        let mut chosen = BTreeSet::new();
        let mut fewest = true;
        let mut left = self.reached(&chosen);
        for _ in 0..MOST_ROUNDS {
            if left.is_subset(&self.given_up) {
                break;
            }
            let hitting = self.smallest();
            fewest = hitting.1;
            if hitting.0 == chosen {
                break;
            }
            chosen = hitting.0;
            left = self.reached(&chosen);
        }
        if chosen.is_empty() {
            return None;
        }
        let told = chosen.iter().filter_map(|e| self.edits.told(e));
        let mut edits: Vec<CutEdit> = told
            .map(|told| CutEdit {
                summary: told.summary.clone(),
                span: told.span,
            })
            .collect();
        edits.sort_by(|a, b| (a.span, &a.summary).cmp(&(b.span, &b.summary)));
        Some(Cut {
            edits,
            closes: wanted.iter().filter(|pair| !left.contains(*pair)).count(),
            of: wanted.len(),
            fewest: fewest && left.is_subset(&self.given_up),
        })
    }

    /// The fewest edits of which every known way has one.
    fn smallest(&self) -> (BTreeSet<Edit>, bool) {
        let all: BTreeSet<&Edit> = self.ways.iter().flatten().collect();
        let all: Vec<&Edit> = all.into_iter().collect();
        let number: BTreeMap<&Edit, usize> = all.iter().enumerate().map(|(at, edit)| (*edit, at)).collect();
        let set = |way: &BTreeSet<Edit>| way.iter().filter_map(|e| number.get(e).copied()).collect();
        let sets: Vec<BTreeSet<usize>> = self.ways.iter().map(set).collect();
        let hitting = hitting::smallest(&sets);
        let chosen = hitting
            .chosen
            .iter()
            .filter_map(|at| all.get(*at))
            .map(|e| (*e).clone());
        (chosen.collect(), hitting.minimal)
    }

    /// True iff a path would be told as a finding of high severity.
    fn is_grave(&self, candidate: &Candidate) -> bool {
        let rule = candidate.family().map_or("", crate::technique::Family::rule);
        let stated = self.options.severities.get(rule).copied();
        !self.options.disabled.contains(rule) && stated.unwrap_or(candidate.severity) >= Severity::High
    }

    /// The pairs that are still reached after some edits; their ways are learnt.
    fn reached(&mut self, edits: &BTreeSet<Edit>) -> BTreeSet<Pair> {
        let edited = apply(self.graph, edits);
        let world = World::of(&edited, self.options);
        let context = world.context(&edited, self.options);
        let edges = walk::edges(&context, walk::Wanted::Gaining);
        let starts: BTreeSet<&Arc<str>> = self.pairs.iter().map(|(start, _)| start).collect();
        let mut starters = acting(&edited);
        starters.retain(|(_, node)| starts.contains(&node.fact.origin.address));
        let (candidates, _) = gaining(&context, &edges, &starters);
        let address = |id: NodeId| edited.node(id).map(|n: &Node| n.fact.origin.address.clone());
        let mut provers = Provers::new(&context);
        let mut left = BTreeSet::new();
        let grave: Vec<&Candidate> = candidates.iter().filter(|c| self.is_grave(c)).collect();
        for candidate in grave {
            let end = candidate
                .reach
                .last()
                .and_then(|(_, e)| e.goal.node())
                .unwrap_or(candidate.start);
            let (Some(start), Some(end)) = (address(candidate.start), address(end)) else {
                continue;
            };
            let pair = (start, end);
            if !self.pairs.contains(&pair) {
                continue;
            }
            let Some(hops) = prove(&mut provers, &candidate.reach) else {
                continue;
            };
            let mut way = BTreeSet::new();
            for (_, hop) in &hops {
                way.extend(self.edits.of(&context, hop));
            }
            let way: BTreeSet<Edit> = way.difference(edits).cloned().collect();
            if way.is_empty() {
                self.given_up.insert(pair.clone());
            } else {
                self.ways.insert(way);
            }
            left.insert(pair);
        }
        left
    }
}
