//! Expressions picked by hand: every function, every operator, and edges of conversion.

/// One expression a line.
pub(super) const EXPRESSIONS: &str = include_str!("picked.txt");
