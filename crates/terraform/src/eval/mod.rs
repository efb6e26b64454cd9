//! Evaluation of expressions over values of which parts may be unknown.
//!
//! One [`Evaluator`] evaluates one configuration (a root module and what it calls) on one thread. Locals, variables,
//! outputs, resources and module calls are evaluated when first asked for, and once.

mod call;
mod collection;
mod expand;
mod input;
mod memo;
mod operator;
mod planned;
mod provider;
mod reference;
mod resource;
mod template;
#[cfg(test)]
mod tests;
mod trace;
mod unknown;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use rolecall_facts::{Scope, Unresolved};
use rolecall_source::{Diagnostic, Number, Span, Text, Value};
use rustc_hash::FxHashSet;

pub(crate) use self::expand::Repeat;
pub(crate) use self::input::ModuleInstance;
pub(crate) use self::operator::among;
use crate::module::World;
use crate::plan::Overlay;
use crate::syntax::ast::{Expr, ExprKind, Unary};

/// Deepest nesting of evaluation: expressions within expressions, references to references.
const DEPTH: usize = 1_200;
/// Most steps that one configuration is evaluated for.
const STEPS: u64 = 5_000_000;
/// Most diagnostics that one configuration gives.
const DIAGNOSTICS: usize = 1_000;

/// Why an expression has no value.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// A sentence without full stop.
    pub(crate) message: String,
    /// Where.
    pub(crate) span: Span,
    /// A limit was reached: `try` does not catch it.
    pub(crate) limit: bool,
}

/// The value of an expression, or why it has none.
pub(crate) type Eval = Result<Value, Failure>;

/// A failure at a place.
pub(crate) fn fail<T>(message: impl Into<String>, span: Span) -> Result<T, Failure> {
    Err(Failure {
        message: message.into(),
        span,
        limit: false,
    })
}

/// A failure that `try` does not catch.
pub(crate) fn limit<T>(message: impl Into<String>, span: Span) -> Result<T, Failure> {
    Err(Failure {
        message: message.into(),
        span,
        limit: true,
    })
}

/// Names that are bound inside an expression, innermost first.
pub(crate) struct Frame<'c> {
    pub(crate) name: &'c str,
    pub(crate) value: Value,
    /// Which turn of its loop this is: makes symbols of different turns differ.
    pub(crate) turn: usize,
    pub(crate) outer: Option<&'c Frame<'c>>,
}

/// Where an expression is evaluated.
pub(crate) struct Cx<'c, 'a> {
    pub(crate) module: &'c Rc<ModuleInstance<'a>>,
    /// The instance of the block, for `each` and `count`.
    pub(crate) repeat: Option<&'c Repeat>,
    pub(crate) frame: Option<&'c Frame<'c>>,
}

impl Clone for Cx<'_, '_> {
    fn clone(&self) -> Self {
        *self
    }
}
impl Copy for Cx<'_, '_> {}

impl<'c, 'a> Cx<'c, 'a> {
    /// A module's own scope.
    pub(crate) fn of(module: &'c Rc<ModuleInstance<'a>>) -> Self {
        Self {
            module,
            repeat: None,
            frame: None,
        }
    }

    /// The same inside `frame`.
    pub(crate) fn within(self, frame: &'c Frame<'c>) -> Self {
        Self {
            frame: Some(frame),
            ..self
        }
    }
}

/// Evaluates one configuration.
pub(crate) struct Evaluator<'a> {
    pub(crate) world: &'a World<'a>,
    /// The configuration's id.
    pub(crate) id: Arc<str>,
    /// The root module's folder.
    pub(crate) root: Arc<str>,
    /// What plans and states say of it.
    pub(crate) overlay: Overlay<'a>,
    pub(crate) diagnostics: RefCell<Vec<Diagnostic>>,
    said: RefCell<FxHashSet<(Span, Arc<str>)>>,
    pub(crate) unresolved: RefCell<Vec<Unresolved>>,
    pub(crate) scopes: RefCell<Vec<Scope>>,
    accounts: RefCell<provider::Accounts>,
    /// Folders of modules of which there is an instance.
    pub(crate) used: RefCell<BTreeSet<Arc<str>>>,
    /// Addresses of calls whose module is not in the scan.
    absent: RefCell<BTreeSet<Arc<str>>>,
    /// True: a part that has no value leaves the whole without one.
    pub(crate) strict: Cell<bool>,
    depth: Cell<usize>,
    steps: Cell<u64>,
    /// How many instances of resources and modules there are.
    instances: Cell<usize>,
    /// Makes symbols of expressions that stand in no file differ.
    fresh: Cell<usize>,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(world: &'a World<'a>, root: &Arc<str>) -> Self {
        Self {
            world,
            id: if root.is_empty() { ".".into() } else { Arc::clone(root) },
            root: Arc::clone(root),
            overlay: Overlay::of(world, root),
            diagnostics: RefCell::default(),
            said: RefCell::default(),
            unresolved: RefCell::default(),
            scopes: RefCell::default(),
            accounts: RefCell::default(),
            used: RefCell::default(),
            absent: RefCell::default(),
            strict: Cell::new(false),
            depth: Cell::new(0),
            steps: Cell::new(0),
            instances: Cell::new(0),
            fresh: Cell::new(0),
        }
    }

    /// Records a diagnostic, once.
    pub(crate) fn say(&self, diagnostic: Diagnostic) {
        let mut diagnostics = self.diagnostics.borrow_mut();
        if diagnostics.len() < DIAGNOSTICS
            && self
                .said
                .borrow_mut()
                .insert((diagnostic.span(), diagnostic.headline.as_str().into()))
        {
            diagnostics.push(diagnostic);
        }
    }

    /// Records why an expression has no value.
    pub(crate) fn say_failure(&self, failure: &Failure) {
        let code = if failure.limit {
            "terraform-limit"
        } else {
            "terraform-evaluation"
        };
        self.say(Diagnostic::warning(code, failure.message.clone(), failure.span));
    }

    /// The value, or an unknown with a diagnostic.
    pub(crate) fn settle(&self, cx: Cx<'_, 'a>, result: Eval, span: Span) -> Value {
        result.unwrap_or_else(|failure| {
            self.say_failure(&failure);
            self.derived(cx, span, &format!("cannot be evaluated: {}", failure.message))
        })
    }

    /// Runs `f` one level deeper.
    pub(crate) fn deeper<T>(&self, span: Span, f: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        let depth = self.depth.get();
        if depth >= DEPTH {
            return limit(format!("evaluation is nested deeper than {DEPTH} levels"), span);
        }
        self.charge(1, span)?;
        self.depth.set(depth + 1);
        let result = f();
        self.depth.set(depth);
        result
    }

    /// Counts work.
    pub(crate) fn charge(&self, steps: usize, span: Span) -> Result<(), Failure> {
        let total = self.steps.get().saturating_add(steps as u64);
        self.steps.set(total);
        if total > STEPS {
            return limit(
                format!("evaluation of this configuration takes more than {STEPS} steps"),
                span,
            );
        }
        Ok(())
    }

    /// The value of an expression.
    pub(crate) fn eval(&self, cx: Cx<'_, 'a>, expr: &Expr) -> Eval {
        self.deeper(expr.span, || self.eval_kind(cx, expr))
    }

    fn eval_kind(&self, cx: Cx<'_, 'a>, expr: &Expr) -> Eval {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Null => Ok(Value::null(span)),
            ExprKind::Bool(b) => Ok(Value::bool(*b, span)),
            ExprKind::Number(n) => Ok(number(n.clone(), span)),
            ExprKind::Letters(letters) => Ok(Value::text(Text::new(letters, expr.letters_span(letters)), span)),
            ExprKind::Text(t) => Ok(Value::text(t.clone(), span)),
            ExprKind::Template(parts) => self.template(cx, parts, span),
            ExprKind::List(items) => self.list(cx, items, span),
            ExprKind::Object(items) => self.object(cx, items, span),
            ExprKind::Traversal(t) => self.traversal(cx, t, span),
            ExprKind::Unary(Unary::Not, e) => self.not(cx, e, span),
            ExprKind::Unary(Unary::Negate, e) => self.negate(cx, e, span),
            ExprKind::Binary(chain) => self.chain(cx, chain),
            ExprKind::Conditional(parts) => self.conditional(cx, parts, span),
            ExprKind::Call(call) => self.call(cx, call, span),
            ExprKind::For(node) => self.for_expression(cx, node, span),
            ExprKind::Parens(e) => self.eval(cx, e),
            ExprKind::Invalid => Ok(self.derived(cx, span, "could not be parsed")),
        }
    }
}

/// A number.
pub(crate) fn number(n: Number, span: Span) -> Value {
    Value::new(rolecall_source::Kind::Number(n), span)
}
