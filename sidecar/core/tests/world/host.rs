//! An extension host, with the vital signs that were measured on real ones (FACTS section 2).

use lifeline_core::{Child, ProcessFacts, ProcessId, ProcessState};

use super::heap::Heap;

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
    /// A loop without end that keeps the worker from running as well.
    SpinAlone,
    /// Its loop turns, but Lifeline in it neither beats nor counts.
    Mute,
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
    /// Near its heap limit, on a machine that others want as well.
    CrowdedGc,
    /// Its main thread alone is ready and gets no CPU.
    KeptOff,
    /// All its threads are held in an interruptible sleep (a freezer of the system).
    Frozen,
}

impl Behaviour {
    /// The event loop turns.
    pub(crate) fn main_runs(&self) -> bool {
        *self == Self::Healthy
    }

    pub(crate) fn worker_runs(&self) -> bool {
        !matches!(
            self,
            Self::Stopped
                | Self::Traced
                | Self::TracedAsleep
                | Self::Starved
                | Self::Frozen
                | Self::SpinAlone
        )
    }

    /// A restart is the cure, if it lasts: honest work without a pause is no different from outside.
    pub(crate) fn is_stuck(&self) -> bool {
        matches!(
            self,
            Self::Busy { .. }
                | Self::Deadlock
                | Self::BlockedRead
                | Self::Spin
                | Self::SpinAlone
                | Self::OnChild { .. }
                | Self::GcThrash
                | Self::CrowdedGc
        )
    }

    pub(crate) fn is_held(&self) -> bool {
        matches!(self, Self::Stopped | Self::Traced | Self::TracedAsleep)
    }

    /// CPU of the main thread and of the others in percent, voluntary and involuntary switches per second, share of the
    /// time that the main thread waited for a CPU in percent: FACTS section 2, halved (its window is 2 s).
    fn rates(&self) -> (u64, u64, u64, u64, u64) {
        match self {
            Self::Healthy | Self::Mute => (1, 0, 4, 0, 0),
            Self::Busy { .. } | Self::Spin | Self::SpinAlone => (98, 0, 0, 4, 2),
            Self::GcThrash => (62, 50, 120, 200, 3),
            Self::Starved => (4, 2, 0, 3, 90),
            Self::CrowdedGc => (38, 40, 60, 300, 58),
            Self::KeptOff => (0, 0, 0, 0, 100),
            _ => (0, 0, 0, 0, 0),
        }
    }

    fn state(&self) -> (ProcessState, Option<&'static str>) {
        match self {
            Self::Healthy | Self::Mute | Self::OnChild { .. } => {
                (ProcessState::Sleeping, Some("do_epoll_wait"))
            }
            Self::Deadlock | Self::Breakpoint => (ProcessState::Sleeping, Some("futex_do_wait")),
            Self::BlockedRead => (ProcessState::Sleeping, Some("wait_for_partner")),
            Self::Busy { .. }
            | Self::Spin
            | Self::SpinAlone
            | Self::GcThrash
            | Self::Starved
            | Self::CrowdedGc
            | Self::KeptOff => (ProcessState::Running, None),
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
    /// The worker has a copy of the settings and the context.
    pub(crate) has_copy: bool,
    /// Children that live on, and since when.
    pub(crate) children: Vec<(String, u64)>,
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
    /// It listens for Claude Code.
    pub(crate) has_socket: bool,
    pub(crate) heap: Heap,
    /// Lateness of its loop, in milliseconds.
    pub(crate) delay_ms: u64,
    /// The debugger that looks for the culprit halts its main thread from then until then.
    halted_main: (u64, u64),
    measured_at: u64,
    main_cpu_us: u64,
    /// CPU time of the main thread at the last turn of its loop.
    turned_at_cpu_us: u64,
    other_cpu_us: u64,
    run_delay_us: u64,
    voluntary_milli: u64,
    involuntary_milli: u64,
}

impl Host {
    /// A healthy one, not attached yet.
    pub(crate) fn new(now: u64, id: ProcessId, window: &str, has_worker: bool) -> Self {
        Self {
            id,
            window: window.to_owned(),
            alive: true,
            behaviour: Behaviour::Healthy,
            halted_until: 0,
            has_worker,
            main: false,
            worker: false,
            has_copy: false,
            // A language server that was there long before.
            children: vec![("tsserver".to_owned(), 0)],
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
            has_socket: false,
            heap: Heap::new(now),
            delay_ms: 11,
            halted_main: (0, 0),
            measured_at: now,
            main_cpu_us: 0,
            turned_at_cpu_us: 0,
            other_cpu_us: 0,
            run_delay_us: 0,
            voluntary_milli: 0,
            involuntary_milli: 0,
        }
    }

    pub(crate) fn is_halted(&self, now: u64) -> bool {
        now < self.halted_until
    }

    /// Its event loop turns, whatever Lifeline in it does.
    pub(crate) fn loop_turns(&self, now: u64) -> bool {
        self.alive && !self.is_halted(now) && matches!(self.behaviour, Behaviour::Healthy | Behaviour::Mute)
    }

    /// Its main thread does nothing from now until then.
    pub(super) fn halt_main(&mut self, now: u64, until: u64) {
        self.account(now);
        self.halted_main = (now, until);
    }

    /// Brings its heap up to now.
    pub(crate) fn run_heap(&mut self, now: u64) {
        let runs = self.main_runs(now);
        self.heap.run(now, runs);
    }

    pub(crate) fn turn(&mut self, now: u64) {
        if now - self.last_turn > 1_500 {
            self.stalls.push((self.last_turn, now));
        }
        self.account(now);
        self.turned_at_cpu_us = self.main_cpu_us;
        self.last_turn = now;
        // A timer that is due fires on the first turn.
        self.counter = self.counter.wrapping_add(1);
    }

    /// CPU time that the main thread has had since its loop turned last.
    pub(crate) fn cpu_since_turn_ms(&self) -> u64 {
        (self.main_cpu_us - self.turned_at_cpu_us) / 1000
    }

    pub(crate) fn main_runs(&self, now: u64) -> bool {
        self.alive && !self.is_halted(now) && self.behaviour.main_runs()
    }

    pub(crate) fn worker_runs(&self, now: u64) -> bool {
        self.alive && self.has_worker && !self.is_halted(now) && self.behaviour.worker_runs()
    }

    /// Brings the kernel's accounts up to now.
    pub(crate) fn account(&mut self, now: u64) {
        let from = self.measured_at.max(self.halted_until.min(now));
        let (halted, until) = self.halted_main;
        let halted = until.min(now).saturating_sub(halted.max(from));
        let ms = now.saturating_sub(from).saturating_sub(halted);
        let (main, others, voluntary, involuntary, delay) = self.behaviour.rates();
        self.main_cpu_us += ms * 10 * main;
        self.other_cpu_us += ms * 10 * others;
        self.run_delay_us += ms * 10 * delay;
        self.voluntary_milli += ms * voluntary;
        self.involuntary_milli += ms * involuntary;
        self.measured_at = now;
    }

    pub(crate) fn facts(&mut self, now: u64) -> ProcessFacts {
        self.account(now);
        let (state, channel) = if self.alive { self.behaviour.state() } else { (ProcessState::Dead, None) };
        let (tracer_pid, mut children) = match &self.behaviour {
            Behaviour::Traced | Behaviour::TracedAsleep => (77, Vec::new()),
            Behaviour::OnChild { command, since } => {
                (0, vec![Child { pid: 5000, age_ms: now - since, command: command.clone() }])
            }
            _ => (0, Vec::new()),
        };
        for (pid, (command, since)) in (4000..).zip(&self.children) {
            children.push(Child { pid, age_ms: now - since, command: command.clone() });
        }
        ProcessFacts {
            state,
            main_cpu_ns: self.main_cpu_us * 1000,
            all_cpu_ns: (self.main_cpu_us + self.other_cpu_us) * 1000,
            main_run_delay_ns: Some(self.run_delay_us * 1000),
            switches: Some((self.voluntary_milli / 1000, self.involuntary_milli / 1000)),
            tracer_pid,
            wait_channel: channel.map(str::to_owned),
            children: Some(children),
            rss_bytes: self.heap.used() + 100_000_000,
        }
    }
}
