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
    of_f64(c, n.ln() / base.ln())
}

/// A power, in 64-bit floating point.
pub(super) fn pow(c: &Call<'_>) -> Outcome {
    let (n, power) = (c.number(0)?.to_f64(), c.number(1)?.to_f64());
    of_f64(c, n.powf(power))
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
