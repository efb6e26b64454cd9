//! Looks for a request that some rules apply to and others do not.
//!
//! A request is one resource and a value (or none) for each condition key; an action and a caller are given. A
//! [`Problem`] says which rules must apply and which must not; [`Problem::search`] takes it apart into literals (the
//! resource matches a pattern, matches none of some patterns, a condition holds or does not), decides them one variable
//! at a time, and offers each request it finds to the caller, who judges it by evaluating it.

mod assign;
mod keys;
mod ordinary;
mod relations;
mod rule;
mod search;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rolecall_source::Text;

use crate::condition::{KeyValue, Lookup};
use crate::evaluate::Facts;
use crate::pattern::Pattern;
use crate::{Assumptions, Caller, Context};

pub(crate) use ordinary::circumstance;
pub(crate) use relations::Relations;
pub(crate) use rule::{Resources, Rule};
pub(crate) use search::{End, Flow, may_hold};

/// What is known of the keys of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Keys with these values.
    pub(crate) fixed: Context,
    /// Keys that the request does not have.
    pub(crate) absent: BTreeSet<String>,
    /// True: a key that is about the caller and that the caller says nothing of may be chosen like any other.
    pub(crate) any_caller: bool,
    /// What the values given to free keys rely on.
    pub(crate) assigned: Assumptions,
}

/// The keys of a request as one side sees them.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) known: &'a Known,
}

impl Side<'_> {
    /// The value of a key, or `None` when it is free.
    pub(crate) fn key(&self, key: &str) -> Option<KeyValue> {
        let facts = Facts {
            caller: self.caller,
            context: &self.known.fixed,
        };
        match facts.key(key) {
            KeyValue::Absent => {}
            value => return Some(value),
        }
        let of_caller = crate::evaluate::is_of_caller(key) && !self.known.any_caller;
        (of_caller || self.known.absent.contains(key)).then_some(KeyValue::Absent)
    }
}

impl Lookup for Side<'_> {
    fn key(&self, key: &str) -> KeyValue {
        Self::key(self, key).unwrap_or(KeyValue::Absent)
    }
}

/// Which requests are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mode {
    /// Only what holds for every value of what is not known; else also what may hold.
    pub(crate) strict: bool,
    /// Only circumstances that need no mention.
    pub(crate) ordinary: bool,
}

/// Which rules apply to the wanted request and which do not.
#[derive(Default)]
pub(crate) struct Problem<'a> {
    /// Of each group one rule applies.
    pub(crate) any: Vec<Vec<Rule<'a>>>,
    /// None of these applies.
    pub(crate) none: Vec<Rule<'a>>,
    /// The resource is in all of these.
    pub(crate) domain: Vec<Pattern>,
    /// Whose rules they are: [`Rule::side`] is an index.
    pub(crate) sides: Vec<Side<'a>>,
    /// How the patterns relate, remembered between the problems that share it, and the work that is left for these.
    pub(crate) relations: Rc<Relations>,
}

/// A request that was found, its action aside.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) resource: Text,
    pub(crate) context: BTreeMap<String, Vec<Text>>,
    /// The circumstances that were chosen.
    pub(crate) chosen: Assumptions,
}
