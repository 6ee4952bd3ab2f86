//! What is wrong with Claude Code on this machine: facts, checks over them, and repairs that can be undone.
//!
//! [`look`] reads the machine, each part on a thread of its own with an end to its wait; [`examine`] judges what was seen, without touching
//! anything; [`repair`] does what one finding offers. No async, no network (that is `lifeline-probe`'s), no other program is run. Unless
//! [`Names`] are told plainly nothing that is said tells whose machine it is, and nothing is ever said that may be a secret.

#![forbid(unsafe_code)]

mod checks;
mod contract;
mod diff;
mod facts;
mod json;
pub mod look;
mod names;
pub mod render;
pub mod repair;
#[cfg(test)]
mod tests;
pub mod variables;
mod version;

pub use checks::{Draft, Examination, examine};
pub use contract::{Check, Finding, Place, Repair, RepairKind, Report, SCHEMA, Setting, Severity, State};
pub use diff::unified;
pub use facts::{Daemon, Drill, Editor, Facts, LeftBehind, RelayNow, Running, Way};
pub use names::Names;
pub use repair::{Change, Plan};
