//! A freeze, crash or requested restart from its beginning to its end, and what is said of it.

use std::time::Duration;

use crate::{ApiFault, Culprit, Evidence, MachineMemory, ProcessId, Risks, Time, Verdict, WindowId};

/// An incident's number; the daemon seeds the first one so that numbers rise across restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct IncidentId(pub u64);

/// A notice's number, from the same sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct NoticeId(pub u64);

/// What an incident began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Cause {
    /// The host froze.
    Freeze,
    /// The host ended by itself.
    Crash,
    /// The user asked for a restart.
    Requested,
    /// The user asked for a drill.
    Drill,
    /// The host would have run out of memory.
    Memory,
    /// The host had run for long, or had become slow.
    Refresh,
}

impl Cause {
    /// An orderly restart that nobody has asked for.
    pub(crate) const fn is_our_own(self) -> bool {
        matches!(self, Self::Memory | Self::Refresh)
    }
}

/// How an incident ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Outcome {
    /// Still under way.
    Open,
    /// A new host attached.
    Recovered,
    /// The frozen host answered again by itself.
    CameBack,
    /// Nothing was killed.
    Refused,
    /// No new host attached in time.
    NotVerified,
    /// VS Code brought a host back that had ended without us.
    CrashRecovered,
}

/// One freeze, crash or requested restart.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// The window.
    pub window: WindowId,
    /// What a person calls the window.
    pub label: String,
    /// The host it happened to.
    pub host: ProcessId,
    /// The host that took over.
    pub new_host: Option<ProcessId>,
    /// What it began with.
    pub cause: Cause,
    /// Verdict at the decision.
    pub verdict: Verdict,
    /// Why.
    pub evidence: Vec<Evidence>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was said of it last.
    pub reason: Option<NoticeCode>,
    /// Last sign of life.
    pub began: Time,
    /// When the verdict that led to the action was first reached.
    pub verdict_at: Option<Time>,
    /// When the host was killed or asked to restart.
    pub acted_at: Option<Time>,
    /// When the new host attached, or the old one came back.
    pub ended_at: Option<Time>,
    /// Its snapshot is durable.
    pub snapshot: bool,
    /// What survived, and what a kill would have lost, as last reported.
    pub risks: Risks,
    /// Who froze it, when that could be found out.
    #[cfg_attr(feature = "serde", serde(default))]
    pub culprit: Option<Culprit>,
    /// Heap in use and heap limit at the decision, in bytes.
    #[cfg_attr(feature = "serde", serde(default))]
    pub heap: Option<(u64, u64)>,
}

impl Incident {
    /// One that begins now, of which nothing more is known yet.
    pub(crate) fn new(
        id: IncidentId,
        window: &WindowId,
        label: &str,
        host: ProcessId,
        cause: Cause,
        began: Time,
    ) -> Self {
        Self {
            id,
            window: window.clone(),
            label: label.to_owned(),
            host,
            new_host: None,
            cause,
            verdict: Verdict::Gone,
            evidence: Vec::new(),
            outcome: Outcome::Open,
            reason: None,
            began,
            verdict_at: None,
            acted_at: None,
            ended_at: None,
            snapshot: false,
            risks: Risks::default(),
            culprit: None,
            heap: None,
        }
    }
}

/// What a notice says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum NoticeCode {
    /// A frozen host was restarted.
    Recovered,
    /// A host crashed and VS Code brought it back.
    CrashRecovered,
    /// Not killed: VS Code restarts a host only twice in five minutes.
    RefusedBudget,
    /// Not killed: this would be lost.
    RefusedUnsaved(Vec<String>),
    /// Not killed: the snapshot could not be saved, and why.
    RefusedCannotSave(String),
    /// Not killed: the last look showed something else than the decision was made on.
    RefusedIdentity(String),
    /// Restarted, but no new host attached in time.
    NotVerified,
    /// A question: restart it?
    Ask,
    /// Frozen, but the mode is to observe.
    Observed,
    /// The host was stopped by a signal from elsewhere.
    Stopped,
    /// Silent for long, and the reason is not certain enough to act on.
    Unclear,
    /// A window without Lifeline is frozen.
    Unguarded,
    /// The heap is filling up.
    MemoryHigh {
        /// In use, in bytes.
        used_bytes: u64,
        /// The limit, in bytes.
        limit_bytes: u64,
        /// Until the limit at the rate of the last minutes, in seconds.
        limit_in_secs: Option<u64>,
    },
    /// The heap is nearly full, and nothing is done about it: why.
    MemoryCritical {
        /// In use, in bytes.
        used_bytes: u64,
        /// The limit, in bytes.
        limit_bytes: u64,
        /// Why nothing is done.
        why: Hindrance,
    },
    /// The machine has little memory left.
    MachineMemory(MachineMemory),
    /// The host has run for long or has become slow, and may be refreshed; why.
    RefreshOffered(String),
    /// A Claude session ended with the host.
    SessionEnded {
        /// Claude's own id of it.
        session: String,
        /// What a person calls it. It is not written into a journal.
        #[cfg_attr(feature = "serde", serde(skip))]
        title: String,
    },
    /// A turn of a Claude session died of its connection to the API.
    TurnDied {
        /// Claude's own id of the session.
        session: String,
        /// What a person calls it. It is not written into a journal.
        #[cfg_attr(feature = "serde", serde(skip))]
        title: String,
        /// What broke last.
        fault: ApiFault,
        /// How many sessions have such trouble, when they are so many that it is the network or the service.
        storm: Option<u32>,
    },
    /// The turns of a large session die one after the other.
    TurnsDie {
        /// Claude's own id of the session.
        session: String,
        /// What a person calls it. It is not written into a journal.
        #[cfg_attr(feature = "serde", serde(skip))]
        title: String,
        /// How many have, without an answer in between.
        deaths: u32,
        /// Size of the session's transcript.
        bytes: u64,
    },
    /// The attempts of one turn of a large session fail one after the other.
    TurnBreaks {
        /// Claude's own id of the session.
        session: String,
        /// What a person calls it. It is not written into a journal.
        #[cfg_attr(feature = "serde", serde(skip))]
        title: String,
        /// What broke last.
        fault: ApiFault,
        /// How many have failed.
        attempts: u32,
        /// Size of the session's transcript.
        bytes: u64,
    },
    /// A request is under way, and nothing has come of it for long.
    TurnStalled {
        /// Claude's own id of the session.
        session: String,
        /// What a person calls it. It is not written into a journal.
        #[cfg_attr(feature = "serde", serde(skip))]
        title: String,
        /// For how long.
        silent_for: Duration,
    },
    /// The turn of a Claude session died.
    SessionCut {
        /// Claude's own id of it.
        session: String,
        /// What a person calls it. It is not written into a journal.
        #[cfg_attr(feature = "serde", serde(skip))]
        title: String,
    },
}

/// Why a restart that would be good is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Hindrance {
    /// The mode is to ask or to observe.
    Mode,
    /// VS Code restarts a host only twice in five minutes.
    Budget,
    /// This would be lost.
    Unsaved(Vec<String>),
}

/// Something the user must know.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Notice {
    /// Its number.
    pub id: NoticeId,
    /// What.
    pub code: NoticeCode,
    /// The window it is about.
    pub window: WindowId,
    /// What a person calls that window.
    pub label: String,
    /// The incident it is about, if any.
    pub incident: Option<Incident>,
}
