//! The one address of a user's daemon: a socket in a private folder, or a named pipe with a private access list.

use std::{fmt, io, path::PathBuf};

use lifeline_platform::ProcessId;

use super::places::PlaceError;

#[cfg(unix)]
#[path = "endpoint_unix.rs"]
mod system;
#[cfg(windows)]
#[path = "endpoint_windows.rs"]
mod system;

pub(crate) use system::{ClientStream, Endpoint, Listener};

/// Who is at the other end, by the operating system and not by its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PeerCredentials {
    /// Its effective user. `None` on Windows, where the pipe's access list lets nobody else in.
    pub(crate) uid: Option<u32>,
    /// Its process. `None` where the system does not tell, or when it lives in a pid namespace that we cannot see.
    pub(crate) pid: Option<u32>,
}

impl PeerCredentials {
    /// Whether the peer is the user we run as. Root is another user too.
    pub(crate) fn is_ours(self) -> bool {
        #[cfg(unix)]
        return self.uid == Some(nix::unistd::geteuid().as_raw());
        #[cfg(windows)]
        return true;
    }
}

/// Why this process cannot be the daemon, with the next step.
#[derive(Debug)]
pub(crate) enum EndpointError {
    /// The folder cannot be trusted or used.
    Place(PlaceError),
    /// A Unix socket's path has little room.
    #[cfg(unix)]
    PathTooLong {
        /// The path.
        path: PathBuf,
        /// The most bytes that it may have here.
        limit: usize,
    },
    /// Another daemon serves already.
    Serving,
    /// Another process holds the lock.
    Held {
        /// Who, by the lock's note.
        holder: Option<ProcessId>,
    },
    /// The system refused.
    Io {
        /// What we were doing, such as `"bind"`.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// The system's word for it.
        source: io::Error,
    },
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place(error) => error.fmt(f),
            #[cfg(unix)]
            Self::PathTooLong { path, limit } => write!(
                f,
                "The socket's path {} has {} bytes, and this system allows {limit}. Set {} to a shorter folder.",
                path.display(),
                path.as_os_str().len(),
                super::places::RUNTIME_VARIABLE
            ),
            Self::Serving => f.write_str("A Lifeline daemon is already serving."),
            Self::Held { holder } => {
                match holder {
                    Some(holder) => write!(f, "A Lifeline daemon (pid {}) holds the lock", holder.pid)?,
                    None => f.write_str("Another process holds the daemon's lock")?,
                }
                f.write_str(" but does not serve. Run: lifeline serve --detach --replace")
            }
            Self::Io { doing, path, source } => write!(f, "Could not {doing} {}: {source}", path.display()),
        }
    }
}

impl std::error::Error for EndpointError {}

impl From<PlaceError> for EndpointError {
    fn from(error: PlaceError) -> Self {
        Self::Place(error)
    }
}
