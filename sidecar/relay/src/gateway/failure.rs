//! What the client is told when the upstream gave it no answer: in the API's own form, so that it is shown, and repeated or not, like the API's.

use hyper::{
    Response, StatusCode,
    body::Bytes,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde_json::json;

use super::retry::OVERLOADED;
use crate::{
    answer::Answer,
    head::Target,
    record::{End, Side},
};

/// Why, in a sentence with the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) status: StatusCode,
    pub(super) sentence: String,
    /// Another attempt would come to the same.
    pub(super) is_final: bool,
}

/// A tunnel's answer says it as well.
impl From<Answer> for Failure {
    fn from(answer: Answer) -> Self {
        let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::BAD_GATEWAY);
        Self { status, sentence: answer.sentence().to_owned(), is_final: false }
    }
}

impl Failure {
    /// Of an exchange that broke, after so many attempts. `told`: what TLS said.
    pub(super) fn of(end: End, at: &Target, attempts: u32, told: &str) -> Self {
        let status = match end {
            End::Stalled | End::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        };
        let is_final = matches!(end, End::Certificate | End::Alert { .. });
        let tried = if attempts > 1 { format!(" Lifeline tried {attempts} times.") } else { String::new() };
        let sentence = match end {
            End::Certificate => format!(
                "The certificate of {at} is not trusted ({told}). Where the network inspects TLS, set NODE_EXTRA_CA_CERTS to the file of its authority, and run: lifeline relay on"
            ),
            End::Alert { .. } => {
                format!("{at} refuses to speak TLS ({told}). Ask whoever runs it, or the network before it.")
            }
            end => format!("No answer from {at}: {}.{tried} Try again.", words(end)),
        };
        Self { status, sentence, is_final }
    }

    /// Of an answer that broke off.
    pub(super) fn mid_answer(end: End, at: &Target) -> Self {
        let sentence = format!("The answer of {at} broke off: {}. Try again.", words(end));
        Self { status: StatusCode::BAD_GATEWAY, sentence, is_final: false }
    }

    /// As an answer of its own.
    pub(super) fn response(&self) -> Response<Bytes> {
        let mut response = Response::new(self.json());
        *response.status_mut() = self.status;
        let fields = response.headers_mut();
        fields.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.is_final {
            fields.insert(HeaderName::from_static("x-should-retry"), HeaderValue::from_static("false"));
        }
        response
    }

    /// Within a stream that has begun.
    pub(super) fn event(&self) -> Bytes {
        let mut event = b"event: error\ndata: ".to_vec();
        event.extend_from_slice(&self.json());
        event.extend_from_slice(b"\n\n");
        event.into()
    }

    fn json(&self) -> Bytes {
        let kind = if self.status.as_u16() == OVERLOADED { "overloaded_error" } else { "api_error" };
        json!({ "type": "error", "error": { "type": kind, "message": self.sentence } }).to_string().into()
    }
}

/// How something broke, to stand behind a colon.
fn words(end: End) -> String {
    match end {
        End::Reset { by: Side::Server } => "it reset the connection".into(),
        End::Closed { by: Side::Server } => "it closed the connection too early".into(),
        End::Lost { .. } => "the connection was lost".into(),
        End::Stalled => "it fell silent".into(),
        End::TimedOut => "it does not answer".into(),
        End::StreamReset { code } => format!("it reset the stream of HTTP/2 (code {code})"),
        End::GoAway { code } => format!("it ended the connection of HTTP/2 (code {code})"),
        End::Alert { code } => format!("it ended TLS (alert {code})"),
        _ => "it could not be understood".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_in_the_apis_own_form() {
        let at = Target { host: "h".into(), port: 443 };
        let failure = Failure::of(End::Reset { by: Side::Server }, &at, 3, "");
        assert_eq!((failure.status.as_u16(), failure.is_final), (502, false));
        let text = String::from_utf8(failure.event().to_vec()).unwrap();
        assert_eq!(
            text,
            "event: error\ndata: {\"error\":{\"message\":\"No answer from h:443: it reset the connection. Lifeline tried 3 times. Try again.\",\"type\":\"api_error\"},\"type\":\"error\"}\n\n"
        );
        let overloaded = Failure { status: StatusCode::from_u16(529).unwrap(), ..failure };
        assert!(String::from_utf8(overloaded.event().to_vec()).unwrap().contains("overloaded_error"));
        let certificate = Failure::of(End::Certificate, &at, 1, "UnknownIssuer\n");
        let response = certificate.response();
        assert_eq!(response.headers()["x-should-retry"], "false");
        // What others said cannot end the event.
        assert_eq!(certificate.event().iter().filter(|byte| **byte == b'\n').count(), 3);
    }
}
