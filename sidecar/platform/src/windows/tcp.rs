//! The TCP tables of Windows: they name the holder of each socket, whoever it is.
#![allow(unsafe_code)]

use super::win32::read_at;
use crate::contract::{Socket, TcpRows};
use std::ffi::c_void;
use std::mem::offset_of;
use std::net::{IpAddr, SocketAddr};
use windows_sys::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, NO_ERROR};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    GetExtendedTcpTable, MIB_TCP_STATE_ESTAB, MIB_TCP_STATE_LISTEN, MIB_TCP6ROW_OWNER_MODULE,
    MIB_TCP6TABLE_OWNER_MODULE, MIB_TCPROW_OWNER_MODULE, MIB_TCPTABLE_OWNER_MODULE,
    TCP_TABLE_OWNER_MODULE_ALL, TCP_TABLE_OWNER_MODULE_LISTENER,
};

/// <winsock2.h>
const AF_INET: u32 = 2;
const AF_INET6: u32 = 23;
/// How much of one table is read: 200 000 sockets.
const TABLE_BYTES: usize = 32 << 20;

/// Hands over each socket of both families that listens or is connected.
pub(super) fn sockets(rows: TcpRows, each: &mut dyn FnMut(Socket)) {
    let first = offset_of!(MIB_TCPTABLE_OWNER_MODULE, table);
    for row in table::<MIB_TCPROW_OWNER_MODULE>(AF_INET, rows, first) {
        let ip = |ip: u32| IpAddr::from(ip.to_ne_bytes());
        let local = address(ip(row.dwLocalAddr), row.dwLocalPort);
        let remote = address(ip(row.dwRemoteAddr), row.dwRemotePort);
        socket(row.dwState, local, remote, row.dwOwningPid, row.liCreateTimestamp).map(&mut *each);
    }
    let first = offset_of!(MIB_TCP6TABLE_OWNER_MODULE, table);
    for row in table::<MIB_TCP6ROW_OWNER_MODULE>(AF_INET6, rows, first) {
        let local = address(row.ucLocalAddr.into(), row.dwLocalPort);
        let remote = address(row.ucRemoteAddr.into(), row.dwRemotePort);
        socket(row.dwState, local, remote, row.dwOwningPid, row.liCreateTimestamp).map(&mut *each);
    }
}

fn socket(state: u32, local: SocketAddr, remote: SocketAddr, holder: u32, created: i64) -> Option<Socket> {
    let is = |known: i32| i32::try_from(state) == Ok(known);
    let listening = is(MIB_TCP_STATE_LISTEN);
    (listening || is(MIB_TCP_STATE_ESTAB)).then_some(())?;
    // A FILETIME, whose first bits are the same for years; sockets made in the same tick have different ports.
    let key = created.cast_unsigned().rotate_left(16) ^ u64::from(local.port());
    Some(Socket { key, listening, local, remote, uid: None, backlog: None, silent_for: None, holder })
}

/// Ports come in the network's byte order, in the first half of a number.
fn address(ip: IpAddr, port: u32) -> SocketAddr {
    let [high, low, ..] = port.to_ne_bytes();
    SocketAddr::new(ip, u16::from_be_bytes([high, low]))
}

/// The rows of one family's table: a count, and from byte `first` on the rows.
fn table<Row: Copy>(family: u32, rows: TcpRows, first: usize) -> impl Iterator<Item = Row> {
    let table = read(family, rows);
    let count = read_at::<u32>(&table, 0).unwrap_or(0) as usize;
    (0..count).map_while(move |n| read_at(&table, first + n * size_of::<Row>()))
}

/// In words, so that it is aligned. Empty when Windows does not tell.
fn read(family: u32, rows: TcpRows) -> Vec<u64> {
    const WORD: usize = size_of::<u64>();
    let class = match rows {
        TcpRows::Listening => TCP_TABLE_OWNER_MODULE_LISTENER,
        TcpRows::All | TcpRows::Heard => TCP_TABLE_OWNER_MODULE_ALL,
    };
    let mut bytes: usize = 64 << 10;
    while bytes <= TABLE_BYTES {
        let mut table = vec![0_u64; bytes / WORD];
        let mut size = u32::try_from(bytes).unwrap_or(u32::MAX);
        // SAFETY: `table` is writable for `size` bytes.
        let outcome = unsafe {
            GetExtendedTcpTable(table.as_mut_ptr().cast::<c_void>(), &raw mut size, 0, family, class, 0)
        };
        match outcome {
            NO_ERROR => return table,
            ERROR_INSUFFICIENT_BUFFER => bytes *= 2,
            _ => break,
        }
    }
    Vec::new()
}
