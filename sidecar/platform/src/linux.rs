//! Linux: `/proc`, read through descriptors that belong to one process for good, and pidfds.

mod cgroup;
mod held;
mod memory;
#[cfg(test)]
mod memory_tests;
mod parse;
mod procfs;
mod routes;
mod sock_diag;
#[cfg(test)]
mod socket_tests;
mod sockets;
mod stdin;
mod tcp_table;
#[cfg(test)]
mod tests;

use crate::contract::{Socket, System, TcpRows};
use crate::{
    CHILDREN_AT_MOST, CgroupMemory, Child, Error, Memory, MemoryTrigger, OwnProcess, PROCESSES_AT_MOST,
    Pressure, ProcessId, ProcessState, RouteChanges, Stall, ThreadName, WayOut,
};
use held::Held;
use procfs::Folder;
use rustix::time::{ClockId, Timespec, clock_gettime};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The real one.
const PROC: &str = "/proc";

/// A machine, by the root of its `/proc`.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    root: Arc<Path>,
}

impl Default for Machine {
    fn default() -> Self {
        Self::with_proc_root(PathBuf::from(PROC))
    }
}

impl Machine {
    pub(crate) fn with_proc_root(root: PathBuf) -> Self {
        Self { root: root.into() }
    }

    /// Whether other ways to ask the kernel than `/proc` lead to the same machine.
    fn is_real(&self) -> bool {
        *self.root == *Path::new(PROC)
    }

    fn process(&self, pid: u32) -> Result<Folder, Error> {
        Folder::open(&self.root, pid)
    }

    /// A small file that is not of a process, such as `pressure/cpu`.
    fn small_file(&self, name: &str) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        procfs::read_path(&self.root.join(name), 4096, &mut text).ok()?;
        Some(text)
    }

    fn stall(&self, name: &str) -> Option<Stall> {
        parse::stall(&self.small_file(name)?)
    }

    /// Every process whose parent is `pid`: for kernels without `CONFIG_PROC_CHILDREN`. 4 µs per process.
    fn scan_for_children(&self, pid: u32) -> Vec<Child> {
        let Ok(entries) = std::fs::read_dir(&self.root) else { return Vec::new() };
        let pids = entries.filter_map(|entry| parse::pid(entry.ok()?.file_name().as_encoded_bytes()));
        let children = pids.filter_map(|candidate| procfs::child(&self.root, candidate, pid));
        let mut children: Vec<Child> = children.take(CHILDREN_AT_MOST).collect();
        children.sort_unstable_by_key(|child| child.id);
        children
    }

    fn processes_of(&self, uid: u32) -> Vec<OwnProcess> {
        let Ok(entries) = std::fs::read_dir(&self.root) else { return Vec::new() };
        let page = rustix::param::page_size() as u64;
        let mut text = Vec::with_capacity(1024);
        let look = |pid: u32| {
            procfs::read_stat(&self.root, pid, uid, &mut text)?;
            let stat = parse::stat(&text)?;
            let mut name = ThreadName::default();
            let told = parse::name(&text)?;
            let told = &told[..told.len().min(name.len())];
            name[..told.len()].copy_from_slice(told);
            let id = ProcessId { pid, start_time: stat.start_time };
            let is_gone = matches!(stat.state, ProcessState::Zombie | ProcessState::Dead);
            let (has_terminal, in_front) = (Some(stat.has_terminal), Some(stat.in_front));
            let ticks = Self::clock_ticks_per_second().max(1);
            let cpu = Some(Duration::from_millis(stat.cpu_ticks.saturating_mul(1000) / ticks));
            (!is_gone).then_some(OwnProcess {
                id,
                parent: stat.parent,
                has_terminal,
                in_front,
                cpu,
                resident_bytes: Some(stat.rss_pages.saturating_mul(page)),
                name: Some(name),
            })
        };
        let pids = entries.filter_map(|entry| parse::pid(entry.ok()?.file_name().as_encoded_bytes()));
        pids.filter_map(look).take(PROCESSES_AT_MOST).collect()
    }

    fn children_of(&self, folder: &Folder) -> Vec<Child> {
        let Some(pids) = folder.listed_children() else { return self.scan_for_children(folder.pid()) };
        pids.into_iter().filter_map(|child| procfs::child(&self.root, child, folder.pid())).collect()
    }
}

impl System for Machine {
    type Watched = Held;

    fn identify(&self, pid: u32) -> Result<ProcessId, Error> {
        Ok(ProcessId { pid, start_time: self.process(pid)?.stat()?.start_time })
    }

    fn open(&self, id: ProcessId) -> Result<Held, Error> {
        Held::open(self, id)
    }

    fn parent(&self, pid: u32) -> Result<u32, Error> {
        Ok(self.process(pid)?.stat()?.parent)
    }

    fn children(&self, pid: u32) -> Vec<Child> {
        self.process(pid).map(|folder| self.children_of(&folder)).unwrap_or_default()
    }

    fn own_processes(&self) -> Vec<OwnProcess> {
        self.processes_of(rustix::process::geteuid().as_raw())
    }

    fn working_directory(&self, pid: u32) -> Option<PathBuf> {
        self.process(pid).ok()?.working_directory()
    }

    fn open_files(&self, pid: u32) -> Vec<PathBuf> {
        self.process(pid).map(|folder| folder.open_files(sockets::DESCRIPTORS_AT_MOST)).unwrap_or_default()
    }

    fn stdin_is_held(&self, pid: u32) -> Option<bool> {
        self.process(pid).ok()?.stdin_is_held()
    }

    fn in_login_session(&self, pid: u32) -> Option<bool> {
        let mut text = Vec::new();
        procfs::read_path(&self.root.join(format!("{pid}/cgroup")), cgroup::GROUPS_BYTES, &mut text).ok()?;
        Some(parse::in_login_session(&text))
    }

    fn pressure(&self) -> Option<Pressure> {
        Some(Pressure {
            cpu: self.stall("pressure/cpu")?,
            memory: self.stall("pressure/memory").unwrap_or_default(),
            io: self.stall("pressure/io").unwrap_or_default(),
        })
    }

    fn boot_id(&self) -> Option<String> {
        parse::boot_id(&self.small_file("sys/kernel/random/boot_id")?)
    }

    fn self_rss_bytes(&self) -> Option<u64> {
        let pages = parse::resident_pages(&self.small_file("self/statm")?)?;
        Some(pages.saturating_mul(rustix::param::page_size() as u64))
    }

    fn user(&self) -> Option<u32> {
        Some(rustix::process::geteuid().as_raw())
    }

    fn tcp_owner(&self, local: SocketAddr, remote: SocketAddr) -> Option<u32> {
        self.is_real().then(|| sock_diag::owner(local, remote).ok().flatten())?
    }

    fn tcp_sockets(&self, rows: TcpRows, each: &mut dyn FnMut(Socket)) {
        self.each_tcp_socket(rows, each);
    }

    fn holders(&self, sockets: &[Socket], likely: &[u32]) -> BTreeMap<u64, ProcessId> {
        self.socket_holders(sockets, likely)
    }

    fn listening_addresses(&self, pid: u32) -> Vec<SocketAddr> {
        self.listening_addresses_of(pid)
    }

    fn socket_keys(&self, pid: u32) -> Option<BTreeSet<u64>> {
        self.sockets_of(pid)
    }

    fn memory(&self) -> Option<Memory> {
        self.memory_now()
    }

    fn cgroup_memory(&self, pid: u32) -> Option<CgroupMemory> {
        self.cgroup_memory_of(pid)
    }

    fn ways_out(&self) -> Option<Vec<WayOut>> {
        self.find_ways_out()
    }

    fn route_changes(&self) -> Result<RouteChanges, Error> {
        routes::changes()
    }

    fn memory_trigger(&self) -> Result<MemoryTrigger, Error> {
        self.new_memory_trigger()
    }

    fn executable(&self, pid: u32) -> Option<PathBuf> {
        self.process(pid).ok()?.executable()
    }

    fn arguments(&self, pid: u32) -> Option<Vec<String>> {
        self.process(pid).ok()?.arguments()
    }

    fn resident_bytes(&self, pid: u32) -> Option<u64> {
        Some(self.process(pid).ok()?.resident_pages()?.saturating_mul(rustix::param::page_size() as u64))
    }

    fn clock_ticks_per_second() -> u64 {
        rustix::param::clock_ticks_per_second().max(1)
    }

    fn monotonic() -> Duration {
        duration(clock_gettime(ClockId::Monotonic))
    }

    fn boottime() -> Duration {
        duration(clock_gettime(ClockId::Boottime))
    }
}

fn duration(time: Timespec) -> Duration {
    Duration::try_from(time).unwrap_or_default()
}
