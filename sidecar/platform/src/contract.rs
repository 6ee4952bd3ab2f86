//! What each operating system's file has to provide. The rules that are the same everywhere (who is never signalled)
//! are not here but in the crate's root.

use crate::{
    CgroupMemory, Child, Error, Memory, MemoryTrigger, OwnProcess, Pressure, ProcessFacts, ProcessId,
    RouteChanges, WayOut,
};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The machine: finds processes, reads clocks.
pub(crate) trait System: Clone {
    type Watched: Watched;

    fn identify(&self, pid: u32) -> Result<ProcessId, Error>;
    /// Opens the process and verifies, after opening, that it is `id`, alive, and ours.
    fn open(&self, id: ProcessId) -> Result<Self::Watched, Error>;
    /// 0 when it has none (any more).
    fn parent(&self, pid: u32) -> Result<u32, Error>;
    fn children(&self, pid: u32) -> Vec<Child>;
    fn own_processes(&self) -> Vec<OwnProcess>;
    fn working_directory(&self, pid: u32) -> Option<PathBuf>;
    /// Where it takes more than a link to find out, nobody has needed it yet.
    fn open_files(&self, _pid: u32) -> Vec<PathBuf> {
        Vec::new()
    }
    /// Where nobody can tell, nobody is certain.
    fn stdin_is_held(&self, _pid: u32) -> Option<bool> {
        None
    }
    fn in_login_session(&self, _pid: u32) -> Option<bool> {
        None
    }
    fn pressure(&self) -> Option<Pressure>;
    fn boot_id(&self) -> Option<String>;
    fn self_rss_bytes(&self) -> Option<u64>;
    /// Our user, as [`Socket::uid`] names users; `None` where that is not told.
    fn user(&self) -> Option<u32> {
        None
    }
    /// Whose the socket with these two ends is; `None`: there is none, or it cannot be asked for alone.
    fn tcp_owner(&self, _local: SocketAddr, _remote: SocketAddr) -> Option<u32> {
        None
    }
    /// Hands over each TCP socket of this kind, IPv4 and IPv6, in any order, possibly one twice.
    fn tcp_sockets(&self, rows: TcpRows, each: &mut dyn FnMut(Socket));
    /// Who holds these sockets, by their keys. Who is not found is left out.
    fn holders(&self, sockets: &[Socket], likely: &[u32]) -> BTreeMap<u64, ProcessId>;
    fn listening_addresses(&self, pid: u32) -> Vec<SocketAddr>;
    /// The keys of the sockets that it holds.
    fn socket_keys(&self, _pid: u32) -> Option<BTreeSet<u64>> {
        None
    }
    fn memory(&self) -> Option<Memory>;
    /// Control groups are Linux's.
    fn cgroup_memory(&self, _pid: u32) -> Option<CgroupMemory> {
        None
    }
    fn memory_trigger(&self) -> Result<MemoryTrigger, Error> {
        Err(Error::Unsupported { what: "a trigger on memory pressure" })
    }
    fn ways_out(&self) -> Option<Vec<WayOut>> {
        None
    }
    fn route_changes(&self) -> Result<RouteChanges, Error> {
        Err(Error::Unsupported { what: "word of changes of the network" })
    }
    fn executable(&self, pid: u32) -> Option<PathBuf>;
    fn arguments(&self, pid: u32) -> Option<Vec<String>>;
    fn resident_bytes(&self, pid: u32) -> Option<u64>;
    fn clock_ticks_per_second() -> u64;
    fn monotonic() -> Duration;
    fn boottime() -> Duration;
}

/// One process, held open.
pub(crate) trait Watched {
    fn id(&self) -> ProcessId;
    fn sample(&mut self, depth: Depth) -> Result<ProcessFacts, Error>;
    /// Is it, at this instant, the same process, alive, and ours?
    fn recheck(&self) -> Result<(), Error>;
    fn send(&self, signal: Signal) -> Result<(), Error>;
    fn has_exited(&self) -> bool;
    /// Whether it has a handler of its own for SIGUSR1.
    fn catches_usr1(&self) -> Result<bool, Error>;
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    Cheap,
    Full,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    Term,
    Kill,
    Usr1,
}

/// Which rows of the TCP table are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TcpRows {
    Listening,
    /// Listening and established.
    All,
    /// The same, and when each connection was heard of last, where the system tells.
    Heard,
}

/// A TCP socket that listens or is connected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Socket {
    /// See [`crate::Listener::key`].
    pub(crate) key: u64,
    pub(crate) listening: bool,
    pub(crate) local: SocketAddr,
    /// All zeroes when it listens.
    pub(crate) remote: SocketAddr,
    pub(crate) uid: Option<u32>,
    /// Only of one that listens.
    pub(crate) backlog: Option<u32>,
    /// Since data came in on a connection; only with [`TcpRows::Heard`], and where the system tells.
    pub(crate) silent_for: Option<Duration>,
    /// Where the table tells it.
    #[cfg(not(target_os = "linux"))]
    pub(crate) holder: u32,
}
