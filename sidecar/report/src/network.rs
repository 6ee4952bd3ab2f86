//! What the daemon noticed of this machine: when its ways out went, came back or changed, and when it slept.

use std::{
    io::{self, Read as _},
    path::Path,
};

use serde::{Deserialize, Serialize};

use crate::{link::LinkEvent, summary::Span};

/// The file in the state folder, one note on each line.
pub const NETWORK_FILE: &str = "network.jsonl";

/// Most that is read, in bytes; the daemon keeps 1,024 notes of less than 100.
const FILE_BYTES: u64 = 1_000_000;

/// One note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkNote {
    /// In milliseconds since the Unix epoch: of sleep, its end.
    pub unix_ms: u64,
    /// What it was.
    pub what: NetworkChange,
}

/// What may happen to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NetworkChange {
    /// There is no way out any more.
    Lost,
    /// There is one again.
    Back,
    /// Another interface or gateway: a VPN, another Wi-Fi, a cable.
    Changed,
    /// The machine slept: connections that were open before are most likely gone.
    Slept,
}

impl NetworkChange {
    const fn code(self) -> &'static str {
        match self {
            Self::Lost => "NETWORK_LOST",
            Self::Back => "NETWORK_BACK",
            Self::Changed => "NETWORK_CHANGED",
            Self::Slept => "MACHINE_SLEPT",
        }
    }
}

/// What was noted, in the order of the file; a line that is no note is left out.
///
/// # Errors
/// Those of opening and reading the file.
pub fn read_notes(file: &Path) -> io::Result<Vec<NetworkNote>> {
    let mut text = Vec::new();
    lifeline_transcript::open_regular(file)?.take(FILE_BYTES).read_to_end(&mut text)?;
    Ok(text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

/// The same as events; `None` without a file.
pub(crate) fn events(file: &Path, span: Span) -> Option<Vec<LinkEvent>> {
    let notes = read_notes(file).ok()?.into_iter().filter(|note| span.holds(Some(note.unix_ms)));
    Some(
        notes
            .map(|note| LinkEvent { at_ms: note.unix_ms, code: note.what.code().into(), is_own: true })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Option<Vec<LinkEvent>> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(NETWORK_FILE);
        std::fs::write(&file, bytes).unwrap();
        events(&file, Span { since_ms: Some(10), until_ms: None })
    }

    #[test]
    fn notes_are_read_back_and_other_lines_are_not() {
        let note = |unix_ms, what| NetworkNote { unix_ms, what };
        let notes =
            [note(9, NetworkChange::Lost), note(10, NetworkChange::Back), note(11, NetworkChange::Slept)];
        let mut text: String = notes.iter().map(|note| serde_json::to_string(note).unwrap() + "\n").collect();
        text.insert_str(0, "torn\n{\"unixMs\":12,\"what\":\"exploded\"}\n");
        let told = read(text.as_bytes()).unwrap();
        let told: Vec<_> = told.iter().map(|event| (event.at_ms, event.code.as_str())).collect();
        assert_eq!(told, [(10, "NETWORK_BACK"), (11, "MACHINE_SLEPT")], "in the span");
        assert_eq!(events(Path::new("/nonexistent"), Span::default()), None);
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            read(&bytes);
        }
    }
}
