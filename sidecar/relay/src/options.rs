//! What can be set, its defaults, and within which bounds.

use std::{ops::RangeInclusive, time::Duration};

use crate::{
    gateway::{Trust, Upstream},
    proxy::{NoProxy, Proxy},
};

/// Where Claude Code speaks to the API unless it was told otherwise.
pub const OFFICIAL_HOST: &str = "api.anthropic.com";

/// The API sends `ping` events while it works: silence for so long is a stall. The same as `lifeline.connection.stalledAfter`.
pub const STALL_AFTER: Duration = Duration::from_secs(75);
/// In seconds.
pub const STALL_AFTER_WITHIN: RangeInclusive<u64> = 10..=3600;

/// How often a connection is tried before its client is told.
pub const ATTEMPTS: u32 = 5;
/// One attempt is none that waits.
pub const ATTEMPTS_WITHIN: RangeInclusive<u32> = 1..=20;

/// How long a client is kept waiting at the most. It waits 600 s by itself.
pub const BUDGET: Duration = Duration::from_secs(120);
/// In seconds.
pub const BUDGET_WITHIN: RangeInclusive<u64> = 1..=540;

/// How often the gateway repeats a request that may have been billed. It was given to the server whole, and what came of it nobody knows.
pub const BILLED_RETRIES: u32 = 1;
/// More attempts than that there never are.
pub const BILLED_RETRIES_WITHIN: RangeInclusive<u32> = 0..=2;

/// When a client that waits may hear the first `ping`, in seconds; see [`GatewayOptions::ping_after`].
pub const PING_AFTER_WITHIN: RangeInclusive<u64> = 5..=300;

/// The gateway: where it leads, and what it may do there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayOptions {
    /// The one server.
    pub upstream: Upstream,
    /// Whose word is taken for its certificate.
    pub trust: Trust,
    /// See [`BILLED_RETRIES`].
    pub billed_retries: u32,
    /// HTTP/2 where the server offers it.
    pub http2: bool,
    /// A client that waits for a stream of events hears `ping` from here on. `None`, as it comes, because an answer that has begun has status 200 for good:
    /// the client would not see a 401, 413 or 429, nor `retry-after` and what is left of its limits, and would not try again by itself as it does
    /// after a 529. It waits 600 s for a head, longer than the relay ever keeps it waiting, and on the loopback nothing forgets a silent connection. To be
    /// set for a client that is less patient.
    pub ping_after: Option<Duration>,
}

impl GatewayOptions {
    /// As it comes.
    pub const fn new(upstream: Upstream, trust: Trust) -> Self {
        Self { upstream, trust, billed_retries: BILLED_RETRIES, http2: true, ping_after: None }
    }
}

/// How the relay behaves; each connection goes by what was set when it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Silence after which a connection to the API is reset.
    pub stall_after: Duration,
    /// Attempts to connect, at least 1.
    pub attempts: u32,
    /// How long connecting may take, with all its waiting.
    pub budget: Duration,
    /// The API's hosts, in lower case. Others pass untouched.
    pub hosts: Vec<String>,
    /// The proxy that was there before the relay.
    pub proxy: Option<Proxy>,
    /// Hosts that do not go through it.
    pub no_proxy: NoProxy,
    /// Requests that are no CONNECT go there. It does more than to pass them on only when its host is one of `hosts`.
    pub gateway: Option<GatewayOptions>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            stall_after: STALL_AFTER,
            attempts: ATTEMPTS,
            budget: BUDGET,
            hosts: vec![OFFICIAL_HOST.to_owned()],
            proxy: None,
            no_proxy: NoProxy::default(),
            gateway: None,
        }
    }
}

impl Options {
    /// Whether this is one of the API's hosts.
    pub(crate) fn is_api(&self, host: &str) -> bool {
        self.hosts.iter().any(|known| known == host)
    }
}
