//! What AWS publishes: actions, resource types, condition keys, managed policies. Generated data and look-up, no logic.
//!
//! `cargo xtask update-catalog` writes the files under `data/`; `data/README.md` says where they come from. Nothing is
//! read or parsed at start-up: look-ups are binary searches in tables that lie in the binary.

mod actions;
mod keys;
mod policies;
mod principals;
mod table;

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

impl AccessLevel {
    /// As AWS writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Tagging => "Tagging",
            Self::PermissionsManagement => "Permissions management",
        }
    }
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

/// A resource type of an action. A few types have two forms of ARN: they appear twice under one name, and a resource of
/// either form is one of the type.
#[derive(Clone, Copy, Debug)]
pub struct ActionResource {
    /// The type's name: `instance`.
    pub name: &'static str,
    /// ARN with `${…}` placeholders as AWS publishes it: `arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}`.
    pub arn: &'static str,
    /// True iff the action always needs a resource of this type.
    pub required: bool,
    keys: u16,
    type_keys: u16,
}

impl ActionResource {
    /// The condition keys AWS lists for the action on a resource of this type, lower-cased, sorted. Where AWS lists
    /// none here, those of [`type_condition_keys`](Self::type_condition_keys) apply.
    pub fn condition_keys(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        keys::set(self.keys)
    }

    /// The condition keys AWS lists for the resource type itself, lower-cased, sorted.
    pub fn type_condition_keys(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        keys::set(self.type_keys)
    }
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its prefix: `ec2`.
    pub prefix: &'static str,
    /// The ids of its actions.
    pub actions: std::ops::Range<u16>,
}

/// A condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionKey {
    /// As AWS spells it, with placeholders: `aws:RequestTag/${TagKey}`.
    pub name: &'static str,
    /// The same in lower case.
    pub lower: &'static str,
    /// Its type: `String`, `ARN`, `Bool`, `ArrayOfString`, …
    pub value_type: &'static str,
}

/// All services, sorted as their actions are.
pub fn services() -> impl Iterator<Item = Service> {
    (0..actions::service_count()).filter_map(actions::service)
}

/// A number that actions share whose resource types and condition keys are the same.
#[must_use]
pub fn shape_id(id: ActionId) -> Option<u16> {
    actions::shape_id(id)
}

/// All actions, by id.
pub fn all_actions() -> impl Iterator<Item = Action> {
    (0..=u16::MAX).map_while(|id| action(ActionId(id)))
}

/// The resource types an action supports, by name; the same as [`resources`] without the vector.
pub fn resource_types(id: ActionId) -> impl Iterator<Item = ActionResource> + Clone {
    actions::shape(id).into_iter().flat_map(|shape| shape.resources)
}

/// The condition keys AWS lists for an action whatever the resource, lower-cased, sorted.
pub fn own_condition_keys(id: ActionId) -> impl Iterator<Item = &'static str> + Clone {
    actions::shape(id).into_iter().flat_map(|shape| shape.keys)
}

/// The actions a caller needs as well, for all or some uses of an action (AWS's column "dependent actions"):
/// `ec2:RunInstances` names `iam:PassRole`. AWS fills the column for some services only, so an absent entry means little.
pub fn dependent_actions(id: ActionId) -> impl Iterator<Item = ActionId> + Clone {
    actions::shape(id)
        .into_iter()
        .flat_map(|shape| shape.depends.map(ActionId))
}

/// All condition keys, sorted by lower-cased name.
pub fn all_condition_keys() -> impl Iterator<Item = ConditionKey> {
    keys::all()
}

/// The condition key with this name, whatever the case; `aws:RequestTag/team` finds `aws:RequestTag/${TagKey}`.
#[must_use]
pub fn find_condition_key(name: &str) -> Option<ConditionKey> {
    keys::find(name)
}

/// The service principals that AWS's managed policies and documentation name, sorted: `ec2.amazonaws.com`, ….
/// AWS publishes no full list, so a name that is absent may still exist.
pub fn service_principals() -> impl Iterator<Item = &'static str> {
    principals::all()
}

/// True iff `name` is one of [`service_principals`].
#[must_use]
pub fn is_service_principal(name: &str) -> bool {
    principals::contains(name)
}

/// How many actions there are; ids are `0..action_count()`.
#[must_use]
pub fn action_count() -> usize {
    actions::action_count()
}

/// The action with this id.
#[must_use]
pub fn action(id: ActionId) -> Option<Action> {
    actions::action(id)
}

/// The action named `service:name`, whatever the case.
#[must_use]
pub fn find_action(name: &str) -> Option<Action> {
    actions::find_action(name)
}

/// The ids of the actions of service `prefix` (any case): they are neighbours.
#[must_use]
pub fn service_actions(prefix: &str) -> std::ops::Range<u16> {
    actions::find_service(prefix).map_or(0..0, |service| service.actions)
}

/// The resource types an action supports; empty when it supports only `*`.
#[must_use]
pub fn resources(id: ActionId) -> Vec<ActionResource> {
    resource_types(id).collect()
}

/// The condition keys AWS lists for an action (its own and, per resource type, those of the action on the type, or the
/// type's where AWS lists none), lower-cased, sorted, with placeholders as published (`aws:requesttag/${tagkey}`).
/// Global `aws:` keys that every request has are not listed.
#[must_use]
pub fn condition_keys(id: ActionId) -> Vec<&'static str> {
    let mut keys: Vec<_> = own_condition_keys(id).collect();
    for resource in resource_types(id) {
        let before = keys.len();
        keys.extend(resource.condition_keys());
        if keys.len() == before {
            keys.extend(resource.type_condition_keys());
        }
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The type of a condition key as AWS publishes it (`String`, `ARN`, `Bool`, `ArrayOfString`, …), global keys included;
/// any case, and with a placeholder filled in or not.
#[must_use]
pub fn condition_key_type(key: &str) -> Option<&'static str> {
    Some(find_condition_key(key)?.value_type)
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

/// The AWS-managed policy with this ARN, in whatever partition (the document is the one of partition `aws`).
#[must_use]
pub fn managed_policy(arn: &str) -> Option<ManagedPolicy> {
    policies::find(arn)
}

/// The ARNs of all AWS-managed policies, sorted.
#[must_use]
pub fn managed_policy_arns() -> &'static [&'static str] {
    policies::arns()
}

/// All AWS-managed policies, sorted by ARN.
pub fn managed_policies() -> impl Iterator<Item = ManagedPolicy> {
    (0..policies::count()).filter_map(policies::policy)
}
