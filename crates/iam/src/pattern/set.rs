use rolecall_source::Class;

const LOWER: u128 = run(b'a', b'z');
const LETTERS: u128 = LOWER | run(b'A', b'Z');
const DIGITS: u128 = run(b'0', b'9');
const NAME: u128 = one(b'+') | one(b'=') | one(b',') | one(b'.') | one(b'@') | one(b'_') | one(b'-');

const fn one(letter: u8) -> u128 {
    1 << letter
}

/// The letters from `first` to `last`.
const fn run(first: u8, last: u8) -> u128 {
    (one(last) - one(first)) | one(last)
}

/// A set of letters that a wildcard or placeholder ranges over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Set {
    /// Every letter.
    Any,
    /// Every letter but `:`.
    Field,
    /// What IAM allows in names: letters, digits and `+=,.@_-`.
    Name,
    /// What S3 ever allowed in bucket names: letters, digits and `._-`.
    Bucket,
    /// Letters, digits and `-`.
    Id,
    /// Lower-case letters, digits and `-`.
    Region,
    /// Lower-case letters and `-`.
    Partition,
    /// Digits.
    Digit,
}

impl Set {
    /// The letters a symbol of this class may have.
    #[must_use]
    pub fn of(class: Class) -> Self {
        match class {
            Class::Any => Self::Any,
            Class::Account => Self::Digit,
            Class::Partition => Self::Partition,
            Class::Region => Self::Region,
            Class::Name => Self::Name,
            Class::Id => Self::Id,
        }
    }

    /// True iff `c` is in the set.
    #[must_use]
    pub fn contains(self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::Field => c != ':',
            Self::Name => c.is_ascii_alphanumeric() || "+=,.@_-".contains(c),
            Self::Bucket => c.is_ascii_alphanumeric() || "._-".contains(c),
            Self::Id => c.is_ascii_alphanumeric() || c == '-',
            Self::Region => c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
            Self::Partition => c.is_ascii_lowercase() || c == '-',
            Self::Digit => c.is_ascii_digit(),
        }
    }

    /// The ASCII letters of the set, a bit each.
    #[must_use]
    pub const fn ascii(self) -> u128 {
        match self {
            Self::Any => u128::MAX,
            Self::Field => !one(b':'),
            Self::Name => LETTERS | DIGITS | NAME,
            Self::Bucket => LETTERS | DIGITS | one(b'.') | one(b'_') | one(b'-'),
            Self::Id => LETTERS | DIGITS | one(b'-'),
            Self::Region => LOWER | DIGITS | one(b'-'),
            Self::Partition => LOWER | one(b'-'),
            Self::Digit => DIGITS,
        }
    }

    /// True iff every letter of `other` is in the set.
    ///
    /// INVARIANT: the sets are declared from large to small, and each contains those after it, but for Partition,
    /// which does not contain Digit.
    #[must_use]
    pub fn includes(self, other: Self) -> bool {
        self == other || (self < other && self != Self::Partition)
    }

    /// True iff some letter is in both sets.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.includes(other) || other.includes(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Set; 8] = [
        Set::Any,
        Set::Field,
        Set::Name,
        Set::Bucket,
        Set::Id,
        Set::Region,
        Set::Partition,
        Set::Digit,
    ];

    #[test]
    fn the_table_of_sets_is_what_their_letters_say() {
        let letters: Vec<char> = (0u8..=127).map(char::from).chain(['\u{e9}']).collect();
        for a in ALL {
            for c in letters.iter().filter(|c| c.is_ascii()) {
                assert_eq!(a.ascii() >> u32::from(*c) & 1 == 1, a.contains(*c), "{a:?} {c:?}");
            }
            for b in ALL {
                let includes = letters.iter().all(|&c| a.contains(c) || !b.contains(c));
                let meets = letters.iter().any(|&c| a.contains(c) && b.contains(c));
                assert_eq!(a.includes(b), includes, "{a:?} includes {b:?}");
                assert_eq!(a.meets(b), meets, "{a:?} meets {b:?}");
            }
        }
    }

    #[test]
    fn a_class_and_its_set_agree() {
        for class in [
            Class::Any,
            Class::Account,
            Class::Partition,
            Class::Region,
            Class::Name,
            Class::Id,
        ] {
            for c in (0u8..=127).map(char::from) {
                assert_eq!(class.may_contain(c), Set::of(class).contains(c), "{class:?} {c:?}");
            }
        }
    }
}
