//! What one look costs: `cargo run --release -p lifeline-platform --example cost [PID]`. Without a pid, at itself.
#![allow(clippy::print_stdout)]

use lifeline_platform::{Error, KnownHolders, Platform};
use std::hint::black_box;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
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

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let _client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("our own listener");
    let (us, ports) = (std::process::id(), [port, 1, 2]);
    let in_proc_only = Platform::with_proc_root("/proc/../proc");
    measure("listener", || platform.listener(port));
    measure("  without sock_diag", || in_proc_only.listener(port));
    measure("listening_addresses", || platform.listening_addresses(us));
    measure("port_owner, likely", || platform.port_owner(port, &[us]));
    measure("port_owner, of all", || platform.port_owner(port, &[]));
    measure("port_users of 3, likely", || platform.port_users(&ports, &[us]));
    let mut known = KnownHolders::default();
    measure("port_users_again of 3", || platform.port_users_again(&ports, &[], &mut known));
    measure("port_users of 3, of all", || platform.port_users(&ports, &[]));
    measure("  without sock_diag", || in_proc_only.port_users(&ports, &[us]));
    measure("memory", || platform.memory());
    measure("cgroup_memory", || platform.cgroup_memory(pid));
    measure("executable", || platform.executable(pid));
    measure("arguments", || platform.arguments(pid));
    measure("memory_of", || platform.memory_of(pid));
    measure("catches_usr1", || handle.catches_usr1());
    Ok(())
}

/// The median, which a busy machine disturbs least.
fn measure<T>(what: &str, mut call: impl FnMut() -> T) {
    const CALLS: usize = 501;
    let mut times: Vec<_> = (0..CALLS)
        .map(|_| {
            let start = Instant::now();
            black_box(call());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!("{what:26} {:9.2} µs", times[CALLS / 2].as_secs_f64() * 1e6);
}
