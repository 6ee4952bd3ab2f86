//! A host's heap, and V8's way with it: it collects when the heap has doubled, or is half-way to its limit.

/// What a real host reported (FACTS section 1), in bytes.
pub(crate) const LIMIT: u64 = 4_496_293_888;

const MB: u64 = 1_000_000;

#[derive(Clone, Debug)]
pub(crate) struct Heap {
    pub(crate) live: u64,
    garbage: u64,
    /// What the last full collection left.
    floor: Option<u64>,
    pub(crate) leaks_mb_per_s: u64,
    pub(crate) litters_mb_per_s: u64,
    /// When it leaked last.
    pub(crate) leaked_at: u64,
    /// Milliseconds spent collecting since the last beat, and up to when it was brought.
    gc_ms: u64,
    at: u64,
}

impl Heap {
    pub(super) fn new(now: u64) -> Self {
        Self {
            live: 500 * MB,
            garbage: 0,
            floor: None,
            leaks_mb_per_s: 0,
            litters_mb_per_s: 0,
            leaked_at: 0,
            gc_ms: 0,
            at: now,
        }
    }

    pub(crate) fn used(&self) -> u64 {
        (self.live + self.garbage).min(LIMIT)
    }

    pub(crate) fn percent(&self) -> u64 {
        self.used() * 100 / LIMIT
    }

    /// Nothing more fits.
    pub(crate) fn is_full(&self) -> bool {
        self.live >= LIMIT
    }

    /// It reaches its limit within so many seconds, if it goes on like this.
    pub(crate) fn is_full_within(&self, seconds: u64) -> bool {
        self.leaks_mb_per_s * MB * seconds >= LIMIT.saturating_sub(self.live)
    }

    pub(crate) fn hold(&mut self, percent: u64) {
        self.hold_bytes(LIMIT / 100 * percent);
    }

    pub(super) fn hold_bytes(&mut self, live: u64) {
        if live > self.live {
            // As fast as a leak, while it lasts.
            self.leaked_at = self.at;
        }
        self.live = live;
        self.garbage = 0;
        self.floor = Some(live);
    }

    /// Brings it up to now; the host runs, or has not run since.
    pub(super) fn run(&mut self, now: u64, runs: bool) {
        let ms = now - std::mem::replace(&mut self.at, now);
        if !runs {
            return;
        }
        if self.leaks_mb_per_s > 0 {
            self.leaked_at = now;
        }
        self.live += self.leaks_mb_per_s * MB / 1000 * ms;
        self.garbage += self.litters_mb_per_s * MB / 1000 * ms;
        let floor = self.floor.unwrap_or(self.live.min(500 * MB));
        if self.used() >= (2 * floor).min(u64::midpoint(floor, LIMIT)) && self.used() > floor {
            self.garbage /= 20;
            self.floor = Some(self.used());
            self.gc_ms += 120;
        }
    }

    /// In use, what the last collection left, and time spent collecting since the last beat.
    pub(super) fn measure(&mut self) -> (u64, Option<u64>, u64) {
        (self.used(), self.floor, std::mem::take(&mut self.gc_ms))
    }
}
