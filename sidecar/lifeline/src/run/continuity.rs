//! The bridges that the core has decided upon: ports of dead hosts, kept with the tokens of their locks.

use std::{collections::BTreeMap, io, path::PathBuf, sync::Arc, time::Duration};

use lifeline_bridge::{
    continuity::{Bridge, Seats, Secret, Traffic, read_secret},
    ide_folders,
};
use lifeline_core::Event;
use lifeline_platform::Platform;
use tokio::sync::mpsc;

use super::{Daemon, Report};

/// A port that is in use is tried again this often, this many times: the daemon before us may be about to leave, and the CLI's own
/// attempts go on for 16 s (FACTS section 3).
const AGAIN_AFTER: Duration = Duration::from_millis(250);
const TRIES: u32 = 48;

/// Locks whose secrets are remembered; a host that is shut down in order takes its lock along before it ends.
const SECRETS_AT_MOST: usize = 128;

/// Everything about bridges that is not a decision.
pub(super) struct Bridges {
    open: BTreeMap<u16, Open>,
    secrets: BTreeMap<u16, Secret>,
    /// Where lock files may lie.
    pub(super) folders: Vec<PathBuf>,
    traffic: mpsc::UnboundedSender<Traffic>,
    seats: Seats,
}

#[derive(Default)]
struct Open {
    /// `None`: the port is not free yet, or its secret not known.
    bridge: Option<Bridge>,
    to: Option<u16>,
    tries: u32,
    /// It is tried again in a moment.
    is_waiting: bool,
    /// Its lock was read for it.
    was_looked_for: bool,
    refused: u32,
}

/// Why a port is not open.
enum Unopened {
    InUse,
    NoSecret,
    Never(io::Error),
}

/// Does something to a lock file that nothing waits for.
fn off_the_loop(port: u16, what: &'static str, act: impl FnOnce() -> io::Result<()> + Send + 'static) {
    tokio::task::spawn_blocking(move || {
        if let Err(error) = act() {
            tracing::warn!(%error, port, "its lock file could not be {what}");
        }
    });
}

impl Bridges {
    pub(super) fn new(platform: &Platform, traffic: mpsc::UnboundedSender<Traffic>) -> Self {
        let folders = ide_folders(&|name| std::env::var_os(name));
        let platform = platform.clone();
        let seats = Seats::new(Arc::new(move |port| platform.connections_to(port)));
        Self { open: BTreeMap::new(), secrets: BTreeMap::new(), folders, traffic, seats }
    }

    /// These are the secrets of the locks that are there now.
    fn learn(&mut self, secrets: Vec<(u16, Secret)>) {
        if self.secrets.len() > SECRETS_AT_MOST {
            self.secrets.retain(|port, _| self.open.contains_key(port));
        }
        // The secret of a port that we keep is what its clients know.
        let is_kept = |port: &u16| self.open.get(port).is_some_and(|open| open.bridge.is_some());
        let news: Vec<_> = secrets.into_iter().filter(|(port, _)| !is_kept(port)).collect();
        self.secrets.extend(news);
    }

    /// Nobody wants bridges.
    fn forget(&mut self) {
        self.secrets.retain(|port, _| self.open.contains_key(port));
    }

    /// Opens the port if it is not open. Its clients wait until they are led somewhere.
    fn open(&mut self, port: u16, to: Option<u16>) -> Result<(), Unopened> {
        let open = self.open.entry(port).or_default();
        open.to = to;
        if let Some(bridge) = &open.bridge {
            // What leads elsewhere now must not lead there any longer.
            bridge.hold();
            return Ok(());
        }
        if open.is_waiting {
            return Ok(());
        }
        let Some(secret) = self.secrets.get(&port) else { return Err(Unopened::NoSecret) };
        open.tries += 1;
        match Bridge::listen(port, secret.token().clone(), self.seats.clone(), self.traffic.clone()) {
            Ok(bridge) => {
                tracing::info!(port, "the port of a host that ended is kept for its clients");
                open.bridge = Some(bridge);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && open.tries < TRIES => {
                open.is_waiting = true;
                Err(Unopened::InUse)
            }
            Err(error) => Err(Unopened::Never(error)),
        }
    }

    /// Leads the clients of a port to the host that they belong to now.
    fn lead(&mut self, port: u16, to: u16, target: Option<&Secret>) {
        let open = self.open.get(&port).filter(|open| open.to == Some(to));
        let Some(bridge) = open.and_then(|open| open.bridge.as_ref()) else { return };
        let Some(target) = target else {
            return tracing::warn!(port, to, "the lock of the next host has no token; clients wait");
        };
        tracing::info!(port, to, "its clients are led to the next host");
        bridge.lead_to(to, target.token().clone());
        // A CLI that is started later in one of the old terminals looks for it.
        if let Some(secret) = self.secrets.get(&port).cloned() {
            off_the_loop(port, "put back", move || secret.restore());
        }
    }

    fn close(&mut self, port: u16) {
        // A lock is only ours to remove where we stood in for its host.
        let was_open = self.open.remove(&port).is_some_and(|open| open.bridge.is_some());
        if let Some(secret) = self.secrets.remove(&port).filter(|_| was_open) {
            off_the_loop(port, "removed", move || secret.remove());
        }
    }

    /// The ports of all of them.
    pub(super) fn ports(&self) -> impl Iterator<Item = u16> {
        self.open.keys().copied()
    }

    /// Ports that lead to this one.
    pub(super) fn leading_to(&self, port: u16) -> impl Iterator<Item = u16> {
        self.open
            .iter()
            .filter(move |(_, open)| open.bridge.is_some() && open.to == Some(port))
            .map(|(port, _)| *port)
    }

    /// Where this one leads, and how many were refused there for a wrong token; `None` when it is no bridge of ours.
    pub(super) fn of(&self, port: u16) -> Option<(Option<u16>, u32)> {
        let open = self.open.get(&port).filter(|open| open.bridge.is_some())?;
        Some((open.to, open.refused))
    }
}

impl Daemon {
    /// Reads the secrets of these locks, for the day when their hosts end; nothing when nobody wants that.
    pub(super) fn learn_secrets(&mut self) {
        let is_wanted = |window: &lifeline_core::Window| !window.info().unguarded && window.settings().bridge;
        if self.supervisor.windows().any(is_wanted) {
            self.read_secrets(self.sockets.ports_with_token(), None);
        } else {
            self.bridges.forget();
        }
    }

    /// Off the control loop: a home on a network may take its time. `then` is tried again after that.
    fn read_secrets(&self, ports: Vec<u16>, then: Option<u16>) {
        let (folders, reports) = (self.bridges.folders.clone(), self.reports.clone());
        tokio::task::spawn_blocking(move || {
            let secrets = ports.into_iter().filter_map(|port| Some((port, read_secret(&folders, port)?)));
            let _ = reports.send(Report::Secrets(secrets.collect()));
            if let Some(port) = then {
                let _ = reports.send(Report::BridgeAgain(port));
            }
        });
    }

    pub(super) fn secrets_learned(&mut self, secrets: Vec<(u16, Secret)>) {
        self.bridges.learn(secrets);
    }

    pub(super) fn bridge(&mut self, port: u16, to: Option<u16>) {
        match self.bridges.open(port, to) {
            Ok(()) => self.lead(port),
            Err(Unopened::InUse) => {
                let reports = self.reports.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(AGAIN_AFTER).await;
                    let _ = reports.send(Report::BridgeAgain(port));
                });
            }
            // The daemon before us knew it.
            Err(Unopened::NoSecret)
                if !self.bridges.open.get(&port).is_some_and(|open| open.was_looked_for) =>
            {
                if let Some(open) = self.bridges.open.get_mut(&port) {
                    open.was_looked_for = true;
                }
                self.read_secrets(vec![port], Some(port));
            }
            Err(Unopened::NoSecret) => self.cannot_bridge(port, &"its lock is not known, or has no token"),
            Err(Unopened::Never(error)) => self.cannot_bridge(port, &error),
        }
    }

    fn cannot_bridge(&mut self, port: u16, error: &dyn std::fmt::Display) {
        tracing::warn!(%error, port, "the port of a host that ended cannot be kept");
        self.bridges.open.remove(&port);
        self.event(Event::BridgeFailed { port });
    }

    /// Its clients are led where they belong. The token there is read anew: what is remembered of that number may be an older host's.
    fn lead(&self, port: u16) {
        let Some(to) = self.bridges.open.get(&port).and_then(|open| open.to) else { return };
        let (folders, reports) = (self.bridges.folders.clone(), self.reports.clone());
        tokio::task::spawn_blocking(move || {
            let _ = reports.send(Report::BridgeTo(port, to, read_secret(&folders, to)));
        });
    }

    pub(super) fn bridge_to(&mut self, port: u16, to: u16, target: Option<&Secret>) {
        self.bridges.lead(port, to, target);
    }

    /// The port may be free now, or its secret known.
    pub(super) fn bridge_again(&mut self, port: u16) {
        let Some(open) = self.bridges.open.get_mut(&port).filter(|open| open.bridge.is_none()) else {
            return;
        };
        open.is_waiting = false;
        let to = open.to;
        self.bridge(port, to);
    }

    pub(super) fn unbridge(&mut self, port: u16) {
        tracing::info!(port, "a port that nobody uses any more is given back");
        self.bridges.close(port);
    }

    pub(super) fn bridge_used(&mut self, traffic: Traffic) {
        let Traffic { port, clients, refused } = traffic;
        if let Some(open) = self.bridges.open.get_mut(&port) {
            open.refused = refused;
            self.event(Event::BridgeUsed { port, clients });
        }
    }
}
