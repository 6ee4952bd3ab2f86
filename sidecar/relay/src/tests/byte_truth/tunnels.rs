//! Tunnels: bytes both ways at once, early ones, half-closes, and resets and departures at any byte of either side.

use std::{cell::Cell, pin::pin, time::Duration};

use fastrand::Rng;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, Interest},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{Check, Source, dawdle, piece, size, write};
use crate::{
    End, Options, Record, Side,
    socket::Wire as _,
    tests::loopback::{Stage, connect},
};

/// Of scenes with servers that fall silent.
const STALL_AFTER: Duration = Duration::from_secs(1);

#[test]
fn tunnels_are_true() {
    super::play(scene);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Reset,
    /// Closes without a look at what may still come.
    Leave,
    /// Says no more.
    Hang,
}

#[derive(Clone, Copy, Debug)]
struct Fault {
    how: How,
    /// Behind so many bytes of its own, or else of the other's.
    is_own: bool,
    after: u64,
}

/// What one side does.
#[derive(Clone, Debug)]
struct Part {
    seed: u64,
    bytes: u64,
    fault: Option<Fault>,
}

#[derive(Clone, Debug)]
struct Plan {
    client: Part,
    server: Part,
    /// So many of the client's bytes come with its request.
    early: u64,
    /// The client gets no further than so far in its request.
    gives_up: Option<(usize, How)>,
}

impl Plan {
    fn of(rng: &mut Rng, is_impatient: bool) -> Self {
        let (up, down) = (size(rng), size(rng));
        let fault = |rng: &mut Rng, own: u64, others: u64| {
            let how = if rng.bool() { How::Reset } else { How::Leave };
            let is_own = rng.bool();
            Some(Fault { how, is_own, after: rng.u64(..=if is_own { own } else { others }) })
        };
        let (at_client, mut at_server) = match rng.u32(..10) {
            0..4 => (None, None),
            4..6 => (fault(rng, up, down), None),
            6..9 => (None, fault(rng, down, up)),
            _ => (fault(rng, up, down), fault(rng, down, up)),
        };
        if is_impatient && rng.bool() {
            at_server = Some(Fault { how: How::Hang, is_own: true, after: rng.u64(..=down) });
        }
        let gives_up = (rng.u32(..20) == 0)
            .then(|| (rng.usize(..120), if rng.bool() { How::Reset } else { How::Leave }));
        Self {
            client: Part { seed: rng.u64(..), bytes: up, fault: at_client },
            server: Part { seed: rng.u64(..), bytes: down, fault: at_server },
            early: if rng.bool() { 0 } else { rng.u64(..=up.min(20_000)) },
            gives_up,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Saw {
    /// The other side's end, in order.
    End,
    Broken,
    /// It was the first to go.
    Nothing,
}

/// What became of one side.
#[derive(Clone, Copy, Debug)]
struct Came {
    wrote: u64,
    got: u64,
    /// Its own end was said in order.
    has_ended: bool,
    saw: Saw,
    wrong_at: Option<u64>,
}

async fn perform(mut stream: TcpStream, part: &Part, others: u64, already: u64, rng: &mut Rng) -> Came {
    let (mut source, mut check) = (Source::new(part.seed), Check::new(others));
    source.at = already;
    let (mut wrote, mut got, mut has_ended) = (already, 0, false);
    // Told to who writes, it is not told again to who reads: to him it looks like an end.
    let mut is_broken = false;
    let limit = |is_own| part.fault.filter(|fault| fault.is_own == is_own).map(|fault| fault.after);
    let hangs = part.fault.is_some_and(|fault| fault.how == How::Hang);
    let mut saw = None;
    let (mut reader, mut writer) = stream.split();
    {
        // Each says whether the fault is due.
        let writing = async {
            let until = limit(true).unwrap_or(part.bytes).min(part.bytes);
            while wrote < until {
                let bytes = source.next(piece(rng, until - wrote));
                if !write(&mut writer, &bytes, &mut wrote).await {
                    is_broken = true;
                    return false;
                }
                dawdle(rng).await;
            }
            match limit(true) {
                Some(_) => !hangs,
                None => {
                    has_ended = writer.shutdown().await.is_ok();
                    false
                }
            }
        };
        let reading = async {
            let mut bytes = vec![0; 64 * 1024];
            loop {
                let room = limit(false).map_or(u64::MAX, |after| after - got);
                if room == 0 {
                    return Saw::Nothing;
                }
                let room = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
                match reader.read(&mut bytes[..room]).await {
                    Ok(0) if hangs => {
                        // Until it is reset.
                        let _ = reader.ready(Interest::ERROR).await;
                        return Saw::Broken;
                    }
                    Ok(0) => return Saw::End,
                    Ok(length) => {
                        check.eat(&bytes[..length]);
                        got += length as u64;
                    }
                    Err(_) => return Saw::Broken,
                }
            }
        };
        let (mut writing, mut reading) = (pin!(writing), pin!(reading));
        let mut is_writing = true;
        while is_writing || saw.is_none() {
            tokio::select! {
                is_due = &mut writing, if is_writing => {
                    is_writing = false;
                    if is_due {
                        saw = Some(Saw::Nothing);
                    }
                }
                seen = &mut reading, if saw.is_none() => saw = Some(seen),
            }
            if saw == Some(Saw::Nothing) {
                break;
            }
        }
    }
    let saw = match saw {
        Some(Saw::End) if is_broken => Saw::Broken,
        saw => saw.unwrap_or(Saw::Nothing),
    };
    if saw == Saw::Nothing && part.fault.is_some_and(|fault| fault.how == How::Reset) {
        stream.reset_on_close();
    }
    Came { wrote, got, has_ended, saw, wrong_at: check.wrong_at }
}

/// What came of a tunnel. `None` of a side: it was never there.
type Done = (Plan, u16, Option<Came>, Option<Came>);

async fn tunnel(stage: std::net::SocketAddr, plan: Plan, seed: u64) -> Done {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let mut rng = Rng::with_seed(seed);
    let request = connect(at);
    let client = async {
        let mut stream = TcpStream::connect(stage).await.unwrap();
        if let Some((cut, how)) = plan.gives_up {
            stream.write_all(&request.as_bytes()[..cut.min(request.len())]).await.unwrap();
            dawdle(&mut rng).await;
            if how == How::Reset {
                stream.reset_on_close();
            }
            return None;
        }
        let early = Source::new(plan.client.seed).next(usize::try_from(plan.early).unwrap());
        stream.write_all(&[request.as_bytes(), &early].concat()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        // A server may have reset it before it stood.
        if !head.starts_with(b"HTTP/1.1 200 ") {
            return None;
        }
        Some(perform(stream, &plan.client, plan.server.seed, plan.early, &mut rng).await)
    };
    let is_serving = Cell::new(false);
    let serve = async || {
        let (stream, _) = listener.accept().await.unwrap();
        is_serving.set(true);
        let came = perform(stream, &plan.server, plan.client.seed, 0, &mut Rng::with_seed(!seed)).await;
        is_serving.set(false);
        came
    };
    let (mut client, mut server) = (pin!(client), Box::pin(serve()));
    let (mut at_client, mut at_server) = (None, None);
    let mut is_expected = true;
    loop {
        tokio::select! {
            came = &mut client, if at_client.is_none() => at_client = Some(came),
            came = &mut server, if is_expected => {
                at_server = Some(came);
                is_expected = resets(&plan.server);
                server = Box::pin(serve());
            }
        }
        match at_client {
            Some(Some(_)) if at_server.is_some() && !is_serving.get() => break,
            Some(None) => break,
            _ => {}
        }
    }
    (plan.clone(), at.port(), at_client.flatten(), at_server)
}

/// So early a reset may be seen as a refusal, and be followed by another attempt.
fn resets(part: &Part) -> bool {
    part.fault.is_some_and(|fault| fault.how == How::Reset)
}

async fn scene(seed: u64) -> u64 {
    let mut rng = Rng::with_seed(seed);
    let is_impatient = rng.u32(..12) == 0;
    let usual = Options::default();
    let stall_after = if is_impatient { STALL_AFTER } else { usual.stall_after };
    let mut stage = Stage::new(Options { stall_after, attempts: 2, ..usual }).await;
    let mut running = JoinSet::new();
    for _ in 0..rng.u32(4..16) {
        running.spawn_local(tunnel(stage.at, Plan::of(&mut rng, is_impatient), rng.u64(..)));
    }
    let mut done = Vec::new();
    while let Some(came) = running.join_next().await {
        done.push(came.unwrap());
    }
    // Those that never asked for anything have none.
    let expected = done.iter().filter(|(plan, port, ..)| {
        let length = connect(([127, 0, 0, 1], *port).into()).len();
        plan.gives_up.is_none_or(|(cut, _)| cut >= length)
    });
    let mut records: Vec<(Record, bool)> = Vec::new();
    for _ in expected {
        records.push((stage.record().await, false));
    }
    stage.relay.drain(Duration::ZERO).await;
    assert!(stage.records.try_recv().is_err(), "a record too many");
    let count = done.len() as u64;
    for (plan, port, client, server) in done {
        let found = records.iter_mut().find(|(record, is_taken)| record.port == port && !is_taken);
        let is_recorded =
            plan.gives_up.is_none_or(|(cut, _)| cut >= connect(([127, 0, 0, 1], port).into()).len());
        assert_eq!(found.is_some(), is_recorded, "{plan:?}");
        let Some((record, is_taken)) = found else { continue };
        *is_taken = true;
        judge(&plan, client, server, record, is_impatient);
    }
    count
}

fn judge(plan: &Plan, client: Option<Came>, server: Option<Came>, record: &Record, is_impatient: bool) {
    let all = format!("{plan:?}\n{client:?}\n{server:?}\n{record:?}");
    let end = record.end;
    let by = |side| matches!(end, End::Closed { .. }) || end == End::Reset { by: side };
    if plan.gives_up.is_some() {
        assert!(by(Side::Client) || by(Side::Server) || end == End::Abandoned, "{all}");
        return;
    }
    for came in [client, server].into_iter().flatten() {
        assert_eq!(came.wrong_at, None, "{all}");
    }
    let (Some(client), Some(server)) = (client, server) else {
        assert!(
            resets(&plan.server) && matches!(end, End::Refused | End::Reset { by: Side::Server }),
            "{all}"
        );
        return;
    };
    // Nothing more than was sent; counted what passed; and an end in order is an end of all.
    assert!(server.got <= record.bytes_up && record.bytes_up <= client.wrote, "{all}");
    assert!(client.got <= record.bytes_down && record.bytes_down <= server.wrote, "{all}");
    let is_reset = |part: &Part, came: &Came| {
        came.saw == Saw::Nothing && !came.has_ended && part.fault.is_some_and(|fault| fault.how == How::Reset)
    };
    for (came, other, part) in [(client, server, &plan.server), (server, client, &plan.client)] {
        if came.saw == Saw::End {
            assert_eq!(came.got, other.wrote, "an end before the end: {all}");
            assert!(!is_reset(part, &other), "a reset that became an end in order: {all}");
        }
    }
    if matches!(end, End::Closed { .. }) {
        assert_eq!((record.bytes_up, record.bytes_down), (client.wrote, server.wrote), "{all}");
    }
    let hangs = plan.server.fault.is_some_and(|fault| fault.how == How::Hang);
    let fits = match (client.saw == Saw::Nothing, server.saw == Saw::Nothing) {
        (false, false) if hangs => matches!(end, End::Stalled | End::Silent),
        (false, false) => matches!(end, End::Closed { .. }),
        (true, false) if is_reset(&plan.client, &client) => end == End::Reset { by: Side::Client },
        (true, false) => by(Side::Client),
        (false, true) if is_reset(&plan.server, &server) => end == End::Reset { by: Side::Server },
        (false, true) => by(Side::Server),
        (true, true) => by(Side::Client) || by(Side::Server),
    };
    assert!(fits || is_impatient && matches!(end, End::Stalled | End::Silent), "{all}");
    if client.saw == Saw::End && server.saw == Saw::End {
        assert_eq!((server.got, client.got), (plan.client.bytes, plan.server.bytes), "{all}");
    }
}
