use std::rc::Rc;

use crate::condition::{Condition, KeyValue, Lookup};
use crate::pattern::Pattern;
use crate::{Answer, Patterns};

use super::{Mode, Problem, Side};

/// A statement that applies to the action, ready for comparing.
#[derive(Clone)]
pub(crate) struct Rule<'a> {
    /// The resource is in all of these.
    pub(crate) resources: Rc<[Resources]>,
    pub(crate) conditions: &'a [Condition],
    /// Whose it is.
    pub(crate) side: usize,
    /// False when it is not known whether the statement is there, or names the action.
    pub(crate) certain: bool,
}

/// A `Resource` or `NotResource` element, its variables replaced.
#[derive(Clone, Debug)]
pub(crate) struct Resources {
    pub(crate) negated: bool,
    pub(crate) patterns: Vec<Pattern>,
    /// There may be more patterns.
    pub(crate) open: bool,
}

impl Resources {
    /// An element as `side` has it: a variable without a value makes its pattern match nothing, and a `NotResource` with
    /// it apply to nothing.
    pub(crate) fn of(element: &Patterns, side: &Side<'_>) -> Self {
        let pattern = |t: &crate::Template| t.pattern(&mut |key| side.variable(key));
        let mut patterns: Vec<Pattern> = element.items.iter().filter_map(pattern).collect();
        if element.negated && patterns.len() < element.items.len() {
            patterns.push(Pattern::like(&rolecall_source::Text::plain("*")));
        }
        Self {
            negated: element.negated,
            patterns,
            open: !element.open.is_empty(),
        }
    }
}

/// What a rule asks that is not settled.
#[derive(Clone)]
pub(super) enum Ask<'a> {
    /// The resource matches one of these.
    In(Rc<[Pattern]>),
    /// The resource matches none of these.
    Out(Rc<[Pattern]>),
    /// The condition holds for a side.
    Holds(&'a Condition, usize),
}

/// How a rule stands to the requests that are looked for.
pub(super) enum Standing<'a> {
    /// It applies to none.
    Never,
    /// It applies to those for which all these are true (all, when there are none).
    When(Vec<Ask<'a>>),
}

impl<'a> Rule<'a> {
    /// How the rule stands when it has to apply (`applies`) or must not.
    pub(super) fn standing(&self, problem: &Problem<'a>, mode: Mode, applies: bool) -> Standing<'a> {
        // What is not known counts as false for what is sought and strict, or as true when what is sought may be.
        let unknown = applies != mode.strict;
        if !self.certain && !unknown {
            return Standing::Never;
        }
        let mut asks = Vec::new();
        for resources in self.resources.iter() {
            match resources.ask(problem, unknown) {
                Some(ask) => asks.extend(ask),
                None => return Standing::Never,
            }
        }
        for condition in self.conditions {
            problem.relations.budget.spend(16);
            match settled(condition, problem.sides.get(self.side)) {
                None => asks.push(Ask::Holds(condition, self.side)),
                Some(Answer::Yes) => {}
                Some(Answer::No) => return Standing::Never,
                Some(Answer::Depends(_)) if unknown => {}
                Some(Answer::Depends(_)) => return Standing::Never,
            }
        }
        Standing::When(asks)
    }
}

/// Whether a condition holds, or `None` when its key is free.
pub(super) fn settled(condition: &Condition, side: Option<&Side<'_>>) -> Option<Answer> {
    let side = side?;
    match condition.key.as_str() {
        Some(key) => match side.key(key)? {
            KeyValue::Unknown(assumption) => Some(Answer::Depends([assumption].into())),
            _ => Some(condition.holds(side)),
        },
        None => Some(condition.holds(side)),
    }
}

impl Resources {
    /// What is left to ask of a resource in `domain`: `None` when it never matches, `Some(None)` when it always does.
    fn ask<'a>(&self, problem: &Problem<'a>, unknown: bool) -> Option<Option<Ask<'a>>> {
        let (domain, relations) = (&problem.domain, &problem.relations);
        let covered = |p: &Pattern| domain.iter().any(|d| relations.covers(p, d));
        let missed = |p: &Pattern| domain.iter().any(|d| relations.misses(p, d));
        let everything = self.patterns.iter().any(covered);
        let left: Rc<[Pattern]> = self.patterns.iter().filter(|p| !missed(p)).cloned().collect();
        match (self.negated, everything, left.is_empty()) {
            (true, true, _) | (false, false, true) if !(self.open && unknown && !self.negated) => None,
            (true, _, _) if self.open && !unknown => None,
            (false, true, _) | (true, false, true) => Some(None),
            (false, _, _) if self.open && unknown => Some(None),
            (true, _, _) => Some(Some(Ask::Out(left))),
            (false, _, _) => Some(Some(Ask::In(left))),
        }
    }
}
