//! Windows: a process handle keeps the pid from being used again, and is waitable.

mod tcp;
mod win32;

use crate::by_sysinfo::{self, command_lines};
use crate::contract::{Depth, Signal, Socket, System, TcpRows, Watched};
use crate::{
    Child, Error, Memory, MemoryLevel, OwnProcess, PROCESSES_AT_MOST, Pressure, ProcessFacts, ProcessId,
    ProcessState,
};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};
use std::path::PathBuf;
use std::time::Duration;

/// Blocks until the process has exited.
pub(crate) fn wait_for_exit(process: &OwnedHandle) -> Result<(), Error> {
    win32::wait(process)
}

/// The machine. Stateless: every answer comes from the kernel.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine;

impl System for Machine {
    type Watched = Held;

    fn identify(&self, pid: u32) -> Result<ProcessId, Error> {
        let process = win32::open_to_look(pid)?;
        Ok(ProcessId { pid, start_time: win32::process_times(&process)?.created })
    }

    fn open(&self, id: ProcessId) -> Result<Held, Error> {
        let process = win32::open_to_end(id.pid)?;
        let (main_thread_id, main_thread) = win32::main_thread(id.pid)?;
        let held = Held { id, process, main_thread_id, main_thread };
        // As long as `process` is open, nobody else gets its pid: the threads are its own.
        held.recheck()?;
        Ok(held)
    }

    /// Windows remembers the parent's pid only, which may be another's by now: a parent is older than its child.
    fn parent(&self, pid: u32) -> Result<u32, Error> {
        let processes = win32::processes()?;
        let entry = processes.iter().find(|entry| entry.pid == pid).ok_or(Error::Gone { pid })?;
        match self.identify(entry.parent) {
            Err(Error::Gone { .. }) => Ok(0),
            Ok(parent) if self.identify(pid).is_ok_and(|child| child.start_time < parent.start_time) => Ok(0),
            // Alive, older or not to be asked: it may be the parent.
            Ok(_) | Err(_) => Ok(entry.parent),
        }
    }

    fn children(&self, pid: u32) -> Vec<Child> {
        let (Ok(parent), Ok(processes)) = (self.identify(pid), win32::processes()) else { return Vec::new() };
        let mut children: Vec<Child> = processes
            .into_iter()
            .filter(|entry| entry.parent == pid && entry.pid != pid)
            .filter_map(|entry| self.identify(entry.pid).ok())
            .filter(|id| id.start_time >= parent.start_time)
            .map(|id| Child { id, command_line: String::new(), state: ProcessState::Unknown('?') })
            .take(crate::CHILDREN_AT_MOST)
            .collect();
        children.sort_unstable_by_key(|child| child.id);
        let pids: Vec<u32> = children.iter().map(|child| child.id.pid).collect();
        for (child, command_line) in children.iter_mut().zip(command_lines(&pids)) {
            child.command_line = command_line;
        }
        children
    }

    fn own_processes(&self) -> Vec<OwnProcess> {
        let Ok(entries) = win32::processes() else { return Vec::new() };
        let look = |entry: &win32::ProcessEntry| {
            let process = win32::open_to_look(entry.pid).ok()?;
            let is_ours = win32::is_of_our_user(&process).unwrap_or(false);
            let id = ProcessId { pid: entry.pid, start_time: win32::process_times(&process).ok()?.created };
            is_ours.then_some((id, entry.parent))
        };
        let ours: Vec<(ProcessId, u32)> = entries.iter().filter_map(look).take(PROCESSES_AT_MOST).collect();
        let started = |pid: u32| ours.iter().find(|(id, _)| id.pid == pid).map(|(id, _)| id.start_time);
        // A parent is older than its child; a younger process has the pid of one that has exited.
        let parent = |id: ProcessId, parent: u32| {
            if started(parent).is_some_and(|at| at > id.start_time) { 0 } else { parent }
        };
        ours.iter()
            .map(|&(id, of)| OwnProcess {
                id,
                parent: parent(id, of),
                has_terminal: None,
                in_front: None,
                cpu: None,
                resident_bytes: None,
                name: None,
            })
            .collect()
    }

    fn working_directory(&self, pid: u32) -> Option<PathBuf> {
        by_sysinfo::working_directory(pid)
    }

    fn pressure(&self) -> Option<Pressure> {
        None
    }

    /// None is needed: start times are absolute.
    fn boot_id(&self) -> Option<String> {
        None
    }

    fn self_rss_bytes(&self) -> Option<u64> {
        self.resident_bytes(std::process::id())
    }

    fn tcp_sockets(&self, rows: TcpRows, each: &mut dyn FnMut(Socket)) {
        tcp::sockets(rows, each);
    }

    fn holders(&self, sockets: &[Socket], _likely: &[u32]) -> BTreeMap<u64, ProcessId> {
        let holder = |socket: &Socket| Some((socket.key, self.identify(socket.holder).ok()?));
        sockets.iter().filter_map(holder).collect()
    }

    fn listening_addresses(&self, pid: u32) -> Vec<SocketAddr> {
        let mut addresses = Vec::new();
        tcp::sockets(TcpRows::Listening, &mut |socket| {
            if socket.holder == pid {
                addresses.push(socket.local);
            }
        });
        addresses
    }

    /// There is a notice for little memory, and none for nearly none.
    fn memory(&self) -> Option<Memory> {
        by_sysinfo::memory(
            win32::memory_is_low().map(|low| if low { MemoryLevel::Warning } else { MemoryLevel::Normal }),
        )
    }

    fn executable(&self, pid: u32) -> Option<PathBuf> {
        by_sysinfo::executable(pid)
    }

    fn arguments(&self, pid: u32) -> Option<Vec<String>> {
        by_sysinfo::arguments(pid)
    }

    fn resident_bytes(&self, pid: u32) -> Option<u64> {
        win32::working_set_bytes(&win32::open_to_look(pid).ok()?).ok()
    }

    fn clock_ticks_per_second() -> u64 {
        10_000_000
    }

    fn monotonic() -> Duration {
        win32::unbiased_interrupt_time()
    }

    fn boottime() -> Duration {
        win32::interrupt_time()
    }
}

/// A process, with its first thread.
#[derive(Debug)]
pub(crate) struct Held {
    id: ProcessId,
    process: OwnedHandle,
    main_thread_id: u32,
    main_thread: OwnedHandle,
}

impl AsHandle for Held {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.process.as_handle()
    }
}

impl Watched for Held {
    fn id(&self) -> ProcessId {
        self.id
    }

    fn sample(&mut self, depth: Depth) -> Result<ProcessFacts, Error> {
        let pid = self.id.pid;
        let main = win32::thread_times(&self.main_thread)?;
        let all = win32::process_times(&self.process)?;
        let full = depth == Depth::Full;
        let seen = if full { win32::main_thread_state(pid, self.main_thread_id)? } else { None };
        let state = if self.has_exited() {
            ProcessState::Zombie
        } else if win32::is_debugged(&self.process)? {
            ProcessState::Traced
        } else {
            seen.map_or(ProcessState::Unknown('?'), |seen| seen.main_thread)
        };
        Ok(ProcessFacts {
            state,
            main_cpu_ns: main.cpu_ns,
            main_run_delay_ns: None,
            all_cpu_ns: all.cpu_ns.max(main.cpu_ns),
            voluntary_switches: None,
            involuntary_switches: None,
            tracer_pid: None,
            threads: seen.map_or(0, |seen| seen.threads),
            rss_bytes: win32::working_set_bytes(&self.process)?,
            wchan: None,
            children: full.then(|| Machine.children(pid)),
            every_thread: None,
        })
    }

    fn recheck(&self) -> Result<(), Error> {
        let ProcessId { pid, start_time } = self.id;
        let found_start_time = win32::process_times(&self.process)?.created;
        if found_start_time != start_time {
            return Err(Error::IdentityMismatch { expected: self.id, found_start_time });
        }
        if self.has_exited() {
            return Err(Error::Gone { pid });
        }
        if !win32::is_of_our_user(&self.process)? {
            return Err(Error::NotOurs { pid });
        }
        Ok(())
    }

    fn send(&self, signal: Signal) -> Result<(), Error> {
        match signal {
            Signal::Kill => win32::terminate(&self.process),
            Signal::Term => Err(Error::Unsupported { what: "a request to end" }),
            Signal::Usr1 => Err(Error::Unsupported { what: "SIGUSR1" }),
        }
    }

    fn catches_usr1(&self) -> Result<bool, Error> {
        Err(Error::Unsupported { what: "SIGUSR1" })
    }

    fn has_exited(&self) -> bool {
        win32::is_signalled(&self.process)
    }
}
