//! Claude Code's IDE sockets: what the heartbeat reports of each, who listens there, and what follows from it for a host.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use lifeline_bridge::{Answer, Lock, Report, Rest};
use lifeline_core::{Event, Probe, ProcessId, Time, WindowId, WindowInfo};
use lifeline_platform::{KnownHolders, Platform, PortUsers};
use lifeline_protocol as wire;

use super::{claude, id_to_core};
use crate::clock;

/// Round trips kept of each socket: three minutes of them.
const ROUND_TRIPS: usize = 36;

/// A listener whose process could not be found is looked for again after this long: the search looks at every process of the user.
const SEARCH_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// Longest label made of a lock file, in characters.
const LABEL_CHARS: usize = 60;

/// One socket.
struct Socket {
    lock: Lock,
    owner: Option<ProcessId>,
    searched_at: Option<Time>,
    last: Option<Answer>,
    round_trips: VecDeque<Duration>,
    probes: u64,
    missed: u64,
    missed_in_a_row: u32,
}

/// All sockets that a lock file names.
#[derive(Default)]
pub(crate) struct Sockets {
    by_port: BTreeMap<u16, Socket>,
    problems: Vec<String>,
    /// Who was found to hold a socket: a search of all processes takes 10 ms.
    holders: KnownHolders,
}

impl Sockets {
    /// Takes in what the heartbeat says. `likely` are processes that may own a socket.
    pub(crate) fn heard(&mut self, platform: &Platform, report: Report, likely: &[u32]) -> Vec<Event> {
        let mut events = Vec::new();
        match report {
            Report::Locks(locks) => {
                self.problems = locks.problems.iter().map(ToString::to_string).collect();
                for problem in &self.problems {
                    tracing::info!(problem, "a lock file was not used");
                }
                let mut before = std::mem::take(&mut self.by_port);
                for lock in locks.locks {
                    let socket = match before.remove(&lock.port) {
                        Some(known) if known.lock == lock => known,
                        // Written again: another program may have the port now.
                        Some(known) => {
                            events.extend(known.owner.map(|host| Event::Lost { host }));
                            Socket::new(lock)
                        }
                        None => Socket::new(lock),
                    };
                    self.by_port.insert(socket.lock.port, socket);
                }
                let gone = before.into_values().filter_map(|gone| gone.owner);
                events.extend(gone.map(|host| Event::Lost { host }));
                self.search(platform, likely, &mut events);
            }
            Report::Answered { port, answer, misses, was_away, rest } => {
                if !was_away && !matches!(answer, Answer::NotAsked(_)) {
                    self.answered(platform, port, answer, misses, likely, &mut events);
                }
                if rest == Some(Rest::Stale) {
                    events.push(Event::StaleLock { port });
                }
            }
        }
        events
    }

    /// Looks for the owners of sockets that have none yet.
    fn search(&mut self, platform: &Platform, likely: &[u32], events: &mut Vec<Event>) {
        let now = clock::now();
        let due = |socket: &Socket| {
            socket.owner.is_none()
                && socket.last != Some(Answer::Refused)
                && socket.searched_at.is_none_or(|at| now.since(at) >= SEARCH_AGAIN_AFTER)
        };
        let ports: Vec<u16> =
            self.by_port.values().filter(|socket| due(socket)).map(|socket| socket.lock.port).collect();
        if ports.is_empty() {
            return;
        }
        let mut users = platform.port_users(&ports, likely);
        for port in ports {
            let Some(socket) = self.by_port.get_mut(&port) else { continue };
            socket.searched_at = Some(now);
            socket.owner = users.remove(&port).and_then(|users| users.owner).map(id_to_core);
            if let Some(host) = socket.owner.filter(|host| is_extension_host(platform, host.pid)) {
                let (window, info) = (WindowId(format!("ide-{port}")), info_of(&socket.lock));
                events.push(Event::Found { window, host, info });
                events.push(Event::Listening { port, host, place: place_of(&socket.lock) });
            }
        }
    }

    fn answered(
        &mut self,
        platform: &Platform,
        port: u16,
        answer: Answer,
        misses: u32,
        likely: &[u32],
        events: &mut Vec<Event>,
    ) {
        let Some(socket) = self.by_port.get_mut(&port) else { return };
        socket.probes += 1;
        socket.last = Some(answer);
        socket.missed += u64::from(misses > 0);
        socket.missed_in_a_row = misses;
        match answer {
            Answer::Alive { round_trip, .. } => {
                if socket.round_trips.len() == ROUND_TRIPS {
                    socket.round_trips.pop_front();
                }
                socket.round_trips.push_back(round_trip);
            }
            Answer::Refused => {
                socket.searched_at = None;
                events.extend(socket.owner.take().map(|host| Event::Lost { host }));
            }
            Answer::Silent { .. } | Answer::NotWebSocket(_) | Answer::NotAsked(_) => {}
        }
        self.search(platform, likely, events);
        if let Some(host) = self.by_port.get(&port).and_then(|socket| socket.owner) {
            let probe = match answer {
                Answer::Alive { round_trip, .. } => Some(Probe::Answered { round_trip }),
                Answer::Silent { waited, .. } => Some(Probe::Silent { waited }),
                Answer::Refused | Answer::NotWebSocket(_) | Answer::NotAsked(_) => None,
            };
            events.extend(probe.map(|probe| Event::Probed { host, probe }));
        }
    }

    /// A process ended: nobody owns its sockets.
    pub(crate) fn ended(&mut self, host: ProcessId) {
        for socket in self.by_port.values_mut().filter(|socket| socket.owner == Some(host)) {
            socket.owner = None;
            socket.searched_at = None;
        }
    }

    /// The ports that this host listens on.
    pub(crate) fn ports_of(&self, host: ProcessId) -> Vec<u16> {
        self.by_port.iter().filter(|(_, socket)| socket.owner == Some(host)).map(|(port, _)| *port).collect()
    }

    /// The ports of all locks.
    pub(crate) fn ports(&self) -> impl Iterator<Item = u16> {
        self.by_port.keys().copied()
    }

    /// The lock of a port.
    pub(crate) fn lock(&self, port: u16) -> Option<&Lock> {
        self.by_port.get(&port).map(|socket| &socket.lock)
    }

    /// The ports whose locks have a token.
    pub(crate) fn ports_with_token(&self) -> Vec<u16> {
        self.by_port.values().filter(|socket| socket.lock.has_token).map(|socket| socket.lock.port).collect()
    }

    /// Who uses the ports at this moment.
    pub(crate) fn users(&mut self, platform: &Platform, likely: &[u32]) -> BTreeMap<u16, PortUsers> {
        let ports: Vec<u16> = self.by_port.keys().copied().collect();
        if ports.is_empty() {
            BTreeMap::new()
        } else {
            platform.port_users_again(&ports, likely, &mut self.holders)
        }
    }

    /// For the status; `window_of` names the window of a host.
    pub(crate) fn status(
        &self,
        users: &BTreeMap<u16, PortUsers>,
        window_of: impl Fn(u32) -> Option<String>,
    ) -> Vec<wire::SocketStatus> {
        self.by_port.iter().map(|(port, socket)| socket.status(*port, users.get(port), &window_of)).collect()
    }

    pub(crate) fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl Socket {
    fn new(lock: Lock) -> Self {
        Self {
            lock,
            owner: None,
            searched_at: None,
            last: None,
            round_trips: VecDeque::new(),
            probes: 0,
            missed: 0,
            missed_in_a_row: 0,
        }
    }

    fn status(
        &self,
        port: u16,
        users: Option<&PortUsers>,
        window_of: &impl Fn(u32) -> Option<String>,
    ) -> wire::SocketStatus {
        let owner_pid =
            users.and_then(|users| users.owner).map(|owner| owner.pid).or(self.owner.map(|owner| owner.pid));
        let mut sorted: Vec<Duration> = self.round_trips.iter().copied().collect();
        sorted.sort_unstable();
        let ms = |duration: Duration| (duration.as_secs_f64() * 1e5).round() / 100.0;
        let clients = users.map(|users| claude::connected(&users.clients, owner_pid.unwrap_or(0)));
        wire::SocketStatus {
            port,
            ide_name: self.lock.ide_name.clone().unwrap_or_default(),
            workspace_folders: self.lock.workspace_folders.clone(),
            answer: match self.last {
                None | Some(Answer::NotAsked(_)) => "unknown",
                Some(Answer::Alive { .. }) => "answers",
                Some(Answer::Refused) => "nobody",
                Some(Answer::Silent { .. }) => "silent",
                Some(Answer::NotWebSocket(_)) => "foreign",
            }
            .into(),
            round_trip_ms: self.round_trips.back().copied().map(ms),
            median_round_trip_ms: sorted.get(sorted.len() / 2).copied().map(ms),
            probes: self.probes,
            missed: self.missed,
            missed_in_a_row: self.missed_in_a_row,
            owner_pid,
            window_id: owner_pid.and_then(window_of),
            backlog: users.and_then(|users| users.listener).and_then(|listener| listener.backlog),
            client_pids: clients.unwrap_or_default().into_iter().map(|client| client.pid).collect(),
            bridged: false,
            leads_to: None,
            refused: 0,
        }
    }
}

/// How VS Code's server starts its extension hosts.
pub(super) const REMOTE_HOST: &str = "--type=extensionHost";

/// VS Code's own word for what a process is: the server's hosts say `extensionHost`, the desktop's are utility processes of
/// Electron (FACTS section 1). Other editors that write lock files have no such host; theirs is only shown.
pub(super) fn is_extension_host(platform: &Platform, pid: u32) -> bool {
    platform.arguments(pid).is_some_and(|arguments| {
        arguments.iter().any(|argument| argument == REMOTE_HOST || argument == "--type=utility")
    })
}

/// What a window has in common with the one that follows it when its page is reloaded.
fn place_of(lock: &Lock) -> String {
    let name = lock.ide_name.as_deref().unwrap_or_default();
    let pid = lock.pid.map_or_else(String::new, |pid| pid.to_string());
    [&[pid.as_str(), name], lock.workspace_folders.iter().map(String::as_str).collect::<Vec<_>>().as_slice()]
        .concat()
        .join("\n")
}

fn info_of(lock: &Lock) -> WindowInfo {
    let folder = lock.workspace_folders.first().map(|folder| crate::wording::file_name(folder));
    let name = lock.ide_name.as_deref().unwrap_or("an editor");
    let label = folder.map_or_else(|| name.to_owned(), |folder| format!("{folder} ({name})"));
    WindowInfo { label: label.chars().take(LABEL_CHARS).collect(), unguarded: true, ..WindowInfo::default() }
}
