//! How things stand: the answer to `lifeline/status`, and its part for one window.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

use crate::{EvidenceItem, Notice, RecoveryMode, RelayOutage};

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
    /// The machine.
    #[serde(default)]
    pub machine: MachineStatus,
    /// Claude Code's IDE sockets, by port.
    #[serde(default)]
    pub sockets: Vec<SocketStatus>,
    /// Lock files that could not be used, each in a sentence.
    #[serde(default)]
    pub lock_problems: Vec<String>,
    /// Claude Code processes that belong to a window: children of its host, and clients of its socket.
    #[serde(default)]
    pub claude: Vec<ClaudeProcess>,
    /// Sessions whose connection to the API has trouble, in whatever window or terminal, the worst first.
    #[serde(default)]
    pub connections: Vec<ConnectionStatus>,
}

/// The machine, or the container around us.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineStatus {
    /// Memory, in bytes: the machine's, or the container's limit where that is less.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub memory_total_bytes: Option<u64>,
    /// What of it can still be had without swapping, in bytes.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub memory_available_bytes: Option<u64>,
    /// The limit is a container's.
    pub memory_is_limited: bool,
    /// `normal`, `low` or `critical`.
    pub memory_level: String,
    /// Share of the last 10 s in which some task waited for a CPU, in percent.
    pub cpu_pressure_percent: Option<f32>,
    /// Share of the last 10 s in which all tasks waited for memory, in percent.
    pub memory_pressure_percent: Option<f32>,
}

/// One IDE socket, as its lock file and our heartbeat tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct SocketStatus {
    /// Its port on the loopback interface.
    pub port: u16,
    /// What the lock file calls the editor.
    pub ide_name: String,
    /// Workspace folders in the lock file.
    pub workspace_folders: Vec<String>,
    /// `answers`, `silent` (the kernel takes the connection, the program does not), `nobody` (no listener: the lock is stale),
    /// `foreign` (something answers that is no IDE), or `unknown` (not probed yet).
    pub answer: String,
    /// Round trip of the last answer, in milliseconds.
    pub round_trip_ms: Option<f64>,
    /// Median of the last minutes, in milliseconds.
    pub median_round_trip_ms: Option<f64>,
    /// How often it was probed.
    #[cfg_attr(test, ts(type = "number"))]
    pub probes: u64,
    /// Probes without an answer, altogether.
    #[cfg_attr(test, ts(type = "number"))]
    pub missed: u64,
    /// Probes without an answer since the last answer.
    pub missed_in_a_row: u32,
    /// The process that listens.
    pub owner_pid: Option<u32>,
    /// The window whose host that is, when Lifeline is attached there.
    pub window_id: Option<String>,
    /// Connections that the kernel took and the program has not, where the platform tells.
    pub backlog: Option<u32>,
    /// Processes that are connected to it, ours excepted.
    pub client_pids: Vec<u32>,
    /// Its host has ended; Lifeline keeps the port for the clients of that host.
    #[serde(default)]
    pub bridged: bool,
    /// The port of the host that they are led to; none while there is none, and for a port that is no bridge.
    #[serde(default)]
    pub leads_to: Option<u16>,
    /// Handshakes with a wrong token that the bridge has refused.
    #[serde(default)]
    pub refused: u32,
}

/// One Claude Code process that belongs to a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct ClaudeProcess {
    /// Its process id.
    pub pid: u32,
    /// `panel` (a child of the host) or `cli` (connected to its socket).
    pub kind: String,
    /// The host that it belongs to.
    pub host_pid: u32,
    /// Its resident memory, in bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub rss_bytes: u64,
}

/// A session whose connection to the API has trouble, or had a moment ago.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", default)]
pub struct ConnectionStatus {
    /// Claude's own id of the session.
    pub session_id: String,
    /// The window that it belongs to.
    pub window_id: Option<String>,
    /// The beginning of its last prompt.
    pub title: String,
    /// One of its subagents has the trouble.
    pub of_subagent: bool,
    /// `retrying`, `stalled`, `died` or `recovered`.
    pub state: String,
    /// What is wrong, in words.
    pub what: String,
    /// `ECONNRESET`, `ETIMEDOUT`, …
    pub code: Option<String>,
    /// The HTTP status that the API answered with.
    pub http_status: Option<u16>,
    /// The attempt that failed last, from 1.
    pub attempt: Option<u32>,
    /// How many there will be; none when that is not known.
    pub max_attempts: Option<u32>,
    /// Until the next attempt, in milliseconds; 0 while it is under way.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub next_in_ms: Option<u64>,
    /// For how long nothing has come, in milliseconds.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub silent_ms: Option<u64>,
    /// Size of its transcript, in bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
}

/// How a host does with its memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase", default)]
pub struct MemoryStatus {
    /// `normal`, `high` or `critical`.
    pub level: String,
    /// V8 heap in use, in percent of its limit.
    pub percent: f64,
    /// How fast it grows, in bytes per minute; negative when it shrinks, none before there is a trend.
    pub bytes_per_minute: Option<f64>,
    /// When it reaches its limit at that rate, in seconds; none when it does not.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub seconds_to_limit: Option<u64>,
    /// Percent of the limit over the last ten minutes, oldest first, one value per ten seconds.
    pub history: Vec<u8>,
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
    /// Lifeline is attached there. Otherwise all is known from outside, and nothing is ever done.
    pub guarded: bool,
    /// How long Lifeline has watched this host, in milliseconds.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub host_age_ms: Option<u64>,
    /// Memory of the host, once it has beaten.
    pub memory: Option<MemoryStatus>,
    /// What makes the host slow, in words, when it has become so.
    pub degraded: Option<String>,
    /// An orderly restart is meant, and this is what it waits for.
    pub waits_for: Option<String>,
    /// Sessions of this window whose connection to the API has trouble, the worst first.
    #[serde(default)]
    pub connections: Vec<ConnectionStatus>,
    /// How many sessions have such trouble at once, when they are so many that it is the network or the service.
    #[serde(default)]
    pub storm_sessions: Option<u32>,
    /// Connections through the relay, of whatever session, wait for an outage to pass: the one that was tried most often.
    #[serde(default)]
    pub relay_outage: Option<RelayOutage>,
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
