//! A connection as HTTP sees it: what was read of it before comes first, and how it ended is remembered.

use std::{
    cell::RefCell,
    io,
    net::Shutdown,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, Weak},
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::body::{Buf as _, Bytes};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};

use crate::{
    record::{End, Side, TcpFacts},
    socket::Wire as _,
};

/// A record of TLS is as long (RFC 8446, section 5.2).
const AHEAD_BYTES: usize = 5 + 256 + 16 * 1024;

/// But rustls asks for it in pieces of this size, each of which would be a call of the system.
const PIECE_BYTES: usize = 4096;

thread_local! {
    /// Read into when less is asked for. One for all lines of a thread, which have memory of their own only for what is left over.
    static AHEAD: RefCell<Vec<u8>> = RefCell::new(vec![0; AHEAD_BYTES]);
}

/// The connection itself.
#[derive(Debug)]
pub(super) struct Line {
    stream: Arc<TcpStream>,
    early: Bytes,
    side: Side,
    known: Arc<Mutex<Known>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    end: Option<End>,
    facts: Option<TcpFacts>,
}

/// What is known of a connection that somebody else holds, and may have closed.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    stream: Weak<TcpStream>,
    known: Arc<Mutex<Known>>,
}

impl Line {
    /// `side`: who is at its other end. `early`: what was read of it already.
    pub(super) fn new(stream: TcpStream, early: Vec<u8>, side: Side) -> (Self, Seen) {
        let stream = Arc::new(stream);
        let known = Arc::default();
        let seen = Seen { stream: Arc::downgrade(&stream), known: Arc::clone(&known) };
        (Self { stream, early: early.into(), side, known }, seen)
    }

    /// The first end is the one that counts.
    fn note(&self, end: End) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.end.is_none() {
            *known = Known { end: Some(end), facts: self.stream.facts() };
        }
    }

    fn broken(&self, error: &io::Error) {
        self.note(End::of(error, self.side));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let facts = self.stream.facts();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.facts = known.facts.or(facts);
    }
}

impl Seen {
    /// How it ended, if it did, and not by us.
    pub(super) fn end(&self) -> Option<End> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).end
    }

    /// What the kernel knows, or knew in the end.
    pub(super) fn facts(&self) -> Option<TcpFacts> {
        let stream = self.stream.upgrade();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).facts;
        known.or_else(|| stream?.facts())
    }

    /// Bytes that were written are still on their way out, and arrive.
    pub(super) fn is_uploading(&self) -> bool {
        self.stream.upgrade().is_some_and(|stream| stream.is_uploading())
    }

    /// Since the last acknowledgement came in.
    pub(super) fn unheard_for(&self) -> Option<Duration> {
        self.stream.upgrade()?.unheard_for()
    }

    /// From now on it closes by a RST.
    pub(super) fn reset_on_close(&self) {
        if let Some(stream) = self.stream.upgrade() {
            stream.reset_on_close();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.early.is_empty() {
            self.give_early(buffer);
            return Poll::Ready(Ok(()));
        }
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        if buffer.remaining() > PIECE_BYTES {
            return self.poll_read_into(cx, buffer);
        }
        AHEAD.with_borrow_mut(|ahead| {
            let mut ahead = ReadBuf::new(ahead);
            ready!(self.poll_read_into(cx, &mut ahead))?;
            let (now, later) = ahead.filled().split_at(ahead.filled().len().min(buffer.remaining()));
            buffer.put_slice(now);
            self.early = Bytes::copy_from_slice(later);
            Poll::Ready(Ok(()))
        })
    }
}

impl Line {
    fn give_early(&mut self, buffer: &mut ReadBuf<'_>) {
        let length = self.early.len().min(buffer.remaining());
        buffer.put_slice(&self.early[..length]);
        self.early.advance(length);
        if self.early.is_empty() {
            // Its memory goes with the last byte.
            self.early = Bytes::new();
        }
    }

    /// As tokio's own stream reads: what filled less than there was room for was all there is, and the next look need not ask the system.
    fn poll_read_into(&self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let room = buffer.remaining();
        loop {
            let mut read = Err(io::ErrorKind::WouldBlock.into());
            if let Err(error) = ready!(self.stream.poll_read_ready(cx)) {
                read = Err(error);
            } else {
                let look = || {
                    read = self.stream.try_read_buf(buffer);
                    let is_all = read.as_ref().is_ok_and(|read| (1..room).contains(read));
                    if is_all && cfg!(target_os = "linux") {
                        return Err(io::ErrorKind::WouldBlock.into());
                    }
                    Ok(())
                };
                let _ = self.stream.try_io(Interest::READABLE, look);
            }
            match read {
                Ok(0) => self.note(End::Closed { by: self.side }),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => {
                    self.broken(&error);
                    return Poll::Ready(Err(error));
                }
            }
            return Poll::Ready(Ok(()));
        }
    }
}

impl Line {
    fn poll_try_write(
        &self,
        cx: &mut Context<'_>,
        attempt: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            let wrote = match ready!(self.stream.poll_write_ready(cx)) {
                Ok(()) => attempt(&self.stream),
                Err(error) => Err(error),
            };
            match wrote {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    self.broken(&error);
                    return Poll::Ready(Err(error));
                }
                Ok(length) => return Poll::Ready(Ok(length)),
            }
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_try_write(cx, |stream| stream.try_write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_try_write(cx, |stream| stream.try_write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match SockRef::from(&*self.stream).shutdown(Shutdown::Write) {
            // The other side has gone already.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Poll::Ready(Ok(())),
            done => Poll::Ready(done),
        }
    }
}
