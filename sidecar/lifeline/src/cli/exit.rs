//! How a command ends: its exit code, and the sentence that goes with it.

use std::{fmt, process::ExitCode};

/// The exit codes of DESIGN, "Command line".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, and nothing is wrong.
    Fine = 0,
    /// A problem was found, or something went wrong on the way.
    Problem = 1,
    /// The command line does not say what to do.
    Usage = 2,
    /// There is no daemon that answers.
    NoDaemon = 3,
    /// Refused for safety.
    Refused = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The exit with this code; an unknown one is a problem.
    pub(crate) fn from_code(code: u8) -> Self {
        [Self::Fine, Self::Usage, Self::NoDaemon, Self::Refused]
            .into_iter()
            .find(|exit| *exit as u8 == code)
            .unwrap_or(Self::Problem)
    }
}

/// Why a command could not do its work, in full sentences that end with the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// With which code the process ends.
    pub(crate) exit: Exit,
    /// What is said on stderr; nothing when empty.
    pub(crate) sentence: String,
}

impl Failure {
    /// A failure with this code and sentence.
    pub(crate) fn new(exit: Exit, sentence: impl Into<String>) -> Self {
        Self { exit, sentence: sentence.into() }
    }

    /// Anything that went wrong on the way.
    pub(crate) fn problem(sentence: impl fmt::Display) -> Self {
        Self::new(Exit::Problem, sentence.to_string())
    }
}

impl From<std::io::Error> for Failure {
    /// A reader that went away (`lifeline status | head -1`) has what it wanted, and is no failure.
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::new(Exit::Fine, "")
        } else {
            Self::problem(format!("Could not write the output: {error}."))
        }
    }
}
