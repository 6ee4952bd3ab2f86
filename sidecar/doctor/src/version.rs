//! Versions as `package.json` writes them, and what an engine demands of them.

/// Major, minor, patch. What follows (`-insider`) does not count.
pub(crate) type Version = (u32, u32, u32);

/// The first three numbers of a text that begins with a digit, a `v` aside.
pub(crate) fn version(text: &str) -> Option<Version> {
    let mut parts = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
    let mut number = || {
        let part = parts.next()?;
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        part[..digits].parse().ok()
    };
    Some((number()?, number()?, number()?))
}

/// The least version that satisfies `^1.94.0`, `>=18.0.0`, `~1.2`, `18.x`; none when any does.
pub(crate) fn least(engine: &str) -> Option<Version> {
    let numbers = engine.trim_start_matches(['^', '~', '>', '=', 'v', ' ']);
    let end =
        numbers.find(|char: char| !char.is_ascii_alphanumeric() && char != '.').unwrap_or(numbers.len());
    let mut parts = numbers[..end].split('.').map(|part| part.parse().unwrap_or(0));
    let least = (parts.next()?, parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    (least != (0, 0, 0)).then_some(least)
}

/// A version that stands alone in a part of a path: `node/v20.11.1/bin`, `versions/2.1.114`.
pub(crate) fn in_path(path: &std::path::Path) -> Option<String> {
    path.components().rev().find_map(|component| {
        let name = component.as_os_str().to_str()?;
        let name = name.strip_prefix('v').unwrap_or(name);
        let is_plain =
            name.split('.').count() == 3 && name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        (is_plain && version(name).is_some()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn versions_and_engines() {
        for (text, read) in [
            ("1.100.3", Some((1, 100, 3))),
            ("v20.11.1", Some((20, 11, 1))),
            ("1.101.0-insider", Some((1, 101, 0))),
            ("1.0", None),
            ("", None),
            ("x.y.z", None),
            ("99999999999.0.0", None),
        ] {
            assert_eq!(version(text), read, "{text}");
        }
        for (engine, demanded) in [
            ("^1.94.0", Some((1, 94, 0))),
            (">=18.0.0", Some((18, 0, 0))),
            (">= 18", Some((18, 0, 0))),
            ("18.x || >=20", Some((18, 0, 0))),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(least(engine), demanded, "{engine}");
        }
        assert!(version("1.9.0") < version("1.94.0"));
    }

    #[test]
    fn a_version_in_a_path_is_the_last_part_that_is_one() {
        for (path, found) in [
            ("/home/a/.nvm/versions/node/v20.11.1/bin/node", Some("20.11.1")),
            ("/home/a/.local/share/claude/versions/2.1.114", Some("2.1.114")),
            ("/usr/bin/node", None),
            ("/opt/1.2/node", None),
        ] {
            assert_eq!(in_path(Path::new(path)).as_deref(), found, "{path}");
        }
    }
}
