//! Made-up control groups, `meminfo` and command lines, and their parsers under hostile bytes.

use super::{cgroup, parse};
use crate::scratch::Scratch;
use crate::{ARGUMENTS_BYTES, COMMAND_LINE_BYTES, CgroupMemory, Error, Memory, Platform};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

const MEGABYTE: u64 = 1 << 20;
/// 16 GiB, as Linux 6.18 writes it.
const MEMINFO: &str = "MemTotal:       16777216 kB\nMemFree:         1000000 kB\nMemAvailable:    8388608 kB\n\
                       SwapCached:            0 kB\nSwapTotal:       2097152 kB\nSwapFree:        1048576 kB\n\
                       HugePages_Total:       0\nDirectMap4k:       65536 kB\n";

fn machine(root: &Scratch) -> Platform {
    Platform::with_proc_root(root.path())
}

#[test]
fn memory_is_what_meminfo_says() {
    let root = Scratch::new();
    assert_eq!(machine(&root).memory(), None);
    root.file("meminfo", MEMINFO);
    assert_eq!(
        machine(&root).memory(),
        Some(Memory {
            total_bytes: 16 << 30,
            available_bytes: 8 << 30,
            swap_total_bytes: 2 << 30,
            swap_free_bytes: 1 << 30,
            level: None,
        })
    );
    for (from, to) in [
        ("MemTotal:", "MemTotal2:"),
        ("16777216 kB", "0 kB"),
        ("16777216 kB", "16777216 MB"),
        ("16777216 kB", "-16777216 kB"),
        ("16777216 kB", "18014398509481984 kB"),
        ("8388608 kB", ""),
    ] {
        root.file("meminfo", MEMINFO.replace(from, to));
        assert_eq!(machine(&root).memory(), None, "{to:?} for {from:?}");
    }
    root.file("meminfo", MEMINFO.replace("8388608", "99999999").replace("SwapTotal", "Swap"));
    let odd = machine(&root).memory().unwrap();
    assert_eq!((odd.available_bytes, odd.swap_total_bytes), (odd.total_bytes, 0));
}

/// A machine with 16 GiB and these mounts, each `(kind, root, point below the scratch folder, options)`.
fn groups(root: &Scratch, mounts: &[(&str, &str, &str, &str)]) {
    let mut text =
        String::from("24 1 0:22 / / rw shared:1 - ext4 /dev/root rw\n25 24 0:5 / /proc rw - proc proc rw\n");
    for (kind, seen, point, options) in mounts {
        let point = root.path().join(point).display().to_string().replace(' ', "\\040");
        text += &format!("33 24 0:30 {seen} {point} rw,nosuid shared:9 master:1 - {kind} {kind} {options}\n");
    }
    root.file("meminfo", MEMINFO).file("self/mountinfo", text);
}

/// Files in a folder, each with the newline that the kernel writes.
fn files(root: &Scratch, folder: &str, files: &[(&str, &str)]) {
    for (name, text) in files {
        root.file(&format!("{folder}/{name}"), format!("{text}\n"));
    }
}

fn group(limit: u64, used: u64) -> Option<CgroupMemory> {
    Some(CgroupMemory { limit_bytes: limit * MEGABYTE, used_bytes: used * MEGABYTE })
}

#[test]
fn the_group_with_the_least_left_counts_in_version_2() {
    let root = Scratch::new();
    groups(&root, &[("cgroup2", "/", "fs/cgroup", "rw,nsdelegate")]);
    root.file("70/cgroup", "0::/user.slice/app.scope/inner\n");
    assert_eq!(machine(&root).cgroup_memory(70), None, "folders that are not there");
    let inner = "fs/cgroup/user.slice/app.scope/inner";
    files(&root, inner, &[("memory.max", "max"), ("memory.high", "max"), ("memory.current", "209715200")]);
    assert_eq!(machine(&root).cgroup_memory(70), None, "no limit");
    // 4 GiB, of which 1 GiB is used and 200 MiB of that could be dropped.
    let scope = [
        ("memory.max", "4294967296"),
        ("memory.current", "1073741824"),
        ("memory.stat", "anon 5\nfile 7\ninactive_file 209715200\nactive_file 9"),
    ];
    files(&root, "fs/cgroup/user.slice/app.scope", &scope);
    assert_eq!(machine(&root).cgroup_memory(70), group(4096, 824));
    // A wider limit further up, with less left; its soft one counts.
    let slice =
        [("memory.max", "8589934592"), ("memory.high", "6442450944"), ("memory.current", "5368709120")];
    files(&root, "fs/cgroup/user.slice", &slice);
    assert_eq!(machine(&root).cgroup_memory(70), group(6144, 5120));
    files(&root, "fs/cgroup/user.slice", &[("memory.high", "17179869184"), ("memory.max", "17179869184")]);
    assert_eq!(machine(&root).cgroup_memory(70), group(4096, 824), "all of the machine's memory is no limit");
    assert_eq!(machine(&root).cgroup_memory(71), None, "no such process");
}

#[test]
fn version_1_and_a_hybrid_are_understood() {
    let root = Scratch::new();
    groups(
        &root,
        &[
            ("cgroup", "/", "fs/cgroup/cpu", "rw,cpu,cpuacct"),
            ("cgroup", "/", "fs/cgroup/memory", "rw,memory"),
            ("cgroup2", "/", "fs/cgroup/unified", "rw"),
        ],
    );
    root.file("70/cgroup", "9:name=systemd:/x\n4:memory:/docker/a b:c\n3:cpu,cpuacct:/docker/a b:c\n0::/x\n");
    let limit = [
        ("memory.limit_in_bytes", "536870912"),
        ("memory.usage_in_bytes", "524288000"),
        ("memory.stat", "inactive_file 1\ntotal_inactive_file 104857600\n"),
    ];
    files(&root, "fs/cgroup/memory", &[("memory.limit_in_bytes", "9223372036854771712")]);
    assert_eq!(machine(&root).cgroup_memory(70), None);
    files(&root, "fs/cgroup/cpu/docker/a b:c", &limit);
    assert_eq!(machine(&root).cgroup_memory(70), None, "the wrong hierarchy");
    files(&root, "fs/cgroup/memory/docker/a b:c", &limit);
    assert_eq!(machine(&root).cgroup_memory(70), group(512, 400));
}

#[test]
fn in_a_container_the_mount_may_begin_at_its_own_group() {
    let root = Scratch::new();
    groups(&root, &[("cgroup", "/docker/abc", "a place", "rw,memory")]);
    let limit = [("memory.limit_in_bytes", "536870912"), ("memory.usage_in_bytes", "419430400")];
    files(&root, "a place", &limit);
    for (path, expected) in [
        ("/docker/abc", group(512, 400)),
        ("/docker/abc/inner", group(512, 400)),
        ("/docker/abcd", None),
        ("/docker", None),
        ("/", None),
        ("/docker/abc/../../..", None),
        ("docker/abc", None),
        ("", None),
    ] {
        root.file("70/cgroup", format!("4:memory:{path}\n"));
        assert_eq!(machine(&root).cgroup_memory(70), expected, "{path}");
    }
}

#[test]
fn nonsense_in_a_group_s_files_is_no_limit() {
    let root = Scratch::new();
    groups(&root, &[("cgroup2", "/", "fs", "rw")]);
    root.file("70/cgroup", "0::/a\n");
    for nonsense in ["", "-1", "1e9", "536870912 536870912", "0x20000000", "18446744073709551616"] {
        files(&root, "fs/a", &[("memory.max", nonsense), ("memory.current", "1048576")]);
        assert_eq!(machine(&root).cgroup_memory(70), None, "{nonsense:?}");
    }
    files(&root, "fs/a", &[("memory.max", "1048576"), ("memory.current", "nonsense")]);
    assert_eq!(machine(&root).cgroup_memory(70), None);
    files(&root, "fs/a", &[("memory.current", "5242880"), ("memory.stat", "inactive_file 99999999")]);
    assert_eq!(machine(&root).cgroup_memory(70), group(1, 0));
    std::fs::remove_file(root.path().join("fs/a/memory.max")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", root.path().join("fs/a/memory.max")).unwrap();
    assert_eq!(machine(&root).cgroup_memory(70), None);
    root.file("self/mountinfo", [0xff; 70_000]).file("70/cgroup", [b':'; 200_000]);
    assert_eq!(machine(&root).cgroup_memory(70), None);
}

#[test]
fn a_trigger_needs_a_kernel_that_has_them() {
    let root = Scratch::new();
    let refused = |root: &Scratch| machine(root).memory_trigger().unwrap_err();
    assert!(matches!(refused(&root), Error::Unsupported { .. }));
    assert!(!root.path().join("pressure/memory").exists(), "nothing is made");
    root.file("pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
    machine(&root).memory_trigger().unwrap();
    let written = std::fs::read(root.path().join("pressure/memory")).unwrap();
    assert!(written.starts_with(b"some 150000 2000000\0"));
    std::fs::remove_dir_all(root.path().join("pressure")).unwrap();
    std::fs::create_dir_all(root.path().join("pressure/memory")).unwrap();
    assert!(matches!(refused(&root), Error::Io { .. }));
}

#[test]
fn programs_and_arguments_are_read_right() {
    let root = Scratch::new();
    root.file("70/cmdline", b"node\0--type=extensionHost\0\0a\x1b[2Jb\xff\0")
        .file("70/statm", "765 362 300 5 0 90 0\n");
    std::os::unix::fs::symlink("/opt/code server/node (deleted)", root.path().join("70/exe")).unwrap();
    let machine = machine(&root);
    assert_eq!(machine.arguments(70).unwrap(), ["node", "--type=extensionHost", "", "a\u{fffd}[2Jb\u{fffd}"]);
    assert_eq!(machine.executable(70), Some(PathBuf::from("/opt/code server/node")));
    assert_eq!(machine.memory_of(70), Some(362 * rustix::param::page_size() as u64));
    assert_eq!((machine.arguments(71), machine.executable(71), machine.memory_of(71)), (None, None, None));

    root.file("70/cmdline", "").file("70/statm", "765 362");
    assert_eq!((machine.arguments(70), machine.memory_of(70)), (Some(Vec::new()), None));
    root.file("70/cmdline", "renamed itself");
    assert_eq!(machine.arguments(70).unwrap(), ["renamed itself"]);
    root.file("70/cmdline", "x".repeat(COMMAND_LINE_BYTES + 1) + "\0" + &"y\0".repeat(ARGUMENTS_BYTES));
    let many = machine.arguments(70).unwrap();
    assert_eq!((many[0].len(), many[1].as_str()), (COMMAND_LINE_BYTES, "y"));
    assert!(many.iter().map(|argument| argument.len() + 1).sum::<usize>() <= ARGUMENTS_BYTES);
    root.file("70/cmdline", "z".repeat(2 * ARGUMENTS_BYTES));
    assert_eq!(machine.arguments(70), Some(Vec::new()), "one that was cut is not shown");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_memory_parser_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400), cut in any::<bool>(),
    ) {
        let _ = (parse::memory(&bytes), cgroup::memory_group(&bytes), cgroup::mount(&bytes));
        let _ = (cgroup::value(&bytes, b"anon"), parse::executable(&bytes));
        for argument in parse::arguments(&bytes, cut) {
            prop_assert!(!argument.contains(char::is_control));
        }
    }

    #[test]
    fn no_mutilated_line_makes_a_memory_parser_panic(
        text in concat!("(33 24 0:30 )?[/a.\\\\0-9 ]{0,30}( rw)?( - cgroup2? cgroup rw,memory)?|",
            "(0::|4:memory:)?[/.a:]{0,20}|(MemTotal:|MemAvailable:)[ 0-9kB\n-]{0,40}"),
    ) {
        let bytes = text.as_bytes();
        let _ = (parse::memory(bytes), cgroup::memory_group(bytes), cgroup::mount(bytes));
    }

    /// A group chooses its own name, and the mount point its place; no name leads out of the mount.
    #[test]
    fn groups_stay_below_their_mount(
        path in "(/[a.]{0,3}){0,6}", seen in "(/[a.]{0,2}){1,3}", point in "/[ a-z\\\\]{1,9}",
    ) {
        let escaped = point.replace('\\', "\\134").replace(' ', "\\040");
        let line = format!("33 24 0:30 {seen} {escaped} rw - cgroup2 cgroup2 rw");
        let mount = cgroup::mount(line.as_bytes()).unwrap();
        for step in cgroup::steps_below(&mount, Path::new(&path)).unwrap_or_default() {
            prop_assert!(step.starts_with(&point), "{step:?}");
            prop_assert!(!step.components().any(|part| part.as_os_str() == ".."));
        }
    }
}
