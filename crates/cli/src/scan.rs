//! `rolecall scan`.

use std::io::{self, IsTerminal};
use std::path::Path;

use rolecall_checks::Analysis;
use rolecall_report::{Report, json, markdown, sarif, text};
use rolecall_source::{Confidence, Severity};

use crate::args::{Color, Format, ScanArgs};
use crate::console::{self, Failure};
use crate::exit::Exit;
use crate::input;
use crate::progress::Progress;
use crate::today;

pub(crate) fn run(args: &ScanArgs) -> Result<Exit, Failure> {
    let progress = Progress::start(args.output.quiet);
    let input = input::read(&args.input)?;
    progress.phase("deciding");
    let options = rolecall_checks::Options {
        account: args.input.account.clone(),
        foreign: input.foreign(),
        today: Some(args.input.today.clone().unwrap_or_else(today::today)),
        ..rolecall_checks::Options::default()
    };
    let (mut analysis, broken) =
        match input::guarded("the analysis", || rolecall_checks::analyze(input.outputs, &options)) {
            Ok(analysis) => (analysis, input.broken),
            Err(diagnostic) => (input::lost(diagnostic), true),
        };
    analysis.diagnostics.splice(0..0, input.diagnostics);
    drop(progress);
    let hidden = narrow(&mut analysis, args.min_severity.into(), args.confidence.into());
    let report = Report {
        analysis: &analysis,
        sources: &input.sources,
        rules: rolecall_checks::rules(),
        version: env!("CARGO_PKG_VERSION"),
        hidden,
    };
    let main = render(&report, args, args.format, args.output.output.as_deref());
    console::deliver(&args.output, main.as_bytes())?;
    for (format, file) in &args.also {
        console::save(file, render(&report, args, *format, Some(file)).as_bytes())?;
    }
    Ok(judge(&report, args, broken))
}

/// Takes out what the user does not want to see, and says how much that was.
fn narrow(analysis: &mut Analysis, severity: Severity, confidence: Confidence) -> usize {
    let all = analysis.findings.len();
    analysis
        .findings
        .retain(|f| f.severity >= severity && f.confidence >= confidence);
    all - analysis.findings.len()
}

fn render(report: &Report<'_>, args: &ScanArgs, format: Format, file: Option<&Path>) -> String {
    match format {
        Format::Text => {
            let terminal = file.is_none() && io::stdout().is_terminal();
            let options = text::Options {
                width: if terminal { console::width() } else { 100 },
                color: match args.output.color {
                    Color::Always => true,
                    Color::Never => false,
                    Color::Auto => terminal && console::wants_color(),
                },
                quiet: args.output.quiet,
            };
            text::render(report, &options)
        }
        Format::Json => json::render(report),
        Format::Sarif => sarif::render(report),
        Format::Markdown => markdown::render(report),
    }
}

/// The exit code: what is reported decides, and what was accepted does not.
fn judge(report: &Report<'_>, args: &ScanArgs, broken: bool) -> Exit {
    let grave = args.fail_on.severity().is_some_and(|least| {
        let mut open = report.analysis.findings.iter().filter(|f| f.suppressed.is_none());
        open.any(|f| f.severity >= least)
    });
    match () {
        () if broken => Exit::Error,
        () if report.analysis.coverage.roots.is_empty() => Exit::Nothing,
        () if grave || (args.strict && !report.complete()) => Exit::Findings,
        () => Exit::Clean,
    }
}
