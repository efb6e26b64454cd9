//! `rolecall scan`.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Instant;

use rolecall_checks::Analysis;
use rolecall_report::{Report, accepted, github, gitlab, html, json, junit, markdown, sarif, text};
use rolecall_source::{Confidence, Severity};

use crate::args::{Color, FailOn, Format, GivenArgs, OutputArgs, ScanArgs, SeverityArg};
use crate::config::Config;
use crate::console::{self, Failure};
use crate::exit::Exit;
use crate::input::{self, Input};
use crate::progress::Progress;
use crate::{baseline, today};

pub(crate) fn run(args: &ScanArgs) -> Result<Exit, Failure> {
    let started = Instant::now();
    let progress = Progress::start(args.output.quiet);
    let input = input::read(&args.input)?;
    progress.phase("deciding");
    let options = rolecall_checks::Options {
        cut: true,
        ..options(&args.input, &input)?
    };
    let wanted = Wanted::new(args.fail_on, args.bounds.min_severity, &input.config);
    let (mut analysis, broken) =
        match input::guarded("the analysis", || rolecall_checks::analyze(input.outputs, &options)) {
            Ok(analysis) => (analysis, input.broken),
            Err(diagnostic) => (input::lost(diagnostic), true),
        };
    analysis.diagnostics.splice(0..0, input.diagnostics);
    drop(progress);
    let hidden = narrow(&mut analysis, wanted.min_severity.into(), args.bounds.confidence.into());
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
    Ok(judge(&report, args, &wanted, broken))
}

/// What is told and what fails a run: the command line says, else the configuration, else the defaults.
pub(crate) struct Wanted {
    pub(crate) fail_on: FailOn,
    pub(crate) min_severity: SeverityArg,
}

impl Wanted {
    pub(crate) fn new(fail_on: Option<FailOn>, min_severity: Option<SeverityArg>, config: &Config) -> Self {
        Self {
            fail_on: fail_on.or(config.fail_on()).unwrap_or(FailOn::Medium),
            min_severity: min_severity.or(config.min_severity()).unwrap_or(SeverityArg::Low),
        }
    }
}

/// What the user says about the analysis.
pub(crate) fn options(given: &GivenArgs, input: &Input) -> Result<rolecall_checks::Options, Failure> {
    let config = &input.config;
    let stated = config.file.account.as_ref().map(|a| a.as_ref().clone());
    Ok(rolecall_checks::Options {
        account: given.account.clone().or(stated),
        foreign: input.foreign(),
        today: Some(given.today.clone().unwrap_or_else(today::today)),
        accepted: config.accepted(&input.sources),
        baseline: given.baseline.as_deref().map(baseline::read).transpose()?,
        cut: false,
        disabled: config.file.disabled(false),
        disabled_techniques: config.file.disabled(true),
        severities: config.severities().collect(),
        custom_techniques: config.file.technique.clone(),
    })
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
            Format::Text => self.text(report, file),
            Format::Json => json::render(report),
            Format::Sarif => sarif::render(report),
            Format::Markdown => markdown::render(report),
            Format::Html => html::render(report),
            Format::Github => github::render(report),
            Format::Gitlab => gitlab::render(report),
            Format::Junit => junit::render(report),
        }
    }

    fn text(&self, report: &Report<'_>, file: Option<&Path>) -> String {
        let options = text::Options {
            all: self.args.all,
            ..layout(&self.args.output, self.root, self.started, file)
        };
        let mut out = text::render(report, &options);
        if self.args.show_suppressed {
            out.push_str(&accepted::render(report));
        }
        out
    }
}

/// How text is laid out in `file`, or on standard output: the time, and what only a terminal can show, is for a terminal
/// alone. Links lead to files below `root`.
pub(crate) fn layout(args: &OutputArgs, root: &Path, started: Instant, file: Option<&Path>) -> text::Options {
    let terminal = file.is_none() && io::stdout().is_terminal();
    let root = root.to_str().filter(|r| r.starts_with('/') && console::shows_links());
    text::Options {
        width: if terminal { console::width() } else { 100 },
        color: match args.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && console::wants_color(),
        },
        links: root.filter(|_| terminal).map(str::to_owned),
        quiet: args.quiet,
        all: false,
        elapsed: terminal.then(|| started.elapsed()),
    }
}

/// The exit code: what is reported decides, and what was accepted does not.
fn judge(report: &Report<'_>, args: &ScanArgs, wanted: &Wanted, broken: bool) -> Exit {
    let grave = wanted.fail_on.severity().is_some_and(|least| {
        let mut open = report.analysis.findings.iter().filter(|f| f.suppressed.is_none());
        open.any(|f| f.severity >= least)
    });
    match () {
        () if broken => Exit::Error,
        () if report.analysis.coverage.roots.is_empty() => Exit::Nothing,
        () if grave || (args.bounds.strict && !report.complete()) => Exit::Findings,
        () => Exit::Clean,
    }
}
