//! A daemon's folders for one test, and the ways to speak to it.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The program under test.
pub(crate) const LIFELINE: &str = env!("CARGO_BIN_EXE_lifeline");

/// Should a test fail to end its daemon, the daemon leaves by itself.
const LEAVE_AFTER_MS: &str = "120000";

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(10);

/// The folders of one daemon. Dropped, it asks the daemon to leave: no signal is sent by any test outside of a
/// namespace of its own.
pub(crate) struct Home {
    root: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { root: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn runtime_dir(&self) -> PathBuf {
        self.root.path().join("run")
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.root.path().join("state")
    }

    /// `lifeline ARGS` with these folders, its output caught.
    pub(crate) fn lifeline(&self, args: &str) -> Command {
        let mut command = Command::new(LIFELINE);
        command.args(args.split(' '));
        self.settle(&mut command);
        command
    }

    /// Gives a command these folders.
    pub(crate) fn settle(&self, command: &mut Command) {
        command
            .env("LIFELINE_RUNTIME_DIR", self.runtime_dir())
            .env("LIFELINE_STATE_DIR", self.state_dir())
            .env("LIFELINE_LEAVE_AFTER_MS", LEAVE_AFTER_MS)
            .stdin(Stdio::null());
    }

    /// Runs `lifeline ARGS` to its end.
    pub(crate) fn run(&self, args: &str) -> Output {
        self.lifeline(args).output().expect("it runs")
    }

    /// Runs `lifeline ARGS`: its exit code, and what it said on both streams.
    pub(crate) fn said(&self, args: &str) -> (i32, String) {
        let output = self.run(args);
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().expect("no signal"), String::from_utf8(text).expect("text"))
    }

    /// Starts a daemon in the background.
    pub(crate) fn start(&self) {
        let (code, said) = self.said("serve --detach");
        assert_eq!(code, 0, "{said}");
    }

    /// The daemon's pid by the lock file.
    pub(crate) fn pid(&self) -> Option<u32> {
        let note = std::fs::read_to_string(self.runtime_dir().join("lifeline.lock")).ok()?;
        note.lines().next()?.strip_prefix("pid ")?.parse().ok()
    }

    pub(crate) fn connect(&self) -> std::io::Result<Peer> {
        let stream = UnixStream::connect(self.runtime_dir().join("lifeline.sock"))?;
        stream.set_read_timeout(Some(SOON))?;
        Ok(Peer { stream, next_id: 0 })
    }

    /// Asks the daemon to leave and waits until it has closed the connection; nothing when there is none.
    pub(crate) fn ask_to_leave(&self) {
        let Ok(mut peer) = self.connect() else { return };
        if peer.greet().is_none() {
            return;
        }
        peer.ask("lifeline/handOver", json!({ "version": "999.0.0" }));
        let _ = peer.stream.shutdown(std::net::Shutdown::Write);
        let _ = peer.stream.read_to_end(&mut Vec::new());
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.ask_to_leave();
    }
}

/// A connection that says what it is told to.
pub(crate) struct Peer {
    pub(crate) stream: UnixStream,
    next_id: u64,
}

impl Peer {
    pub(crate) fn greet(&mut self) -> Option<Value> {
        let hello = json!({ "protocol": 1, "role": "cli", "clientVersion": "0.1.0", "window": null });
        let params = json!({ "processId": null, "capabilities": {}, "initializationOptions": hello });
        let answer = self.ask("initialize", params)?;
        self.say(&json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }));
        Some(answer)
    }

    /// The answer; nothing when the daemon has hung up.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Option<Value> {
        self.next_id += 1;
        self.say(&json!({ "jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params }));
        self.hear()
    }

    pub(crate) fn say(&mut self, message: &Value) {
        let body = message.to_string();
        let _ = write!(self.stream, "Content-Length: {}\r\n\r\n{body}", body.len());
    }

    fn hear(&mut self) -> Option<Value> {
        let mut header = Vec::new();
        let mut byte = [0];
        while !header.ends_with(b"\r\n\r\n") {
            self.stream.read_exact(&mut byte).ok()?;
            header.push(byte[0]);
        }
        let header = String::from_utf8(header).ok()?;
        let mut body = vec![0; header.trim().strip_prefix("Content-Length: ")?.parse().ok()?];
        self.stream.read_exact(&mut body).ok()?;
        serde_json::from_slice(&body).ok()
    }
}

/// The parent and the session of a process.
#[cfg(target_os = "linux")]
pub(crate) fn parent_and_session(pid: u32) -> Option<(u32, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(1);
    let parent = fields.next()?.parse().ok()?;
    Some((parent, fields.nth(1)?.parse().ok()?))
}

/// How many processes run with this runtime folder.
#[cfg(target_os = "linux")]
pub(crate) fn processes_of(runtime_dir: &Path) -> usize {
    let wanted = format!("LIFELINE_RUNTIME_DIR={}", runtime_dir.display());
    std::fs::read_dir("/proc")
        .expect("a /proc")
        .flatten()
        .filter_map(|entry| std::fs::read(entry.path().join("environ")).ok())
        .filter(|environ| environ.split(|&byte| byte == 0).any(|variable| variable == wanted.as_bytes()))
        .count()
}
