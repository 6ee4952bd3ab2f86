//! One window: what is known of it, and what it is told. What follows from that is in `ladder.rs`.

use std::{collections::VecDeque, time::Duration};

use crate::{
    Beat, Decision, HeapTrend, Incident, IncidentId, Judgement, KillOutcome, MemoryLevel, Notice, NoticeCode,
    ProcessId, Risks, Settings, Time, Verdict, WindowId, WindowInfo,
    liveness::Liveness,
    plan::Plan,
    pressure::Heap,
    recovery::{COOL_DOWN, ExitLog, HELD_FOR, Intent, Phase, RESTART_WINDOW, RETRY_SAVE_AFTER, Sequence},
    sessions::Sessions,
    wear::Wear,
};

mod hosts;
mod requests;

/// Where a window puts what it decides.
pub(crate) struct Outbox<'a> {
    pub(crate) decisions: &'a mut Vec<Decision>,
    pub(crate) sequence: &'a mut Sequence,
    pub(crate) cannot_save: &'a mut Option<String>,
    pub(crate) sessions: &'a mut Sessions,
}

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
    pub(crate) heap: Heap,
    pub(crate) wear: Wear,
    /// How long the user had done nothing in the window at the last beat, and when that was.
    pub(crate) input_idle: Option<(Time, Duration)>,
    /// What Claude Code was in the middle of, and when that was asked.
    pub(crate) turns: Option<(Time, Option<String>)>,
    /// What was said of this host is not said again at once.
    pub(crate) told: Told,
    /// No orderly restart of our own before: one came to nothing, or the user said no.
    pub(crate) orderly_after: Time,
}

/// What has been said of a host that answers.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub(crate) struct Told {
    pub(crate) memory_high: Option<Time>,
    pub(crate) memory_critical: Option<Time>,
    pub(crate) refresh: bool,
    pub(crate) unclear: Option<Time>,
    /// Why an orderly restart came to nothing.
    pub(crate) failed: Option<(Time, NoticeCode)>,
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
    /// A restart of a host that answers is meant.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) plan: Option<Plan>,
    /// Restarts by such plans, so that a leak which begins anew each time does not restart the host for ever.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) planned: ExitLog,
    /// When a worn host was last refreshed, or that was offered: wear that it did not cure is no reason for the next.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) worn_at: Option<Time>,
    /// When it was last asked what Claude Code is doing.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) turns_asked_at: Option<Time>,
    /// The function that froze the host is being looked for, since then.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) naming_since: Option<Time>,
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
            plan: None,
            planned: ExitLog::default(),
            worn_at: None,
            turns_asked_at: None,
            naming_since: None,
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

    /// How long its host has been watched.
    #[must_use]
    pub fn host_age(&self, now: Time) -> Option<Duration> {
        self.host.as_ref().map(|host| host.wear.age(now))
    }

    /// How its host does with its heap: the level, the trend, and the least value of each ten seconds in percent of the limit,
    /// oldest first. `None` before the first beat.
    #[must_use]
    pub fn memory(&self) -> Option<(MemoryLevel, Option<HeapTrend>, Vec<u8>)> {
        let heap = &self.host.as_ref()?.heap;
        heap.figures().map(|_| (heap.level(), heap.trend(), heap.history()))
    }

    /// What makes its host slow, in words.
    #[must_use]
    pub fn degraded(&self) -> Option<String> {
        self.host.as_ref().and_then(|host| host.wear.complaint())
    }

    /// What an orderly restart that is meant waits for.
    #[must_use]
    pub fn waits_for(&self) -> Option<&str> {
        let plan = self.plan.as_ref().filter(|_| self.phase == Phase::Watching);
        plan.and_then(|plan| plan.waits_for.as_deref())
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
        !self.info.unguarded && (self.host.is_some() || self.incident.is_some())
    }

    /// Nothing remembered of it matters any more: not the exits, nor that the user paused it.
    pub(crate) fn is_forgettable(&self, now: Time) -> bool {
        let remembers = self.incident.is_some()
            || self.exits.within_window(now) > 0
            || self.hostless_since.is_some_and(|since| now.since(since) < RESTART_WINDOW);
        // Of a window without Lifeline, nothing is remembered.
        self.host.is_none() && (self.info.unguarded || !remembers)
    }

    /// A message of this host can only be late.
    pub(crate) fn has_ended(&self, host: ProcessId) -> bool {
        self.ended.contains(&host)
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
        if paused {
            // Nothing happens by itself from now on, and this is how a restart that waits is called off.
            if matches!(self.phase, Phase::Saving { intent, .. } if self.is_orderly(intent)) {
                self.put_off(out);
            }
            self.plan = None;
        }
    }

    /// Every deadline is void. What was about to be done on the evidence so far is not done.
    pub(crate) fn void_deadlines(&mut self, now: Time, out: &mut Outbox<'_>) {
        if let Some(host) = &mut self.host {
            host.liveness.void_deadlines(now);
            host.heap.void();
            host.turns = None;
            host.actionable_since = None;
            // What comes in now may have waited for us, and says nothing of this moment.
            host.spared_until = host.spared_until.max(now + HELD_FOR);
        }
        self.turns_asked_at = None;
        self.naming_since = None;
        if matches!(self.phase, Phase::Saving { intent, .. } if self.is_orderly(intent)) {
            self.put_off(out);
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
            if open.cause.is_our_own() {
                self.planned.take_back();
            }
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
            self.not_gracefully(now, out);
        }
    }
}
