//! One debugger's visit: attach, pause, read the stack, close the inspector behind us.

use crate::message::{Call, Message, read};
use crate::scripts::Scripts;
use crate::{Error, Frame, target};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message as Frames, protocol::WebSocketConfig};

/// Largest message. A stack as deep as Node allows by default (10 500 calls) has 11 MB.
const MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// Closes the inspector from inside, for good.
///
/// `_debugEnd` waits until its debuggers have left: its answer is the end of the connection. It is undocumented; Node
/// 20.16 and later have another way, too.
///
/// Once is not enough. On SIGUSR1 Node interrupts JavaScript *and* wakes the event loop (`RequestIoThreadStart` in
/// node/src/inspector_agent.cc), and a loop that was frozen hears of it when we are long gone: it opens the inspector
/// again (measured with Node 20 and 24). A tick comes before the loop turns, and the second of two immediates after it
/// has. What is open in that tick was opened for somebody else, and stays.
const CLOSE: &str = r#"(() => {
    const inspector = process.getBuiltinModule?.("inspector");
    const end = () => { try { process._debugEnd() } catch { inspector.close() } };
    process.nextTick(() => { if (!inspector?.url()) setImmediate(() => setImmediate(end)) });
    end();
})()"#;

/// How often, and how far apart, we look whether the port is closed. Its socket goes at the same moment as our
/// connection, but in no particular order.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Attached. When it is dropped the process goes on.
pub(crate) struct Session {
    port: u16,
    socket: WebSocketStream<TcpStream>,
    scripts: Scripts,
    last_id: u64,
}

impl Session {
    /// Becomes the debugger of the inspector on this loopback port.
    pub(crate) async fn attach(port: u16) -> Result<Self, Error> {
        let path = target::socket_path(port).await?;
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        let config = WebSocketConfig::default()
            .read_buffer_size(64 * 1024)
            .max_message_size(Some(MESSAGE_BYTES))
            .max_frame_size(Some(MESSAGE_BYTES));
        let url = format!("ws://127.0.0.1:{port}{path}");
        let attached = tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await;
        let (socket, _) = attached.map_err(refused)?;
        Ok(Self { port, socket, scripts: Scripts::default(), last_id: 0 })
    }

    /// Stops JavaScript and tells where it stood. On an error it may stand still until we disconnect.
    pub(crate) async fn pause(&mut self) -> Result<Vec<Frame>, Error> {
        // The scripts are listed before the pause takes effect: a frame names its file by number alone.
        self.send("Debugger.enable", json!({})).await?;
        self.send("Debugger.pause", json!({})).await?;
        loop {
            match self.next().await? {
                Message::Script { id, url } => self.scripts.insert(id, &url),
                Message::Paused(calls) => {
                    return Ok(calls.into_iter().map(|call| self.frame(call)).collect());
                }
                Message::Answer { .. } | Message::Other => {}
            }
        }
    }

    /// Closes the inspector and disconnects. `true`: nobody listens there any more.
    ///
    /// Not before the pause has taken effect: it would stop in the first line of this order and never carry it out.
    pub(crate) async fn close_inspector(mut self, deadline: Instant) -> bool {
        let left = timeout_at(deadline, async {
            let order = self.order_to_close().await?;
            loop {
                match self.next().await? {
                    // It means that it could not; otherwise the connection ends.
                    Message::Answer { id, .. } if id == order => break,
                    // The pause that we saw was another debugger's, and ours takes effect now.
                    Message::Paused(_) => drop(self.send("Debugger.resume", json!({})).await?),
                    _ => {}
                }
            }
            self.send("Debugger.resume", json!({})).await
        });
        if let Ok(Ok(_)) = left.await {
            tracing::debug!(port = self.port, "the inspector could not be closed");
        }
        let port = self.port;
        // The process waits for this in `_debugEnd`.
        drop(self);
        is_closed(port, deadline).await
    }

    /// Disconnects from a process that did not pause, with the order to close the inspector as soon as JavaScript runs.
    pub(crate) async fn leave(mut self, deadline: Instant) {
        // Disabled first, or the pause that is still to come would stop the order itself. Measured with a main thread
        // in native code: carried out 9 s after we had gone.
        let left = timeout_at(deadline, async {
            self.send("Debugger.disable", json!({})).await?;
            self.order_to_close().await
        });
        if !matches!(left.await, Ok(Ok(_))) {
            tracing::debug!(port = self.port, "the inspector could not be told to close");
        }
    }

    /// In the global scope, not that of a frame, where `process` may be anything.
    async fn order_to_close(&mut self) -> Result<u64, Error> {
        self.send("Runtime.evaluate", json!({ "expression": CLOSE, "silent": true })).await
    }

    /// Sends a command. Its answer carries the number returned.
    async fn send(&mut self, method: &str, params: Value) -> Result<u64, Error> {
        self.last_id += 1;
        let command = json!({ "id": self.last_id, "method": method, "params": params });
        self.socket.send(Frames::text(command.to_string())).await.map_err(refused)?;
        Ok(self.last_id)
    }

    async fn next(&mut self) -> Result<Message, Error> {
        // Whoever talks faster than we can listen must not keep everybody else on this thread from running.
        tokio::task::coop::consume_budget().await;
        // Node's inspector holds back each small message until the one before is acknowledged, which by default happens
        // 40 ms late. With this a visit takes 5 ms instead of 91 (measured). The kernel forgets it after a few packets.
        #[cfg(target_os = "linux")]
        let _ = self.socket.get_ref().set_quickack(true);
        match self.socket.next().await {
            Some(Ok(Frames::Text(text))) => Ok(read(&text)),
            Some(Ok(Frames::Close(_))) | None => {
                Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into())
            }
            Some(Ok(_)) => Ok(Message::Other),
            Some(Err(error)) => Err(refused(error)),
        }
    }

    fn frame(&self, call: Call) -> Frame {
        let url = call.script.map_or("", |script| self.scripts.url(script)).to_owned();
        Frame { function: call.function, url, line: call.line, column: call.column }
    }
}

/// Whether nobody listens on this loopback port. There is no event for it.
async fn is_closed(port: u16, deadline: Instant) -> bool {
    for _ in 0..LOOKS {
        match timeout_at(deadline, TcpStream::connect((Ipv4Addr::LOCALHOST, port))).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return error.kind() == std::io::ErrorKind::ConnectionRefused,
            Err(_) => return false,
        }
        if timeout_at(deadline, tokio::time::sleep(BETWEEN_LOOKS)).await.is_err() {
            return false;
        }
    }
    false
}

fn refused(error: tungstenite::Error) -> Error {
    match error {
        tungstenite::Error::Io(error) => Error::Io(error),
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => {
            Error::Io(std::io::ErrorKind::ConnectionReset.into())
        }
        tungstenite::Error::Capacity(_) => Error::NotAnInspector("its message is too long"),
        _ => Error::NotAnInspector("its WebSocket is none"),
    }
}
