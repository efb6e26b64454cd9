//! The accounts of a scan, and which of them are one.

use rolecall_facts::{Configuration, ScopeId};
use rolecall_iam::Assumptions;
use rolecall_source::{Assumption, Text};
use rustc_hash::FxHashMap;
use std::sync::Arc;

use crate::account::is_account;

/// One account of one configuration.
#[derive(Clone, Debug)]
struct Place {
    configuration: usize,
    account: Text,
    partition: Text,
    /// The account is written in the configuration or stated by the user, not gathered from ARNs.
    stated: bool,
}

/// What is known of two accounts of different configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// Both are stated, and the same.
    Same,
    /// They cannot be the same.
    Different,
    /// Nobody says.
    Possible,
}

/// The accounts of a scan. Configurations refer to them by [`ScopeId`]; scopes of one account are one place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts {
    places: Vec<Place>,
    /// By configuration and scope.
    of: Vec<Vec<usize>>,
    ids: Vec<Arc<str>>,
    /// By configuration: the names that another configuration declares as well, as numbers.
    shared: Vec<Vec<u32>>,
    /// Accounts of two configurations of which one refers to what the other declares, the smaller first.
    evidence: FxHashMap<(usize, usize), Assumptions>,
}

impl Accounts {
    /// Reads the accounts of configurations. `stated` says of each scope whether its account is stated.
    pub(crate) fn of(configurations: &[Configuration], stated: &[Vec<bool>]) -> Self {
        let mut accounts = Self {
            shared: shared(configurations),
            ..Self::default()
        };
        for (index, configuration) in configurations.iter().enumerate() {
            let first = accounts.places.len();
            let mut of = Vec::new();
            for (scope, fact) in configuration.scopes.iter().enumerate() {
                let known = accounts.places.iter().enumerate().skip(first);
                let mut known = known.filter(|(_, p)| p.account == fact.account && p.partition == fact.partition);
                let at = known.next().map_or(accounts.places.len(), |(at, _)| at);
                if at == accounts.places.len() {
                    accounts.places.push(Place {
                        configuration: index,
                        account: fact.account.clone(),
                        partition: fact.partition.clone(),
                        stated: stated.get(index).and_then(|s| s.get(scope)).copied().unwrap_or(false),
                    });
                }
                of.push(at);
            }
            if of.is_empty() {
                of.push(accounts.places.len());
                accounts.places.push(Place {
                    configuration: index,
                    account: Text::plain(""),
                    partition: Text::plain("aws"),
                    stated: false,
                });
            }
            accounts.of.push(of);
            accounts.ids.push(Arc::clone(&configuration.id));
        }
        accounts
    }

    /// The account of a scope.
    pub(crate) fn place(&self, configuration: usize, scope: ScopeId) -> usize {
        let of = self.of.get(configuration);
        of.and_then(|of| of.get(scope.0 as usize).or(of.first()))
            .copied()
            .unwrap_or(0)
    }

    /// How the account of `to` stands to that of `from`, of another configuration, where a reference from there says
    /// that it is in the account `says`.
    pub(crate) fn relation(&self, from: usize, to: usize, says: Option<&str>) -> Relation {
        let (Some(from), Some(to)) = (self.places.get(from), self.places.get(to)) else {
            return Relation::Different;
        };
        let differ = |a: Option<&str>, b: Option<&str>| a.zip(b).is_some_and(|(a, b)| a != b);
        let (a, b) = (digits(&from.account), digits(&to.account));
        if differ(a, b)
            || differ(says, b)
            || differ(from.partition.as_str(), to.partition.as_str())
            || self.apart(from.configuration, to.configuration)
        {
            return Relation::Different;
        }
        let told = says.is_some() || from.stated;
        if told && to.stated && b.is_some() && (says.or(a) == b) {
            Relation::Same
        } else {
            Relation::Possible
        }
    }

    /// True iff both configurations declare something of one name. IAM's names are unique in an account:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    fn apart(&self, a: usize, b: usize) -> bool {
        let (Some(a), Some(b)) = (self.shared.get(a), self.shared.get(b)) else {
            return false;
        };
        let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
        short.iter().any(|n| long.binary_search(n).is_ok())
    }

    /// That two accounts are one.
    pub(crate) fn assumption(&self, a: usize, b: usize) -> Assumption {
        let id = |place: usize| {
            let place = self.places.get(place);
            place.and_then(|p| self.ids.get(p.configuration)).map_or("", |id| &**id)
        };
        let (a, b) = (id(a), id(b));
        Assumption::new(format!("`{}` and `{}` deploy to one account", a.min(b), a.max(b)))
    }

    /// Notes that the configuration of one account refers to what that of the other declares.
    pub(crate) fn note(&mut self, a: usize, b: usize, assumes: Assumptions) {
        let known = self.evidence.entry((a.min(b), a.max(b)));
        known
            .and_modify(|k| {
                if assumes.len() < k.len() {
                    k.clone_from(&assumes);
                }
            })
            .or_insert(assumes);
    }

    /// What must hold for two accounts to be one; `None` when nothing says that they may be.
    pub(crate) fn same(&self, a: usize, b: usize) -> Option<Assumptions> {
        if a == b {
            return Some(Assumptions::new());
        }
        let configuration = |p: usize| self.places.get(p).map(|p| p.configuration);
        if configuration(a) == configuration(b) {
            return None;
        }
        match self.relation(a, b, None) {
            Relation::Different => None,
            Relation::Same => Some(Assumptions::new()),
            Relation::Possible => self.evidence.get(&(a.min(b), a.max(b))).cloned(),
        }
    }

    /// For each configuration, its account symbols that another one stands for: accounts that may be one become one
    /// symbol, unless that made two accounts of one configuration the same.
    pub(crate) fn unified(&self) -> Vec<Vec<(Text, Text)>> {
        let mut groups: Vec<usize> = (0..self.places.len()).collect();
        let mut members: Vec<Vec<usize>> = groups.iter().map(|i| vec![*i]).collect();
        let mut pairs: Vec<(usize, usize)> = self.evidence.keys().copied().collect();
        pairs.sort_unstable();
        let symbol = |p: usize| self.places.get(p).is_some_and(|p| p.account.as_symbol().is_some());
        for (a, b) in pairs {
            let (Some(&a), Some(&b)) = (groups.get(a), groups.get(b)) else {
                continue;
            };
            if a == b || !symbol(a) || !symbol(b) || self.same_configuration(&members, a, b) {
                continue;
            }
            let (keep, give) = (a.min(b), a.max(b));
            let moved = members.get_mut(give).map(std::mem::take).unwrap_or_default();
            for place in &moved {
                if let Some(group) = groups.get_mut(*place) {
                    *group = keep;
                }
            }
            if let Some(kept) = members.get_mut(keep) {
                kept.extend(moved);
            }
        }
        let mut out = vec![Vec::new(); self.of.len()];
        for (place, group) in groups.iter().enumerate().filter(|(p, g)| p != *g) {
            if let (Some(from), Some(to)) = (self.places.get(place), self.places.get(*group))
                && let Some(out) = out.get_mut(from.configuration)
            {
                out.push((from.account.clone(), to.account.clone()));
            }
        }
        out
    }

    fn same_configuration(&self, members: &[Vec<usize>], a: usize, b: usize) -> bool {
        let configurations = |g: usize| {
            let places = members.get(g).into_iter().flatten();
            places.filter_map(|p| self.places.get(*p).map(|p| p.configuration))
        };
        configurations(a).any(|c| configurations(b).any(|d| c == d))
    }
}

fn digits(account: &Text) -> Option<&str> {
    account.as_str().filter(|a| is_account(a))
}

/// By configuration, the numbers of the names that it certainly declares and another one does as well, sorted.
fn shared(configurations: &[Configuration]) -> Vec<Vec<u32>> {
    let mut declared: FxHashMap<(&str, &str), Vec<usize>> = FxHashMap::default();
    let mut order = Vec::new();
    for (index, c) in configurations.iter().enumerate() {
        let principals = c.principals.iter().filter(|p| p.declared);
        let principals = principals.map(|p| (p.kind.word(), &p.name, &p.origin));
        let policies = c.policies.iter().map(|p| ("policy", &p.name, &p.origin));
        let profiles = c.profiles.iter().filter(|p| p.declared);
        let profiles = profiles.map(|p| ("profile", &p.name, &p.origin));
        for (kind, name, origin) in principals.chain(policies).chain(profiles) {
            let certain = origin.exists.is_empty() && !origin.open;
            if let Some(name) = name.as_str().filter(|_| certain) {
                let by = declared.entry((kind, name)).or_default();
                if by.is_empty() {
                    order.push((kind, name));
                }
                if by.last() != Some(&index) {
                    by.push(index);
                }
            }
        }
    }
    let mut out = vec![Vec::new(); configurations.len()];
    for (number, key) in (0..).zip(order) {
        let by = declared.get(&key).map_or(&[][..], Vec::as_slice);
        for index in by.iter().filter(|_| by.len() > 1) {
            if let Some(out) = out.get_mut(*index) {
                out.push(number);
            }
        }
    }
    out
}
