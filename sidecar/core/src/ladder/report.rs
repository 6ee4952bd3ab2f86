//! The last rungs: how an incident ends, and what is said of it to whom.

use std::mem::discriminant;

use crate::{
    Cause, Decision, Notice, NoticeCode, NoticeId, Outcome, Phase, ProcessId, Time, Via,
    window::{Outbox, Window},
};

/// Most notices that wait for a window to show them.
const PENDING_AT_MOST: usize = 8;

impl Window {
    /// A new host attached.
    pub(crate) fn recovered(&mut self, now: Time, new_host: ProcessId, out: &mut Outbox<'_>) {
        let Some(open) = self.incident.as_mut().filter(|open| open.host != new_host) else { return };
        open.new_host = Some(new_host);
        let (outcome, code) = if open.acted_at.is_some() {
            // What was refused or missed on the way has been made good.
            let id = open.id;
            self.pending.retain(|notice| notice.incident.as_ref().is_none_or(|about| about.id != id));
            open.reason = None;
            (Outcome::Recovered, NoticeCode::Recovered)
        } else {
            (Outcome::CrashRecovered, NoticeCode::CrashRecovered)
        };
        open.outcome = outcome;
        open.ended_at = Some(now);
        out.sessions.restarted(now, &self.id);
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

    pub(super) fn not_verified(&mut self, now: Time, out: &mut Outbox<'_>) {
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
        let told = told || !self.hold_off(now, &code);
        if let Some(open) = self.incident.as_ref().filter(|_| !told) {
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

    /// Tells of the host that answers, in its own window; nobody is bothered elsewhere with what is no trouble yet.
    pub(crate) fn tell_of_window(&self, now: Time, code: NoticeCode, out: &mut Outbox<'_>) {
        if self.can_show(now) {
            let notice = Notice {
                id: NoticeId(out.sequence.next()),
                code,
                window: self.id.clone(),
                label: self.info.label.clone(),
                incident: None,
            };
            self.push_tell(Via::Window, notice, out);
        }
    }

    pub(super) fn tell(&mut self, now: Time, code: NoticeCode, out: &mut Outbox<'_>) {
        let Some(incident) = self.incident.clone() else { return };
        let notice = Notice {
            id: NoticeId(out.sequence.next()),
            code,
            window: incident.window.clone(),
            label: incident.label.clone(),
            incident: Some(incident),
        };
        if self.can_show(now) {
            self.push_tell(Via::Window, notice, out);
        } else {
            self.push_tell(Via::Desktop, notice.clone(), out);
            // A window without Lifeline will never show it.
            self.keep_pending(Some(notice).filter(|_| !self.info.unguarded));
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

    pub(super) fn go(&mut self, phase: Phase, out: &mut Outbox<'_>) {
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
