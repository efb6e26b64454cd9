//! What one authority allows and another does not.
//!
//! `docs/containment.md` describes the algorithm and what it is exact on.

mod actions;
mod bits;
mod compare;
mod content;
mod escalate;
#[cfg(test)]
mod resource_tests;
mod shape;
mod solve;
mod store;
mod summary;
#[cfg(test)]
mod tests;
mod types;

pub use escalate::{Escalation, EscalationKind};
pub use types::{Gain, Rank, Relation, ServiceGain, Witness};

pub(crate) use compare::Comparer;
pub(crate) use escalate::escalation;
pub(crate) use store::Compiled;
