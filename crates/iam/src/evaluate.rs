//! Evaluates one request.
//!
//! Follows [policy evaluation logic](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html):
//! an explicit Deny anywhere denies; else identity policies, the permissions boundary, the policies of the session and
//! each level of service control policies must all allow. A policy on the resource that names a role stands in for
//! identity policies, one that names a user or a session for the boundary and the session's policies too.

mod facts;
mod statement;
mod worlds;

use crate::resource::{self, Reach, ResourceGrant, Services};
use crate::{Answer, Assumptions, Authority, Decision, Effect, Grant, Outcome, Reason, Request, Statement};

pub(crate) use facts::{Facts, is_of_caller};
pub(crate) use statement::{action_matches, applies, patterns_match};
pub(crate) use worlds::{World, clause, own_grants, policies};

/// Evaluates one request as AWS does.
#[must_use]
pub fn evaluate(authority: &Authority, request: &Request) -> Decision {
    worlds::decide(authority, request, |world| in_world(authority, request, world))
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
    let none = Assumptions::new();
    let identity = tally.grants(&authority.identity, &authority.open);
    let boundary = authority.boundary.as_ref().map(|g| tally.boundary(g));
    let session = authority.session.as_ref().map(|s| tally.grants(s, &none).0);
    let mut controls = Answer::Yes;
    for level in &authority.controls {
        controls = controls.and(tally.grants(level, &none).0);
    }
    let on_resource = tally.resources(authority);
    let limits = boundary.unwrap_or(Answer::Yes).and(session.unwrap_or(Answer::Yes));
    let mut own = on_resource.limited;
    add(&mut own, identity.0.and(on_resource.required), identity.1);
    let mut allowed = on_resource.unlimited;
    add(&mut allowed, own.0.and(limits), own.1);
    tally.decide(allowed, controls)
}

/// What the policies of the resource allow.
struct OnResource {
    /// Limited by control policies only.
    unlimited: Allowed,
    /// Limited as identity policies are.
    limited: Allowed,
    /// Do those allow it that must, where identity policies do?
    required: Answer,
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
    fn grants(&mut self, grants: &[Grant], open: &Assumptions) -> Allowed {
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
        answer.or(Answer::under(grant.exists.clone()).not())
    }

    fn grant(&mut self, grant: &Grant) -> Allowed {
        let exists = Answer::under(grant.exists.clone());
        let mut result = (Answer::No, Vec::new());
        for (index, statement) in grant.policy.statements.iter().enumerate() {
            let (answer, reason) = self.statement(grant, index, statement, &exists);
            match statement.effect {
                Effect::Allow => add(&mut result, answer, vec![reason]),
                Effect::Deny => self.deny(answer, reason),
            }
        }
        if !grant.policy.open.is_empty() {
            let more = Answer::Depends(grant.policy.open.clone());
            self.denied = std::mem::replace(&mut self.denied, Answer::No).or(unknown_denial(&grant.policy.open));
            add(&mut result, more.and(exists), Vec::new());
        }
        result
    }

    /// Does a statement apply, if what it relies on is so?
    fn statement(&self, grant: &Grant, index: usize, statement: &Statement, if_so: &Answer) -> (Answer, Reason) {
        let found = applies(statement, self.request, &self.facts, self.world);
        let reason = found.reason(grant.id, index, statement);
        (found.answer.and(if_so.clone()), reason)
    }

    fn deny(&mut self, answer: Answer, reason: Reason) {
        if !answer.is_no() {
            self.denied = std::mem::replace(&mut self.denied, Answer::No).or(answer.clone());
            self.denials.push((answer, reason));
        }
    }

    fn resources(&mut self, authority: &Authority) -> OnResource {
        let mut all = OnResource {
            unlimited: (Answer::No, Vec::new()),
            limited: (Answer::No, Vec::new()),
            required: Answer::Yes,
        };
        let mut services = None;
        for resource in authority.resources.iter() {
            let within = patterns_match(&resource.scope().patterns, &self.request.resource, &self.facts).0;
            // What is guessed of a resource is not that it is of another service.
            if within.is_yes() || !within.is_no() && self.concerned(&mut services, resource) {
                self.resource(authority, resource, &within, &mut all);
            }
        }
        all
    }

    fn concerned(&self, services: &mut Option<Services>, resource: &ResourceGrant) -> bool {
        let services = services.get_or_insert_with(|| Services::of(&self.request.action));
        services.concern(resource)
    }

    fn resource(&mut self, authority: &Authority, on: &ResourceGrant, within: &Answer, all: &mut OnResource) {
        let exists = Answer::under(on.grant.exists.clone());
        let if_so = exists.clone().and(within.clone());
        let mut hands_on = (Answer::No, Vec::new());
        let foreign = on.reach == Reach::Foreign;
        for (index, statement) in on.grant.policy.statements.iter().enumerate() {
            let (answer, reason) = self.statement(&on.grant, index, statement, &if_so);
            if answer.is_no() {
                continue;
            }
            if statement.effect == Effect::Deny {
                self.deny(answer.and(resource::denied(statement, authority)), reason);
                continue;
            }
            let naming = resource::allowed(statement, authority);
            let reasons = || vec![reason.clone()];
            if foreign {
                let named = naming.unlimited.or(naming.limited).or(naming.account);
                add(&mut hands_on, answer.and(named), reasons());
            } else {
                add(&mut all.unlimited, answer.clone().and(naming.unlimited), reasons());
                add(&mut all.limited, answer.clone().and(naming.limited), reasons());
                add(&mut hands_on, answer.and(naming.account), reasons());
            }
        }
        if !on.grant.policy.open.is_empty() {
            let changes = if_so.and(unknown_denial(&on.grant.policy.open));
            self.denied = std::mem::replace(&mut self.denied, Answer::No).or(changes.clone());
            let open = if foreign { &mut hands_on } else { &mut all.unlimited };
            add(open, changes, Vec::new());
        }
        if on.reach != Reach::Adds {
            let elsewhere = within.clone().and(exists).not();
            let required = std::mem::replace(&mut all.required, Answer::No);
            all.required = required.and(hands_on.0.or(elsewhere));
        }
    }

    fn decide(self, by: Allowed, controls: Answer) -> Decision {
        let allowed = by.0.and(controls);
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
            because: if answer.is_no() { Vec::new() } else { by.1 },
            answer,
        }
    }
}

/// What is not known may deny: then the answer relies on its not changing anything.
fn unknown_denial(open: &Assumptions) -> Answer {
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
