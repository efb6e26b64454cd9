//! Policies on resources, and how they name a caller.
//!
//! Follows [policy evaluation for requests within a single account](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html)
//! and [AWS JSON policy elements: Principal](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).

use std::sync::Arc;

use rolecall_source::{Assumption, Text};

use crate::pattern::{Pattern, matches};
use crate::trust::{by_account, by_arn};
use crate::{
    Answer, Assumptions, Authority, Caller, Grant, Patterns, PrincipalName, PrincipalType, Principals, Statement,
    Template,
};

/// What a policy on a resource means to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The resource is in the caller's account: what the policy allows, it adds.
    Adds,
    /// The same, but the caller's own policies allow nothing on it unless the policy hands that to its account:
    /// [keys of KMS](https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html), and roles.
    Decides,
    /// The resource is in another account: both the policy and the caller's own policies must allow
    /// ([cross-account policy evaluation logic](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html)).
    Foreign,
}

/// A policy on a resource.
#[derive(Clone, Debug)]
pub struct ResourceGrant {
    /// The document and where it came from.
    pub grant: Grant,
    /// What it means to the caller.
    pub reach: Reach,
    scope: Scope,
    beyond: Scope,
}

/// Resources, named by what they are within or beyond.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) patterns: Arc<Patterns>,
    /// The service that the named resource is of, where it says so.
    pub(crate) service: Option<Arc<str>>,
}

impl ResourceGrant {
    /// The policy of `resource`: it decides about the resource and what is in it (`…/*`, `…:*`) and about nothing else.
    #[must_use]
    pub fn new(grant: Grant, resource: &Text, reach: Reach) -> Self {
        let within = ["", "/*", ":*"].map(|tail| resource.concat(&Text::plain(tail)));
        let service = service(resource);
        let scope = |negated| Scope {
            patterns: Arc::new(Patterns {
                negated,
                items: within.iter().map(|t| Template::parse(t, false)).collect(),
                ..Patterns::default()
            }),
            service: service.clone(),
        };
        Self {
            grant,
            reach,
            scope: scope(false),
            beyond: scope(true),
        }
    }

    /// The same where `context` holds; `None` where it cannot be there beside it.
    pub(crate) fn given(&self, context: &Assumptions) -> Option<Self> {
        let grant = self.grant.given(context)?;
        Some(Self { grant, ..self.clone() })
    }

    /// The resources that it decides about.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// All others.
    pub(crate) fn beyond(&self) -> &Scope {
        &self.beyond
    }
}

/// The services on whose resources an action may be.
pub(crate) struct Services(Option<Vec<&'static str>>);

impl Services {
    /// Those of the resource types that the [service authorization reference](https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html)
    /// lists; any, for an action that it does not have and for types whose ARNs do not say their service.
    pub(crate) fn of(action: &str) -> Self {
        let Some(action) = rolecall_catalog::find_action(action) else {
            return Self(None);
        };
        let types = rolecall_catalog::resource_types(action.id);
        Self(types.map(|t| service_of_type(t.arn)).collect())
    }

    /// False only if no request for the action is about what `resource` is a policy of.
    pub(crate) fn concern(&self, resource: &ResourceGrant) -> bool {
        match (&self.0, &resource.scope.service) {
            (Some(services), Some(service)) => services.contains(&&**service),
            _ => true,
        }
    }
}

/// The service of a resource type, from its ARN as it is published; `None` where that leaves it open.
pub(crate) fn service_of_type(arn: &'static str) -> Option<&'static str> {
    arn.split(':').nth(2).filter(|s| !s.contains(['$', '*', '?']))
}

/// The service field of an ARN whose letters up to it are known, its partition aside.
fn service(resource: &Text) -> Option<Arc<str>> {
    let (flat, _) = resource.flat();
    let mut fields = flat.split(':');
    let (arn, _partition, service) = (fields.next()?, fields.next()?, fields.next()?);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let known = arn == "arn" && !service.is_empty() && service.chars().all(plain) && fields.next().is_some();
    known.then(|| service.into())
}

/// What the name of a caller in an Allow is limited by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Naming {
    /// By nothing but control policies: a user, the session of a role, everyone.
    pub(crate) unlimited: Answer,
    /// By the permissions boundary and the policies of the session, as identity policies are: a role.
    pub(crate) limited: Answer,
    /// Its account is named: the caller's own policies decide.
    pub(crate) account: Answer,
}

/// How an Allow names the caller of an authority.
pub(crate) fn allowed(statement: &Statement, authority: &Authority) -> Naming {
    let none = Naming {
        unlimited: Answer::No,
        limited: Answer::No,
        account: Answer::No,
    };
    let Some(principals) = &statement.principals else {
        return none;
    };
    let caller = &authority.caller;
    if principals.negated {
        return Naming {
            unlimited: listed(principals, |n| directly(n, caller)).not(),
            ..none
        };
    }
    let named = by_kind(listed(principals, |n| by_its_arn(n, caller)), authority, none);
    let everyone = |n: &PrincipalName| Answer::from_bool(n.kind == PrincipalType::Everyone);
    let unlimited = listed(principals, |n| everyone(n).or(by_session(n, caller)));
    Naming {
        unlimited: named.unlimited.or(unlimited),
        account: listed(principals, |n| by_its_account(n, caller)),
        ..named
    }
}

/// A user that is named is limited by nothing of its own, unless what acts is a session that it federated; a role that
/// is named is. Everyone, sessions, and who federated sessions name
/// [are not](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html).
fn by_kind(answer: Answer, authority: &Authority, none: Naming) -> Naming {
    if is_user(&authority.caller) && authority.session.is_none() {
        Naming {
            unlimited: answer,
            ..none
        }
    } else {
        Naming {
            limited: answer,
            ..none
        }
    }
}

fn is_user(caller: &Caller) -> bool {
    let by_arn = |arn: &Text| arn.flat().0.contains(":user/");
    caller
        .kind
        .map_or_else(|| caller.arn.as_ref().is_some_and(by_arn), |kind| kind == "User")
}

/// Does a Deny apply to the caller of an authority?
///
/// A Deny of all but some applies to every caller with a permissions boundary, whoever they are
/// ([permissions boundaries](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html)).
pub(crate) fn denied(statement: &Statement, authority: &Authority) -> Answer {
    let Some(principals) = &statement.principals else {
        return Answer::No;
    };
    let caller = &authority.caller;
    if principals.negated {
        let spared = listed(principals, |n| directly(n, caller).or(by_session(n, caller)));
        return match &authority.boundary {
            None => spared.not(),
            Some(boundary) if boundary.exists.is_empty() => Answer::Yes,
            Some(boundary) => spared.not().or(Answer::Depends(boundary.exists.clone())),
        };
    }
    let direct = listed(principals, |n| directly(n, caller).or(by_session(n, caller)));
    direct.or(listed(principals, |n| by_its_account(n, caller)))
}

fn listed(principals: &Principals, names: impl Fn(&PrincipalName) -> Answer) -> Answer {
    let known = principals.items.iter().map(names).fold(Answer::No, Answer::or);
    if principals.open.is_empty() {
        known
    } else {
        known.or(Answer::Depends(principals.open.clone()))
    }
}

fn directly(name: &PrincipalName, caller: &Caller) -> Answer {
    match name.kind {
        PrincipalType::Everyone => Answer::Yes,
        _ => by_its_arn(name, caller),
    }
}

fn by_its_arn(name: &PrincipalName, caller: &Caller) -> Answer {
    match &caller.arn {
        Some(arn) if name.kind == PrincipalType::Aws => by_arn(name, arn),
        _ => Answer::No,
    }
}

fn by_its_account(name: &PrincipalName, caller: &Caller) -> Answer {
    match &caller.account {
        Some(account) => by_account(name, account),
        None => Answer::No,
    }
}

/// `arn:aws:sts::123456789012:assumed-role/name/session` of the caller's role.
fn by_session(name: &PrincipalName, caller: &Caller) -> Answer {
    let fields = || Some((name.name.split(":")?, caller.arn.as_ref()?.split(":")?));
    let Some((named, own)) = fields().filter(|_| name.kind == PrincipalType::Aws) else {
        return Answer::No;
    };
    let (Some(resource), Some(role)) = (named.get(5).and_then(Text::as_str), own.get(5).and_then(Text::as_str)) else {
        return Answer::No;
    };
    let (Some(session), Some(role)) = (resource.strip_prefix("assumed-role/"), role.strip_prefix("role/")) else {
        return Answer::No;
    };
    let role = role.rsplit('/').next().unwrap_or(role);
    let Some((_, session)) = session.split_once('/').filter(|(of, _)| *of == role) else {
        return Answer::No;
    };
    let same = |at: usize| match (named.get(at), own.get(at)) {
        (Some(a), Some(b)) => matches(&Pattern::literal(a), b),
        _ => Answer::No,
    };
    let named_so = Assumption::new(format!("its session is called `{session}`"));
    same(1).and(same(4)).and(Answer::Depends(Assumptions::from([named_so])))
}
