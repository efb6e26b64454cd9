use std::sync::Arc;

use crate::Span;

/// How much is at stake in a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Other reads and lists, or a gain only through conditions.
    Low,
    /// Writes, or reads of stored data over every resource of a service.
    Medium,
    /// Permissions management, credentials or secret stores.
    High,
    /// Everything.
    Critical,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// True under the assumptions it lists.
    Possible,
    /// True for every value of what is not known.
    Certain,
}

/// What kind of message a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Something worth knowing; nothing was lost.
    Note,
    /// A part was not understood; the rest was analysed.
    Warning,
    /// A file or block was lost.
    Error,
    /// A finding of a rule.
    Finding(Severity, Confidence),
}

/// What a [`Label`] is to its diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LabelRole {
    /// The place the message is about.
    Primary,
    /// The n-th step of a path, from 1.
    Step(u32),
    /// A place that helps to understand.
    Context,
}

/// A place in a file and what to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What to say there; may be empty.
    pub text: String,
    /// What it is to the diagnostic.
    pub role: LabelRole,
}

/// The one message type: parse errors, notes on what could not be evaluated, and findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable kebab-case name: a rule's id, or `terraform-syntax`, `policy-syntax`, `unreadable-file`, …
    pub code: Arc<str>,
    /// What kind of message it is.
    pub level: Level,
    /// One sentence, no full stop.
    pub headline: String,
    /// Places, the primary one first.
    pub labels: Vec<Label>,
    /// Further sentences.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A message at one place.
    pub fn new(code: &str, level: Level, headline: impl Into<String>, span: Span) -> Self {
        let label = Label {
            span,
            text: String::new(),
            role: LabelRole::Primary,
        };
        Self {
            code: code.into(),
            level,
            headline: headline.into(),
            labels: vec![label],
            notes: Vec::new(),
            help: None,
        }
    }

    /// An error: a file or block was lost.
    pub fn error(code: &str, headline: impl Into<String>, span: Span) -> Self {
        Self::new(code, Level::Error, headline, span)
    }

    /// A warning: a part was not understood.
    pub fn warning(code: &str, headline: impl Into<String>, span: Span) -> Self {
        Self::new(code, Level::Warning, headline, span)
    }

    /// The same with text at its primary label.
    #[must_use]
    pub fn labelled(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    /// The same with one more place.
    #[must_use]
    pub fn context(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
            role: LabelRole::Context,
        });
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The primary place.
    #[must_use]
    pub fn span(&self) -> Span {
        self.labels.first().map_or(Span::NOWHERE, |l| l.span)
    }
}
