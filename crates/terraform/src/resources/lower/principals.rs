//! Users, groups, roles, managed policies and instance profiles.

use rolecall_facts::{InstanceProfile, ManagedPolicy, PolicyRef, Principal, PrincipalKind, PrincipalRef};
use rolecall_source::{Kind, Text, Value};

use super::super::values::{self, argument, blocks, field};
use super::context::{Lowering, Target, assume, each, settled, stranger, text, unknown, written};
use crate::instance::{Instance, Mode};

/// Arguments that decide what a thing is called.
const NAMES: [&str; 3] = ["name", "name_prefix", "path"];
const AWSCC_NAMES: [&str; 6] = [
    "role_name",
    "user_name",
    "group_name",
    "managed_policy_name",
    "instance_profile_name",
    "path",
];

fn principal(instance: &Instance, kind: PrincipalKind, name: &str) -> Principal {
    let tags = argument(instance, "tags").map(tag_map);
    Principal {
        kind,
        origin: instance.origin.clone(),
        scope: instance.scope,
        name: text(instance, name),
        path: text(instance, "path"),
        arn: text(instance, "arn"),
        trust: None,
        boundary: argument(instance, "permissions_boundary").cloned(),
        tags,
        declared: true,
    }
}

/// `aws_iam_role`, `aws_iam_user`, `aws_iam_group`.
pub(super) fn aws(lowering: &mut Lowering<'_>, instance: &Instance, kind: PrincipalKind) {
    for instance in &settled(instance, &NAMES) {
        let mut principal = principal(instance, kind, "name");
        let to = Target::value(
            kind,
            "name",
            Some(Value::text(principal.name.clone(), principal.name.span())),
        );
        if kind == PrincipalKind::Role {
            principal.trust = Some(written(instance, "assume_role_policy"));
            if let Some(list) = argument(instance, "managed_policy_arns") {
                lowering.attach_list(instance, &to, list);
            }
            inline_blocks(lowering, instance, &to);
        }
        lowering.configuration.principals.push(principal);
    }
}

/// `inline_policy` blocks of a role. A block without arguments says that there are no inline policies.
fn inline_blocks(lowering: &mut Lowering<'_>, instance: &Instance, to: &Target<'_>) {
    let Some(list) = instance.body.get("inline_policy") else {
        return;
    };
    for (case, open) in each(list) {
        let policy = match &case.value.kind {
            Kind::Map(map) => {
                let body = field(&case.value, "policy").filter(|v| v.as_str() != Some(""));
                match (body, map.open.as_ref()) {
                    (Some(body), _) => inline(instance, field(&case.value, "name"), body.clone()),
                    (None, Some(s)) => inline(instance, None, Value::unknown(s.part(".policy"), case.value.span)),
                    (None, None) => continue,
                }
            }
            _ => inline(instance, None, case.value.clone()),
        };
        let mut to = to.clone();
        to.assumes.extend(case.assumes);
        to.open |= open;
        lowering.attach(instance, &to, &policy);
    }
}

fn inline(instance: &Instance, name: Option<&Value>, body: Value) -> PolicyRef {
    let name = name.map(|n| values::text(instance, "inline_policy.name", n));
    PolicyRef::Inline { name, body }
}

/// `aws_iam_service_linked_role`: only its service may assume it, and nobody passes it.
pub(super) fn service_linked(lowering: &mut Lowering<'_>, instance: &Instance) {
    let mut principal = principal(instance, PrincipalKind::Role, "name");
    let service = written(instance, "aws_service_name");
    let span = instance.origin.span;
    let letters = |s: &str| Value::string(s, span);
    let key = Text::plain;
    let statement = Value::map(
        [
            (key("Effect"), letters("Allow")),
            (key("Principal"), Value::map([(key("Service"), service)], span)),
            (key("Action"), letters("sts:AssumeRole")),
        ],
        span,
    );
    let document = [
        (key("Version"), letters("2012-10-17")),
        (key("Statement"), Value::list(vec![statement], span)),
    ];
    principal.trust = Some(Value::encoded(Value::map(document, span), span));
    lowering.configuration.principals.push(principal);
}

/// `aws_iam_policy`.
pub(super) fn policy(lowering: &mut Lowering<'_>, instance: &Instance) {
    for instance in &settled(instance, &NAMES) {
        lowering.configuration.policies.push(ManagedPolicy {
            origin: instance.origin.clone(),
            scope: instance.scope,
            name: text(instance, "name"),
            arn: text(instance, "arn"),
            body: written(instance, "policy"),
        });
    }
}

/// `aws_iam_instance_profile`, with `roles` of old configurations.
pub(super) fn profile(lowering: &mut Lowering<'_>, instance: &Instance) {
    for instance in &settled(instance, &NAMES) {
        let roles = argument(instance, "role").or_else(|| argument(instance, "roles"));
        push_profiles(lowering, instance, "name", roles);
    }
}

/// One profile fact for each alternative of its role.
fn push_profiles(lowering: &mut Lowering<'_>, instance: &Instance, name: &str, roles: Option<&Value>) {
    let profile = |role: Option<PrincipalRef>| InstanceProfile {
        origin: instance.origin.clone(),
        scope: instance.scope,
        name: text(instance, name),
        arn: text(instance, "arn"),
        role,
        declared: instance.mode == Mode::Managed,
    };
    let list = roles.map(each_role).unwrap_or_default();
    if list.is_empty() {
        lowering.configuration.profiles.push(profile(None));
    }
    for (case, open) in list {
        let by = values::text(instance, "role", &case.value);
        let reference = PrincipalRef {
            kind: PrincipalKind::Role,
            by,
            scope: instance.scope,
        };
        let mut fact = profile((!case.value.is_null()).then_some(reference));
        for assumption in case.assumes {
            assume(&mut fact.origin, assumption);
        }
        fact.origin.open |= open;
        lowering.configuration.profiles.push(fact);
    }
}

/// A single role (which may be unknown) or the elements of a list of them.
fn each_role(value: &Value) -> Vec<(values::Case, bool)> {
    if matches!(value.kind, Kind::List(_)) {
        return each(value);
    }
    values::cases(value).into_iter().map(|c| (c, false)).collect()
}

/// `data.aws_iam_role`, `data.aws_iam_user`, `data.aws_iam_group`: there, with policies nobody here states.
pub(super) fn data(lowering: &mut Lowering<'_>, instance: &Instance, kind: PrincipalKind) {
    let name = match kind {
        PrincipalKind::User => "user_name",
        PrincipalKind::Group => "group_name",
        PrincipalKind::Role | PrincipalKind::PermissionSet => "name",
    };
    for instance in &settled(instance, &[name]) {
        let reference = PrincipalRef {
            kind,
            by: text(instance, name),
            scope: instance.scope,
        };
        let (name, arn, path) = (reference.by.clone(), text(instance, "arn"), text(instance, "path"));
        let mut principal = stranger(&reference, instance.origin.clone(), name, arn, path);
        if kind == PrincipalKind::Role {
            let symbol = unknown(instance, "assume_role_policy");
            principal.trust = Some(Value::unknown(symbol, instance.origin.span));
        }
        lowering.configuration.principals.push(principal);
    }
}

/// `data.aws_iam_instance_profile`.
pub(super) fn data_profile(lowering: &mut Lowering<'_>, instance: &Instance) {
    for instance in &settled(instance, &["name"]) {
        let role = super::super::attribute(instance, "role_name");
        push_profiles(lowering, instance, "name", Some(&role));
    }
}

/// `awscc_iam_role`, `awscc_iam_user`, `awscc_iam_group`.
pub(super) fn awscc(lowering: &mut Lowering<'_>, instance: &Instance, kind: PrincipalKind) {
    let name = match kind {
        PrincipalKind::User => "user_name",
        PrincipalKind::Group => "group_name",
        PrincipalKind::Role | PrincipalKind::PermissionSet => "role_name",
    };
    for instance in &settled(instance, &AWSCC_NAMES) {
        let mut principal = principal(instance, kind, name);
        let this = Some(Value::text(principal.name.clone(), principal.name.span()));
        let to = Target::value(kind, name, this.clone());
        if kind == PrincipalKind::Role {
            principal.trust = Some(written(instance, "assume_role_policy_document"));
        }
        if let Some(list) = argument(instance, "managed_policy_arns") {
            lowering.attach_list(instance, &to, list);
        }
        awscc_policies(lowering, instance, &to);
        if kind == PrincipalKind::User
            && let Some(groups) = argument(instance, "groups")
        {
            for (case, open) in each(groups) {
                let group = Target::element(PrincipalKind::Group, "groups", case, open);
                lowering.join(instance, &to, &group);
            }
        }
        lowering.configuration.principals.push(principal);
    }
}

/// The `policies` of an awscc principal.
fn awscc_policies(lowering: &mut Lowering<'_>, instance: &Instance, to: &Target<'_>) {
    let Some(list) = argument(instance, "policies") else {
        return;
    };
    for (case, open) in each(list) {
        let body = match field(&case.value, "policy_document") {
            Some(body) => body.clone(),
            None => Value::unknown(unknown(instance, "policies.policy_document"), case.value.span),
        };
        let policy = inline(instance, field(&case.value, "policy_name"), body);
        let mut to = to.clone();
        to.assumes.extend(case.assumes);
        to.open |= open;
        lowering.attach(instance, &to, &policy);
    }
}

/// `awscc_iam_managed_policy`, with the principals it attaches itself to.
pub(super) fn awscc_policy(lowering: &mut Lowering<'_>, instance: &Instance) {
    for instance in &settled(instance, &AWSCC_NAMES) {
        let arn = text(instance, "policy_arn");
        let policy = PolicyRef::Managed(Value::text(arn.clone(), arn.span()));
        for (list, kind) in super::attachments::LISTS {
            if let Some(list_value) = argument(instance, list) {
                for (case, open) in each(list_value) {
                    lowering.attach(instance, &Target::element(kind, list, case, open), &policy);
                }
            }
        }
        lowering.configuration.policies.push(ManagedPolicy {
            origin: instance.origin.clone(),
            scope: instance.scope,
            name: text(instance, "managed_policy_name"),
            arn,
            body: written(instance, "policy_document"),
        });
    }
}

/// `awscc_iam_instance_profile`.
pub(super) fn awscc_profile(lowering: &mut Lowering<'_>, instance: &Instance) {
    for instance in &settled(instance, &AWSCC_NAMES) {
        push_profiles(lowering, instance, "instance_profile_name", argument(instance, "roles"));
    }
}

/// Tags as a map: awscc writes them as a list of `key` and `value`.
pub(super) fn tag_map(tags: &Value) -> Value {
    let Kind::List(list) = &tags.kind else {
        return tags.clone();
    };
    let (items, _) = blocks(&Value::map([(Text::plain("t"), tags.clone())], tags.span), "t");
    let pair = |case: &values::Case| {
        let key = field(&case.value, "key")?.to_text()?;
        Some((key, field(&case.value, "value")?.clone()))
    };
    let mut map = Value::map(items.iter().filter_map(pair), tags.span);
    if let Kind::Map(m) = &mut map.kind {
        m.open.clone_from(&list.open);
    }
    map
}
