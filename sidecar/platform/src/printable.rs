//! Makes text that others chose fit to be shown.

use crate::COMMAND_LINE_BYTES;

/// Control characters and invalid UTF-8 become U+FFFD; at most [`COMMAND_LINE_BYTES`] long.
pub(crate) fn clean(bytes: &[u8]) -> String {
    let mut text = String::new();
    for char in String::from_utf8_lossy(bytes).chars() {
        let char = if char.is_control() { char::REPLACEMENT_CHARACTER } else { char };
        if text.len() + char.len_utf8() > COMMAND_LINE_BYTES {
            break;
        }
        text.push(char);
    }
    text
}
