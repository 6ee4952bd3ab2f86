//! What the heartbeat costs: `cargo run --release -p lifeline-bridge --example cost`.
//!
//! Prints CPU time of our side alone; the IDE that answers (one thread, blocking) is not counted.

#![allow(clippy::print_stdout)]

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use lifeline_bridge::{Answer, Heartbeat, How, Options, Question, Report, probe, read_locks};
use rustix::time::{ClockId, clock_gettime};
use tokio_tungstenite::tungstenite::{
    accept_hdr,
    handshake::server::{Request, Response},
    http::HeaderValue,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

const PROBES: u32 = 2000;
const LOOKS: u32 = 2000;
const IDLE: Duration = Duration::from_secs(30);

fn cpu(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// An IDE; tells its CPU time after each connection.
fn ide(serve: fn(TcpStream), spent: mpsc::Sender<Duration>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve(stream.expect("a connection"));
            let _ = spent.send(cpu(ClockId::ThreadCPUTime));
        }
    });
    port
}

/// As the official extension refuses a client without a token.
#[expect(clippy::result_large_err, reason = "the library's own signature")]
fn unauthorized(stream: TcpStream) {
    let taken = accept_hdr(stream, |_: &Request, mut response: Response| {
        response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("mcp"));
        Ok(response)
    });
    if let Ok(mut socket) = taken {
        let frame = CloseFrame { code: CloseCode::Policy, reason: "Unauthorized".into() };
        let _ = socket.close(Some(frame));
        while socket.read().is_ok() {}
    }
}

/// As its library refuses a version that does not exist.
fn bad_request(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 1024]);
    let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\nSec-WebSocket-Version: 13, 8\r\n\r\n");
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (spent, _unread) = mpsc::channel();
    for (question, serve) in
        [(Question::Handshake, unauthorized as fn(TcpStream)), (Question::Impossible, bad_request)]
    {
        let port = ide(serve, spent.clone());
        let (before, mut slowest) = (cpu(ClockId::ThreadCPUTime), Duration::ZERO);
        for _ in 0..PROBES {
            match runtime.block_on(probe(port, question, Duration::from_secs(2))) {
                Answer::Alive { round_trip, how: How::Unauthorized | How::Http(_) } => {
                    slowest = slowest.max(round_trip);
                }
                other => panic!("{other:?}"),
            }
        }
        let each = (cpu(ClockId::ThreadCPUTime) - before) / PROBES;
        println!("probe, {question:?}: {each:?} of CPU each (slowest round trip {slowest:?})");
    }

    let folder = tempfile::tempdir().expect("a folder");
    let mut ides = Vec::new();
    for _ in 0..3 {
        let (spent, told) = mpsc::channel();
        let port = ide(unauthorized, spent);
        let lock = r#"{"pid":1,"workspaceFolders":["/home/me/site"],"ideName":"Visual Studio Code","transport":"ws","runningInWindows":false,"authToken":"0"}"#;
        std::fs::write(folder.path().join(format!("{port}.lock")), lock).expect("a lock");
        ides.push(told);
    }
    let folders = vec![folder.path().to_owned()];
    let before = cpu(ClockId::ThreadCPUTime);
    for _ in 0..LOOKS {
        assert_eq!(read_locks(&folders).locks.len(), 3);
    }
    println!("reading 3 locks: {:?} each", (cpu(ClockId::ThreadCPUTime) - before) / LOOKS);

    let before = (cpu(ClockId::ProcessCPUTime), cpu(ClockId::ThreadCPUTime));
    let (sender, mut reports) = tokio::sync::mpsc::unbounded_channel();
    let answers = runtime.block_on(async {
        let _heartbeat = Heartbeat::start(folders, Options::new(Arc::new(|| Duration::ZERO)), sender);
        let mut answers = 0_u32;
        let _ = tokio::time::timeout(IDLE, async {
            while let Some(report) = reports.recv().await {
                answers += u32::from(matches!(report, Report::Answered { misses: 0, .. }));
            }
        })
        .await;
        answers
    });
    let theirs: Duration = ides.iter().filter_map(|told| told.try_iter().last()).sum();
    let ours = (cpu(ClockId::ProcessCPUTime) - before.0).saturating_sub(theirs);
    let runtime = cpu(ClockId::ThreadCPUTime) - before.1;
    let share = ours.as_secs_f64() / IDLE.as_secs_f64() * 100.0;
    println!(
        "heartbeat, 3 locks, {IDLE:?}: {ours:?} of CPU ({runtime:?} on the runtime's thread), {share:.4} % of a core, {answers} answers"
    );
}
