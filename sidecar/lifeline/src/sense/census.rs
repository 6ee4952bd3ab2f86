//! The census: all processes of Claude Code and what those have started, with what speaks for and against anybody needing them.
//!
//! Who started whom is remembered from the time when both lived: a process whose owner ended before the first look has none. Looked at every two
//! minutes and when somebody asks, off the control loop. On macOS and Windows less can be told, so nothing is ever certain there.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use lifeline_core::{
    HostReport, Owner, OwnerEnd, OwnerKind, OwnerState, ProcessId, ProcessKind, ProcessReport, Quiet,
    StdinEnd, Tab, Time, ToolCall,
};
use lifeline_platform::{Error, OwnProcess, PROCESSES_AT_MOST, Platform, SocketTable, TcpUse, ThreadName};
use lifeline_transcript::{Tail, find};

use super::{
    claude::{SessionFile, SessionProcess, Strangers},
    id_to_core, recognisable,
    sockets::{REMOTE_HOST, is_extension_host},
    to_core,
};
use crate::clock::unix_ms_at;

/// How much of a CPU is more than rest.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// One part in so many.
    share: u32,
    /// And never less than this: looks may be a second apart.
    at_least: Duration,
}

/// Of any process: two ticks of the kernel's clock.
const PACE: Pace = Pace { share: 100, at_least: Duration::from_millis(20) };
/// Of a session whose answers are known by their bytes. One that waits for a sleeping tool uses 0.6 %, more on an overloaded machine, and
/// collects garbage between two looks (1.2 % of 2.5 s; 2.1.329, measured).
const PACE_IF_HEARD: Pace = Pace { share: 33, at_least: Duration::from_millis(60) };

/// Whoever used a CPU so long ago is at work, though a look a moment later shows nothing.
const WORKED_WITHIN: Duration = Duration::from_secs(10);

/// Who has asked us is not ended for this long after that, though it is not connected any more.
const PROTECTED_FOR: Duration = Duration::from_secs(10 * 60);

/// How many generations of parents are followed.
const GENERATIONS_AT_MOST: usize = 64;

/// Programs that keep terminals for later: whoever runs in one of them is waited for, though nobody looks.
const MULTIPLEXERS: [&str; 8] =
    ["tmux", "screen", "zellij", "dtach", "abduco", "mosh-server", "shpool", "tmate"];

const SHELLS: [&str; 9] = ["sh", "bash", "dash", "zsh", "fish", "ksh", "nu", "pwsh", "cmd"];

/// Language servers, by their program or script.
const LANGUAGE_SERVERS: [&str; 16] = [
    "basedpyright-langserver",
    "clangd",
    "csharp-ls",
    "elixir-ls",
    "gopls",
    "intelephense",
    "jdtls",
    "kotlin-lsp",
    "lua-language-server",
    "pyright-langserver",
    "ruby-lsp",
    "rust-analyzer",
    "solargraph",
    "sourcekit-lsp",
    "typescript-language-server",
    "vtsls",
];

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

/// What one look showed.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) members: Vec<Member>,
    /// Extension hosts of an editor's server.
    pub(crate) hosts: Vec<(HostReport, Member)>,
}

/// The census as several may ask for it: one look after the other.
#[derive(Clone)]
pub(crate) struct SharedCensus(Arc<Mutex<Census>>);

impl SharedCensus {
    pub(crate) fn new(platform: Platform, config_dirs: Vec<PathBuf>) -> Self {
        Self(Arc::new(Mutex::new(Census::new(platform, config_dirs))))
    }

    /// Blocks on the process table and the file system. `clients`: who is connected to us. `None` when not all could be seen.
    pub(crate) fn look(&self, now: Time, clients: &[u32]) -> Option<Seen> {
        let mut census = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        census.look(now, SystemTime::now(), clients)
    }
}

struct Census {
    platform: Platform,
    config_dirs: Vec<PathBuf>,
    /// Our own pid: never a member.
    us: u32,
    strangers: Strangers,
    known: BTreeMap<ProcessId, Known>,
}

/// What is remembered of a process from one look to the next.
#[derive(Clone, Debug)]
struct Known {
    kind: ProcessKind,
    /// What it runs is looked at again when it has another name.
    name: Option<ThreadName>,
    command: String,
    in_login_session: Option<bool>,
    owner: Option<(ProcessId, OwnerKind)>,
    /// It was started by an extension host, or by something that was.
    is_of_host: bool,
    last: Usage,
    /// Since when it has used no CPU to speak of, and what it had used by then; as far as is known, when `is_measured`.
    still: Usage,
    is_measured: bool,
    /// It is a session, and of each of its connections it is known when anything came in.
    is_heard: bool,
    /// When it, or what it has started, was last seen to ask us.
    asked_at: Option<Time>,
    /// Since when it has had no connection, at the looks that were taken: nobody can have answered it.
    unconnected_since: Option<Time>,
}

impl Known {
    /// Whether it has used a CPU to speak of since the last look, or since it began to rest, however often it was looked at in between.
    /// `None` where that is not measured.
    fn has_moved(&self, now: Usage) -> Option<bool> {
        let pace = if self.is_heard { PACE_IF_HEARD } else { PACE };
        Some(now.is_more_than(self.last, pace)? || now.is_more_than(self.still, pace)?)
    }
}

/// What a process had used of a CPU by then.
#[derive(Clone, Copy, Debug)]
struct Usage {
    at: Time,
    cpu: Option<Duration>,
}

impl Usage {
    /// Whether it has used a CPU to speak of since that.
    fn is_more_than(self, before: Self, pace: Pace) -> Option<bool> {
        let grown = self.cpu?.saturating_sub(before.cpu?);
        Some(grown > pace.at_least.max(self.at.since(before.at) / pace.share))
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

/// All that one look brings together before each process is told of.
struct Look<'a> {
    now: Time,
    wall: SystemTime,
    table: Table<'a>,
    sessions: BTreeMap<u32, SessionProcess>,
    kinds: BTreeMap<u32, ProcessKind>,
    sockets: SocketTable,
    /// Those that keep terminals for later.
    multiplexers: BTreeSet<u32>,
    /// Ourselves, who is connected to us, and all their ancestors: a session may ask us to look.
    protected: BTreeSet<u32>,
}

impl Census {
    fn new(platform: Platform, config_dirs: Vec<PathBuf>) -> Self {
        Self {
            platform,
            config_dirs,
            us: std::process::id(),
            strangers: Strangers::default(),
            known: BTreeMap::new(),
        }
    }

    fn look(&mut self, now: Time, wall: SystemTime, clients: &[u32]) -> Option<Seen> {
        let processes = self.platform.own_processes();
        if processes.len() >= PROCESSES_AT_MOST {
            tracing::warn!("there are more processes than are looked at; none of them is judged");
            return None;
        }
        let table = Table::new(&processes);
        let candidates = self.strangers.told_from(&self.platform, &processes);
        let sessions: BTreeMap<u32, SessionProcess> =
            SessionProcess::among(&self.platform, &self.config_dirs, &candidates, unix_ms_at(wall))
                .map(|session| (session.process.id.pid, session))
                .collect();
        let kinds = self.kinds(&processes, &table, &sessions);
        let look = Look {
            now,
            wall,
            multiplexers: self.multiplexers(&table, &kinds),
            table,
            sessions,
            kinds,
            sockets: self.platform.socket_table(),
            protected: self.protected(clients),
        };
        let members: Vec<Member> = look
            .kinds
            .iter()
            .filter_map(|(pid, kind)| Some(self.member(&look, look.table.by_pid.get(pid)?, *kind)))
            .collect();
        let there: BTreeSet<ProcessId> = members.iter().map(|member| member.report.id).collect();
        self.known.retain(|id, _| there.contains(id));
        let may_be_hosts = candidates.iter().filter(|process| !look.kinds.contains_key(&process.id.pid));
        let hosts = may_be_hosts
            .filter_map(|process| {
                let host = self.remote_host(&look, process)?;
                let report = host.as_process(process.parent);
                let command = self.command(&look, process.id.pid);
                Some((host, Member { report, command, folder: None, transcript: None }))
            })
            .collect();
        Some(Seen { members, hosts })
    }

    /// An extension host that an editor's server has started: its clients are connected to the server's port, and handed on to it. Elsewhere
    /// nobody can tell who is connected to a host.
    fn remote_host(&self, look: &Look<'_>, process: &OwnProcess) -> Option<HostReport> {
        let pid = process.id.pid;
        let arguments = self.platform.arguments(pid)?;
        if !arguments.iter().any(|argument| argument == REMOTE_HOST) {
            return None;
        }
        let server = look.table.parent(process)?;
        let ports: BTreeSet<u16> = self
            .platform
            .tcp_use(server.id.pid, &look.sockets)?
            .listening
            .iter()
            .map(SocketAddr::port)
            .collect();
        let connected = self.platform.tcp_use(pid, &look.sockets)?.connected;
        let clients = connected.iter().filter(|link| ports.contains(&link.local.port())).count();
        let facts = self.platform.watch(process.id).and_then(|mut host| host.sample_in_full()).ok()?;
        Some(HostReport {
            id: id_to_core(process.id),
            facts: to_core(&facts),
            clients: (!ports.is_empty()).then(|| u32::try_from(clients).unwrap_or(u32::MAX)),
            loop_turned: None,
            may_be_debugged: arguments.iter().any(|argument| argument.starts_with("--inspect")),
            age: Platform::age(process.id),
            is_our_ancestor: look.protected.contains(&pid),
            is_users_own: true,
        })
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
                if child_pid != self.us && !kinds.contains_key(&child_pid) {
                    let kind = self.kind_of(child, kinds.get(&pid).copied());
                    kinds.insert(child_pid, kind);
                    queue.push(child_pid);
                }
            }
        }
    }

    /// What a session talks to over its standard input is a server; what such a one has started in turn is part of it.
    fn kind_of(&self, process: &OwnProcess, parent: Option<ProcessKind>) -> ProcessKind {
        let pid = process.id.pid;
        if let Some(known) = self.known.get(&id_to_core(process.id)) {
            let is_server = matches!(known.kind, ProcessKind::McpServer | ProcessKind::LanguageServer);
            let runs_the_same = known.name.is_some() && known.name == process.name;
            if is_server || runs_the_same && known.kind != ProcessKind::Session {
                return known.kind;
            }
        }
        match parent {
            Some(server @ (ProcessKind::McpServer | ProcessKind::LanguageServer)) => server,
            _ if self.is_one_of(pid, &SHELLS) => ProcessKind::Shell,
            Some(ProcessKind::Session) if self.platform.stdin_is_held(pid) == Some(true) => {
                if self.is_language_server(pid) {
                    ProcessKind::LanguageServer
                } else {
                    ProcessKind::McpServer
                }
            }
            _ => ProcessKind::Other,
        }
    }

    /// By its program, or by the script that a runtime runs.
    fn is_language_server(&self, pid: u32) -> bool {
        let arguments = self.platform.arguments(pid).unwrap_or_default();
        let script = arguments.iter().skip(1).find(|argument| !argument.starts_with('-'));
        let script = script.and_then(|script| Path::new(script).file_stem()?.to_str());
        self.is_one_of(pid, &LANGUAGE_SERVERS)
            || script.is_some_and(|script| LANGUAGE_SERVERS.contains(&script))
    }

    /// Whether it runs one of these programs.
    fn is_one_of(&self, pid: u32, programs: &[&str]) -> bool {
        let executable = self.platform.executable(pid);
        let stem = executable.as_deref().and_then(Path::file_stem).and_then(|stem| stem.to_str());
        stem.is_some_and(|stem| programs.iter().any(|program| stem.eq_ignore_ascii_case(program)))
    }

    fn multiplexers(&self, table: &Table<'_>, kinds: &BTreeMap<u32, ProcessKind>) -> BTreeSet<u32> {
        let members = kinds.keys().filter_map(|pid| table.by_pid.get(pid));
        let ancestors: BTreeSet<u32> =
            members.flat_map(|member| table.ancestors(member)).map(|ancestor| ancestor.id.pid).collect();
        ancestors.into_iter().filter(|pid| self.is_one_of(*pid, &MULTIPLEXERS)).collect()
    }

    fn protected(&self, clients: &[u32]) -> BTreeSet<u32> {
        let mut protected: BTreeSet<u32> =
            self.platform.ancestors_of_self().into_iter().map(|id| id.pid).collect();
        protected.insert(self.us);
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

    fn member(&mut self, look: &Look<'_>, process: &OwnProcess, kind: ProcessKind) -> Member {
        let pid = process.id.pid;
        let is_job = matches!(kind, ProcessKind::Shell | ProcessKind::Other);
        // It is dear, and asked for only where it matters.
        let has_news = is_job || kind == ProcessKind::Session;
        let tcp = has_news.then(|| self.platform.tcp_use(pid, &look.sockets)).flatten();
        let heard = tcp.iter().flat_map(|tcp| &tcp.connected).filter_map(|link| link.silent_for).min();
        let known = self.remember(look, process, kind, tcp.as_ref());
        let session = look.sessions.get(&pid);
        let file = session.and_then(|session| session.file.as_ref());
        let folder = session.and_then(|session| session.folder.clone());
        let session_id = session.and_then(|session| session.id.clone());
        let transcript = session_id.as_deref().and_then(|id| find(&self.config_dirs, id, folder.as_deref()));
        let owner = known.owner.map(|(owner, kind)| Owner {
            id: owner,
            kind,
            state: self.state_of(owner, process.parent, &look.table),
        });
        let stdin = match self.platform.stdin_is_held(pid) {
            Some(true) => StdinEnd::Open,
            Some(false) => StdinEnd::Closed,
            None => StdinEnd::NotKnown,
        };
        let may_be_over = stdin == StdinEnd::Closed
            || owner.is_none_or(|owner| owner.state != OwnerState::Alive)
            || session_id.is_some() && shared(&session_id, &look.sessions);
        let mut ancestors = look.table.ancestors(process);
        let report = ProcessReport {
            id: id_to_core(process.id),
            parent: process.parent,
            kind,
            owner,
            stdin,
            tab: Tab::NotKnown,
            has_terminal: process.has_terminal,
            in_front: process.in_front.filter(|_| process.has_terminal == Some(true)),
            in_multiplexer: Some(ancestors.any(|one| look.multiplexers.contains(&one.id.pid))),
            // An editor's server is started through a login, and outlives it.
            in_login_session: if known.is_of_host { Some(false) } else { known.in_login_session },
            is_background: is_background(file),
            listens: tcp.filter(|_| is_job).map(|tcp| !tcp.listening.is_empty()),
            age: Platform::age(process.id),
            working_children: Some(self.working_children(look, pid)),
            quiet: Quiet {
                transcript: transcript.as_deref().and_then(|path| untouched_for(path, look.wall)),
                cpu: known.is_measured.then(|| look.now.since(known.still.at)),
                sockets: heard.or_else(|| {
                    let since = known.unconnected_since.filter(|_| known.is_measured)?;
                    Some(look.now.since(since))
                }),
            },
            resident_bytes: process.resident_bytes.or_else(|| self.platform.memory_of(pid)).unwrap_or(0),
            tool: transcript.as_deref().filter(|_| may_be_over).and_then(tool_call),
            is_our_ancestor: known.asked_at.is_some_and(|at| look.now.since(at) < PROTECTED_FOR),
            is_users_own: true,
            session: session_id,
        };
        Member { report, command: known.command, folder, transcript }
    }

    /// What is remembered of it, with what this look adds.
    fn remember(
        &mut self,
        look: &Look<'_>,
        process: &OwnProcess,
        kind: ProcessKind,
        tcp: Option<&TcpUse>,
    ) -> Known {
        let id = id_to_core(process.id);
        // Only of a session it matters.
        let links = tcp.filter(|_| kind == ProcessKind::Session).map(|tcp| &tcp.connected);
        let is_heard = links.is_some_and(|links| links.iter().all(|link| link.silent_for.is_some()));
        let usage = Usage { at: look.now, cpu: process.cpu };
        let mut known = match self.known.remove(&id) {
            Some(mut known) => {
                known.is_heard = is_heard;
                let has_moved = known.has_moved(usage);
                if has_moved != Some(false) {
                    known.still = usage;
                }
                known.last = usage;
                known.is_measured = has_moved.is_some();
                if known.name != process.name || process.name.is_none() {
                    known.command = self.command(look, process.id.pid);
                }
                known
            }
            None => {
                let (owner, is_of_host) = self.owner_of(look, process);
                Known {
                    kind,
                    name: process.name,
                    command: self.command(look, process.id.pid),
                    in_login_session: self.platform.in_login_session(process.id.pid),
                    owner,
                    is_of_host,
                    last: usage,
                    still: usage,
                    is_measured: false,
                    is_heard,
                    asked_at: None,
                    unconnected_since: None,
                }
            }
        };
        (known.kind, known.name) = (kind, process.name);
        if look.protected.contains(&process.id.pid) {
            known.asked_at = Some(look.now);
        }
        let is_alone = links.is_some_and(Vec::is_empty);
        known.unconnected_since = is_alone.then_some(known.unconnected_since.unwrap_or(look.now));
        self.known.insert(id, known.clone());
        known
    }

    fn command(&self, look: &Look<'_>, pid: u32) -> String {
        let arguments = look.sessions.get(&pid).map(|session| session.arguments.clone());
        let arguments = arguments.or_else(|| self.platform.arguments(pid)).unwrap_or_default();
        recognisable(&arguments.join(" "))
    }

    /// Who started it, as far as that can be seen while both live; and whether an extension host stands behind it.
    fn owner_of(&self, look: &Look<'_>, process: &OwnProcess) -> (Option<(ProcessId, OwnerKind)>, bool) {
        let Look { table, kinds, .. } = look;
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

    fn state_of(&self, owner: ProcessId, parent_now: u32, table: &Table<'_>) -> OwnerState {
        if table.by_pid.get(&owner.pid).is_some_and(|found| id_to_core(found.id) == owner) {
            return OwnerState::Alive;
        }
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
    fn working_children(&self, Look { now, table, .. }: &Look<'_>, pid: u32) -> u32 {
        let mut queue = vec![pid];
        let mut seen = BTreeSet::from([pid]);
        let mut working: u32 = 0;
        while let Some(pid) = queue.pop() {
            for child in
                table.children.get(&pid).into_iter().flatten().filter(|child| seen.insert(child.id.pid))
            {
                let known = self.known.get(&id_to_core(child.id));
                let moved = known.is_some_and(|known| {
                    known.has_moved(Usage { at: *now, cpu: child.cpu }) == Some(true)
                        || known.is_measured && now.since(known.still.at) < WORKED_WITHIN
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
