//! What compute runs with, and what it refers to.

use std::sync::Arc;

use rolecall_facts::{Compute, Configuration, PrincipalKind, PrincipalRef, RoleUse, RoleUseKind, ScopeId};
use rolecall_iam::Assumptions;
use rolecall_source::{Kind, Text, Value};
use rustc_hash::FxHashMap;

use crate::launch::{alternatives, pin, split_revision};
use crate::link::{exists, scope};
use crate::model::{ComputeNode, Graph, Linked, NodeId, RoleTarget, Wiring};
use crate::references::{chosen, find_principal, same_arn};

type Names = FxHashMap<(PrincipalKind, Text), Vec<NodeId>>;

/// Adds a configuration's compute to the graph; its profiles are there already.
pub(crate) fn link(graph: &mut Graph, configuration: &Configuration, names: &Names) {
    let index = graph.configurations.len();
    let first = graph.compute.len();
    for fact in &configuration.compute {
        let mut runs_with = Vec::new();
        let exists = exists(&fact.origin);
        for role_use in &fact.uses {
            let linker = UseLinker {
                graph,
                configuration,
                names,
                scope: fact.scope,
                role_use,
            };
            linker.value(&role_use.value, &exists, &mut runs_with);
        }
        let account = scope(configuration, fact.scope).map_or_else(|| Text::plain(""), |s| s.account.clone());
        graph.compute.push(ComputeNode {
            configuration: index,
            fact: fact.clone(),
            account,
            runs_with,
            links: Vec::new(),
            exists,
        });
    }
    let by_name = by_name(graph, first);
    for node in graph.compute.iter_mut().skip(first) {
        node.links = links(&node.fact, &by_name);
    }
}

type ByName = FxHashMap<(Arc<str>, Text), usize>;

fn by_name(graph: &Graph, first: usize) -> ByName {
    let mut map = FxHashMap::default();
    for (index, node) in graph.compute.iter().enumerate().skip(first) {
        for name in node.fact.names.iter().chain(&node.fact.arn) {
            map.entry((Arc::clone(&node.fact.kind), name.clone())).or_insert(index);
        }
    }
    map
}

fn links(fact: &Compute, by_name: &ByName) -> Vec<Linked> {
    let mut out = Vec::new();
    for (index, link) in fact.links.iter().enumerate() {
        let mut named = Vec::new();
        alternatives(&link.to, &Assumptions::new(), &mut named);
        for (text, assumes) in named {
            let find = |text: Text| by_name.get(&(Arc::clone(&link.kind), text)).copied();
            let family = || split_revision(&text).and_then(|(family, _)| find(family));
            if let Some(to) = find(text.clone()).or_else(family) {
                out.push(Linked {
                    link: index,
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
    graph: &'a Graph,
    configuration: &'a Configuration,
    names: &'a Names,
    scope: ScopeId,
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
                    self.value(option, &assumes, out);
                }
            }
            _ => {
                let Some(text) = value.to_text().filter(|t| !t.is_empty()) else {
                    return;
                };
                let (target, more) = self.target(&text);
                let assumes = assumes.union(&more).cloned().collect();
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
        let mine = self.graph.configurations.len();
        let account = scope(self.configuration, self.scope).map(|s| &s.account);
        let profiles = self
            .graph
            .profiles
            .iter()
            .enumerate()
            .filter(|(_, p)| p.configuration == mine);
        for (index, profile) in profiles {
            let by_name = profile.fact.name == *text && account.is_none_or(|a| *a == profile.account);
            let assumes = if by_name {
                Some(Assumptions::new())
            } else {
                same_arn(text, &profile.fact.arn)
            };
            if let Some(assumes) = assumes {
                return Some((RoleTarget::Profile(index), assumes));
            }
        }
        None
    }

    fn role(&self, text: &Text) -> Option<(RoleTarget, Assumptions)> {
        let by = PrincipalRef {
            kind: PrincipalKind::Role,
            by: text.clone(),
            scope: self.scope,
        };
        let found = find_principal(self.graph, self.names, self.configuration, &by);
        found
            .into_iter()
            .next()
            .map(|(node, assumes)| (RoleTarget::Role(node), assumes))
    }
}
