//! Opening what lies in Claude Code's folders, without trust.

use std::{
    fs::{self, File},
    io::{self, Error, ErrorKind},
    path::Path,
};

/// Opens a regular file to read. A link, a pipe or a device that lies in its place is refused, and opening it does not hang.
///
/// # Errors
/// Whatever the file system says, and `InvalidInput` for what is no regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(Error::new(ErrorKind::InvalidInput, "not a regular file"))
    }
}

/// Whether a folder lies there, not a link to one.
pub fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|known| known.is_dir())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_is_opened_and_a_pipe_does_not_hang() {
        use rustix::fs::{CWD, Mode, mkfifoat};
        let dir = tempfile::tempdir().unwrap();
        let (file, link, pipe) = (dir.path().join("file"), dir.path().join("link"), dir.path().join("pipe"));
        std::fs::write(&file, "x").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        mkfifoat(CWD, &pipe, Mode::RUSR).unwrap();
        assert!(open_regular(&file).is_ok());
        assert!(is_folder(dir.path()) && !is_folder(&file) && !is_folder(&link));
        for bad in [&link, &pipe, &dir.path().to_owned(), &dir.path().join("none")] {
            assert!(open_regular(bad).is_err(), "{}", bad.display());
        }
    }
}
