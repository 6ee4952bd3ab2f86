//! One file in the making, by a clock of its own.

use serde_json::{Value, json};

use super::{
    Dice, Outcome, records,
    records::{Flaw, Generation, merge},
    truth::{Fault, Truth},
};

/// A line without its end, and what the truth must know of it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) bytes: Vec<u8>,
    pub(crate) has_uuid: bool,
    pub(crate) is_bad: bool,
    pub(crate) version: Option<String>,
    pub(crate) at_ms: Option<u64>,
}

pub(crate) struct Writer {
    pub(crate) session: String,
    pub(crate) at_ms: u64,
    pub(crate) is_crlf: bool,
    pub(crate) lines: Vec<Line>,
    pub(crate) copied: usize,
    pub(crate) models: Vec<String>,
    version: String,
    is_subagent: bool,
    /// The last time that a record of this file has.
    previous_ms: Option<u64>,
    turn: Option<(u64, u64)>,
}

impl Writer {
    pub(crate) fn session(dice: &mut Dice, at_ms: u64, version: &str) -> Self {
        Self {
            session: dice.uuid(),
            at_ms,
            is_crlf: false,
            lines: Vec::new(),
            copied: 0,
            models: Vec::new(),
            version: version.to_owned(),
            is_subagent: false,
            previous_ms: None,
            turn: None,
        }
    }

    pub(crate) fn subagent(dice: &mut Dice, session: &str, at_ms: u64, version: &str) -> Self {
        let writer = Self::session(dice, at_ms, version);
        Self { session: session.to_owned(), is_subagent: true, ..writer }
    }

    /// The file as it lies on the disk.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let end: &[u8] = if self.is_crlf { b"\r\n" } else { b"\n" };
        self.lines.iter().flat_map(|line| [line.bytes.as_slice(), end].concat()).collect()
    }

    /// A fork begins with what another session wrote.
    pub(crate) fn copy(&mut self, lines: &[Line]) {
        self.lines.extend_from_slice(lines);
        self.copied = lines.len();
        self.previous_ms = lines.iter().filter_map(|line| line.at_ms).next_back();
    }

    /// Adds a record of now.
    fn record(&mut self, dice: &mut Dice, kind: &str, fields: Value) {
        let (seconds, ms) = (self.at_ms / 1000, self.at_ms % 1000);
        let timestamp = format!("{}.{ms:03}Z", civil(seconds));
        let mut record = json!({
            "parentUuid": dice.uuid(), "isSidechain": self.is_subagent, "userType": "external", "cwd": "/home/ann",
            "sessionId": self.session, "version": self.version, "gitBranch": "main", "type": kind,
        });
        merge(&mut record, fields);
        merge(&mut record, json!({ "uuid": dice.uuid(), "timestamp": timestamp }));
        self.lines.push(Line {
            bytes: record.to_string().into_bytes(),
            has_uuid: true,
            is_bad: false,
            version: Some(self.version.clone()),
            at_ms: Some(self.at_ms),
        });
        self.previous_ms = Some(self.at_ms);
    }

    fn pass(&mut self, ms: u64) {
        self.at_ms += ms;
    }

    fn user(&mut self, dice: &mut Dice, fields: Value, is_prompt: bool) {
        self.record(dice, "user", fields);
        match &mut self.turn {
            Some((_, messages)) if !is_prompt => *messages += 1,
            _ if is_prompt => self.turn = Some((self.at_ms, 1)),
            _ => {}
        }
    }

    fn assistant(&mut self, dice: &mut Dice, fields: Value) {
        self.record(dice, "assistant", fields);
        if let Some((_, messages)) = &mut self.turn {
            *messages += 1;
        }
    }

    fn answer(&mut self, dice: &mut Dice, bytes: u64) {
        let model = (*dice.pick(&["claude-opus-4-6", "claude-opus-4-7"])).to_owned();
        let model = if self.is_subagent { "claude-haiku-4-5".to_owned() } else { model };
        let fields = records::answer(dice, &model, bytes);
        self.assistant(dice, fields);
        self.models.push(model);
    }

    /// A prompt, some work, perhaps trouble, and its end.
    pub(crate) fn turn(
        &mut self,
        dice: &mut Dice,
        truth: &mut Truth,
        project: &str,
        trouble: Option<(Generation, Outcome)>,
    ) {
        let rest = dice.between(1_000, 4_000_000);
        self.pass(rest);
        let fields = records::prompt(dice);
        self.user(dice, fields, true);
        for _ in 0..dice.below(4) {
            let work = dice.between(10, 90_000);
            self.pass(work);
            self.answer(dice, 200);
            let fields = if dice.chance(20) { records::meta(dice) } else { records::result(dice) };
            self.user(dice, fields, false);
        }
        if let Some((generation, outcome)) = trouble {
            self.trouble(dice, truth, project, generation, outcome);
        }
        if matches!(trouble, Some((_, Outcome::Ends(_)))) {
            return;
        }
        self.pass(2_000);
        if matches!(trouble, Some((_, Outcome::Dies(_)))) {
            self.assistant(dice, records::failure());
            let (began_ms, messages) = self.turn.unwrap();
            truth.failed(&self.session, self.at_ms - began_ms, messages);
        } else {
            self.answer(dice, 100);
            self.record(dice, "system", json!({ "subtype": "turn_duration", "durationMs": 7 }));
        }
    }

    fn trouble(
        &mut self,
        dice: &mut Dice,
        truth: &mut Truth,
        project: &str,
        generation: Generation,
        outcome: Outcome,
    ) {
        let (Outcome::Recovers(errors) | Outcome::Dies(errors) | Outcome::Ends(errors)) = outcome;
        for attempt in 1..=errors {
            if dice.chance(30) {
                // It has no time, and does not come between.
                self.timeless(dice);
            }
            let pause = *dice.pick(&[
                300, 999, 1_000, 5_000, 46_000, 60_000, 98_000, 299_999, 300_000, 1_800_000, 1_800_001,
            ]);
            self.pass(pause);
            let gap_ms = self.previous_ms.map(|previous| self.at_ms - previous);
            let (fields, flaw) = generation.error(dice, attempt);
            self.record(dice, "system", fields);
            let Flaw { code, path, status } = flaw;
            truth.fault(Fault {
                session: self.session.clone(),
                project: project.to_owned(),
                version: Some(self.version.clone()),
                at_ms: Some(self.at_ms),
                gap_ms,
                code: code.map(str::to_owned),
                path: path.map(str::to_owned),
                status: status.map(|(status, kind)| (status, Some(kind.to_owned()))),
                attempt: Some(attempt),
            });
            if dice.chance(10) {
                self.assistant(dice, records::placeholder());
            }
        }
        truth.chain(errors, errors >= 10, matches!(outcome, Outcome::Recovers(_)));
    }

    fn timeless(&mut self, dice: &mut Dice) {
        let bytes = records::timeless(dice).to_string().into_bytes();
        self.lines.push(Line { bytes, has_uuid: false, is_bad: false, version: None, at_ms: None });
    }

    /// Lines that hold nothing, or nothing that can be read.
    pub(crate) fn noise(&mut self, dice: &mut Dice, lines: u64) {
        for _ in 0..lines {
            let torn = |dice: &mut Dice, line: &Line| {
                let end = usize::try_from(dice.between(1, line.bytes.len() as u64)).unwrap();
                line.bytes[..end].to_vec()
            };
            let (bytes, is_bad) = match dice.below(6) {
                0 => (
                    self.lines
                        .last()
                        .filter(|line| !line.is_bad)
                        .map_or(b"{".to_vec(), |line| torn(dice, line)),
                    true,
                ),
                1 => (b"\0\0\0\0\0\0\0\0".to_vec(), true),
                2 => ((0..40).map(|_| 0x80 | (dice.next() & 0x7f) as u8).collect(), true),
                3 => (b"[\"api_error\"]".to_vec(), true),
                4 => (b"{\"type\":\"note\",\"text\":\"\xff\xfe api_error\"}".to_vec(), false),
                _ => {
                    self.timeless(dice);
                    continue;
                }
            };
            self.lines.push(Line { bytes, has_uuid: false, is_bad, version: None, at_ms: None });
        }
    }

    /// Answers of so many bytes in all.
    pub(crate) fn pad(&mut self, dice: &mut Dice, bytes: u64) {
        let mut left = bytes;
        while left > 0 {
            let now = dice.between(1, 60_000).min(left);
            self.pass(10_000);
            self.answer(dice, now);
            left -= now;
        }
    }
}

/// `2026-03-17T05:00:00`.
fn civil(unix_seconds: u64) -> String {
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(unix_seconds);
    let timestamp = jiff::Timestamp::try_from(at).unwrap();
    timestamp.to_string().trim_end_matches('Z').to_owned()
}
