//! Statements that depend on one condition: the request is evaluated once for each state of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_source::{Assumption, Symbol, contradict};

use super::{Facts, action_matches, patterns_match};
use crate::resource::ResourceGrant;
use crate::{Alternative, Answer, Assumptions, Authority, Decision, Grant, Policy, Request};

/// Most worlds that are looked at; past that, every alternative is an assumption of its own.
const LIMIT: usize = 64;

/// The state of each condition that is not known. A condition that is missing here may be in any state.
#[derive(Clone, Debug, Default)]
pub(crate) struct World(Vec<(Symbol, Arc<str>)>);

impl World {
    /// True iff the alternatives are real here.
    pub(crate) fn admits(&self, when: &[Alternative]) -> bool {
        when.iter().all(|a| self.state(&a.on).is_none_or(|s| *s == a.state))
    }

    /// False iff its states exclude each other.
    fn is_possible(&self) -> bool {
        let clauses: Vec<Assumption> = self.0.iter().map(|(on, state)| clause(on, state)).collect();
        !contradict(&clauses)
    }

    fn state(&self, on: &Symbol) -> Option<&Arc<str>> {
        self.0.iter().find(|(s, _)| s == on).map(|(_, state)| state)
    }
}

/// What is relied on when `on` is in `state`.
pub(crate) fn clause(on: &Symbol, state: &str) -> Assumption {
    Assumption::state(on, state)
}

/// The conditions that statements about a request depend on, with their states.
fn conditions(authority: &Authority, request: &Request) -> BTreeMap<Symbol, Arc<[Arc<str>]>> {
    let facts = Facts {
        caller: &authority.caller,
        context: &request.context,
    };
    let depends = |g: &Grant| g.policy.statements.iter().any(|s| !s.when.is_empty());
    let on_it = |r: &&ResourceGrant| {
        depends(&r.grant) && !patterns_match(&r.scope().patterns, &request.resource, &facts).0.is_no()
    };
    let on_resource = authority.resources.iter().filter(on_it).map(|r| &r.grant);
    let grants = own_grants(authority).chain(on_resource);
    let statements = grants.flat_map(|g| &g.policy.statements);
    let depending = statements.filter(|s| !s.when.is_empty() && !action_matches(&s.actions, &request.action).0.is_no());
    let mut all = BTreeMap::new();
    for alternative in depending.flat_map(|s| &s.when) {
        all.entry(alternative.on.clone())
            .or_insert_with(|| Arc::clone(&alternative.states));
    }
    all
}

/// The policies of an authority but those of resources.
pub(crate) fn own_grants(authority: &Authority) -> impl Iterator<Item = &Grant> {
    let limits = authority.boundary.iter().chain(authority.session.iter().flatten());
    let grants = authority.identity.iter().chain(limits);
    grants.chain(authority.controls.iter().flatten())
}

/// The policies of an authority.
pub(crate) fn policies(authority: &Authority) -> impl Iterator<Item = &Policy> {
    let grants = own_grants(authority).chain(authority.resources.iter().map(|r| &r.grant));
    grants.map(|g| g.policy.as_ref())
}

/// Decides in every world and joins: Yes iff Yes in all, No iff No in all.
pub(super) fn decide(authority: &Authority, request: &Request, mut one: impl FnMut(&World) -> Decision) -> Decision {
    let all = conditions(authority, request);
    if all.is_empty() {
        return one(&World::default());
    }
    let mut worlds = vec![World::default()];
    let mut free = Assumptions::new();
    for (on, states) in &all {
        if worlds.len() * states.len().max(1) > LIMIT {
            free.insert(Assumption::new(format!("`{}` is as the statements need it", on.name)));
            continue;
        }
        let extended = worlds.iter().flat_map(|w| {
            states.iter().map(|s| {
                let mut w = w.clone();
                w.0.push((on.clone(), Arc::clone(s)));
                w
            })
        });
        worlds = extended.filter(World::is_possible).collect();
    }
    let decisions: Vec<(World, Decision)> = worlds.into_iter().map(|w| (w.clone(), one(&w))).collect();
    join(decisions, free)
}

fn join(decisions: Vec<(World, Decision)>, free: Assumptions) -> Decision {
    let all_no = decisions.iter().all(|d| d.1.answer.is_no());
    let all_yes = decisions.iter().all(|d| d.1.answer.is_yes());
    let best = decisions
        .iter()
        .position(|d| d.1.answer.is_yes())
        .or_else(|| decisions.iter().position(|d| !d.1.answer.is_no()))
        .unwrap_or(0);
    let needed = decisions.get(best).map(|b| needed(&decisions, b)).unwrap_or_default();
    let Some((_, mut decision)) = decisions.into_iter().nth(best) else {
        return Decision {
            answer: Answer::No,
            outcome: crate::Outcome::ImplicitlyDenied,
            because: Vec::new(),
        };
    };
    let mut relies = free;
    if !all_no && !all_yes {
        relies.extend(needed);
    }
    if !all_no && !relies.is_empty() {
        decision.answer = decision.answer.and(Answer::Depends(relies));
    }
    decision
}

/// The states of `best` without which the answer could be another: each that can be dropped while every world that
/// agrees with the rest answers alike is dropped.
fn needed(decisions: &[(World, Decision)], best: &(World, Decision)) -> Assumptions {
    let mut kept = best.0.0.clone();
    for (on, _) in &best.0.0 {
        let rest: Vec<_> = kept.iter().filter(|(s, _)| s != on).cloned().collect();
        let agrees = |w: &World| rest.iter().all(|(s, state)| w.state(s) == Some(state));
        if decisions
            .iter()
            .filter(|(w, _)| agrees(w))
            .all(|(_, d)| d.answer == best.1.answer)
        {
            kept = rest;
        }
    }
    kept.iter().map(|(on, state)| clause(on, state)).collect()
}
