//! Why the operating system, or our own caution, said no.

use crate::ProcessId;
use std::{fmt, io};

/// What went wrong, in words the daemon can act on.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No such process, or it has exited and is only waiting to be reaped (a zombie).
    Gone {
        /// The pid that was asked for.
        pid: u32,
    },
    /// The pid is alive, but belongs to another process than the one that was meant: the pid was used again.
    IdentityMismatch {
        /// Who was meant.
        expected: ProcessId,
        /// The start time of the process that has this pid now, in the units of [`ProcessId::start_time`].
        found_start_time: u64,
    },
    /// The process belongs to another user, or runs with another user's rights.
    NotOurs {
        /// The pid that was asked for.
        pid: u32,
    },
    /// We refuse on principle, whoever asks.
    Protected {
        /// The pid that was asked for.
        pid: u32,
        /// The principle.
        why: Protected,
    },
    /// The signal was not sent: the process has no handler for it, and would have died of it.
    NoHandler {
        /// The pid that was asked for.
        pid: u32,
        /// The signal, such as `"SIGUSR1"`.
        signal: &'static str,
    },
    /// The operating system does not let us look at, or signal, this process.
    Denied {
        /// The pid that was asked for.
        pid: u32,
    },
    /// The operating system answered something that we do not understand. Nothing is assumed from it.
    Malformed {
        /// Which answer, such as `"stat"`.
        what: &'static str,
    },
    /// This operating system (or version of it) has no such thing.
    Unsupported {
        /// Which thing, such as `"SIGUSR1"`.
        what: &'static str,
    },
    /// Any other failure of a system call.
    Io {
        /// What we were doing, such as `"open a pidfd"`.
        doing: &'static str,
        /// The operating system's own word for it.
        source: io::Error,
    },
}

/// Why a process is never signalled by Lifeline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protected {
    /// Pid 0 or 1: the kernel, the init process, or "every process" in disguise.
    Init,
    /// It is this very process.
    Ourselves,
    /// It is our parent, or a parent of that.
    Ancestor,
    /// We could not follow our own line of parents up to the first process, so anyone could be one.
    AncestryUnknown,
}

impl Error {
    /// A stable name for logs, journals and messages to be translated elsewhere.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Gone { .. } => "gone",
            Error::IdentityMismatch { .. } => "identity-mismatch",
            Error::NotOurs { .. } => "not-ours",
            Error::Protected { why: Protected::Init, .. } => "protected-init",
            Error::Protected { why: Protected::Ourselves, .. } => "protected-self",
            Error::Protected { why: Protected::Ancestor, .. } => "protected-ancestor",
            Error::Protected { why: Protected::AncestryUnknown, .. } => "ancestry-unknown",
            Error::NoHandler { .. } => "no-handler",
            Error::Denied { .. } => "denied",
            Error::Malformed { .. } => "malformed",
            Error::Unsupported { .. } => "unsupported",
            Error::Io { .. } => "io",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Gone { pid } => write!(f, "process {pid} is gone"),
            Error::IdentityMismatch { expected, found_start_time } => write!(
                f,
                "process {} is another one now (expected start time {}, found {found_start_time})",
                expected.pid, expected.start_time
            ),
            Error::NotOurs { pid } => write!(f, "process {pid} belongs to another user"),
            Error::Protected { pid, why } => {
                let why = match why {
                    Protected::Init => "it is the first process of the system",
                    Protected::Ourselves => "it is Lifeline itself",
                    Protected::Ancestor => "Lifeline was started from it",
                    Protected::AncestryUnknown => "Lifeline's own parents cannot be read",
                };
                write!(f, "process {pid} is never signalled: {why}")
            }
            Error::NoHandler { pid, signal } => {
                write!(f, "process {pid} has no handler for {signal} and would die of it; it was not sent")
            }
            Error::Denied { pid } => write!(f, "no permission for process {pid}"),
            Error::Malformed { what } => write!(f, "the system's answer makes no sense: {what}"),
            Error::Unsupported { what } => write!(f, "not available on this system: {what}"),
            Error::Io { doing, source } => write!(f, "could not {doing}: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
