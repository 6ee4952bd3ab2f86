//! Names the code that keeps a Node process from working: `cargo run -p lifeline-inspector --example culprit PID`.
//!
//! By hand, and only inside a namespace of your own: it signals the process.

#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use lifeline_inspector::{BUDGET, culprit, stack, wait_for_inspector};
use lifeline_platform::Platform;
use std::error::Error;
use std::path::Path;
use tokio::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let pid: u32 = std::env::args().nth(1).ok_or("the pid of a Node process is needed")?.parse()?;
    let platform = Platform::new();
    let handle = platform.watch(platform.identify(pid)?)?;
    let before = platform.listening_addresses(pid);

    let signalled = Instant::now();
    let deadline = signalled + BUDGET;
    handle.interrupt_usr1()?;
    let port = wait_for_inspector(&before, || platform.listening_addresses(pid), deadline).await?;
    println!("port {port} open after {} ms", signalled.elapsed().as_millis());
    let stack = stack(port, deadline).await?;
    println!("stack and closed after {} ms; left open: {}", signalled.elapsed().as_millis(), stack.left_open);
    for frame in &stack.frames {
        println!("  {} {}:{}:{}", frame.function, frame.url, frame.line, frame.column);
    }
    match culprit(&stack, Path::new("/"), "lifeline-dev.lifeline") {
        Some(culprit) => println!("{culprit}"),
        None => println!("nobody can be named"),
    }
    Ok(())
}
