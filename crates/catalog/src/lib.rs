//! What AWS publishes: actions, resource types, condition keys, managed policies. Generated data and look-up, no logic.

/// AWS's access level of an action, from the
/// [service authorization reference](https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccessLevel {
    /// Lists resources.
    List,
    /// Reads.
    Read,
    /// Creates, changes or deletes.
    Write,
    /// Changes tags.
    Tagging,
    /// Changes permissions.
    PermissionsManagement,
}

/// What an action reveals or gives, beyond its access level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sensitivity {
    /// Reads stored data (objects, items, messages, log events).
    Data,
    /// Reads or decrypts secrets.
    Secret,
    /// Gives credentials: role assumption, access keys, tokens.
    Credential,
}

/// Index of an action: actions are sorted by lower-cased `service:name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActionId(pub u16);

/// An action as AWS publishes it.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// Its index.
    pub id: ActionId,
    /// Service prefix: `ec2`.
    pub service: &'static str,
    /// Name as AWS spells it: `RunInstances`.
    pub name: &'static str,
    /// Its access level.
    pub access: AccessLevel,
    /// What else it gives.
    pub sensitivity: Option<Sensitivity>,
}

/// A resource type of an action.
#[derive(Clone, Copy, Debug)]
pub struct ActionResource {
    /// The type's name: `instance`.
    pub name: &'static str,
    /// ARN with `${…}` placeholders as AWS publishes it: `arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}`.
    pub arn: &'static str,
    /// True iff the action always needs a resource of this type.
    pub required: bool,
}

/// How many actions there are; ids are `0..action_count()`.
#[must_use]
pub fn action_count() -> usize {
    0
}

/// The action with this id.
#[must_use]
pub fn action(_id: ActionId) -> Option<Action> {
    None
}

/// The action named `service:name`, whatever the case.
#[must_use]
pub fn find_action(_name: &str) -> Option<Action> {
    None
}

/// The ids of the actions of service `prefix` (any case): they are neighbours.
#[must_use]
pub fn service_actions(_prefix: &str) -> std::ops::Range<u16> {
    0..0
}

/// The resource types an action supports; empty when it supports only `*`.
#[must_use]
pub fn resources(_id: ActionId) -> Vec<ActionResource> {
    Vec::new()
}

/// The condition keys AWS lists for an action (its own and, per resource type, the type's), lower-cased, sorted, with
/// placeholders as published (`aws:requesttag/${tagkey}`). Global `aws:` keys that every request has are not listed.
#[must_use]
pub fn condition_keys(_id: ActionId) -> Vec<&'static str> {
    Vec::new()
}

/// The type of a condition key as AWS publishes it (`String`, `ARN`, `Bool`, `ArrayOfString`, …).
#[must_use]
pub fn condition_key_type(_key: &str) -> Option<&'static str> {
    None
}

/// An AWS-managed policy.
#[derive(Clone, Debug)]
pub struct ManagedPolicy {
    /// `arn:aws:iam::aws:policy/…`.
    pub arn: &'static str,
    /// The default version: `v7`.
    pub version: &'static str,
    /// The document, compact JSON.
    pub document: String,
}

/// The AWS-managed policy with this ARN, in whatever partition.
#[must_use]
pub fn managed_policy(_arn: &str) -> Option<ManagedPolicy> {
    None
}

/// The ARNs of all AWS-managed policies, sorted.
#[must_use]
pub fn managed_policy_arns() -> &'static [&'static str] {
    &[]
}
