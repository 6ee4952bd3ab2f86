//! IDE sockets, and the daemon's probes of them: one in five seconds, each waits for two.

use std::time::Duration;

use lifeline_core::{Event, Probe, ProcessId, WindowId};

use super::{Daemon, Happening, World};

const EVERY_MS: u64 = 5_000;
const WAITS_MS: u64 = 2_000;
const ANSWERS_MS: u64 = 4;

/// The port that a host listens on.
pub(crate) const fn port_of(pid: u32) -> u16 {
    let above = (pid % 40_000) as u16;
    20_000 + above
}

impl World {
    /// The host listens from now on. Without Lifeline in it, its lock file is all that is seen of it.
    pub(crate) fn listen(&mut self, pid: u32) {
        let Some(host) = self.hosts.get_mut(&pid) else { return };
        if !std::mem::replace(&mut host.has_socket, true) {
            self.after(50, Happening::Lock(pid));
            self.after(60, Happening::Probe(pid));
        }
    }

    /// Its lock file is gone, and nobody listens any more.
    pub(crate) fn stop_listening(&mut self, pid: u32) {
        let Some(host) = self.hosts.get_mut(&pid) else { return };
        if std::mem::replace(&mut host.has_socket, false) {
            let host = host.id;
            self.after(5, Happening::Arrive(Event::Lost { host }));
        }
    }

    /// A lock file is read: whose window that is, its extension would have said.
    pub(super) fn lock(&mut self, pid: u32) {
        let Some(host) = self.hosts.get(&pid).filter(|host| host.has_socket && host.alive) else { return };
        let Some(pane) = self.panes.get(&host.window) else { return };
        let listening =
            Event::Listening { port: port_of(pid), host: host.id, place: pane.info.workspace_key.clone() };
        if !pane.info.unguarded {
            self.after(1, Happening::Arrive(listening));
            return;
        }
        let (window, host, info) = (WindowId(host.window.clone()), host.id, pane.info.clone());
        self.after(1, Happening::Arrive(Event::Found { window, host, info }));
    }

    pub(super) fn probe(&mut self, pid: u32) {
        if !self.hosts.get(&pid).is_some_and(|host| host.has_socket && host.alive) {
            return;
        }
        self.after(EVERY_MS, Happening::Probe(pid));
        if self.daemon == Daemon::Runs {
            let began = self.now;
            self.after(ANSWERS_MS, Happening::ProbeWaits { pid, began });
        }
    }

    pub(super) fn probe_waits(&mut self, pid: u32, began: u64) {
        match self.daemon {
            Daemon::Dead => return,
            Daemon::StandsStill { until } if until > self.now => {
                return self.at(until, Happening::ProbeWaits { pid, began });
            }
            Daemon::StandsStill { .. } | Daemon::Runs => {}
        }
        let now = self.now;
        let Some(host) = self.hosts.get(&pid).filter(|host| host.has_socket && host.alive) else { return };
        let (host, turns) = (host.id, host.loop_turns(now));
        let took = Duration::from_millis(now - began);
        if turns {
            self.probed(host, Probe::Answered { round_trip: took });
        } else if now - began >= WAITS_MS {
            self.probed(host, Probe::Silent { waited: took });
        } else {
            self.after(50, Happening::ProbeWaits { pid, began });
        }
    }

    fn probed(&mut self, host: ProcessId, probe: Probe) {
        self.after(0, Happening::Arrive(Event::Probed { host, probe }));
    }
}
