use std::sync::{Arc, OnceLock};

use rolecall_source::{Span, Symbol, Text};
use rustc_hash::FxHashMap;

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
    pub(crate) index: Index,
}

/// Finds the action patterns that may name an action. Made when it is first needed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index(OnceLock<Names>);

#[derive(Clone, Debug, Default)]
struct Names {
    /// Names in full, in lower case.
    literals: FxHashMap<String, usize>,
    /// Patterns of one service, by its prefix in lower case.
    services: FxHashMap<String, Vec<usize>>,
    /// All others.
    others: Vec<usize>,
}

impl Names {
    fn of(items: &[Template]) -> Self {
        let mut names = Self::default();
        for (at, item) in items.iter().enumerate() {
            let Some(text) = item.text.as_str() else {
                names.others.push(at);
                continue;
            };
            match text.split_once(':') {
                _ if !text.contains(['*', '?']) => {
                    names.literals.entry(text.to_ascii_lowercase()).or_insert(at);
                }
                Some((service, _)) if !service.contains(['*', '?']) => {
                    names.services.entry(service.to_ascii_lowercase()).or_default().push(at);
                }
                _ => names.others.push(at),
            }
        }
        names
    }
}

impl Patterns {
    /// Forgets what was looked up, after `items` has changed.
    pub fn forget(&mut self) {
        self.index = Index::default();
    }

    /// The items that may name `action`, read as the patterns of an `Action` element.
    pub(crate) fn for_action(&self, action: &str) -> impl Iterator<Item = &Template> {
        let names = self.index.0.get_or_init(|| Names::of(&self.items));
        let lower = action.to_ascii_lowercase();
        let service = lower.split(':').next().unwrap_or_default();
        let literal = names.literals.get(&lower).into_iter();
        let of_service = names.services.get(service).into_iter().flatten();
        literal
            .chain(of_service)
            .chain(&names.others)
            .filter_map(|at| self.items.get(*at))
    }
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
