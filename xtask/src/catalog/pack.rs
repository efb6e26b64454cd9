//! Writes the tables that `crates/catalog` reads. The layouts are stated there, beside each table.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::model::{Action, Model, Service};
use crate::catalog::policies;
use crate::catalog::strings::Strings;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Name and bytes of each file.
pub(crate) type Files = BTreeMap<&'static str, Vec<u8>>;
/// What was counted, for the record.
pub(crate) type Counts = BTreeMap<&'static str, usize>;

/// Top bit of a resource type's index: the action requires it.
const REQUIRED: u16 = 0x8000;

pub(crate) fn pack(model: &Model) -> Result<(Files, Counts)> {
    let strings = Strings::layout(all_strings(model))?;
    let mut files = Files::new();
    let keys = keys(model, &strings, &mut files)?;
    let index = Index::new(model)?;
    let mut writer = Writer {
        strings: &strings,
        keys,
        index: &index,
        pool: Vec::new(),
        starts: BTreeMap::new(),
        shapes: Vec::new(),
    };
    services(model, &mut writer, &mut files)?;
    files.insert("key_sets.bin", bytes(&writer.keys.pool));
    files.insert("shape_pool.bin", bytes(&writer.pool));
    files.insert("shapes.bin", std::mem::take(&mut writer.shapes));
    let mut principals = Vec::new();
    for name in &model.principals {
        principals.extend(strings.reference(name)?);
    }
    files.insert("service_principals.bin", principals);
    policies::pack(model, &strings, &index.actions, &mut files)?;
    let counts = counts(model, writer.starts.len());
    files.insert("strings.txt", strings.text.into_bytes());
    Ok((files, counts))
}

fn all_strings(model: &Model) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (prefix, service) in &model.services {
        all.insert(prefix.clone());
        all.extend(service.actions.values().map(|action| action.name.clone()));
        for kind in service.resource_types.values() {
            all.insert(kind.name.clone());
            all.extend(kind.arns.iter().cloned());
        }
    }
    for (lower, key) in &model.keys {
        all.extend([lower.clone(), key.name.clone(), key.value_type.clone()]);
    }
    for policy in &model.policies {
        all.extend([policy.arn.clone(), policy.version.clone()]);
    }
    all.extend(model.principals.iter().cloned());
    all
}

/// Indices by name, in the order of the tables.
pub(crate) struct Index {
    /// By lower-cased `service:name`: the order of ids.
    pub(crate) actions: BTreeMap<String, u16>,
    /// By lower-cased `service:` and name: the first row and how many follow each other, one for each form of ARN.
    resource_types: BTreeMap<(String, String), (u16, u16)>,
}

impl Index {
    fn new(model: &Model) -> Result<Self> {
        let mut actions = BTreeMap::new();
        let mut resource_types = BTreeMap::new();
        for (prefix, service) in &model.services {
            for name in service.actions.keys() {
                actions.insert(format!("{prefix}:{name}"), 0);
            }
            for (name, kind) in &service.resource_types {
                let forms = u16::try_from(kind.arns.len())?;
                resource_types.insert((format!("{prefix}:"), name.clone()), (0, forms));
            }
        }
        for (id, slot) in actions.values_mut().enumerate() {
            *slot = u16::try_from(id)?;
        }
        let mut next = 0;
        for (first, forms) in resource_types.values_mut() {
            *first = next;
            next += *forms;
        }
        if next >= REQUIRED {
            return Err("too many resource types for 15 bits".into());
        }
        Ok(Self {
            actions,
            resource_types,
        })
    }
}

/// Sets of condition keys, each written once.
struct KeySets {
    index: BTreeMap<String, u16>,
    pool: Vec<u16>,
    starts: BTreeMap<Vec<u16>, u16>,
}

impl KeySets {
    fn start(&mut self, keys: &BTreeSet<String>) -> Result<u16> {
        let mut set = Vec::new();
        for key in keys {
            set.push(
                *self
                    .index
                    .get(key)
                    .ok_or_else(|| format!("unknown condition key {key}"))?,
            );
        }
        if let Some(&start) = self.starts.get(&set) {
            return Ok(start);
        }
        let start = u16::try_from(self.pool.len())?;
        self.pool.push(u16::try_from(set.len())?);
        self.pool.extend(&set);
        self.starts.insert(set, start);
        Ok(start)
    }
}

fn keys(model: &Model, strings: &Strings, files: &mut Files) -> Result<KeySets> {
    let (mut table, mut patterns) = (Vec::new(), Vec::new());
    let mut index = BTreeMap::new();
    for (id, (lower, key)) in model.keys.iter().enumerate() {
        let id = u16::try_from(id)?;
        for text in [lower, &key.name, &key.value_type] {
            table.extend(strings.reference(text)?);
        }
        if lower.contains("${") {
            patterns.extend(id.to_le_bytes());
        }
        index.insert(lower.clone(), id);
    }
    files.insert("condition_keys.bin", table);
    files.insert("key_patterns.bin", patterns);
    Ok(KeySets {
        index,
        pool: Vec::new(),
        starts: BTreeMap::new(),
    })
}

struct Writer<'a> {
    strings: &'a Strings,
    keys: KeySets,
    index: &'a Index,
    pool: Vec<u16>,
    starts: BTreeMap<Vec<u16>, u16>,
    shapes: Vec<u8>,
}

fn services(model: &Model, writer: &mut Writer<'_>, files: &mut Files) -> Result<()> {
    // As the ids of actions: by prefix and colon.
    let sorted: BTreeMap<String, (&String, &Service)> = model
        .services
        .iter()
        .map(|entry| (format!("{}:", entry.0), entry))
        .collect();
    let (mut service_rows, mut action_rows, mut type_rows) = (Vec::new(), Vec::new(), Vec::new());
    let mut next = 0_u16;
    for (number, (colon, (prefix, service))) in sorted.iter().enumerate() {
        service_rows.extend(writer.strings.reference(prefix)?);
        service_rows.extend(next.to_le_bytes());
        for action in service.actions.values() {
            action_rows.extend(writer.strings.reference(&action.name)?);
            action_rows.extend(u16::try_from(number)?.to_le_bytes());
            action_rows.extend(writer.shape(colon, action)?.to_le_bytes());
            action_rows.push(action.access | action.sensitivity << 4);
            next += 1;
        }
        for kind in service.resource_types.values() {
            for arn in &kind.arns {
                type_rows.extend(writer.strings.reference(&kind.name)?);
                type_rows.extend(writer.strings.reference(arn)?);
                type_rows.extend(writer.keys.start(&kind.keys)?.to_le_bytes());
            }
        }
    }
    files.insert("services.bin", service_rows);
    files.insert("actions.bin", action_rows);
    files.insert("resource_types.bin", type_rows);
    Ok(())
}

impl Writer<'_> {
    /// The index of the shape of `action`, written at its first use.
    fn shape(&mut self, colon: &str, action: &Action) -> Result<u16> {
        let mut types = Vec::new();
        for (name, resource) in &action.resources {
            let found = self.index.resource_types.get(&(colon.to_owned(), name.clone()));
            let &(first, forms) = found.ok_or_else(|| format!("{colon}{}: no resource type {name}", action.name))?;
            let keys = self.keys.start(&resource.keys)?;
            let required = if resource.required { REQUIRED } else { 0 };
            types.extend((first..first + forms).flat_map(|row| [row | required, keys]));
        }
        let mut shape = vec![u16::try_from(types.len() / 2)?];
        shape.extend(types);
        shape.push(self.keys.start(&action.keys)?);
        shape.push(u16::try_from(action.depends.len())?);
        for dependent in &action.depends {
            let id = self.index.actions.get(dependent);
            shape.push(*id.ok_or_else(|| format!("no action {dependent}"))?);
        }
        if let Some(&number) = self.starts.get(&shape) {
            return Ok(number);
        }
        let number = u16::try_from(self.starts.len())?;
        self.shapes.extend(u32::try_from(self.pool.len())?.to_le_bytes());
        self.pool.extend(&shape);
        self.starts.insert(shape, number);
        Ok(number)
    }
}

fn bytes(pool: &[u16]) -> Vec<u8> {
    pool.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn counts(model: &Model, shapes: usize) -> Counts {
    let actions = || model.services.values().flat_map(|service| service.actions.values());
    let pass_role = |action: &&Action| action.depends.contains("iam:passrole");
    Counts::from([
        ("services", model.services.len()),
        ("actions", actions().count()),
        (
            "actions_with_sensitivity",
            actions().filter(|action| action.sensitivity != 0).count(),
        ),
        ("actions_that_name_pass_role", actions().filter(pass_role).count()),
        ("dependent_actions", model.dependents.taken),
        ("dependent_actions_left_out", model.dependents.unknown.len()),
        (
            "resource_types",
            model
                .services
                .values()
                .map(|service| service.resource_types.len())
                .sum(),
        ),
        ("condition_keys", model.keys.len()),
        ("action_shapes", shapes),
        ("managed_policies", model.policies.len()),
        ("service_principals", model.principals.len()),
    ])
}
