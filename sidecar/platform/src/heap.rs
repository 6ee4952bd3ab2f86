//! Memory that our own process has freed goes back to the system.

/// Gives back what the allocator holds free. glibc keeps it otherwise, wherever something is still in use behind it. A few µs for a heap of
/// 1 MB; to be called now and then. Does nothing where the C library is another one.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
pub fn give_back_free_memory() {
    // SAFETY: it may be called at any time, from any thread; it touches no memory that is in use.
    unsafe { libc::malloc_trim(0) };
}

/// Does nothing: the C library here is not glibc.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub const fn give_back_free_memory() {}
