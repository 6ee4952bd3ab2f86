//! What was noticed of this machine's network, held against the errors: Claude's desktop app writes each error of Chromium's network stack into
//! its log. Two programs that lose their connections in the same minute have not both done something wrong (seed 3, section 6).

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
};

use crate::{
    calendar::{Calendar, rfc3339},
    contract::{LinkCode, LinkEvents, LinkHour, Noticer},
    summary::Span,
};

/// What Chromium calls errors of its network stack.
const MARK: &str = "net::ERR_";

/// Codes that say that the network was not there, or changed, on this side of the service.
const NETWORK_LOST: [&str; 7] = [
    "ERR_INTERNET_DISCONNECTED",
    "ERR_NETWORK_CHANGED",
    "ERR_NETWORK_IO_SUSPENDED",
    "ERR_NETWORK_ACCESS_DENIED",
    "ERR_NAME_NOT_RESOLVED",
    "ERR_ADDRESS_UNREACHABLE",
    "ERR_PROXY_CONNECTION_FAILED",
];

/// Two programs that lose their connections so close together lose them for one reason, in milliseconds.
const NEAR_MS: u64 = 60_000;

/// Longest line that is read; the rest of a longer one is passed over. In bytes.
const LINE_BYTES: u64 = 16 * 1024;

/// Most that is kept of one log: a machine without a network writes one every few seconds.
const EVENTS_AT_MOST: usize = 1_000_000;

/// Something that happened to the network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LinkEvent {
    /// In milliseconds since the Unix epoch.
    pub(crate) at_ms: u64,
    /// `ERR_INTERNET_DISCONNECTED`, …
    pub(crate) code: String,
    /// The daemon noticed it, not the desktop app.
    pub(crate) is_own: bool,
}

impl LinkEvent {
    /// The network was not there, or changed, on this side of the service.
    pub(crate) fn is_of_this_side(&self) -> bool {
        self.is_own || NETWORK_LOST.contains(&self.code.as_str())
    }
}

/// Where the desktop app writes its log; the first is the one in use. `variable` reads the environment.
pub fn desktop_logs(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Vec<PathBuf> {
    let home = || variable("HOME").map(PathBuf::from);
    let folder = if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Logs/Claude"))
    } else if cfg!(windows) {
        variable("APPDATA").map(|data| PathBuf::from(data).join("Claude").join("logs"))
    } else {
        let config = variable("XDG_CONFIG_HOME").filter(|config| !config.is_empty()).map(PathBuf::from);
        config.or_else(|| home().map(|home| home.join(".config"))).map(|config| config.join("Claude/logs"))
    };
    let names = ["main.log", "main1.log", "main.old.log"];
    folder.map(|folder| names.map(|name| folder.join(name)).into()).unwrap_or_default()
}

/// All that was noticed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Noticed {
    by: Vec<Noticer>,
    /// In order of time.
    events: Vec<LinkEvent>,
}

impl Noticed {
    /// `None` when nobody was there to notice anything.
    pub(crate) fn of(app: Option<Vec<LinkEvent>>, own: Option<Vec<LinkEvent>>) -> Option<Self> {
        let mut noticed = Self::default();
        for (by, events) in [(Noticer::DesktopApp, app), (Noticer::Lifeline, own)] {
            if let Some(events) = events {
                noticed.by.push(by);
                noticed.events.extend(events);
            }
        }
        noticed.events.sort_unstable();
        (!noticed.by.is_empty()).then_some(noticed)
    }
}

/// Errors of connections beside what was noticed; `errors`: when each of them was, in order.
pub(crate) fn align(noticed: &Noticed, errors: &[u64], calendar: &Calendar) -> LinkEvents {
    let events = &noticed.events;
    let of_this_side: Vec<u64> =
        events.iter().filter(|event| event.is_of_this_side()).map(|event| event.at_ms).collect();
    let is_near = |at: &&u64| {
        let next = of_this_side.partition_point(|event| event + NEAR_MS < **at);
        of_this_side.get(next).is_some_and(|event| event.abs_diff(**at) <= NEAR_MS)
    };
    let mut by_code: BTreeMap<&str, u64> = BTreeMap::new();
    events.iter().for_each(|event| *by_code.entry(&event.code).or_default() += 1);
    let mut by_code: Vec<LinkCode> =
        by_code.into_iter().map(|(code, count)| LinkCode { code: code.to_owned(), count }).collect();
    by_code.sort_by_key(|by| std::cmp::Reverse(by.count));
    let mut hours: BTreeMap<(String, usize), LinkHour> = BTreeMap::new();
    let mut count = |at: u64, add: fn(&mut LinkHour)| {
        if let Some(moment) = calendar.moment(at) {
            let hour = format!("{} {:02}:00", moment.date, moment.hour);
            let known = hours.entry((moment.date, moment.hour));
            add(known.or_insert(LinkHour { hour, errors: 0, events: 0 }));
        }
    };
    errors.iter().for_each(|at| count(*at, |hour| hour.errors += 1));
    of_this_side.iter().for_each(|at| count(*at, |hour| hour.events += 1));
    let hours: Vec<LinkHour> =
        hours.into_values().filter(|hour| hour.errors > 0 && hour.events > 0).collect();
    let errors_in_hours = hours.iter().map(|hour| hour.errors).sum();
    LinkEvents {
        noticed_by: noticed.by.clone(),
        events: events.len() as u64,
        of_this_side: of_this_side.len() as u64,
        first: events.first().and_then(|event| rfc3339(event.at_ms)),
        last: events.last().and_then(|event| rfc3339(event.at_ms)),
        by_code,
        errors_near: errors.iter().filter(is_near).count() as u64,
        errors_in_hours,
        hours,
    }
}

/// Reads what logs hold; what cannot be read is left out. `None` when there is no log at all. The times in them are of
/// this calendar; what lies outside of the span is left out, too.
pub(crate) fn read(logs: &[PathBuf], calendar: &Calendar, span: Span) -> Option<Vec<LinkEvent>> {
    let mut read = None;
    for log in logs {
        if let Ok(events) = read_one(log, calendar) {
            read.get_or_insert_with(Vec::new).extend(events);
        }
    }
    let mut events: Vec<LinkEvent> = read?;
    events.retain(|event| span.holds(Some(event.at_ms)));
    Some(events)
}

fn read_one(log: &Path, calendar: &Calendar) -> io::Result<Vec<LinkEvent>> {
    let mut lines = BufReader::new(lifeline_transcript::open_regular(log)?);
    let mut events = Vec::new();
    // Whole hours of a zone are asked for once.
    let mut hours = BTreeMap::new();
    let mut line = Vec::new();
    while let Some(is_beginning) = next_line(&mut lines, &mut line)? {
        if is_beginning
            && events.len() < EVENTS_AT_MOST
            && let Some(event) = event(&String::from_utf8_lossy(&line), calendar, &mut hours)
        {
            events.push(event);
        }
    }
    Ok(events)
}

/// The next line, or the next piece of a long one; whether it is where a line begins. `None` at the end.
fn next_line(file: &mut BufReader<File>, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    let goes_on = !line.is_empty() && line.last() != Some(&b'\n');
    line.clear();
    let length = file.by_ref().take(LINE_BYTES).read_until(b'\n', line)?;
    Ok((length > 0).then_some(!goes_on))
}

/// `2026-04-17 12:13:15 [error] … net::ERR_NETWORK_CHANGED`.
fn event(line: &str, calendar: &Calendar, hours: &mut BTreeMap<String, Option<u64>>) -> Option<LinkEvent> {
    let (_, behind) = line.split_once(MARK)?;
    let end = behind.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
    let name = &behind[..end.unwrap_or(behind.len())];
    let time = line.get(..19).filter(|time| matches!(time.as_bytes()[10], b' ' | b'T'))?;
    let number = |at: std::ops::Range<usize>| time.get(at)?.parse::<u64>().ok();
    let (minute, second) = (number(14..16)?, number(17..19)?);
    let hour = format!("{}T{}:00", time.get(..10)?, time.get(11..13)?);
    let begin = *hours.entry(hour.clone()).or_insert_with(|| calendar.parse(&hour, 0).ok());
    let is_whole = !name.is_empty() && name.len() <= 60 && minute < 60 && second < 61;
    is_whole.then_some(LinkEvent {
        at_ms: begin?.checked_add((minute * 60 + second) * 1000)?,
        code: format!("ERR_{name}"),
        is_own: false,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn events_of(text: &[u8]) -> Vec<(u64, String)> {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("main.log");
        std::fs::write(&log, text).unwrap();
        let calendar = Calendar::of("America/Chicago").unwrap();
        let events = read(&[log], &calendar, Span::default()).expect("there is a log");
        events.into_iter().map(|event| (event.at_ms, event.code)).collect()
    }

    /// Lines of seed 3.
    #[test]
    fn the_log_of_the_desktop_app_is_read() {
        let text =
            "2026-04-17 12:13:15 [error] [sessions-bridge] Poll error, backing off: net::ERR_NETWORK_CHANGED
2026-04-17 12:13:53 [error] Failed to fetch blocklist: Error: net::ERR_INTERNET_DISCONNECTED
    at SimpleURLLoaderWrapper.<anonymous> (node:electron/js2c/browser_init:2:114224)
2026-04-17 12:14:00 [info] they talk about ERR_INTERNET_DISCONNECTED
net::ERR_FAILED
2026-13-17 12:13:15 [error] net::ERR_FAILED
2026-04-17 12:61:15 [error] net::ERR_FAILED
2026-04-17 12:13:15 [error] net::ERR_
";
        let begin = 1_776_445_995_000; // 2026-04-17T17:13:15Z
        assert_eq!(
            events_of(text.as_bytes()),
            [
                (begin, "ERR_NETWORK_CHANGED".to_owned()),
                (begin + 38_000, "ERR_INTERNET_DISCONNECTED".to_owned()),
            ]
        );
    }

    #[test]
    fn errors_are_held_against_what_the_log_says() {
        let minute = 60_000;
        let event = |at_ms, code: &str| LinkEvent { at_ms, code: code.into(), is_own: false };
        let lost = "ERR_INTERNET_DISCONNECTED";
        let events = [event(10 * minute, lost), event(11 * minute, lost), event(200 * minute, "ERR_FAILED")];
        let errors = [9 * minute, 12 * minute, 12 * minute + 1, 59 * minute, 200 * minute];
        let told =
            |app, own| align(&Noticed::of(app, own).expect("somebody noticed"), &errors, &Calendar::utc());
        let of_app = told(Some(events.to_vec()), None);
        assert_eq!((of_app.events, of_app.of_this_side), (3, 2));
        assert_eq!((of_app.errors_near, of_app.errors_in_hours), (2, 4));
        assert_eq!(of_app.by_code[0], LinkCode { code: lost.into(), count: 2 });
        assert_eq!(of_app.hours, [LinkHour { hour: "1970-01-01 00:00".into(), errors: 4, events: 2 }]);
        assert_eq!(
            (of_app.noticed_by, told(None, Some(Vec::new())).errors_near),
            (vec![Noticer::DesktopApp], 0)
        );

        let own = LinkEvent { at_ms: 58 * minute, code: "MACHINE_SLEPT".into(), is_own: true };
        let both = told(Some(events.to_vec()), Some(vec![own]));
        assert_eq!((both.of_this_side, both.errors_near, both.noticed_by.len()), (3, 3, 2));
        assert_eq!(Noticed::of(None, None), None);
    }

    #[test]
    fn a_line_of_any_length_is_one_line() {
        let long = "x".repeat(3 * 16 * 1024 + 7);
        let text = format!("2026-04-17 12:13:15 {long} net::ERR_FAILED\n2026-04-17 12:13:16 net::ERR_FAILED");
        assert_eq!(events_of(text.as_bytes()).len(), 1, "only the beginning of a line is looked at");
    }

    #[test]
    fn without_a_log_nothing_is_known() {
        assert_eq!(read(&["/nonexistent/main.log".into()], &Calendar::utc(), Span::default()), None);
        let of = |name: &str| (name == "HOME" || name == "APPDATA").then(|| "/home/x".into());
        let logs = desktop_logs(of);
        assert_eq!(logs.len(), 3);
        assert!(logs[0].starts_with("/home/x") && logs[0].ends_with("main.log"), "{logs:?}");
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_survived(pieces in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..40),
                Just(b"net::ERR_".to_vec()),
                Just(b"2026-04-17 12:13:15 ".to_vec()),
                Just("\u{e9}\n".as_bytes().to_vec()),
            ],
            0..20,
        )) {
            events_of(&pieces.concat());
        }
    }
}
