//! A frozen host's stack, asked of Node's own inspector, in the core's words; and the inspector closed again.

use std::{net::SocketAddr, path::Path, time::Duration};

use lifeline_core::Culprit;
use tokio::time::Instant;

/// Our own id: a drill freezes the host from here.
const OURSELVES: &str = "lifeline-dev.lifeline";

/// A host that came back opens the inspector that it was asked for a moment later, when its JavaScript runs; or never.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);

/// An inspector answers from a thread of its own, even while JavaScript stands still: measured 1 to 5 ms.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

/// What came of asking.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) culprit: Option<Culprit>,
    /// The inspector is open, or may open later.
    pub(crate) left_open: bool,
}

/// Waits for the inspector that the host was told to open, takes its stack and closes it. Never takes longer than `within`.
pub(crate) async fn ask(
    before: &[SocketAddr],
    look: impl FnMut() -> Vec<SocketAddr>,
    within: Duration,
) -> Asked {
    // A moment for reading the extension's manifest, and for the way back.
    let deadline = Instant::now() + within - within / 10;
    let stack = async {
        let port = lifeline_inspector::wait_for_inspector(before, look, deadline).await?;
        lifeline_inspector::stack(port, deadline).await
    };
    let stack = match stack.await {
        Ok(stack) => stack,
        Err(error) => {
            tracing::info!(%error, "a frozen host did not show its stack");
            return Asked { culprit: None, left_open: error.left_open() };
        }
    };
    let left_open = stack.left_open;
    let reading =
        tokio::task::spawn_blocking(move || lifeline_inspector::culprit(&stack, Path::new("/"), OURSELVES));
    let found = tokio::time::timeout_at(deadline + within / 20, reading).await;
    Asked { culprit: found.ok().and_then(Result::ok).flatten().map(to_core), left_open }
}

/// The port of an inspector among these, which somebody else has opened.
pub(crate) async fn already_open(listening: &[SocketAddr]) -> Option<u16> {
    let deadline = Instant::now() + ANSWER_WITHIN;
    match lifeline_inspector::wait_for_inspector(listening, Vec::new, deadline).await {
        Err(lifeline_inspector::Error::AlreadyOpen { port }) => Some(port),
        _ => None,
    }
}

/// Closes an inspector that opened late.
pub(crate) async fn close(look: impl FnMut() -> Vec<SocketAddr>) {
    let deadline = Instant::now() + CLOSE_WITHIN;
    let closed = async {
        let port = lifeline_inspector::wait_for_inspector(&[], look, deadline).await?;
        lifeline_inspector::close_inspector(port, deadline).await
    };
    match closed.await {
        Ok(true) => tracing::info!("closed the inspector of a host that came back"),
        Ok(false) => tracing::warn!("the inspector of a host that came back could not be closed"),
        Err(error) => tracing::info!(%error, "no inspector of a host that came back"),
    }
}

fn to_core(found: lifeline_inspector::Culprit) -> Culprit {
    use lifeline_inspector::Who;
    let function = found.function.unwrap_or_else(|| "an anonymous function".to_owned());
    let (file, line) = (found.file, found.line);
    match found.who {
        Who::Extension(extension) | Who::Ourselves(extension) => Culprit {
            extension_id: Some(extension.id),
            version: Some(extension.version),
            display_name: extension.display_name,
            function,
            file,
            line,
            bugs_url: extension.bugs_url,
        },
        Who::Editor | Who::Other => Culprit {
            extension_id: None,
            version: None,
            display_name: None,
            function,
            file,
            line,
            bugs_url: None,
        },
    }
}
