//! Actuators: they obey, look again at the last instant, refuse when anything differs, and report the outcome.

use std::time::Duration;

use lifeline_core::{
    Cause, Evidence, Incident, IncidentId, KillOutcome, ProcessId, ProcessState, Time, Verdict, Window,
};
use lifeline_platform::{Error, notify};

use crate::{clock, sense::WatchedHost, wording};

/// From the decision to the signal: the journal and the memory are made durable in between. After that the decision is stale,
/// by its own clock or by the machine's (it may have slept).
const SIGNAL_WITHIN: Duration = Duration::from_secs(5);

/// A kill that was decided, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PendingKill {
    pub(crate) incident: IncidentId,
    pub(crate) host: ProcessId,
    decided: Time,
    slept: Duration,
}

impl PendingKill {
    pub(crate) fn new(incident: IncidentId, host: ProcessId) -> Self {
        Self { incident, host, decided: clock::now(), slept: clock::slept() }
    }
}

/// It is ended because it does not answer. A planned restart and one that the user confirmed are of hosts that may.
fn is_for_silence(incident: &Incident) -> bool {
    let planned =
        matches!(incident.cause, Cause::Memory | Cause::Refresh) && incident.verdict == Verdict::Healthy;
    !planned && !incident.evidence.contains(&Evidence::Confirmed)
}

/// Ends exactly this host, after a last look.
pub(crate) fn kill(
    kill: &PendingKill,
    watched: Option<&mut WatchedHost>,
    window: Option<&Window>,
) -> KillOutcome {
    let refused = |what: String| KillOutcome::Refused(what);
    let Some(window) = window else { return refused("its window is no longer known".into()) };
    if window.host() != Some(kill.host) {
        return refused("the window has another extension host by now".into());
    }
    let Some(incident) = window.pending_kill().filter(|incident| incident.id == kill.incident) else {
        return refused("the decision was dropped meanwhile".into());
    };
    let now = clock::now();
    let since_decision = now.since(kill.decided);
    if since_decision + clock::slept().saturating_sub(kill.slept) > SIGNAL_WITHIN {
        return refused("too much time has passed since the decision".into());
    }
    if window.is_paused() && !incident.evidence.contains(&Evidence::Confirmed) {
        return refused("protection was paused".into());
    }
    if is_for_silence(incident) {
        let silent = window.silent_for(now).unwrap_or_default();
        if silent < window.settings().late_after.max(since_decision) {
            return refused("it has given a sign of life".into());
        }
    }
    let Some(watched) = watched else { return refused("it is not held open".into()) };
    match watched.facts() {
        Ok(facts) => {
            if matches!(facts.state, ProcessState::Stopped | ProcessState::Traced) || facts.tracer_pid != 0 {
                return refused("it has been stopped or is being debugged".into());
            }
        }
        Err(Error::Gone { .. }) => return KillOutcome::AlreadyGone,
        Err(error) => return refused(error.to_string()),
    }
    match watched.kill() {
        Ok(()) => KillOutcome::Killed,
        Err(Error::Gone { .. }) => KillOutcome::AlreadyGone,
        Err(error) => refused(error.to_string()),
    }
}

/// Says something on the desktop; whether it could is only for the log.
pub(crate) fn notify(text: &str) {
    match notify::desktop_notification(wording::TITLE, text, &[]) {
        Ok(notify::Notified::Shown) => tracing::info!(text, "desktop notification"),
        Ok(notify::Notified::NoDesktop) => tracing::info!(text, "no desktop to notify"),
        Err(error) => tracing::warn!(%error, text, "the desktop could not be notified"),
    }
}
