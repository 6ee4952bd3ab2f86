//! Text for people: colour where there is a terminal, aligned tables, times as one would say them.

use std::{
    fmt,
    io::{self, Write},
};

use serde::Serialize;

pub(crate) use super::width::shortened;
use super::width::{beginning, width};

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

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn ink(&self) -> Ink {
        self.ink
    }

    /// Nothing stands in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Cells that it takes.
    pub(crate) fn width(&self) -> usize {
        width(&self.text)
    }

    /// Its beginning in at most `cells`, and an ellipsis.
    pub(crate) fn ending_at(&self, cells: usize) -> Self {
        Self { text: format!("{}…", beginning(&self.text, cells)), ink: self.ink }
    }

    /// Its parts between spaces.
    pub(crate) fn split(&self) -> impl Iterator<Item = Self> {
        self.text.split(' ').map(|text| Self { text: text.to_owned(), ink: self.ink })
    }

    /// The same, in colour only when it is trouble.
    pub(crate) fn calm(self) -> Self {
        Self { ink: if self.ink == Ink::Good { Ink::Plain } else { self.ink }, ..self }
    }

    fn padded(&self, cells: usize) -> Self {
        let missing = cells.saturating_sub(self.width());
        Self { text: format!("{}{:missing$}", self.text, ""), ink: self.ink }
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
        let mut line = inked(words, self.colour);
        line.push('\n');
        self.out.write_all(line.as_bytes())?;
        self.out.flush()
    }

    /// A value of the wire. What could control a terminal is escaped, which changes nothing for a program.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(value)?;
        writeln!(self.out, "{}", escaped(&text))?;
        self.out.flush()
    }

    /// The same on one line.
    pub(crate) fn json_line(&mut self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string(value)?;
        writeln!(self.out, "{}", escaped(&text))?;
        self.out.flush()
    }

    /// A table whose columns are as wide as they must be. Columns in which nothing stands are left out.
    pub(crate) fn table(&mut self, headings: &[&str], rows: &[Vec<Word>]) -> io::Result<()> {
        aligned(headings, rows).iter().try_for_each(|line| self.line(line))
    }

    /// The writer itself, for what writes on its own.
    pub(crate) fn writer(&mut self) -> &mut dyn Write {
        self.out
    }
}

/// Words with spaces between them, in their inks where there is `colour`.
pub(crate) fn inked(words: &[Word], colour: bool) -> String {
    let mut line = String::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            line.push(' ');
        }
        let (on, off) =
            if colour && word.ink != Ink::Plain { (word.ink.code(), "\x1b[0m") } else { ("", "") };
        line.extend([on, &word.text, off]);
    }
    line
}

/// Headings and rows as lines of words that stand below each other. Columns in which nothing stands are left out.
pub(crate) fn aligned(headings: &[&str], rows: &[Vec<Word>]) -> Vec<Vec<Word>> {
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(Word::width);
        cells.max().filter(|&cells| cells > 0).map(|cells| cells.max(width(headings[column])))
    };
    let columns: Vec<(usize, usize)> =
        (0..headings.len()).filter_map(|column| Some((column, widest(column)?))).collect();
    let heading: Vec<Word> = headings.iter().map(|heading| Word::new(heading, Ink::Dim)).collect();
    let line = |row: &Vec<Word>| {
        let cells =
            columns.iter().map(|&(column, width)| (row.get(column).cloned().unwrap_or_default(), width));
        let mut line: Vec<(Word, usize)> = cells.collect();
        while line.last().is_some_and(|(word, _)| word.is_empty()) {
            line.pop();
        }
        let last = line.pop().map(|(word, _)| word);
        // One space more than what stands between words.
        line.into_iter().map(|(word, width)| word.padded(width + 1)).chain(last).collect()
    };
    std::iter::once(&heading).chain(rows).map(line).collect()
}

/// Labels and titles are made by whoever opens a folder: no escape sequence, no line break, no change of direction.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|char| if is_unsafe(char) { ' ' } else { char }).collect()
}

/// The same for JSON text, in which such characters stand in strings alone.
fn escaped(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for char in json.chars() {
        // The line breaks of the layout; those in strings are escaped already. All others are below U+10000.
        if is_unsafe(char) && char != '\n' {
            safe.push_str(&format!("\\u{:04x}", u32::from(char)));
        } else {
            safe.push(char);
        }
    }
    safe
}

/// Controls of the terminal, line and paragraph separators, marks that change the direction of what follows, and what is not seen at all.
fn is_unsafe(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
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

/// Bytes in the unit that one would say: MB below 1 GB of 10^9, then GB with one decimal.
pub(crate) fn size(bytes: u64) -> String {
    if bytes < 999_500_000 {
        return megabytes(bytes);
    }
    let tenths = (bytes.saturating_add(50_000_000)) / 100_000_000;
    format!("{}.{} GB", tenths / 10, tenths % 10)
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
    }

    #[test]
    fn sizes_in_two_units() {
        for (bytes, said) in [
            (0, "0.0 MB"),
            (999_499_999, "999 MB"),
            (999_500_000, "1.0 GB"),
            (4_496_293_888, "4.5 GB"),
            (u64::MAX, "18446744073.7 GB"),
        ] {
            assert_eq!(size(bytes), said);
        }
    }

    fn rendered(colour: bool) -> String {
        let mut out = Vec::new();
        let mut page = Page::new(&mut out, colour);
        page.table(
            &["WINDOW", "EMPTY", "STATE", "LAST"],
            &[
                vec!["ä\x1b[31m\u{202e}b".into(), "".into(), Word::new("healthy", Ink::Good)],
                vec!["設計書とツール".into(), "".into(), "late".into(), "x".into()],
                vec!["x".into(), "".into(), "late".into(), "".into()],
            ],
        )
        .expect("a vector takes it");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn tables_are_aligned_by_cells_and_nothing_in_them_controls_the_terminal() {
        assert_eq!(
            rendered(false),
            "WINDOW          STATE    LAST\n\
             ä [31m b        healthy\n\
             設計書とツール  late     x\n\
             x               late\n"
        );
    }

    #[test]
    fn colour_changes_no_width() {
        let plain = rendered(true).replace("\x1b[32m", "").replace("\x1b[2m", "").replace("\x1b[0m", "");
        assert_eq!(plain, rendered(false));
    }

    #[test]
    fn json_is_the_same_for_programs_and_harmless_on_a_terminal() {
        let hostile = serde_json::json!({ "label": "a\x1b[2J\u{9b}2J\u{202e}\r\n\u{7f}設 \"\\" });
        let mut out = Vec::new();
        let mut page = Page::new(&mut out, false);
        page.json(&hostile).and_then(|()| page.json_line(&hostile)).expect("a vector takes it");
        let text = String::from_utf8(out).expect("text");
        assert!(!text.chars().any(|char| is_unsafe(char) && char != '\n'), "{text:?}");
        let read: Vec<serde_json::Value> =
            serde_json::Deserializer::from_str(&text).into_iter().map(|value| value.expect("JSON")).collect();
        assert_eq!(read, [hostile.clone(), hostile]);
        assert_eq!(text.lines().count(), 4);
    }
}
