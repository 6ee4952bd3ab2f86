//! Is a host alive? Beats, pulses and process facts go in; a verdict with its evidence comes out.

use std::{collections::VecDeque, fmt, time::Duration};

use crate::{Beat, Evidence, Pressure, ProcessFacts, ProcessState, Settings, Time, Witness, time::millis};

/// Look from outside as soon as a host has been silent for half the time after which it is late: a verdict needs
/// [`FACTS_SPAN`] of facts, and is due 5 s after the last sign of life.
const EXAMINE_AFTER_SHARE: u32 = 2;

/// Counters are compared over at least this long. Two ticks less half of one: in 2 s a healthy idle host makes 8 voluntary
/// switches and a stuck one none (FACTS section 2).
const FACTS_SPAN: Duration = Duration::from_millis(1500);

/// Facts older than this are dropped: four looks, or two that failed.
const FACTS_KEPT: Duration = Duration::from_secs(4);

/// Facts come once a second; more than this many within [`FACTS_KEPT`] are a flood.
const FACTS_AT_MOST: usize = 16;

/// A worker that has not pulsed for this long (five pulses) is silent.
const WORKER_SILENT_AFTER: Duration = Duration::from_millis(2500);

/// A child counts as waited for when it started at most this long before the silence: the last beat is up to one period
/// old when the wait begins, and spawning takes a moment.
const CHILD_SLACK_MS: u64 = 2000;

/// From here on the main thread is busy without a pause (measured: 100 % in a loop).
const SPINNING_PERCENT: u32 = 60;
/// From here on the main thread is busy, if the rest of the picture agrees (measured: 28 to 95 % in garbage collection).
const BUSY_PERCENT: u32 = 25;
/// Below this the main thread does nothing (measured: 0 %).
const IDLE_PERCENT: u32 = 5;
/// From here on the other threads work too: V8's collectors (measured: 30 to 70 % in garbage collection, 0 in a loop).
const COLLECTING_PERCENT: u32 = 20;
/// From here on the heap is full enough for garbage collection to be the reason.
const HEAP_FULL_PERCENT: u64 = 80;
/// A thread that wanted a CPU for this share of the time and did not get one is starved, not stuck.
const STARVED_RUN_DELAY_PERCENT: u32 = 40;
/// With this much CPU pressure a host that does nothing may merely not be let run.
const STARVED_PRESSURE_PERCENT: f32 = 80.0;

/// What is the matter with a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Verdict {
    /// It gave a sign of life.
    Healthy,
    /// Silent, and nothing more is certain.
    Late,
    /// Its main thread waits for something that does not come.
    Deadlock,
    /// Its main thread waits for a child process that runs.
    OnChild,
    /// Its main thread computes without a pause.
    Spinning,
    /// It does little but collect garbage.
    GcThrash,
    /// The machine is overloaded; the host would run if it could.
    Starved,
    /// It waits for a disk or a network file system.
    IoStuck,
    /// A signal from elsewhere stopped it.
    Stopped,
    /// A debugger holds it.
    Traced,
    /// The machine slept, or we did not run; nothing has been heard since.
    Suspended,
    /// It ended.
    Gone,
}

impl Verdict {
    /// The silence after which this verdict calls for action; `None` for verdicts that never do.
    #[must_use]
    pub const fn act_after(self, settings: &Settings) -> Option<Duration> {
        match self {
            Self::Deadlock => Some(settings.deadlock_after),
            Self::OnChild => Some(settings.on_child_after),
            Self::Spinning => Some(settings.spinning_after),
            Self::GcThrash => Some(settings.gc_thrash_after),
            Self::Healthy
            | Self::Late
            | Self::Starved
            | Self::IoStuck
            | Self::Stopped
            | Self::Traced
            | Self::Suspended
            | Self::Gone => None,
        }
    }

    /// The word for it on the wire and in the journal.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Late => "late",
            Self::Deadlock => "deadlock",
            Self::OnChild => "onChild",
            Self::Spinning => "spinning",
            Self::GcThrash => "gcThrash",
            Self::Starved => "starved",
            Self::IoStuck => "ioStuck",
            Self::Stopped => "stopped",
            Self::Traced => "traced",
            Self::Suspended => "suspended",
            Self::Gone => "gone",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A verdict and what it rests on.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why; empty for a healthy host.
    pub evidence: Vec<Evidence>,
}

impl Judgement {
    pub(crate) const fn healthy() -> Self {
        Self { verdict: Verdict::Healthy, evidence: Vec::new() }
    }

    /// At least two different witnesses support it.
    #[must_use]
    pub fn is_corroborated(&self) -> bool {
        witnesses(&self.evidence) >= 2
    }
}

/// How many different witnesses stand behind some evidence.
pub(crate) fn witnesses(evidence: &[Evidence]) -> usize {
    let mut seen: Vec<Witness> = evidence.iter().map(Evidence::witness).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}

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
    looked: Option<(Time, ProcessState)>,
}

/// What the worker's pulses say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worker {
    /// No worker is attached, or it has not pulsed yet.
    Absent,
    /// It is attached, but halted.
    Silent,
    /// It runs and sees the counter stand still.
    SeesStandstill,
}

impl Liveness {
    pub(crate) fn new(now: Time, may_be_debugged: bool) -> Self {
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
        }
    }

    /// The last sign of life of the main thread: its own beat, or its counter seen moving by the worker.
    pub(crate) fn last_sign(&self) -> Time {
        self.beat_at.max(self.counter_moved_at)
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
        !self.after_gap && self.silent_for(now) < settings.late_after
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

    pub(crate) fn pulse(&mut self, now: Time, seq: u32, counter: u32) {
        if self.pulse_seq.is_some_and(|last| !is_newer(seq, last)) {
            return;
        }
        self.pulse_seq = Some(seq);
        self.pulse_at = Some(now);
        match self.counter {
            Some(last) if last == counter => {}
            Some(_) => {
                self.counter_seen_at = now;
                self.counter_moved_at = now;
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

    fn sign_of_life(&mut self) {
        self.after_gap = false;
        self.forget_facts();
    }

    fn forget_facts(&mut self) {
        self.facts.clear();
        self.cpu_at_first_look_ns = None;
    }

    /// Every deadline is void and starts again now.
    pub(crate) fn void_deadlines(&mut self, now: Time) {
        self.since = now;
        self.after_gap = true;
        self.forget_facts();
        if self.pulse_at.is_some() {
            self.pulse_at = Some(now);
        }
    }

    pub(crate) fn facts(&mut self, now: Time, facts: ProcessFacts) {
        let state = if facts.tracer_pid == 0 { facts.state } else { ProcessState::Traced };
        self.looked = Some((now, state));
        self.cpu_at_first_look_ns.get_or_insert(facts.main_cpu_ns);
        while self.facts.len() >= FACTS_AT_MOST
            || self.facts.front().is_some_and(|(at, _)| now.since(*at) > FACTS_KEPT)
        {
            self.facts.pop_front();
        }
        self.facts.push_back((now, facts));
    }

    /// The state at the last look from outside, if that was at `since` or later.
    pub(crate) fn state_since(&self, since: Time) -> Option<ProcessState> {
        self.looked.filter(|(at, _)| *at >= since).map(|(_, state)| state)
    }

    /// It is time to look at the host from outside.
    pub(crate) fn wants_examination(&self, now: Time, settings: &Settings) -> bool {
        self.silent_for(now) >= settings.late_after / EXAMINE_AFTER_SHARE
    }

    pub(crate) fn judge(&self, now: Time, settings: &Settings, pressure: Option<Pressure>) -> Judgement {
        let silent = self.silent_for(now);
        if silent < settings.late_after {
            return if self.after_gap {
                Judgement {
                    verdict: Verdict::Suspended,
                    evidence: vec![Evidence::Gap { ago_ms: millis(now.since(self.since)) }],
                }
            } else {
                Judgement::healthy()
            };
        }
        let mut evidence = Vec::new();
        let worker = self.judge_worker(now, &mut evidence);
        // Where its connection is lost, missing beats say nothing that the worker does not say better.
        if self.main_attached || worker != Worker::SeesStandstill {
            evidence.insert(0, Evidence::NoBeat { for_ms: millis(silent) });
        }
        if let Some(verdict) = self.judge_state(now, &mut evidence) {
            return Judgement { verdict, evidence };
        }
        // With both connections lost, silence says nothing about the host.
        if !self.main_attached && worker != Worker::SeesStandstill {
            return Judgement { verdict: Verdict::Late, evidence };
        }
        let verdict = self.judge_activity(now, settings, worker, pressure, &mut evidence);
        Judgement { verdict, evidence }
    }

    fn judge_worker(&self, now: Time, evidence: &mut Vec<Evidence>) -> Worker {
        let Some(pulse_at) = self.pulse_at.filter(|_| self.worker_attached) else { return Worker::Absent };
        let worker_silent = now.since(pulse_at);
        if worker_silent >= WORKER_SILENT_AFTER {
            evidence.push(Evidence::WorkerSilent { for_ms: millis(worker_silent) });
            return Worker::Silent;
        }
        if self.counter.is_none() {
            return Worker::Absent;
        }
        let still = now.since(self.counter_seen_at.max(self.since));
        evidence.push(Evidence::CounterStill { for_ms: millis(still) });
        Worker::SeesStandstill
    }

    /// A process that is halted from outside needs no second look.
    fn judge_state(&self, now: Time, evidence: &mut Vec<Evidence>) -> Option<Verdict> {
        let (_, newest) = self.facts.back().filter(|(at, _)| now.since(*at) <= FACTS_KEPT)?;
        let verdict = match newest.state {
            ProcessState::Stopped => Verdict::Stopped,
            ProcessState::Traced => Verdict::Traced,
            ProcessState::Dead => Verdict::Gone,
            _ if newest.tracer_pid != 0 => {
                evidence.push(Evidence::Tracer { pid: newest.tracer_pid });
                return Some(Verdict::Traced);
            }
            ProcessState::Running
            | ProcessState::Sleeping
            | ProcessState::DiskSleep
            | ProcessState::Other => return None,
        };
        evidence.push(state_of(newest));
        Some(verdict)
    }

    fn judge_activity(
        &self,
        now: Time,
        settings: &Settings,
        worker: Worker,
        pressure: Option<Pressure>,
        evidence: &mut Vec<Evidence>,
    ) -> Verdict {
        let Some((newest_at, newest)) = self.facts.back().filter(|(at, _)| now.since(*at) <= FACTS_KEPT)
        else {
            return Verdict::Late;
        };
        // The shortest span that tells: what was before it may be over.
        let Some((oldest_at, oldest)) =
            self.facts.iter().rev().find(|(at, _)| newest_at.since(*at) >= FACTS_SPAN)
        else {
            return Verdict::Late;
        };
        let span = newest_at.since(*oldest_at);
        let activity = Activity::between(oldest, newest, span);
        evidence.push(Evidence::Cpu {
            main_percent: activity.main_percent,
            others_percent: activity.others_percent,
            over_ms: millis(span),
        });

        if let Some(percent) = activity.run_delay_percent.filter(|p| *p >= STARVED_RUN_DELAY_PERCENT) {
            evidence.push(Evidence::RunDelay { percent });
            // A thread that has had a whole deadline of CPU time, without one turn of its loop, got what it wanted. On a machine
            // overloaded four times over, a loop without an end is thus acted on after 80 s, and 5 s of honest work never.
            let used_ns = newest.main_cpu_ns.saturating_sub(self.cpu_at_first_look_ns.unwrap_or(u64::MAX));
            if worker == Worker::SeesStandstill && Duration::from_nanos(used_ns) >= settings.spinning_after {
                return Verdict::Spinning;
            }
            return Verdict::Starved;
        }
        if activity.main_percent < IDLE_PERCENT && newest.state == ProcessState::DiskSleep {
            evidence.push(state_of(newest));
            return Verdict::IoStuck;
        }
        if activity.main_percent >= BUSY_PERCENT {
            return self.judge_busy(&activity, worker, evidence);
        }
        if activity.main_percent >= IDLE_PERCENT {
            return Verdict::Late;
        }
        if newest.state == ProcessState::Running {
            // Ready to run, and yet it did not.
            evidence.push(state_of(newest));
            return Verdict::Starved;
        }
        // It may wait for somebody who is not let run, so it gets as long as if it waited for a child; but a build on all cores
        // must not protect a host that waits for ever.
        let pressure = pressure.filter(|_| self.silent_for(now) < settings.on_child_after);
        if let Some(pressure) = pressure.filter(|p| p.cpu_percent >= STARVED_PRESSURE_PERCENT) {
            // A percentage of a bounded float.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            evidence.push(Evidence::CpuPressure { percent: pressure.cpu_percent.clamp(0.0, 100.0) as u32 });
            return Verdict::Starved;
        }
        if let Some((voluntary, involuntary)) = activity.switches {
            evidence.push(Evidence::Switches { voluntary, involuntary, over_ms: millis(span) });
            // A turning loop wakes at least four times a second for our own counter.
            if voluntary > millis(span) / 1000 {
                return Verdict::Late;
            }
        }
        evidence.push(state_of(newest));
        // Idle from outside is what a healthy loop looks like, too: only the worker's word makes it a standstill.
        if worker != Worker::SeesStandstill {
            return Verdict::Late;
        }
        if self.may_be_debugged {
            evidence.push(Evidence::MayBeDebugged);
            return Verdict::Traced;
        }
        let silent = self.silent_for(now);
        let Some(children) = self.facts.iter().rev().find_map(|(_, facts)| facts.children.as_ref()) else {
            // Nobody looked whether it waits for a child: it gets as long as if it did.
            return if silent < settings.on_child_after { Verdict::Late } else { Verdict::Deadlock };
        };
        let started_within_ms = millis(silent).saturating_add(CHILD_SLACK_MS);
        // `execSync` waits in libuv's poll, `Atomics.wait` in a futex (FACTS section 2). Seen with the real host: a language server
        // that was started a second before a deadlock is not what the deadlock waits for.
        let waits_on_a_lock = newest.wait_channel.as_deref().is_some_and(|channel| channel.contains("futex"));
        let waited_for = children
            .iter()
            .filter(|_| !waits_on_a_lock)
            .filter(|child| child.age_ms <= started_within_ms)
            .max_by_key(|child| child.age_ms);
        if let Some(child) = waited_for {
            evidence.push(Evidence::Child {
                pid: child.pid,
                age_ms: child.age_ms,
                command: child.command.clone(),
            });
            return Verdict::OnChild;
        }
        Verdict::Deadlock
    }

    fn judge_busy(&self, activity: &Activity, worker: Worker, evidence: &mut Vec<Evidence>) -> Verdict {
        if worker == Worker::Silent {
            // A loop stops the main thread alone. What stops the worker as well is outside (FACTS section 2).
            return Verdict::Late;
        }
        let full_heap = self.beat.filter(|beat| {
            beat.heap_limit_bytes > 0
                && beat.heap_used_bytes.saturating_mul(100) / beat.heap_limit_bytes >= HEAP_FULL_PERCENT
        });
        if activity.others_percent >= COLLECTING_PERCENT
            && let Some(beat) = full_heap
        {
            evidence.push(Evidence::Heap {
                used_bytes: beat.heap_used_bytes,
                limit_bytes: beat.heap_limit_bytes,
            });
            return Verdict::GcThrash;
        }
        if activity.main_percent >= SPINNING_PERCENT { Verdict::Spinning } else { Verdict::Late }
    }
}

fn state_of(facts: &ProcessFacts) -> Evidence {
    Evidence::State { state: facts.state, wait_channel: facts.wait_channel.clone() }
}

/// `seq` comes after `last`, allowing the number to wrap.
const fn is_newer(seq: u32, last: u32) -> bool {
    seq != last && seq.wrapping_sub(last) < u32::MAX / 2
}

/// What a host did between two looks.
struct Activity {
    main_percent: u32,
    others_percent: u32,
    run_delay_percent: Option<u32>,
    switches: Option<(u64, u64)>,
}

impl Activity {
    fn between(oldest: &ProcessFacts, newest: &ProcessFacts, span: Duration) -> Self {
        let span_ns = span.as_nanos().max(1);
        let percent = |ns: u64| u32::try_from(u128::from(ns) * 100 / span_ns).unwrap_or(u32::MAX);
        let main_ns = newest.main_cpu_ns.saturating_sub(oldest.main_cpu_ns);
        let all_ns = newest.all_cpu_ns.saturating_sub(oldest.all_cpu_ns);
        Self {
            main_percent: percent(main_ns),
            others_percent: percent(all_ns.saturating_sub(main_ns)),
            run_delay_percent: newest
                .main_run_delay_ns
                .zip(oldest.main_run_delay_ns)
                .map(|(new, old)| percent(new.saturating_sub(old))),
            switches: newest.switches.zip(oldest.switches).map(|((new_v, new_i), (old_v, old_i))| {
                (new_v.saturating_sub(old_v), new_i.saturating_sub(old_i))
            }),
        }
    }
}
