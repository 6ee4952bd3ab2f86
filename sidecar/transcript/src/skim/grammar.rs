//! JSON's grammar, so that a line can be read in pieces. Text, which is nearly all of a transcript, is passed over from mark to mark.

use super::{LineKind, fields::Values, marks::Marks};

/// Containers in containers: where serde_json ends too.
const DEPTH_AT_MOST: usize = 127;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// Before the record.
    #[default]
    Start,
    /// Before a value.
    Value,
    /// After `[`: a value or the end.
    FirstElement,
    /// After `{`: a key or the end.
    FirstKey,
    /// After a comma in an object.
    Key,
    /// After a key.
    Colon,
    /// After a value: a comma or the end.
    After,
    /// In text, of a key or a value.
    Text,
    /// After a backslash.
    Escape,
    /// In `\u`, with so many digits to come.
    Unicode(u8),
    Number(Digits),
    /// In a word, after so many of its letters.
    Word(Word, u8),
    /// After the record.
    Done,
    Bad,
}

impl At {
    /// Where space changes nothing.
    fn after_space(self, byte: u8) -> Self {
        if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') { self } else { Self::Bad }
    }
}

/// By itself, and not by its letters: where we are is looked at for every byte between texts, and so is small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    True,
    False,
    Null,
}

impl Word {
    const fn letters(self) -> &'static [u8] {
        match self {
            Self::True => b"true",
            Self::False => b"false",
            Self::Null => b"null",
        }
    }
}

/// How far a number has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Digits {
    Begin,
    Minus,
    Zero,
    Whole,
    Point,
    Fraction,
    Exponent,
    Sign,
    Power,
}

impl Digits {
    /// With this byte, which belongs to the number.
    fn with(self, byte: u8) -> Option<Self> {
        Some(match (self, byte) {
            (Self::Begin, b'-') => Self::Minus,
            (Self::Begin | Self::Minus, b'0') => Self::Zero,
            (Self::Begin | Self::Minus, b'1'..=b'9') | (Self::Whole, b'0'..=b'9') => Self::Whole,
            (Self::Zero | Self::Whole, b'.') => Self::Point,
            (Self::Point | Self::Fraction, b'0'..=b'9') => Self::Fraction,
            (Self::Zero | Self::Whole | Self::Fraction, b'e' | b'E') => Self::Exponent,
            (Self::Exponent, b'+' | b'-') => Self::Sign,
            (Self::Exponent | Self::Sign | Self::Power, b'0'..=b'9') => Self::Power,
            _ => return None,
        })
    }

    fn may_end(self) -> bool {
        matches!(self, Self::Zero | Self::Whole | Self::Fraction | Self::Power)
    }
}

/// Where in the grammar a line stands.
#[derive(Debug, Default)]
pub(super) struct Grammar {
    at: At,
    depth: usize,
    /// A bit for each container: whether it is an object.
    objects: u128,
    /// The text that is being read is a key.
    in_key: bool,
    /// What is being read may be, or lead to, a known place.
    is_known: bool,
}

/// Bytes of a line, up to its end or the end of what there is of it.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) marks: &'a Marks,
}

impl Piece<'_> {
    /// Where the next byte is that is neither text nor part of an escape that is whole.
    fn end_of_text(&self, from: usize) -> usize {
        let mut at = from;
        loop {
            at = self.marks.next(at, self.bytes.len());
            match self.bytes[at..] {
                [b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(u8::is_ascii_hexdigit) => at += 5,
                _ => return at,
            }
        }
    }

    fn is(&self, at: usize, byte: u8) -> bool {
        self.bytes.get(at) == Some(&byte)
    }
}

impl Grammar {
    /// Reads on from this place.
    pub(super) fn feed(&mut self, piece: Piece<'_>, from: usize, values: &mut Values) {
        let mut at = from;
        while let Some(&byte) = piece.bytes.get(at) {
            at = match self.at {
                At::Text => self.text(piece, at, values),
                At::Value | At::FirstElement if byte == b'"' => {
                    self.begin_text(values);
                    at + 1
                }
                At::Value | At::FirstElement if byte == b'-' || byte.is_ascii_digit() => {
                    values.begin_value(self.depth, false);
                    self.number(Digits::Begin, piece, at, values)
                }
                At::Key | At::FirstKey if byte == b'"' => self.key(piece, at + 1, values),
                At::After if self.next_is_key(piece, at) => self.key(piece, at + 2, values),
                At::Number(digits) => self.number(digits, piece, at, values),
                At::Bad => return,
                _ => {
                    self.step(byte, values);
                    at + 1
                }
            };
        }
    }

    pub(super) fn end(&self) -> LineKind {
        match self.at {
            At::Start => LineKind::Blank,
            At::Done => LineKind::Record,
            _ => LineKind::Bad,
        }
    }

    /// A key, from after its quote. Returns the place to go on, as the others do.
    fn key(&mut self, piece: Piece<'_>, from: usize, values: &mut Values) -> usize {
        let is_known = values.leads_on(self.depth);
        let end = piece.end_of_text(from);
        if !piece.is(end, b'"') {
            (self.at, self.in_key, self.is_known) = (At::Text, true, is_known);
            values.begin_key();
            return from;
        }
        if is_known {
            values.key(self.depth, &piece.bytes[from..end]);
        } else {
            values.enter(self.depth, false);
        }
        if !piece.is(end + 1, b':') {
            self.at = At::Colon;
            return end + 1;
        }
        if !piece.is(end + 2, b'"') {
            self.at = At::Value;
            return end + 2;
        }
        self.begin_text(values);
        end + 3
    }

    /// As nearly always after a value in an object.
    fn next_is_key(&self, piece: Piece<'_>, at: usize) -> bool {
        self.is_in_object() && piece.is(at, b',') && piece.is(at + 1, b'"')
    }

    /// Text in the place of a value begins.
    fn begin_text(&mut self, values: &mut Values) {
        (self.at, self.in_key) = (At::Text, false);
        self.is_known = values.leads_on(self.depth) && values.begin_value(self.depth, true);
    }

    /// Text up to its end, an escape that is not whole, or the end of the piece.
    fn text(&mut self, piece: Piece<'_>, from: usize, values: &mut Values) -> usize {
        let end = piece.end_of_text(from);
        self.keep(&piece.bytes[from..end], values);
        match piece.bytes.get(end) {
            None if piece.marks.ends_in_escape() => self.at = At::Escape,
            None => {}
            Some(b'"') => self.end_text(values),
            Some(b'u') => {
                self.at = At::Unicode(4);
                self.keep(b"u", values);
            }
            Some(_) => self.at = At::Bad,
        }
        end + 1
    }

    fn end_text(&mut self, values: &mut Values) {
        if self.in_key {
            if self.is_known {
                values.end_key(self.depth);
            } else {
                values.enter(self.depth, false);
            }
            self.at = At::Colon;
        } else {
            if self.is_known {
                values.end_value();
            }
            self.at = At::After;
        }
    }

    fn keep(&self, text: &[u8], values: &mut Values) {
        if self.is_known {
            if self.in_key { values.key_piece(text) } else { values.value_piece(text) }
        }
    }

    /// A number goes on, or has ended.
    fn number(&mut self, digits: Digits, piece: Piece<'_>, from: usize, values: &mut Values) -> usize {
        let (mut digits, mut end) = (digits, from);
        let next = loop {
            let Some(byte) = piece.bytes.get(end) else { break None };
            let Some(with) = digits.with(*byte) else { break Some(byte) };
            (digits, end) = (with, end + 1);
        };
        values.value_piece(&piece.bytes[from..end]);
        self.at = match next {
            None => At::Number(digits),
            Some(_) if digits.may_end() => {
                values.end_value();
                At::After
            }
            Some(_) => At::Bad,
        };
        end
    }

    fn step(&mut self, byte: u8, values: &mut Values) {
        self.at = match self.at {
            At::After => match byte {
                b',' if self.is_in_object() => At::Key,
                b',' => {
                    values.enter(self.depth, true);
                    At::Value
                }
                b'}' if self.is_in_object() => self.close(),
                b']' if !self.is_in_object() => self.close(),
                _ => At::After.after_space(byte),
            },
            At::Value | At::FirstElement => match byte {
                b'{' => self.open(true, values),
                b'[' => self.open(false, values),
                b']' if self.at == At::FirstElement => self.close(),
                b' ' | b'\t' | b'\r' | b'\n' => self.at,
                _ => self.word(byte, values),
            },
            At::Colon if byte == b':' => At::Value,
            At::FirstKey if byte == b'}' => self.close(),
            At::Escape => self.escaped(byte, values),
            At::Unicode(left) if byte.is_ascii_hexdigit() => {
                self.keep(&[byte], values);
                if left == 1 { At::Text } else { At::Unicode(left - 1) }
            }
            At::Word(word, read) if word.letters()[usize::from(read)] == byte => {
                values.value_piece(&[byte]);
                if usize::from(read) + 1 == word.letters().len() {
                    values.end_value();
                    At::After
                } else {
                    At::Word(word, read + 1)
                }
            }
            At::Unicode(_) | At::Word(..) => At::Bad,
            At::Start if byte == b'{' => self.open(true, values),
            at => at.after_space(byte),
        };
    }

    fn escaped(&self, byte: u8, values: &mut Values) -> At {
        let at = match byte {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => At::Text,
            b'u' => At::Unicode(4),
            _ => return At::Bad,
        };
        self.keep(&[byte], values);
        at
    }

    /// A word begins.
    fn word(&mut self, byte: u8, values: &mut Values) -> At {
        let at = match byte {
            b't' => At::Word(Word::True, 1),
            b'f' => At::Word(Word::False, 1),
            b'n' => At::Word(Word::Null, 1),
            _ => return At::Bad,
        };
        values.begin_value(self.depth, false);
        values.value_piece(&[byte]);
        at
    }

    fn open(&mut self, is_object: bool, values: &mut Values) -> At {
        if self.depth == DEPTH_AT_MOST {
            return At::Bad;
        }
        values.begin_container(self.depth);
        self.depth += 1;
        self.objects = self.objects << 1 | u128::from(is_object);
        values.enter(self.depth, !is_object);
        if is_object { At::FirstKey } else { At::FirstElement }
    }

    fn close(&mut self) -> At {
        self.depth -= 1;
        self.objects >>= 1;
        if self.depth == 0 { At::Done } else { At::After }
    }

    fn is_in_object(&self) -> bool {
        self.objects & 1 == 1
    }
}
