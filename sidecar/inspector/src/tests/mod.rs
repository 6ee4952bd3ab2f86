//! Against an inspector that means ill, against the real one of Node, and against made-up extension folders.

mod fake;
mod folders;
#[cfg(unix)]
mod node;
