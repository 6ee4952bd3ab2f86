//! What a client is told when there is no tunnel for it.

use std::time::Duration;

use crate::{
    head::{Refusal, Target},
    outage::Fault,
};

/// A status and a sentence with the next step.
pub(crate) struct Answer {
    status: u16,
    phrase: &'static str,
    sentence: String,
}

/// Beyond the connections that the relay carries at once.
pub(crate) fn full() -> Answer {
    let sentence = "Lifeline's relay carries as many connections as it may. Close some programs that use it, and try again.";
    Answer { status: 503, phrase: "Service Unavailable", sentence: sentence.into() }
}

/// Whoever asks is somebody else.
pub(crate) fn foreign() -> Answer {
    let sentence = "Lifeline's relay serves the user who started it, and nobody else.";
    Answer { status: 403, phrase: "Forbidden", sentence: sentence.into() }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let (status, phrase, sentence) = match refusal {
            Refusal::Malformed => (400, "Bad Request", "This is no request that Lifeline's relay can read."),
            Refusal::Page => (403, "Forbidden", "Lifeline's relay does not serve web pages."),
            Refusal::Authority => (
                400,
                "Bad Request",
                "The request does not say clearly where it leads, so Lifeline's relay refuses it.",
            ),
            Refusal::Elsewhere => (
                421,
                "Misdirected Request",
                "The request is meant for somebody else (Host), so Lifeline's relay refuses it.",
            ),
            Refusal::Method => (
                501,
                "Not Implemented",
                "Lifeline's relay makes tunnels (CONNECT) and nothing else: set it as HTTPS_PROXY alone, not as HTTP_PROXY.",
            ),
        };
        Self { status, phrase, sentence: sentence.into() }
    }
}

/// Why there is no connection to `target`, after so many attempts in so long.
pub(crate) fn unconnected(target: &Target, fault: Fault, attempts: u32, after: Duration) -> Answer {
    let (status, phrase) = match fault {
        Fault::TimedOut | Fault::NoRoute => (504, "Gateway Timeout"),
        _ => (502, "Bad Gateway"),
    };
    let tried = match attempts {
        0 | 1 => String::new(),
        attempts => format!(" Lifeline tried {attempts} times in {} s.", after.as_secs()),
    };
    let sentence = format!("No connection to {target}: {}.{tried} {}", fault.words(), fault.next_step());
    Answer { status, phrase, sentence }
}

impl Answer {
    pub(crate) const fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn sentence(&self) -> &str {
        &self.sentence
    }

    /// As it goes over the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let Self { status, phrase, sentence } = self;
        format!(
            "HTTP/1.1 {status} {phrase}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{sentence}\n",
            sentence.len() + 1
        )
        .into_bytes()
    }
}
