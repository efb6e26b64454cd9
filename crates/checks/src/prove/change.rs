//! Changing identities and their permissions.
//!
//! What a change gives is an authority of its own: the target's with `AdministratorAccess` added, the group's added, the
//! boundary taken away. Whether that gains anything is decided as for any role, so a boundary or a service control
//! policy that stays counts.

use std::sync::Arc;

use rolecall_facts::PrincipalKind;
use rolecall_graph::{Node, NodeId, PolicySource};
use rolecall_iam::{Assumptions, Authority, Grant};
use rolecall_source::Text;

use super::proof::{Evidence, Proof, best};
use super::{Bound, Goal, Hop, Prover};
use crate::context::Context;
use crate::technique::{Become, Change, Target, Technique};
use crate::wording::who;

/// Something that may be changed.
struct Changed {
    arn: Text,
    goal: Goal,
    proof: Proof,
}

impl<'g> Prover<'g> {
    /// Every change of `technique` that may be made.
    pub(super) fn changes(&self, technique: &'static Technique, out: &mut Vec<Hop>) {
        let Some(change) = technique.change.filter(|_| self.may_need(technique)) else {
            return;
        };
        for changed in self.changeable(change) {
            if let Goal::Unbounded(id) = changed.goal
                && self
                    .context
                    .graph
                    .node(id)
                    .is_none_or(|n| n.authority.boundary.is_none())
            {
                continue;
            }
            let mut bound = Bound::default();
            bound.arns.insert("target", changed.arn.clone());
            if let Some(arn) = &self.authority.caller.arn {
                bound.arns.insert("self", arn.clone());
                bound.principals.insert("self", self.principal);
            }
            if let Some(target) = changed.goal.node().and_then(|id| self.context.graph.node(id)) {
                bound.principals.insert("target", target);
            }
            // IAM is global: its requests are made in one region.
            // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion>
            bound.region = Some(Text::plain("us-east-1"));
            let Some(proof) = self.needs(technique, &bound) else {
                continue;
            };
            let Some(becomes) = self.becomes(change, changed.goal) else {
                continue;
            };
            let proof = proof.then(changed.proof).then(becomes);
            out.push(self.hop(technique, changed.goal, proof));
        }
    }

    fn changeable(&self, change: Change) -> Vec<Changed> {
        let me = || match change.gives {
            Become::Unbounded => Goal::Unbounded(self.id),
            _ => Goal::Administrator(self.id),
        };
        let kind = self.principal.fact.kind;
        let own = |arn: &Text| Changed {
            arn: arn.clone(),
            goal: me(),
            proof: Proof::default(),
        };
        match change.target {
            Target::OwnUser if kind == PrincipalKind::User => vec![own(&self.principal.fact.arn)],
            Target::OwnRole if kind == PrincipalKind::Role => vec![own(&self.principal.fact.arn)],
            Target::OwnUser | Target::OwnRole => Vec::new(),
            Target::OwnGroup => self.own_groups(),
            Target::OwnPolicy => self.policies_of(self.principal, me()),
            Target::OtherGroup if kind == PrincipalKind::User => self.other_groups(),
            Target::OtherGroup => Vec::new(),
            Target::OtherUser => self.others(PrincipalKind::User, change.gives),
            Target::OtherRole => self.others(PrincipalKind::Role, change.gives),
            Target::PolicyOfOtherRole => self.policies_of_others(),
            Target::NewRole => vec![self.made("role/*")],
            Target::NewUser => vec![self.made("user/*")],
        }
    }

    fn made(&self, resource: &str) -> Changed {
        Changed {
            arn: self.arn("iam", resource),
            goal: Goal::Made,
            proof: Proof::default(),
        }
    }

    fn own_groups(&self) -> Vec<Changed> {
        let groups = self.principal.groups.iter();
        groups
            .filter_map(|(id, span)| {
                let group = self.context.graph.node(*id)?;
                let what = format!("{} is in {}", who(self.principal), who(group));
                Some(Changed {
                    arn: group.fact.arn.clone(),
                    goal: Goal::Administrator(self.id),
                    proof: Proof::default()
                        .relying(&group.exists)
                        .with(Evidence::Concerns { what, span: *span }),
                })
            })
            .collect()
    }

    fn other_groups(&self) -> Vec<Changed> {
        let mine: Vec<NodeId> = self.principal.groups.iter().map(|(id, _)| *id).collect();
        let other = |id: &NodeId| !mine.contains(id);
        self.here(PrincipalKind::Group)
            .filter(|(id, ..)| other(id))
            .map(|(id, group, here)| Changed {
                arn: group.fact.arn.clone(),
                goal: Goal::Member(id),
                proof: Proof::default().relying(&here).relying(&group.exists),
            })
            .collect()
    }

    fn others(&self, kind: PrincipalKind, gives: Become) -> Vec<Changed> {
        self.here(kind)
            .map(|(id, other, here)| Changed {
                arn: other.fact.arn.clone(),
                goal: match gives {
                    Become::Administrator => Goal::Administrator(id),
                    Become::Unbounded => Goal::Unbounded(id),
                    Become::Target | Become::Member => Goal::Principal(id),
                },
                proof: Proof::default().relying(&here).relying(&other.exists),
            })
            .collect()
    }

    /// Declared principals of a kind in its account, itself aside.
    fn here(&self, kind: PrincipalKind) -> impl Iterator<Item = (NodeId, &'g Node, Assumptions)> {
        let graph = self.context.graph;
        graph
            .node_ids()
            .filter(|id| *id != self.id)
            .filter_map(|id| Some((id, graph.node(id)?)))
            .filter(move |(_, node)| node.fact.kind == kind && node.fact.declared)
            .filter_map(|(id, node)| Some((id, node, self.context.same_account(self.principal, node)?)))
    }

    fn policies_of_others(&self) -> Vec<Changed> {
        let mut out = Vec::new();
        for (id, role, here) in self.here(PrincipalKind::Role) {
            let policies = self.policies_of(role, Goal::Administrator(id));
            out.extend(policies.into_iter().map(|c| Changed {
                proof: c.proof.relying(&here).relying(&role.exists),
                ..c
            }));
        }
        out
    }

    /// The customer-managed policies of the configuration that are attached to `holder`.
    fn policies_of(&self, holder: &Node, goal: Goal) -> Vec<Changed> {
        let graph = self.context.graph;
        let mut out: Vec<Changed> = Vec::new();
        for grant in &holder.authority.identity {
            let Some(info) = graph.grant(grant.id) else { continue };
            let PolicySource::Customer(origin) = &info.source else {
                continue;
            };
            let Some(arn) = self.context.policy_arn(origin) else {
                continue;
            };
            if out.iter().any(|c| c.arn == arn) {
                continue;
            }
            let what = format!("policy `{}` applies to {}", origin.address, who(holder));
            let span = Some(info.attachment.span)
                .filter(|s| !s.is_nowhere())
                .unwrap_or(origin.span);
            let proof = Proof::default()
                .relying(&grant.exists)
                .with(Evidence::Concerns { what, span });
            out.push(Changed { arn, goal, proof });
        }
        out
    }

    /// That the one who acts can become the target by another technique, where the change alone does not make it so.
    fn becomes(&self, change: Change, goal: Goal) -> Option<Proof> {
        let Some(id) = goal.node().filter(|_| change.then_become) else {
            return Some(Proof::default());
        };
        let target = self.context.graph.node(id)?;
        let assumed = self.may_assume(id, target).map(|(proof, _)| proof);
        let changed = || {
            let others = self
                .context
                .techniques
                .iter()
                .copied()
                .filter(|t| t.change.is_some_and(|c| c.gives == Become::Target && !c.then_become));
            others.filter_map(|t| {
                let mut bound = Bound::default();
                bound.arns.insert("target", target.fact.arn.clone());
                bound.principals.insert("target", target);
                bound.region = Some(Text::plain("us-east-1"));
                let fits = match t.change?.target {
                    Target::OtherUser => target.fact.kind == PrincipalKind::User,
                    _ => target.fact.kind == PrincipalKind::Role,
                };
                fits.then(|| self.needs(t, &bound)).flatten()
            })
        };
        best(assumed.into_iter().chain(changed()))
    }
}

/// An authority to which `AdministratorAccess` is added.
pub(super) fn administrator(context: &Context<'_>, authority: &Authority) -> Authority {
    let mut all = authority.clone();
    all.identity.push(Grant {
        policy: Arc::clone(context.administrator),
        id: u32::MAX,
        exists: Assumptions::new(),
    });
    all.open = Assumptions::new();
    all
}

/// An authority with what a group gives its members.
pub(super) fn member(authority: &Authority, group: &Authority) -> Authority {
    let mut all = authority.clone();
    all.identity.extend(group.identity.iter().cloned());
    all.open.extend(group.open.iter().cloned());
    all
}

/// An authority without its boundary.
pub(super) fn unbounded(authority: &Authority) -> Authority {
    Authority {
        boundary: None,
        ..authority.clone()
    }
}

/// A new principal of the account with `AdministratorAccess`.
pub(super) fn made(context: &Context<'_>, by: &Authority) -> Authority {
    let fresh = Authority {
        caller: by.caller.clone(),
        controls: by.controls.clone(),
        ..Authority::default()
    };
    administrator(context, &fresh)
}
