use std::sync::Arc;

use rolecall_facts::{Compute, Configuration, InstanceProfile, Origin, Principal, RoleUseKind};
use rolecall_iam::{Assumptions, Authority, Grant, Policy};
use rolecall_source::{Span, Text};

use crate::accounts::Accounts;

/// Index of a principal in [`Graph::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// Everything a scan's configurations state, linked.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The configurations, with account symbols replaced where the account is known.
    pub configurations: Vec<Configuration>,
    /// Users, groups, roles and permission sets, by configuration and then in order of address.
    pub nodes: Vec<Node>,
    /// Instance profiles.
    pub profiles: Vec<ProfileNode>,
    /// Compute that carries a role or says how to launch it.
    pub compute: Vec<ComputeNode>,
    /// Where each [`Grant`](rolecall_iam::Grant) came from, by its id.
    pub grants: Vec<GrantInfo>,
    /// Policies that could not be read in full.
    pub gaps: Vec<PolicyGap>,
    /// How much of the policies could be read.
    pub documents: Documents,
    pub(crate) accounts: Accounts,
}

impl Graph {
    /// The principal with this id.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    /// What must hold for two principals to be in one account: nothing when they certainly are; `None` when they
    /// certainly are not, or when nothing in the scan says that they may be (see docs/linking.md).
    ///
    /// Of principals of different configurations nothing else tells this: accounts that may be one have equal texts.
    #[must_use]
    pub fn same_account(&self, a: &Node, b: &Node) -> Option<Assumptions> {
        self.accounts.same(a.place, b.place)
    }

    /// What must hold for a principal and a compute resource to be in one account, as
    /// [`same_account`](Self::same_account) says it.
    #[must_use]
    pub fn in_account_of(&self, compute: &ComputeNode, principal: &Node) -> Option<Assumptions> {
        self.accounts.same(compute.place, principal.place)
    }

    /// Where a grant came from.
    #[must_use]
    pub fn grant(&self, id: u32) -> Option<&GrantInfo> {
        self.grants.get(id as usize)
    }

    /// The ids of all principals, in order.
    pub fn node_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeId)
    }
}

/// A principal with what decides its permissions.
#[derive(Clone, Debug)]
pub struct Node {
    /// Index of its configuration.
    pub configuration: usize,
    /// What the configuration states of it.
    pub fact: Principal,
    /// The account it is in, for [`Graph::same_account`].
    pub(crate) place: usize,
    /// The account it is in.
    pub account: Text,
    /// The partition it is in.
    pub partition: Text,
    /// What it may do. For a group: what it gives its members.
    pub authority: Authority,
    /// A role's trust policy; `None` when the configuration does not state it.
    pub trust: Option<Arc<Policy>>,
    /// The groups a user is in, each with the place that says so.
    pub groups: Vec<(NodeId, Span)>,
    /// How many users are in a group.
    pub members: usize,
    /// What must hold for it to exist; empty when it certainly does.
    pub exists: Assumptions,
}

/// An instance profile and the role in it.
#[derive(Clone, Debug)]
pub struct ProfileNode {
    /// Index of its configuration.
    pub configuration: usize,
    /// What the configuration states of it.
    pub fact: InstanceProfile,
    /// The account it is in.
    pub account: Text,
    /// The role it contains, where the configuration states both.
    pub role: Option<NodeId>,
    /// What must hold for it to exist.
    pub exists: Assumptions,
}

/// What a [`ComputeNode`] runs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleTarget {
    /// A profile of the configuration: index into [`Graph::profiles`].
    Profile(usize),
    /// A role of the configuration.
    Role(NodeId),
    /// Something the configuration does not state: its name or ARN as written.
    Outside(Text),
}

/// One role or profile that compute runs with.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// What it is.
    pub target: RoleTarget,
    /// The property that names it.
    pub property: Arc<str>,
    /// How the property names it: which tells a role from an instance profile.
    pub kind: RoleUseKind,
    /// Where it is named.
    pub span: Span,
    /// What must hold for it to be so.
    pub assumes: Assumptions,
}

/// Compute and what it runs with.
#[derive(Clone, Debug)]
pub struct ComputeNode {
    /// Index of its configuration.
    pub configuration: usize,
    /// What the configuration states of it.
    pub fact: Compute,
    /// The account it is in, for [`Graph::in_account_of`].
    pub(crate) place: usize,
    /// The account it is in.
    pub account: Text,
    /// The roles and profiles it runs with.
    pub runs_with: Vec<Wiring>,
    /// The compute it refers to, as far as the scan states it.
    pub links: Vec<Linked>,
    /// What must hold for it to exist.
    pub exists: Assumptions,
}

/// A reference from compute to compute.
#[derive(Clone, Debug)]
pub struct Linked {
    /// The link's index in [`Compute::links`].
    pub link: usize,
    /// What it refers to: index into [`Graph::compute`].
    pub to: usize,
    /// The version it is pinned to; `None` where there are no versions.
    pub pin: Option<Pin>,
    /// What must hold for it to be so.
    pub assumes: Assumptions,
}

/// Which version of a launch template or task definition a link takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pin {
    /// The latest, also when there will be a later one: `$Latest`, a task definition without a revision.
    Latest,
    /// The default, whichever that will be: `$Default`, or no version stated.
    Default,
    /// One version: its number, or a symbol for the number it has at deployment (`latest_version` of a template).
    Fixed(Text),
    /// Not known.
    Unknown,
}

/// Which document a grant is.
#[derive(Clone, Debug)]
pub enum PolicySource {
    /// The principal's own; its name where it has one.
    Inline(Option<Text>),
    /// A customer-managed policy of the configuration.
    Customer(Origin),
    /// An AWS-managed policy, by ARN.
    Aws(Text),
    /// A managed policy that the configuration does not state.
    Outside(Text),
    /// The policy of a resource, by the address that states it.
    Resource(Arc<str>),
}

/// How a policy reached a principal.
#[derive(Clone, Debug)]
pub struct GrantInfo {
    /// The attachment, or the principal that lists the policy.
    pub attachment: Origin,
    /// The document.
    pub source: PolicySource,
    /// The group through which a user has it, and the place of the membership.
    pub group: Option<(NodeId, Span)>,
}

/// How many policy documents, each block counted once, are understood how far. A reference to an AWS-managed policy
/// counts as its document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    /// Every statement is known, the deployment's own names and ids aside.
    pub whole: usize,
    /// Statements are known, and that there may be more in them or beside them.
    pub partly: usize,
    /// No statement is known.
    pub unknown: usize,
}

/// A policy that could not be read in full.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyGap {
    /// The address of the policy, attachment or principal.
    pub address: Arc<str>,
    /// Why, as a clause.
    pub why: String,
    /// True iff statements of it are known.
    pub partly: bool,
    /// Where.
    pub span: Span,
}

/// The policies attached to one principal, before they are put together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attached {
    pub(crate) grants: Vec<Grant>,
    pub(crate) open: Assumptions,
}
