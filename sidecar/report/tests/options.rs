//! What a report leaves out when it is asked to, and what it never tells unless it is asked to.

mod support;

use std::{fs, path::Path};

use lifeline_report::{Calendar, Names, Occurrence, Options, Recent, Span, recent, render, report};
use serde_json::{Value, json};
use support::{Corpus, Plan};

fn options(projects: &Path) -> Options {
    Options {
        projects: vec![projects.to_owned()],
        span: Span::default(),
        calendar: Calendar::utc(),
        names: Names::Redacted,
        index: None,
        link_logs: Vec::new(),
        network_notes: None,
        relay_records: Vec::new(),
        relay_offer: None,
    }
}

fn told(options: &Options) -> Value {
    serde_json::to_value(report(options, &|_, _| {})).expect("it has a form in JSON")
}

/// A session of one project, written now.
fn session(home: &Path, project: &str, id: &str, records: &[Value]) {
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    fs::create_dir_all(home.join(project)).expect("a folder");
    fs::write(home.join(project).join(format!("{id}.jsonl")), lines.join("\n")).expect("a file");
}

fn error(at: &str, attempt: u32) -> Value {
    json!({
        "type": "system", "subtype": "api_error", "uuid": at, "timestamp": at, "retryAttempt": attempt, "maxRetries": 2,
        "cause": { "code": "ECONNRESET", "path": "https://gateway.acme.example/acme/v1/messages?key=sk-1" },
    })
}

fn answer(at: &str) -> Value {
    json!({ "type": "assistant", "uuid": format!("answer {at}"), "timestamp": at, "message": { "model": "claude-opus-4-7" } })
}

const ID: &str = "77baf6cb-0ea0-492d-9e1d-0a272e071b6c";

#[test]
fn errors_of_a_span_are_told_one_by_one() {
    let home = tempfile::tempdir().unwrap();
    let records = [
        error("2026-04-14T00:00:00.000Z", 1),
        error("2026-04-15T00:00:01.000Z", 1),
        error("2026-04-15T00:00:02.000Z", 2),
        json!({ "type": "assistant", "uuid": "died", "timestamp": "2026-04-15T00:00:03.000Z", "isApiErrorMessage": true }),
    ];
    session(home.path(), "p", ID, &records);
    session(home.path(), "q", "77baf6cb-0ea0-492d-9e1d-0a272e071b6d", &records[1..]);
    let since_ms = Calendar::utc().parse("2026-04-15", 0).ok();
    let options = Options { span: Span { since_ms, until_ms: None }, ..options(home.path()) };
    let told = recent(&options);
    let bytes = fs::metadata(home.path().join("p").join(format!("{ID}.jsonl"))).unwrap().len();
    let expected = Occurrence {
        unix_ms: since_ms.unwrap() + 1000,
        code: Some("ECONNRESET".into()),
        status: None,
        session: "77baf6cb".into(),
        session_bytes: Some(bytes),
    };
    assert_eq!(told.errors[0], expected, "in the first of the files that hold it");
    assert_eq!((told.errors.len(), told.turns_died, told.retries_exhausted), (2, 1, 1));
    assert_eq!(
        recent(&Options { span: Span { since_ms: None, until_ms: Some(0) }, ..options }),
        Recent::default()
    );
}

#[test]
fn a_span_counts_what_happened_in_it() {
    let home = tempfile::tempdir().unwrap();
    let records = [
        error("2026-04-14T00:00:00.000Z", 1),
        error("2026-04-14T00:00:01.000Z", 2),
        answer("2026-04-14T00:00:02.000Z"),
        error("2026-04-15T00:00:00.000Z", 1),
        answer("2026-04-15T00:00:01.000Z"),
    ];
    session(home.path(), "p", ID, &records);
    session(home.path(), "p", "old", &[error("2026-01-01T00:00:00.000Z", 1)]);
    let calendar = Calendar::utc();
    let at = |time: &str| calendar.parse(time, 0).ok();
    let within = |since: Option<&str>, until: Option<&str>| {
        let span = Span { since_ms: since.and_then(at), until_ms: until.and_then(at) };
        told(&Options { span, ..options(home.path()) })
    };
    let all = within(None, None);
    assert_eq!((&all["errors"]["total"], &all["corpus"]["sessions"]), (&json!(4), &json!(2)));
    let last = within(Some("2026-04-15"), None);
    assert_eq!((&last["errors"]["total"], &last["corpus"]["sessions"]), (&json!(1), &json!(1)));
    assert_eq!(last["window"]["first"], "2026-04-15T00:00:00.000Z");
    assert_eq!(
        last["errors"]["retries"],
        json!([{ "attempt": 1, "triggered": 1, "recovered": 1, "recoveryRate": 1.0 }])
    );
    assert_eq!(last["errors"]["retriesExhausted"], 0);
    let first = within(Some("2026-04-14"), Some("2026-04-14T00:00:02Z"));
    assert_eq!((&first["errors"]["total"], &first["errors"]["retriesExhausted"]), (&json!(2), &json!(1)));
    assert_eq!(first["corpus"]["files"], 1, "one that has nothing in it is left out");
    assert_eq!(within(Some("2030-01-01"), None)["corpus"]["files"], 0);
}

#[test]
fn days_and_hours_are_those_of_the_zone() {
    let home = tempfile::tempdir().unwrap();
    session(home.path(), "p", ID, &[error("2026-04-16T03:30:00.000Z", 1)]);
    let calendar = Calendar::of("America/Chicago").unwrap();
    let errors = &told(&Options { calendar, ..options(home.path()) })["errors"];
    assert_eq!(errors["byDay"], json!([{ "date": "2026-04-15", "count": 1 }]));
    assert_eq!(errors["byHour"][22], json!({ "hour": 22, "count": 1 }));
    assert_eq!(errors["byWeekday"][2], json!({ "weekday": "Wed", "count": 1 }));
}

#[test]
fn nothing_tells_whose_it_is_unless_it_is_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let prompt =
        json!({ "type": "user", "timestamp": "2026-04-16T03:00:00.000Z", "message": { "content": "hush" } });
    let mut failure = answer("2026-04-16T03:40:00.000Z");
    failure["isApiErrorMessage"] = true.into();
    session(home.path(), "-home-annika-secret", ID, &[prompt, error("2026-04-16T03:30:00.000Z", 1), failure]);
    let secrets = ["annika", "secret", ID, "acme", "sk-1", "hush", "gateway"];
    let every_form = |options: &Options| {
        let report = report(options, &|_, _| {});
        let json = serde_json::to_string(&report).unwrap();
        [json, render::text(&report), render::markdown(&report), render::html(&report)]
    };
    for form in every_form(&options(home.path())) {
        for secret in secrets {
            assert!(!form.contains(secret), "{secret}: {form}");
        }
        assert!(form.contains("project-A") && form.contains("77baf6cb"), "{form}");
    }
    let plain = Options { names: Names::Plain, ..options(home.path()) };
    let [json, ..] = every_form(&plain);
    assert!(
        json.contains("-home-annika-secret") && json.contains(ID) && json.contains("gateway.acme.example")
    );
    assert!(!json.contains("hush"));
}

#[test]
fn every_run_tells_the_same_to_the_byte() {
    let corpus = Corpus::new(Plan { seed: 4, sessions: 60, failing_percent: 60, bytes_at_most: 20_000 });
    let home = tempfile::tempdir().unwrap();
    corpus.write(home.path());
    let once = || serde_json::to_string(&report(&options(home.path()), &|_, _| {})).unwrap();
    let first = once();
    for _ in 0..20 {
        assert_eq!(once(), first);
    }
    // A folder that is named twice is read once.
    let twice = Options { projects: vec![home.path().to_owned(); 2], ..options(home.path()) };
    assert_eq!(serde_json::to_string(&report(&twice, &|_, _| {})).unwrap(), first);
}

/// Records as 2.1.329 writes them: in a terminal an attempt is all that is recorded, elsewhere its error comes, too.
#[test]
fn attempts_without_a_word_of_why_are_counted_apart() {
    let home = tempfile::tempdir().unwrap();
    let project = home.path().join("-p");
    std::fs::create_dir(&project).unwrap();
    let request = |id: &str, digest: &str| {
        format!(
            r#"{{"type":"api-request","id":"{id}","requestDigest":"{digest}","timestamp":"2026-04-16T07:00:00.000Z"}}"#
        )
    };
    let prompt = r#"{"type":"user","uuid":"u","message":{"content":"go"}}"#.to_owned();
    let answer = r#"{"type":"assistant","uuid":"a","message":{"model":"m","content":[]}}"#.to_owned();
    let error =
        r#"{"type":"system","subtype":"api_error","uuid":"e","retryAttempt":1,"error":{}}"#.to_owned();
    let terminal = [
        prompt.clone(),
        request("1", "x"),
        request("t", "title"),
        request("2", "x"),
        request("3", "x"),
        answer.clone(),
        request("4", "x"),
    ];
    let panel = [prompt, request("5", "y"), error, request("6", "y"), answer];
    let write = |name: &str, lines: &[String]| {
        std::fs::write(project.join(format!("{name}.jsonl")), lines.join("\n")).unwrap();
    };
    write("terminal", &terminal);
    write("copy", &terminal[..5]);
    write("panel", &panel);
    let options = options(home.path());
    let told = report(&options, &|_, _| {}).unexplained_retries.expect("there are some");
    assert_eq!((told.count, told.sessions_affected), (2, 1));
}

#[test]
fn a_relay_is_told_of_where_there_was_one_and_suggested_where_it_would_help() {
    let home = tempfile::tempdir().unwrap();
    session(home.path(), "p", ID, &[error("2026-04-14T00:00:00.000Z", 1)]);
    let offer = Some("There is a relay.".to_owned());
    let with_offer = Options { relay_offer: offer, ..options(home.path()) };
    let all = told(&with_offer);
    assert_eq!(all["suggestion"], "There is a relay.");
    assert!(all.get("relay").is_none(), "there is no file");
    for form in [render::text, render::markdown, render::html] {
        let form = form(&report(&with_offer, &|_, _| {}));
        assert_eq!(form.matches("There is a relay.").count(), 1, "{form}");
    }
    assert!(told(&options(home.path())).get("suggestion").is_none(), "it is on");
    let later = Calendar::utc().parse("2026-04-15", 0).ok();
    let without_errors = Options { span: Span { since_ms: later, until_ms: None }, ..with_offer.clone() };
    assert!(told(&without_errors).get("suggestion").is_none(), "nothing was reset");

    let records = home.path().join("relay.jsonl");
    let record = json!({
        "unixMs": 1_776_124_800_000_u64, "host": "gateway.acme.example", "isApi": true, "attempts": 2, "connectMs": 4000, "durationMs": 5000,
        "end": { "how": "silent" },
    });
    fs::write(&records, format!("{record}\n")).unwrap();
    let with_records = Options { relay_records: vec![home.path().join("gone"), records], ..with_offer };
    let relay = told(&with_records)["relay"].clone();
    assert_eq!(
        (&relay["connections"], &relay["silencesEnded"], &relay["outageSeconds"]),
        (&json!(1), &json!(1), &json!(4.0)),
        "{relay:#}"
    );
    assert_eq!(relay["byEnd"], json!([{ "end": "silent", "count": 1 }]));
    assert_eq!(relay["byHost"], json!([{ "host": "other", "connections": 1 }]));
    let text = render::text(&report(&with_records, &|_, _| {}));
    assert!(text.contains("THE RELAY") && !text.contains("acme"), "{text}");
}
