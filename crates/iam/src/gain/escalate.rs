//! Whether an authority can give itself everything.
//!
//! Follows the ways a principal changes its own permissions in
//! [IAM's actions](https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagement.html).

use std::collections::BTreeSet;

use rolecall_source::Text;

use crate::find::{context, find};
use crate::{Answer, Authority, Found, Query};

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// One way for one kind of principal: what it needs on its own ARN, and what takes its boundary away.
struct Own {
    kind: &'static str,
    grants: [&'static str; 2],
    unbound: &'static str,
}

const OWN: [Own; 2] = [
    Own {
        kind: ":user/",
        grants: ["iam:PutUserPolicy", "iam:AttachUserPolicy"],
        unbound: "iam:DeleteUserPermissionsBoundary",
    },
    Own {
        kind: ":role/",
        grants: ["iam:PutRolePolicy", "iam:AttachRolePolicy"],
        unbound: "iam:DeleteRolePermissionsBoundary",
    },
];

/// Can `authority` give itself every permission: by a policy on itself, or by a new role that trusts it?
///
/// Policies of its own that it could rewrite are not asked here: their ARNs are not part of an authority.
pub(crate) fn escalates(authority: &Authority) -> Answer {
    let own = by_itself(authority);
    if own.is_yes() {
        return own;
    }
    own.or(by_new_role(authority))
}

fn by_itself(authority: &Authority) -> Answer {
    let Some(arn) = &authority.caller.arn else {
        return Answer::No;
    };
    let shown = arn.to_string();
    let Some(own) = OWN.iter().find(|o| shown.contains(o.kind)) else {
        return Answer::No;
    };
    let granted = own.grants.iter().fold(Answer::No, |so_far, action| {
        if so_far.is_yes() {
            so_far
        } else {
            so_far.or(ask(authority, action, arn).answer)
        }
    });
    if granted.is_no() || authority.boundary.is_none() {
        return granted;
    }
    granted.and(ask(authority, own.unbound, arn).answer)
}

/// A role in its account that it makes, lets itself assume by its trust policy, and gives a policy.
fn by_new_role(authority: &Authority) -> Answer {
    let any = Text::plain("*");
    let account = authority.caller.account.as_ref().unwrap_or(&any);
    let roles = Text::plain("arn:aws:iam::")
        .concat(account)
        .concat(&Text::plain(":role/*"));
    let mut best = Answer::No;
    for action in ["iam:PutRolePolicy", "iam:AttachRolePolicy"] {
        let granted = ask(authority, action, &roles);
        let Some(request) = granted.request.filter(|_| !granted.answer.is_no()) else {
            continue;
        };
        let made = ask(authority, "iam:CreateRole", &request.resource).answer;
        best = best.or(granted.answer.and(made));
        if best.is_yes() {
            break;
        }
    }
    best
}

fn ask(authority: &Authority, action: &str, resource: &Text) -> Found {
    let attached = action.contains("Attach").then_some(("iam:policyarn", ADMINISTRATOR));
    let query = Query {
        action: action.to_owned(),
        resource: resource.clone(),
        fixed: context(attached.as_slice()),
        absent: BTreeSet::new(),
    };
    find(authority, &query)
}
