//! One file in the making, by a clock of its own. Records are written as text at once, which a gigabyte of them must be.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    Told,
    pool::Pool,
    support::{Dice, Generation, truth::Fault},
};

/// Of so many requests one fails first, three times in the mean: about one record in 2,000 is an error.
const REQUESTS_PER_TROUBLE: u64 = 1_300;
/// The first of them, early, so that a small corpus has some too.
const FIRST_TROUBLE: u64 = 100;
const MAX_RETRIES: u32 = 10;
/// 2026-03-17T05:00:00Z.
const BEGIN_MS: u64 = 1_773_723_600_000;
const DAYS: u64 = 34;
const VERSIONS: [&str; 4] = ["2.1.72", "2.1.104", "2.1.114", "2.1.329"];

/// Whose file it is, and how long it gets.
pub(crate) struct Plan<'a> {
    pub(crate) session: &'a str,
    pub(crate) is_subagent: bool,
    pub(crate) bytes: u64,
}

pub(crate) struct Writer<'a> {
    dice: &'a mut Dice,
    pool: &'a Pool,
    told: &'a mut Told,
    plan: Plan<'a>,
    version: &'static str,
    at_ms: u64,
    previous: String,
    text: String,
}

/// What all records of one message begin and end with.
struct Frame {
    begin: String,
    end: String,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(dice: &'a mut Dice, pool: &'a Pool, told: &'a mut Told, plan: Plan<'a>) -> Self {
        let version = *dice.pick(&VERSIONS);
        let (at_ms, previous) = (BEGIN_MS + dice.below(DAYS * 86_400_000), dice.uuid());
        Self { dice, pool, told, plan, version, at_ms, previous, text: String::new() }
    }

    /// Turns, until it is long enough.
    pub(crate) fn text(mut self) -> String {
        while !self.is_full() {
            self.turn();
        }
        self.text
    }

    fn is_full(&self) -> bool {
        self.text.len() as u64 >= self.plan.bytes
    }

    /// Adds a record of now: its fields, and those that come after its time.
    fn record(&mut self, kind: &str, fields: &str, later: &str) {
        let uuid = self.dice.uuid();
        let at = jiff::Timestamp::from_millisecond(i64::try_from(self.at_ms).unwrap()).unwrap();
        let Self { previous, version, plan: Plan { session, is_subagent, .. }, .. } = self;
        write!(
            self.text,
            r#"{{"parentUuid":"{previous}","isSidechain":{is_subagent},"userType":"external","cwd":"/home/ann/project","#
        )
        .unwrap();
        write!(self.text, r#""sessionId":"{session}","version":"{version}","gitBranch":"main","#).unwrap();
        writeln!(self.text, r#""type":"{kind}",{fields},"uuid":"{uuid}","timestamp":"{at:.3}"{later}}}"#)
            .unwrap();
        self.previous = uuid;
        self.told.truth.lines += 1;
        self.at_ms += self.dice.between(5, 9_000);
    }

    /// A prompt, the model's work, and what Claude Code notes at its end.
    fn turn(&mut self) {
        self.at_ms += self.dice.between(1_000, 1_200_000);
        let prompt = self.words(60, 1_500);
        self.record("user", &format!(r#""message":{{"role":"user","content":"{prompt}"}}"#), "");
        for _ in 0..self.dice.between(1, 14) {
            self.work();
            if self.is_full() {
                return;
            }
        }
        let frame = self.message();
        let text = self.words(200, 2_500);
        self.block(&frame, &format!(r#"{{"type":"text","text":"{text}"}}"#));
        self.record("system", r#""subtype":"turn_duration","durationMs":48211,"isMeta":false"#, "");
        let session = self.plan.session;
        writeln!(self.text, r#"{{"type":"last-prompt","lastPrompt":"{prompt}","sessionId":"{session}"}}"#)
            .unwrap();
        self.told.truth.lines += 1;
    }

    /// A message that calls a tool, what is heard of it meanwhile, and its result.
    fn work(&mut self) {
        let frame = self.message();
        if self.dice.chance(40) {
            let (thought, length) = (self.words(100, 1_200), self.dice.between(300, 1_600));
            let signature = self.pool.base64(self.dice, length);
            self.block(
                &frame,
                &format!(r#"{{"type":"thinking","thinking":"{thought}","signature":"{signature}"}}"#),
            );
        }
        if self.dice.chance(50) {
            let text = self.words(40, 600);
            self.block(&frame, &format!(r#"{{"type":"text","text":"{text}"}}"#));
        }
        let (tool, input) = (format!("toolu_{:016x}", self.dice.next()), self.words(80, 1_500));
        self.block(
            &frame,
            &format!(r#"{{"type":"tool_use","id":"{tool}","name":"Bash","input":{{"command":"{input}"}}}}"#),
        );
        for _ in 0..self.dice.below(3) {
            let output = self.words(50, 700);
            let data = format!(r#"{{"type":"bash_progress","output":"{output}","elapsedTimeSeconds":3}}"#);
            self.record("progress", &format!(r#""data":{data},"toolUseID":"{tool}""#), "");
        }
        self.result(&tool);
    }

    /// What a tool said: once for the model, and once for Claude Code.
    fn result(&mut self, tool: &str) {
        let (content, own) = match self.dice.below(1_000) {
            0..4 => self.image(),
            4..9 => self.decoy(),
            9..140 => self.edit(),
            _ => self.output(),
        };
        let content = format!(r#"[{{"tool_use_id":"{tool}","type":"tool_result","content":{content}}}]"#);
        let fields = format!(r#""message":{{"role":"user","content":{content}}}"#);
        self.record("user", &fields, &format!(r#","toolUseResult":{own}"#));
    }

    fn image(&mut self) -> (String, String) {
        let bytes = *self.dice.pick(&[10_000, 40_000, 120_000, 400_000]);
        let data = self.pool.base64(self.dice, self.at_most(bytes));
        let source = format!(r#"{{"type":"base64","media_type":"image/png","data":"{data}"}}"#);
        (
            format!(r#"[{{"type":"image","source":{source}}}]"#),
            format!(r#"{{"type":"image","file":{{"base64":"{data}","type":"image/png"}}}}"#),
        )
    }

    /// A transcript that was read: what looks like an error is none of this session's.
    fn decoy(&mut self) -> (String, String) {
        self.told.decoys += 1;
        let record =
            json!({ "type": "system", "subtype": "api_error", "cause": { "code": "EDECOY" } }).to_string();
        (Value::from(record.as_str()).to_string(), record)
    }

    fn edit(&mut self) -> (String, String) {
        let (file, old, new) = (self.words(2_000, 26_000), self.words(60, 900), self.words(60, 900));
        let strings = format!(r#""oldString":"{old}","newString":"{new}","originalFile":"{file}""#);
        (
            format!(r#""The file has been updated.\n{new}""#),
            format!(r#"{{"filePath":"/home/ann/project/a.ts",{strings}}}"#),
        )
    }

    fn output(&mut self) -> (String, String) {
        let most = *self.dice.pick(&[100, 300, 800, 2_000, 6_000, 24_000]);
        let output = self.words(20, most);
        (
            format!(r#""{output}""#),
            format!(r#"{{"stdout":"{output}","stderr":"","interrupted":false,"isImage":false}}"#),
        )
    }

    /// Text of a size that even a small file can hold.
    fn words(&mut self, from: u64, to: u64) -> String {
        let bytes = self.dice.between(from, to);
        self.pool.text(self.dice, self.at_most(bytes))
    }

    fn at_most(&self, bytes: u64) -> u64 {
        bytes.min(self.plan.bytes / 4)
    }

    /// The model answers; before that there may be trouble.
    fn message(&mut self) -> Frame {
        self.told.requests += 1;
        if self.told.requests % REQUESTS_PER_TROUBLE == FIRST_TROUBLE {
            self.trouble();
        }
        let model = if self.plan.is_subagent { "claude-haiku-4-5-20251001" } else { "claude-opus-4-6" };
        let (input, output) = (self.dice.between(1, 9), self.dice.between(20, 2_400));
        let (created, read) = (self.dice.between(100, 6_000), self.dice.between(9_000, 150_000));
        self.told.tokens += input + output + created + read;
        let (id, request) = (self.dice.next(), self.dice.next());
        let usage = [
            format!(r#""input_tokens":{input},"cache_creation_input_tokens":{created},"cache_read_input_tokens":{read}"#),
            format!(r#""cache_creation":{{"ephemeral_5m_input_tokens":{created},"ephemeral_1h_input_tokens":0}}"#),
            format!(r#""output_tokens":{output},"service_tier":"standard""#),
        ]
        .join(",");
        Frame {
            begin: format!(
                r#""message":{{"model":"{model}","id":"msg_{id:016x}","type":"message","role":"assistant","content":["#
            ),
            end: format!(
                r#"],"stop_reason":null,"stop_sequence":null,"usage":{{{usage}}}}},"requestId":"req_{request:016x}""#
            ),
        }
    }

    /// One block of a message: each has a record of its own, with the usage of the whole.
    fn block(&mut self, frame: &Frame, block: &str) {
        self.record("assistant", &[&frame.begin, block, &frame.end].concat(), "");
    }

    /// Errors, until the answer comes; or until no more is tried.
    fn trouble(&mut self) {
        let generation = *self.dice.pick(&Generation::ALL);
        let errors =
            if self.dice.chance(5) { MAX_RETRIES } else { u32::try_from(self.dice.between(1, 5)).unwrap() };
        for attempt in 1..=errors {
            let (fields, flaw) = generation.error(self.dice, attempt);
            self.told.truth.fault(Fault {
                session: self.plan.session.to_owned(),
                project: String::new(),
                version: Some(self.version.to_owned()),
                at_ms: Some(self.at_ms),
                gap_ms: None,
                code: flaw.code.map(str::to_owned),
                path: flaw.path.map(str::to_owned),
                status: flaw.status.map(|(status, kind)| (status, Some(kind.to_owned()))),
                attempt: Some(attempt),
            });
            let json = fields.to_string();
            self.record("system", &json[1..json.len() - 1], "");
        }
        if errors == MAX_RETRIES {
            let content = r#"[{"type":"text","text":"API Error: Unable to connect to API (ECONNRESET)"}]"#;
            let message = format!(r#"{{"model":"<synthetic>","role":"assistant","content":{content}}}"#);
            self.record("assistant", &format!(r#""isApiErrorMessage":true,"message":{message}"#), "");
        }
    }
}
