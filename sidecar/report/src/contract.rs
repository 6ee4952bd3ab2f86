//! The report as it is written in JSON: the contract of DESIGN, "The report", whose names and definitions are fixed.

mod relay;

use serde::Serialize;

pub use relay::{RelayDay, RelayEnd, RelayFailure, RelayHost, RelayRecords, RelayRequests, RelaySilence};

/// Changes when a program that reads the report would have to.
pub const SCHEMA: &str = "lifeline.report/1";

/// All of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// What time it is about.
    pub window: Window,
    /// What it was made from.
    pub corpus: Corpus,
    /// What went wrong.
    pub errors: Errors,
    /// Attempts that are in none of the figures above; none without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexplained_retries: Option<UnexplainedRetries>,
    /// What other programs on this machine noticed of the network; none where there was nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_events: Option<LinkEvents>,
    /// What Lifeline's relay wrote down; none where it never ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relay: Option<RelayRecords>,
    /// The network as it is now; only where somebody asked for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Measured>,
    /// What that may come from.
    pub hypotheses: Vec<Hypothesis>,
    /// What would help and is not used, in a sentence; none where nothing calls for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

/// Requests that were made again without a record of why: interactive sessions of Claude Code 2.1.329 write none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnexplainedRetries {
    /// Attempts after the first.
    pub count: u64,
    /// Sessions with at least one.
    pub sessions_affected: u64,
}

/// What another part has measured: its own object, and the same for people.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Measured {
    /// For programs.
    pub figures: serde_json::Value,
    /// Before the table.
    #[serde(skip)]
    pub sentences: Vec<String>,
    /// Of the table.
    #[serde(skip)]
    pub headings: &'static [&'static str],
    /// As wide as the headings.
    #[serde(skip)]
    pub rows: Vec<Vec<String>>,
}

/// Errors of Chromium's network stack in the log of Claude's desktop app, what Lifeline's daemon noticed of the network, and errors of
/// connections beside them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkEvents {
    /// Who noticed any of them.
    pub noticed_by: Vec<Noticer>,
    /// All of them.
    pub events: u64,
    /// Those that say that the network was not there, or changed, on this side of the service.
    pub of_this_side: u64,
    /// RFC 3339, UTC; none without an event.
    pub first: Option<String>,
    /// RFC 3339, UTC; none without an event.
    pub last: Option<String>,
    /// The most frequent first.
    pub by_code: Vec<LinkCode>,
    /// Errors of connections within 60 s of one of this side.
    pub errors_near: u64,
    /// Errors of connections in an hour that has one of this side.
    pub errors_in_hours: u64,
    /// Hours with both, in order.
    pub hours: Vec<LinkHour>,
}

/// Who notices what happens to the network. Each only while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Noticer {
    /// Claude's, by its log.
    DesktopApp,
    /// The daemon.
    Lifeline,
}

/// Events with one code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkCode {
    /// `ERR_INTERNET_DISCONNECTED`, …; the daemon's are `NETWORK_LOST`, `NETWORK_BACK`, `NETWORK_CHANGED` and `MACHINE_SLEPT`.
    pub code: String,
    /// Events.
    pub count: u64,
}

/// An hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkHour {
    /// `2026-04-16 07:00`, in the report's time zone.
    pub hour: String,
    /// Errors of connections.
    pub errors: u64,
    /// Events of this side.
    pub events: u64,
}

/// The time between the first and the last record, those of a session that had no error too.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Window {
    /// RFC 3339, UTC; none without a record.
    pub first: Option<String>,
    /// RFC 3339, UTC; none without a record.
    pub last: Option<String>,
    /// The zone of days, hours and weekdays: `local`, `UTC` or an IANA name.
    pub time_zone: String,
}

/// The transcripts that were read. With a bound in time, those that have a record within it, each as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Corpus {
    /// Sessions that have a main file.
    pub sessions: u64,
    /// Main files and those of subagents.
    pub files: u64,
    /// Those of subagents.
    pub subagent_files: u64,
    /// Of all files.
    pub bytes: u64,
    /// Lines that are not blank, of all files.
    pub lines: u64,
    /// Lines that are no JSON object: torn, binary.
    pub bad_lines: u64,
    /// Records whose `uuid` another record has too, without one of each: copies that a resumed or forked session holds.
    pub duplicates: u64,
    /// Of Claude Code, oldest first.
    pub versions: Vec<String>,
}

/// Errors, counted once per `uuid`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Errors {
    /// `api_error` records, those with an HTTP status too.
    pub total: u64,
    /// Sessions with at least one.
    pub sessions_affected: u64,
    /// Projects with at least one.
    pub projects_affected: u64,
    /// Errors of the connection, the most frequent first.
    pub by_code: Vec<ByCode>,
    /// Answers of HTTP, the most frequent first.
    pub by_status: Vec<ByStatus>,
    /// Versions that had an error, or that a session began with; oldest first.
    pub by_version: Vec<ByVersion>,
    /// Sessions with errors by the models they used; most errors first.
    pub by_model: Vec<ByModel>,
    /// Projects with errors, in order of the first.
    pub by_project: Vec<ByProject>,
    /// Four buckets, always; errors of a session whose main file is not there are in none.
    pub by_session_size: Vec<BySessionSize>,
    /// Attempts from 1 to the last that was seen.
    pub retries: Vec<Retry>,
    /// Six buckets, always.
    pub gap_to_previous: Vec<Bucket>,
    /// Of the gaps; none without any.
    pub gap_median_seconds: Option<f64>,
    /// The 90th percentile, nearest rank; none without any.
    pub gap_p90_seconds: Option<f64>,
    /// Days with errors, in order.
    pub by_day: Vec<ByDay>,
    /// 24 hours.
    pub by_hour: Vec<ByHour>,
    /// Seven days, Monday first.
    pub by_weekday: Vec<ByWeekday>,
    /// Runs of errors.
    pub bursts: Bursts,
    /// Turns that ended with an error.
    pub turns_died: u64,
    /// Chains that reached `maxRetries`.
    pub retries_exhausted: u64,
    /// The longest turn that died; none without one whose beginning is known.
    pub longest_failing_turn: Option<LongestFailingTurn>,
}

/// Errors with one code.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ByCode {
    /// `ECONNRESET`, …; `unknown` where a record names none.
    pub code: String,
    /// Errors.
    pub count: u64,
    /// Where the requests went, the most frequent first.
    pub paths: Vec<ByPath>,
}

/// Errors of requests to one address.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ByPath {
    /// None where a record names none.
    pub path: Option<String>,
    /// Errors.
    pub count: u64,
}

/// Errors with one HTTP status.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ByStatus {
    /// 529, …
    pub status: u16,
    /// `overloaded_error`, …; none where the answer names none.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Errors.
    pub count: u64,
}

/// Errors of one version of Claude Code.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ByVersion {
    /// `2.1.104`, …
    pub version: String,
    /// Errors that it wrote.
    pub errors: u64,
    /// Sessions that began with it.
    pub sessions: u64,
    /// None when no session began with it.
    pub per_session: Option<f64>,
}

/// Errors of sessions that used the same models.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ByModel {
    /// In alphabetical order.
    pub models: Vec<String>,
    /// Sessions with errors.
    pub sessions: u64,
    /// Errors.
    pub errors: u64,
    /// Errors per session.
    pub per_session: f64,
}

/// Errors of one project.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ByProject {
    /// `project-A`, …, or the name of its folder.
    pub project: String,
    /// Errors.
    pub errors: u64,
}

/// Sessions whose main file has about this size.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BySessionSize {
    /// `<1MB`, `1-3MB`, `3-6MB`, `>=6MB`, of 10^6 bytes.
    pub bucket: &'static str,
    /// Sessions.
    pub sessions: u64,
    /// Sessions that had an error.
    pub sessions_with_errors: u64,
    /// Errors.
    pub errors: u64,
    /// None when no session had one.
    pub errors_per_affected_session: Option<f64>,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Retry {
    /// From 1.
    pub attempt: u32,
    /// Errors that named it.
    pub triggered: u64,
    /// Chains that ended with it and went on with an answer.
    pub recovered: u64,
    /// None when it was never triggered.
    pub recovery_rate: Option<f64>,
}

/// How many lie within bounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bucket {
    /// `<1s`, `1-10s`, `10-60s`, `1-5min`, `5-30min`, `>30min`.
    pub bucket: &'static str,
    /// Errors.
    pub count: u64,
}

/// A day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ByDay {
    /// `2026-04-16`.
    pub date: String,
    /// Errors.
    pub count: u64,
}

/// An hour of the day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ByHour {
    /// 0 to 23.
    pub hour: u8,
    /// Errors.
    pub count: u64,
    /// The same by weekday, Monday first; for the heat map alone.
    #[serde(skip)]
    pub by_weekday: [u64; 7],
}

/// A day of the week.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ByWeekday {
    /// `Mon` to `Sun`.
    pub weekday: &'static str,
    /// Errors.
    pub count: u64,
}

/// Errors that came close together, over all sessions.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bursts {
    /// Runs of two or more, each within 60 s of the one before.
    pub count: u64,
    /// Errors in them.
    pub errors_in_bursts: u64,
    /// Of all errors; none without an error.
    pub share: Option<f64>,
    /// In order of time.
    pub list: Vec<Burst>,
}

/// A run of errors.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Burst {
    /// The first, RFC 3339, UTC.
    pub start: String,
    /// The last, RFC 3339, UTC.
    pub end: String,
    /// Errors.
    pub count: u64,
}

/// From what the user asked to the failure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LongestFailingTurn {
    /// How long.
    pub seconds: f64,
    /// User and assistant records in it, both ends included.
    pub messages: u64,
    /// Its session, shortened unless nothing is to be redacted.
    pub session: String,
}

/// What may be behind the errors, as far as the figures bear it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hypothesis {
    /// `H1`, …
    pub id: &'static str,
    /// In one line.
    pub title: &'static str,
    /// What the figures say.
    pub verdict: Verdict,
    /// How strongly, from 0 (against it) to 1 (for it); 0.5 when undetermined.
    pub score: f64,
    /// Sentences with figures.
    pub evidence: Vec<String>,
    /// What would show that it is wrong.
    pub would_falsify: Vec<String>,
    /// The next steps.
    pub what_you_can_do: Vec<String>,
}

/// What the figures say of a hypothesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// They are as it would have them.
    Supported,
    /// They lean that way.
    WeaklySupported,
    /// They carry neither.
    Undetermined,
    /// They are not as it would have them.
    Rejected,
}
