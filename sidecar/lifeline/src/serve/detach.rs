//! `serve --detach`: starts a daemon that belongs to nobody, and returns when it serves.

use std::{
    io::{self, BufRead as _, BufReader, PipeReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use super::{
    endpoint::{Endpoint, EndpointError},
    log,
    places::{self, Places, RUNTIME_VARIABLE, STATE_VARIABLE, private_folder},
    presence::{self, ANSWER_WITHIN, Presence},
    replace::{self, Vacancy},
};
use crate::cli::exit::{Exit, Failure};

/// A daemon serves within 20 ms; on a machine that is so overloaded that this fails, nothing else works either.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// The option by which the daemon knows that it was detached, and that its stdout is the pipe to its starter.
pub(crate) const ANNOUNCE: &str = "--announce";

const READY: &str = "ready";

/// Starts a daemon unless one serves already. Starters go one after the other, so two at a time make one daemon.
///
/// # Errors
/// Whatever kept the daemon from serving, with the sentence that it gave.
pub(crate) fn start(places: &Places, replace: bool) -> Result<(), Failure> {
    let endpoint = Endpoint::at(places)?;
    private_folder(&places.runtime_dir).map_err(EndpointError::from)?;
    #[cfg(unix)]
    let _start = super::lock::Lock::wait(&places.runtime_dir, super::lock::START_LOCK, READY_WITHIN)
        .map_err(|error| {
            Failure::problem(format!("Could not lock {}: {error}.", places.runtime_dir.display()))
        })?
        .ok_or_else(|| {
            Failure::problem("Another “lifeline serve --detach” has been starting for 10 s. Try again.")
        })?;
    let vacancy = super::runtime()?.block_on(async {
        if replace {
            return replace::make_room(places, &endpoint).await;
        }
        match presence::look(&endpoint, ANSWER_WITHIN).await {
            Presence::Absent | Presence::Leaving => Ok(Vacancy::Free),
            Presence::Foreign(error) => Err(Failure::new(Exit::Refused, error)),
            Presence::Serving | Presence::Older { .. } | Presence::Silent { .. } => Ok(Vacancy::Taken),
        }
    })?;
    match vacancy {
        Vacancy::Taken => Ok(()),
        Vacancy::Free => spawn(places),
    }
}

/// Starts the daemon and waits for its word. We are the process in between: when we end, it is an orphan, and init's.
fn spawn(folders: &Places) -> Result<(), Failure> {
    let (reader, writer) = io::pipe()?;
    let program = std::env::current_exe()?;
    // Without a log it still serves: a full disk is one of the things it is there for.
    let _ = places::folder(&folders.state_dir);
    let log = log::open(&folders.state_dir).map_or_else(|_| Stdio::null(), Stdio::from);
    let mut command = Command::new(program);
    command.args(["serve", ANNOUNCE]).stdin(Stdio::null()).stdout(writer).stderr(log);
    // The daemon stands in no folder that somebody may want to unmount, so relative ones must not stay relative.
    command.current_dir(folders.runtime_dir.ancestors().last().unwrap_or(Path::new(".")));
    for (name, folder) in [(RUNTIME_VARIABLE, &folders.runtime_dir), (STATE_VARIABLE, &folders.state_dir)] {
        if std::env::var_os(name).is_some_and(|value| !value.is_empty()) {
            command.env(name, folder);
        }
    }
    #[cfg(windows)]
    {
        use windows_sys::Win32::System::Threading::{CREATE_NEW_PROCESS_GROUP, DETACHED_PROCESS};
        std::os::windows::process::CommandExt::creation_flags(
            &mut command,
            DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP,
        );
    }
    let mut child = command.spawn()?;
    // Drops our copy of the pipe's other end: if the daemon dies, the pipe says so.
    drop(command);
    let failure = match first_line(reader) {
        Some(line) if line == READY => return Ok(()),
        Some(line) => understand(&line),
        None => None,
    };
    Err(failure.unwrap_or_else(|| silent(&mut child, &folders.state_dir)))
}

/// The first line that the daemon writes; nothing when it ends, or [`READY_WITHIN`] does, before.
fn first_line(pipe: PipeReader) -> Option<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new()
        .name("readiness".into())
        .spawn(move || {
            let mut line = String::new();
            if BufReader::new(pipe).read_line(&mut line).is_ok_and(|count| count > 0) {
                // Nobody receives it when time was up.
                let _ = sender.send(line.trim_end().to_owned());
            }
        })
        .ok()?;
    receiver.recv_timeout(READY_WITHIN).ok()
}

fn understand(line: &str) -> Option<Failure> {
    let (code, sentence) = line.split_once(' ')?;
    Some(Failure::new(Exit::from_code(code.parse().ok()?), sentence))
}

fn silent(child: &mut Child, state_dir: &Path) -> Failure {
    let what = match child.try_wait() {
        Ok(Some(status)) => format!("ended at once ({status})"),
        _ => {
            // Our own child, not reaped yet: it can be no other process.
            let _ = child.kill();
            let _ = child.wait();
            "did not serve within 10 s".to_owned()
        }
    };
    Failure::problem(format!("The Lifeline daemon {what}. Its log: {}", log::path(state_dir).display()))
}

/// The detached daemon's side: tells its starter how it went, once.
#[derive(Debug)]
pub(crate) struct Announcer(());

impl Announcer {
    /// Leaves the starter's session and terminal. Call before anything else.
    pub(crate) fn new() -> Self {
        #[cfg(unix)]
        if let Err(error) = nix::unistd::setsid() {
            // Somebody made us a group's leader: we go on in their session.
            tracing::warn!(%error, "no session of our own");
        }
        Self(())
    }

    /// Says that the daemon serves, or why it does not, and closes the pipe.
    pub(crate) fn announce(self, failure: Option<&Failure>) {
        let line = failure.map_or_else(
            || READY.to_owned(),
            |failure| format!("{} {}", failure.exit as u8, failure.sentence.replace('\n', " ")),
        );
        let mut out = io::stdout().lock();
        // A starter that is gone needs no answer.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        #[cfg(unix)]
        if let Ok(null) = std::fs::File::options().write(true).open("/dev/null") {
            let _ = nix::unistd::dup2_stdout(null);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_crosses_the_pipe_with_its_code() {
        assert_eq!(understand("4 Not this one."), Some(Failure::new(Exit::Refused, "Not this one.")));
        assert_eq!(understand("1 a b"), Some(Failure::problem("a b")));
        for nonsense in ["", "ready!", "x y", "999 z"] {
            assert_eq!(understand(nonsense), None, "{nonsense:?}");
        }
    }
}
