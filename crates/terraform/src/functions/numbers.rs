//! [Numeric functions](https://developer.hashicorp.com/terraform/language/functions/abs).

use std::cmp::Ordering;

use rolecall_source::{Kind, Number};

use super::call::{Call, Outcome};

pub(super) fn abs(c: &Call<'_>) -> Outcome {
    c.of_number(c.number(0)?.abs())
}

pub(super) fn ceil(c: &Call<'_>) -> Outcome {
    c.of_number(c.number(0)?.ceil())
}

pub(super) fn floor(c: &Call<'_>) -> Outcome {
    c.of_number(c.number(0)?.floor())
}

pub(super) fn signum(c: &Call<'_>) -> Outcome {
    let n = c.number(0)?;
    if !n.is_whole() {
        return c.error_at(0, "a whole number is required");
    }
    c.of_number(match n.sign() {
        Ordering::Less => -1i64,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

/// The logarithm of a number in a base, in 64-bit floating point.
pub(super) fn log(c: &Call<'_>) -> Outcome {
    let (n, base) = (c.number(0)?.to_f64(), c.number(1)?.to_f64());
    of_f64(c, go_log(n) / go_log(base))
}

/// A natural logarithm as Go computes it, after FreeBSD's `e_log.c`, so that the last digit is the same.
fn go_log(x: f64) -> f64 {
    const HIGH: f64 = 0.693_147_180_369_123_8;
    const LOW: f64 = 1.908_214_929_270_587_7e-10;
    const TERMS: [f64; 7] = [
        0.666_666_666_666_673_5,
        0.399_999_999_994_094_2,
        0.285_714_287_436_623_9,
        0.222_221_984_321_497_84,
        0.181_835_721_616_180_5,
        0.153_138_376_992_093_73,
        0.147_981_986_051_165_86,
    ];
    if x.is_nan() || x <= 0.0 || x.is_infinite() {
        return x.ln();
    }
    let (mut fraction, mut exponent) = halves(x);
    if fraction < std::f64::consts::SQRT_2 / 2.0 {
        fraction *= 2.0;
        exponent -= 1;
    }
    let f = fraction - 1.0;
    // An exponent of a 64-bit float is small.
    let k = exponent as f64;
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let [l1, l2, l3, l4, l5, l6, l7] = TERMS;
    let odd = s2 * (l1 + s4 * (l3 + s4 * (l5 + s4 * l7)));
    let even = s4 * (l2 + s4 * (l4 + s4 * l6));
    let half = 0.5 * f * f;
    k * HIGH - ((half - (s * (half + (odd + even)) + k * LOW)) - f)
}

/// A power, in 64-bit floating point.
pub(super) fn pow(c: &Call<'_>) -> Outcome {
    let (n, power) = (c.number(0)?.to_f64(), c.number(1)?.to_f64());
    of_f64(c, go_pow(n, power))
}

/// A power as Go computes it: whole exponents bit by bit, so that the last digit is the same.
fn go_pow(x: f64, y: f64) -> f64 {
    let (mut whole, mut fraction) = (y.abs().trunc(), y.abs().fract());
    if y == 0.5 || whole >= 4096.0 || x == 0.0 || !x.is_finite() || fraction != 0.0 && x < 0.0 {
        return x.powf(y);
    }
    if fraction > 0.5 {
        (whole, fraction) = (whole + 1.0, fraction - 1.0);
    }
    let start = if fraction == 0.0 {
        1.0
    } else {
        (fraction * go_log(x)).exp()
    };
    let (mut result, mut result_exponent) = (start, 0i64);
    let (mut factor, mut exponent) = halves(x);
    // Below 4096, a whole number.
    let mut bits = whole as u32;
    while bits != 0 {
        if exponent.abs() > 1 << 12 {
            result_exponent += exponent;
            break;
        }
        if bits & 1 == 1 {
            result *= factor;
            result_exponent += exponent;
        }
        factor *= factor;
        exponent <<= 1;
        if factor.abs() < 0.5 {
            factor += factor;
            exponent -= 1;
        }
        bits >>= 1;
    }
    if y < 0.0 {
        (result, result_exponent) = (1.0 / result, -result_exponent);
    }
    let exponent = i32::try_from(result_exponent.clamp(-2200, 2200)).unwrap_or(0);
    result * 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2)
}

/// A number as a fraction from one half to one, and a power of two.
fn halves(x: f64) -> (f64, i64) {
    let bits = x.to_bits();
    let exponent = i64::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
    if exponent == 0 {
        let (fraction, exponent) = halves(x * 2f64.powi(64));
        return (fraction, exponent - 64);
    }
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), exponent - 1022)
}

fn of_f64(c: &Call<'_>, f: f64) -> Outcome {
    match Number::from_f64(f) {
        Some(n) => c.of_number(n),
        None => c.error("the result is not a number"),
    }
}

pub(super) fn max(c: &Call<'_>) -> Outcome {
    extreme(c, Ordering::Greater)
}

pub(super) fn min(c: &Call<'_>) -> Outcome {
    extreme(c, Ordering::Less)
}

fn extreme(c: &Call<'_>, wanted: Ordering) -> Outcome {
    let mut best: Option<Number> = None;
    for i in 0..c.args.len() {
        let n = c.number(i)?;
        if best.as_ref().is_none_or(|b| n.cmp(b) == wanted) {
            best = Some(n);
        }
    }
    match best {
        Some(n) => c.of_number(n),
        None => c.error("at least one number is required"),
    }
}

pub(super) fn parseint(c: &Call<'_>) -> Outcome {
    let (Kind::Text(_) | Kind::Unknown(_) | Kind::Encoded(_)) = &c.arg(0).kind else {
        return c.error_at(0, "a string is required");
    };
    let (text, base) = (c.letters(0)?, c.whole(1)?);
    let base = u32::try_from(base).unwrap_or(0);
    if !(2..=62).contains(&base) {
        return c.error_at(1, "the base must be between 2 and 62");
    }
    match Number::parse_whole(&text, base) {
        Some(n) => c.of_number(n),
        None => c.error_at(0, format!("cannot parse \"{text}\" as a base {base} whole number")),
    }
}

pub(super) fn sum(c: &Call<'_>) -> Outcome {
    let items = c.closed_list(0)?;
    let mut total: Option<Number> = None;
    for item in items.iter() {
        let n = match crate::convert::convert(item, &crate::convert::Type::Number).map(|v| v.kind) {
            Ok(Kind::Number(n)) => n,
            Ok(Kind::Unknown(_)) => return Err(c.unknown()),
            _ => return c.error_at(0, "a list of numbers is required"),
        };
        total = match total {
            None => Some(n),
            Some(t) => match t.add(&n) {
                Some(sum) => Some(sum),
                None => return c.error("cannot add opposing infinities"),
            },
        };
    }
    match total {
        Some(n) => c.of_number(n),
        None => c.error_at(0, "an empty list has no sum"),
    }
}
