//! A world in miniature around the core: windows, hosts with the vital signs that were measured on real ones, VS Code's
//! crash budget, a disk, an actuator, and a daemon that may be late or die. Time is simulated; nothing is random here.

#![allow(dead_code, reason = "the two tests that share it use different parts")]

use std::{collections::BTreeMap, time::Duration};

use lifeline_core::{
    Beat, Child, Decision, Drill, Event, KillOutcome, NoticeId, Pressure, ProcessFacts, ProcessId,
    ProcessState, RequestId, Risks, Role, Settings, Supervisor, Time, Verdict, Window, WindowId, WindowInfo,
};

/// Stories begin here, in milliseconds after boot.
pub(crate) const BEGIN: u64 = 1_000_000;

/// What a host's threads do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Behaviour {
    /// Idle, its loop turns.
    Healthy,
    /// Honest synchronous work until then.
    Busy { until: u64 },
    /// `Atomics.wait` without an end.
    Deadlock,
    /// A blocked read.
    BlockedRead,
    /// A loop without an end.
    Spin,
    /// `execSync` of a child that was started then.
    OnChild { command: String, since: u64 },
    /// Near its heap limit.
    GcThrash,
    /// SIGSTOP.
    Stopped,
    /// Stopped under a debugger.
    Traced,
    /// A debugger holds it, in an ordinary sleep.
    TracedAsleep,
    /// At a breakpoint of the JavaScript debugger: only the main thread waits.
    Breakpoint,
    /// An uninterruptible wait.
    DiskSleep,
    /// All its threads are ready and get no CPU.
    Starved,
    /// All its threads are held in an interruptible sleep (a freezer of the system).
    Frozen,
}

impl Behaviour {
    /// The event loop turns.
    pub(crate) fn main_runs(&self) -> bool {
        *self == Self::Healthy
    }

    pub(crate) fn worker_runs(&self) -> bool {
        !matches!(self, Self::Stopped | Self::Traced | Self::TracedAsleep | Self::Starved | Self::Frozen)
    }

    /// A restart is the cure, if it lasts: honest work without a pause is no different from outside.
    pub(crate) fn is_stuck(&self) -> bool {
        matches!(
            self,
            Self::Busy { .. }
                | Self::Deadlock
                | Self::BlockedRead
                | Self::Spin
                | Self::OnChild { .. }
                | Self::GcThrash
        )
    }

    pub(crate) fn is_held(&self) -> bool {
        matches!(self, Self::Stopped | Self::Traced | Self::TracedAsleep)
    }

    /// CPU of the main thread and of the others in percent, voluntary and involuntary switches per second, share of the
    /// time that the main thread waited for a CPU in percent: FACTS section 2, halved (its window is 2 s).
    fn rates(&self) -> (u64, u64, u64, u64, u64) {
        match self {
            Self::Healthy => (1, 0, 4, 0, 0),
            Self::Busy { .. } | Self::Spin => (98, 0, 0, 4, 2),
            Self::GcThrash => (62, 50, 120, 200, 3),
            Self::Starved => (4, 2, 0, 3, 90),
            _ => (0, 0, 0, 0, 0),
        }
    }

    fn state(&self) -> (ProcessState, Option<&'static str>) {
        match self {
            Self::Healthy | Self::OnChild { .. } => (ProcessState::Sleeping, Some("do_epoll_wait")),
            Self::Deadlock | Self::Breakpoint => (ProcessState::Sleeping, Some("futex_do_wait")),
            Self::BlockedRead => (ProcessState::Sleeping, Some("wait_for_partner")),
            Self::Busy { .. } | Self::Spin | Self::GcThrash | Self::Starved => (ProcessState::Running, None),
            Self::Stopped => (ProcessState::Stopped, Some("do_signal_stop")),
            Self::Traced => (ProcessState::Traced, Some("ptrace_stop")),
            Self::TracedAsleep | Self::Frozen => (ProcessState::Sleeping, Some("do_freezer_trap")),
            Self::DiskSleep => (ProcessState::DiskSleep, Some("folio_wait_bit_common")),
        }
    }
}

/// One extension host, as it really is.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) id: ProcessId,
    pub(crate) window: String,
    pub(crate) alive: bool,
    pub(crate) behaviour: Behaviour,
    /// Halted together with the daemon until then.
    pub(crate) halted_until: u64,
    pub(crate) has_worker: bool,
    /// Which connections stand.
    pub(crate) main: bool,
    pub(crate) worker: bool,
    /// It reconnects by itself.
    pub(crate) reconnects: bool,
    /// New connections number their messages from here.
    pub(crate) first_seq: u32,
    pub(crate) beat_seq: u32,
    pub(crate) pulse_seq: u32,
    pub(crate) counter: u32,
    /// When the event loop turned last.
    pub(crate) last_turn: u64,
    /// When it stood still, and until when.
    pub(crate) stalls: Vec<(u64, u64)>,
    /// Since when it behaves as it does.
    pub(crate) since: u64,
    pub(crate) departing: bool,
    /// Its beats arrive again and again.
    pub(crate) echoes: bool,
    /// What it did before, and until when.
    pub(crate) past: Vec<(u64, Behaviour)>,
    measured_at: u64,
    main_cpu_us: u64,
    other_cpu_us: u64,
    run_delay_us: u64,
    voluntary_milli: u64,
    involuntary_milli: u64,
}

impl Host {
    pub(crate) fn is_halted(&self, now: u64) -> bool {
        now < self.halted_until
    }

    fn turn(&mut self, now: u64) {
        if now - self.last_turn > 1_500 {
            self.stalls.push((self.last_turn, now));
        }
        self.last_turn = now;
    }

    fn main_runs(&self, now: u64) -> bool {
        self.alive && !self.is_halted(now) && self.behaviour.main_runs()
    }

    fn worker_runs(&self, now: u64) -> bool {
        self.alive && self.has_worker && !self.is_halted(now) && self.behaviour.worker_runs()
    }

    /// Brings the kernel's accounts up to now.
    fn account(&mut self, now: u64) {
        let from = self.measured_at.max(self.halted_until.min(now));
        let ms = now.saturating_sub(from);
        let (main, others, voluntary, involuntary, delay) = self.behaviour.rates();
        self.main_cpu_us += ms * 10 * main;
        self.other_cpu_us += ms * 10 * others;
        self.run_delay_us += ms * 10 * delay;
        self.voluntary_milli += ms * voluntary;
        self.involuntary_milli += ms * involuntary;
        self.measured_at = now;
    }

    fn facts(&mut self, now: u64) -> ProcessFacts {
        self.account(now);
        let (state, channel) = if self.alive { self.behaviour.state() } else { (ProcessState::Dead, None) };
        let (tracer_pid, mut children) = match &self.behaviour {
            Behaviour::Traced | Behaviour::TracedAsleep => (77, Vec::new()),
            Behaviour::OnChild { command, since } => {
                (0, vec![Child { pid: 5000, age_ms: now - since, command: command.clone() }])
            }
            _ => (0, Vec::new()),
        };
        // A language server that was there long before.
        children.push(Child { pid: 4000, age_ms: now, command: "tsserver".into() });
        ProcessFacts {
            state,
            main_cpu_ns: self.main_cpu_us * 1000,
            all_cpu_ns: (self.main_cpu_us + self.other_cpu_us) * 1000,
            main_run_delay_ns: Some(self.run_delay_us * 1000),
            switches: Some((self.voluntary_milli / 1000, self.involuntary_milli / 1000)),
            tracer_pid,
            wait_channel: channel.map(str::to_owned),
            children: Some(children),
        }
    }
}

/// How VS Code's own restart ends in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Graceful {
    Works,
    /// The user says no to VS Code's question.
    Vetoed,
    NotFound,
}

/// One window, as it really is.
#[derive(Clone, Debug)]
pub(crate) struct Pane {
    pub(crate) info: WindowInfo,
    pub(crate) settings: Settings,
    pub(crate) risks: Risks,
    pub(crate) graceful: Graceful,
    /// Unexpected exits, as VS Code counts them.
    pub(crate) crashes: Vec<u64>,
    /// VS Code asked the user because of a third crash.
    pub(crate) vscode_gave_up: bool,
}

/// What the disk does with a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Disk {
    Works {
        after_ms: u64,
    },
    Full,
    /// It neither saves nor fails.
    Hangs,
}

/// What a kill does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kills {
    Work,
    Refused(String),
    /// The signal is sent, and the process stays.
    NoEffect,
    /// The daemon dies before it sends the signal.
    Lost,
}

/// The daemon's own state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Daemon {
    Runs,
    /// It does not run until then; messages wait.
    StandsStill {
        until: u64,
    },
    /// Messages are lost.
    Dead,
}

/// What the world does at its time.
#[derive(Clone, Debug)]
enum Happening {
    Beat(u32),
    Pulse(u32),
    Echo(u32),
    WorkDone(u32),
    Attach(u32, Role),
    Exit { pid: u32, expected: bool },
    Birth(String),
    Arrive(Event),
    Freeze(String, Drill),
    Signal(ProcessId),
}

/// What went into the core and came out, in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    Event(Event),
    Resume(u64),
    Decision(Decision),
    /// What everybody can see of a window is different from before.
    Status(WindowId, Status),
}

/// What everybody can see of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) host: Option<ProcessId>,
    pub(crate) verdict: Verdict,
    pub(crate) phase: &'static str,
    pub(crate) paused: bool,
    pub(crate) settings: Settings,
    pub(crate) pending: Vec<NoticeId>,
}

impl Status {
    fn of(window: &Window) -> Self {
        Self {
            host: window.host(),
            verdict: window.judgement().verdict,
            phase: window.phase().name(),
            paused: window.is_paused(),
            settings: *window.settings(),
            pending: window.pending().iter().map(|notice| notice.id).collect(),
        }
    }
}

/// What was true when a kill was decided.
#[derive(Clone, Debug)]
pub(crate) struct KillTruth {
    pub(crate) at: u64,
    /// The host, if the decision named one that exists.
    pub(crate) host: Option<Host>,
    /// Its window's settings.
    pub(crate) settings: Settings,
}

/// Messages of hosts go astray in these ways; each entry is used once, in turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chaos {
    pub(crate) state: u64,
    pub(crate) loss_percent: u64,
    pub(crate) twice_percent: u64,
    pub(crate) late_percent: u64,
}

impl Chaos {
    /// splitmix64: enough to lose messages by.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn hits(&mut self, percent: u64) -> bool {
        percent > 0 && self.next() % 100 < percent
    }
}

pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) core: Supervisor,
    pub(crate) hosts: BTreeMap<u32, Host>,
    pub(crate) panes: BTreeMap<String, Pane>,
    pub(crate) daemon: Daemon,
    pub(crate) disk: Disk,
    pub(crate) kills: Kills,
    /// A new host attaches this long after the old one ended; `None`: none does.
    pub(crate) birth_after: Option<u64>,
    pub(crate) pressure: Option<Pressure>,
    pub(crate) chaos: Chaos,
    /// Our ticks are this much late.
    pub(crate) tick_lag: u64,
    pub(crate) seen: Vec<(u64, Seen)>,
    pub(crate) kill_truths: Vec<KillTruth>,
    statuses: BTreeMap<WindowId, Status>,
    slept: Duration,
    queue: BTreeMap<(u64, u64), Happening>,
    order: u64,
    next_pid: u32,
    next_request: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            now: BEGIN,
            core: Supervisor::new(Time::from_millis(BEGIN), 1),
            hosts: BTreeMap::new(),
            panes: BTreeMap::new(),
            daemon: Daemon::Runs,
            disk: Disk::Works { after_ms: 20 },
            kills: Kills::Work,
            birth_after: Some(1500),
            pressure: Some(Pressure::default()),
            chaos: Chaos::default(),
            tick_lag: 0,
            seen: Vec::new(),
            kill_truths: Vec::new(),
            statuses: BTreeMap::new(),
            slept: Duration::ZERO,
            queue: BTreeMap::new(),
            order: 0,
            next_pid: 0,
            next_request: 1,
        }
    }

    // ---- the clockwork ---------------------------------------------------------------------------

    /// Lets everything happen that is due until then, our ticks included.
    pub(crate) fn run_until(&mut self, until: u64) {
        loop {
            let tick_at = self.tick_due();
            let next = self.queue.first_key_value().map(|((at, _), _)| *at);
            match (next, tick_at) {
                (Some(at), _) if at <= until && tick_at.is_none_or(|tick_at| at <= tick_at) => {
                    self.now = self.now.max(at);
                    if let Some((_, happening)) = self.queue.pop_first() {
                        self.happen(happening);
                    }
                }
                (_, Some(tick_at)) if tick_at <= until => {
                    self.now = self.now.max(tick_at);
                    self.tick();
                }
                _ => break,
            }
        }
        self.now = self.now.max(until);
    }

    fn tick_due(&self) -> Option<u64> {
        let due = self.core.poll_timeout().0.as_millis() + self.tick_lag;
        match self.daemon {
            Daemon::Runs => Some(due.max(self.now)),
            Daemon::StandsStill { until } => Some(due.max(until)),
            Daemon::Dead => None,
        }
    }

    pub(crate) fn tick(&mut self) {
        self.daemon = Daemon::Runs;
        self.feed(Event::Tick { slept: self.slept, pressure: self.pressure });
    }

    fn at(&mut self, at: u64, happening: Happening) {
        self.order += 1;
        self.queue.insert((at, self.order), happening);
    }

    fn after(&mut self, ms: u64, happening: Happening) {
        self.at(self.now + ms, happening);
    }

    /// The event reaches the daemon in a moment.
    pub(crate) fn send(&mut self, event: Event) {
        self.after(1, Happening::Arrive(event));
    }

    /// A host's message is on its way; it may go astray.
    fn post(&mut self, event: Event) {
        if self.chaos.hits(self.chaos.loss_percent) {
            return;
        }
        if self.chaos.hits(self.chaos.twice_percent) {
            let late = self.chaos.next() % 2000;
            self.after(late, Happening::Arrive(event.clone()));
        }
        let late = if self.chaos.hits(self.chaos.late_percent) { self.chaos.next() % 900 } else { 1 };
        self.after(late, Happening::Arrive(event));
    }

    /// Puts an event into the core, and does what it decides.
    pub(crate) fn feed(&mut self, event: Event) {
        let now = Time::from_millis(self.now);
        self.seen.push((self.now, Seen::Event(event.clone())));
        self.core.handle(now, event);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(decision) = self.core.poll_decision() {
            self.seen.push((self.now, Seen::Decision(decision.clone())));
            self.obey(decision);
        }
        for window in self.core.windows() {
            let status = Status::of(window);
            if self.statuses.get(window.id()) != Some(&status) {
                self.statuses.insert(window.id().clone(), status.clone());
                self.seen.push((self.now, Seen::Status(window.id().clone(), status)));
            }
        }
        self.statuses.retain(|id, _| self.core.window(id).is_some());
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Beat(pid) => self.beat(pid),
            Happening::Pulse(pid) => self.pulse(pid),
            Happening::Echo(pid) => self.echo(pid),
            Happening::WorkDone(pid) => {
                let done =
                    |host: &Host| matches!(host.behaviour, Behaviour::Busy { until } if until <= self.now);
                if self.hosts.get(&pid).is_some_and(done) {
                    self.behave(pid, Behaviour::Healthy);
                }
            }
            Happening::Attach(pid, role) => self.attach(pid, role),
            Happening::Exit { pid, expected } => self.exit(pid, expected),
            Happening::Birth(window) => self.birth(&window),
            Happening::Freeze(window, drill) => {
                let behaviour = match drill {
                    Drill::Deadlock => Behaviour::Deadlock,
                    Drill::BusyLoop => Behaviour::Spin,
                };
                if let Some(pid) = self.pid_of(&window)
                    && self.hosts.get(&pid).is_some_and(|host| host.main_runs(self.now))
                {
                    self.behave(pid, behaviour);
                }
            }
            Happening::Signal(id) => {
                let now = self.now;
                let stays = self
                    .hosts
                    .get(&id.pid)
                    .is_some_and(|host| host.behaviour == Behaviour::DiskSleep || host.is_halted(now));
                if stays {
                    self.after(500, Happening::Signal(id));
                } else {
                    self.exit(id.pid, false);
                }
            }
            Happening::Arrive(event) => match self.daemon {
                Daemon::Runs => self.feed(event),
                Daemon::StandsStill { until } if until <= self.now => {
                    self.daemon = Daemon::Runs;
                    self.feed(event);
                }
                // In the order they came: `order` rises.
                Daemon::StandsStill { until } => self.at(until, Happening::Arrive(event)),
                Daemon::Dead => {}
            },
        }
    }

    // ---- hosts -----------------------------------------------------------------------------------

    /// A new window, or the same one with a new host.
    pub(crate) fn open(&mut self, window: &str, info: WindowInfo) {
        self.panes.entry(window.to_owned()).or_insert(Pane {
            info,
            settings: Settings::default(),
            risks: Risks { tabs: 3, dirty_documents: 1, terminals: 1, ..Risks::default() },
            graceful: Graceful::Works,
            crashes: Vec::new(),
            vscode_gave_up: false,
        });
    }

    /// Starts a host; its threads attach in these orders after so many milliseconds.
    pub(crate) fn start_host(
        &mut self,
        window: &str,
        pid: u32,
        main_ms: Option<u64>,
        worker_ms: Option<u64>,
    ) {
        self.next_pid = self.next_pid.max(pid);
        let now = self.now;
        self.hosts.insert(
            pid,
            Host {
                id: ProcessId { pid, start_time: now / 10 },
                window: window.to_owned(),
                alive: true,
                behaviour: Behaviour::Healthy,
                halted_until: 0,
                has_worker: worker_ms.is_some(),
                main: false,
                worker: false,
                reconnects: true,
                first_seq: 0,
                beat_seq: 0,
                pulse_seq: 0,
                counter: 0,
                last_turn: now,
                stalls: Vec::new(),
                since: now,
                departing: false,
                echoes: false,
                past: Vec::new(),
                measured_at: now,
                main_cpu_us: 0,
                other_cpu_us: 0,
                run_delay_us: 0,
                voluntary_milli: 0,
                involuntary_milli: 0,
            },
        );
        if let Some(ms) = main_ms {
            self.after(ms, Happening::Attach(pid, Role::Main));
        }
        if let Some(ms) = worker_ms {
            self.after(ms, Happening::Attach(pid, Role::Worker));
        }
        self.after(main_ms.unwrap_or(0) + 250, Happening::Beat(pid));
        self.after(worker_ms.unwrap_or(0) + 120, Happening::Pulse(pid));
    }

    pub(crate) fn pid_of(&self, window: &str) -> Option<u32> {
        self.hosts.values().filter(|host| host.alive && host.window == window).map(|host| host.id.pid).last()
    }

    fn attach(&mut self, pid: u32, role: Role) {
        let now = self.now;
        let daemon_is_there = self.daemon != Daemon::Dead;
        let Some(host) = self.hosts.get_mut(&pid) else { return };
        let runs = match role {
            Role::Main => host.main_runs(now),
            Role::Worker => host.worker_runs(now),
        };
        let link = match role {
            Role::Main => &mut host.main,
            Role::Worker => &mut host.worker,
        };
        if !host.alive || *link {
            return;
        }
        if !runs || !daemon_is_there {
            // It tries again, as a reconnecting client does.
            if host.reconnects {
                self.after(1000, Happening::Attach(pid, role));
            }
            return;
        }
        *link = true;
        match role {
            Role::Main => host.beat_seq = host.first_seq,
            Role::Worker => host.pulse_seq = host.first_seq,
        }
        let (window, host) = (host.window.clone(), host.id);
        let Some(pane) = self.panes.get(&window) else { return };
        let (info, settings, risks) = (pane.info.clone(), pane.settings, pane.risks.clone());
        let window = WindowId(window);
        self.send(Event::Attached { window: window.clone(), host, role, info });
        if role == Role::Main {
            self.send(Event::Settings { window: window.clone(), settings });
            self.send(Event::Context { window, risks });
        }
    }

    pub(crate) fn detach(&mut self, pid: u32, role: Role) {
        let Some(host) = self.hosts.get_mut(&pid) else { return };
        let link = match role {
            Role::Main => &mut host.main,
            Role::Worker => &mut host.worker,
        };
        if std::mem::replace(link, false) {
            let host = host.id;
            self.send(Event::Detached { host, role });
        }
    }

    pub(crate) fn reconnect(&mut self, pid: u32, role: Role, after_ms: u64) {
        if let Some(host) = self.hosts.get_mut(&pid) {
            host.reconnects = true;
            host.has_worker |= role == Role::Worker;
        }
        self.after(after_ms, Happening::Attach(pid, role));
    }

    fn beat(&mut self, pid: u32) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(&pid).filter(|host| host.alive) else { return };
        let mut message = None;
        if host.main_runs(now) {
            host.turn(now);
            if host.main {
                host.beat_seq = host.beat_seq.wrapping_add(1);
                message = Some(Event::Beat {
                    host: host.id,
                    seq: host.beat_seq,
                    beat: Beat {
                        delay_p99_ms: 11.5,
                        heap_used_bytes: 500_000_000,
                        heap_limit_bytes: 4_496_293_888,
                        rss_bytes: 600_000_000,
                    },
                });
            }
        }
        if let Some(message) = message {
            self.post(message);
        }
        self.after(1000, Happening::Beat(pid));
    }

    fn pulse(&mut self, pid: u32) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(&pid).filter(|host| host.alive) else { return };
        if host.main_runs(now) {
            host.turn(now);
            host.counter = host.counter.wrapping_add(2);
        }
        if host.worker && host.worker_runs(now) {
            host.pulse_seq = host.pulse_seq.wrapping_add(1);
            let message = Event::Pulse { host: host.id, seq: host.pulse_seq, counter: host.counter };
            self.post(message);
        }
        self.after(500, Happening::Pulse(pid));
    }

    fn echo(&mut self, pid: u32) {
        let Some(host) = self.hosts.get(&pid).filter(|host| host.alive && host.echoes && host.main) else {
            return;
        };
        let beat = Event::Beat { host: host.id, seq: host.beat_seq, beat: Beat::default() };
        let pulse = Event::Pulse { host: host.id, seq: host.pulse_seq.wrapping_sub(7), counter: 1 };
        self.send(beat);
        self.send(pulse);
        self.after(700, Happening::Echo(pid));
    }

    /// Its last beat and an old pulse arrive again and again.
    pub(crate) fn echoes(&mut self, pid: u32) {
        if let Some(host) = self.hosts.get_mut(&pid) {
            host.echoes = true;
        }
        self.after(10, Happening::Echo(pid));
    }

    /// From now on the host behaves like this.
    pub(crate) fn behave(&mut self, pid: u32, behaviour: Behaviour) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(&pid).filter(|host| host.alive) else { return };
        host.account(now);
        if host.main_runs(now) {
            host.turn(now);
        }
        let before = std::mem::replace(&mut host.behaviour, behaviour.clone());
        host.past.push((now, before.clone()));
        host.since = now;
        match behaviour {
            Behaviour::Busy { until } => self.at(until, Happening::WorkDone(pid)),
            // The last beat before says that the heap is full.
            Behaviour::GcThrash if host.main && before == Behaviour::Healthy && !host.is_halted(now) => {
                host.beat_seq = host.beat_seq.wrapping_add(1);
                let beat = Beat {
                    delay_p99_ms: 900.0,
                    heap_used_bytes: 4_300_000_000,
                    heap_limit_bytes: 4_496_293_888,
                    rss_bytes: 5_000_000_000,
                };
                let message = Event::Beat { host: host.id, seq: host.beat_seq, beat };
                self.send(message);
            }
            Behaviour::Healthy => {
                self.after(2, Happening::Beat(pid));
            }
            _ => {}
        }
    }

    /// The host ends without VS Code's doing.
    pub(crate) fn crash(&mut self, pid: u32) {
        self.exit(pid, false);
    }

    /// VS Code shuts the host down, and starts a new one if `again`.
    pub(crate) fn depart(&mut self, pid: u32, again: bool) {
        let Some(host) = self.hosts.get_mut(&pid).filter(|host| host.alive) else { return };
        host.departing = true;
        let (id, window) = (host.id, host.window.clone());
        self.send(Event::Departing { host: id });
        self.after(400, Happening::Exit { pid, expected: true });
        if let Some(ms) = self.birth_after.filter(|_| again) {
            self.after(400 + ms, Happening::Birth(window));
        }
    }

    fn exit(&mut self, pid: u32, expected: bool) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(&pid).filter(|host| host.alive) else { return };
        host.alive = false;
        host.main = false;
        host.worker = false;
        let (id, window) = (host.id, host.window.clone());
        self.send(Event::Exited { host: id });
        self.send(Event::Detached { host: id, role: Role::Main });
        if expected {
            return;
        }
        let Some(pane) = self.panes.get_mut(&window) else { return };
        pane.crashes.push(now);
        pane.crashes.retain(|at| now - at < 300_000);
        if pane.crashes.len() >= 3 {
            pane.vscode_gave_up = true;
        } else if let Some(ms) = self.birth_after {
            self.after(ms, Happening::Birth(window));
        }
    }

    fn birth(&mut self, window: &str) {
        if self.pid_of(window).is_some() {
            return;
        }
        let pid = self.next_pid + 1;
        self.start_host(window, pid, Some(100), Some(150));
    }

    // ---- disturbances ----------------------------------------------------------------------------

    /// The daemon does not run for so long; with `everything`, no host runs either.
    pub(crate) fn stand_still(&mut self, ms: u64, everything: bool) {
        let until = self.now + ms;
        self.daemon = Daemon::StandsStill { until };
        if everything {
            let now = self.now;
            for host in self.hosts.values_mut() {
                host.account(now);
                host.halted_until = host.halted_until.max(until);
            }
        }
    }

    /// The machine sleeps: monotonic time stands still, and so does everything else.
    pub(crate) fn sleep(&mut self, ms: u64) {
        self.slept += Duration::from_millis(ms);
    }

    /// The daemon ends without a word; its connections break.
    pub(crate) fn daemon_dies(&mut self) {
        self.daemon = Daemon::Dead;
        for host in self.hosts.values_mut() {
            host.main = false;
            host.worker = false;
        }
    }

    /// A new one takes the state over. It looks for the hosts it knows, and they reconnect.
    pub(crate) fn daemon_starts(&mut self, first_number: u64) {
        self.daemon = Daemon::Runs;
        self.seen.push((self.now, Seen::Resume(first_number)));
        self.core.resume(Time::from_millis(self.now), first_number);
        self.drain();
        let known: Vec<ProcessId> = self.core.windows().filter_map(|window| window.host()).collect();
        for host in known {
            if !self.hosts.get(&host.pid).is_some_and(|found| found.alive && found.id == host) {
                self.send(Event::Exited { host });
            }
        }
        let alive: Vec<(u32, bool)> = self
            .hosts
            .values()
            .filter(|host| host.alive && host.reconnects)
            .map(|host| (host.id.pid, host.has_worker))
            .collect();
        for (pid, has_worker) in alive {
            self.after(300, Happening::Attach(pid, Role::Main));
            if has_worker {
                self.after(350, Happening::Attach(pid, Role::Worker));
            }
        }
    }

    // ---- people ----------------------------------------------------------------------------------

    pub(crate) fn request(&mut self) -> RequestId {
        let request = RequestId(self.next_request);
        self.next_request += 1;
        request
    }

    pub(crate) fn ask_restart(&mut self, window: &str, confirmed: bool) {
        let request = self.request();
        self.send(Event::RestartAsked { request, window: WindowId(window.to_owned()), confirmed });
    }

    pub(crate) fn ask_drill(&mut self, window: &str, drill: Drill) {
        let request = self.request();
        self.send(Event::DrillAsked {
            request,
            window: WindowId(window.to_owned()),
            drill,
            tell_window: true,
        });
    }

    pub(crate) fn pause(&mut self, window: &str, paused: bool) {
        self.send(Event::Paused { window: WindowId(window.to_owned()), paused });
    }

    pub(crate) fn set(&mut self, window: &str, change: impl FnOnce(&mut Settings)) {
        let Some(pane) = self.panes.get_mut(window) else { return };
        change(&mut pane.settings);
        let settings = pane.settings;
        self.send(Event::Settings { window: WindowId(window.to_owned()), settings });
    }

    pub(crate) fn would_lose(&mut self, window: &str, would_lose: Vec<String>) {
        let Some(pane) = self.panes.get_mut(window) else { return };
        pane.risks.would_lose = would_lose;
        let risks = pane.risks.clone();
        self.send(Event::Context { window: WindowId(window.to_owned()), risks });
    }

    // ---- the actuators ---------------------------------------------------------------------------

    fn obey(&mut self, decision: Decision) {
        match decision {
            Decision::Examine { host } => {
                let now = self.now;
                let Some(found) = self.hosts.get_mut(&host.pid).filter(|found| found.id == host) else {
                    return;
                };
                let facts = found.facts(now);
                if !self.chaos.hits(self.chaos.loss_percent) {
                    self.after(3, Happening::Arrive(Event::Facts { host, facts }));
                }
            }
            Decision::SaveSnapshot { incident } => {
                let incident = incident.id;
                match self.disk {
                    Disk::Works { after_ms } => {
                        self.after(after_ms, Happening::Arrive(Event::SnapshotSaved { incident }));
                    }
                    Disk::Full => {
                        let reason = "No space left on device".to_owned();
                        self.after(5, Happening::Arrive(Event::SnapshotFailed { incident, reason }));
                    }
                    Disk::Hangs => {}
                }
            }
            Decision::KillHost { incident, window, host, .. } => {
                let found = self.hosts.get(&host.pid).filter(|found| found.id == host);
                self.kill_truths.push(KillTruth {
                    at: self.now,
                    host: found.cloned(),
                    settings: self.panes.get(&window.0).map(|pane| pane.settings).unwrap_or_default(),
                });
                let alive = found.is_some_and(|found| found.alive);
                let outcome = match &self.kills {
                    Kills::Lost => return,
                    Kills::Refused(what) => KillOutcome::Refused(what.clone()),
                    Kills::Work | Kills::NoEffect if !alive => KillOutcome::AlreadyGone,
                    Kills::Work => {
                        self.after(20, Happening::Signal(host));
                        KillOutcome::Killed
                    }
                    Kills::NoEffect => KillOutcome::Killed,
                };
                self.after(5, Happening::Arrive(Event::KillDone { incident, outcome }));
            }
            Decision::RestartGracefully { incident, window } => {
                let (Some(pid), Some(pane)) = (self.pid_of(&window.0), self.panes.get(&window.0)) else {
                    return;
                };
                let graceful = pane.graceful;
                let now = self.now;
                if !self.hosts.get(&pid).is_some_and(|host| host.main && host.main_runs(now)) {
                    return;
                }
                let started = graceful != Graceful::NotFound;
                self.after(10, Happening::Arrive(Event::GracefulAnswered { incident, started }));
                if graceful == Graceful::Works {
                    self.depart(pid, true);
                }
            }
            Decision::Freeze { window, drill } => self.after(50, Happening::Freeze(window.0, drill)),
            Decision::Tell { .. }
            | Decision::Record { .. }
            | Decision::Changed { .. }
            | Decision::AnswerRestart { .. }
            | Decision::AnswerDrill { .. }
            | Decision::Leave => {}
        }
    }
}
