//! One instance of a resource or data block, with its arguments evaluated.

use std::sync::Arc;

use rolecall_facts::{Origin, Scope, ScopeId};
use rolecall_source::Value;

use crate::plan::{Fields, Json};

/// Which kind of block an instance comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Mode {
    /// `resource`.
    Managed,
    /// `data`.
    Data,
}

/// One instance of a resource or data block.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    /// `resource` or `data`.
    pub(crate) mode: Mode,
    /// The type: `aws_iam_role`.
    pub(crate) kind: Arc<str>,
    /// Its address as the user writes it, the block's header, and whether it exists.
    pub(crate) origin: Origin,
    /// Prefix for the ids of its symbols, unique in the scan: `<configuration id>:<address>`.
    pub(crate) symbol_base: Arc<str>,
    /// The account it is in.
    pub(crate) scope: ScopeId,
    /// The content of that scope.
    pub(crate) account: Scope,
    /// A map of its arguments. Nested blocks are lists of maps under the block's type, `dynamic` expanded; such a list
    /// may be open. Absent arguments are absent.
    pub(crate) body: Value,
    /// What plans and states say of its attributes, the one that counts first.
    pub(crate) planned: Vec<Arc<Fields>>,
}

impl Instance {
    /// What a plan or state says of the attribute `name`.
    pub(crate) fn planned(&self, name: &str) -> Option<&Json> {
        let mut found = self.planned.iter().filter_map(|fields| fields.get(name));
        let first = found.next()?;
        // A state knows what is null in a plan because it is not stated.
        Some(if *first == Json::Null {
            found.next().unwrap_or(first)
        } else {
            first
        })
    }
}
