//! Policies attached to principals, and users in groups.

use rolecall_facts::{Attachment, Configuration, Origin, Principal, PrincipalRef};
use rolecall_iam::{Assumptions, Grant};
use rolecall_source::{Span, Text, contradict};

use crate::index::From;
use crate::link::{Linker, exists, scope};
use crate::model::{Attached, GrantInfo, NodeId};
use crate::policies::Via;
use crate::references::{last_segment, principal_arn, starts_with_arn};

impl Linker<'_> {
    /// The principals that `by` means; one that is only named here is made, since it may hold what is attached to it.
    fn find_or_add(&mut self, from: From, by: &PrincipalRef, at: &Origin) -> Vec<(NodeId, Assumptions)> {
        let found = self.find(from, by);
        if !found.is_empty() {
            return found;
        }
        let Some(configuration) = self.index.configuration(from.configuration) else {
            return found;
        };
        let name = last_segment(&by.by);
        if name.is_empty() {
            let why = format!("it is attached to a {} without a name", by.kind.word());
            self.policies.missing(&at.address, &why, at.span);
            return Vec::new();
        }
        let (account, partition) = scope(configuration, by.scope).map_or_else(
            || (Text::plain(""), Text::plain("aws")),
            |s| (s.account.clone(), s.partition.clone()),
        );
        let arn = if starts_with_arn(&by.by) {
            by.by.clone()
        } else {
            principal_arn(by.kind, &partition, &account, &name)
        };
        let fact = Principal {
            kind: by.kind,
            origin: Origin {
                address: at.address.clone(),
                exists: Vec::new(),
                open: false,
                ..at.clone()
            },
            scope: by.scope,
            name,
            path: Text::plain("/"),
            arn,
            trust: None,
            boundary: None,
            tags: None,
            declared: false,
        };
        vec![(self.add(from.configuration, configuration, fact), Assumptions::new())]
    }

    pub(crate) fn attachment(&mut self, at: usize, fact: &Attachment) {
        let from = From {
            configuration: at,
            scope: fact.to.scope,
        };
        for (node, mut assumes) in self.find_or_add(from, &fact.to, &fact.origin) {
            assumes.extend(exists(&fact.origin));
            if let Some(principal) = self.graph.node(node).filter(|n| n.configuration == at) {
                if contradict(principal.exists.iter().chain(&assumes)) {
                    continue;
                }
                // What the principal itself states exists with it.
                if principal.fact.origin.address == fact.origin.address {
                    assumes.retain(|a| !principal.exists.contains(a));
                }
            }
            let via = Via {
                attachment: &fact.origin,
                group: None,
                assumes,
            };
            let slot = slot(&mut self.attached, node);
            self.policies.attach(&self.index, from, &fact.policy, &via, slot);
        }
    }

    pub(crate) fn memberships(&mut self, at: usize, configuration: &Configuration) {
        for fact in &configuration.memberships {
            let from = |by: &PrincipalRef| From {
                configuration: at,
                scope: by.scope,
            };
            let users = self.find_or_add(from(&fact.user), &fact.user, &fact.origin);
            let groups = self.find_or_add(from(&fact.group), &fact.group, &fact.origin);
            for (user, from_user) in &users {
                for (group, from_group) in &groups {
                    let mut assumes: Assumptions = from_user.union(from_group).cloned().collect();
                    assumes.extend(exists(&fact.origin));
                    let span = fact.origin.span;
                    assumes.extend(self.graph.node(*group).iter().flat_map(|n| &n.exists).cloned());
                    let user_exists = self.graph.node(*user).into_iter().flat_map(|n| &n.exists);
                    if contradict(user_exists.chain(&assumes)) {
                        continue;
                    }
                    if let Some(node) = self.graph.nodes.get_mut(group.0 as usize) {
                        node.members += 1;
                    }
                    if let Some(node) = self.graph.nodes.get_mut(user.0 as usize) {
                        node.groups.push((*group, span));
                    }
                    self.inherit(*user, *group, span, &assumes);
                }
            }
        }
    }

    /// Gives a user what its group has.
    fn inherit(&mut self, user: NodeId, group: NodeId, span: Span, assumes: &Assumptions) {
        let from = slot(&mut self.attached, group).clone();
        let to = slot(&mut self.attached, user);
        for grant in from.grants {
            let Some(info) = self.policies.grants.get(grant.id as usize).cloned() else {
                continue;
            };
            let id = u32::try_from(self.policies.grants.len()).unwrap_or(u32::MAX);
            self.policies.grants.push(GrantInfo {
                group: Some((group, span)),
                ..info
            });
            let Some(exists) = grant.exists.and(assumes.clone()) else {
                continue;
            };
            to.grants.push(Grant { id, exists, ..grant });
        }
        to.open.extend(from.open);
    }
}

fn slot(attached: &mut Vec<Attached>, node: NodeId) -> &mut Attached {
    let index = node.0 as usize;
    if attached.len() <= index {
        attached.resize_with(index + 1, Attached::default);
    }
    // INVARIANT: the vector was just made long enough.
    #[expect(clippy::indexing_slicing, reason = "the vector was just made long enough")]
    &mut attached[index]
}
