//! Claude's sessions after a restart, and at the user's word: what the ledger knows, for the core, and what that wants of a window.

use std::time::{Duration, SystemTime};

use lifeline_core::{Event, SessionFacts, SessionKind, SessionState, WindowId};
use lifeline_protocol as wire;
use lifeline_transcript::State;

use super::{Daemon, Report, Waiting, api::places};
use crate::{
    act, clock,
    input::{Answer, ConnectionId},
    outgoing::Outgoing,
    sense::ledger::Session,
};

/// What a session that was cut is told: what users type themselves (FACTS section 7).
pub(super) const GO_ON: &str = "continue";
/// What makes it smaller: a command of Claude Code's.
pub(super) const COMPACT: &str = "/compact";

/// A title's length, in characters.
const TITLE_CHARS: usize = 60;

/// A host that crashes takes its idle panel sessions along before anybody can look: what is remembered of them is at most this old. A look
/// costs 5 ms.
const LOOKS_APART: Duration = Duration::from_secs(60);

/// When a session that was opened is looked at again: a shell, Node and Claude have started by then.
const LOOK_AFTER: Duration = Duration::from_secs(20);

/// What a look at one session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Resume,
    Continue,
    Compact,
}

impl Daemon {
    /// Looks at the sessions now and then, so that the ledger remembers them.
    pub(super) fn keep_sessions_in_mind(&mut self) {
        let now = clock::now();
        let is_due = self.sessions_looked_at.is_none_or(|at| now.since(at) >= LOOKS_APART);
        if is_due
            && self.supervisor.windows().any(|window| !window.info().unguarded && window.host().is_some())
        {
            self.sessions_looked_at = Some(now);
            let (ledger, view) = (self.ledger.clone(), self.view());
            let (platform, reports) = (self.platform.clone(), self.reports.clone());
            tokio::spawn(async move {
                if let Some(sessions) = ledger.look(view).await {
                    let _ = reports.send(Report::Places(places(&platform, &sessions), false));
                }
            });
        }
    }

    /// Finds out, off the control loop, how the sessions of this window stand.
    pub(super) fn look_for_sessions(&self, window: WindowId) {
        let (ledger, view, reports) = (self.ledger.clone(), self.view(), self.reports.clone());
        tokio::spawn(async move {
            let Some(sessions) = ledger.look(view).await else { return };
            let of_window = |facts: &SessionFacts| facts.window.as_ref() == Some(&window);
            let sessions = sessions.iter().filter_map(facts).filter(of_window).collect();
            let _ = reports.send(Report::Event(Box::new(Event::Sessions { window, sessions })));
        });
    }

    /// A client wants a session back, or to go on: a fresh look, and the core decides.
    pub(super) fn session_asked(
        &mut self,
        connection: ConnectionId,
        session: String,
        window: Option<String>,
        wish: Wish,
        answer: Answer<wire::SessionAnswer>,
    ) {
        let request = self.wait(Waiting::Session(answer));
        let window = window.map(WindowId).or_else(|| self.connections.window(connection));
        let (ledger, view, reports) = (self.ledger.clone(), self.view(), self.reports.clone());
        tokio::spawn(async move {
            let sessions = ledger.look(view).await.unwrap_or_default();
            let session = sessions.iter().filter_map(facts).find(|known| known.id == session);
            let _ = reports.send(Report::Event(Box::new(match wish {
                Wish::Resume => Event::ResumeAsked { request, window, session },
                Wish::Continue => Event::ContinueAsked { request, window, session },
                Wish::Compact => Event::CompactAsked { request, session },
            })));
        });
    }

    /// Two processes on one session fork it: the last look is right before.
    pub(super) fn open_session(
        &self,
        window: WindowId,
        session: String,
        folder: Option<String>,
        kind: SessionKind,
        goes_on: bool,
    ) {
        let (ledger, view, reports) = (self.ledger.clone(), self.view(), self.reports.clone());
        let params = wire::OpenSessionParams {
            session_id: session,
            folder,
            kind: if kind == SessionKind::Panel { "panel" } else { "terminal" }.into(),
            prompt: goes_on.then(|| GO_ON.into()),
        };
        tokio::spawn(async move {
            let session = params.session_id.clone();
            match processes_of(&session, ledger.look(view).await) {
                Some(0) => {}
                Some(_) => return tracing::info!(session, "it is there already, and not opened again"),
                None => {
                    return tracing::warn!(session, "whether it is there cannot be known; it is not opened");
                }
            }
            let _ = reports.send(Report::Say(window, Box::new(Outgoing::OpenSession(params))));
            tokio::time::sleep(LOOK_AFTER).await;
            let _ = reports.send(Report::Opened(session));
        });
    }

    /// A session was opened a while ago: is there one process on it?
    pub(super) fn look_after_opening(&self, session: String) {
        let (ledger, view) = (self.ledger.clone(), self.view());
        tokio::spawn(async move {
            let count = processes_of(&session, ledger.look(view).await);
            tracing::info!(session, count, "processes on a session that was opened");
            if count.is_some_and(|count| count > 1) {
                act::notify(&format!(
                    "Two processes work on the Claude session {session}. Close one of them: what both write falls apart into two histories."
                ));
            }
        });
    }

    pub(super) fn type_in_session(&self, window: &WindowId, session: &str, shell_pid: u32, text: &str) {
        tracing::info!(session, shell_pid, text, "typing into a session whose turn died");
        let params = wire::TypeInTerminalParams { shell_pid, text: text.into() };
        if !self.connections.say(window, Outgoing::TypeInTerminal(params)) {
            tracing::warn!(session, %window, "its window is not there");
        }
    }
}

/// How many processes are on a session; `None` when nobody could look.
fn processes_of(session: &str, sessions: Option<Vec<Session>>) -> Option<usize> {
    let is_it =
        |known: &&Session| known.status.pid.is_some() && known.status.session_id.as_deref() == Some(session);
    sessions.map(|sessions| sessions.iter().filter(is_it).count())
}

/// A session in the core's words; `None` while its id is not known.
fn facts(session: &Session) -> Option<SessionFacts> {
    let status = &session.status;
    let standing = session.standing.as_ref();
    let now = clock::unix_ms();
    let is_alive = status.pid.is_some();
    Some(SessionFacts {
        id: status.session_id.clone()?,
        window: status.window_id.clone().map(WindowId),
        kind: match status.kind.as_str() {
            "panel" => SessionKind::Panel,
            "terminal" => SessionKind::Terminal,
            _ => SessionKind::Elsewhere,
        },
        state: match status.state.as_str() {
            "thinking" | "tool" | "retrying" => SessionState::Working,
            "waiting" => SessionState::Waiting,
            "idle" => SessionState::Idle,
            "failed" => SessionState::Failed,
            "cut" => SessionState::Cut,
            // Its process is gone, so the transcript has the last word.
            "ended" if standing.is_some_and(|standing| matches!(standing.state, State::Failed { .. })) => {
                SessionState::Failed
            }
            "ended" => SessionState::Idle,
            _ => SessionState::Unknown,
        },
        is_alive,
        is_orphan: session.is_orphan,
        shell_pid: status.shell_pid,
        in_front: session.in_front,
        folder: status.folder.clone(),
        typed_since: standing.is_some_and(|standing| standing.typed_since_failure),
        quiet_for: Duration::from_millis(now.saturating_sub(status.active_unix_ms.unwrap_or(now))),
        ended_for: session.ended_at.and_then(|at| SystemTime::now().duration_since(at).ok()),
        title: title(status.last_prompt.as_deref().unwrap_or_default()),
    })
}

/// The beginning of a prompt, on one line.
pub(super) fn title(prompt: &str) -> String {
    let line = prompt.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return "without a prompt".into();
    }
    let mut title: String = line.chars().take(TITLE_CHARS).collect();
    if title.len() < line.len() {
        title.push('…');
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_short_and_on_one_line() {
        assert_eq!(title(" fix\n the\ttests "), "fix the tests");
        assert_eq!(title(""), "without a prompt");
        let long = title(&"ä".repeat(100));
        assert_eq!(long.chars().count(), TITLE_CHARS + 1);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn a_session_in_the_cores_words() {
        let status = |state: &str, pid| wire::SessionStatus {
            session_id: Some("s".into()),
            kind: "panel".into(),
            state: state.into(),
            pid,
            ..Default::default()
        };
        let said = |status| facts(&Session { status, ..Session::default() }).expect("it has an id");
        assert_eq!(said(status("retrying", Some(7))).state, SessionState::Working);
        assert_eq!(said(status("cut", None)).state, SessionState::Cut);
        assert_eq!(said(status("ended", None)).state, SessionState::Idle);
        assert_eq!(said(status("something new", None)).state, SessionState::Unknown);
        assert!(said(status("idle", Some(7))).is_alive);
        assert_eq!(said(status("idle", None)).kind, SessionKind::Panel);
        assert!(facts(&Session::default()).is_none());
    }
}
