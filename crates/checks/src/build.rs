//! Puts a finding together: proves each hop again, words it, and takes the witness.

use rolecall_graph::Node;
use rolecall_iam::{Answer, Gain, Witness};
use rolecall_source::{Assumption, Confidence, Severity};

use crate::candidates::{Candidate, severity};
use crate::context::Context;
use crate::finding::{self, Finding};
use crate::prove::{Edge, Hop, Prover, reached};
use crate::technique::Way;
use crate::{fix, steps, wording};

/// Everything a finding is made of.
pub(crate) struct Builder<'a> {
    context: &'a Context<'a>,
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
    pub(crate) fn new(context: &'a Context<'a>, candidate: &Candidate) -> Option<Self> {
        let graph = context.graph;
        let start = graph.node(candidate.start)?;
        let mut hops = Vec::new();
        let mut also = Vec::new();
        for (from, edge) in &candidate.reach.path {
            let actor = graph.node(*from)?;
            let prover = Prover::new(context, *from, actor);
            hops.push((actor, prover.again(edge)?));
            if candidate.reach.path.len() == 1 {
                also = others(context, &prover, edge);
            }
        }
        let (actor, last) = hops.last()?;
        let target = reached(context, actor, last.goal)?;
        let gain = context.engine.gain(&target, &start.authority);
        if gain.answer == Answer::No {
            return None;
        }
        let witness = gain.witness.clone()?;
        let severity = severity(context, gain.rank, &target, last.technique, last.agreed);
        Some(Self {
            context,
            start,
            hops,
            also,
            gain,
            witness,
            severity,
        })
    }

    fn assumes(&self) -> Vec<Assumption> {
        let mut all: rolecall_iam::Assumptions = self.start.exists.clone();
        for (actor, hop) in &self.hops {
            all.extend(actor.exists.iter().cloned());
            all.extend(hop.proof.assumes.iter().cloned());
        }
        if let Answer::Depends(more) = &self.gain.answer {
            all.extend(more.iter().cloned());
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
        let story = steps::story(self.context, self.start, &self.hops, &self.witness);
        let configuration = graph.configurations.get(self.start.configuration).map_or("", |c| &c.id);
        let gained = target.unwrap_or(self.start);
        let identity = [
            rule,
            configuration,
            &self.start.fact.origin.address,
            &gained.fact.origin.address,
            &first.technique.id,
        ];
        let escalates = self.context.engine.escalates(&self.start.authority);
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
            hops: self.hops_of(&story.ends),
            steps: story.steps,
            assumptions: assumes.iter().map(ToString::to_string).collect(),
            notes: wording::notes(&self.also, &escalates, own),
            fix: fix::of(self.context, &self.hops),
            fingerprint: wording::fingerprint(&identity),
            suppressed: None,
        })
    }

    fn hops_of(&self, ends: &[usize]) -> Vec<finding::Hop> {
        let mut from = 0;
        let pairs = self.hops.iter().zip(ends);
        pairs
            .map(|((actor, hop), end)| {
                let steps = from..*end;
                from = *end;
                let to = hop.goal.node().and_then(|id| self.context.graph.node(id));
                finding::Hop {
                    technique: hop.technique.id.shared(),
                    does: wording::does(self.context, hop).into(),
                    from: wording::party(actor),
                    to: wording::party(to.unwrap_or(actor)),
                    through: hop
                        .through
                        .and_then(|at| wording::compute(self.context, hop.technique, at)),
                    steps,
                }
            })
            .collect()
    }
}

/// The other techniques of the same family that reach the same end, but for longer ways of the same one.
fn others(context: &Context<'_>, prover: &Prover<'_>, edge: &Edge) -> Vec<String> {
    let family = context.techniques.iter().filter(|t| t.rule == edge.technique.rule);
    let other = family.filter(|t| t.id != edge.technique.id && t.variant_of.as_ref() != Some(&edge.technique.id));
    let holds = other.filter(|t| match t.way() {
        Way::Change => prover.by(t).iter().any(|h| h.goal == edge.goal),
        Way::Assume => false,
        Way::Pass => prover.again(&Edge { technique: t, ..*edge }).is_some(),
        Way::TakeOver => prover.by(t).iter().any(|h| h.goal == edge.goal),
    });
    holds.map(|t| t.id.to_string()).collect()
}
