//! Default routes by `/proc/net`, and word of changes through a netlink socket.
//!
//! Formats: `/proc/net/route` (`fib_route_seq_show` in net/ipv4/fib_trie.c), `/proc/net/ipv6_route` (`rt6_info_route` in net/ipv6/route.c);
//! `rtnetlink(7)`.

use super::parse::{hexadecimal, words};
use super::{Machine, procfs};
use crate::printable::clean;
use crate::{Error, RouteChanges, WayOut};
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How much of one table is read: 8 000 routes.
const TABLE_BYTES: usize = 1 << 20;
const WAYS_AT_MOST: usize = 64;

/// `RTF_UP` and `RTF_REJECT` of <linux/route.h>.
const UP: u64 = 1;
const REJECT: u64 = 0x200;

/// `RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE` of <linux/rtnetlink.h>.
const GROUPS: u32 = 0x40 | 0x400;

/// Word that has not been taken. What does not fit is lost, and that itself is word.
const MESSAGES_AT_MOST: usize = 4096;

impl Machine {
    pub(super) fn find_ways_out(&self) -> Option<Vec<WayOut>> {
        let mut ways = Vec::new();
        let mut read = |name: &str, parse: fn(&[u8]) -> Option<WayOut>| {
            let mut each = |line: &[u8]| ways.extend(parse(line).filter(|way| way.interface != "lo"));
            procfs::read_lines(&self.root.join(name), TABLE_BYTES, &mut each)
        };
        read("net/route", ipv4).ok()?;
        // A kernel may be without.
        let _ = read("net/ipv6_route", ipv6);
        ways.sort_unstable();
        ways.dedup();
        ways.truncate(WAYS_AT_MOST);
        Some(ways)
    }
}

/// `eth0 00000000 0100000A 0003 0 0 0 00000000 …`: addresses in words of the machine's byte order.
pub(super) fn ipv4(line: &[u8]) -> Option<WayOut> {
    let mut fields = words(line);
    let interface = fields.next()?;
    let address = |digits: &[u8]| {
        let word = (digits.len() == 8).then(|| hexadecimal(digits))??;
        Some(Ipv4Addr::from(u32::try_from(word).ok()?.to_ne_bytes()))
    };
    let (to, gateway, flags) =
        (address(fields.next()?)?, address(fields.next()?)?, hexadecimal(fields.next()?)?);
    let mask = address(fields.nth(3)?)?;
    let is_half = [Ipv4Addr::UNSPECIFIED, Ipv4Addr::new(128, 0, 0, 0)];
    let is_way = is_half.contains(&to) && is_half.contains(&mask) && flags & UP != 0 && flags & REJECT == 0;
    is_way.then(|| WayOut { interface: clean(interface), gateway: IpAddr::V4(gateway) })
}

/// `<to> <prefix> <from> <prefix> <gateway> <metric> <references> <uses> <flags> eth0`, all in hexadecimal.
pub(super) fn ipv6(line: &[u8]) -> Option<WayOut> {
    let mut fields = words(line);
    let prefix = (fields.next()?, hexadecimal(fields.next()?)?).1;
    let gateway = fields.nth(2)?;
    let flags = hexadecimal(fields.nth(3)?)?;
    let interface = fields.next()?;
    let mut bytes = [0; 16];
    let is_whole = gateway.len() == 32;
    for (byte, digits) in bytes.iter_mut().zip(gateway.chunks_exact(2)) {
        *byte = u8::try_from(hexadecimal(digits)?).ok()?;
    }
    let is_way = is_whole && prefix <= 1 && flags & UP != 0 && flags & REJECT == 0;
    is_way.then(|| WayOut { interface: clean(interface), gateway: IpAddr::V6(Ipv6Addr::from(bytes)) })
}

pub(super) fn changes() -> Result<RouteChanges, Error> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let opened = || {
        // Routes are what netlink is about when nothing is said: `NETLINK_ROUTE` is 0.
        let fd = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
        rustix::net::bind(&fd, &SocketAddrNetlink::new(0, GROUPS)).map(|()| fd)
    };
    let refused = |errno: Errno| Error::Io { doing: "listen to changes of routes", source: errno.into() };
    Ok(RouteChanges { fd: opened().map_err(refused)? })
}

impl RouteChanges {
    /// Takes all word that has come; whether there was any. Never waits.
    pub fn take(&self) -> bool {
        let mut message = [0; 512];
        for taken in 0..MESSAGES_AT_MOST {
            match rustix::net::recv(&self.fd, &mut message[..], RecvFlags::TRUNC) {
                // Some was lost.
                Ok(_) | Err(Errno::INTR | Errno::NOBUFS) => {}
                Err(_) => return taken > 0,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Platform;
    use crate::scratch::Scratch;
    use proptest::prelude::*;

    fn way(interface: &str, gateway: &str) -> WayOut {
        WayOut { interface: interface.into(), gateway: gateway.parse().unwrap() }
    }

    /// Addresses are written as a little-endian machine does.
    #[cfg(target_endian = "little")]
    #[test]
    fn default_routes_are_found_and_others_are_not() {
        let root = Scratch::new();
        assert_eq!(Platform::with_proc_root(root.path()).ways_out(), None);
        root.file(
            "net/route",
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
             wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
             wlan0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0\n\
             eth9\t00000000\t0101A8C0\t0002\t0\t0\t600\t00000000\t0\t0\t0\n\
             tun0\t00000080\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n\
             docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n",
        );
        let of_ipv4 = [way("tun0", "0.0.0.0"), way("wlan0", "192.168.1.1")];
        assert_eq!(Platform::with_proc_root(root.path()).ways_out().unwrap(), of_ipv4);
        let zeroes = "0".repeat(32);
        let gateway = format!("fe80{}1", "0".repeat(27));
        root.file(
            "net/ipv6_route",
            format!(
                "{zeroes} 00 {zeroes} 00 {gateway} 00000400 00000001 00000000 00000003    wlan0\n\
                 {zeroes} 00 {zeroes} 00 {zeroes} ffffffff 00000001 00000000 00200200       lo\n\
                 {gateway} 80 {zeroes} 00 {zeroes} 00000000 00000002 00000000 80200001    wlan0\n"
            ),
        );
        let mut all = of_ipv4.to_vec();
        all.push(way("wlan0", "fe80::1"));
        assert_eq!(Platform::with_proc_root(root.path()).ways_out().unwrap(), all);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_make_a_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), line in "[0-9A-Fa-f \t]{0,200}") {
            for line in [&bytes[..], line.as_bytes()] {
                let _ = (ipv4(line), ipv6(line));
            }
        }
    }
}
