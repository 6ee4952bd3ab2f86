//! Why there is no stack.

use std::{fmt, io};

/// What went wrong, and by [`left_open`](Self::left_open) what it left behind.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// An inspector was open before we came: a debugger's, or VS Code's own profiler's. Nothing was touched.
    AlreadyOpen {
        /// Its port.
        port: u16,
    },
    /// No inspector opened in time. Node was told and will open it when it next runs JavaScript, for example when the
    /// child that it waits for has ended; or its port is taken, and it never will.
    NotOpened,
    /// Nobody listens on the port any more, or the connection was cut.
    Io(io::Error),
    /// The inspector did not answer in time.
    Silent,
    /// Whatever listens there is no Node inspector, or speaks in a way that we do not accept.
    NotAnInspector(&'static str),
    /// JavaScript did not stop in time: the main thread sits in native code.
    NotPaused,
}

impl Error {
    /// Whether a port of the process may be open, or may open later, that was closed before. When the process lives on,
    /// [`close_inspector`](crate::close_inspector) should be tried.
    ///
    /// After [`NotPaused`](Self::NotPaused) the process has the order to close it, and does so when its JavaScript runs
    /// again.
    pub fn left_open(&self) -> bool {
        match self {
            Self::AlreadyOpen { .. } => false,
            Self::Io(error) => error.kind() != io::ErrorKind::ConnectionRefused,
            Self::NotOpened | Self::Silent | Self::NotAnInspector(_) | Self::NotPaused => true,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyOpen { port } => {
                write!(f, "an inspector was already open on port {port}; it was left alone")
            }
            Self::NotOpened => f.write_str("no inspector opened in time"),
            Self::Io(error) => write!(f, "the inspector's connection failed: {error}"),
            Self::Silent => f.write_str("the inspector did not answer in time"),
            Self::NotAnInspector(why) => write!(f, "no Node inspector: {why}"),
            Self::NotPaused => f.write_str("JavaScript did not stop in time"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
