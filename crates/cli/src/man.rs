//! `rolecall man`.

use std::fs;
use std::path::Path;

use clap::CommandFactory;

use crate::args::Cli;
use crate::console::Failure;
use crate::exit::Exit;

/// Writes `rolecall.1` and a page for each command, `rolecall-scan.1`.
pub(crate) fn write(folder: &Path) -> Result<Exit, Failure> {
    let command = Cli::command().disable_help_subcommand(true);
    let made = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    made.map_err(|error| Failure::Write {
        path: folder.to_owned(),
        why: error.to_string(),
    })?;
    Ok(Exit::Clean)
}
