//! TCP sockets: there is no table that tells their holders, so every descriptor of every process of our user is asked.

use super::{Machine, libproc};
use crate::contract::{Socket, System as _, TcpRows};
use crate::{PROCESSES_AT_MOST, ProcessId};
use libproc::SOCKET_BYTES;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

impl Machine {
    pub(super) fn each_tcp_socket(rows: TcpRows, each: &mut dyn FnMut(Socket)) {
        for pid in libproc::pids_of_user(nix::unistd::geteuid().as_raw(), PROCESSES_AT_MOST) {
            Self::each_tcp_socket_of(pid, rows, each);
        }
    }

    pub(super) fn each_tcp_socket_of(pid: u32, rows: TcpRows, each: &mut dyn FnMut(Socket)) {
        for fd in libproc::sockets(pid) {
            if let Some(socket) = libproc::socket_info(pid, fd).and_then(|info| socket(&info, pid))
                && (socket.listening || rows != TcpRows::Listening)
            {
                each(socket);
            }
        }
    }

    pub(super) fn socket_holders(&self, sockets: &[Socket]) -> BTreeMap<u64, ProcessId> {
        let holder = |socket: &Socket| Some((socket.key, self.identify(socket.holder).ok()?));
        sockets.iter().filter_map(holder).collect()
    }
}

/// Reads `struct socket_fdinfo`. The offsets are those of <sys/proc_info.h>: `psi` is at 24, `soi_proto` at 264.
fn socket(info: &[u8; SOCKET_BYTES], pid: u32) -> Option<Socket> {
    /// `SOCKINFO_TCP`
    const TCP: i32 = 2;
    /// `TSI_S_LISTEN` and `TSI_S_ESTABLISHED`
    const LISTEN: i32 = 1;
    const ESTABLISHED: i32 = 4;
    /// `INI_IPV6` of `insi_vflag`; a socket that takes both families has both flags.
    const IPV6: u8 = 2;
    let int = |at: usize| Some(i32::from_ne_bytes(*info.get(at..)?.first_chunk()?));
    if int(256)? != TCP {
        return None;
    }
    let state = int(344)?;
    let listening = state == LISTEN;
    (listening || state == ESTABLISHED).then_some(())?;
    let address = |port_at: usize, ip_at: usize| {
        // The kernel's own, in the network's byte order, in the first half of an int.
        let port = u16::from_be_bytes(*info.get(port_at..)?.first_chunk()?);
        let ip: [u8; 16] = *info.get(ip_at..)?.first_chunk()?;
        // An IPv4 address is the last quarter: `in4in6_addr`.
        let ip = if info[288] & IPV6 != 0 { IpAddr::from(ip) } else { IpAddr::from(*ip.last_chunk::<4>()?) };
        Some(SocketAddr::new(ip, port))
    };
    // `soi_qlen`: complete connections that were not accepted.
    let backlog = i16::from_ne_bytes(*info.get(194..)?.first_chunk()?);
    Some(Socket {
        // `insi_gencnt`, counted up with every socket that is made.
        key: u64::from_ne_bytes(*info.get(272..)?.first_chunk()?),
        listening,
        local: address(268, 312)?,
        remote: address(264, 296)?,
        uid: None,
        backlog: if listening { Some(u32::try_from(backlog).unwrap_or(0)) } else { None },
        silent_for: None,
        holder: pid,
    })
}
