//! Actuators: they obey, look again at the last instant, refuse when anything differs, and report the outcome.

use lifeline_core::{KillOutcome, ProcessId, ProcessState, Window};
use lifeline_platform::{Error, notify};

use crate::{clock, sense::WatchedHost, wording};

/// Ends exactly this host, after a last look.
pub(crate) fn kill(
    host: ProcessId,
    watched: Option<&mut WatchedHost>,
    window: Option<&Window>,
) -> KillOutcome {
    let refused = |what: String| KillOutcome::Refused(what);
    let Some(window) = window else { return refused("its window is no longer known".into()) };
    if window.host() != Some(host) {
        return refused("the window has another extension host by now".into());
    }
    let confirmed = window
        .incident()
        .is_some_and(|incident| incident.evidence.contains(&lifeline_core::Evidence::Confirmed));
    if !confirmed
        && window.silent_for(clock::now()).is_none_or(|silent| silent < window.settings().late_after)
    {
        return refused("it has given a sign of life".into());
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
