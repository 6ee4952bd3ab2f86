//! Transcripts as stories.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// A record with these fields, as a line.
fn record(kind: &str, fields: Value) -> String {
    let mut record = json!({ "type": kind, "timestamp": "2026-11-21T10:00:00.000Z" });
    if let (Value::Object(record), Value::Object(fields)) = (&mut record, fields) {
        record.extend(fields);
    }
    record.to_string()
}

fn user(content: impl Into<Value>) -> String {
    record("user", json!({ "uuid": "u", "message": { "role": "user", "content": content.into() } }))
}

fn said(text: &str, stop_reason: Option<&str>) -> String {
    let content = json!([{ "type": "text", "text": text }]);
    record("assistant", json!({ "message": { "content": content, "stop_reason": stop_reason } }))
}

fn calls(id: &str, name: &str, input: Value) -> String {
    let content = json!([{ "type": "tool_use", "id": id, "name": name, "input": input }]);
    record("assistant", json!({ "message": { "content": content, "stop_reason": "tool_use" } }))
}

fn result(id: &str) -> String {
    user(json!([{ "type": "tool_result", "tool_use_id": id, "content": "x" }]))
}

fn system(subtype: &str) -> String {
    record("system", json!({ "subtype": subtype }))
}

fn retry(attempt: u32) -> String {
    let fields = json!({ "subtype": "api_error", "error": {}, "retryAttempt": attempt, "maxRetries": 10, "retryInMs": 543.7 });
    record("system", fields)
}

fn failure() -> String {
    let message = json!({ "model": "<synthetic>", "content": [{ "type": "text", "text": "API Error: 529" }], "stop_reason": "stop_sequence" });
    record("assistant", json!({ "isApiErrorMessage": true, "message": message }))
}

fn stands(records: &[String]) -> Standing {
    standing(records.join("\n").as_bytes(), Whose::Session)
}

/// How one who looks at it would say it.
fn words(fault: &Fault) -> String {
    let code = fault.code.clone().or_else(|| fault.status.map(|status| status.to_string()));
    let place = if fault.is_mid_stream { " in mid-stream" } else { "" };
    code.unwrap_or_else(|| "something".into()) + place
}

fn story(records: &[String]) -> String {
    let Standing { state, last_prompt, partial_answer, pending_tools, typed_since_failure, .. } =
        stands(records);
    let mut story = match state {
        State::Retrying { attempt, max, next_in_ms, fault } => {
            format!("Retrying {attempt} of {max} in {next_in_ms} ms after {}", words(&fault))
        }
        State::Failed { text, fault } => format!("Failed after {}: {text}", words(&fault)),
        state => format!("{state:?}"),
    };
    if let Some(prompt) = last_prompt {
        story += &format!(", asked “{prompt}”");
    }
    if let Some(answer) = partial_answer {
        story += &format!(", said “{answer}”");
    }
    for tool in pending_tools {
        story += &format!(", runs {}({})", tool.name, tool.summary);
    }
    if typed_since_failure {
        story += ", typed since";
    }
    story
}

#[test]
fn a_turn_from_its_prompt_to_its_end() {
    let mut records = vec![user("fix it")];
    let mut tell = |record: String, expected: &str| {
        records.push(record);
        assert_eq!(story(&records), expected);
    };
    tell(record("attachment", json!({})), "Thinking, asked “fix it”");
    tell(said("Let me see.", Some("tool_use")), "Thinking, asked “fix it”, said “Let me see.”");
    tell(
        calls("1", "Bash", json!({ "description": "Test", "command": "cargo\n  test" })),
        "Tool, asked “fix it”, said “Let me see.”, runs Bash(cargo test)",
    );
    tell(
        calls("2", "Read", json!({ "file_path": "/a.rs" })),
        "Tool, asked “fix it”, said “Let me see.”, runs Bash(cargo test), runs Read(/a.rs)",
    );
    tell(result("1"), "Tool, asked “fix it”, said “Let me see.”, runs Read(/a.rs)");
    tell(result("2"), "Thinking, asked “fix it”, said “Let me see.”");
    tell(retry(3), "Retrying 3 of 10 in 543 ms after something, asked “fix it”, said “Let me see.”");
    tell(said("Fixed.", Some("end_turn")), "Idle, asked “fix it”");
    tell(system("turn_duration"), "Idle, asked “fix it”");
    tell(retry(1), "Idle, asked “fix it”");
}

#[test]
fn a_turn_that_dies_keeps_what_was_said_and_what_was_out() {
    let turn = [
        user("go"),
        said("Half an", Some("tool_use")),
        calls("1", "Task", json!({ "prompt": "look" })),
        failure(),
    ];
    assert_eq!(
        story(&turn),
        "Failed after something: API Error: 529, asked “go”, said “Half an”, runs Task(look)"
    );
    let with = |more: &[String]| story(&[turn.as_slice(), more].concat());
    assert!(with(&[system("turn_duration")]).starts_with("Failed"));
    assert!(with(&[system("local_command")]).ends_with("typed since"));
    assert!(
        with(&[record("queue-operation", json!({ "operation": "enqueue", "content": "go on" }))])
            .ends_with("typed since")
    );
    let notice = json!({ "operation": "enqueue", "content": "<task-notification>\nx" });
    assert!(!with(&[record("queue-operation", notice)]).contains("typed"));
    assert_eq!(with(&[user("continue")]), "Thinking, asked “continue”, typed since");
    assert_eq!(
        with(&[user("continue"), failure()]),
        "Failed after something: API Error: 529, asked “continue”",
        "the second failure is a new one"
    );
}

#[test]
fn only_what_a_person_asked_is_a_prompt() {
    let ask = user("real");
    let meta = record("user", json!({ "isMeta": true, "message": { "content": "Caveat: …" } }));
    let side = record("user", json!({ "isSidechain": true, "message": { "content": "a subagent's" } }));
    let summary =
        record("user", json!({ "isCompactSummary": true, "message": { "content": "This session …" } }));
    for other in [meta, side, summary] {
        assert_eq!(story(&[ask.clone(), said("Done.", Some("end_turn")), other]), "Idle, asked “real”");
    }
    let notice = record(
        "user",
        json!({ "origin": { "kind": "task-notification" }, "message": { "content": "<task-notification>…" } }),
    );
    assert_eq!(story(&[ask.clone(), said("Done.", Some("end_turn")), notice]), "Thinking, asked “real”");
    let reminded = user(
        json!([{ "type": "text", "text": "<system-reminder>x</system-reminder>" }, { "type": "text", "text": "words" }]),
    );
    assert_eq!(story(&[reminded]), "Thinking, asked “words”");
    let queued = json!({ "attachment": { "type": "queued_command", "prompt": "and this" } });
    assert_eq!(story(&[ask.clone(), record("attachment", queued)]), "Thinking, asked “and this”");
    assert_eq!(story(&[ask, user(json!([{ "type": "image", "source": {} }]))]), "Thinking");
}

#[test]
fn commands_are_told_as_they_were_typed() {
    let cost = user(
        "<command-name>/cost</command-name>\n<command-message>cost</command-message>\n<command-args></command-args>",
    );
    let output = user("<local-command-stdout>$0.10</local-command-stdout>");
    let own = user(
        "<command-message>review is running…</command-message>\n<command-name>/review</command-name>\n<command-args>12</command-args>",
    );
    assert_eq!(story(std::slice::from_ref(&own)), "Thinking, asked “/review 12”");
    let done = [user("x"), said("Done.", Some("end_turn"))];
    assert_eq!(story(&[done.as_slice(), &[cost.clone(), output.clone()]].concat()), "Idle, asked “/cost”");
    let failed = [user("x"), failure(), cost, output.clone()];
    assert_eq!(story(&failed), "Failed after something: API Error: 529, asked “/cost”, typed since");
    assert_eq!(story(&[user("x"), output]), "Thinking, asked “x”", "that of an earlier one");
    let shell = user("<bash-input> ls</bash-input>");
    let shell_said = "<bash-stdout>a</bash-stdout><bash-stderr></bash-stderr>";
    assert_eq!(story(&[shell.clone(), user(shell_said)]), "Idle, asked “! ls”");
    let turn = record("user", json!({ "turnOrigin": "human", "message": { "content": shell_said } }));
    assert_eq!(story(&[shell, turn]), "Thinking, asked “! ls”");
}

#[test]
fn an_interruption_ends_the_turn() {
    for text in ["[Request interrupted by user]", "[Request interrupted by user for tool use]"] {
        let records = [
            user("x"),
            calls("1", "Bash", json!({})),
            result("1"),
            user(json!([{ "type": "text", "text": text }])),
        ];
        assert_eq!(story(&records), "Interrupted, asked “x”");
        assert_eq!(
            story(&[records.as_slice(), &[system("turn_duration")]].concat()),
            "Interrupted, asked “x”"
        );
    }
}

#[test]
fn a_tool_that_asks_the_user_waits() {
    let question = json!({ "questions": [{ "question": "Which?" }] });
    let records = [user("x"), calls("1", "AskUserQuestion", question)];
    assert_eq!(
        story(&records),
        r#"Waiting, asked “x”, runs AskUserQuestion({"questions":[{"question":"Which?"}]})"#
    );
}

#[test]
fn an_answer_that_does_not_say_why_it_ended_is_an_end_only_where_none_says() {
    let unsaid = said("So far.", None);
    assert_eq!(story(&[user("x"), unsaid.clone()]), "Idle, asked “x”");
    let before = [user("a"), said("b", Some("end_turn")), user("x"), unsaid];
    assert_eq!(story(&before), "Thinking, asked “x”, said “So far.”");
    let thinking =
        json!({ "message": { "content": [{ "type": "thinking", "thinking": "hm" }], "stop_reason": null } });
    assert_eq!(story(&[user("x"), record("assistant", thinking)]), "Thinking, asked “x”");
    let synthetic = json!({ "message": { "model": "<synthetic>", "content": [{ "type": "text", "text": "No response requested." }] } });
    assert_eq!(story(&[user("x"), record("assistant", synthetic)]), "Idle, asked “x”");
}

#[test]
fn the_place_is_that_of_the_last_record_that_names_one() {
    let first = json!({ "sessionId": "a", "cwd": "/x", "gitBranch": "main", "version": "1.0.88", "entrypoint": "cli" });
    let later = json!({ "sessionId": "b", "cwd": "/y", "gitBranch": "HEAD", "timestamp": "2026-11-21T10:55:29.145Z" });
    let standing = stands(&[
        record("attachment", first),
        record("summary", later),
        record("mode", json!({ "timestamp": 7 })),
    ]);
    assert_eq!(standing.session_id.as_deref(), Some("b"));
    assert_eq!(standing.cwd.as_deref(), Some("/y"));
    assert_eq!(standing.git_branch, None);
    assert_eq!(standing.version.as_deref(), Some("1.0.88"));
    assert_eq!(standing.last_record_unix_ms, Some(1_795_258_529_145));
    assert_eq!(standing.state, State::Unknown);
}

#[test]
fn the_note_of_the_last_prompt_stands_in_where_the_prompt_is_out_of_reach() {
    let note = record("last-prompt", json!({ "lastPrompt": "long ago" }));
    let answered = said("Done.", Some("end_turn"));
    assert_eq!(story(&[note.clone(), answered.clone()]), "Idle, asked “long ago”");
    assert!(stands(&[note.clone(), answered]).is_told());
    let asked = user("now");
    assert_eq!(story(&[note.clone(), asked.clone()]), "Thinking, asked “now”");
    assert_eq!(story(&[asked, note]), "Thinking, asked “now”");
    assert!(!stands(&[result("1")]).is_told());
}

#[test]
fn lines_may_be_torn_ended_by_two_bytes_or_no_text() {
    let whole = [user("x"), calls("1", "Bash", json!({ "command": "ls" }))].join("\r\n");
    let expected = standing(whole.replace('\r', "").as_bytes(), Whose::Session);
    assert_eq!(standing(whole.as_bytes(), Whose::Session), expected);
    let torn = format!("{whole}\n{}", &result("1")[..40]);
    assert_eq!(standing(torn.as_bytes(), Whose::Session), expected);
    let mut broken = whole.replace("ls", "l?s").into_bytes();
    for byte in broken.iter_mut().filter(|byte| **byte == b'?') {
        *byte = 0xff;
    }
    assert_eq!(standing(&broken, Whose::Session).pending_tools[0].summary, "l\u{fffd}s");
}

#[test]
fn a_subagent_s_file_is_of_side_records() {
    let asked = record("user", json!({ "isSidechain": true, "message": { "content": "look" } }));
    assert_eq!(standing(asked.as_bytes(), Whose::Subagent).state, State::Thinking);
    assert_eq!(standing(asked.as_bytes(), Whose::Session).state, State::Unknown);
}

#[test]
fn every_text_is_bounded() {
    let long = "ä".repeat(100_000);
    let mut records = vec![user(long.as_str())];
    for number in 0..100 {
        records.push(said(&long, Some("tool_use")));
        records.push(calls(&format!("{number}"), &long, json!({ "command": long })));
    }
    records.push(record("summary", json!({ "cwd": long, "gitBranch": long, "sessionId": long })));
    let standing = stands(&records);
    let chars = |text: &Option<String>| text.as_deref().map_or(0, |text| text.chars().count());
    assert_eq!(chars(&standing.last_prompt), PROMPT_CHARS);
    assert_eq!(chars(&standing.partial_answer), ANSWER_CHARS);
    assert_eq!(standing.pending_tools.len(), TOOLS_AT_MOST);
    for tool in &standing.pending_tools {
        assert_eq!(tool.summary.chars().count(), SUMMARY_CHARS);
        assert_eq!(tool.name.chars().count(), NAME_CHARS);
    }
    assert_eq!((chars(&standing.cwd), chars(&standing.git_branch)), (PATH_CHARS, NAME_CHARS));
    let failed = json!({ "isApiErrorMessage": true, "message": { "content": long } });
    let State::Failed { text, .. } = stands(&[record("assistant", failed)]).state else {
        panic!("a failure")
    };
    assert_eq!(text.chars().count(), PROMPT_CHARS);
}

/// A line as a careless or a hostile writer could write it.
fn any_line() -> impl Strategy<Value = Vec<u8>> {
    let records = [
        user("x"),
        user(json!([{ "type": "text", "text": INTERRUPTED }])),
        user("<command-name>/x"),
        calls("1", "Bash", json!({ "command": 7 })),
        result("1"),
        said("y", None),
        failure(),
        retry(4_000_000_000),
        system("turn_duration"),
        record("queue-operation", json!({ "operation": "enqueue", "content": [[]] })),
        record("attachment", json!({ "attachment": { "type": "queued_command", "prompt": 7 } })),
        record("last-prompt", json!({ "lastPrompt": {} })),
    ];
    let known = prop::sample::select(records.to_vec()).prop_map(String::into_bytes);
    prop_oneof![
        4 => known.clone(),
        // Torn, or with a byte that is another.
        2 => (known, any::<prop::sample::Index>(), any::<u8>(), any::<bool>()).prop_map(|(mut line, at, byte, cut)| {
            let at = at.index(line.len());
            if cut { line.truncate(at) } else { line[at] = byte }
            line
        }),
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => "[\\[{]{0,300}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn whatever_the_lines_are_they_are_survived_and_bounded(lines in prop::collection::vec(any_line(), 0..30)) {
        for whose in [Whose::Session, Whose::Subagent] {
            let standing = standing(&lines.join(&b"\n"[..]), whose);
            prop_assert!(standing.last_prompt.is_none_or(|prompt| prompt.chars().count() <= PROMPT_CHARS));
            prop_assert!(standing.partial_answer.is_none_or(|answer| answer.chars().count() <= ANSWER_CHARS));
            let has_failed = matches!(&standing.state, State::Failed { .. });
            prop_assert!(standing.pending_tools.is_empty() || standing.state.is_open() || has_failed);
        }
    }
}

#[test]
fn what_broke_is_told_by_records_of_all_generations() {
    for (fields, expected) in [
        (
            json!({ "cause": { "code": "ECONNRESET" }, "error": { "cause": { "code": "EPIPE" } } }),
            "ECONNRESET",
        ),
        (json!({ "error": { "cause": { "code": "EPIPE" } } }), "EPIPE"),
        (json!({ "error": {} }), "something"),
        (json!({ "error": { "status": 529, "error": { "error": { "type": "overloaded_error" } } } }), "529"),
        (
            json!({ "source": "connection_retry", "error": { "connection": { "code": "ETIMEDOUT" } } }),
            "ETIMEDOUT in mid-stream",
        ),
        (json!({ "source": "request_retry", "error": { "formatted": "No way (ENOTFOUND)" } }), "ENOTFOUND"),
        (json!({ "error": { "formatted": "so it goes (Everybody)", "status": 7, "code": "" } }), "something"),
        (json!({ "error": [], "cause": 7 }), "something"),
    ] {
        let mut fields = fields;
        fields["subtype"] = "api_error".into();
        fields["retryAttempt"] = 1.into();
        let retry = record("system", fields);
        assert_eq!(story(std::slice::from_ref(&retry)), format!("Retrying 1 of 0 in 0 ms after {expected}"));
        let died = story(&[user("go"), retry, failure()]);
        assert_eq!(died, format!("Failed after {expected}: API Error: 529, asked “go”"));
    }
    let message = json!({ "model": "<synthetic>", "content": [{ "type": "text", "text": "no" }] });
    let fields = json!({ "isApiErrorMessage": true, "apiErrorStatus": 413, "message": message });
    assert_eq!(story(&[record("assistant", fields)]), "Failed after 413: no");
    // All that an interactive session says.
    for (said, expected) in [
        ("API Error: Connection dropped (ECONNRESET). Check the gateway", "ECONNRESET"),
        ("API Error: it broke (E) or (Else) (ENOTFOUND).", "ENOTFOUND"),
        ("API Error: 500 (", "something"),
    ] {
        let message = json!({ "model": "<synthetic>", "content": [{ "type": "text", "text": said }] });
        let failed = record("assistant", json!({ "isApiErrorMessage": true, "message": message }));
        assert_eq!(story(&[failed]), format!("Failed after {expected}: {said}"));
    }
}

#[test]
fn a_request_that_is_made_again_is_a_retry_where_nothing_else_says_so() {
    let request = |digest: &str| record("api-request", json!({ "requestDigest": digest }));
    let mut records = vec![request("a"), user("go"), request("b")];
    let mut tell = |record: String, expected: &str| {
        records.push(record);
        assert_eq!(story(&records), expected);
    };
    tell(request("title"), "Thinking, asked “go”");
    tell(request("b"), "Retrying 1 of 0 in 0 ms after something, asked “go”");
    tell(request("b"), "Retrying 2 of 0 in 0 ms after something, asked “go”");
    tell(said("There.", Some("tool_use")), "Thinking, asked “go”, said “There.”");
    tell(request("b"), "Thinking, asked “go”, said “There.”");
    tell(retry(1), "Retrying 1 of 10 in 543 ms after something, asked “go”, said “There.”");
    tell(request("b"), "Retrying 1 of 10 in 543 ms after something, asked “go”, said “There.”");
    tell(said("All.", Some("end_turn")), "Idle, asked “go”");
    tell(request("c"), "Idle, asked “go”");
    tell(request("c"), "Idle, asked “go”");
}
