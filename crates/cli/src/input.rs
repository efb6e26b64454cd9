//! From arguments to facts: discovery, the frontends side by side, and nothing they do can end the run.

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::{Mutex, Once, PoisonError};

use rayon::prelude::*;
use rolecall_checks::Analysis;
use rolecall_facts::{Output, Unresolved};
use rolecall_source::{Diagnostic, FileId, Level, Sources, Span, limits};

use crate::args::InputArgs;
use crate::console::Failure;
use crate::discover::{Disk, discover};
use crate::lsp::{Over, Overlay};
use crate::plans;

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
    let given = Given {
        terraform: rolecall_terraform::Options {
            vars: args.var.clone(),
            environment: environment(args),
            var_files: found.include(&args.var_file)?,
            workspace: args.workspace.clone(),
            plans: plans::read(&plans, &mut found)?,
        },
        cloudformation: rolecall_cloudformation::Options {
            parameter_files: found.include(&args.parameter_file)?,
            parameters: args.parameter.iter().cloned().collect(),
        },
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(args.threads.map_or(0, usize::from))
        .stack_size(STACK_BYTES)
        .build()
        .map_err(|e| Failure::Threads(e.to_string()))?;
    let mut round = 0;
    let (sources, results) = loop {
        let root = found.root.clone();
        let loader = Over {
            overlay: overlay.clone(),
            under: Box::new(Disk { root: root.clone() }),
            root,
        };
        let sources = Sources::new(found.files.iter().cloned().collect(), Box::new(loader));
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
        let brought = missing.iter().filter(|dir| found.module(dir)).count();
        if brought == 0 || round > limits::MODULE_DEPTH {
            break (sources, results);
        }
    };
    let mut diagnostics = found.diagnostics;
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
        root: found.root,
        sources,
        outputs,
        diagnostics,
        terraform: given.terraform,
        broken,
    })
}

/// The variables of Terraform in the environment, if the user asks for them.
fn environment(args: &InputArgs) -> Vec<(String, String)> {
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
