//! Who is connected, and which host is behind it.

use std::collections::{BTreeMap, BTreeSet};

use lifeline_core::{ProcessId, Role, WindowId, WindowInfo};
use lifeline_protocol as wire;
use tokio::sync::mpsc;
use tower_lsp::Client;

use crate::{
    input::ConnectionId,
    outgoing::{self, GracefulAnswer, Outgoing},
    wire as translate,
};

struct Attachment {
    window: WindowId,
    host: ProcessId,
    role: Role,
    info: WindowInfo,
}

struct Connection {
    attachment: Option<Attachment>,
    outbox: mpsc::Sender<Outgoing>,
    ready: bool,
}

/// All connections that were welcomed.
pub(crate) struct Connections {
    by_id: BTreeMap<ConnectionId, Connection>,
    graceful: mpsc::UnboundedSender<GracefulAnswer>,
}

impl Connections {
    pub(crate) fn new(graceful: mpsc::UnboundedSender<GracefulAnswer>) -> Self {
        Self { by_id: BTreeMap::new(), graceful }
    }

    pub(crate) fn insert(
        &mut self,
        id: ConnectionId,
        role: wire::Role,
        window: Option<(&wire::WindowHello, ProcessId)>,
        client: Client,
    ) {
        let attachment = window.map(|(hello, host)| Attachment {
            window: WindowId(hello.window_id.clone()),
            host,
            role: if role == wire::Role::Pulse { Role::Worker } else { Role::Main },
            info: translate::info(hello),
        });
        let outbox = outgoing::start(client, self.graceful.clone());
        self.by_id.insert(id, Connection { attachment, outbox, ready: false });
    }

    /// The client can be spoken to from now on; says what attached with it.
    pub(crate) fn ready(&mut self, id: ConnectionId) -> Option<(WindowId, ProcessId, Role, WindowInfo)> {
        let connection = self.by_id.get_mut(&id)?;
        if std::mem::replace(&mut connection.ready, true) {
            return None;
        }
        let attached = connection.attachment.as_ref()?;
        Some((attached.window.clone(), attached.host, attached.role, attached.info.clone()))
    }

    /// The host behind a connection, if it has this role.
    pub(crate) fn host(&self, id: ConnectionId, role: Role) -> Option<(WindowId, ProcessId)> {
        let attached = self.by_id.get(&id)?.attachment.as_ref()?;
        (attached.role == role).then(|| (attached.window.clone(), attached.host))
    }

    /// Every host that a connection has named.
    pub(crate) fn hosts(&self) -> BTreeSet<ProcessId> {
        self.by_id
            .values()
            .filter_map(|connection| connection.attachment.as_ref())
            .map(|attached| attached.host)
            .collect()
    }

    /// The window behind a connection, whichever thread it is.
    pub(crate) fn window(&self, id: ConnectionId) -> Option<WindowId> {
        self.by_id.get(&id)?.attachment.as_ref().map(|attached| attached.window.clone())
    }

    /// Forgets a connection; says who detached, unless another connection of the same thread stands.
    pub(crate) fn remove(&mut self, id: ConnectionId) -> Option<(ProcessId, Role)> {
        let gone = self.by_id.remove(&id)?;
        let attached = gone.attachment.filter(|_| gone.ready)?;
        let replaced = self.by_id.values().any(|other| {
            other.ready
                && other
                    .attachment
                    .as_ref()
                    .is_some_and(|other| other.host == attached.host && other.role == attached.role)
        });
        (!replaced).then_some((attached.host, attached.role))
    }

    /// Says something to a window's main thread; false when it is not there or does not read.
    pub(crate) fn say(&self, window: &WindowId, message: Outgoing) -> bool {
        // The newest connection is the one that stands.
        let connection = self.by_id.values().rev().find(|connection| {
            connection.ready
                && connection
                    .attachment
                    .as_ref()
                    .is_some_and(|attached| attached.role == Role::Main && attached.window == *window)
        });
        connection.is_some_and(|connection| connection.outbox.try_send(message).is_ok())
    }
}
