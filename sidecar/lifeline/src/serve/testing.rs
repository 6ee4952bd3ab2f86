//! For tests: a small control loop that tells what it heard, and a client that can say anything.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use lifeline_protocol as wire;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::mpsc,
    time::timeout,
};
use wire::error_code;

use crate::input::{ConnectionId, Input, Refusal, Request};

/// Longer than anything here takes, shorter than anyone's patience.
pub(super) const SOON: Duration = Duration::from_secs(5);

/// What the loop heard, one line each: `hello 1`, `ready 1`, `beat 1 7`, `disconnected 1`.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn hear(&self, line: String) {
        self.0.lock().expect("no panic in the loop").push(line);
    }

    pub(super) fn count(&self, line: &str) -> usize {
        self.0.lock().expect("no panic in the loop").iter().filter(|heard| *heard == line).count()
    }

    pub(super) fn all(&self) -> Vec<String> {
        self.0.lock().expect("no panic in the loop").clone()
    }

    /// Waits until the line has been heard.
    pub(super) async fn wait_for(&self, line: &str) {
        let wait = async {
            while self.count(line) == 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        assert!(timeout(SOON, wait).await.is_ok(), "never heard {line:?}, but {:?}", self.all());
    }
}

/// Accepts everyone but windows labelled `unwelcome`; answers `status`; never answers `incidents`; leaves when a
/// hand-over is asked for.
pub(super) fn control_loop() -> (mpsc::Sender<Input>, Heard) {
    let (to_loop, mut inputs) = mpsc::channel(super::listen::QUEUE);
    let heard = Heard::default();
    let hear = heard.clone();
    tokio::spawn(async move {
        let mut unanswered = Vec::new();
        let mut clients = Vec::new();
        while let Some(input) = inputs.recv().await {
            hear.hear(line(&input));
            match input {
                Input::Hello { hello, answer, client, .. } => {
                    clients.push(client);
                    let _ = answer.send(match hello.window {
                        Some(window) if window.label == "unwelcome" => {
                            Err(Refusal { code: error_code::BAD_HELLO, message: "Not you.".into() })
                        }
                        _ => Ok(welcome()),
                    });
                }
                Input::Request(_, Request::Status(answer)) => drop(answer.send(Ok(status()))),
                Input::Request(_, Request::Incidents(answer)) => unanswered.push(answer),
                Input::Request(_, Request::Restart(_, answer)) => {
                    drop(answer.send(Ok(wire::RestartAnswer::Started)));
                }
                Input::Request(_, Request::HandOver(_, answer)) => {
                    drop(answer.send(Ok(wire::HandOverAnswer { leaving: true, version: "0.0.0".into() })));
                    return;
                }
                _ => {}
            }
        }
    });
    (to_loop, heard)
}

fn line(input: &Input) -> String {
    let (what, ConnectionId(id), rest) = match input {
        Input::Hello { connection, .. } => ("hello", *connection, String::new()),
        Input::Ready(id) => ("ready", *id, String::new()),
        Input::Beat(id, beat) => ("beat", *id, format!(" {}", beat.seq)),
        Input::Pulse(id, pulse) => ("pulse", *id, format!(" {}", pulse.seq)),
        Input::Context(id, context) => ("context", *id, format!(" {}", context.tabs.len())),
        Input::Settings(id, settings) => ("settings", *id, format!(" {:?}", settings.mode)),
        Input::Departing(id) => ("departing", *id, String::new()),
        Input::Request(id, _) => ("request", *id, String::new()),
        Input::Disconnected(id) => ("disconnected", *id, String::new()),
        Input::Terminate => ("terminate", ConnectionId(0), String::new()),
    };
    format!("{what} {id}{rest}")
}

pub(super) fn welcome() -> wire::Welcome {
    wire::Welcome { protocol: wire::PROTOCOL_VERSION, daemon_version: "0.1.0".into(), daemon_pid: 42 }
}

fn status() -> wire::StatusReport {
    wire::StatusReport {
        daemon_version: "0.1.0".into(),
        daemon_pid: 42,
        uptime_ms: 1,
        rss_bytes: 1,
        cannot_save: None,
        windows: vec![],
        machine: wire::MachineStatus::default(),
        sockets: vec![],
        lock_problems: vec![],
        connections: Vec::new(),
        claude: vec![],
    }
}

/// A client over any stream.
pub(super) struct Peer<S>(pub(super) S);

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    /// Writes bytes as they are. That the daemon has hung up is for the reader to notice.
    pub(super) async fn bytes(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
    }

    pub(super) async fn say(&mut self, message: &Value) {
        self.bytes(&framed(&message.to_string())).await;
    }

    pub(super) async fn notify(&mut self, method: &str, params: Value) {
        self.say(&json!({ "jsonrpc": "2.0", "method": method, "params": params })).await;
    }

    /// The next message; none when the connection has ended.
    pub(super) async fn hear(&mut self) -> Option<Value> {
        timeout(SOON, self.message()).await.expect("an answer or an end, soon")
    }

    async fn message(&mut self) -> Option<Value> {
        let mut header = Vec::new();
        while !header.ends_with(b"\r\n\r\n") {
            header.push(self.0.read_u8().await.ok()?);
        }
        let header = String::from_utf8(header).expect("text");
        let length =
            header.trim().strip_prefix("Content-Length: ").expect("a length").parse().expect("a number");
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.ok()?;
        Some(serde_json::from_slice(&body).expect("JSON"))
    }

    /// Asks, and gives the answer as it came.
    pub(super) async fn ask(&mut self, id: u64, method: &str, params: Value) -> Option<Value> {
        let mut request = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        if !params.is_null() {
            request["params"] = params;
        }
        self.say(&request).await;
        self.hear().await
    }

    /// Introduces itself and is ready.
    pub(super) async fn greet(&mut self, hello: Value) -> Value {
        let answer = self.ask(0, "initialize", initialize(hello)).await.expect("an answer");
        self.notify("initialized", json!({})).await;
        answer
    }

    /// The code of an error answer.
    pub(super) async fn refused(&mut self, id: u64, method: &str, params: Value) -> i64 {
        let answer = self.ask(id, method, params).await.expect("an answer");
        answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("no error: {answer}"))
    }
}

pub(super) fn framed(body: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

pub(super) fn initialize(hello: Value) -> Value {
    json!({ "processId": null, "capabilities": {}, "initializationOptions": hello })
}

/// The Hello of a role; windows and pulses come from this very process.
pub(super) fn hello(role: &str) -> Value {
    let mut hello =
        json!({ "protocol": wire::PROTOCOL_VERSION, "role": role, "clientVersion": "0.1.0", "window": null });
    if role != "cli" {
        hello["window"] = json!({
            "windowId": "w", "label": "site", "workspaceKey": "k", "hostPid": std::process::id(),
            "vscodeVersion": "1.100.3", "appName": "a", "canRestartGracefully": false, "mayBeDebugged": false,
        });
    }
    hello
}
