//! [Date and time functions](https://developer.hashicorp.com/terraform/language/functions/formatdate) over
//! [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) timestamps.

use rolecall_source::{Class, Symbol};

use super::call::{Call, Outcome, Stop};

/// A point in time, with the offset it was written in.
#[derive(Clone, Copy)]
pub(super) struct Time {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub(super) nanoseconds: i128,
    /// Minutes that the local time is ahead.
    pub(super) offset: i64,
}

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400;

/// A time of day and date.
struct Fields {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    weekday: usize,
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a number of days from 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

impl Time {
    pub(super) fn new(date: (i64, i64, i64), time: (i64, i64, i64), fraction: i128, offset: i64) -> Option<Self> {
        let ((year, month, day), (hour, minute, second)) = (date, time);
        let leap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0;
        let longest = match month {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let valid = (1..=longest).contains(&day) && hour < 24 && minute < 60 && second < 60;
        let seconds = days(year, month, day) * 86_400 + hour * 3_600 + (minute - offset) * 60 + second;
        valid.then(|| Self {
            nanoseconds: i128::from(seconds) * SECOND + fraction,
            offset,
        })
    }

    /// Reads `2006-01-02T15:04:05.999Z07:00`, strictly.
    fn parse(text: &str) -> Option<Self> {
        let number = |range: std::ops::Range<usize>| {
            let digits = text.get(range).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
            digits.parse::<i64>().ok()
        };
        let separators = [(4, '-'), (7, '-'), (10, 'T'), (13, ':'), (16, ':')];
        if !separators
            .iter()
            .all(|(at, l)| text.get(*at..).is_some_and(|t| t.starts_with(*l)))
        {
            return None;
        }
        let date = (number(0..4)?, number(5..7)?, number(8..10)?);
        let time = (number(11..13)?, number(14..16)?, number(17..19)?);
        let mut rest = text.get(19..)?;
        let mut fraction = 0;
        if let Some(after) = rest.strip_prefix('.') {
            rest = after.trim_start_matches(|l: char| l.is_ascii_digit());
            let digits = after.get(..after.len() - rest.len()).filter(|d| !d.is_empty())?;
            let padded = format!("{digits:0<9}");
            fraction = padded.get(..9)?.parse().ok()?;
        }
        let offset = match rest.strip_prefix(['+', '-']) {
            None if rest == "Z" => 0,
            None => return None,
            Some(offset) => {
                let (hours, minutes) = offset.split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2)?;
                let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
                if hours > 24 || minutes >= 60 {
                    return None;
                }
                let offset = i64::from(hours) * 60 + i64::from(minutes);
                if rest.starts_with('-') { -offset } else { offset }
            }
        };
        Self::new(date, time, fraction, offset)
    }

    fn fields(self) -> Fields {
        let seconds = self.nanoseconds.div_euclid(SECOND) + i128::from(self.offset) * 60;
        let narrow = |n: i128| i64::try_from(n).unwrap_or(0);
        let (days, of_day) = (narrow(seconds.div_euclid(DAY)), narrow(seconds.rem_euclid(DAY)));
        let (year, month, day) = date(days);
        Fields {
            year,
            month,
            day,
            hour: of_day / 3_600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            weekday: usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0),
        }
    }

    /// The offset as `+01:00`.
    fn zone(self, separator: &str) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let size = self.offset.abs();
        format!("{sign}{:02}{separator}{:02}", size / 60, size % 60)
    }

    fn zone_or_z(self) -> String {
        if self.offset == 0 { "Z".into() } else { self.zone(":") }
    }

    /// In RFC 3339, without fraction.
    pub(super) fn format(self) -> String {
        let f = self.fields();
        let (date, time) = ((f.year, f.month, f.day), (f.hour, f.minute, f.second));
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}",
            date.0,
            date.1,
            date.2,
            time.0,
            time.1,
            time.2,
            self.zone_or_z()
        )
    }
}

fn time(c: &Call<'_>, i: usize) -> Result<Time, Stop> {
    match Time::parse(&c.letters(i)?) {
        Some(time) => Ok(time),
        None => c.error_at(i, "the text is not an RFC 3339 timestamp"),
    }
}

/// `timestamp` and `plantimestamp`: the time of deployment.
pub(super) fn timestamp(c: &Call<'_>) -> Outcome {
    let name = format!("{}()", c.name);
    let symbol = Symbol::new(name.clone(), name, "is the time of deployment", Class::Any);
    Err(Stop::Unknown(symbol))
}

pub(super) fn timecmp(c: &Call<'_>) -> Outcome {
    let (a, b) = (time(c, 0)?, time(c, 1)?);
    c.of_number(match a.nanoseconds.cmp(&b.nanoseconds) {
        std::cmp::Ordering::Less => -1i64,
        std::cmp::Ordering::Equal => 0,
        std::cmp::Ordering::Greater => 1,
    })
}

pub(super) fn timeadd(c: &Call<'_>) -> Outcome {
    let (time, duration) = (time(c, 0)?, c.letters(1)?);
    let Some(duration) = parse_duration(&duration) else {
        return c.error_at(1, "the text is not a duration");
    };
    let nanoseconds = time.nanoseconds + duration;
    c.of_letters(&Time { nanoseconds, ..time }.format())
}

/// Nanoseconds of a [duration](https://pkg.go.dev/time#ParseDuration) such as `-1.5h` or `1h30m`.
fn parse_duration(text: &str) -> Option<i128> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let after_number = rest.trim_start_matches(|l: char| l.is_ascii_digit() || l == '.');
        let number = rest.get(..rest.len() - after_number.len())?;
        let after_unit = after_number.trim_start_matches(|l: char| !l.is_ascii_digit() && l != '.');
        let unit: i128 = match after_number.get(..after_number.len() - after_unit.len())? {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3_600 * SECOND,
            _ => return None,
        };
        total = total.checked_add(parse_amount(number, unit)?)?;
        rest = after_unit;
    }
    // Go's durations are 64-bit.
    i64::try_from(if negative { -total } else { total })
        .ok()
        .map(i128::from)
}

fn parse_amount(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() + fraction.len() == 0 || fraction.contains('.') || whole.len() > 18 {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let digits = fraction.get(..fraction.len().min(18))?;
    let parts: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    let scale = 10i128.checked_pow(u32::try_from(digits.len()).ok()?)?;
    whole.checked_mul(unit)?.checked_add(parts * unit / scale)
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

pub(super) fn formatdate(c: &Call<'_>) -> Outcome {
    let (format, time) = (c.letters(0)?, time(c, 1)?);
    let mut out = String::new();
    let mut rest = format.as_str();
    while let Some(letter) = rest.chars().next() {
        if letter == '\'' {
            let Some(after) = quoted(rest, &mut out) else {
                return c.error_at(0, "a quote in the format has no end");
            };
            rest = after;
            continue;
        }
        let after = rest.trim_start_matches(letter);
        let len = rest.len() - after.len();
        if letter.is_ascii_alphabetic() {
            match part(time, letter, len) {
                Some(text) => out.push_str(&text),
                None => return c.error_at(0, format!("the format has no `{}`", rest.get(..len).unwrap_or(""))),
            }
        } else {
            out.push_str(rest.get(..len).unwrap_or(""));
        }
        rest = after;
    }
    c.of_letters(&out)
}

/// Copies letters between quotes, two quotes being one, and gives what follows.
fn quoted<'t>(text: &'t str, out: &mut String) -> Option<&'t str> {
    let mut rest = text.strip_prefix('\'')?;
    if let Some(after) = rest.strip_prefix('\'') {
        out.push('\'');
        return Some(after);
    }
    loop {
        let (inside, after) = rest.split_once('\'')?;
        out.push_str(inside);
        match after.strip_prefix('\'') {
            Some(more) => {
                out.push('\'');
                rest = more;
            }
            None => return Some(after),
        }
    }
}

/// One part of a date: a letter and how often it stands.
fn part(time: Time, letter: char, len: usize) -> Option<String> {
    let f = time.fields();
    let number = |n: i64| match len {
        1 => Some(n.to_string()),
        2 => Some(format!("{n:02}")),
        _ => None,
    };
    let month = || usize::try_from(f.month - 1).ok().and_then(|i| MONTHS.get(i)).copied();
    let weekday = || WEEKDAYS.get(f.weekday).copied();
    let short = |name: &str| name.get(..3).map(str::to_owned);
    match (letter, len) {
        ('Y', 2) => Some(format!("{:02}", f.year % 100)),
        ('Y', 4) => Some(format!("{:04}", f.year)),
        ('M', 3) => month().and_then(short),
        ('M', 4) => month().map(str::to_owned),
        ('M', _) => number(f.month),
        ('D', _) => number(f.day),
        ('E', 3) => weekday().and_then(short),
        ('E', 4) => weekday().map(str::to_owned),
        ('h', _) => number(f.hour),
        ('H', _) => number((f.hour + 11) % 12 + 1),
        ('A', 2) => Some(if f.hour < 12 { "AM" } else { "PM" }.into()),
        ('a', 2) => Some(if f.hour < 12 { "am" } else { "pm" }.into()),
        ('m', _) => number(f.minute),
        ('s', _) => number(f.second),
        ('Z', 1) => Some(time.zone_or_z()),
        ('Z', 3) if time.offset == 0 => Some("UTC".into()),
        ('Z', 3 | 4) => Some(time.zone("")),
        ('Z', 5) => Some(time.zone(":")),
        _ => None,
    }
}
