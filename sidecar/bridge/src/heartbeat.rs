//! The heartbeat: every lock is asked again and again, gently, and what comes back is reported.
//!
//! It must not harm whom it asks. There is never more than one question open at a port. A program that is silent is not
//! asked again, but waited for: each new connection would take a place in the queue that the kernel keeps for it (511 with
//! Node), and after 45 minutes its real clients would find that full. And where no IDE is, nothing is asked any more.

mod record;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc::UnboundedSender},
    task::{AbortHandle, JoinHandle, JoinSet},
    time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until},
};

use crate::{
    folder::{Folders, Look},
    lock::{Lock, Locks},
    probe::{Answer, Clock, Heard, Inquiry, Question, TIMEOUT},
};
use record::Record;
pub use record::Rest;

/// How often each IDE is asked.
pub const PERIOD: Duration = Duration::from_secs(5);

/// How long after a change the folder is read: files are made first and filled afterwards.
const SETTLE: Duration = Duration::from_millis(100);

/// How far apart two looks are at least (but for shorter periods), however much happens in the folder.
const LOOKS_APART: Duration = Duration::from_secs(1);

/// How often in a row a look may find a lock half written. After that it counts as what it is.
const UNFINISHED_AT_MOST: u32 = 5;

/// For how many periods the first silent question is waited for before another is asked. Each one after it is given twice as
/// long: a program that lost the question, and goes on, is noticed late rather than never.
const WAITS_FIRST: u32 = 3;

/// And for how many at most: 4 minutes.
const WAITS_AT_MOST: u32 = 48;

/// How the heart beats.
#[derive(Clone)]
pub struct Options {
    /// How often each IDE is asked; [`PERIOD`]. Must be longer than the timeout.
    pub period: Duration,
    /// How long an answer may take before it is missed; [`TIMEOUT`].
    pub timeout: Duration,
    /// Tells when we were not there.
    pub clock: Clock,
}

impl Options {
    /// As it is meant to be, with a clock that goes on while the machine sleeps.
    pub fn new(clock: Clock) -> Self {
        Self { period: PERIOD, timeout: TIMEOUT, clock }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { period, timeout, clock: _ } = self;
        write!(f, "Options {{ period: {period:?}, timeout: {timeout:?} }}")
    }
}

/// Locks that are asked at the same moment.
const ASKED_AT_ONCE: usize = 8;

/// What there is to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// These are the locks now, and this is wrong in their folders. The first report of all; then again whenever it changes. A
    /// lock that is new or was written again is asked at once; of one that is gone no answer follows.
    Locks(Locks),
    /// What came of one question, or of waiting on for its answer. Silence while we were away ourselves (stopped, not run,
    /// asleep with the machine) says nothing, and is not reported.
    Answered {
        /// Who was asked.
        port: u16,
        /// What was answered.
        answer: Answer,
        /// Answers in a row that were no sign of life, this one included. That nothing could be asked does not count.
        misses: u32,
        /// We were away for a part of the time: the round trip is too long.
        was_away: bool,
        /// When this is set, it is not asked again before its lock file is written anew.
        rest: Option<Rest>,
    },
}

/// A heart that beats until it is dropped.
#[derive(Debug)]
pub struct Heartbeat {
    task: JoinHandle<()>,
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Heartbeat {
    /// Starts to watch the lock `folders` (they need not exist yet) and to ask every IDE in them. Ends when dropped, or when
    /// nobody receives its reports any more.
    ///
    /// Must be called in a tokio runtime with I/O and time. The folders are read on the runtime's pool for blocking work.
    pub fn start(folders: Vec<PathBuf>, options: Options, reports: UnboundedSender<Report>) -> Self {
        Self { task: tokio::spawn(run(folders, options, reports)) }
    }
}

async fn run(folders: Vec<PathBuf>, options: Options, reports: UnboundedSender<Report>) {
    let changed = Arc::new(Notify::new());
    let mut folders = Folders::new(folders, Arc::clone(&changed));
    let period = options.period;
    let beats = Beats { first: Instant::now() + period, period };
    let mut heart =
        Heart { options, beats, reports, asking: JoinSet::new(), known: BTreeMap::new(), last_report: None };
    let mut beat = interval_at(beats.first, period);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = true;
    let mut unfinished = 0;
    loop {
        // A folder on a network may take its time; nothing else waits for it.
        let looked = tokio::task::spawn_blocking(move || {
            let look = folders.look(told);
            (folders, look)
        });
        let Ok((owned, look)) = looked.await else { return };
        folders = owned;
        match look {
            Look::Unfinished(_) if unfinished < UNFINISHED_AT_MOST => {
                unfinished += 1;
                told = true;
                sleep(SETTLE).await;
                continue;
            }
            Look::Found(locks) | Look::Unfinished(locks) => heart.take_in(locks),
            Look::Same => {}
        }
        unfinished = 0;
        let last_look = Instant::now();
        told = tokio::select! {
            _ = beat.tick() => false,
            () = changed.notified() => true,
            () = heart.reports.closed() => return,
        };
        if told {
            sleep_until((Instant::now() + SETTLE).max(last_look + LOOKS_APART.min(period))).await;
        }
        while heart.asking.try_join_next().is_some() {}
    }
}

/// The moments at which everybody is asked: together, so that we wake up once for all of them.
#[derive(Clone, Copy)]
struct Beats {
    first: Instant,
    period: Duration,
}

impl Beats {
    /// The first one after this moment.
    fn after(self, moment: Instant) -> Instant {
        let Some(since) = moment.checked_duration_since(self.first) else { return self.first };
        let into = since.as_nanos() % self.period.as_nanos();
        moment + self.period - Duration::from_nanos(u64::try_from(into).unwrap_or(0))
    }

    /// All of them so much later.
    fn later(self, by: Duration) -> Self {
        Self { first: self.first + by, ..self }
    }
}

struct Heart {
    options: Options,
    beats: Beats,
    reports: UnboundedSender<Report>,
    /// One task for each port that is asked.
    asking: JoinSet<()>,
    known: BTreeMap<u16, (Lock, AbortHandle)>,
    last_report: Option<Locks>,
}

impl Heart {
    /// Reports what is there now, and begins and ends to ask where that differs from before.
    fn take_in(&mut self, found: Locks) {
        if self.last_report.as_ref() == Some(&found) {
            return;
        }
        // When nobody receives any more, `run` ends.
        let _ = self.reports.send(Report::Locks(found.clone()));
        self.known.retain(|port, (known, task)| {
            let stays = found.locks.iter().any(|lock| lock.port == *port && lock == known);
            if !stays {
                task.abort();
            }
            stays
        });
        let news: Vec<&Lock> =
            found.locks.iter().filter(|lock| !self.known.contains_key(&lock.port)).collect();
        // A handful at once; not all of many, or we would jump every 5 s.
        let groups = news.len().div_ceil(ASKED_AT_ONCE).max(1);
        let apart = self.options.period / u32::try_from(groups).unwrap_or(u32::MAX);
        let mut later = Duration::ZERO;
        for group in news.chunks(ASKED_AT_ONCE) {
            let (first, beats) = (Instant::now() + later, self.beats.later(later));
            for lock in group {
                let asked = ask((*lock).clone(), first, beats, self.options.clone(), self.reports.clone());
                self.known.insert(lock.port, ((*lock).clone(), self.asking.spawn(asked)));
            }
            later += apart;
        }
        self.last_report = Some(found);
    }
}

/// Asks one port until it turns out to be none: at `first`, and then at each beat that is no less than half a period later.
async fn ask(lock: Lock, first: Instant, beats: Beats, options: Options, reports: UnboundedSender<Report>) {
    let port = lock.port;
    let mut question = Question::FIRST;
    let mut record = Record::default();
    let mut next = first;
    let mut waits_at_most = WAITS_FIRST;
    loop {
        sleep_until(next).await;
        let mut inquiry = Inquiry::begin(port, question);
        let mut patience = options.timeout;
        let mut waits = 0;
        loop {
            let Heard { answer, was_away } = inquiry.wait(patience, &*options.clock).await;
            if let Some(instead) = question.instead(answer, &lock) {
                question = instead;
                inquiry = Inquiry::begin(port, question);
                continue;
            }
            let is_silent = matches!(answer, Answer::Silent { .. });
            if !(is_silent && was_away) {
                let rest = record.note(answer);
                let report = Report::Answered { port, answer, misses: record.misses(), was_away, rest };
                if reports.send(report).is_err() || rest.is_some() {
                    return;
                }
            }
            let now = Instant::now();
            // Beats that we slept through are not made up for.
            next = beats.after(now.max(next + beats.period / 2));
            if !is_silent {
                waits_at_most = WAITS_FIRST;
                break;
            }
            if waits == waits_at_most {
                inquiry.repeat();
                waits = 0;
                waits_at_most = (waits_at_most * 2).min(WAITS_AT_MOST);
            }
            waits += 1;
            patience = next - now;
        }
    }
}
