//! Children of a test, gone at the end of it, and how to wait for what sends no event.
#![allow(clippy::unwrap_used, dead_code, reason = "each test file uses its part")]

use lifeline_platform::{Platform, ProcessHandle, ProcessId};
use rustix::process::{Pid, Signal, kill_process};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A child of this test, gone at the end of it.
pub(crate) struct Disposable(pub(crate) Child);

impl Disposable {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::piped()).spawn().unwrap())
    }

    pub(crate) fn shell(script: &str) -> Self {
        Self::start(Command::new("/bin/sh").args(["-c", script]))
    }

    pub(crate) fn idle() -> Self {
        Self::start(Command::new("sleep").arg("600"))
    }

    /// A program that holds this, and does nothing with it; the test holds it no more.
    pub(crate) fn holding(fd: impl Into<OwnedFd>) -> Self {
        Self(Command::new("sleep").arg("600").stdin(Stdio::from(fd.into())).spawn().unwrap())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn id(&self) -> ProcessId {
        Platform::new().identify(self.pid()).unwrap()
    }

    pub(crate) fn watch(&self) -> ProcessHandle {
        Platform::new().watch(self.id()).unwrap()
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    pub(crate) fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }
}

impl Drop for Disposable {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[allow(clippy::disallowed_methods, reason = "a change of another process's state sends no event")]
pub(crate) fn pause(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

/// Looks until it is so, for at most 10 s.
pub(crate) fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..2000 {
        if let Some(found) = look() {
            return found;
        }
        pause(5);
    }
    panic!("did not happen within 10 s")
}
