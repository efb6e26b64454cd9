//! The statements of an authority by the levels that they help to allow.
//!
//! Allowed is what every level allows and nothing denies. Identity policies, the permissions boundary, the policies of
//! the session and each level of control policies are such levels. A statement of a resource's policy that names the
//! caller stands in the place of several: of all but control policies when it is limited by nothing else, of identity
//! policies when it is limited as they are. A resource whose policy must allow is a level of its own, at which all other
//! resources are allowed. So `controls ∧ (unlimited ∨ (limited ∨ identity ∧ required) ∧ boundary ∧ session)`, which is
//! how requests are evaluated, is a conjunction of alternatives here.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use rolecall_source::{Span, Text};

use crate::resource::{self, Reach, ResourceGrant, Scope};
use crate::{Answer, Assumptions, Authority, Effect, Grant, Patterns, Policy, Statement, Template};

/// A statement where it stands.
pub(crate) struct Placed<'a, 'l> {
    pub(crate) statement: &'a Statement,
    /// The policy it is part of and its place there; none for what stands for something that is not known.
    pub(crate) part: Option<(&'a Arc<Policy>, usize)>,
    /// What must hold for it to be there.
    pub(crate) exists: Cow<'a, Assumptions>,
    /// It applies to these resources at most.
    pub(crate) scope: Option<&'a Scope>,
    /// The levels that an Allow helps to allow.
    pub(crate) levels: &'l [usize],
}

/// Visits each statement of an authority that may apply to its caller, among those that are `wanted` and those of the
/// policies of resources that are `concerned`; the number of levels.
pub(crate) fn each<'a>(
    authority: &'a Authority,
    wanted: &dyn Fn(&Statement) -> bool,
    concerned: &dyn Fn(&ResourceGrant) -> bool,
    visit: &mut dyn FnMut(Placed<'a, '_>),
) -> usize {
    let mut own: Vec<&'a [Grant]> = vec![&authority.identity];
    own.extend(authority.boundary.as_ref().map(std::slice::from_ref));
    own.extend(authority.session.as_deref());
    let limits = own.len();
    own.extend(authority.controls.iter().map(Vec::as_slice));
    for (level, grants) in own.iter().enumerate() {
        for grant in *grants {
            granted(grant, &[level], wanted, visit);
        }
    }
    if let Some(boundary) = authority.boundary.as_ref().filter(|b| !b.exists.is_empty()) {
        let Answer::Depends(exists) = Answer::Depends(boundary.exists.clone()).not() else {
            return own.len();
        };
        visit(anything(Effect::Allow, exists, None, &[1]));
    }
    let required = |r: &&ResourceGrant| r.reach != Reach::Adds;
    let resources = || authority.resources.iter().filter(|r| concerned(r));
    let requirements = own.len()..own.len() + resources().filter(required).count();
    let levels = Levels {
        unlimited: (0..limits).chain(requirements.clone()).collect(),
        limited: std::iter::once(0).chain(requirements.clone()).collect(),
    };
    let mut next = requirements.clone();
    for resource in resources() {
        let own = if required(&resource) { next.next() } else { None };
        levels.resource(authority, resource, own, wanted, visit);
    }
    requirements.end
}

fn granted<'a>(
    grant: &'a Grant,
    levels: &[usize],
    wanted: &dyn Fn(&Statement) -> bool,
    visit: &mut dyn FnMut(Placed<'a, '_>),
) {
    for (index, statement) in grant.policy.statements.iter().enumerate().filter(|(_, s)| wanted(s)) {
        visit(Placed {
            statement,
            part: Some((&grant.policy, index)),
            exists: Cow::Borrowed(&grant.exists),
            scope: None,
            levels,
        });
    }
}

/// The levels that a resource's policy helps to allow, by how it names the caller.
struct Levels {
    unlimited: Vec<usize>,
    limited: Vec<usize>,
}

impl Levels {
    /// The statements of a resource's policy; `own` is the level at which it must allow.
    fn resource<'a>(
        &self,
        authority: &Authority,
        resource: &'a ResourceGrant,
        own: Option<usize>,
        wanted: &dyn Fn(&Statement) -> bool,
        visit: &mut dyn FnMut(Placed<'a, '_>),
    ) {
        let own = own.as_slice();
        let foreign = resource.reach == Reach::Foreign;
        let grant = &resource.grant;
        let mut put = |statement: &'a Statement, index, named: Answer, levels: &[usize]| {
            let exists = match named {
                Answer::No => return,
                Answer::Yes => Cow::Borrowed(&grant.exists),
                Answer::Depends(named) => Cow::Owned(grant.exists.union(&named).cloned().collect()),
            };
            visit(Placed {
                statement,
                part: Some((&grant.policy, index)),
                exists,
                scope: Some(resource.scope()),
                levels,
            });
        };
        for (index, statement) in grant.policy.statements.iter().enumerate().filter(|(_, s)| wanted(s)) {
            if statement.effect == Effect::Deny {
                put(statement, index, resource::denied(statement, authority), &[]);
                continue;
            }
            let naming = resource::allowed(statement, authority);
            if foreign {
                put(
                    statement,
                    index,
                    naming.unlimited.or(naming.limited).or(naming.account),
                    own,
                );
                continue;
            }
            put(statement, index, naming.unlimited, &self.unlimited);
            put(statement, index, naming.limited, &self.limited);
            if !own.is_empty() {
                put(statement, index, naming.account, own);
            }
        }
        if !own.is_empty() {
            visit(anything(
                Effect::Allow,
                Assumptions::new(),
                Some(resource.beyond()),
                own,
            ));
            if !grant.exists.is_empty()
                && let Answer::Depends(absent) = Answer::Depends(grant.exists.clone()).not()
            {
                visit(anything(Effect::Allow, absent, None, own));
            }
        }
        if !grant.policy.open.is_empty() {
            let levels = if foreign { own } else { &self.unlimited };
            // What is not known counts alike for everybody.
            if let Answer::Depends(changes) = Answer::Depends(grant.policy.open.clone()).not() {
                let exists: Assumptions = changes.union(&grant.exists).cloned().collect();
                visit(anything(Effect::Allow, exists.clone(), Some(resource.scope()), levels));
                visit(anything(Effect::Deny, exists, Some(resource.scope()), &[]));
            }
        }
    }
}

fn anything<'a, 'l>(
    effect: Effect,
    exists: Assumptions,
    scope: Option<&'a Scope>,
    levels: &'l [usize],
) -> Placed<'a, 'l> {
    static ALLOW: LazyLock<Statement> = LazyLock::new(|| everything(Effect::Allow));
    static DENY: LazyLock<Statement> = LazyLock::new(|| everything(Effect::Deny));
    Placed {
        statement: match effect {
            Effect::Allow => &ALLOW,
            Effect::Deny => &DENY,
        },
        part: None,
        exists: Cow::Owned(exists),
        scope,
        levels,
    }
}

/// The statement that applies to every request.
fn everything(effect: Effect) -> Statement {
    Statement {
        sid: None,
        effect,
        span: Span::NOWHERE,
        actions: Patterns {
            items: vec![Template::parse(&Text::plain("*"), false)],
            ..Patterns::default()
        },
        resources: None,
        principals: None,
        conditions: Vec::new(),
        when: Vec::new(),
    }
}
