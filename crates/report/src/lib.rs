//! Every output format, and what the intermediate forms look like as text.
//!
//! Takes what was analysed and gives text back; nothing is written and nothing is read here.

pub mod accepted;
pub mod baseline;
pub mod diff;
pub mod dump;
pub mod explain;
pub mod github;
pub mod gitlab;
#[cfg(test)]
mod golden;
mod group;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
mod mermaid;
pub mod paths;
mod place;
#[cfg(test)]
mod sample;
pub mod sarif;
pub mod text;
mod words;

use rolecall_checks::finding::{Analysis, Rule};
use rolecall_source::{Diagnostic, Level, Sources};

/// What is reported, the same for every format.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// The outcome. Findings that the user does not want to see are left out of it already.
    pub analysis: &'a Analysis,
    /// The files the spans point into, by paths relative to the root of the repository.
    pub sources: &'a Sources,
    /// The rules that ran.
    pub rules: &'a [Rule],
    /// The version of the program.
    pub version: &'a str,
    /// How many findings were left out because of their severity or confidence.
    pub hidden: usize,
}

impl Report<'_> {
    /// True iff a part of the program failed, so that there may be findings that nobody saw.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.analysis.diagnostics.iter().any(|d| &*d.code == "internal-error")
    }

    /// True iff everything that was found could be analysed.
    #[must_use]
    pub fn complete(&self) -> bool {
        let coverage = &self.analysis.coverage;
        let lost = |d: &Diagnostic| matches!(d.level, Level::Warning | Level::Error);
        coverage.modules_unresolved.is_empty()
            && coverage.policies_unknown.is_empty()
            && !self.analysis.diagnostics.iter().any(lost)
    }
}

/// Where the program lives.
pub(crate) const HOME: &str = "https://github.com/rolecall-rs/rolecall";
