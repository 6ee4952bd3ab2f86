//! What happens to this machine's network and when it sleeps, noted for the report: errors at these times are nobody else's doing.

use std::{collections::VecDeque, time::Duration};

use lifeline_platform::WayOut;
use lifeline_report::{NETWORK_FILE, NetworkChange, NetworkNote};

use super::Daemon;
use crate::{clock, disk::Job};

/// Notes that are kept, some weeks of a laptop's; in 60 kB.
const NOTES_AT_MOST: usize = 1024;

/// Clocks drift apart, and no connection dies of less.
const SLEPT_AT_LEAST: Duration = Duration::from_secs(2);

/// The network as it was last seen.
pub(super) struct Network {
    notes: VecDeque<NetworkNote>,
    /// None where nobody can tell.
    ways: Option<Vec<WayOut>>,
    slept: Duration,
}

impl Network {
    /// `notes`: of the daemon before us.
    pub(super) fn new(notes: Vec<NetworkNote>, ways: Option<Vec<WayOut>>, slept: Duration) -> Self {
        Self { notes: notes.into(), ways, slept }
    }

    fn ways_are(&mut self, ways: Option<Vec<WayOut>>) -> Option<NetworkChange> {
        let (before, now) = (std::mem::replace(&mut self.ways, ways)?, self.ways.as_ref()?);
        match (before.is_empty(), now.is_empty()) {
            (false, true) => Some(NetworkChange::Lost),
            (true, false) => Some(NetworkChange::Back),
            _ if before != *now => Some(NetworkChange::Changed),
            _ => None,
        }
    }

    fn has_slept(&mut self, slept: Duration) -> Option<NetworkChange> {
        let has = slept.saturating_sub(self.slept) >= SLEPT_AT_LEAST;
        if has || slept < self.slept {
            self.slept = slept;
        }
        has.then_some(NetworkChange::Slept)
    }

    /// Keeps it, and returns what the file is to hold.
    fn note(&mut self, note: NetworkNote) -> Vec<u8> {
        self.notes.push_back(note);
        let surplus = self.notes.len().saturating_sub(NOTES_AT_MOST);
        self.notes.drain(..surplus);
        let mut content = Vec::new();
        for note in &self.notes {
            // Numbers and names of ours always serialise.
            if serde_json::to_writer(&mut content, note).is_ok() {
                content.push(b'\n');
            }
        }
        content
    }
}

impl Daemon {
    /// After word that routes have changed.
    pub(super) fn look_at_network(&mut self) {
        let ways = self.platform.ways_out();
        self.tell_relay_of_routes(ways.as_ref().map(Vec::len));
        let change = self.network.ways_are(ways);
        self.note_network(change);
    }

    pub(super) fn look_at_sleep(&mut self) {
        let change = self.network.has_slept(clock::slept());
        self.note_network(change);
    }

    fn note_network(&mut self, change: Option<NetworkChange>) {
        let Some(what) = change else { return };
        tracing::info!(?what, "the network of this machine");
        let content = self.network.note(NetworkNote { unix_ms: clock::unix_ms(), what });
        self.disk.queue(Job::File { name: NETWORK_FILE, content });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(interface: &str) -> WayOut {
        WayOut { interface: interface.into(), gateway: [192, 168, 1, 1].into() }
    }

    #[test]
    fn only_what_is_otherwise_than_before_is_a_change() {
        let mut network = Network::new(Vec::new(), Some(vec![way("wlan0")]), Duration::ZERO);
        let seen = [
            vec![way("wlan0")],
            vec![],
            vec![],
            vec![way("wlan0")],
            vec![way("tun0"), way("wlan0")],
            vec![way("eth0")],
        ];
        use NetworkChange::{Back, Changed, Lost};
        let changes = seen.map(|ways| network.ways_are(Some(ways)));
        assert_eq!(changes, [None, Some(Lost), None, Some(Back), Some(Changed), Some(Changed)]);
        assert_eq!(network.ways_are(None), None, "nobody can tell");
        assert_eq!(network.ways_are(Some(vec![])), None, "from what is not known");
    }

    #[test]
    fn sleep_is_told_once_and_drift_never() {
        let mut network = Network::new(Vec::new(), None, Duration::from_secs(100));
        let seen = [100, 101, 101, 130, 130, 0, 5].map(Duration::from_secs);
        let slept = seen.map(|slept| network.has_slept(slept).is_some());
        assert_eq!(slept, [false, false, false, true, false, false, true]);
    }

    #[test]
    fn the_last_notes_are_kept_and_read_back() {
        let note = |unix_ms| NetworkNote { unix_ms, what: NetworkChange::Slept };
        let mut network = Network::new((0..NOTES_AT_MOST as u64).map(note).collect(), None, Duration::ZERO);
        let content = network.note(note(9999));
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(NETWORK_FILE);
        std::fs::write(&file, content).unwrap();
        let notes = lifeline_report::read_notes(&file).unwrap();
        assert_eq!((notes.len(), notes[0], notes.last()), (NOTES_AT_MOST, note(1), Some(&note(9999))));
    }
}
