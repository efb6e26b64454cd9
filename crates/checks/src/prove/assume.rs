//! Assuming a role.
//!
//! Within one account a trust policy that names the caller is enough by itself; one that names the account leaves it to
//! the caller's own policies. Across accounts both must allow it.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>

use std::sync::Arc;

use rolecall_graph::{Node, NodeId};
use rolecall_iam::{
    Context as Keys, Found, Outcome, PrincipalType, Request, evaluate, trusts_principal, trusts_principal_directly,
};
use rolecall_source::Text;

use super::proof::{Evidence, Proof};
use super::{Goal, Hop, Prover};
use crate::technique::Technique;

const ASSUME: &str = "sts:AssumeRole";

impl<'g> Prover<'g> {
    pub(super) fn assumes(&self, technique: &'static Technique, out: &mut Vec<Hop>) {
        for id in self.context.assumable_by(self.principal, self.may(ASSUME)) {
            let Some(role) = self.context.graph.node(id).filter(|_| id != self.id) else {
                continue;
            };
            out.extend(self.assumes_role(technique, id, role));
        }
    }

    /// The hop that assumes `role`, if there is one.
    pub(crate) fn assumes_role(&self, technique: &'static Technique, id: NodeId, role: &'g Node) -> Option<Hop> {
        let (proof, agreed) = self.may_assume(id, role)?;
        let mut hop = self.hop(technique, Goal::Principal(id), proof);
        hop.agreed = agreed;
        Some(hop)
    }

    /// May it assume the role, and do both sides name each other?
    pub(crate) fn may_assume(&self, id: NodeId, role: &Node) -> Option<(Proof, bool)> {
        let trust = self.context.trust_of(id)?;
        let caller = self.authority.caller.arn.as_ref()?;
        let account = &self.principal.account;
        let here = self.context.same_account(self.principal, role);
        let direct = trusts_principal_directly(trust, caller, account);
        if let Some(here) = &here
            && (direct.answer.is_yes() || !direct.answer.is_no() && names_resource(trust, caller))
            && self.is_not_denied(&role.fact.arn)
        {
            let proof = self.trusted(id, &direct)?.relying(here).relying(&role.exists);
            return Some((proof, names_exactly(trust, caller)));
        }
        if self.bare.certainly_not(ASSUME, &role.fact.arn) {
            return None;
        }
        let trusted = trusts_principal(trust, caller, account);
        let allowed = self.ask(ASSUME, &role.fact.arn, Keys::new());
        let action: Arc<str> = ASSUME.into();
        let proof = Proof::default()
            .and_may(&allowed, &action)?
            .then(self.trusted(id, &trusted)?);
        let agreed = self.names_role(&allowed, &role.fact.arn);
        // Which account a trust policy means must be known, or the caller must mean the very role.
        if !agreed && !names_account(trust, account) {
            return None;
        }
        Some((proof.relying(&role.exists), agreed))
    }

    fn trusted(&self, role: NodeId, found: &Found) -> Option<Proof> {
        Proof::default().and(found, |because| Evidence::TrustsPrincipal { role, because })
    }

    fn is_not_denied(&self, role: &Text) -> bool {
        let request = Request {
            action: ASSUME.to_owned(),
            resource: role.clone(),
            context: Keys::new(),
        };
        evaluate(self.authority, &request).outcome != Outcome::ExplicitlyDenied
    }

    /// True iff some statement that allows it names the role without wildcards, whatever it says of the account.
    fn names_role(&self, allowed: &Found, role: &Text) -> bool {
        let statements = allowed.because.iter().filter_map(|r| {
            let grant = self.authority.identity.iter().find(|g| g.id == r.grant)?;
            grant.policy.statements.get(r.statement)
        });
        let mut resources = statements.filter_map(|s| s.resources.as_ref().filter(|r| !r.negated));
        resources.any(|r| r.items.iter().any(|i| same_resource(&i.text, role)))
    }
}

/// True iff two ARNs say the same after the account, in full.
fn same_resource(pattern: &Text, arn: &Text) -> bool {
    let resource = |t: &Text| {
        let (flat, _) = t.flat();
        flat.splitn(6, ':').nth(5).map(str::to_owned)
    };
    let named = resource(pattern).filter(|r| !r.contains(['*', '?']));
    named.is_some() && named == resource(arn)
}

/// True iff the trust policy names `caller` in full.
fn names_exactly(trust: &rolecall_iam::Policy, caller: &Text) -> bool {
    let principals = trust
        .statements
        .iter()
        .filter_map(|s| s.principals.as_ref())
        .filter(|p| !p.negated);
    let mut names = principals.flat_map(|p| &p.items);
    names.any(|n| n.kind == PrincipalType::Aws && n.name == *caller)
}

/// True iff the trust policy names everybody, or `caller` by what its ARN says after the account: what is guessed of its
/// name is nobody's step.
fn names_resource(trust: &rolecall_iam::Policy, caller: &Text) -> bool {
    let principals = trust.statements.iter().filter_map(|s| s.principals.as_ref());
    let named = |n: &rolecall_iam::PrincipalName| match n.kind {
        PrincipalType::Everyone => true,
        PrincipalType::Aws => resource(&n.name).is_some_and(|r| resource(caller) == Some(r)),
        PrincipalType::Service | PrincipalType::Federated | PrincipalType::Canonical => false,
    };
    principals.into_iter().any(|p| p.negated || p.items.iter().any(named))
}

/// What an ARN says after its account, symbols included.
fn resource(arn: &Text) -> Option<Text> {
    let (flat, _) = arn.flat();
    let at = flat.match_indices(':').nth(4)?.0 + 1;
    Some(arn.slice(at..flat.len()))
}

/// True iff the trust policy names the account as the configuration knows it.
fn names_account(trust: &rolecall_iam::Policy, account: &Text) -> bool {
    let principals = trust.statements.iter().filter_map(|s| s.principals.as_ref());
    principals.into_iter().any(|p| {
        let named = |n: &rolecall_iam::PrincipalName| match n.kind {
            PrincipalType::Everyone => true,
            PrincipalType::Aws => {
                n.name == *account || n.name.split(":").is_some_and(|parts| parts.get(4) == Some(account))
            }
            PrincipalType::Service | PrincipalType::Federated | PrincipalType::Canonical => false,
        };
        p.negated || p.items.iter().any(named)
    })
}
