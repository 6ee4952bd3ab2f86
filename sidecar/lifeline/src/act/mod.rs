//! Actuators: they obey, look again at the last instant, refuse when anything differs, and report the outcome.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use lifeline_bridge::{Lock, remove_stale};
use lifeline_core::{
    Acted, Cause, EndingId, Evidence, Incident, IncidentId, KillOutcome, ProcessId, ProcessState, Time, Verb,
    Verdict, Window,
};
use lifeline_platform::{Error, Platform, notify};

use crate::{
    clock,
    sense::{self, WatchedHost},
    wording,
};

/// From the decision to the signal: the journal and the memory are made durable in between. After that the decision is stale,
/// by its own clock or by the machine's (it may have slept).
const SIGNAL_WITHIN: Duration = Duration::from_secs(5);

/// When something was decided.
#[derive(Clone, Copy, Debug)]
struct Decided {
    at: Time,
    slept: Duration,
}

impl Decided {
    fn now() -> Self {
        Self { at: clock::now(), slept: clock::slept() }
    }

    fn is_stale(self, now: Time) -> bool {
        now.since(self.at) + clock::slept().saturating_sub(self.slept) > SIGNAL_WITHIN
    }
}

const STALE: &str = "too much time has passed since the decision";

/// A kill that was decided, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PendingKill {
    pub(crate) incident: IncidentId,
    pub(crate) host: ProcessId,
    decided: Decided,
}

impl PendingKill {
    pub(crate) fn new(incident: IncidentId, host: ProcessId) -> Self {
        Self { incident, host, decided: Decided::now() }
    }
}

/// Processes that are about to be told to end, and when that was decided.
#[derive(Debug)]
pub(crate) struct PendingEnd {
    pub(crate) ending: EndingId,
    pub(crate) verb: Verb,
    tree: Vec<ProcessId>,
    decided: Decided,
}

impl PendingEnd {
    pub(crate) fn new(ending: EndingId, tree: Vec<ProcessId>, verb: Verb) -> Self {
        Self { ending, verb, tree, decided: Decided::now() }
    }
}

/// Tells each of them that is still itself, at this very moment.
pub(crate) fn tell_to_end(platform: &Platform, end: &PendingEnd) -> Acted {
    if end.decided.is_stale(clock::now()) {
        return Acted::Refused(STALE.into());
    }
    let mut refused = None;
    let mut told = 0;
    for id in &end.tree {
        let sent = platform.watch(sense::to_platform(*id)).and_then(|process| match end.verb {
            Verb::Term => process.terminate(),
            Verb::Kill => process.kill(),
            Verb::CloseStdin => Err(Error::Unsupported { what: "closing another's input" }),
        });
        match sent {
            Ok(()) => told += 1,
            // It has ended, or its pid is somebody else's now: there is nobody to tell.
            Err(error) if is_gone(&error) => tracing::info!(%id, %error, "nobody to tell"),
            Err(error) => {
                tracing::warn!(%id, %error, "not told to end");
                refused = Some(error.to_string());
            }
        }
    }
    match refused {
        Some(reason) if told == 0 => Acted::Refused(reason),
        _ => Acted::Done,
    }
}

/// The process that was meant is there no more; other errors say nothing about it.
pub(crate) const fn is_gone(error: &Error) -> bool {
    use Error::{Gone, IdentityMismatch, NotOurs};
    matches!(error, Gone { .. } | IdentityMismatch { .. } | NotOurs { .. })
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
    if kill.decided.is_stale(now) {
        return refused(STALE.into());
    }
    if window.is_paused() && !incident.evidence.contains(&Evidence::Confirmed) {
        return refused("protection was paused".into());
    }
    if is_for_silence(incident) {
        let silent = window.silent_for(now).unwrap_or_default();
        if silent < window.settings().late_after.max(now.since(kill.decided.at)) {
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

/// Removes a lock file behind which nobody listens. Blocks on the file system.
pub(crate) fn remove_stale_lock(platform: &Platform, folders: &[PathBuf], lock: &Lock) {
    let is_free = || platform.listener(lock.port).is_none();
    match remove_stale(folders, lock, SystemTime::now(), &is_free) {
        Ok(true) => tracing::warn!(port = lock.port, "a stale lock file was removed: nobody listens there"),
        Ok(false) => {
            tracing::info!(port = lock.port, "a stale lock file stays: it is young, or not stale any more")
        }
        Err(error) => tracing::warn!(%error, port = lock.port, "a stale lock file could not be removed"),
    }
}

/// Says something on the desktop; whether it could is only for the log, which does not repeat it.
pub(crate) fn notify(text: &str) {
    match notify::desktop_notification(wording::TITLE, text, &[]) {
        Ok(notify::Notified::Shown) => tracing::info!("desktop notification"),
        Ok(notify::Notified::NoDesktop) => tracing::info!("no desktop to notify"),
        Err(error) => tracing::warn!(%error, "the desktop could not be notified"),
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
