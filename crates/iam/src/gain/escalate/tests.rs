use std::sync::Arc;

use rolecall_source::{Span, Value};

use super::*;
use crate::{Caller, Grant, OwnPolicy, PolicyKind, parse_policy};

const ACCOUNT: &str = "444455556666";

fn grant(statements: &str) -> Grant {
    let document = format!("{{'Version':'2012-10-17','Statement':[{statements}]}}").replace('\'', "\"");
    let mut diagnostics = Vec::new();
    let document = Value::string(&document, Span::NOWHERE);
    let policy = parse_policy(&document, PolicyKind::Identity, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    Grant {
        policy: Arc::new(policy),
        id: 0,
        exists: Assumptions::new(),
    }
}

/// Some actions on the ARNs of this account whose ends are given.
fn allow(actions: &[&str], ends: &[&str]) -> String {
    let quoted = |items: Vec<String>| items.iter().map(|i| format!("'{i}'")).collect::<Vec<_>>().join(",");
    format!(
        "{{'Effect':'Allow','Action':[{}],'Resource':[{}]}}",
        quoted(actions.iter().map(|a| format!("iam:{a}")).collect()),
        quoted(ends.iter().map(|e| format!("arn:aws:iam::{ACCOUNT}:{e}")).collect())
    )
}

fn arn(end: &str) -> Text {
    Text::plain(&format!("arn:aws:iam::{ACCOUNT}:{end}"))
}

fn authority(end: &str, statements: &[String]) -> Authority {
    Authority {
        caller: Caller {
            arn: Some(arn(end)),
            account: Some(Text::plain(ACCOUNT)),
            ..Caller::default()
        },
        identity: vec![grant(&statements.join(","))],
        ..Authority::default()
    }
}

/// A user with a managed policy and a group.
fn user(statements: &[String]) -> Authority {
    let mut user = authority("user/team/anna", statements);
    user.own.groups.push((arn("group/ops"), Assumptions::new()));
    user.own.policies.push(OwnPolicy {
        arn: arn("policy/mine"),
        grant: 0,
        exists: Assumptions::new(),
    });
    user
}

/// The way that is found: what it is, its requests, and whether it is certain.
fn told(authority: &Authority) -> String {
    let Some(escalation) = escalation(authority) else {
        return "none".to_owned();
    };
    let requests = escalation.found.iter().filter_map(|f| f.request.as_ref());
    let requests: Vec<String> = requests
        .map(|r| {
            let resource = r.resource.to_string();
            let end = resource.rsplit(':').next().unwrap_or_default().to_owned();
            format!("{} {end}", r.action.trim_start_matches("iam:"))
        })
        .collect();
    let doubt = match &escalation.answer {
        Answer::Depends(why) => format!(
            " if {}",
            why.iter().map(|a| a.clause()).collect::<Vec<_>>().join(" and ")
        ),
        _ => String::new(),
    };
    format!("{}: {}{doubt}", escalation.kind.id(), requests.join(", "))
}

#[test]
fn a_policy_on_itself() {
    assert_eq!(
        told(&user(&[allow(&["AttachUserPolicy"], &["user/team/anna"])])),
        "own-policy: AttachUserPolicy user/team/anna"
    );
    assert_eq!(told(&user(&[allow(&["PutUserPolicy"], &["user/anna"])])), "none");
    let boundary = "{'Effect':'Allow','Action':'iam:*','Resource':'*'}";
    let mut bounded = user(&[allow(&["PutUserPolicy"], &["user/*"])]);
    bounded.boundary = Some(grant(boundary));
    assert_eq!(told(&bounded), "none");
    let mut unbound = user(&[allow(&["PutUserPolicy", "DeleteUserPermissionsBoundary"], &["user/*"])]);
    unbound.boundary = Some(grant(boundary));
    assert_eq!(
        told(&unbound),
        "own-policy: DeleteUserPermissionsBoundary user/team/anna, PutUserPolicy user/team/anna"
    );
    let mut session = user(&[allow(&["PutUserPolicy"], &["user/*"])]);
    session.session = Some(vec![grant(boundary)]);
    assert_eq!(told(&session), "none");
}

/// Roles of IAM Identity Center and of services are AWS's to change.
#[test]
fn a_role_that_only_aws_changes() {
    let all = allow(&["PutRolePolicy"], &["role/*"]);
    let mine = authority("role/app", std::slice::from_ref(&all));
    assert_eq!(told(&mine), "own-policy: PutRolePolicy role/app");
    let center = authority("role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_dev_0123", &[all]);
    assert_eq!(told(&center), "none");
}

#[test]
fn its_managed_policies() {
    assert_eq!(
        told(&user(&[allow(&["CreatePolicyVersion"], &["policy/*"])])),
        "own-policy-version: CreatePolicyVersion policy/mine"
    );
    assert_eq!(
        told(&user(&[allow(&["CreatePolicyVersion"], &["policy/other"])])),
        "none"
    );
    assert_eq!(
        told(&user(&[allow(&["SetDefaultPolicyVersion"], &["policy/*"])])),
        format!(
            "earlier-policy-version: SetDefaultPolicyVersion policy/mine \
             if an earlier version of `arn:aws:iam::{ACCOUNT}:policy/mine` allows everything"
        )
    );
}

#[test]
fn its_groups() {
    assert_eq!(
        told(&user(&[allow(&["PutGroupPolicy"], &["group/ops"])])),
        "own-group: PutGroupPolicy group/ops"
    );
    assert_eq!(told(&user(&[allow(&["PutGroupPolicy"], &["group/dev"])])), "none");
    assert_eq!(
        told(&user(&[allow(&["PutGroupPolicy", "AddUserToGroup"], &["group/dev"])])),
        format!(
            "joined-group: AddUserToGroup group/dev, PutGroupPolicy group/dev if there is a group `arn:aws:iam::{ACCOUNT}:group/dev`"
        )
    );
    let joins = allow(&["PutGroupPolicy", "AddUserToGroup", "CreateGroup"], &["group/dev"]);
    assert_eq!(
        told(&user(std::slice::from_ref(&joins))),
        "joined-group: CreateGroup group/dev, AddUserToGroup group/dev, PutGroupPolicy group/dev"
    );
    assert_eq!(told(&authority("role/app", &[joins])), "none");
}

#[test]
fn another_role() {
    assert_eq!(
        told(&user(&[allow(&["CreateRole", "AttachRolePolicy"], &["role/ci"])])),
        "new-role: CreateRole role/ci, AttachRolePolicy role/ci"
    );
    assert_eq!(
        told(&user(&[
            allow(&["CreateRole"], &["role/a"]),
            allow(&["AttachRolePolicy"], &["role/b"])
        ])),
        "none"
    );
    assert_eq!(
        told(&user(&[allow(
            &["UpdateAssumeRolePolicy", "PutRolePolicy"],
            &["role/ci"]
        )])),
        format!(
            "opened-role: UpdateAssumeRolePolicy role/ci, PutRolePolicy role/ci if there is a role `arn:aws:iam::{ACCOUNT}:role/ci`"
        )
    );
}

/// A role that may only be made with a permissions boundary is no way out.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate>
#[test]
fn a_role_that_must_be_bounded() {
    let bounded = allow(&["CreateRole", "AttachRolePolicy", "PutRolePolicy"], &["role/*"]).replace(
        "]}",
        "],'Condition':{'StringEquals':{'iam:PermissionsBoundary':'arn:aws:iam::444455556666:policy/limits'}}}",
    );
    assert_eq!(told(&user(&[bounded])), "none");
}

#[test]
fn another_user() {
    assert_eq!(
        told(&user(&[allow(
            &["CreateUser", "PutUserPolicy", "CreateLoginProfile"],
            &["user/x"]
        )])),
        "new-user: CreateUser user/x, CreateLoginProfile user/x, PutUserPolicy user/x"
    );
    assert_eq!(
        told(&user(&[allow(&["AttachUserPolicy", "CreateAccessKey"], &["user/x"])])),
        format!(
            "other-user: CreateAccessKey user/x, AttachUserPolicy user/x if there is a user `arn:aws:iam::{ACCOUNT}:user/x`"
        )
    );
}

#[test]
fn every_kind_has_a_name_of_its_own() {
    let mut ids: Vec<&str> = EscalationKind::ALL.iter().map(|k| k.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), EscalationKind::ALL.len());
}
