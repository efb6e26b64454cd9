//! What stands in `rolecall.toml`, with the places of what can be wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rolecall_checks::{Technique, techniques};
use rolecall_source::Severity;
use serde::Deserialize;
use toml::Spanned;

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct File {
    /// The account the configurations deploy to.
    pub(crate) account: Option<Spanned<String>>,
    /// Files that are not analysed, as `.gitignore` names them.
    pub(crate) exclude: Vec<Spanned<String>>,
    pub(crate) fail_on: Option<Threshold>,
    pub(crate) min_severity: Option<Level>,
    /// Rules that do not report, and techniques that are not asked for.
    pub(crate) disable: Vec<Spanned<String>>,
    /// Severities by rule.
    pub(crate) severity: BTreeMap<Spanned<String>, Level>,
    pub(crate) terraform: Terraform,
    pub(crate) cloudformation: CloudFormation,
    pub(crate) accept: Vec<Spanned<Accept>>,
    /// Techniques of the user's own.
    pub(crate) technique: Vec<Technique>,
}

/// What is said to every root module.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Terraform {
    pub(crate) workspace: Option<String>,
    pub(crate) vars: BTreeMap<String, String>,
}

/// What is said to every template.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct CloudFormation {
    pub(crate) parameters: BTreeMap<String, String>,
}

/// A pair that is accepted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Accept {
    pub(crate) principal: String,
    pub(crate) role: Option<String>,
    pub(crate) rule: Option<Spanned<String>>,
    pub(crate) reason: Spanned<String>,
    pub(crate) owner: Option<String>,
    pub(crate) until: Option<Spanned<String>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    Low,
    Medium,
    High,
    Critical,
}

impl Level {
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Threshold {
    Low,
    Medium,
    High,
    Critical,
    Never,
}

/// What is wrong, and where.
type Problem = (String, Range<usize>);

impl File {
    /// Reads it; every problem that can be told apart is told.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let file: Self =
            toml::from_str(text).map_err(|e| vec![(e.message().trim().to_owned(), e.span().unwrap_or(0..0))])?;
        let mut problems = file.problems();
        problems.extend(rolecall_checks::technique::problems(text, &file.technique));
        problems.sort_by_key(|(_, at)| (at.start, at.end));
        if problems.is_empty() { Ok(file) } else { Err(problems) }
    }

    /// The techniques that are disabled, or the rules.
    pub(crate) fn disabled(&self, techniques: bool) -> BTreeSet<String> {
        let all = self.disable.iter().map(|id| id.as_ref().clone());
        all.filter(|id| self.is_technique(id) == techniques).collect()
    }

    fn is_technique(&self, id: &str) -> bool {
        techniques().iter().chain(&self.technique).any(|t| *t.id == *id)
    }

    fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut say = |what: String, at: Range<usize>| found.push((what, at));
        if let Some(account) = &self.account
            && !(account.as_ref().len() == 12 && account.as_ref().bytes().all(|b| b.is_ascii_digit()))
        {
            say("an account id has twelve digits".into(), account.span());
        }
        for id in &self.disable {
            let name = id.as_ref();
            if !is_rule(name) && !self.is_technique(name) {
                let told = format!("there is no rule or technique `{name}`; `rolecall rules` lists them");
                say(told, id.span());
            }
        }
        let rules = self.severity.keys();
        let accepted = self.accept.iter().filter_map(|a| a.as_ref().rule.as_ref());
        for rule in rules.chain(accepted.filter(|r| r.as_ref() != "*")) {
            if !is_rule(rule.as_ref()) {
                let told = format!("there is no rule `{}`; `rolecall rules` lists them", rule.as_ref());
                say(told, rule.span());
            }
        }
        for accept in &self.accept {
            let accept = accept.as_ref();
            if accept.reason.as_ref().trim().is_empty() {
                say("a reason is required".into(), accept.reason.span());
            }
            if let Some(day) = accept.until.as_ref().filter(|d| !rolecall_facts::is_day(d.as_ref())) {
                let told = format!("`{}` is not a day; write it as in \"2027-01-31\"", day.as_ref());
                say(told, day.span());
            }
        }
        for pattern in &self.exclude {
            let mut builder = ignore::gitignore::GitignoreBuilder::new("");
            if let Err(error) = builder.add_line(None, pattern.as_ref()) {
                say(format!("this is no pattern: {error}"), pattern.span());
            }
        }
        found
    }
}

fn is_rule(id: &str) -> bool {
    rolecall_checks::rules().iter().any(|r| r.id == id)
}
