//! Real sockets on the loopback, held by real processes, all of them started here.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod support;

use lifeline_platform::{Connection, KnownHolders, Platform, PortUsers, ProcessId};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use support::{Disposable, until};

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Through the kernel's `sock_diag`, and through `/proc/net` as where there is none.
fn both_ways() -> [Platform; 2] {
    [Platform::new(), Platform::with_proc_root("/proc/../proc")]
}

fn me() -> ProcessId {
    Platform::new().identify(std::process::id()).unwrap()
}

#[test]
fn a_program_that_does_not_accept_has_a_backlog() {
    let (listener, address) = listen();
    let port = address.port();
    let server = Disposable::holding(listener);
    for platform in both_ways() {
        let seen = platform.listener(port).unwrap();
        assert_eq!((seen.address, seen.backlog), (address, Some(0)));
        assert_eq!(seen.uid, Some(rustix::process::geteuid().as_raw()));
    }
    let key = Platform::new().listener(port).unwrap().key;

    let mut streams: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(address).unwrap()).collect();
    let ours = |streams: &[TcpStream]| {
        let mut addresses: Vec<_> = streams.iter().map(|stream| stream.local_addr().unwrap()).collect();
        addresses.sort_unstable();
        addresses.into_iter().map(|client| Connection { client, process: Some(me()) }).collect::<Vec<_>>()
    };
    for platform in both_ways() {
        for likely in [&[][..], &[server.pid(), me().pid], &[u32::MAX, 0, 1]] {
            let users = platform.port_users(&[port], likely).remove(&port).unwrap();
            let listener = users.listener.unwrap();
            assert_eq!((listener.key, listener.backlog), (key, Some(3)), "three that it has not accepted");
            assert_eq!(users.owner, Some(server.id()));
            assert_eq!(users.clients, ours(&streams));
            assert_eq!(platform.port_owner(port, likely), Some(server.id()));
            assert_eq!(platform.clients_of(port, likely), users.clients);
        }
    }
    streams.pop();
    until(|| (Platform::new().clients_of(port, &[]) == ours(&streams)).then_some(()));

    drop(server);
    for platform in both_ways() {
        assert_eq!(platform.listener(port), None);
        assert_eq!(platform.port_users(&[port], &[])[&port], PortUsers::default());
    }
}

#[test]
fn the_client_of_an_accepted_connection_is_found() {
    let (listener, address) = listen();
    let port = address.port();
    let stream = TcpStream::connect(address).unwrap();
    let client = stream.local_addr().unwrap();
    let holder = Disposable::holding(stream);
    let (_accepted, from) = listener.accept().unwrap();
    assert_eq!(from, client);
    for platform in both_ways() {
        let users = platform.port_users(&[port], &[]).remove(&port).unwrap();
        assert_eq!(users.listener.unwrap().backlog, Some(0));
        assert_eq!(users.owner, Some(me()));
        assert_eq!(users.clients, [Connection { client, process: Some(holder.id()) }]);
    }
}

#[test]
fn several_ports_are_answered_for_at_once() {
    let (listeners, addresses): (Vec<_>, Vec<_>) = (0..3).map(|_| listen()).unzip();
    let servers: Vec<Disposable> = listeners.into_iter().map(Disposable::holding).collect();
    let _stream = TcpStream::connect(addresses[1]).unwrap();
    // Nobody listens on port 1 in a network of our own, and we may not bind to it elsewhere.
    let mut ports: Vec<u16> = addresses.iter().map(SocketAddr::port).collect();
    ports.push(1);
    for platform in both_ways() {
        let users = platform.port_users(&ports, &[servers[2].pid()]);
        assert_eq!(users.len(), 4);
        assert_eq!(users[&1], PortUsers::default());
        for (n, server) in servers.iter().enumerate() {
            let users = &users[&ports[n]];
            assert_eq!(users.owner, Some(server.id()));
            assert_eq!(users.clients.len(), usize::from(n == 1));
            assert_eq!(users.listener.unwrap().backlog, Some(u32::from(n == 1)));
        }
    }
    assert!(Platform::new().port_users(&[], &[]).is_empty());
}

#[test]
fn the_addresses_of_one_process_are_listed() {
    let (listener, address) = listen();
    let wildcard = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let (_other, _) = listen();
    let second = wildcard.local_addr().unwrap();
    let server = Disposable(
        std::process::Command::new("sleep")
            .arg("600")
            .stdin(std::os::fd::OwnedFd::from(listener))
            .stdout(std::os::fd::OwnedFd::from(wildcard))
            .spawn()
            .unwrap(),
    );
    for platform in both_ways() {
        let mut expected = [address, second];
        expected.sort_unstable();
        assert_eq!(platform.listening_addresses(server.pid()), expected);
        assert_eq!(
            platform.listener(second.port()).unwrap().address,
            second,
            "a wildcard serves the loopback too"
        );
        assert!(platform.listening_addresses(Disposable::idle().pid()).is_empty());
        assert!(platform.listening_addresses(u32::MAX).is_empty());
    }
}

#[test]
fn ipv6_is_seen_and_ipv4_is_preferred() {
    let Ok(six) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
        return; // a machine without IPv6
    };
    let port = six.local_addr().unwrap().port();
    let client = TcpStream::connect((Ipv6Addr::LOCALHOST, port)).unwrap();
    for platform in both_ways() {
        let users = platform.port_users(&[port], &[]).remove(&port).unwrap();
        let listener = users.listener.unwrap();
        assert_eq!((listener.address, listener.backlog), ((Ipv6Addr::LOCALHOST, port).into(), Some(1)));
        let connection = Connection { client: client.local_addr().unwrap(), process: Some(me()) };
        assert_eq!(users.clients, [connection]);
    }
    let _four = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    for platform in both_ways() {
        let listener = platform.listener(port).unwrap();
        assert_eq!((listener.address, listener.backlog), ((Ipv4Addr::LOCALHOST, port).into(), Some(0)));
    }
}

#[test]
fn ipv4_that_comes_through_an_ipv6_socket_is_ipv4() {
    let Ok(both) = TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)) else {
        return; // a machine without IPv6
    };
    let port = both.local_addr().unwrap().port();
    let client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    let (_accepted, _) = both.accept().unwrap();
    for platform in both_ways() {
        let users = platform.port_users(&[port], &[]).remove(&port).unwrap();
        assert_eq!(users.listener.unwrap().address, both.local_addr().unwrap());
        assert_eq!(users.clients, [Connection { client: client.local_addr().unwrap(), process: Some(me()) }]);
    }
}

#[test]
fn a_client_is_known_by_its_user() {
    let (listener, address) = listen();
    let client = TcpStream::connect(address).unwrap();
    let (_accepted, from) = listener.accept().unwrap();
    for platform in both_ways() {
        assert_eq!(platform.is_own_client(from, address), Some(true));
        // There is no such client.
        assert_eq!(platform.is_own_client(SocketAddr::new(from.ip(), 1), address), Some(false));
    }
    drop(client);
    until(|| (Platform::new().is_own_client(from, address) == Some(false)).then_some(()));
    if !rustix::process::geteuid().is_root() {
        return; // nobody else can be had
    }
    let script = format!("exec 3<>/dev/tcp/127.0.0.1/{}; exec sleep 600", address.port());
    let other = Disposable::start(Command::new("bash").args(["-c", &script]).uid(65534));
    let (_accepted, from) = listener.accept().unwrap();
    for platform in both_ways() {
        assert_eq!(platform.is_own_client(from, address), Some(false), "{}", other.pid());
    }
}

/// A holder that hands its socket on shows what was remembered: it is asked again only when it has exited.
#[test]
fn known_holders_are_asked_again_only_when_they_have_exited() {
    let (listener, address) = listen();
    let port = address.port();
    let first = Disposable::holding(listener.try_clone().unwrap());
    let mut known = KnownHolders::default();
    let mut look = |likely: &[u32]| {
        let users = Platform::new().port_users_again(&[port], likely, &mut known).remove(&port).unwrap();
        (users.owner, users.clients)
    };
    assert_eq!(look(&[first.pid()]), (Some(first.id()), Vec::new()));
    assert_eq!(look(&[me().pid]).0, Some(first.id()), "remembered");
    // What is new is looked for all the same.
    let stream = TcpStream::connect(address).unwrap();
    let client = Connection { client: stream.local_addr().unwrap(), process: Some(me()) };
    assert_eq!(look(&[]), (Some(first.id()), vec![client]));
    drop(first);
    assert_eq!(look(&[]), (Some(me()), vec![client]));
    drop((listener, stream));
    assert_eq!(look(&[]), (None, Vec::new()));
}
