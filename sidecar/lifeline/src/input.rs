//! What reaches the control loop from outside: the one queue's element.

use lifeline_protocol as wire;
use tokio::sync::oneshot;
use tower_lsp::Client;

/// A connection, numbered in order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ConnectionId(pub(crate) u64);

/// What a connection said. Handlers send it and return; only the control loop acts.
pub(crate) enum Input {
    /// A connection introduced itself. The answer decides whether it may go on.
    Hello {
        /// Which.
        connection: ConnectionId,
        /// Who.
        hello: wire::Hello,
        /// Process id of the peer by the socket's credentials, where the platform tells.
        peer_pid: Option<u32>,
        /// To speak to it.
        client: Client,
        /// `Err` refuses it with a code of [`wire::error_code`] and a sentence.
        answer: oneshot::Sender<Result<wire::Welcome, Refusal>>,
    },
    /// The client said `initialized`: from now on it can be spoken to.
    Ready(ConnectionId),
    /// A beat of a `window` connection.
    Beat(ConnectionId, wire::Beat),
    /// A pulse of a `pulse` connection.
    Pulse(ConnectionId, wire::Pulse),
    /// The editor's context, from a `window` connection or a `pulse` connection's copy.
    Context(ConnectionId, Box<wire::EditorContext>),
    /// The user's settings, likewise.
    Settings(ConnectionId, wire::Settings),
    /// VS Code is shutting this host down.
    Departing(ConnectionId),
    /// A request that wants an answer.
    Request(ConnectionId, Request),
    /// The connection ended.
    Disconnected(ConnectionId),
    /// SIGTERM or SIGINT: save and leave.
    Terminate,
}

/// Where an answer goes.
pub(crate) type Answer<T> = oneshot::Sender<Result<T, Refusal>>;

/// Requests that clients make.
pub(crate) enum Request {
    /// `lifeline/ping`
    Ping(Answer<Option<wire::WindowStatus>>),
    /// `lifeline/status`
    Status(Answer<wire::StatusReport>),
    /// `lifeline/incidents`
    Incidents(Answer<Vec<wire::Incident>>),
    /// `lifeline/snapshots`
    Snapshots(Answer<Vec<wire::SnapshotSummary>>),
    /// `lifeline/sessions`
    Sessions(Answer<Vec<wire::SessionStatus>>),
    /// `lifeline/resumeSession`
    ResumeSession(wire::ResumeRequest, Answer<wire::SessionAnswer>),
    /// `lifeline/continueSession`
    ContinueSession(wire::ContinueRequest, Answer<wire::SessionAnswer>),
    /// `lifeline/orphans`
    Processes(Answer<wire::ProcessesReport>),
    /// `lifeline/reap`
    Reap(wire::ReapRequest, Answer<Vec<wire::Reaped>>),
    /// `lifeline/restart`
    Restart(wire::RestartRequest, Answer<wire::RestartAnswer>),
    /// `lifeline/pause`
    Pause(wire::PauseRequest, Answer<wire::StatusReport>),
    /// `lifeline/drill`
    Drill(wire::DrillRequest, Answer<wire::DrillAnswer>),
    /// `lifeline/relay`
    Relay(Answer<wire::RelayStatus>),
    /// `lifeline/switchRelay`
    SwitchRelay(wire::RelayRequest, Answer<wire::RelayStatus>),
    /// `lifeline/handOver`
    HandOver(wire::HandOverRequest, Answer<wire::HandOverAnswer>),
}

/// A refusal with its JSON-RPC code and a sentence that says what to do next.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// One of [`wire::error_code`].
    pub(crate) code: i64,
    /// The sentence.
    pub(crate) message: String,
}
