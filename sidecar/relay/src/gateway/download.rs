//! The body of an answer on its way down: as it comes, but that of events only whole ones pass, so that a broken stream ends in order.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::{
    Response, StatusCode,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue},
    http::response::Parts,
};
use tokio::time::{Instant, Sleep, sleep_until};

use super::{
    Gateway,
    alarm::Alarm,
    failure::Failure,
    ledger::Ledger,
    line::Seen,
    pool::{Link, Way, of_http},
    sse::Scanner,
};
use crate::record::{End, Side};

/// An event that has not ended is held back up to here, in bytes. Of a longer one the beginning passes, and when it is torn the connection breaks.
pub(super) const HELD_BYTES: usize = 1024 * 1024;

/// As often as the API does it at least.
const PING_EVERY: Duration = Duration::from_secs(15);

/// The API's own (its documentation, "Streaming").
const PING: &[u8] = b"event: ping\ndata: {\"type\": \"ping\"}\n\n";

/// An exchange that is still under way.
pub(super) type Running = Pin<Box<dyn Future<Output = Result<Answered, Failure>> + Send>>;

/// What the client reads.
pub(super) enum Download {
    /// Ours.
    Own(Option<Bytes>),
    /// The upstream's.
    Passing(Box<Passing>),
    /// Events that have begun before the upstream had said anything.
    Waiting(Box<Waiting>),
}

/// The upstream has begun to answer.
pub(super) struct Answered {
    pub(super) parts: Parts,
    pub(super) passing: Passing,
}

/// A body that cannot go on, and has no way to say so: the connection breaks.
#[derive(Debug)]
pub(super) struct Aborted;

impl fmt::Display for Aborted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the upstream's answer broke off")
    }
}

impl std::error::Error for Aborted {}

impl Download {
    /// What came of an exchange.
    pub(super) fn of(done: Result<Answered, Failure>) -> Response<Self> {
        match done {
            Ok(Answered { parts, passing }) => Response::from_parts(parts, Self::Passing(Box::new(passing))),
            Err(failure) => failure.response().map(|body| Self::Own(Some(body))),
        }
    }

    /// Begins a stream of events without knowing how it goes on.
    pub(super) fn waiting(run: Running) -> Response<Self> {
        let ping = Box::pin(sleep_until(Instant::now()));
        let mut response = Response::new(Self::Waiting(Box::new(Waiting { run, ping })));
        let fields = response.headers_mut();
        fields.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
        fields.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }
}

type Next = Option<Result<Frame<Bytes>, Aborted>>;

impl Body for Download {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Next> {
        let this = self.get_mut();
        loop {
            match this {
                Self::Own(body) => return Poll::Ready(body.take().map(|body| Ok(Frame::data(body)))),
                Self::Passing(passing) => return passing.poll(cx),
                Self::Waiting(waiting) => match ready!(waiting.poll(cx)) {
                    Heard::Ping => return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(PING))))),
                    Heard::Events(passing) => *this = Self::Passing(passing),
                    Heard::Failure(failure) => *this = Self::Own(Some(failure.event())),
                },
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own(body) => body.is_none(),
            Self::Passing(passing) => passing.is_done,
            Self::Waiting(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own(body) => SizeHint::with_exact(body.as_ref().map_or(0, |body| body.len() as u64)),
            Self::Passing(passing) if passing.events.is_none() => passing.incoming.size_hint(),
            Self::Passing(_) | Self::Waiting(_) => SizeHint::default(),
        }
    }
}

/// What goes down.
pub(super) struct Passing {
    incoming: Incoming,
    events: Option<Events>,
    stall: Option<Stall>,
    link: Option<Link>,
    seen: Seen,
    gateway: Arc<Gateway>,
    way: Way,
    client: Seen,
    ledger: Ledger,
    is_done: bool,
}

/// Whose it is, and how it is watched over.
pub(super) struct Origin {
    pub(super) link: Link,
    pub(super) gateway: Arc<Gateway>,
    pub(super) way: Way,
    pub(super) client: Seen,
    pub(super) stall_after: Option<Duration>,
}

impl Passing {
    pub(super) fn new(parts: &Parts, incoming: Incoming, origin: Origin, ledger: Ledger) -> Self {
        let Origin { link, gateway, way, client, stall_after } = origin;
        let stall = stall_after.map(|after| Stall { after, alarm: gateway.alarms.take(), since: None });
        let events = is_events(parts).then(Events::default);
        let seen = link.seen.clone();
        let mut passing = Self {
            incoming,
            events,
            stall,
            link: Some(link),
            seen,
            gateway,
            way,
            client,
            ledger,
            is_done: false,
        };
        if passing.is_over() {
            passing.complete();
        }
        passing
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        while !self.is_done {
            let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(cx) else {
                match &mut self.stall {
                    Some(stall) => ready!(stall.poll(cx)),
                    None => return Poll::Pending,
                }
                return Poll::Ready(self.breaks(End::Stalled));
            };
            if let Some(stall) = &mut self.stall {
                stall.since = None;
            }
            match frame {
                Some(Ok(frame)) => {
                    // Trailers are between neighbours.
                    let Ok(chunk) = frame.into_data() else { continue };
                    self.ledger.came(chunk.len());
                    let passed = match &mut self.events {
                        Some(events) => {
                            let passed = events.pass(chunk);
                            self.ledger.exchange().tokens = events.scanner.tokens();
                            passed
                        }
                        None => Some(chunk),
                    };
                    if self.events.is_none() && self.is_over() {
                        self.complete();
                    }
                    if let Some(passed) = passed {
                        return Poll::Ready(Some(Ok(Frame::data(passed))));
                    }
                }
                Some(Err(error)) => {
                    let (end, _) = of_http(&error, &self.seen);
                    return Poll::Ready(self.breaks(end));
                }
                None if self.events.as_ref().is_some_and(|events| events.scanner.is_torn()) => {
                    // An end in order, but not of the message.
                    return Poll::Ready(self.breaks(End::Closed { by: Side::Server }));
                }
                None => {
                    self.complete();
                    let rest = self.events.take().map(|events| events.held).filter(|rest| !rest.is_empty());
                    return Poll::Ready(rest.map(|rest| Ok(Frame::data(rest.into()))));
                }
            }
        }
        Poll::Ready(None)
    }

    /// HTTP/2 may say its end behind the last byte, when nobody asks for more: the length that was promised has come.
    fn is_over(&self) -> bool {
        self.incoming.is_end_stream() || self.incoming.size_hint().exact() == Some(0)
    }

    fn complete(&mut self) {
        self.is_done = true;
        self.ledger.ends(End::Answered);
        if let Some(link) = self.link.take() {
            self.gateway.pool.put(&self.way, link);
        }
    }

    /// The last that the client hears of it: words, in an `error` event. But Claude Code (2.1.329, measured) answers one of whatever type, within a block of the
    /// message, with the same request without a stream, of half as many tokens: it uses none of its retries, but the user sees nothing of the answer as it
    /// comes, an answer that takes more than 300 s never comes, and a stall of that request nobody can tell from work. A connection that breaks costs it one
    /// retry, and it asks for a stream again.
    fn breaks(&mut self, end: End) -> Next {
        self.is_done = true;
        self.ledger.ends(end);
        // It goes with its request.
        let link = self.link.take();
        if link.is_some_and(|link| link.is_http2()) && is_of_http2(end) {
            self.gateway.pool.stream_broke(&self.way);
        }
        let is_claude_code = self.ledger.exchange().session.is_some();
        match &self.events {
            Some(events) if !events.is_open && !is_claude_code => {
                let failure = Failure::mid_answer(end, &self.way.upstream.at);
                Some(Ok(Frame::data(failure.event())))
            }
            _ => {
                self.client.reset_on_close();
                Some(Err(Aborted))
            }
        }
    }
}

/// Broken by HTTP/2's own means, and not in order.
pub(super) const fn is_of_http2(end: End) -> bool {
    matches!(end, End::StreamReset { code } | End::GoAway { code } if code != 0)
}

/// Events that we can read, and add to.
fn is_events(parts: &Parts) -> bool {
    let kind = parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let encoding = parts.headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
    kind.get(..17).is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/event-stream"))
        && encoding.is_none_or(|encoding| encoding.eq_ignore_ascii_case(b"identity"))
        && !parts.headers.contains_key(CONTENT_LENGTH)
}

/// Silence of the upstream, from when we wait for it: while the client does not read, nobody does.
struct Stall {
    after: Duration,
    alarm: Alarm,
    since: Option<Instant>,
}

impl Stall {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let since = *self.since.get_or_insert_with(Instant::now);
        self.alarm.poll(cx, since + self.after)
    }
}

#[derive(Default)]
pub(super) struct Events {
    pub(super) scanner: Scanner,
    /// The beginning of an event.
    pub(super) held: Vec<u8>,
    /// The client has the beginning of an event that was too long to be held.
    pub(super) is_open: bool,
}

impl Events {
    /// What may go down now.
    pub(super) fn pass(&mut self, chunk: Bytes) -> Option<Bytes> {
        let whole = self.scanner.feed(&chunk);
        if whole == 0 && self.is_open {
            return Some(chunk);
        }
        if whole == 0 {
            self.held.extend_from_slice(&chunk);
            self.is_open = self.held.len() > HELD_BYTES;
            return self.is_open.then(|| std::mem::take(&mut self.held).into());
        }
        self.is_open = false;
        let torn = &chunk[whole..];
        if self.held.is_empty() {
            self.held.extend_from_slice(torn);
            return Some(chunk.slice(..whole));
        }
        let mut passed = std::mem::replace(&mut self.held, torn.to_vec());
        passed.extend_from_slice(&chunk[..whole]);
        Some(passed.into())
    }
}

/// Pings until there is more to say.
pub(super) struct Waiting {
    run: Running,
    ping: Pin<Box<Sleep>>,
}

enum Heard {
    Ping,
    Events(Box<Passing>),
    Failure(Failure),
}

impl Waiting {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Heard> {
        match self.run.as_mut().poll(cx) {
            Poll::Ready(Ok(Answered { parts, passing })) => {
                if parts.status == StatusCode::OK && passing.events.is_some() {
                    return Poll::Ready(Heard::Events(Box::new(passing)));
                }
                let sentence = format!("The API answered {} instead of a stream of events.", parts.status);
                let failure = Failure { status: parts.status, sentence, is_final: false };
                let mut passing = passing;
                passing.ledger.ends(End::Answered);
                Poll::Ready(Heard::Failure(failure))
            }
            Poll::Ready(Err(failure)) => Poll::Ready(Heard::Failure(failure)),
            Poll::Pending => {
                ready!(self.ping.as_mut().poll(cx));
                self.ping.as_mut().reset(Instant::now() + PING_EVERY);
                Poll::Ready(Heard::Ping)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_event_too_long_to_be_held_passes_in_pieces() {
        let mut events = Events::default();
        assert_eq!(
            events.pass(Bytes::from_static(b"data: 1\n\ndata: ")).as_deref(),
            Some(&b"data: 1\n\n"[..])
        );
        let long = Bytes::from(vec![b'x'; HELD_BYTES]);
        assert_eq!(events.pass(long.clone()).map(|passed| passed.len()), Some(HELD_BYTES + 6));
        assert!(events.is_open);
        assert_eq!(events.pass(long.clone()), Some(long));
        assert_eq!(events.pass(Bytes::from_static(b"\n\nda")).as_deref(), Some(&b"\n\n"[..]));
        assert!(!events.is_open && events.held == b"da");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

        /// Whatever comes, however it is cut, passes as it was; what has passed never ends within an event.
        #[test]
        fn events_pass_as_they_were(chunks in proptest::collection::vec("(data: [a-z]{0,5}|:x|event: ping|\n|\r\n|\r|\n\n){0,6}", 0..20)) {
            let mut events = Events::default();
            let (mut sent, mut passed) = (Vec::new(), Vec::new());
            for chunk in chunks {
                sent.extend_from_slice(chunk.as_bytes());
                let went = events.pass(Bytes::from(chunk.into_bytes()));
                passed.extend_from_slice(&went.unwrap_or_default());
                let mut reader = Scanner::default();
                reader.feed(&passed);
                prop_assert!(reader.is_between());
            }
            passed.extend_from_slice(&events.held);
            prop_assert_eq!(sent, passed);
        }
    }
}
