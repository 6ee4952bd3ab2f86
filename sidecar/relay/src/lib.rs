//! The relay: an HTTP CONNECT proxy on the loopback. TLS stays end to end, so nothing that passes can be read here.
//!
//! For the API's hosts it waits out an outage before it answers, ends a connection that has fallen silent, so that the client tries again at
//! once, and of every connection it says why it closed. All other hosts pass untouched. It knows nothing of the daemon: whoever hosts it
//! tells it of routes, and is told of ends, through [`Host`].
//!
//! On the same port it is a gateway, when it is told of an upstream: a reverse proxy that sees heads and events. It repeats what failed before its
//! client heard anything, ends a broken stream in order, and keeps what a support ticket needs. What was said it does not keep.

#![deny(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod answer;
mod dial;
mod gateway;
mod head;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod hostile;
mod options;
mod outage;
mod proxy;
mod pump;
mod record;
mod relay;
mod socket;
#[cfg(test)]
mod tests;

pub use gateway::{Trust, Upstream};
pub use options::{
    ATTEMPTS, ATTEMPTS_WITHIN, BILLED_RETRIES, BILLED_RETRIES_WITHIN, BUDGET, BUDGET_WITHIN, GatewayOptions,
    OFFICIAL_HOST, Options, PING_AFTER_WITHIN, STALL_AFTER, STALL_AFTER_WITHIN,
};
pub use outage::{Fault, Outage};
pub use proxy::{NoProxy, Proxy};
pub use record::{Before, End, Exchange, Record, Side, TcpFacts, Tokens};
pub use relay::{Host, Relay, Routes, Status};
