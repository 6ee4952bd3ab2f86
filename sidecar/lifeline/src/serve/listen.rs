//! The accept loop, and each connection's life from its first byte to `Disconnected`.

use std::{io, pin::pin, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    task::JoinSet,
    time::{sleep, timeout},
};
use tower_lsp::Server;

use super::{
    endpoint::Listener,
    frame::FrameGuard,
    session::{Session, Standing},
};
use crate::input::{ConnectionId, Input};

/// Room in the control loop's queue. 256 connections at three messages a second fill it in more than a second.
pub(crate) const QUEUE: usize = 1024;

/// Connections at a time. A window has two.
pub(crate) const CONNECTIONS: usize = 256;

/// A connection that has not been accepted by then is closed.
const GREETING_WITHIN: Duration =
    if cfg!(test) { Duration::from_millis(300) } else { Duration::from_secs(10) };

/// How long the last answers of a connection may take to be written once it has ended.
const FLUSH_WITHIN: Duration = Duration::from_millis(500);

/// Requests of one connection that may wait for the control loop at a time; tower-lsp's own default of 4 would let
/// four slow requests hold back the beats behind them.
const REQUESTS_AT_ONCE: usize = 64;

/// First and longest pause after a failed accept: out of file descriptors is no reason to spin, or to end.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Serves everyone who connects, until the control loop's end of the queue is closed. Then the socket and the lock are
/// given up first, and after that each connection is closed, its last answers written.
pub(crate) async fn listen(mut listener: Listener, to_loop: mpsc::Sender<Input>) {
    let mut connections = JoinSet::new();
    let mut number = 0;
    let mut pause = PAUSES.0;
    loop {
        let accepted = tokio::select! {
            biased;
            () = to_loop.closed() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((_, peer)) if !peer.is_ours() => {
                tracing::warn!(uid = ?peer.uid, pid = ?peer.pid, "closed a connection of another user");
            }
            Ok(_) if connections.len() >= CONNECTIONS => {
                tracing::warn!(limit = CONNECTIONS, "closed a connection: there are too many");
            }
            Ok((stream, peer)) => {
                number += 1;
                connections.spawn(connection(stream, ConnectionId(number), peer.pid, to_loop.clone()));
                pause = PAUSES.0;
            }
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => {
                tracing::warn!(%error, ?pause, "no connection can be accepted");
                tokio::select! {
                    () = to_loop.closed() => break,
                    () = sleep(pause) => {}
                }
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// The peer went away before it was looked at.
fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, Interrupted, NotConnected};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | Interrupted | NotConnected)
}

/// One connection, to its very end.
pub(crate) async fn connection<S>(
    stream: S,
    number: ConnectionId,
    peer_pid: Option<u32>,
    to_loop: mpsc::Sender<Input>,
) where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let standing = Arc::new(Standing::default());
    // A task of its own: a panic in a handler ends that task, and this one still says goodbye.
    let talk = tokio::spawn(converse(stream, number, peer_pid, to_loop.clone(), standing.clone()));
    if let Err(error) = talk.await {
        tracing::error!(connection = number.0, %error, "a connection's task failed");
    }
    if standing.is_introduced() {
        // Waits for room: this is said once and must not be lost. It fails when nobody is left to hear it.
        let _ = to_loop.send(Input::Disconnected(number)).await;
    }
    tracing::debug!(connection = number.0, dropped = standing.dropped(), "a connection ended");
}

async fn converse<S>(
    stream: S,
    number: ConnectionId,
    peer_pid: Option<u32>,
    to_loop: mpsc::Sender<Input>,
    standing: Arc<Standing>,
) where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (read, write) = tokio::io::split(stream);
    let (guard, control) = FrameGuard::new(read);
    let (service, socket) = Session::service(number, peer_pid, to_loop.clone(), standing.clone());
    let mut talk = pin!(Server::new(guard, write, socket).concurrency_level(REQUESTS_AT_ONCE).serve(service));
    let mut ended = pin!(control.ended);

    let mut accepted = false;
    let mut greeting = pin!(timeout(GREETING_WITHIN, standing.settled()));
    loop {
        tokio::select! {
            () = &mut talk => return,
            _ = &mut ended => break,
            () = to_loop.closed() => break,
            settled = &mut greeting, if !accepted => match settled {
                Ok(true) => accepted = true,
                Ok(false) => break,
                Err(_) => {
                    tracing::info!(connection = number.0, "closed a connection that did not introduce itself");
                    break;
                }
            },
        }
    }
    // To tower-lsp this is the peer's goodbye: it writes what has been answered and returns.
    let _ = control.stop.send(());
    if timeout(FLUSH_WITHIN, talk).await.is_err() {
        tracing::debug!(
            connection = number.0,
            "a connection was cut: its peer reads nothing, or waits for an answer"
        );
    }
}

#[cfg(all(test, unix))]
#[path = "listen_tests.rs"]
mod tests;
