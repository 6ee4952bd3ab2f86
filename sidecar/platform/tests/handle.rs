//! Real processes, all of them started here: what a handle sees of them, whom it ends, and whom it refuses to end.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod support;

use lifeline_platform::{Error, Platform, ProcessFacts, ProcessHandle, ProcessId, ProcessState, Protected};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Signal;
use std::io::Read as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, Stdio};
use support::{Disposable, pause, until};

fn in_state(handle: &mut ProcessHandle, state: ProcessState) -> ProcessFacts {
    until(|| handle.sample().ok().filter(|facts| facts.state == state))
}

fn exit_is_readable(handle: &ProcessHandle) -> bool {
    let mut fds = [PollFd::new(handle, PollFlags::IN)];
    poll(&mut fds, Some(&rustix::time::Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap() == 1
}

#[test]
fn an_idle_process_sleeps_and_uses_nothing() {
    let child = Disposable::idle();
    let mut handle = child.watch();
    in_state(&mut handle, ProcessState::Sleeping);
    let before = until(|| handle.sample_in_full().ok().filter(|facts| facts.wchan.is_some()));
    pause(50);
    let after = handle.sample().unwrap();
    assert_eq!(after.main_cpu_ns, before.main_cpu_ns);
    assert_eq!(after.voluntary_switches, before.voluntary_switches);
    assert_eq!((after.threads, after.tracer_pid), (1, Some(0)));
    assert!(after.rss_bytes > 100_000, "{}", after.rss_bytes);
    assert!(after.main_cpu_ns > 0 && after.all_cpu_ns >= after.main_cpu_ns);
    assert_eq!((after.wchan, after.children, after.every_thread), (None, None, None));

    assert_eq!(before.children, Some(Vec::new()));
    let threads = before.every_thread.unwrap();
    assert_eq!((threads.len(), threads[0].id, threads[0].name.as_str()), (1, child.pid().into(), "sleep"));
    assert_eq!(threads[0].cpu_ns, before.main_cpu_ns);
}

#[test]
fn a_busy_process_runs() {
    let child = Disposable::shell("while :; do :; done");
    let mut handle = child.watch();
    let before = in_state(&mut handle, ProcessState::Running);
    let after =
        until(|| handle.sample().ok().filter(|now| now.main_cpu_ns > before.main_cpu_ns + 50_000_000));
    assert_eq!(after.voluntary_switches, before.voluntary_switches);
    assert!(after.main_run_delay_ns.is_some());
}

#[test]
fn a_stopped_process_is_said_to_be_stopped() {
    let child = Disposable::shell("while :; do :; done");
    let mut handle = child.watch();
    child.send(Signal::STOP);
    in_state(&mut handle, ProcessState::Stopped);
    // The look that first sees it may have read the CPU time just before the stop.
    let before = handle.sample().unwrap();
    pause(30);
    assert_eq!(handle.sample().unwrap().main_cpu_ns, before.main_cpu_ns);
    child.send(Signal::CONT);
    in_state(&mut handle, ProcessState::Running);
}

#[test]
fn a_process_that_is_asked_to_end_may_clean_up() {
    let mut asked = Disposable::shell("trap 'exit 7' TERM; echo; while :; do sleep 0.01; done");
    let id = asked.id();
    asked.watch().terminate().unwrap_or_else(|error| panic!("{error}"));
    let code = asked.0.wait().unwrap();
    // It may have been asked before the shell had set its trap.
    assert!(code.code() == Some(7) || code.signal() == Some(15), "{code}");
    let gone = Platform::new().watch(id);
    assert!(matches!(gone, Err(Error::Gone { .. } | Error::IdentityMismatch { .. })), "{gone:?}");
}

#[test]
fn it_is_seen_whether_anybody_can_write_to_a_process() {
    let platform = Platform::new();
    // A pipe, as a shell makes it.
    let mut piped = Disposable(Command::new("sleep").arg("600").stdin(Stdio::piped()).spawn().unwrap());
    assert_eq!(platform.stdin_is_held(piped.0.id()), Some(true));
    drop(piped.0.stdin.take());
    assert_eq!(platform.stdin_is_held(piped.0.id()), Some(false));
    // A pair of sockets, as Node makes it.
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let theirs = std::os::fd::OwnedFd::from(theirs);
    let paired = Disposable(Command::new("sleep").arg("600").stdin(theirs).spawn().unwrap());
    assert_eq!(platform.stdin_is_held(paired.0.id()), Some(true));
    drop(ours);
    assert_eq!(platform.stdin_is_held(paired.0.id()), Some(false));
    // Neither.
    let none = Disposable(Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap());
    assert_eq!(platform.stdin_is_held(none.0.id()), None);
}

#[test]
fn kill_ends_exactly_this_process_and_its_exit_is_seen() {
    let mut victim = Disposable::idle();
    let mut twin = Disposable::idle();
    let handle = victim.watch();
    assert!(!handle.has_exited() && !exit_is_readable(&handle));
    handle.kill().unwrap();
    assert_eq!(victim.0.wait().unwrap().signal(), Some(9));
    assert!(handle.has_exited() && exit_is_readable(&handle));
    assert!(twin.is_alive());
}

#[test]
fn a_zombie_is_gone() {
    let mut child = Disposable::shell("read line");
    let id = child.id();
    let mut handle = child.watch();
    drop(child.0.stdin.take());
    until(|| handle.has_exited().then_some(()));
    assert_eq!(in_state(&mut handle, ProcessState::Zombie).state, ProcessState::Zombie);
    assert!(exit_is_readable(&handle));
    assert_eq!(Platform::new().identify(id.pid).unwrap(), id, "a zombie still has its pid");
    assert!(matches!(Platform::new().watch(id), Err(Error::Gone { .. })));
    assert!(matches!(handle.kill(), Err(Error::Gone { .. })));
    assert!(matches!(handle.interrupt_usr1(), Err(Error::Gone { .. })));

    child.0.wait().unwrap();
    assert!(handle.has_exited());
    assert!(matches!(handle.sample(), Err(Error::Gone { .. })));
    assert!(matches!(handle.sample_in_full(), Err(Error::Gone { .. })));
    assert!(matches!(handle.kill(), Err(Error::Gone { .. })));
    assert!(matches!(Platform::new().identify(id.pid), Err(Error::Gone { .. })));
}

#[test]
fn another_process_with_the_same_pid_is_refused() {
    let mut child = Disposable::idle();
    let id = child.id();
    for start_time in [id.start_time - 1, id.start_time + 1, 0, u64::MAX] {
        let stale = ProcessId { pid: id.pid, start_time };
        match Platform::new().watch(stale) {
            Err(Error::IdentityMismatch { expected, found_start_time }) => {
                assert_eq!((expected, found_start_time), (stale, id.start_time));
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(child.is_alive());
}

#[test]
fn pids_that_cannot_be_are_gone() {
    for pid in [0, 4_194_304, i32::MAX.unsigned_abs(), i32::MAX.unsigned_abs() + 1, u32::MAX] {
        let id = ProcessId { pid, start_time: 1 };
        assert!(matches!(Platform::new().watch(id), Err(Error::Gone { .. })), "{pid}");
    }
}

#[test]
fn a_thread_is_not_a_process() {
    let (say, hear) = std::sync::mpsc::channel();
    let (finish, wait) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        let link = std::fs::read_link("/proc/thread-self").unwrap();
        say.send(link.file_name().unwrap().to_str().unwrap().parse::<u32>().unwrap()).unwrap();
        wait.recv().ok();
    });
    let id = Platform::new().identify(hear.recv().unwrap()).unwrap();
    assert!(matches!(Platform::new().watch(id), Err(Error::Gone { .. })));
    drop(finish);
    thread.join().unwrap();
}

#[test]
fn another_user_s_process_is_not_ours_even_for_root() {
    if !rustix::process::geteuid().is_root() {
        return; // only root can start one
    }
    let mut child = Disposable::start(Command::new("sleep").arg("600").uid(65_534));
    let refused = Platform::new().watch(child.id());
    assert!(matches!(refused, Err(Error::NotOurs { .. })), "{refused:?}");
    assert!(child.is_alive());
}

/// The ancestor that is aimed at is a shell that this test starts between itself and the one who aims.
#[test]
fn itself_and_its_ancestors_are_refused() {
    const MARK: &str = "LIFELINE_TEST_AIM_AT_THE_PARENT";
    let platform = Platform::new();
    if std::env::var_os(MARK).is_none() {
        let status = Command::new("/bin/sh")
            .args(["-c", "\"$0\" --exact itself_and_its_ancestors_are_refused; exit $?"])
            .arg(std::env::current_exe().unwrap())
            .env(MARK, "1")
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{status}");
        return;
    }
    let us = std::process::id();
    let parent = platform.parent(us).unwrap();
    for (pid, expected) in [(us, Protected::Ourselves), (parent, Protected::Ancestor)] {
        let handle = platform.watch(platform.identify(pid).unwrap()).unwrap();
        for refused in [handle.kill(), handle.interrupt_usr1()] {
            match refused {
                Err(Error::Protected { why, .. }) => assert_eq!(why, expected),
                other => panic!("{other:?}"),
            }
        }
    }
    let ancestors = platform.ancestors_of_self();
    assert_eq!(ancestors[0].pid, parent);
    assert!(ancestors.len() >= 2 && ancestors.iter().all(|id| id.pid != us));
}

#[test]
fn sigusr1_reaches_the_process() {
    let mut child = Disposable::start(
        Command::new("/bin/sh")
            .args(["-c", "trap 'echo heard; exit 3' USR1; echo ready; while :; do sleep 0.05; done"])
            .stdout(Stdio::piped()),
    );
    let handle = child.watch();
    let mut said = child.0.stdout.take().unwrap();
    said.read_exact(&mut [0; 6]).unwrap();
    assert!(handle.catches_usr1().unwrap());
    handle.interrupt_usr1().unwrap();
    assert_eq!(child.0.wait().unwrap().code(), Some(3));
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "heard\n");
}

#[test]
fn sigusr1_is_not_sent_to_a_process_that_would_die_of_it_or_not_notice() {
    for script in ["echo ready; exec sleep 600", "trap '' USR1; echo ready; exec sleep 600"] {
        let mut child =
            Disposable::start(Command::new("/bin/sh").args(["-c", script]).stdout(Stdio::piped()));
        let handle = child.watch();
        child.0.stdout.as_mut().unwrap().read_exact(&mut [0; 6]).unwrap();
        assert!(!handle.catches_usr1().unwrap(), "{script}");
        let refused = handle.interrupt_usr1();
        assert!(
            matches!(refused, Err(Error::NoHandler { pid, signal: "SIGUSR1" }) if pid == child.pid()),
            "{refused:?}"
        );
        // The test's own proof: SIGUSR1 would have come first.
        child.send(Signal::TERM);
        assert_eq!(child.0.wait().unwrap().signal(), Some(Signal::TERM.as_raw()));
    }
}

#[test]
fn a_process_that_calls_itself_something_strange_is_seen_as_it_is() {
    let folder = std::env::temp_dir().join(format!("lifeline-strange-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for name in [") R 1 2", "a b\nUid:\t9 9", "(((", "\u{1b}[2J) Z 1"] {
        let link = folder.join(name);
        std::os::unix::fs::symlink("/bin/sh", &link).unwrap();
        let child = Disposable::start(Command::new(&link).arg0("sh").args(["-c", "read line"]));
        let mut handle = child.watch();
        in_state(&mut handle, ProcessState::Sleeping);
        let facts = handle.sample_in_full().unwrap();
        assert!(facts.every_thread.unwrap()[0].name.starts_with(&name[..1].replace('\u{1b}', "\u{fffd}")));
        assert_eq!(Platform::new().parent(child.pid()).unwrap(), std::process::id());
        handle.kill().unwrap();
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn children_are_seen_with_their_command_lines() {
    let mut parent = Disposable::shell("sleep 601 & read line; kill $!");
    let mut handle = parent.watch();
    let children = until(|| {
        let children = handle.sample_in_full().unwrap().children.unwrap();
        children.iter().any(|child| child.command_line == "sleep 601").then_some(children)
    });
    assert_eq!(children.len(), 1);
    let child = &children[0];
    assert_eq!(Platform::new().identify(child.id.pid).unwrap(), child.id);
    assert_eq!(Platform::new().parent(child.id.pid).unwrap(), parent.pid());
    assert_eq!(Platform::new().children(parent.pid()), children);
    drop(parent.0.stdin.take());
    parent.0.wait().unwrap();
    assert!(Platform::new().children(parent.pid()).is_empty());
}
