//! The checks: each judges the facts, and touches nothing.

mod connection;
mod lifeline;
mod machine;
mod relay;
mod settings;
mod versions;

pub(crate) use connection::{NO_PROXY_VARIABLES, PROXY_VARIABLES, excepting};
pub(crate) use settings::KNOBS;

use crate::{
    Names,
    contract::{Check, Finding, Place, Repair, RepairKind, Report, SCHEMA, Setting, Severity, State},
    facts::{Facts, Origin, Scope, SettingsFile},
    json,
    repair::Plan,
};

/// What one check came to.
#[derive(Debug, Default)]
struct Outcome {
    drafts: Vec<Draft>,
    /// What was seen, or why nothing could be.
    note: Option<String>,
    is_unknown: bool,
}

impl Outcome {
    fn unknown(why: impl Into<String>) -> Self {
        Self { note: Some(why.into()), is_unknown: true, ..Self::default() }
    }

    fn note(note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..Self::default() }
    }

    fn found(mut self, draft: Draft) -> Self {
        self.drafts.push(draft);
        self
    }
}

impl From<Vec<Draft>> for Outcome {
    fn from(drafts: Vec<Draft>) -> Self {
        Self { drafts, ..Self::default() }
    }
}

/// A finding, and how it is repaired.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What is told.
    pub finding: Finding,
    /// What Lifeline does when asked to; none when it cannot, or only the editor can.
    pub plan: Option<Plan>,
}

/// Why a finding matters, and where that is known from.
type Because = (&'static str, &'static str);

impl Draft {
    fn new(id: &'static str, severity: Severity, title: impl Into<String>) -> Self {
        let finding = Finding {
            id,
            severity,
            title: title.into(),
            detail: String::new(),
            why: "",
            source: "",
            fix: Vec::new(),
            place: None,
            repair: None,
        };
        Self { finding, plan: None }
    }

    fn detail(mut self, detail: impl Into<String>) -> Self {
        self.finding.detail = detail.into();
        self
    }

    fn why(mut self, because: Because) -> Self {
        (self.finding.why, self.finding.source) = because;
        self
    }

    fn fix(mut self, step: impl Into<String>) -> Self {
        self.finding.fix.push(step.into());
        self
    }

    fn at(mut self, file: &SettingsFile, span: std::ops::Range<usize>, names: &Names) -> Self {
        self.finding.place = place(file, span, names);
        self
    }

    /// `key` tells it from others of the same kind, and is the same at the next look.
    fn repair(mut self, key: &str, label: impl Into<String>, plan: Plan, names: &Names) -> Self {
        let kind =
            if matches!(plan, Plan::RemoveLock { .. }) { RepairKind::RemoveFile } else { RepairKind::Edit };
        let (id, file) = (format!("{}:{key}", self.finding.id), Some(names.path(plan.file())));
        self.finding.repair = Some(Repair { id, label: label.into(), kind, file, setting: None });
        self.plan = Some(plan);
        self
    }

    /// A variable is set anew where the value that wins stands, else among the user's own settings, which win over what is inherited.
    fn variable(
        self,
        facts: &Facts,
        name: &str,
        value: String,
        label: String,
        origin: Option<&Origin>,
        names: &Names,
    ) -> Self {
        let (file, draft) = match origin {
            Some(Origin::File(path, span)) => match facts.settings_file(path) {
                Some(file) => (Some(file), self.at(file, span.clone(), names)),
                None => (None, self),
            },
            // That setting may hold secrets beside it; two places for one value would confuse.
            Some(Origin::Setting) => (None, self),
            Some(Origin::Editor | Origin::Environment) | None => (facts.users_settings(), self),
        };
        match file {
            Some(file) if file.scope != Scope::Managed => {
                let plan = Plan::SetVariable { file: file.path.clone(), name: name.into(), value };
                draft.repair(name, label, plan, names)
            }
            _ => draft,
        }
    }

    /// Only the editor can do it.
    fn editor_repair(mut self, label: &str, setting: Option<Setting>) -> Self {
        let id = format!("{}:setting", self.finding.id);
        let repair = Repair { id, label: label.into(), kind: RepairKind::Setting, file: None, setting };
        self.finding.repair = Some(repair);
        self
    }
}

fn place(file: &SettingsFile, span: std::ops::Range<usize>, names: &Names) -> Option<Place> {
    let crate::facts::Content::Text { text, .. } = &file.content else { return None };
    let (line, column) = json::position(text, span.start);
    let (end_line, end_column) = json::position(text, span.end);
    Some(Place { file: names.path(&file.path), line, column, end_line, end_column })
}

type Judge = fn(&Facts, &Names) -> Outcome;

/// In the order in which they are told.
const CHECKS: [(&str, &str, Judge); 22] = [
    ("no-proxy", "Proxies and the loopback", connection::no_proxy),
    ("sse-port", "This terminal's way to its editor", connection::sse_port),
    ("locks", "IDE locks", connection::locks),
    ("settings-json", "Claude Code's settings files", settings::settings_json),
    ("timeouts", "Timeouts and retries", settings::timeouts),
    ("versions", "Versions", versions::versions),
    ("session-size", "Size of sessions", machine::session_size),
    ("leaked", "Processes left behind", lifeline::leaked),
    ("memory", "Memory", machine::memory),
    ("disk", "Disk space", machine::disk),
    ("inotify", "Watches on files", machine::inotify),
    ("permissions", "Permissions", machine::permissions),
    ("lifeline", "Lifeline itself", lifeline::lifeline),
    ("relay", "Lifeline's relay", relay::relay),
    ("ipv6", "IPv6", machine::ipv6),
    ("vpn", "VPN", machine::vpn),
    ("dns", "DNS resolvers", machine::dns),
    ("clock", "Clock", machine::clock),
    ("suspend", "Sleep when idle", machine::suspend),
    ("claude-md", "Notes for Claude", settings::claude_md),
    ("editor-settings", "The editor's settings", settings::editor_settings),
    ("remote", "Where the editor runs", versions::remote),
];

/// All that was found, with its repairs.
#[derive(Clone, Debug)]
pub struct Examination {
    /// The worst first.
    pub drafts: Vec<Draft>,
    checks: Vec<Check>,
    lifeline_version: String,
    unix_ms: u64,
}

/// Judges the facts.
pub fn examine(facts: &Facts, names: &Names) -> Examination {
    let (mut drafts, mut checks): (Vec<Draft>, _) = (Vec::new(), Vec::new());
    for (id, title, judge) in CHECKS {
        let outcome = judge(facts, names);
        let state = match (outcome.is_unknown, outcome.drafts.is_empty()) {
            (true, true) => State::Unknown,
            (false, true) => State::Ok,
            (_, false) => State::Found,
        };
        checks.push(Check { id, title, state, note: outcome.note });
        for draft in outcome.drafts {
            let worse = |other: &Draft| other.finding.severity <= draft.finding.severity;
            let at = drafts.iter().take_while(|other| worse(other)).count();
            drafts.insert(at, draft);
        }
    }
    let lifeline_version = facts.lifeline_version.clone();
    Examination { drafts, checks, lifeline_version, unix_ms: facts.now_unix_ms }
}

impl Examination {
    /// As it is told.
    pub fn report(self) -> Report {
        Report {
            schema: SCHEMA,
            lifeline_version: self.lifeline_version,
            unix_ms: self.unix_ms,
            findings: self.drafts.into_iter().map(|draft| draft.finding).collect(),
            checks: self.checks,
        }
    }

    /// The finding that offers this repair.
    pub fn offering(&self, repair_id: &str) -> Option<&Draft> {
        let is_it =
            |draft: &&Draft| draft.finding.repair.as_ref().is_some_and(|repair| repair.id == repair_id);
        self.drafts.iter().find(is_it)
    }
}

/// Bytes as one would say them, in units of 1000.
fn size(bytes: u64) -> String {
    let (unit, name) = if bytes < 999_500_000 { (1_000_000, "MB") } else { (1_000_000_000, "GB") };
    let tenths = bytes.saturating_add(unit / 20) / (unit / 10);
    if tenths < 100 {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    } else {
        format!("{} {name}", tenths / 10)
    }
}

/// `1 process`, `2 processes`.
fn count(number: usize, one: &str, several: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {several}") }
}
