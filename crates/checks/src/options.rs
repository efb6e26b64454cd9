/// What the user states about a scan.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The account that configurations deploy to, twelve digits.
    pub account: Option<String>,
}

impl Options {
    pub(crate) fn graph(&self) -> rolecall_graph::Options {
        rolecall_graph::Options {
            account: self.account.clone(),
        }
    }
}
