//! The `lifeline` binary: the daemon that watches extension hosts, and the command line that asks it.

#![deny(unsafe_op_in_unsafe_fn)]

mod act;
mod cli;
mod clock;
mod connections;
mod disk;
mod input;
mod inspector;
mod journal;
mod memory;
mod outgoing;
mod relay;
mod run;
mod sense;
mod serve;
mod snapshots;
mod store;
mod wire;
mod wording;

fn main() -> std::process::ExitCode {
    cli::main()
}
