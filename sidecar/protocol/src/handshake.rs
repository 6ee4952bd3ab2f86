//! `initialize`: who connects, and what both sides speak.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The main thread of an extension host: beats, context, commands.
    Window,
    /// The worker thread of an extension host: pulses, and a copy of the last context.
    Pulse,
    /// The command line.
    Cli,
}

/// `initializationOptions` of the LSP `initialize` request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    /// [`PROTOCOL_VERSION`](crate::PROTOCOL_VERSION) of the client.
    pub protocol: u32,
    /// What this connection is for.
    pub role: Role,
    /// Version of the client, for messages and for the hand-over.
    pub client_version: String,
    /// The window and host behind a `window` or `pulse` connection; absent for `cli`.
    pub window: Option<WindowHello>,
}

/// A window as its extension host introduces it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct WindowHello {
    /// The same for every extension host of one window, different between windows. At most 200 characters.
    pub window_id: String,
    /// What a person calls it, usually the folder's name.
    pub label: String,
    /// The same after a page reload, which changes `window_id`: workspace and application. Notices follow it.
    pub workspace_key: String,
    /// `process.pid` of the extension host. Must be the peer of the socket where the platform can tell.
    pub host_pid: u32,
    /// Version of VS Code.
    pub vscode_version: String,
    /// `vscode.env.appName`.
    pub app_name: String,
    /// `workbench.action.restartExtensionHost` exists here.
    pub can_restart_gracefully: bool,
    /// A debugger may pause this host: started with `--inspect`, or an extension under development.
    pub may_be_debugged: bool,
}

/// `capabilities.experimental.lifeline` of the answer to `initialize`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Welcome {
    /// [`PROTOCOL_VERSION`](crate::PROTOCOL_VERSION) of the daemon.
    pub protocol: u32,
    /// Version of the daemon.
    pub daemon_version: String,
    /// Process id of the daemon.
    pub daemon_pid: u32,
}

/// JSON-RPC error codes of our own, outside the range that JSON-RPC and LSP reserve.
pub mod error_code {
    /// The peer speaks another [`PROTOCOL_VERSION`](crate::PROTOCOL_VERSION).
    pub const WRONG_VERSION: i64 = 1001;
    /// `initialize` lacks what its role needs, or names a process that is not the peer.
    pub const BAD_HELLO: i64 = 1002;
    /// The window that a request names is not attached.
    pub const NO_SUCH_WINDOW: i64 = 1003;
    /// Refused for safety; the message says why and what to do.
    pub const REFUSED: i64 = 1004;
}
