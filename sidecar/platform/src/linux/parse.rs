//! Reads the texts of `/proc`. Pure, and total: whatever the bytes are, the answer is a value or `None`, never a panic.
//!
//! A process chooses its own name, so the name may look like anything, such as `) R 1 2` or a line of `status`.

use crate::printable::clean;
use crate::{Memory, ProcessState, Stall};

/// The fields of `/proc/PID/stat` that we use. Numbers: `proc_pid_stat(5)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stat {
    /// Field 3.
    pub(crate) state: ProcessState,
    /// Field 4.
    pub(crate) parent: u32,
    /// Field 7 is the number of the terminal that controls it; 0 is none.
    pub(crate) has_terminal: bool,
    pub(crate) in_front: bool,
    /// Fields 14 and 15, user and kernel time, in clock ticks.
    pub(crate) cpu_ticks: u64,
    /// Field 20.
    pub(crate) threads: u32,
    /// Field 22, in clock ticks since boot.
    pub(crate) start_time: u64,
    /// Field 24. Never negative, but the kernel prints it signed.
    pub(crate) rss_pages: u64,
}

/// Fields are counted from the *last* `)`: the name before it is the only text in the line, so no later field can
/// hold one. A line that was cut inside a field that we need is no answer.
pub(crate) fn stat(text: &[u8]) -> Option<Stat> {
    let name_end = text.iter().rposition(|&byte| byte == b')')?;
    let rest = text.get(name_end + 1..)?.strip_prefix(b" ")?;
    let mut field = [&rest[..0]; 22]; // fields 3 to 24
    let mut left = rest;
    for slot in &mut field {
        let end = left.iter().position(u8::is_ascii_whitespace)?;
        *slot = &left[..end];
        left = &left[end + 1..];
    }
    let number = |n: usize| decimal(field[n - 3]);
    let small = |n: usize| number(n).and_then(|value| u32::try_from(value).ok());
    Some(Stat {
        state: state(field[0])?,
        parent: small(4)?,
        has_terminal: field[7 - 3] != b"0",
        in_front: field[5 - 3] == field[8 - 3],
        cpu_ticks: number(14)?.saturating_add(number(15)?),
        threads: small(20)?,
        start_time: number(22)?,
        rss_pages: number(24)?,
    })
}

/// Whether `/proc/PID/cgroup` names a login: `…/session-3.scope` of systemd's, in any of its lines, whoever nested it.
pub(crate) fn in_login_session(groups: &[u8]) -> bool {
    let is_login = |part: &[u8]| part.starts_with(b"session-") && part.ends_with(b".scope");
    groups.split(|&byte| matches!(byte, b'\n' | b'/')).any(is_login)
}

/// The name in `/proc/PID/stat`: what stands between the first `(` and the last `)`.
pub(crate) fn name(stat: &[u8]) -> Option<&[u8]> {
    let start = stat.iter().position(|&byte| byte == b'(')? + 1;
    let end = stat.iter().rposition(|&byte| byte == b')')?;
    stat.get(start..end)
}

fn state(field: &[u8]) -> Option<ProcessState> {
    let &[letter] = field else { return None };
    Some(match letter {
        b'R' => ProcessState::Running,
        b'S' => ProcessState::Sleeping,
        b'D' => ProcessState::DiskSleep,
        b'T' => ProcessState::Stopped,
        b't' => ProcessState::Traced,
        b'Z' => ProcessState::Zombie,
        b'X' | b'x' => ProcessState::Dead,
        b'I' => ProcessState::Idle,
        other if other.is_ascii_graphic() => ProcessState::Unknown(char::from(other)),
        _ => return None,
    })
}

/// The lines of `/proc/PID/status` that we use; `None` where the kernel does not print one (gVisor).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Status {
    /// Real, effective and saved user.
    pub(crate) uids: Option<[u32; 3]>,
    pub(crate) tracer_pid: Option<u32>,
    /// Bit n - 1 stands for signal n.
    pub(crate) caught_signals: Option<u64>,
    pub(crate) voluntary_switches: Option<u64>,
    pub(crate) involuntary_switches: Option<u64>,
}

/// The kernel escapes a newline in the name (the first line), so a process cannot write lines of its own. Should it
/// manage to anyway, the kernel's own line comes later, and the last one counts.
pub(crate) fn status(text: &[u8]) -> Status {
    let mut status = Status::default();
    // What stands behind the last newline was cut off, or is empty.
    let Some(end) = text.iter().rposition(|&byte| byte == b'\n') else { return status };
    for line in text[..end].split(|&byte| byte == b'\n') {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
        let (key, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        match key {
            b"Uid" => {
                let mut uids = words(value).map(|word| decimal(word).and_then(|uid| u32::try_from(uid).ok()));
                let mut next = || uids.next().flatten();
                status.uids = (|| Some([next()?, next()?, next()?]))();
            }
            b"TracerPid" => status.tracer_pid = decimal(value).and_then(|pid| u32::try_from(pid).ok()),
            b"SigCgt" => status.caught_signals = hexadecimal(value),
            b"voluntary_ctxt_switches" => status.voluntary_switches = decimal(value),
            b"nonvoluntary_ctxt_switches" => status.involuntary_switches = decimal(value),
            _ => {}
        }
    }
    status
}

/// `/proc/PID/schedstat`: CPU time and run queue delay, in ns. `None` also for `0 0 0`, which a kernel prints that does
/// not count (or of a process so young that it has not run).
pub(crate) fn schedstat(text: &[u8]) -> Option<(u64, u64)> {
    let text = text.strip_suffix(b"\n")?;
    let mut numbers = words(text).map(decimal);
    let mut next = || numbers.next().flatten();
    match (next()?, next()?, next()?) {
        (0, 0, 0) => None,
        (cpu_ns, delay_ns, _timeslices) => Some((cpu_ns, delay_ns)),
    }
}

/// `/proc/PID/task/TID/children`: pids with a space behind each. A number without one may have been cut.
pub(crate) fn pid_list(text: &[u8]) -> impl Iterator<Item = u32> {
    let end = text.iter().rposition(|&byte| byte == b' ').unwrap_or(0);
    words(&text[..end]).filter_map(pid)
}

/// A pid as a folder name or a list entry: 1 to 2^31 - 1, no sign, no leading zero.
pub(crate) fn pid(text: &[u8]) -> Option<u32> {
    if text.first() == Some(&b'0') {
        return None;
    }
    decimal(text).filter(|&pid| i32::try_from(pid).is_ok()).and_then(|pid| u32::try_from(pid).ok())
}

/// `/proc/pressure/*`: `some avg10=0.27 avg60=0.27 avg300=0.21 total=4480827`, and the same for `full`.
pub(crate) fn stall(text: &[u8]) -> Option<Stall> {
    let mut stall = Stall::default();
    let mut seen = false;
    for line in text.split(|&byte| byte == b'\n') {
        let mut parts = words(line);
        let kind = parts.next();
        let (mut avg10, mut total) = (None, None);
        for part in parts {
            if let Some(value) = part.strip_prefix(b"avg10=") {
                avg10 = percent(value);
            } else if let Some(value) = part.strip_prefix(b"total=") {
                total = decimal(value);
            }
        }
        let (Some(avg10), Some(total)) = (avg10, total) else { continue };
        match kind {
            Some(b"some") => {
                seen = true;
                (stall.some_avg10_percent, stall.some_total_us) = (avg10, total);
            }
            Some(b"full") => (stall.full_avg10_percent, stall.full_total_us) = (avg10, total),
            _ => {}
        }
    }
    seen.then_some(stall)
}

/// The second number of `/proc/PID/statm`: resident pages.
pub(crate) fn resident_pages(statm: &[u8]) -> Option<u64> {
    words(statm.strip_suffix(b"\n")?).nth(1).and_then(decimal)
}

/// `/proc/meminfo`: lines such as `MemTotal:       24684092 kB`. A kB has 1024 bytes: `proc_meminfo(5)`.
pub(crate) fn memory(text: &[u8]) -> Option<Memory> {
    let bytes = |name: &[u8]| {
        let line = text.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(name))?;
        let mut words = words(line);
        let kilobytes = decimal(words.next()?)?;
        (words.next() == Some(b"kB")).then_some(kilobytes)?.checked_mul(1024)
    };
    let total_bytes = bytes(b"MemTotal:").filter(|&total| total > 0)?;
    Some(Memory {
        total_bytes,
        available_bytes: bytes(b"MemAvailable:")?.min(total_bytes),
        swap_total_bytes: bytes(b"SwapTotal:").unwrap_or(0),
        swap_free_bytes: bytes(b"SwapFree:").unwrap_or(0),
        level: None,
    })
}

/// `/proc/PID/cmdline`, one by one. Where the text was cut, the last one may have been too, and is left out.
pub(crate) fn arguments(text: &[u8], cut: bool) -> Vec<String> {
    let mut arguments: Vec<&[u8]> = text.split(|&byte| byte == 0).collect();
    // Behind the last NUL stands nothing, the rest of a cut one, or what a program wrote over its own arguments.
    if cut || text.last().is_none_or(|&byte| byte == 0) {
        arguments.pop();
    }
    arguments.into_iter().map(clean).collect()
}

/// What `/proc/PID/exe` points to.
pub(crate) fn executable(link: &[u8]) -> &[u8] {
    link.strip_suffix(b" (deleted)").unwrap_or(link)
}

/// What a descriptor of a file or a folder points to; `None` for sockets and the like, and for what has been removed.
pub(crate) fn file_link(link: &[u8]) -> Option<&[u8]> {
    (link.starts_with(b"/") && !link.ends_with(b" (deleted)")).then_some(link)
}

/// What a descriptor of a socket points to: `socket:[12345]`.
pub(crate) fn socket_link(link: &[u8]) -> Option<u64> {
    link.strip_prefix(b"socket:[")?.strip_suffix(b"]").and_then(decimal)
}

/// A boot id is 36 hexadecimal digits and dashes; anything else is not one.
pub(crate) fn boot_id(text: &[u8]) -> Option<String> {
    let text = text.trim_ascii();
    let valid = text.len() == 36 && text.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    valid.then(|| String::from_utf8_lossy(text).into_owned())
}

/// `/proc/PID/wchan`: a kernel symbol. `0` means that it runs, or that the kernel hides it.
pub(crate) fn wchan(text: &[u8]) -> Option<String> {
    let text = text.trim_ascii();
    let symbol =
        !text.is_empty() && text != b"0" && text.len() <= 128 && text.iter().all(u8::is_ascii_graphic);
    symbol.then(|| String::from_utf8_lossy(text).into_owned())
}

/// `/proc/PID/cmdline`: arguments that end in NUL. `None` when there is no argument at all.
pub(crate) fn command_line(text: &[u8]) -> Option<String> {
    let end = text.iter().rposition(|&byte| byte != 0)? + 1;
    let with_spaces: Vec<u8> = text[..end].iter().map(|&byte| if byte == 0 { b' ' } else { byte }).collect();
    Some(clean(&with_spaces))
}

pub(crate) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// Digits only, and it fits.
pub(crate) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// Hexadecimal digits only, 1 to 16 of them.
pub(crate) fn hexadecimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 16 {
        return None;
    }
    text.iter().try_fold(0, |value, &byte| Some(value << 4 | u64::from(char::from(byte).to_digit(16)?)))
}

/// `12.34`, 0 to 100.
fn percent(text: &[u8]) -> Option<f32> {
    let value: f32 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (0.0..=100.0).contains(&value).then_some(value)
}
