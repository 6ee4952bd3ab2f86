//! Names become addresses, by the system's own resolver: what it does is what Claude Code gets.

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    contract::{Lookup, Resolved, Role, milliseconds},
    fault::Fault,
    target::Target,
};

/// Addresses of one family that are kept.
const ADDRESSES_AT_MOST: usize = 16;

type Pending = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Looks up a host and its port. Tests have their own: the standard library's cannot be made slow.
#[derive(Clone)]
pub struct Resolver(Arc<dyn Fn(String, u16) -> Pending + Send + Sync>);

impl fmt::Debug for Resolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Resolver")
    }
}

impl Resolver {
    /// One that asks `look_up`.
    pub fn new<F>(look_up: impl Fn(String, u16) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static,
    {
        Self(Arc::new(move |host, port| Box::pin(look_up(host, port))))
    }

    /// The system's.
    pub fn system() -> Self {
        Self::new(|host, port| async move { lifeline_resolver::look_up(&host, port).await })
    }

    /// The addresses of a server, and how that went; of an address there is nothing to look up.
    pub(crate) async fn addresses(
        &self,
        role: Role,
        target: &Target,
        within: Duration,
    ) -> (Vec<SocketAddr>, Option<Lookup>) {
        if let Ok(address) = target.host.parse::<IpAddr>() {
            return (vec![SocketAddr::new(address, target.port)], None);
        }
        let began = Instant::now();
        let answer = tokio::time::timeout(within, (self.0)(target.host.clone(), target.port)).await;
        let ms = milliseconds(began.elapsed());
        let (found, fault) = match answer {
            Err(_) => (Vec::new(), Some(Fault::TimedOut)),
            Ok(Err(error)) => (Vec::new(), Some(Fault::of_lookup(&error))),
            Ok(Ok(found)) if found.is_empty() => (found, Some(Fault::NoSuchName)),
            Ok(Ok(found)) => (found, None),
        };
        let of =
            |is_v6: bool| found.iter().filter(|one| one.is_ipv6() == is_v6).take(ADDRESSES_AT_MOST).count();
        let lookup = Lookup { of: role, ms, ipv4: of(false), ipv6: of(true), fault };
        (found, Some(lookup))
    }
}

/// This machine's, to be compared; none where they are not told in a file.
pub fn resolvers() -> Vec<SocketAddr> {
    lifeline_resolver::servers()
}

/// A public resolver (Cloudflare's), to compare this machine's own with.
pub const PUBLIC_RESOLVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(1, 1, 1, 1)), 53);

/// What one resolver says of a name.
pub(crate) async fn ask(server: SocketAddr, is_public: bool, host: &str, within: Duration) -> Resolved {
    let began = Instant::now();
    let answer = tokio::time::timeout(within, lifeline_resolver::ask(server, host)).await;
    let ms = milliseconds(began.elapsed());
    let (found, fault) = match answer {
        Err(_) => (Vec::new(), Some(Fault::TimedOut)),
        Ok(Err(error)) => (Vec::new(), Some(Fault::of_lookup(&error))),
        Ok(Ok(found)) if found.is_empty() => (found, Some(Fault::NoSuchName)),
        Ok(Ok(found)) => (found, None),
    };
    let usable = found.iter().filter(|address| may_be_anothers(**address)).count();
    Resolved { is_public, ms, usable, unusable: found.len() - usable, fault }
}

/// No address of this machine, of a private network or of nobody (RFC 6890).
fn may_be_anothers(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            !(v4.is_unspecified()
                || v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.octets()[0] == 0)
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => may_be_anothers(v4.into()),
            None => {
                !(v6.is_unspecified()
                    || v6.is_loopback()
                    || v6.is_unique_local()
                    || v6.is_unicast_link_local())
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_filters_answer_is_told_from_an_address() {
        for filtered in [
            "0.0.0.0",
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "169.254.1.1",
            "::",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:0.0.0.0",
        ] {
            assert!(!may_be_anothers(filtered.parse().unwrap()), "{filtered}");
        }
        for real in ["160.79.104.10", "2607:6bc0::10", "100.64.0.1"] {
            assert!(may_be_anothers(real.parse().unwrap()), "{real}");
        }
    }
}
