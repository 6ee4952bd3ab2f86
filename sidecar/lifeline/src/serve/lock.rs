//! The lock that makes a daemon the only one of its user, and the note beside it that says who that is.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
};
#[cfg(unix)]
use std::{sync::mpsc, time::Duration};

use lifeline_platform::ProcessId;
#[cfg(unix)]
use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
};

/// The daemon's lock and note, in the runtime folder. (Windows: only the note; the pipe itself is the lock.)
pub(crate) const DAEMON_LOCK: &str = "lifeline.lock";
/// Held while a daemon is being started, so that two starters go one after the other.
#[cfg(unix)]
pub(crate) const START_LOCK: &str = "start.lock";

/// A lock that is held until this is dropped, or the process ends. The file stays: to remove it would let two
/// processes hold "the" lock, each on its own file.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct Lock {
    held: Flock<File>,
}

#[cfg(unix)]
impl Lock {
    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// When the file cannot be opened. `Ok(None)`: another process holds it.
    pub(crate) fn take(folder: &Path, name: &str) -> io::Result<Option<Self>> {
        match Flock::lock(open(folder, name)?, FlockArg::LockExclusiveNonblock) {
            Ok(held) => Ok(Some(Self { held })),
            Err((_, Errno::EWOULDBLOCK)) => Ok(None),
            Err((_, errno)) => Err(errno.into()),
        }
    }

    /// Takes the lock as soon as it is free, within `patience`.
    ///
    /// # Errors
    /// When the file cannot be opened. `Ok(None)`: time is up; a thread is left behind that waits on, so the process
    /// should end soon.
    pub(crate) fn wait(folder: &Path, name: &str, patience: Duration) -> io::Result<Option<Self>> {
        let file = open(folder, name)?;
        let (sender, receiver) = mpsc::channel();
        std::thread::Builder::new().name("lock".into()).stack_size(64 * 1024).spawn(move || {
            // Nobody receives it when time was up; the lock is then let go with the value.
            let _ = sender.send(Flock::lock(file, FlockArg::LockExclusive));
        })?;
        match receiver.recv_timeout(patience) {
            Ok(Ok(held)) => Ok(Some(Self { held })),
            Ok(Err((_, errno))) => Err(errno.into()),
            Err(_) => Ok(None),
        }
    }

    /// The file that is locked.
    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.held
    }
}

/// Opens the file of a lock or a note; makes it when there is none. Never follows a link.
///
/// # Errors
/// When the system refuses.
pub(crate) fn open(folder: &Path, name: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600),
        nix::fcntl::OFlag::O_NOFOLLOW.bits(),
    );
    options.open(folder.join(name))
}

/// Writes who serves into the file: for people, and for `serve --replace`.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn sign(file: &mut File, server: ProcessId, version: &str) -> io::Result<()> {
    let note = format!("pid {}\nstart {}\nversion {version}\n", server.pid, server.start_time);
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(note.as_bytes())
}

/// Takes the note out again: whoever reads the file from now on finds nobody to signal.
pub(crate) fn unsign(file: &File) {
    if let Err(error) = file.set_len(0) {
        tracing::warn!(%error, "the lock file still names this daemon");
    }
}

/// Who serves by the note. The note may be old: it says whom to look at, not who that is.
pub(crate) fn signed(folder: &Path) -> Option<ProcessId> {
    let path = folder.join(DAEMON_LOCK);
    if !std::fs::symlink_metadata(&path).ok()?.is_file() {
        return None;
    }
    let mut note = String::new();
    File::open(path).ok()?.take(1024).read_to_string(&mut note).ok()?;
    let field = |name: &str| note.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    Some(ProcessId { pid: field("pid")?.parse().ok()?, start_time: field("start")?.parse().ok()? })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_and_the_next_gets_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut first = Lock::take(folder.path(), DAEMON_LOCK).expect("opened").expect("free");
        assert!(Lock::take(folder.path(), DAEMON_LOCK).expect("opened").is_none());
        assert!(Lock::wait(folder.path(), DAEMON_LOCK, Duration::from_millis(20)).expect("opened").is_none());

        let me = ProcessId { pid: 4711, start_time: 815 };
        sign(first.file(), ProcessId { pid: 1_000_000, start_time: u64::MAX }, "9.9.9").expect("written");
        sign(first.file(), me, "0.1.0").expect("written");
        assert_eq!(signed(folder.path()), Some(me));

        unsign(first.file());
        assert_eq!(signed(folder.path()), None);
        drop(first);
        assert!(Lock::wait(folder.path(), DAEMON_LOCK, Duration::from_secs(5)).expect("opened").is_some());
    }

    #[test]
    fn a_note_that_makes_no_sense_names_nobody() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(signed(folder.path()), None);
        for note in ["", "pid\nstart 1\n", "pid x\nstart 1\n", "pid 1\n", "pidstart 1", "\u{0}\u{0}"] {
            std::fs::write(folder.path().join(DAEMON_LOCK), note).expect("written");
            assert_eq!(signed(folder.path()), None, "{note:?}");
        }
    }
}
