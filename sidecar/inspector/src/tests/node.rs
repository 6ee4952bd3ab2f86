//! The real inspector of a real Node that is really frozen. `LIFELINE_NODE` names another Node than the one on the path.

use crate::cdp::Session;
use crate::{Culprit, Error, Stack, close_inspector, culprit, stack, wait_for_inspector};
use lifeline_platform::{Platform, ProcessHandle};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tokio::time::Instant;

/// A guard, not a measurement: the machine may be crowded.
const GENEROUS: Duration = Duration::from_secs(60);

/// What every script begins with. When the main thread says that it is about to freeze, a worker passes it on; at the end
/// of stdin the worker lets it go on.
const BEGIN: &str = r#"const fs = require("node:fs");
const { Worker } = require("node:worker_threads");
const flags = new Int32Array(new SharedArrayBuffer(8));
const beside = `const fs = require("node:fs"), { workerData: flags } = require("node:worker_threads");
  Atomics.wait(flags, 1, 0); fs.writeSync(1, "frozen\\n"); fs.readSync(0, Buffer.alloc(1));
  Atomics.store(flags, 0, 1); Atomics.notify(flags, 0);`;
new Worker(beside, { eval: true, workerData: flags }).once("online", () => setTimeout(freeze, 10));
const say = (text) => fs.writeSync(1, text + "\n");
const after = (turns) => turns ? setImmediate(after, turns - 1) : say(require("node:inspector").url() ?? "closed");
const wentOn = () => { say("went on"); after(4); };
"#;
/// In the same line as the freeze itself: wherever between the two the process is paused, it is that line.
const FROZEN: &str = "Atomics.store(flags, 1, 1); Atomics.notify(flags, 1);";

/// A Node whose main thread is frozen, in the folder of an extension. It ends with this value.
struct Frozen {
    child: Child,
    stdin: Option<ChildStdin>,
    /// What it says, line by line.
    lines: Receiver<String>,
    platform: Platform,
    handle: ProcessHandle,
    folder: tempfile::TempDir,
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Frozen {
    /// Runs a script as the main file of `acme.linter` 1.4.2, and waits until it says "frozen".
    fn by(script: &str, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let extension = folder.path().canonicalize().unwrap().join("acme.linter-1.4.2");
        fs::create_dir_all(extension.join("out")).unwrap();
        let manifest =
            r#"{"publisher": "acme", "name": "linter", "version": "1.4.2", "engines": {"vscode": "*"}}"#;
        fs::write(extension.join("package.json"), manifest).unwrap();
        fs::write(extension.join("out/main.js"), format!("{BEGIN}{}", script.replace("FROZEN", FROZEN)))
            .unwrap();
        let node = std::env::var_os("LIFELINE_NODE").unwrap_or("node".into());
        // A port of its own: several of these tests run at a time.
        let child = Command::new(node)
            .arg("--inspect-port=0")
            .args(args)
            .arg(extension.join("out/main.js"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.expect("these tests need Node.js, as building the extension does");
        let platform = Platform::new();
        let handle = platform.watch(platform.identify(child.id()).unwrap()).unwrap();
        let (stdin, stdout) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let (said, lines) = channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| said.send(line)));
        let frozen = Self { child, stdin, lines, platform, handle, folder };
        frozen.says("frozen");
        frozen
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(GENEROUS).expect("it says something")
    }

    #[track_caller]
    fn says(&self, expected: &str) {
        assert_eq!(self.line(), expected);
    }

    /// Sends the signal and waits for the port.
    async fn inspector(&self, within: Duration) -> Result<u16, Error> {
        let before = self.listening();
        self.handle.interrupt_usr1().unwrap();
        wait_for_inspector(&before, || self.listening(), Instant::now() + within).await
    }

    fn listening(&self) -> Vec<std::net::SocketAddr> {
        self.platform.listening_addresses(self.child.id())
    }

    /// Signal, port, stack.
    fn stack(&self) -> Stack {
        run(async {
            let port = self.inspector(GENEROUS).await.unwrap();
            let stack = stack(port, Instant::now() + GENEROUS).await.unwrap();
            assert!(stack.left_open || self.listening().is_empty());
            stack
        })
    }

    /// Lets the main thread go on, and sees that it does, and that no inspector is open when its loop has turned.
    #[track_caller]
    fn goes_on(&mut self) {
        drop(self.stdin.take());
        self.says("went on");
        self.says("closed");
    }
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

fn lines_before() -> u32 {
    u32::try_from(BEGIN.lines().count()).unwrap()
}

fn named(stack: &Stack) -> Culprit {
    culprit(stack, Path::new("/"), "lifeline-dev.lifeline").expect("somebody is named")
}

/// The sentence that a person reads, with the line counted from the script's own first one; and all is well afterwards.
#[track_caller]
fn check(script: &str, args: &[&str], expected: &str) {
    let mut frozen = Frozen::by(script, args);
    let stack = frozen.stack();
    let mut found = named(&stack);
    found.line -= lines_before();
    assert_eq!(found.to_string(), expected, "{stack:#?}");
    assert!(!stack.left_open, "closed again");
    frozen.goes_on();
}

#[test]
fn busy_loop() {
    check(
        r#"function scanAll() {
            FROZEN while (Atomics.load(flags, 0) === 0);
            wentOn();
        }
        function freeze() { scanAll(); }"#,
        &[],
        "`acme.linter` 1.4.2 blocked the extension host in `scanAll`, out/main.js:2",
    );
}

#[test]
fn atomics_wait() {
    check(
        r#"function freeze() {
            FROZEN const how = Atomics.wait(flags, 0, 0);
            if (how === "ok") wentOn();
        }"#,
        &[],
        "`acme.linter` 1.4.2 blocked the extension host in `freeze`, out/main.js:2",
    );
}

#[test]
fn near_the_heap_limit() {
    check(
        r#"const v8 = require("node:v8");
        const kept = [];
        function freeze() {
            const limit = 0.7 * 96 * 2 ** 20;
            while (v8.getHeapStatistics().used_heap_size < limit) kept.push(new Array(2 ** 14).fill(kept).map((_, n) => ({ n })));
            FROZEN while (Atomics.load(flags, 0) === 0) { const block = kept[Math.floor(Math.random() * kept.length)]; for (let n = 0; n < block.length; n += 4) block[n] = { n }; }
            wentOn();
        }"#,
        &["--max-old-space-size=96"],
        "`acme.linter` 1.4.2 blocked the extension host in `freeze`, out/main.js:6",
    );
}

#[test]
fn anonymous_functions() {
    check(
        r#"const freeze = () => walk([1]);
        function walk(list) {
            list.forEach((item) => {
                [item].map(() => { (function () {
                    FROZEN while (Atomics.load(flags, 0) === 0);
                    wentOn();
                })(); });
            });
        }"#,
        &[],
        "`acme.linter` 1.4.2 blocked the extension host in `walk`, out/main.js:5",
    );
}

#[test]
fn after_an_await() {
    check(
        r#"async function freeze() {
            await null;
            await new Promise((resolve) => setImmediate(resolve));
            FROZEN while (Atomics.load(flags, 0) === 0);
            wentOn();
        }"#,
        &[],
        "`acme.linter` 1.4.2 blocked the extension host in `freeze`, out/main.js:4",
    );
}

#[test]
fn in_nodes_own_code() {
    check(
        r#"function freeze() {
            FROZEN while (Atomics.load(flags, 0) === 0) fs.existsSync("/nowhere");
            wentOn();
        }"#,
        &[],
        "`acme.linter` 1.4.2 blocked the extension host in `freeze`, out/main.js:2",
    );
}

#[test]
fn where_process_is_something_else() {
    check(
        r#"function freeze(process = {}, globalThis = {}, require) {
            FROZEN while (Atomics.load(flags, 0) === 0);
            wentOn();
        }"#,
        &[],
        "`acme.linter` 1.4.2 blocked the extension host in `freeze`, out/main.js:2",
    );
}

#[test]
fn deep_recursion() {
    check(
        r#"function walk(depth) {
            if (depth > 0) return walk(depth - 1);
            FROZEN while (Atomics.load(flags, 0) === 0);
            wentOn();
        }
        function freeze() { walk(5000); }"#,
        &[],
        "`acme.linter` 1.4.2 blocked the extension host in `walk`, out/main.js:3",
    );
}

/// It says that it is another extension's file, in the one way that needs no trick.
#[test]
fn a_script_that_blames_another() {
    check(
        r#"const blame = eval(`(function blame(then) { then(); })
            //# sourceURL=file:///ext/innocent.extension-1.0.0/main.js`);
        function freeze() { blame(function () {
            FROZEN while (Atomics.load(flags, 0) === 0);
            wentOn();
        }); }"#,
        &[],
        "`acme.linter` 1.4.2 blocked the extension host in `freeze`, out/main.js:4",
    );
}

#[test]
fn a_regular_expression() {
    let script = r#"function freeze() {
        const text = "a".repeat(60) + "b";
        FROZEN /^(a+)+$/.test(text);
    }"#;
    let stack = Frozen::by(script, &[]).stack();
    assert_eq!((named(&stack).function.as_deref(), named(&stack).line - lines_before()), (Some("freeze"), 3));
    assert!(!stack.left_open);
}

/// The port opens when the child has ended, and not before; then it can be closed.
#[test]
fn waiting_for_a_child() {
    let script = r#"function freeze() {
        require("node:child_process").execFileSync("sh", ["-c", "echo frozen; exec cat"], { stdio: [0, 1, 2] });
        say("went on");
        const closed = setInterval(() => {
            if (!fs.existsSync(__dirname + "/closed")) return;
            clearInterval(closed);
            after(4);
        }, 10);
    }"#;
    let mut frozen = Frozen::by(script, &[]);
    run(async {
        let before = frozen.listening();
        let opened = frozen.inspector(Duration::from_millis(500)).await;
        assert!(matches!(opened, Err(Error::NotOpened)), "{opened:?}");
        drop(frozen.stdin.take());
        frozen.says("went on");
        let port =
            wait_for_inspector(&before, || frozen.listening(), Instant::now() + GENEROUS).await.unwrap();
        assert!(close_inspector(port, Instant::now() + GENEROUS).await.unwrap());
    });
    fs::write(frozen.folder.path().join("acme.linter-1.4.2/out/closed"), "").unwrap();
    frozen.says("closed");
    assert_eq!(frozen.listening(), []);
}

const BUSY: &str = r#"function freeze() {
    FROZEN while (Atomics.load(flags, 0) === 0);
    wentOn();
}"#;

/// Whoever is dropped while the process is paused lets it go on; and a second visit closes what the first left open.
#[test]
fn dropped_while_paused() {
    let mut frozen = Frozen::by(BUSY, &[]);
    run(async {
        let port = frozen.inspector(GENEROUS).await.unwrap();
        let mut session = Session::attach(port).await.unwrap();
        assert!(!session.pause().await.unwrap().is_empty());
        drop(session);
        assert!(!stack(port, Instant::now() + GENEROUS).await.unwrap().left_open);
    });
    frozen.goes_on();
}

/// What another debugger has paused is closed all the same, and goes on when that one leaves.
#[test]
fn paused_by_another() {
    let mut frozen = Frozen::by(BUSY, &[]);
    run(async {
        let port = frozen.inspector(GENEROUS).await.unwrap();
        let mut another = Session::attach(port).await.unwrap();
        another.pause().await.unwrap();
        let mut session = Session::attach(port).await.unwrap();
        session.pause().await.unwrap();
        drop(another);
        assert!(session.close_inspector(Instant::now() + GENEROUS).await);
    });
    frozen.goes_on();
}

/// The process waits in `_debugEnd` until its debugger has left, which this one does without listening.
#[test]
fn dropped_while_it_closes() {
    let mut frozen = Frozen::by(BUSY, &[]);
    run(async {
        let port = frozen.inspector(GENEROUS).await.unwrap();
        let mut session = Session::attach(port).await.unwrap();
        session.pause().await.unwrap();
        session.leave(Instant::now()).await;
    });
    frozen.goes_on();
}

#[test]
fn twice() {
    let mut frozen = Frozen::by(BUSY, &[]);
    for _ in 0..2 {
        let stack = frozen.stack();
        assert_eq!(named(&stack).function.as_deref(), Some("freeze"));
        assert!(!stack.left_open);
    }
    frozen.goes_on();
}

#[test]
fn somebody_elses_inspector_is_left_alone() {
    let mut frozen = Frozen::by(BUSY, &["--inspect"]);
    let before = frozen.listening();
    let opened = run(frozen.inspector(GENEROUS));
    assert!(matches!(opened, Err(Error::AlreadyOpen { port }) if port == before[0].port()), "{opened:?}");
    assert_eq!(frozen.listening(), before);
    drop(frozen.stdin.take());
    frozen.says("went on");
    assert!(frozen.line().starts_with("ws://"));
}

/// Somebody asks for the inspector after our visit, while the process is still frozen: it stays open for them.
#[test]
fn the_next_visitor_is_not_thrown_out() {
    let mut frozen = Frozen::by(BUSY, &[]);
    assert!(!frozen.stack().left_open);
    run(frozen.inspector(GENEROUS)).unwrap();
    drop(frozen.stdin.take());
    frozen.says("went on");
    assert!(frozen.line().starts_with("ws://"));
}
