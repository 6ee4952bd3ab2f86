//! What one look costs: `cargo run --release -p lifeline-platform --example cost [PID]`. Without a pid, at itself.
#![allow(clippy::print_stdout)]

use lifeline_platform::{Error, Platform};
use std::hint::black_box;
use std::time::Instant;

fn main() -> Result<(), Error> {
    let pid = std::env::args().nth(1).and_then(|pid| pid.parse().ok()).unwrap_or(std::process::id());
    let platform = Platform::new();
    let id = platform.identify(pid)?;
    let mut handle = platform.watch(id)?;
    println!("{:#?}", handle.sample_in_full()?);

    measure("identify", || platform.identify(pid));
    measure("watch, and let go", || platform.watch(id));
    measure("sample", || handle.sample());
    measure("sample_in_full", || handle.sample_in_full());
    measure("has_exited", || handle.has_exited());
    measure("children", || platform.children(pid));
    measure("ancestors_of_self", || platform.ancestors_of_self());
    measure("pressure", || platform.pressure());
    measure("self_rss_bytes", || platform.self_rss_bytes());
    measure("monotonic and boottime", || (Platform::monotonic(), Platform::boottime()));
    Ok(())
}

fn measure<T>(what: &str, mut call: impl FnMut() -> T) {
    const CALLS: u32 = 2000;
    let start = Instant::now();
    for _ in 0..CALLS {
        black_box(call());
    }
    let each = start.elapsed() / CALLS;
    println!("{what:24} {:9.2} µs", each.as_secs_f64() * 1e6);
}
