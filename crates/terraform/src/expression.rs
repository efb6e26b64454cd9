//! Single expressions, outside of any configuration.

use std::sync::Arc;

use rolecall_source::{Sources, Text, Value};

use crate::eval::{Cx, Evaluator};
use crate::module::World;
use crate::options::Options;
use crate::syntax::read_expression;

/// The value of an expression that refers to nothing, as `terraform console` would give it.
///
/// # Errors
/// Why the text is no expression, or why the expression has no value.
pub fn evaluate_expression(text: &str) -> Result<Value, String> {
    let text = text.to_owned();
    let thread = std::thread::Builder::new().stack_size(crate::STACK);
    let running = thread.spawn(move || evaluate(&text)).map_err(|e| e.to_string())?;
    running.join().map_err(|_| "the evaluation broke off".to_owned())?
}

fn evaluate(text: &str) -> Result<Value, String> {
    let expression = read_expression(&Text::plain(text)).map_err(|d| d.headline)?;
    let sources = Sources::in_memory(&[("main.tf", "")]);
    let options = Options::default();
    let world = World::read(&sources, &options);
    let dir: Arc<str> = "".into();
    let module = world.modules.get(&dir).ok_or("there is no module")?;
    let evaluator = Evaluator::new(&world, &dir);
    evaluator.strict.set(true);
    let root = evaluator.root_instance(module);
    evaluator.eval(Cx::of(&root), &expression).map_err(|f| f.message)
}
