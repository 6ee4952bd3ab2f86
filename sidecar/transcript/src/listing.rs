//! All transcripts below a `projects` folder: of sessions, and of their subagents.

use std::{
    fs::{self, DirEntry, FileType},
    path::{Path, PathBuf},
};

use crate::{
    Stamp, is_folder,
    places::{SUBAGENTS, is_of_subagent},
};

/// How deep subagents of subagents are looked for below `<session id>/subagents`.
const DEPTH_AT_MOST: usize = 4;

/// A transcript, and whose it is by its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The file.
    pub path: PathBuf,
    /// The name of its project's folder.
    pub project: String,
    /// The session that it belongs to; none for a subagent's file beside those of sessions (before 2.1), whose records tell.
    pub session: Option<String>,
    /// Whether it is a subagent's.
    pub is_subagent: bool,
    /// Which file it is, its size, and when it was last written to.
    pub stamp: Stamp,
}

/// Lists `<projects>/<project>/*.jsonl` and `<projects>/<project>/<session>/subagents/**/agent-*.jsonl`, by path. Links are not followed;
/// what cannot be read is left out.
pub fn list(projects: &Path) -> Vec<Listed> {
    let mut found = Vec::new();
    for (entry, _) in entries(projects).filter(|(_, kind)| kind.is_dir()) {
        of_project(&entry.path(), &name(&entry), &mut found);
    }
    // One project's own folder was named.
    if found.is_empty()
        && let Some(project) = projects.file_name()
    {
        of_project(projects, &project.to_string_lossy(), &mut found);
    }
    // As they are written: to compare thousands of paths part by part takes longer than to list them.
    found.sort_unstable_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
    found
}

fn of_project(folder: &Path, project: &str, found: &mut Vec<Listed>) {
    for (entry, kind) in entries(folder) {
        let name = name(&entry);
        if kind.is_dir() {
            let subagents = entry.path().join(SUBAGENTS);
            if is_folder(&subagents) {
                of_subagents(&subagents, project, &name, DEPTH_AT_MOST, found);
            }
        } else if let Some(stem) = name.strip_suffix(".jsonl") {
            let is_subagent = is_of_subagent(&name);
            let session = (!is_subagent).then(|| stem.to_owned());
            found.extend(listed(&entry, kind, project, session, is_subagent));
        }
    }
}

fn of_subagents(folder: &Path, project: &str, session: &str, depth: usize, found: &mut Vec<Listed>) {
    for (entry, kind) in entries(folder) {
        if kind.is_dir() && depth > 1 {
            of_subagents(&entry.path(), project, session, depth - 1, found);
        } else if is_of_subagent(&name(&entry)) {
            found.extend(listed(&entry, kind, project, Some(session.to_owned()), true));
        }
    }
}

fn listed(
    entry: &DirEntry,
    kind: FileType,
    project: &str,
    session: Option<String>,
    is_subagent: bool,
) -> Option<Listed> {
    let known = kind.is_file().then(|| entry.metadata().ok())??;
    let path = entry.path();
    let stamp = Stamp::of(&path, &known);
    Some(Listed { path, project: project.to_owned(), session, is_subagent, stamp })
}

fn entries(folder: &Path) -> impl Iterator<Item = (DirEntry, FileType)> {
    fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| {
        let kind = entry.file_type().ok()?;
        Some((entry, kind))
    })
}

fn name(entry: &DirEntry) -> String {
    entry.file_name().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, path: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "{}\n").unwrap();
    }

    #[test]
    fn sessions_and_their_subagents_are_found_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        for path in [
            "-a/one.jsonl",
            "-a/one/subagents/agent-1.jsonl",
            "-a/one/subagents/deeper/agent-2.jsonl",
            "-a/one/subagents/agent-1.meta.json",
            "-a/one/tool-results/x.jsonl",
            "-a/notes.txt",
            "-b/agent-3.jsonl",
            "-b/sessions-index.json",
            "stray.jsonl",
        ] {
            write(home.path(), path);
        }
        let told = |projects: &Path| -> Vec<(String, Option<String>, bool)> {
            let list = list(projects).into_iter();
            let name = |listed: &Listed| listed.path.file_name().unwrap().to_string_lossy().into_owned();
            list.map(|listed| {
                (format!("{} {}", listed.project, name(&listed)), listed.session, listed.is_subagent)
            })
            .collect()
        };
        let one = Some("one".to_owned());
        assert_eq!(
            told(home.path()),
            [
                ("-a one.jsonl".into(), one.clone(), false),
                ("-a agent-1.jsonl".into(), one.clone(), true),
                ("-a agent-2.jsonl".into(), one, true),
                ("-b agent-3.jsonl".into(), None, true),
            ]
        );
        assert_eq!(told(&home.path().join("-a")).len(), 3, "one project alone");
        assert!(told(&home.path().join("none")).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let home = tempfile::tempdir().unwrap();
        write(home.path(), "elsewhere/one.jsonl");
        let projects = home.path().join("projects");
        fs::create_dir_all(projects.join("-a")).unwrap();
        std::os::unix::fs::symlink(home.path().join("elsewhere"), projects.join("-b")).unwrap();
        std::os::unix::fs::symlink(home.path().join("elsewhere/one.jsonl"), projects.join("-a/one.jsonl"))
            .unwrap();
        assert!(list(&projects).is_empty());
    }
}
