//! What a sensor says of one process of Claude Code, or of one that such a process has started.

use std::time::Duration;

use crate::ProcessId;

/// What a process is, by its executable and arguments, or by who started it; never by a part of its command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum ProcessKind {
    /// Claude Code itself, in a session.
    Session,
    /// An MCP server that a session talks to over its pipes.
    McpServer,
    /// A shell that a session has started.
    Shell,
    /// A language server.
    LanguageServer,
    /// An extension host; told as a [`HostReport`](crate::HostReport).
    ExtensionHost,
    /// Anything else that a session has started.
    Other,
}

/// Who starts processes of Claude Code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum OwnerKind {
    /// An extension host.
    Host,
    /// The shell of a terminal.
    Terminal,
    /// A session of Claude Code.
    Session,
}

/// How it is known that an owner has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum OwnerEnd {
    /// The process was its child, and has another parent now.
    Reparented,
    /// Nobody has its pid, or somebody who started later.
    PidGone,
    /// It was an extension host that we held open, and it exited.
    HostExited,
}

/// Whether an owner lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum OwnerState {
    /// It does.
    Alive,
    /// It does not.
    Ended(OwnerEnd),
    /// Not known.
    NotKnown,
}

/// Who started a process, as the ledger remembers it from the time when both lived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Owner {
    /// Who it is, or was.
    pub id: ProcessId,
    /// What it is, or was.
    pub kind: OwnerKind,
    /// Whether it lives.
    pub state: OwnerState,
}

/// Whether anybody can still write to a process's standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum StdinEnd {
    /// Another process holds the other end.
    Open,
    /// It is a pipe or a socket, and nobody does.
    Closed,
    /// It is something else, or not known.
    NotKnown,
}

/// The tab of a panel session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Tab {
    /// Its window shows it.
    Open,
    /// Its window had one, and has none any more.
    Gone,
    /// It never had one, or that is not known.
    NotKnown,
}

/// A tool call that has begun and has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ToolCall {
    /// It changes files (git, a package manager, an edit). `None`: not known, which counts as if it did.
    pub writes: Option<bool>,
}

/// For how long nothing has moved; `None` where that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Quiet {
    /// Since the last record in its session's transcript.
    pub transcript: Option<Duration>,
    /// Since it used more than 1 % of a CPU.
    pub cpu: Option<Duration>,
    /// Since a byte came or went on one of its sockets.
    pub sockets: Option<Duration>,
}

/// What is known of one process at one look. In every `Option`, `None` is: not known.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ProcessReport {
    /// Who it is.
    pub id: ProcessId,
    /// The pid of its parent now; 0 for none.
    pub parent: u32,
    /// What it is.
    pub kind: ProcessKind,
    /// Claude's own id of its session, as the process itself names it (its session file, its arguments): one that was guessed from the
    /// transcripts of its folder is none.
    pub session: Option<String>,
    /// Who started it; `None` when nobody saw that.
    pub owner: Option<Owner>,
    /// The other end of its standard input.
    pub stdin: StdinEnd,
    /// The tab that shows it.
    pub tab: Tab,
    /// A terminal controls it that has not been hung up.
    pub has_terminal: Option<bool>,
    /// It reads that terminal's keys.
    pub in_front: Option<bool>,
    /// It runs in tmux, screen or another program that keeps terminals for later.
    pub in_multiplexer: Option<bool>,
    /// It belongs to a login that still lasts, and not through an editor's server.
    pub in_login_session: Option<bool>,
    /// It is registered as a background session.
    pub is_background: Option<bool>,
    /// It listens on a port: somebody may be using what it serves.
    pub listens: Option<bool>,
    /// How long it has been running.
    pub age: Duration,
    /// Descendants that do something.
    pub working_children: Option<u32>,
    /// For how long it has done nothing.
    pub quiet: Quiet,
    /// Resident memory, in bytes.
    pub resident_bytes: u64,
    /// A tool call under way; `None` when none is known.
    pub tool: Option<ToolCall>,
    /// It is Lifeline, an ancestor of it, or an ancestor of one of its clients: a session may ask us to reap.
    pub is_our_ancestor: bool,
    /// It is a process of our own user.
    pub is_users_own: bool,
}
