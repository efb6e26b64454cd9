//! `rolecall diff`.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rolecall_checks::Analysis;
use rolecall_checks::compare::{self, Comparison, Status, Tree as Compared};
use rolecall_report::diff::{self, DiffReport};
use rolecall_report::text;
use rolecall_source::{FileId, Sources};

use crate::args::{DiffArgs, DiffFormat};
use crate::console::{self, Failure};
use crate::discover::{Found, discover, relative};
use crate::exit::Exit;
use crate::git::{Objects, Repository};
use crate::input::{self, Place};
use crate::progress::Progress;
use crate::scan::{self, Wanted};
use crate::tree::Tree;

/// What is compared with what.
struct Revisions {
    /// As the user calls it, and its commit.
    base: (String, String),
    /// The same; `None` for the working tree.
    head: Option<(String, String)>,
}

/// One side, analysed.
struct Side {
    analysis: Analysis,
    sources: Sources,
    wanted: Wanted,
    broken: bool,
}

pub(crate) fn run(args: &DiffArgs) -> Result<Exit, Failure> {
    let progress = Progress::start(args.output.quiet);
    let repository = Repository::open(Path::new("."))?;
    let revisions = Revisions::of(args, &repository)?;
    let objects = Arc::new(Objects::open(&repository)?);
    let paths = names(&repository, &args.paths)?;
    let tree = |commit: &str| Tree::read(&repository, commit, &objects, &paths);
    let mut before = tree(&revisions.base.1)?;
    let after = match &revisions.head {
        Some((_, commit)) => Place::Tree(tree(commit)?),
        None => Place::Disk(
            working_tree(&repository, args, &mut before)?,
            crate::lsp::Overlay::default(),
        ),
    };
    let before = side(Place::Tree(before), args)?;
    let after = side(after, args)?;
    progress.phase("comparing");
    let mut comparison = compared(&before, &after);
    drop(progress);
    let hidden = narrow(&mut comparison, args, &before, &after);
    let report = DiffReport {
        comparison: &comparison,
        base: told(&revisions.base.0, Some(&revisions.base.1), &before),
        head: match &revisions.head {
            Some((name, commit)) => told(name, Some(commit), &after),
            None => told("the working tree", None, &after),
        },
        rules: rolecall_checks::rules(),
        version: env!("CARGO_PKG_VERSION"),
        hidden,
    };
    let main = render(&report, args, args.format, args.output.output.as_deref());
    console::deliver(&args.output, main.as_bytes())?;
    for (format, file) in &args.also {
        console::save(file, render(&report, args, *format, Some(file)).as_bytes())?;
    }
    Ok(judge(&report, args, &after.wanted, before.broken || after.broken))
}

impl Revisions {
    fn of(args: &DiffArgs, repository: &Repository) -> Result<Self, Failure> {
        let (base, head, parted) = match (args.base.split_once("..."), args.base.split_once("..")) {
            (Some((base, head)), _) if args.head.is_none() => (base, Some(head), true),
            (None, Some((base, head))) if args.head.is_none() => (base, Some(head), args.merge_base),
            _ => (args.base.as_str(), args.head.as_deref(), args.merge_base),
        };
        let or_head = |name: &str| {
            if name.is_empty() {
                "HEAD".to_owned()
            } else {
                name.to_owned()
            }
        };
        let (base, head) = (or_head(base), head.map(or_head));
        if head.is_none() && repository.bare {
            return Err(Failure::Git(format!(
                "a bare repository has no working tree: name what to compare, as in `rolecall diff {base} HEAD`"
            )));
        }
        let commit = repository.commit(&base)?;
        let head = match head {
            Some(name) => Some((repository.commit(&name)?, name)),
            None => None,
        };
        let base = if parted {
            let other = head.as_ref().map_or("HEAD", |(_, name)| name.as_str());
            (
                format!("where it parted from {base}"),
                repository.merge_base(&base, other)?,
            )
        } else {
            (base, commit)
        };
        Ok(Self {
            base,
            head: head.map(|(commit, name)| (name, commit)),
        })
    }
}

/// The paths of the command line, relative to the root of the repository.
fn names(repository: &Repository, paths: &[PathBuf]) -> Result<Vec<String>, Failure> {
    let here = std::env::current_dir().map_err(|e| Failure::read(Path::new("."), &e))?;
    let here = std::fs::canonicalize(&here).map_err(|e| Failure::read(&here, &e))?;
    let mut found = Vec::new();
    for path in paths {
        // What only the other tree has cannot be asked of the disk.
        let full = std::fs::canonicalize(path).unwrap_or_else(|_| here.join(path));
        let name = relative(&repository.root, &full).ok_or_else(|| Failure::Outside {
            path: path.clone(),
            root: repository.root.clone(),
        })?;
        found.push(name);
    }
    Ok(found)
}

/// The files of the working tree. What git has nothing of counts on both sides: modules that were fetched are added to
/// the base, and submodules are left out as they are there.
fn working_tree(repository: &Repository, args: &DiffArgs, base: &mut Tree) -> Result<Found, Failure> {
    let all = [repository.root.clone()];
    let there: Vec<PathBuf> = args.paths.iter().filter(|p| p.exists()).cloned().collect();
    let paths = if args.paths.is_empty() { &all[..] } else { &there };
    let mut found = if paths.is_empty() {
        Found::empty(repository.root.clone())
    } else {
        discover(paths)?
    };
    let inside = |path: &String| {
        base.submodules()
            .iter()
            .any(|s| path.strip_prefix(s.as_str()).is_some_and(|r| r.starts_with('/')))
    };
    found.files.retain(|path| !inside(path));
    base.overlay(&found);
    Ok(found)
}

fn side(place: Place, args: &DiffArgs) -> Result<Side, Failure> {
    let input = input::read_from(place, &args.given)?;
    let options = scan::options(&args.given, &input)?;
    let wanted = Wanted::new(args.fail_on, args.bounds.min_severity, &input.config);
    let analysis = input::guarded("the analysis", || rolecall_checks::analyze(input.outputs, &options));
    let (mut analysis, broken) = match analysis {
        Ok(analysis) => (analysis, input.broken),
        Err(diagnostic) => (input::lost(diagnostic), true),
    };
    analysis.diagnostics.splice(0..0, input.diagnostics);
    Ok(Side {
        analysis,
        sources: input.sources,
        wanted,
        broken,
    })
}

fn told<'a>(name: &'a str, commit: Option<&'a str>, side: &'a Side) -> diff::Side<'a> {
    diff::Side {
        name,
        commit,
        analysis: &side.analysis,
        sources: &side.sources,
    }
}

fn compared(before: &Side, after: &Side) -> Comparison {
    let old = |file: FileId| entries(&before.sources, file);
    let new = |file: FileId| entries(&after.sources, file);
    compare::compare(&before.with(&old), &after.with(&new), &[])
}

impl Side {
    fn with<'a>(&'a self, entries: &'a dyn Fn(FileId) -> Vec<Range<usize>>) -> compare::Side<'a> {
        compare::Side {
            analysis: &self.analysis,
            tree: Compared {
                sources: &self.sources,
                entries,
            },
        }
    }
}

/// The constructs of a file, by its language.
fn entries(sources: &Sources, file: FileId) -> Vec<Range<usize>> {
    let Ok(text) = sources.text(file) else {
        return Vec::new();
    };
    let path = sources.path(file);
    if path.ends_with(".tf") || path.ends_with(".tofu") {
        rolecall_terraform::entries(text)
    } else {
        rolecall_cloudformation::entries(text)
    }
}

/// Takes out what the user does not want to see, and says how much that was.
fn narrow(comparison: &mut Comparison, args: &DiffArgs, before: &Side, after: &Side) -> usize {
    let all = comparison.changes.len();
    comparison.changes.retain(|change| {
        let finding = match (change.after, change.before) {
            (Some(at), _) => after.analysis.findings.get(at),
            (None, Some(at)) => before.analysis.findings.get(at),
            (None, None) => None,
        };
        finding.is_some_and(|f| {
            f.severity >= after.wanted.min_severity.into() && f.confidence >= args.bounds.confidence.into()
        })
    });
    all - comparison.changes.len()
}

fn render(report: &DiffReport<'_>, args: &DiffArgs, format: DiffFormat, file: Option<&Path>) -> String {
    match format {
        DiffFormat::Text => diff::render_text(report, &layout(args, file)),
        DiffFormat::Json => diff::render_json(report),
        DiffFormat::Sarif => diff::render_sarif(report),
        DiffFormat::Markdown => diff::render_markdown(report),
    }
}

fn layout(args: &DiffArgs, file: Option<&Path>) -> text::Options {
    // Files of a commit are nowhere on the disk, and how long it took is not told.
    text::Options {
        elapsed: None,
        ..scan::layout(&args.output, Path::new(""), std::time::Instant::now(), file)
    }
}

/// The exit code: what is new or worse decides.
fn judge(report: &DiffReport<'_>, args: &DiffArgs, wanted: &Wanted, broken: bool) -> Exit {
    let grave = wanted.fail_on.severity().is_some_and(|least| {
        let open = [Status::New, Status::Worsened];
        let changes = open.iter().flat_map(|s| report.comparison.of(*s));
        let mut findings = changes.filter_map(|c| report.head.analysis.findings.get(c.after?));
        findings.any(|f| f.severity >= least)
    });
    let nothing = |side: &diff::Side<'_>| side.analysis.coverage.roots.is_empty();
    match () {
        () if broken => Exit::Error,
        () if nothing(&report.base) && nothing(&report.head) => Exit::Nothing,
        () if grave || (args.bounds.strict && !report.complete()) => Exit::Findings,
        () => Exit::Clean,
    }
}
