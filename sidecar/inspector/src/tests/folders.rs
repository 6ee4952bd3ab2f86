//! Made-up extension folders below a root of their own: who is named, and in which words.

use crate::{Culprit, Extension, Frame, Stack, Who, culprit};
use proptest::prelude::*;
use std::fs;
use std::path::Path;

const OWN: &str = "lifeline-dev.lifeline";

/// A file system with these files in it.
fn world(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    root
}

fn installed() -> tempfile::TempDir {
    world(&[
        (
            "ext/acme.linter-1.4.2/package.json",
            r#"{"publisher": "acme", "name": "linter", "version": "1.4.2", "engines": {"vscode": "^1.90.0"},
            "displayName": "%name%", "bugs": {"url": "https://example.org/issues"}, "contributes": {"x": [1, 2]}}"#,
        ),
        ("ext/acme.linter-1.4.2/package.nls.json", r#"{"name": "Acme Linter"}"#),
        (
            "ext/acme.linter-1.4.2/node_modules/glob/package.json",
            r#"{"name": "glob", "version": "9.0.0", "engines": {"node": "*"}}"#,
        ),
        (
            "ext/lifeline-dev.lifeline-0.1.0/package.json",
            r#"{"publisher": "Lifeline-dev", "name": "lifeline", "version": "0.1.0", "engines": {"vscode": "*"}}"#,
        ),
        ("opt/code/product.json", r#"{"nameShort": "Code", "applicationName": "code"}"#),
        ("opt/code/package.json", r#"{"name": "Code", "version": "1.100.3"}"#),
        (
            "opt/code/extensions/git/package.json",
            r#"{"publisher": "vscode", "name": "git", "version": "1.0.0", "engines": {"vscode": "*"},
            "bugs": "https://example.org/git", "displayName": "Git"}"#,
        ),
    ])
}

fn frame(function: &str, url: &str, line: u32) -> Frame {
    Frame { function: function.into(), url: url.into(), line, column: 5 }
}

fn found(root: &Path, frames: &[(&str, &str, u32)]) -> Option<Culprit> {
    let frames = frames.iter().map(|&(function, url, line)| frame(function, url, line)).collect();
    culprit(&Stack { frames, left_open: false }, root, OWN)
}

#[track_caller]
fn check(frames: &[(&str, &str, u32)], expected: &str) {
    let root = installed();
    assert_eq!(found(root.path(), frames).map(|culprit| culprit.to_string()).unwrap_or_default(), expected);
}

const MAIN: &str = "file:///ext/acme.linter-1.4.2/main.js";
const GLOB: &str = "file:///ext/acme.linter-1.4.2/node_modules/glob/index.js";
const HOST: &str = "file:///opt/code/out/vs/workbench/api/node/extensionHostProcess.js";
const GIT: &str = "file:///opt/code/extensions/git/dist/main.js";
const DRILL: &str = "file:///ext/lifeline-dev.lifeline-0.1.0/dist/main.js";
const TIMERS: &str = "node:internal/timers";

#[test]
fn an_extension() {
    check(
        &[("scanAll", MAIN, 812), ("", TIMERS, 581)],
        "`acme.linter` 1.4.2 blocked the extension host in `scanAll`, main.js:812",
    );
    let root = installed();
    let culprit = found(root.path(), &[("scanAll", MAIN, 812)]).unwrap();
    let linter = Extension {
        id: "acme.linter".into(),
        version: "1.4.2".into(),
        display_name: Some("Acme Linter".into()),
        bugs_url: Some("https://example.org/issues".into()),
    };
    assert_eq!(culprit.extension(), Some(&linter));
    assert_eq!((culprit.who, culprit.column), (Who::Extension(linter), 5));
}

#[test]
fn its_dependencies_are_its_own() {
    check(
        &[("", GLOB, 7), ("match", GLOB, 3), ("scanAll", MAIN, 812)],
        "`acme.linter` 1.4.2 blocked the extension host in `match`, node_modules/glob/index.js:7",
    );
}

#[test]
fn the_extension_that_called_vs_code() {
    check(
        &[("existsSync", "node:fs", 1), ("deliver", HOST, 9), ("scanAll", MAIN, 812), ("activate", GIT, 1)],
        "`acme.linter` 1.4.2 blocked the extension host in `scanAll`, main.js:812",
    );
}

#[test]
fn one_that_comes_with_vs_code() {
    check(&[("blame", GIT, 4)], "`vscode.git` 1.0.0 blocked the extension host in `blame`, dist/main.js:4");
    let root = installed();
    let git = found(root.path(), &[("blame", GIT, 4)]).unwrap().extension().unwrap().clone();
    assert_eq!(git.display_name.as_deref(), Some("Git"));
    assert_eq!(git.bugs_url.as_deref(), Some("https://example.org/git"));
}

#[test]
fn a_name_is_borrowed_from_the_same_code_only() {
    check(
        &[("", MAIN, 812), ("deliver", HOST, 9), ("scanAll", MAIN, 20)],
        "`acme.linter` 1.4.2 blocked the extension host in `scanAll`, main.js:812",
    );
    check(
        &[("", MAIN, 812), ("deliver", HOST, 9)],
        "`acme.linter` 1.4.2 blocked the extension host in main.js:812",
    );
    check(
        &[("", "file:///a.js", 1), ("f", "file:///b.js", 2)],
        "Code of no extension blocked the extension host in /a.js:1",
    );
}

#[test]
fn nobody_but_the_editor() {
    check(
        &[("", TIMERS, 3), ("", "", 1), ("deliver", HOST, 9)],
        "VS Code itself blocked the extension host in `deliver`, out/vs/workbench/api/node/extensionHostProcess.js:9",
    );
}

#[test]
fn a_file_of_nobody() {
    check(
        &[("f", "file:///home/me/a%20b.js", 2)],
        "Code of no extension blocked the extension host in `f`, /home/me/a b.js:2",
    );
}

#[test]
fn a_drill() {
    let frames = [("deadlock", DRILL, 3)];
    check(&frames, "Lifeline's own drill blocked the extension host in `deadlock`, dist/main.js:3");
    let culprit = found(installed().path(), &frames).unwrap();
    assert!(matches!(&culprit.who, Who::Ourselves(own) if own.version == "0.1.0"));
    assert_eq!(culprit.extension(), None, "nobody is told to disable Lifeline for a drill");
}

#[test]
fn nothing_to_be_said() {
    check(&[], "");
    check(&[("f", TIMERS, 1), ("g", "", 1), ("h", "file://host/a.js", 1), ("i", "webpack:///a.js", 1)], "");
}

/// A manifest that says nothing, or too much, leaves the folder above to be asked.
#[test]
fn manifests_that_are_none() {
    let long = format!(
        r#"{{"publisher": "evil", "name": "x", "version": "1.0.0", "engines": {{"vscode": "*"}}, "y": "{}"}}"#,
        "y".repeat(1024 * 1024)
    );
    for manifest in [
        "",
        "[]",
        "{",
        r#"{"name": "x", "version": "1.0.0", "engines": {"vscode": "*"}}"#,
        r#"{"publisher": "evil", "name": "x", "version": "1.0.0"}"#,
        r#"{"publisher": "evil", "name": "x", "version": "1.0.0", "engines": {"vscode": 1}}"#,
        r#"{"publisher": "evil", "name": "../x", "version": "1.0.0", "engines": {"vscode": "*"}}"#,
        r#"{"publisher": "evil", "name": "x`\n", "version": "1.0.0", "engines": {"vscode": "*"}}"#,
        r#"{"publisher": "evil", "name": "x", "version": "1 ](command:x)", "engines": {"vscode": "*"}}"#,
        r#"{"publisher": ["evil"], "name": {"x": 1}, "version": 1.0, "engines": {"vscode": "*"}}"#,
        &long,
    ] {
        let root = installed();
        let folder = root.path().join("ext/acme.linter-1.4.2/lib");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("package.json"), manifest).unwrap();
        let culprit = found(root.path(), &[("f", "file:///ext/acme.linter-1.4.2/lib/x.js", 1)]).unwrap();
        assert_eq!(
            culprit.extension().map(|found| found.id.as_str()),
            Some("acme.linter"),
            "{manifest:.100}"
        );
    }
}

#[test]
fn what_an_extension_says_of_itself_is_made_harmless() {
    let said = |field: &str| {
        let manifest = format!(
            r#"{{"publisher": "a", "name": "b", "version": "1", "engines": {{"vscode": "*"}}, {field}}}"#
        );
        let root = world(&[("e/package.json", &manifest)]);
        found(root.path(), &[("f", "file:///e/x.js", 1)]).unwrap().extension().unwrap().clone()
    };
    for url in [
        r#""command:evil""#,
        r#""javascript:alert(1)""#,
        r#""https://""#,
        r#""https:///etc""#,
        r#""https://a/b c""#,
        r#""https://a/)[x](y""#,
        r#"{"url": 1}"#,
        r#"{"email": "a@example.org"}"#,
        "[[]]",
    ] {
        assert_eq!(said(&format!(r#""bugs": {url}"#)).bugs_url, None, "{url}");
    }
    assert_eq!(said(r#""displayName": "%no such key%""#).display_name, None);
    assert_eq!(said(r#""displayName": " ""#).display_name, None);
    assert_eq!(
        said(r#""displayName": "a\n`b`\u202e""#).display_name.as_deref(),
        Some("a\u{fffd}'b'\u{fffd}")
    );
    assert!(said(&format!(r#""displayName": "{}""#, "ü".repeat(1000))).display_name.unwrap().len() <= 80);
}

#[cfg(unix)]
#[test]
fn manifests_that_are_no_files() {
    let root = installed();
    let folder = root.path().join("ext/acme.linter-1.4.2/lib/a/b/c");
    fs::create_dir_all(folder.join("package.json")).unwrap();
    let fifo = folder.parent().unwrap().join("package.json");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let endless = folder.ancestors().nth(2).unwrap().join("package.json");
    std::os::unix::fs::symlink("/dev/zero", endless).unwrap();
    let culprit = found(root.path(), &[("f", "file:///ext/acme.linter-1.4.2/lib/a/b/c/x.js", 1)]).unwrap();
    assert_eq!(culprit.extension().map(|found| found.id.as_str()), Some("acme.linter"));
}

#[test]
fn too_deep_down() {
    let root = installed();
    let url = |folders| format!("file:///ext/acme.linter-1.4.2/{}x.js", "d/".repeat(folders));
    let who = |folders| found(root.path(), &[("f", &url(folders), 1)]).unwrap().who;
    assert!(matches!(who(11), Who::Extension(_)));
    assert_eq!(who(12), Who::Other);
}

#[test]
fn long_names_lose_their_beginning() {
    let url = format!("file:///{}/end.js", "ü".repeat(1000));
    let culprit = found(installed().path(), &[("f", &url, 1)]).unwrap();
    assert!(culprit.file.starts_with('…') && culprit.file.ends_with("ü/end.js") && culprit.file.len() <= 160);
}

proptest! {
    #[test]
    fn any_url(function in ".*", url in ".*", path in "[a-z./%0-9]*") {
        let root = installed();
        for url in [url, format!("file:///ext/acme.linter-1.4.2/{path}")] {
            if let Some(culprit) = found(root.path(), &[(&function, &url, 1)]) {
                prop_assert!(!culprit.to_string().contains(char::is_control) || function.contains(char::is_control));
            }
        }
    }
}
