//! Command lines by `sysinfo`: reading another process's arguments takes a private memory layout on macOS and Windows.

use crate::printable::clean;
use std::ffi::OsStr;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

/// The command line of each pid, in the same order; empty where it cannot be read.
pub(crate) fn command_lines(pids: &[u32]) -> Vec<String> {
    let wanted: Vec<Pid> = pids.iter().map(|&pid| Pid::from_u32(pid)).collect();
    let what = ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always);
    let Ok(mut system) = System::new() else { return vec![String::new(); pids.len()] };
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&wanted), false, what);
    wanted
        .iter()
        .map(|&pid| {
            let arguments = system.process(pid).map(|process| process.cmd()).unwrap_or_default();
            clean(arguments.join(OsStr::new(" ")).as_encoded_bytes())
        })
        .collect()
}
