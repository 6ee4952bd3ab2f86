//! The head of a request: what a client wants, read from bytes that anybody may have written.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

/// Largest head that is read, in bytes. Those of real clients have 100 to 500.
pub(crate) const HEAD_BYTES: usize = 16 * 1024;

/// Most fields of one head.
const FIELDS: usize = 64;

/// Longest name of a host (RFC 1035, 2.3.4).
const NAME_BYTES: usize = 253;

/// Where a tunnel is to lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// A name in lower case, or an address; IPv6 without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Why a request is not obeyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No head of HTTP/1, or more than [`HEAD_BYTES`] of it.
    Malformed,
    /// An `Origin`: a web page asks.
    Page,
    /// No sane name and port, or a `Host` that is another's.
    Authority,
    /// Something else than CONNECT.
    Method,
    /// Of the gateway: a `Host` that is not its own.
    Elsewhere,
}

/// Whether a head that begins so asks for a tunnel; `None`: more is needed to tell.
pub(crate) fn is_tunnel(bytes: &[u8]) -> Option<bool> {
    const METHOD: &[u8] = b"CONNECT ";
    // RFC 9112, 2.2: empty lines before it are left out, as `parse` does.
    let empty = bytes.iter().take_while(|byte| b"\r\n".contains(byte)).count();
    let bytes = &bytes[empty..];
    let length = bytes.len().min(METHOD.len());
    let fits = bytes[..length] == METHOD[..length];
    (!fits || length == METHOD.len()).then_some(fits)
}

/// Reads a head. `Ok(None)`: it goes on. With the target comes the length of the head: what follows is the tunnel's.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Target, usize)>, Refusal> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let length = match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length <= HEAD_BYTES => length,
        Ok(httparse::Status::Partial) if bytes.len() < HEAD_BYTES => return Ok(None),
        _ => return Err(Refusal::Malformed),
    };
    let named = |name: &str| {
        let is_named = move |field: &&httparse::Header<'_>| field.name.eq_ignore_ascii_case(name);
        request.headers.iter().filter(is_named).map(|field| field.value).collect::<Vec<_>>()
    };
    if !named("origin").is_empty() {
        return Err(Refusal::Page);
    }
    if request.method != Some("CONNECT") {
        return Err(Refusal::Method);
    }
    let target = request.path.and_then(authority).ok_or(Refusal::Authority)?;
    let is_same = |host: &[u8]| {
        let Ok(host) = std::str::from_utf8(host) else { return false };
        // It may leave the port out.
        let host = host.trim();
        authority(host).or_else(|| authority(&format!("{host}:{}", target.port))).as_ref() == Some(&target)
    };
    match named("host").as_slice() {
        [] => {}
        [host] if is_same(host) => {}
        _ => return Err(Refusal::Authority),
    }
    Ok(Some((target, length)))
}

/// `host:port`, `[address]:port`.
pub(crate) fn authority(text: &str) -> Option<Target> {
    let (host, port) = text.rsplit_once(':')?;
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|port| is_number && *port > 0)?;
    Some(Target { host: sane(host)?, port })
}

/// A name or an address, in lower case.
pub(crate) fn sane(host: &str) -> Option<String> {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().ok().map(|address| address.to_string());
    }
    if host.parse::<Ipv4Addr>().is_ok() {
        return Some(host.to_owned());
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    // A dot at the end says that nothing is to be appended.
    let labels = host.strip_suffix('.').unwrap_or(host);
    let is_name = host.len() <= NAME_BYTES && labels.split('.').all(is_label);
    // What ends in a number is an address, or trickery: `127.1`, `0x7f000001`.
    let last = labels.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    (is_name && !is_number).then(|| labels.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Option<(String, usize)>, Refusal> {
        parse(text.as_bytes()).map(|read| read.map(|(target, length)| (target.to_string(), length)))
    }

    #[test]
    fn a_tunnel_is_understood_and_what_follows_is_left() {
        let head = "CONNECT api.Anthropic.com:443 HTTP/1.1\r\nHost: api.anthropic.com:443\r\n\r\n";
        assert_eq!(read(head), Ok(Some(("api.anthropic.com:443".into(), head.len()))));
        assert_eq!(
            read(&format!("{head}\u{16}\u{3}")),
            Ok(Some(("api.anthropic.com:443".into(), head.len())))
        );
        for cut in 0..head.len() {
            assert_eq!(read(&head[..cut]), Ok(None), "{cut}");
        }
        for good in [
            "CONNECT h:1 HTTP/1.1\r\n\r\n",
            "CONNECT h:1 HTTP/1.0\r\nhost: h\r\nproxy-connection: keep-alive\r\n\r\n",
            "CONNECT [::1]:65535 HTTP/1.1\r\nHost: [::1]:65535\r\n\r\n",
            "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]\r\n\r\n",
            "CONNECT 10.0.0.1:443 HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n",
            "CONNECT a_b.c-d.:443 HTTP/1.1\r\n\r\n",
        ] {
            assert!(matches!(read(good), Ok(Some(_))), "{good}");
        }
    }

    #[test]
    fn a_tunnel_is_told_by_its_method() {
        assert_eq!(is_tunnel(b""), None);
        assert_eq!(is_tunnel(b"CONNECT"), None);
        assert_eq!(is_tunnel(b"CONNECT h:1"), Some(true));
        assert_eq!(is_tunnel(b"CONNECTED"), Some(false));
        assert_eq!(is_tunnel(b"P"), Some(false));
        assert_eq!(is_tunnel(b"\r\n"), None);
        assert_eq!(is_tunnel(b"\r\n\nCONNECT h:1"), Some(true));
    }

    #[test]
    fn what_is_not_sane_is_refused() {
        for (head, why) in [
            ("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\nOrigin: https://evil.example\r\n\r\n", Refusal::Page),
            ("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\norigin: null\r\n\r\n", Refusal::Page),
            ("GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", Refusal::Method),
            ("connect h:443 HTTP/1.1\r\n\r\n", Refusal::Method),
            ("CONNECT h:443 HTTP/1.1\r\nHost: other:443\r\n\r\n", Refusal::Authority),
            ("CONNECT h:443 HTTP/1.1\r\nHost: h:444\r\n\r\n", Refusal::Authority),
            ("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\nHost: h:443\r\n\r\n", Refusal::Authority),
            ("CONNECT h HTTP/1.1\r\n\r\n", Refusal::Authority),
            ("CONNECT h:0 HTTP/1.1\r\n\r\n", Refusal::Authority),
            ("CONNECT h:+80 HTTP/1.1\r\n\r\n", Refusal::Authority),
            ("CONNECT h:65536 HTTP/1.1\r\n\r\n", Refusal::Authority),
            ("CONNECT u:p@h:443 HTTP/1.1\r\n\r\n", Refusal::Authority),
            ("CONNECT a..b:443 HTTP/1.1\r\n\r\n", Refusal::Authority),
            ("CONNECT 127.1:443 HTTP/1.1\r\n\r\n", Refusal::Authority),
            ("CONNECT 0x7f000001:443 HTTP/1.1\r\n\r\n", Refusal::Authority),
            ("CONNECT [::1:443 HTTP/1.1\r\n\r\n", Refusal::Authority),
            ("CONNECT :443 HTTP/1.1\r\n\r\n", Refusal::Authority),
            ("CONNECT h:443 HTTP/2.0\r\n\r\n", Refusal::Malformed),
            ("\u{16}\u{3}\u{1}", Refusal::Malformed),
        ] {
            assert_eq!(read(head), Err(why), "{head}");
        }
        let long = format!("CONNECT h:443 HTTP/1.1\r\nX: {}", "a".repeat(HEAD_BYTES));
        assert_eq!(read(&long), Err(Refusal::Malformed), "without an end");
        assert_eq!(read(&format!("{long}\r\n\r\n")), Err(Refusal::Malformed), "with one");
        let many = format!("CONNECT h:443 HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(FIELDS + 1));
        assert_eq!(read(&many), Err(Refusal::Malformed));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn hostile_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = parse(&bytes);
            let mut head = b"CONNECT ".to_vec();
            head.extend(&bytes);
            let _ = parse(&head);
        }

        /// Nearly sane heads: whatever is let through is a sane name and port, says the same as its `Host`, and has no `Origin`.
        #[test]
        fn only_the_sane_gets_through(
            host in "[a-zA-Z0-9.\\-_:@\\[\\]/ ]{0,40}",
            port in "[0-9+ ]{0,6}",
            field in "(Host|host|Origin|ORIGIN|X)",
            value in "[ -~]{0,40}",
            tail in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let mut bytes = format!("CONNECT {host}:{port} HTTP/1.1\r\n{field}: {value}\r\n\r\n").into_bytes();
            let length = bytes.len();
            bytes.extend(tail);
            if let Ok(Some((target, read))) = parse(&bytes) {
                prop_assert_eq!(read, length);
                prop_assert!(!field.eq_ignore_ascii_case("origin"));
                prop_assert!(target.port > 0);
                let told = target.to_string();
                prop_assert_eq!(authority(&told), Some(target));
            }
        }

        /// However the bytes come in, the verdict is the same.
        #[test]
        fn more_bytes_never_change_a_verdict(bytes in "(CONNECT|GET) [a-z.:0-9]{0,20} HTTP/1.1\r\n(Host: [a-z:0-9]{0,9}\r\n){0,2}\r\n[ -~]{0,9}") {
            let whole = parse(bytes.as_bytes());
            for cut in 0..bytes.len() {
                match parse(&bytes.as_bytes()[..cut]) {
                    Ok(None) => {}
                    early => prop_assert_eq!(early, whole.clone()),
                }
            }
        }
    }
}
