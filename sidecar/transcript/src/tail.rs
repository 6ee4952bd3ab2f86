//! The end of a transcript: as much of it as is needed, and no more.

use std::{
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
    time::SystemTime,
};

use crate::{
    file::open_regular,
    standing::{Standing, Whose, standing},
};

/// What is read at first. Most records have a few kB.
const TAIL_BYTES: u64 = 256 * 1024;

/// What is read at the most, for a turn with large results of tools. That takes 30 ms in all, where 256 KiB take 0.6 (measured, release
/// build).
const TAIL_BYTES_AT_MOST: u64 = 4 * 1024 * 1024;

/// The last records of a transcript.
#[derive(Clone, Debug)]
pub struct Tail {
    bytes: Vec<u8>,
    /// Where they end in the file.
    end: u64,
    modified: Option<SystemTime>,
    whose: Whose,
}

impl Tail {
    /// How far back one looks, first and last.
    pub(crate) const REACHES: [u64; 2] = [TAIL_BYTES, TAIL_BYTES_AT_MOST];

    /// Reads the last 256 KiB of a session's transcript; further back, up to 4 MiB, while the prompt of the turn that stands there is
    /// not among them.
    ///
    /// # Errors
    /// Those of [`open_regular`] and of reading.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut reach = TAIL_BYTES;
        loop {
            let (tail, whole) = Self::last(path, reach, Whose::Session)?;
            if whole || reach >= TAIL_BYTES_AT_MOST || tail.standing().is_told() {
                return Ok(tail);
            }
            reach *= 4;
        }
    }

    /// Reads the last 256 KiB of a subagent's transcript.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn of_subagent(path: &Path) -> io::Result<Self> {
        Ok(Self::last(path, TAIL_BYTES, Whose::Subagent)?.0)
    }

    /// The last bytes without the record that they begin in, and whether they are the whole file.
    pub(crate) fn last(path: &Path, reach: u64, whose: Whose) -> io::Result<(Self, bool)> {
        let mut file = open_regular(path)?;
        let known = file.metadata()?;
        let from = known.len().saturating_sub(reach);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        let end = from + file.take(reach).read_to_end(&mut bytes)? as u64;
        if from > 0 {
            let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
            bytes.drain(..end);
        }
        Ok((Self { bytes, end, modified: known.modified().ok(), whose }, from == 0))
    }

    /// The records, each on a line; the last one may be torn.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where they end in the file, in bytes from its beginning.
    pub(crate) const fn end(&self) -> u64 {
        self.end
    }

    /// When the file was last written to.
    pub fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    /// How the session stands by these records.
    pub fn standing(&self) -> Standing {
        standing(&self.bytes, self.whose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::State;

    const PROMPT: &str = r#"{"type":"user","uuid":"u","message":{"content":"find it"}}"#;

    fn result(bytes: usize) -> String {
        format!(
            r#"{{"type":"user","message":{{"content":[{{"type":"tool_result","tool_use_id":"1","content":"{}"}}]}}}}"#,
            "x".repeat(bytes)
        )
    }

    fn read(records: &[String]) -> Tail {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.jsonl");
        std::fs::write(&path, records.join("\n")).unwrap();
        Tail::read(&path).unwrap()
    }

    #[test]
    fn as_much_is_read_as_the_prompt_is_far() {
        let near = read(&[result(3_000_000), PROMPT.into()]);
        assert_eq!(near.standing().last_prompt.as_deref(), Some("find it"));
        assert!(near.bytes().len() < 1000, "the record that it begins in is left out");
        let far = read(&[PROMPT.into(), result(900_000), result(900_000)]);
        assert_eq!(far.standing().last_prompt.as_deref(), Some("find it"));
        let too_far = read(&[PROMPT.into(), result(5_000_000), result(10)]);
        let standing = too_far.standing();
        assert_eq!((standing.last_prompt, standing.state), (None, State::Thinking));
        assert!(too_far.bytes().len() < 1000);
    }

    #[test]
    fn a_file_without_line_ends_is_no_record() {
        assert_eq!(read(&["x".repeat(6_000_000)]).standing().state, State::Unknown);
        assert_eq!(read(&[]).standing().state, State::Unknown);
    }
}
