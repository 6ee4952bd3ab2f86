//! One file as it was read, and how reading goes on when more has been written to it.

use std::{
    fs::File,
    hash::{DefaultHasher, Hasher as _},
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use lifeline_transcript::{Listed, Scanner, Stamp, open_regular};
use serde::{Deserialize, Serialize};

use crate::summary::{Reader, Summary};

/// What is compared at the beginning of a file, and before the place where reading goes on, in bytes. A record names its session and its
/// own id within the first few hundred.
const COMPARED_BYTES: u64 = 4096;

/// How long a file must have been left alone for its stamp to tell of any change: twice the coarsest tick of a file system (FAT), in
/// milliseconds.
const AT_REST_MS: u64 = 4000;

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) stamp: Stamp,
    /// Nothing can have been written to it since without another stamp.
    is_at_rest: bool,
    /// Of the first bytes and the last, up to where reading goes on.
    prefix: u64,
    /// After the last line that has an end.
    pub(crate) reader: Reader,
    /// With what came after that.
    pub(crate) with_tail: Option<Summary>,
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) entry: Entry,
    /// What was read of it.
    pub(crate) bytes: u64,
    /// The file was not written to meanwhile: what is known of it belongs together.
    pub(crate) may_be_kept: bool,
}

impl Entry {
    /// What the whole file holds.
    pub(crate) fn summary(&self) -> &Summary {
        self.with_tail.as_ref().unwrap_or(&self.reader.summary)
    }

    /// The same, to keep.
    pub(crate) fn into_summary(self) -> Summary {
        self.with_tail.unwrap_or(self.reader.summary)
    }

    /// Whether this file need not be read again.
    pub(crate) fn is_current(&self, file: &Listed) -> bool {
        self.is_at_rest && self.stamp == file.stamp && self.reader.is_subagent == file.is_subagent
    }

    /// Whether one that was kept can be one.
    pub(crate) fn is_sound(&self) -> bool {
        self.reader.is_sound()
            && self.summary().is_sound()
            && self.reader.summary.bytes <= self.summary().bytes
            && self.summary().bytes == self.stamp.bytes
    }

    /// Whether this file is that one, with more after what was read of it.
    fn goes_on_in(&self, file: &mut File, stamp: Stamp) -> bool {
        let end = self.reader.summary.bytes;
        self.stamp.id == stamp.id
            && self.stamp.bytes < stamp.bytes
            && prefix(file, end).is_ok_and(|prefix| prefix == self.prefix)
    }
}

impl Done {
    /// Reads a file: what was added to it when it is known, else all of it. `now_ms` is a time before its folder was listed, and none when
    /// nothing is to be kept.
    ///
    /// # Errors
    /// Those of opening and reading.
    pub(crate) fn read(
        scanner: &mut Scanner,
        listed: &Listed,
        known: Option<Entry>,
        now_ms: Option<u64>,
    ) -> io::Result<Self> {
        let mut file = open_regular(&listed.path)?;
        let stamp = stamp(&listed.path, &file)?;
        let known = known.filter(|known| known.reader.is_subagent == listed.is_subagent);
        let mut reader = match known.filter(|known| known.goes_on_in(&mut file, stamp)) {
            Some(known) => known.reader.revived(),
            None => Reader::new(listed.is_subagent),
        };
        file.seek(SeekFrom::Start(reader.summary.bytes))?;
        let (extent, with_tail) = reader.read(scanner, &mut file)?;
        let mut entry = Entry { stamp, is_at_rest: false, prefix: 0, reader, with_tail };
        let mut may_be_kept = false;
        if let Some(now_ms) = now_ms {
            let modified_ms = stamp.modified_ns.map(|ns| ns / 1_000_000);
            entry.is_at_rest = modified_ms.is_some_and(|at| at.saturating_add(AT_REST_MS) <= now_ms);
            entry.prefix = prefix(&mut file, entry.reader.summary.bytes)?;
            may_be_kept = entry.summary().bytes == stamp.bytes && self::stamp(&listed.path, &file)? == stamp;
        }
        Ok(Self { entry, bytes: extent.bytes, may_be_kept })
    }
}

fn stamp(path: &Path, file: &File) -> io::Result<Stamp> {
    Ok(Stamp::of(path, &file.metadata()?))
}

/// A hash of the first bytes of a file and of the last ones before `end`.
fn prefix(file: &mut File, end: u64) -> io::Result<u64> {
    let mut hasher = DefaultHasher::new();
    let mut bytes = Vec::new();
    for from in [0, end.saturating_sub(COMPARED_BYTES)] {
        bytes.clear();
        file.seek(SeekFrom::Start(from))?;
        file.by_ref().take(COMPARED_BYTES.min(end - from)).read_to_end(&mut bytes)?;
        hasher.write(&bytes);
    }
    Ok(hasher.finish())
}
