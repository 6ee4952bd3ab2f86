//! What is kept of files from one report to the next: a folder of files, one for each set of folders that was asked for.
//!
//! It is a cache: what is damaged, of another version or too large counts as absent, and what cannot be written is not kept. It holds counts,
//! times, hashes, and of errors what a report tells (codes, addresses, ids, versions, models), but nothing that was said.
//!
//! ```text
//! head   magic, version, length and checksum of each part, checksum of the head   seven numbers of 8 bytes, little-endian
//! files  the duplicates among all records, and an entry for each file             postcard
//! bulk   of each file the hashes of its records' ids, and their times             how many, and so many numbers of 8 bytes
//! ```
//! Most of it is bulk, which is not needed when nothing has changed, and so is read only when it is asked for.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    hash::{BuildHasher as _, DefaultHasher, Hash as _, Hasher as _, RandomState},
    io::{self, Read as _, Write as _},
    mem,
    path::{Path, PathBuf},
};

use lifeline_transcript::{FileId, Listed, open_regular};
use serde::{Deserialize, Serialize};

use crate::{
    entry::Entry,
    summary::{RULES, Records, Summary},
};

/// Where a report keeps what it has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// A folder that is there, and that nobody else can reach into. Nothing but indexes is in it.
    pub folder: PathBuf,
    /// The time, in milliseconds since the Unix epoch: what was written to just before it may be written to again unseen.
    pub now_ms: u64,
}

/// Larger ones are not kept: they would be of more than 25 GB of transcripts.
const BYTES_AT_MOST: u64 = 128 << 20;

/// Indexes of so many sets of folders are kept, the newest.
const FILES_AT_MOST: usize = 8;

const MAGIC: u64 = u64::from_le_bytes(*b"lifeline");

const HEAD_BYTES: usize = 8 * 7;

/// What was kept, but for the bulk.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) files: HashMap<FileId, Box<Entry>>,
    /// Records of all these files whose id was there before.
    pub(crate) duplicates: Option<u64>,
    /// In this order they are in the bulk.
    order: Vec<FileId>,
    bulk: Option<Bulk>,
}

#[derive(Debug)]
struct Bulk {
    file: File,
    bytes: u64,
    checksum: u64,
}

#[derive(Serialize)]
struct FilesRef<'a> {
    duplicates: Option<u64>,
    entries: &'a [&'a Entry],
}

#[derive(Deserialize)]
struct Files {
    duplicates: Option<u64>,
    #[expect(
        clippy::vec_box,
        reason = "nearly 1 kB each, which a vector that grows would move again and again"
    )]
    entries: Vec<Box<Entry>>,
}

impl Index {
    /// The file for these folders.
    pub(crate) fn path(&self, projects: &[PathBuf]) -> PathBuf {
        self.folder.join(format!("{:016x}.index", key(projects)))
    }
}

/// The same for the same folders, whatever they were called and in whatever order.
fn key(projects: &[PathBuf]) -> u64 {
    let known = |folder: &PathBuf| fs::canonicalize(folder).unwrap_or_else(|_| folder.clone());
    let mut folders: Vec<PathBuf> = projects.iter().map(known).collect();
    folders.sort_unstable();
    folders.dedup();
    let mut hasher = DefaultHasher::new();
    folders.hash(&mut hasher);
    hasher.finish()
}

impl Kept {
    /// Reads what was kept there; nothing when there is nothing, or anything is wrong with it.
    pub(crate) fn load(path: &Path) -> Self {
        Self::try_load(path).unwrap_or_default()
    }

    fn try_load(path: &Path) -> Option<Self> {
        let mut file = open_regular(path).ok()?;
        let bytes = file.metadata().ok()?.len();
        if bytes > BYTES_AT_MOST {
            return None;
        }
        let mut head = [0; HEAD_BYTES];
        file.read_exact(&mut head).ok()?;
        let mut numbers = numbers(&head);
        let is_ours = numbers.next()? == MAGIC && numbers.next()? == version();
        let (files_bytes, files_checksum) = (numbers.next()?, numbers.next()?);
        let bulk = Bulk { bytes: numbers.next()?, checksum: numbers.next()?, file };
        let all = files_bytes.checked_add(bulk.bytes)?.checked_add(HEAD_BYTES as u64)?;
        if !is_ours || all != bytes || numbers.next()? != checksum(&head[..HEAD_BYTES - 8]) {
            return None;
        }
        let files: Files = postcard::from_bytes(&part(&bulk.file, files_bytes, files_checksum)?).ok()?;
        let order: Vec<FileId> = files.entries.iter().map(|entry| entry.stamp.id).collect();
        let is_sound = files.entries.iter().all(|entry| entry.is_sound());
        let entries: HashMap<FileId, Box<Entry>> = order.iter().copied().zip(files.entries).collect();
        let is_sound = is_sound && entries.len() == order.len();
        is_sound.then_some(Self { files: entries, duplicates: files.duplicates, order, bulk: Some(bulk) })
    }

    /// Whether it is these files that are kept, and none of them has changed.
    pub(crate) fn are_current(&self, files: &[Listed]) -> bool {
        let is_current =
            |file: &Listed| self.files.get(&file.stamp.id).is_some_and(|entry| entry.is_current(file));
        files.len() == self.files.len() && files.iter().all(is_current)
    }

    /// Gives the files their records. Nothing is left when they cannot be had.
    pub(crate) fn with_records(mut self) -> Self {
        self.fill().map_or_else(Self::default, |()| self)
    }

    fn fill(&mut self) -> Option<()> {
        let Some(bulk) = self.bulk.take() else { return Some(()) };
        let bytes = part(&bulk.file, bulk.bytes, bulk.checksum)?;
        let mut numbers = numbers(&bytes);
        for id in mem::take(&mut self.order) {
            let entry = self.files.get_mut(&id)?;
            for summary in summaries_mut(entry) {
                summary.records = Records { ids: list(&mut numbers)?, times: list(&mut numbers)? };
            }
        }
        numbers.next().is_none().then_some(())
    }
}

fn summaries(entry: &Entry) -> impl Iterator<Item = &Summary> {
    std::iter::once(&entry.reader.summary).chain(&entry.with_tail)
}

fn summaries_mut(entry: &mut Entry) -> impl Iterator<Item = &mut Summary> {
    std::iter::once(&mut entry.reader.summary).chain(&mut entry.with_tail)
}

/// A part of the file from where it stands, when it is as it was written.
fn part(mut file: &File, bytes: u64, expected: u64) -> Option<Vec<u8>> {
    let mut part = vec![0; usize::try_from(bytes).ok()?];
    file.read_exact(&mut part).ok()?;
    (checksum(&part) == expected).then_some(part)
}

fn numbers(bytes: &[u8]) -> impl ExactSizeIterator<Item = u64> {
    bytes.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes))
}

/// Its length, and then so many numbers.
fn list(numbers: &mut impl ExactSizeIterator<Item = u64>) -> Option<Vec<u64>> {
    let length = usize::try_from(numbers.next()?).ok()?;
    (length <= numbers.len()).then(|| numbers.by_ref().take(length).collect())
}

/// Writes all entries down in the place of what was kept. Another report that does the same at the same time replaces it, or is replaced.
///
/// # Errors
/// Those of the file system, and `InvalidData` for more than is kept; what was there is then as it was.
pub(crate) fn save(path: &Path, entries: &[&Entry], duplicates: Option<u64>) -> io::Result<()> {
    let content = encoded(entries, duplicates)?;
    let random = RandomState::new().build_hasher().finish();
    let temporary = path.with_extension(format!("{random:016x}.tmp"));
    let written = (|| {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&temporary)?.write_all(&content)?;
        fs::rename(&temporary, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    path.parent().into_iter().for_each(tidy);
    written
}

fn encoded(entries: &[&Entry], duplicates: Option<u64>) -> io::Result<Vec<u8>> {
    let files = FilesRef { duplicates, entries };
    let files = postcard::to_allocvec(&files).map_err(|_| io::ErrorKind::InvalidData)?;
    let records = entries.iter().flat_map(|entry| summaries(entry)).map(|summary| &summary.records);
    let mut bulk = Vec::new();
    for list in records.flat_map(|records| [&records.ids, &records.times]) {
        bulk.extend((list.len() as u64).to_le_bytes());
        list.iter().for_each(|number| bulk.extend(number.to_le_bytes()));
    }
    let head = [MAGIC, version(), files.len() as u64, checksum(&files), bulk.len() as u64, checksum(&bulk)];
    let mut content: Vec<u8> = head.iter().flat_map(|number| number.to_le_bytes()).collect();
    content.extend(checksum(&content).to_le_bytes());
    content.extend(files);
    content.extend(bulk);
    if content.len() as u64 > BYTES_AT_MOST { Err(io::ErrorKind::InvalidData.into()) } else { Ok(content) }
}

/// What was written by other rules, or by those of another release, counts as absent.
fn version() -> u64 {
    let mut hasher = DefaultHasher::new();
    (RULES, env!("CARGO_PKG_VERSION")).hash(&mut hasher);
    hasher.finish()
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// Removes all but the newest, and with them what a report left behind that was ended while it wrote.
fn tidy(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .filter(|(_, path)| {
            path.extension().is_some_and(|extension| extension == "index" || extension == "tmp")
        })
        .collect();
    files.sort_unstable_by(|a, b| b.cmp(a));
    for (_, path) in files.iter().skip(FILES_AT_MOST) {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use lifeline_transcript::Scanner;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use tempfile::TempDir;

    use super::*;
    use crate::{Calendar, Names, Options, Span, entry::Done};

    /// One of each: a prompt, attempts, an answer, a turn that died, what is no record, and a line without an end.
    fn lines() -> String {
        let at = |second: u32| format!("2026-04-14T00:00:{second:02}.250Z");
        let error = |id: &str, second: u32, attempt: u32| {
            let cause = json!({ "code": "ECONNRESET", "path": "https://api.anthropic.com/v1/messages" });
            json!({
                "type": "system", "subtype": "api_error", "uuid": id, "timestamp": at(second), "sessionId": "s", "version": "2.1.72",
                "retryAttempt": attempt, "maxRetries": 2, "cause": cause, "source": "connection_retry",
            })
        };
        let records: [Value; 6] = [
            json!({ "type": "user", "uuid": "a", "timestamp": at(0), "message": { "content": "go" } }),
            error("b", 1, 1),
            json!({ "type": "assistant", "uuid": "c", "timestamp": at(2), "message": { "model": "m" } }),
            error("d", 3, 1),
            error("e", 4, 2),
            json!({ "type": "assistant", "uuid": "f", "timestamp": at(9), "isApiErrorMessage": true }),
        ];
        let lines: Vec<String> = records.iter().map(Value::to_string).collect();
        format!("{}\n{{\n\n{}", lines.join("\n"), error("g", 12, 1))
    }

    fn folder() -> TempDir {
        tempfile::tempdir().unwrap()
    }

    /// A folder of transcripts that are at rest, and the index of a report of them.
    fn kept() -> (TempDir, TempDir, Options) {
        let (projects, kept) = (folder(), folder());
        let index = Index { folder: kept.path().to_owned(), now_ms: u64::MAX };
        for name in ["s.jsonl", "t.jsonl"] {
            fs::create_dir_all(projects.path().join("p")).unwrap();
            fs::write(projects.path().join("p").join(name), lines()).unwrap();
        }
        let options = Options {
            projects: vec![projects.path().to_owned()],
            span: Span::default(),
            calendar: Calendar::utc(),
            names: Names::Plain,
            index: Some(index),
            link_logs: Vec::new(),
            network_notes: None,
            relay_records: Vec::new(),
            relay_offer: None,
        };
        crate::report(&options, &|_, _| {});
        (projects, kept, options)
    }

    /// With checksums that fit.
    fn signed(mut content: Vec<u8>) -> Vec<u8> {
        let number = |content: &[u8], at: usize| numbers(&content[8 * at..]).next().unwrap();
        let end = HEAD_BYTES + usize::try_from(number(&content, 2)).unwrap();
        let sums = [(3, checksum(&content[HEAD_BYTES..end])), (5, checksum(&content[end..]))];
        for (at, sum) in sums {
            content[8 * at..][..8].copy_from_slice(&sum.to_le_bytes());
        }
        let sum = checksum(&content[..HEAD_BYTES - 8]);
        content[HEAD_BYTES - 8..HEAD_BYTES].copy_from_slice(&sum.to_le_bytes());
        content
    }

    /// When this fails, and the new summary is right, [`RULES`] is to be raised together with what is expected here.
    #[test]
    fn a_summary_that_is_written_otherwise_has_rules_of_another_number() {
        let (projects, ..) = kept();
        let listed = lifeline_transcript::list(projects.path()).remove(0);
        let done = Done::read(&mut Scanner::default(), &listed, None, Some(0)).unwrap();
        let mut entry = done.entry;
        entry.stamp.id = FileId(1, 2);
        (entry.stamp.modified_ns, entry.stamp.changed_ns) = (None, None);
        let content = encoded(&[&entry], Some(1)).unwrap();
        assert_eq!((RULES, checksum(&content[HEAD_BYTES..])), (3, 2_758_119_781_891_536_815));
    }

    static KEPT: LazyLock<(TempDir, TempDir, Options)> = LazyLock::new(kept);

    proptest! {
        #[test]
        fn what_somebody_else_made_up_does_no_harm(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
            since_ms in prop::option::of(Just(1_776_124_805_000)),
        ) {
            let (_, _, options) = &*KEPT;
            let path = options.index.as_ref().unwrap().path(&options.projects);
            let sound = fs::read(&path).unwrap();
            let mut content = sound.clone();
            for (at, byte) in &changes {
                let at = HEAD_BYTES + at.index(content.len() - HEAD_BYTES);
                content[at] = *byte;
            }
            fs::write(&path, signed(content)).unwrap();
            let span = Span { since_ms, until_ms: None };
            crate::report(&Options { span, ..options.clone() }, &|_, _| {});
            fs::write(&path, sound).unwrap();
        }
    }

    #[test]
    fn its_own_signature_is_accepted() {
        let (_projects, _kept, options) = kept();
        let path = options.index.as_ref().unwrap().path(&options.projects);
        let sound = fs::read(&path).unwrap();
        assert_eq!(signed(sound.clone()), sound);
        assert_eq!(Kept::load(&path).with_records().files.len(), 2);
    }
}
