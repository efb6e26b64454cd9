use num_bigint::BigUint;

use super::{FULL, Form, Number, signed};

/// How a number is written; the letters are those of `format`'s verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `f`: digits without exponent.
    Fixed,
    /// `e`: one digit, a fraction, an exponent of at least two digits.
    Exponent,
    /// `g`: as `e` for large and small exponents, else as `f`.
    General,
}

/// Significant digits of a literal that are read; what follows only decides ties.
const DIGITS: usize = 2_000;
/// Powers of five up to this one are computed exactly.
const EXACT: u64 = 5_000;
/// Numbers of more binary places than this are written with an exponent.
const PLACES: u64 = 40_000;
/// Precision of intermediate results for huge exponents.
const WIDE: u16 = 1_024;

pub(super) fn parse(literal: &str) -> Option<Number> {
    let (negative, rest) = match literal.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, literal.strip_prefix('+').unwrap_or(literal)),
    };
    if rest == "Inf" || rest == "inf" {
        return Some(Number::infinite(negative));
    }
    let (digits, marker, exponent) = match rest.find(['e', 'E', 'p', 'P']) {
        Some(at) => (rest.get(..at)?, rest.get(at..=at)?, rest.get(at + 1..)?),
        None => (rest, "e", "0"),
    };
    let exponent = parse_exponent(exponent)?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (mantissa, dropped) = read_digits(whole, fraction);
    let mut ten = dropped - signed(fraction.len() as u64);
    let mut two = 0;
    if marker.eq_ignore_ascii_case("p") {
        two = exponent
    } else {
        ten += exponent
    }
    Some(scaled(negative, mantissa, two, ten))
}

/// A signed decimal exponent, within what can matter.
fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.strip_prefix('+')
        .unwrap_or(text)
        .parse::<i64>()
        .ok()
        .filter(|e| e.unsigned_abs() < 1 << 40)
}

/// The digits as a whole number and how many places were dropped from its end (a dropped digit that is not zero
/// leaves a 1 behind).
fn read_digits(whole: &str, fraction: &str) -> (BigUint, i64) {
    let all = || whole.bytes().chain(fraction.bytes()).skip_while(|b| *b == b'0');
    let mut kept: Vec<u8> = all().take(DIGITS).collect();
    let dropped = all().count() - kept.len();
    let sticky = all().skip(DIGITS).any(|b| b != b'0');
    kept.push(if sticky { b'1' } else { b'0' });
    (
        BigUint::parse_bytes(&kept, 10).unwrap_or(BigUint::ZERO),
        signed(dropped as u64) - 1,
    )
}

/// `±mantissa · 2^two · 10^ten`.
fn scaled(negative: bool, mantissa: BigUint, two: i64, ten: i64) -> Number {
    let size = ten.unsigned_abs();
    if mantissa.bits() == 0 {
        return Number::finite(negative, mantissa, 0, FULL);
    }
    if size <= EXACT {
        let power = BigUint::from(5u8).pow(u32::try_from(size).unwrap_or(0));
        if ten >= 0 {
            return Number::finite(negative, mantissa * power, two.saturating_add(ten), FULL);
        }
        let shift = u64::from(FULL) + 2 + power.bits();
        let shifted = mantissa << shift;
        let quotient = &shifted / &power;
        let sticky = u8::from(&quotient * &power != shifted);
        let exponent = two.saturating_add(ten) - signed(shift) - 1;
        return Number::finite(negative, (quotient << 1u8) + sticky, exponent, FULL);
    }
    let base = Number::finite(negative, mantissa, two.saturating_add(ten), WIDE);
    let power = power_of_five(size);
    let result = if ten >= 0 {
        base.mul_wide(&power)
    } else {
        base.div_wide(&power)
    };
    result.rounded(FULL)
}

/// `5^n` to [`WIDE`] bits.
fn power_of_five(n: u64) -> Number {
    let mut result = Number::finite(false, BigUint::from(1u8), 0, WIDE);
    for bit in (0..64 - n.leading_zeros()).rev() {
        result = result.mul_wide(&result);
        if n >> bit & 1 == 1 {
            result = result.mul_wide(&Number::from(5));
        }
    }
    result
}

impl Number {
    fn mul_wide(&self, other: &Self) -> Self {
        match (&self.form, &other.form) {
            (
                Form::Finite {
                    negative: n,
                    mantissa: a,
                    exponent: e,
                },
                Form::Finite {
                    negative: m,
                    mantissa: b,
                    exponent: f,
                },
            ) => Self::finite(n != m, a * b, e.saturating_add(*f), WIDE),
            (Form::Infinite { .. }, _) => self.clone(),
            _ => other.clone(),
        }
    }

    fn div_wide(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.clone(), other.clone());
        (a.precision, b.precision) = (WIDE, WIDE);
        a.div(&b).unwrap_or_else(Self::zero)
    }

    /// The number in decimal digits: `places` after the point (for [`Style::General`] significant ones), or, without
    /// `places`, as few as identify the number at its precision. Infinities are `Inf`.
    #[must_use]
    pub fn format(&self, style: Style, places: Option<usize>) -> String {
        let Form::Finite {
            negative,
            mantissa,
            exponent,
        } = &self.form
        else {
            return if self.sign().is_lt() { "-Inf" } else { "+Inf" }.into();
        };
        let sign = if *negative { "-" } else { "" };
        if exponent.unsigned_abs() > PLACES {
            return format!("{sign}{}", self.huge());
        }
        let fits = *exponent >= 0 && mantissa.bits() + exponent.unsigned_abs() <= u64::from(self.precision);
        if fits && style == Style::Fixed && places.is_none() {
            return format!("{sign}{}", mantissa << exponent.unsigned_abs());
        }
        let mut digits = Digits::new(mantissa, *exponent);
        let body = match places {
            None => {
                digits.shorten(mantissa, *exponent, self.precision);
                digits.write(style, None)
            }
            Some(places) => {
                let point = digits.point;
                digits.round(match style {
                    Style::Fixed => point + signed(places as u64),
                    Style::Exponent => 1 + signed(places as u64),
                    Style::General => signed(places.max(1) as u64),
                });
                digits.write(style, Some(places))
            }
        };
        format!("{sign}{body}")
    }

    /// A number with a huge or tiny exponent, to the 153 digits that are certain.
    fn huge(&self) -> String {
        let Form::Finite { mantissa, exponent, .. } = &self.form else {
            return String::new();
        };
        let top = exponent.saturating_add(signed(mantissa.bits()));
        // 0.30102999566… is the decimal logarithm of 2.
        let ten = i64::try_from(i128::from(top) * 301_029_995_664 / 1_000_000_000_000).unwrap_or(0) - 155;
        let power = power_of_five(ten.unsigned_abs());
        let size = Self::finite(false, mantissa.clone(), exponent.saturating_sub(ten), WIDE);
        let whole = if ten >= 0 {
            size.div_wide(&power)
        } else {
            size.mul_wide(&power)
        }
        .trunc();
        let Form::Finite { mantissa, exponent, .. } = &whole.form else {
            return String::new();
        };
        let mut digits = Digits::new(mantissa, *exponent);
        digits.point += ten;
        digits.round(153);
        digits.write(Style::Exponent, None)
    }

    /// A whole number's digits in base 2, 8, 10 or 16 (lower case), without sign; `None` when it has a fraction or
    /// more than some thousand digits.
    #[must_use]
    pub fn to_base(&self, base: u32) -> Option<String> {
        match &self.form {
            Form::Finite { mantissa, exponent, .. } if (0..=signed(PLACES)).contains(exponent) => {
                Some((mantissa << exponent.unsigned_abs()).to_str_radix(base))
            }
            _ => None,
        }
    }
}

pub(super) fn parse_whole(text: &str, base: u32) -> Option<Number> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || digits.len() > 10_000 || !(2..=62).contains(&base) {
        return None;
    }
    let mut total = BigUint::ZERO;
    for b in digits.bytes() {
        let digit = match b {
            b'0'..=b'9' => b - b'0',
            b'a'..=b'z' => b - b'a' + 10,
            b'A'..=b'Z' if base <= 36 => b - b'A' + 10,
            b'A'..=b'Z' => b - b'A' + 36,
            _ => return None,
        };
        if u32::from(digit) >= base {
            return None;
        }
        total = total * base + digit;
    }
    // As wide as it needs, as `big.Float.SetInt` makes it.
    let precision = u16::try_from(total.bits().max(64)).unwrap_or(u16::MAX);
    Some(Number::finite(negative, total, 0, precision))
}

/// A decimal number `0.d₁d₂d₃… · 10^point` without trailing zeros.
struct Digits {
    digits: Vec<u8>,
    point: i64,
}

impl Digits {
    /// The exact digits of `mantissa · 2^exponent`.
    fn new(mantissa: &BigUint, exponent: i64) -> Self {
        let size = exponent.unsigned_abs();
        let whole = if exponent >= 0 {
            mantissa << size
        } else {
            mantissa * BigUint::from(5u8).pow(u32::try_from(size).unwrap_or(0))
        };
        let digits: Vec<u8> = whole.to_radix_be(10);
        let point = signed(digits.len() as u64) - if exponent < 0 { signed(size) } else { 0 };
        let mut result = Self { digits, point };
        result.trim();
        result
    }

    fn trim(&mut self) {
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
    }

    fn at(&self, i: usize) -> u8 {
        self.digits.get(i).copied().unwrap_or(0)
    }

    /// Keeps `n` digits, rounding to the nearest, ties to even.
    fn round(&mut self, n: i64) {
        let Ok(n) = usize::try_from(n) else {
            (self.digits, self.point) = (Vec::new(), 0);
            return;
        };
        if n >= self.digits.len() {
            return;
        }
        let tie = self.at(n) == 5 && n + 1 == self.digits.len();
        let up = if tie {
            n > 0 && self.at(n - 1) % 2 == 1
        } else {
            self.at(n) >= 5
        };
        if up { self.round_up(n) } else { self.round_down(n) }
    }

    fn round_down(&mut self, n: usize) {
        self.digits.truncate(n);
        self.trim();
    }

    fn round_up(&mut self, n: usize) {
        self.digits.truncate(n);
        while self.digits.last() == Some(&9) {
            self.digits.pop();
        }
        match self.digits.last_mut() {
            Some(last) => *last += 1,
            None => {
                self.digits.push(1);
                self.point += 1;
            }
        }
    }

    /// Keeps as few digits as identify `mantissa · 2^exponent` among the numbers of `precision` bits.
    fn shorten(&mut self, mantissa: &BigUint, exponent: i64, precision: u16) {
        if mantissa.bits() == 0 {
            return;
        }
        // One bit more than the precision: the last bit is half of a unit in the last place.
        let shift = (u64::from(precision) + 1).saturating_sub(mantissa.bits());
        let (mantissa, exponent) = (mantissa << shift, exponent - signed(shift));
        let lower = Self::new(&(&mantissa - 1u8), exponent);
        let upper = Self::new(&(&mantissa + 1u8), exponent);
        let inclusive = !mantissa.bit(1);
        for i in 0..self.digits.len() {
            let (l, m, u) = (lower.at(i), self.at(i), upper.at(i));
            let down = l != m || inclusive && i + 1 == lower.digits.len();
            let up = m != u && (inclusive || m + 1 < u || i + 1 < upper.digits.len());
            match (down, up) {
                (true, true) => self.round(signed(i as u64) + 1),
                (true, false) => self.round_down(i + 1),
                (false, true) => self.round_up(i + 1),
                (false, false) => continue,
            }
            return;
        }
    }

    /// `places` as in [`Number::format`]; without, all digits are written.
    fn write(&self, style: Style, places: Option<usize>) -> String {
        let have = self.digits.len();
        let after_point = usize::try_from(signed(have as u64) - self.point).unwrap_or(0);
        match style {
            Style::Fixed => self.fixed(places.unwrap_or(after_point)),
            Style::Exponent => self.exponent(places.unwrap_or(have.saturating_sub(1))),
            Style::General => {
                let wanted = places.map_or(have, |p| p.max(1));
                let limit = match places {
                    None => 6,
                    Some(_) if wanted > have && signed(have as u64) >= self.point => have,
                    Some(_) => wanted,
                };
                let exponent = self.point - 1;
                if exponent < -4 || exponent >= signed(limit as u64) {
                    return self.exponent(wanted.min(have).saturating_sub(1));
                }
                let wanted = if signed(wanted as u64) > self.point {
                    have
                } else {
                    wanted
                };
                self.fixed(usize::try_from(signed(wanted as u64) - self.point).unwrap_or(0))
            }
        }
    }

    fn fixed(&self, places: usize) -> String {
        let mut out = String::new();
        let letter = |i: i64| usize::try_from(i).map_or('0', |i| char::from(b'0' + self.at(i)));
        if self.point <= 0 {
            out.push('0');
        }
        out.extend((0..self.point).map(letter));
        if places > 0 {
            out.push('.');
            out.extend((0..signed(places as u64)).map(|i| letter(self.point + i)));
        }
        out
    }

    fn exponent(&self, places: usize) -> String {
        let mut out = String::from(char::from(b'0' + self.at(0)));
        if places > 0 {
            out.push('.');
            out.extend((1..=places).map(|i| char::from(b'0' + self.at(i))));
        }
        let exponent = if self.digits.is_empty() { 0 } else { self.point - 1 };
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{out}e{sign}{:02}", exponent.unsigned_abs())
    }
}
