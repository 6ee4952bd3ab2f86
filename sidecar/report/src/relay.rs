//! What Lifeline's relay wrote down of connections that have ended: how many, why, and what was waited out. Of the kinds of an end only those
//! that are known here are told by name, so that nothing of a file that somebody else wrote gets through.

mod requests;

use std::{
    collections::BTreeMap,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    calendar::{Calendar, rfc3339},
    contract::{RelayDay, RelayEnd, RelayHost, RelayRecords, RelaySilence},
    names::Names,
    summary::Span,
};
use requests::Exchange;

/// Most of one file that is read, in bytes: twice what the daemon lets it have.
const FILE_BYTES: u64 = 2_000_000;

/// Silences that are told: the longest.
const SILENCES: usize = 5;

/// Hosts that are told by name: those with most connections.
const HOSTS: usize = 10;

/// A connection that the other side broke after so long a silence was gone before, or had stalled; in milliseconds. The API's pings are closer
/// together.
const AT_REST_MS: u64 = 30_000;

/// The relay waits at least so long between two attempts to connect: 1 s, less a quarter of jitter. In milliseconds.
const FIRST_WAIT_MS: u64 = 750;

/// As the relay writes it; what is newer is passed over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    /// When it came, in milliseconds since the Unix epoch.
    unix_ms: u64,
    host: String,
    is_api: bool,
    #[serde(default)]
    attempts: u32,
    /// Until there was a tunnel; none when there never was.
    #[serde(default)]
    connect_ms: Option<u64>,
    #[serde(default)]
    duration_ms: u64,
    #[serde(default)]
    longest_silence_ms: u64,
    end: End,
    /// What the gateway saw; a tunnel sees nothing.
    #[serde(default)]
    exchange: Option<Exchange>,
}

#[derive(Debug, Deserialize)]
struct End {
    how: String,
    #[serde(default)]
    by: Option<String>,
}

/// What an end means for the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// As it is to be.
    Orderly,
    /// The relay ended a silence.
    Silence,
    /// The other side, or what is on the way, broke it.
    Broken,
    /// The way to the other side was gone: so it was broken.
    WayGone,
}

/// The name of an end, and what it means. A connection that never came to be is broken, too.
const ENDS: [(&str, Option<&str>, &str, Meaning); 22] = [
    ("closed", Some("client"), "closedByClient", Meaning::Orderly),
    ("closed", Some("server"), "closedByServer", Meaning::Orderly),
    ("reset", Some("client"), "resetByClient", Meaning::Orderly),
    ("reset", Some("server"), "resetByServer", Meaning::Broken),
    ("lost", Some("client"), "lostToClient", Meaning::Orderly),
    ("lost", Some("server"), "lostToServer", Meaning::WayGone),
    ("stalled", None, "stalled", Meaning::Silence),
    ("silent", None, "silent", Meaning::Silence),
    ("refused", None, "refused", Meaning::Broken),
    ("unreachable", None, "unreachable", Meaning::WayGone),
    ("dns", None, "dns", Meaning::WayGone),
    ("timedOut", None, "timedOut", Meaning::Broken),
    ("noRoute", None, "noRoute", Meaning::WayGone),
    ("proxy", None, "proxy", Meaning::Broken),
    ("failed", None, "failed", Meaning::Broken),
    ("abandoned", None, "abandoned", Meaning::Orderly),
    ("shutdown", None, "shutdown", Meaning::Orderly),
    ("answered", None, "answered", Meaning::Orderly),
    ("streamReset", None, "streamReset", Meaning::Broken),
    ("goAway", None, "goAway", Meaning::Broken),
    ("alert", None, "alert", Meaning::Broken),
    ("certificate", None, "certificate", Meaning::Broken),
];

/// Of an end that is newer than this program.
const OTHER: (&str, Meaning) = ("other", Meaning::Orderly);

impl Line {
    /// When it ended.
    fn at_ms(&self) -> u64 {
        self.unix_ms.saturating_add(self.duration_ms)
    }

    fn end(&self) -> (&'static str, Meaning) {
        let by = self.end.by.as_deref();
        let known =
            ENDS.iter().find(|(how, side, ..)| *how == self.end.how && (side.is_none() || *side == by));
        known.map_or(OTHER, |(_, _, name, meaning)| (*name, *meaning))
    }

    /// An outage was waited out: how long, in milliseconds. The gateway's attempts are also those after an answer.
    fn waited_ms(&self) -> Option<u64> {
        let least = if self.exchange.is_some() { FIRST_WAIT_MS } else { 0 };
        self.connect_ms.filter(|connect_ms| self.attempts > 1 && *connect_ms >= least)
    }

    fn is_broken(&self) -> bool {
        matches!(self.end().1, Meaning::Broken | Meaning::WayGone)
    }
}

/// Counts what these files hold, the older first; a line that is no record is left out. `None` when there is no file.
pub(crate) fn read(files: &[PathBuf], calendar: &Calendar, span: Span, names: Names) -> Option<RelayRecords> {
    let mut found = None;
    for file in files {
        if let Ok(lines) = read_one(file) {
            found.get_or_insert_with(Vec::new).extend(lines);
        }
    }
    let mut lines: Vec<Line> = found?;
    lines.retain(|line| span.holds(Some(line.at_ms())));
    lines.sort_by_key(Line::at_ms);
    Some(count(&lines, calendar, names))
}

fn read_one(file: &Path) -> io::Result<Vec<Line>> {
    let mut text = Vec::new();
    lifeline_transcript::open_regular(file)?.take(FILE_BYTES).read_to_end(&mut text)?;
    Ok(text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

fn count(lines: &[Line], calendar: &Calendar, names: Names) -> RelayRecords {
    let (api, others): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| line.is_api);
    let many = |is: &dyn Fn(&Line) -> bool| api.iter().filter(|line| is(line)).count() as u64;
    let waits = || api.iter().filter_map(|line| line.waited_ms());
    RelayRecords {
        first: api.first().and_then(|line| rfc3339(line.at_ms())),
        last: api.last().and_then(|line| rfc3339(line.at_ms())),
        connections: api.len() as u64,
        other_connections: others.len() as u64,
        by_end: by_end(&api),
        by_host: by_host(&api, names),
        silences_ended: many(&|line| line.end().1 == Meaning::Silence),
        outages_waited_out: waits().count() as u64,
        outage_seconds: seconds(waits().fold(0, u64::saturating_add)),
        longest_outage_seconds: waits().max().map(seconds),
        broken: many(&Line::is_broken),
        way_gone: many(&|line| line.end().1 == Meaning::WayGone),
        broken_at_rest: many(&|line| line.is_broken() && line.longest_silence_ms >= AT_REST_MS),
        never_connected: many(&|line| line.is_broken() && line.connect_ms.is_none()),
        longest_silences: longest_silences(&api),
        requests: requests::requests(&api),
        by_day: by_day(&api, calendar),
    }
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

/// The most frequent first.
fn most<K: Ord>(counts: BTreeMap<K, u64>) -> Vec<(K, u64)> {
    let mut counts: Vec<(K, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

fn by_end(lines: &[&Line]) -> Vec<RelayEnd> {
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    lines.iter().for_each(|line| *counts.entry(line.end().0).or_default() += 1);
    most(counts).into_iter().map(|(end, count)| RelayEnd { end, count }).collect()
}

fn by_host(lines: &[&Line], names: Names) -> Vec<RelayHost> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    lines.iter().for_each(|line| *counts.entry(names.host(&line.host)).or_default() += 1);
    most(counts).into_iter().take(HOSTS).map(|(host, connections)| RelayHost { host, connections }).collect()
}

fn longest_silences(lines: &[&Line]) -> Vec<RelaySilence> {
    let mut silent: Vec<&&Line> = lines.iter().filter(|line| line.longest_silence_ms > 0).collect();
    silent.sort_by_key(|line| std::cmp::Reverse(line.longest_silence_ms));
    let told = silent.into_iter().take(SILENCES);
    told.map(|line| RelaySilence {
        ended: rfc3339(line.at_ms()),
        seconds: seconds(line.longest_silence_ms),
        end: line.end().0,
    })
    .collect()
}

fn by_day(lines: &[&Line], calendar: &Calendar) -> Vec<RelayDay> {
    let mut days: BTreeMap<String, RelayDay> = BTreeMap::new();
    for line in lines {
        let Some(moment) = calendar.moment(line.at_ms()) else { continue };
        let day = days
            .entry(moment.date)
            .or_insert_with_key(|date| RelayDay { date: date.clone(), ..RelayDay::default() });
        day.connections += 1;
        day.silences_ended += u64::from(line.end().1 == Meaning::Silence);
        day.broken += u64::from(line.is_broken());
        if let Some(waited) = line.waited_ms() {
            day.outages_waited_out += 1;
            day.outage_seconds += seconds(waited);
        }
    }
    days.into_values().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OFFICIAL: &str = "api.anthropic.com";
    /// 2026-04-12T13:20:00Z.
    const NOW: u64 = 1_776_000_000_000;

    fn line(at_ms: u64, host: &str, end: &str, more: &str) -> String {
        format!(
            r#"{{"unixMs":{at_ms},"host":"{host}","port":443,"isApi":true,"isProxied":false,"bytesUp":9,"bytesDown":9,"attempts":1,"connectMs":20,"firstByteMs":30,"durationMs":1000,"longestSilenceMs":0,"end":{end},"tcp":null{more}}}"#
        )
    }

    fn with(line: &str, pairs: &[(&str, &str)]) -> String {
        pairs.iter().fold(line.to_owned(), |line, (from, to)| {
            assert!(line.contains(from), "{from}: {line}");
            line.replace(from, to)
        })
    }

    /// What comes of these lines, the first of them in the older file.
    fn told(lines: &[String], span: Span, names: Names) -> Option<RelayRecords> {
        let dir = tempfile::tempdir().unwrap();
        let files = ["relay.jsonl.1", "relay.jsonl"].map(|name| dir.path().join(name));
        let (first, rest) = lines.split_first().unwrap();
        std::fs::write(&files[0], first).unwrap();
        std::fs::write(&files[1], rest.join("\n")).unwrap();
        read(&files, &Calendar::utc(), span, names)
    }

    fn some() -> Vec<String> {
        let closed = line(NOW, OFFICIAL, r#"{"how":"closed","by":"client"}"#, "");
        vec![
            closed.clone(),
            "torn {".into(),
            with(&line(NOW, OFFICIAL, r#"{"how":"silent"}"#, ""), &[("SilenceMs\":0", "SilenceMs\":75000")]),
            with(
                &line(NOW, OFFICIAL, r#"{"how":"reset","by":"server"}"#, ""),
                &[("SilenceMs\":0", "SilenceMs\":40000"), ("durationMs\":1000", "durationMs\":86400000")],
            ),
            line(NOW, OFFICIAL, r#"{"how":"lost","by":"server"}"#, ""),
            with(&closed, &[("attempts\":1", "attempts\":4"), ("connectMs\":20", "connectMs\":21500")]),
            with(
                &line(NOW, OFFICIAL, r#"{"how":"noRoute"}"#, ""),
                &[("connectMs\":20", "connectMs\":null"), ("attempts\":1", "attempts\":9")],
            ),
            line(NOW, "gateway.acme.example", r#"{"how":"exploded","code":7}"#, r#","more":{}"#),
            with(&closed, &[("isApi\":true", "isApi\":false"), (OFFICIAL, "git.acme.example")]),
        ]
    }

    #[test]
    fn what_the_relay_wrote_is_counted() {
        let told = told(&some(), Span::default(), Names::Redacted).unwrap();
        assert_eq!((told.connections, told.other_connections), (7, 1));
        assert_eq!((told.silences_ended, told.broken, told.way_gone, told.never_connected), (1, 3, 2, 1));
        assert_eq!(told.broken_at_rest, 1, "silent for 40 s, and then reset");
        assert_eq!(
            (told.outages_waited_out, told.outage_seconds, told.longest_outage_seconds),
            (1, 21.5, Some(21.5))
        );
        let ends: Vec<_> = told.by_end.iter().map(|by| (by.end, by.count)).collect();
        assert_eq!(
            ends,
            [
                ("closedByClient", 2),
                ("lostToServer", 1),
                ("noRoute", 1),
                ("other", 1),
                ("resetByServer", 1),
                ("silent", 1)
            ]
        );
        let silences: Vec<_> = told.longest_silences.iter().map(|one| (one.seconds, one.end)).collect();
        assert_eq!(silences, [(75.0, "silent"), (40.0, "resetByServer")]);
        let days: Vec<_> = told
            .by_day
            .iter()
            .map(|day| (day.date.as_str(), day.connections, day.broken, day.outages_waited_out))
            .collect();
        assert_eq!(days, [("2026-04-12", 6, 2, 1), ("2026-04-13", 1, 1, 0)], "when they ended");
        assert_eq!(told.first.as_deref(), Some("2026-04-12T13:20:01.000Z"));
    }

    #[test]
    fn hosts_are_told_when_they_are_the_apis_own_or_asked_for() {
        let hosts = |names| {
            let told = told(&some(), Span::default(), names).unwrap();
            told.by_host.into_iter().map(|by| (by.host, by.connections)).collect::<Vec<_>>()
        };
        assert_eq!(hosts(Names::Redacted), [(OFFICIAL.to_owned(), 6), ("other".into(), 1)]);
        assert_eq!(hosts(Names::Plain), [(OFFICIAL.to_owned(), 6), ("gateway.acme.example".into(), 1)]);
    }

    #[test]
    fn a_span_holds_what_ended_in_it_and_no_file_is_no_relay() {
        let span = Span { since_ms: Some(NOW + 2000), until_ms: None };
        assert_eq!(told(&some(), span, Names::Redacted).unwrap().connections, 1);
        let none = Span { since_ms: Some(0), until_ms: Some(1) };
        assert_eq!(told(&some(), none, Names::Redacted).unwrap(), RelayRecords::default());
        let missing = [PathBuf::from("/nonexistent/relay.jsonl")];
        assert_eq!(read(&missing, &Calendar::utc(), Span::default(), Names::Plain), None);
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let dir = tempfile::tempdir().unwrap();
            let file = dir.path().join("relay.jsonl");
            std::fs::write(&file, bytes).unwrap();
            read(&[file], &Calendar::utc(), Span::default(), Names::Redacted);
        }

        #[test]
        fn nothing_that_stands_there_is_told_and_no_number_is_too_large(
            text in "[A-Za-z.<>/:@ -]{9,40}",
            numbers in proptest::collection::vec(any::<u64>(), 4),
            attempts: u32,
            names in prop_oneof![Just(Names::Redacted), Just(Names::Plain)],
        ) {
            let line = serde_json::json!({
                "unixMs": numbers[0], "host": &text, "isApi": true, "attempts": attempts, "connectMs": numbers[1],
                "durationMs": numbers[2], "longestSilenceMs": numbers[3], "end": { "how": &text, "by": &text },
            }).to_string();
            let records = told(&[line.clone(), line], Span::default(), names).unwrap();
            let json = serde_json::to_string(&records).unwrap();
            let is_host = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
            prop_assert_eq!(records.connections, 2);
            prop_assert!(!json.contains(&text) || (names == Names::Plain && is_host), "{}", json);
        }
    }
}
