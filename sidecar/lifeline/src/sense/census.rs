//! The census: all processes of Claude Code and what those have started, with what speaks for and against anybody needing them.
//!
//! Who started whom is remembered from the time when both lived: a process whose owner ended before the first look has none. Looked at every two
//! minutes and when somebody asks, off the control loop. On macOS and Windows less can be told, so nothing is ever certain there.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use lifeline_core::{
    Owner, OwnerEnd, OwnerKind, OwnerState, ProcessId, ProcessKind, ProcessReport, Quiet, StdinEnd, Tab,
    Time, ToolCall,
};
use lifeline_platform::{Error, OwnProcess, PROCESSES_AT_MOST, Platform};
use lifeline_transcript::{Tail, find};

use super::{
    claude::{SessionFile, SessionProcess},
    id_to_core, recognisable,
    sockets::is_extension_host,
};
use crate::clock::unix_ms_at;

/// A process that used less than one part in so many of a CPU between two looks rests.
const MOVED_SHARE: u32 = 100;
/// And never less than this: two ticks of the kernel's clock.
const MOVED_AT_LEAST: Duration = Duration::from_millis(20);

/// Whoever used a CPU so long ago is at work, though a look a moment later shows nothing.
const WORKED_WITHIN: Duration = Duration::from_secs(10);

/// How many generations of parents are followed.
const GENERATIONS_AT_MOST: usize = 64;

/// Programs that keep terminals for later: whoever runs in one of them is waited for, though nobody looks.
const MULTIPLEXERS: [&str; 8] =
    ["tmux", "screen", "zellij", "dtach", "abduco", "mosh-server", "shpool", "tmate"];

const SHELLS: [&str; 9] = ["sh", "bash", "dash", "zsh", "fish", "ksh", "nu", "pwsh", "cmd"];

/// Tools of Claude Code that change nothing on disk. A subagent may.
const READING_TOOLS: [&str; 9] =
    ["Read", "Grep", "Glob", "LS", "WebFetch", "WebSearch", "TodoWrite", "TodoRead", "BashOutput"];

/// One process, for the core and for people.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) report: ProcessReport,
    /// The program and what it is to do, without what could carry a secret.
    pub(crate) command: String,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) transcript: Option<PathBuf>,
}

/// The census as several may ask for it: one look after the other.
#[derive(Clone)]
pub(crate) struct SharedCensus(Arc<Mutex<Census>>);

impl SharedCensus {
    pub(crate) fn new(platform: Platform, config_dirs: Vec<PathBuf>) -> Self {
        Self(Arc::new(Mutex::new(Census { platform, config_dirs, known: BTreeMap::new() })))
    }

    /// Blocks on the process table and the file system. `clients`: who is connected to us. `None` when not all could be seen.
    pub(crate) fn look(&self, now: Time, clients: &[u32]) -> Option<Vec<Member>> {
        let mut census = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        census.look(now, SystemTime::now(), clients)
    }
}

struct Census {
    platform: Platform,
    config_dirs: Vec<PathBuf>,
    known: BTreeMap<ProcessId, Known>,
}

/// What is remembered of a process from one look to the next.
#[derive(Clone, Debug)]
struct Known {
    kind: ProcessKind,
    owner: Option<(ProcessId, OwnerKind)>,
    /// It was started by an extension host, or by something that was.
    is_of_host: bool,
    cpu: Option<Duration>,
    looked_at: Time,
    /// Since when it has used no CPU to speak of; as far as is known, when `is_measured`.
    still_since: Time,
    is_measured: bool,
    /// Since when it has had no connection, at the looks that were taken: nobody can have answered it.
    unconnected_since: Option<Time>,
}

impl Known {
    /// Whether it has used a CPU to speak of since the last look; `None` where that is not measured.
    fn has_moved(&self, now: Time, process: &OwnProcess) -> Option<bool> {
        let grown = process.cpu?.saturating_sub(self.cpu?);
        Some(grown > MOVED_AT_LEAST.max(now.since(self.looked_at) / MOVED_SHARE))
    }
}

/// One look at the process table.
struct Table<'a> {
    by_pid: BTreeMap<u32, &'a OwnProcess>,
    children: BTreeMap<u32, Vec<&'a OwnProcess>>,
}

impl<'a> Table<'a> {
    fn new(processes: &'a [OwnProcess]) -> Self {
        let by_pid: BTreeMap<u32, &OwnProcess> =
            processes.iter().map(|process| (process.id.pid, process)).collect();
        let mut children: BTreeMap<u32, Vec<&OwnProcess>> = BTreeMap::new();
        for process in processes {
            // Nobody is older than its parent: that pid has been used again since.
            if by_pid.get(&process.parent).is_some_and(|parent| parent.id.start_time <= process.id.start_time)
            {
                children.entry(process.parent).or_default().push(process);
            }
        }
        Self { by_pid, children }
    }

    fn parent(&self, process: &OwnProcess) -> Option<&'a OwnProcess> {
        let parent = self.by_pid.get(&process.parent)?;
        (process.parent > 1 && parent.id.start_time <= process.id.start_time).then_some(parent)
    }

    /// Its parent, the parent of that, and so on, as far as they are our user's.
    fn ancestors(&self, process: &'a OwnProcess) -> impl Iterator<Item = &'a OwnProcess> {
        std::iter::successors(self.parent(process), |one| self.parent(one)).take(GENERATIONS_AT_MOST)
    }
}

impl Census {
    fn look(&mut self, now: Time, wall: SystemTime, clients: &[u32]) -> Option<Vec<Member>> {
        let processes = self.platform.own_processes();
        if processes.len() >= PROCESSES_AT_MOST {
            tracing::warn!("there are more processes than are looked at; none of them is judged");
            return None;
        }
        let table = Table::new(&processes);
        let sessions: BTreeMap<u32, SessionProcess> =
            SessionProcess::among(&self.platform, &self.config_dirs, &processes, unix_ms_at(wall))
                .map(|session| (session.process.id.pid, session))
                .collect();
        let kinds = self.kinds(&processes, &table, &sessions);
        let protected = self.protected(clients);
        let members = kinds
            .iter()
            .filter_map(|(pid, kind)| {
                let process = table.by_pid.get(pid)?;
                Some(self.member(now, wall, process, *kind, &table, &sessions, &kinds, &protected))
            })
            .collect::<Vec<_>>();
        let there: BTreeSet<ProcessId> = members.iter().map(|member| member.report.id).collect();
        self.known.retain(|id, _| there.contains(id));
        Some(members)
    }

    /// What each of them is: the sessions, what they have started, and what they had started when they were last seen.
    fn kinds(
        &self,
        processes: &[OwnProcess],
        table: &Table<'_>,
        sessions: &BTreeMap<u32, SessionProcess>,
    ) -> BTreeMap<u32, ProcessKind> {
        let mut kinds: BTreeMap<u32, ProcessKind> =
            sessions.keys().map(|pid| (*pid, ProcessKind::Session)).collect();
        self.add_descendants(&mut kinds, table);
        for process in processes {
            let known = self.known.get(&id_to_core(process.id)).map(|known| known.kind);
            // What was a session and is none has begun to run something else.
            if let Some(kind) = known.filter(|kind| *kind != ProcessKind::Session) {
                kinds.entry(process.id.pid).or_insert(kind);
            }
        }
        self.add_descendants(&mut kinds, table);
        kinds
    }

    fn add_descendants(&self, kinds: &mut BTreeMap<u32, ProcessKind>, table: &Table<'_>) {
        let mut queue: Vec<u32> = kinds.keys().copied().collect();
        while let Some(pid) = queue.pop() {
            for child in table.children.get(&pid).into_iter().flatten() {
                let child_pid = child.id.pid;
                if child_pid != std::process::id() && !kinds.contains_key(&child_pid) {
                    let was_server = self
                        .known
                        .get(&id_to_core(child.id))
                        .is_some_and(|known| known.kind == ProcessKind::McpServer);
                    let kind = if was_server {
                        ProcessKind::McpServer
                    } else {
                        self.kind_of(child_pid, kinds.get(&pid).copied())
                    };
                    kinds.insert(child_pid, kind);
                    queue.push(child_pid);
                }
            }
        }
    }

    /// What a session talks to over its standard input is a server; what such a one has started in turn is part of it.
    fn kind_of(&self, pid: u32, parent: Option<ProcessKind>) -> ProcessKind {
        match parent {
            Some(ProcessKind::McpServer) => ProcessKind::McpServer,
            _ if self.is_one_of(pid, &SHELLS) => ProcessKind::Shell,
            Some(ProcessKind::Session) if self.platform.stdin_is_held(pid) == Some(true) => {
                ProcessKind::McpServer
            }
            _ => ProcessKind::Other,
        }
    }

    /// Whether it runs one of these programs.
    fn is_one_of(&self, pid: u32, programs: &[&str]) -> bool {
        let executable = self.platform.executable(pid);
        let stem = executable.as_deref().and_then(Path::file_stem).and_then(|stem| stem.to_str());
        stem.is_some_and(|stem| programs.iter().any(|program| stem.eq_ignore_ascii_case(program)))
    }

    /// Ourselves, who is connected to us, and all their ancestors: a session may ask us to look.
    fn protected(&self, clients: &[u32]) -> BTreeSet<u32> {
        let mut protected: BTreeSet<u32> =
            self.platform.ancestors_of_self().into_iter().map(|id| id.pid).collect();
        protected.insert(std::process::id());
        for client in clients {
            let mut pid = *client;
            for _ in 0..GENERATIONS_AT_MOST {
                if pid <= 1 || !protected.insert(pid) {
                    break;
                }
                pid = self.platform.parent(pid).unwrap_or(0);
            }
        }
        protected
    }

    #[expect(clippy::too_many_arguments, reason = "all that one look brought together, in its one place")]
    fn member(
        &mut self,
        now: Time,
        wall: SystemTime,
        process: &OwnProcess,
        kind: ProcessKind,
        table: &Table<'_>,
        sessions: &BTreeMap<u32, SessionProcess>,
        kinds: &BTreeMap<u32, ProcessKind>,
        protected: &BTreeSet<u32>,
    ) -> Member {
        let pid = process.id.pid;
        let id = id_to_core(process.id);
        let known = self.remember(now, process, kind, table, kinds);
        let session = sessions.get(&pid);
        let file = session.and_then(|session| session.file.as_ref());
        let folder = match session {
            Some(session) => session.folder.clone(),
            None => self.platform.working_directory(pid),
        };
        let session_id = session.and_then(|session| session.id.clone());
        let transcript = session_id.as_deref().and_then(|id| find(&self.config_dirs, id, folder.as_deref()));
        let owner = known.owner.map(|(owner, kind)| Owner {
            id: owner,
            kind,
            state: self.state_of(owner, process.parent),
        });
        let stdin = match self.platform.stdin_is_held(pid) {
            Some(true) => StdinEnd::Open,
            Some(false) => StdinEnd::Closed,
            None => StdinEnd::NotKnown,
        };
        let may_be_over = stdin == StdinEnd::Closed
            || owner.is_none_or(|owner| owner.state != OwnerState::Alive)
            || session_id.is_some() && shared(&session_id, sessions);
        let is_job = matches!(kind, ProcessKind::Shell | ProcessKind::Other);
        let in_login = self.platform.in_login_session(pid);
        let report = ProcessReport {
            id,
            parent: process.parent,
            kind,
            owner,
            stdin,
            tab: Tab::NotKnown,
            has_terminal: process.has_terminal,
            in_front: process.in_front.filter(|_| process.has_terminal == Some(true)),
            in_multiplexer: Some(
                table.ancestors(process).any(|one| self.is_one_of(one.id.pid, &MULTIPLEXERS)),
            ),
            // An editor's server is started through a login, and outlives it.
            in_login_session: if known.is_of_host { Some(false) } else { in_login },
            is_background: is_background(file),
            // Only of a job does it matter, and it is dear.
            listens: is_job.then(|| !self.platform.listening_addresses(pid).is_empty()),
            age: Platform::age(process.id),
            working_children: Some(self.working_children(now, pid, table)),
            quiet: Quiet {
                transcript: transcript.as_deref().and_then(|path| untouched_for(path, wall)),
                cpu: known.is_measured.then(|| now.since(known.still_since)),
                sockets: known.unconnected_since.filter(|_| known.is_measured).map(|since| now.since(since)),
            },
            resident_bytes: self.platform.memory_of(pid).unwrap_or(0),
            tool: transcript.as_deref().filter(|_| may_be_over).and_then(tool_call),
            is_our_ancestor: protected.contains(&pid),
            is_users_own: true,
            session: session_id,
        };
        let arguments = session.map(|session| session.arguments.clone());
        let arguments = arguments.or_else(|| self.platform.arguments(pid)).unwrap_or_default();
        Member { report, command: recognisable(&arguments.join(" ")), folder, transcript }
    }

    /// What is remembered of it, with what this look adds.
    fn remember(
        &mut self,
        now: Time,
        process: &OwnProcess,
        kind: ProcessKind,
        table: &Table<'_>,
        kinds: &BTreeMap<u32, ProcessKind>,
    ) -> Known {
        let id = id_to_core(process.id);
        let seen = self.known.get(&id).cloned();
        // Only of a session is it asked for.
        let is_unconnected =
            kind == ProcessKind::Session && self.platform.connections(process.id.pid) == Some(0);
        let known = match seen {
            Some(mut known) => {
                let has_moved = known.has_moved(now, process);
                if has_moved != Some(false) {
                    known.still_since = now;
                }
                known.is_measured = has_moved.is_some();
                (known.kind, known.cpu, known.looked_at) = (kind, process.cpu, now);
                known.unconnected_since = is_unconnected.then_some(known.unconnected_since.unwrap_or(now));
                known
            }
            None => {
                let (owner, is_of_host) = self.owner_of(process, table, kinds);
                Known {
                    kind,
                    owner,
                    is_of_host,
                    cpu: process.cpu,
                    looked_at: now,
                    still_since: now,
                    is_measured: false,
                    unconnected_since: is_unconnected.then_some(now),
                }
            }
        };
        self.known.insert(id, known.clone());
        known
    }

    /// Who started it, as far as that can be seen while both live; and whether an extension host stands behind it.
    fn owner_of(
        &self,
        process: &OwnProcess,
        table: &Table<'_>,
        kinds: &BTreeMap<u32, ProcessKind>,
    ) -> (Option<(ProcessId, OwnerKind)>, bool) {
        let Some(parent) = table.parent(process) else { return (None, false) };
        let session =
            table.ancestors(process).find(|one| kinds.get(&one.id.pid) == Some(&ProcessKind::Session));
        if let Some(session) = session {
            let is_of_host = self.known.get(&id_to_core(session.id)).is_some_and(|known| known.is_of_host)
                || table.parent(session).is_some_and(|host| is_extension_host(&self.platform, host.id.pid));
            return (Some((id_to_core(session.id), OwnerKind::Session)), is_of_host);
        }
        let parent_id = id_to_core(parent.id);
        if is_extension_host(&self.platform, parent.id.pid) {
            return (Some((parent_id, OwnerKind::Host)), true);
        }
        let is_shell = self.is_one_of(parent.id.pid, &SHELLS);
        (is_shell.then_some((parent_id, OwnerKind::Terminal)), false)
    }

    fn state_of(&self, owner: ProcessId, parent_now: u32) -> OwnerState {
        match self.platform.identify(owner.pid) {
            Ok(found) if found.start_time == owner.start_time => {
                // One that has exited and that nobody has waited for is there by name only.
                let is_there = self.platform.executable(owner.pid).is_some();
                if is_there { OwnerState::Alive } else { OwnerState::NotKnown }
            }
            Ok(_) | Err(Error::Gone { .. }) if parent_now == owner.pid => {
                OwnerState::Ended(OwnerEnd::PidGone)
            }
            Ok(_) | Err(Error::Gone { .. }) => OwnerState::Ended(OwnerEnd::Reparented),
            Err(_) => OwnerState::NotKnown,
        }
    }

    /// Its descendants that have used a CPU since the look before, or a moment before that.
    fn working_children(&self, now: Time, pid: u32, table: &Table<'_>) -> u32 {
        let mut queue = vec![pid];
        let mut seen = BTreeSet::from([pid]);
        let mut working: u32 = 0;
        while let Some(pid) = queue.pop() {
            for child in
                table.children.get(&pid).into_iter().flatten().filter(|child| seen.insert(child.id.pid))
            {
                let known = self.known.get(&id_to_core(child.id));
                let moved = known.is_some_and(|known| {
                    known.has_moved(now, child) == Some(true)
                        || known.is_measured && now.since(known.still_since) < WORKED_WITHIN
                });
                working = working.saturating_add(u32::from(moved));
                queue.push(child.id.pid);
            }
        }
        working
    }
}

/// Several processes are on it.
fn shared(session: &Option<String>, sessions: &BTreeMap<u32, SessionProcess>) -> bool {
    sessions.values().filter(|other| other.id == *session).count() > 1
}

/// Only what has written a file about itself can have said so there.
fn is_background(file: Option<&SessionFile>) -> Option<bool> {
    match file.and_then(|file| file.kind.as_deref()) {
        None | Some("interactive") => Some(false),
        Some("bg" | "background") => Some(true),
        Some(_) => None,
    }
}

fn untouched_for(path: &Path, wall: SystemTime) -> Option<Duration> {
    let modified = std::fs::metadata(path).ok()?.modified().ok()?;
    // A clock that was set back makes it fresh.
    Some(wall.duration_since(modified).unwrap_or_default())
}

/// The tool call that is under way by the transcript.
fn tool_call(transcript: &Path) -> Option<ToolCall> {
    let standing = Tail::read(transcript).ok()?.standing();
    if !standing.state.is_open() || standing.pending_tools.is_empty() {
        return None;
    }
    let reads = standing.pending_tools.iter().all(|tool| READING_TOOLS.contains(&tool.name.as_str()));
    Some(ToolCall { writes: Some(!reads) })
}

#[cfg(test)]
#[cfg(target_os = "linux")]
#[path = "census_tests.rs"]
mod tests;
