//! Everything Lifeline can see: the closed list of events, and the facts in them.

use std::{fmt, time::Duration};

use crate::{
    Acted, ApiNews, Culprit, Drill, EndingId, HostReport, IncidentId, Link, ProcessReport, ReapSettings,
    SessionFacts, SessionMode, Time, Verb,
};

/// A process that cannot be confused with a later one that got the same pid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ProcessId {
    /// The operating system's process id.
    pub pid: u32,
    /// When it started, in the platform's own unit (Linux: clock ticks since boot). Only ever compared.
    pub start_time: u64,
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.pid, self.start_time)
    }
}

/// A window: the same for all extension hosts it has, one after another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct WindowId(pub String);

impl fmt::Display for WindowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A question that wants an answer, numbered by the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct RequestId(pub u64);

/// Which thread of a host a connection belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Role {
    /// The main thread, whose event loop all extensions share.
    Main,
    /// Lifeline's worker thread, which goes on while the main thread is stuck.
    Worker,
}

/// What a window says of itself when one of its hosts attaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WindowInfo {
    /// What a person calls it.
    pub label: String,
    /// The same after a page reload. Notices follow it.
    pub workspace_key: String,
    /// VS Code's own graceful restart exists here.
    pub can_restart_gracefully: bool,
    /// A debugger may pause this host on purpose.
    pub may_be_debugged: bool,
    /// Lifeline is not in it: it is known by its IDE socket alone, and nothing is ever done to it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub unguarded: bool,
}

/// What the main thread measured since its last beat.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Beat {
    /// Event-loop delay, 99th percentile, in milliseconds.
    pub delay_p99_ms: f64,
    /// V8 heap in use, in bytes.
    pub heap_used_bytes: u64,
    /// V8 heap limit, in bytes.
    pub heap_limit_bytes: u64,
    /// Resident memory, in bytes.
    pub rss_bytes: u64,
    /// V8 heap in use right after the last full garbage collection, in bytes; `None` before the first.
    #[cfg_attr(feature = "serde", serde(default))]
    pub heap_floor_bytes: Option<u64>,
    /// Time spent in garbage collection since the last beat, in milliseconds.
    #[cfg_attr(feature = "serde", serde(default))]
    pub gc_ms: f64,
    /// Milliseconds since the user last did something in this window; `None` when never.
    #[cfg_attr(feature = "serde", serde(default))]
    pub input_idle_ms: Option<u64>,
}

/// What came of one probe of a host's IDE socket, without a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Probe {
    /// The host's event loop turned, and answered after this long.
    Answered {
        /// From the connection to the answer.
        round_trip: Duration,
    },
    /// The kernel took the connection, and the host did not answer in time.
    Silent {
        /// For how long the probe waited.
        waited: Duration,
    },
}

/// Memory of the machine, or of the container where that has less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MachineMemory {
    /// In bytes.
    pub total_bytes: u64,
    /// What can still be had without swapping, in bytes.
    pub available_bytes: u64,
    /// The limit is a container's.
    pub is_limited: bool,
}

/// The scheduler's state of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum ProcessState {
    /// Running or ready to run.
    Running,
    /// Waiting, and a signal wakes it.
    Sleeping,
    /// Waiting for a disk or a network file system; no signal wakes it.
    DiskSleep,
    /// Stopped by a signal.
    Stopped,
    /// Stopped by a debugger.
    Traced,
    /// Ended, its parent has not looked yet; or ended altogether.
    Dead,
    /// None of these, or not known on this platform.
    Other,
}

/// A child process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Child {
    /// Its process id.
    pub pid: u32,
    /// How long it has been running, in milliseconds.
    pub age_ms: u64,
    /// Its command line, shortened.
    pub command: String,
}

/// What the operating system says of a host at one moment. Counters only ever rise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ProcessFacts {
    /// State of the main thread.
    pub state: ProcessState,
    /// CPU time of the main thread, in nanoseconds.
    pub main_cpu_ns: u64,
    /// CPU time of all threads, in nanoseconds.
    pub all_cpu_ns: u64,
    /// Time in which the main thread was ready but had no CPU, in nanoseconds; `None` where the platform does not tell.
    pub main_run_delay_ns: Option<u64>,
    /// Voluntary and involuntary context switches of the main thread; `None` where the platform does not tell.
    pub switches: Option<(u64, u64)>,
    /// A debugger holds it (`TracerPid` on Linux); 0 for none.
    pub tracer_pid: u32,
    /// What the main thread waits for in the kernel, where known.
    pub wait_channel: Option<String>,
    /// Its children; `None` when they were not looked at.
    pub children: Option<Vec<Child>>,
    /// Resident memory, in bytes.
    #[cfg_attr(feature = "serde", serde(default))]
    pub rss_bytes: u64,
}

/// Pressure on the whole machine, in percent of the last 10 s in which some task had to wait.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pressure {
    /// For a CPU.
    pub cpu_percent: f32,
    /// For memory, all tasks at once.
    pub memory_full_percent: f32,
    /// For a disk, all tasks at once.
    pub io_full_percent: f32,
}

/// What a kill would lose, from the last context that the window reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Risks {
    /// Dirty custom editors, dirty notebooks and live debug sessions, as a person would name them. Empty: nothing is lost.
    pub would_lose: Vec<String>,
    /// Open tabs; they survive.
    pub tabs: u32,
    /// Documents with unsaved text; they survive.
    pub dirty_documents: u32,
    /// Terminals; they survive.
    pub terminals: u32,
    /// Tasks that run; nobody would be told that they ended.
    #[cfg_attr(feature = "serde", serde(default))]
    pub running_tasks: u32,
}

/// What Lifeline may do by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Mode {
    /// Restart a frozen host.
    #[default]
    Automatic,
    /// Ask first.
    Ask,
    /// Watch and report only.
    Observe,
}

/// What Lifeline does about a host that has run for long or has become slow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum RefreshMode {
    /// Say so once.
    #[default]
    Offer,
    /// Restart it at a moment when nothing is in flight and nothing would be lost.
    Automatic,
}

/// Thresholds of one window. The defaults are DESIGN's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Settings {
    /// What Lifeline may do by itself.
    pub mode: Mode,
    /// A host silent for this long is late.
    pub late_after: Duration,
    /// Act on a deadlock after this long.
    pub deadlock_after: Duration,
    /// Act on a loop without an end after this long.
    pub spinning_after: Duration,
    /// Act on a host that only collects garbage after this long.
    pub gc_thrash_after: Duration,
    /// Act on a host that waits for a child after this long.
    pub on_child_after: Duration,
    /// Find out which function froze a host before it is killed.
    pub name_culprit: bool,
    /// From this share of the heap limit on, memory is high; in percent.
    pub memory_high_percent: u32,
    /// A host that reaches its heap limit within this long is high.
    pub memory_high_within: Duration,
    /// From this share of the heap limit on, memory is critical; in percent.
    pub memory_critical_percent: u32,
    /// A host that reaches its heap limit within this long is critical.
    pub memory_critical_within: Duration,
    /// The machine is low on memory when less than this share of it is left; in percent.
    pub machine_memory_low_percent: u32,
    /// Refresh a host that has run for this long; `None` for never.
    pub refresh_after: Option<Duration>,
    /// What is done then.
    pub refresh: RefreshMode,
    /// Keep the ports of a host that ended, and lead their clients to the next one.
    pub bridge: bool,
    /// Bring back the sessions whose processes ended with the host.
    pub restore_sessions: SessionMode,
    /// Tell sessions whose turn died to go on.
    pub continue_sessions: SessionMode,
    /// A request to the API is stalled when nothing has come for this long.
    #[cfg_attr(feature = "serde", serde(default = "stalled_after"))]
    pub stalled_after: Duration,
    /// What is done about processes that were left behind, and the thresholds.
    #[cfg_attr(feature = "serde", serde(default))]
    pub reap: ReapSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::Automatic,
            late_after: Duration::from_secs(3),
            deadlock_after: Duration::from_secs(15),
            spinning_after: Duration::from_secs(20),
            gc_thrash_after: Duration::from_secs(20),
            on_child_after: Duration::from_secs(60),
            name_culprit: true,
            memory_high_percent: 75,
            memory_high_within: Duration::from_secs(10 * 60),
            memory_critical_percent: 92,
            memory_critical_within: Duration::from_secs(60),
            machine_memory_low_percent: 10,
            refresh_after: Some(Duration::from_secs(2 * 60 * 60)),
            refresh: RefreshMode::Offer,
            bridge: true,
            restore_sessions: SessionMode::Ask,
            continue_sessions: SessionMode::Ask,
            stalled_after: stalled_after(),
            reap: ReapSettings::default(),
        }
    }
}

/// The API sends a ping every few seconds while it works (FACTS section 7).
const fn stalled_after() -> Duration {
    Duration::from_secs(75)
}

/// What came of a kill.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum KillOutcome {
    /// The signal was sent to exactly that process.
    Killed,
    /// It had ended before.
    AlreadyGone,
    /// Not sent: the journal or the memory could not be made durable first, and why.
    NotCommitted(String),
    /// Not sent: the last look showed something else than the decision was made on. The text says what.
    Refused(String),
}

/// Everything Lifeline can see.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Event {
    /// Our own tick, due when [`poll_timeout`](crate::Supervisor::poll_timeout) says.
    Tick {
        /// How long the machine has slept since boot, altogether.
        slept: Duration,
        /// Pressure on the machine, where it is known.
        pressure: Option<Pressure>,
    },
    /// A host's thread connected.
    Attached {
        /// Its window.
        window: WindowId,
        /// The host.
        host: ProcessId,
        /// Which thread.
        role: Role,
        /// What the window says of itself.
        info: WindowInfo,
    },
    /// A host's thread lost its connection; the host may be alive.
    Detached {
        /// The host.
        host: ProcessId,
        /// Which thread.
        role: Role,
    },
    /// The main thread's event loop turned.
    Beat {
        /// The host.
        host: ProcessId,
        /// Rises with each beat of one connection; older ones are ignored. Once another connection of the same thread has
        /// attached, nothing that the one before said may follow.
        seq: u32,
        /// What it measured.
        beat: Beat,
    },
    /// The worker runs.
    Pulse {
        /// The host.
        host: ProcessId,
        /// Rises with each pulse of one connection; older ones are ignored, as for beats.
        seq: u32,
        /// The main thread's counter, as the worker sees it.
        counter: u32,
        /// For how long the worker has seen it at this value.
        #[cfg_attr(feature = "serde", serde(default))]
        still: Duration,
    },
    /// What the operating system says of a host.
    Facts {
        /// The host.
        host: ProcessId,
        /// The facts.
        facts: ProcessFacts,
    },
    /// A host without Lifeline was found by its IDE socket.
    Found {
        /// A window of its own, named after the socket.
        window: WindowId,
        /// The host.
        host: ProcessId,
        /// What its lock file says.
        info: WindowInfo,
    },
    /// The IDE socket of a host without Lifeline is gone: nothing is known of that host any more.
    Lost {
        /// The host.
        host: ProcessId,
    },
    /// A host listens for Claude Code's CLI on this port of the loopback interface.
    Listening {
        /// The port.
        port: u16,
        /// The host.
        host: ProcessId,
        /// The editor and the folders that are open in it, as its lock file says: the same text before and after a page is reloaded.
        place: String,
    },
    /// The clients of a bridge have come or gone.
    BridgeUsed {
        /// Its port.
        port: u16,
        /// How many there are now.
        clients: u32,
    },
    /// The port of a bridge could not be had.
    BridgeFailed {
        /// The port.
        port: u16,
    },
    /// A host's IDE socket was probed.
    Probed {
        /// The host.
        host: ProcessId,
        /// The answer, or its absence.
        probe: Probe,
    },
    /// A debugger is attached to a host's inspector: it may have paused it on purpose.
    Inspected {
        /// The host.
        host: ProcessId,
    },
    /// What there was to find out about who froze a host.
    CulpritNamed {
        /// The incident.
        incident: IncidentId,
        /// The culprit; `None` when it could not be found out in time.
        culprit: Option<Culprit>,
    },
    /// What Claude Code is in the middle of, in the window of this host.
    Turns {
        /// The host.
        host: ProcessId,
        /// In words; `None` for nothing.
        in_flight: Option<String>,
    },
    /// Memory of the machine.
    MachineMemory(MachineMemory),
    /// VS Code is shutting this host down; its exit is no crash.
    Departing {
        /// The host.
        host: ProcessId,
    },
    /// A host ended.
    Exited {
        /// The host.
        host: ProcessId,
    },
    /// What a kill would lose changed.
    Context {
        /// The window.
        window: WindowId,
        /// The risks.
        risks: Risks,
    },
    /// The user's settings changed.
    Settings {
        /// The window.
        window: WindowId,
        /// The settings.
        settings: Settings,
    },
    /// The snapshot of an incident is durable on disk.
    SnapshotSaved {
        /// The incident.
        incident: IncidentId,
    },
    /// The snapshot of an incident could not be made durable.
    SnapshotFailed {
        /// The incident.
        incident: IncidentId,
        /// Why.
        reason: String,
    },
    /// What came of a kill.
    KillDone {
        /// The incident.
        incident: IncidentId,
        /// The outcome.
        outcome: KillOutcome,
    },
    /// The window answered a request for its own graceful restart: whether the command was started.
    GracefulAnswered {
        /// The incident.
        incident: IncidentId,
        /// It was.
        started: bool,
    },
    /// The user asks for a restart.
    RestartAsked {
        /// Where the answer goes.
        request: RequestId,
        /// The window.
        window: WindowId,
        /// The user has seen what would be lost and agreed.
        confirmed: bool,
        /// Not now, but at the next moment when nothing is in flight and nothing would be lost.
        when_quiet: bool,
    },
    /// How the Claude sessions stand, as far as they are known.
    Sessions {
        /// The window that was asked about.
        window: WindowId,
        /// The sessions, of other windows, too.
        sessions: Vec<SessionFacts>,
    },
    /// The user asks for a session to be opened again.
    ResumeAsked {
        /// Where the answer goes.
        request: RequestId,
        /// Where to open it; `None` for its own window.
        window: Option<WindowId>,
        /// How it stands; `None` when it is not known.
        session: Option<SessionFacts>,
    },
    /// The user wants a session to be compacted. Answered with [`Decision::AnswerSession`](crate::Decision::AnswerSession).
    CompactAsked {
        /// Who asks.
        request: RequestId,
        /// The session; `None` when it is not known.
        session: Option<SessionFacts>,
    },
    /// The user asks for a session to go on.
    ContinueAsked {
        /// Where the answer goes.
        request: RequestId,
        /// Where to open it when it has to be; `None` for its own window.
        window: Option<WindowId>,
        /// How it stands; `None` when it is not known.
        session: Option<SessionFacts>,
    },
    /// The user asks for a drill.
    DrillAsked {
        /// Where the answer goes.
        request: RequestId,
        /// The window.
        window: WindowId,
        /// How to freeze.
        drill: Drill,
        /// The window must be told to freeze (it was asked for elsewhere).
        tell_window: bool,
    },
    /// The user pauses or resumes the protection of a window.
    Paused {
        /// The window.
        window: WindowId,
        /// Paused, or resumed.
        paused: bool,
    },
    /// A transcript was written to.
    Api(Box<ApiNews>),
    /// Answer to [`Decision::LookAtLink`](crate::Decision::LookAtLink).
    Link {
        /// Claude's own id of the session.
        session: String,
        /// What the system says of its connections.
        link: Link,
    },
    /// Nobody has listened for some time where a lock file says that an IDE does.
    StaleLock {
        /// The port.
        port: u16,
    },
    /// A look at the user's processes of Claude Code, and at what those have started: all of them, as they are.
    Processes {
        /// When the look began.
        began: Time,
        /// What it showed.
        reports: Vec<ProcessReport>,
        /// The extension hosts of remote windows; whether their event loop turns is known here.
        #[cfg_attr(feature = "serde", serde(default))]
        hosts: Vec<HostReport>,
    },
    /// What a process that is to end was, and the tails of its sessions, are durable, or could not be made so.
    TailSaved {
        /// The ending.
        ending: EndingId,
        /// Why not.
        saved: Result<(), String>,
    },
    /// What came of telling processes to end.
    ProcessesTold {
        /// The ending.
        ending: EndingId,
        /// How they were told.
        verb: Verb,
        /// What came of it.
        acted: Acted,
    },
    /// A client wants a process ended that it has seen in the list.
    EndAsked {
        /// The request.
        request: RequestId,
        /// The process.
        process: ProcessId,
    },
}
