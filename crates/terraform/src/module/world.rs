//! All modules of a scan: reading them, and which module calls which.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use rolecall_facts::Directive;
use rolecall_source::{Diagnostic, FileId, LoadError, Sources, Span, Value, json};

use super::{Module, paths};
use crate::options::Options;
use crate::plan::Plan;
use crate::syntax::{self, Body, Remarks};

/// Folders of vendored modules: key of the call (`a.b`) to folder.
type Vendored = BTreeMap<String, String>;

/// All modules of a scan.
pub(crate) struct World<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) options: &'a Options,
    pub(crate) modules: BTreeMap<Arc<str>, Module>,
    /// Per root module with a `.terraform/modules/modules.json`.
    vendored: BTreeMap<String, Vendored>,
    /// The variable files of the options.
    pub(crate) var_files: Vec<Body>,
    /// Plans and states by the folder of their root module.
    pub(crate) plans: BTreeMap<Arc<str>, Vec<&'a Plan>>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) directives: Vec<Directive>,
    /// How many files were parsed.
    pub(crate) files: usize,
}

/// What a call refers to.
pub(crate) enum Called<'w> {
    Module(&'w Module),
    /// The folder or package is not in the scan: the source as written.
    Missing(Arc<str>),
}

/// Blocks whose contents decide what the module is.
const EAGER: [&str; 3] = ["locals", "module", "provider"];

/// What a file is to its module.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Normal,
    Override,
    /// `terraform.tfvars`, then `terraform.tfvars.json`, then `*.auto.tfvars` by name.
    Values(u8),
}

struct Parsed {
    file: FileId,
    role: Role,
    body: Body,
    remarks: Remarks,
}

fn role(name: &str) -> Option<Role> {
    if name.starts_with('.') {
        return None;
    }
    match name {
        "terraform.tfvars" => return Some(Role::Values(0)),
        "terraform.tfvars.json" => return Some(Role::Values(1)),
        _ if name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json") => return Some(Role::Values(2)),
        _ => {}
    }
    let plain = name.strip_suffix(".json").unwrap_or(name);
    let stem = plain.strip_suffix(".tf").or_else(|| plain.strip_suffix(".tofu"))?;
    Some(if stem == "override" || stem.ends_with("_override") {
        Role::Override
    } else {
        Role::Normal
    })
}

impl<'a> World<'a> {
    /// Reads every configuration file of the scan.
    pub(crate) fn read(sources: &'a Sources, options: &'a Options) -> Self {
        let wanted: Vec<(FileId, Role)> = sources
            .ids()
            .filter_map(|id| Some((id, role(paths::file_name(sources.path(id)))?)))
            .filter(|(id, _)| !shadowed(sources, sources.path(*id)))
            .collect();
        let parsed: Vec<Parsed> = wanted
            .par_iter()
            .map(|(file, role)| parse(sources, *file, *role))
            .collect();
        let mut world = Self {
            sources,
            options,
            modules: BTreeMap::new(),
            vendored: BTreeMap::new(),
            var_files: Vec::new(),
            plans: BTreeMap::new(),
            diagnostics: Vec::new(),
            directives: Vec::new(),
            files: parsed.len(),
        };
        world.assemble(parsed);
        world.read_var_files();
        world.read_vendored();
        world.place_plans();
        world
    }

    fn assemble(&mut self, mut parsed: Vec<Parsed>) {
        parsed.sort_by_key(|p| (p.role, p.file));
        for file in parsed {
            self.diagnostics.extend(file.remarks.diagnostics);
            self.directives.extend(file.remarks.directives);
            let dir: Arc<str> = paths::folder(self.sources.path(file.file)).into();
            let module = self.modules.entry(Arc::clone(&dir)).or_default();
            module.dir = dir;
            match file.role {
                Role::Normal => module.add(file.body, false, &mut self.diagnostics),
                Role::Override => module.add(file.body, true, &mut self.diagnostics),
                Role::Values(_) => module.values.push(file.body),
            }
        }
    }

    fn read_var_files(&mut self) {
        for path in &self.options.var_files {
            match self.sources.find(path.strip_prefix("./").unwrap_or(path)) {
                Some(file) => {
                    let parsed = parse(self.sources, file, Role::Values(3));
                    self.diagnostics.extend(parsed.remarks.diagnostics);
                    self.var_files.push(parsed.body);
                }
                None => self.diagnostics.push(Diagnostic::error(
                    "unreadable-file",
                    format!("the variable file {path} is not in the scan"),
                    Span::NOWHERE,
                )),
            }
        }
    }

    fn read_vendored(&mut self) {
        const MANIFEST: &str = ".terraform/modules/modules.json";
        for file in self.sources.ids() {
            let path = self.sources.path(file);
            let prefix = path.strip_suffix(MANIFEST);
            if let Some(prefix) = prefix.filter(|p| p.is_empty() || p.ends_with('/')) {
                let root = prefix.trim_end_matches('/');
                let folders = manifest(self.sources, file, root);
                self.vendored.insert(root.to_owned(), folders);
            }
        }
    }

    /// The module that a call refers to. `key` is the path of calls from the root module: `a.b`.
    pub(crate) fn called(&self, root: &str, caller: &str, key: &str, source: &str) -> Called<'_> {
        let dir = if is_local(source) {
            paths::join(caller, source)
        } else {
            self.vendored.get(root).and_then(|v| v.get(key)).cloned()
        };
        match dir.and_then(|d| self.modules.get(&*d)) {
            Some(module) => Called::Module(module),
            None => Called::Missing(source.into()),
        }
    }

    /// The folders that stand for root modules: those that no call by path reaches. Vendored modules are not.
    pub(crate) fn roots(&self) -> Vec<Arc<str>> {
        let reached = self.reached_from(self.modules.keys());
        let candidates = self
            .modules
            .iter()
            .filter(|(dir, m)| !reached.contains(*dir) && m.declares());
        candidates
            .map(|(dir, _)| Arc::clone(dir))
            .filter(|dir| !is_vendored(dir))
            .chain(self.plans.keys().cloned())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// Of the modules that were not analysed yet, those that no other of them calls; all of them when they call each
    /// other in a circle.
    pub(crate) fn next_roots(&self, done: &BTreeSet<Arc<str>>) -> Vec<Arc<str>> {
        let open = |(dir, m): &(&Arc<str>, &Module)| !done.contains(*dir) && m.declares() && !is_vendored(dir);
        let rest: Vec<&Arc<str>> = self.modules.iter().filter(open).map(|(dir, _)| dir).collect();
        let reached = self.reached_from(rest.iter().copied());
        let first: Vec<Arc<str>> = rest
            .iter()
            .filter(|d| !reached.contains(**d))
            .map(|d| Arc::clone(d))
            .collect();
        if first.is_empty() {
            rest.into_iter().take(1).cloned().collect()
        } else {
            first
        }
    }

    fn reached_from<'d>(&self, dirs: impl Iterator<Item = &'d Arc<str>>) -> BTreeSet<Arc<str>> {
        let mut reached = BTreeSet::new();
        for dir in dirs {
            let Some(module) = self.modules.get(dir) else { continue };
            for call in module.calls.values() {
                let source = call.body.get("source").and_then(|e| e.as_str()).unwrap_or("");
                let target = is_local(source).then(|| paths::join(dir, source)).flatten();
                let target = target
                    .and_then(|t| self.modules.get_key_value(&*t))
                    .map(|(target, _)| target);
                reached.extend(target.filter(|t| *t != dir).cloned());
            }
        }
        reached
    }
}

impl Module {
    /// True iff it declares anything but values of variables.
    fn declares(&self) -> bool {
        !(self.managed.is_empty() && self.data.is_empty() && self.calls.is_empty())
    }
}

pub(crate) fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../") || source == "." || source == ".."
}

fn is_vendored(dir: &str) -> bool {
    dir.split('/').any(|part| part == ".terraform")
}

/// True iff `x.tf` has an `x.tofu` beside it, which OpenTofu reads instead.
fn shadowed(sources: &Sources, path: &str) -> bool {
    let twin = match path.strip_suffix(".tf") {
        Some(stem) => format!("{stem}.tofu"),
        None => match path.strip_suffix(".tf.json") {
            Some(stem) => format!("{stem}.tofu.json"),
            None => return false,
        },
    };
    sources.find(&twin).is_some()
}

fn parse(sources: &Sources, file: FileId, role: Role) -> Parsed {
    let mut remarks = Remarks::default();
    let body = match sources.shared_text(file) {
        Ok(text) if sources.path(file).ends_with(".json") => {
            let variables = matches!(role, Role::Values(_));
            syntax::read_json(&text, file, variables, &mut remarks)
        }
        Ok(text) => syntax::read_hcl(&text, file, &mut remarks),
        Err(LoadError::NotUtf8(_)) => lossy(sources, file, &mut remarks),
        Err(error) => {
            remarks.diagnostics.push(unreadable(sources, file, &error));
            Body::default()
        }
    };
    // Asked for in every case, and here in parallel.
    for block in body.blocks.iter().filter(|b| EAGER.contains(&&*b.kind)) {
        let _ = block.body.get("source");
    }
    Parsed {
        file,
        role,
        body,
        remarks,
    }
}

/// Every syntax error in the files of a scan.
pub(crate) fn syntax_errors(sources: &Sources) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (file, role) in sources
        .ids()
        .filter_map(|id| Some((id, role(paths::file_name(sources.path(id)))?)))
    {
        let parsed = parse(sources, file, role);
        found.extend(parsed.remarks.diagnostics);
        for block in parsed.body.blocks {
            // Contents are read when something is asked of them.
            let _ = block.body.get("");
            found.extend_from_slice(block.body.errors());
        }
    }
    found
}

fn unreadable(sources: &Sources, file: FileId, error: &LoadError) -> Diagnostic {
    let headline = format!("{} {error}", sources.path(file));
    Diagnostic::error("unreadable-file", headline, Span::new(file, 0, 0))
}

/// A file that is not UTF-8, with every byte that is not as `?`, so that all spans stay true.
fn lossy(sources: &Sources, file: FileId, remarks: &mut Remarks) -> Body {
    if let Err(error) = sources.text(file) {
        remarks.diagnostics.push(unreadable(sources, file, &error));
    }
    let mut text = String::new();
    for chunk in sources.bytes(file).unwrap_or(&[]).utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    syntax::read_hcl(&text.into(), file, remarks)
}

/// The folders that a manifest of vendored modules names.
fn manifest(sources: &Sources, file: FileId, root: &str) -> Vendored {
    let document = sources.text(file).ok().and_then(|t| json::read_file(t, file).ok());
    let Some(modules) = document
        .as_ref()
        .and_then(|d| d.value.get("Modules"))
        .and_then(Value::as_list)
    else {
        return Vendored::new();
    };
    let entry = |m: &Value| {
        let key = m.get("Key")?.as_str()?.to_owned();
        Some((key, paths::join(root, m.get("Dir")?.as_str()?)?))
    };
    modules.items.iter().filter_map(entry).collect()
}
