//! Claude Code's IDE WebSocket: lock files, a heartbeat that needs no token, and the bridge from a dead host's port to the next host.
//!
//! The sensors say facts ([`Lock`], [`Problem`], [`Answer`]), and nobody is hurt by being asked: no token is read for them. The
//! bridge ([`continuity`]) is the only place that knows tokens.

#![forbid(unsafe_code)]

pub mod continuity;
#[cfg(test)]
mod fake;
mod folder;
pub mod heartbeat;
pub mod lock;
pub mod probe;

pub use heartbeat::{Heartbeat, Options, Report, Rest};
pub use lock::{Lock, Locks, Problem, ProblemKind, STALE_AFTER, ide_folders, read_locks, remove_stale};
pub use probe::{Answer, Clock, How, Question, Stranger, probe};
