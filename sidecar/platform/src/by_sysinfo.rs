//! What `sysinfo` tells on macOS and Windows: reading another process's arguments takes a private memory layout there.

use crate::printable::clean;
use crate::{ARGUMENTS_BYTES, Memory, MemoryLevel};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

/// The command line of each pid, in the same order; empty where it cannot be read.
pub(crate) fn command_lines(pids: &[u32]) -> Vec<String> {
    let joined = |process: &Process| clean(process.cmd().join(OsStr::new(" ")).as_encoded_bytes());
    let what = ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always);
    look(pids, what, joined).into_iter().map(Option::unwrap_or_default).collect()
}

/// See [`crate::Platform::arguments`].
pub(crate) fn arguments(pid: u32) -> Option<Vec<String>> {
    let what = ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always);
    let bounded = |process: &Process| {
        let mut left = ARGUMENTS_BYTES;
        let fits = |argument: &&OsString| {
            let room = left.checked_sub(argument.len() + 1);
            left = room.unwrap_or(0);
            room.is_some()
        };
        process.cmd().iter().take_while(fits).map(|argument| clean(argument.as_encoded_bytes())).collect()
    };
    look(&[pid], what, bounded).pop()?
}

/// See [`crate::Platform::executable`].
pub(crate) fn executable(pid: u32) -> Option<PathBuf> {
    let what = ProcessRefreshKind::nothing().with_exe(UpdateKind::Always);
    look(&[pid], what, |process| process.exe().map(PathBuf::from)).pop()?.flatten()
}

/// See [`crate::Platform::working_directory`].
pub(crate) fn working_directory(pid: u32) -> Option<PathBuf> {
    let what = ProcessRefreshKind::nothing().with_cwd(UpdateKind::Always);
    look(&[pid], what, |process| process.cwd().map(PathBuf::from)).pop()?.flatten()
}

/// The machine's memory, with the system's own opinion of it.
pub(crate) fn memory(level: Option<MemoryLevel>) -> Option<Memory> {
    let mut system = System::new().ok()?;
    system.refresh_memory();
    let total_bytes = system.total_memory();
    (total_bytes > 0).then(|| Memory {
        total_bytes,
        available_bytes: system.available_memory().min(total_bytes),
        swap_total_bytes: system.total_swap(),
        swap_free_bytes: system.free_swap(),
        level,
    })
}

/// What is seen of each process, in the same order.
fn look<T>(pids: &[u32], what: ProcessRefreshKind, see: impl Fn(&Process) -> T) -> Vec<Option<T>> {
    let Ok(mut system) = System::new() else { return pids.iter().map(|_| None).collect() };
    let pids: Vec<Pid> = pids.iter().map(|&pid| Pid::from_u32(pid)).collect();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&pids), false, what);
    pids.iter().map(|&pid| system.process(pid).map(&see)).collect()
}
