//! The few messages of the Chrome DevTools Protocol that we read, and of them only what we need.
//!
//! A stack of 7000 calls is a message of 7 MB (measured): reading stops when it has enough of it.

use crate::FRAMES_AT_MOST;
use crate::text::clean;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Longest function name kept, in bytes.
const FUNCTION_BYTES: usize = 120;

/// What the inspector says.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Message {
    /// `Debugger.scriptParsed`: a script is loaded.
    Script { id: u64, url: String },
    /// `Debugger.paused`: the first [`FRAMES_AT_MOST`] calls, innermost first.
    Paused(Vec<Call>),
    /// The answer to one of our commands.
    Answer { id: u64, failed: bool },
    /// Anything else, nonsense included.
    Other,
}

/// A call frame whose script is still a number.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Call {
    pub(crate) function: String,
    /// `None`: not a number.
    pub(crate) script: Option<u64>,
    /// Counted from 1.
    pub(crate) line: u32,
    /// Counted from 1.
    pub(crate) column: u32,
}

/// Understands one message.
pub(crate) fn read(text: &str) -> Message {
    let mut reading = Reading::default();
    let whole = (&mut reading).deserialize(&mut serde_json::Deserializer::from_str(text));
    if reading.calls.len() == FRAMES_AT_MOST {
        return Message::Paused(reading.calls);
    }
    if whole.is_err() {
        return Message::Other;
    }
    match (reading.method, reading.id, reading.script) {
        (Some(Method::Paused), ..) => Message::Paused(reading.calls),
        (Some(Method::ScriptParsed), _, Some(script)) => match script.id.parse() {
            Ok(id) => Message::Script { id, url: script.url().to_owned() },
            Err(_) => Message::Other,
        },
        (None, Some(id), _) => Message::Answer { id, failed: reading.failed },
        _ => Message::Other,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
enum Method {
    #[serde(rename = "Debugger.scriptParsed")]
    ScriptParsed,
    #[serde(rename = "Debugger.paused")]
    Paused,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Script<'a> {
    #[serde(borrow, rename = "scriptId")]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    url: Cow<'a, str>,
    #[serde(default, rename = "hasSourceURL")]
    has_source_url: bool,
    #[serde(borrow, default)]
    embedder_name: Cow<'a, str>,
}

impl Script<'_> {
    /// A script may claim another's URL in a comment (`//# sourceURL=`); Node's own name for it cannot be had that way.
    fn url(&self) -> &str {
        if self.has_source_url { &self.embedder_name } else { &self.url }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallFrame<'a> {
    #[serde(borrow, default)]
    function_name: Cow<'a, str>,
    #[serde(borrow)]
    location: Location<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(borrow)]
    script_id: Cow<'a, str>,
    #[serde(default)]
    line_number: i64,
    #[serde(default)]
    column_number: i64,
}

impl From<CallFrame<'_>> for Call {
    fn from(frame: CallFrame<'_>) -> Self {
        let from_one = |number: i64| u32::try_from(number).unwrap_or(0).saturating_add(1);
        Self {
            function: clean(&frame.function_name, FUNCTION_BYTES),
            script: frame.location.script_id.parse().ok(),
            line: from_one(frame.location.line_number),
            column: from_one(frame.location.column_number),
        }
    }
}

/// What is known so far; it stays when reading is cut short.
#[derive(Default)]
struct Reading<'a> {
    id: Option<u64>,
    method: Option<Method>,
    script: Option<Script<'a>>,
    calls: Vec<Call>,
    failed: bool,
}

impl<'de> DeserializeSeed<'de> for &mut Reading<'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Reading<'de> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match (&*key, self.method) {
                ("id", _) => self.id = Some(map.next_value()?),
                ("method", _) => self.method = Some(map.next_value()?),
                ("error", _) => {
                    self.failed = true;
                    map.next_value::<IgnoredAny>()?;
                }
                ("result", _) => self.failed |= map.next_value::<Outcome>()?.exception_details.is_some(),
                // V8 writes the method first. If it ever does not, there is no culprit, and nothing worse.
                ("params", Some(Method::ScriptParsed)) => self.script = Some(map.next_value()?),
                ("params", Some(Method::Paused)) => map.next_value_seed(Paused(&mut self.calls))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The result of `Runtime.evaluate`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    exception_details: Option<IgnoredAny>,
}

/// The parameters of `Debugger.paused`.
struct Paused<'a>(&'a mut Vec<Call>);

impl<'de> DeserializeSeed<'de> for Paused<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Paused<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("where it paused")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == "callFrames" {
                map.next_value_seed(Calls(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// `callFrames`. Ends with an error as soon as there are enough: the rest need not even be well-formed.
struct Calls<'a>(&'a mut Vec<Call>);

impl<'de> DeserializeSeed<'de> for Calls<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Calls<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("call frames")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while self.0.len() < FRAMES_AT_MOST {
            let Some(frame) = seq.next_element::<CallFrame<'de>>()? else { return Ok(()) };
            self.0.push(frame.into());
        }
        Err(A::Error::custom("enough"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn frame(function: &str) -> serde_json::Value {
        let location = json!({"scriptId": "81", "lineNumber": 811, "columnNumber": 4});
        json!({"callFrameId": "1.1.0", "functionName": function, "location": location, "url": "", "scopeChain": [{}]})
    }

    fn call(function: &str) -> Call {
        Call { function: function.into(), script: Some(81), line: 812, column: 5 }
    }

    /// As V8 orders it.
    fn paused(frames: &[serde_json::Value]) -> String {
        let frames = serde_json::to_string(frames).unwrap();
        format!(r#"{{"method":"Debugger.paused","params":{{"callFrames":{frames},"reason":"other"}}}}"#)
    }

    #[test]
    fn what_v8_says() {
        let script = r#"{"method":"Debugger.scriptParsed","params":{"scriptId":"81","url":"file:///a.js",
            "hasSourceURL":false,"embedderName":"file:///a.js","length":92}}"#;
        assert_eq!(read(script), Message::Script { id: 81, url: "file:///a.js".into() });
        assert_eq!(
            read(&paused(&[frame("scanAll"), frame("")])),
            Message::Paused(vec![call("scanAll"), call("")])
        );
        assert_eq!(read(r#"{"id":3,"result":{}}"#), Message::Answer { id: 3, failed: false });
        let threw = r#"{"id":3,"result":{"result":{"type":"object"},"exceptionDetails":{"exceptionId":1}}}"#;
        assert_eq!(read(threw), Message::Answer { id: 3, failed: true });
        let refused = r#"{"error":{"code":-32000,"message":"no"},"id":3}"#;
        assert_eq!(read(refused), Message::Answer { id: 3, failed: true });
        assert_eq!(read(r#"{"method":"Debugger.resumed","params":{}}"#), Message::Other);
    }

    #[test]
    fn a_claimed_url_is_not_believed() {
        let claimed = |embedder: &str| {
            format!(
                r#"{{"method":"Debugger.scriptParsed","params":{{"scriptId":"7","url":"file:///innocent/main.js",
                "hasSourceURL":true{embedder}}}}}"#
            )
        };
        let url = |text: &str| match read(text) {
            Message::Script { url, .. } => url,
            other => panic!("{other:?}"),
        };
        assert_eq!(url(&claimed(r#","embedderName":"file:///guilty/main.js""#)), "file:///guilty/main.js");
        assert_eq!(url(&claimed("")), "");
    }

    #[test]
    fn deep_recursion_is_cut() {
        let frames: Vec<_> = std::iter::repeat_n(frame("walk"), 7000).collect();
        let text = paused(&frames);
        let Message::Paused(calls) = read(&text) else { panic!("not read") };
        assert_eq!(calls.len(), FRAMES_AT_MOST);
        let Message::Paused(calls) = read(&text[..text.len() / 2]) else { panic!("not read") };
        assert_eq!(calls.len(), FRAMES_AT_MOST, "what comes after does not matter");
    }

    #[test]
    fn names_and_numbers_are_bounded() {
        let location = json!({"scriptId": "x", "lineNumber": -1, "columnNumber": i64::MAX});
        let text = paused(&[json!({"functionName": "f\n".repeat(1000), "location": location})]);
        let Message::Paused(calls) = read(&text) else { panic!("not read") };
        assert!(calls[0].function.len() <= FUNCTION_BYTES && !calls[0].function.contains('\n'));
        assert_eq!((calls[0].script, calls[0].line, calls[0].column), (None, 1, 1));
    }

    #[test]
    fn nested_without_end() {
        let depth = 200_000;
        let nested = "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(read(&format!(r#"{{"x":{nested},"id":1}}"#)), Message::Answer { id: 1, failed: false });
    }

    proptest! {
        #[test]
        fn arbitrary_text(text in ".*") {
            let _ = read(&text);
        }

        /// Bytes of a real message exchanged, and the message cut off.
        #[test]
        fn damaged(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 0..8), cut: prop::sample::Index) {
            let mut text: Vec<char> = paused(&[frame("scanAll"), frame("walk")]).chars().collect();
            for (at, char) in changes {
                let at = at.index(text.len());
                text[at] = char;
            }
            let cut = cut.index(text.len());
            let _ = read(&text.iter().collect::<String>());
            let _ = read(&text[..cut].iter().collect::<String>());
        }

        #[test]
        fn any_frames(functions in prop::collection::vec(".*", 0..100)) {
            let text = paused(&functions.iter().map(|name| frame(name)).collect::<Vec<_>>());
            let Message::Paused(calls) = read(&text) else { panic!("not read") };
            prop_assert_eq!(calls.len(), functions.len().min(FRAMES_AT_MOST));
        }
    }
}
