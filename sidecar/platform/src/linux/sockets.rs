//! Whose a socket is: `/proc/PID/fd` names the inode of each that a process holds.

use super::{Machine, procfs::Folder};
use super::{parse, sock_diag, tcp_table};
use crate::contract::{Socket, TcpRows};
use crate::{PROCESSES_AT_MOST, ProcessId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;

/// How many descriptors of one process are looked at. An extension host has 50 to 200.
pub(super) const DESCRIPTORS_AT_MOST: usize = 4096;
/// How many descriptors are looked at altogether: about 0.13 s.
const DESCRIPTORS_IN_ALL: usize = 32_768;

impl Machine {
    /// From the kernel itself where this is the real machine and it answers, else from the tables in `/proc`.
    pub(super) fn each_tcp_socket(&self, rows: TcpRows, each: &mut dyn FnMut(Socket)) {
        if self.is_real() && sock_diag::sockets(rows, each).is_ok() {
            return;
        }
        tcp_table::sockets(&self.root, &mut |socket| {
            if socket.listening || rows != TcpRows::Listening {
                each(socket);
            }
        });
    }

    /// Stops as soon as all are found. Of several holders the first of `likely` counts, else the first in `/proc`.
    pub(super) fn socket_holders(&self, sockets: &[Socket], likely: &[u32]) -> BTreeMap<u64, ProcessId> {
        let us = rustix::process::geteuid().as_raw();
        // Inode 0: no process has it any more, or none has it yet.
        let ours = sockets.iter().filter(|socket| socket.uid == Some(us) && socket.key != 0);
        let wanted = ours.map(|socket| socket.key).collect();
        let mut search =
            Search { root: &self.root, us, wanted, found: BTreeMap::new(), left: DESCRIPTORS_IN_ALL };
        for &pid in likely {
            search.ask(pid);
        }
        if !search.is_over()
            && let Ok(entries) = std::fs::read_dir(&self.root)
        {
            entries
                .filter_map(|entry| parse::pid(entry.ok()?.file_name().as_encoded_bytes()))
                .filter(|pid| !likely.contains(pid))
                .take(PROCESSES_AT_MOST)
                .take_while(|&pid| {
                    search.ask(pid);
                    !search.is_over()
                })
                .for_each(drop);
        }
        search.found
    }

    /// The inodes of its sockets; `None` when we may not look, or it has no descriptor at all: that may be the same.
    pub(super) fn sockets_of(&self, pid: u32) -> Option<BTreeSet<u64>> {
        let mut inodes = BTreeSet::new();
        let looked_at = Folder::open(&self.root, pid).ok()?.each_socket(DESCRIPTORS_AT_MOST, |inode| {
            inodes.insert(inode);
            true
        });
        (looked_at > 0).then_some(inodes)
    }

    pub(super) fn listening_addresses_of(&self, pid: u32) -> Vec<SocketAddr> {
        let inodes = self.sockets_of(pid).unwrap_or_default();
        let mut addresses = Vec::new();
        if !inodes.is_empty() {
            self.each_tcp_socket(TcpRows::Listening, &mut |socket| {
                if inodes.contains(&socket.key) {
                    addresses.push(socket.local);
                }
            });
        }
        addresses
    }
}

/// A search for those who hold sockets.
struct Search<'a> {
    root: &'a Path,
    us: u32,
    /// The inodes that are not found yet.
    wanted: BTreeSet<u64>,
    found: BTreeMap<u64, ProcessId>,
    /// How many more descriptors may be looked at.
    left: usize,
}

impl Search<'_> {
    fn is_over(&self) -> bool {
        self.wanted.is_empty() || self.left == 0
    }

    /// Takes what this process holds off the list. Its folder stays that of one process, so holder and identity are of
    /// the same.
    fn ask(&mut self, pid: u32) {
        if self.is_over() {
            return;
        }
        let Some(folder) = Folder::open(self.root, pid).ok().filter(|folder| folder.is_of(self.us)) else {
            return;
        };
        let mut held = Vec::new();
        let looked_at = folder.each_socket(self.left.min(DESCRIPTORS_AT_MOST), |inode| {
            if self.wanted.remove(&inode) {
                held.push(inode);
            }
            !self.wanted.is_empty()
        });
        self.left -= looked_at;
        if !held.is_empty()
            && let Ok(stat) = folder.stat()
        {
            let id = ProcessId { pid, start_time: stat.start_time };
            self.found.extend(held.into_iter().map(|inode| (inode, id)));
        }
    }
}
