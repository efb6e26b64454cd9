//! The IAM policy language: parse, match, evaluate, compare.
//!
//! Knows no Terraform, no CloudFormation and no graph.

use std::collections::BTreeSet;
use std::sync::Arc;

use rolecall_catalog::{AccessLevel, Sensitivity};
use rolecall_source::{Assumption, Diagnostic, Map, Span, Text, Value};

/// What an answer relies on, sorted.
pub type Assumptions = BTreeSet<Assumption>;

/// Yes for every value of what is not known, No for every value, or it depends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// For every value of the symbols.
    Yes,
    /// For no value of the symbols.
    No,
    /// Yes under these assumptions.
    Depends(Assumptions),
}

/// Where a policy document stands, which decides what is legal in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// Identity-based policies and permissions boundaries: no principals.
    Identity,
    /// A role's trust policy.
    Trust,
    /// A policy on a resource.
    Resource,
    /// A service control policy.
    Control,
}

/// `Allow` or `Deny`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Allow.
    Allow,
    /// Deny.
    Deny,
}

/// A parsed policy document.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its statements in order.
    pub statements: Vec<Statement>,
    /// Where it stands.
    pub span: Span,
    /// Why there may be more statements than these (an unknown part); empty when it is complete.
    pub open: Assumptions,
}

/// A statement of a policy. (More fields belong to the engine.)
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its `Sid`.
    pub sid: Option<Text>,
    /// Its effect.
    pub effect: Effect,
    /// The whole statement.
    pub span: Span,
}

/// Parses a policy document: text with JSON in it, an encoded document, a map, a choice. What is not legal is told in
/// `diagnostics` in AWS's terms and left out (a Deny that is not understood makes the policy open, never weaker).
#[must_use]
pub fn parse_policy(_document: &Value, _kind: PolicyKind, _diagnostics: &mut Vec<Diagnostic>) -> Policy {
    todo!()
}

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
    /// Whose it is, for [`Reason::grant`]: the caller of this crate chooses the number.
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

/// Values of condition keys, key in lower case. An absent key is absent from the request.
pub type Context = std::collections::BTreeMap<String, Vec<Text>>;

/// One concrete request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `service:Action`.
    pub action: String,
    /// The resource's ARN, or `*` for actions without resources.
    pub resource: Text,
    /// Condition keys, without those that come from the [`Caller`].
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

/// Evaluates one request as AWS does.
#[must_use]
pub fn evaluate(_authority: &Authority, _request: &Request) -> Decision {
    todo!()
}

/// A set of requests: one action, resources that match a pattern, context that is fixed or free.
#[derive(Clone, Debug)]
pub struct Query {
    /// `service:Action`.
    pub action: String,
    /// A resource pattern: `*` and `?` are wildcards, everything else stands for itself. A resource without wildcards
    /// is that one resource.
    pub resource: Text,
    /// Keys with these values. Keys of the caller come from the [`Caller`].
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

/// Finds a request of `query` that `authority` is allowed: Yes iff there is one for every value of the symbols.
/// Keys that are neither fixed nor absent are chosen by the caller; choosing a value for a key that states the
/// caller's circumstances (MFA, source address, time) is told as an assumption.
#[must_use]
pub fn find(_authority: &Authority, _query: &Query) -> Found {
    todo!()
}

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
    /// One such request, replayed through [`evaluate`] for both. Present unless `answer` is No or nothing could be decided.
    pub witness: Option<Witness>,
    /// By service, the gravest first.
    pub by_service: Vec<ServiceGain>,
    /// The worst of it.
    pub rank: Rank,
    /// What the worst of it reveals or gives.
    pub sensitivity: Option<Sensitivity>,
}

/// Compares authorities, remembering answers by content.
#[derive(Default)]
pub struct Engine {}

impl Engine {
    /// An engine that remembers nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What `target` may do and `principal` may not.
    #[must_use]
    pub fn gain(&self, _target: &Authority, _principal: &Authority) -> Gain {
        todo!()
    }

    /// True iff `authority` is allowed every action on every resource (`Depends` when unknown parts decide).
    #[must_use]
    pub fn is_administrator(&self, _authority: &Authority) -> Answer {
        todo!()
    }
}

/// Who a trust policy lets assume its role: does `policy` allow `action` (`sts:AssumeRole`, …) to the service
/// principal `service`?
#[must_use]
pub fn trusts_service(_policy: &Policy, _service: &str) -> Found {
    todo!()
}
