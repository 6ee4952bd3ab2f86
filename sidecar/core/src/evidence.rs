//! What a verdict rests on: single observations, each with its witness.

use std::fmt;

use crate::{Culprit, ProcessState};

/// Who made an observation. A kill needs two different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Witness {
    /// The host's main thread, by its beats or their absence.
    MainThread,
    /// The host's worker thread, by the counter that it sees.
    Worker,
    /// The operating system, by its accounts of the process.
    Kernel,
    /// The host's IDE socket, by its silence.
    Socket,
    /// Node's own debugger, by the stack it showed.
    Debugger,
    /// The whole machine.
    Machine,
    /// The user.
    User,
}

/// One observation.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Evidence {
    /// No beat for this long, in milliseconds.
    NoBeat {
        /// Milliseconds.
        for_ms: u64,
    },
    /// The worker pulses, but the counter that the main thread raises stands still for this long.
    CounterStill {
        /// Milliseconds.
        for_ms: u64,
    },
    /// The worker is silent as well: the whole process may be halted.
    WorkerSilent {
        /// Milliseconds.
        for_ms: u64,
    },
    /// Share of one CPU that the main thread and all other threads used.
    Cpu {
        /// Main thread, percent of one CPU.
        main_percent: u32,
        /// All other threads, percent of one CPU.
        others_percent: u32,
        /// Over this long, in milliseconds.
        over_ms: u64,
    },
    /// Context switches of the main thread.
    Switches {
        /// Waits of its own.
        voluntary: u64,
        /// Taken off the CPU.
        involuntary: u64,
        /// Over this long, in milliseconds.
        over_ms: u64,
    },
    /// State of the main thread.
    State {
        /// The state.
        state: ProcessState,
        /// What it waits for in the kernel, where known.
        wait_channel: Option<String>,
    },
    /// The main thread was ready, but had no CPU for this share of the time.
    RunDelay {
        /// Percent.
        percent: u32,
    },
    /// A child that was started when the silence began and still runs.
    Child {
        /// Its process id.
        pid: u32,
        /// Its age, in milliseconds.
        age_ms: u64,
        /// Its command line, shortened.
        command: String,
    },
    /// V8's heap at the last beat.
    Heap {
        /// Bytes in use.
        used_bytes: u64,
        /// Limit in bytes.
        limit_bytes: u64,
    },
    /// A debugger holds the process.
    Tracer {
        /// The debugger's process id.
        pid: u32,
    },
    /// A debugger is attached to its inspector, which may have paused it on purpose.
    Inspected,
    /// The host was started for a debugger, which may pause it on purpose.
    MayBeDebugged,
    /// Tasks of the whole machine wait for a CPU.
    CpuPressure {
        /// Percent of the last 10 s.
        percent: u32,
    },
    /// Our own deadlines were voided: the machine slept, or we did not run.
    Gap {
        /// Milliseconds ago.
        ago_ms: u64,
    },
    /// Probes of its IDE socket are taken by the kernel and not answered.
    SocketSilent {
        /// Milliseconds since the first of them.
        for_ms: u64,
        /// How many, in a row.
        missed: u32,
    },
    /// The function it was caught in.
    Culprit(Culprit),
    /// Its resident memory.
    Resident {
        /// In bytes.
        rss_bytes: u64,
    },
    /// At the rate of the last minutes, its heap reaches the limit.
    HeapTrend {
        /// Growth in bytes per minute.
        bytes_per_minute: u64,
        /// Until the limit, in milliseconds.
        limit_in_ms: u64,
    },
    /// For how long it has been watched.
    Age {
        /// In milliseconds.
        for_ms: u64,
    },
    /// It has become slow; in words.
    Worn(String),
    /// The user confirmed the restart after seeing what would be lost.
    Confirmed,
    /// A host was attached and known when the user asked.
    KnownHost,
}

impl Evidence {
    /// Who saw it.
    #[must_use]
    pub const fn witness(&self) -> Witness {
        match self {
            Self::NoBeat { .. }
            | Self::Heap { .. }
            | Self::HeapTrend { .. }
            | Self::Worn(_)
            | Self::MayBeDebugged
            | Self::KnownHost => Witness::MainThread,
            Self::CounterStill { .. } | Self::WorkerSilent { .. } => Witness::Worker,
            Self::Cpu { .. }
            | Self::Switches { .. }
            | Self::State { .. }
            | Self::RunDelay { .. }
            | Self::Child { .. }
            | Self::Resident { .. }
            | Self::Age { .. }
            | Self::Tracer { .. }
            | Self::Inspected => Witness::Kernel,
            Self::SocketSilent { .. } => Witness::Socket,
            Self::Culprit(_) => Witness::Debugger,
            Self::CpuPressure { .. } | Self::Gap { .. } => Witness::Machine,
            Self::Confirmed => Witness::User,
        }
    }
}

struct Seconds(u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} s", self.0 / 1000, self.0 % 1000 / 100)
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBeat { for_ms } => write!(f, "no beat from the main thread for {}", Seconds(*for_ms)),
            Self::CounterStill { for_ms } => write!(
                f,
                "the worker thread runs, but the main thread's counter has stood still for {}",
                Seconds(*for_ms)
            ),
            Self::WorkerSilent { for_ms } => {
                write!(f, "no pulse from the worker thread for {}", Seconds(*for_ms))
            }
            Self::Cpu { main_percent, others_percent, over_ms } => write!(
                f,
                "the main thread used {main_percent} % of a CPU and the other threads {others_percent} %, over {}",
                Seconds(*over_ms)
            ),
            Self::Switches { voluntary, involuntary, over_ms } => write!(
                f,
                "{voluntary} voluntary and {involuntary} involuntary context switches over {}",
                Seconds(*over_ms)
            ),
            Self::State { state, wait_channel } => {
                let state = match state {
                    ProcessState::Running => "running",
                    ProcessState::Sleeping => "asleep",
                    ProcessState::DiskSleep => "in an uninterruptible wait",
                    ProcessState::Stopped => "stopped by a signal",
                    ProcessState::Traced => "stopped by a debugger",
                    ProcessState::Dead => "ended",
                    ProcessState::Other => "in an unknown state",
                };
                write!(f, "the main thread is {state}")?;
                match wait_channel.as_deref() {
                    None | Some("" | "0") => Ok(()),
                    Some(channel) => write!(f, " in {channel}"),
                }
            }
            Self::RunDelay { percent } => {
                write!(f, "the main thread was ready but had no CPU for {percent} % of the time")
            }
            Self::Child { pid, age_ms, command } => {
                write!(f, "it waits for its child {pid}, started {} ago: {command}", Seconds(*age_ms))
            }
            Self::Heap { used_bytes, limit_bytes } => write!(
                f,
                "its heap held {} of {} MB at the last beat",
                used_bytes / 1_000_000,
                limit_bytes / 1_000_000
            ),
            Self::Tracer { pid } => write!(f, "process {pid} debugs it"),
            Self::Inspected => f.write_str("a debugger is attached to its inspector, and may have paused it"),
            Self::MayBeDebugged => f.write_str("it was started for a debugger, which may have paused it"),
            Self::CpuPressure { percent } => {
                write!(f, "tasks on this machine waited for a CPU {percent} % of the last 10 s")
            }
            Self::Gap { ago_ms } => {
                write!(f, "the machine slept or Lifeline did not run, {} ago", Seconds(*ago_ms))
            }
            Self::SocketSilent { for_ms, missed } => write!(
                f,
                "its IDE socket takes connections and has not answered for {} ({missed} missed)",
                Seconds(*for_ms)
            ),
            Self::Culprit(culprit) => write!(f, "{culprit}"),
            Self::Resident { rss_bytes } => write!(f, "it holds {} MB of memory", rss_bytes / 1_000_000),
            Self::HeapTrend { bytes_per_minute, limit_in_ms } => write!(
                f,
                "its heap grows by {} MB a minute and reaches the limit in {}",
                bytes_per_minute / 1_000_000,
                Seconds(*limit_in_ms)
            ),
            Self::Age { for_ms } => write!(f, "it has run for {} min", for_ms / 60_000),
            Self::Worn(how) => f.write_str(how),
            Self::Confirmed => f.write_str("the user confirmed the restart"),
            Self::KnownHost => f.write_str("the host was attached and its identity known"),
        }
    }
}
