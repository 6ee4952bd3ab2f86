//! The load of `npm run bench`: an API that streams events over TLS, and its clients, in one program that does not blur microseconds: each
//! connection has threads of its own, which block.
//!
//! `load PORT HTTP2_PORT AUTHORITY CERTIFICATE KEY` serves on both ports of the loopback (HTTP/1.1, and HTTP/2), and takes orders from its
//! standard input, one on each line; WAY is `tls`, `connect` (a CONNECT to PORT, then TLS) or `plain`:
//! - `latency WAY AT REQUESTS` and `connects WAY AT REQUESTS`: as many requests to the port AT, all on one connection, or each on a new one.
//!   The answer is the time to the first byte of each, in nanoseconds; that of a new connection begins before it is made.
//! - `down WAY AT STREAMS BYTES` and `up WAY AT STREAMS BYTES`: as many at once, so many bytes each. The answer is the time until the last one
//!   was complete, in nanoseconds, from when all were connected and had made a small request each.
//!
//! Whatever fails ends it with a message.
#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

mod client;
mod server;

use std::{
    error::Error,
    io::{self, BufRead as _, Write as _},
    str::FromStr,
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};

use client::{Client, Peer, Way};

/// Whom the certificate is for.
const HOST: &str = "api.anthropic.com";

/// Requests before the first that counts: until then connections are made, and pages come in.
const WARM_UP: usize = 30;

/// Between requests: what one leaves to be done (a proxy's record of it) is not the next one's.
const PAUSE: Duration = Duration::from_micros(500);

/// As a short answer's.
const FEW_BYTES: usize = 512;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, http2, authority, certificate, key] = arguments.as_slice() else {
        return Err("usage: load PORT HTTP2_PORT AUTHORITY CERTIFICATE KEY".into());
    };
    let port: u16 = port.parse()?;
    server::start(port, http2.parse()?, certificate, key)?;
    let peer = Peer::new(port, authority)?;
    println!("ready");
    for order in io::stdin().lock().lines() {
        let order = order?;
        let figures = obey(&peer, &order).map_err(|error| format!("{order}: {error}"))?;
        let figures: Vec<String> = figures.iter().map(|took| took.as_nanos().to_string()).collect();
        writeln!(io::stdout(), "{}", figures.join(" "))?;
    }
    Ok(())
}

fn obey(peer: &Peer, order: &str) -> Result<Vec<Duration>, Failure> {
    let words: Vec<&str> = order.split(' ').collect();
    match words.as_slice() {
        ["latency", way, at, requests] => latency(peer, way.parse()?, at.parse()?, requests.parse()?),
        ["connects", way, at, requests] => connects(peer, way.parse()?, at.parse()?, requests.parse()?),
        [what @ ("down" | "up"), way, at, streams, bytes] => {
            let bytes = bytes.parse()?;
            let (up, down) = if *what == "up" { (bytes, FEW_BYTES) } else { (FEW_BYTES, bytes) };
            Ok(vec![streams_at_once(peer, way.parse()?, at.parse()?, streams.parse()?, up, down)?])
        }
        _ => Err("no such order".into()),
    }
}

impl FromStr for Way {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        match text {
            "tls" => Ok(Self::Tls),
            "connect" => Ok(Self::Connect),
            "plain" => Ok(Self::Plain),
            _ => Err("no such way".into()),
        }
    }
}

fn latency(peer: &Peer, way: Way, at: u16, requests: usize) -> Result<Vec<Duration>, Failure> {
    let mut client = Client::connect(peer, way, at)?;
    for _ in 0..WARM_UP {
        client.ask(FEW_BYTES, FEW_BYTES)?;
    }
    let one = |_| {
        pause();
        client.ask(FEW_BYTES, FEW_BYTES)
    };
    (0..requests).map(one).collect()
}

fn connects(peer: &Peer, way: Way, at: u16, requests: usize) -> Result<Vec<Duration>, Failure> {
    let one = |_| {
        pause();
        let began = Instant::now();
        let mut client = Client::connect(peer, way, at)?;
        let connected = began.elapsed();
        Ok(connected + client.ask(FEW_BYTES, FEW_BYTES)?)
    };
    (0..requests).map(one).collect()
}

#[expect(clippy::disallowed_methods, reason = "nothing is waited for: it is the load's own pace")]
fn pause() {
    thread::sleep(PAUSE);
}

fn streams_at_once(
    peer: &Peer,
    way: Way,
    at: u16,
    streams: usize,
    up: usize,
    down: usize,
) -> Result<Duration, Failure> {
    let mut clients = Vec::new();
    for _ in 0..streams {
        let mut client = Client::connect(peer, way, at)?;
        client.ask(FEW_BYTES, FEW_BYTES)?;
        clients.push(client);
    }
    let start = Arc::new(Barrier::new(streams + 1));
    let running: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let start = Arc::clone(&start);
            thread::spawn(move || {
                start.wait();
                client.ask(up, down).map(|_| client)
            })
        })
        .collect();
    start.wait();
    let began = Instant::now();
    let ended: Vec<_> = running.into_iter().map(thread::JoinHandle::join).collect();
    let took = began.elapsed();
    for client in ended {
        client.map_err(|_| "a stream's thread panicked")??;
    }
    Ok(took)
}
