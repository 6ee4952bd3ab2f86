//! Processes that live and die, a machine that now and then sleeps, a disk and an actuator that now and then fail; and whoever watches that
//! the promises hold.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use lifeline_core::{
    Acted, EndingId, LEAVE_WITHIN, OrphanDecision, Orphans, Owner, OwnerEnd, OwnerKind, OwnerState,
    ProcessId, ProcessKind, ProcessReport, Quiet, ReapMode, ReapSettings, RequestId, StdinEnd, Tab, Time,
    Verb, YOUNG,
};

/// A routine look is taken so often, in milliseconds.
const LOOKS_APART: u64 = 20_000;

const REST: Duration = Duration::from_secs(600);

pub(crate) fn host() -> ProcessId {
    ProcessId { pid: 50, start_time: 50 }
}

/// A session whose host has ended; as quiet as can be.
pub(crate) fn leaked(pid: u32) -> ProcessReport {
    ProcessReport {
        id: ProcessId { pid, start_time: u64::from(pid) },
        parent: 1,
        kind: ProcessKind::Session,
        session: Some(format!("s{pid}")),
        owner: Some(Owner {
            id: host(),
            kind: OwnerKind::Host,
            state: OwnerState::Ended(OwnerEnd::HostExited),
        }),
        stdin: StdinEnd::Closed,
        tab: Tab::NotKnown,
        has_terminal: Some(false),
        in_front: None,
        in_multiplexer: Some(false),
        in_login_session: Some(false),
        is_background: Some(false),
        listens: Some(false),
        age: Duration::from_secs(3600),
        working_children: Some(0),
        quiet: Quiet { transcript: Some(REST), cpu: Some(REST), sockets: Some(REST) },
        resident_bytes: 200_000_000,
        tool: None,
        is_our_ancestor: false,
        is_users_own: true,
    }
}

/// An MCP server of a session.
pub(crate) fn server(pid: u32, of: u32) -> ProcessReport {
    let session = ProcessId { pid: of, start_time: u64::from(of) };
    ProcessReport {
        parent: of,
        kind: ProcessKind::McpServer,
        session: None,
        owner: Some(Owner { id: session, kind: OwnerKind::Session, state: OwnerState::Alive }),
        stdin: StdinEnd::Open,
        quiet: Quiet { transcript: None, ..leaked(pid).quiet },
        resident_bytes: 50_000_000,
        ..leaked(pid)
    }
}

/// Something that comes back to the core later.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Saved(EndingId),
    Acted(EndingId, Verb, Vec<ProcessId>),
    Look,
}

pub(crate) struct World {
    pub(crate) core: Orphans,
    pub(crate) now: u64,
    pub(crate) slept: Duration,
    pub(crate) processes: BTreeMap<u32, ProcessReport>,
    /// What each process ends of, at the mildest; [`Verb::Kill`] for those that are not named.
    pub(crate) ends_of: BTreeMap<u32, Verb>,
    /// Of a bare [`Verb::Kill`] it does not end, either.
    pub(crate) unkillable: BTreeSet<u32>,
    pub(crate) answers: Vec<(u64, Answer)>,
    pub(crate) answers_after: u64,
    pub(crate) saves_fail: bool,
    pub(crate) refuses: bool,
    pub(crate) deaf: bool,
    pub(crate) log: Vec<String>,
    pub(crate) signals: Vec<(ProcessId, Verb)>,
    /// Every call, for a replay.
    pub(crate) calls: Vec<Call>,
    next_look: u64,
    settings: ReapSettings,
    watch: Watch,
}

/// Something that was said to the core.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Tick(Time, Duration),
    Looked(Time, Time, Vec<ProcessReport>),
    Saved(Time, EndingId, Result<(), String>),
    Acted(Time, EndingId, Verb, Acted),
    Asked(Time, RequestId, ProcessId),
    Settings(ReapSettings),
    Resume(Time),
}

impl Call {
    pub(crate) fn make(self, core: &mut Orphans) {
        match self {
            Self::Tick(now, slept) => core.tick(now, slept),
            Self::Looked(now, began, reports) => core.looked(now, began, &reports, &[]),
            Self::Saved(now, ending, saved) => core.tail_saved(now, ending, saved),
            Self::Acted(now, ending, verb, acted) => core.acted(now, ending, verb, acted),
            Self::Asked(now, request, id) => core.end_asked(now, request, id),
            Self::Settings(settings) => core.set_settings(settings),
            Self::Resume(now) => core.resume(now, 1),
        }
    }
}

/// What whoever watches the core knows: no rule of it, but what was told to it and what must never come of that.
#[derive(Default)]
struct Watch {
    /// The looks since the last gap, with the time at which each began.
    looks: Vec<(u64, BTreeMap<ProcessId, ProcessReport>)>,
    gap_at: u64,
    saved: BTreeSet<EndingId>,
    saving_for: BTreeMap<EndingId, Vec<String>>,
    asked: BTreeSet<ProcessId>,
    /// The endings that were begun, with the time of that.
    begun: BTreeMap<EndingId, (u64, ProcessId)>,
    over: BTreeSet<EndingId>,
    told: BTreeSet<(ProcessId, Verb)>,
    term_done: BTreeMap<EndingId, u64>,
    last_verb: BTreeMap<EndingId, Verb>,
    ran_at: Option<u64>,
    answers: BTreeMap<RequestId, u32>,
    /// Endings of processes whose owner had ended.
    of_orphans: BTreeSet<EndingId>,
    /// Those of them whose owner was seen to live since.
    void: BTreeSet<EndingId>,
}

impl World {
    pub(crate) fn new(reap: ReapMode) -> Self {
        let settings = ReapSettings { reap, ..ReapSettings::default() };
        let mut world = Self {
            core: Orphans::new(settings, 1),
            now: 1_000_000,
            slept: Duration::ZERO,
            processes: BTreeMap::new(),
            ends_of: BTreeMap::new(),
            unkillable: BTreeSet::new(),
            answers: Vec::new(),
            answers_after: 100,
            saves_fail: false,
            refuses: false,
            deaf: false,
            log: Vec::new(),
            signals: Vec::new(),
            calls: Vec::new(),
            next_look: 1_000_000,
            settings,
            watch: Watch::default(),
        };
        world.tick();
        world
    }

    pub(crate) fn with(mut self, processes: impl IntoIterator<Item = ProcessReport>) -> Self {
        self.processes.extend(processes.into_iter().map(|report| (report.id.pid, report)));
        self
    }

    pub(crate) fn change(&mut self, pid: u32, change: impl FnOnce(&mut ProcessReport)) {
        if let Some(report) = self.processes.get_mut(&pid) {
            change(report);
        }
    }

    pub(crate) fn set_mode(&mut self, reap: ReapMode) {
        self.settings.reap = reap;
        self.call(Call::Settings(self.settings));
    }

    pub(crate) fn ask(&mut self, pid: u32) {
        if let Some(id) = self.processes.get(&pid).map(|report| report.id) {
            self.watch.asked.insert(id);
            let request = RequestId(self.calls.len() as u64);
            self.watch.answers.insert(request, 0);
            self.call(Call::Asked(Time::from_millis(self.now), request, id));
        }
    }

    /// Another daemon takes over.
    pub(crate) fn resume(&mut self) {
        (self.watch.ran_at, self.watch.gap_at) = (None, self.now);
        self.watch.looks.clear();
        self.call(Call::Resume(Time::from_millis(self.now)));
        self.tick();
    }

    /// So many milliseconds pass, a tick a second.
    pub(crate) fn run(&mut self, millis: u64) {
        let until = self.now + millis;
        while self.now < until {
            let step = (until - self.now).min(1000);
            let next_tick = self.now + step;
            // What comes in between, in order.
            loop {
                self.answers.sort_by_key(|(at, _)| *at);
                let Some((at, _)) = self.answers.first().filter(|(at, _)| *at <= next_tick) else { break };
                self.pass((*at).max(self.now) - self.now);
                let (_, answer) = self.answers.remove(0);
                self.answer(answer);
            }
            self.pass(next_tick - self.now);
            self.tick();
            if self.now >= self.next_look {
                self.next_look = self.now + LOOKS_APART;
                self.look(self.now);
            }
        }
    }

    /// Time passes in which we do not run.
    pub(crate) fn hang(&mut self, millis: u64) {
        self.pass(millis);
        self.tick();
    }

    /// The machine sleeps. Our clock stands still.
    pub(crate) fn sleep(&mut self) {
        self.slept += Duration::from_secs(60);
        for report in self.processes.values_mut() {
            report.age += Duration::from_secs(60);
        }
        (self.watch.gap_at, self.watch.looks) = (self.now, Vec::new());
        self.tick();
    }

    fn pass(&mut self, millis: u64) {
        self.now += millis;
        for report in self.processes.values_mut() {
            report.age += Duration::from_millis(millis);
        }
    }

    fn tick(&mut self) {
        self.call(Call::Tick(Time::from_millis(self.now), self.slept));
        self.watch.ran_at = Some(self.now);
    }

    /// The sensor looks; `began` may be a while ago.
    pub(crate) fn look(&mut self, began: u64) {
        if self.deaf {
            return;
        }
        let reports: Vec<ProcessReport> = self.processes.values().cloned().collect();
        let is_new = self.watch.looks.last().is_none_or(|(last, _)| *last < began);
        self.notice_gap();
        if began >= self.watch.gap_at && is_new {
            self.watch.note_owners(&reports);
            let seen = reports.iter().map(|report| (report.id, report.clone())).collect();
            self.watch.looks.push((began, seen));
        }
        self.call(Call::Looked(Time::from_millis(self.now), Time::from_millis(began), reports));
    }

    fn notice_gap(&mut self) {
        if self.watch.ran_at.is_none_or(|ran_at| self.now - ran_at > 1500) {
            (self.watch.gap_at, self.watch.looks) = (self.now, Vec::new());
            if self.watch.ran_at.is_some() {
                self.watch.ran_at = Some(self.now);
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        let now = Time::from_millis(self.now);
        match answer {
            Answer::Look => self.look(self.now),
            Answer::Saved(ending) if self.saves_fail => {
                self.call(Call::Saved(now, ending, Err("the disk is full".into())));
            }
            Answer::Saved(ending) => {
                self.watch.saved.insert(ending);
                self.call(Call::Saved(now, ending, Ok(())));
            }
            Answer::Acted(ending, verb, targets) => {
                let acted = if self.refuses {
                    targets.iter().for_each(|id| {
                        self.watch.told.remove(&(*id, verb));
                    });
                    Acted::Refused("it is another process".into())
                } else {
                    targets.iter().for_each(|id| self.signal(*id, verb));
                    Acted::Done
                };
                if (verb, &acted) == (Verb::Term, &Acted::Done) {
                    self.watch.term_done.insert(ending, self.now);
                }
                self.call(Call::Acted(now, ending, verb, acted));
            }
        }
    }

    fn signal(&mut self, id: ProcessId, verb: Verb) {
        // The actuator looks again: a pid that is another's now is nobody's business.
        if self.processes.get(&id.pid).is_none_or(|report| report.id != id) {
            return;
        }
        self.signals.push((id, verb));
        let ends_of = self.ends_of.get(&id.pid).copied().unwrap_or(Verb::Kill);
        if verb >= ends_of && !self.unkillable.contains(&id.pid) {
            self.exit(id.pid);
        }
    }

    pub(crate) fn exit(&mut self, pid: u32) {
        self.processes.remove(&pid);
        for report in self.processes.values_mut().filter(|report| report.parent == pid) {
            report.parent = 1;
            report.owner = report.owner.map(|owner| Owner {
                state: if owner.id.pid == pid {
                    OwnerState::Ended(OwnerEnd::Reparented)
                } else {
                    owner.state
                },
                ..owner
            });
        }
    }

    pub(crate) fn call(&mut self, call: Call) {
        self.notice_gap();
        self.calls.push(call.clone());
        call.make(&mut self.core);
        while let Some(decision) = self.core.poll_decision() {
            self.watch.check(self.now, &decision);
            self.take(decision);
        }
        let endings = self.watch.begun.len() - self.watch.over.len();
        assert!(endings > 0 || !self.core.is_active() || !self.watch.asked.is_empty());
    }

    fn take(&mut self, decision: OrphanDecision) {
        let at = self.now + self.answers_after;
        let pids = |ids: &[ProcessId]| ids.iter().map(|id| id.pid.to_string()).collect::<Vec<_>>().join(" ");
        let words = match &decision {
            OrphanDecision::Look => {
                self.answers.push((at, Answer::Look));
                return;
            }
            OrphanDecision::SaveTail { ending, id, sessions } => {
                self.answers.push((at, Answer::Saved(*ending)));
                format!("save {}: {}", id.pid, sessions.join(" "))
            }
            OrphanDecision::EndProcess { ending, tree, verb, .. } => {
                self.answers.push((at, Answer::Acted(*ending, *verb, tree.clone())));
                format!("{verb:?} {}", pids(tree))
            }
            OrphanDecision::GaveBack { ended, left, bytes, .. } => {
                let left = if left.is_empty() { String::new() } else { format!(", left {}", pids(left)) };
                format!("gave back {} MB of {}{left}", bytes / 1_000_000, pids(ended))
            }
            OrphanDecision::CalledOff { id, reason, .. } => format!("called off {}: {reason:?}", id.pid),
            OrphanDecision::Offer { processes, bytes } => {
                format!("offer {processes} processes, {} MB", bytes / 1_000_000)
            }
            OrphanDecision::Answer { answer, .. } => format!("answer {answer:?}"),
            OrphanDecision::RemoveLock { port } => format!("remove the lock of {port}"),
        };
        self.log.push(format!("{:>5.1} {words}", (self.now - 1_000_000) as f64 / 1000.0));
    }
}

impl Watch {
    fn note_owners(&mut self, reports: &[ProcessReport]) {
        for (ending, (_, root)) in &self.begun {
            let report = reports.iter().find(|report| report.id == *root && self.of_orphans.contains(ending));
            if report.and_then(|report| report.owner).is_some_and(|owner| owner.state == OwnerState::Alive) {
                self.void.insert(*ending);
            }
        }
    }

    fn check(&mut self, now: u64, decision: &OrphanDecision) {
        match decision {
            OrphanDecision::SaveTail { ending, id, sessions } => {
                assert!(self.begun.insert(*ending, (now, *id)).is_none(), "a number twice");
                self.saving_for.insert(*ending, sessions.clone());
                let (_, last) = self.looks.last().expect("a look before anything is begun");
                if last[id].owner.is_some_and(|owner| matches!(owner.state, OwnerState::Ended(_))) {
                    self.of_orphans.insert(*ending);
                }
            }
            OrphanDecision::EndProcess { ending, id, tree, verb, why } => {
                self.check_end(now, *ending, *id, tree, *verb);
                assert!(!why.is_empty(), "nothing is ended without a reason");
            }
            OrphanDecision::GaveBack { ending, ended, left, .. } => {
                assert!(self.over.insert(*ending), "over twice");
                let (_, last) = self.looks.last().expect("counted at a look");
                assert!(ended.iter().all(|id| !last.contains_key(id)), "counted, and still there");
                assert!(left.iter().all(|id| last.contains_key(id)), "not counted, and gone");
            }
            OrphanDecision::CalledOff { ending, .. } => {
                self.begun.entry(*ending).or_insert((now, ProcessId { pid: 0, start_time: 0 }));
                assert!(self.over.insert(*ending), "over twice");
            }
            OrphanDecision::Answer { request, answer } => {
                let count = self.answers.get_mut(request).expect("asked");
                *count += 1;
                assert_eq!(*count, 1, "answered twice: {answer:?}");
            }
            OrphanDecision::Look | OrphanDecision::Offer { .. } | OrphanDecision::RemoveLock { .. } => {}
        }
    }

    fn check_end(&mut self, now: u64, ending: EndingId, root: ProcessId, targets: &[ProcessId], verb: Verb) {
        let (begun_at, of) = self.begun[&ending];
        assert_eq!(of, root);
        assert!(self.saved.contains(&ending), "a signal before the tail was saved");
        assert!(!self.over.contains(&ending), "a signal after the end");
        assert!(begun_at >= self.gap_at, "a signal after a gap, decided before it");
        assert!(!self.void.contains(&ending), "a signal after its owner came back");
        assert!(!targets.is_empty());
        let is_asked = self.asked.contains(&root);
        let with_root = self.looks.iter().filter(|(_, seen)| seen.contains_key(&root));
        let seen: Vec<u64> = with_root.map(|(began, _)| *began).collect();
        assert!(seen.len() >= 2, "a signal without two looks");
        assert!(is_asked || seen[seen.len() - 1] - seen[0] >= 30_000, "two looks that were not apart");
        let (_, last) = self.looks.last().expect("a look before a signal");
        for id in targets {
            let report = last.get(id).unwrap_or_else(|| panic!("a signal to {id}, which is not there"));
            assert!(!report.is_our_ancestor, "an ancestor");
            assert!(report.is_users_own, "another user's");
            assert!(report.age >= YOUNG, "younger than a minute");
            assert!(report.has_terminal != Some(true), "it has a terminal");
            assert!(report.in_multiplexer != Some(true) && report.in_login_session != Some(true));
            assert!(report.is_background != Some(true), "a background session");
            assert!(report.tab != Tab::Open, "its tab is open");
            assert!(id.pid > 1);
            assert!(self.told.insert((*id, verb)), "told twice: {id} {verb:?}");
            let harsher = [Verb::CloseStdin, Verb::Term, Verb::Kill].into_iter().filter(|one| *one > verb);
            assert!(!harsher.into_iter().any(|one| self.told.contains(&(*id, one))), "milder than before");
            let is_quiet =
                |quiet: Option<Duration>| quiet.is_none_or(|quiet| quiet >= Duration::from_secs(360));
            // Once we have told it something, it may well move.
            let is_first = !self.last_verb.contains_key(&ending);
            if !is_asked && is_first {
                assert!(is_quiet(report.quiet.cpu) && is_quiet(report.quiet.sockets), "at work: {report:?}");
                assert!(report.working_children.unwrap_or(0) == 0, "what it started is at work");
                let session = report.session.as_deref().unwrap_or_default();
                assert!(report.kind != ProcessKind::Session || !session.is_empty());
            }
            if report.kind == ProcessKind::Session && verb > Verb::CloseStdin {
                let saved = &self.saving_for[&ending];
                assert!(report.session.as_ref().is_none_or(|id| saved.contains(id)), "a tail was not saved");
            }
        }
        if let Some(report) = last.get(&root).filter(|_| !is_asked) {
            let owner = report.owner.expect("nothing is certain without an owner");
            let shares = |other: &ProcessReport| {
                other.session == report.session
                    && other.id.start_time > root.start_time
                    && other.kind == ProcessKind::Session
            };
            let is_gone = owner.state != OwnerState::Alive
                && owner.state != OwnerState::NotKnown
                && !last.contains_key(&owner.id);
            assert!(is_gone || last.values().any(shares), "its owner lives, and it is the only one");
            for known in [report.has_terminal, report.in_multiplexer, report.in_login_session] {
                assert!(verb == Verb::Kill || known == Some(false), "what is not known was believed");
            }
        }
        let before = self.last_verb.insert(ending, verb);
        assert!(before < Some(verb), "out of order");
        if verb == Verb::Kill
            && let Some(term) = self.term_done.get(&ending)
        {
            let grace = now - term;
            assert!(Duration::from_millis(grace) >= LEAVE_WITHIN, "SIGKILL {grace} ms after SIGTERM");
        }
    }
}
