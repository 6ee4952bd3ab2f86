//! The ladder of recovery: its rungs, its limits, and the budget that VS Code sets.

use std::{collections::VecDeque, time::Duration};

use crate::{RequestId, Time};

/// Host exits within [`RESTART_WINDOW`] after which nothing is killed any more. VS Code restarts a host by itself after the first and
/// the second unexpected exit in five minutes and gives up at the third (`ExtensionHostCrashTracker`: 3 in 5 minutes).
pub const RESTART_BUDGET: usize = 2;

/// How long an exit counts. VS Code's five minutes, and five seconds because it sees an exit a little later than we do.
pub const RESTART_WINDOW: Duration = Duration::from_secs(5 * 60 + 5);

/// A new host must have attached this long after the old one was told to end. Measured: 1.2 to 3 s, and once in a while VS Code
/// 1.100 itself starts the process 19 to 22 s later.
pub const VERIFY_WITHIN: Duration = Duration::from_secs(30);

/// The function that froze a host must have been found this long after it was asked for; a kill waits no longer.
pub const NAME_WITHIN: Duration = Duration::from_millis(1500);

/// A snapshot must be durable within this long; a disk that takes longer cannot be trusted with the user's context.
pub const SAVE_WITHIN: Duration = Duration::from_secs(30);

/// A killed process must have ended within this long; one in an uninterruptible wait may not.
pub(crate) const END_WITHIN: Duration = Duration::from_secs(10);

/// A person's word to kill a host is good for this long; the disk and the last look come in between.
pub(crate) const CONFIRMED_FOR: Duration = Duration::from_secs(60);

/// A graceful restart may wait for the user's answer to VS Code's own questions.
pub(crate) const GRACEFUL_WITHIN: Duration = Duration::from_secs(60);

/// A host that has just attached activates its extensions, and one that a kill was refused for was looked at wrongly:
/// nothing is done to it for this long.
pub const COOL_DOWN: Duration = Duration::from_secs(10);

/// A verdict that calls for action must have been reached in judgements at least this far apart. Longer than the 2.5 s for which
/// a worker's last word is believed: it must have spoken again since the verdict.
pub(crate) const HELD_FOR: Duration = Duration::from_secs(3);

/// After a snapshot could not be saved, the next attempt.
pub(crate) const RETRY_SAVE_AFTER: Duration = Duration::from_secs(60);

/// What was said of a host is not said again for this long, and a person's no to an orderly restart is good for as long.
pub(crate) const MENTIONED_APART: Duration = Duration::from_secs(30 * 60);

/// What shall follow once the snapshot is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Intent {
    /// Kill, because the evidence says so.
    Kill,
    /// Kill, because the user confirmed it.
    KillConfirmed,
    /// Kill a host that answers, because it would run out of memory or wants refreshing and VS Code has no restart of its own here.
    Planned,
    /// VS Code's own restart.
    Graceful,
    /// Ask the user.
    Ask,
    /// Do nothing, and say why.
    Refuse,
}

impl Intent {
    /// It follows from the evidence, and falls with it. The others follow from a person's word.
    pub(crate) const fn is_ours(self) -> bool {
        matches!(self, Self::Kill | Self::Ask | Self::Refuse)
    }
}

/// Where the recovery of a window stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub enum Phase {
    /// All is well, or nothing can be said.
    #[default]
    Watching,
    /// Silent; evidence is being collected.
    Suspect,
    /// The snapshot is on its way to the disk.
    Saving {
        /// Since when.
        since: Time,
        /// What follows.
        intent: Intent,
    },
    /// The user is being asked.
    Asking,
    /// The host was killed or asked to restart, and has not ended yet.
    Restarting {
        /// Since when.
        since: Time,
        /// By VS Code's own command.
        graceful: bool,
    },
    /// The host has ended; a new one must attach.
    Verifying {
        /// Since when.
        since: Time,
    },
    /// Nothing more is done by itself until the host answers, ends, or the user decides.
    GaveUp {
        /// When to try to save again, where that was what failed.
        retry_at: Option<Time>,
    },
}

impl Phase {
    /// The word for it on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Watching => "watching",
            Self::Suspect => "suspect",
            Self::Saving { .. } => "saving",
            Self::Asking => "asking",
            Self::Restarting { .. } => "restarting",
            Self::Verifying { .. } => "verifying",
            Self::GaveUp { .. } => "gaveUp",
        }
    }

    /// A restart is under way that must not be started twice.
    pub(crate) const fn is_under_way(&self) -> bool {
        match self {
            Self::Saving { intent, .. } => !matches!(intent, Intent::Ask | Intent::Refuse),
            Self::Restarting { .. } | Self::Verifying { .. } => true,
            Self::Watching | Self::Suspect | Self::Asking | Self::GaveUp { .. } => false,
        }
    }
}

/// The exits of a window's hosts that VS Code counts: its own crashes and our kills.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub(crate) struct ExitLog(VecDeque<Time>);

impl ExitLog {
    pub(crate) fn push(&mut self, now: Time) {
        self.forget(now);
        self.0.push_back(now);
    }

    pub(crate) fn times(&self) -> impl Iterator<Item = Time> {
        self.0.iter().copied()
    }

    /// Takes back an exit that did not happen.
    pub(crate) fn take_back(&mut self) {
        self.0.pop_back();
    }

    pub(crate) fn forget(&mut self, now: Time) {
        while self.0.front().is_some_and(|at| now.since(*at) >= RESTART_WINDOW) {
            self.0.pop_front();
        }
    }

    pub(crate) fn within_window(&self, now: Time) -> usize {
        self.0.iter().filter(|at| now.since(**at) < RESTART_WINDOW).count()
    }

    pub(crate) fn is_spent(&self, now: Time) -> bool {
        self.within_window(now) >= RESTART_BUDGET
    }
}

/// Numbers for incidents and notices, in one rising sequence.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub(crate) struct Sequence(pub(crate) u64);

impl Sequence {
    pub(crate) fn next(&mut self) -> u64 {
        let number = self.0;
        self.0 = self.0.saturating_add(1);
        number
    }
}

/// A request that the user made of a window, for the answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) request: RequestId,
    pub(crate) confirmed: bool,
    pub(crate) when_quiet: bool,
}
