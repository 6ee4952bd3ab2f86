//! What was measured, as programs read it: the object `network` of the doctor's answer and of the report.

use std::time::Duration;

use serde::Serialize;

use crate::fault::Fault;

/// All of it. Names of hosts are told only where they are official or this machine's, or where names were asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    /// Every server that was contacted, or would have been.
    pub contacts: Vec<Contact>,
    /// The API, or what stands in its place.
    pub base_url: String,
    /// The proxy that Claude Code would take.
    pub proxy: Option<ProxyUse>,
    /// Names that were looked up.
    pub lookups: Vec<Lookup>,
    /// What each resolver says of the API's name, where they are compared.
    pub resolvers: Vec<Resolved>,
    /// The ways to the API.
    pub ways: Vec<Way>,
    /// The slow upload, when asked for.
    pub upload: Option<Upload>,
    /// Idle connections, when asked for.
    pub idle: Option<Idle>,
    /// The public status page.
    pub status: Option<StatusPage>,
    /// All of it in words, for who only shows it.
    pub words: Vec<String>,
    /// It was called off: what is here was complete by then.
    pub cancelled: bool,
    /// How long all of it took.
    pub took_ms: u64,
}

/// A server that is contacted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// `https://api.anthropic.com:443`.
    pub server: String,
    /// What for.
    pub role: Role,
}

/// What a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The API.
    Api,
    /// The proxy.
    Proxy,
    /// The status page.
    Status,
    /// A public resolver.
    Resolver,
}

impl Role {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Api => "the API",
            Self::Proxy => "the proxy",
            Self::Status => "the status page",
            Self::Resolver => "a public resolver",
        }
    }
}

/// The proxy, and what is made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProxyUse {
    /// Without who logs in.
    pub address: String,
    /// The variable that names it.
    pub variable: String,
    /// What is made of it.
    pub state: ProxyState,
    /// A login is sent to it.
    pub has_login: bool,
    /// It may have one that was hidden from the probe.
    pub login_was_hidden: bool,
}

/// What is made of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ProxyState {
    /// The API is reached through it.
    Used,
    /// `NO_PROXY` names the API.
    Excepted,
    /// A SOCKS proxy.
    Socks,
    /// Its address is none.
    Malformed,
}

/// A name that was looked up: one question for both families, as `getaddrinfo` puts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lookup {
    /// Whose name.
    pub of: Role,
    /// How long it took.
    pub ms: u64,
    /// A records.
    pub ipv4: usize,
    /// AAAA records.
    pub ipv6: usize,
    /// What went wrong.
    pub fault: Option<Fault>,
}

/// What one resolver says of the API's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resolved {
    /// One that everybody may ask, to compare this machine's own with.
    pub is_public: bool,
    /// How long it took.
    pub ms: u64,
    /// Addresses that can be an API's.
    pub usable: usize,
    /// Addresses of this machine, of a private network, or of nobody: what filters answer instead.
    pub unusable: usize,
    /// What went wrong.
    pub fault: Option<Fault>,
}

/// A way to the API.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Way {
    /// By which version of IP the first hop is reached.
    pub family: Family,
    /// Through the proxy.
    pub through_proxy: bool,
    /// One connection each.
    pub rounds: Vec<Round>,
    /// Of the last handshake.
    pub tls: Option<Tls>,
}

impl Way {
    /// Times to the first byte of the rounds that went well, in ms, ascending.
    pub fn first_bytes(&self) -> Vec<u64> {
        let mut times: Vec<u64> = Vec::new();
        for ms in
            self.rounds.iter().filter(|round| round.fault.is_none()).filter_map(|round| round.first_byte_ms)
        {
            let at = times.iter().take_while(|other| **other <= ms).count();
            times.insert(at, ms);
        }
        times
    }

    /// Rounds that went wrong.
    pub fn failures(&self) -> impl Iterator<Item = &Round> {
        self.rounds.iter().filter(|round| round.fault.is_some())
    }

    /// At least one round went well.
    pub fn works(&self) -> bool {
        self.rounds.iter().any(|round| round.fault.is_none())
    }

    /// `direct, IPv4`.
    pub fn words(&self) -> String {
        let how = if self.through_proxy { "through the proxy" } else { "direct" };
        format!("{how}, {}", self.family.words())
    }
}

/// A version of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Family {
    /// Version 4.
    Ipv4,
    /// Version 6.
    Ipv6,
}

impl Family {
    /// Its name.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        }
    }
}

/// One connection with one request. Times count from its beginning, as curl's and seed 3's do, without the look-up of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Round {
    /// The first hop has taken the connection.
    pub tcp_ms: Option<u64>,
    /// The proxy has let it through.
    pub proxy_ms: Option<u64>,
    /// TLS is agreed on.
    pub tls_ms: Option<u64>,
    /// The first byte of the answer.
    pub first_byte_ms: Option<u64>,
    /// Of the answer: the API's, or, where it refuses, the proxy's.
    pub status: Option<u16>,
    /// How far this machine's clock is before the server's, in seconds; negative when it is behind. The server tells whole ones.
    pub clock_ahead_s: Option<i64>,
    /// What went wrong, in the step after the last that has a time.
    pub fault: Option<Fault>,
}

/// A TLS handshake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tls {
    /// `1.3`; none where it was not agreed on.
    pub version: Option<String>,
    /// What the server chose of what was offered (`http/1.1` alone: that is what is spoken here).
    pub alpn: Option<String>,
    /// Who issued the certificate: its organisation. Of a private issuer only where names are asked for.
    pub issuer_organisation: Option<String>,
    /// And its own name.
    pub issuer_name: Option<String>,
    /// Who vouches for that.
    pub trusted_by: TrustedBy,
    /// Days until the certificate expires; negative when it has.
    pub days_left: Option<i64>,
}

/// Who vouches for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum TrustedBy {
    /// One of Mozilla's authorities.
    Public,
    /// One in the file that `NODE_EXTRA_CA_CERTS` names.
    ExtraFile,
    /// One that only this machine's own store has.
    PlatformOnly,
    /// Nobody.
    Nobody,
}

/// The slow upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Upload {
    /// How it ended.
    pub end: UploadEnd,
    /// Bytes of the body that were sent.
    pub bytes: u64,
    /// When it ended, in ms from the first byte of the body.
    pub after_ms: u64,
    /// Of the answer.
    pub status: Option<u16>,
    /// What went wrong.
    pub fault: Option<Fault>,
}

/// How a slow upload ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum UploadEnd {
    /// All was sent, and answered.
    Survived,
    /// The answer came before all was sent.
    AnsweredEarly,
    /// It was cut, or not answered.
    Cut,
    /// There was no connection to send it on.
    NotTried,
}

/// Connections that said nothing for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Idle {
    /// Each of them, by rising times.
    pub holds: Vec<Hold>,
    /// The longest silence after which one still answered, in seconds.
    pub longest_lived_s: Option<u64>,
    /// The shortest silence that ended one.
    pub shortest_dead_s: Option<u64>,
}

/// An idle connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// How long it was to say nothing, in seconds.
    pub wanted_s: u64,
    /// How long it did.
    pub held_s: u64,
    /// What became of it.
    pub end: HoldEnd,
}

/// What became of an idle connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum HoldEnd {
    /// It answered afterwards.
    Lived,
    /// It was closed in good order (FIN).
    Closed,
    /// It was reset (RST).
    Reset,
    /// Nothing came back afterwards: it was forgotten on the way.
    Silent,
    /// The server does not keep connections, or there was none.
    NotKept,
}

impl HoldEnd {
    /// It did not answer afterwards.
    pub fn is_dead(self) -> bool {
        matches!(self, Self::Closed | Self::Reset | Self::Silent)
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Lived => "answered",
            Self::Closed => "closed (FIN)",
            Self::Reset => "reset (RST)",
            Self::Silent => "no answer any more",
            Self::NotKept => "not kept by the server",
        }
    }
}

/// What the public status page says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusPage {
    /// `none`, `minor`, `major`, `critical`, `maintenance`.
    pub indicator: Option<String>,
    /// In its own words.
    pub description: Option<String>,
    /// How long it took.
    pub ms: u64,
    /// Of the answer.
    pub http_status: Option<u16>,
    /// What went wrong.
    pub fault: Option<Fault>,
}

/// As a number.
pub(crate) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
