//! Intermediate forms as text: for tests, for other tools, and to see what was understood.

mod facts;
mod gaad;
mod graph;
mod letters;

pub use facts::facts;
pub use gaad::{Gaad, gaad};
pub use graph::{graph_dot, graph_json, graph_mermaid};
