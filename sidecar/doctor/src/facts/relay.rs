//! What Lifeline's relay left on this machine, and what the daemon tells of it.

use std::path::PathBuf;

use crate::variables::Taken;

/// The relay as it is remembered.
#[derive(Clone, Debug, Default)]
pub(crate) struct RelayFacts {
    /// It was turned on, and not off since.
    pub(crate) is_on: bool,
    /// Its port, the same for good; none when it was never on.
    pub(crate) port: Option<u16>,
    /// What was set for Claude Code and not taken back.
    pub(crate) taken: Option<Taken>,
    /// Where that is remembered.
    pub(crate) taken_file: PathBuf,
}

/// The relay as the daemon tells of it.
#[derive(Clone, Debug)]
pub struct RelayNow {
    /// It is turned on, or a window wants it.
    pub is_on: bool,
    /// It serves.
    pub is_listening: bool,
    /// Why not, in a sentence with the next step.
    pub problem: Option<String>,
}
