//! An upstream of a gateway that does exactly what a test says, byte by byte, and a client that sees exactly what comes.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

use super::loopback::{PATIENCE, Stage};
use crate::{GatewayOptions, Options, Trust, Upstream};

/// Nobody is trusted but these.
pub(in crate::tests) fn trust(roots: RootCertStore) -> Trust {
    Trust::new(|| {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
        Ok(builder.with_root_certificates(roots).with_no_client_auth())
    })
}

/// A relay whose gateway leads to this server.
pub(in crate::tests) struct Scene {
    pub(in crate::tests) stage: Stage,
    pub(in crate::tests) server: TcpListener,
}

impl Scene {
    pub(in crate::tests) async fn new(change: impl FnOnce(&mut Options, &mut GatewayOptions)) -> Self {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", server.local_addr().unwrap());
        let stage = Self::stage(&url, trust(RootCertStore::empty()), change).await;
        Self { stage, server }
    }

    pub(in crate::tests) async fn stage(
        url: &str,
        trust: Trust,
        change: impl FnOnce(&mut Options, &mut GatewayOptions),
    ) -> Stage {
        let mut gateway = GatewayOptions::new(Upstream::parse(url).unwrap(), trust);
        let mut options = Options::default();
        change(&mut options, &mut gateway);
        Stage::new(Options { gateway: Some(gateway), ..options }).await
    }

    /// With this patience for silence.
    pub(in crate::tests) async fn impatient(stall_after: Duration) -> Self {
        Self::new(|options, _| options.stall_after = stall_after).await
    }

    /// The next connection, and what is asked on it.
    pub(in crate::tests) async fn asked(&self) -> (TcpStream, Seen) {
        let (mut stream, _) = timeout(PATIENCE, self.server.accept()).await.expect("a connection").unwrap();
        let seen = read(&mut stream).await.expect("a request");
        (stream, seen)
    }

    /// Answers the next connections so, each in its turn, and closes them.
    pub(in crate::tests) async fn answer<const N: usize>(&self, answers: [&[u8]; N]) {
        for answer in answers {
            let (mut stream, _) = self.asked().await;
            stream.write_all(answer).await.unwrap();
        }
    }

    /// Asks, and hears the answer to its end.
    pub(in crate::tests) async fn ask(&self, path: &str, fields: &str, body: &str) -> Heard {
        ask(self.stage.at, path, fields, body).await
    }
}

/// A message's head or more, read.
#[derive(Debug)]
pub(in crate::tests) struct Seen {
    pub(in crate::tests) head: String,
    pub(in crate::tests) body: Vec<u8>,
}

/// A whole request with a `Content-Length`, or chunked. `None`: the connection ended before.
pub(in crate::tests) async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Seen> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let lower = head.to_ascii_lowercase();
    let mut body = Vec::new();
    if let Some((_, rest)) = lower.split_once("content-length: ") {
        body.resize(rest.split("\r\n").next().unwrap().parse().unwrap(), 0);
        stream.read_exact(&mut body).await.ok()?;
    } else if lower.contains("transfer-encoding: chunked") {
        loop {
            let mut line = Vec::new();
            while !line.ends_with(b"\r\n") {
                line.push(stream.read_u8().await.ok()?);
            }
            let size = usize::from_str_radix(std::str::from_utf8(&line).unwrap().trim(), 16).unwrap();
            let mut piece = vec![0; size + 2];
            stream.read_exact(&mut piece).await.ok()?;
            if size == 0 {
                break;
            }
            body.extend_from_slice(&piece[..size]);
        }
    }
    Some(Seen { head, body })
}

/// What came of chunks, and whether they came to their end.
pub(in crate::tests) fn dechunked(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut all = Vec::new();
    loop {
        let Some(at) = bytes.windows(2).position(|pair| pair == b"\r\n") else { return (all, false) };
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..at]).unwrap(), 16).unwrap();
        if size == 0 {
            return (all, &bytes[at..] == b"\r\n\r\n");
        }
        let Some(chunk) = bytes.get(at + 2..at + 2 + size) else { return (all, false) };
        all.extend_from_slice(chunk);
        bytes = &bytes[(at + 4 + size).min(bytes.len())..];
    }
}

/// What a client heard.
#[derive(Debug)]
pub(in crate::tests) struct Heard {
    pub(in crate::tests) head: String,
    pub(in crate::tests) body: Vec<u8>,
    /// To the end that was promised.
    pub(in crate::tests) is_whole: bool,
}

impl Heard {
    pub(in crate::tests) fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    pub(in crate::tests) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// A request as Claude Code would send it, that closes behind itself.
pub(in crate::tests) fn request(at: SocketAddr, path: &str, fields: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {at}\r\nX-Api-Key: k-secret\r\nConnection: close\r\n{fields}Content-Length: {length}\r\n\r\n{body}"
    )
}

pub(in crate::tests) async fn ask(at: SocketAddr, path: &str, fields: &str, body: &str) -> Heard {
    let mut client = TcpStream::connect(at).await.unwrap();
    client.write_all(request(at, path, fields, body).as_bytes()).await.unwrap();
    hear(&mut client).await
}

/// Hears an answer until the connection ends.
pub(in crate::tests) async fn hear(client: &mut TcpStream) -> Heard {
    hear_on(client, Vec::new()).await
}

/// Hears until this was said.
pub(in crate::tests) async fn hear_until(client: &mut TcpStream, said: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !bytes.windows(said.len()).any(|part| part == said.as_bytes()) {
        let length = timeout(PATIENCE, client.read_buf(&mut bytes)).await.expect("words").unwrap();
        assert!(length > 0, "ended before “{said}”");
    }
    bytes
}

/// Hears on, behind these.
pub(in crate::tests) async fn hear_on(client: &mut TcpStream, mut bytes: Vec<u8>) -> Heard {
    let ended = timeout(PATIENCE, client.read_to_end(&mut bytes)).await.expect("an end");
    let at = bytes.windows(4).position(|end| end == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
    let head = String::from_utf8(bytes[..at].to_vec()).unwrap();
    let lower = head.to_ascii_lowercase();
    let (body, is_whole) = if lower.contains("transfer-encoding: chunked") {
        dechunked(&bytes[at..])
    } else {
        let length = lower.split_once("content-length: ").and_then(|(_, rest)| rest.split("\r\n").next());
        let is_whole = length.is_some_and(|length| length.parse() == Ok(bytes.len() - at));
        (bytes[at..].to_vec(), is_whole)
    };
    Heard { head, body, is_whole: is_whole && ended.is_ok() }
}

/// The head of a stream of events.
pub(in crate::tests) const EVENTS: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nrequest-id: req_1\r\nCF-Ray: 8-FRA\r\nTransfer-Encoding: chunked\r\n\r\n";

pub(in crate::tests) const START: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n";
pub(in crate::tests) const DELTA: &str =
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"Hello\"}}\n\n";
pub(in crate::tests) const END: &str = "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":42}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

/// One chunk.
pub(in crate::tests) fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

/// A whole stream of events that goes well.
pub(in crate::tests) fn stream() -> String {
    format!("{EVENTS}{}0\r\n\r\n", [START, DELTA, END].map(chunk).concat())
}

/// An answer that is no stream.
pub(in crate::tests) fn json(status: &str, fields: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{fields}Content-Length: {length}\r\n\r\n{body}"
    )
}

impl Heard {
    /// Whether this stands in it.
    pub(in crate::tests) fn text_has(&self, part: &[u8]) -> bool {
        self.body.windows(part.len()).any(|window| window == part)
    }
}
