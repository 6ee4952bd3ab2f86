//! Which versions meet: editor, extension, CLI, Node.

use super::{Because, Draft, Outcome};
use crate::{
    Names,
    contract::Severity,
    facts::{Facts, Install, Installs},
    version::{Version, least, version},
};

/// Claude Code demands it (<https://code.claude.com/docs/en/vs-code>).
const OLDEST_EDITOR: Version = (1, 85, 0);

const EDITOR_TOO_OLD: Because = (
    "The extension is not started, or fails where it needs what is not there yet.",
    "https://code.claude.com/docs/en/vs-code; the extension's own package.json",
);

const CLI_DIFFERS: Because = (
    "They speak with each other over a protocol that has no version of its own; across generations parts of it are missing.",
    "measured: extension 1.0.88 with CLI 2.1.329 connects, the panel of 2.x does not exist in 1.x",
);

const SEVERAL_CLIS: Because = (
    "Which one runs depends on the PATH of the terminal or editor; an update changes one of them.",
    "https://code.claude.com/docs/en/troubleshooting",
);

const NODE_TOO_OLD: Because =
    ("The CLI does not start, or fails in the middle.", "its own package.json, “engines”");

pub(super) fn versions(facts: &Facts, names: &Names) -> Outcome {
    let installs = match &facts.installs {
        Err(why) => return Outcome::unknown(why),
        Ok(installs) => installs,
    };
    let mut drafts: Vec<Draft> =
        installs.editors.iter().filter_map(|editor| too_old(editor, installs)).collect();
    drafts.extend(differing(installs, names));
    drafts.extend(several(installs, names));
    drafts.extend(node(installs, names));
    let outcome = Outcome::note(seen(installs));
    drafts.into_iter().fold(outcome, Outcome::found)
}

fn seen(installs: &Installs) -> String {
    let editors = installs.editors.iter().map(|editor| format!("{} {}", editor.editor, editor.version));
    let extensions =
        installs.extensions.iter().map(|found| format!("extension {} ({})", found.version, found.editor));
    let clis = installs
        .clis
        .iter()
        .map(|cli| format!("claude {}", cli.version.as_deref().unwrap_or("of an unknown version")));
    let seen: Vec<String> = editors.chain(extensions).chain(clis).collect();
    if seen.is_empty() {
        "No editor, extension or CLI was found.".into()
    } else {
        format!("{}.", seen.join(", "))
    }
}

fn too_old(editor: &Install, installs: &Installs) -> Option<Draft> {
    let have = version(&editor.version)?;
    let extension = installs.extensions.iter().find(|extension| extension.editor == editor.editor);
    let demanded =
        extension.and_then(|extension| Some((least(extension.engine.as_deref()?)?, &extension.version)));
    let draft = |id, title: String, detail: String| {
        Draft::new(id, Severity::Error, title)
            .detail(detail)
            .why(EDITOR_TOO_OLD)
            .fix(format!("Update {} (Help: Check for Updates).", editor.editor))
    };
    if have < OLDEST_EDITOR {
        let title = format!("{} {} is older than Claude Code allows.", editor.editor, editor.version);
        return Some(draft("editor-too-old", title, "Claude Code demands 1.85 or later.".into()));
    }
    let (least, of) = demanded.filter(|(least, _)| have < *least)?;
    let title =
        format!("{} {} is older than its Claude Code extension allows.", editor.editor, editor.version);
    let detail = format!("Version {of} of the extension demands {}.{}.{}.", least.0, least.1, least.2);
    Some(draft("editor-below-engine", title, detail))
}

fn differing(installs: &Installs, names: &Names) -> Option<Draft> {
    let cli = installs.clis.first()?;
    let cli_version = version(cli.version.as_deref()?)?;
    let differs =
        |extension: &&Install| version(&extension.version).is_some_and(|other| other != cli_version);
    let extension = installs.extensions.iter().find(differs)?;
    let is_far = version(&extension.version).is_some_and(|other| other.0 != cli_version.0);
    let severity = if is_far { Severity::Warning } else { Severity::Hint };
    Some(
        Draft::new("cli-differs", severity, "Claude Code's extension and its CLI are of different versions.")
            .detail(format!(
                "The extension in {} is {}, {} is {}.",
                extension.editor,
                extension.version,
                names.path(&cli.path),
                cli.version.as_deref().unwrap_or("unknown"),
            ))
            .why(CLI_DIFFERS)
            .fix("Update both: “claude update”, and Extensions: Check for Extension Updates."),
    )
}

fn several(installs: &Installs, names: &Names) -> Option<Draft> {
    let first = installs.clis.first()?;
    let other = installs
        .clis
        .iter()
        .skip(1)
        .find(|other| other.version != first.version || other.version.is_none())?;
    let listed: Vec<String> = installs
        .clis
        .iter()
        .map(|cli| {
            format!("{} ({})", names.path(&cli.path), cli.version.as_deref().unwrap_or("version unknown"))
        })
        .collect();
    let title = format!("{} different programs on the PATH are called claude.", installs.clis.len());
    let other = names.path(&other.path);
    let uninstall = format!("{other} is never run from this PATH; uninstall it the way it was installed.");
    Some(
        Draft::new("several-clis", Severity::Warning, title)
            .detail(format!("In the order in which they are found: {}.", listed.join(", ")))
            .why(SEVERAL_CLIS)
            .fix("Keep the newest.")
            .fix(uninstall),
    )
}

fn node(installs: &Installs, names: &Names) -> Option<Draft> {
    let cli = installs.clis.first()?;
    let demanded = least(cli.node.as_deref()?)?;
    let (title, detail) = match &installs.node {
        None => (
            "claude is a program for Node.js, and there is no node on the PATH.".to_owned(),
            format!("{} demands Node.js {}.", names.path(&cli.path), demanded.0),
        ),
        Some((path, Some(have))) if version(have)? < demanded => (
            format!("Node.js {have} is older than claude demands."),
            format!(
                "{} is {have}; {} demands {}.{}.{}.",
                names.path(path),
                names.path(&cli.path),
                demanded.0,
                demanded.1,
                demanded.2
            ),
        ),
        Some(_) => return None,
    };
    Some(
        Draft::new("node-too-old", Severity::Error, title)
            .detail(detail)
            .why(NODE_TOO_OLD)
            .fix("Update Node.js, or install the CLI that needs none: https://code.claude.com/docs/en/setup"),
    )
}

pub(super) fn remote(facts: &Facts, _: &Names) -> Outcome {
    match facts.editor.remote.as_deref() {
        None => Outcome::default(),
        Some(remote) => {
            let is_plain = remote.len() <= 32
                && remote.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
            Outcome::note(format!(
                "Its extensions run remotely ({}); this is about that machine.",
                if is_plain { remote } else { "other" }
            ))
        }
    }
}
