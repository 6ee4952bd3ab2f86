//! Lock folders as they are, and as somebody with bad intentions would leave them.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// As the official extension writes it (1.0.88), with names of our own.
const REAL: &str = r#"{"pid":4242,"workspaceFolders":["/home/me/site","/home/me/api"],"ideName":"Visual Studio Code","transport":"ws","runningInWindows":false,"authToken":"5e55104-a-token"}"#;

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder")
}

fn read(folder: &Path) -> Locks {
    read_locks(&[folder.to_owned()])
}

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    fs::write(folder.join(name), content).expect("a file");
}

/// Every problem, as its code and its file's name.
fn problems(locks: &Locks) -> Vec<(&'static str, &str)> {
    locks.problems.iter().map(|problem| (problem.kind.code(), problem.file_name.as_str())).collect()
}

#[test]
fn a_real_lock_is_read_and_its_token_is_not() {
    let folder = folder();
    write(folder.path(), "40001.lock", REAL);
    write(folder.path(), "notes.txt", "no lock, and none of our business");
    let found = read(folder.path());
    assert_eq!(problems(&found), []);
    let [lock] = found.locks.as_slice() else { panic!("{found:?}") };
    assert_eq!((lock.port, lock.pid), (40001, Some(4242)));
    assert_eq!(lock.workspace_folders, ["/home/me/site", "/home/me/api"]);
    assert_eq!(lock.ide_name.as_deref(), Some("Visual Studio Code"));
    assert_eq!(lock.transport.as_deref(), Some("ws"));
    assert!(!lock.running_in_windows && lock.has_token && lock.modified.is_some());
    assert!(!format!("{found:?}").contains("5e55104"));
}

#[test]
fn what_has_the_wrong_type_is_missing() {
    let folder = folder();
    write(
        folder.path(),
        "40001.lock",
        r#"{"pid":"4242","workspaceFolders":[1,"/a",null,["/no"],{"b":"/no"}],"ideName":7,"transport":{},"runningInWindows":"yes","authToken":true,"pid":-3,"more":[[1e400]]}"#,
    );
    write(folder.path(), "40002.lock", "\u{feff}{\"authToken\":\"\",\"pid\":1,\"pid\":99999999999}");
    let found = read(folder.path());
    let [first, second] = found.locks.as_slice() else { panic!("{found:?}") };
    assert_eq!(first.workspace_folders, ["/a"]);
    assert_eq!((first.pid, &first.ide_name, &first.transport), (None, &None, &None));
    assert!(!first.running_in_windows && !first.has_token && !second.has_token);
    assert_eq!(second.pid, None, "the last one counts, and it is too large for a pid");
}

#[test]
fn texts_are_short_and_steer_nothing() {
    let folder = folder();
    let long = "ä".repeat(10_000);
    write(
        folder.path(),
        "40001.lock",
        format!(r#"{{"ideName":"a\u001b[2J\u202eb{long}","workspaceFolders":["{long}"]}}"#),
    );
    let many: Vec<String> = (0..500).map(|index| format!("\"/{index}\"")).collect();
    write(folder.path(), "40002.lock", format!(r#"{{"workspaceFolders":[{}]}}"#, many.join(",")));
    let found = read(folder.path());
    let name = found.locks[0].ide_name.as_deref().expect("a name");
    assert!(name.starts_with("a\u{fffd}[2J\u{fffd}bä") && name.len() <= 128, "{name}");
    assert!(found.locks[0].workspace_folders[0].len() <= 4096);
    assert_eq!(found.locks[1].workspace_folders.len(), 64);
}

#[test]
fn only_unprivileged_ports_have_locks() {
    for (name, kind) in [
        ("22.lock", ProblemKind::PortNotAllowed),
        ("1023.lock", ProblemKind::PortNotAllowed),
        ("65536.lock", ProblemKind::PortNotAllowed),
        ("99999.lock", ProblemKind::PortNotAllowed),
        ("0.lock", ProblemKind::NoPort),
        ("040001.lock", ProblemKind::NoPort),
        ("+4000.lock", ProblemKind::NoPort),
        ("４０００.lock", ProblemKind::NoPort),
        ("-1.lock", ProblemKind::NoPort),
        (".lock", ProblemKind::NoPort),
        ("x.lock", ProblemKind::NoPort),
    ] {
        assert_eq!(port_of(name), Some(Err(kind)), "{name}");
    }
    assert_eq!(port_of("1024.lock"), Some(Ok(1024)));
    assert_eq!(port_of("65535.lock"), Some(Ok(65535)));
    assert_eq!(port_of("40001.lock~"), None);
    assert_eq!(port_of("40001.LOCK"), None);
}

#[test]
fn a_folder_full_of_traps_is_harmless_and_told() {
    let folder = folder();
    let path = folder.path();
    write(path, "40000.lock", REAL);
    write(path, "22.lock", REAL);
    write(path, "evil\u{1b}[2J.lock", REAL);
    write(path, "40001.lock", "{\"pid\":");
    write(path, "40002.lock", "[1]");
    write(path, "40003.lock", "");
    write(path, "40004.lock", vec![b' '; 64 * 1024 + 1]);
    fs::create_dir(path.join("40005.lock")).expect("a folder");
    fs::File::create(path.join("40006.lock")).and_then(|file| file.set_len(1 << 40)).expect("a sparse file");
    write(path, "40007.lock", [REAL.as_bytes(), REAL.as_bytes()].concat());
    write(path, "40008.lock", "{}");
    write(path, "40009.lock", "[".repeat(60_000));
    write(path, "40010.lock", b"{\"ideName\":\"\xff\xfe\"}");
    let found = read(path);
    assert_eq!(found.locks.iter().map(|lock| lock.port).collect::<Vec<_>>(), [40000, 40008]);
    assert_eq!(
        problems(&found),
        [
            ("portNotAllowed", "22.lock"),
            ("noJson", "40001.lock"),
            ("noJson", "40002.lock"),
            ("noJson", "40003.lock"),
            ("tooLarge", "40004.lock"),
            ("noFile", "40005.lock"),
            ("tooLarge", "40006.lock"),
            ("noJson", "40007.lock"),
            ("noJson", "40009.lock"),
            ("noJson", "40010.lock"),
            ("noPort", "evil\u{fffd}[2J.lock"),
        ]
    );
    for problem in &found.problems {
        let sentence = problem.to_string();
        assert!(sentence.contains(&problem.file_name) && sentence.ends_with('.'), "{sentence}");
    }
}

#[cfg(unix)]
#[test]
fn links_pipes_and_devices_are_not_opened() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let folder = folder();
    let path = folder.path();
    write(path, "real", REAL);
    std::os::unix::fs::symlink(path.join("real"), path.join("40001.lock")).expect("a link");
    std::os::unix::fs::symlink("/dev/zero", path.join("40002.lock")).expect("a link");
    std::os::unix::fs::symlink("40003.lock", path.join("40003.lock")).expect("a link to itself");
    // Nobody ever writes to it: to open or read it in the usual way would block for good.
    mknodat(CWD, path.join("40004.lock"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
    let _socket = std::os::unix::net::UnixListener::bind(path.join("40005.lock")).expect("a socket");
    let found = read(path);
    assert_eq!(found.locks, []);
    assert_eq!(
        problems(&found),
        [
            ("link", "40001.lock"),
            ("link", "40002.lock"),
            ("link", "40003.lock"),
            ("noFile", "40004.lock"),
            ("noFile", "40005.lock"),
        ]
    );
}

#[cfg(unix)]
#[test]
fn the_open_itself_follows_no_link_and_waits_for_no_writer() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    // As if they had been put there between the look and the open.
    let folder = folder();
    let (link, pipe) = (folder.path().join("link"), folder.path().join("pipe"));
    std::os::unix::fs::symlink("/dev/zero", &link).expect("a link");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
    assert!(file::is_link(&file::open(&link).expect_err("a link")));
    let opened = file::open(&pipe).expect("at once");
    assert!(!opened.metadata().expect("metadata").is_file());
}

#[cfg(unix)]
#[test]
fn another_users_lock_is_not_believed() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can give a file away");
        return;
    }
    let folder = folder();
    write(folder.path(), "40001.lock", REAL);
    std::os::unix::fs::chown(folder.path().join("40001.lock"), Some(65534), None).expect("given away");
    let found = read(folder.path());
    assert_eq!((found.locks.len(), problems(&found)), (0, vec![("foreignOwner", "40001.lock")]));
}

#[test]
fn of_too_many_the_newest_are_looked_at_and_the_rest_is_counted() {
    let folder = folder();
    for port in 2000..2100_u16 {
        let path = folder.path().join(format!("{port}.lock"));
        fs::write(&path, REAL).expect("a file");
        let written = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(port));
        fs::File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_modified(written))
            .expect("a time");
    }
    for index in 0..100 {
        write(folder.path(), &format!("x{index:03}.lock"), "");
    }
    let found = read(folder.path());
    assert_eq!(
        found.locks.iter().map(|lock| lock.port).collect::<Vec<_>>(),
        (2036..2100).collect::<Vec<_>>()
    );
    assert_eq!(found.problems.len(), 66);
    assert_eq!(found.problems[64].kind, ProblemKind::TooManyLocks(36));
    assert_eq!(found.problems[65].kind, ProblemKind::MoreProblems(36));
}

#[test]
fn of_two_locks_for_one_port_the_later_one_counts() {
    let (old, new) = (folder(), folder());
    for (folder, name, seconds) in [(&old, "old", 10), (&new, "new", 20)] {
        let path = folder.path().join("40001.lock");
        fs::write(&path, format!(r#"{{"ideName":"{name}"}}"#)).expect("a file");
        let written = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        fs::File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_modified(written))
            .expect("a time");
    }
    for folders in [[old.path(), new.path()], [new.path(), old.path()]] {
        let found = read_locks(&folders.map(Path::to_owned));
        assert_eq!(found.locks.len(), 1);
        assert_eq!(found.locks[0].ide_name.as_deref(), Some("new"));
    }
}

#[test]
fn a_missing_folder_is_empty_and_a_file_in_its_place_is_told() {
    let folder = folder();
    assert_eq!(read(&folder.path().join("ide")), Locks::default());
    write(folder.path(), "ide", "");
    assert_eq!(problems(&read(&folder.path().join("ide"))), [("folder", "ide")]);
}

#[test]
fn the_folders_follow_the_environment() {
    let folders = |variables: &[(&str, &str)]| {
        ide_folders(&|name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| OsString::from(value))
        })
    };
    let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    let paths =
        |paths: &[&[&str]]| -> Vec<PathBuf> { paths.iter().map(|path| path.iter().collect()).collect() };
    assert_eq!(folders(&[(home, "/h")]), paths(&[&["/h", ".claude", "ide"]]));
    assert_eq!(
        folders(&[(home, "/h"), ("CLAUDE_CONFIG_DIR", "/c")]),
        paths(&[&["/c", "ide"], &["/h", ".claude", "ide"]])
    );
    assert_eq!(
        folders(&[(home, "/h"), ("CLAUDE_CONFIG_DIR", "/h/.claude")]),
        paths(&[&["/h", ".claude", "ide"]])
    );
    assert_eq!(folders(&[(home, "/h"), ("CLAUDE_CONFIG_DIR", "")]), paths(&[&["/h", ".claude", "ide"]]));
    assert_eq!(folders(&[]), paths(&[]));
}

/// A value of JSON of any shape, to be put in any place of a lock.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            proptest::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

/// On the daemon's threads, which have 256 KiB of stack.
#[test]
fn depth_takes_no_stack() {
    let reader = std::thread::Builder::new().stack_size(64 * 1024).spawn(|| {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
            for field in ["workspaceFolders", "authToken", "other"] {
                let lock = |depth| format!(r#"{{"{field}":{},"pid":7}}"#, deep(depth));
                assert_eq!(content::parse(lock(100).as_bytes()).and_then(|content| content.pid), Some(7));
                let _ = content::parse(lock(9000).as_bytes());
            }
        }
    });
    reader.expect("a thread").join().expect("no panic");
}

proptest! {
    #[test]
    fn any_bytes_are_harmless(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = content::parse(&bytes);
    }

    /// A real lock with some bytes changed: nearer to what a parser trips over than noise.
    #[test]
    fn a_damaged_lock_is_harmless(changes in proptest::collection::vec((0..REAL.len(), any::<u8>()), 0..8), cut in 0..REAL.len()) {
        let mut bytes = REAL.as_bytes().to_vec();
        for (place, byte) in changes {
            bytes[place] = byte;
        }
        let _ = content::parse(&bytes);
        let _ = content::parse(&bytes[..cut]);
    }

    /// Whatever stands in the fields, it is a lock, and nothing of it is long or steers a terminal.
    #[test]
    fn any_object_is_a_lock(values in proptest::collection::vec(any_json(), 6)) {
        let names = ["pid", "workspaceFolders", "ideName", "transport", "runningInWindows", "authToken"];
        let object: serde_json::Map<_, _> = names.iter().map(|name| (*name).to_owned()).zip(values).collect();
        let content = content::parse(serde_json::Value::Object(object).to_string().as_bytes()).expect("an object");
        let texts = content.workspace_folders.iter().chain(&content.ide_name).chain(&content.transport);
        for text in texts {
            prop_assert!(text.len() <= 4096 && !text.chars().any(char::is_control));
        }
        prop_assert!(content.pid != Some(0) && content.workspace_folders.len() <= 64);
    }

    /// Of the token nothing is left, wherever it stands.
    #[test]
    fn no_token_survives(secret in "[a-z0-9]{12}-secret", twice in any::<bool>()) {
        let again = if twice { format!(r#","authToken":"{secret}""#) } else { String::new() };
        let content = content::parse(format!(r#"{{"authToken":"{secret}"{again}}}"#).as_bytes()).expect("an object");
        prop_assert!(content.has_token);
        let said = format!("{content:?}");
        prop_assert!(!said.contains(&secret));
    }

    #[test]
    fn any_name_is_harmless(name in any::<String>(), number in any::<u32>()) {
        for name in [name.clone(), format!("{name}.lock"), format!("{number}.lock"), format!("{name}{number}.lock")] {
            if let Some(Ok(port)) = port_of(&name) {
                let canonical = format!("{port}.lock");
                prop_assert!(port >= 1024 && name == canonical);
            }
        }
        prop_assert!(content::clean(&name, 64).len() <= 64);
    }
}

#[test]
fn a_stale_lock_is_removed_when_it_is_still_the_same_old_and_its_port_free() {
    let folder = folder();
    let path = folder.path().join("40001.lock");
    let folders = [folder.path().to_owned()];
    let remove = |lock: &Lock, after: Duration, is_free: bool| {
        remove_stale(&folders, lock, lock.modified.unwrap() + after, &|| is_free).unwrap()
    };
    write(folder.path(), "40001.lock", REAL);
    write(folder.path(), "40002.lock", REAL);
    let lock = read(folder.path()).locks.remove(0);
    assert!(!remove(&lock, STALE_AFTER / 2, true), "it is too young");
    assert!(!remove(&lock, STALE_AFTER, false), "somebody listens");
    let in_windows = Lock { running_in_windows: true, ..lock.clone() };
    assert!(!remove(&in_windows, STALE_AFTER, true));
    write(folder.path(), "40001.lock", REAL.replace("4242", "4243"));
    assert!(!remove(&lock, STALE_AFTER, true), "it was written anew");
    assert!(path.exists());
    let lock = read(folder.path()).locks.remove(0);
    assert!(remove(&lock, STALE_AFTER, true) && !path.exists());
    assert!(!remove(&lock, STALE_AFTER, true), "it is gone");
    assert!(folder.path().join("40002.lock").exists());
}
