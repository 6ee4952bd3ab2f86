//! What the hypotheses weigh beside the figures of the contract.

use std::collections::{BTreeMap, BTreeSet};

use crate::{calendar::Calendar, choose::Chosen, figures::SIZES, summary::Error};

/// Errors this close together, of several sessions, may have one cause outside of all of them, in milliseconds.
const TOGETHER_MS: u64 = 60_000;

/// Codes of a machine that has lost its network, or the way to it.
const NETWORK_LOST: [&str; 7] =
    ["ENOTFOUND", "EAI_AGAIN", "ENETDOWN", "ENETUNREACH", "ENETRESET", "EHOSTDOWN", "EHOSTUNREACH"];

/// Codes of connections that were reset, or on which nothing came any more: what Lifeline's relay is for.
const CURABLE: [&str; 8] = [
    "ECONNRESET",
    "EPIPE",
    "ECONNABORTED",
    "ETIMEDOUT",
    "ESOCKETTIMEDOUT",
    "UND_ERR_SOCKET",
    "UND_ERR_BODY_TIMEOUT",
    "UND_ERR_HEADERS_TIMEOUT",
];

/// How long a connection was at rest before a request failed that was not tried before.
pub(crate) const IDLE_MS: u64 = 300_000;

/// Counts of errors of connections (without answers of HTTP) unless they say otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Signals {
    /// All of them.
    pub(crate) connection_errors: u64,
    /// With one of [`NETWORK_LOST`].
    pub(crate) network_lost: u64,
    /// With one of [`CURABLE`].
    pub(crate) curable: u64,
    /// Errors that came within a minute of another session's.
    pub(crate) shared: u64,
    /// Sessions with one.
    pub(crate) sessions_affected: u64,
    /// By size of the session's main file: bytes of all sessions, those affected, errors.
    pub(crate) sizes: [Size; SIZES.len()],
    /// First attempts whose gap is known.
    pub(crate) first_attempts: u64,
    /// Those after more than [`IDLE_MS`] of rest.
    pub(crate) first_attempts_after_rest: u64,
    /// Days with an error.
    pub(crate) days: u64,
    /// Of each hour, on how many days it had an error.
    pub(crate) days_by_hour: [u64; 24],
    /// Errors that say whether they came in the middle of an answer, and those that did.
    pub(crate) with_source: u64,
    pub(crate) mid_stream: u64,
    /// Answers of HTTP that tell of overload, and all answers.
    pub(crate) overloaded: u64,
    pub(crate) answers: u64,
}

/// Sessions of one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) sessions: u64,
    pub(crate) bytes: u64,
    pub(crate) affected: u64,
    pub(crate) errors: u64,
}

/// Weighs the errors. `bytes_of` knows the sessions that have a main file.
pub(crate) fn signals(
    errors: &[Chosen<'_, Error>],
    bytes_of: &BTreeMap<&str, u64>,
    calendar: &Calendar,
) -> Signals {
    let (answers, connection): (Vec<&Chosen<'_, Error>>, Vec<_>) =
        errors.iter().partition(|error| error.told.status.is_some());
    let count = |is: &dyn Fn(&Error) -> bool| connection.iter().filter(|error| is(error.told)).count() as u64;
    let first_gap = |error: &Error| error.gap_ms.filter(|_| error.attempt == Some(1));
    let (days, days_by_hour) = days(&connection, calendar);
    Signals {
        connection_errors: connection.len() as u64,
        network_lost: count(&|error| error.code.as_deref().is_some_and(|code| NETWORK_LOST.contains(&code))),
        curable: count(&|error| error.code.as_deref().is_some_and(|code| CURABLE.contains(&code))),
        shared: shared(&connection),
        sessions_affected: sessions(&connection).len() as u64,
        sizes: sizes(&connection, bytes_of),
        first_attempts: count(&|error| first_gap(error).is_some()),
        first_attempts_after_rest: count(&|error| first_gap(error).is_some_and(|gap| gap > IDLE_MS)),
        days,
        days_by_hour,
        with_source: count(&|error| error.is_mid_stream.is_some()),
        mid_stream: count(&|error| error.is_mid_stream == Some(true)),
        overloaded: answers.iter().filter(|error| is_overload(error.told)).count() as u64,
        answers: answers.len() as u64,
    }
}

fn is_overload(error: &Error) -> bool {
    error.status == Some(529) || error.status_type.as_deref() == Some("overloaded_error")
}

fn sessions<'a>(errors: &[&'a Chosen<'_, Error>]) -> BTreeSet<&'a str> {
    errors.iter().map(|error| error.session.as_str()).collect()
}

/// Errors that have one of another session near them.
fn shared(errors: &[&Chosen<'_, Error>]) -> u64 {
    let timed = errors.iter().filter_map(|error| Some((error.told.at_ms?, error.session.as_str())));
    let mut timed: Vec<(u64, &str)> = timed.collect();
    timed.sort_unstable();
    let runs = timed.chunk_by(|(before, _), (after, _)| after - before <= TOGETHER_MS);
    let of_several = runs.filter(|run| run.iter().any(|(_, session)| *session != run[0].1));
    of_several.map(|run| run.len() as u64).sum()
}

fn sizes(errors: &[&Chosen<'_, Error>], bytes_of: &BTreeMap<&str, u64>) -> [Size; SIZES.len()] {
    let bucket = |bytes: u64| SIZES.iter().position(|(end, _)| bytes < *end).unwrap_or(SIZES.len() - 1);
    let mut sizes = [Size::default(); SIZES.len()];
    for bytes in bytes_of.values() {
        sizes[bucket(*bytes)].sessions += 1;
        sizes[bucket(*bytes)].bytes += bytes;
    }
    for session in sessions(errors) {
        if let Some(bytes) = bytes_of.get(session) {
            let own = errors.iter().filter(|error| error.session == session).count();
            sizes[bucket(*bytes)].affected += 1;
            sizes[bucket(*bytes)].errors += own as u64;
        }
    }
    sizes
}

fn days(errors: &[&Chosen<'_, Error>], calendar: &Calendar) -> (u64, [u64; 24]) {
    let moments = errors.iter().filter_map(|error| calendar.moment(error.told.at_ms?));
    let hours: BTreeSet<(String, usize)> = moments.map(|moment| (moment.date, moment.hour)).collect();
    let days: BTreeSet<&str> = hours.iter().map(|(day, _)| day.as_str()).collect();
    let mut by_hour = [0; 24];
    hours.iter().for_each(|(_, hour)| by_hour[*hour] += 1);
    (days.len() as u64, by_hour)
}
