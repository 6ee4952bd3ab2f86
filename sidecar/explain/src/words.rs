//! A cleaned text as words, and what stands between them.

/// Characters other than blanks that may stand between two words of one message: `"error": {"type": "`.
const MARKS_AT_MOST: usize = 6;

/// Words: letters and digits of ASCII, and `_`; every other character sets them off. Signs at their ends that only set them off (`_so_`) are no part of them.
#[derive(Debug)]
pub(crate) struct Words<'a> {
    text: &'a str,
    words: Vec<(usize, &'a str)>,
}

impl<'a> Words<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let words = text.split(|char| !is_part(char)).filter_map(|word| {
            let word = word.trim_matches('_');
            (!word.is_empty()).then(|| (word.as_ptr() as usize - text.as_ptr() as usize, word))
        });
        Self { text, words: words.collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// Nothing beyond either end.
    pub(crate) fn get(&self, index: usize) -> Option<&'a str> {
        self.words.get(index).map(|(_, word)| *word)
    }

    /// What stands before a word, back to the one before it.
    pub(crate) fn before(&self, index: usize) -> &'a str {
        let from = index.checked_sub(1).map_or(0, |index| self.end(index));
        &self.text[from..self.words[index].0]
    }

    /// What stands after a word, up to the next.
    pub(crate) fn after(&self, index: usize) -> &'a str {
        let to = self.words.get(index + 1).map_or(self.text.len(), |(at, _)| *at);
        &self.text[self.end(index)..to]
    }

    /// Whether a word goes on with what stands before it: no sentence ends there, and no paragraph.
    pub(crate) fn goes_on(&self, index: usize) -> bool {
        let gap = self.before(index);
        let ends =
            |pair: &[u8]| matches!(pair[0], b'.' | b'!' | b'?' | b';') && pair[1].is_ascii_whitespace();
        gap.chars().filter(|char| !char.is_whitespace()).count() <= MARKS_AT_MOST
            && gap.matches('\n').count() <= 1
            && !gap.as_bytes().windows(2).any(ends)
    }

    /// Whether a word is a piece of a name: `econnreset.ts`, `retry-econnreset`.
    pub(crate) fn is_of_a_name(&self, index: usize) -> bool {
        let is_joint = |gap: &str| matches!(gap, "." | "-");
        (index > 0 && is_joint(self.before(index))) || (index + 1 < self.len() && is_joint(self.after(index)))
    }

    fn end(&self, index: usize) -> usize {
        let (at, word) = self.words[index];
        at + word.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_what_is_between_them() {
        let words = Words::new("(api_error: _a1_) http/1.1");
        let all: Vec<&str> = (0..words.len()).filter_map(|index| words.get(index)).collect();
        assert_eq!(all, ["api_error", "a1", "http", "1", "1"]);
        assert_eq!(
            (words.before(0), words.before(1), words.after(1), words.after(4)),
            ("(", ": _", "_) ", "")
        );
        assert_eq!(Words::new("_ \"\" _").len(), 0);
    }

    #[test]
    fn a_message_ends_with_its_sentence_or_paragraph() {
        for (text, goes_on) in [
            ("connection lost", true),
            ("connection\n      lost", true),
            (r#"error":{"type":"x"#, true),
            ("connection. lost", false),
            ("connection\n\nlost", false),
            ("connection ---------- lost", false),
        ] {
            let words = Words::new(text);
            assert_eq!(words.goes_on(1), goes_on, "{text}");
        }
    }
}
