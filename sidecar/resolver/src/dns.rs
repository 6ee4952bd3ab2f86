//! A resolver is asked without the system: to compare what several say; and for binaries that hold the C library themselves: glibc's own loads
//! modules of the machine's glibc for a look-up, and may crash when that is another version than ours (glibc's FAQ, "static linking").
//!
//! Reads `/etc/hosts` and `/etc/resolv.conf`, and asks for A and AAAA at once (RFC 1035, RFC 3596). What only NSS modules know (mDNS, LDAP) is not
//! found; systemd-resolved and dnsmasq are asked at the address that they have in `/etc/resolv.conf`.

use std::{
    hash::{BuildHasher as _, RandomState},
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use tokio::{net::UdpSocket, time::timeout};

/// As `resolv.conf(5)` has them.
const SERVERS_AT_MOST: usize = 3;
const SEARCH_AT_MOST: usize = 6;
const PORT: u16 = 53;
/// For one server; the whole look-up has the caller's deadline.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Largest answer without EDNS is 512 bytes; some servers send more.
const ANSWER_BYTES: usize = 1500;
const ADDRESSES_AT_MOST: usize = 32;
/// Largest file of the two that is read.
const FILE_BYTES: usize = 1024 * 1024;

const A: u16 = 1;
const AAAA: u16 = 28;
const INTERNET: u16 = 1;
const NO_SUCH_NAME: u8 = 3;

/// The C library's words.
const NOT_KNOWN: &str = "Name or service not known";
const NO_ANSWER: &str = "Temporary failure in name resolution";

/// This machine's resolvers, three at most; none where they do not stand in `/etc/resolv.conf`.
pub fn servers() -> Vec<SocketAddr> {
    let is_there = Path::new("/etc/resolv.conf").exists();
    if is_there { Config::of_this_machine().servers } else { Vec::new() }
}

/// Asks one resolver for the addresses of a name, IPv6 first; none when it knows no such name. It has no deadline of its own.
///
/// # Errors
/// When it cannot be asked, or refuses.
pub async fn ask(server: SocketAddr, host: &str) -> io::Result<Vec<IpAddr>> {
    let (v6, v4) = tokio::join!(question(server, host, AAAA), question(server, host, A));
    // A filter that hides one family is no reason to know nothing.
    match (v6, v4) {
        (Ok(v6), Ok(v4)) => Ok(v6.into_iter().chain(v4).collect()),
        (Ok(found), Err(_)) | (Err(_), Ok(found)) if !found.is_empty() => Ok(found),
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// Whom to ask, and what for.
#[cfg_attr(
    not(all(target_os = "linux", target_feature = "crt-static")),
    allow(dead_code, reason = "else the system looks up")
)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) servers: Vec<SocketAddr>,
    pub(crate) search: Vec<String>,
    pub(crate) hosts: String,
}

#[cfg_attr(
    not(all(target_os = "linux", target_feature = "crt-static")),
    allow(dead_code, reason = "else the system looks up")
)]
impl Config {
    /// The machine's.
    pub(crate) fn of_this_machine() -> Self {
        let text = |path: &str| {
            let text = std::fs::read(Path::new(path)).unwrap_or_default();
            String::from_utf8_lossy(text.get(..FILE_BYTES).unwrap_or(&text)).into_owned()
        };
        Self::of(&text("/etc/resolv.conf"), text("/etc/hosts"))
    }

    fn of(resolv_conf: &str, hosts: String) -> Self {
        let mut config = Self { hosts, ..Self::default() };
        for line in resolv_conf.lines() {
            let mut words = line.split_whitespace();
            match (words.next(), words.next()) {
                (Some("nameserver"), Some(address)) if config.servers.len() < SERVERS_AT_MOST => {
                    // An address of the link has a zone, which is rare enough to be left out.
                    config.servers.extend(address.parse().ok().map(|ip: IpAddr| SocketAddr::new(ip, PORT)));
                }
                // The last one counts.
                (Some("search" | "domain"), Some(first)) => {
                    let all = std::iter::once(first).chain(words);
                    config.search = all.take(SEARCH_AT_MOST).map(str::to_owned).collect();
                }
                _ => {}
            }
        }
        if config.servers.is_empty() {
            config.servers.push(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), PORT));
        }
        config
    }

    /// What `/etc/hosts` says.
    fn known(&self, host: &str) -> Vec<IpAddr> {
        let lines = self.hosts.lines().map(|line| line.split('#').next().unwrap_or(""));
        let found = lines.filter_map(|line| {
            let mut words = line.split_whitespace();
            let address = words.next()?.parse().ok()?;
            words.any(|name| name.eq_ignore_ascii_case(host)).then_some(address)
        });
        let found: Vec<IpAddr> = found.take(ADDRESSES_AT_MOST).collect();
        // RFC 6761: whatever else is asked, that name is this machine's.
        let is_here = host == "localhost" || host.ends_with(".localhost");
        if found.is_empty() && is_here {
            vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]
        } else {
            found
        }
    }

    /// Looks up a name.
    ///
    /// # Errors
    /// In the C library's words.
    pub(crate) async fn look_up(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let known = self.known(host);
        if !known.is_empty() {
            return Ok(known);
        }
        // One without a dot is a neighbour's before it is anything else.
        let search = self.search.iter().filter(|_| !host.contains('.'));
        let names = search.map(|domain| format!("{host}.{domain}")).chain([host.to_owned()]);
        let mut failed = NOT_KNOWN;
        for name in names {
            match self.resolve(&name).await {
                Ok(found) if !found.is_empty() => return Ok(found),
                Ok(_) => {}
                Err(why) => failed = why,
            }
        }
        Err(io::Error::other(failed))
    }

    /// IPv6 first, as programs that follow RFC 6724 have it where both can be reached; none when there is no such name.
    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, &'static str> {
        for server in &self.servers {
            if let Ok(Ok(found)) = timeout(PATIENCE, ask(*server, name)).await {
                return Ok(found);
            }
        }
        Err(NO_ANSWER)
    }
}

/// Asks for one family.
async fn question(server: SocketAddr, name: &str, kind: u16) -> io::Result<Vec<IpAddr>> {
    let own: IpAddr =
        if server.is_ipv6() { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((own, 0)).await?;
    // From nobody else is anything taken then.
    socket.connect(server).await?;
    // Not to be guessed.
    let [first, second, ..] = RandomState::new().hash_one(kind).to_be_bytes();
    let id = u16::from_be_bytes([first, second]);
    let query = query(id, name, kind).ok_or(io::ErrorKind::InvalidInput)?;
    socket.send(&query).await?;
    let mut bytes = [0; ANSWER_BYTES];
    loop {
        let length = socket.recv(&mut bytes).await?;
        match addresses(&bytes[..length], &query, kind) {
            Some(Ok(found)) => return Ok(found),
            Some(Err(Refused)) => return Err(io::Error::other(NO_ANSWER)),
            // Nothing of ours.
            None => {}
        }
    }
}

/// None for what is no name.
fn query(id: u16, name: &str, kind: u16) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(18 + name.len());
    // Recursion is desired; one question.
    bytes.extend(id.to_be_bytes());
    bytes.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?;
        bytes.push(length);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes.extend(kind.to_be_bytes());
    bytes.extend(INTERNET.to_be_bytes());
    Some(bytes)
}

/// The server could not, or would not.
#[derive(Debug, PartialEq, Eq)]
struct Refused;

/// The addresses in an answer; none at all when it is not the answer to this query.
fn addresses(answer: &[u8], query: &[u8], kind: u16) -> Option<Result<Vec<IpAddr>, Refused>> {
    let (head, question) = query.split_at_checked(12)?;
    let is_answer = answer.get(..2)? == head.get(..2)? && answer.get(2)? & 0x80 != 0;
    let asked = answer.get(12..12 + question.len())?;
    if !is_answer || !asked.eq_ignore_ascii_case(question) {
        return None;
    }
    match answer.get(3)? & 0x0f {
        0 => {}
        NO_SUCH_NAME => return Some(Ok(Vec::new())),
        _ => return Some(Err(Refused)),
    }
    let count = u16::from_be_bytes([*answer.get(6)?, *answer.get(7)?]);
    let mut rest = answer.get(query.len()..)?;
    let mut found = Vec::new();
    for _ in 0..count {
        let Some((kind_here, data, after)) = record(rest) else { break };
        rest = after;
        let address = match (kind_here, data.len()) {
            (A, 4) => data.try_into().ok().map(|bytes: [u8; 4]| IpAddr::from(bytes)),
            (AAAA, 16) => data.try_into().ok().map(|bytes: [u8; 16]| IpAddr::from(bytes)),
            // The names that lead there (CNAME) are followed by the server.
            _ => None,
        };
        found.extend(address.filter(|_| kind_here == kind && found.len() < ADDRESSES_AT_MOST));
    }
    Some(Ok(found))
}

/// The first record: its type, its data, and what follows it. Whose it is does not matter: the server was asked one question.
fn record(mut bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    loop {
        let (&length, rest) = bytes.split_first()?;
        match length {
            0 => {
                bytes = rest;
                break;
            }
            // A pointer ends a name.
            0xc0.. => {
                bytes = rest.get(1..)?;
                break;
            }
            length => bytes = rest.get(usize::from(length)..)?,
        }
    }
    // Type, class, time to live, length.
    let (head, rest) = bytes.split_at_checked(10)?;
    let kind = u16::from_be_bytes([head[0], head[1]]);
    let (data, after) = rest.split_at_checked(usize::from(u16::from_be_bytes([head[8], head[9]])))?;
    Some((kind, data, after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Answers each question with these addresses, behind a CNAME; with a failure where there is none to tell.
    async fn server(v4: Option<[u8; 4]>, v6: Option<[u8; 16]>, code: u8) -> SocketAddr {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut bytes = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
                let mut answer = bytes[..length].to_vec();
                let kind = u16::from_be_bytes([bytes[length - 4], bytes[length - 3]]);
                let data = if kind == A { v4.map(Vec::from) } else { v6.map(Vec::from) };
                (answer[2], answer[3], answer[7]) = (0x81, 0x80 | code, if data.is_some() { 2 } else { 0 });
                if let Some(data) = data {
                    answer.extend([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 12]);
                    answer.extend([0xc0, 12, 0, bytes[length - 3], 0, 1, 0, 0, 0, 9, 0]);
                    answer.push(u8::try_from(data.len()).unwrap());
                    answer.extend(data);
                }
                // Somebody who guesses comes first.
                let mut guessed = answer.clone();
                guessed[0] ^= 1;
                let _ = socket.send_to(&guessed, from).await;
                let _ = socket.send_to(&answer, from).await;
            }
        });
        address
    }

    fn asking(servers: Vec<SocketAddr>) -> Config {
        Config { servers, search: vec!["corp.example".into()], hosts: "127.0.0.9 Known # other\n".into() }
    }

    #[tokio::test]
    async fn a_name_has_addresses_of_both_families() {
        let (v4, v6) = ([192, 0, 2, 1], Ipv6Addr::LOCALHOST.octets());
        let answers = server(Some(v4), Some(v6), 0).await;
        let both = [IpAddr::from(v6), IpAddr::from(v4)];
        assert_eq!(asking(vec![answers]).look_up("api.example").await.unwrap(), both);
        let refuses = server(None, None, 2).await;
        assert_eq!(
            asking(vec![refuses, answers]).look_up("api.example").await.unwrap(),
            both,
            "the next one"
        );
        assert_eq!(asking(vec![]).look_up("known").await.unwrap(), [IpAddr::from([127, 0, 0, 9])]);
        assert_eq!(asking(vec![]).look_up("localhost").await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_name_that_is_none_is_told_from_a_resolver_that_fails() {
        for (code, words) in [(0, NOT_KNOWN), (3, NOT_KNOWN), (2, NO_ANSWER), (5, NO_ANSWER)] {
            let config = asking(vec![server(None, None, code).await]);
            assert_eq!(config.look_up("proxy").await.unwrap_err().to_string(), words, "{code}");
        }
    }

    #[test]
    fn the_files_are_read_as_the_c_library_reads_them() {
        let config = Config::of(
            "# x\nnameserver 9.9.9.9\nnameserver nonsense\nsearch a.example\nsearch b.example c.example\noptions x\n",
            String::new(),
        );
        assert_eq!(config.servers, [SocketAddr::from(([9, 9, 9, 9], 53))]);
        assert_eq!(config.search, ["b.example", "c.example"]);
        assert_eq!(Config::of("", String::new()).servers, [SocketAddr::from(([127, 0, 0, 1], 53))]);
        assert!(!Config::of_this_machine().servers.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_answer_is_too_strange(bytes: Vec<u8>, begins_well: bool) {
            let query = query(7, "api.example", A).unwrap();
            let mut answer = query.clone();
            (answer[2], answer[7]) = (0x81, 200);
            let answer = if begins_well { [answer, bytes].concat() } else { bytes };
            if let Some(Ok(found)) = addresses(&answer, &query, A) {
                prop_assert!(found.len() <= ADDRESSES_AT_MOST);
            }
        }

        #[test]
        fn any_name_is_asked_for_or_none(name in "[ -~é]{0,300}") {
            if let Some(query) = query(7, &name, A) {
                prop_assert_eq!(query.len(), 18 + name.trim_end_matches('.').len());
            }
        }
    }
}
