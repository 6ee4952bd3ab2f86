//! Corpora whose truth is known: every figure of the contract is equal to it.

#![allow(clippy::unwrap_used, reason = "all of it is a test")]

mod support;

use std::{collections::BTreeMap, path::PathBuf};

use lifeline_report::{Calendar, Names, Options, Span, report};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{Corpus, Plan, plain};

/// The report as JSON, without its hypotheses.
fn told(projects: PathBuf) -> Value {
    let options = Options {
        projects: vec![projects],
        span: Span::default(),
        calendar: Calendar::utc(),
        names: Names::Plain,
        index: None,
        link_logs: Vec::new(),
        network_notes: None,
        relay_records: Vec::new(),
        relay_offer: None,
    };
    let mut told = serde_json::to_value(report(&options, &|_, _| {})).expect("it has a form in JSON");
    told.as_object_mut().expect("an object").remove("hypotheses");
    told
}

/// The report of files that were written to a disk.
fn read(corpus: &Corpus) -> Value {
    let home = tempfile::tempdir().expect("a temporary folder");
    corpus.write(home.path());
    told(home.path().to_owned())
}

/// What differs, part by part.
#[track_caller]
fn check(told: &Value, truth: &Value) {
    for part in ["window", "corpus", "errors"] {
        for (name, expected) in truth[part].as_object().expect("a part") {
            assert_eq!(&told[part][name], expected, "{part}.{name}");
        }
    }
    assert_eq!(told, truth);
}

#[test]
fn every_figure_is_the_truth() {
    let mut seen = BTreeMap::new();
    for seed in 0..12 {
        let plan = Plan { seed, sessions: 12, failing_percent: 60, bytes_at_most: 100_000 };
        let corpus = Corpus::new(plan);
        let told = read(&corpus);
        check(&told, &corpus.truth.report());
        check(&told, &plain::read(&corpus.files).report());
        for path in [
            "/corpus/duplicates",
            "/corpus/badLines",
            "/corpus/subagentFiles",
            "/errors/turnsDied",
            "/errors/retriesExhausted",
            "/errors/bursts/count",
            "/errors/byStatus/0/count",
            "/errors/byCode/3/count",
            "/errors/gapToPrevious/5/count",
        ] {
            *seen.entry(path).or_insert(0) += told.pointer(path).and_then(Value::as_u64).unwrap_or(0);
        }
    }
    assert!(seen.values().all(|count| *count > 0), "a part of the noise is missing: {seen:?}");
}

#[test]
fn sessions_of_all_sizes_are_in_their_buckets() {
    let corpus = Corpus::new(Plan { seed: 8, sessions: 30, failing_percent: 50, bytes_at_most: 8_000_000 });
    let told = read(&corpus);
    check(&told, &corpus.truth.report());
    let sizes = told["errors"]["bySessionSize"].as_array().unwrap();
    assert!(sizes.iter().all(|bucket| bucket["sessions"].as_u64() > Some(0)), "{sizes:?}");
}

/// Seed 3, section 3.6.
#[test]
fn the_retry_table_of_the_seed_comes_out() {
    let table = [(110, 70), (40, 9), (31, 4), (27, 3), (24, 1), (23, 2), (21, 3), (18, 1), (17, 3), (14, 0)];
    let corpus = Corpus::with_retries(&table);
    let told = read(&corpus);
    check(&told, &corpus.truth.report());
    let of = |retry: &Value| (retry["triggered"].as_u64().unwrap(), retry["recovered"].as_u64().unwrap());
    let retries: Vec<(u64, u64)> = told["errors"]["retries"].as_array().unwrap().iter().map(of).collect();
    assert_eq!(retries, table);
    assert_eq!(told["errors"]["total"], 325);
    assert_eq!(told["errors"]["retriesExhausted"], 14);
    assert_eq!(told["errors"]["turnsDied"], 14);
}

/// A line of 50 MB, whose time and type come after the text.
#[test]
fn a_line_of_fifty_megabytes_is_a_record_like_any_other() {
    let text = "a\\n\\\"b\\\" ".repeat(5_600_000);
    let long = format!(
        r#"{{"sessionId":"s","message":{{"content":[{{"type":"text","text":"{text}"}}],"model":"m"}},"type":"assistant","uuid":"u","timestamp":"2026-04-14T00:00:10.000Z"}}"#
    );
    assert!(long.len() > 50_000_000);
    let prompt =
        r#"{"type":"user","uuid":"p","timestamp":"2026-04-14T00:00:00.000Z","message":{"content":"go"}}"#;
    let error = r#"{"type":"system","subtype":"api_error","uuid":"e","timestamp":"2026-04-14T00:00:12.500Z","retryAttempt":1,"maxRetries":10}"#;
    let failure =
        r#"{"type":"assistant","uuid":"f","isApiErrorMessage":true,"timestamp":"2026-04-14T00:00:20.000Z"}"#;
    let torn = &long[..20_000_000];
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("p")).unwrap();
    std::fs::write(home.path().join("p/s.jsonl"), [prompt, &long, error, failure, torn].join("\n")).unwrap();
    let told = told(home.path().to_owned());
    assert_eq!(told["corpus"]["lines"], 5);
    assert_eq!(told["corpus"]["badLines"], 1);
    assert_eq!(told["errors"]["gapMedianSeconds"], 2.5);
    assert_eq!(
        told["errors"]["longestFailingTurn"],
        json!({ "seconds": 20.0, "messages": 3, "session": "s" })
    );
    assert_eq!(told["errors"]["byModel"][0]["models"], json!(["m"]));
}

/// Seed 3, Appendix A, as it stands there; a transcript's records are of type `system`, too.
#[test]
fn the_records_of_appendix_a_are_read() {
    let records = [
        r#"{"subtype":"api_error","level":"error","cause":{"code":"ECONNRESET","path":"https://api.anthropic.com/v1/messages?beta=true","errno":0},"error":{"type":null,"cause":{"code":"ECONNRESET","path":"https://api.anthropic.com/v1/messages?beta=true","errno":0}},"retryInMs":503.10102399147405,"retryAttempt":1,"maxRetries":10,"timestamp":"2026-04-14T03:07:30.074Z","sessionId":"fab7edcc-b849-41a9-8fd0-e7b667fef8d3","version":"2.1.104","gitBranch":"HEAD"}"#,
        r#"{"subtype":"api_error","error":{},"retryInMs":611.7190747656514,"retryAttempt":1,"maxRetries":10,"timestamp":"2026-04-14T02:19:48.195Z","sessionId":"4c4f31b8-b773-42d2-89eb-79eafe74e87a","version":"2.1.92","gitBranch":"main"}"#,
        r#"{"type":"system","subtype":"api_error","timestamp":"2026-03-17T21:48:33.224Z","sessionId":"aa563665-c927-4cf9-bdb6-9367059272f7","version":"2.1.72","status":{"status":529,"headers":{"request-id":"req_011CZ9PWLnL8MKuGL9LbWm4z","server":"cloudflare","x-should-retry":"true"},"error":{"type":"error","error":{"type":"overloaded_error","message":"Overloaded."}}}}"#,
    ];
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("p")).unwrap();
    std::fs::write(home.path().join("p/s.jsonl"), records.join("\n")).unwrap();
    let errors = &told(home.path().to_owned())["errors"];
    let path = "https://api.anthropic.com/v1/messages?beta=true";
    assert_eq!(
        errors["byCode"],
        json!([
            { "code": "ECONNRESET", "count": 1, "paths": [{ "path": path, "count": 1 }] },
            { "code": "unknown", "count": 1, "paths": [{ "path": null, "count": 1 }] },
        ])
    );
    assert_eq!(errors["byStatus"], json!([{ "status": 529, "type": "overloaded_error", "count": 1 }]));
    assert_eq!((&errors["total"], &errors["sessionsAffected"]), (&json!(3), &json!(3)));
}

/// A record of few ids, sessions and moments, so that they meet.
fn any_record() -> impl Strategy<Value = Value> {
    let some = |texts: &'static [&'static str]| prop::option::of(prop::sample::select(texts));
    let error = prop::sample::select(vec![
        json!({ "cause": { "code": "ECONNRESET", "path": "https://x/v1" }, "error": { "cause": { "code": "EPIPE" } } }),
        json!({ "error": {} }),
        json!({ "error": { "status": 529, "error": { "error": { "type": "overloaded_error" } } } }),
        json!({ "error": { "status": 500 } }),
        json!({ "error": { "connection": { "code": "ECONNRESET" }, "formatted": "Connection dropped (ECONNRESET)" } }),
    ]);
    let content = prop::sample::select(vec![
        json!("api_error"),
        json!([{ "type": "tool_result", "content": "x" }]),
        json!([{ "type": "text", "text": "\"isApiErrorMessage\":true" }]),
    ]);
    let attempt = prop::option::of(0_u32..4);
    (
        prop::sample::select(vec!["user", "assistant", "assistant", "system", "system", "system", "summary"]),
        (
            some(&["u1", "u2", "u3", "u4", "u5", "u6"]),
            some(&["s1", "s2", "s9"]),
            some(&["2.1.9", "2.1.72", "2.1.104"]),
        ),
        prop::option::weighted(0.9, 0_u64..400_000),
        (error, attempt, prop::bool::weighted(0.8)),
        (
            content,
            some(&["m1", "m2", "<synthetic>"]),
            prop::bool::weighted(0.2),
            any::<bool>(),
            any::<bool>(),
        ),
    )
        .prop_map(
            |(
                kind,
                (uuid, session, version),
                at,
                (error, attempt, is_error),
                (content, model, fails, meta, side),
            )| {
                let mut record =
                    json!({ "type": kind, "toolUseResult": { "subtype": "api_error", "uuid": "u1" } });
                let mut set = |name: &str, value: Value| record[name] = value;
                uuid.into_iter().for_each(|uuid| set("uuid", uuid.into()));
                session.into_iter().for_each(|session| set("sessionId", session.into()));
                version.into_iter().for_each(|version| set("version", version.into()));
                let time = |at: u64| {
                    jiff::Timestamp::from_millisecond(1_773_723_600_000 + i64::try_from(at).unwrap()).unwrap()
                };
                at.into_iter().for_each(|at| set("timestamp", time(at).to_string().into()));
                match kind {
                    "system" => {
                        set("subtype", if is_error { "api_error" } else { "turn_duration" }.into());
                        error.as_object().unwrap().iter().for_each(|(name, value)| set(name, value.clone()));
                        attempt.into_iter().for_each(|attempt| set("retryAttempt", attempt.into()));
                        set("maxRetries", 3.into());
                    }
                    "user" | "assistant" => {
                        let mut message = json!({ "content": content });
                        model.into_iter().for_each(|model| message["model"] = model.into());
                        set("message", message);
                        set("isMeta", meta.into());
                        set("isSidechain", side.into());
                        set("isApiErrorMessage", (kind == "assistant" && fails).into());
                    }
                    _ => {}
                }
                record
            },
        )
}

/// A record's line, or what became of it.
fn any_line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => any_record().prop_map(|record| record.to_string().into_bytes()),
        1 => (any_record(), any::<prop::sample::Index>()).prop_map(|(record, at)| {
            let mut line = record.to_string().into_bytes();
            line.truncate(at.index(line.len()));
            line
        }),
        1 => prop::sample::select(vec![&b""[..], b" \r", b"\0\0", b"null", b"{\"a\":\"\xff\"}", b"{\"type\":\"user\"}\r"])
            .prop_map(<[u8]>::to_vec),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_fast_way_tells_what_a_plain_parse_of_every_line_tells(
        files in prop::collection::btree_map(
            prop::sample::select(vec!["a/s1.jsonl", "a/s2.jsonl", "b/s3.jsonl", "a/s1/subagents/agent-1.jsonl"]),
            prop::collection::vec(any_line(), 0..25),
            1..5,
        ),
    ) {
        let files = files.into_iter().map(|(path, lines)| (PathBuf::from(path), lines.join(&b"\n"[..]))).collect();
        let corpus = Corpus { files, ..Corpus::default() };
        let (told, truth) = (read(&corpus), plain::read(&corpus.files).report());
        for part in ["window", "corpus", "errors"] {
            for (name, expected) in truth[part].as_object().unwrap() {
                prop_assert_eq!(&told[part][name], expected, "{}.{}", part, name);
            }
        }
    }
}
