//! Everything Lifeline can do: the closed list of decisions. Whoever drains them causes the effects.

use crate::{
    Evidence, Incident, IncidentId, Notice, OrphanDecision, ProcessId, RequestId, SessionAnswer, SessionKind,
    Verdict, WindowId,
};

/// How a drill freezes the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Drill {
    /// `Atomics.wait` without an end.
    Deadlock,
    /// A loop without an end.
    BusyLoop,
}

/// Which way a notice goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Via {
    /// The window's own host answers and shows it.
    Window,
    /// The window cannot show anything now: the desktop's notifier.
    Desktop,
}

/// Answer to [`Event::RestartAsked`](crate::Event::RestartAsked).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum RestartAnswer {
    /// Under way.
    Started,
    /// It is done at the next quiet moment.
    Waiting,
    /// Ask the user first; this would be lost.
    NeedsConfirmation(Vec<String>),
    /// Not done; the sentence says why and what to do.
    Refused(String),
}

/// Answer to [`Event::DrillAsked`](crate::Event::DrillAsked).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum DrillAnswer {
    /// The next freeze of the window is the drill's.
    Go,
    /// Not now; the sentence says why and what to do.
    Refused(String),
}

/// Everything Lifeline can do.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Decision {
    /// Look at a host from outside and report [`Event::Facts`](crate::Event::Facts).
    Examine {
        /// The host.
        host: ProcessId,
    },
    /// Make the window's last context durable, then report `SnapshotSaved` or `SnapshotFailed`.
    SaveSnapshot {
        /// The incident it is for.
        incident: Box<Incident>,
    },
    /// Find out which function the host stands still in, within [`NAME_WITHIN`](crate::NAME_WITHIN), and report
    /// [`Event::CulpritNamed`](crate::Event::CulpritNamed) in any case.
    NameCulprit {
        /// The incident.
        incident: IncidentId,
        /// The host.
        host: ProcessId,
    },
    /// Find out whether Claude Code is in the middle of something in this host's window; report
    /// [`Event::Turns`](crate::Event::Turns).
    LookForTurns {
        /// The window.
        window: WindowId,
        /// The host.
        host: ProcessId,
    },
    /// End exactly this process, after a last look; report [`Event::KillDone`](crate::Event::KillDone).
    KillHost {
        /// The incident.
        incident: IncidentId,
        /// The window.
        window: WindowId,
        /// The host.
        host: ProcessId,
        /// The cause.
        verdict: Verdict,
        /// Why; from at least two different witnesses.
        evidence: Vec<Evidence>,
    },
    /// Ask the window to restart its host itself; report `GracefulAnswered`.
    RestartGracefully {
        /// The incident.
        incident: IncidentId,
        /// The window.
        window: WindowId,
    },
    /// Tell the user.
    Tell {
        /// The window it is about, or the one that shows it.
        window: WindowId,
        /// Which way.
        via: Via,
        /// What.
        notice: Box<Notice>,
    },
    /// An incident ended, or reached a state in which it may stay: keep it in the history, in the place of an
    /// earlier record with the same number (a refusal may be followed by a recovery).
    Record {
        /// The incident.
        incident: Box<Incident>,
    },
    /// A window's status changed.
    Changed {
        /// The window.
        window: WindowId,
    },
    /// Answer a restart request.
    AnswerRestart {
        /// The request.
        request: RequestId,
        /// The answer.
        answer: RestartAnswer,
    },
    /// Answer a drill request.
    AnswerDrill {
        /// The request.
        request: RequestId,
        /// The answer.
        answer: DrillAnswer,
    },
    /// Tell a window to freeze itself, for a drill that the user confirmed elsewhere.
    Freeze {
        /// The window.
        window: WindowId,
        /// How.
        drill: Drill,
    },
    /// Listen on the port of a host that ended, for the CLIs that were connected there; report
    /// [`Event::BridgeUsed`](crate::Event::BridgeUsed), or [`Event::BridgeFailed`](crate::Event::BridgeFailed). It may be listening already.
    Bridge {
        /// The port.
        port: u16,
        /// The port of the host that they belong to now; `None` while there is none.
        to: Option<u16>,
    },
    /// Give the port back.
    Unbridge {
        /// The port.
        port: u16,
    },
    /// Find out how the Claude sessions of a window stand; report [`Event::Sessions`](crate::Event::Sessions).
    LookForSessions {
        /// The window.
        window: WindowId,
    },
    /// Open a session in a window, unless a process of it lives after all.
    OpenSession {
        /// The window.
        window: WindowId,
        /// Claude's own id of the session.
        session: String,
        /// The folder to open it in.
        folder: Option<String>,
        /// Where it lived.
        kind: SessionKind,
        /// Its turn was cut: tell it to go on.
        goes_on: bool,
    },
    /// Type `continue` into the terminal in which a session waits after its turn died.
    TypeContinue {
        /// The window.
        window: WindowId,
        /// Claude's own id of the session.
        session: String,
        /// The shell of the terminal.
        shell_pid: u32,
    },
    /// Type `/compact` into the terminal of a session whose turns die because it is too large.
    TypeCompact {
        /// The window.
        window: WindowId,
        /// Claude's own id of the session.
        session: String,
        /// The shell of the terminal.
        shell_pid: u32,
    },
    /// Find out when anything has come in on the connections of a session's process; report [`Event::Link`](crate::Event::Link).
    LookAtLink {
        /// Claude's own id of the session.
        session: String,
    },
    /// Answer a request about a session.
    AnswerSession {
        /// The request.
        request: RequestId,
        /// The answer.
        answer: SessionAnswer,
    },
    /// Something about processes of Claude Code that may have been left behind.
    Orphan(OrphanDecision),
    /// Nobody needs the daemon any more.
    Leave,
}
