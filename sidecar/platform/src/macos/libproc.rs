//! The calls into `libproc` and `sysctl`: all the unsafe code of macOS is here.
//!
//! Numbers that the `libc` crate lacks are from <sys/proc_info.h> of XNU:
//! <https://github.com/apple-oss-distributions/xnu/blob/main/bsd/sys/proc_info.h>.
#![allow(unsafe_code)]

use super::error;
use crate::printable::clean;
use crate::{CHILDREN_AT_MOST, Error, THREADS_AT_MOST};
use nix::errno::Errno;
use nix::libc::{self, c_int, c_void};
use std::sync::OnceLock;

/// The process is being debugged.
pub(super) const PROC_FLAG_TRACED: u32 = 2;
/// A terminal controls the process.
pub(super) const PROC_FLAG_CONTROLT: u32 = 0x80;
/// The process is being torn down.
pub(super) const PROC_FLAG_INEXIT: u32 = 4;
/// For `proc_listpids`: those with this parent.
const PROC_PPID_ONLY: u32 = 6;
/// Facts about one thread, by its id.
const PROC_PIDTHREADID64INFO: c_int = 15;
/// The ids of all threads. Private, but unchanged since macOS 10.14.
const PROC_PIDLISTTHREADIDS: c_int = 28;

/// For `proc_listpids`: those of this effective user.
const PROC_UID_ONLY: u32 = 4;
/// Facts about a socket, by its descriptor, and the size of `struct socket_fdinfo`.
const PROC_PIDFDSOCKETINFO: c_int = 3;
pub(super) const SOCKET_BYTES: usize = 792;
/// How many descriptors of one process are looked at.
const DESCRIPTORS_AT_MOST: usize = 4096;

/// Whether a process that has exited but was not reaped is still found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Zombies {
    Included,
    Excluded,
}

pub(super) fn bsd_info(pid: u32, zombies: Zombies) -> Result<libc::proc_bsdinfo, Error> {
    // `arg` 1 asks for zombies too: `proc_pidinfo` in bsd/kern/proc_info.c.
    info(pid, libc::PROC_PIDTBSDINFO, u64::from(zombies == Zombies::Included))
}

pub(super) fn all_info(pid: u32) -> Result<libc::proc_taskallinfo, Error> {
    info(pid, libc::PROC_PIDTASKALLINFO, 0)
}

pub(super) fn thread_info(pid: u32, thread: u64) -> Result<libc::proc_threadinfo, Error> {
    info(pid, PROC_PIDTHREADID64INFO, thread)
}

pub(super) fn thread_ids(pid: u32) -> Result<Vec<u64>, Error> {
    let mut ids = vec![0_u64; THREADS_AT_MOST];
    let bytes = fill(pid, PROC_PIDLISTTHREADIDS, 0, &mut ids)?;
    ids.truncate(bytes / size_of::<u64>());
    Ok(ids)
}

/// A thread's name, empty when it has none.
pub(super) fn thread_name(info: &libc::proc_threadinfo) -> String {
    let name: Vec<u8> =
        info.pth_name.iter().map(|char| char.cast_unsigned()).take_while(|&byte| byte != 0).collect();
    clean(&name)
}

pub(super) fn child_pids(parent: u32) -> Vec<u32> {
    pids(PROC_PPID_ONLY, parent, CHILDREN_AT_MOST)
}

pub(super) fn pids_of_user(uid: u32, at_most: usize) -> Vec<u32> {
    pids(PROC_UID_ONLY, uid, at_most)
}

fn pids(kind: u32, of: u32, at_most: usize) -> Vec<u32> {
    let mut pids = vec![0_u32; at_most];
    let Ok(size) = c_int::try_from(size_of_val(&pids[..])) else { return Vec::new() };
    // SAFETY: `pids` is writable for `size` bytes and the kernel writes at most that many; any bits are a `u32`.
    let bytes = unsafe { libc::proc_listpids(kind, of, pids.as_mut_ptr().cast::<c_void>(), size) };
    pids.truncate(usize::try_from(bytes).unwrap_or(0) / size_of::<u32>());
    pids.retain(|&pid| pid != 0);
    pids
}

/// The descriptors of a process that are sockets; none when we may not look.
pub(super) fn sockets(pid: u32) -> Vec<i32> {
    let mut fds = vec![libc::proc_fdinfo { proc_fd: 0, proc_fdtype: 0 }; DESCRIPTORS_AT_MOST];
    let bytes = fill(pid, libc::PROC_PIDLISTFDS, 0, &mut fds).unwrap_or(0);
    fds.truncate(bytes / size_of::<libc::proc_fdinfo>());
    let is_socket = |fd: &libc::proc_fdinfo| i32::try_from(fd.proc_fdtype) == Ok(libc::PROX_FDTYPE_SOCKET);
    fds.into_iter().filter(is_socket).map(|fd| fd.proc_fd).collect()
}

/// `struct socket_fdinfo`, as it comes.
pub(super) fn socket_info(pid: u32, fd: i32) -> Option<[u8; SOCKET_BYTES]> {
    let mut info = [0_u8; SOCKET_BYTES];
    let (pid, size) = (c_int::try_from(pid).ok()?, c_int::try_from(SOCKET_BYTES).ok()?);
    // SAFETY: `info` is writable for `size` bytes and the kernel writes at most that many.
    let written = unsafe {
        libc::proc_pidfdinfo(pid, fd, PROC_PIDFDSOCKETINFO, info.as_mut_ptr().cast::<c_void>(), size)
    };
    (written == size).then_some(info)
}

/// The mask of caught signals (bit n - 1 stands for signal n) and the start of the process, in µs since 1970.
///
/// `struct kinfo_proc` begins with `struct extern_proc`: the start time (s, µs) at 0, the pid at 40, `p_sigcatch` at
/// 236 (<sys/proc.h>; all 64-bit systems). `fill_user64_externproc` in bsd/kern/kern_sysctl.c fills it in.
pub(super) fn caught_signals(pid: u32) -> Result<(u32, u64), Error> {
    const KINFO_BYTES: usize = 648;
    let raw = c_int::try_from(pid).map_err(|_| Error::Gone { pid })?;
    let mut name = [libc::CTL_KERN, libc::KERN_PROC, libc::KERN_PROC_PID, raw];
    let mut info = [0_u8; KINFO_BYTES];
    let mut length = info.len();
    // SAFETY: `name` has four numbers, `info` is writable for `length` bytes, and nothing is set.
    let outcome = unsafe {
        libc::sysctl(
            name.as_mut_ptr(),
            4,
            info.as_mut_ptr().cast::<c_void>(),
            &raw mut length,
            std::ptr::null_mut(),
            0,
        )
    };
    if outcome != 0 {
        return Err(error(Errno::last(), pid, "ask which signals a process catches"));
    }
    if length == 0 {
        return Err(Error::Gone { pid });
    }
    let int =
        |at: usize| info.get(at..).and_then(|rest| rest.first_chunk()).map(|&four| u32::from_ne_bytes(four));
    let seconds = info.first_chunk().map(|&eight| u64::from_ne_bytes(eight));
    match (length, int(40), seconds, int(8), int(236)) {
        (KINFO_BYTES, Some(found), Some(seconds), Some(microseconds), Some(caught)) if found == pid => {
            Ok((caught, seconds.saturating_mul(1_000_000).saturating_add(microseconds.into())))
        }
        _ => Err(Error::Malformed { what: "kinfo_proc" }),
    }
}

/// `kern.memorystatus_vm_pressure_level`: 1, 2 or 4.
pub(super) fn memory_pressure_level() -> Option<u32> {
    let mut level = [0_u8; 4];
    let mut length = level.len();
    // SAFETY: the name is a C string, `level` is writable for `length` bytes, and nothing is set.
    let outcome = unsafe {
        libc::sysctlbyname(
            c"kern.memorystatus_vm_pressure_level".as_ptr(),
            level.as_mut_ptr().cast::<c_void>(),
            &raw mut length,
            std::ptr::null_mut(),
            0,
        )
    };
    (outcome == 0 && length == level.len()).then(|| u32::from_ne_bytes(level))
}

/// The UUID of this boot.
pub(super) fn boot_session() -> Option<String> {
    let mut text = [0_u8; 64];
    let mut length = text.len();
    // SAFETY: the name is a C string, `text` is writable for `length` bytes, and nothing is set.
    let outcome = unsafe {
        libc::sysctlbyname(
            c"kern.bootsessionuuid".as_ptr(),
            text.as_mut_ptr().cast::<c_void>(),
            &raw mut length,
            std::ptr::null_mut(),
            0,
        )
    };
    let text = text.get(..length)?.split(|&byte| byte == 0).next()?;
    (outcome == 0 && !text.is_empty()).then(|| clean(text))
}

/// CPU times of a task come in ticks of the Mach clock: 1 ns on Intel, 125/3 ns on Apple silicon.
#[expect(deprecated, reason = "a crate for one call would not be worth its keep")]
pub(super) fn ticks_to_ns(ticks: u64) -> u64 {
    static TIMEBASE: OnceLock<(u32, u32)> = OnceLock::new();
    let &(numerator, denominator) = TIMEBASE.get_or_init(|| {
        let mut timebase = libc::mach_timebase_info { numer: 1, denom: 1 };
        // SAFETY: writes two integers to where it is told.
        let outcome = unsafe { libc::mach_timebase_info(&raw mut timebase) };
        if outcome == 0 && timebase.denom != 0 { (timebase.numer, timebase.denom) } else { (1, 1) }
    });
    let ns = u128::from(ticks) * u128::from(numerator) / u128::from(denominator);
    u64::try_from(ns).unwrap_or(u64::MAX)
}

/// What the kernel may write over: plain integers, of which any bits are valid.
trait Plain: Copy {}
impl Plain for libc::proc_bsdinfo {}
impl Plain for libc::proc_taskallinfo {}
impl Plain for libc::proc_threadinfo {}
impl Plain for libc::proc_fdinfo {}
impl Plain for u64 {}

fn info<T: Plain>(pid: u32, flavor: c_int, arg: u64) -> Result<T, Error> {
    // SAFETY: zeroes are valid for `Plain` types.
    let mut answer = [unsafe { std::mem::zeroed::<T>() }];
    let written = fill(pid, flavor, arg, &mut answer)?;
    // Less than the whole is an older kernel's idea of the structure.
    if written < size_of::<T>() {
        return Err(Error::Malformed { what: "proc_pidinfo" });
    }
    let [answer] = answer;
    Ok(answer)
}

/// How many bytes of `room` were written.
fn fill<T: Plain>(pid: u32, flavor: c_int, arg: u64, room: &mut [T]) -> Result<usize, Error> {
    let raw = c_int::try_from(pid).map_err(|_| Error::Gone { pid })?;
    let size = c_int::try_from(size_of_val(room)).map_err(|_| Error::Malformed { what: "room" })?;
    // SAFETY: `room` is writable for `size` bytes, the kernel writes at most that many, and any bits are a `Plain`.
    let written = unsafe { libc::proc_pidinfo(raw, flavor, arg, room.as_mut_ptr().cast::<c_void>(), size) };
    // Zero, or less, is an error.
    match usize::try_from(written) {
        Ok(written) if written > 0 => Ok(written),
        _ => Err(error(Errno::last(), pid, "ask for facts about a process")),
    }
}
