//! Sets of actions: one bit for each action of the catalogue.

/// A set of actions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bits(Box<[u64]>);

impl Bits {
    /// No action.
    pub(crate) fn none() -> Self {
        Self(vec![0; rolecall_catalog::action_count().div_ceil(64)].into())
    }

    /// Every action.
    pub(crate) fn all() -> Self {
        let mut bits = Self::none();
        bits.insert_range(0..rolecall_catalog::action_count());
        bits
    }

    pub(crate) fn insert(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    pub(crate) fn insert_range(&mut self, range: std::ops::Range<usize>) {
        for (at, word) in self.0.iter_mut().enumerate() {
            let from = range.start.clamp(at * 64, at * 64 + 64) - at * 64;
            let to = range.end.clamp(at * 64, at * 64 + 64) - at * 64;
            if from < to {
                *word |= (u64::MAX >> (64 - (to - from))) << from;
            }
        }
    }

    pub(crate) fn contains(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|w| w >> (at % 64) & 1 == 1)
    }

    /// Adds what `other` has.
    pub(crate) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    /// Takes away what `other` has.
    pub(crate) fn remove(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= !b);
    }

    /// What is not in the set.
    pub(crate) fn complement(&self) -> Self {
        let mut all = Self::all();
        all.remove(self);
        all
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|w| *w == 0)
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.0
    }

    /// The actions in the set, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        ones(self.0.iter().copied())
    }

    /// The actions in this set and not in `other`, in order.
    pub(crate) fn minus<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = usize> + 'a {
        ones(self.0.iter().zip(&other.0).map(|(a, b)| a & !b))
    }
}

/// The places of the bits that are set.
fn ones(words: impl Iterator<Item = u64>) -> impl Iterator<Item = usize> {
    words.enumerate().flat_map(|(at, mut word)| {
        std::iter::from_fn(move || {
            let bit = word.trailing_zeros() as usize;
            (word != 0).then(|| {
                word &= word - 1;
                at * 64 + bit
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_complements() {
        let mut bits = Bits::none();
        bits.insert_range(60..130);
        assert_eq!(bits.iter().collect::<Vec<_>>(), (60..130).collect::<Vec<_>>());
        assert_eq!(
            bits.iter().count() + bits.complement().iter().count(),
            rolecall_catalog::action_count()
        );
        assert!(Bits::all().complement().is_empty());
        assert_eq!(bits.minus(&Bits::all()).count(), 0);
    }
}
