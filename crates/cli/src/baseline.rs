//! `--baseline` and `rolecall baseline`.

use std::fs;
use std::path::Path;

use rolecall_checks::Baseline;
use rolecall_report::{Report, baseline};

use crate::args::BaselineCommand;
use crate::console::{self, Failure};
use crate::exit::Exit;
use crate::{input, scan};

/// Reads a baseline.
pub(crate) fn read(file: &Path) -> Result<Baseline, Failure> {
    let text = fs::read_to_string(file).map_err(|e| Failure::read(file, &e))?;
    baseline::read(&file.to_string_lossy(), &text).map_err(|why| Failure::Baseline {
        path: file.to_owned(),
        why,
    })
}

/// Writes one.
pub(crate) fn run(command: &BaselineCommand) -> Result<Exit, Failure> {
    let BaselineCommand::Write { file, input: args } = command;
    let input = input::read(args)?;
    let mut options = scan::options(&args.given, &input)?;
    options.baseline = None;
    let broken = input.broken;
    let (analysis, broken) = match input::guarded("the analysis", || rolecall_checks::analyze(input.outputs, &options))
    {
        Ok(analysis) => (analysis, broken),
        Err(diagnostic) => (input::lost(diagnostic), true),
    };
    if broken {
        return Ok(Exit::Error);
    }
    let report = Report {
        analysis: &analysis,
        sources: &input.sources,
        rules: rolecall_checks::rules(),
        version: env!("CARGO_PKG_VERSION"),
        hidden: 0,
    };
    console::save(file, baseline::render(&report).as_bytes())?;
    let open = analysis.findings.iter().filter(|f| f.suppressed.is_none()).count();
    console::remark(&format!("findings written to `{}`: {open}", file.display()));
    Ok(if analysis.coverage.roots.is_empty() {
        Exit::Nothing
    } else {
        Exit::Clean
    })
}
