use std::cmp::Ordering;

use num_bigint::BigUint;

use super::{FULL, Form, Number, signed};

/// Sizes that differ by more than this many bits are added without writing the small one out.
const FAR: i64 = 2_200;

impl Number {
    /// The sum; `None` for opposing infinities.
    #[must_use]
    pub fn add(&self, other: &Self) -> Option<Self> {
        let precision = self.precision.max(other.precision);
        match (&self.form, &other.form) {
            (Form::Infinite { negative: a }, Form::Infinite { negative: b }) => (a == b).then(|| self.clone()),
            (Form::Infinite { .. }, _) => Some(self.clone()),
            (_, Form::Infinite { .. }) => Some(other.clone()),
            (
                Form::Finite {
                    negative: na,
                    mantissa: ma,
                    exponent: ea,
                },
                Form::Finite {
                    negative: nb,
                    mantissa: mb,
                    exponent: eb,
                },
            ) => Some(sum((*na, ma, *ea), (*nb, mb, *eb), precision)),
        }
    }

    /// The difference; `None` for equal infinities.
    #[must_use]
    pub fn sub(&self, other: &Self) -> Option<Self> {
        self.add(&other.neg())
    }

    /// The number that is `by` greater; an infinity stays itself.
    #[must_use]
    pub fn beside(&self, by: i64) -> Self {
        self.add(&Self::from(by)).unwrap_or_else(|| self.clone())
    }

    /// The number in the middle between this and `other`; zero between opposing infinities.
    #[must_use]
    pub fn middle(&self, other: &Self) -> Self {
        let half = self.add(other).and_then(|sum| sum.mul(&Self::from_f64(0.5)?));
        half.unwrap_or_else(Self::zero)
    }

    /// The number with the other sign.
    #[must_use]
    pub fn neg(&self) -> Self {
        let mut result = self.clone();
        match &mut result.form {
            Form::Finite { negative, .. } | Form::Infinite { negative } => *negative = !*negative,
        }
        result
    }

    /// The number without its sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        let mut result = self.clone();
        match &mut result.form {
            Form::Finite { negative, .. } | Form::Infinite { negative } => *negative = false,
        }
        result
    }

    /// The product; `None` for zero times infinity.
    #[must_use]
    pub fn mul(&self, other: &Self) -> Option<Self> {
        let negative = (self.sign() == Ordering::Less) != (other.sign() == Ordering::Less);
        let (
            Form::Finite {
                mantissa: a,
                exponent: e,
                ..
            },
            Form::Finite {
                mantissa: b,
                exponent: f,
                ..
            },
        ) = (&self.form, &other.form)
        else {
            return (!self.is_zero() && !other.is_zero()).then(|| Self::infinite(negative));
        };
        let mut product = Self::finite(negative, a * b, e + f, FULL);
        if let Form::Finite { mantissa, .. } = &product.form {
            let needed = u16::try_from(mantissa.bits()).unwrap_or(FULL);
            product.precision = self.precision.max(other.precision).max(needed);
        }
        Some(product)
    }

    /// The quotient; a number divided by zero is infinite. `None` for zero by zero and infinity by infinity.
    #[must_use]
    pub fn div(&self, other: &Self) -> Option<Self> {
        let negative = (self.sign() == Ordering::Less) != (other.sign() == Ordering::Less);
        let precision = self.precision.max(other.precision);
        let (
            Form::Finite {
                mantissa: a,
                exponent: e,
                ..
            },
            Form::Finite {
                mantissa: b,
                exponent: f,
                ..
            },
        ) = (&self.form, &other.form)
        else {
            return match (self.is_infinite(), other.is_infinite()) {
                (true, true) => None,
                (true, false) => Some(Self::infinite(negative)),
                _ => Some(Self::finite(false, BigUint::ZERO, 0, precision)),
            };
        };
        if b.bits() == 0 {
            return (a.bits() != 0).then(|| Self::infinite(negative));
        }
        let shift = (u64::from(precision) + 2 + b.bits()).saturating_sub(a.bits());
        let shifted = a << shift;
        let quotient = &shifted / b;
        let sticky = u8::from(&quotient * b != shifted);
        Some(Self::finite(
            negative,
            (quotient << 1u8) + sticky,
            e - f - signed(shift) - 1,
            precision,
        ))
    }

    /// The remainder of the division that truncates, with the sign of `self`; `self` itself when `other` is zero.
    /// `None` for zero and infinity.
    #[must_use]
    pub fn rem(&self, other: &Self) -> Option<Self> {
        if self.is_infinite() || other.is_infinite() {
            return self.mul(other);
        }
        if other.is_zero() {
            return Some(self.clone());
        }
        let whole = self.div(other)?.trunc().rounded(self.precision);
        let product = other.mul(&whole)?.rounded(self.precision);
        Some(self.sub(&product)?.rounded(self.precision))
    }

    /// The whole part, towards zero.
    #[must_use]
    pub fn trunc(&self) -> Self {
        match &self.form {
            Form::Finite {
                negative,
                mantissa,
                exponent,
            } if *exponent < 0 => {
                let kept = mantissa >> exponent.unsigned_abs();
                Self::finite(*negative && kept.bits() > 0, kept, 0, self.precision)
            }
            _ => self.clone(),
        }
    }

    /// The largest whole number that is not larger.
    #[must_use]
    pub fn floor(&self) -> Self {
        let whole = self.trunc();
        if whole > *self {
            whole.add(&Self::from(-1)).unwrap_or(whole)
        } else {
            whole
        }
    }

    /// The smallest whole number that is not smaller.
    #[must_use]
    pub fn ceil(&self) -> Self {
        let whole = self.trunc();
        if whole < *self {
            whole.add(&Self::from(1)).unwrap_or(whole)
        } else {
            whole
        }
    }

    /// Compares without signs.
    pub(super) fn cmp_size(&self, other: &Self) -> Ordering {
        let (
            Form::Finite {
                mantissa: a,
                exponent: e,
                ..
            },
            Form::Finite {
                mantissa: b,
                exponent: f,
                ..
            },
        ) = (&self.form, &other.form)
        else {
            return self.is_infinite().cmp(&other.is_infinite());
        };
        if a.bits() == 0 || b.bits() == 0 {
            return a.bits().cmp(&b.bits());
        }
        let tops = (e + signed(a.bits())).cmp(&(f + signed(b.bits())));
        tops.then_with(|| match e.cmp(f) {
            Ordering::Less => a.cmp(&(b << (f - e))),
            Ordering::Equal => a.cmp(b),
            Ordering::Greater => (a << (e - f)).cmp(b),
        })
    }
}

type Parts<'a> = (bool, &'a BigUint, i64);

fn sum(a: Parts<'_>, b: Parts<'_>, precision: u16) -> Number {
    if a.1.bits() == 0 || b.1.bits() == 0 {
        let (negative, mantissa, exponent) = if a.1.bits() == 0 { b } else { a };
        let negative = negative && (mantissa.bits() > 0 || a.0 == b.0);
        return Number::finite(negative, mantissa.clone(), exponent, precision);
    }
    let top = |p: Parts<'_>| p.2 + signed(p.1.bits());
    let (large, small) = if top(a) >= top(b) { (a, b) } else { (b, a) };
    let one = BigUint::from(1u8);
    // Far below the last bit of the sum only the presence and the sign of the small one count.
    let small = if top(large) - top(small) > FAR {
        (small.0, &one, top(large) - FAR)
    } else {
        small
    };
    let exponent = large.2.min(small.2);
    let (x, y) = (large.1 << (large.2 - exponent), small.1 << (small.2 - exponent));
    let (negative, mantissa) = match (large.0 == small.0, x >= y) {
        (true, _) => (large.0, x + y),
        (false, true) => (large.0 && x != y, x - y),
        (false, false) => (small.0, y - x),
    };
    Number::finite(negative, mantissa, exponent, precision)
}
