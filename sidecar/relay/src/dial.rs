//! One attempt to connect: the name resolved, its addresses raced (RFC 8305, “Happy Eyeballs”), the proxy asked.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpStream, task::JoinSet, time::sleep};

use crate::{
    head::Target,
    outage::Fault,
    proxy::{self, Proxy},
    socket::{self, Wire},
};

/// RFC 8305, section 5, “Connection Attempt Delay”.
const NEXT_AFTER: Duration = Duration::from_millis(250);

/// Addresses of one name that are tried.
const ADDRESSES: usize = 16;

/// The network, or what a test puts in its place.
pub(crate) trait Net: Send + Sync + 'static {
    type Stream: Wire;

    /// The addresses of a name, in the order of the system's preference.
    fn resolve(&self, host: &str, port: u16) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send;
    fn connect(&self, address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// The machine's own.
pub(crate) struct Machine;

impl Net for Machine {
    type Stream = TcpStream;

    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        lifeline_resolver::look_up(host, port).await
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(address).await?;
        socket::prepare(&stream)?;
        socket::keep_alive(&stream);
        Ok(stream)
    }
}

/// A way that stands.
#[derive(Debug)]
pub(crate) struct Way<S> {
    pub(crate) stream: S,
    /// What came behind a proxy's answer: the server's first bytes.
    pub(crate) early: Vec<u8>,
}

/// Tries once.
pub(crate) async fn attempt<N: Net>(
    net: &Arc<N>,
    target: &Target,
    through: Option<&Proxy>,
) -> Result<Way<N::Stream>, Fault> {
    let (host, port) =
        through.map_or((target.host.as_str(), target.port), |proxy| (proxy.host(), proxy.port()));
    let addresses = net.resolve(host, port).await.map_err(|error| {
        tracing::debug!(%error, host, "not resolved");
        Fault::Dns
    })?;
    let mut stream = race(net, addresses).await?;
    let early = match through {
        Some(proxy) => proxy::ask(&mut stream, proxy, target).await?,
        None => Vec::new(),
    };
    Ok(Way { stream, early })
}

/// The first of these that answers.
async fn race<N: Net>(net: &Arc<N>, addresses: Vec<SocketAddr>) -> Result<N::Stream, Fault> {
    let mut waiting = interleaved(addresses).into_iter();
    let mut running = JoinSet::new();
    let mut next = waiting.next();
    let mut fault = None;
    loop {
        if let Some(address) = next.take() {
            let net = net.clone();
            running.spawn(async move { net.connect(address).await });
        }
        if running.is_empty() {
            // Without any address there was no name.
            return Err(fault.unwrap_or(Fault::Dns));
        }
        tokio::select! {
            Some(done) = running.join_next() => {
                match done {
                    Ok(Ok(stream)) => return Ok(stream),
                    Ok(Err(error)) => {
                        let new = Fault::of(&error);
                        // That there is no IPv6 here says nothing of the server.
                        fault = fault.filter(|_| new == Fault::Unreachable).or(Some(new));
                    }
                    Err(_) => fault = fault.or(Some(Fault::Failed)),
                }
                next = waiting.next();
            }
            () = sleep(NEXT_AFTER), if !waiting.as_slice().is_empty() => next = waiting.next(),
        }
    }
}

/// The families by turns, the preferred one first (RFC 8305, section 4).
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let is_first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == is_first);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut mixed = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] || mixed.len() >= ADDRESSES {
            return mixed;
        }
        mixed.extend(pair.into_iter().flatten());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let all = ["[2::1]:1", "[2::2]:1", "[2::3]:1", "1.1.1.1:1"].map(|text| text.parse().unwrap());
        let mixed: Vec<String> = interleaved(all.to_vec()).iter().map(ToString::to_string).collect();
        assert_eq!(mixed, ["[2::1]:1", "1.1.1.1:1", "[2::2]:1", "[2::3]:1"]);
        assert!(interleaved(Vec::new()).is_empty());
        let many = (1..100).map(|port| SocketAddr::from(([1, 1, 1, 1], port))).collect();
        assert_eq!(interleaved(many).len(), ADDRESSES);
    }
}
