//! IDEs for tests: as they should be, as they may become, and as somebody with bad intentions would make them.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::{
            derive_accept_key,
            server::{Request, Response},
        },
        http::HeaderValue,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// How an IDE answers.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// As the official extension does: takes the handshake, and closes a client without a token with this code.
    Closes(u16),
    /// Takes the handshake, and whoever comes.
    LetsIn,
    /// Sends these bytes when it has read the request. `$ACCEPT` in them stands for the key that belongs there. Then it
    /// hangs up, or (`stays`) does nothing more.
    Says { bytes: Vec<u8>, stays: bool },
    /// Sends this for ever, as fast as it is read.
    Streams(&'static [u8]),
    /// Sends this, one byte in each packet.
    Drips(&'static [u8]),
    /// Takes the connection, reads the request and does not answer.
    Ignores,
    /// Takes the connection and drops it.
    HangsUp,
    /// Does not even take the connection: what a frozen host does.
    Frozen,
}

/// An IDE on a port of its own. Gone when dropped.
pub(crate) struct FakeIde {
    pub(crate) port: u16,
    manner: watch::Sender<Manner>,
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<String>>,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

impl Drop for FakeIde {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FakeIde {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (manner, mut current) = watch::channel(manner);
        let seen = Arc::<Seen>::default();
        let task = tokio::spawn({
            let seen = Arc::clone(&seen);
            async move {
                loop {
                    // Until it thaws.
                    if current.wait_for(|manner| !matches!(manner, Manner::Frozen)).await.is_err() {
                        return;
                    }
                    let (stream, _) = tokio::select! {
                        accepted = listener.accept() => accepted.expect("a connection"),
                        _ = current.changed() => continue,
                    };
                    let manner = current.borrow().clone();
                    let seen = Arc::clone(&seen);
                    tokio::spawn(async move {
                        let open = seen.open.fetch_add(1, Ordering::SeqCst) + 1;
                        seen.most_open.fetch_max(open, Ordering::SeqCst);
                        serve(stream, manner, &seen).await;
                        seen.open.fetch_sub(1, Ordering::SeqCst);
                    });
                }
            }
        });
        Self { port, manner, seen, task }
    }

    /// From now on it answers like this.
    pub(crate) fn becomes(&self, manner: Manner) {
        self.manner.send_replace(manner);
    }

    /// The handshakes that came, as text.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().expect("no panic").clone()
    }

    /// Most connections that were open at the same time.
    pub(crate) fn most_open(&self) -> usize {
        self.seen.most_open.load(Ordering::SeqCst)
    }
}

#[expect(clippy::result_large_err, reason = "the library's own signature")]
async fn serve(mut stream: TcpStream, manner: Manner, seen: &Seen) {
    stream.set_nodelay(true).expect("an option");
    // The client may be gone at any point; that is its right, so results are not looked at.
    match manner {
        Manner::Frozen => std::future::pending().await,
        Manner::HangsUp => {}
        Manner::Closes(_) | Manner::LetsIn => {
            let mut request = String::new();
            let Ok(mut socket) = accept_hdr_async(stream, |from: &Request, mut to: Response| {
                request = format!("{from:?}");
                to.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("mcp"));
                Ok(to)
            })
            .await
            else {
                return;
            };
            seen.requests.lock().expect("no panic").push(request);
            if let Manner::Closes(code) = manner {
                let frame = CloseFrame { code: CloseCode::from(code), reason: "Unauthorized".into() };
                let _ = socket.send(Message::Close(Some(frame))).await;
            }
            while let Some(Ok(_)) = socket.next().await {}
        }
        Manner::Ignores => {
            let _ = read_request(&mut stream, seen).await;
            let _ = stream.read(&mut [0; 16]).await;
        }
        Manner::Says { bytes, stays } => {
            let accept = read_request(&mut stream, seen).await;
            let _ = stream.write_all(&with_key(&bytes, &accept)).await;
            if stays {
                let _ = stream.read(&mut [0; 16]).await;
            }
        }
        Manner::Streams(bytes) => {
            let _ = read_request(&mut stream, seen).await;
            while stream.write_all(bytes).await.is_ok() {}
        }
        Manner::Drips(bytes) => {
            let accept = read_request(&mut stream, seen).await;
            for byte in with_key(bytes, &accept) {
                if stream.write_all(&[byte]).await.is_err() {
                    return;
                }
                // Otherwise the kernel would put the bytes together again.
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        }
    }
}

/// Reads the handshake; the key with which it has to be answered.
async fn read_request(stream: &mut TcpStream, seen: &Seen) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return String::new() };
        request.push(byte);
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let key = request
        .lines()
        .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "))
        .map(|key| derive_accept_key(key.as_bytes()))
        .unwrap_or_default();
    seen.requests.lock().expect("no panic").push(request);
    key
}

fn with_key(bytes: &[u8], key: &str) -> Vec<u8> {
    const PLACE: &[u8] = b"$ACCEPT";
    match bytes.windows(PLACE.len()).position(|window| window == PLACE) {
        Some(at) => [&bytes[..at], key.as_bytes(), &bytes[at + PLACE.len()..]].concat(),
        None => bytes.to_vec(),
    }
}
