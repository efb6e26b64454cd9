//! Instances of modules: their variables, locals and outputs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use rolecall_facts::{ScopeId, Unresolved};
use rolecall_source::{Assumption, Class, Diagnostic, Kind, Map, Span, Symbol, Text, Value, limits};

use super::expand::{Expansion, Repeat};
use super::memo::{Memo, Slot, is_bounded};
use super::resource::ResourceSet;
use super::{Cx, Eval, Evaluator};
use crate::convert::{self, Type};
use crate::instance::Mode;
use crate::module::{Called, Module};
use crate::syntax::ast::{Block, Expr};
use crate::syntax::{quoted_expression, read_expression, types};

/// One instance of a module.
pub(crate) struct ModuleInstance<'a> {
    pub(crate) module: &'a Module,
    /// `""` for the root module, else `module.a["x"]`.
    pub(crate) address: Arc<str>,
    /// The names of the calls: `a.b`.
    key: String,
    pub(crate) caller: Option<Caller<'a>>,
    /// The calls it is inside of, outermost first.
    pub(crate) calls: Vec<Span>,
    pub(crate) exists: Vec<Assumption>,
    /// See [`Repeat::given`](super::Repeat), of it and of what it is called by.
    pub(crate) given: super::expand::Path,
    pub(crate) open: bool,
    variables: Memo<&'a str, Value>,
    locals: Memo<&'a str, Value>,
    outputs: Memo<&'a str, Value>,
    pub(crate) resources: Memo<(Mode, &'a str, &'a str), Rc<ResourceSet<'a>>>,
    children: Memo<&'a str, Option<Rc<Children<'a>>>>,
    pub(crate) providers: RefCell<BTreeMap<String, Option<ScopeId>>>,
}

/// Where a module instance is called.
pub(crate) struct Caller<'a> {
    pub(crate) module: Rc<ModuleInstance<'a>>,
    pub(crate) call: &'a Block,
    pub(crate) repeat: Rc<Repeat>,
}

/// The instances that a call makes.
pub(crate) type Children<'a> = Expansion<Rc<ModuleInstance<'a>>>;

impl<'a> ModuleInstance<'a> {
    fn new(module: &'a Module) -> Self {
        Self {
            module,
            address: "".into(),
            key: String::new(),
            caller: None,
            calls: Vec::new(),
            exists: Vec::new(),
            given: Vec::new(),
            open: false,
            variables: Memo::default(),
            locals: Memo::default(),
            outputs: Memo::default(),
            resources: Memo::default(),
            children: Memo::default(),
            providers: RefCell::default(),
        }
    }

    /// What addresses inside it begin with: `""` or `module.a["x"].`.
    pub(crate) fn prefix(&self) -> String {
        if self.address.is_empty() {
            String::new()
        } else {
            format!("{}.", self.address)
        }
    }

    /// The names of the calls it is inside of: `a.b`.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    fn depth(&self) -> usize {
        self.calls.len()
    }

    /// True iff it is an instance of the module in `dir`, or inside one.
    fn is_inside(&self, dir: &str) -> bool {
        let mut at = Some(self);
        while let Some(instance) = at {
            if *instance.module.dir == *dir {
                return true;
            }
            at = instance.caller.as_ref().map(|c| &*c.module);
        }
        false
    }
}

impl<'a> Evaluator<'a> {
    /// The root module's instance.
    pub(crate) fn root_instance(&self, module: &'a Module) -> Rc<ModuleInstance<'a>> {
        self.used.borrow_mut().insert(Arc::clone(&module.dir));
        Rc::new(ModuleInstance::new(module))
    }

    /// A symbol of a module instance: `var.x`, `local.y`.
    pub(crate) fn named_symbol(&self, module: &ModuleInstance<'a>, name: &str, why: &str) -> Symbol {
        let address = format!("{}{name}", module.prefix());
        Symbol::new(format!("{}:{address}", self.id), address, why, Class::Any)
    }

    /// The value of `var.name`.
    pub(crate) fn variable(&self, module: &Rc<ModuleInstance<'a>>, name: &str, span: Span) -> Value {
        let Some((key, block)) = module.module.variables.get_key_value(name) else {
            return self.undeclared(module, &format!("var.{name}"), span);
        };
        let compute = || self.input(module, key, block);
        self.once(
            module,
            &module.variables,
            key,
            &format!("var.{name}"),
            block.header,
            compute,
        )
    }

    /// The value of `local.name`.
    pub(crate) fn local(&self, module: &Rc<ModuleInstance<'a>>, name: &str, span: Span) -> Value {
        let Some((key, attribute)) = module.module.locals.get_key_value(name) else {
            return self.undeclared(module, &format!("local.{name}"), span);
        };
        let compute = || self.eval(Cx::of(module), &attribute.value);
        self.once(
            module,
            &module.locals,
            key,
            &format!("local.{name}"),
            attribute.name_span,
            compute,
        )
    }

    /// The value of an output.
    pub(crate) fn output(&self, module: &Rc<ModuleInstance<'a>>, name: &str, span: Span) -> Value {
        let address = format!("output.{name}");
        let found = module.module.outputs.get_key_value(name);
        let Some((key, (block, value))) = found.and_then(|(k, b)| Some((k, (b, b.body.get("value")?)))) else {
            return self.undeclared(module, &address, span);
        };
        let compute = || self.eval(Cx::of(module), value);
        self.once(module, &module.outputs, key, &address, block.header, compute)
    }

    /// A value that is computed once; unknown, with a diagnostic, when it has none.
    fn once(
        &self,
        module: &Rc<ModuleInstance<'a>>,
        memo: &Memo<&'a str, Value>,
        key: &'a str,
        address: &str,
        span: Span,
        compute: impl FnOnce() -> Eval,
    ) -> Value {
        let unknown = |why: &str| Value::unknown(self.named_symbol(module, address, why), span);
        match memo.ask(key) {
            Slot::Done(value) => return value,
            Slot::Busy => {
                let message = format!("`{address}` depends on itself");
                self.say(Diagnostic::warning("terraform-cycle", message, span));
                return unknown("depends on itself");
            }
            Slot::New => {}
        }
        let value = match compute() {
            Ok(value) if is_bounded(&value) => value,
            Ok(_) => {
                let message = format!("the value of `{address}` is too large");
                self.say(Diagnostic::warning("terraform-limit", message, span));
                unknown("is too large")
            }
            Err(failure) => {
                self.say_failure(&failure);
                unknown(&format!("cannot be evaluated: {}", failure.message))
            }
        };
        memo.keep(key, value.clone());
        value
    }

    /// A reference to what is not declared.
    pub(crate) fn undeclared(&self, module: &ModuleInstance<'a>, address: &str, span: Span) -> Value {
        let message = format!("`{address}` is not declared");
        self.say(Diagnostic::warning("terraform-undeclared", message, span));
        Value::unknown(self.named_symbol(module, address, "is not declared"), span)
    }

    /// The value of a variable: as given, else its default, else a symbol.
    fn input(&self, module: &Rc<ModuleInstance<'a>>, name: &str, block: &'a Block) -> Eval {
        let ty = self.type_of(module, block);
        let given = match &module.caller {
            Some(caller) => self.argument(caller, name)?,
            None => self.given(module, name, ty.as_ref())?,
        };
        let given = match module.caller {
            Some(_) => given,
            None => self.planned_variable(module, name, given, block),
        };
        let given = given.filter(|v| !v.is_null() || self.nullable(module, block));
        let value = match (given, block.body.get("default")) {
            (Some(value), _) => value,
            (None, Some(default)) => self.eval(Cx::of(module), default)?,
            (None, None) => {
                let why = if module.caller.is_some() {
                    "is not set by the call"
                } else {
                    "has no default"
                };
                let symbol = self.named_symbol(module, &format!("var.{name}"), why);
                return Ok(Value::unknown(symbol, block.header));
            }
        };
        let Some(ty) = ty else { return Ok(value) };
        Ok(convert::convert(&value, &ty).unwrap_or_else(|message| {
            let headline = format!("`var.{name}` is not of its type: {message}");
            self.say(
                Diagnostic::warning("terraform-type", headline, value.span).context(block.header, "declared here"),
            );
            value
        }))
    }

    fn nullable(&self, module: &Rc<ModuleInstance<'a>>, block: &Block) -> bool {
        let stated = block.body.get("nullable").map(|e| self.eval(Cx::of(module), e));
        !matches!(stated, Some(Ok(v)) if v.as_bool() == Some(false))
    }

    fn type_of(&self, module: &Rc<ModuleInstance<'a>>, block: &Block) -> Option<Type> {
        let expr = block.body.get("type")?;
        let constant = |e: &Expr| self.eval(Cx::of(module), e).ok();
        let ty = types::type_of(expr, &constant);
        let ty = ty.or_else(|| types::type_of(&quoted_expression(expr)?, &constant));
        if ty.is_none() {
            self.say(Diagnostic::warning("terraform-type", "this is not a type", expr.span));
        }
        ty.filter(|t| *t != Type::Any)
    }

    /// The argument of a call.
    fn argument(&self, caller: &Caller<'a>, name: &str) -> Result<Option<Value>, super::Failure> {
        let Some(expr) = caller.call.body.get(name) else {
            return Ok(None);
        };
        let cx = Cx {
            module: &caller.module,
            repeat: Some(&*caller.repeat).filter(|r| r.key != super::expand::Key::Single),
            frame: None,
        };
        self.eval(cx, expr).map(Some)
    }

    /// The value that the user or a variable file gives.
    fn given(
        &self,
        module: &Rc<ModuleInstance<'a>>,
        name: &str,
        ty: Option<&Type>,
    ) -> Result<Option<Value>, super::Failure> {
        let world = self.world;
        let named = |all: &'a [(String, String)]| all.iter().rev().find(|(n, _)| n == name);
        let written = |text: &str| {
            let text = Text::plain(text);
            let plain = matches!(ty, None | Some(Type::Any | Type::String | Type::Number | Type::Bool));
            let parsed = if plain { None } else { read_expression(&text).ok() };
            match parsed {
                Some(expr) => self.eval(Cx::of(module), &expr).map(Some),
                None => Ok(Some(Value::text(text, Span::NOWHERE))),
            }
        };
        if let Some((_, text)) = named(&world.options.vars) {
            return written(text);
        }
        let mut files = module.module.values.iter().chain(&world.var_files).rev();
        match files.find_map(|body| body.get(name)) {
            Some(expr) => self.eval(Cx::of(module), expr).map(Some),
            None => named(&world.options.environment).map_or(Ok(None), |(_, text)| written(text)),
        }
    }

    /// Where a variable file sets a variable of the root module.
    pub(crate) fn set_in_file(&self, module: &ModuleInstance<'a>, name: &str) -> Option<&'a Expr> {
        let mut files = module.module.values.iter().chain(&self.world.var_files).rev();
        files.find_map(|body| body.get(name))
    }

    /// True iff the command line or a plan sets a variable of the root module, or only the environment does.
    pub(crate) fn is_set(&self, module: &ModuleInstance<'a>, name: &str) -> bool {
        let options = &self.world.options;
        let named = |all: &[(String, String)]| all.iter().any(|(n, _)| n == name);
        named(&options.vars)
            || self.overlay.variable(name).is_some()
            || (named(&options.environment) && self.set_in_file(module, name).is_none())
    }

    /// The instances that the call `name` makes; `None` when its module is not in the scan.
    pub(crate) fn children(&self, module: &Rc<ModuleInstance<'a>>, name: &str) -> Option<Rc<Children<'a>>> {
        let (key, call) = module.module.calls.get_key_value(name)?;
        match module.children.ask(key) {
            Slot::Done(children) => return children,
            Slot::Busy => {
                let message = format!("`module.{name}` depends on itself");
                self.say(Diagnostic::warning("terraform-cycle", message, call.header));
                return None;
            }
            Slot::New => {}
        }
        let children = self.call_module(module, key, call).map(Rc::new);
        module.children.keep(key, children.clone());
        children
    }

    fn call_module(&self, module: &Rc<ModuleInstance<'a>>, name: &str, call: &'a Block) -> Option<Children<'a>> {
        let source = call.body.get("source").and_then(|e| e.as_str()).unwrap_or("");
        let key = if module.key.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", module.key)
        };
        let called = self.world.called(&self.root, &module.module.dir, &key, source);
        let target = match called {
            Called::Module(target) if module.is_inside(&target.dir) => {
                let message = format!("`module.{name}` calls a module that it is part of");
                self.say(Diagnostic::warning("terraform-limit", message, call.header));
                None
            }
            Called::Module(_) if module.depth() >= limits::MODULE_DEPTH => {
                let message = format!("modules are called deeper than {} levels", limits::MODULE_DEPTH);
                self.say(Diagnostic::warning("terraform-limit", message, call.header));
                None
            }
            Called::Module(target) => Some(target),
            Called::Missing(source) => {
                let address = format!("{}module.{name}", module.prefix());
                let expansion = self.expand(Cx::of(module), &address, &call.body, |_| ());
                self.absent.borrow_mut().insert(address.into());
                if expansion.shape == super::expand::Shape::Single || !expansion.items.is_empty() {
                    self.missing(module, name, &source, call.header);
                }
                None
            }
        }?;
        let make = |repeat: &Rc<Repeat>| Rc::new(self.child(module, name, &key, call, target, repeat));
        let address = format!("{}module.{name}", module.prefix());
        Some(self.expand(Cx::of(module), &address, &call.body, make))
    }

    fn child(
        &self,
        module: &Rc<ModuleInstance<'a>>,
        name: &str,
        key: &str,
        call: &'a Block,
        target: &'a Module,
        repeat: &Rc<Repeat>,
    ) -> ModuleInstance<'a> {
        self.used.borrow_mut().insert(Arc::clone(&target.dir));
        let mut calls = module.calls.clone();
        calls.push(call.header);
        ModuleInstance {
            address: format!("{}module.{name}{}", module.prefix(), repeat.suffix()).into(),
            key: key.to_owned(),
            caller: Some(Caller {
                module: Rc::clone(module),
                call,
                repeat: Rc::clone(repeat),
            }),
            calls,
            exists: module.exists.iter().chain(&repeat.exists).cloned().collect(),
            given: module.given.iter().chain(&repeat.given).cloned().collect(),
            open: module.open || repeat.is_open(),
            ..ModuleInstance::new(target)
        }
    }

    fn missing(&self, module: &ModuleInstance<'a>, name: &str, source: &Arc<str>, span: Span) {
        let help = if crate::module::is_local(source) {
            None
        } else if self.root.is_empty() {
            Some("terraform get".to_owned())
        } else {
            Some(format!("terraform -chdir={} get", self.root))
        };
        self.unresolved.borrow_mut().push(Unresolved {
            address: format!("{}module.{name}", module.prefix()).into(),
            source: Arc::clone(source),
            span,
            help,
        });
    }

    /// The symbol for the instances of a call whose module is not in the scan.
    pub(crate) fn missing_module(&self, module: &Rc<ModuleInstance<'a>>, name: &str, span: Span) -> Value {
        let symbol = self.named_symbol(
            module,
            &format!("module.{name}"),
            "is a module whose source is not in the scan",
        );
        match self.planned_outputs(module, name) {
            outputs if outputs.is_empty() => Value::new(Kind::Unknown(symbol), span),
            outputs => {
                let value = Value::map(outputs, span);
                let entries = value
                    .as_map()
                    .map(|m| std::sync::Arc::clone(&m.entries))
                    .unwrap_or_default();
                let open = Some(symbol);
                Value::new(Kind::Map(Map { entries, open }), span)
            }
        }
    }
}
