//! What each operating system's file has to provide. The rules that are the same everywhere (who is never signalled)
//! are not here but in the crate's root.

use crate::{Child, Error, Pressure, ProcessFacts, ProcessId};
use std::time::Duration;

/// The machine: finds processes, reads clocks.
pub(crate) trait System: Clone {
    type Watched: Watched;

    fn identify(&self, pid: u32) -> Result<ProcessId, Error>;
    /// Opens the process and verifies, after opening, that it is `id`, alive, and ours.
    fn open(&self, id: ProcessId) -> Result<Self::Watched, Error>;
    /// 0 when it has none (any more).
    fn parent(&self, pid: u32) -> Result<u32, Error>;
    fn children(&self, pid: u32) -> Vec<Child>;
    fn pressure(&self) -> Option<Pressure>;
    fn boot_id(&self) -> Option<String>;
    fn self_rss_bytes(&self) -> Option<u64>;
    fn clock_ticks_per_second() -> u64;
    fn monotonic() -> Duration;
    fn boottime() -> Duration;
}

/// One process, held open.
pub(crate) trait Watched {
    fn id(&self) -> ProcessId;
    fn sample(&mut self, depth: Depth) -> Result<ProcessFacts, Error>;
    /// Is it, at this instant, the same process, alive, and ours?
    fn recheck(&self) -> Result<(), Error>;
    fn send(&self, signal: Signal) -> Result<(), Error>;
    fn has_exited(&self) -> bool;
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    Cheap,
    Full,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    Kill,
    Usr1,
}
