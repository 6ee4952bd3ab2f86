//! Made-up socket tables and descriptor folders, and the two table parsers under hostile bytes.

use super::{parse, procfs, sock_diag, tcp_table};
use crate::contract::Socket;
use crate::scratch::Scratch;
use crate::{CLIENTS_AT_MOST, Platform, PortUsers, ProcessId, TcpUse};
use proptest::prelude::*;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::symlink;
use std::time::Duration;

const HEADLINE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n";

fn us() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// `0100007F:1F90` on a little-endian machine.
fn hex(address: SocketAddr) -> String {
    let bytes = match address.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let words = bytes.chunks_exact(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap()));
    words.map(|word| format!("{word:08X}")).collect::<String>() + &format!(":{:04X}", address.port())
}

/// A row as the kernel writes it, with what `proc_pid_net(5)` does not name behind the inode.
fn row(
    n: usize,
    local: SocketAddr,
    remote: SocketAddr,
    state: u8,
    queue: u32,
    uid: u32,
    inode: u64,
) -> String {
    let (local, remote) = (hex(local), hex(remote));
    format!(
        "{n:4}: {local} {remote} {state:02X} 00000000:{queue:08X} 00:00000000 00000000 {uid:5}        0 {inode} 1 \
         0000000000000000 100 0 0 10 0                     \n"
    )
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn listening(local: &str, uid: u32, inode: u64) -> String {
    let local = address(local);
    let remote = if local.is_ipv4() { address("0.0.0.0:0") } else { address("[::]:0") };
    row(0, local, remote, 10, 7, uid, inode)
}

/// A process of ours with these descriptors.
fn process(root: &Scratch, pid: u32, links: &[&str]) -> ProcessId {
    let stat = format!(
        "{pid} () R 1 2) S 1 1 1 0 -1 0 0 0 0 0 70 5 0 0 20 0 7 0 {} 3133440 362 1 1\n",
        1000 + u64::from(pid)
    );
    root.file(&format!("{pid}/stat"), stat);
    let folder = root.path().join(format!("{pid}/fd"));
    std::fs::create_dir_all(&folder).unwrap();
    for (n, link) in links.iter().enumerate() {
        symlink(link, folder.join(n.to_string())).unwrap();
    }
    ProcessId { pid, start_time: 1000 + u64::from(pid) }
}

fn machine(root: &Scratch) -> Platform {
    Platform::with_proc_root(root.path())
}

#[test]
fn a_port_s_users_are_what_the_tables_and_the_descriptors_say() {
    let root = Scratch::new();
    let client = |from: &str, to: &str, inode| row(1, address(from), address(to), 1, 0, us(), inode);
    root.file(
        "net/tcp",
        [
            HEADLINE,
            &listening("127.0.0.1:4000", us(), 10),
            &client("127.0.0.1:50002", "127.0.0.1:4000", 12),
            &client("127.0.0.1:50001", "127.0.0.1:4000", 11),
            // The server's end of it, another port's, one that is over, one from elsewhere, one that nobody holds.
            &client("127.0.0.1:4000", "127.0.0.1:50001", 13),
            &client("127.0.0.1:50003", "127.0.0.1:4001", 14),
            &row(1, address("127.0.0.1:50004"), address("127.0.0.1:4000"), 6, 0, 0, 0),
            &client("10.0.0.1:50005", "10.0.0.2:4000", 15),
            &client("127.0.0.1:50006", "127.0.0.1:4000", 0),
        ]
        .concat(),
    );
    root.file("net/tcp6", [HEADLINE, &client("[::1]:50007", "[::1]:4000", 16)].concat());
    let host = process(&root, 70, &["/dev/null", "socket:[13]", "socket:[10]"]);
    let cli = process(&root, 71, &["socket:[11]", "socket:[16]", "anon_inode:[eventpoll]"]);
    let users = machine(&root).port_users(&[4000], &[71, 99]).remove(&4000).unwrap();
    let listener = users.listener.unwrap();
    assert_eq!((listener.address, listener.key), (address("127.0.0.1:4000"), 10));
    assert_eq!((listener.uid, listener.backlog), (Some(us()), Some(7)));
    assert_eq!(users.owner, Some(host));
    let clients: Vec<_> = users.clients.iter().map(|c| (c.client.to_string(), c.process)).collect();
    assert_eq!(
        clients,
        [
            ("127.0.0.1:50001".to_owned(), Some(cli)),
            ("127.0.0.1:50002".to_owned(), None),
            ("127.0.0.1:50006".to_owned(), None),
            ("[::1]:50007".to_owned(), Some(cli)),
        ]
    );
    assert_eq!(machine(&root).listening_addresses(70), [address("127.0.0.1:4000")]);
}

#[test]
fn the_listener_that_a_client_of_127_0_0_1_reaches_is_chosen() {
    let root = Scratch::new();
    let mut rows = String::from(HEADLINE);
    let mut six = String::from(HEADLINE);
    // From the least to the most exact; the last one is nobody's business here.
    six += &listening("[::1]:5000", us(), 1);
    for (local, inode) in
        [("[::]:5000", 2), ("0.0.0.0:5000", 3), ("127.0.0.1:5000", 4), ("192.168.1.7:5000", 5)]
    {
        if address(local).is_ipv4() { &mut rows } else { &mut six }.push_str(&listening(local, us(), inode));
        root.file("net/tcp", &rows).file("net/tcp6", &six);
        assert_eq!(machine(&root).listener(5000).unwrap().key, inode.min(4), "{local}");
    }
    root.file("net/tcp", listening("192.168.1.7:5000", us(), 5)).file("net/tcp6", "");
    assert_eq!(machine(&root).listener(5000), None);
    root.file("net/tcp6", listening("[::ffff:127.0.0.1]:5000", us(), 6));
    assert_eq!(machine(&root).listener(5000).unwrap().address, address("127.0.0.1:5000"));
}

#[test]
fn a_socket_of_another_user_is_seen_but_its_holder_is_not_looked_for() {
    let root = Scratch::new();
    root.file("net/tcp", listening("0.0.0.0:22", us().wrapping_add(1), 10));
    process(&root, 70, &["socket:[10]"]);
    let users = machine(&root).port_users(&[22], &[70]).remove(&22).unwrap();
    assert_eq!((users.listener.unwrap().key, users.owner), (10, None));
}

#[test]
fn of_several_holders_the_likely_one_counts_and_then_the_first() {
    let root = Scratch::new();
    root.file("net/tcp", listening("127.0.0.1:4000", us(), 10));
    let ids = [70, 71, 72].map(|pid| process(&root, pid, &["socket:[10]"]));
    assert_eq!(machine(&root).port_owner(4000, &[72, 71]), Some(ids[2]));
    assert!(ids.contains(&machine(&root).port_owner(4000, &[]).unwrap()));
}

#[test]
fn missing_torn_and_endless_tables_are_survived() {
    let root = Scratch::new();
    assert_eq!(machine(&root).listener(4000), None, "no table at all");
    assert!(machine(&root).listening_addresses(70).is_empty());
    process(
        &root,
        70,
        &["socket:[10]", "socket:[x]", "socket:[]", "socket:[18446744073709551616]", "socket:[10"],
    );
    let whole = listening("127.0.0.1:4000", us(), 10);
    root.file("net/tcp", whole.trim_end());
    assert_eq!(machine(&root).listener(4000), None, "a row without its end may have been cut");
    root.file("net/tcp", [whole.as_bytes(), &[b'x'; 40_000], b"\n", whole.as_bytes()].concat());
    assert_eq!(machine(&root).port_owner(4000, &[]).unwrap().pid, 70);

    std::fs::remove_file(root.path().join("net/tcp")).unwrap();
    symlink("/dev/zero", root.path().join("net/tcp")).unwrap();
    std::fs::create_dir_all(root.path().join("net/tcp6")).unwrap();
    assert_eq!(machine(&root).port_users(&[4000], &[])[&4000], PortUsers::default());
}

#[test]
fn descriptors_and_clients_are_bounded() {
    let root = Scratch::new();
    let mut rows = listening("127.0.0.1:4000", us(), 10);
    for n in 0..=CLIENTS_AT_MOST {
        let client = SocketAddr::new(address("127.0.0.1:0").ip(), 20_000 + u16::try_from(n).unwrap());
        rows += &row(n, client, address("127.0.0.1:4000"), 1, 0, us(), 0);
    }
    root.file("net/tcp", rows);
    // A file, a link to itself, and a folder in place of descriptors.
    root.file("70/fd", "").file("70/stat", "");
    let swarm = process(&root, 71, &["socket:[10]"]);
    symlink("loop", root.path().join("71/fd/loop")).unwrap();
    std::fs::create_dir(root.path().join("71/fd/folder")).unwrap();
    let users = machine(&root).port_users(&[4000], &[70]).remove(&4000).unwrap();
    assert_eq!(users.clients.len(), CLIENTS_AT_MOST);
    assert_eq!(users.owner, Some(swarm));

    let folder = procfs::Folder::open(root.path(), 71).unwrap();
    assert_eq!(folder.each_socket(1, |_| true), 1);
    let mut seen = Vec::new();
    assert_eq!(
        folder.each_socket(100, |inode| {
            seen.push(inode);
            true
        }),
        2,
        "two links"
    );
    assert_eq!(seen, [10]);
}

/// `struct inet_diag_msg` in its envelope.
fn message(socket: &Socket, state: u8) -> Vec<u8> {
    let octets = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => [&ip.octets()[..], &[0; 12]].concat(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let family = if socket.local.is_ipv4() { 2 } else { 10 };
    let numbers = [0, 0, 0, 0, socket.backlog.unwrap_or(3), 9, socket.uid.unwrap()];
    let body = [
        &[family, state, 0, 0][..],
        &socket.local.port().to_be_bytes(),
        &socket.remote.port().to_be_bytes(),
        &octets(socket.local.ip()),
        &octets(socket.remote.ip()),
        &numbers.map(u32::to_ne_bytes).concat(),
        &u32::try_from(socket.key).unwrap().to_ne_bytes(),
    ]
    .concat();
    // Another attribute comes first.
    let mut attributes = vec![5, 0, 8, 0, 1, 0, 0, 0];
    if let Some(silent_for) = socket.silent_for {
        let mut info = [0xff; 232];
        info[52..56].copy_from_slice(&u32::try_from(silent_for.as_millis()).unwrap().to_ne_bytes());
        attributes.extend([&236_u16.to_ne_bytes()[..], &2_u16.to_ne_bytes(), &info].concat());
    }
    envelope(20, &[body, attributes].concat())
}

fn envelope(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &[2, 0], &[0; 8], body].concat()
}

#[test]
fn an_answer_ends_with_done_or_an_error() {
    let mut count = 0;
    let mut read = |piece: &[u8]| sock_diag::messages(piece, &mut |_| count += 1).map(|flow| flow.is_break());
    assert_eq!(read(&[]), Ok(false), "another piece follows");
    assert_eq!(read(&envelope(3, &[0; 4])), Ok(true));
    assert!(read(&envelope(2, &(-2_i32).to_ne_bytes())).is_err());
    assert!(read(&envelope(20, &[2, 10, 0, 0])[..10]).is_err());
    assert!(read(&[0; 16]).is_err(), "a message without length would never end");
    assert_eq!(read(&envelope(20, &[2, 10, 0, 0])), Ok(false), "too short for a socket");
    assert_eq!(count, 0);
}

fn any_socket() -> impl Strategy<Value = Socket> {
    let ips = prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u8; 16]>().prop_map(IpAddr::from)];
    (ips, any::<(u16, u16, [u8; 16], bool, u32, u32, u32)>(), any::<Option<u32>>()).prop_map(
        |(ip, (port, remote_port, other, listening, uid, backlog, key), silent_ms)| {
            let remote = match ip {
                IpAddr::V4(_) => IpAddr::from(*other.first_chunk::<4>().unwrap()),
                IpAddr::V6(_) => IpAddr::from(other),
            };
            Socket {
                key: key.into(),
                listening,
                local: SocketAddr::new(ip, port),
                remote: SocketAddr::new(remote, remote_port),
                uid: Some(uid),
                backlog: listening.then_some(backlog),
                silent_for: silent_ms.filter(|_| !listening).map(|ms| Duration::from_millis(ms.into())),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_kernel_writes_is_read_back(socket in any_socket(), n in 0_usize..100_000) {
        let state = if socket.listening { 10 } else { 1 };
        let queue = socket.backlog.unwrap_or(3);
        let line = row(n, socket.local, socket.remote, state, queue, socket.uid.unwrap(), socket.key);
        let told = Socket { silent_for: None, ..socket };
        prop_assert_eq!(tcp_table::socket(line.trim_end().as_bytes()), Some(told));
        let mut seen = Vec::new();
        let piece = [message(&socket, state), message(&socket, 6), message(&socket, state)].concat();
        prop_assert!(sock_diag::messages(&piece, &mut |socket| seen.push(socket)).unwrap().is_continue());
        prop_assert_eq!(seen, [socket, socket]);
    }

    #[test]
    fn other_states_are_left_out(socket in any_socket(), state in 0..=u8::MAX) {
        prop_assume!(state != 1 && state != 10);
        let line = row(0, socket.local, socket.remote, state, 0, 0, 1);
        prop_assert_eq!(tcp_table::socket(line.as_bytes()), None);
    }

    #[test]
    fn no_bytes_make_a_socket_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = (tcp_table::socket(&bytes), parse::socket_link(&bytes), parse::hexadecimal(&bytes));
        let _ = sock_diag::messages(&bytes, &mut |_| {});
        let _ = sock_diag::messages(&envelope(20, &bytes), &mut |_| {});
    }

    /// A row in which anything was changed is none, or one that differs where it was changed; never a panic.
    #[test]
    fn no_mutilated_row_makes_a_parser_panic(
        socket in any_socket(), at in 0_usize..150, with in "[0-9A-F: \t\u{0}é-]{0,12}",
    ) {
        let mut line = row(0, socket.local, socket.remote, 10, 1, 0, 1);
        let at = at.min(line.len() - 1);
        line.insert_str(at, &with);
        let _ = tcp_table::socket(line.as_bytes());
        let mut piece = message(&socket, 10);
        let at = at % piece.len();
        piece.truncate(at);
        let outcome = sock_diag::messages(&piece, &mut |_| {});
        prop_assert!(at == 0 || outcome.is_err());
        piece.extend_from_slice(with.as_bytes());
        let _ = sock_diag::messages(&piece, &mut |_| {});
    }

    /// Whatever the pieces are, the lines are those of the file.
    #[test]
    fn lines_are_whole(lengths in proptest::collection::vec(0_usize..600, 0..100), rest in 0_usize..50) {
        let letters = (b'a'..=b'z').cycle();
        let line = |length| String::from_utf8(letters.clone().take(length).collect()).unwrap();
        let (lines, rest): (Vec<String>, _) = (lengths.into_iter().map(line).collect(), line(rest));
        let root = Scratch::new();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        root.file("table", text + &rest);
        let mut seen = Vec::new();
        let mut each = |line: &[u8]| seen.push(String::from_utf8(line.to_vec()).unwrap());
        procfs::read_lines(&root.path().join("table"), 1 << 20, &mut each).unwrap();
        prop_assert_eq!(seen, lines);
    }
}

#[test]
fn the_ends_of_connections_are_told_from_listeners() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let platform = Platform::new();
    let here = listener.local_addr().unwrap();
    let client = std::net::TcpStream::connect(here).unwrap();
    let (server, _) = listener.accept().unwrap();
    let tcp = platform.tcp_use(std::process::id(), &platform.socket_table()).unwrap();
    assert!(tcp.listening.contains(&here));
    let there = client.local_addr().unwrap();
    let ends: Vec<(SocketAddr, SocketAddr)> =
        tcp.connected.iter().map(|link| (link.local, link.remote)).collect();
    assert_eq!(ends.iter().filter(|end| **end == (here, there)).count(), 1, "the server's end");
    assert!(ends.contains(&(there, here)));
    assert!(tcp.connected.iter().all(|link| link.silent_for.is_some()));
    drop((client, server));
    let child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    let mut child = Guard(child);
    let of_child = || platform.tcp_use(child.0.id(), &platform.socket_table());
    assert_eq!(of_child(), Some(TcpUse::default()));
    child.0.kill().unwrap();
    child.0.wait().unwrap();
    assert_eq!(platform.tcp_use(child.0.id(), &platform.socket_table()), None);
}

/// Gone at the end of the test.
struct Guard(std::process::Child);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn one_socket_is_asked_for_alone() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    let client = std::net::TcpStream::connect(server).unwrap();
    let us = rustix::process::geteuid().as_raw();
    let nobody = "127.0.0.1:1".parse().unwrap();
    assert_eq!(sock_diag::owner(client.local_addr().unwrap(), server), Ok(Some(us)));
    assert!(sock_diag::owner(nobody, server).is_err());
    // The kernel names its listener, who is not meant.
    assert_eq!(sock_diag::owner(server, nobody), Ok(None));
}
