//! The hosts of a window, one after another, and what each says.

use std::time::Duration;

use crate::{
    Beat, Cause, Culprit, Decision, Evidence, Incident, IncidentId, Judgement, Outcome, Phase, Pressure,
    Probe, ProcessId, Time, WindowInfo,
    liveness::Liveness,
    pressure::Heap,
    recovery::{COOL_DOWN, RESTART_WINDOW},
    wear::Wear,
    window::{Host, Outbox, Told, Window},
};

/// Hosts that ended, kept to know their late messages by. They come from one or two predecessors.
const ENDED_KEPT: usize = 4;

impl Window {
    pub(crate) fn attach_main(&mut self, now: Time, host: ProcessId, info: WindowInfo, out: &mut Outbox<'_>) {
        self.meet(now, host, info, out);
        if let Some(host) = &mut self.host {
            host.departing = false;
            host.liveness.reattached(now);
        }
        let given_up = |last: &Incident| {
            last.outcome == Outcome::NotVerified
                && last.host != host
                && last.acted_at.is_some_and(|acted_at| now.since(acted_at) < RESTART_WINDOW)
        };
        if matches!(self.phase, Phase::Verifying { .. }) {
            self.recovered(now, host, out);
        } else if self.incident.is_none() && self.last.as_ref().is_some_and(given_up) {
            // Late, but it came.
            self.incident = self.last.take();
            self.recovered(now, host, out);
        }
        self.changed(out);
    }

    pub(crate) fn attach_worker(
        &mut self,
        now: Time,
        host: ProcessId,
        info: WindowInfo,
        out: &mut Outbox<'_>,
    ) {
        self.meet(now, host, info, out);
        if let Some(host) = &mut self.host {
            host.liveness.worker_attached(now);
        }
    }

    /// The host of the window is this one from now on.
    pub(crate) fn meet(&mut self, now: Time, id: ProcessId, info: WindowInfo, out: &mut Outbox<'_>) {
        if let Some(host) = self.host.as_mut().filter(|host| host.id == id) {
            host.liveness.set_may_be_debugged(info.may_be_debugged);
            self.info = info;
            return;
        }
        // A new host while the old one is still known: the old one has ended, and we hear of it now.
        if let Some(old) = self.host() {
            self.exited(now, old, out);
        }
        self.hostless_since = None;
        self.host = Some(Host {
            id,
            liveness: Liveness::new(now, info.may_be_debugged, info.unguarded),
            departing: false,
            spared_until: now + COOL_DOWN,
            actionable_since: None,
            judgement: Judgement::healthy(),
            heap: Heap::default(),
            wear: Wear::new(now),
            input_idle: None,
            turns: None,
            told: Told::default(),
            orderly_after: now,
        });
        self.plan = None;
        self.info = info;
        self.changed(out);
    }

    pub(crate) fn detach_main(&mut self) {
        if let Some(host) = &mut self.host {
            host.liveness.main_detached();
        }
    }

    pub(crate) fn detach_worker(&mut self) {
        if let Some(host) = &mut self.host {
            host.liveness.worker_detached();
        }
    }

    pub(crate) fn departing(&mut self, id: ProcessId, out: &mut Outbox<'_>) {
        if let Some(host) = self.host.as_mut().filter(|host| host.id == id) {
            host.departing = true;
            return;
        }
        let taken_for_crash = self.host.is_none()
            && self.incident.as_ref().is_some_and(|open| open.host == id && open.cause == Cause::Crash);
        if taken_for_crash {
            // The news of its exit was faster.
            self.exits.take_back();
            self.incident = None;
            self.phase = Phase::Watching;
            self.changed(out);
        }
    }

    pub(crate) fn exited(&mut self, now: Time, id: ProcessId, out: &mut Outbox<'_>) {
        let Some(host) = self.host.take_if(|host| host.id == id) else { return };
        self.hostless_since = Some(now);
        if self.ended.len() == ENDED_KEPT {
            self.ended.pop_front();
        }
        self.ended.push_back(id);
        self.drill_until = None;
        self.naming_since = None;
        self.plan = None;
        // A question about it is moot.
        self.drop_questions();
        if self.info.unguarded {
            // We know of its socket, not of its fate: the user may have closed it.
            self.incident = None;
            self.phase = Phase::Watching;
            self.changed(out);
            return;
        }
        let counted = self.kill.take().is_some_and(|kill| kill.host == id);
        if !host.departing && !counted {
            self.exits.push(now);
        }
        match self.phase {
            Phase::Restarting { .. } => self.phase = Phase::Verifying { since: now },
            // The next one will do as well.
            Phase::Verifying { .. } if host.departing => {}
            // VS Code was faster, or the user elsewhere. To depart, the host must have answered.
            _ if host.departing => self.came_back(now, out),
            // Somebody else ended a host that we had an open case about: the case goes on.
            _ => {
                let crash = || Incident {
                    evidence: host.judgement.evidence,
                    risks: self.risks.clone(),
                    heap: host.heap.figures(),
                    ..Incident::new(
                        IncidentId(out.sequence.next()),
                        &self.id,
                        &self.info.label,
                        id,
                        Cause::Crash,
                        now,
                    )
                };
                self.incident.get_or_insert_with(crash);
                self.phase = Phase::Verifying { since: now };
            }
        }
        self.changed(out);
    }

    /// The main thread beats.
    pub(crate) fn beat(
        &mut self,
        now: Time,
        seq: u32,
        beat: Beat,
        pressure: Option<Pressure>,
        out: &mut Outbox<'_>,
    ) {
        let Some(host) = &mut self.host else { return };
        if !host.liveness.beat(now, seq, beat) {
            return;
        }
        let level = host.heap.level();
        host.heap.beat(now, &beat, &self.settings);
        host.wear.beat(now, &beat, pressure);
        host.input_idle = beat.input_idle_ms.map(|ms| (now, Duration::from_millis(ms)));
        if host.heap.level() != level {
            self.changed(out);
        }
        self.heard(now, pressure, out);
        if self.phase == Phase::Watching {
            self.plan(now, out);
        }
    }

    /// Its IDE socket was probed.
    pub(crate) fn probed(
        &mut self,
        now: Time,
        probe: Probe,
        pressure: Option<Pressure>,
        out: &mut Outbox<'_>,
    ) {
        let Some(host) = &mut self.host else { return };
        host.liveness.probed(now, probe);
        match probe {
            Probe::Answered { round_trip } => host.wear.answered(round_trip),
            // The sooner it is looked at, the sooner there is a verdict.
            Probe::Silent { .. } if self.info.unguarded => {
                out.decisions.push(Decision::Examine { host: host.id });
            }
            Probe::Silent { .. } => {}
        }
        if self.phase != Phase::Watching || matches!(probe, Probe::Silent { .. }) {
            self.look(now, pressure, out);
        }
    }

    /// What there was to find out about who froze the host.
    pub(crate) fn culprit_named(
        &mut self,
        now: Time,
        incident: IncidentId,
        culprit: Option<Culprit>,
        out: &mut Outbox<'_>,
    ) {
        let Some(open) = self.incident.as_mut().filter(|open| open.id == incident) else { return };
        if let Some(culprit) = culprit.filter(|_| open.culprit.is_none()) {
            open.evidence.push(Evidence::Culprit(culprit.clone()));
            open.culprit = Some(culprit);
        }
        if self.naming_since.take().is_some()
            && open.snapshot
            && let Phase::Saving { intent, .. } = self.phase
        {
            self.saved(now, intent, out);
        }
    }

    /// The main thread has just beaten.
    pub(crate) fn heard(&mut self, now: Time, pressure: Option<Pressure>, out: &mut Outbox<'_>) {
        if self.phase != Phase::Watching {
            self.look(now, pressure, out);
        }
        self.deliver_pending(now, out);
    }
}
