//! Made-up `/proc` folders, with everything in them that a process, a kernel or a torn read could come up with.

use super::parse;
use crate::scratch::Scratch;
use crate::{COMMAND_LINE_BYTES, Error, Platform, ProcessId, ProcessState, Stall};
use proptest::prelude::*;

/// A real line of Linux 6.18, with the name and the changing fields as asked.
fn stat(pid: u32, name: &str, state: char, parent: u32, start_time: u64) -> String {
    format!(
        "{pid} ({name}) {state} {parent} 3582 2743 0 -1 4194304 101 0 0 0 70 5 0 0 20 0 7 0 {start_time} \
         3133440 362 18446744073709551615 94509990289408 94509990309289 140722647399488 0 0 0 0 0 0 0 0 0 17 0 0 0 \
         0 0 0 94509990325296 94509990326912 94510336217088 140722647407330 140722647407350 140722647407350 \
         140722647408619 0\n"
    )
}

const HOSTILE_NAMES: &[&str] = &[
    "node",
    "",
    ")",
    "(((",
    ") R 1 2",
    "a) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 (b",
    "two\nlines",
    "tab\tand space ",
    "\u{1b}[2J",
    "ünï",
];

#[test]
fn stat_is_read_right_whatever_the_name() {
    for name in HOSTILE_NAMES {
        let line = stat(77, name, 'D', 76, 93_566);
        let stat = parse::stat(line.as_bytes()).unwrap_or_else(|| panic!("name {name:?}"));
        assert_eq!(
            stat,
            parse::Stat {
                state: ProcessState::DiskSleep,
                parent: 76,
                has_terminal: false,
                in_front: false,
                cpu_ticks: 75,
                threads: 7,
                start_time: 93_566,
                rss_pages: 362,
            },
            "name {name:?}"
        );
        assert_eq!(parse::name(line.as_bytes()).unwrap(), name.as_bytes());
    }
}

#[test]
fn a_stat_line_cut_anywhere_in_the_fields_we_need_is_no_answer() {
    let line = stat(77, "a) b", 'S', 1, 93_566);
    let whole = parse::stat(line.as_bytes()).unwrap();
    let enough = line.find(" 362 ").unwrap() + 5;
    for end in 0..line.len() {
        let expected = (end >= enough).then_some(whole);
        assert_eq!(parse::stat(&line.as_bytes()[..end]), expected, "cut at {end}");
    }
}

#[test]
fn numbers_that_are_none_are_refused() {
    let line = stat(77, "x", 'S', 1, 93_566);
    for nonsense in ["-1", "+1", "0x10", "1e3", "18446744073709551616", "", "1\u{a0}"] {
        let line = line.replace(" 93566 ", &format!(" {nonsense} "));
        assert_eq!(parse::stat(line.as_bytes()), None, "{nonsense:?}");
    }
    assert_eq!(parse::stat(stat(77, "x", ' ', 1, 1).as_bytes()), None);
    for pid in ["0", "01", "-5", "2147483648", "self", "", "1 "] {
        assert_eq!(parse::pid(pid.as_bytes()), None, "{pid:?}");
    }
    assert_eq!(parse::pid(b"2147483647"), Some(2_147_483_647));
}

#[test]
fn states_have_names() {
    for (letter, state) in [
        ('R', ProcessState::Running),
        ('S', ProcessState::Sleeping),
        ('T', ProcessState::Stopped),
        ('t', ProcessState::Traced),
        ('Z', ProcessState::Zombie),
        ('X', ProcessState::Dead),
        ('I', ProcessState::Idle),
        ('P', ProcessState::Unknown('P')),
    ] {
        assert_eq!(parse::stat(stat(1, "x", letter, 0, 1).as_bytes()).unwrap().state, state);
    }
}

#[test]
fn a_forged_line_in_status_loses_to_the_kernel_s_own() {
    let text = b"Name:\tx\nUid:\t0\t0\t0\t0\nTracerPid:\t0\nUid:\t1000\t1000\t1000\t1000\nTracerPid:\t42\n\
                 voluntary_ctxt_switches:\t8\nnonvoluntary_ctxt_switches:\t91\n";
    let status = parse::status(text);
    assert_eq!(status.uids, Some([1000, 1000, 1000]));
    assert_eq!(status.tracer_pid, Some(42));
    assert_eq!((status.voluntary_switches, status.involuntary_switches), (Some(8), Some(91)));
    assert_eq!(parse::status(b"SigCgt:\t0000000180014a02\n").caught_signals, Some(0x1_8001_4a02));
    for nonsense in ["", "x", "0x200", "-1", "00000000000000200"] {
        assert_eq!(
            parse::status(format!("SigCgt:\t{nonsense}\n").as_bytes()).caught_signals,
            None,
            "{nonsense:?}"
        );
    }
    assert_eq!(parse::status(b"Uid:\t1000\t1000\n").uids, None);
    assert_eq!(parse::status(b"TracerPid:\t4").tracer_pid, None, "cut");
    assert_eq!(parse::status(b""), parse::Status::default());
}

#[test]
fn the_other_files_are_read_right() {
    assert_eq!(parse::schedstat(b"813855 12 3\n"), Some((813_855, 12)));
    assert_eq!(parse::schedstat(b"0 0 0\n"), None, "a kernel that does not count");
    assert_eq!(parse::schedstat(b"813855 12 3"), None, "cut");
    assert_eq!(parse::pid_list(b"12 345 ").collect::<Vec<_>>(), [12, 345]);
    assert_eq!(parse::pid_list(b"12 345").collect::<Vec<_>>(), [12], "the last one may be cut");
    assert_eq!(parse::pid_list(b"").count(), 0);
    assert_eq!(parse::wchan(b"do_epoll_wait").as_deref(), Some("do_epoll_wait"));
    assert_eq!(parse::wchan(b"0"), None);
    assert_eq!(parse::wchan(b"a b"), None);
    assert_eq!(parse::resident_pages(b"765 362 300 5 0 90 0\n"), Some(362));
    let text = b"some avg10=0.49 avg60=0.36 avg300=0.18 total=3420530\nfull avg10=100.00 avg60=0.36 avg300=0.17 total=7\n";
    assert_eq!(
        parse::stall(text),
        Some(Stall {
            some_avg10_percent: 0.49,
            some_total_us: 3_420_530,
            full_avg10_percent: 100.0,
            full_total_us: 7
        })
    );
    assert_eq!(parse::stall(b"some avg10=NaN total=1\n"), None);
    assert_eq!(parse::stall(b"some avg10=101 total=1\n"), None);
}

#[test]
fn command_lines_are_short_and_printable() {
    assert_eq!(parse::command_line(b"node\0--type=x\0\0").as_deref(), Some("node --type=x"));
    assert_eq!(parse::command_line(b""), None);
    assert_eq!(parse::command_line(b"\0\0"), None);
    assert_eq!(parse::command_line(b"a\x1b[2J\nb\xff").as_deref(), Some("a\u{fffd}[2J\u{fffd}b\u{fffd}"));
    assert_eq!(parse::command_line(&[0xff; 5000]).unwrap().len(), COMMAND_LINE_BYTES / 3 * 3);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = (parse::stat(&bytes), parse::name(&bytes), parse::status(&bytes), parse::schedstat(&bytes));
        let _ = (parse::pid_list(&bytes).count(), parse::pid(&bytes), parse::stall(&bytes), parse::boot_id(&bytes));
        let _ = (parse::wchan(&bytes), parse::resident_pages(&bytes));
        let text = parse::command_line(&bytes).unwrap_or_default();
        prop_assert!(text.len() <= COMMAND_LINE_BYTES);
        prop_assert!(!text.contains(char::is_control));
    }

    /// Bytes that look like the real thing reach further into the parsers.
    #[test]
    fn no_mutilated_file_makes_a_parser_panic(
        text in "[0-9() \n\t:=RSTZ.-]{0,60}|(some|full|Uid:|TracerPid:|voluntary_ctxt_switches:)[ \t0-9.=avgtol]{0,60}\n?",
    ) {
        let bytes = text.as_bytes();
        let _ = (parse::stat(bytes), parse::name(bytes), parse::status(bytes), parse::schedstat(bytes));
        let _ = (parse::pid_list(bytes).count(), parse::stall(bytes), parse::resident_pages(bytes));
    }

    /// The name is the process's own choice, and can change nothing but the name.
    #[test]
    fn any_name_gives_the_same_facts(name in proptest::collection::vec(any::<u8>(), 0..64)) {
        let line = stat(77, "NAME", 'S', 1, 93_566);
        let (before, after) = line.split_once("NAME").unwrap();
        let hostile = [before.as_bytes(), &name, after.as_bytes()].concat();
        prop_assert_eq!(parse::stat(&hostile), parse::stat(line.as_bytes()));
        prop_assert_eq!(parse::name(&hostile).unwrap(), &name[..]);
    }
}

/// Adds the process `pid` to a made-up `/proc`.
fn process(root: &Scratch, pid: u32, name: &str, state: char, parent: u32, cmdline: &[u8]) {
    root.file(&format!("{pid}/stat"), stat(pid, name, state, parent, 1000 + u64::from(pid)))
        .file(&format!("{pid}/cmdline"), cmdline)
        .file(&format!("{pid}/task/{pid}/stat"), stat(pid, name, state, parent, 1000 + u64::from(pid)));
}

fn machine(root: &Scratch) -> Platform {
    Platform::with_proc_root(root.path())
}

#[test]
fn identify_and_parent_in_a_hostile_proc() {
    let root = Scratch::new();
    process(&root, 50, ") R 1 2\n", 'S', 49, b"");
    root.file("51/stat", "").file("52/stat", [0xff; 9000]).file("53", "not a folder");
    std::fs::create_dir_all(root.path().join("54/stat")).unwrap();
    let machine = machine(&root);
    assert_eq!(machine.identify(50).unwrap(), ProcessId { pid: 50, start_time: 1050 });
    assert_eq!(machine.parent(50).unwrap(), 49);
    assert!(matches!(machine.identify(51), Err(Error::Malformed { what: "stat" })));
    assert!(matches!(machine.identify(52), Err(Error::Malformed { what: "stat" })));
    assert!(matches!(machine.identify(53), Err(Error::Io { .. })));
    assert!(matches!(machine.identify(54), Err(Error::Io { .. })));
    assert!(matches!(machine.identify(55), Err(Error::Gone { pid: 55 })));
}

#[test]
fn children_come_from_the_kernel_s_list() {
    let root = Scratch::new();
    process(&root, 50, "node", 'S', 1, b"node\0");
    process(&root, 60, "a) R 50 ", 'S', 50, b"sleep\x001000\0");
    process(&root, 61, "zombie", 'Z', 50, b"");
    process(&root, 62, "elsewhere", 'S', 1, b"was adopted by another\0");
    process(&root, 63, "unlisted", 'S', 50, b"x\0");
    // 64 ended between the list and our look. The second thread started 61.
    root.file("50/task/50/children", "60 62 64 ").file("50/task/58/children", "61 ");
    let children = machine(&root).children(50);
    let seen: Vec<_> =
        children.iter().map(|child| (child.id.pid, child.command_line.as_str(), child.state)).collect();
    assert_eq!(seen, [(60, "sleep 1000", ProcessState::Sleeping), (61, "[zombie]", ProcessState::Zombie)]);
    assert_eq!(children[0].id.start_time, 1060);
}

#[test]
fn children_are_searched_for_where_the_kernel_keeps_no_list() {
    let root = Scratch::new();
    process(&root, 50, "node", 'S', 1, b"node\0");
    process(&root, 60, "x", 'S', 50, b"sleep\0");
    process(&root, 62, ") S 50 (", 'S', 1, b"not a child\0");
    root.file("self/stat", "").file("70/stat", "garbage").file("uptime", "1 1\n");
    let pids: Vec<_> = machine(&root).children(50).iter().map(|child| child.id.pid).collect();
    assert_eq!(pids, [60]);
    assert!(machine(&root).children(99).is_empty());
}

#[test]
fn the_line_of_parents_may_loop_end_early_or_be_unreadable() {
    let us = std::process::id();
    let root = Scratch::new();
    process(&root, us, "us", 'R', 70_000, b"");
    process(&root, 70_000, "parent", 'S', us, b"");
    let pids: Vec<_> = machine(&root).ancestors_of_self().iter().map(|id| id.pid).take(3).collect();
    assert_eq!(pids, [70_000, us, 70_000], "a loop ends somewhere");
    let refusal = crate::refuse_the_protected(&super::Machine::with_proc_root(root.path().into()), 4_000_000);
    assert_eq!(refusal.unwrap_err().code(), "ancestry-unknown");

    std::fs::remove_dir_all(root.path().join("70000")).unwrap();
    assert!(machine(&root).ancestors_of_self().is_empty());
    let machine = super::Machine::with_proc_root(root.path().into());
    let code = |pid| crate::refuse_the_protected(&machine, pid).map_err(|error| error.code());
    assert_eq!(code(4_000_000), Err("ancestry-unknown"));
    assert_eq!(code(70_000), Err("protected-ancestor"));
    assert_eq!(code(us), Err("protected-self"));
    assert_eq!((code(0), code(1)), (Err("protected-init"), Err("protected-init")));

    process(&root, 70_000, "parent", 'S', 1, b"");
    assert_eq!(code(4_000_000), Ok(()));
}

#[test]
fn pressure_and_boot_may_be_missing_or_nonsense() {
    let root = Scratch::new();
    assert_eq!(machine(&root).pressure(), None);
    assert_eq!(machine(&root).boot_id(), None);
    assert_eq!(machine(&root).self_rss_bytes(), None);
    root.file("pressure/cpu", "some avg10=12.50 avg60=0.00 avg300=0.00 total=99\n")
        .file("pressure/memory", "nonsense")
        .file("sys/kernel/random/boot_id", "68d0d8d2-5ea4-4f9a-a4b0-3b1b4f8a1c11\n");
    let pressure = machine(&root).pressure().unwrap();
    assert_eq!((pressure.cpu.some_avg10_percent, pressure.cpu.some_total_us), (12.5, 99));
    assert_eq!((pressure.memory, pressure.io), (Stall::default(), Stall::default()));
    assert_eq!(machine(&root).boot_id().as_deref(), Some("68d0d8d2-5ea4-4f9a-a4b0-3b1b4f8a1c11"));
    root.file("sys/kernel/random/boot_id", "../../../etc/passwd");
    assert_eq!(machine(&root).boot_id(), None);
}

#[test]
fn our_processes_are_listed_with_their_parents_and_terminals() {
    let root = Scratch::new();
    process(&root, 70_000, "shell", 'S', 1, b"");
    process(&root, 70_001, "claude", 'R', 70_000, b"");
    process(&root, 70_002, "gone", 'Z', 70_000, b"");
    let in_terminal =
        stat(70_001, "claude", 'R', 70_000, 71_001).replace(" 3582 2743 0 ", " 3582 2743 34816 ");
    root.file("70001/stat", in_terminal)
        .file("70003/stat", "nonsense")
        .file("self/stat", stat(1, "x", 'S', 0, 1));
    let mut listed = machine(&root).own_processes();
    listed.sort_unstable_by_key(|process| process.id);
    let told: Vec<_> =
        listed.iter().map(|process| (process.id.pid, process.parent, process.has_terminal)).collect();
    assert_eq!(told, [(70_000, 1, Some(false)), (70_001, 70_000, Some(true))]);
}

#[test]
fn a_login_is_known_by_its_scope() {
    for (groups, is) in [
        ("0::/user.slice/user-1000.slice/session-3.scope\n", true),
        ("1:name=systemd:/user.slice/user-1000.slice/session-c1.scope\n", true),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/session-3.service\n", false),
        ("0::/system.slice/sshd.service\n", false),
        ("", false),
    ] {
        assert_eq!(parse::in_login_session(groups.as_bytes()), is, "{groups}");
    }
    let root = Scratch::new();
    root.file("70000/cgroup", "0::/session-1.scope");
    assert_eq!(machine(&root).in_login_session(70_000), Some(true));
    assert_eq!(machine(&root).in_login_session(70_001), None);
}

#[test]
fn folders_and_open_files_are_what_the_links_say() {
    use std::os::unix::fs::symlink;
    let root = Scratch::new();
    process(&root, 70_000, "claude", 'S', 1, b"");
    assert_eq!(machine(&root).working_directory(70_000), None);
    assert!(machine(&root).open_files(70_000).is_empty());
    std::fs::create_dir(root.path().join("70000/fd")).unwrap();
    for (name, target) in [
        ("cwd", "/work/a b"),
        ("fd/0", "/dev/null"),
        ("fd/1", "socket:[77]"),
        ("fd/2", "/tmp/x (deleted)"),
        ("fd/3", "/home/me/.claude/projects/-work/x.jsonl"),
    ] {
        symlink(target, root.path().join("70000").join(name)).unwrap();
    }
    assert_eq!(machine(&root).working_directory(70_000), Some("/work/a b".into()));
    let mut open = machine(&root).open_files(70_000);
    open.sort_unstable();
    assert_eq!(open, ["/dev/null", "/home/me/.claude/projects/-work/x.jsonl"].map(std::path::PathBuf::from));
}

/// A real process with made-up files: what a handle makes of them. Nothing is signalled through it.
struct Sleeper(std::process::Child);

impl Sleeper {
    fn new() -> Self {
        Self(std::process::Command::new("sleep").arg("600").spawn().unwrap())
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Its folder in a made-up `/proc`, complete and innocent.
    fn files(&self, root: &Scratch, state: char) {
        let pid = self.pid();
        process(root, pid, "node", state, 1, b"node\0");
        let uid = rustix::process::geteuid().as_raw();
        root.file(
            &format!("{pid}/status"),
            format!(
                "Name:\tnode\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nTracerPid:\t42\nvoluntary_ctxt_switches:\t8\n\
                 nonvoluntary_ctxt_switches:\t91\n"
            ),
        )
        .file(&format!("{pid}/schedstat"), "123456789012 777 3\n")
        .file(&format!("{pid}/wchan"), "do_epoll_wait")
        .file(&format!("{pid}/task/{pid}/children"), "");
    }

    fn id(&self) -> ProcessId {
        ProcessId { pid: self.pid(), start_time: 1000 + u64::from(self.pid()) }
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn facts_are_what_the_files_say() {
    let (root, sleeper) = (Scratch::new(), Sleeper::new());
    sleeper.files(&root, 't');
    let pid = sleeper.pid();
    root.file(&format!("{pid}/task/4000001/stat"), stat(4_000_001, "V8Worker", 'R', 1, 5))
        .file(&format!("{pid}/task/4000001/schedstat"), "55 0 1\n")
        .file(&format!("{pid}/task/4000002/stat"), "ended in between");
    let mut handle = machine(&root).watch(sleeper.id()).unwrap();
    let cheap = handle.sample().unwrap();
    assert_eq!((cheap.state, cheap.threads), (ProcessState::Traced, 7));
    assert_eq!((cheap.main_cpu_ns, cheap.main_run_delay_ns), (123_456_789_012, Some(777)));
    assert_eq!(cheap.all_cpu_ns, 123_456_789_012, "never less than the main thread's, whatever the rounding");
    assert_eq!((cheap.voluntary_switches, cheap.involuntary_switches), (Some(8), Some(91)));
    assert_eq!(cheap.tracer_pid, Some(42));
    assert_eq!(cheap.rss_bytes, 362 * rustix::param::page_size() as u64);

    let full = handle.sample_in_full().unwrap();
    assert_eq!(full.wchan.as_deref(), Some("do_epoll_wait"));
    let threads: Vec<_> =
        full.every_thread.iter().flatten().map(|thread| (thread.id, &*thread.name, thread.cpu_ns)).collect();
    let tick_ns = 1_000_000_000 / Platform::clock_ticks_per_second();
    assert_eq!(threads, [(pid.into(), "node", 75 * tick_ns), (4_000_001, "V8Worker", 55)]);

    // A kernel that counts no nanoseconds, and one (gVisor) that counts no switches.
    root.file(&format!("{pid}/schedstat"), "0 0 0\n").file(&format!("{pid}/status"), "Name:\tnode\n");
    let poor = handle.sample().unwrap();
    assert_eq!((poor.main_cpu_ns, poor.main_run_delay_ns), (75 * tick_ns, None));
    assert_eq!((poor.voluntary_switches, poor.involuntary_switches, poor.tracer_pid), (None, None, None));
}

#[test]
fn a_handler_for_sigusr1_must_be_proven() {
    let (root, sleeper) = (Scratch::new(), Sleeper::new());
    sleeper.files(&root, 'S');
    let handle = machine(&root).watch(sleeper.id()).unwrap();
    let name = format!("{}/status", sleeper.pid());
    let status = std::fs::read_to_string(root.path().join(&name)).unwrap();
    let caught = |line: &str| {
        root.file(&name, format!("{status}{line}"));
        handle.catches_usr1().map_err(|error| error.code())
    };
    assert_eq!(caught("SigCgt:\t0000000000000200\n"), Ok(true));
    assert_eq!(caught("SigCgt:\tfffffffffffffdff\n"), Ok(false));
    assert_eq!(caught("SigIgn:\t0000000000000200\n"), Err("unsupported"), "gVisor has no such line");
    assert_eq!(caught("SigCgt:\t0000000000000200"), Err("unsupported"), "cut");
}

#[test]
fn a_freezer_is_told_from_a_deadlock_by_where_the_process_sleeps() {
    let (root, sleeper) = (Scratch::new(), Sleeper::new());
    for (state, wchan, expected) in [
        ('S', "get_signal", ProcessState::Stopped),
        ('S', "do_freezer_trap", ProcessState::Stopped),
        ('D', "__refrigerator", ProcessState::Stopped),
        ('S', "futex_do_wait", ProcessState::Sleeping),
        ('S', "0", ProcessState::Sleeping),
        ('R', "get_signal", ProcessState::Running),
    ] {
        sleeper.files(&root, state);
        root.file(&format!("{}/wchan", sleeper.pid()), wchan);
        let mut handle = machine(&root).watch(sleeper.id()).unwrap();
        assert_eq!(handle.sample_in_full().unwrap().state, expected, "{state} {wchan}");
    }
}

#[test]
fn a_handle_needs_every_proof_of_identity() {
    let (root, sleeper) = (Scratch::new(), Sleeper::new());
    let pid = sleeper.pid();
    let refusal = || machine(&root).watch(sleeper.id()).unwrap_err().code();
    assert_eq!(refusal(), "gone");
    sleeper.files(&root, 'Z');
    assert_eq!(refusal(), "gone");
    sleeper.files(&root, 'S');
    root.file(&format!("{pid}/stat"), stat(pid, "node", 'S', 1, 1));
    assert_eq!(refusal(), "identity-mismatch");
    for (uids, expected) in
        [("4294967294\t0\t0\t0", "not-ours"), ("", "malformed"), ("x\ty\tz\tw", "malformed")]
    {
        sleeper.files(&root, 'S');
        root.file(&format!("{pid}/status"), format!("Name:\tnode\nUid:\t{uids}\n"));
        assert_eq!(refusal(), expected, "{uids:?}");
    }
    sleeper.files(&root, 'S');
    assert!(machine(&root).watch(sleeper.id()).is_ok());
}
