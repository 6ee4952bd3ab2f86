//! The journal: every stretch of events in which something was decided, complete from a checkpoint, so that it replays.
//!
//! Healthy beats would fill a disk in months of idling, so events are held in memory for a minute. Only when a decision
//! of consequence falls is the stretch that led to it written: the supervisor's state at its beginning, then each
//! event and decision, and on from there until things are calm again.

use std::{
    collections::VecDeque,
    io::{self, BufRead as _, Write},
    path::Path,
    time::Duration,
};

use lifeline_core::{Decision, Event, OrphanDecision, Supervisor, Time};
use serde::{Deserialize, Serialize};

/// A new stretch begins when the old one is this long and nothing came of it.
const STRETCH: Duration = Duration::from_secs(60);

/// Writing goes on for this long after the last decision of consequence.
const CALM_AFTER: Duration = Duration::from_secs(30);

/// Longest line that a replay reads, in bytes; a checkpoint of 100 windows stays below 1 MB.
const LINE_BYTES: usize = 16_000_000;

/// One line, as it is read: a time and one of the rest. Not an enum that is flattened into it: serde would hold each line in memory
/// as a tree first, and build all that reads our types a second time for that, a third of a megabyte.
#[derive(Deserialize)]
struct Line {
    t: Time,
    start: Option<Start>,
    checkpoint: Option<Box<Supervisor>>,
    event: Option<Event>,
    decision: Option<Decision>,
}

#[derive(Deserialize)]
struct Start {
    version: String,
}

/// What a line says, for writing.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum RecordRef<'a> {
    #[serde(rename_all = "camelCase")]
    Start {
        version: &'a str,
        unix_ms: u64,
        boot_id: Option<&'a str>,
    },
    Checkpoint(&'a Supervisor),
    Event(&'a Event),
    Decision(&'a Decision),
}

#[derive(Serialize)]
struct LineRef<'a> {
    t: Time,
    #[serde(flatten)]
    record: RecordRef<'a>,
}

fn push(lines: &mut Vec<u8>, t: Time, record: RecordRef<'_>) {
    let start = lines.len();
    if let Err(error) = serde_json::to_writer(&mut *lines, &LineRef { t, record }) {
        // Our own types always serialise; a line that did not must not tear the file.
        tracing::error!(%error, "a journal line could not be written");
        lines.truncate(start);
    } else {
        lines.push(b'\n');
    }
}

/// Collects what the control loop sees and decides.
pub(crate) struct Recorder {
    lines: Vec<u8>,
    stretch_began: Option<Time>,
    writing_until: Option<Time>,
}

impl Recorder {
    pub(crate) fn new(now: Time, unix_ms: u64, boot_id: Option<&str>) -> Self {
        let mut lines = Vec::new();
        push(&mut lines, now, RecordRef::Start { version: env!("CARGO_PKG_VERSION"), unix_ms, boot_id });
        Self { lines, stretch_began: None, writing_until: Some(now + CALM_AFTER) }
    }

    /// Before the supervisor handles an event.
    pub(crate) fn event(&mut self, now: Time, event: &Event, supervisor: &Supervisor) {
        let writing = self.writing_until.is_some_and(|until| now <= until);
        if !writing {
            self.writing_until = None;
        }
        let stretch_is_over = self.stretch_began.is_none_or(|began| !writing && now.since(began) >= STRETCH);
        if stretch_is_over {
            if !writing {
                self.lines.clear();
            }
            self.stretch_began = Some(now);
            push(&mut self.lines, now, RecordRef::Checkpoint(supervisor));
        }
        push(&mut self.lines, now, RecordRef::Event(event));
        if matters_by_itself(event) {
            self.writing_until = Some(now + CALM_AFTER);
        }
    }

    /// After it: what was decided.
    pub(crate) fn decision(&mut self, now: Time, decision: &Decision) {
        push(&mut self.lines, now, RecordRef::Decision(decision));
        if is_of_consequence(decision) {
            self.writing_until = Some(now + CALM_AFTER);
        }
    }

    /// What was written has a hole now: the next event begins with a checkpoint.
    pub(crate) fn begin_anew(&mut self) {
        self.lines.clear();
        self.stretch_began = None;
    }

    /// What must go to the file now.
    pub(crate) fn take(&mut self) -> Option<Vec<u8>> {
        (self.writing_until.is_some() && !self.lines.is_empty()).then(|| std::mem::take(&mut self.lines))
    }
}

/// Anything but looking and repainting.
pub(crate) fn is_of_consequence(decision: &Decision) -> bool {
    !matches!(
        decision,
        Decision::Examine { .. }
            | Decision::Changed { .. }
            | Decision::LookForTurns { .. }
            | Decision::LookForSessions { .. }
            | Decision::LookAtLink { .. }
            | Decision::Orphan(OrphanDecision::Look)
    )
}

/// Comings, goings and the user's word, whatever is decided upon them.
fn matters_by_itself(event: &Event) -> bool {
    matches!(
        event,
        Event::Attached { .. }
            | Event::Detached { .. }
            | Event::Departing { .. }
            | Event::Exited { .. }
            | Event::Found { .. }
            | Event::Lost { .. }
            | Event::Listening { .. }
            | Event::BridgeFailed { .. }
            | Event::Settings { .. }
            | Event::Paused { .. }
    )
}

/// What a replay found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ReplayResult {
    /// Decisions compared.
    pub(crate) decisions: usize,
    /// Of these, different ones, missing and surplus ones included.
    pub(crate) differences: usize,
    /// Lines that are no journal lines.
    pub(crate) bad_lines: usize,
}

/// Feeds a journal through the core and compares its decisions with the recorded ones.
///
/// # Errors
/// When the file cannot be read or `out` cannot be written. Bad lines are counted, never fatal.
pub(crate) fn replay(path: &Path, out: &mut dyn Write) -> io::Result<ReplayResult> {
    let mut reader = io::BufReader::new(std::fs::File::open(path)?);
    let mut result = ReplayResult::default();
    let mut supervisor: Option<Supervisor> = None;
    let mut computed: VecDeque<Decision> = VecDeque::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = io::Read::take(&mut reader, LINE_BYTES as u64).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        let Ok(Line { t, start, checkpoint, event, decision }) = serde_json::from_slice::<Line>(&line) else {
            result.bad_lines += 1;
            continue;
        };
        match (start, checkpoint, event, decision) {
            (Some(Start { version }), None, None, None) => {
                surplus(&mut computed, &mut result, out)?;
                supervisor = None;
                writeln!(out, "{t:>12}  daemon {version} began")?;
            }
            (None, Some(state), None, None) => {
                surplus(&mut computed, &mut result, out)?;
                supervisor = Some(*state);
            }
            (None, None, Some(event), None) => {
                surplus(&mut computed, &mut result, out)?;
                if let Some(supervisor) = &mut supervisor {
                    supervisor.handle(t, event);
                    computed.extend(std::iter::from_fn(|| supervisor.poll_decision()));
                }
            }
            (None, None, None, Some(recorded)) => {
                result.decisions += 1;
                let again = computed.pop_front();
                if again.as_ref() == Some(&recorded) {
                    if is_of_consequence(&recorded) {
                        writeln!(out, "{t:>12}  {recorded:?}")?;
                    }
                } else {
                    result.differences += 1;
                    writeln!(out, "{t:>12}  DIFFERENT\n    recorded {recorded:?}\n    replayed {again:?}")?;
                }
            }
            _ => result.bad_lines += 1,
        }
    }
    // The tail may be torn between an event and its decisions: what is missing there was never recorded.
    Ok(result)
}

fn surplus(
    computed: &mut VecDeque<Decision>,
    result: &mut ReplayResult,
    out: &mut dyn Write,
) -> io::Result<()> {
    for decision in computed.drain(..) {
        result.differences += 1;
        writeln!(out, "    DIFFERENT: replayed, not recorded: {decision:?}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use lifeline_core::{Beat, ProcessId, Role, WindowId, WindowInfo};

    use super::*;

    const HOST: ProcessId = ProcessId { pid: 100, start_time: 1 };

    /// Runs a supervisor the way the control loop does, and returns what was written.
    fn record(events: impl IntoIterator<Item = (u64, Event)>) -> Vec<u8> {
        let mut supervisor = Supervisor::new(Time::default(), 1);
        let mut recorder = Recorder::new(Time::default(), 0, None);
        let mut written = Vec::new();
        for (ms, event) in events {
            let now = Time::from_millis(ms);
            recorder.event(now, &event, &supervisor);
            supervisor.handle(now, event);
            while let Some(decision) = supervisor.poll_decision() {
                recorder.decision(now, &decision);
            }
            written.extend(recorder.take().unwrap_or_default());
        }
        written
    }

    fn attached() -> Event {
        Event::Attached {
            window: WindowId("w".into()),
            host: HOST,
            role: Role::Main,
            info: WindowInfo::default(),
        }
    }

    fn healthy(from_s: u64, to_s: u64) -> impl Iterator<Item = (u64, Event)> {
        (from_s..to_s).flat_map(|s| {
            let seq = u32::try_from(s).unwrap();
            [
                (s * 1000, Event::Beat { host: HOST, seq, beat: Beat::default() }),
                (s * 1000, Event::Tick { slept: Duration::ZERO, pressure: None }),
            ]
        })
    }

    fn check(written: &[u8]) -> (ReplayResult, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("j.jsonl");
        std::fs::write(&path, written).unwrap();
        let mut out = Vec::new();
        let result = replay(&path, &mut out).unwrap();
        (result, String::from_utf8(out).unwrap())
    }

    #[test]
    fn an_hour_of_health_writes_only_its_beginning() {
        let until = |s| record([(1000, attached())].into_iter().chain(healthy(2, s)));
        let beginning = until(60);
        assert!(beginning.len() > 1000);
        assert_eq!(until(3600), beginning);
    }

    #[test]
    fn a_crash_after_an_hour_replays_from_a_checkpoint_to_the_same_decisions() {
        let crash = [
            (3_600_500, Event::Exited { host: HOST }),
            (
                3_601_000,
                Event::Attached {
                    window: WindowId("w".into()),
                    host: ProcessId { pid: 101, start_time: 2 },
                    role: Role::Main,
                    info: WindowInfo::default(),
                },
            ),
        ];
        let written = record([(1000, attached())].into_iter().chain(healthy(2, 3600)).chain(crash));
        let (result, text) = check(&written);
        assert!(text.contains("daemon") && text.contains("began"), "{text}");
        assert!(result.decisions >= 3, "{text}");
        assert_eq!((result.differences, result.bad_lines), (0, 0), "{text}");
        assert!(text.contains("CrashRecovered"), "{text}");
    }

    #[test]
    fn a_tampered_journal_shows_the_difference() {
        let written = record([
            (1000, attached()),
            (1500, Event::Exited { host: HOST }),
            (
                1600,
                Event::Attached {
                    window: WindowId("w".into()),
                    host: ProcessId { pid: 101, start_time: 2 },
                    role: Role::Main,
                    info: WindowInfo::default(),
                },
            ),
        ]);
        let text = String::from_utf8(written).unwrap();
        let tampered = text.replace("\"pid\":101", "\"pid\":102");
        assert_ne!(text, tampered);
        assert_eq!(check(text.as_bytes()).0.differences, 0);
        let only_decisions = text
            .lines()
            .map(|line| {
                if line.contains("\"decision\"") {
                    line.replace("\"pid\":101", "\"pid\":102")
                } else {
                    line.into()
                }
            })
            .collect::<Vec<String>>()
            .join("\n");
        assert!(check(only_decisions.as_bytes()).0.differences > 0);
    }

    #[test]
    fn garbage_is_counted_and_skipped() {
        let (result, _) =
            check(b"\xff\xfe{\n{}\n{\"t\":1}\nnull\n{\"t\":1,\"event\":{\"beat\":7}}\n{\"t\":5,");
        assert_eq!(result, ReplayResult { decisions: 0, differences: 0, bad_lines: 6 });
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_a_replay_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..2000)) {
            check(&bytes);
        }
    }
}
