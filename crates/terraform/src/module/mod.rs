//! Modules: what the files of one folder declare together.

pub(crate) mod paths;
mod plans;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_source::{Diagnostic, Span};

pub(crate) use self::world::{Called, World, is_local, syntax_errors};
use crate::instance::Mode;
use crate::syntax::ast::{Attribute, Block, Body};

/// Blocks by kind and name.
pub(crate) type Resources = BTreeMap<Arc<str>, BTreeMap<Arc<str>, Block>>;

/// One folder of configuration files.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// The folder; `""` is the root of the scan.
    pub(crate) dir: Arc<str>,
    pub(crate) variables: BTreeMap<Arc<str>, Block>,
    pub(crate) locals: BTreeMap<Arc<str>, Attribute>,
    pub(crate) outputs: BTreeMap<Arc<str>, Block>,
    pub(crate) managed: Resources,
    pub(crate) data: Resources,
    pub(crate) calls: BTreeMap<Arc<str>, Block>,
    /// Provider configurations: `aws`, `aws.prod`.
    pub(crate) providers: BTreeMap<Arc<str>, Block>,
    /// `terraform.tfvars` and `*.auto.tfvars`, in the order in which they count.
    pub(crate) values: Vec<Body>,
}

impl Module {
    /// The block of a resource.
    pub(crate) fn resource(&self, mode: Mode, kind: &str, name: &str) -> Option<&Block> {
        self.resources(mode).get(kind)?.get(name)
    }

    /// The resources of a mode.
    pub(crate) fn resources(&self, mode: Mode) -> &Resources {
        match mode {
            Mode::Managed => &self.managed,
            Mode::Data => &self.data,
        }
    }

    /// What was wrong with the contents that were asked for.
    pub(crate) fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        let named = [&self.variables, &self.outputs, &self.calls, &self.providers];
        let resources = self.managed.values().chain(self.data.values());
        let blocks = named.into_iter().chain(resources).flat_map(BTreeMap::values);
        blocks.flat_map(|b| b.body.errors())
    }

    /// Adds what a file declares; an override file changes what is there.
    fn add(&mut self, body: Body, overriding: bool, diagnostics: &mut Vec<Diagnostic>) {
        for block in body.blocks {
            self.add_block(block, overriding, diagnostics);
        }
    }

    fn add_block(&mut self, block: Block, overriding: bool, diagnostics: &mut Vec<Diagnostic>) {
        let labels: Vec<Arc<str>> = block.labels.clone();
        let mut put = |into: &mut BTreeMap<Arc<str>, Block>, name: &Arc<str>, block: Block| {
            insert(into, name, block, overriding, diagnostics);
        };
        match (&*block.kind, labels.as_slice()) {
            ("resource", [kind, name]) => put(self.managed.entry(Arc::clone(kind)).or_default(), name, block),
            ("data", [kind, name]) => put(self.data.entry(Arc::clone(kind)).or_default(), name, block),
            ("variable", [name]) => put(&mut self.variables, name, block),
            ("output", [name]) => put(&mut self.outputs, name, block),
            ("module", [name]) => put(&mut self.calls, name, block),
            ("provider", [name]) => {
                let name = match block.body.get("alias").and_then(|e| e.as_str()) {
                    Some(alias) => format!("{name}.{alias}").into(),
                    None => Arc::clone(name),
                };
                put(&mut self.providers, &name, block);
            }
            ("locals", []) => self.add_locals(block, overriding, diagnostics),
            _ => {}
        }
    }

    fn add_locals(&mut self, block: Block, overriding: bool, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.extend(block.body.errors().iter().cloned());
        for attribute in block.body.into_body().attributes {
            let name = Arc::clone(&attribute.name);
            if let Some(before) = self.locals.get(&name).filter(|_| !overriding) {
                diagnostics.push(twice(&format!("local.{name}"), attribute.name_span, before.name_span));
                continue;
            }
            self.locals.insert(name, attribute);
        }
    }
}

fn insert(
    into: &mut BTreeMap<Arc<str>, Block>,
    name: &Arc<str>,
    block: Block,
    overriding: bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    match into.get_mut(name) {
        Some(before) if overriding => {
            diagnostics.extend(block.body.errors().iter().cloned());
            merge(before, block);
        }
        Some(before) => {
            let label = format!("{} \"{}\"", block.kind, block.labels.join("\" \""));
            diagnostics.push(twice(&label, block.header, before.header));
        }
        None => {
            into.insert(Arc::clone(name), block);
        }
    }
}

fn twice(what: &str, again: Span, before: Span) -> Diagnostic {
    Diagnostic::warning(
        "terraform-duplicate",
        format!("`{what}` is declared twice; the first counts"),
        again,
    )
    .context(before, "declared here")
}

/// Merges as [override files](https://developer.hashicorp.com/terraform/language/files/override) are merged:
/// attributes one by one, nested blocks of one kind all at once.
fn merge(base: &mut Block, with: Block) {
    let with = with.body.into_body();
    let Some(base) = base.body.body_mut() else { return };
    for attribute in with.attributes {
        match base.attributes.iter_mut().find(|a| a.name == attribute.name) {
            Some(a) => *a = attribute,
            None => base.attributes.push(attribute),
        }
    }
    let kinds: Vec<Arc<str>> = with.blocks.iter().map(kind_of_content).collect();
    base.blocks.retain(|b| !kinds.contains(&kind_of_content(b)));
    base.blocks.extend(with.blocks);
}

/// The kind of block that a nested block is or makes.
fn kind_of_content(block: &Block) -> Arc<str> {
    match block.labels.first() {
        Some(label) if &*block.kind == "dynamic" => Arc::clone(label),
        _ => Arc::clone(&block.kind),
    }
}
