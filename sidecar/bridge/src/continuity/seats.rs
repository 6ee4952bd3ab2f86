//! The one place that a host has for a client: which of ours hold it, and whether somebody else does.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Counts the connections to a port of this machine, ours included. May block for some milliseconds.
pub type Census = Arc<dyn Fn(u16) -> usize + Send + Sync>;

/// Our connections to each host, over all bridges.
#[derive(Clone)]
pub struct Seats {
    census: Census,
    ours: Arc<Mutex<BTreeMap<u16, usize>>>,
}

impl fmt::Debug for Seats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seats").field("ours", &self.ours).finish_non_exhaustive()
    }
}

/// Who is connected to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occupant {
    Nobody,
    /// Another client that we carry.
    Ours,
    /// A client that is connected directly.
    Foreign,
}

impl Seats {
    /// No connection yet.
    pub fn new(census: Census) -> Self {
        Self { census, ours: Arc::default() }
    }

    /// One connection of ours to that port, until it is dropped.
    pub(super) fn take(&self, port: u16) -> Seat {
        *self.ours.lock().unwrap_or_else(PoisonError::into_inner).entry(port).or_default() += 1;
        Seat { seats: self.clone(), port }
    }

    /// Who is connected to that port now.
    pub(super) async fn occupant(&self, port: u16) -> Occupant {
        let census = Arc::clone(&self.census);
        let all = tokio::task::spawn_blocking(move || census(port)).await.unwrap_or_default();
        let ours =
            self.ours.lock().unwrap_or_else(PoisonError::into_inner).get(&port).copied().unwrap_or_default();
        match (all > ours, ours) {
            (true, _) => Occupant::Foreign,
            (false, 0) => Occupant::Nobody,
            (false, _) => Occupant::Ours,
        }
    }
}

/// See [`Seats::take`].
pub(super) struct Seat {
    seats: Seats,
    port: u16,
}

impl Seat {
    pub(super) const fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut ours = self.seats.ours.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = ours.get_mut(&self.port) {
            *count -= 1;
            if *count == 0 {
                ours.remove(&self.port);
            }
        }
    }
}
