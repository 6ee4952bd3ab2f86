//! The doctor's answer as programs read it: `lifeline.doctor/1`.

use serde::Serialize;
use serde_json::Value;

/// Changes when a program that reads the answer would have to.
pub const SCHEMA: &str = "lifeline.doctor/1";

/// All of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The version that looked.
    pub lifeline_version: String,
    /// When, milliseconds since the Unix epoch.
    pub unix_ms: u64,
    /// The worst first.
    pub findings: Vec<Finding>,
    /// Everything that was looked at, in a fixed order.
    pub checks: Vec<Check>,
}

impl Report {
    /// Whether something is wrong; hints are no wrong.
    pub fn is_well(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity == Severity::Hint)
    }

    /// Takes in what another part has looked at.
    pub fn add(&mut self, check: Check, findings: Vec<Finding>) {
        self.checks.push(check);
        for finding in findings {
            let at = self.findings.iter().take_while(|other| other.severity <= finding.severity).count();
            self.findings.insert(at, finding);
        }
    }
}

/// How bad it is; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Something does not work.
    Error,
    /// Something may fail, or will before long.
    Warning,
    /// Worth knowing.
    Hint,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Names the kind; it does not change.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub title: String,
    /// The facts.
    pub detail: String,
    /// Why it matters.
    pub why: &'static str,
    /// Where that is known from.
    pub source: &'static str,
    /// What to do, step by step.
    pub fix: Vec<String>,
    /// Where it stands.
    pub place: Option<Place>,
    /// What Lifeline can do about it.
    pub repair: Option<Repair>,
}

/// A part of a file. Lines and columns count from 1; columns in UTF-16 units, as editors do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The file.
    pub file: String,
    /// Where it begins.
    pub line: u32,
    /// Where it begins.
    pub column: u32,
    /// Where it ends.
    pub end_line: u32,
    /// The column after its last character.
    pub end_column: u32,
}

/// What Lifeline can do about a finding, when asked to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Repair {
    /// For `lifeline doctor --fix`. The same from one look to the next.
    pub id: String,
    /// What a button says.
    pub label: String,
    /// How.
    pub kind: RepairKind,
    /// The file that is changed or removed.
    pub file: Option<String>,
    /// The editor's setting; its value is left out where it would tell names and those are hidden.
    pub setting: Option<Setting>,
}

/// How a repair is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RepairKind {
    /// A file is changed.
    Edit,
    /// A file is removed.
    RemoveFile,
    /// The editor changes one of its settings: only it can.
    Setting,
}

/// A setting of the editor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// What it is to be.
    pub value: Value,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Names it; it does not change.
    pub id: &'static str,
    /// For people.
    pub title: &'static str,
    /// What came of it.
    pub state: State,
    /// What was seen, or why nothing could be.
    pub note: Option<String>,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Nothing to say.
    Ok,
    /// There are findings.
    Found,
    /// It could not be looked at.
    Unknown,
}
