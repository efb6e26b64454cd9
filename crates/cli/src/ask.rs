//! `rolecall who-can`, `what-can` and `path`.

use rolecall_checks::paths::{Question, answer};
use rolecall_report::paths;

use crate::args::{AnswerFormat, AskArgs};
use crate::console::{self, Failure};
use crate::exit::Exit;
use crate::input;
use crate::progress::Progress;
use crate::scan;

/// Exits with 1 when there is a way, as a finding would.
pub(crate) fn run(question: &Question, args: &AskArgs) -> Result<Exit, Failure> {
    let progress = Progress::start(args.output.quiet);
    let input = input::read(&args.input)?;
    progress.phase("deciding");
    let options = scan::options(&args.input, &input)?;
    let answer = answer(input.outputs, &options, question);
    drop(progress);
    if let Some((name, similar)) = answer.unknown.first() {
        return Err(Failure::NoSuchPrincipal(name.clone(), similar.clone()));
    }
    let text = match args.format {
        AnswerFormat::Text => paths::text(&answer, &input.sources),
        AnswerFormat::Json => paths::json(&answer, &input.sources),
    };
    console::deliver(&args.output, text.as_bytes())?;
    Ok(match () {
        () if input.broken => Exit::Error,
        () if answer.paths.is_empty() => Exit::Clean,
        () => Exit::Findings,
    })
}
