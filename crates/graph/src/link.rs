//! Facts to graph.

use rolecall_facts::{Configuration, Origin, Principal, PrincipalKind, PrincipalRef, Scope, ScopeId};
use rolecall_iam::{Assumptions, Authority, Grant, PolicyKind};
use rolecall_source::{Assumption, Diagnostic, Text, contradict};
use rustc_hash::FxHashMap;

use crate::account::Binding;
use crate::accounts::Accounts;
use crate::callers::{caller, unassigned};
use crate::controls::Control;
use crate::index::{From, Index, name_of};
use crate::model::{Attached, Graph, Node, NodeId, ProfileNode};
use crate::policies::Policies;
use crate::references::{reference, same_arn, starts_with_arn};
use crate::{compute, evidence};

/// What the user states of the accounts.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The account that configurations deploy to, twelve digits.
    pub account: Option<String>,
}

/// Links configurations. What was wrong with a policy is told in `diagnostics`, once each.
///
/// What a configuration refers to and does not declare is looked for in the others: docs/linking.md says when it is
/// taken to be meant.
#[must_use]
pub fn link(mut configurations: Vec<Configuration>, options: &Options, diagnostics: &mut Vec<Diagnostic>) -> Graph {
    let stated: Vec<Vec<bool>> = configurations.iter_mut().map(|c| bind(c, options)).collect();
    let mut accounts = Accounts::of(&configurations, &stated);
    let pairs = evidence::pairs(&Index::of(&configurations, &accounts), &configurations);
    for (a, b, assumes) in pairs {
        accounts.note(a, b, assumes);
    }
    for (configuration, renamed) in configurations.iter_mut().zip(accounts.unified()) {
        for (from, to) in renamed {
            Binding::renamed(&from, &to).iter().for_each(|b| b.apply(configuration));
        }
    }
    let mut graph = Linker::new(Index::of(&configurations, &accounts)).link(diagnostics);
    graph.configurations = configurations;
    graph.accounts = accounts;
    graph
}

/// Replaces the account symbol of a configuration where its account is known. Says of each scope whether its account
/// is stated.
fn bind(configuration: &mut Configuration, options: &Options) -> Vec<bool> {
    let before: Vec<bool> = configuration.scopes.iter().map(|s| s.account.is_known()).collect();
    if let Some(binding) = Binding::of(configuration, options.account.as_deref()) {
        binding.apply(configuration);
    }
    let now = configuration.scopes.iter().map(|s| s.account.is_known());
    let by_user = options.account.is_some();
    now.zip(before)
        .map(|(now, before)| now && (before || by_user))
        .collect()
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

pub(crate) struct Linker<'a> {
    pub(crate) index: Index<'a>,
    pub(crate) graph: Graph,
    pub(crate) policies: Policies,
    /// Principals by configuration, kind and name.
    pub(crate) names: FxHashMap<(usize, PrincipalKind, Text), Vec<NodeId>>,
    /// By principal: the policies attached to it.
    pub(crate) attached: Vec<Attached>,
    /// By account: the levels of service control policies above it.
    pub(crate) levels: FxHashMap<usize, Vec<Vec<Grant>>>,
}

impl<'a> Linker<'a> {
    fn new(index: Index<'a>) -> Self {
        Self {
            index,
            graph: Graph::default(),
            policies: Policies::default(),
            names: FxHashMap::default(),
            attached: Vec::new(),
            levels: FxHashMap::default(),
        }
    }

    fn link(mut self, diagnostics: &mut Vec<Diagnostic>) -> Graph {
        let configurations = self.index.configurations();
        for (at, configuration) in configurations.iter().enumerate() {
            self.principals(at, configuration);
        }
        for (at, configuration) in configurations.iter().enumerate() {
            for attachment in &configuration.attachments {
                self.attachment(at, attachment);
            }
        }
        for (at, configuration) in configurations.iter().enumerate() {
            self.memberships(at, configuration);
        }
        let controls = self.controls(configurations);
        for index in 0..self.graph.nodes.len() {
            let own = self.attached.get_mut(index).map(std::mem::take).unwrap_or_default();
            self.finish(index, own, &controls);
        }
        self.complete(configurations);
        for (at, configuration) in configurations.iter().enumerate() {
            self.profiles(at, configuration);
        }
        compute::link(&mut self, configurations);
        self.policies.read_rest(configurations);
        self.graph.documents = self.policies.documents();
        self.graph.grants = self.policies.grants;
        self.policies.gaps.sort();
        self.policies.gaps.dedup();
        self.graph.gaps = self.policies.gaps;
        diagnostics.append(&mut self.policies.diagnostics);
        self.graph
    }

    /// Adds the principals of a configuration, declared ones first: a data source for a role that is declared here is
    /// that role, and one for a role that another configuration declares is that one.
    fn principals(&mut self, at: usize, configuration: &Configuration) {
        let mut principals: Vec<&Principal> = configuration.principals.iter().collect();
        principals.sort_by_key(|p| !p.declared);
        for fact in principals {
            let by = reference(fact);
            let from = From {
                configuration: at,
                scope: fact.scope,
            };
            let is_other =
                || !self.own(from, &by).is_empty() || self.index.principal_elsewhere(from, &by).one().is_some();
            if fact.declared || !is_other() {
                self.add(at, configuration, fact.clone());
            }
        }
    }

    pub(crate) fn add(&mut self, at: usize, configuration: &Configuration, fact: Principal) -> NodeId {
        let id = NodeId(u32::try_from(self.graph.nodes.len()).unwrap_or(u32::MAX));
        let place = scope(configuration, fact.scope);
        self.names
            .entry((at, fact.kind, fact.name.clone()))
            .or_default()
            .push(id);
        self.graph.nodes.push(Node {
            configuration: at,
            place: self.index.accounts().place(at, fact.scope),
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

    /// The principals of the configuration itself that `by` means, with what that relies on.
    pub(crate) fn own(&self, from: From, by: &PrincipalRef) -> Vec<(NodeId, Assumptions)> {
        let is_arn = starts_with_arn(&by.by);
        let key = (from.configuration, by.kind, name_of(&by.by));
        let place = self.index.accounts().place(from.configuration, by.scope);
        let mut found = Vec::new();
        for id in self.names.get(&key).map(Vec::as_slice).unwrap_or_default() {
            let Some(node) = self.graph.node(*id) else { continue };
            if is_arn {
                found.extend(same_arn(&by.by, &node.fact.arn).map(|a| (*id, a)));
            } else if place == node.place {
                found.push((*id, Assumptions::new()));
            }
        }
        found
    }

    /// The principals that `by` means, with what that relies on: the configuration's own, or one that another
    /// configuration declares.
    pub(crate) fn find(&self, from: From, by: &PrincipalRef) -> Vec<(NodeId, Assumptions)> {
        let own = self.own(from, by);
        if !own.is_empty() {
            return own;
        }
        let Some((facts, assumes)) = self.index.principal_elsewhere(from, by).one() else {
            return own;
        };
        let named = facts.first().map_or(&[][..], |at| {
            let key = (at.configuration, by.kind, name_of(&by.by));
            self.names.get(&key).map(Vec::as_slice).unwrap_or_default()
        });
        let declared = |id: &&NodeId| self.graph.node(**id).is_some_and(|n| n.fact.declared);
        named.iter().filter(declared).map(|id| (*id, assumes.clone())).collect()
    }

    fn finish(&mut self, index: usize, own: Attached, controls: &[Control]) {
        let Some(node) = self.graph.nodes.get(index) else {
            return;
        };
        let (at, place) = (node.configuration, node.place);
        let Some(configuration) = self.index.configuration(at) else {
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
        let boundary = fact.boundary.as_ref().and_then(|b| self.boundary(at, b, &fact));
        let trust = fact.trust.as_ref().map(|t| {
            self.policies
                .parse(t, PolicyKind::Trust, &fact.origin.address, fact.origin.span)
        });
        let caller = caller(&fact, &account, &partition);
        let levels = self.levels(at, place, &account, controls);
        let assigned = unassigned(configuration, &fact, &account);
        if let Some(node) = self.graph.nodes.get_mut(index) {
            node.authority = Authority {
                caller,
                identity: own.grants,
                boundary,
                controls: levels,
                open,
                ..Authority::default()
            };
            node.trust = trust;
            node.exists.extend(assigned);
        }
    }

    fn profiles(&mut self, at: usize, configuration: &Configuration) {
        for fact in &configuration.profiles {
            let from = From {
                configuration: at,
                scope: fact.scope,
            };
            if !fact.declared && self.index.profile_elsewhere(from, &fact.name).one().is_some() {
                continue;
            }
            let found = fact.role.as_ref().map(|r| self.find(from, r)).unwrap_or_default();
            let mut exists = exists(&fact.origin);
            let together = |(node, assumes): &(NodeId, Assumptions)| {
                let role = self.graph.node(*node).map(|n| &n.exists);
                !contradict(exists.iter().chain(assumes).chain(role.into_iter().flatten()))
            };
            let role = found.into_iter().find(together).map(|(node, assumes)| {
                exists.extend(assumes);
                node
            });
            let account = scope(configuration, fact.scope).map_or_else(|| Text::plain(""), |s| s.account.clone());
            self.graph.profiles.push(ProfileNode {
                configuration: at,
                fact: fact.clone(),
                account,
                role,
                exists,
            });
        }
    }
}

#[cfg(test)]
mod across;
#[cfg(test)]
mod tests;
