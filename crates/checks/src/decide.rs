//! The questions of a launch, each decided by the engine: launch, pass, trust, profile.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_facts::PrincipalKind;
use rolecall_graph::{Graph, Node, NodeId};
use rolecall_iam::{
    Answer, Assumptions, Authority, Context as Keys, Effect, Found, Query, Reason, find, trusts_service,
};
use rolecall_source::{Assumption, Span, Text};

use crate::region::regions;
use crate::rules::Context;
use crate::technique::{Technique, techniques};

/// Something that is so, under assumptions, because of statements.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proof {
    pub(crate) assumes: Assumptions,
    pub(crate) because: Vec<Reason>,
}

impl Proof {
    /// Adds an answer; `None` when it is No, or when no statement that was read allows it: what an unknown policy might
    /// allow is nobody's step.
    pub(crate) fn and(mut self, found: &Found) -> Option<Self> {
        if !found.because.iter().any(|r| r.effect == Effect::Allow) {
            return None;
        }
        match &found.answer {
            Answer::No => return None,
            Answer::Yes => {}
            Answer::Depends(assumes) => self.assumes.extend(assumes.iter().cloned()),
        }
        for reason in &found.because {
            if !self.because.contains(reason) {
                self.because.push(reason.clone());
            }
        }
        Some(self)
    }

    fn assuming(mut self, clause: impl Into<std::sync::Arc<str>>) -> Self {
        self.assumes.insert(Assumption::new(clause));
        self
    }

    /// Of two proofs the one that relies on less.
    fn better(self, other: Option<Self>) -> Self {
        match other {
            Some(o) if o.assumes.len() < self.assumes.len() => o,
            _ => self,
        }
    }
}

/// What an instance profile is for a launch.
#[derive(Clone, Debug)]
pub(crate) enum Profile {
    /// One of the configuration: index into [`Graph::profiles`].
    Stated(usize),
    /// One that the principal makes.
    Made {
        /// The statements by which it may.
        because: Vec<Reason>,
    },
}

/// A launch with one role, proved.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    pub(crate) technique: &'static Technique,
    pub(crate) launch: Proof,
    pub(crate) pass: Proof,
    pub(crate) trust: Proof,
    pub(crate) profile: Profile,
    pub(crate) profile_assumes: Assumptions,
}

impl Launch {
    pub(crate) fn assumes(&self) -> Assumptions {
        let all = [
            &self.launch.assumes,
            &self.pass.assumes,
            &self.trust.assumes,
            &self.profile_assumes,
        ];
        all.into_iter().flatten().cloned().collect()
    }
}

/// Which roles trust which service, decided once for all principals.
pub(crate) struct Trusts(BTreeMap<&'static str, Vec<Option<Proof>>>);

impl Trusts {
    /// Asks every role for the services of every technique.
    pub(crate) fn of(graph: &Graph) -> Self {
        let all = |service| graph.node_ids().map(|id| trusted(graph, id, service)).collect();
        let services: BTreeSet<&'static str> = techniques().iter().map(|t| t.service).collect();
        Self(services.into_iter().map(|s| (s, all(s))).collect())
    }

    /// Why `role` trusts `service`, if it does.
    pub(crate) fn proof(&self, service: &str, role: NodeId) -> Option<&Proof> {
        self.0.get(service)?.get(role.0 as usize)?.as_ref()
    }
}

/// Does a role trust `service`? One whose trust policy is not stated may, if it is in an instance profile.
fn trusted(graph: &Graph, id: NodeId, service: &str) -> Option<Proof> {
    let role = graph.node(id).filter(|n| n.fact.kind == PrincipalKind::Role)?;
    if let Some(trust) = &role.trust {
        return Proof::default().and(&trusts_service(trust, service));
    }
    let clause = format!(
        "role `{}`, whose trust policy is elsewhere, trusts {service}",
        role.fact.name
    );
    let contained = graph.profiles.iter().any(|p| p.role == Some(id));
    contained.then(|| Proof::default().assuming(clause))
}

/// Decides what one principal may start.
pub(crate) struct Launcher<'g> {
    graph: &'g Graph,
    trusts: &'g Trusts,
    principal: &'g Node,
    authority: &'g Authority,
    region: Text,
}

impl<'g> Launcher<'g> {
    pub(crate) fn new(context: &Context<'g>, principal: &'g Node) -> Self {
        Self::of(context, principal, &principal.authority)
    }

    /// As if the principal had another authority.
    pub(crate) fn of(context: &Context<'g>, principal: &'g Node, authority: &'g Authority) -> Self {
        let graph = context.graph;
        let scopes = graph
            .configurations
            .get(principal.configuration)
            .map(|c| c.scopes.as_slice());
        let stated = scopes
            .and_then(|s| s.get(principal.fact.scope.0 as usize))
            .map(|s| s.region.clone());
        let region = stated
            .filter(Text::is_known)
            .unwrap_or_else(|| Text::plain("us-east-1"));
        Self {
            graph,
            trusts: context.trusts,
            principal,
            authority,
            region,
        }
    }

    /// May it pass any role at all to `service`? The pattern is every role of its account.
    pub(crate) fn passes_any(&self, service: &str) -> Found {
        let every = self.arn("iam", "", &self.principal.account, "role/*");
        find(self.authority, &self.pass_query(&every, service))
    }

    /// May it pass the role with this ARN to `service`?
    pub(crate) fn passes(&self, role: &Text, service: &str) -> Found {
        find(self.authority, &self.pass_query(role, service))
    }

    /// PassRole is decided on the role's ARN with the service it is passed to. Tags of the role are documented as
    /// unreliable here, so they are not offered.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
    fn pass_query(&self, role: &Text, service: &str) -> Query {
        let fixed = Keys::from([("iam:passedtoservice".to_owned(), vec![Text::plain(service)])]);
        Query {
            action: "iam:PassRole".to_owned(),
            resource: role.clone(),
            fixed,
            absent: BTreeSet::new(),
        }
    }

    /// May it start compute by `technique` with an instance profile of this ARN?
    pub(crate) fn launches(&self, technique: &'static Technique, profile: &Text) -> Option<Proof> {
        let mut tried: Vec<Text> = Vec::new();
        let mut open = vec![self.region.clone()];
        let mut best: Option<Proof> = None;
        while let Some(region) = open.pop() {
            tried.push(region.clone());
            match self.launches_in(technique, profile, &region) {
                Ok(proof) if proof.assumes.is_empty() => return self.service_linked_role(technique, proof),
                Ok(proof) => best = Some(proof.better(best)),
                Err(resource) => {
                    // Nothing of this type is allowed here: ask where it is.
                    let anywhere = find(self.authority, &self.launch_query(technique, resource, profile, None));
                    if anywhere.answer == Answer::No {
                        return None;
                    }
                    open.extend(regions(&anywhere).into_iter().filter(|r| !tried.contains(r)));
                }
            }
        }
        best.and_then(|proof| self.service_linked_role(technique, proof))
    }

    /// The proof for one region, or the resource type that is not allowed there.
    fn launches_in(&self, technique: &Technique, profile: &Text, region: &Text) -> Result<Proof, &'static str> {
        let mut proof = Proof::default();
        for resource in technique.resources {
            let found = find(
                self.authority,
                &self.launch_query(technique, resource, profile, Some(region)),
            );
            proof = proof.and(&found).ok_or(*resource)?;
        }
        for (resource, clause) in technique.unless {
            let found = find(
                self.authority,
                &self.launch_query(technique, resource, profile, Some(region)),
            );
            proof = proof.clone().and(&found).unwrap_or_else(|| proof.assuming(*clause));
        }
        Ok(proof)
    }

    fn launch_query(&self, technique: &Technique, resource: &str, profile: &Text, region: Option<&Text>) -> Query {
        let mut fixed = Keys::new();
        if let Some(region) = region {
            fixed.insert("aws:requestedregion".to_owned(), vec![region.clone()]);
            fixed.insert("ec2:region".to_owned(), vec![region.clone()]);
        }
        let mut absent = BTreeSet::new();
        if technique.profile_key_on == Some(resource) {
            fixed.insert("ec2:instanceprofile".to_owned(), vec![profile.clone()]);
        } else {
            absent.insert("ec2:instanceprofile".to_owned());
        }
        let everywhere = Text::plain("*");
        let shape = self.shape(technique.action, resource, region.unwrap_or(&everywhere));
        Query {
            action: technique.action.to_owned(),
            resource: shape,
            fixed,
            absent,
        }
    }

    /// The ARNs of a resource type, as the service authorization reference publishes them.
    fn shape(&self, action: &str, resource: &str, region: &Text) -> Text {
        let types = rolecall_catalog::find_action(action)
            .map(|a| rolecall_catalog::resources(a.id))
            .unwrap_or_default();
        let template = types.iter().find(|t| t.name == resource).map_or("*", |t| t.arn);
        let mut out = Text::plain("");
        let mut rest = template;
        while let Some((letters, more)) = rest.split_once("${") {
            let (name, after) = more.split_once('}').unwrap_or((more, ""));
            let filled = match name {
                "Partition" => self.principal.partition.clone(),
                "Region" => region.clone(),
                "Account" => self.principal.account.clone(),
                _ => Text::plain("*"),
            };
            out = out.concat(&Text::plain(letters)).concat(&filled);
            rest = after;
        }
        out.concat(&Text::plain(rest))
    }

    /// The service-linked role exists, or the principal may create it, or it is assumed to.
    fn service_linked_role(&self, technique: &Technique, proof: Proof) -> Option<Proof> {
        let Some((name, service)) = technique.service_linked_role else {
            return Some(proof);
        };
        let role = self.arn(
            "iam",
            "",
            &self.principal.account,
            &format!("role/aws-service-role/{service}/{name}"),
        );
        let fixed = Keys::from([("iam:awsservicename".to_owned(), vec![Text::plain(service)])]);
        let action = "iam:CreateServiceLinkedRole".to_owned();
        let made = find(
            self.authority,
            &Query {
                action,
                resource: role,
                fixed,
                absent: BTreeSet::new(),
            },
        );
        let assumed = proof.clone().assuming(format!("the service-linked role {name} exists"));
        Some(assumed.better(proof.and(&made)))
    }

    /// The launch of compute with `role` by `technique`, if there is one.
    pub(crate) fn launch(&self, technique: &'static Technique, id: NodeId, role: &Node) -> Option<Launch> {
        let trust = self.trusts.proof(technique.service, id)?.clone();
        let pass = Proof::default().and(&self.passes(&role.fact.arn, technique.service))?;
        let stated = self
            .graph
            .profiles
            .iter()
            .enumerate()
            .filter(|(_, p)| p.role == Some(id));
        let mut best: Option<Launch> = None;
        for (index, node) in stated {
            let Some(launch) = self.launches(technique, &node.fact.arn) else {
                continue;
            };
            let found = Launch {
                technique,
                launch,
                pass: pass.clone(),
                trust: trust.clone(),
                profile: Profile::Stated(index),
                profile_assumes: node.exists.clone(),
            };
            best = smaller(best, found);
        }
        if best.as_ref().is_some_and(|l| l.assumes().is_empty()) {
            return best;
        }
        match self.makes_profile() {
            Some((arn, made)) => {
                let Some(launch) = self.launches(technique, &arn) else {
                    return best;
                };
                let profile = Profile::Made { because: made.because };
                Some(smaller_of(
                    best,
                    Launch {
                        technique,
                        launch,
                        pass,
                        trust,
                        profile,
                        profile_assumes: made.assumes,
                    },
                ))
            }
            None => best,
        }
    }

    /// An instance profile that the principal may create and put a role in. (Putting it in needs PassRole as well,
    /// which is decided with the role.)
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html>
    fn makes_profile(&self) -> Option<(Text, Proof)> {
        let any = self.arn("iam", "", &self.principal.account, "instance-profile/*");
        let actions = ["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"];
        let ask = |action: &str, resource: &Text| {
            let action = action.to_owned();
            let query = Query {
                action,
                resource: resource.clone(),
                fixed: Keys::new(),
                absent: BTreeSet::new(),
            };
            find(self.authority, &query)
        };
        // Both on one name: the name that the first allows, then the name that the second does.
        for (first, second) in [(actions[0], actions[1]), (actions[1], actions[0])] {
            let found = ask(first, &any);
            let Some(arn) = found.request.as_ref().map(|r| r.resource.clone()) else {
                continue;
            };
            if let Some(proof) = Proof::default().and(&found).and_then(|p| p.and(&ask(second, &arn))) {
                return Some((arn, proof));
            }
        }
        None
    }

    fn arn(&self, service: &str, region: &str, account: &Text, resource: &str) -> Text {
        let head = Text::plain("arn:")
            .concat(&self.principal.partition)
            .concat(&Text::plain(&format!(":{service}:{region}:")));
        head.concat(account).concat(&Text::plain(&format!(":{resource}")))
    }
}

fn smaller(best: Option<Launch>, other: Launch) -> Option<Launch> {
    Some(smaller_of(best, other))
}

fn smaller_of(best: Option<Launch>, other: Launch) -> Launch {
    match best {
        Some(b) if b.assumes().len() <= other.assumes().len() => b,
        _ => other,
    }
}

/// The place of a reason, the statement's policy standing in a file or not.
pub(crate) fn place(reason: &Reason) -> Span {
    if reason.action.is_nowhere() {
        reason.span
    } else {
        reason.action
    }
}
