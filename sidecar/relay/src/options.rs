//! What can be set, its defaults, and within which bounds.

use std::{ops::RangeInclusive, time::Duration};

use crate::proxy::{NoProxy, Proxy};

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
        }
    }
}

impl Options {
    /// Whether this is one of the API's hosts.
    pub(crate) fn is_api(&self, host: &str) -> bool {
        self.hosts.iter().any(|known| known == host)
    }
}
