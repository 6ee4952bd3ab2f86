//! What a host tells about itself and its editor: beats, pulses, context, settings.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

use crate::{ReapMode, RelayHttp, RelayMode, SessionMode};

/// One turn of the main thread's event loop, once a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Beat {
    /// Rises by one; an older one that arrives later is ignored.
    pub seq: u32,
    /// Event-loop delay since the last beat, median, in milliseconds.
    pub delay_p50_ms: f64,
    /// The same, 99th percentile.
    pub delay_p99_ms: f64,
    /// The same, maximum.
    pub delay_max_ms: f64,
    /// Share of the time since the last beat in which the loop was busy, 0 to 1.
    pub utilisation: f64,
    /// V8 heap in use, in bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub heap_used_bytes: u64,
    /// V8 `heap_size_limit`, in bytes. Read, never assumed (4496293888 was seen on VS Code 1.100).
    #[cfg_attr(test, ts(type = "number"))]
    pub heap_limit_bytes: u64,
    /// Resident memory of the host, in bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub rss_bytes: u64,
    /// V8 heap in use right after the last full garbage collection, in bytes: what is really held. None before the first.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "number | null"))]
    pub heap_floor_bytes: Option<u64>,
    /// Time spent in garbage collection since the last beat, in milliseconds.
    #[serde(default)]
    pub gc_ms: f64,
    /// Milliseconds since the user last did something in this window (typed, selected, switched, opened); none when never.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "number | null"))]
    pub input_idle_ms: Option<u64>,
}

/// A sign of life of the worker thread: once a second, and at each of its looks (two a second) while the main thread stands still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Pulse {
    /// Rises by one; an older one that arrives later is ignored.
    pub seq: u32,
    /// The counter that the main thread raises four times a second in shared memory.
    pub counter: u32,
    /// For how many milliseconds the worker has seen it stand still; 0 while it moves. To half a second.
    #[serde(default)]
    pub still_ms: u32,
}

/// What the editor shows, and what a kill of its host would lose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", default)]
pub struct EditorContext {
    /// Workspace folders, as URIs.
    pub workspace_folders: Vec<String>,
    /// Open tabs in order.
    pub tabs: Vec<Tab>,
    /// Visible text editors with their selections.
    pub visible_editors: Vec<VisibleEditor>,
    /// URIs of dirty text documents. Their text survives a host restart (it lives outside the host).
    pub dirty_documents: Vec<String>,
    /// Dirty custom editors, which a kill would lose.
    pub dirty_custom_editors: Vec<String>,
    /// Dirty notebooks, which a kill would lose.
    pub dirty_notebooks: Vec<String>,
    /// Live debug sessions, which a kill would end.
    pub debug_sessions: Vec<DebugSession>,
    /// Terminals, which survive a host restart.
    pub terminals: Vec<Terminal>,
    /// Names of tasks that run. Their terminals survive a host restart, but nobody would be told that they ended.
    pub running_tasks: Vec<String>,
}

/// One open tab.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", default)]
pub struct Tab {
    /// Title on the tab.
    pub label: String,
    /// `text`, `textDiff`, `custom`, `notebook`, `notebookDiff`, `webview`, `terminal` or `other`.
    pub kind: String,
    /// What it shows, as a URI, where it shows a document.
    pub uri: Option<String>,
    /// View type of a custom editor, notebook or webview.
    pub view_type: Option<String>,
    /// Has unsaved changes.
    pub dirty: bool,
    /// Selected in its group.
    pub active: bool,
    /// Pinned.
    pub pinned: bool,
    /// Editor group, from 1.
    pub group: u32,
}

/// One visible text editor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", default)]
pub struct VisibleEditor {
    /// The document.
    pub uri: String,
    /// Selections, the primary one first.
    pub selections: Vec<Selection>,
}

/// A selection by zero-based lines and UTF-16 columns, anchor and cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Selection {
    /// Line where the selection began.
    pub anchor_line: u32,
    /// Column where the selection began.
    pub anchor_column: u32,
    /// Line of the cursor.
    pub active_line: u32,
    /// Column of the cursor.
    pub active_column: u32,
}

/// A live debug session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", default)]
pub struct DebugSession {
    /// Name of its launch configuration.
    pub name: String,
    /// Type of its debugger.
    pub kind: String,
}

/// A terminal of the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", default)]
pub struct Terminal {
    /// Name on its tab.
    pub name: String,
    /// Process id of its shell, when known.
    pub pid: Option<u32>,
    /// Working directory, when known.
    pub cwd: Option<String>,
}

/// What Lifeline may do by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum RecoveryMode {
    /// Restart a frozen host in the background.
    #[default]
    Automatic,
    /// Ask first; a desktop notification, another window, or `lifeline status`.
    Ask,
    /// Watch and report only.
    Observe,
}

/// What Lifeline does about a host that has run for long or has become slow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum RefreshMode {
    /// Say so once, with a button.
    #[default]
    Offer,
    /// Restart the host at a moment when nothing is in flight and nothing would be lost.
    Automatic,
}

/// The settings that the daemon obeys, per window. Milliseconds are held within 1 s and 1 h, percents within 1 and 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// What Lifeline may do by itself.
    pub mode: RecoveryMode,
    /// A host silent for this long is late.
    pub late_after_ms: u32,
    /// A deadlocked host is restarted after this long.
    pub deadlock_after_ms: u32,
    /// A spinning host is restarted after this long.
    pub spinning_after_ms: u32,
    /// A host that does nothing but collect garbage is restarted after this long.
    pub gc_thrash_after_ms: u32,
    /// A host that waits for a child process is restarted after this long.
    pub on_child_after_ms: u32,
    /// Name the function that froze a host, through Node's inspector, before the host is restarted.
    pub name_culprit: bool,
    /// From this share of the heap limit on, memory is high.
    pub memory_high_percent: u32,
    /// A host that reaches its heap limit within this long, at the rate of the last minutes, is high. Minutes.
    pub memory_high_minutes: u32,
    /// From this share of the heap limit on, memory is critical: the host is restarted before it dies.
    pub memory_critical_percent: u32,
    /// A host that reaches its heap limit within this long, at the rate of the last minutes, is critical. Seconds.
    pub memory_critical_seconds: u32,
    /// Say so when the machine, or the container, has less than this share of its memory left.
    pub machine_memory_low_percent: u32,
    /// A host that has run for this long is refreshed. Minutes; 0 for never.
    pub refresh_after_minutes: u32,
    /// What Lifeline does then.
    pub refresh: RefreshMode,
    /// Carry connections to Claude Code's IDE socket over to the next host.
    pub bridge_connections: bool,
    /// Bring back the sessions whose processes ended with the host.
    pub restore_sessions: SessionMode,
    /// Tell a session whose turn was cut off to go on.
    pub continue_sessions: SessionMode,
    /// What is done about processes of Claude Code that were certainly left behind.
    pub reap: ReapMode,
    /// A process that nobody needs is left alone until nothing has moved in it for this long. Seconds.
    pub reap_quiet_seconds: u32,
    /// An extension host that nobody is connected to, and that computes without its event loop turning, is let do so for this long. Seconds.
    pub host_deserted_seconds: u32,
    /// A request to the API is told as stalled when nothing has come of it for this long. Seconds.
    pub connection_stalled_seconds: u32,
    /// Whether the relay is to serve although nobody has turned it on. What Claude Code is told of it is not changed by this.
    pub relay: RelayMode,
    /// The relay resets a connection to the API when nothing has passed for so long. Seconds.
    pub relay_stall_seconds: u32,
    /// How often the relay tries to connect to the API.
    pub relay_attempts: u32,
    /// How long the relay lets a client wait for that. Seconds.
    pub relay_budget_seconds: u32,
    /// How often the relay's gateway repeats a request that may have been billed.
    pub relay_billed_retries: u32,
    /// The relay's gateway lets a client that waits for events hear `ping` from here on; 0 for never. Seconds.
    pub relay_ping_seconds: u32,
    /// What the relay's gateway speaks to the API.
    pub relay_http: RelayHttp,
}

impl Default for Settings {
    /// The defaults of DESIGN: late 3 s; deadlock 15 s, on a child 60 s. Spinning and garbage collection 16 s instead of 20: a window
    /// whose messages were not acknowledged for 20 s replaces its connection, and notices the end of the host only 17 to 21 s later
    /// (measured, VS Code 1.100); up to 18 s the new host's process is there in less than 1 s. Critical memory
    /// is what leaves time for an orderly restart; two hours is the age at which users restarted by hand (seed 1).
    fn default() -> Self {
        Self {
            mode: RecoveryMode::Automatic,
            late_after_ms: 3_000,
            deadlock_after_ms: 15_000,
            spinning_after_ms: 16_000,
            gc_thrash_after_ms: 16_000,
            on_child_after_ms: 60_000,
            name_culprit: true,
            memory_high_percent: 75,
            memory_high_minutes: 10,
            memory_critical_percent: 92,
            memory_critical_seconds: 60,
            machine_memory_low_percent: 10,
            refresh_after_minutes: 120,
            refresh: RefreshMode::Offer,
            bridge_connections: true,
            restore_sessions: SessionMode::Ask,
            continue_sessions: SessionMode::Ask,
            reap: ReapMode::Ask,
            reap_quiet_seconds: 360,
            host_deserted_seconds: 600,
            connection_stalled_seconds: 75,
            relay: RelayMode::Off,
            relay_stall_seconds: 75,
            relay_attempts: 5,
            relay_budget_seconds: 120,
            relay_billed_retries: 1,
            relay_ping_seconds: 0,
            relay_http: RelayHttp::Auto,
        }
    }
}
