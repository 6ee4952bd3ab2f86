//! The daemon's actuators.

use lifeline_core::{Decision, Event, KillOutcome};

use super::{Disk, Graceful, Happening, KillTruth, Kills, World};

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
