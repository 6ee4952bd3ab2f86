//! Claude sessions after a restart: which are brought back, and which are told to go on.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{Decision, RequestId, Time, WindowId};

/// A session is told to go on at most so often, by us or at the user's word, within [`CONTINUED_WITHIN`].
const CONTINUED_AT_MOST: usize = 2;
/// See [`CONTINUED_AT_MOST`].
const CONTINUED_WITHIN: Duration = Duration::from_secs(60 * 60);

/// When the sessions of a window are looked at first, after its new host attached: Claude Code's own extension may bring some back itself.
const FIRST_LOOK: Duration = Duration::from_secs(3);
/// And how far apart after that.
const LOOKS_APART: Duration = Duration::from_secs(3);
/// A process whose host ended may finish its turn first: FACTS section 4 saw five minutes.
const LOOKS_FOR: Duration = Duration::from_secs(10 * 60);

/// A session that was ended so long before the restart was ended by its user, or by itself. It is looked at once a minute.
const ENDED_BEFORE: Duration = Duration::from_secs(90);

/// A session that is being opened is not opened again within this long.
const OPENING: Duration = Duration::from_secs(30);

/// A turn that failed longer ago has been seen by its user.
const FRESH: Duration = Duration::from_secs(10 * 60);

/// Where a session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum SessionKind {
    /// A CLI in a terminal of a window.
    Terminal,
    /// A child of an extension host.
    Panel,
    /// Anywhere else.
    Elsewhere,
}

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum SessionState {
    /// In the middle of a turn: thinking, running a tool, or trying again.
    Working,
    /// Waits for the user's answer to a question.
    Waiting,
    /// The last turn came to its end.
    Idle,
    /// The last turn ended with an error.
    Failed,
    /// Its process ended in the middle of a turn.
    Cut,
    /// Not known.
    Unknown,
}

/// What is known of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SessionFacts {
    /// Claude's own id.
    pub id: String,
    /// The window that it belongs to.
    pub window: Option<WindowId>,
    /// Where it lives.
    pub kind: SessionKind,
    /// How it stands.
    pub state: SessionState,
    /// A process of it lives.
    pub is_alive: bool,
    /// That process has lost its host: it finishes its turn, and then ends.
    pub is_orphan: bool,
    /// The shell of the VS Code terminal that it runs in.
    pub shell_pid: Option<u32>,
    /// It reads what is typed there, as far as is known: it was not sent to the background.
    pub in_front: bool,
    /// The folder that it works in.
    pub folder: Option<String>,
    /// The user has typed something since the turn died.
    pub typed_since: bool,
    /// How long ago its last record was written.
    pub quiet_for: Duration,
    /// How long ago its process was found to have ended.
    pub ended_for: Option<Duration>,
    /// What a person calls it: the beginning of its last prompt. It is not written into a journal.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub title: String,
}

/// What Lifeline may do about sessions by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum SessionMode {
    /// Do it, and say so.
    Automatic,
    /// Ask first.
    #[default]
    Ask,
    /// Nothing.
    Never,
}

/// Answer to [`Event::ResumeAsked`](crate::Event::ResumeAsked) or [`Event::ContinueAsked`](crate::Event::ContinueAsked).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum SessionAnswer {
    /// Under way.
    Started,
    /// Its process is there.
    AlreadyOpen {
        /// The shell of its terminal.
        shell_pid: Option<u32>,
    },
    /// Not done; the sentence says why and what to do.
    Refused(String),
}

/// What a window must know of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionNews {
    pub(crate) session: String,
    pub(crate) title: String,
    pub(crate) was_cut: bool,
}

/// What Lifeline remembers of sessions.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub(crate) struct Sessions {
    /// Windows whose host was replaced, and whose sessions are being looked at.
    looking: BTreeMap<WindowId, Looking>,
    /// When each session was told to go on.
    continued: BTreeMap<String, Vec<Time>>,
    /// When each was opened.
    opened: BTreeMap<String, Time>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Looking {
    since: Time,
    next: Time,
    /// Sessions about which everything has been done that will be.
    settled: BTreeSet<String>,
}

impl Sessions {
    /// A window has a new host.
    pub(crate) fn restarted(&mut self, now: Time, window: &WindowId) {
        let looking = Looking { since: now, next: now + FIRST_LOOK, settled: BTreeSet::new() };
        self.looking.insert(window.clone(), looking);
    }

    /// What to look at now.
    pub(crate) fn due(&mut self, now: Time, is_known: impl Fn(&WindowId) -> bool) -> Vec<Decision> {
        self.looking.retain(|window, looking| is_known(window) && now.since(looking.since) < LOOKS_FOR);
        self.continued.retain(|_, times| {
            times.retain(|at| now.since(*at) < CONTINUED_WITHIN);
            !times.is_empty()
        });
        self.opened.retain(|_, at| now.since(*at) < OPENING);
        let mut decisions = Vec::new();
        for (window, looking) in self.looking.iter_mut().filter(|(_, looking)| looking.next <= now) {
            looking.next = now + LOOKS_APART;
            decisions.push(Decision::LookForSessions { window: window.clone() });
        }
        decisions
    }

    /// A look brought this. What follows, and what the window must be told.
    pub(crate) fn found(
        &mut self,
        now: Time,
        window: &WindowId,
        facts: Vec<SessionFacts>,
        restore: SessionMode,
        go_on: SessionMode,
    ) -> (Vec<Decision>, Vec<SessionNews>) {
        let (mut decisions, mut news) = (Vec::new(), Vec::new());
        // Earlier than the first look: that was asked for by the restart before this one.
        let is_of_this_restart = |looking: &Looking| now.since(looking.since) >= FIRST_LOOK;
        if !self.looking.get(window).is_some_and(is_of_this_restart) {
            return (decisions, news);
        }
        let Some(mut looking) = self.looking.remove(window) else { return (decisions, news) };
        let mut is_open = false;
        for session in facts {
            if session.window.as_ref() != Some(window) || looking.settled.contains(&session.id) {
                continue;
            }
            if self.is_being_opened(now, &session.id) {
                is_open = true;
                continue;
            }
            let before = now.since(looking.since) + ENDED_BEFORE;
            let ended_before = session.ended_for.is_some_and(|ago| ago > before);
            let is_fresh = session.quiet_for < FRESH + now.since(looking.since);
            let died = matches!(session.state, SessionState::Cut | SessionState::Failed) && is_fresh;
            let may_go_on = died && !session.typed_since && self.may_continue(now, &session.id);
            let mut tell = |was_cut| {
                let title = session.title.clone();
                news.push(SessionNews { session: session.id.clone(), title, was_cut });
            };
            match session.kind {
                // It finishes its turn: two processes on one session would fork it.
                _ if session.is_orphan => {
                    is_open = true;
                    continue;
                }
                _ if ended_before => {}
                SessionKind::Panel | SessionKind::Terminal if !session.is_alive => {
                    // A CLI that ended between two turns was ended by its user.
                    let is_missed = session.kind == SessionKind::Panel || died;
                    match restore {
                        SessionMode::Automatic if is_missed => {
                            let goes_on = may_go_on && go_on == SessionMode::Automatic;
                            decisions.push(self.open(now, window, &session, goes_on));
                            if may_go_on && go_on == SessionMode::Ask {
                                tell(true);
                            }
                        }
                        SessionMode::Ask if is_missed => tell(died),
                        _ => {}
                    }
                }
                // It may still fail for what the restart did to it; the second look is the last.
                SessionKind::Terminal if session.state == SessionState::Working => continue,
                SessionKind::Terminal if may_go_on && session.in_front => match (go_on, session.shell_pid) {
                    (SessionMode::Automatic, Some(shell_pid)) => {
                        decisions.push(self.type_continue(now, window, &session.id, shell_pid));
                    }
                    (SessionMode::Ask, Some(_)) => tell(true),
                    _ => {}
                },
                SessionKind::Panel | SessionKind::Terminal | SessionKind::Elsewhere => {}
            }
            looking.settled.insert(session.id);
        }
        // A turn in a terminal may still fail for what the restart did to it: a second look, and then no more.
        if is_open || now.since(looking.since) < FIRST_LOOK + LOOKS_APART {
            self.looking.insert(window.clone(), looking);
        }
        (decisions, news)
    }

    /// The user wants it to go on.
    pub(crate) fn continue_asked(
        &mut self,
        now: Time,
        request: RequestId,
        window: Option<WindowId>,
        session: Option<SessionFacts>,
    ) -> Vec<Decision> {
        let (answer, deed) = self.continuation(now, window, session);
        deed.into_iter().chain([Decision::AnswerSession { request, answer }]).collect()
    }

    fn continuation(
        &mut self,
        now: Time,
        window: Option<WindowId>,
        session: Option<SessionFacts>,
    ) -> (SessionAnswer, Option<Decision>) {
        let refuse = |reason: &str| (SessionAnswer::Refused(reason.into()), None);
        let Some(session) = session else { return refuse(NOT_KNOWN) };
        if self.is_being_opened(now, &session.id) {
            return refuse(OPENS);
        }
        match session.state {
            SessionState::Working => return refuse("It is still at work. Nothing needs to be done."),
            SessionState::Waiting => {
                return refuse(
                    "It waits for your answer to a question. Answer that in its terminal or panel.",
                );
            }
            SessionState::Idle | SessionState::Unknown => {
                return refuse("Its last turn has come to its end. Type your next prompt.");
            }
            SessionState::Failed | SessionState::Cut => {}
        }
        if session.typed_since {
            return refuse("You have typed something there since its turn died.");
        }
        if !self.may_continue(now, &session.id) {
            return refuse(
                "It was told to go on twice within the last hour, and its turn died each time. Look at what it says; on a large session, “/compact” often helps.",
            );
        }
        let Some(window) = session.window.clone().or(window) else {
            return refuse(
                "It belongs to no window. Open its folder in VS Code, or type “continue” where it runs.",
            );
        };
        match (session.is_alive, session.shell_pid.filter(|_| session.in_front)) {
            (true, Some(shell_pid)) => {
                let deed = self.type_continue(now, &window, &session.id, shell_pid);
                (SessionAnswer::Started, Some(deed))
            }
            (true, None) if session.is_orphan => refuse(FINISHES),
            (true, None) => {
                refuse("It is not in front in a terminal of VS Code. Type “continue” where it runs.")
            }
            (false, _) => (SessionAnswer::Started, Some(self.open(now, &window, &session, true))),
        }
    }

    /// The user wants it to be compacted.
    pub(crate) fn compact_asked(
        request: RequestId,
        session: Option<SessionFacts>,
        is_known: impl Fn(&WindowId) -> bool,
    ) -> Vec<Decision> {
        let refuse = |reason: &str| (SessionAnswer::Refused(reason.into()), None);
        let place = session.as_ref().and_then(|session| {
            let shell_pid = session.shell_pid.filter(|_| session.is_alive && session.in_front)?;
            Some((session.window.clone().filter(&is_known)?, shell_pid))
        });
        let (answer, deed) = match (session, place) {
            (None, _) => refuse(NOT_KNOWN),
            (Some(SessionFacts { state: SessionState::Working | SessionState::Waiting, .. }), _) => {
                refuse("It is in the middle of a turn. Compact it when that has ended.")
            }
            (Some(_), None) => {
                refuse("It is not in front in a terminal of VS Code. Type “/compact” where it runs.")
            }
            (Some(SessionFacts { id: session, .. }), Some((window, shell_pid))) => {
                (SessionAnswer::Started, Some(Decision::TypeCompact { window, session, shell_pid }))
            }
        };
        deed.into_iter().chain([Decision::AnswerSession { request, answer }]).collect()
    }

    /// The user wants it back.
    pub(crate) fn resume_asked(
        &mut self,
        now: Time,
        request: RequestId,
        window: Option<WindowId>,
        session: Option<SessionFacts>,
    ) -> Vec<Decision> {
        let mut decisions = Vec::new();
        let answer = match (session, window) {
            (None, _) => SessionAnswer::Refused(NOT_KNOWN.into()),
            (Some(session), _) if session.is_orphan => SessionAnswer::Refused(FINISHES.into()),
            (Some(session), _) if session.is_alive => {
                SessionAnswer::AlreadyOpen { shell_pid: session.shell_pid }
            }
            (Some(session), _) if self.is_being_opened(now, &session.id) => {
                SessionAnswer::Refused(OPENS.into())
            }
            (Some(session), window) => match window.or(session.window.clone()) {
                None => {
                    SessionAnswer::Refused("It belongs to no window. Say which one with --window.".into())
                }
                Some(window) => {
                    decisions.push(self.open(now, &window, &session, false));
                    SessionAnswer::Started
                }
            },
        };
        decisions.push(Decision::AnswerSession { request, answer });
        decisions
    }

    fn is_being_opened(&self, now: Time, session: &str) -> bool {
        self.opened.get(session).is_some_and(|at| now.since(*at) < OPENING)
    }

    fn may_continue(&self, now: Time, session: &str) -> bool {
        let times = self.continued.get(session).into_iter().flatten();
        times.filter(|at| now.since(**at) < CONTINUED_WITHIN).count() < CONTINUED_AT_MOST
    }

    fn type_continue(&mut self, now: Time, window: &WindowId, session: &str, shell_pid: u32) -> Decision {
        self.continued.entry(session.to_owned()).or_default().push(now);
        Decision::TypeContinue { window: window.clone(), session: session.to_owned(), shell_pid }
    }

    fn open(&mut self, now: Time, window: &WindowId, session: &SessionFacts, goes_on: bool) -> Decision {
        self.opened.insert(session.id.clone(), now);
        if goes_on {
            self.continued.entry(session.id.clone()).or_default().push(now);
        }
        Decision::OpenSession {
            window: window.clone(),
            session: session.id.clone(),
            folder: session.folder.clone(),
            kind: session.kind,
            goes_on,
        }
    }
}

const NOT_KNOWN: &str = "No such session is known. “lifeline sessions” lists them.";
const OPENS: &str = "It is being opened. That takes a moment.";
const FINISHES: &str = "Its process lost its window and is finishing its turn. A second process on one session would fork it; ask again when it has ended.";
