//! The machine's memory: `/proc/meminfo`, and a trigger on `/proc/pressure/memory`.

use super::{Machine, parse, procfs};
use crate::{Error, Memory, MemoryTrigger};
use rustix::io::Errno;

/// 150 ms of stall within 2 s; see [`MemoryTrigger`]. The kernel overwrites the last byte that is written.
const TRIGGER: &[u8] = b"some 150000 2000000\0";

impl Machine {
    pub(super) fn memory_now(&self) -> Option<Memory> {
        parse::memory(&self.small_file("meminfo")?)
    }

    pub(super) fn new_memory_trigger(&self) -> Result<MemoryTrigger, Error> {
        let refused = |errno: Errno| match errno {
            // No PSI, switched off at boot, or not for us.
            Errno::NOENT | Errno::OPNOTSUPP | Errno::ACCESS | Errno::PERM => {
                Error::Unsupported { what: "a trigger on memory pressure" }
            }
            other => Error::Io { doing: "set a trigger on memory pressure", source: other.into() },
        };
        let fd = procfs::open_to_write(&self.root.join("pressure/memory")).map_err(refused)?;
        rustix::io::write(&fd, TRIGGER).map_err(refused)?;
        Ok(MemoryTrigger { fd })
    }
}
