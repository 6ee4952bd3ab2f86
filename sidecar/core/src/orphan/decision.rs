//! What may be done about leaked processes, what the user wants of that, and what comes of it.

use std::time::Duration;

#[cfg(doc)]
use super::Orphans;
use crate::{LeakEvidence, ProcessId, RequestId, Use};

/// What is done about leaks that are certain; the more careful, the greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum ReapMode {
    /// They are ended.
    Certain,
    /// The user is asked, when it is worth it.
    #[default]
    Ask,
    /// Nothing.
    Never,
}

/// The user's wishes, and the thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReapSettings {
    /// What is done about leaks that are certain.
    pub reap: ReapMode,
    /// A process rests when nothing has moved for this long. An answer that stalls is waited for in silence for 300 s (FACTS section 5);
    /// the default is a minute more.
    pub quiet_after: Duration,
    /// From the first look that shows a leak to the one that makes it certain, at least.
    pub looks_apart: Duration,
    /// An extension host is deserted when nobody has been connected to it, and it has computed, for more than this long.
    pub deserted_after: Duration,
}

impl Default for ReapSettings {
    fn default() -> Self {
        Self {
            reap: ReapMode::default(),
            quiet_after: Duration::from_secs(6 * 60),
            looks_apart: Duration::from_secs(30),
            deserted_after: Duration::from_secs(10 * 60),
        }
    }
}

/// One process on its way out, with what it has started. The numbers rise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct EndingId(pub u64);

/// How a process is told to end; each is harsher than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Verb {
    /// Whoever holds the other end of its standard input closes it.
    CloseStdin,
    /// SIGTERM.
    Term,
    /// SIGKILL.
    Kill,
}

/// What came of an [`OrphanDecision::EndProcess`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Acted {
    /// Every one of them that was still itself was told.
    Done,
    /// Nobody can do that ([`Verb::CloseStdin`] only).
    NotPossible,
    /// None of them was told; why.
    Refused(String),
}

/// Why an ending did not come to its end. What had been told before, had been told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum CalledOff {
    /// The machine slept, or we did not run: nothing that was known is believed any more.
    Gap,
    /// It ended by itself.
    Gone,
    /// It is in use.
    InUse(Vec<Use>),
    /// What proved that nobody needs it is not so any more: its owner is back, or its successor is gone.
    Needed,
    /// It is not any more as it was when that was decided.
    Changed,
    /// Its tail could not be saved, and why.
    NotSaved(String),
    /// The actuator refused, and why.
    Refused(String),
    /// A look or a signal was not reported in time.
    NoAnswer,
    /// The user does not want it any more.
    Unwanted,
}

/// Answer to [`Orphans::end_asked`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum EndAnswer {
    /// Under way.
    Started,
    /// Not done, and why.
    Refused(CalledOff),
    /// Not done: it is under way already, all that can be done about it has been done, or too many are under way.
    Busy,
}

/// Everything that may be done about leaked processes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum OrphanDecision {
    /// Look at the processes anew, from the beginning; report [`Orphans::looked`].
    Look,
    /// Make durable, in a snapshot, what it was and the tails of these sessions; report [`Orphans::tail_saved`].
    SaveTail {
        /// For this ending.
        ending: EndingId,
        /// The process.
        id: ProcessId,
        /// The sessions that end with it; none for a server that was left behind.
        sessions: Vec<String>,
    },
    /// Tell these processes to end, each after its identity was checked at that instant; report [`Orphans::acted`].
    EndProcess {
        /// Which ending.
        ending: EndingId,
        /// The process that it is about. It may have ended by now.
        id: ProcessId,
        /// Who is told: the process, and what it has started.
        tree: Vec<ProcessId>,
        /// How.
        verb: Verb,
        /// Why.
        why: Vec<LeakEvidence>,
    },
    /// Remove this lock file, if it is still the one that was found stale, nobody listens there, and it is a minute old.
    RemoveLock {
        /// Its port.
        port: u16,
    },
    /// An ending came to its end.
    GaveBack {
        /// Which.
        ending: EndingId,
        /// The process that it was about.
        id: ProcessId,
        /// Who has ended.
        ended: Vec<ProcessId>,
        /// Who has not.
        left: Vec<ProcessId>,
        /// Resident memory of those that ended, in bytes. Pages that they shared with others are counted, and not given back.
        bytes: u64,
    },
    /// An ending did not come to its end.
    CalledOff {
        /// Which.
        ending: EndingId,
        /// The process.
        id: ProcessId,
        /// Why.
        reason: CalledOff,
    },
    /// Tell the user how much can be given back.
    Offer {
        /// Processes.
        processes: u32,
        /// Resident memory, in bytes.
        bytes: u64,
    },
    /// Answer a request to end a process.
    Answer {
        /// The request.
        request: RequestId,
        /// The answer.
        answer: EndAnswer,
    },
}

/// What has been given back since the daemon, or the one before it, began to count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GivenBack {
    /// Processes.
    pub processes: u64,
    /// Bytes.
    pub bytes: u64,
}
