//! What Claude Code's transcripts tell of its connection to the API: every figure of DESIGN's report, what may be behind them, and the same
//! as text, Markdown and HTML.
//!
//! [`report`] reads; the rest turns what it found into words. Nothing that was said in a session is kept, and unless [`Names::Plain`] is
//! asked for nothing tells whose it was.

#![forbid(unsafe_code)]

mod calendar;
mod choose;
mod contract;
mod entry;
mod figures;
mod hypotheses;
mod index;
mod link;
mod names;
mod network;
mod read;
mod relay;
pub mod render;
mod signals;
mod summary;
mod words;

use std::path::PathBuf;

pub use calendar::Calendar;
pub use contract::{
    Bucket, Burst, Bursts, ByCode, ByDay, ByHour, ByModel, ByPath, ByProject, BySessionSize, ByStatus,
    ByVersion, ByWeekday, Corpus, Errors, Hypothesis, LinkEvents, LinkHour, LongestFailingTurn, Measured,
    Noticer, RelayDay, RelayEnd, RelayFailure, RelayHost, RelayRecords, RelayRequests, RelaySilence, Report,
    Retry, SCHEMA, UnexplainedRetries, Verdict, Window,
};
pub use figures::recent::{Occurrence, Recent};
pub use index::Index;
pub use link::desktop_logs;
pub use names::Names;
pub use network::{NETWORK_FILE, NetworkChange, NetworkNote, read_notes};
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
    /// Where what was read is kept, so that the next report need not read it again; none to read everything and keep nothing.
    pub index: Option<Index>,
    /// Logs of Claude's desktop app, in this machine's time; see [`desktop_logs`]. Those that are not there are left out.
    pub link_logs: Vec<PathBuf>,
    /// What the daemon noted of the network, [`NETWORK_FILE`] in its state folder.
    pub network_notes: Option<PathBuf>,
    /// What Lifeline's relay wrote down, the older first. Those that are not there are left out.
    pub relay_records: Vec<PathBuf>,
    /// What is said at the end when connections were reset or stalled: that there is a relay. None where it is on.
    pub relay_offer: Option<String>,
}

/// Reads all transcripts, or what of them is not known from the last time, and counts. `progress` hears how many of how many bytes of lines
/// have been read, from any thread, and nothing when none had to be.
pub fn report(options: &Options, progress: &(dyn Fn(u64, u64) + Sync)) -> Report {
    let sources = read::read(options, progress);
    let local = Calendar::local();
    let of_app = link::read(&options.link_logs, &local, options.span);
    let own = options.network_notes.as_ref().and_then(|file| network::events(file, options.span));
    let noticed = link::Noticed::of(of_app, own);
    let relay = relay::read(&options.relay_records, &options.calendar, options.span, options.names);
    figures::report(&sources, noticed.as_ref(), relay, options)
}

/// Reads as [`report`] does, and tells each error by itself instead of counting.
pub fn recent(options: &Options) -> Recent {
    figures::recent::recent(&read::read(options, &|_, _| {}), options)
}
