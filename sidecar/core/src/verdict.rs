//! What can be the matter with a host, and what that rests on.

use std::{fmt, time::Duration};

use crate::{Evidence, Settings, Witness};

/// What is the matter with a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Verdict {
    /// It gave a sign of life.
    Healthy,
    /// Silent, and nothing more is certain.
    Late,
    /// Its main thread waits for something that does not come.
    Deadlock,
    /// Its main thread waits for a child process that runs.
    OnChild,
    /// Its main thread computes without a pause.
    Spinning,
    /// It does little but collect garbage.
    GcThrash,
    /// The machine is overloaded; the host would run if it could.
    Starved,
    /// It waits for a disk or a network file system.
    IoStuck,
    /// A signal from elsewhere stopped it.
    Stopped,
    /// A debugger holds it.
    Traced,
    /// The machine slept, or we did not run; nothing has been heard since.
    Suspended,
    /// It ended.
    Gone,
}

impl Verdict {
    /// The silence after which this verdict calls for action; `None` for verdicts that never do.
    #[must_use]
    pub const fn act_after(self, settings: &Settings) -> Option<Duration> {
        match self {
            Self::Deadlock => Some(settings.deadlock_after),
            Self::OnChild => Some(settings.on_child_after),
            Self::Spinning => Some(settings.spinning_after),
            Self::GcThrash => Some(settings.gc_thrash_after),
            Self::Healthy
            | Self::Late
            | Self::Starved
            | Self::IoStuck
            | Self::Stopped
            | Self::Traced
            | Self::Suspended
            | Self::Gone => None,
        }
    }

    /// The host will not answer by itself, as far as can be told: the only verdicts that call for action.
    #[must_use]
    pub const fn is_stuck(self) -> bool {
        matches!(self, Self::Deadlock | Self::OnChild | Self::Spinning | Self::GcThrash)
    }

    /// The word for it on the wire and in the journal.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Late => "late",
            Self::Deadlock => "deadlock",
            Self::OnChild => "onChild",
            Self::Spinning => "spinning",
            Self::GcThrash => "gcThrash",
            Self::Starved => "starved",
            Self::IoStuck => "ioStuck",
            Self::Stopped => "stopped",
            Self::Traced => "traced",
            Self::Suspended => "suspended",
            Self::Gone => "gone",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A verdict and what it rests on.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why; empty for a healthy host.
    pub evidence: Vec<Evidence>,
}

impl Judgement {
    pub(crate) const fn healthy() -> Self {
        Self { verdict: Verdict::Healthy, evidence: Vec::new() }
    }

    /// At least two different witnesses support it.
    #[must_use]
    pub fn is_corroborated(&self) -> bool {
        witnesses(&self.evidence) >= 2
    }
}

/// How many different witnesses stand behind some evidence.
pub(crate) fn witnesses(evidence: &[Evidence]) -> usize {
    let mut seen: Vec<Witness> = evidence.iter().map(Evidence::witness).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}
