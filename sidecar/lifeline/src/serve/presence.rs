//! Whether a daemon serves here, asked the way a client would ask.

use std::{io, time::Duration};

use lifeline_protocol::{PROTOCOL_VERSION, error_code};

use super::endpoint::Endpoint;
use crate::cli::connection::{CallError, Connection};

/// A daemon that does not answer within this time is silent: it answers in 1 ms, and within 50 ms on a busy machine.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// What was found at the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Nobody listens.
    Absent,
    /// Somebody listens and hangs up: a daemon that is leaving.
    Leaving,
    /// A daemon answers.
    Serving,
    /// A daemon answers, but speaks an older protocol.
    Older {
        /// As in `Silent`.
        pid: Option<u32>,
    },
    /// Somebody listens and does not answer.
    Silent {
        /// Its process by the socket's credentials, where the system tells.
        pid: Option<u32>,
    },
    /// Another user listens there.
    Foreign(String),
}

/// Looks, for `patience` at the most.
pub(crate) async fn look(endpoint: &Endpoint, patience: Duration) -> Presence {
    let (stream, peer) = match endpoint.connect().await {
        Ok(connected) => connected,
        Err(error) => {
            return match error.kind() {
                // Linux: the queue of waiting connections is full, so there is a listener that does not accept.
                io::ErrorKind::WouldBlock => Presence::Silent { pid: None },
                io::ErrorKind::PermissionDenied => Presence::Foreign(error.to_string()),
                _ => Presence::Absent,
            };
        }
    };
    match Connection::open(stream, patience).await {
        Err(CallError::Silent) => Presence::Silent { pid: peer.pid },
        Err(CallError::Closed) => Presence::Leaving,
        Err(CallError::Answer { code, data, .. }) if code == error_code::WRONG_VERSION => {
            let theirs = data["protocol"].as_u64().unwrap_or_default();
            if theirs < u64::from(PROTOCOL_VERSION) {
                Presence::Older { pid: peer.pid }
            } else {
                Presence::Serving
            }
        }
        // An internal error: the loop behind the socket has ended.
        Err(CallError::Answer { .. }) => Presence::Leaving,
        Ok(_) | Err(CallError::Malformed(_)) => Presence::Serving,
    }
}
