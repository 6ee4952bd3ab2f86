//! Subagents of a session: `<session id>/subagents/agent-*.jsonl` beside its transcript.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use crate::Tail;

/// A subagent that has not written for this long is not counted. It writes with each answer and each tool's result.
const AT_WORK_WITHIN: Duration = Duration::from_secs(60);

/// Files that are considered: a long session has some hundred.
const FILES_AT_MOST: usize = 4096;

/// Files that are read: more do not work at once.
const READ_AT_MOST: usize = 32;

/// How many subagents of the session with this transcript are in the middle of their work. Reads the ends of those that wrote in the
/// last minute.
pub fn at_work(transcript: &Path, now: SystemTime) -> u32 {
    let Ok(entries) = fs::read_dir(transcript.with_extension("").join("subagents")) else { return 0 };
    let wrote_lately = |entry: &fs::DirEntry| {
        let modified = entry.metadata().and_then(|known| known.modified());
        // In the future: it wrote since `now` was asked for.
        modified.is_ok_and(|at| now.duration_since(at).is_ok_and(|age| age < AT_WORK_WITHIN) || at > now)
    };
    let is_named_so = |entry: &fs::DirEntry| {
        entry.file_name().to_str().is_some_and(|name| name.starts_with("agent-") && name.ends_with(".jsonl"))
    };
    let working = entries
        .take(FILES_AT_MOST)
        .flatten()
        .filter(|entry| is_named_so(entry) && wrote_lately(entry))
        .take(READ_AT_MOST)
        .filter(|entry| Tail::of_subagent(&entry.path()).is_ok_and(|tail| tail.standing().state.is_open()))
        .count();
    u32::try_from(working).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subagents_that_wrote_lately_and_are_not_done_are_at_work() {
        let dir = tempfile::tempdir().unwrap();
        let transcript = dir.path().join("77baf6cb-0ea0-492d-9e1d-0a272e071b6c.jsonl");
        let now = SystemTime::now();
        assert_eq!(at_work(&transcript, now), 0);
        let folder = transcript.with_extension("").join("subagents");
        fs::create_dir_all(&folder).unwrap();
        let asked = r#"{"type":"user","isSidechain":true,"message":{"content":"look"}}"#;
        let done = r#"{"type":"assistant","isSidechain":true,"message":{"content":[{"type":"text","text":"x"}],"stop_reason":"end_turn"}}"#;
        fs::write(folder.join("agent-a.jsonl"), asked).unwrap();
        fs::write(folder.join("agent-b.jsonl"), [asked, done].join("\n")).unwrap();
        fs::write(folder.join("agent-a.meta.json"), asked).unwrap();
        fs::write(folder.join("other.jsonl"), asked).unwrap();
        assert_eq!(at_work(&transcript, now), 1);
        assert_eq!(at_work(&transcript, now + AT_WORK_WITHIN * 2), 0, "long ago");
    }
}
