//! All transcripts, each by one of as many threads as there are processors; the order in which they end changes nothing. What an index
//! knows is not read again.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use lifeline_transcript::{Listed, Scanner, list};

use crate::{
    Options,
    entry::{Done, Entry},
    index::{self, Kept},
    summary::{Span, Summary},
};

/// More than these wait for the disk, or for each other.
const THREADS_AT_MOST: usize = 16;

/// A transcript, and what it holds.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) listed: Listed,
    pub(crate) summary: Summary,
    /// The first and the last time in the span.
    pub(crate) within: Option<(u64, u64)>,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Sources {
    /// In order of paths.
    pub(crate) files: Vec<Source>,
    /// Records whose id was there before.
    pub(crate) duplicates: u64,
}

/// A file that is listed, and what is known of it.
#[derive(Debug)]
struct Found {
    listed: Listed,
    entry: Option<Box<Entry>>,
    next: Next,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Nothing in it can be in the span.
    Pass,
    /// It is as it was.
    Take,
    Read,
    /// It was written to while it was read.
    TakeOnce,
}

impl Found {
    fn new(listed: Listed, kept: &mut Kept, span: Span) -> Self {
        let entry = kept.files.remove(&listed.stamp.id);
        let next = if !may_reach(&listed, span) {
            Next::Pass
        } else if entry.as_ref().is_some_and(|entry| entry.is_current(&listed)) {
            Next::Take
        } else {
            Next::Read
        };
        Self { listed, entry, next }
    }

    /// What has to be read of it, if it is what it seems to be.
    fn bytes_to_read(&self) -> u64 {
        let known = self.entry.as_ref().map_or(0, |entry| entry.reader.summary.bytes);
        let all = self.listed.stamp.bytes;
        all.checked_sub(known).filter(|more| *more > 0).unwrap_or(all)
    }

    fn is_asked_for(&self, span: Span) -> bool {
        self.next != Next::Pass && (span.is_all() || self.within(span).is_some())
    }

    fn within(&self, span: Span) -> Option<(u64, u64)> {
        self.entry.as_ref()?.summary().within(span)
    }
}

/// Reads what lies below the folders; files without a record in the span are left out. So is what cannot be read: the tool that writes there
/// may remove it at any moment. `progress` hears how many of how many bytes have been read, not counting what is known.
pub(crate) fn read(options: &Options, progress: &(dyn Fn(u64, u64) + Sync)) -> Sources {
    let span = options.span;
    let kept_in = options.index.as_ref().map(|index| index.path(&options.projects));
    // The one waits for the file system, the other computes.
    let (files, mut kept) = thread::scope(|scope| {
        let kept = scope.spawn(|| kept_in.as_deref().map(Kept::load).unwrap_or_default());
        (files(&options.projects), kept.join().unwrap_or_default())
    });
    // When nothing has changed, neither has what was counted over all files.
    let known = kept.duplicates.filter(|_| span.is_all() && kept.are_current(&files));
    if known.is_none() {
        kept = kept.with_records();
    }
    let mut found: Vec<Found> = files.into_iter().map(|file| Found::new(file, &mut kept, span)).collect();
    let has_read = read_all(&mut found, options.index.as_ref().map(|index| index.now_ms), progress);
    found.retain(|file| file.entry.is_some());
    let duplicates = known.unwrap_or_else(|| duplicates(&found, span));
    let is_news =
        has_read || !kept.files.is_empty() || (span.is_all() && kept.duplicates != Some(duplicates));
    if let Some(path) = kept_in.filter(|_| is_news) {
        // What cannot be kept is read again the next time.
        let _ = save(&path, &found, Some(duplicates).filter(|_| span.is_all()));
    }
    let source = |file: Found| {
        let within = file.within(span);
        Some(Source { listed: file.listed, summary: file.entry?.into_summary(), within })
    };
    let files = found.into_iter().filter(|file| file.is_asked_for(span)).filter_map(source).collect();
    Sources { files, duplicates }
}

/// By path, each once.
fn files(projects: &[PathBuf]) -> Vec<Listed> {
    let mut files: Vec<Listed> = projects.iter().flat_map(|folder| list(folder)).collect();
    if projects.len() > 1 {
        files.sort_unstable_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
        // One folder may have been named twice.
        files.dedup_by(|a, b| a.path == b.path);
    }
    files
}

/// A file that was last written to before the span has no record in it.
fn may_reach(file: &Listed, span: Span) -> bool {
    let modified_ms = file.stamp.modified_ns.map(|ns| ns / 1_000_000);
    span.since_ms.is_none_or(|since| modified_ms.is_none_or(|modified| modified >= since))
}

/// Reads the files that are to be read. Returns whether there was one.
fn read_all(found: &mut [Found], now_ms: Option<u64>, progress: &(dyn Fn(u64, u64) + Sync)) -> bool {
    // The largest first, so that no thread is left with one when the others are done.
    let mut order: Vec<(u64, usize)> = (0..found.len())
        .filter(|index| found[*index].next == Next::Read)
        .map(|index| (found[index].bytes_to_read(), index))
        .collect();
    order.sort_unstable_by(|a, b| b.cmp(a));
    let total = order.iter().map(|(bytes, _)| bytes).sum();
    let next = AtomicUsize::new(0);
    let state = Mutex::new((0, total, found));
    let work = || {
        let mut scanner = Scanner::default();
        while let Some(&(expected, index)) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Ok(mut held) = state.lock() else { return };
            let (listed, known) = (held.2[index].listed.clone(), held.2[index].entry.take());
            drop(held);
            let done = Done::read(&mut scanner, &listed, known.map(|known| *known), now_ms).ok();
            let Ok(mut held) = state.lock() else { return };
            let (read, total, found) = &mut *held;
            let bytes = done.as_ref().map_or(0, |done| done.bytes);
            *read += bytes;
            *total = *total - expected + bytes;
            if let Some(done) = done {
                found[index].next = if done.may_be_kept { Next::Take } else { Next::TakeOnce };
                found[index].entry = Some(Box::new(done.entry));
            }
            progress(*read, *total);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads(order.len()) {
            scope.spawn(work);
        }
        work();
    });
    !order.is_empty()
}

fn threads(files: usize) -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(THREADS_AT_MOST).min(files.max(1))
}

/// Records whose id was there before.
fn duplicates(found: &[Found], span: Span) -> u64 {
    let files = found.iter().filter(|file| file.is_asked_for(span)).filter_map(|file| file.entry.as_deref());
    let mut ids: Vec<u64> = Vec::new();
    files.for_each(|entry| ids.extend_from_slice(&entry.summary().records.ids));
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    (all - ids.len()) as u64
}

fn save(path: &std::path::Path, found: &[Found], duplicates: Option<u64>) -> std::io::Result<()> {
    let mut ids = HashSet::new();
    let kept = found.iter().filter(|file| file.next != Next::TakeOnce);
    let entries = kept.filter_map(|file| file.entry.as_deref()).filter(|entry| ids.insert(entry.stamp.id));
    let entries: Vec<&Entry> = entries.collect();
    let duplicates = duplicates.filter(|_| entries.len() == found.len());
    index::save(path, &entries, duplicates)
}
