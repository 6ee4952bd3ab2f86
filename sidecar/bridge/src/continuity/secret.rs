//! The token of a lock: what a client must show, and what the next host asks for.

use std::{
    fmt,
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use crate::lock::{self, SUFFIX};

/// A lock's token. It is compared, and shown to the host that gave it out; never printed, logged or stored.
#[derive(Clone)]
pub struct Token(Box<str>);

impl Token {
    /// Whether this is it. Takes as long for a wrong one as for the right one of the same length.
    pub fn is(&self, shown: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(shown).into()
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A lock file with its token, as it is needed to stand in for the host that wrote it.
#[derive(Clone)]
pub struct Secret {
    token: Token,
    path: PathBuf,
    content: Box<[u8]>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Secret {
    /// Its token.
    pub const fn token(&self) -> &Token {
        &self.token
    }

    /// Writes the lock file again where it is missing: a host that is shut down in order takes it along, and a CLI that is started in one
    /// of its terminals later looks for it.
    ///
    /// # Errors
    /// When it cannot be written. That it is there already is none.
    pub fn restore(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&self.path) {
            Ok(mut file) => file.write_all(&self.content),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes the lock file, if it is still the one that was read.
    ///
    /// # Errors
    /// When it cannot be read or removed. That it is gone already is none.
    pub fn remove(&self) -> io::Result<()> {
        if !lock::read_file(&self.path).is_ok_and(|bytes| *bytes == *self.content) {
            return Ok(());
        }
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Reads the lock of this port with its token; `None` where there is none that can be trusted to be ours, or it has no token.
///
/// Blocks on the file system.
pub fn read_secret(folders: &[PathBuf], port: u16) -> Option<Secret> {
    folders.iter().find_map(|folder| read(&folder.join(format!("{port}{SUFFIX}"))))
}

fn read(path: &Path) -> Option<Secret> {
    #[derive(Deserialize)]
    struct Content {
        #[serde(rename = "authToken")]
        token: Box<str>,
    }
    let bytes = lock::read_file(path).ok()?;
    let content: Content =
        serde_json::from_slice(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)).ok()?;
    // What cannot stand in a header was never shown by a client.
    let fits = !content.token.is_empty() && content.token.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| Secret { token: Token(content.token), path: path.to_owned(), content: bytes.into() })
}
