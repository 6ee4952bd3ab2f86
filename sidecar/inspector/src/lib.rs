//! The JavaScript stack of a Node process that stands still, over the Chrome DevTools Protocol, and which extension,
//! function and line that is.
//!
//! The caller sends SIGUSR1 and knows which addresses a process listens on; this crate does the rest:
//!
//! 1. [`wait_for_inspector`]: the port that Node opened on the signal.
//! 2. [`stack`]: pauses JavaScript, reads the stack, closes the inspector from inside and lets the process go on.
//! 3. [`culprit`]: a stack in a person's words. Reads files: call it off the event loop.
//!
//! An open inspector lets every local program run code in the host. So whatever happens, the port is closed again if
//! that can be done at all, and [`Stack::left_open`] or [`Error::left_open`] tells when it could not. A host that was
//! signalled and comes back to life needs [`close_inspector`]: one that waits for a child, or sits in long native
//! code, opens its port only when it is done with that.
//!
//! What the inspector says is hostile: an extension may listen on a port and pretend to be one, or name its functions
//! as it likes. Everything is bounded in size and in time.

#![forbid(unsafe_code)]

mod cdp;
mod culprit;
mod error;
mod http;
mod manifest;
mod message;
mod pick;
mod scripts;
mod source;
mod target;
mod text;
mod wait;

#[cfg(test)]
mod tests;

pub use culprit::{Culprit, Who, culprit};
pub use error::Error;
pub use manifest::Extension;
pub use wait::wait_for_inspector;

use tokio::time::Instant;

/// What all of it together may take by default, from the signal on: the budget. Measured with real hosts on a
/// crowded 2-core machine (load 15): 0.13 to 0.27 s in a busy loop or `Atomics.wait`, up to 0.95 s near the heap limit.
pub const BUDGET: std::time::Duration = std::time::Duration::from_millis(1500);

/// Call frames kept of a stack. The culprit is nearly always among the first five.
pub const FRAMES_AT_MOST: usize = 64;

/// Where JavaScript stood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stack {
    /// Innermost first, at most [`FRAMES_AT_MOST`].
    pub frames: Vec<Frame>,
    /// The inspector could not be closed: any local program can debug the process until it ends. `false`: nobody listens,
    /// and what the signal has yet to wake will be closed, too.
    pub left_open: bool,
}

/// One call on the stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// As V8 names it, cleaned and shortened; empty for an anonymous function and for a module's own code.
    pub function: String,
    /// `file:` or `node:`, at most 2048 bytes as they came; empty when not known, such as for code from `eval`.
    pub url: String,
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1.
    pub column: u32,
}

/// Takes the stack from the inspector on this loopback port, closes the inspector and lets the process go on, all before
/// `deadline`. A quarter of the time is kept for closing.
///
/// The process is never left paused: Node goes on when its debugger disconnects, and every way out of here, being
/// dropped included, disconnects. Dropping the future leaves the port open.
///
/// # Errors
/// All but [`Error::AlreadyOpen`] and [`Error::NotOpened`], which are those of [`wait_for_inspector`].
pub async fn stack(port: u16, deadline: Instant) -> Result<Stack, Error> {
    let whole = deadline.saturating_duration_since(Instant::now());
    let attached = tokio::time::timeout_at(deadline, cdp::Session::attach(port)).await;
    let mut session = attached.map_err(|_| Error::Silent)??;
    match tokio::time::timeout_at(deadline - whole / 4, session.pause()).await {
        Ok(Ok(frames)) => Ok(Stack { frames, left_open: !session.close_inspector(deadline).await }),
        Ok(Err(error)) => {
            session.leave(deadline).await;
            Err(error)
        }
        Err(_) => {
            session.leave(deadline).await;
            Err(Error::NotPaused)
        }
    }
}

/// Closes the inspector on this loopback port, in a process whose JavaScript runs; nothing is paused. `true`: nobody
/// listens there any more.
///
/// # Errors
/// As [`stack`], but for [`Error::NotPaused`].
pub async fn close_inspector(port: u16, deadline: Instant) -> Result<bool, Error> {
    let attached = tokio::time::timeout_at(deadline, cdp::Session::attach(port)).await;
    Ok(attached.map_err(|_| Error::Silent)??.close_inspector(deadline).await)
}
