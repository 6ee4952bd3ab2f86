//! Connections to the upstream: made with patience, encrypted, and used again. HTTP/2 where the server offers it, until it has failed too often.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hyper::{
    Request, Response,
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{self, pki_types::ServerName},
};

use super::{
    BUFFER_BYTES,
    line::{Line, Seen},
    upload::Attempt,
    upstream::{Trust, Upstream},
};
use crate::{
    dial::Machine,
    options::Options,
    outage::{self, Outage, Unconnected},
    proxy::Proxy,
    record::{End, Side},
    relay::Routes,
};

/// How long a connection of HTTP/1.1 is kept for the next request. Servers keep theirs for longer (Cloudflare: 400 s), NATs hardly.
const IDLE_FOR: Duration = Duration::from_secs(60);

/// As many as are kept.
const IDLE: usize = 32;

/// A handshake needs two round trips.
const TLS_WITHIN: Duration = Duration::from_secs(10);

/// Seed 3, H2: a NAT forgets a silent connection. As for TCP's own keepalive.
const PING_EVERY: Duration = Duration::from_secs(30);
const PONG_WITHIN: Duration = Duration::from_secs(10);

/// What a server may send ahead of one answer (RFC 9113, section 6.9.2: what it may without being told): 640 kB/s over a way of 100 ms, which text does
/// not need. Of all, as much as lets 32 clients that do not read keep nobody else from theirs.
const STREAM_WINDOW_BYTES: u32 = 65_535;
const CONNECTION_WINDOW_BYTES: u32 = 32 * STREAM_WINDOW_BYTES;

/// Streams in a row that HTTP/2 broke, and then HTTP/1.1 for so long.
const BROKEN_STREAMS: u32 = 2;
const FALLBACK_FOR: Duration = Duration::from_secs(3600);

/// RFC 9113, section 7. An orderly GOAWAY ends streams that the server has not begun with, and a refused one it has not either.
const NO_ERROR: u32 = 0;
const REFUSED_STREAM: u32 = 7;

/// One who may ask.
pub(super) struct Link {
    sender: Sender,
    pub(super) seen: Seen,
}

enum Sender {
    One(http1::SendRequest<Attempt>),
    Two(http2::SendRequest<Attempt>),
}

/// Why there is none.
#[derive(Debug)]
pub(super) enum Unlinked {
    Unconnected(Unconnected),
    /// Connected, and then TLS failed; with what it said.
    Tls(End, String),
}

impl Link {
    pub(super) const fn is_http2(&self) -> bool {
        matches!(self.sender, Sender::Two(_))
    }

    /// Asks. Dropping this ends the request.
    pub(super) async fn send(&mut self, request: Request<Attempt>) -> hyper::Result<Response<Incoming>> {
        match &mut self.sender {
            Sender::One(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
            Sender::Two(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
        }
    }
}

/// What is kept of connections.
#[derive(Default)]
pub(super) struct Pool {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Whom they lead to, and how.
    way: Option<Way>,
    idle: Vec<(http1::SendRequest<Attempt>, Seen, Instant)>,
    shared: Option<(http2::SendRequest<Attempt>, Seen)>,
    broken_streams: u32,
    http1_until: Option<Instant>,
}

/// Connections of one way are of no use for another.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) upstream: Upstream,
    pub(super) trust: Trust,
    pub(super) proxy: Option<Proxy>,
    pub(super) http2: bool,
}

impl Pool {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that is there, and looks alive.
    pub(super) fn take(&self, way: &Way) -> Option<Link> {
        let mut state = self.state();
        if state.way.as_ref() != Some(way) {
            *state = State { way: Some(way.clone()), ..State::default() };
        }
        if let Some((sender, seen)) = state.shared.take().filter(|(sender, _)| !sender.is_closed()) {
            let link = Link { sender: Sender::Two(sender.clone()), seen: seen.clone() };
            state.shared = Some((sender, seen));
            return Some(link);
        }
        state.idle.retain(|(sender, _, since)| !sender.is_closed() && since.elapsed() < IDLE_FOR);
        // The newest has the best chances.
        let at = state.idle.iter().rposition(|(sender, ..)| sender.is_ready())?;
        let (sender, seen, _) = state.idle.remove(at);
        Some(Link { sender: Sender::One(sender), seen })
    }

    /// Makes one. `tell` hears of outages; the number is that of the attempts.
    pub(super) async fn connect(
        &self,
        way: &Way,
        options: &Options,
        is_patient: bool,
        routes: Routes,
        tell: impl FnMut(Outage),
    ) -> Result<(Link, u32), Unlinked> {
        let (net, at) = (Arc::new(Machine), &way.upstream.at);
        let connected =
            outage::connect(&net, at, way.proxy.as_ref(), options, is_patient, routes, tell).await;
        let (connected, attempts) = connected.map_err(Unlinked::Unconnected)?;
        let (line, seen) = Line::new(connected.stream, connected.early, Side::Server);
        let link = if way.upstream.is_tls {
            self.over_tls(way, line, seen).await?
        } else {
            over_http1(line, seen).await.map_err(|error| Unlinked::Tls(End::Failed, error.to_string()))?
        };
        Ok((link, attempts))
    }

    async fn over_tls(&self, way: &Way, line: Line, seen: Seen) -> Result<Link, Unlinked> {
        let mut config = way.trust.config().map_err(|error| Unlinked::Tls(End::Failed, error))?;
        config.alpn_protocols = match self.is_http2_wanted(way) {
            true => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            false => vec![b"http/1.1".to_vec()],
        };
        let host = way.upstream.host().to_owned();
        let name =
            ServerName::try_from(host).map_err(|error| Unlinked::Tls(End::Failed, error.to_string()))?;
        let shaken = timeout(TLS_WITHIN, TlsConnector::from(Arc::new(config)).connect(name, line)).await;
        let stream = match shaken {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(Unlinked::Tls(of_io(&error), error.to_string())),
            Err(_) => return Err(Unlinked::Tls(End::TimedOut, "the handshake was not answered".into())),
        };
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let failed = |error: hyper::Error| Unlinked::Tls(End::Failed, error.to_string());
        if !is_http2 {
            return over_http1(stream, seen).await.map_err(failed);
        }
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PONG_WITHIN)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_send_buf_size(BUFFER_BYTES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(failed)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection of HTTP/2 has ended");
            }
        });
        let mut state = self.state();
        if state.way.as_ref() == Some(way) {
            state.shared = Some((sender.clone(), seen.clone()));
        }
        Ok(Link { sender: Sender::Two(sender), seen })
    }

    /// Takes one back whose answer has been read to its end.
    pub(super) fn put(&self, way: &Way, link: Link) {
        let mut state = self.state();
        if state.way.as_ref() != Some(way) {
            return;
        }
        match link.sender {
            Sender::Two(_) => state.broken_streams = 0,
            Sender::One(sender) if state.idle.len() < IDLE => {
                state.idle.push((sender, link.seen, Instant::now()));
            }
            Sender::One(_) => {}
        }
    }

    /// One of them leads nowhere any more, and so may the others: nobody is to find that out again.
    pub(super) fn forget(&self, way: &Way) {
        let mut state = self.state();
        if state.way.as_ref() == Some(way) {
            state.idle.clear();
            state.shared = None;
        }
    }

    /// One of HTTP/2's was broken by the server. Before long it is done without.
    pub(super) fn stream_broke(&self, way: &Way) {
        let mut state = self.state();
        if state.way.as_ref() != Some(way) {
            return;
        }
        state.broken_streams += 1;
        if state.broken_streams >= BROKEN_STREAMS {
            tracing::info!("HTTP/2 was broken off again and again: HTTP/1.1 from now on");
            state.broken_streams = 0;
            state.http1_until = Some(Instant::now() + FALLBACK_FOR);
            state.shared = None;
        }
    }

    fn is_http2_wanted(&self, way: &Way) -> bool {
        way.http2 && self.state().http1_until.is_none_or(|until| Instant::now() >= until)
    }
}

async fn over_http1<S>(stream: S, seen: Seen) -> hyper::Result<Link>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut asking = http1::Builder::new();
    let asking = asking.preserve_header_case(true).max_buf_size(BUFFER_BYTES);
    let (sender, connection) = asking.handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection of HTTP/1.1 has ended");
        }
    });
    Ok(Link { sender: Sender::One(sender), seen })
}

/// What an error of a connection means, TLS's own included.
fn of_io(error: &io::Error) -> End {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            return End::Certificate;
        }
        Some(rustls::Error::AlertReceived(alert)) => return End::Alert { code: u8::from(*alert) },
        Some(_) => return End::Failed,
        None => {}
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => End::Closed { by: Side::Server },
        // Chunks that are none.
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => End::Failed,
        _ => End::of(error, Side::Server),
    }
}

/// Why a request or its answer broke off, and that it was never begun.
pub(super) fn of_http(error: &hyper::Error, seen: &Seen) -> (End, bool) {
    // TCP's own end is the better witness, but of what TLS said in words.
    let of_connection = |end: End| match end {
        End::Alert { .. } | End::Certificate => end,
        end => seen.end().unwrap_or(end),
    };
    let closed = End::Closed { by: Side::Server };
    if error.is_canceled() {
        return (of_connection(closed), true);
    }
    if error.is_timeout() {
        return (End::Lost { by: Side::Server }, false);
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(error) = inner.downcast_ref::<h2::Error>() {
            let code = error.reason().map(u32::from);
            return match (code, error.get_io()) {
                (Some(code), _) if error.is_go_away() => (End::GoAway { code }, code == NO_ERROR),
                (Some(code), _) => (End::StreamReset { code }, code == REFUSED_STREAM),
                (None, Some(error)) => (of_connection(of_io(error)), false),
                (None, None) => (of_connection(End::Failed), false),
            };
        }
        if let Some(error) = inner.downcast_ref::<io::Error>() {
            return (of_connection(of_io(error)), false);
        }
        cause = inner.source();
    }
    let is_closed = error.is_incomplete_message() || error.is_closed();
    (of_connection(if is_closed { closed } else { End::Failed }), error.is_closed())
}
