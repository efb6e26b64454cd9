use std::collections::{BTreeMap, BTreeSet};

use rolecall_source::{FileId, Severity, Span};

use crate::suppress::{Accept, Baseline};
use crate::technique::Technique;

/// What the user states about a scan.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The account that configurations deploy to, twelve digits.
    pub account: Option<String>,
    /// Files that are not the repository's own: modules that were fetched into it. A finding is never shown there, but
    /// at the call that brings the module in.
    pub foreign: BTreeSet<FileId>,
    /// Today, `YYYY-MM-DD`: what is accepted until a day before is open again. Without it nothing expires.
    pub today: Option<String>,
    /// Pairs that are accepted.
    pub accepted: Vec<Accept>,
    /// Findings of an earlier scan.
    pub baseline: Option<Baseline>,
    /// Rules that do not report.
    pub disabled: BTreeSet<String>,
    /// How severe the findings of a rule are, whatever the rule says.
    pub severities: BTreeMap<String, Severity>,
    /// True where the fewest edits that close what is grave are looked for.
    pub cut: bool,
    /// Techniques that are not asked for, by id.
    pub disabled_techniques: BTreeSet<String>,
    /// Techniques of the user, asked for after those of the catalogue.
    pub custom_techniques: Vec<Technique>,
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
