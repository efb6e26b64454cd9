//! The plans and states of one configuration.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::address::{self, PlanKey};
use super::json::{Fields, Json};
use super::{Plan, Planned};
use crate::instance::Mode;
use crate::module::{Called, Module, World};
use crate::syntax::ast::Block;

/// The plans and states of one configuration, the one that counts first.
#[derive(Clone, Default)]
pub(crate) struct Overlay<'a> {
    plans: Vec<&'a Plan>,
    evidence: BTreeMap<(String, String), Evidence>,
}

/// What is known of the account that a provider configuration signs in to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) account: Option<Box<str>>,
    pub(crate) partition: Option<Box<str>>,
    pub(crate) region: Option<Box<str>>,
}

impl<'a> Overlay<'a> {
    /// The overlay of the root module in `root`.
    pub(crate) fn of(world: &'a World<'a>, root: &str) -> Self {
        let plans: Vec<&Plan> = world.plans.get(root).into_iter().flatten().copied().collect();
        let mut evidence: BTreeMap<(String, String), Evidence> = BTreeMap::new();
        for plan in &plans {
            for (address, planned) in &plan.resources {
                let Some(found) = evidence_in(planned) else { continue };
                if let Some(provider) = provider_of(world, root, address, planned) {
                    evidence.entry(provider).or_default().join(found);
                }
            }
        }
        Self { plans, evidence }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.plans.is_empty()
    }

    /// What the plan calls itself, for messages.
    pub(crate) fn name(&self) -> &'static str {
        self.plans.first().map_or("plan", |p| p.origin.name())
    }

    /// The value of a variable of the root module.
    pub(crate) fn variable(&self, name: &str) -> Option<&'a Json> {
        self.plans.iter().find_map(|p| p.variables.get(name))
    }

    /// The attributes of an instance of which something is known.
    pub(crate) fn fields(&self, address: &str) -> Vec<Arc<Fields>> {
        let found = self.plans.iter().filter_map(|p| p.resources.get(address));
        found.map(|planned| Arc::clone(&planned.fields)).collect()
    }

    /// The keys of the instances at an address without a key.
    pub(crate) fn keys(&self, base: &str) -> Vec<PlanKey> {
        let found = self.plans.iter().filter_map(|p| p.keys.get(base));
        let mut keys: Vec<PlanKey> = found.flatten().cloned().collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// True iff what is not named does not exist.
    pub(crate) fn decides(&self) -> bool {
        self.plans.iter().any(|p| p.decides)
    }

    /// The instances in a module call and below it.
    pub(crate) fn below(&self, call: &str) -> BTreeMap<&'a str, &'a Planned> {
        let mut out = BTreeMap::new();
        for plan in self.plans.iter().rev() {
            let from = plan
                .resources
                .range::<str, _>((Bound::Included(call), Bound::Unbounded));
            let inside = |address: &str| {
                let rest = address.strip_prefix(call);
                rest.map(|r| r.starts_with(['.', '[']))
            };
            for (address, planned) in from {
                match inside(address) {
                    Some(true) => {
                        out.insert(&**address, planned);
                    }
                    Some(false) => {}
                    None => break,
                }
            }
        }
        out
    }

    /// The arguments that a resource of a called module states.
    pub(crate) fn written(&self, calls: &str, address: &str) -> &'a [Arc<str>] {
        let key = (calls.to_owned(), Box::from(address));
        self.plans
            .iter()
            .find_map(|p| p.written.get(&key))
            .map_or(&[], Vec::as_slice)
    }

    /// What an output of a called module refers to.
    pub(crate) fn output(&self, calls: &str, name: &str) -> Option<&'a [Box<str>]> {
        let key = (calls.to_owned(), Arc::from(name));
        self.plans.iter().find_map(|p| p.outputs.get(&key)).map(Vec::as_slice)
    }

    /// The names of the outputs of a called module.
    pub(crate) fn outputs(&self, calls: &str) -> Vec<Arc<str>> {
        let from = (calls.to_owned(), Arc::from(""));
        let plans = self.plans.iter().flat_map(|p| p.outputs.range(from.clone()..));
        let mut names: Vec<Arc<str>> = plans
            .filter(|((path, _), _)| path == calls)
            .map(|((_, name), _)| Arc::clone(name))
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// What is known of a provider configuration: the calls that lead to its module, and its name.
    pub(crate) fn evidence(&self, calls: &str, name: &str) -> Evidence {
        let key = (calls.to_owned(), name.to_owned());
        self.evidence.get(&key).cloned().unwrap_or_default()
    }
}

impl Evidence {
    fn join(&mut self, other: Self) {
        self.account = self.account.take().or(other.account);
        self.partition = self.partition.take().or(other.partition);
        self.region = self.region.take().or(other.region);
    }
}

/// What an instance tells of the account it is in.
fn evidence_in(planned: &Planned) -> Option<Evidence> {
    let text = |name: &str| {
        planned
            .fields
            .get(name)
            .and_then(Json::as_str)
            .filter(|t| !t.is_empty())
    };
    let account = |id: &str| (id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit())).then(|| Box::from(id));
    match (planned.mode, &*planned.kind) {
        (Mode::Data, "aws_caller_identity") => Some(Evidence {
            account: text("account_id").and_then(account),
            ..Evidence::default()
        }),
        (Mode::Data, "aws_region") => Some(Evidence {
            region: text("region")
                .or_else(|| text("name"))
                .or_else(|| text("id"))
                .map(Box::from),
            ..Evidence::default()
        }),
        (Mode::Data, "aws_partition") => Some(Evidence {
            partition: text("partition").map(Box::from),
            ..Evidence::default()
        }),
        (Mode::Managed, kind) if kind.starts_with("aws_iam_") => {
            let mut fields = text("arn")?.split(':');
            let partition = fields.nth(1).map(Box::from);
            let account = fields.nth(2).and_then(account);
            Some(Evidence {
                account,
                partition,
                region: None,
            })
        }
        _ => None,
    }
}

/// The provider configuration of an instance: the calls that lead to its module (`a.b`), and its name.
fn provider_of(world: &World<'_>, root: &str, address: &str, planned: &Planned) -> Option<(String, String)> {
    let mut words = address::words(address).into_iter().peekable();
    let mut levels: Vec<(&Module, Option<&Block>)> = vec![(world.modules.get(root)?, None)];
    let mut calls: Vec<&str> = Vec::new();
    let mut absent = None;
    while words.next_if(|w| *w == "module").is_some() {
        let name = words.next()?;
        calls.push(name);
        if absent.is_some() {
            continue;
        }
        let (module, _) = levels.last()?;
        let call = module.calls.get(name)?;
        let source = call.body.get("source").and_then(|e| e.as_str()).unwrap_or("");
        match world.called(root, &module.dir, &calls.join("."), source) {
            Called::Module(next) => levels.push((next, Some(call))),
            Called::Missing(_) => absent = Some(call),
        }
    }
    calls.truncate(levels.len() - 1);
    let default = planned.kind.split('_').next().unwrap_or("aws");
    let mut provider = match absent {
        Some(call) => passed(call, default).unwrap_or_else(|| default.to_owned()),
        None => {
            let name = words.last()?;
            let block = levels.last()?.0.resource(planned.mode, &planned.kind, name)?;
            let stated = block.body.get("provider").and_then(|e| e.as_path());
            stated.map_or_else(|| default.to_owned(), |path| path.join("."))
        }
    };
    while let Some((module, Some(call))) = levels.pop() {
        match passed(call, &provider) {
            Some(name) => provider = name,
            None if module.providers.contains_key(&*provider) => break,
            None => {}
        }
        calls.pop();
    }
    Some((calls.join("."), provider))
}

/// What a call passes as the provider configuration `name`.
pub(crate) fn passed(call: &Block, name: &str) -> Option<String> {
    let crate::syntax::ast::ExprKind::Object(items) = &call.body.get("providers")?.kind else {
        return None;
    };
    let item = items
        .iter()
        .find(|i| i.key.as_path().is_some_and(|p| p.join(".") == name))?;
    item.value.as_path().map(|p| p.join("."))
}
