//! Ports of hosts that ended: which of them are kept for the CLIs that were connected there, and to which host they lead now.

use std::{collections::BTreeMap, time::Duration};

use crate::{Decision, ProcessId, Time, WindowId};

/// A bridge that no client has used for this long is given up.
const BRIDGE_IDLE: Duration = Duration::from_secs(10 * 60);

/// Bridges at the same time; a window that is restarted by hand again and again leaves one behind each time. The oldest goes first.
const BRIDGES_AT_MOST: usize = 16;

/// Who listens where, and what is kept.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub(crate) struct Continuity {
    /// The IDE sockets of living hosts, by port.
    listeners: BTreeMap<u16, Listener>,
    /// The ports that we keep.
    bridges: BTreeMap<u16, Bridge>,
    /// When each window had its first host.
    first_seen: BTreeMap<WindowId, Time>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Listener {
    host: ProcessId,
    place: String,
    at: Time,
    window: Option<WindowId>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Bridge {
    window: WindowId,
    place: String,
    since: Time,
    /// It has been decided upon, by this daemon.
    is_open: bool,
    /// Where its clients are led.
    to: Option<u16>,
    clients: u32,
    idle_since: Time,
}

/// A window, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) window: &'a WindowId,
    pub(crate) host: Option<ProcessId>,
    /// Its ports are kept when its host ends: Lifeline is in it, the user wants it, and has not paused us.
    pub(crate) is_kept: bool,
    /// The user wants bridges.
    pub(crate) is_wanted: bool,
}

impl Continuity {
    /// A host listens there.
    pub(crate) fn listening(&mut self, now: Time, port: u16, host: ProcessId, place: String) {
        if let Some(known) = self.listeners.get_mut(&port).filter(|known| known.host == host) {
            // Folders come and go.
            known.place = place;
            return;
        }
        self.listeners.insert(port, Listener { host, place, at: now, window: None });
    }

    /// A host has ended. Its ports are kept from now on.
    pub(crate) fn ended(&mut self, now: Time, host: ProcessId, places: &[Place<'_>]) {
        self.learn(now, places);
        let ports: Vec<u16> = self
            .listeners
            .iter()
            .filter(|(_, listener)| listener.host == host)
            .map(|(port, _)| *port)
            .collect();
        for port in ports {
            let Some(Listener { place, window: Some(window), .. }) = self.listeners.remove(&port) else {
                continue;
            };
            if places.iter().any(|place| place.is_kept && *place.window == window) {
                let bridge = Bridge {
                    window,
                    place,
                    since: now,
                    is_open: false,
                    to: None,
                    clients: 0,
                    idle_since: now,
                };
                self.bridges.insert(port, bridge);
            }
        }
    }

    /// So many clients are connected to a bridge now.
    pub(crate) fn used(&mut self, now: Time, port: u16, clients: u32) {
        // Who is refused is no user.
        if let Some(bridge) = self.bridges.get_mut(&port).filter(|bridge| bridge.clients != clients) {
            bridge.clients = clients;
            bridge.idle_since = now;
        }
    }

    /// A port could not be had: somebody else listens there.
    pub(crate) fn failed(&mut self, port: u16) {
        self.bridges.remove(&port);
    }

    /// The sockets of a host are gone, or nobody's business.
    pub(crate) fn lost(&mut self, host: ProcessId) {
        self.listeners.retain(|_, listener| listener.host != host);
    }

    /// Nobody needs us.
    pub(crate) fn give_up_all(&mut self, decisions: &mut impl Extend<Decision>) {
        let ports = std::mem::take(&mut self.bridges).into_keys();
        decisions.extend(ports.map(|port| Decision::Unbridge { port }));
    }

    /// Another daemon goes on with this: it must listen again. Hosts that ended meanwhile are reported to it.
    pub(crate) fn resume(&mut self, now: Time) {
        for bridge in self.bridges.values_mut() {
            bridge.is_open = false;
            bridge.to = None;
            bridge.clients = 0;
            bridge.idle_since = now;
        }
    }

    /// There are bridges to look after.
    pub(crate) fn is_active(&self) -> bool {
        !self.bridges.is_empty()
    }

    /// Somebody is connected to one.
    pub(crate) fn is_used(&self) -> bool {
        self.bridges.values().any(|bridge| bridge.clients > 0)
    }

    /// What follows from all that has happened.
    pub(crate) fn settle(&mut self, now: Time, places: &[Place<'_>], decisions: &mut impl Extend<Decision>) {
        self.learn(now, places);
        let excess = self.bridges.len().saturating_sub(BRIDGES_AT_MOST);
        let mut by_age: Vec<(bool, Time, u16)> =
            self.bridges.iter().map(|(port, bridge)| (bridge.clients > 0, bridge.since, *port)).collect();
        by_age.sort_unstable();
        let given_up: Vec<u16> = self
            .bridges
            .iter()
            .filter(|(port, bridge)| {
                let is_idle = bridge.clients == 0 && now.since(bridge.idle_since) >= BRIDGE_IDLE;
                let is_unwanted =
                    places.iter().any(|place| *place.window == bridge.window && !place.is_wanted);
                // Or the next host came back on the very same port.
                is_idle || is_unwanted || self.listeners.contains_key(port)
            })
            .map(|(port, _)| *port)
            .chain(by_age.into_iter().take(excess).map(|(_, _, port)| port))
            .collect();
        for port in given_up {
            if self.bridges.remove(&port).is_some() {
                decisions.extend([Decision::Unbridge { port }]);
            }
        }
        let heirs: Vec<(u16, WindowId)> = self
            .bridges
            .iter()
            .filter_map(|(port, bridge)| Some((*port, self.heir(bridge, places)?.clone())))
            .collect();
        for (port, heir) in heirs {
            if let Some(bridge) = self.bridges.get_mut(&port) {
                bridge.window = heir;
            }
        }
        let routes: Vec<(u16, Option<u16>)> =
            self.bridges.iter().map(|(port, bridge)| (*port, self.successor(bridge, places))).collect();
        for (port, to) in routes {
            if let Some(bridge) = self.bridges.get_mut(&port)
                && (!bridge.is_open || bridge.to != to)
            {
                (bridge.is_open, bridge.to) = (true, to);
                decisions.extend([Decision::Bridge { port, to }]);
            }
        }
    }

    /// Where the clients of a bridge belong now.
    fn successor(&self, bridge: &Bridge, places: &[Place<'_>]) -> Option<u16> {
        let host = places.iter().find(|place| *place.window == bridge.window)?.host?;
        self.newest_port(|listener| listener.host == host)
    }

    /// The window that a bridge belongs to from now on, when its own is gone: its page was reloaded, and another window is there on the same
    /// folders, of the same editor, that was not there before. Only where there can be no mistake: to lead a client to a host that has one of its
    /// own would push that one out.
    fn heir<'a>(&self, bridge: &Bridge, places: &[Place<'a>]) -> Option<&'a WindowId> {
        let has_host = |place: &Place<'_>| *place.window == bridge.window && place.host.is_some();
        if places.iter().any(has_host) {
            return None;
        }
        let is_heir = |place: &&Place<'_>| {
            let Some(host) = place.host else { return false };
            let is_new = self.first_seen.get(place.window).is_some_and(|seen| *seen >= bridge.since);
            let is_there = self
                .listeners
                .values()
                .any(|listener| listener.host == host && listener.place == bridge.place);
            place.is_kept && is_new && is_there
        };
        let mut heirs = places.iter().filter(is_heir);
        let heir = heirs.next()?.window;
        heirs.next().is_none().then_some(heir)
    }

    fn newest_port(&self, is_wanted: impl Fn(&Listener) -> bool) -> Option<u16> {
        let wanted = self.listeners.iter().filter(|(_, listener)| is_wanted(listener));
        wanted.max_by_key(|(_, listener)| listener.at).map(|(port, _)| *port)
    }

    /// Which window each listener belongs to. It is remembered: when its host has ended, the window may know it no more.
    fn learn(&mut self, now: Time, places: &[Place<'_>]) {
        for place in places {
            let Some(host) = place.host else { continue };
            if !self.first_seen.contains_key(place.window) {
                self.first_seen.insert(place.window.clone(), now);
            }
            for listener in self.listeners.values_mut().filter(|listener| listener.host == host) {
                if listener.window.as_ref() != Some(place.window) {
                    listener.window = Some(place.window.clone());
                }
            }
        }
        self.first_seen.retain(|window, _| places.iter().any(|place| place.window == window));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn id(name: &str) -> WindowId {
        WindowId(name.into())
    }

    const fn host(pid: u32) -> ProcessId {
        ProcessId { pid, start_time: 1 }
    }

    fn settled(continuity: &mut Continuity, now: Time, places: &[Place<'_>]) -> Vec<Decision> {
        let mut decisions = Vec::new();
        continuity.settle(now, places, &mut decisions);
        decisions
    }

    fn place(window: &WindowId, pid: Option<u32>) -> Place<'_> {
        Place { window, host: pid.map(host), is_kept: true, is_wanted: true }
    }

    /// A window whose host, on port 7000, has ended; and the time.
    fn bridged(window: &WindowId) -> (Continuity, Time) {
        let (mut continuity, now) = (Continuity::default(), Time::from_millis(5_000));
        continuity.listening(now, 7000, host(1), "here".into());
        assert_eq!(settled(&mut continuity, now, &[place(window, Some(1))]), []);
        continuity.ended(now, host(1), &[place(window, Some(1))]);
        let decided = settled(&mut continuity, now, &[place(window, None)]);
        assert_eq!(decided, [Decision::Bridge { port: 7000, to: None }]);
        (continuity, now + SECOND)
    }

    #[test]
    fn a_host_that_comes_back_on_its_port_has_it() {
        let window = id("w");
        let (mut continuity, now) = bridged(&window);
        continuity.listening(now, 7000, host(2), "here".into());
        let decided = settled(&mut continuity, now, &[place(&window, Some(2))]);
        assert_eq!(decided, [Decision::Unbridge { port: 7000 }]);
        assert!(!continuity.is_active());
    }

    #[test]
    fn who_switches_bridges_off_has_none() {
        let window = id("w");
        let (mut continuity, now) = bridged(&window);
        let off = Place { is_kept: false, is_wanted: false, ..place(&window, Some(2)) };
        assert_eq!(settled(&mut continuity, now, &[off]), [Decision::Unbridge { port: 7000 }]);
    }

    #[test]
    fn an_heir_stays_the_heir() {
        let (old, heir, other) = (id("old"), id("heir"), id("other"));
        let (mut continuity, now) = bridged(&old);
        continuity.listening(now, 7001, host(2), "here".into());
        let decided = settled(&mut continuity, now, &[place(&heir, Some(2))]);
        assert_eq!(decided, [Decision::Bridge { port: 7000, to: Some(7001) }]);
        // Another window on the same folders does not make that uncertain again.
        let later = now + SECOND;
        continuity.listening(later, 7002, host(3), "here".into());
        let places = [place(&heir, Some(2)), place(&other, Some(3))];
        assert_eq!(settled(&mut continuity, later, &places), []);
    }

    #[test]
    fn of_two_that_may_be_heirs_none_is() {
        let (old, one, other) = (id("old"), id("one"), id("other"));
        let (mut continuity, now) = bridged(&old);
        continuity.listening(now, 7001, host(2), "here".into());
        continuity.listening(now, 7002, host(3), "here".into());
        assert_eq!(settled(&mut continuity, now, &[place(&one, Some(2)), place(&other, Some(3))]), []);
    }

    #[test]
    fn the_oldest_that_nobody_uses_goes_first() {
        let window = id("w");
        let (mut continuity, mut now) = bridged(&window);
        continuity.used(now, 7000, 1);
        let most = u16::try_from(BRIDGES_AT_MOST).unwrap();
        for n in 1..=most {
            now = now + SECOND;
            let pid = u32::from(n) + 10;
            continuity.listening(now, 7000 + n, host(pid), "here".into());
            continuity.ended(now, host(pid), &[place(&window, Some(pid))]);
        }
        let decided = settled(&mut continuity, now, &[place(&window, None)]);
        assert_eq!(decided.iter().filter(|one| matches!(one, Decision::Unbridge { .. })).count(), 1);
        assert!(decided.contains(&Decision::Unbridge { port: 7001 }), "the first of those without a client");
    }
}
