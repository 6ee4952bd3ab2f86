//! A client that does not notice that its host is another one, and whoever else comes to the port.

use std::{
    fs, io,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async, client_async,
    tungstenite::{
        Error, Message, Utf8Bytes,
        client::IntoClientRequest as _,
        handshake::server::{Request, Response},
        http::HeaderValue,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::{
    Bridge, HOST_WITHIN, MESSAGE_BYTES_AT_MOST, SUBPROTOCOL, Seats, Secret, TOKEN_HEADER, Token, Traffic,
    conversation::Conversation, read_secret,
};

const OLD: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const NEW: &str = "bbbbbbbb-0000-4000-8000-000000000002";
const INITIALIZE: &str =
    r#"{"method": "initialize","params":{"protocolVersion":"2024-11-05"},"jsonrpc":"2.0","id":0}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
const CONNECTED: &str = r#"{"jsonrpc":"2.0","method":"ide_connected","params":{"pid":7}}"#;

type Socket = WebSocketStream<TcpStream>;

fn secret(folder: &std::path::Path, port: u16, token: &str) -> Secret {
    let content = format!(r#"{{"pid":1,"workspaceFolders":[],"authToken":"{token}"}}"#);
    fs::write(folder.join(format!("{port}.lock")), content).unwrap();
    read_secret(&[folder.to_owned()], port).expect("a lock with a token")
}

fn token(text: &str) -> Token {
    secret(tempfile::tempdir().unwrap().path(), 2000, text).token().clone()
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// A host's server: lets in who shows its token, and hands the connection over.
struct Host {
    listener: TcpListener,
    port: u16,
    token: &'static str,
}

impl Host {
    async fn start(token: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { listener, port, token }
    }

    #[expect(clippy::result_large_err, reason = "the library's own signature")]
    async fn client(&self) -> Socket {
        let (stream, _) = soon(self.listener.accept()).await.unwrap();
        let token = self.token;
        let examine = move |request: &Request, mut response: Response| {
            assert_eq!(request.headers()[TOKEN_HEADER], token);
            assert_eq!(request.headers()["sec-websocket-protocol"], SUBPROTOCOL);
            response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(SUBPROTOCOL));
            Ok(response)
        };
        soon(accept_hdr_async(stream, examine)).await.unwrap()
    }
}

async fn soon<T>(wanted: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), wanted).await.expect("within 20 s")
}

async fn enter(port: u16, token: Option<&str>) -> Result<Socket, Error> {
    let stream = soon(TcpStream::connect((Ipv4Addr::LOCALHOST, port))).await?;
    let mut request = format!("ws://127.0.0.1:{port}/").into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(SUBPROTOCOL));
    if let Some(token) = token {
        request.headers_mut().insert(TOKEN_HEADER, HeaderValue::from_str(token)?);
    }
    soon(client_async(request, stream)).await.map(|(socket, _)| socket)
}

async fn hear(socket: &mut Socket) -> Message {
    soon(socket.next()).await.expect("open").expect("a message")
}

async fn hear_text(socket: &mut Socket) -> String {
    match hear(socket).await {
        Message::Text(text) => text.to_string(),
        other => panic!("{other:?}"),
    }
}

async fn say(socket: &mut Socket, text: &str) {
    soon(socket.send(Message::text(text))).await.unwrap();
}

fn bridge(patience: Duration) -> (Bridge, u16, mpsc::UnboundedReceiver<Traffic>) {
    bridge_with(patience, &Seats::new(Arc::new(|_| 0)))
}

fn bridge_with(patience: Duration, seats: &Seats) -> (Bridge, u16, mpsc::UnboundedReceiver<Traffic>) {
    let (traffic, heard) = mpsc::unbounded_channel();
    loop {
        let port = free_port();
        match Bridge::listen_patiently(port, token(OLD), seats.clone(), traffic.clone(), patience) {
            Ok(bridge) => return (bridge, port, heard),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::AddrInUse),
        }
    }
}

/// A client that has been introduced to its first host.
async fn introduced(port: u16, host: &Host) -> (Socket, Socket) {
    let mut client = enter(port, Some(OLD)).await.unwrap();
    let mut first = host.client().await;
    for text in [INITIALIZE, INITIALIZED, CONNECTED] {
        say(&mut client, text).await;
        assert_eq!(hear_text(&mut first).await, text);
    }
    say(&mut first, r#"{"jsonrpc":"2.0","id":0,"result":{"serverInfo":{}}}"#).await;
    assert!(hear_text(&mut client).await.contains("serverInfo"));
    (client, first)
}

#[tokio::test]
async fn messages_pass_unchanged_both_ways() {
    let (bridge, port, mut traffic) = bridge(HOST_WITHIN);
    let host = Host::start(NEW).await;
    bridge.lead_to(host.port, token(NEW));
    let (mut client, mut upstream) = introduced(port, &host).await;
    assert_eq!(soon(traffic.recv()).await, Some(Traffic { port, clients: 1, refused: 0 }));
    for message in [
        Message::text("{ \"jsonrpc\" :\t\"2.0\", \"id\": 1, \"method\": \"tools/list\" }"),
        Message::text("no JSON at all \u{1f4a5}"),
        Message::text(r#"[{"jsonrpc":"2.0","id":"a","method":"x"},{"jsonrpc":"2.0","method":"y"}]"#),
        Message::binary(vec![0, 255, 7]),
        Message::text("x".repeat(3 << 20)),
    ] {
        soon(client.send(message.clone())).await.unwrap();
        assert_eq!(hear(&mut upstream).await, message);
        soon(upstream.send(message.clone())).await.unwrap();
        assert_eq!(hear(&mut client).await, message);
    }
    drop(client);
    assert_eq!(soon(traffic.recv()).await, Some(Traffic { port, clients: 0, refused: 0 }));
    assert!(matches!(soon(upstream.next()).await, Some(Ok(Message::Close(_)) | Err(_)) | None));
}

#[tokio::test]
async fn the_next_host_takes_over_and_the_client_stays() {
    let (bridge, port, _traffic) = bridge(HOST_WITHIN);
    let host = Host::start(NEW).await;
    bridge.lead_to(host.port, token(NEW));
    let (mut client, mut first) = introduced(port, &host).await;
    say(&mut client, r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"openDiff"}}"#).await;
    hear_text(&mut first).await;
    say(&mut first, r#"{"jsonrpc":"2.0","id":"h1","method":"ping"}"#).await;
    hear_text(&mut client).await;

    drop((first, host));
    bridge.hold();
    let error = hear_text(&mut client).await;
    assert!(error.starts_with(r#"{"jsonrpc":"2.0","id":5,"error":{"code":-32000,"#), "{error}");
    let late = r#"{"jsonrpc":"2.0","id":"h1","result":{}}"#;
    let held = r#"{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"getDiagnostics"}}"#;
    say(&mut client, late).await;
    say(&mut client, held).await;

    let host = Host::start(OLD).await;
    bridge.lead_to(host.port, token(OLD));
    let mut second = host.client().await;
    assert_eq!(hear_text(&mut second).await, INITIALIZE);
    say(&mut second, r#"{"jsonrpc":"2.0","method":"early"}"#).await;
    say(&mut second, r#"{"jsonrpc":"2.0","id":0,"result":{}}"#).await;
    for text in [INITIALIZED, CONNECTED, held] {
        assert_eq!(hear_text(&mut second).await, text);
    }
    say(&mut second, r#"{"jsonrpc":"2.0","id":6,"result":{"diagnostics":[]}}"#).await;
    assert!(hear_text(&mut client).await.contains("early"));
    assert!(
        hear_text(&mut client).await.contains("diagnostics"),
        "the answer to the repeated introduction is not for it"
    );

    // And once more.
    drop((second, host));
    bridge.hold();
    let host = Host::start(NEW).await;
    bridge.lead_to(host.port, token(NEW));
    let mut third = host.client().await;
    assert_eq!(hear_text(&mut third).await, INITIALIZE);
    say(&mut third, r#"{"jsonrpc":"2.0","id":0,"result":{}}"#).await;
    for text in [INITIALIZED, CONNECTED] {
        assert_eq!(hear_text(&mut third).await, text);
    }
}

#[tokio::test]
async fn an_introduction_that_was_cut_is_made_to_the_next_host() {
    let (bridge, port, _traffic) = bridge(HOST_WITHIN);
    // The client comes before there is a host.
    let mut client = enter(port, Some(OLD)).await.unwrap();
    say(&mut client, INITIALIZE).await;
    let host = Host::start(NEW).await;
    bridge.lead_to(host.port, token(NEW));
    let mut first = host.client().await;
    assert_eq!(hear_text(&mut first).await, INITIALIZE);
    drop((first, host));
    bridge.hold();
    let host = Host::start(NEW).await;
    bridge.lead_to(host.port, token(NEW));
    let mut second = host.client().await;
    assert_eq!(hear_text(&mut second).await, INITIALIZE);
    let answer = r#"{"jsonrpc":"2.0","id":0,"result":{}}"#;
    say(&mut second, answer).await;
    assert_eq!(
        hear_text(&mut client).await,
        answer,
        "this time it is for the client, and no error came before it"
    );
}

#[tokio::test]
async fn a_host_that_does_not_let_us_in_yet_is_asked_again() {
    let (bridge, port, _traffic) = bridge(HOST_WITHIN);
    let host = Host::start(NEW).await;
    bridge.lead_to(host.port, token(NEW));
    let _client = enter(port, Some(OLD)).await.unwrap();
    let (stream, _) = soon(host.listener.accept()).await.unwrap();
    drop(stream);
    host.client().await;
}

#[tokio::test]
async fn a_host_that_closes_again_and_again_has_meant_it() {
    let (bridge, port, _traffic) = bridge(HOST_WITHIN);
    let host = Host::start(NEW).await;
    bridge.lead_to(host.port, token(NEW));
    let (mut client, mut upstream) = introduced(port, &host).await;
    let frame = CloseFrame { code: CloseCode::Policy, reason: "go away".into() };
    for again in [true, true, false] {
        upstream.close(Some(frame.clone())).await.unwrap();
        if again {
            upstream = host.client().await;
            assert_eq!(hear_text(&mut upstream).await, INITIALIZE);
            say(&mut upstream, r#"{"jsonrpc":"2.0","id":0,"result":{}}"#).await;
        }
    }
    assert_eq!(hear(&mut client).await, Message::Close(Some(frame)));
}

#[tokio::test]
async fn who_is_pushed_out_waits_aside_until_its_place_is_free() {
    let strangers = Arc::new(AtomicUsize::new(0));
    let census = Arc::clone(&strangers);
    let (bridge, port, _traffic) =
        bridge_with(HOST_WITHIN, &Seats::new(Arc::new(move |_| census.load(Ordering::SeqCst))));
    let host = Host::start(NEW).await;
    bridge.lead_to(host.port, token(NEW));
    let (mut client, mut upstream) = introduced(port, &host).await;
    // Somebody who does not come through us.
    strangers.store(1, Ordering::SeqCst);
    upstream.close(None).await.unwrap();
    // It may be on its way when the connection is closed; then it is lost there.
    for words in ["", "Another Claude session"] {
        say(&mut client, r#"{"jsonrpc":"2.0","id":9,"method":"tools/call"}"#).await;
        let error = hear_text(&mut client).await;
        assert!(error.contains(r#""id":9,"error""#) && error.contains(words), "{error}");
    }
    strangers.store(0, Ordering::SeqCst);
    let mut upstream = host.client().await;
    assert_eq!(hear_text(&mut upstream).await, INITIALIZE);
}

/// A user turns to a client that is aside: its connection to the host. What was on its way when it was closed is lost, and asked again.
async fn turn_to(client: &mut Socket, asked: &str, host: &Host) -> Socket {
    loop {
        say(client, asked).await;
        tokio::select! {
            upstream = host.client() => return upstream,
            error = hear_text(client) => assert!(error.contains("lost before it answered"), "{error}"),
        }
    }
}

#[tokio::test]
async fn of_two_clients_of_ours_the_one_that_is_used_has_the_place() {
    // All connections are ours.
    let seats = Seats::new(Arc::new(|_| 1));
    let (bridge, port, _traffic) = bridge_with(HOST_WITHIN, &seats);
    let (second_bridge, second_port, _second_traffic) = bridge_with(HOST_WITHIN, &seats);
    let host = Host::start(NEW).await;
    bridge.lead_to(host.port, token(NEW));
    second_bridge.lead_to(host.port, token(NEW));
    let (mut first, mut first_upstream) = introduced(port, &host).await;
    let (mut second, mut second_upstream) = introduced(second_port, &host).await;
    // As the extension does.
    first_upstream.close(None).await.unwrap();
    let asked = r#"{"jsonrpc":"2.0","id":9,"method":"tools/call"}"#;
    let mut first_upstream = turn_to(&mut first, asked, &host).await;
    assert_eq!(hear_text(&mut first_upstream).await, INITIALIZE);
    say(&mut first_upstream, r#"{"jsonrpc":"2.0","id":0,"result":{}}"#).await;
    for text in [INITIALIZED, CONNECTED, asked] {
        assert_eq!(hear_text(&mut first_upstream).await, text);
    }
    second_upstream.close(None).await.unwrap();
    let mut second_upstream = turn_to(&mut second, asked, &host).await;
    assert_eq!(hear_text(&mut second_upstream).await, INITIALIZE);
}

#[tokio::test]
async fn without_a_next_host_the_client_is_let_go() {
    let (bridge, port, _traffic) = bridge(Duration::from_millis(300));
    let mut client = enter(port, Some(OLD)).await.unwrap();
    match hear(&mut client).await {
        Message::Close(Some(frame)) => assert_eq!(frame.code, CloseCode::Again),
        other => panic!("{other:?}"),
    }
    match enter(port, Some(OLD)).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 503),
        other => panic!("{other:?}"),
    }
    // One that led somewhere, where nobody is.
    bridge.lead_to(free_port(), token(NEW));
    let mut client = enter(port, Some(OLD)).await.unwrap();
    assert!(matches!(hear(&mut client).await, Message::Close(Some(_))));
}

#[tokio::test]
async fn only_the_right_token_comes_in() {
    let (_bridge, port, mut traffic) = bridge(HOST_WITHIN);
    let almost = OLD.replace("0001", "0002");
    for (wrong, counted) in
        [(None, 0), (Some(""), 1), (Some(NEW), 2), (Some(almost.as_str()), 3), (Some(&OLD[..35]), 4)]
    {
        match enter(port, wrong).await {
            Err(Error::Http(response)) => assert_eq!(response.status(), 401),
            other => panic!("{other:?}"),
        }
        if counted > 0 {
            assert_eq!(soon(traffic.recv()).await, Some(Traffic { port, clients: 0, refused: counted }));
        }
    }
}

#[tokio::test]
async fn a_message_that_is_too_long_ends_the_connection_and_costs_no_memory() {
    let (bridge, port, _traffic) = bridge(HOST_WITHIN);
    let host = Host::start(NEW).await;
    bridge.lead_to(host.port, token(NEW));
    let (mut client, _upstream) = introduced(port, &host).await;
    // The header of a frame of 64 MB; of what follows it, nothing has to be sent.
    let mut header = vec![0x81, 0x80 | 127];
    header.extend_from_slice(&(64_u64 << 20).to_be_bytes());
    header.extend_from_slice(&[0; 4]);
    soon(client.get_mut().write_all(&header)).await.unwrap();
    match hear(&mut client).await {
        Message::Close(Some(frame)) => assert_eq!(frame.code, CloseCode::Size),
        other => panic!("{other:?}"),
    }
    const { assert!(MESSAGE_BYTES_AT_MOST < 64 << 20) };
}

#[tokio::test]
async fn a_client_that_talks_to_nobody_is_held_within_bounds() {
    let (bridge, port, _traffic) = bridge(HOST_WITHIN);
    let mut client = enter(port, Some(OLD)).await.unwrap();
    // More than is held, and more than the kernel's buffers take.
    let message = format!(r#"{{"jsonrpc":"2.0","method":"n","params":"{}"}}"#, "x".repeat(500_000));
    let mut sent = 0;
    while timeout(Duration::from_millis(500), client.send(Message::text(message.clone()))).await.is_ok() {
        sent += 1;
        assert!(sent < 100, "somebody takes all of it");
    }
    // All of it is heard in the end.
    let host = Host::start(NEW).await;
    bridge.lead_to(host.port, token(NEW));
    let mut upstream = host.client().await;
    let flushing = tokio::spawn(async move {
        soon(client.flush()).await.unwrap();
        client
    });
    for _ in 0..=sent {
        assert_eq!(hear_text(&mut upstream).await, message);
    }
    flushing.await.unwrap();
}

#[tokio::test]
async fn hostile_bytes_close_their_own_connection_and_nothing_else() {
    let (bridge, port, _traffic) = bridge(HOST_WITHIN);
    let host = Host::start(NEW).await;
    bridge.lead_to(host.port, token(NEW));
    let (mut client, mut upstream) = introduced(port, &host).await;
    let long = vec![b'A'; 200_000];
    for bytes in [
        &b"\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\nX: \xff\x00\r\n\r\n",
        &long,
    ] {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = soon(stream.read_to_end(&mut answer)).await;
    }
    // A frame that breaks the rules, from somebody who was let in.
    let mut rude = enter(port, Some(OLD)).await.unwrap();
    soon(rude.get_mut().write_all(&[0xff; 64])).await.unwrap();
    assert!(!matches!(soon(rude.next()).await, Some(Ok(Message::Text(_)))));
    say(&mut client, "still here").await;
    assert_eq!(hear_text(&mut upstream).await, "still here");
}

#[tokio::test]
async fn a_port_that_somebody_has_is_not_taken_and_ours_is_given_back() {
    let (traffic, _heard) = mpsc::unbounded_channel();
    let other = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken = other.local_addr().unwrap().port();
    let error = Bridge::listen(taken, token(OLD), Seats::new(Arc::new(|_| 0)), traffic).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);

    let (bridge, port, _heard) = bridge(HOST_WITHIN);
    let client = enter(port, Some(OLD)).await.unwrap();
    drop(bridge);
    soon(async {
        while std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(client);
}

#[test]
fn a_lock_is_put_back_and_only_our_own_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("4000.lock");
    let secret = secret(folder.path(), 4000, OLD);
    let before = fs::read(&path).unwrap();
    secret.restore().unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
    fs::remove_file(&path).unwrap();
    secret.restore().unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
    fs::write(&path, "somebody else's").unwrap();
    secret.restore().unwrap();
    secret.remove().unwrap();
    assert!(path.exists());
    fs::write(&path, &before).unwrap();
    secret.remove().unwrap();
    assert!(!path.exists());
    secret.remove().unwrap();
    assert!(!format!("{secret:?}").contains(OLD));
    assert!(!format!("{:?}", secret.token()).contains(OLD));
}

#[test]
fn locks_without_a_usable_token_have_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("4000.lock");
    for content in ["", "{}", r#"{"authToken":""}"#, r#"{"authToken":7}"#, r#"{"authToken":"a\nb"}"#, "[]"] {
        fs::write(&path, content).unwrap();
        assert!(read_secret(&[folder.path().to_owned()], 4000).is_none(), "{content}");
    }
    assert!(read_secret(&[folder.path().join("none")], 4000).is_none());
}

proptest! {
    #[test]
    fn any_talk_is_survived(talk in proptest::collection::vec((any::<bool>(), any_text()), 0..40)) {
        let mut conversation = Conversation::default();
        for (from_client, text) in &talk {
            let text = Utf8Bytes::from(text.as_str());
            if *from_client {
                conversation.client_says(&text);
            } else {
                conversation.host_says(&text);
            }
        }
        let (errors, _) = conversation.cut();
        for error in errors {
            let error: serde_json::Value = serde_json::from_str(&error).expect("JSON");
            prop_assert_eq!(&error["error"]["code"], -32_000);
        }
        prop_assert!(conversation.cut().0.is_empty(), "said once");
    }

    #[test]
    fn each_open_request_gets_one_error(ids in proptest::collection::btree_set(0..50_u8, 0..20), answered in proptest::collection::btree_set(0..50_u8, 0..20)) {
        let mut conversation = Conversation::default();
        for id in &ids {
            conversation.client_says(&format!(r#"{{"id":{id},"method":"m"}}"#).into());
        }
        for id in &answered {
            conversation.host_says(&format!(r#"{{"id":{id},"result":1}}"#));
        }
        let mut open: Vec<u8> = conversation.cut().0.iter().map(|error| {
            let error: serde_json::Value = serde_json::from_str(error).expect("JSON");
            u8::try_from(error["id"].as_u64().unwrap()).unwrap()
        }).collect();
        open.sort_unstable();
        let expected: Vec<u8> = ids.difference(&answered).copied().collect();
        prop_assert_eq!(open, expected);
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let id = prop_oneof![
        Just("1".to_owned()),
        Just("\"a\"".into()),
        Just("null".into()),
        Just("[{}]".into()),
        Just("1e5".into()),
        ".{0,5}"
    ];
    let method = prop_oneof![
        Just("initialize"),
        Just("notifications/initialized"),
        Just("ide_connected"),
        Just("tools/call"),
        Just("\\u0000")
    ];
    prop_oneof![
        3 => (id.clone(), method).prop_map(|(id, method)| format!(r#"{{"id":{id},"method":"{method}"}}"#)),
        2 => id.clone().prop_map(|id| format!(r#"{{"id":{id},"result":{{}}}}"#)),
        1 => id.prop_map(|id| format!(r#"[{{"id":{id},"method":"x"}},{{"id":{id},"result":1}},7]"#)),
        1 => ".{0,40}",
        1 => Just("[".repeat(5000)),
    ]
}
