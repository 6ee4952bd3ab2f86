//! What the answers of one port add up to: misses in a row, and when it is better left alone.

use crate::probe::{Answer, How};

/// How many times in a row nobody was there, or somebody who is no IDE, before nothing is asked any more.
const STRANGE_AT_MOST: u32 = 3;

/// How many times in a row a connection without a token was let in before nothing is asked any more.
const LET_IN_AT_MOST: u32 = 2;

/// Why a port is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nobody listens: the lock is stale. Whoever gets the port next is not to be bothered.
    Stale,
    /// Somebody else has the port.
    Stranger,
    /// It takes anybody for a client, so that we might push out the real one.
    LetsAnybodyIn,
}

/// The answers so far.
#[derive(Debug, Default)]
pub(super) struct Record {
    misses: u32,
    strange: u32,
    let_in: u32,
}

impl Record {
    /// Takes in an answer; says when nothing more should be asked.
    pub(super) fn note(&mut self, answer: Answer) -> Option<Rest> {
        match answer {
            Answer::Alive { how, .. } => {
                self.misses = 0;
                self.strange = 0;
                self.let_in = if how == How::Opened { self.let_in + 1 } else { 0 };
                (self.let_in >= LET_IN_AT_MOST).then_some(Rest::LetsAnybodyIn)
            }
            Answer::Refused | Answer::NotWebSocket(_) => {
                self.misses += 1;
                self.strange += 1;
                let rest = if answer == Answer::Refused { Rest::Stale } else { Rest::Stranger };
                (self.strange >= STRANGE_AT_MOST).then_some(rest)
            }
            Answer::Silent { .. } => {
                self.misses += 1;
                self.strange = 0;
                None
            }
            Answer::NotAsked(_) => None,
        }
    }

    /// Answers in a row that were no sign of life.
    pub(super) const fn misses(&self) -> u32 {
        self.misses
    }
}

#[cfg(test)]
mod tests {
    use std::{io, time::Duration};

    use super::*;
    use crate::probe::Stranger;

    const ALIVE: Answer = Answer::Alive { round_trip: Duration::from_millis(4), how: How::Unauthorized };
    const LET_IN: Answer = Answer::Alive { round_trip: Duration::from_millis(4), how: How::Opened };
    const SILENT: Answer = Answer::Silent { waited: Duration::from_secs(2), after_connect: true };
    const BABBLE: Answer = Answer::NotWebSocket(Stranger::Babble);
    const REFUSED: Answer = Answer::Refused;

    /// The misses after each answer, and why it was left alone after the last.
    #[track_caller]
    fn check(answers: &[Answer], misses: &[u32], rest: Option<Rest>) {
        let mut record = Record::default();
        let noted: Vec<(u32, Option<Rest>)> = answers
            .iter()
            .map(|&answer| {
                let rest = record.note(answer);
                (record.misses(), rest)
            })
            .collect();
        assert_eq!(noted.iter().map(|noted| noted.0).collect::<Vec<_>>(), misses);
        let (last, before) = noted.split_last().expect("answers");
        assert_eq!(last.1, rest);
        assert!(before.iter().all(|noted| noted.1.is_none()));
    }

    #[test]
    fn misses_are_counted_in_a_row() {
        check(&[SILENT, SILENT, ALIVE, SILENT], &[1, 2, 0, 1], None);
        check(&[SILENT, Answer::NotAsked(io::ErrorKind::Other), SILENT], &[1, 1, 2], None);
    }

    #[test]
    fn where_no_ide_is_nothing_is_asked_any_more() {
        check(&[REFUSED; 3], &[1, 2, 3], Some(Rest::Stale));
        check(&[BABBLE; 3], &[1, 2, 3], Some(Rest::Stranger));
        check(&[REFUSED, REFUSED, BABBLE], &[1, 2, 3], Some(Rest::Stranger));
        check(&[REFUSED, REFUSED, ALIVE, BABBLE], &[1, 2, 0, 1], None);
        check(&[REFUSED, REFUSED, SILENT, REFUSED], &[1, 2, 3, 4], None);
        check(&[SILENT; 9], &[1, 2, 3, 4, 5, 6, 7, 8, 9], None);
    }

    #[test]
    fn who_lets_anybody_in_is_left_alone() {
        check(&[LET_IN, ALIVE, LET_IN, LET_IN], &[0; 4], Some(Rest::LetsAnybodyIn));
    }
}
