//! Exit codes, formats and streams of the commands.

use std::{io::Read as _, process::Stdio};

use serde_json::Value;

use crate::home::Home;

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
