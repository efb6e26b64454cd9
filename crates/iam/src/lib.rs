//! The IAM policy language: parse, match, evaluate, compare.
//!
//! Knows no Terraform, no CloudFormation and no graph.

mod answer;
mod authority;
mod condition;
mod evaluate;
mod find;
mod gain;
mod parse;
pub mod pattern;
mod policy;
mod request;
mod solve;
mod template;
mod trust;

pub use answer::{Answer, Assumptions};
pub use authority::{Authority, Caller, Grant};
pub use condition::{Comparison, Condition, Operator, Qualifier};
pub use evaluate::evaluate;
pub use find::find;
pub use gain::{Gain, Rank, ServiceGain, Witness};
pub use parse::parse_policy;
pub use policy::{
    Alternative, Effect, Patterns, Policy, PolicyKind, PrincipalName, PrincipalType, Principals, Statement,
};
pub use request::{Context, Decision, Found, Outcome, Query, Reason, Request};
pub use template::Template;
pub use trust::{trusts_principal, trusts_principal_directly, trusts_service};

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

    /// Can `authority` make itself administrator by changing its own permissions (a policy of its own, its group's,
    /// its trust)? Decided by [`find`] on its own ARN and policies.
    #[must_use]
    pub fn escalates(&self, _authority: &Authority) -> Answer {
        todo!()
    }

    /// True iff `authority` is allowed every action on every resource (`Depends` when unknown parts decide).
    #[must_use]
    pub fn is_administrator(&self, _authority: &Authority) -> Answer {
        todo!()
    }
}
