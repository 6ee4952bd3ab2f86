//! The control loop: the only place where events meet the core and decisions are obeyed.

mod api;
mod bring_back;
mod continuity;
mod network;
mod orphans;
mod relay;
mod senses;
mod sessions;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use lifeline_bridge::continuity::{Secret, Traffic};
use lifeline_core::{
    Decision, Event, Incident, IncidentId, KillOutcome, Pressure, ProcessId, RequestId, Role, Supervisor,
    Time, Via, WindowId,
};
use lifeline_platform::Platform;
use lifeline_protocol as wire;
use tokio::sync::mpsc;

use api::{Place, Places};
use bring_back::{COMPACT, GO_ON, Wish};
use continuity::Bridges;
use network::Network;
use orphans::{Looked, Processes};
use relay::RelayHost;

use crate::{
    act::{self, PendingEnd, PendingKill},
    clock,
    connections::Connections,
    disk::{Disk, Done, Job},
    input::{Answer, ConnectionId, Input, Refusal, Request},
    inspector,
    journal::{self, Recorder},
    memory,
    outgoing::{GracefulAnswer, Outgoing},
    relay::News,
    sense::{self, WatchedHost, census::SharedCensus, ledger::SharedLedger, sockets::Sockets},
    snapshots,
    store::Store,
    wire as translate,
};

/// File of the history in the state folder.
const HISTORY_FILE: &str = "incidents.json";

/// Incidents kept in the history.
const HISTORY_KEPT: usize = 200;

/// Milliseconds without a window after which the daemon leaves, instead of ten minutes.
const LEAVE_AFTER_VARIABLE: &str = "LIFELINE_LEAVE_AFTER_MS";

/// A tick that is due so soon comes with what woke us: waking up costs more than the tick.
const TICK_EARLY: Duration = Duration::from_millis(250);

/// And so long it is waited for what may be about to wake us.
const TICK_LATE: Duration = Duration::from_millis(100);

/// How often it lets go of code that is not run: what began it, and what a look at everything took, is seldom needed again soon. To map again
/// what is needed takes some 80 page faults, 0.1 ms in all.
const LET_GO_EVERY: Duration = Duration::from_secs(30);

/// Why the control loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// Nobody needs the daemon any more.
    Deserted,
    /// A newer binary takes over.
    HandOver,
    /// SIGTERM or SIGINT, or the listener ended.
    Terminated,
}

/// What our own tasks report.
enum Report {
    SnapshotWritten(IncidentId, io::Result<()>),
    KillCommitted(WindowId, PendingKill, io::Result<()>),
    /// Lines of the journal did not reach the disk.
    JournalLost,
    /// What a task found out for the core.
    Event(Box<Event>),
    /// For a window, after a last look.
    Say(WindowId, Box<Outgoing>),
    /// A session was opened a while ago.
    Opened(String),
    /// The tokens of the locks that are there.
    Secrets(Vec<(u16, Secret)>),
    /// Where the clients of a bridge are to be led, and the lock there.
    BridgeTo(u16, u16, Option<Secret>),
    /// A look at the processes has come back.
    Processes(Looked),
    /// The journal is durable, or is not.
    EndCommitted(PendingEnd, io::Result<()>),
    /// The port of a bridge may be free now.
    BridgeAgain(u16),
    /// Where sessions are, and whether something waits for that.
    Places(BTreeMap<String, Place>, bool),
    /// What Claude Code is in the middle of, in the window of this host.
    Turns(ProcessId, Option<String>),
    /// A debugger is attached to this host's inspector.
    Debugger(ProcessId),
    /// What there was to find out about who froze a host.
    Culprit {
        incident: IncidentId,
        host: ProcessId,
        asked: inspector::Asked,
    },
}

/// Someone who asked the core.
enum Waiting {
    Restart(Answer<wire::RestartAnswer>),
    Drill(Answer<wire::DrillAnswer>, WindowId),
    Session(Answer<wire::SessionAnswer>),
}

/// Runs until nobody needs it. `inputs` are what connections say; everything is kept in `state_dir`.
pub(crate) async fn control(mut inputs: mpsc::Receiver<Input>, state_dir: PathBuf) -> Leave {
    let (exits, mut exited) = mpsc::unbounded_channel();
    let (reports, mut reported) = mpsc::unbounded_channel();
    let (graceful, mut graceful_answered) = mpsc::unbounded_channel();
    let (heard, mut heard_of_sockets) = mpsc::unbounded_channel();
    let (traffic, mut bridged) = mpsc::unbounded_channel();
    let (relaying, mut relayed) = mpsc::unbounded_channel();
    let mut daemon = Daemon::new(&state_dir, exits, reports, graceful, traffic, relaying);
    daemon.take_up_hosts();
    let _heartbeat = sense::heartbeat(heard);
    let (saying, mut said) = mpsc::unbounded_channel();
    sense::transcripts::follow(&daemon.config_dirs, saying);
    let mut route_changes = sense::RouteChanges::new(&daemon.platform);
    // What has changed before there was word.
    daemon.look_at_network();
    daemon.keep_relay();
    let mut memory_trigger = sense::MemoryTrigger::new(&daemon.platform);
    loop {
        daemon.obey();
        if let Some(leave) = daemon.leave {
            daemon.relay.end().await;
            while let Ok(news) = relayed.try_recv() {
                daemon.relay_told(news);
            }
            daemon.save_and_flush().await;
            return leave;
        }
        let due = daemon.due();
        tokio::select! {
            input = inputs.recv() => match input {
                Some(input) => {
                    daemon.input(input);
                    daemon.tick(TICK_EARLY);
                }
                None => daemon.leave = Some(Leave::Terminated),
            },
            Some(host) = exited.recv() => daemon.event(Event::Exited { host }),
            Some(report) = reported.recv() => daemon.report(report),
            Some(report) = heard_of_sockets.recv() => daemon.heard_of_sockets(report),
            Some(traffic) = bridged.recv() => daemon.bridge_used(traffic),
            Some(said) = said.recv() => daemon.transcript_said(said),
            Some(news) = relayed.recv() => daemon.relay_told(news),
            () = route_changes.came() => daemon.look_at_network(),
            () = memory_trigger.fired() => daemon.look_at_memory(clock::now(), true),
            Some(GracefulAnswer { incident, started }) = graceful_answered.recv() => {
                daemon.event(Event::GracefulAnswered { incident, started });
            }
            () = tokio::time::sleep(due) => daemon.tick(Duration::ZERO),
        }
    }
}

struct Daemon {
    supervisor: Supervisor,
    recorder: Recorder,
    disk: Disk,
    snapshot_dir: PathBuf,
    platform: Platform,
    boot_id: Option<String>,
    began: Time,
    /// When it lets go of code that is not run.
    lets_go_at: Time,
    connections: Connections,
    hosts: BTreeMap<ProcessId, WatchedHost>,
    sockets: Sockets,
    bridges: Bridges,
    /// Where Claude Code keeps its sessions and transcripts.
    config_dirs: Vec<PathBuf>,
    ledger: SharedLedger,
    census: SharedCensus,
    processes: Processes,
    places: Places,
    network: Network,
    relay: RelayHost,
    /// The process at the other end of each connection.
    peers: BTreeMap<ConnectionId, u32>,
    memory_looked_at: Option<Time>,
    pressure: Option<Pressure>,
    pressure_looked_at: Option<Time>,
    sessions_looked_at: Option<Time>,
    /// When a silent host was last looked at for a debugger.
    inspected: BTreeMap<ProcessId, Time>,
    /// Hosts whose inspector we opened and could not close.
    opened: BTreeSet<ProcessId>,
    contexts: BTreeMap<WindowId, wire::EditorContext>,
    history: Vec<wire::Incident>,
    waiting: BTreeMap<RequestId, Waiting>,
    next_request: u64,
    events: VecDeque<Event>,
    exits: mpsc::UnboundedSender<ProcessId>,
    reports: mpsc::UnboundedSender<Report>,
    leave: Option<Leave>,
}

impl Daemon {
    fn new(
        state_dir: &Path,
        exits: mpsc::UnboundedSender<ProcessId>,
        reports: mpsc::UnboundedSender<Report>,
        graceful: mpsc::UnboundedSender<GracefulAnswer>,
        traffic: mpsc::UnboundedSender<Traffic>,
        relaying: mpsc::UnboundedSender<News>,
    ) -> Self {
        let platform = Platform::new();
        let boot_id = platform.boot_id();
        let store = Store::new(state_dir.to_owned());
        let (now, unix_ms) = (clock::now(), clock::unix_ms());
        let history: Vec<wire::Incident> = store
            .read(HISTORY_FILE)
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        // Above everything that was numbered before, even when the clock was set back.
        let known = history.iter().filter_map(|incident| incident.id.parse().ok());
        let first_number =
            known.chain(store.highest_snapshot()).max().map_or(unix_ms, |n: u64| unix_ms.max(n + 1));
        let remembered = store.read(memory::FILE).and_then(|bytes| {
            memory::decode(&bytes, boot_id.as_deref(), || Supervisor::new(now, first_number))
        });
        let mut supervisor = match remembered {
            Some(mut supervisor) => {
                supervisor.resume(now, first_number);
                supervisor
            }
            None => Supervisor::new(now, first_number),
        };
        if let Some(ms) = std::env::var(LEAVE_AFTER_VARIABLE).ok().and_then(|value| value.parse().ok()) {
            supervisor.set_leave_after(Duration::from_millis(ms));
        }
        let notes = lifeline_report::read_notes(&state_dir.join(lifeline_report::NETWORK_FILE));
        let ways = platform.ways_out();
        let has_route = ways.as_ref().is_none_or(|ways| !ways.is_empty());
        let relay = RelayHost::new(&store, has_route, relaying);
        let network = Network::new(notes.unwrap_or_default(), ways, clock::slept());
        let config_dirs = sense::claude_config_dirs();
        Self {
            recorder: Recorder::new(now, unix_ms, boot_id.as_deref()),
            snapshot_dir: store.snapshots(),
            disk: Disk::start(store),
            supervisor,
            ledger: SharedLedger::new(platform.clone(), config_dirs.clone()),
            census: SharedCensus::new(platform.clone(), config_dirs.clone()),
            processes: Processes::default(),
            places: Places::default(),
            network,
            relay,
            peers: BTreeMap::new(),
            bridges: Bridges::new(&platform, traffic),
            platform,
            boot_id,
            began: now,
            lets_go_at: now + LET_GO_EVERY,
            connections: Connections::new(graceful),
            hosts: BTreeMap::new(),
            sockets: Sockets::default(),
            config_dirs,
            memory_looked_at: None,
            pressure: None,
            pressure_looked_at: None,
            sessions_looked_at: None,
            inspected: BTreeMap::new(),
            opened: BTreeSet::new(),
            contexts: BTreeMap::new(),
            history,
            waiting: BTreeMap::new(),
            next_request: 0,
            events: VecDeque::new(),
            exits,
            reports,
            leave: None,
        }
    }

    /// Hosts that the daemon before us watched: hold them open again, or learn that they are gone.
    fn take_up_hosts(&mut self) {
        let hosts: Vec<ProcessId> =
            self.supervisor.windows().filter_map(lifeline_core::Window::host).collect();
        for host in hosts {
            match WatchedHost::open(&self.platform, host, self.exits.clone()) {
                Ok(watched) => drop(self.hosts.insert(host, watched)),
                Err(error) if act::is_gone(&error) => {
                    tracing::info!(%error, %host, "a host of the daemon before us is gone");
                    self.event(Event::Exited { host });
                }
                // It is opened again when it attaches.
                Err(error) => {
                    tracing::warn!(%error, %host, "a host of the daemon before us cannot be watched")
                }
            }
        }
    }

    fn due(&self) -> Duration {
        (self.supervisor.poll_timeout().0 + TICK_LATE).since(clock::now())
    }

    /// The tick, when it is due within `early`.
    fn tick(&mut self, early: Duration) {
        let now = clock::now();
        if self.supervisor.poll_timeout().0 <= now + early {
            self.look_at_pressure(now);
            self.event(Event::Tick { slept: clock::slept(), pressure: self.pressure });
            self.look_at_memory(now, false);
            self.look_at_sleep();
            self.keep_sessions_in_mind();
            self.keep_processes_in_mind();
            self.forget_relay_wishes();
            if self.lets_go_at <= now {
                self.lets_go_at = now + LET_GO_EVERY;
                lifeline_platform::let_go_of_code();
            }
        }
    }

    fn event(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// Feeds the core and obeys it until both are silent.
    fn obey(&mut self) {
        while let Some(event) = self.events.pop_front() {
            let now = clock::now();
            if let Event::Exited { host } = &event {
                self.hosts.remove(host);
                self.sockets.ended(*host);
                self.opened.remove(host);
                self.inspected.remove(host);
            }
            let may_want_bridges = matches!(event, Event::Attached { .. } | Event::Settings { .. });
            let may_release = matches!(event, Event::Lost { .. } | Event::Attached { .. });
            self.recorder.event(now, &event, &self.supervisor);
            self.supervisor.handle(now, event);
            let mut of_consequence = false;
            let decisions: Vec<Decision> = std::iter::from_fn(|| self.supervisor.poll_decision()).collect();
            for decision in &decisions {
                self.recorder.decision(now, decision);
                of_consequence |= journal::is_of_consequence(decision);
            }
            if of_consequence {
                self.remember();
            }
            for decision in decisions {
                self.carry_out(decision);
            }
            if may_release {
                self.release_hosts();
            }
            if may_want_bridges {
                self.learn_secrets();
            }
        }
        if let Some(lines) = self.recorder.take() {
            let done = self.journal_written();
            self.disk.queue(Job::Journal { lines, done });
        }
    }

    /// Reports lost lines, so that the journal goes on from a checkpoint and still replays.
    fn journal_written(&self) -> Done {
        let reports = self.reports.clone();
        Box::new(move |written| {
            if written.is_err() {
                let _ = reports.send(Report::JournalLost);
            }
        })
    }

    fn remember(&self) {
        let content = memory::encode(&self.supervisor, self.boot_id.as_deref());
        self.disk.queue(Job::File { name: memory::FILE, content });
    }

    async fn save_and_flush(&mut self) {
        self.remember();
        let (sender, flushed) = tokio::sync::oneshot::channel();
        self.disk.queue(Job::Flush(Box::new(move |_| {
            let _ = sender.send(());
        })));
        let _ = flushed.await;
    }

    // ---- decisions ---------------------------------------------------------------------------------

    fn carry_out(&mut self, decision: Decision) {
        match decision {
            Decision::Examine { host } => self.examine(host),
            Decision::SaveSnapshot { incident } => self.save_snapshot(&incident),
            Decision::NameCulprit { incident, host } => self.name_culprit(incident, host),
            Decision::LookForTurns { window, host } => self.look_for_turns(&window, host),
            Decision::KillHost { incident, window, host, verdict, .. } => {
                tracing::warn!(%window, %host, %verdict, "restarting an extension host");
                let kill = PendingKill::new(incident, host);
                self.commit(move |committed| Report::KillCommitted(window, kill, committed));
            }
            Decision::RestartGracefully { incident, window } => {
                if !self.connections.say(&window, Outgoing::RestartHost(incident)) {
                    self.event(Event::GracefulAnswered { incident, started: false });
                }
            }
            Decision::Tell { window, via, notice } => {
                let mut told = translate::notice(&notice);
                if let Some(incident) = &mut told.incident {
                    self.count_culprit(incident);
                }
                told.text += &self.relay.hint(&told.code).unwrap_or_default();
                // What is said of a session names its title, which is a prompt.
                let words = if told.session_id.is_some() { "about a session" } else { told.text.as_str() };
                let session = told.session_id.as_deref();
                tracing::info!(%window, code = told.code, session, ?via, "{words}");
                match via {
                    Via::Desktop => act::notify(&told.text),
                    Via::Window => {
                        let text = told.text.clone();
                        let message = match told.incident {
                            Some(incident) if told.code == "recovered" => {
                                Outgoing::DidRecover(Box::new(incident))
                            }
                            incident => Outgoing::Notice(Box::new(wire::Notice { incident, ..told })),
                        };
                        if !self.connections.say(&window, message) {
                            // It has gone in this very moment.
                            act::notify(&text);
                        }
                    }
                }
            }
            Decision::Record { incident } => self.keep(&incident),
            Decision::Changed { window } => {
                if let Some(status) = self.supervisor.window(&window).map(|known| self.window_status(known)) {
                    tracing::debug!(%window, status.verdict, status.phase, "changed");
                    self.connections.say(&window, Outgoing::DidChange(Box::new(status)));
                }
            }
            Decision::AnswerRestart { request, answer } => {
                if let Some(Waiting::Restart(sender)) = self.waiting.remove(&request) {
                    let _ = sender.send(Ok(match answer {
                        lifeline_core::RestartAnswer::Started => wire::RestartAnswer::Started,
                        lifeline_core::RestartAnswer::Waiting => wire::RestartAnswer::Waiting,
                        lifeline_core::RestartAnswer::NeedsConfirmation(would_lose) => {
                            wire::RestartAnswer::NeedsConfirmation { would_lose }
                        }
                        lifeline_core::RestartAnswer::Refused(reason) => {
                            wire::RestartAnswer::Refused { reason }
                        }
                    }));
                }
            }
            Decision::AnswerDrill { request, answer } => {
                if let Some(Waiting::Drill(sender, window)) = self.waiting.remove(&request) {
                    let _ = sender.send(Ok(match answer {
                        lifeline_core::DrillAnswer::Go => wire::DrillAnswer::Go { window_id: window.0 },
                        lifeline_core::DrillAnswer::Refused(reason) => wire::DrillAnswer::Refused { reason },
                    }));
                }
            }
            Decision::Freeze { window, drill } => {
                self.connections.say(&window, Outgoing::Freeze(translate::drill_kind(drill)));
            }
            Decision::LookAtLink { session } => self.look_at_link(session),
            Decision::LookForSessions { window } => self.look_for_sessions(window),
            Decision::OpenSession { window, session, folder, kind, goes_on } => {
                self.open_session(window, session, folder, kind, goes_on);
            }
            Decision::TypeContinue { window, session, shell_pid } => {
                self.type_in_session(&window, &session, shell_pid, GO_ON);
            }
            Decision::TypeCompact { window, session, shell_pid } => {
                self.type_in_session(&window, &session, shell_pid, COMPACT);
            }
            Decision::AnswerSession { request, answer } => {
                if let Some(Waiting::Session(sender)) = self.waiting.remove(&request) {
                    let _ = sender.send(Ok(translate::session_answer(answer)));
                }
            }
            Decision::Bridge { port, to } => self.bridge(port, to),
            Decision::Unbridge { port } => self.unbridge(port),
            Decision::Orphan(decision) => self.obey_orphans(decision),
            // It is asked again later.
            Decision::Leave if self.relay.is_needed() => {}
            Decision::Leave => self.leave = Some(Leave::Deserted),
        }
    }

    fn examine(&mut self, host: ProcessId) {
        match self.hosts.get_mut(&host).map(WatchedHost::facts) {
            Some(Ok(facts)) => {
                self.event(Event::Facts { host, facts });
                self.look_for_debugger(host);
            }
            // Its exit is reported by the handle itself as well; twice is once.
            Some(Err(error)) if act::is_gone(&error) => self.event(Event::Exited { host }),
            Some(Err(error)) => tracing::debug!(%error, %host, "cannot be looked at"),
            None => {}
        }
    }

    fn save_snapshot(&mut self, incident: &Incident) {
        let id = incident.id;
        let told = translate::incident(incident);
        let context = self.contexts.get(&incident.window).cloned();
        let saved_unix_ms = clock::unix_ms();
        let surroundings = self.surroundings(&incident.window);
        let (disk, reports) = (self.disk.clone(), self.reports.clone());
        tokio::spawn(async move {
            let around = surroundings.await;
            let content =
                snapshots::encode(&told, context.as_ref(), &around.sessions, &around.git, saved_unix_ms);
            let done = Box::new(move |written| drop(reports.send(Report::SnapshotWritten(id, written))));
            disk.queue(Job::Snapshot { id: told.id, content, done });
        });
    }

    /// Makes the journal and the memory durable, then reports: they must be before a signal, for a crash in between must not forget it.
    fn commit(&mut self, report: impl FnOnce(io::Result<()>) -> Report + Send + 'static) {
        let reports = self.reports.clone();
        self.commit_with(Box::new(move |written| drop(reports.send(report(written)))));
    }

    /// And after it.
    fn commit_outcome(&mut self) {
        let done = self.journal_written();
        self.commit_with(done);
    }

    fn commit_with(&mut self, done: Done) {
        let lines = self.recorder.take().unwrap_or_default();
        let memory = memory::encode(&self.supervisor, self.boot_id.as_deref());
        self.disk.queue(Job::Commit { lines, memory, done });
    }

    fn report(&mut self, report: Report) {
        match report {
            Report::SnapshotWritten(incident, Ok(())) => self.event(Event::SnapshotSaved { incident }),
            Report::SnapshotWritten(incident, Err(error)) => {
                self.event(Event::SnapshotFailed { incident, reason: error.to_string() });
            }
            Report::KillCommitted(window, kill, committed) => {
                let outcome = match committed {
                    Ok(()) => {
                        act::kill(&kill, self.hosts.get_mut(&kill.host), self.supervisor.window(&window))
                    }
                    Err(error) => {
                        self.recorder.begin_anew();
                        KillOutcome::NotCommitted(error.to_string())
                    }
                };
                tracing::warn!(host = %kill.host, ?outcome, "kill");
                self.event(Event::KillDone { incident: kill.incident, outcome });
                self.obey();
                self.commit_outcome();
            }
            Report::JournalLost => self.recorder.begin_anew(),
            Report::Event(event) => self.event(*event),
            Report::Opened(session) => self.look_after_opening(session),
            Report::Say(window, message) => {
                if !self.connections.say(&window, *message) {
                    tracing::warn!(%window, "a message for a window that is not there");
                }
            }
            Report::Secrets(secrets) => self.secrets_learned(secrets),
            Report::BridgeTo(port, to, target) => self.bridge_to(port, to, target.as_ref()),
            Report::Processes(looked) => self.processes_looked_at(looked),
            Report::EndCommitted(end, committed) => self.end_committed(&end, committed),
            Report::BridgeAgain(port) => self.bridge_again(port),
            Report::Places(places, is_asked) => self.places_learned(places, is_asked),
            Report::Turns(host, in_flight) => self.event(Event::Turns { host, in_flight }),
            Report::Debugger(host) => self.event(Event::Inspected { host }),
            Report::Culprit { incident, host, asked } => self.culprit_found(incident, host, asked),
        }
    }

    /// Says it once, in a window that can show it, else on the desktop.
    fn say_somewhere(&self, code: &str, text: String) {
        let notice = wire::Notice {
            id: format!("{code}-{}", clock::unix_ms()),
            code: code.into(),
            text: text.clone(),
            ..wire::Notice::default()
        };
        let shown = self
            .supervisor
            .windows()
            .any(|window| self.connections.say(window.id(), Outgoing::Notice(Box::new(notice.clone()))));
        if !shown {
            act::notify(&text);
        }
    }

    /// Keeps an incident in the history, in the place of what was known of it before.
    fn keep(&mut self, incident: &Incident) {
        let mut told = translate::incident(incident);
        self.count_culprit(&mut told);
        self.history.retain(|known| known.id != told.id);
        self.history.push(told);
        let excess = self.history.len().saturating_sub(HISTORY_KEPT);
        self.history.drain(..excess);
        if let Ok(content) = serde_json::to_vec(&self.history) {
            self.disk.queue(Job::File { name: HISTORY_FILE, content });
        }
    }

    // ---- inputs ------------------------------------------------------------------------------------

    fn input(&mut self, input: Input) {
        match input {
            Input::Hello { connection, hello, peer_pid, client, answer } => {
                let welcome = self.meet(connection, &hello, peer_pid, client);
                self.peers.extend(peer_pid.filter(|_| welcome.is_ok()).map(|pid| (connection, pid)));
                if let Err(refusal) = &welcome {
                    tracing::warn!(code = refusal.code, "{}", refusal.message);
                }
                let _ = answer.send(welcome);
            }
            Input::Ready(connection) => {
                if let Some((window, host, role, info)) = self.connections.ready(connection) {
                    self.event(Event::Attached { window, host, role, info });
                }
            }
            Input::Beat(connection, beat) => {
                if let Some((_, host)) = self.connections.host(connection, Role::Main) {
                    self.close_what_we_opened(host);
                    self.event(Event::Beat { host, seq: beat.seq, beat: translate::beat(&beat) });
                }
            }
            Input::Pulse(connection, pulse) => {
                if let Some((_, host)) = self.connections.host(connection, Role::Worker) {
                    let still = Duration::from_millis(pulse.still_ms.into());
                    self.event(Event::Pulse { host, seq: pulse.seq, counter: pulse.counter, still });
                }
            }
            Input::Context(connection, context) => {
                if let Some(window) = self.connections.window(connection) {
                    self.event(Event::Context { window: window.clone(), risks: translate::risks(&context) });
                    self.contexts.insert(window, *context);
                }
            }
            Input::Settings(connection, settings) => {
                if let Some(window) = self.connections.window(connection) {
                    self.relay_settings(window.clone(), &settings);
                    self.event(Event::Settings { window, settings: translate::settings(&settings) });
                }
            }
            Input::Departing(connection) => {
                if let Some((_, host)) = self.connections.host(connection, Role::Main) {
                    self.event(Event::Departing { host });
                }
            }
            Input::Request(connection, request) => self.request(connection, request),
            Input::Disconnected(connection) => {
                self.peers.remove(&connection);
                if let Some((host, role)) = self.connections.remove(connection) {
                    self.event(Event::Detached { host, role });
                }
                self.contexts.retain(|window, _| self.supervisor.window(window).is_some());
            }
            Input::Terminate => self.leave = Some(Leave::Terminated),
        }
    }

    fn meet(
        &mut self,
        connection: ConnectionId,
        hello: &wire::Hello,
        peer_pid: Option<u32>,
        client: tower_lsp::Client,
    ) -> Result<wire::Welcome, Refusal> {
        let window = match (hello.role, &hello.window) {
            (wire::Role::Cli, _) => None,
            (wire::Role::Window | wire::Role::Pulse, Some(window)) => {
                let host = self.identify(window, peer_pid)?;
                Some((window, host))
            }
            (wire::Role::Window | wire::Role::Pulse, None) => {
                return Err(bad_hello("a window must say which one it is; update the Lifeline extension"));
            }
        };
        self.connections.insert(connection, hello.role, window, client);
        Ok(wire::Welcome {
            protocol: wire::PROTOCOL_VERSION,
            daemon_version: env!("CARGO_PKG_VERSION").into(),
            daemon_pid: std::process::id(),
        })
    }

    /// The host behind a connection, held open from now on. It must be who it says it is: it may be killed one day.
    fn identify(&mut self, window: &wire::WindowHello, peer_pid: Option<u32>) -> Result<ProcessId, Refusal> {
        if peer_pid.is_some_and(|peer| peer != window.host_pid) {
            return Err(bad_hello("the host named is not the process at the other end of the socket"));
        }
        if window.window_id.is_empty() || window.window_id.len() > 200 {
            return Err(bad_hello("a window id has 1 to 200 characters"));
        }
        let host = self
            .platform
            .identify(window.host_pid)
            .map(sense::id_to_core)
            .map_err(|error| bad_hello(&format!("the host cannot be identified: {error}")))?;
        if !self.hosts.contains_key(&host) {
            let watched = WatchedHost::open(&self.platform, host, self.exits.clone())
                .map_err(|error| bad_hello(&format!("the host cannot be watched: {error}")))?;
            self.hosts.insert(host, watched);
        }
        Ok(host)
    }

    fn request(&mut self, connection: ConnectionId, request: Request) {
        match request {
            Request::Ping(answer) => {
                let asks = self.connections.host(connection, Role::Main);
                let window = asks.and_then(|(window, _)| self.supervisor.window(&window));
                let status = window.map(|window| self.window_status(window));
                let _ = answer.send(Ok(status));
            }
            Request::Status(answer) => drop(answer.send(Ok(self.status()))),
            Request::Incidents(answer) => {
                drop(answer.send(Ok(self.history.iter().rev().cloned().collect())));
            }
            Request::Snapshots(answer) => {
                let folder = self.snapshot_dir.clone();
                tokio::task::spawn_blocking(move || answer.send(Ok(snapshots::list(&folder))));
            }
            Request::Sessions(answer) => self.answer_sessions(answer),
            Request::ResumeSession(wire::ResumeRequest { session_id, window_id }, answer) => {
                self.session_asked(connection, session_id, window_id, Wish::Resume, answer);
            }
            Request::ContinueSession(wire::ContinueRequest { session_id, compact }, answer) => {
                let wish = if compact { Wish::Compact } else { Wish::Continue };
                self.session_asked(connection, session_id, None, wish, answer);
            }
            Request::Processes(answer) => self.answer_processes(answer),
            Request::Reap(wire::ReapRequest { ids }, answer) => self.reap_asked(&ids, answer),
            Request::Restart(asked, answer) => {
                let request = self.wait(Waiting::Restart(answer));
                self.event(Event::RestartAsked {
                    request,
                    window: WindowId(asked.window_id),
                    confirmed: asked.confirmed,
                    when_quiet: asked.when_quiet,
                });
            }
            Request::Pause(asked, answer) => {
                let windows: Vec<WindowId> = match asked.window_id {
                    Some(id) => vec![WindowId(id)],
                    None => self.supervisor.windows().map(|window| window.id().clone()).collect(),
                };
                for window in windows {
                    self.event(Event::Paused { window, paused: asked.paused });
                }
                self.obey();
                self.remember();
                let _ = answer.send(Ok(self.status()));
            }
            Request::Drill(asked, answer) => self.drill(connection, asked, answer),
            Request::Relay(answer) => self.answer_relay(answer),
            Request::SwitchRelay(asked, answer) => self.switch_relay(asked, answer),
            Request::HandOver(asked, answer) => {
                let leaving = is_newer(&asked.version, env!("CARGO_PKG_VERSION"));
                if leaving {
                    tracing::info!(version = asked.version, "handing over to a newer binary");
                    // The answer is still written: the sessions end after the loop.
                    self.leave = Some(Leave::HandOver);
                }
                let version = env!("CARGO_PKG_VERSION").into();
                let _ = answer.send(Ok(wire::HandOverAnswer { leaving, version }));
            }
        }
    }

    fn drill(
        &mut self,
        connection: ConnectionId,
        asked: wire::DrillRequest,
        answer: Answer<wire::DrillAnswer>,
    ) {
        let windows: Vec<WindowId> = self.supervisor.windows().map(|window| window.id().clone()).collect();
        let window = match (asked.window_id, windows.as_slice()) {
            (Some(id), _) => WindowId(id),
            (None, [only]) => only.clone(),
            (None, []) => {
                let reason =
                    "No window is attached. Open a folder in VS Code with Lifeline installed.".into();
                return drop(answer.send(Ok(wire::DrillAnswer::Refused { reason })));
            }
            (None, _) => {
                let reason =
                    "Several windows are attached. Say which with --window; “lifeline status” lists them."
                        .into();
                return drop(answer.send(Ok(wire::DrillAnswer::Refused { reason })));
            }
        };
        let tell_window = self.connections.window(connection).is_none();
        let request = self.wait(Waiting::Drill(answer, window.clone()));
        self.event(Event::DrillAsked { request, window, drill: translate::drill(asked.kind), tell_window });
    }

    fn wait(&mut self, waiting: Waiting) -> RequestId {
        let request = self.next_request();
        self.waiting.insert(request, waiting);
        request
    }

    fn next_request(&mut self) -> RequestId {
        let request = RequestId(self.next_request);
        self.next_request += 1;
        request
    }

    fn status(&mut self) -> wire::StatusReport {
        let (sockets, claude) = self.sockets_and_claude();
        wire::StatusReport {
            machine: self.machine_status(),
            sockets,
            lock_problems: self.sockets.problems().to_vec(),
            claude,
            daemon_version: env!("CARGO_PKG_VERSION").into(),
            daemon_pid: std::process::id(),
            uptime_ms: u64::try_from(clock::now().since(self.began).as_millis()).unwrap_or(u64::MAX),
            rss_bytes: self.platform.self_rss_bytes().unwrap_or(0),
            cannot_save: self.supervisor.cannot_save().map(Into::into),
            windows: self.supervisor.windows().map(|window| self.window_status(window)).collect(),
            connections: self.connections(),
        }
    }
}

fn bad_hello(message: &str) -> Refusal {
    Refusal {
        code: wire::error_code::BAD_HELLO,
        message: format!("Lifeline refused this connection: {message}."),
    }
}

/// `asked` is a later release than `own`; anything that is no `major.minor.patch` is not.
fn is_newer(asked: &str, own: &str) -> bool {
    let parse = |version: &str| {
        let mut numbers = version.split(['-', '+']).next()?.split('.').map(|part| part.parse::<u64>().ok());
        Some((numbers.next()??, numbers.next()??, numbers.next()??))
    };
    parse(asked).zip(parse(own)).is_some_and(|(asked, own)| asked > own)
}

#[cfg(test)]
mod tests {
    use super::is_newer;

    #[test]
    fn only_a_later_release_takes_over() {
        assert!(is_newer("0.2.0", "0.1.9"));
        assert!(is_newer("1.0.0-rc.1", "0.9.9"));
        for no in ["0.1.0", "0.0.9", "", "banana", "1", "1.x.0"] {
            assert!(!is_newer(no, "0.1.0"), "{no}");
        }
    }
}
