//! One line of a transcript, as leniently as it can be read: a field of an unknown shape is absent, and the rest of the record is not.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::value::RawValue;

/// A record of any type and generation (FACTS section 5). Texts are borrowed from the line unless they hold an escape.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Record<'a> {
    /// `user`, `assistant`, `system`, `attachment`, `progress`, `queue-operation`, `last-prompt`, …
    #[serde(rename = "type", borrow, deserialize_with = "text")]
    pub kind: Option<Cow<'a, str>>,
    /// Of a `system` record: `api_error`, `turn_duration`, `compact_boundary`, `local_command`, …
    #[serde(borrow, deserialize_with = "text")]
    pub subtype: Option<Cow<'a, str>>,
    /// Its own id. A resumed or forked session copies records with their ids into another file: count each once.
    #[serde(borrow, deserialize_with = "text")]
    pub uuid: Option<Cow<'a, str>>,
    /// The record that it follows.
    #[serde(borrow, deserialize_with = "text")]
    pub parent_uuid: Option<Cow<'a, str>>,
    /// The session that wrote it, which is not always the file's.
    #[serde(borrow, deserialize_with = "text")]
    pub session_id: Option<Cow<'a, str>>,
    /// The folder that the session worked in.
    #[serde(borrow, deserialize_with = "text")]
    pub cwd: Option<Cow<'a, str>>,
    /// The branch of that folder; `HEAD` when it had none.
    #[serde(borrow, deserialize_with = "text")]
    pub git_branch: Option<Cow<'a, str>>,
    /// Claude Code's.
    #[serde(borrow, deserialize_with = "text")]
    pub version: Option<Cow<'a, str>>,
    /// `cli`, `claude-vscode`, `sdk-cli`, …
    #[serde(borrow, deserialize_with = "text")]
    pub entrypoint: Option<Cow<'a, str>>,
    /// When, in RFC 3339. [`Record::unix_ms`] reads it.
    #[serde(borrow, deserialize_with = "text")]
    pub timestamp: Option<Cow<'a, str>>,
    /// Of a subagent.
    #[serde(deserialize_with = "flag")]
    pub is_sidechain: bool,
    /// Said by Claude Code itself, not by the user.
    #[serde(deserialize_with = "flag")]
    pub is_meta: bool,
    /// The summary that a compaction puts in the place of what was said before.
    #[serde(deserialize_with = "flag")]
    pub is_compact_summary: bool,
    /// The turn ended with an error, which the message tells.
    #[serde(deserialize_with = "flag")]
    pub is_api_error_message: bool,
    /// Of `user` and `assistant` records. [`Record::message`] reads it.
    #[serde(borrow, rename = "message", deserialize_with = "raw")]
    pub raw_message: Option<&'a RawValue>,
    /// Who made a `user` record: `{kind}`, which is `human`, `task-notification`, …; none in older versions, and where a program speaks.
    #[serde(borrow, deserialize_with = "raw")]
    pub origin: Option<&'a RawValue>,
    /// Of a `user` record that a turn began with (2.1.329): `human`, `sdk`, `task_notification`, …
    #[serde(borrow, deserialize_with = "text")]
    pub turn_origin: Option<Cow<'a, str>>,
    /// Of a `last-prompt` record: the text.
    #[serde(borrow, deserialize_with = "text")]
    pub last_prompt: Option<Cow<'a, str>>,
    /// Of a `queue-operation` record: `enqueue`, `dequeue`, `remove`, …
    #[serde(borrow, deserialize_with = "text")]
    pub operation: Option<Cow<'a, str>>,
    /// Of a `queue-operation` or a `system` record.
    #[serde(borrow, deserialize_with = "raw")]
    pub content: Option<&'a RawValue>,
    /// Of an `attachment` record.
    #[serde(borrow, deserialize_with = "raw")]
    pub attachment: Option<&'a RawValue>,
    /// Of an `api_error` record an object in all generations, empty in some records of the first; of an `assistant` record that tells
    /// a failure a word, `unknown`, `rate_limit`, ….
    #[serde(borrow, deserialize_with = "raw")]
    pub error: Option<&'a RawValue>,
    /// Of an `assistant` record that tells a failure: the HTTP status.
    #[serde(deserialize_with = "number")]
    pub api_error_status: Option<f64>,
    /// Of an `api_error` record of the first generation: `{code, path}`.
    #[serde(borrow, deserialize_with = "raw")]
    pub cause: Option<&'a RawValue>,
    /// Of an `api_error` record of the third generation: `request_retry` or `connection_retry`.
    #[serde(borrow, deserialize_with = "text")]
    pub source: Option<Cow<'a, str>>,
    /// Of an `api_error` record: the pause before the next attempt, in milliseconds.
    #[serde(deserialize_with = "number")]
    pub retry_in_ms: Option<f64>,
    /// Of an `api_error` record: the attempt that failed, from 1.
    #[serde(deserialize_with = "number")]
    pub retry_attempt: Option<f64>,
    /// Of an `api_error` record.
    #[serde(deserialize_with = "number")]
    pub max_retries: Option<f64>,
    /// Of an `api-request` record: what tells one request from another. Each attempt of one writes the same (2.1.329).
    #[serde(borrow, deserialize_with = "text")]
    pub request_digest: Option<Cow<'a, str>>,
    /// Of a `turn_duration` record, in milliseconds.
    #[serde(deserialize_with = "number")]
    pub duration_ms: Option<f64>,
    /// Of a `turn_duration` record.
    #[serde(deserialize_with = "number")]
    pub message_count: Option<f64>,
    /// Of a `compact_boundary` record: `{trigger, preTokens}`.
    #[serde(borrow, deserialize_with = "raw")]
    pub compact_metadata: Option<&'a RawValue>,
}

impl<'a> Record<'a> {
    /// Reads a line without its end; `None` for one that is torn, or no JSON object.
    pub fn parse(line: &'a str) -> Option<Self> {
        // An array would be taken for the fields in their order.
        line.trim_start().starts_with('{').then(|| serde_json::from_str(line).ok())?
    }

    /// Whether it is of this type.
    pub fn is(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    /// Whether it is a `system` record of this subtype.
    pub fn is_system(&self, subtype: &str) -> bool {
        self.is("system") && self.subtype.as_deref() == Some(subtype)
    }

    /// When it was written, in milliseconds since the Unix epoch.
    pub fn unix_ms(&self) -> Option<u64> {
        crate::time::unix_ms(self.timestamp.as_deref()?)
    }

    /// Whether it was made by something else than the user: a notification, a hook, a teammate.
    pub fn is_of_no_person(&self) -> bool {
        #[derive(Deserialize)]
        struct Origin<'a> {
            #[serde(borrow, default, deserialize_with = "text")]
            kind: Option<Cow<'a, str>>,
        }
        let kind = self.origin.and_then(object).and_then(|Origin { kind }| kind);
        kind.is_some_and(|kind| kind != "human")
    }

    /// What the user or the model said.
    pub fn message(&self) -> Option<Message<'a>> {
        object(self.raw_message?)
    }
}

/// The message of a `user` or an `assistant` record.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Message<'a> {
    /// `<synthetic>` where Claude Code itself wrote in the model's place.
    #[serde(borrow, deserialize_with = "text")]
    pub model: Option<Cow<'a, str>>,
    /// `end_turn`, `tool_use`, `max_tokens`, …; none while the answer comes, and in some versions ever.
    #[serde(borrow, deserialize_with = "text")]
    pub stop_reason: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "content", deserialize_with = "raw")]
    raw_content: Option<&'a RawValue>,
}

impl<'a> Message<'a> {
    /// Its content, a text or blocks.
    pub fn content(&self) -> Content<'a> {
        Content::of(self.raw_content)
    }
}

/// What a message, or a tool's result, consists of.
#[derive(Debug)]
pub enum Content<'a> {
    /// One text.
    Text(Cow<'a, str>),
    /// Blocks; nothing that could be understood is an empty list.
    Blocks(Vec<Block<'a>>),
}

impl<'a> Content<'a> {
    /// Reads a text or a list of blocks; blocks that are no objects are left out.
    pub fn of(raw: Option<&'a RawValue>) -> Self {
        let json = raw.map_or("", RawValue::get);
        if let Some(text) = text_of(json) {
            return Self::Text(text);
        }
        let blocks: Vec<&'a RawValue> = serde_json::from_str(json).unwrap_or_default();
        Self::Blocks(blocks.into_iter().filter_map(object).collect())
    }

    /// Its texts in order, without tool calls, results and images.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (text, blocks) = match self {
            Self::Text(text) => (Some(text.as_ref()), [].as_slice()),
            Self::Blocks(blocks) => (None, blocks.as_slice()),
        };
        let of_blocks =
            blocks.iter().filter(|block| block.is("text")).filter_map(|block| block.text.as_deref());
        text.into_iter().chain(of_blocks)
    }

    /// Its blocks; none when it is one text.
    pub fn blocks(&self) -> &[Block<'a>] {
        match self {
            Self::Text(_) => &[],
            Self::Blocks(blocks) => blocks,
        }
    }
}

/// A part of a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Block<'a> {
    /// `text`, `thinking`, `tool_use`, `tool_result`, `image`, …
    #[serde(rename = "type", borrow, deserialize_with = "text")]
    pub kind: Option<Cow<'a, str>>,
    /// Of a `text` block.
    #[serde(borrow, deserialize_with = "text")]
    pub text: Option<Cow<'a, str>>,
    /// Of a `tool_use` block.
    #[serde(borrow, deserialize_with = "text")]
    pub id: Option<Cow<'a, str>>,
    /// Of a `tool_use` block: the tool.
    #[serde(borrow, deserialize_with = "text")]
    pub name: Option<Cow<'a, str>>,
    /// Of a `tool_use` block: what the tool is to do, as the tool defines it.
    #[serde(borrow, deserialize_with = "raw")]
    pub input: Option<&'a RawValue>,
    /// Of a `tool_result` block: the call that it belongs to.
    #[serde(borrow, deserialize_with = "text")]
    pub tool_use_id: Option<Cow<'a, str>>,
}

impl Block<'_> {
    /// Whether it is of this type.
    pub fn is(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }
}

/// An object; one with a field twice is none.
pub(crate) fn object<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    raw.get().starts_with('{').then(|| serde_json::from_str(raw.get()).ok())?
}

/// A JSON string, borrowed where it holds no escape.
pub(crate) fn text_of(json: &str) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    json.starts_with('"').then(|| serde_json::from_str(json).ok().map(|Text(text)| text))?
}

pub(crate) fn raw<'de, D: Deserializer<'de>>(value: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(value).map(Some)
}

fn text<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    Ok(raw(value)?.and_then(|raw| text_of(raw.get())))
}

fn number<'de, D: Deserializer<'de>>(value: D) -> Result<Option<f64>, D::Error> {
    scalar(value)
}

fn flag<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    Ok(scalar(value)?.unwrap_or(false))
}

fn scalar<'de, T: DeserializeOwned, D: Deserializer<'de>>(value: D) -> Result<Option<T>, D::Error> {
    Ok(raw(value)?.and_then(|raw| serde_json::from_str(raw.get()).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_an_unknown_shape_is_absent_and_the_rest_is_there() {
        let line = r#"{"type":"user","uuid":7,"cwd":["x"],"sessionId":"s\u0031","isMeta":"yes","isSidechain":true,"retryInMs":"1",
            "message":{"content":[1,{"type":"text","text":"a\nb"},null,{"type":7,"text":"c"}],"stop_reason":{}},"new":{"x":[[]]}}"#;
        let record = Record::parse(line).expect("a record");
        assert!(record.is("user") && record.is_sidechain && !record.is_meta);
        assert_eq!((record.uuid, record.cwd, record.retry_in_ms), (None, None, None));
        assert_eq!(record.session_id.as_deref(), Some("s1"));
        let message = Record::parse(line).and_then(|record| record.message()).expect("a message");
        assert_eq!(message.stop_reason, None);
        assert_eq!(message.content().texts().collect::<Vec<_>>(), ["a\nb"]);
        assert_eq!(message.content().blocks().len(), 2);
    }

    #[test]
    fn what_is_no_record_is_none() {
        for line in [
            "",
            "{",
            "null",
            "[]",
            "7",
            r#""user""#,
            r#"["user"]"#,
            r#"{"type":"user""#,
            r#"{"type":"a","type":"b"}"#,
        ] {
            assert!(Record::parse(line).is_none(), "{line}");
        }
        assert!(
            Record::parse("{}").is_some_and(|record| record.kind.is_none() && record.message().is_none())
        );
        let flat = Record::parse(r#"{"message":"x"}"#).expect("a record");
        assert!(flat.message().is_none());
    }

    #[test]
    fn all_generations_of_errors_can_be_read() {
        for line in [
            r#"{"type":"system","subtype":"api_error","cause":{"code":"ECONNRESET","path":"https://x"},"error":{"cause":{"code":"ECONNRESET"}},"retryInMs":543.2,"retryAttempt":1,"maxRetries":10}"#,
            r#"{"type":"system","subtype":"api_error","error":{},"retryInMs":500,"retryAttempt":1,"maxRetries":10}"#,
            r#"{"type":"system","subtype":"api_error","error":{"status":529,"headers":{"x-should-retry":"true"},"error":{"error":{"type":"overloaded_error"}}},"retryInMs":500,"retryAttempt":1,"maxRetries":10}"#,
            r#"{"type":"system","subtype":"api_error","source":"connection_retry","error":{"message":"x","formatted":"Connection dropped (ECONNRESET)","connection":{"code":"ECONNRESET"},"isNetworkDown":false},"retryInMs":500,"retryAttempt":1,"maxRetries":10}"#,
        ] {
            let record = Record::parse(line).expect("a record");
            assert!(record.is_system("api_error") && record.error.is_some(), "{line}");
            assert_eq!((record.retry_attempt, record.max_retries), (Some(1.0), Some(10.0)), "{line}");
        }
    }
}
