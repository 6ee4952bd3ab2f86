//! What the user asks of a window: a restart, or a drill.

use std::time::Duration;

use crate::{
    Cause, Decision, DrillAnswer, NoticeCode, Outcome, Phase, RestartAnswer, Time, Verdict,
    recovery::{Asked, CONFIRMED_FOR, Intent},
    window::{Outbox, Window},
};

/// A drill that was confirmed must begin within this long.
const DRILL_WITHIN: Duration = Duration::from_secs(60);

const WITHOUT_LIFELINE: &str = "Lifeline is not in this window, so it does nothing to it. Install or enable the Lifeline extension there.";

impl Window {
    pub(crate) fn restart_asked(&mut self, now: Time, asked: Asked, out: &mut Outbox<'_>) {
        use RestartAnswer::{NeedsConfirmation, Refused, Started, Waiting};
        let answer = if self.info.unguarded {
            Refused(WITHOUT_LIFELINE.into())
        } else if self.phase.is_under_way() {
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
        } else if asked.when_quiet && self.paused {
            Refused("Protection is paused. Run “Lifeline: Resume Protection” first, or restart now.".into())
        } else if asked.when_quiet && (self.incident.is_some() || !self.can_show(now)) {
            Refused("The extension host does not answer at the moment, so no quiet moment will come. Restart it now instead.".into())
        } else if asked.when_quiet {
            self.request_when_quiet(now, out);
            Waiting
        } else if self.info.can_restart_gracefully && self.incident.is_none() && self.can_show(now) {
            self.plan = None;
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
            self.plan = None;
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
        if self.info.unguarded {
            return Refused(WITHOUT_LIFELINE.into());
        }
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
