//! Resources to facts.

mod compute;
mod iam;
mod links;
mod policies;
mod sso;

use rolecall_facts::{Configuration, Origin, PolicyRef, PrincipalKind, PrincipalRef};
use rolecall_source::{Assumption, Class, Kind, List, Map, Span, Symbol, Text, Value, limits};
use std::rc::Rc;

use crate::nested::calls_template;
use crate::stack::{Resource, Stack};

/// A resource of a stack, ready to be stated.
pub(crate) struct Item<'s, 'a> {
    pub(crate) stack: &'s Stack<'a>,
    pub(crate) id: &'s str,
    pub(crate) resource: &'s Resource,
    pub(crate) origin: Origin,
}

/// States everything in `stack` and in the stacks it nests.
pub(crate) fn state(stack: &Rc<Stack<'_>>, out: &mut Configuration) {
    let mut open: Vec<(Rc<Stack<'_>>, usize)> = vec![(Rc::clone(stack), 0)];
    while let Some((stack, depth)) = open.pop() {
        let mut children = Vec::new();
        for (id, resource) in &stack.resources {
            let Some(exists) = stack.exists(resource) else {
                continue;
            };
            if calls_template(&resource.kind)
                && depth < limits::MODULE_DEPTH
                && let Some(child) = stack.child(id)
            {
                children.push((child, depth + 1));
            }
            let item = Item {
                stack: &stack,
                id,
                resource,
                origin: origin(&stack, id, resource, exists),
            };
            item.state(out);
        }
        children.reverse();
        open.extend(children);
    }
}

fn origin(stack: &Stack<'_>, id: &str, resource: &Resource, exists: Vec<Assumption>) -> Origin {
    // The path of a construct holds those of the nested stacks it is in.
    let (file, _) = stack.place.prefix.split_once('#').unwrap_or((&stack.place.prefix, ""));
    let address = match construct_path(resource) {
        Some(path) => format!("{file}#{path}"),
        None => format!("{}{id}", stack.place.prefix),
    };
    Origin {
        address: address.into(),
        span: resource.span,
        calls: stack.place.calls.clone(),
        exists,
        open: false,
    }
}

/// The path that the CDK knows a resource by, without the step that every construct has.
fn construct_path(resource: &Resource) -> Option<&str> {
    let path = resource.body.get("Metadata")?.get("aws:cdk:path")?.as_str()?;
    Some(path.strip_suffix("/Resource").unwrap_or(path))
}

impl Item<'_, '_> {
    fn state(&self, out: &mut Configuration) {
        match &*self.resource.kind {
            kind if kind.starts_with("AWS::IAM::") => self.iam(kind, out),
            kind if kind.starts_with("AWS::SSO::") => self.sso(kind, out),
            kind if kind.starts_with("AWS::Organizations::") => self.organizations(kind, out),
            _ => {}
        }
        self.resource_policies(out);
        self.compute(out);
    }

    /// The value of a property, `None` when it is absent.
    fn get(&self, name: &str) -> Option<Value> {
        self.stack.eval_some(self.resource.property(name))
    }

    /// The text of a property; of a choice what its options have in common.
    fn text(&self, name: &str) -> Option<Text> {
        let value = self.get(name)?;
        let symbol = Symbol::new(
            format!("{}:{}.{name}", self.stack.place.base, self.id),
            format!("{}.{name}", self.id),
            "depends on a condition",
            Class::Any,
        );
        Some(crate::eval::collapse(&value, &symbol))
    }

    /// The name and ARN.
    fn identity(&self) -> Option<(Text, Text)> {
        let naming = crate::eval::attributes::naming_of(&self.resource.kind)?;
        let name = self.stack.name_text(self.id, self.resource, naming);
        let arn = self.stack.arn_text(self.id, self.resource, naming)?;
        Some((name, arn))
    }

    /// The same place under further assumptions.
    fn origin_if(&self, exists: &[Assumption]) -> Origin {
        let mut origin = self.origin.clone();
        origin.exists.extend(exists.iter().cloned());
        origin
    }

    fn principal(&self, kind: PrincipalKind, by: Text) -> PrincipalRef {
        PrincipalRef {
            kind,
            by,
            scope: self.stack.place.scope,
        }
    }

    /// The elements of a list property, each with what must hold for it to be there.
    fn elements(&self, name: &str) -> Vec<(Vec<Assumption>, Value)> {
        self.get(name).map_or_else(Vec::new, |v| elements(&v))
    }

    /// Tags as a map.
    fn tags(&self) -> Option<Value> {
        self.get("Tags").map(|tags| tag_map(&tags))
    }

    fn attach(&self, to: PrincipalRef, policy: PolicyRef, exists: &[Assumption], out: &mut Configuration) {
        out.attachments.push(rolecall_facts::Attachment {
            origin: self.origin_if(exists),
            to,
            policy,
        });
    }
}

/// The elements of a list that may depend on conditions. Alternatives that are all something stay a choice.
pub(crate) fn elements(value: &Value) -> Vec<(Vec<Assumption>, Value)> {
    let mut all = Vec::new();
    collect(value, &[], &mut all);
    all
}

fn collect(value: &Value, exists: &[Assumption], all: &mut Vec<(Vec<Assumption>, Value)>) {
    match &value.kind {
        Kind::Null => {}
        Kind::List(list) => {
            for item in list.items.iter() {
                collect(item, exists, all);
            }
            if let Some(open) = &list.open {
                all.push((exists.to_vec(), Value::unknown(open.clone(), value.span)));
            }
        }
        Kind::Choice(choice) => {
            let whole = choice.options.iter().all(|(_, v)| v.to_text().is_some());
            if whole {
                return all.push((exists.to_vec(), value.clone()));
            }
            for (state, option) in &choice.options {
                let mut exists = exists.to_vec();
                exists.push(Assumption::state(&choice.on, state));
                collect(option, &exists, all);
            }
        }
        _ => all.push((exists.to_vec(), value.clone())),
    }
}

/// The texts of a value: of a choice each option, with what selects it.
pub(crate) fn texts(value: &Value) -> Vec<(Vec<Assumption>, Text)> {
    let mut found = Vec::new();
    for (exists, value) in elements(value) {
        match &value.kind {
            Kind::Choice(choice) => {
                for (state, option) in &choice.options {
                    let mut exists = exists.clone();
                    exists.push(Assumption::state(&choice.on, state));
                    found.extend(option.to_text().map(|t| (exists, t)));
                }
            }
            _ => found.extend(value.to_text().map(|t| (exists, t))),
        }
    }
    found
}

/// `[{Key, Value}]` or a plain map as a map; open where keys or elements are not known.
fn tag_map(tags: &Value) -> Value {
    let list = match &tags.kind {
        Kind::List(list) => list,
        Kind::Map(_) | Kind::Unknown(_) => return tags.clone(),
        _ => return Value::map([], tags.span),
    };
    let List { items, open } = list;
    let mut open = open.clone();
    let mut entries = Vec::new();
    for item in items.iter() {
        let key = item.get("Key").and_then(Value::to_text);
        match (key, item.get("Value"), &item.kind) {
            (Some(key), Some(value), _) => entries.push((key, value.clone())),
            (_, _, Kind::Choice(choice)) => open = Some(choice.on.clone()),
            (_, _, Kind::Unknown(symbol)) => open = Some(symbol.clone()),
            _ => {}
        }
    }
    let value = Value::map(entries, tags.span);
    match (value.kind, open) {
        (Kind::Map(map), Some(open)) => Value::new(
            Kind::Map(Map {
                entries: map.entries,
                open: Some(open),
            }),
            tags.span,
        ),
        (kind, _) => Value::new(kind, tags.span),
    }
}

/// The place of a whole value, or of the resource when it stands nowhere.
fn place(value: &Value, resource: &Resource) -> Span {
    if value.span.is_nowhere() {
        resource.span
    } else {
        value.span
    }
}
