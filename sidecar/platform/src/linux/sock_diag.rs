//! The kernel's TCP table through a netlink socket. Twenty times faster than `/proc/net/tcp`, which visits every bucket
//! of the kernel's hash table, empty or not (measured with 262 144 buckets: 0.18 ms against 3.9 ms).
//!
//! Formats: `sock_diag(7)`, `netlink(7)`, <linux/inet_diag.h>. Numbers are in the machine's byte order unless said.

use crate::contract::{Socket, TcpRows};
use rustix::io::{Errno, Result};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::ops::ControlFlow;
use std::time::Duration;

/// How much of one family's table is read: 180 000 sockets.
const TABLE_BYTES: usize = 16 << 20;
/// The kernel makes no larger pieces (`netlink_recvmsg` in net/netlink/af_netlink.c).
const PIECE_BYTES: usize = 32 << 10;

/// `SOCK_DIAG_BY_FAMILY`, of the request and of each answer.
const BY_FAMILY: u16 = 20;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
/// `NLM_F_REQUEST`
const REQUEST: u16 = 1;
/// `NLM_F_REQUEST | NLM_F_DUMP`
const DUMP: u16 = 0x301;
const HEADER_BYTES: usize = 16;
/// `struct inet_diag_msg`
const MESSAGE_BYTES: usize = 72;
const ATTRIBUTE_BYTES: usize = 4;
/// An attribute, and the bit that asks for it.
const INET_DIAG_INFO: u16 = 2;
const WITH_INFO: u8 = 1 << (INET_DIAG_INFO - 1);
const IPPROTO_TCP: u8 = 6;
/// Of <net/tcp_states.h>, here and in `/proc/net/tcp`.
pub(crate) const ESTABLISHED: u8 = 1;
pub(crate) const LISTEN: u8 = 10;

/// Hands over each socket of both families.
///
/// # Errors
/// The kernel has no `sock_diag` for TCP (module `tcp_diag`), or a sandbox forbids it.
pub(crate) fn sockets(rows: TcpRows, each: &mut dyn FnMut(Socket)) -> Result<()> {
    let socket = diag()?;
    let mut piece = vec![0; PIECE_BYTES];
    for family in [AddressFamily::INET, AddressFamily::INET6] {
        rustix::net::send(&socket, &request(family, rows), SendFlags::empty())?;
        let mut left = TABLE_BYTES;
        loop {
            // Never waits: the kernel has the first piece ready when `send` returns, and makes the next one in `recv`.
            let got = match rustix::net::recv(&socket, &mut piece[..], RecvFlags::empty()) {
                Err(Errno::INTR) => continue,
                outcome => outcome?.1,
            };
            left = left.checked_sub(got.max(1)).ok_or(Errno::TOOBIG)?;
            if messages(&piece[..got.min(PIECE_BYTES)], each)?.is_break() {
                break;
            }
        }
    }
    Ok(())
}

/// Whose the socket with these two ends is. `None`: it is of another family, or listens.
///
/// # Errors
/// As [`sockets`], and when there is none.
pub(crate) fn owner(local: SocketAddr, remote: SocketAddr) -> Result<Option<u32>> {
    let (SocketAddr::V4(local), SocketAddr::V4(remote)) = (local, remote) else { return Ok(None) };
    let mut request = request(AddressFamily::INET, TcpRows::All);
    request[6..8].copy_from_slice(&REQUEST.to_ne_bytes());
    request[24..26].copy_from_slice(&local.port().to_be_bytes());
    request[26..28].copy_from_slice(&remote.port().to_be_bytes());
    request[28..32].copy_from_slice(&local.ip().octets());
    request[44..48].copy_from_slice(&remote.ip().octets());
    let socket = diag()?;
    rustix::net::send(&socket, &request, SendFlags::empty())?;
    // One socket with its attributes, or an error with the request.
    let mut answer = [0; 2048];
    let got = rustix::net::recv(&socket, &mut answer[..], RecvFlags::empty())?.1;
    let mut owner = None;
    let _ = messages(&answer[..got.min(answer.len())], &mut |socket| {
        owner = socket.uid.filter(|_| !socket.listening);
    })?;
    Ok(owner)
}

fn diag() -> Result<rustix::fd::OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, Some(netlink::SOCK_DIAG))
}

/// A header and `struct inet_diag_req_v2`.
fn request(family: AddressFamily, rows: TcpRows) -> [u8; HEADER_BYTES + 56] {
    let states = match rows {
        TcpRows::Listening => 1_u32 << LISTEN,
        TcpRows::All | TcpRows::Heard => 1 << LISTEN | 1 << ESTABLISHED,
    };
    let mut request = [0; HEADER_BYTES + 56];
    request[0..4].copy_from_slice(&72_u32.to_ne_bytes());
    request[4..6].copy_from_slice(&BY_FAMILY.to_ne_bytes());
    request[6..8].copy_from_slice(&DUMP.to_ne_bytes());
    request[16] = family.as_raw().to_le_bytes()[0];
    request[17] = IPPROTO_TCP;
    request[18] = if rows == TcpRows::Heard { WITH_INFO } else { 0 };
    request[20..24].copy_from_slice(&states.to_ne_bytes());
    // The cookie of no socket in particular: `INET_DIAG_NOCOOKIE`.
    request[64..72].fill(0xff);
    request
}

/// Reads one piece of the answer. `Break` when it was the last one.
///
/// # Errors
/// [`Errno::OPNOTSUPP`] when the kernel refuses, [`Errno::BADMSG`] for what makes no sense.
pub(crate) fn messages(piece: &[u8], each: &mut dyn FnMut(Socket)) -> Result<ControlFlow<()>> {
    let mut rest = piece;
    while !rest.is_empty() {
        let length = u32_at(rest, 0).and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        let message = rest.get(..length).filter(|_| length >= HEADER_BYTES).ok_or(Errno::BADMSG)?;
        let body = &message[HEADER_BYTES..];
        match u16::from_ne_bytes([message[4], message[5]]) {
            NLMSG_DONE => return Ok(ControlFlow::Break(())),
            // Usually ENOENT: no module for TCP.
            NLMSG_ERROR => return Err(Errno::OPNOTSUPP),
            BY_FAMILY => {
                if let Some(socket) = socket(body) {
                    each(socket);
                }
            }
            _ => {}
        }
        // Messages begin at multiples of four.
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(ControlFlow::Continue(()))
}

/// `struct inet_diag_msg`. Addresses and ports are in the network's byte order.
fn socket(body: &[u8]) -> Option<Socket> {
    let (&family, &state) = (body.first()?, body.get(1)?);
    let address = |port_at: usize, ip_at: usize| {
        let port = u16::from_be_bytes(*body.get(port_at..)?.first_chunk()?);
        let ip: [u8; 16] = *body.get(ip_at..)?.first_chunk()?;
        let ip = if u16::from(family) == AddressFamily::INET.as_raw() {
            IpAddr::from(*ip.first_chunk::<4>()?)
        } else {
            IpAddr::V6(Ipv6Addr::from(ip))
        };
        Some(SocketAddr::new(ip, port))
    };
    let listening = state == LISTEN;
    (listening || state == ESTABLISHED).then_some(())?;
    Some(Socket {
        key: u64::from(u32_at(body, 68)?),
        listening,
        local: address(4, 8)?,
        remote: address(6, 24)?,
        uid: Some(u32_at(body, 64)?),
        backlog: u32_at(body, 56).filter(|_| listening),
        silent_for: info(body).filter(|_| !listening).and_then(silent_for),
    })
}

/// `struct tcp_info` among the attributes behind `struct inet_diag_msg` (<linux/netlink.h>: length with these four bytes, type, value).
fn info(body: &[u8]) -> Option<&[u8]> {
    let mut rest = body.get(MESSAGE_BYTES..)?;
    loop {
        let half = |at: usize| Some(u16::from_ne_bytes(*rest.get(at..)?.first_chunk()?));
        let length = usize::from(half(0)?);
        let attribute = rest.get(ATTRIBUTE_BYTES..length)?;
        if half(2)? == INET_DIAG_INFO {
            return Some(attribute);
        }
        rest = rest.get(length.next_multiple_of(4)..)?;
    }
}

/// `tcpi_last_data_recv` of <linux/tcp.h>, in milliseconds: since the last segment with data in it, at first since the connection was made.
fn silent_for(info: &[u8]) -> Option<Duration> {
    u32_at(info, 52).map(|ms| Duration::from_millis(ms.into()))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}
