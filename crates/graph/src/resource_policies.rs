//! Policies on resources, and what principals could change to change their own permissions.

use std::sync::Arc;

use rolecall_facts::{Configuration, ResourcePolicy};
use rolecall_iam::pattern::{Pattern, matches};
use rolecall_iam::{Answer, Assumptions, Grant, Own, OwnPolicy, PolicyKind, Reach, ResourceGrant};
use rolecall_source::Text;
use rustc_hash::FxHashMap;

use crate::link::{Linker, exists, scope};
use crate::model::{GrantInfo, NodeId, PolicySource};

impl Linker<'_> {
    /// Gives principals the policies on the resources of their configuration, and their own policies and groups.
    pub(crate) fn complete(&mut self, configurations: &[Configuration]) {
        let policies: Vec<Vec<OnResource>> = configurations.iter().map(|c| self.resource_policies(c)).collect();
        let mut known: FxHashMap<(usize, Text), Arc<[ResourceGrant]>> = FxHashMap::default();
        for index in 0..self.graph.nodes.len() {
            let own = self.what_it_has(configurations, index);
            let Some(node) = self.graph.nodes.get_mut(index) else {
                continue;
            };
            let seen_from = known.entry((node.configuration, node.account.clone()));
            let resources = seen_from.or_insert_with_key(|(at, account)| {
                let stated = policies.get(*at).into_iter().flatten();
                stated.filter_map(|p| p.seen_from(account)).collect()
            });
            node.authority.resources = Arc::clone(resources);
            node.authority.own = own;
        }
    }

    fn resource_policies(&mut self, configuration: &Configuration) -> Vec<OnResource> {
        let mut out = Vec::new();
        for fact in &configuration.resource_policies {
            let Some(service) = service(&fact.resource) else {
                continue;
            };
            let origin = &fact.origin;
            let policy = self
                .policies
                .parse(&fact.body, PolicyKind::Resource, &origin.address, origin.span);
            let id = u32::try_from(self.policies.grants.len()).unwrap_or(u32::MAX);
            self.policies.grants.push(GrantInfo {
                attachment: origin.clone(),
                source: PolicySource::Resource(origin.address.clone()),
                group: None,
            });
            let exists = exists(origin);
            out.push(OnResource {
                grant: Grant { policy, id, exists },
                resource: governed(fact, &service),
                owner: scope(configuration, fact.scope).map(|s| s.account.clone()),
                decides: service == "kms",
            });
        }
        out
    }

    /// What a principal has its permissions from, besides itself.
    fn what_it_has(&self, configurations: &[Configuration], index: usize) -> Own {
        let Some(node) = self.graph.nodes.get(index) else {
            return Own::default();
        };
        let policies = node.authority.identity.iter().filter_map(|grant| {
            let info = self.policies.grants.get(grant.id as usize)?;
            let PolicySource::Customer(origin) = &info.source else {
                return None;
            };
            let stated =
                |p: &&rolecall_facts::ManagedPolicy| p.origin.address == origin.address && p.origin.span == origin.span;
            let fact = configurations.iter().flat_map(|c| &c.policies).find(stated)?;
            Some(OwnPolicy {
                arn: fact.arn.clone(),
                grant: grant.id,
                exists: grant.exists.clone(),
            })
        });
        let group = |id: &NodeId| self.graph.node(*id);
        let groups = node.groups.iter().filter_map(|(id, _)| {
            let group = group(id)?;
            Some((group.fact.arn.clone(), group.exists.clone()))
        });
        Own {
            policies: policies.collect(),
            groups: groups.collect(),
        }
    }
}

/// A policy on a resource, before it is known who looks at it.
struct OnResource {
    grant: Grant,
    resource: Text,
    owner: Option<Text>,
    decides: bool,
}

impl OnResource {
    /// What it means to the principals of an account. One that may be theirs is theirs by assumption.
    fn seen_from(&self, account: &Text) -> Option<ResourceGrant> {
        let same = match &self.owner {
            Some(owner) => matches(&Pattern::literal(owner), account),
            None => Answer::Yes,
        };
        let mut grant = self.grant.clone();
        let reach = match same {
            Answer::No => Reach::Foreign,
            _ if self.decides => Reach::Decides,
            _ => Reach::Adds,
        };
        if let Answer::Depends(same) = same {
            grant.exists = grant.exists.union(&same).cloned().collect::<Assumptions>();
        }
        Some(ResourceGrant::new(grant, &self.resource, reach))
    }
}

/// The service of an ARN that says it. What a policy is on that does not even say that is left out: it would be on
/// everything.
fn service(resource: &Text) -> Option<String> {
    let (flat, _) = resource.flat();
    let mut fields = flat.split(':');
    let (arn, _partition, service) = (fields.next()?, fields.next()?, fields.next()?);
    let known = arn == "arn" && !service.is_empty() && !service.contains(Text::HOLE);
    known.then(|| service.to_owned())
}

/// The resources that a policy is on. [A Data Catalog](https://docs.aws.amazon.com/glue/latest/dg/security_iam_service-with-iam.html)
/// has one policy for all that is in it.
fn governed(fact: &ResourcePolicy, service: &str) -> Text {
    let (flat, _) = fact.resource.flat();
    match flat.strip_suffix("catalog") {
        Some(head) if service == "glue" => fact.resource.slice(0..head.len()).concat(&Text::plain("*")),
        _ => fact.resource.clone(),
    }
}
