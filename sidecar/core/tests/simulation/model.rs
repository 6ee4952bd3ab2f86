//! The reference model: it knows nothing of the core's rules, only what must never come of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use lifeline_core::{
    Cause, Decision, Event, Evidence, Incident, IncidentId, KillOutcome, Mode, NoticeId, Outcome, ProcessId,
    ProcessState, RequestId, Role, Settings, Verdict, Via, WindowId,
};

use crate::world::{Behaviour, Seen, World};

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
    changed: BTreeSet<WindowId>,
    pub(crate) kills: usize,
}

impl Model {
    /// The whole story, with what was true at each kill. Some messages were lost: then the core knows things later.
    pub(crate) fn check(world: &World, lossy: bool) -> Self {
        let mut model = Self::default();
        let mut truths = world.kill_truths.iter();
        for (at, seen) in &world.seen {
            match seen {
                Seen::Event(event) => model.event(*at, event),
                Seen::Resume(_) => {
                    model.gap_at = Some(*at);
                    model.last_tick = model.last_tick.map(|_| *at);
                }
                Seen::Decision(decision) => {
                    model.decision(*at, decision);
                    if let Decision::KillHost { verdict, evidence, .. } = decision {
                        let truth = truths.next().expect("each kill has its truth");
                        assert_eq!(truth.at, *at);
                        let host = truth.host.as_ref().expect("a kill names a host that exists");
                        let slack = if lossy { 8_000 } else { 2_500 };
                        let behaved = |what: fn(&Behaviour) -> bool| {
                            let before = host.past.iter().rev().take_while(|(until, _)| at - until < slack);
                            what(&host.behaviour) || before.into_iter().any(|(_, was)| what(was))
                        };
                        if evidence.contains(&Evidence::Confirmed) {
                            assert!(
                                !host.behaviour.is_held() || at - host.since < 100,
                                "{at}: a confirmed kill of a host that is {:?}",
                                host.behaviour
                            );
                        } else {
                            // Not let run now, but it had all the time it could want without a turn of its loop.
                            let had_its_time = *verdict == Verdict::Spinning
                                && Duration::from_millis(host.cpu_since_turn_ms())
                                    >= truth.settings.spinning_after;
                            assert!(
                                had_its_time || behaved(Behaviour::is_stuck),
                                "{at}: kill of a host that is {:?}",
                                host.behaviour
                            );
                            let stalls = host.stalls.iter().filter(|(_, to)| at - to < slack);
                            let silent = stalls.map(|(from, to)| to - from).chain([at - host.last_turn]);
                            let silent = Duration::from_millis(silent.max().unwrap_or(0) + slack);
                            let due =
                                verdict.act_after(&truth.settings).expect("a verdict that calls for action");
                            assert!(
                                silent >= due,
                                "{at}: silent for {silent:?} only, {verdict} needs {due:?}"
                            );
                        }
                    }
                }
                Seen::Status(window, status) => {
                    assert!(
                        model.changed.contains(window),
                        "{at}: a change without a word: {window} {status:?}"
                    );
                    assert!(status.pending.len() <= 8, "{at}: more and more notices");
                }
            }
        }
        assert!(model.unanswered.is_empty(), "requests without an answer: {:?}", model.unanswered);
        model
    }

    fn event(&mut self, at: u64, event: &Event) {
        assert!(self.unanswered.is_empty(), "{at}: requests without an answer: {:?}", self.unanswered);
        self.changed.clear();
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
            Event::Exited { host } => {
                if let Some(known) = self.of(*host) {
                    known.ended(at);
                }
            }
            Event::Facts { host, facts } => {
                if let Some(known) = self.of(*host) {
                    let held = facts.tracer_pid != 0;
                    known.state = Some((at, if held { ProcessState::Traced } else { facts.state }));
                    if facts.state == ProcessState::Dead {
                        known.ended(at);
                    }
                }
            }
            Event::Context { window, risks } => {
                if let Some(known) = self.windows.get_mut(window) {
                    known.would_lose = Some(!risks.would_lose.is_empty());
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
                }
            }
            Event::SnapshotSaved { incident } => {
                self.saved.insert(*incident);
            }
            Event::KillDone { incident, outcome: KillOutcome::Refused(_) | KillOutcome::NotCommitted(_) } => {
                for known in self.windows.values_mut() {
                    if known.killed.is_some_and(|(_, killed_for)| killed_for == *incident) {
                        known.killed = None;
                        known.exits.pop();
                    }
                }
            }
            Event::GracefulAnswered { incident, started: true } => {
                let host = self.incidents.get(incident).map(|incident| incident.host);
                if let Some(known) = host.and_then(|host| self.of(host)) {
                    known.departing = Some(at);
                }
            }
            Event::RestartAsked { request, window, confirmed } => {
                self.unanswered.insert(*request);
                if let Some(known) = self.windows.get_mut(window).filter(|_| *confirmed) {
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
        let known = self.windows.entry(window.clone()).or_default();
        if known.dead.contains(&host) {
            return;
        }
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

    fn of(&mut self, host: ProcessId) -> Option<&mut Known> {
        self.windows.values_mut().find(|known| known.host == Some(host))
    }

    fn decision(&mut self, at: u64, decision: &Decision) {
        match decision {
            Decision::KillHost { incident, window, host, verdict, evidence } => {
                self.kill(at, *incident, window, *host, *verdict, evidence);
            }
            Decision::SaveSnapshot { incident } => {
                self.incidents.insert(incident.id, (**incident).clone());
            }
            Decision::RestartGracefully { incident, .. } => {
                assert!(self.saved.contains(incident), "{at}: a restart without a snapshot");
                assert_eq!(self.incidents[incident].cause, Cause::Requested);
            }
            Decision::Tell { window, via, notice } => {
                let by_window = *via == Via::Window;
                assert!(self.told.insert((notice.id, by_window)), "{at}: told twice: {notice:?}");
                let known = &self.windows[window];
                assert!(!by_window || known.main, "{at}: nobody there can show {notice:?}");
            }
            Decision::Record { incident } => {
                assert_ne!(incident.outcome, Outcome::Open, "{at}: recorded open");
                assert!(!self.over.contains(&incident.id), "{at}: recorded after its end: {incident:?}");
                if !matches!(incident.outcome, Outcome::Refused | Outcome::NotVerified) {
                    self.over.insert(incident.id);
                }
            }
            Decision::AnswerRestart { request, .. } | Decision::AnswerDrill { request, .. } => {
                assert!(self.unanswered.remove(request), "{at}: an answer to nobody");
            }
            Decision::Changed { window } => {
                self.changed.insert(window.clone());
            }
            Decision::Leave => {
                assert!(self.windows.values().all(|known| known.host.is_none()), "{at}: leaves its windows");
            }
            Decision::Examine { .. } | Decision::Freeze { .. } => {}
        }
    }

    fn kill(
        &mut self,
        at: u64,
        incident: IncidentId,
        window: &WindowId,
        host: ProcessId,
        verdict: Verdict,
        evidence: &[Evidence],
    ) {
        let known = self.windows.get_mut(window).expect("a kill in a window that is known");
        assert_eq!(known.host, Some(host), "{at}: kill of another host");
        assert!(self.saved.contains(&incident), "{at}: kill without a snapshot");
        let mut witnesses: Vec<_> = evidence.iter().map(Evidence::witness).collect();
        witnesses.sort_unstable();
        witnesses.dedup();
        assert!(witnesses.len() >= 2, "{at}: kill on the word of {witnesses:?} alone");
        let others = known.exits.len() - usize::from(known.killed.is_some_and(|(killed, _)| killed == host));
        let recent = known.exits[..others].iter().filter(|exit| at - **exit < 300_000).count();
        assert!(recent < 2, "{at}: the third exit in five minutes");
        if evidence.contains(&Evidence::Confirmed) {
            let asked_at = known.confirmed_at.take().expect("a confirmed kill was asked for");
            assert!(at - asked_at < 60_000, "{at}: confirmed long ago");
            let (looked_at, state) = known.state.expect("a confirmed kill was preceded by a look");
            assert!(looked_at >= asked_at, "{at}: an old look");
            assert!(!matches!(state, ProcessState::Stopped | ProcessState::Traced), "{at}: {state:?}");
        } else {
            let due = verdict.act_after(&known.settings).expect("a verdict that calls for action");
            let due = u64::try_from(due.as_millis()).expect("a few minutes");
            assert!(self.gap_at.is_none_or(|gap| at - gap >= due), "{at}: kill too soon after a gap");
            assert!(at - known.met_at >= 10_000, "{at}: kill of a host that has just started");
            assert!(!known.paused, "{at}: kill while paused");
            let departs = known.departing.is_some_and(|since| at - since < 60_000);
            assert!(!departs, "{at}: kill of a host that VS Code shuts down");
            assert_ne!(known.settings.mode, Mode::Observe, "{at}: kill in mode observe");
            let cause = self.incidents[&incident].cause;
            if cause == Cause::Freeze {
                assert_ne!(known.settings.mode, Mode::Ask, "{at}: kill without asking");
                assert!(known.told_settings && known.would_lose.is_some(), "{at}: kill of we know not what");
            }
            assert_ne!(known.would_lose, Some(true), "{at}: kill of unsaved work");
            let against = evidence.iter().any(|one| {
                matches!(
                    one,
                    Evidence::WorkerSilent { .. }
                        | Evidence::Tracer { .. }
                        | Evidence::MayBeDebugged
                        | Evidence::CpuPressure { .. }
                        | Evidence::Gap { .. }
                ) || matches!(one, Evidence::RunDelay { .. } if verdict != Verdict::Spinning)
            });
            assert!(!against, "{at}: kill against the evidence {evidence:?}");
        }
        if known.killed.is_some_and(|(killed, _)| killed == host) {
            // The first had no effect; a host can end only once.
            known.exits.pop();
        }
        known.exits.push(at);
        known.killed = Some((host, incident));
        self.kills += 1;
    }
}
