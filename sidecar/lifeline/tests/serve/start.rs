//! `lifeline serve`: one daemon, whoever starts it and how often.

use std::{
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::home::{Home, LIFELINE};
#[cfg(target_os = "linux")]
use crate::home::{parent_and_session, processes_of};

#[test]
fn a_detached_daemon_belongs_to_nobody_and_is_started_once() {
    let home = Home::new();
    let mut starter = home.lifeline("serve --detach").stdout(Stdio::piped()).spawn().expect("it runs");
    assert!(starter.wait().expect("it ends").success());
    let first = home.pid().expect("it serves");
    #[cfg(target_os = "linux")]
    {
        let (parent, session) = parent_and_session(first).expect("it lives");
        assert!(![starter.id(), std::process::id()].contains(&parent), "its parent is {parent}");
        assert_eq!(session, first, "a session of its own");
    }
    home.start();
    assert_eq!(home.pid(), Some(first));
    assert_eq!(home.said("serve --detach --replace").0, 0);
    assert_eq!(home.pid(), Some(first), "a daemon that answers is left alone");
    assert_eq!(home.connect().expect("it listens").greet().expect("an answer")["error"], Value::Null);

    let (code, said) = home.said("serve");
    assert_eq!((code, said.contains("already serving")), (1, true), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn many_starters_at_the_same_time_make_one_daemon() {
    let home = Home::new();
    let starters: Vec<_> =
        (0..8).map(|_| home.lifeline("serve --detach").spawn().expect("it runs")).collect();
    for mut starter in starters {
        assert!(starter.wait().expect("it ends").success());
        assert!(home.connect().expect("each returns only when it serves").greet().is_some());
    }
    assert_eq!(processes_of(&home.runtime_dir()), 1);
}

#[test]
fn a_daemon_that_leaves_makes_room_for_the_next() {
    let home = Home::new();
    home.start();
    let first = home.pid();
    for _ in 0..5 {
        home.ask_to_leave();
        home.start();
    }
    assert_ne!(home.pid(), first);
    home.ask_to_leave();
    assert_eq!(home.said("status").0, 3);
}

#[test]
fn a_folder_that_others_can_reach_is_refused_with_the_next_step() {
    let home = Home::new();
    std::fs::create_dir(home.runtime_dir()).expect("made");
    std::fs::set_permissions(home.runtime_dir(), std::fs::Permissions::from_mode(0o755)).expect("ours");
    for args in ["serve", "serve --detach", "serve --detach --replace"] {
        let (code, said) = home.said(args);
        assert_eq!(code, 4, "{said}");
        assert!(said.contains("chmod 700"), "{said}");
    }
}

#[test]
fn a_state_folder_that_cannot_be_made_does_not_keep_the_daemon_from_serving() {
    let home = Home::new();
    std::fs::write(home.state_dir(), "in the way").expect("written");
    home.start();
    assert_ne!(home.said("status").0, 3);
}

#[test]
fn a_full_log_is_put_aside_while_the_daemon_runs() {
    let home = Home::new();
    std::fs::create_dir(home.state_dir()).expect("made");
    let log = home.state_dir().join("daemon.log");
    std::fs::write(&log, vec![b'.'; 999_000]).expect("written");
    let started = home.lifeline("serve --detach").env("LIFELINE_LOG", "debug").status().expect("it runs");
    assert!(started.success());
    for _ in 0..40 {
        home.said("status");
    }
    assert!(log.metadata().expect("a log").len() < 100_000);
    assert!(log.with_extension("log.1").metadata().expect("the old one").len() >= 999_000);
}

/// No test of ours may signal what it did not start: this child is ours, and not reaped before its end.
#[test]
fn a_daemon_without_descriptors_goes_on_when_there_are_some_again() {
    let home = Home::new();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 40; exec \"$0\" serve", LIFELINE]).stderr(Stdio::null());
    home.settle(&mut command);
    let mut daemon = command.spawn().expect("it runs");
    let mut peers: Vec<_> = Vec::new();
    while peers.len() < 60 {
        // The daemon needs a moment to listen.
        peers.extend(home.connect());
        assert!(daemon.try_wait().expect("ours").is_none(), "it ended");
    }
    drop(peers);
    assert_eq!(home.said("status").0, 0);
    home.ask_to_leave();
    assert!(daemon.wait().expect("it ends").success());
}
