//! Names become addresses, by the system's own resolver: what it does is what Claude Code gets.

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    contract::{Lookup, Role, milliseconds},
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
