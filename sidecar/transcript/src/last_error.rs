//! The last error that the end of a transcript tells of, in its own words.

use std::{io, path::Path};

use serde_json::value::RawValue;

use crate::{record::Record, standing::Whose, tail::Tail};

/// An error, and when it was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastError {
    /// In milliseconds since the Unix epoch.
    pub unix_ms: u64,
    /// What Claude Code said of it, or what its record holds; nothing of what was said in the session.
    pub text: String,
}

/// Reads the end of a transcript, at most 4 MiB of it. An error without a time is none.
///
/// # Errors
/// Those of [`open_regular`](crate::open_regular) and of reading.
pub fn last_error(path: &Path) -> io::Result<Option<LastError>> {
    for reach in Tail::REACHES {
        let (tail, is_whole) = Tail::last(path, reach, Whose::Session)?;
        let mut lines = tail.bytes().rsplit(|byte| *byte == b'\n');
        let found = lines.find_map(|line| error(&Record::parse(String::from_utf8_lossy(line).trim())?));
        if found.is_some() || is_whole {
            return Ok(found);
        }
    }
    Ok(None)
}

fn error(record: &Record<'_>) -> Option<LastError> {
    let text = if record.is_api_error_message {
        record.message()?.content().texts().collect::<Vec<_>>().join("\n")
    } else if record.is_system("api_error") {
        let parts = [record.error, record.cause].into_iter().flatten().map(RawValue::get);
        format!("API Error: {}", parts.collect::<Vec<_>>().join(" "))
    } else {
        return None;
    };
    Some(LastError { unix_ms: record.unix_ms()?, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: &str = r#"{"type":"system","subtype":"api_error","timestamp":"2026-04-14T03:07:30.000Z","cause":{"code":"ECONNRESET"},"error":{}}"#;
    const DEATH: &str = r#"{"type":"assistant","timestamp":"2026-04-14T03:08:00.000Z","isApiErrorMessage":true,"message":{"model":"<synthetic>","content":[{"type":"text","text":"API Error: 529"}]}}"#;

    fn last(lines: &[&str]) -> Option<String> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a.jsonl");
        std::fs::write(&path, lines.join("\n")).unwrap();
        last_error(&path).unwrap().map(|last| last.text)
    }

    #[test]
    fn the_last_one_counts_whatever_its_kind() {
        let retry = Some(r#"API Error: {} {"code":"ECONNRESET"}"#.to_owned());
        assert_eq!(last(&[RETRY]), retry);
        assert_eq!(last(&[RETRY, DEATH]).as_deref(), Some("API Error: 529"));
        assert_eq!(last(&[DEATH, RETRY]), retry);
        assert_eq!(last(&[DEATH, &RETRY[..80], ""]).as_deref(), Some("API Error: 529"));
    }

    #[test]
    fn it_is_looked_for_up_to_four_mebibytes_back() {
        let said = |bytes| format!(r#"{{"type":"user","message":{{"content":"{}"}}}}"#, "x".repeat(bytes));
        assert_eq!(last(&[DEATH, &said(1 << 20)]).as_deref(), Some("API Error: 529"));
        assert_eq!(last(&[DEATH, &said(5 << 20)]), None);
    }

    #[test]
    fn what_speaks_of_errors_is_none() {
        let said = serde_json::json!({ "type": "user", "timestamp": "2026-04-14T03:07:30Z", "message": { "content": RETRY } });
        assert_eq!(last(&[&said.to_string(), &RETRY.replace("timestamp", "at"), &RETRY[..80], ""]), None);
    }
}
