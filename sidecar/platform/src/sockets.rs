//! TCP on this machine's loopback: who listens on a port, who is connected to it, and whether the program still
//! accepts. All of it is read from the kernel's tables; nothing here connects to anything.

use crate::contract::{Socket, System, TcpRows};
use crate::{Platform, ProcessId};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How many clients of one port are listed. A real one has a handful.
pub const CLIENTS_AT_MOST: usize = 256;

/// A TCP socket that listens on a loopback or wildcard address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listener {
    /// Where it listens. An IPv4 address that is mapped into IPv6 is given as IPv4.
    pub address: SocketAddr,
    /// Names this very socket: as long as it stays the same, so does the socket, and (but for programs that hand
    /// sockets on) its owner. Linux: the inode; macOS: the kernel's own count; Windows: the time it was made, and its
    /// port.
    pub key: u64,
    /// The user who made it. `None`: not told (macOS, Windows).
    pub uid: Option<u32>,
    /// Connections that the kernel has accepted and the program has not (Recv-Q): they add up when it is frozen.
    /// `None`: not told (Windows).
    pub backlog: Option<u32>,
}

/// A connection from this machine to one of its own ports, seen from the client's end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Connection {
    /// The client's own address.
    pub client: SocketAddr,
    /// Who holds the client's end. `None`: another user's process, or one that was not found within the bounds of
    /// [`Platform::port_users`].
    pub process: Option<ProcessId>,
}

/// Everything that uses one port.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct PortUsers {
    /// The socket that a client of `127.0.0.1` reaches, else one that a client of `::1` (or of another address of the
    /// loopback) reaches. `None`: nobody listens; on macOS, nobody of our own user.
    pub listener: Option<Listener>,
    /// Who holds the listening socket. `None` as in [`Connection::process`].
    pub owner: Option<ProcessId>,
    /// Established connections in the order of the client's address, at most [`CLIENTS_AT_MOST`]. Those that the
    /// program has not accepted yet are among them, and so are our own.
    pub clients: Vec<Connection>,
}

/// The TCP sockets of the machine at one moment.
#[derive(Clone, Default, Debug)]
pub struct SocketTable {
    /// By [`Listener::key`].
    by_key: BTreeMap<u64, Socket>,
}

/// The TCP sockets of one process, each by its own address.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct TcpUse {
    /// It accepts connections there.
    pub listening: Vec<SocketAddr>,
    /// Connections; one to itself has two ends.
    pub connected: Vec<TcpLink>,
}

/// One end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TcpLink {
    /// Its own address.
    pub local: SocketAddr,
    /// The other end's.
    pub remote: SocketAddr,
    /// Since data came in, at first since the connection was made. `None`: not told (macOS, Windows, a kernel without `sock_diag`).
    pub silent_for: Option<Duration>,
}

/// Who holds which socket, as far as it was found out in earlier looks: for those who look again and again.
#[derive(Clone, Default, Debug)]
pub struct KnownHolders {
    /// By [`Listener::key`]; `None` when nobody was found, which is not tried again.
    by_key: BTreeMap<u64, Option<ProcessId>>,
}

impl Platform {
    /// Who uses these ports; one entry for each of them. One pass over the TCP table and, unless the holders are all
    /// among the processes `likely` (looked at first, in this order), one over the processes of our user.
    ///
    /// The table is no snapshot: while sockets come and go, a row may be missed. Look twice before concluding anything
    /// from an absence. Linux looks at no more than 32 MiB of table, 4096 processes, 4096 descriptors of each and
    /// 32 768 in all; it does not look for the holder of a socket that another user made.
    ///
    /// Costs on Linux (`cargo run --release -p lifeline-platform --example cost`): 0.4 ms for the table, whatever the
    /// number of ports, then 4 µs per descriptor looked at: 8 ms when all of 120 processes were. Where the kernel has
    /// no `sock_diag`, 8 ms for the table. Look with [`port_users_again`](Self::port_users_again) more than once.
    pub fn port_users(&self, ports: &[u16], likely: &[u32]) -> BTreeMap<u16, PortUsers> {
        self.look(ports, likely, TcpRows::All, &mut KnownHolders::default())
    }

    /// As [`port_users`](Self::port_users), but looks only for the holders of sockets that are new since the last look,
    /// or whose holder has exited: without news, 0.4 ms for the table and 12 µs per socket, whoever holds it.
    /// `known` forgets what is not asked for any more, so always ask it about the same ports.
    pub fn port_users_again(
        &self,
        ports: &[u16],
        likely: &[u32],
        known: &mut KnownHolders,
    ) -> BTreeMap<u16, PortUsers> {
        self.look(ports, likely, TcpRows::All, known)
    }

    /// The socket that listens on this port, as in [`PortUsers::listener`]. 40 µs on Linux (8 ms without `sock_diag`).
    pub fn listener(&self, port: u16) -> Option<Listener> {
        let seen = self.seen(&[port], TcpRows::Listening).remove(&port)?;
        seen.listener.as_ref().map(Listener::from)
    }

    /// Who holds the socket that listens on this port: [`port_users`](Self::port_users), without the clients.
    pub fn port_owner(&self, port: u16, likely: &[u32]) -> Option<ProcessId> {
        self.look(&[port], likely, TcpRows::Listening, &mut KnownHolders::default()).remove(&port)?.owner
    }

    /// Who is connected to this port: [`port_users`](Self::port_users) of one port.
    pub fn clients_of(&self, port: u16, likely: &[u32]) -> Vec<Connection> {
        self.port_users(&[port], likely).remove(&port).unwrap_or_default().clients
    }

    /// How many connections to this port of this machine there are, whoever holds them. 0.2 ms on Linux.
    pub fn connections_to(&self, port: u16) -> usize {
        let mut keys = Vec::new();
        self.system.tcp_sockets(TcpRows::All, &mut |socket| {
            if !socket.listening
                && socket.remote.port() == port
                && canonical(socket.remote).ip().is_loopback()
            {
                keys.push(socket.key);
            }
        });
        keys.sort_unstable();
        keys.dedup();
        keys.len()
    }

    /// Whether the client's end of a connection over the loopback is our own user's. `None` where nobody can tell (macOS, Windows, a
    /// sandbox). On Linux 10 µs for a client that is there, else 0.2 ms.
    pub fn is_own_client(&self, client: SocketAddr, server: SocketAddr) -> Option<bool> {
        let us = self.system.user()?;
        if let Some(owner) = self.system.tcp_owner(client, server) {
            return Some(owner == us);
        }
        let (mut is_told, mut owner) = (false, None);
        self.system.tcp_sockets(TcpRows::All, &mut |socket| {
            if socket.listening {
                is_told |= socket.local.port() == server.port();
            } else if canonical(socket.local) == canonical(client)
                && canonical(socket.remote) == canonical(server)
            {
                owner = socket.uid;
            }
        });
        // A client that has half closed its end already is not in the table, and no honest one does.
        owner.map(|owner| owner == us).or(is_told.then_some(false))
    }

    /// All TCP sockets that listen or are connected: to ask about many processes at one moment. 0.2 ms on Linux.
    pub fn socket_table(&self) -> SocketTable {
        let mut by_key = BTreeMap::new();
        self.system.tcp_sockets(TcpRows::Heard, &mut |mut socket| {
            socket.local = canonical(socket.local);
            socket.remote = canonical(socket.remote);
            by_key.insert(socket.key, socket);
        });
        SocketTable { by_key }
    }

    /// Which of these sockets the process holds: 4 µs for each of its descriptors. `None`: gone, we may not look, or not told (macOS,
    /// Windows).
    pub fn tcp_use(&self, pid: u32, table: &SocketTable) -> Option<TcpUse> {
        let mut tcp = TcpUse::default();
        for Socket { listening, local, remote, silent_for, .. } in
            self.system.socket_keys(pid)?.iter().filter_map(|key| table.by_key.get(key).copied())
        {
            if listening {
                tcp.listening.push(local);
            } else {
                tcp.connected.push(TcpLink { local, remote, silent_for });
            }
        }
        Some(tcp)
    }

    /// Every address on which this process listens for TCP, in order; not only those of the loopback. Empty also when
    /// we may not look at it.
    pub fn listening_addresses(&self, pid: u32) -> Vec<SocketAddr> {
        let mut addresses: Vec<SocketAddr> =
            self.system.listening_addresses(pid).into_iter().map(canonical).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    /// The sockets of these ports, their holders not yet looked for.
    fn seen(&self, ports: &[u16], rows: TcpRows) -> BTreeMap<u16, Seen> {
        let mut seen: BTreeMap<u16, Seen> = ports.iter().map(|&port| (port, Seen::default())).collect();
        self.system.tcp_sockets(rows, &mut |mut socket| {
            socket.local = canonical(socket.local);
            socket.remote = canonical(socket.remote);
            let port = if socket.listening { socket.local.port() } else { socket.remote.port() };
            if let Some(seen) = seen.get_mut(&port) {
                seen.add(socket);
            }
        });
        seen
    }

    fn look(
        &self,
        ports: &[u16],
        likely: &[u32],
        rows: TcpRows,
        known: &mut KnownHolders,
    ) -> BTreeMap<u16, PortUsers> {
        let seen = self.seen(ports, rows);
        let sockets = seen.values().flat_map(|seen| seen.listener.iter().chain(seen.clients.values()));
        let sockets: BTreeMap<u64, Socket> = sockets.map(|socket| (socket.key, *socket)).collect();
        let is_still = |id: ProcessId| self.identify(id.pid).is_ok_and(|found| found == id);
        known.by_key.retain(|key, holder| sockets.contains_key(key) && holder.is_none_or(is_still));
        let news: Vec<Socket> =
            sockets.into_values().filter(|socket| !known.by_key.contains_key(&socket.key)).collect();
        let found = self.system.holders(&news, likely);
        known.by_key.extend(news.iter().map(|socket| (socket.key, found.get(&socket.key).copied())));

        let holder = |socket: &Socket| known.by_key.get(&socket.key).copied().flatten();
        let users = |seen: Seen| PortUsers {
            listener: seen.listener.as_ref().map(Listener::from),
            owner: seen.listener.as_ref().and_then(holder),
            clients: (seen.clients.values())
                .map(|socket| Connection { client: socket.local, process: holder(socket) })
                .collect(),
        };
        seen.into_iter().map(|(port, seen)| (port, users(seen))).collect()
    }
}

/// The sockets of one port.
#[derive(Default)]
struct Seen {
    listener: Option<Socket>,
    /// By their own address: a table that changes while it is read may show one twice.
    clients: BTreeMap<SocketAddr, Socket>,
}

impl Seen {
    fn add(&mut self, socket: Socket) {
        if !socket.listening {
            let within = socket.local.ip().is_loopback() && socket.remote.ip().is_loopback();
            if within && self.clients.len() < CLIENTS_AT_MOST {
                self.clients.insert(socket.local, socket);
            }
        } else if let Some(rank) = rank(socket.local.ip())
            && self.listener.is_none_or(|found| Some((rank, socket.key)) < self.rank_of(&found))
        {
            self.listener = Some(socket);
        }
    }

    fn rank_of(&self, listener: &Socket) -> Option<(u8, u64)> {
        Some((rank(listener.local.ip())?, listener.key))
    }
}

/// The lower, the sooner a client of `127.0.0.1` reaches it: an exact address goes before a wildcard. `None`: it is not
/// of the loopback.
fn rank(ip: IpAddr) -> Option<u8> {
    match ip {
        IpAddr::V4(Ipv4Addr::LOCALHOST) => Some(0),
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Some(1),
        // It may take IPv4 too.
        IpAddr::V6(ip) if ip.is_unspecified() => Some(2),
        ip if ip.is_loopback() => Some(3),
        _ => None,
    }
}

/// `::ffff:127.0.0.1` is `127.0.0.1`.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

impl From<&Socket> for Listener {
    fn from(socket: &Socket) -> Self {
        Self { address: socket.local, key: socket.key, uid: socket.uid, backlog: socket.backlog }
    }
}
