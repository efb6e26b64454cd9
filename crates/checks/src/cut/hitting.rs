//! The fewest things of which every set holds one.

use std::collections::BTreeSet;

/// Most branches that are tried before what is known is taken.
const MOST: usize = 100_000;

/// A choice, and whether no smaller one exists.
pub(super) struct Hitting {
    pub(super) chosen: BTreeSet<usize>,
    pub(super) minimal: bool,
}

/// The fewest numbers of which every one of `sets` holds one; of equals, the first in order of number. Sets without
/// numbers are left out: nothing hits them.
pub(super) fn smallest(sets: &[BTreeSet<usize>]) -> Hitting {
    let sets: Vec<&BTreeSet<usize>> = sets.iter().filter(|s| !s.is_empty()).collect();
    let mut search = Search {
        best: greedy(&sets),
        sets,
        left: MOST,
    };
    search.branch(&mut BTreeSet::new());
    Hitting {
        minimal: search.left > 0,
        chosen: search.best,
    }
}

struct Search<'s> {
    sets: Vec<&'s BTreeSet<usize>>,
    best: BTreeSet<usize>,
    left: usize,
}

impl Search<'_> {
    fn branch(&mut self, chosen: &mut BTreeSet<usize>) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        let open: Vec<&BTreeSet<usize>> = self.sets.iter().copied().filter(|s| s.is_disjoint(chosen)).collect();
        let Some(first) = open.iter().min_by_key(|s| s.len()) else {
            if chosen.len() < self.best.len() {
                self.best.clone_from(chosen);
            }
            return;
        };
        if chosen.len() + apart(&open) >= self.best.len() {
            return;
        }
        for number in first.iter().copied() {
            chosen.insert(number);
            self.branch(chosen);
            chosen.remove(&number);
        }
    }
}

/// How many of the sets have nothing in common: at least so many numbers are needed.
fn apart(sets: &[&BTreeSet<usize>]) -> usize {
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let mut count = 0;
    for set in sets {
        if set.is_disjoint(&taken) {
            taken.extend(set.iter().copied());
            count += 1;
        }
    }
    count
}

/// The number that hits most, again and again.
fn greedy(sets: &[&BTreeSet<usize>]) -> BTreeSet<usize> {
    let mut chosen = BTreeSet::new();
    loop {
        let open = || sets.iter().filter(|s| s.is_disjoint(&chosen));
        let numbers: BTreeSet<usize> = open().flat_map(|s| s.iter().copied()).collect();
        let hits = |n: usize| open().filter(|s| s.contains(&n)).count();
        let Some(most) = numbers.into_iter().max_by_key(|n| (hits(*n), std::cmp::Reverse(*n))) else {
            return chosen;
        };
        chosen.insert(most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(of: &[&[usize]]) -> Vec<BTreeSet<usize>> {
        of.iter().map(|s| s.iter().copied().collect()).collect()
    }

    #[test]
    fn what_looks_best_first_is_not_always_best() {
        // 0 hits most, and then 1, 2 and 3 are still needed; 1, 2 and 3 alone are enough.
        let all = sets(&[&[0, 1], &[0, 2], &[0, 3], &[1], &[2], &[3]]);
        let found = smallest(&all);
        assert_eq!(found.chosen, BTreeSet::from([1, 2, 3]));
        assert!(found.minimal);
        assert!(smallest(&sets(&[&[], &[]])).chosen.is_empty());
    }

    /// Against every choice, on many small cases made by a fixed sequence.
    #[test]
    fn as_few_as_trying_everything() {
        let mut state = 1_u64;
        let mut next = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..400 {
            let count = next(9);
            let sets: Vec<BTreeSet<usize>> = (0..count)
                .map(|_| (0..=next(3)).map(|_| usize::try_from(next(8)).unwrap()).collect())
                .collect();
            let found = smallest(&sets);
            assert!(found.minimal && sets.iter().all(|s| !s.is_disjoint(&found.chosen)));
            let hits = |mask: u32| sets.iter().all(|s| s.iter().any(|n| mask & (1 << n) != 0));
            let least = (0u32..256).filter(|m| hits(*m)).map(u32::count_ones).min().unwrap();
            assert_eq!(found.chosen.len(), usize::try_from(least).unwrap(), "{sets:?}");
        }
    }
}
