//! Which root module a plan or state is of.

use std::collections::BTreeSet;
use std::sync::Arc;

use rolecall_source::{Diagnostic, Span};

use super::World;
use crate::options::GivenPlan;
use crate::plan::{Plan, words};

impl World<'_> {
    /// Puts every plan to its root module, or says why that cannot be.
    pub(super) fn place_plans(&mut self) {
        let options = self.options;
        for given in &options.plans {
            if given.plan.full {
                let headline = format!(
                    "{} is too large to be kept as a whole; what comes last is not used",
                    given.name
                );
                self.diagnostics
                    .push(Diagnostic::warning("terraform-limit", headline, Span::NOWHERE));
            }
            match self.place(given) {
                Ok(dir) => self.plans.entry(dir).or_default().push(&given.plan),
                Err(why) => {
                    let headline = format!("{} is not used: {why}", given.name);
                    let help = "name its root module: `DIR=FILE`";
                    self.diagnostics
                        .push(Diagnostic::error("terraform-plan", headline, Span::NOWHERE).help(help));
                }
            }
        }
    }

    fn place(&self, given: &GivenPlan) -> Result<Arc<str>, String> {
        let known = |dir: &str| self.modules.get_key_value(dir).map(|(dir, _)| Arc::clone(dir));
        if let Some(dir) = &given.dir {
            let shown = if dir.is_empty() { "." } else { dir };
            return known(dir).ok_or_else(|| format!("`{shown}` holds no configuration"));
        }
        let beside = given.beside.as_deref().and_then(known);
        if let Some(dir) = beside.filter(|d| self.share(d, &given.plan) > 0) {
            return Ok(dir);
        }
        let shares = self.modules.keys().map(|dir| (self.share(dir, &given.plan), dir));
        let best = shares.clone().map(|(share, _)| share).max().unwrap_or(0);
        let candidates: Vec<&Arc<str>> = shares.filter(|(s, _)| *s == best).map(|(_, dir)| dir).collect();
        match candidates.as_slice() {
            _ if best == 0 => Err("no configuration declares what it names".into()),
            [dir] => Ok(Arc::clone(dir)),
            several => Err(format!("it fits {} configurations alike", several.len())),
        }
    }

    /// How many of the resources and calls that a plan names in its root module a folder declares.
    fn share(&self, dir: &str, plan: &Plan) -> usize {
        let Some(module) = self.modules.get(dir) else { return 0 };
        let mut named: BTreeSet<(&str, &str)> = BTreeSet::new();
        for address in plan.resources.keys() {
            let mut words = words(address).into_iter().filter(|w| *w != "data");
            named.extend(words.next().zip(words.next()));
        }
        let declares = |(kind, name): &&(&str, &str)| match *kind {
            "module" => module.calls.contains_key(*name),
            kind => [&module.managed, &module.data]
                .iter()
                .any(|r| r.get(kind).is_some_and(|by_name| by_name.contains_key(*name))),
        };
        named.iter().filter(declares).count()
    }
}
