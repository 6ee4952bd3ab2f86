//! The continuity bridge: the port of a host that ended, kept for the CLIs that were connected to it, and led to the next host.
//!
//! After a host restart the CLI tries its old port five times within 16 s and then gives up for ever; the new host listens elsewhere,
//! with another token (FACTS section 3). So we listen on the old port, ask for the old token, and carry what is said to the new
//! host. When that one ends too, the CLI's connection stays open: what was asked and not answered gets an error, what comes in
//! between is held, and the next host hears the same introduction again.
//!
//! A host has room for one client: a second pushes out the first, and CLIs that are pushed out connect again at once and push back, every
//! 2 s and for ever (measured with one of them bridged, extension 1.0.88, CLI 2.1.329). A client of ours that was pushed out waits aside instead, and takes its
//! place when it is free, or when its user turns to it and the other client is one of ours, too.

mod conversation;
mod listener;
mod seats;
mod secret;
mod session;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use listener::{Bridge, Traffic};
pub use seats::{Census, Seats};
pub use secret::{Secret, Token, read_secret};

/// Largest message that is carried, in bytes; a longer one closes its connection (1009). The largest real ones hold a file's text twice.
pub const MESSAGE_BYTES_AT_MOST: usize = 16 * 1024 * 1024;

/// How long a connection waits for a next host. VS Code needs 1 to 3 s, and 21 s after a long freeze (measured); we verify for 30 s.
pub const HOST_WITHIN: Duration = Duration::from_secs(60);

/// The header in which a client shows its token (FACTS section 3).
const TOKEN_HEADER: &str = "x-claude-code-ide-authorization";

/// The WebSocket subprotocol of both sides (FACTS section 3).
const SUBPROTOCOL: &str = "mcp";
