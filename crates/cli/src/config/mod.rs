//! `rolecall.toml`: what the user says about a repository. `docs/configuration.md`, `docs/rolecall-toml.schema.json`.

mod file;

use std::fs;
use std::ops::Range;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rolecall_checks::Accept;
use rolecall_source::{Diagnostic, FileId, Severity, Sources, Span};

use crate::args::{ConfigArgs, ConfigCommand, FailOn, SeverityArg};
use crate::console::{self, Failure};
use crate::exit::Exit;

pub(crate) use file::File;

/// The name under which it is looked for.
pub(crate) const NAME: &str = "rolecall.toml";

/// What the user says, and where.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// Its path: in the scan, if it is below the root, else as the user named it.
    pub(crate) path: String,
    pub(crate) file: File,
}

impl Config {
    /// Reads `text`.
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, Failure> {
        match File::parse(text) {
            Ok(file) => Ok(Self {
                path: path.to_owned(),
                file,
            }),
            Err(problems) => Err(Failure::Config(shown(path, text, &problems))),
        }
    }

    /// The file that the arguments name.
    pub(crate) fn named(args: &ConfigArgs) -> Result<Option<Self>, Failure> {
        let Some(path) = &args.config else { return Ok(None) };
        let text = fs::read_to_string(path).map_err(|e| Failure::read(path, &e))?;
        Self::parse(&path.to_string_lossy(), &text).map(Some)
    }

    /// The one that a scan of the current folder reads, if it is there.
    pub(crate) fn here(args: &ConfigArgs) -> Result<Self, Failure> {
        if args.no_config {
            return Ok(Self::default());
        }
        if let Some(config) = Self::named(args)? {
            return Ok(config);
        }
        let here = std::path::absolute(".").unwrap_or_default();
        let root = here.ancestors().find(|dir| dir.join(".git").exists());
        for dir in [Some(here.as_path()), root].into_iter().flatten() {
            if let Ok(text) = fs::read_to_string(dir.join(NAME)) {
                return Self::parse(NAME, &text);
            }
        }
        Ok(Self::default())
    }

    /// Which files are left out.
    pub(crate) fn excluded(&self) -> Gitignore {
        let mut builder = GitignoreBuilder::new(Path::new(""));
        for pattern in &self.file.exclude {
            // It was tried when the file was read.
            let _ = builder.add_line(None, pattern.as_ref());
        }
        builder.build().unwrap_or_else(|_| Gitignore::empty())
    }

    /// The pairs that are accepted, with their places in `sources` if the file is there.
    pub(crate) fn accepted(&self, sources: &Sources) -> Vec<Accept> {
        let file = sources.find(&self.path);
        let one = |a: &toml::Spanned<file::Accept>| {
            let (span, a) = (a.span(), a.as_ref());
            Accept {
                principal: a.principal.clone(),
                role: a.role.clone(),
                rule: a.rule.as_ref().map(|r| r.as_ref().clone()),
                reason: a.reason.as_ref().clone(),
                owner: a.owner.clone(),
                until: a.until.as_ref().map(|u| u.as_ref().clone()),
                span: file.map_or(Span::NOWHERE, |f| Span::at(f, span)),
            }
        };
        self.file.accept.iter().map(one).collect()
    }

    /// The least severity that fails a run, where the file says so.
    pub(crate) fn fail_on(&self) -> Option<FailOn> {
        self.file.fail_on.map(|level| match level {
            file::Threshold::Low => FailOn::Low,
            file::Threshold::Medium => FailOn::Medium,
            file::Threshold::High => FailOn::High,
            file::Threshold::Critical => FailOn::Critical,
            file::Threshold::Never => FailOn::Never,
        })
    }

    /// The least severity that is told, where the file says so.
    pub(crate) fn min_severity(&self) -> Option<SeverityArg> {
        self.file.min_severity.map(|level| match level {
            file::Level::Low => SeverityArg::Low,
            file::Level::Medium => SeverityArg::Medium,
            file::Level::High => SeverityArg::High,
            file::Level::Critical => SeverityArg::Critical,
        })
    }

    /// Severities by rule.
    pub(crate) fn severities(&self) -> impl Iterator<Item = (String, Severity)> + '_ {
        let all = self.file.severity.iter();
        all.map(|(rule, level)| (rule.as_ref().clone(), level.severity()))
    }
}

/// `rolecall config check`.
pub(crate) fn run(command: &ConfigCommand) -> Result<Exit, Failure> {
    let ConfigCommand::Check { file } = command;
    let text = fs::read_to_string(file).map_err(|e| Failure::read(file, &e))?;
    Config::parse(&file.to_string_lossy(), &text)?;
    console::print(format!("{}: nothing wrong\n", file.display()).as_bytes())?;
    Ok(Exit::Clean)
}

/// What is wrong, each with its line.
fn shown(path: &str, text: &str, problems: &[(String, Range<usize>)]) -> String {
    let sources = Sources::in_memory(&[(path, text)]);
    let diagnostics: Vec<Diagnostic> = problems
        .iter()
        .map(|(message, range)| Diagnostic::error("configuration", message.clone(), Span::at(FileId(0), range.clone())))
        .collect();
    rolecall_report::text::diagnostics(&diagnostics, &sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        Config::parse(NAME, text).unwrap_err().to_string()
    }

    #[test]
    fn a_whole_file_is_read() {
        let config = Config::parse(
            NAME,
            "account = \"123456789012\"\nexclude = [\"examples/\", \"**/test/**\"]\nfail-on = \"high\"\nmin-severity = \"medium\"\n\
             disable = [\"open-pass-role\"]\n[severity]\nlaunch-over-privileged-role = \"low\"\n\
             [terraform]\nworkspace = \"prod\"\nvars = { region = \"eu\" }\n[cloudformation]\nparameters = { Stage = \"prod\" }\n\
             [[accept]]\nprincipal = \"module.ci.*\"\nrole = \"*\"\nrule = \"*\"\nreason = \"ci\"\nowner = \"platform\"\nuntil = \"2027-01-31\"\n\
             [[technique]]\nid = \"mine\"\nrule = \"pass-role-to-service\"\ndoes = \"start a job\"\n\
             pass = { to = [\"glue.amazonaws.com\"] }\nneeds = [{ action = \"glue:CreateJob\", on = [\"job\"] }]\n",
        )
        .unwrap();
        assert_eq!(config.fail_on(), Some(FailOn::High));
        assert_eq!(
            config.severities().collect::<Vec<_>>(),
            [("launch-over-privileged-role".to_owned(), Severity::Low)]
        );
        let excluded = config.excluded();
        let out = |path: &str| excluded.matched_path_or_any_parents(path, false).is_ignore();
        assert!(out("examples/a/main.tf") && out("x/test/main.tf") && !out("main.tf"));
        assert_eq!(config.file.technique.len(), 1);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, told) in [
            ("acount = \"1\"\n", "acount"),
            ("account = \"1\"\n", "twelve digits"),
            ("fail-on = \"sometimes\"\n", "sometimes"),
            ("disable = [\"nope\"]\n", "no rule or technique `nope`"),
            ("[severity]\nnope = \"low\"\n", "no rule `nope`"),
            ("[[accept]]\nprincipal = \"*\"\n", "reason"),
            ("[[accept]]\nprincipal = \"*\"\nreason = \" \"\n", "reason"),
            (
                "[[accept]]\nprincipal = \"*\"\nreason = \"x\"\nuntil = \"soon\"\n",
                "`soon` is not a day",
            ),
            (
                "[[accept]]\nprincipal = \"*\"\nreason = \"x\"\nrule = \"nope\"\n",
                "no rule `nope`",
            ),
            ("x = [\n", "rolecall.toml"),
        ] {
            let error = wrong(text);
            assert!(
                error.contains(told) && error.contains("rolecall.toml"),
                "{text}: {error}"
            );
        }
        assert!(wrong("account = \"123456789012\"\nbad = 1\n").contains("rolecall.toml:2:1"));
    }
}
