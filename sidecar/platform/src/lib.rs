//! Processes, sockets, memory, clocks and desktop notifications, the same on Linux, macOS and Windows.
//!
//! Sensors here report facts; the one actuator ([`ProcessHandle::kill`]) looks again at the last instant and refuses
//! when anything differs. Nothing is ever found by name. No async: calls are short (µs on Linux, see each), and what
//! may be waited for is a file descriptor or a handle.
#![deny(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod code;
mod contract;
mod error;
mod facts;
mod memory;
mod network;
pub mod notify;
mod printable;
#[cfg(all(test, unix))]
mod scratch;
mod sockets;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as os;

#[cfg(not(target_os = "linux"))]
mod by_sysinfo;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(target_os = "macos")]
use macos as os;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as os;

pub use code::let_go_of_code;
pub use error::{Error, Protected};
pub use facts::{
    ARGUMENTS_BYTES, CHILDREN_AT_MOST, COMMAND_LINE_BYTES, Child, OwnProcess, PROCESSES_AT_MOST, Pressure,
    ProcessFacts, ProcessId, ProcessState, Stall, THREADS_AT_MOST, Thread, ThreadName,
};
pub use memory::{CgroupMemory, Memory, MemoryLevel, MemoryTrigger};
pub use network::{RouteChanges, WayOut};
pub use sockets::{
    CLIENTS_AT_MOST, Connection, KnownHolders, Listener, PortUsers, SocketTable, TcpLink, TcpUse,
};

use contract::{Depth, Signal, System, Watched};
use std::path::PathBuf;
use std::time::Duration;

/// How many generations of parents are followed. Real chains have fewer than 20.
const GENERATIONS_AT_MOST: usize = 128;

/// The machine we run on. Cheap to make and to clone.
#[derive(Clone, Debug, Default)]
pub struct Platform {
    system: os::Machine,
}

impl Platform {
    /// The real machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// A machine whose `/proc` is the folder `path`: the seam for tests. Signals, pidfds and clocks stay real.
    #[cfg(target_os = "linux")]
    pub fn with_proc_root(path: impl Into<std::path::PathBuf>) -> Self {
        Self { system: os::Machine::with_proc_root(path.into()) }
    }

    /// Who has this pid now. Zombies and processes of other users included.
    ///
    /// # Errors
    /// [`Error::Gone`], [`Error::Denied`], [`Error::Malformed`], [`Error::Io`].
    pub fn identify(&self, pid: u32) -> Result<ProcessId, Error> {
        self.system.identify(pid)
    }

    /// Opens a process for watching and, later, signalling. The identity is verified *after* opening, so the handle is
    /// of that process for good, whatever happens to the pid. Costs 5 file descriptors on Linux.
    ///
    /// # Errors
    /// [`Error::Gone`] (zombies too), [`Error::IdentityMismatch`], [`Error::NotOurs`] (another user's, even when we are
    /// root), [`Error::Denied`], [`Error::Unsupported`] (Linux before 5.3 has no pidfd), [`Error::Io`].
    pub fn watch(&self, id: ProcessId) -> Result<ProcessHandle, Error> {
        Ok(ProcessHandle { watched: self.system.open(id)?, system: self.system.clone() })
    }

    /// The pid of the parent; 0 when it has none, or (Windows) when the parent has exited.
    ///
    /// # Errors
    /// As [`identify`](Self::identify).
    pub fn parent(&self, pid: u32) -> Result<u32, Error> {
        self.system.parent(pid)
    }

    /// Our parent, its parent, and so on, as far as they can be seen. Never to be signalled.
    pub fn ancestors_of_self(&self) -> Vec<ProcessId> {
        let (pids, _complete) = ancestor_pids(&self.system);
        pids.into_iter().filter_map(|pid| self.system.identify(pid).ok()).collect()
    }

    /// The direct children, at most [`CHILDREN_AT_MOST`]; empty when there are none or the process is gone.
    /// Linux: 5 µs per thread and 15 µs per child where the kernel lists them (`CONFIG_PROC_CHILDREN`), else a scan of
    /// all processes.
    pub fn children(&self, pid: u32) -> Vec<Child> {
        self.system.children(pid)
    }

    /// The processes of our own user, at most [`PROCESSES_AT_MOST`], zombies left out. 12 µs per process on Linux.
    pub fn own_processes(&self) -> Vec<OwnProcess> {
        self.system.own_processes()
    }

    /// The folder that the process works in. `None`: gone, or we may not look. 6 µs on Linux.
    pub fn working_directory(&self, pid: u32) -> Option<PathBuf> {
        self.system.working_directory(pid)
    }

    /// The files and folders that the process holds open, at most 4096, those that have been removed left out; a file
    /// that is opened for each write is rarely seen. Empty when it is gone or we may not look, and on macOS and Windows.
    /// 4 µs per descriptor.
    pub fn open_files(&self, pid: u32) -> Vec<PathBuf> {
        self.system.open_files(pid)
    }

    /// The file that the process runs, as it was called when the process started; what replaced it since (an update)
    /// may have the same name. `None`: gone, a kernel thread, or we may not look. 6 µs on Linux.
    pub fn executable(&self, pid: u32) -> Option<PathBuf> {
        self.system.executable(pid)
    }

    /// The arguments, the program's own name first: at most [`ARGUMENTS_BYTES`], each shortened and cleaned like
    /// [`Child::command_line`], and as secret. Programs may write over theirs. `None`: gone, or we may not look; empty
    /// for a zombie or a kernel thread. 10 µs on Linux.
    pub fn arguments(&self, pid: u32) -> Option<Vec<String>> {
        self.system.arguments(pid)
    }

    /// Resident memory, in bytes. `None`: gone, or we may not look. 10 µs on Linux.
    pub fn memory_of(&self, pid: u32) -> Option<u64> {
        self.system.resident_bytes(pid)
    }

    /// Whether anybody can still write to the process's standard input. `None`: it is neither a pipe nor a socket, or that is not told
    /// (macOS, Windows).
    pub fn stdin_is_held(&self, pid: u32) -> Option<bool> {
        self.system.stdin_is_held(pid)
    }

    /// Whether the process belongs to a login (a `session-N.scope` of systemd's). `None`: gone, or not told (macOS, Windows).
    pub fn in_login_session(&self, pid: u32) -> Option<bool> {
        self.system.in_login_session(pid)
    }

    /// How overloaded the machine is. `None` except on Linux with PSI (4.20 and later, unless switched off).
    pub fn pressure(&self) -> Option<Pressure> {
        self.system.pressure()
    }

    /// Names this boot of the machine; `None` where there is no such name (Windows).
    pub fn boot_id(&self) -> Option<String> {
        self.system.boot_id()
    }

    /// Our own resident memory, in bytes.
    pub fn self_rss_bytes(&self) -> Option<u64> {
        self.system.self_rss_bytes()
    }

    /// The unit of [`ProcessId::start_time`], per second: 100 on nearly every Linux, 1 000 000 on macOS, 10 000 000 on
    /// Windows.
    pub fn clock_ticks_per_second() -> u64 {
        os::Machine::clock_ticks_per_second()
    }

    /// How long a process has been running, by its start time; zero when that lies in the future.
    pub fn age(id: ProcessId) -> Duration {
        let ticks = Self::clock_ticks_per_second().max(1);
        let started = Duration::from_secs(id.start_time / ticks)
            + Duration::from_nanos((id.start_time % ticks).saturating_mul(1_000_000_000 / ticks));
        start_time_clock().saturating_sub(started)
    }

    /// Time that stands still while the machine sleeps. Only differences mean anything.
    pub fn monotonic() -> Duration {
        os::Machine::monotonic()
    }

    /// Time that goes on while the machine sleeps. Only differences mean anything. When it ran further than
    /// [`monotonic`](Self::monotonic) between two looks, the machine was asleep in between.
    pub fn boottime() -> Duration {
        os::Machine::boottime()
    }
}

/// Now, on the clock that [`ProcessId::start_time`] counts on.
fn start_time_clock() -> Duration {
    #[cfg(target_os = "linux")]
    return Platform::boottime();
    #[cfg(not(target_os = "linux"))]
    {
        /// From 1601 to 1970, where Windows' file times begin earlier than everybody else's.
        const EARLIER: Duration = Duration::from_secs(if cfg!(windows) { 11_644_473_600 } else { 0 });
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default() + EARLIER
    }
}

/// A process held open: it stays *this* process even when its pid is used again.
#[derive(Debug)]
pub struct ProcessHandle {
    watched: <os::Machine as System>::Watched,
    system: os::Machine,
}

impl ProcessHandle {
    /// Who it is.
    pub fn id(&self) -> ProcessId {
        self.watched.id()
    }

    /// A cheap look: 15 µs on Linux, without allocation. See [`ProcessFacts`] for what it leaves out.
    ///
    /// # Errors
    /// [`Error::Gone`] once it has exited (on Linux a zombie still has facts), [`Error::Denied`], [`Error::Malformed`],
    /// [`Error::Io`].
    pub fn sample(&mut self) -> Result<ProcessFacts, Error> {
        self.watched.sample(Depth::Cheap)
    }

    /// A look at everything: all threads, the children, where the main thread sleeps. 260 µs on Linux for a Node of 11
    /// threads (`cargo run --release -p lifeline-platform --example cost`).
    ///
    /// # Errors
    /// As [`sample`](Self::sample).
    pub fn sample_in_full(&mut self) -> Result<ProcessFacts, Error> {
        self.watched.sample(Depth::Full)
    }

    /// Ends the process at once (SIGKILL), after checking at this instant that it is still the same one, alive, ours,
    /// and neither Lifeline itself nor an ancestor of it.
    ///
    /// # Errors
    /// Nothing was signalled when this fails: [`Error::Gone`], [`Error::IdentityMismatch`], [`Error::NotOurs`],
    /// [`Error::Protected`], [`Error::Denied`], [`Error::Malformed`], [`Error::Io`].
    pub fn kill(&self) -> Result<(), Error> {
        self.signal(Signal::Kill)
    }

    /// Asks the process to end (SIGTERM), with the checks of [`kill`](Self::kill).
    ///
    /// # Errors
    /// As [`kill`](Self::kill); [`Error::Unsupported`] on Windows.
    pub fn terminate(&self) -> Result<(), Error> {
        self.signal(Signal::Term)
    }

    /// Sends SIGUSR1, with the checks of [`kill`](Self::kill), if the process [catches](Self::catches_usr1) it. Node
    /// opens its inspector on it; another program may do anything: only for processes known to be Node.
    ///
    /// # Errors
    /// As [`kill`](Self::kill); [`Error::NoHandler`] when it would die of it, as a Node with `--disable-sigusr1`
    /// would; and those of [`catches_usr1`](Self::catches_usr1): when it cannot be known, nothing is sent.
    pub fn interrupt_usr1(&self) -> Result<(), Error> {
        self.signal(Signal::Usr1)
    }

    /// Whether the process has a handler of its own for SIGUSR1 at this moment. Without one it dies of the signal, or
    /// ignores it. Linux: `SigCgt` in `/proc/PID/status`, 11 µs; macOS: `p_sigcatch` of `KERN_PROC_PID`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] on Windows and where `SigCgt` is missing (gVisor); [`Error::Gone`], [`Error::Denied`],
    /// [`Error::Malformed`], [`Error::Io`].
    pub fn catches_usr1(&self) -> Result<bool, Error> {
        self.watched.catches_usr1()
    }

    /// Whether it has exited (a zombie has).
    pub fn has_exited(&self) -> bool {
        self.watched.has_exited()
    }

    fn signal(&self, signal: Signal) -> Result<(), Error> {
        let pid = self.id().pid;
        refuse_the_protected(&self.system, pid)?;
        self.watched.recheck()?;
        if signal == Signal::Usr1 && !self.watched.catches_usr1()? {
            return Err(Error::NoHandler { pid, signal: "SIGUSR1" });
        }
        self.watched.send(signal)
    }
}

/// Readable (or, on Windows, signalled) when the process has exited. Linux: a pidfd; macOS: a kqueue that waits for
/// `NOTE_EXIT`. Do not read from it; poll it.
#[cfg(unix)]
impl std::os::fd::AsFd for ProcessHandle {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.watched.as_fd()
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for ProcessHandle {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        use std::os::fd::AsFd as _;
        self.watched.as_fd().as_raw_fd()
    }
}

/// The process object: waitable, signalled when the process has exited.
#[cfg(windows)]
impl std::os::windows::io::AsHandle for ProcessHandle {
    fn as_handle(&self) -> std::os::windows::io::BorrowedHandle<'_> {
        self.watched.as_handle()
    }
}

#[cfg(windows)]
impl std::os::windows::io::AsRawHandle for ProcessHandle {
    fn as_raw_handle(&self) -> std::os::windows::io::RawHandle {
        use std::os::windows::io::AsHandle as _;
        self.watched.as_handle().as_raw_handle()
    }
}

// A handle may be made in one thread and used in another.
const _: () = {
    const fn moves_between_threads<T: Send + Sync>() {}
    moves_between_threads::<Platform>();
    moves_between_threads::<ProcessHandle>();
};

/// Blocks the thread until the process behind `process` (a duplicate of a [`ProcessHandle`]'s handle) has exited. Windows has
/// nothing that an event loop could poll.
///
/// # Errors
/// [`Error::Io`] when the system refuses to wait.
#[cfg(windows)]
pub fn wait_for_exit(process: &std::os::windows::io::OwnedHandle) -> Result<(), Error> {
    windows::wait_for_exit(process)
}

/// Our line of parents, nearest first, and whether it is complete up to the first process.
fn ancestor_pids(system: &impl System) -> (Vec<u32>, bool) {
    let mut pids = Vec::new();
    let mut pid = std::process::id();
    while pids.len() < GENERATIONS_AT_MOST {
        let Ok(parent) = system.parent(pid) else { return (pids, false) };
        if parent == 0 {
            return (pids, true);
        }
        pids.push(parent);
        if parent == 1 {
            return (pids, true);
        }
        pid = parent;
    }
    (pids, false)
}

fn refuse_the_protected(system: &impl System, pid: u32) -> Result<(), Error> {
    let refuse = |why| Err(Error::Protected { pid, why });
    if pid <= 1 {
        return refuse(Protected::Init);
    }
    if pid == std::process::id() {
        return refuse(Protected::Ourselves);
    }
    match ancestor_pids(system) {
        (ancestors, _) if ancestors.contains(&pid) => refuse(Protected::Ancestor),
        (_, true) => Ok(()),
        (_, false) => refuse(Protected::AncestryUnknown),
    }
}
