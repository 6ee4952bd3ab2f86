//! How much memory the machine has left, and how much a container leaves to a process.

use crate::contract::System;
use crate::{Error, Platform};

/// The memory of the whole machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Memory {
    /// What is built in, in bytes (without what the kernel keeps for itself).
    pub total_bytes: u64,
    /// What programs can still get without swapping, in bytes. Linux: `MemAvailable`; Windows: `ullAvailPhys`; macOS:
    /// what is active, inactive or free, as it compresses and drops what is active too; judge by `level` there.
    pub available_bytes: u64,
    /// In bytes; 0 without swap. Windows: of the page files.
    pub swap_total_bytes: u64,
    /// In bytes.
    pub swap_free_bytes: u64,
    /// The system's own opinion. `None` where it has none (Linux; see [`Platform::pressure`]).
    pub level: Option<MemoryLevel>,
}

/// How short of memory the system says it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MemoryLevel {
    /// There is enough.
    Normal,
    /// Programs should give back what they can. macOS: `kern.memorystatus_vm_pressure_level` 2; Windows:
    /// `LowMemoryResourceNotification`.
    Warning,
    /// Programs are being ended, or soon will be. macOS: level 4.
    Critical,
}

/// The limit that a control group (a container, a systemd unit) sets to the memory of a process and its neighbours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CgroupMemory {
    /// At this many bytes the group is throttled (`memory.high`), or processes in it are killed (`memory.max`).
    pub limit_bytes: u64,
    /// What the group uses of it, in bytes, without the file cache that would be dropped first (`inactive_file`).
    pub used_bytes: u64,
}

/// Becomes readable in the sense of `POLLPRI` when some task stood still for want of memory for 150 ms within 2 s; at
/// most once in 2 s, and `poll` itself takes the event back. There is nothing to read.
///
/// The window is a multiple of 2 s because the kernel wants that of those without `CAP_SYS_RESOURCE`.
/// <https://docs.kernel.org/accounting/psi.html>, "Monitoring for pressure thresholds".
#[derive(Debug)]
pub struct MemoryTrigger {
    #[cfg(unix)]
    pub(crate) fd: std::os::fd::OwnedFd,
    #[cfg(not(unix))]
    _none: std::convert::Infallible,
}

#[cfg(unix)]
impl std::os::fd::AsFd for MemoryTrigger {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for MemoryTrigger {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.fd.as_raw_fd()
    }
}

impl Platform {
    /// The machine's memory now. `None` when the system's answer makes no sense. 14 µs on Linux.
    pub fn memory(&self) -> Option<Memory> {
        self.system.memory()
    }

    /// The tightest memory limit of the control groups that this process is in: of those from its own up to the
    /// highest that we can see, the one that leaves the fewest bytes. `None`: no limit below the machine's memory
    /// (always so on macOS and Windows), or no such process. 100 µs on Linux.
    pub fn cgroup_memory(&self, pid: u32) -> Option<CgroupMemory> {
        self.system.cgroup_memory(pid)
    }

    /// Tells when the machine runs short of memory, without looking again and again.
    ///
    /// # Errors
    /// [`Error::Unsupported`] except on Linux with PSI, where unprivileged users may set triggers (6.4 and later, or
    /// `CAP_SYS_RESOURCE`); [`Error::Io`].
    pub fn memory_trigger(&self) -> Result<MemoryTrigger, Error> {
        self.system.memory_trigger()
    }
}
