//! Extension hosts that nobody is connected to, and that compute for ever: a remote window that was closed leaves its host behind for three
//! hours, and a frozen one for good (FACTS section 1: five hosts, 61 days of CPU).

use std::time::Duration;

use super::judge::YOUNG;
use crate::{
    Grade, LeakEvidence, ProcessFacts, ProcessId, ProcessKind, ProcessReport, ProcessState, Quiet, StdinEnd,
    Tab, Time,
    liveness::{Activity, is_collecting, is_spinning_in_a_crowd},
    time::millis,
};

/// Looks further apart than this leave room for somebody to come and go. They are due every two minutes.
const LOOKS_APART_AT_MOST: Duration = Duration::from_secs(5 * 60);

/// CPU time is not measured over less than this: the kernel counts it in ticks of 10 ms.
const MEASURED_OVER: Duration = Duration::from_secs(1);

/// Hosts that are remembered.
const HOSTS_AT_MOST: usize = 64;

/// What is known of one extension host at one look.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HostReport {
    /// Who it is.
    pub id: ProcessId,
    /// What the operating system says of it.
    pub facts: ProcessFacts,
    /// How many editors are connected to it; `None` when that is not known.
    pub clients: Option<u32>,
    /// Its event loop has turned since the look before, by a beat, its worker's counter or an answer of its socket; `None` when nobody could
    /// tell.
    pub loop_turned: Option<bool>,
    /// A debugger may pause it on purpose.
    pub may_be_debugged: bool,
    /// How long it has been running.
    pub age: Duration,
    /// It is an ancestor of Lifeline, or of one of its clients.
    pub is_our_ancestor: bool,
    /// It is a process of our own user.
    pub is_users_own: bool,
}

impl HostReport {
    /// The same, as of any process.
    #[must_use]
    pub const fn as_process(&self, parent: u32) -> ProcessReport {
        ProcessReport {
            id: self.id,
            parent,
            kind: ProcessKind::ExtensionHost,
            session: None,
            owner: None,
            stdin: StdinEnd::NotKnown,
            tab: Tab::NotKnown,
            has_terminal: Some(false),
            in_front: None,
            in_multiplexer: Some(false),
            in_login_session: Some(false),
            is_background: Some(false),
            listens: None,
            age: self.age,
            working_children: None,
            quiet: Quiet { transcript: None, cpu: None, sockets: None },
            resident_bytes: self.facts.rss_bytes,
            tool: None,
            is_our_ancestor: self.is_our_ancestor,
            is_users_own: self.is_users_own,
        }
    }
}

/// A host that nobody is connected to, and how sure it is that nobody will miss it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DesertedHost {
    /// Who it is.
    pub id: ProcessId,
    /// [`Grade::Certain`] when it is known that its loop stood still all the time.
    pub grade: Grade,
    /// Why.
    pub evidence: Vec<LeakEvidence>,
}

/// Remembers which hosts have computed for nobody, and since when.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct DesertedHosts(Vec<Deserted>);

#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Deserted {
    id: ProcessId,
    since: Time,
    seen_at: Time,
    measured_at: Time,
    facts: ProcessFacts,
    /// Since when it is known that its loop does not turn.
    still_since: Option<Time>,
    least_main_percent: u32,
    least_others_percent: u32,
}

impl DesertedHosts {
    /// All extension hosts of the user, as they are. What each of them comes to that nobody is connected to, and that has done nothing but
    /// compute for more than `after`.
    pub fn looked(&mut self, now: Time, reports: &[HostReport], after: Duration) -> Vec<DesertedHost> {
        let before = std::mem::take(&mut self.0);
        for report in reports.iter().filter(|report| is_candidate(report)).take(HOSTS_AT_MOST) {
            let is_twice = reports.iter().filter(|other| other.id.pid == report.id.pid).count() > 1;
            if is_twice {
                continue;
            }
            let known = before.iter().find(|known| known.id == report.id);
            let goes_on = known.and_then(|known| known.go_on(now, report));
            self.0.push(goes_on.unwrap_or_else(|| Deserted::begin(now, report)));
        }
        let due = self.0.iter().filter(|host| host.seen_at == now && now.since(host.since) > after);
        due.map(|host| host.describe(now, after)).collect()
    }

    /// The machine slept, or we did not run: everything begins anew.
    pub fn void(&mut self) {
        self.0.clear();
    }
}

fn is_candidate(report: &HostReport) -> bool {
    let is_halted = matches!(
        report.facts.state,
        ProcessState::Stopped | ProcessState::Traced | ProcessState::Dead | ProcessState::DiskSleep
    );
    let is_anothers = report.is_our_ancestor || !report.is_users_own || report.id.pid <= 1;
    let may_be_halted = is_halted || report.facts.tracer_pid != 0 || report.may_be_debugged;
    report.clients == Some(0)
        && report.loop_turned != Some(true)
        && !is_anothers
        && !may_be_halted
        && report.age >= YOUNG
}

impl Deserted {
    fn begin(now: Time, report: &HostReport) -> Self {
        Self {
            id: report.id,
            since: now,
            seen_at: now,
            measured_at: now,
            facts: report.facts.clone(),
            still_since: None,
            least_main_percent: u32::MAX,
            least_others_percent: u32::MAX,
        }
    }

    /// The same host a look later, if it has computed all the time.
    fn go_on(&self, now: Time, report: &HostReport) -> Option<Self> {
        let span = now.since(self.measured_at);
        if span > LOOKS_APART_AT_MOST {
            return None;
        }
        if span < MEASURED_OVER {
            return Some(Self { seen_at: now, ..self.clone() });
        }
        let activity = Activity::between(&self.facts, &report.facts, span);
        let stood_still = report.loop_turned == Some(false);
        (is_spinning_in_a_crowd(&activity) || is_collecting(&activity)).then(|| Self {
            seen_at: now,
            measured_at: now,
            facts: report.facts.clone(),
            still_since: stood_still.then(|| self.still_since.unwrap_or(self.measured_at)),
            least_main_percent: self.least_main_percent.min(activity.main_percent),
            least_others_percent: self.least_others_percent.min(activity.others_percent),
            ..self.clone()
        })
    }

    fn describe(&self, now: Time, after: Duration) -> DesertedHost {
        let for_ms = millis(now.since(self.since));
        let mut evidence = vec![
            LeakEvidence::NoClient { for_ms },
            LeakEvidence::Busy {
                main_percent: self.least_main_percent,
                others_percent: self.least_others_percent,
                over_ms: for_ms,
            },
            LeakEvidence::Resident { processes: 1, bytes: self.facts.rss_bytes },
        ];
        let still = self.still_since.map(|since| now.since(since));
        evidence.extend(still.map(|still| LeakEvidence::LoopStill { for_ms: millis(still) }));
        let is_proven = still.is_some_and(|still| still > after);
        DesertedHost { id: self.id, grade: if is_proven { Grade::Certain } else { Grade::Suspect }, evidence }
    }
}
