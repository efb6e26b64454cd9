//! `rolecall dump`.

use rolecall_report::dump;

use crate::args::{Dump, DumpArgs, DumpFormat};
use crate::console::{self, Failure};
use crate::exit::Exit;
use crate::input;
use crate::progress::Progress;
use crate::scan;

/// The account in a dump that needs one, where none is stated.
const UNKNOWN_ACCOUNT: &str = "123456789012";

pub(crate) fn run(args: &DumpArgs) -> Result<Exit, Failure> {
    match (args.what, args.format) {
        (_, DumpFormat::Text) => {}
        (Dump::Graph, format) => return map(args, format),
        _ => return Err(Failure::DumpFormat),
    }
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

/// The graph with what was decided.
fn map(args: &DumpArgs, format: DumpFormat) -> Result<Exit, Failure> {
    let progress = Progress::start(args.output.quiet);
    let input = input::read(&args.input)?;
    progress.phase("deciding");
    let options = scan::options(&args.input, &input)?;
    let map = rolecall_checks::map::map(input.outputs, &options);
    drop(progress);
    let text = match format {
        DumpFormat::Dot => dump::graph_dot(&map),
        DumpFormat::Mermaid => dump::graph_mermaid(&map),
        DumpFormat::Json | DumpFormat::Text => dump::graph_json(&map, &input.sources),
    };
    console::deliver(&args.output, text.as_bytes())?;
    Ok(match () {
        () if input.broken => Exit::Error,
        () if map.nodes.is_empty() => Exit::Nothing,
        () => Exit::Clean,
    })
}
