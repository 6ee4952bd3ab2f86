//! A world in miniature around the core: windows, hosts with the vital signs that were measured on real ones, VS Code's
//! crash budget, a disk, an actuator, and a daemon that may be late or die. Time is simulated; nothing is random here.

#![allow(dead_code, reason = "the two tests that share it use different parts")]

use std::{collections::BTreeMap, time::Duration};

use lifeline_core::{
    Decision, Drill, Event, MemoryLevel, NoticeId, Pressure, ProcessId, Risks, Role, SessionFacts, Settings,
    Supervisor, Time, Trouble, Troubled, Verdict, Window, WindowId, WindowInfo,
};

mod act;
mod heap;
mod host;
mod life;
mod socket;

pub(crate) use heap::Heap;
pub(crate) use host::{Behaviour, Host};

/// Stories begin here, in milliseconds after boot.
pub(crate) const BEGIN: u64 = 1_000_000;

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
    /// What Claude Code is in the middle of.
    pub(crate) in_flight: Option<String>,
    pub(crate) in_flight_since: u64,
    /// When the user did something last; it may be yet to come.
    pub(crate) last_input: Option<u64>,
    /// Its hosts have an IDE socket.
    pub(crate) has_sockets: bool,
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
    /// The journal is not durable first.
    NotCommitted,
    /// Nothing is sent and nothing reported: the journal hangs, or the daemon dies.
    Lost,
}

/// What comes of looking for a culprit. The host is halted for as long as it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Culprits {
    Found {
        after_ms: u64,
    },
    NotFound {
        after_ms: u64,
    },
    /// Nothing is ever reported.
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
#[expect(clippy::large_enum_variant, reason = "few of them wait at a time")]
enum Happening {
    Beat(u32),
    /// A beat out of turn.
    Turn(u32),
    Pulse(u32),
    Echo(u32),
    WorkDone(u32),
    Attach(u32, Role),
    Exit {
        pid: u32,
        expected: bool,
    },
    Birth(String),
    Lock(u32),
    Probe(u32),
    ProbeWaits {
        pid: u32,
        began: u64,
    },
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
    /// The window is no longer known; whether it was one without Lifeline.
    Forgotten(WindowId, bool),
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
    pub(crate) unguarded: bool,
    pub(crate) memory: MemoryLevel,
    pub(crate) waits_for: Option<String>,
    /// What is wrong with its sessions' connections.
    pub(crate) troubled: Vec<String>,
}

fn troubled(core: &Supervisor, now: u64, window: &WindowId) -> Vec<String> {
    let now = Time::from_millis(now);
    let troubled = core.troubled(now).into_iter().filter(|troubled| troubled.window.as_ref() == Some(window));
    let word = |Troubled { source, trouble, .. }: Troubled| {
        let what = match trouble {
            Trouble::Retrying { attempt, max, next_in, fault } => {
                let when = if next_in.is_zero() { "now" } else { "soon" };
                format!("tries again {when} after {attempt} of {max}: {fault}")
            }
            Trouble::Stalled { .. } => "is stalled".into(),
            Trouble::Died { fault, .. } => format!("died: {fault}"),
            Trouble::Recovered { attempts } => format!("is back after {attempts}"),
        };
        let who = source.subagent.map_or_else(String::new, |subagent| format!("'s {subagent}"));
        format!("{}{who} {what}", source.session)
    };
    let storm = core.storm(now).map(|sessions| format!("a storm over {sessions} sessions"));
    let words: Vec<String> = troubled.map(word).collect();
    if words.is_empty() { words } else { words.into_iter().chain(storm).collect() }
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
            unguarded: window.info().unguarded,
            memory: window.memory().map(|(level, ..)| level).unwrap_or_default(),
            troubled: Vec::new(),
            waits_for: window.waits_for().map(str::to_owned),
        }
    }
}

/// What was true when a kill or a graceful restart was decided.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    pub(crate) at: u64,
    /// The host, if the decision named one that exists.
    pub(crate) host: Option<Host>,
    /// Its window.
    pub(crate) pane: Option<Pane>,
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
    pub(crate) culprits: Culprits,
    /// Nobody says what Claude Code is doing.
    pub(crate) turns_unknown: bool,
    /// Claude's sessions, by id, as a look finds them.
    pub(crate) sessions: BTreeMap<String, SessionFacts>,
    /// Since when nothing has come in on the connections of a session's process; `None` when it is gone.
    pub(crate) links: BTreeMap<String, Option<u64>>,
    /// Answers of each session.
    pub(crate) answers: BTreeMap<String, u64>,
    /// A new host attaches this long after the old one ended; `None`: none does.
    pub(crate) birth_after: Option<u64>,
    pub(crate) pressure: Option<Pressure>,
    /// The operating system tells neither run delays nor context switches nor wait channels.
    pub(crate) tells_little: bool,
    /// Children are not looked at.
    pub(crate) sees_no_children: bool,
    pub(crate) chaos: Chaos,
    /// A look from outside takes this long, and the news of an exit.
    pub(crate) look_ms: u64,
    pub(crate) exit_ms: u64,
    /// Our ticks are this much late.
    pub(crate) tick_lag: u64,
    pub(crate) seen: Vec<(u64, Seen)>,
    pub(crate) kill_truths: Vec<Truth>,
    pub(crate) restart_truths: Vec<Truth>,
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
            culprits: Culprits::NotFound { after_ms: 5 },
            turns_unknown: false,
            sessions: BTreeMap::new(),
            links: BTreeMap::new(),
            answers: BTreeMap::new(),
            birth_after: Some(1500),
            pressure: Some(Pressure::default()),
            tells_little: false,
            sees_no_children: false,
            chaos: Chaos::default(),
            look_ms: 3,
            exit_ms: 1,
            tick_lag: 0,
            seen: Vec::new(),
            kill_truths: Vec::new(),
            restart_truths: Vec::new(),
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
        let next = self.core.poll_timeout().0.as_millis();
        assert!(next > self.now, "a tick that leads to a tick at once");
        let watches = self.core.windows().next().is_some();
        assert!(!watches || next <= self.now + 1_000, "nobody watches until {next}");
    }

    fn at(&mut self, at: u64, happening: Happening) {
        self.order += 1;
        self.queue.insert((at, self.order), happening);
    }

    fn after(&mut self, ms: u64, happening: Happening) {
        self.at(self.now + ms, happening);
    }

    /// The event reaches the daemon later.
    pub(crate) fn send_after(&mut self, ms: u64, event: Event) {
        self.after(ms, Happening::Arrive(event));
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
            let status =
                Status { troubled: troubled(&self.core, self.now, window.id()), ..Status::of(window) };
            if self.statuses.get(window.id()) != Some(&status) {
                self.statuses.insert(window.id().clone(), status.clone());
                self.seen.push((self.now, Seen::Status(window.id().clone(), status)));
            }
        }
        self.statuses.retain(|id, status| {
            let known = self.core.window(id).is_some();
            if !known {
                self.seen.push((self.now, Seen::Forgotten(id.clone(), status.unguarded)));
            }
            known
        });
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Beat(pid) => {
                self.beat(pid);
                if self.is_alive(pid) {
                    self.after(1000, Happening::Beat(pid));
                }
            }
            Happening::Turn(pid) => self.beat(pid),
            Happening::Pulse(pid) => {
                self.pulse(pid);
                if self.is_alive(pid) {
                    self.after(500, Happening::Pulse(pid));
                }
            }
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
            Happening::Lock(pid) => self.lock(pid),
            Happening::Probe(pid) => self.probe(pid),
            Happening::ProbeWaits { pid, began } => self.probe_waits(pid, began),
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
}
