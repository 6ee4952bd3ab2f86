//! What is kept of a connection: how long, how much, and why it closed. Never what passed.

use serde::{Deserialize, Serialize};

/// One connection that has ended.
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
    /// Bytes from the client that went on, TLS's own included.
    pub bytes_up: u64,
    /// Bytes to the client, likewise.
    pub bytes_down: u64,
    /// Attempts to connect.
    pub attempts: u32,
    /// From the client's request until it had its tunnel, with all waiting. `None`: it never had one.
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
    /// Bytes had gone up, none came down: reset by the relay.
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
    /// No tunnel, for another reason.
    Failed,
    /// The client went away while the relay was connecting.
    Abandoned,
    /// The relay ended.
    Shutdown,
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
