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

/// Requests that nothing has answered yet, each by what tells it from another and when it was made (milliseconds since the Unix epoch): each
/// attempt at one writes a record with the same digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Requests<D>(Vec<(D, Option<u64>)>);

impl<D> Default for Requests<D> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<D: PartialEq> Requests<D> {
    /// Notes an attempt, and says how many there were before it, at most 32.
    pub fn attempt(&mut self, request: D, at_ms: Option<u64>) -> usize {
        let before = self.0.iter().filter(|(known, _)| *known == request).count();
        if self.0.len() >= REQUESTS_AT_MOST {
            self.0.remove(0);
        }
        self.0.push((request, at_ms));
        before
    }

    /// An answer came, or a turn began, at this time: what was asked until then is done with. A request's record may be written before that of
    /// the prompt that it carries (2.1.329, measured in half of all runs on a fresh machine): the times tell, not the order.
    pub fn forget_until(&mut self, at_ms: Option<u64>) {
        self.0.retain(|(_, asked_ms)| asked_ms.zip(at_ms).is_some_and(|(asked, at)| asked > at));
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
        let attempts = [(1, 10), (2, 20), (1, 30), (1, 40)];
        assert_eq!(attempts.map(|(request, at)| requests.attempt(request, Some(at))), [0, 0, 1, 2]);
        requests.forget_until(Some(41));
        assert_eq!(requests.attempt(1, Some(50)), 0);
        assert_eq!((2..40).map(|other| requests.attempt(other, None)).max(), Some(0));
        assert_eq!(requests.attempt(1, None), 0, "long ago");
    }

    #[test]
    fn a_request_that_is_written_before_its_prompt_belongs_to_it() {
        let mut requests = Requests::default();
        requests.attempt(1, Some(10));
        requests.attempt(1, Some(25));
        requests.forget_until(Some(20));
        assert_eq!(requests.attempt(1, Some(30)), 1);
        for (asked, at) in [(None, Some(20)), (Some(30), None), (None, None)] {
            let mut requests = Requests::default();
            requests.attempt(1, asked);
            requests.forget_until(at);
            assert_eq!(requests.attempt(1, Some(40)), 0, "where the times are not told, the order counts");
        }
    }
}
