//! What the relay does: on a clock that jumps where time matters, and over the loopback where sockets do.

mod fake;
mod gateway;
mod loopback;
mod outages;
mod tunnels;
mod upstream;
