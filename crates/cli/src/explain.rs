//! `rolecall explain`.

use rolecall_report::explain;

use crate::args::{ExplainArgs, ExplainFormat};
use crate::console::{self, Failure};
use crate::exit::Exit;
use crate::{input, rules};

pub(crate) fn run(args: &ExplainArgs) -> Result<Exit, Failure> {
    match &args.value {
        Some(address) => value(args, address),
        None => match args.input.paths.as_slice() {
            [id] => rules::explain(&id.to_string_lossy(), &args.input.config),
            _ => Err(Failure::ExplainWhat),
        },
    }
}

/// Prints what a value is and how it got there.
fn value(args: &ExplainArgs, address: &str) -> Result<Exit, Failure> {
    let input = input::read(&args.input)?;
    let traces = rolecall_terraform::explain(&input.sources, &input.terraform, address);
    let traces = traces.map_err(|why| Failure::Address {
        address: address.to_owned(),
        why,
    })?;
    if traces.is_empty() {
        return Err(Failure::Address {
            address: address.to_owned(),
            why: "no configuration has it".into(),
        });
    }
    let text = match args.format {
        ExplainFormat::Text => explain::text(&traces, &input.sources),
        ExplainFormat::Json => explain::json(&traces, &input.sources),
    };
    console::deliver(&args.output, text.as_bytes())?;
    Ok(Exit::Clean)
}
