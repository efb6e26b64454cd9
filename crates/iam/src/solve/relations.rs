use std::cell::RefCell;
use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use crate::pattern::{Budget, Pattern, Place, covers_within, meets_within};

/// Most work of one question.
const STEPS: u64 = 16_000_000;
/// What it costs to look up what is known.
const KNOWN: usize = 16;

/// How pairs of patterns relate, each decided once, and how much may still be decided.
pub(crate) struct Relations {
    covers: Memo,
    misses: Memo,
    pub(crate) budget: Budget,
}

/// By the addresses of two patterns, which are kept so that they stay theirs.
type Memo = RefCell<FxHashMap<(usize, usize), ([Place; 2], bool)>>;

impl Default for Relations {
    fn default() -> Self {
        Self {
            covers: Memo::default(),
            misses: Memo::default(),
            budget: Budget::of(STEPS),
        }
    }
}

impl Relations {
    /// True iff `a` certainly has every text of `b`.
    pub(crate) fn covers(&self, a: &Pattern, b: &Pattern) -> bool {
        self.remembered(&self.covers, a, b, |a, b| covers_within(a, b, &self.budget).is_yes())
    }

    /// True iff the patterns certainly have no text in common.
    pub(crate) fn misses(&self, a: &Pattern, b: &Pattern) -> bool {
        // Most differ in how they begin, which is quicker seen than looked up.
        a.begins_unlike(b) || self.remembered(&self.misses, a, b, |a, b| meets_within(a, b, &self.budget).is_no())
    }

    fn remembered(
        &self,
        memo: &Memo,
        a: &Pattern,
        b: &Pattern,
        decide: impl FnOnce(&Pattern, &Pattern) -> bool,
    ) -> bool {
        self.budget.spend(KNOWN);
        match memo.borrow_mut().entry((a.address(), b.address())) {
            Entry::Occupied(known) => known.get().1,
            Entry::Vacant(free) => free.insert(([a.place(), b.place()], decide(a, b))).1,
        }
    }
}
