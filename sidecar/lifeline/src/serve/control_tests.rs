//! The real control loop behind the real sessions, over in-memory streams and real disposable processes.

use std::process::{Child, Command, Stdio};

use lifeline_protocol::{error_code, method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::DuplexStream,
    sync::mpsc,
    task::JoinHandle,
    time::{Duration, timeout},
};

use super::{
    listen,
    testing::{Peer, SOON, hello},
};
use crate::{
    input::{ConnectionId, Input},
    run::{self, Leave},
};

struct Daemon {
    to_loop: mpsc::Sender<Input>,
    control: JoinHandle<Leave>,
    connections: u64,
}

impl Daemon {
    fn start(state: &TempDir) -> Self {
        let (to_loop, inputs) = mpsc::channel(listen::QUEUE);
        let control = tokio::spawn(run::control(inputs, state.path().to_owned()));
        Self { to_loop, control, connections: 0 }
    }

    fn connect(&mut self, peer_pid: Option<u32>) -> Peer<DuplexStream> {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        self.connections += 1;
        let number = ConnectionId(self.connections);
        tokio::spawn(listen::connection(theirs, number, peer_pid, self.to_loop.clone()));
        Peer(ours)
    }

    async fn cli(&mut self) -> Peer<DuplexStream> {
        let mut peer = self.connect(None);
        peer.greet(hello("cli")).await;
        peer
    }

    async fn left(self) -> Leave {
        drop(self.to_loop);
        timeout(SOON, self.control).await.expect("it leaves soon").expect("it does not panic")
    }

    async fn terminate(self) {
        self.to_loop.send(Input::Terminate).await.expect("it listens");
        assert_eq!(self.left().await, Leave::Terminated);
    }
}

/// A process that does nothing until it is dropped.
struct Disposable(Child);

impl Disposable {
    fn new() -> Self {
        Self(Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().expect("sleep can be started"))
    }
}

impl Drop for Disposable {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn window_of(host_pid: u32) -> Value {
    let mut window = hello("window");
    window["window"]["hostPid"] = json!(host_pid);
    window
}

async fn result(peer: &mut Peer<DuplexStream>, method: &str, params: Value) -> Value {
    peer.say(&json!({ "jsonrpc": "2.0", "id": 9, "method": method, "params": params })).await;
    // What the daemon says of its own accord may come in between.
    loop {
        let message = peer.hear().await.expect("an answer");
        if message["id"] == 9 {
            return message["result"].clone();
        }
    }
}

/// Asks until the status is as expected; each question waits for the daemon's answer.
async fn status_until(peer: &mut Peer<DuplexStream>, is: impl Fn(&Value) -> bool) -> Value {
    let asked = async {
        loop {
            let status = result(peer, method::STATUS, json!(null)).await;
            if is(&status) {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, asked).await.expect("the status becomes so, soon")
}

#[tokio::test]
async fn an_older_daemon_makes_room_for_a_newer_binary_and_for_no_other() {
    let state = tempfile::tempdir().expect("a temporary folder");
    let mut daemon = Daemon::start(&state);
    let mut extension = daemon.cli().await;
    for same_or_older in ["0.0.1", env!("CARGO_PKG_VERSION"), "banana"] {
        let answer = result(&mut extension, method::HAND_OVER, json!({ "version": same_or_older })).await;
        assert_eq!(answer["leaving"], false, "{same_or_older}");
    }
    let answer = result(&mut extension, method::HAND_OVER, json!({ "version": "99.0.0" })).await;
    assert_eq!(answer["leaving"], true);
    drop(extension);
    assert_eq!(daemon.left().await, Leave::HandOver);
    assert!(state.path().join("memory.json").exists());
}

#[tokio::test]
async fn a_window_may_name_only_the_process_at_its_own_end_of_the_socket() {
    let state = tempfile::tempdir().expect("a temporary folder");
    let mut daemon = Daemon::start(&state);
    let host = Disposable::new();
    let mut liar = daemon.connect(Some(std::process::id()));
    let answer = liar.greet(window_of(host.0.id())).await;
    assert_eq!(answer["error"]["code"], error_code::BAD_HELLO);
    let mut cli = daemon.cli().await;
    assert_eq!(result(&mut cli, method::STATUS, json!(null)).await["windows"], json!([]));
    daemon.terminate().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_exit_of_a_host_is_seen_and_the_next_daemon_still_knows_the_window() {
    let state = tempfile::tempdir().expect("a temporary folder");
    let host = Disposable::new();
    let pid = host.0.id();

    let mut first = Daemon::start(&state);
    let mut window = first.connect(Some(pid));
    window.greet(window_of(pid)).await;
    let mut cli = first.cli().await;
    status_until(&mut cli, |status| status["windows"][0]["hostPid"] == pid).await;
    result(&mut cli, method::PAUSE, json!({ "windowId": null, "paused": true })).await;
    first.terminate().await;

    let mut second = Daemon::start(&state);
    let mut cli = second.cli().await;
    let status = status_until(&mut cli, |status| status["windows"][0]["hostPid"] == pid).await;
    assert_eq!(status["windows"][0]["paused"], true);

    drop(host);
    let status = status_until(&mut cli, |status| status["windows"][0]["hostPid"].is_null()).await;
    assert_eq!(status["windows"][0]["restartsInWindow"], 1, "an exit that nobody announced counts");
    second.terminate().await;
}
