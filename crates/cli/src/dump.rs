//! `rolecall dump`.

use rolecall_report::dump;

use crate::args::{Dump, DumpArgs};
use crate::console::{self, Failure};
use crate::exit::Exit;
use crate::input;
use crate::progress::Progress;

/// The account in a dump that needs one, where none is stated.
const UNKNOWN_ACCOUNT: &str = "123456789012";

pub(crate) fn run(args: &DumpArgs) -> Result<Exit, Failure> {
    let progress = Progress::start(args.output.quiet);
    let input = input::read(&args.input)?;
    drop(progress);
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
        Dump::Gaad => {
            let account = args.input.account.as_deref().unwrap_or(UNKNOWN_ACCOUNT);
            let managed = |arn: &str| rolecall_catalog::managed_policy(arn).map(|p| p.document);
            let gaad = dump::gaad(&configurations, account, &managed);
            if !args.output.quiet {
                gaad.warnings.iter().for_each(|w| console::remark(w));
            }
            gaad.json
        }
    };
    console::deliver(&args.output, text.as_bytes())?;
    Ok(match () {
        () if input.broken => Exit::Error,
        () if nothing => Exit::Nothing,
        () => Exit::Clean,
    })
}
