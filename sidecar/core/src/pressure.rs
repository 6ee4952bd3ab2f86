//! A host's heap against its limit: levels with hysteresis, and a robust trend that says when the limit is reached.

use std::{collections::VecDeque, time::Duration};

use crate::{Beat, Settings, Time};

/// Slopes over the last 40 s, from the least value of each 2 s: sees a leak of 50 MB/s while there is still time.
const SHORT: Horizon = Horizon { bucket: Duration::from_secs(2), kept: 20, needed: 5 };

/// Slopes over the last 10 min, from the least value of each 10 s: sees a leak of 50 MB/min, and does not mind sawteeth.
const LONG: Horizon = Horizon { bucket: Duration::from_secs(10), kept: 60, needed: 12 };

/// A trend counts only in a heap that is at least this full: an empty heap grows fast, and for good reasons.
const TREND_FROM_PERCENT: u64 = 50;

/// A trend makes memory critical only from here on.
const CRITICAL_TREND_FROM_PERCENT: u64 = 60;

/// Whatever the settings say: a restart of a host with half of its heap free cures nothing.
const CRITICAL_FROM_PERCENT: u32 = 50;

/// A heap of which a full garbage collection left less than this share of the limit is V8's to empty: no trend of it counts, and above its
/// critical share it is given some beats first. A floor that was never measured does not speak against anything.
const FLOOR_FROM_PERCENT: u64 = 45;
const GARBAGE_BEATS: u32 = 5;

/// Collections are compared that are at least this far apart, of the last so many. Garbage grows as fast as a leak, and V8 collects
/// seldom in a heap that has room: measured of Node 20, when it has grown fourfold, or half-way from what the last one left to the limit.
const FLOORS_APART: Duration = Duration::from_secs(10);
const FLOORS_KEPT: usize = 16;

/// A growth goes on when the last two values of a row rose above the two before by at least half of what its slope says: once a host has
/// loaded what it needs, the slope of the minute before says nothing of the next.
const GOES_ON: f64 = 0.5;

/// What comes sooner than this is for the short horizon to say, and what comes later for the long one: forty seconds say nothing of the
/// next ten minutes, and where a heap has grown in one leap, the slope of ten minutes says nothing of the next one.
const SOON: Duration = Duration::from_secs(120);

/// A level must have been called for by this many beats in a row: one may fall into a collection.
const CRITICAL_BEATS: u32 = 2;
const HIGH_BEATS: u32 = 5;

/// A level is left when nothing has called for it for this long, with thresholds that much lower.
const LEFT_AFTER: Duration = Duration::from_secs(30);
const LEFT_BELOW_PERCENT: u32 = 5;

/// How a host does with its heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum MemoryLevel {
    /// Nothing to say.
    #[default]
    Normal,
    /// Worth saying, and a restart at a quiet moment would do good.
    High,
    /// It will soon be dead.
    Critical,
}

impl MemoryLevel {
    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// How fast a heap grows.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HeapTrend {
    /// Bytes per second; negative when it shrinks.
    pub bytes_per_second: f64,
    /// When it reaches its limit at that rate; `None` when it does not within a day.
    pub limit_in: Option<Duration>,
}

/// One row of least values and its slope.
#[derive(Clone, Copy, Debug)]
struct Horizon {
    bucket: Duration,
    /// Buckets kept.
    kept: usize,
    /// Buckets needed for a slope.
    needed: usize,
}

#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Row {
    /// When each bucket began, and the least value in it.
    buckets: VecDeque<(Time, u64)>,
    /// Of the buckets that are complete.
    slope: Option<f64>,
}

impl Row {
    fn push(&mut self, now: Time, value: u64, horizon: Horizon) {
        match self.buckets.back_mut() {
            Some((began, least)) if now.since(*began) < horizon.bucket => *least = value.min(*least),
            _ => {
                self.slope = (self.buckets.len() >= horizon.needed)
                    .then(|| theil_sen(&self.buckets))
                    .flatten()
                    .map(|slope| slope.min(self.recent_slope().unwrap_or(slope) / GOES_ON));
                if self.buckets.len() == horizon.kept {
                    self.buckets.pop_front();
                }
                self.buckets.push_back((now, value));
            }
        }
    }

    /// From the last two values to the two before; `None` with fewer than four.
    fn recent_slope(&self) -> Option<f64> {
        let mut latest = self.buckets.iter().rev();
        let [d, c, b, a] = [latest.next()?, latest.next()?, latest.next()?, latest.next()?];
        let rise = (signed(c.1) + signed(d.1) - signed(a.1) - signed(b.1)) / 2.0;
        let seconds = c.0.since(a.0).as_secs_f64();
        (seconds > 0.0).then(|| rise / seconds)
    }
}

/// The median of the slopes between all pairs, in units per second: one outlier in four does not move it far.
fn theil_sen(points: &VecDeque<(Time, u64)>) -> Option<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (i, (earlier, before)) in points.iter().enumerate() {
        for (later, after) in points.iter().skip(i + 1) {
            let seconds = later.since(*earlier).as_secs_f64();
            if seconds > 0.0 {
                slopes.push((signed(*after) - signed(*before)) / seconds);
            }
        }
    }
    let middle = slopes.len() / 2;
    (!slopes.is_empty()).then(|| *slopes.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// Bytes as a float; a heap is far below 2^53.
#[expect(clippy::cast_precision_loss)]
fn signed(bytes: u64) -> f64 {
    bytes as f64
}

/// The heap of one host, from its beats.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Heap {
    used_bytes: u64,
    limit_bytes: u64,
    floor_bytes: Option<u64>,
    /// What the last full collections left, and when that was first heard.
    #[cfg_attr(feature = "serde", serde(default))]
    floors: VecDeque<(Time, u64)>,
    /// How fast that grows; `None` before there is enough to tell.
    #[cfg_attr(feature = "serde", serde(default))]
    floor_slope: Option<f64>,
    short: Row,
    long: Row,
    level: MemoryLevel,
    /// Beats in a row that called for a higher level.
    high_beats: u32,
    critical_beats: u32,
    /// When the level was last called for.
    called_for_at: Option<Time>,
}

impl Heap {
    /// Takes in what a beat measured.
    pub(crate) fn beat(&mut self, now: Time, beat: &Beat, settings: &Settings) {
        if beat.heap_limit_bytes == 0 {
            return;
        }
        self.used_bytes = beat.heap_used_bytes;
        self.limit_bytes = beat.heap_limit_bytes;
        if self.floor_bytes != beat.heap_floor_bytes {
            self.floor_bytes = beat.heap_floor_bytes;
            self.floors.extend(beat.heap_floor_bytes.map(|floor| (now, floor)));
            self.floors.drain(..self.floors.len().saturating_sub(FLOORS_KEPT));
            self.floor_slope = self.compare_floors();
        }
        self.short.push(now, beat.heap_used_bytes, SHORT);
        self.long.push(now, beat.heap_used_bytes, LONG);

        let called_for = self.called_for(settings, 0);
        let count = |beats: u32, calls: bool| if calls { beats.saturating_add(1) } else { 0 };
        self.critical_beats = count(self.critical_beats, called_for == MemoryLevel::Critical);
        self.high_beats = count(self.high_beats, called_for >= MemoryLevel::High);
        let needed = if self.may_be_garbage() { GARBAGE_BEATS } else { CRITICAL_BEATS };
        if self.critical_beats >= needed {
            self.level = MemoryLevel::Critical;
        } else if self.high_beats >= HIGH_BEATS {
            self.level = self.level.max(MemoryLevel::High);
        }
        // Down only when nothing near the level has been seen for a while.
        if self.called_for(settings, LEFT_BELOW_PERCENT) >= self.level {
            self.called_for_at = Some(now);
        } else if self.called_for_at.is_none_or(|at| now.since(at) >= LEFT_AFTER) {
            self.level = called_for.min(self.level);
        }
    }

    /// What the figures of this moment call for, with thresholds lowered by `slack` percent points.
    fn called_for(&self, settings: &Settings, slack: u32) -> MemoryLevel {
        let full =
            |percent: u32| self.percent_of(self.used_bytes) >= u64::from(percent.saturating_sub(slack));
        let limit_in = self.trend().and_then(|trend| trend.limit_in);
        // Each percent point of slack is a twentieth of the time.
        let longer = |span: Duration| span.saturating_add((span / 20).saturating_mul(slack));
        let within = |span: Duration| limit_in.is_some_and(|limit_in| limit_in <= longer(span));
        let filling =
            self.percent_of(self.used_bytes) >= CRITICAL_TREND_FROM_PERCENT && !self.may_be_garbage();
        if full(settings.memory_critical_percent.max(CRITICAL_FROM_PERCENT))
            || (filling && within(settings.memory_critical_within))
        {
            MemoryLevel::Critical
        } else if full(settings.memory_high_percent)
            || (self.percent_of(self.used_bytes) >= TREND_FROM_PERCENT
                && !self.may_be_garbage()
                && within(settings.memory_high_within))
        {
            MemoryLevel::High
        } else {
            MemoryLevel::Normal
        }
    }

    /// A full collection has left so little that most of this can be collected again.
    fn may_be_garbage(&self) -> bool {
        self.floor_bytes.is_some_and(|floor| self.percent_of(floor) < FLOOR_FROM_PERCENT)
    }

    fn percent_of(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(100).checked_div(self.limit_bytes).unwrap_or(0)
    }

    fn compare_floors(&self) -> Option<f64> {
        let (newest_at, newest) = self.floors.back()?;
        let (at, before) = self.floors.iter().rev().find(|(at, _)| newest_at.since(*at) >= FLOORS_APART)?;
        Some((signed(*newest) - signed(*before)) / newest_at.since(*at).as_secs_f64())
    }

    /// How fast it grows, and when it is full at that rate; `None` before there is enough to tell.
    pub(crate) fn trend(&self) -> Option<HeapTrend> {
        // Within the short horizon, a heap that fills with garbage looks like one that leaks: it counts as far as the last collections
        // bear it out, and only while it grows as it did between them.
        let unmeasured = self.floor_bytes.is_none();
        let leak = self.floor_slope.unwrap_or(if unmeasured { f64::INFINITY } else { 0.0 });
        let is_leak = |slope: &f64| unmeasured || *slope >= leak * GOES_ON;
        let short =
            self.short.slope.map(|slope| if is_leak(&slope) { slope.min(leak) } else { slope.min(0.0) });
        let soon = short.and_then(|slope| self.full_in(slope)).filter(|left| *left <= SOON);
        let later = || self.long.slope.and_then(|slope| self.full_in(slope)).map(|left| left.max(SOON));
        let bytes_per_second = if soon.is_some() { short? } else { self.long.slope.or(short)? };
        Some(HeapTrend { bytes_per_second, limit_in: soon.or_else(later) })
    }

    /// When it reaches its limit at this rate, in bytes per second; `None` when it does not within a day.
    fn full_in(&self, slope: f64) -> Option<Duration> {
        let seconds = signed(self.limit_bytes.saturating_sub(self.used_bytes)) / slope;
        (slope > 0.0 && seconds < 86_400.0).then(|| Duration::from_secs_f64(seconds.max(0.0)))
    }

    pub(crate) fn level(&self) -> MemoryLevel {
        self.level
    }

    /// The level, as far as the last beat bears it out: by itself, it outlasts the collection that cured it.
    pub(crate) fn present_level(&self, settings: &Settings) -> MemoryLevel {
        self.level.min(self.called_for(settings, LEFT_BELOW_PERCENT))
    }

    /// In use and limit, in bytes; `None` before the first beat.
    pub(crate) fn figures(&self) -> Option<(u64, u64)> {
        (self.limit_bytes > 0).then_some((self.used_bytes, self.limit_bytes))
    }

    /// There is no time left to wait for anything.
    pub(crate) fn is_urgent(&self) -> bool {
        /// What a snapshot, a signal and a slow disk take together, with a margin.
        const URGENT_WITHIN: Duration = Duration::from_secs(10);
        const URGENT_PERCENT: u64 = 96;
        self.level == MemoryLevel::Critical
            && (self.percent_of(self.used_bytes) >= URGENT_PERCENT
                || self.trend().and_then(|trend| trend.limit_in).is_some_and(|left| left <= URGENT_WITHIN))
    }

    /// The least value of each ten seconds in percent of the limit, oldest first.
    pub(crate) fn history(&self) -> Vec<u8> {
        let percent = |bytes: u64| u8::try_from(self.percent_of(bytes)).unwrap_or(u8::MAX);
        self.long.buckets.iter().map(|(_, bytes)| percent(*bytes)).collect()
    }

    /// Nobody watched for a while: the rows have a hole, and a slope over it would lie.
    pub(crate) fn void(&mut self) {
        self.short = Row::default();
        self.long = Row::default();
        self.floors.drain(..self.floors.len().saturating_sub(1));
        self.floor_slope = None;
        self.high_beats = 0;
        self.critical_beats = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;
    const LIMIT: u64 = 4_288 * MB;

    /// Beats once a second with what `used` and `floor` say, until the level is reached; the second and the heap at that moment.
    fn until(
        level: MemoryLevel,
        seconds: u64,
        used: impl Fn(u64) -> u64,
        floor: impl Fn(u64) -> Option<u64>,
    ) -> Option<(u64, u64)> {
        let mut heap = Heap::default();
        let settings = Settings::default();
        (0..seconds).find_map(|second| {
            let beat = Beat {
                heap_used_bytes: used(second),
                heap_limit_bytes: LIMIT,
                heap_floor_bytes: floor(second),
                ..Beat::default()
            };
            heap.beat(Time::from_millis(second * 1000), &beat, &settings);
            (heap.level() >= level).then(|| (second, used(second)))
        })
    }

    #[test]
    fn a_fast_leak_is_critical_with_time_to_spare() {
        let used = |second| 300 * MB + 50 * MB * second;
        let (second, at) =
            until(MemoryLevel::Critical, 80, used, |s| Some(used(s) * 9 / 10)).expect("critical");
        assert!(second <= 50, "{second}");
        assert!(LIMIT - at >= 1_500 * MB, "{at}");
    }

    #[test]
    fn a_leak_that_begins_after_a_quiet_hour_is_seen_as_early() {
        let used = |second: u64| 300 * MB + 50 * MB * second.saturating_sub(3600);
        let (second, at) =
            until(MemoryLevel::Critical, 3680, used, |s| Some(used(s) * 9 / 10)).expect("critical");
        assert!(second <= 3655, "{second}");
        assert!(LIMIT - at >= 1_500 * MB, "{at}");
    }

    /// What Node 20 really did, second by second: milliseconds, MB in use, MB that the last full collection left; the limit was
    /// 4345 MB. The level at each, and the milliseconds to the end.
    fn measured(trace: &str) -> Vec<(MemoryLevel, u64)> {
        let mut heap = Heap::default();
        let number = |text: &str| text.parse::<u64>().ok();
        let lines: Vec<Vec<Option<u64>>> =
            trace.lines().map(|line| line.split(' ').map(number).collect()).collect();
        let last = lines.iter().filter_map(|line| line[0]).max().expect("a last line");
        let level = |line: &Vec<Option<u64>>| {
            let at = line[0].expect("a time");
            let beat = Beat {
                heap_used_bytes: line[1].expect("in use") * MB,
                heap_limit_bytes: 4_345 * MB,
                heap_floor_bytes: line[2].map(|floor| floor * MB),
                ..Beat::default()
            };
            heap.beat(Time::from_millis(at), &beat, &Settings::default());
            (heap.present_level(&Settings::default()), last - at)
        };
        lines.iter().map(level).collect()
    }

    #[test]
    fn real_leaks_are_critical_with_time_to_spare() {
        // 50 MB a second of reachable objects, by themselves and with as much garbage. It ran into the limit.
        for trace in
            [include_str!("../tests/heaps/leak.txt"), include_str!("../tests/heaps/leak_and_garbage.txt")]
        {
            let levels = measured(trace);
            let critical = levels.iter().find(|(level, _)| *level == MemoryLevel::Critical);
            let (_, left) = critical.expect("critical before its end");
            assert!(*left >= 30_000, "{left} ms");
        }
    }

    #[test]
    fn real_garbage_is_no_leak() {
        // 100 MB of it a second, in a heap that holds 54 %: up to 77 % and down, again and again.
        let levels = measured(include_str!("../tests/heaps/garbage.txt"));
        assert!(levels.iter().all(|(level, _)| *level == MemoryLevel::Normal), "{levels:?}");
    }

    #[test]
    fn a_slow_leak_is_high_ten_minutes_before_the_end() {
        let used = |second: u64| 1_000 * MB + 2 * MB * second;
        let (second, at) = until(MemoryLevel::High, 1_700, used, |s| Some(used(s))).expect("high");
        let left = (LIMIT - at) / (2 * MB);
        assert!((570..=600).contains(&left), "{second} s in, {left} s left");
    }

    #[test]
    fn garbage_is_no_leak() {
        // Up to 80 % and down to 10 %, again and again: the floor says so.
        let used = |second: u64| 430 * MB + second % 60 * 50 * MB;
        assert_eq!(until(MemoryLevel::Critical, 3_600, used, |_| Some(430 * MB)), None);
    }

    /// A heap that V8 collects: when it has grown fourfold, or half-way to the limit. The seconds until memory is critical, and what
    /// is left then.
    fn collected(
        live: u64,
        quiet: u64,
        leak_per_second: u64,
        garbage_per_second: u64,
        factor: u64,
    ) -> Option<(u64, u64)> {
        let (mut live, mut garbage, mut floor) = (live, 0, live);
        let mut heap = Heap::default();
        (0..quiet + 600).find_map(|second| {
            live += if second < quiet { 0 } else { leak_per_second };
            garbage += garbage_per_second;
            if live + garbage >= (floor * factor).min(u64::midpoint(floor, LIMIT)) {
                // Not all of it is found at once.
                (garbage, floor) = (garbage / 20, live + garbage / 20);
            }
            let beat = Beat {
                heap_used_bytes: live + garbage,
                heap_limit_bytes: LIMIT,
                heap_floor_bytes: Some(floor),
                ..Beat::default()
            };
            heap.beat(Time::from_millis(second * 1000), &beat, &Settings::default());
            (heap.level() == MemoryLevel::Critical).then(|| (second, LIMIT.saturating_sub(live)))
        })
    }

    #[test]
    fn a_leak_is_told_from_garbage_in_time() {
        for live in [100, 300, 500, 700, 1_000, 1_500, 2_000] {
            for factor in [2, 3, 4] {
                for quiet in [0, 60, 900] {
                    for garbage in [0, 10, 50] {
                        let critical = collected(live * MB, quiet, 50 * MB, garbage * MB, factor);
                        let (_, left) = critical.expect("a leak is critical before it ends");
                        assert!(
                            left >= 450 * MB,
                            "{live} MB, x{factor}, after {quiet} s, with {garbage} MB/s: {left}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn garbage_in_a_heap_that_holds_much_is_no_leak() {
        for live in [500, 1_500, 1_900, 2_050, 2_300, 2_700] {
            for factor in [2, 4] {
                for garbage in [5, 20, 50, 100, 200] {
                    let critical = collected(live * MB, 0, 0, garbage * MB, factor);
                    assert_eq!(critical, None, "{live} MB, x{factor}, with {garbage} MB/s");
                }
            }
        }
    }

    #[test]
    fn a_leap_and_some_garbage_is_no_leak() {
        // Half of the heap at once, and then a little garbage for minutes.
        let used = |second: u64| {
            500 + if second < 60 { second * 11 % 300 } else { 1_700 + (second - 60) * 11 % 1_000 }
        };
        let floor = |second: u64| Some(if second < 60 { 500 } else { 2_200 } * MB);
        assert_eq!(until(MemoryLevel::Critical, 600, |second| used(second) * MB, floor), None);
    }

    #[test]
    fn loading_much_and_resting_is_no_leak() {
        // To two thirds of the heap, at any pace.
        for pace in [40, 100, 400, 3_000] {
            let used = |second: u64| (500 + pace * second.saturating_sub(300)).min(2_900) * MB;
            let stops = 300 + 2_400 / pace;
            if let Some((second, _)) = until(MemoryLevel::Critical, 1_200, used, |s| Some(used(s))) {
                assert!(
                    second <= stops + 8,
                    "critical {} s after it came to rest, at {pace} MB/s",
                    second - stops
                );
            }
        }
    }

    #[test]
    fn growing_from_nothing_is_no_leak() {
        // A language server's start: half a gigabyte in ten seconds, then quiet.
        let used = |second: u64| (50 * second.min(10) + 100) * MB;
        assert_eq!(until(MemoryLevel::High, 600, used, |_| None), None);
    }

    #[test]
    fn a_level_is_left_late_and_does_not_flutter() {
        let mut heap = Heap::default();
        let settings = Settings::default();
        let mut changes = 0;
        let mut last = MemoryLevel::Normal;
        for second in 0..600u64 {
            // To and fro around 75 %.
            let used = if second % 10 < 6 { 76 } else { 73 } * LIMIT / 100;
            let beat = Beat { heap_used_bytes: used, heap_limit_bytes: LIMIT, ..Beat::default() };
            heap.beat(Time::from_millis(second * 1000), &beat, &settings);
            if heap.level() != last {
                changes += 1;
                last = heap.level();
            }
        }
        assert_eq!((changes, last), (1, MemoryLevel::High));
        for second in 600..700u64 {
            let beat = Beat { heap_used_bytes: LIMIT / 5, heap_limit_bytes: LIMIT, ..Beat::default() };
            heap.beat(Time::from_millis(second * 1000), &beat, &settings);
        }
        assert_eq!(heap.level(), MemoryLevel::Normal);
    }

    #[test]
    fn a_quarter_of_outliers_does_not_move_the_slope() {
        let points: VecDeque<(Time, u64)> = (0..60u64)
            .map(|i| (Time::from_millis(i * 10_000), if i % 4 == 0 { 0 } else { 1_000 * MB + i * 10 * MB }))
            .collect();
        let slope = theil_sen(&points).expect("a slope");
        assert!((0.5e6..2.0e6).contains(&slope), "{slope}");
    }
}
