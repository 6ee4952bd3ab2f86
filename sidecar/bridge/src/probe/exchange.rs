//! The exchange behind a question: connect, handshake, see how it is refused, close.

use std::{
    io,
    net::Ipv4Addr,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt as _;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest as _,
        error::ProtocolError,
        handshake::client::Request,
        http::HeaderValue,
        protocol::{WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{Answer, How, Question, Stranger, metered::Metered};

/// How long is waited for the close that follows a handshake without a token. The official extension sends it in the same
/// turn of its event loop.
const CLOSE_AFTER: Duration = Duration::from_secs(1);

/// How long the other side may take to end the connection after the closing handshake.
const END_AFTER: Duration = Duration::from_millis(250);

/// How many messages are read before the close. An IDE has no reason to send any.
const MESSAGES_AT_MOST: usize = 16;

/// Largest message and buffer, in bytes. A close has at most 127.
const MESSAGE_BYTES: usize = 4096;

/// One exchange under way.
pub(super) struct Exchange {
    course: Pin<Box<dyn Future<Output = Answer> + Send>>,
    progress: Arc<Progress>,
}

/// How far it has come, for those who do not wait for the end.
#[derive(Default)]
struct Progress {
    connected: OnceLock<()>,
    /// When the handshake was answered, counted from the beginning.
    upgraded: OnceLock<Duration>,
    read: Arc<AtomicUsize>,
}

impl Exchange {
    /// Nothing is sent before [`answer`](Self::answer) is awaited.
    pub(super) fn begin(port: u16, question: Question) -> Self {
        let progress = Arc::new(Progress::default());
        Self { course: Box::pin(run(port, question, Arc::clone(&progress))), progress }
    }

    /// What it came to. May be dropped and awaited again until it has been answered.
    pub(super) async fn answer(&mut self) -> Answer {
        self.course.as_mut().await
    }

    /// The answer when no more time is left, if enough of it is known.
    pub(super) fn answer_so_far(&self) -> Option<Answer> {
        let round_trip = *self.progress.upgraded.get()?;
        Some(Answer::Alive { round_trip, how: How::Http(101) })
    }

    /// Bytes read so far.
    #[cfg(test)]
    pub(super) fn bytes_read(&self) -> usize {
        self.progress.read.load(Ordering::Relaxed)
    }

    /// Whether the kernel has taken the connection.
    pub(super) fn is_connected(&self) -> bool {
        self.progress.connected.get().is_some()
    }
}

async fn run(port: u16, question: Question, progress: Arc<Progress>) -> Answer {
    let Some(request) = request(port, question) else {
        return Answer::NotAsked(io::ErrorKind::InvalidInput);
    };
    let began = Instant::now();
    let stream = match TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
        Ok(stream) if is_itself(&stream) => return Answer::Refused,
        Ok(stream) => stream,
        Err(error) => return not_connected(&error),
    };
    let _ = progress.connected.set(());
    let stream = Metered::new(stream, Arc::clone(&progress.read));
    let shaken = client_async_with_config(request, stream, Some(limits())).await;
    let round_trip = began.elapsed();
    match shaken {
        Ok((socket, _)) => {
            let _ = progress.upgraded.set(round_trip);
            Answer::Alive { round_trip, how: see_it_closed(socket).await }
        }
        Err(error) => refusal(&error, round_trip, progress.read.load(Ordering::Relaxed)),
    }
}

/// The handshake of the CLI, as far as it goes without the token. No `Origin`: that is for browsers.
fn request(port: u16, question: Question) -> Option<Request> {
    let mut request = format!("ws://127.0.0.1:{port}/").into_client_request().ok()?;
    let headers = request.headers_mut();
    headers.insert("Sec-WebSocket-Protocol", HeaderValue::from_static("mcp"));
    // Should a stranger's program have the port by now, its owner can see in the log who asked.
    headers.insert("User-Agent", HeaderValue::from_static(concat!("lifeline/", env!("CARGO_PKG_VERSION"))));
    if question == Question::Impossible {
        headers.insert("Sec-WebSocket-Version", HeaderValue::from_static("0"));
    }
    Some(request)
}

fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(MESSAGE_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(MESSAGE_BYTES)
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES))
}

/// Where nobody listens, the kernel may give us that very port for our own end, and TCP connects it to itself.
pub(super) fn is_itself(stream: &TcpStream) -> bool {
    matches!((stream.local_addr(), stream.peer_addr()), (Ok(local), Ok(peer)) if local == peer)
}

fn not_connected(error: &io::Error) -> Answer {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Answer::Refused,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            Answer::NotWebSocket(Stranger::HungUp)
        }
        kind => Answer::NotAsked(kind),
    }
}

/// What it means that a handshake failed. An answer in HTTP is life, whatever it says.
fn refusal(error: &Error, round_trip: Duration, bytes_read: usize) -> Answer {
    let alive = |status| Answer::Alive { round_trip, how: How::Http(status) };
    match error {
        Error::Http(response) => alive(response.status().as_u16()),
        // A proper 101 that does not fit what was asked.
        Error::Protocol(
            ProtocolError::MissingUpgradeWebSocketHeader
            | ProtocolError::MissingConnectionUpgradeHeader
            | ProtocolError::SecWebSocketAcceptKeyMismatch
            | ProtocolError::SecWebSocketSubProtocolError(_),
        ) => alive(101),
        _ if bytes_read == 0 => Answer::NotWebSocket(Stranger::HungUp),
        _ => Answer::NotWebSocket(Stranger::Babble),
    }
}

/// How a connection without a token ends; then our end is closed, too.
async fn see_it_closed(mut socket: WebSocketStream<Metered>) -> How {
    let how = match timeout(CLOSE_AFTER, first_close(&mut socket)).await {
        Ok(Some(code)) => How::Closed(code),
        Ok(None) | Err(_) => {
            // Nothing can be done when it does not take even that.
            let _ = timeout(END_AFTER, socket.close(None)).await;
            How::Opened
        }
    };
    // Our part of the closing handshake is sent on the way. The other side ends first, as it should (RFC 6455, 7.1.1).
    let _ = timeout(END_AFTER, async {
        for _ in 0..MESSAGES_AT_MOST {
            if !matches!(socket.next().await, Some(Ok(_))) {
                break;
            }
        }
    })
    .await;
    match how {
        How::Closed(Some(code)) if code == u16::from(CloseCode::Policy) => How::Unauthorized,
        how => how,
    }
}

/// The code of the close; `None` when there was none, but something else that is no way to end a connection.
async fn first_close(socket: &mut WebSocketStream<Metered>) -> Option<Option<u16>> {
    for _ in 0..MESSAGES_AT_MOST {
        match socket.next().await {
            Some(Ok(Message::Close(frame))) => return Some(frame.map(|frame| frame.code.into())),
            Some(Ok(_)) => {}
            None | Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => {
                return Some(None);
            }
            Some(Err(Error::Io(error))) if error.kind() != io::ErrorKind::FileTooLarge => return Some(None),
            Some(Err(_)) => return None,
        }
    }
    None
}
