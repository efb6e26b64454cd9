use std::sync::Arc;

use rolecall_catalog::{AccessLevel, Sensitivity};

use crate::{Answer, Reason, Request};

/// A request that one caller may make and another may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The request.
    pub request: Request,
    /// The statements by which the first may make it.
    pub because: Vec<Reason>,
}

/// How many actions of one service are gained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceGain {
    /// Service prefix, or `*` when everything is gained.
    pub service: String,
    /// Their access levels, sorted.
    pub levels: Vec<AccessLevel>,
    /// How many actions.
    pub actions: usize,
    /// Up to five of them, the gravest first.
    pub examples: Vec<String>,
}

/// The worst that is gained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rank {
    /// Other reads and lists, or a gain only through conditions.
    Other,
    /// Writes, or reads of stored data over every resource of a service.
    Write,
    /// Permissions management, credentials or secrets.
    Sensitive,
    /// Everything: the target is allowed every action on every resource, or can make itself so, and the other is not.
    Administrator,
}

/// What one caller may do and another may not.
#[derive(Clone, Debug)]
pub struct Gain {
    /// Is there such a request? No iff there is none for any value of the symbols.
    pub answer: Answer,
    /// One such request, replayed through [`evaluate`](crate::evaluate) for both. Present unless `answer` is No or nothing could be decided.
    pub witness: Option<Witness>,
    /// By service, the gravest first.
    pub by_service: Arc<[ServiceGain]>,
    /// The worst of it.
    pub rank: Rank,
    /// What the worst of it reveals or gives.
    pub sensitivity: Option<Sensitivity>,
}

/// Whether one authority allows a request that another does not.
#[derive(Clone, Debug)]
pub struct Relation {
    /// Is there such a request? No iff there is none for any value of the symbols.
    pub answer: Answer,
    /// One such request, replayed through [`evaluate`](crate::evaluate) for both.
    pub witness: Option<Witness>,
}
