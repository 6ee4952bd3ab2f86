//! What is seen of a machine below a folder, and of whatever lies in the way there.

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use rustix::fs::{CWD, Mode, mkfifoat};

use super::*;
use crate::look::{self, Asked};

/// A machine of its own below a folder.
fn asked(root: &Path, variable: fn(&str) -> Option<OsString>) -> Asked {
    Asked {
        variable,
        root: root.join("root"),
        folder: root.join("project"),
        state_dir: root.join("state"),
        relay_file: root.join("state/relay.json"),
        relay_taken_file: root.join("state/relay-settings.json"),
        editor: Editor { settings_file: Some(root.join("editor.json")), ..Editor::default() },
        lifeline_version: "0.1.0".into(),
        now_unix_ms: NOW_MS,
    }
}

fn write(path: PathBuf, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn whatever_lies_in_the_way_is_told_and_nothing_hangs() {
    type Make = fn(&Path);
    let hostile: [(&str, Make); 6] = [
        ("binary", |path| fs::write(path, [0, 159, 146, 150]).unwrap()),
        ("huge", |path| fs::File::create(path).unwrap().set_len(1 << 40).unwrap()),
        ("pipe", |path| mkfifoat(CWD, path, Mode::RWXU).unwrap()),
        ("folder", |path| fs::create_dir(path).unwrap()),
        ("loop", |path| symlink(path, path).unwrap()),
        ("device", |path| symlink("/dev/zero", path).unwrap()),
    ];
    for (what, make) in hostile {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        let paths = [
            "project/.claude/settings.json",
            "project/.claude/settings.local.json",
            "project/CLAUDE.md",
            "editor.json",
            "state/doctor/offered",
            "state/relay.json",
            "state/relay-settings.json",
            "root/proc/net/dev",
            "root/proc/net/if_inet6",
            "root/proc/net/ipv6_route",
            "root/proc/sys/fs/inotify/max_user_watches",
            "root/proc/sys/fs/inotify/max_user_instances",
            "root/etc/resolv.conf",
            "root/etc/systemd/logind.conf",
            "root/sys/class/net/wg0/flags",
        ];
        for path in paths {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            make(&at(path));
        }
        let facts = look::look(&asked(root.path(), |_| None), Daemon::Absent("There is none.".into()));
        let report = examine(&facts, &names()).report();
        let unreadable = report.findings.iter().filter(|finding| finding.id.ends_with("settings-unreadable"));
        assert_eq!(unreadable.count(), 3, "{what}: {report:#?}");
        let state = |id: &str| report.checks.iter().find(|check| check.id == id).map(|check| check.state);
        assert_eq!(state("claude-md"), Some(State::Unknown), "{what}");
        assert_eq!(state("suspend"), Some(State::Unknown), "{what}");
        assert_eq!(state("relay"), Some(State::Unknown), "{what}");
    }
}

#[test]
fn what_is_set_is_seen() {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    write(at("project/.claude/settings.json"), "{ \"env\": { \"API_TIMEOUT_MS\": \"5\" } }");
    write(at("project/.claude/settings.local.json"), "{");
    write(at("editor.json"), "{ \"http.proxy\": \"http://h:1\" }");
    write(at("root/proc/net/dev"), "");
    write(at("root/proc/net/if_inet6"), "20010db8000000000000000000000001 02 40 00 80 eth0\n");
    write(at("root/sys/class/net/wg0/flags"), "0x1\n");
    write(at("root/sys/class/net/wg1/flags"), "0x0\n");
    write(at("root/sys/class/net/tun-acme/flags"), "0x1003\n");
    write(at("root/etc/systemd/logind.conf"), "[Login]\nIdleAction=ignore\n");
    write(at("root/etc/systemd/logind.conf.d/power.conf"), "[Login]\n#IdleAction=lock\nIdleAction=suspend\n");
    write(at("root/proc/sys/fs/inotify/max_user_watches"), "10\n");
    write(at("root/proc/sys/fs/inotify/max_user_instances"), "128\n");
    fs::create_dir_all(at("root/proc/7/fd")).unwrap();
    symlink("anon_inode:inotify", at("root/proc/7/fd/3")).unwrap();
    write(at("root/proc/7/fdinfo/3"), &("pos:\t0\n".to_owned() + &"inotify wd:1 ino:2\n".repeat(9)));
    let facts = look::look(&asked(root.path(), |_| None), Daemon::Running(running()));
    let report = examine(&facts, &names()).report();
    let mut ids: Vec<&str> = report.findings.iter().map(|finding| finding.id).collect();
    // Of the machine that the tests run on.
    ids.retain(|id| !["memory-low", "disk-low"].contains(id));
    ids.sort_unstable();
    assert_eq!(
        ids,
        [
            "claude-md-prevention",
            "dns-no-resolver",
            "editor-no-proxy-loopback",
            "inotify-low",
            "ipv6-no-route",
            "settings-unreadable",
            "suspend-when-idle",
            "timeout",
            "vpn-up",
        ]
    );
    let vpn = report.findings.iter().find(|finding| finding.id == "vpn-up").unwrap();
    assert_eq!(vpn.detail, "tun…, wg0.");
}

#[test]
fn programs_are_told_by_their_files_alone() {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    let program = |path: &str| {
        write(at(path), "exit 1");
        fs::set_permissions(at(path), PermissionsExt::from_mode(0o755)).unwrap();
    };
    write(
        at("npm/claude-code/package.json"),
        r#"{"name":"@anthropic-ai/claude-code","version":"1.0.88","engines":{"node":">=18.0.0"}}"#,
    );
    program("npm/claude-code/cli.js");
    program("share/claude/versions/2.1.114");
    program("vscode/bin/code");
    write(at("vscode/product.json"), r#"{"version":"1.84.0"}"#);
    program("node/v16.20.0/bin/node");
    for (link, to) in [
        ("a/claude", "npm/claude-code/cli.js"),
        ("b/claude", "share/claude/versions/2.1.114"),
        ("c/claude", "npm/claude-code/cli.js"),
        ("a/code", "vscode/bin/code"),
        ("a/node", "node/v16.20.0/bin/node"),
    ] {
        fs::create_dir_all(at(link).parent().unwrap()).unwrap();
        symlink(at(to), at(link)).unwrap();
    }
    write(
        at("home/.vscode/extensions/anthropic.claude-code-1.0.33/package.json"),
        r#"{"version":"1.0.33","engines":{"vscode":"^1.80.0"}}"#,
    );
    write(
        at("home/.vscode/extensions/anthropic.claude-code-1.0.88/package.json"),
        r#"{"version":"1.0.88","engines":{"vscode":"^1.94.0"}}"#,
    );
    thread_local! { static ROOT: std::cell::RefCell<PathBuf> = std::cell::RefCell::default(); }
    ROOT.set(root.path().to_owned());
    let mut asked = asked(root.path(), |name| {
        let root = ROOT.with_borrow(Clone::clone);
        match name {
            "PATH" => std::env::join_paths(["a", "b", "c"].map(|folder| root.join(folder))).ok(),
            "HOME" => Some(root.join("home").into()),
            _ => None,
        }
    });
    let installs = look::look(&asked, Daemon::Running(running())).installs.unwrap();
    let versions: Vec<_> =
        installs.clis.iter().map(|cli| (cli.version.as_deref(), cli.node.as_deref())).collect();
    assert_eq!(versions, [(Some("1.0.88"), Some(">=18.0.0")), (Some("2.1.114"), None)]);
    assert_eq!(installs.node.and_then(|node| node.1).as_deref(), Some("16.20.0"));
    assert_eq!(
        installs
            .editors
            .iter()
            .map(|editor| (editor.editor.as_str(), editor.version.as_str()))
            .collect::<Vec<_>>(),
        [("VS Code", "1.84.0")]
    );
    assert_eq!(
        installs
            .extensions
            .iter()
            .map(|found| (found.version.as_str(), found.engine.as_deref()))
            .collect::<Vec<_>>(),
        [("1.0.88", Some("^1.94.0"))]
    );
    // What the editor tells counts more than what lies about.
    asked.editor = Editor::of(&serde_json::from_str(r#"{"name":"Cursor","version":"1.99.3","claudeCode":{"version":"2.0.1","engine":"^1.94.0","path":"/x"},"more":1}"#).unwrap());
    let installs = look::look(&asked, Daemon::Running(running())).installs.unwrap();
    assert_eq!(installs.editors.iter().map(|editor| editor.version.as_str()).collect::<Vec<_>>(), ["1.99.3"]);
    assert_eq!(installs.extensions[0].version, "2.0.1");
}

#[test]
fn large_sessions_and_open_folders_are_seen() {
    let root = tempfile::tempdir().unwrap();
    thread_local! { static ROOT: std::cell::RefCell<PathBuf> = std::cell::RefCell::default(); }
    ROOT.set(root.path().to_owned());
    let config = root.path().join("config");
    let session = config.join("projects/-a/77baf6cb-0ea0-492d-9e1d-0a272e071b6c.jsonl");
    let old = config.join("projects/-a/87baf6cb-0ea0-492d-9e1d-0a272e071b6c.jsonl");
    let agent = config.join("projects/-a/77baf6cb-0ea0-492d-9e1d-0a272e071b6c/subagents/agent-1.jsonl");
    let now = UNIX_EPOCH + Duration::from_millis(NOW_MS);
    for (path, age) in [(&session, 1), (&old, 8 * 24 * 3600), (&agent, 1)] {
        write(path.clone(), "");
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_len(9_000_000).unwrap();
        file.set_modified(now - Duration::from_secs(age)).unwrap();
    }
    fs::set_permissions(root.path(), PermissionsExt::from_mode(0o755)).unwrap();
    fs::set_permissions(&config, PermissionsExt::from_mode(0o777)).unwrap();
    let asked = asked(root.path(), |name| {
        (name == "CLAUDE_CONFIG_DIR").then(|| ROOT.with_borrow(|root| root.join("config").into()))
    });
    let facts = look::look(&asked, Daemon::Running(running()));
    let sessions = facts.sessions.as_ref().unwrap();
    assert_eq!(sessions.large.iter().map(|large| &large.id[..8]).collect::<Vec<_>>(), ["77baf6cb"]);
    assert_eq!(sessions.ahead_ms, 0);
    assert!(
        facts
            .folders
            .as_ref()
            .unwrap()
            .iter()
            .any(|folder| folder.path == config && folder.others_can_write && folder.is_writable)
    );
    fs::set_permissions(root.path(), PermissionsExt::from_mode(0o700)).unwrap();
    let facts = look::look(&asked, Daemon::Running(running()));
    assert!(!facts.folders.unwrap()[0].others_can_write, "nobody gets there");
}

#[test]
fn a_relay_that_is_gone_is_taken_out_of_the_settings_again() {
    let root = tempfile::tempdir().unwrap();
    thread_local! { static ROOT: std::cell::RefCell<PathBuf> = std::cell::RefCell::default(); }
    ROOT.set(root.path().to_owned());
    let at = |path: &str| root.path().join(path);
    let asked = asked(root.path(), |name| {
        (name == "CLAUDE_CONFIG_DIR").then(|| ROOT.with_borrow(|root| root.join("config").into()))
    });
    let file = at("config/settings.json");
    let before = "{ \"model\": \"opus\" }\n";
    write(file.clone(), before);
    let ours = [("HTTPS_PROXY", "http://127.0.0.1:20001"), ("NO_PROXY", "localhost,127.0.0.1,::1")];
    let (change, mut taken) =
        crate::variables::set(&file, &ours.map(|(name, value)| (name.into(), value.into()))).unwrap();
    write(at("state/relay.json"), r#"{"mode":"tunnel","port":20001,"more":{}}"#);
    taken.backup = change.carry_out(&at("state"), 1).unwrap();
    write(at("state/relay-settings.json"), &serde_json::to_string(&taken).unwrap());

    let facts = look::look(&asked, Daemon::Absent("There is none.".into()));
    let examined = examine(&facts, &names());
    let plan = examined.offering("relay-dead:HTTPS_PROXY").and_then(|draft| draft.plan.clone()).unwrap();
    let change = plan.change().unwrap();
    assert_eq!(change.after.as_deref(), Some(before));
    plan.carry_out(&change, &at("state"), 2).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    assert!(!at("state/relay-settings.json").exists(), "nothing is set any more");
    let facts = look::look(&asked, Daemon::Absent("There is none.".into()));
    assert!(examine(&facts, &names()).offering("relay-dead:HTTPS_PROXY").is_none());
}
