//! What a client and a host have said to each other, as far as the next host must know it: MCP's introduction, and open requests.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Open requests that are remembered, each way. A CLI has a handful; the oldest are forgotten first.
const OPEN_AT_MOST: usize = 1024;

/// Longest id that is remembered, in bytes. Real ones are small numbers.
const ID_BYTES_AT_MOST: usize = 256;

/// Server error of JSON-RPC's reserved range, as MCP's own "connection closed".
const CUT_CODE: i32 = -32_000;

/// One client's conversation, over all hosts.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// The client's `initialize`, once the host has answered it.
    initialize: Option<Said>,
    /// The same, before that.
    introducing: Option<Said>,
    /// What belongs to the introduction after that: `notifications/initialized`, `ide_connected`.
    introduction: Vec<Said>,
    /// Requests of the client that were passed on and not answered yet, by id.
    asked: Vec<Box<str>>,
    /// Requests of this host that the client has not answered yet.
    asked_by_host: Vec<Box<str>>,
    /// Answers to what was said again on the client's behalf: it has had them.
    repeated: Vec<Box<str>>,
}

#[derive(Clone, Debug)]
struct Said {
    id: Option<Box<str>>,
    text: Utf8Bytes,
}

/// The envelope of a JSON-RPC message. What is not read here passes through unseen.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
}

impl Envelope<'_> {
    fn id(&self) -> Option<&str> {
        self.id.map(RawValue::get).filter(|id| id.len() <= ID_BYTES_AT_MOST && *id != "null")
    }
}

/// The messages in a text: one, or a batch of them. What is no JSON-RPC is none, and passes.
fn envelopes(text: &str) -> Vec<Envelope<'_>> {
    if text.trim_start().starts_with('[') {
        serde_json::from_str(text).unwrap_or_default()
    } else {
        serde_json::from_str(text).map(|one| vec![one]).unwrap_or_default()
    }
}

impl Conversation {
    /// The client says this, and a host is there to hear it. `false`: it answers a host that is gone, and is not passed on.
    pub(super) fn client_says(&mut self, text: &Utf8Bytes) -> bool {
        let envelopes = envelopes(text);
        let single = envelopes.len() == 1;
        let mut of_this_host = envelopes.is_empty();
        for envelope in &envelopes {
            let said = || Said { id: envelope.id().map(Into::into), text: text.clone() };
            match envelope.method.as_deref() {
                Some("initialize") if single => self.introducing = Some(said()),
                Some("notifications/initialized" | "ide_connected") if single => {
                    self.introduction.retain(|known| !same_method(known, envelope));
                    self.introduction.push(said());
                }
                _ => {}
            }
            match (&envelope.method, envelope.id()) {
                (Some(_), Some(id)) => remember(&mut self.asked, id),
                (Some(_), None) => {}
                (None, Some(id)) => {
                    let open = self.asked_by_host.iter().position(|open| **open == *id);
                    of_this_host |= open.map(|open| self.asked_by_host.swap_remove(open)).is_some();
                    continue;
                }
                (None, None) => {}
            }
            of_this_host = true;
        }
        of_this_host
    }

    /// The host says this. `false`: the client has had that answer from the host before, and it is not passed on.
    pub(super) fn host_says(&mut self, text: &str) -> bool {
        let envelopes = envelopes(text);
        let mut wanted = envelopes.is_empty();
        for envelope in &envelopes {
            match (&envelope.method, envelope.id()) {
                (Some(_), Some(id)) => remember(&mut self.asked_by_host, id),
                (None, Some(id)) => {
                    if let Some(at) = self.repeated.iter().position(|repeated| **repeated == *id) {
                        self.repeated.swap_remove(at);
                        continue;
                    }
                    self.asked.retain(|asked| **asked != *id);
                    if self.introducing.as_ref().is_some_and(|said| said.id.as_deref() == Some(id)) {
                        self.initialize = self.introducing.take();
                    }
                }
                (Some(_) | None, None) => {}
            }
            wanted = true;
        }
        wanted
    }

    /// A host has answered its `initialize`.
    pub(super) const fn is_introduced(&self) -> bool {
        self.initialize.is_some()
    }

    /// The host is gone. What to tell the client: an error for each request that will not be answered. A request to initialise that
    /// was under way is given back, to be asked again of the next host.
    pub(super) fn cut(&mut self) -> (Vec<String>, Option<Utf8Bytes>) {
        let again = self.introducing.take();
        let again_id = again.as_ref().and_then(|said| said.id.as_deref());
        self.asked_by_host.clear();
        self.repeated.clear();
        let errors = self
            .asked
            .drain(..)
            .filter(|id| Some(&**id) != again_id)
            .map(|id| error(&id, "The connection to the editor was lost before it answered. Ask again."))
            .collect();
        (errors, again.map(|said| said.text))
    }

    /// What a next host must hear first: the introduction's first message and the id of its answer, then the rest. `None`: the client has
    /// not been introduced to any host yet, and does that itself.
    pub(super) fn repeat(&mut self) -> Option<(Utf8Bytes, Option<Box<str>>, Vec<Utf8Bytes>)> {
        let initialize = self.initialize.clone()?;
        self.repeated = self.introduction.iter().filter_map(|said| said.id.clone()).collect();
        let rest = self.introduction.iter().map(|said| said.text.clone()).collect();
        Some((initialize.text, initialize.id, rest))
    }
}

/// What to answer to the requests in this text while another client has the host.
pub(super) fn errors_for(text: &str) -> Vec<String> {
    let envelopes = envelopes(text);
    let asked = envelopes.iter().filter(|envelope| envelope.method.is_some()).filter_map(Envelope::id);
    asked
        .map(|id| error(id, "Another Claude session has this window's editor connection at the moment."))
        .collect()
}

fn error(id: &str, message: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{CUT_CODE},"message":"{message}"}}}}"#)
}

/// Whether this text holds the answer with that id.
pub(super) fn answers(text: &str, id: Option<&str>) -> bool {
    envelopes(text)
        .iter()
        .any(|envelope| envelope.method.is_none() && envelope.id().is_some_and(|own| Some(own) == id))
}

fn same_method(known: &Said, envelope: &Envelope<'_>) -> bool {
    envelopes(&known.text).first().is_some_and(|first| first.method == envelope.method)
}

fn remember(open: &mut Vec<Box<str>>, id: &str) {
    if open.len() == OPEN_AT_MOST {
        open.remove(0);
    }
    open.push(id.into());
}

/// Whether somebody waits for an answer to this.
pub(super) fn is_request(text: &str) -> bool {
    envelopes(text).iter().any(|envelope| envelope.method.is_some() && envelope.id().is_some())
}
