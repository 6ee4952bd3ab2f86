//! A machine with made-up processes and a made-up home.

use std::{fs, os::unix::fs::symlink};

use tempfile::TempDir;

use super::*;

const CLAUDE: &str = "/x/@anthropic-ai/claude-code-linux-x64/claude";
const ID: &str = "77baf6cb-0ea0-492d-9e1d-0a272e071b6c";
const OTHER: &str = "13bc86c3-a87e-494a-bad9-cab7636f89e2";
const FOLDER: &str = "/work/api";

const HOST: u32 = 70_001;
const SHELL: u32 = 70_002;

const PROMPT: &str =
    r#"{"type":"user","message":{"content":"make it fast"},"cwd":"/work/api","gitBranch":"main"}"#;
const TOOL: &str = r#"{"type":"assistant","message":{"content":[{"type":"text","text":"Let me see."},{"type":"tool_use","id":"1","name":"Bash","input":{"command":"make"}}],"stop_reason":"tool_use"}}"#;
const DONE: &str =
    r#"{"type":"assistant","message":{"content":[{"type":"text","text":"Done."}],"stop_reason":"end_turn"}}"#;
const DIED: &str = r#"{"type":"assistant","isApiErrorMessage":true,"message":{"content":"API Error"}}"#;

struct World {
    proc: TempDir,
    home: TempDir,
    ledger: Ledger,
    view: View,
    now: SystemTime,
    /// Seconds since boot.
    began: u64,
}

impl World {
    /// A window with a host and a terminal.
    fn new() -> Self {
        let (proc, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let ledger =
            Ledger::new(Platform::with_proc_root(proc.path().to_owned()), vec![home.path().to_owned()]);
        let window = Window { id: "w".into(), host_pid: Some(HOST), shells: vec![SHELL] };
        let view = View { windows: vec![window], sockets: vec![] };
        // Some time before the first transcript is written.
        let began = Platform::boottime().as_secs().saturating_sub(10);
        let world = Self { proc, home, ledger, view, now: SystemTime::now(), began };
        world.process(70_000, 1, "/usr/bin/code-server", "code-server", false);
        world.process(HOST, 70_000, "/usr/bin/node", "node --type=extensionHost", false);
        world.process(SHELL, 70_000, "/bin/bash", "bash", true);
        world
    }

    /// A process that started a few seconds ago, in [`FOLDER`].
    fn process(&self, pid: u32, parent: u32, executable: &str, arguments: &str, has_terminal: bool) {
        let folder = self.proc.path().join(pid.to_string());
        fs::create_dir_all(folder.join("fd")).unwrap();
        let terminal = if has_terminal { 34816 } else { 0 };
        let stat = format!(
            "{pid} (x) S {parent} {pid} {pid} {terminal} 0 0 0 0 0 0 70 5 0 0 20 0 7 0 {} 3133440 362 0\n",
            self.start_time(pid)
        );
        fs::write(folder.join("stat"), stat).unwrap();
        fs::write(folder.join("statm"), "500 250 0 0 0 0 0\n").unwrap();
        fs::write(folder.join("cmdline"), format!("{}\0", arguments.replace(' ', "\0"))).unwrap();
        for (name, target) in [("exe", executable), ("cwd", FOLDER)] {
            let _ = fs::remove_file(folder.join(name));
            symlink(target, folder.join(name)).unwrap();
        }
    }

    /// In clock ticks since boot; another one for each process.
    fn start_time(&self, pid: u32) -> u64 {
        self.began * Platform::clock_ticks_per_second() + u64::from(pid % 100)
    }

    fn end(&self, pid: u32) {
        fs::remove_dir_all(self.proc.path().join(pid.to_string())).unwrap();
    }

    fn transcript(&self, id: &str, records: &[&str]) -> PathBuf {
        let project = self.home.path().join("projects/-work-api");
        fs::create_dir_all(&project).unwrap();
        let path = project.join(format!("{id}.jsonl"));
        fs::write(&path, records.join("\n")).unwrap();
        path
    }

    fn says(&self, pid: u32, id: &str, status: &str) {
        let folder = self.home.path().join("sessions");
        fs::create_dir_all(&folder).unwrap();
        let content = format!(
            r#"{{"pid":{pid},"sessionId":"{id}","cwd":"{FOLDER}","procStart":"{}","status":"{status}","entrypoint":"claude-vscode"}}"#,
            self.start_time(pid)
        );
        fs::write(folder.join(format!("{pid}.json")), content).unwrap();
    }

    fn sessions(&mut self) -> Vec<Session> {
        self.ledger.look(&self.view, self.now)
    }

    /// Each session in a few words.
    fn look(&mut self) -> Vec<String> {
        self.sessions().iter().map(in_words).collect()
    }
}

/// `pid kind state`, the beginning of its id, its window and its shell.
fn in_words(session: &Session) -> String {
    let status = &session.status;
    let mut words = vec![
        status.pid.map_or_else(|| "–".into(), |pid| pid.to_string()),
        status.kind.clone(),
        status.state.clone(),
        status.session_id.as_deref().map_or("–", |id| &id[..4]).to_owned(),
    ];
    words.extend(status.window_id.clone());
    words.extend(status.shell_pid.map(|shell| format!("in {shell}")));
    words.extend(session.is_orphan.then(|| "orphan".to_owned()));
    words.join(" ")
}

#[test]
fn where_a_session_lives_is_told_by_its_parents_and_its_terminal() {
    let mut world = World::new();
    world.process(70_010, HOST, CLAUDE, "claude --output-format stream-json", false);
    world.process(70_011, SHELL, CLAUDE, "claude", true);
    world.process(70_012, SHELL, "/usr/bin/npx", "npx claude", true);
    world.process(70_013, 70_012, "/usr/bin/node", "node /l/@anthropic-ai/claude-code/cli.js", true);
    world.process(70_014, 1, CLAUDE, "claude", true);
    world.process(70_015, 1, CLAUDE, "claude -p x", false);
    // Started by a session.
    world.process(70_016, 70_011, CLAUDE, "claude -p x", true);
    // Not sessions: a tool inside the program, an errand, programs that only look alike.
    world.process(70_020, 70_011, CLAUDE, "rg --no-config x", true);
    world.process(70_021, 70_011, CLAUDE, "claude mcp serve", false);
    world.process(70_022, SHELL, "/usr/bin/vim", "vim claude", true);
    world.process(70_023, SHELL, "/bin/grep", "grep claude", true);
    assert_eq!(
        world.look(),
        [
            "70010 panel unknown – w",
            "70011 terminal unknown – w in 70002",
            "70013 terminal unknown – w in 70002",
            "70014 elsewhere unknown –",
            "70015 background unknown –",
            "70016 background unknown – w",
        ]
    );
}

#[test]
fn a_terminal_may_run_claude_in_the_place_of_a_shell() {
    let mut world = World::new();
    world.process(SHELL, 70_000, CLAUDE, "claude", true);
    assert_eq!(world.look(), ["70002 terminal unknown – w in 70002"]);
}

#[test]
fn a_session_is_named_by_its_file_its_arguments_what_it_holds_open_or_the_newest_transcript() {
    let mut world = World::new();
    world.process(70_010, HOST, CLAUDE, &format!("claude --resume {OTHER}"), false);
    assert_eq!(world.look(), ["70010 panel unknown 13bc w"]);
    world.says(70_010, ID, "idle");
    assert_eq!(world.look(), ["70010 panel idle 77ba w"], "it may have gone on to another");
    world.process(70_010, HOST, CLAUDE, "claude", false);
    fs::remove_file(world.home.path().join("sessions/70010.json")).unwrap();
    assert_eq!(world.look(), ["70010 panel unknown – w"]);

    let path = world.transcript(ID, &[PROMPT]);
    let fd = world.proc.path().join("70010/fd/7");
    symlink(&path, &fd).unwrap();
    assert_eq!(world.look(), ["70010 panel thinking 77ba w"]);
    fs::remove_file(&fd).unwrap();
    world.now = SystemTime::now() + Duration::from_secs(1);
    assert_eq!(world.look(), ["70010 panel thinking 77ba w"], "the newest in its folder");
    world.process(70_011, SHELL, CLAUDE, "claude", true);
    let both = world.look();
    assert_eq!(both, ["70010 panel unknown – w", "70011 terminal unknown – w in 70002"], "whose is it?");
    world.end(70_011);
    fs::File::options()
        .append(true)
        .open(&path)
        .and_then(|file| file.set_modified(SystemTime::now() - Duration::from_secs(24 * 60 * 60)))
        .unwrap();
    assert_eq!(world.look()[0], "70010 panel unknown – w", "written before it began");
}

#[test]
fn a_file_of_an_earlier_process_with_this_pid_is_not_believed() {
    let mut world = World::new();
    world.says(70_010, ID, "busy");
    world.process(70_010, HOST, CLAUDE, "claude", false);
    let path = world.home.path().join("sessions/70010.json");
    let stale = fs::read_to_string(&path).unwrap().replace("\"procStart\":\"", "\"procStart\":\"9");
    fs::write(&path, stale).unwrap();
    assert_eq!(world.look(), ["70010 panel unknown – w"]);
}

#[test]
fn the_state_is_what_the_process_says_and_the_transcript_explains() {
    for (says, records, state) in [
        ("busy", &[PROMPT][..], "thinking"),
        ("busy", &[PROMPT, TOOL], "tool"),
        ("busy", &[PROMPT, DONE], "thinking"),
        ("busy", &[PROMPT, DIED], "thinking"),
        ("waiting", &[PROMPT, TOOL], "waiting"),
        ("waiting", &[], "waiting"),
        ("idle", &[PROMPT, DONE], "idle"),
        ("idle", &[PROMPT], "idle"),
        ("idle", &[PROMPT, DIED], "failed"),
        ("idle", &[], "idle"),
        ("something new", &[PROMPT, TOOL], "tool"),
        ("something new", &[PROMPT, DONE], "idle"),
        ("something new", &[], "unknown"),
    ] {
        let mut world = World::new();
        world.process(70_010, HOST, CLAUDE, "claude", false);
        world.says(70_010, ID, says);
        if !records.is_empty() {
            world.transcript(ID, records);
        }
        assert_eq!(world.look(), [format!("70010 panel {state} 77ba w")], "{says} {records:?}");
    }
}

#[test]
fn a_turn_of_an_earlier_process_is_cut() {
    let mut world = World::new();
    world.process(70_010, HOST, CLAUDE, &format!("claude --resume {ID}"), false);
    let before = PROMPT.replacen('{', r#"{"timestamp":"2020-01-01T00:00:00Z","#, 1);
    world.transcript(ID, &[&before]);
    assert_eq!(world.look(), ["70010 panel cut 77ba w"]);
    world.says(70_010, ID, "idle");
    assert_eq!(world.look(), ["70010 panel cut 77ba w"]);
    world.says(70_010, ID, "busy");
    assert_eq!(world.look(), ["70010 panel thinking 77ba w"]);
}

#[test]
fn what_is_told_of_a_session() {
    let mut world = World::new();
    world.process(70_010, HOST, CLAUDE, "claude", false);
    world.says(70_010, ID, "busy");
    let path = world.transcript(ID, &[PROMPT, TOOL]);
    let agents = path.with_extension("").join("subagents");
    fs::create_dir_all(&agents).unwrap();
    fs::write(agents.join("agent-1.jsonl"), PROMPT.replacen('{', r#"{"isSidechain":true,"#, 1)).unwrap();
    let status = world.sessions().remove(0).status;
    assert_eq!(status.folder.as_deref(), Some(FOLDER));
    assert_eq!(status.transcript.as_deref(), path.to_str());
    assert_eq!(status.last_prompt.as_deref(), Some("make it fast"));
    assert_eq!(status.partial_answer.as_deref(), Some("Let me see."));
    let tools: Vec<_> =
        status.pending_tools.iter().map(|tool| (tool.name.as_str(), tool.summary.as_str())).collect();
    assert_eq!(tools, [("Bash", "make")]);
    assert_eq!((status.git_branch.as_deref(), status.subagents), (Some("main"), 1));
    assert!(status.rss_bytes.is_some_and(|bytes| bytes > 0) && status.active_unix_ms.is_some());
    let age = unix_ms_at(world.now).abs_diff(status.started_unix_ms.unwrap());
    assert!(age < 20_000, "{age} ms");
}

#[test]
fn sessions_that_ended_are_remembered_for_a_while() {
    let mut world = World::new();
    for (pid, id) in [(70_010, ID), (70_011, OTHER)] {
        world.process(pid, HOST, CLAUDE, &format!("claude --resume {id}"), false);
    }
    world.process(70_012, HOST, CLAUDE, "claude", false);
    world.transcript(ID, &[PROMPT, TOOL]);
    world.transcript(OTHER, &[PROMPT, DONE]);
    assert_eq!(world.look().len(), 3);
    for pid in [70_010, 70_011, 70_012] {
        world.end(pid);
    }
    let mut ended = world.look();
    ended.sort();
    assert_eq!(ended, ["– panel cut 77ba w", "– panel ended 13bc w"], "one without a name cannot be resumed");
    let cut = world.sessions().into_iter().find(|session| session.status.state == "cut").unwrap().status;
    assert_eq!((cut.pid, cut.rss_bytes, cut.pending_tools.len()), (None, None, 1));
    assert_eq!(cut.partial_answer.as_deref(), Some("Let me see."));

    world.process(70_020, SHELL, CLAUDE, &format!("claude --resume {ID}"), true);
    let mut resumed = world.look();
    resumed.sort();
    assert_eq!(resumed, ["70020 terminal tool 77ba w in 70002", "– panel ended 13bc w"]);
    world.now += REMEMBERED_FOR;
    assert_eq!(world.look().len(), 1);
}

#[test]
fn only_so_many_are_remembered() {
    let mut world = World::new();
    let count = u32::try_from(ENDED_AT_MOST).unwrap() + 10;
    for number in 0..count {
        let id = format!("77baf6cb-0ea0-492d-9e1d-{number:012}");
        world.process(71_000 + number, HOST, CLAUDE, &format!("claude --resume {id}"), false);
    }
    assert_eq!(world.look().len(), count as usize);
    (0..count).for_each(|number| world.end(71_000 + number));
    assert_eq!(world.look().len(), ENDED_AT_MOST);
}

#[test]
fn a_panel_session_whose_host_is_gone_stays_the_panel_s() {
    let mut world = World::new();
    world.process(70_010, HOST, CLAUDE, "claude --output-format stream-json", false);
    world.look();
    world.process(70_010, 1, CLAUDE, "claude --output-format stream-json", false);
    world.view.windows[0].host_pid = Some(70_005);
    for _ in 0..2 {
        assert_eq!(world.look(), ["70010 panel unknown – w orphan"]);
    }
    // Never seen before, but it says itself who started it.
    world.process(70_011, 1, CLAUDE, "claude --output-format stream-json", false);
    world.says(70_011, ID, "busy");
    assert_eq!(world.look()[1], "70011 panel thinking 77ba orphan");
    // Of a window without Lifeline.
    world.process(70_011, HOST, CLAUDE, "claude --output-format stream-json", false);
    world.view.windows.clear();
    world.ledger.live.clear();
    assert_eq!(world.look()[1], "70011 background thinking 77ba");
}

#[test]
fn sessions_come_by_folder_and_the_last_active_first() {
    let mut world = World::new();
    for (pid, id, minutes) in [(70_010, ID, 5), (70_011, OTHER, 1)] {
        world.process(pid, HOST, CLAUDE, &format!("claude --resume {id}"), false);
        let path = world.transcript(id, &[PROMPT, DONE]);
        let at = SystemTime::now() - Duration::from_secs(minutes * 60);
        fs::File::options().append(true).open(path).and_then(|file| file.set_modified(at)).unwrap();
    }
    world.process(70_012, HOST, CLAUDE, "claude", false);
    fs::remove_file(world.proc.path().join("70012/cwd")).unwrap();
    symlink("/a", world.proc.path().join("70012/cwd")).unwrap();
    assert_eq!(
        world.look(),
        ["70012 panel unknown – w", "70011 panel idle 13bc w", "70010 panel idle 77ba w"]
    );
}

#[test]
fn nothing_at_all_is_fine() {
    let mut world = World::new();
    assert!(world.look().is_empty());
    world.ledger.config_dirs = vec!["/nonexistent".into()];
    world.process(70_010, HOST, CLAUDE, &format!("claude --resume {ID}"), false);
    assert_eq!(world.look(), ["70010 panel unknown 77ba w"]);
}
