//! Claude Code's IDE WebSocket: lock files, and a heartbeat that needs no token.
//!
//! Sensors only: what is said here are facts ([`Lock`], [`Problem`], [`Answer`]), and nobody is hurt by being asked. The token
//! of a lock is never read into a value, so it can be neither used nor leaked.

#![forbid(unsafe_code)]

#[cfg(test)]
mod fake;
mod folder;
pub mod heartbeat;
pub mod lock;
pub mod probe;

pub use heartbeat::{Heartbeat, Options, Report, Rest};
pub use lock::{Lock, Locks, Problem, ProblemKind, ide_folders, read_locks};
pub use probe::{Answer, Clock, How, Question, Stranger, probe};
