//! The calls into Windows: all its unsafe code is here, each call wrapped so that it cannot be misused.
#![allow(unsafe_code)]

use crate::{Error, ProcessState};
use std::ffi::c_void;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;
use std::time::Duration;
use windows_sys::Wdk::System::SystemInformation::{NtQuerySystemInformation, SystemProcessInformation};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_INVALID_PARAMETER, FILETIME, HANDLE, INVALID_HANDLE_VALUE,
    STATUS_INFO_LENGTH_MISMATCH, WAIT_OBJECT_0,
};
use windows_sys::Win32::Security::{EqualSid, GetTokenInformation, TOKEN_QUERY, TOKEN_USER, TokenUser};
use windows_sys::Win32::System::Diagnostics::Debug::CheckRemoteDebuggerPresent;
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
    TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
};
use windows_sys::Win32::System::Memory::{
    CreateMemoryResourceNotification, LowMemoryResourceNotification, QueryMemoryResourceNotification,
};
use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetProcessId, GetProcessTimes, GetThreadTimes, OpenProcess, OpenProcessToken,
    OpenThread, PROCESS_ACCESS_RIGHTS, PROCESS_QUERY_INFORMATION, PROCESS_QUERY_LIMITED_INFORMATION,
    PROCESS_SYNCHRONIZE, PROCESS_TERMINATE, THREAD_QUERY_LIMITED_INFORMATION, TerminateProcess,
    WaitForSingleObject,
};
use windows_sys::Win32::System::WindowsProgramming::{
    QueryInterruptTime, QueryUnbiasedInterruptTime, SYSTEM_PROCESS_INFORMATION, SYSTEM_THREAD_INFORMATION,
};

/// The exit code of a process that we end: 128 + SIGKILL, as a Unix shell would say.
const KILLED: u32 = 137;

/// When something started, and the CPU time that it used since.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// In units of 100 ns since 1601.
    pub(super) created: u64,
    pub(super) cpu_ns: u64,
}

pub(super) struct ProcessEntry {
    pub(super) pid: u32,
    pub(super) parent: u32,
}

/// What only the list of the whole system tells of a process.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub(super) threads: u32,
    pub(super) main_thread: ProcessState,
}

pub(super) fn open_to_look(pid: u32) -> Result<OwnedHandle, Error> {
    open(pid, PROCESS_QUERY_LIMITED_INFORMATION)
}

pub(super) fn open_to_end(pid: u32) -> Result<OwnedHandle, Error> {
    open(pid, PROCESS_QUERY_INFORMATION | PROCESS_TERMINATE | PROCESS_SYNCHRONIZE)
}

fn open(pid: u32, rights: PROCESS_ACCESS_RIGHTS) -> Result<OwnedHandle, Error> {
    // SAFETY: takes no pointers.
    let handle = unsafe { OpenProcess(rights, 0, pid) };
    if handle.is_null() {
        let source = io::Error::last_os_error();
        return Err(if is(&source, ERROR_INVALID_PARAMETER) {
            Error::Gone { pid }
        } else if is(&source, ERROR_ACCESS_DENIED) {
            Error::Denied { pid }
        } else {
            Error::Io { doing: "open the process", source }
        });
    }
    // SAFETY: a valid handle that nobody else owns.
    let process = unsafe { OwnedHandle::from_raw_handle(handle) };
    // The last two bits of the number are not looked at: 1237 opens 1236.
    // SAFETY: takes no pointers.
    if unsafe { GetProcessId(handle) } != pid {
        return Err(Error::Gone { pid });
    }
    Ok(process)
}

pub(super) fn process_times(process: &OwnedHandle) -> Result<Times, Error> {
    times(process, GetProcessTimes)
}

pub(super) fn thread_times(thread: &OwnedHandle) -> Result<Times, Error> {
    times(thread, GetThreadTimes)
}

type GetTimes =
    unsafe extern "system" fn(HANDLE, *mut FILETIME, *mut FILETIME, *mut FILETIME, *mut FILETIME) -> i32;

fn times(of: &OwnedHandle, get: GetTimes) -> Result<Times, Error> {
    const NEVER: FILETIME = FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 };
    let (mut created, mut exited, mut kernel, mut user) = (NEVER, NEVER, NEVER, NEVER);
    // SAFETY: both functions write one FILETIME to each of four valid places.
    let outcome =
        unsafe { get(of.as_raw_handle(), &raw mut created, &raw mut exited, &raw mut kernel, &raw mut user) };
    succeeded(outcome, "read CPU times")?;
    let cpu = ticks(kernel).saturating_add(ticks(user));
    Ok(Times { created: ticks(created), cpu_ns: cpu.saturating_mul(100) })
}

fn ticks(time: FILETIME) -> u64 {
    u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime)
}

pub(super) fn working_set_bytes(process: &OwnedHandle) -> Result<u64, Error> {
    let mut counters =
        PROCESS_MEMORY_COUNTERS { cb: size::<PROCESS_MEMORY_COUNTERS>(), ..Default::default() };
    // SAFETY: `counters` is writable for the size that it names.
    let outcome = unsafe { K32GetProcessMemoryInfo(process.as_raw_handle(), &raw mut counters, counters.cb) };
    succeeded(outcome, "read memory counters")?;
    Ok(counters.WorkingSetSize as u64)
}

/// The system's notice that memory is low; `None` when it gives none.
pub(super) fn memory_is_low() -> Option<bool> {
    // SAFETY: takes no pointers.
    let notice = unsafe { CreateMemoryResourceNotification(LowMemoryResourceNotification) };
    if notice.is_null() {
        return None;
    }
    // SAFETY: a valid handle that nobody else owns.
    let notice = unsafe { OwnedHandle::from_raw_handle(notice) };
    let mut low = 0;
    // SAFETY: writes one BOOL to a valid place.
    let outcome = unsafe { QueryMemoryResourceNotification(notice.as_raw_handle(), &raw mut low) };
    (outcome != 0).then_some(low != 0)
}

pub(super) fn is_debugged(process: &OwnedHandle) -> Result<bool, Error> {
    let mut present = 0;
    // SAFETY: writes one BOOL to a valid place.
    let outcome = unsafe { CheckRemoteDebuggerPresent(process.as_raw_handle(), &raw mut present) };
    succeeded(outcome, "look for a debugger")?;
    Ok(present != 0)
}

pub(super) fn is_signalled(handle: &OwnedHandle) -> bool {
    // SAFETY: takes no pointers.
    unsafe { WaitForSingleObject(handle.as_raw_handle(), 0) == WAIT_OBJECT_0 }
}

/// Blocks until the process has exited.
pub(super) fn wait(handle: &OwnedHandle) -> Result<(), Error> {
    // SAFETY: takes no pointers.
    let outcome = unsafe { WaitForSingleObject(handle.as_raw_handle(), u32::MAX) };
    succeeded(i32::from(outcome == WAIT_OBJECT_0), "wait for the end of a process")
}

pub(super) fn terminate(process: &OwnedHandle) -> Result<(), Error> {
    // SAFETY: takes no pointers.
    succeeded(unsafe { TerminateProcess(process.as_raw_handle(), KILLED) }, "end the process")
}

pub(super) fn is_of_our_user(process: &OwnedHandle) -> Result<bool, Error> {
    // SAFETY: a constant that stands for this process; needs no closing.
    let ours = User::of(unsafe { GetCurrentProcess() })?;
    let theirs = User::of(process.as_raw_handle())?;
    // SAFETY: both point to SIDs inside buffers that outlive the call.
    Ok(unsafe { EqualSid(ours.sid(), theirs.sid()) } != 0)
}

/// A `TOKEN_USER` and behind it the SID that it points to. In words, so that it is aligned.
struct User(Vec<u64>);

impl User {
    fn of(process: HANDLE) -> Result<Self, Error> {
        let mut token = ptr::null_mut();
        // SAFETY: writes one handle to a valid place.
        succeeded(
            unsafe { OpenProcessToken(process, TOKEN_QUERY, &raw mut token) },
            "open the user's token",
        )?;
        // SAFETY: a valid handle that nobody else owns.
        let token = unsafe { OwnedHandle::from_raw_handle(token) };
        // 16 bytes and a SID of at most 68: SECURITY_MAX_SID_SIZE.
        let mut user = vec![0_u64; 16];
        let mut needed = 0;
        // SAFETY: `user` is writable for 128 bytes.
        let outcome = unsafe {
            GetTokenInformation(
                token.as_raw_handle(),
                TokenUser,
                user.as_mut_ptr().cast::<c_void>(),
                128,
                &raw mut needed,
            )
        };
        succeeded(outcome, "read the user of a token")?;
        Ok(Self(user))
    }

    fn sid(&self) -> *mut c_void {
        // SAFETY: `of` has let the system write a TOKEN_USER here; the buffer is larger and aligned.
        unsafe { (*self.0.as_ptr().cast::<TOKEN_USER>()).User.Sid }
    }
}

/// All processes. Takes about a millisecond.
pub(super) fn processes() -> Result<Vec<ProcessEntry>, Error> {
    let snapshot = snapshot(TH32CS_SNAPPROCESS)?;
    let mut entry = PROCESSENTRY32W { dwSize: size::<PROCESSENTRY32W>(), ..Default::default() };
    let mut entries = Vec::new();
    // SAFETY: `entry` is writable for the size that it names.
    let mut more = unsafe { Process32FirstW(snapshot.as_raw_handle(), &raw mut entry) };
    while more != 0 {
        entries.push(ProcessEntry { pid: entry.th32ProcessID, parent: entry.th32ParentProcessID });
        // SAFETY: as above.
        more = unsafe { Process32NextW(snapshot.as_raw_handle(), &raw mut entry) };
    }
    Ok(entries)
}

/// The thread of the process that was made first. Takes about a millisecond: done once, when watching starts.
pub(super) fn main_thread(pid: u32) -> Result<(u32, OwnedHandle), Error> {
    let snapshot = snapshot(TH32CS_SNAPTHREAD)?;
    let mut entry = THREADENTRY32 { dwSize: size::<THREADENTRY32>(), ..Default::default() };
    let mut first: Option<(u64, u32, OwnedHandle)> = None;
    // SAFETY: `entry` is writable for the size that it names.
    let mut more = unsafe { Thread32First(snapshot.as_raw_handle(), &raw mut entry) };
    while more != 0 {
        if entry.th32OwnerProcessID == pid
            && let Ok(thread) = open_thread(entry.th32ThreadID)
            && let Ok(Times { created, .. }) = thread_times(&thread)
            && first.as_ref().is_none_or(|&(earliest, ..)| created < earliest)
        {
            first = Some((created, entry.th32ThreadID, thread));
        }
        // SAFETY: as above.
        more = unsafe { Thread32Next(snapshot.as_raw_handle(), &raw mut entry) };
    }
    first.map(|(_created, id, thread)| (id, thread)).ok_or(Error::Gone { pid })
}

fn open_thread(id: u32) -> Result<OwnedHandle, Error> {
    // SAFETY: takes no pointers.
    let handle = unsafe { OpenThread(THREAD_QUERY_LIMITED_INFORMATION, 0, id) };
    succeeded(i32::from(!handle.is_null()), "open a thread")?;
    // SAFETY: a valid handle that nobody else owns.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

fn snapshot(of: u32) -> Result<OwnedHandle, Error> {
    // SAFETY: takes no pointers.
    let handle = unsafe { CreateToolhelp32Snapshot(of, 0) };
    succeeded(i32::from(handle != INVALID_HANDLE_VALUE), "list processes or threads")?;
    // SAFETY: a valid handle that nobody else owns.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// What the main thread does; `None` when it is not in the list. Reads the list of the whole system, 1 to 5 ms.
///
/// Layout: <https://learn.microsoft.com/windows/win32/api/winternl/nf-winternl-ntquerysysteminformation>.
pub(super) fn main_thread_state(pid: u32, thread: u32) -> Result<Option<Seen>, Error> {
    let list = process_list()?;
    let mut at = 0;
    loop {
        let Some(process) = read_at::<SYSTEM_PROCESS_INFORMATION>(&list, at) else { return Ok(None) };
        if process.UniqueProcessId.addr() == pid as usize {
            let first = at + size_of::<SYSTEM_PROCESS_INFORMATION>();
            return Ok((0..process.NumberOfThreads as usize)
                .map_while(|n| read_at(&list, first + n * size_of::<SYSTEM_THREAD_INFORMATION>()))
                .find(|found: &SYSTEM_THREAD_INFORMATION| {
                    found.ClientId.UniqueThread.addr() == thread as usize
                })
                .map(|found| Seen {
                    threads: process.NumberOfThreads,
                    main_thread: state(found.ThreadState, found.WaitReason),
                }));
        }
        if process.NextEntryOffset == 0 {
            return Ok(None);
        }
        at += process.NextEntryOffset as usize;
    }
}

/// In words, so that it is aligned.
fn process_list() -> Result<Vec<u64>, Error> {
    const WORD: usize = size_of::<u64>();
    // A desktop's list has 0.3 to 1 MB.
    let mut bytes: usize = 1 << 20;
    while bytes <= 1 << 26 {
        let mut list = vec![0_u64; bytes / WORD];
        let mut needed = 0;
        let size = u32::try_from(bytes).unwrap_or(u32::MAX);
        // SAFETY: `list` is writable for `bytes` bytes.
        let status = unsafe {
            NtQuerySystemInformation(
                SystemProcessInformation,
                list.as_mut_ptr().cast::<c_void>(),
                size,
                &raw mut needed,
            )
        };
        if status >= 0 {
            return Ok(list);
        }
        if status != STATUS_INFO_LENGTH_MISMATCH {
            break;
        }
        bytes *= 2;
    }
    Err(Error::Malformed { what: "NtQuerySystemInformation" })
}

/// A copy of the structure that starts at byte `at`, if all of it lies in the list.
pub(super) fn read_at<T: Copy>(list: &[u64], at: usize) -> Option<T> {
    let end = at.checked_add(size_of::<T>())?;
    if end > size_of_val(list) {
        return None;
    }
    // SAFETY: the bytes from `at` to `end` are inside the list, and the structures that are read this way are integers
    // and raw pointers, of which any bits are valid.
    Some(unsafe { ptr::read_unaligned(list.as_ptr().byte_add(at).cast::<T>()) })
}

/// `KTHREAD_STATE` (ntddk.h) and `KWAIT_REASON` (wdm.h).
fn state(state: u32, wait_reason: u32) -> ProcessState {
    match (state, wait_reason) {
        (1 | 2 | 3 | 7, _) => ProcessState::Running,
        (4, _) => ProcessState::Dead,
        (5, 5 | 12) => ProcessState::Stopped,
        // FreePage, PageIn, PoolAllocation and their Wr… twins.
        (5, 1..=3 | 8..=10) => ProcessState::DiskSleep,
        (5, _) => ProcessState::Sleeping,
        _ => ProcessState::Unknown('?'),
    }
}

/// Stands still while the machine sleeps.
pub(super) fn unbiased_interrupt_time() -> Duration {
    let mut time = 0;
    // SAFETY: writes one integer to a valid place. Fails only for a null pointer.
    unsafe { QueryUnbiasedInterruptTime(&raw mut time) };
    hundred_ns(time)
}

/// Goes on while the machine sleeps. Windows 10 and later.
pub(super) fn interrupt_time() -> Duration {
    let mut time = 0;
    // SAFETY: writes one integer to a valid place.
    unsafe { QueryInterruptTime(&raw mut time) };
    hundred_ns(time)
}

fn hundred_ns(time: u64) -> Duration {
    Duration::from_micros(time / 10) + Duration::from_nanos(time % 10 * 100)
}

fn succeeded(outcome: i32, doing: &'static str) -> Result<(), Error> {
    if outcome != 0 { Ok(()) } else { Err(Error::Io { doing, source: io::Error::last_os_error() }) }
}

fn is(error: &io::Error, code: u32) -> bool {
    error.raw_os_error() == i32::try_from(code).ok()
}

fn size<T>() -> u32 {
    u32::try_from(size_of::<T>()).unwrap_or(u32::MAX)
}
