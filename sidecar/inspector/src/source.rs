//! From the URL of a script to its place on the disk, on any operating system.

use std::path::{Path, PathBuf};

/// Longest path, in folders: beyond it nobody looks for an extension.
const PARTS: usize = 64;

/// How paths are written here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Style {
    Unix,
    Windows,
}

const HERE: Style = if cfg!(windows) { Style::Windows } else { Style::Unix };

/// An absolute path in its parts, the file's name last. On Windows the drive is the first, such as `C:`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Source {
    parts: Vec<String>,
}

impl Source {
    /// Of a `file:` URL. `None`: it is none, or one that we do not follow: to another machine, or out of its own path.
    pub(crate) fn of(url: &str) -> Option<Self> {
        parts(url, HERE).map(|parts| Self { parts })
    }

    /// The folders that the file is in, innermost first, each as its depth.
    pub(crate) fn folders(&self) -> impl Iterator<Item = usize> {
        (0..self.parts.len()).rev()
    }

    /// Where the folder of this depth is, seen from `root`, which is `/` in real life and a test's own folder in tests.
    pub(crate) fn folder(&self, depth: usize, root: &Path) -> PathBuf {
        let parts = self.parts.get(..depth).unwrap_or_default();
        // `C:` alone would be the current folder of that drive.
        let rooted = |(at, part): (usize, &String)| {
            if at == 0 && is_drive(part) { format!("{part}\\") } else { part.clone() }
        };
        root.join(parts.iter().enumerate().map(rooted).collect::<PathBuf>())
    }

    /// The file as seen from the folder of this depth, with `/` between its parts.
    pub(crate) fn within(&self, depth: usize) -> String {
        self.parts.get(depth..).unwrap_or_default().join("/")
    }

    /// All of it.
    pub(crate) fn whole(&self) -> String {
        let slash = if self.parts.first().is_some_and(|part| is_drive(part)) { "" } else { "/" };
        format!("{slash}{}", self.within(0))
    }
}

fn is_drive(part: &str) -> bool {
    cfg!(windows) && matches!(part.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic())
}

fn parts(url: &str, style: Style) -> Option<Vec<String>> {
    let rest = url.strip_prefix("file://")?;
    // A host would have Windows ask another machine.
    let path = rest.strip_prefix("localhost").unwrap_or(rest).strip_prefix('/')?;
    let path = path.split(['?', '#']).next()?;
    let mut parts = Vec::new();
    for part in path.split('/') {
        let part = decode(part)?;
        let plain = !part.is_empty() && part != "." && part != ".." && !part.contains(['/', '\0']);
        if !plain
            || parts.len() == PARTS
            || (style == Style::Windows && !is_plain_on_windows(&part, parts.is_empty()))
        {
            return None;
        }
        parts.push(part);
    }
    // At least a drive and a file.
    (style == Style::Unix || parts.len() > 1).then_some(parts)
}

/// No separator, no stream, no wildcard; a drive first and nowhere else. Device names (`NUL`, `COM1`) only ever lack a
/// `package.json`.
fn is_plain_on_windows(part: &str, first: bool) -> bool {
    if first {
        return matches!(part.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic());
    }
    !part.contains(['\\', ':', '*', '?', '"', '<', '>', '|'])
}

/// Undoes `%20` and its like. `None`: it is no UTF-8 then.
fn decode(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        if byte != b'%' {
            bytes.push(byte);
            rest = behind;
            continue;
        }
        let (&[high, low], behind) = behind.split_first_chunk()?;
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        bytes.push(digit(high)? << 4 | digit(low)?);
        rest = behind;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(style: Style, url: &str, expected: Option<&[&str]>) {
        let found = parts(url, style);
        let found: Option<Vec<&str>> = found.as_ref().map(|parts| parts.iter().map(String::as_str).collect());
        assert_eq!(found.as_deref(), expected, "{url}");
    }

    #[test]
    fn unix() {
        check(Style::Unix, "file:///home/me/x.js", Some(&["home", "me", "x.js"]));
        check(Style::Unix, "file:///a%20b/%C3%A4%23%25.js", Some(&["a b", "ä#%.js"]));
        check(Style::Unix, "file://localhost/x.js", Some(&["x.js"]));
        check(Style::Unix, "file:///c%3A/x.js", Some(&["c:", "x.js"]));
        check(Style::Unix, "file:///x.js?now#top", Some(&["x.js"]));
        for url in [
            "node:internal/timers",
            "x.js",
            "file://",
            "file:///",
            "file://host/x.js",
            "file:////host/x.js",
            "file:///a/../x.js",
            "file:///a/%2e%2e/x.js",
            "file:///a%2Fx.js",
            "file:///x%00.js",
            "file:///x%ff.js",
            "file:///x%2",
            "file:///x%+1.js",
            "evalmachine.<anonymous>",
            "http://127.0.0.1/x.js",
        ] {
            check(Style::Unix, url, None);
        }
        assert!(parts(&format!("file:///{}x.js", "a/".repeat(100)), Style::Unix).is_none());
    }

    #[test]
    fn windows() {
        check(Style::Windows, "file:///c:/Users/me/x.js", Some(&["c:", "Users", "me", "x.js"]));
        check(Style::Windows, "file:///C%3A/a%20b/x.js", Some(&["C:", "a b", "x.js"]));
        for url in [
            "file:///Users/x.js",
            "file:///c:",
            "file:///c:/a%5Cb.js",
            "file:///c:/x.js:stream",
            "file:///c:/d:/x.js",
            "file://server/share/x.js",
            "file:////server/share/x.js",
            "file:///%5C%5Cserver/share/x.js",
        ] {
            check(Style::Windows, url, None);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_url(url in ".*", rest in "[a-z./%0-9:\\\\]*") {
            for url in [url, format!("file:///{rest}")] {
                for style in [Style::Unix, Style::Windows] {
                    for part in parts(&url, style).unwrap_or_default() {
                        prop_assert!(!matches!(part.as_str(), "" | "." | "..") && !part.contains(['/', '\0']));
                    }
                }
            }
        }

        /// Whatever the file's name, its URL leads back to it.
        #[test]
        fn there_and_back(names in prop::collection::vec("[^/\0]{1,20}", 1..5)) {
            prop_assume!(!names.iter().any(|name| name == "." || name == ".."));
            let encoded = |name: &String| name.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
            let url = format!("file:///{}", names.iter().map(encoded).collect::<Vec<_>>().join("/"));
            prop_assert_eq!(parts(&url, Style::Unix), Some(names));
        }
    }
}
