//! An upstream that does to each request what its plan says, over HTTP/1.1 or HTTP/2, and remembers how often it was asked, and what it got.

use std::{cell::RefCell, collections::HashMap, rc::Rc, time::Duration};

use fastrand::Rng;
use hyper::body::Bytes;
use socket2::{SockRef, Socket};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
};

use super::{
    Check, dawdle,
    exchanges::{At, Fault, How, Plan, chunked},
    piece,
    wire::{Framing, Head, Rest},
};
use crate::tests::gateway::secure::Secure;

/// One time that a request came.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    pub(super) got: u64,
    /// To its end.
    pub(super) is_whole: bool,
    pub(super) wrong_at: Option<u64>,
    /// The answer was an overload.
    pub(super) is_overload: bool,
    /// REFUSED_STREAM: whoever says so has not begun with it (RFC 9113, section 8.7).
    pub(super) is_refused: bool,
}

/// What all connections of a scene's upstream share.
#[derive(Default)]
pub(super) struct Known {
    pub(super) plans: HashMap<u64, Rc<Plan>>,
    pub(super) asked: HashMap<u64, Vec<Asked>>,
}

pub(super) type Shared = Rc<RefCell<Known>>;

/// Serves connections as long as it lives.
pub(super) async fn serve(listener: TcpListener, secure: Option<Rc<Secure>>, shared: Shared) {
    let mut running = JoinSet::new();
    loop {
        let stream = match &secure {
            Some(secure) => secure.listener.accept().await,
            None => listener.accept().await,
        };
        let Ok((stream, _)) = stream else { continue };
        running.spawn_local(connection(stream, secure.clone(), shared.clone()));
    }
}

async fn connection(stream: TcpStream, secure: Option<Rc<Secure>>, shared: Shared) {
    let spare = Spare(SockRef::from(&stream).try_clone().unwrap());
    let Some(secure) = secure else { return one(stream, spare, shared).await };
    let Ok(stream) = secure.acceptor.accept(stream).await else { return };
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => two(stream, spare, shared).await,
        _ => one(stream, spare, shared).await,
    }
}

/// The same socket once more: closed with the other.
struct Spare(Socket);

impl Spare {
    fn ends(&self, how: How) {
        if how == How::Reset {
            let _ = self.0.set_linger(Some(Duration::ZERO));
        }
    }
}

/// The plan of a request, and which time it is that it comes.
fn planned(path: &str, shared: &Shared) -> (Rc<Plan>, usize) {
    let seed = path.split_once("plan=").unwrap().1.parse().unwrap();
    let mut known = shared.borrow_mut();
    let asked = known.asked.entry(seed).or_default();
    asked.push(Asked::default());
    let number = asked.len() - 1;
    (Rc::clone(&known.plans[&seed]), number)
}

fn note(plan: &Plan, number: usize, shared: &Shared, change: impl FnOnce(&mut Asked)) {
    change(&mut shared.borrow_mut().asked.get_mut(&plan.seed).unwrap()[number]);
}

/// HTTP/1.1, one request after the other.
async fn one<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, spare: Spare, shared: Shared) {
    let mut rest = Rest::default();
    loop {
        let Ok(head) = rest.head(&mut stream).await else { return };
        let (plan, number) = planned(head.first.split(' ').nth(1).unwrap(), &shared);
        let fault = plan.faults.get(number).copied();
        let mut rng = Rng::with_seed(plan.seed ^ number as u64);
        if !received(&mut stream, &mut rest, &head, &plan, number, &shared).await {
            spare.ends(fault.map_or(How::Leave, |fault| fault.how));
            return;
        }
        let answer = match fault {
            Some(Fault { how: How::Overload, .. }) => {
                note(&plan, number, &shared, |asked| asked.is_overload = true);
                b"HTTP/1.1 529 x\r\nretry-after-ms: 1\r\nContent-Length: 2\r\n\r\n{}".to_vec()
            }
            _ => plan.answer_head(),
        };
        let fault = fault.filter(|fault| fault.how != How::Overload);
        if let Some(Fault { how, at: At::Head(after) }) = fault {
            let _ = stream.write_all(&answer[..after.min(answer.len() - 1)]).await;
            spare.ends(how);
            return;
        }
        if stream.write_all(&answer).await.is_err() {
            return;
        }
        if answer.starts_with(b"HTTP/1.1 529") {
            continue;
        }
        let until = match fault {
            Some(Fault { at: At::Body(after), .. }) => after.min(plan.down_bytes()),
            _ => plan.down_bytes(),
        };
        let mut down = plan.down();
        let mut sent = 0;
        while sent < plan.down_bytes() {
            let size = piece(&mut rng, plan.down_bytes() - sent);
            let bytes = chunked(down.next(size), plan.framing);
            sent += size as u64;
            // Torn within its chunk.
            let is_torn = fault.is_some() && sent > until;
            let length = match fault {
                Some(Fault { how: How::Nonsense, .. }) if is_torn => 0,
                _ if is_torn => rng.usize(..bytes.len()),
                _ => bytes.len(),
            };
            if stream.write_all(&bytes[..length]).await.is_err() {
                return;
            }
            if is_torn {
                break;
            }
            dawdle(&mut rng).await;
        }
        if let Some(fault) = fault {
            if fault.how == How::Nonsense {
                let _ = stream.write_all(b"no number\r\n").await;
            }
            spare.ends(fault.how);
            return;
        }
        let is_last = plan.framing == Framing::UntilEnd;
        if plan.framing == Framing::Chunks && stream.write_all(b"0\r\n\r\n").await.is_err() || is_last {
            let _ = stream.shutdown().await;
            return;
        }
        if plan.closes_behind {
            spare.ends(if rng.bool() { How::Reset } else { How::Leave });
            return;
        }
    }
}

/// Whether a request came to its end, and its answer is to be begun.
async fn received<S: AsyncRead + Unpin>(
    stream: &mut S,
    rest: &mut Rest,
    head: &Head,
    plan: &Plan,
    number: usize,
    shared: &Shared,
) -> bool {
    let limit = plan.faults.get(number).and_then(Fault::in_request);
    let mut check = Check::new(plan.seed);
    let eat = |bytes: &[u8]| {
        check.eat(bytes);
        limit.is_none_or(|limit| check.source.at < limit)
    };
    let done = if limit == Some(0) {
        Ok(())
    } else {
        rest.body(stream, head.framing(Framing::Length(0)), eat).await
    };
    let is_whole = done.is_ok() && limit != Some(0);
    note(plan, number, shared, |asked| {
        *asked = Asked { got: check.source.at, is_whole, wrong_at: check.wrong_at, ..Asked::default() };
    });
    done.is_ok() && limit.is_none()
}

/// HTTP/2, all requests of a connection at once.
async fn two<S: AsyncRead + AsyncWrite + Unpin>(stream: S, spare: Spare, shared: Shared) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    let (sender, mut ends) = mpsc::unbounded_channel();
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            next = connection.accept() => match next {
                Some(Ok((request, respond))) => {
                    let (shared, sender) = (shared.clone(), sender.clone());
                    running.spawn_local(async move {
                        if let Some(how) = stream_of_two(request, respond, shared).await {
                            let _ = sender.send(how);
                        }
                    });
                }
                _ => return,
            },
            Some(how) = ends.recv() => match how {
                How::GoAway(code) => connection.abrupt_shutdown(code.into()),
                how => {
                    spare.ends(how);
                    return;
                }
            },
        }
    }
}

/// `Some`: the whole connection is to end so.
async fn stream_of_two(
    request: hyper::Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<Bytes>,
    shared: Shared,
) -> Option<How> {
    let (plan, number) = planned(request.uri().path_and_query().unwrap().as_str(), &shared);
    let fault = plan.faults.get(number).copied();
    let mut rng = Rng::with_seed(plan.seed ^ number as u64);
    let mut body = request.into_body();
    let mut check = Check::new(plan.seed);
    let limit = fault.as_ref().and_then(Fault::in_request);
    let mut is_whole = false;
    while limit.is_none_or(|limit| check.source.at < limit) {
        match body.data().await {
            Some(Ok(bytes)) => {
                check.eat(&bytes);
                let _ = body.flow_control().release_capacity(bytes.len());
            }
            Some(Err(_)) => break,
            None => {
                is_whole = true;
                break;
            }
        }
    }
    let is_overload = is_whole && fault.is_some_and(|fault| fault.how == How::Overload);
    // In mid-answer nobody should say so; but this reset may overtake the head, and then it is believed.
    let is_refused = matches!(fault, Some(Fault { how: How::Stream(7), .. }));
    note(&plan, number, &shared, |asked| {
        *asked = Asked { got: check.source.at, is_whole, wrong_at: check.wrong_at, is_overload, is_refused };
    });
    let ends = |how: How, respond: &mut h2::server::SendResponse<Bytes>| match how {
        How::Stream(code) => {
            respond.send_reset(code.into());
            None
        }
        how => Some(how),
    };
    if !is_whole || limit.is_some() {
        return fault
            .filter(|fault| fault.in_request().is_some())
            .and_then(|fault| ends(fault.how, &mut respond));
    }
    let head = hyper::Response::builder();
    if is_overload {
        let head = head.status(529).header("retry-after-ms", "1").body(()).unwrap();
        let _ = respond.send_response(head, false).ok()?.send_data(Bytes::from_static(b"{}"), true);
        return None;
    }
    if let Some(Fault { how, at: At::Head(_) }) = fault {
        return ends(how, &mut respond);
    }
    let mut head = head.header("content-type", plan.kind());
    if let Framing::Length(length) = plan.framing {
        head = head.header("content-length", length);
    }
    let mut sending = respond.send_response(head.body(()).unwrap(), false).ok()?;
    let until = match fault {
        Some(Fault { at: At::Body(after), .. }) => after.min(plan.down_bytes()),
        _ => plan.down_bytes(),
    };
    let (mut down, mut sent) = (plan.down(), 0);
    while sent < until {
        let size = piece(&mut rng, until - sent);
        let mut bytes = Bytes::from(down.next(size));
        sent += size as u64;
        while !bytes.is_empty() {
            sending.reserve_capacity(bytes.len());
            let room = std::future::poll_fn(|cx| sending.poll_capacity(cx)).await?.ok()?;
            sending.send_data(bytes.split_to(room.min(bytes.len())), false).ok()?;
        }
        dawdle(&mut rng).await;
    }
    match fault {
        Some(Fault { how: How::Stream(code), .. }) => {
            sending.send_reset(code.into());
            None
        }
        Some(fault) => Some(fault.how),
        None => {
            let _ = sending.send_data(Bytes::new(), true);
            None
        }
    }
}
