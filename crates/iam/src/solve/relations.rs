use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::pattern::{Pattern, covers, meets};

/// How pairs of patterns relate, each decided once.
#[derive(Default)]
pub(crate) struct Relations {
    covers: Memo,
    misses: Memo,
}

/// By the addresses of two patterns, which are kept so that these stay theirs.
type Memo = RefCell<FxHashMap<(usize, usize), (Pattern, Pattern, bool)>>;

impl Relations {
    /// True iff `a` certainly has every text of `b`.
    pub(crate) fn covers(&self, a: &Pattern, b: &Pattern) -> bool {
        remembered(&self.covers, a, b, |a, b| covers(a, b).is_yes())
    }

    /// True iff the patterns certainly have no text in common.
    pub(crate) fn misses(&self, a: &Pattern, b: &Pattern) -> bool {
        remembered(&self.misses, a, b, |a, b| meets(a, b).is_no())
    }
}

fn remembered(memo: &Memo, a: &Pattern, b: &Pattern, decide: impl FnOnce(&Pattern, &Pattern) -> bool) -> bool {
    let key = (a.address(), b.address());
    if let Some((.., known)) = memo.borrow().get(&key) {
        return *known;
    }
    let found = decide(a, b);
    memo.borrow_mut().insert(key, (a.clone(), b.clone(), found));
    found
}
