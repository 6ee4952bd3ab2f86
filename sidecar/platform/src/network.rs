//! The ways out of this machine: its default routes, and word of their changes.

use crate::contract::System;
use crate::{Error, Platform};
use std::net::IpAddr;

/// Where packets to the rest of the world leave this machine: a route to all addresses, or to half of them, as VPNs set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct WayOut {
    /// `eth0`, `tun0`, …
    pub interface: String,
    /// Unspecified (all zeroes) where the interface leads to one other machine only.
    pub gateway: IpAddr,
}

/// Becomes readable when a route of this machine was added, changed or removed; see [`take`](Self::take).
#[derive(Debug)]
pub struct RouteChanges {
    #[cfg(unix)]
    pub(crate) fd: std::os::fd::OwnedFd,
    #[cfg(not(unix))]
    _none: std::convert::Infallible,
}

#[cfg(unix)]
impl std::os::fd::AsFd for RouteChanges {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for RouteChanges {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.fd.as_raw_fd()
    }
}

impl Platform {
    /// The ways out now, at most 64, in order. `None` where nobody can tell (macOS, Windows). 30 µs on Linux.
    pub fn ways_out(&self) -> Option<Vec<WayOut>> {
        self.system.ways_out()
    }

    /// Tells when routes change, without looking again and again.
    ///
    /// # Errors
    /// [`Error::Unsupported`] except on Linux; [`Error::Io`] where a sandbox forbids it.
    pub fn route_changes(&self) -> Result<RouteChanges, Error> {
        self.system.route_changes()
    }
}
