//! Plans and states: what `terraform show -json` prints, laid over the source.
//!
//! The source stays what is analysed. A plan says what the source leaves open: values of variables, data sources that
//! were read, accounts and regions, the keys of instances, attributes that the provider computes. What the source says
//! keeps its structure and its spans.

mod address;
mod fill;
mod json;
mod overlay;
mod read;

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

pub(crate) use self::address::{PlanKey, in_module, quoted, words};
pub(crate) use self::fill::{complete, fit};
pub(crate) use self::json::{Fields, Json};
pub(crate) use self::overlay::{Evidence, Overlay, passed};
use crate::instance::Mode;

/// Why a file is no plan or state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// The reader's words.
    Unreadable(String),
    /// A binary plan.
    Binary,
    /// A state as it is stored.
    RawState,
    /// The log that `terraform plan -json` prints.
    Log,
    /// Not JSON, or not of the shape that is expected; the place and why.
    Malformed(String),
    /// Of a version that is not known.
    Version(String),
    /// JSON of another kind.
    Neither,
}

impl std::fmt::Display for PlanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "cannot be read: {why}"),
            Self::Binary => f.write_str("is a binary plan; `terraform show -json FILE` prints it as JSON"),
            Self::RawState => f.write_str("is a state as it is stored; `terraform show -json` prints it as it is read here"),
            Self::Log => f.write_str(
                "is the log of `terraform plan -json`; write the plan with `-out=FILE` and print it with `terraform show -json FILE`",
            ),
            Self::Malformed(why) => write!(f, "is not a plan or state as `terraform show -json` prints it: {why}"),
            Self::Version(version) => write!(f, "has format version {version}; 0 and 1 are known"),
            Self::Neither => f.write_str("is neither a plan nor a state as `terraform show -json` prints them"),
        }
    }
}

impl std::error::Error for PlanError {}

/// Whether a document says what will be or what is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Plan,
    State,
}

impl Origin {
    /// What people call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::State => "state",
        }
    }
}

/// An instance of a resource or data source in a plan.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) mode: Mode,
    pub(crate) kind: Arc<str>,
    pub(crate) fields: Arc<Fields>,
    /// What is known after it was applied only: true at each such place.
    pub(crate) unknown: Option<Json>,
}

/// A plan or a state, as `terraform show -json` prints it.
#[derive(Debug)]
pub struct Plan {
    pub(crate) origin: Origin,
    /// True iff what it does not name does not exist.
    pub(crate) decides: bool,
    /// True iff it was too large to be kept as a whole.
    pub(crate) full: bool,
    pub(crate) variables: BTreeMap<Arc<str>, Json>,
    /// By address.
    pub(crate) resources: BTreeMap<Box<str>, Planned>,
    /// What the outputs of called modules refer to, by path of calls (`a.b`) and name.
    pub(crate) outputs: BTreeMap<(String, Arc<str>), Vec<Box<str>>>,
    /// Which arguments a resource of a called module states, by path of calls and address in the module without keys.
    pub(crate) written: BTreeMap<(String, Box<str>), Vec<Arc<str>>>,
    /// Keys of instances by address without the key.
    pub(crate) keys: BTreeMap<Box<str>, Vec<PlanKey>>,
}

impl Plan {
    /// Reads what `terraform show -json` prints for a plan or a state, as a stream.
    ///
    /// # Errors
    /// Why it is neither.
    pub fn read(input: impl Read) -> Result<Self, PlanError> {
        read::read(input)
    }
}

/// True iff a file that begins like this may be a plan or state as `terraform show -json` prints it.
#[must_use]
pub fn looks_like_plan(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    let head = head.trim_start_matches('\u{feff}').trim_start();
    head.starts_with('{') && head.contains("\"format_version\"") && head.contains("\"terraform_version\"")
}

fn keys_of<'p>(addresses: impl Iterator<Item = &'p Box<str>>) -> BTreeMap<Box<str>, Vec<PlanKey>> {
    let mut keys: BTreeMap<Box<str>, Vec<PlanKey>> = BTreeMap::new();
    for address in addresses {
        for (base, key) in address::keys(address) {
            let known = keys.entry(base.into()).or_default();
            if known.last() != Some(&key) {
                known.push(key);
            }
        }
    }
    for known in keys.values_mut() {
        known.sort();
        known.dedup();
    }
    keys
}
