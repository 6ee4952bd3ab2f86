//! Sessions' connections to the API: what their transcripts say, what the system says of their sockets, and what windows are told.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use lifeline_core::{
    ApiFault, ApiNews, ApiSource, ApiState, Event, Link, ProcessId, Time, Trouble, Troubled, WindowId,
};
use lifeline_protocol as wire;
use lifeline_transcript::{Fault, State};

use super::{Daemon, Report, bring_back::title};
use crate::{
    clock,
    sense::{id_to_core, ledger::Session, to_platform, transcripts::Said},
    wire as translate,
};

/// A session without a window is not looked for more often: one elsewhere never gets one. A terminal's window is known a moment after it.
const LOOKS_APART: Duration = Duration::from_secs(2);

/// Where a session is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    window: Option<WindowId>,
    process: Option<ProcessId>,
    /// Its process was there, and is gone.
    has_ended: bool,
}

/// Where all of them are, as of the last look.
#[derive(Default)]
pub(super) struct Places {
    by_session: BTreeMap<String, Place>,
    looked_at: Option<Time>,
    /// A look is under way.
    is_looking: bool,
    /// What came in meanwhile, in order.
    waiting: Vec<ApiNews>,
}

/// Where these sessions are. Of two processes on one session the one with a window counts.
pub(super) fn places(
    platform: &lifeline_platform::Platform,
    sessions: &[Session],
) -> BTreeMap<String, Place> {
    let mut places: BTreeMap<String, Place> = BTreeMap::new();
    for Session { status, ended_at, .. } in sessions {
        let Some(id) = &status.session_id else { continue };
        let process = status.pid.and_then(|pid| platform.identify(pid).ok()).map(id_to_core);
        let has_ended = ended_at.is_some();
        let place = Place { window: status.window_id.clone().map(WindowId), process, has_ended };
        let known = places.entry(id.clone()).or_default();
        if known.process.is_none() || known.window.is_none() && place.window.is_some() {
            *known = place;
        }
    }
    places
}

impl Daemon {
    /// A transcript was written to. Where its session is must be known before anything can be said of it, and nothing may overtake it.
    pub(super) fn transcript_said(&mut self, said: Said) {
        let news = news(said);
        let place = self.places.by_session.get(&news.source.session);
        let is_placed = place.is_some_and(|place| place.window.is_some());
        let was_looked_for =
            place.is_some() && self.places.looked_at.is_some_and(|at| clock::now().since(at) < LOOKS_APART);
        let is_anybody_there = self.supervisor.windows().next().is_some();
        if !self.places.is_looking && (is_placed || was_looked_for || !is_anybody_there) {
            return self.say_of_connection(news);
        }
        self.places.waiting.push(news);
        if !std::mem::replace(&mut self.places.is_looking, true) {
            let (ledger, view, reports, platform) =
                (self.ledger.clone(), self.view(), self.reports.clone(), self.platform.clone());
            tokio::spawn(async move {
                let sessions = ledger.look(view).await.unwrap_or_default();
                let _ = reports.send(Report::Places(places(&platform, &sessions), true));
            });
        }
    }

    /// Where sessions are, by a look; `is_asked`: one that news wait for.
    pub(super) fn places_learned(&mut self, places: BTreeMap<String, Place>, is_asked: bool) {
        self.places.by_session = places;
        self.places.looked_at = Some(clock::now());
        if is_asked {
            self.places.is_looking = false;
            for news in std::mem::take(&mut self.places.waiting) {
                // That it was looked for counts.
                self.places.by_session.entry(news.source.session.clone()).or_default();
                self.say_of_connection(news);
            }
        }
    }

    fn say_of_connection(&mut self, news: ApiNews) {
        let place = self.places.by_session.get(&news.source.session);
        let window = place.and_then(|place| place.window.clone());
        self.event(Event::Api(Box::new(ApiNews { window, ..news })));
    }

    /// When was anything heard on the connections of this session? Those to editors do not count.
    pub(super) fn look_at_link(&self, session: String) {
        let place = self.places.by_session.get(&session).cloned().unwrap_or_default();
        let (platform, reports) = (self.platform.clone(), self.reports.clone());
        let ides: BTreeSet<u16> = self.sockets.ports().chain(self.bridges.ports()).collect();
        tokio::task::spawn_blocking(move || {
            let is_there = |process: &ProcessId| {
                platform.identify(process.pid).is_ok_and(|found| found == to_platform(*process))
            };
            let link = match place.process {
                None if place.has_ended => Link::Gone,
                None => Link::NotKnown,
                Some(process) if !is_there(&process) => Link::Gone,
                Some(process) => {
                    let tcp = platform.tcp_use(process.pid, &platform.socket_table()).unwrap_or_default();
                    let own = tcp.connected.iter().filter(|link| !ides.contains(&link.remote.port()));
                    own.filter_map(|link| link.silent_for).min().map_or(Link::NotKnown, Link::SilentFor)
                }
            };
            let _ = reports.send(Report::Event(Box::new(Event::Link { session, link })));
        });
    }

    /// A window, with what is wrong with its sessions' connections.
    pub(super) fn window_status(&self, window: &lifeline_core::Window) -> wire::WindowStatus {
        let now = clock::now();
        let of_window = |told: &Troubled| told.window.as_ref() == Some(window.id());
        wire::WindowStatus {
            connections: self
                .supervisor
                .troubled(now)
                .iter()
                .filter(|told| of_window(told))
                .map(status)
                .collect(),
            storm_sessions: self.supervisor.storm(now),
            relay_outage: self.relay.outage(),
            ..translate::window(window)
        }
    }

    /// All sessions whose connection has trouble, wherever they are.
    pub(super) fn connections(&self) -> Vec<wire::ConnectionStatus> {
        self.supervisor.troubled(clock::now()).iter().map(status).collect()
    }
}

fn news(said: Said) -> ApiNews {
    let Said { session, subagent, standing, bytes } = said;
    let written = standing.last_record_unix_ms.unwrap_or_default();
    ApiNews {
        source: ApiSource { session, subagent },
        window: None,
        state: match standing.state {
            State::Thinking => ApiState::Awaiting,
            State::Retrying { attempt, max, next_in_ms, fault } => ApiState::Retrying {
                attempt,
                max,
                next_in: Duration::from_millis(next_in_ms),
                fault: fault_to_core(fault),
            },
            State::Failed { fault, .. } => {
                ApiState::Died { fault: fault_to_core(fault), typed_since: standing.typed_since_failure }
            }
            State::Unknown | State::Idle | State::Tool | State::Waiting | State::Interrupted => {
                ApiState::Resting
            }
        },
        answers: standing.answers,
        age: Duration::from_millis(clock::unix_ms().saturating_sub(written)),
        bytes,
        title: title(standing.last_prompt.as_deref().unwrap_or_default()),
    }
}

fn fault_to_core(Fault { code, status, is_mid_stream }: Fault) -> ApiFault {
    ApiFault { code, status, is_mid_stream }
}

fn status(Troubled { source, window, trouble, bytes, title }: &Troubled) -> wire::ConnectionStatus {
    let mut status = wire::ConnectionStatus {
        session_id: source.session.clone(),
        window_id: window.as_ref().map(|window| window.0.clone()),
        title: title.clone(),
        of_subagent: source.subagent.is_some(),
        bytes: *bytes,
        ..wire::ConnectionStatus::default()
    };
    let millis = |duration: &Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut broke = |fault: &ApiFault| {
        (status.code, status.http_status) = (fault.code.clone(), fault.status);
        fault.to_string()
    };
    (status.state, status.what) = match trouble {
        Trouble::Retrying { attempt, max, next_in, fault } => {
            let what = broke(fault);
            (status.attempt, status.max_attempts) = (Some(*attempt), Some(*max).filter(|max| *max > 0));
            status.next_in_ms = Some(millis(next_in));
            ("retrying".into(), what)
        }
        Trouble::Stalled { silent_for } => {
            status.silent_ms = Some(millis(silent_for));
            ("stalled".into(), format!("nothing has come for {} s", silent_for.as_secs()))
        }
        Trouble::Died { fault, .. } => ("died".into(), broke(fault)),
        Trouble::Recovered { attempts } => {
            status.attempt = Some(*attempts);
            ("recovered".into(), format!("it is back after {attempts} attempts"))
        }
    };
    status
}

#[cfg(test)]
mod tests {
    use lifeline_transcript::Standing;

    use super::*;

    #[test]
    fn of_several_processes_on_a_session_the_one_with_a_window_counts() {
        let platform = lifeline_platform::Platform::new();
        let session = |id: &str, pid: Option<u32>, window: Option<&str>| Session {
            status: wire::SessionStatus {
                session_id: Some(id.into()),
                pid,
                window_id: window.map(Into::into),
                ..wire::SessionStatus::default()
            },
            ended_at: pid.is_none().then(std::time::SystemTime::now),
            ..Session::default()
        };
        let us = Some(std::process::id());
        let told = [
            session("a", us, None),
            session("a", us, Some("w")),
            session("b", None, Some("w")),
            Session::default(),
        ];
        let places = places(&platform, &told);
        let of = |id: &str| &places[id];
        assert_eq!(of("a").window, Some(WindowId("w".into())));
        assert_eq!(of("a").process.map(|process| process.pid), us);
        assert_eq!((of("b").process, of("b").has_ended, of("a").has_ended), (None, true, false));
        assert_eq!(places.len(), 2);
    }

    #[test]
    fn what_a_transcript_says_in_the_cores_words() {
        let fault = Fault { code: Some("EPIPE".into()), status: None, is_mid_stream: true };
        let of = |state, typed_since_failure| {
            let mut standing = Standing::default();
            (standing.state, standing.typed_since_failure) = (state, typed_since_failure);
            news(Said { session: "s".into(), subagent: None, standing, bytes: 7 }).state
        };
        let retrying = State::Retrying { attempt: 2, max: 10, next_in_ms: 500, fault: fault.clone() };
        let ApiState::Retrying { attempt: 2, max: 10, next_in, fault: told } = of(retrying, false) else {
            panic!("it is tried again")
        };
        assert_eq!(
            (next_in, told.to_string()),
            (Duration::from_millis(500), "the connection broke (EPIPE) in the middle of the answer".into())
        );
        assert_eq!(of(State::Thinking, false), ApiState::Awaiting);
        for rests in [State::Tool, State::Waiting, State::Idle, State::Unknown, State::Interrupted] {
            assert_eq!(of(rests, false), ApiState::Resting);
        }
        let died = of(State::Failed { text: "no".into(), fault }, true);
        assert!(matches!(died, ApiState::Died { typed_since: true, .. }));
    }
}
