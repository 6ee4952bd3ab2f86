//! Processes of Claude Code, and what those have started: which may have been left behind, and how they are ended.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

/// What may be done about processes that were certainly left behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum ReapMode {
    /// They are ended, with care.
    Certain,
    /// The user is told when it is worth it, and ends them.
    #[default]
    Ask,
    /// Nothing; they are listed.
    Never,
}

/// A process of Claude Code, or one that such a process has started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", default)]
pub struct ProcessStatus {
    /// Names this process and no later one with its pid: for [`ReapRequest`].
    pub id: String,
    /// The operating system's process id.
    pub pid: u32,
    /// The pid of its parent; 0 for none.
    pub parent_pid: u32,
    /// `session`, `mcpServer`, `shell`, `languageServer` or `other`.
    pub kind: String,
    /// `certain`: nobody needs it. `suspect`: something speaks for that, and something is missing. `inUse`.
    pub grade: String,
    /// The program and what it is to do, without what could carry a secret.
    pub command: String,
    /// Claude's own id of its session.
    pub session_id: Option<String>,
    /// The folder that it works in.
    pub folder: Option<String>,
    /// The transcript of its session.
    pub transcript: Option<String>,
    /// How long it has been running.
    #[cfg_attr(test, ts(type = "number"))]
    pub age_ms: u64,
    /// Its resident memory.
    #[cfg_attr(test, ts(type = "number"))]
    pub rss_bytes: u64,
    /// It and what it has started: what would end with it.
    pub tree_pids: Vec<u32>,
    /// Resident memory of all of them. Pages that they share are counted more than once.
    #[cfg_attr(test, ts(type = "number"))]
    pub tree_bytes: u64,
    /// Why it is graded so, in sentences.
    pub why: Vec<String>,
    /// What is missing for `certain`, in sentences.
    pub doubts: Vec<String>,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", default)]
pub struct ProcessesReport {
    /// Certain ones first, then suspects; the largest first.
    pub processes: Vec<ProcessStatus>,
    /// What the user wants to be done about certain ones.
    pub mode: ReapMode,
    /// Processes that Lifeline has ended so far.
    #[cfg_attr(test, ts(type = "number"))]
    pub given_back_processes: u64,
    /// Their resident memory.
    #[cfg_attr(test, ts(type = "number"))]
    pub given_back_bytes: u64,
}

/// Ends processes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct ReapRequest {
    /// Which, by [`ProcessStatus::id`].
    pub ids: Vec<String>,
}

/// What became of one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Reaped {
    /// Which.
    pub id: String,
    /// Processes that have ended: it, and what it had started.
    pub ended: Vec<u32>,
    /// Those that have not.
    pub left: Vec<u32>,
    /// Resident memory of those that have.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// Why nothing was done, or not all; none when it has ended.
    pub reason: Option<String>,
}
