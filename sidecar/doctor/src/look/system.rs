//! The system's own files: space, watches, permissions, network, sleep.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::facts::{FolderFacts, Inotify, Network, Seen};

use super::text_of;

/// Processes whose descriptors are looked at, and descriptors of each.
const PROCESSES_AT_MOST: usize = 4096;
const DESCRIPTORS_AT_MOST: usize = 4096;

/// What a VPN's interface is called.
const VPN_PREFIXES: [&str; 8] = ["tun", "tap", "wg", "ppp", "utun", "tailscale", "nordlynx", "proton"];

/// The flag of an interface that is up (`IFF_UP`), and of a route that refuses (`RTF_REJECT`).
const IS_UP: u32 = 0x1;
const REJECTS: u32 = 0x200;

/// What an ordinary user can still write below this folder, or where it would be made.
#[cfg(unix)]
pub(super) fn free_bytes(path: &Path) -> Seen<u64> {
    let existing = path.ancestors().find(|path| path.exists()).unwrap_or(path);
    match rustix::fs::statvfs(existing) {
        Ok(told) => Ok(told.f_bavail.saturating_mul(told.f_frsize)),
        Err(error) => Err(format!("its space is not told ({}).", std::io::Error::from(error).kind())),
    }
}

#[cfg(not(unix))]
pub(super) fn free_bytes(_: &Path) -> Seen<u64> {
    Err("its space is not told on this system.".into())
}

/// Of our own processes: the limits are per user.
pub(super) fn inotify(proc: &Path) -> Seen<Option<Inotify>> {
    let limits = proc.join("sys/fs/inotify");
    let limit = |name: &str| text_of(&limits.join(name)).ok().flatten()?.trim().parse::<u64>().ok();
    let (Some(watches_at_most), Some(instances_at_most)) =
        (limit("max_user_watches"), limit("max_user_instances"))
    else {
        return Ok(None);
    };
    let (mut watches_used, mut instances_used) = (0, 0);
    for process in entries(proc).filter(|path| is_pid(path) && is_ours(path)).take(PROCESSES_AT_MOST) {
        for descriptor in entries(&process.join("fd")).take(DESCRIPTORS_AT_MOST) {
            let is_inotify =
                fs::read_link(&descriptor).is_ok_and(|to| to.as_os_str() == "anon_inode:inotify");
            if let (true, Some(number)) = (is_inotify, descriptor.file_name()) {
                instances_used += 1;
                let told = fs::read_to_string(process.join("fdinfo").join(number)).unwrap_or_default();
                watches_used += told.lines().filter(|line| line.starts_with("inotify ")).count() as u64;
            }
        }
    }
    Ok(Some(Inotify { watches_used, watches_at_most, instances_used, instances_at_most }))
}

/// Root may look into those of others, too.
#[cfg(unix)]
fn is_ours(process: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(process).is_ok_and(|known| known.uid() == rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn is_ours(_: &Path) -> bool {
    true
}

fn is_pid(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// Claude Code's folder, that of its locks, Lifeline's; those that do not exist are left out.
pub(super) fn folders(own: [Option<PathBuf>; 3]) -> Vec<FolderFacts> {
    let what = ["Claude Code's folder", "the folder of IDE locks", "Lifeline's state folder"];
    let found = what.into_iter().zip(own).filter_map(|(what, path)| {
        let path = path?;
        fs::metadata(&path).ok()?.is_dir().then(|| FolderFacts {
            what,
            is_writable: is_writable(&path),
            others_can_write: others_can_write(&path),
            is_private: true,
            path,
        })
    });
    found.collect()
}

#[cfg(unix)]
fn is_writable(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn is_writable(path: &Path) -> bool {
    !fs::metadata(path).is_ok_and(|known| known.permissions().readonly())
}

/// Anybody may; a group may be the user's own, and is not judged.
#[cfg(unix)]
fn others_can_write(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    const STICKY: u32 = 0o1000;
    let mode = fs::metadata(path).map_or(0, |known| known.mode());
    mode & 0o002 != 0 && mode & STICKY == 0 && others_can_reach(path)
}

#[cfg(not(unix))]
fn others_can_write(_: &Path) -> bool {
    false
}

#[cfg(unix)]
pub(super) fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).is_ok_and(|known| known.mode() & 0o004 != 0) && others_can_reach(path)
}

#[cfg(not(unix))]
pub(super) fn others_can_read(_: &Path) -> bool {
    false
}

/// Whether all folders above let anybody through.
#[cfg(unix)]
fn others_can_reach(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    target.ancestors().skip(1).all(|above| fs::metadata(above).is_ok_and(|known| known.mode() & 0o001 != 0))
}

/// None but on Linux.
pub(super) fn network(root: &Path) -> Seen<Option<Network>> {
    let table = |name: &str| text_of(&root.join("proc/net").join(name)).ok().flatten();
    if table("dev").is_none() {
        return Ok(None);
    }
    Ok(Some(Network {
        has_ipv6_address: table("if_inet6").is_some_and(|table| has_global_address(&table)),
        has_ipv6_route: table("ipv6_route").is_some_and(|table| has_default_route(&table)),
        vpn: vpn(&root.join("sys/class/net")),
        resolvers: match text_of(&root.join("etc/resolv.conf")) {
            Ok(Some(text)) => Ok(resolvers(&text)),
            Ok(None) => Err("is not there".into()),
            Err(why) => Err(why),
        },
    }))
}

/// Columns: address, index, length of the prefix, scope (00: global), flags, name. Unique local addresses (`fc00::/7`) have that scope, too.
fn has_global_address(table: &str) -> bool {
    table.lines().any(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        matches!(columns[..], [address, _, _, "00", _, name] if name != "lo" && !address.starts_with("fc") && !address.starts_with("fd"))
    })
}

/// Columns: destination, length of its prefix, source, its length, next hop, metric, references, uses, flags, name.
fn has_default_route(table: &str) -> bool {
    table.lines().any(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [to, "00", .., flags, name] = columns[..] else { return false };
        let flags = u32::from_str_radix(flags, 16).unwrap_or(REJECTS);
        to.bytes().all(|byte| byte == b'0') && name != "lo" && flags & IS_UP != 0 && flags & REJECTS == 0
    })
}

fn vpn(interfaces: &Path) -> Vec<String> {
    let mut up: Vec<String> = Vec::new();
    for path in entries(interfaces) {
        if let Some(name) = vpn_name(&path) {
            insert_in_order(&mut up, name);
        }
    }
    up
}

/// What an interface may be called, when it is a VPN's and up.
fn vpn_name(interface: &Path) -> Option<String> {
    let name = interface.file_name()?.to_str()?;
    let prefix = VPN_PREFIXES.iter().find(|prefix| name.starts_with(**prefix))?;
    let flags = text_of(&interface.join("flags")).ok().flatten()?;
    let flags = u32::from_str_radix(flags.trim().trim_start_matches("0x"), 16).ok()?;
    let is_numbered = name[prefix.len()..].bytes().all(|byte| byte.is_ascii_digit());
    // What follows the kind may be a customer's name.
    let told = if is_numbered { name.to_owned() } else { format!("{prefix}…") };
    (flags & IS_UP != 0).then_some(told)
}

/// A handful at the most: the standard library's sorts take more of the program than they save here.
fn insert_in_order(list: &mut Vec<String>, new: String) {
    let at = list.iter().take_while(|other| **other < new).count();
    list.insert(at, new);
}

fn resolvers(text: &str) -> usize {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines.filter(|words| matches!(words[..], ["nameserver", _, ..])).count()
}

/// What `logind.conf` and its parts say, the last one counts. None where there is no systemd.
pub(super) fn idle_action(root: &Path) -> Seen<Option<String>> {
    let main = root.join("etc/systemd/logind.conf");
    let folder = root.join("etc/systemd/logind.conf.d");
    let mut parts: Vec<String> = Vec::new();
    for part in entries(&folder) {
        if let Some(name) = part.file_name().and_then(|name| name.to_str()) {
            insert_in_order(&mut parts, name.to_owned());
        }
    }
    let parts = parts.iter().map(|part| folder.join(part));
    let mut action = None;
    for path in std::iter::once(main).chain(parts) {
        for line in text_of(&path)?.unwrap_or_default().lines() {
            if let Some(value) = line.trim().strip_prefix("IdleAction=") {
                let is_word =
                    value.len() <= 32 && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
                action = is_word.then(|| value.to_owned());
            }
        }
    }
    Ok(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_routes_as_the_kernel_writes_them() {
        let local = "00000000000000000000000000000001 01 80 10 80       lo\nfe80000000000000021122fffe334455 02 40 20 80     eth0\nfd000000000000000000000000000001 02 40 00 80     eth0\n";
        assert!(!has_global_address(local));
        assert!(has_global_address("20010db8000000000000000000000001 02 40 00 80     eth0\n"));
        let zero = "0".repeat(32);
        let route = |flags: &str, name: &str| {
            format!(
                "{zero} 00 {zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 {flags} {name}\n"
            )
        };
        assert!(has_default_route(&route("00000003", "eth0")));
        assert!(!has_default_route(&route("00200200", "lo")));
        assert!(!has_default_route(&route("00000203", "eth0")));
        assert!(!has_default_route("garbage\n\u{0}\n"));
    }

    #[test]
    fn resolvers_are_counted() {
        assert_eq!(
            resolvers("# nameserver 1.1.1.1\nnameserver 9.9.9.9\n nameserver\t::1\nnameserver\nsearch x\n"),
            2
        );
    }
}
