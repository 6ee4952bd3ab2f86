//! One connection's tower-lsp service: handlers that put what was said into the control loop's queue and return.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use lifeline_protocol as wire;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc, mpsc::error::TrySendError, oneshot};
use tower_lsp::{
    Client, ClientSocket, LanguageServer, LspService,
    jsonrpc::{Error, ErrorCode, FromParams, IntoResponse, Method, Result},
    ls_types::{InitializeParams, InitializeResult, InitializedParams, ServerCapabilities, ServerInfo},
};
use wire::{Role, error_code, method};

use super::greeting;
use crate::input::{Answer, ConnectionId, Input, Refusal, Request};

/// What the connection's task and its handlers share.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// `initialize` has been called; there is no second try.
    greeting: AtomicBool,
    /// The control loop knows this connection, and must hear when it ends.
    introduced: AtomicBool,
    /// The control loop has accepted it in this role.
    role: OnceLock<Role>,
    /// The client has said `initialized`.
    ready: AtomicBool,
    /// Notified when it has been accepted or refused.
    settled: Notify,
    refused: AtomicBool,
    /// Notifications that found the queue full, or that could not be understood.
    dropped: AtomicU64,
}

impl Standing {
    /// The control loop knows this connection.
    pub(crate) fn is_introduced(&self) -> bool {
        self.introduced.load(Ordering::Acquire)
    }

    /// Resolves when `initialize` has been answered: whether the connection was accepted.
    pub(crate) async fn settled(&self) -> bool {
        self.settled.notified().await;
        !self.refused.load(Ordering::Acquire)
    }

    /// How many notifications were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// What becomes of a notification when the control loop's queue is full.
#[derive(Clone, Copy)]
enum IfFull {
    /// The next one (with a higher `seq`) will do.
    Drop,
    /// It is said once. Its connection waits with it, and only that one.
    Wait,
}

/// The server of one connection.
pub(crate) struct Session {
    connection: ConnectionId,
    peer_pid: Option<u32>,
    to_loop: mpsc::Sender<Input>,
    client: Client,
    standing: Arc<Standing>,
}

impl Session {
    /// The service for one connection, with all methods of the wire.
    pub(crate) fn service(
        connection: ConnectionId,
        peer_pid: Option<u32>,
        to_loop: mpsc::Sender<Input>,
        standing: Arc<Standing>,
    ) -> (LspService<Self>, ClientSocket) {
        LspService::build(|client| Self { connection, peer_pid, to_loop, client, standing })
            .custom_method(method::BEAT, Self::beat)
            .custom_method(method::PULSE, Self::pulse)
            .custom_method(method::CONTEXT, Self::context)
            .custom_method(method::SETTINGS, Self::settings)
            .custom_method(method::DEPARTING, WithoutParams(Self::departing))
            .custom_method(method::PING, WithoutParams(Self::ping))
            .custom_method(method::STATUS, WithoutParams(Self::status))
            .custom_method(method::INCIDENTS, WithoutParams(Self::incidents))
            .custom_method(method::SNAPSHOTS, WithoutParams(Self::snapshots))
            .custom_method(method::SESSIONS, WithoutParams(Self::sessions))
            .custom_method(method::RESUME_SESSION, Self::resume_session)
            .custom_method(method::CONTINUE_SESSION, Self::continue_session)
            .custom_method(method::PROCESSES, WithoutParams(Self::processes))
            .custom_method(method::REAP, Self::reap)
            .custom_method(method::RESTART, Self::restart)
            .custom_method(method::PAUSE, Self::pause)
            .custom_method(method::DRILL, Self::drill)
            .custom_method(method::RELAY, WithoutParams(Self::relay))
            .custom_method(method::SWITCH_RELAY, Self::switch_relay)
            .custom_method(method::HAND_OVER, Self::hand_over)
            .finish()
    }

    async fn beat(&self, params: Value) {
        self.note(method::BEAT, &[Role::Window], params, Input::Beat, IfFull::Drop).await;
    }

    async fn pulse(&self, params: Value) {
        self.note(method::PULSE, &[Role::Pulse], params, Input::Pulse, IfFull::Drop).await;
    }

    async fn context(&self, params: Value) {
        self.note(method::CONTEXT, &[Role::Window, Role::Pulse], params, Input::Context, IfFull::Wait).await;
    }

    async fn settings(&self, params: Value) {
        self.note(method::SETTINGS, &[Role::Window, Role::Pulse], params, Input::Settings, IfFull::Wait)
            .await;
    }

    async fn departing(&self) {
        let input = |connection, ()| Input::Departing(connection);
        self.note(method::DEPARTING, &[Role::Window], Value::Null, input, IfFull::Wait).await;
    }

    async fn ping(&self) -> Result<Option<wire::WindowStatus>> {
        self.ask(Request::Ping).await
    }

    async fn status(&self) -> Result<wire::StatusReport> {
        self.ask(Request::Status).await
    }

    async fn incidents(&self) -> Result<Vec<wire::Incident>> {
        self.ask(Request::Incidents).await
    }

    async fn snapshots(&self) -> Result<Vec<wire::SnapshotSummary>> {
        self.ask(Request::Snapshots).await
    }

    async fn sessions(&self) -> Result<Vec<wire::SessionStatus>> {
        self.ask(Request::Sessions).await
    }

    async fn resume_session(&self, params: wire::ResumeRequest) -> Result<wire::SessionAnswer> {
        self.command(|answer| Request::ResumeSession(params, answer)).await
    }

    async fn continue_session(&self, params: wire::ContinueRequest) -> Result<wire::SessionAnswer> {
        self.command(|answer| Request::ContinueSession(params, answer)).await
    }

    async fn processes(&self) -> Result<wire::ProcessesReport> {
        self.ask(Request::Processes).await
    }

    async fn reap(&self, params: wire::ReapRequest) -> Result<Vec<wire::Reaped>> {
        self.command(|answer| Request::Reap(params, answer)).await
    }

    async fn restart(&self, params: wire::RestartRequest) -> Result<wire::RestartAnswer> {
        self.command(|answer| Request::Restart(params, answer)).await
    }

    async fn pause(&self, params: wire::PauseRequest) -> Result<wire::StatusReport> {
        self.command(|answer| Request::Pause(params, answer)).await
    }

    async fn drill(&self, params: wire::DrillRequest) -> Result<wire::DrillAnswer> {
        self.command(|answer| Request::Drill(params, answer)).await
    }

    async fn relay(&self) -> Result<wire::RelayStatus> {
        self.ask(Request::Relay).await
    }

    async fn switch_relay(&self, params: wire::RelayRequest) -> Result<wire::RelayStatus> {
        self.command(|answer| Request::SwitchRelay(params, answer)).await
    }

    async fn hand_over(&self, params: wire::HandOverRequest) -> Result<wire::HandOverAnswer> {
        self.command(|answer| Request::HandOver(params, answer)).await
    }

    /// Passes a notification on. One that does not fit its connection, or cannot be read, is dropped and counted.
    async fn note<T: DeserializeOwned>(
        &self,
        method: &'static str,
        roles: &[Role],
        params: Value,
        input: impl FnOnce(ConnectionId, T) -> Input,
        if_full: IfFull,
    ) {
        let said = match self.standing.role.get() {
            Some(role) if roles.contains(role) => {
                serde_json::from_value(params).map_err(|error| error.to_string())
            }
            Some(role) => Err(format!("not for a connection of role {role:?}")),
            None => Err("before the connection was accepted".to_owned()),
        };
        let sent = match said {
            Ok(said) => self.pass(input(self.connection, said), if_full).await,
            Err(reason) => Err(reason),
        };
        if let Err(reason) = sent {
            let dropped = self.standing.dropped.fetch_add(1, Ordering::Relaxed) + 1;
            // The 1st, 2nd, 4th, 8th …: a peer that goes on for days does not fill the log.
            if dropped.is_power_of_two() {
                tracing::warn!(
                    connection = self.connection.0,
                    method,
                    reason,
                    dropped,
                    "a notification was dropped"
                );
            }
        }
    }

    async fn pass(&self, input: Input, if_full: IfFull) -> std::result::Result<(), String> {
        match (self.to_loop.try_send(input), if_full) {
            (Ok(()), _) => Ok(()),
            (Err(TrySendError::Full(input)), IfFull::Wait) => {
                self.to_loop.send(input).await.map_err(|_| "the daemon is leaving".into())
            }
            (Err(TrySendError::Full(_)), IfFull::Drop) => Err("the daemon is busy".into()),
            (Err(TrySendError::Closed(_)), _) => Err("the daemon is leaving".into()),
        }
    }

    /// A request that changes something: not from a pulse worker, which speaks for nobody.
    async fn command<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T> {
        if self.standing.role.get() == Some(&Role::Pulse) {
            return Err(refusal(
                error_code::REFUSED,
                "A pulse connection may not ask for this. Send the request from the window's own connection.",
            ));
        }
        self.ask(request).await
    }

    /// Puts a request to the control loop and waits for its answer.
    async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        self.send(Input::Request(self.connection, request(answer)))?;
        answered.await.map_err(|_| leaving())?.map_err(into_error)
    }

    fn send(&self, input: Input) -> Result<()> {
        self.to_loop.try_send(input).map_err(|error| match error {
            TrySendError::Full(_) => Error {
                code: ErrorCode::InternalError,
                message: "The Lifeline daemon is too busy to answer. Try again in a few seconds.".into(),
                data: None,
            },
            TrySendError::Closed(_) => leaving(),
        })
    }

    async fn greet(&self, options: Option<Value>) -> Result<InitializeResult> {
        let hello = greeting::read(options, self.peer_pid)?;
        let role = hello.role;
        let (answer, answered) = oneshot::channel();
        let (connection, peer_pid, client) = (self.connection, self.peer_pid, self.client.clone());
        self.send(Input::Hello { connection, hello, peer_pid, client, answer })?;
        self.standing.introduced.store(true, Ordering::Release);
        let welcome = answered.await.map_err(|_| leaving())?.map_err(into_error)?;
        let _ = self.standing.role.set(role);
        Ok(InitializeResult {
            server_info: Some(ServerInfo {
                name: "lifeline".into(),
                version: Some(welcome.daemon_version.clone()),
            }),
            capabilities: ServerCapabilities {
                experimental: Some(json!({ "lifeline": welcome })),
                ..ServerCapabilities::default()
            },
            ..InitializeResult::default()
        })
    }
}

impl LanguageServer for Session {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        // tower-lsp refuses a second `initialize` only once the first has succeeded.
        if self.standing.greeting.swap(true, Ordering::AcqRel) {
            return Err(Error::invalid_request());
        }
        let greeted = self.greet(params.initialization_options).await;
        if let Err(error) = &greeted {
            tracing::info!(connection = self.connection.0, reason = %error.message, "a connection was refused");
            self.standing.refused.store(true, Ordering::Release);
        }
        self.standing.settled.notify_one();
        greeted
    }

    async fn initialized(&self, _: InitializedParams) {
        if !self.standing.ready.swap(true, Ordering::AcqRel) {
            // Fails only when the daemon leaves.
            let _ = self.pass(Input::Ready(self.connection), IfFull::Wait).await;
        }
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }
}

/// A method that ignores its parameters. tower-lsp's own kind refuses `{}` and `[]`, with which some clients say
/// "none": a departure must not get lost over that.
#[derive(Clone)]
struct WithoutParams<F>(F);

struct Ignored;

impl FromParams for Ignored {
    fn from_params(_: Option<Value>) -> Result<Self> {
        Ok(Self)
    }
}

impl<'a, F, R, A> Method<&'a Session, Ignored, R> for WithoutParams<F>
where
    F: Fn(&'a Session) -> A,
    A: Future<Output = R> + Send,
    R: IntoResponse,
{
    type Future = A;

    fn invoke(&self, session: &'a Session, _: Ignored) -> A {
        (self.0)(session)
    }
}

fn into_error(refused: Refusal) -> Error {
    Error { code: refused.code.into(), message: refused.message.into(), data: None }
}

/// An error answer with one of [`error_code`]'s codes.
pub(super) fn refusal(code: i64, sentence: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error { code: code.into(), message: sentence.into(), data: None }
}

fn leaving() -> Error {
    Error {
        code: ErrorCode::InternalError,
        message: "The Lifeline daemon is leaving. Connect again in a few seconds.".into(),
        data: None,
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
