//! The endpoint as a Unix socket: folder 0700, socket 0600, and a lock that decides who may serve.

use std::{
    io,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use lifeline_platform::ProcessId;
use tokio::net::{UnixListener, UnixStream, unix::UCred};

use super::{
    super::{
        lock::{self, DAEMON_LOCK, Lock},
        places::{Places, private_folder},
    },
    EndpointError, PeerCredentials,
};

/// The socket's name in the runtime folder.
const SOCKET: &str = "lifeline.sock";

/// Room in `sockaddr_un`, less the closing zero: unix(7), and `sys/un.h` of macOS and the BSDs.
const PATH_LIMIT: usize = if cfg!(any(target_os = "linux", target_os = "android")) { 107 } else { 103 };

/// A client's end of a connection.
pub(crate) type ClientStream = UnixStream;
/// The daemon's end of a connection.
pub(crate) type ServerStream = UnixStream;

/// Where a user's daemon listens.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    folder: PathBuf,
    socket: PathBuf,
}

impl Endpoint {
    /// The endpoint of this runtime folder.
    ///
    /// # Errors
    /// [`EndpointError::PathTooLong`].
    pub(crate) fn at(places: &Places) -> Result<Self, EndpointError> {
        let socket = places.runtime_dir.join(SOCKET);
        if socket.as_os_str().len() > PATH_LIMIT {
            return Err(EndpointError::PathTooLong { path: socket, limit: PATH_LIMIT });
        }
        Ok(Self { folder: places.runtime_dir.clone(), socket })
    }

    /// Where it is, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.socket
    }

    /// Connects to the daemon.
    ///
    /// # Errors
    /// `NotFound` or `ConnectionRefused` when there is none, `WouldBlock` when it has left so many connections
    /// waiting that the system takes no more, `PermissionDenied` when another user listens there.
    pub(crate) async fn connect(&self) -> io::Result<(ClientStream, PeerCredentials)> {
        let stream = UnixStream::connect(&self.socket).await?;
        let peer = credentials(stream.peer_cred()?);
        if !peer.is_ours() {
            let user = peer.uid.unwrap_or_default();
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!("user {user} listens at {}", self.socket.display()),
            ));
        }
        Ok((stream, peer))
    }

    /// Becomes the daemon: makes the folder, takes the lock, clears a dead daemon's socket away and listens.
    ///
    /// Blocks for up to `patience` until the lock is free.
    ///
    /// # Errors
    /// [`EndpointError::Held`], [`EndpointError::Place`], [`EndpointError::Io`].
    ///
    /// # Panics
    /// Outside of a runtime.
    pub(crate) fn listen(&self, server: ProcessId, patience: Duration) -> Result<Listener, EndpointError> {
        private_folder(&self.folder)?;
        let lock = if patience.is_zero() {
            Lock::take(&self.folder, DAEMON_LOCK)
        } else {
            Lock::wait(&self.folder, DAEMON_LOCK, patience)
        };
        match lock.map_err(|source| self.failed("lock", source))? {
            Some(lock) => self.bind(lock, server),
            None => Err(EndpointError::Held { holder: lock::signed(&self.folder) }),
        }
    }

    fn bind(&self, mut lock: Lock, server: ProcessId) -> Result<Listener, EndpointError> {
        match std::fs::symlink_metadata(&self.socket) {
            Ok(found) if found.file_type().is_socket() => {
                // Its daemon is dead: we hold the lock.
                std::fs::remove_file(&self.socket).map_err(|source| self.failed("remove", source))?;
            }
            Ok(_) => {
                let source = io::Error::new(io::ErrorKind::AlreadyExists, "it is no socket; remove it");
                return Err(self.failed("listen at", source));
            }
            Err(_) => {}
        }
        lock::sign(lock.file(), server, env!("CARGO_PKG_VERSION"))
            .map_err(|source| self.failed("lock", source))?;
        let inner = UnixListener::bind(&self.socket).map_err(|source| self.failed("listen at", source))?;
        // Until here the folder alone keeps others out, which is enough.
        let inode = std::fs::set_permissions(&self.socket, std::fs::Permissions::from_mode(0o600))
            .and_then(|()| std::fs::symlink_metadata(&self.socket))
            .map(|made| (made.dev(), made.ino()))
            .map_err(|source| self.failed("protect", source))?;
        Ok(Listener { inner, socket: self.socket.clone(), inode, lock })
    }

    fn failed(&self, doing: &'static str, source: io::Error) -> EndpointError {
        EndpointError::Io { doing, path: self.socket.clone(), source }
    }
}

/// The listening daemon. Dropped, it removes its socket and then frees the lock.
#[derive(Debug)]
pub(crate) struct Listener {
    inner: UnixListener,
    socket: PathBuf,
    inode: (u64, u64),
    lock: Lock,
}

impl Listener {
    /// The next connection. Does not judge it: see [`PeerCredentials::is_ours`].
    ///
    /// # Errors
    /// `EMFILE` and its kin, which pass; a peer that is gone already.
    pub(crate) async fn accept(&mut self) -> io::Result<(ServerStream, PeerCredentials)> {
        let (stream, _) = self.inner.accept().await?;
        let peer = credentials(stream.peer_cred()?);
        Ok((stream, peer))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let is_ours = std::fs::symlink_metadata(&self.socket)
            .is_ok_and(|found| (found.dev(), found.ino()) == self.inode);
        if is_ours && let Err(error) = std::fs::remove_file(&self.socket) {
            tracing::warn!(%error, "the socket stays behind");
        }
        lock::unsign(self.lock.file());
    }
}

fn credentials(found: UCred) -> PeerCredentials {
    PeerCredentials {
        uid: Some(found.uid()),
        // 0: in a pid namespace outside of ours.
        pid: found.pid().and_then(|pid| u32::try_from(pid).ok()).filter(|&pid| pid != 0),
    }
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
