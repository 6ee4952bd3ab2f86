//! Processes that may have been left behind: looked at for the core, told to clients, and ended at the core's word.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use lifeline_core::{
    Acted, EndAnswer, EndingId, Event, GivenBack, Grade, JudgedProcess, OrphanDecision, ProcessId,
    ProcessKind, ReapMode, RequestId, Time, Verb,
};
use lifeline_protocol as wire;
use lifeline_transcript::Tail;
use serde_json::json;

use super::{Daemon, Report};
use crate::{
    act::{self, PendingEnd},
    clock,
    disk::Job,
    input::{Answer, Refusal},
    sense::census::{Member, Seen},
    wording,
};

/// The processes are looked at this often while a window is there: a leak grows over hours.
const LOOKS_APART: Duration = Duration::from_secs(120);

/// What is kept of each transcript in a snapshot, in bytes from its end.
const TAIL_BYTES: usize = 64 * 1024;

/// Everything about these processes that is not a decision.
#[derive(Default)]
pub(super) struct Processes {
    looked_at: Option<Time>,
    /// What was ended without a question, and nothing was said of yet.
    unsaid: GivenBack,
    /// As of the last look.
    members: BTreeMap<ProcessId, Member>,
    /// Who waits for the list.
    lists: Vec<Answer<wire::ProcessesReport>>,
    /// A look is under way.
    is_looking: bool,
    /// Another one is wanted after it: what the core asks for must begin after it was asked for.
    again: bool,
    /// Who waits for the ends of which processes.
    reaps: Vec<Reap>,
    /// The number of the last snapshot.
    last_snapshot: u64,
}

/// Somebody waits until these have ended.
struct Reap {
    waits_for: BTreeMap<ProcessId, RequestId>,
    done: Vec<wire::Reaped>,
    answer: Answer<Vec<wire::Reaped>>,
}

/// A look, as it comes back.
pub(super) struct Looked {
    began: Time,
    seen: Option<Seen>,
}

impl Daemon {
    /// Looks at the processes now and then.
    pub(super) fn keep_processes_in_mind(&mut self) {
        let now = clock::now();
        let is_due = self.processes.looked_at.is_none_or(|at| now.since(at) >= LOOKS_APART);
        let is_guarded = |window: &lifeline_core::Window| !window.info().unguarded && window.host().is_some();
        if is_due && self.supervisor.windows().any(is_guarded) {
            self.look_at_processes();
        }
    }

    /// Looks at them, off the control loop.
    pub(super) fn look_at_processes(&mut self) {
        if self.processes.is_looking {
            self.processes.again = true;
            return;
        }
        self.tick_for_processes();
        let now = clock::now();
        self.processes.is_looking = true;
        self.processes.looked_at = Some(now);
        let (census, reports) = (self.census.clone(), self.reports.clone());
        let clients: Vec<u32> = self.peers.values().copied().collect();
        tokio::task::spawn_blocking(move || {
            let began = clock::now();
            let seen = census.look(began, &clients);
            let _ = reports.send(Report::Processes(Looked { began, seen }));
        });
    }

    pub(super) fn processes_looked_at(&mut self, looked: Looked) {
        self.processes.is_looking = false;
        if std::mem::take(&mut self.processes.again) {
            self.look_at_processes();
        }
        let Some(Seen { members, hosts }) = looked.seen else {
            for answer in std::mem::take(&mut self.processes.lists) {
                let message =
                    "There are more processes than Lifeline looks at, so none of them is judged.".into();
                let _ = answer.send(Err(Refusal { code: wire::error_code::REFUSED, message }));
            }
            return;
        };
        let reports = members.iter().map(|member| member.report.clone()).collect();
        let (hosts, of_hosts): (Vec<_>, Vec<Member>) = hosts.into_iter().unzip();
        self.processes.members =
            members.into_iter().chain(of_hosts).map(|member| (member.report.id, member)).collect();
        self.event(Event::Processes { began: looked.began, reports, hosts });
        self.obey();
        if !self.processes.lists.is_empty() {
            let told = self.processes_report();
            for answer in std::mem::take(&mut self.processes.lists) {
                let _ = answer.send(Ok(told.clone()));
            }
        }
    }

    /// Without a window nobody ticks, and the core would take every look for one after a gap.
    fn tick_for_processes(&mut self) {
        if self.supervisor.poll_timeout().1 == lifeline_core::Reason::Leave {
            self.event(Event::Tick { slept: clock::slept(), pressure: self.pressure });
            self.obey();
        }
    }

    pub(super) fn answer_processes(&mut self, answer: Answer<wire::ProcessesReport>) {
        self.processes.lists.push(answer);
        self.look_at_processes();
    }

    fn processes_report(&self) -> wire::ProcessesReport {
        let orphans = self.supervisor.orphans();
        let members = &self.processes.members;
        let mut processes: Vec<wire::ProcessStatus> = orphans
            .judged()
            .iter()
            .filter_map(|judged| Some((judged, members.get(&judged.id)?)))
            // Of the editors' own processes only those that nobody needs are of interest.
            .filter(|(judged, member)| {
                member.report.kind != ProcessKind::ExtensionHost || judged.grade != Grade::InUse
            })
            .map(|(judged, member)| status(judged, member))
            .collect();
        let rank = |status: &wire::ProcessStatus| match status.grade.as_str() {
            "certain" => 0,
            "suspect" => 1,
            _ => 2,
        };
        processes.sort_by_key(|status| (rank(status), std::cmp::Reverse(status.tree_bytes), status.pid));
        let given_back = orphans.given_back();
        wire::ProcessesReport {
            processes,
            mode: match orphans.settings().reap {
                ReapMode::Certain => wire::ReapMode::Certain,
                ReapMode::Ask => wire::ReapMode::Ask,
                ReapMode::Never => wire::ReapMode::Never,
            },
            given_back_processes: given_back.processes,
            given_back_bytes: given_back.bytes,
        }
    }

    // ---- ending ------------------------------------------------------------------------------------

    pub(super) fn reap_asked(&mut self, ids: &[String], answer: Answer<Vec<wire::Reaped>>) {
        self.tick_for_processes();
        let mut reap = Reap { waits_for: BTreeMap::new(), done: Vec::new(), answer };
        for id in ids {
            match parse_id(id) {
                Some(process) if !reap.waits_for.contains_key(&process) => {
                    let request = self.next_request();
                    reap.waits_for.insert(process, request);
                    self.event(Event::EndAsked { request, process });
                }
                Some(_) => {}
                None => reap.done.push(wire::Reaped {
                    id: id.clone(),
                    reason: Some("That is no process; “lifeline orphans” lists them.".into()),
                    ..wire::Reaped::default()
                }),
            }
        }
        self.processes.reaps.push(reap);
        self.obey();
        self.answer_reaps();
    }

    /// Notes what has become of a process for whoever waits for it; whether anybody did.
    fn reaped(&mut self, process: ProcessId, reaped: &wire::Reaped) -> bool {
        let mut is_waited_for = false;
        for reap in &mut self.processes.reaps {
            if reap.waits_for.remove(&process).is_some() {
                reap.done.push(reaped.clone());
                is_waited_for = true;
            }
        }
        self.answer_reaps();
        is_waited_for
    }

    /// What was ended without a question: said once, when the last of them has ended.
    fn say_what_was_given_back(&mut self) {
        if self.supervisor.orphans().is_active() {
            return;
        }
        let unsaid = std::mem::take(&mut self.processes.unsaid);
        if unsaid.processes > 0 {
            self.say_somewhere("gaveBack", wording::given_back(unsaid));
        }
    }

    fn answer_reaps(&mut self) {
        let is_done = |reap: &mut Reap| reap.waits_for.is_empty() || reap.answer.is_closed();
        for reap in self.processes.reaps.extract_if(.., is_done) {
            let _ = reap.answer.send(Ok(reap.done));
        }
    }

    pub(super) fn obey_orphans(&mut self, decision: OrphanDecision) {
        match decision {
            OrphanDecision::Look => self.look_at_processes(),
            OrphanDecision::SaveTail { ending, id, sessions } => self.save_tail(ending, id, sessions),
            // The other end of its standard input is not ours to close.
            OrphanDecision::EndProcess { ending, verb: Verb::CloseStdin, .. } => {
                self.event(Event::ProcessesTold {
                    ending,
                    verb: Verb::CloseStdin,
                    acted: Acted::NotPossible,
                });
            }
            OrphanDecision::EndProcess { ending, id, tree, verb, why } => {
                let why = why.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                tracing::warn!(%id, ?verb, why, "ending processes that were left behind: {tree:?}");
                let end = PendingEnd::new(ending, tree, verb);
                self.commit(move |committed| Report::EndCommitted(end, committed));
            }
            OrphanDecision::RemoveLock { port } => {
                if let Some(lock) = self.sockets.lock(port).cloned() {
                    let (folders, platform) = (self.bridges.folders.clone(), self.platform.clone());
                    tokio::task::spawn_blocking(move || act::remove_stale_lock(&platform, &folders, &lock));
                }
            }
            OrphanDecision::GaveBack { id, ended, left, bytes, .. } => {
                tracing::warn!(%id, ended = ended.len(), left = left.len(), bytes, "memory was given back");
                let pids = |ids: &[ProcessId]| ids.iter().map(|id| id.pid).collect::<Vec<u32>>();
                let reason = (!left.is_empty()).then(|| "Some of them have not ended.".to_owned());
                let reaped =
                    wire::Reaped { id: name(id), ended: pids(&ended), left: pids(&left), bytes, reason };
                if !self.reaped(id, &reaped) {
                    self.processes.unsaid.processes += ended.len() as u64;
                    self.processes.unsaid.bytes += bytes;
                }
                self.say_what_was_given_back();
            }
            OrphanDecision::CalledOff { id, reason, .. } => {
                let reason = wording::called_off(&reason);
                tracing::info!(%id, reason, "it is not ended");
                self.reaped(id, &refused(id, reason));
            }
            OrphanDecision::Offer { processes, bytes } => {
                self.say_somewhere("leftBehind", wording::left_behind(processes, bytes));
            }
            OrphanDecision::Answer { request, answer } => {
                let reason = match answer {
                    EndAnswer::Started => return,
                    EndAnswer::Refused(reason) => wording::called_off(&reason),
                    EndAnswer::Busy => {
                        "It is being ended already, or all that can be done about it has been done.".into()
                    }
                };
                let asked = self.processes.reaps.iter().flat_map(|reap| &reap.waits_for);
                let process =
                    asked.filter(|(_, asked)| **asked == request).map(|(process, _)| *process).next();
                if let Some(process) = process {
                    self.reaped(process, &refused(process, reason));
                }
            }
        }
    }

    /// What it was, and how far its sessions had come: so that they can be taken up.
    fn save_tail(&mut self, ending: EndingId, id: ProcessId, sessions: Vec<String>) {
        let saved_unix_ms = clock::unix_ms();
        let number = saved_unix_ms.max(self.processes.last_snapshot + 1);
        self.processes.last_snapshot = number;
        let member = self.processes.members.get(&id).cloned();
        let by_session: Vec<(String, Option<PathBuf>, Option<PathBuf>)> = sessions
            .into_iter()
            .map(|session| {
                let found = self
                    .processes
                    .members
                    .values()
                    .find(|member| member.report.session.as_deref() == Some(session.as_str()));
                let (transcript, folder) = found
                    .map(|member| (member.transcript.clone(), member.folder.clone()))
                    .unwrap_or_default();
                (session, transcript, folder)
            })
            .collect();
        let (disk, reports) = (self.disk.clone(), self.reports.clone());
        tokio::task::spawn_blocking(move || {
            let command = member.as_ref().map(|member| member.command.as_str()).unwrap_or_default();
            let text = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
            let sessions: Vec<_> = by_session
                .iter()
                .map(|(session, transcript, folder)| {
                    let tail = transcript.as_deref().and_then(|path| Tail::read(path).ok());
                    let standing = tail.as_ref().map(Tail::standing).unwrap_or_default();
                    let bytes = tail.as_ref().map(Tail::bytes).unwrap_or_default();
                    let last = &bytes[bytes.len().saturating_sub(TAIL_BYTES)..];
                    json!({
                        "sessionId": session,
                        "folder": text(folder),
                        "transcript": text(transcript),
                        "state": "ended",
                        "lastPrompt": standing.last_prompt,
                        "partialAnswer": standing.partial_answer,
                        "tail": String::from_utf8_lossy(last),
                    })
                })
                .collect();
            let content = json!({
                "schema": "lifeline.snapshot/1",
                "id": number.to_string(),
                "savedUnixMs": saved_unix_ms,
                "label": format!("{command} (process {})", id.pid),
                "cause": "leftBehind",
                "sessions": sessions,
            });
            let content = serde_json::to_vec_pretty(&content).unwrap_or_default();
            let done = Box::new(move |written: std::io::Result<()>| {
                let saved = written.map_err(|error| error.to_string());
                let _ = reports.send(Report::Event(Box::new(Event::TailSaved { ending, saved })));
            });
            disk.queue(Job::Snapshot { id: number.to_string(), content, done });
        });
    }

    pub(super) fn end_committed(&mut self, end: &PendingEnd, committed: std::io::Result<()>) {
        let acted = match committed {
            Ok(()) => act::tell_to_end(&self.platform, end),
            Err(error) => {
                self.recorder.begin_anew();
                Acted::Refused(error.to_string())
            }
        };
        self.event(Event::ProcessesTold { ending: end.ending, verb: end.verb, acted });
        self.obey();
        self.commit_outcome();
    }
}

fn refused(id: ProcessId, reason: String) -> wire::Reaped {
    wire::Reaped { id: name(id), reason: Some(reason), ..wire::Reaped::default() }
}

/// A process on the wire.
fn name(id: ProcessId) -> String {
    id.to_string()
}

fn parse_id(text: &str) -> Option<ProcessId> {
    let (pid, start_time) = text.split_once('@')?;
    Some(ProcessId { pid: pid.parse().ok()?, start_time: start_time.parse().ok()? })
}

fn status(judged: &JudgedProcess, member: &Member) -> wire::ProcessStatus {
    let report = &member.report;
    let why = match judged.grade {
        Grade::InUse => judged.uses.iter().map(ToString::to_string).collect(),
        Grade::Suspect | Grade::Certain => judged.evidence.iter().map(ToString::to_string).collect(),
    };
    let mut doubts: Vec<String> = judged.doubts.iter().map(ToString::to_string).collect();
    if judged.grade == Grade::Suspect {
        doubts.extend(judged.uses.iter().map(ToString::to_string));
    }
    wire::ProcessStatus {
        id: name(judged.id),
        pid: judged.id.pid,
        parent_pid: report.parent,
        kind: match report.kind {
            ProcessKind::Session => "session",
            ProcessKind::McpServer => "mcpServer",
            ProcessKind::Shell => "shell",
            ProcessKind::LanguageServer => "languageServer",
            ProcessKind::ExtensionHost => "extensionHost",
            ProcessKind::Other => "other",
        }
        .into(),
        grade: match judged.grade {
            Grade::InUse => "inUse",
            Grade::Suspect => "suspect",
            Grade::Certain => "certain",
        }
        .into(),
        command: member.command.clone(),
        session_id: report.session.clone(),
        folder: member.folder.as_ref().map(|path| path.to_string_lossy().into_owned()),
        transcript: member.transcript.as_ref().map(|path| path.to_string_lossy().into_owned()),
        age_ms: u64::try_from(report.age.as_millis()).unwrap_or(u64::MAX),
        rss_bytes: report.resident_bytes,
        tree_pids: judged.tree.iter().map(|(id, _)| id.pid).collect(),
        tree_bytes: judged.tree.iter().map(|(_, bytes)| bytes).sum(),
        why,
        doubts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_named_so_that_it_is_found_again() {
        let id = ProcessId { pid: 77, start_time: 123 };
        assert_eq!(parse_id(&name(id)), Some(id));
        for bad in ["", "77", "@", "77@", "@1", "77@x", "-1@2", "77@1@2", "4294967296@1"] {
            assert_eq!(parse_id(bad), None, "{bad}");
        }
    }
}
