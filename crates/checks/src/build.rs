//! Puts a finding together: proves each hop again, words it, and takes the witness.

use rolecall_graph::{Node, NodeId};
use rolecall_iam::{Answer, Assumptions, Gain, Witness};
use rolecall_source::{Assumption, Confidence, Severity};
use rustc_hash::FxHashMap;

use crate::candidates::{Candidate, severity};
use crate::context::Context;
use crate::finding::{self, Finding};
use crate::prove::{Edge, Goal, Hop, Prover, reached};
use crate::technique::Way;
use crate::walk::Reach;
use crate::{fix, steps, wording};

/// Everything a finding is made of.
pub(crate) struct Builder<'a> {
    context: &'a Context<'a>,
    id: NodeId,
    start: &'a Node,
    hops: Vec<(&'a Node, Hop)>,
    /// Other techniques of the same family that lead to the same end in one hop.
    also: Vec<String>,
    gain: Gain,
    witness: Witness,
    severity: Severity,
}

impl<'a> Builder<'a> {
    /// `None` when the path does not hold after all, or gains nothing: what is told is proved for its own principal.
    pub(crate) fn new(provers: &mut Provers<'a>, candidate: &Candidate) -> Option<Self> {
        let context = provers.context;
        let start = context.graph.node(candidate.start)?;
        let hops = prove(provers, &candidate.reach)?;
        let also = match candidate.reach.path.as_slice() {
            [(from, edge)] => others(context, provers.of(*from)?, edge),
            _ => Vec::new(),
        };
        let (actor, last) = hops.last()?;
        let target = reached(context, actor, last.goal)?;
        // Each counts only as far as it is there where all of this holds.
        let so = together(start, &hops);
        if so.are_impossible() {
            return None;
        }
        let gain = context.engine.gain(&target.given(&so), &start.authority.given(&so));
        if gain.answer == Answer::No {
            return None;
        }
        let witness = gain.witness.clone()?;
        let severity = severity(context, gain.rank, &target, last.technique, last.agreed);
        Some(Self {
            context,
            id: candidate.start,
            start,
            hops,
            also,
            gain,
            witness,
            severity,
        })
    }

    fn assumes(&self) -> Vec<Assumption> {
        let mut all = together(self.start, &self.hops);
        if let Answer::Depends(more) = &self.gain.answer {
            all.join(more);
        }
        all.into_iter().collect()
    }

    /// The finding.
    pub(crate) fn finding(self) -> Option<Finding> {
        let graph = self.context.graph;
        let (_, last) = self.hops.last()?;
        let (_, first) = self.hops.first()?;
        let assumes = self.assumes();
        let rule = last.technique.rule.rule();
        let target = last.goal.node().and_then(|id| graph.node(id));
        let story = steps::story(self.context, self.start, &self.hops, Some(&self.witness));
        let configuration = graph.configurations.get(self.start.configuration).map_or("", |c| &c.id);
        let gained = target.unwrap_or(self.start);
        let identity = [
            rule,
            configuration,
            &self.start.fact.origin.address,
            &gained.fact.origin.address,
            &first.technique.id,
        ];
        let escalates = self.context.escalates(self.id, self.start);
        let own = last.technique.way() == Way::Change;
        Some(Finding {
            rule,
            technique: first.technique.id.shared(),
            severity: self.severity,
            confidence: if assumes.is_empty() {
                Confidence::Certain
            } else {
                Confidence::Possible
            },
            headline: wording::headline(self.context, self.start, &self.hops, &self.gain),
            principal: wording::party(self.start),
            role: Some(wording::party(gained)),
            gain: wording::gain(&self.gain),
            witness: Some(wording::witness(&self.witness)),
            primary: steps::primary(self.context, &self.hops),
            hops: told(self.context, &self.hops, &story.ends),
            steps: story.steps,
            assumptions: wording::clauses(&assumes),
            notes: wording::notes(&self.also, escalates, own),
            fix: fix::of(self.context, &self.hops),
            fingerprint: wording::fingerprint(&identity),
            suppressed: None,
        })
    }
}

/// One prover for each who acts: what it has been asked it remembers.
pub(crate) struct Provers<'a> {
    pub(crate) context: &'a Context<'a>,
    known: FxHashMap<NodeId, Prover<'a>>,
}

impl<'a> Provers<'a> {
    pub(crate) fn new(context: &'a Context<'a>) -> Self {
        Self {
            context,
            known: FxHashMap::default(),
        }
    }

    fn of(&mut self, id: NodeId) -> Option<&Prover<'a>> {
        let node = self.context.graph.node(id)?;
        let context = self.context;
        Some(self.known.entry(id).or_insert_with(|| Prover::new(context, id, node)))
    }
}

/// Proves each hop of a way again, with its evidence.
pub(crate) fn prove<'a>(provers: &mut Provers<'a>, reach: &Reach) -> Option<Vec<(&'a Node, Hop)>> {
    let context = provers.context;
    let one = |(from, edge): &(NodeId, Edge)| {
        let actor = context.graph.node(*from)?;
        Some((actor, provers.of(*from)?.again(edge)?))
    };
    reach.path.iter().map(one).collect()
}

/// The hops in words; each ends at a step.
pub(crate) fn told(context: &Context<'_>, hops: &[(&Node, Hop)], ends: &[usize]) -> Vec<finding::Hop> {
    let mut from = 0;
    let pairs = hops.iter().zip(ends);
    pairs
        .map(|((actor, hop), end)| {
            let steps = from..*end;
            from = *end;
            let to = hop.goal.node().and_then(|id| context.graph.node(id));
            finding::Hop {
                technique: hop.technique.id.shared(),
                does: wording::does(context, hop).into(),
                from: wording::party(actor),
                to: wording::party(to.unwrap_or(actor)),
                through: hop.through.and_then(|at| wording::compute(context, hop.technique, at)),
                steps,
            }
        })
        .collect()
}

/// What must hold for the start, those on the way and their hops to be there.
pub(crate) fn together(start: &Node, hops: &[(&Node, Hop)]) -> Assumptions {
    let mut all = start.exists.clone();
    for (actor, hop) in hops {
        all.join(&actor.exists);
        all.join(&hop.proof.assumes);
    }
    all
}

/// The other techniques of the same family that reach the same end, but for longer ways of the same one.
fn others(context: &Context<'_>, prover: &Prover<'_>, edge: &Edge) -> Vec<String> {
    let family = context
        .techniques
        .iter()
        .copied()
        .filter(|t| t.rule == edge.technique.rule);
    let other = family.filter(|t| t.id != edge.technique.id && t.variant_of.as_ref() != Some(&edge.technique.id));
    let own = !matches!(edge.goal, Goal::Principal(_));
    let holds = other.filter(|t| match t.way() {
        Way::Change => own && prover.by(t, &|_| false).iter().any(|h| h.goal == edge.goal),
        Way::Assume => false,
        Way::Pass | Way::TakeOver => prover.again(&Edge { technique: t, ..*edge }).is_some(),
    });
    holds.map(|t| t.id.to_string()).collect()
}
