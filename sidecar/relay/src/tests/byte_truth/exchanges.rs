//! The gateway: several exchanges on each connection, bodies both ways in any pieces, HTTP/1.1 and HTTP/2 upstream, and faults at any byte.

use std::{cell::RefCell, collections::HashMap, net::SocketAddr, rc::Rc};

use fastrand::Rng;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::rustls::RootCertStore;

use super::{
    Check, Source, dawdle,
    events::Events,
    judgement::{Kind, judge},
    piece, size,
    upstream::{self, Known},
    wire::{Cut, Framing, Rest},
    write,
};
use crate::{
    Record,
    socket::Wire as _,
    tests::{
        gateway::secure::Secure,
        loopback::PATIENCE,
        upstream::{Scene, trust},
    },
};

#[test]
fn exchanges_are_true() {
    super::play(scene);
}

/// How something breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Reset,
    /// Closes.
    Leave,
    /// Breaks nothing: it is answered that there is too much to do.
    Overload,
    /// Says what is no chunk.
    Nonsense,
    /// RST_STREAM with this code.
    Stream(u32),
    /// GOAWAY with this code.
    GoAway(u32),
}

/// Behind so many bytes of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Request(u64),
    /// Of the answer.
    Head(usize),
    Body(u64),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub(super) how: How,
    pub(super) at: At,
}

impl Fault {
    pub(super) fn in_request(&self) -> Option<u64> {
        match self.at {
            At::Request(after) if self.how != How::Overload => Some(after),
            _ => None,
        }
    }
}

/// One exchange.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) up: u64,
    pub(super) is_chunked: bool,
    pub(super) down: u64,
    pub(super) events: Option<Events>,
    pub(super) framing: Framing,
    /// The upstream's connection ends behind the answer, without a word.
    pub(super) closes_behind: bool,
    /// The upstream's, at each time that it is asked.
    pub(super) faults: Vec<Fault>,
    /// The client's: of the request's wire or of the answer's body so many bytes.
    pub(super) leaves: Option<(How, bool, u64)>,
}

/// What goes down, piece by piece.
pub(super) enum Down<'a> {
    Bytes(Source),
    Events(&'a [u8]),
}

impl Down<'_> {
    pub(super) fn next(&mut self, count: usize) -> Vec<u8> {
        match self {
            Self::Bytes(source) => source.next(count),
            Self::Events(rest) => {
                let (now, later) = rest.split_at(count);
                *rest = later;
                now.to_vec()
            }
        }
    }
}

impl Plan {
    fn of(rng: &mut Rng, is_http2: bool, is_rough: bool) -> Self {
        let events = rng.bool().then(|| Events::of(rng));
        let (up, down) =
            (size(rng), events.as_ref().map_or_else(|| size(rng), |events| events.bytes.len() as u64));
        let mut framing = match rng.u32(..5) {
            ..2 if events.is_none() => Framing::Length(down),
            4 => Framing::UntilEnd,
            _ => Framing::Chunks,
        };
        let how = |rng: &mut Rng| match (rng.u32(..6), is_http2) {
            (0 | 1, _) => How::Overload,
            (_, true) if !is_rough => How::Stream([2, 7, 8, 11][rng.usize(..4)]),
            (2, true) => How::GoAway(11),
            (2 | 3, _) => How::Leave,
            _ => How::Reset,
        };
        let mut faults = Vec::new();
        if rng.u32(..10) < 4 {
            for _ in 0..rng.usize(1..4) {
                let at = if rng.bool() { At::Request(rng.u64(..=up)) } else { At::Head(rng.usize(..60)) };
                faults.push(Fault { how: how(rng), at });
                if rng.bool() {
                    break;
                }
            }
        }
        let last = Fault { how: how(rng), at: At::Body(rng.u64(..=down.saturating_sub(1))) };
        if rng.u32(..4) == 0 && last.how != How::Overload && down > 0 {
            if framing == Framing::UntilEnd {
                framing = Framing::Chunks;
            }
            let is_nonsense = framing == Framing::Chunks && !is_http2 && rng.u32(..4) == 0;
            faults.push(if is_nonsense { Fault { how: How::Nonsense, ..last } } else { last });
        }
        let leaves = (rng.u32(..8) == 0).then(|| {
            let how = if rng.bool() { How::Reset } else { How::Leave };
            let is_up = rng.bool();
            (how, is_up, rng.u64(..=if is_up { up + 150 } else { down }))
        });
        let is_chunked = rng.bool();
        let closes_behind = is_rough && rng.bool();
        Self { seed: rng.u64(..), up, is_chunked, down, events, framing, closes_behind, faults, leaves }
    }

    pub(super) const fn down_bytes(&self) -> u64 {
        self.down
    }

    pub(super) fn down(&self) -> Down<'_> {
        match &self.events {
            Some(events) => Down::Events(&events.bytes),
            None => Down::Bytes(Source::new(!self.seed)),
        }
    }

    pub(super) const fn kind(&self) -> &'static str {
        if self.events.is_some() { "text/event-stream" } else { "application/octet-stream" }
    }

    pub(super) fn answer_head(&self) -> Vec<u8> {
        let framing = match self.framing {
            Framing::Length(length) => format!("Content-Length: {length}\r\n"),
            Framing::Chunks => "Transfer-Encoding: chunked\r\n".into(),
            Framing::UntilEnd => "Connection: close\r\n".into(),
        };
        format!("HTTP/1.1 200 OK\r\nContent-Type: {}\r\n{framing}\r\n", self.kind()).into_bytes()
    }

    fn request_head(&self, at: SocketAddr) -> Vec<u8> {
        let framing = match self.is_chunked {
            true => "Transfer-Encoding: chunked".into(),
            false => format!("Content-Length: {}", self.up),
        };
        let seed = self.seed;
        let name = if is_claude_code(seed) { "x-claude-code-session-id" } else { "anthropic-beta" };
        format!("POST /v1/messages?plan={seed} HTTP/1.1\r\nHost: {at}\r\n{name}: {seed}\r\n{framing}\r\n\r\n")
            .into_bytes()
    }
}

/// Half of them say that they are; the others are known by another field.
pub(super) const fn is_claude_code(seed: u64) -> bool {
    seed.is_multiple_of(2)
}

/// A piece, as it goes over the wire.
pub(super) fn chunked(bytes: Vec<u8>, framing: Framing) -> Vec<u8> {
    if framing != Framing::Chunks {
        return bytes;
    }
    [format!("{:x}\r\n", bytes.len()).as_bytes(), &bytes, b"\r\n"].concat()
}

/// What a client heard of one exchange.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) status: Option<u16>,
    /// All of it was asked.
    pub(super) has_asked: bool,
    /// It was the client who broke it off.
    pub(super) has_left: bool,
    pub(super) ended: Result<(), Cut>,
    pub(super) got: u64,
    /// Where it is no more what was to come.
    pub(super) wrong_at: Option<u64>,
    /// Of events, and of what is none of the upstream's.
    pub(super) body: Vec<u8>,
}

struct Client {
    stream: TcpStream,
    rest: Rest,
    at: SocketAddr,
}

impl Client {
    async fn ask(&mut self, plan: &Plan, rng: &mut Rng) -> Heard {
        let Self { stream, rest, at } = self;
        let (mut reader, mut writer) = stream.split();
        let limit = |is_up| plan.leaves.filter(|leaves| leaves.1 == is_up).map(|(_, _, after)| after);
        let mut heard = Heard {
            status: None,
            has_asked: false,
            has_left: false,
            ended: Err(Cut::Enough),
            got: 0,
            wrong_at: None,
            body: Vec::new(),
        };
        let framing = if plan.is_chunked { Framing::Chunks } else { Framing::Length(plan.up) };
        // Whether it is time to leave, and whether all was said.
        let asking = async {
            let (mut wrote, mut source) = (0, Source::new(plan.seed));
            let mut next = plan.request_head(*at);
            loop {
                if let Some(after) = limit(true)
                    && wrote + next.len() as u64 >= after
                {
                    next.truncate(usize::try_from(after.saturating_sub(wrote)).unwrap());
                    write(&mut writer, &next, &mut wrote).await;
                    return (true, false);
                }
                if !write(&mut writer, &next, &mut wrote).await {
                    return (false, false);
                }
                dawdle(rng).await;
                let left = plan.up - source.at;
                if left == 0 {
                    let is_whole = !plan.is_chunked || writer.write_all(b"0\r\n\r\n").await.is_ok();
                    return (false, is_whole);
                }
                next = chunked(source.next(piece(rng, left)), framing);
            }
        };
        let hearing = async {
            let head = rest.head(&mut reader).await?;
            let status = head.first.split(' ').nth(1).unwrap().parse().unwrap();
            heard.status = Some(status);
            let is_kept = plan.events.is_some() || status != 200;
            let mut check = Check::new(!plan.seed);
            let ended = rest.body(&mut reader, head.framing(Framing::UntilEnd), |bytes| {
                heard.got += bytes.len() as u64;
                match is_kept {
                    true => heard.body.extend_from_slice(bytes),
                    false => check.eat(bytes),
                }
                limit(false).is_none_or(|limit| heard.got < limit)
            });
            let ended = ended.await;
            heard.wrong_at = check.wrong_at;
            ended
        };
        let (mut is_asking, mut has_left, mut has_asked) = (true, false, false);
        {
            let (mut asking, mut hearing) = (std::pin::pin!(asking), std::pin::pin!(hearing));
            let ended = loop {
                tokio::select! {
                    (is_due, is_all) = &mut asking, if is_asking => {
                        (is_asking, has_asked) = (false, is_all);
                        if is_due {
                            has_left = true;
                            break Err(Cut::Enough);
                        }
                    }
                    ended = &mut hearing => break ended,
                }
            };
            has_left |= ended == Err(Cut::Enough);
            (heard.ended, heard.has_left, heard.has_asked) = (ended, has_left, has_asked);
        }
        if has_left && plan.leaves.is_some_and(|(how, ..)| how == How::Reset) {
            stream.reset_on_close();
        }
        heard
    }
}

type Done = Vec<(Rc<Plan>, Heard)>;

async fn client(at: SocketAddr, plans: Vec<Rc<Plan>>, seed: u64) -> Done {
    let mut rng = Rng::with_seed(seed);
    let stream = TcpStream::connect(at).await.unwrap();
    let mut client = Client { stream, rest: Rest::default(), at };
    let mut done = Vec::new();
    for plan in plans {
        let heard = client.ask(&plan, &mut rng).await;
        let goes_on = heard.ended.is_ok() && heard.has_asked;
        done.push((plan, heard));
        if !goes_on {
            break;
        }
    }
    done
}

async fn scene(seed: u64) -> u64 {
    let mut rng = Rng::with_seed(seed);
    let (is_tls, is_http2, is_rough) = (rng.u32(..5) > 1, rng.u32(..3) > 0, rng.u32(..4) == 0);
    let is_http2 = is_tls && is_http2;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let secure = if is_tls { Some(Rc::new(Secure::new().await)) } else { None };
    let (url, roots) = match &secure {
        Some(secure) => (secure.url(), secure.roots.clone()),
        None => (format!("http://{}", listener.local_addr().unwrap()), RootCertStore::empty()),
    };
    let mut stage = Scene::stage(&url, trust(roots), |_, gateway| gateway.http2 = is_http2).await;
    stage.options.send_modify(|options| options.hosts.push("localhost".into()));
    let mut clients: Vec<Vec<Rc<Plan>>> = Vec::new();
    for _ in 0..rng.u32(1..5) {
        let count = rng.usize(1..5);
        clients.push((0..count).map(|_| Rc::new(Plan::of(&mut rng, is_http2, is_rough))).collect());
    }
    let plans = clients.iter().flatten().map(|plan| (plan.seed, Rc::clone(plan))).collect();
    let shared = Rc::new(RefCell::new(Known { plans, asked: HashMap::new() }));
    let serving = tokio::task::spawn_local(upstream::serve(listener, secure, Rc::clone(&shared)));
    let mut running = JoinSet::new();
    for plans in clients {
        running.spawn_local(client(stage.at, plans, rng.u64(..)));
    }
    let mut done = Vec::new();
    while let Some(came) = running.join_next().await {
        done.extend(came.unwrap());
    }
    // Those whose client has left may have been over before they began.
    let expected = done.iter().filter(|(_, heard)| !heard.has_left).map(|(plan, _)| plan.seed);
    let mut missing: Vec<u64> = expected.collect();
    let mut records: HashMap<u64, Record> = HashMap::new();
    let mut keep = |record: Record, missing: &mut Vec<u64>| {
        let exchange = record.exchange.as_ref().unwrap();
        let seed = exchange.session.as_ref().or(exchange.beta.as_ref()).unwrap().parse().unwrap();
        missing.retain(|other| *other != seed);
        assert_eq!(records.insert(seed, record).map(|record| record.end), None, "recorded twice");
    };
    while !missing.is_empty() {
        let record = timeout(PATIENCE, stage.records.recv()).await;
        let Ok(record) = record else { panic!("no record of these: {missing:?}\n{done:?}") };
        keep(record.unwrap(), &mut missing);
    }
    stage.relay.drain(PATIENCE).await;
    while let Ok(record) = stage.records.try_recv() {
        keep(record, &mut missing);
    }
    serving.abort();
    let known = shared.borrow();
    let count = done.len() as u64;
    for (plan, heard) in done {
        let asked = known.asked.get(&plan.seed).map_or(&[][..], Vec::as_slice);
        let record = records.remove(&plan.seed);
        judge(&plan, &heard, asked, record.as_ref(), Kind { is_http2, is_rough });
    }
    assert!(records.is_empty(), "records of nothing: {records:?}");
    count
}
