//! What hosts and people do, and what happens to them.

use std::time::Duration;

use lifeline_core::{
    Beat, Drill, Event, ProcessId, RequestId, Risks, Role, Settings, Time, WindowId, WindowInfo,
};

use super::{Behaviour, Daemon, Graceful, Happening, Host, Pane, Seen, World};

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
        let id = ProcessId { pid, start_time: now / 10 };
        self.hosts.insert(pid, Host::new(now, id, window, worker_ms.is_some()));
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
        if let Some(host) = self.hosts.get_mut(&pid) {
            host.reconnects = true;
            host.has_worker |= role == Role::Worker;
        }
        self.after(after_ms, Happening::Attach(pid, role));
    }

    pub(super) fn beat(&mut self, pid: u32) {
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
    }

    pub(super) fn pulse(&mut self, pid: u32) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(&pid).filter(|host| host.alive) else { return };
        if host.main_runs(now) {
            host.turn(now);
        }
        if host.worker && host.worker_runs(now) {
            host.pulse_seq = host.pulse_seq.wrapping_add(1);
            let message = Event::Pulse { host: host.id, seq: host.pulse_seq, counter: host.counter };
            self.post(message);
        }
    }

    pub(super) fn echo(&mut self, pid: u32) {
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
            self.after(300, Happening::Attach(pid, Role::Main));
            if has_worker {
                self.after(350, Happening::Attach(pid, Role::Worker));
            }
        }
    }

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
}
