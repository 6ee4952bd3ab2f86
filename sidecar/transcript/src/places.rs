//! Where transcripts lie: `projects/<slug of the folder>/<session id>.jsonl` below Claude Code's own folder (FACTS section 5).

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Entries of a folder that are considered.
const ENTRIES_AT_MOST: usize = 4096;

/// Below a session's own folder: the transcripts of its subagents.
pub const SUBAGENTS: &str = "subagents";

/// A transcript, as its folder lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// The file.
    pub path: PathBuf,
    /// When it was last written to.
    pub modified: SystemTime,
}

/// The name of a folder's project: every character that is neither letter nor digit becomes a hyphen.
pub fn slug(folder: &Path) -> String {
    folder.to_string_lossy().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// Whether it has the shape of a session's id, a UUID; nothing else may become part of a path.
pub fn is_session_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The session that a transcript of this path belongs to; `None` for other files, those of subagents among them.
pub fn session_id_of(path: &Path) -> Option<&str> {
    let id = path.file_name()?.to_str()?.strip_suffix(".jsonl")?;
    is_session_id(id).then_some(id)
}

/// The name of a subagent's transcript.
pub(crate) fn is_of_subagent(name: &str) -> bool {
    name.starts_with("agent-") && name.ends_with(".jsonl")
}

/// The session, and the subagent, that a transcript belongs to by its place. `None` for a subagent's beside those of sessions (before 2.1):
/// its records tell.
pub fn belongs_to(path: &Path) -> Option<(&str, Option<&str>)> {
    if let Some(session) = session_id_of(path) {
        return Some((session, None));
    }
    let name = path.file_name()?.to_str().filter(|name| is_of_subagent(name))?;
    let session = path.ancestors().find(|folder| folder.ends_with(SUBAGENTS))?.parent()?;
    let session = session.file_name()?.to_str().filter(|name| is_session_id(name))?;
    Some((session, name.strip_suffix(".jsonl")))
}

/// The transcripts of a folder's project that were written to within this time, the newest first, at most so many.
pub fn recent(
    config_dir: &Path,
    folder: &Path,
    now: SystemTime,
    within: Duration,
    at_most: usize,
) -> Vec<Transcript> {
    let Ok(entries) = fs::read_dir(config_dir.join("projects").join(slug(folder))) else { return Vec::new() };
    let mut recent: Vec<Transcript> = entries
        .take(ENTRIES_AT_MOST)
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "jsonl"))
        .filter_map(|entry| {
            Some(Transcript { path: entry.path(), modified: entry.metadata().ok()?.modified().ok()? })
        })
        // One that was written to in the future was written to by somebody whose clock is wrong.
        .filter(|file| now.duration_since(file.modified).is_ok_and(|age| age < within))
        .collect();
    recent.sort_unstable_by(|a, b| (b.modified, &b.path).cmp(&(a.modified, &a.path)));
    recent.truncate(at_most);
    recent
}

/// The transcript of a session: in the project of `folder`, else in any other. One look at each project in the worst case.
pub fn find(config_dirs: &[PathBuf], session_id: &str, folder: Option<&Path>) -> Option<PathBuf> {
    if !is_session_id(session_id) {
        return None;
    }
    let name = format!("{session_id}.jsonl");
    let is_there = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    let projects = || config_dirs.iter().map(|config| config.join("projects"));
    let likely = folder
        .map(slug)
        .and_then(|slug| projects().map(|projects| projects.join(&slug).join(&name)).find(is_there));
    likely.or_else(|| {
        projects()
            .filter_map(|projects| fs::read_dir(projects).ok())
            .flat_map(|entries| entries.take(ENTRIES_AT_MOST).flatten())
            .map(|project| project.path().join(&name))
            .find(is_there)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "77baf6cb-0ea0-492d-9e1d-0a272e071b6c";

    #[test]
    fn a_session_id_is_a_uuid_and_never_a_path() {
        assert!(is_session_id(ID));
        for no in [
            "",
            "x",
            "../../../../../../../../../etc/passwd1",
            "77baf6cb-0ea0-492d-9e1d-0a272e071b6/",
            &ID[1..],
        ] {
            assert!(!is_session_id(no), "{no}");
        }
        let path = PathBuf::from(format!("/x/{ID}.jsonl"));
        assert_eq!(session_id_of(&path), Some(ID));
        for no in ["/x/agent-1.jsonl", "/x", "/"] {
            assert_eq!(session_id_of(Path::new(no)), None);
        }
    }

    #[test]
    fn only_transcripts_by_their_place_are_anybodys() {
        let of = |path: &str| {
            let path = PathBuf::from(path.replace("ID", ID));
            belongs_to(&path).map(|(session, subagent)| (session.to_owned(), subagent.map(str::to_owned)))
        };
        assert_eq!(of("/p/-w/ID.jsonl"), Some((ID.into(), None)));
        assert_eq!(of("/p/-w/ID/subagents/agent-a.jsonl"), Some((ID.into(), Some("agent-a".into()))));
        assert_eq!(of("/p/-w/ID/subagents/deep/agent-a.jsonl"), Some((ID.into(), Some("agent-a".into()))));
        for no in ["/p/-w/x.jsonl", "/p/-w/agent-a.jsonl", "/p/-w/x/subagents/agent-a.jsonl", "/"] {
            assert_eq!(of(no), None, "{no}");
        }
    }

    #[test]
    fn a_transcript_is_found_in_its_project_or_in_another() {
        let home = tempfile::tempdir().unwrap();
        let config = [home.path().to_owned()];
        let folder = Path::new("/work/a.b");
        assert_eq!(find(&config, ID, Some(folder)), None);
        let elsewhere = home.path().join("projects/-elsewhere");
        fs::create_dir_all(&elsewhere).unwrap();
        fs::write(elsewhere.join(format!("{ID}.jsonl")), "").unwrap();
        assert_eq!(find(&config, ID, Some(folder)), Some(elsewhere.join(format!("{ID}.jsonl"))));
        let own = home.path().join("projects/-work-a-b");
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join(format!("{ID}.jsonl")), "").unwrap();
        fs::write(own.join("notes.txt"), "").unwrap();
        assert_eq!(find(&config, ID, Some(folder)), Some(own.join(format!("{ID}.jsonl"))));
        assert_eq!(find(&config, "..", None), None);

        let now = SystemTime::now() + Duration::from_secs(1);
        let minute = Duration::from_secs(60);
        assert_eq!(recent(home.path(), folder, now, minute, 8).len(), 1);
        assert!(recent(home.path(), folder, now + minute, minute, 8).is_empty(), "long ago");
        assert!(recent(home.path(), folder, now - minute, minute, 8).is_empty(), "in the future");
    }
}
