//! What the daemon says of its own accord, one queue per connection: a client that does not read blocks only itself.

use std::time::Duration;

use lifeline_core::IncidentId;
use lifeline_protocol as wire;
use tokio::{sync::mpsc, time::timeout};
use tower_lsp::{
    Client,
    ls_types::{notification::Notification, request::Request},
};

/// Messages that wait for a client at the most; a frozen one gets its status anew when it attaches again.
const QUEUE: usize = 64;

/// An answer that has not come by then does not come: a request on a connection that ended is never resolved.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// A message for a client.
pub(crate) enum Outgoing {
    DidChange(Box<wire::WindowStatus>),
    DidRecover(Box<wire::Incident>),
    Notice(Box<wire::Notice>),
    /// Restart gracefully; the answer goes to the control loop.
    RestartHost(IncidentId),
    Freeze(wire::DrillKind),
    OpenSession(wire::OpenSessionParams),
    TypeInTerminal(wire::TypeInTerminalParams),
}

/// What a window answered to [`Outgoing::RestartHost`].
pub(crate) struct GracefulAnswer {
    pub(crate) incident: IncidentId,
    pub(crate) started: bool,
}

struct DidChange;
impl Notification for DidChange {
    type Params = wire::WindowStatus;
    const METHOD: &'static str = wire::method::DID_CHANGE;
}

struct DidRecover;
impl Notification for DidRecover {
    type Params = wire::Incident;
    const METHOD: &'static str = wire::method::DID_RECOVER;
}

struct Notice;
impl Notification for Notice {
    type Params = wire::Notice;
    const METHOD: &'static str = wire::method::NOTICE;
}

struct RestartHost;
impl Request for RestartHost {
    type Params = wire::RestartHostParams;
    type Result = bool;
    const METHOD: &'static str = wire::method::RESTART_HOST;
}

struct Freeze;
impl Request for Freeze {
    type Params = wire::FreezeParams;
    type Result = bool;
    const METHOD: &'static str = wire::method::FREEZE;
}

struct OpenSession;
impl Request for OpenSession {
    type Params = wire::OpenSessionParams;
    type Result = wire::OpenSessionAnswer;
    const METHOD: &'static str = wire::method::OPEN_SESSION;
}

struct TypeInTerminal;
impl Request for TypeInTerminal {
    type Params = wire::TypeInTerminalParams;
    type Result = bool;
    const METHOD: &'static str = wire::method::TYPE_IN_TERMINAL;
}

/// Starts the queue of a connection. It ends when the sender is dropped.
pub(crate) fn start(
    client: Client,
    graceful_answers: mpsc::UnboundedSender<GracefulAnswer>,
) -> mpsc::Sender<Outgoing> {
    let (sender, mut queue) = mpsc::channel(QUEUE);
    tokio::spawn(async move {
        while let Some(message) = queue.recv().await {
            match message {
                Outgoing::DidChange(status) => client.send_notification::<DidChange>(*status).await,
                Outgoing::DidRecover(incident) => client.send_notification::<DidRecover>(*incident).await,
                Outgoing::Notice(notice) => client.send_notification::<Notice>(*notice).await,
                Outgoing::RestartHost(incident) => {
                    let (client, answers) = (client.clone(), graceful_answers.clone());
                    tokio::spawn(async move {
                        let params = wire::RestartHostParams { incident_id: incident.0.to_string() };
                        // No answer is a yes: a host that restarts at once takes its connection with it.
                        let asked = client.send_request::<RestartHost>(params);
                        let started = match timeout(ANSWER_WITHIN, asked).await {
                            Ok(Ok(started)) => started,
                            Ok(Err(_)) | Err(_) => true,
                        };
                        let _ = answers.send(GracefulAnswer { incident, started });
                    });
                }
                Outgoing::OpenSession(params) => {
                    let client = client.clone();
                    tokio::spawn(async move {
                        let session = params.session_id.clone();
                        match timeout(ANSWER_WITHIN, client.send_request::<OpenSession>(params)).await {
                            Ok(Ok(wire::OpenSessionAnswer { opened: true, how })) => {
                                tracing::info!(session, how, "a session was opened again");
                            }
                            _ => tracing::warn!(session, "the window did not open the session"),
                        }
                    });
                }
                Outgoing::TypeInTerminal(params) => {
                    let client = client.clone();
                    tokio::spawn(async move {
                        let shell_pid = params.shell_pid;
                        let asked = client.send_request::<TypeInTerminal>(params);
                        if !matches!(timeout(ANSWER_WITHIN, asked).await, Ok(Ok(true))) {
                            tracing::warn!(shell_pid, "the window did not type into the terminal");
                        }
                    });
                }
                Outgoing::Freeze(kind) => {
                    let client = client.clone();
                    tokio::spawn(async move {
                        let asked = client.send_request::<Freeze>(wire::FreezeParams { kind });
                        if !matches!(timeout(ANSWER_WITHIN, asked).await, Ok(Ok(true))) {
                            tracing::warn!("the window did not start the drill");
                        }
                    });
                }
            }
        }
    });
    sender
}
