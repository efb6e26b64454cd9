use std::cell::Cell;

/// Counts work: a step for about each place of a pattern, or value, that is looked at. Steps are counted and not time,
/// so that answers do not depend on the machine.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: u64,
    spent: Cell<u64>,
}

impl Budget {
    pub(crate) fn of(limit: u64) -> Self {
        Self {
            limit,
            spent: Cell::new(0),
        }
    }

    /// For work that is bounded otherwise.
    pub(crate) fn unlimited() -> Self {
        Self::of(u64::MAX)
    }

    pub(crate) fn spend(&self, steps: usize) {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        self.spent.set(self.spent.get().saturating_add(steps));
    }

    /// Counts what was spent of another.
    pub(crate) fn spend_as_much(&self, other: &Self) {
        self.spent.set(self.spent.get().saturating_add(other.spent.get()));
    }

    /// All that was spent, which may be a little over the limit: what was begun is finished.
    pub(crate) fn spent(&self) -> u64 {
        self.spent.get()
    }

    /// True iff nothing more should be begun.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent.get() >= self.limit
    }
}
