//! Intermediate forms as text: for tests, for other tools, and to see what was understood.

mod facts;

pub use facts::facts;
