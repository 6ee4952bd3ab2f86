//! The error texts of the three seeds and of FACTS, in every dress that they come in, and texts that only look like errors.

use lifeline_explain::{explain, knowledge};
use proptest::prelude::*;

/// What the seeds and FACTS say, and the entry that it must get.
const TEXTS: [(&str, &str); 63] = [
    // Seed 1.
    ("Connection to Claude Code lost. Reconnecting...", "claude-connection-lost"),
    ("Claude Code VS Code Connection Lost", "claude-connection-lost"),
    ("ETIMEDOUT: connection timed out", "etimedout"),
    ("RequestTimeout: request took longer than 120000ms", "request-took-too-long"),
    ("ESOCKETTIMEDOUT", "esockettimedout"),
    ("ECONNRESET: connection reset by peer", "econnreset"),
    ("ECONNREFUSED: connection refused", "econnrefused"),
    // Seed 2.
    ("When an ECONNRESET error occurs (API connection forcibly closed by server)", "econnreset"),
    ("ETIMEDOUT", "etimedout"),
    ("ECONNREFUSED", "econnrefused"),
    ("Connection lost, retrying (attempt 2/5)...", "retrying"),
    ("Shows 0 thinking tokens", "zero-tokens"),
    ("Ctrl+O re-triggers but hangs at 0 tokens again (same dead connection)", "zero-tokens"),
    // Seed 3.
    ("API Error: Unable to connect to API (ECONNRESET)", "econnreset"),
    (
        "API Error: Unable to connect to API (ECONNRESET) against https://api.anthropic.com/v1/messages?beta=true",
        "econnreset",
    ),
    (
        r#""cause": {"code":"ECONNRESET","path":"https://api.anthropic.com/v1/messages?beta=true","errno":0}, "retryInMs": 503.10, "retryAttempt": 1"#,
        "econnreset",
    ),
    (
        r#"{"subtype": "api_error", "error": {}, "retryInMs": 611.7190747656514, "retryAttempt": 1, "maxRetries": 10}"#,
        "api-error",
    ),
    ("HTTP 529 overloaded_error", "http-529"),
    (r#""status": 529, "headers": {"server": "cloudflare", "x-should-retry": "true"}"#, "http-529"),
    (
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded. https://docs.claude.com/en/api/errors"}}"#,
        "http-529",
    ),
    ("HTTP/2 401", "http-401"),
    (r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#, "http-401"),
    ("  1  HTTP 405  total=79ms  connect=27  tls=54  ttfb=78", "http-405"),
    (
        "2026-04-17 12:13:15 [error] [sessions-bridge] Poll error, backing off: net::ERR_NETWORK_CHANGED",
        "network-changed",
    ),
    (
        "2026-04-17 12:13:17 [error] [sessions-bridge] Poll error, backing off: net::ERR_INTERNET_DISCONNECTED",
        "internet-disconnected",
    ),
    (
        "2026-04-17 12:13:58 [error] [growthbook] network error: Error: net::ERR_INTERNET_DISCONNECTED",
        "internet-disconnected",
    ),
    (
        "2026-04-17 18:46:35 [error] [sessions-bridge] Poll error, backing off: This operation was aborted",
        "aborted",
    ),
    ("EAI_AGAIN", "eai-again"),
    ("5 tool-level occurrences of connect ECONNREFUSED 127.0.0.1:3000", "econnrefused-here"),
    ("HTTP 502", "http-502"),
    ("HTTP 500", "http-500"),
    ("HTTP/2 RST_STREAM with a specific error code", "http2-closed"),
    ("A GOAWAY from the server", "http2-closed"),
    ("retries exhausted, turn died", "retries-exhausted"),
    ("Worker SIGKILL", "exit-137"),
    // FACTS.
    ("Giving up after reconnection attempt 5/5", "ide-gave-up"),
    (r#"closed with code 1008 "Unauthorized""#, "ide-unauthorized"),
    ("command 'workbench.action.restartExtensionHost' not found", "no-restart-command"),
    ("Connection dropped (ECONNRESET)", "econnreset"),
    ("API Error: Connection lost mid-response. The response above may be incomplete.", "mid-response"),
    ("SIGTERM", "exit-143"),
    // Issue 7.
    ("EPIPE", "epipe"),
    ("ENOTFOUND", "enotfound"),
    (r#"API Error: 401 {"type":"error","error":{"type":"authentication_error"}}"#, "http-401"),
    (r#"API Error: 403 {"type":"error","error":{"type":"permission_error"}}"#, "http-403"),
    (r#"API Error: 413 {"type":"error","error":{"type":"request_too_large"}}"#, "http-413"),
    (r#"API Error: 429 {"type":"error","error":{"type":"rate_limit_error"}}"#, "http-429"),
    (
        r#"API Error: 500 {"type":"error","error":{"type":"api_error","message":"Internal server error"}}"#,
        "http-500",
    ),
    ("API Error: 502 Bad Gateway", "http-502"),
    ("API Error: 503 Service Unavailable", "http-503"),
    (
        r#"API Error: 529 {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        "http-529",
    ),
    ("HTTP/1.1 407 Proxy Authentication Required", "http-407"),
    ("SELF_SIGNED_CERT_IN_CHAIN", "cert-self-signed"),
    ("DEPTH_ZERO_SELF_SIGNED_CERT", "cert-self-signed"),
    ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "cert-unknown-issuer"),
    ("unable to get local issuer certificate", "cert-unknown-issuer"),
    ("CERT_HAS_EXPIRED", "cert-expired"),
    (
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "heap-out-of-memory",
    ),
    ("Extension host terminated unexpectedly", "extension-host-terminated"),
    ("Claude Code process exited with code 143", "exit-143"),
    ("exit code: 137", "exit-137"),
    ("code=134", "exit-134"),
    ("Extension host (pid: 4242) exited with code: 133, signal: SIGTRAP.", "exit-133"),
];

fn id(text: &str) -> Option<&'static str> {
    explain(text).known.map(|known| known.entry.id)
}

fn also(text: &str) -> Vec<&'static str> {
    explain(text).also.iter().map(|known| known.entry.id).collect()
}

/// As terminals, logs, programs and stacks show it.
fn dressed(text: &str) -> Vec<String> {
    let json = serde_json::json!({ "type": "assistant", "message": { "content": [{ "type": "text", "text": text }] } });
    let twice = serde_json::json!({ "line": json.to_string(), "at": "2026-04-17T12:13:15.529Z" });
    let stack = format!(
        "    at async Promise.all (index 33)\n{text}\n    at Jj.makeRequest (file:///home/ann/.npm/cli.js:934:4542)\n    \
         at TCP.onStreamRead (node:internal/stream_base_commons:529:27)\n    at node:internal/process/task_queues:105:5"
    );
    let in_json =
        serde_json::json!([{ "error": stack, "timestamp": "2026-05-06T16:31:31.752Z" }]).to_string();
    vec![
        text.to_owned(),
        text.to_uppercase(),
        text.to_lowercase(),
        format!("\x1b[31;1m{text}\x1b[0m"),
        format!("\x1b[2K\x1b[1G\x1b[38;5;196m{text}\x1b[39m\x1b[22m\r\n"),
        format!("[31m{text}[0m"),
        format!(r"\u001b[31m{text}\u001b[0m"),
        format!("\r\n  ⎿  {text}\r\n"),
        format!("│ {text} │"),
        format!("> {text}\n"),
        format!("2026-04-17 12:13:15.502 [error] [claude] {text}"),
        format!("[2026-04-17T12:13:15.502Z] ERROR pid=4242 {text}"),
        format!("Uncaught Error: {text}"),
        stack.clone(),
        stack.replace('\n', "\r\n"),
        in_json,
        json.to_string(),
        twice.to_string(),
    ]
}

#[test]
fn every_text_gets_its_entry_whatever_stands_around_it() {
    for (text, expected) in TEXTS {
        for dressed in dressed(text) {
            assert_eq!(id(&dressed), Some(expected), "{dressed}");
        }
    }
}

#[test]
fn every_part_of_a_colour_may_have_been_lost() {
    for (text, expected) in TEXTS {
        let coloured = format!("\x1b[31;1m{text}\x1b[0m");
        for from in 0..6 {
            assert_eq!(id(&coloured[from..coloured.len() - 1]), Some(expected), "{:?}", &coloured[from..]);
        }
        assert_eq!(id(&format!("{text}\x1b]8;;")), Some(expected), "{text}");
    }
}

#[test]
fn a_message_that_was_wrapped_by_the_terminal_is_one() {
    assert_eq!(
        id("API Error: Connection lost\n        mid-response. The response above"),
        Some("mid-response")
    );
    assert_eq!(id("Extension host terminated\r\nunexpectedly"), Some("extension-host-terminated"));
}

#[test]
fn the_more_specific_comes_first_and_the_others_are_named() {
    for (text, expected, others) in [
        (
            "API Error: Connection lost mid-response (ECONNRESET)",
            "mid-response",
            &["econnreset", "connection-lost", "api-error"][..],
        ),
        (
            r#"API Error: 529 {"type":"error","error":{"type":"overloaded_error"}}"#,
            "http-529",
            &["api-error"],
        ),
        (
            "API Error: Unable to connect to API (ECONNRESET)",
            "econnreset",
            &["unable-to-connect", "api-error"],
        ),
        ("heap out of memory, exited with code 134", "heap-out-of-memory", &["exit-134"]),
        (
            "Extension host with pid 4242 exited with code: 133, signal: unknown.",
            "exit-133",
            &["extension-host-terminated"],
        ),
        ("connect ECONNREFUSED 127.0.0.1:41234", "econnrefused-here", &["econnrefused"]),
        ("connect ETIMEDOUT 160.79.104.10:443", "connect-timeout", &["etimedout"]),
        (
            "Extension host terminated unexpectedly 3 times within the last 5 minutes",
            "extension-host-crash-loop",
            &["extension-host-terminated"],
        ),
        ("Error: Claude Code process exited with code 143", "exit-143", &["claude-exited"]),
    ] {
        assert_eq!((id(text), also(text)), (Some(expected), others.to_vec()), "{text}");
    }
}

#[test]
fn a_number_is_a_status_only_where_one_stands() {
    for text in [
        "529",
        " 529\r\n",
        "(529)",
        "HTTP 529",
        "HTTP/1.1 529",
        "HTTP/2 529",
        "status 529",
        "status: 529,",
        "status=529",
        "statusCode: 529",
        r#"{"status":529}"#,
        "status code 529",
        "Request failed with status code 529",
        "API Error: 529",
        "API Error (529 upstream busy)",
        "Error: 529",
        "error code: 529 - busy",
        "server returned 529",
        "got 529 from the API",
        "a 529 error",
        r#"529 {"type":"error","error":{}}"#,
        "(HTTP 529)",
        "Request rejected (529)",
    ] {
        assert_eq!(id(text), Some("http-529"), "{text}");
    }
    for text in [
        "line 529",
        "cli.js:529:27",
        "error at 12:529",
        "529 files changed",
        "read 529 lines",
        "in 529 ms",
        "status after 529ms",
        "took 529ms",
        "$529",
        "529.3",
        "1,529",
        "port 529",
        "#529 and #530",
        "PR 529",
        "error #529",
        "returned 529 rows",
        "got 529 tokens",
        "10.0.0.529",
        "2026-04-17T12:13:15.529Z",
        "code 529-ORD",
        "v5.529",
        "retryInMs: 529",
        "error on page 529",
        "0529",
        "1529",
        "a529",
    ] {
        assert_eq!(id(text), None, "{text}");
    }
}

#[test]
fn a_number_is_an_exit_code_only_where_one_stands() {
    for (exit, expected) in [(143, "exit-143"), (137, "exit-137"), (133, "exit-133"), (134, "exit-134")] {
        for text in [
            format!("{exit}"),
            format!("exited with code {exit}"),
            format!("exit code: {exit}"),
            format!("code={exit}"),
            format!("(code {exit})"),
            format!("exit status {exit}"),
            format!("Exited ({exit}) 3 minutes ago"),
            format!("exited with {exit}"),
            format!("status={exit}/n/a"),
            format!("make: *** [test] Error {exit}"),
            format!(r#"{{"exitCode":{exit},"signal":null}}"#),
        ] {
            assert_eq!(id(&text), Some(expected), "{text}");
        }
        for text in
            [format!("line {exit}"), format!("{exit} files"), format!("pid {exit}"), format!("{exit} ms")]
        {
            assert_eq!(id(&text), None, "{text}");
        }
    }
}

#[test]
fn what_only_looks_like_an_error_is_none() {
    for text in [
        "",
        " \r\n\t",
        "EPIPEX",
        "XEPIPE",
        "isEconnreset",
        "ECONNRESET_RETRIES=3",
        "src/econnreset.ts",
        "retry-econnreset",
        "--on-epipe=ignore",
        "ETIMEDOUTS",
        "The connection. Lost in translation",
        "the connection was fine and nothing was lost mid-sentence",
        "request timeout is a setting of the proxy",
        "mid-response",
        "the extension host is healthy",
        "apierror",
        "memory of 8 GB",
        "ok",
        "\u{1b}[31m\u{1b}[0m",
        "ＥＣＯＮＮＲＥＳＥＴ",
    ] {
        assert_eq!(id(text), None, "{text}");
    }
}

#[test]
fn an_entry_counts_its_own_errors() {
    let of = |id: &str| knowledge().iter().find(|known| known.entry.id == id).expect("it is known");
    assert!(of("econnreset").counts(Some("ECONNRESET"), None));
    assert!(!of("econnreset").counts(Some("EPIPE"), None) && !of("econnreset").counts(None, None));
    assert!(of("http-529").counts(None, Some(529)) && !of("http-529").counts(None, Some(500)));
    assert!(of("mid-response").counts(None, None) && !of("mid-response").counts(None, Some(529)));
    assert!(of("api-error").counts(None, Some(529)));
    assert!(!of("heap-out-of-memory").counts(Some("ECONNRESET"), None));
    let counted = ["heap-out-of-memory", "exit-137", "econnreset", "http-529", "mid-response"]
        .map(|id| of(id).is_counted());
    assert_eq!(counted, [false, false, true, true, true]);
}

proptest! {
    #[test]
    fn whatever_a_text_tells_of_is_told_in_the_order_of_the_entries(
        pieces in prop::collection::vec(prop_oneof![any::<String>(), (0..TEXTS.len()).prop_map(|at| TEXTS[at].0.to_owned())], 0..6),
    ) {
        let found = explain(&pieces.join("\n\n"));
        let place = |id: &str| knowledge().iter().position(|known| known.entry.id == id);
        let places: Vec<Option<usize>> = found.known.iter().chain(&found.also).map(|known| place(known.entry.id)).collect();
        prop_assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", places);
    }

    #[test]
    fn hostile_bytes_around_it_hide_no_error_on_a_line_of_its_own(
        before in prop::collection::vec(any::<u8>(), 0..80),
        after in prop::collection::vec(any::<u8>(), 0..80),
        which in 0..TEXTS.len(),
    ) {
        let (text, expected) = TEXTS[which];
        let text = format!("{}\n\n{text}\n\n{}", String::from_utf8_lossy(&before), String::from_utf8_lossy(&after));
        let found = explain(&text);
        let ids: Vec<&str> = found.known.iter().chain(&found.also).map(|known| known.entry.id).collect();
        prop_assert!(ids.contains(&expected), "{:?}: {:?}", text, ids);
    }

    #[test]
    fn pieces_of_sequences_and_escapes_are_survived(text in r#"[\x1b\\\[\]0-9;mKunxe"':. A-F\n]{0,60}"#) {
        let found = explain(&text);
        prop_assert!(found.known.is_some() || found.also.is_empty());
    }
}
