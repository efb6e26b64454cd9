//! Terraform configurations to facts.
//!
//! [`analyze`] reads every `.tf`, `.tofu` and `.tf.json` file of a scan, evaluates each root module with what it calls,
//! and states the facts of its resources. What is not known before deployment stays a symbol.

mod convert;
mod eval;
mod explain;
mod expression;
mod functions;
mod instance;
mod module;
mod options;
mod plan;
mod resources;
mod syntax;

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use rolecall_facts::{Configuration, Language, Output, Unresolved};
use rolecall_source::{Diagnostic, Sources};

pub use crate::explain::explain;
pub use crate::expression::evaluate_expression;
pub use crate::options::{GivenPlan, Options};
pub use crate::plan::{Plan, PlanError, looks_like_plan};

use crate::eval::Evaluator;
use crate::instance::Instance;
use crate::module::{Module, World};

/// Stack of the threads that evaluate; only what is used is ever touched.
const STACK: usize = 256 * 1024 * 1024;

/// The constructs of a `.tf` file (attributes, blocks, elements of lists, items of objects) as ranges of bytes: how far
/// goes what begins somewhere.
#[must_use]
pub fn entries(text: &str) -> Vec<std::ops::Range<usize>> {
    syntax::entries(text)
}

/// Every syntax error in the configuration files of a scan, also in blocks whose contents [`analyze`] never asks for.
#[must_use]
pub fn syntax_errors(sources: &Sources) -> Vec<Diagnostic> {
    let mut found = module::syntax_errors(sources);
    sort_diagnostics(&mut found);
    found
}

/// What the Terraform configurations of a scan state.
#[must_use]
pub fn analyze(sources: &Sources, options: &Options) -> Output {
    let threads = rayon::current_num_threads();
    match rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK)
        .build()
    {
        Ok(pool) => pool.install(|| analyze_here(sources, options)),
        Err(_) => analyze_here(sources, options),
    }
}

/// What one configuration gives.
struct Analysed {
    configuration: Configuration,
    diagnostics: Vec<Diagnostic>,
    unresolved: Vec<Unresolved>,
    used: BTreeSet<Arc<str>>,
}

fn analyze_here(sources: &Sources, options: &Options) -> Output {
    let world = World::read(sources, options);
    let mut output = Output {
        files: world.files,
        diagnostics: world.diagnostics.clone(),
        directives: world.directives.clone(),
        ..Output::default()
    };
    let mut done = BTreeSet::new();
    let mut next = world.roots();
    if next.is_empty() {
        next = world.next_roots(&done);
    }
    while !next.is_empty() {
        let analysed: Vec<Analysed> = next.par_iter().filter_map(|dir| configuration(&world, dir)).collect();
        done.extend(next);
        for one in analysed {
            done.extend(one.used);
            output.configurations.push(one.configuration);
            output.diagnostics.extend(one.diagnostics);
            output.unresolved.extend(one.unresolved);
        }
        next = world.next_roots(&done);
    }
    output
        .diagnostics
        .extend(world.modules.values().flat_map(Module::errors).cloned());
    output.configurations.sort_by(|a, b| a.id.cmp(&b.id));
    sort_diagnostics(&mut output.diagnostics);
    output.directives.sort_by_key(|d| d.span);
    output.unresolved.sort();
    output.unresolved.dedup();
    output
}

/// Evaluates the root module in `dir`.
fn configuration(world: &World<'_>, dir: &Arc<str>) -> Option<Analysed> {
    let module = world.modules.get(dir)?;
    let evaluator = Evaluator::new(world, dir);
    let root = evaluator.root_instance(module);
    let mut instances = Vec::new();
    if let Err(failure) = evaluator.collect(&root, &resources::matters, &mut instances) {
        evaluator.say_failure(&failure);
    }
    let instances: Vec<Instance> = instances.iter().map(|i| Instance::clone(i)).collect();
    let mut configuration = Configuration::new(Arc::clone(&evaluator.id), Language::Terraform);
    configuration.scopes = evaluator.scopes.take();
    let mut diagnostics = evaluator.diagnostics.take();
    resources::lower(&instances, &mut configuration, &mut diagnostics);
    Some(Analysed {
        configuration,
        diagnostics,
        unresolved: evaluator.unresolved.take(),
        used: evaluator.used.take(),
    })
}

/// In order of file and place, each once.
fn sort_diagnostics(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| (a.span(), &a.code, &a.headline).cmp(&(b.span(), &b.code, &b.headline)));
    diagnostics.dedup();
}
