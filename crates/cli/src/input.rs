//! From arguments to facts: discovery, the frontends side by side, and nothing they do can end the run.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::{Mutex, Once, PoisonError};

use rayon::prelude::*;
use rolecall_checks::Analysis;
use rolecall_facts::{Output, Unresolved};
use rolecall_source::{Diagnostic, FileId, Level, Loader, Sources, Span, limits};

use crate::args::{GivenArgs, InputArgs};
use crate::config::{Config, NAME};
use crate::console::Failure;
use crate::discover::{Disk, Found, discover};
use crate::lsp::{Over, Overlay};
use crate::plans;
use crate::tree::Tree;

/// Stack of a worker: input may nest as deep as the limits allow.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// What was read.
pub(crate) struct Input {
    /// What the paths of the files are relative to.
    pub(crate) root: PathBuf,
    /// The files.
    pub(crate) sources: Sources,
    /// What the frontends made of them, in a fixed order.
    pub(crate) outputs: Vec<Output>,
    /// What could not be entered, and what broke.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What the user says about Terraform configurations.
    pub(crate) terraform: rolecall_terraform::Options,
    /// What the user says about the repository.
    pub(crate) config: Config,
    /// True iff a part of the program failed.
    pub(crate) broken: bool,
}

impl Input {
    /// The files that `terraform init` has fetched.
    pub(crate) fn foreign(&self) -> BTreeSet<FileId> {
        let fetched = |path: &str| path.starts_with(".terraform/") || path.contains("/.terraform/");
        self.sources
            .ids()
            .filter(|id| fetched(self.sources.path(*id)))
            .collect()
    }
}

/// A frontend: files in, facts out.
struct Frontend {
    name: &'static str,
    read: fn(&Sources, &Given) -> Output,
}

/// In the order of their outputs.
const FRONTENDS: &[Frontend] = &[
    Frontend {
        name: "the Terraform frontend",
        read: |sources, given| rolecall_terraform::analyze(sources, &given.terraform),
    },
    Frontend {
        name: "the CloudFormation frontend",
        read: |sources, given| rolecall_cloudformation::analyze(sources, &given.cloudformation),
    },
];

/// What the user says about the configurations, for each frontend.
struct Given {
    terraform: rolecall_terraform::Options,
    cloudformation: rolecall_cloudformation::Options,
}

/// Where the files of a scan are.
pub(crate) enum Place {
    /// On the disk, with what an editor has open instead of files.
    Disk(Found, Overlay),
    /// In a commit.
    Tree(Tree),
}

impl Place {
    fn include(&mut self, files: &[PathBuf]) -> Result<Vec<String>, Failure> {
        match self {
            Self::Disk(found, _) => found.include(files),
            Self::Tree(tree) => tree.include(files),
        }
    }

    fn module(&mut self, dir: &str) -> bool {
        match self {
            Self::Disk(found, _) => found.module(dir),
            Self::Tree(tree) => tree.module(dir),
        }
    }

    /// The configuration that is meant: the one that is named, else the one where the scan begins, else at the root.
    fn config(&mut self, args: &GivenArgs) -> Result<Config, Failure> {
        if args.config.no_config {
            return Ok(Config::default());
        }
        if let Some(mut config) = Config::named(&args.config)? {
            let inside = args
                .config
                .config
                .as_ref()
                .and_then(|file| self.include(std::slice::from_ref(file)).ok());
            if let Some(name) = inside.and_then(|names| names.into_iter().next()) {
                config.path = name;
            }
            return Ok(config);
        }
        let (top, loader): (&str, Box<dyn Loader>) = match self {
            Self::Disk(found, _) => {
                let root = found.root.clone();
                (&found.top, Box::new(Disk { root }))
            }
            Self::Tree(tree) => (tree.top(), tree.loader()),
        };
        let beside = format!("{top}/{NAME}");
        for path in [beside.trim_start_matches('/'), NAME] {
            let Ok(bytes) = loader.load(path) else { continue };
            let config = Config::parse(path, &String::from_utf8_lossy(&bytes))?;
            match self {
                Self::Disk(found, _) => drop(found.files.insert(config.path.clone())),
                Self::Tree(tree) => tree.choose(&config.path),
            }
            return Ok(config);
        }
        Ok(Config::default())
    }

    /// Leaves files out.
    fn exclude(&mut self, config: &Config) {
        if config.file.exclude.is_empty() {
            return;
        }
        let excluded = config.excluded();
        let keep = |path: &String| !excluded.matched_path_or_any_parents(path, false).is_ignore();
        match self {
            Self::Disk(found, _) => found.files.retain(keep),
            Self::Tree(tree) => tree.retain(keep),
        }
    }

    fn sources(&self) -> Sources {
        match self {
            Self::Disk(found, overlay) => {
                let root = found.root.clone();
                let loader = Over {
                    overlay: overlay.clone(),
                    under: Box::new(Disk { root: root.clone() }),
                    root,
                };
                Sources::new(found.files.iter().cloned().collect(), Box::new(loader))
            }
            Self::Tree(tree) => Sources::new(tree.files(), tree.loader()),
        }
    }

    /// The folder that paths are relative to; of a commit the current one stands in.
    fn root(&self) -> PathBuf {
        match self {
            Self::Disk(found, _) => found.root.clone(),
            Self::Tree(_) => PathBuf::from("."),
        }
    }

    fn diagnostics(self) -> Vec<Diagnostic> {
        match self {
            Self::Disk(found, _) => found.diagnostics,
            Self::Tree(tree) => tree.diagnostics,
        }
    }
}

/// Finds and reads what the arguments name.
pub(crate) fn read(args: &InputArgs) -> Result<Input, Failure> {
    read_over(args, &Overlay::default())
}

/// The same, where what an editor has open stands in for files.
pub(crate) fn read_over(args: &InputArgs, overlay: &Overlay) -> Result<Input, Failure> {
    let (paths, plans) = plans::set_apart(args);
    let mut found = discover(&paths)?;
    let unsaved: Vec<String> = overlay
        .below(&found.root)
        .filter(|p| !found.root.join(p).exists())
        .collect();
    found.files.extend(unsaved);
    let plans = plans::read(&plans, &mut found)?;
    read_with(Place::Disk(found, overlay.clone()), args, plans)
}

/// Reads the files of a place, as `args` say.
pub(crate) fn read_from(place: Place, args: &GivenArgs) -> Result<Input, Failure> {
    read_with(place, args, Vec::new())
}

fn read_with(mut place: Place, args: &GivenArgs, plans: Vec<rolecall_terraform::GivenPlan>) -> Result<Input, Failure> {
    let config = place.config(args)?;
    place.exclude(&config);
    let said = |pairs: &BTreeMap<String, String>| pairs.clone().into_iter().collect::<Vec<_>>();
    let (terraform, cloudformation) = (&config.file.terraform, &config.file.cloudformation);
    let given = Given {
        terraform: rolecall_terraform::Options {
            vars: [said(&terraform.vars), args.var.clone()].concat(),
            environment: environment(args),
            var_files: place.include(&args.var_file)?,
            workspace: args.workspace.clone().or_else(|| terraform.workspace.clone()),
            plans,
        },
        cloudformation: rolecall_cloudformation::Options {
            parameter_files: place.include(&args.parameter_file)?,
            parameters: said(&cloudformation.parameters)
                .into_iter()
                .chain(args.parameter.iter().cloned())
                .collect(),
        },
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(args.threads.map_or(0, usize::from))
        .stack_size(STACK_BYTES)
        .build()
        .map_err(|e| Failure::Threads(e.to_string()))?;
    let mut round = 0;
    let (sources, results) = loop {
        let sources = place.sources();
        let results: Vec<Result<Output, Diagnostic>> = pool.install(|| {
            let one = |f: &Frontend| guarded(f.name, || (f.read)(&sources, &given));
            FRONTENDS.par_iter().map(one).collect()
        });
        round += 1;
        let missing = results
            .iter()
            .flatten()
            .flat_map(|o| &o.unresolved)
            .filter_map(|u| beside(u, &sources));
        let missing: BTreeSet<String> = missing.collect();
        let brought = missing.iter().filter(|dir| place.module(dir)).count();
        if brought == 0 || round > limits::MODULE_DEPTH {
            break (sources, results);
        }
    };
    let root = place.root();
    let mut diagnostics = place.diagnostics();
    let mut outputs = Vec::new();
    let mut broken = false;
    for result in results {
        match result {
            Ok(output) => outputs.push(output),
            Err(diagnostic) => {
                broken = true;
                diagnostics.push(diagnostic);
            }
        }
    }
    Ok(Input {
        root,
        sources,
        outputs,
        diagnostics,
        terraform: given.terraform,
        config,
        broken,
    })
}

/// The variables of Terraform in the environment, if the user asks for them.
fn environment(args: &GivenArgs) -> Vec<(String, String)> {
    if !args.tf_var_env {
        return Vec::new();
    }
    let named = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        let name = name.to_str()?.strip_prefix("TF_VAR_")?.to_owned();
        Some((name, value.to_str()?.to_owned()))
    };
    let mut variables: Vec<(String, String)> = std::env::vars_os().filter_map(named).collect();
    variables.sort();
    variables
}

/// The folder of a module that is called by a local path, if that path stays inside the root.
fn beside(call: &Unresolved, sources: &Sources) -> Option<String> {
    if !call.source.starts_with("./") && !call.source.starts_with("../") {
        return None;
    }
    let mut folder: Vec<&str> = sources.path(call.span.file).split('/').collect();
    folder.pop();
    for part in call.source.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(folder.pop()?),
            name => folder.push(name),
        }
    }
    Some(folder.join("/"))
}

static HOOK: Once = Once::new();
/// Messages and places of panics, until the diagnostic that tells them.
static PANICS: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// Runs `work`; a failure of the program inside it is a diagnostic.
pub(crate) fn guarded<T>(what: &str, work: impl FnOnce() -> T) -> Result<T, Diagnostic> {
    HOOK.call_once(|| {
        panic::set_hook(Box::new(|info| {
            let at = info
                .location()
                .map_or_else(String::new, |l| format!(" at {}:{}", l.file(), l.line()));
            let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
            panics.push((message(info.payload()).to_owned(), at));
        }));
    });
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let message = message(&*payload);
        let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
        let at = panics.iter().position(|(m, _)| m == message);
        let at = at.map_or_else(String::new, |i| panics.swap_remove(i).1);
        let headline = format!("rolecall itself failed in {what}: {message}{at}");
        Diagnostic::new("internal-error", Level::Error, headline, Span::NOWHERE)
            .help("this is a bug in rolecall, not in your files")
    })
}

/// The outcome of an analysis that failed.
pub(crate) fn lost(diagnostic: Diagnostic) -> Analysis {
    Analysis {
        diagnostics: vec![diagnostic],
        ..Analysis::default()
    }
}

fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_a_diagnostic() {
        let lost = guarded("terraform", || -> u8 { panic!("out of cheese") }).unwrap_err();
        assert_eq!(lost.code.as_ref(), "internal-error");
        assert!(lost.headline.contains("out of cheese at "), "{}", lost.headline);
        assert_eq!(guarded("terraform", || 7), Ok(7));
    }
}
