use std::collections::BTreeSet;

use rolecall_source::{FileId, Span};

/// What the user states about a scan.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The account that configurations deploy to, twelve digits.
    pub account: Option<String>,
    /// Files that are not the repository's own: modules that were fetched into it. A finding is never shown there, but
    /// at the call that brings the module in.
    pub foreign: BTreeSet<FileId>,
}

impl Options {
    pub(crate) fn graph(&self) -> rolecall_graph::Options {
        let account = self.account.clone();
        rolecall_graph::Options { account }
    }

    /// True iff `span` stands in a file of the repository.
    pub(crate) fn is_own(&self, span: Span) -> bool {
        !span.is_nowhere() && !self.foreign.contains(&span.file)
    }
}
