//! `/proc/net/tcp` and `tcp6`, for kernels without `sock_diag`. Format: `proc_pid_net(5)`.

use super::parse::{decimal, hexadecimal, words};
use super::procfs;
use super::sock_diag::{ESTABLISHED, LISTEN};
use crate::contract::Socket;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// How much of one table is read: 110 000 sockets.
const TABLE_BYTES: usize = 16 << 20;

/// Hands over each socket of both families that listens or is connected.
pub(crate) fn sockets(root: &Path, each: &mut dyn FnMut(Socket)) {
    for name in ["net/tcp", "net/tcp6"] {
        let each_line = &mut |line: &[u8]| {
            if let Some(socket) = socket(line) {
                each(socket);
            }
        };
        // What was handed over before an error stays: the rest is not known, as when there is no table at all.
        procfs::read_lines(&root.join(name), TABLE_BYTES, each_line).ok();
    }
}

/// One row. `None` for the headline, for other states, and for what makes no sense.
pub(crate) fn socket(line: &[u8]) -> Option<Socket> {
    let mut fields = words(line);
    fields.next()?.strip_suffix(b":").and_then(decimal)?;
    let (local, remote) = (address(fields.next()?)?, address(fields.next()?)?);
    let state = u8::try_from(hexadecimal(fields.next()?)?).ok()?;
    let (_transmit, receive) = pair(fields.next()?)?;
    let (uid, inode) = (fields.nth(2)?, fields.nth(1)?);
    let listening = state == LISTEN;
    (listening || state == ESTABLISHED).then_some(())?;
    Some(Socket {
        key: decimal(inode)?,
        listening,
        local,
        remote,
        uid: Some(u32::try_from(decimal(uid)?).ok()?),
        backlog: if listening { Some(u32::try_from(hexadecimal(receive)?).ok()?) } else { None },
        silent_for: None,
    })
}

/// `0100007F:1F90`: the address in words of the machine's byte order, the port as a number.
fn address(text: &[u8]) -> Option<SocketAddr> {
    let (ip, port) = pair(text)?;
    let word = |digits: &[u8]| Some(u32::try_from(hexadecimal(digits)?).ok()?.to_ne_bytes());
    let ip = match ip.len() {
        8 => IpAddr::from(word(ip)?),
        32 => {
            let mut bytes = [0; 16];
            for (four, digits) in bytes.chunks_exact_mut(4).zip(ip.chunks_exact(8)) {
                four.copy_from_slice(&word(digits)?);
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::try_from(hexadecimal(port)?).ok()?))
}

fn pair(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = text.iter().position(|&byte| byte == b':')?;
    Some((&text[..colon], &text[colon + 1..]))
}
