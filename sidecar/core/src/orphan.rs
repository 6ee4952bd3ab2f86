//! Leaked processes of Claude Code: which they are, by evidence, and how they end, with care.
//!
//! Reports of each look go in, decisions come out, as everywhere in the core. Idle does not mean leaked, and most leaks are children of a
//! host that lives (FACTS section 4). So a process is certainly leaked only when it is proven that nobody needs it (its owner has ended, or
//! the same owner has put another process on its session), nothing that it does can be seen, and both were so at two looks, apart. What is
//! not known speaks for nobody.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use crate::{
    Doubt, Grade, LeakEvidence, ProcessId, ProcessReport, RequestId, TICK, Time, supervisor::SLEPT_AT_LEAST,
    time::millis,
};

mod decision;
mod ending;
pub(crate) mod evidence;
pub(crate) mod hosts;
mod judge;
pub(crate) mod report;
#[cfg(test)]
mod tests;
mod told;

pub use decision::{
    Acted, CalledOff, EndAnswer, EndingId, GivenBack, OrphanDecision, ReapMode, ReapSettings, Verb,
};
pub use ending::{LEAVE_WITHIN, WRITING_AT_MOST};
pub use judge::{JudgedProcess, YOUNG};

use ending::{Ending, Outbox, Step};
use hosts::{DesertedHosts, HostReport};
use judge::{Look, Proof};
use told::Told;

/// A look with more processes than this is not judged: the platform does not look at more, so some would be missing.
const REPORTS_AT_MOST: usize = 4096;
/// Leaks that are remembered from look to look.
const HELD_AT_MOST: usize = 512;
/// Processes that are on their way out at the same time, each with what it has started.
const ENDINGS_AT_MOST: usize = 64;
/// A process whose ending was called off is not ended by ourselves for this long.
const REST: Duration = Duration::from_secs(10 * 60);

/// It is said how much can be given back when it is more memory than this, in bytes.
pub const OFFER_BYTES: u64 = 500_000_000;
/// And when it is more processes than this.
pub const OFFER_PROCESSES: u32 = 5;

/// A leak that one look after another has shown.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Held {
    id: ProcessId,
    proof: Option<Proof>,
    since: Time,
    looks: u32,
}

/// What Lifeline knows of leaked processes.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Orphans {
    settings: ReapSettings,
    /// When we were last known to run, by a tick or at the end of a gap.
    ran_at: Option<Time>,
    slept: Option<Duration>,
    /// Nothing that was seen before is believed.
    void_before: Time,
    /// When the last look began.
    last_look: Option<Time>,
    /// By process.
    held: Vec<Held>,
    /// Called off; with the time until which they rest.
    resting: Vec<(ProcessId, Time)>,
    hosts: DesertedHosts,
    told: Told,
    endings: Vec<Ending>,
    next_number: u64,
    was_offered: bool,
    given_back: GivenBack,
    #[cfg_attr(feature = "serde", serde(skip))]
    judged: Vec<JudgedProcess>,
    #[cfg_attr(feature = "serde", serde(skip))]
    decisions: VecDeque<OrphanDecision>,
}

impl Orphans {
    /// Endings are numbered from `first_number`: give one that is above all that were given out before.
    #[must_use]
    pub fn new(settings: ReapSettings, first_number: u64) -> Self {
        Self { settings, next_number: first_number, ..Self::default() }
    }

    /// Another daemon has taken this state over: nobody was watching in between.
    pub fn resume(&mut self, now: Time, first_number: u64) {
        self.next_number = self.next_number.max(first_number);
        (self.ran_at, self.slept) = (None, None);
        self.void(now);
    }

    /// The user's wishes changed. What is under way by itself ends where they do not want that any more.
    pub fn set_settings(&mut self, settings: ReapSettings) {
        if settings.reap != self.settings.reap {
            self.was_offered = false;
        }
        self.settings = settings;
        if settings.reap != ReapMode::Certain {
            self.call_off_all(CalledOff::Unwanted, |ending| !ending.is_asked);
        }
    }

    /// The user's wishes.
    #[must_use]
    pub const fn settings(&self) -> ReapSettings {
        self.settings
    }

    /// What must be done, oldest first; drain it after each call.
    pub fn poll_decision(&mut self) -> Option<OrphanDecision> {
        self.decisions.pop_front()
    }

    /// All processes of the last look, as they were judged. Empty until there has been one.
    #[must_use]
    pub fn judged(&self) -> &[JudgedProcess] {
        &self.judged
    }

    /// When the last look began.
    pub(crate) const fn last_look(&self) -> Option<Time> {
        self.last_look
    }

    /// Something is under way: ticks are wanted every [`TICK`], even with no host left.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.endings.is_empty()
    }

    /// What has been given back so far.
    #[must_use]
    pub const fn given_back(&self) -> GivenBack {
        self.given_back
    }

    /// Our own tick, due every [`TICK`]: without it nothing is known to be without a gap, and nothing is done. `slept` is how long the
    /// machine has slept since boot, altogether.
    pub fn tick(&mut self, now: Time, slept: Duration) {
        self.notice_gap(now, Some(slept));
        (self.ran_at, self.slept) = (Some(now), Some(slept));
        self.resting.retain(|(_, until)| *until > now);
        self.each_ending(now, |ending, out| ending.tick(out));
    }

    /// The snapshot of an ending is durable, or could not be made so.
    pub fn tail_saved(&mut self, now: Time, ending: EndingId, saved: Result<(), String>) {
        self.notice_gap(now, None);
        self.each_ending(
            now,
            |one, out| {
                if one.id == ending { one.saved(saved.clone(), out) } else { Step::Stay }
            },
        );
    }

    /// What came of telling processes to end.
    pub fn acted(&mut self, now: Time, ending: EndingId, verb: Verb, acted: Acted) {
        self.notice_gap(now, None);
        self.each_ending(now, |one, out| {
            if one.id == ending { one.acted(verb, acted.clone(), out) } else { Step::Stay }
        });
    }

    /// The user wants this process ended, having seen what it is and why. It need not be certain; one that is in use is refused.
    pub fn end_asked(&mut self, now: Time, request: RequestId, id: ProcessId) {
        self.notice_gap(now, None);
        let is_busy =
            self.endings.len() >= ENDINGS_AT_MOST || self.endings.iter().any(|one| one.concerns(id));
        if is_busy || !self.told.may_be_told(id, Verb::Kill) {
            self.decisions.push_back(OrphanDecision::Answer { request, answer: EndAnswer::Busy });
            return;
        }
        let ending = Ending::asked_for(self.number(), id, Some(request), now);
        self.endings.push(ending);
        self.decisions.push_back(OrphanDecision::Look);
    }

    /// A lock file was found stale. It is removed where processes would be ended without a question.
    pub fn stale_lock(&mut self, port: u16) {
        if self.settings.reap == ReapMode::Certain {
            self.decisions.push_back(OrphanDecision::RemoveLock { port });
        }
    }

    /// The user's processes of Claude Code and what those have started, and the extension hosts, all of them, as they are. `began`: when
    /// this look began.
    pub fn looked(&mut self, now: Time, began: Time, reports: &[ProcessReport], hosts: &[HostReport]) {
        self.notice_gap(now, None);
        let is_stale = began < self.void_before || self.last_look.is_some_and(|last| began <= last);
        if is_stale || began > now {
            return;
        }
        self.last_look = Some(began);
        if reports.len() > REPORTS_AT_MOST {
            self.held.clear();
            self.judged.clear();
            return;
        }
        let deserted = self.hosts.looked(began, hosts, self.settings.deserted_after);
        let hosts: Vec<ProcessReport> = hosts.iter().map(|host| host.as_process(0)).collect();
        let reports = || reports.iter().chain(&hosts);
        let look = Look::new(reports(), &deserted);
        self.each_ending(now, |ending, out| ending.looked(began, &look, out));
        self.judged = reports().map(|report| look.judge(report, &self.settings)).collect();
        self.hold(began);
        self.settle(now, &look);
    }

    /// What was so at this look, and at those before it.
    fn hold(&mut self, began: Time) {
        let mut before = std::mem::take(&mut self.held);
        for judged in self.judged.iter_mut().filter(|judged| judged.grade == Grade::Certain) {
            // Of a host it was seen long enough.
            if judged.proof == Some(Proof::Deserted) {
                continue;
            }
            let known = before.iter().position(|held| held.id == judged.id && held.proof == judged.proof);
            let mut held = match known {
                Some(known) => before.swap_remove(known),
                None => Held { id: judged.id, proof: judged.proof, since: began, looks: 0 },
            };
            held.looks = held.looks.saturating_add(1);
            let over = began.since(held.since);
            let is_held = held.looks >= 2 && over >= self.settings.looks_apart;
            if self.held.len() < HELD_AT_MOST {
                judged.evidence.push(LeakEvidence::Seen { looks: held.looks, over_ms: millis(over) });
                self.held.push(held);
            }
            if !is_held {
                judged.doubts.push(Doubt::SeenOnce);
            }
            if !self.told.may_be_told(judged.id, Verb::Term) {
                judged.doubts.push(Doubt::ToldBefore);
            }
            if !judged.doubts.is_empty() {
                judged.grade = Grade::Suspect;
            }
        }
    }

    /// What follows from what is certain.
    fn settle(&mut self, now: Time, look: &Look<'_>) {
        // What ends with another is not ended for itself.
        let certain = self.judged.iter().filter(|judged| judged.grade == Grade::Certain);
        let descendants: BTreeSet<ProcessId> =
            certain.clone().flat_map(|judged| judged.tree.iter().skip(1).map(|(id, _)| *id)).collect();
        let is_free = |judged: &&JudgedProcess| {
            let is_under_way =
                judged.tree.iter().any(|(id, _)| self.endings.iter().any(|ending| ending.concerns(*id)));
            let rests = self.resting.iter().any(|(id, until)| *id == judged.id && *until > now);
            !descendants.contains(&judged.id) && !is_under_way && !rests
        };
        let free: Vec<JudgedProcess> = certain.filter(is_free).cloned().collect();
        match self.settings.reap {
            ReapMode::Never => {}
            ReapMode::Ask => self.offer(&free),
            ReapMode::Certain => self.begin(now, free, look),
        }
    }

    /// Says once how much can be given back; again when it was less in between.
    fn offer(&mut self, free: &[JudgedProcess]) {
        let processes = free.iter().map(|judged| judged.tree.len()).sum::<usize>();
        let processes = u32::try_from(processes).unwrap_or(u32::MAX);
        let bytes = free.iter().fold(0, |sum: u64, judged| sum.saturating_add(judge::bytes_of(&judged.tree)));
        let is_worth_it = bytes > OFFER_BYTES || processes > OFFER_PROCESSES;
        if is_worth_it && !self.was_offered {
            self.decisions.push_back(OrphanDecision::Offer { processes, bytes });
        }
        self.was_offered = is_worth_it;
    }

    fn begin(&mut self, now: Time, free: Vec<JudgedProcess>, look: &Look<'_>) {
        let mut begun: Vec<Ending> = Vec::new();
        for judged in free {
            // Two may have started the same one.
            let is_shared = judged.tree.iter().any(|(id, _)| begun.iter().any(|ending| ending.concerns(*id)));
            if is_shared || self.endings.len() + begun.len() >= ENDINGS_AT_MOST {
                continue;
            }
            let id = self.number();
            let mut decisions = Vec::new();
            let mut out =
                Outbox { now, settings: self.settings, decisions: &mut decisions, told: &mut self.told };
            begun.push(Ending::of_leak(id, &judged, look, &mut out));
            self.decisions.extend(decisions);
        }
        self.endings.extend(begun);
    }

    fn number(&mut self) -> EndingId {
        let id = EndingId(self.next_number);
        self.next_number = self.next_number.saturating_add(1);
        id
    }

    fn each_ending(&mut self, now: Time, mut step: impl FnMut(&mut Ending, &mut Outbox<'_>) -> Step) {
        let mut decisions = Vec::new();
        for mut ending in std::mem::take(&mut self.endings) {
            let mut out =
                Outbox { now, settings: self.settings, decisions: &mut decisions, told: &mut self.told };
            match step(&mut ending, &mut out) {
                Step::Stay => self.endings.push(ending),
                Step::Done => {}
                Step::Off(reason) => self.call_off(ending, reason, now + REST, &mut decisions),
            }
        }
        for decision in &decisions {
            if let OrphanDecision::GaveBack { ended, bytes, .. } = decision {
                self.given_back.processes += ended.len() as u64;
                self.given_back.bytes = self.given_back.bytes.saturating_add(*bytes);
            }
        }
        self.decisions.extend(decisions);
    }

    fn call_off(
        &mut self,
        mut ending: Ending,
        reason: CalledOff,
        until: Time,
        decisions: &mut Vec<OrphanDecision>,
    ) {
        self.held.retain(|held| held.id != ending.root);
        self.resting.retain(|(id, _)| *id != ending.root);
        self.resting.push((ending.root, until));
        let excess = self.resting.len().saturating_sub(HELD_AT_MOST);
        self.resting.drain(..excess);
        ending.answer(EndAnswer::Refused(reason.clone()), decisions);
        decisions.push(OrphanDecision::CalledOff { ending: ending.id, id: ending.root, reason });
    }

    fn call_off_all(&mut self, reason: CalledOff, which: impl Fn(&Ending) -> bool) {
        let mut decisions = Vec::new();
        for ending in std::mem::take(&mut self.endings) {
            if which(&ending) {
                // Whatever made them stop is over by the time when they could begin again.
                self.call_off(ending, reason.clone(), Time::default(), &mut decisions);
            } else {
                self.endings.push(ending);
            }
        }
        self.decisions.extend(decisions);
    }

    /// Before anything else: whatever comes in after a gap must not meet what was known before it.
    fn notice_gap(&mut self, now: Time, slept: Option<Duration>) {
        // Without ticks nobody would know of a gap.
        let late = self.ran_at.is_none_or(|ran_at| now.since(ran_at) > TICK + TICK / 2);
        let slept = slept.zip(self.slept).is_some_and(|(new, old)| new.saturating_sub(old) > SLEPT_AT_LEAST);
        if late || slept {
            self.void(now);
            // The tick stays due, as the supervisor's does.
            if self.ran_at.is_some() {
                self.ran_at = Some(now);
            }
        }
    }

    fn void(&mut self, now: Time) {
        self.void_before = now;
        self.held.clear();
        self.hosts.void();
        self.judged.clear();
        self.call_off_all(CalledOff::Gap, |_| true);
    }
}
