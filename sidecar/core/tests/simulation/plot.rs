//! Random stories: windows whose hosts do all that hosts can do, and everything that can go wrong around them.

use std::{fmt, time::Duration};

use lifeline_core::{Mode, Role, Settings, WindowInfo};
use proptest::{collection::vec, prelude::*};

use crate::world::{Behaviour, Chaos, Culprits, Daemon, Disk, Graceful, Kills, World};

#[path = "plot/take.rs"]
mod take;
use take::take;

/// What happens in a random story. Windows are named by their place; those after the last have no Lifeline in them, at first.
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
    AskRestart {
        window: usize,
        confirmed: bool,
        when_quiet: bool,
    },
    AskDrill(usize, bool),
    Pause(usize, bool),
    Mode(usize, Mode),
    Threshold(usize, u64),
    Risk(usize, bool),
    Graceful(usize, Graceful),
    Pressure(bool),
    Leak(usize, u64),
    Litter(usize, u64),
    Hold(usize, u64),
    LateLoop(usize, u64),
    Turn(usize, bool),
    Input(usize, u64),
    Tasks(usize, u32),
    Refresh(usize, bool, u64),
    Culprits(Culprits),
    TurnsUnknown(bool),
    MachineMemory(u64),
    Socket(usize, bool),
    Install,
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
    /// There is one more, without Lifeline in it.
    pub(crate) unguarded: bool,
    /// The others have IDE sockets, too.
    pub(crate) sockets: bool,
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
        write!(f, ", one more without Lifeline {}, sockets {}", self.unguarded, self.sockets)?;
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
    let rates = prop_oneof![Just(0), 1..200_u64];
    let culprits = prop_oneof![
        3 => (0..2_000_u64).prop_map(|after_ms| Culprits::Found { after_ms }),
        1 => (0..2_000_u64).prop_map(|after_ms| Culprits::NotFound { after_ms }),
        1 => Just(Culprits::Lost),
    ];
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
        3 => (window.clone(), any::<bool>(), any::<bool>()).prop_map(|(window, confirmed, when_quiet)| {
            Step::AskRestart { window, confirmed, when_quiet }
        }),
        4 => (window.clone(), rates.clone()).prop_map(|(window, rate)| Step::Leak(window, rate)),
        2 => (window.clone(), rates).prop_map(|(window, rate)| Step::Litter(window, rate)),
        3 => (window.clone(), 10..99_u64).prop_map(|(window, percent)| Step::Hold(window, percent)),
        1 => (window.clone(), 10..400_u64).prop_map(|(window, ms)| Step::LateLoop(window, ms)),
        4 => (window.clone(), any::<bool>()).prop_map(|(window, begins)| Step::Turn(window, begins)),
        2 => (window.clone(), 0..100_000_u64).prop_map(|(window, ms)| Step::Input(window, ms)),
        1 => (window.clone(), 0..3_u32).prop_map(|(window, tasks)| Step::Tasks(window, tasks)),
        2 => (window.clone(), any::<bool>(), 30..600_u64)
            .prop_map(|(window, automatic, s)| Step::Refresh(window, automatic, s)),
        2 => culprits.prop_map(Step::Culprits),
        1 => any::<bool>().prop_map(Step::TurnsUnknown),
        1 => (0..40_u64).prop_map(Step::MachineMemory),
        1 => (window.clone(), any::<bool>()).prop_map(|(window, listens)| Step::Socket(window, listens)),
        1 => Just(Step::Install),
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
    let kinds = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (1..=3_usize, kinds, any::<u64>(), story, freezes).prop_map(
        |(windows, (unguarded, sockets, graceful, tells_little), seed, steps, freezes)| Plot {
            windows,
            unguarded,
            sockets,
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
            unguarded: false,
        };
        world.open(&name(number), info);
        if let Some(pane) = world.panes.get_mut(&name(number)) {
            pane.has_sockets = plot.sockets;
        }
        let main = plot.seed % 700;
        world.start_host(
            &name(number),
            100 * (u32::try_from(number).expect("few windows") + 1),
            Some(main),
            Some(350),
        );
    }
    if plot.unguarded {
        world.open_unguarded(UNGUARDED, 900);
    }
    for (pause, step) in &plot.steps {
        let until = world.now + pause;
        world.run_until(until);
        take(&mut world, plot.windows + usize::from(plot.unguarded), step);
    }
    world
}

/// The window without Lifeline, and its name once Lifeline is in it.
pub(crate) const UNGUARDED: &str = "other";
pub(crate) const INSTALLED: &str = "installed";

pub(crate) fn name(window: usize) -> String {
    format!("w{window}")
}

/// All disturbances end: the daemon runs, the disk works, each window has a host that is well and both its connections.
pub(crate) fn calm_down(world: &mut World, windows: usize) {
    world.chaos = Chaos { state: world.chaos.state, ..Chaos::default() };
    world.tick_lag = 0;
    world.disk = Disk::Works { after_ms: 20 };
    world.kills = Kills::Work;
    world.birth_after = Some(1500);
    world.pressure = None;
    world.culprits = Culprits::NotFound { after_ms: 5 };
    world.turns_unknown = false;
    // Whatever stands still goes on, and what is under way ends.
    world.run_until(world.now + 50_000);
    if world.daemon == Daemon::Dead {
        world.daemon_starts(2_000);
    }
    world.run_until(world.now + 50_000);
    for number in 0..windows {
        if world.pid_of(&name(number)).is_none() {
            let pid = 1000 * (u32::try_from(number).expect("few windows") + 1);
            world.start_host(&name(number), pid, Some(100), Some(200));
        }
    }
    let panes: Vec<_> = world.panes.iter().map(|(name, pane)| (name.clone(), pane.info.unguarded)).collect();
    for (name, unguarded) in panes {
        let Some(pid) = world.pid_of(&name) else { continue };
        world.change_heap(pid, |heap| {
            (heap.leaks_mb_per_s, heap.litters_mb_per_s) = (0, 0);
            heap.hold(12);
        });
        if let Some(host) = world.hosts.get_mut(&pid) {
            host.delay_ms = 11;
        }
        world.behave(pid, Behaviour::Healthy);
        if unguarded {
            world.listen(pid);
            world.pause(&name, false);
            continue;
        }
        world.reconnect(pid, Role::Main, 100);
        world.reconnect(pid, Role::Worker, 200);
        world.run_until(world.now + 2_000);
        // Whatever waits is called off.
        world.pause(&name, true);
        world.run_until(world.now + 100);
        world.pause(&name, false);
        world.turn(&name, false);
        world.work(&name, 0);
        world.set(&name, |settings| *settings = Settings::default());
        world.risk(&name, |risks| (risks.would_lose, risks.running_tasks) = (Vec::new(), 0));
    }
    world.run_until(world.now + 400_000);
}
