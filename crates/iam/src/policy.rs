use std::sync::Arc;

use rolecall_source::{Span, Symbol, Text};

use crate::Assumptions;
use crate::condition::Condition;
use crate::template::Template;

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
    /// Its statements in order. Of a statement that depends on a condition that is not known there is one for each
    /// alternative.
    pub statements: Vec<Statement>,
    /// Where it stands.
    pub span: Span,
    /// Why there may be more statements than these (an unknown part); empty when it is complete.
    pub open: Assumptions,
}

/// A statement of a policy.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its `Sid`.
    pub sid: Option<Text>,
    /// Its effect.
    pub effect: Effect,
    /// The whole statement.
    pub span: Span,
    /// Its `Action` or `NotAction`.
    pub actions: Patterns,
    /// Its `Resource` or `NotResource`; absent in trust policies.
    pub resources: Option<Patterns>,
    /// Its `Principal` or `NotPrincipal`: trust and resource policies only.
    pub principals: Option<Principals>,
    /// Its conditions, of which all must hold.
    pub conditions: Vec<Condition>,
    /// The alternatives it belongs to, of which all must be real.
    pub when: Vec<Alternative>,
}

/// `Action`, `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    /// True for `NotAction` and `NotResource`.
    pub negated: bool,
    /// The patterns, each with its span.
    pub items: Vec<Template>,
    /// Why there may be more patterns than these.
    pub open: Assumptions,
    /// The element's name and value.
    pub span: Option<Span>,
}

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, Default)]
pub struct Principals {
    /// True for `NotPrincipal`.
    pub negated: bool,
    /// Who is named.
    pub items: Vec<PrincipalName>,
    /// Why there may be more than these.
    pub open: Assumptions,
}

/// How a principal is named in a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalType {
    /// `"*"`.
    Everyone,
    /// `"AWS"`: an account id, an account's root, a user, a role or a session.
    Aws,
    /// `"Service"`.
    Service,
    /// `"Federated"`.
    Federated,
    /// `"CanonicalUser"`.
    Canonical,
}

/// A principal that a policy names.
#[derive(Clone, Debug)]
pub struct PrincipalName {
    /// How.
    pub kind: PrincipalType,
    /// The name as written.
    pub name: Text,
}

/// One alternative of a condition that is not known: the statement is there iff `on` is `state`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// What decides.
    pub on: Symbol,
    /// The state that makes it real.
    pub state: Arc<str>,
    /// All states of `on`.
    pub states: Arc<[Arc<str>]>,
}

impl Statement {
    /// The keys of the policy variables in its resources and conditions.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        let values = self.conditions.iter().flat_map(|c| &c.values);
        let resources = self.resources.iter().flat_map(|r| &r.items);
        values.chain(resources).flat_map(Template::variables)
    }

    /// Where its `Action` or `NotAction` element stands, or the statement where that is not known.
    #[must_use]
    pub fn action_span(&self) -> Span {
        self.actions.span.unwrap_or(self.span)
    }
}
