//! What a change changes, for people: one hunk with three lines around it. What may be a secret is not shown.

use crate::names::is_secret;

/// Lines around a change.
const CONTEXT: usize = 3;

/// The lines that differ, as `diff -u` writes them; empty when none do.
pub fn unified(file: &str, before: Option<&str>, after: Option<&str>) -> String {
    let old: Vec<&str> = before.unwrap_or_default().lines().collect();
    let new: Vec<&str> = after.unwrap_or_default().lines().collect();
    let same_start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let at_most = old.len().min(new.len()) - same_start;
    let pairs = old.iter().rev().zip(new.iter().rev());
    let same_end = pairs.take(at_most).take_while(|(old, new)| old == new).count();
    if same_start + same_end == old.len() && old.len() == new.len() {
        return String::new();
    }
    let from = same_start.saturating_sub(CONTEXT);
    let (old_end, new_end) = (old.len() - same_end, new.len() - same_end);
    let shown_end = same_end.min(CONTEXT);
    let name = |text: Option<&str>| if text.is_some() { file } else { "/dev/null" };
    let range = |length: usize| format!("{},{length}", if length == 0 { 0 } else { from + 1 });
    let mut told = format!(
        "--- {}\n+++ {}\n@@ -{} +{} @@\n",
        name(before),
        name(after),
        range(old_end + shown_end - from),
        range(new_end + shown_end - from)
    );
    let mut tell = |mark: char, lines: &[&str]| {
        for line in lines {
            told.push(mark);
            told.push_str(&shown(line));
            told.push('\n');
        }
    };
    tell(' ', &old[from..same_start]);
    tell('-', &old[same_start..old_end]);
    tell('+', &new[same_start..new_end]);
    tell(' ', &old[old_end..old_end + shown_end]);
    told
}

/// A line without what may be a secret.
fn shown(line: &str) -> String {
    match line.split_once(':') {
        Some((name, _)) if is_secret(name) => format!("{name}: …"),
        _ if is_secret(line) => "…".into(),
        _ => without_logins(line),
    }
}

/// Addresses without who logs in to them.
fn without_logins(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(before);
        let end = after.find(['"', ' ', ',']).unwrap_or(after.len());
        match after[..end].rfind('@') {
            Some(login) => {
                shown.push('…');
                rest = &after[login..];
            }
            None => rest = after,
        }
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_shown_with_what_stands_around() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n";
        assert_eq!(
            unified("f", Some(before), Some(&before.replace('5', "five"))),
            "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
        );
        assert_eq!(unified("f", None, Some("a\nb\n")), "--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n");
        assert_eq!(unified("f", Some("a\n"), None), "--- f\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n");
        assert_eq!(
            unified("f", Some("a\na\n"), Some("a\na\na\n")),
            "--- f\n+++ f\n@@ -1,2 +1,3 @@\n a\n a\n+a\n"
        );
        assert_eq!(unified("f", Some(before), Some(before)), "");
    }

    #[test]
    fn secrets_are_not_shown() {
        let before = "{\n  \"ANTHROPIC_API_KEY\": \"sk-1\",\n  \"env\": { \"MY_TOKEN\": \"s2\" },\n  \"p\": \"http://u:pw@h:1\"\n}";
        let told = unified("f", Some(before), Some(&before.replace("\n}", ",\n  \"x\": 1\n}")));
        for secret in ["sk-1", "s2", "pw"] {
            assert!(!told.contains(secret), "{told}");
        }
        assert!(told.contains("http://…@h:1"), "{told}");
    }
}
