//! Random stories: windows whose hosts do all that hosts can do, and everything that can go wrong around them.

use std::{collections::BTreeSet, fmt, time::Duration};

use lifeline_core::{Drill, Event, Mode, Pressure, Role, Settings, WindowInfo};
use proptest::{collection::vec, prelude::*};

use crate::world::{Behaviour, Chaos, Daemon, Disk, Graceful, Kills, Seen, World};

/// What happens in a random story. Windows are named by their place.
#[derive(Clone, Debug)]
pub(crate) enum Step {
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
pub(crate) enum Mood {
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
    KeptOff,
    SpinAlone,
    Mute,
    Frozen,
}

#[derive(Clone)]
pub(crate) struct Plot {
    pub(crate) windows: usize,
    pub(crate) graceful: bool,
    pub(crate) seed: u64,
    /// The operating system tells no run delays, no context switches.
    pub(crate) tells_little: bool,
    pub(crate) steps: Vec<(u64, Step)>,
    /// When, after the calm, each window's host freezes for good, and how.
    pub(crate) freezes: Vec<(u64, bool)>,
}

impl fmt::Debug for Plot {
    /// A line for each step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} windows, graceful {}, seed {}", self.windows, self.graceful, self.seed)?;
        write!(f, ", tells little {}", self.tells_little)?;
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
        1 => Just(Mood::KeptOff),
        1 => Just(Mood::SpinAlone),
        1 => Just(Mood::Mute),
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
        1 => Just(Kills::NotCommitted),
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

pub(crate) fn plots() -> impl Strategy<Value = Plot> {
    let pause = prop_oneof![3 => 0..3_000_u64, 4 => 3_000..40_000_u64, 1 => 40_000..200_000_u64];
    let story = vec((pause, steps()), 1..40);
    let freezes = vec((0..3_000_u64, any::<bool>()), 3);
    (1..=3_usize, any::<bool>(), any::<u64>(), any::<bool>(), story, freezes).prop_map(
        |(windows, graceful, seed, tells_little, steps, freezes)| Plot {
            windows,
            graceful,
            seed,
            tells_little,
            steps,
            freezes,
        },
    )
}

impl Plot {
    /// Some messages are lost in it.
    pub(crate) fn is_lossy(&self) -> bool {
        self.steps.iter().any(|(_, step)| matches!(step, Step::Astray { loss, .. } if *loss > 0))
    }
}

/// Tells a story to its end, and returns the world after it.
pub(crate) fn tell(plot: &Plot) -> World {
    let mut world = World::new();
    world.chaos.state = plot.seed;
    world.tells_little = plot.tells_little;
    world.look_ms = 1 + plot.seed % 400;
    world.exit_ms = 1 + plot.seed % 3_000;
    for number in 0..plot.windows {
        let info = WindowInfo {
            label: name(number),
            workspace_key: "the same for all".into(),
            can_restart_gracefully: plot.graceful,
            may_be_debugged: false,
        };
        world.open(&name(number), info);
        let main = plot.seed % 700;
        world.start_host(
            &name(number),
            100 * (u32::try_from(number).expect("few windows") + 1),
            Some(main),
            Some(350),
        );
    }
    for (pause, step) in &plot.steps {
        let until = world.now + pause;
        world.run_until(until);
        take(&mut world, plot.windows, step);
    }
    world
}

pub(crate) fn name(window: usize) -> String {
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
                    Mood::KeptOff => Behaviour::KeptOff,
                    Mood::SpinAlone => Behaviour::SpinAlone,
                    // Only the context switches give it away.
                    Mood::Mute if world.tells_little => Behaviour::Healthy,
                    Mood::Mute => Behaviour::Mute,
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
            let recent = world.seen.iter().rev().take_while(|(at, _)| now - at < 100_000);
            let mut old = recent.filter_map(|(_, seen)| match seen {
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
pub(crate) fn calm_down(world: &mut World, windows: usize) {
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
            let pid = 1000 * (u32::try_from(number).expect("few windows") + 1);
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
