use std::sync::Arc;

use rolecall_source::{Map, Text};

use crate::{Assumptions, Policy, ResourceGrant};

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
