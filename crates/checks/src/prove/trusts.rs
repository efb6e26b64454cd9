//! Which roles trust which service, decided once for all principals.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rolecall_facts::PrincipalKind;
use rolecall_graph::{Graph, NodeId};
use rolecall_iam::{Policy, PrincipalType, trusts_federated, trusts_service};

use super::proof::{Evidence, Proof};
use crate::technique::Technique;

/// Which roles trust which service or identity provider.
pub(crate) struct Trusts(BTreeMap<Arc<str>, BTreeMap<NodeId, Proof>>);

impl Trusts {
    /// Asks every role for the services of every technique.
    pub(crate) fn of(graph: &Graph, techniques: &[&Technique]) -> Self {
        let mut services: BTreeSet<(Arc<str>, bool)> = BTreeSet::new();
        for technique in techniques {
            let passed = technique
                .pass
                .iter()
                .flat_map(|p| p.to.iter().map(|to| (to.shared(), p.federated)));
            services.extend(passed);
            services.extend(
                technique
                    .also_pass
                    .iter()
                    .flat_map(|p| p.to.iter().map(|to| (to.shared(), false))),
            );
        }
        let contained: BTreeSet<NodeId> = graph.profiles.iter().filter_map(|p| p.role).collect();
        let all = |(service, federated): (Arc<str>, bool)| {
            let trusting = graph.node_ids().filter_map(|id| {
                let proof = trusted(graph, id, &service, federated, contained.contains(&id))?;
                Some((id, proof))
            });
            let trusting = trusting.collect();
            (service, trusting)
        };
        Self(services.into_iter().map(all).collect())
    }

    /// Why `role` trusts `service`, if it does.
    pub(crate) fn proof(&self, service: &str, role: NodeId) -> Option<&Proof> {
        self.0.get(service)?.get(&role)
    }

    /// Every role that trusts `service`.
    pub(crate) fn all(&self, service: &str) -> impl Iterator<Item = (NodeId, &Proof)> {
        self.0
            .get(service)
            .into_iter()
            .flatten()
            .map(|(id, proof)| (*id, proof))
    }
}

/// Does a role trust `service`? One whose trust policy is not stated may trust EC2, if it is in an instance profile.
fn trusted(graph: &Graph, id: NodeId, service: &Arc<str>, federated: bool, contained: bool) -> Option<Proof> {
    let role = graph.node(id).filter(|n| n.fact.kind == PrincipalKind::Role)?;
    let evidence = |because| Evidence::Trusts {
        role: id,
        service: Arc::clone(service),
        because,
    };
    if let Some(trust) = &role.trust {
        if !may_name(trust, service) {
            return None;
        }
        let found = if federated {
            trusts_federated(trust, service)
        } else {
            trusts_service(trust, service)
        };
        return Proof::default().and(&found, evidence);
    }
    if !contained || &**service != "ec2.amazonaws.com" {
        return None;
    }
    let clause = format!(
        "role `{}`, whose trust policy is elsewhere, trusts {service}",
        role.fact.name
    );
    Some(Proof::default().assuming(clause).with(evidence(Vec::new())))
}

/// False only if a trust policy names others.
fn may_name(trust: &Policy, service: &str) -> bool {
    let plain = service.strip_suffix(".cn").unwrap_or(service);
    trust
        .statements
        .iter()
        .filter_map(|s| s.principals.as_ref())
        .any(|principals| {
            let named = principals
                .items
                .iter()
                .any(|name| match (name.kind, name.name.as_str()) {
                    (PrincipalType::Aws | PrincipalType::Canonical, _) => false,
                    (PrincipalType::Everyone, _) | (_, None) => true,
                    (PrincipalType::Service | PrincipalType::Federated, Some(name)) => name.contains(plain),
                });
            principals.negated || !principals.open.is_empty() || named
        })
}
