//! The accept loop over a real socket.

use std::{os::unix::fs::PermissionsExt as _, path::Path, process::Stdio};

use lifeline_platform::Platform;
use lifeline_protocol::method;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{io::AsyncReadExt as _, net::UnixStream, task::JoinHandle};

use super::{
    super::{
        endpoint::Endpoint,
        places::Places,
        testing::{Heard, Peer, SOON, control_loop, hello},
    },
    *,
};

struct Daemon {
    root: TempDir,
    endpoint: Endpoint,
    heard: Heard,
    listening: JoinHandle<()>,
}

impl Daemon {
    fn start() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let places = Places { runtime_dir: root.path().join("run"), state_dir: root.path().join("state") };
        let endpoint = Endpoint::at(&places).expect("short enough");
        let me = Platform::new().identify(std::process::id()).expect("we are");
        let listener = endpoint.listen(me, Duration::ZERO).expect("free");
        let (to_loop, heard) = control_loop();
        Self { root, endpoint, heard, listening: tokio::spawn(listen(listener, to_loop)) }
    }

    async fn connect(&self) -> Peer<UnixStream> {
        Peer(self.endpoint.connect().await.expect("it listens").0)
    }

    async fn goes_on(&self) {
        let mut peer = self.connect().await;
        peer.greet(hello("cli")).await;
        let answer = peer.ask(1, method::STATUS, Value::Null).await.expect("an answer");
        assert_eq!(answer["result"]["daemonPid"], 42, "{answer}");
    }
}

#[tokio::test]
async fn garbage_of_every_kind_never_ends_the_daemon() {
    let daemon = Daemon::start();
    let mut noise: u32 = 1;
    for round in 0..40_usize {
        let mut peer = daemon.connect().await;
        let garbage: Vec<u8> = std::iter::repeat_with(|| {
            // A linear congruential generator: any bytes, the same ones each time.
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        })
        .take(round * 97)
        .collect();
        if round % 2 == 1 {
            peer.bytes(b"Content-Length: 300\r\n\r\n").await;
        }
        peer.bytes(&garbage).await;
    }
    daemon.goes_on().await;
}

#[tokio::test]
async fn of_300_connections_256_are_kept_and_afterwards_there_is_room_again() {
    let daemon = Daemon::start();
    let mut peers = Vec::new();
    for _ in 0..300 {
        let mut peer = daemon.connect().await;
        peer.bytes(&super::super::testing::framed(
            &serde_json::json!({
                "jsonrpc": "2.0", "id": 0, "method": "initialize",
                "params": super::super::testing::initialize(hello("window")),
            })
            .to_string(),
        ))
        .await;
        peers.push(peer);
    }
    let mut kept = Vec::new();
    for mut peer in peers {
        if peer.hear().await.is_some_and(|answer| answer["result"].is_object()) {
            kept.push(peer);
        }
    }
    assert_eq!(kept.len(), CONNECTIONS);
    let last = kept.last_mut().expect("some");
    assert!(last.ask(1, method::STATUS, Value::Null).await.expect("an answer")["result"].is_object());
    drop(kept);
    for number in 1..=CONNECTIONS {
        daemon.heard.wait_for(&format!("disconnected {number}")).await;
    }
    daemon.goes_on().await;
}

#[tokio::test]
async fn when_the_loop_leaves_the_socket_is_gone_before_the_connections_are() {
    let daemon = Daemon::start();
    // Asks and never reads, until nothing more fits in between: this one has to be cut.
    let mut stuffed = daemon.connect().await;
    stuffed.greet(hello("window")).await;
    let ask = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method::STATUS });
    while timeout(Duration::from_millis(100), stuffed.say(&ask)).await.is_ok() {}

    let mut peer = daemon.connect().await;
    peer.greet(hello("window")).await;
    let answer = peer.ask(1, method::HAND_OVER, serde_json::json!({ "version": "9.9.9" })).await;
    assert_eq!(answer.expect("an answer")["result"]["leaving"], true);
    assert_eq!(peer.hear().await, None);
    assert!(!daemon.endpoint.path().exists());
    assert!(!daemon.listening.is_finished(), "one connection is still being closed");
    assert!(timeout(SOON, daemon.listening).await.is_ok());
}

/// Root only: another user connects, through a folder and a socket that were opened for this test, so that nothing but
/// the check of the peer is in the way.
#[tokio::test]
async fn another_user_is_closed_without_an_answer() {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: only root can become another user");
        return;
    }
    let daemon = Daemon::start();
    let open = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("ours");
    };
    let program = daemon.root.path().join("stranger");
    std::fs::copy(std::env::current_exe().expect("we are"), &program).expect("copied");
    open(&program, 0o755);
    open(daemon.root.path(), 0o755);
    open(daemon.endpoint.path().parent().expect("a folder"), 0o755);
    open(daemon.endpoint.path(), 0o666);

    // The same helper as ourselves, to see that it can connect at all.
    for (user, expected) in [("0", "answered"), ("65534", "closed")] {
        let mut command = std::process::Command::new("setpriv");
        command.args(["--reuid", user, "--regid", user, "--clear-groups", "--"]).arg(&program);
        command.args(["--exact", "serve::listen::tests::stranger", "--ignored", "--nocapture"]);
        command.env("STRANGER_SOCKET", daemon.endpoint.path()).current_dir("/").stdin(Stdio::null());
        let output = match tokio::task::spawn_blocking(move || command.output()).await.expect("no panic") {
            Ok(output) => output,
            Err(error) => return println!("skipped: setpriv cannot be run: {error}"),
        };
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(&format!("stranger: {expected}")), "as {user}: {said}");
    }
    daemon.goes_on().await;
    assert_eq!(daemon.heard.count("hello 2"), 1, "the stranger got no number: {:?}", daemon.heard.all());
}

/// Not a test: what the test above runs as another user.
#[tokio::test]
#[ignore = "a part of another_user_is_closed_without_an_answer"]
async fn stranger() {
    let socket = std::env::var_os("STRANGER_SOCKET").expect("called by its test");
    let mut peer = Peer(UnixStream::connect(socket).await.expect("the way is open"));
    peer.say(&serde_json::json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": super::super::testing::initialize(hello("cli")),
    }))
    .await;
    let mut answer = Vec::new();
    // A close with unread bytes may be a reset.
    let count = timeout(SOON, peer.0.read_buf(&mut answer)).await.expect("an end").unwrap_or(0);
    println!("stranger: {}", if count == 0 { "closed" } else { "answered" });
}
