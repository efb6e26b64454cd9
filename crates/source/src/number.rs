use std::fmt;
use std::str::FromStr;

use bigdecimal::{BigDecimal, ToPrimitive};

/// A number of any size, as Terraform and JSON write them.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number(BigDecimal);

impl Number {
    /// Reads a decimal literal, with or without fraction and exponent.
    #[must_use]
    pub fn parse(literal: &str) -> Option<Self> {
        BigDecimal::from_str(literal).ok().map(|n| Self(n.normalized()))
    }

    /// The number that is `by` greater.
    #[must_use]
    pub fn beside(&self, by: i64) -> Self {
        Self((&self.0 + BigDecimal::from(by)).normalized())
    }

    /// The number in the middle between this and `other`.
    #[must_use]
    pub fn middle(&self, other: &Self) -> Self {
        Self(((&self.0 + &other.0) / BigDecimal::from(2)).normalized())
    }

    /// The value, iff it is a whole number that fits.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        self.0.is_integer().then(|| self.0.to_i64()).flatten()
    }
}

impl From<i64> for Number {
    fn from(n: i64) -> Self {
        Self(BigDecimal::from(n))
    }
}
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_plain_string())
    }
}
impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
