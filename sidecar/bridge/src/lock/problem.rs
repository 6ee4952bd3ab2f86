//! What is wrong with something in a lock folder, and what to do about it.

use std::{fmt, io};

/// Longest file name that is told, in bytes. A lock's own has 10.
pub(super) const NAME_BYTES: usize = 64;

/// Something in a lock folder that is no usable lock. It was left alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Name of the file, shortened, without control characters; empty when it is about no file in particular.
    pub file_name: String,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The folder cannot be read.
    Folder(io::ErrorKind),
    /// The folder has so many entries that not all were looked at.
    CrowdedFolder,
    /// Its name is no port number.
    NoPort,
    /// Its name is a port below 1024 or above 65535: those of the system's own services are never asked.
    PortNotAllowed,
    /// A symbolic link.
    Link,
    /// A folder, a pipe, a device: anything but a regular file.
    NoFile,
    /// Another user's file.
    ForeignOwner,
    /// Larger than [`LOCK_BYTES_AT_MOST`](super::LOCK_BYTES_AT_MOST).
    TooLarge,
    /// No JSON object. A file that is just being written looks like this for an instant.
    NoJson,
    /// It cannot be read.
    Unreadable(io::ErrorKind),
    /// So many locks, the oldest, were not looked at.
    TooManyLocks(usize),
    /// So many problems more are not told one by one.
    MoreProblems(usize),
}

impl ProblemKind {
    /// A short name, for programs. It does not change.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Folder(_) => "folder",
            Self::CrowdedFolder => "crowdedFolder",
            Self::NoPort => "noPort",
            Self::PortNotAllowed => "portNotAllowed",
            Self::Link => "link",
            Self::NoFile => "noFile",
            Self::ForeignOwner => "foreignOwner",
            Self::TooLarge => "tooLarge",
            Self::NoJson => "noJson",
            Self::Unreadable(_) => "unreadable",
            Self::TooManyLocks(_) => "tooManyLocks",
            Self::MoreProblems(_) => "moreProblems",
        }
    }
}

impl fmt::Display for Problem {
    /// What was found, what Lifeline did, and what to do: full sentences.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.file_name;
        match self.kind {
            ProblemKind::Folder(error) => {
                write!(
                    f,
                    "The folder “{name}” could not be read ({error}), so no IDE in it is watched. Make it readable for you."
                )
            }
            ProblemKind::CrowdedFolder => {
                write!(
                    f,
                    "The folder “{name}” is too full; only a part was looked at. Remove what does not belong there."
                )
            }
            ProblemKind::NoPort => {
                write!(
                    f,
                    "“{name}” is not named after a port, so it was not opened. If no program of yours needs it, remove it."
                )
            }
            ProblemKind::PortNotAllowed => write!(
                f,
                "“{name}” names a port where no IDE listens (1024 to 65535 are allowed), so nothing was asked there. Find out who wrote it, and remove it."
            ),
            ProblemKind::Link => {
                write!(
                    f,
                    "“{name}” is a symbolic link, so it was not followed. IDEs write plain files; find out who made it, and remove it."
                )
            }
            ProblemKind::NoFile => {
                write!(
                    f,
                    "“{name}” is no plain file, so it was not opened. Find out who made it, and remove it."
                )
            }
            ProblemKind::ForeignOwner => {
                write!(
                    f,
                    "“{name}” belongs to another user, so it was not believed. Find out who wrote it, and remove it."
                )
            }
            ProblemKind::TooLarge => {
                write!(
                    f,
                    "“{name}” is too large for a lock file, so it was not read. Find out who wrote it, and remove it."
                )
            }
            ProblemKind::NoJson => {
                write!(
                    f,
                    "“{name}” is not what an IDE writes, so it was not used. Reload that window to have it written again, or remove it."
                )
            }
            ProblemKind::Unreadable(error) => {
                write!(f, "“{name}” could not be read ({error}). Make it readable for you, or remove it.")
            }
            ProblemKind::TooManyLocks(count) => {
                write!(
                    f,
                    "{count} more lock files, the oldest, were not looked at. Close all windows, then remove the files that stay."
                )
            }
            ProblemKind::MoreProblems(count) => {
                write!(f, "{count} more files cannot be used. Remove what does not belong there.")
            }
        }
    }
}
