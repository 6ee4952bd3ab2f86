//! One look at locks of every kind, in words and for programs.

use std::path::Path;

use lifeline_bridge::{How, Problem, Stranger};

use super::*;

fn lock(port: u16) -> Lock {
    Lock {
        port,
        pid: Some(std::process::id()),
        workspace_folders: vec!["/work/site".into()],
        ide_name: Some("Visual Studio Code".into()),
        transport: Some("ws".into()),
        running_in_windows: false,
        has_token: true,
        modified: Some(UNIX_EPOCH + Duration::from_millis(1_763_712_345_678)),
    }
}

const ALIVE: Answer = Answer::Alive { round_trip: Duration::from_micros(4231), how: How::Unauthorized };
const SILENT: Answer = Answer::Silent { waited: Duration::from_secs(2), after_connect: true };

/// A lock with this answer, and with users that no process table has to confirm.
fn found(lock: Lock, answer: Answer) -> Finding {
    let host = Process { pid: 4321, name: Some("node".into()) };
    let owner = matches!(answer, Answer::Alive { .. } | Answer::Silent { .. }).then_some(host);
    Finding { owner, ..finding(lock, answer, PortUsers::default(), &Platform::new()) }
}

fn look_at(locks: Vec<Finding>, problems: Vec<Trouble>) -> Look {
    Look { schema: SCHEMA, folders: vec!["/home/me/.claude/ide".into()], locks, problems }
}

fn printed(look: &Look) -> String {
    let mut out = Vec::new();
    print(look, &mut Page::new(&mut out, false)).expect("a vector takes it");
    String::from_utf8(out).expect("text")
}

#[test]
fn what_is_well_is_a_line_each() {
    let clients = (1..=5).map(|pid| Process { pid, name: (pid != 2).then(|| "claude".into()) }).collect();
    let several =
        Lock { workspace_folders: vec!["/work/api/".into(), "/a".into(), "/b".into()], ..lock(40002) };
    let look = look_at(vec![found(lock(40001), ALIVE), Finding { clients, ..found(several, ALIVE) }], vec![]);
    assert_eq!(exit(&look), Exit::Fine);
    assert_eq!(
        printed(&look),
        "PORT   IDE                 FOLDER          ANSWER             HOST       CLIENTS\n\
         40001  Visual Studio Code  site            answers in 4.2 ms  node 4321\n\
         40002  Visual Studio Code  api and 2 more  answers in 4.2 ms  node 4321  claude 1, 2, claude 3, 2 more\n"
    );
}

#[test]
fn each_problem_says_what_to_do_and_makes_the_exit_code_1() {
    let gone = Lock { pid: Some(u32::MAX - 1), ..lock(40001) };
    let queue_full = Answer::Silent { waited: Duration::from_secs(2), after_connect: false };
    for (lock, answer, word, advice) in [
        (lock(40001), SILENT, "does not answer", "has not answered for 2.0 s"),
        (lock(40001), queue_full, "does not answer", "does not even take connections"),
        (lock(40001), Answer::Refused, "nobody listens (stale)", "finds the new one with /ide."),
        (gone, Answer::Refused, "process gone (stale)", "Remove the file."),
        (
            lock(40001),
            Answer::NotWebSocket(Stranger::Babble),
            "another program (stale)",
            "Remove 40001.lock.",
        ),
        (lock(40001), Answer::NotAsked(io::ErrorKind::Other), "could not be asked", "Try again."),
    ] {
        let look = look_at(vec![found(lock, answer)], vec![]);
        let text = printed(&look);
        assert!(text.contains(word) && text.contains(advice), "{text}");
        assert_eq!(exit(&look), Exit::Problem, "{answer:?}");
    }
}

#[test]
fn what_is_only_worth_a_word_is_no_problem() {
    let no_token = Lock { has_token: false, ..lock(40001) };
    let look = look_at(vec![found(no_token, ALIVE)], vec![]);
    assert!(printed(&look).contains("Update Claude Code's extension"));
    assert_eq!(exit(&look), Exit::Fine);

    let elsewhere = Lock { running_in_windows: true, ..lock(40001) };
    let look = look_at(vec![found(elsewhere, Answer::Refused)], vec![]);
    assert_eq!(exit(&look), if cfg!(windows) { Exit::Problem } else { Exit::Fine });

    let look = look_at(vec![], vec![]);
    assert_eq!(exit(&look), Exit::Fine);
    assert_eq!(
        printed(&look),
        "No IDE has left a lock in /home/me/.claude/ide. Open a folder in VS Code with Claude Code's extension.\n"
    );
}

#[test]
fn nothing_in_a_lock_steers_the_terminal() {
    let hostile = Lock {
        ide_name: Some("a\u{1b}[2Jb".into()),
        workspace_folders: vec!["/x\u{202e}\n\u{9b}y".into()],
        ..lock(40001)
    };
    let problem = Problem { file_name: "\u{1b}]0;x.lock".into(), kind: ProblemKind::NoPort };
    let trouble =
        Trouble { file_name: String::new(), kind: problem.kind.code(), sentence: problem.to_string() };
    let look = look_at(vec![found(hostile, ALIVE)], vec![trouble]);
    let text = printed(&look);
    assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{text:?}");
    assert_eq!(text.lines().count(), 3);
    assert_eq!(exit(&look), Exit::Problem);
}

#[test]
fn programs_get_everything_under_stable_names() {
    let look = look_at(vec![found(Lock { pid: None, ..lock(40001) }, ALIVE)], vec![]);
    let json = serde_json::to_value(&look).expect("JSON");
    assert_eq!(
        json,
        serde_json::json!({
            "schema": "lifeline.probe/1",
            "folders": ["/home/me/.claude/ide"],
            "locks": [{
                "port": 40001,
                "ideName": "Visual Studio Code",
                "workspaceFolders": ["/work/site"],
                "idePid": null,
                "idePidExists": null,
                "transport": "ws",
                "wantsToken": true,
                "runningInWindows": false,
                "writtenUnixMs": 1_763_712_345_678_u64,
                "answer": "answers",
                "roundTripMs": 4.23,
                "owner": {"pid": 4321, "name": "node"},
                "backlog": null,
                "clients": [],
                "isProblem": false,
                "sentence": null,
            }],
            "problems": [],
        })
    );
}

/// Through real files, sockets and the process table.
#[tokio::test]
async fn a_real_look_finds_who_listens_who_is_connected_and_who_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |port: u16, content: &str| {
        std::fs::write(folder.path().join(format!("{port}.lock")), content).expect("a lock");
    };
    let listen = || std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port_of = |listener: &std::net::TcpListener| listener.local_addr().expect("an address").port();
    // One that nobody serves, with a client that waits: a frozen host. And one that is gone.
    let frozen = listen();
    let silent = port_of(&frozen);
    let _client = std::net::TcpStream::connect(("127.0.0.1", silent)).expect("the kernel takes it");
    let stale = port_of(&listen());
    write(silent, r#"{"pid":1,"ideName":"A","authToken":"secret-token"}"#);
    write(stale, r#"{"pid":1,"ideName":"B","authToken":"secret-token"}"#);
    write(22, "{}");

    let folders = vec![folder.path().to_owned()];
    let look = look(vec![folder.path().display().to_string()], read_locks(&folders), &Platform::new()).await;
    let by_port = |port| look.locks.iter().find(|finding| finding.port == port).expect("a finding");
    assert_eq!((by_port(silent).answer, by_port(stale).answer), ("silent", "nobody"));
    assert_eq!(look.problems.len(), 1);
    assert_eq!(exit(&look), Exit::Problem);
    let text = serde_json::to_string(&look).expect("JSON");
    assert!(!text.contains("secret"), "{text}");
    if cfg!(target_os = "linux") {
        let us = std::process::id();
        assert_eq!(by_port(silent).owner.as_ref().map(|owner| owner.pid), Some(us));
        assert_eq!(by_port(silent).backlog, Some(1));
        assert_eq!(by_port(silent).clients.iter().map(|client| client.pid).collect::<Vec<_>>(), [us]);
        assert!(by_port(stale).owner.is_none());
        let program = std::env::current_exe().expect("a program");
        let name = Path::file_name(&program).map(|name| name.to_string_lossy().into_owned());
        assert_eq!(by_port(silent).owner.as_ref().and_then(|owner| owner.name.clone()), name);
    }
}
