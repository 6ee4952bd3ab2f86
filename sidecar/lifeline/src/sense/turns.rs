//! Is Claude Code in the middle of something? From its session files where there are any, else from the tails of its transcripts.
//!
//! Asked only while an orderly restart waits for its moment. Both formats are Claude Code's own and may change in any release
//! (FACTS sections 4 and 5): what cannot be understood counts as nothing, and never stops anything for longer than [`STALE_AFTER`].

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde::Deserialize;

/// A transcript that has not been written to for this long is nobody's open turn. A stalled stream is given up after 300 s
/// (FACTS section 5), and a tool may run for as long again.
const STALE_AFTER: Duration = Duration::from_secs(10 * 60);

/// How much of a transcript's end is read. A record with a large tool result may be longer; then the turn goes on.
const TAIL_BYTES: u64 = 256 * 1024;

/// The newest transcripts of a project that are looked at.
const TRANSCRIPTS_AT_MOST: usize = 8;

/// Entries of a project's folder that are considered.
const ENTRIES_AT_MOST: usize = 4096;

/// Largest session file that is read, in bytes. Real ones have 300.
const SESSION_BYTES_AT_MOST: u64 = 64 * 1024;

const IN_A_TURN: &str = "Claude, which is in the middle of a turn";
const WAITS_FOR_USER: &str = "your answer to a question of Claude";

/// What the Claude Code processes `pids`, which work in these folders, are in the middle of; `None` for nothing.
///
/// Blocks on the file system: a few reads per transcript written to in the last ten minutes.
pub(crate) fn in_flight(
    config_dirs: &[PathBuf],
    pids: &[u32],
    folders: &[PathBuf],
    now: SystemTime,
) -> Option<String> {
    let mut unknown = false;
    for pid in pids {
        match session_status(config_dirs, *pid).as_deref() {
            Some("busy") => return Some(IN_A_TURN.into()),
            Some("waiting") => return Some(WAITS_FOR_USER.into()),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if !unknown {
        return None;
    }
    let slugs: Vec<String> = folders.iter().map(|folder| slug(folder)).collect();
    config_dirs
        .iter()
        .flat_map(|config| slugs.iter().map(move |slug| config.join("projects").join(slug)))
        .flat_map(|project| recent_transcripts(&project, now))
        .find_map(|transcript| open_turn(&tail(&transcript)?))
        .map(str::to_owned)
}

/// What an interactive session says of itself; `None` when it says nothing.
fn session_status(config_dirs: &[PathBuf], pid: u32) -> Option<String> {
    #[derive(Deserialize)]
    struct Session {
        pid: u32,
        status: Option<String>,
    }
    config_dirs.iter().find_map(|config| {
        let file = open_regular(&config.join("sessions").join(format!("{pid}.json")))?;
        let mut bytes = Vec::new();
        file.take(SESSION_BYTES_AT_MOST).read_to_end(&mut bytes).ok()?;
        let session: Session = serde_json::from_slice(&bytes).ok()?;
        session.status.filter(|_| session.pid == pid)
    })
}

/// The name of a folder's project: every character that is neither letter nor digit becomes a hyphen (FACTS section 5).
fn slug(folder: &Path) -> String {
    folder.to_string_lossy().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

fn recent_transcripts(project: &Path, now: SystemTime) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(project) else { return Vec::new() };
    let mut recent: Vec<(SystemTime, PathBuf)> = entries
        .take(ENTRIES_AT_MOST)
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "jsonl"))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        // One that was written to in the future was written to by somebody whose clock is wrong.
        .filter(|(modified, _)| now.duration_since(*modified).is_ok_and(|age| age < STALE_AFTER))
        .collect();
    recent.sort_unstable_by(|a, b| b.cmp(a));
    recent.truncate(TRANSCRIPTS_AT_MOST);
    recent.into_iter().map(|(_, path)| path).collect()
}

fn tail(transcript: &Path) -> Option<Vec<u8>> {
    let mut file = open_regular(transcript)?;
    let len = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(TAIL_BYTES))).ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// A regular file; opening a pipe or a device that lies in its place does not hang.
fn open_regular(path: &Path) -> Option<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        nix::libc::O_NONBLOCK | nix::libc::O_NOFOLLOW,
    );
    let file = options.open(path).ok()?;
    file.metadata().ok()?.is_file().then_some(file)
}

/// What the records at the end of a transcript leave open.
fn open_turn(tail: &[u8]) -> Option<&'static str> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Record {
        #[serde(rename = "type")]
        kind: Option<String>,
        #[serde(default)]
        is_sidechain: bool,
        #[serde(default)]
        is_meta: bool,
        #[serde(default)]
        is_api_error_message: bool,
        message: Option<Message>,
    }
    #[derive(Deserialize)]
    struct Message {
        #[serde(default)]
        content: serde_json::Value,
        stop_reason: Option<String>,
    }
    for line in tail.rsplit(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        // A torn line, or one of a kind that is not known.
        let Ok(record) = serde_json::from_slice::<Record>(line) else { continue };
        if record.is_sidechain || record.is_meta {
            continue;
        }
        let Some(message) = record.message else { continue };
        return match record.kind.as_deref() {
            // A prompt or a tool's result: the answer is on its way. An interruption ends the turn.
            Some("user") if says_interrupted(&message.content) => None,
            Some("user") => Some(IN_A_TURN),
            Some("assistant") if record.is_api_error_message => None,
            Some("assistant") => {
                let calls_tool = message
                    .content
                    .as_array()
                    .is_some_and(|blocks| blocks.iter().any(|block| block["type"] == "tool_use"));
                let goes_on = calls_tool || message.stop_reason.as_deref() == Some("tool_use");
                goes_on.then_some(IN_A_TURN)
            }
            _ => continue,
        };
    }
    None
}

/// `[Request interrupted by user]`, which the CLI writes as a user record of its own.
fn says_interrupted(content: &serde_json::Value) -> bool {
    let says = |text: &str| text.starts_with("[Request interrupted by user");
    match content {
        serde_json::Value::String(text) => says(text),
        serde_json::Value::Array(blocks) => {
            blocks.iter().any(|block| block["text"].as_str().is_some_and(says))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PROMPT: &str = r#"{"type":"user","message":{"role":"user","content":"hello"}}"#;
    const ANSWER: &str = r#"{"type":"assistant","message":{"content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn"}}"#;
    const TOOL: &str =
        r#"{"type":"assistant","message":{"content":[{"type":"tool_use","id":"1"}],"stop_reason":null}}"#;
    const RESULT: &str = r#"{"type":"user","message":{"content":[{"type":"tool_result","content":"x"}]}}"#;
    const DIED: &str = r#"{"type":"assistant","isApiErrorMessage":true,"message":{"model":"<synthetic>","content":[{"type":"text","text":"API Error"}]}}"#;
    const STOPPED: &str =
        r#"{"type":"user","message":{"content":[{"type":"text","text":"[Request interrupted by user]"}]}}"#;
    const SUMMARY: &str = r#"{"type":"system","subtype":"turn_duration","durationMs":5}"#;
    const SIDE: &str = r#"{"type":"user","isSidechain":true,"message":{"content":"part of a subagent"}}"#;

    #[test]
    fn a_turn_is_open_until_its_last_answer() {
        for (records, open) in [
            (vec![PROMPT], true),
            (vec![PROMPT, ANSWER], false),
            (vec![PROMPT, TOOL], true),
            (vec![PROMPT, TOOL, RESULT], true),
            (vec![PROMPT, TOOL, RESULT, ANSWER, SUMMARY], false),
            (vec![PROMPT, DIED], false),
            (vec![PROMPT, TOOL, STOPPED], false),
            (vec![PROMPT, ANSWER, SIDE], false),
            (vec![PROMPT, ANSWER, PROMPT, r#"{"type":"assist"#], true),
            (vec![], false),
        ] {
            let tail = records.join("\n");
            assert_eq!(open_turn(tail.as_bytes()).is_some(), open, "{tail}");
        }
    }

    #[test]
    fn a_session_file_speaks_for_its_process_and_transcripts_for_the_others() {
        let home = tempfile::tempdir().unwrap();
        let config = vec![home.path().to_owned()];
        let folder = PathBuf::from("/work/a.b");
        let project = home.path().join("projects/-work-a-b");
        fs::create_dir_all(&project).unwrap();
        fs::create_dir_all(home.path().join("sessions")).unwrap();
        fs::write(project.join("s.jsonl"), PROMPT).unwrap();
        let now = SystemTime::now() + Duration::from_secs(1);
        let ask = |pids: &[u32], now| in_flight(&config, pids, std::slice::from_ref(&folder), now);

        assert_eq!(
            ask(&[7], now).as_deref(),
            Some(IN_A_TURN),
            "a process that says nothing, and an open transcript"
        );
        assert_eq!(ask(&[], now), None, "nobody is there");
        assert_eq!(ask(&[7], now + STALE_AFTER), None, "long ago");
        let say = |pid: u32, status: &str| {
            let path = home.path().join(format!("sessions/{pid}.json"));
            fs::write(path, format!(r#"{{"pid":{pid},"status":"{status}"}}"#)).unwrap();
        };
        say(7, "idle");
        assert_eq!(ask(&[7], now), None, "it says itself that it is idle");
        say(8, "waiting");
        assert_eq!(ask(&[7, 8], now).as_deref(), Some(WAITS_FOR_USER));
        fs::write(home.path().join("sessions/9.json"), r#"{"pid":8,"status":"busy"}"#).unwrap();
        fs::write(project.join("s.jsonl"), [PROMPT, ANSWER].join("\n")).unwrap();
        assert_eq!(ask(&[9], now), None, "a session file of another process");
    }

    proptest! {
        #[test]
        fn whatever_lies_there_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let _ = open_turn(&bytes);
        }

        #[test]
        fn torn_records_never_panic(cut in 0..400_usize, record in 0..8_usize) {
            let all = [PROMPT, ANSWER, TOOL, RESULT, DIED, STOPPED, SUMMARY, SIDE];
            let text = format!("{}\n{}", all[record], all[(record + 3) % 8]);
            let _ = open_turn(&text.as_bytes()[..cut.min(text.len())]);
        }
    }
}
