//! Files, spans, values with unknowns, and diagnostics.
//!
//! No language and no IO lives here: [`Sources`] reads through a [`Loader`] that the caller supplies.

mod assumption;
mod assumptions;
mod diagnostic;
pub mod json;
pub mod limits;
mod line_index;
mod number;
mod sources;
mod span;
mod symbol;
mod text;
mod trace;
mod value;

pub use assumption::{Assumption, contradict, excludes};
pub use assumptions::Assumptions;
pub use diagnostic::{Confidence, Diagnostic, Label, LabelRole, Level, Severity};
pub use line_index::{LineIndex, Position};
pub use number::{Number, Style};
pub use sources::{LoadError, Loader, MemoryLoader, Sources};
pub use span::{FileId, Span};
pub use symbol::{Class, Symbol, Test};
pub use text::{Piece, Text, TextBuilder};
pub use trace::{Hop, Trace};
pub use value::{Choice, Encoded, Entry, Kind, List, Map, Value};
