//! Facts to graph.

use rolecall_facts::{Configuration, Origin, Principal, PrincipalKind, PrincipalRef, Scope, ScopeId};
use rolecall_iam::{Assumptions, Authority, Grant, PolicyKind};
use rolecall_source::{Assumption, Diagnostic, Text, Value};
use rustc_hash::FxHashMap;

use crate::account::Binding;
use crate::callers::{caller, unassigned};
use crate::compute;
use crate::model::{Attached, Graph, Node, NodeId, ProfileNode};
use crate::policies::Policies;
use crate::references::{find_principal, reference};

/// What the user states of the accounts.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The account that configurations deploy to, twelve digits.
    pub account: Option<String>,
}

/// Links configurations. What was wrong with a policy is told in `diagnostics`, once each.
#[must_use]
pub fn link(configurations: Vec<Configuration>, options: &Options, diagnostics: &mut Vec<Diagnostic>) -> Graph {
    let mut linker = Linker::default();
    for mut configuration in configurations {
        if let Some(binding) = Binding::of(&configuration, options.account.as_deref()) {
            binding.apply(&mut configuration);
        }
        linker.configuration(&configuration);
        linker.graph.configurations.push(configuration);
    }
    linker.graph.grants = linker.policies.grants;
    linker.policies.gaps.sort();
    linker.policies.gaps.dedup();
    linker.graph.gaps = linker.policies.gaps;
    diagnostics.append(&mut linker.policies.diagnostics);
    linker.graph
}

/// What must hold for a fact to be there.
pub(crate) fn exists(origin: &Origin) -> Assumptions {
    let mut assumes: Assumptions = origin.exists.iter().cloned().collect();
    if origin.open {
        assumes.insert(Assumption::new(format!(
            "`{}` has at least one instance",
            origin.address
        )));
    }
    assumes
}

/// The account of a scope; a configuration without scopes has none.
pub(crate) fn scope(configuration: &Configuration, id: ScopeId) -> Option<&Scope> {
    configuration.scopes.get(id.0 as usize)
}

#[derive(Default)]
pub(crate) struct Linker {
    pub(crate) graph: Graph,
    pub(crate) policies: Policies,
    /// The current configuration's principals by kind and name.
    pub(crate) names: FxHashMap<(PrincipalKind, Text), Vec<NodeId>>,
}

impl Linker {
    fn configuration(&mut self, configuration: &Configuration) {
        self.names.clear();
        self.policies.enter(configuration);
        let first = self.graph.nodes.len();
        let mut principals: Vec<&Principal> = configuration.principals.iter().collect();
        // Declared ones first: a data source for a role that is declared here is that role.
        principals.sort_by_key(|p| !p.declared);
        for fact in principals {
            if fact.declared || self.find(configuration, &reference(fact)).is_empty() {
                self.add(configuration, fact.clone());
            }
        }
        let mut attached: Vec<Attached> = Vec::new();
        for attachment in &configuration.attachments {
            self.attachment(configuration, attachment, first, &mut attached);
        }
        self.memberships(configuration, first, &mut attached);
        let controls = self.controls(configuration);
        for index in first..self.graph.nodes.len() {
            let own = attached.get_mut(index - first).map(std::mem::take).unwrap_or_default();
            self.finish(configuration, index, own, &controls);
        }
        self.profiles(configuration);
        compute::link(&mut self.graph, configuration, &self.names);
    }

    pub(crate) fn add(&mut self, configuration: &Configuration, fact: Principal) -> NodeId {
        let id = NodeId(u32::try_from(self.graph.nodes.len()).unwrap_or(u32::MAX));
        let place = scope(configuration, fact.scope);
        self.names.entry((fact.kind, fact.name.clone())).or_default().push(id);
        self.graph.nodes.push(Node {
            configuration: self.graph.configurations.len(),
            account: place.map_or_else(|| Text::plain(""), |s| s.account.clone()),
            partition: place.map_or_else(|| Text::plain("aws"), |s| s.partition.clone()),
            authority: Authority::default(),
            trust: None,
            groups: Vec::new(),
            members: 0,
            exists: exists(&fact.origin),
            fact,
        });
        id
    }

    /// The principals that `by` means, with what that relies on.
    pub(crate) fn find(&self, configuration: &Configuration, by: &PrincipalRef) -> Vec<(NodeId, Assumptions)> {
        find_principal(&self.graph, &self.names, configuration, by)
    }

    fn finish(&mut self, configuration: &Configuration, index: usize, own: Attached, controls: &[(Vec<Value>, Grant)]) {
        let Some(node) = self.graph.nodes.get(index) else {
            return;
        };
        let (fact, account, partition) = (node.fact.clone(), node.account.clone(), node.partition.clone());
        let mut open = own.open;
        if !fact.declared {
            open.insert(Assumption::new(format!(
                "{} `{}` has no policies but those stated here",
                fact.kind.word(),
                fact.name
            )));
        }
        let boundary = fact
            .boundary
            .as_ref()
            .and_then(|b| self.boundary(configuration, b, &fact));
        let trust = fact.trust.as_ref().map(|t| {
            self.policies
                .parse(t, PolicyKind::Trust, &fact.origin.address, fact.origin.span)
        });
        let caller = caller(&fact, &account, &partition);
        let levels = self.levels(&account, controls);
        let assigned = unassigned(configuration, &fact, &account);
        if let Some(node) = self.graph.nodes.get_mut(index) {
            node.authority = Authority {
                caller,
                identity: own.grants,
                boundary,
                controls: levels,
                open,
            };
            node.trust = trust;
            node.exists.extend(assigned);
        }
    }

    fn profiles(&mut self, configuration: &Configuration) {
        for fact in &configuration.profiles {
            let found = fact
                .role
                .as_ref()
                .map(|r| self.find(configuration, r))
                .unwrap_or_default();
            let mut exists = exists(&fact.origin);
            let role = found.into_iter().next().map(|(node, assumes)| {
                exists.extend(assumes);
                node
            });
            let account = scope(configuration, fact.scope).map_or_else(|| Text::plain(""), |s| s.account.clone());
            let configuration = self.graph.configurations.len();
            self.graph.profiles.push(ProfileNode {
                configuration,
                fact: fact.clone(),
                account,
                role,
                exists,
            });
        }
    }
}

#[cfg(test)]
mod tests;
