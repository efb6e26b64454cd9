//! How values got where they are.

use std::sync::Arc;

use rolecall_source::{Sources, Text, Trace};

use crate::eval::Evaluator;
use crate::module::World;
use crate::options::Options;
use crate::syntax::read_expression;

/// The value at an address (`module.ci.aws_iam_role.deploy["eu"].assume_role_policy`, `local.x`, `module.a.var.y`) in
/// every configuration that has it, and the places it went through. Modules that others call are asked on their own only
/// when no configuration has it.
///
/// # Errors
/// Why the text is no address.
pub fn explain(sources: &Sources, options: &Options, address: &str) -> Result<Vec<Trace>, String> {
    std::thread::scope(|scope| {
        let running = std::thread::Builder::new()
            .stack_size(crate::STACK)
            .spawn_scoped(scope, || explain_here(sources, options, address))
            .map_err(|e| e.to_string())?;
        running.join().map_err(|_| "the evaluation broke off".to_owned())?
    })
}

fn explain_here(sources: &Sources, options: &Options, address: &str) -> Result<Vec<Trace>, String> {
    let expression = read_expression(&Text::plain(address)).map_err(|d| d.headline)?;
    let world = World::read(sources, options);
    let ask = |dir: &Arc<str>| {
        let evaluator = Evaluator::new(&world, dir);
        let root = evaluator.root_instance(world.modules.get(dir)?);
        let (value, hops) = evaluator.explain(&root, &expression)?;
        Some(Trace {
            configuration: Arc::clone(&evaluator.id),
            address: address.into(),
            value,
            hops,
        })
    };
    let found: Vec<Trace> = world.roots().iter().filter_map(ask).collect();
    if found.is_empty() {
        return Ok(world.modules.keys().filter_map(ask).collect());
    }
    Ok(found)
}
