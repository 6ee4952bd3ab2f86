//! All transcripts, each by one of as many threads as there are processors; the order in which they end changes nothing.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use lifeline_transcript::{Listed, Scanner, list, open_regular};

use crate::summary::{Span, Summary, summarize};

/// More than these wait for the disk, or for each other.
const THREADS_AT_MOST: usize = 16;

/// A transcript, and what it holds.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) listed: Listed,
    pub(crate) summary: Summary,
}

/// Reads what lies below these folders, in order of paths; files without a record in the span are left out. So is what cannot be read:
/// the tool that writes there may remove it at any moment. `progress` hears how many of how many bytes have been read.
pub(crate) fn read(projects: &[PathBuf], span: Span, progress: &(dyn Fn(u64, u64) + Sync)) -> Vec<Source> {
    let mut files: Vec<Listed> = projects.iter().flat_map(|folder| list(folder)).collect();
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    // One folder may have been named twice.
    files.dedup_by(|a, b| a.path == b.path);
    files.retain(|file| may_reach(file, span));
    let summaries = read_all(&files, span, progress);
    let mut sources: Vec<Source> = files
        .into_iter()
        .zip(summaries)
        .filter_map(|(listed, summary)| Some(Source { listed, summary: summary? }))
        .filter(|source| span == Span::default() || source.summary.is_in_span)
        .collect();
    sources.shrink_to_fit();
    sources
}

/// A file that was last written to before the span has no record in it.
fn may_reach(file: &Listed, span: Span) -> bool {
    span.since_ms.is_none_or(|since| file.modified.is_none_or(|modified| unix_ms(modified) >= since))
}

fn unix_ms(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn read_all(files: &[Listed], span: Span, progress: &(dyn Fn(u64, u64) + Sync)) -> Vec<Option<Summary>> {
    // The largest first, so that no thread is left with one when the others are done.
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_unstable_by_key(|index| std::cmp::Reverse(files[*index].bytes));
    let total = files.iter().map(|file| file.bytes).sum();
    let next = AtomicUsize::new(0);
    let done = Mutex::new((0, vec![None; files.len()]));
    let work = || {
        let mut scanner = Scanner::default();
        while let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let summary = read_one(&mut scanner, &files[index].path, files[index].is_subagent, span);
            let Ok(mut done) = done.lock() else { return };
            done.0 += files[index].bytes;
            done.1[index] = summary;
            progress(done.0, total);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads(files.len()) {
            scope.spawn(work);
        }
        work();
    });
    done.into_inner().map_or_else(|poisoned| poisoned.into_inner().1, |done| done.1)
}

fn threads(files: usize) -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(THREADS_AT_MOST).min(files.max(1))
}

fn read_one(scanner: &mut Scanner, path: &Path, is_subagent: bool, span: Span) -> Option<Summary> {
    summarize(scanner, &mut open_regular(path).ok()?, is_subagent, span).ok()
}
