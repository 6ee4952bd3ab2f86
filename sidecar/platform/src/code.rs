//! Our own code in memory: what is not being run need not be mapped.

/// Lets go of the pages of this program's code. What runs is mapped again at once, from the page cache and without a disk being read; what
/// only the start needed, or a command line's work, stays away. Returns how much it let go of at the most, in bytes; 0 where that is not known how.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
pub fn let_go_of_code() -> usize {
    let ours = let_go_of_code as *const () as usize;
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let Some(code) = maps.lines().filter_map(parse).find(|code| code.contains(&ours)) else { return 0 };
    // SAFETY: `code` is the mapping that holds this function, and it is private, executable, of a file, and was never writable: each page
    // of it is as the file has it, and is read from there again when it is used.
    let done = unsafe {
        rustix::mm::madvise(
            code.start as *mut core::ffi::c_void,
            code.len(),
            rustix::mm::Advice::LinuxDontNeed,
        )
    };
    if done.is_ok() { code.len() } else { 0 }
}

/// Nobody knows how here.
#[cfg(not(target_os = "linux"))]
pub const fn let_go_of_code() -> usize {
    0
}

/// A line of `/proc/self/maps`, if it is a file's code (`proc_pid_maps(5)`).
#[cfg(target_os = "linux")]
fn parse(line: &str) -> Option<std::ops::Range<usize>> {
    let mut fields = line.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let is_code = fields.next() == Some("r-xp");
    let address = |text| usize::from_str_radix(text, 16).ok();
    let (_offset, _device, inode) = (fields.next()?, fields.next()?, fields.next()?);
    (is_code && inode != "0").then_some(address(start)?..address(end)?)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_runs_goes_on_running() {
        assert!(let_go_of_code() > 100_000, "this test's own code is larger");
        let other = std::thread::spawn(let_go_of_code).join().unwrap();
        assert!(other > 100_000);
    }

    #[test]
    fn only_the_code_of_a_file_is_meant() {
        let code = "55e0c0a00000-55e0c0f00000 r-xp 00200000 fe:00 12345   /usr/bin/x y";
        assert_eq!(parse(code), Some(0x55e0_c0a0_0000..0x55e0_c0f0_0000));
        for other in [
            "7ffd5000-7ffd7000 r-xp 00000000 00:00 0 [vdso]",
            "55e0c0a00000-55e0c0f00000 rw-p 00200000 fe:00 12345 /x",
            "55e0c0a00000-55e0c0f00000 r--p 00200000 fe:00 12345 /x",
            "55e0c0a00000-55e0c0f00000 rwxp 00200000 fe:00 12345 /x",
            "",
            "x-y r-xp 0 0 1",
            "55e0c0a00000 r-xp",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
