//! IAM Identity Center: permission sets, what is attached to them, and who gets them where.

use rolecall_facts::{Assignment, PolicyRef, Principal, PrincipalKind, PrincipalRef};
use rolecall_source::{Text, Value};

use super::super::values::{self, argument, at_path, cases};
use super::attachments::customer_managed as customer_arn;
use super::context::{Lowering, Target, assume, each, stranger, text, unknown, written};
use super::principals::tag_map;
use crate::instance::Instance;

const SET: PrincipalKind = PrincipalKind::PermissionSet;
const ARN: &str = "permission_set_arn";

fn push_set(lowering: &mut Lowering<'_>, instance: &Instance, arn: &str, boundary: Option<Value>) {
    lowering.configuration.principals.push(Principal {
        kind: SET,
        origin: instance.origin.clone(),
        scope: instance.scope,
        name: text(instance, "name"),
        path: Text::plain("/"),
        arn: text(instance, arn),
        trust: None,
        boundary,
        tags: argument(instance, "tags").map(tag_map),
        declared: true,
    });
}

/// `aws_ssoadmin_permission_set`.
pub(super) fn permission_set(lowering: &mut Lowering<'_>, instance: &Instance) {
    push_set(lowering, instance, "arn", None);
}

/// `aws_ssoadmin_permission_set_inline_policy`.
pub(super) fn inline(lowering: &mut Lowering<'_>, instance: &Instance) {
    let to = Target::argument(instance, SET, ARN);
    let body = written(instance, "inline_policy");
    lowering.attach(instance, &to, &PolicyRef::Inline { name: None, body });
}

/// `aws_ssoadmin_managed_policy_attachment`.
pub(super) fn managed(lowering: &mut Lowering<'_>, instance: &Instance) {
    let to = Target::argument(instance, SET, ARN);
    let policy = PolicyRef::Managed(written(instance, "managed_policy_arn"));
    lowering.attach(instance, &to, &policy);
}

/// `aws_ssoadmin_customer_managed_policy_attachment`: the policy of that name in each account it is assigned to.
pub(super) fn customer_managed(lowering: &mut Lowering<'_>, instance: &Instance) {
    let to = Target::argument(instance, SET, ARN);
    for case in at_path(&instance.body, "customer_managed_policy_reference") {
        let mut to = to.clone();
        to.assumes.extend(case.assumes);
        let policy = PolicyRef::Managed(customer_arn(instance, &case.value));
        lowering.attach(instance, &to, &policy);
    }
}

/// `aws_ssoadmin_permissions_boundary_attachment`.
pub(super) fn boundary(lowering: &mut Lowering<'_>, instance: &Instance) {
    let boundary = boundary_of(instance, "permissions_boundary")
        .unwrap_or_else(|| Value::unknown(unknown(instance, "permissions_boundary"), instance.origin.span));
    for case in cases(&written(instance, ARN)) {
        let reference = PrincipalRef {
            kind: SET,
            by: values::text(instance, ARN, &case.value),
            scope: instance.scope,
        };
        let mut origin = instance.origin.clone();
        for assumption in case.assumes {
            assume(&mut origin, assumption);
        }
        lowering.boundaries.push((reference, origin, boundary.clone()));
    }
}

/// The ARN in a boundary block: AWS's policy by ARN, the customer's by name.
fn boundary_of(instance: &Instance, block: &str) -> Option<Value> {
    let arn = at_path(&instance.body, &format!("{block}.managed_policy_arn"));
    if let Some(case) = arn.into_iter().next() {
        return Some(case.value);
    }
    let named = at_path(&instance.body, &format!("{block}.customer_managed_policy_reference"));
    named.into_iter().next().map(|case| customer_arn(instance, &case.value))
}

/// Gives permission sets their boundaries; one that is not declared here becomes known by it.
pub(super) fn link_boundaries(lowering: &mut Lowering<'_>) {
    for (reference, origin, boundary) in std::mem::take(&mut lowering.boundaries) {
        let principals = &mut lowering.configuration.principals;
        let set = principals.iter_mut().find(|p| p.kind == SET && p.arn == reference.by);
        if let Some(set) = set {
            set.boundary = Some(boundary);
            continue;
        }
        let (name, arn) = (reference.by.clone(), reference.by.clone());
        let mut set = stranger(&reference, origin, name, arn, Text::plain("/"));
        set.boundary = Some(boundary);
        principals.push(set);
    }
}

/// `aws_ssoadmin_account_assignment`, `awscc_sso_assignment`.
pub(super) fn assignment(lowering: &mut Lowering<'_>, instance: &Instance) {
    for case in cases(&written(instance, ARN)) {
        let mut origin = instance.origin.clone();
        for assumption in case.assumes {
            assume(&mut origin, assumption);
        }
        lowering.configuration.assignments.push(Assignment {
            origin,
            permission_set: PrincipalRef {
                kind: SET,
                by: values::text(instance, ARN, &case.value),
                scope: instance.scope,
            },
            account: written(instance, "target_id"),
        });
    }
}

/// `awscc_sso_permission_set`, which holds all its policies itself.
pub(super) fn awscc(lowering: &mut Lowering<'_>, instance: &Instance) {
    let boundary = boundary_of(instance, "permissions_boundary");
    push_set(lowering, instance, ARN, boundary);
    let arn = text(instance, ARN);
    let to = Target::value(SET, ARN, Some(Value::text(arn.clone(), arn.span())));
    if let Some(body) = argument(instance, "inline_policy") {
        let body = body.clone();
        lowering.attach(instance, &to, &PolicyRef::Inline { name: None, body });
    }
    if let Some(list) = argument(instance, "managed_policies") {
        lowering.attach_list(instance, &to, list);
    }
    let Some(list) = argument(instance, "customer_managed_policy_references") else {
        return;
    };
    for (case, open) in each(list) {
        let mut to = to.clone();
        to.assumes.extend(case.assumes);
        to.open |= open;
        let policy = PolicyRef::Managed(customer_arn(instance, &case.value));
        lowering.attach(instance, &to, &policy);
    }
}
