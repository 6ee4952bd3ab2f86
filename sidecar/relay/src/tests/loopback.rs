//! A relay that listens, between real sockets: how connections close, who is let in, what is recorded.

use std::{
    io::ErrorKind,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    time::timeout,
};

use crate::{End, Host, NoProxy, Options, Outage, Proxy, Record, Relay, Side, socket::Wire as _};

/// Longer than anything here takes on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Test {
    pub(super) own: AtomicBool,
    records: mpsc::UnboundedSender<Record>,
    changes: Mutex<mpsc::UnboundedSender<()>>,
}

impl Host for Test {
    fn is_own(&self, client: SocketAddr, relay: SocketAddr) -> Option<bool> {
        assert!(client.ip().is_loopback() && relay.ip().is_loopback());
        Some(self.own.load(Ordering::Relaxed))
    }

    fn ended(&self, record: Record) {
        let _ = self.records.send(record);
    }

    fn outages_changed(&self) {
        let _ = self.changes.lock().unwrap().send(());
    }
}

/// A relay, and what it tells.
pub(super) struct Stage {
    pub(super) relay: Relay,
    pub(super) at: SocketAddr,
    pub(super) test: Arc<Test>,
    pub(super) records: mpsc::UnboundedReceiver<Record>,
    pub(super) changes: mpsc::UnboundedReceiver<()>,
    pub(super) options: watch::Sender<Options>,
    _routes: watch::Sender<bool>,
}

impl Stage {
    /// `127.0.0.1` is the API.
    pub(super) async fn new(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (sender, records) = mpsc::unbounded_channel();
        let (changed, changes) = mpsc::unbounded_channel();
        let test =
            Arc::new(Test { own: AtomicBool::new(true), records: sender, changes: Mutex::new(changed) });
        let options = Options { hosts: vec!["127.0.0.1".into()], ..options };
        let (options, known) = watch::channel(options);
        let (routes, route) = watch::channel(true);
        let relay = Relay::start(listener, known, route, test.clone());
        Self { relay, at, test, records, changes, options, _routes: routes }
    }

    /// Asks for something, and reads the head of the answer.
    async fn ask(&self, request: &str) -> (TcpStream, String) {
        let mut client = TcpStream::connect(self.at).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match client.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => break,
            }
        }
        (client, String::from_utf8(head).unwrap())
    }

    /// A tunnel to a server, with both of its ends.
    async fn tunnel(&self) -> (TcpStream, TcpStream) {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = server.local_addr().unwrap();
        let request = connect(at);
        let ((client, head), accepted) = tokio::join!(self.ask(&request), server.accept());
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        (client, accepted.unwrap().0)
    }

    pub(super) async fn record(&mut self) -> Record {
        timeout(PATIENCE, self.records.recv()).await.expect("a record").unwrap()
    }
}

pub(super) fn connect(at: SocketAddr) -> String {
    format!("CONNECT {at} HTTP/1.1\r\nHost: {at}\r\n\r\n")
}

async fn rest(mut client: TcpStream) -> String {
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.unwrap();
    rest
}

#[tokio::test]
async fn bytes_pass_and_the_record_says_how_it_was() {
    let mut stage = Stage::new(Options::default()).await;
    let (mut client, mut server) = stage.tunnel().await;
    client.write_all(b"question").await.unwrap();
    let mut asked = [0; 8];
    server.read_exact(&mut asked).await.unwrap();
    server.write_all(b"answer").await.unwrap();
    server.shutdown().await.unwrap();
    assert_eq!(rest(client).await, "answer");
    // The client has closed as well.
    assert_eq!(server.read(&mut asked).await.unwrap(), 0);
    let record = stage.record().await;
    assert_eq!((record.bytes_up, record.bytes_down, record.attempts), (8, 6, 1));
    assert_eq!(record.end, End::Closed { by: Side::Server });
    assert!(
        record.is_api && !record.is_proxied && record.connect_ms.is_some() && record.first_byte_ms.is_some()
    );
    assert_eq!(record.tcp.is_some(), cfg!(target_os = "linux"));
    let status = stage.relay.status();
    assert_eq!((status.open, status.ended, status.refused), (0, 1, 0));
    let line = serde_json::to_string(&record).unwrap();
    assert!(line.contains(r#""end":{"how":"closed","by":"server"}"#), "{line}");
    assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
}

#[tokio::test]
async fn a_reset_is_passed_on_either_way_behind_what_was_said() {
    let mut stage = Stage::new(Options::default()).await;
    let (mut client, mut server) = stage.tunnel().await;
    server.write_all(b"half an ans").await.unwrap();
    let mut said = [0; 11];
    client.read_exact(&mut said).await.unwrap();
    server.reset_on_close();
    drop(server);
    assert_eq!(client.read(&mut said).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let record = stage.record().await;
    assert_eq!((record.end, record.bytes_down), (End::Reset { by: Side::Server }, 11));

    let (client, mut server) = stage.tunnel().await;
    client.reset_on_close();
    drop(client);
    assert_eq!(server.read(&mut said).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(stage.record().await.end, End::Reset { by: Side::Client });
}

#[tokio::test]
async fn a_stall_is_a_reset_for_the_client_and_for_no_other_host() {
    let mut stage =
        Stage::new(Options { stall_after: Duration::from_millis(200), ..Options::default() }).await;
    let (mut client, _server) = stage.tunnel().await;
    client.write_all(b"question").await.unwrap();
    let error = timeout(PATIENCE, client.read_u8()).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let record = stage.record().await;
    assert_eq!((record.end, record.bytes_up, record.first_byte_ms), (End::Stalled, 8, None));
    assert!(record.longest_silence_ms >= 200, "{record:?}");

    stage.options.send_modify(|options| options.hosts.clear());
    let (mut other, mut silent) = stage.tunnel().await;
    other.write_all(b"question").await.unwrap();
    // One of the API's, begun later, is over first.
    stage.options.send_modify(|options| options.hosts.push("127.0.0.1".into()));
    let (mut client, _server) = stage.tunnel().await;
    client.write_all(b"question").await.unwrap();
    assert_eq!(stage.record().await.end, End::Stalled);
    silent.write_all(b"answer").await.unwrap();
    let mut answer = [0; 6];
    other.read_exact(&mut answer).await.unwrap();
}

#[tokio::test]
async fn a_server_that_comes_back_is_waited_for() {
    let mut stage = Stage::new(Options::default()).await;
    // A port that is ours, and that nobody listens on yet.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let at = socket.local_addr().unwrap();
    let come_back = async {
        timeout(PATIENCE, stage.changes.recv()).await.unwrap().unwrap();
        let outages = stage.relay.status().outages;
        let [Outage { host, attempt: 1, of: 5, fault: crate::Fault::Refused, next_at }] = outages.as_slice()
        else {
            panic!("{outages:?}")
        };
        assert_eq!(host, "127.0.0.1");
        assert!(
            *next_at <= std::time::Instant::now() + Duration::from_millis(1250),
            "a pause of 1 s, and jitter"
        );
        let server = socket.listen(1).unwrap();
        server.accept().await.unwrap()
    };
    let asking = async {
        let mut client = TcpStream::connect(stage.at).await.unwrap();
        client.write_all(connect(at).as_bytes()).await.unwrap();
        let mut head = [0; 12];
        client.read_exact(&mut head).await.unwrap();
        (client, head)
    };
    let ((client, head), server) = tokio::join!(asking, come_back);
    assert_eq!(&head, b"HTTP/1.1 200");
    assert!(stage.relay.status().outages.is_empty());
    drop((client, server));
    let record = stage.record().await;
    assert_eq!(record.attempts, 2);
    assert!(record.connect_ms.unwrap() >= 750, "{record:?}");
}

#[tokio::test]
async fn a_client_that_leaves_meanwhile_is_let_go() {
    let mut stage = Stage::new(Options::default()).await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let mut client = TcpStream::connect(stage.at).await.unwrap();
    client.write_all(connect(socket.local_addr().unwrap()).as_bytes()).await.unwrap();
    timeout(PATIENCE, stage.changes.recv()).await.unwrap().unwrap();
    drop(client);
    let record = stage.record().await;
    assert_eq!((record.end, record.attempts, record.connect_ms), (End::Abandoned, 1, None));
    assert!(stage.relay.status().outages.is_empty());
}

#[tokio::test]
async fn what_cannot_be_reached_is_answered_in_words() {
    let mut stage = Stage::new(Options { attempts: 1, ..Options::default() }).await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let (client, head) = stage.ask(&connect(socket.local_addr().unwrap())).await;
    assert!(head.starts_with("HTTP/1.1 502 Bad Gateway"), "{head}");
    let sentence = rest(client).await;
    assert!(sentence.contains("it is refused"), "{sentence}");
    assert_eq!(stage.record().await.end, End::Refused);
}

#[tokio::test]
async fn pages_other_users_and_nonsense_are_refused() {
    let stage = Stage::new(Options::default()).await;
    for (request, status) in [
        ("CONNECT h:1 HTTP/1.1\r\nOrigin: https://evil.example\r\n\r\n", "403"),
        ("CONNECT h:1 HTTP/1.1\r\nHost: evil.example\r\n\r\n", "400"),
        ("GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", "501"),
        ("nonsense\r\n\r\n", "400"),
    ] {
        let (client, head) = stage.ask(request).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request} {head}");
        assert!(rest(client).await.contains("Lifeline's relay"), "{request}");
    }
    let (_, head) = stage.ask(&format!("CONNECT h:1 HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(20_000))).await;
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    stage.test.own.store(false, Ordering::Relaxed);
    let (_, head) = stage.ask(&connect(stage.at)).await;
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    assert_eq!(stage.relay.status().refused, 6);
}

/// A proxy that answers once, and gives what it was asked.
async fn proxy(listener: TcpListener, answer: &'static str) -> (String, TcpStream) {
    let (mut client, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    client.write_all(answer.as_bytes()).await.unwrap();
    (String::from_utf8(head).unwrap(), client)
}

#[tokio::test]
async fn the_proxy_that_was_there_is_chained_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let mut stage = Stage::new(Options {
        proxy: Some(Proxy::parse(&format!("http://ann:secret@{at}")).unwrap()),
        no_proxy: NoProxy::parse("inside.example"),
        ..Options::default()
    })
    .await;
    let request = "CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n\r\n";
    // The server speaks first, in the same segment.
    let asked = proxy(listener, "HTTP/1.1 200 OK\r\nVia: x\r\n\r\nhello");
    let ((mut client, head), (asked, mut server)) = tokio::join!(stage.ask(request), asked);
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    // `printf ann:secret | base64`
    assert_eq!(
        asked,
        "CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\nProxy-Authorization: Basic YW5uOnNlY3JldA==\r\n\r\n"
    );
    let mut hello = [0; 5];
    client.read_exact(&mut hello).await.unwrap();
    client.write_all(b"hi").await.unwrap();
    server.read_exact(&mut hello[..2]).await.unwrap();
    assert_eq!(&hello, b"hillo");
    drop((client, server));
    let record = stage.record().await;
    assert!(record.is_proxied && !record.is_api, "{record:?}");
    assert!(!serde_json::to_string(&record).unwrap().contains("secret"));
}

#[tokio::test]
async fn a_proxy_that_says_no_is_quoted() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let options = Options { proxy: Some(Proxy::parse(&at.to_string()).unwrap()), ..Options::default() };
    let mut stage = Stage::new(options).await;
    let asked = proxy(listener, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    let request = "CONNECT api.example:443 HTTP/1.1\r\n\r\n";
    let ((client, head), _) = tokio::join!(stage.ask(request), asked);
    assert!(head.starts_with("HTTP/1.1 502 "), "{head}");
    let sentence = rest(client).await;
    assert!(sentence.contains("answered 407") && sentence.contains("password"), "{sentence}");
    assert_eq!(stage.record().await.end, End::Proxy { status: 407 });
}

#[tokio::test]
async fn draining_lets_the_last_words_out_and_nobody_in() {
    let mut stage = Stage::new(Options::default()).await;
    let (mut ending, mut server) = stage.tunnel().await;
    let (mut staying, _silent) = stage.tunnel().await;
    let at = stage.at;
    let draining = tokio::spawn(stage.relay.drain(Duration::from_millis(500)));
    while TcpStream::connect(at).await.is_ok() {
        tokio::task::yield_now().await;
    }
    server.write_all(b"end").await.unwrap();
    drop(server);
    let mut said = String::new();
    ending.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "end");
    drop(ending);
    draining.await.unwrap();
    assert_eq!(staying.read_u8().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let ends = [stage.records.recv().await.unwrap().end, stage.records.recv().await.unwrap().end];
    assert_eq!(ends, [End::Closed { by: Side::Server }, End::Shutdown]);
    let again = TcpListener::bind(at).await;
    assert!(again.is_ok(), "the port is free at once: {again:?}");
}
