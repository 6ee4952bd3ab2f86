//! What the relay does: on a clock that jumps where time matters, and over the loopback where sockets do.

mod fake;
mod loopback;
mod outages;
mod tunnels;
