//! Exit codes, formats and streams of the commands.

use std::{
    io::{Read as _, Write as _},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::home::Home;

const SESSION: &str = "77baf6cb-0ea0-492d-9e1d-0a272e071b6c";

#[test]
fn without_a_daemon_the_commands_say_how_to_start_one() {
    let home = Home::new();
    for args in [
        "status",
        "watch --once",
        "watch --once --format json",
        "incidents",
        "incidents --culprits",
        "sessions",
        "snapshots",
        "pause",
        "resume",
        "drill --yes",
        "restart --yes",
        "restart --when-quiet --yes",
    ] {
        let (code, said) = home.said(args);
        assert_eq!(code, 3, "{args}: {said}");
        assert!(said.contains("lifeline serve --detach"), "{args}: {said}");
    }
}

#[test]
fn what_is_not_understood_is_usage() {
    let home = Home::new();
    for args in [
        "unheard-of",
        "status --format xml",
        "snapshots show ../x",
        "drill --kind crash",
        "watch --interval 0",
    ] {
        assert_eq!(home.said(args).0, 2, "{args}");
    }
    for args in ["--help", "status --help", "watch --help", "--version"] {
        assert_eq!(home.said(args).0, 0, "{args}");
    }
}

#[test]
fn reading_commands_speak_to_people_and_to_programs() {
    let home = Home::new();
    home.start();
    for args in ["status", "incidents", "incidents --culprits", "sessions", "snapshots"] {
        let (code, said) = home.said(args);
        assert_eq!(code, 0, "{args}: {said}");
        assert!(!said.contains('\x1b'), "no colour in a pipe: {said:?}");
        let output = home.run(&format!("{args} --format json"));
        let value: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
        assert_eq!(value.is_object(), args == "status");
    }
    assert_eq!(home.said("pause").0, 0);
    assert_eq!(home.said("resume --format json").0, 0);
    for args in ["drill --yes", "restart --yes", "restart --yes --when-quiet"] {
        let (code, said) = home.said(args);
        assert_eq!((code, said.contains("No window is attached")), (1, true), "{args}: {said}");
    }
}

#[test]
fn a_snapshot_is_shown_without_a_daemon() {
    let home = Home::new();
    let folder = home.state_dir().join("snapshots");
    std::fs::create_dir_all(&folder).expect("made");
    std::fs::write(
        folder.join("7.json"),
        r#"{"schema":"lifeline.snapshot/1","id":"7","label":"a\u001b[2J"}"#,
    )
    .expect("written");
    let (code, said) = home.said("snapshots show 7");
    assert_eq!(code, 0);
    assert!(said.contains("Snapshot 7") && !said.contains('\x1b'), "{said:?}");
    assert_eq!(home.said("snapshots show 7 --format json").0, 0);
    assert_eq!(home.said("snapshots show 8").0, 1);
    std::fs::write(folder.join("9.json"), "{").expect("written");
    assert_eq!(home.said("snapshots show 9").0, 1);
}

#[test]
fn a_journal_that_is_not_there_or_none_is_told() {
    let home = Home::new();
    let (code, said) = home.said("replay /nowhere/at/all.jsonl");
    assert_eq!((code, said.contains("/nowhere/at/all.jsonl")), (1, true), "{said}");
}

/// The time, as a transcript has it.
fn timestamp() -> String {
    let output = Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%S.000Z"]).output().expect("it runs");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

#[test]
fn an_error_is_explained_with_what_the_transcripts_tell() {
    let home = Home::new();
    let projects = tempfile::tempdir().expect("a temporary folder");
    let folder = projects.path().join("-home-ann-secret-project");
    std::fs::create_dir(&folder).expect("made");
    let record = |number: u32, fields: Value| {
        let mut record = json!({
            "uuid": format!("u{number}"), "timestamp": timestamp(), "sessionId": SESSION, "cwd": "/home/ann/secret",
        });
        record.as_object_mut().expect("an object").extend(fields.as_object().expect("fields").clone());
        record.to_string()
    };
    let reset = |number| {
        let error = json!({
            "type": "system", "subtype": "api_error", "retryAttempt": number, "maxRetries": 3,
            "error": { "message": "gone", "connection": { "code": "ECONNRESET" } },
        });
        record(number, error)
    };
    let prompt = json!({ "type": "user", "message": { "content": "x".repeat(9_100_000) } });
    let death = json!({
        "type": "assistant", "isApiErrorMessage": true,
        "message": { "content": [{ "type": "text", "text": "API Error: Connection lost mid-response (ECONNRESET)" }] },
    });
    let lines = [record(0, prompt), reset(1), reset(2), reset(3), record(4, death)].join("\n");
    std::fs::write(folder.join(format!("{SESSION}.jsonl")), lines).expect("written");

    let of = |args: &str| home.said(&format!("explain {args} --projects {}", projects.path().display()));
    let (code, said) = of("Unable to connect to API (ECONNRESET) --format json");
    let answer: Value = serde_json::from_str(&said).expect("JSON and nothing else");
    assert_eq!((code, &answer["entry"]["id"]), (0, &json!("econnreset")));
    let here = [
        "3 resets in the last hour, all in one session of 9.1 MB: compact it.",
        "1 request was tried as often as Claude Code does in the last 24 h.",
        "1 turn died in the last 24 h.",
    ];
    assert_eq!(answer["here"], json!(here));
    for args in ["ECONNRESET", "ECONNRESET --format markdown"] {
        let (code, said) = of(args);
        assert!(code == 0 && said.contains(here[0]), "{said}");
        assert!(!said.contains("secret") && !said.contains(SESSION), "{said}");
    }
    assert!(of("ECONNRESET --no-redact").1.contains(SESSION));
    assert!(!of("ECONNRESET --no-facts").1.contains("On this machine"));

    // Without a text, it is the one that the turn died of.
    let (code, said) = home.said(&format!("explain --format json --projects {}", projects.path().display()));
    let answer: Value = serde_json::from_str(&said).expect("JSON and nothing else");
    assert_eq!((code, &answer["entry"]["id"]), (0, &json!("mid-response")));
    assert!(
        answer["here"][0].as_str().is_some_and(|told| told.starts_with("This is the last error")),
        "{said}"
    );

    std::fs::remove_file(folder.join(format!("{SESSION}.jsonl"))).expect("it was there");
    assert_eq!(home.said(&format!("explain --projects {}", projects.path().display())).0, 2);
    assert_eq!(of("no such error").0, 1);
    assert_eq!(home.said("explain ECONNRESET --projects /nowhere/at/all").0, 2);
}

#[test]
fn an_error_is_read_from_a_pipe() {
    let home = Home::new();
    let mut child = home
        .lifeline("explain - --no-facts")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let log = "[12:13:15] retry\r\n\x1b[31mAPI Error: 529\x1b[0m {\"type\":\"error\"}\r\n    at TCP.onStreamRead (node:1:2)\r\n";
    child.stdin.take().expect("piped").write_all(log.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success() && said.starts_with("529: the API is overloaded"), "{said}");
}

#[test]
fn completions_are_printed_for_the_common_shells() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let (code, said) = home.said(&format!("completions {shell}"));
        assert_eq!(code, 0);
        for word in ["lifeline", "drill", "watch", "interval", "culprits", "when-quiet"] {
            assert!(said.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = Home::new();
    home.start();
    for args in ["status", "status --format json", "watch --format json", "completions bash", "--help"] {
        let mut child =
            home.lifeline(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
        assert!(child.wait().expect("it ends").success(), "{args}: {said}");
        assert_eq!(said, "", "{args}");
    }
}
