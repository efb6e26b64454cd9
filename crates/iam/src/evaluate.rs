//! Evaluates one request.
//!
//! Follows [policy evaluation logic](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html):
//! an explicit Deny anywhere denies; else identity policies, the permissions boundary and each level of service
//! control policies must all allow.

mod facts;
mod statement;
mod worlds;

use crate::{Answer, Authority, Decision, Effect, Grant, Outcome, Reason, Request};

pub(crate) use facts::{Facts, is_of_caller};
pub(crate) use statement::{action_matches, applies, patterns_match};
pub(crate) use worlds::{World, clause, policies};

/// Evaluates one request as AWS does.
#[must_use]
pub fn evaluate(authority: &Authority, request: &Request) -> Decision {
    worlds::decide(authority, |world| in_world(authority, request, world))
}

/// True unless the `Action` or `NotAction` element of `statement` certainly leaves `action` out.
#[must_use]
pub fn names_action(statement: &crate::Statement, action: &str) -> bool {
    !action_matches(&statement.actions, action).0.is_no()
}

/// Evaluates where each condition of `world` is in its state.
pub(crate) fn in_world(authority: &Authority, request: &Request, world: &World) -> Decision {
    let facts = Facts {
        caller: &authority.caller,
        context: &request.context,
    };
    let mut tally = Tally {
        request,
        facts,
        world,
        denied: Answer::No,
        denials: Vec::new(),
    };
    let identity = tally.grants(&authority.identity, &authority.open);
    let boundary = authority.boundary.iter().map(|g| tally.boundary(g));
    let boundary = crate::condition::all(boundary.collect::<Vec<_>>().into_iter());
    let mut controls = Answer::Yes;
    for level in &authority.controls {
        controls = controls.and(tally.grants(level, &crate::Assumptions::new()).0);
    }
    tally.decide(identity, boundary.and(controls))
}

/// Allowed or not, and the statements behind it: the certain ones if there is one.
type Allowed = (Answer, Vec<Reason>);

struct Tally<'a> {
    request: &'a Request,
    facts: Facts<'a>,
    world: &'a World,
    denied: Answer,
    denials: Vec<(Answer, Reason)>,
}

impl Tally<'_> {
    /// Does some grant allow the request? What denies it is noted on the way.
    fn grants(&mut self, grants: &[Grant], open: &crate::Assumptions) -> Allowed {
        let mut result = (Answer::No, Vec::new());
        if !open.is_empty() {
            result.0 = Answer::Depends(open.clone());
            self.denied = std::mem::replace(&mut self.denied, Answer::No).or(unknown_denial(open));
        }
        for grant in grants {
            let (answer, reasons) = self.grant(grant);
            add(&mut result, answer, reasons);
        }
        result
    }

    fn boundary(&mut self, grant: &Grant) -> Answer {
        let (answer, _) = self.grant(grant);
        if grant.exists.is_empty() {
            answer
        } else {
            answer.or(Answer::Depends(grant.exists.clone()).not())
        }
    }

    fn grant(&mut self, grant: &Grant) -> Allowed {
        let exists = if grant.exists.is_empty() {
            Answer::Yes
        } else {
            Answer::Depends(grant.exists.clone())
        };
        let mut result = (Answer::No, Vec::new());
        for (index, statement) in grant.policy.statements.iter().enumerate() {
            let found = applies(statement, self.request, &self.facts, self.world);
            let answer = found.answer.clone().and(exists.clone());
            if answer.is_no() {
                continue;
            }
            let reason = found.reason(grant.id, index, statement);
            match statement.effect {
                Effect::Allow => add(&mut result, answer, vec![reason]),
                Effect::Deny => {
                    self.denied = std::mem::replace(&mut self.denied, Answer::No).or(answer.clone());
                    self.denials.push((answer, reason));
                }
            }
        }
        if !grant.policy.open.is_empty() {
            let more = Answer::Depends(grant.policy.open.clone());
            self.denied = std::mem::replace(&mut self.denied, Answer::No).or(unknown_denial(&grant.policy.open));
            add(&mut result, more.and(exists), Vec::new());
        }
        result
    }

    fn decide(self, identity: Allowed, limits: Answer) -> Decision {
        let allowed = identity.0.and(limits);
        let certainly_denied = self.denied.is_yes();
        let answer = allowed.clone().and(self.denied.not());
        if certainly_denied || (!self.denials.is_empty() && !allowed.is_no() && answer.is_no()) {
            let yes = self.denials.into_iter().filter(|d| d.0.is_yes());
            return Decision {
                answer: Answer::No,
                outcome: Outcome::ExplicitlyDenied,
                because: yes.map(|d| d.1).collect(),
            };
        }
        Decision {
            outcome: if answer.is_no() {
                Outcome::ImplicitlyDenied
            } else {
                Outcome::Allowed
            },
            because: if answer.is_no() { Vec::new() } else { identity.1 },
            answer,
        }
    }
}

/// What is not known may deny: then the answer relies on its not changing anything.
fn unknown_denial(open: &crate::Assumptions) -> Answer {
    Answer::Depends(open.clone()).not()
}

/// Joins one more way of being allowed. Keeps the statements of the certain ways, or all while none is certain.
fn add(result: &mut Allowed, answer: Answer, reasons: Vec<Reason>) {
    if answer.is_no() {
        return;
    }
    match (result.0.is_yes(), answer.is_yes()) {
        (false, true) => result.1 = reasons,
        (true, false) => {}
        _ => result.1.extend(reasons),
    }
    let before = std::mem::replace(&mut result.0, Answer::No);
    result.0 = before.or(answer);
}

#[cfg(test)]
mod tests;
