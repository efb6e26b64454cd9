//! Policies attached to principals, users in groups.

use rolecall_facts::{Attachment, PolicyRef, PrincipalKind};
use rolecall_source::Value;

use super::super::values::{self, argument, field};
use super::super::{attribute, shapes};
use super::context::{Lowering, Target, each, text, unknown, written};
use crate::instance::Instance;

/// Arguments that list principals to attach a policy to.
pub(super) const LISTS: [(&str, PrincipalKind); 3] = [
    ("users", PrincipalKind::User),
    ("roles", PrincipalKind::Role),
    ("groups", PrincipalKind::Group),
];

fn word(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::User => "user",
        PrincipalKind::Group => "group",
        PrincipalKind::Role | PrincipalKind::PermissionSet => "role",
    }
}

fn long_word(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::User => "user_name",
        PrincipalKind::Group => "group_name",
        PrincipalKind::Role | PrincipalKind::PermissionSet => "role_name",
    }
}

/// `aws_iam_role_policy` and kin, `awscc_iam_role_policy` and kin.
pub(super) fn inline(lowering: &mut Lowering<'_>, instance: &Instance, kind: PrincipalKind) {
    let (whom, name, body) = if instance.kind.starts_with("awscc_") {
        let name = argument(instance, "policy_name").map(|n| values::text(instance, "policy_name", n));
        (long_word(kind), name, "policy_document")
    } else {
        (word(kind), Some(text(instance, "name")), "policy")
    };
    let body = written(instance, body);
    let to = Target::argument(instance, kind, whom);
    lowering.attach(instance, &to, &PolicyRef::Inline { name, body });
}

/// `awscc_iam_policy`: one inline policy in several principals.
pub(super) fn awscc_inline(lowering: &mut Lowering<'_>, instance: &Instance) {
    let name = argument(instance, "policy_name").map(|n| values::text(instance, "policy_name", n));
    let body = written(instance, "policy_document");
    everyone(lowering, instance, &PolicyRef::Inline { name, body });
}

/// `aws_iam_role_policy_attachment` and kin.
pub(super) fn managed(lowering: &mut Lowering<'_>, instance: &Instance, kind: PrincipalKind) {
    let to = Target::argument(instance, kind, word(kind));
    let policy = PolicyRef::Managed(written(instance, "policy_arn"));
    lowering.attach(instance, &to, &policy);
}

/// `aws_iam_role_policy_attachments_exclusive` and kin.
pub(super) fn exclusive(lowering: &mut Lowering<'_>, instance: &Instance, kind: PrincipalKind) {
    let to = Target::argument(instance, kind, long_word(kind));
    lowering.attach_list(instance, &to, &written(instance, "policy_arns"));
}

/// `aws_iam_role_policies_exclusive` and kin: the inline policies by name. Their documents stand elsewhere, perhaps
/// outside the configuration.
pub(super) fn exclusive_inline(lowering: &mut Lowering<'_>, instance: &Instance, kind: PrincipalKind) {
    let to = Target::argument(instance, kind, long_word(kind));
    let before = lowering.configuration.attachments.len();
    for (case, open) in each(&written(instance, "policy_names")) {
        let name = values::text(instance, "policy_names", &case.value);
        let why = "is not in the configuration";
        let symbol = values::symbol(instance, &format!("policy {name}"), why, rolecall_source::Class::Any);
        let body = Value::unknown(symbol, case.value.span);
        let mut to = to.clone();
        to.assumes.extend(case.assumes);
        to.open |= open;
        lowering.attach(instance, &to, &PolicyRef::Inline { name: Some(name), body });
    }
    let named = lowering.configuration.attachments.split_off(before);
    lowering.named.extend(named);
}

/// Adds the inline policies that are only named, unless their documents are stated.
pub(super) fn add_named(lowering: &mut Lowering<'_>) {
    for named in std::mem::take(&mut lowering.named) {
        let stated = lowering
            .configuration
            .attachments
            .iter()
            .any(|a| a.to == named.to && same_name(a, &named));
        if !stated {
            lowering.configuration.attachments.push(named);
        }
    }
}

fn same_name(a: &Attachment, b: &Attachment) -> bool {
    match (&a.policy, &b.policy) {
        (PolicyRef::Inline { name: Some(a), .. }, PolicyRef::Inline { name: Some(b), .. }) => a == b,
        _ => false,
    }
}

/// `aws_iam_policy_attachment`: one managed policy at several principals.
pub(super) fn everywhere(lowering: &mut Lowering<'_>, instance: &Instance) {
    let policy = PolicyRef::Managed(written(instance, "policy_arn"));
    everyone(lowering, instance, &policy);
}

fn everyone(lowering: &mut Lowering<'_>, instance: &Instance, policy: &PolicyRef) {
    for (list, kind) in LISTS {
        let Some(value) = argument(instance, list) else {
            continue;
        };
        for (case, open) in each(value) {
            lowering.attach(instance, &Target::element(kind, list, case, open), policy);
        }
    }
}

/// `aws_iam_user_group_membership`.
pub(super) fn user_groups(lowering: &mut Lowering<'_>, instance: &Instance) {
    let user = Target::argument(instance, PrincipalKind::User, "user");
    for (case, open) in each(&written(instance, "groups")) {
        let group = Target::element(PrincipalKind::Group, "groups", case, open);
        lowering.join(instance, &user, &group);
    }
}

/// `aws_iam_group_membership`, `awscc_iam_user_to_group_addition`.
pub(super) fn group_users(lowering: &mut Lowering<'_>, instance: &Instance) {
    let name = if argument(instance, "group").is_some() {
        "group"
    } else {
        "group_name"
    };
    let group = Target::argument(instance, PrincipalKind::Group, name);
    for (case, open) in each(&written(instance, "users")) {
        let user = Target::element(PrincipalKind::User, "users", case, open);
        lowering.join(instance, &user, &group);
    }
}

/// The ARN of a customer-managed policy that a block names by `name` and `path`, in whatever account it is used.
pub(super) fn customer_managed(instance: &Instance, block: &Value) -> Value {
    let part = |name: &str| field(block, name).map(|v| values::text(instance, name, v));
    let Some(name) = part("name") else {
        return Value::unknown(unknown(instance, "customer_managed_policy_reference"), block.span);
    };
    let path = part("path");
    shapes::policy_arn_anywhere(instance, &name, path.as_ref())
}

/// The id of an instance as text or unknown.
pub(super) fn id(instance: &Instance) -> Value {
    attribute(instance, "id")
}
