//! Whole transcripts in chunks: the memory is the same whatever a file or a line has.

use std::io::{self, ErrorKind, Read};

use memchr::{memchr, memchr_iter, memmem::Finder, memrchr};

use crate::skim::{LineKind, Skim};

/// What is read at once. Smaller chunks cost more calls, larger ones fall out of the processor's cache (FACTS section 5).
const CHUNK_BYTES: usize = 256 * 1024;

/// Where a chunk begins. An allocator lets it begin 16 bytes into a page, and the kernel then takes up to four times as long to fill it: what
/// it writes and what it reads next share the low bits of their addresses (1.1 GB: 0.50 s, else 0.12; AMD EPYC).
const ALIGNED_BYTES: usize = 4096;

/// A chunk with room before it for a line that began in the one before, and a line in the making; to be used for one file after the other.
#[derive(Debug)]
pub struct Scanner {
    memory: Vec<u8>,
    /// Where the chunk begins.
    begin: usize,
    skim: Skim,
}

impl Default for Scanner {
    fn default() -> Self {
        // Zeroes of the kernel's: the room costs nothing until it is used.
        let memory = vec![0; 2 * CHUNK_BYTES + ALIGNED_BYTES];
        let begin = CHUNK_BYTES + memory[CHUNK_BYTES..].as_ptr().align_offset(ALIGNED_BYTES);
        Self { memory, begin, skim: Skim::default() }
    }
}

/// How far a file was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// All bytes.
    pub bytes: u64,
    /// Those up to the end of the last line that has one: where to go on when more has been written.
    pub whole: u64,
}

impl Scanner {
    /// Tells `each` line of a file, and whether it has an end: the last one may have none (yet).
    ///
    /// # Errors
    /// Those of reading; what was told before stays told.
    pub fn lines(
        &mut self,
        file: &mut impl Read,
        mut each: impl FnMut(LineKind, &Skim, bool),
    ) -> io::Result<Extent> {
        let Self { memory, begin, skim } = self;
        let chunk = &mut memory[*begin..*begin + CHUNK_BYTES];
        skim.clear();
        let (mut extent, mut has_begun) = (Extent::default(), false);
        loop {
            let chunk = match read(file, chunk)? {
                0 => break,
                length => &chunk[..length],
            };
            skim.survey(chunk, extent.bytes == 0);
            let mut from = 0;
            for end in memchr_iter(b'\n', chunk) {
                skim.feed(chunk, from..end);
                each(skim.end(), skim, true);
                skim.clear();
                from = end + 1;
                extent.whole = extent.bytes + from as u64;
            }
            extent.bytes += chunk.len() as u64;
            has_begun = from < chunk.len() || (has_begun && from == 0);
            skim.feed(chunk, from..chunk.len());
        }
        if has_begun {
            each(skim.end(), skim, false);
        }
        Ok(extent)
    }

    /// Tells `each` line of a file that holds the needle, without its end. One of more than 256 KiB may be passed over: no record that
    /// one would look for like this is as long.
    ///
    /// # Errors
    /// Those of reading; what was told before stays told.
    pub fn lines_with(
        &mut self,
        needle: &Finder<'_>,
        file: &mut impl Read,
        mut each: impl FnMut(&[u8]),
    ) -> io::Result<u64> {
        let Self { memory, begin, .. } = self;
        let (chunk, mut bytes, mut held, mut is_too_long) = (*begin, 0, 0, false);
        loop {
            let length = read(file, &mut memory[chunk..chunk + CHUNK_BYTES])?;
            if length == 0 {
                break;
            }
            bytes += length as u64;
            let filled = chunk + length;
            let mut from = chunk - held;
            if is_too_long {
                let Some(end) = memchr(b'\n', &memory[chunk..filled]) else { continue };
                (from, is_too_long) = (chunk + end + 1, false);
            }
            let whole = memrchr(b'\n', &memory[from..filled]).map_or(from, |end| from + end + 1);
            lines_in(&memory[from..whole], needle, &mut each);
            held = filled - whole;
            if held > CHUNK_BYTES {
                (held, is_too_long) = (0, true);
            }
            memory.copy_within(filled - held..filled, chunk - held);
        }
        if !is_too_long {
            lines_in(&memory[chunk - held..chunk], needle, &mut each);
        }
        Ok(bytes)
    }
}

/// The lines with the needle in a stretch of whole lines.
fn lines_in(bytes: &[u8], needle: &Finder<'_>, each: &mut impl FnMut(&[u8])) {
    let mut from = 0;
    while let Some(hit) = needle.find(&bytes[from..]).map(|hit| from + hit) {
        let start = memrchr(b'\n', &bytes[..hit]).map_or(0, |end| end + 1);
        let end = memchr(b'\n', &bytes[hit..]).map_or(bytes.len(), |end| hit + end);
        each(&bytes[start..end]);
        from = end;
    }
}

fn read(file: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(into) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;
    use crate::Field;

    /// A file that is read in pieces of these lengths.
    struct Pieces<'a>(&'a [u8], VecDeque<usize>);

    impl Read for Pieces<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let length = self.1.pop_front().unwrap_or(usize::MAX).clamp(1, into.len()).min(self.0.len());
            let (now, later) = self.0.split_at(length);
            into[..length].copy_from_slice(now);
            self.0 = later;
            Ok(length)
        }
    }

    fn kinds(text: &[u8], pieces: Vec<usize>) -> Vec<LineKind> {
        let mut kinds = Vec::new();
        let mut ends = 0;
        let each = |kind, _: &Skim, has_end| {
            kinds.push(kind);
            ends += usize::from(has_end);
        };
        let extent = Scanner::default().lines(&mut Pieces(text, pieces.into()), each).unwrap();
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        assert_eq!(extent, Extent { bytes: text.len() as u64, whole: whole as u64 });
        assert_eq!(ends, text.iter().filter(|byte| **byte == b'\n').count());
        kinds
    }

    fn hits(text: &[u8], pieces: Vec<usize>) -> Vec<Vec<u8>> {
        let mut hits = Vec::new();
        let mut file = Pieces(text, pieces.into());
        Scanner::default().lines_with(&Finder::new("x"), &mut file, |line| hits.push(line.to_vec())).unwrap();
        hits
    }

    #[test]
    fn lines_end_as_they_may() {
        use LineKind::{Bad, Blank, Record};
        for (text, expected) in [
            (&b""[..], &[][..]),
            (b"\n", &[Blank]),
            (b"{}", &[Record]),
            (b"{}\r\n\r\n{", &[Record, Blank, Bad]),
            (b"{\"a\":\"\n\"}\n{}\n", &[Bad, Bad, Record]),
            (b"{} \n ", &[Record, Blank]),
        ] {
            assert_eq!(kinds(text, vec![]), expected, "{}", String::from_utf8_lossy(text));
            assert_eq!(kinds(text, vec![1; 99]), expected, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_line_of_any_length_is_read_and_the_next_one_too() {
        let long =
            format!("{{\"a\":\"{}\",\"uuid\":\"u\"}}\n{{\"uuid\":\"v\"}}\n", "y".repeat(3 * CHUNK_BYTES));
        let mut uuids = Vec::new();
        let each = |_, skim: &Skim, _| uuids.push(skim.text(Field::Uuid).map(std::borrow::Cow::into_owned));
        Scanner::default().lines(&mut long.as_bytes(), each).unwrap();
        assert_eq!(uuids, [Some("u".into()), Some("v".into())]);

        let mut longer = vec![b'x'; 2 * CHUNK_BYTES];
        longer.extend(b"\nax\nb\ncx");
        assert_eq!(hits(&longer, vec![]), [b"ax", b"cx"], "too long a line is passed over");
        assert!(hits(&longer[..2 * CHUNK_BYTES], vec![]).is_empty());
    }

    proptest! {
        #[test]
        fn pieces_change_nothing(
            text in "([a-cx]{0,5}\n){0,20}[a-cx]{0,5}",
            pieces in prop::collection::vec(1_usize..9, 0..100),
        ) {
            let expected: Vec<&[u8]> =
                text.as_bytes().split(|byte| *byte == b'\n').filter(|line| line.contains(&b'x')).collect();
            prop_assert_eq!(hits(text.as_bytes(), pieces.clone()), expected);
            prop_assert_eq!(kinds(text.as_bytes(), pieces), kinds(text.as_bytes(), vec![]));
        }

        #[test]
        fn a_line_is_the_same_wherever_it_stands(
            lines in prop::collection::vec(r#"(\{"a":")?[x"\\nu0]{0,9}("\})?"#, 0..12),
            pieces in prop::collection::vec(1_usize..9, 0..100),
        ) {
            let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
            let alone = lines.iter().flat_map(|line| kinds(format!("{line}\n").as_bytes(), vec![]));
            prop_assert_eq!(kinds(text.as_bytes(), pieces), alone.collect::<Vec<_>>());
        }
    }
}
