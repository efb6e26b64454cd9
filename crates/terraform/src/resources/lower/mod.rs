//! Instances to facts.

mod attachments;
mod compute;
mod context;
mod links;
mod organizations;
mod principals;
mod refer;
mod resource_policies;
mod sso;

#[cfg(test)]
mod tests;

use rolecall_facts::{Configuration, PrincipalKind};
use rolecall_source::Diagnostic;

use crate::instance::{Instance, Mode};
use context::Lowering;

type Handler = fn(&mut Lowering<'_>, &Instance);

/// True iff instances of this kind can carry facts.
pub(crate) fn matters(mode: Mode, kind: &str) -> bool {
    handler(mode, kind).is_some() || (mode == Mode::Managed && compute::is_listed(kind))
}

/// Lowers the instances of one configuration into facts.
pub(crate) fn lower(instances: &[Instance], configuration: &mut Configuration, diagnostics: &mut Vec<Diagnostic>) {
    let mut lowering = Lowering::new(configuration, diagnostics);
    for instance in instances {
        if let Some(handler) = handler(instance.mode, &instance.kind) {
            handler(&mut lowering, instance);
        }
        if instance.mode == Mode::Managed {
            compute::lower(&mut lowering, instance);
        }
    }
    lowering.finish();
}

/// Which function lowers a kind, compute apart.
fn handler(mode: Mode, kind: &str) -> Option<Handler> {
    match mode {
        Mode::Managed => managed(kind)
            .or_else(|| sso_and_organizations(kind))
            .or_else(|| resource_policies::is_listed(kind).then_some(resource_policies::lower as Handler)),
        Mode::Data => match kind {
            "aws_iam_role" => Some(|l, i| principals::data(l, i, PrincipalKind::Role)),
            "aws_iam_user" => Some(|l, i| principals::data(l, i, PrincipalKind::User)),
            "aws_iam_group" => Some(|l, i| principals::data(l, i, PrincipalKind::Group)),
            "aws_iam_instance_profile" => Some(principals::data_profile),
            _ => None,
        },
    }
}

fn managed(kind: &str) -> Option<Handler> {
    use PrincipalKind::{Group, Role, User};
    Some(match kind {
        "aws_iam_role" => |l, i| principals::aws(l, i, Role),
        "aws_iam_user" => |l, i| principals::aws(l, i, User),
        "aws_iam_group" => |l, i| principals::aws(l, i, Group),
        "aws_iam_service_linked_role" => principals::service_linked,
        "aws_iam_policy" => principals::policy,
        "aws_iam_instance_profile" => principals::profile,
        "awscc_iam_role" => |l, i| principals::awscc(l, i, Role),
        "awscc_iam_user" => |l, i| principals::awscc(l, i, User),
        "awscc_iam_group" => |l, i| principals::awscc(l, i, Group),
        "awscc_iam_managed_policy" => principals::awscc_policy,
        "awscc_iam_instance_profile" => principals::awscc_profile,
        "aws_iam_role_policy" | "awscc_iam_role_policy" => |l, i| attachments::inline(l, i, Role),
        "aws_iam_user_policy" | "awscc_iam_user_policy" => |l, i| attachments::inline(l, i, User),
        "aws_iam_group_policy" | "awscc_iam_group_policy" => |l, i| attachments::inline(l, i, Group),
        "awscc_iam_policy" => attachments::awscc_inline,
        "aws_iam_role_policy_attachment" => |l, i| attachments::managed(l, i, Role),
        "aws_iam_user_policy_attachment" => |l, i| attachments::managed(l, i, User),
        "aws_iam_group_policy_attachment" => |l, i| attachments::managed(l, i, Group),
        "aws_iam_role_policy_attachments_exclusive" => |l, i| attachments::exclusive(l, i, Role),
        "aws_iam_user_policy_attachments_exclusive" => |l, i| attachments::exclusive(l, i, User),
        "aws_iam_group_policy_attachments_exclusive" => |l, i| attachments::exclusive(l, i, Group),
        "aws_iam_role_policies_exclusive" => |l, i| attachments::exclusive_inline(l, i, Role),
        "aws_iam_user_policies_exclusive" => |l, i| attachments::exclusive_inline(l, i, User),
        "aws_iam_group_policies_exclusive" => |l, i| attachments::exclusive_inline(l, i, Group),
        "aws_iam_policy_attachment" => attachments::everywhere,
        "aws_iam_user_group_membership" => attachments::user_groups,
        "aws_iam_group_membership" => attachments::group_users,
        "awscc_iam_user_to_group_addition" => attachments::group_users,
        _ => return None,
    })
}

fn sso_and_organizations(kind: &str) -> Option<Handler> {
    Some(match kind {
        "aws_ssoadmin_permission_set" => sso::permission_set,
        "aws_ssoadmin_permission_set_inline_policy" => sso::inline,
        "aws_ssoadmin_managed_policy_attachment" => sso::managed,
        "aws_ssoadmin_customer_managed_policy_attachment" => sso::customer_managed,
        "aws_ssoadmin_permissions_boundary_attachment" => sso::boundary,
        "aws_ssoadmin_account_assignment" | "awscc_sso_assignment" => sso::assignment,
        "awscc_sso_permission_set" => sso::awscc,
        "aws_organizations_account" => organizations::account,
        "aws_organizations_organization" => organizations::organization,
        "aws_organizations_organizational_unit" => organizations::unit,
        "aws_organizations_policy" => organizations::policy,
        "aws_organizations_policy_attachment" => organizations::attachment,
        "awscc_organizations_policy" => organizations::awscc,
        _ => return None,
    })
}
