//! Requests that clients make, and their answers.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

/// Restart a window's extension host now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct RestartRequest {
    /// Which window.
    pub window_id: String,
    /// The user has seen what would be lost and agreed. Without it the daemon answers what would be lost and does nothing,
    /// unless VS Code itself can restart gracefully (and ask).
    pub confirmed: bool,
    /// Not now, but at the next moment when nothing is in flight and nothing would be lost.
    #[serde(default)]
    pub when_quiet: bool,
}

/// What came of a [`RestartRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "answer")]
pub enum RestartAnswer {
    /// Under way; `lifeline/didRecover` follows from the new host.
    Started,
    /// It will be done at the next quiet moment; the window's status says what it waits for.
    Waiting,
    /// A kill is needed here and these would be lost; ask the user, then send `confirmed`.
    NeedsConfirmation {
        /// Dirty custom editors and notebooks, live debug sessions; empty when nothing would be lost.
        would_lose: Vec<String>,
    },
    /// Not done, and why, in a full sentence with the next step.
    Refused {
        /// The sentence.
        reason: String,
    },
}

/// Pause or resume the protection of a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct PauseRequest {
    /// Which window; all windows when absent.
    pub window_id: Option<String>,
    /// True to pause, false to resume.
    pub paused: bool,
}

/// How a drill freezes the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum DrillKind {
    /// `Atomics.wait` without an end.
    Deadlock,
    /// A loop without an end.
    BusyLoop,
}

/// Run a drill in a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct DrillRequest {
    /// Which window; the command line may leave it out when one window is attached.
    pub window_id: Option<String>,
    /// How to freeze.
    pub kind: DrillKind,
}

/// Whether a drill may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "answer")]
pub enum DrillAnswer {
    /// The next freeze of the window is the drill's.
    Go {
        /// The window that will freeze.
        window_id: String,
    },
    /// Not now, and why, in a full sentence with the next step.
    Refused {
        /// The sentence.
        reason: String,
    },
}

/// Ask an older daemon to leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct HandOverRequest {
    /// Version of the binary that wants to serve.
    pub version: String,
}

/// The older daemon's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct HandOverAnswer {
    /// True: it has saved its state, and the socket is free once this connection ends.
    pub leaving: bool,
    /// Version of the daemon that answers.
    pub version: String,
}
