//! How a value got where it is: the expressions that it was made of, followed through locals, arguments and outputs.

use std::rc::Rc;
use std::sync::Arc;

use rolecall_source::{Hop, Span, Value};
use rustc_hash::FxHashSet;

use super::expand::{Key, Repeat};
use super::{Cx, Evaluator, ModuleInstance};
use crate::instance::Mode;
use crate::module::paths;
use crate::syntax::ast::{Block, Body, Expr, ExprKind, Root, Step, Traversal};

/// Most places that are told.
const HOPS: usize = 400;
/// Deepest place that is told.
const DEPTH: usize = 64;

/// Where an expression stands.
#[derive(Clone)]
struct Place<'a> {
    module: Rc<ModuleInstance<'a>>,
    repeat: Option<Rc<Repeat>>,
    /// The block that it is in, for `each` and `count`.
    body: Option<&'a Body>,
}

struct Tracer<'t, 'a> {
    evaluator: &'t Evaluator<'a>,
    hops: Vec<Hop>,
    seen: FxHashSet<(Span, Arc<str>)>,
}

impl<'a> Evaluator<'a> {
    /// The value at an address, and the places it went through; `None` when there is no such thing.
    pub(crate) fn explain(&self, root: &Rc<ModuleInstance<'a>>, address: &Expr) -> Option<(Value, Vec<Hop>)> {
        let ExprKind::Traversal(traversal) = &address.kind else {
            return None;
        };
        let Root::Name(first) = &traversal.root else {
            return None;
        };
        let steps: Vec<Step> = std::iter::once(Step::Attribute(Arc::clone(first)))
            .chain(traversal.steps.iter().cloned())
            .collect();
        let (module, used) = self.innermost(root, &steps);
        let rest = steps.get(used..).unwrap_or_default();
        let (Some(name), after) = (word(rest, 0), rest.get(1..).unwrap_or_default()) else {
            return None;
        };
        let mut tracer = Tracer {
            evaluator: self,
            hops: Vec::new(),
            seen: FxHashSet::default(),
        };
        let place = Place {
            module: Rc::clone(&module),
            repeat: None,
            body: None,
        };
        if name == "output" {
            let output = word(after, 0)?;
            tracer.output(&module, output, 0);
            let found = !tracer.hops.is_empty();
            return found.then(|| (self.output(&module, output, Span::NOWHERE), tracer.hops));
        }
        tracer.reference(&place, name, after, 0);
        if tracer.hops.is_empty() {
            return None;
        }
        let traversal = Traversal {
            root: Root::Name(name.into()),
            steps: after.to_vec(),
        };
        let value = self.traversal(Cx::of(&module), &traversal, address.span).ok()?;
        Some((value, tracer.hops))
    }

    /// The module instance that the first steps of an address lead into, and how many they are.
    fn innermost(&self, root: &Rc<ModuleInstance<'a>>, steps: &[Step]) -> (Rc<ModuleInstance<'a>>, usize) {
        let (mut module, mut used) = (Rc::clone(root), 0);
        while let Some((child, len)) = self.step_into(&module, steps.get(used..).unwrap_or_default()) {
            let after = used + len;
            let inside = match word(steps, after) {
                Some("module" | "var" | "local" | "data" | "output") => true,
                Some(kind) => child.module.managed.contains_key(kind),
                None => false,
            };
            if !inside {
                break;
            }
            (module, used) = (child, after);
        }
        (module, used)
    }

    /// `module.name`, `module.name[key]`
    fn step_into(&self, module: &Rc<ModuleInstance<'a>>, steps: &[Step]) -> Option<(Rc<ModuleInstance<'a>>, usize)> {
        if word(steps, 0)? != "module" {
            return None;
        }
        let children = self.children(module, word(steps, 1)?)?;
        let (at, len) = match steps.get(2) {
            Some(Step::Index(key)) => {
                let key = self.eval(Cx::of(module), key).ok()?;
                (children.at(&key, Span::NOWHERE).ok().flatten()?, 3)
            }
            _ => (0, 2),
        };
        children.items.get(at).map(|(_, child)| (Rc::clone(child), len))
    }
}

impl<'a> Tracer<'_, 'a> {
    /// Tells a place; false when it was told already or there are too many.
    fn tell(&mut self, depth: usize, what: String, span: Span) -> bool {
        let what: Arc<str> = what.into();
        if self.hops.len() >= HOPS || depth > DEPTH || !self.seen.insert((span, Arc::clone(&what))) {
            return false;
        }
        self.hops.push(Hop { depth, what, span });
        true
    }

    fn reference(&mut self, place: &Place<'a>, name: &str, steps: &[Step], depth: usize) {
        let first = word(steps, 0);
        match (name, first) {
            ("var", Some(first)) => self.variable(&place.module, first, depth),
            ("local", Some(first)) => self.local(&place.module, first, depth),
            ("module", Some(first)) => self.call(place, first, steps, depth),
            ("each" | "count", _) => {
                let argument = if name == "each" { "for_each" } else { name };
                let expr = place.body.and_then(|b| b.get(argument));
                if let Some(expr) = expr.filter(|e| self.tell(depth, argument.to_owned(), e.span)) {
                    self.expression(place, expr, depth + 1);
                }
            }
            ("data", Some(kind)) => self.resource(place, Mode::Data, kind, steps.get(1..).unwrap_or_default(), depth),
            (kind, Some(_)) => self.resource(place, Mode::Managed, kind, steps, depth),
            _ => {}
        }
    }

    fn variable(&mut self, module: &Rc<ModuleInstance<'a>>, name: &str, depth: usize) {
        let Some(block) = module.module.variables.get(name) else {
            return;
        };
        if !self.tell(depth, format!("{}var.{name}", module.prefix()), block.header) {
            return;
        }
        let given = match &module.caller {
            Some(caller) => {
                let argument = caller.call.body.get(name);
                let place = || Place {
                    module: Rc::clone(&caller.module),
                    repeat: Some(Rc::clone(&caller.repeat)).filter(|r| r.key != Key::Single),
                    body: Some(&caller.call.body),
                };
                argument.map(|expr| (format!("argument `{name}` of {}", module.address), expr, place()))
            }
            None => self.evaluator.set_in_file(module, name).map(|expr| {
                let place = Place {
                    module: Rc::clone(module),
                    repeat: None,
                    body: None,
                };
                (format!("`{name}` in a variable file"), expr, place)
            }),
        };
        if module.caller.is_none() && self.evaluator.is_set(module, name) {
            self.tell(
                depth + 1,
                format!("`{name}` as the command line, the environment or a plan sets it"),
                Span::NOWHERE,
            );
        } else if let Some((what, expr, place)) = given {
            if self.tell(depth + 1, what, expr.span) {
                self.expression(&place, expr, depth + 2);
            }
        } else if let Some(default) = block.body.get("default") {
            self.tell(
                depth + 1,
                format!("default of {}var.{name}", module.prefix()),
                default.span,
            );
        }
    }

    fn local(&mut self, module: &Rc<ModuleInstance<'a>>, name: &str, depth: usize) {
        let Some(attribute) = module.module.locals.get(name) else {
            return;
        };
        if self.tell(depth, format!("{}local.{name}", module.prefix()), attribute.value.span) {
            let place = Place {
                module: Rc::clone(module),
                repeat: None,
                body: None,
            };
            self.expression(&place, &attribute.value, depth + 1);
        }
    }

    fn call(&mut self, place: &Place<'a>, name: &str, steps: &[Step], depth: usize) {
        let module = &place.module;
        let Some(call) = module.module.calls.get(name) else {
            return;
        };
        let Some(children) = self.evaluator.children(module, name) else {
            self.tell(
                depth,
                format!("{}module.{name}, whose source is not in the scan", module.prefix()),
                call.header,
            );
            return;
        };
        let output = steps.iter().skip(1).find_map(|s| match s {
            Step::Attribute(name) => Some(name),
            _ => None,
        });
        let key = steps.get(1).and_then(|s| match s {
            Step::Index(key) => self.evaluator.eval(self.cx(place), key).ok(),
            _ => None,
        });
        let at = key.and_then(|key| children.at(&key, Span::NOWHERE).ok().flatten());
        let chosen = children.items.get(at.unwrap_or(0));
        match (chosen, output) {
            (Some((_, child)), Some(output)) => self.output(child, output, depth),
            _ => {
                self.tell(depth, format!("{}module.{name}", module.prefix()), call.header);
            }
        }
    }

    fn output(&mut self, module: &Rc<ModuleInstance<'a>>, name: &str, depth: usize) {
        let Some(value) = module.module.outputs.get(name).and_then(|b| b.body.get("value")) else {
            return;
        };
        if self.tell(depth, format!("{}output.{name}", module.prefix()), value.span) {
            let place = Place {
                module: Rc::clone(module),
                repeat: None,
                body: None,
            };
            self.expression(&place, value, depth + 1);
        }
    }

    fn resource(&mut self, place: &Place<'a>, mode: Mode, kind: &str, steps: &[Step], depth: usize) {
        let module = &place.module;
        let Some(name) = word(steps, 0) else { return };
        let Some(block) = module.module.resource(mode, kind, name) else {
            return;
        };
        let key = steps.get(1).and_then(|s| match s {
            Step::Index(key) => self.evaluator.eval(self.cx(place), key).ok(),
            _ => None,
        });
        let repeat = self.evaluator.resource(module, mode, kind, name).and_then(|set| {
            let at = key.and_then(|key| set.expansion.at(&key, Span::NOWHERE).ok().flatten());
            set.expansion
                .items
                .get(at.unwrap_or(0))
                .map(|(repeat, _)| Rc::clone(repeat))
        });
        let data = if mode == Mode::Data { "data." } else { "" };
        let suffix = repeat.as_ref().map_or_else(String::new, |r| r.suffix());
        let address = format!("{}{data}{kind}.{name}{suffix}", module.prefix());
        let place = Place {
            module: Rc::clone(module),
            repeat: repeat.filter(|r| r.key != Key::Single),
            body: Some(&block.body),
        };
        let attribute = steps.iter().skip(1).find_map(|s| match s {
            Step::Attribute(name) => Some(Arc::clone(name)),
            _ => None,
        });
        let attribute = attribute.as_deref();
        let written = attribute.and_then(|a| block.body.get(a));
        let told = attribute.map_or(address.clone(), |a| format!("{address}.{a}"));
        match written {
            Some(expr) => {
                if self.tell(depth, told, expr.span) {
                    self.expression(&place, expr, depth + 1);
                }
            }
            None => {
                if !self.tell(depth, told, block.header) {
                    return;
                }
                let nested = block.body.blocks.iter().filter(|b| Some(&*b.kind) == attribute);
                let nested: Vec<&'a Block> = nested.collect();
                match attribute {
                    Some(_) if !nested.is_empty() => nested.iter().for_each(|b| self.body(&place, &b.body, depth + 1)),
                    Some("json" | "minified_json") | None => self.body(&place, &block.body, depth + 1),
                    // What the provider computes goes back to the names.
                    Some(_) => ["name", "name_prefix", "path"].iter().for_each(|n| {
                        if let Some(expr) = block.body.get(n) {
                            self.expression(&place, expr, depth + 1);
                        }
                    }),
                }
            }
        }
    }

    /// Whatever the arguments of a block and of the blocks in it refer to.
    fn body(&mut self, place: &Place<'a>, body: &'a Body, depth: usize) {
        for attribute in &body.attributes {
            self.expression(place, &attribute.value, depth);
        }
        for block in &body.blocks {
            self.body(place, &block.body, depth);
        }
    }

    fn expression(&mut self, place: &Place<'a>, expr: &Expr, depth: usize) {
        if depth > DEPTH {
            return;
        }
        match &expr.kind {
            ExprKind::Traversal(t) => {
                if let Root::Name(name) = &t.root {
                    self.reference(place, name, &t.steps, depth);
                }
            }
            ExprKind::Call(call) if matches!(&*call.name, "file" | "templatefile") => {
                self.file(place, call.arguments.first(), depth)
            }
            _ => {}
        }
        expr.each_inside(&mut |inside| self.expression(place, inside, depth));
    }

    /// The file that a function reads.
    fn file(&mut self, place: &Place<'a>, path: Option<&Expr>, depth: usize) {
        let value = path.and_then(|p| self.evaluator.eval(self.cx(place), p).ok());
        let Some(path) = value.as_ref().and_then(Value::as_str) else {
            return;
        };
        let sources = self.evaluator.world.sources;
        let found = paths::join(&self.evaluator.root, path).and_then(|p| sources.find(&p));
        if let Some(file) = found {
            let first = sources
                .text(file)
                .unwrap_or_default()
                .lines()
                .next()
                .unwrap_or_default();
            self.tell(
                depth,
                format!("the file {}", sources.path(file)),
                Span::at(file, 0..first.len()),
            );
        }
    }

    fn cx<'c>(&self, place: &'c Place<'a>) -> Cx<'c, 'a> {
        Cx {
            module: &place.module,
            repeat: place.repeat.as_deref(),
            frame: None,
        }
    }
}

fn word(steps: &[Step], at: usize) -> Option<&str> {
    match steps.get(at) {
        Some(Step::Attribute(name)) => Some(name),
        _ => None,
    }
}
