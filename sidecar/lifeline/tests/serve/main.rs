//! The daemon as a process: how it is started, found, replaced, asked, and how it leaves.
#![cfg(unix)]

mod command_line;
mod doctor;
mod home;
mod namespace;
mod start;
#[cfg(target_os = "linux")]
mod terminal;
mod watch;
