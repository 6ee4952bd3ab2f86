//! What Claude Code's transcripts tell of its connection to the API: every figure of DESIGN's report, what may be behind them, and the same
//! as text, Markdown and HTML.
//!
//! [`report`] reads; the rest turns what it found into words. Nothing that was said in a session is kept, and unless [`Names::Plain`] is
//! asked for nothing tells whose it was.

#![forbid(unsafe_code)]

mod calendar;
mod choose;
mod contract;
mod figures;
mod hypotheses;
mod names;
mod read;
pub mod render;
mod signals;
mod summary;
mod words;

use std::path::PathBuf;

pub use calendar::Calendar;
pub use contract::{
    Bucket, Burst, Bursts, ByCode, ByDay, ByHour, ByModel, ByPath, ByProject, BySessionSize, ByStatus,
    ByVersion, ByWeekday, Corpus, Errors, Hypothesis, LongestFailingTurn, Report, Retry, SCHEMA, Verdict,
    Window,
};
pub use names::Names;
pub use summary::Span;

/// What a report is made of, and how it tells it.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folders like `~/.claude/projects`.
    pub projects: Vec<PathBuf>,
    /// What is counted.
    pub span: Span,
    /// Days, hours and weekdays.
    pub calendar: Calendar,
    /// How things are called.
    pub names: Names,
}

/// Reads all transcripts and counts. `progress` hears how many of how many bytes have been read, from any thread.
pub fn report(options: &Options, progress: &(dyn Fn(u64, u64) + Sync)) -> Report {
    let sources = read::read(&options.projects, options.span, progress);
    figures::report(&sources, options)
}
