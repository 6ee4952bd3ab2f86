//! The proxy that was there before the relay, and the hosts that are to be reached without it.

use std::{fmt, net::IpAddr};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::{
    head::{HEAD_BYTES, Target, authority, sane},
    outage::Fault,
};

/// Fields of a proxy's answer.
const FIELDS: usize = 64;

/// An HTTP proxy, as `HTTPS_PROXY` names one. It may hold a password: it is never shown or logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    at: Target,
    /// The value of `Proxy-Authorization`.
    authorization: Option<String>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("logs_in", &self.authorization.is_some()).finish_non_exhaustive()
    }
}

impl Proxy {
    /// Reads `http://user:password@host:port`; `http://` may be left out, and the port, which is then 80.
    ///
    /// # Errors
    /// What is wrong, to stand behind “The proxy”. The text is not repeated.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        match scheme.to_ascii_lowercase().as_str() {
            "http" => {}
            "https" => return Err("is spoken to over TLS (https://), which Lifeline's relay cannot do"),
            _ => return Err("is no HTTP proxy, and Lifeline's relay can speak to no other"),
        }
        // A password may hold any of these.
        let (login, place) =
            rest.rsplit_once('@').map_or((None, rest), |(login, place)| (Some(login), place));
        let place = place.split(['/', '?', '#']).next().unwrap_or_default();
        let at = match authority(place) {
            Some(at) => at,
            None => Target { host: sane(place).ok_or("has an address that cannot be read")?, port: 80 },
        };
        let authorization = login.map(|login| {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            let mut plain = decoded(user);
            plain.push(b':');
            plain.extend(decoded(password));
            format!("Basic {}", base64(&plain))
        });
        Ok(Self { at, authorization })
    }

    /// Its name or address, in lower case.
    pub fn host(&self) -> &str {
        &self.at.host
    }

    /// Its port.
    pub const fn port(&self) -> u16 {
        self.at.port
    }
}

/// Percent-encoding undone (RFC 3986, 2.1).
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = (*first == b'%')
            .then(|| after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit)))
            .flatten()
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    bytes
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

/// Asks the proxy for a tunnel. Returns what came behind its answer.
pub(crate) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    proxy: &Proxy,
    target: &Target,
) -> Result<Vec<u8>, Fault> {
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    if let Some(authorization) = &proxy.authorization {
        request += &format!("Proxy-Authorization: {authorization}\r\n");
    }
    request += "\r\n";
    stream.write_all(request.as_bytes()).await.map_err(|_| Fault::Proxy(0))?;
    let mut bytes = Vec::new();
    loop {
        match stream.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return Err(Fault::Proxy(0)),
            Ok(_) => {}
        }
        match answered(&bytes)? {
            Some(length) => return Ok(bytes.split_off(length)),
            None if bytes.len() >= HEAD_BYTES => return Err(Fault::Proxy(0)),
            None => {}
        }
    }
}

/// The length of a head that says yes; `None`: it goes on.
pub(crate) fn answered(bytes: &[u8]) -> Result<Option<usize>, Fault> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => match response.code {
            Some(200..=299) => Ok(Some(length)),
            status => Err(Fault::Proxy(status.unwrap_or(0))),
        },
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => Err(Fault::Proxy(0)),
    }
}

/// `NO_PROXY`: hosts that are reached without the proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoProxy {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    All,
    /// The host itself and all below it; with a port, only there.
    Host(String, Option<u16>),
    /// Addresses whose first so many bits are these.
    Network(IpAddr, u8),
}

impl NoProxy {
    /// Reads names, `.suffixes`, `*.suffixes`, addresses, networks (`10.0.0.0/8`), each perhaps with a port, or `*`, with commas or blanks in
    /// between. What is none of these is left out.
    pub fn parse(text: &str) -> Self {
        let entries = text.split([',', ' ', '\t']).filter(|entry| !entry.is_empty());
        Self { rules: entries.filter_map(rule).collect() }
    }

    /// The same, for HTTPS's own port.
    pub fn excepts_host(&self, host: &str) -> bool {
        self.excepts(&Target { host: host.to_owned(), port: 443 })
    }

    /// Whether this host is reached without the proxy. The loopback always is.
    pub(crate) fn excepts(&self, target: &Target) -> bool {
        let Target { host, port } = target;
        let address: Option<IpAddr> = host.parse().ok();
        if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
            return true;
        }
        self.rules.iter().any(|rule| match rule {
            Rule::All => true,
            Rule::Host(known, at) => {
                at.is_none_or(|at| at == *port)
                    && host
                        .strip_suffix(known.as_str())
                        .is_some_and(|rest| rest.is_empty() || (address.is_none() && rest.ends_with('.')))
            }
            Rule::Network(network, bits) => {
                address.is_some_and(|address| is_within(address, *network, *bits))
            }
        })
    }
}

fn rule(entry: &str) -> Option<Rule> {
    if entry == "*" {
        return Some(Rule::All);
    }
    if let Some((network, bits)) = entry.split_once('/') {
        let network: IpAddr = network.parse().ok()?;
        let most = if network.is_ipv4() { 32 } else { 128 };
        return Some(Rule::Network(network, bits.parse().ok().filter(|bits| *bits <= most)?));
    }
    if let Ok(address) = entry.parse::<IpAddr>() {
        return Some(Rule::Host(address.to_string(), None));
    }
    let entry = entry.trim_start_matches('*').trim_start_matches('.');
    match authority(entry) {
        Some(Target { host, port }) => Some(Rule::Host(host, Some(port))),
        None => Some(Rule::Host(sane(entry)?, None)),
    }
}

fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (address, network, width) = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            (u128::from(address.to_bits()), network.to_bits().into(), 32)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => (address.to_bits(), network.to_bits(), 128),
        _ => return false,
    };
    (address ^ network).checked_shr(width - u32::from(bits)).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(text: &str) -> (String, Option<String>) {
        let proxy = Proxy::parse(text).unwrap();
        (proxy.at.to_string(), proxy.authorization)
    }

    #[test]
    fn a_proxy_is_read_as_people_write_it() {
        assert_eq!(told("http://proxy.example:3128"), ("proxy.example:3128".into(), None));
        assert_eq!(told("Proxy.Example:3128/"), ("proxy.example:3128".into(), None));
        assert_eq!(told("http://10.0.0.1"), ("10.0.0.1:80".into(), None));
        assert_eq!(told("http://[::1]:8080"), ("[::1]:8080".into(), None));
        // `printf 'ann:p@ss/w:rd' | base64`
        let (at, authorization) = told("http://ann:p%40ss/w:rd@proxy.example:3128");
        assert_eq!(
            (at.as_str(), authorization.as_deref()),
            ("proxy.example:3128", Some("Basic YW5uOnBAc3MvdzpyZA=="))
        );
        assert_eq!(told("http://ann@h:1").1.as_deref(), Some("Basic YW5uOg=="));
        for bad in ["", "https://h:1", "socks5://h:1", "http://", "http://a b:1", "http://h:x"] {
            assert!(Proxy::parse(bad).is_err(), "{bad}");
        }
        let shown = format!("{:?}", Proxy::parse("http://ann:secret@h:1").unwrap());
        assert!(!shown.contains("c2Vj") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        let texts = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
        let known = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        assert_eq!(texts.map(|text| base64(text.as_bytes())), known);
    }

    #[test]
    fn exceptions_are_those_that_people_write() {
        let excepts = |rules: &str, target: &str| NoProxy::parse(rules).excepts(&authority(target).unwrap());
        for (rules, target) in [
            ("", "localhost:1"),
            ("", "127.9.9.9:1"),
            ("", "[::1]:1"),
            ("*", "a.example:443"),
            ("example.com", "example.com:443"),
            ("example.com", "a.b.example.com:443"),
            (".example.com", "a.example.com:443"),
            ("x, *.Example.com", "a.example.com:443"),
            ("a.example:8443", "a.example:8443"),
            ("10.1.2.3", "10.1.2.3:443"),
            ("10.0.0.0/8", "10.1.2.3:443"),
            ("0.0.0.0/0", "1.1.1.1:443"),
            ("fd00::/8", "[fd12::1]:443"),
        ] {
            assert!(excepts(rules, target), "{rules} {target}");
        }
        for (rules, target) in [
            ("", "api.anthropic.com:443"),
            ("example.com", "badexample.com:443"),
            ("a.example:8443", "a.example:443"),
            ("10.0.0.0/8", "11.1.2.3:443"),
            ("2.3", "10.1.2.3:443"),
            ("10.0.0.0/33", "10.0.0.0:443"),
            ("fd00::/8", "10.1.2.3:443"),
            ("a b/c ://", "c.example:443"),
        ] {
            assert!(!excepts(rules, target), "{rules} {target}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn hostile_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,80}") {
            let _ = answered(&bytes);
            let mut head = b"HTTP/1.1 2".to_vec();
            head.extend(&bytes);
            let _ = answered(&head);
            let _ = Proxy::parse(&text);
            let _ = NoProxy::parse(&text).excepts(&Target { host: "h".into(), port: 1 });
        }
    }
}
