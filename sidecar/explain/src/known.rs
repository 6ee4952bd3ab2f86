//! What is known of an error: the shape of an item of `knowledge.json`, which the build reads too.

use serde::{Deserialize, Serialize};

/// An error: what is told of it, and what tells of it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Known {
    /// What is told.
    pub entry: Entry,
    /// What tells of it.
    pub recognised_by: RecognisedBy,
    /// Which errors of the transcripts are this one.
    #[serde(default)]
    pub counts: Counts,
    /// What one of them is called: `reset`. The plural takes an s.
    #[serde(default)]
    pub noun: Option<&'static str>,
}

/// What is told of an error: the entry of the contract `lifeline.explain/1`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its name for programs, which stays.
    pub id: &'static str,
    /// In one line.
    pub title: &'static str,
    /// What has happened.
    pub meaning: &'static str,
    /// Whether a request that failed so may have cost tokens.
    pub tokens: Tokens,
    /// Why, in a sentence.
    pub tokens_because: &'static str,
    /// Steps, the most promising first.
    pub what_to_do: Vec<&'static str>,
    /// Where all this is known from.
    pub sources: Vec<&'static str>,
}

/// Whether something cost tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Tokens {
    /// It did not.
    No,
    /// Hardly.
    Unlikely,
    /// It depends on when it happened.
    Possible,
    /// The service was at work on it.
    Likely,
}

/// What tells of an error. Phrases are lower-case words with a blank between them, where `#` stands for a word that begins with a digit.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, bound(deserialize = "'de: 'static"))]
pub struct RecognisedBy {
    /// Codes as transcripts have them: `ECONNRESET`.
    pub codes: Vec<&'static str>,
    /// Words that follow each other.
    pub phrases: Vec<&'static str>,
    /// HTTP statuses, where a number is one.
    pub statuses: Vec<u16>,
    /// Exit codes, where a number is one.
    pub exits: Vec<u16>,
}

/// Errors of the transcripts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Counts {
    /// Those with its codes and statuses.
    #[default]
    Own,
    /// All of connections.
    Connection,
    /// All of them.
    All,
}

impl Known {
    /// Whether transcripts can tell of it at all.
    pub fn is_counted(&self) -> bool {
        let by = &self.recognised_by;
        self.counts != Counts::Own || !by.codes.is_empty() || !by.statuses.is_empty()
    }

    /// Whether an error of a transcript is of this kind.
    pub fn counts(&self, code: Option<&str>, status: Option<u16>) -> bool {
        let by = &self.recognised_by;
        match (self.counts, status) {
            (Counts::All, _) => true,
            (Counts::Connection, status) => status.is_none(),
            (Counts::Own, Some(status)) => by.statuses.contains(&status),
            (Counts::Own, None) => code.is_some_and(|code| by.codes.contains(&code)),
        }
    }
}
