use std::collections::{BTreeMap, BTreeSet};

use rolecall_source::{Span, Text};

use crate::{Answer, Effect};

/// Values of condition keys, key in lower case. An absent key is absent from the request.
pub type Context = BTreeMap<String, Vec<Text>>;

/// One concrete request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `service:Action`.
    pub action: String,
    /// The resource's ARN, or `*` for actions without resources.
    pub resource: Text,
    /// Condition keys, without those that come from the [`Caller`](crate::Caller)(crate::Caller).
    pub context: Context,
}

/// A statement that decided, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The grant's id.
    pub grant: u32,
    /// Index of the statement in its policy.
    pub statement: usize,
    /// Its effect.
    pub effect: Effect,
    /// The whole statement.
    pub span: Span,
    /// The action pattern that matched (or the `NotAction` element).
    pub action: Span,
    /// The resource pattern that matched (or the `NotResource` element).
    pub resource: Span,
}

/// How a request comes out, when it is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A statement allows it and none denies.
    Allowed,
    /// A statement denies it.
    ExplicitlyDenied,
    /// Nothing allows it.
    ImplicitlyDenied,
}

/// How a request comes out.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Is it allowed?
    pub answer: Answer,
    /// The likeliest outcome (exact when `answer` is not `Depends`).
    pub outcome: Outcome,
    /// The statements that decided.
    pub because: Vec<Reason>,
}

/// A set of requests: one action, resources that match a pattern, context that is fixed or free.
#[derive(Clone, Debug)]
pub struct Query {
    /// `service:Action`.
    pub action: String,
    /// A resource pattern: `*` and `?` are wildcards, everything else stands for itself. A resource without wildcards
    /// is that one resource.
    pub resource: Text,
    /// Keys with these values. Keys of the caller come from the [`Caller`](crate::Caller).
    pub fixed: Context,
    /// Keys (lower case) that are absent from the request.
    pub absent: BTreeSet<String>,
}

/// Whether a request of a [`Query`] is allowed.
#[derive(Clone, Debug)]
pub struct Found {
    /// Is there one that is allowed?
    pub answer: Answer,
    /// One that is, with the context the caller has to choose. Present unless `answer` is No.
    pub request: Option<Request>,
    /// The statements that allow it.
    pub because: Vec<Reason>,
}
