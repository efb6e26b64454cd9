//! The IAM policy language: parse, match, evaluate, compare.
//!
//! Knows no Terraform, no CloudFormation and no graph.

mod answer;
mod authority;
mod condition;
mod engine;
mod evaluate;
mod find;
mod gain;
mod levels;
mod parse;
pub mod pattern;
mod policy;
mod request;
mod resource;
mod solve;
mod template;
mod trust;

pub use answer::Answer;
pub use authority::{Authority, Caller, Grant, Own, OwnPolicy};
pub use condition::{Comparison, Condition, Operator, Qualifier};
pub use engine::{Engine, Prepared};
pub use evaluate::evaluate;
pub use find::find;
pub use gain::{Escalation, EscalationKind, Gain, Rank, Relation, ServiceGain, Witness};
pub use parse::parse_policy;
pub use policy::{
    Alternative, Effect, Patterns, Policy, PolicyKind, PrincipalName, PrincipalType, Principals, Statement,
};
pub use request::{Context, Decision, Found, Outcome, Query, Reason, Request};
pub use resource::{Reach, ResourceGrant};
pub use rolecall_source::Assumptions;
pub use template::Template;
pub use trust::{
    trusts_anyone, trusts_federated, trusts_principal, trusts_principal_directly, trusts_provider, trusts_service,
};
