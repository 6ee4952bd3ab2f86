//! Errors in time: on the calendar, after what came before, and close together.

use std::collections::BTreeMap;

use super::{ratio, seconds};
use crate::{
    calendar::{Calendar, rfc3339},
    choose::Chosen,
    contract::{Bucket, Burst, Bursts, ByDay, ByHour, ByWeekday},
    summary::Error,
};

/// Errors of a burst are at most this far apart (DESIGN, "The report"), in milliseconds.
const BURST_GAP_MS: u64 = 60_000;

/// Where a bucket of gaps ends, in milliseconds, and what it is called. Thirty minutes are not more than thirty minutes.
const GAPS: [(u64, &str); 6] = [
    (1000, "<1s"),
    (10_000, "1-10s"),
    (60_000, "10-60s"),
    (300_000, "1-5min"),
    (1_800_001, "5-30min"),
    (u64::MAX, ">30min"),
];

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Errors on the calendar.
pub(super) struct Times {
    pub(super) by_day: Vec<ByDay>,
    pub(super) by_hour: Vec<ByHour>,
    pub(super) by_weekday: Vec<ByWeekday>,
}

pub(super) fn of(errors: &[Chosen<'_, Error>], calendar: &Calendar) -> Times {
    let mut days: BTreeMap<String, u64> = BTreeMap::new();
    let mut hours = [[0; 7]; 24];
    for moment in errors.iter().filter_map(|error| calendar.moment(error.told.at_ms?)) {
        hours[moment.hour][moment.weekday] += 1;
        *days.entry(moment.date).or_default() += 1;
    }
    let hour =
        |(hour, by_weekday): (u8, [u64; 7])| ByHour { hour, count: by_weekday.iter().sum(), by_weekday };
    let weekday = |(index, weekday): (usize, &'static str)| ByWeekday {
        weekday,
        count: hours.iter().map(|hour| hour[index]).sum(),
    };
    Times {
        by_day: days.into_iter().map(|(date, count)| ByDay { date, count }).collect(),
        by_hour: (0..).zip(hours).map(hour).collect(),
        by_weekday: WEEKDAYS.into_iter().enumerate().map(weekday).collect(),
    }
}

/// How long after the record before them errors came.
pub(super) fn gaps(errors: &[Chosen<'_, Error>]) -> Vec<Bucket> {
    let mut buckets: Vec<Bucket> = GAPS.map(|(_, bucket)| Bucket { bucket, count: 0 }).into();
    for gap in errors.iter().filter_map(|error| error.told.gap_ms) {
        let index = GAPS.iter().position(|(end, _)| gap < *end).unwrap_or(GAPS.len() - 1);
        buckets[index].count += 1;
    }
    buckets
}

/// The median and the 90th percentile by nearest rank, in seconds.
pub(super) fn gap_statistics(errors: &[Chosen<'_, Error>]) -> (Option<f64>, Option<f64>) {
    let mut gaps: Vec<u64> = errors.iter().filter_map(|error| error.told.gap_ms).collect();
    gaps.sort_unstable();
    let at = |index: usize| gaps.get(index).copied().map(seconds);
    let middle = gaps.len() / 2;
    let median = if gaps.len().is_multiple_of(2) {
        middle.checked_sub(1).and_then(at).zip(at(middle)).map(|(below, above)| f64::midpoint(below, above))
    } else {
        at(middle)
    };
    let p90 = (gaps.len() * 9).div_ceil(10).checked_sub(1).and_then(at);
    (median, p90)
}

/// Runs of two or more, each close to the one before, over all sessions.
pub(super) fn bursts(errors: &[Chosen<'_, Error>]) -> Bursts {
    let mut times: Vec<u64> = errors.iter().filter_map(|error| error.told.at_ms).collect();
    times.sort_unstable();
    let runs = times.chunk_by(|before, after| after - before <= BURST_GAP_MS).filter(|run| run.len() > 1);
    let burst = |run: &[u64]| {
        Some(Burst { start: rfc3339(*run.first()?)?, end: rfc3339(*run.last()?)?, count: run.len() as u64 })
    };
    let list: Vec<Burst> = runs.filter_map(burst).collect();
    let errors_in_bursts = list.iter().map(|burst| burst.count).sum();
    Bursts {
        count: list.len() as u64,
        errors_in_bursts,
        share: ratio(errors_in_bursts, errors.len() as u64),
        list,
    }
}
