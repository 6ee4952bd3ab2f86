//! Claude's sessions: asked for by a client, and for a snapshot.

use std::{path::PathBuf, time::Duration};

use lifeline_core::WindowId;
use lifeline_protocol as wire;
use tokio::time::{Instant, timeout_at};

use super::{Daemon, senses::folder_of};
use crate::{
    input::{Answer, Refusal},
    sense::{
        git,
        ledger::{Session, Socket, View, Window},
    },
};

/// What a snapshot waits for the sessions and for git, together. It is saved with what is there by then.
const SNAPSHOT_WAITS: Duration = Duration::from_millis(1500);

/// Folders of a window that git is asked about.
const FOLDERS_AT_MOST: usize = 8;

/// What belongs to a window beside its editors.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    pub(super) sessions: Vec<wire::SessionStatus>,
    pub(super) git: Vec<git::Summary>,
}

impl Daemon {
    /// Answers with all sessions, off the control loop.
    pub(super) fn answer_sessions(&self, answer: Answer<Vec<wire::SessionStatus>>) {
        let (ledger, view) = (self.ledger.clone(), self.view());
        tokio::spawn(async move {
            let told = ledger.look(view).await.map(statuses).ok_or_else(|| Refusal {
                code: wire::error_code::REFUSED,
                message: "A look at the Claude sessions takes too long: the disk, or a folder on a network, does not answer."
                    .into(),
            });
            let _ = answer.send(told);
        });
    }

    /// What belongs to this window, within [`SNAPSHOT_WAITS`].
    pub(super) fn surroundings(&self, window: &WindowId) -> impl Future<Output = Surroundings> + use<> {
        let (ledger, view) = (self.ledger.clone(), self.view());
        let context = self.contexts.get(window);
        let mut folders: Vec<PathBuf> = context
            .map(|context| context.workspace_folders.iter().filter_map(|uri| folder_of(uri)).collect())
            .unwrap_or_default();
        folders.truncate(FOLDERS_AT_MOST);
        let window = window.0.clone();
        async move {
            let deadline = Instant::now() + SNAPSHOT_WAITS;
            let asked: Vec<_> =
                folders.into_iter().map(|folder| tokio::spawn(git::summary(folder, deadline))).collect();
            let looked = timeout_at(deadline, ledger.look(view)).await;
            let mut sessions = looked.ok().flatten().map(statuses).unwrap_or_default();
            sessions.retain(|session| session.window_id.as_ref() == Some(&window));
            let mut git = Vec::new();
            for summary in asked {
                git.extend(summary.await.ok().flatten());
            }
            Surroundings { sessions, git }
        }
    }

    /// What the ledger needs to know of the windows.
    pub(super) fn view(&self) -> View {
        let mut view = View::default();
        for window in self.supervisor.windows() {
            let id = window.id();
            let shells = self.contexts.get(id).map_or(&[][..], |context| &context.terminals);
            let host = window.host();
            view.windows.push(Window {
                id: id.0.clone(),
                host_pid: host.map(|host| host.pid),
                shells: shells.iter().filter_map(|terminal| terminal.pid).collect(),
            });
            for port in host.map(|host| self.sockets.ports_of(host)).unwrap_or_default() {
                let socket = |port, bridged| Socket { port, window_id: id.0.clone(), bridged };
                view.sockets.push(socket(port, false));
                view.sockets.extend(self.bridges.leading_to(port).map(|port| socket(port, true)));
            }
        }
        view
    }
}

fn statuses(sessions: Vec<Session>) -> Vec<wire::SessionStatus> {
    sessions.into_iter().map(|session| session.status).collect()
}
