//! The registry: every rule, once.

mod launch_over_privileged_role;
mod open_pass_role;

use rayon::prelude::*;
use rolecall_facts::PrincipalKind;
use rolecall_graph::{Graph, Node, NodeId};
use rolecall_iam::Engine;
use rolecall_source::Diagnostic;

use crate::Options;
use crate::decide::Trusts;
use crate::finding::{Finding, Rule};

/// Every rule.
#[must_use]
pub const fn rules() -> &'static [Rule] {
    &[launch_over_privileged_role::RULE, open_pass_role::RULE]
}

/// What every rule sees.
pub(crate) struct Context<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) engine: &'g Engine,
    pub(crate) options: &'g Options,
    pub(crate) trusts: &'g Trusts,
}

impl<'g> Context<'g> {
    /// The roles of the principal's account, itself aside, that trust a service.
    pub(crate) fn trusting(&self, principal: &'g Node, service: &str) -> impl Iterator<Item = (NodeId, &'g Node)> {
        let (graph, trusts) = (self.graph, self.trusts);
        let trusted = graph.node_ids().filter(move |id| trusts.proof(service, *id).is_some());
        trusted
            .filter_map(|id| Some((id, graph.node(id)?)))
            .filter(|(_, role)| {
                let here = role.configuration == principal.configuration && role.account == principal.account;
                here && !std::ptr::eq(*role, principal)
            })
    }
}

/// Applies every rule; notes say what could not be decided.
pub(crate) fn run(graph: &Graph, options: &Options) -> (Vec<Finding>, Vec<Diagnostic>) {
    let engine = Engine::new();
    let trusts = Trusts::of(graph);
    let context = Context {
        graph,
        engine: &engine,
        options,
        trusts: &trusts,
    };
    let starters: Vec<&Node> = graph.nodes.iter().filter(|n| acts(n)).collect();
    let outcomes: Vec<(Vec<Finding>, Vec<Diagnostic>)> = starters
        .par_iter()
        .map(|node| {
            let (mut findings, notes) = launch_over_privileged_role::check(&context, node);
            if findings.is_empty() {
                findings.extend(open_pass_role::check(&context, node));
            }
            (findings, notes)
        })
        .collect();
    let (findings, notes): (Vec<_>, Vec<_>) = outcomes.into_iter().unzip();
    (findings.concat(), notes.concat())
}

/// Users, roles and permission sets act; a group does not, its members do. A group without a member in the
/// configuration stands for itself.
fn acts(node: &Node) -> bool {
    node.fact.kind != PrincipalKind::Group || node.members == 0
}
