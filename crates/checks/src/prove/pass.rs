//! Starting compute with a role of one's choice.

use std::sync::Arc;

use rolecall_graph::{Node, NodeId};
use rolecall_iam::pattern::{Pattern, matches};
use rolecall_iam::{Context as Keys, Found, Query, Request, evaluate};
use rolecall_source::{Class, Span, Symbol, Text};
use std::collections::BTreeSet;

use super::proof::{Evidence, Proof, best};
use super::{Bound, Goal, Hop, Prover};
use crate::technique::{Pass, Technique};

const PASS_ROLE: &str = "iam:PassRole";
const PASSED_TO: &str = "iam:passedtoservice";

impl<'g> Prover<'g> {
    /// Every role that may be passed by `technique`.
    pub(super) fn passes_role(&self, technique: &'static Technique, known: &dyn Fn(Goal) -> bool, out: &mut Vec<Hop>) {
        let Some(pass) = &technique.pass else { return };
        if !self.may(PASS_ROLE) || !self.may_need(technique) {
            return;
        }
        let mut trusting: Vec<NodeId> = pass
            .to
            .iter()
            .flat_map(|to| self.context.trusts.all(to))
            .map(|(id, _)| id)
            .collect();
        trusting.sort_unstable();
        trusting.dedup();
        for id in trusting.into_iter().filter(|id| !known(Goal::Principal(*id))) {
            if let Some(role) = self.context.graph.node(id) {
                out.extend(self.passes_to(technique, id, role));
            }
        }
    }

    /// The hop that starts compute with `role`, if there is one.
    pub(crate) fn passes_to(&self, technique: &'static Technique, id: NodeId, role: &'g Node) -> Option<Hop> {
        let pass = technique.pass.as_ref()?;
        let here = self.context.same_account(self.principal, role)?;
        let (passed, trusts) = self.may_pass(pass, id, role)?;
        let (started, profile) = self.starts(technique, pass, id, role)?;
        let more = self.also_passes(technique, id)?;
        let managed = self.role_may(technique, role)?;
        let proof = started.then(passed).then(more).then(profile).then(trusts);
        let proof = proof.relying(&here).relying(&managed).relying(&role.exists);
        Some(self.hop(technique, Goal::Principal(id), proof))
    }

    /// That the role may be passed, and that it trusts whom it is passed to.
    fn may_pass(&self, pass: &Pass, id: NodeId, role: &Node) -> Option<(Proof, Proof)> {
        let mut found: Option<(Proof, Proof)> = None;
        for service in &pass.to {
            let Some(trusts) = self.context.trusts.proof(service, id) else {
                continue;
            };
            let names = if pass.passed_to.is_empty() {
                std::slice::from_ref(service)
            } else {
                &pass.passed_to
            };
            for to in names {
                let passed = if pass.by_service {
                    Some(Proof::default())
                } else {
                    self.may_pass_to(id, role, &to.shared())
                };
                let Some(passed) = passed else {
                    continue;
                };
                let relies = |p: &(Proof, Proof)| p.0.assumes.len() + p.1.assumes.len();
                let new = (passed, trusts.clone());
                if found.as_ref().is_none_or(|f| relies(&new) < relies(f)) {
                    found = Some(new);
                }
            }
        }
        found
    }

    fn may_pass_to(&self, id: NodeId, role: &Node, to: &Arc<str>) -> Option<Proof> {
        let passes = self.passes(&role.fact.arn, to);
        Proof::default().and(&passes, |because| Evidence::MayPass {
            role: id,
            to: Arc::clone(to),
            because,
        })
    }

    /// May it pass the role with this ARN to `service`? PassRole is decided on the role's ARN with the service it is
    /// passed to. Tags of the role are documented as unreliable here, so they are not offered.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
    pub(crate) fn passes(&self, role: &Text, service: &str) -> Found {
        if let Some(found) = self.passes_every(role, service) {
            return found;
        }
        self.found(&Query {
            action: PASS_ROLE.to_owned(),
            resource: role.clone(),
            fixed: Keys::from([(PASSED_TO.to_owned(), vec![Text::plain(service)])]),
            absent: BTreeSet::new(),
        })
    }

    /// The answer for one role of its account, where all of them have it.
    fn passes_every(&self, role: &Text, service: &str) -> Option<Found> {
        let every = self.every.as_ref()?;
        let all = self.all_roles.get_or_init(|| Pattern::like(&self.arn("iam", "role/*")));
        if !matches(all, role).is_yes() {
            return None;
        }
        if let Some(known) = every.borrow().get(service) {
            return known.clone();
        }
        let name = Symbol::new("any role", "any role", "is any role", Class::Any);
        let one = self.arn("iam", "role/").concat(&Text::symbol(name, Span::NOWHERE));
        let request = Request {
            action: PASS_ROLE.to_owned(),
            resource: one,
            context: Keys::from([(PASSED_TO.to_owned(), vec![Text::plain(service)])]),
        };
        let decision = evaluate(self.authority, &request);
        let found = Some(Found {
            answer: decision.answer,
            request: None,
            because: decision.because,
        })
        .filter(|f| f.answer.is_yes());
        every.borrow_mut().insert(service.to_owned(), found.clone());
        found
    }

    /// May it pass any role at all to `service`? The pattern is every role of its account.
    pub(crate) fn passes_any(&self, service: &str) -> Found {
        if let Some(known) = self.any.borrow().get(service) {
            return known.clone();
        }
        let fixed = Keys::from([(PASSED_TO.to_owned(), vec![Text::plain(service)])]);
        let found = self.ask(PASS_ROLE, &self.arn("iam", "role/*"), fixed);
        self.any.borrow_mut().insert(service.to_owned(), found.clone());
        found
    }

    /// That compute is started, and with which instance profile where it needs one.
    fn starts(&self, technique: &'static Technique, pass: &Pass, id: NodeId, role: &Node) -> Option<(Proof, Proof)> {
        if !pass.profile {
            let started = self.started(technique, None)?;
            return Some((started, Proof::default()));
        }
        let graph = self.context.graph;
        let mut found: Option<(Proof, Proof)> = None;
        let relies = |p: &(Proof, Proof)| p.0.assumes.len() + p.1.assumes.len();
        let mut take = |new: (Proof, Proof)| {
            if found.as_ref().is_none_or(|f| relies(&new) < relies(f)) {
                found = Some(new);
            }
        };
        for index in self.context.profiles_of(id) {
            let Some(node) = graph.profiles.get(*index) else {
                continue;
            };
            if let Some(started) = self.started(technique, Some(&node.fact.arn)) {
                let profile = Proof::default().relying(&node.exists).with(Evidence::Contains(*index));
                take((started, profile));
            }
        }
        if found.as_ref().is_some_and(|f| relies(f) == 0) || pass.by_service {
            return found;
        }
        let mut take = |new: (Proof, Proof)| {
            if found.as_ref().is_none_or(|f| relies(&new) < relies(f)) {
                found = Some(new);
            }
        };
        if let Some((arn, made)) = self.makes_profile(id, role)
            && let Some(started) = self.started(technique, Some(&arn))
        {
            take((started, made));
        }
        found
    }

    /// That compute is started; what a technique needs of existing compute is asked with that.
    fn started(&self, technique: &'static Technique, profile: Option<&Text>) -> Option<Proof> {
        match technique.through {
            Some(_) => Some(Proof::default()),
            None => self.remembered(technique, profile),
        }
    }

    /// What `technique` needs with an instance profile; asked once where no condition names the profile.
    pub(crate) fn remembered(&self, technique: &'static Technique, profile: Option<&Text>) -> Option<Proof> {
        let asked = profile.filter(|_| self.names_profile);
        let key = (std::ptr::from_ref(technique), asked.cloned());
        if let Some(known) = self.needs.borrow().get(&key) {
            return known.clone();
        }
        let mut bound = Bound::default();
        if let Some(profile) = profile {
            bound.arns.insert("profile", profile.clone());
        }
        let proof = self.needs(technique, &bound);
        self.needs.borrow_mut().insert(key, proof.clone());
        proof
    }

    /// An instance profile that the principal may create and put a role in. (Putting it in needs PassRole as well,
    /// which is decided with the role.)
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html>
    fn makes_profile(&self, id: NodeId, role: &Node) -> Option<(Text, Proof)> {
        let actions: [Arc<str>; 2] = [
            "iam:CreateInstanceProfile".into(),
            "iam:AddRoleToInstanceProfile".into(),
        ];
        let [create, add] = &actions;
        if !self.may(create) || !self.may(add) || !role.fact.declared {
            return None;
        }
        let any = self.arn("iam", "instance-profile/*");
        let made = |because| Evidence::MayMakeProfile { role: id, because };
        // Both on one name: the name that the first allows, then the name that the second does.
        for (first, second) in [(create, add), (add, create)] {
            let found = self.ask(first, &any, Keys::new());
            let Some(arn) = found.request.as_ref().map(|r| r.resource.clone()) else {
                continue;
            };
            let both = Proof::default()
                .and(&found, made)
                .and_then(|p| p.and(&self.ask(second, &arn, Keys::new()), made));
            if let Some(proof) = both {
                return Some((arn, one_evidence(id, proof)));
            }
        }
        None
    }

    /// The further roles that must be passed: of the configuration where there is one, else assumed.
    fn also_passes(&self, technique: &'static Technique, gained: NodeId) -> Option<Proof> {
        let mut all = Proof::default();
        for also in &technique.also_pass {
            let graph = self.context.graph;
            let ways = also.to.iter().flat_map(|to| {
                let trusting = self.context.trusts.all(to).filter(move |(id, _)| *id != gained);
                trusting.filter_map(move |(id, trusts)| {
                    let role = graph.node(id).filter(|r| r.fact.declared)?;
                    let here = self.context.same_account(self.principal, role)?;
                    let passed = self.may_pass_to(id, role, &to.shared())?.relying(&here);
                    Some(passed.then(trusts.clone()))
                })
            });
            let assumed = || {
                // A role outside the configuration: it must be possible to pass one at all.
                let passes = also.to.iter().find_map(|to| {
                    let (any, to) = (self.passes_any(to), to.shared());
                    Proof::default().and(&any, |because| Evidence::MayPassAny { to, because })
                })?;
                Some(passes.assuming(also.unless.shared()))
            };
            all = all.then(best(ways).or_else(assumed)?);
        }
        Some(all)
    }
}

/// The two questions of making a profile as one piece of evidence.
fn one_evidence(role: NodeId, mut proof: Proof) -> Proof {
    let mut all = Vec::new();
    for evidence in std::mem::take(&mut proof.evidence) {
        if let Evidence::MayMakeProfile { because, .. } = evidence {
            all.extend(because);
        }
    }
    proof.with(Evidence::MayMakeProfile { role, because: all })
}
