//! Sessions' connections to the API: requests that are made again, turns that died, answers that do not come, and whether it is one
//! session or all of them.

use std::{collections::BTreeMap, fmt, time::Duration};

use crate::{Decision, Time, WindowId};

/// A request that waits for longer is looked at from outside.
const LOOK_AFTER: Duration = Duration::from_secs(20);
/// And so often.
const LOOKS_APART: Duration = Duration::from_secs(5);

/// That a connection is back is worth a word for this long.
const RECOVERED_FOR: Duration = Duration::from_secs(10);
/// A turn that died is shown until its user goes on, or for this long.
const DIED_FOR: Duration = Duration::from_secs(10 * 60);
/// A turn that had died this long before it was noticed has been seen by its user.
const FRESH: Duration = Duration::from_secs(60);

/// So many sessions with trouble within [`STORM_WITHIN`] have it from the network or the service.
const STORM_SESSIONS: usize = 3;
/// See [`STORM_SESSIONS`]. Seed 3 counts errors that are at most 60 s apart as one burst.
const STORM_WITHIN: Duration = Duration::from_secs(60);

/// A larger session recovers about one time in ten when its turn has failed [`DEATHS`] times (seed 3, section 3.6). In bytes.
pub const LARGE_SESSION_BYTES: u64 = 6_000_000;
/// See [`LARGE_SESSION_BYTES`].
const DEATHS: u32 = 3;

/// Connections that are remembered; those that were heard of longest ago go first.
const CONNECTIONS_AT_MOST: usize = 256;
/// One of which nothing is heard for this long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);

/// Who makes requests: a session, or one of its subagents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ApiSource {
    /// Claude's own id of the session.
    pub session: String,
    /// The subagent's transcript; `None` for the session itself.
    pub subagent: Option<String>,
}

/// What broke, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ApiFault {
    /// `ECONNRESET`, `ETIMEDOUT`, …
    pub code: Option<String>,
    /// The HTTP status that the API answered with.
    pub status: Option<u16>,
    /// In the middle of an answer.
    pub is_mid_stream: bool,
}

impl fmt::Display for ApiFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, self.status) {
            (_, Some(529)) => f.write_str("the API is overloaded (529)")?,
            (_, Some(429)) => f.write_str("the API asks to slow down (429)")?,
            (_, Some(status @ 500..)) => write!(f, "the API answered with an error of its own ({status})")?,
            (_, Some(status)) => write!(f, "the API refused the request ({status})")?,
            (Some(code), None) => write!(f, "the connection broke ({code})")?,
            (None, None) => f.write_str("the request failed")?,
        }
        f.write_str(if self.is_mid_stream { " in the middle of the answer" } else { "" })
    }
}

/// How a request stands, by the transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum ApiState {
    /// None is under way: the session is idle, waits for its user, or runs a tool.
    Resting,
    /// One is under way.
    Awaiting,
    /// It failed, and is made again.
    Retrying {
        /// The attempt that failed, from 1.
        attempt: u32,
        /// How many there will be; 0 when that is not known.
        max: u32,
        /// The pause before the next.
        next_in: Duration,
        /// What broke.
        fault: ApiFault,
    },
    /// The turn ended with an error.
    Died {
        /// What broke last.
        fault: ApiFault,
        /// The user has typed something after that.
        typed_since: bool,
    },
}

/// What a transcript says now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ApiNews {
    /// Whose it is.
    pub source: ApiSource,
    /// The window that the session belongs to, as far as is known.
    pub window: Option<WindowId>,
    /// How its request stands.
    pub state: ApiState,
    /// Answers of the model that were written. Rises, and begins anew with another file.
    pub answers: u64,
    /// Since the last record was written.
    pub age: Duration,
    /// Size of the transcript, in bytes.
    pub bytes: u64,
    /// What a person calls the session. It is not written into a journal.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub title: String,
}

/// What the system says of a session's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Link {
    /// Its process is not there.
    Gone,
    /// Nobody can say.
    NotKnown,
    /// Nothing has come in on any of them for this long.
    SilentFor(Duration),
}

/// What is wrong with a connection, or was a moment ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A request failed, and is made again.
    Retrying {
        /// The attempt that failed, from 1.
        attempt: u32,
        /// How many there will be; 0 when that is not known.
        max: u32,
        /// Until the next; zero while it is under way.
        next_in: Duration,
        /// What broke.
        fault: ApiFault,
    },
    /// Nothing has come for so long, though a request is under way.
    Stalled {
        /// For how long.
        silent_for: Duration,
    },
    /// The turn ended with an error.
    Died {
        /// What broke last.
        fault: ApiFault,
        /// How many turns have died in a row.
        deaths: u32,
    },
    /// An answer has come.
    Recovered {
        /// After so many failed attempts.
        attempts: u32,
    },
}

/// One connection with trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Troubled {
    /// Whose it is.
    pub source: ApiSource,
    /// The window that it belongs to, as far as is known.
    pub window: Option<WindowId>,
    /// What is wrong.
    pub trouble: Trouble,
    /// Size of the transcript, in bytes.
    pub bytes: u64,
    /// What a person calls the session.
    pub title: String,
}

/// What the user is told, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiAlarm {
    pub(crate) window: WindowId,
    pub(crate) session: String,
    pub(crate) title: String,
    pub(crate) what: Alarm,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    Died {
        fault: ApiFault,
        /// How many sessions have trouble, when it is a storm.
        storm: Option<u32>,
    },
    DiedAgain {
        deaths: u32,
        bytes: u64,
    },
    /// One turn of a large session breaks again and again.
    Breaks {
        fault: ApiFault,
        attempts: u32,
        bytes: u64,
    },
    Stalled {
        silent_for: Duration,
    },
}

/// All connections.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub(crate) struct ApiHealth {
    connections: Vec<(ApiSource, Connection)>,
    /// In a storm only the first turn that dies is told of in each window.
    storm_told: Vec<(WindowId, Time)>,
    /// What was to be seen of each window last.
    #[cfg_attr(feature = "serde", serde(skip))]
    shown: BTreeMap<WindowId, Vec<String>>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Connection {
    window: Option<WindowId>,
    state: ApiState,
    heard_at: Time,
    /// Since when the request waits for its answer, when it does.
    waits_since: Time,
    answers: u64,
    /// Attempts that have failed since the last answer.
    attempts: u32,
    /// Turns that have died since the last answer.
    deaths: u32,
    troubled_at: Option<Time>,
    recovered: Option<(Time, u32)>,
    looked_at: Option<Time>,
    /// Nothing came for this long, at the last look.
    silent_for: Option<Duration>,
    is_stalled: bool,
    bytes: u64,
    #[cfg_attr(feature = "serde", serde(skip))]
    title: String,
}

impl ApiHealth {
    /// A transcript was written to.
    pub(crate) fn heard(&mut self, now: Time, news: ApiNews) -> Option<ApiAlarm> {
        let before = self.take(&news.source);
        let mut connection = Connection::new(now, &news, before.as_ref());
        let begins_to_die = matches!(news.state, ApiState::Died { typed_since: false, .. })
            && news.age < FRESH
            && !before.as_ref().is_some_and(|before| matches!(before.state, ApiState::Died { .. }));
        if begins_to_die {
            connection.deaths = connection.deaths.saturating_add(1);
        }
        let failed_before = before.as_ref().map_or(0, |before| before.attempts);
        let died = begins_to_die && news.source.subagent.is_none();
        self.connections.push((news.source.clone(), connection));
        let excess = self.connections.len().saturating_sub(CONNECTIONS_AT_MOST);
        self.connections.drain(..excess);
        if died { self.death(now, &news) } else { self.breaks(now, &news, failed_before) }
    }

    /// Attempts of one turn fail, as they do for requests that are too large: said with the third, not after the tenth.
    fn breaks(&self, now: Time, news: &ApiNews, failed_before: u32) -> Option<ApiAlarm> {
        let ApiState::Retrying { attempt, fault, .. } = &news.state else { return None };
        let is_third = *attempt >= DEATHS && failed_before < DEATHS;
        // An API that answers, if only with 529, does not mind the size.
        let is_broken = fault.code.is_some() && fault.status.is_none();
        let is_large = news.bytes >= LARGE_SESSION_BYTES && news.source.subagent.is_none();
        if !(is_third && is_broken && is_large && news.age < FRESH) || self.storm(now).is_some() {
            return None;
        }
        let window = self.get(&news.source)?.window.clone()?;
        let what = Alarm::Breaks { fault: fault.clone(), attempts: *attempt, bytes: news.bytes };
        Some(ApiAlarm { window, session: news.source.session.clone(), title: news.title.clone(), what })
    }

    fn death(&mut self, now: Time, news: &ApiNews) -> Option<ApiAlarm> {
        let window = news.window.clone().or_else(|| self.get(&news.source)?.window.clone())?;
        let deaths = self.get(&news.source)?.deaths;
        let storm = self.storm(now);
        let ApiState::Died { fault, .. } = &news.state else { return None };
        let what = if deaths >= DEATHS && news.bytes >= LARGE_SESSION_BYTES {
            Alarm::DiedAgain { deaths, bytes: news.bytes }
        } else {
            if storm.is_some() {
                self.storm_told.retain(|(_, at)| now.since(*at) < STORM_WITHIN);
                if self.storm_told.iter().any(|(told, _)| *told == window) {
                    return None;
                }
                self.storm_told.push((window.clone(), now));
            }
            Alarm::Died { fault: fault.clone(), storm }
        };
        Some(ApiAlarm { window, session: news.source.session.clone(), title: news.title.clone(), what })
    }

    /// What the system says of a session's connections. `stalled_after` of each window.
    pub(crate) fn linked(
        &mut self,
        now: Time,
        session: &str,
        link: Link,
        stalled_after: impl Fn(Option<&WindowId>) -> Duration,
    ) -> Option<ApiAlarm> {
        let mut alarm = None;
        for (source, connection) in
            self.connections.iter_mut().filter(|(source, _)| source.session == session)
        {
            connection.looked_at = Some(now);
            match link {
                Link::Gone => connection.rest(),
                Link::NotKnown => connection.silent_for = None,
                Link::SilentFor(silent_for) => {
                    let after = stalled_after(connection.window.as_ref());
                    let is_stalled =
                        connection.waits_for(now).is_some_and(|waits| waits >= after) && silent_for >= after;
                    connection.silent_for = Some(silent_for);
                    let begins = is_stalled && !std::mem::replace(&mut connection.is_stalled, is_stalled);
                    connection.troubled_at = if begins { Some(now) } else { connection.troubled_at };
                    // Subagents work side by side: which of them waits cannot be told.
                    if begins
                        && source.subagent.is_none()
                        && let Some(window) = connection.window.clone()
                    {
                        let (session, title) = (source.session.clone(), connection.title.clone());
                        alarm =
                            Some(ApiAlarm { window, session, title, what: Alarm::Stalled { silent_for } });
                    }
                }
            }
        }
        alarm
    }

    /// What to look at now.
    pub(crate) fn due(&mut self, now: Time) -> Vec<Decision> {
        self.connections.retain(|(_, connection)| now.since(connection.heard_at) < FORGOTTEN_AFTER);
        let mut sessions: Vec<String> = Vec::new();
        for (source, connection) in &mut self.connections {
            let waits = connection.waits_for(now).is_some_and(|waits| waits >= LOOK_AFTER);
            if waits && connection.looked_at.is_none_or(|at| now.since(at) >= LOOKS_APART) {
                connection.looked_at = Some(now);
                sessions.push(source.session.clone());
            }
        }
        sessions.sort_unstable();
        sessions.dedup();
        sessions.into_iter().map(|session| Decision::LookAtLink { session }).collect()
    }

    /// The machine slept, or we did not run: nobody knows how long anything has been waiting.
    pub(crate) fn void(&mut self, now: Time) {
        for (_, connection) in &mut self.connections {
            connection.waits_since = connection.waits_since.max(now);
            (connection.silent_for, connection.is_stalled) = (None, false);
        }
    }

    /// Connections with trouble, the worst of it first.
    pub(crate) fn troubled(&self, now: Time) -> Vec<Troubled> {
        let told = self.connections.iter().filter_map(|(source, connection)| {
            Some(Troubled {
                source: source.clone(),
                window: connection.window.clone(),
                trouble: connection.trouble(now, source)?,
                bytes: connection.bytes,
                title: connection.title.clone(),
            })
        });
        let mut told: Vec<Troubled> = told.collect();
        told.sort_by_key(|told| match told.trouble {
            Trouble::Stalled { .. } => 0,
            Trouble::Retrying { .. } => 1,
            Trouble::Died { .. } => 2,
            Trouble::Recovered { .. } => 3,
        });
        told
    }

    /// How many sessions have had trouble at the same time, when they are so many that it is the network or the service.
    pub(crate) fn storm(&self, now: Time) -> Option<u32> {
        let is_recent =
            |connection: &Connection| connection.troubled_at.is_some_and(|at| now.since(at) < STORM_WITHIN);
        let troubled = self.connections.iter().filter(|(_, connection)| is_recent(connection));
        let mut sessions: Vec<&str> = troubled.map(|(source, _)| source.session.as_str()).collect();
        sessions.sort_unstable();
        sessions.dedup();
        (sessions.len() >= STORM_SESSIONS).then(|| u32::try_from(sessions.len()).unwrap_or(u32::MAX))
    }

    /// The windows in which something else is to be seen than before. What merely goes on is not told again.
    pub(crate) fn changed(&mut self, now: Time) -> Vec<WindowId> {
        let mut shown: BTreeMap<WindowId, Vec<String>> = BTreeMap::new();
        let storm = self.storm(now);
        for Troubled { source, window, trouble, .. } in self.troubled(now) {
            let Some(window) = window else { continue };
            let what = match trouble {
                Trouble::Retrying { attempt, max, next_in, fault } => {
                    format!("{attempt}/{max} {} {fault}", next_in.is_zero())
                }
                // In steps of 15 s.
                Trouble::Stalled { silent_for } => format!("stalled {}", silent_for.as_secs() / 15),
                Trouble::Died { fault, deaths } => format!("died {deaths} {fault}"),
                Trouble::Recovered { attempts } => format!("recovered {attempts}"),
            };
            let line = format!("{} {:?} {what} {storm:?}", source.session, source.subagent);
            shown.entry(window).or_default().push(line);
        }
        let before = std::mem::replace(&mut self.shown, shown);
        let mut windows: Vec<WindowId> = before.keys().chain(self.shown.keys()).cloned().collect();
        windows.sort_unstable();
        windows.dedup();
        windows.retain(|window| before.get(window) != self.shown.get(window));
        windows
    }

    fn get(&self, source: &ApiSource) -> Option<&Connection> {
        self.connections.iter().find(|(known, _)| known == source).map(|(_, connection)| connection)
    }

    fn take(&mut self, source: &ApiSource) -> Option<Connection> {
        let at = self.connections.iter().position(|(known, _)| known == source)?;
        Some(self.connections.remove(at).1)
    }
}

impl Connection {
    fn new(now: Time, news: &ApiNews, before: Option<&Self>) -> Self {
        let has_answered = before.is_some_and(|before| news.answers > before.answers);
        let is_same_wait = before.is_some_and(|before| before.state == news.state && !has_answered);
        let attempts = before.filter(|_| !has_answered).map_or(0, |before| before.attempts);
        let failed_before = before.map_or(0, |before| before.attempts);
        let has_trouble = matches!(news.state, ApiState::Retrying { .. } | ApiState::Died { .. });
        let waits_since = match &news.state {
            ApiState::Retrying { next_in, .. } => now + *next_in,
            _ if is_same_wait => before.map_or(now, |before| before.waits_since),
            _ if before.is_none() => now - news.age,
            _ => now,
        };
        Self {
            window: news.window.clone().or_else(|| before?.window.clone()),
            state: news.state.clone(),
            heard_at: now,
            waits_since,
            answers: news.answers,
            attempts: match news.state {
                ApiState::Retrying { attempt, .. } => attempt,
                _ => attempts,
            },
            // An answer that breaks off in the middle is none.
            deaths: before.filter(|_| !has_answered || has_trouble).map_or(0, |before| before.deaths),
            troubled_at: if has_trouble { Some(now) } else { before.and_then(|before| before.troubled_at) },
            recovered: if has_answered && failed_before > 0 && !has_trouble {
                Some((now, failed_before))
            } else {
                before.and_then(|before| before.recovered).filter(|_| !has_trouble)
            },
            looked_at: None,
            silent_for: None,
            is_stalled: false,
            bytes: news.bytes,
            title: news.title.clone(),
        }
    }

    /// Its process is gone: whatever its transcript says, no request is under way.
    fn rest(&mut self) {
        if !matches!(self.state, ApiState::Died { .. }) {
            self.state = ApiState::Resting;
        }
        (self.silent_for, self.is_stalled, self.recovered) = (None, false, None);
    }

    /// For how long a request has been under way.
    fn waits_for(&self, now: Time) -> Option<Duration> {
        let is_waiting = matches!(self.state, ApiState::Awaiting | ApiState::Retrying { .. });
        (is_waiting && now >= self.waits_since).then(|| now.since(self.waits_since))
    }

    fn trouble(&self, now: Time, source: &ApiSource) -> Option<Trouble> {
        if self.is_stalled {
            let since = now.since(self.looked_at.unwrap_or(now));
            let silent_for = self.silent_for.unwrap_or_default().saturating_add(since);
            return Some(Trouble::Stalled { silent_for });
        }
        match &self.state {
            ApiState::Retrying { attempt, max, fault, .. } => Some(Trouble::Retrying {
                attempt: *attempt,
                max: *max,
                next_in: self.waits_since.since(now),
                fault: fault.clone(),
            }),
            // What became of a subagent is its session's to tell.
            ApiState::Died { fault, typed_since: false }
                if source.subagent.is_none() && now.since(self.heard_at) < DIED_FOR && self.deaths > 0 =>
            {
                Some(Trouble::Died { fault: fault.clone(), deaths: self.deaths })
            }
            _ => {
                let (_, attempts) = self.recovered.filter(|(at, _)| now.since(*at) < RECOVERED_FOR)?;
                Some(Trouble::Recovered { attempts })
            }
        }
    }
}

#[cfg(test)]
#[path = "api_health_tests.rs"]
mod tests;
