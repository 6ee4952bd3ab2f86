//! The session ledger: which Claude session runs where, and how it stands.
//!
//! Processes are found by their structure, never by a pattern over command lines, and only our own user's. Looked at when somebody asks,
//! when a snapshot is made, and once a minute, off the control loop. A look takes 18 µs for each process of the user and about
//! 1 ms for each session, 30 where a turn has filled megabytes of its transcript (measured, release build).
//!
//! Measured with Claude Code 2.1.329: `sessions/<pid>.json` is there for panel sessions, too; it is removed at an orderly end and stays
//! behind after SIGKILL, still `busy`. The transcript is opened for each write and not held. Of an answer nothing is written before a
//! block of it is complete, so what was cut off in mid-sentence is not in `partial_answer`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use lifeline_platform::{OwnProcess, Platform, ProcessId};
use lifeline_protocol as wire;
use lifeline_transcript::{Standing, State, Tail, at_work, find, is_session_id, recent, session_id_of};
use tokio::{sync::Mutex, time::timeout};

use crate::clock::unix_ms_at;

use super::{
    claude::{SessionProcess, Strangers},
    sockets::is_extension_host,
};

/// A session whose process has ended is remembered for this long after that was seen.
const REMEMBERED_FOR: Duration = Duration::from_secs(10 * 60);

/// How long a look may take: a client waits for 10 s.
const LOOK_WITHIN: Duration = Duration::from_secs(8);

/// Sessions whose process has ended that are remembered.
const ENDED_AT_MOST: usize = 64;

/// Sessions that are told. A user with more has other worries.
const LIVE_AT_MOST: usize = 256;

/// How many generations of parents are followed.
const GENERATIONS_AT_MOST: usize = 64;

/// The transcripts of a project that are considered for a process that names none.
const TRANSCRIPTS_AT_MOST: usize = 8;

/// A process's start by its age and a record's time by the wall clock differ by less than this.
const CLOCKS_APART_MS: u64 = 2000;

/// What the control loop knows, for one look.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    pub(crate) windows: Vec<Window>,
    pub(crate) sockets: Vec<Socket>,
}

/// A window of an editor.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    pub(crate) id: String,
    /// Its extension host.
    pub(crate) host_pid: Option<u32>,
    /// The shells of its terminals.
    pub(crate) shells: Vec<u32>,
}

/// A port that CLIs are connected to.
#[derive(Clone, Debug)]
pub(crate) struct Socket {
    pub(crate) port: u16,
    /// The window that it belongs to, or leads to.
    pub(crate) window_id: String,
    /// It is a bridge of ours.
    pub(crate) bridged: bool,
}

/// A session, as it is told and as it stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    pub(crate) status: wire::SessionStatus,
    /// By its transcript; `None` while it has none.
    pub(crate) standing: Option<Standing>,
    /// It was started by an extension host that is gone: it finishes its turn, and then ends.
    pub(crate) is_orphan: bool,
    /// It reads what is typed in its terminal, as far as is known.
    pub(crate) in_front: bool,
    /// When its process was found to have ended.
    pub(crate) ended_at: Option<SystemTime>,
}

/// The ledger as several may ask for it: one look after the other.
#[derive(Clone)]
pub(crate) struct SharedLedger(Arc<Mutex<Ledger>>);

impl SharedLedger {
    pub(crate) fn new(platform: Platform, config_dirs: Vec<PathBuf>) -> Self {
        Self(Arc::new(Mutex::new(Ledger::new(platform, config_dirs))))
    }

    /// All sessions, by folder, then the one that was active last first; `None` when a file system does not answer in time.
    pub(crate) async fn look(&self, view: View) -> Option<Vec<Session>> {
        let looking = async {
            let mut ledger = Arc::clone(&self.0).lock_owned().await;
            tokio::task::spawn_blocking(move || ledger.look(&view, SystemTime::now())).await
        };
        match timeout(LOOK_WITHIN, looking).await {
            Ok(Ok(sessions)) => Some(sessions),
            Ok(Err(error)) => {
                tracing::error!(%error, "the sessions could not be looked at");
                None
            }
            Err(_) => {
                tracing::warn!("a look at the sessions takes too long");
                None
            }
        }
    }
}

/// Remembers what it saw.
struct Ledger {
    platform: Platform,
    config_dirs: Vec<PathBuf>,
    strangers: Strangers,
    /// As of the last look.
    live: BTreeMap<ProcessId, Session>,
    /// Sessions whose process was there at one look and gone at the next, with the time of that.
    ended: Vec<(SystemTime, wire::SessionStatus)>,
}

impl Ledger {
    fn new(platform: Platform, config_dirs: Vec<PathBuf>) -> Self {
        Self {
            platform,
            config_dirs,
            strangers: Strangers::default(),
            live: BTreeMap::new(),
            ended: Vec::new(),
        }
    }

    /// Blocks on the process table and the file system.
    fn look(&mut self, view: &View, now: SystemTime) -> Vec<Session> {
        let now_unix_ms = unix_ms_at(now);
        let processes = self.platform.own_processes();
        let candidates = self.strangers.told_from(&self.platform, &processes);
        let found: Vec<SessionProcess> =
            SessionProcess::among(&self.platform, &self.config_dirs, &candidates, now_unix_ms)
                .take(LIVE_AT_MOST)
                .collect();
        let parents: BTreeMap<u32, u32> =
            processes.iter().map(|process| (process.id.pid, process.parent)).collect();
        let pids: BTreeSet<u32> = found.iter().map(|found| found.process.id.pid).collect();
        let connected = self.connected(view, &pids);

        let ids = self.identify(&found, now);
        let mut live = BTreeMap::new();
        for (found, (session_id, transcript)) in found.iter().zip(ids) {
            let id = found.process.id;
            let mut status = wire::SessionStatus {
                session_id,
                pid: Some(id.pid),
                folder: found.folder.as_deref().map(text_of),
                transcript: transcript.as_deref().map(text_of),
                rss_bytes: self.platform.memory_of(id.pid),
                started_unix_ms: Some(found.started_unix_ms),
                ..wire::SessionStatus::default()
            };
            place(&mut status, found, view, &parents, &pids);
            let is_orphan = self.is_orphan(&mut status, found);
            if let Some((window_id, bridged)) = connected.get(&id.pid) {
                status.window_id.get_or_insert_with(|| window_id.clone());
                status.bridged = *bridged;
            }
            let says = found.file.as_ref().and_then(|file| file.status.as_deref());
            let standing = describe(&mut status);
            status.state = state(standing.as_ref(), says, found.started_unix_ms).into();
            if matches!(status.state.as_str(), "idle" | "unknown") {
                (status.partial_answer, status.pending_tools) = (None, Vec::new());
            }
            status.subagents = transcript.as_deref().map_or(0, |transcript| at_work(transcript, now));
            let in_front = found.process.in_front.unwrap_or(true);
            live.insert(id, Session { status, standing, is_orphan, in_front, ended_at: None });
        }
        self.note_ends(live, now);

        let ended = self.ended.iter().map(|(at, ended)| stands_after(ended, *at));
        let mut sessions: Vec<Session> = self.live.values().cloned().chain(ended).collect();
        sessions.sort_by(|Session { status: a, .. }, Session { status: b, .. }| {
            (&a.folder, b.active_unix_ms).cmp(&(&b.folder, a.active_unix_ms))
        });
        sessions
    }

    /// Whether the extension host that started it is gone; then it still is the panel's, in the window that it was in.
    fn is_orphan(&self, status: &mut wire::SessionStatus, found: &SessionProcess) -> bool {
        if status.kind == "panel" || status.shell_pid.is_some() {
            return false;
        }
        let before = self.live.get(&found.process.id).map(|known| &known.status);
        let entrypoint = found.file.as_ref().and_then(|file| file.entrypoint.as_deref());
        let was_panel = before.map_or(entrypoint == Some("claude-vscode"), |before| before.kind == "panel");
        // The host of a window without Lifeline is one too.
        if !was_panel || is_extension_host(&self.platform, found.process.parent) {
            return false;
        }
        status.kind = "panel".into();
        status.window_id = before.and_then(|before| before.window_id.clone());
        true
    }

    /// Who is connected to which window's port, and whether through a bridge. Our own end of a bridge is nobody's session.
    fn connected(&self, view: &View, pids: &BTreeSet<u32>) -> BTreeMap<u32, (String, bool)> {
        let mut connected = BTreeMap::new();
        let ports: Vec<u16> = view.sockets.iter().map(|socket| socket.port).collect();
        if ports.is_empty() || pids.is_empty() {
            return connected;
        }
        let likely: Vec<u32> =
            pids.iter().copied().chain(view.windows.iter().filter_map(|window| window.host_pid)).collect();
        let users = self.platform.port_users(&ports, &likely);
        for socket in &view.sockets {
            let clients = users.get(&socket.port).into_iter().flat_map(|users| &users.clients);
            for client in
                clients.filter_map(|client| client.process).filter(|client| pids.contains(&client.pid))
            {
                connected.insert(client.pid, (socket.window_id.clone(), socket.bridged));
            }
        }
        connected
    }

    /// The session of each process, and its transcript: by its own file, by its arguments, by what it holds open, and last by which
    /// transcript is written to in the folder where it alone works.
    fn identify(&self, found: &[SessionProcess], now: SystemTime) -> Vec<(Option<String>, Option<PathBuf>)> {
        let mut ids: Vec<(Option<String>, Option<PathBuf>)> =
            found.iter().map(|found| self.named(found)).collect();
        let claimed: BTreeSet<String> = ids.iter().filter_map(|(id, _)| id.clone()).collect();
        for (index, one) in found.iter().enumerate().filter(|(_, found)| found.file.is_none()) {
            let alone = found.iter().filter(|other| other.folder == one.folder).count() == 1;
            if ids[index].0.is_some() || !alone {
                continue;
            }
            if let Some((id, transcript)) = self.newest(one, now).filter(|(id, _)| !claimed.contains(id)) {
                ids[index] = (Some(id), Some(transcript));
            }
        }
        ids
    }

    fn named(&self, found: &SessionProcess) -> (Option<String>, Option<PathBuf>) {
        if let Some(id) = &found.id {
            return (Some(id.clone()), find(&self.config_dirs, id, found.folder.as_deref()));
        }
        let projects: Vec<PathBuf> = self.config_dirs.iter().map(|config| config.join("projects")).collect();
        let held = self.platform.open_files(found.process.id.pid).into_iter().find_map(|path| {
            let is_in_projects = projects.iter().any(|projects| path.starts_with(projects));
            let id = session_id_of(&path).filter(|_| is_in_projects)?.to_owned();
            Some((id, path))
        });
        held.map_or((None, None), |(id, path)| (Some(id), Some(path)))
    }

    fn newest(&self, found: &SessionProcess, now: SystemTime) -> Option<(String, PathBuf)> {
        let folder = found.folder.as_deref()?;
        let since = Duration::from_millis(unix_ms_at(now).saturating_sub(found.started_unix_ms) + 1);
        let transcripts = self
            .config_dirs
            .iter()
            .flat_map(|config| recent(config, folder, now, since, TRANSCRIPTS_AT_MOST));
        let newest = transcripts
            .filter(|transcript| session_id_of(&transcript.path).is_some())
            .max_by_key(|transcript| transcript.modified)?;
        Some((session_id_of(&newest.path)?.to_owned(), newest.path))
    }

    /// Takes over what is there now, and remembers whose process is not there any more.
    fn note_ends(&mut self, live: BTreeMap<ProcessId, Session>, now: SystemTime) {
        let before = std::mem::replace(&mut self.live, live);
        for (id, Session { status, .. }) in before {
            if !self.live.contains_key(&id) && status.session_id.as_deref().is_some_and(is_session_id) {
                self.ended.retain(|(_, known)| known.session_id != status.session_id);
                self.ended.push((now, status));
            }
        }
        let goes_on: BTreeSet<&String> =
            self.live.values().filter_map(|session| session.status.session_id.as_ref()).collect();
        self.ended.retain(|(at, ended)| {
            let is_remembered = now.duration_since(*at).is_ok_and(|age| age < REMEMBERED_FOR) || *at > now;
            is_remembered && ended.session_id.as_ref().is_some_and(|id| !goes_on.contains(id))
        });
        let excess = self.ended.len().saturating_sub(ENDED_AT_MOST);
        self.ended.drain(..excess);
    }
}

/// Where it runs: whose child it is, and whose terminal it is in.
fn place(
    status: &mut wire::SessionStatus,
    found: &SessionProcess,
    view: &View,
    parents: &BTreeMap<u32, u32>,
    sessions: &BTreeSet<u32>,
) {
    let OwnProcess { id, parent, has_terminal, .. } = found.process;
    if let Some(window) = view.windows.iter().find(|window| window.host_pid == Some(parent)) {
        status.kind = "panel".into();
        status.window_id = Some(window.id.clone());
        return;
    }
    let shell_of = |pid: u32| view.windows.iter().find(|window| window.shells.contains(&pid));
    // One that a session has started reads nobody's keys, whatever terminal it has.
    let mut is_nested = false;
    let mut pid = id.pid;
    for _ in 0..GENERATIONS_AT_MOST {
        if let Some(window) = shell_of(pid).filter(|_| pid > 1) {
            status.window_id = Some(window.id.clone());
            if !is_nested {
                (status.kind, status.shell_pid) = ("terminal".into(), Some(pid));
                return;
            }
            break;
        }
        let Some(&parent) = parents.get(&pid) else { break };
        is_nested |= sessions.contains(&parent);
        pid = parent;
    }
    let in_terminal = has_terminal.unwrap_or(true) && !is_nested;
    status.kind = if in_terminal { "elsewhere" } else { "background" }.into();
}

/// Adds what the transcript tells.
fn describe(status: &mut wire::SessionStatus) -> Option<Standing> {
    let tail = Tail::read(Path::new(status.transcript.as_deref()?)).ok()?;
    let standing = tail.standing();
    status.last_prompt.clone_from(&standing.last_prompt);
    status.partial_answer.clone_from(&standing.partial_answer);
    status.pending_tools = standing
        .pending_tools
        .iter()
        .map(|tool| wire::PendingTool {
            name: tool.name.clone(),
            summary: tool.summary.clone(),
            since_unix_ms: tool.since_unix_ms,
        })
        .collect();
    status.active_unix_ms = tail.modified().map(unix_ms_at);
    status.git_branch.clone_from(&standing.git_branch);
    if status.folder.is_none() {
        status.folder.clone_from(&standing.cwd);
    }
    Some(standing)
}

/// The state of a session that has a process. What it says of itself is of this moment, and what stands in the transcript tells more.
fn state(standing: Option<&Standing>, says: Option<&str>, started_unix_ms: u64) -> &'static str {
    let Some(standing) = standing else {
        return match says {
            Some("busy") => "thinking",
            Some("waiting") => "waiting",
            Some("idle") => "idle",
            _ => "unknown",
        };
    };
    let is_open = standing.state.is_open();
    let is_of_before = standing.last_record_unix_ms.is_some_and(|at| at + CLOCKS_APART_MS < started_unix_ms);
    match says {
        Some("waiting") => "waiting",
        // The prompt is on its way to the transcript.
        Some("busy") if !is_open || is_of_before => "thinking",
        // The process that was in this turn is gone, and this one has not taken it up.
        None | Some("idle") if is_open && is_of_before => "cut",
        Some("idle") if is_open => "idle",
        _ => match standing.state {
            State::Thinking => "thinking",
            State::Tool => "tool",
            State::Waiting => "waiting",
            State::Retrying { .. } => "retrying",
            State::Failed { .. } => "failed",
            State::Idle | State::Interrupted => "idle",
            State::Unknown if says == Some("idle") => "idle",
            State::Unknown => "unknown",
        },
    }
}

/// A session whose process has ended, by what it has left behind.
fn stands_after(known: &wire::SessionStatus, ended_at: SystemTime) -> Session {
    let mut status = wire::SessionStatus {
        pid: None,
        rss_bytes: None,
        subagents: 0,
        bridged: false,
        pending_tools: Vec::new(),
        partial_answer: None,
        ..known.clone()
    };
    let standing = describe(&mut status);
    let is_cut = standing.as_ref().is_some_and(|standing| standing.state.is_open());
    if !is_cut {
        (status.partial_answer, status.pending_tools) = (None, Vec::new());
    }
    status.state = if is_cut { "cut" } else { "ended" }.into();
    Session { status, standing, is_orphan: false, in_front: false, ended_at: Some(ended_at) }
}

fn text_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
#[path = "ledger_tests.rs"]
mod tests;
