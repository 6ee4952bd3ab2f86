//! Claude sessions: where each one lives and how it stands, and what is asked of a window to bring one back.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

/// One Claude session that has a process, or had one a short while ago.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", default)]
pub struct SessionStatus {
    /// Claude's own id of it, a UUID; none while it is not known yet.
    pub session_id: Option<String>,
    /// `terminal` (a CLI in a terminal of a VS Code window), `panel` (a child of an extension host), `elsewhere` (a CLI in any
    /// other terminal), or `background` (a CLI without a terminal).
    pub kind: String,
    /// Its process; none once that has ended.
    pub pid: Option<u32>,
    /// The window that it belongs to: whose host started it, whose terminal it runs in, or whose socket it is connected to.
    pub window_id: Option<String>,
    /// The shell of the VS Code terminal that it runs in: what `Terminal.processId` says there.
    pub shell_pid: Option<u32>,
    /// The folder that it works in, as a path.
    pub folder: Option<String>,
    /// Its transcript, as a path.
    pub transcript: Option<String>,
    /// `idle`, `thinking` (the answer is on its way), `tool` (a tool runs), `waiting` (for the user's answer to a question),
    /// `retrying` (the connection to the API broke, and it tries again), `failed` (the last turn ended with an error),
    /// `cut` (its process ended in the middle of a turn), `ended` (its process ended between two turns), or `unknown`.
    pub state: String,
    /// The user's last prompt, in at most 500 characters.
    pub last_prompt: Option<String>,
    /// What Claude has said of the answer to it so far, in at most 2000 characters; none when the turn is over.
    pub partial_answer: Option<String>,
    /// Tool calls without a result, oldest first.
    pub pending_tools: Vec<PendingTool>,
    /// Subagents that are at work.
    pub subagents: u32,
    /// Resident memory of its process, in bytes.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub rss_bytes: Option<u64>,
    /// When its process started, milliseconds since the Unix epoch.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub started_unix_ms: Option<u64>,
    /// When its transcript was last written to, milliseconds since the Unix epoch.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub active_unix_ms: Option<u64>,
    /// The branch that Claude noted in its last record.
    pub git_branch: Option<String>,
    /// Its connection to the window's IDE socket goes through Lifeline's bridge.
    pub bridged: bool,
}

/// A tool call that has no result yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", default)]
pub struct PendingTool {
    /// The tool: `Bash`, `Edit`, …
    pub name: String,
    /// What it was asked to do, in at most 200 characters: a command, a file.
    pub summary: String,
    /// When, milliseconds since the Unix epoch.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub since_unix_ms: Option<u64>,
}

/// What Lifeline may do about sessions, by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum SessionMode {
    /// It does it, and says so.
    Automatic,
    /// It asks first.
    #[default]
    Ask,
    /// It does not.
    Never,
}

/// Resume a session whose process has ended, or show the one that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct ResumeRequest {
    /// The session.
    pub session_id: String,
    /// Where to open it; none for the window that asks.
    pub window_id: Option<String>,
}

/// Let a session whose turn died go on: it is told `continue`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct ContinueRequest {
    /// The session.
    pub session_id: String,
    /// Compact it instead: its turns die because it is too large.
    #[serde(default)]
    pub compact: bool,
}

/// What became of a [`ResumeRequest`] or a [`ContinueRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "result")]
pub enum SessionAnswer {
    /// The window was told to open it, or to type into its terminal.
    Started,
    /// Its process is there, in this terminal.
    AlreadyOpen {
        /// The shell of its terminal; none when it is not in a VS Code terminal.
        shell_pid: Option<u32>,
    },
    /// Not done; the sentence says why and what to do.
    Refused {
        /// Why.
        reason: String,
    },
}

/// Daemon → window: bring a session back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct OpenSessionParams {
    /// The session.
    pub session_id: String,
    /// The folder to open it in, as a path.
    pub folder: Option<String>,
    /// `panel` (in the Claude Code extension's own view where that can be had, else in a terminal) or `terminal`.
    pub kind: String,
    /// Typed once it is open; none to leave it as it is.
    pub prompt: Option<String>,
}

/// What a window answers to [`OpenSessionParams`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct OpenSessionAnswer {
    /// It was opened.
    pub opened: bool,
    /// `command`, `uri` or `terminal`; none when it was not.
    pub how: Option<String>,
}

/// Daemon → window: type a line into exactly this terminal. Answered with whether it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct TypeInTerminalParams {
    /// Its shell.
    pub shell_pid: u32,
    /// The line, without its end.
    pub text: String,
}
