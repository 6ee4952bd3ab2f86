//! What is told of this machine: as it is, or so that it tells nothing of its user. Never a secret.

use std::path::{Component, Path, PathBuf};

/// Longest value of a variable that is told.
const VALUE_BYTES: usize = 24;

/// Folders whose content tells nothing, and folders of which only they themselves tell nothing.
const COMMON: [&str; 8] =
    ["/usr", "/bin", "/etc", "/proc", "/snap", "/nix", "/opt/homebrew", "/Applications"];
const COMMON_THEMSELVES: [&str; 4] = ["/", "/tmp", "/var/tmp", "/opt"];

/// How things are told.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// As they are.
    pub plain: bool,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// The project that is looked at.
    pub folder: Option<PathBuf>,
}

impl Names {
    /// A path: `~/.claude/settings.json`. Hidden are the project's name, and folders that only this user has.
    pub fn path(&self, path: &Path) -> String {
        if self.plain {
            return path.display().to_string();
        }
        if let Some(rest) = self.folder.as_deref().and_then(|folder| path.strip_prefix(folder).ok()) {
            return joined("<project>", rest);
        }
        if let Some(rest) = self.home.as_deref().and_then(|home| path.strip_prefix(home).ok()) {
            // Folders that programs made begin with a dot, but for these.
            let first = rest.components().next().and_then(|part| part.as_os_str().to_str()).unwrap_or("");
            let is_known =
                first.is_empty() || first.starts_with('.') || ["Library", "AppData"].contains(&first);
            return if is_known { joined("~", rest) } else { last("~/…", rest) };
        }
        let is_common = COMMON.iter().any(|common| path.starts_with(common))
            || COMMON_THEMSELVES.iter().any(|common| path == Path::new(common));
        if is_common { path.display().to_string() } else { last("…", path) }
    }

    /// The proxy of an address, without who logs in to it; which host that is only when names are told.
    pub fn proxy(&self, address: &str) -> String {
        let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
        let scheme = if scheme.len() <= 8 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            scheme
        } else {
            "unknown"
        };
        // What stands before the last @ may be a password, with whatever in it.
        let after_login = rest.rsplit('@').next().unwrap_or("");
        let host_and_port = after_login.split(['/', '?', '#']).next().unwrap_or("");
        let (host, port) = match host_and_port.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() => (host, Some(port)),
            _ => (host_and_port, None),
        };
        let is_here = ["127.0.0.1", "localhost", "[::1]"].contains(&host);
        let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        let host = if is_here || (self.plain && is_host) { host } else { "…" };
        match port {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }
    }

    /// The value of a variable that holds a number or a switch. Anything else might have been meant for another variable.
    pub(crate) fn value(value: &str) -> String {
        let is_plain = value.len() <= VALUE_BYTES
            && value.starts_with(|first: char| first.is_ascii_digit() || "-+.".contains(first))
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-+._ ".contains(&byte));
        let is_word = ["true", "false", "yes", "no", "on", "off", ""].contains(&value);
        if is_plain || is_word { format!("“{value}”") } else { "something that is not shown here".into() }
    }
}

/// Whether a variable or a member of this name may hold a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["KEY", "TOKEN", "SECRET", "PASSWORD", "AUTH", "CREDENTIAL", "HEADERS"]
        .iter()
        .any(|part| name.contains(part))
}

fn joined(root: &str, rest: &Path) -> String {
    let parts = rest.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    parts.fold(root.to_owned(), |told, part| told + "/" + &part)
}

fn last(root: &str, path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{root}/{name}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redacted() -> Names {
        Names { plain: false, home: Some("/home/ann".into()), folder: Some("/home/ann/work/acme".into()) }
    }

    #[test]
    fn paths_tell_nothing_of_the_user_unless_asked() {
        for (path, told) in [
            ("/home/ann/.claude/settings.json", "~/.claude/settings.json"),
            ("/home/ann/work/acme/.claude/settings.json", "<project>/.claude/settings.json"),
            ("/home/ann/work/acme", "<project>"),
            ("/home/ann/work/secret-client/bin/claude", "~/…/claude"),
            ("/home/ann", "~"),
            ("/usr/local/bin/claude", "/usr/local/bin/claude"),
            ("/srv/acme/tools/claude", "…/claude"),
            ("/opt/acme/bin/claude", "…/claude"),
            ("/tmp", "/tmp"),
            ("/home/bob/.local/bin/claude", "…/claude"),
        ] {
            assert_eq!(redacted().path(Path::new(path)), told, "{path}");
        }
        let plain = Names { plain: true, ..redacted() };
        assert_eq!(plain.path(Path::new("/home/ann/work/acme")), "/home/ann/work/acme");
    }

    #[test]
    fn a_proxy_is_told_without_who_logs_in() {
        let plain = Names { plain: true, ..redacted() };
        for (address, told, in_full) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            (
                "http://ann:s3cret@proxy.acme.example:3128/x",
                "http://…:3128",
                "http://proxy.acme.example:3128",
            ),
            ("http://ann:p@ss/w@proxy.acme.example", "http://…", "http://proxy.acme.example"),
            ("proxy.acme.example:3128", "http://…:3128", "http://proxy.acme.example:3128"),
            ("socks5://localhost:1080", "socks5://localhost:1080", "socks5://localhost:1080"),
            ("", "http://…", "http://"),
        ] {
            assert_eq!(redacted().proxy(address), told, "{address}");
            assert_eq!(plain.proxy(address), in_full, "{address}");
        }
    }

    #[test]
    fn values_are_told_only_when_they_are_figures_or_switches() {
        for (value, is_told) in [
            ("600000", true),
            ("10s", true),
            ("true", true),
            ("", true),
            ("sk-ant-x", false),
            ("1\n2", false),
        ] {
            assert_eq!(Names::value(value).contains(&format!("“{value}”")), is_told, "{value}");
        }
        assert!(is_secret("ANTHROPIC_API_KEY") && is_secret("my_token") && !is_secret("NO_PROXY"));
    }

    proptest! {
        #[test]
        fn a_password_is_never_told(user in "[a-z]{3,8}", password in "[A-Z0-9@:/?#]{6,16}", plain: bool) {
            let names = Names { plain, ..redacted() };
            let told = names.proxy(&format!("http://{user}:{password}@proxy.example:3128"));
            prop_assert!(!told.contains(&password), "{told}");
        }
    }
}
