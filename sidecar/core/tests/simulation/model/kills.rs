//! Restarts and kills: what must have been so before each, by the events and in truth.

use std::time::Duration;

use lifeline_core::{
    Cause, Evidence, IncidentId, Mode, ProcessId, ProcessState, RefreshMode, Verdict, WindowId,
};

use super::{Known, Model};
use crate::world::{Behaviour, Truth};

impl Known {
    /// A restart that nobody has asked for, of a host that answers.
    pub(super) fn orderly(&mut self, at: u64, incident: IncidentId, cause: Cause) {
        assert!(matches!(cause, Cause::Memory | Cause::Refresh), "{at}: {cause:?} of a host that answers");
        assert_eq!(self.settings.mode, Mode::Automatic, "{at}");
        assert!(self.told_settings && self.would_lose == Some(false), "{at}: loses what is not saved");
        assert!(!self.paused, "{at}: while paused");
        let departs = self.departing.is_some_and(|since| at - since < 60_000);
        assert!(!departs, "{at}: VS Code shuts it down");
        assert!(at - self.met_at >= 10_000, "{at}: it has just started");
        let beat_at = self.beats.last_at().expect("a host that has beaten");
        assert!(at - beat_at < 3_000, "{at}: it does not answer");
        match cause {
            Cause::Memory => {
                assert!(self.beats.is_critical(&self.settings), "{at}: its heap is well");
                let waited = self.nothing_in_flight(at) || self.beats.is_urgent();
                assert!(waited, "{at}: in the middle of a turn");
            }
            _ => {
                assert_eq!(self.settings.refresh, RefreshMode::Automatic, "{at}");
                let after = self.settings.refresh_after.expect("it is not switched off");
                let aged = Duration::from_millis(at - self.met_at) >= after;
                assert!(aged || self.beats.count >= 120, "{at}: it is as good as new");
                assert!(self.is_quiet(at), "{at}: not the moment for it");
            }
        }
        self.planned.retain(|(then, _)| at - then < 300_000);
        assert!(self.planned.len() < 2, "{at}: the third in five minutes");
        self.planned.push((at, incident));
    }
}

impl Model {
    pub(super) fn kill(
        &mut self,
        at: u64,
        incident: IncidentId,
        window: &WindowId,
        host: ProcessId,
        verdict: Verdict,
        evidence: &[Evidence],
    ) {
        let known = self.windows.get_mut(window).expect("a kill in a window that is known");
        assert_eq!(known.host, Some(host), "{at}: kill of another host");
        assert!(!known.unguarded, "{at}: kill in a window without Lifeline");
        assert!(self.saved.contains(&incident), "{at}: kill without a snapshot");
        let mut witnesses: Vec<_> = evidence.iter().map(Evidence::witness).collect();
        witnesses.sort_unstable();
        witnesses.dedup();
        assert!(witnesses.len() >= 2, "{at}: kill on the word of {witnesses:?} alone");
        let others = known.exits.len() - usize::from(known.killed.is_some_and(|(killed, _)| killed == host));
        let recent = known.exits[..others].iter().filter(|exit| at - **exit < 300_000).count();
        assert!(recent < 2, "{at}: the third exit in five minutes");
        let cause = self.incidents[&incident].cause;
        if evidence.contains(&Evidence::Confirmed) && known.quiet == Some(host) && cause == Cause::Requested {
            assert!(!known.paused && known.is_quiet(at), "{at}: not the moment for it");
            known.quiet = None;
        } else if evidence.contains(&Evidence::Confirmed) {
            let asked_at = known.confirmed_at.take().expect("a confirmed kill was asked for");
            assert!(at - asked_at < 60_000, "{at}: confirmed long ago");
            let (looked_at, state) = known.state.expect("a confirmed kill was preceded by a look");
            assert!(looked_at >= asked_at, "{at}: an old look");
            assert!(!matches!(state, ProcessState::Stopped | ProcessState::Traced), "{at}: {state:?}");
        } else if verdict == Verdict::Healthy {
            known.orderly(at, incident, cause);
            if cause == Cause::Refresh {
                assert_eq!(recent, 0, "{at}: a kill for comfort, on top of another exit");
            }
        } else {
            let due = verdict.act_after(&known.settings).expect("a verdict that calls for action");
            let due = u64::try_from(due.as_millis()).expect("a few minutes");
            assert!(self.gap_at.is_none_or(|gap| at - gap >= due), "{at}: kill too soon after a gap");
            assert!(at - known.met_at >= 10_000, "{at}: kill of a host that has just started");
            assert!(!known.paused, "{at}: kill while paused");
            let departs = known.departing.is_some_and(|since| at - since < 60_000);
            assert!(!departs, "{at}: kill of a host that VS Code shuts down");
            assert_ne!(known.settings.mode, Mode::Observe, "{at}: kill in mode observe");
            if !matches!(cause, Cause::Requested | Cause::Drill) {
                assert_ne!(known.settings.mode, Mode::Ask, "{at}: kill without asking");
                assert!(known.told_settings && known.would_lose.is_some(), "{at}: kill of we know not what");
            }
            assert_ne!(known.would_lose, Some(true), "{at}: kill of unsaved work");
            let against = evidence.iter().any(|one| {
                matches!(
                    one,
                    Evidence::WorkerSilent { .. }
                        | Evidence::Tracer { .. }
                        | Evidence::MayBeDebugged
                        | Evidence::Inspected
                        | Evidence::CpuPressure { .. }
                        | Evidence::Gap { .. }
                ) || matches!(one, Evidence::RunDelay { .. } if verdict != Verdict::Spinning)
            });
            assert!(!against, "{at}: kill against the evidence {evidence:?}");
        }
        if known.killed.is_some_and(|(killed, _)| killed == host) {
            // The first had no effect; a host can end only once.
            known.exits.pop();
        }
        known.exits.push(at);
        known.killed = Some((host, incident));
        self.kills += 1;
    }
}

/// What was really the matter with a host that was killed.
pub(super) fn kill_in_truth(
    truth: &Truth,
    cause: Cause,
    verdict: Verdict,
    evidence: &[Evidence],
    lossy: bool,
) {
    let at = truth.at;
    let host = truth.host.as_ref().expect("a kill names a host that exists");
    let settings = &truth.pane.as_ref().expect("and a window").settings;
    let slack = if lossy { 8_000 } else { 2_500 };
    let behaved = |what: fn(&Behaviour) -> bool| {
        let before = host.past.iter().rev().take_while(|(until, _)| at - until < slack);
        what(&host.behaviour) || before.into_iter().any(|(_, was)| what(was))
    };
    if evidence.contains(&Evidence::Confirmed) {
        assert!(
            !host.behaviour.is_held() || at - host.since < 100,
            "{at}: a confirmed kill of a host that is {:?}",
            host.behaviour
        );
    } else if verdict == Verdict::Healthy {
        orderly_in_truth(truth, cause);
    } else {
        // Not let run now, but it had all the time it could want without a turn of its loop.
        let had_its_time = verdict == Verdict::Spinning
            && Duration::from_millis(host.cpu_since_turn_ms()) >= settings.spinning_after;
        assert!(
            had_its_time || behaved(Behaviour::is_stuck),
            "{at}: kill of a host that is {:?}",
            host.behaviour
        );
        let stalls = host.stalls.iter().filter(|(_, to)| at - to < slack);
        let silent = stalls.map(|(from, to)| to - from).chain([at - host.last_turn]);
        let silent = Duration::from_millis(silent.max().unwrap_or(0) + slack);
        let due = verdict.act_after(settings).expect("a verdict that calls for action");
        assert!(silent >= due, "{at}: silent for {silent:?} only, {verdict} needs {due:?}");
    }
}

/// What was really the matter with a host that was restarted in an orderly way.
pub(super) fn orderly_in_truth(truth: &Truth, cause: Cause) {
    let at = truth.at;
    let host = truth.host.as_ref().expect("a restart of a host that exists");
    let pane = truth.pane.as_ref().expect("and of a window");
    assert!(!pane.info.unguarded);
    assert!(at - host.last_turn < 4_500, "{at}: it is {:?} since {}", host.behaviour, host.last_turn);
    let heap = &host.heap;
    let fills = at - heap.leaked_at < 45_000 && heap.percent() >= 50;
    // As of the last beat; the collection after it may have been thorough.
    let is_full = heap.percent() >= 80;
    assert!(cause != Cause::Memory || fills || is_full, "{at}: heap {} %", heap.percent());
    let urgent = cause == Cause::Memory && (heap.percent() >= 92 || heap.is_full_within(15));
    let just_begun = at - pane.in_flight_since < 3_500;
    assert!(pane.in_flight.is_none() || urgent || just_begun, "{at}: in the middle of a turn");
}
