//! Which file a script id stands for, bounded: a host loads thousands of scripts, a hostile one any number.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Scripts remembered. A real host with 20 extensions has about 1500.
const SCRIPTS: usize = 16 * 1024;
/// Longest URL remembered, in bytes.
const URL_BYTES: usize = 2048;
/// All of them together, in bytes.
const ALL_BYTES: usize = 4 * 1024 * 1024;

/// Script id → URL.
#[derive(Default)]
pub(crate) struct Scripts {
    urls: BTreeMap<u64, Box<str>>,
    bytes: usize,
}

impl Scripts {
    /// Remembers one, unless it has no URL or there is no room.
    pub(crate) fn insert(&mut self, id: u64, url: &str) {
        let fits = self.urls.len() < SCRIPTS && self.bytes + url.len() <= ALL_BYTES;
        if url.is_empty() || url.len() > URL_BYTES || !fits {
            return;
        }
        // V8 uses no number twice.
        if let Entry::Vacant(place) = self.urls.entry(id) {
            place.insert(url.into());
            self.bytes += url.len();
        }
    }

    /// Empty when it is not known.
    pub(crate) fn url(&self, id: u64) -> &str {
        self.urls.get(&id).map_or("", |url| url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounded() {
        let mut scripts = Scripts::default();
        scripts.insert(1, "file:///a.js");
        scripts.insert(1, "file:///b.js");
        scripts.insert(2, &"x".repeat(URL_BYTES + 1));
        let long = "y".repeat(URL_BYTES);
        for id in 0..10 * SCRIPTS as u64 {
            scripts.insert(3 + id, &long);
        }
        for id in 0..10 * SCRIPTS as u64 {
            scripts.insert(1_000_000 + id, "z");
        }

        assert_eq!((scripts.url(1), scripts.url(2), scripts.url(3)), ("file:///a.js", "", long.as_str()));
        assert!(scripts.bytes <= ALL_BYTES && scripts.urls.len() <= SCRIPTS);
        assert_eq!(scripts.bytes, scripts.urls.values().map(|url| url.len()).sum::<usize>());
    }
}
