//! macOS: `libproc` for the facts, a kqueue for the exit, plain signals.
//!
//! There is no pidfd: between the last identity check and the signal lie a few µs in which the pid could, in theory, be
//! used again. macOS counts pids up to 99 998 before it starts over, so in practice it cannot.

mod libproc;
mod sockets;

use crate::by_sysinfo::{self, command_lines};
use crate::contract::{Depth, Signal, Socket, System, TcpRows, Watched};
use crate::{
    Child, Error, Memory, MemoryLevel, OwnProcess, PROCESSES_AT_MOST, Pressure, ProcessFacts, ProcessId,
    ProcessState, THREADS_AT_MOST, Thread,
};
use libproc::Zombies;
use nix::errno::Errno;
use nix::libc;
use nix::sys::event::{EvFlags, EventFilter, FilterFlag, KEvent, Kqueue};
use nix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::time::Duration;

/// The machine. Stateless: every answer comes from the kernel.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine;

impl System for Machine {
    type Watched = Held;

    fn identify(&self, pid: u32) -> Result<ProcessId, Error> {
        Ok(identity(&libproc::bsd_info(pid, Zombies::Included)?))
    }

    fn open(&self, id: ProcessId) -> Result<Held, Error> {
        let ProcessId { pid, .. } = id;
        let exit = Kqueue::new().map_err(|errno| error(errno, pid, "open a kqueue"))?;
        let event =
            KEvent::new(pid as usize, EventFilter::EVFILT_PROC, EvFlags::EV_ADD, FilterFlag::NOTE_EXIT, 0, 0);
        exit.kevent(&[event], &mut [], None).map_err(|errno| error(errno, pid, "wait for an exit"))?;
        let held = Held { id, exit };
        // The kqueue was tied to a process first, and the right one is alive now: so it is tied to the right one, or
        // its pid would have been used twice in a moment.
        held.recheck()?;
        Ok(held)
    }

    fn parent(&self, pid: u32) -> Result<u32, Error> {
        Ok(libproc::bsd_info(pid, Zombies::Included)?.pbi_ppid)
    }

    fn children(&self, pid: u32) -> Vec<Child> {
        let mut children: Vec<Child> = libproc::child_pids(pid)
            .into_iter()
            .filter_map(|child| libproc::bsd_info(child, Zombies::Included).ok())
            .filter(|info| info.pbi_ppid == pid)
            .map(|info| Child { id: identity(&info), command_line: String::new(), state: state(&info, None) })
            .collect();
        children.sort_unstable_by_key(|child| child.id);
        let pids: Vec<u32> = children.iter().map(|child| child.id.pid).collect();
        for (child, command_line) in children.iter_mut().zip(command_lines(&pids)) {
            child.command_line = command_line;
        }
        children
    }

    fn own_processes(&self) -> Vec<OwnProcess> {
        let us = nix::unistd::geteuid().as_raw();
        let look = |pid: u32| {
            let info = libproc::bsd_info(pid, Zombies::Excluded).ok()?;
            let has_terminal = Some(info.pbi_flags & libproc::PROC_FLAG_CONTROLT != 0);
            Some(OwnProcess {
                id: identity(&info),
                parent: info.pbi_ppid,
                has_terminal,
                in_front: None,
                cpu: None,
                resident_bytes: None,
                name: None,
            })
        };
        libproc::pids_of_user(us, PROCESSES_AT_MOST).into_iter().filter_map(look).collect()
    }

    fn working_directory(&self, pid: u32) -> Option<PathBuf> {
        by_sysinfo::working_directory(pid)
    }

    fn pressure(&self) -> Option<Pressure> {
        None
    }

    fn boot_id(&self) -> Option<String> {
        libproc::boot_session()
    }

    fn self_rss_bytes(&self) -> Option<u64> {
        self.resident_bytes(std::process::id())
    }

    fn tcp_sockets(&self, rows: TcpRows, each: &mut dyn FnMut(Socket)) {
        Self::each_tcp_socket(rows, each);
    }

    fn holders(&self, sockets: &[Socket], _likely: &[u32]) -> BTreeMap<u64, ProcessId> {
        self.socket_holders(sockets)
    }

    fn listening_addresses(&self, pid: u32) -> Vec<SocketAddr> {
        let mut addresses = Vec::new();
        Self::each_tcp_socket_of(pid, TcpRows::Listening, &mut |socket| addresses.push(socket.local));
        addresses
    }

    /// `NOTE_MEMORYSTATUS_PRESSURE_*` in <sys/event.h>.
    fn memory(&self) -> Option<Memory> {
        by_sysinfo::memory(libproc::memory_pressure_level().and_then(|level| match level {
            1 => Some(MemoryLevel::Normal),
            2 => Some(MemoryLevel::Warning),
            4 => Some(MemoryLevel::Critical),
            _ => None,
        }))
    }

    fn executable(&self, pid: u32) -> Option<PathBuf> {
        by_sysinfo::executable(pid)
    }

    fn arguments(&self, pid: u32) -> Option<Vec<String>> {
        by_sysinfo::arguments(pid)
    }

    fn resident_bytes(&self, pid: u32) -> Option<u64> {
        Some(libproc::all_info(pid).ok()?.ptinfo.pti_resident_size)
    }

    fn clock_ticks_per_second() -> u64 {
        1_000_000
    }

    /// `CLOCK_UPTIME_RAW` stands still in sleep (`mach_absolute_time`): clock_gettime(3).
    fn monotonic() -> Duration {
        clock(libc::CLOCK_UPTIME_RAW)
    }

    /// `CLOCK_MONOTONIC_RAW` goes on in sleep (`mach_continuous_time`): clock_gettime(3).
    fn boottime() -> Duration {
        clock(libc::CLOCK_MONOTONIC_RAW)
    }
}

fn clock(id: libc::clockid_t) -> Duration {
    clock_gettime(ClockId::from_raw(id)).map(Duration::from).unwrap_or_default()
}

/// A process, with a kqueue that tells of its exit.
pub(crate) struct Held {
    id: ProcessId,
    exit: Kqueue,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("id", &self.id).finish_non_exhaustive()
    }
}

impl AsFd for Held {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.exit.as_fd()
    }
}

impl Held {
    fn gone(&self) -> Error {
        Error::Gone { pid: self.id.pid }
    }

    /// All threads, the main one first: thread ids are counted up over the whole system, so the lowest is the oldest.
    fn threads(&self, at_most: usize) -> Result<Vec<Thread>, Error> {
        let pid = self.id.pid;
        let mut ids = libproc::thread_ids(pid)?;
        ids.sort_unstable();
        let thread = |id| {
            let info = libproc::thread_info(pid, id).ok()?;
            Some(Thread {
                id,
                name: libproc::thread_name(&info),
                state: thread_state(info.pth_run_state),
                cpu_ns: info.pth_user_time.saturating_add(info.pth_system_time),
            })
        };
        Ok(ids.into_iter().take(at_most).filter_map(thread).collect())
    }
}

impl Watched for Held {
    fn id(&self) -> ProcessId {
        self.id
    }

    fn sample(&mut self, depth: Depth) -> Result<ProcessFacts, Error> {
        let pid = self.id.pid;
        let threads = self.threads(if depth == Depth::Full { THREADS_AT_MOST } else { 1 })?;
        let main = threads.first().ok_or_else(|| self.gone())?;
        let info = libproc::all_info(pid)?;
        // Read last: if it is still the same process, what was read before is of it too.
        if identity(&info.pbsd) != self.id {
            return Err(self.gone());
        }
        let (bsd, task) = (&info.pbsd, &info.ptinfo);
        let all_cpu_ns = libproc::ticks_to_ns(task.pti_total_user.saturating_add(task.pti_total_system));
        let main_cpu_ns = main.cpu_ns;
        let state = state(bsd, Some(main.state));
        let full = depth == Depth::Full;
        Ok(ProcessFacts {
            state,
            main_cpu_ns,
            main_run_delay_ns: None,
            all_cpu_ns: all_cpu_ns.max(main_cpu_ns),
            // `pti_csw` counts both kinds over all threads: useless for telling a deadlock.
            voluntary_switches: None,
            involuntary_switches: None,
            // A debugger becomes the parent of what it debugs: ptrace(2), "PT_ATTACH".
            tracer_pid: Some(if bsd.pbi_flags & libproc::PROC_FLAG_TRACED != 0 { bsd.pbi_ppid } else { 0 }),
            threads: u32::try_from(task.pti_threadnum).unwrap_or(0),
            rss_bytes: task.pti_resident_size,
            wchan: None,
            children: full.then(|| Machine.children(pid)),
            every_thread: full.then_some(threads),
        })
    }

    fn recheck(&self) -> Result<(), Error> {
        let ProcessId { pid, .. } = self.id;
        let info = libproc::bsd_info(pid, Zombies::Excluded)?;
        let found = identity(&info);
        if found != self.id {
            return Err(Error::IdentityMismatch { expected: self.id, found_start_time: found.start_time });
        }
        if info.pbi_status == libc::SZOMB || info.pbi_flags & libproc::PROC_FLAG_INEXIT != 0 {
            return Err(self.gone());
        }
        let us = nix::unistd::geteuid().as_raw();
        // All three: a setuid program that we started is not ours to end.
        if [info.pbi_uid, info.pbi_ruid, info.pbi_svuid] != [us; 3] {
            return Err(Error::NotOurs { pid });
        }
        Ok(())
    }

    fn send(&self, signal: Signal) -> Result<(), Error> {
        let pid = self.id.pid;
        let raw = i32::try_from(pid).map_err(|_| self.gone())?;
        let signal = match signal {
            Signal::Term => nix::sys::signal::Signal::SIGTERM,
            Signal::Kill => nix::sys::signal::Signal::SIGKILL,
            Signal::Usr1 => nix::sys::signal::Signal::SIGUSR1,
        };
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(raw), signal)
            .map_err(|errno| error(errno, pid, "send a signal"))
    }

    fn catches_usr1(&self) -> Result<bool, Error> {
        let (caught, start_time) = libproc::caught_signals(self.id.pid)?;
        if start_time != self.id.start_time {
            return Err(self.gone());
        }
        Ok(caught & 1 << (libc::SIGUSR1 - 1) != 0)
    }

    /// Not by the kqueue: to ask it would take the event from those who wait for it.
    fn has_exited(&self) -> bool {
        match libproc::bsd_info(self.id.pid, Zombies::Excluded) {
            Ok(info) => identity(&info) != self.id,
            Err(Error::Gone { .. }) => true,
            Err(_) => false,
        }
    }
}

fn identity(info: &libc::proc_bsdinfo) -> ProcessId {
    let start_time = info.pbi_start_tvsec.saturating_mul(1_000_000).saturating_add(info.pbi_start_tvusec);
    ProcessId { pid: info.pbi_pid, start_time }
}

/// The process's own state where it says something (`SSTOP`, `SZOMB`), else the main thread's.
fn state(info: &libc::proc_bsdinfo, main_thread: Option<ProcessState>) -> ProcessState {
    match info.pbi_status {
        libc::SSTOP if info.pbi_flags & libproc::PROC_FLAG_TRACED != 0 => ProcessState::Traced,
        libc::SSTOP => ProcessState::Stopped,
        libc::SZOMB => ProcessState::Zombie,
        _ => main_thread.unwrap_or(ProcessState::Unknown('?')),
    }
}

/// `TH_STATE_*`, <mach/thread_info.h>. `STOPPED` is a suspended task or thread, as App Nap and debuggers do it.
fn thread_state(run_state: i32) -> ProcessState {
    match run_state {
        libc::TH_STATE_RUNNING => ProcessState::Running,
        libc::TH_STATE_WAITING => ProcessState::Sleeping,
        libc::TH_STATE_UNINTERRUPTIBLE => ProcessState::DiskSleep,
        libc::TH_STATE_STOPPED => ProcessState::Stopped,
        libc::TH_STATE_HALTED => ProcessState::Dead,
        _ => ProcessState::Unknown('?'),
    }
}

fn error(errno: Errno, pid: u32, doing: &'static str) -> Error {
    match errno {
        Errno::ESRCH => Error::Gone { pid },
        Errno::EPERM | Errno::EACCES => Error::Denied { pid },
        other => Error::Io { doing, source: other.into() },
    }
}
