use std::borrow::Cow;
use std::sync::Arc;

use rolecall_source::{Assumption, Map, Text, contradict};

use crate::{Assumptions, Patterns, Policy, ResourceGrant};

/// The caller of a request: fixed facts that it cannot choose.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// `aws:PrincipalArn`: the ARN of the user or role (not of the session).
    pub arn: Option<Text>,
    /// `aws:PrincipalAccount`.
    pub account: Option<Text>,
    /// `aws:username`, for users only.
    pub username: Option<Text>,
    /// `aws:PrincipalType`: `User`, `AssumedRole`.
    pub kind: Option<&'static str>,
    /// `aws:PrincipalTag/…`: a map, perhaps open.
    pub tags: Option<Map>,
}

/// A policy that applies to a caller.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The document.
    pub policy: Arc<Policy>,
    /// Whose it is, for [`Reason::grant`](crate::Reason::grant): the caller of this crate chooses the number.
    pub id: u32,
    /// What must hold for it to apply; empty when it certainly does.
    pub exists: Assumptions,
}

/// Everything that decides what a caller may do.
#[derive(Clone, Debug, Default)]
pub struct Authority {
    /// Who it is.
    pub caller: Caller,
    /// Identity policies, its groups' included.
    pub identity: Vec<Grant>,
    /// The permissions boundary.
    pub boundary: Option<Grant>,
    /// The policies of its session, of which one must allow; `None` when the session was not limited by any.
    pub session: Option<Vec<Grant>>,
    /// Service control policies, level by level: each level must allow.
    pub controls: Vec<Vec<Grant>>,
    /// Policies on resources, whether they name the caller or not.
    pub resources: Arc<[ResourceGrant]>,
    /// Why there may be more identity policies than these; empty when they are all known.
    pub open: Assumptions,
    /// What it could change to change its own permissions.
    pub own: Own,
}

/// What a caller's permissions are stated in, besides itself. It decides nothing about a request, only what
/// [`Engine::escalation`](crate::Engine::escalation) asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// The customer-managed policies among its identity policies.
    pub policies: Vec<OwnPolicy>,
    /// The ARNs of the groups it is in, each with what must hold for that.
    pub groups: Vec<(Text, Assumptions)>,
}

/// A managed policy that a caller has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPolicy {
    /// Its ARN.
    pub arn: Text,
    /// The [`Grant::id`] by which the caller has it.
    pub grant: u32,
    /// What must hold for the caller to have it.
    pub exists: Assumptions,
}

impl Authority {
    /// The same where `context` holds: without the grants and statements that cannot be there beside it, and without
    /// what it decides of the others' assumptions.
    #[must_use]
    pub fn given(&self, context: &Assumptions) -> Cow<'_, Self> {
        if !context.have_subjects() || !self.is_conditional() {
            return Cow::Borrowed(self);
        }
        let all = |grants: &[Grant]| grants.iter().filter_map(|g| g.given(context)).collect();
        Cow::Owned(Self {
            caller: self.caller.clone(),
            identity: all(&self.identity),
            boundary: self.boundary.as_ref().and_then(|g| g.given(context)),
            session: self.session.as_ref().map(|grants| all(grants)),
            controls: self.controls.iter().map(|level| all(level)).collect(),
            resources: self.resources.iter().filter_map(|r| r.given(context)).collect(),
            open: self.open.clone(),
            own: self.own.given(context),
        })
    }

    fn is_conditional(&self) -> bool {
        let own = self.identity.iter().chain(&self.boundary);
        let session = self.session.iter().flatten();
        let controls = self.controls.iter().flatten();
        let resources = self.resources.iter().map(|r| &r.grant);
        let mut all = own.chain(session).chain(controls).chain(resources);
        all.any(Grant::is_conditional)
    }
}

impl Own {
    fn given(&self, context: &Assumptions) -> Self {
        let policy = |p: &OwnPolicy| {
            let exists = p.exists.given(context)?;
            Some(OwnPolicy { exists, ..p.clone() })
        };
        let group = |(arn, exists): &(Text, Assumptions)| Some((arn.clone(), exists.given(context)?));
        Self {
            policies: self.policies.iter().filter_map(policy).collect(),
            groups: self.groups.iter().filter_map(group).collect(),
        }
    }
}

impl Grant {
    fn is_conditional(&self) -> bool {
        self.exists.have_subjects() || self.policy.statements.iter().any(|s| !s.when.is_empty())
    }

    pub(crate) fn given(&self, context: &Assumptions) -> Option<Self> {
        Some(Self {
            exists: self.exists.given(context)?,
            policy: self.policy.given(context),
            id: self.id,
        })
    }
}

impl Policy {
    /// Statements keep their places: one that is not there names no action.
    fn given(self: &Arc<Self>, context: &Assumptions) -> Arc<Self> {
        if self.statements.iter().all(|s| s.when.is_empty()) {
            return Arc::clone(self);
        }
        let mut policy = Self::clone(self);
        for statement in &mut policy.statements {
            let states: Vec<Assumption> = statement
                .when
                .iter()
                .map(|a| Assumption::state(&a.on, &a.state))
                .collect();
            if contradict(states.iter().chain(context)) {
                statement.actions = Patterns::default();
            }
            let mut states = states
                .into_iter()
                .map(|s| Assumptions::from([s]).given(context).is_none_or(|s| !s.is_empty()));
            statement.when.retain(|_| states.next().unwrap_or(true));
        }
        Arc::new(policy)
    }
}

#[cfg(test)]
mod tests {
    use rolecall_source::{Class, Symbol};

    use super::*;

    #[test]
    fn a_context_leaves_out_what_excludes_it() {
        let env = Symbol::new("env", "env", "is not known", Class::Any);
        let is = |text: &str| Assumptions::from([Assumption::state(&env.is_among(&[text]), "true")]);
        let policy = Arc::new(Policy {
            statements: Vec::new(),
            span: rolecall_source::Span::NOWHERE,
            open: Assumptions::new(),
        });
        let grant = |id: u32, exists: Assumptions| Grant {
            policy: Arc::clone(&policy),
            id,
            exists,
        };
        let authority = Authority {
            identity: vec![grant(0, is("a")), grant(1, is("b")), grant(2, Assumptions::new())],
            ..Authority::default()
        };
        let given = authority.given(&is("b"));
        let left: Vec<(u32, bool)> = given.identity.iter().map(|g| (g.id, g.exists.is_empty())).collect();
        assert_eq!(left, [(1, true), (2, true)]);
        assert!(matches!(authority.given(&Assumptions::new()), Cow::Borrowed(_)));
    }
}
