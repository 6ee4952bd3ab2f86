//! Where the probe goes: a base URL, a proxy, and which hosts go past it. What stands there was typed by somebody.

use std::fmt;

use data_encoding::BASE64;

/// The API when nothing else is set (`code.claude.com/docs/en/network-config`).
pub const API: &str = "https://api.anthropic.com";

/// Hosts that tell nothing of their user.
const OFFICIAL: [&str; 4] =
    ["api.anthropic.com", "status.anthropic.com", "status.claude.com", "console.anthropic.com"];

/// Longest name of a host (RFC 1035) and longest path that is taken.
const HOST_BYTES: usize = 253;
const PATH_BYTES: usize = 1024;

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `https`, not `http`.
    pub is_tls: bool,
    /// A name or an address, without brackets, in small letters.
    pub host: String,
    /// 443 or 80 where none is named.
    pub port: u16,
    /// What stands behind the host, without a slash at its end.
    pub(crate) path: String,
}

impl Target {
    /// Of a URL. Who logs in there, a query and a fragment are left out: no credential is ever sent.
    ///
    /// # Errors
    /// What is wrong with it, without telling what it is: half a sentence.
    pub fn of(url: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = url.trim().split_once("://").ok_or("it has no http:// or https://")?;
        let is_tls = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("it has no http:// or https://"),
        };
        let rest = rest.split(['?', '#']).next().unwrap_or("");
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let authority = authority.rsplit('@').next().unwrap_or("");
        let (host, port) = host_and_port(authority)?;
        let path = path.trim_end_matches('/');
        if path.len() > PATH_BYTES || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("its path cannot be used");
        }
        let port = port.unwrap_or(if is_tls { 443 } else { 80 });
        Ok(Self { is_tls, host, port, path: path.to_owned() })
    }

    /// Whether its name tells nothing of its user.
    pub fn is_official(&self) -> bool {
        OFFICIAL.contains(&self.host.as_str())
    }

    /// For the header `Host`, and a `CONNECT`.
    pub(crate) fn authority(&self) -> String {
        let is_usual = self.port == if self.is_tls { 443 } else { 80 };
        if is_usual { self.bracketed() } else { self.with_port() }
    }

    pub(crate) fn with_port(&self) -> String {
        format!("{}:{}", self.bracketed(), self.port)
    }

    fn bracketed(&self) -> String {
        if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() }
    }

    /// How it is told: its host only where that is official or this machine's, or `plain` is asked for. Its path never.
    pub fn told(&self, plain: bool) -> String {
        let is_here = is_loopback(&self.host);
        let host = if plain || is_here || self.is_official() { self.bracketed() } else { "…".into() };
        format!("{}://{host}:{}", if self.is_tls { "https" } else { "http" }, self.port)
    }
}

/// This machine itself.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn host_and_port(authority: &str) -> Result<(String, Option<u16>), &'static str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or("its address has no end")?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| "its address is none")?;
            (host, after.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let is_usable = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    if host.is_empty() || host.len() > HOST_BYTES || !host.bytes().all(is_usable) {
        return Err("its host cannot be used");
    }
    let port = match port {
        None | Some("") => None,
        Some(port) => Some(port.parse().ok().filter(|port| *port > 0).ok_or("its port is none")?),
    };
    Ok((host.to_ascii_lowercase(), port))
}

/// A proxy that lets connections through (`CONNECT`).
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Where it listens; spoken to by TLS when its address says `https`.
    pub target: Target,
    /// `user:password`, encoded for its header. Goes to the proxy alone.
    login: Option<String>,
    /// A program before us has taken the login away.
    pub(crate) login_was_hidden: bool,
}

/// A login is told to nobody.
impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let login = if self.login.is_some() { "with a login" } else { "without a login" };
        write!(formatter, "Proxy({:?}, {login})", self.target)
    }
}

/// Why there is no way through a proxy that is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoProxy {
    /// A SOCKS proxy, which Claude Code cannot use either (`code.claude.com/docs/en/network-config`).
    Socks,
    /// Its address is none.
    Malformed,
}

impl Proxy {
    /// Of the value of a variable: a URL, or `host:port`.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn of(value: &str) -> Result<Self, NoProxy> {
        let value = value.trim();
        let url = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
        let (scheme, rest) = url.split_once("://").ok_or(NoProxy::Malformed)?;
        if scheme.to_ascii_lowercase().starts_with("socks") {
            return Err(NoProxy::Socks);
        }
        // A password may hold a slash as it is, which a URL may not: what stands before the last @ is the login.
        let (login, host) = rest.rsplit_once('@').map_or((None, rest), |(login, host)| (Some(login), host));
        let mut target = Target::of(&format!("{scheme}://{host}")).map_err(|_| NoProxy::Malformed)?;
        target.path.clear();
        let login_was_hidden = login == Some("***");
        let login = login.filter(|_| !login_was_hidden).map(|login| {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            let plain = [decoded(user), b":".to_vec(), decoded(password)].concat();
            BASE64.encode(&plain)
        });
        Ok(Self { target, login, login_was_hidden })
    }

    /// The header with which it is asked to let somebody through; empty without a login.
    pub(crate) fn authorization(&self) -> String {
        let header = |login: &String| format!("Proxy-Authorization: Basic {login}\r\n");
        self.login.as_ref().map(header).unwrap_or_default()
    }

    /// A login is sent.
    pub(crate) fn has_login(&self) -> bool {
        self.login.is_some()
    }
}

/// `%40` becomes `@`; what is no such escape stays.
fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escape = bytes.get(at + 1..at + 3).filter(|_| byte == b'%');
        let code = escape.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        out.push(code.unwrap_or(byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    out
}

/// Whether a list of exceptions names this server: `*`, a host, a host with its port, or `.domain` and `*.domain` with all below it
/// (`code.claude.com/docs/en/network-config`).
pub fn is_excepted(list: &str, target: &Target) -> bool {
    let entries =
        list.split(|char: char| char == ',' || char.is_whitespace()).filter(|entry| !entry.is_empty());
    entries.map(str::to_ascii_lowercase).any(|entry| {
        if entry == "*" || entry == target.host || entry == target.with_port() {
            return true;
        }
        let domain = entry.strip_prefix('*').unwrap_or(&entry);
        let Some(bare) = domain.strip_prefix('.') else { return false };
        target.host == bare || target.host.ends_with(domain)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_url_is_a_server() {
        for (url, told, path) in [
            ("https://api.anthropic.com", "https://api.anthropic.com:443", ""),
            ("http://localhost:8080/", "http://localhost:8080", ""),
            (
                "https://user:key@gate.acme.example/claude/?key=1#x",
                "https://gate.acme.example:443",
                "/claude",
            ),
            ("HTTPS://[2001:DB8::1]:8443/a/b", "https://[2001:db8::1]:8443", "/a/b"),
        ] {
            let target = Target::of(url).expect(url);
            assert_eq!((target.told(true).as_str(), target.path.as_str()), (told, path), "{url}");
        }
        for url in [
            "",
            "api.anthropic.com",
            "ftp://h",
            "http://",
            "http://h:0",
            "http://h:99999",
            "http://[::1",
            "http://a b/",
            "http://h/a b",
        ] {
            assert!(Target::of(url).is_err(), "{url}");
        }
        let own = Target::of("https://gate.acme.example/secret").expect("a URL");
        assert_eq!(own.told(false), "https://…:443");
    }

    #[test]
    fn a_login_is_for_the_proxy_alone() {
        let proxy = Proxy::of("http://ann:p%40ss/w@proxy.example:3128").expect("a proxy");
        assert_eq!(
            proxy.authorization(),
            format!("Proxy-Authorization: Basic {}\r\n", BASE64.encode(b"ann:p@ss/w"))
        );
        assert_eq!(proxy.target, Target::of("http://proxy.example:3128").expect("a URL"));
        assert!(!format!("{proxy:?}").contains(&BASE64.encode(b"ann")[..4]));
        assert!(!Proxy::of("proxy.example:3128").expect("a proxy").has_login());
        assert!(Proxy::of("http://***@proxy.example:1").expect("a proxy").login_was_hidden);
        assert_eq!(Proxy::of("socks5://h:1"), Err(NoProxy::Socks));
        assert_eq!(Proxy::of("http://"), Err(NoProxy::Malformed));
    }

    #[test]
    fn an_exception_is_a_host_or_all_below_a_domain() {
        let target = Target::of(API).expect("a URL");
        for (list, is_in) in [
            ("", false),
            ("*", true),
            ("localhost, API.anthropic.com", true),
            ("localhost .anthropic.com", true),
            ("*.anthropic.com", true),
            ("api.anthropic.com:443", true),
            ("api.anthropic.com:8443", false),
            ("anthropic.com", false),
            (".thropic.com", false),
        ] {
            assert_eq!(is_excepted(list, &target), is_in, "{list}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_server_or_none(text in "(https?://)?[ -~é]{0,40}") {
            if let Ok(target) = Target::of(&text) {
                // Nothing in it can end a line of a request.
                prop_assert!(target.authority().bytes().chain(target.path.bytes()).all(|byte| byte.is_ascii_graphic()));
                prop_assert_eq!(&Target::of(&format!("{}{}", target.told(true), target.path)), &Ok(target));
            }
            if let Ok(proxy) = Proxy::of(&text) {
                prop_assert_eq!(proxy.authorization().matches('\n').count(), usize::from(proxy.has_login()));
            }
        }
    }
}
