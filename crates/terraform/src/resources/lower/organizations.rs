//! Organizations: roots, units, accounts, and the service control policies attached to them.

use rolecall_facts::{ControlPolicy, OrganizationKind, OrganizationPart};
use rolecall_source::{Text, Value};

use super::super::attribute;
use super::super::values::{self, argument};
use super::attachments::id;
use super::context::{Lowering, each, written};
use crate::instance::Instance;

/// `aws_organizations_organization`, which is in the management account, and whose root others call by `roots[0].id`.
pub(super) fn organization(lowering: &mut Lowering<'_>, instance: &Instance) {
    let roots = attribute(instance, "roots");
    if let Some(symbol) = roots.as_unknown() {
        let root = symbol.part("[0]").part(".id");
        part(
            lowering,
            instance,
            OrganizationKind::Root,
            Text::symbol(root, roots.span),
        );
    }
}

/// `aws_organizations_organizational_unit`.
pub(super) fn unit(lowering: &mut Lowering<'_>, instance: &Instance) {
    let id = values::text(instance, "id", &id(instance));
    part(lowering, instance, OrganizationKind::Unit, id);
}

/// `aws_organizations_account`.
pub(super) fn account(lowering: &mut Lowering<'_>, instance: &Instance) {
    let id = values::text(instance, "id", &id(instance));
    part(lowering, instance, OrganizationKind::Account, id);
}

fn part(lowering: &mut Lowering<'_>, instance: &Instance, kind: OrganizationKind, id: Text) {
    lowering.configuration.organization.push(OrganizationPart {
        origin: instance.origin.clone(),
        scope: instance.scope,
        kind,
        id,
        parent: argument(instance, "parent_id").cloned(),
    });
}

/// True iff a policy of this type limits what principals may do; unknown types may.
fn is_control(instance: &Instance) -> bool {
    argument(instance, "type")
        .and_then(Value::as_str)
        .is_none_or(|t| t == "SERVICE_CONTROL_POLICY")
}

/// `aws_organizations_policy`.
pub(super) fn policy(lowering: &mut Lowering<'_>, instance: &Instance) {
    if !is_control(instance) {
        return;
    }
    let control = ControlPolicy {
        origin: instance.origin.clone(),
        body: written(instance, "content"),
        targets: Vec::new(),
    };
    lowering
        .controls
        .push((values::text(instance, "id", &id(instance)), control));
}

/// `aws_organizations_policy_attachment`.
pub(super) fn attachment(lowering: &mut Lowering<'_>, instance: &Instance) {
    let (policy, target) = (written(instance, "policy_id"), written(instance, "target_id"));
    lowering.targets.push((instance.origin.clone(), policy, target));
}

/// `awscc_organizations_policy`, which names its targets itself.
pub(super) fn awscc(lowering: &mut Lowering<'_>, instance: &Instance) {
    if !is_control(instance) {
        return;
    }
    let list = argument(instance, "target_ids").map(each).unwrap_or_default();
    lowering.configuration.controls.push(ControlPolicy {
        origin: instance.origin.clone(),
        body: written(instance, "content"),
        targets: list.into_iter().map(|(case, _)| case.value).collect(),
    });
}

/// Gives every control its targets. What is attached but not declared here is a control that nobody knows.
pub(super) fn link(lowering: &mut Lowering<'_>) {
    let mut controls = std::mem::take(&mut lowering.controls);
    for (origin, policy, target) in std::mem::take(&mut lowering.targets) {
        let id = policy.to_text();
        let known = controls
            .iter_mut()
            .find(|(of, _)| id.as_ref().is_some_and(|id| of == id));
        if let Some((_, control)) = known {
            control.targets.push(target);
            continue;
        }
        let symbol = rolecall_source::Symbol::new(
            format!("{}#content", origin.address),
            format!("the policy {} attaches", origin.address),
            "is not in the configuration",
            rolecall_source::Class::Any,
        );
        let body = Value::unknown(symbol, policy.span);
        lowering.configuration.controls.push(ControlPolicy {
            origin,
            body,
            targets: vec![target],
        });
    }
    lowering
        .configuration
        .controls
        .extend(controls.into_iter().map(|(_, control)| control));
}
