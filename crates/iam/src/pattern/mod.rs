//! Wildcard patterns over letters and symbols.
//!
//! A [`Pattern`] denotes a set of texts once its symbols have values; `L(p)` below is that set. `*` stands for any
//! letters (`:` and `/` included), `?` for exactly one, everything else for itself. AWS states this of the
//! [Resource element](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html), where
//! a `*` crosses the boundaries of an ARN's fields, and of `StringLike`; the comparison of ARNs in conditions goes field
//! by field ([`Pattern::arn_like`]).
//!
//! What is exact:
//! - Without symbols, [`matches()`], [`covers`] and [`meets`] answer Yes or No, and rightly. (`covers` of a field-wise
//!   pattern searches an automaton and says Depends if that outgrows [`COVER_BUDGET`]; no other question has a bound.)
//! - With symbols, Yes and No hold for every value of the symbols. Depends is said when the values decide, and also in
//!   some cases where they do not: the same symbol on both sides within *different* surroundings is treated as two
//!   unknowns when No is sought; Yes is found only when one way of matching fits all values.
//! - A symbol in a pattern may stand for text with wildcards when its class is `Any` (templates put such values into
//!   policies); the classes with bounded letters cannot.
//! - [`witness`] without symbols: `Found` iff there is such a text, `None` iff there is none, `Budget` past the budget.

mod align;
mod arn;
mod budget;
mod build;
mod cover;
mod machine;
mod meet;
mod polish;
mod search;
mod set;
#[cfg(test)]
mod tests;
mod witness;

use std::fmt;
use std::sync::Arc;

use rolecall_source::Symbol;

pub use arn::Arn;
pub(crate) use budget::Budget;
pub use cover::{COVER_BUDGET, covers, matches};
pub(crate) use cover::{Word, covers_within, matches_word};
pub use meet::meets;
pub(crate) use meet::meets_within;
pub use set::Set;
pub(crate) use witness::witness_within;
pub use witness::{Search, witness};

/// One element of a pattern as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// This letter.
    Letter(char),
    /// `?`: exactly one letter.
    AnyOne,
    /// `*`: any letters, or none.
    AnyMany,
    /// What the symbol stands for.
    Symbol(Symbol),
    /// Exactly one letter of this set.
    OneOf(Set),
    /// Any letters of this set, or none.
    ManyOf(Set),
    /// At least one letter, all of this set: a placeholder of an ARN template.
    Some(Set),
    /// Twelve digits: the account placeholder of an ARN template.
    Account,
}

/// What consumes one item of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// This letter.
    Letter(char),
    /// One letter of the set.
    One(Set),
    /// A letter of a symbol's value, by symbol index and place: the letters that its class guarantees.
    Piece(u16, u8),
    /// What may follow the guaranteed letters of a symbol's value.
    Rest(u16),
}

/// A wildcard pattern, ready for comparing: steps that each consume one item, and between them, places that may consume
/// any number of letters of a set.
///
/// INVARIANT: `loops` has one more place than `steps`; `loops[i]` is what may be consumed after `i` steps. In a run of
/// wildcards that contains a `*` every place has a loop, so that `?*`, `*?` and `*?*` are one pattern.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    steps: Arc<[Step]>,
    loops: Arc<[Option<Set>]>,
    symbols: Arc<[Symbol]>,
    /// Letters before the first step that is no letter, or loop.
    head: Arc<str>,
    /// Letters after the last step that is no letter, or loop; empty when `shape` is `Literal`.
    tail: Arc<str>,
    shape: Shape,
    /// Some step or loop is bounded to a set of letters other than `Any`.
    limited: bool,
    /// The ASCII letters among the steps.
    letters: u128,
    /// Letters compare without regard to (ASCII) case; they are kept in lower case.
    fold: bool,
}

/// Where a pattern and its clones are.
pub(crate) type Place = Arc<[Option<Set>]>;

/// What a pattern looks like, for short cuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    /// Letters only.
    Literal,
    /// Letters, then `*`.
    Prefix,
    /// Anything else.
    Mixed,
}

impl Pattern {
    /// The letters, iff the pattern is nothing else.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        (self.shape == Shape::Literal).then_some(&*self.head)
    }

    /// The letters that every text of the pattern begins with (in lower case when case is ignored).
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.head
    }

    /// True iff the pattern is `*`.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.shape == Shape::Prefix && self.head.is_empty()
    }

    /// The symbols, without repetitions, in order of appearance.
    #[must_use]
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// Equal for a pattern and its clones as long as one of them lives, and for no other.
    pub(crate) fn address(&self) -> usize {
        // INVARIANT: there is at least one place, so that no two patterns share an empty slice.
        Arc::as_ptr(&self.loops).cast::<Option<Set>>().addr()
    }

    /// True only if no text can begin as both do.
    pub(crate) fn begins_unlike(&self, other: &Self) -> bool {
        meet::heads_differ(self, other)
    }

    /// About how long it is.
    pub(crate) fn places(&self) -> usize {
        self.steps.len() + 1
    }

    /// What keeps [`Pattern::address`] from being another's.
    pub(crate) fn place(&self) -> Place {
        Arc::clone(&self.loops)
    }

    /// True iff case is ignored.
    #[must_use]
    pub fn ignores_case(&self) -> bool {
        self.fold
    }

    pub(crate) fn step(&self, at: usize) -> Option<Step> {
        self.steps.get(at).copied()
    }

    pub(crate) fn loop_at(&self, at: usize) -> Option<Set> {
        self.loops.get(at).copied().flatten()
    }

    pub(crate) fn symbol(&self, index: u16) -> Option<&Symbol> {
        self.symbols.get(usize::from(index))
    }

    /// The tokens from place `from` to place `to`, with the loops at both.
    pub(crate) fn written(&self, from: usize, to: usize) -> String {
        let mut out = String::new();
        let mut starred = false;
        for at in from..=to {
            if self.loop_at(at).is_some() && !starred {
                out.push('*');
                starred = true;
            }
            match self.step(at).filter(|_| at < to) {
                Some(Step::Letter(c)) => out.push(c),
                Some(Step::One(_)) => out.push('?'),
                Some(step @ (Step::Piece(s, _) | Step::Rest(s))) if self.begins_symbol(step) => {
                    self.push_symbol(s, &mut out)
                }
                Some(Step::Piece(..) | Step::Rest(_)) | None => {}
            }
            if !matches!(self.step(at), Some(Step::One(_))) {
                starred = false;
            }
        }
        out
    }

    /// True iff `step` is the first of those that stand for its symbol.
    pub(crate) fn begins_symbol(&self, step: Step) -> bool {
        match step {
            Step::Piece(_, at) => at == 0,
            Step::Rest(s) => self.symbol(s).is_some_and(|s| s.class.length().0 == 0),
            Step::Letter(_) | Step::One(_) => false,
        }
    }

    /// The letters that the symbol at `index` may have.
    pub(crate) fn class_of(&self, index: u16) -> Set {
        self.symbol(index).map_or(Set::Any, |s| Set::of(s.class))
    }

    fn push_symbol(&self, index: u16, out: &mut String) {
        if let Some(symbol) = self.symbol(index) {
            out.push_str(&symbol.to_string());
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(0, self.steps.len()))
    }
}
impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}
