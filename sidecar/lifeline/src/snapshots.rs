//! Snapshots: what a window showed when its host froze, for the user and for what comes after the restart.

use std::{fmt::Write as _, fs, path::Path};

use lifeline_protocol as wire;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::store;

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
}

/// A snapshot of an incident, as bytes.
pub(crate) fn encode(
    incident: &wire::Incident,
    context: Option<&wire::EditorContext>,
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

/// A snapshot for a person, as Markdown. Lenient: what is missing is left out.
pub(crate) fn render_markdown(snapshot: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("").replace(['\n', '\r', '`'], " ");
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
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = writeln!(out, "## {title}\n");
            for line in lines {
                let _ = writeln!(out, "- {line}");
            }
            out.push('\n');
        }
    };
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use super::*;

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
        for hostile in
            ["null", "[]", "7", r#"{"context":7,"incident":[]}"#, r#"{"context":{"tabs":[1,null,{}]}}"#]
        {
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
