//! Random stories against a small reference model, which knows nothing of the core's rules but what must never and what
//! must always come of them.
//!
//! `SIMULATION_CASES` sets how many stories each test tells.

mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use lifeline_core::{
    Beat, Cause, Decision, Drill, Event, Evidence, Incident, IncidentId, KillOutcome, Mode, NoticeId,
    Outcome, Phase, Pressure, ProcessFacts, ProcessId, ProcessState, RequestId, Risks, Role, Settings,
    Supervisor, Time, Verdict, Via, WindowId, WindowInfo,
};
use proptest::{collection::vec, prelude::*};
use world::{BEGIN, Behaviour, Chaos, Daemon, Disk, Graceful, Kills, Seen, World};

// ---- random stories ------------------------------------------------------------------------------

/// What happens in a random story. Windows are named by their place.
#[derive(Clone, Debug)]
enum Step {
    Behave(usize, Mood),
    Work(usize, u64),
    Detach(usize, bool),
    Reconnect(usize, bool),
    LoseWorker(usize),
    Crash(usize),
    Depart(usize, bool),
    DaemonStandsStill(u64),
    EverythingStandsStill(u64),
    Sleep(u64),
    TickLag(u64),
    ExtraTick,
    Disk(Disk),
    Kills(Kills),
    Birth(Option<u64>),
    AskRestart(usize, bool),
    AskDrill(usize, bool),
    Pause(usize, bool),
    Mode(usize, Mode),
    Threshold(usize, u64),
    Risk(usize, bool),
    Graceful(usize, Graceful),
    Pressure(bool),
    Astray {
        loss: u64,
        twice: u64,
        late: u64,
    },
    DaemonDies,
    DaemonStarts,
    /// Something that happened so many events ago is reported once more.
    Again(usize),
    Nothing,
}

#[derive(Clone, Copy, Debug)]
enum Mood {
    Healthy,
    Deadlock,
    BlockedRead,
    Spin,
    OnChild,
    GcThrash,
    Stopped,
    Traced,
    TracedAsleep,
    DiskSleep,
    Starved,
    Frozen,
}

#[derive(Clone)]
struct Plot {
    windows: usize,
    graceful: bool,
    seed: u64,
    steps: Vec<(u64, Step)>,
    /// When, after the calm, each window's host freezes for good, and how.
    freezes: Vec<(u64, bool)>,
}

impl fmt::Debug for Plot {
    /// A line for each step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} windows, graceful {}, seed {}", self.windows, self.graceful, self.seed)?;
        let mut at = 0;
        for (pause, step) in &self.steps {
            at += pause;
            write!(f, "\n{:>9.3}  {step:?}", Duration::from_millis(at).as_secs_f64())?;
        }
        write!(f, "\nin the end {:?}", self.freezes)
    }
}

fn moods() -> impl Strategy<Value = Mood> {
    prop_oneof![
        4 => Just(Mood::Healthy),
        4 => Just(Mood::Deadlock),
        1 => Just(Mood::BlockedRead),
        3 => Just(Mood::Spin),
        1 => Just(Mood::OnChild),
        1 => Just(Mood::GcThrash),
        1 => Just(Mood::Stopped),
        1 => Just(Mood::Traced),
        1 => Just(Mood::TracedAsleep),
        1 => Just(Mood::DiskSleep),
        1 => Just(Mood::Starved),
        1 => Just(Mood::Frozen),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let window = 0..3_usize;
    let disk = prop_oneof![
        3 => (0..100_u64).prop_map(|after_ms| Disk::Works { after_ms }),
        2 => (100..40_000_u64).prop_map(|after_ms| Disk::Works { after_ms }),
        1 => Just(Disk::Full),
        1 => Just(Disk::Hangs),
    ];
    let kills = prop_oneof![
        3 => Just(Kills::Work),
        1 => Just(Kills::Refused("it is another one".into())),
        1 => Just(Kills::NoEffect),
        1 => Just(Kills::Lost),
    ];
    let modes = prop_oneof![2 => Just(Mode::Automatic), 1 => Just(Mode::Ask), 1 => Just(Mode::Observe)];
    let graceful = prop_oneof![Just(Graceful::Works), Just(Graceful::Vetoed), Just(Graceful::NotFound)];
    prop_oneof![
        16 => (window.clone(), moods()).prop_map(|(window, mood)| Step::Behave(window, mood)),
        4 => (window.clone(), 500..25_000_u64).prop_map(|(window, ms)| Step::Work(window, ms)),
        2 => (window.clone(), any::<bool>()).prop_map(|(window, main)| Step::Detach(window, main)),
        3 => (window.clone(), any::<bool>()).prop_map(|(window, main)| Step::Reconnect(window, main)),
        1 => window.clone().prop_map(Step::LoseWorker),
        2 => window.clone().prop_map(Step::Crash),
        1 => (window.clone(), any::<bool>()).prop_map(|(window, again)| Step::Depart(window, again)),
        2 => (1..40_000_u64).prop_map(Step::DaemonStandsStill),
        2 => (1..40_000_u64).prop_map(Step::EverythingStandsStill),
        1 => (1..4_000_000_u64).prop_map(Step::Sleep),
        1 => (0..900_u64).prop_map(Step::TickLag),
        1 => Just(Step::ExtraTick),
        3 => disk.prop_map(Step::Disk),
        3 => kills.prop_map(Step::Kills),
        2 => prop::option::of(100..30_000_u64).prop_map(Step::Birth),
        3 => (window.clone(), any::<bool>()).prop_map(|(window, confirmed)| Step::AskRestart(window, confirmed)),
        2 => (window.clone(), any::<bool>()).prop_map(|(window, deadlock)| Step::AskDrill(window, deadlock)),
        2 => (window.clone(), any::<bool>()).prop_map(|(window, paused)| Step::Pause(window, paused)),
        3 => (window.clone(), modes).prop_map(|(window, mode)| Step::Mode(window, mode)),
        1 => (window.clone(), 1..40_u64).prop_map(|(window, s)| Step::Threshold(window, s)),
        2 => (window.clone(), any::<bool>()).prop_map(|(window, risk)| Step::Risk(window, risk)),
        1 => (window, graceful).prop_map(|(window, graceful)| Step::Graceful(window, graceful)),
        1 => any::<bool>().prop_map(Step::Pressure),
        1 => (0..10_u64, 0..30_u64, 0..50_u64)
            .prop_map(|(loss, twice, late)| Step::Astray { loss, twice, late }),
        1 => Just(Step::DaemonDies),
        2 => Just(Step::DaemonStarts),
        4 => (0..400_usize).prop_map(Step::Again),
        2 => Just(Step::Nothing),
    ]
}

fn plots() -> impl Strategy<Value = Plot> {
    let pause = prop_oneof![3 => 0..3_000_u64, 4 => 3_000..40_000_u64, 1 => 40_000..200_000_u64];
    let story = vec((pause, steps()), 1..40);
    let freezes = vec((0..3_000_u64, any::<bool>()), 3);
    (1..=3_usize, any::<bool>(), any::<u64>(), story, freezes).prop_map(
        |(windows, graceful, seed, steps, freezes)| Plot { windows, graceful, seed, steps, freezes },
    )
}

/// Tells a story to its end, and returns the world after it.
fn tell(plot: &Plot) -> World {
    let mut world = World::new();
    world.chaos.state = plot.seed;
    for number in 0..plot.windows {
        let info = WindowInfo {
            label: name(number),
            workspace_key: "the same for all".into(),
            can_restart_gracefully: plot.graceful,
            may_be_debugged: false,
        };
        world.open(&name(number), info);
        let main = plot.seed % 700;
        world.start_host(&name(number), 100 * (u32::try_from(number).unwrap() + 1), Some(main), Some(350));
    }
    for (pause, step) in &plot.steps {
        let until = world.now + pause;
        world.run_until(until);
        take(&mut world, plot.windows, step);
    }
    world
}

fn name(window: usize) -> String {
    format!("w{window}")
}

fn take(world: &mut World, windows: usize, step: &Step) {
    let now = world.now;
    let pid = |world: &World, window: usize| world.pid_of(&name(window % windows));
    match step.clone() {
        Step::Behave(window, mood) => {
            if let Some(pid) = pid(world, window) {
                let behaviour = match mood {
                    Mood::Healthy => Behaviour::Healthy,
                    Mood::Deadlock => Behaviour::Deadlock,
                    Mood::BlockedRead => Behaviour::BlockedRead,
                    Mood::Spin => Behaviour::Spin,
                    Mood::OnChild => Behaviour::OnChild { command: "make".into(), since: now },
                    Mood::GcThrash => Behaviour::GcThrash,
                    Mood::Stopped => Behaviour::Stopped,
                    Mood::Traced => Behaviour::Traced,
                    Mood::TracedAsleep => Behaviour::TracedAsleep,
                    Mood::DiskSleep => Behaviour::DiskSleep,
                    Mood::Starved => Behaviour::Starved,
                    Mood::Frozen => Behaviour::Frozen,
                };
                world.behave(pid, behaviour);
            }
        }
        Step::Work(window, ms) => {
            if let Some(pid) = pid(world, window) {
                world.behave(pid, Behaviour::Busy { until: now + ms });
            }
        }
        Step::Detach(window, main) => {
            if let Some(pid) = pid(world, window) {
                world.detach(pid, if main { Role::Main } else { Role::Worker });
            }
        }
        Step::Reconnect(window, main) => {
            if let Some(pid) = pid(world, window) {
                world.reconnect(pid, if main { Role::Main } else { Role::Worker }, 200);
            }
        }
        Step::LoseWorker(window) => {
            if let Some(pid) = pid(world, window) {
                if let Some(host) = world.hosts.get_mut(&pid) {
                    host.has_worker = false;
                }
                world.detach(pid, Role::Worker);
            }
        }
        Step::Crash(window) => {
            if let Some(pid) = pid(world, window) {
                world.crash(pid);
            }
        }
        Step::Depart(window, again) => {
            if let Some(pid) = pid(world, window) {
                world.depart(pid, again);
            }
        }
        Step::DaemonStandsStill(ms) => {
            if world.daemon == Daemon::Runs {
                world.stand_still(ms, false);
            }
        }
        Step::EverythingStandsStill(ms) => {
            if world.daemon == Daemon::Runs {
                world.stand_still(ms, true);
            }
        }
        Step::Sleep(ms) => world.sleep(ms),
        Step::TickLag(ms) => world.tick_lag = ms,
        Step::ExtraTick => {
            if world.daemon == Daemon::Runs {
                world.tick();
            }
        }
        Step::Disk(disk) => world.disk = disk,
        Step::Kills(kills) => world.kills = kills,
        Step::Birth(after) => world.birth_after = after,
        Step::AskRestart(window, confirmed) => world.ask_restart(&name(window % windows), confirmed),
        Step::AskDrill(window, deadlock) => {
            world
                .ask_drill(&name(window % windows), if deadlock { Drill::Deadlock } else { Drill::BusyLoop });
        }
        Step::Pause(window, paused) => world.pause(&name(window % windows), paused),
        Step::Mode(window, mode) => world.set(&name(window % windows), |settings| settings.mode = mode),
        Step::Threshold(window, s) => world.set(&name(window % windows), |settings| {
            settings.deadlock_after = Duration::from_secs(s);
            settings.spinning_after = Duration::from_secs(s);
        }),
        Step::Risk(window, risk) => {
            let would_lose = if risk { vec!["notebook".into()] } else { Vec::new() };
            world.would_lose(&name(window % windows), would_lose);
        }
        Step::Graceful(window, graceful) => {
            if let Some(pane) = world.panes.get_mut(&name(window % windows)) {
                pane.graceful = graceful;
            }
        }
        Step::Pressure(high) => {
            let cpu_percent = if high { 95.0 } else { 3.0 };
            world.pressure = Some(Pressure { cpu_percent, ..Pressure::default() });
        }
        Step::Astray { loss, twice, late } => {
            world.chaos = Chaos {
                state: world.chaos.state,
                loss_percent: loss,
                twice_percent: twice,
                late_percent: late,
            };
        }
        Step::DaemonDies => {
            if world.daemon == Daemon::Runs {
                world.daemon_dies();
            }
        }
        Step::DaemonStarts => {
            if world.daemon == Daemon::Dead {
                world.daemon_starts(1_000);
            }
        }
        Step::Again(back) => {
            let mut attached = BTreeSet::new();
            let mut old = world.seen.iter().rev().filter_map(|(_, seen)| match seen {
                // A daemon looks for itself, and its own clock does not repeat itself.
                Seen::Event(Event::Facts { .. } | Event::Tick { .. }) => None,
                // What a connection said is dropped with it.
                Seen::Event(Event::Beat { host, .. } | Event::Pulse { host, .. })
                    if attached.contains(host) =>
                {
                    None
                }
                Seen::Event(event) => {
                    if let Event::Attached { host, .. } = event {
                        attached.insert(*host);
                    }
                    Some(event)
                }
                _ => None,
            });
            if let Some(event) = old.nth(back).cloned() {
                world.send(event);
            }
        }
        Step::Nothing => {}
    }
}

/// All disturbances end: the daemon runs, the disk works, each window has a host that is well and both its connections.
fn calm_down(world: &mut World, windows: usize) {
    world.chaos = Chaos { state: world.chaos.state, ..Chaos::default() };
    world.tick_lag = 0;
    world.disk = Disk::Works { after_ms: 20 };
    world.kills = Kills::Work;
    world.birth_after = Some(1500);
    world.pressure = None;
    // Whatever stands still goes on, and what is under way ends.
    world.run_until(world.now + 50_000);
    if world.daemon == Daemon::Dead {
        world.daemon_starts(2_000);
    }
    world.run_until(world.now + 50_000);
    for number in 0..windows {
        let name = name(number);
        let pid = world.pid_of(&name).unwrap_or_else(|| {
            let pid = 1000 * (u32::try_from(number).unwrap() + 1);
            world.start_host(&name, pid, Some(100), Some(200));
            pid
        });
        world.behave(pid, Behaviour::Healthy);
        world.reconnect(pid, Role::Main, 100);
        world.reconnect(pid, Role::Worker, 200);
        world.run_until(world.now + 2_000);
        world.pause(&name, false);
        world.set(&name, |settings| *settings = Settings::default());
        world.would_lose(&name, Vec::new());
    }
    world.run_until(world.now + 400_000);
}

// ---- the reference model -------------------------------------------------------------------------

/// What the model knows of a window, from the events alone.
#[derive(Default)]
struct Known {
    host: Option<ProcessId>,
    met_at: u64,
    hostless_since: u64,
    main: bool,
    /// VS Code shuts it down since then.
    departing: Option<u64>,
    dead: BTreeSet<ProcessId>,
    exits: Vec<u64>,
    killed: Option<(ProcessId, IncidentId)>,
    paused: bool,
    settings: Settings,
    would_lose: bool,
    confirmed_at: Option<u64>,
    state: Option<(u64, ProcessState)>,
}

impl Known {
    fn ended(&mut self, at: u64) {
        let Some(host) = self.host.take() else { return };
        let counted = self.killed.take().is_some_and(|(killed, _)| killed == host);
        if !counted && self.departing.is_none() {
            self.exits.push(at);
        }
        self.dead.insert(host);
        self.hostless_since = at;
        self.main = false;
        self.departing = None;
        self.state = None;
        self.confirmed_at = None;
    }
}

/// Goes through a story and says what should not have been.
#[derive(Default)]
struct Model {
    windows: BTreeMap<WindowId, Known>,
    last_tick: Option<u64>,
    slept: Option<Duration>,
    gap_at: Option<u64>,
    saved: BTreeSet<IncidentId>,
    incidents: BTreeMap<IncidentId, Incident>,
    told: BTreeSet<(NoticeId, bool)>,
    over: BTreeSet<IncidentId>,
    unanswered: BTreeSet<RequestId>,
    changed: BTreeSet<WindowId>,
    kills: usize,
}

impl Model {
    /// The whole story, with what was true at each kill. Some messages were lost: then the core knows things later.
    fn check(world: &World, lossy: bool) -> Self {
        let mut model = Self::default();
        let mut truths = world.kill_truths.iter();
        for (at, seen) in &world.seen {
            match seen {
                Seen::Event(event) => model.event(*at, event),
                Seen::Resume(_) => {
                    model.gap_at = Some(*at);
                    model.last_tick = model.last_tick.map(|_| *at);
                }
                Seen::Decision(decision) => {
                    model.decision(*at, decision);
                    if let Decision::KillHost { verdict, evidence, .. } = decision {
                        let truth = truths.next().expect("each kill has its truth");
                        assert_eq!(truth.at, *at);
                        let host = truth.host.as_ref().expect("a kill names a host that exists");
                        let slack = if lossy { 8_000 } else { 2_500 };
                        let behaved = |what: fn(&Behaviour) -> bool| {
                            let before = host.past.iter().rev().take_while(|(until, _)| at - until < slack);
                            what(&host.behaviour) || before.into_iter().any(|(_, was)| what(was))
                        };
                        if evidence.contains(&Evidence::Confirmed) {
                            assert!(
                                !host.behaviour.is_held() || at - host.since < 100,
                                "{at}: a confirmed kill of a host that is {:?}",
                                host.behaviour
                            );
                        } else {
                            assert!(
                                behaved(Behaviour::is_stuck),
                                "{at}: kill of a host that is {:?}",
                                host.behaviour
                            );
                            let stalls = host.stalls.iter().filter(|(_, to)| at - to < slack);
                            let silent = stalls.map(|(from, to)| to - from).chain([at - host.last_turn]);
                            let silent = Duration::from_millis(silent.max().unwrap_or(0) + slack);
                            let due =
                                verdict.act_after(&truth.settings).expect("a verdict that calls for action");
                            assert!(
                                silent >= due,
                                "{at}: silent for {silent:?} only, {verdict} needs {due:?}"
                            );
                        }
                    }
                }
                Seen::Status(window, status) => {
                    assert!(
                        model.changed.contains(window),
                        "{at}: a change without a word: {window} {status:?}"
                    );
                    assert!(status.pending.len() <= 8, "{at}: more and more notices");
                }
            }
        }
        assert!(model.unanswered.is_empty(), "requests without an answer: {:?}", model.unanswered);
        model
    }

    fn event(&mut self, at: u64, event: &Event) {
        assert!(self.unanswered.is_empty(), "{at}: requests without an answer: {:?}", self.unanswered);
        self.changed.clear();
        // A gap: no tick for more than one and a half seconds, or the machine slept.
        if self.last_tick.is_some_and(|tick| at - tick > 1_500) {
            self.gap_at = Some(at);
            self.last_tick = Some(at);
        }
        match event {
            Event::Tick { slept, .. } => {
                if self.slept.is_some_and(|before| *slept > before + Duration::from_millis(200)) {
                    self.gap_at = Some(at);
                }
                self.slept = Some(*slept);
                self.last_tick = self.windows.values().any(|known| known.host.is_some()).then_some(at);
            }
            Event::Attached { window, host, role, .. } => self.attached(at, window, *host, *role),
            Event::Detached { host, role: Role::Main } => {
                if let Some(known) = self.of(*host) {
                    known.main = false;
                }
            }
            Event::Departing { host } => {
                for known in self.windows.values_mut() {
                    if known.host == Some(*host) {
                        known.departing = Some(at);
                    } else if known.host.is_none() && known.dead.contains(host) {
                        // Late news: it may not have been a crash.
                        known.exits.pop();
                    }
                }
            }
            Event::Exited { host } => {
                if let Some(known) = self.of(*host) {
                    known.ended(at);
                }
            }
            Event::Facts { host, facts } => {
                if let Some(known) = self.of(*host) {
                    let held = facts.tracer_pid != 0;
                    known.state = Some((at, if held { ProcessState::Traced } else { facts.state }));
                    if facts.state == ProcessState::Dead {
                        known.ended(at);
                    }
                }
            }
            Event::Context { window, risks } => {
                if let Some(known) = self.windows.get_mut(window) {
                    known.would_lose = !risks.would_lose.is_empty();
                }
            }
            Event::Settings { window, settings } => {
                if let Some(known) = self.windows.get_mut(window) {
                    known.settings = *settings;
                }
            }
            Event::Paused { window, paused } => {
                if let Some(known) = self.windows.get_mut(window) {
                    known.paused = *paused;
                }
            }
            Event::SnapshotSaved { incident } => {
                self.saved.insert(*incident);
            }
            Event::KillDone { incident, outcome: KillOutcome::Refused(_) } => {
                for known in self.windows.values_mut() {
                    if known.killed.is_some_and(|(_, killed_for)| killed_for == *incident) {
                        known.killed = None;
                        known.exits.pop();
                    }
                }
            }
            Event::GracefulAnswered { incident, started: true } => {
                let window = self.incidents.get(incident).map(|incident| incident.window.clone());
                if let Some(known) = window.and_then(|window| self.windows.get_mut(&window)) {
                    known.departing = Some(at);
                }
            }
            Event::RestartAsked { request, window, confirmed } => {
                self.unanswered.insert(*request);
                if let Some(known) = self.windows.get_mut(window).filter(|_| *confirmed) {
                    known.confirmed_at = Some(at);
                }
            }
            Event::DrillAsked { request, .. } => {
                self.unanswered.insert(*request);
            }
            _ => {}
        }
    }

    fn attached(&mut self, at: u64, window: &WindowId, host: ProcessId, role: Role) {
        if self.windows.values().all(|known| known.host.is_none()) {
            self.last_tick = Some(at);
        }
        let known = self.windows.entry(window.clone()).or_default();
        if known.dead.contains(&host) {
            return;
        }
        if known.host != Some(host) {
            known.ended(at);
            if at - known.hostless_since >= 305_000 {
                known.paused = false;
            }
            known.host = Some(host);
            known.met_at = at;
        }
        if role == Role::Main {
            known.main = true;
            known.departing = None;
        }
    }

    fn of(&mut self, host: ProcessId) -> Option<&mut Known> {
        self.windows.values_mut().find(|known| known.host == Some(host))
    }

    fn decision(&mut self, at: u64, decision: &Decision) {
        match decision {
            Decision::KillHost { incident, window, host, verdict, evidence } => {
                self.kill(at, *incident, window, *host, *verdict, evidence);
            }
            Decision::SaveSnapshot { incident } => {
                self.incidents.insert(incident.id, (**incident).clone());
            }
            Decision::RestartGracefully { incident, .. } => {
                assert!(self.saved.contains(incident), "{at}: a restart without a snapshot");
                assert_eq!(self.incidents[incident].cause, Cause::Requested);
            }
            Decision::Tell { window, via, notice } => {
                let by_window = *via == Via::Window;
                assert!(self.told.insert((notice.id, by_window)), "{at}: told twice: {notice:?}");
                let known = &self.windows[window];
                assert!(!by_window || known.main, "{at}: nobody there can show {notice:?}");
            }
            Decision::Record { incident } => {
                assert_ne!(incident.outcome, Outcome::Open, "{at}: recorded open");
                assert!(!self.over.contains(&incident.id), "{at}: recorded after its end: {incident:?}");
                if !matches!(incident.outcome, Outcome::Refused | Outcome::NotVerified) {
                    self.over.insert(incident.id);
                }
            }
            Decision::AnswerRestart { request, .. } | Decision::AnswerDrill { request, .. } => {
                assert!(self.unanswered.remove(request), "{at}: an answer to nobody");
            }
            Decision::Changed { window } => {
                self.changed.insert(window.clone());
            }
            Decision::Leave => {
                assert!(self.windows.values().all(|known| known.host.is_none()), "{at}: leaves its windows");
            }
            Decision::Examine { .. } | Decision::Freeze { .. } => {}
        }
    }

    fn kill(
        &mut self,
        at: u64,
        incident: IncidentId,
        window: &WindowId,
        host: ProcessId,
        verdict: Verdict,
        evidence: &[Evidence],
    ) {
        let known = self.windows.get_mut(window).expect("a kill in a window that is known");
        assert_eq!(known.host, Some(host), "{at}: kill of another host");
        assert!(self.saved.contains(&incident), "{at}: kill without a snapshot");
        let mut witnesses: Vec<_> = evidence.iter().map(Evidence::witness).collect();
        witnesses.sort_unstable();
        witnesses.dedup();
        assert!(witnesses.len() >= 2, "{at}: kill on the word of {witnesses:?} alone");
        let recent = known.exits.iter().filter(|exit| at - **exit < 300_000).count();
        assert!(recent < 2, "{at}: the third exit in five minutes");
        if evidence.contains(&Evidence::Confirmed) {
            let asked_at = known.confirmed_at.take().expect("a confirmed kill was asked for");
            assert!(at - asked_at <= 120_000, "{at}: confirmed long ago");
            let (looked_at, state) = known.state.expect("a confirmed kill was preceded by a look");
            assert!(looked_at >= asked_at, "{at}: an old look");
            assert!(!matches!(state, ProcessState::Stopped | ProcessState::Traced), "{at}: {state:?}");
        } else {
            let due = verdict.act_after(&known.settings).expect("a verdict that calls for action");
            let due = u64::try_from(due.as_millis()).unwrap();
            assert!(self.gap_at.is_none_or(|gap| at - gap >= due), "{at}: kill too soon after a gap");
            assert!(at - known.met_at >= 10_000, "{at}: kill of a host that has just started");
            assert!(!known.paused, "{at}: kill while paused");
            let departs = known.departing.is_some_and(|since| at - since < 60_000);
            assert!(!departs, "{at}: kill of a host that VS Code shuts down");
            assert_ne!(known.settings.mode, Mode::Observe, "{at}: kill in mode observe");
            let cause = self.incidents[&incident].cause;
            assert!(known.settings.mode != Mode::Ask || cause != Cause::Freeze, "{at}: kill without asking");
            assert!(!known.would_lose, "{at}: kill of unsaved work");
            let against = evidence.iter().any(|one| {
                matches!(
                    one,
                    Evidence::WorkerSilent { .. }
                        | Evidence::Tracer { .. }
                        | Evidence::MayBeDebugged
                        | Evidence::CpuPressure { .. }
                        | Evidence::RunDelay { .. }
                        | Evidence::Gap { .. }
                )
            });
            assert!(!against, "{at}: kill against the evidence {evidence:?}");
        }
        known.exits.push(at);
        known.killed = Some((host, incident));
        self.kills += 1;
    }
}

// ---- the properties ------------------------------------------------------------------------------

fn cases(usual: u32) -> ProptestConfig {
    let cases = std::env::var_os("SIMULATION_CASES").and_then(|cases| cases.to_str()?.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(usual),
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(48))]

    /// Whatever happens, the promises hold; and when it has calmed down, a freeze is recovered in time.
    #[test]
    fn promises_hold(plot in plots()) {
        let mut world = tell(&plot);
        calm_down(&mut world, plot.windows);
        for window in world.core.windows() {
            let told = window.pending();
            prop_assert!(told.is_empty(), "never told: {told:?}");
            prop_assert_eq!(window.phase(), &Phase::Watching, "stuck: {:?}", window.incident());
            prop_assert_eq!(window.judgement().verdict, Verdict::Healthy);
            prop_assert_eq!(window.restarts_in_window(Time::from_millis(world.now)), 0);
            prop_assert!(window.incident().is_none_or(|last| last.outcome != Outcome::Open));
        }
        let before = world.kill_truths.len();
        let mut frozen = Vec::new();
        for (number, (offset, spins)) in plot.freezes.iter().take(plot.windows).enumerate() {
            world.run_until(world.now + offset);
            let pid = world.pid_of(&name(number)).expect("a host in each window");
            world.behave(pid, if *spins { Behaviour::Spin } else { Behaviour::Deadlock });
            frozen.push((pid, world.now, if *spins { 20_000 } else { 15_000 }));
        }
        world.run_until(world.now + 40_000);
        let kills = &world.kill_truths[before..];
        prop_assert_eq!(kills.len(), plot.windows, "{}", stand(&world));
        for (pid, since, due) in frozen {
            let kill = kills.iter().find(|kill| kill.host.as_ref().is_some_and(|host| host.id.pid == pid));
            let after = kill.expect("each frozen host is killed").at - since;
            prop_assert!(after >= due - 1_500 && after <= due + 5_000, "killed after {after} ms, due {due} ms");
        }
        for window in world.core.windows() {
            prop_assert_eq!(window.phase(), &Phase::Watching);
            prop_assert_eq!(window.judgement().verdict, Verdict::Healthy);
            prop_assert_eq!(window.incident().map(|last| last.outcome), Some(Outcome::Recovered));
        }
        let lossy = plot.steps.iter().any(|(_, step)| matches!(step, Step::Astray { loss, .. } if *loss > 0));
        let model = Model::check(&world, lossy);
        prop_assert!(model.kills >= plot.windows);
    }

    /// The same events at the same times give the same decisions.
    #[test]
    fn journals_replay(plot in plots()) {
        let world = tell(&plot);
        let decisions = decisions(&world);
        prop_assert_eq!(&replay(&world, |core| core), &decisions);
    }

    /// A daemon that writes the state down and reads it back between any two events goes on as if nothing had been.
    #[cfg(feature = "serde")]
    #[test]
    fn the_state_survives_writing_down(plot in plots(), every in 1..200_usize) {
        let world = tell(&plot);
        let decisions = decisions(&world);
        let mut count = 0;
        let replayed = replay(&world, |core| {
            count += 1;
            if count % every != 0 {
                return core;
            }
            let text = serde_json::to_string(&core).expect("the state can be written");
            serde_json::from_str(&text).expect("and read")
        });
        prop_assert_eq!(&replayed, &decisions);
    }
}

/// How things stand, for a story that ends badly.
fn stand(world: &World) -> String {
    let window = |window: &lifeline_core::Window| {
        let pid = world.pid_of(&window.id().0);
        let truth = pid.map(|pid| &world.hosts[&pid]);
        format!("{window:#?}\nin truth {truth:#?}")
    };
    world.core.windows().map(window).collect()
}

fn decisions(world: &World) -> Vec<(u64, Decision)> {
    let decision = |(at, seen): &(u64, Seen)| match seen {
        Seen::Decision(decision) => Some((*at, decision.clone())),
        _ => None,
    };
    world.seen.iter().filter_map(decision).collect()
}

fn replay(world: &World, mut between: impl FnMut(Supervisor) -> Supervisor) -> Vec<(u64, Decision)> {
    let mut core = Supervisor::new(Time::from_millis(BEGIN), 1);
    let mut decisions = Vec::new();
    for (at, seen) in &world.seen {
        match seen {
            Seen::Event(event) => core.handle(Time::from_millis(*at), event.clone()),
            Seen::Resume(first_number) => core.resume(Time::from_millis(*at), *first_number),
            Seen::Decision(_) | Seen::Status(..) => continue,
        }
        while let Some(decision) = core.poll_decision() {
            decisions.push((*at, decision));
        }
        core = between(core);
    }
    decisions
}

// ---- any events at all ---------------------------------------------------------------------------

fn hosts() -> impl Strategy<Value = ProcessId> {
    (1..5_u32, 1..3_u64).prop_map(|(pid, start_time)| ProcessId { pid, start_time })
}

fn window_ids() -> impl Strategy<Value = WindowId> {
    (0..3_u8).prop_map(|number| WindowId(format!("w{number}")))
}

fn numbers() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 0..20_u64, 1 => any::<u64>(), 1 => Just(u64::MAX)]
}

fn facts() -> impl Strategy<Value = ProcessFacts> {
    let states = prop::sample::select(vec![
        ProcessState::Running,
        ProcessState::Sleeping,
        ProcessState::Sleeping,
        ProcessState::DiskSleep,
        ProcessState::Stopped,
        ProcessState::Traced,
        ProcessState::Dead,
        ProcessState::Other,
    ]);
    let child = numbers().prop_map(|age_ms| lifeline_core::Child { pid: 9, age_ms, command: "x".into() });
    (
        states,
        numbers(),
        numbers(),
        prop::option::of(numbers()),
        prop::option::of((numbers(), numbers())),
        0..2_u32,
        prop::option::of(vec(child, 0..3)),
    )
        .prop_map(|(state, main, all, delay, switches, tracer_pid, children)| ProcessFacts {
            state,
            main_cpu_ns: main,
            all_cpu_ns: all,
            main_run_delay_ns: delay,
            switches,
            tracer_pid,
            wait_channel: None,
            children,
        })
}

fn durations() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => (0..20_000_u64).prop_map(Duration::from_millis),
        1 => Just(Duration::ZERO),
        1 => Just(Duration::MAX)
    ]
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let mode = prop::sample::select(vec![Mode::Automatic, Mode::Automatic, Mode::Ask, Mode::Observe]);
    (mode, durations(), durations(), durations(), durations(), durations()).prop_map(
        |(mode, late_after, deadlock_after, spinning_after, gc_thrash_after, on_child_after)| Settings {
            mode,
            late_after,
            deadlock_after,
            spinning_after,
            gc_thrash_after,
            on_child_after,
        },
    )
}

fn events() -> impl Strategy<Value = Event> {
    let role = prop_oneof![Just(Role::Main), Just(Role::Worker)];
    let incident = || (0..12_u64).prop_map(IncidentId);
    let outcome = prop_oneof![
        Just(KillOutcome::Killed),
        Just(KillOutcome::AlreadyGone),
        Just(KillOutcome::Refused("no".into()))
    ];
    let info = (any::<bool>(), any::<bool>(), 0..2_u8).prop_map(|(graceful, debugged, key)| WindowInfo {
        label: "any".into(),
        workspace_key: key.to_string(),
        can_restart_gracefully: graceful,
        may_be_debugged: debugged,
    });
    let pressure = prop::option::of((0..3_u8).prop_map(|kind| Pressure {
        cpu_percent: [0.0, 99.0, f32::NAN][usize::from(kind)],
        ..Pressure::default()
    }));
    let beat = (numbers(), numbers()).prop_map(|(used, limit)| Beat {
        delay_p99_ms: f64::NAN,
        heap_used_bytes: used,
        heap_limit_bytes: limit,
        rss_bytes: 0,
    });
    let seq = || prop_oneof![0..30_u32, any::<u32>()];
    let lost = prop_oneof![Just(Vec::new()), Just(vec!["notebook".to_owned()])];
    prop_oneof![
        8 => (durations(), pressure).prop_map(|(slept, pressure)| Event::Tick { slept, pressure }),
        4 => (window_ids(), hosts(), role.clone(), info)
            .prop_map(|(window, host, role, info)| Event::Attached { window, host, role, info }),
        1 => (hosts(), role).prop_map(|(host, role)| Event::Detached { host, role }),
        2 => (hosts(), seq(), beat).prop_map(|(host, seq, beat)| Event::Beat { host, seq, beat }),
        3 => (hosts(), seq(), 0..3_u32).prop_map(|(host, seq, counter)| Event::Pulse { host, seq, counter }),
        6 => (hosts(), facts()).prop_map(|(host, facts)| Event::Facts { host, facts }),
        1 => hosts().prop_map(|host| Event::Departing { host }),
        1 => hosts().prop_map(|host| Event::Exited { host }),
        1 => (window_ids(), lost).prop_map(|(window, would_lose)| Event::Context {
            window,
            risks: Risks { would_lose, ..Risks::default() },
        }),
        1 => (window_ids(), any_settings()).prop_map(|(window, settings)| Event::Settings { window, settings }),
        4 => incident().prop_map(|incident| Event::SnapshotSaved { incident }),
        1 => incident().prop_map(|incident| Event::SnapshotFailed { incident, reason: "no".into() }),
        2 => (incident(), outcome).prop_map(|(incident, outcome)| Event::KillDone { incident, outcome }),
        1 => (incident(), any::<bool>())
            .prop_map(|(incident, started)| Event::GracefulAnswered { incident, started }),
        3 => (window_ids(), any::<bool>(), numbers()).prop_map(|(window, confirmed, request)| {
            Event::RestartAsked { request: RequestId(request), window, confirmed }
        }),
        1 => (window_ids(), any::<bool>()).prop_map(|(window, tell_window)| Event::DrillAsked {
            request: RequestId(0),
            window,
            drill: Drill::Deadlock,
            tell_window,
        }),
        1 => (window_ids(), any::<bool>()).prop_map(|(window, paused)| Event::Paused { window, paused }),
    ]
}

/// Mostly forward, sometimes back, sometimes to the end of time.
fn times() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        8 => (0..3_000_i64).prop_map(Some),
        2 => (3_000..400_000_i64).prop_map(Some),
        1 => (-400_000..0_i64).prop_map(Some),
        1 => Just(None),
    ]
}

proptest! {
    #![proptest_config(cases(256))]

    /// No order of events, however absurd, makes it panic, kill without a snapshot, or kill a host it does not watch.
    #[test]
    fn nothing_makes_it_panic(story in vec((times(), events()), 1..120), resume_at in 0..120_usize) {
        let mut core = Supervisor::new(Time::from_millis(1_000_000), 0);
        let mut now = 1_000_000_u64;
        let mut saved = BTreeSet::new();
        for (number, (step, event)) in story.into_iter().enumerate() {
            now = match step {
                Some(ms) => now.saturating_add_signed(ms),
                None => u64::MAX - now,
            };
            if number == resume_at {
                core.resume(Time::from_millis(now), 3);
            }
            if let Event::SnapshotSaved { incident } = &event {
                saved.insert(*incident);
            }
            core.handle(Time::from_millis(now), event);
            let _ = core.poll_timeout();
            while let Some(decision) = core.poll_decision() {
                if let Decision::KillHost { incident, window, host, evidence, .. } = decision {
                    prop_assert!(saved.contains(&incident));
                    prop_assert_eq!(core.window(&window).and_then(lifeline_core::Window::host), Some(host));
                    prop_assert!(evidence.len() >= 2);
                }
            }
            for window in core.windows() {
                prop_assert!(window.pending().len() <= 8);
            }
        }
    }
}
