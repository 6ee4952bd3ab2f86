//! `serve --replace`: ends a daemon that does not answer, after making sure that it is one.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use lifeline_platform::{Platform, ProcessHandle, ProcessId};
use tokio::time::timeout;

use super::{
    endpoint::Endpoint,
    lock,
    places::Places,
    presence::{self, ANSWER_WITHIN, Presence},
};
use crate::cli::exit::{Exit, Failure};

/// How long a silent daemon may take to answer when it is asked again.
const SECOND_LOOK: Duration = Duration::from_secs(1);

/// How long the kernel may take to end a killed process.
const GONE_WITHIN: Duration = Duration::from_secs(2);

/// Whether the place of the daemon is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vacancy {
    /// Nobody serves (any more).
    Free,
    /// A daemon serves and answers: there is nothing to replace.
    Taken,
}

/// Makes room for a new daemon, if the one that is there is silent or speaks an older protocol.
///
/// A silent daemon is looked at twice before it is killed. There is no polite signal before: the loop that would obey
/// it is the one that does not answer, and the daemon's files are safe against a kill.
///
/// # Errors
/// `Refused` when it is not certain that the process is a silent daemon of ours; nothing was signalled then.
pub(crate) async fn make_room(places: &Places, endpoint: &Endpoint) -> Result<Vacancy, Failure> {
    let found = presence::look(endpoint, ANSWER_WITHIN).await;
    let listener = match &found {
        Presence::Serving => return Ok(Vacancy::Taken),
        Presence::Foreign(error) => return Err(refused(format!("{error}, so nothing was done"))),
        // Its lock falls with its process, which may be on its way out; a new daemon waits for that.
        Presence::Absent | Presence::Leaving => return Ok(Vacancy::Free),
        Presence::Silent { pid } | Presence::Older { pid } => *pid,
    };
    let daemon = certain(&places.runtime_dir, listener)?;
    match presence::look(endpoint, SECOND_LOOK).await {
        again @ (Presence::Silent { .. } | Presence::Older { .. }) if same_kind(&again, &found) => {}
        Presence::Serving | Presence::Older { .. } => return Ok(Vacancy::Taken),
        _ => return Ok(Vacancy::Free),
    }
    tracing::warn!(pid = daemon.id().pid, "ending a daemon that does not answer");
    match daemon.kill() {
        Ok(()) | Err(lifeline_platform::Error::Gone { .. }) => {}
        Err(error) => return Err(refused(format!("{error}, so nothing was done"))),
    }
    wait_for_end(&daemon).await?;
    Ok(Vacancy::Free)
}

fn same_kind(one: &Presence, other: &Presence) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// The daemon as a process held open. Two witnesses must name it: the note in the lock file, and the socket's
/// credentials or the name of its executable.
fn certain(runtime_dir: &Path, listener: Option<u32>) -> Result<ProcessHandle, Failure> {
    let Some(noted) = lock::signed(runtime_dir) else {
        return Err(refused("the lock file does not say which process the daemon is"));
    };
    if listener.is_some_and(|listener| listener != noted.pid) {
        return Err(refused(format!(
            "the lock file names process {}, but another one listens at the socket",
            noted.pid
        )));
    }
    // Also verifies the start time, and that it is our user's.
    let daemon = Platform::new()
        .watch(noted)
        .map_err(|error| refused(format!("the daemon of the lock file cannot be verified: {error}")))?;
    match executable(noted) {
        Some(name) if !is_lifeline(&name) => {
            Err(refused(format!("process {} of the lock file runs {}", noted.pid, name.display())))
        }
        None if listener.is_none() => {
            Err(refused(format!("nothing but the lock file says that process {} is the daemon", noted.pid)))
        }
        _ => Ok(daemon),
    }
}

#[cfg(target_os = "linux")]
fn executable(process: ProcessId) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{}/exe", process.pid)).ok()
}

#[cfg(not(target_os = "linux"))]
fn executable(_: ProcessId) -> Option<PathBuf> {
    None
}

/// An updated binary's old process runs a file that is `lifeline (deleted)`.
fn is_lifeline(executable: &Path) -> bool {
    let name = executable.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(" (deleted)").unwrap_or(&name) == "lifeline"
}

#[cfg(unix)]
async fn wait_for_end(daemon: &ProcessHandle) -> Result<(), Failure> {
    use std::os::fd::AsFd as _;
    use tokio::io::{Interest, unix::AsyncFd};
    let stuck = |_| Failure::problem(format!("Process {} was killed but does not end.", daemon.id().pid));
    let end = daemon.as_fd().try_clone_to_owned()?;
    // SAFETY: the descriptor is owned by the `AsyncFd`, and stays open and the same until that is dropped.
    let end = unsafe { AsyncFd::register_with_interest(end, Interest::READABLE) }
        .map_err(|error| error.into_parts().1)?;
    let _ended = timeout(GONE_WITHIN, end.readable()).await.map_err(stuck)??;
    Ok(())
}

#[cfg(windows)]
async fn wait_for_end(daemon: &ProcessHandle) -> Result<(), Failure> {
    let ended = async {
        while !daemon.has_exited() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let stuck = |_| Failure::problem(format!("Process {} was killed but does not end.", daemon.id().pid));
    timeout(GONE_WITHIN, ended).await.map_err(stuck)
}

fn refused(why: impl std::fmt::Display) -> Failure {
    Failure::new(
        Exit::Refused,
        format!(
            "The running daemon was not replaced: {why}. End it by hand, then run: lifeline serve --detach"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_executable_is_one() {
        for yes in ["/opt/x/bin/lifeline", "/opt/x/bin/lifeline (deleted)"] {
            assert!(is_lifeline(Path::new(yes)), "{yes}");
        }
        for no in ["/usr/bin/node", "/opt/lifeline/bin/other", "/x/lifeline.bak", "/x/my-lifeline", "/", ""] {
            assert!(!is_lifeline(Path::new(no)), "{no}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_is_no_daemon_is_never_believed_to_be_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let refusal = |listener| certain(folder.path(), listener).map(|_| ()).expect_err("refused");
        assert_eq!(refusal(None).exit, Exit::Refused);

        let me = Platform::new().identify(std::process::id()).expect("we are");
        let mut file = lock::open(folder.path(), lock::DAEMON_LOCK).expect("opened");
        lock::sign(&mut file, me, "0.1.0").expect("written");
        assert!(refusal(Some(me.pid + 1)).sentence.contains("another one listens"));
        assert!(refusal(Some(me.pid)).sentence.contains("runs"), "a test's binary is no lifeline");

        lock::sign(&mut file, ProcessId { start_time: me.start_time + 1, ..me }, "0.1.0").expect("written");
        assert!(refusal(Some(me.pid)).sentence.contains("another one now"));
    }
}
