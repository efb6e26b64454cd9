//! What is above an account in its organization.

use rolecall_facts::{Configuration, OrganizationKind, OrganizationPart, ScopeId};
use rolecall_iam::{Answer, Assumptions};
use rolecall_source::{Assumption, Text, Value};

use crate::account::is_account;
use crate::link::exists;

/// What a configuration states of the organization above one account.
pub(crate) struct Above {
    account: Text,
    /// The account and what is above it, as far as stated.
    chain: Vec<Text>,
    /// The chain ends at the root.
    complete: bool,
    /// The account is one that the configuration states.
    stated: bool,
    roots: Vec<Text>,
    /// What must hold for the chain to be there.
    pub(crate) exists: Assumptions,
}

impl Above {
    /// What is above `account`; `None` for the management account, which service control policies do not touch.
    /// `manages` says whether a scope is this account.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>
    pub(crate) fn of(configuration: &Configuration, account: &Text, manages: impl Fn(ScopeId) -> bool) -> Option<Self> {
        let parts = &configuration.organization;
        let of_kind = |kind| parts.iter().filter(move |p| p.kind == kind);
        if of_kind(OrganizationKind::Root).any(|root| manages(root.scope)) {
            return None;
        }
        let mut above = Self {
            account: account.clone(),
            chain: vec![account.clone()],
            complete: false,
            stated: false,
            roots: of_kind(OrganizationKind::Root).map(|r| r.id.clone()).collect(),
            exists: Assumptions::new(),
        };
        let mut next = of_kind(OrganizationKind::Account).find(|a| a.id == *account);
        while let Some(part) = next {
            above.stated = true;
            next = above.climb(part, parts);
        }
        Some(above)
    }

    /// One step up.
    fn climb<'p>(&mut self, part: &OrganizationPart, parts: &'p [OrganizationPart]) -> Option<&'p OrganizationPart> {
        self.exists.extend(exists(&part.origin));
        let Some(parent) = &part.parent else {
            // Without a parent it is below the root.
            self.complete = true;
            self.chain.extend(self.roots.clone());
            return None;
        };
        let parent = Value::to_text(parent).filter(|id| !self.chain.contains(id))?;
        self.complete = self.is_root(&parent);
        self.chain.push(parent.clone());
        let units = parts.iter().filter(|p| p.kind == OrganizationKind::Unit);
        units.filter(|_| !self.complete).find(|u| u.id == parent)
    }

    fn is_root(&self, id: &Text) -> bool {
        self.roots.contains(id) || id.as_str().is_some_and(|id| id.starts_with("r-"))
    }

    /// Is `target` the account, or above it?
    pub(crate) fn has(&self, target: &Text) -> Answer {
        let other_account = target.as_str().is_some_and(is_account) && self.account.is_known();
        if self.chain.contains(target) || self.stated && self.is_root(target) {
            Answer::Yes
        } else if self.complete || other_account {
            Answer::No
        } else {
            let clause = format!("`{target}` is above the account this deploys to");
            Answer::Depends(Assumptions::from([Assumption::new(clause)]))
        }
    }
}
