//! Links what configurations state into principals with permissions, roles with trust, profiles and compute.
//!
//! Who refers to whom is found by comparing names and ARNs, symbols and all: a role attached by
//! `aws_iam_role.app.name` and one attached by the literal it evaluates to are the same. Nothing here knows which
//! language a configuration was written in.

mod account;
mod accounts;
mod attachments;
mod callers;
mod compute;
mod controls;
mod dump;
mod evidence;
mod index;
mod launch;
mod link;
mod model;
mod organization;
mod policies;
mod references;
mod resource_policies;
#[cfg(test)]
mod testing;

pub use account::LiteralAccounts;
pub use dump::dump;
pub use launch::EffectiveRole;
pub use link::{Options, link};
pub use model::{
    ComputeNode, Documents, GrantInfo, Graph, Linked, Node, NodeId, Pin, PolicyGap, PolicySource, ProfileNode,
    RoleTarget, Wiring,
};
