//! TLS to the upstream: who is believed, HTTP/2 where it is offered, and HTTP/1.1 where that fails.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use hyper::body::Bytes;
use rcgen::{CertificateParams, KeyPair};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
    server::TlsStream,
};

use super::{
    super::{
        loopback::{PATIENCE, Stage},
        upstream::{DELTA, END, Heard, START, Scene, ask, hear_on, hear_until, read, request, stream, trust},
    },
    BODY, MESSAGES, exchange,
};
use crate::{Before, End, Fault, socket::Wire as _};

/// A server with a certificate for `localhost`, and whoever trusts it.
pub(in crate::tests) struct Secure {
    pub(in crate::tests) listener: TcpListener,
    pub(in crate::tests) acceptor: TlsAcceptor,
    pub(in crate::tests) roots: RootCertStore,
    at: SocketAddr,
}

impl Secure {
    pub(in crate::tests) async fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone()).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let mut config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        Self { listener, acceptor: TlsAcceptor::from(Arc::new(config)), roots, at }
    }

    pub(in crate::tests) fn url(&self) -> String {
        format!("https://localhost:{}", self.at.port())
    }

    async fn stage(&self, http2: bool) -> Stage {
        let stage =
            Scene::stage(&self.url(), trust(self.roots.clone()), |_, gateway| gateway.http2 = http2).await;
        of_localhost(&stage);
        stage
    }

    async fn accept(&self) -> TlsStream<TcpStream> {
        let (stream, _) = self.listener.accept().await.unwrap();
        self.acceptor.accept(stream).await.unwrap()
    }

    /// As HTTP/2 would have it.
    async fn accept_http2(&self) -> Http2 {
        let stream = self.accept().await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        h2::server::handshake(stream).await.unwrap()
    }
}

type Http2 = h2::server::Connection<TlsStream<TcpStream>, Bytes>;

/// Lets a connection do its work for as long as it is needed.
async fn driven(connection: &mut Http2) -> Infallible {
    while connection.accept().await.is_some() {}
    std::future::pending().await
}

/// Here the API has a name.
fn of_localhost(stage: &Stage) {
    stage.options.send_modify(|options| options.hosts = vec!["localhost".into()]);
}

async fn heard(stage: &Stage) -> Heard {
    ask(stage.at, MESSAGES, "", BODY).await
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_told_and_not_tried_again() {
    let secure = Secure::new().await;
    let mut stage = Scene::stage(&secure.url(), trust(RootCertStore::empty()), |_, _| {}).await;
    of_localhost(&stage);
    let (answer, handshake) = tokio::join!(heard(&stage), async {
        let (stream, _) = secure.listener.accept().await.unwrap();
        secure.acceptor.accept(stream).await.map(drop)
    });
    assert!(handshake.is_err(), "nothing was asked");
    assert_eq!(answer.status(), "502");
    assert!(answer.head.contains("x-should-retry: false\r\n"), "{}", answer.head);
    assert!(
        answer.text().contains("is not trusted") && answer.text().contains("NODE_EXTRA_CA_CERTS"),
        "{answer:?}"
    );
    let record = stage.record().await;
    assert_eq!((record.end, record.attempts), (End::Certificate, 1));
    assert!(!exchange(&record).reached_server);
}

#[tokio::test]
async fn a_handshake_that_is_reset_is_waited_out_like_an_outage() {
    let secure = Secure::new().await;
    let mut stage = secure.stage(false).await;
    let at = stage.at;
    let come_back = async {
        let (stream, _) = secure.listener.accept().await.unwrap();
        stream.reset_on_close();
        drop(stream);
        timeout(PATIENCE, stage.changes.recv()).await.unwrap().unwrap();
        let waiting = stage.relay.status().outages;
        let told = waiting.iter().map(|outage| (outage.attempt, outage.of, outage.fault)).collect::<Vec<_>>();
        assert_eq!(told, [(1, 5, Fault::Refused)]);
        let mut server = secure.accept().await;
        read(&mut server).await.unwrap();
        server.write_all(super::super::upstream::stream().as_bytes()).await.unwrap();
        server
    };
    let (answer, _server) = tokio::join!(ask(at, MESSAGES, "", BODY), come_back);
    assert_eq!((answer.status(), answer.is_whole), ("200", true));
    assert!(stage.relay.status().outages.is_empty());
    let record = stage.record().await;
    assert_eq!((record.end, record.attempts), (End::Answered, 2));
    assert_eq!(exchange(&record).billed_again, 0, "nothing was asked");
}

#[tokio::test]
async fn a_handshake_is_tried_as_often_as_a_connection() {
    let secure = Secure::new().await;
    let mut stage = secure.stage(false).await;
    stage.options.send_modify(|options| options.attempts = 1);
    let (answer, ()) = tokio::join!(heard(&stage), async {
        let (stream, _) = secure.listener.accept().await.unwrap();
        stream.reset_on_close();
    });
    assert_eq!(answer.status(), "502");
    assert_eq!(stage.record().await.attempts, 1);
}

#[tokio::test]
async fn http2_is_spoken_where_it_is_offered() {
    let secure = Secure::new().await;
    let mut stage = secure.stage(true).await;
    let serving = async {
        let mut connection = secure.accept_http2().await;
        // Two exchanges on one connection.
        for _ in 0..2 {
            let (request, mut respond) = connection.accept().await.unwrap().unwrap();
            assert_eq!(request.uri().to_string(), format!("{}{MESSAGES}", secure.url()));
            assert_eq!(request.headers()["x-api-key"], "k-secret");
            assert!(!request.headers().contains_key("host") && !request.headers().contains_key("connection"));
            let mut body = request.into_body();
            let reading = async {
                let mut seen = Vec::new();
                while let Some(piece) = body.data().await {
                    seen.extend_from_slice(&piece.unwrap());
                }
                seen
            };
            let seen = tokio::select! {
                seen = reading => seen,
                _ = connection.accept() => panic!("another request"),
            };
            assert_eq!(seen, BODY.as_bytes());
            let head =
                hyper::Response::builder().header("content-type", "text/event-stream").body(()).unwrap();
            let mut down = respond.send_response(head, false).unwrap();
            down.send_data(Bytes::from([START, DELTA, END].concat()), true).unwrap();
        }
        driven(&mut connection).await
    };
    let asking = async {
        let first = heard(&stage).await;
        (first, heard(&stage).await)
    };
    let (first, second) = tokio::select! {
        heard = asking => heard,
        never = serving => match never {},
    };
    for heard in [first, second] {
        assert_eq!(
            (heard.status(), heard.is_whole, heard.text()),
            ("200", true, [START, DELTA, END].concat())
        );
        let record = stage.record().await;
        assert_eq!((record.end, record.attempts), (End::Answered, 1));
    }
}

#[tokio::test]
async fn streams_that_are_reset_again_and_again_lead_back_to_http1() {
    let secure = Secure::new().await;
    let mut stage = secure.stage(true).await;
    let serving = async {
        let mut connection = secure.accept_http2().await;
        for _ in 0..2 {
            let (_, mut respond) = connection.accept().await.unwrap().unwrap();
            respond.send_reset(h2::Reason::REFUSED_STREAM);
        }
        // The third attempt comes another way.
        let mut server = tokio::select! {
            server = secure.accept() => server,
            never = driven(&mut connection) => match never {},
        };
        assert_eq!(server.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        let seen = read(&mut server).await.unwrap();
        assert_eq!(seen.body, BODY.as_bytes());
        server.write_all(stream().as_bytes()).await.unwrap();
        server
    };
    let (answer, _server) = tokio::join!(heard(&stage), serving);
    assert_eq!((answer.status(), answer.is_whole), ("200", true));
    let record = stage.record().await;
    assert_eq!((record.end, record.attempts), (End::Answered, 3));
    assert_eq!(exchange(&record).before, Some(Before::End(End::StreamReset { code: 7 })));
    assert_eq!(exchange(&record).billed_again, 0, "a refused stream was not begun with");
}

#[tokio::test]
async fn a_stream_of_http2_that_is_reset_ends_in_words_and_its_code_is_kept() {
    let (arrives, arrived) = oneshot::channel();
    let secure = Secure::new().await;
    let mut stage = secure.stage(true).await;
    let serving = async {
        let mut connection = secure.accept_http2().await;
        let (_request, mut respond) = connection.accept().await.unwrap().unwrap();
        let head = hyper::Response::builder().header("content-type", "text/event-stream").body(()).unwrap();
        let mut down = respond.send_response(head, false).unwrap();
        down.send_data(Bytes::from([START, DELTA].concat()), false).unwrap();
        tokio::select! {
            arrived = arrived => arrived.unwrap(),
            never = driven(&mut connection) => match never {},
        }
        down.send_reset(h2::Reason::INTERNAL_ERROR);
        driven(&mut connection).await
    };
    let asking = async {
        let mut client = TcpStream::connect(stage.at).await.unwrap();
        client.write_all(request(stage.at, MESSAGES, "", BODY).as_bytes()).await.unwrap();
        let said = hear_until(&mut client, "Hello").await;
        arrives.send(()).unwrap();
        hear_on(&mut client, said).await
    };
    let answer = tokio::select! {
        heard = asking => heard,
        never = serving => match never {},
    };
    assert!(
        answer.is_whole && answer.text().starts_with(&[START, DELTA, "event: error\n"].concat()),
        "{answer:?}"
    );
    assert_eq!(stage.record().await.end, End::StreamReset { code: 2 });
}

#[tokio::test]
async fn by_option_it_is_http1() {
    let secure = Secure::new().await;
    let stage = secure.stage(false).await;
    let serving = async {
        let mut server = secure.accept().await;
        assert_eq!(server.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        let seen = read(&mut server).await.unwrap();
        assert!(
            seen.head.contains(&format!("\r\nHost: localhost:{}\r\n", secure.at.port())),
            "{}",
            seen.head
        );
        server.write_all(stream().as_bytes()).await.unwrap();
        server
    };
    let (answer, _server) = tokio::join!(heard(&stage), serving);
    assert_eq!((answer.status(), answer.is_whole), ("200", true));
}
