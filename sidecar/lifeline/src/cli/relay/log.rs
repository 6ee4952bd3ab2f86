//! `lifeline relay log`: the connections that have ended, and why.

use std::path::Path;

use lifeline_relay::{End, Record, Side};

use super::{Exit, Failure, Format};
use crate::{
    cli::page::{Ink, Page, Word, ago, shortened, size, span},
    clock,
    relay::records_files,
};

/// Most of one file of records that is read, in bytes: twice what it may have.
const RECORDS_BYTES: u64 = 2_000_000;

/// Of the log. The last ones are what a gateway alone sees.
const HEADINGS: [&str; 12] = [
    "WHEN",
    "HOST",
    "END",
    "TOOK",
    "FIRST BYTE",
    "SILENCE",
    "UP",
    "DOWN",
    "ATTEMPTS",
    "RESENT",
    "STATUS",
    "REQUEST ID",
];
const SEEN_COLUMNS: usize = 2;

/// Cells of a host's name.
const HOST_CELLS: usize = 32;

pub(super) fn show(
    state_dir: &Path,
    last: usize,
    format: Format,
    page: &mut Page<'_>,
) -> Result<Exit, Failure> {
    let mut records: Vec<Record> = Vec::new();
    for file in records_files(state_dir) {
        let text = match std::fs::metadata(&file) {
            Ok(found) if found.is_file() && found.len() <= RECORDS_BYTES => {
                std::fs::read(&file).unwrap_or_default()
            }
            _ => continue,
        };
        // A line that is torn, or of a newer Lifeline, is left out.
        records
            .extend(text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()));
    }
    records.reverse();
    records.truncate(last);
    match format {
        Format::Json => page.json(&records)?,
        Format::Text if records.is_empty() => {
            page.line(&["No connection has gone through the relay.".into()])?
        }
        Format::Text => {
            // A tunnel sees nothing of these.
            let sees = records.iter().any(|record| record.exchange.is_some());
            let columns = if sees { HEADINGS.len() } else { HEADINGS.len() - SEEN_COLUMNS };
            let now_unix_ms = clock::unix_ms();
            let rows: Vec<Vec<Word>> = records
                .iter()
                .map(|record| row(record, now_unix_ms).into_iter().take(columns).collect())
                .collect();
            page.table(&HEADINGS[..columns], &rows)?;
        }
    }
    Ok(Exit::Fine)
}

fn row(record: &Record, now_unix_ms: u64) -> Vec<Word> {
    let status = record.exchange.as_ref().and_then(|exchange| exchange.status);
    let request_id = record.exchange.as_ref().and_then(|exchange| exchange.request_id.clone());
    let (end, ink) = end(&record.end);
    vec![
        Word::new(ago(record.unix_ms, now_unix_ms), Ink::Dim),
        shortened(&record.host, HOST_CELLS).into(),
        Word::new(end, ink),
        span(record.duration_ms).into(),
        record.first_byte_ms.map(span).unwrap_or_default().into(),
        span(record.longest_silence_ms).into(),
        size(record.bytes_up).into(),
        size(record.bytes_down).into(),
        record.attempts.to_string().into(),
        record.tcp.map(|tcp| tcp.retransmits.to_string()).unwrap_or_default().into(),
        status.map(|status| status.to_string()).unwrap_or_default().into(),
        request_id.unwrap_or_default().into(),
    ]
}

/// Why a connection closed, in words.
fn end(end: &End) -> (String, Ink) {
    let whose = |side: &Side| match side {
        Side::Client => "the client",
        Side::Server => "the server",
    };
    match end {
        End::Closed { by } => (format!("closed by {}", whose(by)), Ink::Plain),
        End::Reset { by: Side::Client } => ("reset by the client".into(), Ink::Plain),
        End::Reset { by } => (format!("reset by {}", whose(by)), Ink::Bad),
        End::Lost { by } => (format!("lost to {}", whose(by)), Ink::Bad),
        End::Stalled => ("no answer: reset by the relay".into(), Ink::Bad),
        End::Silent => ("silent: reset by the relay".into(), Ink::Warn),
        End::Refused => ("refused".into(), Ink::Bad),
        End::Unreachable => ("unreachable".into(), Ink::Bad),
        End::Dns => ("name not resolved".into(), Ink::Bad),
        End::TimedOut => ("did not answer".into(), Ink::Bad),
        End::NoRoute => ("no network".into(), Ink::Bad),
        End::Proxy { status: 0 } => ("the proxy hung up".into(), Ink::Bad),
        End::Proxy { status } => (format!("the proxy answered {status}"), Ink::Bad),
        End::Failed => ("could not connect".into(), Ink::Bad),
        End::Abandoned => ("the client left before".into(), Ink::Plain),
        End::Shutdown => ("the relay ended".into(), Ink::Plain),
        End::Answered => ("answered".into(), Ink::Plain),
        End::StreamReset { code } => (format!("stream reset by the server ({code})"), Ink::Bad),
        End::GoAway { code } => (format!("ended by the server (GOAWAY {code})"), Ink::Bad),
        End::Alert { code } => (format!("TLS alert {code}"), Ink::Bad),
        End::Certificate => ("certificate not trusted".into(), Ink::Bad),
    }
}
