//! The lock files in which IDEs say where they listen: found, read, and never trusted.
//!
//! Whatever lies in that folder may have been put there by anybody who can write to it. A lock is a claim; the only thing
//! done with it is to ask a port of this machine whether it answers.

mod content;
mod file;
mod problem;
#[cfg(test)]
mod tests;

use std::{
    ffi::OsString,
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

pub use problem::{Problem, ProblemKind};

/// Largest lock file that is read, in bytes. Real ones have 200 to 400.
pub const LOCK_BYTES_AT_MOST: u64 = 64 * 1024;

/// How many locks are opened; the newest. A window has one, and leaves it behind when it is killed.
pub const LOCKS_AT_MOST: usize = 64;

/// How many problems are told one by one; the rest are counted.
pub const PROBLEMS_AT_MOST: usize = 64;

/// How many entries of a folder are considered at all.
const ENTRIES_AT_MOST: usize = 4096;

/// A lock that is younger is not called stale: its program may still be about to listen.
pub const STALE_AFTER: Duration = Duration::from_secs(60);

/// What the name of a lock file ends with.
pub(crate) const SUFFIX: &str = ".lock";

/// What an IDE wrote about itself. Its token is not here, and never leaves the reader of the file.
///
/// All texts are free of control characters, and short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Where it says that it listens, on 127.0.0.1. From the file's name; 1024 to 65535.
    pub port: u16,
    /// The process it names: with the official extension the *parent* of the extension host.
    pub pid: Option<u32>,
    /// The folders that are open in it, in its own order.
    pub workspace_folders: Vec<String>,
    /// What it calls itself: `Visual Studio Code`, `Cursor`, …
    pub ide_name: Option<String>,
    /// `ws` for all that can be asked.
    pub transport: Option<String>,
    /// Whether it runs in Windows while this file may be read in WSL.
    pub running_in_windows: bool,
    /// Whether clients have to show a token. Extensions before 1.0.24 have none and take anybody for a client
    /// (CVE-2025-52882), so that a handshake could push out the real one.
    pub has_token: bool,
    /// When the file was last written; `None` where the file system does not tell.
    pub modified: Option<SystemTime>,
}

/// What one look at the lock folders found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locks {
    /// By port; at most [`LOCKS_AT_MOST`], one for each port.
    pub locks: Vec<Lock>,
    /// What could not be read, by name; at most [`PROBLEMS_AT_MOST`], and then how many more there are.
    pub problems: Vec<Problem>,
}

/// The folders where locks may lie, the one that counts first: `$CLAUDE_CONFIG_DIR/ide` when that is set, and
/// `~/.claude/ide`. Both, because the CLI obeys the variable and the extension (1.0.88) does not read it.
///
/// `variable` looks up an environment variable. Empty ones count as not set. Nothing is checked: a folder may not exist yet.
pub fn ide_folders(variable: &dyn Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let path = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    // As Node's `os.homedir()`.
    let home = path(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
    let mut folders: Vec<PathBuf> = [path("CLAUDE_CONFIG_DIR"), home.map(|home| home.join(".claude"))]
        .into_iter()
        .flatten()
        .map(|config| config.join("ide"))
        .collect();
    folders.dedup();
    folders
}

/// Reads the locks of all `folders`. When two have one for the same port, the one that was written last counts.
///
/// Blocks on the file system: about 20 µs for each lock, at most [`LOCKS_AT_MOST`] of them. A folder that is not there is
/// empty.
pub fn read_locks(folders: &[PathBuf]) -> Locks {
    read_and_list(folders).0
}

/// The same, and the files that were opened for it, with what was known of them before.
pub(crate) fn read_and_list(folders: &[PathBuf]) -> (Locks, Vec<(PathBuf, Option<Metadata>)>) {
    let mut problems = Vec::new();
    let mut named = Vec::new();
    for folder in folders {
        let mut found = list(folder);
        named.append(&mut found.named);
        problems.append(&mut found.problems);
    }
    // The newest first: of two for a port the later one stays, and of too many the oldest are left out.
    named.sort_by(|a, b| b.modified().cmp(&a.modified()).then(a.port.cmp(&b.port)));
    let left_out = named.len().saturating_sub(LOCKS_AT_MOST);
    named.truncate(LOCKS_AT_MOST);
    let mut locks: Vec<Lock> = Vec::new();
    for Named { port, path, .. } in &named {
        match file::read(*port, path) {
            Ok(lock) if locks.iter().all(|newer| newer.port != *port) => locks.push(lock),
            // Gone since the folder was listed.
            Ok(_) | Err(ProblemKind::Unreadable(io::ErrorKind::NotFound)) => {}
            Err(kind) => note(&mut problems, path, kind),
        }
    }
    locks.sort_by_key(|lock| lock.port);
    problems.sort();
    let untold = problems.len().saturating_sub(PROBLEMS_AT_MOST);
    problems.truncate(PROBLEMS_AT_MOST);
    for (count, kind) in
        [(left_out, ProblemKind::TooManyLocks(left_out)), (untold, ProblemKind::MoreProblems(untold))]
    {
        if count > 0 {
            problems.push(Problem { file_name: String::new(), kind });
        }
    }
    (Locks { locks, problems }, named.into_iter().map(|named| (named.path, named.metadata)).collect())
}

/// Removes this lock's file, if it is still as it was when the lock was read, was written at least [`STALE_AFTER`] before `now`, and
/// `is_free` says at that moment that nobody listens on its port. Says whether it did.
///
/// Blocks on the file system.
///
/// # Errors
/// When it cannot be removed. That it is gone already is none.
pub fn remove_stale(
    folders: &[PathBuf],
    lock: &Lock,
    now: SystemTime,
    is_free: &dyn Fn() -> bool,
) -> io::Result<bool> {
    let is_old = |at| now.duration_since(at).is_ok_and(|age| age >= STALE_AFTER);
    // What listens in Windows may not be seen from WSL.
    if lock.running_in_windows || !lock.modified.is_some_and(is_old) {
        return Ok(false);
    }
    for folder in folders {
        let path = folder.join(format!("{}{SUFFIX}", lock.port));
        if file::read(lock.port, &path).is_ok_and(|found| found == *lock) && is_free() {
            return match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                outcome => Ok(outcome.is_ok()),
            };
        }
    }
    Ok(false)
}

/// The bytes of a lock file, with its token: for the continuity bridge, which stands in for the host that wrote it.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, ProblemKind> {
    file::read_all(path)
}

/// A file that has the name of a lock.
struct Named {
    port: u16,
    path: PathBuf,
    /// Of the file itself, should it be a link.
    metadata: Option<Metadata>,
}

impl Named {
    fn modified(&self) -> Option<SystemTime> {
        self.metadata.as_ref().and_then(|metadata| metadata.modified().ok())
    }
}

#[derive(Default)]
struct Found {
    named: Vec<Named>,
    problems: Vec<Problem>,
}

/// The files of a folder that are named like locks. Nothing is opened.
fn list(folder: &Path) -> Found {
    let mut found = Found::default();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        // A file in its place is reported; a folder that was never made is not.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return found,
        Err(error) => {
            note(&mut found.problems, folder, ProblemKind::Folder(error.kind()));
            return found;
        }
    };
    for (count, entry) in entries.enumerate() {
        if count == ENTRIES_AT_MOST {
            note(&mut found.problems, folder, ProblemKind::CrowdedFolder);
            break;
        }
        let Ok(entry) = entry else { continue };
        let name = entry.file_name();
        let path = entry.path();
        match port_of(&name.to_string_lossy()) {
            None => {}
            Some(Err(kind)) => note(&mut found.problems, &path, kind),
            Some(Ok(port)) => {
                found.named.push(Named { port, path, metadata: entry.metadata().ok() });
            }
        }
    }
    found
}

/// The port that a file name says; `None` when the file is no lock at all.
fn port_of(name: &str) -> Option<Result<u16, ProblemKind>> {
    let stem = name.strip_suffix(SUFFIX)?;
    let digits = (1..=5).contains(&stem.len()) && stem.bytes().all(|byte| byte.is_ascii_digit());
    // One name for each port: a leading zero would make two.
    if !digits || stem.starts_with('0') {
        return Some(Err(ProblemKind::NoPort));
    }
    Some(match stem.parse::<u16>() {
        Ok(port) if port >= 1024 => Ok(port),
        _ => Err(ProblemKind::PortNotAllowed),
    })
}

fn note(problems: &mut Vec<Problem>, path: &Path, kind: ProblemKind) {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    problems.push(Problem { file_name: content::clean(&name, problem::NAME_BYTES), kind });
}
