//! `rolecall`: the command line, and the only crate that touches the disk.

mod args;
mod ask;
mod baseline;
mod config;
mod console;
mod diff;
mod discover;
mod dump;
mod exit;
mod explain;
mod git;
mod input;
mod lsp;
mod man;
mod plans;
mod policy;
mod progress;
mod rules;
mod scan;
mod today;
mod tree;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command};
use console::Failure;
use exit::Exit;
use rolecall_checks::paths::Question;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Error } else { Exit::Clean };
            // A closed pipe while help is printed is nobody's mistake.
            let _ = error.print();
            return exit.into();
        }
    };
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            console::complain(&failure);
            Exit::Error.into()
        }
    }
}

fn run(cli: Cli) -> Result<Exit, Failure> {
    match cli.command {
        None => scan::run(&cli.scan),
        Some(Command::Scan(args)) => scan::run(&args),
        Some(Command::Diff(args)) => diff::run(&args),
        Some(Command::Dump(args)) => dump::run(&args),
        Some(Command::WhoCan { role, ask }) => ask::run(&Question::WhoCan(role), &ask),
        Some(Command::WhatCan { principal, ask }) => ask::run(&Question::WhatCan(principal), &ask),
        Some(Command::Path { principal, role, ask }) => ask::run(&Question::Path(principal, role), &ask),
        Some(Command::Baseline { command }) => baseline::run(&command),
        Some(Command::Config { command }) => config::run(&command),
        Some(Command::Rules(args)) => rules::list(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Policy { command }) => policy::run(&command),
        Some(Command::Lsp(args)) => lsp::run(&args),
        Some(Command::Man { folder }) => man::write(&folder),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "rolecall", &mut script);
            console::print(&script)?;
            Ok(Exit::Clean)
        }
    }
}
