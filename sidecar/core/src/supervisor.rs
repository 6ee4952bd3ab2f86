//! The one state of Lifeline: all windows, our own ticks, and what must be done next.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use crate::{
    Decision, DrillAnswer, Event, MachineMemory, MemoryLevel, Notice, NoticeCode, Orphans, Pressure,
    ProcessId, ProcessState, ReapSettings, RestartAnswer, Role, SessionFacts, Settings, Time, Troubled,
    Window, WindowId, WindowInfo,
    api_health::{Alarm, ApiAlarm, ApiHealth},
    continuity::{Continuity, Place},
    recovery::{Asked, Sequence},
    sessions::{SessionNews, Sessions},
    window::Outbox,
};

/// Our own period while a host is attached.
pub const TICK: Duration = Duration::from_secs(1);

/// With no host left for this long, the daemon leaves.
pub const LEAVE_AFTER: Duration = Duration::from_secs(10 * 60);

/// The machine slept when its sleep clock moved by more than this; clocks are read a moment apart.
pub(crate) const SLEPT_AT_LEAST: Duration = Duration::from_millis(200);

/// The machine is about to stop programs by itself (earlyoom's default is 10 % and 5 %).
const MACHINE_CRITICAL_PERCENT: u64 = 5;
/// A machine that was low is so until this much more is left.
const MACHINE_SLACK_PERCENT: u64 = 5;

/// Most notices kept for windows that are gone, for the next one on the same workspace.
const ORPHANED_NOTICES_AT_MOST: usize = 16;

/// Why [`Supervisor::poll_timeout`] wants to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Hosts are watched: the next look at them.
    Watch,
    /// A window without a host: its next deadline.
    AwaitHost,
    /// The ports of hosts that ended are kept: the next look whether anybody uses them.
    KeepPorts,
    /// Processes are on their way out: the next look at them.
    EndProcesses,
    /// Nobody needs the daemon: the time to leave.
    Leave,
}

/// The one state.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Supervisor {
    windows: BTreeMap<WindowId, Window>,
    sequence: Sequence,
    last_tick: Option<Time>,
    /// When we were last known to run, by a tick or at the end of a gap.
    ran_at: Option<Time>,
    slept: Option<Duration>,
    pressure: Option<Pressure>,
    #[cfg_attr(feature = "serde", serde(default))]
    machine_level: MemoryLevel,
    /// The level that was said last, and has not been left since.
    #[cfg_attr(feature = "serde", serde(default))]
    machine_told: MemoryLevel,
    /// Since when there has been no host.
    deserted_since: Time,
    leave_after: Duration,
    cannot_save: Option<String>,
    /// Notices of windows that are gone, with their workspace.
    orphaned: Vec<(String, Notice)>,
    #[cfg_attr(feature = "serde", serde(default))]
    continuity: Continuity,
    #[cfg_attr(feature = "serde", serde(default))]
    sessions: Sessions,
    #[cfg_attr(feature = "serde", serde(default))]
    orphans: Orphans,
    #[cfg_attr(feature = "serde", serde(default))]
    api: ApiHealth,
    #[cfg_attr(feature = "serde", serde(skip))]
    decisions: VecDeque<Decision>,
}

impl Supervisor {
    /// A supervisor that knows no window. Incidents are numbered from `first_number`: give one that is above all
    /// that were given out before, for example milliseconds since 1970.
    #[must_use]
    pub fn new(now: Time, first_number: u64) -> Self {
        Self {
            windows: BTreeMap::new(),
            sequence: Sequence(first_number),
            last_tick: None,
            ran_at: None,
            slept: None,
            pressure: None,
            machine_level: MemoryLevel::Normal,
            machine_told: MemoryLevel::Normal,
            deserted_since: now,
            leave_after: LEAVE_AFTER,
            cannot_save: None,
            orphaned: Vec::new(),
            continuity: Continuity::default(),
            sessions: Sessions::default(),
            orphans: Orphans::new(ReapSettings::default(), first_number),
            api: ApiHealth::default(),
            decisions: VecDeque::new(),
        }
    }

    /// Leaves after this long without a window, instead of [`LEAVE_AFTER`].
    pub fn set_leave_after(&mut self, leave_after: Duration) {
        self.leave_after = leave_after;
    }

    /// Another daemon has taken this state over, in the same boot of the machine: nobody was watching in between, so
    /// every deadline starts again, and the hosts must attach anew. Report [`Event::Exited`] for those that are gone.
    pub fn resume(&mut self, now: Time, first_number: u64) {
        self.sequence.0 = self.sequence.0.max(first_number);
        self.deserted_since = now;
        // Whoever has no Lifeline in it is found anew.
        self.forget_unguarded(|_| true);
        self.gap(now);
        self.with_all(Window::resume);
        self.continuity.resume(now);
        self.orphans.resume(now, first_number);
        self.settle(now);
    }

    /// The exits of each window that count against VS Code's limit: the least that another daemon must know.
    pub fn exits(&self) -> impl Iterator<Item = (&WindowId, Vec<Time>)> {
        self.windows.values().map(|window| (window.id(), window.exits.times().collect()))
    }

    /// Counts exits that a daemon before us has seen, where its state as a whole cannot be taken over.
    pub fn remember_exits(&mut self, window: WindowId, exits: impl IntoIterator<Item = Time>) {
        let known = self.windows.entry(window.clone()).or_insert_with(|| Window::new(window));
        exits.into_iter().for_each(|at| known.exits.push(at));
    }

    /// Windows by id.
    pub fn windows(&self) -> impl Iterator<Item = &Window> {
        self.windows.values()
    }

    /// One window.
    #[must_use]
    pub fn window(&self, id: &WindowId) -> Option<&Window> {
        self.windows.get(id)
    }

    /// A host is silent, and being looked at from outside: what the machine does matters now.
    #[must_use]
    pub fn is_any_silent(&self, now: Time) -> bool {
        self.windows.values().any(|window| window.facts_wanted(now).is_some())
    }

    /// How the machine does with its memory.
    #[must_use]
    pub const fn machine_level(&self) -> MemoryLevel {
        self.machine_level
    }

    /// Processes of Claude Code, as the last look at them was judged.
    #[must_use]
    pub const fn orphans(&self) -> &Orphans {
        &self.orphans
    }

    /// Sessions whose connection to the API has trouble, the worst of it first.
    #[must_use]
    pub fn troubled(&self, now: Time) -> Vec<Troubled> {
        self.api.troubled(now)
    }

    /// How many sessions have such trouble, when they are so many that it is the network or the service.
    #[must_use]
    pub fn storm(&self, now: Time) -> Option<u32> {
        self.api.storm(now)
    }

    /// Why nothing can be saved at the moment; nothing is killed then.
    #[must_use]
    pub fn cannot_save(&self) -> Option<&str> {
        self.cannot_save.as_deref()
    }

    /// Takes an event in. Never blocks, never fails; unknown hosts and late news are ignored.
    pub fn handle(&mut self, now: Time, event: Event) {
        let slept = if let Event::Tick { slept, .. } = &event { Some(*slept) } else { None };
        // Before anything else: whatever comes in after a gap must not meet deadlines from before it.
        if self.was_gap(now, slept) {
            self.gap(now);
        }
        let is_sign_of_life = matches!(event, Event::Beat { .. } | Event::Pulse { .. });
        match event {
            Event::Tick { slept, pressure } => {
                self.slept = Some(slept);
                self.pressure = pressure;
                self.tick(now);
            }
            Event::Attached { window, host, role, info } => self.attached(now, window, host, role, info),
            Event::Detached { host, role } => self.with_host(host, |window, _| match role {
                Role::Main => window.detach_main(),
                Role::Worker => window.detach_worker(),
            }),
            Event::Beat { host, seq, beat } => {
                let pressure = self.pressure;
                self.with_host(host, |window, out| window.beat(now, seq, beat, pressure, out));
            }
            Event::Found { window, host, info } => {
                // Whoever has Lifeline in it is known better, and late news are none.
                let known = self.windows.values().any(|known| {
                    (known.host() == Some(host) && *known.id() != window)
                        || (*known.id() == window && !known.info.unguarded)
                        || known.has_ended(host)
                });
                if !known {
                    let info = WindowInfo { unguarded: true, ..info };
                    self.open_window(now, &window);
                    self.with_window(&window, |window, out| window.meet(now, host, info, out));
                }
            }
            Event::Lost { host } => {
                let unguarded = |window: &Window| window.host() == Some(host) && window.info.unguarded;
                if self.windows.values().any(unguarded) {
                    self.continuity.lost(host);
                }
                self.with_host(host, |window, out| {
                    if window.info.unguarded {
                        window.exited(now, host, out);
                    }
                });
            }
            Event::Probed { host, probe } => {
                let pressure = self.pressure;
                self.with_host(host, |window, out| window.probed(now, probe, pressure, out));
            }
            Event::Inspected { host } => {
                let pressure = self.pressure;
                self.with_host(host, |window, out| {
                    if let Some(host) = &mut window.host {
                        host.liveness.inspected();
                    }
                    window.look(now, pressure, out);
                });
            }
            Event::CulpritNamed { incident, culprit } => {
                self.with_all(|window, out| window.culprit_named(now, incident, culprit.clone(), out));
            }
            Event::Turns { host, in_flight } => {
                self.with_host(host, |window, out| window.turns(now, in_flight, out));
            }
            Event::MachineMemory(memory) => self.machine_memory(now, memory),
            Event::Pulse { host, seq, counter, still } => self.with_host(host, |window, _| {
                if let Some(host) = &mut window.host {
                    host.liveness.pulse(now, seq, counter, still);
                }
            }),
            Event::Facts { host, facts } if facts.state == ProcessState::Dead => {
                // Whoever looked was faster than whoever waits for its end.
                self.exited(now, host);
            }
            Event::Facts { host, facts } => {
                let pressure = self.pressure;
                self.with_host(host, |window, out| {
                    if let Some(host) = &mut window.host {
                        host.liveness.facts(now, facts);
                    }
                    window.look(now, pressure, out);
                });
            }
            Event::Departing { host } => self.with_all(|window, out| window.departing(host, out)),
            Event::Exited { host } => self.exited(now, host),
            Event::Listening { port, host, place } => self.continuity.listening(now, port, host, place),
            Event::BridgeUsed { port, clients } => self.continuity.used(now, port, clients),
            Event::BridgeFailed { port } => self.continuity.failed(port),
            Event::Context { window, risks } => {
                self.with_window(&window, |window, _| window.set_risks(risks));
            }
            Event::Settings { window, settings } => {
                self.with_window(&window, |window, out| window.set_settings(settings, out));
            }
            Event::SnapshotSaved { incident } => {
                self.cannot_save = None;
                self.with_all(|window, out| window.snapshot_saved(now, incident, out));
            }
            Event::SnapshotFailed { incident, reason } => {
                self.cannot_save = Some(reason.clone());
                self.with_all(|window, out| window.snapshot_failed(now, incident, reason.clone(), out));
            }
            Event::KillDone { incident, outcome } => {
                self.with_all(|window, out| window.kill_done(now, incident, outcome.clone(), out));
            }
            Event::GracefulAnswered { incident, started } => {
                self.with_all(|window, out| window.graceful_answered(now, incident, started, out));
            }
            Event::RestartAsked { request, window, confirmed, when_quiet } => {
                if self.windows.contains_key(&window) {
                    let asked = Asked { request, confirmed, when_quiet };
                    self.with_window(&window, |window, out| window.restart_asked(now, asked, out));
                } else {
                    let answer = RestartAnswer::Refused(NO_SUCH_WINDOW.into());
                    self.decisions.push_back(Decision::AnswerRestart { request, answer });
                }
            }
            Event::Sessions { window, sessions } => self.found_sessions(now, &window, sessions),
            Event::ResumeAsked { request, window, session } => {
                let (window, session) = self.known_windows_only(window, session);
                self.decisions.extend(self.sessions.resume_asked(now, request, window, session));
            }
            Event::CompactAsked { request, session } => {
                let is_known = |window: &WindowId| self.windows.contains_key(window);
                self.decisions.extend(Sessions::compact_asked(request, session, is_known));
            }
            Event::ContinueAsked { request, window, session } => {
                let (window, session) = self.known_windows_only(window, session);
                self.decisions.extend(self.sessions.continue_asked(now, request, window, session));
            }
            Event::DrillAsked { request, window, drill, tell_window } => {
                let answer = match self.windows.get_mut(&window) {
                    Some(window) => window.drill_asked(now),
                    None => DrillAnswer::Refused(NO_SUCH_WINDOW.into()),
                };
                let go = answer == DrillAnswer::Go;
                self.decisions.push_back(Decision::AnswerDrill { request, answer });
                if go && tell_window {
                    self.decisions.push_back(Decision::Freeze { window, drill });
                }
            }
            Event::Paused { window, paused } => {
                self.with_window(&window, |window, out| window.set_paused(paused, out));
            }
            Event::Api(news) => {
                let alarm = self.api.heard(now, *news);
                self.alarm(now, alarm);
            }
            Event::Link { session, link } => {
                let windows = &self.windows;
                let stalled_after = |window: Option<&WindowId>| {
                    let settings = window.and_then(|window| windows.get(window)).map(Window::settings);
                    settings.map_or_else(|| Settings::default().stalled_after, |known| known.stalled_after)
                };
                let alarm = self.api.linked(now, &session, link, stalled_after);
                self.alarm(now, alarm);
            }
            Event::StaleLock { port } => self.orphans.stale_lock(port),
            Event::Processes { began, reports, mut hosts } => {
                hosts.retain(|host| !self.is_paused(host.id));
                for host in &mut hosts {
                    host.loop_turned = self.loop_turned(now, host.id);
                }
                self.orphans.looked(now, began, &reports, &hosts);
            }
            Event::TailSaved { ending, saved } => self.orphans.tail_saved(now, ending, saved),
            Event::ProcessesTold { ending, verb, acted } => self.orphans.acted(now, ending, verb, acted),
            Event::EndAsked { request, process } => self.orphans.end_asked(now, request, process),
        }
        // Signs of life change nothing about who is there, and there are two to three a second for each window.
        if !is_sign_of_life {
            self.forget_unguarded(|window| window.host.is_none());
            self.settle(now);
        }
    }

    /// What must be done, oldest first; drain it after each [`handle`](Self::handle).
    pub fn poll_decision(&mut self) -> Option<Decision> {
        self.decisions.pop_front()
    }

    /// When to send the next [`Event::Tick`], and why.
    #[must_use]
    pub fn poll_timeout(&self) -> (Time, Reason) {
        match self.last_tick {
            Some(last) if self.windows.values().any(|window| window.host.is_some()) => {
                (last + TICK, Reason::Watch)
            }
            Some(last) if !self.windows.is_empty() => (last + TICK, Reason::AwaitHost),
            Some(last) if self.continuity.is_active() => (last + TICK, Reason::KeepPorts),
            Some(last) if self.orphans.is_active() => (last + TICK, Reason::EndProcesses),
            _ => (self.deserted_since + self.leave_after, Reason::Leave),
        }
    }

    /// Nothing is done to the host of a window whose protection is paused, and so nothing is thought of it.
    fn is_paused(&self, host: ProcessId) -> bool {
        self.windows.values().any(|window| window.host() == Some(host) && window.paused)
    }

    /// Whether a host's event loop has turned since the last look at the processes, by its beats or by the answers of its socket.
    fn loop_turned(&self, now: Time, host: ProcessId) -> Option<bool> {
        let window = self.windows.values().find(|window| window.host() == Some(host))?;
        Some(window.silent_for(now)? < now.since(self.orphans.last_look()?))
    }

    fn exited(&mut self, now: Time, host: ProcessId) {
        self.continuity.ended(now, host, &places(&self.windows));
        self.with_host(host, |window, out| window.exited(now, host, out));
    }

    fn found_sessions(&mut self, now: Time, id: &WindowId, facts: Vec<SessionFacts>) {
        let Some(Window { settings, .. }) = self.windows.get(id) else { return };
        let (restore, go_on) = (settings.restore_sessions, settings.continue_sessions);
        let (decisions, news) = self.sessions.found(now, id, facts, restore, go_on);
        self.decisions.extend(decisions);
        self.with_window(id, |window, out| {
            for SessionNews { session, title, was_cut } in news {
                let code = if was_cut {
                    NoticeCode::SessionCut { session, title }
                } else {
                    NoticeCode::SessionEnded { session, title }
                };
                window.tell_of_window(now, code, out);
            }
        });
    }

    /// Tells the user what became of a request, unless the window was paused.
    fn alarm(&mut self, now: Time, alarm: Option<ApiAlarm>) {
        let Some(ApiAlarm { window, session, title, what }) = alarm else { return };
        let code = match what {
            Alarm::Died { fault, storm } => NoticeCode::TurnDied { session, title, fault, storm },
            Alarm::DiedAgain { deaths, bytes } => NoticeCode::TurnsDie { session, title, deaths, bytes },
            Alarm::Breaks { fault, attempts, bytes } => {
                NoticeCode::TurnBreaks { session, title, fault, attempts, bytes }
            }
            Alarm::Stalled { silent_for } => NoticeCode::TurnStalled { session, title, silent_for },
        };
        self.with_window(&window, |window, out| {
            if !window.paused {
                window.tell_of_window(now, code, out);
            }
        });
    }

    /// A session may be of a window whose page was reloaded since.
    fn known_windows_only(
        &self,
        window: Option<WindowId>,
        session: Option<SessionFacts>,
    ) -> (Option<WindowId>, Option<SessionFacts>) {
        let is_known = |window: &WindowId| self.windows.contains_key(window);
        let session =
            session.map(|session| SessionFacts { window: session.window.filter(is_known), ..session });
        (window.filter(is_known), session)
    }

    /// What follows from who ended and who came.
    fn settle(&mut self, now: Time) {
        self.continuity.settle(now, &places(&self.windows), &mut self.decisions);
        let orphans = &mut self.orphans;
        if let Some(wishes) = most_careful(self.windows.values()).filter(|new| *new != orphans.settings()) {
            orphans.set_settings(wishes);
        }
        self.decisions.extend(std::iter::from_fn(|| orphans.poll_decision()).map(Decision::Orphan));
        let changed = self.api.changed(now).into_iter().filter(|window| self.windows.contains_key(window));
        self.decisions.extend(changed.map(|window| Decision::Changed { window }));
        if self.orphans.is_active() {
            // Whoever is on the way out needs our ticks, window or not.
            self.last_tick.get_or_insert(now);
            self.ran_at.get_or_insert(now);
        }
    }

    fn attached(&mut self, now: Time, id: WindowId, host: ProcessId, role: Role, info: WindowInfo) {
        if self.windows.get(&id).is_some_and(|window| window.has_ended(host)) {
            return;
        }
        // Now that Lifeline is in it, nothing that was known from outside counts.
        let info = WindowInfo { unguarded: false, ..info };
        self.forget_unguarded(|window| window.host() == Some(host) || *window.id() == id);
        // A host belongs to one window: the one that it named last.
        self.with_all(|window, out| {
            if window.host() == Some(host) && *window.id() != id {
                window.departing(host, out);
                window.exited(now, host, out);
            }
        });
        let inherited = match role {
            Role::Main => self.inherited_notices(now, &id, &info.workspace_key),
            Role::Worker => Vec::new(),
        };
        let pressure = self.pressure;
        self.open_window(now, &id);
        self.with_window(&id, |window, out| match role {
            Role::Main => {
                window.keep_pending(inherited);
                window.attach_main(now, host, info, out);
                window.heard(now, pressure, out);
            }
            Role::Worker => window.attach_worker(now, host, info, out),
        });
    }

    /// The window, known from now on. With the first one, our ticks begin.
    fn open_window(&mut self, now: Time, id: &WindowId) {
        self.last_tick.get_or_insert(now);
        self.ran_at.get_or_insert(now);
        self.windows.entry(id.clone()).or_insert_with(|| Window::new(id.clone()));
    }

    fn tick(&mut self, now: Time) {
        let mut hosts: Vec<ProcessId> =
            self.windows.values().filter_map(|window| window.facts_wanted(now)).collect();
        let pressure = self.pressure;
        self.with_all(|window, out| window.look(now, pressure, out));
        for window in self.windows.values().filter(|window| window.is_naming(now)) {
            hosts.retain(|host| window.host() != Some(*host));
        }
        self.decisions.extend(hosts.into_iter().map(|host| Decision::Examine { host }));
        let windows = &self.windows;
        self.decisions.extend(self.sessions.due(now, |window| windows.contains_key(window)));
        self.decisions.extend(self.api.due(now));
        self.forget_windows(now);
        self.orphans.tick(now, self.slept.unwrap_or_default());
        let is_busy = self.continuity.is_active() || self.orphans.is_active();
        self.last_tick = (!self.windows.is_empty() || is_busy).then_some(now);
        self.ran_at = self.last_tick;
        if self.windows.values().any(Window::is_needed)
            || self.continuity.is_used()
            || self.orphans.is_active()
        {
            self.deserted_since = now;
        } else if now.since(self.deserted_since) >= self.leave_after {
            self.deserted_since = now;
            self.continuity.give_up_all(&mut self.decisions);
            self.decisions.push_back(Decision::Leave);
        }
    }

    /// We did not run for a while, or the machine slept.
    fn was_gap(&self, now: Time, slept: Option<Duration>) -> bool {
        let late = self.ran_at.is_some_and(|ran_at| now.since(ran_at) > TICK + TICK / 2);
        let slept = slept.zip(self.slept).is_some_and(|(new, old)| new.saturating_sub(old) > SLEPT_AT_LEAST);
        late || slept
    }

    fn gap(&mut self, now: Time) {
        self.with_all(|window, out| window.void_deadlines(now, out));
        self.api.void(now);
        // The tick stays due: where each one is late, the events that come in before it must not put it off for ever.
        if self.ran_at.is_some() {
            self.ran_at = Some(now);
        }
    }

    /// Says once that the machine runs out of memory, in the first window that can show it.
    fn machine_memory(&mut self, now: Time, memory: MachineMemory) {
        let guarded = self.windows.values().filter(|window| !window.info.unguarded);
        let low_percent = guarded.map(|window| window.settings.machine_memory_low_percent).max();
        let low_percent =
            u64::from(low_percent.unwrap_or_else(|| Settings::default().machine_memory_low_percent));
        let left_percent = memory.available_bytes.saturating_mul(100) / memory.total_bytes.max(1);
        // A level that was reached is left later than it was entered.
        let is_below = |percent: u64, level: MemoryLevel| {
            let slack = if self.machine_level >= level { MACHINE_SLACK_PERCENT } else { 0 };
            percent > 0 && left_percent < percent + slack
        };
        self.machine_level = if is_below(low_percent.min(MACHINE_CRITICAL_PERCENT), MemoryLevel::Critical) {
            MemoryLevel::Critical
        } else if is_below(low_percent, MemoryLevel::High) {
            MemoryLevel::High
        } else {
            MemoryLevel::Normal
        };
        let mut told = self.machine_told.min(self.machine_level);
        let level = self.machine_level;
        self.with_all(|window, out| {
            if told < level && window.can_show(now) {
                window.tell_of_window(now, NoticeCode::MachineMemory(memory), out);
                told = level;
            }
        });
        self.machine_told = told;
    }

    /// Of a window without Lifeline, nothing is remembered once it is gone.
    fn forget_unguarded(&mut self, is_gone: impl Fn(&Window) -> bool) {
        self.windows.retain(|_, window| {
            let gone = window.info.unguarded && is_gone(window);
            if gone {
                self.decisions.push_back(Decision::Changed { window: window.id().clone() });
            }
            !gone
        });
    }

    fn forget_windows(&mut self, now: Time) {
        let gone: Vec<WindowId> = self
            .windows
            .values()
            .filter(|window| window.is_forgettable(now))
            .map(|window| window.id().clone())
            .collect();
        for id in gone {
            if let Some(window) = self.windows.remove(&id) {
                let key = window.info.workspace_key;
                self.orphaned.extend(window.pending.into_iter().map(|notice| (key.clone(), notice)));
            }
        }
        let excess = self.orphaned.len().saturating_sub(ORPHANED_NOTICES_AT_MOST);
        self.orphaned.drain(..excess);
    }

    /// What earlier windows on the same workspace could not show: a page reload makes a new window.
    fn inherited_notices(&mut self, now: Time, heir: &WindowId, workspace_key: &str) -> Vec<Notice> {
        let mut inherited = Vec::new();
        self.orphaned.retain(|(key, notice)| {
            let take = key == workspace_key;
            if take {
                inherited.push(notice.clone());
            }
            !take
        });
        self.with_all(|window, out| {
            if window.id() != heir && window.info.workspace_key == workspace_key && !window.can_show(now) {
                // A question stays with the host that it is about.
                let taken = window.pending.extract_if(.., |notice| notice.code != NoticeCode::Ask);
                let before = inherited.len();
                inherited.extend(taken);
                if inherited.len() > before {
                    window.changed(out);
                }
            }
        });
        inherited
    }

    fn with_window(&mut self, id: &WindowId, act: impl FnOnce(&mut Window, &mut Outbox<'_>)) {
        let mut decisions = Vec::new();
        let mut out = Outbox {
            decisions: &mut decisions,
            sequence: &mut self.sequence,
            cannot_save: &mut self.cannot_save,
            sessions: &mut self.sessions,
        };
        if let Some(window) = self.windows.get_mut(id) {
            act(window, &mut out);
        }
        self.decisions.extend(decisions);
    }

    fn with_host(&mut self, host: ProcessId, act: impl FnOnce(&mut Window, &mut Outbox<'_>)) {
        let id = self.windows.values().find(|window| window.host() == Some(host)).map(|w| w.id().clone());
        if let Some(id) = id {
            self.with_window(&id, act);
        }
    }

    fn with_all(&mut self, mut act: impl FnMut(&mut Window, &mut Outbox<'_>)) {
        let mut decisions = Vec::new();
        let mut out = Outbox {
            decisions: &mut decisions,
            sequence: &mut self.sequence,
            cannot_save: &mut self.cannot_save,
            sessions: &mut self.sessions,
        };
        for window in self.windows.values_mut() {
            act(window, &mut out);
        }
        self.decisions.extend(decisions);
    }
}

/// What all windows agree to that are open: there is one user. `None` when none is, and what was wished before still holds.
fn most_careful<'a>(windows: impl Iterator<Item = &'a Window>) -> Option<ReapSettings> {
    let is_open = |window: &&Window| window.host.as_ref().is_some_and(|host| !host.departing);
    let has_said = |window: &&Window| !window.info.unguarded && window.settings_told;
    let wishes = windows.filter(is_open).filter(has_said).map(|window| window.settings.reap);
    let most_careful = |a: ReapSettings, b: ReapSettings| ReapSettings {
        reap: a.reap.max(b.reap),
        quiet_after: a.quiet_after.max(b.quiet_after),
        looks_apart: a.looks_apart.max(b.looks_apart),
        deserted_after: a.deserted_after.max(b.deserted_after),
    };
    wishes.reduce(most_careful)
}

fn places(windows: &BTreeMap<WindowId, Window>) -> Vec<Place<'_>> {
    let place = |window| {
        let Window { id, settings, info, paused, .. }: &Window = window;
        let is_wanted = settings.bridge;
        let is_kept = is_wanted && !info.unguarded && !paused;
        Place { window: id, host: window.host(), is_kept, is_wanted }
    };
    windows.values().map(place).collect()
}

const NO_SUCH_WINDOW: &str = "No such window is attached. Run “lifeline status” to see which are, or open a window with Lifeline in it.";
