//! Server-sent events on their way: where one ends, so that nothing is torn, and what the API's own tell of tokens.
//! By the rules of the HTML standard, 9.2.6: lines end with CR, LF or both, an empty one ends the event. Nothing said there is kept.

use memchr::memchr2;
use serde::Deserialize;

use crate::record::Tokens;

/// Bytes of a line, and of an event's data, that are looked at. The API's `message_start` has some 600.
pub(super) const LOOKED_AT_BYTES: usize = 4096;

/// Reads along.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    /// The beginning of the line that has not ended yet.
    pub(super) line: Vec<u8>,
    is_in_line: bool,
    /// The last byte was a CR: an LF would belong to it.
    after_cr: bool,
    /// The event that has not ended yet has said something.
    is_in_event: bool,
    pub(super) name: Vec<u8>,
    pub(super) data: Vec<u8>,
    has_begun: bool,
    is_complete: bool,
    tokens: Option<Tokens>,
}

impl Scanner {
    /// Reads on. Returns how many bytes of this chunk lie before the last place where no event is torn; 0 when there is none.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> usize {
        let (mut at, mut whole) = (0, 0);
        if std::mem::take(&mut self.after_cr) {
            match chunk.first() {
                None => self.after_cr = true,
                Some(b'\n') => {
                    at = 1;
                    whole = usize::from(self.is_between());
                }
                Some(_) => {}
            }
        }
        while let Some(length) = memchr2(b'\n', b'\r', &chunk[at..]) {
            let line = &chunk[at..at + length];
            at += length + 1;
            if chunk[at - 1] == b'\r' {
                match chunk.get(at) {
                    Some(b'\n') => at += 1,
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
            self.end_line(line);
            if self.is_between() {
                whole = at;
            }
        }
        self.take(&chunk[at..]);
        whole
    }

    /// Nothing is half said.
    pub(super) const fn is_between(&self) -> bool {
        !self.is_in_line && !self.is_in_event
    }

    /// A message began, and neither ended nor failed in words.
    pub(super) const fn is_torn(&self) -> bool {
        self.has_begun && !self.is_complete
    }

    /// What was told so far.
    pub(super) const fn tokens(&self) -> Option<Tokens> {
        self.tokens
    }

    fn take(&mut self, part: &[u8]) {
        self.is_in_line |= !part.is_empty();
        let room = LOOKED_AT_BYTES.saturating_sub(self.line.len());
        self.line.extend_from_slice(&part[..part.len().min(room)]);
    }

    /// `rest`: what came of it last, and mostly all of it, which then is read where it is.
    fn end_line(&mut self, rest: &[u8]) {
        if self.is_in_line {
            self.take(rest);
            self.is_in_line = false;
            let line = std::mem::take(&mut self.line);
            self.read(&line);
        } else if !rest.is_empty() {
            self.read(&rest[..rest.len().min(LOOKED_AT_BYTES)]);
        } else if std::mem::take(&mut self.is_in_event) {
            self.end_event();
        }
    }

    /// A line that is not empty.
    fn read(&mut self, line: &[u8]) {
        let colon = line.iter().position(|byte| *byte == b':');
        if colon == Some(0) {
            return;
        }
        self.is_in_event = true;
        let (name, value) = colon.map_or((line, &[][..]), |at| (&line[..at], &line[at + 1..]));
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"event" => value.clone_into(&mut self.name),
            b"data" if self.may_count() && self.data.len() + value.len() <= LOOKED_AT_BYTES => {
                self.data.extend_from_slice(value);
                self.data.push(b'\n');
            }
            _ => {}
        }
    }

    /// Whether the data of an event with this name would be looked at; of one without it is not known yet.
    fn may_count(&self) -> bool {
        matches!(self.name.as_slice(), b"" | b"message_start" | b"message_delta")
    }

    fn end_event(&mut self) {
        match self.name.as_slice() {
            b"message_start" => {
                self.has_begun = true;
                self.count();
            }
            b"message_delta" => self.count(),
            b"message_stop" | b"error" => self.is_complete = true,
            _ => {}
        }
        self.name.clear();
        self.data.clear();
    }

    fn count(&mut self) {
        let Ok(told) = serde_json::from_slice::<Told>(&self.data) else { return };
        let Some(usage) = told.usage.or_else(|| told.message?.usage) else { return };
        let tokens = self.tokens.get_or_insert_default();
        for (known, new) in [
            (&mut tokens.input, usage.input_tokens),
            (&mut tokens.cache_creation, usage.cache_creation_input_tokens),
            (&mut tokens.cache_read, usage.cache_read_input_tokens),
            (&mut tokens.output, usage.output_tokens),
        ] {
            // They are sums, not what was added.
            *known = new.unwrap_or(*known);
        }
    }
}

/// `message_start` and `message_delta`, as far as they count.
#[derive(Deserialize)]
struct Told {
    usage: Option<Usage>,
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Usage {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after(text: &str) -> Scanner {
        let mut scanner = Scanner::default();
        scanner.feed(text.as_bytes());
        scanner
    }

    #[test]
    fn an_event_ends_with_an_empty_line_whatever_ends_lines() {
        for (text, whole) in [
            ("", 0),
            ("event: ping\n", 0),
            ("event: ping\ndata: {}\n\n", 23),
            ("event: ping\r\ndata: {}\r\n\r\n", 26),
            ("event: ping\rdata: {}\r\r", 23),
            ("data: 1\n\ndata: 2", 9),
            ("data: 1\n\n\n", 10),
            (": beat\n", 7),
            (": beat\ndata: 1\n: beat\n", 7),
            (": bea", 0),
            ("nonsense\n\n", 10),
        ] {
            // Its last CR may be half of an end.
            assert_eq!(Scanner::default().feed(text.as_bytes()), whole.min(text.len()), "{text:?}");
        }
        let mut scanner = after("data: 1\r\n\r");
        assert!(scanner.is_between());
        assert_eq!(scanner.feed(b"\ndata"), 1);
        assert!(!scanner.is_between());
    }

    #[test]
    fn tokens_are_read_and_nothing_else() {
        let start = r#"{"type":"message_start","message":{"id":"m","usage":{"input_tokens":7,"cache_read_input_tokens":900,"output_tokens":1}}}"#;
        let mut scanner = after(&format!("event: message_start\ndata: {start}\n\n"));
        assert!(scanner.is_torn());
        assert_eq!(
            scanner.tokens(),
            Some(Tokens { input: 7, cache_read: 900, output: 1, cache_creation: 0 })
        );
        scanner.feed(b"data: {\"usage\":{\"output_tokens\":55}}\nevent: message_delta\n\n");
        assert_eq!(scanner.tokens().map(|tokens| (tokens.input, tokens.output)), Some((7, 55)));
        // Text that looks like it counts for nothing.
        scanner.feed(b"event: content_block_delta\ndata: {\"usage\":{\"output_tokens\":9}}\n\n");
        assert_eq!(scanner.tokens().map(|tokens| tokens.output), Some(55));
        scanner.feed(b"event: message_stop\ndata: {}\n");
        assert!(scanner.is_torn());
        scanner.feed(b"\n");
        assert!(!scanner.is_torn());
        let long = format!("event: message_start\ndata: {{\"x\":\"{}\"}}\n\n", "x".repeat(LOOKED_AT_BYTES));
        assert_eq!(after(&long).tokens(), None);
    }

    /// Events with every kind of line end and hostile bytes in between.
    fn stream() -> impl Strategy<Value = Vec<u8>> {
        let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
        let line = prop_oneof![
            4 => "(event|data|id|x|): ?(message_start|message_delta|message_stop|error|\\{\"usage\":\\{\"output_tokens\":[0-9]{1,3}\\}\\})",
            1 => "[ -~]{0,9}",
            3 => Just(String::new()),
        ];
        proptest::collection::vec((line, end), 0..30).prop_flat_map(|lines| {
            let text: String = lines.into_iter().map(|(line, end)| line + end).collect();
            (Just(text), proptest::collection::vec(any::<u8>(), 0..20), any::<bool>()).prop_map(
                |(text, noise, is_noisy)| {
                    let mut bytes = text.into_bytes();
                    if is_noisy {
                        let at = bytes.len() / 2;
                        bytes.splice(at..at, noise);
                    }
                    bytes
                },
            )
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

        /// However it is cut, the same is understood, and the last whole event ends in the same place.
        #[test]
        fn cutting_changes_nothing(bytes in stream(), cuts in proptest::collection::vec(1..40_usize, 1..40)) {
            let mut at_once = Scanner::default();
            let whole = at_once.feed(&bytes);
            let mut in_pieces = Scanner::default();
            let (mut at, mut found) = (0, 0);
            for size in cuts.iter().cycle().take(bytes.len()) {
                let end = (at + size).min(bytes.len());
                let new = in_pieces.feed(&bytes[at..end]);
                prop_assert!(new <= end - at);
                if new > 0 {
                    found = at + new;
                }
                at = end;
            }
            prop_assert_eq!(whole, found);
            prop_assert_eq!(at_once.tokens(), in_pieces.tokens());
            prop_assert_eq!(
                (at_once.is_between(), at_once.is_torn()),
                (in_pieces.is_between(), in_pieces.is_torn())
            );
            // What is left, and nothing more, is the torn one.
            let mut rest = Scanner::default();
            rest.feed(&bytes[..whole]);
            prop_assert!(rest.is_between());
            prop_assert_eq!(at_once.is_between(), rest.feed(&bytes[whole..]) == bytes.len() - whole || whole == bytes.len());
        }

        #[test]
        fn hostile_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let mut scanner = Scanner::default();
            let whole = scanner.feed(&bytes);
            prop_assert!(whole <= bytes.len());
            prop_assert!(scanner.line.len() <= LOOKED_AT_BYTES && scanner.data.len() <= LOOKED_AT_BYTES + 1);
        }
    }
}
