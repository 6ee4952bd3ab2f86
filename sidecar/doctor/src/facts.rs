//! What is known of the machine before it is judged.

mod relay;

use std::path::{Path, PathBuf};

use lifeline_bridge::{Lock, Problem};
use lifeline_platform::Memory;
use serde_json::{Map, Value};

use crate::{
    checks::{NO_PROXY_VARIABLES, PROXY_VARIABLES},
    json,
    variables::{BASE_URL, EXTRA_CERTIFICATES},
};

pub(crate) use relay::RelayFacts;
pub use relay::RelayNow;

/// What was seen, or why it could not be: half a sentence.
pub(crate) type Seen<T> = Result<T, String>;

/// Everything that the checks look at.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Our own version.
    pub lifeline_version: String,
    /// Now, in milliseconds since the Unix epoch.
    pub now_unix_ms: u64,
    /// Variables of our environment, those of [`VARIABLES`](crate::look::VARIABLES) alone.
    pub(crate) variables: Vec<(String, String)>,
    /// What only an editor knows.
    pub(crate) editor: Editor,
    /// Claude Code's, the one that wins first.
    pub(crate) settings: Seen<Vec<SettingsFile>>,
    /// Editors', as found by their folders or told by the editor.
    pub(crate) editor_settings: Seen<Vec<SettingsFile>>,
    /// The project's notes for Claude; none when the folder is no project.
    pub(crate) notes: Seen<Option<Notes>>,
    pub(crate) locks: Seen<LockFacts>,
    pub(crate) installs: Seen<Installs>,
    pub(crate) sessions: Seen<Sessions>,
    /// None where the system does not tell.
    pub(crate) memory: Seen<Option<Memory>>,
    pub(crate) disks: Vec<Disk>,
    /// None but on Linux.
    pub(crate) inotify: Seen<Option<Inotify>>,
    pub(crate) folders: Seen<Vec<FolderFacts>>,
    /// None but on Linux.
    pub(crate) network: Seen<Option<Network>>,
    /// What happens to a machine that is idle, in systemd's word; none where that is not told.
    pub(crate) idle_action: Seen<Option<String>>,
    /// What Lifeline remembers of its relay.
    pub(crate) relay: Seen<RelayFacts>,
    /// Lifeline's own daemon.
    pub daemon: Daemon,
}

/// What only an editor knows: the contract of `--editor`. All of it may be missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Editor {
    /// What it calls itself.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// `ssh-remote`, `wsl`, …
    pub remote: Option<String>,
    /// Claude Code's extension in it.
    pub claude_code: Option<EditorExtension>,
    /// The user's settings.
    pub settings_file: Option<PathBuf>,
    /// Settings in effect, by name.
    pub settings: Map<String, Value>,
    /// The environment of its extension host.
    pub env: Option<Map<String, Value>>,
}

/// An extension as an editor tells of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EditorExtension {
    /// Its version.
    pub version: Option<String>,
    /// What it demands of the editor: `^1.94.0`.
    pub engine: Option<String>,
}

/// A file of settings.
#[derive(Clone, Debug)]
pub(crate) struct SettingsFile {
    pub(crate) path: PathBuf,
    pub(crate) scope: Scope,
    pub(crate) content: Content,
}

/// Whose settings they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The administrator's. They win over all others, and are not ours to change.
    Managed,
    /// The project's.
    Project,
    /// The user's; they count in every project.
    User,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// There is no such file.
    Absent,
    /// It could not be read, or is no text.
    Unusable(String),
    Text {
        text: String,
        parsed: Result<json::Parsed, json::Flaw>,
    },
}

impl SettingsFile {
    pub(crate) fn new(path: PathBuf, scope: Scope, read: Seen<Option<String>>) -> Self {
        let content = match read {
            Ok(None) => Content::Absent,
            Err(why) => Content::Unusable(why),
            Ok(Some(text)) => {
                let parsed = json::parse(&text);
                Content::Text { text, parsed }
            }
        };
        Self { path, scope, content }
    }

    pub(crate) fn root(&self) -> Option<&json::Value> {
        match &self.content {
            Content::Text { parsed: Ok(parsed), .. } => Some(&parsed.root),
            _ => None,
        }
    }

    /// A variable of the block `env`, with the place of its value.
    fn variable(&self, name: &str) -> Option<(String, std::ops::Range<usize>)> {
        let value = &self.root()?.member("env")?.value.member(name)?.value;
        let text = match &value.kind {
            json::Kind::Text(text) | json::Kind::Number(text) => text.clone(),
            json::Kind::Bool(value) => value.to_string(),
            _ => return None,
        };
        Some((text, value.span.clone()))
    }
}

/// Where the value of a variable comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A file of Claude Code's settings, and the place there.
    File(PathBuf, std::ops::Range<usize>),
    /// The editor's setting `claudeCode.environmentVariables`.
    Setting,
    /// The environment of the editor's extension host.
    Editor,
    /// Our own environment.
    Environment,
}

impl Editor {
    /// What of it makes sense; all else counts as missing.
    pub fn of(told: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let claude = &told["claudeCode"];
        Self {
            name: text(&told["name"]),
            version: text(&told["version"]),
            remote: text(&told["remote"]),
            claude_code: claude.is_object().then(|| EditorExtension {
                version: text(&claude["version"]),
                engine: text(&claude["engine"]),
            }),
            settings_file: text(&told["settingsFile"]).map(PathBuf::from),
            settings: told["settings"].as_object().cloned().unwrap_or_default(),
            env: told["env"].as_object().cloned(),
        }
    }
}

impl Facts {
    /// A variable of our own environment.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What a Claude Code that is started here inherits: from the editor when that told its environment, else from whoever asks.
    pub(crate) fn inherited(&self, name: &str) -> Option<&str> {
        match &self.editor.env {
            Some(env) => env.get(name).and_then(Value::as_str),
            None => self.variable(name),
        }
    }

    /// All values that a variable has, the one that Claude Code sees first: its own settings replace what it inherits, the innermost first:
    /// local, project, user, environment (2.1.329, measured; an empty value hides those after it).
    pub(crate) fn values(&self, name: &str) -> Vec<(String, Origin)> {
        let files = self.settings.as_deref().unwrap_or_default().iter();
        let mut values: Vec<(String, Origin)> = files
            .filter_map(|file| {
                let (value, span) = file.variable(name)?;
                Some((value, Origin::File(file.path.clone(), span)))
            })
            .collect();
        values.extend(self.editor_variable(name).map(|value| (value, Origin::Setting)));
        let origin = if self.editor.env.is_some() { Origin::Editor } else { Origin::Environment };
        values.extend(self.inherited(name).map(|value| (value.to_owned(), origin)));
        values
    }

    /// The value that Claude Code sees. An empty one counts as none.
    pub(crate) fn value(&self, name: &str) -> Option<(String, Origin)> {
        self.values(name).into_iter().next().filter(|(value, _)| !value.is_empty())
    }

    fn editor_variable(&self, name: &str) -> Option<String> {
        let list = self.setting("claudeCode.environmentVariables")?;
        let entry = list.as_array()?.iter().rev().find(|entry| entry["name"] == name)?;
        Some(entry["value"].as_str()?.to_owned())
    }

    /// A setting of the editor: what it tells to be in effect, else what stands in its files.
    pub(crate) fn setting(&self, name: &str) -> Option<Value> {
        let told = self.editor.settings.get(name).filter(|value| !value.is_null()).cloned();
        told.or_else(|| {
            let files = self.editor_settings.as_deref().unwrap_or_default();
            files.iter().find_map(|file| Some(file.root()?.member(name)?.value.plain()))
        })
    }

    /// Where a setting of the editor stands.
    pub(crate) fn setting_place(&self, name: &str) -> Option<(&SettingsFile, std::ops::Range<usize>)> {
        let files = self.editor_settings.as_deref().unwrap_or_default();
        files.iter().find_map(|file| {
            let member = file.root()?.member(name)?;
            Some((file, member.name_span.start..member.value.span.end))
        })
    }

    /// The file of Claude Code's settings at this path.
    pub(crate) fn settings_file(&self, path: &Path) -> Option<&SettingsFile> {
        self.settings.as_deref().ok()?.iter().find(|file| file.path == path)
    }

    /// The user's own file of Claude Code's settings, whether it exists or not; none when it cannot be changed.
    pub(crate) fn users_settings(&self) -> Option<&SettingsFile> {
        let file = self.settings.as_deref().ok()?.iter().find(|file| file.scope == Scope::User)?;
        let is_usable = match &file.content {
            Content::Absent => true,
            Content::Unusable(_) => false,
            Content::Text { parsed, .. } => parsed.is_ok(),
        };
        is_usable.then_some(file)
    }
}

/// How Claude Code reaches the API, by the variables that it sees. May hold a proxy's password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// `ANTHROPIC_BASE_URL`.
    pub base_url: Option<String>,
    /// The variable that names a proxy, and its value.
    pub proxy: Option<(String, String)>,
    /// `NO_PROXY`, or nothing.
    pub no_proxy: String,
    /// `NODE_EXTRA_CA_CERTS`: a file of certificates.
    pub extra_certificates: Option<PathBuf>,
}

/// Variables of [`Way`] besides those of proxies.
pub(crate) const WAY_VARIABLES: [&str; 2] = [BASE_URL, EXTRA_CERTIFICATES];

impl Facts {
    /// How Claude Code reaches the API.
    pub fn way(&self) -> Way {
        let first =
            |names: &[&str]| names.iter().find_map(|name| Some(((*name).to_owned(), self.value(name)?.0)));
        let [base_url, certificates] = WAY_VARIABLES.map(|name| self.value(name).map(|(value, _)| value));
        Way {
            base_url,
            proxy: first(&PROXY_VARIABLES),
            no_proxy: first(&NO_PROXY_VARIABLES).map(|(_, value)| value).unwrap_or_default(),
            extra_certificates: certificates.map(PathBuf::from),
        }
    }
}

/// A project's `CLAUDE.md`.
#[derive(Clone, Debug)]
pub(crate) struct Notes {
    pub(crate) path: PathBuf,
    pub(crate) content: Seen<Option<String>>,
    /// The section was written or declined before.
    pub(crate) was_offered: bool,
}

/// IDE locks, and who listens.
#[derive(Clone, Debug, Default)]
pub(crate) struct LockFacts {
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) locks: Vec<SeenLock>,
    pub(crate) problems: Vec<Problem>,
    /// The port that `CLAUDE_CODE_SSE_PORT` names, and whether somebody listens there.
    pub(crate) sse_port: Option<(u16, bool)>,
}

#[derive(Clone, Debug)]
pub(crate) struct SeenLock {
    pub(crate) lock: Lock,
    pub(crate) path: PathBuf,
    pub(crate) is_listening: bool,
    /// Whether users other than its owner may read it, by its own mode and those of the folders around it.
    pub(crate) others_can_read: bool,
}

/// What is installed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Installs {
    pub(crate) editors: Vec<Install>,
    pub(crate) extensions: Vec<Install>,
    /// `claude` on the `PATH`, each program once, the one that is run first.
    pub(crate) clis: Vec<Cli>,
    pub(crate) node: Option<(PathBuf, Option<String>)>,
}

/// An editor, or Claude Code's extension in one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Install {
    /// Which editor: `VS Code`, `VS Code Server`, `VS Code Insiders`, `VSCodium`.
    pub(crate) editor: String,
    pub(crate) version: String,
    /// What an extension demands of its editor.
    pub(crate) engine: Option<String>,
}

/// A `claude`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cli {
    /// As the `PATH` has it.
    pub(crate) path: PathBuf,
    pub(crate) version: Option<String>,
    /// What it demands of Node, when it is a script.
    pub(crate) node: Option<String>,
}

/// Sessions of Claude Code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions {
    /// The large ones that were written to lately, the largest first.
    pub(crate) large: Vec<LargeSession>,
    /// How far in the future the newest one was written to, in ms.
    pub(crate) ahead_ms: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct LargeSession {
    pub(crate) id: String,
    pub(crate) project: String,
    pub(crate) bytes: u64,
}

/// A file system that Lifeline or Claude Code writes to.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    /// What is kept there.
    pub(crate) what: &'static str,
    pub(crate) path: PathBuf,
    /// Bytes that an ordinary user can still write.
    pub(crate) free_bytes: Seen<u64>,
}

/// Linux's watches on files.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Inotify {
    pub(crate) watches_used: u64,
    pub(crate) watches_at_most: u64,
    pub(crate) instances_used: u64,
    pub(crate) instances_at_most: u64,
}

/// A folder that is written to.
#[derive(Clone, Debug)]
pub(crate) struct FolderFacts {
    pub(crate) what: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) is_writable: bool,
    /// Anybody may write to it, and nothing (a sticky bit, a closed folder above) keeps them from it.
    pub(crate) others_can_write: bool,
    /// It has to be ours alone.
    pub(crate) is_private: bool,
}

/// The network as the kernel's tables tell.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    /// There is an IPv6 address that reaches beyond the link.
    pub(crate) has_ipv6_address: bool,
    pub(crate) has_ipv6_route: bool,
    /// Names of interfaces of VPNs that are up.
    pub(crate) vpn: Vec<String>,
    /// How many resolvers `/etc/resolv.conf` names.
    pub(crate) resolvers: Seen<usize>,
}

/// Lifeline's daemon, as a client sees it.
#[derive(Clone, Debug)]
pub enum Daemon {
    /// There is none. The sentence says so.
    Absent(String),
    /// There is one that does not answer, or not what it should. The sentence says so.
    Silent(String),
    /// There is one.
    Running(Running),
}

/// A daemon that answers.
#[derive(Clone, Debug)]
pub struct Running {
    /// Its version.
    pub version: String,
    /// How long its answer took, in ms.
    pub answered_after_ms: u64,
    /// Why it cannot save, when it cannot.
    pub cannot_save: Option<String>,
    /// The last drill that has ended.
    pub last_drill: Option<Drill>,
    /// Processes that were certainly left behind; an error says why that is not known.
    pub left_behind: Result<LeftBehind, String>,
    /// IDE ports that take connections and do not answer.
    pub silent_ports: Vec<u16>,
    /// Its relay; none where it does not tell.
    pub relay: Option<RelayNow>,
}

/// A drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drill {
    /// When it began.
    pub unix_ms: u64,
    /// The window was brought back.
    pub passed: bool,
}

/// Processes that were left behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftBehind {
    /// How many, each with what it has started.
    pub processes: usize,
    /// Their resident memory.
    pub bytes: u64,
}
