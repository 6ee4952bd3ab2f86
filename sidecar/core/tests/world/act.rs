//! The daemon's actuators.

use lifeline_core::{Culprit, Decision, Event, KillOutcome, Link, ProcessId, WindowId};

use super::{Culprits, Disk, Graceful, Happening, Kills, Truth, World};

impl World {
    pub(super) fn obey(&mut self, decision: Decision) {
        match decision {
            Decision::Examine { host } => {
                let now = self.now;
                let Some(found) = self.hosts.get_mut(&host.pid).filter(|found| found.id == host) else {
                    return;
                };
                let mut facts = found.facts(now);
                if self.tells_little {
                    (facts.main_run_delay_ns, facts.switches, facts.wait_channel) = (None, None, None);
                }
                facts.children = facts.children.filter(|_| !self.sees_no_children);
                if !self.chaos.hits(self.chaos.loss_percent) {
                    self.after(self.look_ms, Happening::Arrive(Event::Facts { host, facts }));
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
            Decision::NameCulprit { incident, host } => {
                let (after_ms, culprit) = match self.culprits {
                    Culprits::Found { after_ms } => (after_ms, Some(linter())),
                    Culprits::NotFound { after_ms } => (after_ms, None),
                    Culprits::Lost => return,
                };
                let now = self.now;
                if let Some(found) = self.hosts.get_mut(&host.pid).filter(|found| found.id == host) {
                    found.halt_main(now, now + after_ms);
                }
                self.after(after_ms, Happening::Arrive(Event::CulpritNamed { incident, culprit }));
            }
            Decision::LookForSessions { window } => {
                let sessions = self.sessions.values().cloned().collect();
                self.after(40, Happening::Arrive(Event::Sessions { window, sessions }));
            }
            Decision::LookForTurns { window, host } => {
                let in_flight = self.panes.get(&window.0).and_then(|pane| pane.in_flight.clone());
                if !self.turns_unknown {
                    self.after(5, Happening::Arrive(Event::Turns { host, in_flight }));
                }
            }
            Decision::LookAtLink { session } => {
                if let Some(link) = self.links.get(&session) {
                    let now = self.now;
                    let link = link.map_or(Link::Gone, |since| {
                        Link::SilentFor(std::time::Duration::from_millis(now - since))
                    });
                    self.after(5, Happening::Arrive(Event::Link { session, link }));
                }
            }
            Decision::KillHost { incident, window, host, .. } => {
                let truth = self.truth(host, &window);
                let alive = truth.host.as_ref().is_some_and(|found| found.alive);
                self.kill_truths.push(truth);
                let outcome = match &self.kills {
                    Kills::Lost => return,
                    Kills::NotCommitted => KillOutcome::NotCommitted("No space left on device".into()),
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
                if let Some(host) = self.core.window(&window).and_then(lifeline_core::Window::host) {
                    let truth = self.truth(host, &window);
                    self.restart_truths.push(truth);
                }
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
            | Decision::Bridge { .. }
            | Decision::Unbridge { .. }
            | Decision::OpenSession { .. }
            | Decision::TypeContinue { .. }
            | Decision::TypeCompact { .. }
            | Decision::AnswerSession { .. }
            | Decision::Orphan(_)
            | Decision::Leave => {}
        }
    }
    fn truth(&mut self, host: ProcessId, window: &WindowId) -> Truth {
        let now = self.now;
        let found = self.hosts.get_mut(&host.pid).filter(|found| found.id == host);
        let host = found.map(|found| {
            found.run_heap(now);
            found.clone()
        });
        Truth { at: now, host, pane: self.panes.get(&window.0).cloned() }
    }
}

/// Who blocks hosts here.
fn linter() -> Culprit {
    Culprit {
        extension_id: Some("acme.linter".into()),
        version: Some("1.4.2".into()),
        display_name: Some("Acme Linter".into()),
        function: "scanAll".into(),
        file: "main.js".into(),
        line: 812,
        bugs_url: None,
    }
}
