//! What it costs to judge 2,000 processes of Claude Code: `cargo run --release -p lifeline-core --example judge`. Prints milliseconds.
#![allow(clippy::print_stdout, clippy::disallowed_types, clippy::disallowed_methods, reason = "a benchmark")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use lifeline_core::{
    Orphans, Owner, OwnerEnd, OwnerKind, OwnerState, ProcessId, ProcessKind, ProcessReport, Quiet,
    ReapSettings, StdinEnd, Tab, Time,
};

const SESSIONS: u32 = 400;
/// Of each session: three MCP servers and a shell.
const CHILDREN: u32 = 4;
const LOOKS: u32 = 200;

fn main() {
    let reports: Vec<ProcessReport> = (0..SESSIONS).flat_map(family).collect();
    let mut orphans = Orphans::new(ReapSettings::default(), 1);
    let mut took = Duration::ZERO;
    for look in 1..=LOOKS {
        let now = Time::from_millis(u64::from(look) * 1000);
        orphans.tick(now, Duration::ZERO);
        let began = Instant::now();
        orphans.looked(now, now, &reports, &[]);
        took += began.elapsed();
        while let Some(decision) = orphans.poll_decision() {
            black_box(decision);
        }
        black_box(orphans.judged());
    }
    println!("{:.3}", took.as_secs_f64() * 1000.0 / f64::from(LOOKS));
}

/// A session and what it has started; of every fourth the host is gone.
fn family(number: u32) -> Vec<ProcessReport> {
    let pid = 1000 + number * (CHILDREN + 1);
    let is_left = number.is_multiple_of(4);
    let host = ProcessId { pid: 500 + number, start_time: 1 };
    let state = if is_left { OwnerState::Ended(OwnerEnd::Reparented) } else { OwnerState::Alive };
    let mut session = process(pid, if is_left { 1 } else { host.pid }, ProcessKind::Session);
    session.session = Some(format!("session of {pid}"));
    session.owner = Some(Owner { id: host, kind: OwnerKind::Host, state });
    session.stdin = if is_left { StdinEnd::Closed } else { StdinEnd::Open };
    let owner = Owner { id: session.id, kind: OwnerKind::Session, state: OwnerState::Alive };
    let children = (1..=CHILDREN).map(|child| {
        let kind = if child == CHILDREN { ProcessKind::Shell } else { ProcessKind::McpServer };
        ProcessReport { owner: Some(owner), ..process(pid + child, pid, kind) }
    });
    std::iter::once(session).chain(children).collect()
}

fn process(pid: u32, parent: u32, kind: ProcessKind) -> ProcessReport {
    let rest = Some(Duration::from_secs(600));
    ProcessReport {
        id: ProcessId { pid, start_time: u64::from(pid) },
        parent,
        kind,
        session: None,
        owner: None,
        stdin: StdinEnd::Open,
        tab: Tab::NotKnown,
        has_terminal: Some(false),
        in_front: None,
        in_multiplexer: Some(false),
        in_login_session: Some(false),
        is_background: Some(false),
        listens: Some(false),
        age: Duration::from_secs(3600),
        working_children: Some(0),
        quiet: Quiet { transcript: rest, cpu: rest, sockets: rest },
        resident_bytes: 100_000_000,
        tool: None,
        is_our_ancestor: false,
        is_users_own: true,
    }
}
