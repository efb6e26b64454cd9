//! Whom a role's trust policy lets assume the role.
//!
//! Follows [AWS JSON policy elements: Principal](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).

use std::sync::Arc;

use rolecall_source::Text;

use crate::find::{context, find};
use crate::pattern::{Pattern, matches};
use crate::{
    Answer, Assumptions, Authority, Caller, Context, Found, Grant, Policy, PrincipalName, PrincipalType, Principals,
    Query,
};

const ASSUME: &str = "sts:AssumeRole";
const WEB_IDENTITY: &str = "sts:AssumeRoleWithWebIdentity";

/// Does `policy` allow `sts:AssumeRole` to the service principal `service`?
///
/// A service in China is the same with and without the suffix `.cn`. Keys that the service sets, such as
/// `aws:SourceAccount` and `aws:SourceArn`, are told as assumptions where the policy asks for them.
#[must_use]
pub fn trusts_service(policy: &Policy, service: &str) -> Found {
    let plain = service.strip_suffix(".cn").unwrap_or(service).to_owned();
    let named = move |name: &PrincipalName| match name.kind {
        PrincipalType::Service => {
            let china = format!("{plain}.cn");
            is(&name.name, &plain).or(is(&name.name, &china))
        }
        PrincipalType::Everyone => Answer::Yes,
        PrincipalType::Aws | PrincipalType::Federated | PrincipalType::Canonical => Answer::No,
    };
    let fixed = context(&[
        ("aws:principalisawsservice", "true"),
        ("aws:principalservicename", service),
        ("aws:principalservicenameslist", service),
    ]);
    assume(policy, ASSUME, Caller::default(), fixed, named)
}

/// Does `policy` allow `sts:AssumeRoleWithWebIdentity` to identities of the provider `provider`
/// (`cognito-identity.amazonaws.com`)?
#[must_use]
pub fn trusts_federated(policy: &Policy, provider: &str) -> Found {
    let named = |name: &PrincipalName| match name.kind {
        PrincipalType::Federated => is(&name.name, provider),
        PrincipalType::Everyone => Answer::Yes,
        PrincipalType::Aws | PrincipalType::Service | PrincipalType::Canonical => Answer::No,
    };
    assume(policy, WEB_IDENTITY, Caller::default(), Context::new(), named)
}

/// Does `policy` allow `sts:AssumeRole` to `caller` as it allows it to anyone: by `*`, or by leaving others out?
#[must_use]
pub fn trusts_anyone(policy: &Policy, caller: Caller, fixed: Context) -> Found {
    let arn = caller.arn.clone().unwrap_or_else(|| Text::plain(""));
    let account = caller.account.clone().unwrap_or_else(|| Text::plain(""));
    let named = |name: &PrincipalName| by_arn(name, &arn).or(by_account(name, &account));
    assume(policy, ASSUME, caller, fixed, named)
}

/// Does `policy` allow `sts:AssumeRoleWithWebIdentity` to an identity of the provider at `host`, by its ARN or its name?
#[must_use]
pub fn trusts_provider(policy: &Policy, host: &str, fixed: Context) -> Found {
    let named = |name: &PrincipalName| match name.kind {
        PrincipalType::Federated => {
            let arn = format!("arn:*:iam::*:oidc-provider/{host}");
            is(&name.name, host).or(matches(&Pattern::like(&Text::plain(&arn)), &name.name))
        }
        PrincipalType::Everyone => Answer::Yes,
        PrincipalType::Aws | PrincipalType::Service | PrincipalType::Canonical => Answer::No,
    };
    assume(policy, WEB_IDENTITY, Caller::default(), fixed, named)
}

/// Does `policy` allow `sts:AssumeRole` to the user or role `arn` of `account`, by its ARN or by its account?
///
/// An account delegates: the principal's own policies must then allow it too, which is not asked here.
#[must_use]
pub fn trusts_principal(policy: &Policy, arn: &Text, account: &Text) -> Found {
    let named = |name: &PrincipalName| by_arn(name, arn).or(by_account(name, account));
    assume(policy, ASSUME, principal(arn, account), Context::new(), named)
}

/// The same, by its ARN or by everyone only: within one account this is enough by itself.
#[must_use]
pub fn trusts_principal_directly(policy: &Policy, arn: &Text, account: &Text) -> Found {
    assume(policy, ASSUME, principal(arn, account), Context::new(), |name| {
        by_arn(name, arn)
    })
}

fn principal(arn: &Text, account: &Text) -> Caller {
    Caller {
        arn: Some(arn.clone()),
        account: Some(account.clone()),
        ..Caller::default()
    }
}

pub(crate) fn by_arn(name: &PrincipalName, arn: &Text) -> Answer {
    match name.kind {
        PrincipalType::Everyone => Answer::Yes,
        PrincipalType::Aws => matches(&Pattern::literal(&name.name), arn),
        PrincipalType::Service | PrincipalType::Federated | PrincipalType::Canonical => Answer::No,
    }
}

/// `123456789012` or `arn:aws:iam::123456789012:root`.
pub(crate) fn by_account(name: &PrincipalName, account: &Text) -> Answer {
    if name.kind != PrincipalType::Aws {
        return Answer::No;
    }
    let root = Text::plain("arn:*:iam::").concat(account).concat(&Text::plain(":root"));
    matches(&Pattern::literal(account), &name.name).or(matches(&Pattern::like(&root), &name.name))
}

fn is(name: &Text, wanted: &str) -> Answer {
    matches(&Pattern::literal(name), &Text::plain(wanted))
}

/// Looks for a request to assume the role by a principal that `named` recognises.
fn assume(
    policy: &Policy,
    action: &str,
    caller: Caller,
    fixed: Context,
    named: impl Fn(&PrincipalName) -> Answer,
) -> Found {
    let mut identity = Vec::new();
    for (index, statement) in policy.statements.iter().enumerate() {
        let exists = match statement.principals.as_ref().map_or(Answer::No, |p| names(p, &named)) {
            Answer::No => continue,
            Answer::Yes => Assumptions::new(),
            Answer::Depends(assumptions) => assumptions,
        };
        let alone = Policy {
            statements: vec![statement.clone()],
            span: policy.span,
            open: Assumptions::new(),
        };
        identity.push(Grant {
            policy: Arc::new(alone),
            id: u32::try_from(index).unwrap_or(u32::MAX),
            exists,
        });
    }
    let authority = Authority {
        caller,
        identity,
        open: policy.open.clone(),
        ..Authority::default()
    };
    let query = Query {
        action: action.to_owned(),
        resource: Text::plain("arn:aws:iam::*:role/*"),
        fixed,
        absent: std::collections::BTreeSet::new(),
    };
    let mut found = find(&authority, &query);
    for reason in &mut found.because {
        reason.statement = reason.grant as usize;
        reason.grant = 0;
    }
    found
}

/// Does a `Principal` or `NotPrincipal` element name whom `named` recognises?
fn names(principals: &Principals, named: &impl Fn(&PrincipalName) -> Answer) -> Answer {
    let mut listed = principals.items.iter().map(named).fold(Answer::No, Answer::or);
    if !principals.open.is_empty() {
        listed = listed.or(Answer::Depends(principals.open.clone()));
    }
    if principals.negated { listed.not() } else { listed }
}
