//! What one authority allows and another does not.
//!
//! `docs/containment.md` describes the algorithm and what it is exact on.

mod actions;
mod bits;
mod compare;
mod content;
mod escalate;
mod shape;
mod solve;
mod store;
mod summary;
#[cfg(test)]
mod tests;
mod types;

pub use types::{Gain, Rank, Relation, ServiceGain, Witness};

pub(crate) use compare::Comparer;
pub(crate) use escalate::escalates;
pub(crate) use store::Compiled;
