//! The ladder of one window: healthy → suspect → snapshot → act → verify → report. Each rung is a [`Phase`].

use std::mem::discriminant;

use crate::{
    Cause, Decision, Evidence, Incident, IncidentId, Mode, Notice, NoticeCode, NoticeId, Outcome, Pressure,
    ProcessId, ProcessState, Time, Verdict, Via,
    liveness::witnesses,
    recovery::{
        COOL_DOWN, END_WITHIN, GRACEFUL_WITHIN, HELD_FOR, Intent, Phase, RETRY_SAVE_AFTER, SAVE_WITHIN,
        VERIFY_WITHIN,
    },
    window::{Kill, Outbox, Window},
};

/// Most notices that wait for a window to show them.
const PENDING_AT_MOST: usize = 8;

impl Window {
    /// Looks at the window: what is the verdict now, and what follows from it.
    pub(crate) fn look(&mut self, now: Time, pressure: Option<Pressure>, out: &mut Outbox<'_>) {
        if let Some(host) = &mut self.host {
            let judgement = host.liveness.judge(now, &self.settings, pressure);
            let verdict_changed = judgement.verdict != host.judgement.verdict;
            if judgement.verdict.act_after(&self.settings).is_some() && judgement.is_corroborated() {
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

    /// The evidence calls for a restart, at this moment, by the user's thresholds.
    fn calls_for_action(&self, now: Time) -> bool {
        let Some(host) = &self.host else { return false };
        let Some(act_after) = host.judgement.verdict.act_after(&self.settings) else { return false };
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
            && self.incident.as_ref().is_some_and(|open| open.cause == Cause::Freeze)
    }

    /// What we gave up for still holds. A spent budget holds until the host ends: it is the circuit breaker.
    fn reason_stands(&self) -> bool {
        match self.incident.as_ref().and_then(|open| open.reason.as_ref()) {
            Some(NoticeCode::Observed) => self.settings.mode == Mode::Observe,
            Some(NoticeCode::RefusedUnsaved(_)) => !self.risks.would_lose.is_empty(),
            Some(NoticeCode::Stopped) => self.verdict() == Verdict::Stopped,
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

    /// Opens an incident, or goes on with the one that was dropped half-way.
    pub(crate) fn open_incident(&mut self, now: Time, cause: Cause, out: &mut Outbox<'_>) {
        let Some(host) = &self.host else { return };
        let verdict = host.judgement.verdict;
        let open = self.incident.get_or_insert_with(|| Incident {
            id: IncidentId(out.sequence.next()),
            window: self.id.clone(),
            label: self.info.label.clone(),
            host: host.id,
            new_host: None,
            cause,
            verdict,
            evidence: Vec::new(),
            outcome: Outcome::Open,
            reason: None,
            began: if verdict == Verdict::Healthy { now } else { host.liveness.last_sign() },
            verdict_at: None,
            acted_at: None,
            ended_at: None,
            snapshot: false,
            risks: self.risks.clone(),
        });
        open.verdict = verdict;
        open.evidence.clone_from(&host.judgement.evidence);
        open.verdict_at = host.actionable_since;
    }

    // ---- save ------------------------------------------------------------------------------------

    pub(crate) fn save(&mut self, now: Time, intent: Intent, out: &mut Outbox<'_>) {
        let Some(open) = &self.incident else { return };
        let is_saving = matches!(self.phase, Phase::Saving { .. });
        self.phase = Phase::Saving { since: now, intent };
        if open.snapshot {
            // The context of a frozen host does not change: one snapshot is enough, however often we try.
            self.saved(now, intent, out);
        } else if !is_saving {
            out.decisions.push(Decision::SaveSnapshot { incident: Box::new(open.clone()) });
        }
        self.changed(out);
    }

    fn saving(&mut self, now: Time, since: Time, intent: Intent, out: &mut Outbox<'_>) {
        if intent.is_ours() && self.verdict() == Verdict::Healthy {
            self.came_back(now, out);
        } else if intent == Intent::KillConfirmed && self.confirmed_until.is_none_or(|until| now >= until) {
            self.refuse_confirmed(now, "too much time has passed since it was confirmed".to_owned(), out);
        } else if let Some(asked_at) = self.awaits_last_look() {
            self.kill_confirmed(now, asked_at, out);
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

    /// The snapshot is durable. Look again: the world may have changed while the disk worked.
    fn saved(&mut self, now: Time, intent: Intent, out: &mut Outbox<'_>) {
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
        match intent {
            Intent::Kill | Intent::Ask if self.asks_first() => {
                self.go(Phase::Asking, out);
                self.tell(now, NoticeCode::Ask, out);
            }
            Intent::Kill | Intent::Ask => self.kill(now, Vec::new(), out),
            Intent::KillConfirmed => {
                // A person sees a window that does not react, not why: make sure that it is not merely stopped.
                self.go(Phase::Saving { since: now, intent }, out);
                out.decisions.extend(self.host().map(|host| Decision::Examine { host }));
            }
            Intent::Graceful => {
                if let Some(open) = &mut self.incident {
                    open.acted_at = Some(now);
                    out.decisions
                        .push(Decision::RestartGracefully { incident: open.id, window: self.id.clone() });
                }
                self.go(Phase::Restarting { since: now, graceful: true }, out);
            }
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

    /// A confirmed kill waits for a look from outside that is not older than this.
    fn awaits_last_look(&self) -> Option<Time> {
        match self.phase {
            Phase::Saving { since, intent: Intent::KillConfirmed } => {
                self.incident.as_ref().filter(|open| open.snapshot).map(|_| since)
            }
            _ => None,
        }
    }

    fn kill_confirmed(&mut self, now: Time, asked_at: Time, out: &mut Outbox<'_>) {
        let Some(host) = &self.host else { return };
        let froze = self.incident.as_ref().is_some_and(|open| open.cause != Cause::Requested);
        if froze && self.answers(now) {
            // The user was shown a frozen host. It runs again: nothing is left to cure.
            return self.came_back(now, out);
        }
        let Some(state) = host.liveness.state_since(asked_at) else {
            if now.since(asked_at) >= END_WITHIN {
                self.refuse_confirmed(now, "the host could not be looked at".to_owned(), out);
            }
            return;
        };
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

    fn kill(&mut self, now: Time, more: Vec<Evidence>, out: &mut Outbox<'_>) {
        let (Some(host), Some(open)) = (&self.host, &mut self.incident) else { return };
        let mut evidence = more;
        for observation in &host.judgement.evidence {
            if !evidence.iter().any(|known| discriminant(known) == discriminant(observation)) {
                evidence.push(observation.clone());
            }
        }
        // The promises once more, whoever asks for it.
        let may_be_killed =
            witnesses(&evidence) >= 2 && open.snapshot && open.host == host.id && !self.exits.is_spent(now);
        if !may_be_killed {
            return self.go(Phase::Suspect, out);
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
            self.close(now, Outcome::Refused, out);
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

    // ---- verify, report --------------------------------------------------------------------------

    /// A new host attached.
    pub(crate) fn recovered(&mut self, now: Time, new_host: ProcessId, out: &mut Outbox<'_>) {
        let Some(open) = self.incident.as_mut().filter(|open| open.host != new_host) else { return };
        open.new_host = Some(new_host);
        let (outcome, code) = if open.acted_at.is_some() {
            // What was refused or missed on the way has been made good.
            let id = open.id;
            self.pending.retain(|notice| notice.incident.id != id);
            open.reason = None;
            (Outcome::Recovered, NoticeCode::Recovered)
        } else {
            (Outcome::CrashRecovered, NoticeCode::CrashRecovered)
        };
        open.outcome = outcome;
        open.ended_at = Some(now);
        self.deliver_pending(now, out);
        self.tell(now, code, out);
        self.close(now, outcome, out);
    }

    /// The host runs again by itself, or VS Code restarted it by itself.
    pub(crate) fn came_back(&mut self, now: Time, out: &mut Outbox<'_>) {
        let requested = self.incident.as_ref().is_some_and(|open| open.cause == Cause::Requested);
        self.close(now, if requested { Outcome::Refused } else { Outcome::CameBack }, out);
        self.deliver_pending(now, out);
    }

    fn not_verified(&mut self, now: Time, out: &mut Outbox<'_>) {
        let Some(open) = &self.incident else { return self.go(Phase::Watching, out) };
        if open.acted_at.is_some() {
            self.give_up(now, NoticeCode::NotVerified, None, out);
        } else if open.cause == Cause::Crash {
            // A host that ended by itself and did not return: usually the window was closed. VS Code asks where it was not.
            self.incident = None;
            self.go(Phase::Watching, out);
        } else {
            self.close(now, Outcome::Refused, out);
        }
    }

    /// Nothing more by ourselves: keep the incident, tell the user.
    pub(crate) fn give_up(
        &mut self,
        now: Time,
        code: NoticeCode,
        retry_at: Option<Time>,
        out: &mut Outbox<'_>,
    ) {
        let Some(open) = &mut self.incident else { return self.go(Phase::Watching, out) };
        // A retry that ends the same way has been told before.
        let told = open.reason.as_ref().is_some_and(|told| discriminant(told) == discriminant(&code));
        open.outcome = if code == NoticeCode::NotVerified { Outcome::NotVerified } else { Outcome::Refused };
        open.reason = Some(code.clone());
        let host = open.host;
        if !told {
            let record = Decision::Record { incident: Box::new(open.clone()) };
            self.tell(now, code, out);
            out.decisions.push(record);
        }
        self.phase = Phase::GaveUp { retry_at };
        if self.host() != Some(host) || self.answers(now) {
            // There is nothing left to wait for: a new host starts afresh.
            self.last = self.incident.take();
            self.phase = Phase::Watching;
        }
        self.changed(out);
    }

    /// The incident is over.
    pub(crate) fn close(&mut self, now: Time, outcome: Outcome, out: &mut Outbox<'_>) {
        if let Some(mut incident) = self.incident.take() {
            incident.outcome = outcome;
            incident.ended_at = incident.ended_at.or(Some(now));
            out.decisions.push(Decision::Record { incident: Box::new(incident.clone()) });
            self.last = Some(incident);
        }
        self.drop_questions();
        self.go(Phase::Watching, out);
    }

    fn tell(&mut self, now: Time, code: NoticeCode, out: &mut Outbox<'_>) {
        let Some(incident) = self.incident.clone() else { return };
        let notice = Notice { id: NoticeId(out.sequence.next()), code, incident };
        if self.can_show(now) {
            self.push_tell(Via::Window, notice, out);
        } else {
            self.push_tell(Via::Desktop, notice.clone(), out);
            self.keep_pending([notice]);
        }
    }

    fn push_tell(&self, via: Via, notice: Notice, out: &mut Outbox<'_>) {
        out.decisions.push(Decision::Tell { window: self.id.clone(), via, notice: Box::new(notice) });
    }

    pub(crate) fn keep_pending(&mut self, notices: impl IntoIterator<Item = Notice>) {
        self.pending.extend(notices);
        let excess = self.pending.len().saturating_sub(PENDING_AT_MOST);
        self.pending.drain(..excess);
    }

    /// Shows what had to wait, now that a host answers.
    pub(crate) fn deliver_pending(&mut self, now: Time, out: &mut Outbox<'_>) {
        if self.pending.is_empty() || !self.can_show(now) {
            return;
        }
        self.drop_questions();
        for notice in std::mem::take(&mut self.pending) {
            self.push_tell(Via::Window, notice, out);
        }
        self.changed(out);
    }

    /// A question is moot once the host runs, or has ended.
    pub(crate) fn drop_questions(&mut self) {
        self.pending.retain(|notice| notice.code != NoticeCode::Ask);
    }

    fn go(&mut self, phase: Phase, out: &mut Outbox<'_>) {
        self.phase = phase;
        self.changed(out);
    }

    pub(crate) fn changed(&self, out: &mut Outbox<'_>) {
        let changed = Decision::Changed { window: self.id.clone() };
        if !out.decisions.contains(&changed) {
            out.decisions.push(changed);
        }
    }
}

fn too_slow(what: &str) -> String {
    format!("the disk has not taken the {what} within {} s", SAVE_WITHIN.as_secs())
}
