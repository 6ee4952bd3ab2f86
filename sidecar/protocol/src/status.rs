//! How things stand: the answer to `lifeline/status`, and its part for one window.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

use crate::{EvidenceItem, Notice, RecoveryMode};

/// The daemon and all windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct StatusReport {
    /// Version of the daemon.
    pub daemon_version: String,
    /// Its process id.
    pub daemon_pid: u32,
    /// How long it has been running, in milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub uptime_ms: u64,
    /// Its resident memory, in bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub rss_bytes: u64,
    /// Why it cannot save, when it cannot; it then refuses to kill.
    pub cannot_save: Option<String>,
    /// Windows, in order of attachment.
    pub windows: Vec<WindowStatus>,
}

/// One window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct WindowStatus {
    /// The window.
    pub window_id: String,
    /// What a person calls it.
    pub label: String,
    /// Its extension host; none between two hosts.
    pub host_pid: Option<u32>,
    /// `healthy`, `late`, `deadlock`, `onChild`, `spinning`, `gcThrash`, `starved`, `ioStuck`, `stopped`, `traced`, `suspended`, `gone`.
    pub verdict: String,
    /// Why.
    pub evidence: Vec<EvidenceItem>,
    /// `watching`, `suspect`, `saving`, `restarting`, `verifying`, `asking`, `gaveUp`.
    pub phase: String,
    /// Protection is paused by the user.
    pub paused: bool,
    /// What Lifeline may do by itself here.
    pub mode: RecoveryMode,
    /// Milliseconds since the last sign of life of the main thread.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub silent_ms: Option<u64>,
    /// Host exits that count against VS Code's limit, in the last 5 minutes. At 2 nothing is killed any more.
    pub restarts_in_window: u32,
    /// Event-loop delay of the last beat, 99th percentile, in milliseconds.
    pub delay_p99_ms: Option<f64>,
    /// V8 heap in use, in bytes, at the last beat.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub heap_used_bytes: Option<u64>,
    /// V8 heap limit, in bytes.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub heap_limit_bytes: Option<u64>,
    /// Resident memory of the host, in bytes, at the last beat.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub rss_bytes: Option<u64>,
    /// What the user must know and has not been told in the window yet, or what still holds.
    pub notices: Vec<Notice>,
}

/// One snapshot on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct SnapshotSummary {
    /// Its id: `lifeline snapshots show ID`.
    pub id: String,
    /// What a person calls the window.
    pub label: String,
    /// When, milliseconds since the Unix epoch.
    #[cfg_attr(test, ts(type = "number"))]
    pub saved_unix_ms: u64,
    /// Why it was made.
    pub cause: String,
}
