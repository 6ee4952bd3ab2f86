//! Whole transcripts in chunks: the memory is the same whatever a file or a line has.

use std::io::{self, ErrorKind, Read};

use memchr::{memchr, memchr_iter, memmem::Finder, memrchr};

use crate::skim::{LineKind, Skim};

/// What is read at once. Smaller chunks cost more calls, larger ones fall out of the processor's cache (FACTS section 5).
const CHUNK_BYTES: usize = 256 * 1024;

/// A chunk, and a line in the making; to be used for one file after the other.
#[derive(Debug)]
pub struct Scanner {
    chunk: Vec<u8>,
    skim: Skim,
}

impl Default for Scanner {
    fn default() -> Self {
        Self { chunk: vec![0; CHUNK_BYTES], skim: Skim::default() }
    }
}

impl Scanner {
    /// Tells `each` line of a file, the last one too when it has no end. Returns how many bytes there were.
    ///
    /// # Errors
    /// Those of reading; what was told before stays told.
    pub fn lines(&mut self, file: &mut impl Read, mut each: impl FnMut(LineKind, &Skim)) -> io::Result<u64> {
        let Self { chunk, skim } = self;
        skim.clear();
        let (mut bytes, mut has_begun) = (0, false);
        loop {
            let chunk = match read(file, chunk)? {
                0 => break,
                length => &chunk[..length],
            };
            bytes += chunk.len() as u64;
            let mut from = 0;
            for end in memchr_iter(b'\n', chunk) {
                skim.feed(&chunk[from..end]);
                each(skim.end(), skim);
                skim.clear();
                from = end + 1;
            }
            has_begun = from < chunk.len() || (has_begun && from == 0);
            skim.feed(&chunk[from..]);
        }
        if has_begun {
            each(skim.end(), skim);
        }
        Ok(bytes)
    }

    /// Tells `each` line of a file that holds the needle, without its end. Lines of more than 256 KiB are passed over: no record that
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
        let chunk = &mut self.chunk;
        let (mut bytes, mut held, mut is_too_long) = (0, 0, false);
        loop {
            if held == chunk.len() {
                (held, is_too_long) = (0, true);
            }
            let length = read(file, &mut chunk[held..])?;
            if length == 0 {
                break;
            }
            bytes += length as u64;
            let filled = held + length;
            let mut from = 0;
            if is_too_long {
                let Some(end) = memchr(b'\n', &chunk[..filled]) else {
                    held = 0;
                    continue;
                };
                (from, is_too_long) = (end + 1, false);
            }
            let whole = memrchr(b'\n', &chunk[from..filled]).map_or(from, |end| from + end + 1);
            lines_in(&chunk[from..whole], needle, &mut each);
            chunk.copy_within(whole..filled, 0);
            held = filled - whole;
        }
        if !is_too_long {
            lines_in(&chunk[..held], needle, &mut each);
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
        let bytes =
            Scanner::default().lines(&mut Pieces(text, pieces.into()), |kind, _| kinds.push(kind)).unwrap();
        assert_eq!(bytes, text.len() as u64);
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
        let each = |_, skim: &Skim| uuids.push(skim.text(Field::Uuid).map(std::borrow::Cow::into_owned));
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
    }
}
