//! Opens and reads the files of `/proc`, bounded. A [`Folder`] is of one process for good: once the process has been
//! reaped, everything below it answers `ESRCH`, even when the pid is in use again.

use super::parse::{self, Stat, Status};
use crate::printable::clean;
use crate::{ARGUMENTS_BYTES, CHILDREN_AT_MOST, Child, Error, ProcessId, THREADS_AT_MOST, Thread};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Dir, Mode, OFlags, openat, readlinkat, readlinkat_raw};
use rustix::io::Errno;
use std::ffi::{CStr, OsStr};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// `stat` has 52 numbers of at most 20 digits and a name of at most 64 bytes: under 1.2 kB.
const STAT_BYTES: usize = 4096;
/// `status` is 1.5 kB, plus 11 bytes per supplementary group, of which there may be 65 536. The lines that we need
/// come after them.
const STATUS_BYTES: usize = 1 << 20;
/// A list of pids: 8 bytes for each of [`CHILDREN_AT_MOST`], and then some.
const CHILDREN_BYTES: usize = 16 * CHILDREN_AT_MOST;
/// What we read of a command line: no more than what is kept.
const CMDLINE_BYTES: usize = crate::COMMAND_LINE_BYTES;

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::RDONLY).union(OFlags::CLOEXEC);
// NONBLOCK: a made-up /proc may hold a FIFO, and opening that must not hang.
const FILE: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// `/proc/PID`, held open.
#[derive(Debug)]
pub(crate) struct Folder {
    pid: u32,
    pub(super) fd: OwnedFd,
}

impl Folder {
    pub(crate) fn open(root: &Path, pid: u32) -> Result<Self, Error> {
        let path = root.join(pid.to_string());
        let fd = rustix::fs::open(path, FOLDER, Mode::empty())
            .map_err(|errno| error(errno, pid, "open the process's folder in /proc"))?;
        Ok(Self { pid, fd })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Opens one of its files, to be held.
    pub(crate) fn file(&self, name: &str) -> Result<OwnedFd, Error> {
        openat(&self.fd, name, FILE, Mode::empty()).map_err(|errno| self.error(errno))
    }

    pub(crate) fn read(&self, name: &str, at_most: usize, text: &mut Vec<u8>) -> Result<(), Error> {
        read(self.file(name)?, at_most, text).map_err(|errno| self.error(errno))
    }

    pub(crate) fn stat(&self) -> Result<Stat, Error> {
        let mut text = Vec::with_capacity(1024);
        self.read("stat", STAT_BYTES, &mut text)?;
        parse::stat(&text).ok_or(Error::Malformed { what: "stat" })
    }

    pub(crate) fn stat_of(&self, file: &OwnedFd, text: &mut Vec<u8>) -> Result<Stat, Error> {
        read(file, STAT_BYTES, text).map_err(|errno| self.error(errno))?;
        parse::stat(text).ok_or(Error::Malformed { what: "stat" })
    }

    pub(crate) fn status_of(&self, file: &OwnedFd, text: &mut Vec<u8>) -> Result<Status, Error> {
        read(file, STATUS_BYTES, text).map_err(|errno| self.error(errno))?;
        Ok(parse::status(text))
    }

    /// CPU time and run queue delay in ns, where the kernel counts them.
    pub(crate) fn schedstat_of(
        &self,
        file: &OwnedFd,
        text: &mut Vec<u8>,
    ) -> Result<Option<(u64, u64)>, Error> {
        read(file, STAT_BYTES, text).map_err(|errno| self.error(errno))?;
        Ok(parse::schedstat(text))
    }

    /// Where the main thread sleeps. Hidden (no right to look) counts as unknown.
    pub(crate) fn wchan(&self) -> Option<String> {
        let mut text = Vec::with_capacity(128);
        self.read("wchan", 256, &mut text).ok()?;
        parse::wchan(&text)
    }

    /// Resident pages.
    pub(crate) fn resident_pages(&self) -> Option<u64> {
        let mut text = Vec::with_capacity(128);
        self.read("statm", 1024, &mut text).ok()?;
        parse::resident_pages(&text)
    }

    pub(crate) fn executable(&self) -> Option<PathBuf> {
        let link = readlinkat(&self.fd, "exe", Vec::new()).ok()?;
        Some(PathBuf::from(OsStr::from_bytes(parse::executable(link.to_bytes()))))
    }

    pub(crate) fn working_directory(&self) -> Option<PathBuf> {
        let link = readlinkat(&self.fd, "cwd", Vec::new()).ok()?;
        Some(PathBuf::from(OsStr::from_bytes(parse::executable(link.to_bytes()))))
    }

    /// What its descriptors point to, where that is a file or a folder.
    pub(crate) fn open_files(&self, at_most: usize) -> Vec<PathBuf> {
        let Ok(Ok(entries)) = openat(&self.fd, "fd", FOLDER, Mode::empty()).map(Dir::new) else {
            return Vec::new();
        };
        let link = |name: &CStr| readlinkat(&self.fd, [b"fd/", name.to_bytes()].concat(), Vec::new()).ok();
        entries
            .filter_map(Result::ok)
            .filter(|entry| !entry.file_name().to_bytes().starts_with(b"."))
            .take(at_most)
            .filter_map(|entry| link(entry.file_name()))
            .filter_map(|link| Some(PathBuf::from(OsStr::from_bytes(parse::file_link(link.to_bytes())?))))
            .collect()
    }

    pub(crate) fn arguments(&self) -> Option<Vec<String>> {
        let mut text = Vec::new();
        self.read("cmdline", ARGUMENTS_BYTES, &mut text).ok()?;
        Some(parse::arguments(&text, text.len() == ARGUMENTS_BYTES))
    }

    /// Thread ids in order, at most [`THREADS_AT_MOST`].
    fn thread_ids(&self) -> Result<Vec<u32>, Error> {
        let tasks = openat(&self.fd, "task", FOLDER, Mode::empty()).map_err(|errno| self.error(errno))?;
        let entries = Dir::new(tasks).map_err(|errno| self.error(errno))?;
        let ids = entries.filter_map(|entry| parse::pid(entry.ok()?.file_name().to_bytes()));
        let mut ids: Vec<u32> = ids.take(THREADS_AT_MOST).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// All threads. One that ends while we look is left out.
    pub(crate) fn threads(&self, tick_ns: u64) -> Result<Vec<Thread>, Error> {
        let mut text = Vec::with_capacity(1024);
        let thread = |id: u32, text: &mut Vec<u8>| {
            let counted = self.read(&format!("task/{id}/schedstat"), STAT_BYTES, text);
            let exact = counted.ok().and_then(|()| parse::schedstat(text)).map(|(cpu_ns, _delay)| cpu_ns);
            self.read(&format!("task/{id}/stat"), STAT_BYTES, text).ok()?;
            let stat = parse::stat(text)?;
            let name = clean(parse::name(text)?);
            let cpu_ns = exact.unwrap_or(stat.cpu_ticks.saturating_mul(tick_ns));
            Some(Thread { id: id.into(), name, state: stat.state, cpu_ns })
        };
        Ok(self.thread_ids()?.into_iter().filter_map(|id| thread(id, &mut text)).collect())
    }

    /// The children that its threads started, by the kernel's own list; `None` when this kernel keeps none.
    pub(crate) fn listed_children(&self) -> Option<Vec<u32>> {
        let mut pids = Vec::new();
        let mut text = Vec::new();
        for id in self.thread_ids().ok()? {
            match self.read(&format!("task/{id}/children"), CHILDREN_BYTES, &mut text) {
                Ok(()) => pids.extend(parse::pid_list(&text)),
                // The main thread's is there as long as the process is.
                Err(_) if id == self.pid => return None,
                Err(_) => {}
            }
        }
        pids.sort_unstable();
        pids.truncate(CHILDREN_AT_MOST);
        Some(pids)
    }

    /// Whether the process runs with this user's rights; a process that lets nobody look at it belongs to root.
    pub(crate) fn is_of(&self, uid: u32) -> bool {
        rustix::fs::fstat(&self.fd).is_ok_and(|stat| stat.st_uid == uid)
    }

    /// Hands over the inode of each socket that the process holds, until it is told to stop (`false`), and says how
    /// many descriptors were looked at, sockets or not.
    pub(crate) fn each_socket(&self, at_most: usize, mut each: impl FnMut(u64) -> bool) -> usize {
        let Ok(Ok(mut entries)) = openat(&self.fd, "fd", FOLDER, Mode::empty()).map(Dir::new) else {
            return 0;
        };
        let mut looked_at = 0;
        while looked_at < at_most
            && let Some(Ok(entry)) = entries.read()
        {
            if entry.file_name().to_bytes().starts_with(b".") {
                continue;
            }
            let mut room = [MaybeUninit::uninit(); 64];
            let Ok(fd) = entries.fd() else { break };
            let Ok((link, _rest)) = readlinkat_raw(fd, entry.file_name(), &mut room) else { continue };
            looked_at += 1;
            if let Some(inode) = parse::socket_link(link)
                && !each(inode)
            {
                break;
            }
        }
        looked_at
    }

    fn error(&self, errno: Errno) -> Error {
        error(errno, self.pid, "read the process's files in /proc")
    }
}

/// The process `pid` if `parent` is its parent. Everything is read through one [`Folder`], so it is of one process.
pub(crate) fn child(root: &Path, pid: u32, parent: u32) -> Option<Child> {
    let folder = Folder::open(root, pid).ok()?;
    let mut text = Vec::with_capacity(1024);
    folder.read("stat", STAT_BYTES, &mut text).ok()?;
    let stat = parse::stat(&text).filter(|stat| stat.parent == parent)?;
    let name = clean(parse::name(&text).unwrap_or_default());
    let command_line = match folder.read("cmdline", CMDLINE_BYTES, &mut text) {
        Ok(()) => parse::command_line(&text).unwrap_or_else(|| format!("[{name}]")),
        Err(_) => String::new(),
    };
    Some(Child { id: ProcessId { pid, start_time: stat.start_time }, command_line, state: stat.state })
}

/// Reads `stat` of a process that runs with this user's rights: a third of the price of a [`Folder`]. `None`: it is gone, or another's.
pub(crate) fn read_stat(root: &Path, pid: u32, uid: u32, text: &mut Vec<u8>) -> Option<()> {
    let file = rustix::fs::open(root.join(format!("{pid}/stat")), FILE, Mode::empty()).ok()?;
    let is_ours = rustix::fs::fstat(&file).ok()?.st_uid == uid;
    is_ours.then(|| read(file, STAT_BYTES, text).ok())?
}

/// Opens a file that is there, to write into it; makes none.
pub(crate) fn open_to_write(path: &Path) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    rustix::fs::open(path, flags, Mode::empty())
}

pub(crate) fn read_path(path: &Path, at_most: usize, text: &mut Vec<u8>) -> rustix::io::Result<()> {
    read(rustix::fs::open(path, FILE, Mode::empty())?, at_most, text)
}

/// Hands over each whole line of a file that the kernel gives in many pieces, without its newline. What comes after
/// `at_most` bytes, or after a line of more than 16 KiB, is not read.
pub(crate) fn read_lines(path: &Path, at_most: usize, each: &mut dyn FnMut(&[u8])) -> rustix::io::Result<()> {
    let file = rustix::fs::open(path, FILE, Mode::empty())?;
    let mut text = vec![0; 16 << 10];
    let (mut filled, mut left) = (0, at_most);
    loop {
        let got = match rustix::io::read(&file, &mut text[filled..]) {
            Err(Errno::INTR) => continue,
            outcome => outcome?,
        };
        if got == 0 || got > left {
            return Ok(());
        }
        left -= got;
        filled += got;
        let Some(end) = text[..filled].iter().rposition(|&byte| byte == b'\n') else {
            if filled == text.len() {
                return Ok(());
            }
            continue;
        };
        text[..end].split(|&byte| byte == b'\n').for_each(&mut *each);
        text.copy_within(end + 1..filled, 0);
        filled -= end + 1;
    }
}

/// Reads from the start, at most `at_most` bytes, into `text` (emptied first; its capacity is used again).
fn read(file: impl AsFd, at_most: usize, text: &mut Vec<u8>) -> rustix::io::Result<()> {
    text.clear();
    let room = text.capacity().clamp(1024, 16 * 1024);
    loop {
        let filled = text.len();
        let room = room.min(at_most - filled);
        text.resize(filled + room, 0);
        let outcome = rustix::io::pread(&file, &mut text[filled..], filled as u64);
        text.truncate(filled + outcome.unwrap_or(0));
        match outcome {
            Err(Errno::INTR) => {}
            Err(errno) => {
                text.clear();
                return Err(errno);
            }
            // Less than asked for is the end, as the kernel gives each of these files in one piece (`single_open`); to
            // ask once more would cost as much again. `children` comes in pages, cut between two pids: one page holds
            // as many as we list.
            Ok(got) if got < room => return Ok(()),
            Ok(_) if text.len() == at_most => return Ok(()),
            Ok(_) => {}
        }
    }
}

fn error(errno: Errno, pid: u32, doing: &'static str) -> Error {
    match errno {
        Errno::NOENT | Errno::SRCH => Error::Gone { pid },
        Errno::ACCESS | Errno::PERM => Error::Denied { pid },
        other => Error::Io { doing, source: other.into() },
    }
}
