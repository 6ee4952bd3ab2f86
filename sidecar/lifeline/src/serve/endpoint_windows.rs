//! The endpoint as a named pipe: its first instance is the lock, its access list names this user alone.

use std::{
    ffi::OsString,
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use lifeline_platform::ProcessId;
use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions};

use super::{
    super::{
        access::OnlyThisUser,
        lock::{self, DAEMON_LOCK},
        places::{Places, private_folder},
    },
    EndpointError, PeerCredentials,
};

/// Overrides the pipe's name.
const PIPE_VARIABLE: &str = "LIFELINE_PIPE";

/// `ERROR_PIPE_BUSY`: all instances are taken; the next one follows at once.
/// <https://learn.microsoft.com/windows/win32/debug/system-error-codes--0-499->
const ERROR_PIPE_BUSY: i32 = 231;

/// A client's end of a connection.
pub(crate) type ClientStream = NamedPipeClient;
/// The daemon's end of a connection.
pub(crate) type ServerStream = NamedPipeServer;

/// Where a user's daemon listens.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    folder: PathBuf,
    pipe: OsString,
}

impl Endpoint {
    /// The endpoint of this user.
    ///
    /// # Errors
    /// None on Windows.
    pub(crate) fn at(places: &Places) -> Result<Self, EndpointError> {
        let pipe = std::env::var_os(PIPE_VARIABLE).filter(|name| !name.is_empty()).unwrap_or_else(|| {
            let user = std::env::var("USERNAME").unwrap_or_else(|_| "user".into());
            format!(r"\\.\pipe\lifeline-{user}").into()
        });
        Ok(Self { folder: places.runtime_dir.clone(), pipe })
    }

    /// Where it is, for messages.
    pub(crate) fn path(&self) -> &Path {
        Path::new(&self.pipe)
    }

    /// Connects to the daemon.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub(crate) async fn connect(&self) -> io::Result<(ClientStream, PeerCredentials)> {
        loop {
            match ClientOptions::new().open(&self.pipe) {
                Ok(stream) => return Ok((stream, PeerCredentials { uid: None, pid: None })),
                Err(error) if error.raw_os_error() == Some(ERROR_PIPE_BUSY) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Becomes the daemon.
    ///
    /// # Errors
    /// [`EndpointError::Held`], [`EndpointError::Place`], [`EndpointError::Io`].
    pub(crate) fn listen(&self, server: ProcessId, _: Duration) -> Result<Listener, EndpointError> {
        private_folder(&self.folder)?;
        let failed = |source| EndpointError::Io { doing: "listen at", path: self.path().into(), source };
        let access = OnlyThisUser::new().map_err(failed)?;
        let next = match instance(&self.pipe, &access, true) {
            // Windows denies a second "first" instance.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(EndpointError::Held { holder: lock::signed(&self.folder) });
            }
            made => made.map_err(failed)?,
        };
        let mut note = lock::open(&self.folder, DAEMON_LOCK).map_err(failed)?;
        lock::sign(&mut note, server, env!("CARGO_PKG_VERSION")).map_err(failed)?;
        Ok(Listener { next, access, pipe: self.pipe.clone(), note })
    }
}

/// The listening daemon.
pub(crate) struct Listener {
    next: NamedPipeServer,
    access: OnlyThisUser,
    pipe: OsString,
    note: File,
}

impl Listener {
    /// The next connection.
    ///
    /// # Errors
    /// When the system makes no further instance; a peer that is gone already.
    pub(crate) async fn accept(&mut self) -> io::Result<(ServerStream, PeerCredentials)> {
        if let Err(error) = self.next.connect().await {
            // Its client is gone; the instance can take another one.
            let _ = self.next.disconnect();
            return Err(error);
        }
        // Made before this one is given away, so that the name never stands without an instance.
        let next = instance(&self.pipe, &self.access, false)?;
        Ok((std::mem::replace(&mut self.next, next), PeerCredentials { uid: None, pid: None }))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        lock::unsign(&self.note);
    }
}

fn instance(pipe: &OsString, access: &OnlyThisUser, first: bool) -> io::Result<NamedPipeServer> {
    let mut options = ServerOptions::new();
    options.first_pipe_instance(first).reject_remote_clients(true);
    access.create(&options, pipe)
}
