//! Orderly restarts of a host that answers: before it runs out of memory, after a long run, or because the user asked for one.
//! Each waits for its moment, says for what it waits, and is put off when the moment passes.

use std::time::Duration;

use crate::{
    Cause, Decision, Evidence, Hindrance, Incident, MemoryLevel, Mode, NoticeCode, Outcome, Phase, ProcessId,
    ProcessState, RefreshMode, Time, Verdict,
    pressure::Heap,
    recovery::{END_WITHIN, Intent, MENTIONED_APART, RESTART_BUDGET, RETRY_SAVE_AFTER},
    time::millis,
    window::{Outbox, Window},
};

/// What Claude Code is doing is asked this often while memory runs out, or a restart is about to be made. Beats come once a second.
const TURNS_APART: Duration = Duration::from_millis(900);

/// The same for a restart that can wait for hours: each answer costs a look at transcripts.
const TURNS_APART_AT_LEISURE: Duration = Duration::from_secs(10);

/// An answer that nothing is in flight is believed for this long.
const TURNS_KEPT: Duration = Duration::from_millis(2700);

/// The user has paused when nothing was typed or clicked for this long.
const PAUSE: Duration = Duration::from_secs(20);

/// An orderly restart that waits for its moment.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Plan {
    pub(crate) host: ProcessId,
    /// The user asked for it. Otherwise it follows from what the host measures, and falls with it.
    pub(crate) requested: bool,
    /// For what, in words.
    pub(crate) waits_for: Option<String>,
}

/// Is this the moment for an orderly restart?
enum Moment {
    Now,
    /// What Claude Code is doing must be looked at first.
    Unknown,
    /// Not before this is over.
    Later(String),
}

impl Window {
    /// The host answers: is an orderly restart due, and is this its moment?
    pub(crate) fn plan(&mut self, now: Time, out: &mut Outbox<'_>) {
        let Some(host) = self.host.as_ref().filter(|host| !host.departing) else { return };
        let idle = self.phase == Phase::Watching
            && self.incident.is_none()
            && host.judgement.verdict == Verdict::Healthy
            && self.can_show(now)
            && now >= host.spared_until;
        if !idle || self.paused || self.info.unguarded {
            return;
        }
        let host = host.id;
        self.mention_memory(now, out);
        let cause = self.meant(now);
        let waits_for = match cause.map(|cause| (cause, self.moment(now, cause))) {
            Some((cause, Moment::Now)) => return self.go_about_it(now, cause, out),
            // An offer that waits is nobody's business.
            Some((Cause::Refresh, _)) if !self.refreshes_by_itself() => None,
            Some((_, Moment::Later(what))) => Some(what),
            // The answer comes in a moment, as a rule.
            Some((_, Moment::Unknown)) if self.turns_asked_at.is_none_or(|at| now.since(at) > TURNS_KEPT) => {
                self.waits_for().map(str::to_owned)
            }
            Some((_, Moment::Unknown)) => Some("a look at what Claude Code is doing".to_owned()),
            None => None,
        };
        if let Some(cause) = cause.filter(|cause| self.is_busy(now, *cause).is_none()) {
            // Only looks that could make a difference are asked for.
            let apart = if cause == Cause::Memory { TURNS_APART } else { TURNS_APART_AT_LEISURE };
            self.ask_for_turns(now, apart, out);
        }
        let requested = self.is_requested();
        if self.waits_for() != waits_for.as_deref() {
            self.changed(out);
        }
        self.plan = (requested || waits_for.is_some()).then_some(Plan { host, requested, waits_for });
    }

    /// The user asked for a restart of this host at a quiet moment.
    fn is_requested(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.requested && Some(plan.host) == self.host())
    }

    /// The orderly restart, or the offer of one, that is due.
    fn meant(&self, now: Time) -> Option<Cause> {
        let host = self.host.as_ref()?;
        // A host that could not say what it would lose is not touched by ourselves.
        let ours = self.settings_told && self.risks_told && now >= host.orderly_after;
        let level = host.heap.present_level(&self.settings);
        if ours && level == MemoryLevel::Critical && self.hindrance(now).is_none() {
            return Some(Cause::Memory);
        }
        if self.is_requested() {
            return Some(Cause::Requested);
        }
        // Of a heap that is filling up, more is said than that.
        let offer = !host.told.refresh && host.heap.level() == MemoryLevel::Normal;
        let refresh = ours && (self.refreshes_by_itself() || offer);
        (refresh && self.refresh_reason(now).is_some()).then_some(Cause::Refresh)
    }

    /// Why a refresh would do good, in words.
    fn refresh_reason(&self, now: Time) -> Option<String> {
        let host = self.host.as_ref()?;
        let after = self.settings.refresh_after?;
        let age = host.wear.age(now);
        let aged = || (age >= after).then(|| format!("it has run for {} min", age.as_secs() / 60));
        // What a refresh has not cured, or nobody wanted to cure, the next one will not.
        let tried = self.worn_at.is_some_and(|at| now.since(at) < after);
        host.wear.complaint().filter(|_| !tried).or_else(aged)
    }

    /// A refresh is made or offered now.
    fn note_wear(&mut self, now: Time) {
        if self.degraded().is_some() {
            self.worn_at = Some(now);
        }
    }

    /// A refresh is done when its moment comes; otherwise it is only offered.
    fn refreshes_by_itself(&self) -> bool {
        self.settings.refresh == RefreshMode::Automatic && self.settings.mode == Mode::Automatic
    }

    /// Why a host that runs out of memory is not restarted by us.
    fn hindrance(&self, now: Time) -> Option<Hindrance> {
        if self.settings.mode != Mode::Automatic {
            Some(Hindrance::Mode)
        } else if !self.risks.would_lose.is_empty() {
            Some(Hindrance::Unsaved(self.risks.would_lose.clone()))
        } else if self.planned.within_window(now) >= RESTART_BUDGET || self.is_kill_barred(now) {
            Some(Hindrance::Budget)
        } else {
            None
        }
    }

    /// It could only be killed, and VS Code would not bring it back.
    fn is_kill_barred(&self, now: Time) -> bool {
        !self.info.can_restart_gracefully && self.exits.is_spent(now)
    }

    /// Says what is worth saying about the heap, once in a while.
    fn mention_memory(&mut self, now: Time, out: &mut Outbox<'_>) {
        let hindrance = self.hindrance(now);
        let critical_soon = self.settings.memory_critical_within.saturating_mul(2);
        let Some(host) = &mut self.host else { return };
        let Some((used_bytes, limit_bytes)) = host.heap.figures() else { return };
        let limit_in = host.heap.trend().and_then(|trend| trend.limit_in);
        let due = |last: Option<Time>| last.is_none_or(|at| now.since(at) >= MENTIONED_APART);
        let code = match (host.heap.present_level(&self.settings), hindrance) {
            (MemoryLevel::Critical, Some(why)) if due(host.told.memory_critical) => {
                host.told.memory_critical = Some(now);
                NoticeCode::MemoryCritical { used_bytes, limit_bytes, why }
            }
            // What is about to be critical is about to be restarted, or said then.
            (MemoryLevel::High, _)
                if due(host.told.memory_high) && limit_in.is_none_or(|left| left > critical_soon) =>
            {
                host.told.memory_high = Some(now);
                let limit_in_secs = limit_in.map(|left| left.as_secs());
                NoticeCode::MemoryHigh { used_bytes, limit_bytes, limit_in_secs }
            }
            _ => return,
        };
        self.tell_of_window(now, code, out);
    }

    // ---- the moment ------------------------------------------------------------------------------

    fn ask_for_turns(&mut self, now: Time, apart: Duration, out: &mut Outbox<'_>) {
        if self.turns_asked_at.is_none_or(|at| now.since(at) >= apart) {
            self.turns_asked_at = Some(now);
            let window = self.id.clone();
            out.decisions.extend(self.host().map(|host| Decision::LookForTurns { window, host }));
        }
    }

    /// What Claude Code is in the middle of.
    pub(crate) fn turns(&mut self, now: Time, in_flight: Option<String>, out: &mut Outbox<'_>) {
        // What was asked before a gap may have changed within it.
        if let Some(host) = self.host.as_mut().filter(|_| self.turns_asked_at.is_some()) {
            host.turns = Some((now, in_flight));
        }
        match self.phase {
            Phase::Watching => self.plan(now, out),
            Phase::Saving { since, intent } if self.is_at_last_look() => {
                self.last_moment(now, since, intent, out)
            }
            _ => {}
        }
    }

    fn moment(&self, now: Time, cause: Cause) -> Moment {
        let Some(host) = &self.host else { return Moment::Unknown };
        if cause == Cause::Memory && host.heap.is_urgent() {
            return Moment::Now;
        }
        if let Some(what) = self.is_busy(now, cause) {
            return Moment::Later(what);
        }
        match &host.turns {
            Some((at, None)) if now.since(*at) <= TURNS_KEPT => Moment::Now,
            // It is asked again long before.
            Some((at, Some(what))) if now.since(*at) <= TURNS_APART_AT_LEISURE * 2 => {
                Moment::Later(what.clone())
            }
            _ => Moment::Unknown,
        }
    }

    /// What there is to wait for besides Claude Code, in words. A host that runs out of memory waits for nothing else.
    fn is_busy(&self, now: Time, cause: Cause) -> Option<String> {
        let host = self.host.as_ref().filter(|_| cause != Cause::Memory)?;
        if !self.risks_told {
            return Some("the window to say what it would lose".to_owned());
        }
        if let Some(what) = self.risks.would_lose.first() {
            return Some(what.clone());
        }
        match self.risks.running_tasks {
            0 => {}
            1 => return Some("a task that runs".to_owned()),
            tasks => return Some(format!("{tasks} tasks that run")),
        }
        if host.input_idle.is_some_and(|(at, idle)| idle.saturating_add(now.since(at)) < PAUSE) {
            return Some("a pause in your work".to_owned());
        }
        // A kill for comfort must leave both of VS Code's restarts to a host that needs one.
        let for_comfort = cause == Cause::Refresh && self.refreshes_by_itself();
        let spent = self.planned.within_window(now) >= RESTART_BUDGET
            || (!self.info.can_restart_gracefully && self.exits.within_window(now) > 0);
        if (for_comfort && spent) || (cause == Cause::Requested && self.is_kill_barred(now)) {
            return Some("five minutes without a restart".to_owned());
        }
        None
    }

    // ---- the restart -----------------------------------------------------------------------------

    fn go_about_it(&mut self, now: Time, cause: Cause, out: &mut Outbox<'_>) {
        if cause == Cause::Refresh && !self.refreshes_by_itself() {
            let reason = self.refresh_reason(now).unwrap_or_default();
            self.note_wear(now);
            if let Some(host) = &mut self.host {
                host.told.refresh = true;
            }
            return self.tell_of_window(now, NoticeCode::RefreshOffered(reason), out);
        }
        if let Some(plan) = &mut self.plan {
            plan.waits_for = None;
        }
        self.open_incident(now, cause, out);
        let evidence = self.plan_evidence(now, cause);
        if let Some(open) = &mut self.incident {
            open.evidence = evidence;
        }
        let intent = if self.info.can_restart_gracefully { Intent::Graceful } else { Intent::Planned };
        self.save(now, intent, out);
    }

    fn plan_evidence(&self, now: Time, cause: Cause) -> Vec<Evidence> {
        let Some(host) = &self.host else { return Vec::new() };
        match cause {
            Cause::Memory => memory_evidence(&host.heap),
            Cause::Refresh => {
                let age = Evidence::Age { for_ms: millis(host.wear.age(now)) };
                let worn = host.wear.complaint().map(Evidence::Worn);
                worn.into_iter().chain([age, Evidence::KnownHost]).collect()
            }
            _ => vec![Evidence::Confirmed, Evidence::KnownHost],
        }
    }

    /// The restart under way is one that waited for its moment, not one that a person wants at once.
    pub(crate) fn is_orderly(&self, intent: Intent) -> bool {
        let cause = self.incident.as_ref().map(|open| open.cause);
        match intent {
            Intent::Planned => true,
            Intent::Graceful => {
                cause.is_some_and(Cause::is_our_own)
                    || (cause == Some(Cause::Requested) && self.is_requested())
            }
            _ => false,
        }
    }

    /// It is saved, and only the last look is missing.
    fn is_at_last_look(&self) -> bool {
        matches!(self.phase, Phase::Saving { intent, .. } if self.is_orderly(intent))
            && self.incident.as_ref().is_some_and(|open| open.snapshot)
    }

    /// The snapshot of an orderly restart has been durable since then. Is this still the moment?
    pub(crate) fn last_moment(&mut self, now: Time, since: Time, intent: Intent, out: &mut Outbox<'_>) {
        let Some(cause) = self.incident.as_ref().map(|open| open.cause) else { return };
        let moment = self.moment(now, cause);
        let look = self.host.as_ref().and_then(|host| host.liveness.look_since(since));
        let held =
            look.is_some_and(|look| matches!(look.state, ProcessState::Stopped | ProcessState::Traced));
        if !self.plan_stands(now, cause) || matches!(moment, Moment::Later(_)) || held {
            return self.put_off(out);
        }
        let blind = intent == Intent::Planned && look.is_none();
        if now.since(since) >= END_WITHIN && blind {
            let what = "the host could not be looked at".to_owned();
            return self.give_up(now, NoticeCode::RefusedIdentity(what), None, out);
        }
        match moment {
            Moment::Unknown => return self.ask_for_turns(now, TURNS_APART, out),
            _ if blind => return,
            _ => {}
        }
        if cause.is_our_own() {
            self.planned.push(now);
        }
        if cause == Cause::Refresh {
            self.note_wear(now);
        }
        self.plan = None;
        match (intent, look) {
            (Intent::Planned, Some(look)) => {
                let mut evidence = self.incident.as_ref().map_or_else(Vec::new, |open| open.evidence.clone());
                if look.rss_bytes > 0 {
                    evidence.push(Evidence::Resident { rss_bytes: look.rss_bytes });
                }
                evidence.push(Evidence::State { state: look.state, wait_channel: None });
                self.kill(now, evidence, out);
            }
            _ => self.restart_gracefully(now, out),
        }
    }

    /// What the restart was decided for still holds.
    fn plan_stands(&self, now: Time, cause: Cause) -> bool {
        let Some(host) = &self.host else { return false };
        // A pause puts it off at once, and what would be lost is a hindrance, or makes it no quiet moment.
        let allowed = !host.departing
            && self.verdict() == Verdict::Healthy
            && self.can_show(now)
            && host.liveness.has_just_beaten(now, &self.settings)
            && !self.is_kill_barred(now);
        allowed
            && match cause {
                Cause::Memory => {
                    self.hindrance(now).is_none()
                        && host.heap.present_level(&self.settings) == MemoryLevel::Critical
                }
                Cause::Refresh => self.refreshes_by_itself() && self.refresh_reason(now).is_some(),
                _ => self.is_requested(),
            }
    }

    /// The moment has passed before anything was done. What the user asked for goes on waiting.
    pub(crate) fn put_off(&mut self, out: &mut Outbox<'_>) {
        self.incident = None;
        self.phase = if self.verdict() == Verdict::Healthy { Phase::Watching } else { Phase::Suspect };
        self.changed(out);
    }

    /// An orderly restart came to nothing: it is not tried again at once. Returns whether to say so.
    pub(crate) fn hold_off(&mut self, now: Time, code: &NoticeCode) -> bool {
        let Some(open) = &self.incident else { return true };
        if !open.cause.is_our_own() {
            if open.cause == Cause::Requested {
                self.plan = None;
            }
            return true;
        }
        let Some(host) = self.host.as_mut().filter(|host| host.id == open.host) else { return true };
        host.orderly_after = now + RETRY_SAVE_AFTER;
        let told = &mut host.told.failed;
        let again =
            told.as_ref().is_some_and(|(at, known)| known == code && now.since(*at) < MENTIONED_APART);
        if !again {
            *told = Some((now, code.clone()));
        }
        !again
    }

    /// The user asked for a restart of this host at the next quiet moment.
    pub(crate) fn request_when_quiet(&mut self, now: Time, out: &mut Outbox<'_>) {
        let waits_for = Some("a quiet moment".to_owned());
        self.plan = self.host().map(|host| Plan { host, requested: true, waits_for });
        self.changed(out);
        self.plan(now, out);
    }

    /// VS Code has no restart of its own after all.
    pub(crate) fn not_gracefully(&mut self, now: Time, out: &mut Outbox<'_>) {
        self.info.can_restart_gracefully = false;
        let waited =
            |open: &Incident| open.cause == Cause::Requested && open.evidence.contains(&Evidence::Confirmed);
        let again = self.incident.as_ref().is_some_and(waited);
        self.close(now, Outcome::Refused, out);
        if again {
            // What waited for its moment goes on to the next rung; what was asked for at once is asked for once more.
            self.request_when_quiet(now, out);
        }
    }

    /// The user answered VS Code's own question with no.
    pub(crate) fn vetoed(&mut self, now: Time, out: &mut Outbox<'_>) {
        let ours = self.incident.as_ref().is_some_and(|open| open.cause.is_our_own());
        if let Some(host) = self.host.as_mut().filter(|_| ours) {
            host.orderly_after = now + MENTIONED_APART;
        }
        self.close(now, Outcome::Refused, out);
    }
}

fn memory_evidence(heap: &Heap) -> Vec<Evidence> {
    let figures = heap.figures().map(|(used_bytes, limit_bytes)| Evidence::Heap { used_bytes, limit_bytes });
    let trend = heap.trend().and_then(|trend| {
        // A positive slope of a heap: far below 2^53 bytes a minute.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let bytes_per_minute = (trend.bytes_per_second * 60.0) as u64;
        trend.limit_in.map(|left| Evidence::HeapTrend { bytes_per_minute, limit_in_ms: millis(left) })
    });
    figures.into_iter().chain(trend).collect()
}
