//! What hosts and people do, and what happens to them.

use std::time::Duration;

use lifeline_core::{
    Beat, Drill, Event, MachineMemory, ProcessId, RequestId, Risks, Role, Settings, Time, WindowId,
    WindowInfo,
};

use super::{Behaviour, Daemon, Graceful, Happening, Heap, Host, Pane, Seen, World, heap::LIMIT};

impl World {
    /// A new window, or the same one with a new host.
    pub(crate) fn open(&mut self, window: &str, info: WindowInfo) {
        self.panes.entry(window.to_owned()).or_insert(Pane {
            info,
            settings: Settings::default(),
            risks: Risks { tabs: 3, dirty_documents: 1, terminals: 1, ..Risks::default() },
            graceful: Graceful::Works,
            crashes: Vec::new(),
            vscode_gave_up: false,
            in_flight: None,
            in_flight_since: 0,
            last_input: None,
            has_sockets: false,
        });
    }

    /// A new window without Lifeline in it.
    pub(crate) fn open_unguarded(&mut self, window: &str, pid: u32) {
        let info = WindowInfo { label: window.to_owned(), unguarded: true, ..WindowInfo::default() };
        self.open(window, info);
        if let Some(pane) = self.panes.get_mut(window) {
            pane.has_sockets = true;
        }
        self.start_host(window, pid, None, None);
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
        let id = ProcessId { pid, start_time: now / 10 };
        self.hosts.insert(pid, Host::new(now, id, window, worker_ms.is_some()));
        let pane = self.panes.get(window);
        let (unguarded, listens) =
            pane.map_or((false, false), |pane| (pane.info.unguarded, pane.has_sockets));
        if listens {
            self.listen(pid);
        }
        self.after(main_ms.unwrap_or(0) + 250, Happening::Beat(pid));
        if unguarded {
            return;
        }
        if let Some(ms) = main_ms {
            self.after(ms, Happening::Attach(pid, Role::Main));
        }
        if let Some(ms) = worker_ms {
            self.after(ms, Happening::Attach(pid, Role::Worker));
        }
        self.after(worker_ms.unwrap_or(0) + 120, Happening::Pulse(pid));
    }

    pub(crate) fn pid_of(&self, window: &str) -> Option<u32> {
        self.hosts
            .values()
            .filter(|host| host.alive && host.window == window)
            .map(|host| host.id.pid)
            .next_back()
    }

    pub(super) fn is_alive(&self, pid: u32) -> bool {
        self.hosts.get(&pid).is_some_and(|host| host.alive)
    }

    pub(super) fn attach(&mut self, pid: u32, role: Role) {
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
        host.has_copy |= role == Role::Main;
        let tells = host.has_copy;
        match role {
            Role::Main => host.beat_seq = host.first_seq,
            Role::Worker => host.pulse_seq = host.first_seq,
        }
        let (window, host) = (host.window.clone(), host.id);
        let Some(pane) = self.panes.get(&window) else { return };
        let (info, settings, risks) = (pane.info.clone(), pane.settings, pane.risks.clone());
        let window = WindowId(window);
        self.send(Event::Attached { window: window.clone(), host, role, info });
        if tells {
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
        if self.is_unguarded(pid) {
            return;
        }
        if let Some(host) = self.hosts.get_mut(&pid) {
            host.reconnects = true;
            host.has_worker |= role == Role::Worker;
        }
        self.after(after_ms, Happening::Attach(pid, role));
    }

    pub(super) fn beat(&mut self, pid: u32) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(&pid).filter(|host| host.alive) else { return };
        host.run_heap(now);
        if host.heap.is_full() {
            return self.crash(pid);
        }
        let last_input = self.panes.get(&host.window).and_then(|pane| pane.last_input);
        let mut message = None;
        if host.main_runs(now) {
            host.turn(now);
            if host.main {
                host.beat_seq = host.beat_seq.wrapping_add(1);
                let (heap_used_bytes, heap_floor_bytes, gc_ms) = host.heap.measure();
                let beat = Beat {
                    delay_p99_ms: host.delay_ms as f64,
                    heap_used_bytes,
                    heap_limit_bytes: LIMIT,
                    rss_bytes: heap_used_bytes + 100_000_000,
                    heap_floor_bytes,
                    gc_ms: gc_ms as f64,
                    input_idle_ms: last_input.map(|at| now.saturating_sub(at)),
                };
                message = Some(Event::Beat { host: host.id, seq: host.beat_seq, beat });
            }
        }
        if let Some(message) = message {
            self.post(message);
        }
    }

    pub(super) fn pulse(&mut self, pid: u32) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(&pid).filter(|host| host.alive) else { return };
        if host.main_runs(now) {
            host.turn(now);
        }
        if host.worker && host.worker_runs(now) {
            host.pulse_seq = host.pulse_seq.wrapping_add(1);
            let message = Event::Pulse {
                host: host.id,
                seq: host.pulse_seq,
                counter: host.counter,
                still: Duration::ZERO,
            };
            self.post(message);
        }
    }

    pub(super) fn echo(&mut self, pid: u32) {
        let Some(host) = self.hosts.get(&pid).filter(|host| host.alive && host.echoes && host.main) else {
            return;
        };
        let beat = Event::Beat { host: host.id, seq: host.beat_seq, beat: Beat::default() };
        let pulse = Event::Pulse {
            host: host.id,
            seq: host.pulse_seq.wrapping_sub(7),
            counter: 1,
            still: Duration::ZERO,
        };
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
        host.run_heap(now);
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
                host.heap.hold_bytes(4_300_000_000);
                let beat = Beat {
                    delay_p99_ms: 900.0,
                    heap_used_bytes: 4_300_000_000,
                    heap_limit_bytes: 4_496_293_888,
                    rss_bytes: 5_000_000_000,
                    ..Beat::default()
                };
                let message = Event::Beat { host: host.id, seq: host.beat_seq, beat };
                self.send(message);
            }
            Behaviour::Healthy => {
                self.after(2, Happening::Turn(pid));
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

    pub(super) fn exit(&mut self, pid: u32, expected: bool) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(&pid).filter(|host| host.alive) else { return };
        host.alive = false;
        host.main = false;
        host.worker = false;
        let (id, window) = (host.id, host.window.clone());
        self.after(self.exit_ms, Happening::Arrive(Event::Exited { host: id }));
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

    pub(super) fn birth(&mut self, window: &str) {
        if self.pid_of(window).is_some() {
            return;
        }
        let pid = self.next_pid + 1;
        self.start_host(window, pid, Some(100), Some(150));
    }

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
            self.after(400, Happening::Lock(pid));
            if self.is_unguarded(pid) {
                continue;
            }
            self.after(300, Happening::Attach(pid, Role::Main));
            if has_worker {
                self.after(350, Happening::Attach(pid, Role::Worker));
            }
        }
    }

    /// Lifeline is not in it.
    fn is_unguarded(&self, pid: u32) -> bool {
        let pane = self.hosts.get(&pid).and_then(|host| self.panes.get(&host.window));
        pane.is_some_and(|pane| pane.info.unguarded)
    }

    /// Lifeline is installed in the window of a host that was known from outside; the window has a name of its own then.
    pub(crate) fn install(&mut self, pid: u32, window: &str) {
        let Some(host) = self.hosts.get_mut(&pid) else { return };
        let old = std::mem::replace(&mut host.window, window.to_owned());
        host.has_worker = true;
        let Some(pane) = self.panes.get(&old).cloned() else { return };
        let info = WindowInfo { label: window.to_owned(), unguarded: false, ..pane.info };
        self.panes.insert(window.to_owned(), Pane { info, ..pane });
        self.after(10, Happening::Attach(pid, Role::Main));
        self.after(60, Happening::Attach(pid, Role::Worker));
        self.after(120, Happening::Pulse(pid));
    }

    /// Claude Code begins or ends a turn.
    pub(crate) fn turn(&mut self, window: &str, begins: bool) {
        let now = self.now;
        if let Some(pane) = self.panes.get_mut(window) {
            pane.in_flight = begins.then(|| "a turn of Claude".to_owned());
            pane.in_flight_since = now;
        }
    }

    /// The user does something in a window until then.
    pub(crate) fn work(&mut self, window: &str, ms: u64) {
        let until = self.now + ms;
        if let Some(pane) = self.panes.get_mut(window) {
            pane.last_input = Some(until);
        }
    }

    pub(crate) fn change_heap(&mut self, pid: u32, change: impl FnOnce(&mut Heap)) {
        let now = self.now;
        if let Some(host) = self.hosts.get_mut(&pid) {
            host.run_heap(now);
            change(&mut host.heap);
        }
    }

    pub(crate) fn machine_memory(&mut self, percent: u64) {
        let total_bytes = 16_000_000_000;
        let available_bytes = total_bytes / 100 * percent;
        self.send(Event::MachineMemory(MachineMemory { total_bytes, available_bytes, is_limited: false }));
    }

    pub(crate) fn request(&mut self) -> RequestId {
        let request = RequestId(self.next_request);
        self.next_request += 1;
        request
    }

    pub(crate) fn ask_restart(&mut self, window: &str, confirmed: bool, when_quiet: bool) {
        let request = self.request();
        let window = WindowId(window.to_owned());
        self.send(Event::RestartAsked { request, window, confirmed, when_quiet });
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
        self.risk(window, |risks| risks.would_lose = would_lose);
    }

    pub(crate) fn risk(&mut self, window: &str, change: impl FnOnce(&mut Risks)) {
        let Some(pane) = self.panes.get_mut(window) else { return };
        change(&mut pane.risks);
        let risks = pane.risks.clone();
        self.send(Event::Context { window: WindowId(window.to_owned()), risks });
    }
}
