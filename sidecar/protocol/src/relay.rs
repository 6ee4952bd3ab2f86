//! The relay: whether it is on, and how it is.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

/// What the relay does with connections to the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum RelayMode {
    /// There is none.
    #[default]
    Off,
    /// A tunnel: TLS stays end to end.
    Tunnel,
    /// A gateway: a base URL of its own, that sees heads and events. On the same port it is a tunnel as well.
    Gateway,
}

/// The newest version of HTTP that the relay's gateway speaks to the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
pub enum RelayHttp {
    /// HTTP/2 where the server offers it, and 1.1 after its streams broke again and again.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// HTTP/1.1.
    #[serde(rename = "1.1")]
    One,
}

/// Turn the relay on or off. What Claude Code is told of it is the asker's to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct RelayRequest {
    /// What it is to be.
    pub mode: RelayMode,
    /// The proxy that was there before, with its login: `http://user:password@host:port`.
    #[serde(default)]
    pub proxy: Option<String>,
    /// The hosts that do not go through it, as in `NO_PROXY`.
    #[serde(default)]
    pub no_proxy: Option<String>,
    /// The API's hosts, when Claude Code was told of another than the official one.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Gateway: the base URL that was there before; without one the official host.
    #[serde(default)]
    pub upstream: Option<String>,
    /// Gateway: the file of further authorities that Claude Code trusts, as `NODE_EXTRA_CA_CERTS` names it.
    #[serde(default)]
    pub extra_certificates: Option<String>,
    /// Off: its port is given up at once, because nobody was led there.
    #[serde(default)]
    pub at_once: bool,
}

/// How the relay is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct RelayStatus {
    /// What it is to be.
    pub mode: RelayMode,
    /// Its port on 127.0.0.1, the same across restarts; none while it was never on.
    pub port: Option<u16>,
    /// It serves. Turned off it goes on for a day, passing everything through as it comes: programs that began while it was on know no other way.
    pub is_listening: bool,
    /// Why it does not serve although it should, in a sentence with the next step.
    pub problem: Option<String>,
    /// It leads to the proxy that was there before.
    pub is_chained: bool,
    /// Where its gateway leads; none while it has none.
    pub upstream: Option<String>,
    /// Connections now.
    pub connections: u32,
    /// Connections that ended since the daemon began.
    pub ended: u32,
    /// Clients that were refused since then: other users, web pages, no sane request.
    pub refused: u32,
    /// Connections that wait for an outage to pass.
    pub outages: Vec<RelayOutage>,
    /// Silence after which a connection to the API is reset. Seconds.
    pub stall_after_seconds: u32,
    /// Attempts to connect.
    pub attempts: u32,
    /// How long connecting may take. Seconds.
    pub budget_seconds: u32,
}

/// A connection that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct RelayOutage {
    /// Where it is to lead.
    pub host: String,
    /// Attempts that have failed.
    pub attempt: u32,
    /// Attempts there will be.
    pub of: u32,
    /// `refused`, `unreachable`, `dns`, `timedOut`, `noRoute`, `proxy`.
    pub reason: String,
    /// Until the next attempt, in milliseconds; 0 while it is under way, none when that is not known.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "number | null"))]
    pub next_in_ms: Option<u64>,
}
