//! One leaked process on its way out: save, look, close its input, look, SIGTERM to all, wait, look, SIGKILL to what is left, count.

use std::time::Duration;

use super::{
    Acted, CalledOff, EndAnswer, EndingId, OrphanDecision, ReapSettings, Verb,
    judge::{JudgedProcess, Look, Proof},
    told::Told,
};
use crate::{
    Doubt, Grade, LeakEvidence, ProcessId, ProcessKind, ProcessReport, RequestId, StdinEnd, Time, Use,
    recovery::SAVE_WITHIN,
};

/// A process may leave by itself within this long, after its input was closed and again after SIGTERM.
pub const LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// A tool call that writes gets this long to come to its end.
pub const WRITING_AT_MOST: Duration = Duration::from_secs(30);

/// How far apart it is looked at meanwhile.
const WRITING_LOOKS_APART: Duration = Duration::from_secs(2);

/// What SIGKILL was sent to is counted after this long: the kernel takes a moment to take its memory back.
const COUNT_AFTER: Duration = Duration::from_secs(1);

/// A look, or a signal, that has not been reported after this long is not waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Ending {
    pub(crate) id: EndingId,
    pub(crate) root: ProcessId,
    /// The user wants it, and waits for an answer.
    request: Option<RequestId>,
    pub(crate) is_asked: bool,
    proof: Option<Proof>,
    why: Vec<LeakEvidence>,
    /// The root first.
    pub(crate) tree: Vec<(ProcessId, u64)>,
    /// Sessions whose tail is, or will be, in the snapshot.
    sessions: Vec<String>,
    input_closed: bool,
    writing_since: Option<Time>,
    stage: Stage,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Stage {
    Saving {
        since: Time,
    },
    /// A look that began at `since` or later says how it goes on.
    Looking {
        since: Time,
        before: Next,
    },
    Waiting {
        until: Time,
        before: Next,
    },
    Acting {
        since: Time,
        verb: Verb,
        targets: Vec<ProcessId>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Next {
    /// The user has named it: may it be ended?
    Begin,
    /// Its input is closed, or SIGTERM is sent.
    Term,
    Kill,
    Count,
}

/// How an ending goes on.
pub(crate) enum Step {
    Stay,
    Done,
    Off(CalledOff),
}

/// What an ending may write to.
pub(crate) struct Outbox<'a> {
    pub(crate) now: Time,
    pub(crate) settings: ReapSettings,
    pub(crate) decisions: &'a mut Vec<OrphanDecision>,
    pub(crate) told: &'a mut Told,
}

impl Outbox<'_> {
    fn look(&mut self) {
        // One look serves all that want one at this moment.
        if !self.decisions.contains(&OrphanDecision::Look) {
            self.decisions.push(OrphanDecision::Look);
        }
    }
}

impl Ending {
    /// Of a leak that is certain.
    pub(crate) fn of_leak(
        id: EndingId,
        judged: &JudgedProcess,
        look: &Look<'_>,
        out: &mut Outbox<'_>,
    ) -> Self {
        let mut ending = Self::asked_for(id, judged.id, None, out.now);
        ending.is_asked = false;
        ending.save(judged, look, out);
        ending
    }

    /// Of a process that the user has named.
    pub(crate) fn asked_for(id: EndingId, root: ProcessId, request: Option<RequestId>, now: Time) -> Self {
        Self {
            id,
            root,
            request,
            is_asked: true,
            proof: None,
            why: Vec::new(),
            tree: vec![(root, 0)],
            sessions: Vec::new(),
            input_closed: false,
            writing_since: None,
            stage: Stage::Looking { since: now, before: Next::Begin },
        }
    }

    /// It, or something that would end with it, is this process.
    pub(crate) fn concerns(&self, id: ProcessId) -> bool {
        self.tree.iter().any(|(member, _)| *member == id)
    }

    /// What the user who waits for it must hear.
    pub(crate) fn answer(&mut self, answer: EndAnswer, decisions: &mut Vec<OrphanDecision>) {
        if let Some(request) = self.request.take() {
            decisions.push(OrphanDecision::Answer { request, answer });
        }
    }

    pub(crate) fn tick(&mut self, out: &mut Outbox<'_>) -> Step {
        match self.stage {
            Stage::Saving { since } if out.now.since(since) >= SAVE_WITHIN => {
                Step::Off(CalledOff::NotSaved("the disk did not answer in time".into()))
            }
            Stage::Looking { since, .. } | Stage::Acting { since, .. }
                if out.now.since(since) >= ANSWER_WITHIN =>
            {
                Step::Off(CalledOff::NoAnswer)
            }
            Stage::Waiting { until, before } if out.now >= until => {
                self.look(before, out);
                Step::Stay
            }
            _ => Step::Stay,
        }
    }

    pub(crate) fn saved(&mut self, saved: Result<(), String>, out: &mut Outbox<'_>) -> Step {
        if !matches!(self.stage, Stage::Saving { .. }) {
            return Step::Stay;
        }
        match saved {
            Ok(()) => {
                self.look(Next::Term, out);
                Step::Stay
            }
            Err(reason) => Step::Off(CalledOff::NotSaved(reason)),
        }
    }

    pub(crate) fn acted(&mut self, verb: Verb, acted: Acted, out: &mut Outbox<'_>) -> Step {
        let Stage::Acting { verb: expected, targets, .. } = &self.stage else { return Step::Stay };
        if *expected != verb {
            return Step::Stay;
        }
        match (verb, acted) {
            (_, Acted::Refused(reason)) => {
                out.told.take_back(targets, verb);
                return Step::Off(CalledOff::Refused(reason));
            }
            (Verb::CloseStdin, Acted::NotPossible) => {
                self.input_closed = false;
                self.look(Next::Term, out);
            }
            (_, Acted::NotPossible) => {
                out.told.take_back(targets, verb);
                return Step::Off(CalledOff::Refused("not possible here".into()));
            }
            (Verb::CloseStdin, Acted::Done) => self.wait(LEAVE_WITHIN, Next::Term, out.now),
            (Verb::Term, Acted::Done) => self.wait(LEAVE_WITHIN, Next::Kill, out.now),
            (Verb::Kill, Acted::Done) => self.wait(COUNT_AFTER, Next::Count, out.now),
        }
        Step::Stay
    }

    pub(crate) fn looked(&mut self, began: Time, look: &Look<'_>, out: &mut Outbox<'_>) -> Step {
        let is_callable_off = match &self.stage {
            Stage::Saving { .. } => true,
            Stage::Acting { verb, .. } => *verb < Verb::Kill,
            Stage::Looking { before, .. } | Stage::Waiting { before, .. } => {
                matches!(before, Next::Term | Next::Kill)
            }
        };
        if let Some(off) =
            look.get(self.root).filter(|_| is_callable_off).and_then(|root| self.is_void(root, look))
        {
            return Step::Off(off);
        }
        let Stage::Looking { since, before } = self.stage else { return Step::Stay };
        if began < since {
            return Step::Stay;
        }
        match before {
            Next::Begin => self.begin(look, out),
            Next::Term => self.before_term(look, out),
            Next::Kill => self.before_kill(look, out),
            Next::Count => self.count(look, out),
        }
    }

    fn begin(&mut self, look: &Look<'_>, out: &mut Outbox<'_>) -> Step {
        let Some(report) = look.get(self.root) else { return Step::Off(CalledOff::Gone) };
        let judged = look.judge(report, &out.settings);
        if judged.grade == Grade::InUse {
            return Step::Off(CalledOff::InUse(judged.uses));
        }
        self.answer(EndAnswer::Started, out.decisions);
        self.save(&judged, look, out);
        Step::Stay
    }

    fn save(&mut self, judged: &JudgedProcess, look: &Look<'_>, out: &mut Outbox<'_>) {
        (self.proof, self.why, self.tree) = (judged.proof, judged.evidence.clone(), judged.tree.clone());
        self.sessions = self.sessions_in(look);
        self.stage = Stage::Saving { since: out.now };
        let (ending, sessions) = (self.id, self.sessions.clone());
        out.decisions.push(OrphanDecision::SaveTail { ending, id: self.root, sessions });
    }

    fn before_term(&mut self, look: &Look<'_>, out: &mut Outbox<'_>) -> Step {
        let Some(report) = look.get(self.root) else {
            // It has taken the hint.
            return if self.input_closed { self.count(look, out) } else { Step::Off(CalledOff::Gone) };
        };
        let judged = look.judge(report, &out.settings);
        if let Some(off) = self.is_off(&judged) {
            return Step::Off(off);
        }
        (self.why, self.tree) = (judged.evidence, judged.tree);
        // Somebody else's tail would be lost.
        if self.sessions_in(look).iter().any(|session| !self.sessions.contains(session)) {
            return Step::Off(CalledOff::Changed);
        }
        let mut members = self.tree.iter().filter_map(|(id, _)| look.get(*id));
        if members.any(|member| member.tool.is_some_and(|tool| tool.writes != Some(false))) {
            let since = *self.writing_since.get_or_insert(out.now);
            let left = WRITING_AT_MOST.saturating_sub(out.now.since(since));
            if !left.is_zero() {
                self.wait(left.min(WRITING_LOOKS_APART), Next::Term, out.now);
                return Step::Stay;
            }
        }
        if report.stdin == StdinEnd::Open && out.told.may_be_told(self.root, Verb::CloseStdin) {
            self.input_closed = true;
            self.act(Verb::CloseStdin, vec![self.root], out);
        } else {
            let tree = self.tree.iter().map(|(id, _)| *id);
            let targets: Vec<ProcessId> = tree.filter(|id| out.told.may_be_told(*id, Verb::Term)).collect();
            if targets.is_empty() {
                // They were told before, and an ending was called off after that.
                return self.before_kill(look, out);
            }
            self.act(Verb::Term, targets, out);
        }
        Step::Stay
    }

    /// Whatever it is waiting for: somebody uses it, or what proved that nobody needs it is not so any more.
    fn is_void(&self, root: &ProcessReport, look: &Look<'_>) -> Option<CalledOff> {
        let uses = look.uses(root);
        if !uses.is_empty() {
            return Some(CalledOff::InUse(uses));
        }
        (look.proof(root) != self.proof).then_some(CalledOff::Needed)
    }

    /// Something is not any more as it was when it began.
    fn is_off(&self, judged: &JudgedProcess) -> Option<CalledOff> {
        if judged.grade == Grade::InUse {
            return Some(CalledOff::InUse(judged.uses.clone()));
        }
        let is_as_certain = match (self.is_asked, self.input_closed) {
            (true, _) => true,
            (false, false) => judged.grade == Grade::Certain,
            // We have woken it ourselves; what it started was not woken by us.
            (false, true) => {
                judged.doubts.iter().all(|doubt| *doubt == Doubt::AtWork)
                    && !judged.uses.iter().any(|reason| matches!(reason, Use::WorkingChildren { .. }))
            }
        };
        (!is_as_certain).then_some(CalledOff::Changed)
    }

    /// What was told to end has had its time. Read anew: who is left?
    fn before_kill(&mut self, look: &Look<'_>, out: &mut Outbox<'_>) -> Step {
        let mut left: Vec<&ProcessReport> = Vec::new();
        for known in self.tree.iter().filter_map(|(id, _)| look.get(*id)) {
            for member in look.tree(known) {
                // Of those that came meanwhile, only what serves no one else.
                let is_server = matches!(member.kind, ProcessKind::McpServer | ProcessKind::LanguageServer);
                let is_ours_to_end = self.concerns(member.id) || is_server;
                if is_ours_to_end && !left.iter().any(|one| one.id == member.id) {
                    left.push(member);
                }
            }
        }
        left.retain(|member| {
            let is_saved = member.session.as_ref().is_none_or(|session| self.sessions.contains(session));
            is_saved && look.uses(member).is_empty() && out.told.may_be_told(member.id, Verb::Kill)
        });
        let new = left.iter().filter(|member| !self.concerns(member.id));
        let new: Vec<(ProcessId, u64)> = new.map(|member| (member.id, member.resident_bytes)).collect();
        let targets: Vec<ProcessId> = left.iter().map(|member| member.id).collect();
        self.tree.extend(new);
        if targets.is_empty() {
            return self.count(look, out);
        }
        self.act(Verb::Kill, targets, out);
        Step::Stay
    }

    fn count(&mut self, look: &Look<'_>, out: &mut Outbox<'_>) -> Step {
        let is_left = |(id, _): &&(ProcessId, u64)| look.get(*id).is_some();
        let left: Vec<ProcessId> = self.tree.iter().filter(is_left).map(|(id, _)| *id).collect();
        let ended: Vec<(ProcessId, u64)> = self.tree.iter().filter(|one| !is_left(one)).copied().collect();
        out.decisions.push(OrphanDecision::GaveBack {
            ending: self.id,
            id: self.root,
            bytes: super::judge::bytes_of(&ended),
            ended: ended.into_iter().map(|(id, _)| id).collect(),
            left,
        });
        Step::Done
    }

    fn act(&mut self, verb: Verb, targets: Vec<ProcessId>, out: &mut Outbox<'_>) {
        out.told.note(&targets, verb);
        self.stage = Stage::Acting { since: out.now, verb, targets: targets.clone() };
        let (ending, id, why) = (self.id, self.root, self.why.clone());
        out.decisions.push(OrphanDecision::EndProcess { ending, id, tree: targets, verb, why });
    }

    fn look(&mut self, before: Next, out: &mut Outbox<'_>) {
        self.stage = Stage::Looking { since: out.now, before };
        out.look();
    }

    fn wait(&mut self, how_long: Duration, before: Next, now: Time) {
        self.stage = Stage::Waiting { until: now + how_long, before };
    }

    fn sessions_in(&self, look: &Look<'_>) -> Vec<String> {
        let members = self.tree.iter().filter_map(|(id, _)| look.get(*id));
        let mut sessions: Vec<String> = members.filter_map(|member| member.session.clone()).collect();
        sessions.sort_unstable();
        sessions.dedup();
        sessions
    }
}
