//! Leaked processes, from the first look at them to their end: a few stories, and random ones in which the promises hold.
//!
//! What must never be is checked at every decision, in `orphans/world.rs`, from what had been reported until then.

#[path = "orphans/world.rs"]
mod world;

use std::time::Duration;

use lifeline_core::{
    Grade, OrphanDecision, Orphans, Owner, OwnerState, ProcessId, ProcessKind, ProcessReport, ReapMode,
    ReapSettings, StdinEnd, Tab, Time, ToolCall, Verb,
};
use proptest::{collection::vec, prelude::*};
use world::{Call, World, host, leaked, server};

fn check(world: &World, expected: &[&str]) {
    assert_eq!(
        world.log.iter().map(|line| line.trim_start()).collect::<Vec<_>>(),
        expected,
        "{:#?}",
        world.log
    );
}

#[test]
fn a_leak_is_saved_told_to_leave_then_killed_with_what_it_started() {
    let mut world = World::new(ReapMode::Certain).with([leaked(100), server(101, 100), server(102, 100)]);
    world.ends_of.insert(102, Verb::Term);
    world.run(60_000);
    check(
        &world,
        &[
            "41.0 save 100: s100",
            "41.2 Term 100 101 102",
            "44.1 Kill 100 101",
            "46.1 gave back 300 MB of 100 101 102",
        ],
    );
    assert_eq!((world.core.given_back().processes, world.core.given_back().bytes), (3, 300_000_000));
    assert!(!world.core.is_active());
}

#[test]
fn one_that_leaves_at_once_takes_its_servers_with_it_all_the_same() {
    let mut world = World::new(ReapMode::Certain).with([leaked(100), server(101, 100)]);
    world.ends_of.insert(100, Verb::Term);
    world.run(60_000);
    check(
        &world,
        &["41.0 save 100: s100", "41.2 Term 100 101", "44.1 Kill 101", "46.1 gave back 250 MB of 100 101"],
    );
}

/// Superseded: its host lives, and opened the session again.
fn superseded() -> World {
    let owned = |report: ProcessReport| ProcessReport {
        parent: host().pid,
        owner: report.owner.map(|owner| Owner { state: OwnerState::Alive, ..owner }),
        stdin: StdinEnd::Open,
        session: Some("s".into()),
        ..report
    };
    World::new(ReapMode::Certain).with([owned(leaked(100)), owned(leaked(200))])
}

#[test]
fn whoever_can_be_asked_to_close_the_input_is_asked_first() {
    let mut world = superseded();
    world.ends_of.insert(100, Verb::CloseStdin);
    world.run(60_000);
    check(&world, &["41.0 save 100: s", "41.2 CloseStdin 100", "44.1 gave back 200 MB of 100"]);

    let mut world = superseded();
    world.ends_of.insert(100, Verb::Term);
    world.run(60_000);
    check(
        &world,
        &["41.0 save 100: s", "41.2 CloseStdin 100", "44.1 Term 100", "47.1 gave back 200 MB of 100"],
    );
}

#[test]
fn a_tool_call_that_writes_gets_half_a_minute() {
    let mut world = World::new(ReapMode::Certain).with([leaked(100)]);
    world.change(100, |report| report.tool = Some(ToolCall { writes: None }));
    world.run(90_000);
    let term = world.log.iter().find(|line| line.contains("Term")).expect("in the end");
    assert_eq!(term.trim_start(), "72.1 Term 100", "{:#?}", world.log);

    let mut world = World::new(ReapMode::Certain).with([leaked(100)]);
    world.change(100, |report| report.tool = Some(ToolCall { writes: Some(true) }));
    world.run(48_000);
    world.change(100, |report| report.tool = None);
    world.run(10_000);
    assert!(world.log.iter().any(|line| line.trim_start() == "50.1 Term 100"), "{:#?}", world.log);

    let mut world = World::new(ReapMode::Certain).with([leaked(100)]);
    world.change(100, |report| report.tool = Some(ToolCall { writes: Some(false) }));
    world.run(60_000);
    assert!(world.log.iter().any(|line| line.trim_start() == "41.2 Term 100"), "{:#?}", world.log);
}

#[test]
fn an_owner_that_comes_back_makes_everything_void() {
    for (when, expected) in [
        (30_000, vec![]),
        (41_050, vec!["41.0 save 100: s100", "41.2 called off 100: Needed"]),
        (43_000, vec!["41.0 save 100: s100", "41.2 Term 100", "44.1 called off 100: Needed"]),
    ] {
        let mut world = World::new(ReapMode::Certain).with([leaked(100)]);
        world.run(when);
        world.change(100, |report| {
            report.owner = report.owner.map(|owner| Owner { state: OwnerState::Alive, ..owner });
            report.stdin = StdinEnd::Open;
        });
        world.run(100_000);
        check(&world, &expected);
        assert!(world.processes.contains_key(&100));
    }
}

#[test]
fn a_gap_voids_what_was_known_and_what_was_decided() {
    for gap in [|world: &mut World| world.hang(5_000), World::sleep, World::resume] {
        let mut world = World::new(ReapMode::Certain).with([leaked(100)]);
        world.run(30_000);
        gap(&mut world);
        world.run(20_000);
        check(&world, &[]);

        let mut world = World::new(ReapMode::Certain).with([leaked(100)]);
        world.run(43_000);
        gap(&mut world);
        world.run(300_000);
        let last = world.log.last().expect("it was called off");
        assert!(world.log.len() == 3 && last.ends_with("called off 100: Gap"), "{:#?}", world.log);
    }
}

#[test]
fn a_pid_that_is_used_again_is_nobodys_business() {
    let mut world = World::new(ReapMode::Certain).with([leaked(100), server(101, 100)]);
    world.run(43_000);
    let other = ProcessReport { id: ProcessId { pid: 100, start_time: 7_000 }, ..leaked(100) };
    world.processes.insert(100, other);
    world.run(15_000);
    let calm =
        ["41.0 save 100: s100", "41.2 Term 100 101", "44.1 Kill 101", "46.1 gave back 250 MB of 100 101"];
    check(&world, &calm);
    assert!(world.processes.contains_key(&100));
}

#[test]
fn a_look_that_began_before_it_was_asked_for_is_none() {
    let mut world = World::new(ReapMode::Certain).with([leaked(100)]);
    world.run(41_150);
    world.look(world.now - 100);
    check(&world, &["41.0 save 100: s100"]);
    world.run(100);
    assert_eq!(world.log.len(), 2, "{:#?}", world.log);
}

#[test]
fn a_session_whose_tail_is_not_saved_is_not_killed() {
    let mut world = World::new(ReapMode::Certain).with([leaked(100)]);
    world.run(43_000);
    world.change(100, |report| report.session = Some("another".into()));
    world.run(100_000);
    check(&world, &["41.0 save 100: s100", "41.2 Term 100", "44.1 gave back 0 MB of , left 100"]);
}

#[test]
fn without_a_snapshot_nothing_is_ended() {
    let mut world = World::new(ReapMode::Certain).with([leaked(100)]);
    world.saves_fail = true;
    world.run(120_000);
    check(&world, &["41.0 save 100: s100", "41.1 called off 100: NotSaved(\"the disk is full\")"]);
    // Tried again when it may have got better.
    world.saves_fail = false;
    world.run(600_000);
    assert!(world.log.last().is_some_and(|line| line.contains("gave back")), "{:#?}", world.log);
}

#[test]
fn an_actuator_that_refuses_has_the_last_word() {
    let mut world = World::new(ReapMode::Certain).with([leaked(100)]);
    world.refuses = true;
    world.run(120_000);
    assert_eq!(world.log.len(), 3, "{:#?}", world.log);
    assert!(world.log[2].contains("called off 100: Refused"), "{:#?}", world.log);
}

#[test]
fn a_look_or_a_disk_that_hangs_is_not_waited_for() {
    let mut world = World::new(ReapMode::Certain).with([leaked(100)]);
    world.answers_after = 45_000;
    world.run(80_000);
    check(
        &world,
        &["41.0 save 100: s100", "71.0 called off 100: NotSaved(\"the disk did not answer in time\")"],
    );

    let mut world = World::new(ReapMode::Certain).with([leaked(100)]);
    world.run(41_050);
    world.deaf = true;
    world.run(40_000);
    check(&world, &["41.0 save 100: s100", "52.0 called off 100: NoAnswer"]);
}

#[test]
fn what_does_not_end_is_not_told_again() {
    let mut world = World::new(ReapMode::Certain).with([leaked(100)]);
    world.unkillable.insert(100);
    world.run(3_600_000);
    check(
        &world,
        &["41.0 save 100: s100", "41.2 Term 100", "44.1 Kill 100", "46.1 gave back 0 MB of , left 100"],
    );
    world.ask(100);
    assert_eq!(world.log.last().map(|line| line.contains("answer Busy")), Some(true));
}

#[test]
fn the_user_is_asked_once_when_it_is_worth_it() {
    let few = World::new(ReapMode::Ask).with([leaked(100), leaked(200)]);
    let mut world = few;
    world.run(600_000);
    check(&world, &[]);
    world = world.with([leaked(300)]);
    world.run(600_000);
    assert_eq!(world.log.len(), 1, "{:#?}", world.log);
    assert!(world.log[0].ends_with("offer 3 processes, 600 MB"), "{:#?}", world.log);
    world.exit(300);
    world.run(60_000);
    world = world.with((1..=4).map(|n| server(200 + n, 200)));
    world.run(60_000);
    assert!(world.log[1].ends_with("offer 6 processes, 600 MB"), "{:#?}", world.log);
    world.set_mode(ReapMode::Never);
    world.run(600_000);
    assert_eq!(world.log.len(), 2, "{:#?}", world.log);
    world.set_mode(ReapMode::Certain);
    world.run(600_000);
    assert!(world.processes.is_empty(), "{:#?}", world.log);
}

#[test]
fn the_user_may_end_what_is_suspect_and_nothing_that_is_in_use() {
    let mut world = World::new(ReapMode::Never).with([leaked(100), leaked(200)]);
    world.ends_of.insert(100, Verb::Term);
    world.change(100, |report| report.owner = None);
    world.change(200, |report| report.has_terminal = Some(true));
    world.run(10_000);
    world.ask(100);
    world.ask(200);
    world.ask(100);
    world.run(10_000);
    check(
        &world,
        &[
            "10.0 answer Busy",
            "10.1 answer Started",
            "10.1 save 100: s100",
            "10.1 answer Refused(InUse([Terminal { in_front: None }]))",
            "10.1 called off 200: InUse([Terminal { in_front: None }])",
            "10.3 Term 100",
            "13.1 gave back 200 MB of 100",
        ],
    );
}

#[test]
fn what_the_user_does_not_want_any_more_is_called_off() {
    let mut world = World::new(ReapMode::Certain).with([leaked(100)]);
    world.run(43_000);
    world.set_mode(ReapMode::Ask);
    world.run(300_000);
    check(&world, &["41.0 save 100: s100", "41.2 Term 100", "43.0 called off 100: Unwanted"]);
    // The user may still do what is left to be done.
    world.ask(100);
    world.run(10_000);
    assert!(world.log.iter().any(|line| line.ends_with("Kill 100")), "{:#?}", world.log);
    assert!(world.processes.is_empty());
}

#[test]
fn a_table_with_more_processes_than_are_looked_at_is_not_judged() {
    let many = (0..4097).map(|n| leaked(1000 + n));
    let mut world = World::new(ReapMode::Certain).with(many);
    world.run(100_000);
    check(&world, &[]);
    assert!(world.core.judged().is_empty());
}

/// Something that happens to one of the processes, or to us.
#[derive(Clone, Debug)]
enum Turn {
    Pass(u64),
    Change(u32, Change),
    Reuse(u32),
    Exit(u32),
    Spawn(u32, ProcessKind),
    Hang(u64),
    Sleep,
    Resume,
    LateLook(u64),
    Ask(u32),
    Mode(ReapMode),
    SavesFail(bool),
    Refuses(bool),
    Slow(u64),
    EndsOf(u32, Option<Verb>),
}

/// One fact that is otherwise from now on.
#[derive(Clone, Copy, Debug)]
enum Change {
    Owner(OwnerState),
    NoOwner,
    Stdin(StdinEnd),
    Tab(Tab),
    Terminal(Option<bool>),
    Multiplexer(Option<bool>),
    Login(Option<bool>),
    Background(Option<bool>),
    Listens(Option<bool>),
    Working(Option<u32>),
    Cpu(Option<u64>),
    Sockets(Option<u64>),
    Transcript(Option<u64>),
    Session(Option<u8>),
    Tool(Option<bool>),
    Ancestor(bool),
    Own(bool),
    /// All that [`leaked`] says, of this process.
    Leaked,
}

const PIDS: std::ops::Range<u32> = 100..108;

fn changes() -> impl Strategy<Value = Change> {
    use lifeline_core::OwnerEnd::{HostExited, PidGone, Reparented};
    let told = || prop_oneof![Just(None), Just(Some(false)), Just(Some(true))];
    let quiet = || prop_oneof![Just(None), Just(Some(600)), Just(Some(5)), Just(Some(359))];
    let gone = || prop_oneof![Just(Reparented), Just(PidGone), Just(HostExited)];
    prop_oneof![
        2 => prop_oneof![Just(OwnerState::Alive), Just(OwnerState::NotKnown), gone().prop_map(OwnerState::Ended)]
            .prop_map(Change::Owner),
        1 => Just(Change::NoOwner),
        1 => prop_oneof![Just(StdinEnd::Open), Just(StdinEnd::Closed), Just(StdinEnd::NotKnown)].prop_map(Change::Stdin),
        1 => prop_oneof![Just(Tab::Open), Just(Tab::Gone), Just(Tab::NotKnown)].prop_map(Change::Tab),
        1 => told().prop_map(Change::Terminal),
        1 => told().prop_map(Change::Multiplexer),
        1 => told().prop_map(Change::Login),
        1 => told().prop_map(Change::Background),
        1 => told().prop_map(Change::Listens),
        1 => prop_oneof![Just(None), Just(Some(0)), Just(Some(2))].prop_map(Change::Working),
        1 => quiet().prop_map(Change::Cpu),
        1 => quiet().prop_map(Change::Sockets),
        1 => quiet().prop_map(Change::Transcript),
        2 => prop_oneof![Just(None), (0..2_u8).prop_map(Some)].prop_map(Change::Session),
        1 => told().prop_map(Change::Tool),
        1 => any::<bool>().prop_map(Change::Ancestor),
        1 => any::<bool>().prop_map(Change::Own),
        12 => Just(Change::Leaked),
    ]
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let kinds = prop_oneof![
        2 => Just(ProcessKind::McpServer),
        1 => Just(ProcessKind::Session),
        1 => Just(ProcessKind::Shell),
        1 => Just(ProcessKind::Other),
    ];
    let modes =
        prop_oneof![4 => Just(ReapMode::Certain), 1 => Just(ReapMode::Ask), 1 => Just(ReapMode::Never)];
    let verbs =
        prop_oneof![Just(None), Just(Some(Verb::CloseStdin)), Just(Some(Verb::Term)), Just(Some(Verb::Kill))];
    let turn = prop_oneof![
        16 => (1..60_000_u64).prop_map(Turn::Pass),
        8 => (1..3_000_u64).prop_map(Turn::Pass),
        20 => (PIDS, changes()).prop_map(|(pid, change)| Turn::Change(pid, change)),
        2 => PIDS.prop_map(Turn::Reuse),
        2 => PIDS.prop_map(Turn::Exit),
        4 => (PIDS, kinds).prop_map(|(parent, kind)| Turn::Spawn(parent, kind)),
        1 => (1_501..20_000_u64).prop_map(Turn::Hang),
        1 => Just(Turn::Sleep),
        1 => Just(Turn::Resume),
        1 => (0..40_000_u64).prop_map(Turn::LateLook),
        2 => PIDS.prop_map(Turn::Ask),
        1 => modes.prop_map(Turn::Mode),
        1 => any::<bool>().prop_map(Turn::SavesFail),
        1 => any::<bool>().prop_map(Turn::Refuses),
        1 => (0..15_000_u64).prop_map(Turn::Slow),
        2 => (PIDS, verbs).prop_map(|(pid, verb)| Turn::EndsOf(pid, verb)),
    ];
    vec(turn, 1..60)
}

fn take(world: &mut World, turn: Turn) {
    match turn {
        Turn::Pass(ms) => world.run(ms),
        Turn::Change(pid, change) => world.change(pid, |report| apply(report, change)),
        Turn::Reuse(pid) => {
            world.exit(pid);
            let id = ProcessId { pid, start_time: world.now };
            let report = ProcessReport { id, age: Duration::ZERO, ..leaked(pid) };
            world.processes.insert(pid, report);
        }
        Turn::Exit(pid) => world.exit(pid),
        Turn::Spawn(parent, kind) => {
            let pid = world.processes.keys().max().map_or(200, |last| (last + 1).max(200));
            if let Some(of) = world.processes.get(&parent).map(|parent| parent.id) {
                let report = server(pid, parent);
                let id = ProcessId { pid, start_time: world.now };
                let owner = report.owner.map(|owner| Owner { id: of, ..owner });
                let report = ProcessReport { id, owner, kind, age: Duration::ZERO, ..report };
                world.processes.insert(pid, report);
            }
        }
        Turn::Hang(ms) => world.hang(ms),
        Turn::Sleep => world.sleep(),
        Turn::Resume => world.resume(),
        Turn::LateLook(ago) => world.look(world.now.saturating_sub(ago)),
        Turn::Ask(pid) => world.ask(pid),
        Turn::Mode(mode) => world.set_mode(mode),
        Turn::SavesFail(fail) => world.saves_fail = fail,
        Turn::Refuses(refuse) => world.refuses = refuse,
        Turn::Slow(ms) => world.answers_after = ms,
        Turn::EndsOf(pid, Some(verb)) => {
            world.ends_of.insert(pid, verb);
        }
        Turn::EndsOf(pid, None) => {
            world.unkillable.insert(pid);
        }
    }
}

fn apply(report: &mut ProcessReport, change: Change) {
    let rest = |seconds: Option<u64>| seconds.map(Duration::from_secs);
    match change {
        Change::Owner(state) => report.owner = report.owner.map(|owner| Owner { state, ..owner }),
        Change::NoOwner => report.owner = None,
        Change::Stdin(stdin) => report.stdin = stdin,
        Change::Tab(tab) => report.tab = tab,
        Change::Terminal(told) => report.has_terminal = told,
        Change::Multiplexer(told) => report.in_multiplexer = told,
        Change::Login(told) => report.in_login_session = told,
        Change::Background(told) => report.is_background = told,
        Change::Listens(told) => report.listens = told,
        Change::Working(count) => report.working_children = count,
        Change::Cpu(seconds) => report.quiet.cpu = rest(seconds),
        Change::Sockets(seconds) => report.quiet.sockets = rest(seconds),
        Change::Transcript(seconds) => report.quiet.transcript = rest(seconds),
        Change::Session(number) => report.session = number.map(|number| format!("shared {number}")),
        Change::Tool(writes) => report.tool = writes.map(|writes| ToolCall { writes: Some(writes) }),
        Change::Ancestor(is) => report.is_our_ancestor = is,
        Change::Own(is) => report.is_users_own = is,
        Change::Leaked => {
            let before = report.clone();
            *report = ProcessReport { id: before.id, age: before.age, ..leaked(before.id.pid) };
        }
    }
}

/// Everyone starts as a leak of their own.
fn tell(turns: Vec<Turn>) -> World {
    let mut world = World::new(ReapMode::Certain).with(PIDS.map(leaked));
    turns.into_iter().for_each(|turn| take(&mut world, turn));
    world
}

fn replay(world: &World, mut between: impl FnMut(Orphans) -> Orphans) -> Vec<OrphanDecision> {
    let settings = ReapSettings { reap: ReapMode::Certain, ..ReapSettings::default() };
    let mut core = Orphans::new(settings, 1);
    let mut decisions = Vec::new();
    for call in world.calls.clone() {
        call.make(&mut core);
        decisions.extend(std::iter::from_fn(|| core.poll_decision()));
        core = between(core);
    }
    decisions
}

fn cases(usual: u32) -> ProptestConfig {
    let cases = std::env::var_os("SIMULATION_CASES").and_then(|cases| cases.to_str()?.parse().ok());
    ProptestConfig { cases: cases.unwrap_or(usual), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(64))]

    /// Whatever happens, the promises hold; and when it has calmed down, every leak that nobody was told of is ended, and nothing else.
    #[test]
    fn promises_hold(turns in turns()) {
        let mut world = tell(turns);
        (world.saves_fail, world.refuses, world.answers_after) = (false, false, 100);
        world.set_mode(ReapMode::Certain);
        world.run(700_000);
        world = world.with([leaked(900), server(901, 900)]);
        world.change(900, |report| report.id.start_time = 900);
        let mut live = leaked(910);
        live.has_terminal = Some(true);
        world = world.with([live]);
        let signals = world.signals.len();
        world.run(120_000);
        prop_assert!(!world.processes.contains_key(&900) && !world.processes.contains_key(&901), "{:#?}", world.log);
        prop_assert!(world.processes.contains_key(&910));
        prop_assert!(world.signals[signals..].iter().all(|(id, _)| id.pid != 910));
        prop_assert!(!world.core.is_active(), "under way for ever: {:#?}", world.log);
        prop_assert!(world.core.judged().iter().all(|judged| judged.grade != Grade::Certain), "{:#?}", world.log);
    }

    /// The same calls at the same times give the same decisions, also when the state is written down and read back in between.
    #[test]
    fn calls_replay(turns in turns()) {
        let world = tell(turns);
        let decisions = replay(&world, |core| core);
        #[cfg(feature = "serde")]
        {
            let written = replay(&world, |core| {
                let text = serde_json::to_string(&core).expect("the state can be written");
                assert!(text.len() < 100_000, "the state grows and grows");
                serde_json::from_str(&text).expect("and read")
            });
            prop_assert_eq!(&written, &decisions);
        }
        prop_assert_eq!(replay(&world, |core| core), decisions);
    }

    /// No order of calls, at times however absurd, makes it panic or signal without a saved tail.
    #[test]
    fn nothing_makes_it_panic(turns in turns(), times in vec(any::<u64>(), 60)) {
        let world = tell(turns);
        let mut core = Orphans::new(ReapSettings { reap: ReapMode::Certain, ..ReapSettings::default() }, u64::MAX);
        let mut saved = Vec::new();
        for (number, call) in world.calls.clone().into_iter().enumerate() {
            let absurd = Time::from_millis(times[number % times.len()]);
            let call = match call {
                Call::Tick(now, slept) if number % 7 > 0 => Call::Tick(now, slept),
                Call::Tick(_, slept) => Call::Tick(absurd, slept),
                Call::Looked(now, _, reports) if number % 5 == 0 => Call::Looked(now, absurd, reports),
                Call::Looked(_, began, reports) if number % 3 == 0 => Call::Looked(absurd, began, reports),
                other => other,
            };
            if let Call::Saved(_, ending, Ok(())) = &call {
                saved.push(*ending);
            }
            call.make(&mut core);
            while let Some(decision) = core.poll_decision() {
                if let OrphanDecision::EndProcess { ending, .. } = decision {
                    prop_assert!(saved.contains(&ending));
                }
            }
        }
    }
}
