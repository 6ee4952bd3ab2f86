//! What the relay does: on a clock that jumps where time matters, and over the loopback where sockets do.

// How connections end differs between systems; what is expected there is of Linux.
#[cfg(target_os = "linux")]
mod byte_truth;
mod fake;
mod gateway;
mod hostile;
mod loopback;
mod outages;
mod tunnels;
mod upstream;
