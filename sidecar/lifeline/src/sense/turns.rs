//! Is Claude Code in the middle of something? From its session files where there are any, else from the tails of its transcripts.
//!
//! Asked only while an orderly restart waits for its moment. Both formats are Claude Code's own and may change in any release
//! (FACTS sections 4 and 5): what cannot be understood counts as nothing, and never stops anything for longer than [`STALE_AFTER`].

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use lifeline_transcript::{Tail, recent};

use super::claude::SessionFile;

/// A transcript that has not been written to for this long is nobody's open turn. A stalled stream is given up after 300 s
/// (FACTS section 5), and a tool may run for as long again.
const STALE_AFTER: Duration = Duration::from_secs(10 * 60);

/// The newest transcripts of a project that are looked at.
const TRANSCRIPTS_AT_MOST: usize = 8;

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
        match SessionFile::read(config_dirs, *pid).and_then(|file| file.status).as_deref() {
            Some("busy") => return Some(IN_A_TURN.into()),
            Some("waiting") => return Some(WAITS_FOR_USER.into()),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if !unknown {
        return None;
    }
    config_dirs
        .iter()
        .flat_map(|config| folders.iter().map(move |folder| (config, folder)))
        .flat_map(|(config, folder)| recent(config, folder, now, STALE_AFTER, TRANSCRIPTS_AT_MOST))
        .any(|transcript| Tail::read(&transcript.path).is_ok_and(|tail| tail.standing().state.is_open()))
        .then(|| IN_A_TURN.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use lifeline_transcript::{Whose, standing};
    use proptest::prelude::*;

    use super::*;

    fn open_turn(tail: &[u8]) -> bool {
        standing(tail, Whose::Session).state.is_open()
    }

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
            assert_eq!(open_turn(tail.as_bytes()), open, "{tail}");
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
