//! Text as it comes out of terminals, logs and JSON, without what is no part of what it says.

const ESCAPE: char = '\u{1b}';

/// Ends of control sequences that are common enough to be believed when a letter follows: colour, erase, move, set and reset.
const COMMON_ENDS: &[u8] = b"mKJHGhl";

/// Lower case, without escape sequences, whole or cut off; breaks of lines that were written as `\n` are breaks of lines.
pub(crate) fn clean(text: &str) -> String {
    let text = unescaped(text);
    // A selection may begin within a colour.
    let text = colour_alone(text.trim_start()).unwrap_or(&text);
    without_sequences(text).to_ascii_lowercase()
}

/// What stands behind backslashes in JSON and source text, one level or more.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        if plain.ends_with(ESCAPE) {
            // The end of a terminal's string.
            plain.push('\\');
            rest = &rest[at + 1..];
            continue;
        }
        let (char, after) = escape(rest[at..].trim_start_matches('\\'));
        plain.push(char);
        rest = after;
    }
    plain.push_str(rest);
    plain
}

/// The character that is meant, and what comes after it.
fn escape(text: &str) -> (char, &str) {
    let coded = |digits: usize| {
        let number = text.get(1..=digits).and_then(|hex| u32::from_str_radix(hex, 16).ok())?;
        Some((char::from_u32(number)?, &text[1 + digits..]))
    };
    let known = match text.as_bytes() {
        [b'n', ..] => Some(('\n', &text[1..])),
        [b'r' | b't', ..] => Some((' ', &text[1..])),
        [b'u', ..] => coded(4),
        [b'x', ..] => coded(2),
        [b'0', b'3', b'3', ..] => Some((ESCAPE, &text[3..])),
        [b'e', b'[' | b']', ..] => Some((ESCAPE, &text[1..])),
        _ => None,
    };
    known.unwrap_or((' ', text))
}

fn without_sequences(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let after = &rest[char.len_utf8()..];
        rest = match char {
            ESCAPE => sequence(after),
            '\u{9b}' => parameters(after),
            // As `cat -v` shows it.
            '^' if after.starts_with("[[") => parameters(&after[2..]),
            '[' if let Some(after) = colour_alone(after) => after,
            '\n' => {
                plain.push('\n');
                after
            }
            // Not seen at all: word joiners and the like that a page puts between letters.
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => after,
            char => {
                plain.push(if char.is_control() { ' ' } else { char });
                after
            }
        };
    }
    plain
}

/// What comes after the sequence that an escape begins (ECMA-48, section 5); of a cut off one only what can be nothing else is taken away.
fn sequence(text: &str) -> &str {
    match text.as_bytes() {
        [b'[', ..] => parameters(&text[1..]),
        [b']' | b'P' | b'X' | b'^' | b'_', ..] => string(&text[1..]),
        [b'(' | b')', set, ..] if set.is_ascii_alphanumeric() => &text[2..],
        [b'7' | b'8' | b'=' | b'>', ..] => &text[1..],
        _ => text,
    }
}

/// After the parameters of a control sequence and its end.
fn parameters(text: &str) -> &str {
    let after = text.trim_start_matches(|char| matches!(char, ' '..='?'));
    let is_end = match after.as_bytes() {
        [end, ..] if COMMON_ENDS.contains(end) => true,
        [b'@'..=b'~', next, ..] => !next.is_ascii_alphanumeric(),
        [b'@'..=b'~'] => true,
        _ => false,
    };
    if is_end {
        return &after[1..];
    }
    // Without an end it is digits that are to be taken away, and not the words after them.
    text.trim_start_matches(|char| matches!(char, '0'..='?'))
}

/// After a string of commands (a title, a link) and its end; when that does not come in this line, after its number.
fn string(text: &str) -> &str {
    let end = text.find(['\u{7}', '\u{9c}', '\n', ESCAPE]).map_or("", |at| &text[at..]);
    match end.chars().next() {
        Some(ESCAPE) if end.starts_with("\u{1b}\\") => &end[2..],
        Some(char @ ('\u{7}' | '\u{9c}')) => &end[char.len_utf8()..],
        _ => text.trim_start_matches(|char| matches!(char, '0'..=';')),
    }
}

/// After `[31m` or `[0K` whose escape has been lost on the way.
fn colour_alone(text: &str) -> Option<&str> {
    let after = text.trim_start_matches(|char: char| char.is_ascii_digit() || char == ';');
    (after.len() < text.len()).then(|| after.strip_prefix(['m', 'K']))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_not_show_is_gone() {
        for (text, plain) in [
            ("\x1b[31;1mECONNRESET\x1b[0m", "econnreset"),
            ("\u{9b}31mECONNRESET", "econnreset"),
            ("\x1b[38:2::1:2:3mECONNRESET\x1b[2K", "econnreset"),
            ("\x1b]0;a title\x07ECONNRESET", "econnreset"),
            ("\x1b]8;;https://x/529\x1b\\ECONNRESET\x1b]8;;\x1b\\", "econnreset"),
            ("\x1b(BECONNRESET\x1b7", "econnreset"),
            ("[31mECONNRESET[0m", "econnreset"),
            ("^[[31mECONNRESET^[[0m", "econnreset"),
            (r"\u001b[31mECONNRESET\x1b[0m\033[0m\e[0m", "econnreset"),
            (";1mECONNRESET", "econnreset"),
            ("EC\u{200b}ONN\u{ad}RESET\u{feff}", "econnreset"),
        ] {
            assert_eq!(clean(text), plain, "{text:?}");
        }
    }

    #[test]
    fn of_a_sequence_that_was_cut_off_no_word_is_lost() {
        for text in [
            "\x1b[31ECONNRESET",
            "\x1b[ECONNRESET",
            "\x1bECONNRESET",
            "\x1b]0;ECONNRESET",
            "ECONNRESET\x1b[3",
            "ECONNRESET\x1b",
            "ECONNRESET\x1b]8;;",
        ] {
            assert_eq!(clean(text).trim(), "econnreset", "{text:?}");
        }
    }

    #[test]
    fn breaks_of_lines_stay_however_they_are_written() {
        assert_eq!(clean("a\nb"), "a\nb");
        assert_eq!(clean("a\r\nb"), "a \nb");
        assert_eq!(clean(r"a\nb\\nc\td"), "a\nb\nc d");
        assert_eq!(clean(r"C:\x\users"), "c: x users");
        assert_eq!(clean("\\"), " ");
        assert_eq!(clean(r"\u12"), " u12");
    }
}
