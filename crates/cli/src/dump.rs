//! `rolecall dump`.

use rolecall_report::dump;

use crate::args::{Dump, DumpArgs};
use crate::console::{self, Failure};
use crate::exit::Exit;
use crate::input;

pub(crate) fn run(args: &DumpArgs) -> Result<Exit, Failure> {
    let input = input::read(&args.input)?;
    let configurations: Vec<_> = input
        .outputs
        .iter()
        .flat_map(|o| o.configurations.iter().cloned())
        .collect();
    let nothing = configurations.is_empty();
    let text = match args.what {
        Dump::Facts => dump::facts(&configurations, &input.sources),
        Dump::Graph => {
            let options = rolecall_graph::Options {
                account: args.input.account.clone(),
            };
            rolecall_graph::dump(&rolecall_graph::link(configurations, &options, &mut Vec::new()))
        }
    };
    console::deliver(&args.output, text.as_bytes())?;
    Ok(match () {
        () if input.broken => Exit::Error,
        () if nothing => Exit::Nothing,
        () => Exit::Clean,
    })
}
