//! Nested stacks and StackSets whose template is in the scan.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use rolecall_facts::{ScopeId, Unresolved};
use rolecall_source::{Assumption, FileId, Kind, Sources, Text, Value, contradict, limits};

use crate::stack::{Place, Resource, Stack};
use crate::template::Template;
use crate::world::stack_name;

/// True iff the type calls another template.
pub(crate) fn calls_template(kind: &str) -> bool {
    let stacks = [
        "AWS::CloudFormation::Stack",
        "AWS::CloudFormation::StackSet",
        "AWS::Serverless::Application",
    ];
    stacks.contains(&kind) || is_module(kind)
}

/// True iff the type is a [module](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/modules.html).
pub(crate) fn is_module(kind: &str) -> bool {
    kind.ends_with("::MODULE")
}

/// Where a resource says its template is: the asset of a CDK stack, a URL or a path.
pub(crate) fn location(resource: &Resource) -> Option<&Value> {
    let asset = resource.body.get("Metadata").and_then(|m| m.get("aws:asset:path"));
    asset
        .or_else(|| resource.property("TemplateURL"))
        .or_else(|| resource.property("Location"))
}

/// The file that `location` names from the template at `from`, and whether the name alone says so: the last steps of
/// a URL's path are those of exactly one file, but what is at the URL may differ.
pub(crate) fn find_file(sources: &Sources, from: &str, location: &Text) -> Option<(FileId, bool)> {
    let (flat, _) = location.flat();
    let remote = flat.starts_with("http") || flat.starts_with("s3:") || flat.contains(Text::HOLE);
    if !remote {
        let dir = from.rsplit_once('/').map_or("", |(dir, _)| dir);
        let path = flat.strip_prefix("file://").unwrap_or(&flat);
        return sources.find(&resolve(dir, path)?).map(|f| (f, false));
    }
    let path = flat.split(['?', '#']).next().unwrap_or("");
    let steps: Vec<&str> = path.split('/').collect();
    let last = steps.last().filter(|s| !s.is_empty() && !s.contains(Text::HOLE))?;
    let mut candidates: Vec<FileId> = Vec::new();
    for file in sources.ids() {
        let name = sources.path(file);
        if name == *last || name.strip_suffix(last).is_some_and(|rest| rest.ends_with('/')) {
            candidates.push(file);
        }
    }
    for take in 2..=steps.len() {
        if candidates.len() <= 1 {
            break;
        }
        let suffix = steps.get(steps.len() - take..).unwrap_or(&[]).join("/");
        let longer: Vec<FileId> = candidates
            .iter()
            .copied()
            .filter(|f| sources.path(*f).ends_with(&suffix))
            .collect();
        if !longer.is_empty() {
            candidates = longer;
        }
    }
    match candidates.as_slice() {
        [one] => Some((*one, true)),
        _ => None,
    }
}

/// `path` from folder `dir`, `None` when it leaves the scan.
fn resolve(dir: &str, path: &str) -> Option<String> {
    let mut steps: Vec<&str> = dir.split('/').filter(|s| !s.is_empty()).collect();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

impl<'a> Stack<'a> {
    /// The stack that a resource nests, iff its template is in the scan.
    pub(crate) fn child(&self, id: &str) -> Option<Rc<Stack<'a>>> {
        if let Some(known) = self.children.borrow().get(id) {
            return known.clone().flatten();
        }
        let resource = self.resources.get(id).filter(|r| calls_template(&r.kind))?;
        self.children.borrow_mut().insert(id.to_owned(), None);
        let child = self.make_child(id, resource).map(Rc::new);
        self.children.borrow_mut().insert(id.to_owned(), Some(child.clone()));
        child
    }

    /// The template that a resource calls, and whether only its name says so; else what it names.
    pub(crate) fn called(&self, id: &str, resource: &Resource) -> Result<(&'a Template, bool), Text> {
        let world = self.shared.world;
        if is_module(&resource.kind) {
            let fragment = world.fragment(&resource.kind).and_then(|i| world.templates.get(i));
            return fragment
                .filter(|t| t.file != self.template.file)
                .map(|t| (t, false))
                .ok_or_else(|| Text::plain(&resource.kind));
        }
        if let Some(inline) = world.inline(self.template, id) {
            return Ok((inline, false));
        }
        let text = location(resource).and_then(|l| self.eval(l).to_text());
        text.as_ref()
            .and_then(|l| find_file(world.sources, &self.template.path, l))
            .filter(|(file, _)| *file != self.template.file)
            .and_then(|(file, by_name)| {
                let index = world.template_at(world.sources.path(file))?;
                Some((world.templates.get(index)?, by_name))
            })
            .ok_or_else(|| text.unwrap_or_else(|| Text::plain("a template")))
    }

    fn make_child(&self, id: &str, resource: &Resource) -> Option<Stack<'a>> {
        let (template, by_name) = match self.called(id, resource) {
            Ok(found) => found,
            Err(source) => {
                self.shared.unresolved.borrow_mut().push(Unresolved {
                    address: format!("{}{id}", self.place.prefix).into(),
                    source: source.to_string().into(),
                    span: resource.span,
                    help: None,
                });
                return None;
            }
        };
        if self.place.calls.len() >= limits::MODULE_DEPTH || !self.shared.budget.instance() {
            return None;
        }
        let mut place = self.child_place(id, resource);
        if by_name {
            place
                .exists
                .push(Assumption::new(format!("`{}` is what `{id}` deploys", template.path)));
        }
        let bound = self.child_parameters(resource);
        self.shared.budget.enter().then(|| {
            let stack = Stack::new(&self.shared, template, place, &bound);
            self.shared.budget.leave();
            stack
        })
    }

    fn child_place(&self, id: &str, resource: &Resource) -> Place {
        let mut place = self.place.clone();
        place.base = format!("{}{id}", self.place.prefix).into();
        place.prefix = format!("{}{id}/", self.place.prefix).into();
        place.calls.push(resource.span);
        place.exists = self.exists(resource).unwrap_or_default();
        if !is_module(&resource.kind) {
            place.stack_name = stack_name(&place.base);
        }
        if &*resource.kind == "AWS::CloudFormation::StackSet" {
            // Its instances stand in accounts and regions of their own, the same for all that can be told.
            let elsewhere = Place::root(&place.base);
            place.account = elsewhere.account;
            place.region = elsewhere.region;
            let mut scopes = self.shared.scopes.borrow_mut();
            place.scope = ScopeId(u32::try_from(scopes.len()).unwrap_or(u32::MAX));
            scopes.push(place.scope(&format!("stack set {id}")));
        }
        place
    }

    fn child_parameters(&self, resource: &Resource) -> BTreeMap<String, Value> {
        let mut bound = BTreeMap::new();
        // The properties of a module are its parameters.
        let parameters = if is_module(&resource.kind) {
            resource.body.get("Properties")
        } else {
            resource.property("Parameters")
        };
        let Some(parameters) = parameters else {
            return bound;
        };
        match self.eval(parameters).as_map() {
            Some(map) => {
                for (name, value) in map.iter() {
                    if let Some(name) = name.as_str() {
                        bound.insert(name.to_owned(), value.clone());
                    }
                }
            }
            None => {
                // A StackSet lists its parameters.
                let list = parameters.as_list().map(|l| l.items.as_slice()).unwrap_or_default();
                for item in list {
                    let name = item.get("ParameterKey").and_then(Value::as_str);
                    let value = item.get("ParameterValue").map(|v| self.eval(v));
                    if let (Some(name), Some(value)) = (name, value) {
                        bound.insert(name.to_owned(), value);
                    }
                }
            }
        }
        bound
    }

    /// What must hold for a resource to exist; `None` when it certainly does not.
    pub(crate) fn exists(&self, resource: &Resource) -> Option<Vec<Assumption>> {
        let mut exists = self.place.exists.clone();
        if let Some((name, span, state)) = resource.condition() {
            let value = self.condition(name, span);
            match (value.as_bool(), &value.kind) {
                (Some(decided), _) if decided == state => {}
                (Some(_), _) => return None,
                (None, kind) => exists.push(selects(name, kind, state)),
            }
            if contradict(&exists) {
                return None;
            }
        }
        Some(exists)
    }
}

/// That the condition `name`, a choice, is `state`.
fn selects(name: &str, condition: &Kind, state: bool) -> Assumption {
    let clause = format!("`condition {name}` is {state}");
    if let Kind::Choice(choice) = condition
        && choice.options.iter().all(|(_, v)| v.as_bool().is_some())
    {
        let is_state = |(_, v): &&(Arc<str>, Value)| v.as_bool() == Some(state);
        let states: Vec<&str> = choice.options.iter().filter(is_state).map(|(s, _)| &**s).collect();
        return Assumption::any_state(&choice.on, &states).worded(clause);
    }
    Assumption::new(clause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_by_its_last_steps() {
        let sources = Sources::in_memory(&[("a/vpc.yaml", ""), ("b/vpc.yaml", ""), ("b/iam.yaml", "")]);
        let find = |from: &str, l: &str| {
            find_file(&sources, from, &Text::plain(l)).map(|(f, by_name)| (sources.path(f).to_owned(), by_name))
        };
        assert_eq!(find("b/main.yaml", "./iam.yaml"), Some(("b/iam.yaml".into(), false)));
        assert_eq!(find("b/main.yaml", "../a/vpc.yaml"), Some(("a/vpc.yaml".into(), false)));
        assert_eq!(find("b/main.yaml", "../../x.yaml"), None);
        assert_eq!(
            find("x.yaml", "https://h/x/iam.yaml"),
            Some(("b/iam.yaml".into(), true))
        );
        assert_eq!(
            find("x.yaml", "https://h/x/a/vpc.yaml"),
            Some(("a/vpc.yaml".into(), true))
        );
        assert_eq!(find("x.yaml", "https://h/x/vpc.yaml"), None);
    }
}
