//! `lifeline watch` where there is no screen: one frame, or lines of JSON from one daemon after another.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use serde_json::Value;

use crate::home::Home;

#[test]
fn without_a_terminal_it_is_one_plain_frame() {
    let home = Home::new();
    home.start();
    for args in ["watch", "watch --once", "watch --interval 60"] {
        let (code, said) = home.said(args);
        assert_eq!(code, 0, "{args}: {said}");
        assert!(said.starts_with("Lifeline ") && said.contains("No window is attached"), "{args}: {said}");
        assert!(!said.contains('\x1b'), "{args}: {said:?}");
    }
    let output = home.run("watch --once --format json");
    assert_eq!(output.status.code(), Some(0));
    let lines: Vec<&[u8]> = output.stdout.split_inclusive(|&byte| byte == b'\n').collect();
    let [line] = lines[..] else { panic!("{} lines", lines.len()) };
    let report: Value = serde_json::from_slice(line).expect("JSON");
    assert_eq!(report["daemonPid"].as_u64(), home.pid().map(u64::from));
}

#[test]
fn reports_go_on_when_the_daemon_is_replaced_and_end_with_their_reader() {
    let home = Home::new();
    home.start();
    let mut watch = home
        .lifeline("watch --format json --interval 0.2")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut lines = BufReader::new(watch.stdout.take().expect("piped")).lines();
    let mut daemon_pid = || {
        let line = lines.next().expect("it goes on").expect("text");
        let report: Value = serde_json::from_str(&line).expect("JSON");
        report["daemonPid"].as_u64().and_then(|pid| u32::try_from(pid).ok()).expect("a pid")
    };
    let first = daemon_pid();
    assert_eq!((Some(first), daemon_pid()), (home.pid(), first));

    home.ask_to_leave();
    let mut stderr = BufReader::new(watch.stderr.take().expect("piped"));
    let mut said = String::new();
    // Until it has noticed.
    while !said.contains("No Lifeline daemon serves") {
        assert!(stderr.read_line(&mut said).expect("text") > 0, "it ended: {said}");
    }
    home.start();
    let second = std::iter::repeat_with(&mut daemon_pid).find(|&pid| pid != first);
    assert_eq!(second, home.pid());

    drop(lines);
    assert!(watch.wait().expect("it ends").success());
}
