//! The protocol over in-memory pairs: each story ends with a good client that gets its answer.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf},
    time::timeout,
};
use wire::PROTOCOL_VERSION;

use super::{
    super::{
        listen::connection,
        testing::{Heard, Peer, SOON, control_loop, framed, hello, initialize, welcome},
    },
    *,
};

/// A daemon with the fake loop, to which any number of pairs connect.
struct Daemon {
    to_loop: mpsc::Sender<Input>,
    heard: Heard,
    connections: u64,
}

impl Daemon {
    fn start() -> Self {
        let (to_loop, heard) = control_loop();
        Self { to_loop, heard, connections: 0 }
    }

    fn connect(&mut self) -> Peer<DuplexStream> {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        self.connect_stream(theirs);
        Peer(ours)
    }

    fn connect_stream(&mut self, stream: impl AsyncRead + AsyncWrite + Send + 'static) {
        self.connections += 1;
        let number = ConnectionId(self.connections);
        tokio::spawn(connection(stream, number, Some(std::process::id()), self.to_loop.clone()));
    }

    /// Whatever happened before, the daemon serves.
    async fn goes_on(&mut self) {
        let mut peer = self.connect();
        peer.greet(hello("cli")).await;
        let answer = peer.ask(1, method::STATUS, Value::Null).await.expect("an answer");
        assert_eq!(answer["result"]["daemonPid"], 42, "{answer}");
    }
}

#[tokio::test]
async fn a_window_is_welcomed_and_what_it_says_reaches_the_loop() {
    let mut daemon = Daemon::start();
    let mut peer = daemon.connect();
    let answer = peer.greet(hello("window")).await;
    assert_eq!(answer["result"]["capabilities"]["experimental"]["lifeline"], json!(welcome()));
    assert_eq!(answer["result"]["serverInfo"]["name"], "lifeline");
    peer.notify(method::BEAT, json!(wire::Beat { seq: 7, ..wire::Beat::default() })).await;
    peer.notify(method::CONTEXT, json!({ "tabs": [{ "label": "a" }] })).await;
    peer.notify(method::SETTINGS, json!({ "mode": "observe" })).await;
    // Some clients say "no parameters" with an empty object.
    peer.notify(method::DEPARTING, json!({})).await;
    drop(peer);
    for line in ["ready 1", "beat 1 7", "context 1 1", "settings 1 Observe", "departing 1", "disconnected 1"]
    {
        daemon.heard.wait_for(line).await;
    }
    assert_eq!(daemon.heard.count("disconnected 1"), 1);
    daemon.goes_on().await;
}

#[tokio::test]
async fn nothing_is_answered_before_initialize_and_then_everything_is() {
    let mut daemon = Daemon::start();
    let mut peer = daemon.connect();
    assert_eq!(peer.refused(1, method::STATUS, Value::Null).await, -32002);
    peer.notify(method::BEAT, json!(wire::Beat::default())).await;
    peer.greet(hello("window")).await;
    assert!(peer.ask(2, method::STATUS, Value::Null).await.expect("an answer")["result"].is_object());
    assert_eq!(daemon.heard.all(), ["hello 1", "ready 1", "request 1"]);
    daemon.goes_on().await;
}

#[tokio::test]
async fn a_second_initialize_is_refused_even_while_the_first_is_under_way() {
    let mut daemon = Daemon::start();
    let mut peer = daemon.connect();
    for id in [1, 2] {
        let params = initialize(hello("window"));
        peer.say(&json!({ "jsonrpc": "2.0", "id": id, "method": "initialize", "params": params })).await;
    }
    let answers = [peer.hear().await.expect("first"), peer.hear().await.expect("second")];
    let refused = answers.iter().find(|answer| answer["id"] == 2).expect("an answer to the second");
    assert_eq!(refused["error"]["code"], -32600);
    assert_eq!(peer.refused(3, "initialize", initialize(hello("window"))).await, -32600);
    assert!(peer.ask(4, method::STATUS, Value::Null).await.expect("an answer")["result"].is_object());
    assert_eq!(daemon.heard.count("hello 1"), 1);
    daemon.goes_on().await;
}

#[tokio::test]
async fn another_version_gets_a_sentence_and_a_closed_connection() {
    let mut daemon = Daemon::start();
    let mut peer = daemon.connect();
    let answer = peer.ask(1, "initialize", initialize(json!({ "protocol": PROTOCOL_VERSION + 1 }))).await;
    let error = answer.expect("an answer")["error"].take();
    assert_eq!(error["code"], error_code::WRONG_VERSION);
    assert!(error["message"].as_str().expect("a sentence").contains("update"));
    assert_eq!(peer.hear().await, None);
    daemon.goes_on().await;
    assert_eq!(daemon.heard.count("hello 1") + daemon.heard.count("disconnected 1"), 0);
}

#[tokio::test]
async fn whom_the_loop_refuses_is_closed_and_said_goodbye_to_once() {
    let mut daemon = Daemon::start();
    let mut peer = daemon.connect();
    let mut unwelcome = hello("window");
    unwelcome["window"]["label"] = json!("unwelcome");
    let answer = peer.ask(1, "initialize", initialize(unwelcome)).await.expect("an answer");
    assert_eq!(answer["error"], json!({ "code": error_code::BAD_HELLO, "message": "Not you." }));
    assert_eq!(peer.hear().await, None);
    daemon.heard.wait_for("disconnected 1").await;
    daemon.goes_on().await;
    assert_eq!(daemon.heard.count("disconnected 1"), 1);
}

#[tokio::test]
async fn each_role_says_only_what_is_its_own() {
    let mut daemon = Daemon::start();
    let mut pulse = daemon.connect();
    pulse.greet(hello("pulse")).await;
    let restart = json!({ "windowId": "w", "confirmed": true });
    assert_eq!(pulse.refused(1, method::RESTART, restart.clone()).await, error_code::REFUSED);
    assert_eq!(pulse.refused(2, method::PAUSE, json!({ "paused": true })).await, error_code::REFUSED);
    assert_eq!(pulse.refused(3, method::DRILL, json!({ "kind": "deadlock" })).await, error_code::REFUSED);
    assert_eq!(pulse.refused(4, method::HAND_OVER, json!({ "version": "9.9.9" })).await, error_code::REFUSED);
    pulse.notify(method::BEAT, json!(wire::Beat::default())).await;
    pulse.notify(method::DEPARTING, Value::Null).await;
    pulse.notify(method::PULSE, json!(wire::Pulse { seq: 1, counter: 1, still_ms: 0 })).await;
    assert!(pulse.ask(5, method::STATUS, json!({})).await.expect("an answer")["result"].is_object());

    let mut cli = daemon.connect();
    cli.greet(hello("cli")).await;
    cli.notify(method::PULSE, json!(wire::Pulse::default())).await;
    cli.notify(method::SETTINGS, json!({ "mode": "observe" })).await;
    let answer = cli.ask(1, method::RESTART, restart).await.expect("an answer");
    assert_eq!(answer["result"], json!({ "answer": "started" }));

    let unwanted = ["beat", "departing", "settings", "pulse 2"];
    let heard = daemon.heard.all();
    assert!(heard.iter().all(|line| !unwanted.iter().any(|start| line.starts_with(start))), "{heard:?}");
    assert_eq!(daemon.heard.count("pulse 1 1"), 1);
    daemon.goes_on().await;
}

#[tokio::test]
async fn exit_ends_the_connection_and_never_the_daemon() {
    let mut daemon = Daemon::start();
    let mut other = daemon.connect();
    other.greet(hello("window")).await;
    let mut peer = daemon.connect();
    peer.greet(hello("window")).await;
    assert_eq!(peer.ask(1, "shutdown", Value::Null).await.expect("an answer")["result"], Value::Null);
    peer.say(&json!({ "jsonrpc": "2.0", "method": "exit" })).await;
    assert_eq!(peer.hear().await, None);
    daemon.heard.wait_for("disconnected 2").await;
    assert!(other.ask(1, method::STATUS, Value::Null).await.expect("an answer")["result"].is_object());
    daemon.goes_on().await;
}

#[tokio::test]
async fn bad_json_gets_an_error_answer_and_a_closed_connection() {
    let mut daemon = Daemon::start();
    let deep = "[".repeat(100_000);
    for (body, code) in [
        ("{\"jsonrpc\":\"2.0\",\"method\":", -32700),
        ("nonsense", -32700),
        (deep.as_str(), -32700),
        ("[1,2,3]", -32600),
        ("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"x\"}", -32600),
        ("\"text\"", -32600),
    ] {
        let mut peer = daemon.connect();
        peer.greet(hello("window")).await;
        peer.bytes(&framed(body)).await;
        let answer = peer.hear().await.expect("an answer");
        assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(code), &Value::Null), "{body:.40}");
        assert_eq!(peer.hear().await, None);
    }
    let mut peer = daemon.connect();
    peer.bytes(b"Content-Length: 4\r\n\r\n\xff\xfe\xfd\xfc").await;
    assert_eq!(peer.hear().await.expect("an answer")["error"]["code"], -32700);
    daemon.goes_on().await;
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused_or_dropped_and_the_connection_goes_on() {
    let mut daemon = Daemon::start();
    let mut peer = daemon.connect();
    peer.greet(hello("window")).await;
    assert_eq!(peer.refused(1, "lifeline/unheardOf", json!({})).await, -32601);
    assert_eq!(peer.refused(2, method::RESTART, json!({ "window": 1 })).await, -32602);
    assert_eq!(peer.refused(3, method::PAUSE, Value::Null).await, -32602);
    for beat in [json!({}), json!([]), json!({ "seq": -1 }), json!("x")] {
        peer.notify(method::BEAT, beat).await;
    }
    peer.notify("lifeline/unheardOf", json!({})).await;
    peer.notify(method::STATUS, Value::Null).await;
    peer.say(&json!({ "jsonrpc": "2.0", "id": 99, "result": "an answer to nothing" })).await;
    assert_eq!(peer.refused(4, method::BEAT, json!(wire::Beat::default())).await, -32600);
    assert!(peer.ask(5, method::STATUS, json!([])).await.expect("an answer")["result"].is_object());
    assert_eq!(daemon.heard.count("beat 1 0"), 0);
    daemon.goes_on().await;
}

#[tokio::test]
async fn frames_that_are_none_end_the_connection_with_an_error() {
    let mut daemon = Daemon::start();
    let oversize = format!("Content-Length: {}\r\n\r\n", wire::MAX_FRAME_BYTES + 1);
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01", b"\r\n\r\n", oversize.as_bytes()] {
        let mut peer = daemon.connect();
        peer.greet(hello("window")).await;
        peer.bytes(bytes).await;
        assert_eq!(peer.hear().await.expect("an answer")["error"]["code"], -32700);
        assert_eq!(peer.hear().await, None);
        let line = format!("disconnected {}", daemon.connections);
        daemon.heard.wait_for(&line).await;
    }
    daemon.goes_on().await;
}

#[tokio::test]
async fn the_largest_frame_is_understood() {
    let mut daemon = Daemon::start();
    let mut peer = daemon.connect();
    peer.greet(hello("window")).await;
    let mut body =
        json!({ "jsonrpc": "2.0", "method": method::CONTEXT, "params": { "tabs": [{}, {}] } }).to_string();
    body.extend(std::iter::repeat_n(' ', wire::MAX_FRAME_BYTES - body.len()));
    peer.bytes(&framed(&body)).await;
    daemon.heard.wait_for("context 1 2").await;
}

#[tokio::test]
async fn a_connection_that_does_not_introduce_itself_is_closed() {
    let mut daemon = Daemon::start();
    let mut silent = daemon.connect();
    let mut slow = daemon.connect();
    slow.bytes(b"Content-Length: 100\r\n\r\n{").await;
    let mut good = daemon.connect();
    good.greet(hello("window")).await;
    assert_eq!(silent.hear().await, None);
    // Half a frame is no frame: tower-lsp says so, and then it is over.
    while slow.hear().await.is_some() {}
    assert!(good.ask(1, method::STATUS, Value::Null).await.is_some());
    assert_eq!(daemon.heard.count("disconnected 1") + daemon.heard.count("disconnected 2"), 0);
}

#[tokio::test]
async fn a_request_without_an_answer_does_not_hold_up_the_goodbye() {
    let mut daemon = Daemon::start();
    let mut peer = daemon.connect();
    peer.greet(hello("window")).await;
    for id in 1..10 {
        peer.say(&json!({ "jsonrpc": "2.0", "id": id, "method": method::INCIDENTS })).await;
    }
    peer.notify(method::BEAT, json!(wire::Beat { seq: 1, ..wire::Beat::default() })).await;
    daemon.heard.wait_for("beat 1 1").await;
    drop(peer);
    daemon.heard.wait_for("disconnected 1").await;
}

#[tokio::test]
async fn when_the_loop_leaves_the_last_answer_is_written_and_the_connections_are_closed() {
    let mut daemon = Daemon::start();
    let mut other = daemon.connect();
    other.greet(hello("window")).await;
    let mut peer = daemon.connect();
    peer.greet(hello("window")).await;
    let answer = peer.ask(1, method::HAND_OVER, json!({ "version": "9.9.9" })).await.expect("an answer");
    assert_eq!(answer["result"]["leaving"], true);
    assert_eq!(peer.hear().await, None);
    assert_eq!(other.hear().await, None);
}

/// A loop that this test plays itself, with room for one input.
#[tokio::test]
async fn a_full_queue_drops_beats_refuses_requests_and_keeps_what_is_said_once() {
    let (to_loop, mut inputs) = mpsc::channel(1);
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    tokio::spawn(connection(theirs, ConnectionId(1), None, to_loop));
    let mut peer = Peer(ours);
    let greeting = async {
        let Some(Input::Hello { answer, .. }) = inputs.recv().await else { panic!("no hello") };
        answer.send(Ok(welcome())).expect("it waits");
        assert!(matches!(inputs.recv().await, Some(Input::Ready(_))));
    };
    tokio::join!(peer.greet(hello("window")), greeting);

    for seq in 1..=5 {
        peer.notify(method::BEAT, json!(wire::Beat { seq, ..wire::Beat::default() })).await;
    }
    assert_eq!(peer.refused(1, method::STATUS, Value::Null).await, -32603);
    peer.notify(method::SETTINGS, json!({ "mode": "observe" })).await;
    peer.notify(method::DEPARTING, Value::Null).await;
    assert_eq!(peer.refused(2, method::STATUS, Value::Null).await, -32603);
    drop(peer);

    let mut heard = Vec::new();
    while let Ok(Some(input)) = timeout(SOON, inputs.recv()).await {
        heard.push(match input {
            Input::Beat(_, beat) => format!("beat {}", beat.seq),
            Input::Settings(..) => "settings".into(),
            Input::Departing(_) => "departing".into(),
            Input::Disconnected(_) => "disconnected".into(),
            _ => "?".into(),
        });
    }
    assert_eq!(heard, ["beat 1", "settings", "departing", "disconnected"]);
}

/// Panics when the client hangs up, as a fault in a handler would.
struct Fragile(DuplexStream);

impl AsyncRead for Fragile {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.0).poll_read(cx, buf);
        assert!(!polled.is_ready() || buf.filled().len() > before, "a fault in a connection's task");
        polled
    }
}

impl AsyncWrite for Fragile {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn a_panic_ends_one_connection_which_still_says_goodbye() {
    let mut daemon = Daemon::start();
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    daemon.connect_stream(Fragile(theirs));
    let mut peer = Peer(ours);
    peer.greet(hello("window")).await;
    daemon.heard.wait_for("ready 1").await;
    drop(peer);
    daemon.heard.wait_for("disconnected 1").await;
    daemon.goes_on().await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(daemon.heard.count("disconnected 1"), 1);
}
