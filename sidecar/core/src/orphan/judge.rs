//! From the reports of one look to a grade for each process: the rules.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{ReapSettings, hosts::DesertedHost};
use crate::{
    Doubt, Grade, LeakEvidence, LeakWitness, Measure, OwnerEnd, OwnerKind, OwnerState, ProcessId,
    ProcessKind, ProcessReport, StdinEnd, Tab, Use, time::millis,
};

/// A process younger than this is never a candidate.
pub const YOUNG: Duration = Duration::from_secs(60);

/// What one process may have started, at most: with more it is not certain that all of them are known.
const TREE_AT_MOST: usize = 256;

/// Why nobody needs a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Proof {
    /// Who started it has ended.
    OwnerGone(ProcessId),
    /// This one has taken its place.
    Superseded(ProcessId),
    /// It is an extension host that stands still for nobody.
    Deserted,
}

/// One process, and how it was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct JudgedProcess {
    /// Who it is.
    pub id: ProcessId,
    /// The grade.
    pub grade: Grade,
    /// What speaks for a leak. Empty when it is in use.
    pub evidence: Vec<LeakEvidence>,
    /// Why it is in use; of one whose owner is gone and that works on: at what.
    pub uses: Vec<Use>,
    /// What a certain leak lacks.
    pub doubts: Vec<Doubt>,
    /// Itself first, then what it has started, each with its resident memory in bytes: what would end with it.
    pub tree: Vec<(ProcessId, u64)>,
    pub(crate) proof: Option<Proof>,
}

/// The reports of one look, and who belongs to whom.
pub(crate) struct Look<'a> {
    by_id: BTreeMap<ProcessId, &'a ProcessReport>,
    /// Several processes with the same pid: the table changed while it was read.
    ambiguous: BTreeSet<u32>,
    children: BTreeMap<ProcessId, Vec<&'a ProcessReport>>,
    /// The processes on each session.
    on_session: BTreeMap<&'a str, Vec<&'a ProcessReport>>,
    deserted: &'a [DesertedHost],
}

impl<'a> Look<'a> {
    pub(crate) fn new(
        reports: impl Iterator<Item = &'a ProcessReport> + Clone,
        deserted: &'a [DesertedHost],
    ) -> Self {
        let mut by_id = BTreeMap::new();
        let mut by_pid: BTreeMap<u32, ProcessId> = BTreeMap::new();
        let mut ambiguous = BTreeSet::new();
        let mut on_session: BTreeMap<&str, Vec<&ProcessReport>> = BTreeMap::new();
        for report in reports.clone() {
            by_id.insert(report.id, report);
            if by_pid.insert(report.id.pid, report.id).is_some() {
                ambiguous.insert(report.id.pid);
            }
            if let Some(session) = report.session.as_deref().filter(|_| report.kind == ProcessKind::Session) {
                on_session.entry(session).or_default().push(report);
            }
        }
        let mut children: BTreeMap<ProcessId, Vec<&ProcessReport>> = BTreeMap::new();
        for report in reports {
            // Nobody is older than its parent: that pid has been used again since.
            let parent =
                by_pid.get(&report.parent).filter(|parent| parent.start_time <= report.id.start_time);
            // One that lost its parent still belongs to the session that it serves.
            let served = report.owner.filter(|_| report.kind == ProcessKind::McpServer).map(|owner| owner.id);
            let parents: BTreeSet<ProcessId> = parent.copied().into_iter().chain(served).collect();
            // What an extension host has started is judged, and ends, for itself.
            let is_host = |id: &ProcessId| {
                by_id.get(id).is_some_and(|report| report.kind == ProcessKind::ExtensionHost)
            };
            for parent in parents.into_iter().filter(|parent| !is_host(parent)) {
                children.entry(parent).or_default().push(report);
            }
        }
        Self { by_id, ambiguous, children, on_session, deserted }
    }

    pub(crate) fn get(&self, id: ProcessId) -> Option<&'a ProcessReport> {
        self.by_id.get(&id).copied()
    }

    /// The process, then everything that it started and that is still there, nearest first. One more than [`TREE_AT_MOST`] at most.
    pub(crate) fn tree(&self, root: &'a ProcessReport) -> Vec<&'a ProcessReport> {
        let mut tree = vec![root];
        let mut seen = BTreeSet::from([root.id]);
        let mut next = 0;
        while let Some(parent) = tree.get(next).filter(|_| tree.len() <= TREE_AT_MOST) {
            next += 1;
            let children = self.children.get(&parent.id).into_iter().flatten().copied();
            tree.extend(children.filter(|child| seen.insert(child.id)));
        }
        tree.truncate(TREE_AT_MOST + 1);
        tree
    }

    /// Why this process is never touched, whatever it belongs to.
    pub(crate) fn uses(&self, report: &ProcessReport) -> Vec<Use> {
        let ProcessId { pid, start_time } = report.id;
        let is_identified = pid > 1 && start_time > 0 && !self.ambiguous.contains(&pid);
        let terminal = Use::Terminal { in_front: report.in_front };
        [
            (!is_identified, Use::NotIdentified),
            (report.is_our_ancestor, Use::OurAncestor),
            (!report.is_users_own, Use::AnotherUsers),
            (report.age < YOUNG, Use::Young { age_ms: millis(report.age) }),
            // Whoever reads keys reads them from somewhere, whatever else was told.
            (report.has_terminal == Some(true) || report.in_front == Some(true), terminal),
            (report.in_multiplexer == Some(true), Use::Multiplexer),
            (report.in_login_session == Some(true), Use::LoginSession),
            (report.is_background == Some(true), Use::Background),
            (report.tab == Tab::Open, Use::TabOpen),
        ]
        .into_iter()
        .filter_map(|(is_so, reason)| is_so.then_some(reason))
        .collect()
    }

    /// Why nobody needs it, as far as that is proven.
    pub(crate) fn proof(&self, report: &ProcessReport) -> Option<Proof> {
        if report.kind == ProcessKind::ExtensionHost {
            let deserted = self.deserted(report.id);
            return deserted.filter(|host| host.grade == Grade::Certain).map(|_| Proof::Deserted);
        }
        if self.is_owner_gone(report) {
            return report.owner.map(|owner| Proof::OwnerGone(owner.id));
        }
        self.successor(report).map(|by| Proof::Superseded(by.id))
    }

    fn deserted(&self, id: ProcessId) -> Option<&'a DesertedHost> {
        self.deserted.iter().find(|host| host.id == id)
    }

    /// What is told of its owner agrees with itself, and with everything else that this look shows.
    fn is_owner_gone(&self, report: &ProcessReport) -> bool {
        let Some(owner) = report.owner else { return false };
        let agrees = match owner.state {
            OwnerState::Alive | OwnerState::NotKnown => false,
            OwnerState::Ended(OwnerEnd::Reparented) => report.parent != owner.id.pid,
            OwnerState::Ended(OwnerEnd::PidGone) => true,
            OwnerState::Ended(OwnerEnd::HostExited) => owner.kind == OwnerKind::Host,
        };
        // An owner is there before what it starts.
        agrees
            && owner.id != report.id
            && owner.id.start_time <= report.id.start_time
            && self.get(owner.id).is_none()
    }

    /// The process that has taken its place on its session. Two processes may be on one session because their user wants both: that one of
    /// them is superseded is proven only when the same owner started both (it opened the session again, and forgot the first), or when nobody
    /// can talk to the older one.
    fn successor(&self, report: &'a ProcessReport) -> Option<&'a ProcessReport> {
        if report.kind != ProcessKind::Session {
            return None;
        }
        let others = self.on_session.get(report.session.as_deref()?)?;
        let newest = others.iter().max_by_key(|other| (other.id.start_time, other.id.pid))?;
        if newest.id.start_time <= report.id.start_time || self.ambiguous.contains(&newest.id.pid) {
            return None;
        }
        let of = |report: &ProcessReport| {
            report.owner.filter(|owner| owner.state == OwnerState::Alive).map(|owner| owner.id)
        };
        let owner_of_newest = of(newest)?;
        let is_unreachable = report.tab == Tab::Gone || report.stdin == StdinEnd::Closed;
        let is_same_owner = of(report) == Some(owner_of_newest);
        // A session that started itself again works for the older one, or through it.
        let is_related = || {
            let is_in = |root, id| self.tree(root).iter().any(|member| member.id == id);
            is_in(report, newest.id) || is_in(newest, report.id)
        };
        ((is_same_owner || is_unreachable) && !is_related()).then_some(newest)
    }

    /// What this look alone allows: whether it was so before is for others to know.
    pub(crate) fn judge(&self, report: &'a ProcessReport, settings: &ReapSettings) -> JudgedProcess {
        let mut sight = JudgedProcess {
            id: report.id,
            grade: Grade::InUse,
            evidence: Vec::new(),
            uses: self.uses(report),
            doubts: Vec::new(),
            proof: self.proof(report),
            tree: vec![(report.id, report.resident_bytes)],
        };
        if report.kind == ProcessKind::ExtensionHost {
            return self.judge_host(sight);
        }
        let hints = self.hints(report, sight.proof);
        if hints.is_empty() && sight.uses.is_empty() {
            sight.uses.push(Use::Owned { owner: report.owner.map(|owner| owner.id) });
        }
        if !sight.uses.is_empty() {
            return sight;
        }
        sight.evidence = hints;
        let tree = self.tree(report);
        let mut activity = self.activity(&tree, sight.proof, settings);
        sight.tree = tree.iter().map(|member| (member.id, member.resident_bytes)).collect();
        // What it started is not ours to judge by half: with one of them in use, all of it is.
        let used = tree[1..].iter().filter(|member| !self.uses(member).is_empty());
        sight.uses.extend(used.map(|member| Use::Descendant { id: member.id }));
        if sight.proof.is_none() {
            sight.uses.append(&mut activity);
        }
        if !sight.uses.is_empty() {
            return sight;
        }
        if !activity.is_empty() {
            sight.doubts.push(Doubt::AtWork);
        }
        self.doubt(report, &tree, &mut sight);
        self.describe(report, &mut sight);
        let is_corroborated = witnesses(&sight.evidence) >= 2;
        let is_proven = sight.proof.is_some() && sight.doubts.is_empty() && is_corroborated;
        sight.grade = if is_proven { Grade::Certain } else { Grade::Suspect };
        // Who still works, though its owner is gone: the user should know at what.
        sight.uses = activity;
        sight
    }

    /// An extension host is in use, unless nobody is connected to it and it has long done nothing but compute.
    fn judge_host(&self, mut sight: JudgedProcess) -> JudgedProcess {
        match self.deserted(sight.id) {
            Some(host) if sight.uses.is_empty() => {
                (sight.grade, sight.evidence) = (host.grade, host.evidence.clone());
                if sight.proof.is_none() {
                    sight.doubts.push(Doubt::Loop);
                }
            }
            Some(_) => {}
            None => sight.uses.push(Use::Owned { owner: None }),
        }
        sight
    }

    /// What alone makes it worth a second thought.
    fn hints(&self, report: &ProcessReport, proof: Option<Proof>) -> Vec<LeakEvidence> {
        let mut hints = Vec::new();
        match (proof, report.owner.map(|owner| (owner, owner.state))) {
            (Some(Proof::OwnerGone(_)), Some((owner, OwnerState::Ended(how)))) => {
                hints.push(LeakEvidence::OwnerGone { owner: owner.id, kind: owner.kind, how });
            }
            (Some(Proof::Superseded(by)), _) => {
                let age = self.get(by).map_or(Duration::ZERO, |by| by.age);
                let younger_by_ms = millis(report.age.saturating_sub(age));
                hints.push(LeakEvidence::Superseded { by, younger_by_ms });
            }
            _ if report.owner.is_none() && report.parent <= 1 => hints.push(LeakEvidence::Adopted),
            _ => {}
        }
        if report.stdin == StdinEnd::Closed {
            hints.push(LeakEvidence::StdinClosed);
        }
        if report.tab == Tab::Gone {
            hints.push(LeakEvidence::TabGone);
        }
        hints
    }

    /// Whatever moved lately, in it or in what it started. What is not known does not move, and does not rest.
    fn activity(&self, tree: &[&ProcessReport], proof: Option<Proof>, settings: &ReapSettings) -> Vec<Use> {
        let mut activity = Vec::new();
        for (number, report) in tree.iter().enumerate() {
            for (what, quiet) in measures(report, proof.filter(|_| number == 0)) {
                if let Some(quiet) = quiet.filter(|quiet| *quiet < settings.quiet_after) {
                    activity.push(Use::Active { what, ago_ms: millis(quiet) });
                }
            }
        }
        let working = tree.iter().filter_map(|report| report.working_children).max().unwrap_or(0);
        if working > 0 {
            activity.push(Use::WorkingChildren { count: working });
        }
        activity
    }

    fn doubt(&self, report: &ProcessReport, tree: &[&ProcessReport], sight: &mut JudgedProcess) {
        let is_session = report.kind == ProcessKind::Session;
        let is_owner_gone = matches!(sight.proof, Some(Proof::OwnerGone(_)));
        let is_at_rest = |measure| {
            let known = measures(report, sight.proof);
            known.iter().any(|(what, quiet)| *what == measure && quiet.is_some())
        };
        let shows_rest = is_at_rest(Measure::Cpu)
            && (!is_session || is_at_rest(Measure::Transcript) || is_at_rest(Measure::Sockets));
        let knows_terminal = [report.has_terminal, report.in_multiplexer, report.in_login_session];
        let doubts = [
            (sight.proof.is_none(), Doubt::Owner),
            (is_owner_gone && report.stdin == StdinEnd::Open, Doubt::StdinOpen),
            (knows_terminal.contains(&None), Doubt::Terminal),
            (report.is_background.is_none(), Doubt::Background),
            (report.working_children.is_none(), Doubt::Children),
            (is_session && report.session.is_none(), Doubt::Session),
            (!shows_rest, Doubt::Activity),
            (matches!(report.kind, ProcessKind::Shell | ProcessKind::Other), Doubt::Job),
        ];
        sight.doubts.extend(doubts.into_iter().filter_map(|(is_so, doubt)| is_so.then_some(doubt)));
        let wanted = tree[1..].iter().filter(|member| may_be_wanted(member));
        sight.doubts.extend(wanted.map(|member| Doubt::Descendant(member.id)));
        if tree.len() > TREE_AT_MOST && !sight.doubts.contains(&Doubt::Children) {
            sight.doubts.push(Doubt::Children);
        }
    }

    /// The rest of what speaks for a leak, with its figures.
    fn describe(&self, report: &ProcessReport, sight: &mut JudgedProcess) {
        if !sight.doubts.contains(&Doubt::Terminal) {
            sight.evidence.push(LeakEvidence::NoTerminal);
        }
        if report.working_children == Some(0) {
            sight.evidence.push(LeakEvidence::NoWorkingChildren);
        }
        if !sight.doubts.contains(&Doubt::AtWork) {
            let quiet = measures(report, sight.proof);
            let quiet = quiet.into_iter().filter_map(|(what, quiet)| Some((what, millis(quiet?))));
            sight.evidence.extend(quiet.map(|(what, for_ms)| match what {
                Measure::Transcript => LeakEvidence::TranscriptQuiet { for_ms },
                Measure::Cpu => LeakEvidence::CpuQuiet { for_ms },
                Measure::Sockets => LeakEvidence::SocketsQuiet { for_ms },
            }));
        }
        sight.evidence.push(LeakEvidence::Age { for_ms: millis(report.age) });
        let processes = u32::try_from(sight.tree.len()).unwrap_or(u32::MAX);
        sight.evidence.push(LeakEvidence::Resident { processes, bytes: bytes_of(&sight.tree) });
    }
}

/// What shows whether a process does anything. The transcript of one that is superseded is its successor's.
fn measures(report: &ProcessReport, proof: Option<Proof>) -> Vec<(Measure, Option<Duration>)> {
    let is_shared = matches!(proof, Some(Proof::Superseded(_)));
    let all = [
        (Measure::Transcript, report.quiet.transcript.filter(|_| !is_shared)),
        (Measure::Cpu, report.quiet.cpu),
        (Measure::Sockets, report.quiet.sockets),
    ];
    all.to_vec()
}

/// A descendant that might be wanted for itself: a job in the background, a server that the user looks at, another session.
fn may_be_wanted(report: &ProcessReport) -> bool {
    match report.kind {
        ProcessKind::McpServer | ProcessKind::LanguageServer => false,
        ProcessKind::ExtensionHost => true,
        ProcessKind::Session => report.session.is_none() || report.quiet.cpu.is_none(),
        ProcessKind::Shell | ProcessKind::Other => {
            report.quiet.cpu.is_none() || report.listens != Some(false)
        }
    }
}

pub(crate) fn bytes_of(tree: &[(ProcessId, u64)]) -> u64 {
    tree.iter().fold(0, |sum, (_, bytes)| sum.saturating_add(*bytes))
}

fn witnesses(evidence: &[LeakEvidence]) -> usize {
    let seen: BTreeSet<LeakWitness> = evidence.iter().map(LeakEvidence::witness).collect();
    seen.len()
}
