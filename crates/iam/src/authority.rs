use std::sync::Arc;

use rolecall_source::{Map, Text};

use crate::{Assumptions, Policy};

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
    /// Service control policies, level by level: each level must allow.
    pub controls: Vec<Vec<Grant>>,
    /// Why there may be more identity policies than these; empty when they are all known.
    pub open: Assumptions,
}
