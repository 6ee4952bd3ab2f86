//! One lock file: opened so that nothing in its place can hurt, read, forgotten.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    hint, io,
    io::Read as _,
    path::Path,
};

use super::{LOCK_BYTES_AT_MOST, Lock, ProblemKind, content};

/// Reads a file that has the name of a lock.
pub(super) fn read(port: u16, path: &Path) -> Result<Lock, ProblemKind> {
    let (file, metadata) = open_checked(path)?;
    let mut bytes = content_of(file)?;
    let content = content::parse(&bytes).ok_or(ProblemKind::NoJson);
    // The token was in it; it is not left in memory for a core dump to find.
    bytes.fill(0);
    hint::black_box(&bytes);
    let content = content?;
    Ok(Lock {
        port,
        pid: content.pid,
        workspace_folders: content.workspace_folders,
        ide_name: content.ide_name,
        transport: content.transport,
        running_in_windows: content.running_in_windows,
        has_token: content.has_token,
        modified: metadata.modified().ok(),
    })
}

/// The bytes of such a file, with its token.
pub(super) fn read_all(path: &Path) -> Result<Vec<u8>, ProblemKind> {
    content_of(open_checked(path)?.0)
}

fn open_checked(path: &Path) -> Result<(File, Metadata), ProblemKind> {
    // First without opening: to open a device can already do something.
    let named = fs::symlink_metadata(path).map_err(unreadable)?;
    if named.is_symlink() {
        return Err(ProblemKind::Link);
    }
    judge(&named)?;
    let file =
        open(path).map_err(|error| if is_link(&error) { ProblemKind::Link } else { unreadable(error) })?;
    // Again, of what was really opened: it may have been put there in between.
    let metadata = file.metadata().map_err(unreadable)?;
    judge(&metadata)?;
    Ok((file, metadata))
}

fn judge(metadata: &Metadata) -> Result<(), ProblemKind> {
    if !metadata.is_file() {
        return Err(ProblemKind::NoFile);
    }
    if is_foreign(metadata) {
        return Err(ProblemKind::ForeignOwner);
    }
    if metadata.len() > LOCK_BYTES_AT_MOST {
        return Err(ProblemKind::TooLarge);
    }
    Ok(())
}

fn content_of(file: File) -> Result<Vec<u8>, ProblemKind> {
    // It may have grown, or never have told its size. With room for all, the reader never moves it and leaves a copy.
    let limit = LOCK_BYTES_AT_MOST + 1;
    let mut bytes = Vec::with_capacity(usize::try_from(limit + 32).unwrap_or_default());
    file.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LOCK_BYTES_AT_MOST {
        return Err(ProblemKind::TooLarge);
    }
    Ok(bytes)
}

fn unreadable(error: io::Error) -> ProblemKind {
    ProblemKind::Unreadable(error.kind())
}

/// Links are not followed, a pipe does not block, and no child inherits it.
#[cfg(unix)]
pub(super) fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// Links are opened themselves, and then are no files.
#[cfg(windows)]
pub(super) fn open(path: &Path) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt as _;
    /// `FILE_FLAG_OPEN_REPARSE_POINT`
    const THE_LINK_ITSELF: u32 = 0x0020_0000;
    OpenOptions::new().read(true).custom_flags(THE_LINK_ITSELF).open(path)
}

#[cfg(unix)]
pub(super) fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(windows)]
pub(super) fn is_link(_: &io::Error) -> bool {
    false
}

#[cfg(unix)]
fn is_foreign(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.uid() != rustix::process::geteuid().as_raw()
}

/// There the folder's access list keeps other users out.
#[cfg(windows)]
fn is_foreign(_: &Metadata) -> bool {
    false
}
