//! Bounds on what evaluating one template, with everything it calls, may cost.

use std::cell::Cell;

use rolecall_source::limits;

/// Most values that are evaluated.
const STEPS: usize = 4_000_000;
/// Deepest nesting of evaluations: values, and what they refer to.
const DEPTH: usize = 160;

/// What is left.
#[derive(Debug)]
pub(crate) struct Budget {
    steps: Cell<usize>,
    bytes: Cell<usize>,
    depth: Cell<usize>,
    instances: Cell<usize>,
    spent: Cell<bool>,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self {
            steps: Cell::new(STEPS),
            bytes: Cell::new(limits::TEXT_BYTES),
            depth: Cell::new(0),
            instances: Cell::new(limits::INSTANCES),
            spent: Cell::new(false),
        }
    }

    fn take(&self, cell: &Cell<usize>, amount: usize) -> bool {
        match cell.get().checked_sub(amount) {
            Some(left) => {
                cell.set(left);
                true
            }
            None => {
                self.spent.set(true);
                false
            }
        }
    }

    /// Room for one more value, one level deeper; [`Budget::leave`] it when true.
    pub(crate) fn enter(&self) -> bool {
        if self.depth.get() >= DEPTH {
            self.spent.set(true);
            return false;
        }
        if !self.take(&self.steps, 1) {
            return false;
        }
        self.depth.set(self.depth.get() + 1);
        true
    }

    /// Back from [`Budget::enter`].
    pub(crate) fn leave(&self) {
        self.depth.set(self.depth.get().saturating_sub(1));
    }

    /// Room for `amount` more bytes of text. Once there was none, there is none for any text.
    pub(crate) fn bytes(&self, amount: usize) -> bool {
        !self.spent.get() && self.take(&self.bytes, amount)
    }

    /// Room for one more expansion of an `Fn::ForEach`.
    pub(crate) fn instance(&self) -> bool {
        self.take(&self.instances, 1)
    }
}
