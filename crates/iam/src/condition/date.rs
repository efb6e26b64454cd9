//! Dates of the `Date…` operators: ISO 8601 as the W3C profile has it, or seconds since 1970.

/// Seconds since 1970 and nanoseconds, in order of time.
pub(crate) type Instant = (i64, u32);

/// Reads `2025-01-01`, `2025-01-01T00:00:00Z`, `2025-01-01T00:00:00.5+02:00` or `1735689600`.
pub(crate) fn parse(text: &str) -> Option<Instant> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>()
        && (text.len() > 4 || text.starts_with('-'))
    {
        return Some((seconds, 0));
    }
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((d, t)) => (d, Some(t)),
        None => (text, None),
    };
    let mut fields = date.splitn(3, '-');
    let year = digits(fields.next()?, 4)?;
    let month = fields.next().map_or(Some(1), |m| digits(m, 2))?;
    let day = fields.next().map_or(Some(1), |d| digits(d, 2))?;
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (of_day, nanos) = time.map_or(Some((0, 0)), time_of_day)?;
    Some((days(year, month, day) * 86_400 + of_day, nanos))
}

fn digits(text: &str, len: usize) -> Option<i64> {
    (text.len() == len && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// Seconds since midnight UTC, and nanoseconds.
fn time_of_day(time: &str) -> Option<(i64, u32)> {
    let zone = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = (time.get(..zone)?, time.get(zone..)?);
    let mut fields = clock.splitn(3, ':');
    let hour = digits(fields.next()?, 2)?;
    let minute = fields.next().map_or(Some(0), |m| digits(m, 2))?;
    let (second, nanos) = fields.next().map_or(Some((0, 0)), seconds)?;
    Some((hour * 3600 + minute * 60 + second - offset(zone)?, nanos))
}

fn seconds(text: &str) -> Option<(i64, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut nanos = 0;
    for place in 0..9 {
        let digit = fraction
            .as_bytes()
            .get(place)
            .map_or(Some(0), |b| char::from(*b).to_digit(10))?;
        nanos = nanos * 10 + digit;
    }
    Some((digits(whole, 2)?, nanos))
}

/// Seconds that local time is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    if zone.is_empty() || zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let fields = zone.get(1..)?;
    let hours = digits(fields.get(..2)?, 2)?;
    let minutes = match fields.get(2..)? {
        "" => 0,
        rest => digits(rest.strip_prefix(':').unwrap_or(rest), 2)?,
    };
    Some(sign * (hours * 3600 + minutes * 60))
}

/// Days from 1970-01-01 to a day of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Writes an instant of whole seconds as ISO 8601.
pub(crate) fn write(seconds: i64) -> String {
    let (day, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let m = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * m + 2) / 5 + 1, if m < 10 { m + 3 } else { m - 9 });
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_instant() {
        let instant = Some((1_735_689_600, 0));
        for text in [
            "2025-01-01",
            "2025-01-01T00:00:00Z",
            "2025-01-01T02:00:00+02:00",
            "1735689600",
            "2025-01-01T00:00Z",
        ] {
            assert_eq!(parse(text), instant, "{text}");
        }
        assert_eq!(parse("2025-01-01T00:00:00.5Z"), Some((1_735_689_600, 500_000_000)));
        assert_eq!(parse("2025"), instant);
        assert_eq!(parse("2025-13-01"), None);
        assert_eq!(parse("yesterday"), None);
    }

    #[test]
    fn written_dates_read_back() {
        for seconds in [0, -1, 951_782_400, 1_735_689_600, 4_102_444_799, 1_709_164_800] {
            assert_eq!(parse(&write(seconds)), Some((seconds, 0)), "{}", write(seconds));
        }
        assert_eq!(write(951_782_400), "2000-02-29T00:00:00Z");
    }
}
