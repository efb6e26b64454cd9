//! One analysis of what the editor has before it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rolecall_checks::Analysis;
use rolecall_graph::Graph;
use rolecall_source::{FileId, Sources, Span};

use super::documents::Overlay;
use super::text::{Extent, Lines};
use crate::args::InputArgs;
use crate::console::Failure;
use crate::{input, today};

/// A folder as it was at one moment, analysed.
pub(crate) struct Snapshot {
    pub(crate) root: PathBuf,
    pub(crate) sources: Sources,
    pub(crate) analysis: Analysis,
    pub(crate) graph: Graph,
}

impl Snapshot {
    /// Reads and analyses the folders that `args` name.
    pub(crate) fn take(args: &InputArgs, overlay: &Overlay) -> Result<Self, Failure> {
        let input = input::read_over(args, overlay)?;
        let options = rolecall_checks::Options {
            account: args.account.clone(),
            foreign: input.foreign(),
            today: Some(args.today.clone().unwrap_or_else(today::today)),
            ..rolecall_checks::Options::default()
        };
        let mut configurations: Vec<_> = input.outputs.iter().flat_map(|o| o.configurations.clone()).collect();
        configurations.sort_by(|a, b| (&a.id, a.language).cmp(&(&b.id, b.language)));
        let analysis = input::guarded("the analysis", || rolecall_checks::analyze(input.outputs, &options));
        let mut analysis = analysis.unwrap_or_else(input::lost);
        analysis.diagnostics.splice(0..0, input.diagnostics);
        let linked = rolecall_graph::Options {
            account: args.account.clone(),
        };
        let link = || rolecall_graph::link(configurations, &linked, &mut Vec::new());
        Ok(Self {
            root: input.root,
            sources: input.sources,
            analysis,
            graph: input::guarded("the graph", link).unwrap_or_default(),
        })
    }

    /// The file at a path, if it is part of this.
    pub(crate) fn file(&self, path: &Path) -> Option<FileId> {
        self.sources.find(&crate::discover::relative(&self.root, path)?)
    }

    pub(crate) fn path(&self, file: FileId) -> PathBuf {
        self.root.join(self.sources.path(file))
    }

    /// Where a span is, as the editor counts.
    pub(crate) fn extent(&self, span: Span) -> Option<Extent> {
        if span.is_nowhere() {
            return None;
        }
        let text = self.sources.text(span.file).ok()?;
        Some(Lines::new(text).extent(text, span.start as usize..span.end as usize))
    }

    /// True iff the file belongs to a module that was fetched.
    pub(crate) fn is_foreign(&self, file: FileId) -> bool {
        let path = self.sources.path(file);
        path.starts_with(".terraform/") || path.contains("/.terraform/")
    }
}

/// What to analyse.
#[derive(Clone)]
pub(crate) struct Job {
    /// Folders, each for itself: two of an editor's folders may be of two repositories.
    pub(crate) folders: Vec<PathBuf>,
    /// What the command line and the editor say of the configurations.
    pub(crate) given: InputArgs,
    pub(crate) overlay: Overlay,
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) snapshots: Vec<Arc<Snapshot>>,
    pub(crate) failures: Vec<String>,
}

impl Job {
    pub(crate) fn run(&self) -> Outcome {
        let mut outcome = Outcome {
            snapshots: Vec::new(),
            failures: Vec::new(),
        };
        for folder in &self.folders {
            let args = InputArgs {
                paths: vec![folder.clone()],
                ..self.given.clone()
            };
            match Snapshot::take(&args, &self.overlay) {
                Ok(snapshot) => outcome.snapshots.push(Arc::new(snapshot)),
                Err(failure) => outcome.failures.push(failure.to_string()),
            }
        }
        outcome
    }
}
