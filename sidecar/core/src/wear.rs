//! How worn a host is: its age, the lateness of its loop, the share of time it collects garbage, the answers of its socket.

use std::{collections::VecDeque, time::Duration};

use crate::{Beat, Pressure, Time, time::millis};

/// Beats are counted over this long.
const PERIOD: Duration = Duration::from_secs(30);

/// Periods kept: five minutes.
const PERIODS: usize = 10;

/// Beats needed to say anything: a host that has just started is slow by nature.
const BEATS_NEEDED: u64 = 120;

/// A beat is late when the loop's delay (99th percentile) was at least this long. People notice 100 ms; twice that is no accident.
const LATE_DELAY_MS: f64 = 200.0;

/// A host is slow when this share of its beats was late; in percent.
const LATE_SHARE_PERCENT: u64 = 30;

/// A host collects too much when this share of its time goes into it; in percent.
const COLLECTING_SHARE_PERCENT: u64 = 20;

/// A host holds too much when a full collection leaves this share of the limit, most of the time; in percent.
const FLOOR_PERCENT: u64 = 60;
const FULL_SHARE_PERCENT: u64 = 90;

/// Answers of the socket that are kept. One in five seconds.
const ROUND_TRIPS: usize = 36;

/// A socket is slow when the median of its answers is at least this. Measured of a healthy host: 2 to 5 ms (FACTS section 3).
const SLOW_ROUND_TRIP: Duration = Duration::from_millis(500);

/// With this much pressure on the CPUs, lateness is the machine's.
const OVERLOADED_PERCENT: f32 = 40.0;

#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Count {
    beats: u32,
    late: u32,
    gc_ms: f64,
    /// Beats with a floor of [`FLOOR_PERCENT`] or more, and the last floor.
    full: u32,
    floor_percent: u64,
}

/// What one host has gone through.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Wear {
    since: Time,
    period_began: Time,
    counts: VecDeque<Count>,
    round_trips: VecDeque<Duration>,
}

impl Wear {
    pub(crate) fn new(now: Time) -> Self {
        Self {
            since: now,
            period_began: now,
            counts: VecDeque::from([Count::default()]),
            round_trips: VecDeque::new(),
        }
    }

    pub(crate) fn age(&self, now: Time) -> Duration {
        now.since(self.since)
    }

    pub(crate) fn beat(&mut self, now: Time, beat: &Beat, pressure: Option<Pressure>) {
        if pressure.is_some_and(|pressure| pressure.cpu_percent >= OVERLOADED_PERCENT) {
            return;
        }
        if now.since(self.period_began) >= PERIOD {
            self.period_began = now;
            if self.counts.len() == PERIODS {
                self.counts.pop_front();
            }
            self.counts.push_back(Count::default());
        }
        if let Some(count) = self.counts.back_mut() {
            count.beats = count.beats.saturating_add(1);
            count.late = count.late.saturating_add(u32::from(beat.delay_p99_ms >= LATE_DELAY_MS));
            count.floor_percent = beat
                .heap_floor_bytes
                .and_then(|floor| floor.saturating_mul(100).checked_div(beat.heap_limit_bytes))
                .unwrap_or(0);
            count.full = count.full.saturating_add(u32::from(count.floor_percent >= FLOOR_PERCENT));
            // Whatever a beat claims, it speaks of one period at most. `max` and `min` make a number of what is none.
            count.gc_ms += beat.gc_ms.max(0.0).min(PERIOD.as_secs_f64() * 1000.0);
        }
    }

    pub(crate) fn answered(&mut self, round_trip: Duration) {
        if self.round_trips.len() == ROUND_TRIPS {
            self.round_trips.pop_front();
        }
        self.round_trips.push_back(round_trip);
    }

    fn median_round_trip(&self) -> Option<Duration> {
        let mut sorted: Vec<Duration> = self.round_trips.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }

    /// What makes it slow, in words; `None` for a host that does well.
    pub(crate) fn complaint(&self) -> Option<String> {
        let sum = |of: fn(&Count) -> u32| self.counts.iter().map(|count| u64::from(of(count))).sum::<u64>();
        let (beats, late) = (sum(|count| count.beats), sum(|count| count.late));
        if beats >= BEATS_NEEDED {
            let share = late * 100 / beats;
            if share >= LATE_SHARE_PERCENT {
                return Some(format!(
                    "its event loop was late by {LATE_DELAY_MS} ms or more in {share} % of the last five minutes"
                ));
            }
            let gc_ms: f64 = self.counts.iter().map(|count| count.gc_ms).sum();
            // One beat a second. Of a sum that is bounded and not negative.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let share = gc_ms as u64 / (beats * 10);
            if share >= COLLECTING_SHARE_PERCENT {
                return Some(format!(
                    "it spent {} % of the last five minutes collecting garbage",
                    share.min(100)
                ));
            }
            let percent = self.counts.back().map_or(0, |count| count.floor_percent);
            if percent >= FLOOR_PERCENT && sum(|count| count.full) * 100 / beats >= FULL_SHARE_PERCENT {
                return Some(format!(
                    "it holds {percent} % of its heap even after a full garbage collection"
                ));
            }
        }
        let median = self.median_round_trip().filter(|_| self.round_trips.len() >= ROUND_TRIPS / 3)?;
        (median >= SLOW_ROUND_TRIP).then(|| format!("its IDE socket takes {} ms to answer", millis(median)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worn(beat: Beat, pressure: Option<Pressure>) -> Option<String> {
        let mut wear = Wear::new(Time::from_millis(0));
        for second in 0..300u64 {
            wear.beat(Time::from_millis(second * 1000), &beat, pressure);
        }
        wear.complaint()
    }

    #[test]
    fn a_late_loop_is_worn_and_an_overloaded_machine_is_not_its_fault() {
        let late = Beat { delay_p99_ms: 300.0, ..Beat::default() };
        assert!(worn(late, None).is_some_and(|words| words.contains("late by 200 ms or more in 100 %")));
        assert_eq!(worn(Beat { delay_p99_ms: 40.0, ..Beat::default() }, None), None);
        let overload = Pressure { cpu_percent: 70.0, ..Pressure::default() };
        assert_eq!(worn(late, Some(overload)), None);
    }

    #[test]
    fn collecting_a_quarter_of_the_time_is_worn() {
        assert!(
            worn(Beat { gc_ms: 250.0, ..Beat::default() }, None).is_some_and(|words| words.contains("25 %"))
        );
        assert_eq!(worn(Beat { gc_ms: 50.0, ..Beat::default() }, None), None);
    }

    #[test]
    fn holding_most_of_the_heap_for_long_is_worn() {
        let holds = |percent: u64| Beat {
            heap_limit_bytes: 1000,
            heap_floor_bytes: Some(percent * 10),
            ..Beat::default()
        };
        assert!(worn(holds(65), None).is_some_and(|words| words.contains("holds 65 %")));
        assert_eq!(worn(holds(55), None), None);
        let mut wear = Wear::new(Time::from_millis(0));
        for second in 0..300u64 {
            wear.beat(Time::from_millis(second * 1000), &holds(if second < 200 { 20 } else { 90 }), None);
        }
        assert_eq!(wear.complaint(), None);
    }

    #[test]
    fn a_slow_socket_is_worn_by_its_median() {
        let mut wear = Wear::new(Time::from_millis(0));
        for i in 0..36 {
            wear.answered(Duration::from_millis(if i % 3 == 0 { 5_000 } else { 4 }));
        }
        assert_eq!(wear.complaint(), None);
        for _ in 0..36 {
            wear.answered(Duration::from_millis(700));
        }
        assert!(wear.complaint().is_some_and(|words| words.contains("700 ms")));
    }
}
