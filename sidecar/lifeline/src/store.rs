//! What Lifeline keeps on disk, and how: durable before anything destructive, atomic always.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

/// A journal file is closed at this size and the next one begun.
const JOURNAL_FILE_BYTES: u64 = 8_000_000;

/// Journal files kept: 80 MB at the most, months of quiet days.
const JOURNAL_FILES_KEPT: usize = 10;

/// Snapshots kept (DESIGN: "the last 50").
pub(crate) const SNAPSHOTS_KEPT: usize = 50;

/// The state folder and the journal open in it.
pub(crate) struct Store {
    state_dir: PathBuf,
    journal: Option<(File, u64)>,
    /// Held as long as we live: two daemons that do not know of each other (two runtime folders, one home) must not write here both.
    lock: Option<File>,
}

impl Store {
    pub(crate) fn new(state_dir: PathBuf) -> Self {
        Self { state_dir, journal: None, lock: None }
    }

    /// Makes this daemon the only one that writes to the state folder.
    fn claim(&mut self) -> io::Result<()> {
        if self.lock.is_none() {
            private_folder(&self.state_dir)?;
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false);
            owner_only(&mut options);
            let lock = options.open(self.state_dir.join("lock"))?;
            lock.try_lock().map_err(|error| match error {
                TryLockError::WouldBlock => {
                    io::Error::other("another Lifeline daemon of yours uses the same state folder")
                }
                TryLockError::Error(error) => error,
            })?;
            self.lock = Some(lock);
        }
        Ok(())
    }

    /// Appends whole lines to the journal; `durable` returns only when they are on the disk.
    ///
    /// # Errors
    /// Whatever the file system says; half a line may have been written, and is cut at the next opening.
    pub(crate) fn append(&mut self, lines: &[u8], durable: bool) -> io::Result<()> {
        let written = self.try_append(lines, durable);
        if written.is_err() {
            // Reopened, and its torn tail cut, at the next attempt.
            self.journal = None;
        }
        written
    }

    fn try_append(&mut self, lines: &[u8], durable: bool) -> io::Result<()> {
        self.claim()?;
        if self.journal.as_ref().is_none_or(|(_, bytes)| *bytes >= JOURNAL_FILE_BYTES) {
            self.journal = Some(open_journal(&self.state_dir.join("journal"))?);
        }
        let Some((file, bytes)) = &mut self.journal else { return Ok(()) };
        file.write_all(lines)?;
        *bytes += lines.len() as u64;
        if durable {
            file.sync_data()?;
        }
        Ok(())
    }

    /// Replaces `name` in the state folder.
    ///
    /// # Errors
    /// Whatever the file system says; the old content is then untouched.
    pub(crate) fn replace(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        self.claim()?;
        write_atomically(&self.state_dir.join(name), content)
    }

    /// Appends to `name` in the state folder. A file that has this many bytes is put aside first: it is `name.1` then.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub(crate) fn append_to(&mut self, name: &str, line: &[u8], bytes: u64) -> io::Result<()> {
        self.claim()?;
        let path = self.state_dir.join(name);
        if fs::metadata(&path).is_ok_and(|found| found.len() >= bytes) {
            fs::rename(&path, self.state_dir.join(format!("{name}.1")))?;
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        owner_only(&mut options);
        options.open(path)?.write_all(line)
    }

    /// Makes a snapshot durable, then drops the oldest beyond [`SNAPSHOTS_KEPT`].
    ///
    /// # Errors
    /// Whatever the file system says; nothing is there under `id` then.
    pub(crate) fn save_snapshot(&mut self, id: &str, content: &[u8]) -> io::Result<()> {
        self.claim()?;
        let folder = self.snapshots();
        private_folder(&folder)?;
        write_atomically(&folder.join(format!("{id}.json")), content)?;
        for number in numbered(&folder, "json")?.into_iter().rev().skip(SNAPSHOTS_KEPT) {
            // The one just made stays, wherever the clock has put its number. Tidying up is not worth failing it.
            if number.to_string() != id {
                let _ = fs::remove_file(folder.join(format!("{number}.json")));
            }
        }
        Ok(())
    }

    /// The highest number that a snapshot has.
    pub(crate) fn highest_snapshot(&self) -> Option<u64> {
        numbered(&self.snapshots(), "json").ok()?.pop()
    }

    pub(crate) fn snapshots(&self) -> PathBuf {
        self.state_dir.join("snapshots")
    }

    /// Reads a file of the state folder; `None` when there is none or it cannot be read.
    pub(crate) fn read(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.state_dir.join(name)).ok()
    }
}

/// Numbers of the files `NUMBER.extension` in a folder, ascending. Other names are not ours and left alone.
pub(crate) fn numbered(folder: &Path, extension: &str) -> io::Result<Vec<u64>> {
    let mut numbers: Vec<u64> = fs::read_dir(folder)?
        .filter_map(|entry| {
            let name = entry.ok()?.file_name();
            name.to_str()?.strip_suffix(extension)?.strip_suffix('.')?.parse().ok()
        })
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Opens the newest journal file for appending, its torn tail cut, or the next one when that is full.
fn open_journal(folder: &Path) -> io::Result<(File, u64)> {
    private_folder(folder)?;
    let numbers = numbered(folder, "jsonl")?;
    for old in numbers.iter().rev().skip(JOURNAL_FILES_KEPT - 1) {
        fs::remove_file(folder.join(format!("{old}.jsonl")))?;
    }
    let mut number = numbers.last().copied().unwrap_or(1);
    let path = |number: u64| folder.join(format!("{number}.jsonl"));
    if fs::metadata(path(number)).is_ok_and(|meta| meta.len() >= JOURNAL_FILE_BYTES) {
        number += 1;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    owner_only(&mut options);
    let mut file = options.open(path(number))?;
    let bytes = cut_torn_tail(&mut file)?;
    File::open(folder).and_then(|folder| folder.sync_all()).or_else(folders_cannot_be_synced)?;
    Ok((file, bytes))
}

/// Cuts what follows the last line end, and stands at the end.
fn cut_torn_tail(file: &mut File) -> io::Result<u64> {
    let len = file.metadata()?.len();
    let mut end = len;
    let mut chunk = [0_u8; 4096];
    while end > 0 {
        let from = end.saturating_sub(chunk.len() as u64);
        let size = usize::try_from(end - from).unwrap_or(chunk.len());
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut chunk[..size])?;
        if let Some(at) = chunk[..size].iter().rposition(|byte| *byte == b'\n') {
            end = from + at as u64 + 1;
            break;
        }
        end = from;
    }
    if end != len {
        file.set_len(end)?;
    }
    file.seek(SeekFrom::Start(end))
}

/// Temp file, fsync, rename, fsync of the folder.
fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let written = (|| {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        owner_only(&mut options);
        let mut file = options.open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        path.parent().map_or(Ok(()), |folder| {
            File::open(folder).and_then(|folder| folder.sync_all()).or_else(folders_cannot_be_synced)
        })
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Windows has no fsync of folders: opening one as a file is denied there.
fn folders_cannot_be_synced(error: io::Error) -> io::Result<()> {
    if cfg!(windows) { Ok(()) } else { Err(error) }
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn owner_only(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_tail_is_cut_and_appending_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::new(dir.path().to_owned());
        store.append(b"{\"a\":1}\n", true).unwrap();
        drop(store);
        let path = dir.path().join("journal/1.jsonl");
        let mut torn = fs::read(&path).unwrap();
        torn.extend(vec![b'x'; 10_000]);
        fs::write(&path, torn).unwrap();
        Store::new(dir.path().to_owned()).append(b"{\"b\":2}\n", true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"a\":1}\n{\"b\":2}\n");
    }

    #[test]
    fn a_journal_of_one_torn_line_starts_afresh() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("journal")).unwrap();
        fs::write(dir.path().join("journal/1.jsonl"), "torn").unwrap();
        Store::new(dir.path().to_owned()).append(b"ok\n", false).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("journal/1.jsonl")).unwrap(), "ok\n");
    }

    #[test]
    fn full_journals_are_followed_by_the_next_and_old_ones_go() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("journal");
        fs::create_dir(&folder).unwrap();
        for number in 1..=12 {
            let file = File::create(folder.join(format!("{number}.jsonl"))).unwrap();
            file.set_len(JOURNAL_FILE_BYTES).unwrap();
        }
        fs::write(folder.join("notes.txt"), "not ours").unwrap();
        let mut store = Store::new(dir.path().to_owned());
        store.append(b"new\n", true).unwrap();
        let kept = numbered(&folder, "jsonl").unwrap();
        assert_eq!(kept.len(), JOURNAL_FILES_KEPT);
        assert_eq!(kept.last(), Some(&13));
        assert_eq!(fs::read_to_string(folder.join("13.jsonl")).unwrap(), "new\n");
        assert!(folder.join("notes.txt").exists());
    }

    #[test]
    fn only_the_last_snapshots_are_kept_and_foreign_files_stay() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::new(dir.path().to_owned());
        for id in 1000..1060 {
            store.save_snapshot(&id.to_string(), b"{}").unwrap();
        }
        fs::write(store.snapshots().join("mine.json"), "").unwrap();
        store.save_snapshot("1060", b"{}").unwrap();
        let kept = numbered(&store.snapshots(), "json").unwrap();
        assert_eq!((kept.len(), kept[0]), (SNAPSHOTS_KEPT, 1011));
        assert!(store.snapshots().join("mine.json").exists());
    }

    #[test]
    fn a_new_snapshot_survives_although_all_others_are_numbered_higher() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::new(dir.path().to_owned());
        for id in 1000..1000 + SNAPSHOTS_KEPT {
            store.save_snapshot(&id.to_string(), b"{}").unwrap();
        }
        store.save_snapshot("7", b"{}").unwrap();
        assert!(store.snapshots().join("7.json").exists());
        assert_eq!(store.highest_snapshot(), Some(999 + SNAPSHOTS_KEPT as u64));
    }

    #[test]
    fn a_second_daemon_on_the_same_folder_cannot_save() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = Store::new(dir.path().to_owned());
        let mut second = Store::new(dir.path().to_owned());
        first.append(b"1\n", true).unwrap();
        for refused in [
            second.append(b"2\n", true),
            second.replace("memory.json", b"2"),
            second.save_snapshot("2", b"2"),
        ] {
            assert!(refused.unwrap_err().to_string().contains("another Lifeline daemon"));
        }
        drop(first);
        second.append(b"2\n", true).unwrap();
    }

    #[test]
    fn a_failed_replacement_leaves_the_old_content() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::new(dir.path().to_owned());
        store.replace("memory.json", b"old").unwrap();
        // A folder where the temporary file should be: writing fails whoever we are.
        fs::create_dir(dir.path().join("memory.tmp")).unwrap();
        assert!(store.replace("memory.json", b"new").is_err());
        assert_eq!(store.read("memory.json").unwrap(), b"old");
    }

    #[test]
    fn a_full_file_of_lines_is_put_aside() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::new(dir.path().to_owned());
        for line in ["1\n", "2\n", "3\n", "4\n", "5\n"] {
            store.append_to("lines.jsonl", line.as_bytes(), 4).unwrap();
        }
        assert_eq!(store.read("lines.jsonl").unwrap(), b"5\n");
        assert_eq!(store.read("lines.jsonl.1").unwrap(), b"3\n4\n");
    }

    #[cfg(unix)]
    #[test]
    fn files_and_folders_are_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::new(dir.path().join("state"));
        store.append(b"x\n", false).unwrap();
        store.save_snapshot("1", b"{}").unwrap();
        let mode = |path: &str| fs::metadata(dir.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("state"), 0o700);
        assert_eq!(mode("state/snapshots"), 0o700);
        assert_eq!(mode("state/snapshots/1.json"), 0o600);
        assert_eq!(mode("state/journal/1.jsonl"), 0o600);
    }
}
