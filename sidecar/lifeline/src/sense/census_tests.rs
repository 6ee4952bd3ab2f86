//! Real processes, all of them started here, under the names of real programs.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
};

use super::*;

/// Waits for ever, without a child.
const IDLE: &str = "exec 9<>\"$FIFO\"; read -u 9";

const ID: &str = "77baf6cb-0ea0-492d-9e1d-0a272e071b6c";

/// A process, gone at the end of the test, and what it has started with it.
struct Disposable(Child);

impl Drop for Disposable {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A folder with programs in it, and a census.
struct Zoo {
    folder: tempfile::TempDir,
    census: Census,
    now: Time,
}

impl Zoo {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A program that does nothing, whatever its arguments are, and one that starts others.
        std::fs::copy("/bin/bash", folder.path().join("claude")).unwrap();
        assert!(Command::new("mkfifo").arg(folder.path().join("fifo")).status().unwrap().success());
        let config_dirs = vec![folder.path().join(".claude")];
        let census = Census::new(Platform::new(), config_dirs);
        Self { folder, census, now: Time::from_millis(1_000_000) }
    }

    fn claude(&self) -> String {
        self.folder.path().join("claude").to_string_lossy().into_owned()
    }

    /// A shell that starts this, says the pid of that, and waits. Its standard input is the other's, too.
    fn owner(&self, script: &str) -> (Disposable, u32, ChildStdin) {
        let script = format!("exec 3<&0; {script} <&3 >/dev/null & exec 3<&-; echo $!; wait");
        let mut owner = Command::new("/bin/bash")
            .args(["-c", &script])
            .env("CLAUDE", self.claude())
            .env("FIFO", self.folder.path().join("fifo"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(owner.stdout.take().unwrap().take(20)).read_line(&mut line).unwrap();
        let stdin = owner.stdin.take().unwrap();
        (Disposable(owner), line.trim().parse().unwrap(), stdin)
    }

    /// A look, so many seconds after the last one.
    fn look(&mut self, after: u64, clients: &[u32]) -> BTreeMap<u32, Member> {
        self.now = self.now + Duration::from_secs(after);
        let seen = self.census.look(self.now, SystemTime::now(), clients).unwrap();
        seen.members.into_iter().map(|member| (member.report.id.pid, member)).collect()
    }
}

/// Waits until a process runs another program, and has its arguments: those come a moment later.
fn when_it_runs(pid: u32, program: &str) {
    let platform = Platform::new();
    while !platform.executable(pid).is_some_and(|path| path.ends_with(program))
        || platform.arguments(pid).is_none_or(|arguments| arguments.is_empty())
    {
        std::thread::yield_now();
    }
}

/// Ends a process that a shell of this test has started.
fn end(pid: u32) {
    let platform = Platform::new();
    if let Ok(id) = platform.identify(pid)
        && let Ok(process) = platform.watch(id)
    {
        process.kill().unwrap();
        // Its name may stay: in a namespace whose first process waits for nobody.
        while platform.identify(pid).is_ok_and(|now| now == id) && platform.executable(pid).is_some() {
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_session_is_remembered_with_its_owner_and_outlives_it() {
    let mut zoo = Zoo::new();
    let (owner, pid, stdin) = zoo.owner(&format!("exec \"$CLAUDE\" -c '{IDLE}' --resume {ID}"));
    when_it_runs(pid, "claude");
    let first = zoo.look(0, &[]).remove(&pid).unwrap().report;
    assert_eq!((first.kind, first.session.as_deref()), (ProcessKind::Session, Some(ID)));
    let shell = first.owner.unwrap();
    assert_eq!(
        (shell.id.pid, shell.kind, shell.state),
        (owner.0.id(), OwnerKind::Terminal, OwnerState::Alive)
    );
    assert_eq!((first.stdin, first.quiet.cpu), (StdinEnd::Open, None), "of one look nothing follows");
    assert_eq!((first.in_multiplexer, first.is_background), (Some(false), Some(false)));
    assert!(first.resident_bytes > 0 && !first.is_our_ancestor);

    drop((owner, stdin));
    let second = zoo.look(60, &[]).remove(&pid).unwrap().report;
    assert_eq!(second.owner.unwrap().state, OwnerState::Ended(OwnerEnd::Reparented));
    assert_eq!(second.stdin, StdinEnd::Closed);
    assert_eq!(second.quiet.cpu, Some(Duration::from_secs(60)));
    end(pid);
    assert!(!zoo.look(60, &[]).contains_key(&pid));
    assert!(zoo.census.known.keys().all(|id| id.pid != pid), "nothing is remembered of who is gone");
}

#[test]
fn what_a_session_has_started_is_known_when_the_session_is_gone() {
    let zoo = &mut Zoo::new();
    let session = "exec \"$CLAUDE\" -c 'sleep 7001 < <(exec sleep 7002) & sh -c \"sleep 7003; :\" & wait'";
    let (_owner, pid, _stdin) = zoo.owner(session);
    let named = |members: &BTreeMap<u32, Member>, command: &str| {
        let found = members.values().find(|member| member.command == command);
        found.map(|member| member.report.clone()).unwrap_or_else(|| panic!("{command}: {members:#?}"))
    };
    let mut members = zoo.look(0, &[]);
    let all = ["sleep 7001", "sleep 7002", "sleep 7003"];
    while !all.iter().all(|command| members.values().any(|member| member.command == *command)) {
        members = zoo.look(1, &[]);
    }
    // A look may fall between its fork and its program.
    members = zoo.look(1, &[]);
    let server = named(&members, "sleep 7001");
    assert_eq!(server.kind, ProcessKind::McpServer, "the session's pipe is its standard input");
    assert_eq!(server.owner.map(|owner| (owner.id.pid, owner.kind)), Some((pid, OwnerKind::Session)));
    assert_eq!(named(&members, "sleep 7003").kind, ProcessKind::Other);
    assert_eq!(named(&members, "sleep 7003").listens, Some(false));

    end(pid);
    // Its shell waits for it.
    while zoo.census.platform.identify(pid).is_ok() {
        std::thread::yield_now();
    }
    let left = named(&zoo.look(60, &[]), "sleep 7001");
    assert_eq!(left.kind, ProcessKind::McpServer);
    assert!(matches!(left.owner.unwrap().state, OwnerState::Ended(_)), "{left:?}");
    for command in all {
        let members = zoo.look(1, &[]);
        let pids = members.values().filter(|member| member.command == command);
        pids.for_each(|member| end(member.report.id.pid));
    }
}

#[test]
fn whoever_asks_is_protected_with_all_its_ancestors() {
    let mut zoo = Zoo::new();
    let (owner, pid, _stdin) = zoo.owner(&format!("exec \"$CLAUDE\" -c '{IDLE}'"));
    when_it_runs(pid, "claude");
    assert!(!zoo.look(0, &[]).remove(&pid).unwrap().report.is_our_ancestor);
    assert!(zoo.look(1, &[pid]).remove(&pid).unwrap().report.is_our_ancestor);
    assert!(zoo.look(60, &[]).remove(&pid).unwrap().report.is_our_ancestor, "it may ask again");
    assert!(!zoo.look(600, &[]).remove(&pid).unwrap().report.is_our_ancestor);
    let protected = zoo.census.protected(&[pid]);
    assert!([pid, owner.0.id(), std::process::id()].iter().all(|pid| protected.contains(pid)));
    end(pid);
}

#[test]
fn who_begins_to_run_claude_code_later_is_seen_then() {
    let mut zoo = Zoo::new();
    let wrapper = zoo.folder.path().join("bin");
    std::fs::create_dir(&wrapper).unwrap();
    let wrapper = wrapper.join("claude");
    let run = format!("read go; exec \"$CLAUDE\" -c '{IDLE}'");
    std::fs::write(&wrapper, format!("#!/bin/bash\n{run}\n")).unwrap();
    std::fs::set_permissions(&wrapper, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    // A shell, and a script that has the name of what it will become.
    for script in [run.clone(), format!("exec \"{}\"", wrapper.display())] {
        let (_owner, pid, mut stdin) = zoo.owner(&format!("{{ {script}; }}"));
        when_it_runs(pid, "bash");
        for _ in 0..2 {
            assert!(!zoo.look(1, &[]).contains_key(&pid), "{script}");
        }
        stdin.write_all(b"go\n").unwrap();
        when_it_runs(pid, "claude");
        assert!(zoo.look(1, &[]).contains_key(&pid), "{script}");
        end(pid);
    }
}

#[test]
fn decoys_are_not_seen() {
    let mut zoo = Zoo::new();
    let odd = zoo.folder.path().join("a [claude]\n(x) 7");
    std::fs::copy("/bin/sleep", &odd).unwrap();
    let script = zoo.folder.path().join("sh-claude");
    std::fs::create_dir(&script).unwrap();
    std::fs::write(script.join("claude"), "read nothing").unwrap();
    let decoys = [
        Disposable(Command::new(&odd).arg("600").spawn().unwrap()),
        Disposable(Command::new("/bin/sh").arg(script.join("claude")).stdin(Stdio::piped()).spawn().unwrap()),
        Disposable(
            Command::new("tail")
                .args(["-f", "/dev/null", "claude-code"])
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        ),
    ];
    let members = zoo.look(0, &[]);
    assert!(decoys.iter().all(|decoy| !members.contains_key(&decoy.0.id())));
}
