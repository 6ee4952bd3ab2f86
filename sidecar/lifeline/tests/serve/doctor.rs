//! `lifeline doctor`: exit codes, formats, repairs and what is never told.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::home::Home;

/// What depends on the machine that the tests run on.
const OF_THE_MACHINE: [&str; 9] = [
    "memory-low",
    "disk-low",
    "inotify-low",
    "dns-no-resolver",
    "ipv6-no-route",
    "vpn-up",
    "suspend-when-idle",
    "drill-never",
    "lifeline-absent",
];

/// A user with a project, and Lifeline's folders.
struct Patient {
    home: Home,
    user: TempDir,
}

impl Patient {
    fn new() -> Self {
        let user = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir_all(user.path().join("acme/.claude")).expect("made");
        Self { home: Home::new(), user }
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.user.path().join(path);
        fs::create_dir_all(path.parent().expect("it has one")).expect("made");
        fs::write(&path, text).expect("written");
        path
    }

    fn doctor(&self, args: &str) -> Command {
        let args = if args.is_empty() { "doctor".into() } else { format!("doctor {args}") };
        let mut command = self.home.lifeline(&args);
        self.settle(&mut command);
        command
    }

    /// Gives a command this user's folders, and nothing of the machine's.
    fn settle(&self, command: &mut Command) {
        self.home.settle(command);
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_ascii_lowercase());
        }
        for name in ["CLAUDE_CONFIG_DIR", "CLAUDE_CODE_SSE_PORT", "XDG_CONFIG_HOME", "API_TIMEOUT_MS"] {
            command.env_remove(name);
        }
        command.env_remove("ANTHROPIC_BASE_URL").env_remove("NODE_EXTRA_CA_CERTS");
        let folder = self.user.path().join("acme");
        command.env("HOME", self.user.path()).env("PATH", "/nowhere").current_dir(folder);
    }

    fn said(&self, args: &str) -> (i32, String) {
        ended(&mut self.doctor(args))
    }

    /// Everything that is found, but for what the machine is to blame for.
    fn found(&self) -> Vec<String> {
        let output = self.doctor("--format json").output().expect("it runs");
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
        let findings = report["findings"].as_array().expect("a list");
        let is_wrong = findings.iter().any(|finding| finding["severity"] != "hint");
        assert_eq!(output.status.code(), Some(i32::from(is_wrong)), "{report:#}");
        let ids = findings.iter().map(|finding| finding["id"].as_str().expect("a name").to_owned());
        ids.filter(|id| !OF_THE_MACHINE.contains(&id.as_str())).collect()
    }
}

fn ended(command: &mut Command) -> (i32, String) {
    let output = command.output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().expect("no signal"), String::from_utf8(text).expect("text"))
}

/// A server that answers each connection like this. It ends with the test.
fn server(answer: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it has one").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(&stream);
            // To the empty line: what is closed with something unread is reset.
            while (&mut reader).lines().next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let _ = (&stream).write_all(answer);
        }
    });
    port
}

#[test]
fn the_network_is_measured_when_asked_for_and_only_after_consent() {
    let patient = Patient::new();
    let healthy = b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n";
    let (api, page) = (
        server(healthy),
        server(b"HTTP/1.1 200 OK\r\n\r\n{\"status\":{\"indicator\":\"none\",\"description\":\"Fine\"}}"),
    );
    let probe =
        format!("--probe --base-url http://127.0.0.1:{api} --status-url http://127.0.0.1:{page}/status.json");
    let (code, said) = patient.said(&probe);
    assert!(code == 2 && said.contains("--yes"), "there is nobody to ask: {said}");
    let (code, said) = patient.said(&format!("{probe} --contacts"));
    let contacts: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((code, contacts[0]["server"].as_str()), (0, Some(&*format!("http://127.0.0.1:{api}"))));
    let (_, said) = patient.said(&format!("{probe} --yes"));
    let names =
        format!("Contacting http://127.0.0.1:{api} (the API), http://127.0.0.1:{page} (the status page).");
    assert!(said.starts_with(&names), "whom it contacts comes first: {said}");
    assert!(said.contains("direct, IPv4") && said.contains("5 of 5"), "{said}");
    let (_, said) = patient.said(&format!("{probe} --yes --format markdown"));
    assert!(said.contains("## Network") && said.contains("| direct, IPv4 | 5 of 5 |"), "{said}");

    let args = format!(
        "{probe} --yes --format json --progress json --probe-rounds 2 --probe-idle 1 --probe-upload 1"
    );
    let output = patient.doctor(&args).output().expect("it runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    let network = &report["network"];
    assert_eq!(network["ways"][0]["rounds"][1]["status"], 405, "{network:#}");
    assert_eq!(network["contacts"].as_array().map(Vec::len), Some(2));
    assert_eq!(network["status"]["indicator"], "none");
    assert!(report["checks"].as_array().expect("a list").iter().any(|check| check["id"] == "network"));
    let stderr = String::from_utf8(output.stderr).expect("text");
    let parts: Vec<Value> =
        stderr.lines().map(|line| serde_json::from_str(line).expect("JSON on each line")).collect();
    assert!(parts.first().is_some_and(|part| part["probe"] == "names"), "{stderr}");

    // The report has the same object.
    let mut command =
        patient.home.lifeline(&format!("report --projects . --no-index {probe} --yes --format json"));
    patient.settle(&mut command);
    let output = command.output().expect("it runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    assert_eq!(report["network"]["ways"][0]["rounds"][4]["status"], 405, "{report:#}");
    let mut command = patient.home.lifeline(&format!("report --projects . --no-index {probe} --yes"));
    patient.settle(&mut command);
    assert!(ended(&mut command).1.contains("THE NETWORK NOW"));
}

#[test]
fn the_way_is_that_of_claudes_settings_and_its_faults_are_findings() {
    let patient = Patient::new();
    let gone = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let env = format!("{{ \"env\": {{ \"ANTHROPIC_BASE_URL\": \"http://ann:s3cret@{gone}/acme\" }} }}");
    patient.write("acme/.claude/settings.json", &env);
    let (code, said) = patient.said("--probe --yes");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("cannot be reached: refused") && said.contains(&gone.to_string()), "{said}");
    assert!(!said.contains("s3cret") && !said.contains("/acme"), "{said}");
    patient.write("acme/.claude/settings.json", "{ \"env\": { \"ANTHROPIC_BASE_URL\": \"s3cret\" } }");
    let (code, said) = patient.said("--probe --yes");
    assert!(code == 2 && said.contains("ANTHROPIC_BASE_URL") && !said.contains("s3cret"), "{said}");
}

#[test]
fn a_fault_is_found_shown_in_all_formats_and_repaired_once() {
    let patient = Patient::new();
    let before = "{\n  // mine\n  \"env\": { \"API_TIMEOUT_MS\": \"5\" }, // 5\n}\n";
    patient.write("acme/CLAUDE.md", "<!-- lifeline:prevention -->\n");
    assert_eq!(patient.found(), [""; 0], "nothing is wrong yet");
    let settings = patient.write("acme/.claude/settings.json", before);
    assert_eq!(patient.found(), ["settings-unreadable", "timeout"]);
    for args in ["", "--format markdown", "--no-redact"] {
        let (code, said) = patient.said(args);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("lifeline doctor --fix timeout:API"), "{said}");
        assert_eq!(said.contains(&*patient.user.path().to_string_lossy()), args == "--no-redact", "{said}");
    }
    let fix = "--fix timeout:API_TIMEOUT_MS";
    let (code, said) = patient.said(&format!("{fix} --preview"));
    let change: Value = serde_json::from_str(&said).expect("JSON");
    let after = before.replace("\"5\"", "\"600000\"");
    assert_eq!((code, change["before"].as_str(), change["after"].as_str()), (0, Some(before), Some(&*after)));
    assert_eq!(patient.said(fix).0, 2, "there is nobody to ask");
    assert_eq!(fs::read_to_string(&settings).expect("it is there"), before, "nothing was changed yet");
    let (code, said) = patient.said(&format!("{fix} --yes"));
    assert_eq!((code, said.contains("To undo it: cp ")), (0, true), "{said}");
    assert_eq!(fs::read_to_string(&settings).expect("it is there"), after);
    assert_eq!(patient.found(), ["settings-unreadable"], "a comment is still one");
    assert_eq!(patient.said(&format!("{fix} --yes")).0, 4, "it is done");
}

#[test]
fn a_stale_lock_is_removed_and_one_with_a_listener_is_not_offered() {
    let patient = Patient::new();
    patient.write("acme/CLAUDE.md", "<!-- lifeline:prevention -->\n");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let lock = patient.write(
        &format!(".claude/ide/{port}.lock"),
        r#"{"pid":1,"workspaceFolders":[],"ideName":"VS Code","transport":"ws","authToken":"s3cr3t-token"}"#,
    );
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    fs::File::open(&lock).and_then(|file| file.set_modified(long_ago)).expect("a time");
    let without = |ids: Vec<String>| ids.into_iter().filter(|id| id != "lock-readable").collect::<Vec<_>>();
    assert_eq!(without(patient.found()), [""; 0]);
    drop(listener);
    assert_eq!(without(patient.found()), ["stale-lock"]);
    let fix = format!("--fix stale-lock:{port}");
    for args in [String::new(), "--format json --no-redact".into(), format!("{fix} --preview")] {
        assert!(!patient.said(&args).1.contains("s3cr3t-token"), "{args}");
    }
    assert!(lock.exists());
    let (code, said) = patient.said(&format!("{fix} --yes"));
    assert_eq!((code, lock.exists()), (0, false), "{said}");
    assert_eq!(patient.said(&format!("{fix} --yes")).0, 4);
}

#[test]
fn what_an_editor_tells_is_looked_at_and_only_it_changes_its_settings() {
    let patient = Patient::new();
    let told = r#"{"name":"Visual Studio Code","version":"1.84.0","remote":null,"claudeCode":{"version":"1.0.88","engine":"^1.94.0","path":"/x"},"settingsFile":null,"settings":{"http.proxy":"http://u:pw@h:1"},"env":{"HTTPS_PROXY":"http://u:pw@h:1"}}"#;
    let mut child = patient.doctor("--editor - --format json");
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    child.stdin.take().expect("piped").write_all(told.as_bytes()).expect("heard");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(output.stdout).expect("text");
    for id in ["editor-too-old", "editor-no-proxy-loopback", "no-proxy-loopback"] {
        assert!(said.contains(&format!("\"{id}\"")), "{id}: {said}");
    }
    assert!(!said.contains("pw@"), "{said}");
    let file = patient.write("editor.json", told);
    let (code, said) =
        patient.said(&format!("--editor {} --fix editor-no-proxy-loopback:setting --yes", file.display()));
    assert_eq!((code, said.contains("only the editor")), (4, true), "{said}");
    // The user's own settings win over the environment, and so does the repair.
    let fix = format!("--editor {} --fix no-proxy-loopback:NO_PROXY --yes", file.display());
    assert_eq!(patient.said(&fix).0, 0);
    let settings = fs::read_to_string(patient.user.path().join(".claude/settings.json")).expect("written");
    assert!(settings.contains("\"NO_PROXY\": \"localhost,127.0.0.1,::1\""), "{settings}");
    assert_eq!(patient.said(&fix).0, 4, "it is done");
}

#[test]
fn notes_are_offered_and_written_once() {
    let patient = Patient::new();
    assert_eq!(patient.found(), ["claude-md-prevention"]);
    let (code, said) = patient.said("--fix claude-md-prevention:section --yes");
    assert_eq!(code, 0, "{said}");
    let notes = patient.user.path().join("acme/CLAUDE.md");
    assert!(fs::read_to_string(&notes).expect("written").contains("save work frequently"));
    assert_eq!(patient.found(), [""; 0]);
    fs::remove_file(notes).expect("removed");
    assert_eq!(patient.found(), [""; 0], "it was offered");
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_the_change_is_shown_and_asked_for() {
    use crate::terminal::Terminal;
    let patient = Patient::new();
    let before = "{ \"env\": {\n  \"API_TIMEOUT_MS\": \"5\",\n  \"MY_TOKEN\": \"s3cr3t\"\n} }\n";
    let settings = patient.write("acme/.claude/settings.json", before);
    for (repair, answer, code) in [
        ("timeout:API_TIMEOUT_MS", "n\n", 4),
        ("timeout:API_TIMEOUT_MS", "y\n", 0),
        ("claude-md-prevention:section", "n\n", 4),
    ] {
        let settle = |command: &mut Command| {
            patient.settle(command);
            // setsid is looked for by the test's own PATH.
            command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        };
        let mut terminal = Terminal::running(&["doctor", "--fix", repair], 200, &settle);
        let shown = terminal.until("[y/N] ");
        assert!(
            shown.contains("@@ -") && shown.contains("<project>/") && !shown.contains("s3cr3t"),
            "{shown}"
        );
        let now = fs::read_to_string(&settings).expect("it is there");
        assert_eq!(now == before, !repair.starts_with("claude"), "nothing is changed before the answer");
        terminal.press(answer.as_bytes());
        assert_eq!(terminal.code(), Some(code), "{repair} {answer}");
    }
    assert_eq!(fs::read_to_string(&settings).expect("it is there"), before.replace("\"5\"", "\"600000\""));
    assert_eq!(patient.found(), [""; 0], "a no is an answer: it is not offered again");
}

#[test]
fn what_makes_no_sense_is_usage() {
    let patient = Patient::new();
    let bad = patient.write("bad.json", "{");
    for args in [
        "--folder /nowhere/at/all".to_owned(),
        "--editor /nowhere/at/all".into(),
        "--editor /dev/zero".into(),
        format!("--editor {}", bad.display()),
        "--preview".into(),
        "--fix x --preview --yes".into(),
    ] {
        assert_eq!(patient.said(&args).0, 2, "{args}");
    }
    assert_eq!(patient.said("--fix no-such-thing:1 --yes").0, 4);
}

#[test]
fn the_daemon_is_asked_when_there_is_one() {
    let patient = Patient::new();
    let state = |report: &Value, id: &str| {
        let checks = report["checks"].as_array().expect("a list");
        checks.iter().find(|check| check["id"] == id).expect("it is there")["state"].clone()
    };
    let report = || {
        let output = patient.doctor("--format json").output().expect("it runs");
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    assert_eq!(state(&report(), "leaked"), "unknown");
    patient.home.start();
    let report = report();
    assert_ne!(state(&report, "leaked"), "unknown");
    let ids: Vec<&Value> =
        report["findings"].as_array().expect("a list").iter().map(|found| &found["id"]).collect();
    assert!(
        ids.iter().any(|id| *id == "drill-never") && ids.iter().all(|id| *id != "lifeline-absent"),
        "{ids:?}"
    );
}

#[test]
fn the_home_folder_is_no_project_of_anybodys() {
    let patient = Patient::new();
    patient.write(".claude/settings.json", "{");
    let (code, said) = patient.said(&format!("--folder {}", patient.user.path().display()));
    assert_eq!((code, said.matches("~/.claude/settings.json is no JSON").count()), (1, 1), "{said}");
    assert!(!said.contains("<project>"), "{said}");
}

#[test]
fn a_relay_that_is_not_there_is_found_and_taken_out_of_the_settings() {
    let patient = Patient::new();
    patient.write("acme/CLAUDE.md", "<!-- lifeline:prevention -->\n");
    let before = "{ \"model\": \"opus\" }\n";
    let settings = patient.write(".claude/settings.json", before);
    let relay = |args: &str| {
        let mut command = patient.home.lifeline(&format!("relay {args}"));
        patient.settle(&mut command);
        ended(&mut command)
    };
    let found = || {
        let all = patient.found().into_iter();
        all.filter(|id| id.starts_with("relay")).collect::<Vec<_>>()
    };
    assert_eq!(found(), [""; 0], "there never was one");
    patient.home.start();
    let (code, said) = relay("on --yes");
    assert_eq!(code, 0, "{said}");
    assert_eq!(found(), [""; 0], "it is on, and well");
    let led = fs::read_to_string(&settings).expect("it is there");
    fs::write(&settings, before).expect("written");
    assert_eq!(found(), ["relay-unused"]);
    fs::write(&settings, led).expect("written");
    patient.home.ask_to_leave();
    // It hangs up a moment before it ends.
    while patient.home.connect().is_ok() {}
    assert_eq!(found(), ["relay-dead"]);
    let fix = "--fix relay-dead:HTTPS_PROXY";
    let (_, said) = patient.said(&format!("{fix} --preview"));
    let change: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(change["after"].as_str(), Some(before), "{said}");
    let (code, said) = patient.said(&format!("{fix} --yes"));
    assert_eq!((code, said.contains("To undo it: cp ")), (0, true), "{said}");
    assert_eq!(fs::read_to_string(&settings).expect("it is there"), before);
    assert_eq!(patient.said(&format!("{fix} --yes")).0, 4, "it is done");
    assert_eq!(found(), ["relay-unused"], "it is still on");
    let (code, said) = relay("off --yes");
    assert_eq!(code, 0, "{said}");
    assert_eq!(found(), [""; 0]);
}
