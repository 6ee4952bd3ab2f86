//! A transcript that is being written, read on from where it was.

use std::{
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use memchr::{memchr, memrchr};

use crate::{
    file::open_regular,
    stamp::FileId,
    standing::{Reading, Standing, Whose},
    tail::Tail,
};

/// What is read at once.
const PIECE_BYTES: u64 = 256 * 1024;

/// A longer line is passed over: what tells of the connection has a few kB, and the largest results of tools some MB.
const LINE_BYTES_AT_MOST: usize = 8 * 1024 * 1024;

/// One transcript, and how far it was read.
#[derive(Clone, Debug)]
pub struct Follower {
    path: PathBuf,
    whose: Whose,
    id: FileId,
    /// The beginning of the first line that was not read.
    offset: u64,
    /// In the middle of a line that is too long.
    is_passing_over: bool,
    reading: Reading,
}

impl Follower {
    /// Reads the end of a transcript, as [`Tail`] does.
    ///
    /// # Errors
    /// Those of [`open_regular`] and of reading.
    pub fn begin(path: &Path, whose: Whose) -> io::Result<Self> {
        // Before it is read: what takes its place in between is noticed by the next look.
        let id = FileId::of(path, &open_regular(path)?.metadata()?);
        let tail = match whose {
            Whose::Session => Tail::read(path)?,
            Whose::Subagent => Tail::of_subagent(path)?,
        };
        let whole = memrchr(b'\n', tail.bytes()).map_or(0, |end| end + 1);
        let mut reading = Reading::new(whose);
        reading.lines(&tail.bytes()[..whole]);
        let offset = tail.end() - (tail.bytes().len() - whole) as u64;
        Ok(Self { path: path.to_owned(), whose, id, offset, is_passing_over: false, reading })
    }

    /// Reads what was written since. A file that is another one now, or shorter, is begun anew. Says whether there was anything.
    ///
    /// # Errors
    /// As [`begin`](Self::begin); it can be gone on with after each.
    pub fn go_on(&mut self) -> io::Result<bool> {
        let mut file = open_regular(&self.path)?;
        let known = file.metadata()?;
        if FileId::of(&self.path, &known) != self.id || known.len() < self.offset {
            *self = Self::begin(&self.path, self.whose)?;
            return Ok(true);
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let (mut held, before) = (Vec::new(), self.offset);
        loop {
            let from = held.len();
            let length = (&mut file).take(PIECE_BYTES).read_to_end(&mut held)?;
            if length == 0 {
                return Ok(self.offset > before);
            }
            self.take(&mut held, from);
        }
    }

    /// Takes the whole lines in. `from`: no line ends before that.
    fn take(&mut self, held: &mut Vec<u8>, from: usize) {
        let mut begin = 0;
        if self.is_passing_over {
            begin = memchr(b'\n', held).map_or(held.len(), |end| end + 1);
            self.is_passing_over = held.get(begin.wrapping_sub(1)) != Some(&b'\n');
        }
        let end = memrchr(b'\n', &held[from.max(begin)..]).map_or(begin, |end| from.max(begin) + end + 1);
        self.reading.lines(&held[begin..end]);
        self.offset += end as u64;
        held.drain(..end);
        if held.len() > LINE_BYTES_AT_MOST {
            self.offset += held.len() as u64;
            self.is_passing_over = true;
            held.clear();
        }
    }

    /// How the session stands by all that was read.
    pub fn standing(&self) -> Standing {
        self.reading.clone().end()
    }

    /// How much of the file was read or passed over, in bytes.
    pub const fn bytes(&self) -> u64 {
        self.offset
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        io::Write as _,
    };

    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::State;

    fn retry(attempt: u32) -> String {
        format!(
            r#"{{"type":"system","subtype":"api_error","source":"request_retry","error":{{"formatted":"Unable to connect (ECONNREFUSED)"}},"retryInMs":543,"retryAttempt":{attempt},"maxRetries":10}}"#
        ) + "\n"
    }

    const PROMPT: &str = "{\"type\":\"user\",\"message\":{\"content\":\"find it\"}}\n";
    const ANSWER: &str =
        "{\"type\":\"assistant\",\"message\":{\"content\":\"There.\",\"stop_reason\":\"end_turn\"}}\n";

    fn append(path: &Path, text: &str) {
        File::options().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn attempt(follower: &Follower) -> Option<u32> {
        match follower.standing().state {
            State::Retrying { attempt, .. } => Some(attempt),
            _ => None,
        }
    }

    #[test]
    fn what_is_appended_is_read_once_a_line_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.jsonl");
        append(&path, &(PROMPT.to_owned() + &retry(1)));
        let mut follower = Follower::begin(&path, Whose::Session).unwrap();
        assert_eq!(attempt(&follower), Some(1));
        assert!(!follower.go_on().unwrap(), "nothing is new");
        let (torn, rest) = (&retry(2)[..50], &retry(2)[50..]);
        append(&path, torn);
        assert!(!follower.go_on().unwrap());
        assert_eq!(attempt(&follower), Some(1));
        append(&path, rest);
        assert!(follower.go_on().unwrap());
        assert_eq!(attempt(&follower), Some(2));
        append(&path, ANSWER);
        assert!(follower.go_on().unwrap());
        let standing = follower.standing();
        assert_eq!((standing.state, standing.answers), (State::Idle, 1));
        assert_eq!(follower.bytes(), fs::metadata(&path).unwrap().len());
    }

    #[test]
    fn another_file_in_its_place_and_a_shorter_one_are_begun_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.jsonl");
        append(&path, &(PROMPT.to_owned() + &retry(1) + &retry(2)));
        let mut follower = Follower::begin(&path, Whose::Session).unwrap();
        fs::write(&path, PROMPT.to_owned() + &retry(3)).unwrap();
        assert!(follower.go_on().unwrap());
        assert_eq!(attempt(&follower), Some(3));
        let other = dir.path().join("other");
        append(&other, &(PROMPT.to_owned() + &retry(4) + &retry(5) + &retry(6)));
        fs::rename(&other, &path).unwrap();
        assert!(follower.go_on().unwrap());
        assert_eq!(attempt(&follower), Some(6));
        fs::remove_file(&path).unwrap();
        assert!(follower.go_on().is_err());
        append(&path, &retry(7));
        assert!(follower.go_on().unwrap());
        assert_eq!(attempt(&follower), Some(7));
    }

    #[test]
    fn a_line_without_an_end_is_passed_over_and_the_next_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.jsonl");
        append(&path, PROMPT);
        let mut follower = Follower::begin(&path, Whose::Session).unwrap();
        append(&path, &"x".repeat(LINE_BYTES_AT_MOST + 2 * 256 * 1024));
        follower.go_on().unwrap();
        append(&path, &"y".repeat(1000));
        follower.go_on().unwrap();
        append(&path, &("\n".to_owned() + &retry(1)));
        assert!(follower.go_on().unwrap());
        assert_eq!(attempt(&follower), Some(1));
        append(&path, &retry(2));
        follower.go_on().unwrap();
        assert_eq!(attempt(&follower), Some(2));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn read_in_pieces_it_is_what_it_is_as_a_whole(records in vec(0..5_usize, 0..30), cuts in vec(0..4000_usize, 0..20)) {
            let all = [PROMPT.to_owned(), retry(1), retry(2), ANSWER.to_owned(), "{ torn\n".to_owned()];
            let text: String = records.iter().map(|record| all[*record].as_str()).collect();
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("t.jsonl");
            append(&path, "");
            let mut follower = Follower::begin(&path, Whose::Session).unwrap();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([0, text.len()]).collect();
            cuts.sort_unstable();
            for cut in cuts.windows(2) {
                append(&path, &text[cut[0]..cut[1]]);
                follower.go_on().unwrap();
            }
            prop_assert_eq!(follower.standing(), crate::standing(text.as_bytes(), Whose::Session));
        }

        #[test]
        fn hostile_bytes_are_survived(pieces in vec(vec(any::<u8>(), 0..200), 0..8)) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("t.jsonl");
            append(&path, "");
            let mut follower = Follower::begin(&path, Whose::Subagent).unwrap();
            for piece in pieces {
                File::options().append(true).open(&path).unwrap().write_all(&piece).unwrap();
                follower.go_on().unwrap();
                follower.standing();
            }
        }
    }
}
