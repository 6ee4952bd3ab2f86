//! Connections through Lifeline's relay, as the report tells of them.

use serde::Serialize;

/// Connections through Lifeline's relay that have ended. All figures are of those to the API, unless they say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RelayRecords {
    /// When the first ended, RFC 3339, UTC; none without one.
    pub first: Option<String>,
    /// When the last ended.
    pub last: Option<String>,
    /// All of them.
    pub connections: u64,
    /// Those to other hosts, which pass untouched.
    pub other_connections: u64,
    /// The most frequent first.
    pub by_end: Vec<RelayEnd>,
    /// The ten with most, those first.
    pub by_host: Vec<RelayHost>,
    /// Those that the relay reset because nothing came any more: answers that had stopped, or connections at rest.
    pub silences_ended: u64,
    /// Those that had to wait for their server, and then had it.
    pub outages_waited_out: u64,
    /// How long these waited, together.
    pub outage_seconds: f64,
    /// The longest of it; none without one.
    pub longest_outage_seconds: Option<f64>,
    /// Those that the other side reset, that were lost on the way, or that never came to be.
    pub broken: u64,
    /// Of these: packets were not acknowledged any more, or there was no way or no name.
    pub way_gone: u64,
    /// Of these: nothing had come for 30 s or more before.
    pub broken_at_rest: u64,
    /// Of these: never came to be.
    pub never_connected: u64,
    /// The five longest.
    pub longest_silences: Vec<RelaySilence>,
    /// What the gateway saw of requests; none where it never was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<RelayRequests>,
    /// Days with a connection, in order.
    pub by_day: Vec<RelayDay>,
}

/// Requests to the API through Lifeline's gateway.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RelayRequests {
    /// All of them.
    pub count: u64,
    /// Those that were answered whole.
    pub answered: u64,
    /// Those that were sent again by the gateway, without the client's doing.
    pub repeated: u64,
    /// Of these: were answered then.
    pub repeated_answered: u64,
    /// Those that came to nothing after the whole request was given to the server: tokens are likely spent.
    pub lost_at_server: u64,
    /// The last ten that came to nothing or were answered with an error, the newest first: what a support ticket needs.
    pub failures: Vec<RelayFailure>,
}

/// A request that came to nothing, or was answered with an error.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RelayFailure {
    /// When it ended, RFC 3339, UTC.
    pub ended: Option<String>,
    /// As [`RelayEnd::end`].
    pub end: &'static str,
    /// From its beginning to its end.
    pub seconds: f64,
    /// Of its answer; none without one.
    pub status: Option<u16>,
    /// The API's own number of the request; none without an answer.
    pub request_id: Option<String>,
    /// Cloudflare's, likewise.
    pub cf_ray: Option<String>,
    /// Size of the request's body.
    pub request_bytes: u64,
    /// It asked for a context of a million tokens (`anthropic-beta`).
    pub is_long_context: bool,
    /// The whole request was given to the server.
    pub reached_server: bool,
    /// Tokens of the answer, as far as it came.
    pub output_tokens: Option<u64>,
}

/// Connections with one end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RelayEnd {
    /// `closedByClient`, `resetByServer`, `lostToServer`, `stalled`, `silent`, `refused`, `dns`, …; `other` is newer than this program.
    pub end: &'static str,
    /// Connections.
    pub count: u64,
}

/// Connections to one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RelayHost {
    /// Its name; `other` when that might tell whose it is.
    pub host: String,
    /// Connections.
    pub connections: u64,
}

/// A connection on which nothing came for a while.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RelaySilence {
    /// When the connection ended, RFC 3339, UTC.
    pub ended: Option<String>,
    /// How long nothing came.
    pub seconds: f64,
    /// As [`RelayEnd::end`].
    pub end: &'static str,
}

/// A day.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RelayDay {
    /// `2026-04-16`.
    pub date: String,
    /// That ended.
    pub connections: u64,
    /// As [`RelayRecords::silences_ended`].
    pub silences_ended: u64,
    /// As [`RelayRecords::broken`].
    pub broken: u64,
    /// As [`RelayRecords::outages_waited_out`].
    pub outages_waited_out: u64,
    /// How long these waited.
    pub outage_seconds: f64,
}
