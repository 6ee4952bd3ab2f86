//! Signs of a broken connection, for whoever reads the records in whatever way.

use serde::{Deserialize, Serialize};

/// Requests that are remembered. One is made ten times, and titles and the like come in between.
const REQUESTS_AT_MOST: usize = 32;

/// The first code in brackets, as in “Connection dropped (ECONNRESET). Check …”: records of the third generation say it in words alone
/// (FACTS section 5).
pub fn code_in_words(words: &str) -> Option<&str> {
    let is_code =
        |word: &str| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let mut bracketed = words.split('(').skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    bracketed.find(|word| word.starts_with('E') && is_code(word))
}

/// Requests that nothing has answered yet, each by what tells it from another: each attempt at one writes a record with the same digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Requests<D>(Vec<D>);

impl<D> Default for Requests<D> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<D: PartialEq> Requests<D> {
    /// Notes an attempt, and says how many there were before it, at most 32.
    pub fn attempt(&mut self, request: D) -> usize {
        let before = self.0.iter().filter(|known| **known == request).count();
        if self.0.len() >= REQUESTS_AT_MOST {
            self.0.remove(0);
        }
        self.0.push(request);
        before
    }

    /// An answer has come, or a turn has begun.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_in_brackets() {
        for (words, code) in [
            ("Connection dropped (ECONNRESET)", Some("ECONNRESET")),
            ("API Error: Unable to connect (EAI_AGAIN). Check …", Some("EAI_AGAIN")),
            ("It (really) broke (EPIPE)", Some("EPIPE")),
            ("(E) ((ETIMEDOUT))", Some("ETIMEDOUT")),
            ("Connection dropped (Econnreset)", None),
            ("Request timed out (30 s)", None),
            ("ECONNRESET", None),
            ("(ECONNRESET", None),
            ("", None),
        ] {
            assert_eq!(code_in_words(words), code, "{words}");
        }
    }

    #[test]
    fn attempts_at_a_request_are_counted_until_it_is_answered() {
        let mut requests = Requests::default();
        assert_eq!([1, 2, 1, 1].map(|request| requests.attempt(request)), [0, 0, 1, 2]);
        requests.clear();
        assert_eq!(requests.attempt(1), 0);
        assert_eq!((2..40).map(|other| requests.attempt(other)).max(), Some(0));
        assert_eq!(requests.attempt(1), 0, "long ago");
    }
}
