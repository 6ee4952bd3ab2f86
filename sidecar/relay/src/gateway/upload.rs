//! The body of a request on its way up: passed on as it comes, and kept only so that it can be sent once more.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use memchr::memmem;
use tokio::time::Instant;

/// Most of a body that is kept. The API takes 32 MB (its documentation, "Request size limits"); more than this is sent once.
pub(super) const KEPT_BYTES: usize = 32 * 1024 * 1024;

/// Bytes at the beginning and the end of a body that are looked through for what it asks.
const LOOKED_AT_BYTES: usize = 512;

/// What the client sends.
pub(super) struct Upload {
    source: Mutex<Source>,
}

struct Source {
    incoming: Incoming,
    kept: Vec<Bytes>,
    is_kept: bool,
    /// Came from the client.
    bytes: u64,
    /// Went up, each time.
    sent: u64,
    is_done: bool,
    /// The client broke it off: what came of it is no request, and must never look like one.
    is_cut: bool,
    /// Counts the attempts: only the last one may go on reading.
    attempt: u64,
    /// The attempt has taken all.
    is_taken: bool,
    waits_for_client: bool,
    moved: Instant,
    first: Vec<u8>,
    last: Vec<u8>,
}

/// How it goes with the upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// It was taken to its end by the present connection.
    pub(super) is_taken: bool,
    /// It is the client who says no more.
    pub(super) waits_for_client: bool,
    /// When something moved last.
    pub(super) moved: Instant,
}

impl Upload {
    pub(super) fn new(incoming: Incoming) -> Arc<Self> {
        let is_done = incoming.is_end_stream();
        let source = Source {
            incoming,
            kept: Vec::new(),
            is_kept: true,
            bytes: 0,
            sent: 0,
            is_done,
            is_cut: false,
            attempt: 0,
            is_taken: false,
            waits_for_client: false,
            moved: Instant::now(),
            first: Vec::new(),
            last: Vec::new(),
        };
        Arc::new(Self { source: Mutex::new(source) })
    }

    fn source(&self) -> MutexGuard<'_, Source> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the next attempt, from the beginning; what the one before still wants is refused. `None`: its beginning was not kept, or its end never came.
    pub(super) fn again(self: &Arc<Self>) -> Option<Attempt> {
        let mut source = self.source();
        if !source.is_kept || source.is_cut {
            return None;
        }
        source.attempt += 1;
        source.moved = Instant::now();
        source.waits_for_client = false;
        source.is_taken = false;
        if source.is_done && source.kept.is_empty() {
            source.is_taken = true;
        }
        let attempt = source.attempt;
        drop(source);
        Some(Attempt { upload: Arc::clone(self), attempt, next: 0 })
    }

    /// The client has sent all of it.
    pub(super) fn is_complete(&self) -> bool {
        self.source().is_done
    }

    /// The client broke it off.
    pub(super) fn is_cut(&self) -> bool {
        self.source().is_cut
    }

    /// Its beginning is still there.
    pub(super) fn is_kept(&self) -> bool {
        self.source().is_kept
    }

    pub(super) fn progress(&self) -> Progress {
        let source = self.source();
        Progress { is_taken: source.is_taken, waits_for_client: source.waits_for_client, moved: source.moved }
    }

    /// Bytes that came from the client, and that went up, in all attempts.
    pub(super) fn bytes(&self) -> (u64, u64) {
        let source = self.source();
        (source.bytes, source.sent)
    }

    /// Whether it asks for a stream of events: `accept` does not tell (Claude Code asks for JSON either way), so the key is looked for at the body's two
    /// ends, where clients put it. In a text of JSON its quotes would have a backslash before them; deep inside it is not looked for.
    pub(super) fn asks_for_stream(&self) -> bool {
        let source = self.source();
        asks_for_stream(&source.first) || asks_for_stream(&source.last)
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").finish_non_exhaustive()
    }
}

fn asks_for_stream(bytes: &[u8]) -> bool {
    let blank = |byte: &&u8| byte.is_ascii_whitespace();
    memmem::find_iter(bytes, b"\"stream\"").any(|at| {
        let mut rest = bytes[at + 8..].iter().skip_while(blank);
        rest.next() == Some(&b':') && rest.skip_while(blank).take(4).eq(b"true")
    })
}

impl Source {
    fn keep(&mut self, chunk: &Bytes) {
        self.bytes += chunk.len() as u64;
        let room = LOOKED_AT_BYTES - self.first.len();
        self.first.extend_from_slice(&chunk[..chunk.len().min(room)]);
        self.last.extend_from_slice(&chunk[chunk.len().saturating_sub(LOOKED_AT_BYTES)..]);
        let excess = self.last.len().saturating_sub(LOOKED_AT_BYTES);
        self.last.drain(..excess);
        if self.is_kept && self.bytes > KEPT_BYTES as u64 {
            self.is_kept = false;
            self.kept = Vec::new();
        }
        if self.is_kept {
            self.kept.push(chunk.clone());
        }
    }
}

/// One attempt's view of it.
#[derive(Debug)]
pub(super) struct Attempt {
    upload: Arc<Upload>,
    attempt: u64,
    next: usize,
}

/// Why a body ends before its end.
#[derive(Debug)]
pub(super) enum Cut {
    /// Another attempt has begun, or nobody asks any more.
    Superseded,
    /// The client's connection broke.
    Client(hyper::Error),
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Superseded => f.write_str("another attempt has begun"),
            Self::Client(error) => write!(f, "the client's request broke off: {error}"),
        }
    }
}

impl std::error::Error for Cut {}

impl Body for Attempt {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let this = self.get_mut();
        let mut guard = this.upload.source();
        let source = &mut *guard;
        // Behind an error a body looks as if it had come to its end.
        if source.attempt != this.attempt || source.is_cut {
            return Poll::Ready(Some(Err(Cut::Superseded)));
        }
        source.moved = Instant::now();
        source.waits_for_client = false;
        let chunk = loop {
            if let Some(chunk) = source.kept.get(this.next) {
                this.next += 1;
                break chunk.clone();
            }
            if source.is_done {
                source.is_taken = true;
                return Poll::Ready(None);
            }
            match Pin::new(&mut source.incoming).poll_frame(cx) {
                Poll::Pending => {
                    source.waits_for_client = true;
                    return Poll::Pending;
                }
                Poll::Ready(None) => source.is_done = true,
                Poll::Ready(Some(Err(error))) => {
                    source.is_cut = true;
                    return Poll::Ready(Some(Err(Cut::Client(error))));
                }
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers are between neighbours, as `te` and `trailer` are.
                    let Ok(chunk) = frame.into_data() else { continue };
                    source.is_done = source.incoming.is_end_stream();
                    source.keep(&chunk);
                    this.next = source.kept.len();
                    break chunk;
                }
            }
        };
        source.sent += chunk.len() as u64;
        if source.is_done && this.next == source.kept.len() {
            source.is_taken = true;
        }
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        let source = self.upload.source();
        source.is_done && self.next == source.kept.len()
    }

    fn size_hint(&self) -> SizeHint {
        let source = self.upload.source();
        let left: u64 = source.kept.iter().skip(self.next).map(|chunk| chunk.len() as u64).sum();
        let coming = source.incoming.size_hint();
        let mut hint = SizeHint::new();
        if let Some(most) = coming.upper() {
            hint.set_upper(most + left);
        }
        hint.set_lower(coming.lower() + left);
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_asked_for_by_its_key_and_by_no_text() {
        for yes in [r#"{"stream":true,"model":"x"}"#, "{\"a\":1, \"stream\" :\n true}"] {
            assert!(asks_for_stream(yes.as_bytes()), "{yes}");
        }
        for no in [
            "",
            r#"{"stream":false}"#,
            r#"{"stream":"true"}"#,
            r#"{"text":"{\"stream\":true}"}"#,
            r#"{"stream":tru"#,
            r#""stream"true"#,
        ] {
            assert!(!asks_for_stream(no.as_bytes()), "{no}");
        }
    }
}
