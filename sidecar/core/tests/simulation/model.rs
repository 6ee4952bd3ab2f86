//! The reference model: it knows nothing of the core's rules, only what must never come of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use lifeline_core::{
    Cause, Decision, Event, Incident, IncidentId, KillOutcome, NAME_WITHIN, NoticeCode, NoticeId,
    OrphanDecision, Outcome, ProcessId, ProcessState, RequestId, RestartAnswer, Role, SessionFacts,
    SessionState, Settings, TICK, Via, WindowId,
};

use crate::world::{Seen, World};
use heap::Beats;

#[path = "model/heap.rs"]
mod heap;
#[path = "model/kills.rs"]
mod kills;

/// What the model knows of a window, from the events alone.
#[derive(Default)]
struct Known {
    host: Option<ProcessId>,
    met_at: u64,
    hostless_since: u64,
    main: bool,
    /// VS Code shuts it down since then.
    departing: Option<u64>,
    dead: BTreeSet<ProcessId>,
    exits: Vec<u64>,
    killed: Option<(ProcessId, IncidentId)>,
    paused: bool,
    settings: Settings,
    would_lose: Option<bool>,
    told_settings: bool,
    confirmed_at: Option<u64>,
    state: Option<(u64, ProcessState)>,
    /// Known by its socket alone.
    unguarded: bool,
    tasks: u32,
    beats: Beats,
    /// When it was asked what Claude is doing, when that was answered, and whether it was doing something.
    turns: Option<(u64, bool)>,
    /// The user asked for a restart of this host at a quiet moment.
    quiet: Option<ProcessId>,
    /// Orderly restarts that nobody asked for.
    planned: Vec<(u64, IncidentId)>,
    /// The culprit is being looked for since then.
    naming: Option<(u64, IncidentId)>,
    high_at: Option<u64>,
    critical_at: Option<u64>,
    offered: bool,
}

impl Known {
    fn ended(&mut self, at: u64) {
        let Some(host) = self.host.take() else { return };
        let counted = self.killed.take().is_some_and(|(killed, _)| killed == host);
        if !counted && self.departing.is_none() {
            self.exits.push(at);
        }
        self.dead.insert(host);
        self.hostless_since = at;
        self.main = false;
        self.departing = None;
        self.state = None;
        self.confirmed_at = None;
        self.quiet = None;
        self.naming = None;
        self.new_host();
    }

    fn new_host(&mut self) {
        self.beats = Beats::default();
        (self.turns, self.high_at, self.critical_at, self.offered) = (None, None, None, false);
    }

    /// Nothing is in flight and the user pauses, as far as anybody was told.
    fn is_quiet(&self, at: u64) -> bool {
        let typing = self.beats.idle_ms.is_some_and(|(then, idle)| idle + (at - then) < 20_000);
        !typing && self.tasks == 0 && self.would_lose == Some(false) && self.nothing_in_flight(at)
    }

    fn nothing_in_flight(&self, at: u64) -> bool {
        self.turns.is_some_and(|(then, busy)| !busy && at - then <= 2_700)
    }
}

/// Goes through a story and says what should not have been.
#[derive(Default)]
pub(crate) struct Model {
    windows: BTreeMap<WindowId, Known>,
    last_tick: Option<u64>,
    slept: Option<Duration>,
    gap_at: Option<u64>,
    saved: BTreeSet<IncidentId>,
    incidents: BTreeMap<IncidentId, Incident>,
    told: BTreeSet<(NoticeId, bool)>,
    over: BTreeSet<IncidentId>,
    unanswered: BTreeSet<RequestId>,
    last_event: u64,
    changed: BTreeSet<WindowId>,
    /// When each snapshot was durable.
    saved_at: BTreeMap<IncidentId, u64>,
    /// The windows of requests for a restart, and whether that is for a quiet moment.
    requests: BTreeMap<RequestId, (WindowId, bool)>,
    /// Windows without Lifeline that each incident was told for.
    unguarded_told: BTreeSet<IncidentId>,
    /// How each session was last said to stand.
    sessions: BTreeMap<String, SessionFacts>,
    /// When each was told to go on.
    continued: BTreeMap<String, Vec<u64>>,
    /// Who was last said to listen on a port.
    listening: BTreeMap<u16, ProcessId>,
    gone: BTreeSet<ProcessId>,
    /// Ports that are kept, and where they lead.
    kept: BTreeMap<u16, Option<u16>>,
    pub(crate) kills: usize,
}

impl Model {
    /// The whole story, with what was true at each kill. Some messages were lost: then the core knows things later.
    pub(crate) fn check(world: &World, lossy: bool) -> Self {
        let mut model = Self::default();
        let mut truths = world.kill_truths.iter();
        let mut restart_truths = world.restart_truths.iter();
        for (at, seen) in &world.seen {
            match seen {
                Seen::Event(event) => model.event(*at, event),
                Seen::Resume(_) => {
                    model.kept.clear();
                    model.gap_at = Some(*at);
                    model.forget_unguarded(|_| true);
                    model.last_tick = model.last_tick.map(|_| *at);
                }
                Seen::Decision(decision) => {
                    model.decision(*at, decision);
                    if let Decision::RestartGracefully { incident, .. } = decision {
                        let truth = restart_truths.next().expect("each restart has its truth");
                        if matches!(model.incidents[incident].cause, Cause::Memory | Cause::Refresh) {
                            kills::orderly_in_truth(truth, model.incidents[incident].cause);
                        }
                    }
                    if let Decision::KillHost { incident, verdict, evidence, .. } = decision {
                        let truth = truths.next().expect("each kill has its truth");
                        assert_eq!(truth.at, *at);
                        let cause = model.incidents[incident].cause;
                        kills::kill_in_truth(truth, cause, *verdict, evidence, lossy);
                    }
                }
                Seen::Forgotten(window, unguarded) => {
                    assert!(
                        !unguarded || model.changed.contains(window),
                        "{at}: {window} gone without a word"
                    );
                    assert!(
                        !unguarded || !model.windows.contains_key(window),
                        "{at}: {window} is still there"
                    );
                }
                Seen::Status(window, status) => {
                    assert!(
                        model.changed.contains(window),
                        "{at}: a change without a word: {window} {status:?}"
                    );
                    assert!(status.pending.len() <= 8, "{at}: more and more notices");
                    assert!(!status.unguarded || status.pending.is_empty(), "{at}: nobody will show that");
                    let known = model.windows.get_mut(window).expect("a window that is known");
                    assert_eq!(status.unguarded, known.unguarded, "{at}: {window}");
                    if status.phase != "saving" {
                        known.naming = None;
                    }
                }
            }
        }
        assert!(model.unanswered.is_empty(), "requests without an answer: {:?}", model.unanswered);
        model
    }

    fn event(&mut self, at: u64, event: &Event) {
        assert!(self.unanswered.is_empty(), "{at}: requests without an answer: {:?}", self.unanswered);
        self.changed.clear();
        self.no_kill_waits_for_a_name();
        self.last_event = at;
        // A gap: no tick for more than one and a half seconds, or the machine slept.
        if self.last_tick.is_some_and(|tick| at - tick > 1_500) {
            self.gap_at = Some(at);
            self.last_tick = Some(at);
        }
        match event {
            Event::Tick { slept, .. } => {
                if self.slept.is_some_and(|before| *slept > before + Duration::from_millis(200)) {
                    self.gap_at = Some(at);
                }
                self.slept = Some(*slept);
                self.last_tick = self.windows.values().any(|known| known.host.is_some()).then_some(at);
            }
            Event::Attached { window, host, role, .. } => self.attached(at, window, *host, *role),
            Event::Found { window, host, .. } => self.found(at, window, *host),
            Event::Lost { host } => self.forget_unguarded(|known| known.host == Some(*host)),
            Event::Beat { host, beat, .. } => {
                if let Some(known) = self.of(*host) {
                    known.beats.push(at, beat);
                }
            }
            Event::Turns { host, in_flight } => {
                if let Some(known) = self.of(*host) {
                    known.turns = Some((at, in_flight.is_some()));
                }
            }
            Event::Detached { host, role: Role::Main } => {
                if let Some(known) = self.of(*host) {
                    known.main = false;
                }
            }
            Event::Departing { host } => {
                for known in self.windows.values_mut() {
                    if known.host == Some(*host) {
                        known.departing = Some(at);
                    } else if known.host.is_none() && known.dead.contains(host) {
                        // Late news: it may not have been a crash.
                        known.exits.pop();
                    }
                }
            }
            Event::Sessions { sessions, .. } => {
                self.sessions.extend(sessions.iter().map(|facts| (facts.id.clone(), facts.clone())));
            }
            Event::ResumeAsked { request, session, .. }
            | Event::ContinueAsked { request, session, .. }
            | Event::CompactAsked { request, session } => {
                self.unanswered.insert(*request);
                self.sessions.extend(session.iter().map(|facts| (facts.id.clone(), facts.clone())));
            }
            Event::Listening { port, host, .. } => {
                self.listening.insert(*port, *host);
            }
            Event::BridgeFailed { port } => {
                self.kept.remove(port);
            }
            Event::Exited { host } => {
                self.gone.insert(*host);
                self.forget_unguarded(|known| known.host == Some(*host));
                if let Some(known) = self.of(*host) {
                    known.ended(at);
                }
            }
            Event::Facts { host, facts } => {
                if facts.state == ProcessState::Dead {
                    self.gone.insert(*host);
                }
                if let Some(known) = self.of(*host) {
                    let held = facts.tracer_pid != 0;
                    known.state = Some((at, if held { ProcessState::Traced } else { facts.state }));
                    if facts.state == ProcessState::Dead {
                        known.ended(at);
                        self.forget_unguarded(|known| known.host.is_none());
                    }
                }
            }
            Event::Context { window, risks } => {
                if let Some(known) = self.windows.get_mut(window) {
                    known.would_lose = Some(!risks.would_lose.is_empty());
                    known.tasks = risks.running_tasks;
                }
            }
            Event::Settings { window, settings } => {
                if let Some(known) = self.windows.get_mut(window) {
                    known.settings = *settings;
                    known.told_settings = true;
                }
            }
            Event::Paused { window, paused } => {
                if let Some(known) = self.windows.get_mut(window) {
                    known.paused = *paused;
                    if *paused {
                        known.quiet = None;
                    }
                }
            }
            Event::SnapshotSaved { incident } => {
                self.saved.insert(*incident);
                self.saved_at.entry(*incident).or_insert(at);
            }
            Event::KillDone { incident, outcome: KillOutcome::Refused(_) | KillOutcome::NotCommitted(_) } => {
                for known in self.windows.values_mut() {
                    if known.killed.is_some_and(|(_, killed_for)| killed_for == *incident) {
                        known.killed = None;
                        known.exits.pop();
                        known.planned.retain(|(_, planned)| planned != incident);
                    }
                }
            }
            Event::GracefulAnswered { incident, started: true } => {
                let host = self.incidents.get(incident).map(|incident| incident.host);
                if let Some(known) = host.and_then(|host| self.of(host)) {
                    known.departing = Some(at);
                }
            }
            Event::RestartAsked { request, window, confirmed, when_quiet } => {
                self.unanswered.insert(*request);
                self.requests.insert(*request, (window.clone(), *when_quiet));
                if !when_quiet && let Some(known) = self.windows.get_mut(window).filter(|_| *confirmed) {
                    known.confirmed_at = Some(at);
                }
            }
            Event::DrillAsked { request, .. } => {
                self.unanswered.insert(*request);
            }
            _ => {}
        }
    }

    fn attached(&mut self, at: u64, window: &WindowId, host: ProcessId, role: Role) {
        if self.windows.values().all(|known| known.host.is_none()) {
            self.last_tick = Some(at);
        }
        if self.windows.get(window).is_some_and(|known| known.dead.contains(&host)) {
            return;
        }
        self.windows.retain(|id, known| !(known.unguarded && (id == window || known.host == Some(host))));
        let known = self.windows.entry(window.clone()).or_default();
        if known.host != Some(host) {
            known.ended(at);
            if at - known.hostless_since >= 305_000 {
                known.paused = false;
            }
            known.host = Some(host);
            known.met_at = at;
        }
        if role == Role::Main {
            known.main = true;
            known.departing = None;
        }
    }

    fn found(&mut self, at: u64, window: &WindowId, host: ProcessId) {
        let is_known = self.windows.iter().any(|(id, known)| {
            known.dead.contains(&host)
                || (known.host == Some(host) && id != window)
                || (id == window && !known.unguarded)
        });
        if is_known {
            return;
        }
        if self.windows.values().all(|known| known.host.is_none()) {
            self.last_tick = Some(at);
        }
        let known = self.windows.entry(window.clone()).or_default();
        known.unguarded = true;
        if known.host != Some(host) {
            known.ended(at);
            known.host = Some(host);
            known.met_at = at;
        }
    }

    /// Of a window without Lifeline, nothing is remembered.
    fn forget_unguarded(&mut self, gone: impl Fn(&Known) -> bool) {
        self.windows.retain(|_, known| !(known.unguarded && gone(known)));
    }

    /// Whoever looks for the culprit has its time and no more.
    fn no_kill_waits_for_a_name(&self) {
        for known in self.windows.values() {
            let Some((asked_at, incident)) = known.naming else { continue };
            let Some(saved_at) = self.saved_at.get(&incident) else { continue };
            let named_by = asked_at + u64::try_from(NAME_WITHIN.as_millis()).expect("short");
            // A tick, which may be late.
            let tick = u64::try_from(TICK.as_millis()).expect("short") + 900;
            let until = named_by.max(*saved_at) + tick;
            assert!(self.last_event <= until, "{}: waits for a name since {asked_at}", self.last_event);
        }
    }

    fn of(&mut self, host: ProcessId) -> Option<&mut Known> {
        self.windows.values_mut().find(|known| known.host == Some(host))
    }

    /// Only after a turn that died, when the user has typed nothing since, and at most twice an hour.
    fn goes_on(&mut self, at: u64, session: &str) {
        let facts = &self.sessions[session];
        assert!(matches!(facts.state, SessionState::Cut | SessionState::Failed), "{at}: {facts:?}");
        assert!(!facts.typed_since, "{at}: {facts:?}");
        let times = self.continued.entry(session.to_owned()).or_default();
        times.retain(|then| at - then < 3_600_000);
        times.push(at);
        assert!(times.len() <= 2, "{at}: told to go on again and again: {facts:?}");
    }

    fn decision(&mut self, at: u64, decision: &Decision) {
        match decision {
            Decision::KillHost { incident, window, host, verdict, evidence } => {
                self.kill(at, *incident, window, *host, *verdict, evidence);
            }
            Decision::SaveSnapshot { incident } => {
                assert!(!self.windows[&incident.window].unguarded, "{at}: nothing to save there");
                self.incidents.insert(incident.id, (**incident).clone());
            }
            Decision::NameCulprit { incident, host } => {
                let known = self.of(*host).expect("a host that is known");
                assert!(!known.unguarded && known.settings.name_culprit, "{at}: nobody wants its name");
                known.naming = Some((at, *incident));
            }
            Decision::LookForTurns { window, host } => {
                let known = &self.windows[window];
                assert_eq!(known.host, Some(*host), "{at}: turns of another host");
                assert!(!known.unguarded && !known.paused, "{at}: what for?");
            }
            Decision::RestartGracefully { incident, window } => {
                assert!(self.saved.contains(incident), "{at}: a restart without a snapshot");
                let cause = self.incidents[incident].cause;
                let known = self.windows.get_mut(window).expect("a restart in a window that is known");
                assert!(!known.unguarded, "{at}: a restart of a window without Lifeline");
                match cause {
                    Cause::Memory | Cause::Refresh => known.orderly(at, *incident, cause),
                    _ => assert_eq!(cause, Cause::Requested),
                }
                if cause == Cause::Requested && known.quiet.is_some() {
                    assert!(!known.paused && known.is_quiet(at), "{at}: not the moment for it");
                }
            }
            Decision::Tell { window, via, notice } => {
                let by_window = *via == Via::Window;
                assert!(self.told.insert((notice.id, by_window)), "{at}: told twice: {notice:?}");
                let known = self.windows.get_mut(window).expect("told of a window that is known");
                assert!(!by_window || known.main, "{at}: nobody there can show {notice:?}");
                let apart = |last: &mut Option<u64>| {
                    let last = last.replace(at);
                    assert!(last.is_none_or(|last| at - last >= 1_800_000), "{at}: again {notice:?}");
                };
                match &notice.code {
                    NoticeCode::MemoryHigh { .. } => apart(&mut known.high_at),
                    NoticeCode::MemoryCritical { .. } => apart(&mut known.critical_at),
                    NoticeCode::RefreshOffered(_) => {
                        assert!(!std::mem::replace(&mut known.offered, true), "{at}: again {notice:?}");
                    }
                    NoticeCode::Unguarded => {
                        assert!(known.unguarded && !by_window, "{at}: {notice:?}");
                        let incident = notice.incident.as_ref().expect("a freeze has its incident").id;
                        assert!(self.unguarded_told.insert(incident), "{at}: again {notice:?}");
                    }
                    _ => {}
                }
                let of_memory = matches!(
                    notice.code,
                    NoticeCode::MemoryHigh { .. }
                        | NoticeCode::MemoryCritical { .. }
                        | NoticeCode::RefreshOffered(_)
                );
                assert!(!(of_memory && known.paused), "{at}: told while paused: {notice:?}");
            }
            Decision::Record { incident } => {
                assert_ne!(incident.outcome, Outcome::Open, "{at}: recorded open");
                assert!(!self.over.contains(&incident.id), "{at}: recorded after its end: {incident:?}");
                if !matches!(incident.outcome, Outcome::Refused | Outcome::NotVerified) {
                    self.over.insert(incident.id);
                }
            }
            Decision::AnswerRestart { request, answer } => {
                assert!(self.unanswered.remove(request), "{at}: an answer to nobody");
                let (window, when_quiet) = self.requests.remove(request).expect("a request");
                let known = self.windows.get_mut(&window);
                match answer {
                    RestartAnswer::Waiting => {
                        let known = known.expect("a window that is known");
                        assert!(when_quiet && !known.paused && !known.unguarded, "{at}: waits for nothing");
                        known.quiet = known.host;
                    }
                    RestartAnswer::Started => {
                        assert!(!when_quiet, "{at}: at once");
                        known.expect("a window that is known").quiet = None;
                    }
                    _ => {}
                }
            }
            Decision::AnswerDrill { request, .. } => {
                assert!(self.unanswered.remove(request), "{at}: an answer to nobody");
            }
            Decision::Changed { window } => {
                self.changed.insert(window.clone());
            }
            Decision::Bridge { port, to } => {
                let before = self.kept.insert(*port, *to);
                assert_ne!(before, Some(*to), "{at}: port {port} leads to {to:?} already");
                if before.is_none() {
                    let host = self.listening.get(port).expect("a port that was listened on");
                    assert!(self.gone.contains(host), "{at}: the port of a host that lives");
                }
                if let Some(to) = to {
                    let host = self.listening[to];
                    assert!(
                        self.of(host).is_some_and(|known| !known.unguarded),
                        "{at}: led to a host without a window"
                    );
                }
            }
            Decision::LookForSessions { window } => {
                assert!(self.windows.contains_key(window), "{at}: looks where there is no window");
            }
            Decision::OpenSession { session, goes_on, .. } => {
                let facts = &self.sessions[session];
                assert!(!facts.is_alive && !facts.is_orphan, "{at}: two processes on one session: {facts:?}");
                if *goes_on {
                    self.goes_on(at, session);
                }
            }
            Decision::TypeCompact { window, session, shell_pid } => {
                let facts = &self.sessions[session];
                assert!(
                    facts.is_alive && facts.in_front && facts.shell_pid == Some(*shell_pid),
                    "{at}: {facts:?}"
                );
                assert!(self.windows.contains_key(window), "{at}: types where there is no window");
            }
            Decision::TypeContinue { session, shell_pid, .. } => {
                let facts = &self.sessions[session];
                assert!(
                    facts.is_alive && facts.in_front && facts.shell_pid == Some(*shell_pid),
                    "{at}: types into another terminal"
                );
                self.goes_on(at, session);
            }
            Decision::AnswerSession { request, .. } => {
                assert!(self.unanswered.remove(request), "{at}: an answer to nobody");
            }
            Decision::Unbridge { port } => {
                assert!(self.kept.remove(port).is_some(), "{at}: given back what was not kept");
            }
            // No look has ever shown a process: whatever is asked and answered, nobody can be told to end.
            Decision::Orphan(
                OrphanDecision::Look | OrphanDecision::Answer { .. } | OrphanDecision::CalledOff { .. },
            ) => {}
            Decision::Orphan(decision) => panic!("{at}: {decision:?} without a process"),
            Decision::Leave => {
                let left = self.windows.values().any(|known| known.host.is_some() && !known.unguarded);
                assert!(!left, "{at}: leaves its windows");
            }
            Decision::Freeze { window, .. } => {
                assert!(!self.windows[window].unguarded, "{at}: a drill in a window without Lifeline");
            }
            Decision::Examine { .. } | Decision::LookAtLink { .. } => {}
        }
    }
}
