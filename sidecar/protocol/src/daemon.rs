//! What the daemon says of its own accord: notices, incidents, and its two requests.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

use crate::DrillKind;

/// Run VS Code's own graceful restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct RestartHostParams {
    /// The incident it belongs to.
    pub incident_id: String,
}

/// Freeze this window's host for a drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct FreezeParams {
    /// How.
    pub kind: DrillKind,
}

/// Why something is known: one signal, from one witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct EvidenceItem {
    /// Who saw it: `mainThread`, `worker`, `kernel`, `debugger`, `machine` or `user`. Two different ones are needed for a kill.
    pub witness: String,
    /// The observation in words, with its figures.
    pub text: String,
}

/// How an incident ended, or where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Still under way.
    Open,
    /// A new host attached.
    Recovered,
    /// The frozen host answered again by itself.
    CameBack,
    /// Nothing was killed: budget spent, work would be lost, state could not be saved, or the mode forbids it.
    Refused,
    /// The host was restarted, but no new one attached in time.
    NotVerified,
    /// The host crashed by itself and VS Code brought it back.
    CrashRecovered,
}

/// One freeze, crash or requested restart, from first silence to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    /// Unique; sorts by time.
    pub id: String,
    /// The window.
    pub window_id: String,
    /// What a person calls the window.
    pub label: String,
    /// The host it happened to.
    pub host_pid: u32,
    /// The host that took over.
    pub new_host_pid: Option<u32>,
    /// `freeze`, `crash`, `requested`, `drill`, `memory` (it would have run out) or `refresh` (it had run for long, or had become slow).
    pub cause: String,
    /// Verdict at the decision: `deadlock`, `onChild`, `spinning`, `gcThrash`, …
    pub verdict: String,
    /// Why.
    pub evidence: Vec<EvidenceItem>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why nothing was done, for `refused` and `notVerified`: a code of [`Notice::code`].
    pub reason: Option<String>,
    /// When it began (last sign of life), milliseconds since the Unix epoch.
    #[cfg_attr(test, ts(type = "number"))]
    pub began_unix_ms: u64,
    /// Last sign of life → verdict, in milliseconds.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub verdict_after_ms: Option<u64>,
    /// Last sign of life → kill or graceful restart, in milliseconds.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub acted_after_ms: Option<u64>,
    /// Last sign of life → new host attached (or the host came back), in milliseconds.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub ended_after_ms: Option<u64>,
    /// The snapshot that was made before acting.
    pub snapshot_id: Option<String>,
    /// What the snapshot holds and what survived, in counts.
    pub preserved: Option<Preserved>,
    /// Who froze it, when that could be found out.
    #[serde(default)]
    pub culprit: Option<Culprit>,
    /// V8 heap in use when it was decided, in bytes, for the cause `memory`.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "number | null"))]
    pub heap_used_bytes: Option<u64>,
    /// V8 heap limit, in bytes, for the cause `memory`.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "number | null"))]
    pub heap_limit_bytes: Option<u64>,
}

/// The code that a frozen host was caught in: its innermost frame that belongs to an extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Culprit {
    /// `publisher.name`; none when the frames belong to no extension.
    pub extension_id: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// What the marketplace calls it.
    pub display_name: Option<String>,
    /// The function.
    pub function: String,
    /// The file, relative to the extension's folder.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// Where its authors take bug reports, from its `package.json`; an http or https address.
    pub bugs_url: Option<String>,
    /// How often this extension froze this window in the last seven days, this time included.
    pub times_this_week: u32,
}

/// What was preserved, in counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Preserved {
    /// Open tabs.
    pub tabs: u32,
    /// Documents with unsaved text.
    pub dirty_documents: u32,
    /// Terminals.
    pub terminals: u32,
}

/// Something the user must know. Rust gives the code and the parameters, TypeScript the words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// Unique; a notice that was shown is not shown again.
    pub id: String,
    /// `recovered`, `crashRecovered`, `refusedBudget`, `refusedUnsaved`, `refusedCannotSave`, `refusedIdentity`, `notVerified`, `ask`,
    /// `observed`, `stopped`, `unclear` (silent for long, for no certain reason), `unguarded` (a window without Lifeline is frozen),
    /// `memoryHigh`, `memoryCritical`, `machineMemory`, `refreshOffered`, `sessionEnded`, `sessionCut`, `turnDied`, `turnsDie`, `turnBreaks`, `turnStalled`, `leftBehind`,
    /// `gaveBack`, `apiUnreachable` (the relay has given up for now).
    pub code: String,
    /// The window it is about; not always the one that shows it.
    #[serde(default)]
    pub window_id: String,
    /// The same, as one English sentence with its figures and the next step.
    pub text: String,
    /// The incident it is about.
    pub incident: Option<Incident>,
    /// The Claude session it is about.
    #[serde(default)]
    pub session_id: Option<String>,
}
