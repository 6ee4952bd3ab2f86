//! Timestamps as Claude Code writes them: RFC 3339, `2026-11-21T10:55:29.145Z`.

/// Milliseconds since the Unix epoch; `None` for what is no time, or one before 1970.
pub fn unix_ms(timestamp: &str) -> Option<u64> {
    let bytes = timestamp.as_bytes();
    let digits = |from: usize, count: usize| -> Option<i64> {
        let digits = bytes.get(from..from + count)?;
        digits
            .iter()
            .try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
    };
    let is = |at: usize, allowed: &[u8]| bytes.get(at).is_some_and(|byte| allowed.contains(byte));
    let (year, month, day) = (digits(0, 4)?, digits(5, 2)?, digits(8, 2)?);
    let (hour, minute, second) = (digits(11, 2)?, digits(14, 2)?, digits(17, 2)?);
    let in_shape = is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":");
    let in_range = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        // A leap second.
        && second <= 60;
    if !in_shape || !in_range {
        return None;
    }
    let (mut at, mut ms) = (19, 0);
    if is(at, b".") {
        let fraction = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        ms = match fraction {
            0 => return None,
            1 => digits(at + 1, 1)? * 100,
            2 => digits(at + 1, 2)? * 10,
            _ => digits(at + 1, 3)?,
        };
        at += 1 + fraction;
    }
    let offset_minutes = if is(at, b"Zz") {
        at += 1;
        0
    } else {
        let sign = if is(at, b"+") {
            1
        } else if is(at, b"-") {
            -1
        } else {
            return None;
        };
        let offset = digits(at + 1, 2)? * 60 + digits(at + 4, 2)?;
        if !is(at + 3, b":") {
            return None;
        }
        at += 6;
        sign * offset
    };
    if at != bytes.len() {
        return None;
    }
    let minutes = (days_from_1970(year, month, day) * 24 + hour) * 60 + minute - offset_minutes;
    u64::try_from((minutes * 60 + second) * 1000 + ms).ok()
}

/// Days of the proleptic Gregorian calendar: <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>.
fn days_from_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::unix_ms;

    #[test]
    fn times_are_read() {
        for (text, ms) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2001-09-09T01:46:40.000Z", Some(1_000_000_000_000)),
            ("2026-11-21T10:55:29.145Z", Some(1_795_258_529_145)),
            ("2026-11-21T12:55:29.145678+02:00", Some(1_795_258_529_145)),
            ("2024-02-29T23:59:59.9Z", Some(1_709_251_199_900)),
            ("1969-12-31T23:59:59Z", None),
            ("2026-11-21T10:55:29", None),
            ("2026-11-21T10:55:29.Z", None),
            ("2026-13-21T10:55:29Z", None),
            ("2026-11-21T10:55:29Zz", None),
            ("2026-11-21", None),
            ("", None),
        ] {
            assert_eq!(unix_ms(text), ms, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in any::<String>(), almost in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.+:Z0-9-]{0,12}") {
            let _ = (unix_ms(&text), unix_ms(&almost));
        }
    }
}
