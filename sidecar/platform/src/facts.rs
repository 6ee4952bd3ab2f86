//! What can be known about a process and its machine: plain data, no opinions.

/// A process that cannot be confused with a later one that got the same pid.
///
/// Valid within one boot of one machine (and, on Linux, one pid namespace).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ProcessId {
    /// The operating system's number.
    pub pid: u32,
    /// When it started. Linux: clock ticks since boot (`/proc/PID/stat`, field 22); macOS: µs since 1970;
    /// Windows: 100 ns since 1601 (`FILETIME`).
    pub start_time: u64,
}

/// A direct child of a process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Child {
    /// Who it is.
    pub id: ProcessId,
    /// Its arguments joined by spaces: at most [`COMMAND_LINE_BYTES`], control characters and invalid UTF-8 replaced
    /// by U+FFFD. `[name]` when it has none (a zombie, a kernel thread), empty when it cannot be read.
    /// May hold whatever a user typed, secrets included: never log it unasked.
    pub command_line: String,
    /// What it is doing.
    pub state: ProcessState,
}

/// How many processes of our user are looked at.
pub const PROCESSES_AT_MOST: usize = 4096;

/// A process of our own user.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnProcess {
    /// Who it is.
    pub id: ProcessId,
    /// The pid of its parent; 0 when it has none, or (Windows) when the parent has exited.
    pub parent: u32,
    /// Whether a terminal controls it. `None`: not told (Windows).
    pub has_terminal: Option<bool>,
    /// Whether its process group is the one that reads that terminal's keys. `None`: not told (macOS, Windows).
    pub in_front: Option<bool>,
    /// CPU time of all its threads since it began, to 10 ms. `None`: not told (macOS, Windows).
    pub cpu: Option<std::time::Duration>,
    /// Resident memory, in bytes. `None`: not told (macOS, Windows).
    pub resident_bytes: Option<u64>,
    /// What its main thread is called: the program's file name, shortened, unless the program has chosen another; it changes whenever the
    /// process begins to run another program. `None`: not told (macOS, Windows).
    pub name: Option<ThreadName>,
}

/// The name of a thread, as the kernel keeps it: 15 bytes (`TASK_COMM_LEN`), the rest zeroes.
pub type ThreadName = [u8; 16];

/// The longest command line that is kept, in bytes. Enough to recognise a program; `execve` allows 2 MiB.
pub const COMMAND_LINE_BYTES: usize = 4096;

/// How much of a process's arguments is kept, in bytes; of each of them, [`COMMAND_LINE_BYTES`].
pub const ARGUMENTS_BYTES: usize = 64 << 10;

/// What the scheduler says of a process (its main thread, on Linux and macOS).
///
/// Letters: `proc_pid_stat(5)`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProcessState {
    /// On a CPU, or waiting for one (`R`).
    Running,
    /// Waiting for something, interruptibly (`S`).
    Sleeping,
    /// Waiting for something in the kernel, uninterruptibly: usually a disk or a network file system (`D`).
    DiskSleep,
    /// Stopped by a signal or a freezer (`T`). Not frozen by its own fault.
    Stopped,
    /// Held by a debugger at this moment (`t`).
    Traced,
    /// Exited, and not reaped by its parent (`Z`).
    Zombie,
    /// Being torn down (`X`).
    Dead,
    /// An idle kernel thread (`I`).
    Idle,
    /// Some other letter, or `?` where the system was not asked or does not tell.
    Unknown(char),
}

/// One look at a process. Counters only grow; compare two looks.
#[derive(Clone, PartialEq, Debug)]
pub struct ProcessFacts {
    /// State of the main thread. On Linux only a look in full sees a freezer (`docker pause`) and then says
    /// [`ProcessState::Stopped`]; a cheap one says `Sleeping` or `DiskSleep`. On Windows only a look in full can tell [`ProcessState::Stopped`], a cheap one says
    /// `Unknown('?')`; a debugger shows as [`ProcessState::Traced`] in both.
    pub state: ProcessState,
    /// CPU time of the main thread since it started, in ns. Linux: from `schedstat`, exact; where the kernel has
    /// none, in steps of one clock tick (10 ms).
    pub main_cpu_ns: u64,
    /// How long the main thread was ready to run but waited for a CPU, in ns, since it started (`schedstat`, second
    /// number). Grows fast on an overloaded machine. `None`: not told (macOS, Windows, kernels without it).
    pub main_run_delay_ns: Option<u64>,
    /// CPU time of all threads, the ended ones included, in ns. In steps of one clock tick (10 ms) on Linux; never
    /// less than `main_cpu_ns`.
    pub all_cpu_ns: u64,
    /// How often the main thread went to sleep by itself. `None`: not told (macOS, Windows, gVisor).
    pub voluntary_switches: Option<u64>,
    /// How often the main thread was made to give up its CPU. `None`: not told (macOS, Windows, gVisor).
    pub involuntary_switches: Option<u64>,
    /// The debugger's pid, 0 for none. `None`: not told (Windows; see `state`).
    pub tracer_pid: Option<u32>,
    /// Number of threads.
    pub threads: u32,
    /// Resident memory, in bytes.
    pub rss_bytes: u64,
    /// The kernel function in which the main thread sleeps, such as `do_epoll_wait`. Only in a look in full, only on
    /// Linux, `None` while it runs or when the kernel hides it.
    pub wchan: Option<String>,
    /// The direct children, zombies included, at most [`CHILDREN_AT_MOST`]. Only in a look in full.
    pub children: Option<Vec<Child>>,
    /// Every thread, the main one included, at most [`THREADS_AT_MOST`]. Only in a look in full; not on Windows.
    pub every_thread: Option<Vec<Thread>>,
}

/// How many children are listed: a runaway process must not make us one.
pub const CHILDREN_AT_MOST: usize = 512;
/// How many threads are listed. An extension host has 15 to 30.
pub const THREADS_AT_MOST: usize = 512;

/// One thread of a process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thread {
    /// The system's number of the thread; on Linux the main thread's is the pid.
    pub id: u64,
    /// Its name, at most 64 bytes, cleaned like [`Child::command_line`]. V8's helpers call themselves `V8Worker`
    /// or, before Node 24, `node` like the rest.
    pub name: String,
    /// What it is doing.
    pub state: ProcessState,
    /// Its CPU time since it started, in ns.
    pub cpu_ns: u64,
}

/// How much of the time work stood still because the machine was short of something (Linux PSI).
///
/// See <https://docs.kernel.org/accounting/psi.html>.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pressure {
    /// Short of CPU time.
    pub cpu: Stall,
    /// Short of memory.
    pub memory: Stall,
    /// Waiting for disks.
    pub io: Stall,
}

/// The stalls for want of one resource. Zero where the kernel does not tell.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Stall {
    /// Share of the last 10 s in which *some* task waited, in percent, 0 to 100.
    pub some_avg10_percent: f32,
    /// Time in which *some* task waited, in µs since boot.
    pub some_total_us: u64,
    /// Share of the last 10 s in which *all* tasks waited, in percent, 0 to 100. Always 0 for the CPU of the whole
    /// machine.
    pub full_avg10_percent: f32,
    /// Time in which *all* tasks waited, in µs since boot.
    pub full_total_us: u64,
}
