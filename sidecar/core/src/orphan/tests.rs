//! Each rule of the judgement alone, on a leak that is certain but for one thing.

use super::{evidence::*, hosts::*, report::*, *};
use crate::{Event, OwnerEnd, ProcessFacts, ProcessState, Role, Settings, Supervisor, WindowId, WindowInfo};

const HOST: ProcessId = ProcessId { pid: 50, start_time: 50 };

/// A session of the panel, 200 MB, whose host has ended; as quiet as can be.
fn leaked(pid: u32) -> ProcessReport {
    let rest = Some(Duration::from_secs(600));
    ProcessReport {
        id: ProcessId { pid, start_time: u64::from(pid) },
        parent: 1,
        kind: ProcessKind::Session,
        session: Some(format!("session of {pid}")),
        owner: Some(Owner {
            id: HOST,
            kind: OwnerKind::Host,
            state: OwnerState::Ended(OwnerEnd::HostExited),
        }),
        stdin: StdinEnd::Closed,
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
        resident_bytes: 200_000_000,
        tool: None,
        is_our_ancestor: false,
        is_users_own: true,
    }
}

fn owned_by(owner: ProcessId, state: OwnerState) -> Option<Owner> {
    Some(Owner { id: owner, kind: OwnerKind::Host, state })
}

/// The judgement of the first report after the same look was taken twice, a minute apart.
fn judge(reports: &[ProcessReport]) -> JudgedProcess {
    let settings = ReapSettings { reap: ReapMode::Never, ..ReapSettings::default() };
    let mut orphans = Orphans::new(settings, 1);
    for second in 0..=60u64 {
        let now = Time::from_millis(1_000_000 + second * 1000);
        orphans.tick(now, Duration::ZERO);
        if second % 60 == 0 {
            orphans.looked(now, now, reports, &[]);
        }
    }
    assert_eq!(orphans.poll_decision(), None, "nothing is done unless the user wants it");
    orphans.judged()[0].clone()
}

type Change = fn(&mut ProcessReport);

/// What becomes of a certain leak by one change.
fn but(change: impl FnOnce(&mut ProcessReport)) -> JudgedProcess {
    let mut report = leaked(100);
    change(&mut report);
    judge(&[report])
}

#[test]
fn a_quiet_process_whose_owner_is_gone_is_certainly_leaked() {
    let judged = judge(&[leaked(100)]);
    assert_eq!((judged.grade, &judged.doubts[..], &judged.uses[..]), (Grade::Certain, &[][..], &[][..]));
    let why: Vec<String> = judged.evidence.iter().map(ToString::to_string).collect();
    assert_eq!(
        why,
        [
            "the extension host that started it (process 50) has ended: it was seen to exit",
            "nobody can write to its standard input",
            "it has no terminal",
            "nothing that it started is at work",
            "its transcript is 10 min old",
            "it has used no CPU for 10 min",
            "its sockets have been quiet for 10 min",
            "it has run for 60 min",
            "it holds 200 MB",
            "seen so 2 times over 60 s",
        ]
    );
}

#[test]
fn whatever_may_be_in_use_is_never_a_candidate() {
    let changes: [(Change, Use); 13] = [
        (|r| r.is_our_ancestor = true, Use::OurAncestor),
        (|r| r.is_users_own = false, Use::AnotherUsers),
        (|r| r.age = Duration::from_secs(59), Use::Young { age_ms: 59_000 }),
        (|r| r.has_terminal = Some(true), Use::Terminal { in_front: None }),
        (|r| r.in_front = Some(true), Use::Terminal { in_front: Some(true) }),
        (|r| r.in_multiplexer = Some(true), Use::Multiplexer),
        (|r| r.in_login_session = Some(true), Use::LoginSession),
        (|r| r.is_background = Some(true), Use::Background),
        (|r| r.tab = Tab::Open, Use::TabOpen),
        (|r| r.id.pid = 1, Use::NotIdentified),
        (|r| r.id.start_time = 0, Use::NotIdentified),
        (
            |r| {
                r.owner = owned_by(HOST, OwnerState::Alive);
                r.stdin = StdinEnd::Open;
            },
            Use::Owned { owner: Some(HOST) },
        ),
        (
            |r| {
                (r.owner, r.parent) = (None, 7);
                r.stdin = StdinEnd::NotKnown;
            },
            Use::Owned { owner: None },
        ),
    ];
    for (change, reason) in changes {
        let judged = but(change);
        assert_eq!((judged.grade, judged.uses), (Grade::InUse, vec![reason]));
    }
}

#[test]
fn what_is_not_known_counts_for_nothing() {
    let changes: [(Change, Doubt); 13] = [
        (|r| r.owner = owned_by(HOST, OwnerState::NotKnown), Doubt::Owner),
        (|r| r.owner = None, Doubt::Owner),
        (|r| r.stdin = StdinEnd::Open, Doubt::StdinOpen),
        (|r| r.has_terminal = None, Doubt::Terminal),
        (|r| r.in_multiplexer = None, Doubt::Terminal),
        (|r| r.in_login_session = None, Doubt::Terminal),
        (|r| r.is_background = None, Doubt::Background),
        (|r| r.working_children = None, Doubt::Children),
        (|r| r.session = None, Doubt::Session),
        (|r| r.quiet.cpu = None, Doubt::Activity),
        (|r| (r.quiet.transcript, r.quiet.sockets) = (None, None), Doubt::Activity),
        (|r| r.kind = ProcessKind::Shell, Doubt::Job),
        (|r| r.quiet.cpu = Some(Duration::from_secs(5)), Doubt::AtWork),
    ];
    for (change, doubt) in changes {
        let judged = but(change);
        assert_eq!((judged.grade, judged.doubts), (Grade::Suspect, vec![doubt]));
    }
    // One of the two is enough, and no pipe is no evidence either way.
    assert_eq!(but(|r| r.quiet.transcript = None).grade, Grade::Certain);
    assert_eq!(but(|r| r.quiet.sockets = None).grade, Grade::Certain);
    assert_eq!(but(|r| r.stdin = StdinEnd::NotKnown).grade, Grade::Certain);
}

#[test]
fn an_owner_is_gone_only_when_nothing_says_otherwise() {
    let gone = |how| move |r: &mut ProcessReport| r.owner = owned_by(HOST, OwnerState::Ended(how));
    for how in [OwnerEnd::Reparented, OwnerEnd::PidGone, OwnerEnd::HostExited] {
        assert_eq!(but(gone(how)).grade, Grade::Certain, "{how:?}");
    }
    let still_its_child = but(|r| {
        gone(OwnerEnd::Reparented)(r);
        r.parent = HOST.pid;
    });
    assert_eq!(still_its_child.doubts, [Doubt::Owner]);
    let no_host = but(|r| {
        let state = OwnerState::Ended(OwnerEnd::HostExited);
        r.owner = Some(Owner { id: HOST, kind: OwnerKind::Session, state });
    });
    assert_eq!(no_host.doubts, [Doubt::Owner]);
    let younger = but(|r| {
        let owner = ProcessId { pid: 50, start_time: 101 };
        r.owner = owned_by(owner, OwnerState::Ended(OwnerEnd::PidGone));
    });
    assert_eq!(younger.doubts, [Doubt::Owner], "that one was not there when this one began");
    let mut owner = leaked(HOST.pid);
    owner.owner = None;
    assert_eq!(judge(&[leaked(100), owner]).doubts, [Doubt::Owner], "there it is");
}

#[test]
fn a_session_is_superseded_by_its_own_owner_or_when_nobody_can_reach_it() {
    let old = |change: fn(&mut ProcessReport)| {
        let mut old = leaked(100);
        (old.owner, old.parent) = (owned_by(HOST, OwnerState::Alive), HOST.pid);
        old.stdin = StdinEnd::Open;
        // That is its successor's doing.
        old.quiet.transcript = Some(Duration::ZERO);
        change(&mut old);
        old
    };
    let new = |change: fn(&mut ProcessReport)| {
        let mut new = leaked(200);
        new.session = Some("session of 100".into());
        (new.owner, new.parent) = (owned_by(HOST, OwnerState::Alive), HOST.pid);
        (new.age, new.stdin) = (Duration::from_secs(300), StdinEnd::Open);
        change(&mut new);
        new
    };
    let same = judge(&[old(|_| {}), new(|_| {})]);
    assert_eq!(same.grade, Grade::Certain, "{same:?}");
    let by = ProcessId { pid: 200, start_time: 200 };
    assert_eq!(same.evidence[0], LeakEvidence::Superseded { by, younger_by_ms: 3_300_000 });
    assert_eq!(judge(&[new(|_| {}), old(|_| {})]).grade, Grade::InUse, "the newer one");

    let elsewhere = |r: &mut ProcessReport| {
        r.owner = owned_by(ProcessId { pid: 60, start_time: 60 }, OwnerState::Alive);
    };
    assert_eq!(judge(&[old(|_| {}), new(elsewhere)]).grade, Grade::InUse, "its user may want both");
    assert_eq!(judge(&[old(|r| r.tab = Tab::Gone), new(elsewhere)]).grade, Grade::Certain);
    assert_eq!(judge(&[old(|r| r.stdin = StdinEnd::Closed), new(elsewhere)]).grade, Grade::Certain);
    assert_eq!(judge(&[old(|r| r.tab = Tab::Open), new(|_| {})]).grade, Grade::InUse);
    assert_eq!(judge(&[old(|r| r.quiet.cpu = Some(Duration::ZERO)), new(|_| {})]).doubts, [Doubt::AtWork]);
    assert_eq!(judge(&[old(|r| r.quiet.sockets = None), new(|_| {})]).doubts, [Doubt::Activity]);
    for not_a_successor in [
        new(|r| r.session = Some("another".into())),
        new(|r| r.kind = ProcessKind::Other),
        new(|r| r.parent = 100),
        new(|r| r.owner = None),
        new(|r| r.id.start_time = 100),
    ] {
        assert_ne!(
            judge(&[old(|_| {}), not_a_successor.clone()]).grade,
            Grade::Certain,
            "{not_a_successor:?}"
        );
    }
}

#[test]
fn what_it_started_ends_with_it_unless_it_may_be_wanted() {
    let child = |change: fn(&mut ProcessReport)| {
        let mut child = leaked(101);
        (child.parent, child.kind, child.session) = (100, ProcessKind::McpServer, None);
        child.owner = Some(Owner {
            id: ProcessId { pid: 100, start_time: 100 },
            kind: OwnerKind::Session,
            state: OwnerState::Alive,
        });
        child.stdin = StdinEnd::Open;
        child.quiet = Quiet { cpu: Some(Duration::from_secs(900)), ..Quiet::default() };
        change(&mut child);
        judge(&[leaked(100), child])
    };
    let server = child(|_| {});
    assert_eq!((server.grade, server.tree.len()), (Grade::Certain, 2));
    assert_eq!(child(|r| r.parent = 1).tree.len(), 2, "it serves that session, whoever its parent is");
    assert_eq!(child(|r| r.quiet.cpu = None).grade, Grade::Certain);

    let job = |r: &mut ProcessReport| r.kind = ProcessKind::Other;
    assert_eq!(child(job).grade, Grade::Certain, "a job that does nothing");
    let wanted = [Doubt::Descendant(ProcessId { pid: 101, start_time: 101 })];
    assert_eq!(child(|r| (r.kind, r.listens) = (ProcessKind::Other, Some(true))).doubts, wanted);
    assert_eq!(child(|r| (r.kind, r.listens) = (ProcessKind::Shell, None)).doubts, wanted);
    assert_eq!(child(|r| r.kind = ProcessKind::Session).doubts, wanted, "its tail could not be saved");
    assert_eq!(child(|r| r.quiet.cpu = Some(Duration::ZERO)).doubts, [Doubt::AtWork]);
    for in_use in [
        child(|r| r.age = Duration::ZERO),
        child(|r| r.is_our_ancestor = true),
        child(|r| r.has_terminal = Some(true)),
        child(|r| r.is_users_own = false),
    ] {
        let id = ProcessId { pid: 101, start_time: 101 };
        assert_eq!((in_use.grade, in_use.uses), (Grade::InUse, vec![Use::Descendant { id }]));
    }
    // A pid that was used again since: the older process is nobody's child.
    assert_eq!(child(|r| (r.id.start_time, r.owner) = (99, None)).tree.len(), 1);
}

#[test]
fn a_server_that_was_left_behind_is_leaked_and_a_job_is_not() {
    let left = |kind| {
        but(|r| {
            (r.kind, r.session) = (kind, None);
            r.owner = Some(Owner {
                id: HOST,
                kind: OwnerKind::Session,
                state: OwnerState::Ended(OwnerEnd::PidGone),
            });
            r.quiet = Quiet { cpu: Some(Duration::from_secs(900)), ..Quiet::default() };
        })
    };
    assert_eq!(left(ProcessKind::McpServer).grade, Grade::Certain);
    assert_eq!(left(ProcessKind::LanguageServer).grade, Grade::Certain);
    assert_eq!(left(ProcessKind::Shell).doubts, [Doubt::Job]);
    assert_eq!(left(ProcessKind::Other).doubts, [Doubt::Job]);
}

#[test]
fn two_processes_with_one_pid_are_neither() {
    let mut other = leaked(100);
    other.id.start_time = 101;
    assert_eq!(judge(&[leaked(100), other]).uses, [Use::NotIdentified]);
}

#[test]
fn a_process_that_works_on_without_an_owner_is_shown_and_left_alone() {
    let judged = but(|r| (r.quiet.transcript, r.working_children) = (Some(Duration::from_secs(5)), Some(2)));
    assert_eq!((judged.grade, &judged.doubts[..]), (Grade::Suspect, &[Doubt::AtWork][..]));
    let at_what: Vec<String> = judged.uses.iter().map(ToString::to_string).collect();
    assert_eq!(at_what, ["its transcript grew 5 s ago", "2 processes that it started are at work"]);
}

/// What it is like after so many seconds of computing for nobody.
fn spinning(seconds: u64) -> HostReport {
    let facts = ProcessFacts {
        state: ProcessState::Running,
        main_cpu_ns: seconds * 1_000_000_000,
        all_cpu_ns: seconds * 1_000_000_000,
        main_run_delay_ns: None,
        switches: None,
        tracer_pid: 0,
        wait_channel: None,
        children: None,
        rss_bytes: 1_000_000_000,
    };
    HostReport {
        id: HOST,
        facts,
        clients: Some(0),
        loop_turned: Some(false),
        may_be_debugged: false,
        age: Duration::from_secs(3600),
        is_our_ancestor: false,
        is_users_own: true,
    }
}

/// A host that nobody is connected to, after so many minutes of looks once a minute, each as `change` makes it.
fn deserted(minutes: u64, change: impl Fn(u64, &mut HostReport)) -> Option<DesertedHost> {
    let mut hosts = DesertedHosts::default();
    let mut found = Vec::new();
    for minute in 0..=minutes {
        let mut report = spinning(minute * 60);
        change(minute, &mut report);
        found = hosts.looked(Time::from_millis(minute * 60_000), &[report], Duration::from_secs(600));
    }
    found.pop()
}

#[test]
fn a_host_that_computes_for_nobody_is_deserted_after_ten_minutes() {
    let grade = |minutes, change: fn(u64, &mut HostReport)| deserted(minutes, change).map(|host| host.grade);
    assert_eq!(grade(10, |_, _| {}), None);
    assert_eq!(grade(11, |_, _| {}), Some(Grade::Certain));
    let why = deserted(11, |_, _| {}).expect("it is");
    let why: Vec<String> = why.evidence.iter().map(ToString::to_string).collect();
    assert_eq!(
        why,
        [
            "no editor has been connected to it for 11 min",
            "its main thread used 100 % of a CPU or more and its other threads 0 %, for 11 min",
            "it holds 1000 MB",
            "its event loop has not turned for 11 min",
        ]
    );
    // Garbage collection: 30 % beside 40 %.
    let thrash = |minute, report: &mut HostReport| {
        report.facts.main_cpu_ns = minute * 18_000_000_000;
        report.facts.all_cpu_ns = minute * 42_000_000_000;
    };
    assert_eq!(grade(11, thrash), Some(Grade::Certain));
    // A crowd: it runs for 40 % of the time, and waits for a CPU for most of the rest; one that only waits is starved.
    fn crowded(minute: u64, report: &mut HostReport, percent: u64) {
        (report.facts.main_cpu_ns, report.facts.all_cpu_ns) =
            (minute * percent * 600_000_000, minute * percent * 600_000_000);
        report.facts.main_run_delay_ns = Some(minute * 40 * 600_000_000);
    }
    assert_eq!(grade(11, |minute, report| crowded(minute, report, 40)), Some(Grade::Certain));
    assert_eq!(grade(11, |minute, report| crowded(minute, report, 24)), None);
    assert_eq!(grade(11, |minute, report| crowded(minute, report, 19)), None);
    assert_eq!(grade(11, |_, report| report.loop_turned = None), Some(Grade::Suspect), "it may be at work");
    let not_always: [fn(u64, &mut HostReport); 9] = [
        |minute, report| report.clients = Some(u32::from(minute == 5)),
        |minute, report| report.clients = (minute != 5).then_some(0),
        |minute, report| report.loop_turned = Some(minute == 5),
        |minute, report| {
            let idle_ns = if minute >= 5 { 30_000_000_000 } else { 0 };
            report.facts.main_cpu_ns -= idle_ns;
            report.facts.all_cpu_ns -= idle_ns;
        },
        |minute, report| report.id.start_time += minute / 5,
        |_, report| report.may_be_debugged = true,
        |_, report| report.is_our_ancestor = true,
        |_, report| report.is_users_own = false,
        |_, report| report.facts.state = ProcessState::Stopped,
    ];
    for (number, change) in not_always.into_iter().enumerate() {
        assert_eq!(deserted(11, change), None, "{number}");
    }
}

/// Seconds after which a deserted host was told to end, and who was; it gets a client again after so many.
fn end_of_deserted(client_after: u64) -> Option<(u64, Vec<ProcessId>)> {
    let settings = ReapSettings { reap: ReapMode::Certain, ..ReapSettings::default() };
    let mut orphans = Orphans::new(settings, 1);
    // Its session lives as long as it does.
    let session = ProcessReport {
        parent: HOST.pid,
        owner: owned_by(HOST, OwnerState::Alive),
        stdin: StdinEnd::Open,
        ..leaked(60)
    };
    for second in 0..1200 {
        let now = Time::from_millis(1_000_000 + second * 1000);
        orphans.tick(now, Duration::ZERO);
        let mut look = second % 120 == 0;
        while let Some(decision) = orphans.poll_decision() {
            match decision {
                OrphanDecision::SaveTail { ending, sessions, .. } => {
                    assert!(sessions.is_empty(), "no session ends with it");
                    orphans.tail_saved(now, ending, Ok(()));
                }
                OrphanDecision::Look => look = true,
                OrphanDecision::EndProcess { tree, verb: Verb::Term, .. } => return Some((second, tree)),
                OrphanDecision::CalledOff { .. } => return None,
                other => panic!("{other:?}"),
            }
        }
        if look {
            let host = HostReport { clients: Some(u32::from(second >= client_after)), ..spinning(second) };
            orphans.looked(now, now, std::slice::from_ref(&session), &[host]);
        }
    }
    None
}

#[test]
fn a_deserted_host_is_ended_alone_and_not_once_somebody_is_back() {
    let (second, who) = end_of_deserted(u64::MAX).expect("it is ended");
    assert_eq!(who, [HOST]);
    assert!((720..730).contains(&second), "at the first look after ten minutes: {second}");
    assert_eq!(end_of_deserted(720), None);
    // At the last look before the signal.
    assert_eq!(end_of_deserted(second - 1), None);
}

#[test]
fn the_host_of_a_paused_window_is_not_thought_of() {
    let mut supervisor = Supervisor::new(Time::default(), 1);
    let window = WindowId("w".into());
    let info = WindowInfo::default();
    let at = Time::from_millis;
    supervisor
        .handle(at(1000), Event::Attached { window: window.clone(), host: HOST, role: Role::Main, info });
    let mut thought_of = |ms, paused| {
        supervisor.handle(at(ms), Event::Paused { window: window.clone(), paused });
        let hosts = vec![spinning(ms / 1000)];
        supervisor.handle(at(ms), Event::Processes { began: at(ms), reports: vec![], hosts });
        supervisor.orphans().judged().iter().any(|judged| judged.id == HOST)
    };
    assert!(thought_of(1100, false));
    assert!(!thought_of(1200, true));
    assert!(thought_of(1300, false));
}

#[test]
fn a_stale_lock_is_removed_only_where_nothing_is_asked() {
    for reap in [ReapMode::Certain, ReapMode::Ask, ReapMode::Never] {
        let mut orphans = Orphans::new(ReapSettings { reap, ..ReapSettings::default() }, 1);
        orphans.stale_lock(7001);
        let removed = orphans.poll_decision() == Some(OrphanDecision::RemoveLock { port: 7001 });
        assert_eq!(removed, reap == ReapMode::Certain, "{reap:?}");
    }
}

#[test]
fn the_most_careful_of_the_open_windows_is_obeyed() {
    let mut supervisor = Supervisor::new(Time::default(), 1);
    let host = |number: u32| ProcessId { pid: number, start_time: u64::from(number) };
    let window = |number: u32| WindowId(format!("window {number}"));
    let mut tell = |event| {
        supervisor.handle(Time::from_millis(1000), event);
        supervisor.orphans().settings().reap
    };
    let attached = |number, role| Event::Attached {
        window: window(number),
        host: host(number),
        role,
        info: WindowInfo::default(),
    };
    let says = |number, reap| Event::Settings {
        window: window(number),
        settings: Settings { reap: ReapSettings { reap, ..ReapSettings::default() }, ..Settings::default() },
    };
    tell(attached(10, Role::Main));
    assert_eq!(tell(says(10, ReapMode::Certain)), ReapMode::Certain);
    assert_eq!(tell(attached(20, Role::Main)), ReapMode::Certain, "it has said nothing yet");
    assert_eq!(tell(says(20, ReapMode::Never)), ReapMode::Never);
    // It is reloaded, and has other settings now.
    assert_eq!(tell(Event::Departing { host: host(20) }), ReapMode::Certain);
    tell(Event::Exited { host: host(20) });
    assert_eq!(tell(Event::Exited { host: host(10) }), ReapMode::Certain, "what was wished last still holds");
}
