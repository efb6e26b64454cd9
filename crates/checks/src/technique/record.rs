//! What a record may say.

use super::Name;
use std::collections::BTreeMap;

use rolecall_graph::Pin;
use serde::Deserialize;

/// A way to come to act as a role or user, or to change what one may do.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Technique {
    /// Kebab-case id.
    pub id: Name,
    /// The rule that reports it.
    pub rule: Family,
    /// What the principal does, after "can": `launch an EC2 instance`. `{compute}`, `{link}` and `{target}` stand for
    /// what is taken over, what that refers to, and who is changed.
    pub does: Name,
    /// The ids it has in public catalogues.
    #[serde(default)]
    pub known_as: Vec<String>,
    /// How sure its sources are; those of the catalogue all say.
    pub grade: Option<Grade>,
    /// The role that is passed, where one is.
    pub pass: Option<Pass>,
    /// Further roles that must be passed with it.
    #[serde(default)]
    pub also_pass: Vec<AlsoPass>,
    /// The existing compute that is used, where any is.
    pub through: Option<Through>,
    /// Who is changed, where somebody is.
    pub change: Option<Change>,
    /// What the principal must be allowed, all of it.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Of each group one alternative must be allowed, all of it.
    #[serde(default)]
    pub one_of: Vec<Vec<Vec<Need>>>,
    /// The service-linked role that must exist or be creatable.
    pub service_linked_role: Option<ServiceLinkedRole>,
    /// What the gained role itself must be allowed: `ssm:UpdateInstanceInformation` for an instance that is managed.
    #[serde(default)]
    pub role_may: Vec<String>,
    /// What no configuration tells, as clauses that read well after "assuming".
    #[serde(default)]
    pub assumes: Vec<Name>,
    /// The technique it is a longer way of: not told where that one holds too.
    pub variant_of: Option<Name>,
    /// Where it is documented.
    #[serde(default)]
    pub references: Vec<String>,
    /// Languages whose configurations never tell it, and why: `terraform`, `cloudformation`.
    #[serde(default)]
    pub untold: BTreeMap<String, String>,
}

/// How a technique works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Changes an identity or its permissions.
    Change,
    /// Uses compute that exists, perhaps with another role.
    TakeOver,
    /// Starts compute with a role.
    Pass,
    /// Assumes a role.
    Assume,
}

impl Technique {
    /// How it works.
    #[must_use]
    pub const fn way(&self) -> Way {
        if self.change.is_some() {
            Way::Change
        } else if self.through.is_some() {
            Way::TakeOver
        } else if self.pass.is_some() {
            Way::Pass
        } else {
            Way::Assume
        }
    }
}

/// The rule that reports a technique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Starts EC2 instances with a role of one's choice.
    LaunchOverPrivilegedRole,
    /// Starts other compute with a role of one's choice.
    PassRoleToService,
    /// Runs one's code in compute that has a role already.
    TakeOverCompute,
    /// Assumes a role.
    AssumeRole,
    /// Changes identities and their permissions.
    SelfEscalation,
}

impl Family {
    /// The rule's id.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::LaunchOverPrivilegedRole => "launch-over-privileged-role",
            Self::PassRoleToService => "pass-role-to-service",
            Self::TakeOverCompute => "take-over-compute",
            Self::AssumeRole => "assume-role",
            Self::SelfEscalation => "self-escalation",
        }
    }
}

/// How sure the sources of a technique are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum Grade {
    /// Documented by AWS or its service authorization reference, and in a public catalogue.
    A,
    /// One of the two.
    B,
}

/// A role that is passed to a service.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pass {
    /// The services of which the role must trust one.
    pub to: Vec<Name>,
    /// What `iam:PassedToService` is, where that is not the service the role trusts.
    #[serde(default)]
    pub passed_to: Vec<Name>,
    /// True where the role goes in an instance profile.
    #[serde(default)]
    pub profile: bool,
    /// True where a service-linked role passes it, so that the principal need not be allowed to.
    #[serde(default)]
    pub by_service: bool,
    /// True where the role trusts an identity provider rather than a service.
    #[serde(default)]
    pub federated: bool,
}

/// A further role that must be passed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AlsoPass {
    /// The services of which it must trust one.
    pub to: Vec<Name>,
    /// What is assumed where the configuration has no such role.
    pub unless: Name,
}

/// Compute that exists and runs with the role.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Through {
    /// Its kinds, as in [`rolecall_facts::Compute::kind`].
    pub kinds: Vec<Name>,
    /// How people call it: `instance`.
    pub word: Name,
    /// Letters of which the name of the property with the role contains some, lower case and without `_`: `taskrole`.
    /// Empty for any property.
    #[serde(default)]
    pub role: Vec<Name>,
    /// The kind of what it refers to and what is changed instead of it.
    pub link: Option<Name>,
    /// How the reference must be pinned; empty for any way.
    #[serde(default)]
    pub pin: Vec<Pinned>,
    /// The kind of compute that it deploys to, whose roles are gained instead of its own.
    pub reaches: Option<Name>,
    /// True where the principal must be able to run code on the compute by another technique.
    #[serde(default)]
    pub foothold: bool,
}

impl Through {
    /// True iff a link that is pinned so is meant.
    #[must_use]
    pub fn takes(&self, pin: &Pin) -> bool {
        self.pin.iter().any(|p| match p {
            Pinned::Latest => *pin == Pin::Latest,
            Pinned::Default => *pin == Pin::Default,
        })
    }

    /// True iff compute of this kind is meant.
    #[must_use]
    pub fn has_kind(&self, kind: &str) -> bool {
        self.kinds.iter().any(|k| **k == *kind)
    }
}

/// Which version of a launch template is referred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pinned {
    /// `$Latest`.
    Latest,
    /// `$Default`, or none.
    Default,
}

/// Who is changed, and what that makes of the principal.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Change {
    /// Who, or what, is changed.
    pub target: Target,
    /// What it gives.
    pub gives: Become,
    /// True where the principal must be able to become the target in another way.
    #[serde(default)]
    pub then_become: bool,
}

/// Who, or what, is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The principal, if it is a user.
    OwnUser,
    /// The principal, if it is a role.
    OwnRole,
    /// A group it is in.
    OwnGroup,
    /// A customer-managed policy that is attached to it.
    OwnPolicy,
    /// A group it is not in.
    OtherGroup,
    /// Another user.
    OtherUser,
    /// Another role.
    OtherRole,
    /// A customer-managed policy that is attached to another role.
    PolicyOfOtherRole,
    /// A role that it makes.
    NewRole,
    /// A user that it makes.
    NewUser,
}

/// What a change gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Become {
    /// Every permission, within the target's boundary.
    Administrator,
    /// The target itself.
    Target,
    /// What the target's members have.
    Member,
    /// The principal without its boundary.
    Unbounded,
}

/// An action that must be allowed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Need {
    /// `service:Action`.
    pub action: Name,
    /// What it must be allowed on, all of it: resource types as the service authorization reference names them, ARNs
    /// with its `${…}`, or `@compute`, `@link`, `@profile`, `@role`, `@target`, `@self`. Empty: every type that the
    /// action requires, or any resource where it requires none.
    #[serde(default)]
    pub on: Vec<Name>,
    /// What is assumed where it is not allowed.
    pub unless: Option<Name>,
    /// The resource type on which the condition key `ec2:InstanceProfile` exists; on all others it is absent.
    pub profile_key_on: Option<Name>,
    /// Condition keys of the request: `@profile` and the like stand for ARNs.
    #[serde(default)]
    pub keys: BTreeMap<String, Name>,
    /// Condition keys that the request does not have.
    #[serde(default)]
    pub absent: Vec<String>,
}

/// A service-linked role.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceLinkedRole {
    /// Its name: `AWSServiceRoleForEC2Spot`.
    pub name: Name,
    /// The service it is for.
    pub service: Name,
}
