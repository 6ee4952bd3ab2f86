//! One question to one IDE: a WebSocket handshake without a token.
//!
//! Measured with the official extension: it opens after 2 ms and is closed with code 1008 after 4 to 5 ms, and the client
//! that is logged in is not disturbed. That takes one turn of the host's event loop, so any answer is a sign of life. When
//! the host is frozen, the kernel still takes the connection, and nothing comes back.

mod exchange;
mod metered;
#[cfg(test)]
pub(crate) mod tests;

use std::{io, sync::Arc, time::Duration};

use crate::lock::Lock;
use exchange::Exchange;

/// How long an answer may take: 400 times what a healthy host needs.
pub const TIMEOUT: Duration = Duration::from_secs(2);

/// A wait is cut into slices of this length, each compared with the clock: who was not run cannot say that nobody answered.
const SLICE: Duration = Duration::from_millis(500);

/// How much longer than it should a slice may take: half of [`TIMEOUT`] goes by at most, and the other half is plenty. On an
/// idle machine ours are late by 1 ms, at a load of 15 on 2 cores by more than 250 ms every few seconds.
const SLACK: Duration = Duration::from_millis(500);

/// A clock that goes on while the machine sleeps; only differences count. `Platform::boottime` is one.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// What a port is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// A handshake like that of the CLI, but without a token. The extension refuses it, and writes a line into its log:
    /// `[error] Unauthorized WebSocket connection attempt` (measured, 1.0.88).
    Handshake,
    /// A handshake of a version that does not exist, which every server has to refuse (RFC 6455, 4.2.2) before the program
    /// behind it hears of a client. The extension answers 400 just as fast, and logs nothing (measured, 1.0.88); servers of
    /// other makes may hang up without a word.
    Impossible,
}

impl Question {
    /// What the IDE of this lock is asked first. The impossible question is the gentler one: the official extension writes an error
    /// into its log, in sight of the user, for every handshake without a token (17 000 a day at one in 5 s), and none for this.
    pub const FIRST: Self = Self::Impossible;

    /// What to ask instead when this was the answer. Some servers hang up on the impossible without a word (tungstenite's do); they
    /// are asked properly, if only those with a token are let in: others would take us for a client, and drop the real one.
    pub fn instead(self, answer: Answer, lock: &Lock) -> Option<Self> {
        let hung_up = matches!(answer, Answer::NotWebSocket(Stranger::HungUp));
        (hung_up && self == Self::Impossible && lock.has_token).then_some(Self::Handshake)
    }
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An IDE, or something that speaks like one: its event loop turns.
    Alive {
        /// From the beginning of the connection to the answer to the handshake.
        round_trip: Duration,
        /// What it answered.
        how: How,
    },
    /// Nobody listens on this port.
    Refused,
    /// No answer in time.
    Silent {
        /// For how long was waited, without being away. In a heartbeat: since the first question of this silence.
        waited: Duration,
        /// The kernel took the connection, and the program did not. `false`: not even the kernel did, because too many
        /// connections wait for the program, or (Windows) because it takes 2 s to say that nobody listens.
        after_connect: bool,
    },
    /// Somebody answered, but it is no IDE.
    NotWebSocket(Stranger),
    /// Nothing could be asked; that says nothing about the port. For example no descriptor was free.
    NotAsked(io::ErrorKind),
}

/// What a living IDE answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The handshake was taken and closed with code 1008: what the official extension does.
    Unauthorized,
    /// The handshake was taken and then closed, with this code if there was one.
    Closed(Option<u16>),
    /// The handshake was taken, and the connection stayed open: somebody without a token was let in.
    Opened,
    /// An answer of HTTP with this status. 101: the handshake was taken, but not as it should be, or no time was left to
    /// see more.
    Http(u16),
}

/// What somebody answered who is no IDE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// Took the connection and dropped it without a word. A host that ends just now does that, too.
    HungUp,
    /// Said something that is no HTTP/1.1, or too much of it.
    Babble,
}

impl Answer {
    /// Whether the program behind the port was seen to run.
    pub const fn is_life(self) -> bool {
        matches!(self, Self::Alive { .. })
    }
}

/// Asks 127.0.0.1:`port` once, and waits at most `timeout`.
///
/// Needs a tokio runtime with I/O and time. Uses one socket, and at most 100 KiB of memory whatever comes back.
pub async fn probe(port: u16, question: Question, timeout: Duration) -> Answer {
    Inquiry::begin(port, question).wait(timeout, &|| Duration::ZERO).await.answer
}

/// A question that has been asked, and may be waited for more than once.
pub(crate) struct Inquiry {
    port: u16,
    question: Question,
    exchange: Exchange,
    waited: Duration,
}

/// What a wait brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) answer: Answer,
    /// We were away for a part of the time: stopped, not run, or asleep with the machine.
    pub(crate) was_away: bool,
}

impl Inquiry {
    pub(crate) fn begin(port: u16, question: Question) -> Self {
        Self { port, question, exchange: Exchange::begin(port, question), waited: Duration::ZERO }
    }

    /// Asks once more, on another connection, after dropping the one before. It has been waited for just as long.
    pub(crate) fn repeat(&mut self) {
        self.exchange = Exchange::begin(self.port, self.question);
    }

    /// Waits for the answer; [`Answer::Silent`] is none yet, and can be waited for again.
    pub(crate) async fn wait(
        &mut self,
        patience: Duration,
        clock: &(dyn Fn() -> Duration + Send + Sync),
    ) -> Heard {
        let mut was_away = false;
        let mut left = patience;
        loop {
            let slice = left.min(SLICE);
            let before = clock();
            let answered = tokio::time::timeout(slice, self.exchange.answer()).await;
            let took = clock().saturating_sub(before);
            let is_away = took > slice + SLACK;
            was_away |= is_away;
            if let Ok(answer) = answered {
                return Heard { answer, was_away };
            }
            left -= slice;
            // Who was away knows nothing of the time before: it begins anew.
            self.waited = if is_away { Duration::ZERO } else { self.waited + slice };
            if left.is_zero() {
                let silent =
                    Answer::Silent { waited: self.waited, after_connect: self.exchange.is_connected() };
                return Heard { answer: self.exchange.answer_so_far().unwrap_or(silent), was_away };
            }
        }
    }
}
