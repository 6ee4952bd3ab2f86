//! Makes text that an extension chose fit to be shown.

/// Characters that change how their neighbours are shown, or are not shown at all: marks, embeddings and isolates of
/// text direction, separators, zero-width characters.
fn is_trick(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// One line of at most `bytes` bytes that shows what it holds. Backticks become `'`: we quote in backticks.
pub(crate) fn clean(text: &str, bytes: usize) -> String {
    const CUT: char = '…';
    let mut clean = String::new();
    for char in text.chars() {
        let char = match char {
            '`' => '\'',
            char if char.is_control() || is_trick(char) => char::REPLACEMENT_CHARACTER,
            char => char,
        };
        clean.push(char);
        if clean.len() > bytes {
            while clean.len() + CUT.len_utf8() > bytes && clean.pop().is_some() {}
            clean.push(CUT);
            break;
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tricks_are_shown() {
        assert_eq!(clean("scanAll", 64), "scanAll");
        assert_eq!(clean("größe$1", 64), "größe$1");
        assert_eq!(clean("a`b\n\u{1b}[31m\u{202e}", 64), "a'b\u{fffd}\u{fffd}[31m\u{fffd}");
        assert_eq!(clean("abcdefgh", 8), "abcdefgh");
        assert_eq!(clean("abcdefghi", 8), "abcde…");
    }

    proptest! {
        #[test]
        fn never_too_long(text in ".*", bytes in 3_usize..40) {
            let clean = clean(&text, bytes);
            prop_assert!(clean.len() <= bytes);
            prop_assert!(!clean.chars().any(|char| char.is_control() || is_trick(char) || char == '`'));
        }
    }
}
