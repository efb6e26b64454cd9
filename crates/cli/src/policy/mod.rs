//! `rolecall policy`: questions about policies on their own.

mod eval;
mod request;

use clap::Subcommand;

use crate::console::Failure;
use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Evaluate requests, one JSON object a line, and answer in kind
    Eval(eval::EvalArgs),
}

pub(crate) fn run(command: &PolicyCommand) -> Result<Exit, Failure> {
    match command {
        PolicyCommand::Eval(args) => eval::run(args),
    }
}
