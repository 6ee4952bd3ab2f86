//! Looks at the machine. Each part has a thread of its own: a folder of a network that hangs makes that part unknown, and nothing wait.

mod installs;
mod relay;
mod system;

use std::{
    ffi::OsString,
    fs, io,
    io::Read as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use lifeline_bridge::{ide_folders, read_locks};
use lifeline_platform::Platform;

use crate::{
    checks::{KNOBS, NO_PROXY_VARIABLES, PROXY_VARIABLES},
    facts::{
        Daemon, Disk, Editor, Facts, LargeSession, LockFacts, Notes, Scope, Seen, SeenLock, Sessions,
        SettingsFile, WAY_VARIABLES,
    },
    repair::offered,
};

/// How long all of it may take.
const WITHIN: Duration = Duration::from_secs(2);

/// Largest file of settings or notes that is read.
const TEXT_BYTES_AT_MOST: u64 = 1024 * 1024;

/// Sessions from this size on (seed 3: those have three quarters of the errors), in bytes.
const LARGE_BYTES: u64 = 6_000_000;

/// Sessions that nobody has written to for so long are no matter.
const RECENT: Duration = Duration::from_secs(7 * 24 * 3600);

/// Where to look, and what is known already.
pub struct Asked {
    /// Looks up a variable of the environment.
    pub variable: fn(&str) -> Option<OsString>,
    /// What stands before `/proc`, `/sys` and `/etc`: `/`, but for tests.
    pub root: PathBuf,
    /// The project.
    pub folder: PathBuf,
    /// Lifeline's own state.
    pub state_dir: PathBuf,
    /// Where it remembers its relay.
    pub relay_file: PathBuf,
    /// Where it remembers what was set in Claude Code's settings for that.
    pub relay_taken_file: PathBuf,
    /// What only an editor knows.
    pub editor: Editor,
    /// Our own version.
    pub lifeline_version: String,
    /// Now, in milliseconds since the Unix epoch.
    pub now_unix_ms: u64,
}

impl Asked {
    fn path(&self, variable: &str) -> Option<PathBuf> {
        (self.variable)(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// As Node's `os.homedir()`.
    pub fn home(&self) -> Option<PathBuf> {
        self.path(if cfg!(windows) { "USERPROFILE" } else { "HOME" })
    }

    fn config_dir(&self) -> Option<PathBuf> {
        self.path("CLAUDE_CONFIG_DIR").or_else(|| Some(self.home()?.join(".claude")))
    }
}

/// Looks at everything but the daemon.
pub fn look(asked: &Asked, daemon: Daemon) -> Facts {
    begin(asked).finish(daemon)
}

/// What is being looked at.
pub struct Begun {
    until: Instant,
    facts: Facts,
    settings: Late<Vec<SettingsFile>>,
    editor_settings: Late<Vec<SettingsFile>>,
    notes: Late<Option<Notes>>,
    locks: Late<LockFacts>,
    installs: Late<crate::facts::Installs>,
    sessions: Late<Sessions>,
    memory: Late<Option<lifeline_platform::Memory>>,
    disks: Vec<(&'static str, PathBuf, Late<u64>)>,
    inotify: Late<Option<crate::facts::Inotify>>,
    folders: Late<Vec<crate::facts::FolderFacts>>,
    network: Late<Option<crate::facts::Network>>,
    idle_action: Late<Option<String>>,
    relay: Late<crate::facts::RelayFacts>,
}

/// Begins to look, on other threads.
pub fn begin(asked: &Asked) -> Begun {
    let config_dir = asked.config_dir();
    // None of these is ever seen: `finish` puts what was found in its place.
    let unseen = String::new;
    let facts = Facts {
        lifeline_version: asked.lifeline_version.clone(),
        now_unix_ms: asked.now_unix_ms,
        variables: variables(asked),
        editor: asked.editor.clone(),
        settings: Err(unseen()),
        editor_settings: Err(unseen()),
        notes: Err(unseen()),
        locks: Err(unseen()),
        installs: Err(unseen()),
        sessions: Err(unseen()),
        memory: Err(unseen()),
        disks: Vec::new(),
        inotify: Err(unseen()),
        folders: Err(unseen()),
        network: Err(unseen()),
        idle_action: Err(unseen()),
        relay: Err(unseen()),
        daemon: Daemon::Absent(unseen()),
    };
    let (folder, state_dir, root) = (asked.folder.clone(), asked.state_dir.clone(), asked.root.clone());
    let now_ms = asked.now_unix_ms;
    let own_files = settings_files(&root, config_dir.as_deref(), &folder);
    let editor_files = editor_files(asked);
    let ide_folders = ide_folders(&asked.variable);
    let sse_port = facts.inherited("CLAUDE_CODE_SSE_PORT").and_then(|port| port.trim().parse().ok());
    let projects: Vec<PathBuf> = ide_folders.iter().map(|ide| ide.with_file_name("projects")).collect();
    let disks = [
        ("Lifeline's state", Some(state_dir.clone())),
        ("Claude Code's sessions", config_dir.clone()),
        ("temporary files", Some(std::env::temp_dir())),
    ];
    let search = installs::Search::new(asked);
    let proc = root.join("proc");
    let network_root = root.clone();
    let (relay_file, relay_taken_file) = (asked.relay_file.clone(), asked.relay_taken_file.clone());
    let own = [config_dir.clone(), config_dir.map(|dir| dir.join("ide")), Some(state_dir.clone())];
    Begun {
        until: Instant::now() + WITHIN,
        facts,
        settings: late(move || Ok(read_all(own_files))),
        editor_settings: late(move || Ok(read_all(editor_files))),
        notes: late(move || Ok(notes(&folder, &state_dir))),
        locks: late(move || Ok(locks(ide_folders, sse_port))),
        installs: late(move || Ok(search.find())),
        sessions: late(move || Ok(sessions(&projects, now_ms))),
        memory: late(|| Ok(Platform::new().memory())),
        disks: disks
            .into_iter()
            .filter_map(|(what, path)| Some((what, path?)))
            .map(|(what, path)| (what, path.clone(), late(move || system::free_bytes(&path))))
            .collect(),
        inotify: late(move || system::inotify(&proc)),
        folders: late(move || Ok(system::folders(own))),
        network: late(move || system::network(&network_root)),
        idle_action: late(move || system::idle_action(&root)),
        relay: late(move || relay::relay(&relay_file, relay_taken_file)),
    }
}

impl Begun {
    /// Waits for what is not there yet, 2 s after the beginning at the latest.
    pub fn finish(self, daemon: Daemon) -> Facts {
        let until = self.until;
        Facts {
            settings: self.settings.take(until),
            editor_settings: self.editor_settings.take(until),
            notes: self.notes.take(until),
            locks: self.locks.take(until),
            installs: self.installs.take(until),
            sessions: self.sessions.take(until),
            memory: self.memory.take(until),
            disks: self
                .disks
                .into_iter()
                .map(|(what, path, late)| Disk { what, path, free_bytes: late.take(until) })
                .collect(),
            inotify: self.inotify.take(until),
            folders: self.folders.take(until),
            network: self.network.take(until),
            idle_action: self.idle_action.take(until),
            relay: self.relay.take(until),
            daemon,
            ..self.facts
        }
    }
}

/// What `look` sees; none when that takes longer. For what else may hang.
pub fn within<T: Send + 'static>(patience: Duration, look: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    late(move || Ok(look())).take(Instant::now() + patience).ok()
}

/// What another thread looks at.
struct Late<T> {
    seen: Arc<Mutex<Option<Seen<T>>>>,
    done: Receiver<()>,
}

fn late<T: Send + 'static>(look: impl FnOnce() -> Seen<T> + Send + 'static) -> Late<T> {
    let seen = Arc::new(Mutex::new(None));
    let tell = Arc::clone(&seen);
    let done = apart(Box::new(move || {
        let looked = look();
        if let Ok(mut seen) = tell.lock() {
            *seen = Some(looked);
        }
    }));
    Late { seen, done }
}

/// Does it on a thread of its own. In one piece for all: threads and channels of a dozen types take 100 KB of the program.
fn apart(job: Box<dyn FnOnce() + Send>) -> Receiver<()> {
    let (tell, done) = sync_channel(1);
    // Nobody waits for its end: a thread that hangs in the kernel hangs alone.
    let _ = thread::Builder::new().spawn(move || {
        job();
        let _ = tell.send(());
    });
    done
}

impl<T> Late<T> {
    fn take(self, until: Instant) -> Seen<T> {
        match wait(&self.done, until) {
            Ok(()) => {
                self.seen.lock().ok().and_then(|mut seen| seen.take()).unwrap_or_else(|| Err(String::new()))
            }
            Err(why) => Err(why.into()),
        }
    }
}

fn wait(done: &Receiver<()>, until: Instant) -> Result<(), &'static str> {
    done.recv_timeout(until.saturating_duration_since(Instant::now())).map_err(|error| match error {
        RecvTimeoutError::Timeout => "It did not answer within 2 s; a folder of a network may hang.",
        RecvTimeoutError::Disconnected => "It could not be looked at.",
    })
}

/// The variables that are read. No other is ever looked at.
fn variables(asked: &Asked) -> Vec<(String, String)> {
    let names = KNOBS
        .iter()
        .chain(&PROXY_VARIABLES)
        .chain(&NO_PROXY_VARIABLES)
        .chain(&WAY_VARIABLES)
        .chain(&["CLAUDE_CODE_SSE_PORT"]);
    let known = names.filter_map(|name| {
        let value = (asked.variable)(name)?;
        Some(((*name).to_owned(), value.to_string_lossy().into_owned()))
    });
    known.collect()
}

/// The text of a file; none when there is none. Links are followed, once; what is no regular file is not opened, and what is too large not
/// read.
///
/// # Errors
/// What is wrong with it: the rest of a sentence that begins with its name.
pub fn text_of(path: &Path) -> Result<Option<String>, String> {
    let said = |error: io::Error| match error.kind() {
        io::ErrorKind::PermissionDenied => "may not be read (permission denied)".to_owned(),
        io::ErrorKind::InvalidInput => "is no regular file".to_owned(),
        kind => format!("cannot be read ({kind})"),
    };
    let target = match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        target => target.map_err(said)?,
    };
    let file = lifeline_transcript::open_regular(&target).map_err(said)?;
    let mut bytes = Vec::new();
    file.take(TEXT_BYTES_AT_MOST + 1).read_to_end(&mut bytes).map_err(said)?;
    if bytes.len() as u64 > TEXT_BYTES_AT_MOST {
        return Err("is larger than 1 MB, and so no such file".into());
    }
    String::from_utf8(bytes).map(Some).map_err(|_| "is no text in UTF-8".into())
}

/// Claude Code's settings, the ones that win first (`code.claude.com/docs/en/settings`).
fn settings_files(root: &Path, config_dir: Option<&Path>, folder: &Path) -> Vec<(PathBuf, Scope)> {
    let managed = if cfg!(target_os = "macos") {
        root.join("Library/Application Support/ClaudeCode/managed-settings.json")
    } else if cfg!(windows) {
        PathBuf::from("C:/Program Files/ClaudeCode/managed-settings.json")
    } else {
        root.join("etc/claude-code/managed-settings.json")
    };
    let project = folder.join(".claude");
    let users = config_dir.map(|dir| dir.join("settings.json"));
    let mut files = vec![(managed, Scope::Managed), (project.join("settings.local.json"), Scope::Project)];
    // In the home folder both are the same file.
    let shared = project.join("settings.json");
    if users.as_ref() != Some(&shared) {
        files.push((shared, Scope::Project));
    }
    files.extend(users.map(|path| (path, Scope::User)));
    files
}

/// The user's settings of the editor: what it told, else where editors keep them.
fn editor_files(asked: &Asked) -> Vec<(PathBuf, Scope)> {
    if let Some(file) = &asked.editor.settings_file {
        return vec![(file.clone(), Scope::User)];
    }
    let Some(home) = asked.home() else { return Vec::new() };
    let data = if cfg!(target_os = "macos") {
        home.join("Library/Application Support")
    } else if cfg!(windows) {
        asked.path("APPDATA").unwrap_or_else(|| home.join("AppData/Roaming"))
    } else {
        asked.path("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"))
    };
    vec![
        (data.join("Code/User/settings.json"), Scope::User),
        (home.join(".vscode-server/data/Machine/settings.json"), Scope::User),
    ]
}

fn read_all(files: Vec<(PathBuf, Scope)>) -> Vec<SettingsFile> {
    let read = |(path, scope): (PathBuf, Scope)| {
        let text = text_of(&path);
        SettingsFile::new(path, scope, text)
    };
    files.into_iter().map(read).collect()
}

/// Of a folder that is a project: it has notes, settings or a repository.
fn notes(folder: &Path, state_dir: &Path) -> Option<Notes> {
    let path = folder.join("CLAUDE.md");
    let is_project = [".claude", ".git", "CLAUDE.md"].iter().any(|name| folder.join(name).exists());
    is_project.then(|| Notes {
        content: text_of(&path),
        was_offered: offered(state_dir).contains(&path.to_string_lossy().into_owned()),
        path,
    })
}

fn locks(folders: Vec<PathBuf>, sse_port: Option<u16>) -> LockFacts {
    let platform = Platform::new();
    let found = read_locks(&folders);
    let locks = found.locks.into_iter().filter_map(|lock| {
        let name = format!("{}.lock", lock.port);
        let path = folders.iter().map(|folder| folder.join(&name)).find(|path| path.exists())?;
        let is_listening = platform.listener(lock.port).is_some();
        let others_can_read = system::others_can_read(&path);
        Some(SeenLock { lock, path, is_listening, others_can_read })
    });
    let locks = locks.collect();
    let sse_port = sse_port.map(|port| (port, platform.listener(port).is_some()));
    LockFacts { folders, locks, problems: found.problems, sse_port }
}

fn sessions(projects: &[PathBuf], now_unix_ms: u64) -> Sessions {
    let mut sessions = Sessions::default();
    let now_ns = u128::from(now_unix_ms) * 1_000_000;
    for listed in projects.iter().flat_map(|projects| lifeline_transcript::list(projects)) {
        let Some(modified_ns) = listed.stamp.modified_ns.map(u128::from) else { continue };
        let ahead_ms = u64::try_from(modified_ns.saturating_sub(now_ns) / 1_000_000).unwrap_or(u64::MAX);
        sessions.ahead_ms = sessions.ahead_ms.max(ahead_ms);
        let is_recent = now_ns.saturating_sub(modified_ns) < RECENT.as_nanos();
        if let Some(id) = listed.session
            && !listed.is_subagent
            && is_recent
            && listed.stamp.bytes > LARGE_BYTES
        {
            let large = LargeSession { id, project: listed.project, bytes: listed.stamp.bytes };
            let at = sessions.large.iter().position(|other| other.bytes < large.bytes);
            sessions.large.insert(at.unwrap_or(sessions.large.len()), large);
        }
    }
    sessions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_is_unknown_and_waited_for_no_longer() {
        let (go_on, hangs) = sync_channel::<()>(0);
        let late = late(move || hangs.recv().map_err(|error| error.to_string()));
        let note = late.take(Instant::now()).unwrap_err();
        assert!(note.contains("did not answer within 2 s"), "{note}");
        drop(go_on);
        assert_eq!(within(WITHIN, || 7), Some(7));
    }
}
