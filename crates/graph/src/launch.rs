//! What compute really runs with: through launch templates, launch configurations, task definitions.

use std::collections::VecDeque;

use rolecall_facts::Link;
use rolecall_iam::Assumptions;
use rolecall_source::{Class, Kind, Text, Value};

use crate::model::{ComputeNode, Graph, Linked, NodeId, Pin, RoleTarget};
use crate::references::{chosen, is_profile};

/// What is launched with what these describe. Other links (a node group to its cluster) hand no role on.
const HANDED_ON: [&str; 8] = [
    "autoscaling:launchConfiguration",
    "batch:compute-environment",
    "ec2:instance",
    "ec2:launch-template",
    "ecs:task-definition",
    "imagebuilder:infrastructureConfiguration",
    "sagemaker:endpoint-config",
    "sagemaker:model",
];

/// A role that a compute resource runs with.
#[derive(Clone, Debug)]
pub struct EffectiveRole {
    /// The role.
    pub role: NodeId,
    /// Indices into [`Graph::compute`], from what the asked resource refers to down to the one that names the role;
    /// empty when it names the role itself.
    pub via: Vec<usize>,
    /// What names the role: an index into the `runs_with` of the last of `via`, or of the resource itself.
    pub wiring: usize,
    /// What must hold for it to be so.
    pub assumes: Assumptions,
}

impl Graph {
    /// The roles that a compute resource runs with: its own, and those of the launch templates, launch configurations
    /// and task definitions it refers to, whichever versions it is pinned to. An instance profile of its own replaces
    /// that of a launch template.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-instances-from-launch-template.html>
    ///
    /// Each role comes once for every resource that names it, the nearest first, and again where it relies on something
    /// else. A service's role is among them: [`Wiring::property`](crate::Wiring::property) says which it is.
    #[must_use]
    pub fn effective_roles(&self, compute: usize) -> Vec<EffectiveRole> {
        let mut found = Vec::new();
        let mut seen: Vec<Visit> = Vec::new();
        let mut open = VecDeque::from([Visit::new(compute)]);
        while let Some(visit) = open.pop_front() {
            if seen.iter().any(|earlier| earlier.says_all(&visit)) {
                continue;
            }
            if let Some(node) = self.compute.get(visit.at) {
                self.own_roles(node, &visit, &mut found);
                open.extend(node.links.iter().filter_map(|linked| self.visit(node, &visit, linked)));
            }
            seen.push(visit);
        }
        found
    }

    /// What is visited next by a link, if that hands its role on.
    fn visit(&self, node: &ComputeNode, before: &Visit, linked: &Linked) -> Option<Visit> {
        let to = self.compute.get(linked.to)?;
        HANDED_ON.contains(&&*to.fact.kind).then(|| Visit {
            at: linked.to,
            via: before.via.iter().copied().chain([linked.to]).collect(),
            has_profile: before.has_profile || names_profile(node),
            assumes: [&before.assumes, &linked.assumes, &to.exists]
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
        })
    }

    fn own_roles(&self, node: &ComputeNode, visit: &Visit, out: &mut Vec<EffectiveRole>) {
        for (index, wiring) in node.runs_with.iter().enumerate() {
            if visit.has_profile && is_profile(wiring.kind) {
                continue;
            }
            let (role, exists) = match &wiring.target {
                RoleTarget::Role(role) => (Some(*role), None),
                RoleTarget::Profile(index) => {
                    let profile = self.profiles.get(*index);
                    (profile.and_then(|p| p.role), profile.map(|p| &p.exists))
                }
                RoleTarget::Outside(_) => (None, None),
            };
            let Some(role) = role else { continue };
            let more = wiring.assumes.iter().chain(exists.into_iter().flatten());
            out.push(EffectiveRole {
                role,
                via: visit.via.clone(),
                wiring: index,
                assumes: visit.assumes.iter().chain(more).cloned().collect(),
            });
        }
    }
}

/// One step of the walk along links.
struct Visit {
    at: usize,
    via: Vec<usize>,
    /// Something before has an instance profile of its own.
    has_profile: bool,
    assumes: Assumptions,
}

impl Visit {
    fn new(at: usize) -> Self {
        Self {
            at,
            via: Vec::new(),
            has_profile: false,
            assumes: Assumptions::new(),
        }
    }

    /// True iff `later` can tell nothing that this does not.
    fn says_all(&self, later: &Self) -> bool {
        self.at == later.at && self.has_profile == later.has_profile && self.assumes.is_subset(&later.assumes)
    }
}

/// True iff it has an instance profile of its own wherever it exists.
fn names_profile(node: &ComputeNode) -> bool {
    node.runs_with
        .iter()
        .any(|w| is_profile(w.kind) && w.assumes.is_subset(&node.exists))
}

/// The version that a link is pinned to; `None` for what has no versions.
pub(crate) fn pin(link: &Link, to: &Text) -> Option<Pin> {
    match &*link.kind {
        "ec2:launch-template" => Some(link.version.as_ref().map_or(Pin::Default, template_version)),
        "ecs:task-definition" => Some(revision(to)),
        _ => None,
    }
}

/// No version means the default version: <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LaunchTemplateSpecification.html>
fn template_version(version: &Value) -> Pin {
    if version.is_null() || version.as_str() == Some("") {
        return Pin::Default;
    }
    match version.to_text() {
        Some(text) if text.as_str() == Some("$Latest") => Pin::Latest,
        Some(text) if text.as_str() == Some("$Default") => Pin::Default,
        Some(text) if is_number(&text) => Pin::Fixed(text),
        _ => Pin::Unknown,
    }
}

/// A task definition without a revision is the latest active one:
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html>
fn revision(to: &Text) -> Pin {
    match split_revision(to) {
        Some((_, revision)) => Pin::Fixed(revision),
        None if to.is_known() || to.flat_len() > Text::HOLE.len_utf8() => Pin::Latest,
        None => Pin::Unknown,
    }
}

/// The family, or the ARN up to it, and the revision.
pub(crate) fn split_revision(to: &Text) -> Option<(Text, Text)> {
    let (flat, _) = to.flat();
    let at = flat.rfind(':')?;
    let revision = to.slice(at + 1..flat.len());
    let is_revision = !revision.is_empty()
        && revision.symbols().count() <= 1
        && (is_number(&revision) || revision.as_symbol().is_some());
    is_revision.then(|| (to.slice(0..at), revision))
}

/// True iff it is a number: digits, or an id that AWS generates.
fn is_number(text: &Text) -> bool {
    match text.as_str() {
        Some(letters) => !letters.is_empty() && letters.bytes().all(|b| b.is_ascii_digit()),
        None => text.as_symbol().is_some_and(|s| s.class == Class::Id),
    }
}

/// The texts that a value may be, each with the state that makes it so.
pub(crate) fn alternatives(value: &Value, assumes: &Assumptions, out: &mut Vec<(Text, Assumptions)>) {
    match &value.kind {
        Kind::Choice(choice) => {
            for (state, option) in &choice.options {
                let mut assumes = assumes.clone();
                assumes.insert(chosen(&choice.on, state));
                alternatives(option, &assumes, out);
            }
        }
        Kind::List(list) => list.items.iter().for_each(|v| alternatives(v, assumes, out)),
        _ => out.extend(value.to_text().filter(|t| !t.is_empty()).map(|t| (t, assumes.clone()))),
    }
}

#[cfg(test)]
mod tests;
