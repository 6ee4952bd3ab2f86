//! Each fault seen by its check, and a healthy machine about which nothing is said.

#[cfg(unix)]
mod looking;
mod relay;
mod told;

use std::{
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use lifeline_bridge::{Lock, Problem, ProblemKind};
use lifeline_platform::Memory;

use crate::{Names, RepairKind, Severity, State, checks::examine, contract::Report, facts::*};

const NOW_MS: u64 = 1_800_000_000_000;
const CONFIG: &str = "/home/ann/.claude";
const FOLDER: &str = "/home/ann/work/acme";

fn names() -> Names {
    Names { plain: false, home: Some("/home/ann".into()), folder: Some(FOLDER.into()) }
}

fn settings(path: &str, text: &str) -> SettingsFile {
    let scope = if path.starts_with(CONFIG) { Scope::User } else { Scope::Project };
    SettingsFile::new(path.into(), scope, Ok(Some(text.into())))
}

fn lock(port: u16) -> SeenLock {
    SeenLock {
        lock: Lock {
            port,
            pid: Some(7),
            workspace_folders: vec![FOLDER.into()],
            ide_name: Some("Visual Studio Code".into()),
            transport: Some("ws".into()),
            running_in_windows: false,
            has_token: true,
            modified: Some(UNIX_EPOCH + Duration::from_millis(NOW_MS - 3_600_000)),
        },
        path: format!("{CONFIG}/ide/{port}.lock").into(),
        is_listening: true,
        others_can_read: false,
    }
}

/// A machine with nothing wrong, and with something to look at for every check.
fn healthy() -> Facts {
    let install = |engine: Option<&str>| Install {
        editor: "VS Code".into(),
        version: if engine.is_some() { "2.1.114" } else { "1.100.3" }.into(),
        engine: engine.map(str::to_owned),
    };
    Facts {
        lifeline_version: "0.1.0".into(),
        now_unix_ms: NOW_MS,
        variables: [
            ("HTTPS_PROXY", "http://ann:pw@proxy.acme.example:3128"),
            ("NO_PROXY", "localhost,127.0.0.1"),
            ("CLAUDE_CODE_SSE_PORT", "40001"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        editor: Editor::default(),
        settings: Ok(vec![settings(
            &format!("{CONFIG}/settings.json"),
            "{\n  \"env\": { \"API_TIMEOUT_MS\": \"600000\" }\n}\n",
        )]),
        editor_settings: Ok(vec![settings("/home/ann/.config/Code/User/settings.json", "{ // mine\n}")]),
        notes: Ok(Some(Notes {
            path: format!("{FOLDER}/CLAUDE.md").into(),
            content: Ok(Some(format!("{}\n", crate::repair::SECTION_BEGIN))),
            was_offered: false,
        })),
        locks: Ok(LockFacts {
            folders: vec![format!("{CONFIG}/ide").into()],
            locks: vec![lock(40001)],
            problems: vec![],
            sse_port: Some((40001, true)),
        }),
        installs: Ok(Installs {
            editors: vec![install(None)],
            extensions: vec![install(Some("^1.94.0"))],
            clis: vec![Cli {
                path: "/home/ann/.local/bin/claude".into(),
                version: Some("2.1.114".into()),
                node: Some(">=18.0.0".into()),
            }],
            node: Some(("/usr/bin/node".into(), Some("20.11.1".into()))),
        }),
        sessions: Ok(Sessions::default()),
        memory: Ok(Some(Memory {
            total_bytes: 16_000_000_000,
            available_bytes: 8_000_000_000,
            swap_total_bytes: 0,
            swap_free_bytes: 0,
            level: None,
        })),
        disks: vec![Disk {
            what: "Lifeline's state",
            path: "/home/ann/.local/state/lifeline".into(),
            free_bytes: Ok(50_000_000_000),
        }],
        inotify: Ok(Some(Inotify {
            watches_used: 10,
            watches_at_most: 65_536,
            instances_used: 3,
            instances_at_most: 128,
        })),
        folders: Ok(vec![FolderFacts {
            what: "Claude Code's folder",
            path: CONFIG.into(),
            is_writable: true,
            others_can_write: false,
            is_private: true,
        }]),
        network: Ok(Some(Network {
            has_ipv6_address: true,
            has_ipv6_route: true,
            vpn: vec![],
            resolvers: Ok(1),
        })),
        idle_action: Ok(Some("ignore".into())),
        relay: Ok(RelayFacts::default()),
        daemon: Daemon::Running(running()),
    }
}

fn running() -> Running {
    Running {
        version: "0.1.0".into(),
        answered_after_ms: 12,
        cannot_save: None,
        last_drill: Some(Drill { unix_ms: NOW_MS - 1000, passed: true }),
        left_behind: Ok(LeftBehind::default()),
        silent_ports: vec![],
        relay: Some(RelayNow { is_on: false, is_listening: false, problem: None }),
    }
}

fn with(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = healthy();
    change(&mut facts);
    facts
}

fn report(facts: &Facts) -> Report {
    examine(facts, &names()).report()
}

/// That exactly this is found, by this check, and how bad it is.
#[track_caller]
fn found(check: &str, id: &str, severity: Severity, facts: &Facts) -> crate::Finding {
    let report = report(facts);
    let ids: Vec<&str> = report.findings.iter().map(|finding| finding.id).collect();
    assert_eq!(ids, [id], "{report:#?}");
    let by: Vec<&str> =
        report.checks.iter().filter(|check| check.state == State::Found).map(|check| check.id).collect();
    assert_eq!(by, [check]);
    let finding = report.findings[0].clone();
    assert_eq!(finding.severity, severity);
    assert!(
        finding.title.ends_with('.') && !finding.detail.is_empty() && !finding.fix.is_empty(),
        "{finding:#?}"
    );
    assert!(!finding.why.is_empty() && !finding.source.is_empty(), "{finding:#?}");
    assert_eq!(report.is_well(), severity == Severity::Hint);
    finding
}

fn ok<T>(seen: &mut Result<T, String>) -> &mut T {
    seen.as_mut().expect("a healthy machine tells")
}

fn some<T>(seen: &mut Result<Option<T>, String>) -> &mut T {
    ok(seen).as_mut().expect("a healthy machine has it")
}

fn set(facts: &mut Facts, name: &str, value: &str) {
    facts.variables.retain(|(known, _)| known != name);
    facts.variables.push((name.into(), value.into()));
}

fn daemon(facts: &mut Facts) -> &mut Running {
    match &mut facts.daemon {
        Daemon::Running(running) => running,
        _ => panic!("a healthy machine has one"),
    }
}

use Severity::{Error, Hint, Warning};

#[test]
fn nothing_is_said_of_a_healthy_machine() {
    let report = report(&healthy());
    assert_eq!(report.findings, []);
    assert!(report.checks.iter().all(|check| check.state == State::Ok), "{:#?}", report.checks);
    assert!(report.is_well());
}

#[test]
fn a_proxy_without_an_exception_for_the_loopback() {
    let finding = found(
        "no-proxy",
        "no-proxy-loopback",
        Warning,
        &with(|facts| facts.variables.retain(|(name, _)| name != "NO_PROXY")),
    );
    let repair = finding.repair.expect("the user's settings can be changed");
    assert_eq!((repair.id.as_str(), repair.kind), ("no-proxy-loopback:NO_PROXY", RepairKind::Edit));
    assert_eq!(repair.file.as_deref(), Some("~/.claude/settings.json"));
    // Node looks at the small one first: one that is right is not enough.
    let finding = found(
        "no-proxy",
        "no-proxy-loopback",
        Warning,
        &with(|facts| set(facts, "no_proxy", "intranet.acme.example")),
    );
    assert!(finding.title.contains("no_proxy does not except 127.0.0.1"), "{}", finding.title);
    found("no-proxy", "no-proxy-loopback", Hint, &with(|facts| set(facts, "NO_PROXY", "127.0.0.1")));
    // Claude Code's own settings win, and that is where it is told.
    let finding = found(
        "no-proxy",
        "no-proxy-loopback",
        Warning,
        &with(|facts| {
            facts.settings = Ok(vec![settings(
                &format!("{FOLDER}/.claude/settings.json"),
                "{ \"env\": {\n  \"NO_PROXY\": \"a\" } }",
            )]);
        }),
    );
    let place = finding.place.expect("it stands in a file");
    assert_eq!(
        (place.file.as_str(), place.line, place.column, place.end_column),
        ("<project>/.claude/settings.json", 2, 15, 18)
    );
}

#[test]
fn a_proxy_of_the_editor_without_an_exception() {
    let finding = found(
        "no-proxy",
        "editor-no-proxy-loopback",
        Hint,
        &with(|facts| {
            facts.editor_settings = Ok(vec![settings(
                "/home/ann/.config/Code/User/settings.json",
                "{\n\t\"http.proxy\": \"http://h:1\"\n}",
            )]);
        }),
    );
    let repair = finding.repair.expect("the editor can");
    assert_eq!(repair.kind, RepairKind::Setting);
    assert_eq!(
        repair.setting.expect("nothing to hide").value,
        serde_json::json!(["localhost", "127.0.0.1", "::1"])
    );
    assert_eq!(finding.place.map(|place| (place.line, place.column)), Some((2, 2)));
}

#[test]
fn a_terminal_whose_editor_is_gone() {
    found(
        "sse-port",
        "sse-port-dead",
        Warning,
        &with(|facts| ok(&mut facts.locks).sse_port = Some((40001, false))),
    );
    found(
        "sse-port",
        "sse-port-without-lock",
        Warning,
        &with(|facts| ok(&mut facts.locks).sse_port = Some((40002, true))),
    );
    found(
        "sse-port",
        "sse-port-malformed",
        Warning,
        &with(|facts| {
            set(facts, "CLAUDE_CODE_SSE_PORT", "99999");
            ok(&mut facts.locks).sse_port = None;
        }),
    );
    // From a window: what its host inherited, whatever the program that looks was given.
    found(
        "sse-port",
        "sse-port-dead",
        Warning,
        &with(|facts| {
            let env = serde_json::json!({ "env": { "CLAUDE_CODE_SSE_PORT": "40009" } });
            facts.editor = Editor::of(&env);
            set(facts, "CLAUDE_CODE_SSE_PORT", "40001");
            ok(&mut facts.locks).sse_port = Some((40009, false));
        }),
    );
}

#[test]
fn locks_that_lie() {
    let finding = found(
        "locks",
        "stale-lock",
        Warning,
        &with(|facts| {
            ok(&mut facts.locks).locks.push(SeenLock { is_listening: false, ..lock(40002) });
        }),
    );
    let repair = finding.repair.expect("it can go");
    assert_eq!((repair.id.as_str(), repair.kind), ("stale-lock:40002", RepairKind::RemoveFile));
    // What the daemon would leave alone.
    for change in [
        (|lock: &mut Lock| lock.modified = Some(UNIX_EPOCH + Duration::from_millis(NOW_MS - 59_000)))
            as fn(&mut Lock),
        |lock| lock.running_in_windows = true,
        |lock| lock.modified = None,
    ] {
        let mut young = SeenLock { is_listening: false, ..lock(40002) };
        change(&mut young.lock);
        let facts = with(|facts| ok(&mut facts.locks).locks.push(young));
        assert_eq!(report(&facts).findings, []);
    }
    found(
        "locks",
        "lock-without-token",
        Warning,
        &with(|facts| ok(&mut facts.locks).locks[0].lock.has_token = false),
    );
    found(
        "locks",
        "lock-readable",
        Hint,
        &with(|facts| ok(&mut facts.locks).locks[0].others_can_read = true),
    );
    found("locks", "socket-silent", Error, &with(|facts| daemon(facts).silent_ports = vec![40001]));
    for (kind, severity) in [(ProblemKind::NoJson, Warning), (ProblemKind::ForeignOwner, Error)] {
        let problem = Problem { file_name: "40003.lock".into(), kind };
        found("locks", "lock-problem", severity, &with(|facts| ok(&mut facts.locks).problems.push(problem)));
    }
}

#[test]
fn settings_that_cannot_be_read() {
    let project = format!("{FOLDER}/.claude/settings.local.json");
    let with_file = |file| with(|facts| ok(&mut facts.settings).insert(0, file));
    for (text, severity, place) in [
        ("{\n  \"a\": 1\n  \"b\": 2\n}", Error, (3, 3)),
        ("{\n  \"a\": [1,\n", Error, (3, 1)),
        ("{} // why", Warning, (1, 4)),
        ("{\"a\": 1,}", Warning, (1, 8)),
        ("[]", Error, (1, 1)),
    ] {
        let finding =
            found("settings-json", "settings-unreadable", severity, &with_file(settings(&project, text)));
        assert_eq!(finding.place.map(|place| (place.line, place.column)), Some(place), "{text}");
    }
    let unusable = SettingsFile::new(project.into(), Scope::Project, Err("is no text in UTF-8".into()));
    found("settings-json", "settings-unreadable", Error, &with_file(unusable));
    let absent = SettingsFile::new("/x".into(), Scope::Project, Ok(None));
    assert_eq!(report(&with_file(absent)).findings, []);
    found(
        "editor-settings",
        "editor-settings-unreadable",
        Error,
        &with(|facts| ok(&mut facts.editor_settings)[0] = settings("/x", "{")),
    );
}

#[test]
fn timeouts_that_make_no_sense_and_which_one_counts() {
    let users = format!("{CONFIG}/settings.json");
    let finding = found(
        "timeouts",
        "timeout",
        Warning,
        &with(|facts| {
            facts.settings = Ok(vec![settings(&users, "{ \"env\": { \"API_TIMEOUT_MS\": 5000 } }")]);
        }),
    );
    assert!(finding.detail.contains("“5000” (in ~/.claude/settings.json)"), "{}", finding.detail);
    assert_eq!(finding.repair.map(|repair| repair.id).as_deref(), Some("timeout:API_TIMEOUT_MS"));
    assert_eq!(finding.place.map(|place| (place.line, place.column)), Some((1, 30)));
    // The administrator's word is not ours to change.
    let managed = with(|facts| {
        let file =
            settings("/etc/claude-code/managed-settings.json", "{ \"env\": { \"API_TIMEOUT_MS\": \"5\" } }");
        facts.settings = Ok(vec![SettingsFile { scope: Scope::Managed, ..file }]);
    });
    assert_eq!(found("timeouts", "timeout", Warning, &managed).repair, None);
    // What is inherited is wrong: the user's own settings win over it.
    let finding =
        found("timeouts", "timeout", Warning, &with(|facts| set(facts, "CLAUDE_CODE_MAX_RETRIES", "0")));
    assert_eq!(finding.repair.and_then(|repair| repair.file).as_deref(), Some("~/.claude/settings.json"));
    // The environment has another value, and Claude Code's settings win.
    let finding =
        found("timeouts", "timeout-shadowed", Hint, &with(|facts| set(facts, "API_TIMEOUT_MS", "5000")));
    assert!(
        finding.detail.starts_with("“600000” (in ~/.claude/settings.json) counts;"),
        "{}",
        finding.detail
    );
    // A setting of the editor may stand beside secrets: it is not changed.
    let finding = found(
        "timeouts",
        "timeout",
        Hint,
        &with(|facts| {
            let list = serde_json::json!([{ "name": "CLAUDE_CODE_MAX_RETRIES", "value": "99" }, { "name": "K", "value": "s" }]);
            facts.editor.settings.insert("claudeCode.environmentVariables".into(), list);
        }),
    );
    assert_eq!(finding.repair, None);
    found(
        "timeouts",
        "timeout",
        Hint,
        &with(|facts| {
            facts.editor.env =
                serde_json::json!({ "CLAUDE_ENABLE_STREAM_WATCHDOG": "0" }).as_object().cloned();
        }),
    );
}

#[test]
fn versions_that_do_not_fit() {
    let change = |change: fn(&mut Installs)| with(|facts| change(ok(&mut facts.installs)));
    found(
        "versions",
        "editor-too-old",
        Error,
        &change(|installs| installs.editors[0].version = "1.84.2".into()),
    );
    found(
        "versions",
        "editor-below-engine",
        Error,
        &change(|installs| installs.editors[0].version = "1.93.9".into()),
    );
    found(
        "versions",
        "cli-differs",
        Hint,
        &change(|installs| installs.extensions[0].version = "2.1.100".into()),
    );
    found(
        "versions",
        "cli-differs",
        Warning,
        &change(|installs| installs.extensions[0].version = "1.0.88".into()),
    );
    found(
        "versions",
        "several-clis",
        Warning,
        &change(|installs| {
            installs.clis.push(Cli {
                path: "/usr/local/bin/claude".into(),
                version: Some("1.0.88".into()),
                node: None,
            });
        }),
    );
    found(
        "versions",
        "node-too-old",
        Error,
        &change(|installs| installs.node = Some(("/usr/bin/node".into(), Some("16.20.0".into())))),
    );
    found("versions", "node-too-old", Error, &change(|installs| installs.node = None));
    assert_eq!(
        report(&change(|installs| *installs = Installs::default())).findings,
        [],
        "nothing is installed"
    );
    // Twice the same.
    assert_eq!(report(&change(|installs| installs.clis.push(installs.clis[0].clone()))).findings, []);
}

#[test]
fn what_the_machine_lacks() {
    found(
        "session-size",
        "session-large",
        Hint,
        &with(|facts| {
            let large = LargeSession {
                id: "77baf6cb-0ea0".into(),
                project: "-home-ann-work-acme".into(),
                bytes: 9_100_000,
            };
            ok(&mut facts.sessions).large.push(large);
        }),
    );
    found(
        "memory",
        "memory-low",
        Warning,
        &with(|facts| some(&mut facts.memory).available_bytes = 1_000_000_000),
    );
    for (free, severity) in [(99_000_000, Error), (900_000_000, Warning)] {
        found("disk", "disk-low", severity, &with(|facts| facts.disks[0].free_bytes = Ok(free)));
    }
    found("inotify", "inotify-low", Warning, &with(|facts| some(&mut facts.inotify).watches_used = 65_000));
    found("inotify", "inotify-low", Warning, &with(|facts| some(&mut facts.inotify).instances_used = 128));
    found(
        "permissions",
        "folder-not-writable",
        Error,
        &with(|facts| ok(&mut facts.folders)[0].is_writable = false),
    );
    found(
        "permissions",
        "folder-open",
        Warning,
        &with(|facts| ok(&mut facts.folders)[0].others_can_write = true),
    );
    found("ipv6", "ipv6-no-route", Hint, &with(|facts| some(&mut facts.network).has_ipv6_route = false));
    found("vpn", "vpn-up", Hint, &with(|facts| some(&mut facts.network).vpn.push("wg0".into())));
    found("dns", "dns-no-resolver", Warning, &with(|facts| some(&mut facts.network).resolvers = Ok(0)));
    found(
        "dns",
        "dns-no-resolver",
        Warning,
        &with(|facts| some(&mut facts.network).resolvers = Err("is not there".into())),
    );
    found("clock", "clock-wrong", Warning, &with(|facts| ok(&mut facts.sessions).ahead_ms = 3_600_000));
    found(
        "suspend",
        "suspend-when-idle",
        Hint,
        &with(|facts| facts.idle_action = Ok(Some("suspend".into()))),
    );
    let mut stopped = with(|facts| facts.now_unix_ms = 0);
    stopped.locks =
        Ok(LockFacts { sse_port: Some((40001, true)), locks: vec![lock(40001)], ..LockFacts::default() });
    found("clock", "clock-wrong", Warning, &stopped);
}

#[test]
fn lifeline_itself() {
    found(
        "leaked",
        "processes-left-behind",
        Warning,
        &with(|facts| daemon(facts).left_behind = Ok(LeftBehind { processes: 2, bytes: 400_000_000 })),
    );
    found("lifeline", "lifeline-version", Warning, &with(|facts| daemon(facts).version = "0.0.9".into()));
    found(
        "lifeline",
        "lifeline-cannot-save",
        Error,
        &with(|facts| daemon(facts).cannot_save = Some("No space left on device".into())),
    );
    found("lifeline", "lifeline-slow", Warning, &with(|facts| daemon(facts).answered_after_ms = 1800));
    found("lifeline", "drill-never", Hint, &with(|facts| daemon(facts).last_drill = None));
    found(
        "lifeline",
        "drill-failed",
        Warning,
        &with(|facts| daemon(facts).last_drill = Some(Drill { unix_ms: NOW_MS, passed: false })),
    );
    for (gone, id, severity) in [
        (Daemon::Absent("Nobody.".into()), "lifeline-absent", Hint),
        (Daemon::Silent("Frozen.".into()), "lifeline-silent", Error),
    ] {
        let report = report(&with(|facts| facts.daemon = gone));
        assert_eq!(
            report.findings.iter().map(|finding| (finding.id, finding.severity)).collect::<Vec<_>>(),
            [(id, severity)]
        );
        let leaked = report.checks.iter().find(|check| check.id == "leaked").expect("it is there");
        assert!(leaked.state == State::Unknown && leaked.note.is_some(), "{leaked:?}");
    }
}

#[test]
fn notes_for_claude_are_offered_once_and_never_to_what_is_no_project() {
    let text =
        |text: Option<&str>| with(|facts| some(&mut facts.notes).content = Ok(text.map(str::to_owned)));
    for absent in [None, Some("# Acme\n")] {
        let finding = found("claude-md", "claude-md-prevention", Hint, &text(absent));
        assert_eq!(finding.repair.and_then(|repair| repair.file).as_deref(), Some("<project>/CLAUDE.md"));
    }
    for silent in [
        with(|facts| {
            let notes = some(&mut facts.notes);
            (notes.content, notes.was_offered) = (Ok(None), true);
        }),
        with(|facts| facts.notes = Ok(None)),
    ] {
        assert_eq!(report(&silent).findings, []);
    }
}

#[test]
fn what_cannot_be_looked_at_is_unknown_with_a_note_and_hides_nothing_else() {
    let why = || "It did not answer within 2 s.".to_owned();
    let mut facts = healthy();
    facts.settings = Err(why());
    facts.editor_settings = Err(why());
    facts.notes = Err(why());
    facts.locks = Err(why());
    facts.installs = Err(why());
    facts.sessions = Err(why());
    facts.memory = Err(why());
    facts.disks[0].free_bytes = Err(why());
    facts.inotify = Err(why());
    facts.folders = Err(why());
    facts.network = Err(why());
    facts.idle_action = Err(why());
    facts.relay = Err(why());
    let report = report(&facts);
    assert_eq!(report.findings, []);
    for check in &report.checks {
        let is_blind = !["no-proxy", "leaked", "lifeline", "remote"].contains(&check.id);
        assert_eq!(check.state == State::Unknown, is_blind, "{check:?}");
        assert!(!is_blind || check.note.as_deref().is_some_and(|note| note.contains("2 s")), "{check:?}");
    }
}

#[test]
fn the_worst_comes_first_and_repairs_are_found_by_their_ids() {
    let facts = with(|facts| {
        daemon(facts).last_drill = None;
        daemon(facts).silent_ports = vec![40001];
        ok(&mut facts.locks).locks.push(SeenLock { is_listening: false, ..lock(40002) });
        ok(&mut facts.locks).locks.push(SeenLock { is_listening: false, ..lock(40003) });
    });
    let examined = examine(&facts, &names());
    let file = |id: &str| {
        examined.offering(id).and_then(|draft| draft.plan.as_ref()).map(|plan| plan.file().to_owned())
    };
    assert_eq!(file("stale-lock:40003"), Some(PathBuf::from(format!("{CONFIG}/ide/40003.lock"))));
    assert_eq!(file("stale-lock:40004"), None);
    let told: Vec<Severity> = examined.report().findings.iter().map(|finding| finding.severity).collect();
    assert_eq!(told, [Error, Warning, Warning, Hint]);
}

#[test]
fn the_contract_is_written_as_it_was_agreed() {
    let facts = with(|facts| {
        facts.settings = Ok(vec![settings(
            &format!("{CONFIG}/settings.json"),
            "{ \"env\": { \"API_TIMEOUT_MS\": \"1\" } }",
        )])
    });
    let told = serde_json::to_value(report(&facts)).expect("JSON");
    assert_eq!(
        (&told["schema"], &told["lifelineVersion"], &told["unixMs"]),
        (&"lifeline.doctor/1".into(), &"0.1.0".into(), &NOW_MS.into())
    );
    let finding = &told["findings"][0];
    assert_eq!(finding["severity"], "warning");
    assert_eq!(
        finding["place"],
        serde_json::json!({ "file": "~/.claude/settings.json", "line": 1, "column": 30, "endLine": 1, "endColumn": 33 })
    );
    assert_eq!(
        finding["repair"],
        serde_json::json!({ "id": "timeout:API_TIMEOUT_MS", "label": "Set API_TIMEOUT_MS to 600000", "kind": "edit", "file": "~/.claude/settings.json", "setting": null })
    );
    for name in ["id", "title", "detail", "why", "source", "fix"] {
        assert!(!finding[name].is_null(), "{name}");
    }
    assert_eq!(
        told["checks"][0],
        serde_json::json!({ "id": "no-proxy", "title": "Proxies and the loopback", "state": "ok", "note": "HTTPS_PROXY is http://…:3128; the loopback is excepted." })
    );
}
