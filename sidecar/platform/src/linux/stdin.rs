//! Whether anybody can still write to a process's standard input: what Node gives a child (a socket), and what a shell does (a pipe).
//!
//! Formats: `sock_diag(7)`, <linux/unix_diag.h>. Numbers are in the machine's byte order.

use super::procfs::Folder;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, fstat, readlinkat};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink};

/// `SOCK_DIAG_BY_FAMILY`, of the request and of the answer.
const BY_FAMILY: u16 = 20;
/// `NLM_F_REQUEST`
const REQUEST: u16 = 1;
const HEADER_BYTES: usize = 16;
/// `struct unix_diag_req`
const REQUEST_BYTES: usize = HEADER_BYTES + 24;
/// `struct unix_diag_msg`
const MESSAGE_BYTES: usize = 16;
/// `UNIX_DIAG_SHUTDOWN`: one byte of `RCV_SHUTDOWN` and `SEND_SHUTDOWN`, told whatever was asked for.
const SHUTDOWN: u16 = 6;
/// `RCV_SHUTDOWN`: the other end was closed, or will not write any more.
const NOTHING_COMES: u8 = 1;

impl Folder {
    /// `Some(true)`: somebody holds the other end. `None`: it is neither pipe nor socket, or we may not look.
    pub(crate) fn stdin_is_held(&self) -> Option<bool> {
        let link = readlinkat(&self.fd, "fd/0", Vec::new()).ok()?;
        let link = link.to_bytes();
        if link.starts_with(b"pipe:[") {
            return self.pipe_is_held();
        }
        let inode = super::parse::socket_link(link)?;
        shutdown_of(u32::try_from(inode).ok()?).map(|shutdown| shutdown & NOTHING_COMES == 0)
    }

    /// A second reader of the same pipe, for a moment, which takes nothing out of it: the kernel tells it whether there is a writer.
    fn pipe_is_held(&self) -> Option<bool> {
        let pipe = self.file("fd/0").ok()?;
        // It may have been exchanged since its link was read.
        if FileType::from_raw_mode(fstat(&pipe).ok()?.st_mode) != FileType::Fifo {
            return None;
        }
        let mut fds = [PollFd::new(&pipe, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).ok()?;
        Some(!fds[0].revents().contains(PollFlags::HUP))
    }
}

/// How far the Unix socket with this inode, of our own network namespace, is shut down.
fn shutdown_of(inode: u32) -> Option<u8> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket =
        rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, Some(netlink::SOCK_DIAG))
            .ok()?;
    rustix::net::send(&socket, &request(inode), SendFlags::empty()).ok()?;
    let mut answer = [0; 1024];
    // Never waits: the answer is there when `send` returns.
    let got = rustix::net::recv(&socket, &mut answer[..], RecvFlags::empty()).ok()?.1;
    shutdown_in(answer.get(..got)?, inode)
}

fn request(inode: u32) -> [u8; REQUEST_BYTES] {
    let mut request = [0; REQUEST_BYTES];
    request[0..4].copy_from_slice(&40_u32.to_ne_bytes());
    request[4..6].copy_from_slice(&BY_FAMILY.to_ne_bytes());
    request[6..8].copy_from_slice(&REQUEST.to_ne_bytes());
    request[16] = AddressFamily::UNIX.as_raw().to_le_bytes()[0];
    request[20..24].copy_from_slice(&u32::MAX.to_ne_bytes());
    request[24..28].copy_from_slice(&inode.to_ne_bytes());
    // The cookie of no socket in particular.
    request[32..40].fill(0xff);
    request
}

/// The attribute, from an answer that is about this socket.
fn shutdown_in(answer: &[u8], inode: u32) -> Option<u8> {
    let u16_at = |at: usize| Some(u16::from_ne_bytes(*answer.get(at..)?.first_chunk()?));
    let u32_at = |at: usize| Some(u32::from_ne_bytes(*answer.get(at..)?.first_chunk()?));
    let end = usize::try_from(u32_at(0)?).ok()?.min(answer.len());
    (u16_at(4)? == BY_FAMILY && u32_at(HEADER_BYTES + 4)? == inode).then_some(())?;
    let mut at = HEADER_BYTES + MESSAGE_BYTES;
    while at + 4 <= end {
        let (length, kind) = (usize::from(u16_at(at)?), u16_at(at + 2)?);
        if length < 4 {
            return None;
        }
        if kind == SHUTDOWN {
            return (length > 4 && at + 4 < end).then(|| answer[at + 4]);
        }
        // Attributes begin at multiples of four.
        at += length.next_multiple_of(4);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(inode: u32, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut answer = vec![0; HEADER_BYTES + MESSAGE_BYTES];
        answer[4..6].copy_from_slice(&BY_FAMILY.to_ne_bytes());
        answer[20..24].copy_from_slice(&inode.to_ne_bytes());
        for (kind, value) in attributes {
            let length = u16::try_from(value.len() + 4).unwrap();
            answer.extend(length.to_ne_bytes());
            answer.extend(kind.to_ne_bytes());
            answer.extend(*value);
            answer.resize(answer.len().next_multiple_of(4), 0);
        }
        let length = u32::try_from(answer.len()).unwrap();
        answer[0..4].copy_from_slice(&length.to_ne_bytes());
        answer
    }

    #[test]
    fn the_shutdown_of_this_very_socket_is_found() {
        let told = answer(77, &[(0, b"abc"), (SHUTDOWN, &[3]), (7, &[0; 4])]);
        assert_eq!(shutdown_in(&told, 77), Some(3));
        assert_eq!(shutdown_in(&told, 78), None);
        assert_eq!(shutdown_in(&answer(77, &[(0, b"abc")]), 77), None);
        assert_eq!(shutdown_in(&answer(77, &[(SHUTDOWN, b"")]), 77), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = shutdown_in(&bytes, 77);
            let mut like = answer(77, &[]);
            like.extend(&bytes);
            let length = u32::try_from(like.len()).unwrap();
            like[0..4].copy_from_slice(&length.to_ne_bytes());
            let _ = shutdown_in(&like, 77);
        }
    }
}
