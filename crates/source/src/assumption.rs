use std::fmt;
use std::sync::Arc;

/// Something an answer relies on, as a clause that reads well after "assuming": "`var.create` is true",
/// "123456789012 is the account this deploys to".
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Assumption(pub Arc<str>);

impl Assumption {
    /// An assumption.
    pub fn new(clause: impl Into<Arc<str>>) -> Self {
        Self(clause.into())
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
