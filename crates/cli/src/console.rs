//! Standard output, standard error, and what goes wrong at the edge.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::args::OutputArgs;

/// What ends a run before it has a result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A path of the command line cannot be read.
    #[error("cannot read `{path}`: {why}", path = path.display())]
    Read { path: PathBuf, why: String },
    /// A result cannot be written.
    #[error("cannot write `{path}`: {why}", path = path.display())]
    Write { path: PathBuf, why: String },
    /// Standard output is broken.
    #[error("cannot write the result: {0}")]
    Output(String),
    /// A path is not in the repository of the first path to scan.
    #[error("`{path}` is not inside `{root}`, which holds the first path", path = path.display(), root = root.display())]
    Outside { path: PathBuf, root: PathBuf },
    /// There is no rule or technique with this id.
    #[error("there is no rule or technique `{0}`; `rolecall rules` lists them")]
    NoSuchRule(String),
    /// A file that should be a plan or state is none.
    #[error("`{path}` {why}", path = path.display())]
    Plan { path: PathBuf, why: String },
    /// There is no value at an address.
    #[error("cannot explain `{address}`: {why}")]
    Address { address: String, why: String },
    /// `explain` without anything to explain.
    /// Only the graph has formats.
    #[error("--format is for `rolecall dump graph`")]
    DumpFormat,
    #[error("say what to explain: the id of a rule or technique, or --value ADDRESS")]
    ExplainWhat,
    /// Nobody in the scan has this address, name or ARN.
    #[error("nobody in the scan is called `{0}`{similar}", similar = similar(.1))]
    NoSuchPrincipal(String, Vec<String>),
    /// A file is no baseline.
    #[error("`{path}` {why}", path = path.display())]
    Baseline { path: PathBuf, why: String },
    /// The configuration cannot be used.
    #[error("the configuration cannot be used\n{0}")]
    Config(String),
    /// What git has, or has not, stands in the way.
    #[error("{0}")]
    Git(String),
    /// The system refuses threads.
    #[error("cannot start threads: {0}")]
    Threads(String),
}

impl Failure {
    pub(crate) fn read(path: &Path, error: &io::Error) -> Self {
        Self::Read {
            path: path.to_owned(),
            why: error.to_string(),
        }
    }
}

/// Names like one that nobody has.
fn similar(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    format!("; there are {}", quoted.join(", "))
}

/// Says on standard error why the run has ended.
pub(crate) fn complain(failure: &Failure) {
    // There is no second place to complain at.
    let _ = writeln!(io::stderr().lock(), "rolecall: {failure}");
}

/// Says something worth knowing on standard error.
pub(crate) fn remark(told: &str) {
    let told: String = told.chars().filter(|c| !c.is_control()).collect();
    // Nobody may be listening.
    let _ = writeln!(io::stderr().lock(), "rolecall: {told}");
}

/// Writes to standard output. A reader that has gone away is no error: it has seen enough.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(e.to_string())),
        _ => Ok(()),
    }
}

/// Writes a result to `file`.
pub(crate) fn save(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(file, bytes).map_err(|e| Failure::Write {
        path: file.to_owned(),
        why: e.to_string(),
    })
}

/// Writes a result to where the user wants it.
pub(crate) fn deliver(args: &OutputArgs, bytes: &[u8]) -> Result<(), Failure> {
    match &args.output {
        Some(file) => save(file, bytes),
        None => print(bytes),
    }
}

/// Columns of the terminal.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0))
}

/// False iff the user asks for no colour in the way of <https://no-color.org> or the terminal cannot show any.
pub(crate) fn wants_color() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
}

/// True iff the terminal is one that is known to show links, or the user says so by `FORCE_HYPERLINK`, in the way of
/// <https://github.com/zkat/supports-hyperlinks>. Others may show the address as text.
pub(crate) fn shows_links() -> bool {
    let var = |name| std::env::var(name).unwrap_or_default();
    match var("FORCE_HYPERLINK").as_str() {
        "" => {}
        "0" | "false" => return false,
        _ => return true,
    }
    let by_program = [
        "Hyper",
        "iTerm.app",
        "terminology",
        "WezTerm",
        "vscode",
        "ghostty",
        "Tabby",
        "zed",
    ];
    let by_term = ["xterm-kitty", "alacritty", "xterm-ghostty", "foot"];
    let vte = var("VTE_VERSION").parse().is_ok_and(|version: u32| version >= 5000);
    let named = ["DOMTERM", "WT_SESSION", "KONSOLE_VERSION"]
        .iter()
        .any(|n| !var(n).is_empty());
    vte || named
        || by_program.contains(&var("TERM_PROGRAM").as_str())
        || by_term.iter().any(|t| var("TERM").starts_with(t))
}
