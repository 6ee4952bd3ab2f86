//! How many cells text takes on a terminal, and text cut to fit.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Characters that one cell may hold: an emoji is made of up to ten, and some text is nothing but marks upon marks.
const CHARS_PER_CELL: usize = 10;

/// Cells that `text` takes. A Chinese character takes two, a combining mark none.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// `text`, or as much of it as takes at most `cells` together with an ellipsis.
pub(crate) fn shortened(text: &str, cells: usize) -> String {
    if beginning(text, cells).len() == text.len() {
        return text.to_owned();
    }
    cells.checked_sub(1).map_or_else(String::new, |rest| format!("{}…", beginning(text, rest)))
}

/// The longest beginning of `text` that takes at most `cells`.
pub(crate) fn beginning(text: &str, cells: usize) -> &str {
    let mut taken = 0;
    for (chars, (at, char)) in text.char_indices().enumerate() {
        taken += at_most(char);
        if taken > cells || chars >= cells.saturating_mul(CHARS_PER_CELL) {
            return &text[..at];
        }
    }
    text
}

/// Cells that a character adds at the most, whatever stands beside it.
fn at_most(char: char) -> usize {
    match char {
        // Asks for the character before it to be drawn as an emoji, which is wide.
        '\u{fe0f}' => 1,
        char => char.width().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_wide_is_counted_as_wide() {
        for (text, cells) in [
            ("", 0),
            ("äöü", 3),
            ("設計", 4),
            ("e\u{301}", 1),
            ("한글", 4),
            ("👩‍💻", 2),
            ("❤\u{fe0f}", 2),
            ("▁▂█░…–→", 7),
        ] {
            assert_eq!(width(text), cells, "{text}");
        }
    }

    #[test]
    fn text_is_cut_between_characters() {
        for (text, cells, cut) in [
            ("äöüß", 4, "äöüß"),
            ("äöüß", 3, "äö…"),
            ("設計書", 6, "設計書"),
            ("設計書", 5, "設計…"),
            ("設計書", 4, "設…"),
            ("設計書", 1, "…"),
            ("x", 0, ""),
            ("", 0, ""),
        ] {
            assert_eq!(shortened(text, cells), cut, "{text} in {cells}");
        }
    }

    #[test]
    fn marks_upon_marks_do_not_go_on_for_ever() {
        let tower = format!("a{}", "\u{301}".repeat(100_000));
        assert!(shortened(&tower, 8).chars().count() <= 8 * CHARS_PER_CELL + 1);
    }

    proptest! {
        #[test]
        fn nothing_is_ever_wider_than_it_may_be(text in any::<String>(), cells in 0_usize..40) {
            let cut = shortened(&text, cells);
            prop_assert!(width(&cut) <= cells, "{cut:?} takes {}", width(&cut));
        }

        #[test]
        fn what_fits_by_far_is_left_alone(text in "[ -~äöü設]{0,20}") {
            prop_assert_eq!(shortened(&text, 40), text);
        }
    }
}
