//! Where a gateway leads: one server, and what stands before the path of each request.

use std::{
    fmt,
    net::IpAddr,
    sync::{Arc, LazyLock},
};

use tokio_rustls::rustls::ClientConfig;

use crate::{
    OFFICIAL_HOST,
    head::{Target, authority, sane},
};

/// Longest path that is taken, in bytes.
const PATH_BYTES: usize = 1024;

/// A base URL, as `ANTHROPIC_BASE_URL` names one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    pub(crate) is_tls: bool,
    pub(crate) at: Target,
    /// Without a slash at its end.
    pub(crate) path: String,
}

impl Default for Upstream {
    fn default() -> Self {
        Self { is_tls: true, at: Target { host: OFFICIAL_HOST.to_owned(), port: 443 }, path: String::new() }
    }
}

impl Upstream {
    /// Reads `https://host:port/path`; without TLS only on this machine.
    ///
    /// # Errors
    /// What is wrong, to stand behind “The base URL”. The text is not repeated.
    pub fn parse(url: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = url.trim().split_once("://").ok_or("has no https:// at its beginning")?;
        let is_tls = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("has no https:// at its beginning"),
        };
        if rest.contains(['?', '#']) {
            return Err("has a query or a fragment");
        }
        let (place, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        if place.contains('@') {
            return Err("has a login in it");
        }
        let at = authority(place)
            .or_else(|| Some(Target { host: sane(place)?, port: if is_tls { 443 } else { 80 } }))
            .ok_or("has an address that cannot be read")?;
        if !is_tls && !is_loopback(&at.host) {
            return Err("is not encrypted (http://), which Lifeline's relay does on this machine alone");
        }
        let path = path.trim_end_matches('/');
        if path.len() > PATH_BYTES || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("has a path that cannot be used");
        }
        Ok(Self { is_tls, at, path: path.to_owned() })
    }

    /// Its name or address, in lower case.
    pub fn host(&self) -> &str {
        &self.at.host
    }

    /// Its port.
    pub const fn port(&self) -> u16 {
        self.at.port
    }

    /// For `Host`: the usual port is left out.
    pub(crate) fn authority(&self) -> String {
        let whole = self.at.to_string();
        let usual = if self.is_tls { ":443" } else { ":80" };
        whole.strip_suffix(usual).map(str::to_owned).unwrap_or(whole)
    }
}

/// The base URL, as it would be written.
impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whose word is taken for a server's certificate, and how TLS is spoken. Which protocol of HTTP is offered is the gateway's to say.
#[derive(Clone)]
pub struct Trust(Arc<Lazy>);

type Load = Box<dyn FnOnce() -> Result<ClientConfig, String> + Send>;
type Lazy = LazyLock<Result<ClientConfig, String>, Load>;

impl Trust {
    /// Loaded when it is needed first: the platform's certificates take some milliseconds, and some memory.
    pub fn new(load: impl FnOnce() -> Result<ClientConfig, String> + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(load))))
    }

    /// A copy, or why there is none.
    pub(crate) fn config(&self) -> Result<ClientConfig, String> {
        LazyLock::force(&self.0).clone()
    }
}

/// The same one, not an equal one.
impl PartialEq for Trust {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Trust {}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_base_url_is_read_as_people_write_it() {
        for (url, authority, port, path) in [
            ("https://api.anthropic.com", "api.anthropic.com", 443, ""),
            ("https://api.anthropic.com/", "api.anthropic.com", 443, ""),
            ("HTTPS://Gate.Example:8443/claude/", "gate.example:8443", 8443, "/claude"),
            ("http://127.0.0.1:4000", "127.0.0.1:4000", 4000, ""),
            ("http://localhost", "localhost", 80, ""),
            ("https://[::1]/a/b", "[::1]", 443, "/a/b"),
        ] {
            let upstream = Upstream::parse(url).expect(url);
            assert_eq!((upstream.authority().as_str(), upstream.port()), (authority, port), "{url}");
            assert_eq!(upstream.path, path, "{url}");
            assert_eq!(Upstream::parse(&upstream.to_string()), Ok(upstream), "{url}");
        }
        assert_eq!(Upstream::parse("https://api.anthropic.com"), Ok(Upstream::default()));
        for bad in [
            "",
            "api.anthropic.com",
            "ftp://h",
            "http://gate.example",
            "http://127.1",
            "https://u:p@h",
            "https://h?key=1",
            "https://h:0",
            "https://",
            "https://h/ä",
        ] {
            assert!(Upstream::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_of_it_can_end_a_line(text in "(https?://)?[ -~é]{0,40}") {
            if let Ok(upstream) = Upstream::parse(&text) {
                let told = upstream.authority() + &upstream.path;
                prop_assert!(told.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(upstream.is_tls || is_loopback(upstream.host()));
            }
        }
    }
}
