//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use rolecall_source::{Confidence, Severity};

use crate::plans::PlanFile;

/// Finds principals that can launch compute with roles more privileged than themselves.
#[derive(Debug, Parser)]
#[command(
    name = "rolecall",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 usage or input/output error, 3 nothing to analyse.\n\
                  Nothing is sent anywhere: no network, no telemetry, no credentials are read."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) scan: ScanArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Scan repositories, folders or files (the default command)
    Scan(ScanArgs),
    /// Say which findings a change opens and closes, from git's objects
    Diff(DiffArgs),
    /// Print what was understood, in an intermediate form
    Dump(DumpArgs),
    /// Say who can act as a role or user
    WhoCan {
        /// Its address, name or ARN
        #[arg(value_name = "ROLE")]
        role: String,
        #[command(flatten)]
        ask: AskArgs,
    },
    /// Say whom a principal can act as
    WhatCan {
        /// Its address, name or ARN
        #[arg(value_name = "PRINCIPAL")]
        principal: String,
        #[command(flatten)]
        ask: AskArgs,
    },
    /// Say how a principal can act as a role or user
    Path {
        /// The address, name or ARN of who starts
        #[arg(value_name = "PRINCIPAL")]
        principal: String,
        /// The address, name or ARN of whom it is to act as
        #[arg(value_name = "ROLE")]
        role: String,
        #[command(flatten)]
        ask: AskArgs,
    },
    /// Write the findings of today to a file, to be told of new ones only
    Baseline {
        #[command(subcommand)]
        command: BaselineCommand,
    },
    /// Check the configuration of a repository
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// List the rules and the techniques
    Rules(ConfigArgs),
    /// Show the page of a rule or a technique, or with --value how a value of a Terraform configuration came about
    Explain(ExplainArgs),
    /// Ask what policies allow, without a repository
    Policy {
        #[command(subcommand)]
        command: crate::policy::PolicyCommand,
    },
    /// Serve an editor over standard input and output
    Lsp(LspArgs),
    /// Write the manual pages into a folder
    Man {
        /// Where to; it is made where it is not there
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Print a completion script
    Completions {
        /// The shell it is for
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// Write the findings that are open
    Write {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        input: InputArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say what is wrong with it
    Check {
        /// The file [default: rolecall.toml]
        #[arg(value_name = "FILE", default_value = crate::config::NAME)]
        file: PathBuf,
    },
}

/// What is read and how, for commands that analyse paths.
#[derive(Clone, Debug, Args)]
pub(crate) struct InputArgs {
    /// Repositories, folders or files [default: the current folder]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) given: GivenArgs,
}

impl std::ops::Deref for InputArgs {
    type Target = GivenArgs;

    fn deref(&self) -> &GivenArgs {
        &self.given
    }
}

/// What the user says about the configurations, for every command that analyses.
#[derive(Clone, Debug, Args)]
pub(crate) struct GivenArgs {
    /// The account the configurations deploy to, twelve digits
    #[arg(long, value_name = "ID", value_parser = account)]
    pub(crate) account: Option<String>,
    /// Set a Terraform variable of every root module
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) var: Vec<(String, String)>,
    /// Read Terraform variables for every root module from a file
    #[arg(long, value_name = "FILE")]
    pub(crate) var_file: Vec<PathBuf>,
    /// Lay a Terraform plan over its configuration: what `terraform show -json PLAN` prints (`-`: standard input)
    #[arg(long, value_name = "[DIR=]FILE", value_parser = crate::plans::plan_file)]
    pub(crate) plan: Vec<PlanFile>,
    /// Lay a Terraform state over its configuration: what `terraform show -json` prints
    #[arg(long, value_name = "[DIR=]FILE", value_parser = crate::plans::plan_file)]
    pub(crate) state: Vec<PlanFile>,
    /// The value of `terraform.workspace`
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<String>,
    /// Read Terraform variables from the environment, where they are called `TF_VAR_…`
    #[arg(long)]
    pub(crate) tf_var_env: bool,
    /// Set a CloudFormation parameter of every template
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) parameter: Vec<(String, String)>,
    /// Read CloudFormation parameters for every template from a file
    #[arg(long, value_name = "FILE")]
    pub(crate) parameter_file: Vec<PathBuf>,
    /// How many threads work [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(crate) threads: Option<u16>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Accept the findings of a baseline, which `rolecall baseline write` has written
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// The date of today, for tests: what is accepted until a day before is open again
    #[arg(long, value_name = "DATE", hide = true, value_parser = day)]
    pub(crate) today: Option<String>,
}

/// Which configuration is read.
#[derive(Clone, Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The configuration [default: rolecall.toml where the scan begins, or at the root of the repository]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long)]
    pub(crate) no_config: bool,
}

/// Where the result goes.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Write the result to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Colour: `auto` is off for files and pipes and where NO_COLOR is set
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// No progress, and of text only the findings
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// What is left out, and what fails a run besides findings.
#[derive(Debug, Args)]
pub(crate) struct BoundArgs {
    /// Leave out findings below this severity
    ///
    /// [default: low, unless the configuration says otherwise]
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) min_severity: Option<SeverityArg>,
    /// Leave out findings below this confidence
    #[arg(long, value_name = "CONFIDENCE", default_value = "possible")]
    pub(crate) confidence: ConfidenceArg,
    /// Exit with 1 when something could not be analysed
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// The format of the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
    /// Write one more report of the same scan
    #[arg(long, value_name = "FORMAT=FILE", value_parser = also::<Format>)]
    pub(crate) also: Vec<(Format, PathBuf)>,
    /// Exit with 1 when a reported finding is at least this severe
    ///
    /// [default: medium, unless the configuration says otherwise]
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,
    #[command(flatten)]
    pub(crate) bounds: BoundArgs,
    /// Of text, show each finding by itself and every note
    #[arg(long, alias = "verbose")]
    pub(crate) all: bool,
    /// Of text, also say what is accepted, by what and why
    #[arg(long)]
    pub(crate) show_suppressed: bool,
}

/// What every direct question takes.
#[derive(Debug, Args)]
pub(crate) struct AskArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// The format of the answer
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: AnswerFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct LspArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// What many editors say; there is no other way
    #[arg(long, hide = true)]
    pub(crate) stdio: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// What to compare with: a branch, tag or commit; `BASE...HEAD` compares with where the two parted
    #[arg(value_name = "BASE")]
    pub(crate) base: String,
    /// A branch, tag or commit [default: the working tree, with what is not committed]
    #[arg(value_name = "HEAD")]
    pub(crate) head: Option<String>,
    /// Compare with where BASE and HEAD parted, not with BASE itself
    #[arg(long)]
    pub(crate) merge_base: bool,
    /// Folders or files of the repository [default: all of it]
    #[arg(value_name = "PATH", last = true)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) given: GivenArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// The format of the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DiffFormat,
    /// Write one more report of the same comparison
    #[arg(long, value_name = "FORMAT=FILE", value_parser = also::<DiffFormat>)]
    pub(crate) also: Vec<(DiffFormat, PathBuf)>,
    /// Exit with 1 when a new or worsened finding is at least this severe
    ///
    /// [default: medium, unless the configuration says otherwise]
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,
    #[command(flatten)]
    pub(crate) bounds: BoundArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people, in a terminal
    Text,
    /// For programs: see docs/diff-v1.md
    Json,
    /// SARIF 2.1.0 of what is new or worse
    Sarif,
    /// A comment for a pull request
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct DumpArgs {
    /// What to print
    pub(crate) what: Dump,
    /// The format of a graph; those other than text also say who can act as whom
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DumpFormat,
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(override_usage = "rolecall explain ID\n       rolecall explain --value ADDRESS [PATH]…")]
pub(crate) struct ExplainArgs {
    /// What a value is and each place it went through: `module.ci.aws_iam_role.deploy["eu"].assume_role_policy`, `local.x`
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) value: Option<String>,
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// The format of an explained value
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ExplainFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dump {
    /// What the configurations state, before anything is linked or decided
    Facts,
    /// Principals with their permissions, who may assume what, profiles and compute
    Graph,
    /// The JSON of iam:GetAccountAuthorizationDetails, as other tools read it
    Gaad,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DumpFormat {
    /// What was linked, one fact a line
    Text,
    /// For programs: see docs/cli.md
    Json,
    /// For Graphviz
    Dot,
    /// A flowchart of Mermaid
    Mermaid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, in a terminal
    Text,
    /// For programs: see docs/json-v1.md
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// For a step summary or a comment on GitHub
    Markdown,
    /// One page for a browser, with a picture of each path
    Html,
    /// Annotations of a GitHub workflow's log
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// JUnit XML
    Junit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SeverityArg {
    Low,
    Medium,
    High,
    Critical,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Low,
    Medium,
    High,
    Critical,
    /// Findings never fail the run
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConfidenceArg {
    Possible,
    Certain,
}

impl From<SeverityArg> for Severity {
    fn from(arg: SeverityArg) -> Self {
        match arg {
            SeverityArg::Low => Self::Low,
            SeverityArg::Medium => Self::Medium,
            SeverityArg::High => Self::High,
            SeverityArg::Critical => Self::Critical,
        }
    }
}

impl FailOn {
    /// The least severity that fails a run.
    pub(crate) fn severity(self) -> Option<Severity> {
        Some(match self {
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
            Self::Never => return None,
        })
    }
}

impl From<ConfidenceArg> for Confidence {
    fn from(arg: ConfidenceArg) -> Self {
        match arg {
            ConfidenceArg::Possible => Self::Possible,
            ConfidenceArg::Certain => Self::Certain,
        }
    }
}

fn account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an account id has twelve digits".into())
    }
}

fn day(text: &str) -> Result<String, String> {
    if rolecall_facts::is_day(text) {
        Ok(text.to_owned())
    } else {
        Err("a day is written as in 2027-01-31".into())
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".into()),
    }
}

fn also<F: ValueEnum>(text: &str) -> Result<(F, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("expected FORMAT=FILE")?;
    if file.is_empty() {
        return Err("expected FORMAT=FILE".into());
    }
    Ok((F::from_str(format, false)?, file.into()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_path_alone_is_a_scan() {
        let cli = Cli::try_parse_from(["rolecall", "infra", "--fail-on", "never"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.scan.input.paths, [PathBuf::from("infra")]);
        assert_eq!(cli.scan.fail_on, Some(FailOn::Never));
    }

    #[test]
    fn malformed_values_are_refused() {
        for bad in [
            ["--account", "12345"],
            ["--var", "x"],
            ["--var", "=x"],
            ["--also", "text"],
            ["--also", "nope=x"],
            ["--threads", "0"],
        ] {
            assert!(
                Cli::try_parse_from(["rolecall", "scan", bad[0], bad[1]]).is_err(),
                "{bad:?}"
            );
        }
        let cli = Cli::try_parse_from(["rolecall", "--var", "a=b=c"]).unwrap();
        assert_eq!(cli.scan.input.var, [("a".to_owned(), "b=c".to_owned())]);
    }
}
