//! Text for people: colour where there is a terminal, aligned tables, times as one would say them.

use std::{
    fmt,
    io::{self, Write},
};

use serde::Serialize;

/// Where a command writes.
pub(crate) struct Page<'w> {
    out: &'w mut dyn Write,
    colour: bool,
}

/// What a word is to the reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Nothing special.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Wrong.
    Bad,
    /// Less important than the rest.
    Dim,
    /// What one looks for first.
    Bold,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "\x1b[32m",
            Self::Warn => "\x1b[33m",
            Self::Bad => "\x1b[31m",
            Self::Dim => "\x1b[2m",
            Self::Bold => "\x1b[1m",
        }
    }
}

/// A piece of text in one ink.
#[derive(Clone, Debug, Default)]
pub(crate) struct Word {
    text: String,
    ink: Ink,
}

impl Word {
    /// `text`, without what could control a terminal.
    pub(crate) fn new(text: impl fmt::Display, ink: Ink) -> Self {
        Self { text: clean(&text.to_string()), ink }
    }
}

impl<T: fmt::Display> From<T> for Word {
    fn from(text: T) -> Self {
        Self::new(text, Ink::Plain)
    }
}

impl<'w> Page<'w> {
    /// Writes to `out`.
    pub(crate) fn new(out: &'w mut dyn Write, colour: bool) -> Self {
        Self { out, colour }
    }

    /// Words with spaces between them, and the end of the line.
    ///
    /// # Errors
    /// When `out` cannot be written; the same for all that follow.
    pub(crate) fn line(&mut self, words: &[Word]) -> io::Result<()> {
        for (index, word) in words.iter().enumerate() {
            if index > 0 {
                self.out.write_all(b" ")?;
            }
            self.word(word, 0)?;
        }
        self.out.write_all(b"\n")?;
        self.out.flush()
    }

    /// A value of the wire.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *self.out, value)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }

    /// A table whose columns are as wide as they must be. Columns in which nothing stands are left out.
    pub(crate) fn table(&mut self, headings: &[&str], rows: &[Vec<Word>]) -> io::Result<()> {
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|word| word.text.chars().count());
            cells
                .max()
                .filter(|&widest| widest > 0)
                .map(|widest| widest.max(headings[column].chars().count()))
        };
        let columns: Vec<(usize, usize)> =
            (0..headings.len()).filter_map(|column| Some((column, width(column)?))).collect();
        let heading: Vec<Word> = headings.iter().map(|heading| Word::new(heading, Ink::Dim)).collect();
        for row in std::iter::once(&heading).chain(rows) {
            for (index, &(column, width)) in columns.iter().enumerate() {
                let empty = Word::default();
                let last = index + 1 == columns.len();
                self.word(row.get(column).unwrap_or(&empty), if last { 0 } else { width + 2 })?;
            }
            self.out.write_all(b"\n")?;
        }
        self.out.flush()
    }

    fn word(&mut self, word: &Word, width: usize) -> io::Result<()> {
        let inked = self.colour && word.ink != Ink::Plain;
        let (on, off) = if inked { (word.ink.code(), "\x1b[0m") } else { ("", "") };
        let padding = width.saturating_sub(word.text.chars().count());
        write!(self.out, "{on}{}{off}{:padding$}", word.text, "")
    }

    /// The writer itself, for what writes on its own.
    pub(crate) fn writer(&mut self) -> &mut dyn Write {
        self.out
    }
}

/// Labels and titles are made by whoever opens a folder: no escape sequence, no line break, no change of direction.
pub(crate) fn clean(text: &str) -> String {
    let unsafe_to_print = |char: char| {
        char.is_control()
            || matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|char| if unsafe_to_print(char) { ' ' } else { char }).collect()
}

/// At most `chars` characters, the last one an ellipsis when something is missing.
pub(crate) fn shortened(text: &str, chars: usize) -> String {
    if text.chars().nth(chars).is_none() {
        return text.to_owned();
    }
    text.chars().take(chars.saturating_sub(1)).chain(['…']).collect()
}

/// A span of time in one or two units: `340 ms`, `2.1 s`, `15 s`, `3 min 20 s`, `2 h 5 min`, `3 days`.
pub(crate) fn span(ms: u64) -> String {
    let (seconds, minutes, hours) = (ms / 1000, ms / 60_000, ms / 3_600_000);
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..9950 => {
            // One decimal, rounded; 9.95 s would become 10.0.
            let tenths = (ms + 50) / 100;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
        9950..60_000 => format!("{} s", ((ms + 500) / 1000).min(59)),
        60_000..3_600_000 => two(minutes, "min", seconds % 60, "s"),
        3_600_000..172_800_000 => two(hours, "h", minutes % 60, "min"),
        _ => format!("{} days", hours / 24),
    }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 {
        format!("{large} {large_unit}")
    } else {
        format!("{large} {large_unit} {small} {small_unit}")
    }
}

/// How long ago, in one unit: `just now`, `12 s ago`, `3 min ago`, `2 h ago`, `5 days ago`. A moment that lies in the
/// future (the clock was set back) is just now.
pub(crate) fn ago(then_unix_ms: u64, now_unix_ms: u64) -> String {
    let ms = now_unix_ms.saturating_sub(then_unix_ms);
    match ms {
        0..1000 => "just now".into(),
        1000..60_000 => format!("{} s ago", ms / 1000),
        60_000..3_600_000 => format!("{} min ago", ms / 60_000),
        3_600_000..172_800_000 => format!("{} h ago", ms / 3_600_000),
        _ => format!("{} days ago", ms / 86_400_000),
    }
}

/// Bytes in MB of 10^6, one decimal below 10.
pub(crate) fn megabytes(bytes: u64) -> String {
    if bytes < 9_950_000 {
        let tenths = (bytes + 50_000) / 100_000;
        format!("{}.{} MB", tenths / 10, tenths % 10)
    } else {
        format!("{} MB", (bytes + 500_000) / 1_000_000)
    }
}

/// `1 tab`, `2 tabs`.
pub(crate) fn count(number: u32, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_one_would_say_them() {
        for (ms, said) in [
            (0, "0 ms"),
            (340, "340 ms"),
            (999, "999 ms"),
            (1000, "1.0 s"),
            (2149, "2.1 s"),
            (9949, "9.9 s"),
            (9950, "10 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (200_000, "3 min 20 s"),
            (7_500_000, "2 h 5 min"),
            (172_800_000, "2 days"),
            (u64::MAX, "213503982334 days"),
        ] {
            assert_eq!(span(ms), said, "{ms}");
        }
    }

    #[test]
    fn moments_in_the_past_and_in_a_wrong_future() {
        let now = 10_000_000_000;
        for (ms, said) in [
            (999, "just now"),
            (12_400, "12 s ago"),
            (190_000, "3 min ago"),
            (7_500_000, "2 h ago"),
            (500_000_000, "5 days ago"),
        ] {
            assert_eq!(ago(now - ms, now), said);
        }
        assert_eq!(ago(now + 5000, now), "just now");
    }

    #[test]
    fn sizes() {
        assert_eq!(megabytes(5_149_000), "5.1 MB");
        assert_eq!(megabytes(4_496_293_888), "4496 MB");
        assert_eq!(shortened("äöüß", 3), "äö…");
        assert_eq!(shortened("äöü", 3), "äöü");
    }

    fn rendered(colour: bool) -> String {
        let mut out = Vec::new();
        let mut page = Page::new(&mut out, colour);
        page.table(
            &["WINDOW", "EMPTY", "STATE"],
            &[
                vec!["ä\x1b[31m\u{202e}b".into(), "".into(), Word::new("healthy", Ink::Good)],
                vec!["x".into(), "".into(), "late".into()],
            ],
        )
        .expect("a vector takes it");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn tables_are_aligned_and_nothing_in_them_controls_the_terminal() {
        assert_eq!(rendered(false), "WINDOW    STATE\nä [31m b  healthy\nx         late\n");
    }

    #[test]
    fn colour_changes_no_width() {
        let plain = rendered(true).replace("\x1b[32m", "").replace("\x1b[2m", "").replace("\x1b[0m", "");
        assert_eq!(plain, rendered(false));
    }
}
