//! Is a host alive? Beats, pulses and process facts go in; a verdict with its evidence comes out.

use std::{collections::VecDeque, time::Duration};

use crate::{Beat, Child, Probe, ProcessFacts, ProcessState, Settings, Time, time::millis};

mod judge;

pub(crate) use judge::{Activity, is_collecting, is_spinning_in_a_crowd};

/// Look from outside as soon as a host has been silent for half the time after which it is late: a verdict needs 1.5 s of facts, and is
/// due 5 s after the last sign of life.
const EXAMINE_AFTER_SHARE: u32 = 2;

/// Facts older than this are dropped: four looks, or two that failed.
const FACTS_KEPT: Duration = Duration::from_secs(4);

/// Facts come once a second; more than this many within [`FACTS_KEPT`] are a flood.
const FACTS_AT_MOST: usize = 16;

/// The IDE socket of a host is probed once in 5 s, and a probe waits 2 s: a silence shorter than both says nothing of a host that is known
/// by its socket alone.
const PROBES_APART: Duration = Duration::from_secs(7);

/// A child counts as waited for when it started at most this long before the silence: the last beat is up to one period
/// old when the wait begins, and spawning takes a moment.
const CHILD_SLACK_MS: u64 = 2000;

/// Children remembered as begun with a silence.
const YOUNG_CHILDREN_AT_MOST: usize = 16;

/// The signs of life of one host.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Liveness {
    /// Deadlines count from here at the earliest: attachment, or the end of a gap.
    since: Time,
    /// A time in which nobody could watch ended at `since`, and no sign of life has come after it.
    after_gap: bool,
    beat_at: Time,
    beat_seq: Option<u32>,
    beat: Option<Beat>,
    worker_attached: bool,
    pulse_at: Option<Time>,
    pulse_seq: Option<u32>,
    counter: Option<u32>,
    /// When the worker saw the counter at its present value first.
    counter_seen_at: Time,
    counter_moved_at: Time,
    may_be_debugged: bool,
    main_attached: bool,
    facts: VecDeque<(Time, ProcessFacts)>,
    /// CPU time of the main thread at the first look of this silence, in nanoseconds.
    cpu_at_first_look_ns: Option<u64>,
    /// What the last look from outside showed, whatever was heard since.
    looked: Option<Look>,
    /// The loop turned then at the latest: when the last probe that was answered began.
    #[cfg_attr(feature = "serde", serde(default))]
    probe_answered_at: Option<Time>,
    /// Since when probes have not been answered, and how many.
    #[cfg_attr(feature = "serde", serde(default))]
    probes_missed: Option<(Time, u32)>,
    /// A debugger was seen at its inspector during this silence.
    #[cfg_attr(feature = "serde", serde(default))]
    inspected: bool,
    /// Children that began with this silence, as far as they were seen before a gap: from then on their age says nothing.
    #[cfg_attr(feature = "serde", serde(default))]
    young_children: Vec<u32>,
    /// Nothing but its socket speaks for it.
    #[cfg_attr(feature = "serde", serde(default))]
    unguarded: bool,
}

/// A look from outside.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Look {
    pub(crate) at: Time,
    pub(crate) state: ProcessState,
    pub(crate) rss_bytes: u64,
}

impl Liveness {
    pub(crate) fn new(now: Time, may_be_debugged: bool, unguarded: bool) -> Self {
        Self {
            since: now,
            after_gap: false,
            beat_at: now,
            beat_seq: None,
            beat: None,
            worker_attached: false,
            pulse_at: None,
            pulse_seq: None,
            counter: None,
            counter_seen_at: now,
            counter_moved_at: now,
            may_be_debugged,
            main_attached: false,
            facts: VecDeque::new(),
            cpu_at_first_look_ns: None,
            looked: None,
            probe_answered_at: None,
            probes_missed: None,
            inspected: false,
            young_children: Vec::new(),
            unguarded,
        }
    }

    /// The last sign of life of the main thread: its own beat, its counter seen moving by the worker, or an answer of its socket.
    pub(crate) fn last_sign(&self) -> Time {
        self.beat_at.max(self.counter_moved_at).max(self.probe_answered_at.unwrap_or_default())
    }

    pub(crate) fn last_beat(&self) -> Option<&Beat> {
        self.beat.as_ref()
    }

    /// How long the main thread has been silent, deadlines voided by gaps not counted.
    pub(crate) fn silent_for(&self, now: Time) -> Duration {
        now.since(self.last_sign().max(self.since))
    }

    /// It gave a sign of life a moment ago, and not before a gap.
    pub(crate) fn answers(&self, now: Time, settings: &Settings) -> bool {
        !self.after_gap && self.silent_for(now) < self.late_after(settings)
    }

    /// It has beaten a moment ago: what its last beat measured is still true.
    pub(crate) fn has_just_beaten(&self, now: Time, settings: &Settings) -> bool {
        now.since(self.beat_at) < settings.late_after
    }

    pub(crate) fn set_may_be_debugged(&mut self, may_be_debugged: bool) {
        self.may_be_debugged = may_be_debugged;
    }

    pub(crate) fn reattached(&mut self, now: Time) {
        // A new connection numbers its messages anew.
        self.beat_seq = None;
        self.beat_at = now;
        self.main_attached = true;
        self.sign_of_life();
    }

    pub(crate) fn main_detached(&mut self) {
        self.main_attached = false;
    }

    pub(crate) fn is_main_attached(&self) -> bool {
        self.main_attached
    }

    pub(crate) fn worker_attached(&mut self, now: Time) {
        self.worker_attached = true;
        self.pulse_seq = None;
        self.pulse_at = Some(now);
    }

    pub(crate) fn worker_detached(&mut self) {
        self.worker_attached = false;
        self.pulse_at = None;
    }

    pub(crate) fn beat(&mut self, now: Time, seq: u32, beat: Beat) -> bool {
        if self.beat_seq.is_some_and(|last| !is_newer(seq, last)) {
            return false;
        }
        self.beat_seq = Some(seq);
        self.beat = Some(beat);
        self.beat_at = now;
        self.sign_of_life();
        true
    }

    pub(crate) fn pulse(&mut self, now: Time, seq: u32, counter: u32, still: Duration) {
        if self.pulse_seq.is_some_and(|last| !is_newer(seq, last)) {
            return;
        }
        self.pulse_seq = Some(seq);
        // It moved after the pulse before, whatever the worker's clock says.
        let moved_at = (now - still).max(self.pulse_at.unwrap_or(now));
        self.pulse_at = Some(now);
        match self.counter {
            Some(last) if last == counter => {}
            Some(_) => {
                self.counter_seen_at = moved_at;
                self.counter_moved_at = moved_at;
                self.sign_of_life();
            }
            None => {
                self.counter_seen_at = now;
                if !self.main_attached {
                    // Nobody has watched the main thread so far: its silence begins to count now.
                    self.void_deadlines(now);
                }
            }
        }
        self.counter = Some(counter);
    }

    /// Its IDE socket was probed.
    pub(crate) fn probed(&mut self, now: Time, probe: Probe) {
        match probe {
            Probe::Answered { round_trip } => {
                let began = now - round_trip;
                // An answer to an earlier probe that comes late says nothing of a later silence.
                self.probes_missed = self.probes_missed.filter(|(since, _)| began < *since);
                // It says that the loop turned since the probe began, which may be before it stood still.
                if began > self.last_sign().max(self.since) {
                    self.sign_of_life();
                }
                self.probe_answered_at = self.probe_answered_at.max(Some(began));
            }
            Probe::Silent { waited } => {
                let began = now - waited;
                // Only a silence that nothing has broken.
                if began >= self.last_sign().max(self.since) {
                    let (since, missed) = self.probes_missed.unwrap_or((began, 0));
                    self.probes_missed = Some((since, missed.saturating_add(1)));
                }
            }
        }
    }

    fn sign_of_life(&mut self) {
        self.after_gap = false;
        // Whatever a probe missed is over; there may never be another one.
        self.probes_missed = None;
        self.inspected = false;
        self.young_children.clear();
        self.forget_facts();
    }

    /// A debugger is attached to its inspector.
    pub(crate) fn inspected(&mut self) {
        self.inspected = true;
    }

    /// Somebody's debugger may hold it.
    pub(crate) fn is_inspected(&self) -> bool {
        self.inspected || self.may_be_debugged
    }

    /// The child began with this silence, or a moment before it.
    fn began_with_silence(&self, now: Time, child: &Child) -> bool {
        let within_ms = millis(now.since(self.last_sign())).saturating_add(CHILD_SLACK_MS);
        child.age_ms <= within_ms || self.young_children.contains(&child.pid)
    }

    fn forget_facts(&mut self) {
        self.facts.clear();
        self.cpu_at_first_look_ns = None;
    }

    /// Every deadline is void and starts again now.
    pub(crate) fn void_deadlines(&mut self, now: Time) {
        self.since = now;
        self.after_gap = true;
        self.probes_missed = None;
        self.forget_facts();
        if self.pulse_at.is_some() {
            self.pulse_at = Some(now);
        }
    }

    pub(crate) fn facts(&mut self, now: Time, facts: ProcessFacts) {
        let state = if facts.tracer_pid == 0 { facts.state } else { ProcessState::Traced };
        self.looked = Some(Look { at: now, state, rss_bytes: facts.rss_bytes });
        self.cpu_at_first_look_ns.get_or_insert(facts.main_cpu_ns);
        if let Some(children) = &facts.children {
            // The machine may sleep before the next look, and a child's age goes on then while our time stands still.
            self.young_children = children
                .iter()
                .filter(|child| self.began_with_silence(now, child))
                .map(|child| child.pid)
                .take(YOUNG_CHILDREN_AT_MOST)
                .collect();
        }
        while self.facts.len() >= FACTS_AT_MOST
            || self.facts.front().is_some_and(|(at, _)| now.since(*at) > FACTS_KEPT)
        {
            self.facts.pop_front();
        }
        self.facts.push_back((now, facts));
    }

    /// The last look from outside, if that was at `since` or later.
    pub(crate) fn look_since(&self, since: Time) -> Option<Look> {
        self.looked.filter(|look| look.at >= since)
    }

    /// It is time to look at the host from outside.
    pub(crate) fn wants_examination(&self, now: Time, settings: &Settings) -> bool {
        if self.unguarded {
            return self.probes_missed.is_some();
        }
        self.silent_for(now) >= self.late_after(settings) / EXAMINE_AFTER_SHARE
    }

    /// Somebody speaks for it: a connection, or its socket.
    pub(crate) fn is_heard_of(&self) -> bool {
        self.main_attached || self.worker_attached || self.probes_missed.is_some()
    }

    /// A host is late after this long without a sign of life.
    fn late_after(&self, settings: &Settings) -> Duration {
        // Its socket has answered when it was late already: its loop turns, and Lifeline in it is mute.
        let own_sign = self.beat_at.max(self.counter_moved_at);
        let answered = self.probe_answered_at.unwrap_or_default();
        let by_socket_alone = self.unguarded || answered.since(own_sign) >= settings.late_after;
        if by_socket_alone { PROBES_APART.max(settings.late_after) } else { settings.late_after }
    }
}

/// `seq` comes after `last`, allowing the number to wrap.
const fn is_newer(seq: u32, last: u32) -> bool {
    seq != last && seq.wrapping_sub(last) < u32::MAX / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_counter_moved_when_the_worker_saw_it_and_after_the_pulse_before() {
        let begin = Time::from_millis(100_000);
        let mut host = Liveness::new(begin, false, false);
        host.worker_attached(begin);
        host.pulse(begin + ms(100), 1, 1, ms(0));
        host.pulse(begin + ms(1100), 2, 5, ms(0));
        assert_eq!(host.silent_for(begin + ms(1100)), ms(0));
        // It moved half a second before the pulse that says so.
        host.pulse(begin + ms(2100), 3, 7, ms(500));
        assert_eq!(host.silent_for(begin + ms(2100)), ms(500));
        // It moved after the pulse before this one, whatever the worker's clock says.
        host.pulse(begin + ms(3100), 4, 9, ms(60_000));
        assert_eq!(host.silent_for(begin + ms(3100)), ms(1000));
    }
}
