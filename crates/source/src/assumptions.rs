use std::collections::BTreeSet;
use std::ops::Deref;

use crate::{Assumption, contradict};

/// Most sufficient sets that are kept of one answer.
const SETS: usize = 8;

type Set = BTreeSet<Assumption>;

/// What an answer relies on, sorted: a set of assumptions that is enough, and other sets that would be enough too.
///
/// It reads as the first set, the one with the fewest assumptions. The others are kept only where it matters: an
/// assumption about the state of a symbol may turn out to be impossible beside what another answer relies on, and then
/// the next set counts. So joining loses no way to a Yes, and what is impossible in every way is told apart from what
/// depends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Assumptions {
    first: Set,
    others: Vec<Set>,
    /// There are more sufficient sets than are kept.
    more: bool,
}

impl Assumptions {
    /// None: the answer relies on nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            first: Set::new(),
            others: Vec::new(),
            more: false,
        }
    }

    /// Adds one assumption.
    pub fn insert(&mut self, assumption: Assumption) {
        for other in &mut self.others {
            other.insert(assumption.clone());
        }
        self.first.insert(assumption);
    }

    /// Keeps those assumptions for which `keep` is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&Assumption) -> bool) {
        self.first.retain(&mut keep);
        for other in &mut self.others {
            other.retain(&mut keep);
        }
    }

    /// Both; `None` iff they cannot hold together in any way.
    #[must_use]
    pub fn and(self, other: Self) -> Option<Self> {
        let more = self.more || other.more;
        let mut joined = Vec::new();
        for a in self.sets() {
            for b in other.sets() {
                let both: Set = a.union(b).cloned().collect();
                if !contradict(&both) {
                    joined.push(both);
                }
            }
        }
        if joined.is_empty() && more {
            // One of the ways that were not kept may be possible.
            joined.push(self.first.union(&other.first).cloned().collect());
        }
        Self::of(joined, more)
    }

    /// Adds others. Where they cannot hold together, all are kept and [`Self::are_impossible`] tells.
    pub fn join(&mut self, others: &Self) {
        let joined = self.clone().and(others.clone());
        *self = joined.unwrap_or_else(|| self.first.union(&others.first).cloned().collect());
    }

    /// Either; `None` iff one of them always holds.
    #[must_use]
    pub fn or(self, other: Self) -> Option<Self> {
        let opposites = |a: &Set| {
            let only = |s: &Set| (s.len() == 1).then(|| s.first().cloned()).flatten();
            only(a).is_some_and(|a| other.sets().any(|b| only(b).is_some_and(|b| a.is_opposite(&b))))
        };
        if self.first.is_empty() || other.first.is_empty() || self.sets().any(opposites) {
            return None;
        }
        let more = self.more || other.more;
        let sets = self.sets().chain(other.sets()).cloned().collect();
        Self::of(sets, more)
    }

    /// What is left to assume where `context` holds: `None` iff they cannot hold beside it.
    #[must_use]
    pub fn given(&self, context: &Set) -> Option<Self> {
        let possible = |set: &&Set| !contradict(set.iter().chain(context));
        let open = |a: &&Assumption| !(context.contains(*a) || contradict(context.iter().chain([&a.opposite("")])));
        let rest = |set: &Set| set.iter().filter(open).cloned().collect();
        let left: Vec<Set> = self.sets().filter(possible).map(rest).collect();
        if left.is_empty() && self.more {
            return Some(self.clone());
        }
        Self::of(left, self.more)
    }

    /// True iff one of them is about the state of a symbol.
    #[must_use]
    pub fn have_subjects(&self) -> bool {
        self.sets().flatten().any(Assumption::has_subject)
    }

    /// All sets that are enough.
    pub fn sets(&self) -> impl Iterator<Item = &BTreeSet<Assumption>> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// True iff they cannot all hold.
    #[must_use]
    pub fn are_impossible(&self) -> bool {
        !self.more && self.sets().all(contradict)
    }

    fn of(mut sets: Vec<Set>, mut more: bool) -> Option<Self> {
        sets.sort_by_key(Set::len);
        let mut kept: Vec<Set> = Vec::new();
        for set in sets {
            if !kept.iter().any(|k| k.is_subset(&set)) {
                kept.push(set);
            }
        }
        // What can be contradicted by nothing is never less possible than the sets after it.
        if let Some(at) = kept.iter().position(|s| !s.iter().any(Assumption::has_subject)) {
            kept.truncate(at + 1);
        }
        more |= kept.len() > SETS;
        kept.truncate(SETS);
        let mut kept = kept.into_iter();
        Some(Self {
            first: kept.next()?,
            others: kept.collect(),
            more,
        })
    }
}

impl Deref for Assumptions {
    type Target = BTreeSet<Assumption>;

    fn deref(&self) -> &Self::Target {
        &self.first
    }
}

impl From<Set> for Assumptions {
    fn from(first: Set) -> Self {
        Self { first, ..Self::new() }
    }
}

impl<const N: usize> From<[Assumption; N]> for Assumptions {
    fn from(all: [Assumption; N]) -> Self {
        Set::from(all).into()
    }
}

impl FromIterator<Assumption> for Assumptions {
    fn from_iter<I: IntoIterator<Item = Assumption>>(all: I) -> Self {
        Set::from_iter(all).into()
    }
}

impl Extend<Assumption> for Assumptions {
    fn extend<I: IntoIterator<Item = Assumption>>(&mut self, all: I) {
        for assumption in all {
            self.insert(assumption);
        }
    }
}

impl IntoIterator for Assumptions {
    type Item = Assumption;
    type IntoIter = std::collections::btree_set::IntoIter<Assumption>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter()
    }
}

impl<'a> IntoIterator for &'a Assumptions {
    type Item = &'a Assumption;
    type IntoIter = std::collections::btree_set::Iter<'a, Assumption>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Class, Symbol};

    fn is(text: &str, state: &str) -> Assumptions {
        let env = Symbol::new("env", "env", "is not known", Class::Any);
        [Assumption::state(&env.is_among(&[text]), state)].into()
    }

    fn plain(clause: &str) -> Assumptions {
        [Assumption::new(clause)].into()
    }

    #[test]
    fn joining_finds_the_way_that_is_possible() {
        let either = is("a", "true").or(is("b", "true")).unwrap();
        assert_eq!(
            either.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["`env == \"a\"` is true"]
        );
        let both = either.clone().and(is("b", "true")).unwrap();
        assert_eq!(both, is("b", "true"));
        assert_eq!(either.clone().and(is("c", "true")), None);
        assert!(either.and(is("a", "false")).is_some_and(|a| !a.are_impossible()));
    }

    #[test]
    fn what_nothing_contradicts_needs_no_alternative() {
        let or = plain("x is y").or(is("a", "true")).unwrap();
        assert_eq!(or.sets().count(), 1);
        let two = plain("x is y").and(plain("z is y")).unwrap();
        assert_eq!(two.or(is("a", "true")).unwrap().sets().count(), 2);
    }

    #[test]
    fn a_condition_or_its_opposite_always_holds() {
        assert_eq!(is("a", "true").or(is("a", "false")), None);
        let flag = Symbol::new("flag", "flag", "is not known", Class::Any);
        let (yes, no) = (Assumption::state(&flag, "true"), Assumption::state(&flag, "false"));
        assert_eq!(Assumptions::from([yes]).or([no].into()), None);
        assert!(is("a", "true").or(is("b", "false")).is_some());
    }

    #[test]
    fn a_context_decides_what_it_is_about() {
        let context = is("a", "true");
        assert_eq!(is("a", "true").given(&context), Some(Assumptions::new()));
        assert_eq!(is("b", "false").given(&context), Some(Assumptions::new()));
        assert_eq!(is("b", "true").given(&context), None);
        assert_eq!(plain("x is y").given(&context), Some(plain("x is y")));
        assert_eq!(is("b", "true").given(&is("a", "false")), Some(is("b", "true")));
        let either = is("b", "true").or(is("c", "true")).unwrap();
        assert_eq!(either.given(&is("b", "false")), Some(is("c", "true")));
    }

    #[test]
    fn more_ways_than_are_kept_prove_nothing_impossible() {
        let many = (0..2 * SETS).map(|i| is(&i.to_string(), "true"));
        let many = many.reduce(|a, b| a.or(b).unwrap()).unwrap();
        assert_eq!(many.sets().count(), SETS);
        let last = (2 * SETS - 1).to_string();
        assert!(many.and(is(&last, "true")).is_some());
    }
}
