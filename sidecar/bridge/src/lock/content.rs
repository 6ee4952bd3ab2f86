//! What stands in a lock file: JSON that others wrote, read leniently and within bounds.

use std::fmt;

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// Longest text that is kept, in bytes: the longest path of Linux.
const TEXT_BYTES: usize = 4096;

/// Longest name of an IDE or a transport that is kept, in bytes.
const NAME_BYTES: usize = 128;

/// Most folders of a workspace that are kept.
const FOLDERS_AT_MOST: usize = 64;

/// A lock file without its token. What has the wrong type counts as missing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) pid: Option<u32>,
    pub(super) workspace_folders: Vec<String>,
    pub(super) ide_name: Option<String>,
    pub(super) transport: Option<String>,
    pub(super) running_in_windows: bool,
    pub(super) has_token: bool,
}

/// Reads a file; `None` unless it is one JSON object.
pub(super) fn parse(bytes: &[u8]) -> Option<Content> {
    // What some editors of Windows put before everything.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).ok()
}

/// At most `bytes` long; what would steer a terminal becomes U+FFFD.
pub(super) fn clean(text: &str, bytes: usize) -> String {
    let mut cleaned = String::new();
    for char in text.chars() {
        let steers = char.is_control()
            || matches!(char, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let char = if steers { char::REPLACEMENT_CHARACTER } else { char };
        if cleaned.len() + char.len_utf8() > bytes {
            break;
        }
        cleaned.push(char);
    }
    cleaned
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    Pid,
    WorkspaceFolders,
    IdeName,
    Transport,
    RunningInWindows,
    AuthToken,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let mut content = Content::default();
        // A field that stands there twice: the last one counts, as in JavaScript.
        while let Some(field) = map.next_key()? {
            match field {
                Field::Pid => {
                    let pid = map.next_value_seed(Keep::Texts)?.number();
                    content.pid = pid.and_then(|pid| u32::try_from(pid).ok()).filter(|&pid| pid > 0);
                }
                Field::WorkspaceFolders => {
                    content.workspace_folders = map.next_value_seed(Keep::Texts)?.list();
                }
                Field::IdeName => content.ide_name = map.next_value_seed(Keep::Texts)?.name(),
                Field::Transport => content.transport = map.next_value_seed(Keep::Texts)?.name(),
                Field::RunningInWindows => {
                    content.running_in_windows = map.next_value_seed(Keep::Texts)?.is_true();
                }
                Field::AuthToken => content.has_token = map.next_value_seed(Keep::Presence)?.is_true(),
                Field::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(content)
    }
}

/// Any value of JSON, as far as it can be of use.
enum Value {
    Text(String),
    Number(u64),
    Bool(bool),
    List(Vec<String>),
    Other,
}

impl Value {
    fn number(self) -> Option<u64> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    fn list(self) -> Vec<String> {
        if let Self::List(list) = self { list } else { Vec::new() }
    }

    fn name(self) -> Option<String> {
        if let Self::Text(text) = self { Some(clean(&text, NAME_BYTES)) } else { None }
    }

    const fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }
}

/// Reads any value, and fails only when it is no JSON. However deep that is, it takes no more stack.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// Texts, clean and short, and lists of them.
    Texts,
    /// Texts alone.
    Items,
    /// Of a text only whether there is one: nothing of it is copied.
    Presence,
}

impl<'de> DeserializeSeed<'de> for Keep {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keep {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(match self {
            Self::Texts | Self::Items => Value::Text(clean(text, TEXT_BYTES)),
            Self::Presence => Value::Bool(!text.is_empty()),
        })
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        // `true` is no token.
        Ok(if self == Self::Texts { Value::Bool(value) } else { Value::Other })
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        if self != Self::Texts {
            while items.next_element::<IgnoredAny>()?.is_some() {}
        }
        while let Some(item) = items.next_element_seed(Self::Items)? {
            if let Value::Text(text) = item
                && list.len() < FOLDERS_AT_MOST
            {
                list.push(text);
            }
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }
}
