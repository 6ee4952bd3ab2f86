//! An access list for the pipe that names this user alone. Windows' own default lets everyone read.

use std::{
    ffi::{OsStr, c_void},
    io, mem, ptr,
};

use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};
use windows_sys::Win32::{
    Foundation::{CloseHandle, GENERIC_ALL, HANDLE},
    Security::{
        ACCESS_ALLOWED_ACE, ACL, ACL_REVISION, AddAccessAllowedAce, GetLengthSid, GetTokenInformation,
        InitializeAcl, InitializeSecurityDescriptor, SECURITY_ATTRIBUTES, SECURITY_DESCRIPTOR,
        SetSecurityDescriptorDacl, TOKEN_QUERY, TOKEN_USER, TokenUser,
    },
    System::Threading::{GetCurrentProcess, OpenProcessToken},
};

/// `SECURITY_DESCRIPTOR_REVISION` of winnt.h.
const REVISION: u32 = 1;

/// The access list: one entry, everything for the user of this process. `u64`s, because it must be aligned.
#[derive(Debug)]
pub(crate) struct OnlyThisUser(Vec<u64>);

impl OnlyThisUser {
    /// Makes the list.
    ///
    /// # Errors
    /// What Windows says.
    pub(crate) fn new() -> io::Result<Self> {
        let user = user()?;
        // SAFETY: Windows has filled the buffer with a TOKEN_USER, and the SID that it points to lies behind it in the
        // same buffer, which lives until the end of this function.
        let sid = unsafe { (*user.as_ptr().cast::<TOKEN_USER>()).User.Sid };
        // SAFETY: the SID is Windows' own.
        let sid_bytes = unsafe { GetLengthSid(sid) };
        // The entry's last field is where the SID begins.
        let entry = mem::size_of::<ACCESS_ALLOWED_ACE>() - mem::size_of::<u32>();
        let bytes = length(mem::size_of::<ACL>() + entry)? + sid_bytes;
        let mut list = vec![0_u64; bytes.div_ceil(8) as usize];
        let acl = list.as_mut_ptr().cast::<ACL>();
        // SAFETY: the buffer is aligned and has at least `bytes` bytes.
        check(unsafe { InitializeAcl(acl, bytes.div_ceil(8) * 8, ACL_REVISION) })?;
        // SAFETY: the list was just initialised, with room for this entry; the SID is copied.
        check(unsafe { AddAccessAllowedAce(acl, ACL_REVISION, GENERIC_ALL, sid) })?;
        Ok(Self(list))
    }

    /// Makes an instance of a pipe that has this list.
    ///
    /// # Errors
    /// What Windows says; `PermissionDenied` when a first instance is not the first.
    pub(crate) fn create(&self, options: &ServerOptions, pipe: &OsStr) -> io::Result<NamedPipeServer> {
        // SAFETY: a plain structure of integers and pointers, for which zero is a value.
        let mut descriptor: SECURITY_DESCRIPTOR = unsafe { mem::zeroed() };
        let descriptor_pointer = ptr::from_mut(&mut descriptor).cast::<c_void>();
        // SAFETY: the descriptor is ours and writable.
        check(unsafe { InitializeSecurityDescriptor(descriptor_pointer, REVISION) })?;
        // SAFETY: the descriptor was just initialised; the list outlives it, and is only read.
        check(unsafe { SetSecurityDescriptorDacl(descriptor_pointer, 1, self.0.as_ptr().cast::<ACL>(), 0) })?;
        let mut attributes = SECURITY_ATTRIBUTES {
            nLength: length(mem::size_of::<SECURITY_ATTRIBUTES>())?,
            lpSecurityDescriptor: descriptor_pointer,
            bInheritHandle: 0,
        };
        // SAFETY: the attributes, the descriptor and the list live until the call returns; Windows copies them.
        unsafe { options.create_with_security_attributes_raw(pipe, ptr::from_mut(&mut attributes).cast()) }
    }
}

/// The TOKEN_USER of this process.
fn user() -> io::Result<Vec<u64>> {
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: the pseudo handle of this process needs no closing; `token` receives a handle, closed below.
    check(unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) })?;
    // TOKEN_USER and the largest SID (68 bytes) fit easily.
    let mut buffer = vec![0_u64; 32];
    let mut needed = 0;
    let bytes = length(mem::size_of_val(buffer.as_slice()))?;
    // SAFETY: the buffer is aligned and has `bytes` bytes.
    let got = check(unsafe {
        GetTokenInformation(token, TokenUser, buffer.as_mut_ptr().cast(), bytes, &mut needed)
    });
    // SAFETY: the handle is ours, and used no more.
    unsafe { CloseHandle(token) };
    got.map(|()| buffer)
}

fn check(result: i32) -> io::Result<()> {
    if result == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn length(bytes: usize) -> io::Result<u32> {
    u32::try_from(bytes).map_err(io::Error::other)
}
