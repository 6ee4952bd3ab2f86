//! A corpus of transcripts with known truth: what happened is decided first, counted, and then written down with all the noise of real files.
//!
//! The same seed gives the same bytes. All three generations of error records, copies of records in other sessions, subagents, text and nested
//! JSON that merely mention errors, torn and binary lines, CRLF, bytes that are no UTF-8.

#![allow(dead_code, clippy::unwrap_used, reason = "each test and example uses its part, and is a test")]

pub(crate) mod plain;
mod records;
pub(crate) mod truth;
mod writer;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

pub(crate) use records::Generation;
use truth::Truth;
use writer::Writer;

/// splitmix64: <https://prng.di.unimi.it/splitmix64.c>.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from)
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    pub(crate) fn uuid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            b >> 52,
            b & 0xffff_ffff_ffff
        )
    }
}

/// How a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// After so many errors the answer comes.
    Recovers(u32),
    /// After so many errors the turn dies.
    Dies(u32),
    /// After so many errors the file ends.
    Ends(u32),
}

/// Files, and what they tell.
#[derive(Default)]
pub(crate) struct Corpus {
    pub(crate) files: BTreeMap<PathBuf, Vec<u8>>,
    pub(crate) truth: Truth,
    pub(crate) padded: usize,
}

/// What a corpus is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) sessions: u64,
    /// Sessions in a hundred that have errors.
    pub(crate) failing_percent: u64,
    /// Largest padding of a session, in bytes.
    pub(crate) bytes_at_most: u64,
}

/// 2026-03-17T05:00:00Z.
const BEGIN_MS: u64 = 1_773_723_600_000;

const VERSIONS: [&str; 5] = ["2.1.72", "2.1.92", "2.1.104", "2.1.114", "2.1.329"];

impl Corpus {
    /// Sessions of all kinds.
    pub(crate) fn new(plan: Plan) -> Self {
        let mut dice = Dice::new(plan.seed);
        let mut corpus = Self::default();
        for _ in 0..plan.sessions {
            let project = format!("-home-ann-p{}", dice.below(5));
            let at_ms = BEGIN_MS + dice.below(34 * 86_400_000);
            corpus.session(&mut dice, plan, &project, at_ms);
        }
        corpus
    }

    /// A corpus whose chains end as this table says: so many for each attempt from the first, recovered and not.
    pub(crate) fn with_retries(table: &[(u64, u64)]) -> Self {
        let mut dice = Dice::new(7);
        let mut corpus = Self::default();
        let mut left = table.first().map_or(0, |(triggered, _)| *triggered);
        let mut outcomes = Vec::new();
        for (attempt, (triggered, recovered)) in (1_u32..).zip(table) {
            assert_eq!(*triggered, left, "what is not recovered is tried again");
            outcomes.extend((0..*recovered).map(|_| Outcome::Recovers(attempt)));
            left -= recovered;
        }
        let last = u32::try_from(table.len()).unwrap();
        outcomes.extend((0..left).map(|_| Outcome::Dies(last)));
        for (index, outcomes) in outcomes.chunks(9).enumerate() {
            let mut writer = Writer::session(&mut dice, BEGIN_MS + index as u64 * 3_600_000, "2.1.104");
            for outcome in outcomes {
                writer.turn(&mut dice, &mut corpus.truth, "-p", Some((Generation::First, *outcome)));
            }
            corpus.keep(writer, "-p", None);
        }
        corpus
    }

    fn session(&mut self, dice: &mut Dice, plan: Plan, project: &str, at_ms: u64) {
        let version = *dice.pick(&VERSIONS);
        let mut writer = Writer::session(dice, at_ms, version);
        if dice.chance(15)
            && let Some(lines) = self.some_lines(dice)
        {
            writer.copy(&lines);
        }
        if dice.chance(30) {
            writer.is_crlf = true;
        }
        let fails = dice.chance(plan.failing_percent);
        let turns = dice.between(1, 12);
        for _ in 0..turns {
            if fails && dice.chance(20) {
                let between = dice.between(1, 12);
                writer.noise(dice, between);
            }
            let trouble = (fails && dice.chance(40)).then(|| {
                let generation = *dice.pick(&Generation::ALL);
                let errors = u32::try_from(dice.between(1, 11)).unwrap();
                let outcome =
                    if dice.chance(60) { Outcome::Recovers(errors.min(4)) } else { Outcome::Dies(errors) };
                (generation, outcome)
            });
            writer.turn(dice, &mut self.truth, project, trouble);
        }
        writer.noise(dice, 6);
        if dice.chance(20) {
            let size = [20_000, 1_500_000, 4_000_000, 7_000_000][self.padded % 4];
            self.padded += 1;
            writer.pad(dice, size.min(plan.bytes_at_most));
        }
        if fails && dice.chance(15) {
            let generation = *dice.pick(&Generation::ALL);
            writer.turn(dice, &mut self.truth, project, Some((generation, Outcome::Ends(2))));
        }
        let (id, end_ms) = (writer.session.clone(), writer.at_ms);
        self.keep(writer, project, None);
        for _ in 0..dice.below(3) {
            let mut agent = Writer::subagent(dice, &id, end_ms, version);
            let trouble = (fails && dice.chance(50)).then_some((Generation::Third, Outcome::Dies(3)));
            agent.turn(dice, &mut self.truth, project, trouble);
            let name = dice.below(1 << 40);
            self.keep(agent, project, Some(name));
        }
    }

    /// The beginning of a session that is there: lines, as a fork copies them.
    fn some_lines(&self, dice: &mut Dice) -> Option<Vec<writer::Line>> {
        let sessions = &self.truth.sessions;
        if sessions.is_empty() {
            return None;
        }
        let lines = &dice.pick(sessions).lines;
        let count = dice.between(1, lines.len() as u64 + 1);
        Some(lines[..usize::try_from(count).unwrap()].to_vec())
    }

    fn keep(&mut self, writer: Writer, project: &str, agent: Option<u64>) {
        let folder = Path::new(project);
        let path = match agent {
            None => folder.join(format!("{}.jsonl", writer.session)),
            Some(agent) => {
                let name = format!("agent-{agent:010x}.jsonl");
                folder.join(&writer.session).join("subagents").join(name)
            }
        };
        let bytes = writer.bytes();
        self.truth.file(writer, agent.is_some(), bytes.len() as u64);
        self.files.insert(path, bytes);
    }

    /// Writes the files below a folder.
    pub(crate) fn write(&self, projects: &Path) {
        for (path, bytes) in &self.files {
            let path = projects.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}
