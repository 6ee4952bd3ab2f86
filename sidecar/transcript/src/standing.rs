//! How a session stands by its last records: what it does, what it was asked, what it has said so far, and which tools are out.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{
    fault::{Requests, code_in_words},
    record::{Block, Content, Record, object, raw, text_of},
    text,
};

/// Longest prompt that is kept, in characters; so is what a failure says.
pub const PROMPT_CHARS: usize = 500;
/// How much of an answer is kept, in characters: its end.
pub const ANSWER_CHARS: usize = 2000;
/// Longest summary of a tool call, in characters.
pub const SUMMARY_CHARS: usize = 200;
/// Longest name, id or branch, in characters.
const NAME_CHARS: usize = 200;
/// Longest path, in characters.
const PATH_CHARS: usize = 4096;
/// Tool calls without a result that are kept. Claude makes a handful at once.
const TOOLS_AT_MOST: usize = 32;

/// Tools whose result is the user's answer.
const ASKING: [&str; 2] = ["AskUserQuestion", "ExitPlanMode"];

/// What a tool call is known by, in the order in which it is looked for in its input: a command, a file, a question, an errand.
const TELLING: [&str; 12] = [
    "command",
    "file_path",
    "notebook_path",
    "url",
    "query",
    "pattern",
    "path",
    "description",
    "prompt",
    "skill",
    "name",
    "plan",
];

/// What a user record begins with when Claude Code wrote it on the occasion of something that the user did, or did by itself.
const INTERRUPTED: &str = "[Request interrupted by user";

/// How a session stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// By the last record that names one.
    pub session_id: Option<String>,
    /// The folder that it worked in last.
    pub cwd: Option<String>,
    /// The branch there; none when it was no repository, or had no branch.
    pub git_branch: Option<String>,
    /// Claude Code's.
    pub version: Option<String>,
    /// `cli`, `claude-vscode`, `sdk-cli`, …
    pub entrypoint: Option<String>,
    /// What it does.
    pub state: State,
    /// The last thing the user asked for, in at most [`PROMPT_CHARS`].
    pub last_prompt: Option<String>,
    /// The record of that prompt; none when only the text is known.
    pub prompt_uuid: Option<String>,
    /// When it was asked, in milliseconds since the Unix epoch.
    pub prompt_unix_ms: Option<u64>,
    /// What Claude has said in a turn that is open or died, in at most [`ANSWER_CHARS`]: the end of it.
    pub partial_answer: Option<String>,
    /// Tool calls without a result in a turn that is open or died, oldest first.
    pub pending_tools: Vec<PendingTool>,
    /// The last time that a record names, in milliseconds since the Unix epoch.
    pub last_record_unix_ms: Option<u64>,
    /// A turn failed, and the user has typed something after that, whatever became of it.
    pub typed_since_failure: bool,
    /// Answers of the model among the records that were read, whole or in parts: the connection has carried each of them.
    pub answers: u64,
    /// A record of the prompt was among those that were read.
    saw_prompt: bool,
}

/// What a session does.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum State {
    /// No record says.
    #[default]
    Unknown,
    /// The last turn is over.
    Idle,
    /// The answer is on its way.
    Thinking,
    /// A tool runs, or waits for the permission to: the transcript does not tell which.
    Tool,
    /// A tool asks the user something.
    Waiting,
    /// The connection to the API broke; it will try again.
    Retrying {
        /// The attempt that failed, from 1.
        attempt: u32,
        /// How many there will be; 0 where that is not said.
        max: u32,
        /// The pause before the next, in milliseconds.
        next_in_ms: u64,
        /// What broke.
        fault: Fault,
    },
    /// The turn ended with an error.
    Failed {
        /// What Claude Code said of it, in at most [`PROMPT_CHARS`].
        text: String,
        /// What broke last.
        fault: Fault,
    },
    /// The user ended the turn.
    Interrupted,
}

/// What broke, as far as a record says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// `ECONNRESET`, `ETIMEDOUT`, …
    pub code: Option<String>,
    /// The HTTP status that the API answered with.
    pub status: Option<u16>,
    /// In the middle of an answer.
    pub is_mid_stream: bool,
}

impl Fault {
    /// Of an `api_error` record of any generation (FACTS section 5).
    fn of(record: &Record<'_>) -> Self {
        fn read(raw: Option<&RawValue>) -> Fields<'_> {
            raw.and_then(object).unwrap_or_default()
        }
        let text = |raw: Option<&RawValue>| {
            let text = text_of(raw?.get())?;
            (!text.is_empty()).then(|| text::one_line(&text, NAME_CHARS))
        };
        let (cause, error) = (read(record.cause), read(record.error));
        let codes = [cause.code, read(error.cause).code, read(error.connection).code, error.code];
        let formatted = || Some(code_in_words(&text(error.formatted)?)?.to_owned());
        Self {
            code: codes.into_iter().find_map(text).or_else(formatted),
            status: error.status.and_then(|raw| http_status(raw.get().parse().ok()?)),
            is_mid_stream: record.source.as_deref() == Some("connection_retry"),
        }
    }
}

/// Where an error, its cause or its connection may say what it is.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields<'a> {
    #[serde(borrow, deserialize_with = "raw")]
    code: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "raw")]
    cause: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "raw")]
    connection: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "raw")]
    formatted: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "raw")]
    status: Option<&'a RawValue>,
}

fn http_status(number: f64) -> Option<u16> {
    let status = u16::try_from(whole(Some(number))).ok()?;
    (100..600).contains(&status).then_some(status)
}

impl State {
    /// A turn is under way.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Thinking | Self::Tool | Self::Waiting | Self::Retrying { .. })
    }
}

/// A tool call that has no result yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingTool {
    /// The tool: `Bash`, `Edit`, …
    pub name: String,
    /// What it was asked to do, on one line of at most [`SUMMARY_CHARS`].
    pub summary: String,
    /// When, in milliseconds since the Unix epoch.
    pub since_unix_ms: Option<u64>,
}

/// Whose records a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A session's own; those of subagents between them (older versions) are left out.
    Session,
    /// A subagent's.
    Subagent,
}

impl Standing {
    /// Records further back would add nothing that one asks for.
    pub(crate) fn is_told(&self) -> bool {
        self.saw_prompt || !self.state.is_open() && self.state != State::Unknown && self.last_prompt.is_some()
    }
}

/// How a session stands by the records in `lines`, the end of its transcript. Lines that cannot be understood, a torn last one among
/// them, are left out.
pub fn standing(lines: &[u8], whose: Whose) -> Standing {
    let mut reading = Reading::new(whose);
    reading.lines(lines);
    reading.end()
}

/// What is known after each record.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    whose: Whose,
    standing: Standing,
    /// By Claude Code's own note.
    noted_prompt: Option<String>,
    answer: String,
    tools: Vec<(String, PendingTool)>,
    failed_before: bool,
    /// This version writes why an answer ended: one that does not say is not at its end.
    says_why_it_stopped: bool,
    /// What a command of Claude Code itself interrupted.
    before_command: Option<State>,
    /// What broke last in this turn.
    fault: Fault,
    /// Requests since the last answer, by their digests.
    requests: Requests<String>,
}

impl Reading {
    pub(crate) fn new(whose: Whose) -> Self {
        Self {
            whose,
            standing: Standing::default(),
            noted_prompt: None,
            answer: String::new(),
            tools: Vec::new(),
            failed_before: false,
            says_why_it_stopped: false,
            before_command: None,
            fault: Fault::default(),
            requests: Requests::default(),
        }
    }

    /// Records, each on a line.
    pub(crate) fn lines(&mut self, lines: &[u8]) {
        for line in lines.split(|byte| *byte == b'\n') {
            // A text with a byte that is no UTF-8 is worth more than none.
            let line = String::from_utf8_lossy(line);
            if let Some(record) = Record::parse(line.trim()) {
                self.take(&record);
            }
        }
    }

    fn take(&mut self, record: &Record<'_>) {
        let is_turn = matches!(record.kind.as_deref(), Some("user" | "assistant" | "system"));
        if is_turn && record.is_sidechain != (self.whose == Whose::Subagent) {
            return;
        }
        self.note_place(record);
        match record.kind.as_deref() {
            Some("user") if !record.is_meta && !record.is_compact_summary => self.user(record),
            Some("assistant") => self.assistant(record),
            Some("system") => self.system(record),
            Some("api-request") => self.request(record),
            Some("last-prompt") => {
                let noted = record.last_prompt.as_deref().map(|prompt| text::beginning(prompt, PROMPT_CHARS));
                self.noted_prompt = noted.or(self.noted_prompt.take());
            }
            // Typed while a turn was under way; also what a program sends, just before its record.
            Some("queue-operation") if record.operation.as_deref() == Some("enqueue") => {
                let content = Content::of(record.content);
                if !content.texts().any(|text| text.starts_with("<task-notification")) {
                    self.typed();
                }
            }
            Some("attachment") => self.attachment(record.attachment),
            _ => {}
        }
    }

    fn note_place(&mut self, record: &Record<'_>) {
        let standing = &mut self.standing;
        let note = |known: &mut Option<String>, said: &Option<Cow<'_, str>>, chars: usize| {
            if let Some(said) = said.as_deref().filter(|said| !said.is_empty())
                && known.as_deref() != Some(said)
            {
                *known = Some(text::beginning(said, chars));
            }
        };
        note(&mut standing.session_id, &record.session_id, NAME_CHARS);
        note(&mut standing.cwd, &record.cwd, PATH_CHARS);
        note(&mut standing.git_branch, &record.git_branch, NAME_CHARS);
        note(&mut standing.version, &record.version, NAME_CHARS);
        note(&mut standing.entrypoint, &record.entrypoint, NAME_CHARS);
        standing.last_record_unix_ms = record.unix_ms().or(standing.last_record_unix_ms);
    }

    // ---- the user ----------------------------------------------------------------------------------

    fn user(&mut self, record: &Record<'_>) {
        let Some(message) = record.message() else { return };
        let content = message.content();
        if content.texts().any(|text| text.starts_with(INTERRUPTED)) {
            self.finish(State::Interrupted);
            return;
        }
        let results: Vec<&str> = content
            .blocks()
            .iter()
            .filter(|block| block.is("tool_result"))
            .map(|block| block.tool_use_id.as_deref().unwrap_or(""))
            .collect();
        if !results.is_empty() {
            self.tools.retain(|(id, _)| !results.contains(&id.as_str()));
            self.standing.state = self.at_work();
            return;
        }
        let said = Said::of(&content);
        match said {
            Said::CommandOutput => {
                if let Some(before) = self.before_command.take() {
                    self.standing.state = before;
                }
            }
            Said::ShellOutput => {
                // 2.1.329 lets Claude see it, and answer (measured); versions before it did not begin a turn.
                let turn = record.turn_origin.is_some();
                self.standing.state = if turn { State::Thinking } else { State::Idle };
            }
            Said::Command(prompt) => {
                self.before_command = Some(self.standing.state.clone());
                self.prompt(record, prompt);
            }
            Said::Shell(prompt) | Said::Prompt(prompt) => {
                if record.is_of_no_person() || said_by_program(&prompt) {
                    self.begin(record);
                } else {
                    self.prompt(record, prompt);
                }
            }
        }
    }

    fn prompt(&mut self, record: &Record<'_>, prompt: String) {
        self.typed();
        self.begin(record);
        self.standing.saw_prompt = true;
        // One that is nothing but an image leaves no text.
        self.standing.last_prompt = Some(prompt).filter(|prompt| !prompt.is_empty());
        self.standing.prompt_uuid = record.uuid.as_deref().map(|uuid| text::beginning(uuid, NAME_CHARS));
        self.standing.prompt_unix_ms = record.unix_ms();
        self.noted_prompt = None;
    }

    /// A turn begins.
    fn begin(&mut self, record: &Record<'_>) {
        self.answer.clear();
        self.tools.clear();
        self.fault = Fault::default();
        self.requests.forget_until(record.unix_ms());
        self.standing.state = State::Thinking;
    }

    fn typed(&mut self) {
        self.standing.typed_since_failure |= self.failed_before;
    }

    /// What the user typed while a turn was under way, and the turn took up.
    fn attachment(&mut self, attachment: Option<&RawValue>) {
        #[derive(Deserialize)]
        struct Attachment<'a> {
            #[serde(rename = "type", borrow)]
            kind: Cow<'a, str>,
            #[serde(borrow, default)]
            prompt: Option<&'a RawValue>,
        }
        let Some(Attachment { kind, prompt }) = attachment.and_then(object) else { return };
        if kind != "queued_command" {
            return;
        }
        if let Said::Prompt(prompt) = Said::of(&Content::of(prompt))
            && !prompt.is_empty()
            && !said_by_program(&prompt)
        {
            self.typed();
            self.standing.last_prompt = Some(prompt);
        }
    }

    // ---- Claude ------------------------------------------------------------------------------------

    fn assistant(&mut self, record: &Record<'_>) {
        let message = record.message().unwrap_or_default();
        let content = message.content();
        if record.is_api_error_message {
            let said = content.texts().collect::<Vec<_>>().join(" ");
            let mut fault = std::mem::take(&mut self.fault);
            fault.status = record.api_error_status.and_then(http_status).or(fault.status);
            if fault.status.is_none() && fault.code.is_none() {
                fault.code = code_in_words(&said).map(|code| text::beginning(code, NAME_CHARS));
            }
            self.standing.state = State::Failed { text: text::beginning(&said, PROMPT_CHARS), fault };
            self.failed_before = true;
            self.standing.typed_since_failure = false;
            return;
        }
        // In Claude's place: “No response requested.”
        if message.model.as_deref() == Some("<synthetic>") {
            self.finish(State::Idle);
            return;
        }
        self.standing.answers += 1;
        self.requests.forget_until(record.unix_ms());
        for said in content.texts() {
            text::append(&mut self.answer, said, ANSWER_CHARS);
        }
        let mut calls = false;
        for block in content.blocks().iter().filter(|block| block.is("tool_use")) {
            calls = true;
            self.call(block, record.unix_ms());
        }
        let only_thinks =
            !content.blocks().is_empty() && content.blocks().iter().all(|block| block.is("thinking"));
        match message.stop_reason.as_deref() {
            Some("tool_use" | "pause_turn") => {
                self.says_why_it_stopped = true;
                self.standing.state = self.at_work();
            }
            _ if calls => self.standing.state = self.at_work(),
            None if only_thinks || self.says_why_it_stopped => self.standing.state = State::Thinking,
            None => self.finish(State::Idle),
            Some(_) => {
                self.says_why_it_stopped = true;
                self.finish(State::Idle);
            }
        }
    }

    fn call(&mut self, block: &Block<'_>, since_unix_ms: Option<u64>) {
        let id = text::beginning(block.id.as_deref().unwrap_or(""), NAME_CHARS);
        self.tools.retain(|(known, _)| *known != id);
        if self.tools.len() == TOOLS_AT_MOST {
            self.tools.remove(0);
        }
        let tool = PendingTool {
            name: text::one_line(block.name.as_deref().unwrap_or("a tool"), NAME_CHARS),
            summary: summary(block.input),
            since_unix_ms,
        };
        self.tools.push((id, tool));
    }

    fn at_work(&self) -> State {
        if self.tools.is_empty() { State::Thinking } else { State::Tool }
    }

    fn finish(&mut self, state: State) {
        self.answer.clear();
        self.tools.clear();
        self.standing.state = state;
    }

    // ---- Claude Code -------------------------------------------------------------------------------

    /// An interactive session writes no `api_error` records (2.1.329, measured): that a request is made again is all that tells of them.
    fn request(&mut self, record: &Record<'_>) {
        let Some(digest) = record.request_digest.as_deref().filter(|digest| !digest.is_empty()) else {
            return;
        };
        let attempt = self.requests.attempt(text::beginning(digest, NAME_CHARS), record.unix_ms());
        let says_more = matches!(self.standing.state, State::Retrying { max: 1.., .. });
        if attempt > 0 && self.standing.state.is_open() && !says_more {
            let attempt = u32::try_from(attempt).unwrap_or(u32::MAX);
            self.standing.state = State::Retrying { attempt, max: 0, next_in_ms: 0, fault: Fault::default() };
        }
    }

    fn system(&mut self, record: &Record<'_>) {
        let state = &self.standing.state;
        match record.subtype.as_deref() {
            Some("api_error") if state.is_open() || *state == State::Unknown => {
                self.fault = Fault::of(record);
                self.standing.state = State::Retrying {
                    attempt: whole(record.retry_attempt).try_into().unwrap_or(u32::MAX),
                    max: whole(record.max_retries).try_into().unwrap_or(u32::MAX),
                    next_in_ms: whole(record.retry_in_ms),
                    fault: self.fault.clone(),
                };
            }
            Some("turn_duration") if !matches!(state, State::Failed { .. } | State::Interrupted) => {
                self.finish(State::Idle);
            }
            Some("local_command") => self.typed(),
            _ => {}
        }
    }

    pub(crate) fn end(mut self) -> Standing {
        // What a command of Claude Code itself began and nothing has answered is no turn of Claude's, but that is known only later.
        let mut standing = self.standing;
        let asks = self.tools.iter().any(|(_, tool)| ASKING.contains(&tool.name.as_str()));
        if standing.state == State::Tool && asks {
            standing.state = State::Waiting;
        }
        if standing.state.is_open() || matches!(standing.state, State::Failed { .. }) {
            standing.partial_answer =
                Some(std::mem::take(&mut self.answer)).filter(|answer| !answer.is_empty());
            standing.pending_tools = self.tools.into_iter().map(|(_, tool)| tool).collect();
        }
        standing.last_prompt = self.noted_prompt.filter(|_| !standing.saw_prompt).or(standing.last_prompt);
        // What git says where there is no branch.
        standing.git_branch = standing.git_branch.filter(|branch| branch != "HEAD");
        standing
    }
}

/// What a user record says, by what it begins with.
enum Said {
    /// Words for Claude.
    Prompt(String),
    /// `/name arguments`. Claude answers to some of them; others are Claude Code's own.
    Command(String),
    /// What came of one that is Claude Code's own.
    CommandOutput,
    /// `! command`, for a shell.
    Shell(String),
    /// What the shell said.
    ShellOutput,
}

impl Said {
    fn of(content: &Content<'_>) -> Self {
        let Some(first) = content.texts().find(|text| !text.trim_start().starts_with("<system-reminder>"))
        else {
            return Self::Prompt(String::new());
        };
        let first = first.trim_start();
        if first.starts_with("<local-command-") {
            return Self::CommandOutput;
        }
        if first.starts_with("<bash-stdout>") || first.starts_with("<bash-stderr>") {
            return Self::ShellOutput;
        }
        if let Some(command) = tagged(first, "bash-input") {
            return Self::Shell(text::beginning(&format!("! {}", command.trim()), PROMPT_CHARS));
        }
        if (first.starts_with("<command-name>") || first.starts_with("<command-message>"))
            && let Some(name) = tagged(first, "command-name")
        {
            let arguments = tagged(first, "command-args").unwrap_or("");
            return Self::Command(text::beginning(
                &format!("{} {}", name.trim(), arguments.trim()),
                PROMPT_CHARS,
            ));
        }
        let mut words = String::new();
        for said in content.texts().filter(|text| !text.trim_start().starts_with("<system-reminder>")) {
            words.push_str(said);
            words.push('\n');
            // Far more than is kept.
            if words.len() > PROMPT_CHARS * 8 {
                break;
            }
        }
        Self::Prompt(text::beginning(&words, PROMPT_CHARS))
    }
}

/// Versions that do not say who made a record mark it so.
fn said_by_program(prompt: &str) -> bool {
    ["<task-notification", "<teammate-message", "<system-reminder"].iter().any(|tag| prompt.starts_with(tag))
}

/// What stands between `<tag>` and `</tag>`.
fn tagged<'t>(text: &'t str, tag: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{tag}>"))?;
    rest.split_once(&format!("</{tag}>")).map(|(inner, _)| inner)
}

/// What a tool was asked to do: the part of its input that tells most, else all of it.
fn summary(input: Option<&RawValue>) -> String {
    let Some(json) = input.map(RawValue::get) else { return String::new() };
    let value: Value = serde_json::from_str(json).unwrap_or_default();
    let telling = TELLING.iter().find_map(|name| value.get(name)?.as_str());
    let told = telling.map(Cow::Borrowed).unwrap_or_else(|| match &value {
        Value::Null => "".into(),
        Value::Object(fields) if fields.is_empty() => "".into(),
        _ => json.into(),
    });
    text::one_line(&told, SUMMARY_CHARS)
}

/// A number that may be anything as one that can be counted with.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded before")]
fn whole(number: Option<f64>) -> u64 {
    number.filter(|number| number.is_finite()).map_or(0, |number| number.clamp(0.0, 1e15) as u64)
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
