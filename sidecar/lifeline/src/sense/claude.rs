//! Claude Code processes that belong to a window, by their structure: the native binary of the extension, or Node running the package's entry.
//!
//! Never by a pattern over a whole command line: an editor that has a file named `claude` open is none.

use std::{
    collections::BTreeMap,
    io::Read as _,
    path::{Path, PathBuf},
};

use lifeline_platform::{OwnProcess, Platform, ProcessId, ThreadName};
use lifeline_transcript::{is_session_id, open_regular};
use serde_json::Value;

/// Largest session file that is read, in bytes. Real ones have 700.
const SESSION_BYTES_AT_MOST: u64 = 64 * 1024;

/// Longest path that is believed, in bytes: Linux' own limit.
const PATH_BYTES_AT_MOST: usize = 4096;

/// The start of a process by its age, and by the wall clock of another program, differ by less than this.
const CLOCKS_APART_MS: u64 = 2000;

/// A Claude Code process, and how it belongs to its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claude {
    pub(crate) pid: u32,
    pub(crate) kind: Kind,
    pub(crate) host_pid: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A session of the chat panel: a child of the host.
    Panel,
    /// A CLI, connected to the host's IDE socket.
    Cli,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Panel => "panel",
            Self::Cli => "cli",
        }
    }
}

/// Children of the host that are Claude Code. 20 µs per child.
pub(crate) fn panel_sessions(platform: &Platform, host_pid: u32) -> Vec<Claude> {
    platform
        .children(host_pid)
        .into_iter()
        .filter(|child| is_claude(platform, child.id.pid))
        .map(|child| Claude { pid: child.id.pid, kind: Kind::Panel, host_pid })
        .collect()
}

/// Clients of the host's IDE socket, ourselves and the host excepted.
pub(crate) fn connected(clients: &[lifeline_platform::Connection], host_pid: u32) -> Vec<Claude> {
    let mut pids: Vec<u32> = clients
        .iter()
        .filter_map(|client| client.process)
        .map(|ProcessId { pid, .. }| pid)
        .filter(|pid| *pid != std::process::id() && *pid != host_pid)
        .collect();
    pids.sort_unstable();
    pids.dedup();
    pids.into_iter().map(|pid| Claude { pid, kind: Kind::Cli, host_pid }).collect()
}

/// Tools that Claude Code carries inside its own program, and runs as that program under their names (2.1.329).
const EMBEDDED_TOOLS: [&str; 6] = ["rg", "ugrep", "bfs", "grep", "find", "apply-seccomp"];

/// Errands of Claude Code that are no session: its first argument.
const ERRANDS: [&str; 29] = [
    "--bg-pty-host",
    "--bg-spare",
    "--chrome-native-host",
    "--claude-in-chrome-mcp",
    "--daemon-worker",
    "--eval-mock-server",
    "--help",
    "--version",
    "-h",
    "-v",
    "agents",
    "auth",
    "auto-mode",
    "config",
    "daemon",
    "doctor",
    "gateway",
    "install",
    "login",
    "logout",
    "mcp",
    "plugin",
    "plugins",
    "project",
    "sandbox",
    "setup-token",
    "uninstall",
    "update",
    "upgrade",
];

fn is_claude(platform: &Platform, pid: u32) -> bool {
    arguments_of_claude(platform, pid).is_some()
}

/// The arguments of a process that is Claude Code; `None` for every other. 6 µs for most programs, 16 µs for the rest.
pub(crate) fn arguments_of_claude(platform: &Platform, pid: u32) -> Option<Vec<String>> {
    let executable = platform.executable(pid)?;
    if !is_program(&executable) && !is_runtime(&executable) {
        return None;
    }
    // A process that is just beginning to run this program has no arguments yet, and one that has exited has none any more.
    let arguments = platform.arguments(pid).filter(|arguments| !arguments.is_empty())?;
    names_claude(Some(&executable), &arguments).then_some(arguments)
}

/// Processes that were seen to run something else than Claude Code, under which name. They are not asked again while they bear it: a
/// process that begins to run another program gets the name of that one.
#[derive(Debug, Default)]
pub(crate) struct Strangers(BTreeMap<ProcessId, ThreadName>);

impl Strangers {
    /// Those among the processes that may be Claude Code. We are not.
    pub(crate) fn told_from(&mut self, platform: &Platform, processes: &[OwnProcess]) -> Vec<OwnProcess> {
        let us = std::process::id();
        let before = std::mem::take(&mut self.0);
        let mut others = Vec::new();
        for process in processes.iter().filter(|process| process.id.pid != us) {
            let name = process.name.filter(|name| !may_become_claude(name));
            let is_known = name.is_some() && before.get(&process.id) == name.as_ref();
            let is_stranger = |process: &OwnProcess| {
                let executable = platform.executable(process.id.pid);
                executable.is_some_and(|executable| !is_program(&executable) && !is_runtime(&executable))
            };
            match name {
                Some(name) if is_known || is_stranger(process) => {
                    self.0.insert(process.id, name);
                }
                _ => others.push(*process),
            }
        }
        others
    }
}

/// Whether a process of this name could run Claude Code, or begin to, without getting another name. A version's number is the name of the
/// program where a version manager keeps it.
fn may_become_claude(name: &ThreadName) -> bool {
    let names: [&[u8]; 3] = [b"claude", b"node", b"bun"];
    names.iter().any(|known| name.starts_with(known)) || name[0].is_ascii_digit()
}

/// A process that is a session.
pub(crate) struct SessionProcess {
    pub(crate) process: OwnProcess,
    pub(crate) arguments: Vec<String>,
    pub(crate) file: Option<SessionFile>,
    /// By its file, else by its arguments.
    pub(crate) id: Option<String>,
    /// The folder that it works in.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) started_unix_ms: u64,
}

impl SessionProcess {
    /// Those among the [candidates](Strangers::told_from). One that wrote a file about itself is one, whatever its arguments are.
    pub(crate) fn among<'a>(
        platform: &'a Platform,
        config_dirs: &'a [PathBuf],
        candidates: &'a [OwnProcess],
        now_unix_ms: u64,
    ) -> impl Iterator<Item = Self> + 'a {
        candidates.iter().filter_map(move |process| Self::look(platform, config_dirs, *process, now_unix_ms))
    }

    fn look(
        platform: &Platform,
        config_dirs: &[PathBuf],
        process: OwnProcess,
        now_unix_ms: u64,
    ) -> Option<Self> {
        let pid = process.id.pid;
        let arguments = arguments_of_claude(platform, pid)?;
        let age_ms = u64::try_from(Platform::age(process.id).as_millis()).unwrap_or(u64::MAX);
        let started_unix_ms = now_unix_ms.saturating_sub(age_ms);
        let file = SessionFile::read(config_dirs, pid).filter(|file| file.is_of(process.id, started_unix_ms));
        if file.is_none() && !is_session(&arguments) {
            return None;
        }
        let by_file = file.as_ref().and_then(|file| file.session_id.clone());
        let id = by_file.or_else(|| session_id_in(&arguments));
        let folder = file.as_ref().and_then(|file| file.cwd.clone());
        let folder = folder.or_else(|| platform.working_directory(pid));
        Some(Self { process, arguments, file, id, folder, started_unix_ms })
    }
}

/// Whether Claude Code with these arguments talks to somebody: it is neither on an errand nor one of its tools.
pub(crate) fn is_session(arguments: &[String]) -> bool {
    let name = arguments.first().and_then(|name| stem(Path::new(name)));
    let first = user_arguments(arguments).first();
    !name.is_some_and(|name| EMBEDDED_TOOLS.contains(&name))
        && !first.is_some_and(|first| ERRANDS.contains(&first.as_str()))
}

/// The session that the arguments name. One that is forked from has another id.
pub(crate) fn session_id_in(arguments: &[String]) -> Option<String> {
    let arguments = user_arguments(arguments);
    let value = |names: &[&str]| {
        arguments.iter().enumerate().find_map(|(at, argument)| {
            let value = match argument.split_once('=') {
                Some((name, value)) if names.contains(&name) => value,
                _ if names.contains(&argument.as_str()) => arguments.get(at + 1)?,
                _ => return None,
            };
            is_session_id(value).then(|| value.to_ascii_lowercase())
        })
    };
    let is_fork = arguments.iter().any(|argument| argument == "--fork-session");
    value(&["--session-id"]).or_else(|| value(&["--resume", "-r"]).filter(|_| !is_fork))
}

/// What follows the program, or the script that a runtime runs.
fn user_arguments(arguments: &[String]) -> &[String] {
    let script = arguments.iter().position(|argument| is_entry(argument)).unwrap_or(0);
    arguments.get(script + 1..).unwrap_or_default()
}

fn stem(path: &Path) -> Option<&str> {
    path.file_stem()?.to_str()
}

/// Claude Code's own program: `claude`, or one that a version manager names after its version (`…/claude/versions/2.1.3`).
fn is_program(executable: &Path) -> bool {
    let mut parents = executable.ancestors().skip(1).filter_map(Path::file_name);
    stem(executable) == Some("claude")
        || parents.next().is_some_and(|name| name == "versions")
            && parents.next().is_some_and(|name| name == "claude")
}

fn is_runtime(executable: &Path) -> bool {
    matches!(stem(executable), Some("node" | "nodejs" | "bun"))
}

/// The package's entry file, for those versions that are a script.
fn is_entry(argument: &str) -> bool {
    let script = Path::new(argument);
    script.file_name().is_some_and(|name| name == "cli.js" || name == "cli.mjs")
        && script.parent().is_some_and(|folder| folder.ends_with("@anthropic-ai/claude-code"))
}

/// The program is Claude Code's own binary, or Node with the package's entry file as its script.
fn names_claude(executable: Option<&Path>, arguments: &[String]) -> bool {
    let Some(executable) = executable else { return false };
    if is_program(executable) {
        return true;
    }
    // The first argument that is no option is the script. A script that calls itself `claude` (`process.title`, as versions before 2.1
    // do) writes over all of them, and leaves nothing behind its name.
    let script = arguments.iter().skip(1).find(|argument| !argument.starts_with('-'));
    let is_titled = arguments.split_first().is_some_and(|(title, rest)| {
        title == "claude" && arguments.len() > 1 && rest.iter().all(String::is_empty)
    });
    is_runtime(executable) && (is_titled || script.is_some_and(|script| is_entry(script)))
}

/// What an interactive session says of itself in `sessions/<pid>.json`. Undocumented (FACTS section 4): whatever is not there, or of
/// another shape, is absent. The keys that lie beside these files are never opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SessionFile {
    pub(crate) session_id: Option<String>,
    /// The folder that it works in.
    pub(crate) cwd: Option<PathBuf>,
    /// `cli`, `claude-vscode`, `sdk-cli`, …
    pub(crate) entrypoint: Option<String>,
    /// `interactive`, or what kind of background session it is.
    pub(crate) kind: Option<String>,
    /// `busy`, `idle` or `waiting`.
    pub(crate) status: Option<String>,
    /// The start of its process: on Linux the kernel's number.
    proc_start: Option<String>,
    /// When it began, in milliseconds since the Unix epoch: later than its process.
    started_unix_ms: Option<u64>,
}

impl SessionFile {
    /// The file of the process with this pid, now or before.
    pub(crate) fn read(config_dirs: &[PathBuf], pid: u32) -> Option<Self> {
        config_dirs.iter().find_map(|config| {
            let file = open_regular(&config.join("sessions").join(format!("{pid}.json"))).ok()?;
            let mut bytes = Vec::new();
            file.take(SESSION_BYTES_AT_MOST).read_to_end(&mut bytes).ok()?;
            let value: Value = serde_json::from_slice(&bytes).ok()?;
            let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
            (value.get("pid")?.as_u64()? == u64::from(pid)).then(|| Self {
                session_id: text("sessionId").filter(|id| is_session_id(id)),
                cwd: text("cwd")
                    .filter(|cwd| cwd.len() <= PATH_BYTES_AT_MOST)
                    .map(PathBuf::from)
                    .filter(|cwd| cwd.is_absolute()),
                entrypoint: text("entrypoint"),
                kind: text("kind"),
                status: text("status"),
                proc_start: text("procStart"),
                started_unix_ms: value.get("startedAt").and_then(Value::as_u64),
            })
        })
    }

    /// Whether it is of this very process, as far as it tells: a pid is used again, and the file of a process that was killed stays.
    pub(crate) fn is_of(&self, id: ProcessId, process_started_unix_ms: u64) -> bool {
        let same_start = cfg!(target_os = "linux").then_some(self.proc_start.as_deref()).flatten();
        match same_start.and_then(|start| start.parse::<u64>().ok()) {
            Some(start) => start == id.start_time,
            None => self.started_unix_ms.is_none_or(|at| at + CLOCKS_APART_MS >= process_started_unix_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claude_is_known_by_its_structure() {
        for (executable, arguments, is) in [
            (
                "/x/anthropic.claude-code-2.1.3-linux-x64/resources/native-binary/claude",
                vec!["claude", "--resume"],
                true,
            ),
            ("/home/a/.local/share/claude/versions/2.1.329", vec!["claude"], true),
            (
                "/usr/bin/node",
                vec!["node", "--no-warnings", "/lib/node_modules/@anthropic-ai/claude-code/cli.js"],
                true,
            ),
            ("/usr/bin/node", vec!["node", "/work/claude-code/server.js"], false),
            ("/usr/bin/node", vec!["node", "/work/cli.js", "@anthropic-ai/claude-code/cli.js"], false),
            ("/usr/bin/vim", vec!["vim", "/lib/node_modules/@anthropic-ai/claude-code/cli.js"], false),
            ("/usr/bin/grep", vec!["grep", "claude"], false),
            ("/home/claude/bin/server", vec!["server"], false),
            ("/x/@anthropic-ai/claude-code-linux-x64/claude", vec!["claude"], true),
            ("/x/@anthropic-ai/claude-code/bin/claude.exe", vec!["claude"], true),
            ("/usr/bin/node", vec!["node", "/x/@anthropic-ai/claude-code/cli-wrapper.cjs"], false),
            ("/usr/bin/node", vec!["claude", "", "", ""], true),
            ("/usr/bin/node", vec!["claude"], false),
            ("/usr/bin/node", vec!["claude", "server.js", ""], false),
            ("/usr/bin/vim", vec!["claude", ""], false),
            ("/opt/claude/versions/2.1/lib/server", vec!["server"], false),
        ] {
            let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
            assert_eq!(
                names_claude(Some(Path::new(executable)), &arguments),
                is,
                "{executable} {arguments:?}"
            );
        }
        assert!(!names_claude(None, &[]));
    }

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_session_is_told_from_tools_and_errands() {
        for (line, is) in [
            ("claude", true),
            ("/x/claude --permission-mode default", true),
            ("/x/claude --output-format stream-json --input-format stream-json", true),
            ("claude mcp-is-what-i-ask-about", true),
            ("node --x /l/@anthropic-ai/claude-code/cli.js -p doctor", true),
            ("node /l/@anthropic-ai/claude-code/cli.js doctor", false),
            ("claude mcp serve", false),
            ("claude --version", false),
            ("rg --no-config x", false),
            ("/x/ugrep -r x", false),
        ] {
            assert_eq!(is_session(&words(line)), is, "{line}");
        }
        assert!(is_session(&[]));
    }

    #[test]
    fn a_session_is_named_by_its_arguments() {
        const ID: &str = "77baf6cb-0ea0-492d-9e1d-0a272e071b6c";
        for (line, named) in [
            (format!("claude --resume {ID}"), true),
            (format!("claude -r {ID} -p x"), true),
            (format!("claude --resume={ID}"), true),
            (format!("claude --session-id {ID} --fork-session"), true),
            (format!("node /l/@anthropic-ai/claude-code/cli.js --resume {}", ID.to_uppercase()), true),
            (format!("claude --resume {ID} --fork-session"), false),
            (format!("claude {ID}"), false),
            ("claude --resume".to_owned(), false),
            ("claude --resume the-name-of-it".to_owned(), false),
            ("claude --session-id ../../../../../../../../../../etc/x".to_owned(), false),
        ] {
            assert_eq!(session_id_in(&words(&line)).as_deref(), named.then_some(ID), "{line}");
        }
    }

    #[test]
    fn a_session_file_is_believed_only_of_the_process_that_wrote_it() {
        let home = tempfile::tempdir().unwrap();
        let config = [home.path().to_owned()];
        std::fs::create_dir(home.path().join("sessions")).unwrap();
        let write = |content: &str| std::fs::write(home.path().join("sessions/7.json"), content).unwrap();
        assert_eq!(SessionFile::read(&config, 7), None);
        for bad in ["", "{", "[7]", r#"{"pid":8}"#, r#"{"pid":"7"}"#] {
            write(bad);
            assert_eq!(SessionFile::read(&config, 7), None, "{bad}");
        }
        write(r#"{"pid":7,"sessionId":"../x","cwd":"not/absolute","status":7,"startedAt":"soon"}"#);
        assert_eq!(SessionFile::read(&config, 7), Some(SessionFile::default()));
        write(r#"{"pid":7,"status":"busy","startedAt":50000,"procStart":"100"}"#);
        let file = SessionFile::read(&config, 7).unwrap();
        let of = |start_time, started_ms| file.is_of(ProcessId { pid: 7, start_time }, started_ms);
        if cfg!(target_os = "linux") {
            assert!(of(100, 90_000) && !of(101, 49_000));
        }
        write(r#"{"pid":7,"status":"busy","startedAt":50000,"procStart":"Fri Nov 21 10:00:00 2026"}"#);
        let file = SessionFile::read(&config, 7).unwrap();
        let of = |started_ms| file.is_of(ProcessId { pid: 7, start_time: 1 }, started_ms);
        assert!(of(49_000) && of(51_000) && !of(53_000), "a younger process has its pid");
    }
}
