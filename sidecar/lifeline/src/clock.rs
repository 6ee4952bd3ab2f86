//! The daemon's only clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lifeline_core::Time;
use lifeline_platform::Platform;

/// Monotonic now, for the core.
pub(crate) fn now() -> Time {
    Time::from_millis(u64::try_from(Platform::monotonic().as_millis()).unwrap_or(u64::MAX))
}

/// How long the machine has slept since boot.
pub(crate) fn slept() -> Duration {
    Platform::boottime().saturating_sub(Platform::monotonic())
}

/// Wall-clock now, in milliseconds since 1970: for people and file names, never for a deadline.
pub(crate) fn unix_ms() -> u64 {
    unix_ms_at(SystemTime::now())
}

/// A wall-clock time in milliseconds since 1970; 0 for one before.
pub(crate) fn unix_ms_at(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The wall-clock time of a monotonic point, as the clocks stand now.
pub(crate) fn unix_ms_of(point: Time) -> u64 {
    let ago = now().since(point);
    unix_ms().saturating_sub(u64::try_from(ago.as_millis()).unwrap_or(u64::MAX))
}
