//! Who has been told to end, and how: nobody hears the same twice.

use std::collections::VecDeque;

use super::Verb;
use crate::ProcessId;

/// Remembered for so long; the oldest are forgotten first. A [`ProcessId`] is one process's for good, and one that was told so many others
/// ago and still lives would have to be told by its user.
const TOLD_AT_MOST: usize = 4096;

#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub(crate) struct Told(VecDeque<(ProcessId, Verb)>);

impl Told {
    /// It has not been told this, nor anything harsher.
    pub(crate) fn may_be_told(&self, id: ProcessId, verb: Verb) -> bool {
        !self.0.iter().any(|(told, with)| *told == id && *with >= verb)
    }

    pub(crate) fn note(&mut self, ids: &[ProcessId], verb: Verb) {
        self.0.extend(ids.iter().map(|id| (*id, verb)));
        let excess = self.0.len().saturating_sub(TOLD_AT_MOST);
        self.0.drain(..excess);
    }

    /// Nothing was sent after all.
    pub(crate) fn take_back(&mut self, ids: &[ProcessId], verb: Verb) {
        self.0.retain(|(told, with)| *with != verb || !ids.contains(told));
    }
}
