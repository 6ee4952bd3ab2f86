//! What git says of a folder, in two lines: the branch, and how many files are changed.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use lifeline_transcript::open_regular;
use serde::Serialize;
use tokio::{
    io::AsyncReadExt as _,
    process::Command,
    time::{Instant, timeout_at},
};

/// Largest `HEAD` or `.git` file that is read, in bytes.
const FILE_BYTES_AT_MOST: u64 = 4096;

/// How much of `git status` is read, in bytes: about ten thousand files.
const STATUS_BYTES_AT_MOST: u64 = 1024 * 1024;

/// Longest branch, in characters.
const BRANCH_CHARS: usize = 200;

/// A folder's repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    /// The folder that was asked about, as a path.
    pub(crate) folder: String,
    /// The branch, or the beginning of the commit that is checked out without one.
    pub(crate) branch: Option<String>,
    /// Files that are changed, added, removed or not tracked; none when git did not say in time.
    pub(crate) changed_files: Option<u32>,
}

/// What is known of the folder's repository until `deadline`; `None` when it is in none.
pub(crate) async fn summary(folder: PathBuf, deadline: Instant) -> Option<Summary> {
    let asked = folder.clone();
    // A folder on a network that hangs holds one thread of the pool, and nobody else.
    let looked = tokio::task::spawn_blocking(move || git_dir(&asked).map(|git_dir| branch(&git_dir)));
    let branch = timeout_at(deadline, looked).await.ok()?.ok()??;
    let asked = async { if has_programs(&folder).await? { None } else { changed_files(&folder).await } };
    let changed_files = timeout_at(deadline, asked).await.ok().flatten();
    Some(Summary { folder: folder.to_string_lossy().into_owned(), branch, changed_files })
}

/// The folder `.git` of the repository around `folder`; a work tree beside the main one has a file there that names it.
fn git_dir(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find_map(|folder| {
        let found = folder.join(".git");
        let kind = fs::symlink_metadata(&found).ok()?;
        if kind.is_dir() {
            return Some(found);
        }
        let text = read(&found)?;
        let named = text.strip_prefix("gitdir:")?.trim();
        Some(folder.join(named))
    })
}

fn branch(git_dir: &Path) -> Option<String> {
    let head = read(&git_dir.join("HEAD"))?;
    let head = head.trim();
    let named = head.strip_prefix("ref: refs/heads/");
    let detached = || head.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| head.get(..7)).flatten();
    named.or_else(detached).map(|branch| branch.chars().take(BRANCH_CHARS).collect())
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    open_regular(path).ok()?.take(FILE_BYTES_AT_MOST).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Whether `git status` would run programs that the repository's own settings name: they may be anybody's. `None`: git does not say.
async fn has_programs(folder: &Path) -> Option<bool> {
    let mut command = git(folder);
    command
        .args(["config", "--local", "--includes", "--get-regexp", r"^filter\..*\.(clean|process)$"])
        .stdout(Stdio::null());
    match command.status().await.ok()?.code()? {
        0 => Some(true),
        1 => Some(false),
        _ => None,
    }
}

/// Git, which is ended with its future. It takes no lock, writes nothing, asks nothing, and runs no hook.
fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .args(["--no-optional-locks", "-c", "core.fsmonitor=false", "-C"])
        .arg(folder)
        .envs([("LC_ALL", "C"), ("GIT_TERMINAL_PROMPT", "0")])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    for inherited in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(inherited);
    }
    #[cfg(windows)]
    command.creation_flags(windows_sys::Win32::System::Threading::CREATE_NO_WINDOW);
    command
}

async fn changed_files(folder: &Path) -> Option<u32> {
    let mut command = git(folder);
    command.args(["status", "--porcelain", "--ignore-submodules=all"]).stdout(Stdio::piped());
    let mut child = command.spawn().ok()?;
    let mut lines = Vec::new();
    child.stdout.take()?.take(STATUS_BYTES_AT_MOST).read_to_end(&mut lines).await.ok()?;
    let is_whole = (lines.len() as u64) < STATUS_BYTES_AT_MOST;
    if is_whole && !child.wait().await.ok()?.success() {
        return None;
    }
    u32::try_from(lines.iter().filter(|byte| **byte == b'\n').count()).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn the_branch_is_what_head_says() {
        let dir = tempfile::tempdir().unwrap();
        let head = |text: &str| {
            write(dir.path(), "HEAD", text);
            branch(dir.path())
        };
        assert_eq!(head("ref: refs/heads/feature/x\n").as_deref(), Some("feature/x"));
        assert_eq!(head("9d73f93a0b1c2d3e4f5061728394a5b6c7d8e9f0\n").as_deref(), Some("9d73f93"));
        for nonsense in ["", "ref: refs/tags/x", "abc", "éé9d73f93", "\0"] {
            assert_eq!(head(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn a_work_tree_beside_the_main_one_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "main/.git/worktrees/w/HEAD", "ref: refs/heads/side\n");
        write(dir.path(), "side/.git", "gitdir: ../main/.git/worktrees/w\n");
        fs::create_dir(dir.path().join("side/src")).unwrap();
        let found = git_dir(&dir.path().join("side/src")).unwrap();
        assert_eq!(branch(&found).as_deref(), Some("side"));
    }

    #[tokio::test]
    async fn a_folder_in_no_repository_has_no_summary_and_one_of_made_up_files_a_branch() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(summary(dir.path().join("none"), soon()).await, None);
        // Git does not take it for a repository, or is not installed.
        write(dir.path(), ".git/HEAD", "ref: refs/heads/main\n");
        let summary = summary(dir.path().to_owned(), soon()).await.unwrap();
        assert_eq!((summary.branch.as_deref(), summary.changed_files), (Some("main"), None));
    }

    #[tokio::test]
    async fn changed_files_are_counted() {
        let dir = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let mut command = std::process::Command::new("git");
            command.current_dir(dir.path()).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null");
            command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
        };
        if !git(&["init", "-q", "-b", "main"]) {
            return; // no git here
        }
        write(dir.path(), "a", "1");
        write(dir.path(), "b/c", "1");
        // A program that git would run to ask what has changed.
        let ran = dir.path().join("ran");
        assert!(git(&["config", "core.fsmonitor", &format!("touch {}; false", ran.display())]));
        let summary = summary(dir.path().to_owned(), soon()).await.unwrap();
        assert_eq!((summary.branch.as_deref(), summary.changed_files), (Some("main"), Some(2)));
        assert!(!ran.exists());
    }

    #[tokio::test]
    async fn what_comes_too_late_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), ".git/HEAD", "ref: refs/heads/main\n");
        let late = summary(dir.path().to_owned(), Instant::now()).await;
        assert!(late.is_none_or(|late| late.changed_files.is_none()));
    }
}
