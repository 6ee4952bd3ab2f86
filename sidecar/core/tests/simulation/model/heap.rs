//! What a host's beats say of its heap, in the coarsest terms: an upper bound for every trend.

use lifeline_core::{Beat, Settings};

#[derive(Default)]
pub(super) struct Beats {
    /// When, bytes in use, limit.
    figures: Vec<(u64, u64, u64)>,
    pub(super) count: u32,
    pub(super) idle_ms: Option<(u64, u64)>,
}

impl Beats {
    pub(super) fn push(&mut self, at: u64, beat: &Beat) {
        self.count += 1;
        self.figures.retain(|(then, ..)| at - then <= 620_000);
        self.figures.push((at, beat.heap_used_bytes, beat.heap_limit_bytes));
        self.idle_ms = beat.input_idle_ms.map(|idle| (at, idle));
    }

    pub(super) fn last_at(&self) -> Option<u64> {
        self.figures.last().map(|(at, ..)| *at)
    }

    fn percent(&self) -> u64 {
        self.figures.last().map_or(0, |(_, used, limit)| used * 100 / limit)
    }

    /// Milliseconds until the limit at the fastest rate that any three seconds or more of it have seen: no honest trend is faster.
    fn full_in_ms(&self) -> Option<u64> {
        let (_, used, limit) = *self.figures.last()?;
        let mut fastest = 0;
        for (i, (at, before, _)) in self.figures.iter().enumerate() {
            let later = self.figures[i..].iter().find(|(then, ..)| then - at >= 3_000);
            if let Some((then, after, _)) = later {
                fastest = fastest.max(after.saturating_sub(*before) / (then - at));
            }
        }
        (fastest > 0).then(|| limit.saturating_sub(used) / fastest)
    }

    /// A restart because of it may be right.
    pub(super) fn is_critical(&self, settings: &Settings) -> bool {
        // Half a minute after it was so, and a twentieth of the threshold below, it still counts as critical.
        let within = u64::try_from(settings.memory_critical_within.as_millis()).expect("minutes") * 5 / 4;
        self.percent() + 5 >= u64::from(settings.memory_critical_percent)
            || (self.percent() >= 60 && self.full_in_ms().is_some_and(|ms| ms <= within))
    }

    /// Nothing can be waited for.
    pub(super) fn is_urgent(&self) -> bool {
        self.percent() >= 96 || self.full_in_ms().is_some_and(|ms| ms <= 10_000)
    }
}
