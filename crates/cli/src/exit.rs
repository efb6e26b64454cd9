//! What the process says to its caller.

use std::process::ExitCode;

/// The exit codes. They are part of the command line's contract: see `docs/cli.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// The analysis ran and nothing reported is at or above `--fail-on`.
    Clean = 0,
    /// A finding at or above `--fail-on`, or a gap in the coverage under `--strict`.
    Findings = 1,
    /// The command line is wrong, a path cannot be read or written, or the program failed.
    Error = 2,
    /// No configuration was found in the paths.
    Nothing = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
