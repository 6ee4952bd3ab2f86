//! Claude Code processes that belong to a window, by their structure: the native binary of the extension, or Node running the package's entry.
//!
//! Never by a pattern over a whole command line: an editor that has a file named `claude` open is none.

use std::path::Path;

use lifeline_platform::{Platform, ProcessId};

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

fn is_claude(platform: &Platform, pid: u32) -> bool {
    let executable = platform.executable(pid);
    let arguments = platform.arguments(pid).unwrap_or_default();
    names_claude(executable.as_deref(), &arguments)
}

/// The program is Claude Code's own binary, or Node with the package's entry file as its script.
fn names_claude(executable: Option<&Path>, arguments: &[String]) -> bool {
    let stem = |path: &Path| path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
    let program = executable.and_then(stem);
    if program.as_deref() == Some("claude") {
        return true;
    }
    // A version manager names each binary after its version: `…/claude/versions/2.1.3`.
    let in_versions = executable.is_some_and(|path| {
        let mut parents = path.ancestors().skip(1).filter_map(|folder| folder.file_name());
        parents.next().is_some_and(|name| name == "versions")
            && parents.next().is_some_and(|name| name == "claude")
    });
    if in_versions {
        return true;
    }
    let is_node = matches!(program.as_deref(), Some("node" | "nodejs" | "bun"));
    // The first argument that is no option is the script.
    let script = arguments.iter().skip(1).find(|argument| !argument.starts_with('-')).map(Path::new);
    is_node
        && script.is_some_and(|script| {
            script.file_name().is_some_and(|name| name == "cli.js" || name == "cli.mjs")
                && script.parent().is_some_and(|folder| folder.ends_with("@anthropic-ai/claude-code"))
        })
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
}
