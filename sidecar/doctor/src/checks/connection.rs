//! What stands between the CLI and its editor: proxies, a dead port, locks.

use std::time::{Duration, UNIX_EPOCH};

use lifeline_bridge::{Problem, ProblemKind, STALE_AFTER};
use serde_json::{Value, json};

use super::{Because, Draft, Outcome, count};
use crate::{
    Names,
    contract::{Setting, Severity},
    facts::{Daemon, Facts, LockFacts, Origin, SeenLock},
    repair::Plan,
};

/// Both spellings count; Claude Code and what it is built with look at the small one first.
pub(crate) const PROXY_VARIABLES: [&str; 6] =
    ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
pub(crate) const NO_PROXY_VARIABLES: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// What has to be reached without a proxy.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

const PROXY: Because = (
    "The CLI speaks to its editor at ws://127.0.0.1. With a proxy and no exception for the loopback that goes to the proxy, which cannot reach this machine: “Failed to connect” in /ide, or a connection that lives only as long as the proxy lets it.",
    "https://github.com/anthropics/claude-code/issues/79545 and https://github.com/coder/claudecode.nvim/pull/268",
);

const EDITOR_PROXY: Because = (
    "Extensions take their proxy from these settings; what they ask of this machine itself then goes through the proxy.",
    "https://code.visualstudio.com/docs/setup/network",
);

const SSE_PORT: Because = (
    "A claude that is started here tries this port alone, five times within 16 s, and then gives up.",
    "https://github.com/anthropics/claude-code/issues/89465; measured with CLI 2.1.329",
);

const STALE_LOCK: Because = (
    "A claude that looks for its editor tries it, and fails.",
    "measured with VS Code 1.100.3: the lock of a host that was killed stays, and its pid still lives",
);

const LOCK_WITHOUT_TOKEN: Because =
    ("Extensions before 1.0.24 let anybody in, web pages too.", "CVE-2025-52882");

const SOCKET_SILENT: Because =
    ("Nothing of Claude Code works in that window until the host answers again.", "Lifeline's heartbeat");

const LOCK_PROBLEM: Because = (
    "Whoever looks for an editor has to pass it by; a file that somebody else wrote there may lead a claude to a foreign program.",
    "https://code.claude.com/docs/en/vs-code",
);

const LOCK_READABLE: Because = (
    "With such a token a program can read what is open in the editor, and push out the CLI.",
    "measured: a second client with the token displaces the first",
);

pub(super) fn no_proxy(facts: &Facts, names: &Names) -> Outcome {
    let proxy = PROXY_VARIABLES.iter().find_map(|name| Some((*name, facts.value(name)?.0)));
    let mut drafts = Vec::new();
    if let Some((variable, address)) = &proxy {
        drafts.extend(without_exception(facts, names, variable, address));
    }
    drafts.extend(editor_proxy(facts, names));
    match proxy {
        Some((variable, address)) if drafts.is_empty() => {
            Outcome::note(format!("{variable} is {}; the loopback is excepted.", names.proxy(&address)))
        }
        _ => drafts.into(),
    }
}

fn without_exception(facts: &Facts, names: &Names, variable: &str, address: &str) -> Option<Draft> {
    let set: Vec<(&str, String, Origin)> = NO_PROXY_VARIABLES
        .iter()
        .filter_map(|name| facts.value(name).map(|(value, origin)| (*name, value, origin)))
        .collect();
    // Each that is set has to name it: programs differ in which they read.
    let lacking = set.iter().find(|(_, value, _)| lacks(value) != Lack::Nothing);
    let (name, value, origin, lack) = match lacking {
        Some((name, value, origin)) => (*name, value.as_str(), Some(origin), lacks(value)),
        None if set.is_empty() => ("NO_PROXY", "", None, Lack::Address),
        None => return None,
    };
    let severity = if lack == Lack::Address { Severity::Warning } else { Severity::Hint };
    let stands = match origin {
        Some(origin) => {
            format!("names {}{}", count(entries(value).count(), "host", "hosts"), said(origin, names))
        }
        None => "is not set".into(),
    };
    let missing = if lack == Lack::Address { "127.0.0.1" } else { "localhost" };
    let title = format!("{variable} is set, but {name} does not except {missing} from it.");
    let draft = Draft::new("no-proxy-loopback", severity, title)
        .detail(format!(
            "{variable} is {}{}; {name} {stands}.",
            names.proxy(address),
            facts.value(variable).map(|(_, origin)| said(&origin, names)).unwrap_or_default(),
        ))
        .why(PROXY)
        .fix(format!(
            "Add localhost, 127.0.0.1 and ::1 to {name} where it is set, then start Claude Code anew."
        ));
    let label = format!("Add localhost to {name}");
    Some(draft.variable(facts, name, excepting(value), label, origin, names))
}

/// What an exception list lacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lack {
    Nothing,
    /// `localhost`, where MCP servers may listen.
    Name,
    /// `127.0.0.1`, where editors do.
    Address,
}

pub(super) fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty())
}

fn lacks(list: &str) -> Lack {
    let has = |wanted: &[&str]| {
        entries(list).any(|entry| {
            let host = entry.strip_suffix(":*").unwrap_or(entry);
            wanted.contains(&host.to_ascii_lowercase().as_str())
        })
    };
    if has(&["*"]) {
        Lack::Nothing
    } else if !has(&["127.0.0.1", "127.0.0.0/8", "127.*", "127."]) {
        Lack::Address
    } else if has(&["localhost", ".localhost"]) {
        Lack::Nothing
    } else {
        Lack::Name
    }
}

pub(crate) fn excepting(list: &str) -> String {
    let missing = LOOPBACK.iter().filter(|host| !entries(list).any(|entry| entry == **host));
    entries(list).chain(missing.copied()).collect::<Vec<_>>().join(",")
}

fn editor_proxy(facts: &Facts, names: &Names) -> Option<Draft> {
    let proxy = facts.setting("http.proxy")?;
    let proxy = proxy.as_str().filter(|proxy| !proxy.is_empty())?;
    let known = facts.setting("http.noProxy");
    let known: Vec<&str> =
        known.as_ref().and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let list = known.join(",");
    if lacks(&list) == Lack::Nothing {
        return None;
    }
    let draft = Draft::new(
        "editor-no-proxy-loopback",
        Severity::Hint,
        "The editor's setting http.proxy is set, but http.noProxy does not except the loopback from it.",
    )
    .detail(format!(
        "http.proxy is {}; http.noProxy names {}.",
        names.proxy(proxy),
        count(known.len(), "host", "hosts")
    ))
    .why(EDITOR_PROXY)
    .fix("Add localhost, 127.0.0.1 and ::1 to http.noProxy.");
    // The hosts that are there already may tell whose machine it is.
    let value = (names.plain || known.is_empty()).then(|| {
        let hosts: Vec<String> = excepting(&list).split(',').map(str::to_owned).collect();
        Setting { name: "http.noProxy".into(), value: json!(hosts) }
    });
    let draft = draft.editor_repair("Add localhost to http.noProxy", value);
    Some(match facts.setting_place("http.proxy") {
        Some((file, span)) => draft.at(file, span, names),
        None => draft,
    })
}

/// ` (in ~/.claude/settings.json)`.
pub(super) fn said(origin: &Origin, names: &Names) -> String {
    match origin {
        Origin::File(path, _) => format!(" (in {})", names.path(path)),
        Origin::Setting => " (in the setting claudeCode.environmentVariables)".into(),
        Origin::Editor => " (in the environment of the editor)".into(),
        Origin::Environment => " (in this environment)".into(),
    }
}

pub(super) fn sse_port(facts: &Facts, _: &Names) -> Outcome {
    let Some(value) = facts.inherited("CLAUDE_CODE_SSE_PORT").filter(|value| !value.is_empty()) else {
        return Outcome::note("This is no terminal of an editor with Claude Code.");
    };
    let locks = match &facts.locks {
        Ok(locks) => locks,
        Err(why) => return Outcome::unknown(why),
    };
    let draft = |id, title: String, detail: &str| {
        let draft = Draft::new(id, Severity::Warning, title).detail(detail).why(SSE_PORT);
        draft
            .fix("In a claude that runs here: /ide, and choose the editor.")
            .fix("Or open a new terminal in the editor.")
    };
    let Some((port, is_listening)) = locks.sse_port else {
        let title = "CLAUDE_CODE_SSE_PORT is no port.";
        return vec![draft("sse-port-malformed", title.into(), &format!("It is {}.", Names::value(value)))]
            .into();
    };
    let has_lock = locks.locks.iter().any(|seen| seen.lock.port == port);
    match (is_listening, has_lock) {
        (true, true) => Outcome::note(format!("Port {port} has a listener and a lock.")),
        (false, _) => vec![draft(
            "sse-port-dead",
            format!("CLAUDE_CODE_SSE_PORT names port {port}, where nobody listens."),
            "The extension host that this terminal belongs to has ended, and the next one listens elsewhere.",
        )]
        .into(),
        (true, false) => vec![draft(
            "sse-port-without-lock",
            format!("CLAUDE_CODE_SSE_PORT names port {port}, for which there is no lock file."),
            "Somebody listens there, but without the lock the CLI has no token to show.",
        )]
        .into(),
    }
}

/// How many files that are no locks are told one by one.
const PROBLEMS_TOLD: usize = 5;

pub(super) fn locks(facts: &Facts, names: &Names) -> Outcome {
    let locks = match &facts.locks {
        Err(why) => return Outcome::unknown(why),
        Ok(locks) => locks,
    };
    let mut drafts: Vec<Draft> = Vec::new();
    for seen in &locks.locks {
        drafts.extend(stale(seen, locks, facts, names));
        drafts.extend(without_token(seen, names));
        drafts.extend(silent(seen, facts));
    }
    drafts.extend(locks.problems.iter().take(PROBLEMS_TOLD).map(problem));
    drafts.extend(readable(locks, names));
    if drafts.is_empty() && !locks.locks.is_empty() {
        return Outcome::note(format!(
            "{}, each with a listener.",
            count(locks.locks.len(), "lock", "locks")
        ));
    }
    drafts.into()
}

/// One that the daemon would remove, too, if it had been its host's.
fn stale(seen: &SeenLock, locks: &LockFacts, facts: &Facts, names: &Names) -> Option<Draft> {
    let now = UNIX_EPOCH + Duration::from_millis(facts.now_unix_ms);
    let is_old = |at| now.duration_since(at).is_ok_and(|age| age >= STALE_AFTER);
    let lock = &seen.lock;
    if seen.is_listening || lock.running_in_windows || !lock.modified.is_some_and(is_old) {
        return None;
    }
    let port = lock.port;
    let title = format!("{port}.lock is stale: nobody listens on its port.");
    let detail = format!(
        "{} says that {} listens on port {port}. Its extension host has ended without removing it.",
        names.path(&seen.path),
        lock.ide_name.as_deref().unwrap_or("an editor"),
    );
    let plan = Plan::RemoveLock {
        lock: Box::new(lock.clone()),
        folders: locks.folders.clone(),
        file: seen.path.clone(),
    };
    let draft = Draft::new("stale-lock", Severity::Warning, title).detail(detail).why(STALE_LOCK);
    let label = format!("Remove {port}.lock");
    Some(draft.fix("Remove the file.").repair(&port.to_string(), label, plan, names))
}

fn without_token(seen: &SeenLock, names: &Names) -> Option<Draft> {
    if !seen.is_listening || seen.lock.has_token {
        return None;
    }
    let title = format!("Port {} takes any program of this machine for Claude Code.", seen.lock.port);
    let draft = Draft::new("lock-without-token", Severity::Warning, title)
        .detail(format!("{} has no token.", names.path(&seen.path)))
        .why(LOCK_WITHOUT_TOKEN);
    Some(draft.fix("Update Claude Code's extension in that editor."))
}

fn silent(seen: &SeenLock, facts: &Facts) -> Option<Draft> {
    let port = seen.lock.port;
    let Daemon::Running(running) = &facts.daemon else { return None };
    running.silent_ports.contains(&port).then(|| {
        let title = format!("Port {port} takes connections and does not answer.");
        Draft::new("socket-silent", Severity::Error, title)
            .detail("The extension host behind it is frozen or very busy.")
            .why(SOCKET_SILENT)
            .fix("See “lifeline status”; a window with Lifeline is brought back by itself.")
            .fix("Else: Developer: Restart Extension Host, or Reload Window, in that window.")
    })
}

fn problem(problem: &Problem) -> Draft {
    let is_trap = matches!(problem.kind, ProblemKind::ForeignOwner | ProblemKind::Link);
    let severity = if is_trap { Severity::Error } else { Severity::Warning };
    let title = match problem.file_name.as_str() {
        "" => "Not all lock files could be looked at.".into(),
        name => format!("“{name}” in the lock folder is no usable lock."),
    };
    Draft::new("lock-problem", severity, title)
        .detail(problem.to_string())
        .why(LOCK_PROBLEM)
        .fix("See what it is, and remove it if no program of yours needs it.")
}

fn readable(locks: &LockFacts, names: &Names) -> Option<Draft> {
    let open = locks.locks.iter().filter(|seen| seen.others_can_read).count();
    let folders: Vec<String> = locks.folders.iter().map(|folder| names.path(folder)).collect();
    (open > 0).then(|| {
        Draft::new("lock-readable", Severity::Hint, "Other users of this machine can read IDE tokens.")
            .detail(format!("{} can be read by others.", count(open, "lock file", "lock files")))
            .why(LOCK_READABLE)
            .fix(format!("chmod 700 {}", folders.join(" ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_list_is_read_as_programs_read_it() {
        for (list, lack) in [
            ("", Lack::Address),
            ("localhost", Lack::Address),
            ("127.0.0.1", Lack::Name),
            ("internal.example, 127.0.0.1 ,LOCALHOST", Lack::Nothing),
            ("127.0.0.0/8 localhost", Lack::Nothing),
            ("*", Lack::Nothing),
            ("127.0.0.10,localhost", Lack::Address),
        ] {
            assert_eq!(lacks(list), lack, "{list}");
            assert_eq!(lacks(&excepting(list)), Lack::Nothing, "{list}");
        }
        assert_eq!(excepting("a.example,localhost"), "a.example,localhost,127.0.0.1,::1");
    }
}
