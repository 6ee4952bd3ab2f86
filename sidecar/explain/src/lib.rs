//! What an error means: a reviewed file of knowledge (`knowledge.json`), and how a message is recognised in whatever stands around it.
//!
//! No IO, no clock. [`explain`] takes any text, also hostile or torn; the same text always gets the same answer.

#![forbid(unsafe_code)]

mod clean;
mod known;
mod pattern;
mod words;

use std::sync::OnceLock;

pub use known::{Counts, Entry, Known, RecognisedBy, Tokens};

/// `knowledge.json`, as the build has packed it.
const KNOWLEDGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/knowledge.postcard"));

/// What a text tells of.
#[derive(Debug, Default)]
pub struct Explanation {
    /// The most specific error; none when the text tells of no known one.
    pub known: Option<&'static Known>,
    /// Others that it tells of as well, the more specific first.
    pub also: Vec<&'static Known>,
}

/// All that is known, the more specific before the less specific.
pub fn knowledge() -> &'static [Known] {
    static KNOWN: OnceLock<Vec<Known>> = OnceLock::new();
    // The build has made it from the same types.
    KNOWN.get_or_init(|| postcard::from_bytes(KNOWLEDGE).unwrap_or_default())
}

/// Looks for known errors in a text. The order of what is known decides, not that of the text.
pub fn explain(text: &str) -> Explanation {
    let text = clean::clean(text);
    let found = pattern::Found::new(words::Words::new(&text));
    let mut known = knowledge().iter().filter(|known| found.tells_of(known));
    Explanation { known: known.next(), also: known.collect() }
}
