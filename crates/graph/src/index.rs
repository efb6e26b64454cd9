//! Where in the scan things are declared, by name.

use std::sync::Arc;

use rolecall_facts::{
    Compute, Configuration, InstanceProfile, Language, ManagedPolicy, PrincipalKind, PrincipalRef, ScopeId,
};
use rolecall_iam::Assumptions;
use rolecall_source::{Piece, Text};
use rustc_hash::FxHashMap;

use crate::accounts::{Accounts, Relation};
use crate::references::{arn_fits, last_segment, literal_account, looked_up, same_arn, starts_with_arn};

/// A fact: which configuration's, and its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) configuration: usize,
    pub(crate) fact: usize,
}

/// What the rest of the scan has for a reference that its own configuration cannot resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    /// Nothing.
    Nowhere,
    /// One configuration declares it.
    One {
        /// The facts: more than one where conditions decide between them.
        facts: Vec<At>,
        /// Their account.
        place: usize,
        /// What must hold for them to be meant.
        assumes: Assumptions,
    },
    /// Several configurations do, and nothing says which one is meant.
    Several(Vec<usize>),
}

impl Elsewhere {
    /// The facts that are meant, and what that relies on.
    pub(crate) fn one(self) -> Option<(Vec<At>, Assumptions)> {
        match self {
            Self::One { facts, assumes, .. } => Some((facts, assumes)),
            Self::Nowhere | Self::Several(_) => None,
        }
    }
}

/// Who refers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct From {
    pub(crate) configuration: usize,
    pub(crate) scope: ScopeId,
}

/// Everything that configurations declare, by name.
pub(crate) struct Index<'a> {
    configurations: &'a [Configuration],
    accounts: &'a Accounts,
    principals: FxHashMap<(PrincipalKind, Text), Vec<At>>,
    policies: FxHashMap<Text, Vec<At>>,
    profiles: FxHashMap<Text, Vec<At>>,
    compute: FxHashMap<(Arc<str>, Text), Vec<At>>,
}

impl<'a> Index<'a> {
    pub(crate) fn of(configurations: &'a [Configuration], accounts: &'a Accounts) -> Self {
        let mut index = Self {
            configurations,
            accounts,
            principals: FxHashMap::default(),
            policies: FxHashMap::default(),
            profiles: FxHashMap::default(),
            compute: FxHashMap::default(),
        };
        for (configuration, c) in configurations.iter().enumerate() {
            let at = |fact: usize| At { configuration, fact };
            for (fact, p) in c.principals.iter().enumerate().filter(|(_, p)| p.declared) {
                let key = (p.kind, p.name.clone());
                index.principals.entry(key).or_default().push(at(fact));
            }
            for (fact, p) in c.policies.iter().enumerate() {
                index.policies.entry(key(&p.arn)).or_default().push(at(fact));
            }
            for (fact, p) in c.profiles.iter().enumerate() {
                index.profiles.entry(p.name.clone()).or_default().push(at(fact));
            }
            for (fact, node) in c.compute.iter().enumerate() {
                for name in node.names.iter().chain(&node.arn) {
                    let key = (Arc::clone(&node.kind), name.clone());
                    let known = index.compute.entry(key).or_default();
                    if known.last() != Some(&at(fact)) {
                        known.push(at(fact));
                    }
                }
            }
        }
        index
    }

    pub(crate) fn configuration(&self, index: usize) -> Option<&'a Configuration> {
        self.configurations.get(index)
    }

    pub(crate) fn configurations(&self) -> &'a [Configuration] {
        self.configurations
    }

    pub(crate) fn accounts(&self) -> &'a Accounts {
        self.accounts
    }

    pub(crate) fn policy(&self, at: At) -> Option<&'a ManagedPolicy> {
        self.configuration(at.configuration)?.policies.get(at.fact)
    }

    pub(crate) fn profile(&self, at: At) -> Option<&'a InstanceProfile> {
        self.configuration(at.configuration)?.profiles.get(at.fact)
    }

    pub(crate) fn compute(&self, at: At) -> Option<&'a Compute> {
        self.configuration(at.configuration)?.compute.get(at.fact)
    }

    /// True iff the configuration itself declares the principal.
    pub(crate) fn declares(&self, from: From, by: &PrincipalRef) -> bool {
        let mine = self.configuration(from.configuration);
        let candidates = self.principals.get(&(by.kind, name_of(&by.by)));
        let mut candidates = candidates
            .into_iter()
            .flatten()
            .filter(|at| at.configuration == from.configuration);
        candidates.any(|at| {
            let fact = mine.and_then(|c| c.principals.get(at.fact));
            fact.is_some_and(|f| f.scope == by.scope || starts_with_arn(&by.by))
        })
    }

    /// The principal that a reference means, declared by another configuration.
    pub(crate) fn principal_elsewhere(&self, from: From, by: &PrincipalRef) -> Elsewhere {
        let candidates = self.principals.get(&(by.kind, name_of(&by.by)));
        let fact = |at: At| self.configuration(at.configuration)?.principals.get(at.fact);
        self.elsewhere(from, &by.by, candidates, |at| {
            let fact = fact(at)?;
            (!starts_with_arn(&by.by) || arn_fits(&by.by, &fact.arn)).then_some(fact.scope)
        })
    }

    /// The configuration's own policy with this ARN, and what that relies on.
    pub(crate) fn own_policy(&self, from: From, arn: &Text) -> Option<(At, Assumptions)> {
        let candidates = self.policies.get(&key(arn)).into_iter().flatten();
        let own = candidates.filter(|at| at.configuration == from.configuration);
        let same = |at: &At| Some((*at, same_arn(arn, &self.policy(*at)?.arn)?));
        own.filter_map(same).min_by_key(|(_, assumes)| assumes.len())
    }

    /// The policy with this ARN, declared by another configuration.
    pub(crate) fn policy_elsewhere(&self, from: From, arn: &Text) -> Elsewhere {
        let by_name = looked_up(arn);
        self.elsewhere(from, arn, self.policies.get(&key(arn)), |at| {
            let fact = self.policy(at)?;
            (by_name || arn_fits(arn, &fact.arn)).then_some(fact.scope)
        })
    }

    /// The configuration's own profiles whose name, or the name in whose ARN, this is.
    pub(crate) fn own_profiles(&self, from: From, by: &Text) -> impl Iterator<Item = (At, &'a InstanceProfile)> {
        let candidates = self.profiles.get(&name_of(by)).into_iter().flatten();
        candidates
            .filter(move |at| at.configuration == from.configuration)
            .filter_map(|at| Some((*at, self.profile(*at)?)))
    }

    /// The instance profile with this name or ARN, declared by another configuration.
    pub(crate) fn profile_elsewhere(&self, from: From, by: &Text) -> Elsewhere {
        self.elsewhere(from, by, self.profiles.get(&name_of(by)), |at| {
            let fact = self.profile(at).filter(|f| f.declared)?;
            (!starts_with_arn(by) || arn_fits(by, &fact.arn)).then_some(fact.scope)
        })
    }

    /// The configuration's own compute of this kind with this name.
    pub(crate) fn own_compute(&self, from: From, kind: &Arc<str>, name: &Text) -> Option<At> {
        let candidates = self.compute.get(&(Arc::clone(kind), name.clone()))?;
        candidates
            .iter()
            .find(|at| at.configuration == from.configuration)
            .copied()
    }

    /// The compute of this kind with this name, declared by another configuration. Its names are unique in a region.
    pub(crate) fn compute_elsewhere(&self, from: From, kind: &Arc<str>, name: &Text) -> Elsewhere {
        let region = self.region(from.configuration, from.scope);
        let candidates = self.compute.get(&(Arc::clone(kind), name.clone()));
        self.elsewhere(from, name, candidates, |at| {
            let scope = self.compute(at)?.scope;
            let other = self.region(at.configuration, scope);
            let differ = region.and_then(Text::as_str).zip(other.and_then(Text::as_str));
            differ.is_none_or(|(a, b)| a == b).then_some(scope)
        })
    }

    fn region(&self, configuration: usize, scope: ScopeId) -> Option<&'a Text> {
        let scopes = &self.configuration(configuration)?.scopes;
        scopes.get(scope.0 as usize).map(|s| &s.region)
    }

    /// The candidates of other configurations whose account may be that of `from`, if one configuration has them all.
    /// Those whose account is certainly the same come before others.
    fn elsewhere(
        &self,
        from: From,
        by: &Text,
        candidates: Option<&Vec<At>>,
        fits: impl Fn(At) -> Option<ScopeId>,
    ) -> Elsewhere {
        let place = self.accounts.place(from.configuration, from.scope);
        let mut best = Relation::Possible;
        let mut found: Vec<(usize, Vec<At>)> = Vec::new();
        for at in candidates
            .into_iter()
            .flatten()
            .filter(|a| a.configuration != from.configuration)
        {
            let Some(scope) = fits(*at) else { continue };
            let to = self.accounts.place(at.configuration, scope);
            let relation = self.accounts.relation(place, to, literal_account(by));
            if relation == Relation::Different || relation == Relation::Possible && best == Relation::Same {
                continue;
            }
            if relation == Relation::Same && best == Relation::Possible {
                found.clear();
                best = Relation::Same;
            }
            match found.iter_mut().find(|(place, _)| *place == to) {
                Some((_, facts)) => facts.push(*at),
                None => found.push((to, vec![*at])),
            }
        }
        match (found.pop(), found.is_empty()) {
            (None, _) => Elsewhere::Nowhere,
            (Some((to, facts)), true) => {
                let certain = best == Relation::Same || self.imported(from, &facts, by);
                let assumption = (!certain).then(|| self.accounts.assumption(place, to));
                Elsewhere::One {
                    facts,
                    place: to,
                    assumes: assumption.into_iter().collect(),
                }
            }
            (Some(last), false) => {
                found.push(last);
                let configurations = found.iter().filter_map(|(_, f)| f.first()).map(|at| at.configuration);
                Elsewhere::Several(configurations.collect())
            }
        }
    }

    /// True iff a template names what only the other template knows: an export, which is unique in an account.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html>
    fn imported(&self, from: From, facts: &[At], by: &Text) -> bool {
        let template = |index: usize| {
            let configuration = self
                .configuration(index)
                .filter(|c| c.language == Language::CloudFormation);
            configuration.is_some()
        };
        let own = self.configuration(from.configuration);
        let mine = |s| own.is_some_and(|c| c.scopes.iter().any(|p| p.account.as_symbol() == Some(s)));
        let known = by.symbols().all(mine);
        !known && template(from.configuration) && facts.iter().all(|at| template(at.configuration))
    }
}

/// The name in a reference.
pub(crate) fn name_of(by: &Text) -> Text {
    if starts_with_arn(by) {
        last_segment(by)
    } else {
        by.clone()
    }
}

/// The last letters of an ARN, which policies are looked up by: the name, if it is known.
fn key(arn: &Text) -> Text {
    let last = last_segment(arn);
    match last.pieces() {
        [.., Piece::Letters(letters)] if last.pieces().len() > 1 => Text::plain(letters),
        _ => last,
    }
}
