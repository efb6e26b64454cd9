//! `rolecall scan`.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Instant;

use rolecall_checks::Analysis;
use rolecall_report::{Report, github, gitlab, html, json, junit, markdown, sarif, text};
use rolecall_source::{Confidence, Severity};

use crate::args::{Color, Format, ScanArgs};
use crate::console::{self, Failure};
use crate::exit::Exit;
use crate::input;
use crate::progress::Progress;
use crate::today;

pub(crate) fn run(args: &ScanArgs) -> Result<Exit, Failure> {
    let started = Instant::now();
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
    let view = View {
        args,
        root: &input.root,
        started,
    };
    let main = view.render(&report, args.format, args.output.output.as_deref());
    console::deliver(&args.output, main.as_bytes())?;
    for (format, file) in &args.also {
        console::save(file, view.render(&report, *format, Some(file)).as_bytes())?;
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

/// How a report is shown.
struct View<'a> {
    args: &'a ScanArgs,
    root: &'a Path,
    started: Instant,
}

impl View<'_> {
    fn render(&self, report: &Report<'_>, format: Format, file: Option<&Path>) -> String {
        match format {
            Format::Text => text::render(report, &self.layout(file)),
            Format::Json => json::render(report),
            Format::Sarif => sarif::render(report),
            Format::Markdown => markdown::render(report),
            Format::Html => html::render(report),
            Format::Github => github::render(report),
            Format::Gitlab => gitlab::render(report),
            Format::Junit => junit::render(report),
        }
    }

    /// How text is laid out: the time, and what only a terminal can show, is for a terminal alone.
    fn layout(&self, file: Option<&Path>) -> text::Options {
        let terminal = file.is_none() && io::stdout().is_terminal();
        let root = self
            .root
            .to_str()
            .filter(|r| r.starts_with('/') && console::shows_links());
        text::Options {
            width: if terminal { console::width() } else { 100 },
            color: match self.args.output.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => terminal && console::wants_color(),
            },
            links: root.filter(|_| terminal).map(str::to_owned),
            quiet: self.args.output.quiet,
            all: self.args.all,
            elapsed: terminal.then(|| self.started.elapsed()),
        }
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
