//! References: what a name stands for, and the steps from there.

use std::rc::Rc;
use std::sync::Arc;

use rolecall_source::{Class, Kind, List, Span, Symbol, Text, Value};

use super::collection::index_part;
use super::expand::{Expansion, Shape};
use super::input::Children;
use super::resource::ResourceSet;
use super::{Cx, Eval, Evaluator, Failure, ModuleInstance, fail};
use crate::instance::{Instance, Mode};
use crate::module::paths;
use crate::resources;
use crate::syntax::ast::{Root, Step, Traversal};

/// What the steps so far have led to.
#[derive(Clone)]
enum Target<'a> {
    Value(Value),
    Resource(Rc<ModuleInstance<'a>>, Rc<ResourceSet<'a>>),
    Instance(Rc<Instance>),
    Modules(Rc<Children<'a>>),
    Module(Rc<ModuleInstance<'a>>),
}

impl<'a> Evaluator<'a> {
    pub(crate) fn traversal(&self, cx: Cx<'_, 'a>, traversal: &Traversal, span: Span) -> Eval {
        let (target, used) = match &traversal.root {
            Root::Expr(e) => (Target::Value(self.eval(cx, e)?), 0),
            Root::Name(name) => self.root_of(cx, name, &traversal.steps, span)?,
        };
        self.walk(cx, target, traversal.steps.get(used..).unwrap_or(&[]), span)
    }

    /// What a name stands for, and how many steps belong to it.
    fn root_of(&self, cx: Cx<'_, 'a>, name: &str, steps: &[Step], span: Span) -> Result<(Target<'a>, usize), Failure> {
        let mut frame = cx.frame;
        while let Some(f) = frame {
            if f.name == name {
                return Ok((Target::Value(f.value.clone()), 0));
            }
            frame = f.outer;
        }
        let module = cx.module;
        let first = || word(steps, 0).map_or_else(|| fail(format!("`{name}` needs a name after it"), span), Ok);
        let one = |value: Value| Ok((Target::Value(value), 1));
        match name {
            "var" => one(self.variable(module, first()?, span)),
            "local" => one(self.local(module, first()?, span)),
            "each" | "count" => one(self.repeated(cx, name, first()?, span)?),
            "path" => one(self.path(cx, first()?, span)?),
            "terraform" => one(self.workspace(cx, first()?, span)?),
            "module" => Ok((self.module_call(module, first()?, span), 1)),
            "data" => self.resource_named(cx, Mode::Data, steps, 0, span),
            "resource" => self.resource_named(cx, Mode::Managed, steps, 0, span),
            "self" | "ephemeral" => Ok((
                Target::Value(self.derived(cx, span, "is known at deployment")),
                steps.len(),
            )),
            kind => match word(steps, 0) {
                Some(label) => Ok((self.resource_target(cx, Mode::Managed, kind, label, span), 1)),
                None => fail(format!("there is nothing named `{name}` here"), span),
            },
        }
    }

    fn resource_named(
        &self,
        cx: Cx<'_, 'a>,
        mode: Mode,
        steps: &[Step],
        at: usize,
        span: Span,
    ) -> Result<(Target<'a>, usize), Failure> {
        match (word(steps, at), word(steps, at + 1)) {
            (Some(kind), Some(name)) => Ok((self.resource_target(cx, mode, kind, name, span), at + 2)),
            _ => fail("a reference to a resource needs a type and a name", span),
        }
    }

    fn resource_target(&self, cx: Cx<'_, 'a>, mode: Mode, kind: &str, name: &str, span: Span) -> Target<'a> {
        if let Some(set) = self.resource(cx.module, mode, kind, name) {
            return Target::Resource(Rc::clone(cx.module), set);
        }
        let data = if mode == Mode::Data { "data." } else { "" };
        let address = format!("{data}{kind}.{name}");
        if cx.module.module.resource(mode, kind, name).is_some() {
            let symbol = self.named_symbol(cx.module, &address, "depends on itself");
            return Target::Value(Value::unknown(symbol, span));
        }
        Target::Value(self.undeclared(cx.module, &address, span))
    }

    fn module_call(&self, module: &Rc<ModuleInstance<'a>>, name: &str, span: Span) -> Target<'a> {
        if !module.module.calls.contains_key(name) {
            return Target::Value(self.undeclared(module, &format!("module.{name}"), span));
        }
        match self.children(module, name) {
            Some(children) => Target::Modules(children),
            None => Target::Value(self.missing_module(module, name, span)),
        }
    }

    /// `each.key`, `each.value`, `count.index`
    fn repeated(&self, cx: Cx<'_, 'a>, name: &str, part: &str, span: Span) -> Eval {
        let each = cx.repeat.and_then(|r| r.each.as_ref());
        let value = match (name, part) {
            ("each", "key") => each.map(|e| &e.0),
            ("each", "value") => each.map(|e| &e.1),
            ("count", "index") => cx.repeat.and_then(|r| r.index.as_ref()),
            _ => None,
        };
        value.map_or_else(
            || fail(format!("there is no `{name}.{part}` here"), span),
            |v| Ok(v.clone()),
        )
    }

    fn path(&self, cx: Cx<'_, 'a>, part: &str, span: Span) -> Eval {
        match part {
            "module" => Ok(Value::string(&paths::relative(&self.root, &cx.module.module.dir), span)),
            "root" => Ok(Value::string(".", span)),
            "cwd" => {
                let symbol = Symbol::new("path.cwd", "path.cwd", "depends on the machine", Class::Any);
                Ok(Value::unknown(symbol, span))
            }
            _ => fail(format!("there is no `path.{part}`"), span),
        }
    }

    fn workspace(&self, cx: Cx<'_, 'a>, part: &str, span: Span) -> Eval {
        if part != "workspace" && part != "env" {
            return Ok(self.derived(cx, span, "is known at deployment"));
        }
        if let Some(workspace) = &self.world.options.workspace {
            return Ok(Value::string(workspace, span));
        }
        let id = format!("{}:terraform.workspace", self.id);
        let symbol = Symbol::new(id, "terraform.workspace", "is chosen at deployment", Class::Name);
        Ok(Value::text(Text::symbol(symbol, span), span))
    }

    fn walk(&self, cx: Cx<'_, 'a>, target: Target<'a>, steps: &[Step], span: Span) -> Eval {
        let mut target = target;
        for (at, step) in steps.iter().enumerate() {
            target = match step {
                Step::Attribute(name) => self.attribute_of(cx, target, name, span)?,
                Step::Index(key) => {
                    let key = self.eval(cx, key)?;
                    self.index_of(cx, target, &key, span)?
                }
                Step::FullSplat => {
                    let rest = steps.get(at + 1..).unwrap_or(&[]);
                    return self.deeper(span, || self.splat(cx, &target, rest, span));
                }
                Step::AttributeSplat => {
                    let rest = steps.get(at + 1..).unwrap_or(&[]);
                    let count = rest.iter().take_while(|s| matches!(s, Step::Attribute(..))).count();
                    let (each, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
                    let list = self.deeper(span, || self.splat(cx, &target, each, span))?;
                    return self.deeper(span, || self.walk(cx, Target::Value(list), after, span));
                }
            };
        }
        self.value_of(cx, target, span)
    }

    fn attribute_of(&self, cx: Cx<'_, 'a>, target: Target<'a>, name: &str, span: Span) -> Result<Target<'a>, Failure> {
        Ok(match target {
            Target::Value(v) => Target::Value(self.attribute(cx, &v, name, span)?),
            Target::Instance(i) => Target::Value(resources::attribute(&i, name)),
            Target::Module(m) => Target::Value(self.output(&m, name, span)),
            Target::Resource(m, set) => match set.expansion.shape {
                Shape::Single => match self.instance(&m, &set, 0) {
                    Some(i) => Target::Value(resources::attribute(&i, name)),
                    None => return fail("this resource has no instance", span),
                },
                Shape::Each => self.index_of(cx, Target::Resource(m, set), &Value::string(name, span), span)?,
                Shape::Count => return fail("this resource has `count`: choose an instance", span),
            },
            Target::Modules(children) => match (children.shape, children.items.first()) {
                (Shape::Single, Some((_, m))) => Target::Value(self.output(m, name, span)),
                (Shape::Each, _) => self.index_of(cx, Target::Modules(children), &Value::string(name, span), span)?,
                _ => return fail("this module has `count`: choose an instance", span),
            },
        })
    }

    fn index_of(&self, cx: Cx<'_, 'a>, target: Target<'a>, key: &Value, span: Span) -> Result<Target<'a>, Failure> {
        if let (Kind::Choice(_), Target::Resource(..) | Target::Modules(_)) = (&key.kind, &target) {
            let whole = self.value_of(cx, target, span)?;
            return self.index(cx, &whole, key, span).map(Target::Value);
        }
        Ok(match target {
            Target::Resource(m, set) => match set.expansion.at(key, span)? {
                Some(at) => match self.instance(&m, &set, at) {
                    Some(i) => Target::Instance(i),
                    None => return fail("there is no instance with this key", span),
                },
                None => {
                    let data = if set.mode == Mode::Data { "data." } else { "" };
                    let address = format!("{data}{}.{}{}", set.kind, set.name, index_part(key));
                    let symbol = self.named_symbol(&m, &address, "is an instance that is not known");
                    Target::Value(Value::unknown(symbol, span))
                }
            },
            Target::Modules(children) => match children.at(key, span)? {
                Some(at) => match children.items.get(at) {
                    Some((_, m)) => Target::Module(Rc::clone(m)),
                    None => return fail("there is no instance with this key", span),
                },
                None => Target::Value(self.derived(cx, span, "is an instance that is not known")),
            },
            other => {
                let value = self.value_of(cx, other, span)?;
                Target::Value(self.index(cx, &value, key, span)?)
            }
        })
    }

    /// `target[*]` and then `rest` for each element.
    fn splat(&self, cx: Cx<'_, 'a>, target: &Target<'a>, rest: &[Step], span: Span) -> Eval {
        match target {
            Target::Resource(m, set) => {
                let element = |at: usize| match self.instance(m, set, at) {
                    Some(i) => self.walk(cx, Target::Instance(i), rest, span),
                    None => fail("there is no such instance", span),
                };
                self.splat_over(&set.expansion, &element, span)
            }
            Target::Modules(children) => {
                let element = |at: usize| match children.items.get(at) {
                    Some((_, m)) => self.walk(cx, Target::Module(Rc::clone(m)), rest, span),
                    None => fail("there is no such instance", span),
                };
                self.splat_over(children, &element, span)
            }
            Target::Value(value) => self.distribute(cx, vec![value.clone()], span, &mut |v| match v {
                [v] => self.splat_value(cx, v, rest, span),
                _ => fail("expected one value", span),
            }),
            Target::Instance(_) | Target::Module(_) => {
                Ok(Value::list(vec![self.walk(cx, target.clone(), rest, span)?], span))
            }
        }
    }

    fn splat_over<T>(&self, all: &Expansion<T>, element: &dyn Fn(usize) -> Eval, span: Span) -> Eval {
        let values = (0..all.items.len()).map(element).collect::<Result<Vec<_>, _>>()?;
        Ok(all.gather(&values, true, span))
    }

    fn splat_value(&self, cx: Cx<'_, 'a>, value: &Value, rest: &[Step], span: Span) -> Eval {
        match &value.kind {
            Kind::Null => Ok(Value::list(Vec::new(), span)),
            Kind::Unknown(symbol) => {
                let open = Some(symbol.part("[*]"));
                Ok(Value::new(
                    Kind::List(List {
                        items: Arc::default(),
                        open,
                    }),
                    span,
                ))
            }
            Kind::List(list) => {
                self.charge(list.items.len(), span)?;
                let each = |v: &Value| self.walk(cx, Target::Value(v.clone()), rest, span);
                let items = list.items.iter().map(each).collect::<Result<Vec<_>, _>>()?;
                let open = list.open.as_ref().map(|s| s.part("[*]"));
                let items = Arc::new(items);
                Ok(Value::new(Kind::List(List { items, open }), span))
            }
            _ => Ok(Value::list(
                vec![self.walk(cx, Target::Value(value.clone()), rest, span)?],
                span,
            )),
        }
    }

    /// The target as one value.
    fn value_of(&self, cx: Cx<'_, 'a>, target: Target<'a>, span: Span) -> Eval {
        match target {
            Target::Value(v) => Ok(v),
            Target::Instance(i) => Ok(resources::object(&i)),
            Target::Module(m) => Ok(self.outputs(&m, span)),
            Target::Resource(m, set) => {
                let element = |at: usize| match self.instance(&m, &set, at) {
                    Some(i) => resources::object(&i),
                    None => self.derived(cx, span, "is not known"),
                };
                let values: Vec<Value> = (0..set.expansion.items.len()).map(element).collect();
                Ok(whole(&set.expansion, values, span))
            }
            Target::Modules(children) => {
                let values: Vec<Value> = children.items.iter().map(|(_, m)| self.outputs(m, span)).collect();
                Ok(whole(&children, values, span))
            }
        }
    }

    /// All outputs of a module instance.
    fn outputs(&self, module: &Rc<ModuleInstance<'a>>, span: Span) -> Value {
        let output = |(name, block): (&Arc<str>, &crate::syntax::ast::Block)| {
            (Text::new(name, block.header), self.output(module, name, span))
        };
        Value::map(module.module.outputs.iter().map(output), span)
    }
}

fn whole<T>(all: &Expansion<T>, values: Vec<Value>, span: Span) -> Value {
    match (all.shape, values.as_slice()) {
        (Shape::Single, [one]) => one.clone(),
        _ => all.gather(&values, false, span),
    }
}

/// The name at a step.
fn word(steps: &[Step], at: usize) -> Option<&str> {
    match steps.get(at) {
        Some(Step::Attribute(name)) => Some(name),
        _ => None,
    }
}
