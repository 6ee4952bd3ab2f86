//! The gate in front of tower-lsp's codec: what is no LSP frame, or too large a one, never reaches it.
//!
//! The codec buffers whatever `Content-Length` announces, skips garbage in search of a header, and reads lengths such
//! as `+5`. Here every header block is read first, strictly, so that both have the same idea of where a frame ends.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use lifeline_protocol::MAX_FRAME_BYTES;
use tokio::{
    io::{AsyncRead, ReadBuf},
    sync::oneshot,
};

/// Largest header block, in bytes. Real ones have about 25, with a content type 85.
pub(crate) const MAX_HEADER_BYTES: usize = 4096;

/// The codec's room for headers: one line for each of the two that LSP knows.
const MAX_HEADER_LINES: usize = 2;

const CONTENT_LENGTH: &[u8] = b"Content-Length:";
const CONTENT_TYPE: &[u8] = b"Content-Type:";

/// Why a stream is no sequence of LSP frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Violation {
    /// The header block goes on for more than [`MAX_HEADER_BYTES`].
    HeaderTooLong,
    /// Not a `Content-Length` or `Content-Type` line that ends in CR LF.
    Garbage,
    /// The header block ended without a `Content-Length`.
    NoLength,
    /// The length is no plain decimal number of at least 1.
    BadLength,
    /// Two different lengths for one frame.
    TwoLengths,
    /// The length is over [`MAX_FRAME_BYTES`].
    Oversize,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeaderTooLong => write!(f, "a header block of more than {MAX_HEADER_BYTES} bytes"),
            Self::Garbage => f.write_str("bytes that are no LSP header"),
            Self::NoLength => f.write_str("a header block without a Content-Length"),
            Self::BadLength => f.write_str("a Content-Length that is no positive number"),
            Self::TwoLengths => f.write_str("two different Content-Lengths for one frame"),
            Self::Oversize => write!(f, "a frame of more than {MAX_FRAME_BYTES} bytes"),
        }
    }
}

impl std::error::Error for Violation {}

/// Follows a stream through headers and bodies. Holds one header line at most, never a body.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    /// The line under way.
    line: Vec<u8>,
    /// Bytes of the header block so far; 0 between frames.
    header_bytes: usize,
    header_lines: usize,
    length: Option<usize>,
    /// Bytes of the body still to come.
    body: usize,
}

impl Scanner {
    /// Looks at the next bytes of the stream.
    ///
    /// # Errors
    /// The first violation, and how many of these bytes belong to frames before it and may still be used.
    pub(crate) fn accept(&mut self, bytes: &[u8]) -> Result<(), (usize, Violation)> {
        let mut at = 0;
        let mut frame_start = 0;
        while at < bytes.len() {
            if self.body > 0 {
                let step = self.body.min(bytes.len() - at);
                self.body -= step;
                at += step;
                frame_start = at;
            } else {
                self.header_byte(bytes[at]).map_err(|violation| (frame_start, violation))?;
                at += 1;
            }
        }
        Ok(())
    }

    fn header_byte(&mut self, byte: u8) -> Result<(), Violation> {
        self.header_bytes += 1;
        if self.header_bytes > MAX_HEADER_BYTES {
            return Err(Violation::HeaderTooLong);
        }
        let after_return = self.line.last() == Some(&b'\r');
        match byte {
            b'\n' if after_return => {
                self.line.pop();
                self.header_line()
            }
            _ if after_return => Err(Violation::Garbage),
            b'\r' | b'\t' | b' '..=b'~' => {
                self.line.push(byte);
                // Judged at once: garbage need not be waited for until its line ends.
                if byte == b'\r' || may_begin(&self.line) { Ok(()) } else { Err(Violation::Garbage) }
            }
            _ => Err(Violation::Garbage),
        }
    }

    fn header_line(&mut self) -> Result<(), Violation> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            self.header_bytes = 0;
            self.header_lines = 0;
            self.body = self.length.take().ok_or(Violation::NoLength)?;
            return Ok(());
        }
        self.header_lines += 1;
        if self.header_lines > MAX_HEADER_LINES {
            return Err(Violation::Garbage);
        }
        if let Some(value) = line.strip_prefix(CONTENT_LENGTH) {
            let length = length_of(value)?;
            if self.length.is_some_and(|earlier| earlier != length) {
                return Err(Violation::TwoLengths);
            }
            self.length = Some(length);
            Ok(())
        } else if line.starts_with(CONTENT_TYPE) {
            Ok(())
        } else {
            Err(Violation::Garbage)
        }
    }
}

/// Whether a header line of ours can start like this.
fn may_begin(line: &[u8]) -> bool {
    [CONTENT_LENGTH, CONTENT_TYPE].into_iter().any(|name| {
        let common = line.len().min(name.len());
        line[..common] == name[..common]
    })
}

fn length_of(value: &[u8]) -> Result<usize, Violation> {
    let digits = value.trim_ascii_start();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Violation::BadLength);
    }
    let length = digits
        .iter()
        .try_fold(0_usize, |sum, digit| sum.checked_mul(10)?.checked_add(usize::from(digit - b'0')));
    match length {
        Some(0) => Err(Violation::BadLength),
        Some(length) if length <= MAX_FRAME_BYTES => Ok(length),
        _ => Err(Violation::Oversize),
    }
}

/// Passes a stream on byte for byte for as long as it consists of LSP frames.
///
/// Reading fails at the first [`Violation`], after the good frames before it have been delivered. It can also be ended
/// from our side, with the same effect as if the peer had closed: that lets tower-lsp write out its answers.
#[derive(Debug)]
pub(crate) struct FrameGuard<R> {
    inner: R,
    scanner: Scanner,
    violation: Option<Violation>,
    stop: oneshot::Receiver<()>,
    stopped: bool,
    ended: Option<oneshot::Sender<()>>,
}

/// The other side of a [`FrameGuard`].
#[derive(Debug)]
pub(crate) struct GuardControl {
    /// Ends the stream when sent to (or dropped).
    pub(crate) stop: oneshot::Sender<()>,
    /// Resolves when the stream has ended, for whatever reason.
    pub(crate) ended: oneshot::Receiver<()>,
}

impl<R> FrameGuard<R> {
    /// Guards `inner`.
    pub(crate) fn new(inner: R) -> (Self, GuardControl) {
        let (stop, stop_receiver) = oneshot::channel();
        let (ended_sender, ended) = oneshot::channel();
        let guard = Self {
            inner,
            scanner: Scanner::default(),
            violation: None,
            stop: stop_receiver,
            stopped: false,
            ended: Some(ended_sender),
        };
        (guard, GuardControl { stop, ended })
    }

    fn end(&mut self) {
        if let Some(ended) = self.ended.take() {
            // Nobody listens any more when the connection is being dropped.
            let _ = ended.send(());
        }
    }

    fn refuse(&mut self, violation: Violation) -> io::Error {
        tracing::warn!(%violation, "closing a connection");
        self.end();
        io::Error::new(io::ErrorKind::InvalidData, violation)
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for FrameGuard<R> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(violation) = this.violation {
            return Poll::Ready(Err(this.refuse(violation)));
        }
        if this.stopped || Pin::new(&mut this.stop).poll(cx).is_ready() {
            this.stopped = true;
            this.end();
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        if let Err(error) = ready!(Pin::new(&mut this.inner).poll_read(cx, buf)) {
            this.end();
            return Poll::Ready(Err(error));
        }
        let fresh = &buf.filled()[before..];
        if fresh.is_empty() && buf.remaining() > 0 {
            this.end();
        }
        match this.scanner.accept(&buf.filled()[before..]) {
            Ok(()) => Poll::Ready(Ok(())),
            Err((good, violation)) => {
                buf.set_filled(before + good);
                this.violation = Some(violation);
                // Without any good byte this would read as the end of the stream.
                Poll::Ready(if good == 0 { Err(this.refuse(violation)) } else { Ok(()) })
            }
        }
    }
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
