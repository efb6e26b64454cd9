//! `rolecall policy`: questions about policies on their own.

mod can;
mod diff;
mod eval;
mod files;
mod request;

use clap::Subcommand;

use crate::console::Failure;
use crate::exit::Exit;

/// Who asks when nobody is named.
const SOMEBODY: &str = "arn:aws:iam::123456789012:role/somebody";

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say whether a request is allowed, and by which statements
    Can(can::CanArgs),
    /// Say what a new policy allows that an old one does not, and the reverse
    Diff(diff::DiffArgs),
    /// Evaluate requests, one JSON object a line, and answer in kind
    Eval(eval::EvalArgs),
}

pub(crate) fn run(command: &PolicyCommand) -> Result<Exit, Failure> {
    match command {
        PolicyCommand::Can(args) => can::run(args),
        PolicyCommand::Diff(args) => diff::run(args),
        PolicyCommand::Eval(args) => eval::run(args),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".into()),
    }
}
