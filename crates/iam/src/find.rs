//! The existential question: is there an allowed request among those of a [`Query`]?

use std::collections::BTreeSet;
use std::rc::Rc;

use rolecall_source::{Class, Text};

use crate::condition::Condition;
use crate::evaluate::{action_matches, evaluate, policies};
use crate::levels;
use crate::pattern::{Arn, Pattern, Search, meets, witness};
use crate::resource::{ResourceGrant, Services};
use crate::solve::{Candidate, End, Flow, Known, Mode, Problem, Relations, Resources, Rule, Side};
use crate::{Answer, Authority, Context, Decision, Effect, Found, Query, Request, Statement};

/// Most requests of one look that are judged before the best of them is taken.
const CANDIDATES: usize = 24;
/// Most ways to give values to keys that patterns refer to.
const ASSIGNMENTS: usize = 16;
/// Most automaton states of a look for a resource that only has to be in the query.
const STATES: usize = 4_000;

/// The account of the resource: the caller's own, unless a query says otherwise.
const RESOURCE_ACCOUNT: &str = "aws:resourceaccount";
/// Certain and ordinary.
const PLAIN: Mode = Mode {
    strict: true,
    ordinary: true,
};
/// In which order requests are looked for. The first that needs no assumption is the answer.
const MODES: [Mode; 4] = [
    PLAIN,
    Mode {
        strict: false,
        ordinary: true,
    },
    Mode {
        strict: true,
        ordinary: false,
    },
    Mode {
        strict: false,
        ordinary: false,
    },
];

/// Finds a request of `query` that `authority` is allowed: Yes iff there is one for every value of the symbols.
/// Keys that are neither fixed nor absent are chosen by the caller; choosing a value for a key that states the
/// caller's circumstances (MFA, source address, time) is told as an assumption.
///
/// No is said iff there is none for any value of the symbols. A query whose resource is `*` asks for any resource that
/// the action supports. Past a bounded number of steps the answer depends.
#[must_use]
pub fn find(authority: &Authority, query: &Query) -> Found {
    Finder::new(authority, query).run()
}

struct Finder<'a> {
    authority: &'a Authority,
    query: &'a Query,
    domains: Vec<Vec<Pattern>>,
    relations: Rc<Relations>,
    best: Option<(Answer, Request, Decision)>,
    gave_up: bool,
}

impl<'a> Finder<'a> {
    fn new(authority: &'a Authority, query: &'a Query) -> Self {
        Self {
            authority,
            query,
            domains: domains(query),
            relations: Rc::default(),
            best: None,
            gave_up: false,
        }
    }

    fn run(mut self) -> Found {
        let mut fixed = self.query.fixed.clone();
        if let Some(account) = self.authority.caller.account.as_ref()
            && !self.query.absent.contains(RESOURCE_ACCOUNT)
        {
            fixed
                .entry(RESOURCE_ACCOUNT.to_owned())
                .or_insert_with(|| vec![account.clone()]);
        }
        let known = Known {
            fixed,
            absent: self.query.absent.clone(),
            ..Known::default()
        };
        let assignments = assignments(self.authority, &known);
        for mode in MODES {
            for known in &assignments {
                for at in 0..self.domains.len() {
                    self.look(mode, known, at);
                    if self.best.as_ref().is_some_and(|b| b.0.is_yes()) {
                        return self.found();
                    }
                }
            }
            if self.best.is_some() && mode != PLAIN {
                break;
            }
        }
        self.found()
    }

    /// Looks in one mode, with the keys that patterns refer to given, in one domain.
    fn look(&mut self, mode: Mode, known: &Known, domain: usize) {
        let side = Side {
            caller: &self.authority.caller,
            known,
        };
        let mut problem = Problem {
            domain: self.domains.get(domain).cloned().unwrap_or_default(),
            sides: vec![side],
            relations: Rc::clone(&self.relations),
            ..Problem::default()
        };
        allowed(self.authority, &self.query.action, &side, 0, &mut problem);
        let (authority, action) = (self.authority, &self.query.action);
        let mut seen = 0;
        let best = &mut self.best;
        let end = problem.search(mode, |candidate| {
            seen += 1;
            let (answer, request, decision) = judge(authority, action, known, candidate);
            let better = |b: &(Answer, Request, Decision)| weight(&answer) < weight(&b.0);
            if !answer.is_no() && best.as_ref().is_none_or(better) {
                *best = Some((answer, request, decision));
            }
            let done = best.as_ref().is_some_and(|b| b.0.is_yes());
            if done || seen >= CANDIDATES {
                Flow::Stop
            } else {
                Flow::Next
            }
        });
        self.gave_up |= end == End::Budget;
    }

    fn found(self) -> Found {
        if let Some((answer, request, decision)) = self.best {
            return Found {
                answer,
                request: Some(request),
                because: decision.because,
            };
        }
        let sample = self.sample();
        let decision = sample.as_ref().map(|r| evaluate(self.authority, r));
        let open = decision.as_ref().is_some_and(|d| !d.answer.is_no());
        let answer = match decision {
            Some(decision) if open => decision.answer,
            _ if self.gave_up => Answer::assuming("a request is allowed that a bounded search did not find"),
            _ => Answer::No,
        };
        Found {
            request: sample.filter(|_| !answer.is_no()),
            answer,
            because: Vec::new(),
        }
    }

    /// Some request of the query.
    fn sample(&self) -> Option<Request> {
        let domain = self.domains.first()?;
        let Search::Found(resource, _) = witness(&domain.iter().collect::<Vec<_>>(), &[], STATES) else {
            return None;
        };
        Some(Request {
            action: self.query.action.clone(),
            resource,
            context: self.query.fixed.clone(),
        })
    }
}

/// The fewer assumptions the better.
fn weight(answer: &Answer) -> usize {
    match answer {
        Answer::Yes => 0,
        Answer::Depends(assumptions) => assumptions.len(),
        Answer::No => usize::MAX,
    }
}

fn judge(authority: &Authority, action: &str, known: &Known, candidate: Candidate) -> (Answer, Request, Decision) {
    let mut context = known.fixed.clone();
    context.extend(candidate.context);
    let request = Request {
        action: action.to_owned(),
        resource: candidate.resource,
        context,
    };
    let decision = evaluate(authority, &request);
    let mut chosen = candidate.chosen;
    chosen.extend(known.assigned.iter().cloned());
    let answer = if chosen.is_empty() {
        decision.answer.clone()
    } else {
        decision.answer.clone().and(Answer::Depends(chosen))
    };
    (answer, request, decision)
}

/// The resources of a query, as patterns of which all must match: for a query with wildcards, once for each type that
/// the action supports.
fn domains(query: &Query) -> Vec<Vec<Pattern>> {
    let asked = Pattern::like(&query.resource);
    let everything = asked.is_everything();
    let guessed = asked.symbols().iter().any(|s| s.class == Class::Any);
    if asked.as_literal().is_some() || guessed {
        return vec![vec![asked]];
    }
    let Some(action) = rolecall_catalog::find_action(&query.action) else {
        return vec![vec![asked]];
    };
    let types = rolecall_catalog::resources(action.id);
    if types.is_empty() && everything {
        return vec![vec![Pattern::literal(&Text::plain("*"))]];
    }
    let shapes = types.iter().map(|t| Arn::default().shape(t.arn));
    let fitting: Vec<Vec<Pattern>> = shapes
        .filter(|shape| !meets(shape, &asked).is_no())
        .map(|shape| vec![asked.clone(), shape])
        .collect();
    if fitting.is_empty() { vec![vec![asked]] } else { fitting }
}

/// Adds to `problem` that `authority` allows `action`.
pub(crate) fn allowed<'a>(
    authority: &'a Authority,
    action: &str,
    side: &Side<'a>,
    index: usize,
    problem: &mut Problem<'a>,
) {
    let mut placed = Vec::new();
    let wanted = |s: &Statement| !action_matches(&s.actions, action).0.is_no();
    let services = Services::of(action);
    let concerned = |r: &ResourceGrant| services.concern(r);
    let levels = levels::each(authority, &wanted, &concerned, &mut |place| {
        let named = action_matches(&place.statement.actions, action).0;
        if named.is_no() {
            return;
        }
        let elements = [
            place.statement.resources.as_ref(),
            place.scope.map(|s| s.patterns.as_ref()),
        ];
        let resources = elements.into_iter().flatten().map(|e| Resources::of(e, side));
        let rule = Rule {
            resources: resources.collect(),
            conditions: &place.statement.conditions,
            side: index,
            certain: named.is_yes() && place.exists.is_empty() && place.statement.when.is_empty(),
        };
        placed.push((place.statement.effect, place.levels.to_vec(), rule));
    });
    let mut groups: Vec<Vec<Rule<'a>>> = vec![Vec::new(); levels];
    for (effect, levels, rule) in placed {
        match effect {
            Effect::Allow => {
                for level in levels {
                    groups.iter_mut().skip(level).take(1).for_each(|g| g.push(rule.clone()));
                }
            }
            Effect::Deny => problem.none.push(rule),
        }
    }
    problem.any = groups;
}

/// What is known of keys, once for each way to give values to the free keys that patterns refer to.
fn assignments(authority: &Authority, known: &Known) -> Vec<Known> {
    let side = Side {
        caller: &authority.caller,
        known,
    };
    let statements = || policies(authority).flat_map(|p| &p.statements);
    let keys = statements().flat_map(Statement::variables);
    let keys: BTreeSet<&str> = keys.filter(|k| side.key(k).is_none()).collect();
    let conditions: Vec<(&Condition, Side<'_>)> = statements().flat_map(|s| &s.conditions).map(|c| (c, side)).collect();
    known.assign(&keys, &conditions, ASSIGNMENTS)
}

/// Context as a query fixes it.
#[must_use]
pub(crate) fn context(pairs: &[(&str, &str)]) -> Context {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), vec![Text::plain(v)]))
        .collect()
}

#[cfg(test)]
mod tests;
