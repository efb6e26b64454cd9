//! What a scan holds beside its templates: fragments of modules, cloud assemblies, and templates inside templates.

use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_source::{Entry, FileId, Kind, List, Map, Sources, Span, Symbol, Text, TextBuilder, Value};

use crate::load;
use crate::stack::Place;
use crate::template::Template;

/// An output that a template exports.
pub(crate) struct Export {
    /// The export's name.
    pub(crate) name: Text,
    /// The template, as an index into [`World::templates`].
    pub(crate) template: usize,
    /// The output.
    pub(crate) output: String,
}

/// Everything that is read of a scan.
pub(crate) struct World<'a> {
    pub(crate) sources: &'a Sources,
    /// The templates, in order of path.
    pub(crate) templates: Vec<Template>,
    /// What templates export, in order of template and output.
    pub(crate) exports: Vec<Export>,
    /// Parameters that were given.
    pub(crate) given: BTreeMap<String, Value>,
    /// Fragments of modules by type, as indices into [`World::templates`]; `None` where several have the same type.
    fragments: BTreeMap<String, Option<usize>>,
    /// Templates that stand in resources of others, by file and logical id.
    inline: BTreeMap<(FileId, String), Template>,
    /// Where cloud assemblies say that their templates are deployed, by path.
    deployments: BTreeMap<String, Deployment>,
}

/// Where a cloud assembly says that a template is deployed, as far as it says so.
#[derive(Debug, Default, PartialEq, Eq)]
struct Deployment {
    account: Option<String>,
    region: Option<String>,
    stack: Option<String>,
}

impl<'a> World<'a> {
    /// The world of these templates, which are in order of path. Exports are not known yet.
    pub(crate) fn new(sources: &'a Sources, templates: Vec<Template>, given: BTreeMap<String, Value>) -> Self {
        Self {
            sources,
            fragments: fragments(sources, &templates),
            inline: templates.iter().flat_map(inline).collect(),
            deployments: deployments(sources, &templates),
            templates,
            exports: Vec::new(),
            given,
        }
    }

    /// The template at `path`.
    pub(crate) fn template_at(&self, path: &str) -> Option<usize> {
        self.templates.binary_search_by(|t| (*t.path).cmp(path)).ok()
    }

    /// The fragment of a module's type.
    pub(crate) fn fragment(&self, kind: &str) -> Option<usize> {
        self.fragments.get(kind).copied().flatten()
    }

    /// The template that stands in the resource `id` of `template`.
    pub(crate) fn inline(&self, template: &Template, id: &str) -> Option<&Template> {
        self.inline.get(&(template.file, id.to_owned()))
    }

    /// The place of a template that nothing calls.
    pub(crate) fn place(&self, template: &Template) -> Place {
        let mut place = Place::root(&template.path);
        if let Some(known) = self.deployments.get(&*template.path) {
            let text = |t: &Option<String>| t.as_deref().map(Text::plain);
            place.account = text(&known.account).unwrap_or(place.account);
            place.region = text(&known.region).unwrap_or(place.region);
            place.stack_name = text(&known.stack).unwrap_or(place.stack_name);
        }
        place
    }
}

/// [Fragments of modules](https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/modules-structure.html): a
/// template below `fragments`, beside whose folder a file says which type it is.
fn fragments(sources: &Sources, templates: &[Template]) -> BTreeMap<String, Option<usize>> {
    let mut found = BTreeMap::new();
    for (index, template) in templates.iter().enumerate() {
        let (folder, _) = template.path.rsplit_once('/').unwrap_or(("", &template.path));
        let Some(project) = folder.strip_suffix("fragments") else {
            continue;
        };
        let named = [".rpdk-config", "schema.json"];
        if let Some(kind) = named.iter().find_map(|n| type_name(sources, &format!("{project}{n}"))) {
            found.entry(kind).and_modify(|f| *f = None).or_insert(Some(index));
        }
    }
    found
}

fn type_name(sources: &Sources, path: &str) -> Option<String> {
    let value = read(sources, path)?;
    let name = value.get("typeName").and_then(Value::as_str)?;
    name.ends_with("::MODULE").then(|| name.to_owned())
}

fn read(sources: &Sources, path: &str) -> Option<Value> {
    let file = sources.find(path)?;
    let document = load::read(sources.text(file).ok()?, file).ok()?;
    Some(document.value)
}

/// What the [manifest](https://docs.aws.amazon.com/cdk/v2/guide/deploy.html) of a cloud assembly says about its stacks.
fn deployments(sources: &Sources, templates: &[Template]) -> BTreeMap<String, Deployment> {
    let mut folders: Vec<&str> = templates
        .iter()
        .map(|t| t.path.rsplit_once('/').map_or("", |(folder, _)| folder))
        .collect();
    folders.dedup();
    let mut found = BTreeMap::new();
    for folder in folders {
        let join = |name: &str| {
            if folder.is_empty() {
                name.to_owned()
            } else {
                format!("{folder}/{name}")
            }
        };
        let manifest = read(sources, &join("manifest.json"));
        let artifacts = manifest
            .as_ref()
            .and_then(|m| m.get("artifacts"))
            .and_then(Value::as_map);
        for (_, artifact) in artifacts.into_iter().flat_map(Map::iter) {
            let properties = artifact.get("properties");
            let file = properties.and_then(|p| p.get("templateFile")).and_then(Value::as_str);
            if let Some(file) = file {
                found.insert(join(file), deployment(artifact));
            }
        }
    }
    found
}

fn deployment(artifact: &Value) -> Deployment {
    let environment = artifact.get("environment").and_then(Value::as_str).unwrap_or("");
    let (account, region) = environment
        .strip_prefix("aws://")
        .and_then(|e| e.split_once('/'))
        .unwrap_or(("", ""));
    let known = |word: &str| (!word.is_empty() && !word.starts_with("unknown-")).then(|| word.to_owned());
    let stack = artifact.get("properties").and_then(|p| p.get("stackName"));
    Deployment {
        account: known(account),
        region: known(region),
        stack: stack.and_then(Value::as_str).map(str::to_owned),
    }
}

/// The templates that stand in a template: those of StackSets, as `TemplateBody`.
fn inline(template: &Template) -> Vec<((FileId, String), Template)> {
    let mut found = Vec::new();
    for (id, resource) in template.section("Resources").into_iter().flat_map(Map::iter) {
        let is = resource.get("Type").and_then(Value::as_str) == Some("AWS::CloudFormation::StackSet");
        let body = resource.get("Properties").and_then(|p| p.get("TemplateBody"));
        if let (true, Some(id), Some(text)) = (is, id.as_str(), body.and_then(Value::to_text))
            && let Some(root) = template_in(&text, template.file)
        {
            let path: Arc<str> = format!("{}#{id}", template.path).into();
            let file = template.file;
            found.push((
                (file, id.to_owned()),
                Template {
                    file,
                    path,
                    root,
                    directives: Vec::new(),
                },
            ));
        }
    }
    found
}

fn template_in(text: &Text, file: FileId) -> Option<Value> {
    let letters = text.as_str()?;
    let document = load::read(letters, file).ok()?;
    document.value.get("Resources")?.as_map()?;
    Some(relocated(&document.value, text))
}

/// A value that was read from the letters of `text`, at the places where those letters were written.
fn relocated(value: &Value, text: &Text) -> Value {
    let span = moved(value.span, text);
    let kind = match &value.kind {
        Kind::Text(inner) => Kind::Text(relocated_text(inner, text)),
        Kind::List(list) => Kind::List(List {
            items: Arc::new(list.items.iter().map(|v| relocated(v, text)).collect()),
            open: list.open.clone(),
        }),
        Kind::Map(map) => {
            let entry = |(key, e): (&Text, &Entry)| {
                let entry = Entry {
                    key_span: moved(e.key_span, text),
                    value: relocated(&e.value, text),
                };
                (relocated_text(key, text), entry)
            };
            Kind::Map(Map {
                entries: Arc::new(map.entries.iter().map(entry).collect()),
                open: map.open.clone(),
            })
        }
        kind => kind.clone(),
    };
    Value::new(kind, span)
}

fn relocated_text(inner: &Text, text: &Text) -> Text {
    let mut out = TextBuilder::default();
    let flat = inner.as_str().unwrap_or("");
    out.letters(flat, moved(inner.span(), text));
    out.finish()
}

fn moved(span: Span, text: &Text) -> Span {
    if span.is_nowhere() {
        return span;
    }
    text.span_of(span.start as usize..span.end as usize)
}

/// The symbol of a stack's name.
pub(crate) fn stack_name(base: &str) -> Text {
    let symbol = Symbol::new(
        format!("{base}/AWS::StackName"),
        "AWS::StackName",
        "is chosen at deployment",
        rolecall_source::Class::Id,
    );
    Text::symbol(symbol, Span::NOWHERE)
}
