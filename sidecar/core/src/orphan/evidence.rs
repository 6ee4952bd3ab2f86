//! What a grade rests on: what speaks for a leak, what speaks against it, and what is not known.

use std::fmt;

use crate::{OwnerEnd, OwnerKind, ProcessId};

/// How sure it is that a process is leaked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Grade {
    /// Somebody uses it, or may: it is never touched.
    InUse,
    /// Something speaks for a leak, and something is missing: it is ended only at the user's word.
    Suspect,
    /// It is proven, over at least two looks.
    Certain,
}

/// Who says so. A certain leak needs two different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum LeakWitness {
    /// The operating system.
    Kernel,
    /// Our own memory of who started whom, and of earlier looks.
    Ledger,
    /// The session's transcript.
    Transcript,
    /// The window, by what it shows.
    Window,
    /// The host itself, by its silence.
    Host,
}

/// One observation that speaks for a leak.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum LeakEvidence {
    /// Who started it has ended.
    OwnerGone {
        /// Who that was.
        owner: ProcessId,
        /// What that was.
        kind: OwnerKind,
        /// How that is known.
        how: OwnerEnd,
    },
    /// A newer process is on the same session.
    Superseded {
        /// That process.
        by: ProcessId,
        /// It is by so much younger, in milliseconds.
        younger_by_ms: u64,
    },
    /// Its parent is the first process, and nobody saw who started it.
    Adopted,
    /// Nobody can write to its standard input any more.
    StdinClosed,
    /// Its tab is gone.
    TabGone,
    /// No terminal controls it, it is in no multiplexer and in no login session.
    NoTerminal,
    /// None of its descendants does anything.
    NoWorkingChildren,
    /// Nothing was written to the transcript for this long.
    TranscriptQuiet {
        /// Milliseconds.
        for_ms: u64,
    },
    /// It has used no CPU to speak of for this long.
    CpuQuiet {
        /// Milliseconds.
        for_ms: u64,
    },
    /// Its sockets have been quiet for this long.
    SocketsQuiet {
        /// Milliseconds.
        for_ms: u64,
    },
    /// How long it has been running.
    Age {
        /// Milliseconds.
        for_ms: u64,
    },
    /// What it and what it has started hold in memory.
    Resident {
        /// Processes.
        processes: u32,
        /// Bytes.
        bytes: u64,
    },
    /// All this was so at several looks, one after another.
    Seen {
        /// Looks.
        looks: u32,
        /// From the first to the last, in milliseconds.
        over_ms: u64,
    },
    /// An extension host: no editor has been connected to it for this long.
    NoClient {
        /// Milliseconds.
        for_ms: u64,
    },
    /// An extension host: its event loop has not turned for this long.
    LoopStill {
        /// Milliseconds.
        for_ms: u64,
    },
    /// An extension host: it has computed all the time.
    Busy {
        /// The least of its main thread between two looks, in percent of one CPU.
        main_percent: u32,
        /// The least of its other threads, in percent of one CPU.
        others_percent: u32,
        /// Milliseconds.
        over_ms: u64,
    },
}

impl LeakEvidence {
    /// Who says so.
    #[must_use]
    pub const fn witness(&self) -> LeakWitness {
        match self {
            Self::OwnerGone { .. } | Self::Superseded { .. } | Self::Seen { .. } => LeakWitness::Ledger,
            Self::Adopted
            | Self::StdinClosed
            | Self::NoTerminal
            | Self::NoWorkingChildren
            | Self::CpuQuiet { .. }
            | Self::SocketsQuiet { .. }
            | Self::Age { .. }
            | Self::Resident { .. }
            | Self::NoClient { .. }
            | Self::Busy { .. } => LeakWitness::Kernel,
            Self::TranscriptQuiet { .. } => LeakWitness::Transcript,
            Self::TabGone => LeakWitness::Window,
            Self::LoopStill { .. } => LeakWitness::Host,
        }
    }
}

/// Why a process is in use, as far as can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Use {
    /// It cannot be told from another process.
    NotIdentified,
    /// It is Lifeline's own line, or that of a client of ours.
    OurAncestor,
    /// It is another user's.
    AnotherUsers,
    /// It has just begun.
    Young {
        /// Milliseconds.
        age_ms: u64,
    },
    /// A terminal controls it.
    Terminal {
        /// It reads that terminal's keys.
        in_front: Option<bool>,
    },
    /// It is in tmux, screen or the like.
    Multiplexer,
    /// It is part of a login that lasts.
    LoginSession,
    /// It is registered as a background session.
    Background,
    /// Its tab is open.
    TabOpen,
    /// Who started it lives, and nothing speaks for a leak.
    Owned {
        /// That process, where it is known.
        owner: Option<ProcessId>,
    },
    /// Its descendants are at work.
    WorkingChildren {
        /// How many.
        count: u32,
    },
    /// One of its descendants is in use.
    Descendant {
        /// That one.
        id: ProcessId,
    },
    /// It, or a descendant, did something so long ago.
    Active {
        /// What moved.
        what: Measure,
        /// Milliseconds.
        ago_ms: u64,
    },
}

/// Something that shows whether a process does anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Measure {
    /// Its session's transcript.
    Transcript,
    /// Its CPU time.
    Cpu,
    /// Its sockets.
    Sockets,
}

/// What would have to be known, or be otherwise, for a leak to be certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Doubt {
    /// It is not proven that nobody needs it: its owner lives, or is not known.
    Owner,
    /// Who started it has ended, and yet somebody can write to its standard input.
    StdinOpen,
    /// Whether it has a terminal, or is in a multiplexer or a login session.
    Terminal,
    /// Whether it is a background session.
    Background,
    /// Whether its descendants do anything.
    Children,
    /// Which session it is in: its transcript could not be saved.
    Session,
    /// Whether it does anything.
    Activity,
    /// It does something.
    AtWork,
    /// Whether the event loop of an extension host turns.
    Loop,
    /// What it has started might be wanted for itself: a server that somebody uses, a job.
    Descendant(ProcessId),
    /// It is no server of a session that has ended, but something that the session was told to start.
    Job,
    /// It has been told to end before, and has not.
    ToldBefore,
    /// It has not been looked at twice.
    SeenOnce,
}

struct Seconds(u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 / 1000 {
            seconds @ 0..120 => write!(f, "{seconds} s"),
            seconds @ 120..7200 => write!(f, "{} min", seconds / 60),
            seconds => write!(f, "{} h", seconds / 3600),
        }
    }
}

impl fmt::Display for LeakEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnerGone { owner, kind, how } => {
                let kind = match kind {
                    OwnerKind::Host => "extension host",
                    OwnerKind::Terminal => "terminal",
                    OwnerKind::Session => "session",
                };
                let how = match how {
                    OwnerEnd::Reparented => "the system gave it another parent",
                    OwnerEnd::PidGone => "no such process is there",
                    OwnerEnd::HostExited => "it was seen to exit",
                };
                write!(f, "the {kind} that started it (process {}) has ended: {how}", owner.pid)
            }
            Self::Superseded { by, younger_by_ms } => {
                write!(f, "process {}, {} younger, is on its session", by.pid, Seconds(*younger_by_ms))
            }
            Self::Adopted => f.write_str("it has no parent, and nobody saw who started it"),
            Self::StdinClosed => f.write_str("nobody can write to its standard input"),
            Self::TabGone => f.write_str("its tab is gone"),
            Self::NoTerminal => f.write_str("it has no terminal"),
            Self::NoWorkingChildren => f.write_str("nothing that it started is at work"),
            Self::TranscriptQuiet { for_ms } => write!(f, "its transcript is {} old", Seconds(*for_ms)),
            Self::CpuQuiet { for_ms } => write!(f, "it has used no CPU for {}", Seconds(*for_ms)),
            Self::SocketsQuiet { for_ms } => {
                write!(f, "its sockets have been quiet for {}", Seconds(*for_ms))
            }
            Self::Age { for_ms } => write!(f, "it has run for {}", Seconds(*for_ms)),
            Self::Resident { processes: 1, bytes } => write!(f, "it holds {} MB", bytes / 1_000_000),
            Self::Resident { processes, bytes } => {
                write!(f, "it and {} others hold {} MB", processes.saturating_sub(1), bytes / 1_000_000)
            }
            Self::Seen { looks, over_ms } => write!(f, "seen so {looks} times over {}", Seconds(*over_ms)),
            Self::NoClient { for_ms } => {
                write!(f, "no editor has been connected to it for {}", Seconds(*for_ms))
            }
            Self::LoopStill { for_ms } => write!(f, "its event loop has not turned for {}", Seconds(*for_ms)),
            Self::Busy { main_percent, others_percent, over_ms } => write!(
                f,
                "its main thread used {main_percent} % of a CPU or more and its other threads {others_percent} %, for {}",
                Seconds(*over_ms)
            ),
        }
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotIdentified => f.write_str("it cannot be told from another process"),
            Self::OurAncestor => f.write_str("Lifeline, or who asked it, runs in it"),
            Self::AnotherUsers => f.write_str("it is another user's"),
            Self::Young { age_ms } => write!(f, "it began {} ago", Seconds(*age_ms)),
            Self::Terminal { in_front: Some(true) } => f.write_str("it reads the keys of a terminal"),
            Self::Terminal { .. } => f.write_str("it has a terminal"),
            Self::Multiplexer => f.write_str("it runs in tmux, screen or the like"),
            Self::LoginSession => f.write_str("it is part of a login that lasts"),
            Self::Background => f.write_str("it is a background session"),
            Self::TabOpen => f.write_str("its tab is open"),
            Self::Owned { owner: Some(owner) } => write!(f, "process {} started it, and lives", owner.pid),
            Self::Owned { owner: None } => f.write_str("nothing speaks for a leak"),
            Self::WorkingChildren { count: 1 } => f.write_str("something that it started is at work"),
            Self::WorkingChildren { count } => write!(f, "{count} processes that it started are at work"),
            Self::Descendant { id } => write!(f, "process {}, which it started, is in use", id.pid),
            Self::Active { what, ago_ms } => {
                let what = match what {
                    Measure::Transcript => "its transcript grew",
                    Measure::Cpu => "it used a CPU",
                    Measure::Sockets => "its sockets carried something",
                };
                write!(f, "{what} {} ago", Seconds(*ago_ms))
            }
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner => f.write_str("it is not proven that nobody needs it"),
            Self::StdinOpen => f.write_str("somebody can still write to its standard input"),
            Self::Terminal => f.write_str("it may have a terminal"),
            Self::Background => f.write_str("it may be a background session"),
            Self::Children => f.write_str("it is not known whether what it started is at work"),
            Self::Session => f.write_str("it is not known which session it is in"),
            Self::Activity => f.write_str("it is not known whether it does anything"),
            Self::AtWork => f.write_str("it is still at work"),
            Self::Loop => f.write_str("it is not known whether its event loop turns"),
            Self::Descendant(id) => write!(f, "process {}, which it started, may be wanted", id.pid),
            Self::Job => f.write_str("the session was told to start it, and it may be wanted"),
            Self::ToldBefore => f.write_str("it was told to end before, and has not"),
            Self::SeenOnce => f.write_str("it must be seen so a second time"),
        }
    }
}
