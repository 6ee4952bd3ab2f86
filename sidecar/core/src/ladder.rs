//! The ladder of one window: healthy → suspect → snapshot → act → verify → report. Each rung is a [`Phase`].

use std::{mem::discriminant, time::Duration};

use crate::{
    Cause, Decision, Evidence, Incident, IncidentId, Mode, NoticeCode, Outcome, Pressure, ProcessId,
    ProcessState, Time, Verdict,
    recovery::{
        COOL_DOWN, END_WITHIN, GRACEFUL_WITHIN, HELD_FOR, Intent, MENTIONED_APART, NAME_WITHIN, Phase,
        RETRY_SAVE_AFTER, SAVE_WITHIN, VERIFY_WITHIN,
    },
    verdict::witnesses,
    window::{Kill, Outbox, Window},
};

mod report;

/// A host that has been silent for this long, for no certain reason, is told of: whoever waits for it should know.
const UNCLEAR_AFTER: Duration = Duration::from_secs(60);

/// A window without Lifeline is told of when its host has been stuck for this long, whatever with. Its last sign of life may be one
/// probe (5 s) old when the freeze begins, and the verdict needs 5 s of it: the user knows within 15 s.
const UNGUARDED_AFTER: Duration = Duration::from_secs(10);

impl Window {
    /// Looks at the window: what is the verdict now, and what follows from it.
    pub(crate) fn look(&mut self, now: Time, pressure: Option<Pressure>, out: &mut Outbox<'_>) {
        if let Some(host) = &mut self.host {
            let judgement = host.liveness.judge(now, &self.settings, pressure);
            let verdict_changed = judgement.verdict != host.judgement.verdict;
            if judgement.verdict.is_stuck() && judgement.is_corroborated() {
                host.actionable_since.get_or_insert(now);
            } else {
                host.actionable_since = None;
            }
            host.judgement = judgement;
            if verdict_changed {
                self.changed(out);
            }
        }
        match self.phase {
            Phase::Watching if self.verdict() != Verdict::Healthy && self.host.is_some() => {
                self.go(Phase::Suspect, out);
                self.suspect(now, out);
            }
            Phase::Watching => {}
            Phase::Suspect => self.suspect(now, out),
            Phase::Saving { since, intent } => self.saving(now, since, intent, out),
            Phase::Asking => {
                if self.verdict() == Verdict::Healthy {
                    self.came_back(now, out);
                } else if !self.asks_first() {
                    self.drop_questions();
                    self.go(Phase::Suspect, out);
                    self.suspect(now, out);
                }
            }
            Phase::Restarting { since, graceful } => self.restarting(now, since, graceful, out),
            Phase::Verifying { since } => {
                if now.since(since) >= VERIFY_WITHIN {
                    self.not_verified(now, out);
                }
            }
            Phase::GaveUp { retry_at } => {
                if self.verdict() == Verdict::Healthy {
                    self.came_back(now, out);
                } else if retry_at.is_some_and(|at| now >= at) || !self.reason_stands() {
                    self.suspect(now, out);
                }
            }
        }
    }

    /// The host to look at from outside now.
    pub(crate) fn facts_wanted(&self, now: Time) -> Option<ProcessId> {
        let host = self.host.as_ref()?;
        let wanted =
            host.liveness.wants_examination(now, &self.settings) || self.awaits_last_look().is_some();
        wanted.then_some(host.id)
    }

    /// Whoever looks for the culprit halts the host for a moment: what is seen from outside meanwhile is our own doing.
    pub(crate) fn is_naming(&self, now: Time) -> bool {
        matches!(self.phase, Phase::Saving { .. })
            && self.naming_since.is_some_and(|since| now.since(since) < NAME_WITHIN)
    }

    /// The silence after which the verdict calls for action.
    fn act_after(&self) -> Option<Duration> {
        let usual = self.verdict().act_after(&self.settings);
        if self.info.unguarded { usual.map(|_| UNGUARDED_AFTER) } else { usual }
    }

    /// The evidence calls for a restart, at this moment, by the user's thresholds.
    fn calls_for_action(&self, now: Time) -> bool {
        let Some(host) = &self.host else { return false };
        let Some(act_after) = self.act_after() else { return false };
        !self.paused
            && !host.departing
            && now >= host.spared_until
            && host.liveness.silent_for(now) >= act_after
            && host.actionable_since.is_some_and(|since| now.since(since) >= HELD_FOR)
    }

    /// Why nothing may be killed here without a person's word, if so.
    pub(crate) fn refusal(&self, now: Time) -> Option<NoticeCode> {
        if self.settings.mode == Mode::Observe {
            Some(NoticeCode::Observed)
        } else if self.exits.is_spent(now) {
            Some(NoticeCode::RefusedBudget)
        } else if !self.risks.would_lose.is_empty() {
            Some(NoticeCode::RefusedUnsaved(self.risks.would_lose.clone()))
        } else {
            None
        }
    }

    /// The user wants to be asked, or may want to: a host that was frozen when we first heard of it could not say what it
    /// would lose. Who asked for a restart or a drill has answered already.
    fn asks_first(&self) -> bool {
        (self.settings.mode == Mode::Ask || !self.settings_told || !self.risks_told)
            && self
                .incident
                .as_ref()
                .is_some_and(|open| !matches!(open.cause, Cause::Requested | Cause::Drill))
    }

    /// What we gave up for still holds. A spent budget holds until the host ends: it is the circuit breaker.
    fn reason_stands(&self) -> bool {
        match self.incident.as_ref().and_then(|open| open.reason.as_ref()) {
            Some(NoticeCode::Observed) => self.settings.mode == Mode::Observe,
            Some(NoticeCode::RefusedUnsaved(_)) => !self.risks.would_lose.is_empty(),
            Some(NoticeCode::Stopped) => self.verdict() == Verdict::Stopped,
            Some(NoticeCode::Unclear) => !self.verdict().is_stuck(),
            _ => true,
        }
    }

    // ---- suspect ---------------------------------------------------------------------------------

    /// Silent, in the phase `Suspect` or after a time in `GaveUp`: is it time to act?
    fn suspect(&mut self, now: Time, out: &mut Outbox<'_>) {
        let Some(host) = &self.host else { return };
        let began = host.liveness.last_sign();
        match host.judgement.verdict {
            Verdict::Healthy => self.came_back(now, out),
            Verdict::Stopped
                if host.liveness.silent_for(now) >= self.settings.deadlock_after && !self.paused =>
            {
                self.open_incident(now, Cause::Freeze, out);
                self.give_up(now, NoticeCode::Stopped, None, out);
            }
            Verdict::Late | Verdict::Starved | Verdict::IoStuck if self.is_worth_mentioning(now) => {
                if let Some(host) = &mut self.host {
                    host.told.unclear = Some(now);
                }
                self.open_incident(now, Cause::Freeze, out);
                self.give_up(now, NoticeCode::Unclear, None, out);
            }
            _ if self.info.unguarded && self.calls_for_action(now) => {
                // There is nobody to ask, nothing to save, and nothing is done.
                self.open_incident(now, Cause::Freeze, out);
                self.give_up(now, NoticeCode::Unguarded, None, out);
            }
            _ if self.calls_for_action(now) => {
                let is_drill = self.drill_until.take().is_some_and(|until| began <= until);
                self.open_incident(now, if is_drill { Cause::Drill } else { Cause::Freeze }, out);
                let intent = if self.refusal(now).is_some() {
                    Intent::Refuse
                } else if self.asks_first() {
                    Intent::Ask
                } else {
                    Intent::Kill
                };
                self.save(now, intent, out);
            }
            _ => {}
        }
    }

    /// Silent for so long that whoever waits for it should know, for whatever reason.
    fn is_worth_mentioning(&self, now: Time) -> bool {
        let Some(host) = self.host.as_ref().filter(|host| !host.departing && !self.paused) else {
            return false;
        };
        host.liveness.silent_for(now) >= UNCLEAR_AFTER.max(self.settings.on_child_after)
            && host.liveness.is_heard_of()
            && host.told.unclear.is_none_or(|at| now.since(at) >= MENTIONED_APART)
            && now >= host.spared_until
    }

    /// Opens an incident, or goes on with the one that was dropped half-way.
    pub(crate) fn open_incident(&mut self, now: Time, cause: Cause, out: &mut Outbox<'_>) {
        let Some(host) = &self.host else { return };
        let verdict = host.judgement.verdict;
        let began = if verdict == Verdict::Healthy { now } else { host.liveness.last_sign() };
        let open = self.incident.get_or_insert_with(|| Incident {
            risks: self.risks.clone(),
            heap: host.heap.figures(),
            ..Incident::new(
                IncidentId(out.sequence.next()),
                &self.id,
                &self.info.label,
                host.id,
                cause,
                began,
            )
        });
        open.verdict = verdict;
        open.evidence.clone_from(&host.judgement.evidence);
        open.verdict_at = host.actionable_since;
    }

    // ---- save ------------------------------------------------------------------------------------

    pub(crate) fn save(&mut self, now: Time, intent: Intent, out: &mut Outbox<'_>) {
        let Some(open) = &self.incident else { return };
        let (incident, host) = (open.id, open.host);
        let name_culprit = matches!(intent, Intent::Kill | Intent::KillConfirmed)
            && matches!(self.verdict(), Verdict::Deadlock | Verdict::Spinning | Verdict::GcThrash)
            && self.settings.name_culprit
            // Its debugger may be a person's.
            && self.host.as_ref().is_some_and(|host| !host.liveness.is_inspected())
            && open.culprit.is_none();
        let is_saving = matches!(self.phase, Phase::Saving { .. });
        if !open.snapshot && !is_saving {
            out.decisions.push(Decision::SaveSnapshot { incident: Box::new(open.clone()) });
        }
        let has_snapshot = open.snapshot;
        self.phase = Phase::Saving { since: now, intent };
        self.naming_since = name_culprit.then_some(now);
        if name_culprit {
            out.decisions.push(Decision::NameCulprit { incident, host });
        }
        if has_snapshot {
            // The context of a frozen host does not change: one snapshot is enough, however often we try.
            self.saved(now, intent, out);
        }
        self.changed(out);
    }

    fn saving(&mut self, now: Time, since: Time, intent: Intent, out: &mut Outbox<'_>) {
        if intent.is_ours() && self.verdict() == Verdict::Healthy {
            self.came_back(now, out);
        } else if self.is_orderly(intent) && self.verdict() != Verdict::Healthy {
            // It froze before we came to it: from here on the evidence decides.
            self.put_off(out);
        } else if intent == Intent::KillConfirmed && self.confirmed_until.is_none_or(|until| now >= until) {
            self.refuse_confirmed(now, "too much time has passed since it was confirmed".to_owned(), out);
        } else if self.is_saved() && self.naming_since.is_some() && !self.is_naming(now) {
            // Nobody has answered, not even that there is no answer.
            self.saved(now, intent, out);
        } else if let Some(asked_at) = self.awaits_last_look() {
            self.last_look(now, asked_at, intent, out);
        } else if self.is_saved() && self.is_orderly(intent) {
            self.last_moment(now, since, intent, out);
        } else if now.since(since) >= SAVE_WITHIN {
            let reason = too_slow("snapshot");
            *out.cannot_save = Some(reason.clone());
            self.cannot_save(now, intent, reason, out);
        }
    }

    pub(crate) fn snapshot_saved(&mut self, now: Time, incident: IncidentId, out: &mut Outbox<'_>) {
        let Some(open) = self.incident.as_mut().filter(|open| open.id == incident) else { return };
        let again = std::mem::replace(&mut open.snapshot, true);
        if let Phase::Saving { intent, .. } = self.phase
            && !again
        {
            self.saved(now, intent, out);
        }
    }

    fn is_saved(&self) -> bool {
        self.incident.as_ref().is_some_and(|open| open.snapshot)
    }

    /// The snapshot is durable. Look again: the world may have changed while the disk worked.
    pub(crate) fn saved(&mut self, now: Time, intent: Intent, out: &mut Outbox<'_>) {
        if intent.is_ours() {
            if self.answers(now) {
                return self.came_back(now, out);
            }
            if !self.calls_for_action(now) {
                return self.go(Phase::Suspect, out);
            }
            if let Some(code) = self.refusal(now) {
                return self.give_up(now, code, None, out);
            }
        }
        if self.is_naming(now) {
            // The stack is on its way; it comes, or its time runs out.
            return;
        }
        self.naming_since = None;
        match intent {
            Intent::Kill | Intent::Ask if self.asks_first() => {
                self.go(Phase::Asking, out);
                self.tell(now, NoticeCode::Ask, out);
            }
            Intent::Kill | Intent::Ask => self.kill(now, Vec::new(), out),
            Intent::KillConfirmed | Intent::Planned => {
                // A person sees a window that does not react, not why: make sure that it is not merely stopped.
                self.go(Phase::Saving { since: now, intent }, out);
                out.decisions.extend(self.host().map(|host| Decision::Examine { host }));
            }
            Intent::Graceful if self.is_orderly(intent) => {
                self.phase = Phase::Saving { since: now, intent };
                self.last_moment(now, now, intent, out);
            }
            Intent::Graceful => self.restart_gracefully(now, out),
            // What stood in the way is gone; the next look decides anew.
            Intent::Refuse => self.go(Phase::Suspect, out),
        }
    }

    pub(crate) fn snapshot_failed(
        &mut self,
        now: Time,
        incident: IncidentId,
        reason: String,
        out: &mut Outbox<'_>,
    ) {
        let Phase::Saving { intent, .. } = self.phase else { return };
        if self.incident.as_ref().is_some_and(|open| open.id == incident && !open.snapshot) {
            self.cannot_save(now, intent, reason, out);
        }
    }

    fn cannot_save(&mut self, now: Time, intent: Intent, reason: String, out: &mut Outbox<'_>) {
        // Another reason weighs more: saving would not have changed the outcome.
        let other = if intent == Intent::Refuse { self.refusal(now) } else { None };
        let retry_at = other.is_none().then(|| now + RETRY_SAVE_AFTER);
        self.give_up(now, other.unwrap_or(NoticeCode::RefusedCannotSave(reason)), retry_at, out);
    }

    // ---- act -------------------------------------------------------------------------------------

    /// VS Code's own restart: it asks its own questions, and its exit does not count.
    pub(crate) fn restart_gracefully(&mut self, now: Time, out: &mut Outbox<'_>) {
        if let Some(open) = &mut self.incident {
            open.acted_at = Some(now);
            out.decisions.push(Decision::RestartGracefully { incident: open.id, window: self.id.clone() });
        }
        self.go(Phase::Restarting { since: now, graceful: true }, out);
    }

    /// A kill that does not follow from a verdict waits for a look from outside that is not older than this.
    fn awaits_last_look(&self) -> Option<Time> {
        match self.phase {
            Phase::Saving { since, intent: Intent::KillConfirmed | Intent::Planned }
                if self.is_saved() && self.naming_since.is_none() =>
            {
                Some(since)
            }
            _ => None,
        }
    }

    fn last_look(&mut self, now: Time, asked_at: Time, intent: Intent, out: &mut Outbox<'_>) {
        if intent == Intent::Planned {
            return self.last_moment(now, asked_at, intent, out);
        }
        let Some(host) = &self.host else { return };
        let froze = self.incident.as_ref().is_some_and(|open| open.cause != Cause::Requested);
        if froze && self.answers(now) {
            // The user was shown a frozen host. It runs again: nothing is left to cure.
            return self.came_back(now, out);
        }
        let Some(look) = host.liveness.look_since(asked_at) else {
            if now.since(asked_at) >= END_WITHIN {
                self.refuse_confirmed(now, "the host could not be looked at".to_owned(), out);
            }
            return;
        };
        let state = look.state;
        let what = match state {
            ProcessState::Stopped => Verdict::Stopped,
            ProcessState::Traced => Verdict::Traced,
            ProcessState::Dead => Verdict::Gone,
            _ => {
                let state = Evidence::State { state, wait_channel: None };
                return self.kill(now, vec![Evidence::Confirmed, Evidence::KnownHost, state], out);
            }
        };
        self.refuse_confirmed(now, format!("the host is {what} now"), out);
    }

    /// From here on the evidence decides again.
    fn refuse_confirmed(&mut self, now: Time, what: String, out: &mut Outbox<'_>) {
        self.give_up(now, NoticeCode::RefusedIdentity(what), Some(now + COOL_DOWN), out);
    }

    pub(crate) fn kill(&mut self, now: Time, more: Vec<Evidence>, out: &mut Outbox<'_>) {
        let (Some(host), Some(open)) = (&self.host, &mut self.incident) else { return };
        let mut evidence = more;
        for observation in &host.judgement.evidence {
            if !evidence.iter().any(|known| discriminant(known) == discriminant(observation)) {
                evidence.push(observation.clone());
            }
        }
        evidence.extend(open.culprit.clone().map(Evidence::Culprit));
        // The promises once more, whoever asks for it.
        let may_be_killed =
            witnesses(&evidence) >= 2 && open.snapshot && open.host == host.id && !self.exits.is_spent(now);
        if !may_be_killed {
            let orderly = matches!(self.phase, Phase::Saving { intent: Intent::Planned, .. });
            return if orderly { self.put_off(out) } else { self.go(Phase::Suspect, out) };
        }
        open.evidence.clone_from(&evidence);
        open.verdict = host.judgement.verdict;
        open.verdict_at = host.actionable_since.or(open.verdict_at);
        open.acted_at = Some(now);
        open.outcome = Outcome::Open;
        // Counted at the decision, so that a daemon which dies right after it still remembers.
        self.exits.push(now);
        self.kill = Some(Kill { host: host.id, reported: false, abandoned: false });
        out.decisions.push(Decision::KillHost {
            incident: open.id,
            window: self.id.clone(),
            host: host.id,
            verdict: host.judgement.verdict,
            evidence,
        });
        self.go(Phase::Restarting { since: now, graceful: false }, out);
    }

    fn restarting(&mut self, now: Time, since: Time, graceful: bool, out: &mut Outbox<'_>) {
        if graceful && self.calls_for_action(now) {
            // It froze before it could obey: the next rung.
            return self.act_again(now, out);
        }
        if now.since(since) < if graceful { GRACEFUL_WITHIN } else { END_WITHIN } {
            return;
        }
        if let Some(host) = &mut self.host {
            host.departing = false;
        }
        if graceful && self.verdict() == Verdict::Healthy {
            // The user answered VS Code's own question with no.
            self.vetoed(now, out);
        } else if graceful {
            self.give_up(now, NoticeCode::NotVerified, Some(now), out);
        } else if self.kill.is_some_and(|kill| kill.reported) {
            self.give_up(now, NoticeCode::NotVerified, None, out);
        } else if self.kill.is_none_or(|kill| kill.abandoned) {
            // The daemon was replaced in between, and the host is still there: that exit did not happen.
            self.undo_kill(now);
            self.act_again(now, out);
        } else if now.since(since) >= SAVE_WITHIN {
            // Its exit stays counted: nobody has said that the signal was not sent.
            self.not_committed(now, too_slow("journal"), out);
        }
    }

    fn act_again(&mut self, now: Time, out: &mut Outbox<'_>) {
        if let Some(open) = &mut self.incident {
            open.acted_at = None;
        }
        self.go(Phase::Suspect, out);
        self.suspect(now, out);
    }
}

fn too_slow(what: &str) -> String {
    format!("the disk has not taken the {what} within {} s", SAVE_WITHIN.as_secs())
}
