//! One window: what is known of it, and what it is told. What follows from that is in `ladder.rs`.

use std::{collections::VecDeque, time::Duration};

use crate::{
    Beat, Cause, Decision, DrillAnswer, Incident, IncidentId, Judgement, KillOutcome, Notice, NoticeCode,
    Outcome, Pressure, ProcessId, RestartAnswer, Risks, Settings, Time, Verdict, WindowId, WindowInfo,
    liveness::Liveness,
    recovery::{
        Asked, CONFIRMED_FOR, COOL_DOWN, ExitLog, Intent, Phase, RESTART_WINDOW, RETRY_SAVE_AFTER, Sequence,
    },
};

/// Where a window puts what it decides.
pub(crate) struct Outbox<'a> {
    pub(crate) decisions: &'a mut Vec<Decision>,
    pub(crate) sequence: &'a mut Sequence,
    pub(crate) cannot_save: &'a mut Option<String>,
}

/// A drill that was confirmed must begin within this long.
const DRILL_WITHIN: Duration = Duration::from_secs(60);

/// Hosts that ended, kept to know their late messages by. They come from one or two predecessors.
const ENDED_KEPT: usize = 4;

/// The extension host that a window has now.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Host {
    pub(crate) id: ProcessId,
    pub(crate) liveness: Liveness,
    /// VS Code said that it shuts this host down.
    pub(crate) departing: bool,
    /// Nothing is done to it before.
    pub(crate) spared_until: Time,
    /// Since when each judgement has called for action.
    pub(crate) actionable_since: Option<Time>,
    pub(crate) judgement: Judgement,
}

/// A kill that was decided. The exit it causes is in the log since then.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Kill {
    pub(crate) host: ProcessId,
    /// The signal is known to have been sent.
    pub(crate) reported: bool,
    /// The daemon that was to send it is gone: nobody will report.
    pub(crate) abandoned: bool,
}

/// One window.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Window {
    pub(crate) id: WindowId,
    pub(crate) info: WindowInfo,
    pub(crate) settings: Settings,
    pub(crate) risks: Risks,
    /// The settings are what the window said, not what we assume; likewise the risks.
    pub(crate) settings_told: bool,
    pub(crate) risks_told: bool,
    pub(crate) paused: bool,
    pub(crate) host: Option<Host>,
    /// When the last host ended.
    pub(crate) hostless_since: Option<Time>,
    /// The hosts before, the latest last.
    ended: VecDeque<ProcessId>,
    pub(crate) phase: Phase,
    /// The open incident.
    pub(crate) incident: Option<Incident>,
    pub(crate) exits: ExitLog,
    pub(crate) kill: Option<Kill>,
    /// A kill that the user confirmed must be decided until then.
    pub(crate) confirmed_until: Option<Time>,
    /// Notices that the window has not shown yet.
    pub(crate) pending: Vec<Notice>,
    /// A freeze that begins until then is the drill's.
    pub(crate) drill_until: Option<Time>,
    /// The incident before.
    pub(crate) last: Option<Incident>,
}

impl Window {
    pub(crate) fn new(id: WindowId) -> Self {
        Self {
            id,
            info: WindowInfo::default(),
            settings: Settings::default(),
            risks: Risks::default(),
            settings_told: false,
            risks_told: false,
            paused: false,
            host: None,
            hostless_since: None,
            ended: VecDeque::new(),
            phase: Phase::Watching,
            incident: None,
            exits: ExitLog::default(),
            kill: None,
            confirmed_until: None,
            pending: Vec::new(),
            drill_until: None,
            last: None,
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &WindowId {
        &self.id
    }

    /// What it said of itself.
    #[must_use]
    pub const fn info(&self) -> &WindowInfo {
        &self.info
    }

    /// Its settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its extension host; none between two.
    #[must_use]
    pub fn host(&self) -> Option<ProcessId> {
        self.host.as_ref().map(|host| host.id)
    }

    /// The current judgement of its host.
    #[must_use]
    pub fn judgement(&self) -> Judgement {
        self.host
            .as_ref()
            .map_or(Judgement { verdict: Verdict::Gone, evidence: Vec::new() }, |host| host.judgement.clone())
    }

    /// Where its recovery stands.
    #[must_use]
    pub const fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Protection is paused by the user.
    #[must_use]
    pub const fn is_paused(&self) -> bool {
        self.paused
    }

    /// How long the main thread has been silent.
    #[must_use]
    pub fn silent_for(&self, now: Time) -> Option<Duration> {
        self.host.as_ref().map(|host| host.liveness.silent_for(now))
    }

    /// What the host measured at its last beat.
    #[must_use]
    pub fn last_beat(&self) -> Option<&Beat> {
        self.host.as_ref().and_then(|host| host.liveness.last_beat())
    }

    /// Exits that count against VS Code's limit now.
    #[must_use]
    pub fn restarts_in_window(&self, now: Time) -> usize {
        self.exits.within_window(now)
    }

    /// What the user must know and the window has not shown.
    #[must_use]
    pub fn pending(&self) -> &[Notice] {
        &self.pending
    }

    /// The incident for which a kill was decided and has not been reported on; none when that was dropped meanwhile.
    #[must_use]
    pub fn pending_kill(&self) -> Option<&Incident> {
        let awaited = matches!(self.phase, Phase::Restarting { graceful: false, .. })
            && self.kill.is_some_and(|kill| !kill.reported);
        self.incident.as_ref().filter(|_| awaited)
    }

    /// The incident under way, or the last one.
    #[must_use]
    pub const fn incident(&self) -> Option<&Incident> {
        match &self.incident {
            Some(open) => Some(open),
            None => self.last.as_ref(),
        }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.host.as_ref().map_or(Verdict::Gone, |host| host.judgement.verdict)
    }

    /// The main thread gave a sign of life a moment ago.
    pub(crate) fn answers(&self, now: Time) -> bool {
        self.host.as_ref().is_some_and(|host| host.liveness.answers(now, &self.settings))
    }

    /// The main thread is attached and answers: it can show something.
    pub(crate) fn can_show(&self, now: Time) -> bool {
        self.answers(now) && self.host.as_ref().is_some_and(|host| host.liveness.is_main_attached())
    }

    /// There is something to watch or to finish.
    pub(crate) fn is_needed(&self) -> bool {
        self.host.is_some() || self.incident.is_some()
    }

    /// Nothing remembered of it matters any more: not the exits, nor that the user paused it.
    pub(crate) fn is_forgettable(&self, now: Time) -> bool {
        self.host.is_none()
            && self.incident.is_none()
            && self.exits.within_window(now) == 0
            && self.hostless_since.is_none_or(|since| now.since(since) >= RESTART_WINDOW)
    }

    /// A message of this host can only be late.
    pub(crate) fn has_ended(&self, host: ProcessId) -> bool {
        self.ended.contains(&host)
    }

    // ---- hosts -----------------------------------------------------------------------------------

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
    fn meet(&mut self, now: Time, id: ProcessId, info: WindowInfo, out: &mut Outbox<'_>) {
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
            liveness: Liveness::new(now, info.may_be_debugged),
            departing: false,
            spared_until: now + COOL_DOWN,
            actionable_since: None,
            judgement: Judgement::healthy(),
        });
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
        // A question about it is moot.
        self.drop_questions();
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
                    id: IncidentId(out.sequence.next()),
                    window: self.id.clone(),
                    label: self.info.label.clone(),
                    host: id,
                    new_host: None,
                    cause: Cause::Crash,
                    verdict: Verdict::Gone,
                    evidence: host.judgement.evidence,
                    outcome: Outcome::Open,
                    reason: None,
                    began: now,
                    verdict_at: None,
                    acted_at: None,
                    ended_at: None,
                    snapshot: false,
                    risks: self.risks.clone(),
                };
                self.incident.get_or_insert_with(crash);
                self.phase = Phase::Verifying { since: now };
            }
        }
        self.changed(out);
    }

    /// The main thread has just beaten.
    pub(crate) fn heard(&mut self, now: Time, pressure: Option<Pressure>, out: &mut Outbox<'_>) {
        if self.phase != Phase::Watching {
            self.look(now, pressure, out);
        }
        self.deliver_pending(now, out);
    }

    // ---- what else it is told --------------------------------------------------------------------

    pub(crate) fn set_risks(&mut self, risks: Risks) {
        self.risks = risks;
        self.risks_told = true;
    }

    pub(crate) fn set_settings(&mut self, settings: Settings, out: &mut Outbox<'_>) {
        self.settings_told = true;
        if self.settings != settings {
            self.settings = settings;
            self.changed(out);
        }
    }

    pub(crate) fn set_paused(&mut self, paused: bool, out: &mut Outbox<'_>) {
        if self.paused != paused {
            self.paused = paused;
            self.changed(out);
        }
    }

    /// Every deadline is void. What was about to be done on the evidence so far is not done.
    pub(crate) fn void_deadlines(&mut self, now: Time, out: &mut Outbox<'_>) {
        if let Some(host) = &mut self.host {
            host.liveness.void_deadlines(now);
            host.actionable_since = None;
        }
        match &mut self.phase {
            Phase::Saving { intent: Intent::Kill | Intent::Ask | Intent::Refuse, .. } => {
                self.phase = Phase::Suspect;
                self.changed(out);
            }
            // A look that arrives with the gap was taken before it.
            Phase::Saving { since, .. } => *since = now + Duration::from_millis(1),
            Phase::Restarting { since, .. } | Phase::Verifying { since } => *since = now,
            Phase::Watching | Phase::Suspect | Phase::Asking | Phase::GaveUp { .. } => {}
        }
    }

    /// Another daemon watches from now on. It has no connection yet, and no answer of a disk will reach it.
    pub(crate) fn resume(&mut self, out: &mut Outbox<'_>) {
        self.detach_main();
        self.detach_worker();
        if let Some(kill) = &mut self.kill {
            kill.abandoned = true;
        }
        if matches!(self.phase, Phase::Saving { .. }) {
            self.phase = Phase::Suspect;
            self.changed(out);
        }
    }

    pub(crate) fn kill_done(
        &mut self,
        now: Time,
        incident: IncidentId,
        outcome: KillOutcome,
        out: &mut Outbox<'_>,
    ) {
        let Some(open) = self.incident.as_mut().filter(|open| open.id == incident) else { return };
        if !matches!(self.phase, Phase::Restarting { graceful: false, .. }) {
            return;
        }
        match outcome {
            KillOutcome::Killed => {
                if let Some(kill) = &mut self.kill {
                    kill.reported = true;
                }
            }
            KillOutcome::AlreadyGone => {
                let host = open.host;
                self.exited(now, host, out);
            }
            KillOutcome::NotCommitted(reason) => {
                self.undo_kill(now);
                self.not_committed(now, reason, out);
            }
            KillOutcome::Refused(what) => {
                let again = matches!(open.reason, Some(NoticeCode::RefusedIdentity(_)));
                self.undo_kill(now);
                let retry_at = now + if again { RETRY_SAVE_AFTER } else { COOL_DOWN };
                self.give_up(now, NoticeCode::RefusedIdentity(what), Some(retry_at), out);
            }
        }
    }

    /// The journal or the memory has not become durable, so no signal was sent.
    pub(crate) fn not_committed(&mut self, now: Time, reason: String, out: &mut Outbox<'_>) {
        *out.cannot_save = Some(reason.clone());
        self.give_up(now, NoticeCode::RefusedCannotSave(reason), Some(now + RETRY_SAVE_AFTER), out);
    }

    pub(crate) fn undo_kill(&mut self, now: Time) {
        if let Some(open) = &mut self.incident {
            open.acted_at = None;
        }
        self.kill = None;
        self.exits.take_back();
        if let Some(host) = &mut self.host {
            host.spared_until = now + COOL_DOWN;
            host.actionable_since = None;
        }
    }

    pub(crate) fn graceful_answered(
        &mut self,
        now: Time,
        incident: IncidentId,
        started: bool,
        out: &mut Outbox<'_>,
    ) {
        if self.incident.as_ref().is_none_or(|open| open.id != incident)
            || !matches!(self.phase, Phase::Restarting { graceful: true, .. })
        {
            return;
        }
        if started {
            // Its exit is VS Code's own doing and does not count.
            if let Some(host) = &mut self.host {
                host.departing = true;
            }
        } else {
            self.info.can_restart_gracefully = false;
            self.close(now, Outcome::Refused, out);
        }
    }

    // ---- what the user asks ----------------------------------------------------------------------

    pub(crate) fn restart_asked(&mut self, now: Time, asked: Asked, out: &mut Outbox<'_>) {
        use RestartAnswer::{NeedsConfirmation, Refused, Started};
        let answer = if self.phase.is_under_way() {
            Refused("A restart is already under way in this window.".into())
        } else if self.host.is_none() {
            Refused(
                "This window has no extension host at the moment. Run “Developer: Reload Window” in it."
                    .into(),
            )
        } else if matches!(self.verdict(), Verdict::Stopped | Verdict::Traced) {
            Refused(format!(
                "The extension host is {}: continue it or detach the debugger first, then ask again.",
                self.verdict()
            ))
        } else if self.info.can_restart_gracefully && self.incident.is_none() && self.can_show(now) {
            self.open_incident(now, Cause::Requested, out);
            self.save(now, Intent::Graceful, out);
            Started
        } else if self.exits.is_spent(now) {
            Refused(
                "The extension host of this window has ended twice within five minutes; VS Code would not restart it a third \
                 time. Run “Developer: Reload Window” instead, or wait."
                    .into(),
            )
        } else if asked.confirmed {
            self.drop_questions();
            match &mut self.incident {
                Some(open) => {
                    open.outcome = Outcome::Open;
                    open.reason = None;
                }
                None => self.open_incident(now, Cause::Requested, out),
            }
            self.confirmed_until = Some(now + CONFIRMED_FOR);
            self.save(now, Intent::KillConfirmed, out);
            Started
        } else {
            NeedsConfirmation(self.risks.would_lose.clone())
        };
        out.decisions.push(Decision::AnswerRestart { request: asked.request, answer });
    }

    /// Says whether a drill may run now, and expects it if so.
    pub(crate) fn drill_asked(&mut self, now: Time) -> DrillAnswer {
        use DrillAnswer::{Go, Refused};
        if !self.can_show(now) || self.phase != Phase::Watching {
            return Refused("The extension host of this window does not answer at the moment; there is no need for a drill.".into());
        }
        if self.paused {
            return Refused("Protection is paused. Run “Lifeline: Resume Protection” first.".into());
        }
        match self.refusal(now) {
            Some(NoticeCode::Observed) => Refused(
                "The setting lifeline.recovery.mode is “observe”: a frozen host would stay frozen. Set it to “automatic” for the drill.".into(),
            ),
            Some(NoticeCode::RefusedUnsaved(what)) => {
                Refused(format!("The drill would lose {}. Save or end that first.", what.join(", ")))
            }
            Some(_) => Refused(
                "The extension host has been restarted twice within five minutes; VS Code would not restart it a third time. \
                 Try again in a few minutes."
                    .into(),
            ),
            None => {
                self.drill_until = Some(now + DRILL_WITHIN);
                Go
            }
        }
    }
}
