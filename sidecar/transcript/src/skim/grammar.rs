//! JSON's grammar, byte by byte, so that a line can be read in pieces. Text, which is nearly all of a transcript, is
//! passed over by memchr.

use memchr::memchr2;

use super::{LineKind, fields::Values};

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
            (Self::Minus, b'0') => Self::Zero,
            (Self::Minus, b'1'..=b'9') | (Self::Whole, b'0'..=b'9') => Self::Whole,
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

impl Grammar {
    pub(super) fn feed(&mut self, piece: &[u8], values: &mut Values) {
        // Of a line that ends like this, all but that may be clean.
        let (text, end) = match piece {
            [text @ .., b'\r'] => (text, &b"\r"[..]),
            _ => (piece, &[][..]),
        };
        // No line that Claude Code wrote holds a control character, so text need not be searched for one.
        let is_clean = text.iter().copied().fold(u8::MAX, u8::min) >= 0x20;
        self.read(text, is_clean, values);
        self.read(end, false, values);
    }

    fn read(&mut self, piece: &[u8], is_clean: bool, values: &mut Values) {
        let mut rest = piece;
        while let Some(&byte) = rest.first() {
            let taken = match self.at {
                At::Bad => return,
                At::Text => self.text(rest, is_clean, values),
                At::Number(digits) => self.number(digits, byte, values),
                _ => {
                    self.step(byte, values);
                    1
                }
            };
            rest = &rest[taken..];
        }
    }

    pub(super) fn end(&self) -> LineKind {
        match self.at {
            At::Start => LineKind::Blank,
            At::Done => LineKind::Record,
            _ => LineKind::Bad,
        }
    }

    /// Text up to its end, an escape that is kept, or the end of the piece. Returns the bytes that were taken.
    fn text(&mut self, rest: &[u8], is_clean: bool, values: &mut Values) -> usize {
        let plain = if self.is_known { plain_bytes(rest, is_clean) } else { passed_over(rest, is_clean) };
        if self.is_known {
            let piece = &rest[..plain];
            if self.in_key { values.key_piece(piece) } else { values.value_piece(piece) }
        }
        match rest.get(plain) {
            None => return plain,
            Some(b'"') => self.end_text(values),
            Some(b'\\') => {
                self.at = At::Escape;
                self.escape_piece(b"\\", values);
                if self.is_known {
                    if self.in_key { values.key_has_escape() } else { values.value_has_escape() }
                }
            }
            Some(_) => self.at = At::Bad,
        }
        plain + 1
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

    fn escape_piece(&self, piece: &[u8], values: &mut Values) {
        if self.is_known {
            if self.in_key { values.key_piece(piece) } else { values.value_piece(piece) }
        }
    }

    /// A byte in, or just after, a number. Returns the bytes that were taken.
    fn number(&mut self, digits: Digits, byte: u8, values: &mut Values) -> usize {
        if let Some(digits) = digits.with(byte) {
            values.value_piece(&[byte]);
            self.at = At::Number(digits);
            1
        } else if digits.may_end() {
            values.end_value();
            self.at = At::After;
            0
        } else {
            self.at = At::Bad;
            1
        }
    }

    fn step(&mut self, byte: u8, values: &mut Values) {
        let is_space = matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        self.at = match (self.at, byte) {
            (At::Escape, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.escape_piece(&[byte], values);
                At::Text
            }
            (At::Escape, b'u') => {
                self.escape_piece(&[byte], values);
                At::Unicode(4)
            }
            (At::Unicode(left), byte) if byte.is_ascii_hexdigit() => {
                self.escape_piece(&[byte], values);
                if left == 1 { At::Text } else { At::Unicode(left - 1) }
            }
            (At::Word(word, read), byte) if word.letters()[usize::from(read)] == byte => {
                values.value_piece(&[byte]);
                if usize::from(read) + 1 == word.letters().len() {
                    values.end_value();
                    At::After
                } else {
                    At::Word(word, read + 1)
                }
            }
            (At::Escape | At::Unicode(_) | At::Word(..), _) => At::Bad,
            (at, _) if is_space => at,
            (At::Start, b'{') => self.open(true, values),
            (At::Value | At::FirstElement, b'{') => self.open(true, values),
            (At::Value | At::FirstElement, b'[') => self.open(false, values),
            (At::Value | At::FirstElement, b'"') => {
                self.in_key = false;
                self.is_known = values.leads_on(self.depth);
                if self.is_known {
                    values.begin_value(self.depth, true);
                }
                At::Text
            }
            (At::FirstElement | At::After, b']') if !self.is_in_object() => self.close(),
            (At::Value | At::FirstElement, _) => self.bare(byte, values),
            (At::FirstKey | At::Key, b'"') => {
                self.in_key = true;
                self.is_known = values.leads_on(self.depth);
                if self.is_known {
                    values.begin_key();
                }
                At::Text
            }
            (At::Colon, b':') => At::Value,
            (At::After, b',') if self.is_in_object() => At::Key,
            (At::After, b',') => {
                values.enter(self.depth, true);
                At::Value
            }
            (At::FirstKey | At::After, b'}') if self.is_in_object() => self.close(),
            _ => At::Bad,
        };
    }

    /// A number or a word begins.
    fn bare(&mut self, byte: u8, values: &mut Values) -> At {
        let at = match byte {
            b'-' => At::Number(Digits::Minus),
            b'0' => At::Number(Digits::Zero),
            b'1'..=b'9' => At::Number(Digits::Whole),
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

/// How many bytes at the beginning are text, with escapes that are whole. Nobody keeps them.
fn passed_over(bytes: &[u8], is_clean: bool) -> usize {
    let mut at = 0;
    loop {
        at += plain_bytes(&bytes[at..], is_clean);
        at += match bytes[at..] {
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'\\', b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return at,
        }
    }
}

/// How many bytes at the beginning are plain text: no quote, no backslash, no control character.
fn plain_bytes(bytes: &[u8], is_clean: bool) -> usize {
    let end = if is_clean {
        memchr2(b'"', b'\\', bytes)
    } else {
        bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20))
    };
    end.unwrap_or(bytes.len())
}
