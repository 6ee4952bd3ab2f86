//! Snapshots: what a window showed when its host froze, for the user and for what comes after the restart.

use std::{fmt::Write as _, fs, path::Path};

use lifeline_protocol as wire;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{sense::git, store};

/// A snapshot as it lies on disk.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Snapshot<'a> {
    schema: &'static str,
    id: &'a str,
    saved_unix_ms: u64,
    label: &'a str,
    cause: &'a str,
    incident: &'a wire::Incident,
    /// The last context that the window reported; absent when it never did.
    context: Option<&'a wire::EditorContext>,
    /// The Claude sessions of the window.
    sessions: &'a [wire::SessionStatus],
    /// The repositories of its folders.
    git: &'a [git::Summary],
}

/// A snapshot of an incident, as bytes.
pub(crate) fn encode(
    incident: &wire::Incident,
    context: Option<&wire::EditorContext>,
    sessions: &[wire::SessionStatus],
    git: &[git::Summary],
    saved_unix_ms: u64,
) -> Vec<u8> {
    serde_json::to_vec_pretty(&Snapshot {
        schema: "lifeline.snapshot/1",
        id: &incident.id,
        saved_unix_ms,
        label: &incident.label,
        cause: &incident.cause,
        incident,
        context,
        sessions,
        git,
    })
    .unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    id: String,
    saved_unix_ms: u64,
    label: String,
    cause: String,
}

/// All readable snapshots, newest first.
pub(crate) fn list(folder: &Path) -> Vec<wire::SnapshotSummary> {
    let numbers = store::numbered(folder, "json").unwrap_or_default();
    numbers
        .into_iter()
        .rev()
        .filter_map(|number| {
            let bytes = fs::read(folder.join(format!("{number}.json"))).ok()?;
            let head: Head = serde_json::from_slice(&bytes).ok()?;
            Some(wire::SnapshotSummary {
                id: head.id,
                label: head.label,
                saved_unix_ms: head.saved_unix_ms,
                cause: head.cause,
            })
        })
        .collect()
}

/// A session that has a process, in the words of a person.
pub(crate) fn state_in_words(state: &str) -> &str {
    match state {
        "idle" => "idle",
        "thinking" => "thinking",
        "tool" => "runs a tool",
        "waiting" => "waits for you",
        "retrying" => "tries the API again",
        "failed" => "failed",
        "cut" => "cut off",
        "ended" => "ended",
        other => other,
    }
}

/// How to take a session up again, as one would type it.
pub(crate) fn resume_command(session_id: &str, folder: Option<&str>) -> String {
    let quoted = |path: &str| format!("'{}'", path.replace('\'', r"'\''"));
    let is_plain =
        |path: &str| path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    let enter = match folder {
        Some(folder) if is_plain(folder) => format!("cd {folder} && "),
        Some(folder) => format!("cd {} && ", quoted(folder)),
        None => String::new(),
    };
    format!("{enter}claude --resume {session_id}")
}

/// A snapshot for a person, as Markdown. Lenient: what is missing is left out.
pub(crate) fn render_markdown(snapshot: &Value) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# Snapshot {} of “{}”\n", text(&snapshot["id"]), text(&snapshot["label"]));
    let incident = &snapshot["incident"];
    let _ = writeln!(
        out,
        "Made before a restart of extension host {} ({}, {}).\n",
        incident["hostPid"],
        text(&snapshot["cause"]),
        text(&incident["verdict"])
    );
    sessions(&mut out, snapshot);
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = writeln!(out, "## {title}\n");
            for line in lines {
                let _ = writeln!(out, "- {line}");
            }
            out.push('\n');
        }
    };
    section(
        "Why",
        items(&incident["evidence"])
            .iter()
            .map(|item| format!("{} (seen by: {})", text(&item["text"]), text(&item["witness"])))
            .collect(),
    );
    let context = &snapshot["context"];
    let uris = |value: &Value| items(value).iter().map(|uri| format!("`{}`", text(uri))).collect::<Vec<_>>();
    section("Folders", uris(&context["workspaceFolders"]));
    section("Unsaved text (kept by VS Code)", uris(&context["dirtyDocuments"]));
    section("Unsaved custom editors", uris(&context["dirtyCustomEditors"]));
    section("Unsaved notebooks", uris(&context["dirtyNotebooks"]));
    section(
        "Visible editors",
        items(&context["visibleEditors"])
            .iter()
            .map(|editor| {
                let at = items(&editor["selections"]).first().map_or_else(String::new, |selection| {
                    format!(
                        ", line {} column {}",
                        selection["activeLine"].as_u64().unwrap_or(0) + 1,
                        selection["activeColumn"].as_u64().unwrap_or(0) + 1
                    )
                });
                format!("`{}`{at}", text(&editor["uri"]))
            })
            .collect(),
    );
    section(
        "Tabs",
        items(&context["tabs"])
            .iter()
            .map(|tab| {
                let dirty = if tab["dirty"] == true { ", unsaved" } else { "" };
                let uri = tab["uri"].as_str().map_or_else(String::new, |uri| format!(" `{uri}`"));
                format!("{}{uri} (group {}{dirty})", text(&tab["label"]), tab["group"])
            })
            .collect(),
    );
    section(
        "Terminals",
        items(&context["terminals"])
            .iter()
            .map(|terminal| {
                let pid = terminal["pid"].as_u64().map_or_else(String::new, |pid| format!(", pid {pid}"));
                let cwd = terminal["cwd"].as_str().map_or_else(String::new, |cwd| format!(" in `{cwd}`"));
                format!("{}{cwd}{pid}", text(&terminal["name"]))
            })
            .collect(),
    );
    section(
        "Debug sessions",
        items(&context["debugSessions"])
            .iter()
            .map(|session| format!("{} ({})", text(&session["name"]), text(&session["kind"])))
            .collect(),
    );
    out
}

/// On one line, and in no code.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or("").replace(['\n', '\r', '`'], " ")
}

fn items(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// What Claude was at, and how to go on with it; then what git said.
fn sessions(out: &mut String, snapshot: &Value) {
    let sessions = items(&snapshot["sessions"]);
    if !sessions.is_empty() {
        out.push_str("## Claude sessions\n\n");
    }
    for session in &sessions {
        let _ = writeln!(out, "### {}\n", title(session));
        for line in session_lines(session, snapshot) {
            let _ = writeln!(out, "- {line}");
        }
        out.push('\n');
        quoted(out, "You had asked:", &session["lastPrompt"]);
        quoted(out, "Claude had answered so far:", &session["partialAnswer"]);
    }
    let git = items(&snapshot["git"]);
    if !git.is_empty() {
        out.push_str("## Git\n\n");
    }
    for summary in &git {
        let branch = summary["branch"].as_str().map(|_| format!(" on `{}`", text(&summary["branch"])));
        let changed = match summary["changedFiles"].as_u64() {
            None => String::new(),
            Some(0) => ", nothing changed".into(),
            Some(1) => ", 1 file changed".into(),
            Some(files) => format!(", {files} files changed"),
        };
        let _ = writeln!(out, "- `{}`{}{changed}", text(&summary["folder"]), branch.unwrap_or_default());
    }
    if !git.is_empty() {
        out.push('\n');
    }
}

/// Where it ran, and how it stood.
fn title(session: &Value) -> String {
    let place = match session["kind"].as_str() {
        Some("terminal") => "In a terminal",
        Some("panel") => "In the chat panel",
        Some("elsewhere") => "In a terminal outside of VS Code",
        _ => "In the background",
    };
    let state = text(&session["state"]);
    let subagents = match session["subagents"].as_u64() {
        None | Some(0) => String::new(),
        Some(1) => ", 1 subagent at work".into(),
        Some(subagents) => format!(", {subagents} subagents at work"),
    };
    format!("{place}: {}{subagents}", state_in_words(&state))
}

fn session_lines(session: &Value, snapshot: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    let saved_unix_ms = snapshot["savedUnixMs"].as_u64();
    for tool in items(&session["pendingTools"]) {
        let waited = saved_unix_ms.zip(tool["sinceUnixMs"].as_u64());
        let since = waited.map(|(saved, since)| format!(" (for {} s)", saved.saturating_sub(since) / 1000));
        let summary = Some(text(&tool["summary"])).filter(|summary| !summary.trim().is_empty());
        let summary = summary.map(|summary| format!(": `{summary}`"));
        let parts = [summary, since].map(Option::unwrap_or_default).concat();
        lines.push(format!("Without a result: {}{parts}", text(&tool["name"])));
    }
    let terminal = session["shellPid"].as_u64().and_then(|shell| {
        let terminals = items(&snapshot["context"]["terminals"]);
        terminals.into_iter().find(|terminal| terminal["pid"].as_u64() == Some(shell))
    });
    if let Some(terminal) = terminal {
        lines.push(format!("Terminal “{}”", text(&terminal["name"])));
    }
    let folder = session["folder"].as_str().map(|_| text(&session["folder"]));
    if let Some(folder) = &folder {
        let branch = session["gitBranch"].as_str().map(|_| format!(" on `{}`", text(&session["gitBranch"])));
        lines.push(format!("Folder `{folder}`{}", branch.unwrap_or_default()));
    }
    if session["sessionId"].as_str().is_some() {
        let command = resume_command(&text(&session["sessionId"]), folder.as_deref());
        lines.push(format!("To take it up again, when its process is gone: `{command}`"));
    }
    lines
}

/// Words as they were said, line by line.
fn quoted(out: &mut String, heading: &str, said: &Value) {
    let Some(said) = said.as_str().filter(|said| !said.trim().is_empty()) else { return };
    let _ = writeln!(out, "{heading}\n");
    for line in said.lines() {
        let _ = writeln!(out, "> {}", line.replace('\r', " "));
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_told_so_that_one_can_go_on() {
        let session = wire::SessionStatus {
            session_id: Some("77baf6cb-0ea0-492d-9e1d-0a272e071b6c".into()),
            kind: "terminal".into(),
            shell_pid: Some(4),
            folder: Some("/home/me/my project".into()),
            state: "tool".into(),
            last_prompt: Some("make it fast\n# not a heading".into()),
            partial_answer: Some("I will measure first.".into()),
            pending_tools: vec![wire::PendingTool {
                name: "Bash".into(),
                summary: "cargo bench `x`".into(),
                since_unix_ms: Some(1000),
            }],
            subagents: 2,
            git_branch: Some("main".into()),
            ..Default::default()
        };
        let idle = wire::SessionStatus { kind: "panel".into(), state: "idle".into(), ..Default::default() };
        let git = git::Summary { folder: "/home/me/my project".into(), branch: None, changed_files: Some(3) };
        let value = serde_json::json!({
            "id": "1", "label": "p", "savedUnixMs": 13_500, "incident": {},
            "context": { "terminals": [{ "name": "zsh", "pid": 4 }] },
            "sessions": [session, idle], "git": [git],
        });
        let text = render_markdown(&value);
        let expected = "## Claude sessions\n\n\
            ### In a terminal: runs a tool, 2 subagents at work\n\n\
            - Without a result: Bash: `cargo bench  x ` (for 12 s)\n\
            - Terminal “zsh”\n\
            - Folder `/home/me/my project` on `main`\n\
            - To take it up again, when its process is gone: `cd '/home/me/my project' && claude --resume 77baf6cb-0ea0-492d-9e1d-0a272e071b6c`\n\n\
            You had asked:\n\n\
            > make it fast\n\
            > # not a heading\n\n\
            Claude had answered so far:\n\n\
            > I will measure first.\n\n\
            ### In the chat panel: idle\n\n\n\
            ## Git\n\n\
            - `/home/me/my project`, 3 files changed\n\n";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn a_command_can_be_pasted_whatever_the_folder_is_called() {
        assert_eq!(resume_command("x", Some("/a/b-c.d")), "cd /a/b-c.d && claude --resume x");
        assert_eq!(resume_command("x", Some("/a/$(b)'c")), r"cd '/a/$(b)'\''c' && claude --resume x");
        assert_eq!(resume_command("x", None), "claude --resume x");
    }

    #[test]
    fn a_snapshot_reads_well_and_hostile_ones_do_not_panic() {
        let context = wire::EditorContext {
            workspace_folders: vec!["file:///home/me/project".into()],
            dirty_documents: vec!["file:///home/me/project/a.rs".into()],
            terminals: vec![wire::Terminal {
                name: "zsh".into(),
                pid: Some(4),
                cwd: Some("/home/me".into()),
            }],
            ..Default::default()
        };
        let value = serde_json::json!({ "id": "1", "label": "project\n# x", "context": context, "incident": { "hostPid": 7 } });
        let text = render_markdown(&value);
        assert!(text.starts_with("# Snapshot 1 of “project # x”\n"), "{text}");
        assert!(text.contains("- `file:///home/me/project/a.rs`"), "{text}");
        assert!(text.contains("- zsh in `/home/me`, pid 4"), "{text}");
        for hostile in [
            "null",
            "[]",
            "7",
            r#"{"context":7,"incident":[]}"#,
            r#"{"context":{"tabs":[1,null,{}]}}"#,
            r#"{"sessions":[1,null,{},{"pendingTools":[7,{}],"lastPrompt":7,"shellPid":1}],"git":[7,{}],"context":{"terminals":7}}"#,
        ] {
            render_markdown(&serde_json::from_str(hostile).unwrap());
        }
    }

    #[test]
    fn the_list_is_newest_first_and_skips_what_is_no_snapshot() {
        let dir = tempfile::tempdir().unwrap();
        for id in ["7", "12"] {
            let content =
                format!(r#"{{"id":"{id}","savedUnixMs":1,"label":"l","cause":"freeze","future":1}}"#);
            fs::write(dir.path().join(format!("{id}.json")), content).unwrap();
        }
        fs::write(dir.path().join("9.json"), "{torn").unwrap();
        let ids: Vec<String> = list(dir.path()).into_iter().map(|summary| summary.id).collect();
        assert_eq!(ids, ["12", "7"]);
        assert!(list(Path::new("/nonexistent")).is_empty());
    }
}
