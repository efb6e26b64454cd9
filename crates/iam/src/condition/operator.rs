use std::cmp::Ordering;

use rolecall_source::Number;

use super::address::Range;
use super::date;

/// What an operator compares, its negation aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Comparison {
    /// `StringEquals`, `StringNotEquals`.
    StringEquals,
    /// `StringEqualsIgnoreCase`, `StringNotEqualsIgnoreCase`.
    StringEqualsIgnoreCase,
    /// `StringLike`, `StringNotLike`.
    StringLike,
    /// `NumericEquals`, `NumericNotEquals`.
    NumericEquals,
    /// `NumericLessThan`.
    NumericLessThan,
    /// `NumericLessThanEquals`.
    NumericLessThanEquals,
    /// `NumericGreaterThan`.
    NumericGreaterThan,
    /// `NumericGreaterThanEquals`.
    NumericGreaterThanEquals,
    /// `DateEquals`, `DateNotEquals`.
    DateEquals,
    /// `DateLessThan`.
    DateLessThan,
    /// `DateLessThanEquals`.
    DateLessThanEquals,
    /// `DateGreaterThan`.
    DateGreaterThan,
    /// `DateGreaterThanEquals`.
    DateGreaterThanEquals,
    /// `Bool`.
    Bool,
    /// `BinaryEquals`.
    BinaryEquals,
    /// `IpAddress`, `NotIpAddress`.
    IpAddress,
    /// `ArnEquals` and `ArnLike`, which behave alike, and their negations.
    ArnLike,
    /// `Null`.
    Null,
}

/// `ForAllValues:` or `ForAnyValue:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Qualifier {
    /// Every value of the request's key passes; so does a key without values.
    ForAllValues,
    /// Some value of the request's key passes.
    ForAnyValue,
}

/// A condition operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Operator {
    /// What it compares.
    pub comparison: Comparison,
    /// True for the `Not` forms.
    pub negated: bool,
    /// Passes when the key is absent.
    pub if_exists: bool,
    /// Its set qualifier.
    pub qualifier: Option<Qualifier>,
}

const NAMES: &[(&str, Comparison, bool)] = &[
    ("StringEquals", Comparison::StringEquals, false),
    ("StringNotEquals", Comparison::StringEquals, true),
    ("StringEqualsIgnoreCase", Comparison::StringEqualsIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Comparison::StringEqualsIgnoreCase, true),
    ("StringLike", Comparison::StringLike, false),
    ("StringNotLike", Comparison::StringLike, true),
    ("NumericEquals", Comparison::NumericEquals, false),
    ("NumericNotEquals", Comparison::NumericEquals, true),
    ("NumericLessThan", Comparison::NumericLessThan, false),
    ("NumericLessThanEquals", Comparison::NumericLessThanEquals, false),
    ("NumericGreaterThan", Comparison::NumericGreaterThan, false),
    ("NumericGreaterThanEquals", Comparison::NumericGreaterThanEquals, false),
    ("DateEquals", Comparison::DateEquals, false),
    ("DateNotEquals", Comparison::DateEquals, true),
    ("DateLessThan", Comparison::DateLessThan, false),
    ("DateLessThanEquals", Comparison::DateLessThanEquals, false),
    ("DateGreaterThan", Comparison::DateGreaterThan, false),
    ("DateGreaterThanEquals", Comparison::DateGreaterThanEquals, false),
    ("Bool", Comparison::Bool, false),
    ("BinaryEquals", Comparison::BinaryEquals, false),
    ("IpAddress", Comparison::IpAddress, false),
    ("NotIpAddress", Comparison::IpAddress, true),
    ("ArnEquals", Comparison::ArnLike, false),
    ("ArnLike", Comparison::ArnLike, false),
    ("ArnNotEquals", Comparison::ArnLike, true),
    ("ArnNotLike", Comparison::ArnLike, true),
    ("Null", Comparison::Null, false),
];

/// What two ordered values are asked.
pub(crate) type Order = fn(Ordering) -> bool;

impl Operator {
    /// Reads an operator's name, whatever its case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (qualifier, rest) = match name.split_once(':') {
            None => (None, name),
            Some((q, rest)) if q.eq_ignore_ascii_case("ForAllValues") => (Some(Qualifier::ForAllValues), rest),
            Some((q, rest)) if q.eq_ignore_ascii_case("ForAnyValue") => (Some(Qualifier::ForAnyValue), rest),
            Some(_) => return None,
        };
        let cut = rest.len().checked_sub("IfExists".len());
        let (base, if_exists) = match cut.and_then(|at| Some((rest.get(..at)?, rest.get(at..)?))) {
            Some((base, suffix)) if suffix.eq_ignore_ascii_case("IfExists") => (base, true),
            _ => (rest, false),
        };
        let (_, comparison, negated) = NAMES.iter().find(|n| n.0.eq_ignore_ascii_case(base))?;
        if *comparison == Comparison::Null && (if_exists || qualifier.is_some()) {
            return None;
        }
        Some(Self {
            comparison: *comparison,
            negated: *negated,
            if_exists,
            qualifier,
        })
    }
}

impl Comparison {
    /// How numbers are compared, iff this compares numbers.
    pub(crate) fn numeric(self) -> Option<Order> {
        Some(match self {
            Self::NumericEquals => Ordering::is_eq,
            Self::NumericLessThan => Ordering::is_lt,
            Self::NumericLessThanEquals => Ordering::is_le,
            Self::NumericGreaterThan => Ordering::is_gt,
            Self::NumericGreaterThanEquals => Ordering::is_ge,
            _ => return None,
        })
    }

    /// What a value must be and is not: `None` when it can be compared so, or has variables.
    pub(crate) fn misread(self, value: &str) -> Option<&'static str> {
        let truth = |v: &str| v.trim().eq_ignore_ascii_case("true") || v.trim().eq_ignore_ascii_case("false");
        let (reads, wanted) = match self {
            Self::Bool | Self::Null => (truth(value), "truth value"),
            Self::IpAddress => (Range::parse(value).is_some(), "IP address or range"),
            other if other.numeric().is_some() => (Number::parse(value).is_some(), "number"),
            other if other.date().is_some() => (date::parse(value).is_some(), "date"),
            _ => return None,
        };
        (!reads && !value.contains("${")).then_some(wanted)
    }

    /// How dates are compared, iff this compares dates.
    pub(crate) fn date(self) -> Option<Order> {
        Some(match self {
            Self::DateEquals => Ordering::is_eq,
            Self::DateLessThan => Ordering::is_lt,
            Self::DateLessThanEquals => Ordering::is_le,
            Self::DateGreaterThan => Ordering::is_gt,
            Self::DateGreaterThanEquals => Ordering::is_ge,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_qualifier_and_if_exists() {
        let op = Operator::parse("ForAnyValue:StringNotLikeIfExists").expect("legal");
        assert_eq!(op.comparison, Comparison::StringLike);
        assert!(op.negated && op.if_exists);
        assert_eq!(op.qualifier, Some(Qualifier::ForAnyValue));
        assert_eq!(Operator::parse("NullIfExists"), None);
        assert_eq!(Operator::parse("StringMatches"), None);
        assert_eq!(Operator::parse("é"), None);
    }
}
