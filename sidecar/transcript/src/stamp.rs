//! Which file it is, and whether it was changed, as far as its folder tells.

use std::{
    fs::Metadata,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

/// What the file system tells of a file without its being read. As long as it is the same, so is the file, unless it was written to within
/// one tick of the file system's clock (10 ms on Linux, 2 s on FAT).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Which file.
    pub id: FileId,
    /// Its size.
    pub bytes: u64,
    /// When it was last written to, in nanoseconds since the Unix epoch; none where nobody keeps it.
    pub modified_ns: Option<u64>,
    /// When it or what is kept of it was last changed, which no program can set back; none but on Unix.
    pub changed_ns: Option<u64>,
}

/// The device and the inode; elsewhere than on Unix the time of the file's creation and a hash of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(pub u64, pub u64);

impl Stamp {
    /// Of a file at this path.
    pub fn of(path: &Path, known: &Metadata) -> Self {
        Self {
            id: FileId::of(path, known),
            bytes: known.len(),
            modified_ns: known.modified().ok().and_then(unix_ns),
            changed_ns: changed_ns(known),
        }
    }
}

fn unix_ns(time: SystemTime) -> Option<u64> {
    u64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()
}

impl FileId {
    #[cfg(unix)]
    pub(crate) fn of(_: &Path, known: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self(known.dev(), known.ino())
    }

    #[cfg(not(unix))]
    pub(crate) fn of(path: &Path, known: &Metadata) -> Self {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        Self(known.created().ok().and_then(unix_ns).unwrap_or(0), hasher.finish())
    }
}

#[cfg(unix)]
fn changed_ns(known: &Metadata) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    let (seconds, ns) = (u64::try_from(known.ctime()).ok()?, u64::try_from(known.ctime_nsec()).ok()?);
    seconds.checked_mul(1_000_000_000)?.checked_add(ns)
}

#[cfg(not(unix))]
fn changed_ns(_: &Metadata) -> Option<u64> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, time::Duration};

    use super::*;

    #[test]
    fn a_file_that_was_changed_or_replaced_is_told_from_what_it_was() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a");
        let stamp = || Stamp::of(&path, &fs::metadata(&path).unwrap());
        fs::write(&path, "one").unwrap();
        let first = stamp();
        assert_eq!((first, first.bytes), (stamp(), 3));

        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_nanos(1_000_000_007)).unwrap();
        let touched = stamp();
        assert_eq!((touched.id, touched.modified_ns), (first.id, Some(1_000_000_007)));
        assert_ne!(touched, first);

        fs::write(home.path().join("b"), "two").unwrap();
        fs::rename(home.path().join("b"), &path).unwrap();
        assert_ne!(stamp().id, first.id);
    }
}
