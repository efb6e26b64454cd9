//! Two scans of one repository, compared.

mod identity;

pub use identity::{Identity, Move, Named, Pair, Way, pair};
