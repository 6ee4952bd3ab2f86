//! The real machine and its programs, as far as a test can know them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod support;

use lifeline_platform::Platform;
use rustix::event::{PollFd, PollFlags, poll};
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Duration;
use support::{Disposable, pause, until};

#[test]
fn the_machine_is_described() {
    let platform = Platform::new();
    assert!((1..=10_000).contains(&Platform::clock_ticks_per_second()));
    let first = (Platform::monotonic(), Platform::boottime());
    pause(2);
    let second = (Platform::monotonic(), Platform::boottime());
    assert!(second.0 >= first.0 + Duration::from_millis(2) && second.1 >= first.1 + Duration::from_millis(2));
    assert!(second.1 + Duration::from_millis(1) >= second.0, "time asleep is not negative");
    assert!(platform.self_rss_bytes().unwrap() > 500_000);
    if std::path::Path::new("/proc/pressure/cpu").exists() {
        assert!(platform.pressure().is_some());
    }
    assert_eq!(platform.boot_id().map(|id| id.len()), Some(36));
}

#[test]
fn what_a_process_takes_is_seen() {
    const BYTES: u64 = 256 << 20;
    let platform = Platform::new();
    let before = platform.memory().unwrap();
    assert!(before.total_bytes > 256 << 20 && before.available_bytes > 0);
    assert!(
        before.available_bytes <= before.total_bytes && before.swap_free_bytes <= before.swap_total_bytes
    );
    if before.available_bytes < 4 * BYTES {
        return; // taking it could do harm
    }
    // `dd` keeps one block in its memory while it waits for the second.
    let mut child = Disposable::start(
        Command::new("dd")
            .args(["if=/dev/zero", "of=/dev/stdout", "bs=256M", "count=1"])
            .stdout(Stdio::piped()),
    );
    let seen = until(|| platform.memory_of(child.pid()).filter(|&bytes| bytes >= BYTES));
    assert!(seen < before.total_bytes);
    assert_eq!(platform.memory().unwrap().total_bytes, before.total_bytes);
    let mut first = [0];
    child.0.stdout.take().unwrap().read_exact(&mut first).unwrap();
    child.0.wait().unwrap();
    assert_eq!(platform.memory_of(child.pid()), None);
}

#[test]
fn a_limit_of_our_group_is_one_that_we_live_in() {
    // Whether there is one is the machine's affair.
    if let Some(group) = Platform::new().cgroup_memory(std::process::id()) {
        assert!(group.limit_bytes < Platform::new().memory().unwrap().total_bytes);
        assert!(group.used_bytes > 0);
    }
    assert_eq!(Platform::new().cgroup_memory(u32::MAX), None);
}

#[test]
fn a_trigger_is_set_and_quiet() {
    if !std::path::Path::new("/proc/pressure/memory").exists() {
        return; // a kernel without PSI
    }
    let trigger = match Platform::new().memory_trigger() {
        Err(lifeline_platform::Error::Unsupported { .. }) if !rustix::process::geteuid().is_root() => return,
        outcome => outcome.unwrap(),
    };
    let mut fds = [PollFd::new(&trigger, PollFlags::PRI)];
    poll(&mut fds, Some(&rustix::time::Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap();
    // A file without a trigger answers with an error at once.
    assert!(!fds[0].revents().intersects(PollFlags::ERR | PollFlags::NVAL), "{:?}", fds[0].revents());
    let plain = std::fs::File::open("/proc/pressure/memory").unwrap();
    let mut fds = [PollFd::new(&plain, PollFlags::PRI)];
    poll(&mut fds, Some(&rustix::time::Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap();
    assert!(fds[0].revents().contains(PollFlags::ERR));
}

#[test]
fn a_program_is_known_by_its_file_and_its_arguments() {
    let platform = Platform::new();
    let mut child = Disposable::start(
        Command::new("/bin/sh")
            .args(["-c", "echo ready; read line", "näme", "", "a b", "--flag=\u{1b}[2J"])
            .stdout(Stdio::piped()),
    );
    let pid = child.pid();
    child.0.stdout.as_mut().unwrap().read_exact(&mut [0; 6]).unwrap();
    let shell = std::fs::canonicalize("/bin/sh").unwrap();
    assert_eq!(platform.executable(pid), Some(shell));
    assert_eq!(
        platform.arguments(pid).unwrap(),
        ["/bin/sh", "-c", "echo ready; read line", "näme", "", "a b", "--flag=\u{fffd}[2J"]
    );
    assert!(platform.memory_of(pid).unwrap() > 100_000);

    drop(child.0.stdin.take());
    until(|| platform.executable(pid).is_none().then_some(()));
    assert_eq!(platform.arguments(pid), Some(Vec::new()), "a zombie");
    child.0.wait().unwrap();
    assert_eq!(platform.arguments(pid), None);
}

#[test]
fn a_program_whose_file_was_replaced_is_still_called_the_same() {
    let folder = std::env::temp_dir().join(format!("lifeline-replaced-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let program = folder.join("sleep");
    std::fs::copy(std::fs::canonicalize("/bin/sleep").unwrap(), &program).unwrap();
    let child = Disposable::start(Command::new(&program).arg("600"));
    until(|| Platform::new().executable(child.pid()).filter(|path| *path == program));
    std::fs::remove_file(&program).unwrap();
    assert_eq!(Platform::new().executable(child.pid()), Some(program));
    std::fs::remove_dir_all(folder).unwrap();
}
