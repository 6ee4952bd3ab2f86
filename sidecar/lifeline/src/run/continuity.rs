//! The bridges that the core has decided upon: ports of dead hosts, kept with the tokens of their locks.

use std::{collections::BTreeMap, io, path::PathBuf, sync::Arc, time::Duration};

use lifeline_bridge::{
    Locks,
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
    folders: Vec<PathBuf>,
    traffic: mpsc::UnboundedSender<Traffic>,
    seats: Seats,
}

struct Open {
    /// `None`: the port is not free yet.
    bridge: Option<Bridge>,
    to: Option<u16>,
    tries: u32,
    refused: u32,
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
        let news = secrets.into_iter().filter(|(port, _)| !self.open.contains_key(port));
        self.secrets.extend(news.collect::<Vec<_>>());
    }

    fn secret(&mut self, port: u16) -> Option<&Secret> {
        if !self.secrets.contains_key(&port) {
            self.secrets.insert(port, read_secret(&self.folders, port)?);
        }
        self.secrets.get(&port)
    }

    /// Opens the port if it is not open, and leads it there.
    fn lead(&mut self, port: u16, to: Option<u16>) -> io::Result<()> {
        // Read anew: what is remembered of this number may be an older host's.
        if let Some(to) = to
            && let Some(secret) = read_secret(&self.folders, to)
        {
            self.secrets.insert(to, secret);
        }
        let target = to.and_then(|to| Some((to, self.secret(to)?.token().clone())));
        if to.is_some() && target.is_none() {
            tracing::warn!(port, to, "the lock of the next host has no token; clients wait");
        }
        let Some(secret) = self.secret(port).cloned() else {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the lock of this port is not known"));
        };
        let (traffic, seats) = (self.traffic.clone(), self.seats.clone());
        let open = self.open.entry(port).or_insert_with(|| Open { bridge: None, to, tries: 0, refused: 0 });
        open.to = to;
        let bridge = match &mut open.bridge {
            Some(bridge) => bridge,
            none => {
                open.tries += 1;
                let bridge = Bridge::listen(port, secret.token().clone(), seats, traffic)?;
                tracing::info!(port, "the port of a host that ended is kept for its clients");
                none.insert(bridge)
            }
        };
        match target {
            Some((to, token)) => {
                tracing::info!(port, to, "its clients are led to the next host");
                bridge.lead_to(to, token);
                // A CLI that is started later in one of the old terminals looks for it.
                if let Err(error) = secret.restore() {
                    tracing::warn!(%error, port, "its lock file could not be put back");
                }
            }
            None => bridge.hold(),
        }
        Ok(())
    }

    fn close(&mut self, port: u16) {
        self.open.remove(&port);
        if let Some(secret) = self.secrets.remove(&port)
            && let Err(error) = secret.remove()
        {
            tracing::warn!(%error, port, "its lock file could not be removed");
        }
    }

    fn may_try_again(&self, port: u16) -> bool {
        self.open.get(&port).is_some_and(|open| open.tries < TRIES)
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
    /// Reads the secrets of these locks, for the day when their hosts end. A home on a network may take its time.
    pub(super) fn learn_secrets(&self, locks: &Locks) {
        let ports: Vec<u16> =
            locks.locks.iter().filter(|lock| lock.has_token).map(|lock| lock.port).collect();
        let (folders, reports) = (self.bridges.folders.clone(), self.reports.clone());
        tokio::task::spawn_blocking(move || {
            let secrets = ports.into_iter().filter_map(|port| Some((port, read_secret(&folders, port)?)));
            let _ = reports.send(Report::Secrets(secrets.collect()));
        });
    }

    pub(super) fn secrets_learned(&mut self, secrets: Vec<(u16, Secret)>) {
        self.bridges.learn(secrets);
    }

    pub(super) fn bridge(&mut self, port: u16, to: Option<u16>) {
        match self.bridges.lead(port, to) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && self.bridges.may_try_again(port) => {
                let reports = self.reports.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(AGAIN_AFTER).await;
                    let _ = reports.send(Report::BridgeAgain(port));
                });
            }
            Err(error) => {
                tracing::warn!(%error, port, "the port of a host that ended cannot be kept");
                self.bridges.open.remove(&port);
                self.event(Event::BridgeFailed { port });
            }
        }
    }

    /// The port may be free now.
    pub(super) fn bridge_again(&mut self, port: u16) {
        let Some(open) = self.bridges.open.get(&port).filter(|open| open.bridge.is_none()) else { return };
        let to = open.to;
        self.bridge(port, to);
    }

    pub(super) fn unbridge(&mut self, port: u16) {
        tracing::info!(port, "a port that nobody uses any more is given back");
        self.bridges.close(port);
    }

    /// Nobody needs us: what we kept, nobody misses.
    pub(super) fn unbridge_all(&mut self) {
        let ports: Vec<u16> = self.bridges.open.keys().copied().collect();
        ports.into_iter().for_each(|port| self.unbridge(port));
    }

    pub(super) fn bridge_used(&mut self, traffic: Traffic) {
        let Traffic { port, clients, refused } = traffic;
        if let Some(open) = self.bridges.open.get_mut(&port) {
            open.refused = refused;
            self.event(Event::BridgeUsed { port, clients });
        }
    }
}
