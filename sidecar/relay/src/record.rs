//! What is kept of a connection, or of an exchange through the gateway: how long, how much, and why it closed. Never what passed.

use std::io;

use serde::{Deserialize, Serialize};

/// One connection that has ended; in the gateway, one request with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// When it came, in milliseconds since the Unix epoch.
    pub unix_ms: u64,
    /// Where it led.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// One of the API's hosts: outages are waited out, stalls ended.
    pub is_api: bool,
    /// It went through the proxy that was there before.
    pub is_proxied: bool,
    /// Bytes from the client that went on, TLS's own included. In the gateway: of the request's body, as often as they were sent.
    pub bytes_up: u64,
    /// Bytes to the client, likewise. In the gateway: of the answer's body.
    pub bytes_down: u64,
    /// Attempts to connect. In the gateway: of anything, connecting or asking.
    pub attempts: u32,
    /// From the client's request until it had its tunnel, or the gateway its first connection, with all waiting. `None`: there never was one.
    pub connect_ms: Option<u64>,
    /// From the first byte up to the first byte down.
    pub first_byte_ms: Option<u64>,
    /// From the client's request to the end.
    pub duration_ms: u64,
    /// The longest time that nothing came down after something had come or gone, unless the client spoke next.
    pub longest_silence_ms: u64,
    /// Why it closed.
    pub end: End,
    /// What the kernel knew of the connection to the server (or to the proxy) in the end. `None` where it does not tell.
    pub tcp: Option<TcpFacts>,
    /// What the gateway saw; a tunnel sees nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
}

impl Record {
    /// One that begins now.
    pub(crate) fn begin(unix_ms: u64, host: &str, port: u16, is_api: bool, is_proxied: bool) -> Self {
        Self {
            unix_ms,
            host: host.to_owned(),
            port,
            is_api,
            is_proxied,
            bytes_up: 0,
            bytes_down: 0,
            attempts: 0,
            connect_ms: None,
            first_byte_ms: None,
            duration_ms: 0,
            longest_silence_ms: 0,
            end: End::Abandoned,
            tcp: None,
            exchange: None,
        }
    }
}

/// What heads and events told of one request and its answer. Of fields that may hold anything only those of the API's own form are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Exchange {
    /// Of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// `request-id` of the answer: what a support ticket needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// `cf-ray` of the answer: which edge of Cloudflare's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cf_ray: Option<String>,
    /// `x-claude-code-session-id` of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// `anthropic-beta` of the request: among others which size of context it asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beta: Option<String>,
    /// Of the request's body, as far as the client has sent it.
    pub request_bytes: u64,
    /// The whole request was given to a connection at least once: it may have been worked on, and billed.
    pub reached_server: bool,
    /// It was sent so often although it may have been billed already.
    #[serde(skip_serializing_if = "is_zero")]
    pub billed_again: u32,
    /// Why the attempts before the last one came to nothing, the latest of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    /// As far as the stream told them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Why an attempt was followed by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Before {
    /// It was answered so.
    Status(u16),
    /// It broke.
    End(End),
}

/// Tokens, as an answer told them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tokens {
    /// Read anew.
    pub input: u64,
    /// Written to the cache.
    pub cache_creation: u64,
    /// Read from the cache.
    pub cache_read: u64,
    /// Said.
    pub output: u64,
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// The program here.
    Client,
    /// The server, or what stands between.
    Server,
}

/// Why a connection closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "how")]
pub enum End {
    /// In order (FIN) from both sides.
    Closed {
        /// Who was first.
        by: Side,
    },
    /// By a RST.
    Reset {
        /// Whose.
        by: Side,
    },
    /// Packets were not acknowledged any more (TCP_USER_TIMEOUT, keepalive), or the way was gone.
    Lost {
        /// To whom.
        by: Side,
    },
    /// Bytes had gone up, none came down: reset by the relay. In the gateway also an answer that went no further.
    Stalled,
    /// The last to speak was the server, and then nothing passed: reset by the relay. An answer that stopped, an idle connection, or (the tickets of
    /// TLS 1.3 come down behind the first request) one that never began: ciphertext does not tell.
    Silent,
    /// No tunnel: nobody listens there.
    Refused,
    /// No tunnel: the system or a router knows no way.
    Unreachable,
    /// No tunnel: the name could not be resolved.
    Dns,
    /// No tunnel: no answer in time.
    TimedOut,
    /// No tunnel: this machine had no route to anywhere.
    NoRoute,
    /// No tunnel: the proxy that was there before would not make one.
    Proxy {
        /// The status it answered; 0 when it spoke no HTTP.
        status: u16,
    },
    /// No tunnel, for another reason; or what was no HTTP.
    Failed,
    /// The client went away while the relay was connecting, or waiting for an answer.
    Abandoned,
    /// The relay ended.
    Shutdown,
    /// Through the gateway: the whole answer has passed, whatever it said.
    Answered,
    /// Through the gateway: the server ended the stream of HTTP/2 (RST_STREAM).
    StreamReset {
        /// RFC 9113, section 7.
        code: u32,
    },
    /// Through the gateway: the server ended the connection of HTTP/2 (GOAWAY).
    GoAway {
        /// RFC 9113, section 7.
        code: u32,
    },
    /// Through the gateway: the server ended TLS with an alert.
    Alert {
        /// RFC 8446, section 6.
        code: u8,
    },
    /// Through the gateway: nobody vouches for the server's certificate, or it is another's, or out of date.
    Certificate,
}

impl End {
    /// What an error of a connection means; `by`: who is at its other end.
    pub(crate) fn of(error: &io::Error, by: Side) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => Self::Reset { by },
            _ => Self::Lost { by },
        }
    }
}

/// Of `TCP_INFO`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TcpFacts {
    /// Segments that were sent again.
    pub retransmits: u32,
    /// Smoothed round-trip time, in microseconds.
    pub rtt_us: u32,
}
