//! Names become addresses, by the system's own resolver where that can be asked: what it does is what Claude Code gets.

#![deny(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::{io, net::SocketAddr};

mod dns;

pub use dns::{ask, servers};

/// The addresses of a host, in the order of the system's preference, and this port. It has no deadline of its own.
///
/// # Errors
/// When there is no such name, or nobody who could tell; in the C library's words.
#[cfg(all(target_os = "linux", target_feature = "crt-static"))]
pub async fn look_up(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = dns::Config::of_this_machine().look_up(host).await?;
    Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect())
}

/// The addresses of a host, in the order of the system's preference, and this port. It has no deadline of its own: each question has a thread
/// of its own, so that one that hangs keeps nobody from leaving.
///
/// # Errors
/// When there is no such name, or nobody who could tell; in the C library's words.
#[cfg(not(all(target_os = "linux", target_feature = "crt-static")))]
pub async fn look_up(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    use std::net::ToSocketAddrs as _;
    let (tell, told) = tokio::sync::oneshot::channel();
    let host = host.to_owned();
    std::thread::Builder::new().spawn(move || {
        let _ = tell.send((host.as_str(), port).to_socket_addrs().map(Vec::from_iter));
    })?;
    told.await.unwrap_or_else(|_| Err(io::Error::other("nobody answered")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_is_its_own() {
        for (host, found) in [("127.0.0.1", "127.0.0.1:80"), ("::1", "[::1]:80")] {
            assert_eq!(look_up(host, 80).await.unwrap(), [found.parse().unwrap()]);
        }
        assert!(look_up("localhost", 80).await.unwrap().iter().all(|found| found.ip().is_loopback()));
    }
}
