//! With an index and without one a report tells the same, whatever was done to the files; and it reads only what is new.

#![allow(clippy::unwrap_used, reason = "all of it is a test")]

mod support;

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, SystemTime},
};

use lifeline_report::{Calendar, Index, Names, Options, Span, report};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{Corpus, Dice, Plan};
use tempfile::TempDir;

/// What a report told, and how many bytes of lines it read.
type Told = (Value, u64);

/// Transcripts, and where their index is. Files are written to at times of a clock of its own, a day ago, so that they are at rest.
struct Desk {
    projects: TempDir,
    kept: TempDir,
    ticks: u64,
}

impl Desk {
    fn new() -> Self {
        let folder = || tempfile::tempdir().unwrap();
        Self { projects: folder(), kept: folder(), ticks: 0 }
    }

    fn of(corpus: &Corpus) -> Self {
        let mut desk = Self::new();
        corpus.write(desk.projects.path());
        corpus.files.keys().for_each(|path| desk.touch(&desk.path(path)));
        desk.ticks += 1;
        desk
    }

    fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.projects.path().join(path)
    }

    fn options(&self, span: Span, has_index: bool) -> Options {
        let now_ms = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let index = Index { folder: self.kept.path().to_owned(), now_ms: now_ms.try_into().unwrap() };
        Options {
            projects: vec![self.projects.path().to_owned()],
            span,
            calendar: Calendar::utc(),
            names: Names::Plain,
            index: has_index.then_some(index),
            link_logs: Vec::new(),
            network_notes: None,
            relay_records: Vec::new(),
            relay_offer: None,
        }
    }

    fn told(&self, span: Span, has_index: bool) -> Told {
        told(&self.options(span, has_index))
    }

    /// What a report with an index reads, when it tells what one without tells.
    #[track_caller]
    fn reads(&self, span: Span) -> u64 {
        let (with, read) = self.told(span, true);
        assert_eq!(with, self.told(span, false).0);
        read
    }

    /// The files of the index.
    fn indexes(&self) -> Vec<PathBuf> {
        fs::read_dir(self.kept.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    /// It was written to now.
    fn touch(&self, path: &Path) {
        let day_ago = SystemTime::now() - Duration::from_secs(86_400);
        if let Ok(file) = File::options().write(true).open(path) {
            file.set_modified(day_ago + Duration::from_secs(self.ticks)).unwrap();
        }
    }

    fn append(&mut self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::options().append(true).create(true).open(&path).unwrap().write_all(bytes).unwrap();
        self.ticks += 1;
        self.touch(&path);
    }
}

fn told(options: &Options) -> Told {
    let read = AtomicU64::new(0);
    let report = report(options, &|bytes, _| {
        read.fetch_max(bytes, Ordering::Relaxed);
    });
    (serde_json::to_value(report).expect("it has a form in JSON"), read.into_inner())
}

/// 2026-04-14T00:00:00Z.
const BEGIN_MS: u64 = 1_776_124_800_000;

/// A few minutes in which all records of [`line`] lie.
const MINUTES_MS: u64 = 400_000;

/// A line with its end: a record of few ids, sessions and moments, so that they meet, or none.
fn line(dice: &mut Dice) -> String {
    let at =
        jiff::Timestamp::from_millisecond((BEGIN_MS + dice.below(MINUTES_MS)).try_into().unwrap()).unwrap();
    let mut record = match dice.below(8) {
        0 => json!({ "type": "user", "message": { "content": "go" } }),
        1 => json!({ "type": "user", "message": { "content": [{ "type": "tool_result" }] } }),
        2 => json!({ "type": "assistant", "isApiErrorMessage": true, "message": { "model": "<synthetic>" } }),
        3 => json!({ "type": "assistant", "message": { "model": dice.pick(&["m1", "m2"]) } }),
        4 => json!({ "type": "summary" }),
        5 => return (*dice.pick(&["\n", "{\"type\":\n", "\0\0\n", " \r\n"])).to_owned(),
        _ => {
            json!({ "type": "system", "subtype": "api_error", "retryAttempt": dice.below(4), "maxRetries": 3, "cause": { "code": "EPIPE" } })
        }
    };
    let mut set = |name: &str, percent: u64, value: Value| {
        if dice.chance(percent) {
            record[name] = value;
        }
    };
    set("timestamp", 90, at.to_string().into());
    let (id, session, version) = (dice_of(at, 30), dice_of(at, 3), dice_of(at, 2));
    set("uuid", 80, format!("u{id}").into());
    set("sessionId", 60, format!("s{session}").into());
    set("version", 50, format!("2.1.{version}").into());
    format!("{record}\n")
}

fn dice_of(at: jiff::Timestamp, end: i64) -> i64 {
    at.as_millisecond() / 7 % end
}

fn lines(seed: u64, count: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed);
    (0..count).flat_map(|_| line(&mut dice).into_bytes()).collect()
}

#[test]
fn a_second_report_reads_nothing_and_tells_the_same() {
    let desk =
        Desk::of(&Corpus::new(Plan { seed: 3, sessions: 40, failing_percent: 60, bytes_at_most: 50_000 }));
    let all = desk.told(Span::default(), false).1;
    assert_eq!(desk.reads(Span::default()), all);
    let index = fs::read(&desk.indexes()[0]).unwrap();
    assert_eq!(desk.reads(Span::default()), 0);
    assert_eq!(fs::read(&desk.indexes()[0]).unwrap(), index, "nothing new, nothing to keep");
    // All of them straddle some bound.
    let first = 1_773_723_600_000;
    for days in [0, 1, 7, 20, 60] {
        let at = Some(first + days * 86_400_000);
        assert_eq!(desk.reads(Span { since_ms: at, until_ms: None }), 0);
        assert_eq!(desk.reads(Span { since_ms: None, until_ms: at }), 0);
    }
    assert_eq!(desk.reads(Span::default()), 0, "a span changes nothing of what is known");
}

#[test]
fn what_was_added_is_read_and_a_torn_line_is_read_again() {
    let mut desk = Desk::new();
    let long = lines(1, 200);
    assert!(long.len() > 10_000);
    desk.append("p/s1.jsonl", &long);
    desk.append("p/s2.jsonl", &lines(2, 9));
    desk.reads(Span::default());
    for round in 0..9 {
        let more = lines(round, 3);
        desk.append("p/s1.jsonl", &more);
        assert_eq!(desk.reads(Span::default()), more.len() as u64);
    }
    let torn = br#"{"type":"user","uuid":"torn","timestamp":"2026-04-14T00:00:10.000Z","x":"#;
    desk.append("p/s1.jsonl", torn);
    assert_eq!(desk.reads(Span::default()), torn.len() as u64);
    assert_eq!(desk.reads(Span::default()), 0);
    desk.append("p/s1.jsonl", b"1}\n");
    assert_eq!(desk.reads(Span::default()), torn.len() as u64 + 3);
    desk.append("p/s1.jsonl", b"{}");
    assert_eq!(
        (desk.reads(Span::default()), desk.reads(Span::default())),
        (2, 0),
        "a whole record without an end"
    );
    desk.append("p/s1.jsonl", b" \n{}\n");
    assert_eq!(desk.reads(Span::default()), 7);
}

#[test]
fn what_was_just_written_to_is_read_again() {
    let desk = Desk::new();
    fs::create_dir(desk.path("p")).unwrap();
    fs::write(desk.path("p/s1.jsonl"), lines(1, 20)).unwrap();
    let all = desk.reads(Span::default());
    assert_eq!(desk.reads(Span::default()), all, "the same tick of the clock may have hidden a change");
    let mut later = desk.options(Span::default(), true);
    later.index.as_mut().unwrap().now_ms += 60_000;
    assert_eq!(told(&later).1, all);
    assert_eq!(told(&later).1, 0);
}

#[test]
fn a_file_that_became_another_is_read_anew() {
    let mut desk = Desk::new();
    desk.append("p/s1.jsonl", &lines(1, 100));
    desk.reads(Span::default());
    let path = desk.path("p/s1.jsonl");
    let mut replace = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        desk.ticks += 1;
        desk.touch(&path);
        assert_eq!(desk.reads(Span::default()), content.len() as u64);
    };
    replace(&lines(2, 100));
    replace(&lines(2, 90));
    replace(&lines(3, 200));
    let mut other_end = lines(3, 200);
    let length = other_end.len();
    other_end[length - 20..].copy_from_slice(&[b'x'; 20]);
    other_end.extend(lines(4, 2));
    replace(&other_end);
    fs::rename(&path, desk.path("p/s2.jsonl")).unwrap();
    desk.reads(Span::default());
    fs::rename(desk.path("p/s2.jsonl"), desk.path("p/agent-2.jsonl")).unwrap();
    assert_eq!(
        desk.reads(Span::default()),
        other_end.len() as u64,
        "but a subagent's file is read otherwise"
    );
}

/// What may happen to transcripts between two reports.
#[derive(Clone, Debug)]
enum Act {
    Append {
        file: usize,
        seed: u64,
        count: u64,
    },
    /// The end of what is appended is missing.
    AppendTorn {
        file: usize,
        seed: u64,
        missing: usize,
    },
    Truncate {
        file: usize,
        percent: usize,
    },
    /// Other lines in the same place, cut at the same size.
    Rewrite {
        file: usize,
        seed: u64,
    },
    /// Another file takes its name, perhaps with the same beginning.
    Replace {
        file: usize,
        seed: u64,
        percent: usize,
    },
    /// It gets another name, and a new one begins.
    Rotate {
        file: usize,
        to: usize,
    },
    Copy {
        file: usize,
        to: usize,
    },
    Delete {
        file: usize,
    },
    Report {
        since_ms: Option<u64>,
        until_ms: Option<u64>,
    },
}

const FILES: [&str; 5] =
    ["a/s1.jsonl", "a/s2.jsonl", "b/s0.jsonl", "a/s1/subagents/agent-1.jsonl", "b/agent-2.jsonl"];

fn any_act() -> impl Strategy<Value = Act> {
    let file = || 0..FILES.len();
    let seed = 0..u64::MAX;
    let bound = || prop::option::of((0..MINUTES_MS).prop_map(|at| BEGIN_MS + at));
    prop_oneof![
        6 => (file(), seed.clone(), 1_u64..30).prop_map(|(file, seed, count)| Act::Append { file, seed, count }),
        2 => (file(), seed.clone(), 1_usize..60).prop_map(|(file, seed, missing)| Act::AppendTorn { file, seed, missing }),
        1 => (file(), 0_usize..100).prop_map(|(file, percent)| Act::Truncate { file, percent }),
        1 => (file(), seed.clone()).prop_map(|(file, seed)| Act::Rewrite { file, seed }),
        1 => (file(), seed, 0_usize..=100).prop_map(|(file, seed, percent)| Act::Replace { file, seed, percent }),
        1 => (file(), file()).prop_map(|(file, to)| Act::Rotate { file, to }),
        2 => (file(), file()).prop_map(|(file, to)| Act::Copy { file, to }),
        1 => file().prop_map(|file| Act::Delete { file }),
        6 => (bound(), bound()).prop_map(|(since_ms, until_ms)| Act::Report { since_ms, until_ms }),
    ]
}

impl Desk {
    fn play(&mut self, act: &Act) {
        let content = |path: &Path| fs::read(path).unwrap_or_default();
        match *act {
            Act::Append { file, seed, count } => self.append(FILES[file], &lines(seed, count)),
            Act::AppendTorn { file, seed, missing } => {
                let lines = lines(seed, 3);
                self.append(FILES[file], &lines[..lines.len().saturating_sub(missing)]);
            }
            Act::Truncate { file, percent } => {
                self.in_place(file, |old| old[..old.len() * percent / 100].to_vec())
            }
            Act::Rewrite { file, seed } => self.in_place(file, |old| {
                let mut new: Vec<u8> = lines(seed, 1 + old.len() as u64 / 20);
                new.truncate(old.len());
                new
            }),
            Act::Replace { file, seed, percent } => {
                let path = self.path(FILES[file]);
                let mut new = content(&path);
                new.truncate(new.len() * percent / 100);
                new.extend(lines(seed, 5));
                let _ = fs::remove_file(&path);
                self.append(FILES[file], &new);
            }
            Act::Rotate { file, to } => {
                self.append(FILES[to], b"");
                let _ = fs::rename(self.path(FILES[file]), self.path(FILES[to]));
                self.append(FILES[file], b"{}\n");
            }
            Act::Copy { file, to } => {
                let copied = content(&self.path(FILES[file]));
                self.append(FILES[to], &copied);
            }
            Act::Delete { file } => drop(fs::remove_file(self.path(FILES[file]))),
            Act::Report { since_ms, until_ms } => {
                self.reads(Span { since_ms, until_ms });
            }
        }
    }

    /// Writes over a file, if it is there.
    fn in_place(&mut self, file: usize, change: impl FnOnce(&[u8]) -> Vec<u8>) {
        let path = self.path(FILES[file]);
        if let Ok(old) = fs::read(&path) {
            fs::write(&path, change(&old)).unwrap();
            self.ticks += 1;
            self.touch(&path);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn an_index_changes_nothing_whatever_is_done_to_the_files(acts in prop::collection::vec(any_act(), 1..40)) {
        let mut desk = Desk::new();
        acts.iter().for_each(|act| desk.play(act));
        desk.reads(Span::default());
        prop_assert_eq!(desk.reads(Span::default()), 0);
    }

    #[test]
    fn a_damaged_index_counts_as_absent(
        seed in any::<u64>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        change in 0..4,
        anything in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut desk = Desk::new();
        let content = lines(seed, 30);
        desk.append("p/s1.jsonl", &content);
        desk.reads(Span::default());
        let path = desk.indexes().remove(0);
        let mut index = fs::read(&path).unwrap();
        let (whole, at) = (index.clone(), at.index(index.len()));
        match change {
            0 => index.truncate(at),
            1 => index[at] = byte,
            2 => index.extend(&anything),
            _ => index = anything,
        }
        fs::write(&path, &index).unwrap();
        let read = desk.reads(Span::default());
        // Records are not looked at before they are needed.
        prop_assert!(index == whole || change == 1 || read == content.len() as u64);
        desk.append("p/s1.jsonl", b"{}\n");
        let read = desk.reads(Span::default());
        prop_assert!(read == 3 || (change == 1 && read == content.len() as u64 + 3));
        prop_assert_eq!(desk.reads(Span::default()), 0);
    }
}

#[cfg(unix)]
#[test]
fn it_is_for_its_owner_alone_and_tells_nothing_that_was_said() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut desk = Desk::new();
    let prompt = json!({ "type": "user", "uuid": "the whole id", "message": { "content": "hush" }, "cwd": "/home/annika" });
    desk.append("-home-annika-secret/s1.jsonl", format!("{prompt}\n").as_bytes());
    desk.append("-home-annika-secret/s1.jsonl", &lines(1, 40));
    desk.reads(Span::default());
    let path = desk.indexes().remove(0);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let index = fs::read(&path).unwrap();
    let holds = |word: &str| index.windows(word.len()).any(|bytes| bytes == word.as_bytes());
    for word in ["hush", "annika", "secret", "the whole id", "jsonl"] {
        assert!(!holds(word), "{word}");
    }
    assert!(holds("EPIPE"));
}

#[cfg(unix)]
#[test]
fn what_lies_in_its_place_is_not_followed_and_does_not_hang() {
    use std::os::unix::fs::symlink;
    let mut desk = Desk::new();
    desk.append("p/s1.jsonl", &lines(1, 40));
    desk.reads(Span::default());
    let path = desk.indexes().remove(0);
    let elsewhere = desk.path("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    let index = fs::read(&elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    assert!(desk.reads(Span::default()) > 0, "a link is not read");
    assert!(fs::symlink_metadata(&path).unwrap().is_file(), "and replaced");
    assert_eq!(fs::read(&elsewhere).unwrap(), index, "what it led to is as it was");
    fs::remove_file(&path).unwrap();
    make_pipe(&path);
    assert!(desk.reads(Span::default()) > 0);
    assert_eq!(desk.reads(Span::default()), 0);
    fs::remove_file(&path).unwrap();
    fs::create_dir_all(path.join("folder")).unwrap();
    assert!(desk.reads(Span::default()) > 0);
    assert!(desk.reads(Span::default()) > 0, "it cannot be kept");
    assert_eq!(desk.indexes(), [path], "and nothing is left behind");
}

#[cfg(unix)]
fn make_pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

#[test]
fn without_a_folder_to_write_to_nothing_is_kept() {
    let mut desk = Desk::new();
    desk.append("p/s1.jsonl", &lines(1, 40));
    let all = desk.told(Span::default(), false);
    for folder in [desk.path("none"), desk.path("p/s1.jsonl")] {
        let mut options = desk.options(Span::default(), true);
        options.index.as_mut().unwrap().folder = folder;
        assert_eq!((told(&options), told(&options)), (all.clone(), all.clone()));
    }
}

#[test]
fn reports_at_once_tell_the_same_and_leave_a_sound_index() {
    let desk =
        Desk::of(&Corpus::new(Plan { seed: 5, sessions: 20, failing_percent: 60, bytes_at_most: 9000 }));
    let (expected, _) = desk.told(Span::default(), false);
    for _ in 0..10 {
        desk.indexes().iter().for_each(|path| fs::remove_file(path).unwrap());
        thread::scope(|scope| {
            let at_once = || assert_eq!(desk.told(Span::default(), true).0, expected);
            let all: Vec<_> = (0..4).map(|_| scope.spawn(at_once)).collect();
            all.into_iter().for_each(|one| one.join().unwrap());
        });
        assert_eq!(desk.reads(Span::default()), 0);
        assert_eq!(desk.indexes().len(), 1);
    }
}

#[test]
fn each_set_of_folders_has_its_own_and_not_too_many_are_kept() {
    let mut desk = Desk::new();
    for name in 0..12 {
        desk.append(&format!("{name}/s1.jsonl"), &lines(name, 4));
    }
    desk.reads(Span::default());
    let of = |desk: &Desk, name: u64| {
        let projects = vec![desk.path(name.to_string())];
        told(&Options { projects, ..desk.options(Span::default(), true) }).1
    };
    assert!(of(&desk, 0) > 0);
    assert_eq!((desk.reads(Span::default()), of(&desk, 0)), (0, 0));
    fs::write(desk.kept.path().join("mine"), "").unwrap();
    assert!((1..12).all(|name| of(&desk, name) > 0));
    assert_eq!(desk.indexes().len(), 8 + 1, "the others are not ours");
}
