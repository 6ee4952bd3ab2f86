//! What Lifeline remembers of its relay. A file that makes no sense counts as none, as it does for the daemon.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::text_of;
use crate::facts::{RelayFacts, Seen};

pub(super) fn relay(file: &Path, taken_file: PathBuf) -> Seen<RelayFacts> {
    let text = |file: &Path| {
        text_of(file)
            .map_err(|why| format!("{} {why}.", file.file_name().unwrap_or_default().to_string_lossy()))
    };
    let saved: Value = text(file)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null);
    let taken = text(&taken_file)?.and_then(|text| serde_json::from_str(&text).ok());
    Ok(RelayFacts {
        is_on: saved["mode"].as_str().is_some_and(|mode| mode != "off"),
        port: saved["port"].as_u64().and_then(|port| u16::try_from(port).ok()),
        taken,
        taken_file,
    })
}
