//! Records as Claude Code writes them.

use serde_json::{Value, json};

use super::Dice;

/// What an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
    /// 2.1.72 to 2.1.114: `cause.code` and `error.cause.code`.
    First,
    /// The same with an empty `error`, and a code nowhere.
    FirstWithoutCode,
    /// An answer of HTTP.
    Status,
    /// 2.1.329.
    Third,
}

/// What an error says of itself, as the report is to tell it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flaw {
    pub(crate) code: Option<&'static str>,
    pub(crate) path: Option<&'static str>,
    pub(crate) status: Option<(u16, &'static str)>,
}

/// Codes of connections.
pub(crate) const CODES: [&str; 3] = ["ECONNRESET", "ETIMEDOUT", "EPIPE"];
/// Where requests go.
pub(crate) const PATH: &str = "https://api.anthropic.com/v1/messages?beta=true";
/// Statuses, and the type of the answer.
pub(crate) const STATUSES: [(u16, &str); 3] =
    [(529, "overloaded_error"), (500, "api_error"), (502, "api_error")];

impl Generation {
    pub(crate) const ALL: [Self; 4] = [Self::First, Self::FirstWithoutCode, Self::Status, Self::Third];

    /// The fields of a record with such an error, and what it says.
    pub(crate) fn error(self, dice: &mut Dice, attempt: u32) -> (Value, Flaw) {
        let code = *dice.pick(&CODES);
        let (mut fields, flaw) = match self {
            Self::First => {
                let path = dice.chance(70).then_some(PATH);
                let mut cause = json!({ "code": code, "errno": 0 });
                if let Some(path) = path {
                    cause["path"] = path.into();
                }
                let fields = json!({ "cause": cause, "error": { "type": null, "cause": cause } });
                (fields, Flaw { code: Some(code), path, status: None })
            }
            Self::FirstWithoutCode => (json!({ "error": {} }), Flaw::default()),
            Self::Status => {
                let (status, kind) = *dice.pick(&STATUSES);
                let error = json!({
                    "status": status,
                    "headers": { "request-id": "req_1", "cf-ray": "9-ORD", "x-should-retry": "true" },
                    "error": { "type": "error", "error": { "type": kind, "message": "Overloaded" } },
                });
                (json!({ "error": error }), Flaw { status: Some((status, kind)), ..Flaw::default() })
            }
            Self::Third => {
                let error = json!({
                    "message": "Connection error.",
                    "formatted": format!("Connection dropped ({code})"),
                    "connection": { "code": code },
                    "isNetworkDown": false,
                });
                let source = *dice.pick(&["request_retry", "connection_retry"]);
                (json!({ "error": error, "source": source }), Flaw { code: Some(code), ..Flaw::default() })
            }
        };
        merge(
            &mut fields,
            json!({
                "subtype": "api_error",
                "level": "error",
                "retryInMs": 503.101_023_991_474,
                "retryAttempt": attempt,
                "maxRetries": 10,
            }),
        );
        (fields, flaw)
    }
}

/// What an error looks like, said by somebody who talks about one.
fn mention(dice: &mut Dice) -> Value {
    json!({
        "type": "system",
        "subtype": "api_error",
        "uuid": dice.uuid(),
        "timestamp": "2026-04-01T00:00:00.000Z",
        "version": "9.9.9",
        "cause": { "code": "EDECOY" },
        "error": { "status": 599 },
        "retryAttempt": 1,
        "maxRetries": 1,
        "isApiErrorMessage": true,
        "message": { "model": "claude-decoy" },
    })
}

/// Text of about so many bytes; some of it mentions errors.
pub(crate) fn prose(dice: &mut Dice, bytes: u64) -> String {
    // One escape in about fifty bytes, as in code and its output.
    const WORDS: [&str; 20] = [
        "the ",
        "socket ",
        "was ",
        "closed ",
        "while ",
        "ECONNRESET ",
        "\"quoted\" ",
        "by its peer\n",
        "in ",
        "function ",
        "handle_answer(stream) ",
        "ä ",
        "🦀 ",
        "api_error ",
        "because ",
        "reading ",
        "from ",
        "gateway ",
        "again ",
        "C:\\path ",
    ];
    let mut text = String::new();
    while (text.len() as u64) < bytes {
        if dice.below(400) == 0 {
            text += &mention(dice).to_string();
        }
        text += *dice.pick(&WORDS);
    }
    text
}

/// A prompt.
pub(crate) fn prompt(dice: &mut Dice) -> Value {
    let text = if dice.chance(20) { mention(dice).to_string() } else { prose(dice, 60) };
    let content = if dice.chance(50) { json!(text) } else { json!([{ "type": "text", "text": text }]) };
    json!({ "message": { "role": "user", "content": content } })
}

/// A tool call's result, which may be somebody else's transcript.
pub(crate) fn result(dice: &mut Dice) -> Value {
    let bytes = dice.below(800);
    let mut content =
        json!([{ "type": "tool_result", "tool_use_id": "toolu_1", "content": prose(dice, bytes) }]);
    let mut fields = json!({});
    if dice.chance(20) {
        content[0]["content"] = mention(dice).to_string().into();
        fields["toolUseResult"] = mention(dice);
    }
    fields["message"] = json!({ "role": "user", "content": content });
    fields
}

/// Something that Claude Code told the model.
pub(crate) fn meta(dice: &mut Dice) -> Value {
    json!({ "isMeta": true, "message": { "role": "user", "content": prose(dice, 30) } })
}

/// An answer.
pub(crate) fn answer(dice: &mut Dice, model: &str, bytes: u64) -> Value {
    let mut content = vec![json!({ "type": "text", "text": prose(dice, bytes) })];
    if dice.chance(60) {
        let input = json!({ "error": mention(dice), "type": "tool_result" });
        content.push(json!({ "type": "tool_use", "id": "toolu_1", "name": "Bash", "input": input }));
    }
    json!({ "message": { "model": model, "id": "msg_1", "role": "assistant", "content": content, "stop_reason": "end_turn" } })
}

/// What Claude Code says in the model's place, without a failure.
pub(crate) fn placeholder() -> Value {
    let content = json!([{ "type": "text", "text": "No response requested." }]);
    json!({ "message": { "model": "<synthetic>", "content": content } })
}

/// The end of a turn that died.
pub(crate) fn failure() -> Value {
    let content = json!([{ "type": "text", "text": "API Error: Unable to connect to API (ECONNRESET)" }]);
    json!({ "isApiErrorMessage": true, "error": "unknown", "message": { "model": "<synthetic>", "content": content } })
}

/// A record without a time, and mostly without an id.
pub(crate) fn timeless(dice: &mut Dice) -> Value {
    match dice.below(4) {
        0 => json!({ "type": "summary", "summary": prose(dice, 20), "leafUuid": dice.uuid() }),
        1 => json!({ "type": "last-prompt", "lastPrompt": mention(dice).to_string() }),
        2 => {
            json!({ "type": "file-history-snapshot", "snapshot": { "timestamp": "2026-01-01T00:00:00.000Z" }, "isSnapshotUpdate": false })
        }
        _ => json!({ "type": "ai-title", "aiTitle": mention(dice) }),
    }
}

/// Adds fields to an object.
pub(crate) fn merge(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}
