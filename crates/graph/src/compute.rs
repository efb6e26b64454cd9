//! What compute runs with, and what it refers to.

use rolecall_facts::{Compute, Configuration, PrincipalKind, PrincipalRef, RoleUse, RoleUseKind};
use rolecall_iam::Assumptions;
use rolecall_source::{Kind, Text, Value};
use rustc_hash::FxHashMap;

use crate::index::{At, From, Index, name_of};
use crate::launch::{alternatives, pin, split_revision};
use crate::link::{Linker, exists, scope};
use crate::model::{ComputeNode, Linked, RoleTarget, Wiring};
use crate::references::{chosen, same_arn};

/// Adds the compute of all configurations to the graph; profiles are there already.
pub(crate) fn link(linker: &mut Linker<'_>, configurations: &[Configuration]) {
    let mut profiles: Profiles = FxHashMap::default();
    for (index, profile) in linker.graph.profiles.iter().enumerate() {
        let key = (profile.configuration, profile.fact.name.clone());
        profiles.entry(key).or_default().push(index);
    }
    let mut first = Vec::new();
    for (at, configuration) in configurations.iter().enumerate() {
        first.push(linker.graph.compute.len());
        for fact in &configuration.compute {
            let node = node(linker, &profiles, at, fact);
            linker.graph.compute.push(node);
        }
    }
    for at in 0..linker.graph.compute.len() {
        let links = linker
            .graph
            .compute
            .get(at)
            .map(|node| links(&linker.index, &first, node));
        if let (Some(node), Some(links)) = (linker.graph.compute.get_mut(at), links) {
            node.links = links;
        }
    }
}

fn node(linker: &Linker<'_>, profiles: &Profiles, at: usize, fact: &Compute) -> ComputeNode {
    let mut runs_with = Vec::new();
    let exists = exists(&fact.origin);
    let from = From {
        configuration: at,
        scope: fact.scope,
    };
    for role_use in &fact.uses {
        let linker = UseLinker {
            linker,
            profiles,
            from,
            role_use,
        };
        linker.value(&role_use.value, &exists, &mut runs_with);
    }
    let place = linker.index.configuration(at).and_then(|c| scope(c, fact.scope));
    ComputeNode {
        configuration: at,
        place: linker.index.accounts().place(at, fact.scope),
        fact: fact.clone(),
        account: place.map_or_else(|| Text::plain(""), |s| s.account.clone()),
        runs_with,
        links: Vec::new(),
        exists,
    }
}

/// Indices of profiles by configuration and name.
type Profiles = FxHashMap<(usize, Text), Vec<usize>>;

/// What a resource refers to. `first` has the index of each configuration's first compute.
fn links(index: &Index<'_>, first: &[usize], node: &ComputeNode) -> Vec<Linked> {
    let from = From {
        configuration: node.configuration,
        scope: node.fact.scope,
    };
    let position = |at: At| first.get(at.configuration).map(|f| f + at.fact);
    let mut out = Vec::new();
    for (number, link) in node.fact.links.iter().enumerate() {
        let mut named = Vec::new();
        alternatives(&link.to, &Assumptions::new(), &mut named);
        for (text, mut assumes) in named {
            let own = |text: &Text| index.own_compute(from, &link.kind, text);
            let found = own(&text).or_else(|| split_revision(&text).and_then(|(family, _)| own(&family)));
            let found = found.or_else(|| {
                let (facts, more) = index.compute_elsewhere(from, &link.kind, &text).one()?;
                assumes.extend(more);
                facts.first().copied()
            });
            if let Some(to) = found.and_then(position) {
                out.push(Linked {
                    link: number,
                    to,
                    pin: pin(link, &text),
                    assumes,
                });
            }
        }
    }
    out
}

struct UseLinker<'a> {
    linker: &'a Linker<'a>,
    profiles: &'a Profiles,
    from: From,
    role_use: &'a RoleUse,
}

impl UseLinker<'_> {
    fn value(&self, value: &Value, assumes: &Assumptions, out: &mut Vec<Wiring>) {
        match &value.kind {
            Kind::Null => {}
            Kind::List(list) => list.items.iter().for_each(|v| self.value(v, assumes, out)),
            Kind::Choice(choice) => {
                for (state, option) in &choice.options {
                    let mut assumes = assumes.clone();
                    assumes.insert(chosen(&choice.on, state));
                    if assumes.are_impossible() {
                        continue;
                    }
                    self.value(option, &assumes, out);
                }
            }
            _ => {
                let Some(text) = value.to_text().filter(|t| !t.is_empty()) else {
                    return;
                };
                let (target, more) = self.target(&text);
                let Some(assumes) = assumes.clone().and(more) else {
                    return;
                };
                let span = if value.span.is_nowhere() {
                    self.role_use.value.span
                } else {
                    value.span
                };
                out.push(Wiring {
                    target,
                    property: self.role_use.property.clone(),
                    kind: self.role_use.kind,
                    span,
                    assumes,
                });
            }
        }
    }

    fn target(&self, text: &Text) -> (RoleTarget, Assumptions) {
        use RoleUseKind as K;
        let found = match self.role_use.kind {
            K::ProfileName | K::ProfileArn | K::ProfileNameOrArn => self.profile(text),
            K::RoleName | K::RoleArn | K::RoleNameOrArn => self.role(text),
        };
        found.unwrap_or_else(|| (RoleTarget::Outside(text.clone()), Assumptions::new()))
    }

    fn profile(&self, text: &Text) -> Option<(RoleTarget, Assumptions)> {
        let index = &self.linker.index;
        let place = index.accounts().place(self.from.configuration, self.from.scope);
        for profile in self.profiles_named(self.from.configuration, text) {
            let fact = &self.linker.graph.profiles.get(profile)?.fact;
            let by_name = fact.name == *text && index.accounts().place(self.from.configuration, fact.scope) == place;
            let same = by_name.then(Assumptions::new).or_else(|| same_arn(text, &fact.arn));
            if let Some(assumes) = same {
                return Some((RoleTarget::Profile(profile), assumes));
            }
        }
        let (facts, assumes) = index.profile_elsewhere(self.from, text).one()?;
        let declared = |p: &usize| self.linker.graph.profiles.get(*p).is_some_and(|p| p.fact.declared);
        let mut named = self.profiles_named(facts.first()?.configuration, text);
        let profile = named.find(declared)?;
        Some((RoleTarget::Profile(profile), assumes))
    }

    fn profiles_named(&self, configuration: usize, text: &Text) -> impl Iterator<Item = usize> + use<'_> {
        let named = self.profiles.get(&(configuration, name_of(text)));
        named.into_iter().flatten().copied()
    }

    fn role(&self, text: &Text) -> Option<(RoleTarget, Assumptions)> {
        let by = PrincipalRef {
            kind: PrincipalKind::Role,
            by: text.clone(),
            scope: self.from.scope,
        };
        let found = self.linker.find(self.from, &by);
        found
            .into_iter()
            .next()
            .map(|(node, assumes)| (RoleTarget::Role(node), assumes))
    }
}
