//! One process: its pidfd for the exit and the signal, its files in `/proc` for the facts.

use super::Machine;
use super::procfs::Folder;
use crate::contract::{Depth, Signal, System as _, Watched};
use crate::{Error, ProcessFacts, ProcessId, ProcessState};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};
use rustix::time::Timespec;

/// The bit of SIGUSR1 in the masks of `/proc/PID/status`.
const USR1: u64 = 1 << (rustix::process::Signal::USR1.as_raw() - 1);

/// A process, held open by five descriptors.
#[derive(Debug)]
pub(crate) struct Held {
    id: ProcessId,
    machine: Machine,
    pidfd: OwnedFd,
    folder: Folder,
    stat: OwnedFd,
    status: OwnedFd,
    /// Of the main thread. `None` on kernels without `CONFIG_SCHED_INFO`.
    schedstat: Option<OwnedFd>,
    tick_ns: u64,
    page_bytes: u64,
    /// Used again for each look, so that a cheap one allocates nothing.
    text: Vec<u8>,
}

impl Held {
    pub(crate) fn open(machine: &Machine, id: ProcessId) -> Result<Self, Error> {
        let ProcessId { pid, .. } = id;
        let raw = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(Error::Gone { pid })?;
        let pidfd = pidfd_open(raw, PidfdFlags::empty()).map_err(|errno| match errno {
            // INVAL and NOENT: a thread that is not the main one of its process.
            Errno::SRCH | Errno::INVAL | Errno::NOENT => Error::Gone { pid },
            Errno::ACCESS | Errno::PERM => Error::Denied { pid },
            Errno::NOSYS => Error::Unsupported { what: "pidfd_open (Linux 5.3)" },
            other => Error::Io { doing: "open a pidfd", source: other.into() },
        })?;
        let folder = machine.process(pid)?;
        let held = Self {
            id,
            machine: machine.clone(),
            pidfd,
            stat: folder.file("stat")?,
            status: folder.file("status")?,
            schedstat: folder.file("schedstat").ok(),
            folder,
            tick_ns: 1_000_000_000 / Machine::clock_ticks_per_second(),
            page_bytes: rustix::param::page_size() as u64,
            text: Vec::with_capacity(4096),
        };
        // The pidfd was opened first and its process is alive after the files were opened, so the pid was not used
        // again in between: pidfd and files are of one process, the one that `recheck` looks at.
        held.recheck()?;
        Ok(held)
    }

    /// CPU time and run queue delay, in ns.
    fn main_thread_cpu(&mut self) -> Result<(u64, Option<u64>), Error> {
        if let Some(file) = &self.schedstat
            && let Some((cpu_ns, delay_ns)) = self.folder.schedstat_of(file, &mut self.text)?
        {
            return Ok((cpu_ns, Some(delay_ns)));
        }
        // A kernel that does not count, or a process that has not run yet.
        let file = self.folder.file(&format!("task/{}/stat", self.id.pid))?;
        let stat = self.folder.stat_of(&file, &mut self.text)?;
        Ok((stat.cpu_ticks.saturating_mul(self.tick_ns), None))
    }
}

impl Watched for Held {
    fn id(&self) -> ProcessId {
        self.id
    }

    fn sample(&mut self, depth: Depth) -> Result<ProcessFacts, Error> {
        let (main_cpu_ns, main_run_delay_ns) = self.main_thread_cpu()?;
        let stat = self.folder.stat_of(&self.stat, &mut self.text)?;
        let status = self.folder.status_of(&self.status, &mut self.text)?;
        let mut facts = ProcessFacts {
            state: stat.state,
            main_cpu_ns,
            main_run_delay_ns,
            all_cpu_ns: stat.cpu_ticks.saturating_mul(self.tick_ns).max(main_cpu_ns),
            voluntary_switches: status.voluntary_switches,
            involuntary_switches: status.involuntary_switches,
            tracer_pid: status.tracer_pid,
            threads: stat.threads,
            rss_bytes: stat.rss_pages.saturating_mul(self.page_bytes),
            wchan: None,
            children: None,
            every_thread: None,
        };
        if depth == Depth::Full {
            facts.wchan = self.folder.wchan();
            if facts.wchan.as_deref().is_some_and(|wchan| is_frozen_from_outside(facts.state, wchan)) {
                facts.state = ProcessState::Stopped;
            }
            facts.children = Some(self.machine.children_of(&self.folder));
            facts.every_thread = Some(self.folder.threads(self.tick_ns)?);
        }
        Ok(facts)
    }

    fn recheck(&self) -> Result<(), Error> {
        let ProcessId { pid, start_time } = self.id;
        let mut text = Vec::with_capacity(4096);
        let stat = self.folder.stat_of(&self.stat, &mut text)?;
        if stat.start_time != start_time {
            return Err(Error::IdentityMismatch { expected: self.id, found_start_time: stat.start_time });
        }
        if matches!(stat.state, ProcessState::Zombie | ProcessState::Dead) || self.has_exited() {
            return Err(Error::Gone { pid });
        }
        let uids = self.folder.status_of(&self.status, &mut text)?.uids;
        let us = rustix::process::geteuid().as_raw();
        // All three: a setuid program that we started is not ours to end.
        if uids.ok_or(Error::Malformed { what: "status" })? != [us; 3] {
            return Err(Error::NotOurs { pid });
        }
        Ok(())
    }

    fn send(&self, signal: Signal) -> Result<(), Error> {
        let pid = self.id.pid;
        let signal = match signal {
            Signal::Term => rustix::process::Signal::TERM,
            Signal::Kill => rustix::process::Signal::KILL,
            Signal::Usr1 => rustix::process::Signal::USR1,
        };
        pidfd_send_signal(&self.pidfd, signal).map_err(|errno| match errno {
            Errno::SRCH => Error::Gone { pid },
            Errno::PERM => Error::Denied { pid },
            other => Error::Io { doing: "send a signal through a pidfd", source: other.into() },
        })
    }

    fn catches_usr1(&self) -> Result<bool, Error> {
        let status = self.folder.status_of(&self.status, &mut Vec::with_capacity(4096))?;
        let caught =
            status.caught_signals.ok_or(Error::Unsupported { what: "SigCgt in /proc/PID/status" })?;
        Ok(caught & USR1 != 0)
    }

    fn has_exited(&self) -> bool {
        let mut fds = [PollFd::new(&self.pidfd, PollFlags::IN)];
        loop {
            return match poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) {
                Err(Errno::INTR) => continue,
                // Cannot happen with one valid descriptor. Claiming an exit would be the worse mistake: it is
                // reported once and never looked at again.
                Err(_) | Ok(0) => false,
                Ok(_) => fds[0].revents().contains(PollFlags::IN),
            };
        }
    }
}

impl AsFd for Held {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

/// The kernel's freezers (`docker pause`, `systemctl freeze`, suspend) leave a process looking asleep; only where it
/// sleeps tells. cgroup v2: `do_freezer_trap`, or its caller `get_signal` where the compiler made one of both (measured on
/// Linux 6.18; nothing else in there sleeps interruptibly). cgroup v1 and suspend: `__refrigerator`, or any function in
/// state `D`, which is no deadlock either. <https://docs.kernel.org/admin-guide/cgroup-v2.html>, "cgroup.freeze".
fn is_frozen_from_outside(state: ProcessState, wchan: &str) -> bool {
    match state {
        ProcessState::Sleeping => matches!(wchan, "do_freezer_trap" | "get_signal"),
        ProcessState::DiskSleep => wchan == "__refrigerator",
        _ => false,
    }
}
