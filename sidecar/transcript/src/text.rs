//! Text in bounds: what others wrote may be of any length.

/// `text` without space around it, in at most `chars` characters; what is cut off at the end is an ellipsis.
pub(crate) fn beginning(text: &str, chars: usize) -> String {
    let text = text.trim();
    match text.char_indices().nth(chars) {
        None => text.to_owned(),
        Some(_) => {
            let kept = text.char_indices().nth(chars.saturating_sub(1)).map_or(0, |(at, _)| at);
            format!("{}…", text[..kept].trim_end())
        }
    }
}

/// Adds a paragraph, and keeps the last `chars` characters of all; what is cut off before them is an ellipsis.
pub(crate) fn append(to: &mut String, paragraph: &str, chars: usize) {
    let paragraph = paragraph.trim();
    if paragraph.is_empty() {
        return;
    }
    if !to.is_empty() {
        to.push_str("\n\n");
    }
    to.push_str(paragraph);
    if to.chars().nth(chars).is_some() {
        let kept = to.char_indices().rev().nth(chars.saturating_sub(2)).map_or(0, |(at, _)| at);
        *to = format!("…{}", &to[kept..]);
    }
}

/// On one line: every stretch of space is one space.
pub(crate) fn one_line(text: &str, chars: usize) -> String {
    // Far more than can be kept, however much of it is space.
    let bounded: String = text.chars().take(chars.saturating_mul(8)).collect();
    beginning(&bounded.split_whitespace().collect::<Vec<_>>().join(" "), chars)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_cut_where_it_is_too_long() {
        assert_eq!(beginning("  abc ", 3), "abc");
        assert_eq!(beginning("äbcd", 3), "äb…");
        let mut answer = String::new();
        append(&mut answer, "one", 10);
        append(&mut answer, " \n", 10);
        append(&mut answer, "two", 10);
        assert_eq!(answer, "one\n\ntwo");
        append(&mut answer, "three", 10);
        assert_eq!(answer, "…wo\n\nthree");
        assert_eq!(one_line(" npm \n\t test ", 20), "npm test");
    }

    proptest! {
        #[test]
        fn nothing_is_longer_than_it_may_be(text in any::<String>(), more in any::<String>(), chars in 2_usize..40) {
            let mut both = String::new();
            append(&mut both, &text, chars);
            append(&mut both, &more, chars);
            for cut in [beginning(&text, chars), one_line(&text, chars), both] {
                prop_assert!(cut.chars().count() <= chars, "{cut:?}");
            }
        }
    }
}
