//! Moments as people say them: RFC 3339 in UTC, and day, hour and weekday in a time zone.

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

/// Where days begin and what hour it is.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    name: String,
}

/// A moment on the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// `2026-04-16`.
    pub(crate) date: String,
    /// 0 to 23.
    pub(crate) hour: usize,
    /// 0 is Monday.
    pub(crate) weekday: usize,
}

impl Calendar {
    /// The zone with this name: `local`, `utc`, or of the IANA database.
    ///
    /// # Errors
    /// A sentence when there is no such zone.
    pub fn of(name: &str) -> Result<Self, String> {
        if name.eq_ignore_ascii_case("local") {
            return Ok(Self::local());
        }
        if name.eq_ignore_ascii_case("utc") {
            return Ok(Self::utc());
        }
        let zone = TimeZone::get(name)
            .map_err(|_| "a time zone is local, utc, or a name such as America/Chicago".to_owned())?;
        let name = zone.iana_name().unwrap_or(name).to_owned();
        Ok(Self { zone, name })
    }

    /// This machine's.
    pub fn local() -> Self {
        Self { zone: TimeZone::system(), name: "local".into() }
    }

    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self { zone: TimeZone::UTC, name: "UTC".into() }
    }

    /// The zone's name, `local` for that of this machine.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A point in time that somebody typed, in milliseconds since the Unix epoch: `24h`, `7d`, `90m`, `2w` before now, a day of this
    /// calendar (`2026-04-16`), a time of it (`2026-04-16T07:00`), or one with an offset.
    ///
    /// # Errors
    /// What a point in time looks like.
    pub fn parse(&self, typed: &str, now_ms: u64) -> Result<u64, String> {
        let parsed = ago(typed).map(|ago| now_ms.saturating_sub(ago)).or_else(|| self.point(typed));
        parsed.ok_or_else(|| {
            format!("“{typed}” is no time. Write 24h, 7d, 2026-04-16 or 2026-04-16T07:00:00Z.")
        })
    }

    fn point(&self, typed: &str) -> Option<u64> {
        let timestamp = typed.parse::<Timestamp>().ok().or_else(|| {
            let civil = typed.parse::<jiff::civil::DateTime>().ok()?;
            Some(civil.to_zoned(self.zone.clone()).ok()?.timestamp())
        })?;
        u64::try_from(timestamp.as_millisecond()).ok()
    }

    /// `None` beyond the year 9999.
    pub(crate) fn moment(&self, unix_ms: u64) -> Option<Moment> {
        let civil = self.zone.to_datetime(timestamp(unix_ms)?);
        Some(Moment {
            date: civil.date().to_string(),
            hour: usize::try_from(civil.hour()).ok()?,
            weekday: usize::try_from(civil.weekday().to_monday_zero_offset()).ok()?,
        })
    }
}

/// RFC 3339 in UTC, with milliseconds; `None` beyond the year 9999.
pub(crate) fn rfc3339(unix_ms: u64) -> Option<String> {
    Some(format!("{:.3}", timestamp(unix_ms)?))
}

fn timestamp(unix_ms: u64) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(unix_ms).ok()?).ok()
}

/// All days from the first to the last, both included; none when one is no day.
pub(crate) fn days_between(first: &str, last: &str) -> Vec<String> {
    let day = |text: &str| text.parse::<jiff::civil::Date>().ok();
    let Some((first, last)) = day(first).zip(day(last)) else { return Vec::new() };
    first.series(1.day()).take_while(|day| *day <= last).map(|day| day.to_string()).collect()
}

/// Milliseconds since the Unix epoch of what [`rfc3339`] wrote.
pub(crate) fn unix_ms(rfc3339: &str) -> Option<u64> {
    u64::try_from(rfc3339.parse::<Timestamp>().ok()?.as_millisecond()).ok()
}

/// Milliseconds in `24h`.
fn ago(typed: &str) -> Option<u64> {
    let (number, unit) = typed.split_at_checked(typed.len().checked_sub(1)?)?;
    let unit_ms: u64 = match unit {
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 604_800_000,
        _ => return None,
    };
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| number.parse::<u64>().ok()?.checked_mul(unit_ms))?
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_776_000_000_000; // 2026-04-12T13:20:00Z

    #[test]
    fn what_is_typed_is_a_point_in_time() {
        let chicago = Calendar::of("America/Chicago").unwrap();
        for (typed, expected) in [
            ("24h", Some(NOW - 86_400_000)),
            ("90m", Some(NOW - 5_400_000)),
            ("7d", Some(NOW - 604_800_000)),
            ("2026-04-12T13:20:00Z", Some(NOW)),
            ("2026-04-12T08:20:00-05:00", Some(NOW)),
            ("2026-04-12T08:20", Some(NOW)),
            ("2026-04-12", Some(NOW - 8 * 3_600_000 - 20 * 60_000)),
            ("h", None),
            ("", None),
            ("+1h", None),
            ("24x", None),
            ("99999999999999999999h", None),
            ("ä", None),
            ("yesterday", None),
        ] {
            assert_eq!(chicago.parse(typed, NOW).ok(), expected, "{typed}");
        }
    }

    #[test]
    fn days_without_errors_are_days() {
        assert_eq!(days_between("2026-02-27", "2026-03-01"), ["2026-02-27", "2026-02-28", "2026-03-01"]);
        assert!(days_between("2026-03-01", "2026-02-27").is_empty());
        assert!(days_between("x", "2026-02-27").is_empty());
        assert_eq!(rfc3339(NOW).and_then(|time| unix_ms(&time)), Some(NOW));
    }

    #[test]
    fn days_and_hours_are_those_of_the_zone() {
        let moment = |zone: &str| Calendar::of(zone).unwrap().moment(NOW + 11 * 3_600_000).unwrap();
        assert_eq!(moment("utc"), Moment { date: "2026-04-13".into(), hour: 0, weekday: 0 });
        assert_eq!(moment("America/Chicago"), Moment { date: "2026-04-12".into(), hour: 19, weekday: 6 });
        assert!(Calendar::of("Nowhere/Land").is_err());
        assert_eq!(Calendar::utc().moment(u64::MAX), None);
        assert_eq!(rfc3339(NOW + 5).as_deref(), Some("2026-04-12T13:20:00.005Z"));
    }
}
