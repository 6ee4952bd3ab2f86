//! The lock folders, watched: read again only when something in them has changed.

use std::{
    fs::{self, Metadata},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode, ModifyKind},
};
use tokio::sync::Notify;

use crate::lock::{Locks, Problem, ProblemKind, read_and_list};

/// What was written less than this before it was read may have been written again without a trace: file systems count time
/// in steps of up to 2 s (FAT), Linux in 4 to 10 ms.
const UNSETTLED: Duration = Duration::from_secs(2);

/// After how many looks it is tried again to be told of changes, when that failed: once a minute.
const TRY_AGAIN_AFTER: u32 = 12;

/// What a look brought.
#[derive(Debug)]
pub(crate) enum Look {
    /// Nothing has changed.
    Same,
    /// These are the locks now.
    Found(Locks),
    /// These are the locks now, but one that is no JSON was written just before: whoever writes it may not be done.
    Unfinished(Locks),
}

/// The folders, and what was seen of them. All of it blocks on the file system.
pub(crate) struct Folders {
    folders: Vec<Folder>,
    watcher: Option<RecommendedWatcher>,
    /// Told when something may have changed.
    changed: Arc<Notify>,
    /// Set when a watched folder itself was removed or renamed. Its inode may be given to the next one at once.
    moved: Arc<AtomicBool>,
    try_again_in: u32,
    /// The files that were read, and how they looked then.
    files: Vec<(PathBuf, Option<Stamp>)>,
    /// What was read may be older than its stamps say.
    unsettled: bool,
}

struct Folder {
    path: PathBuf,
    stamp: Option<Stamp>,
    watched: bool,
}

/// Enough to see that a file or a folder is another one, or was written.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    /// On Unix device and inode, and when the inode changed; otherwise when it was made.
    identity: (u64, u64),
    changed: (i64, i64),
    modified: Option<SystemTime>,
    bytes: u64,
}

impl Folders {
    /// Nothing is looked at yet. `changed` is told whenever it is worth a [`look`](Self::look).
    pub(crate) fn new(paths: Vec<PathBuf>, changed: Arc<Notify>) -> Self {
        let folder = |path| Folder { path, stamp: None, watched: false };
        Self {
            folders: paths.into_iter().map(folder).collect(),
            watcher: None,
            changed,
            moved: Arc::default(),
            try_again_in: 0,
            files: Vec::new(),
            unsettled: true,
        }
    }

    /// As where no system call tells of changes.
    #[cfg(test)]
    fn untold(path: &Path) -> Self {
        Self { try_again_in: u32::MAX, ..Self::new(vec![path.to_owned()], Arc::default()) }
    }

    /// Reads the locks, if they may have changed since the last look. `told`: that something did is already known.
    ///
    /// Without a change it costs one `stat` for each folder and each lock.
    pub(crate) fn look(&mut self, told: bool) -> Look {
        // Before the folders are read: what changes in between is seen the next time.
        let mut changed = self.stamp_folders();
        self.watch();
        changed |= self.files.iter().any(|(path, stamp)| stamp_of_file(path) != *stamp);
        if !(told || changed || self.unsettled) {
            return Look::Same;
        }
        let paths: Vec<PathBuf> = self.folders.iter().map(|folder| folder.path.clone()).collect();
        let (locks, files) = read_and_list(&paths);
        self.files =
            files.into_iter().map(|(path, metadata)| (path, metadata.as_ref().map(Stamp::of))).collect();
        let now = SystemTime::now();
        let is_recent = |stamp: &Option<Stamp>| stamp.is_some_and(|stamp| stamp.is_recent(now));
        self.unsettled = self.folders.iter().any(|folder| is_recent(&folder.stamp))
            || self.files.iter().any(|(_, stamp)| is_recent(stamp));
        let is_torn = |problem: &Problem| {
            let is_it = |path: &Path| path.file_name().is_some_and(|name| *name == *problem.file_name);
            problem.kind == ProblemKind::NoJson
                && self.files.iter().any(|(path, stamp)| is_recent(stamp) && is_it(path))
        };
        if locks.problems.iter().any(is_torn) { Look::Unfinished(locks) } else { Look::Found(locks) }
    }

    /// Looks at the folders themselves; whether one is not as it was.
    fn stamp_folders(&mut self) -> bool {
        let moved = self.moved.swap(false, Ordering::Relaxed);
        let mut changed = moved;
        for folder in &mut self.folders {
            // Here a link is followed: people keep their settings elsewhere.
            let stamp = fs::metadata(&folder.path).ok().map(|metadata| Stamp::of(&metadata));
            if moved || stamp.map(|stamp| stamp.identity) != folder.stamp.map(|stamp| stamp.identity) {
                // Another folder under the same name, or none: what is watched is the old one.
                if folder.watched
                    && let Some(watcher) = &mut self.watcher
                {
                    let _ = watcher.unwatch(&folder.path);
                }
                folder.watched = false;
                self.try_again_in = 0;
            }
            changed |= stamp != folder.stamp;
            folder.stamp = stamp;
        }
        changed
    }

    /// Asks to be told of changes. Where that cannot be had, the stamps alone have to do.
    fn watch(&mut self) {
        if self.folders.iter().all(|folder| folder.watched || folder.stamp.is_none()) {
            return;
        }
        if self.try_again_in > 0 {
            self.try_again_in -= 1;
            return;
        }
        if let Err(error) = self.try_to_watch() {
            tracing::info!(%error, "not told of changes in a lock folder; it is looked at with each beat instead");
            self.try_again_in = TRY_AGAIN_AFTER;
        }
    }

    fn try_to_watch(&mut self) -> notify::Result<()> {
        let watcher = match &mut self.watcher {
            Some(watcher) => watcher,
            none => {
                let (changed, moved) = (Arc::clone(&self.changed), Arc::clone(&self.moved));
                none.insert(notify::recommended_watcher(move |event: notify::Result<Event>| {
                    if event.as_ref().is_ok_and(is_move) {
                        moved.store(true, Ordering::Relaxed);
                    }
                    if event.as_ref().map_or(true, is_change) {
                        changed.notify_one();
                    }
                })?)
            }
        };
        for folder in &mut self.folders {
            if !folder.watched && folder.stamp.is_some() {
                watcher.watch(&folder.path, RecursiveMode::NonRecursive)?;
                folder.watched = true;
            }
        }
        Ok(())
    }
}

/// Whether something was written, made or removed. That somebody read a lock (as we do) is no change.
fn is_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

/// Whether something other than a lock was removed or renamed: the folder itself, most likely.
fn is_move(event: &Event) -> bool {
    matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)))
        && event.paths.iter().any(|path| path.extension().is_none_or(|extension| extension != "lock"))
}

fn stamp_of_file(path: &Path) -> Option<Stamp> {
    fs::symlink_metadata(path).ok().map(|metadata| Stamp::of(&metadata))
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let (identity, changed) = {
            use std::os::unix::fs::MetadataExt as _;
            ((metadata.dev(), metadata.ino()), (metadata.ctime(), metadata.ctime_nsec()))
        };
        #[cfg(windows)]
        let (identity, changed) = {
            use std::os::windows::fs::MetadataExt as _;
            ((metadata.creation_time(), 0), (0, 0))
        };
        Self { identity, changed, modified: metadata.modified().ok(), bytes: metadata.len() }
    }

    fn is_recent(&self, now: SystemTime) -> bool {
        self.modified.is_some_and(|modified| {
            let apart = now.duration_since(modified).unwrap_or_else(|error| error.duration());
            apart < UNSETTLED
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use notify::event::{CreateKind, DataChange};
    use tempfile::TempDir;

    use super::*;

    /// Makes everything look as if it had been written long ago.
    fn settle(folder: &Path) {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        for path in entries.chain([folder.to_owned()]) {
            let long_ago = SystemTime::now() - Duration::from_secs(3600);
            File::open(path).and_then(|file| file.set_modified(long_ago)).expect("a time");
        }
    }

    fn ports(look: Look) -> Option<Vec<u16>> {
        match look {
            Look::Same => None,
            Look::Found(locks) => Some(locks.locks.iter().map(|lock| lock.port).collect()),
            Look::Unfinished(locks) => panic!("{locks:?}"),
        }
    }

    #[test]
    #[cfg(unix)]
    fn nothing_is_read_again_unless_it_has_changed() {
        let parent = TempDir::new().expect("a folder");
        let folder = parent.path().join("ide");
        let mut folders = Folders::untold(&folder);
        assert_eq!(ports(folders.look(true)), Some(vec![]));
        assert_eq!(ports(folders.look(false)), None);

        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join("40001.lock"), "{}").expect("a lock");
        settle(&folder);
        assert_eq!(ports(folders.look(false)), Some(vec![40001]));
        assert_eq!(ports(folders.look(false)), None);
        assert_eq!(ports(folders.look(true)), Some(vec![40001]), "told is told");

        // As long as before, and in the same file: the folder does not change.
        fs::write(folder.join("40001.lock"), "[]").expect("no lock");
        settle(&folder);
        let Look::Found(found) = folders.look(false) else { panic!("a change") };
        assert_eq!((found.locks.len(), found.problems.len()), (0, 1));
        assert_eq!(ports(folders.look(false)), None);
        fs::write(folder.join("40001.lock"), "{}").expect("a lock again");
        settle(&folder);
        assert_eq!(ports(folders.look(false)), Some(vec![40001]));

        fs::rename(&folder, parent.path().join("old")).expect("moved away");
        assert_eq!(ports(folders.look(false)), Some(vec![]));
        fs::rename(parent.path().join("old"), &folder).expect("moved back");
        assert_eq!(ports(folders.look(false)), Some(vec![40001]));
        fs::remove_file(folder.join("40001.lock")).expect("removed");
        assert_eq!(ports(folders.look(false)), Some(vec![]));
    }

    #[test]
    fn what_was_just_written_is_read_once_more() {
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("40001.lock"), "{}").expect("a lock");
        let mut folders = Folders::untold(folder.path());
        assert_eq!(ports(folders.look(false)), Some(vec![40001]));
        assert!(folders.unsettled);
        settle(folder.path());
        assert_eq!(ports(folders.look(false)), Some(vec![40001]));
        assert!(!folders.unsettled);
    }

    #[test]
    fn what_may_be_half_written_is_told_from_what_is_bad() {
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("40001.lock"), "{\"pid\":").expect("half a lock");
        let mut folders = Folders::untold(folder.path());
        assert!(matches!(folders.look(false), Look::Unfinished(_)));
        settle(folder.path());
        assert_eq!(ports(folders.look(false)), Some(vec![]));
    }

    #[tokio::test]
    async fn changes_are_told_also_in_a_folder_that_was_made_later_or_replaced() {
        let parent = TempDir::new().expect("a folder");
        let folder = parent.path().join("ide");
        let changed = Arc::new(Notify::new());
        let mut folders = Folders::new(vec![folder.clone()], Arc::clone(&changed));
        folders.look(true);
        for port in [40001, 40002] {
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir(&folder).expect("a folder");
            folders.look(false);
            // What the removal itself told.
            let _ = tokio::time::timeout(Duration::from_millis(200), changed.notified()).await;
            fs::write(folder.join(format!("{port}.lock")), "{}").expect("a lock");
            tokio::time::timeout(Duration::from_secs(20), changed.notified()).await.expect("to be told");
            assert_eq!(ports(folders.look(true)), Some(vec![port]));
        }
    }

    #[test]
    fn that_somebody_reads_is_no_change() {
        let event = |kind| is_change(&Event::new(kind));
        assert!(!event(EventKind::Access(AccessKind::Open(AccessMode::Any))));
        assert!(!event(EventKind::Access(AccessKind::Close(AccessMode::Read))));
        assert!(event(EventKind::Access(AccessKind::Close(AccessMode::Write))));
        assert!(event(EventKind::Modify(ModifyKind::Data(DataChange::Any))));
        assert!(event(EventKind::Create(CreateKind::File)));
        // Too much happened to tell it all.
        assert!(event(EventKind::Other));
    }
}
