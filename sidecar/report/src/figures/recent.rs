//! Errors one by one, for whoever asks of one kind of them.

use super::{retries, sessions, unexplained};
use crate::{Options, choose::choose, read::Sources};

/// What happened in a span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recent {
    /// `api_error` records that have a time, each once.
    pub errors: Vec<Occurrence>,
    /// Turns that ended with an error.
    pub turns_died: u64,
    /// Requests that were tried as often as they may be.
    pub retries_exhausted: u64,
    /// Requests that were made again without a record of why.
    pub unexplained_retries: u64,
}

/// An error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// When, in milliseconds since the Unix epoch.
    pub unix_ms: u64,
    /// As the record has it; none where it has none.
    pub code: Option<String>,
    /// Of an answer of HTTP.
    pub status: Option<u16>,
    /// As [`Names`](crate::Names) tells it.
    pub session: String,
    /// Of the session's main file; none when that is gone.
    pub session_bytes: Option<u64>,
}

pub(crate) fn recent(sources: &Sources, options: &Options) -> Recent {
    let sources = sources.files.as_slice();
    let sessions = sessions(sources);
    let errors = choose(sources, |source| &source.summary.errors, options.span);
    let failures = choose(sources, |source| &source.summary.failures, options.span);
    let occurrences = errors.iter().filter_map(|error| {
        Some(Occurrence {
            unix_ms: error.told.at_ms?,
            code: error.told.code.clone(),
            status: error.told.status,
            session: options.names.session(&error.session),
            session_bytes: sessions.get(error.session.as_str()).map(|session| session.bytes),
        })
    });
    Recent {
        errors: occurrences.collect(),
        turns_died: failures.len() as u64,
        retries_exhausted: retries::exhausted(sources, &errors),
        unexplained_retries: unexplained(sources, options.span).map_or(0, |retries| retries.count),
    }
}
