//! CloudFormation templates to facts: YAML and JSON, intrinsic functions, nested stacks, SAM, CDK output.
//!
//! [`analyze`] is the whole of it. Knows no policy language and no graph.

mod budget;
mod eval;
mod ignores;
mod load;
mod nested;
mod resources;
mod sam;
mod stack;
mod template;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rolecall_facts::{Configuration, Language, Output, Unresolved};
use rolecall_source::{Diagnostic, FileId, Kind, Sources, Value};

use stack::{Shared, Stack};
use template::Template;
use world::{Export, World};

/// What the user says about the templates.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files of the scan with parameters: a list of `{ParameterKey, ParameterValue}`, an object with `Parameters`, or a
    /// plain object of names and values. Later files win.
    pub parameter_files: Vec<String>,
    /// Parameters by name. They win over files.
    pub parameters: BTreeMap<String, String>,
}

/// The pairs and elements of a YAML or JSON document as ranges of bytes: how far goes what begins somewhere.
#[must_use]
pub fn entries(text: &str) -> Vec<std::ops::Range<usize>> {
    load::entries(text)
}

/// The facts of every template in `sources`, nested stacks through the templates that call them.
#[must_use]
pub fn analyze(sources: &Sources, options: &Options) -> Output {
    let mut output = Output::default();
    let files: Vec<FileId> = sources.ids().collect();
    let read: Vec<(Option<Template>, Vec<Diagnostic>)> = files
        .par_iter()
        .filter(|f| template::may_be_named(sources.path(**f)))
        .filter(|f| match sources.bytes(**f) {
            Ok(bytes) => template::may_be_template(sources.path(**f), bytes),
            Err(_) => false,
        })
        .map(|f| template::read(sources, *f))
        .collect();
    let mut templates = Vec::new();
    for (template, diagnostics) in read {
        templates.extend(template);
        output.diagnostics.extend(diagnostics);
    }
    output.files = templates.len();
    let directives = templates.iter().flat_map(|t| t.directives.iter().cloned());
    output.directives = directives.collect();
    output.directives.sort_by_key(|d| d.span);
    let given = given(sources, options, &mut output.diagnostics);
    let mut world = World::new(sources, templates, given);
    world.exports = exports(&world);
    let called = called(&world);
    let roots: Vec<usize> = (0..world.templates.len()).filter(|i| !called.contains(i)).collect();
    let made: Vec<_> = roots.par_iter().filter_map(|i| configuration(&world, *i)).collect();
    for (configuration, notes, unresolved) in made {
        output.configurations.push(configuration);
        output.diagnostics.extend(notes);
        output.unresolved.extend(unresolved);
    }
    output.diagnostics.sort_by_key(|d| (d.span(), d.headline.clone()));
    output.diagnostics.dedup();
    output.unresolved.sort();
    output.unresolved.dedup();
    output
}

/// What one template with everything it calls states.
fn configuration(world: &World<'_>, index: usize) -> Option<(Configuration, Vec<Diagnostic>, Vec<Unresolved>)> {
    let template = world.templates.get(index)?;
    let shared = Shared::new(world);
    let stack = std::rc::Rc::new(Stack::new(&shared, template, world.place(template), &world.given));
    let mut configuration = Configuration::new(&*template.path, Language::CloudFormation);
    shared.scopes.borrow_mut().push(stack.place.scope("stack"));
    resources::state(&stack, &mut configuration);
    configuration.scopes = shared.scopes.take();
    for (name, span) in template.transforms() {
        if name == "AWS::Include" {
            // Included at the top: whole sections.
            shared.unresolved.borrow_mut().push(Unresolved {
                address: format!("{}#Transform", template.path).into(),
                source: name.into(),
                span,
                help: None,
            });
        }
        if !name.starts_with("AWS::") {
            shared.note(Diagnostic::warning(
                "cloudformation-transform",
                format!("the macro `{name}` may change this template in ways that are not known"),
                span,
            ));
        }
    }
    let notes = shared.notes.take();
    let unresolved = shared.unresolved.take();
    Some((configuration, notes, unresolved))
}

/// The names of all exports. Imports in them are not known yet.
fn exports(world: &World<'_>) -> Vec<Export> {
    let of = |(index, template): (usize, &Template)| -> Vec<Export> {
        if template.section("Outputs").is_none() {
            return Vec::new();
        }
        let shared = Shared::new(world);
        let stack = Stack::new(&shared, template, world.place(template), &world.given);
        let outputs = stack.outputs.as_map().cloned().unwrap_or_default();
        let mut found = Vec::new();
        for (output, value) in outputs.iter() {
            let name = value.get("Export").and_then(|e| e.get("Name"));
            let name = name.and_then(|n| stack.eval(n).to_text());
            if let (Some(name), Some(output)) = (name, output.as_str()) {
                found.push(Export {
                    name,
                    template: index,
                    output: output.to_owned(),
                });
            }
        }
        found
    };
    world.templates.par_iter().enumerate().flat_map_iter(of).collect()
}

/// The templates that others nest.
fn called(world: &World<'_>) -> BTreeSet<usize> {
    let of = |template: &Template| -> Vec<usize> {
        let Some(resources) = template.section("Resources") else {
            return Vec::new();
        };
        let kind = |v: &Value| {
            v.get("Type")
                .and_then(Value::as_str)
                .is_some_and(nested::calls_template)
        };
        if !resources.iter().any(|(_, v)| kind(v)) {
            return Vec::new();
        }
        let shared = Shared::new(world);
        let stack = Stack::new(&shared, template, world.place(template), &world.given);
        let mut found = Vec::new();
        for (id, resource) in stack.resources.iter().filter(|(_, r)| nested::calls_template(&r.kind)) {
            let called = stack.called(id, resource).ok();
            found.extend(called.and_then(|(t, _)| world.template_at(&t.path)));
        }
        found
    };
    let edges: Vec<Vec<usize>> = world.templates.par_iter().map(of).collect();
    let called: BTreeSet<usize> = edges.iter().flatten().copied().collect();
    // Templates that only call each other in a circle are roots all the same.
    let mut reached: BTreeSet<usize> = (0..edges.len()).filter(|i| !called.contains(i)).collect();
    let mut open: Vec<usize> = reached.iter().copied().collect();
    let mut result = called.clone();
    let mut next = 0;
    loop {
        while let Some(at) = open.pop() {
            for to in edges.get(at).into_iter().flatten() {
                if reached.insert(*to) {
                    open.push(*to);
                }
            }
        }
        match (next..edges.len()).find(|i| !reached.contains(i)) {
            Some(stray) => {
                result.remove(&stray);
                reached.insert(stray);
                open.push(stray);
                next = stray;
            }
            None => return result,
        }
    }
}

/// The parameters that the options give.
fn given(sources: &Sources, options: &Options, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<String, Value> {
    let mut given = BTreeMap::new();
    for path in &options.parameter_files {
        let Some(file) = sources.find(path) else {
            continue;
        };
        let Ok(text) = sources.text(file) else {
            continue;
        };
        match load::read(text, file) {
            Ok(document) => read_parameters(&document.value, &mut given),
            Err(error) => diagnostics.push(Diagnostic::error(
                "cloudformation-syntax",
                format!("this parameter file cannot be read: {}", error.message),
                error.span,
            )),
        }
    }
    for (name, value) in &options.parameters {
        given.insert(name.clone(), Value::string(value, rolecall_source::Span::NOWHERE));
    }
    given
}

fn read_parameters(value: &Value, given: &mut BTreeMap<String, Value>) {
    match &value.kind {
        Kind::List(list) => {
            for item in list.items.iter() {
                let name = item.get("ParameterKey").and_then(Value::as_str);
                let value = item.get("ParameterValue").and_then(Value::to_text);
                if let (Some(name), Some(text)) = (name, value) {
                    let span = text.span();
                    given.insert(name.to_owned(), Value::text(text, span));
                }
                // What `aws cloudformation deploy --parameter-overrides file://…` reads as well.
                if let Some((name, value)) = item.as_str().and_then(|pair| pair.split_once('=')) {
                    given.insert(name.to_owned(), Value::string(value, item.span));
                }
            }
        }
        Kind::Map(map) => {
            let map = map.get("Parameters").and_then(Value::as_map).unwrap_or(map);
            for (name, value) in map.iter() {
                let Some(name) = name.as_str() else { continue };
                match (&value.kind, value.to_text()) {
                    (Kind::List(_), _) => given.insert(name.to_owned(), value.clone()),
                    (_, Some(text)) => given.insert(name.to_owned(), Value::text(text, value.span)),
                    _ => None,
                };
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
