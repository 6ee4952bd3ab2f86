//! Waits for the port that Node opens on SIGUSR1.

use crate::{Error, target};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

/// Between two looks at the list of listening addresses.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// An address that is quiet for so long is asked again.
const ANSWER_WITHIN: Duration = Duration::from_millis(250);
/// Addresses asked in all. A host listens on a handful.
const ADDRESSES: usize = 64;

/// The loopback port of the Node inspector that opened since `before` was looked up.
///
/// `look` lists the addresses on which the process listens; it is called every 20 ms, for a listening socket of another
/// process announces itself to nobody. Those that were there `before` are asked too, and none is asked anything but
/// `GET /json/version`.
///
/// Cancel-safe.
///
/// # Errors
/// [`Error::AlreadyOpen`] when one of `before` is an inspector: a second SIGUSR1 changes nothing, and that inspector is
/// not ours to use. [`Error::NotOpened`] when the deadline has come.
pub async fn wait_for_inspector(
    before: &[SocketAddr],
    mut look: impl FnMut() -> Vec<SocketAddr>,
    deadline: Instant,
) -> Result<u16, Error> {
    let mut asking = Asking::default();
    let mut ticks = interval(BETWEEN_LOOKS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            Some(inspector) = asking.answer() => {
                let port = inspector.port();
                return if before.contains(&inspector) { Err(Error::AlreadyOpen { port }) } else { Ok(port) };
            }
            () = sleep_until(deadline) => return Err(Error::NotOpened),
            _ = ticks.tick() => {
                for &address in before {
                    asking.ask(address);
                }
                // We attach on 127.0.0.1, where the inspector opens unless it was told otherwise.
                for address in look().into_iter().filter(|address| loopback(*address).is_some_and(|here| here.is_ipv4())) {
                    asking.ask(address);
                }
            }
        }
    }
}

/// Questions under way, and what became of them. Those under way end when it is dropped.
#[derive(Default)]
struct Asking {
    tasks: JoinSet<(SocketAddr, Option<bool>)>,
    /// Asked, or known to be something else.
    addresses: Vec<SocketAddr>,
}

impl Asking {
    fn ask(&mut self, address: SocketAddr) {
        let Some(here) = loopback(address) else { return };
        if self.addresses.contains(&address) || self.addresses.len() >= ADDRESSES {
            return;
        }
        self.addresses.push(address);
        self.tasks
            .spawn(async move { (address, timeout(ANSWER_WITHIN, target::is_inspector(here)).await.ok()) });
    }

    /// The next one that is an inspector; `None` when nothing is being asked.
    async fn answer(&mut self) -> Option<SocketAddr> {
        while let Some(answer) = self.tasks.join_next().await {
            match answer {
                Ok((address, Some(true))) => return Some(address),
                Ok((address, None)) => self.addresses.retain(|&other| other != address),
                Ok((_, Some(false))) | Err(_) => {}
            }
        }
        None
    }
}

/// Where a listener is reached without leaving this machine.
fn loopback(address: SocketAddr) -> Option<SocketAddr> {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip if ip.is_loopback() => ip,
        _ => return None,
    };
    Some(SocketAddr::new(ip, address.port()))
}
