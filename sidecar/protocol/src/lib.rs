//! The wire between the daemon and its clients: JSON-RPC messages in LSP framing, and nothing else.
//!
//! Every type that crosses the socket lives here. `extension/src/generated/protocol.ts` is written from
//! these types by the test in `typescript.rs`; a stale file fails that test.

mod client;
mod daemon;
mod editor;
mod handshake;
mod processes;
mod relay;
mod sessions;
mod status;
#[cfg(test)]
mod typescript;

pub use client::*;
pub use daemon::*;
pub use editor::*;
pub use handshake::*;
pub use processes::*;
pub use relay::*;
pub use sessions::*;
pub use status::*;

/// Version of the wire. Raised when an older peer could misunderstand a newer one; the handshake refuses
/// a peer of another version and says which side to update.
pub const PROTOCOL_VERSION: u32 = 1;

/// Largest frame either side accepts, in bytes of JSON. An editor context of 10,000 tabs stays below 4 MB;
/// a frame above this is hostile or a bug, and closes the connection.
pub const MAX_FRAME_BYTES: usize = 8 * 1024 * 1024;

/// How often the main thread of a host beats, in milliseconds.
pub const BEAT_PERIOD_MS: u32 = 1000;

/// How often the worker thread of a host looks at the main thread's counter, in milliseconds; it pulses at every second look while that moves.
pub const PULSE_PERIOD_MS: u32 = 500;

/// A daemon that has not answered for this long, in milliseconds, is replaced by the extension.
pub const DAEMON_SILENT_AFTER_MS: u32 = 10_000;

/// Names of the methods on the wire, so that neither side spells one twice.
pub mod method {
    /// Notification, window → daemon: the main thread's event loop turned. [`super::Beat`].
    pub const BEAT: &str = "lifeline/beat";
    /// Notification, pulse worker → daemon: the worker runs, and this is the main thread's counter. [`super::Pulse`].
    pub const PULSE: &str = "lifeline/pulse";
    /// Notification, window or pulse → daemon: what the editor shows and what a kill would lose. [`super::EditorContext`].
    pub const CONTEXT: &str = "lifeline/context";
    /// Notification, window or pulse → daemon: the user's settings. [`super::Settings`].
    pub const SETTINGS: &str = "lifeline/settings";
    /// Notification, window → daemon: this host is being shut down by VS Code itself; its exit is no crash.
    pub const DEPARTING: &str = "lifeline/departing";
    /// Request, any → daemon: is the control loop there? The [`super::WindowStatus`] of the window that asks; `null` for all others.
    pub const PING: &str = "lifeline/ping";
    /// Request, any → daemon: [`super::StatusReport`]. It looks at sockets and processes: to be asked by people, not by timers.
    pub const STATUS: &str = "lifeline/status";
    /// Request, any → daemon: `Vec<`[`super::Incident`]`>`, newest first.
    pub const INCIDENTS: &str = "lifeline/incidents";
    /// Request, any → daemon: `Vec<`[`super::SnapshotSummary`]`>`, newest first.
    pub const SNAPSHOTS: &str = "lifeline/snapshots";
    /// Request, any → daemon: `Vec<`[`super::SessionStatus`]`>`, by folder, then the one that was active last first.
    pub const SESSIONS: &str = "lifeline/sessions";
    /// Request, any → daemon: [`super::ResumeRequest`] → [`super::SessionAnswer`].
    pub const RESUME_SESSION: &str = "lifeline/resumeSession";
    /// Request, any → daemon: [`super::ContinueRequest`] → [`super::SessionAnswer`].
    pub const CONTINUE_SESSION: &str = "lifeline/continueSession";
    /// Request, any → daemon: a look at the processes. [`super::ProcessesReport`].
    pub const PROCESSES: &str = "lifeline/orphans";
    /// Request, any → daemon: [`super::ReapRequest`] → `Vec<`[`super::Reaped`]`>`, when all that is to end has ended: up to two minutes.
    pub const REAP: &str = "lifeline/reap";
    /// Request, any → daemon: restart a window's host now. [`super::RestartRequest`] → [`super::RestartAnswer`].
    pub const RESTART: &str = "lifeline/restart";
    /// Request, any → daemon: pause or resume protection. [`super::PauseRequest`] → [`super::StatusReport`].
    pub const PAUSE: &str = "lifeline/pause";
    /// Request, any → daemon: a drill. From a window: it is about to freeze itself. From the command line: the daemon
    /// asks the window to. [`super::DrillRequest`] → [`super::DrillAnswer`].
    pub const DRILL: &str = "lifeline/drill";
    /// Request, any → daemon: [`super::RelayStatus`].
    pub const RELAY: &str = "lifeline/relay";
    /// Request, any → daemon: [`super::RelayRequest`] → [`super::RelayStatus`], when it serves, or cannot.
    pub const SWITCH_RELAY: &str = "lifeline/switchRelay";
    /// Request, any → daemon: leave, so that a newer binary can take over. [`super::HandOverRequest`] → [`super::HandOverAnswer`].
    pub const HAND_OVER: &str = "lifeline/handOver";
    /// Notification, daemon → window: its status changed. [`super::WindowStatus`].
    pub const DID_CHANGE: &str = "lifeline/didChange";
    /// Notification, daemon → window: a recovery ended. [`super::Incident`].
    pub const DID_RECOVER: &str = "lifeline/didRecover";
    /// Notification, daemon → window: something the user must know. [`super::Notice`].
    pub const NOTICE: &str = "lifeline/notice";
    /// Request, daemon → window: run `workbench.action.restartExtensionHost`. [`super::RestartHostParams`] → `bool`: the command was found and started.
    pub const RESTART_HOST: &str = "lifeline/restartHost";
    /// Request, daemon → window: freeze yourself for a drill that was confirmed on the command line. [`super::FreezeParams`] → `bool`.
    pub const FREEZE: &str = "lifeline/freeze";
    /// Request, daemon → window: [`super::OpenSessionParams`] → [`super::OpenSessionAnswer`].
    pub const OPEN_SESSION: &str = "lifeline/openSession";
    /// Request, daemon → window: [`super::TypeInTerminalParams`] → `bool`.
    pub const TYPE_IN_TERMINAL: &str = "lifeline/typeInTerminal";
}
