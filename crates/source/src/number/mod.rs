//! Numbers as Terraform has them: binary floating point with a mantissa of 512 bits, exponents far beyond any other.
//!
//! Arithmetic, comparison and the way to decimal digits follow Go's
//! [`math/big.Float`](https://pkg.go.dev/math/big#Float), which Terraform's values are made of, so that results agree
//! digit by digit. A number never takes more memory than its mantissa: `1e1000000000` is as cheap as `1`.

mod arithmetic;
mod decimal;

use std::cmp::Ordering;
use std::fmt;

use num_bigint::BigUint;

pub use decimal::Style;

/// A number as Terraform and JSON have them.
///
/// Equality, order and hash look at the value, not at the precision it was computed with.
#[derive(Clone)]
pub struct Number {
    form: Form,
    /// Bits of mantissa that arithmetic and formatting may use: 512 for what was written, 64 for counts, 53 for what
    /// came out of 64-bit functions such as `pow`.
    precision: u16,
}

/// The value itself. INVARIANT: a mantissa is odd, or it is zero with exponent zero.
#[derive(Clone, Hash)]
enum Form {
    Finite {
        negative: bool,
        mantissa: BigUint,
        exponent: i64,
    },
    Infinite {
        negative: bool,
    },
}

const FULL: u16 = 512;

impl Number {
    /// Reads a decimal literal, with or without sign, fraction and exponent, rounding to 512 bits.
    #[must_use]
    pub fn parse(literal: &str) -> Option<Self> {
        decimal::parse(literal)
    }

    /// Reads a whole number in a base from 2 to 62 as `parseint` does: digits, then lower-case, then upper-case
    /// letters (up to base 36 upper-case letters equal lower-case ones).
    #[must_use]
    pub fn parse_whole(digits: &str, base: u32) -> Option<Self> {
        decimal::parse_whole(digits, base)
    }

    /// Zero.
    #[must_use]
    pub fn zero() -> Self {
        Self::from(0i64)
    }

    /// What a 64-bit floating point number stands for; `None` for a NaN.
    #[must_use]
    pub fn from_f64(f: f64) -> Option<Self> {
        if f.is_nan() {
            return None;
        }
        let negative = f.is_sign_negative();
        if f.is_infinite() {
            return Some(Self::infinite(negative));
        }
        let bits = f.to_bits();
        let (exponent, fraction) = ((bits >> 52) & 0x7ff, bits & ((1 << 52) - 1));
        let (mantissa, exponent) = if exponent == 0 {
            (fraction, -1074)
        } else {
            (fraction | 1 << 52, i64::try_from(exponent).unwrap_or(0) - 1075)
        };
        Some(Self::finite(negative, mantissa.into(), exponent, 53))
    }

    /// Infinity, which Terraform computes with but cannot write down.
    #[must_use]
    pub const fn infinite(negative: bool) -> Self {
        Self {
            form: Form::Infinite { negative },
            precision: FULL,
        }
    }

    /// The number `±mantissa · 2^exponent`, rounded to the nearest (ties to even) with `precision` bits.
    fn finite(negative: bool, mut mantissa: BigUint, mut exponent: i64, precision: u16) -> Self {
        let excess = mantissa.bits().saturating_sub(u64::from(precision));
        if excess > 0 {
            let half = mantissa.bit(excess - 1);
            let beyond = mantissa.trailing_zeros().is_some_and(|z| z < excess - 1);
            mantissa >>= excess;
            exponent = exponent.saturating_add(signed(excess));
            if half && (beyond || mantissa.bit(0)) {
                mantissa += 1u8;
            }
        }
        let Some(zeros) = mantissa.trailing_zeros() else {
            let form = Form::Finite {
                negative,
                mantissa,
                exponent: 0,
            };
            return Self { form, precision };
        };
        mantissa >>= zeros;
        exponent = exponent.saturating_add(signed(zeros));
        let top = exponent.saturating_add(signed(mantissa.bits()));
        let form = if top > i64::from(i32::MAX) {
            Form::Infinite { negative }
        } else if top < i64::from(i32::MIN) {
            return Self::finite(false, BigUint::ZERO, 0, precision);
        } else {
            Form::Finite {
                negative,
                mantissa,
                exponent,
            }
        };
        Self { form, precision }
    }

    /// True iff this is one of the infinities.
    #[must_use]
    pub const fn is_infinite(&self) -> bool {
        matches!(self.form, Form::Infinite { .. })
    }

    /// True iff this is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.sign() == Ordering::Equal
    }

    /// True iff this is finite and has no fraction.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        matches!(self.form, Form::Finite { exponent, .. } if exponent >= 0)
    }

    /// How this compares to zero.
    #[must_use]
    pub fn sign(&self) -> Ordering {
        match &self.form {
            Form::Finite { mantissa, .. } if mantissa.bits() == 0 => Ordering::Equal,
            Form::Finite { negative: true, .. } | Form::Infinite { negative: true } => Ordering::Less,
            Form::Finite { .. } | Form::Infinite { .. } => Ordering::Greater,
        }
    }

    /// The value, iff it is a whole number that fits.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        self.to_i128().and_then(|n| i64::try_from(n).ok())
    }

    /// The value, iff it is a whole number that fits.
    #[must_use]
    pub fn to_usize(&self) -> Option<usize> {
        self.to_i128().and_then(|n| usize::try_from(n).ok())
    }

    /// The value, iff it is a whole number that fits.
    #[must_use]
    pub fn to_i128(&self) -> Option<i128> {
        let Form::Finite {
            negative,
            mantissa,
            exponent,
        } = &self.form
        else {
            return None;
        };
        let shift = u32::try_from(*exponent).ok().filter(|e| *e < 128)?;
        if mantissa.bits() + u64::from(shift) > 127 {
            return None;
        }
        let size = i128::try_from(u128::try_from(mantissa).ok()? << shift).ok()?;
        Some(if *negative { -size } else { size })
    }

    /// The nearest 64-bit floating point number.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        let rounded = self.rounded(53);
        match &rounded.form {
            Form::Infinite { negative: true } => f64::NEG_INFINITY,
            Form::Infinite { negative: false } => f64::INFINITY,
            Form::Finite {
                negative,
                mantissa,
                exponent,
            } => {
                // A mantissa of at most 53 bits is an f64 without loss.
                let size = u64::try_from(mantissa).unwrap_or(0) as f64;
                let exponent = i32::try_from(*exponent.clamp(&-4000, &4000)).unwrap_or(0);
                let size = size * 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2);
                if *negative { -size } else { size }
            }
        }
    }

    fn rounded(&self, precision: u16) -> Self {
        match &self.form {
            Form::Infinite { .. } => self.clone(),
            Form::Finite {
                negative,
                mantissa,
                exponent,
            } => Self::finite(*negative, mantissa.clone(), *exponent, precision),
        }
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

impl From<i64> for Number {
    fn from(n: i64) -> Self {
        Self::finite(n < 0, n.unsigned_abs().into(), 0, 64)
    }
}
impl From<i32> for Number {
    fn from(n: i32) -> Self {
        Self::from(i64::from(n))
    }
}
impl From<usize> for Number {
    fn from(n: usize) -> Self {
        Self::finite(false, n.into(), 0, 64)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Number {}
impl std::hash::Hash for Number {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        // Zero has two signs and is one number.
        if self.is_zero() {
            0u8.hash(state)
        } else {
            self.form.hash(state)
        }
    }
}
impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.sign().cmp(&other.sign()).then_with(|| {
            let sizes = self.cmp_size(other);
            if self.sign() == Ordering::Less {
                sizes.reverse()
            } else {
                sizes
            }
        })
    }
}

/// Decimal digits, as few as identify the number, without exponent; beyond some thousand digits with one.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.format(Style::Fixed, None))
    }
}
impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests;
