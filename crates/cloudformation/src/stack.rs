//! A stack: a template with values for its parameters.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use rolecall_facts::{Scope, ScopeId, Unresolved};
use rolecall_source::{Assumption, Class, Diagnostic, Kind, Span, Symbol, Text, Value};
use rustc_hash::FxHashMap;

use crate::budget::Budget;
use crate::template::Template;
use crate::world::{World, stack_name};

/// What the stacks of one configuration share.
pub(crate) struct Shared<'a> {
    pub(crate) world: &'a World<'a>,
    pub(crate) budget: Budget,
    pub(crate) notes: RefCell<Vec<Diagnostic>>,
    pub(crate) unresolved: RefCell<Vec<Unresolved>>,
    /// The accounts of the configuration; places refer to them by index.
    pub(crate) scopes: RefCell<Vec<Scope>>,
}

impl<'a> Shared<'a> {
    pub(crate) fn new(world: &'a World<'a>) -> Rc<Self> {
        Rc::new(Self {
            world,
            budget: Budget::new(),
            notes: RefCell::default(),
            unresolved: RefCell::default(),
            scopes: RefCell::default(),
        })
    }

    /// Keeps a message, once.
    pub(crate) fn note(&self, diagnostic: Diagnostic) {
        let mut notes = self.notes.borrow_mut();
        if !notes.contains(&diagnostic) {
            notes.push(diagnostic);
        }
    }
}

/// A resource as written, loops and SAM expanded.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    /// Its type.
    pub(crate) kind: Arc<str>,
    /// The place of its logical id.
    pub(crate) span: Span,
    /// The whole of it.
    pub(crate) body: Value,
}

impl Resource {
    /// A property as written.
    pub(crate) fn property(&self, name: &str) -> Option<&Value> {
        self.body.get("Properties")?.get(name)
    }

    /// The condition on which it exists, and the state it must have. (Only what SAM makes exists when one is false.)
    pub(crate) fn condition(&self) -> Option<(&str, Span, bool)> {
        let value = self.body.get("Condition")?;
        if let Some(negated) = value.get("Fn::Not").and_then(Value::as_list) {
            let name = negated.items.first()?.get("Condition")?;
            return Some((name.as_str()?, name.span, false));
        }
        value.as_str().map(|name| (name, value.span, true))
    }
}

/// Where a stack is deployed, and what its addresses and symbols begin with.
#[derive(Clone)]
pub(crate) struct Place {
    /// Begins the ids of symbols: `infra/app.yaml`, `infra/app.yaml#Network`.
    pub(crate) base: Arc<str>,
    /// Begins addresses: `infra/app.yaml#`, `infra/app.yaml#Network/`.
    pub(crate) prefix: Arc<str>,
    /// The nested stacks it is inside of, outermost first.
    pub(crate) calls: Vec<Span>,
    /// What must hold for it to exist.
    pub(crate) exists: Vec<Assumption>,
    pub(crate) scope: ScopeId,
    pub(crate) account: Text,
    pub(crate) region: Text,
    pub(crate) partition: Text,
    /// The name of the stack.
    pub(crate) stack_name: Text,
}

impl Place {
    /// The place of a template that nothing calls.
    pub(crate) fn root(path: &str) -> Self {
        Self {
            base: path.into(),
            prefix: format!("{path}#").into(),
            calls: Vec::new(),
            exists: Vec::new(),
            scope: ScopeId(0),
            account: account(path),
            region: Text::symbol(
                Symbol::new(
                    format!("region:{path}"),
                    "region",
                    "is not known before deployment",
                    Class::Region,
                ),
                Span::NOWHERE,
            ),
            partition: Text::plain("aws"),
            stack_name: stack_name(path),
        }
    }
}

impl Place {
    /// Its account and region.
    pub(crate) fn scope(&self, name: &str) -> Scope {
        Scope {
            name: name.into(),
            account: self.account.clone(),
            partition: self.partition.clone(),
            region: self.region.clone(),
        }
    }
}

/// The account symbol of a template or StackSet.
pub(crate) fn account(of: &str) -> Text {
    let symbol = Symbol::new(
        format!("account:{of}"),
        "account",
        "is not known before deployment",
        Class::Account,
    );
    Text::symbol(symbol, Span::NOWHERE)
}

/// `None` while it is being found out.
pub(crate) type Memo<K, V> = RefCell<FxHashMap<K, Option<V>>>;

/// A template with values for its parameters.
pub(crate) struct Stack<'a> {
    pub(crate) shared: Rc<Shared<'a>>,
    pub(crate) template: &'a Template,
    pub(crate) place: Place,
    pub(crate) parameters: FxHashMap<String, Value>,
    pub(crate) resources: IndexMap<Arc<str>, Resource>,
    /// Outputs, loops expanded.
    pub(crate) outputs: Value,
    pub(crate) conditions: Memo<String, Value>,
    /// The symbol that an equality nobody can decide goes by: that of the first condition that states it, and whether
    /// the condition states its negation.
    pub(crate) equalities: RefCell<FxHashMap<Symbol, (Symbol, bool)>>,
    pub(crate) attributes: Memo<(String, String), Value>,
    pub(crate) children: Memo<String, Option<Rc<Stack<'a>>>>,
}

/// Most allowed values of a parameter without a value that are told apart.
const ALTERNATIVES: usize = 8;

impl<'a> Stack<'a> {
    /// A stack of `template` at `place`, with these parameters bound and the others at their defaults.
    pub(crate) fn new(
        shared: &Rc<Shared<'a>>,
        template: &'a Template,
        place: Place,
        bound: &BTreeMap<String, Value>,
    ) -> Self {
        let mut stack = Self {
            shared: Rc::clone(shared),
            template,
            place,
            parameters: FxHashMap::default(),
            resources: IndexMap::new(),
            outputs: Value::null(Span::NOWHERE),
            conditions: RefCell::default(),
            equalities: RefCell::default(),
            attributes: RefCell::default(),
            children: RefCell::default(),
        };
        if let Some(section) = template.section("Parameters") {
            for (name, definition) in section.iter() {
                let Some(name) = name.as_str() else { continue };
                let value = stack.parameter_value(name, definition, bound.get(name));
                stack.parameters.insert(name.to_owned(), value);
            }
        }
        stack.outputs = template
            .root
            .get("Outputs")
            .map_or(Value::null(Span::NOWHERE), |o| stack.expand_loops(o));
        stack.resources = stack.read_resources();
        stack
    }

    /// A symbol of this stack.
    pub(crate) fn symbol(&self, name: &str, why: &str, class: Class) -> Symbol {
        Symbol::new(format!("{}/{name}", self.place.base), name, why, class)
    }

    /// A value of this stack that nobody knows.
    pub(crate) fn unknown(&self, name: &str, why: &str, span: Span) -> Value {
        Value::unknown(self.symbol(name, why, Class::Any), span)
    }

    /// [Parameters](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html):
    /// what is bound, else the default, else one of few allowed values, else a symbol.
    fn parameter_value(&self, name: &str, definition: &Value, bound: Option<&Value>) -> Value {
        let kind = definition.get("Type").and_then(Value::as_str).unwrap_or("String");
        let list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        // What is given for such a parameter is a key, not the value.
        if kind.starts_with("AWS::SSM::Parameter::Value<") {
            return self.unknown(name, "is read from the parameter store at deployment", definition.span);
        }
        if let Some(value) = bound {
            return if list { split_list(value) } else { value.clone() };
        }
        if let Some(default) = definition.get("Default").filter(|d| !d.is_null()) {
            return if list { split_list(default) } else { scalar(default) };
        }
        let class = if kind.starts_with("AWS::EC2::") && kind.ends_with("::Id") {
            Class::Id
        } else {
            Class::Any
        };
        let symbol = self.symbol(name, "has no default", class);
        let allowed = definition
            .get("AllowedValues")
            .and_then(Value::as_list)
            .filter(|_| !list);
        let options: Vec<(Arc<str>, Value)> = allowed
            .map(|l| l.items.iter().filter_map(alternative).collect())
            .unwrap_or_default();
        if options.is_empty() || options.len() > ALTERNATIVES {
            Value::unknown(symbol, definition.span)
        } else {
            crate::eval::choice::choose(symbol, options, definition.span)
        }
    }

    fn read_resources(&self) -> IndexMap<Arc<str>, Resource> {
        let Some(section) = self.template.root.get("Resources") else {
            return IndexMap::new();
        };
        let section = self.expand_loops(&self.with_includes(section));
        let Some(map) = section.as_map() else {
            return IndexMap::new();
        };
        let mut resources = IndexMap::new();
        for (name, entry) in &*map.entries {
            let body = self.with_includes(&entry.value);
            let kind = body.get("Type").and_then(Value::as_str);
            if let (Some(name), Some(kind)) = (name.as_str(), kind) {
                let resource = Resource {
                    kind: kind.into(),
                    span: entry.key_span,
                    body: self.with_includes_below(&entry.value),
                };
                resources.insert(Arc::from(name), resource);
            }
        }
        // The transform is what makes these types deployable; tools add it where a template leaves it out.
        let serverless = resources
            .values()
            .any(|r| r.kind.starts_with("AWS::Serverless::") || r.body.get("Connectors").is_some());
        if serverless {
            let resolve = |value: &Value| match value.get("Ref").and_then(Value::as_str) {
                Some(name) => self.parameters.get(name).cloned().unwrap_or_else(|| value.clone()),
                None => value.clone(),
            };
            crate::sam::transform(resources, self.template.root.get("Globals"), &resolve)
        } else {
            resources
        }
    }
}

/// Scalars of parameters are text, whatever YAML makes of them.
fn scalar(value: &Value) -> Value {
    match &value.kind {
        Kind::Bool(_) | Kind::Number(_) => value
            .to_text()
            .map_or_else(|| value.clone(), |t| Value::text(t, value.span)),
        _ => value.clone(),
    }
}

fn alternative(value: &Value) -> Option<(Arc<str>, Value)> {
    let value = scalar(value);
    let state = value.as_str()?.into();
    Some((state, value))
}

/// A comma-delimited list.
fn split_list(value: &Value) -> Value {
    let text = match &value.kind {
        Kind::List(_) | Kind::Unknown(_) => return value.clone(),
        _ => value.to_text(),
    };
    let Some(parts) = text.as_ref().and_then(|t| t.split(",")) else {
        return value.clone();
    };
    let items = parts.iter().map(|p| Value::text(trim(p), p.span()));
    Value::list(items.collect(), value.span)
}

fn trim(text: &Text) -> Text {
    let (flat, _) = text.flat();
    let from = flat.len() - flat.trim_start().len();
    text.slice(from..from + flat.trim().len())
}
