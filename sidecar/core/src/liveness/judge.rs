//! From signs of life and facts to a verdict: the rules, their thresholds, and where those were measured.

use std::time::Duration;

use super::{FACTS_KEPT, Liveness};
use crate::{
    Evidence, Judgement, Pressure, ProcessFacts, ProcessState, Settings, Time, Verdict, time::millis,
};

/// Counters are compared over at least this long. Two ticks less half of one: in 2 s a healthy idle host makes 8 voluntary
/// switches and a stuck one none (FACTS section 2).
const FACTS_SPAN: Duration = Duration::from_millis(1500);

/// A worker that has not pulsed for this long is silent: two pulses and a half while the main thread turns, five while it stands still.
const WORKER_SILENT_AFTER: Duration = Duration::from_millis(2500);

/// From here on the main thread is busy without a pause (measured: 100 % in a loop).
const SPINNING_PERCENT: u32 = 60;
/// From here on the main thread is busy, if the rest of the picture agrees (measured: 28 to 95 % in garbage collection).
const BUSY_PERCENT: u32 = 25;
/// Below this the main thread does nothing (measured: 0 %).
const IDLE_PERCENT: u32 = 5;
/// From here on the other threads work too: V8's collectors (measured: 30 to 70 % in garbage collection, 0 in a loop).
const COLLECTING_PERCENT: u32 = 20;
/// From here on the main thread does something at all, beside collectors that do most of the work.
const CROWDED_PERCENT: u32 = 10;
/// From here on the heap is full enough for garbage collection to be the reason. V8 thrashes from 0.8 of its old generation on, which is
/// three quarters of the limit; measured at the last beat of a host that was filled gradually: 66 to 68 %.
const HEAP_FULL_PERCENT: u64 = 60;
/// The same by resident memory, of the heap's limit. Measured: 99 to 106 % while it thrashed, whatever the last beat had said.
const RESIDENT_FULL_PERCENT: u64 = 85;
/// A thread that wanted a CPU for this share of the time and did not get one is starved, not stuck.
const STARVED_RUN_DELAY_PERCENT: u32 = 40;
/// With this much CPU pressure a host that does nothing may merely not be let run.
const STARVED_PRESSURE_PERCENT: f32 = 80.0;

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
    pub(crate) fn judge(&self, now: Time, settings: &Settings, pressure: Option<Pressure>) -> Judgement {
        let silent = self.silent_for(now);
        // A socket that has not been probed since the last answer says nothing.
        let unprobed = self.unguarded && self.probes_missed.is_none();
        if silent < self.late_after(settings) || unprobed {
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
        let missed = self.probes_missed.filter(|(_, missed)| *missed > 0);
        if let Some((since, missed)) = missed {
            evidence.push(Evidence::SocketSilent { for_ms: millis(now.since(since)), missed });
        }
        // A silent worker points to something outside the process, whatever its socket does; and so may a worker that does not come back
        // with both connections lost.
        let stands_still = match worker {
            Worker::SeesStandstill => true,
            Worker::Absent => missed.is_some() && (self.main_attached || self.unguarded),
            Worker::Silent => false,
        };
        // Where its connection is lost, missing beats say nothing that the others do not say better.
        if self.main_attached || !stands_still {
            evidence.insert(0, Evidence::NoBeat { for_ms: millis(silent) });
        }
        if let Some(verdict) = self.judge_state(now, &mut evidence) {
            return Judgement { verdict, evidence };
        }
        // With both connections lost, silence says nothing about the host.
        if !self.main_attached && !stands_still {
            return Judgement { verdict: Verdict::Late, evidence };
        }
        let verdict = self.judge_activity(now, settings, (worker, stands_still), pressure, &mut evidence);
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
        (worker, stands_still): (Worker, bool),
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

        // Before anything that its own collectors could be the reason for: on two cores they keep the main thread waiting half the time.
        if self.collects_garbage(&activity, newest, worker, evidence) {
            return Verdict::GcThrash;
        }
        if let Some(percent) = activity.run_delay_percent.filter(|p| *p >= STARVED_RUN_DELAY_PERCENT) {
            evidence.push(Evidence::RunDelay { percent });
            // A thread that has had a whole deadline of CPU time, without one turn of its loop, got what it wanted. On a machine
            // overloaded four times over, a loop without an end is thus acted on after 80 s, and 5 s of honest work never.
            let used_ns = newest.main_cpu_ns.saturating_sub(self.cpu_at_first_look_ns.unwrap_or(u64::MAX));
            if stands_still && Duration::from_nanos(used_ns) >= settings.spinning_after {
                return Verdict::Spinning;
            }
            return Verdict::Starved;
        }
        if activity.main_percent < IDLE_PERCENT && newest.state == ProcessState::DiskSleep {
            evidence.push(state_of(newest));
            return Verdict::IoStuck;
        }
        if activity.main_percent < IDLE_PERCENT && self.inspected {
            evidence.push(Evidence::Inspected);
            return Verdict::Traced;
        }
        if activity.main_percent >= BUSY_PERCENT {
            return Self::judge_busy(&activity, worker);
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
        // Idle from outside is what a healthy loop looks like, too: only the worker's word, or the socket's silence, makes it a standstill.
        // A process that is halted as a whole is as silent, and shows so only where the system tells more than the bare state.
        let may_be_halted = worker == Worker::Absent && activity.switches.is_none() && !self.unguarded;
        if !stands_still || may_be_halted {
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
        // `execSync` waits in libuv's poll, `Atomics.wait` in a futex (FACTS section 2). Seen with the real host: a language server
        // that was started a second before a deadlock is not what the deadlock waits for.
        let waits_on_a_lock = newest.wait_channel.as_deref().is_some_and(|channel| channel.contains("futex"));
        let waited_for = children
            .iter()
            .filter(|_| !waits_on_a_lock)
            .filter(|child| self.began_with_silence(now, child))
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

    fn judge_busy(activity: &Activity, worker: Worker) -> Verdict {
        if worker == Worker::Silent {
            // A loop stops the main thread alone. What stops the worker as well is outside (FACTS section 2).
            return Verdict::Late;
        }
        if is_spinning(activity) { Verdict::Spinning } else { Verdict::Late }
    }

    /// V8's collectors work beside a busy main thread, and its heap is full: by its last beat, or by the memory that the process
    /// holds now, where it was filled in one go.
    fn collects_garbage(
        &self,
        activity: &Activity,
        newest: &ProcessFacts,
        worker: Worker,
        evidence: &mut Vec<Evidence>,
    ) -> bool {
        let Some(beat) = self.beat.filter(|beat| beat.heap_limit_bytes > 0) else { return false };
        let percent = |bytes: u64| bytes.saturating_mul(100) / beat.heap_limit_bytes;
        let busy = is_collecting(activity);
        let is_full = percent(beat.heap_used_bytes) >= HEAP_FULL_PERCENT;
        let holds_much = percent(newest.rss_bytes) >= RESIDENT_FULL_PERCENT;
        if worker == Worker::Silent || !busy || !(is_full || holds_much) {
            return false;
        }
        evidence
            .push(Evidence::Heap { used_bytes: beat.heap_used_bytes, limit_bytes: beat.heap_limit_bytes });
        if holds_much {
            evidence.push(Evidence::Resident { rss_bytes: newest.rss_bytes });
        }
        true
    }
}

fn state_of(facts: &ProcessFacts) -> Evidence {
    Evidence::State { state: facts.state, wait_channel: facts.wait_channel.clone() }
}

/// The main thread computes without a pause.
const fn is_spinning(activity: &Activity) -> bool {
    activity.main_percent >= SPINNING_PERCENT
}

/// The same on a crowded machine, where it is ready and has no CPU for a part of the time. Not to be held against a host that somebody
/// waits for: that one is starved.
pub(crate) fn is_spinning_in_a_crowd(activity: &Activity) -> bool {
    let wanted = activity.main_percent.saturating_add(activity.run_delay_percent.unwrap_or(0));
    activity.main_percent >= BUSY_PERCENT && wanted >= SPINNING_PERCENT
}

/// The other threads compute beside the main thread, as V8's collectors do.
pub(crate) const fn is_collecting(activity: &Activity) -> bool {
    let beside_busy = activity.main_percent >= BUSY_PERCENT && activity.others_percent >= COLLECTING_PERCENT;
    // On a crowded machine the main thread gets less. Measured with the real host on two cores: 18 to 27 %, and 59 to 71 %.
    let mostly =
        activity.main_percent >= CROWDED_PERCENT && activity.others_percent >= 2 * COLLECTING_PERCENT;
    beside_busy || mostly
}

/// What a host did between two looks.
pub(crate) struct Activity {
    pub(crate) main_percent: u32,
    pub(crate) others_percent: u32,
    run_delay_percent: Option<u32>,
    switches: Option<(u64, u64)>,
}

impl Activity {
    pub(crate) fn between(oldest: &ProcessFacts, newest: &ProcessFacts, span: Duration) -> Self {
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
