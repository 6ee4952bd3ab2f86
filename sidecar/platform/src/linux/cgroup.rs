//! The memory limits of control groups, version 1 and 2.
//!
//! `/proc/PID/cgroup` names the groups of a process, `/proc/self/mountinfo` where they can be seen: `cgroups(7)`.

use super::parse::{decimal, words};
use super::{Machine, procfs};
use crate::CgroupMemory;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf};

/// How much of the list of mounts is read: a machine full of containers has 100 kB.
const MOUNTS_BYTES: usize = 1 << 20;
/// A line per hierarchy, of which there are at most 14, with a path of at most 4096 bytes.
pub(super) const GROUPS_BYTES: usize = 64 << 10;
/// `memory.stat` has 2 to 5 kB.
const STAT_BYTES: usize = 32 << 10;
/// How far up is gone. systemd nests five deep, Kubernetes six.
const GENERATIONS_AT_MOST: usize = 64;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Version {
    V1,
    V2,
}

/// Where a hierarchy of groups that counts memory is mounted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Mount {
    version: Version,
    /// The group that is seen at the mount point: in a container often its own.
    root: PathBuf,
    point: PathBuf,
}

impl Machine {
    pub(super) fn cgroup_memory_of(&self, pid: u32) -> Option<CgroupMemory> {
        let mut text = Vec::new();
        procfs::read_path(&self.root.join(format!("{pid}/cgroup")), GROUPS_BYTES, &mut text).ok()?;
        let groups: Vec<(Version, &Path)> =
            text.split(|&byte| byte == b'\n').filter_map(memory_group).collect();
        let mut mounts = Vec::new();
        let each = &mut |line: &[u8]| mounts.extend(mount(line));
        procfs::read_lines(&self.root.join("self/mountinfo"), MOUNTS_BYTES, each).ok();
        // A limit that the machine cannot reach is none.
        let machine_bytes = self.memory_now().map_or(u64::MAX, |memory| memory.total_bytes);
        let mut seen = Vec::new();
        for (version, group) in groups {
            let mounted = mounts.iter().filter(|mount| mount.version == version);
            // Where it is mounted twice, once is enough.
            if let Some(steps) = mounted.filter_map(|mount| steps_below(mount, group)).next() {
                seen.extend(steps.iter().filter_map(|folder| limit(version, folder, machine_bytes)));
            }
        }
        seen.into_iter().min_by_key(|group| group.limit_bytes.saturating_sub(group.used_bytes))
    }
}

/// One line of `/proc/PID/cgroup`, `4:memory:/path` or `0::/path`, if it is of a hierarchy that counts memory. (In the
/// second, the groups may turn out not to: then their files are missing.)
pub(crate) fn memory_group(line: &[u8]) -> Option<(Version, &Path)> {
    let mut parts = line.splitn(3, |&byte| byte == b':');
    let (number, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
    let version = match (number, controllers) {
        (b"0", b"") => Version::V2,
        _ if controllers.split(|&byte| byte == b',').any(|name| name == b"memory") => Version::V1,
        _ => return None,
    };
    path.starts_with(b"/").then(|| (version, Path::new(OsStr::from_bytes(path))))
}

/// One line of `/proc/self/mountinfo`, if it is a hierarchy that may count memory: `proc_pid_mountinfo(5)`.
pub(crate) fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = words(line).skip(3);
    let (root, point) = (unescaped(fields.next()?), unescaped(fields.next()?));
    let mut fields = fields.skip_while(|&field| field != b"-").skip(1);
    let (kind, _source, options) = (fields.next()?, fields.next()?, fields.next()?);
    let version = match kind {
        b"cgroup2" => Version::V2,
        b"cgroup" if options.split(|&byte| byte == b',').any(|name| name == b"memory") => Version::V1,
        _ => return None,
    };
    Some(Mount { version, root, point })
}

/// Space, tab, newline and backslash are written as `\040` and so on.
fn unescaped(text: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = after;
        let octal = |digit: &u8| (b'0'..=b'7').contains(digit).then(|| u32::from(digit - b'0'));
        let code = (|| match after {
            [a, b, c, ..] if *first == b'\\' => {
                u8::try_from(octal(a)? << 6 | octal(b)? << 3 | octal(c)?).ok()
            }
            _ => None,
        })();
        bytes.push(code.unwrap_or(*first));
        if code.is_some() {
            rest = &after[3..];
        }
    }
    std::ffi::OsString::from_vec(bytes).into()
}

/// The folders of a group and those above it, as far as they are seen through this mount. `None` when the group is not.
pub(crate) fn steps_below(mount: &Mount, group: &Path) -> Option<Vec<PathBuf>> {
    let below = group.strip_prefix(&mount.root).ok()?;
    // `..` stands for what lies outside of our own namespace.
    let names: Option<Vec<&OsStr>> = below
        .components()
        .map(|part| if let Component::Normal(name) = part { Some(name) } else { None })
        .collect();
    let mut folder = mount.point.clone();
    let mut steps = vec![folder.clone()];
    for name in names.filter(|names| names.len() < GENERATIONS_AT_MOST)? {
        folder.push(name);
        steps.push(folder.clone());
    }
    Some(steps)
}

/// What one group allows and uses; `None` when it sets no limit below `machine_bytes`.
fn limit(version: Version, folder: &Path, machine_bytes: u64) -> Option<CgroupMemory> {
    let number = |name: &str| number(folder, name);
    let (limits, used, inactive): (&[&str], _, &[u8]) = match version {
        // `memory.high` is no wall, but a group that runs against it is slowed down until it stands still.
        Version::V2 => (&["memory.max", "memory.high"], "memory.current", b"inactive_file"),
        Version::V1 => (&["memory.limit_in_bytes"], "memory.usage_in_bytes", b"total_inactive_file"),
    };
    let limit_bytes =
        limits.iter().filter_map(|name| number(name)).min().filter(|&limit| limit < machine_bytes)?;
    let used = number(used)?;
    let mut text = Vec::new();
    procfs::read_path(&folder.join("memory.stat"), STAT_BYTES, &mut text).ok();
    Some(CgroupMemory { limit_bytes, used_bytes: used.saturating_sub(value(&text, inactive).unwrap_or(0)) })
}

/// A file that holds one number. `None` also for `max`.
fn number(folder: &Path, name: &str) -> Option<u64> {
    let mut text = Vec::new();
    procfs::read_path(&folder.join(name), 64, &mut text).ok()?;
    decimal(text.trim_ascii())
}

/// The number behind this name in `memory.stat`.
pub(crate) fn value(stat: &[u8], name: &[u8]) -> Option<u64> {
    stat.split(|&byte| byte == b'\n').find_map(|line| {
        let mut words = words(line);
        (words.next()? == name).then(|| words.next().and_then(decimal))?
    })
}
