//! Where text may end: every quote that is not escaped, every control character and every doubtful escape of a stretch, found in one pass
//! that takes 64 bytes at a time, however many escapes they hold.

use wide::u8x16;

/// The bits with even numbers.
const EVEN: u64 = 0x5555_5555_5555_5555;

/// A bit for each byte, 64 in a word.
#[derive(Debug, Default)]
pub(super) struct Marks {
    words: Vec<u64>,
    /// The stretch ends with a backslash that escapes what comes next.
    ends_in_escape: bool,
}

impl Marks {
    /// Marks these bytes, and forgets others. They go on where the last ones ended, unless a line begins with them.
    pub(super) fn mark(&mut self, bytes: &[u8], is_begin: bool) {
        let mut carry = u64::from(self.ends_in_escape && !is_begin);
        let (blocks, rest) = bytes.as_chunks();
        self.words.clear();
        self.words.extend(blocks.iter().map(|block| marks(block, &mut carry).0));
        if !rest.is_empty() {
            let mut block = [b' '; 64];
            block[..rest.len()].copy_from_slice(rest);
            let (word, escaped) = marks(&block, &mut carry);
            self.words.push(word);
            carry = escaped >> rest.len() & 1;
        }
        self.ends_in_escape = carry != 0;
    }

    /// The first mark at `from` or after it, and `to` when there is none before that.
    pub(super) fn next(&self, from: usize, to: usize) -> usize {
        let mut words = self.words.get(from / 64..).unwrap_or_default().iter();
        let Some(first) = words.next() else { return to };
        let (mut at, mut bits) = (from / 64 * 64, first & u64::MAX << (from % 64));
        while bits == 0 {
            at += 64;
            match words.next() {
                Some(next) if at < to => bits = *next,
                _ => return to,
            }
        }
        to.min(at + bits.trailing_zeros() as usize)
    }

    pub(super) fn ends_in_escape(&self) -> bool {
        self.ends_in_escape
    }
}

/// The marks of a block, and which of its bytes are escaped. `carry` is whether its first byte is, and becomes that of the next block.
fn marks(block: &[u8; 64], carry: &mut u64) -> (u64, u64) {
    let is = |bytes: u8x16, byte: u8| bytes.simd_eq(u8x16::splat(byte));
    let ends = bits(block, |bytes| is(bytes, b'"') | bytes.simd_eq(bytes.min(u8x16::splat(b' ' - 1))));
    let backslashes = bits(block, |bytes| is(bytes, b'\\'));
    if backslashes | *carry == 0 {
        return (ends, 0);
    }
    let escaped = escaped(backslashes, carry);
    // What may come after a backslash: nearly always one of four, and `u` only with digits that are to be looked at.
    let usual = |bytes| is(bytes, b'n') | is(bytes, b'"') | is(bytes, b't') | is(bytes, b'\\');
    let rare = |bytes| {
        let b_or_f = is(bytes | u8x16::splat(b'b' ^ b'f'), b'b' | b'f');
        b_or_f | is(bytes, b'r') | is(bytes, b'/')
    };
    let mut doubtful = escaped & !bits(block, usual);
    if doubtful != 0 {
        doubtful &= !bits(block, rare);
    }
    (ends & !escaped | doubtful, escaped)
}

/// A bit for each byte for which this is all ones, and not zero.
fn bits(block: &[u8; 64], is: impl Fn(u8x16) -> u8x16) -> u64 {
    let (quarters, _) = block.as_chunks();
    quarters
        .iter()
        .rev()
        .fold(0, |bits, quarter: &[u8; 16]| bits << 16 | u64::from(is(u8x16::from(*quarter)).to_bitmask()))
}

/// Bytes after an odd number of backslashes: simdjson's way (<https://arxiv.org/abs/1902.08318>, section 3.1.1).
fn escaped(backslashes: u64, carry: &mut u64) -> u64 {
    let backslashes = backslashes & !*carry;
    let after = backslashes << 1 | *carry;
    let odd_begins = backslashes & !EVEN & !after;
    let (even_runs, overflows) = odd_begins.overflowing_add(backslashes);
    *carry = u64::from(overflows);
    (EVEN ^ even_runs << 1) & after
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Where the marks are by their definition, and whether the end is escaped.
    fn plain(bytes: &[u8]) -> (Vec<bool>, bool) {
        let mut is_escaped = false;
        let is_mark = |byte: &u8| {
            let was_escaped = is_escaped;
            is_escaped = *byte == b'\\' && !was_escaped;
            match byte {
                ..0x20 => true,
                _ if was_escaped => !b"\"\\/bfnrt".contains(byte),
                byte => *byte == b'"',
            }
        };
        (bytes.iter().map(is_mark).collect(), is_escaped)
    }

    proptest! {
        #[test]
        fn the_next_mark_is_the_next_that_may_end_a_text(
            bytes in prop::collection::vec(
                prop_oneof![4 => Just(b'x'), 4 => Just(b'\\'), 1 => any::<u8>(), 2 => prop::sample::select(b"\"\\/bfnrtuU\n ".as_slice())],
                0..300,
            ),
            cut in any::<prop::sample::Index>(),
            from in any::<prop::sample::Index>(),
            to in any::<prop::sample::Index>(),
        ) {
            let (all, is_escaped) = plain(&bytes);
            let cut = cut.index(bytes.len() + 1);
            let mut marks = Marks::default();
            marks.mark(b"\\", true);
            for (piece, expected, is_begin) in [(&bytes[..cut], &all[..cut], true), (&bytes[cut..], &all[cut..], false)] {
                marks.mark(piece, is_begin);
                let to = to.index(piece.len() + 1);
                let from = from.index(to + 1);
                let next = expected[from..to].iter().position(|is_mark| *is_mark).map_or(to, |at| from + at);
                prop_assert_eq!(marks.next(from, to), next);
            }
            prop_assert_eq!(marks.ends_in_escape(), is_escaped);
        }
    }
}
