//! What is certainly not allowed, told without looking for a request.

use std::sync::Arc;

use rolecall_iam::{Authority, Context as Keys, Effect, Grant, Policy, Request, evaluate};
use rolecall_source::Text;

/// An authority without its denials, conditions and limits: what it does not allow, the whole one does not.
pub(super) struct Bare(Option<Authority>);

impl Bare {
    pub(super) fn of(authority: &Authority) -> Self {
        if !authority.open.is_empty() || authority.identity.iter().any(|g| !g.policy.open.is_empty()) {
            return Self(None);
        }
        let resources = authority.resources.iter().map(|r| {
            let mut resource = r.clone();
            resource.grant = allows(&r.grant);
            resource
        });
        Self(Some(Authority {
            caller: authority.caller.clone(),
            identity: authority.identity.iter().map(allows).collect(),
            resources: resources.collect(),
            ..Authority::default()
        }))
    }

    /// True only if no statement allows the action on the resource.
    pub(super) fn certainly_not(&self, action: &str, resource: &Text) -> bool {
        let request = Request {
            action: action.to_owned(),
            resource: resource.clone(),
            context: Keys::new(),
        };
        self.0.as_ref().is_some_and(|a| evaluate(a, &request).answer.is_no())
    }
}

/// What a policy allows, conditions aside.
fn allows(grant: &Grant) -> Grant {
    let mut policy: Policy = (*grant.policy).clone();
    policy.statements.retain(|s| s.effect == Effect::Allow);
    policy.statements.iter_mut().for_each(|s| s.conditions.clear());
    Grant {
        policy: Arc::new(policy),
        ..grant.clone()
    }
}
