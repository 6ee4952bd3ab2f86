//! One line of a transcript, of any length and in pieces: the few fields that counting needs, without keeping the line.
//!
//! [`Record`](crate::Record) reads a line that is held whole, in all its fields. This reads gigabytes: it checks the grammar of every line,
//! keeps the values at known places (at most 4 KiB each), and holds the same memory for a line of 50 MB as for one of 50 bytes.

use std::{borrow::Cow, ops::Range};

mod fields;
mod grammar;
mod marks;
#[cfg(test)]
mod tests;

pub use fields::Field;
use fields::Values;
use grammar::{Grammar, Piece};
use marks::Marks;

/// What a line turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Nothing but space.
    Blank,
    /// A JSON object.
    Record,
    /// Torn, binary, nested deeper than serde_json goes, or another JSON value.
    Bad,
}

/// Reads lines, one after the other, from pieces of any size.
#[derive(Debug, Default)]
pub struct Skim {
    grammar: Grammar,
    values: Values,
    marks: Marks,
}

impl Skim {
    /// Looks over a stretch of lines whose pieces come next. It goes on where the last one ended, unless a file begins with it.
    pub(crate) fn survey(&mut self, stretch: &[u8], is_begin: bool) {
        self.marks.mark(stretch, is_begin);
    }

    /// The next piece of the line, which holds no line end: so much of the stretch that was surveyed last.
    pub(crate) fn feed(&mut self, stretch: &[u8], piece: Range<usize>) {
        let bytes = &stretch[..piece.end];
        self.grammar.feed(Piece { bytes, marks: &self.marks }, piece.start, &mut self.values);
    }

    /// The line is over. Its values can be asked for until [`clear`](Self::clear).
    pub(crate) fn end(&self) -> LineKind {
        self.grammar.end()
    }

    /// Forgets the line.
    pub(crate) fn clear(&mut self) {
        self.grammar = Grammar::default();
        self.values.clear();
    }

    /// The text at this place; absent when it is something else, or longer than 4 KiB. Bytes that are no UTF-8 are replaced.
    pub fn text(&self, field: Field) -> Option<Cow<'_, str>> {
        self.values.text(field)
    }

    /// The same without decoding: whether it is this text, which holds nothing that JSON escapes.
    pub fn is(&self, field: Field, text: &str) -> bool {
        self.values.is(field, text)
    }

    /// The number at this place.
    pub fn number(&self, field: Field) -> Option<f64> {
        self.values.number(field)
    }

    /// Whether `true` stands at this place.
    pub fn flag(&self, field: Field) -> bool {
        self.values.flag(field)
    }

    /// Whether one of the message's blocks is the result of a tool.
    pub fn has_tool_result(&self) -> bool {
        self.values.has_tool_result
    }

    /// When the record was written, in milliseconds since the Unix epoch.
    pub fn unix_ms(&self) -> Option<u64> {
        crate::time::unix_ms(&self.text(Field::Timestamp)?)
    }
}
