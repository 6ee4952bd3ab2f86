//! `lifeline snapshots`: what was saved before restarts.

use std::io;

use lifeline_protocol::{SnapshotSummary, method};
use serde_json::Value;

use super::{
    Format,
    daemon::Daemon,
    exit::{Exit, Failure},
    page::{Ink, Page, Word, ago, shortened},
    sections::{LABEL_CELLS, verdict},
};
use crate::{clock, serve::places::Places, snapshots::render_markdown};

/// Largest snapshot that is read, in bytes; a context has at most a frame's 8 MiB.
const SNAPSHOT_BYTES: u64 = 64 * 1024 * 1024;

/// Asks and prints.
///
/// # Errors
/// No daemon, or no output.
pub(crate) async fn list(daemon: &mut Daemon, format: Format, page: &mut Page<'_>) -> Result<Exit, Failure> {
    let snapshots: Vec<SnapshotSummary> = daemon.call(method::SNAPSHOTS, ()).await?;
    match format {
        Format::Json => page.json(&snapshots)?,
        Format::Text if snapshots.is_empty() => page.line(&["Nothing has been saved yet.".into()])?,
        Format::Text => {
            let now = clock::unix_ms();
            let rows: Vec<Vec<Word>> = snapshots
                .iter()
                .map(|snapshot| {
                    vec![
                        snapshot.id.as_str().into(),
                        Word::new(ago(snapshot.saved_unix_ms, now), Ink::Dim),
                        Word::new(shortened(&snapshot.label, LABEL_CELLS), Ink::Bold),
                        verdict(&snapshot.cause).into(),
                    ]
                })
                .collect();
            page.table(&["ID", "SAVED", "WINDOW", "WHY"], &rows)?;
        }
    }
    Ok(Exit::Fine)
}

/// Shows one. Needs no daemon: what was saved must be readable when nothing else works.
///
/// # Errors
/// When there is none of this id, or it cannot be read.
pub(crate) fn show(id: &str, format: Format, page: &mut Page<'_>) -> Result<Exit, Failure> {
    let places = Places::from_environment().map_err(Failure::problem)?;
    let path = places.state_dir.join("snapshots").join(format!("{id}.json"));
    let bytes = read(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            Failure::problem(format!("There is no snapshot {id}. “lifeline snapshots” lists them."))
        }
        _ => Failure::problem(format!("Could not read {}: {error}.", path.display())),
    })?;
    let snapshot: Value = serde_json::from_slice(&bytes)
        .map_err(|error| Failure::problem(format!("{} is damaged: {error}.", path.display())))?;
    match format {
        Format::Json => page.json(&snapshot)?,
        // Line breaks stay; nothing else may control the terminal.
        Format::Text => {
            for line in render_markdown(&snapshot).lines() {
                page.line(&[line.into()])?;
            }
        }
    }
    Ok(Exit::Fine)
}

fn read(path: &std::path::Path) -> io::Result<Vec<u8>> {
    use io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(SNAPSHOT_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A snapshot's id as it may be typed: nothing that means something in a path.
///
/// # Errors
/// What an id looks like.
pub(crate) fn parse_id(typed: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&typed.len())
        && typed.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits { Ok(typed.to_owned()) } else { Err("an id has 1 to 64 letters, digits and hyphens".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_no_path() {
        let long = "a".repeat(64);
        for good in ["1", "1763712345678", "a-B-9", long.as_str()] {
            assert_eq!(parse_id(good).as_deref(), Ok(good));
        }
        let too_long = "a".repeat(65);
        for bad in ["", ".", "..", "../x", "a/b", "a\\b", "a b", "a.json", "ä", "a\0", too_long.as_str()] {
            assert!(parse_id(bad).is_err(), "{bad:?}");
        }
    }
}
