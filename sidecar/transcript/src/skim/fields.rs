//! The places in a record whose values are kept.

use std::borrow::Cow;

/// Longest value that is kept, in bytes as it stands in the file. What is longer counts as absent.
const VALUE_BYTES_AT_MOST: usize = 4096;

/// Longest key that can be a known one: the longest has 17 characters, each of which may be escaped with six.
const KEY_BYTES_AT_MOST: usize = 17 * 6;

/// How deep a known place can lie: `error.error.error.type`.
const KNOWN_DEPTH: usize = 4;

/// A key on the way to a known place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Key {
    /// Leads nowhere.
    #[default]
    Other,
    /// A place in an array.
    Element,
    Type,
    Subtype,
    Uuid,
    SessionId,
    Version,
    Timestamp,
    IsMeta,
    IsSidechain,
    IsApiErrorMessage,
    RetryAttempt,
    MaxRetries,
    Message,
    Model,
    Content,
    Cause,
    Code,
    Path,
    Error,
    Connection,
    Status,
    Formatted,
    Source,
    Id,
    RequestDigest,
}

impl Key {
    /// The key that is written like this.
    fn written(raw: &[u8]) -> Self {
        if raw.len() > KEY_BYTES_AT_MOST || !raw.contains(&b'\\') {
            return Self::of(raw);
        }
        decoded(raw).map_or(Self::Other, |key| Self::of(key.as_bytes()))
    }

    fn of(text: &[u8]) -> Self {
        match text {
            b"type" => Self::Type,
            b"subtype" => Self::Subtype,
            b"uuid" => Self::Uuid,
            b"sessionId" => Self::SessionId,
            b"version" => Self::Version,
            b"timestamp" => Self::Timestamp,
            b"isMeta" => Self::IsMeta,
            b"isSidechain" => Self::IsSidechain,
            b"isApiErrorMessage" => Self::IsApiErrorMessage,
            b"retryAttempt" => Self::RetryAttempt,
            b"maxRetries" => Self::MaxRetries,
            b"message" => Self::Message,
            b"model" => Self::Model,
            b"content" => Self::Content,
            b"cause" => Self::Cause,
            b"code" => Self::Code,
            b"path" => Self::Path,
            b"error" => Self::Error,
            b"connection" => Self::Connection,
            b"status" => Self::Status,
            b"formatted" => Self::Formatted,
            b"source" => Self::Source,
            b"id" => Self::Id,
            b"requestDigest" => Self::RequestDigest,
            _ => Self::Other,
        }
    }
}

/// A place whose value is kept. Those of errors are of all generations (FACTS section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
#[expect(missing_docs, reason = "each is the path that its variant in `Field::at` spells")]
pub enum Field {
    Type,
    Subtype,
    Uuid,
    SessionId,
    Version,
    Timestamp,
    IsMeta,
    IsSidechain,
    IsApiErrorMessage,
    RetryAttempt,
    MaxRetries,
    Source,
    MessageModel,
    MessageContentType,
    CauseCode,
    CausePath,
    ErrorCode,
    ErrorPath,
    ErrorCauseCode,
    ErrorCausePath,
    ErrorConnectionCode,
    ErrorConnectionPath,
    ErrorFormatted,
    ErrorStatus,
    ErrorErrorType,
    ErrorErrorErrorType,
    StatusStatus,
    StatusErrorErrorType,
    Id,
    RequestDigest,
}

impl Field {
    const COUNT: usize = Self::RequestDigest as usize + 1;

    fn at(path: &[Key]) -> Option<Self> {
        use Key as K;
        Some(match path {
            [K::Type] => Self::Type,
            [K::Subtype] => Self::Subtype,
            [K::Uuid] => Self::Uuid,
            [K::SessionId] => Self::SessionId,
            [K::Version] => Self::Version,
            [K::Timestamp] => Self::Timestamp,
            [K::IsMeta] => Self::IsMeta,
            [K::IsSidechain] => Self::IsSidechain,
            [K::IsApiErrorMessage] => Self::IsApiErrorMessage,
            [K::RetryAttempt] => Self::RetryAttempt,
            [K::MaxRetries] => Self::MaxRetries,
            [K::Source] => Self::Source,
            [K::Message, K::Model] => Self::MessageModel,
            [K::Message, K::Content, K::Element, K::Type] => Self::MessageContentType,
            [K::Cause, K::Code] => Self::CauseCode,
            [K::Cause, K::Path] => Self::CausePath,
            [K::Error, K::Code] => Self::ErrorCode,
            [K::Error, K::Path] => Self::ErrorPath,
            [K::Error, K::Cause, K::Code] => Self::ErrorCauseCode,
            [K::Error, K::Cause, K::Path] => Self::ErrorCausePath,
            [K::Error, K::Connection, K::Code] => Self::ErrorConnectionCode,
            [K::Error, K::Connection, K::Path] => Self::ErrorConnectionPath,
            [K::Error, K::Formatted] => Self::ErrorFormatted,
            [K::Error, K::Status] => Self::ErrorStatus,
            [K::Error, K::Error, K::Type] => Self::ErrorErrorType,
            [K::Error, K::Error, K::Error, K::Type] => Self::ErrorErrorErrorType,
            [K::Status, K::Status] => Self::StatusStatus,
            [K::Status, K::Error, K::Error, K::Type] => Self::StatusErrorErrorType,
            [K::Id] => Self::Id,
            [K::RequestDigest] => Self::RequestDigest,
            _ => return None,
        })
    }
}

/// A value as it stands in the file, without its quotes.
#[derive(Debug, Default)]
struct Value {
    bytes: Vec<u8>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Absent,
    Text,
    /// A number, `true`, `false` or `null`.
    Bare,
}

/// The values of one line, and where in the line we are.
#[derive(Debug, Default)]
pub(super) struct Values {
    values: [Value; Field::COUNT],
    pub(super) has_tool_result: bool,
    path: [Key; KNOWN_DEPTH],
    /// What is being read is kept for it.
    open: Option<Field>,
    key: Vec<u8>,
}

impl Values {
    pub(super) fn clear(&mut self) {
        for value in &mut self.values {
            value.kind = Kind::Absent;
        }
        self.has_tool_result = false;
        self.open = None;
        self.path = [Key::Other; KNOWN_DEPTH];
    }

    // ---- while a line is read ------------------------------------------------------------------------

    /// Whether a key in a container at this depth (the record itself is 1) can lead to a known place.
    pub(super) fn leads_on(&self, depth: usize) -> bool {
        depth == 1 || (depth <= KNOWN_DEPTH && self.path[depth - 2] != Key::Other)
    }

    pub(super) fn begin_key(&mut self) {
        self.key.clear();
    }

    pub(super) fn key_piece(&mut self, piece: &[u8]) {
        let room = (KEY_BYTES_AT_MOST + 1).saturating_sub(self.key.len());
        self.key.extend_from_slice(&piece[..piece.len().min(room)]);
    }

    pub(super) fn end_key(&mut self, depth: usize) {
        self.path[depth - 1] = Key::written(&self.key);
    }

    /// A whole key.
    pub(super) fn key(&mut self, depth: usize, raw: &[u8]) {
        self.path[depth - 1] = Key::written(raw);
    }

    /// A key that leads nowhere, or an array's element, comes next in a container at this depth.
    pub(super) fn enter(&mut self, depth: usize, is_element: bool) {
        if depth <= KNOWN_DEPTH {
            // An array can be entered only on the way to a message's blocks.
            let leads = is_element && depth == 3 && self.path[..2] == [Key::Message, Key::Content];
            self.path[depth - 1] = if leads { Key::Element } else { Key::Other };
        }
    }

    /// A value begins at this depth: text, a number or a word. Returns whether it is kept.
    pub(super) fn begin_value(&mut self, depth: usize, is_text: bool) -> bool {
        self.open = if self.leads_on(depth) { Field::at(&self.path[..depth]) } else { None };
        if let Some(field) = self.open {
            let value = &mut self.values[field as usize];
            value.bytes.clear();
            value.kind = if is_text { Kind::Text } else { Kind::Bare };
        }
        self.open.is_some()
    }

    /// A container begins in the place of a value.
    pub(super) fn begin_container(&mut self, depth: usize) {
        if depth > 0 {
            self.begin_value(depth, false);
            self.drop_value();
        }
    }

    pub(super) fn value_piece(&mut self, piece: &[u8]) {
        let Some(field) = self.open else { return };
        let value = &mut self.values[field as usize];
        if value.bytes.len() + piece.len() > VALUE_BYTES_AT_MOST {
            self.drop_value();
        } else {
            value.bytes.extend_from_slice(piece);
        }
    }

    pub(super) fn end_value(&mut self) {
        if let Some(field) = self.open.take()
            && field == Field::MessageContentType
            && self.text(field).as_deref() == Some("tool_result")
        {
            self.has_tool_result = true;
        }
    }

    fn drop_value(&mut self) {
        if let Some(field) = self.open.take() {
            self.values[field as usize].kind = Kind::Absent;
        }
    }

    // ---- when it is over -----------------------------------------------------------------------------

    pub(super) fn text(&self, field: Field) -> Option<Cow<'_, str>> {
        let value = &self.values[field as usize];
        match value.kind {
            Kind::Text if value.bytes.contains(&b'\\') => decoded(&value.bytes).map(Cow::Owned),
            Kind::Text => Some(String::from_utf8_lossy(&value.bytes)),
            Kind::Bare | Kind::Absent => None,
        }
    }

    pub(super) fn is(&self, field: Field, text: &str) -> bool {
        let value = &self.values[field as usize];
        value.kind == Kind::Text
            && (value.bytes == text.as_bytes()
                || (value.bytes.contains(&b'\\')
                    && decoded(&value.bytes).is_some_and(|decoded| decoded == text)))
    }

    pub(super) fn number(&self, field: Field) -> Option<f64> {
        let value = &self.values[field as usize];
        let is_number =
            value.kind == Kind::Bare && value.bytes.first().is_some_and(|first| !first.is_ascii_lowercase());
        is_number.then(|| std::str::from_utf8(&value.bytes).ok()?.parse().ok())?
    }

    pub(super) fn flag(&self, field: Field) -> bool {
        let value = &self.values[field as usize];
        value.kind == Kind::Bare && value.bytes == b"true"
    }
}

/// The text of a JSON string that is written like this; `None` for half a surrogate pair.
fn decoded(raw: &[u8]) -> Option<String> {
    serde_json::from_str(&format!("\"{}\"", String::from_utf8_lossy(raw))).ok()
}
