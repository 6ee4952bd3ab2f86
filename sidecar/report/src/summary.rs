//! One transcript, read once: what the report needs of it, and nothing that was said in it.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Read},
};

use lifeline_transcript::{Extent, Field, LineKind, Requests, Scanner, Skim, code_in_words};
use serde::{Deserialize, Serialize};

/// The version of the rules below and of those of `lifeline-transcript`, by which lines are read: what was kept by others is read anew.
/// To be raised when a summary of the same bytes may come out otherwise, or is written down otherwise.
pub(crate) const RULES: u64 = 3;

/// Longest name that is kept (a code, a version, a model, an id), in characters. Real ones have at most 60.
const NAME_CHARS: usize = 200;

/// A stretch of time, in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first moment in it.
    pub since_ms: Option<u64>,
    /// The first moment after it.
    pub until_ms: Option<u64>,
}

impl Span {
    /// Whether it has no bound.
    pub(crate) fn is_all(self) -> bool {
        self == Self::default()
    }

    /// Whether a record of this time is in it. One without a time is only where there is no bound.
    pub(crate) fn holds(self, at_ms: Option<u64>) -> bool {
        match at_ms {
            None => self.is_all(),
            Some(at) => {
                self.since_ms.is_none_or(|since| at >= since) && self.until_ms.is_none_or(|until| at < until)
            }
        }
    }
}

/// What one file holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    pub(crate) bad_lines: u64,
    pub(crate) first_ms: Option<u64>,
    pub(crate) last_ms: Option<u64>,
    /// The first that a record names.
    pub(crate) first_version: Option<String>,
    pub(crate) versions: BTreeSet<String>,
    /// By session; none is the file's own.
    pub(crate) models: BTreeMap<Option<String>, BTreeSet<String>>,
    /// In order, each id once.
    pub(crate) errors: Vec<Error>,
    pub(crate) chains: Vec<Chain>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) unexplained: Vec<Unexplained>,
    /// Most of a summary by far, and kept by itself (`index.rs`).
    #[serde(skip)]
    pub(crate) records: Records,
}

/// Two numbers for each record, if it has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Records {
    /// Hashes of ids.
    pub(crate) ids: Vec<u64>,
    /// In milliseconds since the Unix epoch.
    pub(crate) times: Vec<u64>,
}

impl Summary {
    /// The first and the last time within a span; none when no time is.
    pub(crate) fn within(&self, span: Span) -> Option<(u64, u64)> {
        let whole = self.first_ms.zip(self.last_ms)?;
        if span.holds(Some(whole.0)) && span.holds(Some(whole.1)) {
            return Some(whole);
        }
        let times = || self.records.times.iter().copied().filter(|at| span.holds(Some(*at)));
        times().min().zip(times().max())
    }

    /// Whether its parts can be of one file: nothing points elsewhere, and no sum can be larger than what was read.
    pub(crate) fn is_sound(&self) -> bool {
        self.bad_lines <= self.lines
            && self.lines <= self.bytes
            && self.chains.iter().all(|chain| chain.last < self.errors.len())
            && self.failures.iter().all(|failure| failure.messages <= self.lines)
    }
}

/// An `api_error` record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Error {
    pub(crate) uuid: Option<String>,
    /// The session that it names.
    pub(crate) session: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) at_ms: Option<u64>,
    pub(crate) code: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) status_type: Option<String>,
    pub(crate) attempt: Option<u32>,
    /// In the middle of an answer; none where the record does not say.
    pub(crate) is_mid_stream: Option<bool>,
    /// From the timestamped record before it.
    pub(crate) gap_ms: Option<u64>,
}

/// A request that was made again, and no record says why: interactive sessions of 2.1.329 write none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unexplained {
    /// Hash of the request's own id.
    pub(crate) id: u64,
    pub(crate) at_ms: Option<u64>,
}

/// Errors of one request after the other, whose attempt rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Chain {
    /// Its last error, as an index.
    pub(crate) last: usize,
    /// An attempt was the last that was to be made.
    pub(crate) reached_max: bool,
    /// An answer came before the next failure.
    pub(crate) recovered: bool,
}

/// A turn that died.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) uuid: Option<String>,
    /// The session that it names.
    pub(crate) session: Option<String>,
    pub(crate) at_ms: Option<u64>,
    /// From the prompt, when both times are known.
    pub(crate) turn_ms: Option<u64>,
    /// User and assistant records from the prompt on, both ends included.
    pub(crate) messages: u64,
}

/// A reader of lines, one after the other: what they told, and what the next one must know of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reader {
    /// All records are of one subagent, so that they make turns of their own.
    pub(crate) is_subagent: bool,
    pub(crate) summary: Summary,
    previous_ms: Option<u64>,
    /// The last chain's last attempt.
    attempt: Option<u32>,
    /// Chains after which neither an answer nor a failure has come.
    open_chains: Vec<usize>,
    turn: Option<Turn>,
    /// Requests since the last prompt or answer, by what tells one from another.
    requests: Requests<u64>,
    /// Since the last of them, a record has said what broke.
    is_explained: bool,
    /// Ids of errors.
    #[serde(skip)]
    errors_seen: HashSet<String>,
    /// Ids of failures.
    #[serde(skip)]
    failures_seen: HashSet<String>,
    /// The last model, and whose: nearly always the next one too.
    #[serde(skip)]
    model: Option<(Option<String>, String)>,
    /// The last version.
    #[serde(skip)]
    version: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Turn {
    began_ms: Option<u64>,
    messages: u64,
}

impl Reader {
    pub(crate) fn new(is_subagent: bool) -> Self {
        Self { is_subagent, ..Self::default() }
    }

    /// Reads on to the end of a file. What it holds with its last line, when that has no end, comes by itself: there may be more of it
    /// the next time.
    ///
    /// # Errors
    /// Those of reading.
    pub(crate) fn read(
        &mut self,
        scanner: &mut Scanner,
        file: &mut impl Read,
    ) -> io::Result<(Extent, Option<Summary>)> {
        let mut with_tail = None;
        let extent = scanner.lines(file, |kind, line, has_end| {
            if has_end {
                self.line(kind, line);
            } else {
                let mut reader = self.clone();
                reader.line(kind, line);
                with_tail = Some(reader.summary);
            }
        })?;
        let before = self.summary.bytes;
        self.summary.bytes += extent.whole;
        if let Some(with_tail) = &mut with_tail {
            with_tail.bytes = before + extent.bytes;
        }
        Ok((extent, with_tail))
    }

    /// Whether one that was kept can be one.
    pub(crate) fn is_sound(&self) -> bool {
        self.summary.is_sound()
            && self.open_chains.iter().all(|chain| *chain < self.summary.chains.len())
            && self.turn.is_none_or(|turn| turn.messages <= self.summary.lines)
    }

    /// One that was kept, ready for the next line.
    pub(crate) fn revived(self) -> Self {
        let errors_seen = self.summary.errors.iter().filter_map(|error| error.uuid.clone()).collect();
        let failures_seen = self.summary.failures.iter().filter_map(|failure| failure.uuid.clone()).collect();
        Self { errors_seen, failures_seen, ..self }
    }

    fn line(&mut self, kind: LineKind, line: &Skim) {
        match kind {
            LineKind::Blank => {}
            LineKind::Bad => {
                self.summary.lines += 1;
                self.summary.bad_lines += 1;
            }
            LineKind::Record => self.record(line),
        }
    }

    fn record(&mut self, line: &Skim) {
        let at_ms = line.unix_ms();
        self.count(line, at_ms);
        if line.is(Field::Type, "user") {
            self.user(line, at_ms);
        } else if line.is(Field::Type, "assistant") {
            self.assistant(line, at_ms);
        } else if line.is(Field::Subtype, "api_error")
            && (line.is(Field::Type, "system") || line.text(Field::Type).is_none())
        {
            self.error(line, at_ms);
        } else if line.is(Field::Type, "api-request") {
            self.request(line, at_ms);
        }
        self.previous_ms = at_ms.or(self.previous_ms);
    }

    fn count(&mut self, line: &Skim, at_ms: Option<u64>) {
        let summary = &mut self.summary;
        summary.lines += 1;
        if let Some(at) = at_ms {
            summary.first_ms = summary.first_ms.min(at_ms).or(at_ms);
            summary.last_ms = summary.last_ms.max(at_ms);
            summary.records.times.push(at);
        }
        if let Some(uuid) = line.text(Field::Uuid) {
            summary.records.ids.push(hash(&uuid));
        }
        if !line.is(Field::Version, &self.version)
            && let Some(version) = name(line, Field::Version)
        {
            summary.first_version.get_or_insert_with(|| version.clone());
            summary.versions.insert(version.clone());
            self.version = version;
        }
    }

    fn user(&mut self, line: &Skim, at_ms: Option<u64>) {
        let is_prompt = !line.flag(Field::IsMeta)
            && !line.has_tool_result()
            // Older versions wrote what they told their subagents between a session's own records.
            && (self.is_subagent || !line.flag(Field::IsSidechain));
        if is_prompt {
            self.requests.forget_until(at_ms);
            self.turn = Some(Turn { began_ms: at_ms, messages: 1 });
        } else if let Some(turn) = &mut self.turn {
            turn.messages += 1;
        }
    }

    fn assistant(&mut self, line: &Skim, at_ms: Option<u64>) {
        if let Some(turn) = &mut self.turn {
            turn.messages += 1;
        }
        if line.flag(Field::IsApiErrorMessage) {
            self.open_chains.clear();
            self.failure(line, at_ms);
        } else if !line.is(Field::MessageModel, "<synthetic>") {
            for chain in self.open_chains.drain(..) {
                self.summary.chains[chain].recovered = true;
            }
            self.requests.forget_until(at_ms);
            self.model(line);
        }
    }

    /// Each attempt of a request writes a record with the same digest.
    fn request(&mut self, line: &Skim, at_ms: Option<u64>) {
        let Some(digest) = line.text(Field::RequestDigest).map(|digest| hash(&digest)) else { return };
        let is_explained = std::mem::take(&mut self.is_explained);
        let is_repeated = self.requests.attempt(digest, at_ms) > 0;
        if is_repeated
            && !is_explained
            && let Some(id) = line.text(Field::Id)
        {
            self.summary.unexplained.push(Unexplained { id: hash(&id), at_ms });
        }
    }

    fn model(&mut self, line: &Skim) {
        let is_known = |(session, model): &(Option<String>, String)| {
            line.is(Field::MessageModel, model)
                && match session {
                    Some(session) => line.is(Field::SessionId, session),
                    None => line.text(Field::SessionId).is_none(),
                }
        };
        if !self.model.as_ref().is_some_and(is_known)
            && let Some(model) = name(line, Field::MessageModel)
        {
            let session = name(line, Field::SessionId);
            self.summary.models.entry(session.clone()).or_default().insert(model.clone());
            self.model = Some((session, model));
        }
    }

    fn failure(&mut self, line: &Skim, at_ms: Option<u64>) {
        let uuid = name(line, Field::Uuid);
        if !is_new(&mut self.failures_seen, uuid.as_ref()) {
            return;
        }
        let began_ms = self.turn.and_then(|turn| turn.began_ms);
        self.summary.failures.push(Failure {
            uuid,
            session: name(line, Field::SessionId),
            at_ms,
            turn_ms: at_ms.zip(began_ms).map(|(at, began)| at.saturating_sub(began)),
            messages: self.turn.map_or(1, |turn| turn.messages),
        });
    }

    fn error(&mut self, line: &Skim, at_ms: Option<u64>) {
        self.is_explained = true;
        let uuid = name(line, Field::Uuid);
        if !is_new(&mut self.errors_seen, uuid.as_ref()) {
            return;
        }
        let status = [Field::ErrorStatus, Field::StatusStatus].into_iter().find_map(|field| {
            u16::try_from(whole(line, field)?).ok().filter(|status| (100..600).contains(status))
        });
        let attempt = whole(line, Field::RetryAttempt).filter(|attempt| *attempt > 0);
        self.summary.errors.push(Error {
            uuid,
            session: name(line, Field::SessionId),
            version: name(line, Field::Version),
            at_ms,
            code: code(line),
            path: first(
                line,
                &[Field::CausePath, Field::ErrorCausePath, Field::ErrorConnectionPath, Field::ErrorPath],
            ),
            status,
            status_type: first(
                line,
                &[Field::ErrorErrorErrorType, Field::StatusErrorErrorType, Field::ErrorErrorType],
            ),
            attempt,
            is_mid_stream: line.text(Field::Source).map(|source| source == "connection_retry"),
            gap_ms: at_ms.zip(self.previous_ms).map(|(at, previous)| at.saturating_sub(previous)),
        });
        self.chain(attempt, whole(line, Field::MaxRetries));
    }

    /// The last error goes on with the chain before it, or begins one.
    fn chain(&mut self, attempt: Option<u32>, max: Option<u32>) {
        let last = self.summary.errors.len() - 1;
        let reached_max = attempt.zip(max).is_some_and(|(attempt, max)| attempt >= max);
        let goes_on = attempt.zip(self.attempt).is_some_and(|(attempt, before)| attempt > before);
        self.attempt = attempt;
        let chains = &mut self.summary.chains;
        if goes_on && let Some(chain) = chains.last_mut() {
            *chain = Chain { last, reached_max: chain.reached_max || reached_max, recovered: false };
        } else {
            chains.push(Chain { last, reached_max, recovered: false });
        }
        let index = chains.len() - 1;
        if self.open_chains.last() != Some(&index) {
            self.open_chains.push(index);
        }
    }
}

/// Whether this id was not there before; what has none is always new.
fn is_new(seen: &mut HashSet<String>, uuid: Option<&String>) -> bool {
    uuid.is_none_or(|uuid| seen.insert(uuid.clone()))
}

/// Where an error names its code. The third generation says it in words, too: “Connection dropped (ECONNRESET)”.
fn code(line: &Skim) -> Option<String> {
    let fields = [Field::CauseCode, Field::ErrorCauseCode, Field::ErrorConnectionCode, Field::ErrorCode];
    first(line, &fields).or_else(|| code_in_words(&line.text(Field::ErrorFormatted)?).map(bounded))
}

fn first(line: &Skim, fields: &[Field]) -> Option<String> {
    fields.iter().find_map(|field| name(line, *field))
}

/// A text in bounds; none when it is empty.
fn name(line: &Skim, field: Field) -> Option<String> {
    let text = line.text(field)?;
    (!text.is_empty()).then(|| bounded(&text))
}

fn bounded(text: &str) -> String {
    text.chars().take(NAME_CHARS).collect()
}

fn whole(line: &Skim, field: Field) -> Option<u32> {
    let number = line.number(field)?;
    // In range, so that nothing is cut off but a fraction.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (0.0..=f64::from(u32::MAX)).contains(&number).then_some(number as u32)
}

/// The same in every run. Two ids of half a million share one with a probability of 10^-8.
fn hash(uuid: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    uuid.hash(&mut hasher);
    hasher.finish()
}
