//! Paths that gain something, before anything is worded.

use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

use rolecall_graph::{Node, NodeId};
use rolecall_iam::{Answer, Assumptions, Authority, Rank};
use rolecall_source::{Diagnostic, Level, Severity};
use rustc_hash::FxHashMap;

use crate::context::Context;
use crate::prove::{Goal, reached};
use crate::rules::at_most;
use crate::technique::{Family, Technique};
use crate::walk::Reach;
use crate::wording::who;

/// A path that gains something.
pub(crate) struct Candidate {
    pub(crate) start: NodeId,
    pub(crate) reach: Reach,
    pub(crate) severity: Severity,
}

impl Candidate {
    /// The same path of somebody who is allowed the same.
    pub(crate) fn of(&self, start: NodeId) -> Self {
        let mut reach = self.reach.clone();
        if let Some(first) = reach.path.first_mut() {
            first.0 = start;
        }
        Self {
            start,
            reach,
            severity: self.severity,
        }
    }

    /// The family of its last hop, whose rule reports it.
    pub(crate) fn family(&self) -> Option<Family> {
        self.reach.last().map(|(_, edge)| edge.technique.rule)
    }
}

/// What one authority gains over another, by content.
#[derive(Default)]
pub(crate) struct Ranks(RwLock<FxHashMap<(u32, u32), Judged>>);

/// Whether there is a gain, and how grave.
#[derive(Clone)]
enum Judged {
    Nothing,
    Gain(Rank),
    Undecided(Assumptions),
}

impl Ranks {
    /// The candidate that a path makes, if it gains anything; a note where that was not decided.
    pub(crate) fn judge(
        &self,
        context: &Context<'_>,
        id: NodeId,
        start: &Node,
        reach: Reach,
    ) -> Result<Option<Candidate>, Box<Diagnostic>> {
        let Some((from, edge)) = reach.last().copied() else {
            return Ok(None);
        };
        let mine = (context.content(id), &start.authority);
        let target = match edge.goal {
            Goal::Principal(to) => context
                .graph
                .node(to)
                .map(|n| (context.content(to), Cow::Borrowed(&n.authority))),
            goal => context
                .graph
                .node(from)
                .and_then(|n| reached(context, n, goal))
                .map(|a| {
                    let content = context.engine.prepare(&a).id();
                    (content, Cow::Owned(a))
                }),
        };
        let Some((content, authority)) = target else {
            return Ok(None);
        };
        let target = (content, &*authority);
        // Who came by somebody that may do all this already has it from there.
        for (on_the_way, _) in reach.path.iter().skip(1) {
            let before = context
                .graph
                .node(*on_the_way)
                .map(|n| (context.content(*on_the_way), &n.authority));
            if before.is_some_and(|b| matches!(self.of(context, target, b), Judged::Nothing)) {
                return Ok(None);
            }
        }
        match self.of(context, target, mine) {
            Judged::Nothing => Ok(None),
            Judged::Undecided(why) => Err(Box::new(undecided(context, start, &reach, &why))),
            Judged::Gain(rank) => {
                let severity = severity(context, rank, target.1, edge.technique, edge.agreed);
                Ok(Some(Candidate {
                    start: id,
                    reach,
                    severity,
                }))
            }
        }
    }

    /// True iff acting as `target` certainly gains `principal` nothing.
    pub(crate) fn gains_nothing(&self, context: &Context<'_>, target: NodeId, principal: NodeId) -> bool {
        let of = |id: NodeId| context.graph.node(id).map(|n| (context.content(id), &n.authority));
        let (Some(target), Some(principal)) = (of(target), of(principal)) else {
            return false;
        };
        matches!(self.of(context, target, principal), Judged::Nothing)
    }

    /// Each side is its content and an authority of that content.
    fn of(&self, context: &Context<'_>, target: (u32, &Authority), principal: (u32, &Authority)) -> Judged {
        let engine = context.engine;
        let key = (target.0, principal.0);
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let gain = engine.gain(target.1, principal.1);
        let judged = match (gain.answer, gain.witness) {
            (Answer::No, _) | (Answer::Yes, None) => Judged::Nothing,
            (_, Some(_)) => Judged::Gain(gain.rank),
            (Answer::Depends(why), None) => Judged::Undecided(why),
        };
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(key).or_insert(judged).clone()
    }
}

/// How grave a path is: by what is gained; for changes of one's own permissions by what that leads to, since to be able
/// to is what the rule is about.
pub(crate) fn severity(
    context: &Context<'_>,
    rank: Rank,
    target: &Authority,
    technique: &Technique,
    agreed: bool,
) -> Severity {
    let severity = match rank {
        Rank::Administrator => Severity::Critical,
        Rank::Sensitive if technique.rule == Family::SelfEscalation && context.is_administrator(target) => {
            Severity::Critical
        }
        Rank::Sensitive => Severity::High,
        Rank::Write => Severity::Medium,
        Rank::Other => Severity::Low,
    };
    severity.min(at_most(technique.rule, agreed))
}

/// Gain could not be decided within the engine's bounds.
fn undecided(context: &Context<'_>, start: &Node, reach: &Reach, why: &Assumptions) -> Diagnostic {
    let goal = reach
        .last()
        .and_then(|(_, e)| e.goal.node())
        .and_then(|id| context.graph.node(id));
    let (target, span) = goal.map_or_else(
        || (who(start), start.fact.origin.span),
        |node| (who(node), node.fact.origin.span),
    );
    let headline = format!(
        "{} can act as {target}, and whether that gains anything was not decided",
        who(start)
    );
    let mut note = Diagnostic::new("gain-undecided", Level::Note, headline, span);
    note.notes = why.iter().map(ToString::to_string).collect();
    note
}
