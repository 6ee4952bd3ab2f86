//! A tunnel that stands: bytes both ways as they come, until one side ends it, or nothing passes any more.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, sleep},
};

use crate::{
    record::{End, Side},
    socket::Wire,
};

/// Read at once.
const BUFFER_BYTES: usize = 32 * 1024;

thread_local! {
    /// One for all tunnels of a thread, since each passes on what it reads in the same turn: a lane has memory of its own only while its sink does not
    /// take all. A buffer for each way of 64 streams would be 4 MB.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; BUFFER_BYTES]);
}

/// While an upload goes on, silence is looked at again after this.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// What came of a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) bytes_up: u64,
    pub(crate) bytes_down: u64,
    pub(crate) first_byte: Option<Duration>,
    pub(crate) longest_silence: Duration,
    pub(crate) end: End,
}

/// Bytes that came before the tunnel stood.
#[derive(Debug, Default)]
pub(crate) struct Early {
    pub(crate) up: Vec<u8>,
    pub(crate) down: Vec<u8>,
}

/// Passes on until the end, or until `stop`. `stall_after`: silence that is ended; `None` where it is nobody's business.
/// When it returns, dropping both ends closes them as the record says.
pub(crate) async fn pump<C: Wire, S: Wire>(
    client: &mut C,
    server: &mut S,
    early: Early,
    stall_after: Option<Duration>,
    stop: impl Future<Output = ()>,
) -> Passed {
    let mut stop = std::pin::pin!(stop);
    let mut tunnel =
        Tunnel { up: Lane::new(early.up), down: Lane::new(early.down), first_end: None, server_fault: None };
    let mut watch = Watch::default();
    // Looked at when it is due, and not set anew with every byte.
    let mut alarm = std::pin::pin!(sleep(stall_after.unwrap_or_default()));
    let end = loop {
        let before = (tunnel.up.written, tunnel.down.read);
        let ended = tokio::select! {
            // A stream that never pauses must not keep the others from their turn.
            biased;
            () = &mut stop => Some(End::Shutdown),
            () = &mut alarm, if stall_after.is_some() => {
                let after = stall_after.unwrap_or_default();
                match watch.verdict(Instant::now(), after, &tunnel, server.is_uploading()) {
                    Verdict::Look(at) => {
                        alarm.as_mut().reset(at);
                        None
                    }
                    Verdict::End(end) => Some(end),
                }
            }
            ended = poll_fn(|cx| tunnel.poll(cx, client, server)) => ended,
        };
        watch.note(Instant::now(), tunnel.up.written > before.0, tunnel.down.read > before.1);
        // Who says only that he has nothing to say waits for the other's end.
        if tunnel.first_end.is_some() {
            watch.last.get_or_insert_with(Instant::now);
        }
        if let Some(end) = ended {
            break end;
        }
    };
    let silent_end = matches!(end, End::Stalled | End::Silent | End::Lost { by: Side::Server });
    watch.finish(Instant::now(), silent_end);
    if !matches!(end, End::Closed { .. }) {
        client.reset_on_close();
        server.reset_on_close();
    }
    Passed {
        bytes_up: tunnel.up.written,
        bytes_down: tunnel.down.written,
        first_byte: watch.first_byte,
        longest_silence: watch.longest_silence,
        end,
    }
}

struct Tunnel {
    up: Lane,
    down: Lane,
    first_end: Option<Side>,
    /// It takes nothing any more; what it had sent before is still passed on.
    server_fault: Option<End>,
}

impl Tunnel {
    /// Ready when something has moved, or with the end.
    fn poll<C: Wire, S: Wire>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        server: &mut S,
    ) -> Poll<Option<End>> {
        let moved = (self.up.written, self.down.read, self.down.written);
        if self.server_fault.is_none() {
            match self.up.poll(cx, client, server, true) {
                Ok(()) => {}
                Err(Broken::Source(error)) => return Poll::Ready(Some(End::of(&error, Side::Client))),
                Err(Broken::Sink(error)) => self.server_fault = Some(End::of(&error, Side::Server)),
            }
        }
        match self.down.poll(cx, server, client, self.server_fault.is_none()) {
            Ok(()) => {}
            Err(Broken::Source(error)) => {
                return Poll::Ready(Some(self.server_fault.unwrap_or_else(|| End::of(&error, Side::Server))));
            }
            Err(Broken::Sink(error)) => return Poll::Ready(Some(End::of(&error, Side::Client))),
        }
        if self.first_end.is_none() {
            self.first_end = match (self.up.flow, self.down.flow) {
                (Flow::Open, Flow::Open) => None,
                (_, Flow::Open) => Some(Side::Client),
                _ => Some(Side::Server),
            };
        }
        match (self.server_fault, self.down.flow, self.up.flow) {
            (Some(fault), Flow::Ending | Flow::Done, _) if !self.down.is_full() => Poll::Ready(Some(fault)),
            (None, Flow::Done, Flow::Done) => {
                Poll::Ready(Some(End::Closed { by: self.first_end.unwrap_or(Side::Server) }))
            }
            _ if moved != (self.up.written, self.down.read, self.down.written) => Poll::Ready(None),
            _ => Poll::Pending,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Open,
    /// The source has ended; what is left goes out.
    Ending,
    /// And so has been told the sink.
    Done,
}

/// One way.
struct Lane {
    /// Read and not yet written, from `start` on.
    held: Vec<u8>,
    start: usize,
    flow: Flow,
    read: u64,
    written: u64,
}

enum Broken {
    Source(io::Error),
    Sink(io::Error),
}

impl Lane {
    fn new(early: Vec<u8>) -> Self {
        let read = early.len() as u64;
        Self { held: early, start: 0, flow: Flow::Open, read, written: 0 }
    }

    const fn is_full(&self) -> bool {
        self.start < self.held.len()
    }

    /// Moves what can be moved. With `pass_end`, the end of the source is the sink's, too.
    fn poll<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut R,
        sink: &mut W,
        pass_end: bool,
    ) -> Result<(), Broken>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        loop {
            if self.is_full() {
                let taken = give(cx, sink, &self.held[self.start..], &mut self.written)?;
                self.start += taken;
                if self.is_full() {
                    return Ok(());
                }
                (self.held, self.start) = (Vec::new(), 0);
            }
            match self.flow {
                Flow::Done => return Ok(()),
                Flow::Ending if !pass_end => return Ok(()),
                Flow::Ending => match Pin::new(&mut *sink).poll_shutdown(cx) {
                    Poll::Pending => return Ok(()),
                    Poll::Ready(Ok(())) => self.flow = Flow::Done,
                    // It has gone in this moment, which its other way tells.
                    Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::NotConnected => {
                        self.flow = Flow::Done;
                    }
                    Poll::Ready(Err(error)) => return Err(Broken::Sink(error)),
                },
                Flow::Open => {
                    let has_read = BUFFER.with_borrow_mut(|buffer| {
                        let mut free = ReadBuf::new(buffer);
                        match Pin::new(&mut *source).poll_read(cx, &mut free) {
                            Poll::Pending => return Ok(false),
                            Poll::Ready(Err(error)) => return Err(Broken::Source(error)),
                            Poll::Ready(Ok(())) => {}
                        }
                        let bytes = free.filled();
                        self.read += bytes.len() as u64;
                        if bytes.is_empty() {
                            self.flow = Flow::Ending;
                        }
                        let taken = give(cx, sink, bytes, &mut self.written)?;
                        self.held = bytes[taken..].to_vec();
                        Ok(true)
                    })?;
                    if !has_read || self.is_full() {
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// Writes as much as is taken now, and counts it. How much that was.
fn give<W: AsyncWrite + Unpin>(
    cx: &mut Context<'_>,
    sink: &mut W,
    bytes: &[u8],
    written: &mut u64,
) -> Result<usize, Broken> {
    let mut given = 0;
    while given < bytes.len() {
        match Pin::new(&mut *sink).poll_write(cx, &bytes[given..]) {
            Poll::Pending => break,
            Poll::Ready(Ok(0)) => return Err(Broken::Sink(io::ErrorKind::BrokenPipe.into())),
            Poll::Ready(Ok(taken)) => {
                given += taken;
                *written += taken as u64;
            }
            Poll::Ready(Err(error)) => return Err(Broken::Sink(error)),
        }
    }
    Ok(given)
}

/// When something passed last.
#[derive(Debug, Default)]
struct Watch {
    first_up: Option<Instant>,
    first_byte: Option<Duration>,
    /// Something went up or came down.
    last: Option<Instant>,
    /// Nothing has come down since something went up.
    is_waiting: bool,
    longest_silence: Duration,
}

enum Verdict {
    Look(Instant),
    End(End),
}

impl Watch {
    fn note(&mut self, now: Instant, went_up: bool, came_down: bool) {
        if came_down {
            self.first_byte = self.first_byte.or_else(|| Some(now - self.first_up?));
            self.finish(now, true);
            self.is_waiting = false;
        }
        if went_up {
            self.first_up.get_or_insert(now);
            self.is_waiting = true;
        }
        if went_up || came_down {
            self.last = Some(now);
        }
    }

    /// A silence ends.
    fn finish(&mut self, now: Instant, counts: bool) {
        if let Some(last) = self.last.filter(|_| counts || self.is_waiting) {
            self.longest_silence = self.longest_silence.max(now - last);
        }
    }

    /// Ciphertext does not tell an answer that has stopped from one that is complete. An idle connection is reset as well: its client makes
    /// another when it needs one, as it does when a server closes an idle one.
    fn verdict(&self, now: Instant, after: Duration, tunnel: &Tunnel, is_uploading: bool) -> Verdict {
        let Some(last) = self.last else { return Verdict::Look(now + after) };
        if last + after > now {
            return Verdict::Look(last + after);
        }
        // It is the client who does not read, or the server has said all.
        if tunnel.down.is_full() || tunnel.down.flow != Flow::Open {
            return Verdict::Look(now + after);
        }
        match (self.is_waiting, is_uploading) {
            (true, true) => Verdict::Look(now + LOOK_AGAIN_AFTER.min(after)),
            (true, false) => Verdict::End(End::Stalled),
            (false, _) => Verdict::End(End::Silent),
        }
    }
}
